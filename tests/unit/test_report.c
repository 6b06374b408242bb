/* Who is signed in on the coordinators' pages, who waits after wrong passwords, and whose request
 * one is. */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/report/compose.h"
#include "app/report/door.h"
#include "app/report/sessions.h"
#include "wire/form.h"

static struct mono_ms at(int64_t ms)
{
    return (struct mono_ms){1000 * DAY_MS + ms};
}

static void test_a_session_ends(void **state)
{
    (void)state;
    struct report_sessions all = {0};
    struct report_session *s = report_session_open(&all, STR("amina"), NULL, at(0));
    char token[REPORT_TOKEN_BYTES];
    memcpy(token, s->token, sizeof(token));
    struct str cookie = str_from(token);
    assert_string_equal(s->name, "amina");
    assert_ptr_equal(report_session_find(&all, cookie, at(REPORT_IDLE_MS - 1)), s);
    assert_null(report_session_find(&all, STR("short"), at(0)));
    assert_null(report_session_find(&all, STR_NONE, at(0)));
    for (size_t i = 0; i < REPORT_TOKEN_BYTES - 1; i++) {
        token[i] = token[i] == '0' ? '1' : '0';
        assert_null(report_session_find(&all, cookie, at(0)));
        token[i] = s->token[i];
    }
    /* idle since it was last used */
    assert_null(report_session_find(&all, cookie, at(2 * REPORT_IDLE_MS - 1)));
    int64_t now = REPORT_IDLE_MS - 1;
    while ((now += REPORT_IDLE_MS - 1) < REPORT_LIFE_MS)
        assert_non_null(report_session_find(&all, cookie, at(now)));
    assert_null(
        report_session_find(&all, cookie, at(REPORT_LIFE_MS))); /* and at last in any case */
    s->n_jobs = 1;
    report_sessions_sweep(&all, at(REPORT_LIFE_MS));
    assert_true(s->is_open); /* with its last page */
    report_session_leave(s);
    assert_false(s->is_open);
}

static void test_places_are_limited(void **state)
{
    (void)state;
    struct report_sessions all = {0};
    struct report_session *first = NULL;
    for (uint32_t i = 0; i < REPORT_MAX_SESSIONS; i++) {
        char name[] = {(char)('a' + i), '\0'};
        struct report_session *s = report_session_open(&all, str_from(name), NULL, at(i));
        first = i == 0 ? s : first;
        s->n_jobs = i == 0 ? 0 : 1;
    }
    /* the one who is idle makes room */
    assert_ptr_equal(report_session_open(&all, STR("late"), NULL, at(100)), first);
    assert_string_equal(first->name, "late");
    first->n_jobs = 1;
    assert_null(report_session_open(&all, STR("later"), NULL, at(101)));
    report_session_end(first);
    assert_true(first->is_open);
    assert_null(report_session_find(&all, STR(""), at(101)));
    report_session_leave(first);
    assert_ptr_equal(report_session_open(&all, STR("later"), NULL, at(102)), first);
}

/* Who signs in again and again, and out never, stands in nobody's way, and not in her own. */
/* As if it was not said, it would be the whole time. */
static void test_a_day_that_is_none_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *day;
        bool is_good;
    } cases[] = {{"2026-03-15", true},    {"2024-02-29", true},     {"9999-12-31", true},
                 {"0001-01-01", true},    {"1.1.2026", false},      {"2026-1-1", false},
                 {"2026-02-29", false},   {"2026-13-01", false},    {"0000-01-01", false},
                 {"infinity", false},     {"5874897-12-31", false}, {"2026-03-15T", false},
                 {"2026-03-1%00", false}, {"2026-03-15Z%00", false}};
    struct arena *arena CLEANUP(arena_freep) = arena_new(65536);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static const char *const names[] = {"from", "to"};
        for (size_t k = 0; k < ARRAY_LEN(names); k++) {
            char query[60];
            struct report_ask ask;
            (void)snprintf(query, sizeof(query), "%s=%s", names[k], cases[i].day);
            if (report_read_ask(str_from(query), arena, &ask) !=
                (cases[i].is_good ? ERR_OK : ERR_INVALID))
                fail_msg("%s", query);
        }
    }
}

