#include "core/match/match.h"

#include <string.h>
#include <utf8proc.h>

#include "core/utf8.h"

/* ---- distance ---- */

#define MAX_POINTS 64

/* Number of code points, or MAX_POINTS + 1 when there are more. */
static size_t to_points(struct str text, int32_t dst[MAX_POINTS])
{
    size_t n = 0;
    for (size_t at = 0; at < text.len; n++) {
        if (n == MAX_POINTS)
            return MAX_POINTS + 1;
        dst[n] = utf8_next(text, &at);
    }
    return n;
}

static uint32_t min3(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Optimal string alignment: three rows of the table are enough for swaps of neighbours. */
static uint32_t align(const int32_t *a, size_t n_a, const int32_t *b, size_t n_b)
{
    uint32_t rows[3][MAX_POINTS + 1];
    for (size_t j = 0; j <= n_b; j++)
        rows[0][j] = (uint32_t)j;
    for (size_t i = 1; i <= n_a; i++) {
        uint32_t *row = rows[i % 3];
        const uint32_t *above = rows[(i + 2) % 3];
        const uint32_t *two_above = rows[(i + 1) % 3];
        row[0] = (uint32_t)i;
        for (size_t j = 1; j <= n_b; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && two_above[j - 2] + 1 < row[j])
                row[j] = two_above[j - 2] + 1;
        }
    }
    return rows[n_a % 3][n_b];
}

uint32_t match_distance(struct str a, struct str b, uint32_t max)
{
    if (str_eq(a, b))
        return 0;
    int32_t points_a[MAX_POINTS];
    int32_t points_b[MAX_POINTS];
    size_t n_a = to_points(a, points_a);
    size_t n_b = to_points(b, points_b);
    size_t apart = n_a > n_b ? n_a - n_b : n_b - n_a;
    if (n_a > MAX_POINTS || n_b > MAX_POINTS || apart > max)
        return max + 1;
    uint32_t distance = align(points_a, n_a, points_b, n_b);
    return distance <= max ? distance : max + 1;
}

uint32_t match_tolerance(struct str expected)
{
    for (size_t i = 0; i < expected.len; i++) {
        if (expected.p[i] >= '0' && expected.p[i] <= '9')
            return 0;
    }
    size_t n_letters = utf8_count(expected);
    return n_letters >= 8 ? 2 : (n_letters >= 4 ? 1 : 0);
}

/* ---- masking ---- */

#define MASK_MIN_DIGITS 6
#define MASK_MAX_GAP 3 /* characters between two digits of one number */

/* What people, phones and word processors put between the digits of a number. */
static bool is_number_gap(int32_t code)
{
    if (code < 0x80)
        return code == ' ' || code == '.' || code == '-' || code == '(' || code == ')' ||
               code == '/' || code == ',' || code == '_' || (code >= '\t' && code <= '\r');
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_PD ||
           category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_MN;
}

/* Also circled, superscript and other shapes of digits. */
static bool is_digit(int32_t code)
{
    if (code < 0x80)
        return code >= '0' && code <= '9';
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NO;
}

/* Left out of the copy, so it must not keep the digits around it apart. */
static bool is_dropped(int32_t code, size_t n_bytes)
{
    return code == 0 || (code == UTF8_REPLACEMENT && n_bytes == 1);
}

/* Digits in the number that starts at `from` (which is a digit), and where it ends. */
static size_t number_run(struct str text, size_t from, size_t *ret_end)
{
    size_t n_digits = 0;
    size_t n_gap = 0;
    for (size_t at = from; at < text.len && n_gap <= MASK_MAX_GAP;) {
        size_t start = at;
        int32_t code = utf8_next(text, &at);
        if (is_dropped(code, at - start))
            continue;
        if (is_digit(code)) {
            n_digits++;
            n_gap = 0;
            *ret_end = at;
        } else if (is_number_gap(code)) {
            n_gap++;
        } else {
            break;
        }
    }
    return n_digits;
}

struct str match_mask_numbers(struct str text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.len + 1); /* masking never lengthens */
    if (out == NULL)
        return STR_NONE;
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        int32_t code = utf8_next(text, &at);
        size_t end = at;
        bool is_number = is_digit(code) && number_run(text, start, &end) >= MASK_MIN_DIGITS;
        if (is_number) {
            out[len++] = '#';
        } else if (!is_dropped(code, at - start)) {
            memcpy(out + len, text.p + start, at - start);
            len += at - start;
        }
        at = is_number ? end : at;
    }
    return (struct str){out, len};
}
