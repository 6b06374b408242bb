/*
 * po.h: gettext's PO files, the part of them that translations of courses need. Pure: from bytes to
 * entries and back.
 *
 *     # state: translated
 *     #. lesson, screen 1
 *     #: m1.md:11
 *     msgctxt "m1l1.1"
 *     msgid "A child is a person under 18."
 *     msgstr "..."
 *
 * The context is the id that never changes (core/lesson/translate.h); plural forms are refused.
 * Reading is done by hand: libgettextpo reads named files only and ends the process by its error
 * callback, and a front reads translations out of the bundle that was published. `msgfmt --check`
 * agrees by test.
 */
#pragma once

#include "core/lesson/findings.h"

#define PO_MAX_ENTRIES 8192u

/* How far a translation is (docs/course-rules.md 6.4), as `# state: NAME` above it. */
#define PO_STATES(X)                                                                               \
    X(DRAFT, draft)                         /* not to be shown to learners */                      \
    X(TRANSLATED, translated)               /* what a translation without a state is */            \
    X(LANGUAGE_REVIEWED, language_reviewed) /* by a second native speaker */                       \
    X(CONTENT_REVIEWED, content_reviewed)   /* by who answers for the content */                   \
    X(APPROVED, approved)                   /* by the steering group */                            \
    X(PUBLISHED, published)

enum po_state {
#define PO_STATE_ENUM(NAME, name) PO_STATE_##NAME,
    PO_STATES(PO_STATE_ENUM)
#undef PO_STATE_ENUM
        N_PO_STATES
};

/* "translated" */
const char *po_state_name(enum po_state state);

struct po_entry {
    struct str context;  /* "" of the header */
    struct str id, text; /* decoded; text empty: not translated */
    struct str
        comments; /* the translator's lines, each with its "# " and line end; may be absent */
    struct str extracted; /* written only: the lines behind "#. "; may be absent */
    struct str reference; /* written only: "m1.md:11" */
    struct str previous;  /* written only: the text that was translated; absent: the same */
    enum po_state state;
    bool is_fuzzy;
    struct source_pos pos; /* of msgstr */
};

struct po_file {
    struct str name;
    uint32_t n;
    struct po_entry *entries; /* in the order of the file, the header first where there is one */
    const uint32_t *table;    /* by the hash of the context: place in entries + 1; 0 = empty */
    uint32_t mask;            /* of the table */
};

/* Everything in *ret points into text or the arena. What is wrong goes to findings (rule "po-form"
 * and "po-state"), with as many entries as could be read. ERR_TOO_LONG: PO_MAX_ENTRIES; the
 * arena's error. */
enum err po_read(struct str name, struct str text, struct arena *arena,
                 struct lesson_findings *findings, struct po_file *ret) MUST_CHECK;
/* NULL when there is none. */
const struct po_entry *po_find(const struct po_file *file, struct str context);
/* Appends one entry as gettext's tools write it, with the blank line behind it. */
void po_write(const struct po_entry *entry, struct buf *out);
