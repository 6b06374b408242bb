/*
 * zone.h: what a time zone does, from the system's tzdata, as a value that core/schedule.h reads.
 * It changes TZ for a moment, so nothing else may ask for local time; nothing does.
 */
#pragma once

#include "base/str.h"
#include "core/schedule.h"

/* The zone of a name as Africa/Nairobi, from 2020 to 2060. ERR_NOT_FOUND: tzdata has none; *ret is
 * untouched then. */
enum err zone_load(struct str name, struct zone *ret) MUST_CHECK;
/* The one where most people of a country live: the first that zone.tab has. ERR_NOT_FOUND: none,
 * or tzdata is not installed. */
enum err zone_load_country(struct str code, struct zone *ret) MUST_CHECK;
