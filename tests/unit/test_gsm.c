/* GSM-7 and UCS-2: sizes, septets, SMS parts, folding, USSD pages. ICU is the oracle for the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/gsm/gsm.h"
#include "core/utf8.h"

#define ORACLE "tests/unit/gsm_oracle.txt"
#define UCS2 GSM_ENCODING_UCS2
#define GSM7 GSM_ENCODING_GSM7

static struct arena *arena;
static struct buf out;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    buf_init(&out, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_freep(&arena);
    buf_fini(&out);
    return 0;
}

/* unit, n times over, then tail. */
static struct str repeat(const char *unit, size_t n, const char *tail)
{
    size_t bytes = strlen(unit) * n + strlen(tail);
    char *p = arena_alloc(arena, bytes + 1);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        memcpy(p + i * strlen(unit), unit, strlen(unit));
    memcpy(p + strlen(unit) * n, tail, strlen(tail));
    return (struct str){p, bytes};
}

static void expect_text(struct str found, const char *expected)
{
    if (!str_eq(found, str_from(expected)))
        fail_msg("found \"%.*s\", expected \"%s\"", STR_ARG(found), expected);
}

/* ---- the alphabet ---- */

/* Septets of each character of the BMP in hexadecimal, "" for a foreign one. */
static char (*read_oracle(FILE *file))[5]
{
    char(*table)[5] = calloc(0x10000, sizeof(*table));
    char line[64];
    while (fgets(line, sizeof(line), file) != NULL) {
        char *end;
        unsigned long code = strtoul(line, &end, 16);
        assert_in_range(code, 1, 0xffff);
        (void)snprintf(table[code], sizeof(table[code]), "%.*s", (int)strcspn(end + 1, "\n"),
                       end + 1);
    }
    return table;
}

static void test_every_character_of_the_bmp(void **state)
{
    (void)state;
    FILE *file = fopen(ORACLE, "r");
    assert_non_null(file);
    char(*table)[5] = read_oracle(file);
    (void)fclose(file); /* only read */
    unsigned n_encodable = 0;
    for (int32_t code = 1; code <= 0xffff; code++) {
        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        char bytes[UTF8_MAX_BYTES];
        struct str text = {bytes, utf8_put(code, bytes)};
        buf_reset(&out);
        enum err e = gsm_to_septets(text, &out);
        char hex[2 * 8 + 1] = "";
        hex_encode(out.p, out.len, hex);
        if (strcmp(hex, table[code]) != 0)
            fail_msg("U+%04X: found %s, ICU has %s", (unsigned)code, hex, table[code]);
        struct gsm_size size = gsm_measure(text);
        assert_int_equal(e, hex[0] == '\0' ? ERR_INVALID : ERR_OK);
        assert_int_equal(size.encoding, e == ERR_OK ? GSM7 : UCS2);
        assert_int_equal(size.units, e == ERR_OK ? out.len : 1);
        if (e != ERR_OK)
            continue;
        n_encodable++;
        struct buf back CLEANUP(buf_fini);
        buf_init(&back, 16);
        assert_int_equal(gsm_from_septets(buf_str(&out), &back), ERR_OK);
        assert_true(str_eq(buf_str(&back), text));
    }
    assert_int_equal(n_encodable, 127 + 10);
    free(table);
}

/* The checked-in table is what the installed ICU says today. */
static void test_the_oracle_itself(void **state)
{
    (void)state;
    if (system("command -v uconv >/dev/null 2>&1 && command -v perl >/dev/null 2>&1") != 0) {
        print_message("uconv is not installed: the live comparison is skipped\n");
        skip();
    }
    assert_int_equal(system("tests/unit/gsm_oracle.sh | cmp - " ORACLE), 0);
}

/* The old mapping file has the small letter at 0x09; TS 23.038 has the capital one. */
static void test_c_cedilla(void **state)
{
    (void)state;
    assert_int_equal(gsm_measure(STR("Ça")).encoding, GSM7);
    assert_int_equal(gsm_measure(STR("ça")).encoding, UCS2);
    assert_int_equal(gsm_to_septets(STR("Ç"), &out), ERR_OK);
    assert_int_equal(out.p[0], 0x09);
    assert_int_equal(gsm_to_septets(STR("ç"), &out), ERR_INVALID);
    assert_int_equal(out.len, 1); /* nothing added */
    buf_reset(&out);
    assert_int_equal(gsm_from_septets(STR("\x09"), &out), ERR_OK);
    expect_text(buf_str(&out), "Ç");
    /* Neither is safe on the air. */
    expect_text(gsm_fold(STR("Ça reçu"), GSM_FOLD_LATIN, arena), "Ca recu");
}

