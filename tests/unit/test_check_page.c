/* The public pages: what that of certificates says of which code, to whom, in which language, and
 * how little else; and that of a badge, which is had once, by who has the link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/check_page.h"
#include "app/checks.h"
#include "app/course_bundle.h"
#include "app/course_set.h"
#include "core/lesson/parse.h"
#include "port/lesson_files.h"
#include "port/store/values.h"
#include "profile/signature.h"

#define GOOD UINT64_C(482109375523)
#define REVOKED UINT64_C(100000000001)
#define LINE(status, module)                                                                       \
    status "\t" module "\t7\t6\t03/2026\t1.2\ten\tChildren <on> the Move\tRed Cross"

struct world {
    struct loop *loop;
    struct store *store;
    struct vault *vault;
    struct course_set *courses;
    struct config config;
    struct check_pages *pages;
    uint32_t n_responses;
    int status;
    bool is_json, has_retry, is_safe; /* is_safe: what keeps it out of frames and caches is said */
    char body[100000], location[128];
};

static void on_put(void *ctx, enum err e)
{
    *(enum err *)ctx = e;
}

static void put(struct world *w, uint64_t code, struct str line)
{
    enum err e = ERR_IO;
    store_certificate_put(w->store, code, line, loop_wall(w->loop).ms + CERTIFICATE_KEPT_MS, on_put,
                          &e);
    loop_mem_settle(w->loop);
    assert_int_equal(e, ERR_OK);
}

static struct str header(const struct http_response *r, const char *name)
{
    return http_header_get(r->headers, r->n_headers, str_from(name));
}

static void on_response(void *ctx, struct front_token token, const struct http_response *r)
{
    struct world *w = ctx;
    assert_int_equal(token.generation, 7);
    w->n_responses++;
    w->status = r->status;
    w->is_json = str_eq(r->content_type, STR("application/json"));
    w->has_retry = str_eq(header(r, "Retry-After"), STR("3600"));
    w->is_safe = str_starts(header(r, "Content-Security-Policy"), STR("default-src 'none'")) &&
                 str_eq(header(r, "X-Frame-Options"), STR("DENY")) &&
                 str_eq(header(r, "Cache-Control"), STR("no-store")) &&
                 str_eq(header(r, "X-Robots-Tag"), STR("noindex, nofollow"));
    (void)snprintf(w->body, sizeof(w->body), "%.*s", STR_ARG(r->body));
    (void)snprintf(w->location, sizeof(w->location), "%.*s", STR_ARG(header(r, "Location")));
}

static void load_course(struct world *w)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct buf bundle CLEANUP(buf_fini);
    struct lesson_file *files;
    uint32_t n;
    struct errmsg msg = {""};
    buf_init(&bundle, COURSE_MAX_BYTES + 65536);
    if (lesson_files_read("lessons/children-on-the-move", arena, &files, &n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(files[i].name, STR("course.md")))
            files[i].text =
                arena_printf(arena, "---\ntrial_languages: [fr, ar, de]\n%.*s",
                             STR_ARG(str_sub(files[i].text, strlen("---\n"), files[i].text.len)));
    }
    if (course_bundle_write(files, n, &bundle) != ERR_OK ||
        course_set_add(w->courses, STR("children-on-the-move@1.0.0"), buf_str(&bundle), true,
                       &msg) != ERR_OK)
        fail_msg("%s", msg.text);
}

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->loop = loop_mem_new((struct wall_ms){1764000000000});
    w->store = store_mem_new(w->loop);
    w->vault = vault_openssl_new_for_tests(1);
    w->courses = course_set_new(w->loop, w->store);
    w->config = (struct config){.org = STR("Example"), .trusted_proxies = STR("10.0.0.0/8")};
    w->pages = check_pages_new(&(struct check_page_parts){.store = w->store,
                                                          .vault = w->vault,
                                                          .config = &w->config,
                                                          .courses = w->courses,
                                                          .fn = on_response,
                                                          .ctx = w});
    put(w, GOOD, STR(LINE("V", "0")));
    put(w, REVOKED, STR(LINE("R", "3")));
    *state = w;
    return 0;
}

