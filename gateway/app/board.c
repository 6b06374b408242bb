#include "app/board.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "port/store/values.h"

#define NOTE_MAX_BYTES 512u
#define TELL_EVERY 5u /* looks: a note is never older than that, and by its time one sees it */

struct board {
    struct loop *loop;
    struct store *store;
    struct outbox *outbox;
    const struct channels *channels;
    struct timer *timer;
    uint32_t n_looks;
    timer_fn *on_known;
    void *ctx;
};

static void write_status(const struct outbox_status *status, struct wall_ms at, struct buf *out)
{
    char time[RFC3339_BYTES];
    clock_format_rfc3339(at, time);
    buf_addf(out,
             "{\"at\":\"%s\",\"state\":\"%s\",\"waiting\":%u,\"in_flight\":%u,"
             "\"sent\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"unknown\":%" PRIu64 "}",
             time,
             status->is_held   ? "paused"
             : status->is_open ? "open"
                               : "sending",
             status->n_waiting, status->n_in_flight, status->n_sent, status->n_failed,
             status->n_unknown);
}

static void on_told(void *ctx, enum err e)
{
    (void)ctx, (void)e; /* told again soon */
}

static void tell(struct board *b)
{
    for (uint32_t i = 0; i < b->channels->n; i++) {
        struct outbox_status status = outbox_status_of(b->outbox, i);
        char name[64];
        struct buf note CLEANUP(buf_fini);
        buf_init(&note, NOTE_MAX_BYTES);
        if (!profile_has_send(b->channels->list[i].profile))
            continue;
        int n = snprintf(name, sizeof(name), BOARD_STATUS "%.*s", STR_ARG(status.name));
        write_status(&status, loop_wall(b->loop), &note);
        store_board_put(b->store, STORE_BOARD_NOTES, (struct str){name, (size_t)n}, buf_str(&note),
                        on_told, b);
    }
}

static bool is_paused(struct str channel, const struct str *names, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct str name = names[i];
        if (str_starts(name, STR(BOARD_PAUSE)) &&
            str_eq(str_sub(name, sizeof(BOARD_PAUSE) - 1, name.len), channel))
            return true;
    }
    return false;
}

static void on_board(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct board *b = ctx;
    (void)values; /* since when it is paused is for people */
    bool is_news = false;
    for (uint32_t i = 0; e == ERR_OK && i < b->channels->n; i++)
        is_news |=
            outbox_hold(b->outbox, i, is_paused(b->channels->list[i].config->name, names, n));
    if (e == ERR_OK && b->on_known != NULL) {
        timer_fn *fn = b->on_known;
        b->on_known = NULL;
        fn(b->ctx);
    }
    if (e == ERR_OK && (b->n_looks++ % TELL_EVERY == 0 || is_news))
        tell(b);
    timer_start(b->loop, b->timer, BOARD_LOOK_MS);
}

static void look(void *ctx)
{
    struct board *b = ctx;
    store_board_get(b->store, STORE_BOARD_NOTES, on_board, b);
}

struct board *board_new(struct loop *loop, struct store *store, struct outbox *outbox,
                        const struct channels *channels)
{
    struct board *b = xcalloc(1, sizeof(*b));
    *b = (struct board){.loop = loop, .store = store, .outbox = outbox, .channels = channels};
    b->timer = timer_new(loop, look, b);
    return b;
}

void board_start(struct board *b, timer_fn *on_known, void *ctx)
{
    b->on_known = on_known;
    b->ctx = ctx;
    timer_start(b->loop, b->timer, 0);
}

void board_free(struct board *b)
{
    if (b == NULL)
        return;
    timer_free(b->loop, b->timer);
    free(b);
}
