#include "cli/author.h"

#include <string.h>
#include <sys/stat.h>

#include "core/lesson/compare.h"
#include "core/lesson/translate.h"
#include "lab/exchange/exchange.h"
#include "lab/exchange/review.h"
#include "port/file.h"
#include "port/lesson_files.h"

/* ---- a course folder ---- */

void author_print(const struct buf *out, FILE *file)
{
    (void)fwrite(out->p != NULL ? out->p : "", 1, out->len, file); /* a closed pipe is no error */
}

struct str folder_shown(const char *dir)
{
    struct str shown = str_from(dir);
    while (shown.len > 1 && str_ends(shown, STR("/")))
        shown.len--;
    return shown;
}

void folder_fini(struct folder *folder)
{
    arena_free(folder->arena);
}

struct str folder_shown_of_pack(const char *dir, struct arena *arena)
{
    struct str shown = folder_shown(dir);
    size_t slash = shown.len;
    while (slash > 0 && shown.p[slash - 1] != '/')
        slash--;
    struct str above = str_sub(shown, 0, slash);
    if (str_eq(above, STR("packs/")) || str_ends(above, STR("/packs/")))
        return str_sub(above, 0, above.len - 1);
    return arena_printf(arena, "%.*s/..", STR_ARG(shown)); /* the path does not name it */
}

typedef enum err read_files(const char *dir, struct arena *arena, struct lesson_file **ret,
                            uint32_t *ret_n, struct errmsg *msg);

static enum err load_by(read_files *fn, const char *dir, struct str on_trial, struct folder *folder,
                        struct errmsg *msg)
{
    enum err e = fn(dir, folder->arena, &folder->files, &folder->n_files, msg);
    if (e != ERR_OK)
        return e == ERR_INVALID ? ERR_IO : e;
    for (uint32_t i = 0; i < folder->n_files; i++) {
        if (str_eq(folder->files[i].name, STR("course.md")))
            folder->files[i].text = lesson_on_trial(folder->files[i].text, on_trial, folder->arena);
    }
    folder->findings = lesson_findings_new(folder->arena);
    folder->source = arena_new_array(folder->arena, struct lesson_source, 1);
    e = arena_error(folder->arena);
    if (e == ERR_OK)
        e = lesson_parse(folder->files, folder->n_files, folder->arena, folder->findings,
                         folder->source);
    if (e == ERR_OK)
        return ERR_OK;
    return e == ERR_INVALID
               ? errmsg_set(msg, e, "%s has mistakes: `waypost lessons check` lists them", dir)
               : errmsg_set(msg, e, "%s: the course is too big (%s)", dir, err_name(e));
}

enum err folder_load(const char *dir, struct str on_trial, struct folder *folder,
                     struct errmsg *msg)
{
    return load_by(lesson_files_read, dir, on_trial, folder, msg);
}

static int read_by(read_files *fn, const char *dir, struct folder *ret)
{
    struct errmsg msg = {""};
    ret->arena = arena_new(LESSON_ARENA_BYTES);
    enum err e = load_by(fn, dir, STR_NONE, ret, &msg);
    if (e == ERR_OK || e == ERR_INVALID)
        return EXIT_CLEAN;
    cli_complain("%s", msg.text);
    return EXIT_USAGE;
}

int folder_read(const char *dir, struct folder *ret)
{
    return read_by(lesson_files_read, dir, ret);
}

int folder_read_pack(const char *dir, struct folder *ret)
{
    return read_by(lesson_files_read_pack, dir, ret);
}

int folder_no_language(const struct folder *folder, const char *dir, const char *lang)
{
    struct str pack = folder->source->pack;
    struct str where = folder->source->is_languages_own || pack.p == NULL
                           ? STR("course.md")
                           : arena_printf(folder->arena, "packs/%.*s/texts.md", STR_ARG(pack));
    if (lesson_find_language(folder->source, str_from(lang)) < 0)
        cli_complain("%s has no language `%s`; add its code and name to `languages:` in %.*s", dir,
                     lang, STR_ARG(where));
    else
        cli_complain("%s has no po/%s.po; `waypost lessons merge %s --lang %s` begins it", dir,
                     lang, dir, lang);
    return EXIT_USAGE;
}

