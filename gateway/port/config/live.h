/*
 * live.h: may this configuration go live (docs/course-rules.md 1.7)? Is somebody told of a
 * disclosure, and did somebody dial the numbers that texts name?
 */
#pragma once

#include "port/config/config.h"

#define CONFIG_FOCAL_POINTS 2u
#define CONFIG_CHECKED_DAYS 92 /* three months */
/* The beginning of a day "2026-11-28" in UTC; false: it is none. */
bool config_date(struct str text, struct wall_ms *ret);
/* The i-th of numbers with blanks between, as of focal_points; absent past the last. */
struct str config_number_of(struct str numbers, uint32_t i);
/* Is the referral table of each channel's country complete, and checked within three months of now?
 * Reports each thing that is missing: what to write, and where. */
bool config_is_live(const struct config *config, struct wall_ms now, struct yaml_report *report);
