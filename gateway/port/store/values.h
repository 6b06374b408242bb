/*
 * values.h: what the store (store.h) keeps by its key, apart from learners: USSD sessions, parts of
 * long SMS, courses, boards, certificates. Errors and callbacks as there.
 */
#pragma once

#include "port/store/store.h"

#define STORE_SESSION_BYTES 4096u /* a stored USSD session, or what else lives a while */
#define STORE_SESSION_KEY_BYTES 128u
#define STORE_MAX_PARTS 32u    /* of one long SMS */
#define STORE_PART_BYTES 8192u /* a stored part */
#define STORE_PART_MARK_BYTES 16u
#define STORE_MAX_INCOMPLETE 20000u /* long SMS that wait for parts */

/* One published course version: "id@version" and its bundle. */
typedef void store_on_courses(void *ctx, enum err e, const struct str *names,
                              const struct str *bundles, uint32_t n, struct str current);

/* One part of a long SMS. key names the message (no plain number in it), mark is a hash of what the
 * part says. */
struct store_part {
    struct str key;
    uint32_t n, of; /* from 1 */
    char mark[STORE_PART_MARK_BYTES];
    struct str value;
    int64_t wait_ms; /* for the missing parts, from the first one that came */
    int64_t keep_ms; /* after the last one that came */
};

enum store_part_state {
    STORE_PART_KEPT,     /* others are missing */
    STORE_PART_COMPLETE, /* all are there, also when this one was there before */
    STORE_PART_ALONE,    /* not kept: another message has this key, or too many wait */
};
/* values by part, n of them when complete, absent where one is missing. */
typedef void store_on_part(void *ctx, enum err e, enum store_part_state state,
                           const struct str *values, uint32_t n);
/* One message whose time is over: its key and what came of it, up to its last part that did. n = 0:
 * there is none. */
typedef void store_on_overdue(void *ctx, enum err e, struct str key, const struct str *values,
                              uint32_t n);

/* What lies there for all processes to read, by name. */
enum store_board {
    STORE_BOARD_NOTES,   /* that operators and processes leave for each other */
    STORE_BOARD_COHORTS, /* reference data that PostgreSQL owns (core/cohort.h), by group code */
    STORE_BOARD_HOSTS,   /* "VERSION SEEN_MS" of each host at work (role/ports.h) */
    STORE_BOARD_FORMATS, /* which versions of records may be written (app/upgrade.h) */
    STORE_BOARD_STARTS,  /* which version of each course is begun (app/course_set.h), by its id */
    STORE_BOARD_CORRECTIONS, /* right options of questions that had a wrong key: "2" or "1,3", by
                                course/unit */
    STORE_BOARD_CLAIMS, /* badges that are to be signed, by the token of their link: "UNTIL_MS CODE
                           IDENTITY" (app/checks.h) */
    N_STORE_BOARDS
};
#define STORE_MAX_BOARD 4160u /* names on one: COHORTS_MAX, and some put there at once */

/* Names and values of a board, in no order. */
typedef void store_on_board(void *ctx, enum err e, const struct str *names,
                            const struct str *values, uint32_t n);

/* USSD sessions of providers that name the number only once. key and value carry no plain number.
 * ERR_TOO_LONG: over STORE_SESSION_KEY_BYTES or STORE_SESSION_BYTES. */
void store_session_put(struct store *s, struct str key, struct str value, int64_t ttl_ms,
                       store_on_done *fn, void *ctx);
/* ERR_NOT_FOUND when there is none. */
void store_session_get(struct store *s, struct str key, store_on_value *fn, void *ctx);
/* Two that each know half of something meet under a name of theirs: who comes second, within
 * ttl_ms, is told what the first one left. ERR_NOT_FOUND: nobody was here, value lies there now.
 * Names do not meet those of sessions. ERR_TOO_LONG as store_session_put. */
void store_meet(struct store *s, struct str name, struct str value, int64_t ttl_ms,
                store_on_value *fn, void *ctx);
void store_course_put(struct store *s, struct str name, struct str bundle, bool is_current,
                      store_on_done *fn, void *ctx);
void store_courses_get(struct store *s, store_on_courses *fn, void *ctx);
/* Keeps a part until all of its message are there; on disk when fn says ERR_OK. The same part again
 * changes nothing. A part that says something else under the number of one that is there: after a
 * complete message it begins a new one, else it is STORE_PART_ALONE. ERR_TOO_LONG: over
 * STORE_MAX_PARTS or STORE_PART_BYTES. */
void store_part_put(struct store *s, const struct store_part *part, store_on_part *fn, void *ctx);
/* The message has been dealt with: it does not become overdue. Its parts are still known for a
 * while, so that repeats of them are; with must_forget they are not, and what comes begins a new
 * message. */
void store_part_done(struct store *s, struct str key, bool must_forget, store_on_done *fn,
                     void *ctx);
/* An overdue message cannot be dealt with now: it is overdue again after wait_ms, and its parts are
 * kept for keep_ms more. */
void store_part_later(struct store *s, struct str key, int64_t wait_ms, int64_t keep_ms,
                      store_on_done *fn, void *ctx);
/* The oldest message that has waited long enough; it stays overdue until one of the two above. */
void store_parts_overdue(struct store *s, store_on_overdue *fn, void *ctx);
/* Puts a value on a board; an absent one takes it away. At most STORE_MAX_BOARD on one: the getter
 * answers ERR_IO past it. */
void store_board_put(struct store *s, enum store_board board, struct str name, struct str value,
                     store_on_done *fn, void *ctx);
void store_board_get(struct store *s, enum store_board board, store_on_board *fn, void *ctx);
/* What anybody is told who has a certificate's code (core/certificate.h), until then. One that was
 * revoked stays so, whatever comes later. */
void store_certificate_put(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                           store_on_done *fn, void *ctx);
/* Of a code that was drawn just now. ERR_CONFLICT: it is somebody else's, nothing has changed. */
void store_certificate_new(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                           store_on_done *fn, void *ctx);
/* ERR_NOT_FOUND: there is none of this code, on a server that has the data of the epoch. */
void store_certificate_get(struct store *s, uint64_t code, store_on_value *fn, void *ctx);
