/*
 * hiredis_outbox.c: what becomes of an SMS that was read (hiredis_read.c): its mark, its end; and
 * what waits. Marks and ends of one turn, and of those in which an earlier call is under way, go in
 * one call: a function costs Redis as much to begin as two commands in it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/store/hiredis.h"

/* ---- marks and ends: many in one call ---- */

#define SENDING_WORDS 12 /* of a settlement with its patch */

/* One mark or settlement that has not been asked for. */
struct sending {
    STAILQ_ENTRY(sending) entry;
    struct link_to to;
    uint8_t n_keys, n; /* words: first its keys, then its arguments */
    size_t bytes[SENDING_WORDS];
    char text[];
};

/* One FCALL: those that it asks for. */
struct sendings_call {
    struct hiredis_store *store;
    struct sending_queue asked;
    size_t n;
};

static void sendings_ask(struct hiredis_store *s);

static void sending_respond(struct sending *sending, enum err e, const redisReply *reply)
{
    struct link_to to = sending->to;
    free(sending);
    to.parse(&to, e, e == ERR_OK ? reply : NULL);
}

/* What a sending's own part of the response says, or is wrong with. */
static enum err own_error(const redisReply *own)
{
    enum reply_cure cure;
    if (own->type != REDIS_REPLY_ERROR)
        return ERR_OK;
    LOG_ERROR("store", "redis refuses a command", "reply=\"%s\"", own->str);
    return reply_error((struct str){own->str, own->len}, &cure);
}

static void parse_sendings(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct sendings_call *call = to->ctx;
    struct hiredis_store *s = call->store;
    struct sending *sending;
    if (e == ERR_OK && (reply->type != REDIS_REPLY_ARRAY || reply->elements != call->n))
        e = ERR_IO;
    for (size_t i = 0; (sending = STAILQ_FIRST(&call->asked)) != NULL; i++) {
        const redisReply *own = e == ERR_OK ? reply->element[i] : NULL;
        STAILQ_REMOVE_HEAD(&call->asked, entry);
        sending_respond(sending, own != NULL ? own_error(own) : e, own);
    }
    free(call);
    s->n_sendings_calls--;
    sendings_ask(s); /* what has gathered meanwhile */
}

static void add_words(const struct sending *sending, bool is_keys, struct argv *argv)
{
    const char *p = sending->text;
    for (uint8_t i = 0; i < sending->n; i++) {
        if ((i < sending->n_keys) == is_keys)
            argv_add(argv, (struct str){p, sending->bytes[i]});
        p += sending->bytes[i];
    }
}

/* As many as one command holds; on a Cluster one, since their keys may lie in several slots. */
static void sendings_call(struct hiredis_store *s)
{
    struct sendings_call *call = xcalloc(1, sizeof(*call));
    struct sending *sending;
    char n_keys[24];
    uint32_t keys = 0;
    int words = 3;
    struct argv argv;
    argv.n = 0; /* the rest of it need not be zero */
    call->store = s;
    STAILQ_INIT(&call->asked);
    do {
        sending = STAILQ_FIRST(&s->sendings);
        STAILQ_REMOVE_HEAD(&s->sendings, entry);
        STAILQ_INSERT_TAIL(&call->asked, sending, entry);
        call->n++;
        keys += sending->n_keys;
        words += sending->n;
    } while (!STAILQ_EMPTY(&s->sendings) && words + SENDING_WORDS <= ARGV_MAX &&
             !nodes_is_cluster(s->nodes));
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_sends"));
    argv_add(&argv, decimal_unsigned(n_keys, keys));
    STAILQ_FOREACH(sending, &call->asked, entry)
    add_words(sending, true, &argv);
    STAILQ_FOREACH(sending, &call->asked, entry)
    add_words(sending, false, &argv);
    s->n_sendings_calls++;
    nodes_ask(s->nodes, &argv, &(struct link_to){parse_sendings, NULL, call, 0});
}

