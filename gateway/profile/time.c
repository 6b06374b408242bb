/* Moments as providers write them. No table of zones, which is old next year: a profile says the
 * offset that its provider's texts are in. */
#include "profile/time.h"

#include <stddef.h>

struct time_reading {
    struct str rest;
    int64_t year, month, day, hour, minute, second, millis, offset_minutes;
    bool has_zone;
    int64_t epoch_s; /* %s */
    bool has_epoch;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly n digits. */
static bool take(struct time_reading *r, size_t n, int64_t max, int64_t *ret)
{
    uint64_t value;
    if (r->rest.len < n || str_to_u64(str_sub(r->rest, 0, n), (uint64_t)max, &value) != ERR_OK)
        return false;
    *ret = (int64_t)value;
    r->rest = str_sub(r->rest, n, r->rest.len);
    return true;
}

static bool take_char(struct time_reading *r, char c)
{
    if (r->rest.len == 0 || r->rest.p[0] != c)
        return false;
    r->rest = str_sub(r->rest, 1, r->rest.len);
    return true;
}

/* Any number of digits behind the point. */
static void take_fraction(struct time_reading *r)
{
    int64_t scale = 100;
    size_t n = 0;
    for (; n < r->rest.len && is_digit(r->rest.p[n]); n++, scale /= 10)
        r->millis += (r->rest.p[n] - '0') * scale;
    r->rest = str_sub(r->rest, n, r->rest.len);
}

/* "hh:mm", "hhmm", "hh" */
static bool take_offset(struct time_reading *r, int64_t sign)
{
    int64_t hours, minutes = 0;
    r->has_zone = true;
    if (!take(r, 2, 14, &hours))
        return false;
    bool has_minutes = take_char(r, ':') || (r->rest.len > 0 && is_digit(r->rest.p[0]));
    if (has_minutes && !take(r, 2, 59, &minutes))
        return false;
    r->offset_minutes = sign * (hours * 60 + minutes);
    return true;
}

/* "Z", or a sign and an offset */
static bool take_zone(struct time_reading *r)
{
    r->has_zone = true;
    if (take_char(r, 'Z') || take_char(r, 'z'))
        return true;
    int64_t sign = take_char(r, '+') ? 1 : take_char(r, '-') ? -1 : 0;
    return sign != 0 && take_offset(r, sign);
}

/* Day, since 1970, of the last Sunday of a month of 31 days. */
static int64_t last_sunday(int64_t year, unsigned month)
{
    int64_t last = clock_days_from_civil(year, month, 31);
    return last - (last + 4) % 7; /* 1 January 1970 was a Thursday */
}

static int64_t zone_minutes(struct time_zone zone, int64_t utc_s)
{
    /* The year by the mean length of one is right but near New Year, which is winter anyway. */
    int64_t year = 1970 + utc_s / 31556952;
    bool is_summer = zone.winter != zone.summer && utc_s >= last_sunday(year, 3) * 86400 + 3600 &&
                     utc_s < last_sunday(year, 10) * 86400 + 3600;
    return is_summer ? zone.summer : zone.winter;
}

static enum err finish(const struct time_reading *r, struct time_zone zone, struct wall_ms *ret)
{
    if (r->has_epoch) {
        ret->ms = r->epoch_s * 1000 + r->millis;
        return ERR_OK;
    }
    if (r->month < 1 || r->day < 1)
        return ERR_INVALID;
    int64_t days = clock_days_from_civil(r->year, (unsigned)r->month, (unsigned)r->day);
    int64_t local = (days * 86400 + r->hour * 3600 + r->minute * 60 + r->second) * 1000 + r->millis;
    if (r->has_zone) {
        ret->ms = local - r->offset_minutes * 60000;
        return ERR_OK;
    }
    /* Between the two readings of the hour that autumn has twice, the later one counts. */
    struct wall_ms guess = {local - (int64_t)zone.winter * 60000};
    ret->ms = local - zone_minutes(zone, guess.ms / 1000) * 60000;
    return ERR_OK;
}

/* Ten digits are seconds, thirteen milliseconds. */
static bool read_epoch(struct str text, struct wall_ms *ret)
{
    uint64_t value;
    if ((text.len != 10 && text.len != 13) || str_to_u64(text, INT64_MAX / 1000, &value) != ERR_OK)
        return false;
    ret->ms = (int64_t)value * (text.len == 10 ? 1000 : 1);
    return true;
}

/* "2024-05-03" or "20240503", and what parts it from the time of day. */
static bool take_date(struct time_reading *r)
{
    if (!take(r, 4, 9999, &r->year))
        return false;
    bool has_dash = take_char(r, '-');
    if (!take(r, 2, 12, &r->month) || (has_dash && !take_char(r, '-')) || !take(r, 2, 31, &r->day))
        return false;
    return take_char(r, 'T') || take_char(r, 't') || take_char(r, ' ') || !has_dash;
}

/* "06:04", "06:04:45.123", "060445" */
static bool take_time_of_day(struct time_reading *r)
{
    if (!take(r, 2, 24, &r->hour))
        return false;
    bool has_colon = take_char(r, ':');
    if (!take(r, 2, 59, &r->minute))
        return false;
    bool has_seconds = has_colon ? take_char(r, ':') : r->rest.len >= 2 && is_digit(r->rest.p[0]);
    if (has_seconds && !take(r, 2, 60, &r->second))
        return false;
    if (take_char(r, '.') || take_char(r, ','))
        take_fraction(r);
    return true;
}

enum err zone_parse_offset(struct str text, int32_t *ret_minutes)
{
    uint64_t hours, minutes;
    bool has_colon = text.len == 6 && text.p[3] == ':';
    if ((text.len != 5 && !has_colon) || (text.p[0] != '+' && text.p[0] != '-') ||
        str_to_u64(str_sub(text, 1, 3), 14, &hours) != ERR_OK ||
        str_to_u64(str_sub(text, has_colon ? 4 : 3, text.len), 59, &minutes) != ERR_OK)
        return ERR_INVALID;
    int32_t all = (int32_t)(hours * 60 + minutes);
    *ret_minutes = text.p[0] == '-' ? -all : all;
    return ERR_OK;
}

enum err time_parse_auto(struct str text, struct time_zone zone, struct wall_ms *ret)
{
    text = str_trim(text);
    struct time_reading r = {.rest = text};
    if (read_epoch(text, ret))
        return ERR_OK;
    if (!take_date(&r) || !take_time_of_day(&r))
        return ERR_INVALID;
    /* "2024-05-03 06:04:45 +0000"; and "...45 08:00", whose plus a form has turned into a blank */
    bool has_blank = take_char(&r, ' ');
    if (has_blank && r.rest.len > 0 && is_digit(r.rest.p[0])) {
        if (!take_offset(&r, 1) || r.rest.len > 0)
            return ERR_INVALID;
    } else if (r.rest.len > 0 && (!take_zone(&r) || r.rest.len > 0)) {
        return ERR_INVALID;
    }
    return finish(&r, zone, ret);
}

static bool take_month_name(struct time_reading *r)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int64_t m = 0; m < 12 && r->rest.len >= 3; m++) {
        if (str_eq_nocase(str_sub(r->rest, 0, 3), (struct str){names + 3 * m, 3})) {
            r->month = m + 1;
            r->rest = str_sub(r->rest, 3, r->rest.len);
            return true;
        }
    }
    return false;
}

