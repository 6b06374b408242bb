/*
 * Redis filled from PostgreSQL, and PostgreSQL told what only Redis knows, while Redis is there,
 * goes away and comes back: the store in memory on a clock that the test moves, and a real
 * PostgreSQL (tests/unit/with_postgres.sh).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/wait.h>

#include "app/course_json.h"
#include "core/event_record.h"
#include "dialog_world.h"
#include "port/erasures.h"
#include "role/again.h"
#include "role/letters.h"
#include "role/rebuild.h"

#define N_PHONES 3u
#define FOR_EVER UINT32_MAX
#define COURSE "children-on-the-move@1.0.0"

static struct database *db;
static char conninfo[500];
static struct str bundle;
static struct arena *bundle_arena;
static struct errmsg msg;

/* ---- PostgreSQL ---- */

static void run_sql(const char *sql)
{
    if (database_ask(db, &(struct sql){.text = sql}, NULL, NULL, &msg) != ERR_OK)
        fail_msg("%s: %s", sql, msg.text);
}

static void keep_number(void *ctx, const struct str *cells, uint32_t n)
{
    uint64_t *number = ctx;
    assert_int_equal(n, 1);
    assert_int_equal(str_to_u64(cells[0], UINT64_MAX, number), ERR_OK);
}

static uint64_t number_of(const char *sql)
{
    uint64_t number = 0;
    if (database_ask(db, &(struct sql){.text = sql}, keep_number, &number, &msg) != ERR_OK)
        fail_msg("%s: %s", sql, msg.text);
    return number;
}

static void read_bundle(void)
{
    struct lesson_file *files;
    struct buf text CLEANUP(buf_fini);
    uint32_t n;
    bundle_arena = arena_new(LESSON_ARENA_BYTES + COURSE_MAX_BYTES + 65536);
    buf_init(&text, COURSE_MAX_BYTES + 65536);
    if (lesson_files_read("lessons/children-on-the-move", bundle_arena, &files, &n, &msg) !=
            ERR_OK ||
        course_bundle_write(files, n, &text) != ERR_OK)
        fail_msg("%s", msg.text);
    bundle = arena_str(bundle_arena, buf_str(&text));
    assert_non_null(bundle.p);
}

static int open_database(void **state)
{
    (void)state;
    const char *where = getenv("WAYPOST_TEST_PG");
    if (where == NULL)
        return -1;
    (void)snprintf(conninfo, sizeof(conninfo), "%s user=postgres", where);
    read_bundle();
    return database_open(conninfo, &db, &msg) == ERR_OK ? 0 : -1;
}

static int close_database(void **state)
{
    (void)state;
    database_close(db);
    arena_free(bundle_arena);
    return 0;
}

static void publish(const struct world *w)
{
    struct buf json CLEANUP(buf_fini);
    char hash[DATABASE_SHA256_BYTES];
    buf_init(&json, COURSE_JSON_MAX_BYTES);
    assert_int_equal(database_sha256(db, bundle, hash, &msg), ERR_OK);
    course_json(course_set_courses(w->courses)->list[0], bundle, str_from(hash), &json);
    assert_int_equal(buf_error(&json), ERR_OK);
    if (database_publish(db, buf_str(&json), &msg) != ERR_OK)
        fail_msg("%s", msg.text);
}

/* ---- Redis ---- */

static struct number_id phone(const struct world *w, uint32_t i)
{
    char number[24];
    (void)snprintf(number, sizeof(number), "+2547000000%02u", i);
    return vault_number_id(w->vault, str_from(number));
}

static void on_done_well(void *ctx, enum err e)
{
    (void)ctx; /* nothing waits for it */
    assert_int_equal(e, ERR_OK);
}

static void let_join(struct world *w)
{
    char number[24], id[8];
    static const char *const texts[] = {"JOIN", "1", "2"};
    for (uint32_t i = 0; i < N_PHONES; i++) {
        (void)snprintf(number, sizeof(number), "+2547000000%02u", i);
        for (size_t k = 0; k < ARRAY_LEN(texts); k++) {
            (void)snprintf(id, sizeof(id), "m%zu", k);
            (void)ask(w, sms(number, id, texts[k]));
        }
    }
}

/* A store without anything, whose next n calls of a verb fail. */
static struct store *new_store(struct world *w, const char *verb, enum err e, uint32_t n)
{
    struct store *store = store_mem_new(w->loop);
    if (verb != NULL)
        store_mem_fail(store, verb, e, false, n);
    return store;
}