/* All findings on stderr, as text. */
static void tell(struct lesson_findings *findings, struct str dir)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, OUTPUT_MAX_BYTES);
    lesson_findings_sort(findings);
    lesson_findings_print(findings, dir, LESSON_OUTPUT_TEXT, &out);
    author_print(&out, stderr);
}

int folder_read_clean(const char *dir, const char *what, struct folder *ret)
{
    int code = folder_read(dir, ret);
    if (code != EXIT_CLEAN || ret->findings->n_errors == 0)
        return code;
    tell(ret->findings, folder_shown(dir));
    cli_complain("a course with errors is not %s", what);
    return EXIT_ERRORS;
}

/* ---- other tools' forms ---- */

static const struct exchange_format *format_of(const char *name, const char *option)
{
    const struct exchange_format *format = exchange_format_find(str_from(name));
    if (name == NULL)
        cli_complain("%s: which format? %s", option, AUTHOR_FORMATS);
    else if (format == NULL)
        cli_complain("no format '%s'; use " AUTHOR_FORMATS, name);
    return format;
}

/* By what follows --from, else by the file's name; an .xlsx is a form when it has a `survey`, which
 * only the author can say. */
static const struct exchange_format *format_of_file(const struct cli_args *args, const char *path)
{
    const char *name = cli_get(args, "from", NULL);
    for (size_t i = 0; name == NULL; i++) {
        const struct exchange_format *format = exchange_format_nth(i);
        if (format == NULL)
            break;
        if (str_ends(str_from(path), str_from(format->suffix)) && format != &exchange_xlsform)
            return format;
    }
    return format_of(name, "--from");
}

/* What was not carried, or is wrong, on stderr. */
static int tell_exchange(struct exchange *x, struct str dir, const char *what)
{
    tell(x->findings, dir);
    if (arena_error(x->arena) != ERR_OK) {
        cli_complain("%s: too big", what);
        return EXIT_USAGE;
    }
    return x->findings->n_errors > 0 ? EXIT_ERRORS : EXIT_CLEAN;
}

/* The sheet for reviewers of a translation. */
static int export_review(const struct folder *folder, const char *dir, const char *lang)
{
    struct buf out CLEANUP(buf_fini);
    struct arena *arena CLEANUP(arena_freep) = arena_new(EXCHANGE_ARENA_BYTES);
    buf_init(&out, OUTPUT_MAX_BYTES);
    if (lang == NULL) {
        cli_complain("`--to review` needs a language: --lang fr");
        return EXIT_USAGE;
    }
    enum err e = review_write(folder->source, str_from(lang), arena, &out);
    if (e == ERR_NOT_FOUND)
        return folder_no_language(folder, dir, lang);
    if (e != ERR_OK) {
        cli_complain("%s: the sheet cannot be made (%s)", dir, err_name(e));
        return EXIT_USAGE;
    }
    author_print(&out, stdout);
    return EXIT_CLEAN;
}

static int write_review(struct review *r, const struct folder *folder, const char *dir)
{
    struct errmsg msg = {""};
    struct lesson_file files[LESSON_MAX_FILES];
    uint32_t n = 0, n_taken = 0;
    enum err e = review_apply(r, folder->files, folder->n_files, files, &n);
    for (uint32_t i = 0; i < n && e == ERR_OK; i++) {
        e = lesson_files_write(dir, files[i].name, files[i].text, &msg);
        if (e == ERR_OK)
            printf("%s/%.*s\n", dir, STR_ARG(files[i].name));
    }
    tell(r->findings, folder_shown(dir));
    if (e != ERR_OK) {
        cli_complain("%s", msg.text[0] != '\0' ? msg.text : err_name(e));
        return EXIT_USAGE;
    }
    for (uint32_t i = 0; i < r->n; i++)
        n_taken += !r->changes[i].is_refused;
    (void)fprintf(stderr, "%u row%s taken, %u refused", n_taken, str_s(n_taken), r->n_refused);
    if (r->n_missing > 0)
        (void)fprintf(stderr, ", %u text%s without a row", r->n_missing, str_s(r->n_missing));
    (void)fputc('\n', stderr);
    return r->n_refused > 0 ? EXIT_ERRORS : EXIT_CLEAN;
}

