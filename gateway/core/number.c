#include "core/number.h"

#include <stdio.h>
#include <string.h>

#include "core/number_plan.h"

#define MAX_DIGITS NUMBER_PLAN_MAX_DIGITS
#define MIN_DIGITS 7           /* the shortest international numbers; below are short codes */
#define MIN_UNPLANNED 8        /* of a length that no plan knows, when a plus says what it is */
#define MIN_UNPLANNED_PLAIN 10 /* and without: shorter ones are long short codes */
#define MAX_WRITTEN_DIGITS 18  /* with 00 and a trunk 0 */

/* The digits of a number as somebody wrote it. */
struct written {
    char bytes[MAX_WRITTEN_DIGITS];
    size_t n;
    bool has_plus;  /* or 00, which is left out of bytes */
    bool has_blank; /* in front: a + that form decoding turned into a blank, or just a blank */
};

/* How well digits fit the plan of a country. */
enum fit { FIT_NONE, FIT_UNPLANNED, FIT_LENGTH, FIT_MOBILE };

/* One way to read the digits. */
struct number_reading {
    enum fit fit;
    const struct number_plan *plan; /* NULL: no such calling code, or no home country */
    char national[NUMBER_PLAN_WRITTEN];
    bool is_national;    /* read as a number of the home country */
    struct str trunk;    /* that was taken off, empty = none */
    const char *refusal; /* with FIT_NONE */
    bool is_old;         /* written as before a renumbering */
};

static bool is_separator(char c)
{
    return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '\t';
}

/* 254700000101.0, as spreadsheets and some languages write whole numbers: without its decimals,
 * which would make another number. Digits in groups have more points, or more digits behind one. */
static struct str without_decimals(struct str text)
{
    size_t point = str_find_char(text, '.');
    struct str decimals = str_sub(text, point == SIZE_MAX ? text.len : point + 1, text.len);
    bool is_zero = str_eq(decimals, STR("0")) || str_eq(decimals, STR("00"));
    return is_zero ? str_sub(text, 0, point) : text;
}

static enum err read_written(struct str text, struct written *ret)
{
    struct str rest = text;
    if (rest.len >= 4 && str_eq_nocase(str_sub(rest, 0, 4), STR("tel:"))) {
        rest = str_sub(rest, 4, rest.len);
        rest = str_split(&(struct str){rest.p, rest.len}, ';'); /* parameters, RFC 3966 */
    }
    *ret = (struct written){.has_blank = rest.len > 0 && rest.p[0] == ' '};
    rest = without_decimals(str_trim(rest));
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
    if (!ret->has_plus && ret->n >= 2 && memcmp(ret->bytes, "00", 2) == 0) {
        ret->has_plus = true;
        ret->n -= 2;
        memmove(ret->bytes, ret->bytes + 2, ret->n);
    }
    return ret->n > 0 ? ERR_OK : ERR_INVALID;
}

/* readings ----------------------------------------------------------------------------------- */

/* Of the digits behind calling code and trunk prefix. */
static void judge(struct number_reading *r, struct str national, size_t min_unplanned)
{
    const struct number_plan *plan = r->plan;
    bool has_trunk_digit = str_eq(plan->trunk, STR("0")) || str_eq(plan->trunk, STR("1"));
    size_t n = plan->code.len + national.len;
    r->refusal = "it is too short or too long to be a number";
    if (n < MIN_DIGITS || n > MAX_DIGITS + 2u)
        return;
    memcpy(r->national, national.p, national.len);
    r->is_old = number_plan_rewrite(plan->old, national, r->national);
    national = str_from(r->national);
    n = plan->code.len + national.len;
    if (has_trunk_digit && str_starts(national, plan->trunk)) /* a second trunk prefix */
        r->refusal = "no number of this country begins with the trunk prefix";
    else if (n >= MIN_DIGITS && number_plan_has_length(plan, national))
        r->fit = number_plan_is_mobile(plan, national) ? FIT_MOBILE : FIT_LENGTH;
    else if (n >= min_unplanned && n <= MAX_DIGITS)
        r->fit = FIT_UNPLANNED;
}