static int open_with_course(void **state)
{
    int code = open_world(state);
    load_course(*state);
    return code;
}

static int close_world(void **state)
{
    struct world *w = *state;
    assert_int_equal(check_pages_n_running(w->pages), 0);
    store_free(w->store);
    check_pages_free(w->pages);
    course_set_free(w->courses);
    vault_free(w->vault);
    loop_free(w->loop);
    free(w);
    return 0;
}

/* The name of the tag at p, "" when there is none there: letters, digits, and a '/' in front. */
static size_t tag_name(const char *p, char name[16])
{
    size_t n = strspn(p, "/!abcdefghijklmnopqrstuvwxyz0123456789");
    (void)snprintf(name, 16, "%.*s", (int)n, p);
    return n;
}

/* Behind the tag that begins at p: each of its attributes has a name, and a value in quotes. */
static const char *behind_tag(const char *p, bool *ret_is_closed)
{
    char name[16];
    p += tag_name(p, name);
    while (*p == ' ') {
        p += 1 + strspn(p + 1, "-abcdefghijklmnopqrstuvwxyzBH");
        if (strncmp(p, "=\"", 2) == 0)
            p += 2 + strcspn(p + 2, "\"<>") + 1;
    }
    *ret_is_closed = *p == '/';
    p += *p == '/';
    return *p == '>' ? p + 1 : NULL;
}

/* Every page is whole HTML, whatever is shown on it: tags end in the order in which they began, and
 * nothing of a tag is missing. What is between them is escaped. */
static void expect_whole(const char *page)
{
    static const char *const single[] = {"!doctype", "meta", "link", "br", "input", "img"};
    char open[32][16], name[16];
    size_t n_open = 0;
    for (const char *p = page; (p = strchr(p, '<')) != NULL;) {
        bool is_single = false, is_closed = false;
        (void)tag_name(p + 1, name);
        const char *behind = behind_tag(p + 1, &is_closed);
        if (behind == NULL)
            fail_msg("no whole tag: %.300s", p);
        for (size_t i = 0; i < ARRAY_LEN(single); i++)
            is_single = is_single || strcmp(name, single[i]) == 0;
        if (name[0] == '/' && (n_open == 0 || strcmp(open[--n_open], name + 1) != 0))
            fail_msg("what does this end? %.300s", p);
        if (name[0] != '/' && !is_single && !is_closed) {
            assert_true(n_open < ARRAY_LEN(open));
            memcpy(open[n_open++], name, sizeof(name));
        }
        if (strcmp(name, "style") == 0)
            behind = strstr(behind, "</style>");
        p = behind;
    }
    if (n_open > 0)
        fail_msg("%s has no end: %.3000s", open[n_open - 1], page);
}

struct ask {
    const char *method, *path, *query, *host, *accept, *language, *peer, *forwarded, *form;
};

/* False: not of this page. */
static bool ask(struct world *w, struct ask a)
{
    const char *const names[] = {"Host", "Accept", "Accept-Language", "X-Forwarded-For"};
    const char *const values[] = {a.host, a.accept, a.language, a.forwarded};
    struct http_request r = {.method = str_from(a.method != NULL ? a.method : "GET"),
                             .target = str_from(a.path),
                             .path = str_from(a.path),
                             .query = a.query != NULL ? str_from(a.query) : STR_NONE,
                             .body = a.form != NULL ? str_from(a.form) : STR_NONE};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (values[i] != NULL)
            r.headers[r.n_headers++] =
                (struct http_header){str_from(names[i]), str_from(values[i])};
    }
    w->status = 0;
    w->n_responses = 0;
    bool is_taken = check_pages_handle(w->pages, (struct front_token){3, 7}, &r,
                                       str_from(a.peer != NULL ? a.peer : "192.0.2.1"));
    loop_mem_settle(w->loop);
    assert_int_equal(w->n_responses, is_taken ? 1 : 0);
    if (strncmp(w->body, "<!doctype html>", 15) == 0)
        expect_whole(w->body);
    return is_taken;
}

static void expect(struct world *w, int status, const char *part)
{
    if (w->status != status || strstr(w->body, part) == NULL)
        fail_msg("expected %d with %s, found %d: %.3000s", status, part, w->status, w->body);
}

