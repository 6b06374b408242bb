/*
 * yaml.h: a small YAML file as a tree in an arena, every node with its line and column, so that
 * config, profiles and front matter can name the place of each mistake.
 *
 * It wraps libyaml's event parser, which libcyaml sits on: libcyaml itself stops at the first
 * error and tells its place only in log text. Taken is the plain part of YAML 1.1: maps, lists
 * and scalars, block or flow. Anchors, aliases, tags, several documents, non-scalar keys and
 * duplicate keys are errors: each is either a way to make a small file huge or a mistake that
 * would pass unseen. No scalar is interpreted: `no`, `0x10` and `1_000` are text here.
 *
 *     struct yaml_report report = {.file = STR("waypost.yaml"), .text = &errors};
 *     if (yaml_read(text, arena, &report, &root) == ERR_OK)
 *         port = yaml_get(root, STR("port"));
 *
 * core/yaml_map.h fills structs from such a tree.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define YAML_MAX_BYTES (1024u * 1024u) /* of one file */
#define YAML_MAX_DEPTH 16u
#define YAML_MAX_MEMBERS 4096u /* of one map or list */

enum yaml_kind { YAML_KIND_SCALAR, YAML_KIND_MAP, YAML_KIND_LIST };

struct yaml_node {
    enum yaml_kind kind;
    uint32_t line, column; /* from 1, in characters */
    struct str text;       /* scalar: its value, NUL-terminated; never absent */
    bool is_quoted;        /* scalar in quotes or as a block; a plain empty one means "nothing" */
    struct str key;        /* member of a map: its key, NUL-terminated; absent in lists */
    uint32_t key_line, key_column;
    uint32_t n;                    /* members */
    const struct yaml_node *first; /* members in file order, chained by next */
    const struct yaml_node *next;
};

enum yaml_fault {
    YAML_FAULT_FORM,  /* no YAML, or none that is taken here */
    YAML_FAULT_KEY,   /* a key that nobody asks for */
    YAML_FAULT_VALUE, /* missing, or not what may stand there */
};

/* One mistake. The texts live until the report's `add` returns. */
struct yaml_problem {
    enum yaml_fault fault;
    uint32_t line, column; /* 0: of no line of the file */
    struct str what, fix;  /* what is wrong, and what to do: parts of a sentence */
};

/* Where mistakes go, all of them: as lines "file:line:column: what; fix\n", or to `add`. */
struct yaml_report {
    struct str file;
    struct buf *text; /* used where add is NULL */
    void (*add)(void *user, const struct yaml_problem *problem);
    void *user;
    uint32_t n;
};

/* The line of a mistake, as reports with a text have it. */
void yaml_problem_write(const struct yaml_report *report, const struct yaml_problem *problem,
                        struct buf *out);
/* One more mistake of a value (YAML_FAULT_VALUE) at a node. */
void yaml_complain(struct yaml_report *report, const struct yaml_node *at, const char *fix,
                   const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The same of any kind and place. */
void yaml_report_add(struct yaml_report *report, enum yaml_fault fault, uint32_t line,
                     uint32_t column, const char *fix, const char *fmt, ...) PRINTF_LIKE(6, 7);

/* text is copied where needed. An empty file is an empty map. ERR_INVALID, ERR_TOO_LONG,
 * ERR_NO_MEMORY: the report got every problem. */
enum err yaml_read(struct str text, struct arena *arena, struct yaml_report *report,
                   const struct yaml_node **ret) MUST_CHECK;
/* Member of a map by key; NULL when there is none or node is no map (or NULL). */
const struct yaml_node *yaml_get(const struct yaml_node *node, struct str key);
/* Text of a scalar member, or fallback when it is missing or no scalar. */
struct str yaml_text(const struct yaml_node *node, struct str key, struct str fallback);
/* "a scalar", "a map", "a list": for messages. */
const char *yaml_kind_name(enum yaml_kind kind);
