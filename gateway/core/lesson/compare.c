#include <stddef.h>

#include "core/lesson/compare_internal.h"
#include "core/question.h"

#define SMALL_BYTES 8u /* that many letters may differ in a place for a slip of the pen */

/* ---- texts ---- */

/* A slip of the pen: all but a few letters in one place are the same. */
static bool is_small(struct str a, struct str b)
{
    while (a.len > 0 && b.len > 0 && a.p[0] == b.p[0]) {
        a = str_sub(a, 1, a.len);
        b = str_sub(b, 1, b.len);
    }
    while (a.len > 0 && b.len > 0 && a.p[a.len - 1] == b.p[b.len - 1]) {
        a.len--;
        b.len--;
    }
    return a.len <= SMALL_BYTES && b.len <= SMALL_BYTES;
}

static void text(struct compare *c, struct str id, const char *what, struct str old, struct str now,
                 struct source_pos pos)
{
    if (str_eq(old, now))
        return;
    bool is_patch = old.p != NULL && now.p != NULL && is_small(old, now);
    compare_add(
        c, (struct lesson_change){
               .level = is_patch ? LESSON_LEVEL_PATCH : LESSON_LEVEL_MINOR,
               .what = arena_printf(c->arena, "%.*s: %s", STR_ARG(id), what),
               .learners = is_patch ? "a few letters differ; all read the new text at once"
                                    : "other words; learners read them from their next module on",
               .pos = pos});
}

/* ---- questions ---- */

static bool is_key_same(const struct question *a, const struct question *b)
{
    bool is_same = a->n_choices == b->n_choices;
    for (uint8_t i = 0; is_same && i < a->n_choices; i++)
        is_same = a->choices[i].is_right == b->choices[i].is_right;
    return is_same;
}

/* The same options in another order, or other ones under their keys. */
static bool is_order_same(const struct question *a, const struct question *b)
{
    for (uint8_t i = 0; i < a->n_choices && i < b->n_choices; i++) {
        for (uint8_t k = 0; k < b->n_choices; k++) {
            if (k != i && str_eq(a->choices[i].text, b->choices[k].text) &&
                !str_eq(a->choices[i].text, b->choices[i].text))
                return false;
        }
    }
    return true;
}

static void other_item(struct compare *c, const struct unit *unit, const char *what)
{
    compare_add(c, (struct lesson_change){
                       .level = LESSON_LEVEL_MAJOR,
                       .what = arena_printf(c->arena, "%.*s: %s", STR_ARG(unit->id), what),
                       .learners = "who was asked the old question is judged by it",
                       .statistics =
                           "answers before and after mean different things: give the question a "
                           "new id, so that they are never added up",
                       .pos = unit->pos,
                       .is_other_item = true});
}

static bool is_accepted_same(const struct question *a, const struct question *b)
{
    bool is_same = a->n_accepted == b->n_accepted;
    for (uint8_t i = 0; is_same && i < a->n_accepted; i++)
        is_same = str_eq(a->accepted[i], b->accepted[i]);
    return is_same;
}

/* A slip of the pen may be mended; another option needs another question. */
static void compare_option(struct compare *c, const struct unit *now, struct str old_text,
                           struct str new_text)
{
    if (is_small(old_text, new_text))
        text(c, now->id, "an option has other words", old_text, new_text, now->pos);
    else
        other_item(c, now, "an option is another one");
}

static void compare_feedback(struct compare *c, struct str id, const struct question *a,
                             const struct question *b, struct source_pos pos)
{
    text(c, id, "feedback", a->feedback, b->feedback, pos);
    text(c, id, "feedback to right answers", a->feedback_right, b->feedback_right, pos);
    text(c, id, "feedback to other answers", a->feedback_wrong, b->feedback_wrong, pos);
}

