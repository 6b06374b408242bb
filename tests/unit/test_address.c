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

static struct str caller(const char *forwarded, const char *peer, const char *trusted)
{
    static struct http_request request;
    request = (struct http_request){.n_headers = forwarded != NULL};
    request.headers[0] = (struct http_header){STR("x-forwarded-for"), str_from(forwarded)};
    return address_of_caller(&request, str_from(peer), str_from(trusted));
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_found_in_its_networks),
        cmocka_unit_test(what_is_no_address_is_named),
        cmocka_unit_test(only_a_trusted_proxy_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