static void test_a_person_has_few_places(void **state)
{
    (void)state;
    struct report_sessions all = {0};
    char first[REPORT_TOKEN_BYTES], last[REPORT_TOKEN_BYTES];
    struct report_session *other = report_session_open(&all, STR("ben"), NULL, at(0));
    uint32_t n_open = 0;
    for (uint32_t i = 0; i < 2 * REPORT_MAX_SESSIONS; i++) {
        struct report_session *s = report_session_open(&all, STR("amina"), NULL, at(1 + i));
        assert_non_null(s);
        memcpy(i == 0 ? first : last, s->token, sizeof(last));
    }
    assert_string_equal(other->name, "ben");
    for (uint32_t i = 0; i < REPORT_MAX_SESSIONS; i++)
        n_open += all.list[i].is_open ? 1 : 0;
    assert_int_equal(n_open, 1 + REPORT_MAX_OWN);
    assert_null(report_session_find(&all, str_from(first), at(100)));
    struct report_session *newest = report_session_find(&all, str_from(last), at(100));
    assert_non_null(newest);
    newest->n_jobs = 1; /* it ends with its page, and has no place meanwhile */
    for (uint32_t i = 0; i < REPORT_MAX_OWN; i++)
        assert_non_null(report_session_open(&all, STR("amina"), NULL, at(101 + i)));
    assert_null(report_session_find(&all, str_from(last), at(110)));
    assert_true(newest->is_open);
    report_session_leave(newest);
    assert_false(newest->is_open);
}

/* Who says this name at this address. */
static struct report_visitor at_network(const struct report_door *door, const char *name,
                                        const char *address)
{
    return report_visitor_of(door, str_from(name), str_from(address));
}

static void test_wrong_passwords_wait(void **state)
{
    (void)state;
    static const char *const places[] = {"127.0.0.1", NULL, "198.51.100.7"};
    static const int64_t waits[] = {0,     0,     2000,   4000,   8000,   16000,
                                    32000, 64000, 128000, 256000, 300000, 300000};
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        static struct report_door door;
        struct report_visitor amina = at_network(&door, "amina", places[p]);
        struct report_visitor ben = at_network(&door, "ben", places[p]);
        int64_t now = 0;
        door = (struct report_door){0};
        for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
            /* of a network there are ten before anybody at it waits: p 2 ends before */
            if (p == 2 && i == 9)
                break;
            assert_int_equal(report_door_try(&door, amina, at(now)), 0);
            assert_int_equal(report_door_try(&door, ben, at(now)), 0); /* nobody else waits */
            report_door_pass(&door, ben, at(now));
            if (waits[i] > 0)
                assert_int_equal(report_door_try(&door, amina, at(now + 1)), waits[i] - 1);
            now += waits[i] > 0 ? waits[i] : 1;
        }
        report_door_pass(&door, amina, at(now));
        assert_int_equal(report_door_try(&door, amina, at(now)), 0);
        assert_int_equal(report_door_try(&door, amina, at(now + 1)), 0);
        assert_int_equal(report_door_try(&door, amina, at(now + 2)), 0);
        assert_int_not_equal(report_door_try(&door, amina, at(now + 3)), 0);
        assert_int_equal(report_door_try(&door, amina, at(now + HOUR_MS + 2)), 0); /* forgotten */
        assert_int_equal(report_door_try(&door, amina, at(now + HOUR_MS + 3)), 0);
    }
}

static void test_a_network_waits_for_all_its_names(void **state)
{
    (void)state;
    static struct report_door door;
    char name[24], address[64];
    door = (struct report_door){0};
    for (int i = 0; i < 12; i++) { /* the addresses of one customer are one network */
        (void)snprintf(name, sizeof(name), "name%d", i);
        (void)snprintf(address, sizeof(address), "2001:db8:1:2:%d::%d", i, i);
        assert_int_equal(report_door_try(&door, at_network(&door, name, address), at(i)),
                         i < 10 ? 0 : 2000 - (i - 9));
    }
    assert_int_equal(report_door_try(&door, at_network(&door, "name", "2001:db8:1:3::1"), at(12)),
                     0);
    for (int i = 0; i < 12; i++) { /* of this host nobody knows who it is */
        (void)snprintf(name, sizeof(name), "own%d", i);
        assert_int_equal(report_door_try(&door, at_network(&door, name, "::1"), at(i)), 0);
    }
}