/* Each asks from an address of its own: what is looked at is not how often. */
static void says_what_a_code_stands_for(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *path;
        int status;
        const char *parts[3], *absent;
    } rows[] = {
        {"/check/482109375523",
         200,
         {"VALID. Course Children &lt;on&gt; the Move v1.2, modules: 7, about 6 h",
          "class=\"answer valid\"", "<svg"},
         "<on>"},
        {"/check/4821-0937%205523", 200, {"VALID."}, NULL},
        {"/check/"
         "\xd9\xa4\xd9\xa8\xd9\xa2\xd9\xa1\xd9\xa0\xd9\xa9\xd9\xa3\xd9\xa7\xd9\xa5\xd9\xa5\xd9\xa2"
         "\xd9\xa3",
         200,
         {"VALID."},
         NULL}, /* digits of another script */
        {"/check/100000000001",
         200,
         {"REVOKED. The certificate 1000 0000 0001", "answer revoked"},
         "<svg"},
        {"/check/482109375538", 404, {"NOT FOUND. No certificate", "answer missing"}, "<svg"},
        {"/check/482109375524", 400, {"One digit is mistyped"}, "<svg"},
        {"/check/12", 400, {"has 12 digits"}, "<svg"},
        {"/check/%3Cscript%3E", 400, {"has 12 digits"}, "<script"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char peer[32];
        (void)snprintf(peer, sizeof(peer), "192.0.2.%zu", 100 + i);
        assert_true(ask(w, (struct ask){.path = rows[i].path, .host = "a.example", .peer = peer}));
        for (size_t k = 0; k < ARRAY_LEN(rows[i].parts) && rows[i].parts[k] != NULL; k++)
            expect(w, rows[i].status, rows[i].parts[k]);
        assert_true(rows[i].absent == NULL || strstr(w->body, rows[i].absent) == NULL);
        assert_true(w->is_safe && !w->has_retry && !w->is_json);
    }
}

static void programs_are_told_the_same_as_json(void **state)
{
    struct world *w = *state;
    assert_true(ask(w, (struct ask){.path = "/check/482109375523.json"}));
    expect(w, 200,
           ",\"type\":\"course\",\"course\":\"Children <on> the Move\",\"version\":\"1.2\","
           "\"language\":\"en\",\"finished\":\"03/2026\",\"issuer\":\"Red Cross\",\"modules\":7,"
           "\"hours\":6}\n");
    expect(w, 200, "{\"status\":\"VALID\",\"code\":\"482109375523\",\"answer\":\"VALID. ");
    assert_true(w->is_json && w->is_safe);
    assert_true(ask(w, (struct ask){.path = "/check/100000000001", .accept = "application/json"}));
    expect(w, 200, "\"status\":\"REVOKED\"");
    expect(w, 200, "\"type\":\"module\"");
    expect(w, 200, "\"module\":3,\"modules\":7");
    assert_true(w->is_json);
    assert_true(ask(w, (struct ask){.path = "/check/482109375538.json"}));
    expect(w, 404, "{\"status\":\"NOT FOUND\",\"code\":\"482109375538\",\"answer\":\"NOT FOUND.");
    assert_null(strstr(w->body, "\"course\""));
    assert_true(ask(w, (struct ask){.path = "/check/x.json"}));
    expect(w, 400, "{\"status\":\"NO CODE\",\"code\":\"\",\"answer\":\"");
    assert_true(ask(w, (struct ask){.path = "/check/12", .accept = "text/html,application/json"}));
    assert_false(w->is_json); /* a browser, which takes anything */
}

static void the_form_leads_to_the_code(void **state)
{
    struct world *w = *state;
    assert_true(ask(w, (struct ask){.path = "/check/"}));
    expect(w, 200, "<form action=\"/check/\" method=\"get\">");
    assert_null(strstr(w->body, "class=\"answer"));
    assert_true(ask(w, (struct ask){.path = "/check/", .query = "code=4821+0937-5523"}));
    assert_int_equal(w->status, 303);
    assert_string_equal(w->location, "/check/482109375523");
    assert_true(ask(w, (struct ask){.path = "/check/", .query = "code=4821+0937+552"}));
    expect(w, 400, "value=\"48210937552\"");
    expect(w, 400, "has 12 digits");
    assert_true(ask(w, (struct ask){.path = "/check/", .query = "code="}));
    expect(w, 400, "has 12 digits");
}

