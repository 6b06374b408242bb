#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/message.h"
#include "app/replay.h"
#include "core/event_record.h"
#include "dialog_world.h"

/* --- states that cannot be read, and the spool --- */

static void on_done(void *ctx, enum err e)
{
    (void)ctx; /* nothing waits for it */
    assert_int_equal(e, ERR_OK);
}

static void put_state(struct world *w, const char *number, struct str state)
{
    struct number_id id = vault_number_id(w->vault, str_from(number));
    store_restore(w->mem, &id, state, 0, on_done, NULL);
    loop_mem_settle(w->loop);
}

struct facts {
    uint32_t n, n_sealed, n_in_english;
};

static void on_facts(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct facts *facts = ctx;
    assert_int_equal(e, ERR_OK);
    facts->n = n;
    for (uint32_t i = 0; i < n; i++) {
        struct event_record record;
        assert_int_equal(event_decode(entries[i].payload, &record), ERR_OK);
        facts->n_sealed += record.vault_key_id != 0 ? 1 : 0;
        facts->n_in_english += str_eq(record.lang, STR("en")) ? 1 : 0;
    }
}

/* Before any consent: whoever wrote can be answered later, also from a restored database. */
static void seals_the_number_at_first_contact(void **state)
{
    struct world *w = *state;
    static const struct event_place start[STORE_BUCKETS];
    struct store_reader reader = {.from = start, .max_each = 100};
    struct facts facts = {0};
    ask(w, sms("+254700000001", "a", "hello"));
    store_log_read(w->mem, &reader, on_facts, &facts);
    loop_mem_settle(w->loop);
    assert_int_equal(facts.n_sealed, 1);
    facts = (struct facts){0};
    ask(w, sms("+254700000001", "b", "HELP"));
    store_log_read(w->mem, &reader, on_facts, &facts);
    loop_mem_settle(w->loop);
    assert_int_equal(facts.n, 2);
    assert_int_equal(facts.n_sealed, 1);
    assert_int_equal(facts.n_in_english, 2);
}

/* One learner's error, counted; everybody else goes on. */
static void ends_one_dialog_where_a_state_fits_no_course(void **state)
{
    struct world *w = *state;
    struct learner learner;
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, LEARNER_MAX_BYTES);
    learner_init(&learner);
    learner.seq = 1;
    learner.state = LEARNER_STATE_QUIZ;
    learner.consent_ms = START;
    assert_int_equal(str_copy(STR("nowhere"), learner.unit, sizeof(learner.unit)), ERR_OK);
    assert_int_equal(learner_encode(&learner, LEARNER_RECORD, &bytes), ERR_OK);
    put_state(w, "+254700000001", buf_str(&bytes));
    assert_int_equal(ask(w, sms("+254700000001", "a", "1"))->outcome, DIALOG_OUTCOME_FAILED);
    assert_int_equal(metrics_get(w->metrics, METRIC_steps_failed_total), 1);
    assert_int_equal(ask(w, sms("+254700000002", "a", "JOIN"))->outcome, DIALOG_OUTCOME_STEPPED);
}

static void leaves_a_state_alone_that_it_cannot_read(void **state)
{
    struct world *w = *state;
    put_state(w, "+254700000001", (struct str){"\0\0\0\x09\xff newer", 11});
    assert_int_equal(ask(w, sms("+254700000001", "a", "1"))->outcome, DIALOG_OUTCOME_FAILED);
    assert_int_equal(ask(w, ussd("+254700000001", "s1", ""))->outcome, DIALOG_OUTCOME_BUSY);
    assert_int_equal(n_steps(w), 0);
}

/* What was disclosed is kept sealed or not at all. The key of those who read it is none here: a
 * file of zeros, with which nothing can be sealed. */
