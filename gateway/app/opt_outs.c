#include "app/opt_outs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/xalloc.h"

#define ARENA_BYTES 4096u
#define MAX_BROKEN 30u /* a course version that is not loaded yet comes within that many tries */

struct opt_out {
    LIST_ENTRY(opt_out) entry;
    struct opt_outs *all;
    const struct channel *channel;
    struct number number;
    struct str id;
    struct dialog_desk owner; /* channel NULL: an operator's word, in place of a STOP */
    struct wall_ms at;
    timer_fn *done;
    void *done_ctx;
    struct timer *timer;
    uint32_t n_broken;
};

struct opt_outs {
    struct loop *loop;
    struct dialogs *dialogs;
    LIST_HEAD(, opt_out) list;
    struct arena *arena; /* of one submit: the dialog copies */
};

static void opt_out_free(struct opt_out *o)
{
    LIST_REMOVE(o, entry);
    timer_free(o->all->loop, o->timer);
    free(o);
}

static void on_response(void *ctx, const struct dialog_response *response)
{
    struct opt_out *o = ctx;
    bool is_broken = response->outcome == DIALOG_OUTCOME_BROKEN;
    if (response->outcome == DIALOG_OUTCOME_FAILED || (is_broken && ++o->n_broken < MAX_BROKEN)) {
        timer_start(o->all->loop, o->timer, OPT_OUTS_PAUSE_MS);
        return;
    }
    if (is_broken)
        LOG_ERROR("opt_outs", "word of a provider cannot be handled", "channel=%.*s",
                  STR_ARG(o->channel != NULL ? o->channel->config->name : STR("operator")));
    timer_fn *done = o->done;
    void *done_ctx = o->done_ctx;
    opt_out_free(o);
    done(done_ctx);
}

static enum err submit_stop(struct opt_out *o)
{
    arena_reset(o->all->arena);
    struct inbound stop = report_opt_out(&o->number, o->id, o->all->arena);
    struct dialog_request request = {.channel = o->channel->config,
                                     .inbound = &stop,
                                     .is_replay = true, /* there is no spool to fall back on */
                                     .received = o->at,
                                     .fn = on_response,
                                     .ctx = o};
    return dialogs_submit(o->all->dialogs, &request);
}

static void submit(void *ctx)
{
    struct opt_out *o = ctx;
    enum err e = o->channel != NULL ? submit_stop(o)
                                    : dialogs_desk(o->all->dialogs, &o->owner, on_response, o);
    if (e != ERR_OK)
        timer_start(o->all->loop, o->timer, OPT_OUTS_PAUSE_MS);
}

static void begin(struct opt_out *o)
{
    o->timer = timer_new(o->all->loop, submit, o);
    LIST_INSERT_HEAD(&o->all->list, o, entry);
    submit(o);
}

void opt_outs_owner(void *ctx, const struct number_id *id, uint32_t seq, bool is_same,
                    timer_fn *done, void *done_ctx)
{
    struct opt_out *o = xcalloc(1, sizeof(*o));
    *o = (struct opt_out){
        .all = ctx,
        .owner = {.id = *id, .order = {.act = DESK_OWNER, .seq = seq, .is_same = is_same}},
        .done = done,
        .done_ctx = done_ctx};
    begin(o);
}

void opt_outs_take(void *ctx, const struct channel *channel, struct str number, struct str id,
                   timer_fn *done, void *done_ctx)
{
    struct opt_outs *all = ctx;
    struct opt_out *o = xcalloc(1, sizeof(*o));
    *o = (struct opt_out){.all = all,
                          .channel = channel,
                          .id = id,
                          .at = loop_wall(all->loop),
                          .done = done,
                          .done_ctx = done_ctx};
    if (number_parse(number, NUMBER_FORM_PLUS, STR_NONE, &o->number) != ERR_OK) {
        free(o);
        done(done_ctx);
        return;
    }
    begin(o);
}

struct inbound report_opt_out(const struct number *number, struct str id, struct arena *arena)
{
    struct inbound stop = {.kind = INBOUND_SMS,
                           .outcome = INBOUND_ACCEPT,
                           .from = str_from(number->e164),
                           .text = STR("STOP"),
                           .id = arena_printf(arena, "opt-out %.*s", STR_ARG(id)),
                           .is_opt_out = true};
    memcpy(stop.country, number->country, sizeof(stop.country));
    return stop;
}

struct opt_outs *opt_outs_new(struct loop *loop, struct dialogs *dialogs)
{
    struct opt_outs *all = xcalloc(1, sizeof(*all));
    *all = (struct opt_outs){.loop = loop, .dialogs = dialogs, .arena = arena_new(ARENA_BYTES)};
    return all;
}

void opt_outs_free(struct opt_outs *all)
{
    if (all == NULL)
        return;
    while (!LIST_EMPTY(&all->list))
        opt_out_free(LIST_FIRST(&all->list));
    arena_free(all->arena);
    free(all);
}
