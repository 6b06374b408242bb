/* Checks: the course as a learner plays it, and how long that takes. */
#include <assert.h>
#include <string.h>

#include "core/lesson/check_internal.h"
#include "core/question.h"

/* One imaginary learner. */
struct play {
    struct check *c;
    struct lesson_walk walk;
    bool *is_seen; /* by unit: some play came here */
    bool *is_told; /* by unit: too long, and said so */
};

/* Of the course that is checked, which may be a translation of the one that is played. */
static const struct unit *place(const struct play *p)
{
    const char *unit = p->walk.learner.unit;
    return unit[0] != '\0' ? course_unit(p->c->course, str_from(unit)) : NULL;
}

/* ---- what the learner gets ---- */

static void tell_screen(struct check *c, struct str text, struct source_pos fallback,
                        struct lesson_length length)
{
    check_length(c, length, lesson_source_pos(c->source, text.p, fallback), text,
                 STR("a screen that is too long for SMS, all in"),
                 "shorten it, or split it with a blank line");
}

static void tell_page(struct check *c, const struct unit *unit, struct lesson_length length)
{
    struct str stem = unit->question->stem;
    check_length(c, length, lesson_source_pos(c->source, stem.p, unit->pos), stem,
                 STR("a question that, with its options, is no single USSD page"),
                 "shorten the question or its options");
}

/* The reply to an answer: feedback and what comes next in one message. */
static void tell_reply(struct play *p, const struct unit *before, struct str reply,
                       struct lesson_length length)
{
    struct check *c = p->c;
    struct source_pos pos = before != NULL ? before->pos : c->source->front_pos;
    check_length(c, length, pos, arena_str(c->arena, reply),
                 STR("what follows this in one SMS is too long"),
                 "shorten the feedback here, the next screen, or the system text between "
                 "them");
}

static bool take_turn(bool *is_told, uint16_t index)
{
    bool is_first = !is_told[index];
    is_told[index] = true;
    return is_first;
}

static uint16_t index_of(const struct play *p, const struct unit *unit)
{
    /* The slot behind the last unit stands for "no unit". */
    return unit != NULL ? course_unit_index(p->c->course, unit) : p->c->course->n_units;
}

static bool get_screen(const struct play *p, enum via via, struct str *ret)
{
    struct engine_screen at;
    enum err e = engine_screen(&p->walk.courses, lesson_sample_context(), &p->walk.learner, via,
                               p->c->scratch, &at);
    if (e == ERR_OK)
        *ret = at.text;
    return e == ERR_OK;
}

/* A translation may have the question on one page and its options on the next: a blank line between
 * {stem} and {options} of text_question turns the page where it must (docs/course-rules.md 6.2). */
static bool is_two_pages(const struct play *p, struct str page)
{
    struct check *c = p->c;
    struct str second;
    bool is_last = true;
    if (c->source->strings == NULL || str_find_char(page, '\f') == SIZE_MAX)
        return false;
    const struct gsm_ussd ussd = {
        .text = gsm_fold_pages(page, GSM_FOLD_LATIN, c->scratch),
        .more_key = gsm_fold(c->course->texts[COURSE_TEXT_more_key], GSM_FOLD_LATIN, c->scratch),
        .septets = GSM_USSD_SEPTETS,
        .ucs2 = GSM_USSD_UCS2};
    return gsm_ussd_page(&ussd, 1, c->scratch, &second, &is_last) == ERR_OK && is_last &&
           str_starts(second, STR("1"));
}

static void measure_page(struct play *p, const struct unit *unit)
{
    struct str page;
    if (get_screen(p, VIA_USSD, &page) && !is_two_pages(p, page))
        tell_page(p->c, unit, check_measure(p->c, page, LESSON_LIMIT_PAGE));
}

static void measure(struct play *p, const struct unit *before, struct str reply)
{
    struct check *c = p->c;
    const struct unit *unit = place(p);
    struct str screen;
    struct lesson_length all = check_measure(c, reply, LESSON_LIMIT_MESSAGE);
    struct lesson_length alone = all;
    if (unit != NULL && get_screen(p, VIA_SMS, &screen))
        alone = check_measure(c, screen, LESSON_LIMIT_MESSAGE);
    bool is_alone_over = unit != NULL && alone.size.units > alone.limit;
    if (is_alone_over && take_turn(p->is_told, index_of(p, unit)))
        tell_screen(c,
                    unit->question != NULL ? unit->question->stem
                                           : unit->screens[p->walk.learner.screen],
                    unit->pos, alone);
    else if (!is_alone_over && all.size.units > all.limit &&
             take_turn(p->is_told, index_of(p, before)))
        tell_reply(p, before, reply, all);
    if (unit != NULL && take_turn(p->is_seen, index_of(p, unit)) && unit->question != NULL)
        measure_page(p, unit);
}

static void tell_stuck(struct play *p)
{
    struct check *c = p->c;
    const struct unit *unit = place(p);
    check_error(c, "dead-end", unit != NULL ? unit->pos : c->source->front_pos,
                unit != NULL ? unit->title : STR_NONE,
                STR("a dead end: whatever a learner sends here, the course does not go on"),
                STR("check the options or accepted answers of this question"));
    p->walk.is_over = true;
}

