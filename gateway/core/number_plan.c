#include "core/number_plan.h"

#include <assert.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/yaml.h"

#define ARENA_BYTES (4u << 20)
#define N_CODES 1000 /* by the first three digits: no code is the beginning of another */
#define N_LETTERS 26u

struct number_rewrite {
    pcre2_code *from;
    struct str to;
    const struct number_rewrite *next;
};

struct number_plans {
    struct arena *arena;
    struct number_plan *first;
    const struct number_plan *by_code[N_CODES];
    const struct number_plan *by_country[N_LETTERS * N_LETTERS];
};

static const char built_in[] = {
#include "numbers_yaml.inc"
};

static struct number_plans *in_use;

/* reading ------------------------------------------------------------------------------------ */

struct reader {
    struct number_plans *plans;
    struct yaml_report *report;
};

static bool fail(struct reader *r, const struct yaml_node *at, const char *what, const char *fix)
{
    yaml_complain(r->report, at, fix, "%s", what);
    return false;
}

static bool is_digits(struct str s, size_t min, size_t max)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return s.len >= min && s.len <= max;
}

/* "7", "7-9": both ends, of at most max. */
static bool read_range(struct str word, uint64_t max, uint64_t *ret_low, uint64_t *ret_high)
{
    struct str high = word;
    struct str low = str_split(&high, '-');
    return str_to_u64(low, max, ret_low) == ERR_OK &&
           str_to_u64(high.p != NULL ? high : low, max, ret_high) == ERR_OK &&
           *ret_low <= *ret_high;
}

/* "7-9 11" as bits. */
static bool read_lengths(struct reader *r, const struct yaml_node *node, uint32_t *ret)
{
    struct str rest = node->text;
    uint64_t low, high;
    *ret = 0;
    while (node->kind == YAML_KIND_SCALAR && rest.p != NULL) {
        if (!read_range(str_split(&rest, ' '), NUMBER_PLAN_MAX_DIGITS, &low, &high) || low < 3)
            break;
        for (uint64_t n = low; n <= high; n++)
            *ret |= 1u << n;
        if (rest.p == NULL)
            return true;
    }
    return fail(r, node, "lengths are numbers of digits from 3 to 15", "write `9` or `7-9 11`");
}

static void add_beginning(struct reader *r, struct number_plan *plan, struct str digits,
                          uint32_t lengths)
{
    struct number_beginning *made = arena_alloc(r->plans->arena, sizeof(*made));
    if (made == NULL) /* number_plans_parse asks the arena */
        return;
    *made = (struct number_beginning){digits, lengths, plan->mobile};
    plan->mobile = made;
}

/* "7", "2-9", "64-69", "xx9" (x is any digit): at most three digits each. */
static bool read_beginnings(struct reader *r, struct str word, uint32_t lengths,
                            struct number_plan *plan)
{
    uint64_t low, high;
    size_t width = str_find_char(word, '-') == SIZE_MAX ? word.len : word.len / 2;
    if (width == 0 || width > 3)
        return false;
    if (str_find_char(word, 'x') != SIZE_MAX) {
        add_beginning(r, plan, arena_str(r->plans->arena, word), lengths);
        return true;
    }
    if (!read_range(word, 999, &low, &high))
        return false;
    for (uint64_t digits = low; digits <= high; digits++)
        add_beginning(r, plan, arena_printf(r->plans->arena, "%0*u", (int)width, (unsigned)digits),
                      lengths);
    return true;
}

/* {1 7: 9}: numbers of 9 digits that begin with 1 or 7; {2-9: 10}. */
static void read_mobile(struct reader *r, const struct yaml_node *map, struct number_plan *plan)
{
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        struct str rest = m->key;
        uint32_t lengths;
        bool is_good = read_lengths(r, m, &lengths);
        while (is_good && rest.p != NULL) {
            is_good = read_beginnings(r, str_split(&rest, ' '), lengths, plan);
            if (!is_good)
                fail(r, m, "mobile beginnings have up to three digits",
                     "write `{1 7: 9, 20-29 xx9: 10}`");
        }
    }
}

static const struct number_rewrite *read_rewrites(struct reader *r, const struct yaml_node *map)
{
    const struct number_rewrite *list = NULL, **link = &list;
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        int number;
        size_t at;
        struct number_rewrite *made = arena_alloc(r->plans->arena, sizeof(*made));
        if (made == NULL)
            return list;
        *made = (struct number_rewrite){.to = arena_str(r->plans->arena, m->text)};
        made->from = pcre2_compile((PCRE2_SPTR)m->key.p, m->key.len,
                                   PCRE2_ANCHORED | PCRE2_ENDANCHORED, &number, &at, NULL);
        if (made->from == NULL || m->kind != YAML_KIND_SCALAR || m->text.len == 0) {
            pcre2_code_free(made->from);
            fail(r, m, "this is no other form of a number",
                 "write `{'REGULAR EXPRESSION': 'NEW FORM WITH $1'}`");
            return list;
        }
        *link = made;
        link = &made->next;
    }
    return list;
}

