#include "core/yaml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    struct yaml_report *report;
    bool is_over; /* the parser gave up: no more events */
};

const char *yaml_kind_name(enum yaml_kind kind)
{
    switch (kind) {
    case YAML_KIND_SCALAR:
        return "a scalar";
    case YAML_KIND_MAP:
        return "a map";
    case YAML_KIND_LIST:
        return "a list";
    }
    return "?";
}

void yaml_problem_write(const struct yaml_report *report, const struct yaml_problem *problem,
                        struct buf *out)
{
    if (problem->line > 0)
        buf_addf(out, "%.*s:%u:%u: ", STR_ARG(report->file), problem->line, problem->column);
    buf_addf(out, "%.*s; %.*s\n", STR_ARG(problem->what), STR_ARG(problem->fix));
}

static void report_problem(struct yaml_report *report, const struct yaml_problem *problem)
{
    report->n++;
    if (report->add != NULL)
        report->add(report->user, problem);
    else
        yaml_problem_write(report, problem, report->text);
}

/* A cut message still says where. */
#define MAX_WHAT_BYTES 1024

void yaml_complain(struct yaml_report *report, const struct yaml_node *at, const char *fix,
                   const char *fmt, ...)
{
    char what[MAX_WHAT_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args); /* cut is fine */
    va_end(args);
    report_problem(report, &(struct yaml_problem){YAML_FAULT_VALUE, at->line, at->column,
                                                  str_from(what), str_from(fix)});
}

void yaml_report_add(struct yaml_report *report, enum yaml_fault fault, uint32_t line,
                     uint32_t column, const char *fix, const char *fmt, ...)
{
    char what[MAX_WHAT_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args); /* cut is fine */
    va_end(args);
    report_problem(report,
                   &(struct yaml_problem){fault, line, column, str_from(what), str_from(fix)});
}

static void complain(struct reader *r, yaml_mark_t at, const char *what, const char *fix)
{
    yaml_report_add(r->report, YAML_FAULT_FORM, (uint32_t)at.line + 1, (uint32_t)at.column + 1, fix,
                    "%s", what);
}

#define QUOTE_IT                                                                                   \
    "put a value that begins with -, ?, |, >, *, @, % or ` in quotes; indent with blanks, no tabs"
#define QUOTE_ALL                                                                                  \
    "put the whole value in quotes, with \\\" for one within; begin keys that belong together in " \
    "the same column, and each entry of a list with a dash and a blank"

/* What people meant who made these mistakes, by libyaml's words; the last row is of all others. */
static const struct mistake {
    const char *problem, *fix;
    bool is_above; /* it began where libyaml's context did */
} mistakes[] = {
    {"mapping values are not allowed in this context",
     "put a value that holds a colon and a blank in quotes, `key: \"one: two\"`; begin keys that "
     "belong together in the same column",
     false},
    {"did not find expected key", QUOTE_ALL, false},
    {"could not find expected ':'", "write `key: value`, with a blank behind the colon", true},
    {"found unexpected end of stream", "close the quote that begins here", true},
    {"found unknown escape character", "write \\\\ for a backslash within quotes", false},
    {"did not find expected ',' or ']'", "put commas between the parts of a list, ] at its end",
     true},
    {"did not find expected ',' or '}'", "put a value that begins with { in quotes", true},
    {"found character that cannot start any token", QUOTE_IT, false},
    {"block sequence entries are not allowed in this context", QUOTE_IT, false},
    {"mapping keys are not allowed in this context", QUOTE_IT, false},
    {"did not find expected comment or line break", QUOTE_IT, false},
    {"did not find expected alphabetic or numeric character", QUOTE_IT, false},
    {NULL, "check indentation (blanks, no tabs), colons and quotes here", false},
};

static const struct mistake *mistake_of(const char *problem)
{
    const struct mistake *row = mistakes;
    while (row->problem != NULL && (problem == NULL || strcmp(row->problem, problem) != 0))
        row++;
    return row;
}

