/*
 * What a text means: one rule after the other, in the order of docs/course-rules.md 1.3.4.
 */
#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/people.h"
#include "core/engine/quiz.h"
#include "core/engine/self.h"
#include "core/engine/state.h"
#include "core/engine/step.h"
#include "core/match/words.h"

#define LATE_MS (48 * HOUR_MS)
/* After so many inputs in a row that brought nothing but the same once more, an SMS gets no answer
 * any more: two machines that answer each other must not spend a learner's credit. */
#define MAX_IDLE 7

bool understand_nothing(struct step *s)
{
    struct learner *l = s->learner;
    s->is_for_nothing = true;
    if (l->n_idle < UINT8_MAX)
        l->n_idle++;
    return s->input->via != VIA_SMS || l->n_idle <= MAX_IDLE;
}

enum course_text understand_excuse(struct step *s)
{
    struct learner *l = s->learner;
    bool has_contact = !str_is_empty(s->context->contact);
    s->is_excused = true;
    if (l->n_unknown < UINT8_MAX)
        l->n_unknown++;
    return l->n_unknown == 1                   ? COURSE_TEXT_unknown_1
           : l->n_unknown == 2 || !has_contact ? COURSE_TEXT_unknown_2
                                               : COURSE_TEXT_unknown_3;
}

void understand_ask_again(struct step *s, enum course_text why)
{
    if (!understand_nothing(s))
        return;
    step_say_if_room(s, step_text(s, why, NO_VARS));
    step_say_screen(s);
}

static void answer_unknown(struct step *s)
{
    struct learner *l = s->learner;
    struct event *event = step_event(s, EVENT_unknown_input);
    event->text = match_mask_numbers(s->input->text, s->arena);
    enum course_text excuse = understand_excuse(s);
    if (!understand_nothing(s))
        return;
    if (state_row(l->state)->unknown != NULL) {
        state_row(l->state)->unknown(s);
        return;
    }
    step_say_if_room(s, step_text(s, excuse, NO_VARS));
    step_say_interrupted(s);
}

/* An answer to a question that was sent more than 48 hours ago is not scored; the question comes
 * again (docs/course-rules.md 1.2 rule 11). */
static bool is_late(const struct step *s)
{
    return state_row(s->learner->state)->is_timed && s->learner->unit[0] != '\0' &&
           s->input->now.ms - s->learner->asked_ms > LATE_MS;
}

const struct question *understand_question(const struct step *s)
{
    const struct unit *unit = step_unit(s);
    bool is_asked = state_row(s->learner->state)->unit == STATE_UNIT_QUESTION ||
                    state_row(s->learner->state)->is_question;
    return is_asked && unit != NULL ? unit->question : NULL;
}

bool understand_takes_any_text(const struct step *s)
{
    const struct question *question = understand_question(s);
    return question != NULL && question_row(question->kind)->is_any_text;
}

bool engine_has_left(const struct step *s)
{
    return learner_has_stopped(s->learner) || s->learner->state == LEARNER_STATE_DELETED;
}

/* Whose keywords count: the learner's, or the course's until a language is chosen; all of them for
 * who has not joined. */
static void set_language(struct step *s)
{
    struct str lang = str_from(s->learner->lang);
    if (lang.len == 0 && learner_is_enrolled(s->learner))
        lang = s->base->language;
    if (str_copy(lang, s->lang, sizeof(s->lang)) != ERR_OK)
        s->lang[0] = '\0'; /* the parser bounds language codes */
}

/* ---- one try for each rule, in the order of docs/course-rules.md 1.3.4 ----
 * true: understood and answered. */

/* A keyword alone, the usual case: no sentence, so that nobody need look for one in it. */
static bool is_plain_command(const struct step *s)
{
    enum command command = s->match.command;
    return command != COMMAND_NONE && command != COMMAND_STOP && str_is_empty(s->match.argument);
}

/* "Re: 2", "Fwd: STOP": what programs of mail and of some phones put before an answer. */
static struct str without_mark(const struct course *course, struct str text, struct arena *arena)
{
    size_t at = str_find_char(text, ':');
    bool has_mark =
        course != NULL && at != SIZE_MAX &&
        match_has_word(course->words, WORDS_REPLY, match_normalise(str_sub(text, 0, at), arena));
    return has_mark ? str_sub(text, at + 1, text.len) : text;
}

/* Absent readings are the same as the first. */
static void read_text(const struct course *course, struct str text, struct arena *arena,
                      struct str ret[STEP_READINGS])
{
    text = str_trim(without_mark(course, text, arena));
    ret[0] = match_without_echo(match_normalise(text, arena));
    ret[1] = match_first_line(text, arena);
    bool is_word = course != NULL && match_has_word(course->words, WORDS_COMMON, ret[0]);
    ret[2] = is_word ? STR_NONE : match_words_apart(ret[0], arena); /* "non-stop" */
}

