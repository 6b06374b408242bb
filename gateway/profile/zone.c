#include "profile/time.h"

#include <stdlib.h>

/* IANA names; minutes east of UTC in standard time (tzdata 2024a). */
static const struct {
    const char *name;
    int32_t minutes;
    enum zone_rule rule;
} zones[] = {
    {"UTC", 0, ZONE_RULE_NONE},
    {"Africa/Abidjan", 0, ZONE_RULE_NONE},
    {"Africa/Accra", 0, ZONE_RULE_NONE},
    {"Africa/Addis_Ababa", 180, ZONE_RULE_NONE},
    {"Africa/Algiers", 60, ZONE_RULE_NONE},
    {"Africa/Bamako", 0, ZONE_RULE_NONE},
    {"Africa/Blantyre", 120, ZONE_RULE_NONE},
    {"Africa/Brazzaville", 60, ZONE_RULE_NONE},
    {"Africa/Bujumbura", 120, ZONE_RULE_NONE},
    {"Africa/Cairo", 120, ZONE_RULE_NONE},
    {"Africa/Casablanca", 60, ZONE_RULE_NONE},
    {"Africa/Conakry", 0, ZONE_RULE_NONE},
    {"Africa/Dakar", 0, ZONE_RULE_NONE},
    {"Africa/Dar_es_Salaam", 180, ZONE_RULE_NONE},
    {"Africa/Djibouti", 180, ZONE_RULE_NONE},
    {"Africa/Douala", 60, ZONE_RULE_NONE},
    {"Africa/Freetown", 0, ZONE_RULE_NONE},
    {"Africa/Harare", 120, ZONE_RULE_NONE},
    {"Africa/Johannesburg", 120, ZONE_RULE_NONE},
    {"Africa/Juba", 120, ZONE_RULE_NONE},
    {"Africa/Kampala", 180, ZONE_RULE_NONE},
    {"Africa/Khartoum", 120, ZONE_RULE_NONE},
    {"Africa/Kigali", 120, ZONE_RULE_NONE},
    {"Africa/Kinshasa", 60, ZONE_RULE_NONE},
    {"Africa/Lagos", 60, ZONE_RULE_NONE},
    {"Africa/Lome", 0, ZONE_RULE_NONE},
    {"Africa/Lubumbashi", 120, ZONE_RULE_NONE},
    {"Africa/Lusaka", 120, ZONE_RULE_NONE},
    {"Africa/Maputo", 120, ZONE_RULE_NONE},
    {"Africa/Mogadishu", 180, ZONE_RULE_NONE},
    {"Africa/Monrovia", 0, ZONE_RULE_NONE},
    {"Africa/Nairobi", 180, ZONE_RULE_NONE},
    {"Africa/Ndjamena", 60, ZONE_RULE_NONE},
    {"Africa/Niamey", 60, ZONE_RULE_NONE},
    {"Africa/Nouakchott", 0, ZONE_RULE_NONE},
    {"Africa/Ouagadougou", 0, ZONE_RULE_NONE},
    {"Africa/Tripoli", 120, ZONE_RULE_NONE},
    {"Africa/Tunis", 60, ZONE_RULE_NONE},
    {"Africa/Windhoek", 120, ZONE_RULE_NONE},
    {"America/Argentina/Buenos_Aires", -180, ZONE_RULE_NONE},
    {"America/Bogota", -300, ZONE_RULE_NONE},
    {"America/Caracas", -240, ZONE_RULE_NONE},
    {"America/Chicago", -360, ZONE_RULE_US},
    {"America/Costa_Rica", -360, ZONE_RULE_NONE},
    {"America/Denver", -420, ZONE_RULE_US},
    {"America/Guatemala", -360, ZONE_RULE_NONE},
    {"America/Guayaquil", -300, ZONE_RULE_NONE},
    {"America/Jamaica", -300, ZONE_RULE_NONE},
    {"America/La_Paz", -240, ZONE_RULE_NONE},
    {"America/Lima", -300, ZONE_RULE_NONE},
    {"America/Los_Angeles", -480, ZONE_RULE_US},
    {"America/Managua", -360, ZONE_RULE_NONE},
    {"America/Mexico_City", -360, ZONE_RULE_NONE},
    {"America/Montevideo", -180, ZONE_RULE_NONE},
    {"America/New_York", -300, ZONE_RULE_US},
    {"America/Panama", -300, ZONE_RULE_NONE},
    {"America/Port-au-Prince", -300, ZONE_RULE_US},
    {"America/Port_of_Spain", -240, ZONE_RULE_NONE},
    {"America/Santo_Domingo", -240, ZONE_RULE_NONE},
    {"America/Sao_Paulo", -180, ZONE_RULE_NONE},
    {"America/Tegucigalpa", -360, ZONE_RULE_NONE},
    {"Asia/Amman", 180, ZONE_RULE_NONE},
    {"Asia/Baghdad", 180, ZONE_RULE_NONE},
    {"Asia/Bangkok", 420, ZONE_RULE_NONE},
    {"Asia/Beirut", 120, ZONE_RULE_EU},
    {"Asia/Colombo", 330, ZONE_RULE_NONE},
    {"Asia/Damascus", 180, ZONE_RULE_NONE},
    {"Asia/Dhaka", 360, ZONE_RULE_NONE},
    {"Asia/Dubai", 240, ZONE_RULE_NONE},
    {"Asia/Jakarta", 420, ZONE_RULE_NONE},
    {"Asia/Kabul", 270, ZONE_RULE_NONE},
    {"Asia/Karachi", 300, ZONE_RULE_NONE},
    {"Asia/Kathmandu", 345, ZONE_RULE_NONE},
    {"Asia/Kolkata", 330, ZONE_RULE_NONE},
    {"Asia/Kuala_Lumpur", 480, ZONE_RULE_NONE},
    {"Asia/Manila", 480, ZONE_RULE_NONE},
    {"Asia/Riyadh", 180, ZONE_RULE_NONE},
    {"Asia/Singapore", 480, ZONE_RULE_NONE},
    {"Asia/Tashkent", 300, ZONE_RULE_NONE},
    {"Asia/Tehran", 210, ZONE_RULE_NONE},
    {"Asia/Tokyo", 540, ZONE_RULE_NONE},
    {"Asia/Yangon", 390, ZONE_RULE_NONE},
    {"Australia/Sydney", 600, ZONE_RULE_NONE},
    {"Europe/Athens", 120, ZONE_RULE_EU},
    {"Europe/Belgrade", 60, ZONE_RULE_EU},
    {"Europe/Berlin", 60, ZONE_RULE_EU},
    {"Europe/Bratislava", 60, ZONE_RULE_EU},
    {"Europe/Budapest", 60, ZONE_RULE_EU},
    {"Europe/Dublin", 0, ZONE_RULE_EU},
    {"Europe/Istanbul", 180, ZONE_RULE_NONE},
    {"Europe/Kiev", 120, ZONE_RULE_EU},
    {"Europe/Kyiv", 120, ZONE_RULE_EU},
    {"Europe/London", 0, ZONE_RULE_EU},
    {"Europe/Madrid", 60, ZONE_RULE_EU},
    {"Europe/Paris", 60, ZONE_RULE_EU},
    {"Europe/Rome", 60, ZONE_RULE_EU},
    {"Europe/Sofia", 120, ZONE_RULE_EU},
    {"Europe/Stockholm", 60, ZONE_RULE_EU},
    {"Europe/Warsaw", 60, ZONE_RULE_EU},
    {"Europe/Zagreb", 60, ZONE_RULE_EU},
};

