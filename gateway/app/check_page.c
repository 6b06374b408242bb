#include "app/check_page.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/checks.h"
#include "app/course_set.h"
#include "app/page.h"
#include "base/xalloc.h"
#include "port/qr.h"
#include "wire/address.h"
#include "wire/form.h"

#define ARENA_MAX_BYTES (256u * 1024) /* a body of 64 KiB, and its codes once more */
#define PAGE_MAX_BYTES (96u * 1024)
#define URL_MAX_BYTES 140u

/* ---- in which language ---- */

/* "ar-EG,ar;q=0.9,en;q=0.8": the first that the course is offered in. */
static const struct course *choose_language(const struct course *course, struct str accepted)
{
    while (accepted.len > 0) {
        struct str range = str_split(&accepted, ',');
        struct str lang = str_trim(str_split(&range, ';'));
        for (uint16_t i = 0; i < course->n_languages; i++) {
            struct str own = course->languages[i];
            bool is_it = str_starts(lang, own) && (lang.len == own.len || lang.p[own.len] == '-');
            if (is_it && lang.len > 0)
                return course_in(course, own, -1);
        }
    }
    return course;
}

/* The current course, or another one that has words for this page. NULL: none is loaded. */
static const struct course *find_course(const struct check_pages *all)
{
    const struct courses *courses = course_set_courses(all->parts.courses);
    const struct course *course = courses_current(courses);
    for (uint16_t i = 0; i < courses->n; i++) {
        if (course == NULL || str_is_empty(course->texts[COURSE_TEXT_check_valid]))
            course = courses->list[i];
    }
    return course;
}

/* ---- the page ---- */

/* By the configuration, else by the name that was asked for: whoever sends a false one sees it. */
static struct str url_of(const struct page *p, const char *code)
{
    struct str base = p->all->parts.config->check_url, host = p->host;
    bool is_good = host.len > 0 && host.len < URL_MAX_BYTES / 2;
    for (size_t i = 0; i < host.len; i++)
        is_good =
            is_good && (memchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               ".:-[]",
                               host.p[i], 67) != NULL);
    while (str_ends(base, STR("/")))
        base = str_sub(base, 0, base.len - 1);
    if (!str_is_empty(base))
        return arena_printf(p->arena, "%.*s/%s", STR_ARG(base), code);
    bool is_local = str_starts(host, STR("localhost")) || str_starts(host, STR("127."));
    return is_good ? arena_printf(p->arena, "%s://%.*s" PAGE_PREFIX "%s",
                                  is_local ? "http" : "https", STR_ARG(host), code)
                   : STR_NONE;
}

/* Four light modules around it, as the standard wants. */
static void add_qr(const struct page *p, struct str url, struct buf *out)
{
    struct qr qr;
    if (url.p == NULL || qr_make(url, &qr) != ERR_OK)
        return;
    buf_add_str(out, STR("<figure><svg role=\"img\" viewBox=\""));
    buf_addf(out, "-4 -4 %u %u\" shape-rendering=\"crispEdges\" aria-label=\"QR: ", qr.side + 8,
             qr.side + 8);
    buf_add_html(out, url);
    buf_add_str(out, STR("\"><path d=\""));
    for (uint32_t i = 0; i < qr.side * qr.side; i++) {
        if (qr.is_dark[i])
            buf_addf(out, "M%u %uh1v1h-1z", i % qr.side, i / qr.side);
    }
    buf_add_str(out, STR("\"/></svg><figcaption>"));
    buf_add_html(out, page_words(p, COURSE_TEXT_page_scan));
    buf_add_str(out, STR("<br><bdi dir=\"ltr\">"));
    buf_add_html(out, url);
    buf_add_str(out, STR("</bdi></figcaption></figure>"));
}

static void add_form(const struct page *p, struct buf *out)
{
    buf_add_str(out, STR("<form action=\"" PAGE_PREFIX "\" method=\"get\"><label for=\"code\">"));
    buf_add_html(out, page_words(p, COURSE_TEXT_page_digits));
    buf_add_str(out, STR("</label><input id=\"code\" name=\"code\" inputmode=\"numeric\" "
                         "autocomplete=\"off\" maxlength=\"40\" required value=\""));
    if (p->digits.p != NULL)
        buf_add_html(out, p->digits);
    buf_add_str(out, STR("\"> <button>"));
    buf_add_html(out, page_words(p, COURSE_TEXT_page_check));
    buf_add_str(out, STR("</button></form>"));
}

/* A course that was published by an earlier version has no words for it. */
static void add_link_to_list(const struct page *p, struct buf *out)
{
    struct str words = page_words(p, COURSE_TEXT_page_list);
    if (str_is_empty(words))
        return;
    buf_add_str(out, STR("<p><a href=\"" LIST_PATH "\">"));
    buf_add_html(out, words);
    buf_add_str(out, STR("</a></p>"));
}

static void write_html(const struct page *p, const struct page_answer *a, struct buf *out)
{
    page_begin(p, COURSE_TEXT_page_title, out);
    if (a->text.p != NULL) {
        buf_addf(out, "<p class=\"answer %s\" role=\"status\">", a->class);
        buf_add_html(out, a->text);
        buf_add_str(out, STR("</p>"));
    }
    add_qr(p, a->url, out);
    buf_add_str(out, STR("<p>"));
    buf_add_html(out, page_words(p, COURSE_TEXT_page_about));
    buf_add_str(out, STR("</p>"));
    add_form(p, out);
    add_link_to_list(p, out);
    page_end(out);
}

