/*
 * A server that answers with what nobody asked for: not with an error, but with a reply of another
 * shape, as functions of another version would. Between the store and a real Redis stands a process
 * that passes everything on until it is told what to say instead. Each call must be answered once,
 * with ERR_OK only where the table says that such a reply is good enough; and the next one finds
 * the connection in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <sys/un.h>

#define FIXTURE_DEADLINE_MS 20000
#include "store_fixture.h"

#define MAX_PAIRS 8
#define LIE_BYTES 128

static pid_t liar;
static char liar_path[96];

/* In memory that both processes have. */
static struct {
    _Atomic bool is_armed;
    char lie[LIE_BYTES];
} * told;

/* ---- between them ---- */

struct pair {
    int near, far;       /* the store's connection, and ours to the server */
    redisReader *reader; /* of commands: they look as replies do */
};

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, p, n);
        if (written <= 0)
            return false;
        p += written;
        n -= (size_t)written;
    }
    return true;
}

static bool pass_commands(struct pair *pair)
{
    static char bytes[65536];
    ssize_t n = read(pair->near, bytes, sizeof(bytes));
    bool is_lying = atomic_load(&told->is_armed);
    if (n <= 0 || redisReaderFeed(pair->reader, bytes, (size_t)n) != REDIS_OK ||
        (!is_lying && !write_all(pair->far, bytes, (size_t)n)))
        return false;
    for (void *command = NULL; redisReaderGetReply(pair->reader, &command) == REDIS_OK;) {
        if (command == NULL)
            return true;
        freeReplyObject(command);
        if (is_lying && !write_all(pair->near, told->lie, strlen(told->lie)))
            return false;
    }
    return false;
}

static bool pass_replies(struct pair *pair)
{
    static char bytes[65536];
    ssize_t n = read(pair->far, bytes, sizeof(bytes));
    return n > 0 && write_all(pair->near, bytes, (size_t)n);
}

static int socket_at(const char *path, bool is_server)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    if (fd < 0 ||
        (is_server ? bind(fd, (struct sockaddr *)&at, sizeof(at))
                   : connect(fd, (struct sockaddr *)&at, sizeof(at))) != 0 ||
        (is_server && listen(fd, MAX_PAIRS) != 0))
        abort();
    return fd;
}

static void stand_between(int listener, const char *behind)
{
    struct pair pairs[MAX_PAIRS];
    struct pollfd polled[1 + 2 * MAX_PAIRS] = {{listener, POLLIN, 0}};
    for (nfds_t n = 0; poll(polled, 1 + 2 * n, -1) > 0;) {
        if ((polled[0].revents & POLLIN) != 0 && n < MAX_PAIRS)
            pairs[n++] = (struct pair){accept(listener, NULL, NULL), socket_at(behind, false),
                                       redisReaderCreate()};
        for (nfds_t i = 0; i < n; i++) {
            bool is_open = (polled[1 + 2 * i].revents == 0 || pass_commands(&pairs[i])) &&
                           (polled[2 + 2 * i].revents == 0 || pass_replies(&pairs[i]));
            if (!is_open) {
                (void)close(pairs[i].near);
                (void)close(pairs[i].far);
                redisReaderFree(pairs[i].reader);
                pairs[i--] = pairs[--n];
            }
        }
        for (nfds_t i = 0; i < n; i++) {
            polled[1 + 2 * i] = (struct pollfd){pairs[i].near, POLLIN, 0};
            polled[2 + 2 * i] = (struct pollfd){pairs[i].far, POLLIN, 0};
        }
    }
}

/* ---- what is asked ---- */

static void got_memory(void *ctx, enum err e, uint32_t used)
{
    assert_true(e == ERR_OK || used == 0);
    got_done(ctx, e);
}

static void got_fence(void *ctx, enum err e, const struct store_fence *fence)
{
    assert_true((e == ERR_OK) == (fence != NULL));
    got_done(ctx, e);
}

static void got_states(void *ctx, enum err e, const struct str *states, uint32_t n)
{
    (void)states;
    assert_true(e == ERR_OK || n == 0);
    got_done(ctx, e);
}