void understand_read(struct step *s)
{
    read_text(s->course, s->input->text, s->arena, s->readings);
    s->norm = s->readings[0];
}

/* "STOP CHILDREN ON THE MOVE": without the course's name, of which a STOP may be. */
static struct str without_name(const struct course *course, struct str reading, struct arena *arena)
{
    struct str name = match_normalise(course->name, arena);
    size_t at = str_find(reading, name), behind = at + name.len;
    bool is_whole = at != SIZE_MAX && at > 0 && reading.p[at - 1] == ' ' &&
                    (behind == reading.len || reading.p[behind] == ' ');
    if (str_is_empty(name) || !is_whole)
        return reading;
    return match_normalise(arena_printf(arena, "%.*s%.*s", (int)at, reading.p,
                                        STR_ARG(str_sub(reading, behind, reading.len))),
                           arena);
}

static bool is_stop(const struct course *course, struct str reading, struct arena *arena)
{
    return reading.p != NULL && match_is_stop(course->words, without_name(course, reading, arena));
}

bool understand_is_stop(const struct step *s, const struct course *course)
{
    bool is_one = false;
    for (int i = 0; i < STEP_READINGS; i++)
        is_one = is_one || is_stop(course, s->readings[i], s->arena);
    return is_one;
}

bool engine_is_stop(const struct course *course, struct str text, struct arena *arena)
{
    struct step s = {.arena = arena};
    read_text(course, text, arena, s.readings);
    return understand_is_stop(&s, course);
}

static bool try_stop(struct step *s)
{
    if (s->is_everyday || is_plain_command(s) || !is_stop(s->course, s->norm, s->arena))
        return false;
    engine_take_language(s, s->match.lang);
    engine_stop(s);
    return true;
}

/* A typed option ("safe, no check needed") or expected word is what it says, and no alarm; nor are
 * one's work ("soldier") and a time of day ("around 9") where they are asked for, nor "not sure",
 * which some languages cannot tell from "not safe". */
bool understand_is_typed(const struct step *s)
{
    const struct vocabulary *words = s->course->words;
    const struct question *q = understand_question(s);
    bool is_lost = match_mood(words, s->norm) == MOOD_LOST;
    if (s->learner->state == LEARNER_STATE_PLAN)
        return is_lost || match_daytime(words, s->norm) != 0;
    if (q == NULL || question_row(q->kind)->is_any_text)
        return false;
    bool is_work = s->learner->state == LEARNER_STATE_ROLE &&
                   match_work(words, q, s->norm, true, s->arena) > 0;
    return is_lost || is_work ||
           match_answer(words, q, s->input->text, s->norm, s->arena).result == ANSWER_ONE;
}

static bool try_safe(struct step *s)
{
    bool is_keyword = s->match.command == COMMAND_SAFE;
    bool is_alarm =
        is_keyword || (!is_plain_command(s) && match_may_tell(s->course, s->norm, s->arena));
    if (!is_alarm || understand_is_typed(s))
        return false;
    engine_take_language(s, s->match.lang);
    engine_safe(s, is_keyword);
    return true;
}

/* What may be a STOP, or not, gets HELP as well, which says how to leave. */
static bool try_help(struct step *s)
{
    struct command_match help = {.command = COMMAND_HELP, .argument = STR_NONE};
    if (match_may_be_stop(s->course->words, s->norm) && !engine_has_left(s))
        return engine_command(s, &help);
    return s->match.command == COMMAND_HELP && engine_command(s, &s->match);
}

/* What people ask of a number that they do not know, in a sentence: what it costs, who it is, to be
 * enrolled, to be called back; and what of our commands they ask for in other words. Who has left
 * may still want all erased. */
static bool try_sentence(struct step *s)
{
    struct command_match match = {.command = match_sentence(s->course->words, s->norm),
                                  .argument = STR_NONE};
    bool is_member = learner_is_enrolled(s->learner);
    if (engine_has_left(s) && match.command != COMMAND_DELETE)
        return false;
    if (match.command == COMMAND_MOVE) { /* may be asked on either number: nothing moves by it */
        if (move_can_explain(s))
            move_explain(s);
        return move_can_explain(s);
    }
    if (match.command == COMMAND_ASK && !is_member)
        match.command = COMMAND_HELP; /* which is what there is for who has not joined */
    if (match.command == COMMAND_HELP && match_asks_cost(s->course->words, s->norm))
        step_say(s, step_cost(s));
    return match.command != COMMAND_NONE && engine_command(s, &match);
}

/* A screen that asks for it has a key for DELETE 1; by SMS the word of any language will do then.
 * While the place is on its way to another number nobody knows where to erase it, and on a shared
 * phone not whose: that waits for who_gate(), and is said to. */
