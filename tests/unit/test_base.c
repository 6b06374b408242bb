#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/plain.h"

static void slices_compare_cut_and_split(void **state)
{
    (void)state;
    assert_true(str_eq(STR_NONE, STR("")));
    assert_true(str_eq_nocase(STR("MeNu"), STR("mEnU")));
    assert_false(str_eq_nocase(STR("menu"), STR("menus")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_int_equal(str_find(STR("abcbc"), STR("bc")), 1);
    assert_int_equal(str_find(STR("abc"), STR("x")), SIZE_MAX);
    assert_int_equal(str_find_char(STR_NONE, 'x'), SIZE_MAX);
    assert_true(str_eq(str_sub(STR("abc"), 1, 99), STR("bc")));
    assert_int_equal(str_sub(STR("abc"), 5, 2).len, 0);
    assert_true(str_eq(str_trim(STR(" \t a b \r\n")), STR("a b")));
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("b"), STR("ab")) > 0);
    struct str rest = STR("a,,b,");
    static const char *const parts[] = {"a", "", "b", ""};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        assert_true(str_eq(str_split(&rest, ','), str_from(parts[i])));
    assert_null(rest.p);
}

static void numbers_are_digits_up_to_their_maximum(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        enum err e;
        uint64_t value;
    } rows[] = {
        {"0", 0, ERR_OK, 0},
        {"65535", 65535, ERR_OK, 65535},
        {"65536", 65535, ERR_INVALID, 0},
        {"18446744073709551615", UINT64_MAX, ERR_OK, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, ERR_INVALID, 0},
        {"", 9, ERR_INVALID, 0},
        {"-1", 9, ERR_INVALID, 0},
        {"+1", 9, ERR_INVALID, 0},
        {" 1", 9, ERR_INVALID, 0},
        {"1x", 99, ERR_INVALID, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t value = 77;
        assert_int_equal(str_to_u64(str_from(rows[i].text), rows[i].max, &value), rows[i].e);
        assert_int_equal(value, rows[i].e == ERR_OK ? rows[i].value : 77);
    }
}

static void copies_and_hex_keep_their_bounds(void **state)
{
    (void)state;
    char dst[4];
    unsigned char bytes[2];
    assert_int_equal(str_copy(STR("abc"), dst, sizeof(dst)), ERR_OK);
    assert_string_equal(dst, "abc");
    assert_int_equal(str_copy(STR("abcd"), dst, sizeof(dst)), ERR_TOO_LONG);
    assert_string_equal(dst, "");
    char hex[5];
    hex_encode("\x0f\xA0", 2, hex);
    assert_string_equal(hex, "0fa0");
    assert_int_equal(hex_decode(STR("0FA0"), bytes, 2), ERR_OK);
    assert_memory_equal(bytes, "\x0f\xa0", 2);
    assert_int_equal(hex_decode(STR("0fa"), bytes, 2), ERR_INVALID);
    assert_int_equal(hex_decode(STR("0fag"), bytes, 2), ERR_INVALID);
}

static void buf_stops_at_its_ceiling_and_stays_there(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_fini);
    buf_init(&b, 5);
    assert_non_null(buf_str(&b).p);
    buf_add_str(&b, STR("1234"));
    buf_addf(&b, "%d", 5);
    assert_int_equal(buf_error(&b), ERR_OK);
    buf_add_char(&b, '6');
    assert_int_equal(buf_error(&b), ERR_TOO_LONG);
    assert_string_equal(b.p, "12345");
    buf_consume(&b, 5);
    buf_add_char(&b, '7'); /* no-op until the reset */
    assert_int_equal(b.len, 0);
    buf_reset(&b);
    buf_add_hex(&b, "\xab", 1);
    assert_string_equal(b.p, "ab");
    assert_int_equal(buf_error(&b), ERR_OK);
}