static void compare_accepted(struct compare *c, struct str id, const struct question *a,
                             const struct question *b, struct source_pos pos)
{
    if (!is_accepted_same(a, b))
        compare_add(c,
                    (struct lesson_change){
                        .level = LESSON_LEVEL_MINOR,
                        .what = arena_printf(c->arena, "%.*s: other words are right", STR_ARG(id)),
                        .learners = "an answer that was not right may be right now, or the reverse",
                        .statistics = "answers before and after are judged otherwise",
                        .pos = pos});
}

static void compare_question(struct compare *c, const struct unit *old, const struct unit *now)
{
    const struct question *a = old->question, *b = now->question;
    if (a->kind != b->kind || a->low != b->low || a->high != b->high) {
        other_item(c, now, "another kind of answer");
        return;
    }
    if (a->n_choices != b->n_choices)
        other_item(c, now, "options were added or taken away");
    else if (!is_order_same(a, b))
        other_item(c, now, "the options stand in another order");
    else if (!is_key_same(a, b))
        other_item(c, now, "the right option is another one");
    if (a->if_choices != b->if_choices || (a->if_unit == UINT16_MAX) != (b->if_unit == UINT16_MAX))
        compare_add(c, (struct lesson_change){
                           .level = LESSON_LEVEL_MAJOR,
                           .what = arena_printf(c->arena, "%.*s: asked under another condition",
                                                STR_ARG(now->id)),
                           .learners = "others are asked than before",
                           .statistics = "answers before and after are of other people",
                           .pos = now->pos});
    compare_accepted(c, now->id, a, b, now->pos);
    text(c, now->id, "the question has other words", a->stem, b->stem, now->pos);
    for (uint8_t i = 0; i < a->n_choices && a->n_choices == b->n_choices && is_order_same(a, b);
         i++) {
        compare_option(c, now, a->choices[i].text, b->choices[i].text);
        text(c, now->id, "feedback to an option", a->choices[i].feedback, b->choices[i].feedback,
             now->pos);
    }
    compare_feedback(c, now->id, a, b, now->pos);
}

/* Of a translation: which options and which kind was said of the original. */
static void compare_question_words(struct compare *c, struct str id, const struct question *a,
                                   const struct question *b, struct source_pos pos)
{
    text(c, id, "the question has other words", a->stem, b->stem, pos);
    for (uint8_t i = 0; i < a->n_choices && i < b->n_choices; i++) {
        text(c, id, "an option has other words", a->choices[i].text, b->choices[i].text, pos);
        text(c, id, "feedback to an option", a->choices[i].feedback, b->choices[i].feedback, pos);
    }
    compare_accepted(c, id, a, b, pos);
    compare_feedback(c, id, a, b, pos);
}

/* ---- units ---- */

static void compare_unit(struct compare *c, const struct unit *old, const struct unit *now)
{
    struct str before = c->old->modules[old->module].id, after = c->now->modules[now->module].id;
    if (!str_eq(before, after))
        compare_add(c, (struct lesson_change){
                           .level = LESSON_LEVEL_MAJOR,
                           .what = arena_printf(c->arena, "%.*s: moved from %.*s to %.*s",
                                                STR_ARG(now->id), STR_ARG(before), STR_ARG(after)),
                           .learners = "who is in the middle could meet it twice, or never",
                           .statistics = "figures of both modules change",
                           .pos = now->pos});
    if ((old->question == NULL) != (now->question == NULL)) {
        other_item(c, now,
                   "a question under the id of a lesson, or a lesson under that of a question");
        return;
    }
    text(c, now->id, "the title", old->title, now->title, now->pos);
    if (now->question != NULL)
        compare_question(c, old, now);
    for (uint16_t i = 0; i < old->n_screens || i < now->n_screens; i++)
        text(c, now->id, "a screen has other words",
             i < old->n_screens ? old->screens[i] : STR_NONE,
             i < now->n_screens ? now->screens[i] : STR_NONE, now->pos);
}

