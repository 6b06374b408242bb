/*
 * The coordinators' pages against a real PostgreSQL, which tests/unit/with_postgres.sh provides
 * (WAYPOST_TEST_PG, with the schema of sql/): who gets in, what is there, and what is said when
 * something is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/report/panels.h"
#include "app/report/report.h"
#include "port/database/database.h"

#define HOST "127.0.0.1:8081"

struct world {
    struct loop *loop;
    struct metrics *metrics;
    struct config config;
    struct report_pages *pages;
    uint32_t n_wanted, n_responses;
    int status, last_statuses[8];
    const char *peer;
    char body[1u << 20], type[64], location[128], cookie[256], cache[64], retry[16];
};

static struct database *db;
static char conninfo[500];

static void run_sql(const char *sql)
{
    struct errmsg msg = {""};
    if (database_ask(db, &(struct sql){.text = sql}, NULL, NULL, &msg) != ERR_OK)
        fail_msg("%s: %s", sql, msg.text);
}

static void keep_header(const struct http_response *r, const char *name, char *dst, size_t bytes)
{
    struct str value = http_header_get(r->headers, r->n_headers, str_from(name));
    (void)snprintf(dst, bytes, "%.*s", STR_ARG(value));
}

static void on_response(void *ctx, struct front_token token, const struct http_response *r)
{
    struct world *w = ctx;
    if (token.slot < 8)
        w->last_statuses[token.slot] = r->status;
    w->status = r->status;
    (void)snprintf(w->body, sizeof(w->body), "%.*s", STR_ARG(r->body));
    (void)snprintf(w->type, sizeof(w->type), "%.*s", STR_ARG(r->content_type));
    keep_header(r, "Location", w->location, sizeof(w->location));
    keep_header(r, "Cache-Control", w->cache, sizeof(w->cache));
    keep_header(r, "Retry-After", w->retry, sizeof(w->retry));
    struct str cookie = http_header_get(r->headers, r->n_headers, STR("Set-Cookie"));
    if (cookie.p != NULL) {
        assert_int_not_equal(str_find(cookie, STR("; HttpOnly; SameSite=Strict")), SIZE_MAX);
        struct str pair = str_split(&cookie, ';');
        (void)snprintf(w->cookie, sizeof(w->cookie), "%.*s", STR_ARG(pair));
    }
    if (++w->n_responses == w->n_wanted)
        loop_stop(w->loop);
}

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->loop = loop_libevent_new();
    w->metrics = metrics_new();
    w->config = (struct config){.report_conninfo = str_from(conninfo)};
    w->pages = report_pages_new(&(struct report_parts){
        .loop = w->loop, .config = &w->config, .metrics = w->metrics, .fn = on_response, .ctx = w});
    assert_non_null(w->pages);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    report_pages_free(w->pages);
    metrics_free(w->metrics);
    loop_free(w->loop);
    free(w);
    return 0;
}

/* Hands it in; the response comes with the loop, or at once. */
static bool begin(struct world *w, uint32_t slot, const char *method, const char *path,
                  const char *origin, const char *body)
{
    struct http_request r = {.method = str_from(method), .body = str_from(body)};
    struct str query = str_from(path);
    r.path = str_split(&query, '?');
    r.query = query;
    r.headers[r.n_headers++] = (struct http_header){STR("Host"), STR(HOST)};
    if (origin != NULL)
        r.headers[r.n_headers++] = (struct http_header){STR("Origin"), str_from(origin)};
    if (w->cookie[0] != '\0')
        r.headers[r.n_headers++] = (struct http_header){STR("Cookie"), str_from(w->cookie)};
    return report_pages_handle(w->pages, (struct front_token){slot, 1}, &r, str_from(w->peer));
}

static void await(struct world *w, uint32_t n)
{
    w->n_wanted = n;
    while (w->n_responses < n)
        loop_run(w->loop);
    w->n_responses = w->n_wanted = 0;
}

static int get(struct world *w, const char *path)
{
    w->n_wanted = 1;
    assert_true(begin(w, 0, "GET", path, NULL, ""));
    await(w, 1);
    return w->status;
}

static int post(struct world *w, const char *path, const char *body)
{
    w->n_wanted = 1;
    assert_true(begin(w, 0, "POST", path, "http://" HOST, body));
    await(w, 1);
    return w->status;
}