static void play_step(struct play *p)
{
    struct check *c = p->c;
    arena_reset(c->scratch);
    struct learner before = p->walk.learner;
    const struct unit *unit = place(p);
    struct input input = lesson_walk_next(&p->walk, c->scratch);
    struct outcome *out = arena_new_array(c->scratch, struct outcome, 1);
    if (p->walk.is_over)
        return;
    p->walk.is_shown = true; /* nothing but dead ends is looked for */
    if (out == NULL || lesson_walk_step(&p->walk, &input, c->scratch, out) != ERR_OK) {
        tell_stuck(p);
        return;
    }
    bool is_same = before.state == p->walk.learner.state &&
                   before.screen == p->walk.learner.screen &&
                   strcmp(before.unit, p->walk.learner.unit) == 0 &&
                   before.post_tries == p->walk.learner.post_tries;
    if (is_same)
        tell_stuck(p);
    else
        measure(p, unit, out->reply);
}

static void play_course(struct play *p, uint8_t option, uint8_t draw)
{
    const struct course *course = p->c->course;
    lesson_walk_begin(&p->walk, p->c->played, VIA_SMS, option);
    p->walk.draw = draw;
    enum err e = str_copy(course->language, p->walk.learner.lang, sizeof(p->walk.learner.lang));
    assert(e == ERR_OK); /* the parser bounds language codes */
    /* Each screen once, the test again for every try, and what lies between them. */
    uint32_t n_steps = 64;
    for (uint16_t i = 0; i < course->n_units; i++)
        n_steps += course->units[i].n_screens + 1u + course->max_tries;
    for (uint32_t i = 0; i < n_steps && !p->walk.is_over; i++)
        play_step(p);
    if (!p->walk.is_over)
        tell_stuck(p);
}

/* Is there a question of a test with forms that nobody was asked yet? */
static bool has_undrawn(const struct play *p)
{
    const struct course *course = p->c->course;
    for (uint16_t i = 0; i < course->n_units; i++) {
        if (course->units[i].n_variants > 1 && !p->is_seen[i])
            return true;
    }
    return false;
}

static void tell_unreached(const struct play *p)
{
    struct check *c = p->c;
    for (uint16_t i = 0; i < c->course->n_units; i++) {
        const struct unit *unit = &c->course->units[i];
        bool is_followup = c->course->modules[unit->module].kind == MODULE_FOLLOWUP;
        if (!p->is_seen[i] && !(is_followup && c->course->followup_days == 0))
            check_error(c, "unreachable", unit->pos, unit->title,
                        STR("no learner comes here, whatever he or she answers"),
                        STR("check the conditions (`@ if`) that lead here"));
    }
}

static void estimate_lesson(struct check *c, const struct unit *unit)
{
    for (uint16_t i = 0; i < unit->n_screens; i++) {
        arena_reset(c->scratch);
        const struct course_var given[] = {{"text", unit->screens[i]}, {NULL, STR_NONE}};
        struct str body =
            lesson_sample_text(c->course, c->course->texts[COURSE_TEXT_lesson], given, c->scratch);
        body = arena_printf(c->scratch, "%.*s\n%.*s", STR_ARG(body),
                            STR_ARG(c->course->texts[COURSE_TEXT_next_key]));
        tell_screen(c, unit->screens[i], unit->pos, check_measure(c, body, LESSON_LIMIT_MESSAGE));
    }
}

static void estimate_question(struct check *c, const struct unit *unit)
{
    const struct question *q = unit->question;
    struct str lines = STR("");
    arena_reset(c->scratch);
    for (uint8_t i = 0; i < q->n_choices; i++)
        lines = arena_printf(c->scratch, "%.*s%s%u %.*s", STR_ARG(lines), i > 0 ? "\n" : "", i + 1u,
                             STR_ARG(q->choices[i].text));
    const struct course_var given[] = {{"stem", q->stem}, {"options", lines}, {NULL, STR_NONE}};
    struct str body =
        lesson_sample_text(c->course, c->course->texts[COURSE_TEXT_question], given, c->scratch);
    bool may_turn = c->source->strings != NULL && str_find_char(body, '\f') != SIZE_MAX;
    if (!may_turn)
        tell_page(c, unit, check_measure(c, body, LESSON_LIMIT_PAGE));
}

void check_estimate(struct check *c)
{
    for (uint16_t i = 0; i < c->course->n_units; i++) {
        const struct unit *unit = &c->course->units[i];
        if (c->source->strings != NULL && !str_ends(unit->pos.file, STR(".po")))
            continue; /* not translated as a whole */
        if (unit->question != NULL)
            estimate_question(c, unit);
        else
            estimate_lesson(c, unit);
    }
}

void check_play(struct check *c)
{
    const struct course *course = c->course;
    struct play p = {
        .c = c,
        .is_seen = arena_new_array(c->arena, bool, course->n_units + 1u),
        .is_told = arena_new_array(c->arena, bool, course->n_units + 1u),
    };
    if (p.is_seen == NULL || p.is_told == NULL)
        return;
    uint8_t n_options = 1;
    for (uint16_t i = 0; i < course->n_units; i++) {
        const struct question *q = course->units[i].question;
        if (q != NULL && q->n_choices > n_options)
            n_options = q->n_choices;
    }
    uint32_t n_errors = c->findings->n_errors;
    for (uint8_t option = 0; option <= n_options; option++)
        play_course(&p, option, 0);
    for (uint8_t draw = 1; draw < UINT8_MAX && has_undrawn(&p); draw++)
        play_course(&p, 0, draw);
    if (c->findings->n_errors == n_errors)
        tell_unreached(&p);
}