/* On one server all calls of a turn share a batch, and while it is under way the next gathers. */
static void sendings_ask(struct hiredis_store *s)
{
    if (s->n_sendings_calls > 0 && !nodes_is_cluster(s->nodes))
        return;
    while (!STAILQ_EMPTY(&s->sendings))
        sendings_call(s);
}

static void on_sendings_turn(void *ctx)
{
    sendings_ask(ctx);
}

/* words: its keys, then its arguments; copied. */
static void sending_add(struct store *store, const struct argv *words, uint8_t n_keys,
                        const struct link_to *to)
{
    struct hiredis_store *s = hiredis_store(store);
    size_t bytes = 0;
    for (int i = 0; i < words->n; i++)
        bytes += words->bytes[i];
    struct sending *sending = xcalloc(1, sizeof(*sending) + bytes);
    char *p = sending->text;
    sending->to = *to;
    sending->n_keys = n_keys;
    sending->n = (uint8_t)words->n;
    for (int i = 0; i < words->n; i++) {
        sending->bytes[i] = words->bytes[i];
        memcpy(p, words->words[i], words->bytes[i]);
        p += words->bytes[i];
    }
    if (STAILQ_EMPTY(&s->sendings))
        timer_start(s->loop, s->sendings_turn, 0);
    STAILQ_INSERT_TAIL(&s->sendings, sending, entry);
}

void sendings_init(struct hiredis_store *s)
{
    STAILQ_INIT(&s->sendings);
    s->sendings_turn = timer_new(s->loop, on_sendings_turn, s);
}

void sendings_fini(struct hiredis_store *s)
{
    struct sending *sending;
    while ((sending = STAILQ_FIRST(&s->sendings)) != NULL) {
        STAILQ_REMOVE_HEAD(&s->sendings, entry);
        sending_respond(sending, ERR_UNAVAILABLE, NULL);
    }
    timer_free(s->loop, s->sendings_turn);
}

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

static void add_entry_keys(struct entry_words *words, uint8_t bucket, struct argv *argv)
{
    argv->n = 0; /* the rest of it need not be zero */
    argv_add(argv, bucket_key(words->outbox, bucket, STR("outbox")));
    argv_add(argv, bucket_key(words->marks, bucket, STR("marks")));
    argv_add(argv, bucket_key(words->fences, bucket, STR("fence")));
}

void hiredis_mark_sending(struct store *s, const struct store_entry *entry,
                          const struct number_id *id, store_on_value *fn, void *ctx)
{
    struct entry_words words;
    struct argv argv;
    bool is_of_bucket = id->bytes[0] == entry->bucket; /* elsewhere lies another server's */
    add_entry_keys(&words, entry->bucket, &argv);
    if (is_of_bucket)
        argv_add(&argv, number_key(words.state, id, 's'));
    uint8_t n_keys = (uint8_t)argv.n;
    argv_add(&argv, is_of_bucket ? STR("M") : STR("m"));
    argv_add(&argv, decimal_unsigned(words.fence, entry->fence));
    argv_add(&argv, entry->id);
    sending_add(s, &argv, n_keys, &(struct link_to){parse_mark, (void (*)(void))fn, ctx, 0});
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
    add_entry_keys(&words, entry->bucket, &argv);
    argv_add(&argv, bucket_key(words.events, entry->bucket, STR("events")));
    if (what->id != NULL)
        argv_add(&argv, number_key(words.state, what->id, 's'));
    uint8_t n_keys = (uint8_t)argv.n;
    argv_add(&argv, what->id != NULL ? STR("S") : STR("s"));
    argv_add(&argv, decimal_unsigned(words.fence, entry->fence));
    argv_add(&argv, entry->id);
    argv_add(&argv, what->event);
    if (what->id != NULL) {
        argv_add(&argv, decimal(words.at, what->patch.at));
        argv_add(&argv, what->patch.before);
        argv_add(&argv, what->patch.after);
    }
    sending_add(s, &argv, n_keys, &(struct link_to){parse_settle, (void (*)(void))fn, ctx, 0});
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
        nodes_respond_later(nodes, &to, look->e);
        return;
    }
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        if (buckets[i])
            look_at_bucket(nodes, (uint8_t)i, &to);
    }
}