static void expect(struct world *w, int status, const char *part)
{
    if (w->status != status || strstr(w->body, part) == NULL)
        fail_msg("expected %d with %s, found %d: %.2000s", status, part, w->status, w->body);
}

static void sign_in(struct world *w)
{
    assert_int_equal(post(w, "/report/login", "name=amina&password=sunflower"), 303);
    assert_string_equal(w->location, "/report/");
    assert_int_equal(strncmp(w->cookie, "waypost_report=", 15), 0);
}

static void nobody_gets_in_where_no_password_is_asked_for(void **state)
{
    struct world *w = *state;
    (void)post(w, "/report/login", "name=amina&password=sunflower");
    expect(w, 503, "asks nobody for a password");
    run_sql("do $$ begin execute format('copy (values"
            " (''local all amina,eve,mighty,nobody scram-sha-256''), (''local all all trust''))"
            " to %L', current_setting('hba_file')); end $$");
    run_sql("select pg_reload_conf()::text");
    for (int i = 0; i < 600 && w->status != 303; i++) /* it is read again in its own time */
        (void)post(w, "/report/login", "name=amina&password=sunflower");
    assert_int_equal(w->status, 303);
}

static void only_who_may_read_the_reports_gets_in(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *body;
        int status;
        const char *words;
    } rows[] = {
        {"name=amina&password=moonflower", 401, "Name or password is wrong."},
        {"name=nobody&password=x", 401, "Name or password is wrong."},
        {"name=&password=x", 401, "Write your name and your password."},
        {"name=amina", 401, "Write your name and your password."},
        {"name=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx&password=x",
         401, "Name or password is wrong."},
        {"name=eve&password=e", 403, "may not read the reports"},
        {"name=mighty&password=m", 403, "may do everything"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)post(w, "/report/login", rows[i].body);
        expect(w, rows[i].status, rows[i].words);
        assert_string_equal(w->cookie, "");
    }
    for (int i = 0; i < 2; i++)
        (void)post(w, "/report/login", "name=amina&password=x");
    (void)post(w, "/report/login", "name=amina&password=sunflower");
    expect(w, 429, "Too many tries. Wait ");
    assert_int_not_equal(w->retry[0], '\0');
}

/* Strangers take all places that there are for them. */
static void who_was_here_before_finds_a_place(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"amina", "eve", "mighty", "nobody"};
    const uint32_t n = ARRAY_LEN(names);
    char body[64];
    assert_int_equal(n, REPORT_MAX_SIGNING_IN - REPORT_KEPT_PLACES);
    w->peer = "203.0.113.9";
    sign_in(w);
    w->cookie[0] = '\0';
    w->peer = "198.51.100.7";
    for (uint32_t i = 0; i < n; i++) {
        (void)snprintf(body, sizeof(body), "name=%s&password=x", names[i]);
        assert_true(begin(w, i, "POST", "/report/login", "http://" HOST, body));
    }
    assert_true(begin(w, 4, "POST", "/report/login", "http://" HOST, "name=amina&password=x"));
    assert_int_equal(w->n_responses, 1);
    expect(w, 429, "Wait 1 second,");
    w->peer = "203.0.113.9";
    assert_true(
        begin(w, 5, "POST", "/report/login", "http://" HOST, "name=amina&password=sunflower"));
    await(w, n + 2);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(w->last_statuses[i], 401);
    assert_int_equal(w->last_statuses[5], 303);
}

static void a_lost_database_is_told(void **state)
{
    struct world *w = *state;
    w->config.report_conninfo = STR("host=/nowhere dbname=x");
    (void)post(w, "/report/login", "name=amina&password=sunflower");
    expect(w, 503, "database");
}

