#include "role/look_after.h"

#include "app/course_set.h"
#include "app/dialog/dialog.h"
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
    int64_t waited_ms;
    enum dialog_outcome outcome;
};

static void on_answer(void *ctx, const struct dialog_answer *answer)
{
    struct desk *desk = ctx;
    desk->outcome = answer->outcome;
    loop_stop(desk->loop);
}

/* The step needs the learner's course. */
static void on_timer(void *ctx)
{
    struct desk *desk = ctx;
    bool is_ready = course_set_is_ready(desk->courses);
    if (!is_ready && desk->waited_ms < COURSES_WAIT_MS) {
        desk->waited_ms += POLL_MS;
        timer_start(desk->loop, desk->timer, POLL_MS);
    } else if (!is_ready ||
               dialogs_release(desk->dialogs, desk->id, desk->until, on_answer, desk) != ERR_OK) {
        loop_stop(desk->loop);
    }
}

static void work(struct desk *desk, const struct config *config)
{
    desk->courses = course_set_new(desk->loop, desk->store);
    desk->dialogs = dialogs_new(&(struct dialog_parts){
        .loop = desk->loop, .store = desk->store, .config = config, .courses = desk->courses});
    desk->timer = timer_new(desk->loop, on_timer, desk);
    course_set_refresh(desk->courses);
    timer_start(desk->loop, desk->timer, 0);
    loop_run(desk->loop);
}

enum err look_after_release(const struct config *config, const struct number_id *id,
                            struct wall_ms until, struct errmsg *msg)
{
    struct desk desk = {
        .loop = loop_libevent_new(), .id = id, .until = until, .outcome = DIALOG_OUTCOME_NONE};
    desk.store = role_store_wait(config, desk.loop);
    bool is_up = store_is_up(desk.store);
    if (is_up)
        work(&desk, config);
    store_free(desk.store);
    dialogs_free(desk.dialogs);
    course_set_free(desk.courses);
    timer_free(desk.loop, desk.timer);
    loop_free(desk.loop);
    bool is_done = desk.outcome == DIALOG_OUTCOME_STEPPED || desk.outcome == DIALOG_OUTCOME_REPEAT;
    if (is_done)
        return ERR_OK;
    return errmsg_set(msg, ERR_UNAVAILABLE,
                      is_up ? "Redis did not take it; run it again"
                            : "Redis does not answer; see redis_* in the configuration");
}
