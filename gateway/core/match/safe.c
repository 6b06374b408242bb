/*
 * The safeguarding detector: does a message tell of harm? The patterns are data of the course
 * (core/course.h), kept by child protection staff; here is only how they are compared.
 */
#include <string.h>
#include <utf8proc.h>

#include "core/match/match.h"
#include "core/utf8.h"

#define MIN_BYTES 3
#define GAP 4                   /* words that "..." may stand for */
#define WINDOW 64               /* words of a message that are looked at together: one bit each */
#define STEP 32                 /* a longer message is looked at in windows that overlap */
#define SPAN 16                 /* words that the parts of a pattern with "&" may be apart */
#define MIN_FUZZY_LETTERS 8     /* from here on one mistyped letter is forgiven */
#define SAME_END 3              /* bytes */
#define APOSTROPHE '\''         /* "I'm" and "im", "don't" and "dont" are the same */
#define LEET "0o1i3e4a5s7t@a$s" /* sign and the letter that it stands for inside a word */

struct words {
    struct str *list;
    size_t n;
};

static bool is_ascii_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* The letter that a sign in front of one stands for ("k1ll", "3ayez"), or the sign itself; behind a
 * digit it is a number: "13yr". At the end of a word, too: "m3". */
static char letter_of(struct str text, size_t at)
{
    const char *leet = memchr(LEET, text.p[at], sizeof(LEET) - 1);
    bool is_before_letter = at + 1 < text.len && is_ascii_letter(text.p[at + 1]) &&
                            (at == 0 || text.p[at - 1] < '0' || text.p[at - 1] > '9');
    bool is_sign = leet != NULL && (leet - LEET) % 2 == 0;
    return is_before_letter && is_sign ? leet[1] : text.p[at];
}

static bool is_word_point(int32_t code)
{
    if (code < 0x80)
        return is_ascii_letter((char)code) || (code >= '0' && code <= '9');
    utf8proc_category_t category = utf8proc_category(code);
    return category < UTF8PROC_CATEGORY_PC || category > UTF8PROC_CATEGORY_SO;
}

/* Three and more of one letter are one: "heeelp". */
static size_t without_drawl(char *word, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        size_t run = 1;
        while (i + run < len && word[i + run] == word[i])
            run++;
        bool is_drawl = run >= 3 && is_ascii_letter(word[i]);
        for (size_t k = 0; k < (is_drawl ? 1 : run); k++)
            word[n++] = word[i];
        i += run;
    }
    return n;
}

/* Letters and digits only, in normal form, without apostrophes; none when the arena is full. */
static struct words split_words(struct str normalised, struct arena *arena)
{
    /* A word and what separates it have two bytes at least. */
    struct words words = {.list = arena_new_array(arena, struct str, normalised.len / 2 + 1)};
    char *copy = arena_alloc(arena, normalised.len + 1);
    size_t len = 0;
    size_t start = 0;
    for (size_t at = 0; words.list != NULL && copy != NULL && at <= normalised.len;) {
        size_t from = at;
        int32_t code = ' ';
        if (at < normalised.len)
            code = utf8_next(normalised, &at);
        else
            at++;
        if (code < 0x80 && code != ' ')
            code = (unsigned char)letter_of(normalised, from);
        if (is_word_point(code)) {
            len += utf8_put(code, copy + len);
        } else if (code != APOSTROPHE && len > start) {
            len = start + without_drawl(copy + start, len - start);
            words.list[words.n++] = (struct str){copy + start, len - start};
            start = len;
        }
    }
    return words;
}

struct str match_safe_word(struct str normalised, struct arena *arena)
{
    struct words words = split_words(normalised, arena);
    return words.n == 1 ? words.list[0] : STR_NONE;
}

/* One mistyped letter leaves the beginning or the end of a long word as it is: a cheap test before
 * the letters are compared one by one. */
static bool has_same_end(struct str a, struct str b)
{
    return a.len >= MIN_FUZZY_LETTERS && b.len >= SAME_END &&
           (memcmp(a.p, b.p, SAME_END) == 0 ||
            memcmp(a.p + a.len - SAME_END, b.p + b.len - SAME_END, SAME_END) == 0);
}

static bool is_word(const struct safe_word *word, struct str found)
{
    if (word->has_head || word->has_tail) {
        if (!word->has_head)
            return str_starts(found, word->text);
        return word->has_tail ? str_find(found, word->text) != SIZE_MAX
                              : str_ends(found, word->text);
    }
    if (str_eq(word->text, found))
        return true;
    bool is_near =
        has_same_end(word->text, found) && found.len + UTF8_MAX_BYTES >= word->text.len &&
        found.len <= word->text.len + UTF8_MAX_BYTES && utf8_count(word->text) >= MIN_FUZZY_LETTERS;
    return is_near && match_distance(word->text, found, 1) <= 1;
}

