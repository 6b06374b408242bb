/*
 * All dialogs of a process: which number has one, who waits behind it, what comes in.
 */
#include "app/dialog/dialog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "app/course_set.h"
#include "app/dialog/cache.h"
#include "app/dialog/internal.h"
#include "base/xalloc.h"
#include "core/gsm/gsm.h"
#include "core/utf8.h"

#define ARENA_MAX_BYTES (256u * 1024)
#define SCRATCH_MAX_BYTES (128u * 1024)
#define FREE_LIST_MAX 256u

/* --- dialogs come from a free list with their arena and timer --- */

static struct dialog *dialog_take(struct dialogs *all)
{
    struct dialog *d = all->free_list;
    if (d != NULL) {
        all->free_list = d->next_number;
        all->n_free--;
        d->next_number = NULL;
    } else {
        d = xcalloc(1, sizeof(*d));
        d->all = all;
        d->arena = arena_new(ARENA_MAX_BYTES);
        d->deadline = timer_new(all->parts.loop, dialog_on_deadline, d);
    }
    return d;
}

void dialog_release(struct dialog *d)
{
    struct dialogs *all = d->all;
    if (all->n_free == FREE_LIST_MAX) {
        timer_free(all->parts.loop, d->deadline);
        arena_free(d->arena);
        free(d);
        return;
    }
    struct arena *arena = d->arena;
    struct timer *deadline = d->deadline;
    arena_reset(arena);
    *d = (struct dialog){
        .all = all, .arena = arena, .deadline = deadline, .next_number = all->free_list};
    all->free_list = d;
    all->n_free++;
}

/* --- one at a time for each number --- */

struct dialog **dialogs_find(struct dialogs *all, const struct number_id *id)
{
    uint32_t bucket = ((uint32_t)id->bytes[0] << 8 | id->bytes[1]) % DIALOG_BUCKETS;
    struct dialog **at = &all->numbers[bucket];
    while (*at != NULL && memcmp((*at)->id.bytes, id->bytes, NUMBER_ID_BYTES) != 0)
        at = &(*at)->next_number;
    return at;
}

/* --- coming in --- */

static struct inbound copy_inbound(const struct inbound *in, struct arena *arena)
{
    struct inbound copy = *in;
    struct {
        struct str *s;
        size_t max;
    } members[] = {
        {&copy.from, DIALOG_MAX_NAME_BYTES},     {&copy.to, DIALOG_MAX_NAME_BYTES},
        {&copy.text, DIALOG_MAX_TEXT_BYTES},     {&copy.raw_text, UINT16_MAX},
        {&copy.id, DIALOG_MAX_NAME_BYTES},       {&copy.session, DIALOG_MAX_NAME_BYTES},
        {&copy.network, DIALOG_MAX_NAME_BYTES},  {&copy.link, DIALOG_MAX_NAME_BYTES},
        {&copy.remember, DIALOG_MAX_NAME_BYTES}, {&copy.part_ref, DIALOG_MAX_NAME_BYTES},
    };
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct str s = utf8_cut(*members[i].s, members[i].max);
        *members[i].s = s.p != NULL ? arena_str(arena, s) : STR_NONE;
    }
    copy.reason = copy.status_raw = copy.error = STR_NONE;
    return copy;
}

static void join_copy(struct dialog *d, const struct dialog_request *request)
{
    struct dialog_waiter *w = xcalloc(1, sizeof(*w));
    *w = (struct dialog_waiter){request->fn, request->ctx, d->waiter.next};
    d->waiter.next = w;
    d->n_copies++;
}

/* ERR_NOT_FOUND: nothing to share, and room at the end of the line. */
static enum err find_copy(struct dialog *first, const struct dedup_key *key,
                          const struct dialog_request *request)
{
    uint32_t n = 0;
    for (struct dialog *d = first; d != NULL; d = d->next_queued, n++) {
        if (request->is_replay || d->key.mark != key->mark)
            continue;
        if (d->n_copies == DIALOG_MAX_COPIES)
            return ERR_FULL;
        join_copy(d, request);
        return ERR_OK;
    }
    return n <= DIALOG_MAX_QUEUED ? ERR_NOT_FOUND : ERR_FULL;
}

static void start(struct dialog *d, const struct dialog_request *request)
{
    struct dialogs *all = d->all;
    bool is_ussd = d->first.kind == INBOUND_USSD;
    d->kind = request->is_replay ? DIALOG_KIND_REPLAY
              : is_ussd          ? DIALOG_KIND_USSD
                                 : DIALOG_KIND_SMS;
    d->channel = request->channel;
    d->must_spool = request->must_spool;
    d->can_say_sms = request->can_say_sms;
    d->say_max_chars = request->say_max_chars;
    d->refine = request->refine;
    d->refine_ctx = request->ctx;
    d->waiter = (struct dialog_waiter){request->fn, request->ctx, NULL};
    d->begun = loop_mono(all->parts.loop);
    d->state = DIALOG_STATE_QUEUED;
    timer_start(all->parts.loop, d->deadline, is_ussd ? DIALOG_USSD_MS : DIALOG_SMS_MS);
    struct dialog **at = dialogs_find(all, &d->id);
    if (*at == NULL) {
        *at = d;
        dialog_take_turn(d);
        return;
    }
    struct dialog *last = *at;
    while (last->next_queued != NULL)
        last = last->next_queued;
    last->next_queued = d;
}

