/* One kind of message, from YAML: when it applies, and where its fields are. */
#include <stdio.h>

#include "profile/load.h"

#define PHASE_WORDS "new continue end timeout ignore"
#define STATUS_WORDS "queued sent delivered failed errored read ignore"
#define NO_TARGET (-2)

/* The field of rule.fields that the row is for. */
static enum field_name field_of(const struct yaml_row *row)
{
    return (enum field_name)((row->offset - offsetof(struct rule, fields)) / sizeof(struct field));
}

/* phase and status --------------------------------------------------------------------------- */

/* Value of enum inbound_phase or dlr_status behind our word for it; NO_TARGET when it is none. */
static int target_of(struct str word, const char *words)
{
    int index = str_word_index(words, ' ', word);
    return index < 0 ? NO_TARGET : str_eq(word, STR("ignore")) ? MAP_TARGET_IGNORE : index + 1;
}

static void complain_target(struct yaml_map *m, const struct yaml_node *at, struct str word,
                            const char *words)
{
    char fix[128];
    (void)snprintf(fix, sizeof(fix), "it must be one of: %s", words); /* our own lists fit */
    yaml_complain(m->report, at, fix, "'%.*s' is no word of ours", STR_ARG(word));
}

/* map: {delivered: [Success], failed: [Failed, "10..12"]} */
static void read_targets(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         void *field)
{
    struct matcher **link = field;
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX,
                         "write our words and the provider's: {new: [begin]}"))
        return;
    for (const struct yaml_node *n = at->first; n != NULL; n = n->next) {
        int target = target_of(n->key, row->words);
        if (target == NO_TARGET)
            complain_target(m, n, n->key, row->words);
        else
            load_matchers(m, n, target, link);
    }
}

/* other: failed */
static void read_other(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *into)
{
    struct field *field = LOAD_OWNER(row, into);
    int target = target_of(at->text, row->words);
    field->other_target = target;
    field->other = str_eq(at->text, STR("reject")) ? MAP_OTHER_REJECT
                   : target == MAP_TARGET_IGNORE   ? MAP_OTHER_IGNORE
                                                   : MAP_OTHER_TARGET;
    if (field->other == MAP_OTHER_TARGET && target == NO_TARGET)
        complain_target(m, at, at->text, row->words);
}

static const struct yaml_type targets_type = {.read = read_targets, .is_any_kind = true};
static const struct yaml_type other_type = {.read = read_other};

#define REQUIRED_ROW                                                                               \
    {                                                                                              \
        .name = "required", .type = &yaml_type_flag, YAML_AT(struct field, is_required),           \
        .words = "false true"                                                                      \
    }
#define MAPPED_ROWS(all)                                                                           \
    REQUIRED_ROW,                                                                                  \
        {.name = "map", .type = &targets_type, YAML_AT(struct field, map), .words = (all)},        \
        {.name = "other", .type = &other_type, YAML_AT(struct field, other), .words = (all)},      \
    {                                                                                              \
        .name = "case", .type = &yaml_type_flag, YAML_AT(struct field, is_case_exact),             \
        .words = "any exact"                                                                       \
    }

static const struct yaml_row phase_rows[] = {MAPPED_ROWS(PHASE_WORDS)};
static const struct yaml_row status_rows[] = {MAPPED_ROWS(STATUS_WORDS)};

/* numbers and times -------------------------------------------------------------------------- */

#define FORM_WORDS "plus digits 00 national any opaque" /* in the order of enum number_form */

static void read_forms(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *into)
{
    struct field *field = LOAD_OWNER(row, into);
    bool is_list = at->kind == YAML_KIND_LIST;
    field->n_forms = 0;
    for (const struct yaml_node *n = is_list ? at->first : at; n != NULL;
         n = is_list ? n->next : NULL) {
        int form = n->kind == YAML_KIND_SCALAR ? str_word_index(FORM_WORDS, ' ', n->text) : -1;
        if (form < 0 || field->n_forms == PROFILE_MAX_FORMS) {
            yaml_complain(m->report, n, "write at most five of: " FORM_WORDS,
                          "'%.*s' is no form of a number", STR_ARG(n->text));
            return;
        }
        field->forms[field->n_forms++] = (enum number_form)form;
        loader_of(m)->profile->needs_country |= form == NUMBER_FORM_NATIONAL;
    }
}