static void keeps_no_disclosure_that_cannot_be_sealed(void **state)
{
    struct world *w = *state;
    struct vault *whole = w->vault;
    char dir[] = "/tmp/test_dialog.XXXXXX", path[64], remove[64];
    struct errmsg msg;
    struct response *a;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(vault_make_keys(dir, &msg), ERR_OK);
    (void)snprintf(path, sizeof(path), "%s/safe.pub", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "%064d\n", 0) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(vault_openssl_new(dir, &w->vault, &msg), ERR_OK);
    struct dialogs *dialogs = new_dialogs(w, w->mem);
    const struct inbound safe = sms("+254700000001", "a", "my boss touches me");
    const struct inbound hello = sms("+254700000001", "b", "hello");
    assert_int_equal(submit_to(w, dialogs, &safe, false, &a), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(a->outcome, DIALOG_OUTCOME_FAILED);
    assert_int_equal(metrics_get(w->metrics, METRIC_steps_failed_total), 1);
    assert_int_equal(n_steps(w), 0);
    assert_int_equal(submit_to(w, dialogs, &hello, false, &a), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(a->outcome, DIALOG_OUTCOME_STEPPED);
    dialogs_free(dialogs);
    vault_free(w->vault);
    w->vault = whole;
    (void)snprintf(remove, sizeof(remove), "rm -r %s", dir);
    assert_int_equal(system(remove), 0);
}

static struct channels channel_list;

static struct replay *new_replay(struct world *w)
{
    channel_list.n = 1;
    channel_list.list[0] = (struct channel){.config = SMS};
    return replay_new(&(struct replay_parts){.loop = w->loop,
                                             .store = w->mem,
                                             .spool = w->spool,
                                             .metrics = w->metrics,
                                             .channels = &channel_list,
                                             .dialogs = w->dialogs});
}

/* Spools what numbers send while the store is away: texts[i] of every number, then texts[i + 1]. */
static void spool_for_numbers(struct world *w, uint32_t n_numbers, const char *const *texts,
                              uint32_t n_texts)
{
    char number[24], id[24];
    store_mem_fail(w->mem, "*", ERR_UNAVAILABLE, false, UINT32_MAX);
    for (uint32_t i = 0; i < n_texts; i++) {
        for (uint32_t k = 0; k < n_numbers; k++) {
            (void)snprintf(number, sizeof(number), "+2547000001%02u", k);
            (void)snprintf(id, sizeof(id), "m%u-%u", i, k);
            (void)ask(w, sms(number, id, texts[i]));
        }
    }
    store_mem_fail(w->mem, "*", ERR_OK, false, 0);
}

static void replays_the_rest_when_one_cannot_be_handled(void **state)
{
    struct world *w = *state;
    put_state(w, "+254700000001", (struct str){"\0\0\0\x09\xff newer", 11});
    store_mem_fail(w->mem, "load", ERR_UNAVAILABLE, false, 1);
    (void)ask(w, sms("+254700000001", "a", "1")); /* the load fails before the state is seen */
    spool_append(w->spool, STR("no record of ours"), on_done, NULL);
    (void)ask(w, sms("+254700000002", "a", "JOIN"));
    struct replay *replay = new_replay(w);
    loop_mem_advance(w->loop, 60000);
    assert_int_equal(n_steps(w), 1);
    assert_int_equal(metrics_get(w->metrics, METRIC_replayed_total), 1);
    assert_int_equal(metrics_get(w->metrics, METRIC_spool_aside), 2); /* the two others are kept */
    assert_int_equal(replay_n_aside(replay), 2);
    assert_true(spool_is_empty(w->spool)); /* where they hold nobody back */
    assert_int_equal(ask(w, sms("+254700000003", "a", "JOIN"))->outcome, DIALOG_OUTCOME_STEPPED);
    replay_stop(replay);
    replay_free(replay);
}

/* Each of its SMS goes into the spool; who writes at the same time notices nothing of that. */
static void nobody_waits_behind_what_cannot_be_handled(void **state)
{
    struct world *w = *state;
    char id[24];
    struct replay *replay = new_replay(w);
    for (uint32_t i = 0; i < 20; i++) {
        spool_append(w->spool, STR("no record of ours"), on_done, NULL);
        (void)snprintf(id, sizeof(id), "m%u", i);
        int64_t asked_ms = loop_mono(w->loop).ms;
        const struct response *r = ask(w, sms("+254700000002", id, i == 0 ? "JOIN" : "REPEAT"));
        assert_int_equal(r->outcome, DIALOG_OUTCOME_SPOOLED); /* behind the other one */
        for (uint32_t k = 0; n_steps(w) <= i && k < 100; k++)
            loop_mem_advance(w->loop, 10);
        assert_int_equal(n_steps(w), i + 1);
        assert_in_range(loop_mono(w->loop).ms - asked_ms, 0, REPLAY_IDLE_MS + 10);
        assert_true(spool_is_empty(w->spool));
        loop_mem_advance(w->loop, 11000); /* the same text is no repeat */
    }
    assert_int_equal(replay_n_aside(replay), 20);
    replay_stop(replay);
    replay_free(replay);
}

/* Not for ever: after that the store would not know it again, if it was handled after all. */
static void refuses_what_nobody_could_handle_for_long(void **state)
{
    struct world *w = *state;
    spool_append(w->spool, STR("no record of ours"), on_done, NULL);
    struct replay *replay = new_replay(w);
    loop_mem_advance(w->loop, REPLAY_ASIDE_KEEP_MS - 1000);
    assert_int_equal(replay_n_aside(replay), 1);
    assert_int_equal(metrics_get(w->metrics, METRIC_spool_refused_total), 0);
    loop_mem_advance(w->loop, 1000 + 2 * REPLAY_ASIDE_MOST_MS);
    assert_int_equal(replay_n_aside(replay), 0);
    assert_int_equal(metrics_get(w->metrics, METRIC_spool_refused_total), 1);
    replay_stop(replay);
    replay_free(replay);
}

/* It stays at its place: out of the log it would be lost. */
static void keeps_in_the_log_what_cannot_be_put_aside(void **state)
{
    struct world *w = *state;
    spool_append(w->spool, STR("no record of ours"), on_done, NULL);
    spool_mem_fail(w->spool, "put_aside", ERR_IO, 3);
    struct replay *replay = new_replay(w);
    loop_mem_advance(w->loop, 2 * REPLAY_PAUSE_MS);
    assert_false(spool_is_empty(w->spool));
    assert_int_equal(replay_n_aside(replay), 0);
    loop_mem_advance(w->loop, 2 * REPLAY_PAUSE_MS);
    assert_true(spool_is_empty(w->spool));
    assert_int_equal(replay_n_aside(replay), 1);
    replay_stop(replay);
    replay_free(replay);
}

/* The store fails for one number only, as where one server of several is away: the others do not
 * wait for it for ever. Back again, it is handled once. */
static void does_not_wait_for_one_that_always_fails(void **state)
{
    struct world *w = *state;
    static const char *const texts[] = {"JOIN"};
    spool_for_numbers(w, 3, texts, 1);
    dialogs_free(w->dialogs);
    w->dialogs = new_dialogs(w, &w->slow.base);
    w->slow.failing = vault_number_id(w->vault, STR("+254700000100"));
    struct replay *replay = new_replay(w);
    loop_mem_advance(w->loop, REPLAY_PATIENCE_MS - 1000);
    assert_false(spool_is_empty(w->spool));
    assert_int_equal(n_steps(w), 2);
    loop_mem_advance(w->loop, 2000);
    assert_true(spool_is_empty(w->spool));
    assert_int_equal(replay_n_aside(replay), 1);
    w->slow.failing = (struct number_id){.bytes = {0}};
    loop_mem_advance(w->loop, REPLAY_ASIDE_MOST_MS);
    assert_int_equal(n_steps(w), 3);
    assert_int_equal(replay_n_aside(replay), 0);
    replay_stop(replay);
    replay_free(replay);
}

/* No room for it now is no reason to lose it. */
static void keeps_what_comes_while_all_dialogs_run(void **state)
{
    struct world *w = *state;
    static const char *const texts[] = {"JOIN"};
    struct dialogs *other = w->dialogs, *full = new_dialogs(w, &w->slow.base);
    char number[24];
    w->slow.load_ms = 900; /* a dialog gives up after a second */
    for (uint32_t i = 0; i < DIALOG_MAX_RUNNING; i++) {
        (void)snprintf(number, sizeof(number), "+25471%07u", i);
        const struct inbound in = sms(number, "a", "JOIN");
        assert_int_equal(submit_to(w, full, &in, false, NULL), ERR_OK);
    }
    spool_for_numbers(w, 1, texts, 1);
    w->dialogs = full;
    struct replay *replay = new_replay(w);
    loop_mem_advance(w->loop, 800);
    assert_false(spool_is_empty(w->spool));
    loop_mem_advance(w->loop, 60000);
    assert_true(spool_is_empty(w->spool));
    assert_int_equal(n_steps(w), DIALOG_MAX_RUNNING + 1);
    replay_stop(replay);
    replay_free(replay);
    dialogs_free(other);
}

/* One number of the server that is away writes first; all others are handled meanwhile, each once,
 * the new ones within a moment; and what it sent is handled in its order when the server is back.
 */
static void others_do_not_wait_for_one_that_fails(void **state)
{
    struct world *w = *state;
    static const char *const texts[] = {"JOIN", "HELP", "STOP"};
    spool_for_numbers(w, 90, texts, ARRAY_LEN(texts)); /* more than a batch */
    dialogs_free(w->dialogs);
    w->dialogs = new_dialogs(w, &w->slow.base);
    w->slow.failing = vault_number_id(w->vault, STR("+254700000100"));
    struct replay *replay = new_replay(w);
    loop_mem_advance(w->loop, 2 * REPLAY_PAUSE_MS);
    assert_int_equal(n_steps(w), 89 * 3);
    for (uint32_t i = 0; i < 20; i++) {
        char number[24];
        (void)snprintf(number, sizeof(number), "+2547000002%02u", i);
        assert_int_equal(ask(w, sms(number, "a", "JOIN"))->outcome, DIALOG_OUTCOME_SPOOLED);
        loop_mem_advance(w->loop, REPLAY_PAUSE_MS + 10);
        assert_int_equal(n_steps(w), 89 * 3 + i + 1);
    }
    assert_int_equal(replay_n_aside(replay), 0);
    assert_int_equal(metrics_get(w->metrics, METRIC_replayed_total), n_steps(w)); /* none twice */
    w->slow.failing = (struct number_id){.bytes = {0}};
    loop_mem_advance(w->loop, 2 * REPLAY_PAUSE_MS);
    assert_true(spool_is_empty(w->spool));
    assert_int_equal(n_steps(w), 90 * 3 + 20);
    expect_stopped(w, "+254700000100");
    replay_stop(replay);
    replay_free(replay);
}

/* Far more than fit in the window: nobody waits much longer than the patience with those in it. */
static void a_window_of_failing_ones_ends(void **state)
{
    struct world *w = *state;
    char id[16];
    store_mem_fail(w->mem, "*", ERR_UNAVAILABLE, false, UINT32_MAX);
    for (uint32_t i = 0; i < SPOOL_MAX_SHOWN + 10; i++) {
        (void)snprintf(id, sizeof(id), "m%u", i);
        (void)ask(w, sms("+254700000100", id, "HELP"));
    }
    (void)ask(w, sms("+254700000101", "a", "JOIN"));
    store_mem_fail(w->mem, "*", ERR_OK, false, 0);
    dialogs_free(w->dialogs);
    w->dialogs = new_dialogs(w, &w->slow.base);
    w->slow.failing = vault_number_id(w->vault, STR("+254700000100"));
    struct replay *replay = new_replay(w);
    loop_mem_advance(w->loop, REPLAY_PATIENCE_MS - 1000);
    assert_int_equal(replay_n_aside(replay), 0);
    loop_mem_advance(w->loop, 6000);
    assert_int_equal(n_steps(w), 1);
    assert_in_range(replay_n_aside(replay), 11, SPOOL_MAX_SHOWN + 10);
    replay_stop(replay);
    replay_free(replay);
}

/* It comes back with the configuration, or somebody looks at what waits. */
static void keeps_what_came_by_a_channel_that_is_gone(void **state)
{
    struct world *w = *state;
    store_mem_fail(w->mem, "load", ERR_UNAVAILABLE, false, 1);
    (void)ask(w, sms("+254700000001", "a", "JOIN"));
    struct replay *replay = new_replay(w);
    channel_list.n = 0;
    loop_mem_advance(w->loop, DAY_MS);
    assert_int_equal(n_steps(w), 0);
    assert_int_equal(replay_n_aside(replay), 1);
    channel_list.n = 1;
    loop_mem_advance(w->loop, REPLAY_ASIDE_MOST_MS);
    assert_int_equal(n_steps(w), 1);
    assert_int_equal(replay_n_aside(replay), 0);
    loop_mem_advance(w->loop, DAY_MS);
    assert_int_equal(n_steps(w), 1);
    replay_stop(replay);
    replay_free(replay);
}

static void replays_in_order_and_once(void **state)
{
    struct world *w = *state;
    char id[16];
    store_mem_fail(w->mem, "*", ERR_UNAVAILABLE, false, UINT32_MAX);
    static const char *const texts[] = {"JOIN", "HELP", "STOP", "JOIN", "HELP", "STOP"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        (void)snprintf(id, sizeof(id), "m%zu", i);
        assert_int_equal(ask(w, sms("+254700000001", id, texts[i]))->outcome,
                         DIALOG_OUTCOME_SPOOLED);
    }
    struct replay *replay = new_replay(w);
    loop_mem_advance(w->loop, 3000);
    assert_int_equal(n_steps(w), 0);
    store_mem_fail(w->mem, "*", ERR_OK, false, 0);
    store_mem_fail(w->mem, "commit", ERR_TIMEOUT, true, 1); /* the first has its effect at once */
    loop_mem_advance(w->loop, 5000);
    assert_true(spool_is_empty(w->spool));
    assert_int_equal(metrics_get(w->metrics, METRIC_replayed_total), ARRAY_LEN(texts));
    assert_int_equal(n_steps(w), ARRAY_LEN(texts) - 1); /* and the first was a repeat */
    expect_stopped(w, "+254700000001");                 /* STOP came last */
    replay_stop(replay);
    replay_free(replay);
}

static void replays_many_numbers_at_once(void **state)
{
    struct world *w = *state;
    static const char *const texts[] = {"JOIN", "1", "2"};
    spool_for_numbers(w, 50, texts, ARRAY_LEN(texts));
    dialogs_free(w->dialogs);
    w->dialogs = new_dialogs(w, &w->slow.base);
    w->slow.commit_ms = 10; /* one after another they would take 1.5 s */
    struct replay *replay = new_replay(w);
    loop_mem_advance(w->loop, 100);
    assert_true(spool_is_empty(w->spool));
    assert_int_equal(n_steps(w), 150);
    replay_stop(replay);
    replay_free(replay);
}

static void a_failed_replay_is_not_overtaken(void **state)
{
    struct world *w = *state;
    static const char *const texts[] = {"JOIN", "HELP", "STOP"};
    spool_for_numbers(w, 2, texts, ARRAY_LEN(texts));
    store_mem_fail(w->mem, "commit", ERR_UNAVAILABLE, false, 1);
    struct replay *replay = new_replay(w);
    loop_mem_advance(w->loop, 5000);
    assert_true(spool_is_empty(w->spool));
    assert_int_equal(n_steps(w), 6);
    expect_stopped(w, "+254700000100");
    expect_stopped(w, "+254700000101");
    replay_stop(replay);
    replay_free(replay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(seals_the_number_at_first_contact),
        IN_WORLD(ends_one_dialog_where_a_state_fits_no_course),
        IN_WORLD(leaves_a_state_alone_that_it_cannot_read),
        IN_WORLD(keeps_no_disclosure_that_cannot_be_sealed),
        IN_WORLD(replays_the_rest_when_one_cannot_be_handled),
        IN_WORLD(nobody_waits_behind_what_cannot_be_handled),
        IN_WORLD(refuses_what_nobody_could_handle_for_long),
        IN_WORLD(keeps_in_the_log_what_cannot_be_put_aside),
        IN_WORLD(keeps_what_comes_while_all_dialogs_run),
        IN_WORLD(does_not_wait_for_one_that_always_fails),
        IN_WORLD(others_do_not_wait_for_one_that_fails),
        IN_WORLD(a_window_of_failing_ones_ends),
        IN_WORLD(keeps_what_came_by_a_channel_that_is_gone),
        IN_WORLD(replays_in_order_and_once),
        IN_WORLD(replays_many_numbers_at_once),
        IN_WORLD(a_failed_replay_is_not_overtaken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