static enum err rebuild(struct world *w, struct store *store, bool must_put, struct rebuilt *ret)
{
    const struct rebuild_ports ports = {.db = db, .store = store, .loop = w->loop};
    return rebuild_with(&ports, must_put, ret, &msg);
}

/* The store of the learners, which is freed by it; another one stands in its place then. */
static enum err reconcile(struct world *w, struct reconciled *ret)
{
    const struct rebuild_ports ports = {
        .db = db, .store = w->mem, .loop = w->loop, .vault = w->vault};
    enum err e = reconcile_with(&ports, ret, &msg);
    w->mem = store_mem_new(w->loop);
    return e;
}

static void put_course(struct world *w)
{
    store_course_put(w->mem, STR(COURSE), bundle, true, on_done_well, NULL);
    loop_mem_settle(w->loop);
}

/* ---- PostgreSQL learns what Redis knows ---- */

static void says_that_redis_does_not_answer(void **state)
{
    struct world *w = *state;
    struct reconciled told = {0};
    struct rebuilt built;
    store_mem_fail(w->mem, "*", ERR_UNAVAILABLE, false, FOR_EVER);
    assert_int_equal(reconcile(w, &told), ERR_UNAVAILABLE);
    assert_string_equal(msg.text, "Redis does not answer; see redis_* in the configuration");
    assert_int_equal(rebuild(w, new_store(w, "*", ERR_UNAVAILABLE, FOR_EVER), false, &built),
                     ERR_UNAVAILABLE);
    assert_string_equal(msg.text, "Redis does not answer; see redis_* in the configuration");
}

static void waits_for_a_course_and_gives_up(void **state)
{
    struct world *w = *state;
    struct reconciled told = {0};
    let_join(w);
    assert_int_equal(reconcile(w, &told), ERR_NOT_FOUND);
    assert_string_equal(msg.text, "Redis has no course; publish it first");
}

/* Of how often Redis does not answer: a while is waited for it, then the command ends. */
static void takes_in_whom_only_redis_knows(void **state)
{
    struct world *w = *state;
    static const struct {
        enum err error;
        uint32_t n_failures;
        enum err e;
        uint64_t n_new;
    } rows[] = {
        {ERR_UNAVAILABLE, FOR_EVER, ERR_UNAVAILABLE, 0},
        {ERR_INVALID, 1, ERR_INVALID, 0}, /* no answer that another try would change */
        {ERR_TIMEOUT, 5, ERR_OK, N_PHONES},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct reconciled told = {0};
        let_join(w);
        put_course(w);
        store_mem_fail(w->mem, "scan", rows[i].error, false, rows[i].n_failures);
        assert_int_equal(reconcile(w, &told), rows[i].e);
        assert_int_equal(told.n_new, rows[i].n_new);
        assert_int_equal(told.n_numbers, rows[i].e == ERR_OK ? N_PHONES : 0);
        if (rows[i].e != ERR_OK)
            assert_non_null(strstr(msg.text, "; run it again: it does no harm"));
        dialogs_free(w->dialogs);
        w->dialogs = new_dialogs(w, w->mem);
    }
    assert_int_equal(number_of("select count(*)::text from core.number_state"), N_PHONES);
}

/* ---- Redis is filled ---- */

static void fills_an_empty_redis(void **state)
{
    struct world *w = *state;
    struct rebuilt built;
    publish(w);
    run_sql("insert into core.certificate (code, learner, course_id, lang, score, issued_at) "
            "select '482109375526', l.learner, v.course_id, 'en', 80, now() from core.learner l, "
            "core.course_version v where v.bundle is not null limit 1");
    struct store *store = new_store(w, NULL, ERR_OK, 0);
    assert_int_equal(rebuild(w, store, false, &built), ERR_OK);
    assert_int_equal(built.n_courses, 1);
    assert_int_equal(built.n_numbers, N_PHONES);
    assert_int_equal(built.epoch, number_of("select core.epoch()::text"));
}

