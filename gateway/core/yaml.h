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
 *     const struct yaml_node *root;
 *     if (yaml_read(text, STR("waypost.yaml"), arena, &root, &errors) == ERR_OK)
 *         port = yaml_get(root, STR("port"));
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

/* text is copied where needed. file is only for the messages. An empty file is an empty map.
 * ERR_INVALID or ERR_TOO_LONG: errors got one line per problem, "file:line:column: words\n". */
enum err yaml_read(struct str text, struct str file, struct arena *arena,
                   const struct yaml_node **ret, struct buf *errors) MUST_CHECK;
/* Member of a map by key; NULL when there is none or node is no map (or NULL). */
const struct yaml_node *yaml_get(const struct yaml_node *node, struct str key);
/* Text of a scalar member, or fallback when it is missing or no scalar. */
struct str yaml_text(const struct yaml_node *node, struct str key, struct str fallback);
/* "a scalar", "a map", "a list": for messages. */
const char *yaml_kind_name(enum yaml_kind kind);
