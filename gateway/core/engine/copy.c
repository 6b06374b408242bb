/*
 * By SMS what USSD leaves no copy of (docs/course-rules.md 1.5): the key message of a module, and
 * going on by SMS after many screens.
 */
#include "core/engine/course.h"
#include "core/engine/pace.h"
#include "core/engine/self.h"
#include "core/engine/step.h"

#define MANY_SCREENS 6

/* The module that was finished here; NULL: none whose key message could be sent. */
static const struct module *key_module(const struct step *s)
{
    const struct unit *unit = step_unit(s);
    const struct module *module = unit != NULL ? &s->course->modules[unit->module] : NULL;
    bool can_send = s->input->via == VIA_USSD && s->learner->link.channel[0] != '\0' &&
                    !str_is_empty(s->course->texts[COURSE_TEXT_key_message]);
    return can_send && module != NULL && !str_is_empty(module->key_message) ? module : NULL;
}

/* Asked once, of who comes back behind a module: not behind the last feedback, where it would cost
 * a page; and who goes on at once has said nothing. */
struct str copy_question(const struct step *s)
{
    struct learner *l = s->learner;
    bool is_known = (l->agreed & (LEARNER_AGREED_KEYS | LEARNER_REFUSED_KEYS)) != 0;
    if (is_known || key_module(s) == NULL || !str_is_empty(s->out->reply))
        return STR_NONE;
    l->agreed |= LEARNER_ASKED_KEYS;
    return step_text(s, COURSE_TEXT_key_ask, NO_VARS);
}

static void send_key(struct step *s)
{
    const struct module *module = key_module(s);
    if (module != NULL && (s->learner->agreed & LEARNER_AGREED_KEYS) != 0)
        s->learner->due_sms = (uint8_t)module->number;
}

bool copy_answer(struct step *s)
{
    bool is_yes = str_eq(s->norm, STR("1"));
    bool is_asked = (s->learner->agreed & LEARNER_ASKED_KEYS) != 0 && s->input->via == VIA_USSD;
    if (!is_asked || !(is_yes || str_eq(s->norm, STR("2"))))
        return false;
    self_agree(s, LEARNER_AGREED_KEYS, is_yes);
    send_key(s);
    step_say_screen(s);
    return true;
}

/* Where it was asked behind another module and not answered, the answer is no. */
void copy_end_module(struct step *s)
{
    struct learner *l = s->learner;
    if ((l->agreed & LEARNER_ASKED_KEYS) != 0)
        l->agreed = (uint8_t)((l->agreed & ~LEARNER_ASKED_KEYS) | LEARNER_REFUSED_KEYS);
    send_key(s);
}

void copy_count_screen(struct step *s)
{
    struct learner *l = s->learner;
    if (s->input->via != VIA_USSD || s->input->kind == INPUT_SESSION_END)
        return;
    if (s->input->kind == INPUT_DIAL)
        l->n_screens = 0;
    if (l->n_screens < UINT8_MAX)
        l->n_screens++;
}

struct str copy_sms_key(const struct step *s)
{
    const struct learner *l = s->learner;
    bool is_offered =
        s->input->via == VIA_USSD && l->n_screens > MANY_SCREENS && l->link.channel[0] != '\0';
    return is_offered ? step_text(s, COURSE_TEXT_by_sms_key, NO_VARS) : STR_NONE;
}

bool copy_sms_answer(struct step *s)
{
    if (!str_eq(s->norm, STR("8")) || str_is_empty(copy_sms_key(s)))
        return false;
    s->learner->due_sms = LEARNER_SMS_PLACE;
    s->out->is_open = false;
    step_say(s, step_text(s, COURSE_TEXT_by_sms, NO_VARS));
    return true;
}

bool copy_send_due(struct step *s)
{
    uint8_t due = s->learner->due_sms;
    const struct module *module = course_module_numbered(s, due);
    s->learner->due_sms = 0;
    if (due == 0)
        return false;
    if (due == LEARNER_SMS_PLACE) {
        step_leave_side(s);
        step_say_screen(s);
    } else if (due == LEARNER_SMS_CLAIM) {
        ask_send_link(s);
        s->out->shows = OUTCOME_SHOWS_KEYS;
    } else if (module != NULL) {
        step_say(s, step_text(s, COURSE_TEXT_key_message,
                              VARS({"n", step_number(s, due)}, {"text", module->key_message})));
        s->out->shows = OUTCOME_SHOWS_KEYS;
    }
    return true;
}