static void json_strings_are_valid_whatever_comes_in(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a\"b\\c\n\x01", "\"a\\\"b\\\\c\\n\\u0001\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                   /* overlong */
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},   /* surrogate */
        {"\xed\x9f\xbf\xee\x80\x80", "\"\xed\x9f\xbf\xee\x80\x80\""},   /* beside it */
        {"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},                   /* the last one */
        {"\xf4\x90\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},   /* past it */
        {"\xe0\x9f\xbf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},   /* overlong */
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                   /* cut */
        {"\xf1\x80\x80x", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx\""}, /* cut by a letter */
        {"\xff\xfe", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b CLEANUP(buf_fini);
        buf_init(&b, 256);
        buf_add_json(&b, str_from(rows[i].in));
        assert_string_equal(b.p, rows[i].out);
    }
}

#define BYTES(literal) literal, sizeof(literal) - 1

static void plain_text_is_shown_and_not_obeyed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        const char *line, *lines;
    } rows[] = {
        {BYTES("Nairobi A, \xd9\x85, \xf0\x9f\x8c\x8d"), "Nairobi A, \xd9\x85, \xf0\x9f\x8c\x8d",
         NULL},
        {BYTES("a\x1b[2Jb\x7f\x07"), "a [2Jb  ", NULL},
        {BYTES("a\0b"), "a b", NULL},
        {BYTES("a\nb\tc\r\n"), "a b c  ", "a\nb\tc\r\n"},
        {BYTES("safe\rgone"), "safe gone", NULL},
        {BYTES("end\r"), "end ", NULL},
        {BYTES("\xc2\x9b"
               "31m \xc2\xa0x"),
         "  31m \xc2\xa0x", NULL}, /* C1; no-break space */
        {BYTES("x\x9b"
               "31m\xff"),
         "x 31m ", NULL}, /* C1 of Latin-1 */
        {BYTES("a\xe2\x80\xaetxt\xe2\x80\xac.exe"), "a   txt   .exe", NULL},
        {BYTES("\xe2\x81\xa6"
               "a\xe2\x81\xa9\xe2\x80\xa8"),
         "   a      ", NULL},
        {BYTES("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xaa"), "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xaa",
         NULL},
        {BYTES("\xe2\x80"), "  ", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[64];
        const char *lines = rows[i].lines != NULL ? rows[i].lines : rows[i].line;
        memcpy(text, rows[i].text, rows[i].n);
        plain_make(text, rows[i].n, false);
        assert_int_equal(strlen(rows[i].line), rows[i].n);
        assert_memory_equal(text, rows[i].line, rows[i].n);
        memcpy(text, rows[i].text, rows[i].n);
        plain_make(text, rows[i].n, true);
        assert_memory_equal(text, lines, rows[i].n);
    }
}

static void arena_zeroes_aligns_and_has_a_ceiling(void **state)
{
    (void)state;
    struct arena *a CLEANUP(arena_freep) = arena_new(10000);
    for (int round = 0; round < 3; round++) {
        unsigned char *p = arena_alloc(a, 9000); /* more than a chunk */
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (int i = 0; i < 9000; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, 9000);
        assert_true(str_eq(arena_printf(a, "%s-%d", "x", 7), STR("x-7")));
        assert_non_null(arena_alloc(a, 0));
        assert_null(arena_alloc(a, 1000));
        assert_int_equal(arena_error(a), ERR_TOO_LONG);
        assert_null(arena_str(a, STR("x")).p); /* sticky */
        assert_null(arena_alloc(a, SIZE_MAX));
        arena_reset(a);
        assert_int_equal(arena_error(a), ERR_OK);
    }
}

/* What was needed once is kept for the next time, up to a bound, whatever the order of sizes is. */
static void arena_is_used_again(void **state)
{
    (void)state;
    static const size_t sizes[] = {5000, 5000, 100, 20000, 8192, 60000, 1, 8193, 3000};
    struct arena *a CLEANUP(arena_freep) = arena_new(1 << 20);
    for (size_t round = 0; round < 3 * ARRAY_LEN(sizes); round++) {
        unsigned char *p[ARRAY_LEN(sizes)];
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            size_t bytes = sizes[(i + round) % ARRAY_LEN(sizes)];
            p[i] = arena_alloc(a, bytes);
            assert_non_null(p[i]);
            for (size_t k = 0; k < bytes; k++)
                assert_int_equal(p[i][k], 0);
            memset(p[i], (int)i + 1, bytes);
        }
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) /* none lies in another */
            assert_int_equal(p[i][sizes[(i + round) % ARRAY_LEN(sizes)] - 1], i + 1);
        arena_reset(a);
    }
}

