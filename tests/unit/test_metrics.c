#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/metrics.h"

static void assert_has_line(const struct buf *out, const char *line)
{
    char wanted[256];
    (void)snprintf(wanted, sizeof(wanted), "\n%s\n", line);
    if (str_find(buf_str(out), str_from(wanted)) == SIZE_MAX)
        fail_msg("no line '%s' in:\n%s", line, out->p);
}

static void test_children_count_into_the_same_memory(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    for (int i = 0; i < 4; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            for (int j = 0; j < 1000; j++)
                metrics_add(m, METRIC_callbacks_total, 1);
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++)
        assert_true(wait(NULL) > 0);
    assert_int_equal(metrics_get(m, METRIC_callbacks_total), 4000);
    metrics_free(m);
}

static void test_text_format(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    metrics_add(m, METRIC_duplicates_total, 7);
    metrics_add_labelled(m, METRIC_cap_rejections_total_number, METRIC_cap_rejections_total_country,
                         "money");
    metrics_add_labelled(m, METRIC_cap_rejections_total_number, METRIC_cap_rejections_total_country,
                         "mood");
    metrics_set(m, METRIC_spool_bytes, 4096);
    metrics_set(m, METRIC_spool_bytes, 2048);
    metrics_observe_ms(m, 0);
    metrics_observe_ms(m, 1);
    metrics_observe_ms(m, 3);
    metrics_observe_ms(m, 1500);
    metrics_observe_ms(m, 1501);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 1 << 16);
    metrics_write(m, &out);
    assert_int_equal(buf_error(&out), ERR_OK);
    assert_has_line(&out, "# TYPE waypost_duplicates_total counter");
    assert_has_line(&out, "waypost_duplicates_total 7");
    assert_has_line(&out, "# TYPE waypost_cap_rejections_total counter");
    assert_has_line(&out, "waypost_cap_rejections_total{cap=\"number\"} 0");
    assert_has_line(&out, "waypost_cap_rejections_total{cap=\"money\"} 1");
    assert_has_line(&out, "waypost_cap_rejections_total{cap=\"country\"} 0");
    assert_has_line(&out, "# TYPE waypost_spool_bytes gauge");
    assert_has_line(&out, "waypost_spool_bytes 2048");
    assert_has_line(&out, "waypost_callback_duration_seconds_bucket{le=\"0.001\"} 2");
    assert_has_line(&out, "waypost_callback_duration_seconds_bucket{le=\"0.002\"} 2");
    assert_has_line(&out, "waypost_callback_duration_seconds_bucket{le=\"0.005\"} 3");
    assert_has_line(&out, "waypost_callback_duration_seconds_bucket{le=\"1.5\"} 4");
    assert_has_line(&out, "waypost_callback_duration_seconds_bucket{le=\"+Inf\"} 5");
    assert_has_line(&out, "waypost_callback_duration_seconds_sum 3.005");
    assert_has_line(&out, "waypost_callback_duration_seconds_count 5");
    assert_has_line(&out, "waypost_build_info{version=\"" WAYPOST_VERSION "\"} 1");
    assert_int_equal(out.p[out.len - 1], '\n');
    metrics_free(m);
}

static void test_each_channel_has_its_own(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    char name[METRICS_CHANNEL_BYTES + 1] = "a123456789a123456789a123456789ab"; /* 32: the longest */
    metrics_name_channel(m, STR("at"));
    metrics_name_channel(m, str_from(name));
    metrics_name_channel(m, STR("at"));
    metrics_name_channel(m, STR("a123456789a123456789a123456789abc"));
    metrics_add_channel(m, STR("at"), METRIC_CHANNEL_sent_total, 2);
    metrics_add_channel(m, str_from(name), METRIC_CHANNEL_delivered_total, 1);
    metrics_add_channel(m, STR("nobody"), METRIC_CHANNEL_sent_total, 1);
    metrics_observe_request_ms(m, STR("at"), 1250);
    metrics_observe_request_ms(m, STR("at"), -1);
    metrics_add_cost(m, STR("at"), 800000);
    metrics_add_cost(m, STR("at"), 800001);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 1 << 20);
    metrics_write(m, &out);
    assert_has_line(&out, "# TYPE waypost_channel_sent_total counter");
    assert_has_line(&out, "waypost_channel_sent_total{channel=\"at\"} 2");
    assert_has_line(
        &out, "waypost_channel_delivered_total{channel=\"a123456789a123456789a123456789ab\"} 1");
    assert_has_line(&out, "waypost_channel_request_seconds_sum{channel=\"at\"} 1.250");
    assert_has_line(&out, "waypost_channel_request_seconds_count{channel=\"at\"} 2");
    assert_has_line(&out, "waypost_channel_spent_total{channel=\"at\"} 1.600001");
    assert_true(str_find(buf_str(&out), STR("nobody")) == SIZE_MAX);
    for (unsigned i = 2; i < METRICS_MAX_CHANNELS + 1; i++) {
        (void)snprintf(name, sizeof(name), "c%u", i);
        metrics_name_channel(m, str_from(name));
        metrics_add_channel(m, str_from(name), METRIC_CHANNEL_sent_total, i);
    }
    buf_reset(&out);
    metrics_write(m, &out);
    assert_has_line(&out, "waypost_channel_sent_total{channel=\"c127\"} 127");
    assert_true(str_find(buf_str(&out), STR("c128")) == SIZE_MAX);
    metrics_free(m);
}

static void test_null_counts_nothing(void **state)
{
    (void)state;
    metrics_add(NULL, METRIC_steps_total, 1);
    metrics_set(NULL, METRIC_redis_up, 1);
    metrics_observe_ms(NULL, 1);
    metrics_name_channel(NULL, STR("at"));
    metrics_add_channel(NULL, STR("at"), METRIC_CHANNEL_sent_total, 1);
    assert_int_equal(metrics_get(NULL, METRIC_steps_total), 0);
    metrics_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_children_count_into_the_same_memory),
        cmocka_unit_test(test_text_format),
        cmocka_unit_test(test_each_channel_has_its_own),
        cmocka_unit_test(test_null_counts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
