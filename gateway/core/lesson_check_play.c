#include <assert.h>
#include <string.h>

#include "core/lesson_check_internal.h"

/* One imaginary learner. */
struct play {
    struct check *c;
    struct courses courses;
    struct learner learner;
    int64_t now_ms;
    uint8_t option; /* chosen wherever there are so many; 0 = the right one */
    bool is_over;
    bool *is_seen; /* by unit: some play came here */
    bool *is_told; /* by unit: too long, and said so */
};

static const struct unit *place(const struct play *p)
{
    return p->learner.unit[0] != '\0' ? course_unit(p->c->course, str_from(p->learner.unit)) : NULL;
}

/* ---- what the learner sends ---- */

static struct str choose(const struct play *p, const struct question *q)
{
    static const char *const keys[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
    uint8_t option = 1;
    for (uint8_t i = 0; i < q->n_choices; i++) {
        if (p->option == 0 && q->choices[i].is_right)
            option = (uint8_t)(i + 1);
    }
    if (p->option > 0)
        option = p->option < q->n_choices ? p->option : q->n_choices;
    return str_from(keys[option - 1]);
}

static struct str answer_to(const struct play *p, const struct question *q)
{
    switch (q->answer) {
    case ANSWER_CHOICE:
        return choose(p, q);
    case ANSWER_NUMBER:
        return arena_printf(p->c->scratch, "%d", p->option == 0 ? q->high : q->low);
    case ANSWER_WORD:
        return q->n_accepted > 0 ? q->accepted[0] : STR("9");
    case ANSWER_OPEN:
        return STR("more stories");
    }
    return STR("9");
}

/* Goes on from wherever the learner is. */
static struct input next_input(struct play *p)
{
    const struct unit *unit = place(p);
    struct input input = {.kind = INPUT_TEXT, .via = VIA_SMS, .text = STR("1")};
    enum learner_state state = p->learner.state;
    if (state == LEARNER_STATE_NEW) {
        input.text = STR("join");
    } else if (state == LEARNER_STATE_LESSON || state == LEARNER_STATE_MODULE_DONE) {
        input.text = STR("9");
    } else if (state == LEARNER_STATE_RETAKE) {
        p->now_ms = p->learner.ended_ms + 1;
        input.text = STR("next");
    } else if (state == LEARNER_STATE_DONE) {
        p->is_over = p->learner.ended_ms == 0;
        p->now_ms = p->learner.ended_ms + 1;
        input.kind = INPUT_TIMER;
    } else if (unit != NULL && unit->question != NULL) {
        input.text = answer_to(p, unit->question);
    }
    p->now_ms += 1000;
    input.now.ms = p->now_ms;
    return input;
}

/* ---- what the learner gets ---- */

static void tell_screen(struct play *p, const struct unit *unit, struct str text, uint32_t units)
{
    struct check *c = p->c;
    struct str own =
        unit->question != NULL ? unit->question->stem : unit->screens[p->learner.screen];
    check_error(c, "too-long", lesson_source_pos(c->source, own.p, unit->pos),
                arena_str(c->arena, text),
                arena_printf(c->arena, "a screen of %u %s by SMS, all in; at most %u are allowed",
                             units, c->limits->unit, c->limits->message),
                arena_printf(c->arena, "shorten it by %u, or split it with a blank line",
                             units - c->limits->message));
}

/* The reply to an answer: feedback and what comes next in one message. */
static void tell_reply(struct play *p, const struct unit *before, struct str reply, uint32_t units)
{
    struct check *c = p->c;
    struct source_pos pos = before != NULL ? before->pos : c->source->front_pos;
    check_error(c, "too-long", pos, arena_str(c->arena, reply),
                arena_printf(c->arena,
                             "what follows this by SMS, in one message, has %u %s; at most %u are "
                             "allowed",
                             units, c->limits->unit, c->limits->message),
                arena_printf(c->arena,
                             "shorten the feedback here, the next screen, or the system "
                             "text between them by %u",
                             units - c->limits->message));
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
    bool is_open;
    return engine_screen(&p->courses, lesson_sample_context(), &p->learner, via, p->c->scratch, ret,
                         &is_open) == ERR_OK;
}

static void measure_page(struct play *p, const struct unit *unit)
{
    struct check *c = p->c;
    struct str page;
    if (!get_screen(p, VIA_USSD, &page))
        return;
    uint32_t units = check_measure(c, page);
    if (units > c->limits->page)
        check_error(c, "too-long", lesson_source_pos(c->source, unit->question->stem.p, unit->pos),
                    arena_str(c->arena, page),
                    arena_printf(c->arena,
                                 "the question and its options have %u %s on USSD; one page has %u",
                                 units, c->limits->unit, c->limits->page),
                    arena_printf(c->arena, "shorten the question or its options by %u",
                                 units - c->limits->page));
}

static void measure(struct play *p, const struct unit *before, struct str reply)
{
    struct check *c = p->c;
    const struct unit *unit = place(p);
    uint32_t limit = c->limits->message, units = check_measure(c, reply), alone = 0;
    struct str screen;
    if (unit != NULL && get_screen(p, VIA_SMS, &screen))
        alone = check_measure(c, screen);
    if (alone > limit && take_turn(p->is_told, index_of(p, unit)))
        tell_screen(p, unit, screen, alone);
    else if (units > limit && alone <= limit && take_turn(p->is_told, index_of(p, before)))
        tell_reply(p, before, reply, units);
    if (unit == NULL || take_turn(p->is_seen, index_of(p, unit)) == false)
        return;
    if (unit->question != NULL)
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
    p->is_over = true;
}

static void play_step(struct play *p)
{
    struct check *c = p->c;
    arena_reset(c->scratch);
    struct learner before = p->learner;
    const struct unit *unit = place(p);
    struct input input = next_input(p);
    struct outcome *out = arena_new_array(c->scratch, struct outcome, 1);
    if (p->is_over)
        return;
    if (out == NULL || engine_step(&p->courses, lesson_sample_context(), &p->learner, &input,
                                   c->scratch, out) != ERR_OK) {
        tell_stuck(p);
        return;
    }
    p->learner = out->next;
    p->learner.seq++;
    bool is_same = before.state == p->learner.state && before.screen == p->learner.screen &&
                   strcmp(before.unit, p->learner.unit) == 0 &&
                   before.post_tries == p->learner.post_tries;
    if (is_same)
        tell_stuck(p);
    else
        measure(p, unit, out->reply);
}

static void play_course(struct play *p, uint8_t option)
{
    const struct course *course = p->c->course;
    learner_init(&p->learner);
    p->option = option;
    p->is_over = false;
    p->now_ms = 1000;
    /* Each screen once, the test again for every try, and what lies between them. */
    uint32_t n_steps = 64;
    for (uint16_t i = 0; i < course->n_units; i++)
        n_steps += course->units[i].n_screens + 1u + course->max_tries;
    for (uint32_t i = 0; i < n_steps && !p->is_over; i++)
        play_step(p);
    if (!p->is_over)
        tell_stuck(p);
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

void check_play(struct check *c)
{
    const struct course *course = c->course;
    struct play p = {
        .c = c,
        .courses = {.list = {course}, .n = 1},
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
        play_course(&p, option);
    if (c->findings->n_errors == n_errors)
        tell_unreached(&p);
}
