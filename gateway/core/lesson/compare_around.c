/*
 * What a new version changes around the lessons: what facilitators print, which questions come
 * again first, and where those go on who come from an earlier major version.
 */
#include "core/lesson/compare_internal.h"
#include "core/lesson/lesson.h"
#include "core/yaml.h"

/* ---- what facilitators print ---- */

/* The place of the next heading at or behind i; n past the last. */
static uint32_t next_heading(const struct lesson_blocks *guide, uint32_t i)
{
    while (i < guide->n && guide->list[i].kind != LESSON_BLOCK_HEADING)
        i++;
    return i;
}

static struct str section_id(const struct lesson_blocks *guide, uint32_t i)
{
    struct str text = guide->list[i].text;
    return str_trim(str_split(&text, ':'));
}

/* Where the section of this id begins; UINT32_MAX: nowhere. */
static uint32_t find_section(const struct lesson_blocks *guide, struct str id)
{
    for (uint32_t i = 0; guide != NULL && (i = next_heading(guide, i)) < guide->n; i++) {
        if (str_eq(section_id(guide, i), id))
            return i;
    }
    return UINT32_MAX;
}

/* Heading and all below it; comments are for the readers of the file. */
static bool is_section_same(const struct lesson_blocks *a, uint32_t i,
                            const struct lesson_blocks *b, uint32_t k)
{
    uint32_t end_a = next_heading(a, i + 1), end_b = next_heading(b, k + 1);
    for (;; i++, k++) {
        while (i < end_a && a->list[i].kind == LESSON_BLOCK_COMMENT)
            i++;
        while (k < end_b && b->list[k].kind == LESSON_BLOCK_COMMENT)
            k++;
        if (i == end_a || k == end_b)
            return i == end_a && k == end_b;
        if (a->list[i].kind != b->list[k].kind || !str_eq(a->list[i].text, b->list[k].text))
            return false;
    }
}

static void tell_section(struct compare *c, struct str lang, struct str id, const char *what,
                         struct source_pos pos)
{
    compare_add(c, (struct lesson_change){
                       .level = LESSON_LEVEL_PATCH,
                       .what = arena_printf(c->arena, "guide-%.*s, %.*s: %s", STR_ARG(lang),
                                            STR_ARG(id), what),
                       .learners = "none of it is on a phone; what is printed from now on says it",
                       .pos = pos});
}

/* Of one language; either may be NULL. */
static void compare_guide(struct compare *c, struct str lang, const struct lesson_blocks *old,
                          const struct lesson_blocks *now)
{
    for (uint32_t i = 0; now != NULL && (i = next_heading(now, i)) < now->n; i++) {
        struct str id = section_id(now, i);
        uint32_t at = find_section(old, id);
        if (at == UINT32_MAX)
            tell_section(c, lang, id, "is new", now->list[i].pos);
        else if (!is_section_same(old, at, now, i))
            tell_section(c, lang, id, "has other words", now->list[i].pos);
    }
    for (uint32_t i = 0; old != NULL && (i = next_heading(old, i)) < old->n; i++) {
        struct str id = section_id(old, i);
        if (find_section(now, id) == UINT32_MAX)
            tell_section(c, lang, id, "is gone", old->list[i].pos);
    }
}

/* The i-th file, if it is the guide that is printed in its language; *ret_lang is that. */
static const struct lesson_blocks *guide_at(const struct lesson_source *source, uint32_t i,
                                            struct str *ret_lang)
{
    const struct lesson_blocks *file = &source->files[i];
    *ret_lang = lesson_guide_language(file->file);
    return ret_lang->p != NULL && lesson_find_guide(source, *ret_lang) == file ? file : NULL;
}

static void compare_guides(struct compare *c, const struct lesson_source *old,
                           const struct lesson_source *now)
{
    struct str lang;
    for (uint32_t i = 0; i < now->n_files; i++) {
        const struct lesson_blocks *guide = guide_at(now, i, &lang);
        if (guide != NULL)
            compare_guide(c, lang, lesson_find_guide(old, lang), guide);
    }
    for (uint32_t i = 0; i < old->n_files; i++) {
        const struct lesson_blocks *guide = guide_at(old, i, &lang);
        if (guide != NULL && lesson_find_guide(now, lang) == NULL)
            compare_guide(c, lang, guide, NULL);
    }
}

/* ---- front matter ---- */

static struct str add_word(struct compare *c, struct str list, struct str word)
{
    return list.p == NULL ? word
                          : arena_printf(c->arena, "%.*s, %.*s", STR_ARG(list), STR_ARG(word));
}

/* "m1q2, m3q1"; absent: the key is not there. */
static struct str hardest_of(struct compare *c, const struct lesson_source *source)
{
    struct str all = STR_NONE;
    const struct yaml_node *list = source->hardest;
    for (const struct yaml_node *node = list != NULL ? list->first : NULL; node != NULL;
         node = node->next)
        all = add_word(c, all, node->text);
    return all;
}

/* "m1 to m1, m2 to m3" */
static struct str moves_of(struct compare *c, const struct course *course)
{
    struct str all = STR_NONE;
    for (uint16_t i = 0; i < course->moves.n; i++) {
        const struct course_move *move = &course->moves.list[i];
        all = add_word(
            c, all, arena_printf(c->arena, "%.*s to %.*s", STR_ARG(move->from), STR_ARG(move->to)));
    }
    return all;
}

static void compare_key(struct compare *c, const char *key, struct str old, struct str now,
                        const struct lesson_change *what_follows)
{
    struct lesson_change change = *what_follows;
    struct str none = STR("nothing");
    if (str_eq(old, now))
        return;
    change.level = LESSON_LEVEL_PATCH;
    change.what =
        arena_printf(c->arena, "course: %s is %.*s; it was %.*s", key,
                     STR_ARG(now.p != NULL ? now : none), STR_ARG(old.p != NULL ? old : none));
    compare_add(c, change);
}

void compare_around(struct compare *c, const struct lesson_source *old,
                    const struct lesson_source *now)
{
    compare_key(c, "`hardest`", hardest_of(c, old), hardest_of(c, now),
                &(struct lesson_change){
                    .learners = "who had nothing wrong meets these old questions first, at once",
                    .statistics = "what is remembered after a month is of other questions",
                    .pos = now->front_pos});
    compare_key(c, "`moves`", moves_of(c, c->old), moves_of(c, c->now),
                &(struct lesson_change){
                    .learners = "who comes from an earlier major version goes on elsewhere",
                    .statistics = "completion of those who changed counts other modules",
                    .pos = now->front_pos});
    compare_guides(c, old, now);
}
