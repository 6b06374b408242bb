#include "wire/doc.h"

#include <string.h>

static bool name_eq(struct str a, struct str b, bool is_nocase)
{
    return is_nocase ? str_eq_nocase(a, b) : str_eq(a, b);
}

/* One segment of a JSON pointer, "~1" and "~0" undone. */
static struct str unescape_segment(struct str segment, struct arena *arena)
{
    if (str_find_char(segment, '~') == SIZE_MAX)
        return segment;
    char *p = arena_alloc(arena, segment.len + 1);
    if (p == NULL)
        return STR_NONE;
    size_t n = 0;
    for (size_t i = 0; i < segment.len; i++) {
        char c = segment.p[i];
        if (c == '~' && i + 1 < segment.len && (segment.p[i + 1] == '0' || segment.p[i + 1] == '1'))
            c = segment.p[++i] == '0' ? '~' : '/';
        p[n++] = c;
    }
    return (struct str){p, n};
}

static struct doc_step plain_step(struct str name)
{
    struct doc_step step = {.kind = DOC_STEP_NAME, .name = name};
    uint64_t index;
    if (str_eq(name, STR("*"))) {
        step.kind = DOC_STEP_ANY;
    } else if (str_to_u64(name, UINT32_MAX, &index) == ERR_OK) {
        step.kind = DOC_STEP_INDEX;
        step.index = (uint32_t)index;
    }
    return step;
}

static enum err add_step(struct doc_path *path, struct doc_step step, struct errmsg *msg)
{
    if (path->n_steps == DOC_MAX_STEPS)
        return errmsg_set(msg, ERR_INVALID, "a path has at most %u steps", DOC_MAX_STEPS);
    path->steps[path->n_steps++] = step;
    return ERR_OK;
}

enum err doc_path_json(struct str text, struct arena *arena, struct doc_path *ret,
                       struct errmsg *msg)
{
    struct doc_path path = {.n_steps = 0};
    if (text.len > 0 && text.p[0] != '/')
        return errmsg_set(msg, ERR_INVALID, "a JSON path begins with a slash: /%.*s",
                          STR_ARG(text));
    struct str rest = text.len > 0 ? str_sub(text, 1, text.len) : STR_NONE;
    while (rest.p != NULL) {
        struct str segment = unescape_segment(str_split(&rest, '/'), arena);
        if (segment.p == NULL)
            return errmsg_set(msg, ERR_TOO_LONG, "the profile is too big");
        enum err e = add_step(&path, plain_step(segment), msg);
        if (e != ERR_OK)
            return e;
    }
    *ret = path;
    return ERR_OK;
}

/* "[@name=Remote]" or "[name=MSISDN]" behind a step's name. */
static bool parse_predicate(struct str text, struct doc_step *step)
{
    size_t equals = str_find_char(text, '=');
    if (text.len < 5 || text.p[0] != '[' || text.p[text.len - 1] != ']' || equals == SIZE_MAX)
        return false;
    step->is_attribute_key = text.p[1] == '@';
    step->key = str_sub(text, step->is_attribute_key ? 2 : 1, equals);
    step->value = str_sub(text, equals + 1, text.len - 1);
    return !str_is_empty(step->key);
}

/* "name", "name@attribute", "name[key=value]", "*", "name()". */
static enum err add_xml_segment(struct str segment, bool is_deep, struct doc_path *path,
                                struct errmsg *msg)
{
    size_t bracket = str_find_char(segment, '[');
    size_t at = bracket == SIZE_MAX ? str_find_char(segment, '@') : SIZE_MAX;
    struct str name = str_sub(segment, 0, bracket != SIZE_MAX ? bracket : at);
    struct doc_step step = plain_step(name);
    struct doc_step attribute = {.kind = DOC_STEP_ATTRIBUTE,
                                 .name = str_sub(segment, at + 1, segment.len)};
    if (at == 0 && segment.len > 1 && !is_deep) /* "@attribute" of the present element */
        return add_step(path, attribute, msg);
    if (step.kind == DOC_STEP_INDEX)
        step.kind = DOC_STEP_NAME;
    if (str_eq(name, STR("name()")))
        step = (struct doc_step){.kind = DOC_STEP_NODE_NAME};
    step.is_deep = is_deep;
    if (str_is_empty(name) ||
        (bracket != SIZE_MAX && !parse_predicate(str_sub(segment, bracket, segment.len), &step)))
        return errmsg_set(msg, ERR_INVALID,
                          "a step of an XML path is name, *, name@attribute, name[key=value] or "
                          "name[@key=value], not '%.*s'",
                          STR_ARG(segment));
    enum err e = add_step(path, step, msg);
    if (e != ERR_OK || at == SIZE_MAX)
        return e;
    return add_step(path, attribute, msg);
}

