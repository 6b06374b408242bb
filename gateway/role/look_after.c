#include "role/look_after.h"

#include "app/channels.h"
#include "app/cohort_set.h"
#include "app/course_set.h"
#include "port/metrics.h"
#include "role/ports.h"

#define COURSES_WAIT_MS 10000
#define POLL_MS 20

/* Some dialogs, one after the other. */
struct desk {
    struct loop *loop;
    struct store *store;
    struct course_set *courses;
    struct cohort_set *cohorts;
    struct dialogs *dialogs;
    struct timer *timer;
    enum err (*begin)(struct desk *desk, uint32_t i, dialog_on_answer *fn);
    uint32_t n, next;
    const struct number_id *id; /* who is released, or answered */
    struct wall_ms until;
    struct str text;
    const struct look_after_desk *work; /* NULL: there are no orders */
    int64_t waited_ms;
    bool is_sent;
};

static void on_answer(void *ctx, const struct dialog_answer *answer)
{
    struct desk *desk = ctx;
    bool has_moved = answer->outcome == DIALOG_OUTCOME_STEPPED;
    desk->is_sent = answer->n_sms > 0;
    if (!has_moved && answer->outcome != DIALOG_OUTCOME_REPEAT) {
        loop_stop(desk->loop);
        return;
    }
    if (desk->work != NULL && desk->work->fn != NULL)
        desk->work->fn(desk->work->ctx, desk->next, has_moved, answer->n_sms);
    desk->next++;
    timer_start(desk->loop, desk->timer, 0);
}

static enum err begin_release(struct desk *desk, uint32_t i, dialog_on_answer *fn)
{
    (void)i;
    return dialogs_release(desk->dialogs, desk->id, desk->until, fn, desk);
}

static enum err begin_answer(struct desk *desk, uint32_t i, dialog_on_answer *fn)
{
    (void)i;
    return dialogs_answer(desk->dialogs, desk->id, desk->text, fn, desk);
}

static enum err begin_order(struct desk *desk, uint32_t i, dialog_on_answer *fn)
{
    return dialogs_desk(desk->dialogs, &desk->work->orders[i], fn, desk);
}

/* The step needs the learner's course, and the groups. */
static void on_timer(void *ctx)
{
    struct desk *desk = ctx;
    bool is_ready = course_set_is_ready(desk->courses) && cohort_set_is_known(desk->cohorts);
    if (!is_ready && desk->waited_ms < COURSES_WAIT_MS) {
        desk->waited_ms += POLL_MS;
        timer_start(desk->loop, desk->timer, POLL_MS);
    } else if (!is_ready || desk->next == desk->n ||
               desk->begin(desk, desk->next, on_answer) != ERR_OK) {
        loop_stop(desk->loop);
    }
}

static void work(struct desk *desk, const struct config *config, const struct channels *channels,
                 struct metrics *metrics)
{
    desk->courses = course_set_new(desk->loop, desk->store);
    course_set_prefer(desk->courses, config->course);
    desk->cohorts = cohort_set_new(desk->loop, desk->store);
    cohort_set_start(desk->cohorts);
    desk->dialogs =
        dialogs_new(&(struct dialog_parts){.loop = desk->loop,
                                           .store = desk->store,
                                           .config = config,
                                           .vault = desk->work != NULL ? desk->work->vault : NULL,
                                           .channels = channels,
                                           .metrics = metrics,
                                           .courses = desk->courses,
                                           .cohorts = desk->cohorts});
    desk->timer = timer_new(desk->loop, on_timer, desk);
    course_set_refresh(desk->courses);
    timer_start(desk->loop, desk->timer, 0);
    loop_run(desk->loop);
}

static enum err run(struct desk *desk, const struct config *config, struct errmsg *msg)
{
    struct channels channels;
    enum err e = channels_load(config, &channels, msg);
    if (e != ERR_OK)
        return e;
    struct metrics *metrics = metrics_new();
    desk->loop = loop_libevent_new();
    desk->store = role_store_wait(config, desk->loop);
    bool is_up = store_is_up(desk->store);
    if (is_up)
        work(desk, config, &channels, metrics);
    store_free(desk->store);
    dialogs_free(desk->dialogs);
    course_set_free(desk->courses);
    cohort_set_free(desk->cohorts);
    timer_free(desk->loop, desk->timer);
    loop_free(desk->loop);
    metrics_free(metrics);
    channels_fini(&channels);
    if (desk->next == desk->n)
        return ERR_OK;
    return errmsg_set(msg, ERR_UNAVAILABLE,
                      is_up ? "Redis did not take it; run it again"
                            : "Redis does not answer; see redis_* in the configuration");
}

enum err look_after_release(const struct config *config, const struct number_id *id,
                            struct wall_ms until, struct errmsg *msg)
{
    struct desk desk = {.begin = begin_release, .n = 1, .id = id, .until = until};
    return run(&desk, config, msg);
}

enum err look_after_answer(const struct config *config, const struct number_id *id, struct str text,
                           bool *ret_is_sent, struct errmsg *msg)
{
    struct desk desk = {.begin = begin_answer, .n = 1, .id = id, .text = text};
    enum err e = run(&desk, config, msg);
    *ret_is_sent = desk.is_sent;
    return e;
}

enum err look_after_desk(const struct look_after_desk *work_to_do, struct errmsg *msg)
{
    struct desk desk = {.begin = begin_order, .n = work_to_do->n, .work = work_to_do};
    return run(&desk, work_to_do->config, msg);
}