static void compare_units(struct compare *c)
{
    uint16_t last = 0;
    for (uint16_t i = 0; i < c->now->n_units; i++) {
        const struct unit *now = &c->now->units[i], *old = course_unit(c->old, now->id);
        bool is_in_test = c->now->modules[now->module].kind == MODULE_TEST;
        if (old == NULL) {
            compare_add(c, (struct lesson_change){
                               .level = is_in_test ? LESSON_LEVEL_MAJOR : LESSON_LEVEL_MINOR,
                               .what = arena_printf(c->arena, "%.*s: is new", STR_ARG(now->id)),
                               .learners = "who has passed this place does not see it",
                               .statistics = now->question != NULL
                                                 ? "fewer answers than to the questions around it"
                                                 : NULL,
                               .pos = now->pos});
            continue;
        }
        uint16_t index = course_unit_index(c->old, old);
        if (index < last)
            compare_add(c, (struct lesson_change){
                               .level = LESSON_LEVEL_MAJOR,
                               .what = arena_printf(c->arena, "%.*s: comes later than before",
                                                    STR_ARG(now->id)),
                               .learners = "who is between the two places would meet it again",
                               .statistics = "where learners leave is counted at another place",
                               .pos = now->pos});
        last = index > last ? index : last;
        compare_unit(c, old, now);
    }
    for (uint16_t i = 0; i < c->old->n_units; i++) {
        const struct unit *old = &c->old->units[i];
        if (course_unit(c->now, old->id) != NULL)
            continue;
        compare_add(c, (struct lesson_change){
                           .level = LESSON_LEVEL_MAJOR,
                           .what = arena_printf(c->arena, "%.*s: is gone", STR_ARG(old->id)),
                           .learners = "who is there has no place in the new version",
                           .statistics = "its figures end here",
                           .pos = old->pos});
    }
}

/* ---- the rest ---- */

static int find_module(const struct course *course, struct str id)
{
    int i = course->n_modules;
    while (i > 0 && !str_eq(course->modules[i - 1].id, id))
        i--;
    return i - 1;
}

static void module_change(struct compare *c, enum lesson_level level, struct str id,
                          const char *what, struct source_pos pos)
{
    compare_add(c, (struct lesson_change){
                       .level = level,
                       .what = arena_printf(c->arena, "module %.*s: %s", STR_ARG(id), what),
                       .learners = "the way through the course is another one",
                       .statistics = "completion and progress are counted otherwise",
                       .pos = pos});
}

static void compare_module_words(struct compare *c, struct str id, const struct module *a,
                                 const struct module *b, struct source_pos pos)
{
    text(c, id, "the title of the module", a->title, b->title, pos);
    text(c, id, "the module in short", a->summary, b->summary, pos);
    text(c, id, "the key message of the module", a->key_message, b->key_message, pos);
    text(c, id, "the guide of its meeting", a->guide, b->guide, pos);
}

static void compare_modules(struct compare *c, const struct lesson_source *old,
                            const struct lesson_source *now)
{
    int last = 0;
    for (uint16_t i = 0; i < c->now->n_modules; i++) {
        const struct module *b = &c->now->modules[i];
        int at = find_module(c->old, b->id);
        if (at < 0) {
            module_change(c, LESSON_LEVEL_MAJOR, b->id, "is new", now->module_pos[i]);
            continue;
        }
        const struct module *a = &c->old->modules[at];
        if (at < last)
            module_change(c, LESSON_LEVEL_MAJOR, b->id, "comes later than before",
                          now->module_pos[i]);
        last = at > last ? at : last;
        if (a->kind != b->kind)
            module_change(c, LESSON_LEVEL_MAJOR, b->id, "is of another kind", now->module_pos[i]);
        if (a->n_forms != b->n_forms)
            module_change(c, LESSON_LEVEL_MAJOR, b->id, "has another number of equal forms",
                          now->module_pos[i]);
        if (a->is_required != b->is_required)
            module_change(c, LESSON_LEVEL_MAJOR, b->id,
                          b->is_required ? "is required now" : "is not required any more",
                          now->module_pos[i]);
        compare_module_words(c, b->id, a, b, now->module_pos[i]);
    }
    for (uint16_t i = 0; i < c->old->n_modules; i++) {
        if (find_module(c->now, c->old->modules[i].id) < 0)
            module_change(c, LESSON_LEVEL_MAJOR, c->old->modules[i].id, "is gone",
                          old->module_pos[i]);
    }
}

