/*
 * Any bytes as what a Redis server says: hiredis' reader and then every parser of ours, whichever
 * command the reply was for. No parser trusts a reply's shape; each answers exactly once.
 */
#include <assert.h>
#include <stdint.h>

#include "port/store/hiredis_link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t n_responses;

/* Reads every byte that it was given, for the sanitizer to see. */
static uint32_t touch(struct str s)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < s.len; i++)
        sum += (uint8_t)s.p[i];
    return sum;
}

static void on_record(void *ctx, enum err e, const struct store_record *rec)
{
    (void)ctx; /* none */
    n_responses++;
    if (rec != NULL) {
        assert(e == ERR_OK || e == ERR_CONFLICT);
        (void)(touch(rec->state) + touch(rec->reply)); /* only read */
    }
}

static void on_value(void *ctx, enum err e, struct str value)
{
    (void)ctx; /* none */
    n_responses++;
    assert(e == ERR_OK || value.p == NULL);
    (void)touch(value); /* only read */
}

static void on_courses(void *ctx, enum err e, const struct str *names, const struct str *bundles,
                       uint32_t n, struct str current)
{
    (void)ctx; /* none */
    n_responses++;
    assert(e == ERR_OK || n == 0);
    for (uint32_t i = 0; i < n; i++)
        (void)(touch(names[i]) + touch(bundles[i])); /* only read */
    (void)touch(current);                            /* only read */
}

static void parse_streams(const redisReply *reply)
{
    struct arena *arena = arena_new(1 << 20);
    struct store_entry *entries = NULL;
    uint32_t n = 0;
    if (reply_entries(reply, arena, &entries, &n) == ERR_OK) {
        for (uint32_t i = 0; i < n; i++)
            (void)(touch(entries[i].id) + touch(entries[i].payload)); /* only read */
    }
    arena_free(arena);
}

static void parse_all(const redisReply *reply)
{
    struct due_number due[8];
    uint32_t n_due = 0;
    enum reply_cure cure;
    if (reply->type == REDIS_REPLY_ERROR) {
        struct redirect to;
        struct str text = {reply->str, reply->len};
        assert(reply_error(text, &cure) != ERR_OK);
        assert(!redirect_read(text, &to) || (to.slot < SLOTS && to.to.port > 0));
        return;
    }
    static struct slot_map map; /* too large for the stack */
    assert(slot_map_read(reply, false, &map) != ERR_OK || map.n <= NODES_MAX);
    n_responses = 0;
    reply_load(&(struct link_to){reply_load, (void (*)(void))on_record, NULL, 0}, ERR_OK, reply);
    reply_commit(&(struct link_to){reply_commit, (void (*)(void))on_record, NULL, 0}, ERR_OK,
                 reply);
    reply_value(&(struct link_to){reply_value, (void (*)(void))on_value, NULL, 0}, ERR_OK, reply);
    reply_courses(&(struct link_to){reply_courses, (void (*)(void))on_courses, NULL, 0}, ERR_OK,
                  reply);
    assert(n_responses == 4);
    parse_streams(reply);
    if (reply_due(reply, 7, due, ARRAY_LEN(due), &n_due) == ERR_OK)
        assert(n_due <= ARRAY_LEN(due));
    (void)library_version(reply_library_code(reply)); /* any number will do */
}

/* hiredis 0.14 allocates what an array's head claims, up to gigabytes. Our server is trusted not to
 * lie in that way, so such inputs say nothing about our own code. */
static bool has_huge_array(struct str bytes)
{
    uint64_t n;
    for (size_t i = 0; i < bytes.len; i++) {
        struct str head = str_sub(bytes, i + 1, i + 6);
        if (bytes.p[i] == '*' && head.len == 5 && str_to_u64(head, 99999, &n) == ERR_OK)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (has_huge_array((struct str){(const char *)data, size}))
        return 0;
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;
    if (redisReaderFeed(reader, (const char *)data, size) == REDIS_OK) {
        while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply != NULL) {
            parse_all(reply);
            freeReplyObject(reply);
            reply = NULL;
        }
    }
    redisReaderFree(reader);
    return 0;
}