static void every_page_and_csv_is_made(void **state)
{
    struct world *w = *state;
    char path[128], part[128];
    sign_in(w);
    metrics_set(w->metrics, METRIC_postgres_up, 1);
    for (uint32_t i = 0; i < report_n_pages; i++) {
        const struct report_page *page = &report_pages_list[i];
        (void)snprintf(path, sizeof(path), "/report/%s?grain=month", page->path);
        (void)get(w, path);
        expect(w, 200, "<span>amina</span>");
        expect(w, 200, "What learners did up to now");
        assert_null(strstr(w->body, "class=\"error\""));
        for (uint32_t k = 0; k < page->n_panels; k++) {
            (void)snprintf(part, sizeof(part), "<h2 id=\"%s\">", page->panels[k].id);
            expect(w, 200, part);
            (void)snprintf(part, sizeof(part), "<code>report.%s</code>", page->panels[k].report);
            expect(w, 200, part);
        }
    }
    for (uint32_t k = 0; k < report_pages_list[1].n_panels; k++) {
        (void)snprintf(path, sizeof(path), "/report/%s.csv", report_pages_list[1].panels[k].id);
        assert_int_equal(get(w, path), 200);
        assert_string_equal(w->type, "text/csv; charset=utf-8");
        assert_non_null(strchr(w->body, ','));
        assert_true(str_ends(str_from(w->body), STR("\r\n")));
    }
    metrics_set(w->metrics, METRIC_postgres_up, 0);
    (void)get(w, "/report/");
    expect(w, 200, "The writer does not reach PostgreSQL");
}

static void a_panel_that_cannot_be_read_costs_the_others_nothing(void **state)
{
    struct world *w = *state;
    const struct report_page *page = &report_pages_list[1];
    char path[128], sql[512], part[64];
    sign_in(w);
    (void)snprintf(sql, sizeof(sql),
                   "do $$ declare f regprocedure; begin for f in select oid from pg_proc where"
                   " pronamespace = 'report'::regnamespace and proname = '%s' loop execute"
                   " format('alter function %%s rename to gone_x', f); end loop; end $$",
                   page->panels[0].report);
    run_sql(sql);
    (void)snprintf(path, sizeof(path), "/report/%s", page->path);
    (void)get(w, path);
    expect(w, 200, "<p class=\"error\">");
    (void)snprintf(part, sizeof(part), "<h2 id=\"%s\">", page->panels[page->n_panels - 1].id);
    expect(w, 200, part);
    (void)snprintf(path, sizeof(path), "/report/%s.csv", page->panels[0].id);
    (void)get(w, path);
    expect(w, 403, "Your login may not read this report.");
}

static void what_is_not_there_is_told(void **state)
{
    struct world *w = *state;
    assert_int_equal(get(w, "/report"), 303);
    assert_string_equal(w->location, "/report/");
    assert_int_equal(get(w, "/report/people"), 303);
    assert_string_equal(w->location, "/report/login");
    (void)get(w, "/report/login");
    expect(w, 200, "action=\"/report/login\"");
    assert_int_equal(get(w, "/report/report.css"), 200);
    assert_string_equal(w->cache, "public, max-age=600");
    assert_int_equal(strncmp(w->type, "text/css", 8), 0);
    sign_in(w);
    (void)get(w, "/report/nothing");
    expect(w, 404, "There is no such page.");
    assert_int_equal(get(w, "/report/nothing.csv"), 404);
    assert_int_equal(post(w, "/report/people", ""), 404);
    (void)begin(w, 0, "POST", "/report/logout", "http://evil.example", "");
    await(w, 1);
    expect(w, 403, "Only a page of these reports may do this.");
    (void)begin(w, 0, "PUT", "/report/", NULL, "");
    await(w, 1);
    assert_int_equal(w->status, 405);
    assert_false(begin(w, 0, "GET", "/metrics", NULL, ""));
    assert_false(begin(w, 0, "GET", "/reports", NULL, ""));
    char pairs[600] = "/report/?";
    memset(pairs + 9, '&', 400);
    (void)get(w, pairs);
    expect(w, 400, "too long");
    assert_int_equal(post(w, "/report/logout", ""), 303);
    assert_int_equal(get(w, "/report/people"), 303);
}

static void pages_of_one_session_wait_for_each_other(void **state)
{
    struct world *w = *state;
    sign_in(w);
    for (uint32_t i = 0; i <= REPORT_MAX_JOBS; i++)
        assert_true(begin(w, i, "GET", "/report/leaving", NULL, ""));
    await(w, REPORT_MAX_JOBS + 1);
    for (uint32_t i = 0; i <= REPORT_MAX_JOBS; i++)
        assert_int_equal(w->last_statuses[i], i < REPORT_MAX_JOBS ? 200 : 429);
}

static void keep_text(void *ctx, const struct str *cells, uint32_t n)
{
    (void)n;
    (void)snprintf(ctx, 8, "%.*s", STR_ARG(cells[0]));
}

