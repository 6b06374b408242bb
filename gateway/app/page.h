/*
 * page.h: what the public pages (check_page.c: is this certificate good? list_page.c: are these?
 * claim_page.c: the badge of one) look like and answer with. Nobody else includes it.
 */
#pragma once

#include "app/check_page.h"
#include "base/arena.h"
#include "core/course.h"
#include "core/course_text.h"
#include "core/engine/engine.h"

#define PAGE_PREFIX "/check/"
#define PAGE_DIGITS_MAX 40u

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
    struct list *list;   /* of list_page.c; NULL elsewhere */
};

/* What is said of one code. */
struct page_answer {
    int status;
    const char *name;  /* in JSON */
    const char *class; /* of its line */
    struct str text;   /* absent: nothing is said */
    const struct certificate *found;
    struct str url; /* of the page of this code; absent: it has none */
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

/* ---- what is said of a code ---- */

/* Digits of any script, in any pieces, at most PAGE_DIGITS_MAX; "" when there are none. */
struct str page_digits(struct str text, struct arena *arena);
/* By the result of a look, e as of checks_look, without url. Borrows from check, as found. */
struct page_answer page_answer_to(const struct page *p, struct str digits, enum err e,
                                  const struct code_check *check);
/* Of no code at all: what is wrong with it. */
struct page_answer page_answer_to_none(const struct page *p, struct str digits);
/* {"status":...,"code":...} */
void page_add_json(struct str digits, const struct page_answer *a, struct buf *out);

/* ---- claim_page.c ---- */

/* /check/claim/TOKEN. Frees the page once it has answered. */
void claim_page_handle(struct page *p, struct str token, const struct http_request *request,
                       struct str address);

/* ---- list_page.c ---- */

#define LIST_PATH PAGE_PREFIX "list"

/* /check/list. Frees the page once it has answered. */
void list_page_handle(struct page *p, const struct http_request *request, struct str address);
