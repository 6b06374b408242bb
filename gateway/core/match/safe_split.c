/* safe.h: the words of a message as the lists have them. */
#include <string.h>
#include <utf8proc.h>

#include "core/match/safe.h"
#include "core/utf8.h"

#define APOSTROPHE '\''         /* "I'm" and "im", "don't" and "dont" are the same */
#define LEET "0o1i3e4a5s7t@a$s" /* sign and the letter that it stands for inside a word */

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

struct safe_words safe_split(struct str normalised, struct arena *arena)
{
    /* A word and what separates it have two bytes at least. */
    struct safe_words words = {.list = arena_new_array(arena, struct str, normalised.len / 2 + 1)};
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
