#include "app/joiner.h"

#include <stdlib.h>
#include <string.h>

#include "app/message.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "port/store/values.h"

#define ARENA_MAX_BYTES (512u * 1024)
#define KEY_BYTES (2 * NUMBER_ID_BYTES + 1)

struct joiner {
    struct joiner_ports ports;
    struct timer *timer; /* of the next look */
    bool is_stopped;
    uint32_t n_running;
};

/* One part on its way in, or one overdue message. */
struct joining {
    struct joiner *joiner;
    struct dialog_request request; /* inbound is set for each use */
    struct arena *arena;
    struct str record; /* the part as the spool would hold it */
    char key[KEY_BYTES];
    bool is_whole;   /* the request is the whole message */
    bool is_overdue; /* nobody asks: found by the sweep */
};

static void look(void *ctx);

static struct joining *joining_new(struct joiner *j)
{
    struct joining *g = xcalloc(1, sizeof(*g));
    g->joiner = j;
    g->arena = arena_new(ARENA_MAX_BYTES);
    j->n_running++;
    return g;
}

static void joining_free(struct joining *g)
{
    g->joiner->n_running--;
    arena_free(g->arena);
    free(g);
}

/* ---- the end ---- */

static void on_done(void *ctx, enum err e)
{
    (void)ctx, (void)e; /* the message becomes overdue then, and is found to be a repeat */
}

static void sweep_in(struct joiner *j, int64_t ms)
{
    if (!j->is_stopped)
        timer_start(j->ports.loop, j->timer, ms);
}

static void on_put_off(void *ctx, enum err e)
{
    sweep_in(ctx, e == ERR_OK ? 0 : JOINER_SWEEP_MS); /* the same one would be found again */
}

/* It stays for a later time, and is not to be the first that is found until then. */
static void put_off(struct joining *g)
{
    struct joiner *j = g->joiner;
    store_part_later(j->ports.store, str_from(g->key), JOINER_LATER_MS, JOINER_KEEP_MS, on_put_off,
                     j);
}

static void finish(struct joining *g, const struct dialog_response *response)
{
    struct joiner *j = g->joiner;
    bool is_handled =
        response->outcome != DIALOG_OUTCOME_FAILED && response->outcome != DIALOG_OUTCOME_BROKEN;
    bool was_overdue = g->is_overdue;
    if (g->is_whole && is_handled)
        store_part_done(j->ports.store, str_from(g->key), was_overdue, on_done, j);
    else if (g->is_whole && was_overdue)
        put_off(g);
    if (!was_overdue)
        g->request.fn(g->request.ctx, response);
    joining_free(g);
    if (was_overdue && is_handled)
        sweep_in(j, 0);
}

static void end(struct joining *g, enum dialog_outcome outcome)
{
    struct dialog_response response = {.outcome = outcome};
    finish(g, &response);
}

static void on_dialog(void *ctx, const struct dialog_response *response)
{
    finish(ctx, response);
}

static void submit(struct joining *g, const struct inbound *inbound)
{
    struct dialog_request request = g->request;
    request.inbound = inbound;
    request.fn = on_dialog;
    request.ctx = g;
    if (dialogs_submit(g->joiner->ports.dialogs, &request) != ERR_OK)
        end(g, DIALOG_OUTCOME_FAILED);
}

/* ---- parts ---- */

/* Opens what the store held. False: nobody could have written this. */
static bool open_part(struct joining *g, struct str value, struct spooled *ret)
{
    struct buf plain CLEANUP(buf_fini);
    buf_init(&plain, STORE_PART_BYTES);
    return vault_box_open(g->joiner->ports.vault, str_from(g->key), value, &plain) == ERR_OK &&
           spooled_decode(arena_str(g->arena, buf_str(&plain)), ret) == ERR_OK;
}

/* The same for the same parts; references are used again for other messages. */
static struct str message_id(struct joining *g, struct str text)
{
    char hex[KEY_BYTES];
    struct str name = arena_printf(g->arena, "parts %s %.*s", g->key, STR_ARG(text));
    struct number_id id = vault_number_id(g->joiner->ports.vault, name);
    hex_encode(id.bytes, sizeof(id.bytes), hex);
    return arena_printf(g->arena, "parts %s", hex);
}

