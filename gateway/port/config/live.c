/* May the channels of a country be opened to people who may be in danger? */
#include "port/config/live.h"

struct str config_number_of(struct str numbers, uint32_t i)
{
    struct str rest = numbers, one = STR_NONE;
    for (uint32_t k = 0; k <= i; k++)
        one = rest.p != NULL ? str_split(&rest, ' ') : STR_NONE;
    return one;
}

static bool is_checked(const struct config_country *row, struct wall_ms now)
{
    struct wall_ms at;
    return config_date(row->checked, &at) && at.ms <= now.ms + DAY_MS &&
           now.ms - at.ms <= (CONFIG_CHECKED_DAYS + 1) * DAY_MS;
}

/* An entry for the country of a channel; without one the channel is to blame. */
static bool is_row_live(const struct config *config, uint32_t channel, struct wall_ms now,
                        struct yaml_report *report)
{
    static const struct config_country nothing;
    struct str code = config->channels[channel].country;
    const struct config_country *row = config_country_get(config, code);
    struct config_at at = {"channels", channel, "country"};
    if (row != NULL)
        at = (struct config_at){"countries", (uint32_t)(row - config->countries), NULL};
    else
        row = &nothing;
    const struct {
        bool is_good;
        const char *what;
    } rules[] = {
        {row->emergency.p != NULL, "`emergency`, the number to call in danger"},
        {row->helpline.p != NULL || row->contact.p != NULL,
         "`helpline`, the child helpline, or where there is none `contact`, a person of yours"},
        {row->contact.p != NULL, "`contact`, a person of yours and how to reach them"},
        {config_number_of(row->focal_points, CONFIG_FOCAL_POINTS - 1).p != NULL,
         "`focal_points`, the numbers of two people who are told"},
        {is_checked(row, now), "`checked`, the day within the last three months on which somebody "
                               "dialled these numbers"},
    };
    bool is_good = true;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!rules[i].is_good)
            config_complain(config, report, at, "docs/course-rules.md 1.7 says why",
                            "countries, code %.*s: write %s", STR_ARG(code), rules[i].what);
        is_good &= rules[i].is_good;
    }
    return is_good;
}

bool config_is_live(const struct config *config, struct wall_ms now, struct yaml_report *report)
{
    bool is_good = true;
    for (uint32_t i = 0; i < config->n_channels; i++) {
        struct str code = config->channels[i].country;
        uint32_t first = 0;
        while (!str_eq(config->channels[first].country, code))
            first++;
        if (first == i)
            is_good &= is_row_live(config, i, now, report);
    }
    return is_good;
}
