#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/course_set.h"
#include "app/dialog/internal.h"
#include "app/message.h"
#include "app/replay.h"
#include "base/xalloc.h"
#include "core/engine/engine.h"
#include "core/event_record.h"
#include "course_folder.h"
#include "port/store/ops.h"

#define START 1736143200000 /* 2025-01-06 06:00 UTC */
#define MAX_RESPONSES 4096

static const struct config_channel channels[] = {
    {.name = {"at", 2},
     .country = {"KE", 2},
     .from = {"20880", 5},
     .ussd_septets = GSM_USSD_SEPTETS,
     .ussd_ucs2 = GSM_USSD_UCS2,
     .fold = GSM_FOLD_LATIN},
    {.name = {"ussd", 4},
     .country = {"KE", 2},
     .dial_code = {"*384*7#", 7},
     .sms_channel = {"at", 2},
     .ussd_septets = GSM_USSD_SEPTETS,
     .ussd_ucs2 = GSM_USSD_UCS2,
     .fold = GSM_FOLD_LATIN},
};
#define SMS (&channels[0])
#define USSD (&channels[1])

/* A store that is slow: each load and commit begins only after a while. */
struct slow {
    struct store base;
    struct store_ops ops;
    struct store *inner;
    struct loop *loop;
    int64_t load_ms, commit_ms;
};

struct slow_call {
    struct slow *slow;
    struct timer *timer;
    struct number_id id;
    const struct store_commit *commit; /* NULL = a load */
    store_on_load *on_load;
    store_on_commit *on_commit;
    void *ctx;
};

struct response {
    enum dialog_outcome outcome;
    char text[2048];
    bool has_text, is_open;
    uint32_t n_calls;
    int64_t at_ms;
};

struct world {
    struct loop *loop;
    struct store *mem;
    struct slow slow;
    struct spool *spool;
    struct vault *vault;
    struct metrics *metrics;
    struct config config;
    struct course_set *courses;
    struct dialogs *dialogs;
    struct response responses[MAX_RESPONSES];
    uint32_t n_asked;
};

static struct world *the_world; /* answers need its clock */

/* --- the slow store --- */

static void on_slow(void *ctx)
{
    struct slow_call *c = ctx;
    if (c->commit == NULL)
        store_load(c->slow->inner, &c->id, c->on_load, c->ctx);
    else
        store_commit(c->slow->inner, c->commit, c->on_commit, c->ctx);
    timer_free(c->slow->loop, c->timer);
    free(c);
}

static void slow_start(struct slow *s, struct slow_call call, int64_t ms)
{
    struct slow_call *c = xcalloc(1, sizeof(*c));
    *c = call;
    c->slow = s;
    c->timer = timer_new(s->loop, on_slow, c);
    timer_start(s->loop, c->timer, ms);
}

static void slow_load(struct store *s, const struct number_id *id, store_on_load *fn, void *ctx)
{
    struct slow *slow = (struct slow *)s;
    slow_start(slow, (struct slow_call){.id = *id, .on_load = fn, .ctx = ctx}, slow->load_ms);
}

static void slow_commit(struct store *s, const struct store_commit *commit, store_on_commit *fn,
                        void *ctx)
{
    struct slow *slow = (struct slow *)s;
    slow_start(slow, (struct slow_call){.commit = commit, .on_commit = fn, .ctx = ctx},
               slow->commit_ms);
}

static bool slow_is_up(struct store *s)
{
    (void)s; /* it does answer */
    return true;
}

/* --- the world --- */

static struct dialogs *new_dialogs(struct world *w, struct store *store)
{
    return dialogs_new(&(struct dialog_parts){.loop = w->loop,
                                              .store = store,
                                              .spool = w->spool,
                                              .vault = w->vault,
                                              .metrics = w->metrics,
                                              .config = &w->config,
                                              .courses = w->courses});
}