static void only_reads_and_only_its_own_paths(void **state)
{
    struct world *w = *state;
    assert_false(ask(w, (struct ask){.path = "/check"})); /* a load balancer's */
    assert_false(ask(w, (struct ask){.path = "/in/check/482109375523"}));
    assert_true(ask(w, (struct ask){.method = "POST", .path = "/check/482109375523"}));
    assert_int_equal(w->status, 405);
    assert_true(ask(w, (struct ask){.method = "HEAD", .path = "/check/482109375523"}));
    assert_int_equal(w->status, 200);
}

static void without_a_course_there_are_no_words(void **state)
{
    struct world *w = *state;
    assert_true(ask(w, (struct ask){.path = "/check/482109375523"}));
    assert_int_equal(w->status, 503);
    assert_true(ask(w, (struct ask){.method = "PUT", .path = "/check/"}));
    assert_int_equal(w->status, 405);
}

static void is_in_the_reader_s_language(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *language, *begin;
    } rows[] = {
        {NULL, "<html lang=\"en\" dir=\"ltr\">"},
        {"fr-CH, en;q=0.9", "<html lang=\"fr\" dir=\"ltr\">"},
        {"xx, ar;q=0.5", "<html lang=\"ar\" dir=\"rtl\">"},
        {"fra, de", "<html lang=\"de\" dir=\"ltr\">"},
        {", ;q=1", "<html lang=\"en\" dir=\"ltr\">"},
        {"e", "<html lang=\"en\" dir=\"ltr\">"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(ask(w, (struct ask){.path = "/check/", .language = rows[i].language}));
        expect(w, 200, rows[i].begin);
    }
}

static void a_printed_page_leads_back_to_itself(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *url, *host, *shown; /* NULL: no QR code */
    } rows[] = {
        {"", "learn.example:8443", "\">https://learn.example:8443/check/482109375523<"},
        {"", "127.0.0.1:8080", "\">http://127.0.0.1:8080/check/482109375523<"},
        {"", "localhost", "\">http://localhost/check/482109375523<"},
        {"", "evil\"example", NULL},
        {"", NULL, NULL},
        {"https://c.example/check/", "other", "\">https://c.example/check/482109375523<"},
        {"", "a123456789012345678901234567890123456789012345678901234567890123456789",
         NULL}, /* 70 */
        {"", "a12345678901234567890123456789012345678901234567890123456789012345678", "<svg"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char peer[32];
        (void)snprintf(peer, sizeof(peer), "192.0.2.%zu", i);
        w->config.check_url = str_from(rows[i].url);
        assert_true(ask(
            w, (struct ask){.path = "/check/482109375523", .host = rows[i].host, .peer = peer}));
        expect(w, 200, rows[i].shown != NULL ? rows[i].shown : "VALID");
        assert_int_equal(strstr(w->body, "<svg") != NULL, rows[i].shown != NULL);
    }
}

/* By address: of IPv6 a network of 64 bits is one, and IPv4 is the same in either spelling. */
static void answers_each_address_slowly(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *peer, *forwarded;
        int status;
    } rows[] = {
        {"192.0.2.1", NULL, 200},        {"::ffff:192.0.2.1", NULL, 200},
        {"192.0.2.1", NULL, 200},        {"10.1.2.3", "192.0.2.1", 200},
        {"192.0.2.1", "192.0.2.2", 200}, /* who is no proxy of ours speaks for itself */
        {"192.0.2.1", NULL, 429},        {"::ffff:192.0.2.1", NULL, 429},
        {"192.0.2.2", NULL, 200},        {"2001:db8::1", NULL, 200},
        {"2001:db8::2", NULL, 200},      {"2001:db8::3", NULL, 200},
        {"2001:db8::4", NULL, 200},      {"2001:db8:0:0:ffff::5", NULL, 200},
        {"2001:db8::6", NULL, 429},      {"2001:db8:0:1::1", NULL, 200},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(ask(w, (struct ask){.path = "/check/482109375523.json",
                                        .peer = rows[i].peer,
                                        .forwarded = rows[i].forwarded}));
        if (w->status != rows[i].status)
            fail_msg("row %zu: %d", i, w->status);
        assert_int_equal(w->has_retry, w->status == 429);
        expect(w, w->status, w->status == 429 ? "\"TRY LATER\"" : "\"VALID\"");
    }
}

