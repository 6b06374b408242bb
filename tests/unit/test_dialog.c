#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/engine/engine.h"
#include "dialog_world.h"

/* --- the machine --- */

static void has_a_row_for_everything(void **state)
{
    (void)state; /* the table is not the world's */
    static const enum dialog_state waiting[] = {DIALOG_STATE_QUEUED, DIALOG_STATE_LOADING,
                                                DIALOG_STATE_SAVING, DIALOG_STATE_SPOOLING};
    size_t n;
    const struct dialog_row *rows = dialog_rows(&n);
    for (int kind = 0; kind < N_DIALOG_KINDS; kind++) {
        bool is_reached[N_DIALOG_STATES] = {[DIALOG_STATE_QUEUED] = true};
        bool has_deadline[N_DIALOG_STATES] = {false};
        for (size_t round = 0; round < n; round++) {
            for (size_t i = 0; i < n; i++) {
                enum dialog_state to = rows[i].to[kind].state;
                if (to == DIALOG_STATE_NONE)
                    continue;
                assert_int_equal(to == DIALOG_STATE_DONE,
                                 rows[i].to[kind].outcome != DIALOG_OUTCOME_NONE);
                is_reached[to] |= is_reached[rows[i].state];
                has_deadline[rows[i].state] |= rows[i].event == DIALOG_EVENT_DEADLINE;
            }
        }
        for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
            if (is_reached[waiting[i]] && !has_deadline[waiting[i]])
                fail_msg("%s waits for ever", dialog_state_name(waiting[i]));
        }
        assert_int_equal(is_reached[DIALOG_STATE_SPOOLING], kind == DIALOG_KIND_SMS);
        assert_true(is_reached[DIALOG_STATE_DONE]);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++)
            assert_false(rows[i].state == rows[k].state && rows[i].event == rows[k].event);
        assert_non_null(dialog_event_name(rows[i].event));
    }
}

/* A dialog that waits in a state, on a store that does not answer yet. */
static struct dialog *reach(struct world *w, struct dialogs *dialogs, enum dialog_kind kind,
                            enum dialog_state wanted, struct response **ret)
{
    static uint32_t n;
    char id[16], from[20];
    (void)snprintf(id, sizeof(id), "i%u", ++n);
    (void)snprintf(from, sizeof(from), "+2547%08u", n);
    struct inbound in = kind == DIALOG_KIND_USSD ? ussd(from, id, "") : sms(from, id, "JOIN");
    struct dialog_request request = {.channel = kind == DIALOG_KIND_USSD ? USSD : SMS,
                                     .inbound = &in,
                                     .is_replay = kind == DIALOG_KIND_REPLAY,
                                     .must_spool = wanted == DIALOG_STATE_SPOOLING,
                                     .received = loop_wall(w->loop),
                                     .fn = on_response};
    for (int i = 0; i < (wanted == DIALOG_STATE_QUEUED ? 2 : 1); i++) { /* one before it */
        in.id = in.session = i == 0 ? str_from(id) : STR("other");
        *ret = request.ctx = &w->responses[w->n_asked++];
        **ret = (struct response){.outcome = DIALOG_OUTCOME_NONE};
        assert_int_equal(dialogs_submit(dialogs, &request), ERR_OK);
    }
    for (uint32_t i = 0; i < DIALOG_BUCKETS; i++) {
        struct dialog *d = dialogs->numbers[i];
        if (d == NULL)
            continue;
        if (wanted == DIALOG_STATE_SAVING)
            loop_mem_advance(w->loop, w->slow.load_ms);
        return wanted == DIALOG_STATE_QUEUED ? d->next_queued : d;
    }
    return NULL;
}

