#include "role/look_after.h"

#include "app/channels.h"
#include "app/course_set.h"
#include "app/dialog/dialog.h"
#include "port/metrics.h"
#include "role/ports.h"

#define COURSES_WAIT_MS 10000
#define POLL_MS 20

struct desk {
    struct loop *loop;
    struct store *store;
    struct course_set *courses;
    struct dialogs *dialogs;
    struct timer *timer;
    const struct number_id *id;
    struct wall_ms until;
    struct str text; /* to be sent; absent: released */
    int64_t waited_ms;
    enum dialog_outcome outcome;
    bool is_sent;
};

static void on_answer(void *ctx, const struct dialog_answer *answer)
{
    struct desk *desk = ctx;
    desk->outcome = answer->outcome;
    desk->is_sent = answer->n_sms > 0;
    loop_stop(desk->loop);
}

static enum err begin(struct desk *desk)
{
    return desk->text.p != NULL
               ? dialogs_answer(desk->dialogs, desk->id, desk->text, on_answer, desk)
               : dialogs_release(desk->dialogs, desk->id, desk->until, on_answer, desk);
}

/* The step needs the learner's course. */
static void on_timer(void *ctx)
{
    struct desk *desk = ctx;
    bool is_ready = course_set_is_ready(desk->courses);
    if (!is_ready && desk->waited_ms < COURSES_WAIT_MS) {
        desk->waited_ms += POLL_MS;
        timer_start(desk->loop, desk->timer, POLL_MS);
    } else if (!is_ready || begin(desk) != ERR_OK) {
        loop_stop(desk->loop);
    }
}

static void work(struct desk *desk, const struct config *config, const struct channels *channels,
                 struct metrics *metrics)
{
    desk->courses = course_set_new(desk->loop, desk->store);
    desk->dialogs = dialogs_new(&(struct dialog_parts){.loop = desk->loop,
                                                       .store = desk->store,
                                                       .config = config,
                                                       .channels = channels,
                                                       .metrics = metrics,
                                                       .courses = desk->courses});
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
    timer_free(desk->loop, desk->timer);
    loop_free(desk->loop);
    metrics_free(metrics);
    channels_fini(&channels);
    bool is_done =
        desk->outcome == DIALOG_OUTCOME_STEPPED || desk->outcome == DIALOG_OUTCOME_REPEAT;
    if (is_done)
        return ERR_OK;
    return errmsg_set(msg, ERR_UNAVAILABLE,
                      is_up ? "Redis did not take it; run it again"
                            : "Redis does not answer; see redis_* in the configuration");
}

enum err look_after_release(const struct config *config, const struct number_id *id,
                            struct wall_ms until, struct errmsg *msg)
{
    struct desk desk = {.id = id, .until = until, .text = STR_NONE, .outcome = DIALOG_OUTCOME_NONE};
    return run(&desk, config, msg);
}

enum err look_after_answer(const struct config *config, const struct number_id *id, struct str text,
                           bool *ret_is_sent, struct errmsg *msg)
{
    struct desk desk = {.id = id, .text = text, .outcome = DIALOG_OUTCOME_NONE};
    enum err e = run(&desk, config, msg);
    *ret_is_sent = desk.is_sent;
    return e;
}