/* A stranger at many networks, for a day: the coordinator comes in whenever she wants. */
static void test_no_stranger_keeps_a_coordinator_out(void **state)
{
    (void)state;
    static struct report_door door;
    uint32_t n_tries = 0, n_refused = 0;
    door = (struct report_door){.salt = 7};
    struct report_visitor amina = at_network(&door, "amina", "203.0.113.9");
    struct report_visitor away = at_network(&door, "amina", "192.0.2.1");
    assert_int_equal(report_door_try(&door, amina, at(0)), 0);
    report_door_pass(&door, amina, at(0));
    for (int64_t now = 1; now < DAY_MS; now += 1000) {
        char address[64];
        (void)snprintf(address, sizeof(address), "2001:db8:%x:%x::1",
                       (unsigned)(now >> 16 & 0xffff), (unsigned)(now & 0xffff));
        if (report_door_try(&door, at_network(&door, "amina", address), at(now)) > 0)
            n_refused++;
        n_tries++;
        if (now % MINUTE_MS < 1000) {
            assert_int_equal(report_door_try(&door, amina, at(now)), 0);
            report_door_pass(&door, amina, at(now));
        }
        int64_t wait_ms = report_door_try(&door, away, at(now)); /* from elsewhere: a minute */
        assert_in_range(wait_ms, 0, MINUTE_MS);
        if (wait_ms == 0)
            report_door_forget(&door, away, at(now));
    }
    assert_true(n_tries - n_refused < 60 * 24 + 60); /* guesses at the name, of a day */
    assert_true(report_door_knows(&door, amina, at(DAY_MS + REPORT_KNOWN_MS - MINUTE_MS - 1)));
    assert_false(report_door_knows(&door, amina, at(DAY_MS + REPORT_KNOWN_MS)));
    assert_false(report_door_knows(&door, away, at(DAY_MS)));
}

static void test_many_wrong_ones_are_slow_and_refused_for_nothing(void **state)
{
    (void)state;
    static struct report_door door;
    char name[24], address[24];
    door = (struct report_door){0};
    for (uint32_t i = 0; i <= REPORT_TRIES_MINUTE; i++) {
        (void)snprintf(name, sizeof(name), "name%u", i);
        (void)snprintf(address, sizeof(address), "198.51.100.%u", i);
        assert_false(report_door_is_slow(&door, at(500)));
        assert_int_equal(report_door_try(&door, at_network(&door, name, address), at(500)), 0);
    }
    assert_true(report_door_is_slow(&door, at(MINUTE_MS - 1)));
    assert_false(report_door_is_slow(&door, at(MINUTE_MS)));
    for (uint32_t i = 0; i < 2 * REPORT_MAX_COUNTS; i++) { /* more names than there is room for */
        (void)snprintf(name, sizeof(name), "other%u", i);
        assert_int_equal(
            report_door_try(&door, at_network(&door, name, NULL), at((2 + i) * MINUTE_MS)), 0);
    }
    for (uint32_t i = 0; i <= REPORT_MAX_KNOWN; i++) { /* and more people than are remembered */
        (void)snprintf(name, sizeof(name), "known%u", i);
        report_door_pass(&door, at_network(&door, name, NULL), at(i));
    }
    assert_false(report_door_knows(&door, at_network(&door, "known0", NULL), at(100)));
    assert_true(report_door_knows(&door, at_network(&door, "known1", NULL), at(100)));
    assert_true(report_door_knows(&door, at_network(&door, name, NULL), at(100)));
}

static struct http_request request_of(const char *host, const char *origin, const char *cookie)
{
    struct http_request r = {.method = STR("POST")};
    const char *names[] = {"Host", "Origin", "Cookie"}, *values[] = {host, origin, cookie};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (values[i] != NULL)
            r.headers[r.n_headers++] =
                (struct http_header){str_from(names[i]), str_from(values[i])};
    }
    return r;
}

