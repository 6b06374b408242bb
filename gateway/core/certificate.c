#include "core/certificate.h"

#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

#define DIGITS CERTIFICATE_DIGITS
#define PAYLOADS 100000000000ULL /* 11 digits */

/* Totally anti-symmetric quasigroup of order 10 (H. M. Damm, 2004). */
static const uint8_t damm[10][10] = {
    {0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3}, {4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
    {1, 7, 5, 0, 9, 8, 3, 4, 2, 6}, {6, 1, 2, 3, 0, 4, 5, 9, 7, 8}, {3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
    {5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7}, {9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
    {2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
};

uint8_t certificate_check_digit(uint64_t value, unsigned n_digits)
{
    uint64_t unit = 1;
    for (unsigned i = 1; i < n_digits; i++)
        unit *= 10;
    uint8_t interim = 0;
    for (; unit > 0; unit /= 10)
        interim = damm[interim][value / unit % 10];
    return interim;
}

uint64_t certificate_make(const uint8_t *random_bytes)
{
    uint64_t random = 0;
    for (unsigned i = 0; i < 8; i++)
        random = random << 8 | random_bytes[i];
    /* Payload 0 would give code 0, which means "none". The remainder's bias is below 10^-8. */
    uint64_t payload = 1 + random % (PAYLOADS - 1);
    return payload * 10 + certificate_check_digit(payload, DIGITS - 1);
}

void certificate_format(uint64_t code, char dst[CERTIFICATE_BYTES])
{
    (void)snprintf(dst, CERTIFICATE_BYTES, "%04u %04u %04u", (unsigned)(code / 100000000 % 10000),
                   (unsigned)(code / 10000 % 10000), (unsigned)(code % 10000)); /* always fits */
}

enum err certificate_parse(struct str text, uint64_t *ret)
{
    uint64_t value = 0;
    unsigned n_digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == ' ' || c == '-')
            continue;
        if (c < '0' || c > '9' || n_digits == DIGITS)
            return ERR_INVALID;
        value = value * 10 + (uint64_t)(c - '0');
        n_digits++;
    }
    if (n_digits != DIGITS || value == 0 || certificate_check_digit(value, DIGITS) != 0)
        return ERR_INVALID;
    *ret = value;
    return ERR_OK;
}

/* ---- what is said of it ---- */

#define N_CELLS 9

/* To the first control character, and not too long. */
static struct str cell(struct str text)
{
    size_t n = 0;
    while (n < text.len && (unsigned char)text.p[n] >= ' ')
        n++;
    return utf8_cut(str_sub(text, 0, n), CERTIFICATE_NAME_BYTES);
}

struct str certificate_line(const struct certificate *c, struct arena *arena)
{
    char pin[2 * CERTIFICATE_PIN_BYTES + 2] = "\t";
    hex_encode(c->pin, sizeof(c->pin), pin + 1);
    return arena_printf(arena, "%c\t%u\t%u\t%u\t%.*s\t%.*s\t%.*s\t%.*s\t%.*s%s",
                        c->is_revoked ? 'R' : 'V', c->module, c->n_modules, c->hours,
                        STR_ARG(cell(c->month)), STR_ARG(cell(c->version)), STR_ARG(cell(c->lang)),
                        STR_ARG(cell(c->title)), STR_ARG(cell(c->org)), c->has_pin ? pin : "");
}

enum err certificate_read(struct str line, struct certificate *ret)
{
    struct str cells[N_CELLS];
    uint64_t numbers[4] = {0};
    if (line.len > CERTIFICATE_LINE_BYTES)
        return ERR_INVALID;
    for (size_t i = 0; i < N_CELLS; i++) {
        size_t tab = i < N_CELLS - 1 ? str_find_char(line, '\t') : line.len;
        if (tab == SIZE_MAX)
            return ERR_INVALID;
        cells[i] = str_sub(line, 0, tab);
        line = str_sub(line, i < N_CELLS - 1 ? tab + 1 : tab, line.len);
    }
    bool is_good = str_eq(cells[0], STR("V")) || str_eq(cells[0], STR("R"));
    for (size_t i = 1; i < ARRAY_LEN(numbers); i++)
        is_good = is_good && str_to_u64(cells[i], UINT16_MAX, &numbers[i]) == ERR_OK;
    size_t tab = str_find_char(cells[8], '\t');
    bool has_pin = tab != SIZE_MAX;
    uint8_t pin[CERTIFICATE_PIN_BYTES] = {0};
    if (has_pin)
        is_good = is_good &&
                  hex_decode(str_sub(cells[8], tab + 1, cells[8].len), pin, sizeof(pin)) == ERR_OK;
    if (!is_good)
        return ERR_INVALID;
    *ret = (struct certificate){.is_revoked = str_eq(cells[0], STR("R")),
                                .module = (uint32_t)numbers[1],
                                .n_modules = (uint32_t)numbers[2],
                                .hours = (uint32_t)numbers[3],
                                .month = cells[4],
                                .version = cells[5],
                                .lang = cells[6],
                                .title = cells[7],
                                .org = has_pin ? str_sub(cells[8], 0, tab) : cells[8],
                                .has_pin = has_pin};
    memcpy(ret->pin, pin, sizeof(pin));
    return ERR_OK;
}
