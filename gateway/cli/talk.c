/* `waypost talk`: plays transcripts (lab/talk/talk.h), fast or against a running gateway. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/course_bundle.h"
#include "base/log.h"
#include "cli/author.h"
#include "core/lesson/translate.h"
#include "lab/shipped.h"
#include "lab/talk/run.h"
#include "port/file.h"
#include "port/lesson_files.h"
#include "port/zone.h"

#define DEFAULT_COURSE "children-on-the-move"
#define SEED 1 /* a transcript goes the same way each time */
#define DEFAULT_CLOCK "2025-01-06 09:00 Africa/Nairobi"
#define REPORT_MAX_BYTES (128u << 20) /* all that was said, indented */
#define SCRIPT_ARENA_BYTES (32u << 20)

/* What all files of one run share. */
struct talk {
    const char *live, *admin; /* NULL = fast */
    const char *records;      /* folder for what reaches PostgreSQL; NULL = none */
    const char *lang;         /* NULL = as the transcripts have it */
    char lessons[PATH_MAX], profiles[PATH_MAX];
    bool is_shown;
};

/* --- course and clock --- */

/* "2025-01-06 09:00 Africa/Nairobi": also the zone in which the phones live. */
static enum err parse_clock(struct str text, struct wall_ms *ret, struct zone *ret_zone)
{
    char words[128];
    struct tm tm = {.tm_isdst = -1};
    if (str_copy(text, words, sizeof(words)) != ERR_OK)
        return ERR_INVALID;
    const char *rest = strptime(words, "%Y-%m-%d %H:%M", &tm);
    if (rest == NULL)
        return ERR_INVALID;
    struct str zone = str_trim(str_from(rest));
    if (zone_load(zone.len > 0 ? zone : STR("UTC"), ret_zone) != ERR_OK)
        return ERR_NOT_FOUND;
    ret->ms = zone_utc_ms(ret_zone, (int64_t)timegm(&tm) * 1000);
    return ERR_OK;
}

static enum err read_folder(const struct talk *talk, struct str folder, struct str lang,
                            struct arena *arena, struct folder **ret, struct errmsg *msg)
{
    char dir[PATH_MAX];
    bool is_path = str_find_char(folder, '/') != SIZE_MAX;
    int len = is_path ? snprintf(dir, sizeof(dir), "%.*s", STR_ARG(folder))
                      : snprintf(dir, sizeof(dir), "%s/%.*s", talk->lessons, STR_ARG(folder));
    if (len >= (int)sizeof(dir))
        return errmsg_set(msg, ERR_TOO_LONG, "the path of course %.*s is too long",
                          STR_ARG(folder));
    *ret = arena_new_array(arena, struct folder, 1);
    if (*ret == NULL)
        return ERR_TOO_LONG; /* as the arena says */
    (*ret)->arena = arena;
    return folder_load(dir, lang, *ret, msg);
}

/* The same for the store: "id@version", and its files as one text. */
static enum err bundle_folder(const struct folder *f, struct arena *arena, struct str *ret_name,
                              struct str *ret_bundle, struct errmsg *msg)
{
    const struct course *course = &f->source->course;
    struct buf bundle CLEANUP(buf_fini);
    buf_init(&bundle, COURSE_MAX_BYTES + 65536);
    enum err e = course_bundle_write(f->files, f->n_files, &bundle);
    *ret_name = arena_printf(arena, "%.*s@%.*s", STR_ARG(course->id), STR_ARG(course->version));
    *ret_bundle = arena_str(arena, buf_str(&bundle));
    if (e == ERR_OK)
        e = arena_error(arena);
    return e == ERR_OK ? ERR_OK
                       : errmsg_set(msg, e, "course %.*s cannot be bundled: %s",
                                    STR_ARG(course->id), err_name(e));
}