/* Corrections and signatures of a sheet into the PO files of a folder. */
static int import_review(const struct cli_args *args, const char *dir, const char *path)
{
    struct errmsg msg = {""};
    struct buf bytes CLEANUP(buf_fini);
    struct folder folder CLEANUP(folder_fini) = {0};
    const char *lang = cli_get(args, "lang", NULL);
    buf_init(&bytes, EXCHANGE_MAX_BYTES);
    if (lang == NULL) {
        cli_complain("`--review` needs a language: --lang fr");
        return EXIT_USAGE;
    }
    int code = folder_read_clean(dir, "reviewed", &folder);
    if (code != EXIT_CLEAN)
        return code;
    if (!lesson_has_po(folder.source, str_from(lang)))
        return folder_no_language(&folder, dir, lang);
    struct arena *arena CLEANUP(arena_freep) = arena_new(EXCHANGE_ARENA_BYTES);
    enum err e = file_read(path, EXCHANGE_MAX_BYTES, &bytes, &msg);
    struct review review = {.source = folder.source,
                            .lang = str_from(lang),
                            .arena = arena,
                            .findings = lesson_findings_new(arena)};
    if (e == ERR_OK)
        e = review_read(&review, str_from(path), buf_str(&bytes), &msg);
    if (e == ERR_OK)
        return write_review(&review, &folder, dir);
    cli_complain("%s: %s", path, msg.text[0] != '\0' ? msg.text : err_name(e));
    return EXIT_USAGE;
}

int author_export(const struct cli_args *args, const char *dir)
{
    struct folder folder CLEANUP(folder_fini) = {0};
    const char *to = cli_get(args, "to", NULL);
    bool is_review = to != NULL && strcmp(to, "review") == 0;
    const struct exchange_format *format = is_review ? NULL : format_of(to, "--to");
    int code =
        format != NULL || is_review ? folder_read_clean(dir, "exported", &folder) : EXIT_USAGE;
    if (code == EXIT_CLEAN && is_review)
        return export_review(&folder, dir, cli_get(args, "lang", NULL));
    if (code != EXIT_CLEAN)
        return code;
    struct arena *arena CLEANUP(arena_freep) = arena_new(EXCHANGE_ARENA_BYTES);
    struct lesson_findings *findings = lesson_findings_new(arena);
    struct exchange x;
    const char *module = cli_get(args, "module", NULL);
    enum err e = exchange_init(&x, arena, findings);
    if (e == ERR_OK)
        e = exchange_collect(&x, folder.source, str_from(module));
    if (e == ERR_NOT_FOUND) {
        cli_complain("%s has no module %s", dir, module);
        return EXIT_USAGE;
    }
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, OUTPUT_MAX_BYTES);
    if (e == ERR_OK)
        format->write(&x, &out);
    code = tell_exchange(&x, folder_shown(dir), dir);
    if (code == EXIT_CLEAN && (buf_error(&out) != ERR_OK || out.len == 0)) {
        cli_complain("%s: the file cannot be made (%s)", dir,
                     out.len == 0 ? "nothing to say, or no room in /tmp" : "too big");
        return EXIT_USAGE;
    }
    author_print(&out, stdout);
    return code;
}

/* One module on stdout, or as a new file of a folder. */
static int put_module(struct exchange *x, uint32_t i, const char *into)
{
    struct errmsg msg = {""};
    struct stat info;
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, COURSE_MAX_BYTES);
    exchange_markdown(x, i, &text);
    if (into == NULL) {
        author_print(&text, stdout);
        return EXIT_CLEAN;
    }
    struct str name = arena_printf(x->arena, "%.*s.md", STR_ARG(x->items[i].id));
    struct str path = arena_printf(x->arena, "%s/%.*s", into, STR_ARG(name));
    if (path.p == NULL || stat(path.p, &info) == 0) {
        cli_complain("%.*s is there already; move it away, or import into another folder",
                     STR_ARG(path));
        return EXIT_USAGE;
    }
    if (buf_error(&text) != ERR_OK ||
        lesson_files_write(into, name, buf_str(&text), &msg) != ERR_OK) {
        cli_complain("%s", msg.text[0] != '\0' ? msg.text : "the module is too big");
        return EXIT_USAGE;
    }
    printf("%.*s\n", STR_ARG(path));
    return EXIT_CLEAN;
}

