#include "base/clock.h"

#include <stdio.h>
#include <time.h>

struct mono_ms clock_mono(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (struct mono_ms){(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000};
}

struct wall_ms clock_wall(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    return (struct wall_ms){(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000};
}

void clock_format_rfc3339(struct wall_ms at, char dst[RFC3339_BYTES])
{
    const int64_t year_0 = -62167219200000, year_9999 = 253402300799999;
    int64_t ms = at.ms < year_0 ? year_0 : at.ms > year_9999 ? year_9999 : at.ms;
    time_t seconds = (time_t)(ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000));
    struct tm tm;
    (void)gmtime_r(&seconds, &tm); /* in range by the clamp above */
    char date[16];
    (void)strftime(date, sizeof(date), "-%m-%dT%H:%M:%S", &tm); /* its %Y is not padded */
    (void)snprintf(dst, RFC3339_BYTES, "%04d%s.%03dZ", tm.tm_year + 1900, date,
                   (int)(ms - (int64_t)seconds * 1000));
}

/* H. Hinnant's civil-day arithmetic: eras of 400 years that start on 1 March. */
int64_t clock_days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* Two digits at s[at], or -1. */
static int two_digits(struct str s, size_t at)
{
    uint64_t value;
    if (at + 2 > s.len || str_to_u64(str_sub(s, at, at + 2), 99, &value) != ERR_OK)
        return -1;
    return (int)value;
}

/* Zone designator at the end of a timestamp in minutes east of UTC; false when malformed. */
static bool parse_zone(struct str zone, int *ret_minutes)
{
    if (str_eq(zone, STR("Z")) || str_eq(zone, STR("z"))) {
        *ret_minutes = 0;
        return true;
    }
    bool has_colon = zone.len == 6 && zone.p[3] == ':';
    if ((zone.len != 5 && !has_colon) || (zone.p[0] != '+' && zone.p[0] != '-'))
        return false;
    int hours = two_digits(zone, 1);
    int minutes = two_digits(zone, has_colon ? 4 : 3);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *ret_minutes = (hours * 60 + minutes) * (zone.p[0] == '-' ? -1 : 1);
    return true;
}

/* The two-digit numbers of "YYYY-MM-DDThh:mm:ss" and their ranges. */
enum { MONTH, DAY, HOUR, MINUTE, SECOND, N_FIELDS };
static const struct {
    size_t at;
    int min, max;
} fields[N_FIELDS] = {
    [MONTH] = {5, 1, 12},   [DAY] = {8, 1, 31},     [HOUR] = {11, 0, 23},
    [MINUTE] = {14, 0, 59}, [SECOND] = {17, 0, 60},
};

/* True when the punctuation stands where it must and every number is in its range. */
static bool parse_fields(struct str text, uint64_t *ret_year, int ret[N_FIELDS])
{
    static const char shape[] = "....-..-..T..:..:..";
    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        bool is_blank = shape[i] == 'T' && (text.p[i] == 't' || text.p[i] == ' ');
        if (shape[i] != '.' && text.p[i] != shape[i] && !is_blank)
            return false;
    }
    for (int f = 0; f < N_FIELDS; f++) {
        ret[f] = two_digits(text, fields[f].at);
        if (ret[f] < fields[f].min || ret[f] > fields[f].max)
            return false;
    }
    return str_to_u64(str_sub(text, 0, 4), 9999, ret_year) == ERR_OK;
}

static int64_t days_in_month(uint64_t year, int month)
{
    int64_t first = clock_days_from_civil((int64_t)year, (unsigned)month, 1);
    return month == 12 ? 31 : clock_days_from_civil((int64_t)year, (unsigned)month + 1, 1) - first;
}

/* Digits behind a dot at *at, in milliseconds; further ones are cut. Moves *at behind them. */
static int64_t parse_fraction(struct str text, size_t *at)
{
    int64_t millis = 0, scale = 100;
    if (text.p[*at] != '.')
        return 0;
    for (++*at; *at < text.len && text.p[*at] >= '0' && text.p[*at] <= '9'; ++*at, scale /= 10)
        millis += (text.p[*at] - '0') * scale;
    return millis;
}

enum err clock_parse_rfc3339(struct str text, struct wall_ms *ret)
{
    uint64_t year;
    int field[N_FIELDS], zone_minutes;
    if (text.len < 20 || !parse_fields(text, &year, field) ||
        field[DAY] > days_in_month(year, field[MONTH]))
        return ERR_INVALID;
    size_t at = 19;
    int64_t millis = parse_fraction(text, &at);
    if (!parse_zone(str_sub(text, at, text.len), &zone_minutes))
        return ERR_INVALID;
    int64_t days =
        clock_days_from_civil((int64_t)year, (unsigned)field[MONTH], (unsigned)field[DAY]);
    int64_t minutes = (days * 24 + field[HOUR]) * 60 + field[MINUTE] - zone_minutes;
    ret->ms = (minutes * 60 + field[SECOND]) * 1000 + millis;
    return ERR_OK;
}

int64_t backoff_ceiling_ms(int64_t first_ms, int64_t max_ms, uint32_t n_failures)
{
    int64_t ceiling_ms = n_failures > 0 ? first_ms : 0;
    for (uint32_t i = 1; i < n_failures && ceiling_ms < max_ms; i++)
        ceiling_ms *= 2;
    return ceiling_ms < max_ms ? ceiling_ms : max_ms;
}

int64_t backoff_ms(int64_t first_ms, int64_t max_ms, uint32_t n_failures, uint32_t chance)
{
    int64_t ceiling_ms = backoff_ceiling_ms(first_ms, max_ms, n_failures);
    return ceiling_ms > 0 ? 1 + (int64_t)chance % ceiling_ms : 0;
}