static void respond(struct page *p, const struct page_answer *a)
{
    struct buf *body = &p->all->body;
    buf_reset(body);
    if (p->is_json) {
        page_add_json(p->digits, a, body);
        buf_add_char(body, '\n');
    } else {
        write_html(p, a, body);
    }
    page_respond(p, a->status,
                 p->is_json ? STR("application/json") : STR("text/html; charset=utf-8"));
}

/* ---- what stands on it ---- */

static void on_check(void *ctx, enum err e, const struct code_check *check)
{
    struct page *p = ctx;
    p->all->n_running--;
    struct page_answer a = page_answer_to(p, p->digits, e, check);
    if (a.found != NULL && !a.found->is_revoked)
        a.url = url_of(p, arena_printf(p->arena, "%.*s", STR_ARG(p->digits)).p);
    respond(p, &a);
}

static void look(struct page *p, struct str address)
{
    struct checks_ask ask = {.who = page_who(p, address), .by = "page"};
    if (certificate_parse(p->digits, &ask.code) != ERR_OK) {
        struct page_answer wrong = page_answer_to_none(p, p->digits);
        respond(p, &wrong);
        return;
    }
    p->all->n_running++;
    checks_look(p->all->parts.store, &ask, on_check, p);
}

/* ---- what was asked for ---- */

/* The form's code gets an address of its own, which may be printed and kept. */
static void respond_to_form(struct page *p, const struct http_request *request)
{
    struct form form = {.n_pairs = 0};
    struct str code = STR_NONE;
    if (request->query.p != NULL && form_parse(request->query, p->arena, &form) == ERR_OK)
        code = form_get(&form, STR("code"));
    struct page_answer empty = {.status = 200, .name = "NO CODE", .class = "missing"};
    struct str digits = code.p != NULL ? page_digits(code, p->arena) : STR_NONE;
    if (digits.len != CERTIFICATE_DIGITS) {
        if (code.p != NULL) {
            p->digits = digits;
            empty = page_answer_to_none(p, digits);
        }
        respond(p, &empty);
        return;
    }
    struct http_header to = {STR("Location"),
                             arena_printf(p->arena, PAGE_PREFIX "%.*s", 12, digits.p)};
    page_close(p->all, p->token, 303, &to);
    page_free(p);
}

static bool wants_json(const struct http_request *request)
{
    struct str accept = http_header_get(request->headers, request->n_headers, STR("Accept"));
    return str_find(accept, STR("application/json")) != SIZE_MAX &&
           str_find(accept, STR("text/html")) == SIZE_MAX;
}

static struct page *page_new(struct check_pages *all, struct front_token token,
                             const struct course *course, const struct http_request *request)
{
    struct page *p = xcalloc(1, sizeof(*p));
    struct str accepted =
        http_header_get(request->headers, request->n_headers, STR("Accept-Language"));
    *p = (struct page){.all = all,
                       .token = token,
                       .arena = arena_new(ARENA_MAX_BYTES),
                       .course = choose_language(course, accepted),
                       .is_json = wants_json(request)};
    struct str host = http_header_get(request->headers, request->n_headers, STR("Host"));
    p->host = host.p != NULL ? arena_str(p->arena, host) : STR_NONE;
    return p;
}

bool check_pages_handle(struct check_pages *all, struct front_token token,
                        const struct http_request *request, struct str peer)
{
    static const struct http_header allow = {{"Allow", 5}, {"GET, HEAD", 9}};
    static const struct str claim = {PAGE_PREFIX "claim/", sizeof(PAGE_PREFIX "claim/") - 1};
    if (!str_starts(request->path, STR(PAGE_PREFIX)))
        return false;
    bool is_claim = str_starts(request->path, claim);
    bool is_list = str_eq(request->path, STR(LIST_PATH));
    const struct course *course = find_course(all);
    bool is_get = str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD")) ||
                  ((is_claim || is_list) && str_eq(request->method, STR("POST")));
    if (!is_get || course == NULL) {
        page_close(all, token, is_get ? 503 : 405, is_get ? NULL : &allow);
        return true;
    }
    struct page *p = page_new(all, token, course, request);
    struct str address = address_of_caller(request, peer, all->parts.config->trusted_proxies);
    if (is_claim) {
        claim_page_handle(p, str_sub(request->path, claim.len, request->path.len), request,
                          address);
        return true;
    }
    if (is_list) {
        list_page_handle(p, request, address);
        return true;
    }
    struct str rest = form_decode(
        str_sub(request->path, sizeof(PAGE_PREFIX) - 1, request->path.len), false, p->arena);
    if (str_is_empty(rest)) {
        respond_to_form(p, request);
        return true;
    }
    if (str_ends(rest, STR(".json"))) {
        p->is_json = true;
        rest = str_sub(rest, 0, rest.len - 5);
    }
    p->digits = page_digits(rest, p->arena);
    look(p, address);
    return true;
}

struct check_pages *check_pages_new(const struct check_page_parts *parts)
{
    struct check_pages *all = xcalloc(1, sizeof(*all));
    all->parts = *parts;
    buf_init(&all->body, PAGE_MAX_BYTES);
    return all;
}

void check_pages_free(struct check_pages *all)
{
    if (all == NULL)
        return;
    assert(all->n_running == 0);
    buf_fini(&all->body);
    free(all);
}

uint32_t check_pages_n_running(const struct check_pages *all)
{
    return all->n_running;
}