static void try_move(struct world *w, struct dialogs *dialogs, enum dialog_kind kind,
                     enum dialog_state from, enum dialog_event event)
{
    static const enum dialog_outcome outcomes[N_DIALOG_KINDS] = {
        DIALOG_OUTCOME_FAILED, DIALOG_OUTCOME_BUSY, DIALOG_OUTCOME_FAILED};
    struct response *a;
    uint64_t n_before = metrics_get(w->metrics, METRIC_illegal_moves_total);
    struct dialog *d = reach(w, dialogs, kind, from, &a);
    assert_string_equal(dialog_state_name(d->state), dialog_state_name(from));
    dialog_happen(d, event);
    assert_int_equal(a->n_calls, 1);
    assert_int_equal(a->outcome, outcomes[kind]);
    loop_mem_advance(w->loop, 5000); /* what the ports say now is for nobody */
    assert_int_equal(a->n_calls, 1);
    assert_int_equal(dialogs_n_running(dialogs), 0);
    assert_int_equal(metrics_get(w->metrics, METRIC_illegal_moves_total), n_before + 1);
}

static bool has_row(enum dialog_kind kind, enum dialog_state from, enum dialog_event event)
{
    size_t n;
    const struct dialog_row *rows = dialog_rows(&n);
    for (size_t i = 0; i < n; i++)
        if (rows[i].state == from && rows[i].event == event)
            return rows[i].to[kind].state != DIALOG_STATE_NONE;
    return false;
}

static void ends_one_dialog_when_a_move_cannot_be(void **state)
{
    struct world *w = *state;
    static const enum dialog_state waiting[] = {DIALOG_STATE_QUEUED, DIALOG_STATE_LOADING,
                                                DIALOG_STATE_SAVING, DIALOG_STATE_SPOOLING};
    struct dialogs *dialogs = new_dialogs(w, &w->slow.base);
    w->slow.load_ms = w->slow.commit_ms = 10;
    for (int kind = 0; kind < N_DIALOG_KINDS; kind++) {
        for (size_t i = 0; i < ARRAY_LEN(waiting); i++)
            for (int event = 0; event < N_DIALOG_EVENTS; event++) {
                bool can_wait = waiting[i] != DIALOG_STATE_SPOOLING || kind == DIALOG_KIND_SMS;
                if (can_wait && !has_row(kind, waiting[i], event))
                    try_move(w, dialogs, kind, waiting[i], event);
            }
    }
    dialogs_free(dialogs);
}

/* Only an SMS that is durable, in the store or in the spool, is answered with success. */
static void fails_only_where_nothing_is_durable(void **state)
{
    (void)state; /* the table is not the world's */
    size_t n;
    const struct dialog_row *rows = dialog_rows(&n);
    for (size_t i = 0; i < n; i++) {
        enum dialog_outcome sms_outcome = rows[i].to[DIALOG_KIND_SMS].outcome;
        enum dialog_outcome ussd_outcome = rows[i].to[DIALOG_KIND_USSD].outcome;
        if (sms_outcome == DIALOG_OUTCOME_STEPPED)
            assert_int_equal(rows[i].event, DIALOG_EVENT_SAVED);
        if (sms_outcome == DIALOG_OUTCOME_SPOOLED)
            assert_int_equal(rows[i].event, DIALOG_EVENT_SPOOLED);
        assert_true(sms_outcome != DIALOG_OUTCOME_BUSY);
        assert_true(ussd_outcome != DIALOG_OUTCOME_FAILED);
    }
}

/* --- one at a time per number --- */

