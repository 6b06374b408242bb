/* Text of the YAML into templates: {expressions} of sources and filters. */
#include <string.h>

#include "profile/load.h"

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
    const struct filter_row *row = filter_find(word);
    if (row == NULL)
        return errmsg_set(msg, ERR_INVALID, "there is no filter '%.*s'", STR_ARG(word));
    if (row->has_argument != (argument.p != NULL))
        return errmsg_set(msg, ERR_INVALID,
                          row->has_argument ? "the filter %s needs an argument: %s:..."
                                            : "the filter %s takes no argument; write %s",
                          row->word, row->word);
    *ret = (struct filter){.row = row, .argument = unquote(argument)};
    return ERR_OK;
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

static enum err find_source(struct str word, const struct expr_scope *scope,
                            const struct source **ret, struct errmsg *msg)
{
    *ret = source_find(word);
    if (*ret == NULL)
        return errmsg_set(msg, ERR_INVALID,
                          "'%.*s' is no place to look; say form, query, json, xml, header, path, "
                          "setting ... and a name",
                          STR_ARG(word));
    if (((*ret)->contexts & scope->contexts) == 0)
        return errmsg_set(msg, ERR_INVALID, "'%s' is not known in this place", (*ret)->word);
    return ERR_OK;
}

/* Marks what must be set, and what fields and responses need although the request will be gone when
 * a session has been loaded. */
static void note_needs(unsigned needs, const struct expr_scope *scope)
{
    struct profile *p = scope->profile;
    p->signs_url |= (needs & NEED_URL) != 0;
    if ((scope->contexts & CONTEXT_AUTH) != 0)
        return;
    if ((scope->contexts & CONTEXT_RESPONSE) != 0)
        p->responses_need |= needs;
    else
        p->fields_need |= needs;
}

static enum err check_argument(struct expr_part *part, const struct expr_scope *scope,
                               struct errmsg *msg)
{
    const struct source *source = part->source;
    bool is_given = part->literal.p != NULL;
    if (source->argument == ARGUMENT_MUST && !is_given)
        return errmsg_set(msg, ERR_INVALID, "'%s' needs a name behind it", source->word);
    if (source->argument == ARGUMENT_NONE && is_given)
        return errmsg_set(msg, ERR_INVALID, "'%s' takes no name behind it", source->word);
    return source->check != NULL ? source->check(part, scope, msg) : ERR_OK;
}

static enum err parse_part(struct str text, const struct expr_scope *scope, struct expr_part *ret,
                           struct errmsg *msg)
{
    struct str rest = text;
    struct str argument = split_pipe(&rest);
    struct str word = str_split(&argument, ' ');
    *ret =
        (struct expr_part){.literal = argument.p != NULL ? unquote(str_trim(argument)) : STR_NONE};
    enum err e = find_source(word, scope, &ret->source, msg);
    if (e == ERR_OK)
        e = check_argument(ret, scope, msg);
    if (e == ERR_OK)
        e = filters_parse(rest, scope, &ret->filters, msg);
    if (e != ERR_OK)
        return e;
    for (const struct filter *f = ret->filters; f != NULL; f = f->next)
        ret->is_escaped = f->row->is_escaped;
    note_needs(ret->source->needs, scope);
    return ERR_OK;
}

enum err expr_parse(struct str text, const struct expr_scope *scope, struct template *ret,
                    struct errmsg *msg)
{
    struct expr_part *part = arena_alloc(scope->profile->arena, sizeof(*part));
    if (part == NULL)
        return errmsg_set(msg, ERR_TOO_LONG, "the profile is too big");
    ret->parts = part;
    return parse_part(str_trim(text), scope, part, msg);
}

/* Literal text up to a single brace; "{{" and "}}" are braces themselves. */
static enum err parse_literal(struct str *rest, struct arena *arena, struct expr_part *ret,
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
    *ret = (struct expr_part){.literal = {p, n}};
    *rest = str_sub(*rest, i, rest->len);
    return ERR_OK;
}

enum err template_parse(struct str text, const struct expr_scope *scope, struct template *ret,
                        struct errmsg *msg)
{
    struct expr_part **link = &ret->parts;
    ret->parts = NULL;
    struct str rest = text;
    while (rest.len > 0) {
        struct expr_part *part = arena_alloc(scope->profile->arena, sizeof(*part));
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
