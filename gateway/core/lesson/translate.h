/*
 * translate.h: the strings of a course that learners read, each under an id that never changes, and
 * the course in another language: a whole struct course with the same modules, units and keys.
 *
 * Ids (they are the msgctxt of po/<lang>.po; lessons/README.md shows them to translators):
 *
 *     course:title  course:name  m1.title      titles of the course and of a module
 *     m1l1.1                                   the first screen of lesson m1l1
 *     m1q1  m1q1.1  m1q1.1.feedback            a question, its first option, what follows that
 *     m1q1.feedback  m1q1.right  m1q1.wrong    what follows all, right, and other answers
 *     m1q1.accepted                            the words that are right, with | between them
 *     text_hello                               a system text
 *
 * Languages are never mixed on a screen (docs/course-rules.md 6.4): a module is translated as a
 * whole or not at all. A language is offered when the role question, the test, the first two
 * modules, all titles and all system texts are there and approved (docs/course-rules.md 6.4.1), or
 * course.md tries it (trial_languages); whatever else is missing stays in the course's own
 * language.
 */
#pragma once

#include "core/lesson/parse.h"

/* Groups of strings: one for each module, and what is said everywhere. */
#define LESSON_GROUP_SYSTEM (-1)

struct lesson_string {
    struct str context;
    struct str *text;             /* in lesson_strings.course */
    struct str note;              /* what it is, for the translator */
    struct source_pos around;     /* of what it is in; lesson_source_pos() knows it better */
    uint16_t unit;                /* UINT16_MAX: of none */
    int16_t group;                /* index of its module, or LESSON_GROUP_SYSTEM */
    bool is_of_pack;              /* translated in the pack's po/, for all courses */
    bool is_accepted;             /* words with | between them; text holds the line */
    struct question *question;    /* is_accepted: whose they are */
    const struct po_entry *entry; /* lesson_strings_translate: its translation, if there is one */
    bool is_done;                 /* and it may be shown */
};

struct lesson_strings {
    struct course course; /* a copy whose texts are those of the list */
    struct unit *units;   /* its own */
    uint32_t n;
    struct lesson_string *list;
};

/* How much of a language is there. */
struct lesson_progress {
    uint32_t n, n_done;
    uint32_t n_fuzzy;               /* the original changed since */
    uint32_t n_states[N_PO_STATES]; /* of those that are done */
};

/* In the order of the files. The arena's error. */
enum err lesson_strings_collect(const struct lesson_source *source, struct arena *arena,
                                struct lesson_strings *ret) MUST_CHECK;
/* Looks the translations up, and counts as done those that are as far as least; ret_groups has room
 * for one progress more than there are modules, that of the system texts first. The texts stay the
 * original's. */
void lesson_strings_translate(const struct lesson_source *source, struct str lang,
                              enum po_state least, struct lesson_strings *strings,
                              struct lesson_progress *ret_groups);
/* How far a string must be before learners get it. */
enum po_state lesson_least_state(const struct lesson_source *source, struct str lang);
/* Puts translations into the course: of groups that are whole, or all that there are; a unit all of
 * whose texts are translated has its place in the PO file then. */
void lesson_strings_fill(const struct lesson_source *source, struct str lang, bool is_whole_only,
                         struct lesson_strings *strings, const struct lesson_progress *groups,
                         struct arena *arena);
/* May the language be offered? */
bool lesson_is_offered(const struct course *course, const struct lesson_progress *groups);

/* Is a language whose name in its own script is this written outside of the GSM alphabet, folded or
 * not? */
bool lesson_is_ucs2(struct str name);
/* Where the course, or its pack, names this language; -1: nowhere. */
int lesson_find_language(const struct lesson_source *source, struct str lang);
/* Of po/<lang>.po. Is it that? */
struct str lesson_po_language(const struct po_file *file);
bool lesson_is_po_of(const struct po_file *file, struct str lang);
/* Is there a file for it? Of the course, or of the one that it is an edition of, not only of the
 * pack? */
bool lesson_has_po(const struct lesson_source *source, struct str lang);
bool lesson_has_own_po(const struct lesson_source *source, struct str lang);
/* For lesson_parse: the languages that the course offers, and the course in each of them. */
void lesson_translate(struct lesson_source *source, struct arena *arena);

/* A text of a course as it stands in a PO file (a blank line where a page may turn), and back. */
struct str lesson_text_to_po(struct str text, struct arena *arena);
struct str lesson_text_from_po(struct str text, struct arena *arena);
/* Is this msgid the text? A blank line counts once, however it is written. */
bool lesson_is_po_text(struct str id, struct str text);

/* ---- pot.c ---- */

/* Appends a template, or with a file what becomes of it: translations are kept by their id, those
 * of a text that changed are marked fuzzy. is_of_pack: the pack's strings, else the course's own.
 */
void lesson_pot(const struct lesson_source *source, bool is_of_pack, struct str lang,
                const struct po_file *merged, struct arena *arena, struct buf *out);
/* course.md with the language on trial: for who plays a course in a language that learners do not
 * get yet. lang absent or empty: course.md as it is. */
struct str lesson_on_trial(struct str course_md, struct str lang, struct arena *arena);