static void test_from_septets(void **state)
{
    (void)state;
    static const struct {
        struct str septets;
        const char *expected; /* NULL: ERR_INVALID */
    } cases[] = {
        {{"\x00"
          "a",
          2},
         "@a"},
        {{"\x1b\x65", 2}, "\u20ac"},
        {{"\x1b\x0a", 2}, "\f"},
        {{"\x1b"
          "a",
          2},
         "a"}, /* no such pair: the basic character */
        {{"\x1b\x1b", 2}, " "},
        {{"a\x1b", 2}, "a "},
        {{"\x80", 1}, NULL},
        {{"a\xff", 2}, NULL},
        {{"", 0}, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_reset(&out);
        enum err e = gsm_from_septets(cases[i].septets, &out);
        assert_int_equal(e, cases[i].expected != NULL ? ERR_OK : ERR_INVALID);
        expect_text(buf_str(&out), cases[i].expected != NULL ? cases[i].expected : "");
    }
}

static void test_foreign_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
        size_t len; /* 0: none */
    } cases[] = {
        {"plain", 0, 0},     {"é€[]", 0, 0},   {"", 0, 0},
        {"an ê here", 3, 2}, {"\u2019", 0, 3}, {"ab\U0001f44d", 2, 4},
        {"ab\xff", 2, 1},    {"`", 0, 1},      {"a\tb", 1, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t offset = 0;
        size_t len = 0;
        bool is_found = gsm_find_foreign(str_from(cases[i].text), &offset, &len);
        assert_int_equal(is_found, cases[i].len > 0);
        assert_int_equal(offset, cases[i].offset);
        assert_int_equal(len, cases[i].len);
    }
}

/* ---- sizes and parts ---- */

struct size_case {
    const char *unit;
    size_t n;
    const char *tail;
    enum gsm_encoding encoding;
    uint32_t units;
    uint32_t segments;
};

static const struct size_case sizes[] = {
    {"a", 0, "", GSM7, 0, 0},
    {"a", 1, "", GSM7, 1, 1},
    {"a", 160, "", GSM7, 160, 1},
    {"a", 161, "", GSM7, 161, 2},
    {"a", 306, "", GSM7, 306, 2},
    {"a", 307, "", GSM7, 307, 3},
    {"a", 459, "", GSM7, 459, 3},
    {"\u20ac", 80, "", GSM7, 160, 1},
    {"\u20ac", 80, "a", GSM7, 161, 2},
    {"\u20ac", 81, "", GSM7, 162, 2},
    /* 76 pairs fill 152 of 153 septets; the 77th does not go over the edge */
    {"\u20ac", 152, "", GSM7, 304, 2},
    {"\u20ac", 153, "", GSM7, 306, 3},
    {"a", 158, "\u20ac", GSM7, 160, 1},
    {"a", 159, "\u20ac", GSM7, 161, 2},
    {"я", 70, "", UCS2, 70, 1},
    {"я", 71, "", UCS2, 71, 2},
    {"я", 134, "", UCS2, 134, 2},
    {"я", 135, "", UCS2, 135, 3},
    {"a", 69, "ê", UCS2, 70, 1},
    {"a", 70, "ê", UCS2, 71, 2},
    {"\U0001f44d", 35, "", UCS2, 70, 1},
    {"\U0001f44d", 35, "a", UCS2, 71, 2},
    {"\U0001f44d", 36, "", UCS2, 72, 2},
    /* 33 emoji fill 66 of 67 units */
    {"\U0001f44d", 66, "", UCS2, 132, 2},
    {"\U0001f44d", 67, "", UCS2, 134, 3},
    {"\xff", 70, "", UCS2, 70, 1},
    {"\xff", 71, "", UCS2, 71, 2},
};