/* The message of all parts that are there. False: there is none that can be read. */
static bool join(struct joining *g, const struct str *values, uint32_t n, struct spooled *ret)
{
    struct buf text CLEANUP(buf_fini);
    uint32_t n_there = 0, of = n;
    bool is_gap = false;
    buf_init(&text, ARENA_MAX_BYTES / 2);
    for (uint32_t i = 0; i < n; i++) {
        struct spooled part;
        if (values[i].p == NULL || !open_part(g, values[i], &part)) {
            is_gap = true;
            continue;
        }
        if (n_there++ == 0)
            *ret = part;
        if (is_gap)
            buf_add_str(&text, STR(JOINER_GAP));
        buf_add_str(&text, part.inbound.text);
        ret->inbound.is_opt_out |= part.inbound.is_opt_out;
        of = part.inbound.part_of;
        is_gap = false;
    }
    if (of > n || is_gap)
        buf_add_str(&text, STR(JOINER_GAP));
    ret->inbound.text = arena_str(g->arena, buf_str(&text));
    ret->inbound.id = message_id(g, ret->inbound.text);
    ret->inbound.part_ref = STR_NONE;
    ret->inbound.part_n = ret->inbound.part_of = 0;
    return n_there > 0 && buf_error(&text) == ERR_OK && arena_error(g->arena) == ERR_OK;
}

/* Handled as a message of its own: in the spool still a part, so that it can be joined there. */
static void submit_alone(struct joining *g, bool must_spool)
{
    struct spooled part;
    if (spooled_decode(g->record, &part) != ERR_OK) {
        end(g, DIALOG_OUTCOME_FAILED);
        return;
    }
    if (!must_spool)
        part.inbound.part_n = part.inbound.part_of = 0;
    g->request.must_spool = must_spool;
    submit(g, &part.inbound);
}

static void on_put(void *ctx, enum err e, enum store_part_state state, const struct str *values,
                   uint32_t n)
{
    struct joining *g = ctx;
    struct spooled whole;
    if (e == ERR_TOO_LONG) {
        submit_alone(g, false);
        return;
    }
    if (e != ERR_OK) {
        LOG_WARN("joiner", "part not kept", "err=%s", err_name(e));
        if (g->request.is_replay)
            end(g, DIALOG_OUTCOME_FAILED);
        else
            submit_alone(g, true);
        return;
    }
    switch (state) {
    case STORE_PART_KEPT:
        end(g, DIALOG_OUTCOME_STEPPED);
        return;
    case STORE_PART_ALONE:
        submit_alone(g, false);
        return;
    case STORE_PART_COMPLETE:
        g->is_whole = true;
        metrics_add(g->joiner->ports.metrics, METRIC_sms_joined_total, 1);
        if (join(g, values, n, &whole))
            submit(g, &whole.inbound);
        else
            end(g, DIALOG_OUTCOME_FAILED);
        return;
    }
}

/* Names the message; tells nothing to who reads the store. */
static void name_message(struct joining *g, const struct inbound *in, struct str channel)
{
    struct str name = arena_printf(g->arena, "parts %.*s %.*s %.*s %u", STR_ARG(channel),
                                   STR_ARG(in->from), STR_ARG(in->part_ref), in->part_of);
    struct number_id id = vault_number_id(g->joiner->ports.vault, name);
    hex_encode(id.bytes, sizeof(id.bytes), g->key);
}

static void mark_part(struct joining *g, const struct inbound *in, char mark[STORE_PART_MARK_BYTES])
{
    char hex[KEY_BYTES];
    struct str text = arena_printf(g->arena, "part %.*s", STR_ARG(in->text));
    struct number_id id = vault_number_id(g->joiner->ports.vault, text);
    hex_encode(id.bytes, sizeof(id.bytes), hex);
    memcpy(mark, hex, STORE_PART_MARK_BYTES);
}

