/*
 * Several courses on one number, one after the other: chosen by a keyword or from the list, kept
 * apart, the certificate of each kept. Nobody is in two at a time.
 */
#include <string.h>

#include "core/certificate.h"
#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/step.h"

/* The place of a learner who has nothing more to do for the course. */
static bool has_finished(const struct learner *l)
{
    enum learner_state place = learner_state_is_side(l->state) ? l->back : l->state;
    return place == LEARNER_STATE_CERTIFIED || place == LEARNER_STATE_SURVEY ||
           place == LEARNER_STATE_DONE || place == LEARNER_STATE_FOLLOWUP;
}

static bool is_before(const struct step *s, struct str id)
{
    const struct learner *l = s->learner;
    for (uint8_t i = 0; i < l->past.n; i++) {
        const struct course *course = courses_find(s->courses, l->past.list[i].course_key);
        if (course != NULL && str_eq(course->id, id))
            return true;
    }
    return false;
}

static bool is_present(const struct step *s, struct str id)
{
    return learner_is_enrolled(s->learner) && str_eq(s->base->id, id);
}

/* Is what must be finished before finished? */
static bool is_open(const struct step *s, const struct course *course)
{
    return course->after.p == NULL || is_before(s, course->after) ||
           (is_present(s, course->after) && has_finished(s->learner));
}

static struct str title_in(const struct step *s, const struct course *course)
{
    return course_in(course, str_from(s->learner->lang), -1)->title;
}

/* The n-th course that this learner may begin, from 1; NULL: there are less. */
static const struct course *nth_course(const struct step *s, int32_t n)
{
    for (uint16_t i = 0; i < s->courses->n_starts; i++) {
        const struct course *course = s->courses->list[s->courses->starts[i]];
        bool is_new = !is_present(s, course->id) && !is_before(s, course->id);
        if (is_new && is_open(s, course) && --n == 0)
            return course;
    }
    return NULL;
}

bool courses_has_more(const struct step *s)
{
    return nth_course(s, 1) != NULL && !str_is_empty(s->course->texts[COURSE_TEXT_courses]);
}

#define MAX_LISTED 9 /* one key each */

struct str courses_screen(const struct step *s)
{
    struct str lines = STR_NONE;
    for (int32_t n = 1; n <= MAX_LISTED && nth_course(s, n) != NULL; n++)
        lines = step_lines(
            s, lines, arena_printf(s->arena, "%d %.*s", n, STR_ARG(title_in(s, nth_course(s, n)))));
    return step_text(s, COURSE_TEXT_courses, VARS({"options", lines}));
}

/* A fresh start, with what was reached in the course before beside it. */
static void begin_next(struct step *s, const struct course *course)
{
    struct learner *l = s->learner;
    struct learner_past *past = &l->past;
    if (past->n == LEARNER_MAX_PAST)
        memmove(past->list, past->list + 1, --past->n * sizeof(past->list[0]));
    past->list[past->n++] = (struct learner_past_course){l->course_key, l->certificate};
    memset(l->answered, 0, sizeof(l->answered));
    memset(l->right, 0, sizeof(l->right));
    memset(l->recalled, 0, sizeof(l->recalled));
    l->recall_left = l->n_pauses = l->reminded = 0;
    l->module_ms = 0;
    l->role = l->test_n = l->test_right = l->pre_right = 0;
    l->post_first = l->post_best = l->post_tries = l->last_choice = 0;
    l->certificate = 0;
    memset(&l->modules, 0, sizeof(l->modules));
    l->completed_ms = l->ended_ms = 0;
    l->course_key = course->key;
    s->base = course;
    step_set_unit(s, NULL);
    (void)step_event(s, EVENT_consented);
    join_begin_role(s);
}

static void refuse(struct step *s, enum course_text text, struct str other)
{
    step_say(s, step_text(s, text, VARS({"other", other})));
    step_say_interrupted(s);
}

/* Begins a course, or says why not now. */
static void choose(struct step *s, const struct course *course)
{
    struct learner *l = s->learner;
    step_leave_side(s);
    bool has_left = l->state == LEARNER_STATE_STOPPED && l->consent_ms != 0;
    if (has_left || is_present(s, course->id)) {
        join_course(s);
    } else if (!is_open(s, course)) {
        const struct course *first = courses_start(s->courses, course->after);
        refuse(s, COURSE_TEXT_course_first, first != NULL ? title_in(s, first) : course->after);
    } else if (!learner_is_enrolled(l)) {
        l->course_key = course->key;
        s->base = course;
        step_set_unit(s, NULL);
        join_course(s);
    } else if (is_before(s, course->id)) {
        refuse(s, COURSE_TEXT_course_done, title_in(s, course));
    } else if (!has_finished(l)) {
        refuse(s, COURSE_TEXT_course_later, title_in(s, course));
    } else {
        begin_next(s, course);
    }
}

bool courses_answer(struct step *s)
{
    int32_t key = step_menu_key(s, courses_screen(s), MAX_LISTED);
    const struct course *course = key > 0 ? nth_course(s, key) : NULL;
    bool is_back = key == 0;
    if (course != NULL) {
        choose(s, course);
    } else if (is_back) {
        step_leave_side(s);
        step_say_screen(s);
    }
    return course != NULL || is_back;
}

const struct course *courses_find_word(const struct step *s, struct str word)
{
    for (uint16_t i = 0; i < s->courses->n_starts; i++) {
        const struct course *course = s->courses->list[s->courses->starts[i]];
        struct str keyword = course->keyword;
        if (str_is_empty(keyword) || !str_starts(word, keyword))
            continue;
        struct str rest = str_sub(word, keyword.len, word.len);
        bool is_whole = str_is_empty(rest) ||
                        (rest.p[0] == ' ' && match_is_bare(s->course->words, str_trim(rest)));
        if (is_whole)
            return course;
    }
    return NULL;
}

bool engine_course_word(struct step *s, struct str word)
{
    const struct course *course = courses_find_word(s, word);
    if (course != NULL)
        choose(s, course);
    return course != NULL;
}

void courses_say_certificates(struct step *s)
{
    const struct learner *l = s->learner;
    for (uint8_t i = 0; i < l->past.n; i++) {
        const struct course *course = courses_find(s->courses, l->past.list[i].course_key);
        char code[CERTIFICATE_BYTES];
        if (course == NULL || l->past.list[i].certificate == 0)
            continue;
        certificate_format(l->past.list[i].certificate, code);
        step_say(s, step_text(s, COURSE_TEXT_certificate_before,
                              VARS({"other", title_in(s, course)},
                                   {"code", arena_str(s->arena, str_from(code))})));
    }
}
