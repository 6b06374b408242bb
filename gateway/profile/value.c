/* Templates, values and conditions, evaluated. */
#include <stdlib.h>

#include "profile/model.h"
#include "wire/doc.h"

const char *inbound_phase_name(enum inbound_phase phase)
{
    static const char *const names[] = {NULL, "new", "continue", "end", "timeout"};
    return names[phase];
}

struct eval eval_of(const struct profile *p, const struct http_request *request,
                    const struct decode_context *context, struct arena *arena)
{
    return (struct eval){
        .profile = p,
        .arena = arena,
        .settings = context->settings,
        .request = request,
        .headers = request->headers,
        .n_headers = request->n_headers,
        .method = request->method,
        .body = request->body,
        .query_text = request->query,
        .rest = context->rest,
        .session = context->session,
        .now = context->now,
    };
}

struct time_zone eval_zone(const struct eval *eval, struct time_zone of_profile)
{
    int32_t minutes;
    struct str of_channel = eval_setting(eval, STR("timezone"));
    if (of_channel.p == NULL || zone_parse_offset(of_channel, &minutes) != ERR_OK)
        return of_profile;
    return (struct time_zone){minutes, minutes};
}

static struct str eval_part(struct eval *eval, const struct expr_part *part)
{
    if (part->source == NULL)
        return part->literal;
    struct str value = part->source->read(eval, part);
    return part->filters != NULL ? filter_apply(eval, part->filters, value) : value;
}

static void add_plain(struct str value, struct buf *out)
{
    buf_add_str(out, value);
}

/* How a value is put into a text of the kind. */
static void (*const add_escaped[])(struct str value, struct buf *out) = {
    [ESCAPE_NONE] = add_plain,
    [ESCAPE_PATH] = form_encode_path,
    [ESCAPE_XML] = xml_escape,
};

/* False, and nothing is added, when a part of it is absent. */
static bool render(struct eval *eval, const struct template *t, enum escape escape, struct buf *out)
{
    size_t begin = out->len;
    for (const struct expr_part *part = t->parts; part != NULL; part = part->next) {
        struct str value = eval_part(eval, part);
        if (value.p == NULL) {
            out->len = begin;
            return false;
        }
        bool is_plain = part->source == NULL || part->is_escaped;
        add_escaped[is_plain ? ESCAPE_NONE : escape](value, out);
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
    if (!render(eval, t, ESCAPE_NONE, &out) || buf_error(&out) != ERR_OK)
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
    value = str_trim(value);
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

/* The value begins with one of the texts; a range is none here, but what it is written as. */
static bool any_starts(const struct matcher *m, struct str value)
{
    for (; m != NULL; m = m->next) {
        if (str_starts(str_trim(value), m->text))
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
        return left.p != NULL && any_starts(c->values, left);
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
    for (const struct alternative *c = value->alternatives; c != NULL; c = c->next) {
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
    for (const struct alternative *c = value->alternatives; c != NULL; c = c->next) {
        if (conditions_hold(eval, &c->when) && render(eval, &c->value, escape, out))
            return true;
    }
    return false;
}

/* ---- the pairs of a form, query or JSON body as one text that a provider signs ---- */

static int compare_pairs(const void *a, const void *b)
{
    const struct form_pair *left = a, *right = b;
    int order = str_cmp(left->key, right->key);
    return order != 0 ? order : str_cmp(left->value, right->value);
}

static bool is_left_out(const struct pairs *pairs, struct str key)
{
    for (const struct word_list *w = pairs->without; w != NULL; w = w->next) {
        if (str_eq(w->text, key))
            return true;
    }
    return false;
}

static struct str replace_characters(struct eval *eval, const struct pairs *pairs, struct str value)
{
    if (pairs->replaced.p == NULL)
        return value;
    char *p = arena_alloc(eval->arena, value.len + 1);
    for (size_t i = 0; p != NULL && i < value.len; i++)
        p[i] = str_find_char(pairs->replaced, value.p[i]) != SIZE_MAX ? pairs->replacement.p[0]
                                                                      : value.p[i];
    return p != NULL ? (struct str){p, value.len} : STR_NONE;
}

/* Members of a JSON body that are one value each. */
static const struct form *form_of_members(struct eval *eval)
{
    uint32_t n = 0;
    for (const struct doc *m = eval->doc->first; m != NULL; m = m->next)
        n++;
    struct form_pair *pairs = arena_new_array(eval->arena, struct form_pair, n + 1);
    struct form *form = arena_new_array(eval->arena, struct form, 1);
    if (pairs == NULL || form == NULL)
        return &eval->form;
    *form = (struct form){.pairs = pairs};
    for (const struct doc *m = eval->doc->first; m != NULL; m = m->next) {
        if (m->kind == DOC_TEXT)
            pairs[form->n_pairs++] = (struct form_pair){m->name, m->text};
    }
    return form;
}

/* `param` is the form, the members of a JSON body, or the query: the first that is there. */
static const struct form *form_of_pairs(struct eval *eval, const struct pairs *pairs)
{
    if (pairs->of == PAIRS_OF_FORM || (pairs->of == PAIRS_OF_PARAM && eval->form.n_pairs > 0))
        return &eval->form;
    if (pairs->of == PAIRS_OF_PARAM && eval->doc != NULL && eval->doc->kind == DOC_MAP)
        return form_of_members(eval);
    return &eval->query;
}

/* All pairs of a form or query, by the template of one. */
struct str pairs_eval(struct eval *eval)
{
    const struct pairs *pairs = eval->pairs;
    if (pairs == NULL)
        return STR_NONE;
    const struct form *form = form_of_pairs(eval, pairs);
    struct form_pair *sorted = arena_new_array(eval->arena, struct form_pair, form->n_pairs + 1);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, PROFILE_MAX_TEXT_BYTES * 16);
    if (sorted == NULL)
        return STR_NONE;
    for (uint32_t i = 0; i < form->n_pairs; i++)
        sorted[i] = form->pairs[i];
    if (pairs->is_sorted)
        qsort(sorted, form->n_pairs, sizeof(*sorted), compare_pairs);
    for (uint32_t i = 0; i < form->n_pairs; i++) {
        bool is_again = i > 0 && pairs->is_unique && compare_pairs(&sorted[i], &sorted[i - 1]) == 0;
        if (is_again || is_left_out(pairs, sorted[i].key))
            continue;
        eval->key = sorted[i].key;
        eval->value = replace_characters(eval, pairs, sorted[i].value);
        if (!render(eval, &pairs->each, ESCAPE_NONE, &out))
            return STR_NONE;
    }
    return buf_error(&out) == ERR_OK ? arena_str(eval->arena, buf_str(&out)) : STR_NONE;
}
