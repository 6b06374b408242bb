/*
 * schedule.h: when a learner may be written to without having asked: in his or her own time zone,
 * at the time of day that was chosen, never between 8 in the evening and 8 in the morning, never on
 * a day off or while the group rests (docs/course-rules.md 1.2 rule 3). Arithmetic only: what a
 * zone does is data, which port/zone.h makes from the system's tzdata.
 *
 * A push belongs to the slot of a local day: a time of day, and a little later for each learner by
 * a hash, so that not all of them are due in one second. A slot that was missed by more than
 * SCHEDULE_LATE_MS (an outage, a clock that jumped, more due than channels carry) is over, and the
 * next day's is the next: nothing is made up for in a burst or at night.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define SCHEDULE_SPREAD_MS (55 * MINUTE_MS) /* a slot begins so much later at most */
#define SCHEDULE_LATE_MS (60 * MINUTE_MS)   /* and lasts as long: the last ends before eight */
/* A day off each day of a week, or a rest without end, would have no next slot. */
#define SCHEDULE_MAX_DAYS 400

/* What a zone adds to UTC, and since when; changes[0] is from the beginning. */
#define ZONE_MAX_CHANGES 96u
struct zone {
    uint32_t n;
    struct zone_change {
        int64_t from_ms;
        int32_t offset_min;
    } changes[ZONE_MAX_CHANGES];
};

/* The same all year round. */
struct zone zone_fixed(int32_t offset_min);
/* Local time in milliseconds, as if it were UTC. zone NULL is UTC, here and below. */
int64_t zone_local_ms(const struct zone *zone, int64_t utc_ms);
/* The reverse. A local time that there is twice is the first of the two; one that is left out is as
 * much later as is left out. */
int64_t zone_utc_ms(const struct zone *zone, int64_t local_ms);

enum schedule_slot { SCHEDULE_MORNING, SCHEDULE_MIDDAY, SCHEDULE_EVENING, N_SCHEDULE_SLOTS };

/* Local days, both included, on which nothing is pushed. */
struct schedule_rest {
    int64_t from_day, to_day;
};

struct schedule {
    const struct zone *zone;
    uint8_t days_off; /* bit 0 = Sunday ... bit 6 = Saturday; all seven count as none */
    enum schedule_slot slot;
    uint32_t spread; /* of the learner: any number */
    /* Minutes of the day from and until which a group wants no push, beside the night; -1: none. */
    int32_t quiet_from_min, quiet_to_min;
    const struct schedule_rest *rests; /* of a group */
    uint32_t n_rests;
};

/* Days since 1970 of the local date. */
int64_t schedule_day(const struct schedule *s, int64_t ms);
/* When that day begins. */
int64_t schedule_day_ms(const struct schedule *s, int64_t day);
/* The first slot that begins at or behind this time; INT64_MAX: none in SCHEDULE_MAX_DAYS. */
int64_t schedule_next_ms(const struct schedule *s, int64_t from_ms);
/* Is this the time of one? Always false between 20:00 and 8:00. */
bool schedule_is_now(const struct schedule *s, int64_t now_ms);
/* May anything be pushed at this time of day, whatever the slot? Never at night. */
bool schedule_is_free(const struct schedule *s, int64_t now_ms);
/* 20:00 of that day: what has not left by then does not leave. */
int64_t schedule_evening_ms(const struct schedule *s, int64_t now_ms);
/* Minutes of the day at which the slot begins, as people are told. */
int32_t schedule_slot_minute(const struct schedule *s);
/* The rest in which that time lies; NULL: in none. */
const struct schedule_rest *schedule_rest_at(const struct schedule *s, int64_t ms);

struct schedule_date {
    uint8_t weekday; /* 0 = Sunday */
    uint8_t day;     /* 1.. */
    uint8_t month;   /* 1..12 */
    int16_t year;
};
struct schedule_date schedule_date(const struct schedule *s, int64_t ms);
