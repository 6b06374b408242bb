/* Texts in another encoding than an operator says: understood, or U+FFFD, and never refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/eval.h"

#define S(literal)                                                                                 \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static void test_guess(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        struct str expected;
    } cases[] = {
        {S(""), S("")},
        {S("STOP"), S("STOP")},
        {S("caf\xc3\xa9"), S("caf\xc3\xa9")},
        /* UTF-16 in bytes, big and little endian */
        {S("\0S\0T\0O\0P"), S("STOP")},
        {S("S\0T\0O\0P\0"), S("STOP")},
        {S("\0002"), S("2")},
        {S("2\0"), S("2")},
        {S("\x04\x21\x04\x22\x04\x1e\x04\x1f"), S("\xd0\xa1\xd0\xa2\xd0\x9e\xd0\x9f")},
        {S("\x06\x46\x06\x39\x06\x45"), S("\xd9\x86\xd8\xb9\xd9\x85")},
        {S("\0h\0i\0 \xd8\x3d\xdc\x4d\0!\0!\0!\0!"), S("hi \xf0\x9f\x91\x8d!!!!")},
        {S("\0o\0k\0k\0k\xd8\x3d"), S("okkk\xef\xbf\xbd")}, /* half a surrogate pair */
        /* UTF-16 in hex digits */
        {S("00530054004F0050"), S("STOP")},
        {S("00530054004f0050"), S("STOP")},
        {S("0032"), S("2")},
        {S("00320020"), S("2 ")},
        {S("06270628"), S("\xd8\xa7\xd8\xa8")},
        {S("0421041204120412"), S("\xd0\xa1\xd0\x92\xd0\x92\xd0\x92")},
        {S("0928092E0938094D09240947"),
         S("\xe0\xa4\xa8\xe0\xa4\xae\xe0\xa4\xb8\xe0\xa5\x8d\xe0\xa4\xa4\xe0\xa5\x87")},
        {S("1230120b121d0020132400310021"), S("\xe1\x88\xb0\xe1\x88\x8b\xe1\x88\x9d \xe1\x8c\xa4"
                                              "1!")},
        /* digits and words that are none */
        {S("0928092509380947"), S("0928092509380947")},
        {S("09aa17bb"), S("09aa17bb")},
        {S("0bad"), S("0bad")},
        {S("2"), S("2")},
        {S("12"), S("12")},
        {S("1989"), S("1989")},
        {S("2010"), S("2010")},
        {S("482156"), S("482156")},
        {S("482109375526"), S("482109375526")},
        {S("0700123456"), S("0700123456")},
        {S("254700123456"), S("254700123456")},
        {S("beef"), S("beef")},
        {S("deadbeef"), S("deadbeef")},
        {S("facade"), S("facade")},
        /* zeros that somebody replaced on the way */
        {S("\xef\xbf\xbdS\xef\xbf\xbdT\xef\xbf\xbdO\xef\xbf\xbdP"), S("STOP")},
        {S("a \xef\xbf\xbd b"), S("a \xef\xbf\xbd b")},
        /* Latin-1, and what is neither */
        {S("caf\xe9"), S("caf\xc3\xa9")},
        {S("\xbfQu\xe9?"), S("\xc2\xbfQu\xc3\xa9?")},
        {S("\xc0\xaf"), S("\xef\xbf\xbd\xef\xbf\xbd")},
        {S("a\x92"), S("a\xef\xbf\xbd")},
        {S("\xc3\xa9\xe9"), S("\xc3\xa9\xef\xbf\xbd")},
        {S("\xd0\xa1\xd0"), S("\xd0\xa1\xef\xbf\xbd")},
        {S("a\0b"), S("a\xef\xbf\xbd"
                      "b")},
        {S("a\x01"
           "b\x1f"),
         S("a\x01"
           "b\x1f")},
        {S("a\x01"), S("a\x01")},
        {S("line\r\nline"), S("line\r\nline")},
    };
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 16);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        arena_reset(arena);
        struct str found = text_guess(cases[i].text, arena);
        if (!str_eq(found, cases[i].expected))
            fail_msg("case %zu: \"%.*s\" instead of \"%.*s\"", i, STR_ARG(found),
                     STR_ARG(cases[i].expected));
    }
}

/* As many units as the longest joined SMS has, and one more: then it is what it says. */
static void test_ceiling_of_utf16(void **state)
{
    (void)state;
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 16);
    char text[2 * 801];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 2 == 0 ? '\0' : 'x';
    assert_int_equal(text_guess((struct str){text, 2 * 800}, arena).len, 800);
    assert_int_equal(text_guess((struct str){text, 2 * 801}, arena).len, 4 * 801);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guess),
        cmocka_unit_test(test_ceiling_of_utf16),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
