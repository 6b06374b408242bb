/*
 * The author's desk without a browser: whom it answers, what it reads and saves, and its phone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "core/lesson/parse.h"
#include "lab/desk/web.h"

#define TOKEN "0123456789abcdef"
#define OWN "127.0.0.1:4000"

struct world {
    char folder[64]; /* with lessons/ in it */
    char dir[128];
    struct web_desk *desk;
    struct arena *arena;
    struct buf body;
    struct http_response answer;
};

static int setup(void **state)
{
    static struct world w;
    char command[256];
    w = (struct world){.folder = "/tmp/waypost-desk.XXXXXX"};
    assert_non_null(mkdtemp(w.folder));
    (void)snprintf(command, sizeof(command), "cp -r lessons %s/lessons", w.folder); /* is short */
    /* NOLINTNEXTLINE(cert-env33-c): a folder is copied, of names that are this test's */
    assert_int_equal(system(command), 0);
    (void)snprintf(w.dir, sizeof(w.dir), "%s/lessons/children-on-the-move",
                   w.folder); /* is short */
    w.desk = web_desk_new(w.dir, "config/profiles", TOKEN);
    w.arena = arena_new(4 * LESSON_ARENA_BYTES);
    buf_init(&w.body, 8u << 20);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    char command[256];
    web_desk_free(w->desk);
    arena_free(w->arena);
    buf_fini(&w->body);
    (void)snprintf(command, sizeof(command), "rm -rf %s", w->folder); /* is short */
    return system(command); /* NOLINT(cert-env33-c): as above */
}

static void header(struct http_request *r, const char *name, const char *value)
{
    r->headers[r->n_headers++] = (struct http_header){str_from(name), str_from(value)};
}

static int ask(struct world *w, const char *method, const char *path, const char *host,
               const char *origin, struct str body)
{
    struct http_request *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    struct str rest = str_from(path);
    r->method = str_from(method);
    r->path = str_split(&rest, '?');
    r->query = rest;
    r->body = body;
    header(r, "Host", host);
    if (origin != NULL)
        header(r, "Origin", origin);
    arena_reset(w->arena);
    buf_reset(&w->body);
    web_desk_handle(w->desk, r, w->arena, &w->body, &w->answer);
    free(r);
    return w->answer.status;
}

static int get(struct world *w, const char *path)
{
    return ask(w, "GET", path, OWN, NULL, STR_NONE);
}

static int post(struct world *w, const char *path, const char *body)
{
    return ask(w, "POST", path, OWN, "http://" OWN, str_from(body));
}

static bool says(const struct world *w, const char *text)
{
    return str_find(w->answer.body, str_from(text)) != SIZE_MAX;
}

static void test_whom_it_answers(void **state)
{
    static const struct {
        const char *method, *path, *host, *origin;
        int status;
    } rows[] = {
        {"GET", "/" TOKEN "/", OWN, NULL, 200},
        {"GET", "/" TOKEN "/", "localhost:4000", NULL, 200},
        {"GET", "/" TOKEN "/", "[::1]:4000", NULL, 200},
        {"GET", "/" TOKEN "/", "evil.example:4000", NULL, 403},
        {"GET", "/" TOKEN "/", "127.0.0.1.evil.example", NULL, 403},
        {"GET", "/" TOKEN "x/", OWN, NULL, 403},
        {"GET", "/", OWN, NULL, 403},
        {"GET", "/" TOKEN, OWN, NULL, 403},
        {"GET", "/" TOKEN "/desk.js", OWN, NULL, 200},
        {"GET", "/" TOKEN "/sim.html", OWN, NULL, 404},
        {"GET", "/" TOKEN "/save", OWN, NULL, 404},
        {"POST", "/" TOKEN "/check", OWN, "http://" OWN, 200},
        {"POST", "/" TOKEN "/check", OWN, NULL, 403},
        {"POST", "/" TOKEN "/check", OWN, "null", 403},
        {"POST", "/" TOKEN "/check", OWN, "http://evil.example", 403},
        {"POST", "/" TOKEN "/check", OWN, "http://127.0.0.1:4001", 403},
        {"DELETE", "/" TOKEN "/file", OWN, "http://" OWN, 404},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status =
            ask(*state, rows[i].method, rows[i].path, rows[i].host, rows[i].origin, STR(""));
        if (status != rows[i].status)
            fail_msg("row %zu: %d", i, status);
    }
}