/* ---- several at once ---- */

static void post_list(struct world *w, const char *codes, const char *accept, const char *peer)
{
    assert_true(ask(w, (struct ask){.method = "POST",
                                    .path = "/check/list",
                                    .accept = accept,
                                    .peer = peer,
                                    .form = codes}));
}

static void a_list_says_of_each_what_its_page_says(void **state)
{
    struct world *w = *state;
    assert_true(ask(w, (struct ask){.path = "/check/"}));
    expect(w, 200, "<a href=\"/check/list\">Check several certificates</a>");
    assert_true(ask(w, (struct ask){.path = "/check/list"}));
    expect(w, 200, "<label for=\"codes\">Codes of the certificates");
    assert_null(strstr(w->body, "<ol>"));
    post_list(w, "codes=Code%0D%0A4821+0937+5523%0D%0A%3Cb%3E12%2C100000000001;482109375538", NULL,
              NULL);
    expect(w, 200,
           "<ol><li><p class=\"answer valid\"><bdi dir=\"ltr\">482109375523</bdi><br>VALID.");
    expect(w, 200,
           "<p class=\"answer missing\"><bdi dir=\"ltr\">12</bdi><br>A certificate code has");
    expect(w, 200, "<p class=\"answer revoked\"><bdi dir=\"ltr\">100000000001</bdi><br>REVOKED.");
    expect(w, 200, "<p class=\"answer missing\"><bdi dir=\"ltr\">482109375538</bdi><br>NOT FOUND.");
    assert_true(w->is_safe && !w->is_json && strstr(w->body, "<b>") == NULL);
    post_list(w, "codes=482109375523%0A12", "application/json", NULL);
    expect(w, 200,
           "{\"answer\":\"\",\"certificates\":[{\"status\":\"VALID\",\"code\":\"482109375523\",");
    expect(w, 200, "\"hours\":6},{\"status\":\"NO CODE\",\"code\":\"12\",");
    assert_true(w->is_json);
}

/* Digits without an end are no code, and are not said back: the answer has a ceiling. */
static void a_list_of_long_numbers_is_answered(void **state)
{
    struct world *w = *state;
    static char many[25 * 2001 + 8];
    size_t n = (size_t)snprintf(many, sizeof(many), "codes=");
    for (size_t i = 0; i < 25 * 2000; i++)
        many[n++] = (char)(i % 2000 == 1999 ? ',' : '2');
    post_list(w, many, "application/json", NULL);
    expect(w, 200, "NO CODE");
    assert_null(strstr(w->body, "22222222222222222222222222222222222222222"));
    for (size_t i = 0; i < 25 * 2000; i++)
        many[6 + i] = (char)(i % 2 == 1 ? ',' : 'x');
    post_list(w, many, "application/json", NULL);
    expect(w, 400, "\"certificates\":[]");
}

/* Two lists an hour for each address, beside its single codes. */
static void lists_are_answered_slowly(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 2; i++) {
        post_list(w, "codes=482109375523%0A482109375523", NULL, NULL);
        expect(w, 200, "VALID");
    }
    post_list(w, "codes=482109375523", NULL, NULL);
    expect(w, 429, "Please try again in 1 hour.");
    assert_true(w->has_retry && strstr(w->body, "VALID") == NULL);
    post_list(w, "codes=482109375523", NULL, "192.0.2.2");
    expect(w, 200, "VALID");
    assert_true(ask(w, (struct ask){.path = "/check/482109375523"}));
    expect(w, 200, "VALID");
}