static void test_whose_request_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *host, *origin, *base;
        bool is_own;
    } cases[] = {
        {"127.0.0.1:8081", "http://127.0.0.1:8081", NULL, true},
        {"127.0.0.1:8081", "http://127.0.0.1:8082", NULL, false},
        {"127.0.0.1:8081", "https://127.0.0.1:8081", NULL, false},
        {"127.0.0.1:8081", "null", NULL, false},
        {"127.0.0.1:8081", NULL, NULL, false},
        {NULL, "http://", NULL, false},
        {"r.example", "https://r.example", "https://r.example", true},
        {"127.0.0.1:8081", "https://r.example", "https://r.example", true},
        {"r.example", "https://r.example.evil", "https://r.example", false},
        {"r.example", "", "", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_request r = request_of(cases[i].host, cases[i].origin, NULL);
        if (page_is_of(&r, str_from(cases[i].base)) != cases[i].is_own)
            fail_msg("case %zu", i);
    }
}

static void test_cookies(void **state)
{
    (void)state;
    static const struct {
        const char *cookie, *value;
    } cases[] = {{NULL, NULL},          {"", NULL},  {"a=1", "1"}, {"b=2; a=1", "1"},
                 {"aa=2;a=1=2", "1=2"}, {"a", NULL}, {"a=", ""},   {" a=1 ; a=2", "1"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_request r = request_of(NULL, NULL, cases[i].cookie);
        if (!str_eq(page_cookie(&r, STR("a")), str_from(cases[i].value)))
            fail_msg("case %zu", i);
    }
}

static void test_filters(void **state)
{
    (void)state;
    static const struct {
        const char *query, *said, *arguments;
    } cases[] = {
        {"", "", "{\"grain\":\"week\",\"by\":\"all\"}"},
        {"grain=month&by=language&value=fr&from=2026-01-02",
         "?grain=month&amp;by=language&amp;value=fr&amp;from=2026-01-02",
         "{\"grain\":\"month\",\"by\":\"language\",\"from\":\"2026-01-02\"}"},
        {"grain=year&by=colour&value=x&from=&to=", "", "{\"grain\":\"week\",\"by\":\"all\"}"},
        {"organisation=%22%3E&by=via&value=%26", "?by=via&amp;value=%26&amp;organisation=%22%3E",
         "{\"grain\":\"week\",\"by\":\"via\"}"},
    };
    static const struct report_panel panel = {.takes = REPORT_GRAIN | REPORT_BY | REPORT_DAYS};
    struct arena *arena CLEANUP(arena_freep) = arena_new(65536);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct report_ask ask;
        struct buf out CLEANUP(buf_fini);
        buf_init(&out, 4096);
        assert_int_equal(report_read_ask(str_from(cases[i].query), arena, &ask), ERR_OK);
        report_add_query(&ask, &out);
        assert_string_equal(buf_str(&out).p, cases[i].said);
        buf_reset(&out);
        report_add_arguments(&panel, &ask, &out);
        assert_string_equal(buf_str(&out).p, cases[i].arguments);
    }
    /* A report that is nothing without a property gets one where none is asked for. */
    static const struct {
        const char *query, *arguments;
    } instead[] = {
        {"", "{\"by\":\"language\"}"},
        {"by=all", "{\"by\":\"language\"}"},
        {"by=via", "{\"by\":\"via\"}"},
    };
    static const struct report_panel needs = {.takes = REPORT_BY, .by_instead = "language"};
    for (size_t i = 0; i < ARRAY_LEN(instead); i++) {
        struct report_ask ask = {0};
        struct buf out CLEANUP(buf_fini);
        buf_init(&out, 4096);
        assert_int_equal(report_read_ask(str_from(instead[i].query), arena, &ask), ERR_OK);
        report_add_arguments(&needs, &ask, &out);
        assert_string_equal(buf_str(&out).p, instead[i].arguments);
        ask.by = STR_NONE; /* as who asks without a page has it */
        buf_reset(&out);
        report_add_arguments(&needs, &ask, &out);
        assert_string_equal(buf_str(&out).p, "{\"by\":\"language\"}");
    }
    struct report_ask ask;
    char pairs[FORM_MAX_PAIRS]; /* between them */
    memset(pairs, '&', sizeof(pairs));
    assert_int_equal(report_read_ask((struct str){pairs, FORM_MAX_PAIRS}, arena, &ask),
                     ERR_TOO_LONG);
    assert_int_equal(report_read_ask((struct str){pairs, FORM_MAX_PAIRS - 1}, arena, &ask), ERR_OK);
}

/* ---- a report as a table ---- */