static bool skip_letters(struct time_reading *r)
{
    while (r->rest.len > 0 && ((r->rest.p[0] | 0x20) >= 'a' && (r->rest.p[0] | 0x20) <= 'z'))
        r->rest = str_sub(r->rest, 1, r->rest.len);
    return true;
}

static bool take_epoch(struct time_reading *r)
{
    size_t n = 0;
    while (n < r->rest.len && n < 12 && is_digit(r->rest.p[n]))
        n++;
    r->has_epoch = true;
    return n > 0 && take(r, n, INT64_MAX / 1000, &r->epoch_s);
}

static bool take_short_year(struct time_reading *r)
{
    bool is_good = take(r, 2, 99, &r->year);
    r->year += 2000;
    return is_good;
}

static bool take_any_fraction(struct time_reading *r)
{
    take_fraction(r);
    return true;
}

static bool take_percent(struct time_reading *r)
{
    return take_char(r, '%');
}

static void put_epoch(const struct time_reading *r, struct buf *out)
{
    buf_addf(out, "%lld", (long long)r->epoch_s);
}

static void put_offset(const struct time_reading *r, struct buf *out)
{
    int64_t ahead = r->offset_minutes < 0 ? -r->offset_minutes : r->offset_minutes;
    buf_addf(out, "%c%02d:%02d", r->offset_minutes < 0 ? '-' : '+', (int)(ahead / 60),
             (int)(ahead % 60));
}