static void got_page(void *ctx, enum err e, struct str next, const struct store_learner *learners,
                     uint32_t n)
{
    (void)learners;
    assert_true(e == ERR_OK || (n == 0 && next.len == 0));
    got_done(ctx, e);
}

static void got_outbox(void *ctx, enum err e, uint64_t n, int64_t oldest_ms)
{
    assert_true(e == ERR_OK || (n == 0 && oldest_ms == 0));
    got_done(ctx, e);
}

static void got_lease(void *ctx, enum err e, const uint64_t *fences, uint32_t n_alive)
{
    (void)n_alive;
    assert_true((e == ERR_OK) == (fences != NULL));
    got_done(ctx, e);
}

static const struct store_lease lease = {
    .kind = {"sender", 6}, .owner = {"host-1", 6}, .life = 1, .ttl_ms = 10000};
static const struct got_entry entry = {.bucket = 1, .id = "1764000000000-0"};

static enum err ask_commit(struct subject *t)
{
    return do_step(t, id_of(1, 1), 0, "state");
}

static enum err ask_capped(struct subject *t)
{
    char state[64];
    struct store_caps caps = {.number_units = 1, .number_limit = 5};
    struct store_commit commit = {.id = id_of(1, 1),
                                  .state = state_of(state, 1, "state"),
                                  .outbox = {STR("sms")},
                                  .n_outbox = 1,
                                  .caps = &caps};
    caps.refused_event = STR("refused");
    caps.list[caps.n++] = (struct store_cap){"money", STR("money"), 1, 10, 3600};
    return do_commit(t, &commit);
}

static enum err ask_load(struct subject *t)
{
    return do_load(t, id_of(1, 1));
}

static enum err ask_patch(struct subject *t)
{
    struct number_id id = id_of(1, 1);
    store_patch(t->store, &id, &(struct store_patch){4, STR("a"), STR("b")}, got_plain, begin(t));
    return end(t);
}

static enum err ask_take(struct subject *t)
{
    struct store_cap cap = {"checks", STR("k"), 1, 5, 3600};
    store_take(t->store, &cap, 1, got_plain, begin(t));
    return end(t);
}

static enum err ask_append(struct subject *t)
{
    store_append(t->store, 1, STR("event"), got_plain, begin(t));
    return end(t);
}

static enum err ask_log(struct subject *t)
{
    return do_log(t, 10, 0);
}

static enum err ask_read(struct subject *t)
{
    return do_read(t, 10, 0);
}

static enum err ask_trim(struct subject *t)
{
    return do_trim(t, 1, (struct event_place){1, 1});
}

static enum err ask_delete(struct subject *t)
{
    store_log_delete(t->store, 1, &(struct event_place){1, 1}, 1, got_plain, begin(t));
    return end(t);
}

static enum err ask_compact(struct subject *t)
{
    store_compact(t->store, got_plain, begin(t));
    return end(t);
}

static enum err ask_states(struct subject *t)
{
    /* Three are asked for in one command and one in another: two and two are not what was asked. */
    struct number_id ids[] = {id_of(1, 1), id_of(1, 2), id_of(1, 3), id_of(2, 1)};
    store_states(t->store, ids, ARRAY_LEN(ids), got_states, begin(t));
    return end(t);
}

static enum err ask_settle(struct subject *t)
{
    return do_settle(t, entry, "sent");
}

static enum err ask_mark(struct subject *t)
{
    return do_mark(t, entry, id_of(1, 1), 1);
}

static enum err ask_clear(struct subject *t)
{
    return do_clear(t, entry);
}

static enum err ask_due(struct subject *t)
{
    return do_due(t, 1764000000000, 10);
}

static enum err ask_session_put(struct subject *t)
{
    return do_session_put(t, STR("k"), STR("v"), 1000);
}

static enum err ask_session_get(struct subject *t)
{
    return do_session_get(t, STR("k"));
}

static enum err ask_meet(struct subject *t)
{
    return do_meet(t, STR("k"), STR("v"), 1000);
}