/* Each further line `course` is one more that may be begun. */
static enum err read_others(const struct talk *talk, const struct talk_script *script,
                            struct arena *arena, struct talk_fast_settings *settings,
                            struct errmsg *msg)
{
    enum err e = ERR_OK;
    for (uint32_t i = 1; i < script->n_courses && e == ERR_OK; i++) {
        struct folder *f;
        uint32_t n = settings->n_others++;
        e = read_folder(talk, script->courses[i]->text, STR_NONE, arena, &f, msg);
        if (e == ERR_OK)
            e = bundle_folder(f, arena, &settings->other_names[n], &settings->other_bundles[n],
                              msg);
    }
    return e;
}

/* --- one file, in one language --- */

/* What is played once. */
struct play {
    const char *path;
    struct str course; /* the folder whose transcript it is; absent: the file says */
    struct str lang;   /* absent: the course's own, as the transcript has it */
};

static struct str course_of(const struct play *play, const struct talk_script *script)
{
    if (script->n_courses > 0)
        return script->courses[0]->text;
    return play->course.p != NULL ? play->course : STR(DEFAULT_COURSE);
}

static bool is_offered(const struct course *course, struct str lang)
{
    bool is_there = lang.p == NULL || str_eq(course->language, lang);
    for (uint16_t i = 0; i < course->n_languages; i++)
        is_there = is_there || str_eq(course->languages[i], lang);
    return is_there;
}

/* Texts of the course in the place of their ids. */
static enum err fill(const struct play *play, const struct lesson_source *source,
                     struct talk_script *script, struct arena *arena, struct errmsg *msg)
{
    struct talk_tongue *tongue = arena_new_array(arena, struct talk_tongue, 1);
    if (!is_offered(&source->course, play->lang))
        return errmsg_set(msg, ERR_INVALID,
                          "the course is not complete in '%.*s'; `waypost lessons check --lang "
                          "%.*s` says what is missing",
                          STR_ARG(play->lang), STR_ARG(play->lang));
    enum err e =
        tongue != NULL ? talk_tongue_new(source, play->lang, arena, tongue) : arena_error(arena);
    return e == ERR_OK ? talk_fill(script, tongue, arena, msg) : e;
}

/* What reached PostgreSQL, as core.ingest takes it: [...], into the folder for it. */
static enum err write_records(const struct talk *talk, const struct play *play,
                              const struct talk_fast *fast)
{
    char path[PATH_MAX];
    const char *slash = strrchr(play->path, '/');
    int len = snprintf(path, sizeof(path), "%s/%s.json", talk->records,
                       slash != NULL ? slash + 1 : play->path);
    FILE *file = len < (int)sizeof(path) ? fopen(path, "we") : NULL;
    if (file == NULL)
        return ERR_IO;
    for (uint32_t i = 0; i < talk_fast_n_records(fast); i++) {
        struct str record = talk_fast_record(fast, i);
        (void)fprintf(file, "%s%.*s", i > 0 ? ",\n" : "[", STR_ARG(record));
    }
    (void)fputs(talk_fast_n_records(fast) > 0 ? "]\n" : "[]\n", file);
    bool is_written = ferror(file) == 0;
    return fclose(file) == 0 && is_written ? ERR_OK : ERR_IO;
}