static void arena_writes_and_finds_numbers(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 7, -1, 10, 999999, INT64_MAX, INT64_MIN};
    struct arena *a CLEANUP(arena_freep) = arena_new(1000);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        char wanted[24];
        (void)snprintf(wanted, sizeof(wanted), "%lld", (long long)numbers[i]);
        assert_string_equal(arena_number(a, numbers[i]).p, wanted);
    }
    assert_string_equal(arena_digits(a, STR("+48 21-5 x6")).p, "482156");
    assert_int_equal(arena_digits(a, STR("no, \xd9\xa1")).len, 0);
}

static void timestamps_are_read_in_every_shape_and_no_other(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err e;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", ERR_OK, 0},
        {"2026-11-24T07:37:40.123Z", ERR_OK, 1795505860123},
        {"2026-11-24 07:37:40.1239999Z", ERR_OK, 1795505860123},
        {"2026-11-24t10:37:40.5+03:00", ERR_OK, 1795505860500},
        {"2026-11-24T02:07:40-0530", ERR_OK, 1795505860000},
        {"2024-02-29T12:00:00Z", ERR_OK, 1709208000000},
        {"2025-02-29T12:00:00Z", ERR_INVALID, 0},
        {"1969-12-31T23:59:59Z", ERR_OK, -1000},
        {"2026-13-01T00:00:00Z", ERR_INVALID, 0},
        {"2026-04-31T00:00:00Z", ERR_INVALID, 0},
        {"2026-01-01T24:00:00Z", ERR_INVALID, 0},
        {"2026-01-01T00:60:00Z", ERR_INVALID, 0},
        {"2026-01-01T00:00:00", ERR_INVALID, 0},
        {"2026-01-01T00:00:00+24:00", ERR_INVALID, 0},
        {"2026-01-01T00:00:00ZZ", ERR_INVALID, 0},
        {"2026/01/01T00:00:00Z", ERR_INVALID, 0},
        {"+026-01-01T00:00:00Z", ERR_INVALID, 0},
        {"", ERR_INVALID, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wall_ms at = {0};
        assert_int_equal(clock_parse_rfc3339(str_from(rows[i].text), &at), rows[i].e);
        assert_int_equal(at.ms, rows[i].ms);
    }
}

static void timestamps_go_round(void **state)
{
    (void)state;
    for (int64_t ms = -62167219200000; ms < 253402300799999; ms += 86399999 * 371LL) {
        char text[RFC3339_BYTES];
        struct wall_ms back;
        clock_format_rfc3339((struct wall_ms){ms}, text);
        assert_int_equal(clock_parse_rfc3339(str_from(text), &back), ERR_OK);
        assert_int_equal(back.ms, ms);
    }
}

static void errors_have_names_and_say_whether_to_retry(void **state)
{
    (void)state;
    struct errmsg msg;
    assert_string_equal(err_name(ERR_TIMEOUT), "timeout");
    assert_true(err_is_retryable(ERR_UNAVAILABLE));
    assert_false(err_is_retryable(ERR_INVALID));
    assert_int_equal(errmsg_set(&msg, ERR_IO, "%0600d", 1), ERR_IO);
    assert_int_equal(strlen(msg.text), ERRMSG_BYTES - 1);
    assert_int_equal(errmsg_set(NULL, ERR_IO, "x"), ERR_IO);
}

/* What log_write puts on stderr while fn runs. */
static void capture(void (*fn)(void), char *out, size_t n)
{
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    fn();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(close(saved), 0);
    ssize_t len = read(ends[0], out, n - 1);
    assert_true(len >= 0);
    out[len] = '\0';
    assert_int_equal(close(ends[0]), 0);
}

