/*
 * Tests with equal forms (lessons/README.md): who is asked what, before the course, behind it and
 * in another try; and what an author must not write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/engine/engine.h"
#include "core/lesson/lesson.h"
#include "port/lesson_files.h"

#define QUESTION(id, stem)                                                                         \
    "## " id ": " stem "\n<!-- source: m1l1 [V] -->\n\n- [x] Yes\n- [ ] No\n\n"
#define HEAD(forms) "---\nmodule: test\ntitle: Test\nkind: test\nrequired: true\n" forms "---\n\n"
#define SOAP "# soap: Soap\n\n" QUESTION("p1a", "Soap?") QUESTION("p1b", "Ash?")
#define WATER                                                                                      \
    "# water: Water\n\n" QUESTION("p2a", "Clean?") QUESTION("p2b", "Boiled?")                      \
        QUESTION("p2c", "Cold?")

struct fixture {
    struct arena *arena, *scratch;
    struct lesson_source source;
    struct courses courses;
    struct learner learner;
    struct str reply;
    char asked[4][COURSE_ID_BYTES]; /* of one try */
    uint32_t n_asked;
};

/* The course with this test; the findings. */
static const struct lesson_findings *read_with(struct fixture *f, const char *test)
{
    struct lesson_file *files;
    uint32_t n;
    struct errmsg msg = {""};
    arena_reset(f->arena);
    if (lesson_files_read("tests/lessons/tongues", f->arena, &files, &n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(files[i].name, STR("test.md")))
            files[i].text = str_from(test);
        if (str_eq(files[i].name, STR("course.md"))) {
            size_t at = str_find(files[i].text, STR("pass_right: 1"));
            files[i].text = arena_printf(
                f->arena, "%.*spass_right: 2%.*s", STR_ARG(str_sub(files[i].text, 0, at)),
                STR_ARG(str_sub(files[i].text, at + 13, files[i].text.len)));
        }
        if (str_ends(files[i].name, STR(".po")))
            files[i].text = STR("msgid \"\"\nmsgstr \"\"\n");
    }
    struct lesson_findings *findings = lesson_findings_new(f->arena);
    bool is_parsed = lesson_parse(files, n, f->arena, findings, &f->source) == ERR_OK;
    assert_true(is_parsed || findings->n_errors > 0);
    return findings;
}

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    f->arena = arena_new(8 * LESSON_ARENA_BYTES);
    f->scratch = arena_new(LESSON_ARENA_BYTES);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_free(f->arena);
    arena_free(f->scratch);
    test_free(f);
    return 0;
}

static void say(struct fixture *f, const char *text, uint8_t who)
{
    static const struct engine_context context = {.org = {"O", 1}, .url = {"u", 1}};
    static int64_t now_ms = 1700000000000;
    struct outcome out;
    struct input input = {.kind = INPUT_TEXT,
                          .via = VIA_SMS,
                          .text = str_from(text),
                          .now = {now_ms += 86400000},
                          .is_shown = true,
                          .seed = {who, 7}};
    arena_reset(f->scratch);
    assert_int_equal(engine_step(&f->courses, &context, &f->learner, &input, f->scratch, &out),
                     ERR_OK);
    f->learner = out.next;
    f->learner.seq++;
    f->reply = out.reply;
}

static void begin(struct fixture *f, uint8_t who)
{
    f->courses = (struct courses){.list = {&f->source.course}, .n = 1};
    learner_init(&f->learner);
    for (int i = 0; i < 4 && f->learner.state != LEARNER_STATE_PRETEST; i++)
        say(f, i == 0 ? "join" : "1", who);
    assert_int_equal(f->learner.state, LEARNER_STATE_PRETEST);
}

/* Answers all that is asked in this state. */
static void take_test(struct fixture *f, enum learner_state state, const char *answer)
{
    f->n_asked = 0;
    for (uint32_t i = 0; i < 4 && f->learner.state == state; i++) {
        (void)snprintf(f->asked[f->n_asked++], sizeof(f->asked[0]), "%s", f->learner.unit);
        say(f, answer, 0);
    }
    assert_int_not_equal(f->learner.state, state);
}

static void go_to(struct fixture *f, enum learner_state state)
{
    for (int i = 0; i < 40 && f->learner.state != state; i++)
        say(f, f->learner.state == LEARNER_STATE_QUIZ ? "2" : "9", 0);
    assert_int_equal(f->learner.state, state);
}

