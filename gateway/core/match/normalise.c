/* match.h: the one form in which texts are compared. */
#include "core/match/match.h"

#include <string.h>

#include <utf8proc.h>

#include "core/utf8.h"

/* Code points on their way to the normal form, in the arena. */
struct points {
    int32_t *p;
    size_t n;
    size_t max;
};

static void points_add(struct points *points, int32_t code)
{
    if (points->n < points->max)
        points->p[points->n++] = code;
}

static bool is_ascii_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* ---- ASCII: most inputs, in one pass ---- */

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((uint8_t)text.p[i] >= 0x80)
            return false;
    }
    return true;
}

static struct str normalise_ascii(struct str text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.len + 1);
    if (out == NULL)
        return STR_NONE;
    size_t len = 0;
    size_t word_end = 0; /* behind the last letter or digit of the words so far */
    bool is_inside = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            len = word_end;
            is_inside = false;
        } else if (is_ascii_word((uint8_t)c)) {
            if (!is_inside && len > 0)
                out[len++] = ' ';
            is_inside = true;
            out[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
            word_end = len;
        } else if (is_inside && c > ' ' && c < 0x7f) {
            out[len++] = c == '`' ? '\'' : c;
        }
    }
    out[word_end] = '\0';
    return (struct str){out, word_end};
}

/* ---- one code point ---- */

/* Value of a decimal digit: Unicode keeps each script's ten in one run, zero first. */
static int32_t digit_value(int32_t code)
{
    int32_t value = 0;
    while (value < 9 && utf8proc_category(code - value - 1) == UTF8PROC_CATEGORY_ND)
        value++;
    return value;
}

/* Letters that only case folding and decomposition leave apart. */
static int32_t fold_letter(int32_t code)
{
    switch (code) {
    case 0x00b0: /* degree sign, typed for the small o of "number" */
    case 0x00f8: /* o with stroke */
        return 'o';
    case 0x0111: /* d with stroke */
        return 'd';
    case 0x0127: /* h with stroke */
        return 'h';
    case 0x0131: /* dotless i */
        return 'i';
    case 0x0142: /* l with stroke */
        return 'l';
    case 0x2018: /* apostrophes */
    case 0x2019:
    case 0x02bc:
    case '`':
        return '\'';
    case 0x0671: /* alef wasla */
        return 0x0627;
    case 0x0649: /* alef maqsura, Farsi yeh */
    case 0x06cc:
        return 0x064a;
    case 0x06a9: /* keheh */
        return 0x0643;
    case 0x0629: /* teh marbuta, heh goal, heh doachashmee, ae, teh marbuta goal */
    case 0x06c1:
    case 0x06be:
    case 0x06d5:
    case 0x06c3:
        return 0x0647;
    default: /* a code point, not one of our enums */
        return code;
    }
}

/* Accents of Latin, Greek and Cyrillic letters, Arabic vowel signs, tatweel, keycap ring. */
static bool is_dropped(int32_t code)
{
    return (code >= 0x300 && code <= 0x36f) || (code >= 0x64b && code <= 0x65f) || code == 0x670 ||
           code == 0x640 || code == 0x20e3;
}

static bool is_blank(int32_t code, utf8proc_category_t category)
{
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || (code >= '\t' && code <= '\r') || code == 0x85;
}

/* Digits in dark or sans-serif circles, which NFKC leaves as they are; -1: none. */
static int32_t circled_digit(int32_t code)
{
    static const int32_t ones[] = {0x2776, 0x2780, 0x278a};
    for (size_t i = 0; i < ARRAY_LEN(ones); i++) {
        if (code >= ones[i] && code <= ones[i] + 8)
            return code - ones[i] + 1;
    }
    return -1;
}

