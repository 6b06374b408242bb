/*
 * time.h: the many ways in which providers write a moment, into milliseconds since 1970,
 * and back for signed requests.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"

/* Minutes east of UTC; they differ where there is summer time as all of the European Union has it
 * (from 01:00 UTC on the last Sunday of March to that of October). */
struct time_zone {
    int32_t winter, summer;
};

#define TIME_UTC ((struct time_zone){0, 0})

/* "+03:00", "-0430". ERR_INVALID. */
enum err zone_parse_offset(struct str text, int32_t *ret_minutes) MUST_CHECK;

/*
 * ISO 8601 with or without T, dashes, colons, fraction and zone ("2024-05-03T06:04:45.123456+0000",
 * "2024-05-03 06:04", "20240503060445", "20240503T060445"), or digits only: 10 = seconds, 13 =
 * milliseconds since 1970. A time without zone is in the zone. ERR_INVALID otherwise,
 * also for a date alone.
 */
enum err time_parse_auto(struct str text, struct time_zone zone, struct wall_ms *ret) MUST_CHECK;
/* By pattern: %Y %m %d %H %M %S as in strptime, %y (20yy), %b (Jan), %a (a weekday, skipped),
 * %f (fraction), %z (Z, +hhmm, +hh:mm), %s (seconds since 1970), %% ; a blank is any number of
 * blanks; a "*" at the end is anything. */
enum err time_parse(struct str text, struct str pattern, struct time_zone zone,
                    struct wall_ms *ret) MUST_CHECK;
/* ERR_INVALID for a pattern with an unknown letter. */
enum err time_check_pattern(struct str pattern) MUST_CHECK;
/* %Y %m %d %H %M %S %s %z %% in the zone; unknown letters are kept. */
void time_format(struct wall_ms at, struct str pattern, struct time_zone zone, struct buf *out);