static void test_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        const struct size_case *c = &sizes[i];
        struct gsm_size size = gsm_measure(repeat(c->unit, c->n, c->tail));
        if (size.encoding != c->encoding || size.units != c->units || size.segments != c->segments)
            fail_msg("%zu times %s%s: %s, %u units, %u parts", c->n, c->unit, c->tail,
                     gsm_encoding_name(size.encoding), size.units, size.segments);
    }
    assert_string_equal(gsm_encoding_name(GSM7), "gsm7");
    assert_string_equal(gsm_encoding_name(UCS2), "ucs2");
}

static void test_utf16(void **state)
{
    (void)state;
    gsm_to_utf16be(STR("aя\U0001f44d\xff"), &out);
    static const char expected[] = "\x00\x61\x04\x4f\xd8\x3d\xdc\x4d\xff\xfd";
    assert_int_equal(out.len, sizeof(expected) - 1);
    assert_memory_equal(out.p, expected, out.len);
    struct buf back CLEANUP(buf_fini);
    buf_init(&back, 64);
    assert_int_equal(gsm_from_utf16be(buf_str(&out), &back), ERR_OK);
    expect_text(buf_str(&back), "aя\U0001f44d\ufffd");
    static const struct {
        struct str bytes;
        const char *expected;
    } lone[] = {
        {{"\xd8\x3d", 2}, "\ufffd"},
        {{"\xdc\x4d", 2}, "\ufffd"},
        {{"\xd8\x3d\x00\x61", 4},
         "\ufffd"
         "a"},
        {{"\xd8\x3d\xd8\x3d\xdc\x4d", 6}, "\ufffd\U0001f44d"},
        {{"\xdc\x4d\xd8\x3d", 4}, "\ufffd\ufffd"},
    };
    for (size_t i = 0; i < ARRAY_LEN(lone); i++) {
        buf_reset(&back);
        assert_int_equal(gsm_from_utf16be(lone[i].bytes, &back), ERR_OK);
        expect_text(buf_str(&back), lone[i].expected);
    }
    buf_reset(&back);
    assert_int_equal(gsm_from_utf16be((struct str){"\x00\x61\x00", 3}, &back), ERR_INVALID);
    assert_int_equal(back.len, 0);
}

static void test_full_buffers_are_reported(void **state)
{
    (void)state;
    struct buf small CLEANUP(buf_fini);
    buf_init(&small, 3);
    assert_int_equal(gsm_to_septets(STR("abc"), &small), ERR_OK);
    assert_int_equal(gsm_to_septets(STR("d"), &small), ERR_TOO_LONG);
    buf_reset(&small);
    assert_int_equal(gsm_from_septets(STR("abcd"), &small), ERR_TOO_LONG);
    buf_reset(&small);
    assert_int_equal(gsm_from_utf16be((struct str){"\0a\0b\0c\0d", 8}, &small), ERR_TOO_LONG);
}

/* ---- folding ---- */

static void test_fold(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *typography;
        const char *latin; /* NULL: the same */
    } cases[] = {
        {"", "", NULL},
        {"plain text 123 @", "plain text 123 @", NULL},
        {"a\fb", "a\nb", NULL},
        {"\u2018a\u2019 \u201cb\u201d \u201ec\u201c \u201ad\u2018", "'a' \"b\" \"c\" 'd'", NULL},
        {"\u00aba\u00bb \u2039b\u203a", "\"a\" 'b'", NULL},
        {"a\u2013b\u2014c\u2010d\u2011e\u2212f", "a-b-c-d-e-f", NULL},
        {"a\u2026", "a...", NULL},
        {"a\u00a0: b\u202f; c\u2009d\u3000e\tf", "a : b ; c d e f", NULL},
        {"a\u00adb\u200bc\ufeff", "abc", NULL},
        {"`a\u00b4 \u2022b", "'a' -b", NULL},
        {"à æ é è ù É Æ ü ñ ö ä ß Ä Ö Ñ Ü å ø", "à æ é è ù É Æ ü ñ ö ä ß Ä Ö Ñ Ü å ø", NULL},
        {"ê î ô û ë ï ÿ ç œ", "ê î ô û ë ï ÿ ç œ", "e i o u e i y c oe"},
        {"À Â È Ê Ë Î Ï Ô Ù Û Œ Ç", "À Â È Ê Ë Î Ï Ô Ù Û Œ Ç", "A A E E E I I O U U OE C"},
        {"á í ó ú Á Í Ó Ú ª º", "á í ó ú Á Í Ó Ú ª º", "a i o u A I O U a o"},
        {"ğ ı ş Ğ İ Ş â", "ğ ı ş Ğ İ Ş â", "g i s G I S a"},
        {"ẞ ł Ł đ Đ þ ħ ŧ", "ẞ ł Ł đ Đ þ ħ ŧ", "SS l L d D th h t"},
        {"ế ș ț ǘ ﬁ Ａ", "ế ș ț ǘ ﬁ Ａ", "e s t u fi A"},
        {"Ḁ ỹ ﬀ ﬆ ！ ～ \u0233", "Ḁ ỹ ﬀ ﬆ ！ ～ \u0233", "A y ff st ! ~ y"}, /* ends of blocks */
        /* accents that were typed apart: composed, then as above */
        {"e\u0301 n\u0303 e\u0302 c\u0327", "é ñ ê ç", "é ñ e c"},
        {"q\u0301 o\u0323\u0302", "q\u0301 ộ", "q o"},
        {"\u0438\u0306", "\u0439", NULL},
        /* what stays foreign is kept */
        {"Дети \u00abв пути\u00bb", "Дети \"в пути\"", NULL},
        {"الأطفال\u200f", "الأطفال\u200f", NULL},
        {"a\U0001f44d", "a\U0001f44d", NULL},
        {"½ €", "½ €", NULL},
        {"a\xff"
         "b",
         "a\ufffd"
         "b",
         NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str text = str_from(cases[i].text);
        expect_text(gsm_fold(text, GSM_FOLD_TYPOGRAPHY, arena), cases[i].typography);
        expect_text(gsm_fold(text, GSM_FOLD_LATIN, arena),
                    cases[i].latin != NULL ? cases[i].latin : cases[i].typography);
    }
}