/* What each thing that is put does when Redis goes away over it: for a while, or for good. */
static void comes_through_an_outage_of_redis(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *verb;
        enum err error;
        uint32_t n_failures;
        enum err e;
        const char *words;
    } rows[] = {
        {"course_put", ERR_TIMEOUT, 5, ERR_OK, NULL},
        {"course_put", ERR_UNAVAILABLE, FOR_EVER, ERR_UNAVAILABLE,
         "while putting a course; run it again"},
        {"course_put", ERR_INVALID, 1, ERR_INVALID, "while putting a course; run it again"},
        {"certificate_put", ERR_TIMEOUT, 5, ERR_OK, NULL},
        {"certificate_put", ERR_UNAVAILABLE, FOR_EVER, ERR_UNAVAILABLE,
         "stopped after 0 numbers. Run it again"},
        {"restore", ERR_TIMEOUT, 5, ERR_OK, NULL},
        {"restore", ERR_UNAVAILABLE, FOR_EVER, ERR_UNAVAILABLE,
         "stopped after 0 numbers. Run it again"},
        {"board_put", ERR_UNAVAILABLE, 1, ERR_UNAVAILABLE, "Redis: unavailable"},
        {"fence", ERR_UNAVAILABLE, 1, ERR_UNAVAILABLE, "Redis: unavailable"},
        {"fence_open", ERR_UNAVAILABLE, 1, ERR_UNAVAILABLE, "Redis: unavailable"},
    };
    run_sql("insert into core.course_start (course, version) select course, version "
            "from core.course_version where bundle is not null on conflict do nothing");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rebuilt built;
        struct store *store = new_store(w, rows[i].verb, rows[i].error, rows[i].n_failures);
        uint64_t before = number_of("select core.epoch()::text");
        enum err e = rebuild(w, store, true, &built);
        if (e != rows[i].e || (rows[i].words != NULL && strstr(msg.text, rows[i].words) == NULL))
            fail_msg("%s: %s, %s", rows[i].verb, err_name(e), msg.text);
        uint64_t after = number_of("select core.epoch()::text");
        bool is_begun = e == ERR_OK || strcmp(rows[i].verb, "fence_open") == 0;
        assert_int_equal(before != after, is_begun);
    }
}

/* ---- is it the same Redis? ---- */

static void leaves_a_redis_alone_that_has_all(void **state)
{
    struct world *w = *state;
    struct rebuilt built;
    run_sql("select core.begin_epoch(core.epoch(), 1)"); /* as the store in memory shows it */
    assert_int_equal(rebuild(w, new_store(w, NULL, ERR_OK, 0), false, &built), ERR_OK);
    assert_int_equal(built.n_courses + built.n_numbers, 0);
    assert_int_equal(rebuild(w, new_store(w, NULL, ERR_OK, 0), true, &built), ERR_OK);
    assert_int_equal(built.n_numbers, N_PHONES);
    assert_int_equal(built.epoch, 1);
    assert_int_equal(rebuild(w, new_store(w, "log_end", ERR_TIMEOUT, 1), false, &built),
                     ERR_TIMEOUT);
    run_sql("update core.log_place set epoch = 1, ms = 9000000000000, n = 0 where bucket = 3");
    assert_int_equal(rebuild(w, new_store(w, NULL, ERR_OK, 0), false, &built), ERR_OK);
    assert_int_equal(built.n_numbers, N_PHONES); /* it has lost the end of its log */
    assert_int_not_equal(built.epoch, 1);
}

/* ---- dead letters ---- */

static void put_letter(const struct event_record *record)
{
    struct buf bytes CLEANUP(buf_fini), sql CLEANUP(buf_fini);
    buf_init(&bytes, EVENT_RECORD_MAX_BYTES);
    buf_init(&sql, 4 * EVENT_RECORD_MAX_BYTES);
    event_encode(record, &bytes);
    buf_add_str(&sql, STR("select core.dead_letter('\\x"));
    buf_add_hex(&sql, bytes.p, bytes.len);
    buf_add_str(&sql, STR("', 'of another version')"));
    assert_int_equal(buf_error(&sql), ERR_OK);
    run_sql(buf_str(&sql).p);
}

static struct event_record letter_of(struct number_id id, uint32_t seq)
{
    struct event_record record = {.kind = EVENT_RECORD_STEP,
                                  .seq = seq,
                                  .at = {START},
                                  .channel = STR("sms"),
                                  .via = STR("sms"),
                                  .lang = STR("en"),
                                  .country = STR("KE"),
                                  .events = {event_make(EVENT_contact)},
                                  .n_events = 1};
    memcpy(record.number_id, id.bytes, sizeof(record.number_id));
    memset(record.learner_id, (int)seq, sizeof(record.learner_id));
    return record;
}

