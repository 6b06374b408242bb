/*
 * The safeguarding detector: does a message tell of harm? The patterns are data of the course
 * (core/course.h), kept by child protection staff; here is only how they are compared.
 */
#include <string.h>

#include "core/match/match.h"
#include "core/utf8.h"

#define GAP 4      /* words that "..." may stand for */
#define WINDOW 64  /* words of a message that are looked at together: one bit each */
#define STEP 32    /* a longer message is looked at in windows that overlap */
#define SPAN 16    /* words that the parts of a pattern with "&" may be apart */
#define ABOUT 10   /* words that "lesson about ..." takes with it */
#define SAME_END 3 /* bytes */

struct str match_safe_word(struct str normalised, struct arena *arena)
{
    struct safe_words words = safe_split(normalised, arena);
    return words.n == 1 ? words.list[0] : STR_NONE;
}

/* What of a window is where. */
struct hits {
    const struct safe_index *index;
    uint64_t *masks;  /* by slot: which words may stand there, one bit for each */
    uint64_t alive;   /* words of ordinary phrases are none any more */
    uint64_t *begins; /* one bit for each pattern: a word of its first slot is there */
};

/* A word of the lists is the message's word of this bit. */
static void hit(struct hits *hits, uint32_t word, uint64_t bit)
{
    const struct safe_groups *slots = &hits->index->slots, *begins = &hits->index->begins;
    for (uint32_t i = slots->from[word]; i < slots->from[word + 1]; i++) {
        uint32_t slot = slots->items[i];
        for (uint32_t k = begins->from[slot]; hits->masks[slot] == 0 && k < begins->from[slot + 1];
             k++)
            hits->begins[begins->items[k] / 64] |= UINT64_C(1) << begins->items[k] % 64;
        hits->masks[slot] |= bit;
    }
}

/* The words of the lists that are the part from..to of a message's word, where they may be. */
static void hit_part(struct hits *hits, struct str found, size_t from, size_t to, uint32_t hash,
                     uint64_t bit)
{
    const struct safe_index *index = hits->index;
    struct str part = str_sub(found, from, to);
    for (uint32_t at = hash & index->mask; index->table[at] != 0; at = (at + 1) & index->mask) {
        uint32_t place = index->table[at] - 1;
        const struct safe_word *word = &index->words[place];
        bool may_be = (from == 0 || word->has_head) && (to == found.len || word->has_tail);
        if (may_be && str_eq(word->text, part))
            hit(hits, place, bit);
    }
}

/* One mistyped letter leaves the beginning or the end of a long word as it is: a cheap test before
 * the letters are compared one by one. */
static bool has_same_end(struct str a, struct str b)
{
    return memcmp(a.p, b.p, SAME_END) == 0 ||
           memcmp(a.p + a.len - SAME_END, b.p + b.len - SAME_END, SAME_END) == 0;
}

static void hit_near(struct hits *hits, struct str found, uint64_t bit)
{
    const struct safe_groups *near = &hits->index->near;
    uint32_t initial = safe_initial(found);
    for (uint32_t i = near->from[initial]; i < near->from[initial + 1]; i++) {
        struct str text = hits->index->words[near->items[i]].text;
        bool is_near = found.len + UTF8_MAX_BYTES >= text.len &&
                       found.len <= text.len + UTF8_MAX_BYTES && has_same_end(text, found);
        if (is_near && match_distance(text, found, 1) <= 1)
            hit(hits, near->items[i], bit);
    }
}

/* Each part of each word of the message is looked up: "alinipiga" has "-piga". */
static void hit_words(struct hits *hits, const struct str *words, size_t n)
{
    hits->alive = n == WINDOW ? UINT64_MAX : (UINT64_C(1) << n) - 1;
    for (size_t i = 0; i < n; i++) {
        struct str word = words[i];
        for (size_t from = 0; from < word.len; from++) {
            size_t most =
                word.len - from < hits->index->longest ? word.len : from + hits->index->longest;
            uint32_t hash = SAFE_HASH_NONE;
            for (size_t to = from; to < most;) {
                hash = safe_hash(hash, word.p[to++]);
                hit_part(hits, word, from, to, hash, UINT64_C(1) << i);
            }
        }
        if (utf8_count(word) + 1 >= SAFE_MIN_NEAR_LETTERS)
            hit_near(hits, word, UINT64_C(1) << i);
    }
}

