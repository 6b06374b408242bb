#include <stdlib.h>

#include "profile/load.h"

static const char *const field_words[N_FIELDS] = {
#define PROFILE_FIELD_WORD(name, word) word,
    PROFILE_FIELDS(PROFILE_FIELD_WORD)
#undef PROFILE_FIELD_WORD
};

#define PHASE_WORDS "new continue end timeout ignore"
#define STATUS_WORDS "queued sent delivered failed errored read ignore"

/* enum value behind a word of PHASE_WORDS or STATUS_WORDS; -2 when it is none. */
static int target_of(struct str word, enum field_name field)
{
    if (str_eq(word, STR("ignore")))
        return MAP_TARGET_IGNORE;
    for (int i = 1; i <= DLR_READ; i++) {
        const char *name = field != FIELD_PHASE         ? dlr_status_name((enum dlr_status)i)
                           : i <= INBOUND_PHASE_TIMEOUT ? inbound_phase_name((enum inbound_phase)i)
                                                        : NULL;
        if (name != NULL && str_eq(word, str_from(name)))
            return i;
    }
    return -2;
}

/* map: {delivered: [Success], failed: [Failed, "10..12"]}, other: failed */
static bool load_map(struct loader *l, const struct yaml_node *node, enum field_name name,
                     struct field *field)
{
    const struct yaml_node *map = yaml_get(node, STR("map"));
    const struct yaml_node *other = yaml_get(node, STR("other"));
    int exact = 0;
    if (!load_word(l, node, "case", "any exact", &exact))
        return false;
    field->is_case_exact = exact == 1;
    if (map == NULL || map->kind != YAML_KIND_MAP)
        return load_fail(l, node, "needs 'map:' with our words and the provider's: new: [begin]");
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        int target = target_of(m->key, name);
        if (target == -2)
            return load_fail(l, m, "'%s' is none of: %s", m->key.p,
                             name == FIELD_PHASE ? PHASE_WORDS : STATUS_WORDS);
        if (!load_matchers(l, m, target, &field->map))
            return false;
    }
    if (other == NULL)
        return true;
    field->other_target = target_of(other->text, name);
    field->other = str_eq(other->text, STR("reject"))         ? MAP_OTHER_REJECT
                   : field->other_target == MAP_TARGET_IGNORE ? MAP_OTHER_IGNORE
                                                              : MAP_OTHER_TARGET;
    if (field->other == MAP_OTHER_TARGET && field->other_target == -2)
        return load_fail(l, other, "'%s' is none of: %s reject", other->text.p,
                         name == FIELD_PHASE ? PHASE_WORDS : STATUS_WORDS);
    return true;
}

/* phase: new, or status: delivered */
static bool load_constant(struct loader *l, const struct yaml_node *node, enum field_name name,
                          struct field *field)
{
    int target = target_of(node->text, name);
    if (target < 0)
        return load_fail(l, node, "'%s' is none of: %s; or write {in: ..., map: ...}", node->text.p,
                         name == FIELD_PHASE ? PHASE_WORDS " session" : STATUS_WORDS);
    struct matcher *m = load_alloc(l, sizeof(*m), node);
    if (m == NULL)
        return false;
    m->is_range = false;
    m->target = target;
    field->map = m;
    field->is_constant = true;
    return true;
}

static bool load_forms(struct loader *l, const struct yaml_node *node, struct field *field)
{
    static const char *const words[] = {"plus", "digits", "00", "national", "any", "opaque"};
    struct word_list *list = NULL;
    if (!load_list(l, node, &list))
        return false;
    for (field->n_forms = 0; list != NULL; list = list->next) {
        size_t i = 0;
        while (i < ARRAY_LEN(words) && !str_eq(list->text, str_from(words[i])))
            i++;
        if (i == ARRAY_LEN(words) || field->n_forms == PROFILE_MAX_FORMS)
            return load_fail(l, node,
                             "number forms are plus, digits, 00, national, any and "
                             "opaque, at most five of them");
        field->forms[field->n_forms++] = (enum number_form)i;
        l->profile->needs_country |= (enum number_form)i == NUMBER_FORM_NATIONAL;
    }
    return true;
}