static void takes_in_letters_that_it_can_read(void **state)
{
    struct world *w = *state;
    struct letters_done done = {0};
    struct event_record one = letter_of(phone(w, 0), 11), other = letter_of(phone(w, 7), 12);
    let_join(w);
    put_letter(&one);
    put_letter(&other); /* of a number that the store does not know */
    run_sql("select core.dead_letter('\\xff00ff', 'of a newer version')");
    store_mem_fail(w->mem, "states", ERR_TIMEOUT, false, 1);
    assert_int_equal(letters_take_in(db, w->mem, w->loop, &done, &msg), ERR_TIMEOUT);
    assert_string_equal(msg.text, "Redis: timeout; run it again: it does no harm");
    store_mem_fail(w->mem, "states", ERR_INVALID, false, 1); /* that is no fault of the letter */
    assert_int_equal(letters_take_in(db, w->mem, w->loop, &done, &msg), ERR_IO);
    assert_int_equal(done.n_taken, 0);
    assert_int_equal(letters_take_in(db, w->mem, w->loop, &done, &msg), ERR_OK);
    assert_int_equal(done.n_taken, 2);
    assert_int_equal(done.n_left, 1);
    assert_int_equal(number_of("select count(*)::text from ops.dead_letter"), 1);
    assert_int_equal(number_of("select count(*)::text from core.learner where learner_id::text "
                               "like '0b0b0b0b-%' or learner_id::text like '0c0c0c0c-%'"),
                     2);
}

/* ---- erasures of before ---- */

static uint32_t n_lines(const char *dir)
{
    struct erasures *file;
    uint32_t n = 0;
    assert_int_equal(erasures_open(dir, &file, &msg), ERR_OK);
    struct str lines = erasures_lines(file);
    for (size_t i = 0; i < lines.len; i++)
        n += lines.p[i] == '\n';
    erasures_close(file);
    return n;
}

/* The file of a host gets what it lacks: by a command, and by the writer's child every few minutes.
 */
static void keeps_the_erasures_of_a_host_and_of_the_database_equal(void **state)
{
    struct world *w = *state;
    char dir[] = "/tmp/test_rebuild.XXXXXX", command[64];
    siginfo_t info;
    assert_non_null(mkdtemp(dir));
    run_sql("insert into core.erasure values (sha256('a')), (sha256('b'))");
    assert_int_equal(erase_again(db, dir, &msg), ERR_OK);
    assert_int_equal(n_lines(dir), 2);
    assert_int_equal(erase_again(db, dir, &msg), ERR_OK); /* both know the same now */
    run_sql("insert into core.erasure values (sha256('c'))");
    w->config.writer_conninfo = str_from(conninfo);
    w->config.spool_dir = str_from(dir);
    const struct role_context role = {.config = &w->config, .loop = w->loop};
    struct again *again = again_new(&role);
    loop_mem_settle(w->loop);
    assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0); /* its child has ended */
    loop_mem_advance(w->loop, 1000);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and was waited for */
    again_free(again);
    assert_int_equal(n_lines(dir), 3);
    (void)snprintf(command, sizeof(command), "rm -r %s", dir);
    assert_int_equal(system(command), 0);
    assert_int_not_equal(erase_again(db, "/dev/null/x", &msg), ERR_OK);
}

/* ---- PostgreSQL goes away ---- */

static void says_that_postgres_does_not_answer(void **state)
{
    struct world *w = *state;
    struct rebuilt built;
    struct reconciled told = {0};
    struct letters_done done;
    const struct sql suicide = {.text = "select pg_terminate_backend(pg_backend_pid())"};
    assert_int_equal(database_ask(db, &suicide, NULL, NULL, &msg), ERR_UNAVAILABLE);
    assert_int_equal(rebuild(w, new_store(w, NULL, ERR_OK, 0), false, &built), ERR_UNAVAILABLE);
    assert_true(strncmp(msg.text, "PostgreSQL: ", 12) == 0);
    assert_non_null(strstr(msg.text, "`waypost doctor` tries it"));
    put_course(w);
    assert_int_equal(letters_take_in(db, w->mem, w->loop, &done, &msg), ERR_UNAVAILABLE);
    assert_int_equal(reconcile(w, &told), ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(says_that_redis_does_not_answer),
        IN_WORLD(waits_for_a_course_and_gives_up),
        IN_WORLD(takes_in_whom_only_redis_knows),
        IN_WORLD(fills_an_empty_redis),
        IN_WORLD(comes_through_an_outage_of_redis),
        IN_WORLD(leaves_a_redis_alone_that_has_all),
        IN_WORLD(takes_in_letters_that_it_can_read),
        IN_WORLD(keeps_the_erasures_of_a_host_and_of_the_database_equal),
        IN_WORLD(says_that_postgres_does_not_answer), /* the last one */
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
