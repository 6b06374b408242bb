/*
 * hiredis_outbox.c: what becomes of an SMS that was read (hiredis_read.c): its mark, its end; and
 * what waits.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "port/store/hiredis.h"

/* ---- marks, and the end ---- */

/* What mark and settle begin with. */
struct entry_words {
    char outbox[KEY_BYTES], marks[KEY_BYTES], fences[KEY_BYTES], events[KEY_BYTES];
    char state[KEY_BYTES], fence[24], at[24];
};

static void parse_mark(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct str state = STR_NONE;
    if (e == ERR_OK && reply->type == REDIS_REPLY_INTEGER)
        e = reply->integer == 0 ? ERR_CONFLICT : reply->integer == -1 ? ERR_NOT_FOUND : ERR_DENIED;
    else if (e == ERR_OK && reply->type != REDIS_REPLY_STRING)
        e = ERR_IO;
    else if (e == ERR_OK && reply->len > 0)
        state = (struct str){reply->str, reply->len};
    ((store_on_value *)to->fn)(to->ctx, e, state);
}

void hiredis_mark_sending(struct store *s, const struct store_entry *entry,
                          const struct number_id *id, store_on_value *fn, void *ctx)
{
    struct entry_words words;
    struct argv argv;
    bool is_of_bucket = id->bytes[0] == entry->bucket; /* elsewhere lies another server's */
    argv.n = 0;                                        /* the rest of it need not be zero */
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_send_mark"));
    argv_add(&argv, is_of_bucket ? STR("4") : STR("3"));
    argv_add(&argv, bucket_key(words.outbox, entry->bucket, STR("outbox")));
    argv_add(&argv, bucket_key(words.marks, entry->bucket, STR("marks")));
    argv_add(&argv, bucket_key(words.fences, entry->bucket, STR("fence")));
    if (is_of_bucket)
        argv_add(&argv, number_key(words.state, id, 's'));
    argv_add(&argv, decimal_unsigned(words.fence, entry->fence));
    argv_add(&argv, entry->id);
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){parse_mark, (void (*)(void))fn, ctx, 0});
}

void hiredis_clear_sending(struct store *s, const struct store_entry *entry, store_on_done *fn,
                           void *ctx)
{
    char marks[KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("HDEL"));
    argv_add(&argv, bucket_key(marks, entry->bucket, STR("marks")));
    argv_add(&argv, entry->id);
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}

static void parse_settle(const struct link_to *to, enum err e, const redisReply *reply)
{
    if (e == ERR_OK && reply->type != REDIS_REPLY_INTEGER)
        e = ERR_IO;
    else if (e == ERR_OK && reply->integer < 0)
        e = ERR_DENIED;
    ((store_on_done *)to->fn)(to->ctx, e);
}

void hiredis_settle(struct store *s, const struct store_entry *entry,
                    const struct store_settled *what, store_on_done *fn, void *ctx)
{
    struct entry_words words;
    struct argv argv;
    argv.n = 0; /* the rest of it need not be zero */
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_send_settle"));
    argv_add(&argv, what->id != NULL ? STR("5") : STR("4"));
    argv_add(&argv, bucket_key(words.outbox, entry->bucket, STR("outbox")));
    argv_add(&argv, bucket_key(words.marks, entry->bucket, STR("marks")));
    argv_add(&argv, bucket_key(words.fences, entry->bucket, STR("fence")));
    argv_add(&argv, bucket_key(words.events, entry->bucket, STR("events")));
    if (what->id != NULL)
        argv_add(&argv, number_key(words.state, what->id, 's'));
    argv_add(&argv, decimal_unsigned(words.fence, entry->fence));
    argv_add(&argv, entry->id);
    argv_add(&argv, what->event);
    if (what->id != NULL) {
        argv_add(&argv, decimal(words.at, what->patch.at));
        argv_add(&argv, what->patch.before);
        argv_add(&argv, what->patch.after);
    }
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){parse_settle, (void (*)(void))fn, ctx, 0});
}

/* ---- what waits ---- */

/* Of each bucket its length, then its first entry. */
struct outbox_look {
    store_on_outbox *fn;
    void *ctx;
    uint32_t n_missing;
    enum err e;
    uint64_t n;
    int64_t oldest_ms;
};

static void outbox_look_end(struct outbox_look *look)
{
    look->fn(look->ctx, look->e, look->n, look->oldest_ms);
    free(look);
}

static enum err take_first(struct outbox_look *look, const redisReply *entries)
{
    const redisReply *entry = entries->elements > 0 ? entries->element[0] : NULL;
    struct event_place place;
    if (entry == NULL)
        return ERR_OK;
    if (entry->type != REDIS_REPLY_ARRAY || entry->elements == 0 ||
        entry->element[0]->type != REDIS_REPLY_STRING ||
        event_place_read((struct str){entry->element[0]->str, entry->element[0]->len}, &place) !=
            ERR_OK)
        return ERR_IO;
    if (look->oldest_ms == 0 || (int64_t)place.ms < look->oldest_ms)
        look->oldest_ms = (int64_t)place.ms;
    return ERR_OK;
}

static void parse_outbox_look(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct outbox_look *look = to->ctx;
    if (e == ERR_OK && reply == NULL) /* nothing is ours */
        look->n = 0;
    else if (e == ERR_OK && reply->type == REDIS_REPLY_INTEGER)
        look->n += (uint64_t)reply->integer;
    else if (e == ERR_OK && reply->type == REDIS_REPLY_ARRAY)
        e = take_first(look, reply);
    else if (e == ERR_OK)
        e = ERR_IO;
    if (look->e == ERR_OK)
        look->e = e;
    if (--look->n_missing == 0)
        outbox_look_end(look);
}

static void look_at_bucket(struct nodes *nodes, uint8_t bucket, const struct link_to *to)
{
    char key[KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("XLEN"));
    argv_add(&argv, bucket_key(key, bucket, STR("outbox")));
    nodes_send(nodes, &argv, to, 0);
    argv.n = 0;
    argv_add(&argv, STR("XRANGE"));
    argv_add(&argv, bucket_key(key, bucket, STR("outbox")));
    argv_add(&argv, STR("-"));
    argv_add(&argv, STR("+"));
    argv_add(&argv, STR("COUNT"));
    argv_add(&argv, STR("1"));
    nodes_send(nodes, &argv, to, 0);
}

void hiredis_outbox_look(struct store *s, const uint64_t *fences, store_on_outbox *fn, void *ctx)
{
    struct nodes *nodes = hiredis_store(s)->nodes;
    struct outbox_look *look = xcalloc(1, sizeof(*look));
    struct link_to to = {parse_outbox_look, NULL, look, 0};
    bool buckets[STORE_BUCKETS];
    *look = (struct outbox_look){.fn = fn, .ctx = ctx};
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        buckets[i] = fences[store_lease_range((uint8_t)i)] != 0;
        look->n_missing += buckets[i] ? 2 : 0;
    }
    look->e = nodes_admit(nodes);
    if (look->e != ERR_OK || look->n_missing == 0) {
        look->n_missing = 1;
        nodes_answer_later(nodes, &to, look->e);
        return;
    }
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        if (buckets[i])
            look_at_bucket(nodes, (uint8_t)i, &to);
    }
}
