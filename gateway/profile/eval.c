#include "core/utf8.h"
#include "profile/internal.h"
#include "wire/xml.h"

struct str settings_get(const struct settings *settings, struct str name)
{
    for (uint32_t i = 0; settings != NULL && i < settings->n; i++) {
        if (str_eq(settings->list[i].name, name))
            return settings->list[i].value;
    }
    return STR_NONE;
}

struct str eval_setting(const struct eval *eval, struct str name)
{
    struct str value = settings_get(eval->settings, name);
    for (uint32_t i = 0; value.p == NULL && i < eval->profile->n_settings; i++) {
        if (str_eq(eval->profile->settings[i].name, name))
            value = eval->profile->settings[i].fallback;
    }
    return value;
}

struct zone eval_zone(const struct eval *eval, const struct field *field)
{
    struct zone zone = {0, ZONE_RULE_NONE};
    struct str name = eval_setting(eval, STR("timezone"));
    if ((name.p == NULL || zone_parse(name, &zone) != ERR_OK) && field != NULL && field->has_zone)
        zone = field->zone;
    return zone;
}

static struct str eval_part(struct eval *eval, const struct part *part)
{
    if (part->is_literal)
        return part->literal;
    struct str value = source_eval(eval, part);
    return part->filters != NULL ? filter_apply(eval, part->filters, value) : value;
}

static void add_escaped(struct str value, enum escape escape, struct buf *out)
{
    switch (escape) {
    case ESCAPE_NONE:
        buf_add_str(out, value);
        break;
    case ESCAPE_FORM:
        form_encode(value, out);
        break;
    case ESCAPE_PATH:
        form_encode_path(value, out);
        break;
    case ESCAPE_JSON:
        buf_add_json(out, value);
        break;
    case ESCAPE_XML:
        xml_escape(value, out);
        break;
    }
}

bool template_render(struct eval *eval, const struct template *t, enum escape escape,
                     struct buf *out)
{
    size_t begin = out->len;
    for (const struct part *part = t->parts; part != NULL; part = part->next) {
        struct str value = eval_part(eval, part);
        if (value.p == NULL) {
            out->len = begin;
            return false;
        }
        bool is_plain = part->is_literal || part->is_escaped;
        add_escaped(value, is_plain ? ESCAPE_NONE : escape, out);
    }
    return true;
}

struct str template_eval(struct eval *eval, const struct template *t)
{
    if (t->parts == NULL)
        return STR("");
    if (t->parts->next == NULL)
        return eval_part(eval, t->parts);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, PROFILE_MAX_TEXT_BYTES * 16);
    if (!template_render(eval, t, ESCAPE_NONE, &out) || buf_error(&out) != ERR_OK)
        return STR_NONE;
    return arena_str(eval->arena, buf_str(&out));
}

static bool parse_int(struct str text, int64_t *ret)
{
    uint64_t value;
    bool is_negative = str_starts(text, STR("-"));
    struct str digits = str_sub(text, is_negative ? 1 : 0, text.len);
    if (str_to_u64(digits, INT64_MAX, &value) != ERR_OK)
        return false;
    *ret = is_negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool matcher_matches(const struct matcher *m, struct str value, bool is_case_free)
{
    int64_t number;
    if (m->is_range)
        return parse_int(value, &number) && number >= m->low && number <= m->high;
    return is_case_free ? str_eq_nocase(m->text, value) : str_eq(m->text, value);
}

static bool any_matches(const struct matcher *m, struct str value)
{
    for (; m != NULL; m = m->next) {
        if (matcher_matches(m, value, false))
            return true;
    }
    return false;
}

static bool condition_holds(struct eval *eval, const struct condition *c)
{
    struct str group, left = template_eval(eval, &c->left);
    switch (c->kind) {
    case CONDITION_PRESENT:
        return !str_is_empty(left);
    case CONDITION_ABSENT:
        return str_is_empty(left);
    case CONDITION_IS:
        return left.p != NULL && any_matches(c->values, left);
    case CONDITION_IS_NOT:
        return !str_is_empty(left) && !any_matches(c->values, left);
    case CONDITION_STARTS:
        return left.p != NULL && str_starts(left, c->values->text);
    case CONDITION_MATCHES:
        return left.p != NULL && pattern_match(c->pattern, left, &group);
    }
    return false;
}

bool conditions_hold(struct eval *eval, const struct conditions *conditions)
{
    if (conditions->all == NULL)
        return true;
    for (; conditions != NULL; conditions = conditions->or_else) {
        const struct condition *c = conditions->all;
        while (c != NULL && condition_holds(eval, c))
            c = c->next;
        if (c == NULL)
            return true;
    }
    return false;
}

static bool is_missing(const struct value *value, struct str text)
{
    return text.p == NULL || (text.len == 0 && value->is_empty_missing) ||
           any_matches(value->nulls, text);
}

/* What is done to the first alternative that is there. */
static struct str finish(struct eval *eval, const struct value *value, struct str text)
{
    text = filter_apply(eval, value->filters, text);
    if (value->pattern != NULL && text.p != NULL && !pattern_match(value->pattern, text, &text))
        return STR_NONE;
    if (value->lookup.p != NULL && text.p != NULL) {
        struct str name =
            arena_printf(eval->arena, "%.*s.%.*s", STR_ARG(value->lookup), STR_ARG(text));
        return eval_setting(eval, name);
    }
    return text;
}

struct str value_eval(struct eval *eval, const struct value *value)
{
    for (const struct choice *c = value->choices; c != NULL; c = c->next) {
        if (c->when.all != NULL && !conditions_hold(eval, &c->when))
            continue;
        struct str text = template_eval(eval, &c->value);
        if (is_missing(value, text))
            continue;
        text = finish(eval, value, text);
        if (!is_missing(value, text))
            return text;
    }
    return value->fallback;
}

bool value_render(struct eval *eval, const struct value *value, enum escape escape, struct buf *out)
{
    for (const struct choice *c = value->choices; c != NULL; c = c->next) {
        if (conditions_hold(eval, &c->when) && template_render(eval, &c->value, escape, out))
            return true;
    }
    return false;
}

/* Length of the leading run of ASCII without NUL. */
static size_t plain_prefix(struct str s)
{
    size_t i = 0;
    while (i < s.len && s.p[i] > 0)
        i++;
    return i;
}

bool text_is_clean(struct str text)
{
    for (size_t i = plain_prefix(text); i < text.len;) {
        size_t from = i;
        int32_t code = utf8_next(text, &i);
        bool is_replacement = str_eq(str_sub(text, from, i), STR("\xef\xbf\xbd"));
        if (code == 0 || (code == UTF8_REPLACEMENT && !is_replacement))
            return false;
    }
    return true;
}

struct str text_clean(struct str text, struct arena *arena)
{
    if (text_is_clean(text))
        return text;
    char *p = arena_alloc(arena, text.len * 3 + 1);
    if (p == NULL)
        return STR_NONE;
    size_t n = 0;
    for (size_t i = 0; i < text.len;) {
        int32_t code = utf8_next(text, &i);
        n += utf8_put(code == 0 ? UTF8_REPLACEMENT : code, p + n);
    }
    return (struct str){p, n};
}
