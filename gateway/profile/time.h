/*
 * profile_time.h: the many ways in which providers write a moment, into milliseconds since 1970,
 * and back for signed requests. Pure: zones come from a small table, not from the machine.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"

enum zone_rule { ZONE_RULE_NONE, ZONE_RULE_EU, ZONE_RULE_US };

struct zone {
    int32_t minutes; /* east of UTC, standard time */
    enum zone_rule rule;
};

/* "Africa/Nairobi" (a table of the zones that providers of profiles live in), "UTC", "+03:00".
 * ERR_NOT_FOUND. Zones whose summer time follows neither the European nor the American rule have
 * their standard time only: a message's time is for people, never a deadline. */
enum err zone_parse(struct str name, struct zone *ret) MUST_CHECK;
int64_t zone_offset_ms(struct zone zone, struct wall_ms utc);

/*
 * ISO 8601 with or without T, dashes, colons, fraction and zone ("2024-05-03T06:04:45.123456+0000",
 * "2024-05-03 06:04", "20240503060445", "20240503T060445"), or digits only: 10 = seconds, 13 =
 * milliseconds since 1970. A time without zone is in `zone`. ERR_INVALID otherwise, also for a date
 * alone.
 */
enum err time_parse_auto(struct str text, struct zone zone, struct wall_ms *ret) MUST_CHECK;
/* By pattern: %Y %m %d %H %M %S as in strptime, %y (20yy), %b (Jan), %a (a weekday, skipped),
 * %f (fraction), %z (Z, +hhmm, +hh:mm), %s (seconds since 1970), %% ; a blank is any number of
 * blanks; a "*" at the end is anything. */
enum err time_parse(struct str text, struct str pattern, struct zone zone,
                    struct wall_ms *ret) MUST_CHECK;
/* ERR_INVALID for a pattern with an unknown letter. */
enum err time_check_pattern(struct str pattern) MUST_CHECK;
/* %Y %m %d %H %M %S %s %z %% in the zone; unknown letters are kept. */
void time_format(struct wall_ms at, struct str pattern, struct zone zone, struct buf *out);
