/*
 * match.h: answers that are none to the letter, but can only mean one thing: a mistyped option, and
 * a key with a remark behind it ("2. but why?", "no, I have no time").
 */
#include "core/match/option.h"
#include "core/match/token.h"
#include "core/utf8.h"

/* ---- a key with a remark ---- */

struct remark {
    struct token key;
    struct str text;  /* what follows, normalised */
    bool is_question; /* it asks something */
};

/* What sets a key apart from a remark. A letter may be a word, so that behind it a comma does not:
 * "A, a friend, came". */
static bool is_mark(int32_t code, const struct token *key)
{
    static const int32_t marks[] = {'.', ')', ']', ':', ';', ',', '!', 0x60c, 0x61b};
    bool is_letter = key->kind == TOKEN_WORD && key->text.len == 1;
    for (size_t i = 0; i < (is_letter ? 4 : ARRAY_LEN(marks)); i++) {
        if (code == marks[i])
            return true;
    }
    return false;
}

/* "2)" of "2) because", "2 -" of "2 - because": where the first word ends, a sign stands. */
static bool has_mark(struct str original, const struct token *key, struct arena *arena)
{
    struct str rest = str_trim(original);
    struct str first = str_split(&rest, ' ');
    int32_t last = 0;
    for (size_t at = 0; at < first.len;)
        last = utf8_next(first, &at);
    struct str second = str_split(&rest, ' ');
    bool is_sign = !str_is_empty(second) && str_is_empty(match_normalise(second, arena));
    return is_mark(last, key) || (is_sign && key->kind == TOKEN_DIGITS);
}

static bool has_question_mark(struct str text)
{
    return str_find(text, STR("?")) != SIZE_MAX || str_find(text, STR("\u061f")) != SIZE_MAX;
}

/* False: what begins the text is not set apart from what follows, or nothing follows. */
static bool read_remark(const struct vocabulary *words, struct str original, struct str normalised,
                        struct arena *arena, struct remark *ret)
{
    struct token key = token_next(words, normalised);
    if (key.kind == TOKEN_END || key.text.p != normalised.p || str_is_empty(key.rest))
        return false;
    struct token next = token_next(words, key.rest);
    bool is_apart = key.rest.p[0] == ' ' ? has_mark(original, &key, arena) ||
                                               match_has_word(words, WORDS_BECAUSE, next.text)
                                         : is_mark(key.rest.p[0], &key);
    *ret =
        (struct remark){.key = key, .text = key.rest, .is_question = has_question_mark(original)};
    return is_apart && next.kind == TOKEN_WORD;
}

/* May the word be another answer? */
static bool is_key(const struct vocabulary *words, struct token t, int32_t n_options)
{
    int32_t number = match_find_number_word(words, t.text);
    int32_t letter = match_find_letter(words, t.text);
    bool is_number = number > 0 && number <= n_options && !match_has_word(words, WORDS_ONE, t.text);
    bool is_letter = letter > 1 && letter <= n_options; /* "a" is a word */
    return t.kind == TOKEN_DIGITS || is_number || is_letter ||
           match_has_word(words, WORDS_LAST, t.text) || match_has_word(words, WORDS_BOTH, t.text);
}

static bool has_key(const struct vocabulary *words, struct str text, int32_t n_options)
{
    for (struct token t = token_next(words, text); t.kind != TOKEN_END;
         t = token_next(words, t.rest)) {
        if (is_key(words, t, n_options))
            return true;
    }
    return false;
}

/* Does the text of another option stand in the remark? */
static bool has_other_option(const struct question *question, struct str text, int32_t option,
                             struct arena *arena)
{
    for (int32_t i = 0; i < question->n_choices; i++) {
        struct str one = match_normalise(question->choices[i].text, arena);
        if (i + 1 != option && !str_is_empty(one) && str_find(text, one) != SIZE_MAX)
            return true;
    }
    return false;
}

/* The option before a remark; 0: none. */
static int32_t remarked_option(const struct vocabulary *words, const struct question *question,
                               struct str original, struct str normalised, struct arena *arena)
{
    struct remark remark;
    if (!read_remark(words, original, normalised, arena, &remark))
        return 0;
    struct question one = *question;
    one.kind = QUESTION_CHOICE;
    struct answer_match key = match_choice(words, &one, remark.key.text, remark.key.text, arena);
    bool is_word = remark.key.kind == TOKEN_WORD && remark.key.text.len > 1;
    bool is_clear = key.result == ANSWER_ONE && !is_word &&
                    !has_key(words, remark.text, question->n_choices) &&
                    !has_other_option(question, remark.text, key.choice, arena);
    return is_clear ? key.choice : 0;
}