static void plays_messages_of_a_number_one_after_another(void **state)
{
    struct world *w = *state;
    struct response *join = submit(w, sms("+254700000001", "a", "JOIN"));
    struct response *stop = submit(w, sms("+254700000001", "b", "STOP"));
    struct response *hello = submit(w, sms("+254700000001", "c", "hello"));
    struct response *other = submit(w, sms("+254700000002", "a", "JOIN"));
    assert_int_equal(dialogs_n_running(w->dialogs), 4);
    loop_mem_settle(w->loop);
    assert_int_equal(dialogs_n_running(w->dialogs), 0);
    assert_int_equal(join->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(stop->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(other->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(hello->outcome, DIALOG_OUTCOME_STEPPED);
    assert_false(hello->has_text); /* both came before it: who left gets no SMS */
    assert_int_equal(n_steps(w), 4);
}

static void shares_one_answer_among_copies_in_flight(void **state)
{
    struct world *w = *state;
    struct response *copies[16];
    (void)ask(w, sms("+254700000001", "a", "JOIN"));
    for (size_t i = 0; i < ARRAY_LEN(copies); i++)
        copies[i] = submit(w, ussd("+254700000001", "s1", ""));
    loop_mem_settle(w->loop);
    for (size_t i = 0; i < ARRAY_LEN(copies); i++) {
        assert_int_equal(copies[i]->n_calls, 1);
        assert_string_equal(copies[i]->text, copies[0]->text);
        assert_int_equal(copies[i]->is_open, copies[0]->is_open);
    }
    assert_int_equal(n_steps(w), 2);
    assert_int_equal(metrics_get(w->metrics, METRIC_duplicates_total), 15);
}

static void bounds_copies_and_lines(void **state)
{
    struct world *w = *state;
    struct inbound in = sms("+254700000001", "a", "JOIN");
    for (uint32_t i = 0; i <= DIALOG_MAX_COPIES; i++)
        (void)submit(w, in);
    assert_int_equal(submit_to(w, w->dialogs, &in, false, NULL), ERR_FULL);
    char ids[DIALOG_MAX_QUEUED + 1][8];
    for (uint32_t i = 0; i < DIALOG_MAX_QUEUED; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "q%u", i);
        (void)submit(w, sms("+254700000001", ids[i], i % 2 == 0 ? "HELP" : "SCORE"));
    }
    in = sms("+254700000001", "one too many", "HELP");
    assert_int_equal(submit_to(w, w->dialogs, &in, false, NULL), ERR_FULL);
    loop_mem_settle(w->loop);
    assert_int_equal(dialogs_n_running(w->dialogs), 0);
    assert_int_equal(n_steps(w), 1 + DIALOG_MAX_QUEUED);
}

static void bounds_all_dialogs_of_a_process(void **state)
{
    struct world *w = *state;
    struct response *a = &w->responses[0];
    char from[24];
    struct dialog_request request = {
        .channel = SMS, .received = loop_wall(w->loop), .fn = on_response, .ctx = a};
    for (uint32_t i = 0; i <= DIALOG_MAX_RUNNING; i++) {
        (void)snprintf(from, sizeof(from), "+2547%08u", i);
        struct inbound in = sms(from, "a", "JOIN");
        request.inbound = &in;
        enum err expected = i < DIALOG_MAX_RUNNING ? ERR_OK : ERR_FULL;
        assert_int_equal(dialogs_submit(w->dialogs, &request), expected);
    }
    loop_mem_settle(w->loop);
    assert_int_equal(a->n_calls, DIALOG_MAX_RUNNING);
}

/* Two fronts of one store, each with a message of the same number in hand. */
static void steps_again_when_another_front_was_faster(void **state)
{
    struct world *w = *state;
    struct dialogs *other = new_dialogs(w, w->mem);
    struct response *first, *second, *copy;
    (void)ask(w, sms("+254700000001", "a", "JOIN"));
    struct inbound agree = sms("+254700000001", "b", "1");
    struct inbound help = sms("+254700000001", "c", "HELP");
    assert_int_equal(submit_to(w, w->dialogs, &agree, false, &first), ERR_OK);
    assert_int_equal(submit_to(w, other, &help, false, &second), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(first->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(second->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(metrics_get(w->metrics, METRIC_conflicts_total), 1);
    assert_int_equal(n_steps(w), 3);
    /* The same callback at both: one steps, the other finds it handled. */
    struct inbound role = sms("+254700000001", "d", "2");
    assert_int_equal(submit_to(w, w->dialogs, &role, false, &first), ERR_OK);
    assert_int_equal(submit_to(w, other, &role, false, &copy), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(first->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(copy->outcome, DIALOG_OUTCOME_REPEAT);
    assert_int_equal(n_steps(w), 4);
    dialogs_free(other);
}

/* --- deadlines --- */

static void answers_ussd_in_time_when_the_store_is_slow(void **state)
{
    struct world *w = *state;
    struct dialogs *slow = new_dialogs(w, &w->slow.base);
    struct inbound dial = ussd("+254700000001", "s1", "");
    struct response *a;
    w->slow.load_ms = 500;
    w->slow.commit_ms = 600;
    assert_int_equal(submit_to(w, slow, &dial, false, &a), ERR_OK);
    loop_mem_advance(w->loop, DIALOG_USSD_MS - 1);
    assert_int_equal(a->n_calls, 0);
    loop_mem_advance(w->loop, 1);
    assert_int_equal(a->outcome, DIALOG_OUTCOME_BUSY);
    assert_non_null(strstr(a->text, "dial again"));
    assert_false(a->is_open);
    loop_mem_advance(w->loop, 1000); /* the commit arrives, and nobody is told twice */
    assert_int_equal(a->n_calls, 1);
    w->slow.load_ms = w->slow.commit_ms = 0;
    assert_int_equal(submit_to(w, slow, &dial, false, &a), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(a->outcome, DIALOG_OUTCOME_REPEAT); /* it had its effect */
    assert_non_null(strstr(a->text, "CHILDREN ON THE MOVE"));
    dialogs_free(slow);
}

static void spools_an_sms_in_time_when_the_store_is_slow(void **state)
{
    struct world *w = *state;
    struct dialogs *slow = new_dialogs(w, &w->slow.base);
    struct inbound join = sms("+254700000001", "a", "JOIN"), next = sms("+254700000001", "b", "1");
    struct response *a, *b;
    w->slow.load_ms = 5000;
    assert_int_equal(submit_to(w, slow, &join, false, &a), ERR_OK);
    loop_mem_advance(w->loop, 500);
    assert_int_equal(submit_to(w, slow, &next, false, &b), ERR_OK); /* waits in the line */
    loop_mem_advance(w->loop, DIALOG_SMS_MS);
    assert_int_equal(a->outcome, DIALOG_OUTCOME_SPOOLED);
    assert_int_equal(b->outcome, DIALOG_OUTCOME_SPOOLED);
    assert_int_equal(a->at_ms, START + DIALOG_SMS_MS);
    assert_true(a->at_ms <= b->at_ms);
    assert_false(spool_is_empty(w->spool));
    loop_mem_advance(w->loop, 10000);
    assert_int_equal(a->n_calls + b->n_calls, 2);
    dialogs_free(slow);
}

static void queues_behind_what_lies_in_the_spool(void **state)
{
    struct world *w = *state;
    store_mem_fail(w->mem, "load", ERR_UNAVAILABLE, false, 1);
    assert_int_equal(ask(w, sms("+254700000001", "a", "JOIN"))->outcome, DIALOG_OUTCOME_SPOOLED);
    assert_int_equal(ask(w, sms("+254700000002", "a", "JOIN"))->outcome, DIALOG_OUTCOME_SPOOLED);
    assert_int_equal(metrics_get(w->metrics, METRIC_spooled_total), 2);
    assert_int_equal(ask(w, ussd("+254700000003", "s1", ""))->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(metrics_get(w->metrics, METRIC_spooled_total), 2);
}

/* --- the response --- */

static void says_an_sms_in_the_answer_where_it_fits(void **state)
{
    struct world *w = *state;
    struct inbound join = sms("+254700000001", "a", "JOIN");
    struct response *a, *again;
    assert_int_equal(submit_to(w, w->dialogs, &join, true, &a), ERR_OK);
    loop_mem_settle(w->loop);
    assert_non_null(strstr(a->text, "Reply 1 to agree"));
    assert_null(strchr(a->text, '\f'));
    loop_mem_advance(w->loop, 60000);
    assert_int_equal(submit_to(w, w->dialogs, &join, true, &again), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(again->outcome, DIALOG_OUTCOME_REPEAT);
    assert_string_equal(again->text, a->text);
    struct inbound agree = sms("+254700000001", "b", "1");
    assert_int_equal(submit_to(w, w->dialogs, &agree, true, &a), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(submit_to(w, w->dialogs, &join, true, &again), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(again->outcome, DIALOG_OUTCOME_REPEAT);
    assert_false(again->has_text); /* an older one: a second SMS would be one too many */
}

static void turns_a_provider_opt_out_into_stop(void **state)
{
    struct world *w = *state;
    (void)ask(w, sms("+254700000001", "a", "JOIN"));
    struct inbound out = sms("+254700000001", "b", "arret svp");
    out.is_opt_out = true;
    (void)ask(w, out);
    expect_stopped(w, "+254700000001");
}

/* Some providers use ids again, and within ten seconds the same words are a repeat. */
static void obeys_a_stop_that_looks_like_a_repeat(void **state)
{
    struct world *w = *state;
    static const char *const stops[] = {"STOP", "Stop.thanks", "Re: STOP",
                                        "STOP CHILDREN ON THE MOVE", "hello\nSTOP"};
    for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
        (void)ask(w, sms("+254700000001", "a", "JOIN"));
        (void)ask(w, sms("+254700000001", "s", stops[i]));
        loop_mem_advance(w->loop, 11000);
        (void)ask(w, sms("+254700000001", "b", "JOIN"));
        (void)ask(w, sms("+254700000001", "s", stops[i]));
        expect_stopped(w, "+254700000001");
        loop_mem_advance(w->loop, 96 * 3600 * 1000);
    }
}

static void takes_text_of_any_length(void **state)
{
    struct world *w = *state;
    static char text[70000];
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text + DIALOG_MAX_TEXT_BYTES - 1, "\xc3\xa9", 2); /* a character across the ceiling */
    struct inbound in = sms("+254700000001", text, text);
    in.network = in.to = str_from(text);
    assert_int_equal(ask(w, in)->outcome, DIALOG_OUTCOME_STEPPED);
    store_mem_fail(w->mem, "load", ERR_UNAVAILABLE, false, 1);
    in.id = STR("other");
    assert_int_equal(ask(w, in)->outcome, DIALOG_OUTCOME_SPOOLED);
    in = ussd("+254700000002", "s1", text);
    assert_int_equal(ask(w, in)->outcome, DIALOG_OUTCOME_STEPPED);
}

static void says_busy_in_the_words_there_are(void **state)
{
    struct world *w = *state;
    struct arena *arena = arena_new(65536);
    struct dialog_response a = dialogs_busy(w->dialogs, USSD, DIALOG_KIND_USSD, arena);
    assert_non_null(strstr(a.text.p, "dial again in a minute"));
    course_set_free(w->courses);
    w->courses = course_set_new(w->loop, NULL);
    struct dialogs *empty = new_dialogs(w, w->mem);
    a = dialogs_busy(empty, USSD, DIALOG_KIND_USSD, arena);
    assert_true(str_eq(a.text, w->config.unavailable_text));
    assert_null(dialogs_busy(empty, SMS, DIALOG_KIND_SMS, arena).text.p);
    struct inbound in = sms("+254700000001", "a", "JOIN");
    struct response *sms_response, *ussd_response;
    assert_int_equal(submit_to(w, empty, &in, false, &sms_response), ERR_OK);
    in = ussd("+254700000001", "s1", "");
    assert_int_equal(submit_to(w, empty, &in, false, &ussd_response), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(sms_response->outcome, DIALOG_OUTCOME_SPOOLED); /* no course yet: it waits */
    assert_int_equal(ussd_response->outcome, DIALOG_OUTCOME_BUSY);
    dialogs_free(empty);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_a_row_for_everything),
        IN_WORLD(ends_one_dialog_when_a_move_cannot_be),
        cmocka_unit_test(fails_only_where_nothing_is_durable),
        IN_WORLD(plays_messages_of_a_number_one_after_another),
        IN_WORLD(shares_one_answer_among_copies_in_flight),
        IN_WORLD(bounds_copies_and_lines),
        IN_WORLD(bounds_all_dialogs_of_a_process),
        IN_WORLD(steps_again_when_another_front_was_faster),
        IN_WORLD(answers_ussd_in_time_when_the_store_is_slow),
        IN_WORLD(spools_an_sms_in_time_when_the_store_is_slow),
        IN_WORLD(queues_behind_what_lies_in_the_spool),
        IN_WORLD(says_an_sms_in_the_answer_where_it_fits),
        IN_WORLD(turns_a_provider_opt_out_into_stop),
        IN_WORLD(obeys_a_stop_that_looks_like_a_repeat),
        IN_WORLD(takes_text_of_any_length),
        IN_WORLD(says_busy_in_the_words_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
