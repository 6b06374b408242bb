#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "course_words.h"
#include "lab/talk/talk.h"

#define ARENA_BYTES (8u << 20)

static enum err parse(const char *text, struct arena *arena, struct talk_script *ret,
                      struct errmsg *msg)
{
    arena_reset(arena);
    return talk_parse(str_from(text), STR("x.talk"), arena, ret, msg);
}

static void reads_every_kind_of_line(void **state)
{
    (void)state; /* no fixture */
    static const char text[] = "# A comment.\n"
                               "course  children-on-the-move   # and one behind a line\n"
                               "clock   2025-01-06 09:00 Africa/Nairobi\n"
                               "\n"
                               "sms>    JOIN #1\n"
                               "sms<    CHILDREN*\\nReply 1*\n"
                               "sms>2   one\\ntwo \\# \\\\\n"
                               "ussd>+254711000222 *384*7#\n"
                               "ussd<   END *\n"
                               "more\n"
                               "drop    quietly\n"
                               "drop>2\n"
                               "repeat  16\n"
                               "repeat  old 3\n"
                               "wait    2d 3h 4m 5s\n"
                               "event   answered unit=m1q1\n"
                               "refused\n"
                               "fail    store.commit late always\n"
                               "loose   events\n";
    struct arena *arena = arena_new(ARENA_BYTES);
    struct talk_script s;
    struct errmsg msg = {""};
    assert_int_equal(parse(text, arena, &s, &msg), ERR_OK);
    assert_int_equal(s.n_lines, 17);
    assert_int_equal(s.n_phones, 3);
    assert_string_equal(s.phones[0], "+254700000001");
    assert_string_equal(s.phones[1], "+254700000002");
    assert_string_equal(s.phones[2], "+254711000222");
    const struct talk_line *l = s.lines;
    assert_true(str_eq(l[0].text, STR("children-on-the-move")));
    assert_int_equal(l[0].number, 2);
    assert_true(str_eq(l[2].text, STR("JOIN #1")));
    assert_int_equal(l[2].phone, 0);
    assert_true(str_eq(l[3].text, STR("CHILDREN*\\nReply 1*")));
    assert_true(str_eq(l[4].text, STR("one\ntwo # \\")));
    assert_int_equal(l[4].phone, 1);
    assert_true(str_eq(l[5].text, STR("*384*7#")));
    assert_int_equal(l[6].phone, 0);
    assert_true(l[8].is_quiet);
    assert_int_equal(l[9].phone, 1);
    assert_int_equal(l[10].n, 16);
    assert_true(l[11].is_old);
    assert_int_equal(l[11].n, 3);
    assert_int_equal(l[12].wait_ms, ((2 * 24 + 3) * 3600 + 4 * 60 + 5) * 1000);
    assert_int_equal(l[14].n, 503);
    assert_true(l[15].is_late && l[15].fail == ERR_TIMEOUT && l[15].n == UINT32_MAX);
    assert_true(l[16].events && !l[16].replies);
    arena_free(arena);
}

static void says_where_and_what_is_wrong(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *text;
        const char *place;
        const char *words;
    } rows[] = {
        {"smss> x", "x.talk:1:", "'smss>' is no line of a transcript"},
        {"\n\nsms>0 x", "x.talk:3:", "'0' names no phone"},
        {"sms>abc x", "x.talk:1:", "'abc' names no phone"},
        {"sms>100 x", "x.talk:1:", "'100' names no phone"},
        {"sms>+12 x", "x.talk:1:", "'+12' is no phone number"},
        {"sms>+1234567890123456 x", "x.talk:1:", "is no phone number"},
        {"wait 5", "x.talk:1:", "'5' is no time"},
        {"wait", "x.talk:1:", "'' is no time"},
        {"wait 9999d", "x.talk:1:", "more than ten years"},
        {"drop loudly", "x.talk:1:", "write drop or drop quietly"},
        {"repeat 0", "x.talk:1:", "no number from 1 to 64"},
        {"repeat 65", "x.talk:1:", "no number from 1 to 64"},
        {"repeat old 32", "x.talk:1:", "no number from 1 to 31"},
        {"event", "x.talk:1:", "write which event"},
        {"fail disk.write io", "x.talk:1:", "'disk' is no port"},
        {"fail store timeout", "x.talk:1:", "write which call fails"},
        {"fail store.load slowly", "x.talk:1:", "'slowly' is no way to fail"},
        {"loose ends", "x.talk:1:", "write loose, loose events or loose replies"},
        {"sms> a\nclock 2025-01-06 09:00", "x.talk:2:", "stand before the first message"},
        {"course", "x.talk:1:", "write what"},
    };
    struct arena *arena = arena_new(ARENA_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk_script s;
        struct errmsg msg = {""};
        assert_int_equal(parse(rows[i].text, arena, &s, &msg), ERR_INVALID);
        assert_true(strncmp(msg.text, rows[i].place, strlen(rows[i].place)) == 0);
        if (strstr(msg.text, rows[i].words) == NULL)
            fail_msg("'%s' does not say '%s'", msg.text, rows[i].words);
    }
    arena_free(arena);
}