/* zone: "+03:00", or the winter's and the summer's: ["+01:00", "+02:00"] */
static bool load_zone(struct loader *l, const struct yaml_node *node, struct zone *ret)
{
    struct word_list *list = NULL;
    if (!load_list(l, node, &list))
        return false;
    const struct word_list *summer = list != NULL && list->next != NULL ? list->next : list;
    if (list == NULL || summer->next != NULL ||
        zone_parse_offset(list->text, &ret->winter) != ERR_OK ||
        zone_parse_offset(summer->text, &ret->summer) != ERR_OK)
        return load_fail(l, node,
                         "a zone is hours and minutes east of UTC: \"+03:00\", or those of winter "
                         "and of European summer: [\"+01:00\", \"+02:00\"]");
    return true;
}

static bool load_time(struct loader *l, const struct yaml_node *node, struct field *field)
{
    const struct yaml_node *format = yaml_get(node, STR("format"));
    const struct yaml_node *zone = yaml_get(node, STR("zone"));
    int bad = 0;
    if (format != NULL && !load_list(l, format, &field->patterns))
        return false;
    for (const struct word_list *p = field->patterns; p != NULL; p = p->next) {
        if (time_check_pattern(p->text) != ERR_OK)
            return load_fail(l, format,
                             "a time pattern knows %%Y %%y %%m %%b %%d %%H %%M %%S %%f "
                             "%%a %%z %%s and %%%%");
    }
    if (zone != NULL && !load_zone(l, zone, &field->zone))
        return false;
    if (!load_word(l, node, "bad", "now reject", &bad))
        return false;
    field->is_bad_rejected = bad == 1;
    return true;
}

/* The first place to look, for "missing from (form sender)". */
static struct str first_place(const struct yaml_node *node)
{
    while (node != NULL && node->kind != YAML_KIND_SCALAR)
        node = node->kind == YAML_KIND_MAP ? yaml_get(node, STR("in")) : node->first;
    return node != NULL ? node->text : STR("");
}

/* How a sender's digits are meant is the provider's to say, and nobody's to guess: 254... on a
 * German channel is Kenya, unless the page of the provider says national. */
static bool fail_number(struct loader *l, const struct yaml_node *at)
{
    return load_fail(l, at,
                     "from needs 'number:', how the provider writes senders: {in: ..., number: "
                     "digits} for 254700000101, or plus, 00, national (then a channel has a "
                     "country), any, opaque");
}

/* Keys that only some fields have. */
static bool load_field_map(struct loader *l, const struct yaml_node *map, enum field_name name,
                           struct field *field)
{
    const struct yaml_node *number = yaml_get(map, STR("number"));
    bool is_mapped = name == FIELD_PHASE || name == FIELD_STATUS;
    if (name == FIELD_FROM && number == NULL)
        return fail_number(l, map);
    if (!load_bool(l, map, "required", &field->is_required) ||
        (number != NULL && !load_forms(l, number, field)))
        return false;
    if (is_mapped)
        return load_map(l, map, name, field);
    return name != FIELD_TIME || load_time(l, map, field);
}

static bool load_field(struct loader *l, const struct yaml_node *node, enum field_name name,
                       struct field *field)
{
    static const char *const keys[N_FIELDS] = {
        [FIELD_FROM] = VALUE_KEYS " required number",
        [FIELD_TO] = VALUE_KEYS " required number",
        [FIELD_TIME] = VALUE_KEYS " required format zone bad",
        [FIELD_PHASE] = VALUE_KEYS " required map other case",
        [FIELD_STATUS] = VALUE_KEYS " required map other case",
    };
    *field = (struct field){.other = MAP_OTHER_UNKNOWN};
    if (name == FIELD_PHASE && str_eq(node->text, STR("session")))
        return true; /* rule->is_phase_by_session */
    /* A status may also be a place: then it is kept as raw words. */
    bool is_constant =
        name == FIELD_PHASE || (name == FIELD_STATUS && target_of(node->text, name) >= 0);
    if (is_constant && node->kind == YAML_KIND_SCALAR)
        return load_constant(l, node, name, field);
    const char *known = keys[name] != NULL ? keys[name] : VALUE_KEYS " required";
    if (!load_value(l, node, VALUE_SOURCE, known, &field->value))
        return false;
    field->value.is_empty_missing = name != FIELD_TEXT;
    field->words = first_place(node);
    if (node->kind == YAML_KIND_MAP)
        return load_field_map(l, node, name, field);
    return name != FIELD_FROM || fail_number(l, node);
}