/* One code point that is already decomposed and case folded. */
static void add_folded(struct points *points, int32_t code)
{
    bool is_short_i = code == 0x306 && points->n > 0 && points->p[points->n - 1] == 0x438;
    if (is_short_i) { /* a letter of its own in Cyrillic, unlike yo */
        points->p[points->n - 1] = 0x439;
        return;
    }
    if (is_dropped(code))
        return;
    if (code == 0xe6 || code == 0x153) { /* ae, oe */
        points_add(points, code == 0xe6 ? 'a' : 'o');
        points_add(points, 'e');
        return;
    }
    utf8proc_category_t category = utf8proc_category(code);
    if (is_blank(code, category))
        points_add(points, ' ');
    else if (category == UTF8PROC_CATEGORY_ND)
        points_add(points, '0' + digit_value(code));
    else if (circled_digit(code) > 0)
        points_add(points, '0' + circled_digit(code));
    else if (category != UTF8PROC_CATEGORY_CC && category != UTF8PROC_CATEGORY_CF)
        points_add(points, fold_letter(code));
}

static void add_point(struct points *points, int32_t code)
{
    if (code < 0x80) {
        if (code >= 'A' && code <= 'Z')
            points_add(points, code | 0x20);
        else if (code > ' ' && code < 0x7f)
            points_add(points, code == '`' ? '\'' : code);
        else if (code == ' ' || (code >= '\t' && code <= '\r'))
            points_add(points, ' ');
        return;
    }
    utf8proc_int32_t parts[32]; /* the longest decomposition has 18 */
    int boundclass = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        code, parts, ARRAY_LEN(parts),
        UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &boundclass);
    for (utf8proc_ssize_t i = 0; i < n && i < (utf8proc_ssize_t)ARRAY_LEN(parts); i++)
        add_folded(points, parts[i]);
}

/* ---- words ---- */

static bool is_word_point(int32_t code)
{
    if (code < 0x80)
        return is_ascii_word((uint8_t)code);
    utf8proc_category_t category = utf8proc_category(code);
    return category < UTF8PROC_CATEGORY_PC || category > UTF8PROC_CATEGORY_SO;
}

static const struct {
    int32_t latin;
    int32_t cyrillic;
} look_alikes[] = {
    {'a', 0x430}, {'b', 0x432}, {'c', 0x441}, {'e', 0x435}, {'h', 0x43d}, {'k', 0x43a},
    {'m', 0x43c}, {'o', 0x43e}, {'p', 0x440}, {'t', 0x442}, {'x', 0x445}, {'y', 0x443},
};

static int32_t to_cyrillic(int32_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(look_alikes); i++) {
        if (look_alikes[i].latin == code)
            return look_alikes[i].cyrillic;
    }
    return code;
}

static int32_t to_latin(int32_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(look_alikes); i++) {
        if (look_alikes[i].cyrillic == code)
            return look_alikes[i].latin;
    }
    return code;
}

static bool is_latin(int32_t code)
{
    return code >= 'a' && code <= 'z';
}

static bool is_cyrillic(int32_t code)
{
    return code >= 0x400 && code <= 0x4ff;
}

/* A word in two scripts was typed with letters that only look right. Cyrillic where that makes it
 * one script, else Latin. */
static void fold_look_alikes(struct points word)
{
    bool has_cyrillic = false;
    bool has_latin = false;
    bool is_foldable = true;
    for (size_t i = 0; i < word.n; i++) {
        has_cyrillic = has_cyrillic || is_cyrillic(word.p[i]);
        has_latin = has_latin || is_latin(word.p[i]);
        is_foldable = is_foldable && (!is_latin(word.p[i]) || to_cyrillic(word.p[i]) != word.p[i]);
    }
    if (!has_cyrillic || !has_latin)
        return;
    for (size_t i = 0; i < word.n; i++)
        word.p[i] = is_foldable ? to_cyrillic(word.p[i]) : to_latin(word.p[i]);
}

/* Without punctuation and symbols around it, and without the Arabic article where at least two
 * letters stay. */