/* Texts around the lessons are no part of what is taught: help, numbers, what keys do. */
static void compare_system_texts(struct compare *c, const struct course *old,
                                 const struct course *now, struct str lang,
                                 const struct lesson_block *blocks)
{
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        if (str_eq(old->texts[i], now->texts[i]))
            continue;
        const char *name = course_text_name((enum course_text)i);
        compare_add(
            c, (struct lesson_change){
                   .level = LESSON_LEVEL_PATCH,
                   .what = lang.p == NULL
                               ? arena_printf(c->arena, "text_%s: what the gateway says", name)
                               : arena_printf(c->arena, "text_%s (%.*s): what the gateway says",
                                              name, STR_ARG(lang)),
                   .learners = "all read the new text at once",
                   .pos = blocks != NULL ? blocks[i].pos : (struct source_pos){.line = 0}});
    }
}

static void compare_front(struct compare *c, const struct lesson_source *now)
{
    const struct course *a = c->old, *b = c->now;
    if (a->pass_right != b->pass_right || a->max_tries != b->max_tries)
        compare_add(
            c, (struct lesson_change){
                   .level = LESSON_LEVEL_MAJOR,
                   .what = STR("course: the certificate needs another number of right answers, or "
                               "has another number of tries"),
                   .learners = "who began by the old rule keeps it",
                   .statistics = "pass rates before and after do not compare",
                   .pos = now->front_pos});
    if (a->retake_hours != b->retake_hours || a->followup_days != b->followup_days ||
        a->pace != b->pace)
        compare_add(c, (struct lesson_change){.level = LESSON_LEVEL_MINOR,
                                              .what = STR("course: other times between its parts"),
                                              .learners = "messages come at other times",
                                              .pos = now->front_pos});
    text(c, STR("course"), "the title", a->title, b->title, now->front_pos);
    text(c, STR("course"), "its name in texts", a->name, b->name, now->front_pos);
    text(c, STR("course"), "the keyword that begins it", a->keyword, b->keyword, now->front_pos);
    if (!str_eq(a->after, b->after))
        compare_add(c,
                    (struct lesson_change){
                        .level = LESSON_LEVEL_MINOR,
                        .what = STR("course: another course must be finished before it, or none"),
                        .learners = "it decides who may begin; who has begun goes on",
                        .statistics = "those who begin are other people than before",
                        .pos = now->front_pos});
    if (a->effort_hours != b->effort_hours)
        compare_add(c, (struct lesson_change){.level = LESSON_LEVEL_MINOR,
                                              .what = STR("course: takes another number of hours"),
                                              .learners = "new certificates say so",
                                              .pos = now->front_pos});
    compare_system_texts(c, a, b, STR_NONE, now->texts);
}

/* ---- translations ---- */

static const struct course *in_language(const struct course *course, struct str lang)
{
    for (uint16_t i = 0; i < course->n_languages && course->translations != NULL; i++) {
        if (str_eq(course->languages[i], lang))
            return course->translations[i];
    }
    return NULL;
}

static void language_change(struct compare *c, enum lesson_level level, struct str what,
                            const char *learners)
{
    compare_add(c, (struct lesson_change){.level = level, .what = what, .learners = learners});
}

/* The words of a lesson or question in another language; all else was said of the original. */
static void compare_words(struct compare *c, struct str lang, const struct unit *old,
                          const struct unit *now)
{
    struct str id = arena_printf(c->arena, "%.*s (%.*s)", STR_ARG(now->id), STR_ARG(lang));
    text(c, id, "the title", old->title, now->title, now->pos);
    for (uint16_t i = 0; i < old->n_screens && i < now->n_screens; i++)
        text(c, id, "a screen has other words", old->screens[i], now->screens[i], now->pos);
    if (old->question != NULL && now->question != NULL)
        compare_question_words(c, id, old->question, now->question, now->pos);
}