/* Next event, or false (reported once). */
static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (r->is_over)
        return false;
    if (yaml_parser_parse(&r->parser, event) == 1)
        return true;
    r->is_over = true;
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_READER_ERROR) {
        yaml_report_add(r->report, YAML_FAULT_FORM, 1, 1, "save the file as UTF-8", "byte %zu: %s",
                        p->problem_offset, p->problem != NULL ? p->problem : "not readable");
        return false;
    }
    const struct mistake *mistake = mistake_of(p->problem);
    yaml_mark_t at = mistake->is_above ? p->context_mark : p->problem_mark;
    yaml_report_add(r->report, YAML_FAULT_FORM, (uint32_t)at.line + 1, (uint32_t)at.column + 1,
                    mistake->fix, "%s%s%s", p->problem != NULL ? p->problem : "no valid YAML",
                    p->context != NULL ? " " : "", p->context != NULL ? p->context : "");
    return false;
}

/* NULL when the arena is full (reported). A scalar gets a copy of text. */
static struct yaml_node *new_node(struct reader *r, enum yaml_kind kind, yaml_mark_t at,
                                  struct str text)
{
    struct yaml_node *node = arena_new_array(r->arena, struct yaml_node, 1);
    struct str copy = arena_str(r->arena, text);
    if (node == NULL || copy.p == NULL) {
        complain(r, at, "the file is too big", "make it smaller");
        r->is_over = true;
        return NULL;
    }
    node->kind = kind;
    node->text = copy;
    node->line = (uint32_t)at.line + 1;
    node->column = (uint32_t)at.column + 1;
    return node;
}

static struct yaml_node *read_scalar(struct reader *r, const yaml_event_t *event)
{
    struct str value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    struct yaml_node *node = new_node(r, YAML_KIND_SCALAR, event->start_mark, value);
    if (node == NULL)
        return NULL;
    node->is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (value.len > 0 && memchr(value.p, '\0', value.len) != NULL)
        complain(r, event->start_mark, "a zero byte is not allowed", "remove the \\0");
    if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL)
        complain(r, event->start_mark, "anchors (&) and tags (!) are not used here",
                 "write the value itself, in quotes if it begins with one of them");
    return node;
}

static struct yaml_node *read_node(struct reader *r, const yaml_event_t *event, uint32_t depth);

/* Key of the member that follows; false at the end of the map. */
static bool read_key(struct reader *r, struct yaml_node *map, struct yaml_node *key, uint32_t depth)
{
    yaml_event_t event;
    if (!next_event(r, &event))
        return false;
    bool is_end = event.type == YAML_MAPPING_END_EVENT;
    struct yaml_node *node = is_end ? NULL : read_node(r, &event, depth + 1);
    yaml_mark_t at = event.start_mark;
    yaml_event_delete(&event);
    if (node == NULL)
        return false;
    *key = *node;
    if (node->kind != YAML_KIND_SCALAR)
        complain(r, at, "a key must be a plain word", "write `key: value`");
    else if (yaml_get(map, node->text) != NULL)
        complain(r, at, "this key stands here twice", "keep one of them");
    return true;
}

static struct yaml_node *read_members(struct reader *r, struct yaml_node *parent, uint32_t depth)
{
    const struct yaml_node **link = &parent->first;
    for (;;) {
        struct yaml_node key = {.key = STR_NONE};
        if (parent->kind == YAML_KIND_MAP && !read_key(r, parent, &key, depth))
            break;
        yaml_event_t event;
        if (!next_event(r, &event))
            break;
        bool is_end = event.type == YAML_SEQUENCE_END_EVENT;
        struct yaml_node *member = is_end ? NULL : read_node(r, &event, depth + 1);
        yaml_event_delete(&event);
        if (member == NULL)
            break;
        if (parent->n == YAML_MAX_MEMBERS) {
            complain(r, event.start_mark, "too many members", "split the file");
            r->is_over = true;
            break;
        }
        if (parent->kind == YAML_KIND_MAP) {
            member->key = key.text;
            member->key_line = key.line;
            member->key_column = key.column;
        }
        *link = member;
        link = &member->next;
        parent->n++;
    }
    return r->is_over ? NULL : parent;
}

