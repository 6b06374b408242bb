/* parse.h: one module: its lessons and questions. */
#include "core/lesson/parse_internal.h"

#include <assert.h>
#include <string.h>

#include "core/question.h"

/* What is being read between two headings. */
struct section {
    const struct lesson_blocks *blocks;
    const struct lesson_block *heading; /* NULL before the first */
    uint32_t from, to;                  /* its blocks behind the heading */
    struct parse_id id;
    struct str title;
    uint16_t module;
};

static struct unit *add_unit(struct parse *p, const struct section *s, enum unit_kind kind)
{
    struct course *course = &p->source->course;
    struct module *module = &p->modules[s->module];
    if (course->n_units == COURSE_MAX_UNITS) {
        parse_complain(
            p, "too-many", s->heading->pos, s->id.id,
            arena_printf(p->arena, "more than %u lessons and questions", COURSE_MAX_UNITS),
            STR("split the course in two"));
        return NULL;
    }
    struct unit *unit = &p->units[course->n_units++];
    *unit = (struct unit){.id = s->id.id,
                          .title = s->title,
                          .kind = kind,
                          .module = s->module,
                          .pos = s->heading->pos};
    module->n_units++;
    for (uint32_t i = s->from; i < s->to; i++) {
        struct str source;
        if (!parse_source(&s->blocks->list[i], &source))
            continue;
        if (unit->source.p != NULL)
            parse_complain(p, "source-double", s->blocks->list[i].pos, source,
                           STR("a second source comment"),
                           STR("put both into one comment, with ; between them"));
        unit->source = source;
    }
    return unit;
}

/* ---- lessons ---- */

static void parse_lesson_directive(struct parse *p, const struct lesson_block *block,
                                   bool *ret_is_story)
{
    if (str_eq(block->text, STR("story")))
        *ret_is_story = true;
    else
        parse_complain(p, "directive-unknown", block->pos, block->text,
                       STR("an unknown instruction under a lesson"),
                       STR("a lesson knows `@ story` only; a text that begins with @ is written "
                           "\\@"));
}

/* A # heading: a lesson if texts follow; else the name of the questions below it. */
static void parse_lesson(struct parse *p, const struct section *s, bool has_questions)
{
    struct str *screens = arena_new_array(p->arena, struct str, COURSE_MAX_SCREENS);
    uint16_t n = 0;
    bool is_story = false;
    for (uint32_t i = s->from; i < s->to && screens != NULL; i++) {
        const struct lesson_block *block = &s->blocks->list[i];
        if (block->kind == LESSON_BLOCK_DIRECTIVE)
            parse_lesson_directive(p, block, &is_story);
        else if (block->kind == LESSON_BLOCK_COMMENT)
            continue;
        else if (block->kind != LESSON_BLOCK_TEXT)
            parse_misplaced(p, block, "options, answers and feedback stand under a ## question");
        else if (p->modules[s->module].kind != MODULE_LESSONS)
            parse_misplaced(p, block, "only a module of `kind: lessons` has lessons");
        else if (n == COURSE_MAX_SCREENS)
            parse_complain(
                p, "too-many", block->pos, block->text,
                arena_printf(p->arena, "more than %u screens in one lesson", COURSE_MAX_SCREENS),
                STR("begin a new lesson with a # heading"));
        else
            screens[n++] = parse_text(p, block, block->text);
    }
    if (n == 0 && (!has_questions || is_story))
        parse_complain(p, "empty", s->heading->pos, s->id.id,
                       STR("a heading with nothing for a learner under it"),
                       STR("write a text or a question below it, or remove it"));
    struct unit *unit = n > 0 ? add_unit(p, s, is_story ? UNIT_STORY : UNIT_LESSON) : NULL;
    if (unit != NULL) {
        unit->screens = screens;
        unit->n_screens = n;
    }
}

/* ---- questions ---- */

