/*
 * functions.lua promises that a function which meets a key of another type than it expects says so
 * and has written nothing: Lua does not roll back. Each function, each of its keys in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "port/file.h"
#include "redis_server.h"

#define MAX_KEYS 9
#define MAX_WORDS 40

static struct redis_server server;

/* keys: what each is in life: s string, z sorted set, h hash, x stream, l lease counter, - not
 * there. args: words; ID is the entry that is in the stream. */
static const struct {
    const char *name, *keys, *args;
} rows[] = {
    {"commit", "ssxxzzs-", "s__1 state reply 60000 event 5 m slot seen 1000 _ sms"},
    {"commit", "ssxxzzs-", "s__1 state reply 60000 event 5 m slot seen _ _ sms"},
    {"step", "sx", "s__1 state event"},
    {"commit_capped", "ssxxzzs-s",
     "1 9 x 3 60 _ refused sent s__1 state reply 60000 event 5 m slot seen _ _ sms"},
    {"lease", "ll", "1 9 3600 1 9 3600"},
    {"give_back", "ll", "1 7 3600 1 7 3600"},
    {"part_put", "hz", "k 2 2 0123456789012345 b 60 60 9"},
    {"parts_overdue", "z-", "p:"},
    {"patch", "s", "0 s t"},
    {"restore", "-zz", "s__1state 5 m slot"},
    {"wake", "szz", "5 m slot"},
    {"certificate_put", "s", "line 99999999999"},
    {"certificate", "ss", "e"},
    {"probe", "-h", ""},
    {"log_end", "x", ""},
    {"log_size", "x", ""},
    {"log_delete", "x-", "99 ID"},
    {"read", "", "1 k0 0"},
    {"due", "z-", "9 9"},
    {"due_at", "z-", "m"},
    {"own", "h", "me life 9000 4"},
    {"disown", "h", "me life 1 0"},
    {"fence", "h", "writer 3"},
    {"send_mark", "xhhs", "3 ID"},
    {"send_settle", "xhhxs", "3 ID event 0 s t"},
    {"sends", "xhh", "m 3 ID"},
    {"sends", "xhhs", "M 3 ID"},
    {"sends", "xhhx", "s 3 ID event"},
    {"sends", "xhhxs", "S 3 ID event 0 s t"},
};

static redisReply *ask(int n, const char **words)
{
    redisReply *reply = redisCommandArgv(server.redis, n, words, NULL);
    assert_non_null(reply);
    return reply;
}

/* All keys with all that is in them. */
static void picture(char *dst, size_t size)
{
    size_t at = 0;
    for (int i = 0; i < MAX_KEYS; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "k%d", i);
        const char *words[] = {"DUMP", key};
        redisReply *reply = ask(2, words);
        for (size_t k = 0; k < reply->len && reply->type == REDIS_REPLY_STRING; k++)
            at += (size_t)snprintf(dst + at, size - at, "%02x", (unsigned char)reply->str[k]);
        at += (size_t)snprintf(dst + at, size - at, "|");
        freeReplyObject(reply);
    }
}

static void put(unsigned i, char kind)
{
    switch (kind) {
    case 's':
        (void)redis_server_do(&server, "SET k%u s__1", i);
        break;
    case 'l':
        (void)redis_server_do(&server, "SET k%u %b", i, "7 7", (size_t)3);
        break;
    case 'z':
        (void)redis_server_do(&server, "ZADD k%u 1 name", i);
        break;
    case 'h':
        (void)redis_server_do(&server, "HSET k%u 1 0123456789012345a", i);
        break;
    case 'x':
        (void)redis_server_do(&server, "XADD k%u 1-1 p v", i);
        break;
    default:
        break;
    }
}

/* Calls a row with the key `wrong` of another type (0: none, 1 is the first); true: it was refused.
 */
static bool is_refused(size_t row, unsigned wrong, char *ret_before, char *ret_after, size_t size)
{
    char name[32], n_keys[16], keys[MAX_KEYS][16], args[160];
    const char *words[MAX_WORDS] = {"FCALL", name, n_keys};
    int n = 3;
    unsigned count = (unsigned)strlen(rows[row].keys);
    (void)redis_server_do(&server, "FLUSHDB");
    (void)snprintf(name, sizeof(name), "waypost_%s", rows[row].name);
    (void)snprintf(n_keys, sizeof(n_keys), "%u", count);
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%u", i);
        words[n++] = keys[i];
        if (i + 1 != wrong)
            put(i, rows[row].keys[i]);
        else
            assert_int_equal(redis_server_do(&server, "RPUSH k%u v", i), 1);
    }
    (void)snprintf(args, sizeof(args), "%s", rows[row].args);
    for (char *rest = args, *word; (word = strtok_r(rest, " ", &rest)) != NULL;)
        words[n++] = strcmp(word, "_") == 0 ? "" : strcmp(word, "ID") == 0 ? "1-1" : word;
    picture(ret_before, size);
    redisReply *reply = ask(n, words);
    const redisReply *own = reply; /* of one that does many things, the first */
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0)
        own = reply->element[0];
    bool is_error = own->type == REDIS_REPLY_ERROR;
    if (is_error && wrong == 0)
        fail_msg("%s: %s", name, own->str);
    freeReplyObject(reply);
    picture(ret_after, size);
    return is_error;
}

static void what_is_refused_has_written_nothing(void **state)
{
    (void)state; /* the server is the program's */
    static char before[65536], after[65536];
    uint32_t n_wrong = 0;
    for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
        (void)is_refused(row, 0, before, after, sizeof(before));
        for (unsigned i = 1; i <= strlen(rows[row].keys); i++) {
            if (is_refused(row, i, before, after, sizeof(before)) && strcmp(before, after) != 0)
                n_wrong++, printf("%s was refused for its key %u, and had written\n%s\n%s\n",
                                  rows[row].name, i, before, after);
        }
    }
    assert_int_equal(n_wrong, 0);
}

static void every_function_has_a_row(void **state)
{
    (void)state; /* the server is the program's */
    const char *words[] = {"FUNCTION", "LIST"};
    redisReply *reply = ask(2, words);
    redisReply *functions = reply->element[0]->element[5];
    assert_true(functions->elements > 20);
    for (size_t i = 0; i < functions->elements; i++) {
        const char *name = functions->element[i]->element[1]->str;
        size_t row = 0;
        while (row < ARRAY_LEN(rows) && strcmp(rows[row].name, name + strlen("waypost_")) != 0)
            row++;
        if (row == ARRAY_LEN(rows))
            fail_msg("%s has no row here", name);
    }
    freeReplyObject(reply);
}

static int load(void **state)
{
    (void)state; /* the server is the program's */
    struct buf text CLEANUP(buf_fini);
    struct errmsg msg;
    redis_server_init(&server);
    if (file_read("gateway/port/store/functions.lua", 1u << 20, &text, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    assert_int_not_equal(redis_server_do(&server, "FUNCTION LOAD %b", text.p, text.len), -1);
    return 0;
}

static int unload(void **state)
{
    (void)state; /* the server is the program's */
    redis_server_fini(&server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_has_a_row),
        cmocka_unit_test(what_is_refused_has_written_nothing),
    };
    if (!redis_server_is_installed()) {
        printf("skipped: no redis-server\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, load, unload);
}