static const struct report_column columns[] = {
    {.name = "value", .heading = "Group"},
    {.name = "asked", .heading = "Asked"},
    {.name = "did", .heading = "Did", .is_plotted = true},
    {.name = "percent", .heading = "%"},
    {.heading = "Interval",
     .add = report_add_wilson,
     .first = "did",
     .second = "asked",
     .rate = "percent"},
};
static const struct database_column columns_there[] = {{{"value", 5}, DATABASE_TEXT},
                                                       {{"asked", 5}, DATABASE_COUNT},
                                                       {{"did", 3}, DATABASE_COUNT},
                                                       {{"percent", 7}, DATABASE_NUMBER}};
static const struct report_panel panel_plain = {
    .report = "r", .id = "id", .title = "T", .columns = columns, .n_columns = ARRAY_LEN(columns)};

struct shown {
    struct arena *arena;
    struct report_choices values, others;
    struct report_ask ask;
    struct report_table table;
    struct database_rows rows;
    struct buf html;
};

static void show_begin(struct shown *s, const struct report_panel *panel)
{
    *s = (struct shown){.arena = arena_new(4u << 20)};
    s->table = (struct report_table){.panel = panel,
                                     .ask = &s->ask,
                                     .arena = s->arena,
                                     .values = &s->values,
                                     .organisations = &s->others,
                                     .courses = &s->others};
    s->rows = report_table_rows(&s->table);
    buf_init(&s->html, 4u << 20);
    assert_int_equal(s->rows.on_columns(s->rows.ctx, columns_there, ARRAY_LEN(columns_there)),
                     ERR_OK);
}

static void show_row(struct shown *s, const char *value, const char *asked, const char *did,
                     const char *percent)
{
    struct str cells[] = {str_from(value), str_from(asked), str_from(did), str_from(percent)};
    assert_int_equal(s->rows.on_row(s->rows.ctx, cells, ARRAY_LEN(cells)), ERR_OK);
}

static void assert_shown(struct shown *s, const char *part, bool is_there)
{
    if ((str_find(buf_str(&s->html), str_from(part)) != SIZE_MAX) != is_there)
        fail_msg("%s '%s':\n%.2000s", is_there ? "expected" : "unexpected", part,
                 buf_str(&s->html).p);
}

static void show_end(struct shown *s)
{
    buf_fini(&s->html);
    arena_free(s->arena);
}

static void test_cells(void **state)
{
    (void)state;
    struct shown s;
    struct report_panel panel = panel_plain;
    panel.takes = REPORT_BY;
    show_begin(&s, &panel);
    s.ask.by = STR("language");
    show_row(&s, "a<b", "585", "574", "98.1");
    show_row(&s, "c", "10", NULL, NULL);
    show_row(&s, "d", "10", "5", NULL); /* no rate: no interval either */
    report_table_add(&s.table, &s.html);
    assert_shown(&s,
                 "<th scope=\"row\">a&lt;b</th><td class=\"n\">585</td><td class=\"n\">574</td><td "
                 "class=\"n\">98.1</td><td class=\"n\">96.7 to 98.9</td>",
                 true);
    assert_shown(&s, "<td class=\"n hidden-cell\">hidden</td>", true);
    assert_shown(&s, "</strong>: fewer than 5 people", true);
    assert_shown(&s, "that is no zero", true);
    assert_shown(&s, " to ", true);
    assert_int_equal(s.table.n_rows, 3);
    buf_reset(&s.html);
    s.table.first = s.table.first->next->next;
    report_table_add(&s.table, &s.html);
    assert_shown(&s, " to ", false);
    assert_shown(&s, "</strong>: fewer than 5 people", false);
    s.ask.by = STR("all");
    buf_reset(&s.html);
    report_table_add(&s.table, &s.html);
    assert_shown(&s, "no zero", false);
    show_end(&s);
}

static void test_rows_are_limited(void **state)
{
    (void)state;
    struct shown s;
    show_begin(&s, &panel_plain);
    for (uint32_t i = 0; i < REPORT_MAX_ROWS; i++)
        show_row(&s, "x", "7", "6", "85.7");
    report_table_add(&s.table, &s.html);
    assert_shown(&s, "the CSV has all of them", false);
    buf_reset(&s.html);
    show_row(&s, "one more", "7", "6", "85.7");
    report_table_add(&s.table, &s.html);
    assert_shown(&s, "the CSV has all of them", true);
    assert_shown(&s, "one more", false);
    assert_int_equal(s.values.n, 0); /* nobody can choose one: the panel takes no property */
    show_end(&s);
}

