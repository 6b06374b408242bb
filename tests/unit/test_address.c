#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/address.h"

static void an_address_is_found_in_its_networks(void **state)
{
    (void)state;
    static const struct {
        const char *address, *list;
        bool is_listed;
    } rows[] = {
        {"196.201.214.200", "196.201.214.200", true},
        {"196.201.214.200", "35.234.154.40 196.201.0.0/16", true},
        {"196.202.0.1", "35.234.154.40  196.201.0.0/16 ", false},
        {"10.1.2.3", "10.1.2.0/23", true},
        {"10.1.4.3", "10.1.2.0/23", false},
        {"1.2.3.4", "0.0.0.0/0", true},
        {"2001:db8::1", "0.0.0.0/0", false},
        {"2001:db8::1", "2001:db8::/32", true},
        {"2001:db9::1", "2001:db8::/32", false},
        {"::ffff:10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3", "::ffff:10.1.2.3", true},
        {"", "10.1.2.3", false},
        {"unknown", "10.1.2.3", false},
        {"10.1.2.3", "", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(address_is_listed(str_from(rows[i].address), str_from(rows[i].list)),
                         rows[i].is_listed);
}

static void what_is_no_address_is_named(void **state)
{
    (void)state;
    struct str bad;
    assert_int_equal(address_list_check(STR("10.0.0.1 10.0.0.0/8 ::1"), &bad), ERR_OK);
    assert_int_equal(address_list_check(STR_NONE, &bad), ERR_OK);
    static const char *const wrong[] = {"10.0.0.0/33", "host.example", "10.0.0", "::1/129",
                                        "1.2.3.4/"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(address_list_check(str_from(wrong[i]), &bad), ERR_INVALID);
        assert_true(str_eq(bad, str_from(wrong[i])));
    }
}

static const struct http_request *forwarded_for(const char *forwarded)
{
    static struct http_request request;
    request = (struct http_request){.n_headers = forwarded != NULL};
    request.headers[0] = (struct http_header){STR("x-forwarded-for"), str_from(forwarded)};
    return &request;
}

static struct str caller(const char *forwarded, const char *peer, const char *trusted)
{
    return address_of_caller(forwarded_for(forwarded), str_from(peer), str_from(trusted));
}

static bool is_unnamed(const char *forwarded, const char *peer, const char *trusted)
{
    return address_is_unnamed_proxy(forwarded_for(forwarded), str_from(peer), str_from(trusted));
}

static void a_proxy_that_is_not_named_is_noticed(void **state)
{
    (void)state;
    assert_true(is_unnamed("6.6.6.6", "127.0.0.1", NULL));
    assert_true(is_unnamed("6.6.6.6", "172.31.0.2", "127.0.0.1"));
    assert_true(is_unnamed("6.6.6.6", "fd00::2", ""));
    assert_false(is_unnamed("6.6.6.6", "127.0.0.1", "127.0.0.1"));
    assert_false(is_unnamed("6.6.6.6", "9.9.9.9", NULL)); /* a stranger may write it */
    assert_false(is_unnamed(NULL, "127.0.0.1", NULL));
}

/* Only the last address is the proxy's own word; a client may have sent the ones before it. */
static void only_a_trusted_proxy_is_believed(void **state)
{
    (void)state;
    const char *forged = "196.201.214.200, 6.6.6.6";
    assert_true(str_eq(caller(forged, "127.0.0.1", "127.0.0.1"), STR("6.6.6.6")));
    assert_true(str_eq(caller(forged, "9.9.9.9", "127.0.0.1"), STR("9.9.9.9")));
    assert_true(str_eq(caller(forged, "9.9.9.9", NULL), STR("9.9.9.9")));
    assert_true(str_is_empty(caller(NULL, "127.0.0.1", "127.0.0.1")));
    assert_true(str_is_empty(caller("1.2.3.4,", "127.0.0.1", "127.0.0.1")));
    const char *two = "127.0.0.1 10.0.0.0/24"; /* one proxy behind the other */
    assert_true(str_eq(caller("6.6.6.6, 9.9.9.9, 10.0.0.2", "127.0.0.1", two), STR("9.9.9.9")));
    assert_true(str_eq(caller("10.0.0.3, 6.6.6.6", "127.0.0.1", two), STR("6.6.6.6")));
    assert_true(str_eq(caller("6.6.6.6, 10.0.1.2", "127.0.0.1", two), STR("10.0.1.2")));
    assert_true(str_eq(caller("10.0.0.3, 10.0.0.2", "127.0.0.1", two), STR("10.0.0.2")));
}

/* One customer of a provider, whatever addresses he takes in turn. */
static void a_network_is_what_one_customer_has(void **state)
{
    (void)state;
    static const struct {
        const char *address, *network;
    } rows[] = {
        {"198.51.100.7", "c6336407"},
        {"::ffff:198.51.100.7", "c6336407"},
        {"2001:db8:1:2::1", "20010db800010002"},
        {"2001:db8:1:2:ffff:ffff:ffff:ffff", "20010db800010002"},
        {"2001:db8:1:3::1", "20010db800010003"},
        {"198.51.100.7:4711", ""},
        {"unknown", ""},
        {"", ""},
        {NULL, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t network[ADDRESS_NETWORK_BYTES];
        char hex[2 * sizeof(network) + 1];
        hex_encode(network, address_network(str_from(rows[i].address), network), hex);
        assert_string_equal(hex, rows[i].network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_found_in_its_networks),
        cmocka_unit_test(what_is_no_address_is_named),
        cmocka_unit_test(only_a_trusted_proxy_is_believed),
        cmocka_unit_test(a_proxy_that_is_not_named_is_noticed),
        cmocka_unit_test(a_network_is_what_one_customer_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