static void compare_translation(struct compare *c, struct str lang, const struct course *old,
                                const struct course *now)
{
    const struct source_pos nowhere = {.line = 0};
    compare_system_texts(c, old, now, lang, NULL);
    for (uint16_t i = 0; i < now->n_modules; i++) {
        int at = find_module(old, now->modules[i].id);
        if (at >= 0)
            compare_module_words(
                c,
                arena_printf(c->arena, "%.*s (%.*s)", STR_ARG(now->modules[i].id), STR_ARG(lang)),
                &old->modules[at], &now->modules[i], nowhere);
        if (at >= 0 && now->modules[i].is_untranslated && !old->modules[at].is_untranslated)
            language_change(c, LESSON_LEVEL_MINOR,
                            arena_printf(c->arena, "module %.*s (%.*s): not translated any more",
                                         STR_ARG(now->modules[i].id), STR_ARG(lang)),
                            "who reads it in that language reads the original");
    }
    for (uint16_t i = 0; i < now->n_units; i++) {
        const struct unit *b = &now->units[i], *a = course_unit(old, b->id);
        if (a != NULL && !now->modules[b->module].is_untranslated &&
            !old->modules[a->module].is_untranslated)
            compare_words(c, lang, a, b);
    }
}

static void compare_translations(struct compare *c)
{
    for (uint16_t i = 0; i < c->old->n_languages; i++) {
        struct str lang = c->old->languages[i];
        const struct course *old = in_language(c->old, lang), *now = in_language(c->now, lang);
        if (old != NULL && now == NULL)
            language_change(
                c, LESSON_LEVEL_MAJOR,
                arena_printf(c->arena, "%.*s: the language is not offered any more", STR_ARG(lang)),
                "who reads in it would go on in another one");
        else if (old != NULL)
            compare_translation(c, lang, old, now);
    }
    for (uint16_t i = 0; i < c->now->n_languages; i++) {
        struct str lang = c->now->languages[i];
        if (in_language(c->now, lang) != NULL && in_language(c->old, lang) == NULL)
            language_change(c, LESSON_LEVEL_PATCH,
                            arena_printf(c->arena, "%.*s: a new language", STR_ARG(lang)),
                            "it may be chosen at once");
    }
}

enum err lesson_compare(const struct lesson_source *old, const struct lesson_source *now,
                        struct arena *arena, struct lesson_changes *ret)
{
    struct compare c = {&old->course, &now->course, arena, ret};
    *ret = (struct lesson_changes){
        .list = arena_new_array(arena, struct lesson_change, LESSON_CHANGES_MAX)};
    if (ret->list == NULL)
        return arena_error(arena);
    compare_front(&c, now);
    compare_modules(&c, old, now);
    compare_units(&c);
    compare_lists(&c, old, now);
    compare_around(&c, old, now);
    compare_translations(&c);
    return arena_error(arena);
}

const char *lesson_level_name(enum lesson_level level)
{
    static const char *const names[] = {"nothing", "patch", "minor", "major"};
    return names[level];
}

enum lesson_level lesson_version_step(struct str old, struct str now)
{
    for (int level = LESSON_LEVEL_MAJOR; level > LESSON_LEVEL_NONE; level--) {
        uint64_t a = 0, b = 0;
        if (str_to_u64(str_split(&old, '.'), UINT32_MAX, &a) != ERR_OK ||
            str_to_u64(str_split(&now, '.'), UINT32_MAX, &b) != ERR_OK || a > b)
            return LESSON_LEVEL_NONE;
        if (a < b)
            return (enum lesson_level)level;
    }
    return LESSON_LEVEL_NONE;
}
