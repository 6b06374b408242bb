/*
 * page.h: what the public pages (check_page.c: is this certificate good? claim_page.c: the badge of
 * one) look like and answer with. Nobody else includes it.
 */
#pragma once

#include "app/check_page.h"
#include "base/arena.h"
#include "core/course.h"
#include "core/course_text.h"

#define PAGE_PREFIX "/check/"

struct check_pages {
    struct check_page_parts parts;
    uint32_t n_running;
    struct buf body;
};

struct page {
    struct check_pages *all;
    struct front_token token;
    struct arena *arena; /* of all below */
    const struct course *course;
    struct str host;
    struct str digits; /* as typed; absent: the empty form */
    bool is_json;
    struct claim *claim; /* of claim_page.c; NULL elsewhere */
};

/* In the language of the page; "" where the course has none. */
struct str page_words(const struct page *p, enum course_text text);
/* A page as far as its first heading; and its end. */
void page_begin(const struct page *p, enum course_text title, struct buf *out);
void page_end(struct buf *out);
/* The pseudonym of who asks: an address is a person's. */
struct number_id page_who(const struct page *p, struct str address);
/* Without a body, and with at most one header. The page stays. */
void page_close(struct check_pages *all, struct front_token token, int status,
                const struct http_header *extra);
/* What is in all->body, with the headers that say no to everything. Frees the page. */
void page_respond(struct page *p, int status, struct str content_type);
void page_free(struct page *p);

/* ---- claim_page.c ---- */

/* /check/claim/TOKEN. Frees the page once it has answered. */
void claim_page_handle(struct page *p, struct str token, const struct http_request *request,
                       struct str address);