static void has_ceilings(void **state)
{
    (void)state; /* no fixture */
    struct arena *arena = arena_new(ARENA_BYTES);
    struct talk_script s;
    struct errmsg msg;
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, TALK_MAX_BYTES + 100);
    for (uint32_t i = 0; i < TALK_MAX_COURSES; i++)
        buf_add_str(&text, STR("course a\n"));
    assert_int_equal(parse(text.p, arena, &s, &msg), ERR_OK);
    assert_int_equal(s.n_courses, TALK_MAX_COURSES);
    buf_add_str(&text, STR("course a\n"));
    assert_int_equal(parse(text.p, arena, &s, &msg), ERR_INVALID);
    buf_reset(&text);
    for (uint32_t i = 1; i < TALK_MAX_LINES; i++)
        buf_add_char(&text, '\n');
    assert_int_equal(parse(text.p, arena, &s, &msg), ERR_OK);
    buf_add_char(&text, '\n');
    assert_int_equal(parse(text.p, arena, &s, &msg), ERR_TOO_LONG);
    buf_reset(&text);
    for (unsigned i = 1; i <= TALK_MAX_PHONES; i++)
        buf_addf(&text, "sms>%u x\n", i);
    assert_int_equal(parse(text.p, arena, &s, &msg), ERR_OK);
    assert_int_equal(s.n_phones, TALK_MAX_PHONES);
    buf_addf(&text, "sms>%u x\n", TALK_MAX_PHONES + 1);
    assert_int_equal(parse(text.p, arena, &s, &msg), ERR_INVALID);
    buf_reset(&text);
    buf_addf(&text, "sms> ");
    while (text.len < TALK_MAX_BYTES)
        buf_add_char(&text, 'x');
    assert_int_equal(parse(text.p, arena, &s, &msg), ERR_OK);
    buf_add_char(&text, 'x');
    assert_int_equal(parse(text.p, arena, &s, &msg), ERR_TOO_LONG);
    arena_free(arena);
}

static void matches_patterns(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *pattern, *text;
        bool fits;
    } rows[] = {
        {"", "", true},
        {"", "x", false},
        {"*", "", true},
        {"*", "any\ntext", true},
        {"a", "a", true},
        {"a", "ab", false},
        {"a*", "ab", true},
        {"*b", "ab", true},
        {"*b", "abc", false},
        {"a*c", "abbc", true},
        {"a*c*e", "abcde", true},
        {"a*c*e", "abcdf", false},
        {"**", "x", true},
        {"one\\ntwo", "one\ntwo", true},
        {"one*two", "one\ntwo", true},
        {"2 \\* 2", "2 * 2", true},
        {"2 \\* 2", "2 + 2", false},
        {"\\#1 \\\\", "#1 \\", true},
        {"\\x", "\\x", true},
        {"tail\\", "tail\\", true},
        {"*aab", "aaaaaaab", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (talk_match(str_from(rows[i].pattern), str_from(rows[i].text)) != rows[i].fits)
            fail_msg("'%s' and '%s'", rows[i].pattern, rows[i].text);
    }
}

