/* Which server of a Cluster has which key: slots, redirections, and the map; and whose key is
 * whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "port/store/hiredis_link.h"
#include "port/store/hiredis_map.h"
#include "port/store/hiredis_nodes.h"

/* As redis-cli cluster keyslot says. */
static void test_slots(void **state)
{
    static const struct {
        const char *key;
        uint16_t slot;
    } rows[] = {
        {"123456789", 0x31c3 % SLOTS}, /* the check value of CRC16/XMODEM */
        {"", 0},
        {"wp:epoch", 9864},
        {"{wp:epoch}", 9864},
        {"foo{}{bar}", 8363}, /* nothing between the first pair: all of it counts */
        {"foo{{bar}}zap", 4015},
        {"foo{bar}{zap}", 5061},
        {"{b007}", 12862},
        {"wp:{b007}:s:abc", 12862},
        {"wp:{b007}:events", 12862},
        {"foo{bar", 15278}, /* no end: all of it counts */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (slot_of(str_from(rows[i].key)) != rows[i].slot)
            print_error("%s: %u\n", rows[i].key, slot_of(str_from(rows[i].key)));
        assert_int_equal(slot_of(str_from(rows[i].key)), rows[i].slot);
    }
}

static void test_redirects(void **state)
{
    static const struct {
        const char *error;
        bool is_good, is_ask;
        uint16_t slot;
        const char *host;
        int port;
    } rows[] = {
        {"MOVED 3999 127.0.0.1:6381", true, false, 3999, "127.0.0.1", 6381},
        {"ASK 0 10.0.0.1:1", true, true, 0, "10.0.0.1", 1},
        {"MOVED 16383 ::1:65535", true, false, 16383, "::1", 65535},
        {"MOVED 1 [::1]:6381", true, false, 1, "::1", 6381},
        {"MOVED 1 :6381", true, false, 1, "", 6381},  /* whoever said so */
        {"MOVED 1 ?:6381", true, false, 1, "", 6381}, /* it does not know itself */
        {"MOVED 16384 127.0.0.1:6381", false, false, 0, "", 0},
        {"MOVED -1 127.0.0.1:6381", false, false, 0, "", 0},
        {"MOVED 1 127.0.0.1:65536", false, false, 0, "", 0},
        {"MOVED 1 127.0.0.1:0", false, false, 0, "", 0},
        {"MOVED 1 127.0.0.1", false, false, 0, "", 0},
        {"MOVED 1", false, false, 0, "", 0},
        {"MOVED", false, false, 0, "", 0},
        {"", false, false, 0, "", 0},
        {"MOVEDX 1 127.0.0.1:6381", false, false, 0, "", 0},
        {"TRYAGAIN Multiple keys request during rehashing of slot", false, false, 0, "", 0},
        /* 63 bytes of a host, and one more */
        {"ASK 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1", true, true, 1,
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1},
        {"ASK 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1", false, true, 0,
         "", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct redirect redirect;
        assert_int_equal(redirect_read(str_from(rows[i].error), &redirect), rows[i].is_good);
        if (!rows[i].is_good)
            continue;
        assert_int_equal(redirect.is_ask, rows[i].is_ask);
        assert_int_equal(redirect.slot, rows[i].slot);
        assert_string_equal(redirect.to.host, rows[i].host);
        assert_int_equal(redirect.to.port, rows[i].port);
    }
}

static void test_endpoints(void **state)
{
    struct node_address at;
    const char *list = "10.0.0.1:1  [::1]:2 ";
    (void)state;
    for (unsigned n = 0; n < 4; n++) {
        assert_true(endpoint_at(list, n, &at));
        assert_string_equal(at.host, n % 2 == 0 ? "10.0.0.1" : "::1");
        assert_int_equal(at.port, n % 2 == 0 ? 1 : 2);
    }
    assert_false(endpoint_at("", 0, &at));
    assert_false(endpoint_at("10.0.0.1", 0, &at));
}

/* ---- CLUSTER SHARDS ---- */

/* What a server says, by hiredis' own reader. */
static redisReply *said(const char *text)
{
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;
    assert_int_equal(redisReaderFeed(reader, text, strlen(text)), REDIS_OK);
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    redisReaderFree(reader);
    return reply;
}

#define S(text, n) "$" n "\r\n" text "\r\n"
#define NODE(port, role, health)                                                                   \
    "*12\r\n" S("port", "4") ":" port "\r\n" S("tls-port", "8") ":9" port "\r\n" S("ip", "2")      \
        S("10.0.0.1", "8") S("endpoint", "8") S("10.0.0.1", "8") S("role", "4")                    \
            role S("health", "6") health
#define MASTER S("master", "6")
#define REPLICA S("replica", "7")
#define ONLINE S("online", "6")
#define FAIL S("fail", "4")
#define SHARD(n, slots, nodes, text)                                                               \
    "*4\r\n" S("slots", "5") "*" n "\r\n" slots S("nodes", "5") "*" nodes "\r\n" text

static enum err read_map(const char *text, bool is_tls, struct slot_map *ret)
{
    redisReply *reply = said(text);
    enum err e = slot_map_read(reply, is_tls, ret);
    freeReplyObject(reply);
    return e;
}

static void test_map(void **state)
{
    static struct slot_map map;
    (void)state;
    assert_int_equal(
        read_map("*3\r\n" SHARD("4", ":0\r\n:99\r\n:200\r\n:200\r\n", "2",
                                NODE("7001", REPLICA, ONLINE) NODE("7000", MASTER, ONLINE))
                     SHARD("2", ":16383\r\n:16383\r\n", "1", NODE("7002", MASTER, FAIL))
                         SHARD("0", "", "1", NODE("7003", MASTER, ONLINE)),
                 false, &map),
        ERR_OK);
    assert_int_equal(map.n, 3); /* one that has no slots yet will get some */
    assert_int_equal(map.nodes[0].port, 7000);
    assert_string_equal(map.nodes[0].host, "10.0.0.1");
    assert_int_equal(map.owner[0], 0);
    assert_int_equal(map.owner[99], 0);
    assert_int_equal(map.owner[100], NODE_NONE);
    assert_int_equal(map.owner[200], 0);
    assert_int_equal(map.owner[16383], 1);
}

static void test_map_leaves_out_who_was_replaced(void **state)
{
    static struct slot_map map;
    (void)state;
    assert_int_equal(read_map("*2\r\n" SHARD("0", "", "1", NODE("7000", MASTER, FAIL))
                                  SHARD("2", ":0\r\n:16383\r\n", "1", NODE("7001", MASTER, ONLINE)),
                              false, &map),
                     ERR_OK);
    assert_int_equal(map.n, 1);
    assert_int_equal(map.nodes[0].port, 7001);
}

static void test_map_takes_the_tls_port(void **state)
{
    static struct slot_map map;
    (void)state;
    assert_int_equal(
        read_map("*1\r\n" SHARD("2", ":0\r\n:16383\r\n", "1", NODE("700", MASTER, ONLINE)), true,
                 &map),
        ERR_OK);
    assert_int_equal(map.nodes[0].port, 9700);
}

static void test_map_is_not_trusted(void **state)
{
    static struct slot_map map;
    static const char *const texts[] = {
        "*0\r\n",
        ":1\r\n",
        "*1\r\n:1\r\n",
        "*1\r\n*2\r\n" S("slots", "5") ":1\r\n",
        "*1\r\n" SHARD("1", ":0\r\n", "1", NODE("7000", MASTER, ONLINE)),
        "*1\r\n" SHARD("2", ":0\r\n:16384\r\n", "1", NODE("7000", MASTER, ONLINE)),
        "*1\r\n" SHARD("2", ":-1\r\n:5\r\n", "1", NODE("7000", MASTER, ONLINE)),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(read_map(texts[i], false, &map), ERR_IO);
}

static enum err read_many(uint32_t n, struct slot_map *ret)
{
    struct buf text;
    buf_init(&text, 1u << 20);
    buf_addf(&text, "*%u\r\n", n);
    for (uint32_t i = 0; i < n; i++)
        buf_add_str(&text, STR(SHARD("0", "", "1", NODE("7000", MASTER, ONLINE))));
    buf_add_char(&text, '\0');
    assert_int_equal(buf_error(&text), ERR_OK);
    enum err e = read_map(text.p, false, ret);
    buf_fini(&text);
    return e;
}

static void test_map_has_a_ceiling(void **state)
{
    static struct slot_map map;
    (void)state;
    assert_int_equal(read_many(NODES_MAX, &map), ERR_OK);
    assert_int_equal(map.n, NODES_MAX);
    assert_int_equal(read_many(NODES_MAX + 1, &map), ERR_FULL);
}

/* ---- the fence ---- */

static void test_epoch(void **state)
{
    static const struct {
        const char *value, *lives, *epoch;
        bool is_open;
    } rows[] = {
        {"7 aa", "aa", "7", true},
        {"7 aa bb cc", "aa", "7", true},
        {"7 aa bb cc", "cc aa", "7", true},
        {"7 aa bb cc", "aa dd", "7", false}, /* one that was started anew */
        {"7 aab", "aa", "7", false},
        {"7", "aa", "7", false},
        {"7 aa", "", "7", false},
        {"", "aa", "", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_open = !rows[i].is_open;
        struct str epoch = epoch_read(str_from(rows[i].value), str_from(rows[i].lives), &is_open);
        assert_true(str_eq(epoch, str_from(rows[i].epoch)));
        assert_int_equal(is_open, rows[i].is_open);
    }
}

/* What a scan of the keys finds may be anything. */
static void test_keys_of_numbers(void **state)
{
    static const char *const others[] = {
        "wp:{b007}:d:AQIDBAUGBwgJCgsMDQ4P",  /* of another kind */
        "wp:{b007}:s:AQIDBAUGBwgJCgsMDQ4",   /* a character is missing */
        "wp:{b007}:s:AQIDBAUGBwgJCgsMDQ4PX", /* one too many */
        "wp:{b007}:s:AQIDBAUGBwgJCgsMDQ4=",
        "wp:{b256}:s:AQIDBAUGBwgJCgsMDQ4P",
        "wp:{b0:7}:s:AQIDBAUGBwgJCgsMDQ4P",
        "wp:{u007}:s:AQIDBAUGBwgJCgsMDQ4P",
        "xx:{b007}:s:AQIDBAUGBwgJCgsMDQ4P",
        "s:AQIDBAUGBwgJCgsMDQ4PAQI",
        "wp:{b007}:s:",
        "wp:epoch",
        "",
    };
    const struct number_id id = {{7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
    const struct number_id edge = {
        {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};
    char dst[KEY_BYTES];
    struct number_id read;
    (void)state;
    struct str key = number_key(dst, &id, 's');
    assert_true(str_eq(key, STR("wp:{b007}:s:AQIDBAUGBwgJCgsMDQ4P")));
    assert_true(number_key_read(key, 's', &read));
    assert_memory_equal(&read, &id, sizeof(id));
    key = number_key(dst, &edge, 's');
    assert_true(str_eq(key, STR("wp:{b255}:s:____________________")));
    assert_true(number_key_read(key, 's', &read));
    assert_memory_equal(&read, &edge, sizeof(edge));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char *exact = strdup(others[i]); /* so that nothing behind it is read unseen */
        if (number_key_read((struct str){exact, strlen(exact)}, 's', &read))
            fail_msg("%s", others[i]);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_map_leaves_out_who_was_replaced),
        cmocka_unit_test(test_map_takes_the_tls_port),
        cmocka_unit_test(test_map_is_not_trusted),
        cmocka_unit_test(test_map_has_a_ceiling),
        cmocka_unit_test(test_epoch),
        cmocka_unit_test(test_keys_of_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