static void write_lines(void)
{
    LOG_DEBUG("test", "hidden", "%s", "by level");
    LOG_WARN("test", "same", "n=%d", 1);
    LOG_WARN("test", "same", "n=%d", 2);
    LOG_INFO("test", "forged", "x=%s", "a\nb\x1b[31m\xc2\x9b\xe2\x80\xae\xe2\x80\xac");
    for (int i = 0; i < 300; i++) { /* kinds in turn: each has its own count (T37) */
        LOG_ERROR("test", "same", "n=%d", i);
        LOG_INFO("test", "forged", "i=%d", i);
    }
    log_write_always(LOG_LEVEL_INFO, "test", "forged", "always=%d", 1);
    log_flush(false); /* their second is not over */
    log_flush(true);
    log_flush(true); /* said once */
}

static void log_lines_are_one_line_each_and_count_repeats(void **state)
{
    (void)state;
    char out[4096];
    log_init(LOG_LEVEL_INFO, "test-0");
    capture(write_lines, out, sizeof(out));
    static const char *const expected[] = {
        " level=warn proc=test-0 module=test msg=\"same\" n=1",
        " level=info proc=test-0 module=test msg=\"forged\" x=a b [31m        ",
        " level=error proc=test-0 module=test msg=\"same\" n=0",
        " level=info proc=test-0 module=test msg=\"forged\" always=1",
        " level=warn proc=test-0 module=test msg=\"same\" repeated=1",
        " level=info proc=test-0 module=test msg=\"forged\" repeated=300",
        " level=error proc=test-0 module=test msg=\"same\" repeated=299",
    };
    struct str rest = str_from(out);
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        struct str line = str_split(&rest, '\n');
        assert_true(str_ends(line, str_from(expected[i])));
    }
    assert_int_equal(rest.len, 0);
    const uint8_t id[4] = {1, 2, 0xab, 0xcd};
    char name[LOG_ID_BYTES];
    assert_string_equal(log_id(id, name), "h:0102abcd");
}

static void write_json_lines(void)
{
    LOG_WARN("test", "words", "n=%d why=\"said \\ %s\" id=h:01 left over", 1, "\x1b[31m\"x");
    LOG_INFO("test", "bare", "%s", "no key here = none");
    log_write_always(LOG_LEVEL_ERROR, "test", "nothing", "%s", "");
}

static void log_lines_may_be_json(void **state)
{
    (void)state;
    char out[4096];
    log_init(LOG_LEVEL_INFO, "test-0");
    log_set_json(true);
    capture(write_json_lines, out, sizeof(out));
    log_set_json(false);
    static const char *const expected[] = {
        "\"level\":\"warn\",\"proc\":\"test-0\",\"module\":\"test\",\"msg\":\"words\",\"n\":\"1\","
        "\"why\":\"said \\\\  [31m\\\"x\",\"id\":\"h:01\",\"detail\":\"left over\"}",
        "\"msg\":\"bare\",\"detail\":\"no key here = none\"}",
        "\"msg\":\"nothing\"}",
    };
    struct str rest = str_from(out);
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        struct str line = str_split(&rest, '\n');
        assert_true(str_starts(line, STR("{\"ts\":\"")));
        assert_true(str_ends(line, str_from(expected[i])));
    }
    assert_int_equal(rest.len, 0);
}

/* A pipe that takes a page, and nobody who reads: the writer goes on, and says later what it left
 * out.
 */
static void a_log_that_nobody_reads_stops_nobody(void **state)
{
    (void)state;
    enum { N = 300 };
    static char out[65536];
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    log_init(LOG_LEVEL_INFO, "test-0");
    assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, O_WRONLY | O_NONBLOCK), 0);
    for (int i = 0; i < N; i++)
        log_write_always(LOG_LEVEL_INFO, "test", "said", "i=%d", i);
    ssize_t n_first = read(ends[0], out, sizeof(out) - 1);
    log_write_always(LOG_LEVEL_INFO, "test", "last", "%s", "");
    assert_true(n_first > 0);
    ssize_t n_last = read(ends[0], out + n_first, sizeof(out) - 1 - (size_t)n_first);
    assert_true(n_last > 0);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(close(saved), 0);
    uint64_t n_said = 0, n_lost = 0;
    struct str rest = {out, (size_t)(n_first + n_last)};
    while (rest.len > 0) {
        struct str line = str_split(&rest, '\n');
        size_t at = str_find(line, STR("msg=\"lines were lost\" n="));
        n_said += str_find(line, STR("msg=\"said\" i=")) != SIZE_MAX;
        if (at != SIZE_MAX)
            assert_int_equal(str_to_u64(str_sub(line, at + 24, line.len), UINT64_MAX, &n_lost),
                             ERR_OK);
    }
    assert_true(n_lost > 0);
    assert_int_equal(n_said + n_lost, N);
}