static void matches_events_by_the_members_that_are_named(void **state)
{
    (void)state; /* no fixture */
    static const char event[] =
        "answered unit=m1q1 phase=quiz choice=3 correct=true attempt=1 text=a b=c d";
    static const struct {
        const char *pattern;
        bool fits;
    } rows[] = {
        {"answered", true},
        {"answered *", true},
        {"answer*", true},
        {"consented", false},
        {"answered unit=m1q1", true},
        {"answered unit=m1q2", false},
        {"answered unit=m1*", true},
        {"answered correct=true unit=m1q1", true},
        {"answered correct=false", false},
        {"answered value=1", false},
        {"answered text=a b=c d", true},
        {"answered text=a *", true},
        {"answered text=a", false},
        {"answered b=c", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (talk_match_event(str_from(rows[i].pattern), STR(event)) != rows[i].fits)
            fail_msg("'%s'", rows[i].pattern);
    }
}

#define LIT(literal)                                                                               \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct talk_text texts[] = {
    {LIT("m1q1"), LIT("Combien de minutes faut-il ?")},
    {LIT("m1q1.2"), LIT("l'été, 5*2")},
    {LIT("text_role"), LIT("Quel travail ? {options}")},
};
static struct talk_tongue tongue = {.lang = LIT("fr"),
                                    .is_chosen = true,
                                    .key = LIT("2"),
                                    .n = ARRAY_LEN(texts),
                                    .texts = texts,
                                    .asks = {LIT("Choose:\n{options}"), LIT("{options}")},
                                    .more = {LIT("9 More"), LIT(""), LIT("9 Suite")}};

static void texts_stand_in_the_place_of_their_ids(void **state)
{
    (void)state; /* no fixture */
    static const char text[] = "sms>  {m1q1.2} {LANG} {n o} {\n"
                               "sms<  *{text_role}*{m1q1}\n"
                               "sms<  {m1q1.2}\n"
                               "event {m1q1}\n";
    struct arena *arena = arena_new(ARENA_BYTES);
    struct talk_script s;
    struct errmsg msg = {""};
    assert_int_equal(parse(text, arena, &s, &msg), ERR_OK);
    tongue.words = course_words();
    assert_int_equal(talk_fill(&s, &tongue, arena, &msg), ERR_OK);
    assert_string_equal(arena_printf(arena, "%.*s", STR_ARG(s.lines[0].text)).p,
                        "l'été, 5*2 langue {n o} {");
    /* What is expected: the beginning, up to what is filled in, in whole characters. */
    assert_true(str_eq(s.lines[1].text, STR("*Quel travail ? **Combien de minutes faut-*")));
    assert_true(str_eq(s.lines[2].text, STR("l'été, 5\\*2*")));
    assert_true(str_eq(s.lines[3].text, STR("{m1q1}")));
    assert_int_equal(parse("sms> a\nsms< {m9q9}\n", arena, &s, &msg), ERR_OK);
    assert_int_equal(talk_fill(&s, &tongue, arena, &msg), ERR_INVALID);
    assert_string_equal(msg.text, "x.talk:2: the course has no text {m9q9}; `waypost lessons pot` "
                                  "lists their ids, and {JOIN} is a command's word");
    arena_free(arena);
}

static void a_phone_knows_what_a_screen_asks_for(void **state)
{
    (void)state; /* no fixture */
    struct talk_tongue own = tongue;
    own.is_chosen = false;
    assert_true(talk_asks_language(&tongue, STR("Choose:\n1 English\n2 Francais")));
    assert_false(talk_asks_language(&tongue, STR("1 English\n2 Francais")));
    assert_false(talk_asks_language(&own, STR("Choose:\n1 English\n2 Francais")));
    assert_true(talk_has_more(&own, STR("Soap and\n9 More")));
    assert_true(talk_has_more(&own, STR("Le savon\n9 Suite")));
    assert_false(talk_has_more(&own, STR("9 More is no last line\n9 Next")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_line),
        cmocka_unit_test(says_where_and_what_is_wrong),
        cmocka_unit_test(has_ceilings),
        cmocka_unit_test(matches_patterns),
        cmocka_unit_test(matches_events_by_the_members_that_are_named),
        cmocka_unit_test(texts_stand_in_the_place_of_their_ids),
        cmocka_unit_test(a_phone_knows_what_a_screen_asks_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
