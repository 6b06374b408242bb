/*
 * Several versions of one course, and who moves from one to the next (docs/course-rules.md 6.4): a
 * patch is for all at once, a minor version comes with the next module, a major one is for new
 * learners, and for those whom its `moves` name and who want it. What was answered goes with the
 * ids of the questions; what is on the screen is never changed but for its spelling.
 */
#include <string.h>

#include "core/engine/course.h"
#include "core/engine/quiz.h"
#include "core/engine/step.h"

enum { MAJOR, MINOR, PATCH, N_NUMBERS };

/* "1.2.3"; the parser has checked the form. */
static void read_version(struct str version, uint64_t numbers[N_NUMBERS])
{
    for (int i = 0; i < N_NUMBERS; i++) {
        if (str_to_u64(str_split(&version, '.'), UINT32_MAX, &numbers[i]) != ERR_OK)
            numbers[i] = 0;
    }
}

/* The version of the same course that is begun now, where it is newer and the first number that is
 * another is at least this one; NULL: none. */
static const struct course *newer(const struct courses *courses, const struct course *course,
                                  int least)
{
    const struct course *start = courses_start(courses, course->id);
    uint64_t old[N_NUMBERS], new[N_NUMBERS];
    if (start == NULL || start == course)
        return NULL;
    read_version(course->version, old);
    read_version(start->version, new);
    for (int i = 0; i < N_NUMBERS; i++) {
        if (old[i] != new[i])
            return i >= least && new[i] > old[i] ? start : NULL;
    }
    return NULL;
}

static bool is_same_question(const struct question *a, const struct question *b)
{
    bool is_same = a->kind == b->kind && a->n_choices == b->n_choices &&
                   a->scored_index == b->scored_index && a->low == b->low && a->high == b->high &&
                   a->if_unit == b->if_unit && a->if_choices == b->if_choices;
    for (uint8_t i = 0; is_same && i < a->n_choices; i++)
        is_same = a->choices[i].is_right == b->choices[i].is_right;
    return is_same;
}

/* Same lessons, questions, options and keys in the same order: only words differ. `publish` looks
 * closer; this is what no learner's place can do without. */
static bool is_same_course(const struct course *a, const struct course *b)
{
    bool is_same = a->n_units == b->n_units && a->n_modules == b->n_modules;
    for (uint16_t i = 0; is_same && i < a->n_units; i++) {
        const struct unit *x = &a->units[i], *y = &b->units[i];
        is_same = str_eq(x->id, y->id) && x->module == y->module && x->kind == y->kind &&
                  x->n_screens == y->n_screens && x->variant == y->variant &&
                  x->n_variants == y->n_variants &&
                  (x->question == NULL || is_same_question(x->question, y->question));
    }
    return is_same;
}

const struct course *versions_patched(const struct courses *courses, const struct course *course)
{
    const struct course *patch = course != NULL ? newer(courses, course, PATCH) : NULL;
    return patch != NULL && is_same_course(course, patch) ? patch : course;
}

/* ---- between two modules ---- */

/* What was noted of questions goes with their ids. */
static void move_bits(const struct course *from, const struct course *to,
                      uint8_t bits[LEARNER_BITMAP_BYTES])
{
    uint8_t moved[LEARNER_BITMAP_BYTES] = {0};
    for (uint16_t i = 0; i < from->n_units; i++) {
        const struct question *q = from->units[i].question;
        if (q == NULL || !q->is_scored || !bits_get(bits, q->scored_index))
            continue;
        const struct unit *unit = course_unit(to, from->units[i].id);
        const struct question *same = unit != NULL ? unit->question : NULL;
        if (same != NULL && same->is_scored)
            bits_set(moved, same->scored_index);
    }
    memcpy(bits, moved, sizeof(moved));
}

/* Puts the learner behind that module of the next version. False: it has no such module. */
static bool move_behind(struct step *s, const struct course *next, struct str module)
{
    struct learner *l = s->learner;
    for (uint16_t i = 0; i < next->n_modules; i++) {
        const struct module *same = &next->modules[i];
        if (!str_eq(same->id, module) || same->number == 0)
            continue;
        move_bits(s->base, next, l->answered);
        move_bits(s->base, next, l->right);
        move_bits(s->base, next, l->recalled);
        l->course_key = next->key;
        s->base = next;
        step_set_unit(s, &next->units[same->first_unit + same->n_units - 1]);
        return true;
    }
    return false;
}

/* The module that the learner has finished; NULL: none, or this is no such place. */
static const struct module *finished_module(const struct step *s)
{
    const struct unit *unit = step_unit(s);
    return s->learner->state == LEARNER_STATE_MODULE_DONE && unit != NULL
               ? &s->base->modules[unit->module]
               : NULL;
}

void versions_move(struct step *s)
{
    const struct course *next = newer(s->courses, s->base, MINOR);
    const struct module *module = finished_module(s);
    if (next != NULL && module != NULL)
        (void)move_behind(s, next, module->id); /* else it stays: the module is gone there */
}

/* ---- the next major version ---- */

/* Half a year after the first version of this number went live, whoever is still on an earlier one
 * is asked (docs/course-rules.md 6.4.3). */
#define OFFERED_AFTER_MS (183 * DAY_MS)

static bool is_old_enough(const struct step *s, const struct course *next)
{
    for (uint16_t i = 0; i < s->courses->n; i++) {
        if (s->courses->list[i] == next)
            return s->input->now.ms - s->courses->since_ms[i] >= OFFERED_AFTER_MS;
    }
    return false;
}

/* That version, and the module of it behind which the learner would go on; NULL: no offer. */
static const struct course *offered(const struct step *s, struct str *ret_module)
{
    const struct course *next = newer(s->courses, s->base, MAJOR);
    const struct module *module = finished_module(s);
    if (next == NULL || module == NULL || newer(s->courses, s->base, MINOR) != NULL ||
        !is_old_enough(s, next))
        return NULL;
    for (uint16_t i = 0; i < next->moves.n; i++) {
        if (str_eq(next->moves.list[i].from, module->id)) {
            *ret_module = next->moves.list[i].to;
            return next;
        }
    }
    return NULL;
}

/* In the words of that version: those of an earlier one may know of no offers. */
struct str versions_offer(const struct step *s)
{
    struct str module;
    const struct course *next = offered(s, &module);
    struct step there = *s;
    if (next == NULL)
        return STR_NONE;
    there.course = course_in(next, str_from(s->learner->lang), -1);
    return step_text(&there, COURSE_TEXT_version_offer, NO_VARS);
}

bool versions_answer(struct step *s)
{
    struct str module;
    const struct course *next = offered(s, &module);
    if (next == NULL || str_is_empty(versions_offer(s)) || !str_eq(s->norm, STR("8")) ||
        !move_behind(s, next, module))
        return false;
    course_next_module(s);
    return true;
}