struct draft {
    struct question *q;
    struct choice *choices;
    uint8_t n_boxes, n_right;
    const struct lesson_block *answer;   /* the = line */
    const struct lesson_block *right[2]; /* the first two right options */
};

static void parse_answer(struct parse *p, const struct lesson_block *block, struct draft *d)
{
    if (d->answer != NULL)
        parse_complain(p, "answer-mixed", block->pos, block->text, STR("a second answer line"),
                       STR("keep one; several words stand in one line with | between them"));
    else
        d->answer = block;
}

static void parse_choice(struct parse *p, const struct lesson_block *block, struct draft *d)
{
    if (d->q->n_choices == COURSE_MAX_CHOICES) {
        parse_complain(p, "too-many", block->pos, block->text,
                       arena_printf(p->arena, "more than %u options: each needs a key 1 to 9",
                                    COURSE_MAX_CHOICES),
                       STR("join options, or ask two questions"));
        return;
    }
    if (str_is_empty(block->text))
        parse_complain(p, "text-empty", block->pos, STR_NONE, STR("an option without text"),
                       STR("write the option behind the box, or remove the line"));
    struct choice *choice = &d->choices[d->q->n_choices++];
    choice->text = parse_text(p, block, block->text);
    choice->is_right = block->mark == LESSON_MARK_RIGHT;
    if (block->mark != LESSON_MARK_NONE)
        d->n_boxes++;
    if (choice->is_right)
        d->n_right++;
    if (choice->is_right && d->n_right <= ARRAY_LEN(d->right))
        d->right[d->n_right - 1] = block;
}

static void set_feedback(struct parse *p, const struct lesson_block *block, struct str *field,
                         struct str text)
{
    if (field->p != NULL)
        parse_complain(p, "feedback-double", block->pos, block->text,
                       STR("a second feedback of the same kind"),
                       STR("keep one: `> text` for all answers, or `> right: text` and `> wrong: "
                           "text`"));
    *field = parse_text(p, block, str_trim(text));
    if (str_is_empty(*field))
        parse_complain(p, "text-empty", block->pos, STR_NONE, STR("a feedback without words"),
                       STR("write it behind >, or remove the line"));
}

static void parse_note(struct parse *p, const struct lesson_block *block, struct draft *d)
{
    struct str text = block->text;
    if (block->is_in_item && d->q->n_choices > 0)
        set_feedback(p, block, &d->choices[d->q->n_choices - 1].feedback, text);
    else if (str_eq_nocase(str_sub(text, 0, 6), STR("right:")))
        set_feedback(p, block, &d->q->feedback_right, str_sub(text, 6, text.len));
    else if (str_eq_nocase(str_sub(text, 0, 6), STR("wrong:")))
        set_feedback(p, block, &d->q->feedback_wrong, str_sub(text, 6, text.len));
    else
        set_feedback(p, block, &d->q->feedback, text);
}

static void complain_if(struct parse *p, const struct lesson_block *block, struct str what)
{
    parse_complain(p, "if-target", block->pos, block->text, what,
                   STR("write `@ if id = 2 3`: the id of an earlier question with options in this "
                       "module, and which of its options lead here"));
}

static const struct unit *find_earlier(const struct parse *p, uint16_t module, struct str id)
{
    const struct module *m = &p->modules[module];
    for (uint16_t i = m->first_unit; i < p->source->course.n_units; i++) {
        if (str_eq(p->units[i].id, id) && p->units[i].question != NULL)
            return &p->units[i];
    }
    return NULL;
}

