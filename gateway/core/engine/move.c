/*
 * MOVE: a learner takes the place to a new number, the way there being a code of 12 digits like
 * that of a certificate (docs/course-rules.md 5). It is made on the old number, or by a coordinator
 * where that is lost, and typed on the new one, where nothing personal is said before it was looked
 * for and the PIN, where there is one, was right.
 *
 * Two numbers lie in two buckets, so that no single write moves anybody. The old number is asked to
 * hold the place still for the new one (moving_to): from then on nobody learns there. Then the new
 * one takes it, then the old one lets go, at once or when its timer looks whether the place has
 * arrived. Whatever breaks down in between: the place is on the old number until it is on the new
 * one, and where it did not arrive within MOVE_LATE_MS it is as before, and the same code will do
 * again.
 */
#include <string.h>

#include "core/certificate.h"
#include "core/engine/command.h"
#include "core/engine/people.h"
#include "core/engine/self.h"
#include "core/engine/step.h"

/* ---- on the old number ---- */

static void make_code(struct step *s)
{
    char digits[CERTIFICATE_BYTES];
    step_leave_side(s);
    s->out->made_code = certificate_make(s->input->seed + sizeof(s->learner->learner_id));
    memcpy(s->out->made_for, s->learner->learner_id, sizeof(s->out->made_for));
    certificate_format(s->out->made_code, digits);
    step_say(s, step_text(s, COURSE_TEXT_move_code,
                          VARS({"number", arena_str(s->arena, str_from(digits))})));
    if (s->input->via == VIA_USSD)
        step_say_interrupted(s);
    else
        s->out->shows = OUTCOME_SHOWS_KEYS;
}

void move_run(struct step *s)
{
    bool has_code = !str_is_empty(arena_digits(s->arena, s->argument));
    bool can_make = learner_is_enrolled(s->learner) && !has_code &&
                    !str_is_empty(s->course->texts[COURSE_TEXT_move_code]);
    if (can_make)
        make_code(s);
    else if (has_code || !move_can_explain(s))
        check_ask(s);
    else
        move_explain(s);
}

bool move_can_explain(const struct step *s)
{
    return s->input->via == VIA_SMS && !str_is_empty(s->course->texts[COURSE_TEXT_move_how]);
}

void move_explain(struct step *s)
{
    step_say(s, step_text(s, COURSE_TEXT_move_how, NO_VARS));
    if (learner_is_enrolled(s->learner))
        step_say_interrupted(s);
    else
        s->out->shows = OUTCOME_SHOWS_KEYS;
}

/* Who on this number is meant: *ret, and the place among the others (learner_n_others: it is who
 * learns). False: nobody. */
static bool find(const struct step *s, const uint8_t learner_id[16], uint32_t *ret_i,
                 struct learner *ret)
{
    const struct learner *l = s->learner;
    uint32_t n = learner_n_others(l);
    for (*ret_i = 0; *ret_i < n; ++*ret_i) {
        if (learner_other(l, *ret_i, ret) == ERR_OK &&
            memcmp(ret->learner_id, learner_id, sizeof(ret->learner_id)) == 0)
            return true;
    }
    *ret = *l;
    return memcmp(l->learner_id, learner_id, sizeof(l->learner_id)) == 0;
}

static void put_back(struct step *s, uint32_t i, const struct learner *person)
{
    if (i == learner_n_others(s->learner))
        *s->learner = *person;
    else if (learner_set_other(s->learner, i, person) != ERR_OK)
        step_fail(s);
}

/* Asked for by the same number again, it is given again; by another one it is not. */
void move_give(struct step *s)
{
    const struct desk_order *order = &s->input->desk;
    struct learner person;
    uint32_t i;
    if (!find(s, order->learner_id, &i, &person) ||
        (person.moving_ms != 0 && memcmp(person.moving_to, order->to, sizeof(order->to)) != 0))
        return;
    memcpy(person.moving_to, order->to, sizeof(person.moving_to));
    person.moving_ms = s->input->now.ms;
    person.void_before = s->learner->seq + 1;
    put_back(s, i, &person);
}