static void read_formats(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         void *field)
{
    load_words.read(m, row, at, field);
    for (const struct word_list *w = *(struct word_list **)field; w != NULL; w = w->next) {
        if (time_check_pattern(w->text) != ERR_OK)
            yaml_complain(m->report, at,
                          "a time pattern knows %Y %y %m %b %d %H %M %S %f %a %z %s and %%",
                          "'%.*s' has another letter", STR_ARG(w->text));
    }
}

/* zone: "+03:00", or the winter's and the summer's: ["+01:00", "+02:00"] */
static void read_zone(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *field)
{
    struct word_list *list = NULL;
    struct time_zone *zone = field;
    load_words.read(m, row, at, &list);
    const struct word_list *summer = list != NULL && list->next != NULL ? list->next : list;
    if (list == NULL || summer->next != NULL ||
        zone_parse_offset(list->text, &zone->winter) != ERR_OK ||
        zone_parse_offset(summer->text, &zone->summer) != ERR_OK)
        yaml_complain(m->report, at,
                      "write hours and minutes east of UTC, \"+03:00\", or those of winter and of "
                      "European summer, [\"+01:00\", \"+02:00\"]",
                      "this is no zone");
}

static const struct yaml_type forms_type = {.read = read_forms, .is_any_kind = true};
static const struct yaml_type formats_type = {.read = read_formats, .is_any_kind = true};
static const struct yaml_type zone_type = {.read = read_zone, .is_any_kind = true};

static const struct yaml_row plain_rows[] = {REQUIRED_ROW};
static const struct yaml_row number_rows[] = {
    REQUIRED_ROW,
    {.name = "number", .type = &forms_type, YAML_AT(struct field, forms)},
};
static const struct yaml_row time_rows[] = {
    REQUIRED_ROW,
    {.name = "format", .type = &formats_type, YAML_AT(struct field, patterns)},
    {.name = "zone", .type = &zone_type, YAML_AT(struct field, zone)},
    {.name = "bad",
     .type = &yaml_type_flag,
     YAML_AT(struct field, is_bad_rejected),
     .words = "now reject"},
};

#define TABLE(rows)                                                                                \
    {                                                                                              \
        rows, ARRAY_LEN(rows), 0                                                                   \
    }
static const struct yaml_table plain_table = TABLE(plain_rows), number_table = TABLE(number_rows),
                               time_table = TABLE(time_rows), phase_table = TABLE(phase_rows),
                               status_table = TABLE(status_rows);

/* fields ------------------------------------------------------------------------------------- */

/* The first place to look, for "missing from (form sender)". */
static struct str first_place(const struct yaml_node *at)
{
    while (at != NULL && at->kind != YAML_KIND_SCALAR)
        at = at->kind == YAML_KIND_MAP ? yaml_get(at, STR("in")) : at->first;
    return at != NULL ? at->text : STR("");
}

/* phase: new, or status: delivered. False: the scalar is none of our words. */
static bool read_constant(struct yaml_map *m, const struct yaml_node *at, const char *words,
                          struct field *field)
{
    int target = target_of(at->text, words);
    struct matcher *matcher = target >= 0 ? load_alloc(m, sizeof(*matcher), at) : NULL;
    if (matcher == NULL)
        return false;
    matcher->target = target;
    field->map = matcher;
    field->is_constant = true;
    return true;
}

static void read_place_of_field(struct yaml_map *m, const struct yaml_row *row,
                                const struct yaml_node *at, struct field *field)
{
    load_value(m, at, VALUE_SOURCE, row->table, field, &field->value);
    field->value.is_empty_missing = field_of(row) != FIELD_TEXT;
    field->words = first_place(at);
}

