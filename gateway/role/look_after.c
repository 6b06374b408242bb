#include "role/look_after.h"

#include "app/channels.h"
#include "app/cohort_set.h"
#include "app/course_set.h"
#include "app/upgrade.h"
#include "port/metrics.h"
#include "role/ports.h"

#define COURSES_WAIT_MS 10000
#define POLL_MS 20

/* Some dialogs, one after the other. */
struct looking_after {
    struct loop *loop;
    struct store *store;
    struct course_set *courses;
    struct cohort_set *cohorts;
    struct upgrade *upgrade;
    struct dialogs *dialogs;
    struct timer *timer;
    enum err (*begin)(struct looking_after *looking, uint32_t i, dialog_on_response *fn);
    uint32_t n, next;
    const struct number_id *id; /* who is released, or answered */
    struct wall_ms until;
    struct str text;
    const struct look_after_desk *work; /* NULL: there are no orders */
    int64_t waited_ms;
    bool is_sent;
};

static void on_response(void *ctx, const struct dialog_response *response)
{
    struct looking_after *looking = ctx;
    bool has_moved = response->outcome == DIALOG_OUTCOME_STEPPED;
    looking->is_sent = response->n_sms > 0;
    if (!has_moved && response->outcome != DIALOG_OUTCOME_REPEAT) {
        loop_stop(looking->loop);
        return;
    }
    if (looking->work != NULL && looking->work->fn != NULL)
        looking->work->fn(looking->work->ctx, looking->next, has_moved, response->n_sms);
    looking->next++;
    timer_start(looking->loop, looking->timer, 0);
}

static enum err begin_release(struct looking_after *looking, uint32_t i, dialog_on_response *fn)
{
    (void)i;
    return dialogs_release(looking->dialogs, looking->id, looking->until, fn, looking);
}

static enum err begin_answer(struct looking_after *looking, uint32_t i, dialog_on_response *fn)
{
    (void)i;
    return dialogs_answer(looking->dialogs, looking->id, looking->text, fn, looking);
}

static enum err begin_order(struct looking_after *looking, uint32_t i, dialog_on_response *fn)
{
    return dialogs_desk(looking->dialogs, &looking->work->orders[i], fn, looking);
}

/* The step needs the learner's course, and the groups. */
static void on_timer(void *ctx)
{
    struct looking_after *looking = ctx;
    bool is_ready = course_set_is_ready(looking->courses) && cohort_set_is_known(looking->cohorts);
    if (!is_ready && looking->waited_ms < COURSES_WAIT_MS) {
        looking->waited_ms += POLL_MS;
        timer_start(looking->loop, looking->timer, POLL_MS);
    } else if (!is_ready || looking->next == looking->n ||
               looking->begin(looking, looking->next, on_response) != ERR_OK) {
        loop_stop(looking->loop);
    }
}

static void work(struct looking_after *looking, const struct config *config,
                 const struct channels *channels, struct metrics *metrics)
{
    looking->courses = course_set_new(looking->loop, looking->store);
    course_set_prefer(looking->courses, config->course);
    looking->cohorts = cohort_set_new(looking->loop, looking->store);
    cohort_set_start(looking->cohorts);
    looking->upgrade = upgrade_new(looking->loop, looking->store);
    looking->dialogs = dialogs_new(
        &(struct dialog_parts){.loop = looking->loop,
                               .store = looking->store,
                               .config = config,
                               .vault = looking->work != NULL ? looking->work->vault : NULL,
                               .channels = channels,
                               .metrics = metrics,
                               .courses = looking->courses,
                               .cohorts = looking->cohorts,
                               .upgrade = looking->upgrade});
    looking->timer = timer_new(looking->loop, on_timer, looking);
    course_set_refresh(looking->courses);
    timer_start(looking->loop, looking->timer, 0);
    loop_run(looking->loop);
}

static enum err run(struct looking_after *looking, const struct config *config, struct errmsg *msg)
{
    struct channels channels;
    enum err e = channels_load(config, &channels, msg);
    if (e != ERR_OK)
        return e;
    struct metrics *metrics = metrics_new();
    looking->loop = loop_libevent_new();
    looking->store = role_store_wait(config, looking->loop);
    bool is_up = store_is_up(looking->store);
    if (is_up)
        work(looking, config, &channels, metrics);
    store_free(looking->store);
    dialogs_free(looking->dialogs);
    course_set_free(looking->courses);
    cohort_set_free(looking->cohorts);
    upgrade_free(looking->upgrade);
    timer_free(looking->loop, looking->timer);
    loop_free(looking->loop);
    metrics_free(metrics);
    channels_fini(&channels);
    if (looking->next == looking->n)
        return ERR_OK;
    return errmsg_set(msg, ERR_UNAVAILABLE,
                      is_up ? "Redis did not take it, or the place is just on its way to another "
                              "number; run it again in ten minutes"
                            : "Redis does not answer; see redis_* in the configuration");
}

enum err look_after_release(const struct config *config, const struct number_id *id,
                            struct wall_ms until, struct errmsg *msg)
{
    struct looking_after looking = {.begin = begin_release, .n = 1, .id = id, .until = until};
    return run(&looking, config, msg);
}

enum err look_after_answer(const struct config *config, const struct number_id *id, struct str text,
                           bool *ret_is_sent, struct errmsg *msg)
{
    struct looking_after looking = {.begin = begin_answer, .n = 1, .id = id, .text = text};
    enum err e = run(&looking, config, msg);
    *ret_is_sent = looking.is_sent;
    return e;
}

enum err look_after_desk(const struct look_after_desk *work_to_do, struct errmsg *msg)
{
    struct looking_after looking = {.begin = begin_order, .n = work_to_do->n, .work = work_to_do};
    return run(&looking, work_to_do->config, msg);
}
