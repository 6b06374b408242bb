/*
 * What a coordinator orders of a number, in the engine alone: a course in English with a French
 * translation (tests/lessons/tongues).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/engine/engine.h"
#include "port/lesson_files.h"

static struct courses courses;
static struct course course; /* that a case may change */
static struct arena *course_arena, *arena;
static struct learner learner;
static struct outcome out;

static int load(void **state)
{
    (void)state;
    struct lesson_file *files;
    const struct course *loaded;
    struct errmsg msg = {""};
    uint32_t n;
    course_arena = arena_new(LESSON_ARENA_BYTES);
    arena = arena_new(65536);
    if (lesson_files_read("tests/lessons/tongues", course_arena, &files, &n, &msg) != ERR_OK ||
        lesson_load(files, n, course_arena, &loaded, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    course = *loaded;
    courses = (struct courses){.list = {&course}, .n = 1};
    learner_init(&learner);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    arena_free(course_arena);
    arena_free(arena);
    return 0;
}

static void step(struct input input)
{
    static const struct engine_context context = {
        .org = {"Red Cross", 9}, .url = {"example.org", 11}, .code = {"*384*7#", 7}};
    input.now.ms = INT64_C(1732528800000) + 60000 * learner.seq; /* a Monday, 10:00 */
    input.is_shown = true;
    memset(input.seed, 0x42, sizeof(input.seed));
    arena_reset(arena);
    assert_int_equal(engine_step(&courses, &context, &learner, &input, arena, &out), ERR_OK);
    learner = out.next;
}

static void invite(const char *lang, uint8_t role)
{
    step((struct input){.kind = INPUT_DESK,
                        .desk = {.act = DESK_INVITE, .lang = str_from(lang), .role = role}});
    assert_int_equal(learner.state, LEARNER_STATE_CONSENT);
}

static void agree(void)
{
    step((struct input){.kind = INPUT_TEXT, .via = VIA_SMS, .text = STR("1")});
    assert_int_not_equal(learner.consent_ms, 0);
}

static bool has_event(enum event_kind kind)
{
    bool is_there = false;
    for (uint32_t i = 0; i < out.n_events; i++)
        is_there |= out.events[i].kind == kind;
    return is_there;
}

/* In another one nobody would find a text: the learner is asked, as who joins alone. */
static void an_invitation_comes_in_a_language_that_is_offered(void **state)
{
    static const struct {
        const char *lang, *has;
    } rows[] = {{"fr", "fr"}, {"en", "en"}, {"xx", ""}, {"fra", ""}, {"", ""}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        learner_init(&learner);
        invite(rows[i].lang, 0);
        assert_string_equal(learner.lang, rows[i].has);
        assert_int_equal(has_event(EVENT_language_set), rows[i].has[0] != '\0');
        agree();
        assert_int_equal(learner.state,
                         rows[i].has[0] != '\0' ? LEARNER_STATE_ROLE : LEARNER_STATE_LANGUAGE);
    }
    (void)state;
}

/* It is not asked again; a course that has no such question has nothing to say of it. */
static void the_work_that_a_coordinator_has_said_is_not_asked(void **state)
{
    (void)state;
    const int16_t role_module = course.role_module;
    learner_init(&learner);
    invite("en", 2);
    assert_int_equal(learner.role, 2);
    agree();
    assert_int_equal(learner.state, LEARNER_STATE_PRETEST);
    assert_true(has_event(EVENT_role_set));
    learner_init(&learner);
    course.role_module = -1;
    invite("en", 2);
    agree();
    assert_int_equal(learner.state, LEARNER_STATE_PRETEST);
    assert_false(has_event(EVENT_role_set));
    course.role_module = role_module;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invitation_comes_in_a_language_that_is_offered),
        cmocka_unit_test(the_work_that_a_coordinator_has_said_is_not_asked),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