static void put(struct joining *g, const struct inbound *in, struct str channel)
{
    struct joiner *j = g->joiner;
    struct store_part part = {
        .n = in->part_n, .of = in->part_of, .wait_ms = JOINER_WAIT_MS, .keep_ms = JOINER_KEEP_MS};
    struct buf value CLEANUP(buf_fini);
    buf_init(&value, STORE_PART_BYTES);
    name_message(g, in, channel);
    part.key = str_from(g->key);
    mark_part(g, in, part.mark);
    if (in->part_of > STORE_MAX_PARTS ||
        vault_box_seal(j->ports.vault, str_from(g->key), g->record, &value) != ERR_OK) {
        submit_alone(g, false);
        return;
    }
    part.value = buf_str(&value);
    store_part_put(j->ports.store, &part, on_put, g);
}

enum err joiner_take(struct joiner *j, const struct dialog_request *request)
{
    const struct inbound *in = request->inbound;
    struct joining *g = joining_new(j);
    struct buf record CLEANUP(buf_fini);
    buf_init(&record, SPOOL_MAX_RECORD_BYTES);
    struct spooled sms = {.channel = request->channel->name, .received = request->received};
    sms.inbound = *in;
    spooled_encode(&sms, &record);
    g->record = arena_str(g->arena, buf_str(&record));
    if (buf_error(&record) != ERR_OK || arena_error(g->arena) != ERR_OK) {
        joining_free(g);
        return ERR_TOO_LONG;
    }
    g->request = *request;
    g->request.inbound = NULL;
    put(g, in, request->channel->name);
    return ERR_OK;
}

/* ---- messages that wait too long ---- */

static void give_up(struct joining *g, const char *why)
{
    LOG_ERROR("joiner", "long message given up", "why=\"%s\"", why);
    end(g, DIALOG_OUTCOME_NOTHING);
}

static void on_overdue(void *ctx, enum err e, struct str key, const struct str *values, uint32_t n)
{
    struct joining *g = ctx;
    struct joiner *j = g->joiner;
    struct spooled whole;
    if (e != ERR_OK || n == 0 || str_copy(key, g->key, sizeof(g->key)) != ERR_OK) {
        joining_free(g);
        sweep_in(j, JOINER_SWEEP_MS);
        return;
    }
    g->is_whole = true;
    bool is_joined = join(g, values, n, &whole);
    if (!is_joined) { /* sealed by nobody, or with a key that is gone: for ever */
        give_up(g, "it cannot be read");
        return;
    }
    g->request.received = whole.received;
    if (loop_wall(j->ports.loop).ms - whole.received.ms > JOINER_GIVE_UP_MS) {
        give_up(g, "nobody could handle it");
        return;
    }
    g->request.channel = config_channel_get(j->ports.config, whole.channel);
    if (g->request.channel == NULL) {
        LOG_WARN("joiner", "long message waits: its channel is not configured any more",
                 "channel=%.*s", STR_ARG(whole.channel));
        end(g, DIALOG_OUTCOME_BROKEN);
        return;
    }
    LOG_INFO("joiner", "long message without all of its parts", "channel=%.*s",
             STR_ARG(whole.channel));
    g->request.is_replay = true;
    submit(g, &whole.inbound);
}

static void look(void *ctx)
{
    struct joiner *j = ctx;
    struct joining *g = joining_new(j);
    g->is_overdue = true;
    store_parts_overdue(j->ports.store, on_overdue, g);
}

/* ---- life ---- */

struct joiner *joiner_new(const struct joiner_ports *ports)
{
    struct joiner *j = xcalloc(1, sizeof(*j));
    j->ports = *ports;
    j->timer = timer_new(ports->loop, look, j);
    return j;
}

void joiner_start(struct joiner *j)
{
    timer_start(j->ports.loop, j->timer, 0);
}

void joiner_stop(struct joiner *j)
{
    j->is_stopped = true;
    timer_stop(j->ports.loop, j->timer);
}

uint32_t joiner_n_running(const struct joiner *j)
{
    return j->n_running;
}

void joiner_free(struct joiner *j)
{
    if (j == NULL)
        return;
    timer_free(j->ports.loop, j->timer);
    free(j);
}