enum err doc_path_xml(struct str text, struct doc_path *ret, struct errmsg *msg)
{
    struct doc_path path = {.n_steps = 0};
    /* "a/b" is below the present node, "/a/b" is from the root, "//a" anywhere. */
    struct str rest = str_starts(text, STR("/")) ? str_sub(text, 1, text.len) : text;
    bool is_deep = false;
    while (rest.p != NULL) {
        struct str segment = str_split(&rest, '/');
        if (segment.len == 0 && rest.p != NULL) {
            is_deep = true;
            continue;
        }
        enum err e = add_xml_segment(segment, is_deep, &path, msg);
        if (e != ERR_OK)
            return e;
        is_deep = false;
    }
    *ret = path;
    return ERR_OK;
}

static bool satisfies(const struct doc *node, const struct doc_step *step, bool is_nocase)
{
    if (step->key.p == NULL)
        return true;
    for (const struct doc *d = step->is_attribute_key ? node->attribute : node->first; d != NULL;
         d = d->next) {
        if (name_eq(d->name, step->key, is_nocase) && str_eq(d->text, step->value))
            return true;
    }
    return false;
}

static const struct doc *find(const struct doc *parent, const struct doc_path *path, uint32_t at,
                              bool is_nocase);

static const struct doc *find_attribute(const struct doc *node, struct str name, bool is_nocase)
{
    for (const struct doc *d = node->attribute; d != NULL; d = d->next) {
        if (name_eq(d->name, name, is_nocase))
            return d;
    }
    return NULL;
}

static bool step_matches(const struct doc *child, uint32_t i, const struct doc *parent,
                         const struct doc_step *step, bool is_nocase)
{
    switch (step->kind) {
    case DOC_STEP_ANY:
        break;
    case DOC_STEP_INDEX:
        if (parent->kind == DOC_LIST)
            return step->index == i;
        return name_eq(child->name, step->name, is_nocase);
    case DOC_STEP_NAME:
        if (child->name.p == NULL || !name_eq(child->name, step->name, is_nocase))
            return false;
        break;
    case DOC_STEP_ATTRIBUTE:
    case DOC_STEP_NODE_NAME:
        return false;
    }
    return satisfies(child, step, is_nocase);
}

/* Children of parent that match step `at`, then the rest of the path below each. The last of equal
 * JSON keys wins; jansson has seen to that. */
static const struct doc *find(const struct doc *parent, const struct doc_path *path, uint32_t at,
                              bool is_nocase)
{
    if (at == path->n_steps)
        return parent;
    const struct doc_step *step = &path->steps[at];
    if (step->kind == DOC_STEP_ATTRIBUTE)
        return find_attribute(parent, step->name, is_nocase);
    if (step->kind == DOC_STEP_NODE_NAME)
        return parent;
    uint32_t i = 0;
    for (const struct doc *child = parent->first; child != NULL; child = child->next, i++) {
        const struct doc *found = NULL;
        if (step_matches(child, i, parent, step, is_nocase))
            found = find(child, path, at + 1, is_nocase);
        if (found == NULL && step->is_deep)
            found = find(child, path, at, is_nocase);
        if (found != NULL)
            return found;
    }
    return NULL;
}

const struct doc *doc_find(const struct doc *root, const struct doc_path *path, bool is_nocase)
{
    return root != NULL ? find(root, path, 0, is_nocase) : NULL;
}

struct str doc_get(const struct doc *root, const struct doc_path *path, bool is_nocase)
{
    const struct doc *node = doc_find(root, path, is_nocase);
    if (node != NULL && node->kind == DOC_LIST && node->first != NULL && node->first->next == NULL)
        node = node->first;
    if (node == NULL || node->kind == DOC_NULL || node->kind == DOC_LIST)
        return STR_NONE;
    if (path->n_steps > 0 && path->steps[path->n_steps - 1].kind == DOC_STEP_NODE_NAME)
        return node->name;
    return node->text;
}

const struct doc *doc_member(const struct doc *object, const char *name)
{
    const struct doc *d = object != NULL && object->kind == DOC_MAP ? object->first : NULL;
    while (d != NULL && !str_eq(d->name, str_from(name)))
        d = d->next;
    return d;
}

struct str doc_text(const struct doc *object, const char *name)
{
    const struct doc *d = doc_member(object, name);
    return d != NULL && d->kind == DOC_TEXT ? d->text : STR_NONE;
}

struct str doc_content(const struct doc *element, const char *name)
{
    const struct doc *d = doc_member(element, name);
    return d != NULL ? d->text : STR_NONE;
}