/* "if w1 = 2 3" */
static void parse_if(struct parse *p, const struct lesson_block *block, const struct section *s,
                     struct draft *d)
{
    struct str rest = str_sub(block->text, 2, block->text.len);
    struct str id = str_trim(str_split(&rest, '='));
    const struct unit *target = find_earlier(p, s->module, id);
    if (target == NULL || question_row(target->question->kind)->options != QUESTION_OPTIONS_ONE) {
        complain_if(
            p, block,
            arena_printf(p->arena, "`%.*s` is no earlier question with options", STR_ARG(id)));
        return;
    }
    d->q->if_unit = (uint16_t)(target - p->units);
    uint32_t n_errors = p->findings->n_errors;
    for (size_t at = 0; at < rest.len;) {
        size_t end = at;
        while (end < rest.len && strchr(" ,", rest.p[end]) == NULL)
            end++;
        struct str word = str_sub(rest, at, end);
        uint64_t number = 0;
        bool is_option = str_to_u64(word, target->question->n_choices, &number) == ERR_OK;
        if (is_option && number > 0)
            d->q->if_choices |= (uint16_t)(1u << number);
        else if (word.len > 0)
            complain_if(p, block,
                        arena_printf(p->arena, "`%.*s` is no option of `%.*s`, which has 1 to %u",
                                     STR_ARG(word), STR_ARG(id), target->question->n_choices));
        at = end + 1;
    }
    if (d->q->if_choices == 0 && p->findings->n_errors == n_errors)
        complain_if(p, block, STR("the condition names no option: nobody is asked this"));
}

static void parse_question_block(struct parse *p, const struct lesson_block *block,
                                 const struct section *s, struct draft *d)
{
    switch (block->kind) {
    case LESSON_BLOCK_ITEM:
        parse_choice(p, block, d);
        break;
    case LESSON_BLOCK_ANSWER:
        parse_answer(p, block, d);
        break;
    case LESSON_BLOCK_NOTE:
        parse_note(p, block, d);
        break;
    case LESSON_BLOCK_DIRECTIVE:
        if (str_starts(block->text, STR("if ")))
            parse_if(p, block, s, d);
        else
            parse_complain(p, "directive-unknown", block->pos, block->text,
                           STR("an unknown instruction under a question"),
                           STR("a question knows `@ if id = 1` only; a text that begins with @ is "
                               "written \\@"));
        break;
    case LESSON_BLOCK_TEXT:
        parse_misplaced(p, block,
                        "the question is its heading; write all of it behind `## id:`, or put this "
                        "text before the question");
        break;
    case LESSON_BLOCK_COMMENT:
    case LESSON_BLOCK_HEADING: /* ends the section */
        break;
    }
}

/* Does the question have exactly the key that its module asks for? */
static void check_key(struct parse *p, const struct section *s, const struct draft *d)
{
    enum module_kind kind = p->modules[s->module].kind;
    bool has_key = kind == MODULE_LESSONS || kind == MODULE_TEST;
    const struct question *q = d->q;
    struct source_pos pos = s->heading->pos;
    if (d->n_boxes > 0 && d->n_boxes < q->n_choices)
        parse_complain(p, "key-mixed", pos, s->title,
                       STR("some options have a box, others have none"),
                       STR("give every option a box, `[ ]` or `[x]` with a blank behind it, or "
                           "none of them"));
    else if (d->n_boxes > 0 && !has_key)
        parse_complain(p, "key-misplaced", pos, s->title,
                       STR("a question of this module has no right answer"),
                       STR("write options as `- text`, without a box"));
    else if (d->n_boxes > 0 && d->n_right == 0)
        parse_complain(p, "key-missing", pos, s->title, STR("no option is marked as right"),
                       STR("write [x] before the right one"));
    else if (d->n_right > 1 && question_row(q->kind)->options == QUESTION_OPTIONS_ONE)
        parse_complain(p, "key-double", d->right[1]->pos, d->right[1]->text,
                       arena_printf(p->arena, "a second right option; the first is in line %u",
                                    d->right[0]->pos.line),
                       STR("leave one [x], or write `= all` below the options to ask for all that "
                           "apply"));
    else if (kind == MODULE_TEST && d->n_boxes == 0 && q->n_accepted == 0)
        parse_complain(p, "key-missing", pos, s->title,
                       STR("a test question without a right answer"),
                       STR("write options with [ ] and one [x], or accepted words behind ="));
}

