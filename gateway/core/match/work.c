/*
 * What one's work is, in own words: the texts of the options of the role question, and the phrases
 * that a course has for each of them.
 */
#include "core/match/option.h"
#include "core/match/phrase.h"
#include "core/utf8.h"

_Static_assert(PHRASES_WORK_9 - PHRASES_WORK_1 + 1 == COURSE_MAX_CHOICES,
               "a list of phrases for each option");

/* What is longest at the beginning of a text, and what follows it. */
struct naming {
    int32_t option; /* 0: none */
    struct str rest;
};

static void take_longest(struct naming *found, int32_t option, struct str rest)
{
    if (found->option == 0 || rest.len < found->rest.len)
        *found = (struct naming){option, rest};
}

/* "School nurse" is a nurse: the longest counts. */
static struct naming name_at(const struct vocabulary *words, const struct question *question,
                             struct str text, struct arena *arena)
{
    struct naming found = {0, text};
    struct str phrase, rest = text;
    struct str first = match_next_word(&rest);
    for (int32_t i = 0; i < question->n_choices; i++) {
        struct str option = match_normalise(question->choices[i].text, arena);
        bool is_word =
            text.len == option.len || (text.len > option.len && text.p[option.len] == ' ');
        if (!str_is_empty(option) && is_word && str_starts(text, option))
            take_longest(&found, i + 1, str_sub(text, option.len, text.len));
        enum word_list list = (enum word_list)(PHRASES_WORK_1 + i);
        for (uint32_t at = 0; match_next_phrase(words, list, first, &at, &phrase);) {
            if (phrase_begins(text, phrase, &rest))
                take_longest(&found, i + 1, rest.p != NULL ? rest : STR(""));
        }
    }
    return found;
}

/* "And a volunteer" is one word where it is written so, as in Arabic. */
static struct naming name_behind_and(const struct vocabulary *words,
                                     const struct question *question, struct str text,
                                     struct arena *arena)
{
    struct naming found = {0, text};
    for (size_t at = 0; found.option == 0 && at < text.len && text.p[at] != ' ';) {
        (void)utf8_next(text, &at);
        if (match_has_word(words, WORDS_AND, str_sub(text, 0, at)))
            found = name_at(words, question, str_sub(text, at, text.len), arena);
    }
    return found;
}

/* "I am a nurse", "maybe a nurse, thanks"; where nothing else may stand in the text the words of
 * one's work alone: "send police" asks for them. */
static bool is_around_work(const struct vocabulary *words, struct str word, bool is_whole)
{
    return match_has_word(words, WORDS_WORK, word) || (!is_whole && option_is_around(words, word));
}

/* "Thank you, teacher", "good morning doctor": that is somebody else. */
static bool is_addressed(const struct vocabulary *words, struct str before)
{
    struct str last = STR_NONE;
    for (struct str rest = before, word; (word = match_next_word(&rest)).p != NULL;)
        last = word;
    return !str_is_empty(last) && (match_has_word(words, WORDS_THANKS, last) ||
                                   phrase_is_whole(words, PHRASES_THANKS, str_trim(before)));
}

struct search {
    const struct vocabulary *words;
    const struct question *question;
    struct arena *arena;
    bool is_whole;
    int32_t found; /* the first option that was named; 0: none yet */
};

/* The next work that is named, from *rest on; moves it behind, or over one other word. False: that
 * word denies, or says that no work is meant. */
static bool take_work(const struct search *s, struct str *rest, int32_t *ret_option)
{
    struct naming naming = name_at(s->words, s->question, *rest, s->arena);
    if (naming.option == 0 && s->found != 0)
        naming = name_behind_and(s->words, s->question, *rest, s->arena);
    *ret_option = naming.option;
    *rest = naming.rest;
    if (naming.option != 0)
        return true;
    struct str word = match_next_word(rest);
    bool is_no = match_find_keyword(s->words, word).command == COMMAND_NO ||
                 match_has_word(s->words, WORDS_NOT, word);
    bool may_be_any = s->found != 0 && !s->is_whole;
    return !is_no && (may_be_any || is_around_work(s->words, word, s->is_whole));
}

int32_t match_work(const struct vocabulary *words, const struct question *question,
                   struct str normalised, bool is_whole, struct arena *arena)
{
    struct search s = {words, question, arena, is_whole, 0};
    int32_t option;
    bool has_other = false;
    for (struct str rest = str_trim(normalised); !str_is_empty(rest); rest = str_trim(rest)) {
        struct str before = str_sub(normalised, 0, (size_t)(rest.p - normalised.p));
        if (!take_work(&s, &rest, &option) ||
            (option != 0 && s.found == 0 && is_addressed(words, before)))
            return 0;
        has_other = has_other || (option != 0 && s.found != 0 && option != s.found);
        s.found = option != 0 ? option : s.found;
    }
    return has_other ? -1 : s.found;
}