/* The words that may stand at one place of a pattern. */
static uint64_t mask_of(const struct hits *hits, const struct safe_pattern *pattern, uint8_t slot)
{
    return hits->masks[hits->index->numbers[pattern->first_slot + slot]] & hits->alive;
}

/* At which words the slots from..to-1 can end that begin at one of `starts`. */
static uint64_t ends_of(const struct hits *hits, const struct safe_pattern *pattern, uint8_t from,
                        uint8_t to, uint64_t starts)
{
    uint64_t at = starts & mask_of(hits, pattern, from);
    for (uint8_t i = (uint8_t)(from + 1); i < to && at != 0; i++) {
        uint64_t next = at << 1;
        for (int gap = 0; pattern->slots[i].has_gap && gap < GAP; gap++)
            next |= next << 1;
        at = next & mask_of(hits, pattern, i);
    }
    return at;
}

/* Words near those where other parts begin, and none of these: no word counts for two. */
static uint64_t near(uint64_t used)
{
    if (used == 0)
        return UINT64_MAX;
    uint64_t first = used & (~used + 1);
    uint64_t last = UINT64_C(1) << (WINDOW - 1 - __builtin_clzll(used));
    uint64_t from = last >> (SPAN - 1); /* 0: from the first word on */
    uint64_t to = first << (SPAN - 1);  /* 0: to the last word */
    uint64_t before = from == 0 ? 0 : from - 1;
    uint64_t upto = to == 0 ? UINT64_MAX : to | (to - 1);
    return upto & ~before & ~used;
}

/* Do all parts of a pattern, which "&" separates, occur near each other? */
static bool has_parts(const struct hits *hits, const struct safe_pattern *pattern, uint8_t from,
                      uint64_t used)
{
    uint8_t to = (uint8_t)(from + 1);
    while (to < pattern->n_slots && !pattern->slots[to].is_apart)
        to++;
    uint64_t starts = mask_of(hits, pattern, from) & near(used);
    if (to == pattern->n_slots)
        return ends_of(hits, pattern, from, to, starts) != 0;
    for (; starts != 0; starts &= starts - 1) {
        uint64_t start = starts & (~starts + 1);
        if (ends_of(hits, pattern, from, to, start) != 0 &&
            has_parts(hits, pattern, to, used | start))
            return true;
    }
    return false;
}

/* The words of an ordinary phrase, which is no alarm. They are gone from the next window, too. */
static uint64_t words_of_phrase(const struct hits *hits, const struct safe_pattern *pattern,
                                struct str *words)
{
    uint64_t found = 0;
    uint64_t starts = mask_of(hits, pattern, 0);
    for (; starts != 0; starts &= starts - 1) {
        uint64_t start = starts & (~starts + 1);
        uint64_t ends = ends_of(hits, pattern, 0, pattern->n_slots, start);
        if (ends == 0)
            continue;
        uint64_t end = ends & (~ends + 1);
        uint64_t phrase = end | (end - 1);
        phrase &= ~(start - 1);
        found |= phrase;
        starts &= ~phrase | start;
        for (; phrase != 0; phrase &= phrase - 1)
            words[__builtin_ctzll(phrase)] = STR(" ");
    }
    return found;
}

/* The next pattern from *at on of which the first word is there; moves *at behind it. NULL: none.
 */
static const struct safe_pattern *next_begun(const struct safe_list *list, const struct hits *hits,
                                             uint32_t *at)
{
    for (; *at < list->n; *at = (*at / 64 + 1) * 64) {
        uint64_t rest = hits->begins[*at / 64] >> *at % 64;
        if (rest == 0)
            continue;
        *at += (uint32_t)__builtin_ctzll(rest) + 1;
        return &list->patterns[*at - 1];
    }
    return NULL;
}

static uint64_t words_of_phrases(const struct hits *hits, const struct safe_list *list,
                                 struct str *words)
{
    const struct safe_pattern *pattern;
    uint64_t found = 0;
    for (uint32_t i = 0; (pattern = next_begun(list, hits, &i)) != NULL;) {
        if (pattern->kind == SAFE_ORDINARY)
            found |= words_of_phrase(hits, pattern, words);
    }
    return found;
}

