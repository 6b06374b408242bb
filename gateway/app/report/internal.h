/*
 * internal.h: what the files of the pages under /report/ have in common (report.h is their door):
 * pages.c takes requests, signin.c lets people in, job.c makes a page or a CSV.
 */
#pragma once

#include "app/report/compose.h"
#include "app/report/door.h"
#include "app/report/report.h"
#include "app/report/sessions.h"

#define REPORT_PAGE_BYTES (8u << 20)

struct report_pages {
    struct report_parts parts;
    struct report_sessions sessions;
    struct report_door door;
    struct report_signing *signing[REPORT_MAX_SIGNING_IN]; /* NULL: free */
    struct report_job *jobs;                               /* all of them, the newest first */
    struct timer *sweep;
    struct arena *arena; /* of one request */
};

/* ---- replies ---- */

#define REPORT_HTML STR("text/html; charset=utf-8")
#define REPORT_COOKIE "waypost_report"
#define REPORT_NO_HEADER ((struct http_header){STR_NONE, STR_NONE})
/* What is said where the database is away. */
extern const char report_away[];

struct report_response {
    int status;
    struct str type, body;           /* absent: none */
    const struct http_header *extra; /* beside those of every page; a Cache-Control counts more */
    uint32_t n_extra;
};
void report_reply(struct report_pages *all, struct front_token token,
                  const struct report_response *with);
void report_reply_page(struct report_pages *all, struct front_token token, int status,
                       struct report_frame *frame, struct http_header extra);
/* The form to sign in, with what was wrong. */
void report_reply_login(struct report_pages *all, struct front_token token, int status,
                        struct str words, struct http_header extra);
/* A page of one sentence, which is ours and needs no escape. */
void report_reply_words(struct report_pages *all, struct front_token token, int status,
                        const char *title, const char *words);

/* ---- signin.c ---- */

/* POST /report/login, from this address (absent: nobody knows). */
void report_sign_in(struct report_pages *all, struct front_token token,
                    const struct http_request *request, struct str address);
/* Ends all that are under way, unanswered. */
void report_signing_free(struct report_pages *all);

/* ---- job.c ---- */

/* Answers by a page, by the CSV of a panel (page NULL), or by the month to print (panel NULL, too).
 */
void report_job_new(struct report_pages *all, struct front_token token,
                    struct report_session *session, const struct report_page *page,
                    const struct report_panel *panel, struct str query);
/* Ends all that are under way, unanswered; after their sessions. */
void report_jobs_free(struct report_pages *all);
