/*
 * Whatever place a stored learner names, engine_step answers or refuses: one broken value must not
 * stop the front for everybody. Every state, side states with every state behind them, with units
 * that are missing, unknown or of the wrong kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/engine/engine.h"
#include "core/lesson/parse.h"
#include "port/lesson_files.h"

static struct courses courses = {.n = 1};
static struct arena *course_arena, *arena;

static const struct engine_context context = {
    .org = {"Red Cross", 9}, .url = {"example.org/c", 13}, .code = {"*384*7#", 7}};

static int load_course(void **state)
{
    (void)state;
    struct lesson_file *files = NULL;
    uint32_t n = 0;
    struct errmsg msg = {""};
    course_arena = arena_new(LESSON_ARENA_BYTES);
    arena = arena_new(65536);
    if (lesson_files_read("lessons/children-on-the-move", course_arena, &files, &n, &msg) !=
            ERR_OK ||
        lesson_load(files, n, course_arena, &courses.list[0], &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    return 0;
}

static int free_course(void **state)
{
    (void)state;
    arena_free(course_arena);
    arena_free(arena);
    return 0;
}

static enum err step(const struct learner *learner, enum input_kind kind, const char *text)
{
    struct input input = {
        .kind = kind, .text = str_from(text), .now = {1732433860000}, .is_shown = true};
    struct outcome out;
    arena_reset(arena);
    return engine_step(&courses, &context, learner, &input, arena, &out);
}

/* Every kind of input at one place. Returns how many were refused. */
static unsigned try_place(const struct learner *learner)
{
    static const char *const texts[] = {"1", "0", "NEXT", "BACK", "MENU", "REPEAT", "9", "x"};
    unsigned n_refused = 0;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        n_refused += step(learner, INPUT_TEXT, texts[i]) != ERR_OK;
    n_refused += step(learner, INPUT_DIAL, "") != ERR_OK;
    n_refused += step(learner, INPUT_SESSION_END, "") != ERR_OK;
    n_refused += step(learner, INPUT_TIMER, "") != ERR_OK;
    return n_refused;
}

static void every_place_is_answered_or_refused(void **state)
{
    (void)state;
    static const char *const units[] = {"", "nosuch", "m1s", "m1q1", "p1", "m7q4"};
    for (int place = 0; place < N_LEARNER_STATES * N_LEARNER_STATES; place++) {
        for (size_t u = 0; u < ARRAY_LEN(units); u++) {
            struct learner learner;
            learner_init(&learner);
            learner.state = (enum learner_state)(place / N_LEARNER_STATES);
            learner.back = (enum learner_state)(place % N_LEARNER_STATES);
            learner.course_key = courses.list[0]->key;
            learner.screen = 200;
            memcpy(learner.lang, "en", 3);
            memset(learner.learner_id, 7, sizeof(learner.learner_id));
            (void)snprintf(learner.unit, sizeof(learner.unit), "%s", units[u]);
            unsigned n_refused = try_place(&learner);
            if (n_refused != 0 && n_refused != 11)
                fail_msg("%s back %s unit %s: %u", learner_state_name(learner.state),
                         learner_state_name(learner.back), units[u], n_refused);
            assert_true(n_refused == 0 || n_refused == 11);
            if (strcmp(units[u], "nosuch") == 0)
                assert_int_equal(n_refused, 11);
        }
    }
}

/* A version that could not be loaded, and a place that it does not have: STOP waits for neither. */
static void stop_needs_no_place(void **state)
{
    (void)state;
    static const char *const stops[] = {"STOP", "Stop, please!", "no more messages", "СТОП"};
    for (int i = 0; i < N_LEARNER_STATES; i++) {
        for (unsigned k = 0; k < 2 * ARRAY_LEN(stops); k++) {
            struct input input = {.kind = INPUT_TEXT,
                                  .text = str_from(stops[k / 2]),
                                  .now = {1732433860000},
                                  .is_shown = true};
            struct learner l;
            struct outcome out;
            learner_init(&l);
            memset(l.learner_id, 7, sizeof(l.learner_id));
            l.state = (enum learner_state)i;
            l.back = learner_state_is_side(l.state) ? LEARNER_STATE_LESSON : LEARNER_STATE_NEW;
            l.consent_ms = 1732433000000;
            l.course_key = k % 2 == 0 ? 12345 : courses.list[0]->key;
            assert_int_equal(str_copy(STR("gone"), l.unit, sizeof(l.unit)), ERR_OK);
            arena_reset(arena);
            if (engine_step(&courses, &context, &l, &input, arena, &out) != ERR_OK ||
                (out.next.state != LEARNER_STATE_STOPPED &&
                 out.next.state != LEARNER_STATE_DELETED))
                fail_msg("%s in %s", stops[k / 2], learner_state_name(l.state));
            assert_string_equal(out.next.unit, "gone");
            assert_int_equal(out.next.course_key, l.course_key);
            if (k % 2 == 0)
                assert_int_equal(step(&l, INPUT_TEXT, "NEXT"), ERR_NOT_FOUND);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_is_answered_or_refused),
        cmocka_unit_test(stop_needs_no_place),
    };
    return cmocka_run_group_tests(tests, load_course, free_course);
}
