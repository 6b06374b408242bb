/* match.h: which answer to a question a text is. */
#include <string.h>

#include "core/match/option.h"
#include "core/match/token.h"
#include "core/utf8.h"

/* ---- keys ---- */

/* What the keys in a text come to. */
struct keys {
    uint32_t n_values; /* different ones: 0, 1, 2 = two or more */
    int32_t value;
    bool is_unsure;  /* as the Cyrillic VE: third Russian letter, or looks like Latin B */
    bool is_several; /* "both", "all three" where one is asked for */
    bool has_others; /* words and numbers that are no key */
};

/* Keys 1 or 0 to max. Only options have a last and a middle one. */
struct key_range {
    int32_t max;
    bool is_menu;
};

static void keys_add(struct keys *keys, int32_t value)
{
    if (keys->n_values == 0) {
        keys->value = value;
        keys->n_values = 1;
    } else if (keys->value != value) {
        keys->n_values = 2;
    }
}

/* "the last", and "the middle" of an odd number of options; -1: no such word. */
static int32_t key_of_place(const struct vocabulary *words, struct str word, struct key_range range)
{
    if (!range.is_menu && match_has_word(words, WORDS_LAST, word))
        return range.max;
    bool has_middle = !range.is_menu && range.max > 1 && range.max % 2 == 1;
    return has_middle && match_has_word(words, WORDS_MIDDLE, word) ? (range.max + 1) / 2 : -1;
}

static void keys_add_word(const struct vocabulary *words, struct keys *keys, struct str word,
                          struct key_range range)
{
    int32_t value = match_find_letter(words, word);
    if (value == 0 || value > range.max)
        value = match_find_number_word(words, word);
    if (value < 0)
        value = key_of_place(words, word, range);
    bool is_several =
        !range.is_menu && keys->n_values == 0 &&
        (match_has_word(words, WORDS_BOTH, word) || match_has_word(words, WORDS_ALL, word));
    keys->is_several = keys->is_several || is_several;
    if (value >= 0 && value <= range.max)
        keys_add(keys, value);
    else if (match_has_word(words, WORDS_UNSURE, word))
        keys->is_unsure = true;
    else if (!is_several && !match_is_filler(words, word))
        keys->has_others = true;
}

/* "les deux", "los 2": a plural before a two. */
static bool is_both_of_them(const struct vocabulary *words, struct token t)
{
    struct token next = token_next(words, t.rest);
    return t.kind == TOKEN_WORD && match_has_word(words, WORDS_PLURAL, t.text) &&
           next.kind != TOKEN_END &&
           (str_eq(next.text, STR("2")) || match_find_number_word(words, next.text) == 2);
}

/* "2" and "02"; "00" is a menu key, not zero. */
static int32_t key_of_digits(struct str digits)
{
    bool is_padded = digits.len == 2 && digits.p[0] == '0' && digits.p[1] != '0';
    return digits.len == 1 || is_padded ? digits.p[digits.len - 1] - '0' : -1;
}

/* "n/a", "n.a.": not applicable, no option A. */
static bool is_not_applicable(struct str text)
{
    return text.len == 3 && text.p[0] == 'n' && text.p[2] == 'a';
}

static struct keys read_keys(const struct vocabulary *words, struct str text,
                             struct key_range range)
{
    struct keys keys = {.has_others = is_not_applicable(text)};
    for (struct token t = token_next(words, text); t.kind != TOKEN_END; t = token_after(words, t)) {
        int32_t key = t.kind == TOKEN_DIGITS ? key_of_digits(t.text) : -1;
        if (!range.is_menu && keys.n_values == 0 && is_both_of_them(words, t)) {
            keys.is_several = true;
            t = token_next(words, t.rest);
        } else if (t.kind == TOKEN_WORD) {
            keys_add_word(words, &keys, t.text, range);
        } else if (key >= 0 && key <= range.max) {
            keys_add(&keys, key);
        } else {
            keys.has_others = true;
        }
    }
    return keys;
}

static struct answer_match answer_of(enum answer_result result, int32_t choice)
{
    return (struct answer_match){.result = result, .choice = choice, .text = STR_NONE};
}