static enum err play_fast(const struct talk *talk, const struct play *play,
                          struct talk_script *script, struct arena *arena, struct buf *report)
{
    struct talk_fast_settings settings = {.profiles_dir = talk->profiles, .seed = SEED};
    struct folder *folder = NULL;
    struct talk_fast *fast = NULL;
    struct errmsg msg = {""};
    struct str clock = script->clock != NULL ? script->clock->text : STR(DEFAULT_CLOCK);
    enum err e = parse_clock(clock, &settings.start, &settings.zone);
    if (e != ERR_OK)
        (void)errmsg_set(&msg, e,
                         "%.*s:%u: '%.*s' is no time of a zone that this machine knows; "
                         "write 2025-01-06 09:00 Africa/Nairobi",
                         STR_ARG(script->file), script->clock != NULL ? script->clock->number : 0,
                         STR_ARG(clock));
    if (e == ERR_OK)
        e = read_folder(talk, course_of(play, script), play->lang, arena, &folder, &msg);
    if (e == ERR_OK)
        e = bundle_folder(folder, arena, &settings.course_name, &settings.bundle, &msg);
    if (e == ERR_OK)
        e = fill(play, folder->source, script, arena, &msg);
    if (e == ERR_OK)
        e = read_others(talk, script, arena, &settings, &msg);
    if (e == ERR_OK)
        e = talk_fast_new(&settings, &fast, &msg);
    if (e != ERR_OK) {
        buf_addf(report, "%s\n", msg.text);
        return ERR_INVALID;
    }
    talk_fast_world(fast)->is_shown = talk->is_shown;
    e = talk_run(script, talk_fast_world(fast), report);
    if (e == ERR_OK && talk->records != NULL) {
        e = write_records(talk, play, fast);
        if (e != ERR_OK)
            buf_addf(report, "%s: cannot be written into: %s\n", talk->records, strerror(errno));
    }
    talk_fast_free(fast);
    return e;
}

/* The gateway has the course; its texts are those of the folder here, where there is one. */
static enum err fill_live(const struct talk *talk, const struct play *play,
                          struct talk_script *script, struct arena *arena, struct errmsg *msg)
{
    struct folder *folder;
    enum err e = read_folder(talk, course_of(play, script), play->lang, arena, &folder, msg);
    return e == ERR_OK ? fill(play, folder->source, script, arena, msg) : e;
}

static enum err play_live(const struct talk *talk, const struct play *play,
                          struct talk_script *script, struct arena *arena, struct buf *report)
{
    struct talk_live *live = NULL;
    struct errmsg msg = {""};
    const char *needs;
    const struct talk_line *obstacle = talk_live_obstacle(script, &needs);
    if (obstacle != NULL) {
        buf_addf(report, "line %u needs %s\n", obstacle->number, needs);
        return ERR_UNSUPPORTED;
    }
    if ((talk->lessons[0] != '\0' && fill_live(talk, play, script, arena, &msg) != ERR_OK) ||
        talk_live_new(talk->live, talk->admin, &live, &msg) != ERR_OK) {
        buf_addf(report, "%s\n", msg.text);
        return ERR_INVALID;
    }
    talk_live_world(live)->is_shown = talk->is_shown;
    enum err e = talk_run(script, talk_live_world(live), report);
    talk_live_free(live);
    return e;
}

/* text must outlive the script. */
static enum err read_script(const char *path, struct arena *arena, struct buf *text,
                            struct talk_script *ret, struct errmsg *msg)
{
    enum err e = file_read(path, TALK_MAX_BYTES, text, msg);
    return e == ERR_OK ? talk_parse(buf_str(text), str_from(path), arena, ret, msg) : e;
}

static enum err play_file(const struct talk *talk, const struct play *play, struct buf *report)
{
    struct arena *arena CLEANUP(arena_freep) =
        arena_new(2 * LESSON_ARENA_BYTES + SCRIPT_ARENA_BYTES);
    struct talk_script *script = arena_alloc(arena, sizeof(*script));
    struct buf text CLEANUP(buf_fini) = {0};
    struct errmsg msg = {""};
    if (read_script(play->path, arena, &text, script, &msg) != ERR_OK) {
        buf_addf(report, "%s\n", msg.text);
        return ERR_INVALID;
    }
    return talk->live != NULL ? play_live(talk, play, script, arena, report)
                              : play_fast(talk, play, script, arena, report);
}

/* --- TAP --- */

static void print_report(const struct buf *report)
{
    for (struct str rest = buf_str(report); rest.len > 0;) {
        struct str line = str_split(&rest, '\n');
        printf("# %.*s\n", STR_ARG(line));
    }
}