static struct points trim_word(struct points word)
{
    while (word.n > 0 && !is_word_point(word.p[0])) {
        word.p++;
        word.n--;
    }
    while (word.n > 0 && !is_word_point(word.p[word.n - 1]))
        word.n--;
    if (word.n >= 4 && word.p[0] == 0x627 && word.p[1] == 0x644 && is_word_point(word.p[2])) {
        word.p += 2;
        word.n -= 2;
    }
    return word;
}

static struct str join_words(struct points all, struct arena *arena)
{
    char *out = arena_alloc(arena, all.n * UTF8_MAX_BYTES + 1);
    if (out == NULL)
        return STR_NONE;
    size_t len = 0;
    for (size_t at = 0; at < all.n;) {
        size_t start = at;
        while (at < all.n && all.p[at] != ' ')
            at++;
        struct points word = trim_word((struct points){.p = all.p + start, .n = at - start});
        fold_look_alikes(word);
        if (word.n > 0 && len > 0)
            out[len++] = ' ';
        for (size_t i = 0; i < word.n; i++)
            len += utf8_put(word.p[i], out + len);
        at++; /* the blank */
    }
    return (struct str){out, len};
}

/* ---- the whole ---- */

struct str match_normalise(struct str text, struct arena *arena)
{
    struct str input = utf8_cut(text, MATCH_MAX_INPUT_BYTES);
    if (is_ascii(input))
        return normalise_ascii(input, arena);
    /* A few characters decompose into many; what goes past twice the input is cut. */
    struct points points = {.max = 2 * input.len};
    points.p = arena_new_array(arena, int32_t, points.max);
    if (points.p == NULL)
        return STR_NONE;
    for (size_t at = 0; at < input.len;) {
        size_t start = at;
        int32_t code = utf8_next(input, &at);
        bool is_invalid = code == UTF8_REPLACEMENT && at - start == 1;
        if (!is_invalid)
            add_point(&points, code);
    }
    utf8proc_ssize_t n = utf8proc_normalize_utf32(points.p, (utf8proc_ssize_t)points.n,
                                                  UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    points.n = n > 0 ? (size_t)n : 0;
    return join_words(points, arena);
}

struct str match_first_line(struct str text, struct arena *arena)
{
    struct str rest = str_trim(text);
    struct str line = str_split(&rest, '\n');
    return rest.p != NULL ? match_normalise(line, arena) : STR_NONE;
}

/* Between two words where somebody forgot the blank; an apostrophe belongs to its word. */
static bool is_divider(int32_t code)
{
    static const int32_t dividers[] = {'.',   ',',   ';',   ':',    '!',   '?', '/',
                                       '+',   '&',   '-',   '_',    '(',   ')', 0x60C,
                                       0x61B, 0x61F, 0x6D4, 0x2013, 0x2014};
    for (size_t i = 0; i < ARRAY_LEN(dividers); i++) {
        if (code == dividers[i])
            return true;
    }
    return false;
}

static bool is_letter_at(struct str text, size_t at)
{
    int32_t code = at < text.len ? utf8_next(text, &at) : ' ';
    return code != ' ' && !is_divider(code) && (code < '0' || code > '9');
}

struct str match_words_apart(struct str normalised, struct arena *arena)
{
    char *out = arena_alloc(arena, normalised.len + 1);
    size_t len = 0, n_divided = 0;
    bool is_letter = false;
    for (size_t at = 0; out != NULL && at < normalised.len;) {
        size_t start = at;
        int32_t code = utf8_next(normalised, &at);
        size_t behind = at;
        while (is_divider(code) && behind < normalised.len &&
               is_divider(utf8_next(normalised, &(size_t){behind})))
            (void)utf8_next(normalised, &behind); /* "stop...thanks" */
        bool is_divided = is_letter && is_divider(code) && is_letter_at(normalised, behind);
        is_letter = is_letter_at(normalised, start);
        if (is_divided) {
            out[len++] = ' ';
            at = behind;
            n_divided++;
        } else {
            memcpy(out + len, normalised.p + start, at - start);
            len += at - start;
        }
    }
    return n_divided > 0 ? (struct str){out, len} : STR_NONE;
}