static int open_world(void **state)
{
    struct world *w = xcalloc(1, sizeof(*w));
    w->loop = loop_mem_new((struct wall_ms){START});
    w->mem = store_mem_new(w->loop);
    w->slow = (struct slow){.inner = w->mem, .loop = w->loop};
    w->slow.ops.load = slow_load;
    w->slow.ops.commit = slow_commit;
    w->slow.ops.is_up = slow_is_up;
    w->slow.base.ops = &w->slow.ops;
    w->spool = spool_mem_new(w->loop);
    w->vault = vault_openssl_new_for_tests();
    w->metrics = metrics_new();
    w->config = (struct config){.org = STR("Org"),
                                .url = STR("example.org"),
                                .unavailable_text = STR("Away. Dial again."),
                                .n_channels = ARRAY_LEN(channels),
                                .channels = channels};
    w->courses = course_set_new(w->loop, NULL);
    course_folder_load(w->courses, "lessons/children-on-the-move", "children-on-the-move@1.0.0");
    w->dialogs = new_dialogs(w, w->mem);
    the_world = w;
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    loop_mem_settle(w->loop);
    store_free(w->mem);
    spool_free(w->spool);
    dialogs_free(w->dialogs);
    course_set_free(w->courses);
    vault_free(w->vault);
    metrics_free(w->metrics);
    loop_free(w->loop);
    free(w);
    return 0;
}

static void on_response(void *ctx, const struct dialog_response *response)
{
    struct response *a = ctx;
    a->outcome = response->outcome;
    a->has_text = response->text.p != NULL;
    a->is_open = response->is_open;
    (void)snprintf(a->text, sizeof(a->text), "%.*s", STR_ARG(response->text));
    a->at_ms = loop_wall(the_world->loop).ms;
    a->n_calls++;
}

/* What follows the remembered path is new; the same path is a repeat. */
static enum err refine(void *ctx, const struct session_memory *memory, struct arena *arena,
                       struct inbound *ret)
{
    (void)ctx, (void)arena; /* slices of the path will do */
    struct str path = ret->raw_text;
    if (!memory->is_known || ret->phase != INBOUND_PHASE_CONTINUE ||
        path.len < memory->last_bytes ||
        (uint32_t)str_hash(str_sub(path, 0, memory->last_bytes)) != memory->last_hash)
        return ERR_OK;
    ret->is_repeat = path.len == memory->last_bytes;
    size_t skip = memory->last_bytes + (memory->last_bytes > 0 ? 1u : 0u);
    ret->text = str_sub(path, skip, path.len);
    return ERR_OK;
}

static struct inbound sms(const char *from, const char *id, const char *text)
{
    return (struct inbound){.kind = INBOUND_SMS,
                            .outcome = INBOUND_ACCEPT,
                            .from = str_from(from),
                            .country = "KE",
                            .id = str_from(id),
                            .text = str_from(text)};
}

static struct inbound ussd(const char *from, const char *session, const char *path)
{
    return (struct inbound){.kind = INBOUND_USSD,
                            .outcome = INBOUND_ACCEPT,
                            .from = str_from(from),
                            .country = "KE",
                            .session = str_from(session),
                            .phase = path[0] == '\0' ? INBOUND_PHASE_NEW : INBOUND_PHASE_CONTINUE,
                            .text = str_from(path),
                            .raw_text = str_from(path)};
}

static enum err submit_to(struct world *w, struct dialogs *dialogs, const struct inbound *in,
                          bool can_say_sms, struct response **ret)
{
    assert_true(w->n_asked < MAX_RESPONSES);
    struct response *a = &w->responses[w->n_asked++];
    struct dialog_request request = {.channel = in->kind == INBOUND_USSD ? USSD : SMS,
                                     .inbound = in,
                                     .received = loop_wall(w->loop),
                                     .can_say_sms = can_say_sms,
                                     .say_max_chars = 1000,
                                     .refine = in->kind == INBOUND_USSD ? refine : NULL,
                                     .fn = on_response,
                                     .ctx = a};
    *a = (struct response){.outcome = DIALOG_OUTCOME_NONE};
    if (ret != NULL)
        *ret = a;
    return dialogs_submit(dialogs, &request);
}

static struct response *submit(struct world *w, struct inbound in)
{
    struct response *a;
    assert_int_equal(submit_to(w, w->dialogs, &in, false, &a), ERR_OK);
    assert_int_equal(a->n_calls, 0); /* never before the call has returned */
    return a;
}

static struct response *ask(struct world *w, struct inbound in)
{
    struct response *a = submit(w, in);
    loop_mem_settle(w->loop);
    assert_int_equal(a->n_calls, 1);
    return a;
}

