/*
 * The safeguarding lists as an index: which words there are, at which places of which patterns each
 * may stand, and which patterns begin with one. Without it every message would be compared with
 * every word of every pattern. Made whenever a course is loaded, so each step is one pass.
 */
#include <string.h>

#include "core/match/safe.h"
#include "core/utf8.h"

#define SCRATCH_BYTES (64u << 20) /* of what a list may have that fits into a course's arena */

struct making {
    struct safe_index *index;
    struct arena *arena;   /* the course's */
    struct arena *scratch; /* for what is needed here only */
};

uint32_t safe_initial(struct str word)
{
    uint8_t first = (uint8_t)word.p[0];
    uint8_t second = word.len > 1 ? (uint8_t)word.p[1] : 0;
    return first < 0x80 ? first : 0x80 + ((first & 3u) << 6 | (second & 0x3fu));
}

static uint32_t table_size(uint32_t n)
{
    uint32_t size = 2;
    while (size < 2 * n)
        size *= 2;
    return size;
}

/* Items of group keys[i] get values[i], in their order. */
static struct safe_groups groups_new(const uint32_t *keys, const uint32_t *values, uint32_t n,
                                     uint32_t n_groups, struct arena *arena)
{
    uint32_t *from = arena_new_array(arena, uint32_t, n_groups + 2);
    uint32_t *items = arena_new_array(arena, uint32_t, n + 1);
    if (from == NULL || items == NULL)
        return (struct safe_groups){NULL, NULL};
    for (uint32_t i = 0; i < n; i++)
        from[keys[i] + 2]++;
    for (uint32_t g = 2; g < n_groups + 2; g++)
        from[g] += from[g - 1];
    for (uint32_t i = 0; i < n; i++) /* from[g + 1] goes from the group's begin to its end */
        items[from[keys[i] + 1]++] = values[i];
    return (struct safe_groups){from, items};
}

/* ---- slots ---- */

/* Numbers the slots of all patterns, those that share their words alike. Returns them in the order
 * of their numbers; NULL: an arena is full. */
static const struct safe_slot **number_slots(struct making *m, const struct safe_list *list)
{
    uint32_t n = 0;
    for (uint16_t i = 0; i < list->n; i++) {
        list->patterns[i].first_slot = n;
        n += list->patterns[i].n_slots;
    }
    uint32_t mask = table_size(n) - 1;
    uint32_t *numbers = arena_new_array(m->arena, uint32_t, n + 1);
    uint32_t *table = arena_new_array(m->scratch, uint32_t, mask + 1);
    const struct safe_slot **slots = arena_new_array(m->scratch, const struct safe_slot *, n + 1);
    if (numbers == NULL || table == NULL || slots == NULL)
        return NULL;
    for (uint16_t i = 0; i < list->n; i++) {
        const struct safe_pattern *pattern = &list->patterns[i];
        for (uint8_t k = 0; k < pattern->n_slots; k++) {
            const struct safe_slot *slot = &pattern->slots[k];
            uint32_t at = (uint32_t)((uintptr_t)slot->words >> 3) * 2654435761u >> 7 & mask;
            while (table[at] != 0 && slots[table[at] - 1]->words != slot->words)
                at = (at + 1) & mask;
            if (table[at] == 0) {
                slots[m->index->n_slots++] = slot;
                table[at] = m->index->n_slots;
            }
            numbers[pattern->first_slot + k] = table[at] - 1;
        }
    }
    m->index->numbers = numbers;
    return slots;
}

/* ---- words ---- */

struct word_table {
    struct safe_word *words;
    uint32_t *hashes;
    uint32_t n;
    uint32_t *places; /* in words, + 1; 0 = empty */
    uint32_t mask;
};

static bool is_same(const struct safe_word *a, const struct safe_word *b)
{
    return a->has_head == b->has_head && a->has_tail == b->has_tail && str_eq(a->text, b->text);
}

