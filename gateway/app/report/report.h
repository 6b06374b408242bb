/*
 * report.h: the coordinators' pages under /report/ of the admin listener. Everybody signs in with
 * name and password of his or her own login in PostgreSQL and sees what that login may see: the
 * pages ask the views of schema report over a connection of that login and add no right to it.
 *
 *     GET  /report/, /report/ID        a page, with grain by value organisation course from to
 *     GET  /report/ID.csv              all rows of one panel, with the same
 *     GET  /report/month               the month to print: the last one, or that of `from`
 *     GET  /report/login               the form; POST: name, password
 *     POST /report/logout
 *
 *     200 the page   303 sign in, or done   401 wrong password   403 not from our own page
 *     404 405   429 too many tries, or pages at once   503 the database is away or all places taken
 *
 * Nothing waits in here: a page is made while its responses come, and the listener goes on
 * meanwhile. What is asked is read-only, in one transaction for each page, and ends after
 * REPORT_TIMEOUT_MS. Sessions: sessions.h; wrong passwords: door.h. Which reports stand where:
 * panels.c.
 */
#pragma once

#include "port/config/config.h"
#include "port/front/front.h"
#include "port/loop.h"
#include "port/metrics.h"

#define REPORT_TIMEOUT_MS 20000  /* one query */
#define REPORT_REPLY_MS 90000    /* a whole page, for front_limits.reply_ms */
#define REPORT_MAX_SIGNING_IN 8u /* at once, of whom REPORT_KEPT_PLACES were here before */
#define REPORT_KEPT_PLACES 4u
#define REPORT_MAX_JOBS 4u /* pages of one session at once */

struct report_pages;

typedef void report_on_response(void *ctx, struct front_token token,
                                const struct http_response *response);

/* All members outlive the pages. */
struct report_parts {
    struct loop *loop;
    const struct config *config; /* report_conninfo, report_url, trusted_proxies */
    const struct metrics *metrics;
    report_on_response *fn; /* once for each request that is taken; response is borrowed */
    void *ctx;
};

/* NULL: report_conninfo is not set, and there are no such pages. */
struct report_pages *report_pages_new(const struct report_parts *parts);
/* Closes all connections; what is under way is not answered. Accepts NULL. */
void report_pages_free(struct report_pages *all);
/* False: the path is not below /report/. Accepts NULL. The request and the peer are borrowed. */
bool report_pages_handle(struct report_pages *all, struct front_token token,
                         const struct http_request *request, struct str peer);
/* May pages be asked for under this name? The one in report_url, for /report/ only. */
bool report_pages_is_host(const struct report_pages *all, const struct http_request *request);
