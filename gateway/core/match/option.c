#include "core/match/option.h"
#include "core/match/words.h"
#include "core/utf8.h"

/* Moves over the e of ae, oe, ue: they stand for the German umlauts, whose marks are gone. */
static size_t skip_umlaut_e(struct str text, size_t at)
{
    bool is_e = at > 0 && at < text.len && text.p[at] == 'e';
    char before = is_e ? text.p[at - 1] : '\0';
    return before == 'a' || before == 'o' || before == 'u' ? at + 1 : at;
}

bool option_is_same(struct str a, struct str b)
{
    size_t i = 0;
    size_t j = 0;
    for (;;) {
        i = skip_umlaut_e(a, i);
        j = skip_umlaut_e(b, j);
        if (i >= a.len || j >= b.len)
            return i >= a.len && j >= b.len;
        if (a.p[i++] != b.p[j++])
            return false;
    }
}

int32_t option_find(const struct question *question, struct str text, struct arena *arena)
{
    int32_t found = 0;
    for (int32_t i = 0; i < question->n_choices && !str_is_empty(text); i++) {
        if (!option_is_same(match_normalise(question->choices[i].text, arena), text))
            continue;
        if (found != 0)
            return 0;
        found = i + 1;
    }
    return found;
}

int32_t option_none(const struct vocabulary *words, const struct question *question,
                    struct str text, struct arena *arena)
{
    bool has_none = false;
    for (struct str rest = text, word; (word = match_next_word(&rest)).p != NULL;) {
        bool is_none = match_has_word(words, WORDS_NONE, word);
        has_none = has_none || is_none;
        bool is_no = match_find_keyword(words, word).command == COMMAND_NO ||
                     match_has_word(words, WORDS_NOT, word) ||
                     match_has_word(words, WORDS_ONE, word);
        if (!is_none && !is_no && !match_is_filler(words, word))
            return 0;
    }
    int32_t found = 0;
    for (int32_t i = 0; has_none && i < question->n_choices; i++) {
        struct str option = match_normalise(question->choices[i].text, arena);
        if (!match_has_word(words, WORDS_NONE, match_next_word(&option)))
            continue;
        if (found != 0)
            return 0;
        found = i + 1;
    }
    return found;
}

bool option_is_around(const struct vocabulary *words, struct str word)
{
    bool is_no = match_find_keyword(words, word).command == COMMAND_NO ||
                 match_has_word(words, WORDS_NOT, word);
    return !is_no && (match_is_filler(words, word) || match_has_word(words, WORDS_COURTESY, word));
}

int32_t option_among(const struct vocabulary *words, const struct question *question,
                     struct str text, option_finder *find, struct arena *arena)
{
    for (struct str rest = text, word;
         (word = match_next_word(&rest)).p != NULL && option_is_around(words, word);)
        text = rest;
    while (!str_is_empty(text)) {
        int32_t option = find(question, text, arena);
        size_t at = text.len;
        while (at > 0 && text.p[at - 1] != ' ')
            at--;
        if (option != 0 || at == 0 || !option_is_around(words, str_sub(text, at, text.len)))
            return option;
        text = str_sub(text, 0, at - 1);
    }
    return 0;
}

/* ---- mistyped ---- */

#define NEAR_MIN_LETTERS 5 /* shorter words are one letter from other words: boss, loss */

/* Each word near that in its place. */
static bool are_words_near(struct str expected, struct str typed)
{
    for (struct str a; (a = match_next_word(&expected)).p != NULL;) {
        struct str b = match_next_word(&typed);
        uint32_t max = match_tolerance(a);
        if (b.p == NULL || match_distance(a, b, max) > max)
            return false;
    }
    return str_is_empty(typed);
}

/* People rarely mistype the first letter of a word; another one is most often another word. */
static bool is_near(struct str expected, struct str typed)
{
    uint32_t max = match_tolerance(expected);
    return utf8_count(expected) >= NEAR_MIN_LETTERS && !str_is_empty(typed) &&
           expected.p[0] == typed.p[0] &&
           (match_distance(expected, typed, max) <= max || are_words_near(expected, typed));
}

int32_t option_find_near(const struct question *question, struct str text, struct arena *arena)
{
    int32_t found = 0;
    for (int32_t i = 0; i < question->n_choices; i++) {
        if (!is_near(match_normalise(question->choices[i].text, arena), text))
            continue;
        if (found != 0)
            return 0;
        found = i + 1;
    }
    return found;
}
