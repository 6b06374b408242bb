/*
 * What a new version changes in lists of words: what learners type, and what tells of harm. One
 * change for each list, with the words themselves as far as there is room for them: who approves a
 * version must see which alarm is gone.
 */
#include <stdlib.h>

#include "core/lesson/compare_internal.h"
#include "core/match/words.h"

#define SHOWN_WORDS 12u /* of each side of a list; the others are counted */

void compare_add(struct compare *c, struct lesson_change change)
{
    struct lesson_changes *ret = c->ret;
    ret->level = change.level > ret->level ? change.level : ret->level;
    ret->has_other_items = ret->has_other_items || change.is_other_item;
    if (ret->n < LESSON_CHANGES_MAX)
        ret->list[ret->n++] = change;
}

/* What follows of a list that is another. */
struct list_effect {
    const char *more, *gone; /* for learners, of words that are new and that are gone */
    const char *statistics;
};

struct list_item {
    struct str list; /* "STOP (fr)" */
    struct str text;
    struct source_pos pos;
    const struct list_effect *effect;
};

struct list_items {
    uint32_t n;
    struct list_item *all;
};

/* ---- the words that learners type ---- */

static const struct list_effect command_effect = {"who types a new one is understood at once",
                                                  "one that is gone is not understood any more",
                                                  NULL};
static const struct list_effect stop_effect = {
    "who writes a new one may get no more messages, at once",
    "one that is gone is read as anything else", "those who left before and after do not compare"};
static const struct list_effect answer_effect = {
    "what people write is read by the new ones at once", "by those that are gone no more",
    "what was not understood may be an answer now, or the reverse"};

struct list_row {
    struct str start; /* of its section's name */
    const struct list_effect *effect;
};

static const struct list_effect *effect_of(struct str section, const struct list_row *rows,
                                           size_t n_rows)
{
    size_t i = 0;
    while (i + 1 < n_rows && !str_starts(section, rows[i].start))
        i++;
    return rows[i].effect;
}

/* Phrases are commands in a sentence, but for those that answer a question. */
static const struct list_effect *word_effect(const struct word_row *row)
{
    static const struct list_row rows[] = {{{"words_stop", 10}, &stop_effect},
                                           {{"phrases_stop", 12}, &stop_effect},
                                           {{"phrases_morning", 15}, &answer_effect},
                                           {{"phrases_midday", 14}, &answer_effect},
                                           {{"phrases_evening", 15}, &answer_effect},
                                           {{"phrases_any_time", 16}, &answer_effect},
                                           {{"phrases_work", 12}, &answer_effect},
                                           {{"phrases_", 8}, &command_effect},
                                           {{"", 0}, &answer_effect}};
    if (row->kind == WORD_KEYWORD)
        return row->which == COMMAND_STOP ? &stop_effect : &command_effect;
    struct str section =
        str_from(row->kind == WORD_LIST ? word_list_section((enum word_list)row->which) : "");
    return effect_of(section, rows, ARRAY_LEN(rows));
}

static struct str word_list_name(const struct vocabulary *words, const struct word_row *row,
                                 struct arena *arena)
{
    struct str lang = words->langs[row->lang];
    if (row->kind == WORD_KEYWORD)
        return arena_printf(arena, "%s (%.*s)", command_row((enum command)row->which)->name,
                            STR_ARG(lang));
    if (row->kind == WORD_LIST)
        return arena_printf(arena, "%s (%.*s)", word_list_section((enum word_list)row->which),
                            STR_ARG(lang));
    return arena_printf(arena, "%s %u (%.*s)", row->kind == WORD_NUMBER ? "numbers" : "letters",
                        row->which, STR_ARG(lang));
}

/* ---- safe words ---- */

#define NO_COMPARISON "alarms before and after do not compare"

static const struct list_effect alarm_effect = {
    "a message with a new one gets the safe answer and is passed on, at once",
    "one that is gone is no alarm any more", NO_COMPARISON};
static const struct list_effect ordinary_effect = {
    "a message with a new one is no alarm any more, at once",
    "one with what is gone may be an alarm", NO_COMPARISON};
static const struct list_effect set_effect = {
    "the patterns that name this set find more messages, at once",
    "what is gone is not found any more", NO_COMPARISON};
static const struct list_effect about_effect = {
    "an alarm with a new one is answered in its own way, at once",
    "one with what is gone is answered as any alarm", "what alarms are about does not compare"};

static const struct list_effect *safe_effect(struct str section)
{
    static const struct list_row rows[] = {{{"safe_set_", 9}, &set_effect},
                                           {{"safe_ordinary", 13}, &ordinary_effect},
                                           {{"safe_about", 10}, &ordinary_effect},
                                           {{"safe_own", 8}, &alarm_effect},
                                           {{"safe_words", 10}, &alarm_effect},
                                           {{"safe_suicide", 12}, &alarm_effect},
                                           {{"", 0}, &about_effect}};
    return effect_of(section, rows, ARRAY_LEN(rows));
}