static void test_only_files_of_the_course(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {
        "../../etc/passwd", "/etc/passwd", "m1.md%00", "po/../m1.md", "packs%2Fstandard%2Ftexts.md",
        "README.md",        "new.md",      ""};
    char path[128];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)snprintf(path, sizeof(path), "/" TOKEN "/file?name=%s", names[i]); /* is short */
        assert_int_equal(get(w, path), 404);
        (void)snprintf(path, sizeof(path), "name=%s&hash=0&text=x", names[i]); /* is short */
        assert_int_equal(post(w, "/" TOKEN "/save", path), 404);
    }
    assert_int_equal(get(w, "/" TOKEN "/file?name=m1.md"), 200);
    assert_int_equal(get(w, "/" TOKEN "/file?name=po%2Ffr.po"), 200);
    assert_int_equal(get(w, "/" TOKEN "/files"), 200);
    assert_true(says(w, "{\"name\":\"course.md\""));
    assert_false(says(w, "packs/"));
}

/* The hash that the desk told with the file. */
static void take_hash(struct world *w, const char *name, char hash[17])
{
    char path[128];
    (void)snprintf(path, sizeof(path), "/" TOKEN "/file?name=%s", name); /* is short */
    assert_int_equal(get(w, path), 200);
    size_t at = str_find(w->answer.body, STR("\"hash\":\""));
    assert_int_not_equal(at, SIZE_MAX);
    (void)snprintf(hash, 17, "%.16s", w->answer.body.p + at + 8);
}

static void test_saving(void **state)
{
    struct world *w = *state;
    char hash[17], body[256];
    take_hash(w, "survey.md", hash);
    (void)snprintf(body, sizeof(body), "name=survey.md&hash=%s&text=one%%0D%%0Atwo%%0D%%0A", hash);
    assert_int_equal(post(w, "/" TOKEN "/save", body), 200);
    assert_int_equal(get(w, "/" TOKEN "/file?name=survey.md"), 200);
    assert_true(says(w, "\"text\":\"one\\ntwo\\n\""));
    assert_int_equal(post(w, "/" TOKEN "/save", body), 409); /* the file is another one now */
    assert_int_equal(get(w, "/" TOKEN "/file?name=survey.md"), 200);
    assert_true(says(w, "one\\ntwo"));
}

/* A file that makes the course too big would lock its author out. */
static void test_a_course_stays_small_enough_to_be_read(void **state)
{
    struct world *w = *state;
    struct buf body CLEANUP(buf_fini);
    char hash[17];
    buf_init(&body, 2 * COURSE_MAX_BYTES);
    take_hash(w, "m1.md", hash);
    buf_addf(&body, "name=m1.md&hash=%s&text=", hash);
    for (uint32_t i = 0; i < COURSE_MAX_BYTES; i++)
        buf_add_char(&body, 'x');
    assert_int_equal(ask(w, "POST", "/" TOKEN "/save", OWN, "http://" OWN, buf_str(&body)), 413);
    assert_int_equal(get(w, "/" TOKEN "/files"), 200);
}

static void test_checks_of_a_text_that_is_not_saved(void **state)
{
    struct world *w = *state;
    assert_int_equal(
        post(w, "/" TOKEN "/check", "name=m1.md&text=---%0Amodule%3A+m1%0A---%0A%0A%23+x%0A"), 200);
    assert_true(says(w, "\"file\":\"m1.md\""));
    assert_true(says(w, "\"line\":5,\"column\":1"));
    assert_int_equal(post(w, "/" TOKEN "/check", "name=course.md"), 200);
    assert_true(says(w, "\"errors\":0"));
}

static void test_the_phone(void **state)
{
    struct world *w = *state;
    assert_int_equal(post(w, "/" TOKEN "/phone", "do=answer&text=1"), 200);
    assert_true(says(w, "No session is open: dial first."));
    assert_true(says(w, "\"fresh\":true"));
    assert_int_equal(post(w, "/" TOKEN "/phone", "do=sms&text=JOIN"), 200);
    assert_true(says(w, "\"fresh\":false"));
    assert_true(says(w, "CHILDREN ON THE MOVE"));
    assert_int_equal(post(w, "/" TOKEN "/phone", "do=repeat"), 200);
    assert_true(says(w, "\"sms\":[]"));
    assert_int_equal(post(w, "/" TOKEN "/phone", "do=dial"), 200);
    assert_true(says(w, "\"open\":true"));
    assert_int_equal(post(w, "/" TOKEN "/phone", "do=drop"), 200);
    assert_true(says(w, "\"open\":false"));
    assert_int_equal(post(w, "/" TOKEN "/phone", "do=wait&text=24"), 200);
    assert_true(says(w, "\"time\":\"2025-01-07T"));
    assert_int_equal(post(w, "/" TOKEN "/phone", "do=sms&text=HELP&lang=ru"), 200);
    assert_true(says(w, "\"fresh\":true"));
    assert_int_equal(post(w, "/" TOKEN "/phone", "do=fly"), 200);
    assert_true(says(w, "This phone cannot do that."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whom_it_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_files_of_the_course, setup, teardown),
        cmocka_unit_test_setup_teardown(test_saving, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_course_stays_small_enough_to_be_read, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_checks_of_a_text_that_is_not_saved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_phone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
