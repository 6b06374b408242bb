/* lesson.h: all checks of a course, in the order of its files. */
#include "core/lesson/lesson.h"

#include <string.h>

#include "core/lesson/check_internal.h"
#include "core/match/match.h"
#include "core/utf8.h"

/* ---- sources ---- */

/* "[V]", "[P; wording M]" ...: does the tag say how sure it is, and is some of it unsure? */
static bool find_mark(struct str source, bool *ret_is_unsure)
{
    bool is_found = false;
    for (size_t i = 0; i + 1 < source.len; i++) {
        if (source.p[i] != '[')
            continue;
        is_found = is_found || memchr("VPMD?", source.p[i + 1], 5) != NULL;
        for (size_t j = i; j < source.len && source.p[j] != ']'; j++)
            *ret_is_unsure = *ret_is_unsure || source.p[j] == '?';
    }
    return is_found;
}

/* Place of the unit's source comment. */
static struct source_pos source_pos_of(const struct check *c, const struct unit *unit)
{
    for (uint32_t i = 0; i < c->source->n_files; i++) {
        const struct lesson_blocks *blocks = &c->source->files[i];
        for (uint32_t j = 0; j < blocks->n; j++) {
            const struct lesson_block *b = &blocks->list[j];
            if (b->kind == LESSON_BLOCK_COMMENT && unit->source.p >= b->text.p &&
                unit->source.p <= b->text.p + b->text.len)
                return b->pos;
        }
    }
    return unit->pos;
}

static void check_source(struct check *c, const struct unit *unit)
{
    bool is_unsure = false;
    if (str_is_empty(unit->source))
        check_error(c, "source-missing", unit->pos, unit->title,
                    STR("nothing says where this comes from"),
                    STR("write below the heading: <!-- source: law or study, paragraph [V] -->"));
    else if (!find_mark(unit->source, &is_unsure))
        check_warning(c, "source-unmarked", source_pos_of(c, unit), unit->source,
                      STR("the source does not say how well it was checked"),
                      STR("add a mark: [V] checked word by word, [P] place checked, [M] from "
                          "memory, [D] advice of the authors"));
    else if (is_unsure)
        check_warning(c, "source-unchecked", source_pos_of(c, unit), unit->source,
                      STR("a source marked [?]: not to be published before somebody checked it"),
                      STR("check it, or word the text so that it does not claim it"));
}

/* ---- options ---- */

/* How an option looks on a small screen; scratch. */
static struct str skeleton(struct check *c, struct str text)
{
    struct str normal = match_normalise(text, c->scratch);
    char *dst = arena_alloc(c->scratch, normal.len + 1);
    size_t len = 0;
    for (size_t at = 0; dst != NULL && at < normal.len;)
        len += utf8_put(check_look_alike(utf8_next(normal, &at)), dst + len);
    return (struct str){dst, len};
}

static void check_options(struct check *c, const struct unit *unit)
{
    const struct question *q = unit->question;
    struct str looks[COURSE_MAX_CHOICES];
    arena_reset(c->scratch);
    for (uint8_t i = 0; i < q->n_choices; i++) {
        struct str text = q->choices[i].text;
        struct source_pos pos = lesson_source_pos(c->source, text.p, unit->pos);
        looks[i] = skeleton(c, text);
        for (uint8_t j = 0; j < i && looks[i].len > 0; j++) {
            if (str_eq(looks[i], looks[j]))
                check_error(
                    c, "option-double", pos, text,
                    arena_printf(c->arena, "options %u and %u look the same", j + 1u, i + 1u),
                    STR("write another option; look-alike letters of another script count "
                        "as the same"));
        }
        struct str normal = match_normalise(text, c->scratch);
        struct command_match match = match_command(c->course->words, normal, NULL);
        bool is_answer = match.command == COMMAND_YES || match.command == COMMAND_NO;
        if (match_is_stop(c->course->words, normal) ||
            (match.command != COMMAND_NONE && !is_answer && str_is_empty(match.argument)))
            check_error(
                c, "option-command", pos, text,
                STR("an option that is a command: who writes it out, instead of its number, "
                    "is taken elsewhere"),
                STR("write the option with other words"));
    }
}

/* The engine keeps one answer for conditions: the last of those that any condition asks about. */
static void check_condition(struct check *c, const struct unit *unit)
{
    uint16_t index = course_unit_index(c->course, unit);
    uint16_t target = unit->question->if_unit;
    if (target == UINT16_MAX || target >= index)
        return;
    for (uint16_t i = (uint16_t)(index + 1); i < c->course->n_units; i++) {
        const struct question *later = c->course->units[i].question;
        if (later == NULL || later->if_unit == UINT16_MAX || later->if_unit >= target)
            continue;
        check_error(c, "if-crossed", c->course->units[i].pos, c->course->units[i].title,
                    arena_printf(c->arena,
                                 "its condition asks about an answer that is forgotten "
                                 "since `%.*s`",
                                 STR_ARG(c->course->units[target].id)),
                    STR("put this question before the one that other conditions ask about"));
        return;
    }
}

/* ---- texts of units ---- */

static void check_feedback(struct check *c, struct str feedback, struct source_pos fallback)
{
    if (feedback.p == NULL)
        return;
    arena_reset(c->scratch);
    check_alphabet(c, feedback, fallback);
    check_no_placeholder(c, feedback, fallback);
    check_length(c, check_measure(c, feedback, LESSON_LIMIT_FEEDBACK),
                 lesson_source_pos(c->source, feedback.p, fallback), feedback,
                 STR("a feedback that is too long"), "shorten it to one line that says why");
}

