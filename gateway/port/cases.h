/*
 * cases.h: what learners wrote to people, in PostgreSQL: the queue "safe" (disclosures) and the
 * queue "inbox" (questions), each by its own SQL role, every access on record there
 * (sql/0014_safe.sql). For commands; it waits.
 *
 * Errors as in database.h; ERR_NOT_FOUND too: no such case.
 */
#pragma once

#include "port/database/database.h"
#include "port/store/store.h"

/* Texts as they are to be shown; empty = not (yet). Borrowed until the callback returns. */
struct case_row {
    struct str ref, raised_at, source, lang, country, hours, acknowledged_at, acknowledged_by,
        released_at, transferred_at, answered_at, outcome;
    struct str about; /* "harm", "psea", "suicide", "psea suicide" */
    bool is_child;    /* whoever wrote it seems to be one */
    bool has_text;
};
typedef void cases_on_row(void *ctx, const struct case_row *row);

enum err cases_list(struct database *db, const char *queue, bool is_all, cases_on_row *fn,
                    void *ctx, struct errmsg *msg) MUST_CHECK;
/* The sealed text, appended to box (empty: it is gone), and the number's id, its associated data
 * where the gateway's own key sealed it. */
enum err cases_read(struct database *db, const char *queue, struct str ref, struct buf *box,
                    struct number_id *ret_id, struct errmsg *msg) MUST_CHECK;
enum err cases_acknowledge(struct database *db, const char *queue, struct str ref,
                           struct errmsg *msg) MUST_CHECK;
/* ret_until is 0 while something else of this learner waits, or the number is not there (any more).
 * An absent outcome leaves it as it is. */
enum err cases_release(struct database *db, struct str ref, struct str outcome,
                       struct number_id *ret_id, struct wall_ms *ret_until,
                       struct errmsg *msg) MUST_CHECK;
/* When the text goes, appended to ret_until. */
enum err cases_transfer(struct database *db, struct str ref, struct str outcome,
                        struct buf *ret_until, struct errmsg *msg) MUST_CHECK;
/* how: which answer, for the record. ERR_NOT_FOUND too: the number is not there (any more). */
enum err cases_answer(struct database *db, struct str ref, struct str how, struct number_id *ret_id,
                      struct errmsg *msg) MUST_CHECK;