/* "safe-fr.md" of "packs/standard/safe-fr.md": a list stays the same where it moves to. */
static struct str base_name(struct str file)
{
    struct str name = file;
    while (file.p != NULL)
        name = str_split(&file, '/');
    return name;
}

/* ---- both ---- */

static int by_list(const void *a, const void *b)
{
    const struct list_item *x = a, *y = b;
    int by_name = str_cmp(x->list, y->list);
    return by_name != 0 ? by_name : str_cmp(x->text, y->text);
}

/* In the order of the lists, and within one of the words. */
static struct list_items collect(const struct lesson_source *source, struct arena *arena)
{
    const struct vocabulary *words = source->course.words;
    struct list_items ret = {0};
    uint32_t n = words != NULL ? words->n_rows : 0;
    for (const struct lesson_safe_row *row = source->safe_rows; row != NULL; row = row->next)
        n++;
    ret.all = arena_new_array(arena, struct list_item, n + 1);
    if (ret.all == NULL)
        return ret;
    for (uint32_t i = 0; words != NULL && i < words->n_rows; i++) {
        const struct word_row *row = &words->rows[i];
        ret.all[ret.n++] = (struct list_item){word_list_name(words, row, arena), row->text,
                                              row->pos, word_effect(row)};
    }
    for (const struct lesson_safe_row *row = source->safe_rows; row != NULL; row = row->next)
        ret.all[ret.n++] =
            (struct list_item){arena_printf(arena, "%.*s (%.*s)", STR_ARG(row->section),
                                            STR_ARG(base_name(row->pos.file))),
                               row->text, row->pos, safe_effect(row->section)};
    qsort(ret.all, ret.n, sizeof(*ret.all), by_list);
    return ret;
}

/* What one side of a list has and the other has not. */
struct list_side {
    uint32_t n;
    struct str text; /* "beat-, hit" */
    struct source_pos pos;
};

static void take(struct compare *c, struct list_side *side, const struct list_item *item)
{
    if (side->n == 0)
        side->pos = item->pos;
    side->n++;
    if (side->n <= SHOWN_WORDS)
        side->text = side->n == 1 ? item->text
                                  : arena_printf(c->arena, "%.*s, %.*s", STR_ARG(side->text),
                                                 STR_ARG(item->text));
}

static struct str said(struct compare *c, const struct list_side *side, const char *what)
{
    if (side->n == 0)
        return STR("");
    return arena_printf(c->arena, " %u %s (%.*s%s)", side->n, what, STR_ARG(side->text),
                        side->n > SHOWN_WORDS ? ", ..." : "");
}

/* Of one list, once it was seen whole on both sides. */
static void tell(struct compare *c, const struct list_item *item, const struct list_side *gone,
                 const struct list_side *added)
{
    const struct list_effect *effect = item->effect;
    struct str more = said(c, added, "more"), less = said(c, gone, "gone");
    struct str learners =
        arena_printf(c->arena, "%s%s%s", added->n > 0 ? effect->more : "",
                     added->n > 0 && gone->n > 0 ? "; " : "", gone->n > 0 ? effect->gone : "");
    if (gone->n + added->n > 0)
        compare_add(c, (struct lesson_change){
                           .level = LESSON_LEVEL_PATCH,
                           .what = arena_printf(
                               c->arena, "%.*s:%.*s%s%.*s", STR_ARG(item->list), STR_ARG(more),
                               more.len > 0 && less.len > 0 ? "," : "", STR_ARG(less)),
                           .learners = learners.p,
                           .statistics = effect->statistics,
                           .pos = added->n > 0 ? added->pos : gone->pos});
}

void compare_lists(struct compare *c, const struct lesson_source *old,
                   const struct lesson_source *now)
{
    struct list_items a = collect(old, c->arena), b = collect(now, c->arena);
    struct list_side gone = {0}, added = {0};
    const struct list_item *last = NULL;
    for (uint32_t i = 0, k = 0; i < a.n || k < b.n;) {
        int order = i == a.n ? 1 : k == b.n ? -1 : by_list(&a.all[i], &b.all[k]);
        const struct list_item *item = order <= 0 ? &a.all[i] : &b.all[k];
        if (last != NULL && !str_eq(last->list, item->list)) {
            tell(c, last, &gone, &added);
            gone = added = (struct list_side){0};
        }
        last = item;
        if (order < 0)
            take(c, &gone, item);
        else if (order > 0)
            take(c, &added, item);
        i += order <= 0;
        k += order >= 0;
    }
    if (last != NULL)
        tell(c, last, &gone, &added);
}
