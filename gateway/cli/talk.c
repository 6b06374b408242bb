/* `waypost talk`: plays transcripts (lab/talk/talk.h), fast or against a running gateway. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/course_set.h"
#include "base/log.h"
#include "cli/cli.h"
#include "lab/shipped.h"
#include "lab/talk/run.h"
#include "port/file.h"
#include "port/lesson_files.h"
#include "port/zone.h"

#define DEFAULT_COURSE "children-on-the-move"
#define DEFAULT_CLOCK "2025-01-06 09:00 Africa/Nairobi"
#define REPORT_MAX_BYTES (128u << 20) /* all that was said, indented */
#define SCRIPT_ARENA_BYTES (32u << 20)

/* What all files of one run share. */
struct talk {
    const char *live, *admin; /* NULL = fast */
    char lessons[PATH_MAX], profiles[PATH_MAX];
    bool is_shown;
};

/* --- course and clock --- */

static struct str find_argument(const struct talk_script *script, enum talk_verb verb,
                                struct str fallback, uint32_t *ret_line)
{
    *ret_line = 1;
    for (uint32_t i = 0; i < script->n_lines; i++) {
        if (script->lines[i].verb == verb) {
            *ret_line = script->lines[i].number;
            return script->lines[i].text;
        }
    }
    return fallback;
}

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

/* The course folder as a bundle, and "id@version". */
static enum err read_course(const struct talk *talk, struct str folder, struct arena *arena,
                            struct buf *bundle, struct str *ret_name, struct errmsg *msg)
{
    char dir[PATH_MAX];
    struct lesson_file *files;
    uint32_t n;
    const struct course *course;
    bool is_path = str_find_char(folder, '/') != SIZE_MAX;
    int len = is_path ? snprintf(dir, sizeof(dir), "%.*s", STR_ARG(folder))
                      : snprintf(dir, sizeof(dir), "%s/%.*s", talk->lessons, STR_ARG(folder));
    if (len >= (int)sizeof(dir))
        return errmsg_set(msg, ERR_TOO_LONG, "the path of course %.*s is too long",
                          STR_ARG(folder));
    enum err e = lesson_files_read(dir, arena, &files, &n, msg);
    if (e == ERR_OK)
        e = lesson_load(files, n, arena, &course, msg);
    if (e != ERR_OK)
        return e;
    *ret_name = arena_printf(arena, "%.*s@%.*s", STR_ARG(course->id), STR_ARG(course->version));
    e = course_bundle_write(files, n, bundle);
    return e == ERR_OK ? ERR_OK : errmsg_set(msg, e, "%s cannot be bundled: %s", dir, err_name(e));
}

/* Each further line `course` is one more that may be begun. */
static enum err read_others(const struct talk *talk, const struct talk_script *script,
                            struct arena *arena, struct talk_fast_settings *settings,
                            struct errmsg *msg)
{
    bool is_first = true;
    enum err e = ERR_OK;
    for (uint32_t i = 0; i < script->n_lines && e == ERR_OK; i++) {
        const struct talk_line *line = &script->lines[i];
        if (line->verb != TALK_VERB_COURSE)
            continue;
        if (!is_first && settings->n_others == TALK_MAX_OTHERS)
            return errmsg_set(msg, ERR_TOO_LONG, "line %u: more than %u courses", line->number,
                              TALK_MAX_OTHERS + 1);
        if (!is_first) {
            struct buf bundle CLEANUP(buf_fini);
            buf_init(&bundle, COURSE_MAX_BYTES + 65536);
            uint32_t n = settings->n_others++;
            e = read_course(talk, line->text, arena, &bundle, &settings->other_names[n], msg);
            settings->other_bundles[n] = arena_str(arena, buf_str(&bundle));
        }
        is_first = false;
    }
    return e;
}

/* --- one file --- */

static enum err play_fast(const struct talk *talk, const struct talk_script *script,
                          struct arena *arena, struct buf *report)
{
    struct talk_fast_settings settings = {.profiles_dir = talk->profiles};
    struct buf bundle CLEANUP(buf_fini);
    struct talk_fast *fast = NULL;
    struct errmsg msg = {""};
    uint32_t line;
    buf_init(&bundle, COURSE_MAX_BYTES + 65536);
    struct str clock = find_argument(script, TALK_VERB_CLOCK, STR(DEFAULT_CLOCK), &line);
    enum err e = parse_clock(clock, &settings.start, &settings.zone);
    if (e != ERR_OK)
        (void)errmsg_set(&msg, e,
                         "%.*s:%u: '%.*s' is no time of a zone that this machine knows; "
                         "write 2025-01-06 09:00 Africa/Nairobi",
                         STR_ARG(script->file), line, STR_ARG(clock));
    struct str course = find_argument(script, TALK_VERB_COURSE, STR(DEFAULT_COURSE), &line);
    if (e == ERR_OK)
        e = read_course(talk, course, arena, &bundle, &settings.course_name, &msg);
    settings.bundle = buf_str(&bundle);
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
    talk_fast_free(fast);
    return e;
}