/* Who never signs out keeps nobody from the database, least of all herself (connection limit). */
static void signing_in_again_and_again_takes_few_connections(void **state)
{
    struct world *w = *state;
    static const char sql[] = "select count(*)::text from pg_stat_activity where usename = 'amina'";
    struct errmsg msg = {""};
    for (int i = 0; i < 8; i++) {
        w->cookie[0] = '\0';
        sign_in(w);
    }
    assert_int_equal(get(w, "/report/people"), 200);
    char n[8] = "";
    for (int i = 0; i < 2000 && strcmp(n, "3") != 0; i++) /* a process ends in its own time */
        assert_int_equal(database_ask(db, &(struct sql){.text = sql}, keep_text, n, &msg), ERR_OK);
    assert_string_equal(n, "3");
}

static void why_there_is_no_csv_and_no_month_is_told(void **state)
{
    struct world *w = *state;
    sign_in(w);
    static const char *const paths[] = {"/report/joined.csv?from=2026-13-99",
                                        "/report/month?from=2026-13-99",
                                        "/report/people?to=tomorrow"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        (void)get(w, paths[i]);
        expect(w, 400, "written like 2026-03-15");
    }
    (void)get(w, "/report/month?organisation=nobody");
    expect(w, 403, "Your login may not read this report.");
}

static void a_session_whose_connection_is_lost_ends(void **state)
{
    struct world *w = *state;
    sign_in(w);
    run_sql("select pg_terminate_backend(pid)::text from pg_stat_activity where usename = 'amina'");
    (void)get(w, "/report/");
    expect(w, 503, "database");
    assert_int_equal(get(w, "/report/"), 303);
}

/* Behind a proxy they have another name, and the cookie goes over TLS only. */
static void pages_have_the_name_that_they_were_given(void **state)
{
    struct world *w = *state;
    struct http_request r = {.path = STR("/report/people"), .n_headers = 1};
    r.headers[0] = (struct http_header){STR("Host"), STR("Reports.example")};
    assert_false(report_pages_is_host(w->pages, &r));
    w->config.report_url = STR("https://reports.example");
    assert_true(report_pages_is_host(w->pages, &r));
    r.path = STR("/metrics");
    assert_false(report_pages_is_host(w->pages, &r));
    w->config.report_conninfo = STR_NONE;
    assert_null(report_pages_new(&(struct report_parts){.config = &w->config}));
    assert_false(report_pages_handle(NULL, (struct front_token){0, 0}, &r, STR_NONE));
}

static int set_up(void **state)
{
    struct errmsg msg;
    (void)state;
    (void)snprintf(conninfo, sizeof(conninfo), "%s user=postgres", getenv("WAYPOST_TEST_PG"));
    if (database_open(conninfo, &db, &msg) != ERR_OK)
        return -1;
    (void)snprintf(conninfo, sizeof(conninfo), "%s", getenv("WAYPOST_TEST_PG"));
    run_sql("create role amina login password 'sunflower' in role coordinator");
    run_sql("create role eve login password 'e'");
    run_sql("create role mighty login superuser password 'm'");
    run_sql("do $$ begin execute format('grant connect on database %I to eve',"
            " current_database()); end $$");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    database_close(db);
    return 0;
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(nobody_gets_in_where_no_password_is_asked_for),
        IN_WORLD(only_who_may_read_the_reports_gets_in),
        IN_WORLD(who_was_here_before_finds_a_place),
        IN_WORLD(a_lost_database_is_told),
        IN_WORLD(every_page_and_csv_is_made),
        IN_WORLD(what_is_not_there_is_told),
        IN_WORLD(pages_of_one_session_wait_for_each_other),
        IN_WORLD(signing_in_again_and_again_takes_few_connections),
        IN_WORLD(why_there_is_no_csv_and_no_month_is_told),
        IN_WORLD(a_session_whose_connection_is_lost_ends),
        IN_WORLD(pages_have_the_name_that_they_were_given),
        IN_WORLD(
            a_panel_that_cannot_be_read_costs_the_others_nothing), /* the last: it breaks one */
    };
    return getenv("WAYPOST_TEST_PG") == NULL ? 77 /* shown as skipped */
                                             : cmocka_run_group_tests(tests, set_up, tear_down);
}
