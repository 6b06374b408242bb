/*
 * exchange.h: a course's modules in the forms of other tools, and back: Moodle's GIFT and XML,
 * Aiken, XLSForm, and one table for spreadsheets. For authors; the service does not need it.
 *
 * Between them stands one flat list of items, a module's Markdown without its signs. A format reads
 * and writes such a list; what it cannot carry becomes a warning with the place, so that nothing is
 * lost unseen. Reading back what was written gives the same items, but for what was warned of.
 *
 *     exchange_collect(&x, source, STR_NONE);
 *     exchange_format_find(STR("gift"))->write(&x, &out);
 *
 * Formats: gift.c, aiken.c, moodle.c, xlsform.c, sheet.c (csv and xlsx); book.h reads and writes
 * spreadsheets; review.c is the sheet for people who read a translation.
 */
#pragma once

#include "core/lesson/lesson.h"

#define EXCHANGE_MAX_BYTES COURSE_MAX_BYTES /* of one file that is read */
#define EXCHANGE_MAX_ITEMS (2 * COURSE_MAX_UNITS + COURSE_MAX_MODULES)
#define EXCHANGE_ARENA_BYTES (128u << 20)

enum exchange_kind { EXCHANGE_MODULE, EXCHANGE_HEADING, EXCHANGE_QUESTION };

struct exchange_option {
    struct str text;
    struct str feedback; /* absent: none */
    enum lesson_mark mark;
};

/* All texts live in the arena of the list. Absent is what is not there. */
struct exchange_item {
    enum exchange_kind kind;
    struct str id;
    struct str title;       /* of a question: the question */
    struct str module_kind; /* "lessons"; modules only, as the three below */
    struct str summary, key_message, guide;
    bool is_required;
    bool is_story;
    uint32_t n_screens; /* of a heading: 0 = it only names the questions below it */
    struct str *screens;
    uint32_t n_options;
    struct exchange_option *options; /* room for COURSE_MAX_CHOICES */
    struct str answer;               /* what stands behind "=" */
    struct str condition;            /* "w1 = 2 3" */
    struct str feedback, right, wrong;
    struct str source;
    struct source_pos pos;
};

struct exchange {
    struct arena *arena;
    struct lesson_findings *findings;
    uint32_t n;
    struct exchange_item *items; /* room for EXCHANGE_MAX_ITEMS */
};

/* A format, in the table of exchange.c. Names: "gift", ... */
struct exchange_format {
    const char *name;
    const char *suffix; /* ".gift": of files that are likely to be it */
    bool is_binary;
    /* Appends all items. Check buf_error(out) and the arena. */
    void (*write)(struct exchange *x, struct buf *out);
    /* Adds the items of a file. What is wrong with it goes to the findings. */
    void (*read)(struct exchange *x, struct str name, struct str text);
};

/* NULL: none of this name. The i-th; NULL past the last. */
const struct exchange_format *exchange_format_find(struct str name);
const struct exchange_format *exchange_format_nth(size_t i);

/* An empty list. The arena's error. */
enum err exchange_init(struct exchange *x, struct arena *arena,
                       struct lesson_findings *findings) MUST_CHECK;
/* The items of one module, or of all (absent), of a course that lesson_parse took without an error.
 * Comments that are no sources are warned of. ERR_NOT_FOUND: no such module; the arena's error. */
enum err exchange_collect(struct exchange *x, const struct lesson_source *source,
                          struct str module) MUST_CHECK;
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
/* Appends the Markdown of a module, the item number i, and of what follows up to the next one. What
 * comes from other tools and cannot be part of any course is mended or left out, with a warning. */
void exchange_markdown(struct exchange *x, uint32_t i, struct buf *out);
/* Do two lists say the same? Where they differ, *ret_at is the first that does. */
bool exchange_is_same(const struct exchange *a, const struct exchange *b, uint32_t *ret_at);

/* ---- for the formats ---- */

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
 * or wrong; and once such a file was read: takes it away again where it is the question's. */
struct str exchange_option_feedback(const struct exchange_item *item,
                                    const struct exchange_option *option);
void exchange_settle_feedback(struct exchange_item *item);

/* An answer of a tool that gives marks for it: weight is percent. */
#define EXCHANGE_MAX_GRADED 64u
struct exchange_graded {
    struct str text, feedback; /* empty or absent: none */
    double weight;
};
/* The options of a question, and the words that it accepts ("*" with no weight: what follows all
 * others), from such a list. is_several: all that have a weight are right together. */
void exchange_take_options(struct exchange *x, struct exchange_item *item,
                           const struct exchange_graded *list, uint32_t n, bool is_several);
void exchange_take_words(struct exchange *x, struct exchange_item *item,
                         const struct exchange_graded *list, uint32_t n);
/* "-33.33333"; false: no number. */
bool exchange_number(struct str text, double *ret);

/* A path of categories, "m1: The situation/m1quiz: Quiz" (a slash of a title is doubled), as GIFT
 * and Moodle XML have them, of a module and a heading (NULL: none); and back, as a module, a
 * heading, or both. notes: what was said of the module; may be NULL. */
struct str exchange_category(struct exchange *x, const struct exchange_item *module,
                             const struct exchange_item *heading);
void exchange_take_category(struct exchange *x, struct str path, const struct exchange_item *notes,
                            struct source_pos pos);

extern const struct exchange_format exchange_gift, exchange_aiken, exchange_moodle,
    exchange_xlsform, exchange_csv, exchange_xlsx;

/* ---- review.c: the sheet for people who read a translation ---- */

#define REVIEW_MAX_CHANGES PO_MAX_ENTRIES

/* One row that was changed or signed. */
struct review_change {
    uint32_t po; /* index in the source's files */
    struct str context;
    struct po_entry entry; /* as it becomes */
    struct source_pos place;
    bool is_refused;
};

struct review {
    const struct lesson_source *source;
    struct str lang;
    struct arena *arena;
    struct lesson_findings *findings; /* what is refused, a warning each */
    uint32_t n, n_refused;
    struct review_change *changes;
};

/* Appends an XLSX file. ERR_NOT_FOUND: there is no such translation; book_write_xlsx's errors. */
enum err review_write(const struct lesson_source *source, struct str lang, struct arena *arena,
                      struct buf *out) MUST_CHECK;
/* Reads what a reviewer gave back. Borrows all it is given. book_read_xlsx's errors, with msg. */
enum err review_read(struct review *r, const struct lesson_source *source, struct str lang,
                     struct str name, struct str bytes, struct arena *arena,
                     struct lesson_findings *findings, struct errmsg *msg) MUST_CHECK;
/* The PO files as they become; what the check has mistakes of is refused first. ret has room for
 * all files of the course. The arena's error, ERR_TOO_LONG. */
enum err review_apply(struct review *r, const struct lesson_file *files, uint32_t n_files,
                      struct lesson_file *ret, uint32_t *ret_n) MUST_CHECK;