static void test_fold_none_changes_form_feeds_only(void **state)
{
    (void)state;
    expect_text(gsm_fold(STR("ê\u2019\tx\fy\xff"), GSM_FOLD_NONE, arena), "ê\u2019\tx\ny\xff");
    expect_text(gsm_fold_pages(STR("ê\u2019\fy"), GSM_FOLD_NONE, arena), "ê\u2019\fy");
    expect_text(gsm_fold_pages(STR("ê\u2019\fy"), GSM_FOLD_LATIN, arena), "e'\fy");
    expect_text(gsm_fold_pages(STR("x\fy"), GSM_FOLD_LATIN, arena), "x\fy");
}

/* The master texts of French, Spanish, Turkish and German become GSM-7 as a whole. */
static void test_fold_latin_reaches_gsm7(void **state)
{
    (void)state;
    for (int32_t code = 0xa1; code <= 0x17f; code++) {
        char bytes[UTF8_MAX_BYTES];
        struct str text = {bytes, utf8_put(code, bytes)};
        bool is_letter = code >= 0xc0 && code != 0xd7 && code != 0xf7 && code != 0x138 &&
                         code != 0x149 && code != 0x14a && code != 0x14b && code != 0x13f &&
                         code != 0x140;
        if (is_letter)
            assert_int_equal(gsm_measure(gsm_fold(text, GSM_FOLD_LATIN, arena)).encoding, GSM7);
    }
}

/* ---- USSD pages ---- */

struct page_case {
    const char *text;
    uint32_t max_septets;
    uint32_t max_ucs2;
    const char *pages[6]; /* NULL behind the last */
};

static void expect_pages(const struct page_case *c)
{
    for (uint32_t page = 0;; page++) {
        struct str found = STR_NONE;
        bool is_last = false;
        const struct gsm_ussd ussd = {str_from(c->text), STR("9 More"), STR_NONE, c->max_septets,
                                      c->max_ucs2};
        enum err e = gsm_ussd_page(&ussd, page, arena, &found, &is_last);
        if (c->pages[page] == NULL) {
            assert_int_equal(e, ERR_NOT_FOUND);
            return;
        }
        assert_int_equal(e, ERR_OK);
        expect_text(found, c->pages[page]);
        assert_int_equal(is_last, c->pages[page + 1] == NULL);
    }
}