static void check_options(struct parse *p, const struct section *s, const struct draft *d,
                          bool is_one_chosen)
{
    const struct question *q = d->q;
    struct source_pos pos = s->heading->pos;
    if (p->modules[s->module].kind == MODULE_ROLE && (q->n_choices == 0 || !is_one_chosen))
        parse_complain(p, "answer-missing", pos, s->title,
                       STR("the role question needs options, of which one is chosen"),
                       STR("write options as `- text`"));
    for (uint8_t i = 0; i < q->n_choices && !is_one_chosen; i++) {
        if (d->choices[i].feedback.p != NULL)
            parse_complain(p, "feedback-misplaced", pos, d->choices[i].feedback,
                           STR("feedback to one option, where several may be chosen"),
                           STR("write `> right: text` and `> wrong: text` for the question"));
    }
}

static void check_answers(struct parse *p, const struct section *s, const struct draft *d)
{
    const struct question *q = d->q;
    struct source_pos pos = s->heading->pos;
    const struct question_row *row = question_row_find(
        q->n_choices, d->answer != NULL ? d->answer->text : STR_NONE, &d->q->kind);
    const char *wrong = row != NULL && row->parse != NULL && d->answer != NULL
                            ? row->parse(d->q, d->answer->text, p->arena)
                            : NULL;
    if (wrong != NULL)
        parse_complain(p, "answer-form", d->answer->pos, d->answer->text, str_from(wrong),
                       arena_printf(p->arena, "write %.*s", STR_ARG(question_forms(p->arena))));
    else if (q->n_choices > 0 && row == NULL && d->answer != NULL)
        parse_complain(p, "answer-mixed", d->answer->pos, d->answer->text,
                       STR("options and an answer line in one question"),
                       STR("keep one of them; only `= all` may stand below options"));
    else if (q->n_choices == 1)
        parse_complain(p, "answer-missing", pos, s->title, STR("a question with one option only"),
                       STR("write at least two options"));
    else if (q->n_choices == 0 && d->answer == NULL)
        parse_complain(
            p, "answer-missing", pos, s->title,
            STR("a dead end: a question that nobody can answer"),
            STR("write options below it, `- [ ] text` and one `- [x] text`, or an answer "
                "line"));
    check_options(p, s, d, row == NULL || row->options == QUESTION_OPTIONS_ONE);
}

static void settle_question(struct parse *p, const struct section *s, struct draft *d)
{
    struct module *module = &p->modules[s->module];
    struct question *q = d->q;
    check_answers(p, s, d);
    check_key(p, s, d);
    q->choices = d->choices;
    bool has_key = d->n_right > 0 || q->n_accepted > 0;
    q->is_scored = module->kind == MODULE_LESSONS && has_key;
    if (!q->is_scored)
        return;
    if (p->n_scored == COURSE_MAX_SCORED) {
        parse_complain(
            p, "too-many", s->heading->pos, s->title,
            arena_printf(p->arena, "more than %u questions with a right answer", COURSE_MAX_SCORED),
            STR("split the course in two"));
        return;
    }
    q->scored_index = p->n_scored++;
    module->n_scored++;
}

static void parse_question(struct parse *p, const struct section *s)
{
    struct draft d = {
        .q = arena_new_array(p->arena, struct question, 1),
        .choices = arena_new_array(p->arena, struct choice, COURSE_MAX_CHOICES),
    };
    if (d.q == NULL || d.choices == NULL)
        return;
    d.q->stem = s->title;
    d.q->if_unit = UINT16_MAX;
    d.q->scored_index = UINT16_MAX;
    for (uint32_t i = s->from; i < s->to; i++)
        parse_question_block(p, &s->blocks->list[i], s, &d);
    settle_question(p, s, &d);
    struct unit *unit = add_unit(p, s, UNIT_QUESTION);
    if (unit != NULL)
        unit->question = d.q;
}

/* ---- the module ---- */

