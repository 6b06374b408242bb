/*
 * The words that learners type, of all languages of a course together (docs/course-rules.md 6.1):
 * no word may mean two things, none may be a near miss of another, and a language that the course
 * is taught in needs words for every command.
 */
#include <string.h>

#include "core/lesson/check_internal.h"
#include "core/match/words.h"

#define HOW "see `The words that learners type` in lessons/README.md"

static const char *name_of(const struct word_row *row)
{
    return command_row((enum command)row->which)->name;
}

/* The same word for another command; the first row counts. */
static void check_double(struct check *c, const struct word_row *row, const struct word_row *first)
{
    check_error(c, "keyword-double", row->pos, row->text,
                arena_printf(c->arena, "this word means %s; at %.*s:%u:%u it means %s",
                             name_of(row), STR_ARG(first->pos.file), first->pos.line,
                             first->pos.column, name_of(first)),
                STR("take another word, or leave one of them out: all languages are known at "
                    "once"));
}

/* Does a near miss of the one count as the other? */
static bool is_near(const struct word_row *a, const struct word_row *b)
{
    uint32_t max = match_tolerance(a->text) < match_tolerance(b->text) ? match_tolerance(a->text)
                                                                       : match_tolerance(b->text);
    max = max > 1 ? 1 : max;
    return max > 0 && match_distance(a->text, b->text, max) <= max;
}

static void check_near(struct check *c, const struct word_row *row, const struct word_row *first)
{
    check_error(c, "keyword-near", row->pos, row->text,
                arena_printf(c->arena,
                             "one mistyped letter away from `%.*s` at %.*s:%u:%u, which means %s",
                             STR_ARG(first->text), STR_ARG(first->pos.file), first->pos.line,
                             first->pos.column, name_of(first)),
                STR("take another word: of words of four letters and more, a near miss is "
                    "understood"));
}

/* Against all that stand before it. */
static void check_keyword(struct check *c, const struct word_row *row)
{
    const struct vocabulary *words = c->course->words;
    bool is_key = match_find_letter(words, row->text) > 0 ||
                  match_find_number_word(words, row->text) >= 0 ||
                  match_has_word(words, WORDS_UNSURE, row->text);
    if (is_key)
        check_error(c, "keyword-answer", row->pos, row->text,
                    STR("this is the key of an option, as a letter or a number"),
                    STR("take another word: it would never be an answer again"));
    for (const struct word_row *first = words->rows; first < row; first++) {
        if (first->kind != WORD_KEYWORD || first->which == row->which)
            continue;
        bool is_same = str_eq(first->text, row->text);
        if (!is_same && !is_near(first, row))
            continue;
        (is_same ? check_double : check_near)(c, row, first);
        return;
    }
}

/* The commands for which a language has no word; English ones work as well. */
static void check_language_words(struct check *c, struct str lang)
{
    const struct vocabulary *words = c->course->words;
    char code[WORDS_LANG_BYTES * 2] = "";
    struct buf missing;
    uint32_t bits = str_copy(lang, code, sizeof(code)) == ERR_OK ? match_languages(words, code) : 0;
    buf_init(&missing, 1024);
    for (unsigned command = COMMAND_NONE + 1; command < N_COMMANDS; command++) {
        bool is_there = false;
        for (uint16_t i = 0; i < words->n_keywords && !is_there; i++)
            is_there = words->keywords[i].command == (enum command)command &&
                       (words->keywords[i].langs & bits) != 0;
        if (!is_there)
            buf_addf(&missing, " %s", command_row((enum command)command)->name);
    }
    if (buf_str(&missing).len > 0)
        check_warning(c, "words-missing", c->source->front_pos, lang,
                      arena_printf(c->arena,
                                   "whoever learns in this language has only English words for%.*s",
                                   STR_ARG(buf_str(&missing))),
                      arena_printf(c->arena, "write them into words-%.*s.md of the pack; " HOW,
                                   STR_ARG(lang)));
    buf_fini(&missing);
}

void check_words(struct check *c)
{
    const struct vocabulary *words = c->course->words;
    if (words == NULL)
        return;
    for (uint32_t i = 0; i < words->n_rows && c->source->strings == NULL; i++) {
        if (words->rows[i].kind == WORD_KEYWORD)
            check_keyword(c, &words->rows[i]);
    }
    check_language_words(c, c->course->language);
}

/* ---- commands that a text names ---- */

/* The next word between blanks; *ret_loud: all of it are capitals, as texts write commands. */
static struct str next_named(struct str *rest, bool *ret_loud)
{
    size_t end = 0;
    bool is_loud = true;
    *rest = str_trim(*rest);
    while (end < rest->len && strchr(" \n", rest->p[end]) == NULL)
        end++;
    struct str word = str_sub(*rest, 0, end);
    *rest = str_sub(*rest, end, rest->len);
    for (size_t i = 0; i < word.len; i++)
        is_loud = is_loud && ((word.p[i] >= 'A' && word.p[i] <= 'Z') ||
                              (i > 1 && strchr(".,:;)", word.p[i]) != NULL));
    *ret_loud = is_loud && word.len > 2;
    return word;
}

static bool names_command(struct check *c, struct str text, enum command command)
{
    bool unused;
    for (struct str rest = text, word; (word = next_named(&rest, &unused)).len > 0;) {
        struct str typed = match_normalise(word, c->scratch);
        if (match_find_keyword(c->course->words, typed).command == command)
            return true;
    }
    return false;
}

void check_named_commands(struct check *c, const struct lesson_string *string)
{
    const struct po_entry *entry = string->entry;
    if (c->course->words == NULL || !str_starts(string->context, STR("text_")))
        return;
    bool is_loud, was_loud = false; /* CHILDREN ON THE MOVE is no command */
    for (struct str rest = entry->id, word; (word = next_named(&rest, &is_loud)).len > 0;) {
        enum command command =
            is_loud && !was_loud
                ? match_find_keyword(c->course->words, match_normalise(word, c->scratch)).command
                : COMMAND_NONE;
        was_loud = is_loud && strchr(".,:;)", word.p[word.len - 1]) == NULL;
        if (command != COMMAND_NONE && !names_command(c, entry->text, command))
            check_warning(c, "po-command", entry->pos, entry->text,
                          arena_printf(c->arena,
                                       "the original says to send %.*s; no word for it "
                                       "stands here",
                                       STR_ARG(word)),
                          arena_printf(c->arena,
                                       "write a word of command_%s that learners of this "
                                       "language type; " HOW,
                                       command_row(command)->name));
    }
}