static void test_choices_are_limited(void **state)
{
    (void)state;
    struct report_panel panel = panel_plain;
    struct shown s;
    char value[24];
    panel.takes = REPORT_BY;
    show_begin(&s, &panel);
    for (uint32_t i = 0; i <= REPORT_MAX_CHOICES; i++) {
        (void)snprintf(value, sizeof(value), "v%u", i);
        show_row(&s, value, "7", "6", "85.7");
        show_row(&s, value, "7", "6", "85.7");
        assert_int_equal(s.values.n, i < REPORT_MAX_CHOICES ? i + 1 : REPORT_MAX_CHOICES);
    }
    show_end(&s);
}

static void test_the_five_highest(void **state)
{
    (void)state;
    static const char *const percents[] = {"1.5", "0.0", NULL,  "7.0", "7.0",
                                           "3.0", "2.0", "9.0", "1.0"};
    struct report_panel panel = panel_plain;
    struct shown s;
    char value[24];
    panel.top = "percent";
    show_begin(&s, &panel);
    for (uint32_t i = 0; i < ARRAY_LEN(percents); i++) {
        (void)snprintf(value, sizeof(value), "v%u.", i);
        show_row(&s, value, "100", "50", percents[i]);
    }
    report_table_add(&s.table, &s.html);
    const char *order[] = {"v7.", "v3.", "v4.", "v5.", "v6."};
    size_t last = 0;
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        size_t place = str_find(buf_str(&s.html), str_from(order[i]));
        assert_int_not_equal(place, SIZE_MAX);
        assert_true(place > last);
        last = place;
    }
    assert_shown(&s, "v0.", false);
    assert_shown(&s, "v2.", false);
    show_end(&s);
    show_begin(&s, &panel); /* none is high where all are nothing */
    show_row(&s, "zero", "100", "0", "0.0");
    report_table_add(&s.table, &s.html);
    assert_shown(&s, "zero", false);
    assert_shown(&s, "Nothing to show", true);
    show_end(&s);
}

/* ---- a page ---- */

struct page_case {
    const char *path; /* of the page; NULL: none */
    struct report_ask ask;
    uint64_t behind_s;
    bool is_writer_away;
    const char *parts[8], *absent[4];
};

static void assert_page(const struct page_case *c)
{
    struct report_choices one = {{STR("fr")}, 1}, two = {{STR("a<b"), STR("c")}, 2};
    struct report_frame frame = {.page =
                                     c->path != NULL ? report_page_find(str_from(c->path)) : NULL,
                                 .ask = &c->ask,
                                 .values = &one,
                                 .organisations = &two,
                                 .courses = &one,
                                 .name = STR("<amina>"),
                                 .now = {1764547200000}, /* 2025-12-01T00:00:00Z */
                                 .behind_s = c->behind_s,
                                 .is_writer_away = c->is_writer_away,
                                 .title = STR("T & T"),
                                 .main = STR("<p>figures</p>")};
    struct shown s = {.arena = NULL};
    buf_init(&s.html, 65536);
    report_compose(&frame, &s.html);
    assert_shown(&s, "<title>T &amp; T - Waypost reports</title>", true);
    assert_shown(&s, "<h1>T &amp; T</h1>", true);
    assert_shown(&s, "<p>figures</p>", true);
    assert_shown(&s, "{{", false);
    for (size_t i = 0; i < ARRAY_LEN(c->parts) && c->parts[i] != NULL; i++)
        assert_shown(&s, c->parts[i], true);
    for (size_t i = 0; i < ARRAY_LEN(c->absent) && c->absent[i] != NULL; i++)
        assert_shown(&s, c->absent[i], false);
    show_end(&s);
}