static void test_ussd_pages(void **state)
{
    (void)state;
    static const struct page_case cases[] = {
        {"", 20, 10, {""}},
        {"short", 20, 10, {"short"}},
        {"12345678901234567890", 20, 10, {"12345678901234567890"}}, /* just fits, no key line */
        /* between words; key line and its line end count */
        {"one two three four five", 20, 10, {"one two three\n9 More", "four five"}},
        {"one two three fourr", 20, 10, {"one two three fourr"}},
        {"one two three fo five six", 20, 10, {"one two three\n9 More", "fo five six"}},
        {"one two four5 seven eight", 20, 10, {"one two four5\n9 More", "seven eight"}},
        {"one two three4 seven eight", 20, 10, {"one two\n9 More", "three4 seven eight"}},
        /* a line end, unless it leaves the page nearly empty */
        {"one two\nthree four fives", 20, 10, {"one two\n9 More", "three four fives"}},
        {"a\nbb ccc dddd eeeee ffff", 20, 10, {"a\nbb ccc dddd\n9 More", "eeeee ffff"}},
        {"a\nbbbbbbbbbbbbbbbbbbbbb", 20, 10, {"a\n9 More", "bbbbbbbbbbbbb\n9 More", "bbbbbbbb"}},
        /* a form feed behind which all fits; one inside a page is a line end */
        {"a\fbb ccc dddd eeeee ffff", 20, 10, {"a\nbb ccc dddd\n9 More", "eeeee ffff"}},
        {"aaaaaaa\fbb ccc dddd eeee", 20, 10, {"aaaaaaa\n9 More", "bb ccc dddd eeee"}},
        {"aaaa\fbb ccc dddd eeeee", 20, 10, {"aaaa\n9 More", "bb ccc dddd eeeee"}}, /* a third */
        /* not only a word and the key line for the second page */
        {"one two three four fivex six\n9 Nx",
         32,
         10,
         {"one two three four\n9 More", "fivex six\n9 Nx"}},
        {"a\fb\nc d\fe f g h i j k l m n", 20, 10, {"a\nb\nc d\n9 More", "e f g h i j k l m n"}},
        {"fits\fall in one", 20, 10, {"fits\nall in one"}},
        /* nowhere else: anywhere, but no character in two */
        {"aaaaaaaaaaaaaaaaaaaaaaaaa", 20, 10, {"aaaaaaaaaaaaa\n9 More", "aaaaaaaaaaaa"}},
        {"aaaaaaaaaaaa€bbbbbbbb", 20, 10, {"aaaaaaaaaaaa\n9 More", "€bbbbbbbb"}},
        /* white space at cuts and ends is dropped */
        {"  one two three   \n four five six \n\n",
         20,
         10,
         {"one two three\n9 More", "four five six"}},
        {"one two three\f\ffour five six s", 20, 10, {"one two three\n9 More", "four five six s"}},
        /* UCS-2, where the limit is its own */
        {"раз два три", 20, 11, {"раз два три"}},
        {"раз два три", 20, 10, {"раз\n9 More", "два три"}},
        {"\U0001f44d\U0001f44d\U0001f44d\U0001f44d\U0001f44d\U0001f44d",
         20,
         10,
         {"\U0001f44d\n9 More", "\U0001f44d\U0001f44d\U0001f44d\U0001f44d\U0001f44d"}},
        /* a letter and its accent stay together */
        {"яяe\u0301яяяяяяяяя", 20, 10, {"яя\n9 More", "e\u0301я\n9 More", "яяяяяяяя"}},
        /* each page has its own encoding */
        {"one two six ten я", 20, 10, {"one two six\n9 More", "ten я"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_pages(&cases[i]);
}

static void test_ussd_pages_at_real_limits(void **state)
{
    (void)state;
    struct str page;
    bool is_last = false;
    struct gsm_ussd ussd = {repeat("a", 160, ""), STR("9 More"), STR_NONE, GSM_USSD_SEPTETS,
                            GSM_USSD_UCS2};
    assert_int_equal(gsm_ussd_page(&ussd, 0, arena, &page, &is_last), ERR_OK);
    assert_true(is_last);
    assert_int_equal(page.len, 160);
    ussd.text = repeat("a", 161, "");
    assert_int_equal(gsm_ussd_page(&ussd, 0, arena, &page, &is_last), ERR_OK);
    assert_false(is_last);
    assert_int_equal(page.len, 160);
    assert_true(str_ends(page, STR("a\n9 More")));
    ussd.text = repeat("я", 71, "");
    assert_int_equal(gsm_ussd_page(&ussd, 0, arena, &page, &is_last), ERR_OK);
    assert_int_equal(gsm_measure(page).units, 70);
}

static void test_ussd_limits_that_cannot_be_met(void **state)
{
    (void)state;
    struct str page = STR("untouched");
    bool is_last = false;
    struct gsm_ussd ussd = {STR("one two three"), STR("9 More"), STR_NONE, 7, 7};
    assert_int_equal(gsm_ussd_page(&ussd, 0, arena, &page, &is_last), ERR_INVALID);
    ussd.septets = ussd.ucs2 = 8;
    assert_int_equal(gsm_ussd_page(&ussd, 0, arena, &page, &is_last), ERR_OK);
    expect_text(page, "o\n9 More");
    /* A foreign key line makes every page but the last UCS-2. */
    ussd = (struct gsm_ussd){STR("one two three four"), STR("9 Далее"), STR_NONE, 17, 12};
    assert_int_equal(gsm_ussd_page(&ussd, 0, arena, &page, &is_last), ERR_OK);
    expect_text(page, "one\n9 Далее");
    struct arena *small = arena_new(16);
    ussd = (struct gsm_ussd){STR("a text of more than sixteen"), STR("9"), STR_NONE, 160, 70};
    assert_int_equal(gsm_ussd_page(&ussd, 0, small, &page, &is_last), ERR_TOO_LONG);
    arena_free(small);
}

/* Feedback and question: a question is whole on its page, and the page before it no single line. */
static void test_ussd_question_behind_a_feed(void **state)
{
    (void)state;
    static const struct page_case cases[] = {
        /* the stem has room on the first page */
        {"Right. Yes.\f1/2 Which?\n1 aaaaaaaa\n2 bbbbbbbb\n0 Back",
         40,
         20,
         {"Right. Yes.\n1/2 Which?\n9 More", "1/2 Which?\n1 aaaaaaaa\n2 bbbbbbbb\n0 Back"}},
        {"Right.\f1/2 Which?\n1 aaaa\n2 bbbb",
         24, /* to the last character */
         12,
         {"Right.\n1/2 Which?\n9 More", "1/2 Which?\n1 aaaa\n2 bbbb"}},
        /* some of it has */
        {"Right. Yes.\f1/2 Which of them and why?\n1 a\n2 b",
         40,
         20,
         {"Right. Yes.\n1/2 Which of them and\n9 More", "1/2 Which of them and why?\n1 a\n2 b"}},
        /* too little of it */
        {"Right. That is so.\f1/2 Which of them and why?\n1 a\n2 b",
         40,
         20,
         {"Right. That is so.\n9 More", "1/2 Which of them and why?\n1 a\n2 b"}},
        /* no question: the text goes on */
        {"M2 of 7\fA lesson that would fit on one page\n9 Go",
         42,
         20,
         {"M2 of 7\nA lesson that would fit on\n9 More", "one page\n9 Go"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_pages(&cases[i]);
}

static void test_ussd_key_of_the_first_page(void **state)
{
    (void)state;
    struct str page;
    bool is_last = false;
    struct gsm_ussd ussd = {STR("one two three four five six seven"), STR("9 More 0 Back"),
                            STR("9 More"), 22, 22};
    assert_int_equal(gsm_ussd_page(&ussd, 0, arena, &page, &is_last), ERR_OK);
    expect_text(page, "one two\n9 More"); /* as much as on the others */
    assert_int_equal(gsm_ussd_page(&ussd, 1, arena, &page, &is_last), ERR_OK);
    expect_text(page, "three\n9 More 0 Back");
}

static void test_ussd_leaves_out_what_has_no_room(void **state)
{
    (void)state;
    struct gsm_ussd ussd = {.text = STR("Sorry.\v1 a\n2 b"), .septets = 14, .ucs2 = 14};
    expect_text(gsm_ussd_leave_out(&ussd, arena), "Sorry.\f1 a\n2 b");
    ussd.septets = 13;
    expect_text(gsm_ussd_leave_out(&ussd, arena), "1 a\n2 b");
    ussd.text = STR("1 a\n2 b");
    expect_text(gsm_ussd_leave_out(&ussd, arena), "1 a\n2 b");
}

/* ---- national tables ---- */

#define TURKISH (1u << GSM_ALPHABET_TURKISH)
#define SPANISH (1u << GSM_ALPHABET_SPANISH)
#define PORTUGUESE (1u << GSM_ALPHABET_PORTUGUESE)
#define BENGALI (1u << GSM_ALPHABET_BENGALI)
#define HINDI (1u << GSM_ALPHABET_HINDI)
#define URDU (1u << GSM_ALPHABET_URDU)

/* Lengths as the header leaves them: 155 and 149 with one table, 152 and 146 with two. */
static void test_lengths_with_national_tables(void **state)
{
    (void)state;
    static const struct {
        uint32_t alphabets;
        const char *head;
        size_t n_a; /* letters a behind it */
        enum gsm_encoding encoding;
        uint32_t units, segments;
    } rows[] = {
        {0, "ş", 69, UCS2, 70, 1},
        {TURKISH, "", 160, GSM7, 160, 1},  /* nothing national: no header */
        {TURKISH, "ş", 154, GSM7, 155, 1}, /* locked */
        {TURKISH, "ş", 155, GSM7, 156, 2},
        {TURKISH, "ş", 297, GSM7, 298, 2},
        {TURKISH, "ş", 298, GSM7, 299, 3},
        {TURKISH, "şè", 152, GSM7, 155, 1}, /* behind an escape: the locked one has no è */
        {TURKISH, "ş{€", 151, GSM7, 155, 1},
        {TURKISH, "şá", 68, UCS2, 70, 1},
        {SPANISH, "á", 153, GSM7, 155, 1},
        {SPANISH, "á", 154, GSM7, 156, 2},
        {SPANISH, "áñ¿¡", 150, GSM7, 155, 1},
        {PORTUGUESE, "ãõç", 152, GSM7, 155, 1},   /* locked */
        {PORTUGUESE, "ããããΦ", 146, GSM7, 152, 1}, /* Φ stands in the single one only: both */
        {PORTUGUESE, "ããããΦ", 147, GSM7, 153, 2},
        {PORTUGUESE, "ş", 69, UCS2, 70, 1},
        {HINDI, "नमस्ते ", 148, GSM7, 155, 1}, /* locked */
        {HINDI, "नमस्ते ", 149, GSM7, 156, 2},
        {HINDI, "नमस्ते ", 290, GSM7, 297, 2},  /* 149 a part */
        {HINDI, "१२", 151, GSM7, 155, 1},     /* digits stand behind an escape */
        {HINDI, "नमस्ते A", 143, GSM7, 152, 1}, /* both: the capital is behind an escape */
        {HINDI, "नमस्ते A", 144, GSM7, 153, 2},
        {HINDI, "নম", 68, UCS2, 70, 1}, /* Bengali letters */
        {BENGALI | HINDI, "নম", 153, GSM7, 155, 1},
        {URDU, "اردو ", 150, GSM7, 155, 1},
        {URDU, "پاکستان؟", 142, GSM7, 151, 1},
        {TURKISH | SPANISH, "á", 153, GSM7, 155, 1},
        {TURKISH | SPANISH, "şá", 68, UCS2, 70, 1}, /* one language at a time */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str text =
            arena_printf(arena, "%s%.*s", rows[i].head, (int)rows[i].n_a, repeat("a", 400, "").p);
        struct gsm_size size = gsm_measure_in(text, rows[i].alphabets);
        if (size.encoding != rows[i].encoding || size.units != rows[i].units ||
            size.segments != rows[i].segments)
            fail_msg("row %zu: %s, %u units, %u segments", i, gsm_encoding_name(size.encoding),
                     size.units, size.segments);
    }
    /* An escape and its letter stay in one part. */
    struct str split =
        arena_printf(arena, "%.*sáá%.*s", 148, repeat("a", 148, "").p, 145, repeat("a", 145, "").p);
    assert_int_equal(gsm_measure_in(split, SPANISH).units, 297);
    assert_int_equal(gsm_measure_in(split, SPANISH).segments, 2);
    split = arena_printf(arena, "%.*sá", 296, repeat("a", 296, "").p);
    assert_int_equal(gsm_measure_in(split, SPANISH).segments, 2);
    split = arena_printf(arena, "%.*sá", 297, repeat("a", 297, "").p);
    assert_int_equal(gsm_measure_in(split, SPANISH).segments, 3);
}

/* Each place of the tables of annex A.2.4 to A.3.13, as others have read them from the
 * specification: one septet in the locked table, two behind an escape; and no other letter of these
 * scripts. */
static void test_indic_tables(void **state)
{
    (void)state;
    static uint8_t tables[GSM_N_ALPHABETS][0x10000];
    char name[16], kind[16];
    unsigned place, code, n = 0;
    char line[200];
    FILE *file = fopen("tests/vectors/national.txt", "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        unsigned i = 0;
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%15s %15s %x %x", name, kind, &place, &code), 4);
        while (i < GSM_N_ALPHABETS && strcmp(gsm_alphabet_name((enum gsm_alphabet)i), name) != 0)
            i++;
        assert_in_range(i, 0, GSM_N_ALPHABETS - 1);
        assert_in_range(code, 1, 0xffff);
        tables[i][code] |= strcmp(kind, "locking") == 0 ? 1 : 2;
        n++;
    }
    assert_int_equal(fclose(file), 0);
    assert_in_range(n, 1900, 2000);
    for (unsigned i = GSM_ALPHABET_BENGALI; i < GSM_N_ALPHABETS; i++) {
        for (unsigned c = 0x600; c < 0xe00; c++) {
            /* "aa" is in every table; the letter decides what the whole costs. */
            char text[8] = "aa";
            size_t len = 2 + utf8_put((int32_t)c, text + 2);
            struct gsm_size size = gsm_measure_in((struct str){text, len}, 1u << i);
            uint32_t septets = (tables[i][c] & 1) != 0 ? 3 : 4;
            bool is_there = tables[i][c] != 0;
            bool is_right =
                is_there ? size.encoding == GSM7 && size.units == septets : size.encoding == UCS2;
            if (!is_right || gsm_is_national((int32_t)c, (enum gsm_alphabet)i) != is_there)
                fail_msg("%s U+%04X: %s %u", gsm_alphabet_name((enum gsm_alphabet)i), c,
                         gsm_encoding_name(size.encoding), size.units);
        }
        for (unsigned c = 1; c < 0x600; c++) {
            if (tables[i][c] != 0)
                assert_true(gsm_char_septets((int32_t)c) == 2 ||
                            gsm_is_national((int32_t)c, (enum gsm_alphabet)i));
        }
    }
}

static void test_letters_of_a_national_table_stay(void **state)
{
    (void)state;
    static const struct {
        uint32_t alphabets;
        const char *text, *sent;
    } rows[] = {
        {0, "Çok yaş, ğ ı", "Cok yas, g i"},
        {TURKISH, "Çok yaş, ğ ı", "Çok yaş, ğ ı"},
        {TURKISH, "“Yaş” â", "\"Yaş\" a"},
        {SPANISH, "Sí, está «aquí»", "Sí, está \"aquí\""},
        {TURKISH, "Sí", "Si"},
        {PORTUGUESE, "Não é ação", "Não é ação"},
        {TURKISH | SPANISH, "ş ş á", "ş ş a"}, /* of the one that keeps most */
        {TURKISH | SPANISH, "ş á á", "s á á"},
        {TURKISH, "Привет ş", "Привет s"}, /* UCS-2 all the same */
        {TURKISH, "Hello", "Hello"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str sent =
            gsm_fold_in(str_from(rows[i].text), GSM_FOLD_LATIN, rows[i].alphabets, arena);
        if (!str_eq(sent, str_from(rows[i].sent)))
            fail_msg("row %zu: %.*s", i, STR_ARG(sent));
    }
    assert_true(str_eq(gsm_fold_in(STR("ş’"), GSM_FOLD_NONE, TURKISH, arena), STR("ş’")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_character_of_the_bmp, setup, teardown),
        cmocka_unit_test(test_the_oracle_itself),
        cmocka_unit_test_setup_teardown(test_c_cedilla, setup, teardown),
        cmocka_unit_test_setup_teardown(test_from_septets, setup, teardown),
        cmocka_unit_test(test_foreign_characters),
        cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_utf16, setup, teardown),
        cmocka_unit_test(test_full_buffers_are_reported),
        cmocka_unit_test_setup_teardown(test_fold, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fold_none_changes_form_feeds_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fold_latin_reaches_gsm7, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ussd_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ussd_pages_at_real_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ussd_question_behind_a_feed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ussd_key_of_the_first_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ussd_leaves_out_what_has_no_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ussd_limits_that_cannot_be_met, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lengths_with_national_tables, setup, teardown),
        cmocka_unit_test(test_indic_tables),
        cmocka_unit_test_setup_teardown(test_letters_of_a_national_table_stay, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