/* What a letter of a pattern stands for: a number of so many digits, or what its functions do. */
static const struct letter {
    char letter;
    uint8_t width;
    uint16_t max;
    size_t offset; /* in struct time_reading */
    bool (*take)(struct time_reading *r);
    void (*put)(const struct time_reading *r, struct buf *out);
} letters[] = {
    {'Y', 4, 9999, offsetof(struct time_reading, year), NULL, NULL},
    {'m', 2, 12, offsetof(struct time_reading, month), NULL, NULL},
    {'d', 2, 31, offsetof(struct time_reading, day), NULL, NULL},
    {'H', 2, 24, offsetof(struct time_reading, hour), NULL, NULL},
    {'M', 2, 59, offsetof(struct time_reading, minute), NULL, NULL},
    {'S', 2, 60, offsetof(struct time_reading, second), NULL, NULL},
    {'y', .take = take_short_year},
    {'b', .take = take_month_name},
    {'f', .take = take_any_fraction},
    {'a', .take = skip_letters},
    {'z', .take = take_zone, .put = put_offset},
    {'s', .take = take_epoch, .put = put_epoch},
    {'%', .take = take_percent},
};

static const struct letter *find_letter(char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
        if (letters[i].letter == letter)
            return &letters[i];
    }
    return NULL;
}

static bool take_letter(struct time_reading *r, char c)
{
    const struct letter *letter = find_letter(c);
    if (letter == NULL)
        return false;
    return letter->take != NULL ? letter->take(r)
                                : take(r, letter->width, letter->max,
                                       (int64_t *)(void *)((char *)r + letter->offset));
}

enum err time_parse(struct str text, struct str pattern, struct time_zone zone, struct wall_ms *ret)
{
    struct time_reading r = {.rest = str_trim(text)};
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.p[i];
        if (c == '*' && i + 1 == pattern.len)
            return finish(&r, zone, ret);
        if (c == ' ') {
            while (take_char(&r, ' '))
                ;
        } else if (c == '%' && i + 1 < pattern.len) {
            if (!take_letter(&r, pattern.p[++i]))
                return ERR_INVALID;
        } else if (!take_char(&r, c)) {
            return ERR_INVALID;
        }
    }
    return r.rest.len == 0 ? finish(&r, zone, ret) : ERR_INVALID;
}

enum err time_check_pattern(struct str pattern)
{
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.p[i] != '%')
            continue;
        if (++i == pattern.len || find_letter(pattern.p[i]) == NULL)
            return ERR_INVALID;
    }
    return ERR_OK;
}

/* Inverse of clock_days_from_civil (H. Hinnant's civil-day arithmetic). */
static void set_civil(struct time_reading *r, int64_t seconds)
{
    int64_t days = seconds / 86400 - (seconds % 86400 < 0);
    int64_t second_of_day = seconds - days * 86400;
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    r->month = from_march < 10 ? from_march + 3 : from_march - 9;
    r->year = year_of_era + era * 400 + (r->month <= 2);
    r->day = day_of_year - (153 * from_march + 2) / 5 + 1;
    r->hour = second_of_day / 3600;
    r->minute = second_of_day / 60 % 60;
    r->second = second_of_day % 60;
}

static void put_letter(const struct time_reading *r, char c, struct buf *out)
{
    const struct letter *letter = find_letter(c);
    if (letter != NULL && letter->put != NULL)
        letter->put(r, out);
    else if (letter != NULL && letter->width > 0)
        buf_addf(out, "%0*d", letter->width,
                 (int)*(const int64_t *)(const void *)((const char *)r + letter->offset));
    else
        buf_add_char(out, c);
}

void time_format(struct wall_ms at, struct str pattern, struct time_zone zone, struct buf *out)
{
    struct time_reading r = {.epoch_s = at.ms / 1000};
    r.offset_minutes = zone_minutes(zone, r.epoch_s);
    set_civil(&r, r.epoch_s + r.offset_minutes * 60);
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.p[i] == '%' && i + 1 < pattern.len)
            put_letter(&r, pattern.p[++i], out);
        else
            buf_add_char(out, pattern.p[i]);
    }
}
