/* A profile as a whole: from its file, and what it is. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "profile/load.h"

/* A file of the size limit becomes at most so much: nodes, templates and rules. */
#define MAX_ARENA_BYTES (PROFILE_MAX_BYTES * 64u)

const char *inbound_kind_name(enum inbound_kind kind)
{
    static const char *const names[] = {"sms-mo", "ussd", "dlr", "poll", "call"};
    return names[kind];
}

const char *inbound_outcome_name(enum inbound_outcome outcome)
{
    static const char *const names[] = {
        "accept", "reject",         "ignore", "duplicate",    "auth-fail",
        "buffer", "unknown-status", "poll",   "status-query", "signature-ok"};
    return names[outcome];
}

const char *dlr_status_name(enum dlr_status status)
{
    static const char *const names[] = {NULL,     "queued",  "sent", "delivered",
                                        "failed", "errored", "read"};
    return names[status];
}

const char *send_outcome_name(enum send_outcome outcome)
{
    static const char *const names[] = {"sent", "failed", "throttled", "temporary", "opted-out"};
    return names[outcome];
}

struct str profile_name(const struct profile *p)
{
    return p->name;
}

struct str profile_title(const struct profile *p)
{
    return p->title;
}

struct str profile_notes(const struct profile *p)
{
    return p->notes;
}

bool profile_takes(const struct profile *p, enum inbound_kind kind)
{
    for (uint32_t i = 0; i < p->n_rules; i++) {
        if (p->rules[i].kind == kind && p->rules[i].outcome == INBOUND_ACCEPT)
            return true;
    }
    return false;
}

bool profile_takes_any(const struct profile *p)
{
    return p->n_rules > 0;
}

uint32_t profile_sender_forms(const struct profile *p, const enum number_form **ret)
{
    for (uint32_t i = 0; i < p->n_rules; i++) {
        const struct rule *rule = &p->rules[i];
        bool is_message = rule->kind == INBOUND_SMS || rule->kind == INBOUND_USSD;
        if (is_message && rule->outcome == INBOUND_ACCEPT) {
            *ret = rule->fields[FIELD_FROM].forms;
            return rule->fields[FIELD_FROM].n_forms;
        }
    }
    return 0;
}

bool profile_has_ussd(const struct profile *p)
{
    return p->has_ussd;
}

bool profile_has_send(const struct profile *p)
{
    return p->send.is_declared;
}

bool profile_has_send_url(const struct profile *p)
{
    return p->send.request.url.alternatives != NULL;
}

bool profile_needs_session(const struct profile *p)
{
    return p->needs_session;
}

uint32_t profile_rate_per_s(const struct profile *p)
{
    return p->rate_per_s;
}

uint32_t profile_text_chars(const struct profile *p)
{
    return p->text_chars;
}

uint32_t profile_ussd_chars(const struct profile *p)
{
    return p->ussd_chars;
}

const struct profile_setting *profile_settings(const struct profile *p, uint32_t *ret_n)
{
    *ret_n = p->n_settings;
    return p->settings;
}

/* from YAML ---------------------------------------------------------------------------------- */

/* settings: {apikey: {help: ..., required: true, secret: true, default: ...}} */
static const struct yaml_row setting_rows[] = {
    {.name = "help",
     .type = &load_any_text,
     YAML_AT(struct profile_setting, help),
     .is_required = true,
     .example = "what it is, and where the provider shows it"},
    {.name = "default", .type = &load_any_text, YAML_AT(struct profile_setting, fallback)},
    {.name = "required",
     .type = &yaml_type_flag,
     YAML_AT(struct profile_setting, is_required),
     .words = "false true"},
    {.name = "secret",
     .type = &yaml_type_flag,
     YAML_AT(struct profile_setting, is_secret),
     .words = "false true"},
};

