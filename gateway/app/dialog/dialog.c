/*
 * One dialog: its states, what happens in each, and the table that says what follows.
 */
#include "app/dialog/dialog.h"

#include <assert.h>
#include <stdlib.h>

#include "app/checks.h"
#include "app/course_set.h"
#include "app/dialog/cache.h"
#include "app/dialog/internal.h"
#include "app/dialog/say.h"
#include "app/message.h"
#include "base/log.h"
#include "core/gsm/gsm.h"
#include "core/utf8.h"
#include "port/store/values.h"

static const char *const state_names[N_DIALOG_STATES] = {
#define STATE_NAME(name) [DIALOG_STATE_##name] = #name,
    DIALOG_STATES(STATE_NAME)
#undef STATE_NAME
};
static const char *const event_names[N_DIALOG_EVENTS] = {
#define EVENT_NAME(name) [DIALOG_EVENT_##name] = #name,
    DIALOG_EVENTS(EVENT_NAME)
#undef EVENT_NAME
};
static const char *const outcome_names[N_DIALOG_OUTCOMES] = {
#define OUTCOME_NAME(name, words) [DIALOG_OUTCOME_##name] = words,
    DIALOG_OUTCOMES(OUTCOME_NAME)
#undef OUTCOME_NAME
};

#define GO(state)                                                                                  \
    {                                                                                              \
        DIALOG_STATE_##state, DIALOG_OUTCOME_NONE                                                  \
    }
#define END(outcome)                                                                               \
    {                                                                                              \
        DIALOG_STATE_DONE, DIALOG_OUTCOME_##outcome                                                \
    }
#define ROW(state, event, sms, ussd, replay)                                                       \
    {                                                                                              \
        DIALOG_STATE_##state, DIALOG_EVENT_##event,                                                \
        {                                                                                          \
            sms, ussd, replay                                                                      \
        }                                                                                          \
    }

static const struct dialog_row rows[] = {
    /*  in        what happened  SMS             USSD            our own: spool, due time */
    ROW(QUEUED, TURN, GO(LOADING), GO(LOADING), GO(LOADING)),
    ROW(QUEUED, BEHIND, GO(SPOOLING), GO(NONE), GO(NONE)),
    ROW(QUEUED, DEADLINE, GO(SPOOLING), END(BUSY), END(FAILED)),
    ROW(LOADING, LOADED, GO(STEPPING), GO(STEPPING), GO(STEPPING)),
    ROW(LOADING, BROKEN, END(FAILED), END(BUSY), END(BROKEN)),
    ROW(LOADING, AWAY, GO(SPOOLING), END(BUSY), END(FAILED)),
    ROW(LOADING, DEADLINE, GO(SPOOLING), END(BUSY), END(FAILED)),
    ROW(STEPPING, STEPPED, GO(SAVING), GO(SAVING), GO(SAVING)),
    ROW(STEPPING, ASKED, GO(CHECKING), GO(CHECKING), GO(CHECKING)),
    ROW(CHECKING, CHECKED, GO(STEPPING), GO(STEPPING), GO(STEPPING)),
    ROW(CHECKING, BROKEN, END(FAILED), END(BUSY), END(BROKEN)),
    ROW(CHECKING, AWAY, GO(SPOOLING), END(BUSY), END(FAILED)),
    ROW(CHECKING, DEADLINE, GO(SPOOLING), END(BUSY), END(FAILED)),
    ROW(STEPPING, STALE, GO(NONE), GO(LOADING), GO(NONE)),
    ROW(STEPPING, REPEAT, END(REPEAT), END(REPEAT), END(REPEAT)),
    ROW(STEPPING, NOTHING, GO(NONE), END(NOTHING), GO(NONE)),
    ROW(STEPPING, BROKEN, END(FAILED), END(BUSY), END(BROKEN)),
    ROW(STEPPING, MISSING, GO(SPOOLING), END(BUSY), END(BROKEN)),
    ROW(STEPPING, AWAY, GO(SPOOLING), END(BUSY), END(FAILED)),
    ROW(SAVING, SAVED, END(STEPPED), END(STEPPED), END(STEPPED)),
    ROW(SAVING, CONFLICT, GO(STEPPING), GO(STEPPING), GO(STEPPING)),
    ROW(SAVING, BROKEN, END(FAILED), END(BUSY), END(BROKEN)),
    ROW(SAVING, AWAY, GO(SPOOLING), END(BUSY), END(FAILED)),
    ROW(SAVING, DEADLINE, GO(SPOOLING), END(BUSY), END(FAILED)),
    ROW(SPOOLING, SPOOLED, END(SPOOLED), GO(NONE), GO(NONE)),
    ROW(SPOOLING, AWAY, END(FAILED), GO(NONE), GO(NONE)),
    ROW(SPOOLING, DEADLINE, END(FAILED), GO(NONE), GO(NONE)),
};