bool engine_is_moving(const struct learner *learner, const uint8_t *learner_id)
{
    struct learner person = *learner;
    for (uint32_t i = 0, n = learner_n_others(learner); i <= n; i++) {
        bool is_meant = learner_id == NULL ||
                        memcmp(person.learner_id, learner_id, sizeof(person.learner_id)) == 0;
        if (is_meant && person.moving_ms != 0)
            return true;
        if (i < n && learner_other(learner, i, &person) != ERR_OK)
            return false;
    }
    return false;
}

bool move_is_going(struct step *s)
{
    if (s->learner->moving_ms == 0)
        return false;
    step_say(s, step_text(s, COURSE_TEXT_busy, NO_VARS));
    s->out->is_open = false;
    return true;
}

/* Nobody is left there, or who was there with the one who has gone. A number that wants no more
 * messages gets none of this either. */
static void let_go(struct step *s, uint32_t i, bool is_told)
{
    struct learner *l = s->learner;
    struct str text = step_text(s, COURSE_TEXT_move_left, NO_VARS);
    if (i < learner_n_others(l)) {
        learner_remove_other(l, i);
    } else if (people_forget(s)) {
        s->out->is_gone = false; /* what this step does is no fact about who has gone */
    } else {
        struct learner_link link = l->link;
        uint32_t seq = l->seq;
        learner_init(l);
        l->seq = seq;
        l->link = link;
        l->state = LEARNER_STATE_DELETED;
        if (!is_told) /* STOP was confirmed, and holds for the number */
            l->back = LEARNER_STATE_STOPPED;
        s->out->is_passing = true;
    }
    if (is_told)
        step_say(s, text);
}

bool move_wake(struct step *s)
{
    struct learner person = *s->learner;
    uint32_t i = 0, n = learner_n_others(s->learner);
    while (i < n && (learner_other(s->learner, i, &person) != ERR_OK || person.moving_ms == 0))
        i++;
    if (i == n)
        person = *s->learner;
    if (person.moving_ms == 0)
        return false;
    s->out->move.act = MOVE_LOOK;
    memcpy(s->out->move.number_id, person.moving_to, sizeof(person.moving_to));
    memcpy(s->out->move.learner_id, person.learner_id, sizeof(person.learner_id));
    if (s->input->moved == MOVE_YES) {
        let_go(s, i, !learner_has_stopped(&person));
    } else if (s->input->now.ms >= person.moving_ms + MOVE_LATE_MS) {
        person.moving_ms = 0;
        memset(person.moving_to, 0, sizeof(person.moving_to));
        put_back(s, i, &person);
    }
    return true;
}

/* ---- on the new one ---- */

static void forget_code(struct step *s)
{
    s->learner->move_code = 0;
    s->learner->has_move_pin = false;
}

static void say_asked(struct step *s)
{
    step_say(s, move_screen(s));
    s->out->shows = OUTCOME_SHOWS_SCREEN;
}

/* The place stays what it was; a screen ends with its keys. */
static void say_beside(struct step *s, enum course_text text)
{
    step_say(s, step_text(s, text, NO_VARS));
    s->out->shows = OUTCOME_SHOWS_KEYS;
    if (!learner_is_nobody(s->learner) && s->input->via == VIA_USSD)
        step_say_screen(s);
}

void move_offer(struct step *s, uint64_t code)
{
    struct learner *l = s->learner, person;
    uint32_t i;
    if (find(s, s->input->check.moving->learner_id, &i, &person)) {
        say_beside(s, COURSE_TEXT_move_here);
        return;
    }
    l->move_code = code;
    l->has_move_pin = pin_is_set(s->input->check.moving);
    if (!learner_is_nobody(l))
        step_enter_side(s, LEARNER_STATE_MOVE);
    say_asked(s);
}

struct str move_screen(const struct step *s)
{
    return step_text(s, s->learner->has_move_pin ? COURSE_TEXT_move_pin : COURSE_TEXT_move_ask,
                     NO_VARS);
}

