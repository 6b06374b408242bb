/*
 * check_page.h: the public page on which anybody checks a certificate, /check/ and
 * /check/CODE, as HTML or, with /check/CODE.json or `Accept: application/json`, as JSON
 * (docs/course-rules.md 4). It says what CHECK says by SMS, in a language that the reader's browser
 * asks for and the course is offered in; names nobody; runs no script; is answered as slowly as
 * app/checks.h has it, for each address (an IPv6 network of 64 bits is one); and is kept by no
 * cache. /check itself is a load balancer's and not of this page.
 *
 * /check/claim/TOKEN is the page of a badge (claim_page.c): asked for by POST, with an address who
 * likes, and once somebody has signed it fetched by POST, as a file; 410 when it is used or too
 * old.
 *
 *     200 valid or revoked   303 the form's code has an address of its own   400 no code
 *     404 not found          405 not GET or HEAD      429 too many           503 the store is away
 */
#pragma once

#include "port/config/config.h"
#include "port/front/front.h"
#include "port/loop.h"
#include "port/store/store.h"
#include "port/vault/vault.h"

struct course_set;
struct check_pages;

typedef void check_page_on_response(void *ctx, struct front_token token,
                                    const struct http_response *response);

/* All members outlive the pages. */
struct check_page_parts {
    struct store *store;
    const struct vault *vault;
    const struct config *config;
    struct course_set *courses;
    check_page_on_response *fn; /* once for each request that is taken; response is borrowed */
    void *ctx;
};

struct check_pages *check_pages_new(const struct check_page_parts *parts);
/* Accepts NULL. After the store was freed, so that nothing is under way. */
void check_pages_free(struct check_pages *all);
/* False: the path is not of this page, and nothing was done. The request is borrowed until this
 * returns; peer is the address without port. */
bool check_pages_handle(struct check_pages *all, struct front_token token,
                        const struct http_request *request, struct str peer);
/* Requests that wait for the store. */
uint32_t check_pages_n_running(const struct check_pages *all);