int author_import(const struct cli_args *args, const char *path)
{
    struct errmsg msg = {""};
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, EXCHANGE_MAX_BYTES);
    const char *review = cli_get(args, "review", NULL);
    if (review != NULL)
        return import_review(args, path, review);
    const struct exchange_format *format = format_of_file(args, path);
    const char *into = cli_get(args, "into", NULL);
    if (format == NULL)
        return EXIT_USAGE;
    if (file_read(path, EXCHANGE_MAX_BYTES, &bytes, &msg) != ERR_OK) {
        cli_complain("%s", msg.text);
        return EXIT_USAGE;
    }
    struct arena *arena CLEANUP(arena_freep) = arena_new(EXCHANGE_ARENA_BYTES);
    struct exchange x;
    uint32_t n = 0;
    if (exchange_init(&x, arena, lesson_findings_new(arena)) == ERR_OK)
        format->read(&x, str_from(path), buf_str(&bytes));
    int code = tell_exchange(&x, STR(""), path);
    for (uint32_t i = 0; i < x.n; i++)
        n += x.items[i].kind == EXCHANGE_MODULE;
    if (code == EXIT_CLEAN && n == 0) {
        cli_complain("%s: no lesson and no question was found in it", path);
        return EXIT_USAGE;
    }
    if (code == EXIT_CLEAN && n != 1 && into == NULL) {
        cli_complain("%s has %u modules; `--into DIR` writes a file for each", path, n);
        return EXIT_USAGE;
    }
    for (uint32_t i = 0; i < x.n && code == EXIT_CLEAN; i++) {
        if (x.items[i].kind == EXCHANGE_MODULE)
            code = put_module(&x, i, into);
    }
    return code;
}

/* ---- pictures and comparisons ---- */

int author_graph(const struct cli_args *args, const char *dir)
{
    struct buf out CLEANUP(buf_fini);
    struct folder folder CLEANUP(folder_fini) = {0};
    int code = folder_read_clean(dir, "drawn", &folder);
    (void)args; /* takes none */
    buf_init(&out, OUTPUT_MAX_BYTES);
    if (code == EXIT_CLEAN)
        lesson_graph(&folder.source->course, &out);
    author_print(&out, stdout);
    return code;
}

static void print_change(const struct lesson_change *change)
{
    printf("%s  %.*s", lesson_level_name(change->level), STR_ARG(change->what));
    if (change->pos.line > 0)
        printf(" (%.*s:%u)", STR_ARG(change->pos.file), change->pos.line);
    printf("\n       learners: %s\n", change->learners);
    if (change->statistics != NULL)
        printf("       figures: %s\n", change->statistics);
}

/* What the number of the new version must be, and is. */
static void print_verdict(const struct lesson_changes *changes, const struct course *old,
                          const struct course *now)
{
    enum lesson_level step = lesson_version_step(old->version, now->version);
    printf("In all: %s", lesson_level_name(changes->level));
    if (changes->level == LESSON_LEVEL_NONE)
        printf("; both say the same\n");
    else if (step >= changes->level)
        printf("; version %.*s after %.*s says so\n", STR_ARG(now->version), STR_ARG(old->version));
    else
        printf("; version %.*s after %.*s is too small a step: raise the %s number in course.md\n",
               STR_ARG(now->version), STR_ARG(old->version),
               changes->level == LESSON_LEVEL_MAJOR   ? "first"
               : changes->level == LESSON_LEVEL_MINOR ? "second"
                                                      : "last");
}

int author_diff(const struct cli_args *args, const char *old_dir)
{
    struct folder old CLEANUP(folder_fini) = {0};
    struct folder now CLEANUP(folder_fini) = {0};
    int code = folder_read_clean(old_dir, "compared", &old);
    if (code == EXIT_CLEAN)
        code = folder_read_clean(args->words[2], "compared", &now);
    if (code != EXIT_CLEAN)
        return code;
    if (!str_eq(old.source->course.id, now.source->course.id)) {
        cli_complain("%s and %s are two courses, not two versions of one", old_dir, args->words[2]);
        return EXIT_USAGE;
    }
    struct lesson_changes changes;
    if (lesson_compare(old.source, now.source, now.arena, &changes) != ERR_OK) {
        cli_complain("the courses are too big to be compared");
        return EXIT_USAGE;
    }
    for (uint32_t i = 0; i < changes.n; i++)
        print_change(&changes.list[i]);
    print_verdict(&changes, &old.source->course, &now.source->course);
    return EXIT_CLEAN;
}