static enum err ask_course_put(struct subject *t)
{
    return do_course_put(t, "a@1.0.0", "bundle", true);
}

static enum err ask_courses(struct subject *t)
{
    return do_courses_get(t);
}

static enum err ask_part(struct subject *t)
{
    struct store_part part = {.key = STR("k"), .n = 1, .of = 2, .value = STR("v")};
    part.wait_ms = part.keep_ms = 1000;
    store_part_put(t->store, &part, got_part, begin(t));
    return end(t);
}

static enum err ask_part_done(struct subject *t)
{
    store_part_done(t->store, STR("k"), false, got_plain, begin(t));
    return end(t);
}

static enum err ask_part_later(struct subject *t)
{
    store_part_later(t->store, STR("k"), 1000, 1000, got_plain, begin(t));
    return end(t);
}

static enum err ask_overdue(struct subject *t)
{
    store_parts_overdue(t->store, got_overdue, begin(t));
    return end(t);
}

static enum err ask_board_put(struct subject *t)
{
    store_board_put(t->store, STORE_BOARD_NOTES, STR("n"), STR("v"), got_plain, begin(t));
    return end(t);
}

static enum err ask_board(struct subject *t)
{
    store_board_get(t->store, STORE_BOARD_NOTES, got_board, begin(t));
    return end(t);
}

static enum err ask_certificate_put(struct subject *t)
{
    store_certificate_put(t->store, 12, STR("V"), 1900000000000, got_plain, begin(t));
    return end(t);
}

static enum err ask_certificate_new(struct subject *t)
{
    store_certificate_new(t->store, 24, STR("V"), 1900000000000, got_plain, begin(t));
    return end(t);
}

static enum err ask_certificate(struct subject *t)
{
    store_certificate_get(t->store, 12, got_value, begin(t));
    return end(t);
}

static enum err ask_restore(struct subject *t)
{
    return do_restore(t, id_of(1, 1), 1, "a", 1000);
}

static enum err ask_wake(struct subject *t)
{
    struct number_id id = id_of(1, 1);
    store_wake(t->store, &id, 1000, got_plain, begin(t));
    return end(t);
}

static enum err ask_put_off(struct subject *t)
{
    struct number_id id = id_of(1, 1);
    store_put_off(t->store, &id, 1000, got_plain, begin(t));
    return end(t);
}

static enum err ask_scan(struct subject *t)
{
    store_scan(t->store, STR_NONE, got_page, begin(t));
    return end(t);
}

static enum err ask_fence(struct subject *t)
{
    store_fence(t->store, got_fence, begin(t));
    return end(t);
}

static enum err ask_fence_open(struct subject *t)
{
    store_fence_open(t->store, 5, got_plain, begin(t));
    return end(t);
}

static enum err ask_log_end(struct subject *t)
{
    store_log_end(t->store, 1, got_value, begin(t));
    return end(t);
}

static enum err ask_memory(struct subject *t)
{
    store_memory(t->store, got_memory, begin(t));
    return end(t);
}

static enum err ask_facts(struct subject *t)
{
    store_facts(t->store, STORE_FACTS_STATE, got_value, begin(t));
    return end(t);
}

static enum err ask_settings(struct subject *t)
{
    store_facts(t->store, STORE_FACTS_SETTINGS, got_value, begin(t));
    return end(t);
}

static enum err ask_outbox(struct subject *t)
{
    uint64_t fences[STORE_LEASE_RANGES] = {1};
    store_outbox_look(t->store, fences, got_outbox, begin(t));
    return end(t);
}

static enum err ask_lease(struct subject *t)
{
    store_lease_keep(t->store, &lease, got_lease, begin(t));
    return end(t);
}

static enum err ask_lease_give(struct subject *t)
{
    bool ranges[STORE_LEASE_RANGES] = {true};
    store_lease_give(t->store, &lease, ranges, true, got_plain, begin(t));
    return end(t);
}

/* ---- what is said instead ---- */