const struct dialog_row *dialog_rows(size_t *ret_n)
{
    *ret_n = ARRAY_LEN(rows);
    return rows;
}

const char *dialog_state_name(enum dialog_state state)
{
    return state_names[state];
}

const char *dialog_event_name(enum dialog_event event)
{
    return event_names[event];
}

static const char *outcome_name(enum dialog_outcome outcome)
{
    return outcome_names[outcome];
}

/* --- the machine --- */

bool dialog_is_late(struct dialog *d, enum dialog_state waiting)
{
    d->n_calls--;
    if (d->state == waiting)
        return false;
    if (d->state == DIALOG_STATE_DONE && d->n_calls == 0)
        dialog_release(d);
    return true;
}

static void on_load(void *ctx, enum err e, const struct store_record *record)
{
    struct dialog *d = ctx;
    if (dialog_is_late(d, DIALOG_STATE_LOADING))
        return;
    if (e != ERR_OK) {
        LOG_WARN("dialog", "load failed", "err=%s", err_name(e));
        dialog_happen(d, DIALOG_EVENT_AWAY);
        return;
    }
    dialog_happen(d, dialog_take_record(d, record) ? DIALOG_EVENT_LOADED : DIALOG_EVENT_BROKEN);
}

/* The state had moved: takes the present one. What this process remembered may be old, so that it
 * says nothing of what came meanwhile. */
static bool take_present(struct dialog *d, const struct store_record *record, bool was_from_cache)
{
    int64_t before_ms = d->has_last ? d->last.received_ms : INT64_MIN;
    if (!dialog_take_record(d, record))
        return false;
    if (!was_from_cache && d->has_last && last_reply_is_to(&d->last, d->key.mark) &&
        d->last.received_ms != before_ms)
        d->key.is_overtaken = true;
    return true;
}

static void on_commit(void *ctx, enum err e, const struct store_record *record)
{
    struct dialog *d = ctx;
    bool is_kept = e == ERR_OK && record == NULL && d->is_made_again;
    bool was_from_cache = d->is_from_cache;
    if (!is_kept)
        dialog_cache_drop(d->all->cache, &d->id);
    else
        dialog_cache_put(d->all->cache, &d->id, d->commit.state);
    if (dialog_is_late(d, DIALOG_STATE_SAVING))
        return;
    d->is_from_cache = false;
    if (e == ERR_OK) {
        metrics_add(d->all->parts.metrics, METRIC_steps_total, 1);
        if (record != NULL)
            dialog_refused(d, record->refused_by);
        if (record != NULL && d->is_sms_response)
            shown_kept_back(d->all->parts.store, &d->id, d->commit.expected_seq + 1,
                            d->key.received);
        dialog_let_old_go(d);
        dialog_happen(d, DIALOG_EVENT_SAVED);
    } else if (e == ERR_CONFLICT && ++d->n_conflicts <= DIALOG_MAX_CONFLICTS) {
        metrics_add(d->all->parts.metrics, METRIC_conflicts_total, 1);
        bool is_good = take_present(d, record, was_from_cache);
        dialog_happen(d, is_good ? DIALOG_EVENT_CONFLICT : DIALOG_EVENT_BROKEN);
    } else {
        LOG_WARN("dialog", "commit failed", "err=%s", err_name(e));
        dialog_happen(d, DIALOG_EVENT_AWAY);
    }
}

static void on_spooled(void *ctx, enum err e)
{
    struct dialog *d = ctx;
    if (e == ERR_OK)
        metrics_add(d->all->parts.metrics, METRIC_spooled_total, 1);
    else
        LOG_ERROR("dialog", "spool failed", "err=%s", err_name(e));
    if (!dialog_is_late(d, DIALOG_STATE_SPOOLING))
        dialog_happen(d, e == ERR_OK ? DIALOG_EVENT_SPOOLED : DIALOG_EVENT_AWAY);
}

/* Only in the session that it is of, so that nothing seen elsewhere matters, and while no
 * provider's note about an SMS may have come meanwhile (app/shown.h). */
