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
#define MIN_FUZZY_LETTERS 8     /* from here on one mistyped letter is forgiven */
#define SAME_END 3              /* bytes */
#define APOSTROPHE '\''         /* "I'm" and "im", "don't" and "dont" are the same */
#define LEET "0o1i3e4a5s7t@a$s" /* sign and the letter that it stands for inside a word */

struct words {
    struct str *list;
    size_t n;
    uint32_t initials; /* of all its words, as in a slot */
};

static uint32_t initial_of(struct str word)
{
    return 1u << ((uint8_t)word.p[0] & 31u);
}

static bool is_ascii_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* The letter that a sign between two letters stands for ("k1ll"), or the sign itself. */
static char letter_of(struct str text, size_t at)
{
    const char *leet = memchr(LEET, text.p[at], sizeof(LEET) - 1);
    bool is_inside = at > 0 && at + 1 < text.len && is_ascii_letter(text.p[at - 1]) &&
                     is_ascii_letter(text.p[at + 1]);
    bool is_sign = leet != NULL && (leet - LEET) % 2 == 0;
    return is_inside && is_sign ? leet[1] : text.p[at];
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
            words.list[words.n] = (struct str){copy + start, len - start};
            words.initials |= initial_of(words.list[words.n++]);
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

static bool is_in_slot(const struct safe_slot *slot, struct str found)
{
    bool may_be = (slot->initials & initial_of(found)) != 0;
    for (uint16_t i = 0; may_be && i < slot->n_words; i++) {
        if (is_word(&slot->words[i], found))
            return true;
    }
    return false;
}

/* Most patterns have a place for which the message has no word with such an initial. */
static bool may_match(const struct safe_pattern *pattern, const struct words *words)
{
    for (uint8_t i = 0; i < pattern->n_slots; i++) {
        if ((pattern->slots[i].initials & words->initials) == 0)
            return false;
    }
    return true;
}

/* Where the pattern that begins at word `at` ends (behind its last word), 0 = it is not there. */
static size_t pattern_end(const struct safe_slot *slots, uint8_t n_slots, const struct words *words,
                          size_t at)
{
    if (n_slots == 0)
        return at;
    size_t last = at + (slots->has_gap ? GAP : 0);
    for (size_t i = at; i <= last && i < words->n; i++) {
        size_t end = is_in_slot(slots, words->list[i])
                         ? pattern_end(slots + 1, (uint8_t)(n_slots - 1), words, i + 1)
                         : 0;
        if (end != 0)
            return end;
    }
    return 0;
}

/* An ordinary phrase is no alarm: its words match nothing any more. */
static void blank_ordinary(const struct safe_pattern *pattern, struct words *words)
{
    for (size_t i = 0; i < words->n && may_match(pattern, words); i++) {
        size_t end = pattern_end(pattern->slots, pattern->n_slots, words, i);
        for (; i < end; i++)
            words->list[i] = STR(" ");
    }
}

static const struct safe_pattern *find_kind(const struct safe_list *list, enum safe_kind kind,
                                            const struct words *words)
{
    for (uint16_t i = 0; i < list->n; i++) {
        const struct safe_pattern *pattern = &list->patterns[i];
        bool is_tried = pattern->kind == kind && may_match(pattern, words);
        for (size_t at = 0; is_tried && at < words->n; at++) {
            if (pattern_end(pattern->slots, pattern->n_slots, words, at) != 0)
                return pattern;
        }
    }
    return NULL;
}

const struct safe_pattern *match_find_safe(struct str normalised, const struct safe_list *list,
                                           struct arena *arena)
{
    if (normalised.len < MIN_BYTES) /* most inputs: the key of an answer */
        return NULL;
    struct words words = split_words(normalised, arena);
    for (uint16_t i = 0; i < list->n; i++) {
        if (list->patterns[i].kind == SAFE_ORDINARY)
            blank_ordinary(&list->patterns[i], &words);
    }
    const struct safe_pattern *found = find_kind(list, SAFE_SUICIDE, &words);
    return found != NULL ? found : find_kind(list, SAFE_ALARM, &words);
}

bool match_says_safe(struct str normalised, const struct safe_list *list, enum safe_kind kind,
                     struct arena *arena)
{
    struct words words = split_words(normalised, arena);
    return find_kind(list, kind, &words) != NULL;
}
