/*
 * lesson.h: what is done with a course that can be parsed: its checks, its canonical form, its
 * preview. The checks find what a learner or a reader would suffer from:
 * screens that are too long, letters that make an SMS cost twice, placeholders that stay empty,
 * options that a phone takes for a command, texts whose source nobody checked.
 *
 * Lengths are measured on what the engine really sends: when the course has no error so far, it is
 * played from JOIN to the end, by SMS and by USSD, with right and with other answers, and every
 * reply is counted. A lesson or question that no play reaches is a finding too.
 */
#pragma once

#include "core/engine/engine.h"
#include "core/gsm/gsm.h"
#include "core/lesson/parse.h"

/* What has a ceiling (docs/course-rules.md 1.2, 1.4, 1.5, 6.2). */
enum lesson_limit {
    LESSON_LIMIT_MESSAGE,  /* a reply by SMS, all in: 306 septets or 201 UCS-2 units */
    LESSON_LIMIT_PAGE,     /* a question on USSD, one page: 160 or 70 */
    LESSON_LIMIT_FEEDBACK, /* one feedback, one part: 153 or 67 */
    LESSON_LIMIT_SAFE,     /* text_safe and its kin: 268 or 201 */
    LESSON_LIMIT_KEY,      /* the key message of a module, all in: 160 or 134 */
};

struct lesson_length {
    struct gsm_size size;
    uint32_t limit;   /* of a course that is meant to be GSM-7 always the one in septets */
    const char *unit; /* "septets" or "UCS-2 units" */
};

struct lesson_length lesson_measure(const struct lesson_source *source, struct str text,
                                    enum lesson_limit limit, struct arena *scratch);

/* Adds to findings, of the course and of all its translations; those of the parser should be in it
 * already. arena: for what findings keep; scratch is reset again and again. */
void lesson_check(const struct lesson_source *source, struct arena *arena, struct arena *scratch,
                  struct lesson_findings *findings);

/* All there is of a translation, whole modules or not, for previews and checks; NULL where there is
 * none, or the arena is full. */
const struct lesson_source *lesson_in_language(const struct lesson_source *source, struct str lang,
                                               struct arena *arena);
/* The same of one translation alone; nothing where there is none. */
void lesson_check_language(const struct lesson_source *source, struct str lang, struct arena *arena,
                           struct arena *scratch, struct lesson_findings *findings);
/* Hints where translations (only: that of one language) leave the terms of their lists (terms.c).
 */
void lesson_check_terms(const struct lesson_source *source, struct str only, struct arena *arena,
                        struct arena *scratch, struct lesson_findings *findings);
/* How far each translation is, or only that of one language (absent: all), in lines for people:
 * whole modules, states, what is missing. */
void lesson_tell_progress(const struct lesson_source *source, struct str only,
                          struct arena *scratch, struct buf *out);

/* ---- the canonical form of a lesson file, as `waypost lessons fmt` writes it ----
 *
 * One paragraph is one line; headings are "# id: title"; bullets are -, boxes [ ] and [x]; a
 * backslash stands only where Markdown would read a sign otherwise; in a GSM-7 course curly quotes,
 * long dashes, ellipses and no-break blanks become plain ones. The front matter keeps its lines,
 * comments their words. What the file means stays the same, and formatting twice changes nothing.
 */

/* Appends file number `file` of a course that lesson_parse took without an error. scratch is
 * reset. */
void lesson_format(const struct lesson_source *source, uint32_t file, struct arena *scratch,
                   struct buf *out);

/* ---- the preview ----
 *
 * A whole course as one HTML page, for authors and reviewers who have no phone at hand: every
 * screen as a phone card, as the engine sends it, with its encoding, length and number of SMS
 * parts, its pages on USSD, the key and feedback of questions, and the source of each text.
 *
 * The page needs nothing else: no script, no font, no picture, no network.
 */

#define LESSON_PREVIEW_MAX_BYTES (64u << 20)

/* Appends the page for a course that lesson_parse took without an error. scratch is reset again and
 * again. Check buf_error(out). */
void lesson_preview(const struct lesson_source *source, struct arena *scratch, struct buf *out);
/* The course as one plain text: every SMS and every USSD screen that a learner can get, in order,
 * with its length and its page, for who reads it as a learner would. Errors are those of
 * lesson_walk_all(); check buf_error(out) as well. */
enum err lesson_transcript(const struct lesson_source *source, struct arena *arena,
                           struct arena *scratch, struct buf *out) MUST_CHECK;

/* ---- what a course costs ----
 *
 * Of one learner who completes it with right answers, survey and follow-up included, without
 * reminders and key messages. By USSD a session has six screens or, to the end of a text, some
 * more; each that follows begins with a welcome, and with the text that was the last.
 */
struct lesson_forecast {
    uint32_t n_sms, n_parts, n_ucs2_parts; /* that are sent; by USSD what is pushed */
    uint32_t n_sent;                       /* SMS of the learner */
    uint32_t n_screens, n_keys;            /* n_keys: what the learner types */
    uint32_t n_sessions;
};

/* Errors are those of lesson_walk_way(). */
enum err lesson_forecast(const struct course *course, enum via via, struct arena *arena,
                         struct arena *scratch, struct lesson_forecast *ret) MUST_CHECK;

/* ---- pictures and pages for people ---- */

/* Appends the course as graphviz draws it: modules, lessons, questions, and who is asked what. */
void lesson_graph(const struct course *course, struct buf *out);
/* Appends hints in a line: words, minutes aloud, and of English how hard it is (reading.c). */
void lesson_tell_reading(const struct course *course, struct buf *out);

enum lesson_booklet { LESSON_BOOKLET_COURSE, LESSON_BOOKLET_MEETINGS };
/* Appends a page to print, in the language of the course (booklet.c). */
void lesson_booklet(const struct lesson_source *source, enum lesson_booklet kind, struct buf *out);