static enum err play_live(const struct talk *talk, const struct talk_script *script,
                          struct buf *report)
{
    struct talk_live *live = NULL;
    struct errmsg msg;
    const struct talk_line *obstacle = talk_live_obstacle(script);
    if (obstacle != NULL) {
        buf_addf(report, "line %u needs %s\n", obstacle->number,
                 obstacle->verb == TALK_VERB_FAIL    ? "faults"
                 : obstacle->verb == TALK_VERB_GROUP ? "groups of its own"
                                                     : "a fake clock");
        return ERR_UNSUPPORTED;
    }
    if (talk_live_new(talk->live, talk->admin, &live, &msg) != ERR_OK) {
        buf_addf(report, "%s\n", msg.text);
        return ERR_INVALID;
    }
    talk_live_world(live)->is_shown = talk->is_shown;
    enum err e = talk_run(script, talk_live_world(live), report);
    talk_live_free(live);
    return e;
}

static enum err play_file(const struct talk *talk, const char *path, struct buf *report)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES + SCRIPT_ARENA_BYTES);
    struct talk_script *script = arena_alloc(arena, sizeof(*script));
    struct buf text CLEANUP(buf_fini);
    struct errmsg msg = {""};
    enum err e = file_read(path, TALK_MAX_BYTES, &text, &msg);
    if (e == ERR_OK)
        e = talk_parse(buf_str(&text), str_from(path), arena, script, &msg);
    if (e != ERR_OK) {
        buf_addf(report, "%s\n", msg.text);
        return ERR_INVALID;
    }
    return talk->live != NULL ? play_live(talk, script, report)
                              : play_fast(talk, script, arena, report);
}

/* --- TAP --- */

static void print_report(const struct buf *report)
{
    for (struct str rest = buf_str(report); rest.len > 0;) {
        struct str line = str_split(&rest, '\n');
        printf("# %.*s\n", STR_ARG(line));
    }
}

static bool print_result(int number, const char *path, enum err e, const struct buf *report)
{
    if (e == ERR_UNSUPPORTED) {
        struct str rest = buf_str(report);
        struct str why = str_split(&rest, '\n');
        printf("ok %d - %s # SKIP %.*s\n", number, path, STR_ARG(why));
        return true;
    }
    printf("%s %d - %s\n", e == ERR_OK ? "ok" : "not ok", number, path);
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

static int talk_run_files(const struct cli_args *args)
{
    struct talk talk = {.live = cli_get(args, "live", NULL),
                        .admin = cli_get(args, "admin", NULL),
                        .is_shown = cli_has(args, "show")};
    if (args->n_words == 0) {
        cli_complain("which transcripts? `waypost talk tests/talk/*.talk`");
        return EX_USAGE;
    }
    int code = talk.live == NULL ? find_folders(args, &talk) : EX_OK;
    if (code != EX_OK)
        return code;
    log_init(cli_has(args, "verbose") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, "talk");
    printf("1..%d\n", args->n_words);
    int n_failed = 0;
    for (int i = 0; i < args->n_words; i++) {
        struct buf report CLEANUP(buf_fini);
        buf_init(&report, REPORT_MAX_BYTES);
        enum err e = play_file(&talk, args->words[i], &report);
        n_failed += !print_result(i + 1, args->words[i], e, &report);
        (void)fflush(stdout); /* so that a long run shows where it is; failing is seen at exit */
    }
    if (n_failed > 0)
        cli_complain("%d of %d transcripts went otherwise than written", n_failed, args->n_words);
    return n_failed > 0 ? 1 : EX_OK;
}

const struct cli_command cli_talk = {
    .name = "talk",
    .summary = "play transcripts: conversations that are tests",
    .usage = "talk FILE...\n"
             "talk --live http://127.0.0.1:8080 FILE...",
    .options = {{"live", "URL", "play against a running gateway with its simulator on", false},
                {"admin", "URL", "its admin listener; the port after --live's when left out",
                 false},
                {"lessons", "DIR", "folder of the course folders", false},
                {"profiles", "DIR", "folder of the provider profiles", false},
                {"show", NULL, "show what was said, also when all goes well", false},
                {"verbose", NULL, "show the program's log", false}},
    .run = talk_run_files,
};
