/* Every key of a country. */
#include "port/config/table.h"

#define COUNTRY(field) YAML_AT(struct config_country, field)

static const struct yaml_row country_keys[] = {
    {.name = "code",
     COUNTRY(code),
     .type = &config_type_country,
     .is_required = true,
     .is_key = true,
     .example = "KE",
     .help = "ISO code of the country."},
    {.name = "cost",
     COUNTRY(cost),
     .max = 60,
     .example = "Each SMS costs you your normal rate.",
     .is_in_example = true,
     .help = "What an SMS costs learners there, a sentence; it stands in the text that asks for\n"
             "consent. A country of a channel must have it before a course is published."},
    {.name = "contact",
     COUNTRY(contact),
     .max = 60,
     .example = "Our office (0800 7000, free)",
     .help =
         "A person who helps when nothing else does, as the beginning of \"... can help you\".\n"
         "Leave it out if there is none: then nobody is promised."},
    {.name = "utc_offset",
     COUNTRY(utc_offset),
     .type = &config_type_offset,
     .example = "\"+03:00\"",
     .help = "Its time, from UTC all year round: only where it has no zone."},
    {.name = "zone",
     COUNTRY(zone),
     .type = &config_type_zone,
     .example = "Africa/Nairobi",
     .help = "Its time zone, for what is sent without being asked for: by day, and at the time\n"
             "that the learner chose. Without one: the first that tzdata has for the country."},
    {.name = "day_off",
     COUNTRY(day_off),
     .type = &yaml_type_word,
     .words = "none sunday monday tuesday wednesday thursday friday saturday",
     .fallback = "sunday",
     .help = "On this day nothing is sent without being asked for."},
    {.name = "emergency",
     COUNTRY(emergency),
     .max = 20,
     .example = "999",
     .help = "Emergency number that texts name."},
    {.name = "helpline",
     COUNTRY(helpline),
     .max = 40,
     .example = "116",
     .help = "Child helpline. Dial it yourself before you write it here, and every three months."},
    {.name = "crisis",
     COUNTRY(crisis),
     .max = 40,
     .example = "\"0800 116 123\"",
     .help = "Line for people who may take their lives. Without one they are told the helpline."},
    {.name = "psea",
     COUNTRY(psea),
     .max = 40,
     .example = "psea@example.org",
     .help =
         "Who takes complaints about aid staff (sexual exploitation, abuse): people apart from\n"
         "the learners' own facilitators and managers."},
    {.name = "staffed",
     COUNTRY(staffed),
     .max = 30,
     .example = "Mon-Fri 8:00-17:00",
     .help =
         "When a trained person reads what learners send with SAFE. Leave it out if nobody does:\n"
         "then nothing is promised."},
    {.name = "focal_points",
     COUNTRY(focal_points),
     .type = &config_type_numbers,
     .is_secret = true,
     .example = "\"+254700000001 +254700000002\"",
     .help = "Two people who are told by SMS, without a word of it, when something was sent with "
             "SAFE."},
    {.name = "psea_points",
     COUNTRY(psea_points),
     .type = &config_type_numbers,
     .is_secret = true,
     .example = "\"+254700000003 +254700000004\"",
     .help =
         "Two people who are told in place of the focal points when it is a complaint about aid "
         "staff."},
    {.name = "recycling_channel",
     COUNTRY(recycling_channel),
     .type = &config_type_name,
     .max = 32,
     .example = "operator",
     .help =
         "A channel with the profile number-recycling, where an operator there offers that: it\n"
         "is asked before anything goes by itself to a number that was quiet for quiet_days.\n"
         "Without it nothing does."},
    {.name = "checked",
     COUNTRY(checked),
     .type = &config_type_date,
     .example = "2026-11-28",
     .help = "Day on which somebody last dialled emergency, helpline and contact. Without all of\n"
             "these, or after three months, `serve` and `lessons publish` refuse the country's\n"
             "channels, unless the simulator is on."},
};

const struct yaml_table config_country_table = {country_keys, ARRAY_LEN(country_keys),
                                                sizeof(struct config_country)};
