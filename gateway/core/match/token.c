#include "core/match/token.h"

bool token_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool token_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (uint8_t)c >= 0x80;
}

/* Also the apostrophe of "it's" and "c'est", which is no key C. */
static bool is_in_word(struct str text, size_t at)
{
    bool is_apostrophe = text.p[at] == '\'' && at + 1 < text.len && token_is_letter(text.p[at + 1]);
    return token_is_letter(text.p[at]) || is_apostrophe;
}

/* Where the word ends that begins here. */
static size_t word_end(struct str text, size_t at)
{
    while (at < text.len && is_in_word(text, at))
        at++;
    return at;
}

/* "a1de", "st0p": a digit between letters is a letter that was mistyped, and no key. */
static size_t mixed_end(struct str text, size_t end)
{
    for (size_t digit = end, behind;; digit = end = behind) {
        while (digit < text.len && token_is_digit(text.p[digit]))
            digit++;
        behind = word_end(text, digit);
        if (digit == end || behind == digit)
            return end;
    }
}

/* Where the suffix ends that makes an ordinal of the digits before it; the same place: there is
 * none. */
static size_t suffix_end(const struct vocabulary *words, struct str text, size_t at)
{
    bool has_sign = at < text.len && (text.p[at] == '\'' || text.p[at] == '-');
    size_t start = has_sign ? at + 1 : at;
    size_t end = word_end(text, start);
    return match_has_word(words, WORDS_SUFFIX, str_sub(text, start, end)) ? end : at;
}

struct token token_next(const struct vocabulary *words, struct str text)
{
    size_t start = 0;
    while (start < text.len && !token_is_digit(text.p[start]) && !token_is_letter(text.p[start]))
        start++;
    if (start == text.len)
        return (struct token){.kind = TOKEN_END};
    bool is_number = token_is_digit(text.p[start]);
    size_t end = is_number ? start : mixed_end(text, word_end(text, start));
    while (is_number && end < text.len && token_is_digit(text.p[end]))
        end++;
    size_t behind = is_number ? suffix_end(words, text, end) : end;
    return (struct token){
        .kind = is_number ? TOKEN_DIGITS : TOKEN_WORD,
        .is_ordinal = behind > end,
        .text = str_sub(text, start, end),
        .rest = str_sub(text, behind, text.len),
    };
}

static bool is_ordinal(const struct vocabulary *words, struct token t)
{
    bool is_word = match_has_word(words, WORDS_ORDINAL, t.text) ||
                   match_has_word(words, WORDS_LAST, t.text) ||
                   match_has_word(words, WORDS_MIDDLE, t.text);
    return t.is_ordinal || (t.kind == TOKEN_WORD && is_word);
}

struct token token_after(const struct vocabulary *words, struct token before)
{
    struct token t = token_next(words, before.rest);
    bool is_one = t.kind == TOKEN_WORD && match_has_word(words, WORDS_ONE, t.text);
    return is_one && is_ordinal(words, before) ? token_next(words, t.rest) : t;
}
