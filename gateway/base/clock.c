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
    char date[24];
    (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(dst, RFC3339_BYTES, "%s.%03dZ", date, (int)(ms - (int64_t)seconds * 1000));
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

enum err clock_parse_rfc3339(struct str text, struct wall_ms *ret)
{
    uint64_t year;
    if (text.len < 20 || text.p[4] != '-' || text.p[7] != '-' || text.p[13] != ':' ||
        text.p[16] != ':' || (text.p[10] != 'T' && text.p[10] != 't' && text.p[10] != ' ') ||
        str_to_u64(str_sub(text, 0, 4), 9999, &year) != ERR_OK)
        return ERR_INVALID;
    int month = two_digits(text, 5), day = two_digits(text, 8);
    int hour = two_digits(text, 11), minute = two_digits(text, 14), second = two_digits(text, 17);
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60)
        return ERR_INVALID;
    size_t at = 19;
    int64_t millis = 0;
    if (text.p[at] == '.') {
        int64_t scale = 100;
        for (at++; at < text.len && text.p[at] >= '0' && text.p[at] <= '9'; at++, scale /= 10)
            millis += (text.p[at] - '0') * scale;
    }
    int zone_minutes;
    if (!parse_zone(str_sub(text, at, text.len), &zone_minutes))
        return ERR_INVALID;
    int64_t days = clock_days_from_civil((int64_t)year, (unsigned)month, (unsigned)day);
    ret->ms =
        (days * 86400 + hour * 3600 + minute * 60 + second - zone_minutes * 60) * 1000 + millis;
    return ERR_OK;
}
