#include "core/schedule.h"

#define DAY_BEGINS_MIN (8 * 60)
#define DAY_ENDS_MIN (20 * 60)
#define EVERY_DAY 0x7fu

/* ---- zones ---- */

struct zone zone_fixed(int32_t offset_min)
{
    return (struct zone){.n = 1, .changes = {{INT64_MIN, offset_min}}};
}

static int64_t offset_ms(const struct zone *zone, int64_t utc_ms)
{
    uint32_t i = zone != NULL ? zone->n : 0;
    while (i > 1 && zone->changes[i - 1].from_ms > utc_ms)
        i--;
    return i > 0 ? zone->changes[i - 1].offset_min * MINUTE_MS : 0;
}

int64_t zone_local_ms(const struct zone *zone, int64_t utc_ms)
{
    return utc_ms + offset_ms(zone, utc_ms);
}

int64_t zone_utc_ms(const struct zone *zone, int64_t local_ms)
{
    int64_t before = local_ms - offset_ms(zone, local_ms - DAY_MS);
    int64_t after = local_ms - offset_ms(zone, local_ms + DAY_MS);
    bool is_left_out = zone_local_ms(zone, before) != local_ms;
    return is_left_out && zone_local_ms(zone, after) == local_ms ? after : before;
}

/* ---- days ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t schedule_day(const struct schedule *s, int64_t ms)
{
    return floor_div(zone_local_ms(s->zone, ms), DAY_MS);
}

int64_t schedule_day_ms(const struct schedule *s, int64_t day)
{
    return zone_utc_ms(s->zone, day * DAY_MS);
}

/* 1970 began with a Thursday. */
static uint8_t weekday(int64_t day)
{
    return (uint8_t)(day + 4 - 7 * floor_div(day + 4, 7));
}

/* Years of the 400 that repeat begin in March here, so that a leap day is the last of its year. */
struct schedule_date schedule_date(const struct schedule *s, int64_t ms)
{
    int64_t day = schedule_day(s, ms), since_0000 = day + 719468;
    int64_t era = floor_div(since_0000, 146097), of_era = since_0000 - 146097 * era;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    return (struct schedule_date){.weekday = weekday(day),
                                  .day = (uint8_t)(of_year - (153 * month + 2) / 5 + 1),
                                  .month = (uint8_t)(month < 10 ? month + 3 : month - 9),
                                  .year = (int16_t)(400 * era + year + (month < 10 ? 0 : 1))};
}

/* ---- slots ---- */

/* All that a slot takes of a day. */
#define SLOT_MIN ((int32_t)((SCHEDULE_SPREAD_MS + SCHEDULE_LATE_MS) / MINUTE_MS))

static bool is_quiet(const struct schedule *s, int32_t minute)
{
    int32_t from = s->quiet_from_min, to = s->quiet_to_min;
    int32_t end = minute + SLOT_MIN;
    if (from < 0 || to < 0 || from == to)
        return false;
    return from < to ? minute < to && end > from : minute < to || end > from;
}

/* Where the group wants quiet, the next quarter of an hour that it does not, else an earlier one;
 * where it leaves no room for a slot by day, it has no say. */
int32_t schedule_slot_minute(const struct schedule *s)
{
    static const int32_t minutes[N_SCHEDULE_SLOTS] = {[SCHEDULE_MORNING] = 9 * 60,
                                                      [SCHEDULE_MIDDAY] = 12 * 60 + 30,
                                                      [SCHEDULE_EVENING] = 18 * 60};
    int32_t wanted = minutes[s->slot];
    for (int32_t minute = wanted; minute + SLOT_MIN <= DAY_ENDS_MIN; minute += 15) {
        if (!is_quiet(s, minute))
            return minute;
    }
    for (int32_t minute = wanted; minute >= DAY_BEGINS_MIN; minute -= 15) {
        if (!is_quiet(s, minute))
            return minute;
    }
    return wanted;
}

static int64_t slot_ms(const struct schedule *s, int64_t day)
{
    int64_t spread_ms = s->spread % (uint32_t)SCHEDULE_SPREAD_MS;
    return zone_utc_ms(s->zone, day * DAY_MS + schedule_slot_minute(s) * MINUTE_MS + spread_ms);
}

const struct schedule_rest *schedule_rest_at(const struct schedule *s, int64_t ms)
{
    int64_t day = schedule_day(s, ms);
    for (uint32_t i = 0; i < s->n_rests; i++) {
        if (day >= s->rests[i].from_day && day <= s->rests[i].to_day)
            return &s->rests[i];
    }
    return NULL;
}

static bool is_free(const struct schedule *s, int64_t day)
{
    bool is_off = (s->days_off & EVERY_DAY) != EVERY_DAY && (s->days_off >> weekday(day) & 1) != 0;
    return !is_off && schedule_rest_at(s, schedule_day_ms(s, day)) == NULL;
}

int64_t schedule_next_ms(const struct schedule *s, int64_t from_ms)
{
    int64_t first = schedule_day(s, from_ms);
    for (int64_t day = first; day < first + SCHEDULE_MAX_DAYS; day++) {
        int64_t ms = slot_ms(s, day);
        if (ms >= from_ms && is_free(s, day))
            return ms;
    }
    return INT64_MAX;
}

bool schedule_is_free(const struct schedule *s, int64_t now_ms)
{
    int64_t day = schedule_day(s, now_ms);
    int64_t minute = (zone_local_ms(s->zone, now_ms) - day * DAY_MS) / MINUTE_MS;
    int32_t from = s->quiet_from_min, to = s->quiet_to_min;
    bool has_quiet = from >= 0 && to >= 0 && from != to;
    bool is_quiet_now =
        has_quiet && (from < to ? minute >= from && minute < to : minute >= from || minute < to);
    return is_free(s, day) && minute >= DAY_BEGINS_MIN && minute < DAY_ENDS_MIN && !is_quiet_now;
}

bool schedule_is_now(const struct schedule *s, int64_t now_ms)
{
    int64_t day = schedule_day(s, now_ms);
    int64_t minute = (zone_local_ms(s->zone, now_ms) - day * DAY_MS) / MINUTE_MS;
    int64_t ms = slot_ms(s, day);
    return minute >= DAY_BEGINS_MIN && minute < DAY_ENDS_MIN && now_ms >= ms &&
           now_ms < ms + SCHEDULE_LATE_MS && is_free(s, day);
}

int64_t schedule_evening_ms(const struct schedule *s, int64_t now_ms)
{
    return zone_utc_ms(s->zone, schedule_day(s, now_ms) * DAY_MS + DAY_ENDS_MIN * MINUTE_MS);
}
