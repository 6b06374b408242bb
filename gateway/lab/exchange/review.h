/*
 * review.h: the sheet for people who read a translation: written, read back, and what becomes of
 * the PO files.
 */
#pragma once

#include "lab/exchange/exchange.h"

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
    struct lesson_findings *findings; /* what is refused or missing, a warning each */
    uint32_t n, n_refused;
    uint32_t n_missing; /* texts that have no row; they stay as they are */
    bool **is_seen;     /* by file and entry: it has a row */
    struct review_change *changes;
};

/* Appends an XLSX file. ERR_NOT_FOUND: there is no such translation; book_write_xlsx's errors. */
enum err review_write(const struct lesson_source *source, struct str lang, struct arena *arena,
                      struct buf *out) MUST_CHECK;
/* Reads what a reviewer gave back, an XLSX file of that name, into r, whose first four fields are
 * set. Borrows all it is given. book_read_xlsx's errors, with msg; ERR_INVALID: no sheet is a
 * review. */
enum err review_read(struct review *r, struct str name, struct str bytes,
                     struct errmsg *msg) MUST_CHECK;
/* The PO files as they become; what the check has mistakes of is refused first. ret has room for
 * all files of the course. The arena's error, ERR_TOO_LONG. */
enum err review_apply(struct review *r, const struct lesson_file *files, uint32_t n_files,
                      struct lesson_file *ret, uint32_t *ret_n) MUST_CHECK;