static struct yaml_node *read_node(struct reader *r, const yaml_event_t *event, uint32_t depth)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(r, event);
    if (event->type == YAML_ALIAS_EVENT) {
        complain(r, event->start_mark, "aliases (*) are not used here",
                 "write the value itself, in quotes if it begins with a star");
        return new_node(r, YAML_KIND_SCALAR, event->start_mark, STR(""));
    }
    assert(is_map || event->type == YAML_SEQUENCE_START_EVENT);
    if (depth >= YAML_MAX_DEPTH) {
        complain(r, event->start_mark, "nested too deeply", "write it flatter");
        r->is_over = true;
        return NULL;
    }
    const yaml_char_t *anchor =
        is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag =
        is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    if (anchor != NULL || tag != NULL)
        complain(r, event->start_mark, "anchors (&) and tags (!) are not used here",
                 "write out the value");
    struct yaml_node *node =
        new_node(r, is_map ? YAML_KIND_MAP : YAML_KIND_LIST, event->start_mark, STR(""));
    return node != NULL ? read_members(r, node, depth) : NULL;
}

/* Everything from the start of the stream to its end: one document or none. */
static struct yaml_node *read_stream(struct reader *r)
{
    struct yaml_node *root = NULL;
    uint32_t n_documents = 0;
    yaml_event_t event;
    while (next_event(r, &event)) {
        bool is_end = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT && ++n_documents > 1) {
            complain(r, event.start_mark, "a second document (---) begins here", "remove it");
            is_end = true;
        } else if (event.type == YAML_SCALAR_EVENT || event.type == YAML_ALIAS_EVENT ||
                   event.type == YAML_MAPPING_START_EVENT ||
                   event.type == YAML_SEQUENCE_START_EVENT) {
            root = read_node(r, &event, 0);
        }
        yaml_event_delete(&event);
        if (is_end)
            break;
    }
    if (root == NULL || (root->kind == YAML_KIND_SCALAR && str_is_empty(root->text)))
        root = new_node(r, YAML_KIND_MAP, (yaml_mark_t){0}, STR(""));
    return root;
}

enum err yaml_read(struct str text, struct arena *arena, struct yaml_report *report,
                   const struct yaml_node **ret)
{
    const uint32_t n_before = report->n;
    if (text.len > YAML_MAX_BYTES) {
        yaml_report_add(report, YAML_FAULT_FORM, 1, 1, "make it smaller",
                        "the file is over %u bytes", YAML_MAX_BYTES);
        return ERR_TOO_LONG;
    }
    struct reader r = {.arena = arena, .report = report};
    if (yaml_parser_initialize(&r.parser) != 1) {
        yaml_report_add(report, YAML_FAULT_FORM, 1, 1, "try again", "out of memory");
        return ERR_NO_MEMORY;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.p != NULL ? text.p : ""),
                                 text.len);
    struct yaml_node *root = read_stream(&r);
    yaml_parser_delete(&r.parser);
    if (report->n > n_before || root == NULL)
        return arena_error(arena) != ERR_OK ? ERR_TOO_LONG : ERR_INVALID;
    *ret = root;
    return ERR_OK;
}

const struct yaml_node *yaml_get(const struct yaml_node *node, struct str key)
{
    if (node == NULL || node->kind != YAML_KIND_MAP)
        return NULL;
    for (const struct yaml_node *m = node->first; m != NULL; m = m->next) {
        if (str_eq(m->key, key))
            return m;
    }
    return NULL;
}

struct str yaml_text(const struct yaml_node *node, struct str key, struct str fallback)
{
    const struct yaml_node *member = yaml_get(node, key);
    return member != NULL && member->kind == YAML_KIND_SCALAR ? member->text : fallback;
}