enum err dialogs_submit(struct dialogs *all, const struct dialog_request *request)
{
    if (all->n_running == DIALOG_MAX_RUNNING)
        return ERR_FULL;
    struct dialog *d = dialog_take(all);
    d->first = copy_inbound(request->inbound, d->arena);
    enum err e = arena_error(d->arena);
    if (e == ERR_OK) {
        d->id = vault_number_id(all->parts.vault, d->first.from);
        d->key = dedup_key_make(request->channel->name, &d->first, request->received);
        e = find_copy(*dialogs_find(all, &d->id), &d->key, request);
    }
    if (e == ERR_NOT_FOUND) {
        all->n_running++;
        start(d, request);
        return ERR_OK;
    }
    dialog_release(d);
    return e;
}

/* Nobody wrote: something of our own happens to a number. */
static enum err begin_own(struct dialogs *all, const struct dialog_desk *desk,
                          const struct dialog_own *own, dialog_on_response *fn, void *ctx)
{
    static const struct config_channel nowhere = {.name = {"timer", 5}};
    struct inbound nothing = {.kind = INBOUND_SMS, .from = desk->number};
    if (all->n_running == DIALOG_MAX_RUNNING)
        return ERR_FULL;
    struct dialog *d = dialog_take(all);
    d->is_wake = true;
    d->own = *own;
    d->own.desk.lang = arena_str(d->arena, own->desk.lang);
    d->own.desk.text = arena_str(d->arena, own->desk.text);
    d->own.desk.course = arena_str(d->arena, own->desk.course);
    d->id = desk->id;
    d->first = copy_inbound(&nothing, d->arena);
    if (str_copy(desk->country, d->first.country, sizeof(d->first.country)) != ERR_OK)
        d->first.country[0] = '\0'; /* the channel's */
    d->key = (struct dedup_key){.received = loop_wall(all->parts.loop)};
    all->n_running++;
    start(d, &(struct dialog_request){.channel = desk->channel != NULL ? desk->channel : &nowhere,
                                      .is_replay = true,
                                      .fn = fn,
                                      .ctx = ctx});
    return ERR_OK;
}

enum err dialogs_wake(struct dialogs *all, const struct number_id *id, dialog_on_response *fn,
                      void *ctx)
{
    return begin_own(all, &(struct dialog_desk){.id = *id},
                     &(struct dialog_own){.kind = INPUT_TIMER}, fn, ctx);
}

enum err dialogs_release(struct dialogs *all, const struct number_id *id, struct wall_ms until,
                         dialog_on_response *fn, void *ctx)
{
    struct dialog_own own = {.kind = INPUT_RELEASE, .held_until = until};
    return begin_own(all, &(struct dialog_desk){.id = *id}, &own, fn, ctx);
}

enum err dialogs_desk(struct dialogs *all, const struct dialog_desk *desk, dialog_on_response *fn,
                      void *ctx)
{
    struct dialog_own own = {.kind = INPUT_DESK, .desk = desk->order};
    return begin_own(all, desk, &own, fn, ctx);
}

enum err dialogs_answer(struct dialogs *all, const struct number_id *id, struct str text,
                        dialog_on_response *fn, void *ctx)
{
    struct dialog_own own = {.kind = INPUT_ANSWER, .text = text};
    return begin_own(all, &(struct dialog_desk){.id = *id}, &own, fn, ctx);
}

/* --- all of them --- */

struct dialog_response dialogs_busy(const struct dialogs *all, const struct config_channel *channel,
                                    enum dialog_kind kind, struct arena *arena)
{
    struct dialog_response response = {.outcome = DIALOG_OUTCOME_FAILED};
    if (kind != DIALOG_KIND_USSD)
        return response;
    const struct course *course = courses_current(course_set_courses(all->parts.courses));
    struct str text =
        course != NULL ? course->texts[COURSE_TEXT_busy] : all->parts.config->unavailable_text;
    response.outcome = DIALOG_OUTCOME_BUSY;
    response.text = gsm_fold(text, channel->fold, arena);
    return response;
}

struct dialogs *dialogs_new(const struct dialog_parts *parts)
{
    struct dialogs *all = xcalloc(1, sizeof(*all));
    all->parts = *parts;
    buf_init(&all->scratch, SCRATCH_MAX_BYTES);
    all->cache = dialog_cache_new();
    return all;
}

void dialogs_free(struct dialogs *all)
{
    if (all == NULL)
        return;
    assert(all->n_running == 0);
    while (all->free_list != NULL) {
        struct dialog *d = all->free_list;
        all->free_list = d->next_number;
        timer_free(all->parts.loop, d->deadline);
        arena_free(d->arena);
        free(d);
    }
    buf_fini(&all->scratch);
    dialog_cache_free(all->cache);
    free(all);
}

uint32_t dialogs_n_running(const struct dialogs *all)
{
    return all->n_running;
}