static void read_settings(struct yaml_map *m, const struct yaml_row *row,
                          const struct yaml_node *at, void *field)
{
    static const struct yaml_table table = {setting_rows, ARRAY_LEN(setting_rows), 0};
    static const struct yaml_row entry = {.name = "a setting"};
    struct profile *p = LOAD_OWNER(row, field);
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX,
                         "write names, each with {help: what it is}"))
        return;
    struct profile_setting *settings = load_alloc(m, sizeof(*settings) * ((size_t)at->n + 1), at);
    p->settings = settings;
    for (const struct yaml_node *n = at->first; n != NULL && settings != NULL; n = n->next) {
        struct profile_setting *s = &settings[p->n_settings++];
        s->name = n->key;
        if (yaml_map_expect(m, &entry, n, YAML_KIND_MAP, UINT32_MAX, "write {help: what it is}"))
            yaml_map_fill(m, &table, n, s);
    }
}

/* A list of words, each of which sets a bool of the profile. */
struct word_switch {
    const char *word;
    size_t offset;
};

static void read_switches(struct yaml_map *m, const struct yaml_row *row,
                          const struct yaml_node *at, struct profile *p,
                          const struct word_switch *switches)
{
    struct word_list *list = NULL;
    load_words.read(m, row, at, &list);
    for (; list != NULL; list = list->next) {
        for (const struct word_switch *s = switches; s->word != NULL; s++) {
            if (str_eq(list->text, str_from(s->word)))
                *(bool *)((char *)p + s->offset) = true;
        }
    }
}

/* body: json, or [form, json] */
static void read_formats(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         void *field)
{
    static const struct word_switch switches[] = {
        {"form", offsetof(struct profile, takes_form)},
        {"json", offsetof(struct profile, takes_json)},
        {"xml", offsetof(struct profile, takes_xml)},
        {NULL, 0},
    };
    read_switches(m, row, at, LOAD_OWNER(row, field), switches);
}

static void read_methods(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         void *field)
{
    static const struct word_switch switches[] = {
        {"GET", offsetof(struct profile, is_get_ok)},
        {"POST", offsetof(struct profile, is_post_ok)},
        {"PUT", offsetof(struct profile, is_put_ok)},
        {NULL, 0},
    };
    struct profile *p = LOAD_OWNER(row, field);
    p->has_methods = true;
    read_switches(m, row, at, p, switches);
}

static void read_inside(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                        void *field)
{
    struct errmsg why;
    ((struct profile *)LOAD_OWNER(row, field))->is_body_inside = true;
    if (expr_parse(at->text, &loader_of(m)->scope, field, &why) != ERR_OK)
        load_complain(m, at, &why);
}

static const struct yaml_type settings_type = {.read = read_settings, .is_any_kind = true};
static const struct yaml_type formats_type = {.read = read_formats, .is_any_kind = true};
static const struct yaml_type methods_type = {.read = read_methods, .is_any_kind = true};
static const struct yaml_type inside_type = {.read = read_inside};

/* For people but for those that have a place. */
static const struct yaml_row limit_rows[] = {
    {.name = "per_second",
     .type = &yaml_type_number,
     YAML_AT(struct profile, rate_per_s),
     .max = 100000},
    {.name = "text_chars",
     .type = &yaml_type_number,
     YAML_AT(struct profile, text_chars),
     .max = 100000},
    {.name = "ussd_chars",
     .type = &yaml_type_number,
     YAML_AT(struct profile, ussd_chars),
     .max = 182},
    {.name = "answer_within_s", .type = &load_any_text, YAML_AT(struct profile, unread)},
    {.name = "retries", .type = &load_any_text, YAML_AT(struct profile, unread)},
    {.name = "session_s", .type = &load_any_text, YAML_AT(struct profile, unread)},
    {.name = "batch", .type = &load_any_text, YAML_AT(struct profile, unread)},
};
static const struct yaml_table limit_table = {limit_rows, ARRAY_LEN(limit_rows), 0};

static void read_limits(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                        void *field)
{
    load_map.read(m, row, at, LOAD_OWNER(row, field));
}

static const struct yaml_type limits_type = {.read = read_limits, .is_any_kind = true};

