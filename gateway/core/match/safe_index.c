/*
 * The safeguarding lists as an index: which words there are, and at which places of which patterns
 * each may stand. Without it every message would be compared with every word of every pattern.
 */
#include <stdlib.h>
#include <string.h>

#include "core/match/safe.h"

/* One word at one place. */
struct occurrence {
    const struct safe_word *word;
    uint32_t slot;
};

/* One place of one pattern. */
struct place {
    const struct safe_slot *slot;
    uint32_t at;
};

uint32_t safe_initial(struct str word)
{
    uint8_t first = (uint8_t)word.p[0];
    uint8_t second = word.len > 1 ? (uint8_t)word.p[1] : 0;
    return first < 0x80 ? first : 0x80 + ((first & 3u) << 6 | (second & 0x3fu));
}

static uint32_t bucket_of(const struct safe_word *word)
{
    return word->has_head ? SAFE_ANY_INITIAL : safe_initial(word->text);
}

static int compare_words(const struct safe_word *a, const struct safe_word *b)
{
    uint32_t bucket_a = bucket_of(a), bucket_b = bucket_of(b);
    if (bucket_a != bucket_b)
        return bucket_a < bucket_b ? -1 : 1;
    if (a->has_tail != b->has_tail)
        return a->has_tail ? 1 : -1;
    return str_cmp(a->text, b->text);
}

static int compare_occurrences(const void *a, const void *b)
{
    const struct occurrence *x = a, *y = b;
    int ret = compare_words(x->word, y->word);
    return ret != 0 ? ret : (x->slot > y->slot) - (x->slot < y->slot);
}

static int compare_places(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct place *)a)->slot->words;
    uintptr_t y = (uintptr_t)((const struct place *)b)->slot->words;
    return (x > y) - (x < y);
}

/* Numbers all places, those that share their words alike; returns how many words they have in all,
 * and the places in the order of their numbers. */
static uint32_t number_places(struct safe_list *list, struct safe_index *index, struct arena *arena,
                              struct place **ret)
{
    uint32_t n = 0, n_words = 0;
    for (uint16_t i = 0; i < list->n; i++) {
        list->patterns[i].first_slot = n;
        n += list->patterns[i].n_slots;
    }
    struct place *places = arena_new_array(arena, struct place, n + 1);
    uint32_t *numbers = arena_new_array(arena, uint32_t, n + 1);
    *ret = places;
    if (places == NULL || numbers == NULL)
        return 0;
    for (uint16_t i = 0; i < list->n; i++) {
        const struct safe_pattern *pattern = &list->patterns[i];
        for (uint8_t k = 0; k < pattern->n_slots; k++)
            places[pattern->first_slot + k] =
                (struct place){&pattern->slots[k], pattern->first_slot + k};
    }
    qsort(places, n, sizeof(*places), compare_places);
    for (uint32_t i = 0; i < n; i++) {
        bool is_new = i == 0 || compare_places(&places[i], &places[i - 1]) != 0;
        if (is_new) {
            n_words += places[i].slot->n_words;
            places[index->n_slots++] = places[i];
        }
        numbers[places[i].at] = index->n_slots - 1;
    }
    index->numbers = numbers;
    return n_words;
}

/* All words in order; equal ones become one entry. */
static void fill_entries(struct safe_index *index, struct occurrence *words, uint32_t n,
                         struct safe_entry *entries, uint32_t *slots)
{
    uint32_t n_entries = 0;
    uint32_t bucket = 0;
    qsort(words, n, sizeof(*words), compare_occurrences);
    for (uint32_t i = 0; i < n; i++) {
        bool is_new = i == 0 || compare_words(words[i].word, words[i - 1].word) != 0;
        while (is_new && bucket <= bucket_of(words[i].word))
            index->buckets[bucket++] = n_entries;
        if (is_new)
            entries[n_entries++] = (struct safe_entry){*words[i].word, i, 0};
        entries[n_entries - 1].n_slots++;
        slots[i] = words[i].slot;
    }
    while (bucket < SAFE_ANY_INITIAL + 2)
        index->buckets[bucket++] = n_entries;
    index->entries = entries;
    index->slots = slots;
}

const struct safe_index *safe_index_new(struct safe_list *list, struct arena *arena)
{
    struct safe_index *index = arena_new_array(arena, struct safe_index, 1);
    struct place *places = NULL;
    uint32_t n = index != NULL ? number_places(list, index, arena, &places) : 0;
    struct occurrence *words = arena_new_array(arena, struct occurrence, n + 1);
    struct safe_entry *entries = arena_new_array(arena, struct safe_entry, n + 1);
    uint32_t *slots = arena_new_array(arena, uint32_t, n + 1);
    if (arena_error(arena) != ERR_OK || places == NULL)
        return NULL;
    uint32_t at = 0;
    for (uint32_t i = 0; i < index->n_slots; i++) {
        for (uint16_t k = 0; k < places[i].slot->n_words; k++)
            words[at++] = (struct occurrence){&places[i].slot->words[k], i};
    }
    fill_entries(index, words, n, entries, slots);
    return index;
}