static const char *const lies[] = {
    "$-1\r\n", /* nothing */
    "*-1\r\n", /* no list */
    ":7\r\n",  /* a number */
    ":-7\r\n",
    "+OK\r\n",
    "$0\r\n\r\n", /* an empty text */
    "$3\r\nabc\r\n",
    "*0\r\n", /* an empty list */
    "*1\r\n:1\r\n",
    "*1\r\n$3\r\nabc\r\n",
    "*2\r\n:1\r\n:-1\r\n",
    "*2\r\n$1\r\nx\r\n$1\r\ny\r\n",
    "*2\r\n*1\r\n$3\r\nabc\r\n*1\r\n:5\r\n",
    "*3\r\n*0\r\n:1\r\n$-1\r\n",
    "*3\r\n$3\r\nabc\r\n$1\r\n0\r\n$1\r\nv\r\n", /* a part of number 0 */
    "*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n",
    "*3\r\n:1\r\n:99\r\n:5\r\n", /* a lease of range 99 */
    "*3\r\n:-1\r\n:2\r\n:5\r\n",
    "*1\r\n*1\r\n*1\r\n$3\r\nabc\r\n",
    "*1\r\n*2\r\n$3\r\nabc\r\n*0\r\n",
    "-ERR something of its own\r\n",
};

/* Of what is only done no more is asked than that it is no error. */
#define DONE "....................I"

static const struct {
    const char *name;
    enum err (*ask)(struct subject *t);
    const char
        *outcomes; /* of each lie: . OK, I IO, N not found, U unavailable, D denied, C conflict */
} verbs[] = {
    {"commit", ask_commit, "II..IIIIIIIIIICIIIIII"},
    {"commit with caps", ask_capped, "IIIIIIIIIIIIIIIIIIIII"},
    {"load", ask_load, "IIIIIIIIIIIIII.IIIIII"},
    {"patch", ask_patch, DONE},
    {"take", ask_take, "IIDDIII..I.IIII...III"},
    {"append", ask_append, DONE},
    {"log_read", ask_log, "..IIIII.IIIIIIIIIII.I"},
    {"read", ask_read, "..IIIII.IIIIIIIIIII.I"},
    {"log_trim", ask_trim, DONE},
    {"log_delete", ask_delete, DONE},
    {"compact", ask_compact, DONE},
    {"states", ask_states, "IIIIIIIIIIIIIIIIIIIII"},
    {"settle", ask_settle, "IIIIIIII.IIIIIIIIIIII"},
    {"mark_sending", ask_mark, "IIIIIIIID.IIIIIIIIIII"},
    {"clear_sending", ask_clear, DONE},
    {"due", ask_due, "IIIIIII.IIIIIIIIIIIII"},
    {"session_put", ask_session_put, DONE},
    {"session_get", ask_session_get, "NNIII..IIIIIIIIIIIIII"},
    {"meet", ask_meet, "NNIII..IIIIIIIIIIIIII"},
    {"course_put", ask_course_put, DONE},
    {"courses_get", ask_courses, "IIIIIII.III.IIIIIIIII"},
    {"part_put", ask_part, "II..III.I.I.II.IIIIII"},
    {"part_done", ask_part_done, DONE},
    {"part_later", ask_part_later, DONE},
    {"parts_overdue", ask_overdue, "IIIIIII.I.IIIIIIIIIII"},
    {"board_put", ask_board_put, DONE},
    {"board_get", ask_board, "IIIIIII.III.IIIIIIIII"},
    {"certificate_put", ask_certificate_put, DONE},
    {"certificate_new", ask_certificate_new, "CCII.IIIIIIIIIIIIIIII"},
    {"certificate_get", ask_certificate, "NNIII..IIIIIIIIIIIIII"},
    {"restore", ask_restore, DONE},
    {"wake", ask_wake, DONE},
    {"put_off", ask_put_off, DONE},
    {"scan", ask_scan, "IIIIIIIIIIIIIIIIIIIII"},
    {"probe", do_probe, "IIIIIIIIIIIIIIIIIIIII"},
    {"fence", ask_fence, "......I.............I"},
    {"fence_open", ask_fence_open, DONE},
    {"log_end", ask_log_end, "NNIII..IIIIIIIIIIIIII"},
    {"memory", ask_memory, "IIIII..IIIIIIIIIIIIII"},
    {"facts", ask_facts, "..III...............I"},
    {"settings", ask_settings, "..III...............I"},
    {"outbox_look", ask_outbox, "II..III.IIIIIIIIIIIII"},
    {"lease_keep", ask_lease, "IIIIIIII.IIIIIIIIIIII"},
    {"lease_give", ask_lease_give, DONE},
};

