/*
 * STOP from a number that nobody has met or that was erased, and what follows it: one confirmation,
 * then silence, and nothing begins anew. All that stays of the number is its tombstone: its
 * pseudonym, the last messages' ids and, in `back`, that STOP was confirmed; 72 hours after its
 * last message it is gone (app/dialog/step.c).
 */
#include <string.h>

#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/people.h"
#include "core/engine/step.h"
#include "core/match/words.h"

/* Shorter words are near everyday words of some language. */
#define MIN_ANY_LANGUAGE_BYTES 7u

/* STOP mistyped. The language of who is erased, or was never met, is not known: a long word may be
 * that of any. */
static struct command_match find_near_stop(const struct step *s)
{
    const struct vocabulary *words = s->course->words;
    struct command_match near = match_command_fuzzy(words, s->norm, NULL);
    for (uint16_t i = 0; i < words->n_langs && s->norm.len >= MIN_ANY_LANGUAGE_BYTES; i++) {
        char lang[WORDS_LANG_BYTES];
        if (near.command != COMMAND_STOP && str_copy(words->langs[i], lang, sizeof(lang)) == ERR_OK)
            near = match_command_fuzzy(words, s->norm, lang);
    }
    return near;
}

/* Is it STOP? *match is what the text is exactly, and becomes a STOP that is near. */
static bool is_stop(const struct step *s, struct command_match *match)
{
    if (understand_is_stop(s, s->course))
        return true;
    struct command_match near = find_near_stop(s);
    if (near.command == COMMAND_STOP)
        *match = near;
    return near.command == COMMAND_STOP;
}

/* After STOP only who asks for it begins anew, and who is in danger is heard. */
static bool is_begun_anew(const struct step *s, const struct command_match *match)
{
    const struct vocabulary *words = s->course->words;
    bool is_join = match->command == COMMAND_JOIN && match_is_bare(words, match->argument);
    return is_join || match->command == COMMAND_SAFE || courses_find_word(s, s->norm) != NULL ||
           match_find_safe(s->norm, &s->course->safe, s->arena) != NULL;
}

/* In the language of the word; the learner's is forgotten. */
static void confirm(struct step *s, const struct command_match *match)
{
    const struct course *course = course_in(s->base, str_from(match->lang), -1);
    s->course = course != NULL ? course : s->course;
    (void)step_event(s, EVENT_stopped); /* goes out as such; of nobody nothing is recorded */
    step_say(s, step_text(s, COURSE_TEXT_stop_never, NO_VARS));
}

/* A number that nobody has met: what is told of it is that somebody said STOP, and is no more, so
 * that the hash of its pseudonym keeps others from writing to it (core.suppression), and nothing
 * else is kept. */
static void leave_unmet(struct step *s, const struct command_match *match)
{
    struct learner *l = s->learner;
    const struct learner_link link = l->link;
    uint32_t seq = l->seq;
    engine_meet(s);
    s->out->n_events = 0; /* it is no contact */
    memcpy(s->out->gone, l->learner_id, sizeof(l->learner_id));
    s->out->is_gone = s->out->is_erased = true;
    s->out->is_open = false;
    learner_init(l);
    l->link = link;
    l->seq = seq;
    l->state = LEARNER_STATE_DELETED;
    l->back = LEARNER_STATE_STOPPED;
    confirm(s, match);
    (void)step_event(s, EVENT_erased);
}

/* What an erased number says. */
static bool take_erased(struct step *s, struct command_match match)
{
    struct learner *l = s->learner;
    bool was_confirmed = l->back == LEARNER_STATE_STOPPED;
    bool is_screen = s->input->via == VIA_USSD; /* which must say something */
    bool is_stop_now = is_stop(s, &match);
    if (!is_stop_now && (!was_confirmed || is_screen || is_begun_anew(s, &match))) {
        l->back = LEARNER_STATE_NEW;
        return false;
    }
    s->out->is_passing = true;
    s->out->is_open = false;
    l->back = LEARNER_STATE_STOPPED;
    if (is_stop_now && (!was_confirmed || is_screen))
        confirm(s, &match);
    else if (!is_stop_now && match.command == COMMAND_HELP)
        (void)engine_command(s, &match);
    else if (!is_stop_now && match.command == COMMAND_DELETE)
        step_say(s, step_text(s, COURSE_TEXT_delete_done, NO_VARS)); /* it is so already */
    return true;
}

bool tombstone_take(struct step *s)
{
    if (s->input->kind != INPUT_TEXT || !learner_is_nobody(s->learner))
        return false;
    struct command_match match = match_command(s->course->words, s->norm, NULL);
    if (s->learner->state == LEARNER_STATE_DELETED)
        return take_erased(s, match);
    bool is_left = is_stop(s, &match);
    if (is_left)
        leave_unmet(s, &match);
    return is_left;
}
