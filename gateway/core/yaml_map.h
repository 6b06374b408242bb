/*
 * yaml_map.h: the one way from a map of a YAML file into a struct: configuration, profiles, front
 * matter of lessons.
 *
 * A table has a row for each key: name, type, place in the struct, default, bounds, help. A type is
 * the functions that read, write and describe a value, so a new kind of value is one more of them
 * and nothing else. Mistakes are reported, all of them, with file:line:column, what is wrong and
 * how to mend it; a field with a mistake keeps what it had. libcyaml does the same job, but stops
 * at the first mistake and tells its place in a log line only (yaml.h).
 *
 *     static const struct yaml_row rows[] = {
 *         {.name = "port", .type = &yaml_type_number, YAML_AT(struct conf, port),
 *          .min = 1, .max = 65535, .fallback = "8080", .help = "Port of the listener."},
 *     };
 *     static const struct yaml_table table = {rows, ARRAY_LEN(rows)};
 *     struct yaml_map m = {.report = &report, .arena = arena};
 *     yaml_map_fill(&m, &table, root, &conf);
 */
#pragma once

#include "core/yaml.h"

#define YAML_SCRATCH_BYTES 128
#define YAML_MAX_TEXT_BYTES 1024u /* of a text whose row has no max */

struct yaml_map;
struct yaml_row;

struct yaml_type {
    /* Puts what stands at `at` into the field, or reports and leaves it. */
    void (*read)(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                 void *field);
    /* The field's value as it is written in a file; scratch holds digits. STR_NONE = absent. NULL
     * for what is never printed. */
    struct str (*write)(const struct yaml_row *row, const void *field,
                        char scratch[YAML_SCRATCH_BYTES]);
    /* For people: " From 1 to 65535." and the like; may be NULL. */
    void (*describe)(const struct yaml_row *row, struct buf *out);
    /* What is wrong with a text, as the end of a sentence; NULL = nothing. Of texts only. */
    const char *(*problem)(struct str value);
    bool is_any_kind; /* read takes maps and lists too; the others get scalars only */
    bool is_plain;    /* written without quotes */
};

struct yaml_table {
    const struct yaml_row *rows;
    size_t n;
    size_t size; /* of the struct, where the table describes the members of a list */
};

struct yaml_row {
    const char *name;
    const struct yaml_type *type;   /* NULL = yaml_type_text */
    size_t offset, size;            /* of the field: YAML_AT */
    size_t n_offset;                /* of the uint32_t that counts a list */
    const char *fallback;           /* as written in the file; NULL = the field stays as it is */
    const char *example;            /* what is shown where there is no fallback */
    uint32_t min, max;              /* value of a number, members of a list, bytes of a text */
    const char *unit;               /* of a number; NULL = a plain count */
    const char *words;              /* of a choice, word or flag; blank between */
    const struct yaml_table *table; /* of the members of a list */
    bool is_required;
    bool is_key;        /* no two members of one list have the same */
    bool is_in_example; /* optional without a fallback, but given in the example */
    bool is_secret;     /* may come from NAME_file or the environment, is never shown */
    const char *help;   /* one or more lines; what it is for */
    const char *header; /* first key of a group: its heading in the example */
};

#define YAML_AT(type, field)                                                                       \
    .offset = offsetof(type, field), .size = sizeof(((const type *)NULL)->field)

struct yaml_map {
    struct yaml_report *report;
    struct arena *arena; /* owns lists; texts point into the tree or here */
    void *user;          /* for the types of the caller */
    /* Where a value may also stand elsewhere than under its name; NULL = yaml_get. */
    const struct yaml_node *(*given)(struct yaml_map *m, const struct yaml_row *row,
                                     const struct yaml_node *map);
};

/* Every row of the table from the map into *filled; keys that are in no row are reported. A key
 * without a value counts as absent. */
void yaml_map_fill(struct yaml_map *m, const struct yaml_table *table, const struct yaml_node *map,
                   void *filled);
/* The two halves of it, for a struct that several tables fill. Keys of either table are known. */
void yaml_map_fill_rows(struct yaml_map *m, const struct yaml_table *table,
                        const struct yaml_node *map, void *filled);
void yaml_map_check_keys(struct yaml_map *m, const struct yaml_table *table,
                         const struct yaml_table *also, const struct yaml_node *map);
/* The value of a row in a filled struct, as its type writes it. */
struct str yaml_row_value(const struct yaml_row *row, const void *filled,
                          char scratch[YAML_SCRATCH_BYTES]);
const struct yaml_type *yaml_row_type(const struct yaml_row *row);

/* struct str: one line of UTF-8, row->max bytes. A new type of text is this read and write and a
 * `problem`. */
extern const struct yaml_type yaml_type_text;
void yaml_read_text(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                    void *field);
struct str yaml_write_text(const struct yaml_row *row, const void *field,
                           char scratch[YAML_SCRATCH_BYTES]);
void yaml_describe_text(const struct yaml_row *row, struct buf *out);
/* An unsigned integer of any width, min..max. */
extern const struct yaml_type yaml_type_number;
/* One of words: as text; as an enum or integer, 0 for the first; as a bool, the second is true. */
extern const struct yaml_type yaml_type_choice;
extern const struct yaml_type yaml_type_word;
extern const struct yaml_type yaml_type_flag;
/* A list of maps, read by row->table into an array in the arena: the field is a pointer, its count
 * stands at n_offset. At most max members. */
extern const struct yaml_type yaml_type_list;
/* The node itself (const struct yaml_node *): who asks reads it. */
extern const struct yaml_type yaml_type_node;

/* Is the node of the kind, with at most max members?
 * Reported if not. */
bool yaml_map_expect(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                     enum yaml_kind kind, uint32_t max, const char *fix);

/* The word at an index of words ("in dlr any"), STR_NONE past the last. */
struct str yaml_word_at(const char *words, uint32_t index);
