#include "app/figures.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"

struct figures {
    struct loop *loop;
    struct store *store;
    struct sink *sink;
    struct timer *timer;
};

static void on_put(void *ctx, enum err e)
{
    (void)ctx, (void)e; /* put again the next time */
}

static void on_cohorts(void *ctx, enum err e, struct str text)
{
    struct figures *f = ctx;
    if (e != ERR_OK)
        LOG_WARN("figures", "PostgreSQL does not say how the groups are", "err=%s", err_name(e));
    while (e == ERR_OK && text.len > 0) {
        struct str line = str_split(&text, '\n');
        struct str code = str_split(&line, ' ');
        store_board_put(f->store, STORE_BOARD_COHORTS, code, line, on_put, f);
    }
    timer_start(f->loop, f->timer, FIGURES_EACH_MS);
}

static void on_timer(void *ctx)
{
    struct figures *f = ctx;
    sink_cohorts(f->sink, on_cohorts, f);
}

struct figures *figures_new(struct loop *loop, struct store *store, struct sink *sink)
{
    struct figures *f = xcalloc(1, sizeof(*f));
    *f = (struct figures){.loop = loop, .store = store, .sink = sink};
    f->timer = timer_new(loop, on_timer, f);
    timer_start(loop, f->timer, FIGURES_FIRST_MS);
    return f;
}

void figures_free(struct figures *f)
{
    timer_free(f->loop, f->timer);
    free(f);
}