/* Min is 0 for menus, 1 for the options of a question. */
static struct answer_match answer_of_keys(const struct keys *keys, int32_t min)
{
    if (keys->has_others || (keys->n_values == 1 && keys->value < min))
        return answer_of(ANSWER_NONE, 0);
    if (keys->is_unsure || keys->is_several || keys->n_values > 1)
        return answer_of(ANSWER_AMBIGUOUS, 0);
    return keys->n_values == 1 ? answer_of(ANSWER_ONE, keys->value) : answer_of(ANSWER_NONE, 0);
}

struct answer_match match_menu(const struct vocabulary *words, struct str normalised,
                               int32_t max_key)
{
    struct key_range range = {.max = max_key < 9 ? max_key : 9, .is_menu = true};
    struct keys keys = read_keys(words, normalised, range);
    return answer_of_keys(&keys, 0);
}

/* ---- one of several options ---- */

/* "2 Food and water": a key with the text of its own option. */
static bool is_key_with_text(const struct vocabulary *words, const struct question *question,
                             struct str normalised, struct arena *arena, int32_t *ret_choice)
{
    struct token first = token_next(words, normalised);
    if (first.kind == TOKEN_END)
        return false;
    struct keys keys = read_keys(words, first.text, (struct key_range){.max = question->n_choices});
    if (keys.n_values != 1 || keys.value < 1 || keys.has_others)
        return false;
    struct token second = token_next(words, first.rest);
    if (second.kind == TOKEN_END)
        return false;
    size_t at = (size_t)(second.text.p - normalised.p);
    *ret_choice = option_find(question, str_sub(normalised, at, normalised.len), arena);
    return *ret_choice == keys.value;
}

struct answer_match match_choice(const struct vocabulary *words, const struct question *question,
                                 struct str original, struct str normalised, struct arena *arena)
{
    (void)original;
    struct keys keys = read_keys(words, normalised, (struct key_range){.max = question->n_choices});
    struct answer_match match = answer_of_keys(&keys, 1);
    bool is_bare_key = match.result == ANSWER_ONE && normalised.len == 1;
    if (is_bare_key)
        return match;
    int32_t option = option_find(question, normalised, arena);
    if (option != 0) {
        bool is_other = match.result == ANSWER_ONE && match.choice != option;
        return answer_of(is_other ? ANSWER_AMBIGUOUS : ANSWER_ONE, is_other ? 0 : option);
    }
    if (match.result == ANSWER_NONE &&
        is_key_with_text(words, question, normalised, arena, &option))
        return answer_of(ANSWER_ONE, option);
    if (match.result == ANSWER_NONE)
        option = option_among(words, question, normalised, option_find, arena);
    if (match.result == ANSWER_NONE && option == 0)
        option = option_none(words, question, normalised, arena);
    return option != 0 ? answer_of(ANSWER_ONE, option) : match;
}

/* ---- several options ---- */

/* What the words of an answer come to; bit n = option n. */
struct several {
    struct str texts[COURSE_MAX_CHOICES]; /* of the options, normalised */
    uint16_t options;
    bool has_key, has_text, has_all, has_both;
    bool has_filler; /* "no soap": a word that says something about a text */
    bool is_unsure;
};

static void several_add(struct several *several, int32_t option)
{
    several->options = (uint16_t)(several->options | 1u << option);
}

/* "13": each digit an option; a zero before the first one says nothing. */
static bool add_digits(const struct question *question, struct str digits, struct several *several)
{
    for (size_t i = digits.len > 1 && digits.p[0] == '0' ? 1 : 0; i < digits.len; i++) {
        int32_t option = digits.p[i] - '0';
        if (option < 1 || option > question->n_choices)
            return false;
        several_add(several, option);
    }
    several->has_key = true;
    return true;
}

/* "ac" is "13"; in their order, as "bad" is a word. */
static bool add_letters(const struct vocabulary *words, const struct question *question,
                        struct str word, struct several *several)
{
    for (size_t i = 0; i < word.len; i++) {
        int32_t option = match_find_letter(words, str_sub(word, i, i + 1));
        if (option < 1 || option > question->n_choices || (i > 0 && word.p[i] <= word.p[i - 1]))
            return false;
        several_add(several, option);
    }
    several->has_key = true;
    return true;
}

