/*
 * fence.h: looks at the fence, and has a child process mend what is wrong.
 */
#include "role/fence.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/store/server.h"
#include "role/ports.h"
#include "role/rebuild.h"

#define LOOK_MS 100
#define AWAY_MS 50    /* while it cannot be asked: then somebody waits */
#define AGAIN_MS 1000 /* after a child that could not */

struct fence {
    const struct role_context *role;
    struct store *store;
    struct timer *timer;
    fence_on_open *fn;
    void *ctx;
    uint64_t epoch; /* that fn was told; 0 = none yet */
    pid_t child;    /* that looks into it; 0 = none */
};

/* Its loop and connections are its own: of ours it touches nothing. */
_Noreturn static void mend_in_child(const struct fence *f)
{
    struct rebuilt rebuilt;
    struct errmsg msg;
    enum err e = rebuild_redis(f->role->config, false, &rebuilt, &msg);
    if (e != ERR_OK)
        LOG_WARN("fence", "nobody is answered until Redis and PostgreSQL agree", "why=\"%s\"",
                 msg.text);
    else
        LOG_INFO("fence", "Redis has what PostgreSQL knows", "courses=%u numbers=%llu",
                 rebuilt.n_courses, (unsigned long long)rebuilt.n_numbers);
    _exit(e == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void on_watched(void *ctx, enum err e, const struct store_fence *fence)
{
    struct fence *f = ctx;
    timer_start(f->role->loop, f->timer, e == ERR_OK && fence->is_open ? LOOK_MS : AWAY_MS);
    if (e != ERR_OK)
        return; /* it is away, and looked at when it is back */
    if (!fence->is_open) {
        f->child = fork();
        if (f->child == 0)
            mend_in_child(f);
        if (f->child < 0)
            f->child = 0; /* next time */
    } else if (fence->epoch != f->epoch) {
        f->epoch = fence->epoch;
        f->fn(f->ctx, fence->epoch);
    }
}

static void on_look(void *ctx)
{
    struct fence *f = ctx;
    int status = 0;
    if (f->child != 0 && waitpid(f->child, &status, WNOHANG) == 0) {
        timer_start(f->role->loop, f->timer, AWAY_MS);
        return;
    }
    bool has_failed = f->child != 0 && status != 0;
    f->child = 0;
    if (has_failed)
        timer_start(f->role->loop, f->timer, AGAIN_MS);
    else
        store_fence(f->store, on_watched, f);
}

struct fence *fence_new(const struct role_context *role, fence_on_open *fn, void *ctx)
{
    struct fence *f = xcalloc(1, sizeof(*f));
    *f = (struct fence){.role = role, .store = role_store_look(role), .fn = fn, .ctx = ctx};
    f->timer = timer_new(role->loop, on_look, f);
    timer_start(role->loop, f->timer, 0);
    return f;
}

void fence_free(struct fence *f)
{
    store_free(f->store);
    timer_free(f->role->loop, f->timer);
    free(f);
}