/* The place of a word, new where it is the first time. */
static uint32_t intern(struct word_table *t, const struct safe_word *word)
{
    uint32_t hash = SAFE_HASH_NONE;
    for (size_t i = 0; i < word->text.len; i++)
        hash = safe_hash(hash, word->text.p[i]);
    uint32_t at = hash & t->mask;
    for (; t->places[at] != 0; at = (at + 1) & t->mask) {
        uint32_t place = t->places[at] - 1;
        if (t->hashes[place] == hash && is_same(&t->words[place], word))
            return place;
    }
    t->words[t->n] = *word;
    t->hashes[t->n++] = hash;
    t->places[at] = t->n;
    return t->n - 1;
}

/* The words as they are kept, with a table that is no bigger than they need. */
static void keep_words(struct making *m, const struct word_table *t)
{
    uint32_t mask = table_size(t->n) - 1;
    struct safe_word *words = arena_new_array(m->arena, struct safe_word, t->n + 1);
    uint32_t *table = arena_new_array(m->arena, uint32_t, mask + 1);
    if (words == NULL || table == NULL)
        return; /* the arena says so */
    memcpy(words, t->words, t->n * sizeof(*words));
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t at = t->hashes[i] & mask;
        while (table[at] != 0)
            at = (at + 1) & mask;
        table[at] = i + 1;
        if (words[i].text.len > m->index->longest)
            m->index->longest = (uint32_t)words[i].text.len;
    }
    m->index->words = words;
    m->index->n_words = t->n;
    m->index->table = table;
    m->index->mask = mask;
}

static void collect_words(struct making *m, const struct safe_slot *const *slots)
{
    uint32_t n = 0, at = 0;
    for (uint32_t i = 0; i < m->index->n_slots; i++)
        n += slots[i]->n_words;
    struct word_table t = {.words = arena_new_array(m->scratch, struct safe_word, n + 1),
                           .hashes = arena_new_array(m->scratch, uint32_t, n + 1),
                           .mask = table_size(n) - 1};
    t.places = arena_new_array(m->scratch, uint32_t, t.mask + 1);
    uint32_t *keys = arena_new_array(m->scratch, uint32_t, n + 1);
    uint32_t *values = arena_new_array(m->scratch, uint32_t, n + 1);
    if (t.words == NULL || t.hashes == NULL || t.places == NULL || keys == NULL || values == NULL)
        return; /* the arena says so */
    for (uint32_t i = 0; i < m->index->n_slots; i++) {
        for (uint16_t k = 0; k < slots[i]->n_words; k++) {
            keys[at] = intern(&t, &slots[i]->words[k]);
            values[at++] = i;
        }
    }
    m->index->slots = groups_new(keys, values, n, t.n, m->arena);
    keep_words(m, &t);
}

/* ---- what is found by them ---- */

static void collect_near(struct making *m)
{
    uint32_t *keys = arena_new_array(m->scratch, uint32_t, m->index->n_words + 1);
    uint32_t *values = arena_new_array(m->scratch, uint32_t, m->index->n_words + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; keys != NULL && values != NULL && i < m->index->n_words; i++) {
        const struct safe_word *word = &m->index->words[i];
        if (word->has_head || word->has_tail || utf8_count(word->text) < SAFE_MIN_NEAR_LETTERS)
            continue;
        keys[n] = safe_initial(word->text);
        values[n++] = i;
    }
    m->index->near = groups_new(keys, values, n, SAFE_INITIALS, m->arena);
}

static void collect_begins(struct making *m, const struct safe_list *list)
{
    uint32_t *keys = arena_new_array(m->scratch, uint32_t, list->n + 1u);
    uint32_t *values = arena_new_array(m->scratch, uint32_t, list->n + 1u);
    for (uint32_t i = 0; keys != NULL && values != NULL && i < list->n; i++) {
        keys[i] = m->index->numbers[list->patterns[i].first_slot];
        values[i] = i;
    }
    m->index->begins = groups_new(keys, values, list->n, m->index->n_slots, m->arena);
}

const struct safe_index *safe_index_new(struct safe_list *list, struct arena *arena)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new(SCRATCH_BYTES);
    struct making m = {arena_new_array(arena, struct safe_index, 1), arena, scratch};
    const struct safe_slot **slots = m.index != NULL ? number_slots(&m, list) : NULL;
    if (slots == NULL)
        return NULL;
    collect_words(&m, slots);
    collect_near(&m);
    collect_begins(&m, list);
    return arena_error(arena) == ERR_OK && arena_error(scratch) == ERR_OK ? m.index : NULL;
}