/* The sixth is not looked at, nor is a right one behind it: nobody tells them from each other. */
static void a_list_of_guesses_is_over_soon(void **state)
{
    struct world *w = *state;
    post_list(w,
              "codes=482109375538,482109375538,482109375538,482109375538,482109375538,"
              "482109375523,482109375538",
              "application/json", NULL);
    size_t n_missed = 0, n_later = 0;
    for (const char *at = w->body; (at = strstr(at, "\"NOT FOUND\"")) != NULL; at++)
        n_missed++;
    for (const char *at = w->body; (at = strstr(at, "\"TRY LATER\"")) != NULL; at++)
        n_later++;
    assert_int_equal(n_missed, 5);
    assert_int_equal(n_later, 2);
    assert_null(strstr(w->body, "VALID"));
}

static void what_is_no_list_is_refused_and_not_counted(void **state)
{
    struct world *w = *state;
    static char many[512];
    size_t n = (size_t)snprintf(many, sizeof(many), "codes=1");
    for (int i = 1; i < 25; i++)
        n += (size_t)snprintf(many + n, sizeof(many) - n, ",1");
    for (int i = 0; i < 3; i++) {
        post_list(w, "", NULL, NULL);
        expect(w, 400, "25 at most</p>");
        post_list(w, "codes=none", NULL, NULL);
        expect(w, 400, "25 at most</p>");
    }
    post_list(w, many, NULL, NULL);
    expect(w, 200, "<ol>");
    (void)snprintf(many + n, sizeof(many) - n, ",1");
    post_list(w, many, NULL, NULL);
    expect(w, 400, "25 at most</p>");
    assert_true(ask(w, (struct ask){.method = "PUT", .path = "/check/list"}));
    assert_int_equal(w->status, 405);
}

static void a_list_without_the_store_is_told(void **state)
{
    struct world *w = *state;
    store_mem_fail(w->store, "take", ERR_TIMEOUT, false, 1);
    post_list(w, "codes=482109375523", NULL, NULL);
    expect(w, 503, "class=\"answer later\"");
    assert_true(w->has_retry);
    store_mem_fail(w->store, "certificate_get", ERR_TIMEOUT, false, 1);
    post_list(w, "codes=482109375523%0A482109375523", "application/json", NULL);
    expect(w, 200, "[{\"status\":\"UNKNOWN\"");
    expect(w, 200, ",{\"status\":\"TRY LATER\""); /* the store is not asked again */
}

static void a_store_that_is_away_is_told(void **state)
{
    struct world *w = *state;
    store_mem_fail(w->store, "take", ERR_TIMEOUT, false, 1);
    assert_true(ask(w, (struct ask){.path = "/check/482109375523"}));
    expect(w, 503, "class=\"answer later\"");
    assert_true(w->has_retry && w->is_safe);
    assert_true(ask(w, (struct ask){.path = "/check/482109375523"}));
    assert_int_equal(w->status, 200);
}

/* ---- the badge of a certificate ---- */

#define TOKEN "abcdefghjkmnpqrs"
#define CLAIM "/check/claim/" TOKEN

/* What stands under the token, as CLAIM or who signs has put it there. */
static void put_claim(struct world *w, enum checks_claim_state state, const char *badge)
{
    enum err e = ERR_IO;
    char key[CHECKS_CLAIM_KEY_BYTES], value[STORE_SESSION_BYTES];
    struct checks_claim claim = {.state = state,
                                 .until_ms = clock_wall().ms + CHECKS_CLAIM_KEPT_MS,
                                 .code = GOOD,
                                 .badge = str_from(badge)};
    checks_claim_key(STR(TOKEN), key);
    store_session_put(w->store, str_from(key), checks_claim_write(&claim, value),
                      CHECKS_CLAIM_KEPT_MS, on_put, &e);
    loop_mem_settle(w->loop);
    assert_int_equal(e, ERR_OK);
}

struct listed {
    uint32_t n;
    char name[32], value[256];
};

static void on_board(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct listed *listed = ctx;
    assert_int_equal(e, ERR_OK);
    listed->n = n;
    listed->name[0] = listed->value[0] = '\0';
    if (n == 0)
        return;
    (void)snprintf(listed->name, sizeof(listed->name), "%.*s", STR_ARG(names[n - 1]));
    (void)snprintf(listed->value, sizeof(listed->value), "%.*s", STR_ARG(values[n - 1]));
}