/* "/session/{session}/start" */
static bool load_path(struct loader *l, const struct yaml_node *node, struct rule *rule)
{
    struct str rest = str_sub(node->text, 1, node->text.len);
    if (!str_starts(node->text, STR("/")) || rest.len == 0)
        return load_fail(l, node,
                         "a path is what follows the channel's address: /events or "
                         "/session/{session}/start");
    while (rest.p != NULL) {
        if (rule->path.n == PROFILE_MAX_SEGMENTS)
            return load_fail(l, node, "a path has at most %u parts", PROFILE_MAX_SEGMENTS);
        rule->path.segments[rule->path.n++] = str_split(&rest, '/');
    }
    rule->has_path = true;
    return true;
}

static bool load_each(struct loader *l, const struct yaml_node *node, struct rule *rule)
{
    struct str path = node->text;
    struct str word = str_split(&path, ' ');
    struct errmsg why;
    enum err e = str_eq(word, STR("json"))
                     ? doc_path_json(path, l->profile->arena, &rule->each, &why)
                 : str_eq(word, STR("xml"))
                     ? doc_path_xml(path, &rule->each, &why)
                     : errmsg_set(&why, ERR_INVALID, "write json /PATH or xml /PATH of the list");
    rule->has_each = true;
    rule->each_words = node->text;
    return e == ERR_OK || load_fail(l, node, "%s", why.text);
}

static bool load_ussd(struct loader *l, const struct yaml_node *map, struct rule *rule)
{
    int input = 0, first = 0, again = 0, lost = 0;
    if (!load_word(l, map, "input", "last cumulative", &input) ||
        !load_word(l, map, "first", "code drop keep", &first) ||
        !load_word(l, map, "again", "duplicate input", &again) ||
        !load_word(l, map, "lost", "accept reject ignore", &lost))
        return false;
    rule->input = (enum ussd_input)input;
    rule->first = (enum ussd_first)first;
    rule->again = (enum ussd_again)again;
    rule->lost = (enum ussd_lost)lost;
    return true;
}

/* Where a rule says nothing, reports come to /dlr and all else to /in; what is ignored may come
 * anywhere. */
static bool load_address(struct loader *l, const struct yaml_node *map, struct rule *rule)
{
    enum { AT_IN, AT_DLR, AT_ANY };
    int at = rule->kind == INBOUND_DLR ? AT_DLR : AT_IN;
    if (rule->outcome == INBOUND_IGNORE)
        at = AT_ANY;
    if (!load_word(l, map, "at", "in dlr any", &at))
        return false;
    rule->is_at_in = at != AT_DLR;
    rule->is_at_dlr = at != AT_IN;
    return true;
}

static bool load_kind(struct loader *l, const struct yaml_node *map, struct rule *rule)
{
    static const enum inbound_outcome outcomes[] = {INBOUND_ACCEPT, INBOUND_IGNORE, INBOUND_REJECT,
                                                    INBOUND_STATUS_QUERY};
    int kind = 0, auth = 1, outcome = 0;
    if (!load_word(l, map, "kind", "sms ussd dlr poll call", &kind) ||
        !load_word(l, map, "auth", "none all", &auth) ||
        !load_word(l, map, "outcome", "accept ignore reject query", &outcome))
        return false;
    rule->kind = (enum inbound_kind)kind;
    rule->outcome = kind == INBOUND_POLL && outcome == 0 ? INBOUND_POLL_REQUEST : outcomes[outcome];
    rule->is_open = auth == 0;
    return load_address(l, map, rule) && load_text(l, map, "reason", &rule->reason) &&
           load_text(l, map, "name", &rule->name);
}