static bool take_from_cache(struct dialog *d)
{
    bool is_tried = d->is_from_cache;
    struct store_record record = {.state = dialog_cache_get(d->all->cache, &d->id)};
    d->is_from_cache = d->kind == DIALOG_KIND_USSD && !is_tried && record.state.p != NULL &&
                       dialog_take_record(d, &record) &&
                       d->learner.link.session == d->key.session &&
                       learner_said_ms(d->learner.link.said) != INT64_MAX;
    return d->is_from_cache;
}

static void enter_loading(struct dialog *d)
{
    if (take_from_cache(d)) {
        dialog_happen(d, DIALOG_EVENT_LOADED);
        return;
    }
    d->n_calls++;
    store_load(d->all->parts.store, &d->id, on_load, d);
}

static void save_next(struct dialog *d);

static void on_certificate(void *ctx, enum err e)
{
    struct dialog *d = ctx;
    if (dialog_is_late(d, DIALOG_STATE_SAVING))
        return;
    if (e == ERR_CONFLICT && ++d->n_conflicts <= DIALOG_MAX_CONFLICTS) {
        dialog_happen(d, DIALOG_EVENT_CONFLICT); /* somebody else's code: another is drawn */
        return;
    }
    if (e != ERR_OK) {
        LOG_WARN("dialog", "certificate not kept", "err=%s", err_name(e));
        dialog_happen(d, DIALOG_EVENT_AWAY);
        return;
    }
    save_next(d);
}

/* Likewise a code with which a place can be brought elsewhere. */
static void put_code(struct dialog *d)
{
    char key[CHECKS_MOVE_KEY_BYTES], value[CHECKS_MOVE_BYTES];
    checks_move_key(d->made_code, key);
    checks_move_value(&d->id, d->made_for, value);
    store_session_put(d->all->parts.store, str_from(key), str_from(value), CHECKS_MOVE_KEPT_MS,
                      on_certificate, d);
}

/* And a link to a badge. */
static void put_claim(struct dialog *d)
{
    char key[CHECKS_CLAIM_KEY_BYTES], value[STORE_SESSION_BYTES];
    const struct checks_claim claim = {.until_ms = d->key.received.ms + CHECKS_CLAIM_KEPT_MS,
                                       .code = d->claim_code,
                                       .badge = STR("")};
    checks_claim_key(d->claim, key);
    store_session_put(d->all->parts.store, str_from(key), checks_claim_write(&claim, value),
                      CHECKS_CLAIM_KEPT_MS, on_certificate, d);
}

/* A code that was said must be one that can be checked, so that is done first; one that was never
 * said, because the commit failed, is nobody's. */
static void save_next(struct dialog *d)
{
    d->n_calls++;
    if (d->claim.p != NULL) {
        put_claim(d);
        d->claim = STR_NONE;
    } else if (d->made_code != 0) {
        put_code(d);
        d->made_code = 0;
    } else if (d->n_certificates > 0) {
        const struct dialog_certificate *made = &d->certificates[--d->n_certificates];
        (made->is_new ? store_certificate_new : store_certificate_put)(
            d->all->parts.store, made->code, made->line, d->key.received.ms + CERTIFICATE_KEPT_MS,
            on_certificate, d);
    } else {
        store_commit(d->all->parts.store, &d->commit, on_commit, d);
    }
}

static void enter_spooling(struct dialog *d)
{
    struct spooled sms = {.channel = d->channel->name, .received = d->key.received};
    sms.inbound = d->first;
    struct buf record CLEANUP(buf_fini);
    buf_init(&record, SPOOL_MAX_RECORD_BYTES);
    spooled_encode(&sms, &record);
    assert(buf_error(&record) == ERR_OK); /* every member was cut at submit */
    timer_start(d->all->parts.loop, d->deadline, DIALOG_SPOOL_MS);
    d->n_calls++;
    spool_append(d->all->parts.spool, buf_str(&record), on_spooled, d);
}

void dialog_take_turn(struct dialog *d)
{
    bool is_behind =
        d->kind == DIALOG_KIND_SMS && (d->must_spool || !spool_is_empty(d->all->parts.spool));
    dialog_happen(d, is_behind ? DIALOG_EVENT_BEHIND : DIALOG_EVENT_TURN);
}