static void test_each_try_asks_another_form(void **state)
{
    struct fixture *f = *state;
    uint32_t n_first = 0;
    assert_int_equal(read_with(f, HEAD("forms: 2\n") SOAP WATER)->n_errors, 0);
    for (uint8_t who = 1; who < 65; who++) {
        char before[4][COURSE_ID_BYTES], behind[4][COURSE_ID_BYTES];
        begin(f, who);
        take_test(f, LEARNER_STATE_PRETEST, "2");
        assert_int_equal(f->n_asked, 2);
        memcpy(before, f->asked, sizeof(before));
        assert_true(strncmp(before[0], "p1", 2) == 0 && strncmp(before[1], "p2", 2) == 0);
        n_first += strcmp(before[0], "p1a") == 0;
        go_to(f, LEARNER_STATE_POSTTEST);
        take_test(f, LEARNER_STATE_POSTTEST, "2");
        assert_int_equal(f->n_asked, 2);
        memcpy(behind, f->asked, sizeof(behind));
        assert_string_not_equal(behind[0], before[0]);
        assert_string_not_equal(behind[1], before[1]);
        assert_int_equal(f->learner.state, LEARNER_STATE_RETAKE);
        go_to(f, LEARNER_STATE_POSTTEST);
        take_test(f, LEARNER_STATE_POSTTEST, "1");
        assert_string_equal(f->asked[0], before[0]); /* of two, the first again */
        assert_string_not_equal(f->asked[1], behind[1]);
        assert_string_not_equal(f->asked[1], before[1]); /* of three, the third */
        assert_int_equal(f->learner.state, LEARNER_STATE_CERTIFIED);
        assert_int_equal(f->learner.post_best, 2);
        assert_int_equal(course_score(&f->source.course, 2), 100);
    }
    assert_in_range(n_first, 20, 44); /* about as many begin with the one as with the other */
}

static void test_the_draw_is_the_same_for_good(void **state)
{
    struct fixture *f = *state;
    char first[COURSE_ID_BYTES];
    (void)read_with(f, HEAD("forms: 2\n") SOAP WATER);
    begin(f, 3);
    (void)snprintf(first, sizeof(first), "%s", f->learner.unit);
    for (int i = 0; i < 3; i++) {
        begin(f, 3);
        assert_string_equal(f->learner.unit, first);
    }
}

static void test_what_is_said_counts_one_form(void **state)
{
    struct fixture *f = *state;
    (void)read_with(f, HEAD("forms: 2\n") SOAP WATER);
    begin(f, 5);
    assert_int_not_equal(str_find(f->reply, STR("1/2")), SIZE_MAX);
    say(f, "1", 0);
    assert_int_not_equal(str_find(f->reply, STR("2/2")), SIZE_MAX);
}

static void test_the_check_plays_every_question(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_with(f, HEAD("forms: 2\n") SOAP WATER)->n_errors, 0);
    struct lesson_findings *findings = lesson_findings_new(f->arena);
    lesson_check(&f->source, f->arena, f->scratch, findings);
    for (uint32_t i = 0; i < findings->n; i++)
        assert_false(str_eq(str_from(findings->list[i].rule), STR("unreachable")));
}

static void test_what_forms_must_not_be(void **state)
{
    static const struct {
        const char *test, *why;
    } rows[] = {
        {HEAD("forms: 3\n") SOAP WATER, "2 questions under this heading, where 3 equal forms need"},
        {HEAD("forms: 1\n") SOAP WATER, "forms"},
        {HEAD("forms: 10\n") SOAP WATER, "forms"},
        {HEAD("forms: 2\n") SOAP, "more right answers are asked for"}, /* pass_right: 2 */
        {HEAD("forms: 2\n") SOAP
         "# w: W\n\n" QUESTION("p2a", "Clean?") "## p2b: Boiled?\n<!-- source: m1l1 [V] -->\n\n"
                                                "@ if p2a = 1\n\n- [x] Yes\n- [ ] No\n",
         "a condition in a test with forms"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct lesson_findings *findings = read_with(f, rows[i].test);
        bool is_told = false;
        for (uint32_t k = 0; k < findings->n; k++)
            is_told =
                is_told || str_find(findings->list[k].what, str_from(rows[i].why)) != SIZE_MAX;
        if (!is_told)
            fail_msg("row %zu: %.*s", i,
                     STR_ARG(findings->n > 0 ? findings->list[0].what : STR("nothing")));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_try_asks_another_form),   TEST(test_the_draw_is_the_same_for_good),
        TEST(test_what_is_said_counts_one_form), TEST(test_the_check_plays_every_question),
        TEST(test_what_forms_must_not_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
