/*
 * author.h: what the verbs of `waypost lessons` share: a course folder, read and parsed; and those
 * verbs that exchange, compare and draw courses (author.c).
 *
 * Exit codes are those of a checker in a build: 0 clean, 1 errors found, 2 wrong usage or a folder
 * that cannot be read.
 */
#pragma once

#include <stdio.h>

#include "cli/cli.h"
#include "core/lesson/lesson.h"

enum { EXIT_CLEAN = 0, EXIT_ERRORS = 1, EXIT_USAGE = 2 };

#define OUTPUT_MAX_BYTES (16u << 20)
#define AUTHOR_FORMATS "gift, aiken, moodle-xml, xlsform, csv or xlsx"

struct folder {
    struct arena *arena; /* owned; everything below lives in it */
    struct lesson_file *files;
    uint32_t n_files;
    struct lesson_findings *findings;
    struct lesson_source *source;
};

/* A folder into folder->arena; texts of the language `on_trial`, unless absent, are taken as they
 * stand, checked or not. ERR_INVALID: the course has errors (see findings). */
enum err folder_load(const char *dir, struct str on_trial, struct folder *folder,
                     struct errmsg *msg) MUST_CHECK;
/* Safe on a zeroed struct. */
void folder_fini(struct folder *folder);
/* EXIT_CLEAN, also when the course has errors (see findings), or EXIT_USAGE (said on stderr). */
int folder_read(const char *dir, struct folder *ret);
/* A folder packs/NAME likewise, which is checked as a course that has all from it. */
int folder_read_pack(const char *dir, struct folder *ret);
/* The same as folder_read, but EXIT_ERRORS, with the findings on stderr, when the course has
 * errors: such a one "is not <what>". */
int folder_read_clean(const char *dir, const char *what, struct folder *ret);
/* Without the slash that completion leaves behind. */
struct str folder_shown(const char *dir);
/* A course's folder beside which the one of a pack, packs/NAME, would lie, likewise; whose files
 * are shown by it. */
struct str folder_shown_of_pack(const char *dir, struct arena *arena);
/* Says that there is no translation; EXIT_USAGE. */
int folder_no_language(const struct folder *folder, const char *dir, const char *lang);
void author_print(const struct buf *out, FILE *file);

/* Verbs; `dir` is the word behind them. */
int author_export(const struct cli_args *args, const char *dir);
int author_import(const struct cli_args *args, const char *path);
int author_graph(const struct cli_args *args, const char *dir);
/* edit.c: the desk in a browser, until Ctrl-C. */
int author_edit(const struct cli_args *args, const char *dir);
/* The second folder is the word behind that. */
int author_diff(const struct cli_args *args, const char *old_dir);
