/*
 * PINs of people who share a number (docs/course-rules.md 5): setting one, trying it, and how long
 * to wait after wrong ones.
 */
#include <string.h>

#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/people.h"
#include "core/engine/step.h"

#define PIN_DIGITS 4u
#define FREE_TRIES 3u /* before each one has to wait longer */
#define FIRST_WAIT_MS MINUTE_MS
#define MAX_WAIT_MS DAY_MS

bool pin_is_set(const struct learner *l)
{
    static const uint8_t none[LEARNER_PIN_HASH_BYTES];
    return memcmp(l->pin_hash, none, sizeof(none)) != 0;
}

struct str pin_set_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_pin_new, NO_VARS);
}

struct str pin_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_pin, NO_VARS);
}

struct str pin_digits(const struct step *s)
{
    char *p = arena_alloc(s->arena, s->norm.len + 1);
    size_t len = 0;
    for (size_t i = 0; p != NULL && i < s->norm.len; i++) {
        char c = s->norm.p[i];
        if (c >= '0' && c <= '9')
            p[len++] = c;
        else if (c != ' ' && c != '-')
            return s->norm;
    }
    return p != NULL ? (struct str){p, len} : s->norm;
}

static bool is_pin(struct str text)
{
    uint64_t value;
    return text.len == PIN_DIGITS && str_to_u64(text, 9999, &value) == ERR_OK;
}

/* Nickname and PIN are there: on to the consent, or to whoever wants to learn now. */
static void end_naming(struct step *s)
{
    step_enter(s, s->learner->back);
    if (s->learner->state == LEARNER_STATE_NEW)
        join_course(s);
    else
        who_ask(s);
}

bool pin_set_answer(struct step *s)
{
    struct learner *l = s->learner;
    if (str_eq(s->norm, STR("0"))) {
        end_naming(s);
        return true;
    }
    s->norm = pin_digits(s);
    if (!is_pin(s->norm) || s->context->hash_pin == NULL)
        return false;
    memcpy(l->pin_salt, s->input->seed + sizeof(l->learner_id), sizeof(l->pin_salt));
    s->context->hash_pin(l->pin_salt, s->norm, l->pin_hash);
    end_naming(s);
    return true;
}

/* Each try behind the third waits four times as long as the one before. */
static void count_wrong(struct step *s)
{
    struct learner *l = s->learner;
    int64_t wait_ms = FIRST_WAIT_MS;
    if (l->n_pin_wrong < UINT8_MAX)
        l->n_pin_wrong++;
    for (unsigned i = FREE_TRIES; i < l->n_pin_wrong && wait_ms < MAX_WAIT_MS; i++)
        wait_ms *= 4;
    if (l->n_pin_wrong >= FREE_TRIES)
        l->pin_until_ms = s->input->now.ms + (wait_ms < MAX_WAIT_MS ? wait_ms : MAX_WAIT_MS);
}

bool pin_is_right(struct step *s, const uint8_t *salt, const uint8_t *hash)
{
    uint8_t tried[LEARNER_PIN_HASH_BYTES];
    uint8_t differs = 0;
    s->context->hash_pin(salt, s->norm, tried);
    for (size_t i = 0; i < sizeof(tried); i++)
        differs |= (uint8_t)(tried[i] ^ hash[i]);
    if (differs != 0) {
        count_wrong(s);
        return false;
    }
    s->learner->n_pin_wrong = 0;
    s->learner->pin_until_ms = 0;
    return true;
}

bool pin_may_try(struct step *s)
{
    struct learner *l = s->learner;
    if (l->pin_until_ms > s->input->now.ms + MAX_WAIT_MS) /* by a clock that was ahead */
        l->pin_until_ms = s->input->now.ms + MAX_WAIT_MS;
    int64_t left_ms = l->pin_until_ms - s->input->now.ms;
    if (left_ms <= 0)
        return true;
    if (!understand_nothing(s))
        return false;
    bool is_own = pin_is_missing(s); /* where 0 leads to another person, and elsewhere back */
    step_say(s, step_text(s, is_own ? COURSE_TEXT_pin_wait : COURSE_TEXT_lead_pin_wait,
                          VARS({"minutes", step_number(s, (left_ms + 59999) / 60000)})));
    s->out->shows = OUTCOME_SHOWS_SCREEN;
    return false;
}

static void try_pin(struct step *s)
{
    struct learner *l = s->learner;
    if (pin_is_right(s, l->pin_salt, l->pin_hash)) {
        l->is_locked = false;
        who_show_place(s);
        return;
    }
    step_say(s, step_text(s, COURSE_TEXT_pin_wrong, NO_VARS));
    step_say_screen(s);
}

bool pin_is_missing(const struct step *s)
{
    const struct learner *l = s->learner;
    return l->is_locked && l->state != LEARNER_STATE_WHO && l->state != LEARNER_STATE_NICKNAME;
}

/* After STOP no word but a command for those who left is answered, here as elsewhere. */
static bool is_left_alone(const struct step *s)
{
    bool is_command = s->match.command != COMMAND_NONE && engine_is_for(s, s->match.command);
    return engine_has_left(s) && s->input->via != VIA_USSD && !is_command && !is_pin(s->norm) &&
           courses_find_word(s, s->norm) == NULL;
}

void pin_answer(struct step *s)
{
    s->norm = pin_digits(s);
    bool is_switch = s->match.command == COMMAND_SWITCH || str_eq(s->norm, STR("0"));
    if (is_left_alone(s))
        return;
    if (is_switch)
        who_ask(s);
    else if (!pin_may_try(s))
        return;
    else if (is_pin(s->norm) && s->context->hash_pin != NULL)
        try_pin(s);
    else if (who_say_again(s, s->input->is_shown))
        step_say_screen(s);
}