/* Digits that begin with a calling code; "+44 (0)7700" is forgiven. */
static void read_international(struct str digits, bool has_plus, struct number_reading *r)
{
    const struct number_plan *plan = number_plan_by_code(digits);
    *r = (struct number_reading){.plan = plan, .refusal = "no country has this calling code"};
    if (plan == NULL)
        return;
    struct str national = str_sub(digits, plan->code.len, digits.len);
    if (str_eq(plan->trunk, STR("0")) && str_starts(national, plan->trunk)) {
        national = str_sub(national, 1, national.len);
        r->trunk = plan->trunk;
    }
    judge(r, national, has_plus ? MIN_UNPLANNED : MIN_UNPLANNED_PLAIN);
}

/* Where the trunk prefix is 0 no national number begins with it; 8 or 06 may also be part of one.
 */
static void read_national(struct str digits, struct str country, struct number_reading *r)
{
    const struct number_plan *home = number_plan_by_country(country);
    *r = (struct number_reading){.plan = home,
                                 .is_national = true,
                                 .refusal = "a national number, and no country says whose"};
    if (home == NULL)
        return;
    struct str national = digits;
    bool is_sure = str_eq(home->trunk, STR("0")) || !number_plan_has_length(home, digits);
    if (is_sure && str_starts(digits, home->trunk)) {
        national = str_sub(digits, home->trunk.len, digits.len);
        r->trunk = home->trunk;
    }
    judge(r, national, SIZE_MAX);
    if (r->fit == FIT_NONE)
        r->refusal = "no national number of this country has this length";
}

/* Digits alone that can be either; NULL when they fit both plans equally well. */
static const struct number_reading *choose(enum number_form form, bool has_blank,
                                           const struct number_reading *national,
                                           const struct number_reading *international)
{
    if (has_blank && international->fit >= FIT_LENGTH)
        return international;
    /* A number of this country may begin with its calling code: +358 437899, and 0358 437899. */
    if (form == NUMBER_FORM_NATIONAL && national->fit >= FIT_LENGTH &&
        national->plan == international->plan)
        return national;
    if (national->fit != international->fit)
        return national->fit > international->fit ? national : international;
    bool is_same = national->plan == international->plan &&
                   strcmp(national->national, international->national) == 0;
    bool is_clear = form == NUMBER_FORM_NATIONAL || national->fit == FIT_NONE || is_same;
    return is_clear ? national : NULL;
}

/* "+", code, the rest. False: it has no room. */
static bool put_e164(char dst[NUMBER_BYTES], struct str code, const char *national)
{
    size_t n = strlen(national);
    if (code.len + n + 2 > NUMBER_BYTES)
        return false;
    dst[0] = '+';
    memcpy(dst + 1, code.p, code.len);
    memcpy(dst + 1 + code.len, national, n + 1);
    return true;
}

static enum err make(const struct number_reading *r, struct number *ret)
{
    struct number made = {.is_unplanned = r->fit == FIT_UNPLANNED};
    if (r->fit == FIT_NONE || !put_e164(made.e164, r->plan->code, r->national))
        return ERR_INVALID;
    memcpy(made.country, number_plan_region(r->plan, str_from(r->national)), sizeof(made.country));
    *ret = made;
    return ERR_OK;
}

static enum err parse_opaque(struct str text, struct number *ret)
{
    if (str_is_empty(text))
        return ERR_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] <= ' ' || text.p[i] > '~')
            return ERR_INVALID;
    }
    struct number made = {.country = ""};
    if (str_copy(text, made.e164, sizeof(made.e164)) != ERR_OK)
        return ERR_TOO_LONG;
    *ret = made;
    return ERR_OK;
}

/* words -------------------------------------------------------------------------------------- */

static void explain_reading(const struct number_reading *r, struct buf *words)
{
    if (r->fit == FIT_NONE) {
        buf_addf(words, "%s", r->refusal);
        return;
    }
    buf_addf(words, "%s number of %.*s (+%.*s)", r->is_national ? "national" : "international",
             STR_ARG(r->plan->name), STR_ARG(r->plan->code));
    if (!str_is_empty(r->trunk))
        buf_addf(words, ", trunk prefix %.*s taken off", STR_ARG(r->trunk));
    if (r->is_old)
        buf_addf(words, ", old form of %s", r->national);
    if (r->fit == FIT_UNPLANNED)
        buf_addf(words, ", a length that its plan does not know: accepted and counted");
}

