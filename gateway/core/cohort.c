#include "core/cohort.h"

#include <stddef.h>
#include <string.h>

#include "core/certificate.h"

/* 10000 to 99999: no code begins with a zero, which somebody may leave out. */
#define PAYLOADS 90000u

enum err cohort_code_parse(struct str digits, uint32_t *ret)
{
    uint64_t value;
    if (digits.len != COHORT_CODE_DIGITS || digits.p[0] == '0' ||
        str_to_u64(digits, 999999, &value) != ERR_OK ||
        certificate_check_digit(value, COHORT_CODE_DIGITS) != 0)
        return ERR_INVALID;
    *ret = (uint32_t)value;
    return ERR_OK;
}

uint32_t cohort_code_make(const uint8_t *random_bytes)
{
    uint32_t random = 0;
    for (unsigned i = 0; i < 4; i++)
        random = random << 8 | random_bytes[i];
    uint32_t payload = 10000 + random % PAYLOADS; /* the bias is below 10^-4 */
    return payload * 10 + certificate_check_digit(payload, COHORT_CODE_DIGITS - 1);
}

const struct cohort *cohorts_find(const struct cohorts *cohorts, uint32_t code)
{
    uint32_t first = 0, end = cohorts != NULL ? cohorts->n : 0;
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (cohorts->list[middle].code == code)
            return &cohorts->list[middle];
        if (cohorts->list[middle].code < code)
            first = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

bool cohort_may_join(const struct cohort *cohort, struct wall_ms now)
{
    return !cohort->is_closed && now.ms < cohort->join_until_ms;
}

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    struct cohort *cohort;
};

static enum err read_day(struct str text, int64_t *ret)
{
    uint64_t year, month, day;
    if (text.len != 10 || text.p[4] != '-' || text.p[7] != '-' ||
        str_to_u64(str_sub(text, 0, 4), 9999, &year) != ERR_OK ||
        str_to_u64(str_sub(text, 5, 7), 12, &month) != ERR_OK || month == 0 ||
        str_to_u64(str_sub(text, 8, 10), 31, &day) != ERR_OK || day == 0)
        return ERR_INVALID;
    *ret = clock_days_from_civil((int64_t)year, (unsigned)month, (unsigned)day);
    return ERR_OK;
}

static enum err read_minute(struct str text, int32_t *ret)
{
    uint64_t hour, minute;
    if (text.len != 5 || text.p[2] != ':' || str_to_u64(str_sub(text, 0, 2), 24, &hour) != ERR_OK ||
        str_to_u64(str_sub(text, 3, 5), 59, &minute) != ERR_OK)
        return ERR_INVALID;
    *ret = (int32_t)(hour * 60 + minute);
    return ERR_OK;
}

static struct str next_word(struct str *rest)
{
    *rest = str_trim(*rest);
    return str_split(rest, ' ');
}

#define READ_TEXT(member)                                                                          \
    static enum err read_##member(struct reader *r, struct str value)                              \
    {                                                                                              \
        r->cohort->member = arena_str(r->arena, value);                                            \
        return arena_error(r->arena);                                                              \
    }
READ_TEXT(name)
READ_TEXT(organisation)
READ_TEXT(lang)
READ_TEXT(course)
READ_TEXT(zone)
READ_TEXT(silent)

static enum err read_pace(struct reader *r, struct str value)
{
    int i = str_word_index("weekly open dates", ' ', value);
    if (i < 0)
        return ERR_INVALID;
    r->cohort->pace = (enum cohort_pace)i;
    return ERR_OK;
}

static enum err read_start(struct reader *r, struct str value)
{
    return read_day(value, &r->cohort->start_day);
}

static enum err read_dates(struct reader *r, struct str value)
{
    enum err e = ERR_OK;
    while (e == ERR_OK && value.len > 0) {
        struct str word = next_word(&value);
        e = r->cohort->n_dates < COHORT_MAX_DATES
                ? read_day(word, &r->cohort->dates[r->cohort->n_dates++])
                : ERR_TOO_LONG;
    }
    return e;
}

static enum err read_pauses(struct reader *r, struct str value)
{
    enum err e = ERR_OK;
    while (e == ERR_OK && value.len > 0) {
        struct str word = next_word(&value);
        struct schedule_rest pause;
        if (r->cohort->n_pauses == COHORT_MAX_PAUSES)
            return ERR_TOO_LONG;
        bool is_range = word.len == 22 && str_eq(str_sub(word, 10, 12), STR(".."));
        e = is_range ? read_day(str_sub(word, 0, 10), &pause.from_day) : ERR_INVALID;
        if (e == ERR_OK)
            e = read_day(str_sub(word, 12, 22), &pause.to_day);
        if (e == ERR_OK)
            r->cohort->pauses[r->cohort->n_pauses++] = pause;
    }
    return e;
}

static enum err read_quiet(struct reader *r, struct str value)
{
    struct str from = str_split(&value, '-');
    enum err e = read_minute(from, &r->cohort->quiet_from_min);
    return e == ERR_OK ? read_minute(value, &r->cohort->quiet_to_min) : e;
}