/* False: the word belongs to no answer. */
static bool add_word(const struct vocabulary *words, const struct question *question,
                     struct str word, struct several *several)
{
    struct keys one = {0};
    bool is_all = match_has_word(words, WORDS_ALL, word);
    bool is_both = match_has_word(words, WORDS_BOTH, word);
    several->has_all = several->has_all || is_all;
    several->has_both = several->has_both || is_both;
    if (is_all || is_both || match_has_word(words, WORDS_AND, word))
        return true;
    keys_add_word(words, &one, word, (struct key_range){.max = question->n_choices});
    if (one.has_others)
        return add_letters(words, question, word, several);
    several->is_unsure = several->is_unsure || one.is_unsure;
    if (one.n_values == 0) {
        several->has_filler = several->has_filler || !match_has_word(words, WORDS_COURTESY, word);
        return true;
    }
    several_add(several, one.value);
    several->has_key = true;
    return one.value > 0;
}

/* Takes the longest option text that the text begins with; returns what follows, or the text. */
static struct str add_text(const struct question *question, struct str text,
                           struct several *several)
{
    size_t len = 0;
    int32_t option = 0;
    for (int32_t i = 0; i < question->n_choices; i++) {
        struct str one = several->texts[i];
        struct str rest = str_sub(text, one.len, text.len);
        bool is_whole =
            str_is_empty(rest) || !(token_is_letter(rest.p[0]) || token_is_digit(rest.p[0]));
        if (one.len <= len || !str_starts(text, one) || !is_whole)
            continue;
        len = one.len;
        option = i + 1;
    }
    if (option == 0)
        return text;
    several_add(several, option);
    several->has_text = true;
    return str_sub(text, len, text.len);
}

/* False: there is something in it that belongs to no answer. */
static bool read_several(const struct vocabulary *words, const struct question *question,
                         struct str text, struct several *several)
{
    for (struct token t = token_next(words, text); t.kind != TOKEN_END;) {
        struct str from = (struct str){t.text.p, t.text.len + t.rest.len};
        struct str rest = add_text(question, from, several);
        if (rest.p != from.p) {
            t = token_next(words, rest);
            continue;
        }
        if (is_both_of_them(words, t)) {
            several->has_both = true;
            t = token_next(words, token_next(words, t.rest).rest);
            continue;
        }
        if (t.kind == TOKEN_DIGITS ? !add_digits(question, t.text, several)
                                   : !add_word(words, question, t.text, several))
            return false;
        t = token_after(words, t);
    }
    return true;
}

/* 0: they do not say which. "all 4" is all when there are four. */
static uint16_t several_options(const struct question *question, const struct several *several)
{
    unsigned options = several->options;
    bool is_single = (options & (options - 1)) == 0;
    bool is_count = !several->has_text && (options == 0 || options == 1u << question->n_choices);
    if (is_count && (several->has_both ? question->n_choices == 2 : several->has_all))
        return (uint16_t)((2u << question->n_choices) - 2);
    if (is_single && (several->has_all || several->has_both))
        return 0;
    if (several->has_text && (several->has_filler || (is_single && !several->has_key)))
        return 0;
    return several->options;
}

struct answer_match match_several(const struct vocabulary *words, const struct question *question,
                                  struct str original, struct str normalised, struct arena *arena)
{
    (void)original;
    struct several several = {0};
    struct answer_match match = answer_of(ANSWER_NONE, 0);
    int32_t option = option_find(question, normalised, arena);
    if (option == 0)
        option = option_none(words, question, normalised, arena);
    for (int32_t i = 0; i < question->n_choices; i++)
        several.texts[i] = match_normalise(question->choices[i].text, arena);
    bool is_read = option == 0 && read_several(words, question, normalised, &several);
    if (option > 0)
        match.choices = (uint16_t)(1u << option);
    else if (is_read)
        match.choices = several_options(question, &several);
    if (match.choices != 0)
        match.result = ANSWER_ONE;
    if (several.is_unsure && is_read)
        match.result = ANSWER_AMBIGUOUS;
    return match;
}

/* ---- numbers ---- */

/* A letter that touches digits is no word beside a number: "n0", "st0p", "4k". */
static bool is_stuck(struct token before, struct token t)
{
    bool is_touching = before.kind != TOKEN_END && before.text.p + before.text.len == t.text.p;
    return is_touching && (before.kind == TOKEN_WORD ? before : t).text.len == 1 &&
           before.kind != t.kind;
}

