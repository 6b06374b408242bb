#include "app/check_page.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/checks.h"
#include "app/course_set.h"
#include "app/page.h"
#include "base/xalloc.h"
#include "core/match/match.h"
#include "port/qr.h"
#include "wire/address.h"
#include "wire/form.h"

#define ARENA_MAX_BYTES (128u * 1024)
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

struct response {
    int status;
    const char *name;  /* in JSON */
    const char *class; /* of its line */
    struct str text;   /* absent: only the form */
    const struct certificate *found;
    struct str url; /* of the page of this code; absent: it has none */
};

static void write_html(const struct page *p, const struct response *a, struct buf *out)
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
    page_end(out);
}

static void add_member(struct buf *out, const char *name, struct str value)
{
    buf_addf(out, ",\"%s\":", name);
    buf_add_json(out, value);
}

static void write_json(const struct page *p, const struct response *a, struct buf *out)
{
    const struct certificate *c = a->found;
    buf_addf(out, "{\"status\":\"%s\"", a->name);
    add_member(out, "code", p->digits.p != NULL ? p->digits : STR(""));
    add_member(out, "answer", a->text.p != NULL ? a->text : STR(""));
    if (c != NULL) {
        add_member(out, "type", c->module > 0 ? STR("module") : STR("course"));
        add_member(out, "course", c->title);
        add_member(out, "version", c->version);
        add_member(out, "language", c->lang);
        add_member(out, "finished", c->month);
        add_member(out, "issuer", c->org);
        if (c->module > 0)
            buf_addf(out, ",\"module\":%u", c->module);
        buf_addf(out, ",\"modules\":%u,\"hours\":%u", c->n_modules, c->hours);
    }
    buf_add_str(out, STR("}\n"));
}

static void respond(struct page *p, const struct response *a)
{
    struct buf *body = &p->all->body;
    buf_reset(body);
    if (p->is_json)
        write_json(p, a, body);
    else
        write_html(p, a, body);
    page_respond(p, a->status,
                 p->is_json ? STR("application/json") : STR("text/html; charset=utf-8"));
}

/* ---- what stands on it ---- */

static struct str words_of(const struct page *p, const struct code_check *check)
{
    const struct config *config = p->all->parts.config;
    const struct engine_context context = {.org = config->org, .url = config->url};
    return engine_check_words(p->course, &context, p->digits, check, p->arena);
}

static void on_check(void *ctx, enum err e, const struct code_check *check)
{
    struct page *p = ctx;
    struct response a = {.status = 503, .name = "UNKNOWN", .class = "later"};
    p->all->n_running--;
    if (e != ERR_OK) {
        a.text = page_words(p, COURSE_TEXT_check_later);
        respond(p, &a);
        return;
    }
    bool is_found = check->result == CHECK_FOUND, is_revoked = is_found && check->found.is_revoked;
    bool is_missing = check->result == CHECK_NOT_FOUND;
    a.status = is_found ? 200 : is_missing ? 404 : 429;
    a.name = is_revoked ? "REVOKED" : is_found ? "VALID" : is_missing ? "NOT FOUND" : "TRY LATER";
    a.class = is_revoked ? "revoked" : is_found ? "valid" : is_missing ? "missing" : "later";
    a.text = words_of(p, check);
    a.found = is_found ? &check->found : NULL;
    if (is_found && !is_revoked)
        a.url = url_of(p, arena_printf(p->arena, "%.*s", STR_ARG(p->digits)).p);
    respond(p, &a);
}

static void look(struct page *p, struct str address)
{
    struct response wrong = {.status = 400, .name = "NO CODE", .class = "missing"};
    struct checks_ask ask = {.who = page_who(p, address), .by = "page"};
    if (certificate_parse(p->digits, &ask.code) != ERR_OK) {
        wrong.text = words_of(p, &(struct code_check){.code = 0});
        respond(p, &wrong);
        return;
    }
    p->all->n_running++;
    checks_look(p->all->parts.store, &ask, on_check, p);
}

/* ---- what was asked for ---- */

/* Digits of any script, in any pieces; "" when there are none. */
static struct str digits_of(struct str text, struct arena *arena)
{
    return arena_digits(arena, match_normalise(text, arena));
}

/* The form's code gets an address of its own, which may be printed and kept. */
static void respond_to_form(struct page *p, const struct http_request *request)
{
    struct form form = {.n_pairs = 0};
    struct str code = STR_NONE;
    if (request->query.p != NULL && form_parse(request->query, p->arena, &form) == ERR_OK)
        code = form_get(&form, STR("code"));
    struct response empty = {.status = 200, .name = "NO CODE", .class = "missing"};
    struct str digits = code.p != NULL ? digits_of(code, p->arena) : STR_NONE;
    if (digits.len != CERTIFICATE_DIGITS) {
        if (code.p != NULL) {
            p->digits = digits;
            empty.status = 400;
            empty.text = words_of(p, &(struct code_check){.code = 0});
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
    const struct course *course = find_course(all);
    bool is_get = str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD")) ||
                  (is_claim && str_eq(request->method, STR("POST")));
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
    p->digits = digits_of(rest, p->arena);
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