/* One mistake, one finding: what follows from another is not said. */
static bool has_error_at(const struct check *c, struct source_pos pos)
{
    for (uint32_t i = 0; i < c->findings->n; i++) {
        const struct lesson_finding *f = &c->findings->list[i];
        if (f->severity == LESSON_SEVERITY_ERROR && str_eq(f->pos.file, pos.file) &&
            f->pos.line == pos.line)
            return true;
    }
    return false;
}

static void check_question(struct check *c, const struct unit *unit)
{
    const struct question *q = unit->question;
    check_alphabet(c, q->stem, unit->pos);
    check_no_placeholder(c, q->stem, unit->pos);
    bool has_feedback = q->feedback.p != NULL || q->feedback_right.p != NULL;
    for (uint8_t i = 0; i < q->n_choices; i++) {
        check_alphabet(c, q->choices[i].text, unit->pos);
        check_no_placeholder(c, q->choices[i].text, unit->pos);
        check_feedback(c, q->choices[i].feedback, unit->pos);
        has_feedback = has_feedback || q->choices[i].feedback.p != NULL;
    }
    check_feedback(c, q->feedback, unit->pos);
    check_feedback(c, q->feedback_right, unit->pos);
    check_feedback(c, q->feedback_wrong, unit->pos);
    check_options(c, unit);
    check_condition(c, unit);
    if (q->is_scored && !has_feedback)
        check_error(c, "feedback-missing", unit->pos, unit->title,
                    STR("a question that teaches nothing: it has no feedback"),
                    STR("write one line behind > that says why the answer is right"));
    if (!q->is_scored && has_feedback && !has_error_at(c, unit->pos))
        check_error(c, "feedback-misplaced", unit->pos, unit->title,
                    STR("feedback that nobody sees: this question has no right answer, or is part "
                        "of a test"),
                    STR("remove the lines that begin with >"));
}

static void check_unit(struct check *c, const struct unit *unit)
{
    enum module_kind kind = c->course->modules[unit->module].kind;
    if (c->source->strings != NULL && !str_ends(unit->pos.file, STR(".po")))
        return; /* not translated as a whole */
    if (c->source->strings == NULL && (kind == MODULE_LESSONS || kind == MODULE_TEST))
        check_source(c, unit);
    if (unit->question != NULL)
        check_question(c, unit);
    for (uint16_t i = 0; i < unit->n_screens; i++) {
        check_alphabet(c, unit->screens[i], unit->pos);
        check_no_placeholder(c, unit->screens[i], unit->pos);
    }
}

/* Where a text of a module's front matter stands: in a translation, its entry there. */
static struct source_pos front_pos(const struct check *c, const struct module *module,
                                   const char *key)
{
    const struct lesson_strings *strings = c->source->strings;
    struct str id = arena_printf(c->scratch, "%.*s.%s", STR_ARG(module->id), key);
    for (uint32_t i = 0; strings != NULL && i < strings->n; i++) {
        if (strings->list[i].entry != NULL && str_eq(strings->list[i].context, id))
            return strings->list[i].entry->pos;
    }
    return c->source->module_pos[module - c->course->modules];
}

/* The texts of a module's front matter that are said within a system text, which calls them name.
 */
static const struct front_text {
    size_t at; /* in struct module */
    const char *key, *name;
    enum course_text around;
    enum lesson_limit limit;
} front_texts[] = {
    {offsetof(struct module, summary), "summary", "summary", COURSE_TEXT_catch,
     LESSON_LIMIT_MESSAGE},
    {offsetof(struct module, key_message), "key_message", "text", COURSE_TEXT_key_message,
     LESSON_LIMIT_KEY},
    {offsetof(struct module, guide), "guide", "guide", COURSE_TEXT_lead_topic,
     LESSON_LIMIT_MESSAGE},
};

static void check_front_text(struct check *c, const struct module *module,
                             const struct front_text *row)
{
    struct str text = *(const struct str *)((const char *)module + row->at);
    if (str_is_empty(text) || module->is_untranslated)
        return;
    arena_reset(c->scratch);
    struct source_pos pos = front_pos(c, module, row->key);
    struct str said = lesson_sample_text(
        c->course, c->course->texts[row->around],
        (const struct course_var[]){{row->name, text}, {"title", module->title}, {NULL, STR_NONE}},
        c->scratch);
    check_alphabet(c, text, pos);
    check_no_placeholder(c, text, pos);
    check_length(
        c, check_measure(c, said, row->limit), pos, text,
        arena_printf(c->arena, "%.*s.%s, all in, is too long", STR_ARG(module->id), row->key),
        "shorten it");
}

static void check_front_texts(struct check *c, const struct module *module)
{
    arena_reset(c->scratch);
    check_alphabet(c, module->title, front_pos(c, module, "title"));
    for (size_t i = 0; i < ARRAY_LEN(front_texts); i++)
        check_front_text(c, module, &front_texts[i]);
}

/* Both stand in many messages. */
static void check_course_title(struct check *c)
{
    arena_reset(c->scratch);
    if (c->source->strings != NULL)
        return; /* its translations are entries like others */
    check_alphabet(c, c->course->title, c->source->title_pos);
    if (!str_eq(c->course->name, c->course->title))
        check_alphabet(c, c->course->name, c->source->name_pos);
}

void check_all(struct check *c)
{
    check_course_title(c);
    check_system_texts(c);
    check_words(c);
    for (uint16_t i = 0; i < c->course->n_modules; i++)
        check_front_texts(c, &c->course->modules[i]);
    for (uint16_t i = 0; i < c->course->n_units; i++)
        check_unit(c, &c->course->units[i]);
}