/* The list of who signs. */
static struct listed board(struct world *w)
{
    struct listed listed = {.n = UINT32_MAX};
    store_board_get(w->store, STORE_BOARD_CLAIMS, on_board, &listed);
    loop_mem_settle(w->loop);
    return listed;
}

static void post(struct world *w, const char *form)
{
    assert_true(ask(w, (struct ask){.method = "POST", .path = CLAIM, .form = form}));
}

static void a_badge_is_asked_for_signed_and_had_once(void **state)
{
    struct world *w = *state;
    put_claim(w, CHECKS_CLAIM_NEW, "");
    assert_true(ask(w, (struct ask){.path = CLAIM}));
    expect(w, 200, "name=\"email\"");
    expect(w, 200, "<button>Ask for the badge</button>");
    assert_true(w->is_safe);
    assert_int_equal(board(w).n, 0); /* looking asks for nothing */
    post(w, "email=Amina%40Example.org");
    assert_int_equal(w->status, 303);
    assert_string_equal(w->location, CLAIM);
    struct listed listed = board(w);
    assert_int_equal(listed.n, 1);
    assert_string_equal(listed.name, TOKEN);
    assert_non_null(strstr(listed.value, " 482109375523 sha256$"));
    assert_null(strstr(listed.value, "xample")); /* the address itself is kept nowhere */
    assert_true(ask(w, (struct ask){.path = CLAIM}));
    expect(w, 200, "Your badge is being signed.");
    post(w, "email=other%40example.org"); /* asked again it only waits */
    expect(w, 200, "Your badge is being signed.");
    assert_string_equal(board(w).value, listed.value);
    put_claim(w, CHECKS_CLAIM_READY, "eyJh.eyJi.c2ln");
    assert_true(ask(w, (struct ask){.path = CLAIM}));
    expect(w, 200, "<button>Save the badge</button>");
    assert_null(strstr(w->body, "eyJh")); /* not by looking, as a preview of a message does */
    post(w, "");
    assert_int_equal(w->status, 200);
    assert_string_equal(w->body, "eyJh.eyJi.c2ln");
    assert_true(w->is_safe);
    post(w, "");
    expect(w, 200, "This link was used");
    assert_true(ask(w, (struct ask){.path = CLAIM}));
    expect(w, 200, "This link was used");
    assert_null(strstr(w->body, "eyJh"));
}

/* With salt: the same address twice is not the same hash, and each can be told by its salt. */
static void an_address_is_hashed_in_small_letters_with_salt(void **state)
{
    (void)state; /* no world */
    struct arena *arena CLEANUP(arena_freep) = arena_new(4096);
    struct str one = checks_claim_identity(STR("Amina@Example.org"), arena);
    struct str two = checks_claim_identity(STR("Amina@Example.org"), arena);
    assert_false(str_eq(one, two));
    struct str salt = one, hash = str_split(&salt, ' ');
    assert_int_equal(salt.len, 32);
    uint8_t digest[DIGEST_MAX_BYTES];
    char hex[65];
    struct str letters = arena_printf(arena, "amina@example.org%.*s", STR_ARG(salt));
    (void)digest_hash(DIGEST_SHA256, letters, digest);
    hex_encode(digest, 32, hex);
    assert_true(str_eq(hash, arena_printf(arena, "sha256$%s", hex)));
}

static void without_an_address_the_badge_names_nobody(void **state)
{
    struct world *w = *state;
    put_claim(w, CHECKS_CLAIM_NEW, "");
    post(w, "email=+");
    assert_int_equal(w->status, 303);
    assert_true(str_ends(str_from(board(w).value), STR(" 482109375523 ")));
}

static void what_is_no_address_is_asked_for_again(void **state)
{
    struct world *w = *state;
    static char at_bound[300], past_it[300];
    (void)snprintf(at_bound, sizeof(at_bound), "email=%0242d%%40example.org", 0); /* 254 bytes */
    (void)snprintf(past_it, sizeof(past_it), "email=%0243d%%40example.org", 0);
    static const char *const bad[] = {"email=amina", "email=%40example.org", "email=amina%40",
                                      "email=a%20b%40c", past_it};
    put_claim(w, CHECKS_CLAIM_NEW, "");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        post(w, bad[i]);
        expect(w, 200, "name=\"email\"");
        assert_int_equal(board(w).n, 0);
    }
    post(w, at_bound);
    assert_int_equal(w->status, 303);
    assert_int_equal(board(w).n, 1);
}