static bool load_fields(struct loader *l, const struct yaml_node *map, struct field *fields)
{
    for (size_t i = 0; i < N_FIELDS; i++) {
        const struct yaml_node *node = yaml_get(map, str_from(field_words[i]));
        if (node == NULL)
            continue;
        if (!load_field(l, node, (enum field_name)i, &fields[i]))
            return false;
    }
    return true;
}

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

static const char rule_keys[] =
    "name kind at auth outcome reason when path each from to session session_key step network id "
    "text "
    "time phase "
    "status error link part_ref part parts input first again lost opt_out remember answers";

/* When the rule applies, and to what of the request. */
static bool load_selection(struct loader *l, const struct yaml_node *map, struct rule *rule)
{
    const struct yaml_node *when = yaml_get(map, STR("when"));
    const struct yaml_node *path = yaml_get(map, STR("path"));
    const struct yaml_node *each = yaml_get(map, STR("each"));
    return (path == NULL || load_path(l, path, rule)) &&
           (each == NULL || load_each(l, each, rule)) &&
           (when == NULL || load_conditions(l, when, &rule->when));
}

static bool load_extras(struct loader *l, const struct yaml_node *map, struct rule *rule)
{
    const struct yaml_node *opt_out = yaml_get(map, STR("opt_out"));
    const struct yaml_node *remember = yaml_get(map, STR("remember"));
    const struct yaml_node *answers = yaml_get(map, STR("answers"));
    uint32_t n = 0;
    rule->has_opt_out = opt_out != NULL;
    return (opt_out == NULL || load_conditions(l, opt_out, &rule->opt_out)) &&
           (remember == NULL || load_named(l, remember, VALUE_SOURCE, &rule->remember, &n)) &&
           (answers == NULL || load_answers(l, answers, rule->answers));
}

static bool load_rule(struct loader *l, const struct yaml_node *map, const struct yaml_node *common,
                      struct rule *rule)
{
    const struct yaml_node *phase = yaml_get(map, STR("phase"));
    if (map->kind != YAML_KIND_MAP)
        return load_fail(l, map, "a message is a map: kind, when, from, text ...");
    rule->is_phase_by_session = phase != NULL && str_eq(phase->text, STR("session"));
    if (!load_check_keys(l, map, rule_keys) || !load_kind(l, map, rule) ||
        !load_ussd(l, map, rule) || !load_selection(l, map, rule))
        return false;
    if ((common != NULL && !load_fields(l, common, rule->fields)) ||
        !load_fields(l, map, rule->fields))
        return false;
    if (rule->kind == INBOUND_DLR && rule->outcome == INBOUND_ACCEPT &&
        rule->fields[FIELD_STATUS].map == NULL)
        return load_fail(l, map, "a delivery report needs 'status:' with its map:");
    require(rule);
    return load_extras(l, map, rule);
}

static void note_needs(struct profile *p, const struct rule *rule)
{
    if (rule->kind != INBOUND_USSD)
        return;
    p->has_ussd = true;
    for (const struct alternative *c = rule->fields[FIELD_FROM].value.alternatives; c != NULL;
         c = c->next) {
        const struct part *part = c->value.parts;
        p->needs_session |=
            part != NULL && part->source != NULL && (part->source->needs & NEED_SESSION) != 0;
    }
}

bool load_rules(struct loader *l, const struct yaml_node *root)
{
    const struct yaml_node *list = yaml_get(root, STR("messages"));
    const struct yaml_node *common = yaml_get(root, STR("fields"));
    struct profile *p = l->profile;
    if (list == NULL)
        return true; /* a provider that we only send through */
    if (list->kind != YAML_KIND_LIST || list->n == 0)
        return load_fail(l, list, "messages is a list, one '- kind: ...' for each kind of message");
    if (list->n > PROFILE_MAX_RULES)
        return load_fail(l, list, "at most %u kinds of message", PROFILE_MAX_RULES);
    p->rules = load_alloc(l, sizeof(*p->rules) * list->n, list);
    if (p->rules == NULL)
        return false;
    for (const struct yaml_node *m = list->first; m != NULL; m = m->next) {
        struct rule *rule = &p->rules[p->n_rules];
        if (!load_rule(l, m, common, rule))
            return false;
        p->n_rules++;
        note_needs(p, rule);
    }
    return true;
}