static void read_field(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *into)
{
    struct field *field = into;
    *field = (struct field){.other = MAP_OTHER_UNKNOWN};
    read_place_of_field(m, row, at, field);
}

/* How a sender's digits are meant is the provider's to say, and nobody's to guess: 254... on a
 * German channel is Kenya, unless the provider's page says national. */
static void read_sender(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                        void *into)
{
    struct field *field = into;
    uint32_t n = m->report->n;
    read_field(m, row, at, into);
    if (field->n_forms == 0 && m->report->n == n)
        yaml_complain(m->report, at,
                      "say how the provider writes senders, as in {in: ..., number: digits} for "
                      "254700000101, or plus, 00, national (then a channel has a country), any, "
                      "opaque",
                      "from needs 'number:'");
}

/* A status may also be a place without a map: then it is kept as raw words. */
static void read_mapped(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                        void *into)
{
    struct field *field = into;
    bool is_phase = field_of(row) == FIELD_PHASE;
    bool is_scalar = at->kind == YAML_KIND_SCALAR;
    bool is_by_session = is_phase && is_scalar && str_eq(at->text, STR("session"));
    *field = (struct field){.other = MAP_OTHER_UNKNOWN};
    if (is_phase)
        ((struct rule *)LOAD_OWNER(row, into))->is_phase_by_session = is_by_session;
    if (is_by_session || (is_scalar && read_constant(m, at, row->words, field)))
        return;
    if (is_phase && is_scalar) {
        complain_target(m, at, at->text, PHASE_WORDS " session, or {in: ..., map: ...}");
        return;
    }
    read_place_of_field(m, row, at, field);
    if (at->kind == YAML_KIND_MAP && field->map == NULL)
        yaml_complain(m->report, at, "write our words and the provider's: map: {new: [begin]}",
                      "%s needs 'map:'", row->name);
}

static const struct yaml_type field_type = {.read = read_field, .is_any_kind = true};
static const struct yaml_type sender_type = {.read = read_sender, .is_any_kind = true};
static const struct yaml_type mapped_type = {.read = read_mapped, .is_any_kind = true};

