/*
 * Whoever wrote is answered, in whatever order the store, the provider and the phone take their
 * turns: the whole app on ports in memory, each of whose responses comes a little late, and phones
 * that answer before the SMS came, before the provider has said that it took it, or after a while.
 *
 *     test_owed [ROUNDS [SEED]]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/course_bundle.h"
#include "base/xalloc.h"
#include "core/lesson/parse.h"
#include "lab/handset.h"
#include "lab/talk/fast.h"
#include "port/lesson_files.h"
#include "port/sender.h"
#include "port/store/ops.h"

#define COURSE "lessons/children-on-the-move"
#define N_PHONES 40u
#define N_TEXTS                                                                                    \
    8u /* no more than may come too early in a row: core/engine/understand.c, MAX_IDLE */
#define MAX_LATE_MS 30u
#define PATIENT_MS 300
#define ROUND_MS (N_TEXTS * (PATIENT_MS + 10 * MAX_LATE_MS))

static struct arena *arena;
static struct buf bundle;
static struct talk_fast *fast;
static uint32_t n_rounds = 20;
static uint64_t seed = 20260101;

static uint32_t chance(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* ---- ports that are late ---- */

static struct store_ops store_ops, slow_store_ops;
static struct sender_ops sender_ops, slow_sender_ops;
static int64_t sender_ms; /* 0 = by chance */

/* What is yet to be asked or answered. What it borrows stays until its callback. */
struct late {
    struct timer *timer;
    void (*fn)(const struct late *);
    struct number_id id;
    const struct number_id *who;
    const struct store_commit *commit;
    const struct store_entry *entry;
    struct store_settled settled;
    store_on_load *on_load;
    store_on_commit *on_commit;
    store_on_value *on_value;
    store_on_done *on_done;
    sender_on_response *on_response;
    void *ctx;
    enum err e;
    struct sender_response response;
    char body[256];
};

static void on_late(void *ctx)
{
    struct late *l = ctx;
    timer_free(fast->loop, l->timer);
    l->fn(l);
    free(l);
}

static void later(const struct late *what, void (*fn)(const struct late *), int64_t ms)
{
    struct late *l = xcalloc(1, sizeof(*l));
    *l = *what;
    l->fn = fn;
    l->timer = timer_new(fast->loop, on_late, l);
    timer_start(fast->loop, l->timer, ms);
}

static void load_now(const struct late *l)
{
    store_ops.load(fast->store, &l->id, l->on_load, l->ctx);
}

static void slow_load(struct store *s, const struct number_id *id, store_on_load *fn, void *ctx)
{
    (void)s;
    later(&(struct late){.id = *id, .on_load = fn, .ctx = ctx}, load_now, chance(MAX_LATE_MS));
}

static void commit_now(const struct late *l)
{
    store_ops.commit(fast->store, l->commit, l->on_commit, l->ctx);
}

static void slow_commit(struct store *s, const struct store_commit *commit, store_on_commit *fn,
                        void *ctx)
{
    (void)s;
    later(&(struct late){.commit = commit, .on_commit = fn, .ctx = ctx}, commit_now,
          chance(MAX_LATE_MS));
}

static void mark_now(const struct late *l)
{
    store_ops.mark_sending(fast->store, l->entry, l->who, l->on_value, l->ctx);
}

static void slow_mark(struct store *s, const struct store_entry *entry, const struct number_id *who,
                      store_on_value *fn, void *ctx)
{
    (void)s;
    later(&(struct late){.entry = entry, .who = who, .on_value = fn, .ctx = ctx}, mark_now,
          chance(MAX_LATE_MS));
}

static void tell_settled(const struct late *l)
{
    l->on_done(l->ctx, l->e);
}

static void on_settled(void *ctx, enum err e)
{
    struct late *l = ctx;
    l->e = e;
    later(l, tell_settled, chance(MAX_LATE_MS));
    free(l);
}

static void settle_now(const struct late *l)
{
    struct late *back = xcalloc(1, sizeof(*back));
    *back = *l;
    store_ops.settle(fast->store, l->entry, &l->settled, on_settled, back);
}

static void slow_settle(struct store *s, const struct store_entry *entry,
                        const struct store_settled *what, store_on_done *fn, void *ctx)
{
    (void)s;
    later(&(struct late){.entry = entry, .settled = *what, .on_done = fn, .ctx = ctx}, settle_now,
          chance(MAX_LATE_MS));
}

static void respond(const struct late *l)
{
    struct sender_response response = l->response;
    response.body = str_from(l->body);
    l->on_response(l->ctx, &response);
}

static void on_response(void *ctx, const struct sender_response *response)
{
    struct late *l = ctx;
    l->response = *response;
    assert_int_equal(str_copy(response->body, l->body, sizeof(l->body)), ERR_OK);
    later(l, respond, sender_ms > 0 ? sender_ms : chance(MAX_LATE_MS));
    free(l);
}

/* The phone has its SMS at once, we are told later. */
static void slow_post(struct sender *s, const struct sender_request *request,
                      sender_on_response *fn, void *ctx)
{
    struct late *l = xcalloc(1, sizeof(*l));
    *l = (struct late){.on_response = fn, .ctx = ctx};
    sender_ops.post(s, request, on_response, l);
}

static void open_world(void)
{
    struct errmsg msg = {""};
    const struct talk_fast_settings settings = {.profiles_dir = "config/profiles",
                                                .course_name = STR("children-on-the-move@1.0.0"),
                                                .bundle = buf_str(&bundle),
                                                .start = {1736143200000},
                                                .seed = seed};
    if (talk_fast_new(&settings, &fast, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    loop_mem_settle(fast->loop);
    store_ops = slow_store_ops = *fast->store->ops;
    slow_store_ops.load = slow_load;
    slow_store_ops.commit = slow_commit;
    slow_store_ops.mark_sending = slow_mark;
    slow_store_ops.settle = slow_settle;
    fast->store->ops = &slow_store_ops;
    sender_ops = slow_sender_ops = *fast->sender->ops;
    slow_sender_ops.post = slow_post;
    fast->sender->ops = &slow_sender_ops;
    sender_ms = 0;
}

/* ---- phones ---- */

static struct phone {
    struct handset handset;
    uint32_t n_said, n_got;
    int64_t next_ms; /* when it goes on; INT64_MAX = not yet known */
} phones[N_PHONES];

static int64_t now_ms(void)
{
    return loop_mono(fast->loop).ms;
}

/* No two texts of a phone are alike in a row: that is a repeat. None leaves. */
static const char *some_text(uint32_t n_said)
{
    static const char *const words[] = {"REPEAT", "HELP", "NEXT", "MENU", "SCORE"};
    return n_said == 0 ? "JOIN" : n_said % 2 == 1 ? "1" : words[chance(ARRAY_LEN(words))];
}

/* As a provider would. */
static void say(uint32_t i, const char *text)
{
    struct phone *p = &phones[i];
    struct buf raw CLEANUP(buf_fini);
    buf_init(&raw, FAST_MAX_BYTES);
    handset_send_sms(&p->handset, str_from(text), loop_wall(fast->loop));
    buf_addf(&raw,
             "POST %s HTTP/1.1\r\nHost: learn.example\r\n"
             "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n",
             p->handset.path, p->handset.body.len);
    buf_add_str(&raw, buf_str(&p->handset.body));
    buf_reset(&fast->responses[i]);
    assert_int_equal(http_reader_feed(fast->reader, raw.p, raw.len), HTTP_STATE_DONE);
    callbacks_handle(fast->callbacks, (struct front_token){i, 0}, http_reader_request(fast->reader),
                     STR("127.0.0.1"));
    assert_int_equal(http_reader_next(fast->reader), HTTP_STATE_HEAD);
    p->n_said++;
    p->next_ms = INT64_MAX;
}

static void read_all(struct phone *p)
{
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, 4096);
    for (; fast->world.ops->next_sms(&fast->world, p->handset.number, false, &text) == ERR_OK;
         buf_reset(&text))
        p->n_got++;
}

static bool is_accepted(uint32_t i)
{
    struct str response = buf_str(&fast->responses[i]);
    if (response.len > 0)
        assert_true(str_starts(response, STR("HTTP/1.1 20")));
    return response.len > 0;
}

/* A millisecond of a phone that says so much. */
static void live(uint32_t i, uint32_t n_texts)
{
    struct phone *p = &phones[i];
    read_all(p);
    if (p->next_ms == INT64_MAX && is_accepted(i)) {
        bool is_told = p->n_got >= p->n_said;
        if (is_told)
            p->next_ms = now_ms() + (chance(2) == 0 ? PATIENT_MS : chance(3));
        else if (chance(40) == 0) /* does not wait for the SMS */
            p->next_ms = now_ms();
    }
    if (p->n_said < n_texts && p->next_ms <= now_ms())
        say(i, some_text(p->n_said));
}

static void begin(void)
{
    for (uint32_t i = 0; i < N_PHONES; i++) {
        char number[HANDSET_NUMBER_BYTES];
        (void)snprintf(number, sizeof(number), "+2547%08u", i); /* short */
        phones[i] = (struct phone){.next_ms = now_ms() + chance(100)};
        handset_init(&phones[i].handset, number, "*384*7#", "owed");
    }
}

static void end(void)
{
    for (uint32_t i = 0; i < N_PHONES; i++)
        handset_fini(&phones[i].handset);
    talk_fast_free(fast);
}

static void on_look(void *ctx, enum err e, uint64_t n, int64_t oldest_ms)
{
    (void)oldest_ms;
    assert_int_equal(e, ERR_OK);
    *(uint64_t *)ctx = n;
}

/* Nothing is left, in nobody's hands. */
static void expect_empty_outbox(void)
{
    uint64_t fences[STORE_LEASE_RANGES], n = UINT64_MAX;
    for (size_t i = 0; i < STORE_LEASE_RANGES; i++)
        fences[i] = 1;
    store_outbox_look(fast->store, fences, on_look, &n);
    loop_mem_settle(fast->loop);
    assert_int_equal(n, 0);
    assert_int_equal(outbox_n_jobs(fast->outbox), 0);
}

static void each_callback_gets_its_sms(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < n_rounds; round++) {
        uint64_t began = seed;
        open_world();
        begin();
        for (uint32_t ms = 0; ms < ROUND_MS; ms++) {
            for (uint32_t i = 0; i < N_PHONES; i++)
                live(i, N_TEXTS);
            loop_mem_advance(fast->loop, 1);
        }
        for (uint32_t i = 0; i < N_PHONES; i++) {
            read_all(&phones[i]);
            assert_int_equal(phones[i].n_said, N_TEXTS);
            if (phones[i].n_got != N_TEXTS)
                fail_msg("round %u, seed %llu: %s got %u SMS for %u", round,
                         (unsigned long long)began, phones[i].handset.number, phones[i].n_got,
                         N_TEXTS);
        }
        expect_empty_outbox();
        end();
    }
}

/* A machine that answers before anybody could have read is let alone after a while. Whoever reads
 * what came, and answers that, goes on. */
static void who_answers_too_early_for_ever_is_not_lost(void **state)
{
    (void)state;
    struct phone *p = &phones[0];
    open_world();
    begin();
    sender_ms = 200;
    for (uint32_t ms = 0; ms < 30000; ms++) {
        read_all(p);
        if (p->n_got >= p->n_said && (p->n_said == 0 || is_accepted(0)))
            say(0, p->n_said == 0 ? "JOIN" : p->n_said % 2 == 1 ? "1" : "soap");
        loop_mem_advance(fast->loop, 1);
    }
    assert_int_equal(p->n_got, N_TEXTS); /* and the last of them is a question of ours */
    assert_int_equal(p->n_said, N_TEXTS + 1);
    expect_empty_outbox();
    say(0, "1");
    loop_mem_advance(fast->loop, 1000);
    read_all(p);
    assert_int_equal(p->n_got, N_TEXTS + 1);
    end();
}

static uint64_t records_of(uint64_t with)
{
    uint64_t hash = 0;
    seed = with;
    open_world();
    begin();
    for (uint32_t ms = 0; ms < ROUND_MS; ms++) {
        live(0, N_TEXTS);
        loop_mem_advance(fast->loop, 1);
    }
    assert_int_equal(phones[0].n_said, N_TEXTS);
    assert_true(talk_fast_n_records(fast) > N_TEXTS);
    for (uint32_t i = 0; i < talk_fast_n_records(fast); i++)
        hash = hash * 31 + str_hash(talk_fast_record(fast, i));
    end();
    return hash;
}

/* Pseudonyms, codes and sealed numbers among it: what a transcript finds once it finds again. */
static void the_same_seed_makes_the_same_records(void **state)
{
    (void)state;
    assert_true(records_of(7) == records_of(7));
    assert_false(records_of(7) == records_of(8));
}

static int read_course(void **state)
{
    (void)state;
    struct lesson_file *files;
    struct errmsg msg = {""};
    uint32_t n;
    arena = arena_new(LESSON_ARENA_BYTES);
    buf_init(&bundle, COURSE_MAX_BYTES + 65536);
    assert_int_equal(lesson_files_read(COURSE, arena, &files, &n, &msg), ERR_OK);
    assert_int_equal(course_bundle_write(files, n, &bundle), ERR_OK);
    return 0;
}

static int forget_course(void **state)
{
    (void)state;
    buf_fini(&bundle);
    arena_free(arena);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_callback_gets_its_sms),
        cmocka_unit_test(who_answers_too_early_for_ever_is_not_lost),
        cmocka_unit_test(the_same_seed_makes_the_same_records),
    };
    if (argc > 1)
        n_rounds = (uint32_t)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, read_course, forget_course);
}
