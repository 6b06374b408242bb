#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/engine/state.h"
#include "core/engine/step.h"

static void every_state_has_a_row(void **state)
{
    (void)state;
    for (int i = 0; i < N_LEARNER_STATES; i++) {
        const struct state_row *row = state_row((enum learner_state)i);
        assert_non_null(row->screen);
        assert_true(strlen(learner_state_name((enum learner_state)i)) > 0);
    }
}

static void every_state_can_be_reached(void **state)
{
    (void)state;
    uint64_t reached = UINT64_C(1) << LEARNER_STATE_NEW, before = 0;
    while (reached != before) {
        before = reached;
        for (int i = 0; i < N_LEARNER_STATES; i++) {
            if (reached >> i & 1)
                reached |= state_moves((enum learner_state)i);
        }
    }
    assert_int_equal(reached, (UINT64_C(1) << N_LEARNER_STATES) - 1);
}

/* Every state but the last one of all can be left, also by STOP. */
static void no_state_is_a_dead_end(void **state)
{
    (void)state;
    for (int i = 0; i < N_LEARNER_STATES; i++) {
        uint64_t next = state_moves((enum learner_state)i) & ~(UINT64_C(1) << i);
        assert_true((next >> LEARNER_STATE_STOPPED & 1) != 0 || i == LEARNER_STATE_STOPPED);
        assert_int_not_equal(next, 0);
    }
}

/* Our own mistake, or a value that fits no table: one dialog's error, and the process lives. */
static void a_move_that_no_row_allows_fails_the_step(void **state)
{
    (void)state;
    static struct outcome out;
    struct step s = {.out = &out, .learner = &out.next};
    step_enter(&s, LEARNER_STATE_CONSENT);
    assert_int_equal(s.error, ERR_OK);
    step_enter(&s, LEARNER_STATE_CERTIFIED);
    assert_int_equal(s.error, ERR_INVALID);
    assert_int_equal(out.next.state, LEARNER_STATE_CONSENT);
}

static void more_events_than_there_is_room_for_fail_the_step(void **state)
{
    (void)state;
    static struct outcome out;
    struct step s = {.out = &out, .learner = &out.next};
    for (uint32_t i = 0; i < EVENTS_MAX; i++)
        (void)step_event(&s, EVENT_helped);
    assert_int_equal(s.error, ERR_OK);
    assert_non_null(step_event(&s, EVENT_helped));
    assert_int_equal(s.error, ERR_INVALID);
    assert_int_equal(out.n_events, EVENTS_MAX);
}

/* gateway/core/README.md shows the table as a picture. */
static void the_picture_in_the_readme_is_the_table(void **state)
{
    (void)state;
    struct buf diagram CLEANUP(buf_fini);
    buf_init(&diagram, 16384);
    engine_diagram(&diagram);
    FILE *file = fopen("gateway/core/README.md", "rb");
    assert_non_null(file);
    static char text[65536];
    size_t n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    (void)fclose(file); /* only read */
    if (strstr(text, buf_str(&diagram).p) == NULL)
        fail_msg("the diagram in gateway/core/README.md must be:\n%s", buf_str(&diagram).p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_has_a_row),
        cmocka_unit_test(every_state_can_be_reached),
        cmocka_unit_test(no_state_is_a_dead_end),
        cmocka_unit_test(a_move_that_no_row_allows_fails_the_step),
        cmocka_unit_test(more_events_than_there_is_room_for_fail_the_step),
        cmocka_unit_test(the_picture_in_the_readme_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