static bool print_result(int number, const struct play *play, enum err e, const struct buf *report)
{
    char name[PATH_MAX + 32];
    (void)snprintf(name, sizeof(name), play->lang.p != NULL ? "%s (%.*s)" : "%s", play->path,
                   STR_ARG(play->lang)); /* has room */
    if (e == ERR_UNSUPPORTED) {
        struct str rest = buf_str(report);
        struct str why = str_split(&rest, '\n');
        printf("ok %d - %s # SKIP %.*s\n", number, name, STR_ARG(why));
        return true;
    }
    printf("%s %d - %s\n", e == ERR_OK ? "ok" : "not ok", number, name);
    print_report(report);
    return e == ERR_OK;
}

static int find_folders(const struct cli_args *args, struct talk *talk)
{
    const char *lessons = cli_get(args, "lessons", NULL);
    const char *profiles = cli_get(args, "profiles", NULL);
    enum err e = lessons == NULL ? shipped_find("lessons", talk->lessons)
                                 : str_copy(str_from(lessons), talk->lessons, PATH_MAX);
    if (e != ERR_OK) {
        cli_complain("no folder `lessons` here; say where it is with --lessons DIR");
        return EX_NOINPUT;
    }
    e = profiles == NULL ? shipped_find("config/profiles", talk->profiles)
                         : str_copy(str_from(profiles), talk->profiles, PATH_MAX);
    if (e != ERR_OK) {
        cli_complain("no folder `config/profiles` here; say where it is with --profiles DIR");
        return EX_NOINPUT;
    }
    return EX_OK;
}

/* --- which ones, and in which languages --- */

#define MAX_PLAYS 4096u

struct plays {
    struct play *list;
    uint32_t n;
    struct arena *arena;
};

static enum err add_play(struct plays *plays, const char *path, struct str course, struct str lang)
{
    if (plays->n == MAX_PLAYS)
        return ERR_TOO_LONG;
    struct play *play = &plays->list[plays->n++];
    *play = (struct play){arena_printf(plays->arena, "%s", path).p, course, lang};
    return arena_error(plays->arena);
}

/* In every language in which the course has translations, its own first. */
static enum err add_all(const struct talk *talk, struct plays *plays, const char *path,
                        struct str course)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES + SCRIPT_ARENA_BYTES);
    struct talk_script *script = arena_alloc(arena, sizeof(*script));
    struct folder *folder;
    const struct play play = {.course = course};
    struct buf text CLEANUP(buf_fini) = {0};
    struct errmsg msg = {""};
    if (read_script(path, arena, &text, script, &msg) != ERR_OK ||
        read_folder(talk, course_of(&play, script), STR_NONE, arena, &folder, &msg) != ERR_OK)
        return add_play(plays, path, course, STR_NONE); /* which says what is wrong */
    const struct lesson_source *source = folder->source;
    const struct str own = source->course.language;
    enum err e = add_play(plays, path, course, arena_str(plays->arena, own));
    for (uint16_t i = 0; i < source->languages.n && e == ERR_OK; i++) {
        struct str lang = source->languages.codes[i];
        if (!str_eq(lang, own) && lesson_has_own_po(source, lang))
            e = add_play(plays, path, course, arena_str(plays->arena, lang));
    }
    return e;
}

/* One file, in the languages of --lang: none, "fr", "fr,ar", "all". */
static enum err add_file(const struct talk *talk, struct plays *plays, const char *path,
                         struct str course)
{
    struct str rest = str_from(talk->lang != NULL ? talk->lang : "");
    if (talk->lang == NULL)
        return add_play(plays, path, course, STR_NONE);
    if (str_eq(rest, STR("all")))
        return add_all(talk, plays, path, course);
    enum err e = ERR_OK;
    while (rest.p != NULL && e == ERR_OK)
        e = add_play(plays, path, course, str_split(&rest, ','));
    return e;
}

