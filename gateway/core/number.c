#include "core/number.h"

#include <stdio.h>
#include <string.h>

#include "core/number_table.h"

#define MAX_DIGITS 15         /* ITU-T E.164 6.1 */
#define MIN_DIGITS 7          /* the shortest international numbers; below are short codes */
#define MAX_WRITTEN_DIGITS 18 /* with 00 and a trunk 0 */

/* The digits of a number as somebody wrote it. */
struct written {
    char bytes[MAX_WRITTEN_DIGITS];
    size_t n;
    bool has_plus;
    bool has_blank; /* in front: a + that form decoding turned into a blank, or just a blank */
};

static bool is_separator(char c)
{
    return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '\t';
}

static enum err read_written(struct str text, struct written *ret)
{
    struct str rest = text;
    if (rest.len >= 4 && str_eq_nocase(str_sub(rest, 0, 4), STR("tel:"))) {
        rest = str_sub(rest, 4, rest.len);
        rest = str_split(&(struct str){rest.p, rest.len}, ';'); /* parameters, RFC 3966 */
    }
    *ret = (struct written){.has_blank = rest.len > 0 && rest.p[0] == ' '};
    rest = str_trim(rest);
    if (rest.len > 0 && rest.p[0] == '+') {
        ret->has_plus = true;
        rest = str_sub(rest, 1, rest.len);
    }
    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.p[i];
        if (is_separator(c))
            continue;
        if (c < '0' || c > '9' || ret->n == MAX_WRITTEN_DIGITS)
            return ERR_INVALID;
        ret->bytes[ret->n++] = c;
    }
    return ret->n > 0 ? ERR_OK : ERR_INVALID;
}

static bool is_possible(const struct calling_code *code, struct str national)
{
    size_t n = strlen(code->code) + national.len;
    if (national.len < code->min_digits || national.len > code->max_digits || n < MIN_DIGITS ||
        n > MAX_DIGITS)
        return false;
    if (strcmp(code->trunk, "0") == 0 && national.p[0] == '0') /* a second trunk 0 */
        return false;
    return strcmp(code->code, "1") != 0 || national.p[0] >= '2'; /* North American area codes */
}

static enum err make(const struct calling_code *code, struct str national, struct number *ret)
{
    struct number made = {0};
    int n = snprintf(made.e164, sizeof(made.e164), "+%s%.*s", code->code, STR_ARG(national));
    if (n < 0 || (size_t)n >= sizeof(made.e164))
        return ERR_INVALID;
    enum err e = str_copy(number_find_region(code, national), made.country, sizeof(made.country));
    if (e == ERR_OK)
        *ret = made;
    return e;
}

/* Where the trunk prefix is 0 no national number begins with it. */
static struct str without_trunk_zero(const struct calling_code *code, struct str national)
{
    bool has_zero = strcmp(code->trunk, "0") == 0 && str_starts(national, STR("0"));
    return has_zero ? str_sub(national, 1, national.len) : national;
}

/* Digits that begin with a calling code; "+44 (0)7700" is forgiven. */
static enum err parse_international(struct str digits, struct number *ret)
{
    const struct calling_code *code = number_find_code(digits);
    if (code == NULL)
        return ERR_INVALID;
    struct str national = without_trunk_zero(code, str_sub(digits, strlen(code->code), digits.len));
    return is_possible(code, national) ? make(code, national, ret) : ERR_INVALID;
}

static enum err parse_national(struct str digits, const struct calling_code *home,
                               struct number *ret)
{
    if (home == NULL)
        return ERR_INVALID;
    struct str national = without_trunk_zero(home, digits);
    struct str trunk = str_from(home->trunk);
    if (!is_possible(home, national) && str_starts(national, trunk))
        national = str_sub(national, trunk.len, national.len);
    return is_possible(home, national) ? make(home, national, ret) : ERR_INVALID;
}

static enum err parse_opaque(struct str text, struct number *ret)
{
    if (str_is_empty(text))
        return ERR_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] <= ' ' || text.p[i] > '~')
            return ERR_INVALID;
    }
    struct number made = {0};
    if (str_copy(text, made.e164, sizeof(made.e164)) != ERR_OK)
        return ERR_TOO_LONG;
    *ret = made;
    return ERR_OK;
}

/* Digits alone can be either: what the channel promises is tried first. */
static bool is_national_first(enum number_form form, struct str digits,
                              const struct calling_code *home)
{
    switch (form) {
    case NUMBER_FORM_NATIONAL:
        return true;
    case NUMBER_FORM_ANY:
        return home != NULL && !str_starts(digits, str_from(home->code));
    case NUMBER_FORM_PLUS:
    case NUMBER_FORM_DIGITS:
    case NUMBER_FORM_00:
    case NUMBER_FORM_OPAQUE:
        return false;
    }
    return false;
}

enum err number_parse(struct str text, enum number_form form, struct str default_country,
                      struct number *ret)
{
    if (form == NUMBER_FORM_OPAQUE)
        return parse_opaque(text, ret);
    struct written written;
    if (read_written(text, &written) != ERR_OK)
        return ERR_INVALID;
    struct str digits = {written.bytes, written.n};
    if (written.has_plus)
        return parse_international(digits, ret);
    if (str_starts(digits, STR("00")))
        return parse_international(str_sub(digits, 2, digits.len), ret);
    const struct calling_code *home = number_find_country(default_country);
    if (str_starts(digits, STR("0")))
        return parse_national(digits, home, ret);
    if (!written.has_blank && is_national_first(form, digits, home))
        return parse_national(digits, home, ret) == ERR_OK ? ERR_OK
                                                           : parse_international(digits, ret);
    if (parse_international(digits, ret) == ERR_OK)
        return ERR_OK;
    bool may_be_national = form == NUMBER_FORM_NATIONAL || form == NUMBER_FORM_ANY;
    return may_be_national ? parse_national(digits, home, ret) : ERR_INVALID;
}

enum err number_format(const struct number *number, enum number_form form, char dst[24])
{
    struct str e164 = str_from(number->e164);
    if (!str_starts(e164, STR("+"))) /* a token goes back as it came */
        return str_is_empty(e164) ? ERR_INVALID : str_copy(e164, dst, 24);
    struct str digits = str_sub(e164, 1, e164.len);
    switch (form) {
    case NUMBER_FORM_PLUS:
    case NUMBER_FORM_ANY:
    case NUMBER_FORM_OPAQUE:
        return str_copy(e164, dst, 24);
    case NUMBER_FORM_DIGITS:
        return str_copy(digits, dst, 24);
    case NUMBER_FORM_00: {
        int n = snprintf(dst, 24, "00%.*s", STR_ARG(digits));
        return n > 0 && n < 24 ? ERR_OK : ERR_TOO_LONG;
    }
    case NUMBER_FORM_NATIONAL: {
        const struct calling_code *code = number_find_code(digits);
        if (code == NULL)
            return ERR_INVALID;
        return str_copy(str_sub(digits, strlen(code->code), digits.len), dst, 24);
    }
    }
    return ERR_INVALID;
}

struct str number_calling_code(struct str country)
{
    const struct calling_code *code = number_find_country(country);
    return code != NULL ? str_from(code->code) : STR_NONE;
}