/* ---- options ---- */

/* "2 seperated": the text behind a key must be that of its own option. */
static int32_t near_option(const struct vocabulary *words, const struct question *question,
                           struct str normalised, struct arena *arena)
{
    struct token first = token_next(words, normalised);
    struct token second = token_next(words, first.rest);
    int32_t option = option_find_near(question, normalised, arena);
    if (option == 0)
        option = option_among(words, question, normalised, option_find_near, arena);
    if (option != 0 || first.kind != TOKEN_DIGITS || second.kind == TOKEN_END)
        return option;
    size_t at = (size_t)(second.text.p - normalised.p);
    option = option_among(words, question, str_sub(normalised, at, normalised.len),
                          option_find_near, arena);
    return first.text.len == 1 && option == first.text.p[0] - '0' ? option : 0;
}

/* "Yeah" where one option is "Yes"; never "not sure", nor by a number, which may be of anything. */
static int32_t agreed_option(const struct vocabulary *words, const struct question *question,
                             struct str normalised, struct arena *arena)
{
    enum agreement said = match_agreement(words, normalised);
    int32_t found = 0;
    if (has_key(words, normalised, question->n_choices))
        return 0;
    for (struct str rest = normalised, word; (word = match_next_word(&rest)).p != NULL;) {
        if (match_has_word(words, WORDS_NOT, word))
            return 0;
    }
    for (int32_t i = 0; said != AGREEMENT_NONE && i < question->n_choices; i++) {
        struct str option = match_normalise(question->choices[i].text, arena);
        if (match_agreement(words, option) != said)
            continue;
        if (found != 0)
            return 0;
        found = i + 1;
    }
    return found;
}

struct str match_near_key(const struct vocabulary *words, const struct question *question,
                          struct str original, struct str normalised, struct arena *arena)
{
    if (question->n_choices == 0)
        return STR_NONE;
    int32_t option = near_option(words, question, normalised, arena);
    if (option == 0)
        option = remarked_option(words, question, original, normalised, arena);
    if (option == 0)
        option = agreed_option(words, question, normalised, arena);
    return option != 0 ? arena_printf(arena, "%d", option) : STR_NONE;
}

/* ---- yes and no ---- */

static bool has_doubt(const struct vocabulary *words, struct str text)
{
    for (struct token t = token_next(words, text); t.kind != TOKEN_END;
         t = token_next(words, t.rest)) {
        if (match_find_keyword(words, t.text).command == COMMAND_NO ||
            match_has_word(words, WORDS_NO, t.text) || match_has_word(words, WORDS_NOT, t.text) ||
            match_has_word(words, WORDS_BUT, t.text))
            return true;
    }
    return false;
}

/* "But", "maybe": not what only sounds so, as "si" of one language and "من فضلك" of another. */
static bool is_doubt(const struct vocabulary *words, struct str word)
{
    return match_has_word(words, WORDS_BUT, word) && !match_has_word(words, WORDS_YES, word) &&
           !match_has_word(words, WORDS_COURTESY, word) &&
           !match_has_word(words, WORDS_CONSENT, word) &&
           match_find_keyword(words, word).command == COMMAND_NONE;
}

bool match_is_unsure(const struct vocabulary *words, struct str original, struct str normalised)
{
    struct token t = token_next(words, normalised);
    bool is_key = t.kind == TOKEN_DIGITS && token_next(words, t.rest).kind == TOKEN_END;
    if (has_question_mark(original) && !is_key)
        return true;
    for (; t.kind != TOKEN_END; t = token_next(words, t.rest)) {
        if (is_doubt(words, t.text))
            return true;
    }
    return false;
}

static bool has_wish(const struct vocabulary *words, struct str text)
{
    for (struct token t = token_next(words, text); t.kind != TOKEN_END;
         t = token_next(words, t.rest)) {
        enum command command = match_find_keyword(words, t.text).command;
        if (command == COMMAND_YES || command == COMMAND_JOIN ||
            match_has_word(words, WORDS_YES, t.text))
            return true;
    }
    return false;
}

enum agreement match_near_agreement(const struct vocabulary *words, struct str original,
                                    struct str normalised, struct arena *arena)
{
    struct remark remark;
    if (!read_remark(words, original, normalised, arena, &remark) || has_key(words, remark.text, 2))
        return AGREEMENT_NONE;
    enum agreement said = match_agreement(words, remark.key.text);
    bool is_unclear = said == AGREEMENT_YES ? remark.is_question || has_doubt(words, remark.text)
                                            : has_wish(words, remark.text);
    return is_unclear ? AGREEMENT_NONE : said;
}
