/*
 * sessions.h: who is signed in on the pages under /report/. All of it is memory of one process: a
 * restart signs everybody out. Time is data.
 *
 * A session is a connection to PostgreSQL that was opened with the person's own name and password;
 * no password is kept. It ends after REPORT_IDLE_MS without a page, at REPORT_LIFE_MS, with its
 * connection, and where more than REPORT_MAX_SESSIONS people want in, the one that was idle
 * longest. Of one person the newest REPORT_MAX_OWN stay: who closes the browser without signing out
 * leaves a connection behind, and PostgreSQL gives a login few of them (ops.add_coordinator).
 */
#pragma once

#include "port/database/reader.h"

#define REPORT_MAX_SESSIONS 16u
#define REPORT_MAX_OWN 3u
#define REPORT_IDLE_MS (15 * MINUTE_MS)
#define REPORT_LIFE_MS (8 * HOUR_MS)
#define REPORT_TOKEN_BYTES 65 /* 32 random bytes in hex, and NUL */

struct report_session {
    char token[REPORT_TOKEN_BYTES]; /* the cookie */
    char name[READER_NAME_BYTES];
    struct reader *reader;
    struct mono_ms began, used;
    uint32_t n_jobs; /* pages under way: while there are any, its place is not given to others */
    bool is_open;    /* false: this place is free */
};

struct report_sessions {
    struct report_session list[REPORT_MAX_SESSIONS];
};

/* Takes over the reader, whose owner has shown a password: so it may end an older session of the
 * same name. NULL (and the reader is closed): all are at work. */
struct report_session *report_session_open(struct report_sessions *all, struct str name,
                                           struct reader *reader, struct mono_ms now);
/* Whose cookie this is, and notes that it is used; NULL: nobody's, or it has ended. */
struct report_session *report_session_find(struct report_sessions *all, struct str token,
                                           struct mono_ms now);
/* The cookie is worth nothing from now on; the connection is closed with the last job. */
void report_session_end(struct report_session *session);
/* A job of it, which was counted in n_jobs, is over. */
void report_session_leave(struct report_session *session);
/* Ends those whose time is over. */
void report_sessions_sweep(struct report_sessions *all, struct mono_ms now);
/* Closes all of them at once. */
void report_sessions_close(struct report_sessions *all);
