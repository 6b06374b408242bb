/* CHECKING: what a dialog asks before the engine can decide: what a code stands for, how another
 * number is. */
#include <string.h>

#include "app/checks.h"
#include "app/dialog/internal.h"
#include "base/log.h"

/* ---- certificates ---- */

static void on_checked(void *ctx, enum err e, const struct code_check *check)
{
    struct dialog *d = ctx;
    if (dialog_is_late(d, DIALOG_STATE_CHECKING))
        return;
    if (e != ERR_OK) {
        LOG_WARN("dialog", "check failed", "err=%s", err_name(e));
        dialog_happen(d, DIALOG_EVENT_AWAY);
        return;
    }
    dialog_happen(d, dialog_take_check(d, check) ? DIALOG_EVENT_CHECKED : DIALOG_EVENT_BROKEN);
}

/* ---- a place that goes to another number ---- */

/* How the other number is now. Where it was asked to give, the place holds still for this one;
 * where it was looked at, the place is there. */
static void on_other(void *ctx, enum err e, const struct store_record *record)
{
    struct dialog *d = ctx;
    struct learner person;
    if (dialog_is_late(d, DIALOG_STATE_CHECKING))
        return;
    if (e != ERR_OK) {
        LOG_WARN("dialog", "load failed", "err=%s", err_name(e));
        dialog_happen(d, DIALOG_EVENT_AWAY);
        return;
    }
    bool is_there = checks_find(record->state, d->move.learner_id, &person);
    bool is_mine = is_there && memcmp(person.moving_to, d->id.bytes, NUMBER_ID_BYTES) == 0;
    d->moved = (d->move.act == MOVE_GIVE ? is_mine : is_there) ? MOVE_YES : MOVE_NO;
    struct code_check check = d->check;
    if (d->moved == MOVE_YES && d->move.act == MOVE_GIVE)
        check.moving = &person;
    dialog_happen(d, dialog_take_check(d, &check) ? DIALOG_EVENT_CHECKED : DIALOG_EVENT_BROKEN);
}

static void look_at_other(struct dialog *d)
{
    struct number_id other;
    memcpy(other.bytes, d->move.number_id, sizeof(other.bytes));
    d->n_calls++;
    store_load(d->all->parts.store, &other, on_other, d);
}

static void on_given(void *ctx, const struct dialog_response *response)
{
    struct dialog *d = ctx;
    if (dialog_is_late(d, DIALOG_STATE_CHECKING))
        return;
    bool is_done =
        response->outcome == DIALOG_OUTCOME_STEPPED || response->outcome == DIALOG_OUTCOME_REPEAT;
    if (is_done)
        look_at_other(d);
    else
        dialog_happen(d, DIALOG_EVENT_AWAY);
}

static void ask_to_give(struct dialog *d)
{
    struct dialog_desk desk = {.order = {.act = DESK_GIVE}};
    memcpy(desk.id.bytes, d->move.number_id, sizeof(desk.id.bytes));
    memcpy(desk.order.learner_id, d->move.learner_id, sizeof(desk.order.learner_id));
    memcpy(desk.order.to, d->id.bytes, sizeof(desk.order.to));
    d->n_calls++;
    if (dialogs_desk(d->all, &desk, on_given, d) == ERR_OK)
        return;
    d->n_calls--;
    dialog_happen(d, DIALOG_EVENT_AWAY);
}

static void on_let_go(void *ctx, const struct dialog_response *response)
{
    (void)ctx, (void)response; /* what did not work is done by its due time */
}

void dialog_let_old_go(struct dialog *d)
{
    struct number_id other;
    memcpy(other.bytes, d->move.number_id, sizeof(other.bytes));
    if (d->moved == MOVE_YES && d->move.act == MOVE_GIVE &&
        dialogs_wake(d->all, &other, on_let_go, NULL) != ERR_OK)
        LOG_INFO("dialog", "an old number lets go later", "reason=busy");
}

void dialog_enter_checking(struct dialog *d)
{
    const struct checks_ask ask = {.code = d->asked_code,
                                   .who = d->id,
                                   .by = "phone",
                                   .has_moves = true,
                                   .has_pin = d->has_check_pin,
                                   .is_again = d->asked_code == d->learner.move_code ||
                                               d->asked_code == d->learner.certificate};
    if (d->asked_code == 0) {
        if (d->move.act == MOVE_GIVE)
            ask_to_give(d);
        else
            look_at_other(d);
        return;
    }
    d->n_calls++;
    checks_look(d->all->parts.store, &ask, on_checked, d);
}