static void explain(const struct number_reading *chosen, const struct number_reading *other,
                    const struct number *number, struct buf *words)
{
    char bytes[NUMBER_BYTES];
    explain_reading(chosen, words);
    if (chosen->fit == FIT_NONE)
        return;
    if (other->fit != FIT_NONE)
        buf_addf(words, "; less likely +%.*s%s of %.*s", STR_ARG(other->plan->code),
                 other->national, STR_ARG(other->plan->name));
    struct str person = number_identity(str_from(number->e164), bytes);
    if (!str_eq(person, str_from(number->e164)))
        buf_addf(words, "; the same person as %.*s", STR_ARG(person));
}

static void explain_doubt(const struct number_reading *a, const struct number_reading *b,
                          struct buf *words)
{
    buf_addf(words,
             "it can be +%.*s%s of %.*s or +%.*s%s of %.*s, so it is nobody's; `number:` in the "
             "channel's profile says which form is meant",
             STR_ARG(a->plan->code), a->national, STR_ARG(a->plan->name), STR_ARG(b->plan->code),
             b->national, STR_ARG(b->plan->name));
}

/* Digits without plus and 0 in front, where the form allows both readings. */
static enum err parse_either(const struct written *written, enum number_form form,
                             struct str country, struct number *ret, struct buf *words)
{
    struct str digits = {written->bytes, written->n};
    struct number_reading national, international;
    read_national(digits, country, &national);
    read_international(digits, false, &international);
    const struct number_reading *chosen =
        choose(form, written->has_blank, &national, &international);
    enum err e = chosen != NULL ? make(chosen, ret) : ERR_INVALID;
    if (words != NULL && chosen == NULL)
        explain_doubt(&national, &international, words);
    else if (words != NULL)
        explain(chosen, chosen == &national ? &international : &national, ret, words);
    return e;
}

static enum err parse_one(const struct written *written, struct str country, struct number *ret,
                          struct buf *words)
{
    static const struct number_reading none = {.fit = FIT_NONE};
    struct str digits = {written->bytes, written->n};
    struct number_reading reading;
    if (!written->has_plus && digits.p[0] == '0')
        read_national(digits, country, &reading);
    else
        read_international(digits, written->has_plus, &reading);
    enum err e = make(&reading, ret);
    if (words != NULL)
        explain(&reading, &none, ret, words);
    return e;
}

enum err number_explain(struct str text, enum number_form form, struct str default_country,
                        struct number *ret, struct buf *words)
{
    struct written written;
    if (form == NUMBER_FORM_OPAQUE)
        return parse_opaque(text, ret);
    if (read_written(text, &written) != ERR_OK) {
        if (words != NULL)
            buf_addf(words, "it is no number: a number has digits, and perhaps + or tel: in front");
        return ERR_INVALID;
    }
    bool is_either = (form == NUMBER_FORM_NATIONAL || form == NUMBER_FORM_ANY) &&
                     !written.has_plus && written.bytes[0] != '0';
    return is_either ? parse_either(&written, form, default_country, ret, words)
                     : parse_one(&written, default_country, ret, words);
}

enum err number_parse(struct str text, enum number_form form, struct str default_country,
                      struct number *ret)
{
    return number_explain(text, form, default_country, ret, NULL);
}

/* out ---------------------------------------------------------------------------------------- */

struct str number_identity(struct str e164, char dst[NUMBER_BYTES])
{
    char national[NUMBER_PLAN_WRITTEN];
    struct str digits = str_sub(e164, 1, e164.len);
    const struct number_plan *plan =
        str_starts(e164, STR("+")) ? number_plan_by_code(digits) : NULL;
    if (plan == NULL ||
        !number_plan_rewrite(plan->same, str_sub(digits, plan->code.len, digits.len), national))
        return e164;
    return put_e164(dst, plan->code, national) ? str_from(dst) : e164;
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
        const struct number_plan *plan = number_plan_by_code(digits);
        if (plan == NULL)
            return ERR_INVALID;
        return str_copy(str_sub(digits, plan->code.len, digits.len), dst, 24);
    }
    }
    return ERR_INVALID;
}

struct str number_calling_code(struct str country)
{
    const struct number_plan *plan = number_plan_by_country(country);
    return plan != NULL ? plan->code : STR_NONE;
}