static uint64_t n_steps(const struct world *w)
{
    return metrics_get(w->metrics, METRIC_steps_total);
}

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
        for (size_t i = 0; i < ARRAY_LEN(waiting); i++)
            if (is_reached[waiting[i]] && !has_deadline[waiting[i]])
                fail_msg("%s waits for ever", dialog_state_name(waiting[i]));
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
    assert_int_equal(ask(w, ussd("+254700000003", "s1", ""))->outcome, DIALOG_OUTCOME_STEPPED);
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

/* Only who left gets no response to an SMS that nobody understands. */
static void expect_stopped(struct world *w, const char *number)
{
    const struct inbound hello = sms(number, "z", "hello");
    struct response *a;
    assert_int_equal(submit_to(w, w->dialogs, &hello, true, &a), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(a->outcome, DIALOG_OUTCOME_STEPPED);
    assert_false(a->has_text);
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
    assert_int_equal(learner_encode(&learner, &bytes), ERR_OK);
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

static struct replay *new_replay(struct world *w)
{
    static struct channels list;
    list.n = 1;
    list.list[0] = (struct channel){.config = SMS};
    return replay_new(&(struct replay_parts){.loop = w->loop,
                                             .store = w->mem,
                                             .spool = w->spool,
                                             .metrics = w->metrics,
                                             .channels = &list,
                                             .dialogs = w->dialogs});
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
    assert_false(spool_is_empty(w->spool)); /* the two others are kept */
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

/* --- ten thousand callbacks --- */

/* A small generator, so that a failure can be repeated. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

#define PHONES 40u
#define ROUNDS 2500u

struct phone {
    char number[20];
    char session[16];
    char path[400];
    uint32_t n_sms, n_sessions;
    char last_id[16], last_text[8];
    bool is_last_ussd, has_last;
    char last_screen[2048];
};

static struct inbound make_callback(struct phone *p, uint32_t *seed)
{
    static const char *const inputs[] = {"1", "2", "3", "9", "0", "HELP", "MENU"};
    const char *input = inputs[next_random(seed) % ARRAY_LEN(inputs)];
    p->has_last = true;
    p->is_last_ussd = next_random(seed) % 2 == 0;
    /* Blanks, since the same text twice within ten seconds is a repeat. */
    (void)snprintf(p->last_text, sizeof(p->last_text), "%s%s", p->n_sms == 0 ? "JOIN" : input,
                   p->n_sms % 2 == 0 ? "" : " ");
    if (!p->is_last_ussd) {
        (void)snprintf(p->last_id, sizeof(p->last_id), "m%u", ++p->n_sms);
        return sms(p->number, p->last_id, p->last_text);
    }
    if (p->session[0] == '\0' || strlen(p->path) > 300 || next_random(seed) % 8 == 0) {
        (void)snprintf(p->session, sizeof(p->session), "s%u", ++p->n_sessions);
        p->path[0] = '\0';
    } else {
        size_t n = strlen(p->path);
        (void)snprintf(p->path + n, sizeof(p->path) - n, "%s%s", n > 0 ? "*" : "", input);
    }
    return ussd(p->number, p->session, p->path);
}

static struct inbound last_callback(const struct phone *p)
{
    return p->is_last_ussd ? ussd(p->number, p->session, p->path)
                           : sms(p->number, p->last_id, p->last_text);
}

static void has_no_double_effect_among_ten_thousand_callbacks(void **state)
{
    struct world *w = *state;
    static struct phone phones[PHONES];
    uint32_t seed = 20250106;
    uint64_t n_distinct = 0, n_all = 0;
    for (uint32_t i = 0; i < PHONES; i++)
        (void)snprintf(phones[i].number, sizeof(phones[i].number), "+2547000%05u", i);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct response *responses[PHONES][16] = {{NULL}};
        uint32_t n_copies[PHONES] = {0};
        bool is_again[PHONES] = {false};
        w->n_asked = 0;
        for (uint32_t k = 0; k < 4; k++) { /* some phones of this moment */
            uint32_t i = next_random(&seed) % PHONES;
            if (n_copies[i] > 0)
                continue;
            is_again[i] = phones[i].has_last && next_random(&seed) % 10 < 2;
            n_copies[i] = next_random(&seed) % 10 == 0 ? 16 : 1;
            struct inbound in =
                is_again[i] ? last_callback(&phones[i]) : make_callback(&phones[i], &seed);
            n_distinct += !is_again[i];
            for (uint32_t c = 0; c < n_copies[i]; c++, n_all++)
                responses[i][c] = submit(w, in);
        }
        loop_mem_advance(w->loop, 1 + next_random(&seed) % 3000);
        for (uint32_t i = 0; i < PHONES; i++) {
            for (uint32_t c = 0; c < n_copies[i]; c++) {
                assert_int_equal(responses[i][c]->n_calls, 1);
                assert_string_equal(responses[i][c]->text, responses[i][0]->text);
            }
            if (n_copies[i] > 0 && is_again[i] && phones[i].is_last_ussd)
                assert_string_equal(responses[i][0]->text, phones[i].last_screen);
            if (n_copies[i] > 0 && phones[i].is_last_ussd)
                (void)snprintf(phones[i].last_screen, sizeof(phones[i].last_screen), "%s",
                               responses[i][0]->text);
        }
    }
    assert_true(n_all > 10000);
    assert_int_equal(n_steps(w), n_distinct);
    assert_int_equal(metrics_get(w->metrics, METRIC_duplicates_total), n_all - n_distinct);
}

struct kept {
    uint32_t n_made_again, n_beside;
};

static void on_kept(void *ctx, enum err e, const struct store_record *record)
{
    struct kept *kept = ctx;
    struct learner learner;
    assert_int_equal(e, ERR_OK);
    assert_int_equal(learner_decode(record->state, &learner), ERR_OK);
    kept->n_made_again += learner.link.last.n > 1;
    kept->n_beside += learner.link.last.n == 0;
}

static void on_woken(void *ctx, const struct dialog_response *response)
{
    (void)ctx, (void)response; /* whatever it found to do */
}

/* What may come between a callback and its repeat: time, a reminder, an SMS. */
static void let_something_happen(struct world *w, const char *number, uint32_t n, uint32_t *seed)
{
    char id[16];
    (void)snprintf(id, sizeof(id), "m%u", n);
    if (next_random(seed) % 4 == 0)
        loop_mem_advance(w->loop, next_random(seed) % (20 * 3600 * 1000));
    if (next_random(seed) % 6 == 0) {
        struct number_id number_id = vault_number_id(w->vault, str_from(number));
        assert_int_equal(dialogs_wake(w->dialogs, &number_id, on_woken, NULL), ERR_OK);
        loop_mem_settle(w->loop);
    }
    if (next_random(seed) % 6 == 0)
        (void)ask(w, sms(number, id, n % 2 == 0 ? "HELP" : "1"));
}

/* docs/reliability.md T3: whatever was said on a USSD screen is said again to the byte, also when
 * its text is not kept; pages that were turned included. */
static void says_a_screen_again_to_the_byte(void **state)
{
    struct world *w = *state;
    static const char *const inputs[] = {"1",
                                         "1",
                                         "2",
                                         "3",
                                         "9",
                                         "9",
                                         "0",
                                         "MENU",
                                         "HELP",
                                         "SCORE",
                                         "LANG",
                                         "MODULES",
                                         "SAFE",
                                         "JOIN",
                                         "STOP",
                                         "DELETE",
                                         "what is that?",
                                         "my uncle beats me"};
    struct kept kept = {0};
    uint32_t seed = 20261128;
    for (uint32_t phone = 0; phone < 40; phone++) {
        char number[20], session[16] = "s0", path[600] = "";
        (void)snprintf(number, sizeof(number), "+2547000%05u", phone);
        for (uint32_t n = 0; n < 60; n++) {
            struct response *first = ask(w, ussd(number, session, path)), *again;
            struct number_id id = vault_number_id(w->vault, str_from(number));
            store_load(w->mem, &id, on_kept, &kept);
            loop_mem_settle(w->loop);
            let_something_happen(w, number, n, &seed);
            again = ask(w, ussd(number, session, path));
            assert_int_equal(again->outcome, DIALOG_OUTCOME_REPEAT);
            if (strcmp(again->text, first->text) != 0 || again->is_open != first->is_open)
                fail_msg("phone %u step %u '%s':\n%s\n---\n%s", phone, n, path, first->text,
                         again->text);
            size_t len = strlen(path);
            const char *input = inputs[next_random(&seed) % ARRAY_LEN(inputs)];
            if (!first->is_open || len > 500 || next_random(&seed) % 12 == 0) {
                (void)snprintf(session, sizeof(session), "s%u", n + 1);
                input = "";
                len = 0;
            }
            (void)snprintf(path + len, sizeof(path) - len, "%s%s", len > 0 ? "*" : "", input);
            w->n_asked = 0;
        }
    }
    assert_true(kept.n_made_again > 5 * kept.n_beside);
}

/* What cannot be made again as it was is not said again in other words. */
static void says_the_present_screen_where_a_text_has_changed(void **state)
{
    struct world *w = *state;
    struct inbound help = ussd("+254700000001", "s1", "HELP");
    (void)ask(w, ussd("+254700000001", "s1", ""));
    struct response *first = ask(w, help);
    assert_string_equal(ask(w, help)->text, first->text);
    assert_non_null(strstr(first->text, "Org"));
    w->config.org = STR("Other");
    struct response *again = ask(w, help);
    assert_int_equal(again->outcome, DIALOG_OUTCOME_REPEAT);
    assert_string_equal(again->text, ask(w, ussd("+254700000002", "s1", ""))->text);
    assert_true(again->is_open);
    /* Without the course nothing can be made: in a minute it will be there. */
    struct course_set *courses = w->courses;
    dialogs_free(w->dialogs);
    w->courses = course_set_new(w->loop, NULL);
    w->dialogs = new_dialogs(w, w->mem);
    assert_int_equal(ask(w, help)->outcome, DIALOG_OUTCOME_BUSY);
    course_set_free(w->courses);
    w->courses = courses;
}

/* docs/reliability.md T32: copies of a request that says only what was typed last, at once or some
 * time apart, are one step; the same key after a person has read the screen is another. */
static void takes_copies_of_a_single_input_once(void **state)
{
    struct world *w = *state;
    (void)ask(w, sms("+254700000001", "a", "JOIN"));
    (void)ask(w, sms("+254700000001", "b", "1"));
    (void)ask(w, sms("+254700000001", "c", "0"));
    (void)ask(w, ussd("+254700000001", "s1", ""));
    (void)ask(w, ussd("+254700000001", "s1", "1"));
    struct inbound in = ussd("+254700000001", "s1", "2");
    in.is_repeatable_input = true;
    uint64_t n = n_steps(w);
    struct response *first = submit(w, in), *copy = submit(w, in);
    loop_mem_advance(w->loop, 300);
    assert_string_equal(copy->text, first->text);
    for (int i = 0; i < 3; i++) {
        struct response *later = submit(w, in);
        loop_mem_advance(w->loop, 300);
        assert_string_equal(later->text, first->text);
    }
    assert_int_equal(n_steps(w), n + 1);
    loop_mem_advance(w->loop, DEDUP_INPUT_WINDOW_MS);
    (void)ask(w, in);
    assert_int_equal(n_steps(w), n + 2);
}

/* docs/reliability.md T31: an id comes again after many messages; with other words it is another
 * one. */
static void knows_an_sms_after_many_others(void **state)
{
    struct world *w = *state;
    (void)ask(w, sms("+254700000001", "a", "JOIN"));
    (void)ask(w, sms("+254700000001", "b", "1"));
    for (int i = 0; i < 20; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "h%d", i);
        (void)ask(w, sms("+254700000001", id, i % 2 == 0 ? "HELP" : "SCORE"));
    }
    uint64_t n = n_steps(w);
    loop_mem_advance(w->loop, 71 * 3600 * 1000);
    assert_int_equal(ask(w, sms("+254700000001", "b", "1"))->outcome, DIALOG_OUTCOME_REPEAT);
    assert_int_equal(n_steps(w), n);
    assert_int_equal(ask(w, sms("+254700000001", "b", "MENU"))->outcome, DIALOG_OUTCOME_STEPPED);
}