/* A disk that fills up in the middle of a line: what comes when it has room again stands in lines
 * of its own. */
static void a_line_that_is_cut_is_lost_and_ends(void **state)
{
    (void)state;
    char out[2048];
    int fd = open("/tmp", O_RDWR | O_APPEND | O_TMPFILE | O_CLOEXEC, 0600);
    int saved = dup(STDERR_FILENO);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    log_init(LOG_LEVEL_INFO, "test-0");
    log_write_always(LOG_LEVEL_INFO, "test", "whole", "%s", "");
    small = (struct rlimit){(rlim_t)lseek(fd, 0, SEEK_END) * 3 / 2, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    log_write_always(LOG_LEVEL_INFO, "test", "cut", "%s", "");
    log_write_always(LOG_LEVEL_INFO, "test", "gone", "%s", "");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    log_write_always(LOG_LEVEL_INFO, "test", "last", "%s", "");
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    assert_true(signal(SIGXFSZ, handler) == SIG_IGN);
    ssize_t n = pread(fd, out, sizeof(out) - 1, 0);
    assert_true(n > 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(close(saved), 0);
    struct str rest = {out, (size_t)n};
    assert_true(str_ends(str_split(&rest, '\n'), STR("msg=\"whole\"")));
    assert_true(str_starts(str_split(&rest, '\n'), STR("ts="))); /* of the line that was cut */
    struct str line = str_split(&rest, '\n');
    assert_true(str_starts(line, STR("ts=")) && str_ends(line, STR("msg=\"lines were lost\" n=2")));
    line = str_split(&rest, '\n');
    assert_true(str_starts(line, STR("ts=")) && str_ends(line, STR("msg=\"last\"")));
    assert_int_equal(rest.len, 0);
}

static void pauses_double_up_to_their_maximum(void **state)
{
    (void)state;
    static const struct {
        uint32_t n, chance;
        int64_t ceiling_ms, ms;
    } rows[] = {
        {0, 7, 0, 0},          {1, 0, 100, 1},     {1, 99, 100, 100},
        {1, 100, 100, 1},      {2, 199, 200, 200}, {6, 3199, 3200, 3200},
        {7, 4999, 5000, 5000}, {7, 5000, 5000, 1}, {UINT32_MAX, UINT32_MAX, 5000, 2296},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(backoff_ceiling_ms(100, 5000, rows[i].n), rows[i].ceiling_ms);
        assert_int_equal(backoff_ms(100, 5000, rows[i].n, rows[i].chance), rows[i].ms);
    }
    assert_int_equal(backoff_ceiling_ms(300, 200, 1), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_up_to_their_maximum),
        cmocka_unit_test(slices_compare_cut_and_split),
        cmocka_unit_test(numbers_are_digits_up_to_their_maximum),
        cmocka_unit_test(copies_and_hex_keep_their_bounds),
        cmocka_unit_test(buf_stops_at_its_ceiling_and_stays_there),
        cmocka_unit_test(json_strings_are_valid_whatever_comes_in),
        cmocka_unit_test(plain_text_is_shown_and_not_obeyed),
        cmocka_unit_test(arena_zeroes_aligns_and_has_a_ceiling),
        cmocka_unit_test(arena_is_used_again),
        cmocka_unit_test(arena_writes_and_finds_numbers),
        cmocka_unit_test(timestamps_are_read_in_every_shape_and_no_other),
        cmocka_unit_test(timestamps_go_round),
        cmocka_unit_test(errors_have_names_and_say_whether_to_retry),
        cmocka_unit_test(log_lines_are_one_line_each_and_count_repeats),
        cmocka_unit_test(log_lines_may_be_json),
        cmocka_unit_test(a_log_that_nobody_reads_stops_nobody),
        cmocka_unit_test(a_line_that_is_cut_is_lost_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