static bool try_delete(struct step *s)
{
    if (s->learner->moving_ms != 0 || (who_is_open(s) && !owner_may_erase(s)))
        return false;
    bool is_asked = s->input->is_erase_asked;
    bool is_key = s->input->via == VIA_USSD && str_eq(s->norm, STR("22"));
    struct command_match match =
        is_asked ? match_command(s->course->words, s->norm, NULL) : s->match;
    if (is_asked && is_key) {
        engine_erase_all(s);
        return true;
    }
    return match.command == COMMAND_DELETE &&
           match_is_delete_one(s->course->words, match.argument) && engine_command(s, &match);
}

static bool try_key(struct step *s)
{
    struct command_match match = {.command = match_command_key(s->norm), .argument = STR_NONE};
    return engine_command(s, &match);
}

static bool try_mine(struct step *s)
{
    struct command_match match = match_mine_among(s->course->words, s->norm, s->lang);
    return engine_command(s, &match);
}

/* Who asks us, has another number, wants no messages for a week or all erased does not answer. */
static bool try_question_back(struct step *s)
{
    enum command asked = match_sentence(s->course->words, s->norm);
    bool is_one = asked == COMMAND_HELP || asked == COMMAND_MYDATA || asked == COMMAND_MOVE ||
                  asked == COMMAND_PAUSE || asked == COMMAND_DELETE;
    return is_one && try_sentence(s);
}

/* Any text would be the keys, the words that work everywhere, also mistyped, and thanks as well. */
static bool try_before_any_text(struct step *s)
{
    if (!understand_takes_any_text(s))
        return false;
    bool is_sentence = !match_is_bare(s->course->words, s->match.argument) &&
                       !match_is_delete(s->course->words, &s->match);
    struct command_match near = match_command_fuzzy(s->course->words, s->norm, s->lang);
    if (try_key(s) || (!is_sentence && engine_command(s, &s->match)) || engine_command(s, &near) ||
        try_mine(s) || try_question_back(s))
        return true;
    if (step_is_marked(s) ||
        !match_has_words(s->course->words, WORDS_THANKS, WORDS_THANKS, s->norm))
        return false;
    mood_thank(s);
    return true;
}

static bool try_answer(struct step *s)
{
    const struct state_row *row = state_row(s->learner->state);
    if (row->answer == NULL)
        return false;
    if (!is_late(s))
        return row->answer(s);
    if (match_answer(s->course->words, step_unit(s)->question, s->input->text, s->norm, s->arena)
            .result == ANSWER_NONE)
        return false;
    understand_ask_again(s, COURSE_TEXT_late);
    return true;
}

/* After STOP only JOIN itself returns, alone or with a group's number: an opt-out that was undone
 * by mistake is not cheap. */
static bool try_command(struct step *s)
{
    bool is_return = engine_has_left(s) && s->match.command == COMMAND_JOIN;
    if (is_return && !match_is_bare(s->course->words, s->match.argument))
        return false;
    return engine_command(s, &s->match);
}

/* Written exactly, it is what JOIN is for the first course, after STOP as well. */
static bool try_course_word(struct step *s)
{
    return engine_course_word(s, s->norm);
}

/* "ok", "more": where no question is open they can only mean NEXT. */
static bool try_go_on(struct step *s)
{
    struct command_match match = {.command = COMMAND_NEXT, .argument = STR_NONE};
    return understand_question(s) == NULL && match_is_go_on(s->course->words, s->norm) &&
           engine_command(s, &match);
}

static bool try_near_stop(struct step *s)
{
    struct command_match match = match_command_fuzzy(s->course->words, s->norm, s->lang);
    return match.command == COMMAND_STOP && engine_command(s, &match);
}

static bool try_other_answer(struct step *s)
{
    return !is_late(s) && (course_answer_other(s) || course_role_in_words(s));
}

/* "3/7 2": who quotes the number of the question that stands. Of another one it is no answer. */
static bool try_quoted_number(struct step *s)
{
    const struct question *question = understand_question(s);
    struct str rest = s->norm, first = match_next_word(&rest);
    uint32_t n, of;
    if (question == NULL || question->n_choices == 0 || str_is_empty(rest))
        return false;
    step_count(s, step_unit(s), &n, &of);
    if (!str_eq(first, arena_printf(s->arena, "%u/%u", n, of)) ||
        match_answer(s->course->words, question, rest, rest, s->arena).result == ANSWER_NONE)
        return false;
    s->norm = rest;
    return try_answer(s);
}

