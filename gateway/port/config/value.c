/* Single values of the configuration: what may be written, and how one is written again. */
#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/number.h"
#include "port/config/table.h"

/* ---- reading ---- */

bool config_is_name(struct str s)
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

static bool is_prefix(struct str s)
{
    bool is_good = s.len >= 2 && s.len <= 16 && s.p[0] == '+' && s.p[1] != '0';
    for (size_t i = 1; is_good && i < s.len; i++)
        is_good = s.p[i] >= '0' && s.p[i] <= '9';
    return is_good;
}

static bool is_currency(struct str s)
{
    bool is_good = s.len == 3;
    for (size_t i = 0; is_good && i < s.len; i++)
        is_good = isupper((unsigned char)s.p[i]) != 0;
    return is_good;
}

static bool is_one_line(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.p[i] < 0x20)
            return false;
    }
    return true;
}

const char *config_text_problem(const struct config_key *key, struct str value)
{
    switch (key->type) {
    case CONFIG_TYPE_NAME:
        return config_is_name(value) ? NULL : "it may hold a-z, 0-9, - and _ only";
    case CONFIG_TYPE_COUNTRY:
        return is_country(value) ? NULL : "it must be a country's two letters, as KE";
    case CONFIG_TYPE_DIAL_CODE:
        return is_dial_code(value) ? NULL : "it must look like \"*384*7#\", in quotes";
    case CONFIG_TYPE_ADDRESS:
        return is_address(value) ? NULL
                                 : "it must be an IP address: names are never looked up here";
    case CONFIG_TYPE_PREFIX:
        return is_prefix(value) ? NULL : "it must be how numbers begin, as \"+254\", in quotes";
    case CONFIG_TYPE_CURRENCY:
        return is_currency(value) ? NULL : "it must be a currency's three letters, as KES";
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_PATH:
        return is_one_line(value) ? NULL : "it must be one line without control characters";
    case CONFIG_TYPE_NUMBER:
    case CONFIG_TYPE_AMOUNT:
    case CONFIG_TYPE_CHOICE:
    case CONFIG_TYPE_INDEX:
    case CONFIG_TYPE_FLAG:
        break;
    }
    return NULL;
}

enum err config_amount_read(struct str text, uint32_t max_whole, uint64_t *ret)
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

/* ---- writing ---- */

static void amount_write(uint64_t amount, char scratch[CONFIG_SCRATCH_BYTES])
{
    int n = snprintf(scratch, CONFIG_SCRATCH_BYTES, "%" PRIu64 ".%06u", amount / CONFIG_AMOUNT,
                     (unsigned)(amount % CONFIG_AMOUNT));
    while (n > 0 && scratch[n - 1] == '0')
        scratch[--n] = '\0';
    if (n > 0 && scratch[n - 1] == '.')
        scratch[n - 1] = '\0';
}

int config_word_index(const char *words, struct str word)
{
    struct str rest = str_from(words);
    for (int i = 0; rest.p != NULL; i++) {
        if (str_eq(str_split(&rest, ' '), word))
            return i;
    }
    return -1;
}

struct str config_word_at(const char *words, uint32_t index)
{
    struct str rest = str_from(words);
    while (rest.p != NULL) {
        struct str word = str_split(&rest, ' ');
        if (index-- == 0)
            return word;
    }
    return STR_NONE;
}

struct str config_value_text(const struct config_key *key, const void *filled,
                             char scratch[CONFIG_SCRATCH_BYTES])
{
    const void *field = (const char *)filled + key->offset;
    switch (key->type) {
    case CONFIG_TYPE_NUMBER:
        (void)snprintf(scratch, CONFIG_SCRATCH_BYTES, "%u", *(const uint32_t *)field);
        return str_from(scratch);
    case CONFIG_TYPE_AMOUNT:
        amount_write(*(const uint64_t *)field, scratch);
        return str_from(scratch);
    case CONFIG_TYPE_INDEX:
        return config_word_at(key->words, *(const uint32_t *)field);
    case CONFIG_TYPE_FLAG:
        return config_word_at(key->words, *(const bool *)field ? 1 : 0);
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_NAME:
    case CONFIG_TYPE_COUNTRY:
    case CONFIG_TYPE_DIAL_CODE:
    case CONFIG_TYPE_ADDRESS:
    case CONFIG_TYPE_PATH:
    case CONFIG_TYPE_PREFIX:
    case CONFIG_TYPE_CURRENCY:
    case CONFIG_TYPE_CHOICE:
        return *(const struct str *)field;
    }
    return STR_NONE;
}

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
