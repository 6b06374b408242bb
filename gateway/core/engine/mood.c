/*
 * What people say beside an answer: yes and no, thanks, that they have no time, do not see what to
 * do, think to be through, or ask what comes when. None of it is recorded as an answer by itself.
 */
#include "core/engine/command.h"
#include "core/engine/state.h"
#include "core/engine/step.h"

bool step_is_marked(const struct step *s)
{
    return match_is_marked(s->course->words, s->input->text, s->arena);
}

enum agreement step_agreement(const struct step *s)
{
    const struct vocabulary *words = s->course->words;
    enum agreement said = step_is_marked(s) ? AGREEMENT_NONE : match_agreement(words, s->norm);
    bool is_unclear = said == AGREEMENT_YES && match_is_unsure(words, s->input->text, s->norm);
    return is_unclear ? AGREEMENT_NONE : said;
}

void mood_thank(struct step *s)
{
    if (!understand_nothing(s))
        return;
    if (understand_question(s) == NULL)
        step_say_if_room(s, step_text(s, COURSE_TEXT_thanks, NO_VARS));
    step_say_interrupted(s);
}

bool mood_try_thanks(struct step *s)
{
    bool is_thanks = learner_is_enrolled(s->learner) && !step_is_marked(s) &&
                     match_is_thanks(s->course->words, s->input->text, s->norm);
    if (is_thanks)
        mood_thank(s);
    return is_thanks;
}

/* There is no hurry, the place is kept; the question, which stands above, is not said again. */
static void answer_busy(struct step *s)
{
    struct str keys = s->input->via == VIA_SMS ? step_question_keys(s) : STR_NONE;
    step_say_if_room(s, step_text(s, COURSE_TEXT_later, NO_VARS));
    if (understand_question(s) == NULL || str_is_empty(keys)) {
        step_say_interrupted(s);
        return;
    }
    step_say(s, keys);
    s->out->shows = OUTCOME_SHOWS_KEYS;
}

static void answer_lost(struct step *s)
{
    step_say_if_room(s, step_text(s, COURSE_TEXT_unclear, NO_VARS));
    step_say_asked_again(s);
}

static void answer_through(struct step *s)
{
    if (understand_question(s) == NULL) {
        step_say_screen(s); /* of a finished module says what comes */
        return;
    }
    step_say_if_room(s, step_text(s, COURSE_TEXT_finished, VARS({"place", step_place(s)})));
    step_say_asked_again(s);
}

/* What it is where nothing is asked: who does not understand a lesson gets HELP, who is through
 * with it the next one, who asks what comes when the place. */
static enum command command_instead(const struct step *s, enum mood mood)
{
    bool is_lesson = state_row(s->learner->state)->unit == STATE_UNIT_LESSON;
    if (understand_question(s) != NULL || s->learner->state == LEARNER_STATE_PLAN)
        return COMMAND_NONE;
    return mood == MOOD_LOST                   ? COMMAND_HELP
           : mood == MOOD_WHEN                 ? COMMAND_SCORE
           : mood == MOOD_THROUGH && is_lesson ? COMMAND_NEXT
                                               : COMMAND_NONE;
}

/* Nothing is kept yet but the question. */
static bool answer_before_consent(struct step *s, enum mood mood)
{
    bool is_asked = s->learner->state == LEARNER_STATE_CONSENT && s->input->via == VIA_SMS;
    if (mood != MOOD_BUSY || !is_asked)
        return false;
    if (understand_nothing(s)) {
        step_say(s, step_text(s, COURSE_TEXT_consent_later, NO_VARS));
        s->out->shows = OUTCOME_SHOWS_KEYS;
    }
    return true;
}

bool mood_try(struct step *s)
{
    static void (*const answers[])(struct step * s) = {[MOOD_BUSY] = answer_busy,
                                                       [MOOD_LOST] = answer_lost,
                                                       [MOOD_THROUGH] = answer_through,
                                                       [MOOD_WHEN] = answer_through};
    enum mood mood = match_mood(s->course->words, s->norm);
    if (mood == MOOD_NONE || engine_has_left(s))
        return false;
    struct command_match match = {.command = command_instead(s, mood), .argument = STR_NONE};
    if (match.command != COMMAND_NONE)
        return engine_command(s, &match);
    if (!learner_is_enrolled(s->learner))
        return answer_before_consent(s, mood);
    if (understand_nothing(s))
        answers[mood](s);
    return true;
}
