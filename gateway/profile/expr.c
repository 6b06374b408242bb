#include <string.h>

#include "profile/internal.h"

/* One row per enum constant. */
static const struct {
    const char *word;
    int argument; /* 0 none, 1 must, 2 may */
    unsigned contexts;
} sources[N_SOURCES] = {
#define PROFILE_SOURCE_ROW(name, word, argument, contexts) {word, argument, contexts},
    PROFILE_SOURCES(PROFILE_SOURCE_ROW)
#undef PROFILE_SOURCE_ROW
};

static const struct {
    const char *word;
    bool has_argument;
} filters[N_FILTERS] = {
#define PROFILE_FILTER_ROW(name, word, argument) {word, argument},
    PROFILE_FILTERS(PROFILE_FILTER_ROW)
#undef PROFILE_FILTER_ROW
};

/* Names that every channel may set (profile.h); the last three belong to the schemes of auth. */
static const char *const common_settings[] = {
    "default_country", "public_url",  "channel", "timezone", "send_url", "dlr_url", "to_pattern",
    "max_age_s",       "tolerance_s", "now",     "secret",   "secret_2", "token",
};

bool setting_is_common(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(common_settings); i++) {
        if (str_eq(name, str_from(common_settings[i])))
            return true;
    }
    return false;
}

/* Up to the next '|' outside quotes; moves *rest behind it. */
static struct str split_pipe(struct str *rest)
{
    bool is_quoted = false;
    for (size_t i = 0; i < rest->len; i++) {
        if (rest->p[i] == '"')
            is_quoted = !is_quoted;
        if (rest->p[i] == '|' && !is_quoted) {
            struct str first = str_sub(*rest, 0, i);
            *rest = str_sub(*rest, i + 1, rest->len);
            return str_trim(first);
        }
    }
    struct str all = str_trim(*rest);
    *rest = STR_NONE;
    return all;
}

