/* The pairs of a form, query or JSON body as one text that a provider signs. */
#include <stdlib.h>

#include "profile/load.h"

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