/* Which words of a window are in which slot, by the slot's number in the index: one bit for each.
 */
struct hits {
    const struct safe_index *index;
    uint64_t *masks;
    uint64_t alive; /* words of ordinary phrases are none any more */
};

static void hit_entries(struct hits *hits, uint32_t from, uint32_t to, struct str word,
                        uint64_t bit)
{
    const struct safe_index *index = hits->index;
    for (uint32_t i = from; i < to; i++) {
        const struct safe_entry *entry = &index->entries[i];
        for (uint32_t k = 0; is_word(&entry->word, word) && k < entry->n_slots; k++)
            hits->masks[index->slots[entry->first_slot + k]] |= bit;
    }
}

/* Each word of the message is compared once with each word of the lists that begins as it does. */
static void hit_words(struct hits *hits, const struct str *words, size_t n)
{
    const uint32_t *bucket = hits->index->buckets;
    memset(hits->masks, 0, hits->index->n_slots * sizeof(*hits->masks));
    hits->alive = n == WINDOW ? UINT64_MAX : (UINT64_C(1) << n) - 1;
    for (size_t i = 0; i < n; i++) {
        uint32_t initial = safe_initial(words[i]);
        hit_entries(hits, bucket[initial], bucket[initial + 1], words[i], UINT64_C(1) << i);
        hit_entries(hits, bucket[SAFE_ANY_INITIAL], bucket[SAFE_ANY_INITIAL + 1], words[i],
                    UINT64_C(1) << i);
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

/* An ordinary phrase is no alarm: its words match nothing any more. */
static void forget_ordinary(struct hits *hits, const struct safe_pattern *pattern,
                            struct str *words)
{
    uint64_t starts = mask_of(hits, pattern, 0);
    for (; starts != 0; starts &= starts - 1) {
        uint64_t start = starts & (~starts + 1);
        uint64_t ends = ends_of(hits, pattern, 0, pattern->n_slots, start);
        if (ends == 0)
            continue;
        uint64_t end = ends & (~ends + 1);
        uint64_t phrase = end | (end - 1);
        phrase &= ~(start - 1);
        hits->alive &= ~phrase;
        starts &= ~phrase | start;
        for (; phrase != 0; phrase &= phrase - 1)
            words[__builtin_ctzll(phrase)] = STR(" ");
    }
}

static const struct safe_pattern *find_kind(const struct safe_list *list, enum safe_kind kind,
                                            const struct hits *hits)
{
    for (uint16_t i = 0; i < list->n; i++) {
        const struct safe_pattern *pattern = &list->patterns[i];
        if (pattern->kind == kind && has_parts(hits, pattern, 0, 0))
            return pattern;
    }
    return NULL;
}

/* The first kind of the two of which there is a pattern in one of the windows. */
static const struct safe_pattern *find_in(struct words words, const struct safe_list *list,
                                          bool is_ordinary, const enum safe_kind kinds[2])
{
    const struct safe_pattern *found[2] = {NULL, NULL};
    uint32_t n_slots = list->index->n_slots;
    struct arena *own CLEANUP(arena_freep) = arena_new((n_slots + 1) * sizeof(uint64_t));
    struct hits hits = {.index = list->index, .masks = arena_new_array(own, uint64_t, n_slots)};
    for (size_t at = 0; hits.masks != NULL && at < words.n; at += STEP) {
        size_t n = words.n - at < WINDOW ? words.n - at : WINDOW;
        hit_words(&hits, words.list + at, n);
        for (uint16_t i = 0; is_ordinary && i < list->n; i++) {
            if (list->patterns[i].kind == SAFE_ORDINARY)
                forget_ordinary(&hits, &list->patterns[i], words.list + at);
        }
        for (int k = 0; k < 2; k++)
            found[k] = found[k] != NULL ? found[k] : find_kind(list, kinds[k], &hits);
        if (n < WINDOW)
            break;
    }
    return found[0] != NULL ? found[0] : found[1];
}

const struct safe_pattern *match_find_safe(struct str normalised, const struct safe_list *list,
                                           struct arena *arena)
{
    static const enum safe_kind kinds[] = {SAFE_SUICIDE, SAFE_ALARM};
    if (normalised.len < MIN_BYTES || list->n == 0) /* most inputs: the key of an answer */
        return NULL;
    return find_in(split_words(normalised, arena), list, true, kinds);
}

bool match_says_safe(struct str normalised, const struct safe_list *list, enum safe_kind kind,
                     struct arena *arena)
{
    const enum safe_kind kinds[] = {kind, kind};
    return list->n > 0 && find_in(split_words(normalised, arena), list, false, kinds) != NULL;
}