#define FIELD_ROW(word, FIELD, how, keys, ...)                                                     \
    {                                                                                              \
        .name = word, .type = &how, YAML_AT(struct rule, fields[FIELD_##FIELD]), .table = &keys,   \
        __VA_ARGS__                                                                                \
    }
#define FIELD_ROWS                                                                                 \
    FIELD_ROW("from", FROM, sender_type, number_table),                                            \
        FIELD_ROW("to", TO, field_type, number_table),                                             \
        FIELD_ROW("session", SESSION, field_type, plain_table),                                    \
        FIELD_ROW("step", STEP, field_type, plain_table),                                          \
        FIELD_ROW("session_key", SESSION_KEY, field_type, plain_table),                            \
        FIELD_ROW("network", NETWORK, field_type, plain_table),                                    \
        FIELD_ROW("id", ID, field_type, plain_table),                                              \
        FIELD_ROW("text", TEXT, field_type, plain_table),                                          \
        FIELD_ROW("time", TIME, field_type, time_table),                                           \
        FIELD_ROW("phase", PHASE, mapped_type, phase_table, .words = PHASE_WORDS),                 \
        FIELD_ROW("status", STATUS, mapped_type, status_table, .words = STATUS_WORDS),             \
        FIELD_ROW("error", ERROR, field_type, plain_table),                                        \
        FIELD_ROW("link", LINK, field_type, plain_table),                                          \
        FIELD_ROW("part_ref", PART_REF, field_type, plain_table),                                  \
        FIELD_ROW("part", PART, field_type, plain_table),                                          \
        FIELD_ROW("parts", PARTS, field_type, plain_table)

static const struct yaml_row common_rows[] = {FIELD_ROWS};
static const struct yaml_table common_table = TABLE(common_rows);

const char *field_word(enum field_name name)
{
    for (size_t i = 0; i < ARRAY_LEN(common_rows); i++) {
        if (field_of(&common_rows[i]) == name)
            return common_rows[i].name;
    }
    return "?";
}

/* messages ----------------------------------------------------------------------------------- */

/* "/session/{session}/start" */
static void read_path(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *into)
{
    struct rule *rule = LOAD_OWNER(row, into);
    struct str rest = str_sub(at->text, 1, at->text.len);
    rule->has_path = true;
    if (!str_starts(at->text, STR("/")) || rest.len == 0) {
        yaml_complain(m->report, at,
                      "write what follows the channel's address: /events or "
                      "/session/{session}/start",
                      "'%.*s' is no path", STR_ARG(at->text));
        return;
    }
    while (rest.p != NULL && rule->path.n < PROFILE_MAX_SEGMENTS)
        rule->path.segments[rule->path.n++] = str_split(&rest, '/');
    if (rest.p != NULL)
        yaml_complain(m->report, at, "at most 8 fit", "the path has too many parts");
}

static void read_each(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *into)
{
    struct rule *rule = LOAD_OWNER(row, into);
    struct str path = at->text;
    struct str word = str_split(&path, ' ');
    struct errmsg why = {""};
    enum err e = str_eq(word, STR("json"))  ? doc_path_json(path, m->arena, &rule->each, &why)
                 : str_eq(word, STR("xml")) ? doc_path_xml(path, &rule->each, &why)
                                            : ERR_UNSUPPORTED;
    rule->has_each = true;
    rule->each_words = at->text;
    if (e == ERR_UNSUPPORTED)
        yaml_complain(m->report, at, "write json /PATH or xml /PATH of the list",
                      "'%.*s' is no list", STR_ARG(at->text));
    else if (e != ERR_OK)
        load_complain(m, at, &why);
}

static void read_opt_out(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         void *into)
{
    ((struct rule *)LOAD_OWNER(row, into))->has_opt_out = true;
    load_conditions.read(m, row, at, into);
}

static const struct yaml_type path_type = {.read = read_path};
static const struct yaml_type each_type = {.read = read_each};
static const struct yaml_type opt_out_type = {.read = read_opt_out, .is_any_kind = true};

#define WORD_ROW(word, member, all)                                                                \
    {                                                                                              \
        .name = word, .type = &yaml_type_word, YAML_AT(struct rule, member), .words = (all)        \
    }

/* Words in the order of their enums. */
static const struct yaml_row rule_rows[] = {
    {.name = "name", .type = &load_any_text, YAML_AT(struct rule, name)},
    WORD_ROW("kind", kind, "sms ussd dlr poll call"),
    WORD_ROW("at", at, "default in dlr any"),
    {.name = "auth", .type = &yaml_type_flag, YAML_AT(struct rule, is_open), .words = "all none"},
    WORD_ROW("outcome", said_outcome, "accept ignore reject query"),
    {.name = "reason", .type = &load_any_text, YAML_AT(struct rule, reason)},
    {.name = "when", .type = &load_conditions, YAML_AT(struct rule, when)},
    {.name = "path", .type = &path_type, YAML_AT(struct rule, path)},
    {.name = "each", .type = &each_type, YAML_AT(struct rule, each)},
    FIELD_ROWS,
    WORD_ROW("input", input, "last cumulative"),
    WORD_ROW("first", first, "code drop keep"),
    WORD_ROW("again", again, "duplicate input"),
    WORD_ROW("lost", lost, "accept reject ignore"),
    {.name = "opt_out", .type = &opt_out_type, YAML_AT(struct rule, opt_out)},
    {.name = "remember", .type = &load_named_sources, YAML_AT(struct rule, remember)},
    {.name = "answers", .type = &load_responses, YAML_AT(struct rule, responses)},
};
static const struct yaml_table rule_table = TABLE(rule_rows);

/* Without these a message of the kind means nothing. */
static void require(struct rule *rule)
{
    static const enum field_name needed[][2] = {
        [INBOUND_SMS] = {FIELD_FROM, FIELD_FROM},
        [INBOUND_USSD] = {FIELD_FROM, FIELD_SESSION},
        [INBOUND_DLR] = {FIELD_ID, FIELD_ID},
    };
    if (rule->outcome != INBOUND_ACCEPT || rule->kind >= INBOUND_POLL)
        return;
    for (size_t i = 0; i < ARRAY_LEN(needed[0]); i++)
        rule->fields[needed[rule->kind][i]].is_required = true;
}

/* What the words together mean. Where a rule says nothing, reports come to /dlr and all else to
 * /in; what is ignored may come anywhere. */
static void settle(struct rule *rule)
{
    static const enum inbound_outcome outcomes[] = {INBOUND_ACCEPT, INBOUND_IGNORE, INBOUND_REJECT,
                                                    INBOUND_STATUS_QUERY};
    rule->outcome = rule->kind == INBOUND_POLL && rule->said_outcome == 0
                        ? INBOUND_POLL_REQUEST
                        : outcomes[rule->said_outcome];
    enum rule_at at = rule->at != RULE_AT_DEFAULT       ? rule->at
                      : rule->outcome == INBOUND_IGNORE ? RULE_AT_ANY
                      : rule->kind == INBOUND_DLR       ? RULE_AT_DLR
                                                        : RULE_AT_IN;
    rule->is_at_in = at != RULE_AT_DLR;
    rule->is_at_dlr = at != RULE_AT_IN;
    require(rule);
}

static void note_needs(struct profile *p, const struct rule *rule)
{
    if (rule->kind != INBOUND_USSD)
        return;
    p->has_ussd = true;
    for (const struct alternative *a = rule->fields[FIELD_FROM].value.alternatives; a != NULL;
         a = a->next) {
        const struct expr_part *part = a->value.parts;
        p->needs_session |=
            part != NULL && part->source != NULL && (part->source->needs & NEED_SESSION) != 0;
    }
}

static void read_rule(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      struct rule *rule)
{
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX,
                         "a message is a map: kind, when, from, text ..."))
        return;
    yaml_map_fill(m, &rule_table, at, rule);
    settle(rule);
    if (rule->kind == INBOUND_DLR && rule->outcome == INBOUND_ACCEPT &&
        rule->fields[FIELD_STATUS].map == NULL)
        yaml_complain(m->report, at, "write status: {in: ..., map: {delivered: [...]}}",
                      "a delivery report needs 'status:' with its map");
    note_needs(loader_of(m)->profile, rule);
}

/* fields: what all messages share; it is read into a rule that they begin with. */
static void read_common(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                        void *into)
{
    struct rule **common = into;
    *common = load_alloc(m, sizeof(**common), at);
    if (*common != NULL &&
        yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX, "write fields as in messages:"))
        yaml_map_fill(m, &common_table, at, *common);
}

static void read_messages(struct yaml_map *m, const struct yaml_row *row,
                          const struct yaml_node *at, void *into)
{
    struct profile *p = loader_of(m)->profile;
    (void)into;
    if (!yaml_map_expect(m, row, at, YAML_KIND_LIST, PROFILE_MAX_RULES,
                         "write one '- kind: ...' for each kind of message, at most 24"))
        return;
    p->rules = load_alloc(m, sizeof(*p->rules) * ((size_t)at->n + 1), at);
    for (const struct yaml_node *n = at->first; n != NULL && p->rules != NULL; n = n->next) {
        struct rule *rule = &p->rules[p->n_rules++];
        if (p->common != NULL)
            *rule = *p->common;
        read_rule(m, row, n, rule);
    }
}

const struct yaml_type load_common = {.read = read_common, .is_any_kind = true};
const struct yaml_type load_messages = {.read = read_messages, .is_any_kind = true};
