#include "role/fence.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "role/rebuild.h"

#define LOOK_MS 250
#define RETRY_MS 1000 /* after a child that could not */

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
_Noreturn static void mend(const struct fence *f)
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

static void on_fence(void *ctx, enum err e, const struct store_fence *fence)
{
    struct fence *f = ctx;
    timer_start(f->role->loop, f->timer, LOOK_MS);
    if (e != ERR_OK)
        return; /* it is away, and looked at when it is back */
    if (!fence->is_open) {
        f->child = fork();
        if (f->child == 0)
            mend(f);
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
        timer_start(f->role->loop, f->timer, LOOK_MS);
        return;
    }
    bool has_failed = f->child != 0 && status != 0;
    f->child = 0;
    if (has_failed)
        timer_start(f->role->loop, f->timer, RETRY_MS);
    else
        store_fence(f->store, on_fence, f);
}

struct fence *fence_new(const struct role_context *role, struct store *store, fence_on_open *fn,
                        void *ctx)
{
    struct fence *f = xcalloc(1, sizeof(*f));
    *f = (struct fence){.role = role, .store = store, .fn = fn, .ctx = ctx};
    f->timer = timer_new(role->loop, on_look, f);
    timer_start(role->loop, f->timer, 0);
    return f;
}

void fence_free(struct fence *f)
{
    timer_free(f->role->loop, f->timer);
    free(f);
}