static void a_link_that_is_none_tells_nothing(void **state)
{
    struct world *w = *state;
    static const char *const paths[] = {CLAIM /* nothing stands there */, CLAIM "t",
                                        "/check/claim/", "/check/claim/abcdefghjkmnpqr0",
                                        "/check/claim/abcdefghjkmnpqrS"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        assert_true(ask(w, (struct ask){.path = paths[i]}));
        expect(w, 410, "This link was used");
    }
    enum err e;
    store_session_put(w->store, STR("claim:" TOKEN), STR("x 1 2 "), 1000, on_put, &e);
    assert_true(ask(w, (struct ask){.path = CLAIM})); /* of a newer program */
    assert_int_equal(w->status, 410);
}

static void nobody_looks_for_links_by_trying(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 60; i++) {
        assert_true(ask(w, (struct ask){.path = CLAIM}));
        assert_int_equal(w->status, 410);
    }
    assert_true(ask(w, (struct ask){.path = CLAIM}));
    expect(w, 429, "Please try again in 1 hour.");
    assert_true(ask(w, (struct ask){.path = CLAIM, .peer = "192.0.2.2"}));
    assert_int_equal(w->status, 410);
}

static void what_the_store_does_not_keep_is_not_promised(void **state)
{
    struct world *w = *state;
    static const struct {
        enum checks_claim_state before;
        const char *verb;
    } rows[] = {
        {CHECKS_CLAIM_NEW, "take"},        {CHECKS_CLAIM_NEW, "session_get"},
        {CHECKS_CLAIM_NEW, "board_get"},   {CHECKS_CLAIM_NEW, "board_put"},
        {CHECKS_CLAIM_NEW, "session_put"}, {CHECKS_CLAIM_READY, "session_put"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put_claim(w, rows[i].before, "eyJh.eyJi.c2ln");
        store_mem_fail(w->store, rows[i].verb, ERR_TIMEOUT, false, 1);
        post(w, "");
        if (w->status != 503 || strstr(w->body, "eyJh") != NULL)
            fail_msg("%s: %d", rows[i].verb, w->status);
    }
    post(w, ""); /* the badge is still there */
    assert_string_equal(w->body, "eyJh.eyJi.c2ln");
}

#define WITH_COURSE(test) cmocka_unit_test_setup_teardown(test, open_with_course, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_COURSE(says_what_a_code_stands_for),
        WITH_COURSE(programs_are_told_the_same_as_json),
        WITH_COURSE(the_form_leads_to_the_code),
        WITH_COURSE(only_reads_and_only_its_own_paths),
        cmocka_unit_test_setup_teardown(without_a_course_there_are_no_words, open_world,
                                        close_world),
        WITH_COURSE(is_in_the_reader_s_language),
        WITH_COURSE(a_printed_page_leads_back_to_itself),
        WITH_COURSE(answers_each_address_slowly),
        WITH_COURSE(a_list_says_of_each_what_its_page_says),
        WITH_COURSE(a_list_of_long_numbers_is_answered),
        WITH_COURSE(lists_are_answered_slowly),
        WITH_COURSE(a_list_of_guesses_is_over_soon),
        WITH_COURSE(what_is_no_list_is_refused_and_not_counted),
        WITH_COURSE(a_list_without_the_store_is_told),
        WITH_COURSE(a_store_that_is_away_is_told),
        WITH_COURSE(a_badge_is_asked_for_signed_and_had_once),
        cmocka_unit_test(an_address_is_hashed_in_small_letters_with_salt),
        WITH_COURSE(without_an_address_the_badge_names_nobody),
        WITH_COURSE(what_is_no_address_is_asked_for_again),
        WITH_COURSE(a_link_that_is_none_tells_nothing),
        WITH_COURSE(nobody_looks_for_links_by_trying),
        WITH_COURSE(what_the_store_does_not_keep_is_not_promised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