static void take_country(struct reader *r, const struct yaml_node *at, struct str country,
                         const struct number_plan *plan)
{
    size_t i = (size_t)(country.p[0] - 'A') * N_LETTERS + (size_t)(country.p[1] - 'A');
    if (plan == NULL)
        fail(r, at, "`with` names no country that has a plan",
             "the row of that country stands further up");
    else
        r->plans->by_country[i] = plan;
}

static bool is_country(struct str s)
{
    return s.len == 2 && s.p[0] >= 'A' && s.p[0] <= 'Z' && s.p[1] >= 'A' && s.p[1] <= 'Z';
}

static struct number_plan *find_plan(struct number_plans *plans, struct str country)
{
    struct number_plan *p = plans->first;
    while (p != NULL && !str_eq(str_from(p->country), country))
        p = p->next;
    return p;
}

/* Marks what begins with these digits, of which there are at most three; false: there are not. */
static bool take_area(struct number_plan *plan, struct str area, const char *country)
{
    uint64_t first, width = area.len == 3 ? 1 : area.len == 2 ? 10 : 100;
    if (!is_digits(area, 1, 3) || str_to_u64(area, NUMBER_PLAN_AREAS, &first) != ERR_OK)
        return false;
    for (uint64_t i = first * width; i < (first + 1) * width; i++)
        plan->area_countries[i] = country;
    return true;
}

/* CA: {with: US, areas: 204 226} */
static void read_region(struct reader *r, const struct yaml_node *row)
{
    struct number_plan *plan = find_plan(r->plans, yaml_text(row, STR("with"), STR_NONE));
    struct str areas = yaml_text(row, STR("areas"), STR_NONE);
    struct str country = arena_str(r->plans->arena, row->key);
    if (!is_country(row->key)) {
        fail(r, row, "a country is named by the two letters of ISO 3166", "write `CA`");
        return;
    }
    take_country(r, row, row->key, plan);
    if (plan == NULL || areas.p == NULL)
        return;
    if (plan->area_countries == NULL)
        plan->area_countries = arena_new_array(r->plans->arena, const char *, NUMBER_PLAN_AREAS);
    while (plan->area_countries != NULL && areas.p != NULL) {
        if (!take_area(plan, str_split(&areas, ' '), country.p))
            fail(r, row, "areas are beginnings of one to three digits", "put a blank between them");
    }
}

static void take_code(struct reader *r, const struct yaml_node *row, const struct number_plan *plan)
{
    uint64_t first, width = plan->code.len == 3 ? 1 : plan->code.len == 2 ? 10 : 100;
    if (str_to_u64(plan->code, N_CODES / width - 1, &first) != ERR_OK)
        return; /* read_plan has looked at it */
    for (uint64_t i = first * width; i < (first + 1) * width; i++) {
        if (r->plans->by_code[i] != NULL) {
            fail(r, row, "another plan has this calling code, or its beginning",
                 "keep one of them");
            return;
        }
        r->plans->by_code[i] = plan;
    }
}

/* KE: {code: 254, trunk: 0, lengths: 7-9, mobile: {1 7: 9}} */
static void read_plan(struct reader *r, const struct yaml_node *row, struct number_plan ***link)
{
    struct str code = yaml_text(row, STR("code"), STR_NONE);
    struct str trunk = yaml_text(row, STR("trunk"), STR(""));
    const struct yaml_node *lengths = yaml_get(row, STR("lengths"));
    struct number_plan *plan = arena_alloc(r->plans->arena, sizeof(*plan));
    if (plan == NULL)
        return;
    *plan = (struct number_plan){.name = arena_str(r->plans->arena, row->key),
                                 .code = arena_str(r->plans->arena, code),
                                 .trunk = arena_str(r->plans->arena, trunk)};
    if (!is_digits(code, 1, 3) || code.p[0] == '0' || !is_digits(trunk, 0, 3) || lengths == NULL) {
        fail(r, row, "a plan has a `code` and `lengths`, of digits",
             "write `{code: 254, trunk: 0, lengths: 9}`, or `{with: US}`");
        return;
    }
    if (!read_lengths(r, lengths, &plan->lengths))
        return;
    const struct yaml_node *mobile = yaml_get(row, STR("mobile"));
    const struct yaml_node *old = yaml_get(row, STR("old")), *same = yaml_get(row, STR("same"));
    if (mobile != NULL)
        read_mobile(r, mobile, plan);
    plan->old = old != NULL ? read_rewrites(r, old) : NULL;
    plan->same = same != NULL ? read_rewrites(r, same) : NULL;
    take_code(r, row, plan);
    if (is_country(row->key)) {
        memcpy(plan->country, row->key.p, 2);
        take_country(r, row, row->key, plan);
    }
    **link = plan;
    *link = &plan->next;
}