/* Of a test with forms: the questions under one heading stand in for each other. */
static void settle_forms(struct parse *p, const struct module *module, uint16_t from,
                         const struct lesson_block *heading)
{
    uint16_t n = (uint16_t)(p->source->course.n_units - from);
    if (module->kind != MODULE_TEST || module->n_forms == 0 || heading == NULL)
        return;
    if (n < module->n_forms || n > COURSE_MAX_VARIANTS) {
        parse_complain(p, "forms", heading->pos, heading->text,
                       arena_printf(p->arena,
                                    "%u questions under this heading, where %u equal forms need %u "
                                    "to %u",
                                    n, module->n_forms, module->n_forms, COURSE_MAX_VARIANTS),
                       STR("write others that ask for the same, or lower `forms`"));
        return;
    }
    for (uint16_t i = 0; i < n; i++) {
        struct unit *unit = &p->units[from + i];
        unit->variant = (uint8_t)i;
        unit->n_variants = (uint8_t)n;
        if (unit->question->if_unit != UINT16_MAX)
            parse_complain(p, "forms", unit->pos, unit->title,
                           STR("a condition in a test with forms, where the question that it is "
                               "about may be asked of others only"),
                           STR("remove the line `@ if`"));
    }
}

static void check_module(struct parse *p, uint16_t index, bool is_clean)
{
    struct module *module = &p->modules[index];
    struct source_pos pos = p->source->module_pos[index];
    uint16_t n = module->n_units;
    module->n_asked = 0;
    for (uint16_t i = 0; i < n; i++)
        module->n_asked =
            (uint16_t)(module->n_asked + (p->units[module->first_unit + i].variant == 0));
    if (n == 0 && is_clean)
        parse_complain(p, "empty", pos, module->id, STR("a module with nothing in it"),
                       STR("write lessons or questions, or remove it from course.md"));
    if (module->kind == MODULE_ROLE && n > 1)
        parse_complain(p, "too-many", pos, module->id, STR("a role module has one question"),
                       STR("move the other questions to the survey"));
    if (module->kind == MODULE_TEST && module->n_asked > COURSE_MAX_TEST)
        parse_complain(p, "too-many", pos, module->id,
                       arena_printf(p->arena, "a test has at most %u questions", COURSE_MAX_TEST),
                       STR("keep the most telling ones"));
}

void parse_module(struct parse *p, const struct lesson_blocks *blocks, uint16_t module)
{
    bool has_lesson_heading = false;
    uint32_t n_errors = p->findings->n_errors;
    const struct lesson_block *set = NULL; /* the heading of the questions that follow */
    uint16_t set_from = 0;
    for (uint32_t i = 0; i < blocks->n;) {
        const struct lesson_block *block = &blocks->list[i++];
        if (block->kind == LESSON_BLOCK_COMMENT)
            continue;
        if (block->kind != LESSON_BLOCK_HEADING) {
            parse_misplaced(p, block, "put it under a heading `# id: title`");
            continue;
        }
        struct section s = {.blocks = blocks, .heading = block, .from = i, .module = module};
        while (i < blocks->n && blocks->list[i].kind != LESSON_BLOCK_HEADING)
            i++;
        s.to = i;
        bool is_lesson = block->level == 1;
        bool has_questions = i < blocks->n && blocks->list[i].level >= 2;
        if (!is_lesson && !has_lesson_heading)
            parse_misplaced(p, block, "begin with a heading `# id: title`; its questions follow");
        has_lesson_heading = true;
        if (is_lesson) {
            settle_forms(p, &p->modules[module], set_from, set);
            set = block;
            set_from = p->source->course.n_units;
        }
        if (!parse_heading(p, block, &s.id, &s.title))
            continue;
        parse_take_id(p, s.id);
        if (is_lesson)
            parse_lesson(p, &s, has_questions);
        else
            parse_question(p, &s);
    }
    settle_forms(p, &p->modules[module], set_from, set);
    check_module(p, module, p->findings->n_errors == n_errors);
}