static void what_was_not_asked_for_is_no_answer(void **state)
{
    struct subject *t = subject(state);
    bool is_wrong = false;
    for (size_t v = 0; v < ARRAY_LEN(verbs); v++) {
        static const char names[] = {
            [ERR_OK] = '.',          [ERR_IO] = 'I',     [ERR_NOT_FOUND] = 'N',
            [ERR_UNAVAILABLE] = 'U', [ERR_DENIED] = 'D', [ERR_CONFLICT] = 'C'};
        char outcomes[ARRAY_LEN(lies) + 1] = "";
        for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
            while (verbs[v].ask(t) == ERR_UNAVAILABLE) /* a link of its own, which comes later */
                run_for(t, 5);                         /* ctest ends what never comes */
            (void)snprintf(told->lie, LIE_BYTES, "%s", lies[i]);
            atomic_store(&told->is_armed, true);
            enum err e = verbs[v].ask(t);
            assert_true((size_t)e < sizeof(names) && names[e] != '\0');
            outcomes[i] = names[e];
            atomic_store(&told->is_armed, false);
            wait_up(t, true);
            assert_int_equal(do_probe(t), ERR_OK);
        }
        if (strcmp(outcomes, verbs[v].outcomes) != 0) {
            print_error("%s: \"%s\"\n", verbs[v].name, outcomes);
            is_wrong = true;
        }
    }
    assert_false(is_wrong);
}

/* Not even the greeting: then nothing is asked of it, and it is asked again later. */
static void who_greets_wrongly_is_away_until_it_does_not(void **state)
{
    static const size_t which[] = {0, 2, 12, ARRAY_LEN(lies) - 1};
    struct subject *t = subject(state);
    for (size_t i = 0; i < ARRAY_LEN(which); i++) {
        struct store_settings set = settings();
        set.socket_path = liar_path;
        (void)snprintf(told->lie, LIE_BYTES, "%s", lies[which[i]]);
        atomic_store(&told->is_armed, true);
        store_free(t->store);
        t->store = store_hiredis_new(t->loop, &set);
        run_for(t, 200);
        assert_false(store_is_up(t->store));
        assert_int_equal(ask_load(t), ERR_UNAVAILABLE);
        atomic_store(&told->is_armed, false);
        wait_up(t, true);
        assert_int_equal(do_probe(t), ERR_OK);
    }
}

static int setup_liar(void **state)
{
    if (!has_server)
        return 0; /* the case skips itself */
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)snprintf(liar_path, sizeof(liar_path), "%s/liar", server.dir);
    int listener = socket_at(liar_path, true);
    liar = fork();
    if (liar == 0) {
        (void)signal(SIGPIPE, SIG_IGN);
        stand_between(listener, server.socket);
        _exit(0);
    }
    (void)close(listener);
    struct loop *loop = loop_libevent_new();
    struct store_settings set = settings();
    set.socket_path = liar_path;
    *state = subject_new("liar", loop, store_hiredis_new(loop, &set));
    wait_up(*state, true);
    return 0;
}

static int teardown_liar(void **state)
{
    (void)teardown(state);
    if (liar > 0)
        (void)(kill(liar, SIGKILL), waitpid(liar, NULL, 0), unlink(liar_path));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_not_asked_for_is_no_answer, setup_liar,
                                        teardown_liar),
        cmocka_unit_test_setup_teardown(who_greets_wrongly_is_away_until_it_does_not, setup_liar,
                                        teardown_liar)};
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