static struct str unquote(struct str s)
{
    if (s.p != NULL && s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"')
        return str_sub(s, 1, s.len - 1);
    return s;
}

static enum err parse_filter(struct str text, struct filter *ret, struct errmsg *msg)
{
    struct str argument = text;
    struct str word = str_trim(str_split(&argument, ':'));
    for (size_t i = 0; i < N_FILTERS; i++) {
        if (!str_eq(word, str_from(filters[i].word)))
            continue;
        if (filters[i].has_argument != (argument.p != NULL))
            return errmsg_set(msg, ERR_INVALID,
                              filters[i].has_argument ? "the filter %s needs an argument: %s:..."
                                                      : "the filter %s takes no argument; write %s",
                              filters[i].word, filters[i].word);
        *ret = (struct filter){.kind = (enum filter_kind)i, .argument = unquote(argument)};
        return ERR_OK;
    }
    return errmsg_set(msg, ERR_INVALID, "there is no filter '%.*s'", STR_ARG(word));
}

enum err filters_parse(struct str text, const struct expr_scope *scope, struct filter **ret,
                       struct errmsg *msg)
{
    struct filter **link = ret;
    *ret = NULL;
    while (text.p != NULL) {
        struct filter *filter = arena_alloc(scope->profile->arena, sizeof(*filter));
        if (filter == NULL)
            return errmsg_set(msg, ERR_TOO_LONG, "the profile is too big");
        enum err e = parse_filter(split_pipe(&text), filter, msg);
        if (e != ERR_OK)
            return e;
        *link = filter;
        link = &filter->next;
    }
    return ERR_OK;
}

static enum err find_source(struct str word, const struct expr_scope *scope, enum source *ret,
                            struct errmsg *msg)
{
    for (size_t i = 0; i < N_SOURCES; i++) {
        if (!str_eq(word, str_from(sources[i].word)))
            continue;
        if ((sources[i].contexts & scope->contexts) == 0)
            return errmsg_set(msg, ERR_INVALID, "'%s' is not known in this place", sources[i].word);
        *ret = (enum source)i;
        return ERR_OK;
    }
    return errmsg_set(msg, ERR_INVALID,
                      "'%.*s' is no place to look; say form, query, json, xml, header, path, "
                      "setting ... and a name",
                      STR_ARG(word));
}

static enum err check_setting(struct str name, const struct profile *p, struct errmsg *msg)
{
    for (uint32_t i = 0; i < p->n_settings; i++) {
        if (str_eq(p->settings[i].name, name))
            return ERR_OK;
    }
    if (setting_is_common(name))
        return ERR_OK;
    return errmsg_set(msg, ERR_INVALID,
                      "the setting '%.*s' is not declared under settings:", STR_ARG(name));
}

static enum err check_let(struct str name, const struct expr_scope *scope, struct errmsg *msg)
{
    for (const struct named_value *v = scope->let; v != NULL; v = v->next) {
        if (str_eq(v->name, name))
            return ERR_OK;
    }
    return errmsg_set(msg, ERR_INVALID, "'let %.*s' has no line under let: before this one",
                      STR_ARG(name));
}

/* What the argument must be, by source. */
static enum err check_argument(struct part *part, const struct expr_scope *scope,
                               struct errmsg *msg)
{
    struct profile *p = scope->profile;
    struct str first = part->literal;
    switch (part->source) {
    case SOURCE_JSON:
        return doc_path_json(first, p->arena, &part->path, msg);
    case SOURCE_XML:
        return doc_path_xml(first, &part->path, msg);
    case SOURCE_ITEM:
        return first.len == 0 || first.p[0] == '/'
                   ? doc_path_json(first, p->arena, &part->path, msg)
                   : doc_path_xml(first, &part->path, msg);
    case SOURCE_SETTING:
        return check_setting(first, p, msg);
    case SOURCE_LET:
        return check_let(first, scope, msg);
    case SOURCE_BASIC: {
        part->literal = str_split(&part->second, ' ');
        enum err e = check_setting(part->literal, p, msg);
        return e == ERR_OK ? check_setting(part->second, p, msg) : e;
    }
    case SOURCE_ALPHABET:
        part->literal = str_split(&part->second, ' ');
        if (first.len > 0 && str_is_empty(part->second))
            return errmsg_set(msg, ERR_INVALID,
                              "alphabet takes two words: for GSM-7 and for UCS-2 ('-' = nothing)");
        return ERR_OK;
    case SOURCE_FORM:
    case SOURCE_QUERY:
    case SOURCE_PARAM:
    case SOURCE_HEADER:
    case SOURCE_PATH:
    case SOURCE_BODY:
    case SOURCE_METHOD:
    case SOURCE_URL:
    case SOURCE_PAIRS:
    case SOURCE_SECRET:
    case SOURCE_KEY:
    case SOURCE_VALUE:
    case SOURCE_REMEMBERED:
    case SOURCE_NOW:
    case SOURCE_DLR_URL:
    case SOURCE_STATUS:
    case SOURCE_INDEX:
    case SOURCE_REASON:
    case SOURCE_FROM:
    case SOURCE_TO:
    case SOURCE_TEXT:
    case SOURCE_ID:
    case SOURCE_SESSION:
    case SOURCE_NETWORK:
    case SOURCE_LINK:
    case SOURCE_PHASE:
    case N_SOURCES:
        break;
    }
    return ERR_OK;
}

/* Marks what must be set, and what fields and answers need although the request will be gone when a
 * session has been loaded. */
static void note_use(enum source source, const struct expr_scope *scope)
{
    scope->profile->signs_url |= source == SOURCE_URL;
    if ((scope->contexts & CONTEXT_AUTH) != 0)
        return;
    bool is_answer = (scope->contexts & CONTEXT_ANSWER) != 0;
    struct late_use *use = is_answer ? &scope->profile->answers_use : &scope->profile->fields_use;
    use->headers |= source == SOURCE_HEADER;
    use->body |= source == SOURCE_BODY;
}

static enum err parse_part(struct str text, const struct expr_scope *scope, struct part *ret,
                           struct errmsg *msg)
{
    struct str rest = text;
    struct str argument = split_pipe(&rest);
    struct str word = str_split(&argument, ' ');
    struct part part = {.source = SOURCE_FORM};
    enum err e = find_source(word, scope, &part.source, msg);
    if (e != ERR_OK)
        return e;
    argument = argument.p != NULL ? unquote(str_trim(argument)) : STR_NONE;
    int rule = sources[part.source].argument;
    if ((rule == 1 && argument.p == NULL) || (rule == 0 && argument.p != NULL))
        return errmsg_set(msg, ERR_INVALID, "'%.*s' %s", STR_ARG(word),
                          rule == 1 ? "needs a name behind it" : "takes no name behind it");
    part.literal = part.second = argument;
    e = check_argument(&part, scope, msg);
    if (e == ERR_OK)
        e = filters_parse(rest, scope, &part.filters, msg);
    for (const struct filter *f = part.filters; f != NULL; f = f->next)
        part.is_escaped = f->kind == FILTER_RAW || f->kind == FILTER_ATTRIBUTE;
    note_use(part.source, scope);
    *ret = part;
    return e;
}

enum err expr_parse(struct str text, const struct expr_scope *scope, struct template *ret,
                    struct errmsg *msg)
{
    struct part *part = arena_alloc(scope->profile->arena, sizeof(*part));
    if (part == NULL)
        return errmsg_set(msg, ERR_TOO_LONG, "the profile is too big");
    ret->parts = part;
    return parse_part(str_trim(text), scope, part, msg);
}

/* Literal text up to a single brace; "{{" and "}}" are braces themselves. */
static enum err parse_literal(struct str *rest, struct arena *arena, struct part *ret,
                              struct errmsg *msg)
{
    char *p = arena_alloc(arena, rest->len + 1);
    if (p == NULL)
        return errmsg_set(msg, ERR_TOO_LONG, "the profile is too big");
    size_t n = 0, i = 0;
    for (; i < rest->len; i++) {
        char c = rest->p[i];
        bool is_double = i + 1 < rest->len && rest->p[i + 1] == c;
        if ((c == '{' || c == '}') && is_double)
            i++;
        else if (c == '{')
            break;
        else if (c == '}')
            return errmsg_set(msg, ERR_INVALID, "a '}' without '{'; write '}}' for the character");
        p[n++] = c;
    }
    *ret = (struct part){.is_literal = true, .literal = {p, n}};
    *rest = str_sub(*rest, i, rest->len);
    return ERR_OK;
}

enum err template_parse(struct str text, const struct expr_scope *scope, struct template *ret,
                        struct errmsg *msg)
{
    struct part **link = &ret->parts;
    ret->parts = NULL;
    struct str rest = text;
    while (rest.len > 0) {
        struct part *part = arena_alloc(scope->profile->arena, sizeof(*part));
        if (part == NULL)
            return errmsg_set(msg, ERR_TOO_LONG, "the profile is too big");
        enum err e;
        if (rest.p[0] == '{' && !str_starts(rest, STR("{{"))) {
            size_t end = str_find_char(rest, '}');
            if (end == SIZE_MAX)
                return errmsg_set(msg, ERR_INVALID, "a '{' without '}'");
            e = parse_part(str_trim(str_sub(rest, 1, end)), scope, part, msg);
            rest = str_sub(rest, end + 1, rest.len);
        } else {
            e = parse_literal(&rest, scope->profile->arena, part, msg);
        }
        if (e != ERR_OK)
            return e;
        *link = part;
        link = &part->next;
    }
    return ERR_OK;
}
