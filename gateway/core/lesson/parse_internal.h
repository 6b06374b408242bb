/*
 * parse_internal.h: what the parser's files share; nobody else includes it.
 *
 *   parse.c         the order of the files, what is required of a whole course
 *   parse_front.c   front matter of course.md and of modules
 *   parse_module.c  one module: lessons, questions, answers, conditions
 *   parse_safe.c    the safeguarding patterns
 *   parse_text.c    system texts, and the pack that a course inherits them from
 *   parse_words.c   the words that learners type
 *   parse_common.c  findings, headings, ids, front matter
 */
#pragma once

#include "core/lesson/blocks.h"
#include "core/lesson/parse.h"
#include "core/yaml_map.h"

/* ---- front matter ---- */

/* The front matter of a lesson file, read by rows (core/yaml_map.h); what is wrong with it becomes
 * findings. */
struct lesson_front {
    struct str file;
    const struct yaml_node *root; /* never NULL after lesson_front_read */
    struct lesson_findings *findings;
};

/* Fills a struct by the rows of the table. A missing or broken front matter is a finding, and so is
 * each mistake in it; fields with a mistake keep what they had. */
void lesson_front_read(const struct lesson_blocks *blocks, const struct yaml_table *table,
                       void *filled, struct lesson_findings *findings, struct lesson_front *ret);
/* Place of a key's value; line 1 when there is none. */
struct source_pos lesson_front_pos(const struct lesson_front *front, const char *key);
/* One more finding about the value of a key, which no single row can see. */
void lesson_front_complain(const struct lesson_front *front, struct source_pos pos,
                           struct str offending, struct str what, struct str fix);

/* parse_front.c: into the struct below. */
extern const struct yaml_table parse_module_table;

#define PARSE_MODULE_KINDS 5u /* the words of its row; in the order of enum module_kind */

struct parse_module_front {
    struct str id, title, summary, key_message, guide;
    uint32_t kind;
    bool is_required;
    uint8_t n_forms;
};

/* ---- the rest ---- */

/* An id and where it was used first. */
struct parse_id {
    struct str id;
    struct source_pos pos;
};

struct parse {
    struct arena *arena;
    struct lesson_findings *findings;
    struct lesson_source *source;
    const struct lesson_file *files; /* all of them, source->n_files */
    struct module *modules;          /* room for COURSE_MAX_MODULES */
    struct unit *units;              /* room for COURSE_MAX_UNITS */
    struct parse_id *ids; /* every module, heading and question; room for PARSE_MAX_IDS */
    uint32_t n_ids;
    uint16_t n_scored;
    struct safe_pattern *safe_patterns; /* room for COURSE_MAX_SAFE_PATTERNS */
    struct parse_safe_set *safe_sets;   /* room for PARSE_MAX_SAFE_SETS */
    uint16_t n_safe_sets;
    struct parse_safe_memo *safe_memo;
    bool *is_used; /* by file: something names it */
    uint8_t level; /* of what is being read: the course overrides its pack */
    uint8_t text_levels[N_COURSE_TEXTS];
    bool is_incomplete; /* a file could not be read: what seems to be missing may stand there */
    /* Between the steps of parse.c. */
    uint32_t n_steps, n_read;           /* steps and files that are done */
    bool is_again;                      /* the step has more to do: it is the next one, too */
    enum err error;                     /* that ended it */
    struct lesson_front front;          /* of course.md */
    const struct lesson_blocks *blocks; /* course.md */
    const struct lesson_blocks *base;   /* and that of its base, or NULL */
    uint32_t n_errors;                  /* findings before texts were read */
    struct lesson_front list_front;     /* of the file that names `lists` */
    const struct yaml_node *lists;      /* the next of its safe words; NULL = none is left */
};

/* The front matter of course.md. Of an edition it says only what is other than in that of its base,
 * whose blocks are returned: all but its id and version may be left out. */
const struct lesson_blocks *parse_course_front(struct parse *p, const struct lesson_blocks *blocks,
                                               struct lesson_front *ret);
/* What no single row of course.md can see; and does its keyword mean something else? */
void parse_settle_front(struct parse *p, const struct lesson_front *front);
void parse_settle_keyword(struct parse *p, const struct lesson_front *front);
/* `after` names another course. */
void parse_settle_after(struct parse *p, const struct lesson_front *front);

enum { PARSE_LEVEL_PACK, PARSE_LEVEL_BASE, PARSE_LEVEL_COURSE };

/* A heading may be a lesson, a question or only a name for a group of questions. */
#define PARSE_MAX_IDS (2 * COURSE_MAX_UNITS + COURSE_MAX_MODULES)

/* Named sets of words, {person}, of all safeguarding lists together. */
#define PARSE_MAX_SAFE_SETS 512u

/* what and fix are literals or live in the arena. */
void parse_complain(struct parse *p, const char *rule, struct source_pos pos, struct str offending,
                    struct str what, struct str fix);
/* "id: title" of a heading. False (with a finding) when it has no such form. */
bool parse_heading(struct parse *p, const struct lesson_block *block, struct parse_id *ret_id,
                   struct str *ret_title);
/* The form of an id: of modules, units, courses, packs. */
bool parse_is_id(struct str id, bool may_have_hyphen);
/* Checks an id's form and that it is new, and remembers it. */
void parse_take_id(struct parse *p, struct parse_id id);
/* Cuts a text to the ceiling, with a finding. */
struct str parse_text(struct parse *p, const struct lesson_block *block, struct str text);
/* The line of an instruction or other block that does not belong where it stands. */
void parse_misplaced(struct parse *p, const struct lesson_block *block, const char *fix);
/* Like str_eq to a comment's start "source:"; *ret is what follows. */
bool parse_source(const struct lesson_block *block, struct str *ret);

/* Reads the blocks of one module file into p->units; module->kind and number are set already. */
void parse_module(struct parse *p, const struct lesson_blocks *blocks, uint16_t module);

/* Is this a file of the course that this one is an edition of? */
bool parse_is_of_base(struct str name);
/* The course's own, else its base's; NULL when there is none of this name. */
const struct lesson_blocks *parse_find_file(const struct parse *p, struct str name);
/* The system texts and safe words of one file; parse_list then reads what it names, a list each. */
void parse_texts(struct parse *p, const struct lesson_blocks *blocks,
                 const struct lesson_front *front, const struct yaml_node *safe_words);
/* False: there is no further one. */
bool parse_list(struct parse *p);
extern const struct yaml_type parse_type_languages; /* of struct lesson_languages */
extern const struct yaml_type parse_type_files;     /* a list of names, as a node */

/* The file that a list in front matter names; NULL (with a finding) when there is none, or when it
 * was named before. */
const struct lesson_blocks *parse_use_file(struct parse *p, const struct lesson_front *front,
                                           const struct yaml_node *node);
/* What a course or its pack must say; n_errors: findings before the lists of safe words were read.
 */
void parse_require_texts(struct parse *p, uint32_t n_errors);

/* The words that learners type: the pack's, and the course's own. */
void parse_words(struct parse *p);

/* The texts of the pack that course.md names, if it does. */
void parse_pack(struct parse *p, const struct lesson_front *front);

/* Makes room for patterns and sets; the arena's error. */
enum err parse_safe_init(struct parse *p) MUST_CHECK;
/* A section of safe words; false when its heading names something else. Moves the items of list to
 * its front. */
bool parse_safe_section(struct parse *p, const struct parse_id *id, struct lesson_block *list,
                        uint32_t n);