/* Where phrases like this begin, and where they end. */
static uint64_t starts_of(const struct hits *hits, const struct safe_pattern *pattern,
                          uint64_t *ends)
{
    uint64_t found = 0;
    uint64_t starts = mask_of(hits, pattern, 0);
    for (; starts != 0; starts &= starts - 1) {
        uint64_t start = starts & (~starts + 1);
        uint64_t at = ends_of(hits, pattern, 0, pattern->n_slots, start);
        found |= at != 0 ? start : 0;
        *ends |= at & (~at + 1); /* where it ends first */
    }
    return found;
}

/* The words behind each of these, or before it. */
static uint64_t words_beside(uint64_t at, bool is_behind)
{
    uint64_t found = 0;
    for (int i = 0; i < ABOUT; i++) {
        at = is_behind ? at << 1 : at >> 1;
        found |= at;
    }
    return found;
}

/* What "the story of ..." is about, which is no alarm unless the message has a word of its own. */
static uint64_t words_spoken_about(const struct hits *hits, const struct safe_list *list)
{
    const struct safe_pattern *pattern;
    uint64_t own = 0, behind = 0, before = 0, unused = 0;
    for (uint32_t i = 0; (pattern = next_begun(list, hits, &i)) != NULL;) {
        if (pattern->kind == SAFE_ABOUT)
            (void)starts_of(hits, pattern, &behind);
        else if (pattern->kind == SAFE_ABOUT_IT)
            before |= starts_of(hits, pattern, &unused);
        else if (pattern->kind == SAFE_OWN)
            own |= starts_of(hits, pattern, &unused);
    }
    return own != 0 ? 0 : words_beside(behind, true) | words_beside(before, false);
}

static const struct safe_pattern *find_kind(const struct safe_list *list, enum safe_kind kind,
                                            const struct hits *hits)
{
    const struct safe_pattern *pattern;
    for (uint32_t at = 0; (pattern = next_begun(list, hits, &at)) != NULL;) {
        if (pattern->kind == kind && has_parts(hits, pattern, 0, 0))
            return pattern;
    }
    return NULL;
}

/* Nothing is there yet; false: the arena is full. */
static bool hits_init(struct hits *hits, const struct safe_list *list, struct arena *own)
{
    arena_reset(own);
    *hits = (struct hits){.index = list->index,
                          .masks = arena_new_array(own, uint64_t, list->index->n_slots + 1),
                          .begins = arena_new_array(own, uint64_t, list->n / 64 + 1)};
    return hits->masks != NULL && hits->begins != NULL;
}

/* The first kind of the two of which there is a pattern in one of the windows. */
static const struct safe_pattern *find_in(struct safe_words words, const struct safe_list *list,
                                          bool is_ordinary, const enum safe_kind kinds[2])
{
    const struct safe_pattern *found[2] = {NULL, NULL};
    struct arena *own CLEANUP(arena_freep) =
        arena_new((list->index->n_slots + list->n / 64 + 4) * sizeof(uint64_t));
    struct hits hits;
    for (size_t at = 0; at < words.n && hits_init(&hits, list, own); at += STEP) {
        size_t n = words.n - at < WINDOW ? words.n - at : WINDOW;
        hit_words(&hits, words.list + at, n);
        uint64_t about = is_ordinary ? words_spoken_about(&hits, list) : 0;
        if (is_ordinary)
            hits.alive &= ~words_of_phrases(&hits, list, words.list + at);
        for (int k = 0; k < 2; k++) {
            if (kinds[k] == SAFE_ALARM) /* of suicide one asks in earnest */
                hits.alive &= ~about;
            found[k] = found[k] != NULL ? found[k] : find_kind(list, kinds[k], &hits);
        }
        if (n < WINDOW)
            break;
    }
    return found[0] != NULL ? found[0] : found[1];
}

const struct safe_pattern *safe_find(struct safe_words words, const struct safe_list *list)
{
    static const enum safe_kind alarms[] = {SAFE_SUICIDE, SAFE_ALARM};
    return find_in(words, list, true, alarms);
}

bool match_says_safe(struct str normalised, const struct safe_list *list, enum safe_kind kind,
                     struct arena *arena)
{
    const enum safe_kind kinds[] = {kind, kind};
    return list->n > 0 && find_in(safe_split(normalised, arena), list, false, kinds) != NULL;
}
