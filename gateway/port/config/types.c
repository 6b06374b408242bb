/* Types of the configuration's values: what may be written, and how one is written again. */
#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"
#include "core/number_plan.h"
#include "core/signs.h"
#include "port/config/live.h"
#include "port/config/table.h"
#include "port/file.h"
#include "port/zone.h"

/* ---- texts of a form ---- */

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              (i > 0 && (c == '-' || c == '_'))))
            return false;
    }
    return s.len > 0;
}

static bool is_country(struct str s)
{
    return s.len == 2 && isupper((unsigned char)s.p[0]) && isupper((unsigned char)s.p[1]) &&
           number_calling_code(s).p != NULL;
}

static bool is_dial_code(struct str s)
{
    bool is_good = s.len >= 3 && s.len <= 32 && s.p[0] == '*' && str_ends(s, STR("#"));
    for (size_t i = 1; is_good && i + 1 < s.len; i++)
        is_good = s.p[i] == '*' || (s.p[i] >= '0' && s.p[i] <= '9');
    return is_good;
}

static bool is_address(struct str s)
{
    char text[64];
    unsigned char bytes[16];
    return str_copy(s, text, sizeof(text)) == ERR_OK &&
           (inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1);
}

/* One to eight of "10.0.0.5:26379" or "[2001:db8::1]:26379". */
static bool is_endpoints(struct str s)
{
    uint32_t n = 0;
    for (struct str rest = s; rest.p != NULL;) {
        struct str one = str_split(&rest, ' ');
        if (one.len == 0)
            continue;
        const char *colon = memrchr(one.p, ':', one.len);
        size_t at = colon != NULL ? (size_t)(colon - one.p) : 0;
        bool is_bracketed = at > 2 && one.p[0] == '[' && one.p[at - 1] == ']';
        uint64_t port;
        if (!is_address(is_bracketed ? str_sub(one, 1, at - 1) : str_sub(one, 0, at)) ||
            str_to_u64(str_sub(one, at + 1, one.len), 65535, &port) != ERR_OK)
            return false;
        n++;
    }
    return n >= 1 && n <= 8;
}

static bool is_prefix(struct str s)
{
    bool is_good = s.len >= 2 && s.len <= 16 && s.p[0] == '+' && s.p[1] != '0';
    for (size_t i = 1; is_good && i < s.len; i++)
        is_good = s.p[i] >= '0' && s.p[i] <= '9';
    return is_good;
}

static bool is_offset(struct str s)
{
    bool is_form = s.len == 6 && (s.p[0] == '+' || s.p[0] == '-') && s.p[3] == ':';
    for (size_t i = 1; is_form && i < s.len; i++)
        is_form = i == 3 || isdigit((unsigned char)s.p[i]) != 0;
    int32_t minutes = is_form ? config_offset_min(s) : INT32_MAX;
    return is_form && minutes >= -12 * 60 && minutes <= 14 * 60;
}