/* What can only be one answer though it is none to the letter is taken as the answer's key. */
static bool try_near_answer(struct step *s)
{
    const struct question *question = understand_question(s);
    struct str key = STR_NONE;
    if (question != NULL) {
        key = match_near_key(s->course->words, question, s->input->text, s->norm, s->arena);
    } else if (state_row(s->learner->state)->is_consent) {
        enum agreement said =
            match_near_agreement(s->course->words, s->input->text, s->norm, s->arena);
        key = said == AGREEMENT_YES ? STR("1") : said == AGREEMENT_NO ? STR("2") : STR_NONE;
    }
    s->norm = key.p != NULL ? key : s->norm;
    return key.p != NULL && try_answer(s);
}

static bool try_near_key(struct step *s)
{
    struct command_match match = {.command = match_key_among(s->course->words, s->norm),
                                  .argument = STR_NONE};
    return engine_command(s, &match);
}

static bool try_near_command(struct step *s)
{
    struct command_match match = match_command_fuzzy(s->course->words, s->norm, s->lang);
    return (!engine_has_left(s) || match.command == COMMAND_SAFE) && engine_command(s, &match);
}

static bool try_command_politely(struct step *s)
{
    struct command_match match = match_command_politely(s->course->words, s->norm, s->lang);
    return !engine_has_left(s) && engine_command(s, &match);
}

static bool try_command_among(struct step *s)
{
    struct command_match match = match_command_among(s->course->words, s->norm, s->lang);
    return !engine_has_left(s) && engine_command(s, &match);
}

/* A side state belongs to the phone's side that opened it: "Welcome back" on a USSD screen does not
 * bind an SMS. */
static void leave_foreign_side(struct step *s)
{
    if (s->learner->side_via != s->input->via)
        step_leave_side(s);
}

/* Only what was shown counts: what came before it, or before its last page, gets the screen. */
static bool is_unshown(const struct step *s)
{
    const struct state_row *row = state_row(s->learner->state);
    bool is_silent = s->learner->state == LEARNER_STATE_STOPPED && s->input->via == VIA_SMS;
    return !s->input->is_shown && !is_silent && (row->answer != NULL || row->next != NULL);
}

/* Who disclosed harm and seems to be a child gets no lesson before somebody has looked
 * (docs/course-rules.md 1.7). */
static bool try_child(struct step *s)
{
    if (s->learner->is_child && understand_nothing(s))
        step_say_screen(s);
    return s->learner->is_child;
}

static bool try_screen_again(struct step *s)
{
    if (understand_nothing(s))
        step_say_screen(s);
    return true;
}

/* A new day, a new try: who was silent for so long is no machine that answers us. */
static void forget_old_nothing(struct step *s)
{
    int64_t last_ms = s->learner->link.last_ms;
    if (last_ms != 0 && s->input->now.ms - last_ms > DAY_MS)
        s->learner->n_idle = 0;
}

typedef bool try_rule(struct step *s);

/* Reads the text, or where it has several lines its first one, which may have a signature below
 * it, by one rule after the other. */
static bool try_rules(struct step *s, try_rule *const *rules)
{
    for (int i = 0; i < STEP_READINGS; i++) {
        if (s->readings[i].p == NULL)
            continue;
        s->norm = s->readings[i];
        s->match = match_command(s->course->words, s->norm, s->lang);
        s->is_everyday = match_is_everyday(s->course->words, s->norm, s->lang);
        for (try_rule *const *rule = rules; *rule != NULL; rule++) {
            if ((*rule)(s))
                return true;
        }
    }
    return false;
}

void understand_text(struct step *s)
{
    static try_rule *const always[] = {several_try, try_stop,  try_safe,     try_help,
                                       try_delete,  check_try, engine_batch, NULL};
    static try_rule *const shared[] = {try_child, who_gate, NULL};
    static try_rule *const here[] = {
        try_before_any_text, try_answer,      try_key,   try_command,     engine_group_code,
        check_try_alone,     try_course_word, try_go_on, mood_try_thanks, NULL};
    static try_rule *const near[] = {
        try_near_stop,     try_sentence,      try_mine,         try_command_politely,
        try_command_among, try_quoted_number, mood_try,         try_near_answer,
        try_near_key,      try_other_answer,  try_near_command, NULL};
    static try_rule *const unshown[] = {
        try_key,          try_command, engine_group_code, check_try_alone, try_near_stop,
        try_screen_again, NULL};
    who_hear(s);
    forget_old_nothing(s);
    leave_foreign_side(s);
    set_language(s);
    if (try_rules(s, always) || try_rules(s, shared) || (is_unshown(s) && try_rules(s, unshown)) ||
        try_rules(s, here) || try_rules(s, near)) {
        if (!s->is_excused)
            s->learner->n_unknown = 0;
        if (!s->is_for_nothing)
            s->learner->n_idle = 0;
    } else {
        answer_unknown(s);
    }
}