/* Takes the dialog out of the line of its number; the next one gets its turn. */
static void leave_line(struct dialog *d)
{
    struct dialog **at = dialogs_find(d->all, &d->id);
    if (*at != d) { /* its time was over while it waited in the line */
        struct dialog *before = *at;
        while (before->next_queued != d)
            before = before->next_queued;
        before->next_queued = d->next_queued;
        return;
    }
    struct dialog *next = d->next_queued;
    if (next == NULL) {
        *at = d->next_number;
        return;
    }
    next->next_number = d->next_number;
    *at = next;
    if (next->state == DIALOG_STATE_QUEUED)
        dialog_take_turn(next);
}

/* Only of what did not go well: what did is counted. */
static void write_log(const struct dialog *d)
{
    if (d->response.outcome <= DIALOG_OUTCOME_NOTHING)
        return;
    char id[LOG_ID_BYTES];
    int64_t ms = loop_mono(d->all->parts.loop).ms - d->begun.ms;
    LOG_WARN("dialog", "not handled now", "channel=%.*s learner=%s outcome=%s ms=%lld copies=%u",
             STR_ARG(d->channel->name), log_id(d->id.bytes, id), outcome_name(d->response.outcome),
             (long long)ms, d->n_copies);
}

static void respond_to_all(struct dialog *d)
{
    d->waiter.fn(d->waiter.ctx, &d->response);
    for (struct dialog_waiter *w = d->waiter.next; w != NULL;) {
        struct dialog_waiter *next = w->next;
        w->fn(w->ctx, &d->response);
        free(w);
        w = next;
    }
}

static void enter_done(struct dialog *d, enum dialog_outcome outcome)
{
    struct dialogs *all = d->all;
    timer_stop(all->parts.loop, d->deadline);
    bool has_response = outcome == DIALOG_OUTCOME_STEPPED || outcome == DIALOG_OUTCOME_REPEAT;
    if (!has_response && !dialog_say_safe(d))
        d->response = dialogs_busy(all, d->channel, d->kind, d->arena);
    d->response.outcome = outcome;
    if (outcome == DIALOG_OUTCOME_REPEAT)
        metrics_add(all->parts.metrics, METRIC_duplicates_total, 1);
    metrics_add(all->parts.metrics, METRIC_duplicates_total, d->n_copies);
    leave_line(d);
    all->n_running--;
    write_log(d);
    respond_to_all(d);
    if (d->n_calls == 0)
        dialog_release(d);
}

/* What cannot be ends the dialog, not the process: nothing is answered with success, and what is
 * under way may yet take effect, as when the time is over. */
static void end_by_mistake(struct dialog *d, enum dialog_event event)
{
    static const enum dialog_outcome outcomes[N_DIALOG_KINDS] = {
        DIALOG_OUTCOME_FAILED, DIALOG_OUTCOME_BUSY, DIALOG_OUTCOME_FAILED};
    LOG_ERROR("dialog", "a move that cannot be", "state=%s event=%s kind=%d",
              dialog_state_name(d->state), dialog_event_name(event), (int)d->kind);
    metrics_add(d->all->parts.metrics, METRIC_illegal_moves_total, 1);
    if (d->state == DIALOG_STATE_DONE)
        return; /* answered already */
    d->state = DIALOG_STATE_DONE;
    enter_done(d, outcomes[d->kind]);
}

void dialog_happen(struct dialog *d, enum dialog_event event)
{
    const struct dialog_row *row = rows;
    while (row < rows + ARRAY_LEN(rows) && (row->state != d->state || row->event != event))
        row++;
    if (row == rows + ARRAY_LEN(rows) || row->to[d->kind].state == DIALOG_STATE_NONE) {
        end_by_mistake(d, event);
        return;
    }
    d->state = row->to[d->kind].state;
    switch (d->state) {
    case DIALOG_STATE_LOADING:
        enter_loading(d);
        return;
    case DIALOG_STATE_STEPPING:
        dialog_happen(d, dialog_step(d));
        return;
    case DIALOG_STATE_CHECKING:
        dialog_enter_checking(d);
        return;
    case DIALOG_STATE_SAVING:
        save_next(d);
        return;
    case DIALOG_STATE_SPOOLING:
        enter_spooling(d);
        return;
    case DIALOG_STATE_DONE:
        enter_done(d, row->to[d->kind].outcome);
        return;
    case DIALOG_STATE_NONE:
    case DIALOG_STATE_QUEUED:
    case N_DIALOG_STATES:
        assert(false);
    }
}

void dialog_on_deadline(void *ctx)
{
    dialog_happen(ctx, DIALOG_EVENT_DEADLINE);
}