int32_t config_offset_min(struct str offset)
{
    if (offset.len != 6)
        return 0;
    int32_t hours = (offset.p[1] - '0') * 10 + offset.p[2] - '0';
    int32_t minutes = (offset.p[4] - '0') * 10 + offset.p[5] - '0';
    return (offset.p[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

static bool is_zone(struct str s)
{
    struct zone zone;
    return zone_load(s, &zone) == ERR_OK;
}

static bool is_currency(struct str s)
{
    bool is_good = s.len == 3;
    for (size_t i = 0; is_good && i < s.len; i++)
        is_good = isupper((unsigned char)s.p[i]) != 0;
    return is_good;
}

static bool is_link(struct str s)
{
    struct str scheme = str_starts(s, STR("http://")) ? STR("http://") : STR("https://");
    return str_starts(s, scheme) && s.len > scheme.len && str_find_char(s, ' ') == SIZE_MAX;
}

bool config_date(struct str text, struct wall_ms *ret)
{
    char full[RFC3339_BYTES];
    int n = snprintf(full, sizeof(full), "%.*sT00:00:00Z", STR_ARG(text));
    return text.len == 10 && n == 20 && clock_parse_rfc3339(str_from(full), ret) == ERR_OK;
}

static bool is_date(struct str s)
{
    struct wall_ms at;
    return config_date(s, &at);
}

/* At most two numbers with their plus, of two people. */
static const char *numbers_problem(struct str s)
{
    struct number numbers[CONFIG_FOCAL_POINTS];
    uint32_t n = 0;
    for (struct str rest = s; rest.p != NULL; n++) {
        struct str one = str_split(&rest, ' ');
        if (n == CONFIG_FOCAL_POINTS ||
            number_parse(one, NUMBER_FORM_PLUS, STR_NONE, &numbers[n]) != ERR_OK)
            return "it must be one or two numbers, as \"+254700000001 +254700000002\", in quotes";
    }
    return n == 2 && strcmp(numbers[0].e164, numbers[1].e164) == 0
               ? "it must be two people's, not one number twice"
               : NULL;
}

const struct yaml_type config_type_numbers = {.read = yaml_read_text,
                                              .write = yaml_write_text,
                                              .describe = yaml_describe_text,
                                              .problem = numbers_problem};

/* A type of text that `is_good` knows. */
#define TEXT_TYPE(name, is_good, words)                                                            \
    static const char *name##_problem(struct str value)                                            \
    {                                                                                              \
        return is_good(value) ? NULL : (words);                                                    \
    }                                                                                              \
    const struct yaml_type config_type_##name = {.read = yaml_read_text,                           \
                                                 .write = yaml_write_text,                         \
                                                 .describe = yaml_describe_text,                   \
                                                 .problem = name##_problem}

TEXT_TYPE(name, is_name, "it may hold a-z, 0-9, - and _ only");
TEXT_TYPE(country, is_country, "it must be a country's two letters, as KE");
TEXT_TYPE(dial_code, is_dial_code, "it must look like \"*384*7#\", in quotes");
TEXT_TYPE(address, is_address, "it must be an IP address: names are never looked up here");
TEXT_TYPE(endpoints, is_endpoints,
          "it must be addresses with ports, as \"10.0.0.5:26379 10.0.0.6:26379\"");
TEXT_TYPE(prefix, is_prefix, "it must be how numbers begin, as \"+254\", in quotes");
TEXT_TYPE(offset, is_offset, "it must be hours and minutes from UTC, as \"+03:00\", in quotes");
TEXT_TYPE(zone, is_zone, "it must be a time zone that tzdata has, as Africa/Nairobi");
TEXT_TYPE(date, is_date, "it must be a day, as 2026-11-28");
TEXT_TYPE(link, is_link, "it must be a whole address, as https://learn.example.org/check");
TEXT_TYPE(shown_name, signs_is_name,
          "it must be a name that people read: one line, no invisible signs, no blank at an end");
TEXT_TYPE(currency, is_currency, "it must be a currency's three letters, as KES");

/* ---- alphabets: [turkish, spanish] ---- */

static void read_alphabets(struct yaml_map *m, const struct yaml_row *row,
                           const struct yaml_node *at, void *field)
{
    uint32_t bits = 0;
    if (!yaml_map_expect(m, row, at, YAML_KIND_LIST, GSM_N_ALPHABETS,
                         "write the tables that the operator confirms: [turkish]"))
        return;
    for (const struct yaml_node *node = at->first; node != NULL; node = node->next) {
        uint32_t i = 0;
        while (i < GSM_N_ALPHABETS &&
               !str_eq(node->text, str_from(gsm_alphabet_name((enum gsm_alphabet)i))))
            i++;
        if (i == GSM_N_ALPHABETS)
            yaml_complain(
                m->report, node,
                "there are turkish, spanish, portuguese, bengali, gujarati, hindi, kannada, "
                "malayalam, oriya, punjabi, tamil, telugu and urdu",
                "'%.*s' is no national table", STR_ARG(node->text));
        else
            bits |= UINT32_C(1) << i;
    }
    *(uint32_t *)field = bits;
}

static struct str write_alphabets(const struct yaml_row *row, const void *field,
                                  char scratch[YAML_SCRATCH_BYTES])
{
    size_t n = 0;
    (void)row;
    for (int i = 0; i < GSM_N_ALPHABETS; i++) {
        if ((*(const uint32_t *)field >> i & 1) != 0)
            n += (size_t)snprintf(scratch + n, YAML_SCRATCH_BYTES - n, "%s%s", n > 0 ? ", " : "[",
                                  gsm_alphabet_name((enum gsm_alphabet)i)); /* all fit */
    }
    if (n == 0)
        return STR("[]");
    scratch[n++] = ']';
    return (struct str){scratch, n};
}

const struct yaml_type config_type_alphabets = {
    .read = read_alphabets, .write = write_alphabets, .is_any_kind = true, .is_plain = true};

/* ---- paths ---- */

/* A path that starts at the folder of the configuration file; absent when the arena is full. */
static struct str whole_path(struct yaml_map *m, struct str path)
{
    const struct config_reading *reading = m->user;
    if (str_starts(path, STR("/")))
        return path;
    return arena_printf(m->arena, "%.*s%.*s", STR_ARG(reading->dir), STR_ARG(path));
}

static void read_path(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *field)
{
    struct yaml_node whole = *at;
    whole.text = whole_path(m, at->text);
    if (whole.text.p != NULL)
        yaml_type_text.read(m, row, &whole, field);
}

#define PATH_TYPE                                                                                  \
    {                                                                                              \
        .read = read_path, .write = yaml_write_text, .describe = yaml_describe_text                \
    }
const struct yaml_type config_type_path = PATH_TYPE;
const struct yaml_type config_type_folder = PATH_TYPE;
const struct yaml_type config_type_authorities = PATH_TYPE;
const struct yaml_type config_type_certificate = PATH_TYPE;
const struct yaml_type config_type_key = PATH_TYPE;

/* ---- numbering plans ---- */

#define MAX_PLANS_BYTES (1u << 20)

/* They are in use from here on: the rows behind this one look for their countries in them. */
static void read_plans(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *field)
{
    struct buf bytes CLEANUP(buf_fini);
    struct errmsg msg;
    struct number_plans *plans;
    read_path(m, row, at, field);
    const struct str *path = field;
    if (path->p == NULL)
        return;
    if (file_read(path->p, MAX_PLANS_BYTES, &bytes, &msg) != ERR_OK) {
        yaml_complain(m->report, at, "make the file, or leave the built-in plans", "cannot read %s",
                      msg.text);
        return;
    }
    if (number_plans_parse(buf_str(&bytes), *path, &plans, m->report->text) == ERR_OK)
        number_plans_use(plans);
    else
        m->report->n++; /* its own lines are in the text */
}

const struct yaml_type config_type_plans = {
    .read = read_plans, .write = yaml_write_text, .describe = yaml_describe_text};

/* ---- amounts of money ---- */

static enum err amount_parse(struct str text, uint32_t max_whole, uint64_t *ret)
{
    struct str decimals = text;
    struct str whole = str_split(&decimals, '.');
    uint64_t units, parts = 0;
    if (str_to_u64(whole, max_whole, &units) != ERR_OK || decimals.len > 6 ||
        (decimals.p != NULL && str_to_u64(decimals, CONFIG_AMOUNT - 1, &parts) != ERR_OK))
        return ERR_INVALID;
    for (size_t i = decimals.len; i < 6; i++)
        parts *= 10;
    uint64_t amount = units * CONFIG_AMOUNT + parts;
    if (amount > (uint64_t)max_whole * CONFIG_AMOUNT)
        return ERR_INVALID;
    *ret = amount;
    return ERR_OK;
}

static void amount_print(uint64_t amount, char scratch[YAML_SCRATCH_BYTES])
{
    int n = snprintf(scratch, YAML_SCRATCH_BYTES, "%" PRIu64 ".%06u", amount / CONFIG_AMOUNT,
                     (unsigned)(amount % CONFIG_AMOUNT));
    while (n > 0 && scratch[n - 1] == '0')
        scratch[--n] = '\0';
    if (n > 0 && scratch[n - 1] == '.')
        scratch[n - 1] = '\0';
}

static void read_amount(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                        void *field)
{
    char fix[96];
    (void)snprintf(fix, sizeof(fix),
                   "it must be an amount such as 0.8, at most %u, with up to six decimals",
                   row->max); /* fits */
    if (amount_parse(at->text, row->max, field) != ERR_OK)
        yaml_complain(m->report, at, fix, "%s is '%.*s'", row->name, STR_ARG(at->text));
}

static struct str write_amount(const struct yaml_row *row, const void *field,
                               char scratch[YAML_SCRATCH_BYTES])
{
    (void)row;
    amount_print(*(const uint64_t *)field, scratch);
    return str_from(scratch);
}

static void describe_amount(const struct yaml_row *row, struct buf *out)
{
    buf_addf(out, " An amount of money, at most %u.", row->max);
}

const struct yaml_type config_type_amount = {
    .read = read_amount, .write = write_amount, .describe = describe_amount, .is_plain = true};

/* ---- settings of a channel: free names and values ---- */

#define MAX_SECRET_BYTES 4096u
#define MAX_SETTING_BYTES 4096u

/* One member; false (reported) when it is none. */
static bool read_setting(struct yaml_map *m, struct str channel, const struct yaml_node *at,
                         struct setting *ret)
{
    struct str name = at->key;
    bool is_file = str_ends(name, STR("_file"));
    if (is_file)
        name = arena_str(m->arena, str_sub(name, 0, name.len - strlen("_file")));
    if (at->kind != YAML_KIND_SCALAR || !is_name(name)) {
        yaml_report_add(m->report, YAML_FAULT_KEY, at->key_line, at->key_column,
                        "write `name: value`, the name of a-z, 0-9, - and _",
                        "'%.*s' is no setting", STR_ARG(at->key));
        return false;
    }
    const char *env = config_environment(channel, name);
    struct str value = env != NULL ? arena_str(m->arena, str_from(env))
                       : is_file   ? config_read_secret(m, at)
                                   : at->text;
    if (value.len > MAX_SETTING_BYTES)
        yaml_complain(m->report, at, "at most 4096 fit", "%.*s has %zu bytes", STR_ARG(name),
                      value.len);
    if (str_ends(name, STR("_url")) && value.len > 0 && !is_link(value))
        yaml_complain(m->report, at, "write it whole, as https://api.example.org/send",
                      "%.*s is no address of the web", STR_ARG(name));
    *ret = (struct setting){.name = name, .value = value};
    return true;
}

static void read_settings(struct yaml_map *m, const struct yaml_row *row,
                          const struct yaml_node *at, void *field)
{
    struct settings *settings = field;
    /* The name stands in the row before: the environment's words begin with it. */
    const struct config_channel *channel =
        (const struct config_channel *)((const char *)field - row->offset);
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, CONFIG_MAX_SETTINGS,
                         "write at most 32 names and values, indented, one a line"))
        return;
    struct setting *list = arena_new_array(m->arena, struct setting, at->n + 1);
    uint32_t n = 0;
    for (const struct yaml_node *s = at->first; list != NULL && s != NULL; s = s->next)
        n += read_setting(m, channel->name, s, &list[n]);
    *settings = (struct settings){.list = list, .n = n};
}

const struct yaml_type config_type_settings = {.read = read_settings, .is_any_kind = true};

bool config_is_plain_setting(struct str name)
{
    static const char *const plain[] = {"send_url", "public_url", "username", "timezone",
                                        "default_country"};
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        if (str_eq(name, str_from(plain[i])))
            return true;
    }
    return false;
}

struct str config_read_secret(struct yaml_map *m, const struct yaml_node *node)
{
    struct buf bytes CLEANUP(buf_fini);
    struct errmsg msg;
    struct str path = whole_path(m, node->text);
    buf_init(&bytes, 0);
    if (path.p == NULL)
        return STR(""); /* the arena's error is reported by config_load */
    if (file_read(path.p, MAX_SECRET_BYTES, &bytes, &msg) != ERR_OK) {
        yaml_complain(m->report, node, "make the file or its rights", "cannot read %s", msg.text);
        return STR("?"); /* given, so not missing as well */
    }
    return arena_str(m->arena, str_trim(buf_str(&bytes)));
}

const char *config_environment(struct str a, struct str b)
{
    char name[160];
    int n = snprintf(name, sizeof(name), "WAYPOST_%.*s%s%.*s", STR_ARG(a), b.p != NULL ? "_" : "",
                     STR_ARG(b));
    if (n < 0 || (size_t)n >= sizeof(name))
        return NULL;
    for (char *c = name; *c != '\0'; c++)
        *c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
    return getenv(name);
}