/* A file, or the folder of a course: its talk/ *.talk. */
static enum err add_word(const struct talk *talk, struct plays *plays, const char *word)
{
    char pattern[PATH_MAX];
    glob_t found = {0};
    struct stat st;
    if (stat(word, &st) != 0 || !S_ISDIR(st.st_mode))
        return add_file(talk, plays, word, STR_NONE);
    if (snprintf(pattern, sizeof(pattern), "%s/talk/*.talk", word) >= (int)sizeof(pattern))
        return ERR_TOO_LONG;
    enum err e = glob(pattern, 0, NULL, &found) == 0 ? ERR_OK : ERR_NOT_FOUND;
    struct str course = arena_printf(plays->arena, "./%s", word);
    if (word[0] == '/')
        course = str_from(word);
    for (size_t i = 0; e == ERR_OK && i < found.gl_pathc; i++)
        e = add_file(talk, plays, found.gl_pathv[i], course);
    globfree(&found);
    if (e == ERR_NOT_FOUND)
        cli_complain("%s has no transcripts: no file matches %s", word, pattern);
    return e;
}

static int talk_run_files(const struct cli_args *args)
{
    struct talk talk = {.live = cli_get(args, "live", NULL),
                        .admin = cli_get(args, "admin", NULL),
                        .lang = cli_get(args, "lang", NULL),
                        .records = cli_get(args, "records", NULL),
                        .is_shown = cli_has(args, "show")};
    struct arena *arena CLEANUP(arena_freep) = arena_new(SCRIPT_ARENA_BYTES);
    struct plays plays = {arena_new_array(arena, struct play, MAX_PLAYS), 0, arena};
    if (args->n_words == 0) {
        cli_complain("which transcripts? `waypost talk tests/talk/*.talk`");
        return EX_USAGE;
    }
    int code = find_folders(args, &talk);
    if (code != EX_OK && talk.live == NULL)
        return code;
    for (int i = 0; i < args->n_words; i++) {
        enum err e = plays.list != NULL ? add_word(&talk, &plays, args->words[i]) : ERR_TOO_LONG;
        if (e == ERR_TOO_LONG)
            cli_complain("more than %u transcripts, or too long a path", MAX_PLAYS);
        if (e != ERR_OK)
            return e == ERR_TOO_LONG ? EX_USAGE : EX_NOINPUT;
    }
    log_init(cli_has(args, "verbose") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, "talk");
    printf("1..%d\n", (int)plays.n);
    int n_failed = 0;
    for (uint32_t i = 0; i < plays.n; i++) {
        struct buf report CLEANUP(buf_fini);
        buf_init(&report, REPORT_MAX_BYTES);
        enum err e = play_file(&talk, &plays.list[i], &report);
        n_failed += !print_result((int)i + 1, &plays.list[i], e, &report);
        (void)fflush(stdout); /* so that a long run shows where it is; failing is seen at exit */
    }
    if (n_failed > 0)
        cli_complain("%d of %u transcript%s went otherwise than written", n_failed, plays.n,
                     str_s(plays.n));
    return n_failed > 0 ? 1 : EX_OK;
}

const struct cli_command cli_talk = {
    .name = "talk",
    .summary = "play transcripts: conversations that are tests",
    .usage = "talk FILE|COURSE...\n"
             "talk --lang fr,ar|all FILE|COURSE...\n"
             "talk --live http://127.0.0.1:8080 FILE...",
    .options = {{"live", "URL", "play against a running gateway with its simulator on", false},
                {"admin", "URL", "its admin listener; the port after --live's when left out",
                 false},
                {"lang", "LANG", "in these languages; all: in every one that the course has",
                 false},
                {"lessons", "DIR", "folder of the course folders", false},
                {"profiles", "DIR", "folder of the provider profiles", false},
                {"records", "DIR",
                 "also write there what reaches PostgreSQL, as core.ingest takes it", false},
                {"show", NULL, "show what was said, also when all goes well", false},
                {"verbose", NULL, "show the program's log", false}},
    .run = talk_run_files,
};