/* In the order in which later rows need earlier ones. */
static const struct yaml_row root_rows[] = {
    {.name = "profile",
     .type = &load_any_text,
     YAML_AT(struct profile, name),
     .is_required = true,
     .example = "the file's name"},
    {.name = "title",
     .type = &load_any_text,
     YAML_AT(struct profile, title),
     .is_required = true,
     .example = "the provider"},
    {.name = "source",
     .type = &load_any_text,
     YAML_AT(struct profile, source),
     .is_required = true,
     .example = "the page it was written from"},
    {.name = "basis", .type = &load_any_text, YAML_AT(struct profile, unread)},
    {.name = "notes", .type = &load_any_text, YAML_AT(struct profile, notes)},
    {.name = "limits",
     .type = &limits_type,
     YAML_AT(struct profile, rate_per_s),
     .table = &limit_table},
    {.name = "settings", .type = &settings_type, YAML_AT(struct profile, settings)},
    {.name = "methods",
     .type = &methods_type,
     YAML_AT(struct profile, has_methods),
     .words = "GET POST PUT"},
    {.name = "body",
     .type = &formats_type,
     YAML_AT(struct profile, takes_form),
     .words = "form json xml text"},
    {.name = "inside", .type = &inside_type, YAML_AT(struct profile, inside)},
    {.name = "keys",
     .type = &yaml_type_flag,
     YAML_AT(struct profile, is_key_case_free),
     .words = "exact any-case"},
    {.name = "charset",
     .type = &yaml_type_flag,
     YAML_AT(struct profile, is_latin1),
     .words = "utf-8 latin1"},
    {.name = "bad_text",
     .type = &yaml_type_flag,
     YAML_AT(struct profile, is_bad_text_rejected),
     .words = "replace reject"},
    {.name = "otherwise",
     .type = &yaml_type_flag,
     YAML_AT(struct profile, is_rest_rejected),
     .words = "ignore reject"},
    {.name = "auth", .type = &load_auth, YAML_AT(struct profile, auth)},
    {.name = "fields", .type = &load_common, YAML_AT(struct profile, common)},
    {.name = "messages", .type = &load_messages, YAML_AT(struct profile, rules)},
    {.name = "answers", .type = &load_responses, YAML_AT(struct profile, responses)},
    {.name = "send", .type = &load_send, YAML_AT(struct profile, send)},
};

/* The root, and what its parts must be together. */
static void read_all(struct yaml_map *m, const struct yaml_table *table,
                     const struct yaml_node *root, struct profile *p)
{
    yaml_map_fill(m, table, root, p);
    if (p->asks_reports && !profile_takes(p, INBOUND_DLR))
        yaml_complain(m->report, yaml_get(root, STR("send")),
                      "write a message of kind: dlr, or leave dlr_url out of send",
                      "send asks for delivery reports, and nothing reads them");
}

enum err profile_parse(struct str yaml, struct str file, struct profile **ret, struct buf *errors)
{
    static const struct yaml_table table = {root_rows, ARRAY_LEN(root_rows), 0};
    static const struct yaml_row whole = {.name = "the profile"};
    static const struct yaml_node begin = {.line = 1, .column = 1};
    const struct yaml_node *root;
    struct profile *p = xcalloc(1, sizeof(*p));
    struct loader l = {.profile = p, .scope = {.profile = p, .contexts = CONTEXT_CALLBACK}};
    p->arena = arena_new(MAX_ARENA_BYTES);
    struct yaml_report report = {.file = file, .text = errors};
    struct yaml_map m = {.report = &report, .arena = p->arena, .user = &l};
    if (yaml.len > PROFILE_MAX_BYTES)
        yaml_complain(&report, &begin, "write less", "a profile has at most %u bytes",
                      PROFILE_MAX_BYTES);
    else if (yaml_read(yaml, p->arena, &report, &root) == ERR_OK &&
             yaml_map_expect(&m, &whole, root, YAML_KIND_MAP, UINT32_MAX,
                             "begin with profile:, title: and source:"))
        read_all(&m, &table, root, p);
    p->otherwise = p->is_rest_rejected ? INBOUND_REJECT : INBOUND_IGNORE;
    if (report.n == 0) {
        *ret = p;
        return ERR_OK;
    }
    profile_free(p);
    return ERR_INVALID;
}

void profile_free(struct profile *p)
{
    if (p == NULL)
        return;
    pattern_free_all(p->patterns);
    arena_free(p->arena);
    free(p);
}