static void test_pages_say_what_is_shown(void **state)
{
    (void)state;
#define PLAIN .grain = STR("week"), .by = STR("all")
    static const struct page_case cases[] = {
        {NULL, .ask = {PLAIN}, .absent = {"Sign out", "<nav", "As of", "filters"}},
        {"people", .ask = {PLAIN},
         .parts =
             {"<span>&lt;amina&gt;</span> <button>Sign out</button>",
              "<a href=\"/report/people\" aria-current=\"page\">People over time</a>",
              "<a href=\"/report/\">Overview</a>", "<option value=\"week\" selected>Weeks</option>",
              "<option value=\"\" selected>All</option><option value=\"a&lt;b\">a&lt;b</option>",
              "<input type=\"date\" name=\"from\" value=\"\">",
              "As of 2025-12-01 00:00 UTC. What learners did up to now is in these figures.",
              "<p class=\"paper\">Period: week. </p>"},
         .absent = {"Compared by", "name=\"value\"", "does not reach", "seconds behind"}},
        {"people", /* what is chosen stays in reach, whether it is there or not */
         .ask = {.grain = STR("month"),
                 .by = STR("via"),
                 .value = STR("sms"),
                 .organisation = STR("gone"),
                 .from = STR("2025-11-01"),
                 .to = STR("2025-11-30")},
         .behind_s = 2,
         .parts =
             {"<a href=\"/report/?grain=month&amp;by=via&amp;value=sms&amp;organisation=gone"
              "&amp;from=2025-11-01&amp;to=2025-11-30\">Overview</a>",
              "<option value=\"sms\" selected>sms</option>",
              "<option value=\"gone\" selected>gone</option>",
              "<input type=\"date\" name=\"to\" value=\"2025-11-30\">",
              "The writer is 2 seconds behind",
              "<p class=\"paper\">Period: month. Compared by: via. Only: sms. Organisation: gone. "
              "From: 2025-11-01. To: 2025-11-30. </p>"},
         .absent = {"up to now", "name=\"course\""}},
        {"people", .ask = {PLAIN}, .behind_s = 1, .is_writer_away = true,
         .parts = {"The writer does not reach PostgreSQL just now", "00:00 UTC. </p>"},
         .absent = {"up to now", "seconds behind"}},
        {"people", .ask = {PLAIN}, .behind_s = 1, .parts = {"up to now"}},
        {"survey", /* takes no days: none are asked for, and none are said to hold */
         .ask = {PLAIN, .from = STR("2025-11-01")}, .absent = {"type=\"date\"", "From: "}},
    };
#undef PLAIN
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_page(&cases[i]);
}

static void test_the_form_to_sign_in(void **state)
{
    (void)state;
    struct shown s = {.arena = NULL};
    buf_init(&s.html, 65536);
    report_compose_login(STR_NONE, &s.html);
    assert_shown(&s, "action=\"/report/login\"", true);
    assert_shown(&s, "role=\"alert\"", false);
    report_compose_login(STR("wrong <here>"), &s.html);
    assert_shown(&s, "<p class=\"error\" role=\"alert\">wrong &lt;here&gt;</p>", true);
    show_end(&s);
}

/* Ids are what CSVs are asked for by, and names of headings on a page. */
static void test_panels_have_ids_of_their_own(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < report_n_pages; i++) {
        assert_ptr_equal(report_page_find(str_from(report_pages_list[i].path)),
                         &report_pages_list[i]);
        for (uint32_t k = 0; k < report_pages_list[i].n_panels; k++) {
            const struct report_panel *panel = &report_pages_list[i].panels[k];
            assert_ptr_equal(report_panel_find(str_from(panel->id)), panel);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_ends),
        cmocka_unit_test(test_a_person_has_few_places),
        cmocka_unit_test(test_a_day_that_is_none_is_refused),
        cmocka_unit_test(test_places_are_limited),
        cmocka_unit_test(test_wrong_passwords_wait),
        cmocka_unit_test(test_a_network_waits_for_all_its_names),
        cmocka_unit_test(test_no_stranger_keeps_a_coordinator_out),
        cmocka_unit_test(test_many_wrong_ones_are_slow_and_refused_for_nothing),
        cmocka_unit_test(test_whose_request_it_is),
        cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_rows_are_limited),
        cmocka_unit_test(test_choices_are_limited),
        cmocka_unit_test(test_the_five_highest),
        cmocka_unit_test(test_pages_say_what_is_shown),
        cmocka_unit_test(test_the_form_to_sign_in),
        cmocka_unit_test(test_panels_have_ids_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
