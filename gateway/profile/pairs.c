/* The pairs of a form, query or JSON body as one text that a provider signs. */
#include <stdlib.h>

#include "profile/load.h"

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
        if (!template_render(eval, &pairs->each, ESCAPE_NONE, &out))
            return STR_NONE;
    }
    return buf_error(&out) == ERR_OK ? arena_str(eval->arena, buf_str(&out)) : STR_NONE;
}

/* from YAML ---------------------------------------------------------------------------------- */

static void read_each(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *field)
{
    struct expr_scope scope = {.profile = loader_of(m)->profile, .contexts = CONTEXT_PAIR};
    struct errmsg why;
    (void)row;
    if (template_parse(at->text, &scope, field, &why) != ERR_OK)
        load_complain(m, at, &why);
}

static const struct yaml_type each_type = {.read = read_each};

/* pairs: {of: form, each: "{key}{value}", sorted: true, unique: true, without: [sig],
 * replace: "&=", by: "_"} */
static const struct yaml_row pairs_rows[] = {
    {.name = "of", .type = &yaml_type_word, YAML_AT(struct pairs, of), .words = "form query param"},
    {.name = "each",
     .type = &each_type,
     YAML_AT(struct pairs, each),
     .is_required = true,
     .example = "\"{key}{value}\""},
    {.name = "sorted",
     .type = &yaml_type_flag,
     YAML_AT(struct pairs, is_sorted),
     .words = "false true",
     .fallback = "true"},
    {.name = "unique",
     .type = &yaml_type_flag,
     YAML_AT(struct pairs, is_unique),
     .words = "false true"},
    {.name = "without", .type = &load_words, YAML_AT(struct pairs, without)},
    {.name = "replace", .type = &load_any_text, YAML_AT(struct pairs, replaced)},
    {.name = "by", .type = &load_any_text, YAML_AT(struct pairs, replacement)},
};
static const struct yaml_table pairs_table = {pairs_rows, ARRAY_LEN(pairs_rows), 0};

static void read_pairs(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *field)
{
    struct pairs *pairs = field;
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX, "write of:, each: ..."))
        return;
    yaml_map_fill(m, &pairs_table, at, pairs);
    if (pairs->replaced.p != NULL && pairs->replacement.len != 1)
        yaml_complain(m->report, at, "write by: with the one character put instead",
                      "'replace:' needs 'by:'");
}

const struct yaml_type load_pairs = {.read = read_pairs, .is_any_kind = true};