/* "-3", which the normal form has lost. */
static bool is_negative(struct str original)
{
    struct str text = str_trim(original);
    return text.len > 1 && text.p[0] == '-' && token_is_digit(text.p[1]);
}

/* "un 5", "eine 4": before a number, a one is an article. */
static bool is_article(const struct vocabulary *words, struct token t)
{
    return t.kind == TOKEN_WORD && match_find_number_word(words, t.text) == 1 &&
           token_next(words, t.rest).kind == TOKEN_DIGITS;
}

/* The value of a digit or number word; false when the token is neither. */
static bool read_number(const struct vocabulary *words, struct token t, int32_t *ret)
{
    uint64_t value = 0;
    if (t.kind == TOKEN_WORD) {
        *ret = match_find_number_word(words, t.text);
        return *ret >= 0;
    }
    bool is_number = str_to_u64(t.text, INT32_MAX, &value) == ERR_OK && !str_eq(t.text, STR("00"));
    *ret = (int32_t)value;
    return is_number;
}

struct answer_match match_number(const struct vocabulary *words, const struct question *question,
                                 struct str original, struct str normalised, struct arena *arena)
{
    struct keys keys = {0};
    struct token before = {.kind = TOKEN_END};
    if (match_is_marked(words, original, arena))
        return answer_of(ANSWER_NONE, 0);
    for (struct token t = token_next(words, normalised); t.kind != TOKEN_END;
         t = token_after(words, t)) {
        int32_t value = 0;
        if (is_stuck(before, t))
            return answer_of(ANSWER_NONE, 0);
        if (is_article(words, t))
            continue;
        if (read_number(words, t, &value))
            keys_add(&keys, is_negative(original) ? -value : value);
        else if (t.kind == TOKEN_DIGITS || !match_is_filler(words, t.text))
            return answer_of(ANSWER_NONE, 0); /* never a number out of a sentence */
        before = t;
    }
    if (keys.n_values > 1)
        return answer_of(ANSWER_AMBIGUOUS, 0);
    bool is_answer =
        keys.n_values == 1 && keys.value >= question->low && keys.value <= question->high;
    struct answer_match match = answer_of(is_answer ? ANSWER_ONE : ANSWER_NONE, 0);
    match.number = is_answer ? keys.value : 0;
    return match;
}

/* ---- words and open texts ---- */

struct answer_match match_word(const struct vocabulary *words, const struct question *question,
                               struct str original, struct str normalised, struct arena *arena)
{
    (void)words, (void)original, (void)arena;
    struct answer_match match = answer_of(ANSWER_NONE, 0);
    uint32_t best = UINT32_MAX;
    for (uint8_t i = 0; i < question->n_accepted && !str_is_empty(normalised); i++) {
        struct str accepted = question->accepted[i];
        uint32_t max = match_tolerance(accepted);
        uint32_t distance =
            option_is_same(accepted, normalised) ? 0 : match_distance(accepted, normalised, max);
        if (distance > max || distance >= best)
            continue;
        best = distance;
        match.result = ANSWER_ONE;
        match.text = accepted;
    }
    return match;
}

/* Valid UTF-8 without controls, trimmed, at most max_chars characters. */
struct answer_match match_open(const struct vocabulary *words, const struct question *question,
                               struct str original, struct str normalised, struct arena *arena)
{
    (void)words, (void)normalised;
    struct str text = str_trim(original);
    char *out = arena_alloc(arena, text.len + 1);
    if (out == NULL)
        return answer_of(ANSWER_NONE, 0);
    size_t len = 0;
    uint32_t n_chars = 0;
    for (size_t at = 0; at < text.len && n_chars < question->max_chars;) {
        size_t start = at;
        int32_t code = utf8_next(text, &at);
        bool is_invalid = code == UTF8_REPLACEMENT && at - start == 1;
        if (is_invalid || (code < ' ' && code != '\n') || code == 0x7f)
            continue;
        memcpy(out + len, text.p + start, at - start);
        len += at - start;
        n_chars++;
    }
    struct str clean = str_trim((struct str){out, len});
    struct answer_match match = answer_of(clean.len > 0 ? ANSWER_ONE : ANSWER_NONE, 0);
    match.text = clean;
    return match;
}