static enum err read_off(struct reader *r, struct str value)
{
    while (value.len > 0) {
        int day = str_word_index("sun mon tue wed thu fri sat", ' ', next_word(&value));
        if (day < 0)
            return ERR_INVALID;
        r->cohort->days_off |= (uint8_t)(1u << day);
    }
    return ERR_OK;
}

static enum err read_state(struct reader *r, struct str value)
{
    int i = str_word_index("open closed", ' ', value);
    r->cohort->is_closed = i == 1;
    return i < 0 ? ERR_INVALID : ERR_OK;
}

static enum err read_until(struct reader *r, struct str value)
{
    struct wall_ms until;
    enum err e = clock_parse_rfc3339(value, &until);
    if (e == ERR_OK)
        r->cohort->join_until_ms = until.ms;
    return e;
}

/* "number:salt:hash", each in hex */
static enum err read_lead(struct reader *r, struct str value)
{
    enum err e = ERR_OK;
    while (e == ERR_OK && value.len > 0) {
        struct str word = next_word(&value), number = str_split(&word, ':');
        struct str salt = str_split(&word, ':');
        if (r->cohort->n_leads == COHORT_MAX_LEADS)
            return ERR_TOO_LONG;
        struct cohort_lead *lead = &r->cohort->leads[r->cohort->n_leads++];
        e = hex_decode(number, lead->number_id, sizeof(lead->number_id));
        if (e == ERR_OK)
            e = hex_decode(salt, lead->pin_salt, sizeof(lead->pin_salt));
        if (e == ERR_OK)
            e = hex_decode(word, lead->pin_hash, sizeof(lead->pin_hash));
    }
    return e;
}

static enum err read_count(struct str value, uint32_t *ret)
{
    uint64_t n;
    enum err e = str_to_u64(value, UINT32_MAX, &n);
    if (e == ERR_OK)
        *ret = (uint32_t)n;
    return e;
}

static enum err read_joined(struct reader *r, struct str value)
{
    return read_count(value, &r->cohort->n_joined);
}

static enum err read_active(struct reader *r, struct str value)
{
    return read_count(value, &r->cohort->n_active);
}

static enum err read_finished(struct reader *r, struct str value)
{
    r->cohort->finished = arena_str(r->arena, str_split(&value, ':'));
    return read_count(value, &r->cohort->n_finished);
}

static enum err read_hardest(struct reader *r, struct str value)
{
    r->cohort->hardest = arena_str(r->arena, str_split(&value, ':'));
    return read_count(value, &r->cohort->hardest_percent);
}

/* "2:2025-01-14T06:00:00Z" */
static enum err read_nudge(struct reader *r, struct str value)
{
    uint64_t n;
    struct wall_ms at;
    enum err e = str_to_u64(str_split(&value, ':'), COHORT_NUDGES, &n);
    if (e == ERR_OK)
        e = clock_parse_rfc3339(value, &at);
    if (e != ERR_OK)
        return e;
    r->cohort->nudge = (uint8_t)n;
    r->cohort->nudge_ms = at.ms;
    return ERR_OK;
}

static const struct {
    const char *key;
    enum err (*read)(struct reader *r, struct str value);
} keys[] = {
    {"name", read_name},     {"org", read_organisation},  {"lang", read_lang},
    {"course", read_course}, {"zone", read_zone},         {"pace", read_pace},
    {"start", read_start},   {"dates", read_dates},       {"pauses", read_pauses},
    {"quiet", read_quiet},   {"off", read_off},           {"state", read_state},
    {"until", read_until},   {"lead", read_lead},         {"joined", read_joined},
    {"active", read_active}, {"finished", read_finished}, {"hardest", read_hardest},
    {"silent", read_silent}, {"nudge", read_nudge},
};

static enum err read_pair(struct reader *r, struct str pair, struct errmsg *msg)
{
    struct str value = pair;
    struct str key = str_trim(str_split(&value, '='));
    value = str_trim(value);
    for (size_t i = 0; i < ARRAY_LEN(keys) && value.len > 0; i++) {
        if (str_eq(key, str_from(keys[i].key)) && keys[i].read(r, value) != ERR_OK)
            return errmsg_set(msg, ERR_INVALID, "group %06u: %s=%.*s cannot be read",
                              r->cohort->code, keys[i].key, STR_ARG(value));
    }
    return ERR_OK;
}

enum err cohort_read(struct str code, struct str line, struct arena *arena, struct cohort *ret,
                     struct errmsg *msg)
{
    struct cohort cohort = {.join_until_ms = INT64_MAX, .quiet_from_min = -1, .quiet_to_min = -1};
    struct reader r = {arena, &cohort};
    if (cohort_code_parse(code, &cohort.code) != ERR_OK)
        return errmsg_set(msg, ERR_INVALID,
                          "%.*s is no group code: five digits and their check digit",
                          STR_ARG(code));
    if (line.len > COHORT_MAX_BYTES)
        return errmsg_set(msg, ERR_INVALID, "group %.*s: its description is too long",
                          STR_ARG(code));
    while (line.len > 0) {
        enum err e = read_pair(&r, str_split(&line, ';'), msg);
        if (e != ERR_OK)
            return e;
    }
    *ret = cohort;
    return ERR_OK;
}