/* However often its id was used; once it is obeyed, a repeat of it is one. */
static void obeys_stop_whatever_its_id(void **state)
{
    struct world *w = *state;
    (void)ask(w, sms("+254700000001", "a", "JOIN"));
    (void)ask(w, sms("+254700000001", "a", "1"));
    assert_int_equal(ask(w, sms("+254700000001", "a", "STOP"))->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(ask(w, sms("+254700000001", "a", "STOP"))->outcome, DIALOG_OUTCOME_REPEAT);
    assert_int_equal(ask(w, sms("+254700000001", "b", "JOIN"))->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(ask(w, sms("+254700000001", "a", "STOP"))->outcome, DIALOG_OUTCOME_STEPPED);
}

/* The next step of a session asks the store nothing before its commit; a repeat does. */
static void remembers_what_it_committed(void **state)
{
    struct world *w = *state;
    (void)ask(w, ussd("+254700000001", "s1", ""));
    store_mem_fail(w->mem, "load", ERR_UNAVAILABLE, false, UINT32_MAX);
    assert_int_equal(ask(w, ussd("+254700000001", "s1", "1"))->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(ask(w, ussd("+254700000001", "s1", "1*1"))->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(ask(w, ussd("+254700000001", "s1", "1*1"))->outcome, DIALOG_OUTCOME_BUSY);
    assert_int_equal(ask(w, ussd("+254700000001", "s2", ""))->outcome, DIALOG_OUTCOME_BUSY);
    assert_int_equal(ask(w, sms("+254700000001", "a", "HELP"))->outcome, DIALOG_OUTCOME_SPOOLED);
}

/* What it remembers is out of date: another process had the step before. */
static void steps_on_the_present_state_after_another_process(void **state)
{
    struct world *w = *state;
    struct dialogs *other = new_dialogs(w, w->mem);
    struct response *a, *b;
    (void)ask(w, ussd("+254700000001", "s1", ""));
    (void)ask(w, ussd("+254700000001", "s1", "1"));
    struct inbound there = ussd("+254700000001", "s1", "1*0"), here;
    assert_int_equal(submit_to(w, other, &there, false, &a), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(a->outcome, DIALOG_OUTCOME_STEPPED);
    here = ussd("+254700000001", "s1", "1*0*1");
    assert_int_equal(submit_to(w, w->dialogs, &here, false, &b), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(b->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(metrics_get(w->metrics, METRIC_conflicts_total), 1);
    assert_int_equal(n_steps(w), 4);
    dialogs_free(other);
}

/* The fifth key comes to a front that knows the second one: it is no copy of the fourth. */
static void tells_the_same_key_from_a_copy_at_another_front(void **state)
{
    struct world *w = *state;
    struct dialogs *other = new_dialogs(w, w->mem);
    static const char *const keys[] = {"", "1", "0", "1", "1", "1"}; /* the last one is */
    struct response *a = NULL;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct inbound in = ussd("+254700000001", "s1", keys[i]);
        in.is_repeatable_input = i > 0;
        (void)submit_to(w, i < 2 || i == 4 ? w->dialogs : other, &in, false, &a);
        loop_mem_advance(w->loop, i < 4 ? 3000 : 100);
        assert_int_equal(a->outcome, i < 5 ? DIALOG_OUTCOME_STEPPED : DIALOG_OUTCOME_REPEAT);
    }
    dialogs_free(other);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_a_row_for_everything),
        IN_WORLD(ends_one_dialog_when_a_move_cannot_be),
        cmocka_unit_test(fails_only_where_nothing_is_durable),
        IN_WORLD(seals_the_number_at_first_contact),
        IN_WORLD(ends_one_dialog_where_a_state_fits_no_course),
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
        IN_WORLD(leaves_a_state_alone_that_it_cannot_read),
        IN_WORLD(replays_the_rest_when_one_cannot_be_handled),
        IN_WORLD(replays_in_order_and_once),
        IN_WORLD(replays_many_numbers_at_once),
        IN_WORLD(a_failed_replay_is_not_overtaken),
        IN_WORLD(remembers_what_it_committed),
        IN_WORLD(steps_on_the_present_state_after_another_process),
        IN_WORLD(takes_copies_of_a_single_input_once),
        IN_WORLD(tells_the_same_key_from_a_copy_at_another_front),
        IN_WORLD(knows_an_sms_after_many_others),
        IN_WORLD(obeys_stop_whatever_its_id),
        IN_WORLD(says_a_screen_again_to_the_byte),
        IN_WORLD(says_the_present_screen_where_a_text_has_changed),
        IN_WORLD(has_no_double_effect_among_ten_thousand_callbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