/* It does not come: says why, and goes on where this number was. */
static void refuse(struct step *s, enum course_text why)
{
    forget_code(s);
    step_leave_side(s);
    say_beside(s, why);
}

static void take(struct step *s)
{
    struct learner *l = s->learner;
    const struct code_check *check = &s->input->check;
    char uuid[37], hex[2 * sizeof(check->from) + 1];
    static const uint8_t nobody[sizeof(l->learner_id)];
    bool has_id = memcmp(l->learner_id, nobody, sizeof(nobody)) != 0;
    event_uuid(l->learner_id, uuid);
    hex_encode(check->from, sizeof(check->from), hex);
    bool is_replaced = owner_take_in(s, check->moving);
    struct event *event = step_event(s, EVENT_moved);
    event->code = arena_str(s->arena, str_from(hex));
    if (is_replaced && has_id)
        event->text = arena_str(s->arena, str_from(uuid));
    s->out->is_passing = false;
    step_say(s, step_text(s, COURSE_TEXT_move_done, NO_VARS));
    if (learner_n_others(l) > 0 && l->nickname[0] != '\0')
        step_say(s, step_text(s, COURSE_TEXT_move_name, NO_VARS));
    step_say_screen(s);
}

/* What the code is good for is looked for again, then the old number is asked to give. */
static void bring(struct step *s)
{
    const struct code_check *check = &s->input->check;
    struct learner *l = s->learner;
    s->out->check_code = l->move_code;
    if (check->code != l->move_code)
        return;
    if (check->result != CHECK_MOVE || s->input->moved == MOVE_NO) {
        refuse(s, check->result == CHECK_LATER ? COURSE_TEXT_check_later : COURSE_TEXT_check_none);
    } else if (pin_is_set(check->moving) &&
               !pin_is_right(s, check->moving->pin_salt, check->moving->pin_hash)) {
        step_say(s, step_text(s, COURSE_TEXT_pin_wrong, NO_VARS));
        say_asked(s);
    } else if (!owner_has_room(s)) {
        refuse(s, COURSE_TEXT_move_full);
    } else {
        s->out->move.act = MOVE_GIVE;
        memcpy(s->out->move.number_id, check->from, sizeof(check->from));
        memcpy(s->out->move.learner_id, check->moving->learner_id, sizeof(l->learner_id));
        if (s->input->moved == MOVE_YES)
            take(s);
    }
}

static bool is_key(const struct step *s)
{
    uint64_t pin;
    if (!s->learner->has_move_pin)
        return step_agreement(s) == AGREEMENT_YES || step_menu_key(s, move_screen(s), 1) == 1;
    return s->norm.len == 4 && str_to_u64(s->norm, 9999, &pin) == ERR_OK &&
           s->context->hash_pin != NULL;
}

static bool is_no(const struct step *s)
{
    return step_menu_key(s, move_screen(s), 0) == 0 ||
           (!s->learner->has_move_pin && step_agreement(s) == AGREEMENT_NO);
}

bool move_answer(struct step *s)
{
    if (is_no(s)) {
        forget_code(s);
        step_leave_side(s);
        step_say_screen(s);
        return true;
    }
    if (!is_key(s))
        return false;
    if (pin_may_try(s))
        bring(s);
    return true;
}

/* Whatever else comes from a number that we do not know is what it would be without the code. */
bool move_pass(struct step *s)
{
    struct learner *l = s->learner;
    if (l->move_code == 0)
        return false;
    s->out->is_passing = true;
    if (s->input->kind == INPUT_TEXT && is_key(s)) {
        if (s->input->is_shown && pin_may_try(s))
            bring(s);
        else if (!s->input->is_shown)
            say_asked(s);
    } else if (s->input->kind == INPUT_TEXT && is_no(s)) {
        forget_code(s);
        step_say(s, step_text(s, COURSE_TEXT_hello, NO_VARS));
    } else {
        forget_code(s);
        s->out->is_passing = false;
        return false;
    }
    s->out->is_open = s->input->via == VIA_USSD && (!s->out->is_passing || l->move_code != 0);
    return true;
}