/* "+03:00", "-0430" */
static enum err parse_offset(struct str text, struct zone *ret)
{
    uint64_t hours, minutes;
    bool has_colon = text.len == 6 && text.p[3] == ':';
    if ((text.len != 5 && !has_colon) || (text.p[0] != '+' && text.p[0] != '-') ||
        str_to_u64(str_sub(text, 1, 3), 14, &hours) != ERR_OK ||
        str_to_u64(str_sub(text, has_colon ? 4 : 3, text.len), 59, &minutes) != ERR_OK)
        return ERR_NOT_FOUND;
    int32_t all = (int32_t)(hours * 60 + minutes);
    *ret = (struct zone){text.p[0] == '-' ? -all : all, ZONE_RULE_NONE};
    return ERR_OK;
}

enum err zone_parse(struct str name, struct zone *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
        if (str_eq(name, str_from(zones[i].name))) {
            *ret = (struct zone){zones[i].minutes, zones[i].rule};
            return ERR_OK;
        }
    }
    return parse_offset(name, ret);
}

/* Days since 1970 of the nth Sunday (from 1) of a month; nth 0 = the last one. */
static int64_t sunday(int64_t year, unsigned month, int nth)
{
    int64_t from = clock_days_from_civil(year, month, 1);
    if (nth == 0) {
        int64_t last = clock_days_from_civil(year, month + 1, 1) - 1;
        return last - (last + 4) % 7; /* 1970-01-01 was a Thursday */
    }
    return from + (7 - (from + 4) % 7) % 7 + 7 * (nth - 1);
}

static bool is_summer(struct zone zone, int64_t seconds)
{
    /* The year by the mean length of one is right but near New Year, which is winter anyway. */
    int64_t year = 1970 + seconds / 31556952;
    int64_t begin, end;
    switch (zone.rule) {
    case ZONE_RULE_NONE:
        return false;
    case ZONE_RULE_EU: /* 01:00 UTC, last Sundays of March and October */
        begin = sunday(year, 3, 0) * 86400 + 3600;
        end = sunday(year, 10, 0) * 86400 + 3600;
        return seconds >= begin && seconds < end;
    case ZONE_RULE_US: /* 02:00 local, second Sunday of March to first of November */
        begin = sunday(year, 3, 2) * 86400 + 7200 - zone.minutes * 60;
        end = sunday(year, 11, 1) * 86400 + 3600 - zone.minutes * 60;
        return seconds >= begin && seconds < end;
    }
    return false;
}

int64_t zone_offset_ms(struct zone zone, struct wall_ms utc)
{
    int64_t minutes = zone.minutes + (is_summer(zone, utc.ms / 1000) ? 60 : 0);
    return minutes * 60000;
}
