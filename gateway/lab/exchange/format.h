/*
 * format.h: what the formats (exchange.h) are made with: items (items.c), texts (text.c), questions
 * and categories (question.c). For the files of this folder only.
 */
#pragma once

#include "lab/exchange/exchange.h"

/* The columns of our own that a table of a course has beside those of its format, with their
 * headings, in this order. */
#define EXCHANGE_COLUMNS(X)                                                                        \
    X(FEEDBACK, "feedback")                                                                        \
    X(FEEDBACK_RIGHT, "feedback_right")                                                            \
    X(FEEDBACK_WRONG, "feedback_wrong")                                                            \
    X(ANSWER, "answer")                                                                            \
    X(IF, "if")                                                                                    \
    X(SOURCE, "source")                                                                            \
    X(SUMMARY, "summary")                                                                          \
    X(KEY_MESSAGE, "key_message")                                                                  \
    X(GUIDE, "guide")                                                                              \
    X(FORMS, "forms")
#define EXCHANGE_COLUMN(name, heading) COLUMN_##name,
#define EXCHANGE_HEADING_OF(name, heading) heading,
/* Whether an option is right, as such tables have it: "yes", "no", or "" where none is. */
struct str exchange_mark(enum lesson_mark mark);

/* How a form of questions in categories writes what it can hold. `group` is the heading that only
 * names the questions below it, or NULL for the module itself. */
struct exchange_tree {
    void (*category)(struct exchange *x, const struct exchange_item *module,
                     const struct exchange_item *group, struct buf *out);
    void (*question)(struct exchange *x, const struct exchange_item *item, struct buf *out);
    void (*lesson)(struct exchange *x, const struct exchange_item *item, struct buf *out);
};
/* All items in their order; a category stands before what belongs to another one than before. */
void exchange_write_tree(struct exchange *x, const struct exchange_tree *tree, struct buf *out);
/* A new item; NULL past a ceiling, which was told. */
struct exchange_item *exchange_add(struct exchange *x, enum exchange_kind kind,
                                   struct source_pos pos);
/* Behind the item's options, or screens. Past the ceiling they are left out, with a warning. */
struct exchange_option *exchange_add_option(struct exchange *x, struct exchange_item *item,
                                            struct str text, enum lesson_mark mark);
void exchange_add_screen(struct exchange *x, struct exchange_item *item, struct str text);
/* A list that begins with a lesson gets a module, one that begins with a question a heading too;
 * they are named after the file. */
void exchange_need_module(struct exchange *x, struct str name, struct source_pos pos);
void exchange_need_heading(struct exchange *x, struct str name, struct source_pos pos);
/* Makes a name of another tool an id that is new in the list; a warning where it had to change. */
struct str exchange_id(struct exchange *x, struct str name, struct source_pos pos);
/* Blanks become one; line ends stay, or become blanks, as in titles and questions. */
struct str exchange_text(struct exchange *x, struct str text);
struct str exchange_line(struct exchange *x, struct str text);
/* The words of HTML: tags away, entities as their letters, paragraphs as line ends. */
struct str exchange_from_html(struct exchange *x, struct str html, struct source_pos pos);
/* "this question has no right answer": not carried, or not understood. */
void exchange_lose(struct exchange *x, struct source_pos pos, struct str offending,
                   const char *what, const char *fix);
void exchange_refuse(struct exchange *x, struct source_pos pos, struct str offending,
                     const char *what, const char *fix);
/* Notes: lines such as "source: CRC 1" with what a format has no place for; the i-th of an item,
 * absent past the last, and back (false: no such note). */
struct str exchange_note_nth(struct exchange *x, const struct exchange_item *item, uint32_t i);
bool exchange_note_take(struct exchange *x, struct exchange_item *item, struct str note);

/* How a question is answered, as far as other tools tell these kinds apart. */
enum exchange_answer {
    EXCHANGE_ANSWER_CHOICE, /* one option is right */
    EXCHANGE_ANSWER_SEVERAL,
    EXCHANGE_ANSWER_OPINION, /* options without a right one, of which one is chosen */
    EXCHANGE_ANSWER_OPINIONS,
    EXCHANGE_ANSWER_NUMBER,
    EXCHANGE_ANSWER_OPEN,
    EXCHANGE_ANSWER_WORD,
};
enum exchange_answer exchange_answer_of(const struct exchange_item *item);
/* The feedback that an option gets in tools that know no other: its own, else the question's right
 * or wrong. */
struct str exchange_option_feedback(const struct exchange_item *item,
                                    const struct exchange_option *option);

/* An answer of a tool that gives marks for it: weight is percent. */
#define EXCHANGE_MAX_GRADED 64u
struct exchange_graded {
    struct str text, feedback; /* empty or absent: none */
    double weight;
    double spread; /* of a number: one that is this far off is right there, too */
};
/* The options of a question, and the words that it accepts ("*" with no weight: what follows all
 * others), from such a list. is_several: all that have a weight are right together. */
void exchange_take_options(struct exchange *x, struct exchange_item *item,
                           const struct exchange_graded *list, uint32_t n, bool is_several);
void exchange_take_words(struct exchange *x, struct exchange_item *item,
                         const struct exchange_graded *list, uint32_t n);
/* The same of numbers, which become accepted words: what is none is left out, and so is a spread.
 */
void exchange_take_numbers(struct exchange *x, struct exchange_item *item,
                           struct exchange_graded *list, uint32_t n);
/* Is it UTF-8? Else it is refused, with the place of the first byte that is not. */
bool exchange_is_text(struct exchange *x, struct str name, struct str text);
/* What a reader of XML puts where a letter cannot be read is refused in the items from the first
 * on, once for each. */
void exchange_refuse_unread(struct exchange *x, uint32_t first);
/* "-33.33333"; false: no number. */
bool exchange_number(struct str text, double *ret);

/* A path of categories, "m1: The situation/m1quiz: Quiz" (a slash of a title is doubled), as GIFT
 * and Moodle XML have them, of a module and a heading (NULL: none); and back, as a module, a
 * heading, or both. notes: what was said of the last of them; may be NULL. */
struct str exchange_category(struct exchange *x, const struct exchange_item *module,
                             const struct exchange_item *heading);
void exchange_take_category(struct exchange *x, struct str path, const struct exchange_item *notes,
                            struct source_pos pos);
