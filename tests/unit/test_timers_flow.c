/*
 * More learners are due than the channels can carry: the whole app on ports in memory, where the
 * timers may wake one a quarter of an hour.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/course_bundle.h"
#include "core/lesson/parse.h"
#include "lab/handset.h"
#include "lab/talk/run.h"
#include "port/lesson_files.h"
#include "port/zone.h"

#define COURSE "lessons/children-on-the-move"
#define N_PHONES 20
#define STEP_MIN 5

static struct talk_world *world;
static struct zone nairobi;
static struct handset phones[N_PHONES];
static uint32_t n_reminders[N_PHONES];

/* What came to a phone; the time of day is looked at for what nobody asked for. */
static uint32_t read_all(uint32_t i)
{
    uint32_t n = 0;
    for (;;) {
        struct buf text CLEANUP(buf_fini);
        buf_init(&text, 4096);
        if (world->ops->next_sms(world, phones[i].number, false, &text) != ERR_OK)
            return n;
        if (!str_starts(buf_str(&text), STR("Your next step")))
            continue;
        int64_t of_day = zone_local_ms(&nairobi, world->ops->now(world).ms) % DAY_MS;
        assert_in_range(of_day / MINUTE_MS, 18 * 60, 20 * 60);
        n++;
    }
}

static void say(uint32_t i, const char *text)
{
    struct talk_response response;
    handset_send_sms(&phones[i], str_from(text), world->ops->now(world));
    assert_int_equal(
        world->ops->post(world, phones[i].path, buf_str(&phones[i].body), 1, &response), ERR_OK);
    (void)read_all(i);
}

static void begin_course(uint32_t i)
{
    static const char *const texts[] = {"JOIN", "1", "0", "1", "1", "1",
                                        "1",    "1", "1", "1", "3", "9"};
    char number[HANDSET_NUMBER_BYTES];
    (void)snprintf(number, sizeof(number), "+2547%08u", i);
    handset_init(&phones[i], number, "*384*7#", "flow");
    for (size_t k = 0; k < ARRAY_LEN(texts); k++)
        say(i, texts[k]);
}

/* Reminders of a day, which begins and ends at noon. */
static uint32_t play_day(void)
{
    uint32_t n = 0;
    for (uint32_t minute = 0; minute < 24 * 60; minute += STEP_MIN) {
        assert_int_equal(world->ops->wait(world, STEP_MIN * MINUTE_MS), ERR_OK);
        for (uint32_t i = 0; i < N_PHONES; i++) {
            uint32_t n_new = read_all(i);
            n_reminders[i] += n_new;
            n += n_new;
        }
    }
    return n;
}

static void who_is_not_reached_is_reminded_on_another_day(void **state)
{
    (void)state;
    struct arena *arena = arena_new(LESSON_ARENA_BYTES);
    struct lesson_file *files;
    struct errmsg msg = {""};
    struct buf bundle CLEANUP(buf_fini);
    struct talk_fast *fast;
    uint32_t n;
    buf_init(&bundle, COURSE_MAX_BYTES + 65536);
    assert_int_equal(lesson_files_read(COURSE, arena, &files, &n, &msg), ERR_OK);
    assert_int_equal(course_bundle_write(files, n, &bundle), ERR_OK);
    assert_int_equal(zone_load(STR("Africa/Nairobi"), &nairobi), ERR_OK);
    struct talk_fast_settings settings = {.profiles_dir = "config/profiles",
                                          .course_name = STR("children-on-the-move@1.0.0"),
                                          .bundle = buf_str(&bundle),
                                          .start = {1736154000000}, /* a Monday at noon there */
                                          .zone = nairobi,
                                          .sms_per_s = 1.0 / (15 * 60),
                                          .seed = 1};
    if (talk_fast_new(&settings, &fast, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    world = talk_fast_world(fast);
    for (uint32_t i = 0; i < N_PHONES; i++)
        begin_course(i);
    assert_int_equal(play_day(), 0);
    assert_int_equal(play_day(), 0);
    assert_in_range(play_day(), 4, 9); /* two hours of an evening, one each fifteen minutes */
    for (int day = 0; day < 7; day++)
        assert_in_range(play_day(), 0, 9);
    for (uint32_t i = 0; i < N_PHONES; i++) {
        if (n_reminders[i] == 0)
            fail_msg("phone %u was not reached", i);
        handset_fini(&phones[i]);
    }
    talk_fast_free(fast);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_not_reached_is_reminded_on_another_day)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