static void read_rows(struct reader *r, const struct yaml_node *root)
{
    static const char *const keys[] = {"code", "trunk", "lengths", "mobile",
                                       "old",  "same",  "with",    "areas"};
    struct number_plan **link = &r->plans->first;
    for (const struct yaml_node *row = root->first; row != NULL; row = row->next) {
        for (const struct yaml_node *m = row->first; m != NULL; m = m->next) {
            size_t i = 0;
            while (i < ARRAY_LEN(keys) && !str_eq(m->key, str_from(keys[i])))
                i++;
            if (i == ARRAY_LEN(keys))
                fail(r, m, "no row has this key",
                     "a row has code, trunk, lengths, mobile, old, same, with and areas");
        }
        if (yaml_get(row, STR("with")) != NULL)
            read_region(r, row);
        else
            read_plan(r, row, &link);
    }
}

static void free_rewrites(const struct number_rewrite *list)
{
    for (; list != NULL; list = list->next)
        pcre2_code_free(list->from);
}

/* Accepts NULL. */
static void plans_free(struct number_plans *plans)
{
    if (plans == NULL)
        return;
    for (const struct number_plan *p = plans->first; p != NULL; p = p->next) {
        free_rewrites(p->old);
        free_rewrites(p->same);
    }
    arena_free(plans->arena);
}

enum err number_plans_parse(struct str yaml, struct str file, struct number_plans **ret,
                            struct buf *errors)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new(ARENA_BYTES);
    const struct yaml_node *root;
    struct yaml_report report = {.file = file, .text = errors};
    enum err e = yaml_read(yaml, scratch, &report, &root);
    if (e != ERR_OK)
        return e;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct number_plans *plans = arena_alloc(arena, sizeof(*plans));
    struct reader reader = {plans, &report};
    plans->arena = arena;
    if (root->kind != YAML_KIND_MAP)
        fail(&reader, root, "this is no map of countries",
             "write lines of `COUNTRY: {code: ..., lengths: ...}`");
    read_rows(&reader, root);
    e = report.n > 0 ? ERR_INVALID : arena_error(arena);
    if (e == ERR_OK)
        *ret = plans;
    else
        plans_free(plans);
    return e;
}

/* in use ------------------------------------------------------------------------------------- */

void number_plans_use(struct number_plans *plans)
{
    if (plans == in_use)
        return;
    plans_free(in_use);
    in_use = plans;
}

static const struct number_plans *plans_in_use(void)
{
    if (in_use == NULL) {
        struct buf errors CLEANUP(buf_fini);
        buf_init(&errors, 4096);
        struct str yaml = {built_in, sizeof(built_in)};
        enum err e = number_plans_parse(yaml, STR("numbers.yaml"), &in_use, &errors);
        assert(e == ERR_OK); /* test_number reads the same bytes */
    }
    return in_use;
}

const struct number_plan *number_plan_by_code(struct str digits)
{
    uint64_t i;
    if (digits.len < 3 || str_to_u64(str_sub(digits, 0, 3), N_CODES - 1, &i) != ERR_OK)
        return NULL;
    return plans_in_use()->by_code[i];
}

const struct number_plan *number_plan_by_country(struct str country)
{
    if (country.len != 2)
        return NULL;
    char upper[2] = {country.p[0] & ~0x20, country.p[1] & ~0x20};
    struct str key = {upper, 2};
    if (!is_country(key))
        return NULL;
    return plans_in_use()
        ->by_country[(size_t)(upper[0] - 'A') * N_LETTERS + (size_t)(upper[1] - 'A')];
}

const char *number_plan_region(const struct number_plan *plan, struct str national)
{
    uint64_t area;
    if (plan->area_countries == NULL ||
        str_to_u64(str_sub(national, 0, 3), NUMBER_PLAN_AREAS, &area) != ERR_OK || national.len < 3)
        return plan->country;
    const char *country = plan->area_countries[area];
    return country != NULL ? country : plan->country;
}

bool number_plan_has_length(const struct number_plan *plan, struct str national)
{
    return national.len <= NUMBER_PLAN_MAX_DIGITS && (plan->lengths >> national.len & 1) != 0;
}

static bool begins_with(struct str national, struct str beginning)
{
    size_t i = 0;
    while (i < beginning.len && i < national.len &&
           (beginning.p[i] == 'x' || beginning.p[i] == national.p[i]))
        i++;
    return i == beginning.len;
}

bool number_plan_is_mobile(const struct number_plan *plan, struct str national)
{
    for (const struct number_beginning *b = plan->mobile; b != NULL; b = b->next) {
        if (begins_with(national, b->digits) && national.len <= NUMBER_PLAN_MAX_DIGITS &&
            (b->lengths >> national.len & 1) != 0)
            return true;
    }
    return false;
}

bool number_plan_rewrite(const struct number_rewrite *list, struct str national,
                         char dst[NUMBER_PLAN_WRITTEN])
{
    for (; list != NULL; list = list->next) {
        char made[NUMBER_PLAN_WRITTEN];
        PCRE2_SIZE n = sizeof(made);
        int found =
            pcre2_substitute(list->from, (PCRE2_SPTR)national.p, national.len, 0, 0, NULL, NULL,
                             (PCRE2_SPTR)list->to.p, list->to.len, (PCRE2_UCHAR *)made, &n);
        if (found == 1) {
            memcpy(dst, made, n + 1);
            return true;
        }
    }
    return false;
}
