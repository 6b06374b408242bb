/*
 * parse.h: the files of a course folder to struct course. Pure: files come as named text
 * (port/lesson_files.h reads a folder, core knows nothing of folders).
 *
 * The format is described for authors in lessons/README.md. All that is wrong is reported, not
 * only the first mistake. What the engine relies on is settled here: unique ids, one key where one
 * is meant, every system text present, conditions that point to earlier questions, every ceiling
 * of core/course.h. What a phone or a reader would suffer from is core/lesson/lesson.h.
 */
#pragma once

#include "core/lesson/blocks.h"
#include "core/lesson/po.h"

#define LESSON_ARENA_BYTES (64u << 20) /* enough for COURSE_MAX_BYTES of files */
/* course.md, its modules, and the pack: texts, safe words, translations of both. */
#define LESSON_MAX_FILES (COURSE_MAX_MODULES + 96u)

/* name: "m1.md" of the course's own folder, "packs/standard/texts.md" of the folder in which the
 * course's lies; so is "base/m1.md" of a course that this one is an edition of. */
struct lesson_file {
    struct str name;
    struct str text;
};

struct lesson_strings;

/* What course.md names outside of its folder; absent where it does not. */
struct lesson_links {
    struct str pack, base;
};

/* In which a course may be taught. */
struct lesson_languages {
    uint16_t n;
    const struct str *codes, *names;
};

/* One pattern of safe words as its file has it, or one word of a set. */
struct lesson_safe_row {
    struct str section; /* "safe_words" */
    struct str text;
    struct source_pos pos;
    const struct lesson_safe_row *next;
};

/* A course with what its checks and its formatter need beyond the model: places and comments. */
struct lesson_source {
    struct course course;
    bool is_ucs2;    /* front matter `alphabet: ucs2`: not meant to be GSM-7 */
    struct str base; /* id of the course that this is an edition of; absent: none */
    struct str pack; /* whose texts it inherits; absent: none */
    struct lesson_languages languages; /* course.md's, else the pack's */
    bool is_languages_own;
    /* Languages that learners get before they are approved; NULL = none. */
    const struct yaml_node *trial_languages;
    /* Of a course in another language, for its checks: where its texts stand, and that Latin
     * letters with accents are folded before they are sent. Absent else. */
    const struct lesson_strings *strings;
    /* Of the same: what a learner gets, modules that are not translated as a whole in the original.
     * Absent: course itself. */
    const struct course *played;
    const struct yaml_node *modules;         /* front matter: list of file names; NULL = none */
    const struct yaml_node *safe_words;      /* the same */
    const struct yaml_node *hardest;         /* front matter: list of ids; NULL = none */
    const struct lesson_safe_row *safe_rows; /* in no order; what is only to be compared */
    uint32_t n_pos;
    struct po_file *pos;         /* its translations, and its pack's; their files have no blocks */
    uint32_t n_files;            /* all others */
    struct lesson_blocks *files; /* in the order in which they were given */
    struct lesson_block texts[N_COURSE_TEXTS];        /* text absent when missing */
    struct lesson_block pack_texts[N_COURSE_TEXTS];   /* the same of its pack alone */
    struct source_pos module_pos[COURSE_MAX_MODULES]; /* line 1 of the module's file */
    struct source_pos front_pos;                      /* line 1 of course.md */
    struct source_pos title_pos, name_pos;            /* of the values there */
};

/* Everything in *ret points into the arena or into files. ERR_INVALID when findings got an error:
 * *ret is then a course as far as it could be read, fit for lesson_check and nothing else.
 * ERR_TOO_LONG (files or arena) and ERR_NO_MEMORY: *ret is undefined. */
enum err lesson_parse(const struct lesson_file *files, uint32_t n_files, struct arena *arena,
                      struct lesson_findings *findings, struct lesson_source *ret) MUST_CHECK;

/* The same for who only wants to run a course: the first error goes to msg (which may be NULL) as
 * "m1.md:3:1: ...". *ret lives in the arena; its hash is left zero. */
enum err lesson_load(const struct lesson_file *files, uint32_t n_files, struct arena *arena,
                     const struct course **ret, struct errmsg *msg) MUST_CHECK;

/* The same in many short steps, for who has people to answer meanwhile: the longest is one file, or
 * what follows of all of them. files and arena stay as they are until the end. */
struct lesson_loading;
/* *ret lives in the arena, whose error it is. */
enum err lesson_loading_new(const struct lesson_file *files, uint32_t n_files, struct arena *arena,
                            struct lesson_loading **ret, struct errmsg *msg) MUST_CHECK;
/* False: there is nothing left to do. */
bool lesson_loading_step(struct lesson_loading *loading);
/* After that; as lesson_load. */
enum err lesson_loading_end(const struct lesson_loading *loading, const struct course **ret,
                            struct errmsg *msg) MUST_CHECK;

/* May this be the id of a course: a letter and at most 30 of a-z, 0-9, - and _? */
bool lesson_is_course_id(struct str id);
/* For who reads a course's folder: which others must be read. Mistakes are lesson_parse's. */
struct lesson_links lesson_links_read(struct str course_md, struct arena *arena);

/* Where text, or the part of a text, of this course was written; fallback when it is not found. */
struct source_pos lesson_source_pos(const struct lesson_source *source, const char *p,
                                    struct source_pos fallback);
/* Of guide-<lang>.md, the words around the lessons in what facilitators print; absent: it is none.
 */
struct str lesson_guide_language(struct str file);
/* What is printed in this language: the course's own file, else its base's, else its pack's. NULL:
 * there is none. */
const struct lesson_blocks *lesson_find_guide(const struct lesson_source *source, struct str lang);
/* Is this words-<lang>.md, the words that learners type in that language? */
bool lesson_is_words(struct str file, struct str *ret_lang);
