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
 * Formats: gift.c, aiken.c, moodle.c, xlsform.c, sheet.c (csv and xlsx), with format.h; book.h
 * reads and writes spreadsheets; review.h is the sheet for people who read a translation.
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
    struct str module_kind; /* "lessons"; modules only, as those below */
    struct str summary, key_message, guide;
    struct str forms; /* "3": so many equal forms of a test */
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

extern const struct exchange_format exchange_gift, exchange_aiken, exchange_moodle,
    exchange_xlsform, exchange_csv, exchange_xlsx;
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
/* Appends the Markdown of a module, the item number i, and of what follows up to the next one. What
 * comes from other tools and cannot be part of any course is mended or left out, with a warning. */
void exchange_markdown(struct exchange *x, uint32_t i, struct buf *out);
