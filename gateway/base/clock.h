/*
 * clock.h: the only place that asks the operating system for the time.
 *
 * Two kinds that cannot be mixed: mono_ms for deadlines and intervals, wall_ms for what people and
 * databases see (UTC, milliseconds since 1970). Everything above takes time as data; the event loop
 * reads it once a turn (port/loop.h).
 */
#pragma once

#include <stdint.h>

#include "base/str.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

struct mono_ms {
    int64_t ms;
};

struct wall_ms {
    int64_t ms;
};

struct mono_ms clock_mono(void);
struct wall_ms clock_wall(void);

#define RFC3339_BYTES 32 /* "2026-11-24T07:37:40.123Z" and NUL */

/* UTC with milliseconds; years outside 0000..9999 are clamped. */
void clock_format_rfc3339(struct wall_ms at, char dst[RFC3339_BYTES]);
/* "YYYY-MM-DDThh:mm:ss[.fraction](Z|+hh:mm|-hh:mm|+hhmm)", also with a blank for the T.
 * ERR_INVALID otherwise. */
enum err clock_parse_rfc3339(struct str text, struct wall_ms *ret) MUST_CHECK;
/* Days since 1970-01-01 of a proleptic Gregorian date; no range check. */
int64_t clock_days_from_civil(int64_t year, unsigned month, unsigned day);

/* How long to wait before the next try. The ceiling doubles with every failure; where many may have
 * failed together, chance takes anything below it (full jitter), so that they do not come back
 * together. docs/reliability.md recommendation 8. n_failures in a row, from 1; 0 = none: no wait.
 * At most max_ms. */
int64_t backoff_ceiling_ms(int64_t first_ms, int64_t max_ms, uint32_t n_failures);
/* 1 ms up to the ceiling; chance is any random number. */
int64_t backoff_ms(int64_t first_ms, int64_t max_ms, uint32_t n_failures, uint32_t chance);
