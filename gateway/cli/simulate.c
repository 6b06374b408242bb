/* `waypost simulate`: fills a database with an imaginary population (lab/crowd.h). */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "app/course_bundle.h"
#include "base/log.h"
#include "cli/desk.h"
#include "core/cohort.h"
#include "lab/crowd.h"
#include "lab/shipped.h"
#include "port/lesson_files.h"
#include "port/zone.h"

#define BATCH_BYTES (256u << 10) /* of records that are told at once */
#define BATCH_MAX_BYTES (4u << 20)
#define NUMBERS_PER_SEED 1000000u

struct simulate {
    struct desk desk;
    struct lesson_source source;
    struct buf bundle, batch;
    struct talk_fast_settings world;
    struct talk_tongue tongues[CROWD_MAX_TONGUES];
    struct crowd crowd;
    uint64_t n_learners, days;
    uint64_t n_records;
    char profiles[PATH_MAX];
};

/* ---- what was asked for ---- */

static int number_of(const struct cli_args *args, const char *name, uint64_t fallback, uint64_t max,
                     uint64_t *ret)
{
    const char *text = cli_get(args, name, NULL);
    *ret = fallback;
    if (text == NULL ||
        (str_to_u64(str_from(text), max, ret) == ERR_OK && (*ret > 0 || fallback == 0)))
        return EX_OK;
    cli_complain("simulate: --%s %s: a number from 1 to %" PRIu64, name, text, max);
    return EX_USAGE;
}

static int read_options(const struct cli_args *args, struct simulate *s)
{
    int code = number_of(args, "learners", 1000, NUMBERS_PER_SEED, &s->n_learners);
    if (code == EX_OK)
        code = number_of(args, "days", 120, CROWD_MAX_DAYS, &s->days);
    if (code == EX_OK)
        code = number_of(args, "seed", 1, 90, &s->crowd.seed);
    return code;
}

/* ---- the course ---- */

/* Every language that there is a translation into, approved or not: nobody is misled by it here. */
static void try_languages(struct lesson_file *files, uint32_t n, struct arena *arena)
{
    struct str list = STR_NONE;
    for (uint32_t i = 0; i < n; i++) {
        struct str name = files[i].name;
        if (str_starts(name, STR("po/")) && str_ends(name, STR(".po")))
            list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), list.p != NULL ? ", " : "",
                                STR_ARG(str_sub(name, 3, name.len - 3)));
    }
    for (uint32_t i = 0; list.p != NULL && i < n; i++) {
        struct str text = files[i].text;
        if (str_eq(files[i].name, STR("course.md")) && str_starts(text, STR("---\n")) &&
            str_find(text, STR("\ntrial_languages:")) == SIZE_MAX)
            files[i].text = arena_printf(arena, "---\ntrial_languages: [%.*s]\n%.*s", STR_ARG(list),
                                         STR_ARG(str_sub(text, 4, text.len)));
    }
}

static enum err read_course(struct simulate *s, struct errmsg *msg)
{
    char folder[PATH_MAX];
    struct lesson_file *files;
    uint32_t n;
    struct arena *arena = s->desk.arena;
    struct lesson_findings *findings = lesson_findings_new(arena);
    const char *course = cli_get(s->desk.args, "course", "children-on-the-move");
    int len =
        snprintf(folder, sizeof(folder), "%.*s/%s", STR_ARG(s->desk.config.lessons_dir), course);
    if (len >= (int)sizeof(folder) || findings == NULL)
        return errmsg_set(msg, ERR_TOO_LONG, "the path of course %s is too long", course);
    enum err e = lesson_files_read(folder, arena, &files, &n, msg);
    if (e != ERR_OK)
        return e;
    try_languages(files, n, arena);
    if (lesson_parse(files, n, arena, findings, &s->source) != ERR_OK)
        return errmsg_set(msg, ERR_INVALID, "%s has mistakes: `waypost lessons check` lists them",
                          folder);
    s->world.course_name = arena_printf(arena, "%.*s@%.*s", STR_ARG(s->source.course.id),
                                        STR_ARG(s->source.course.version));
    e = course_bundle_write(files, n, &s->bundle);
    s->world.bundle = buf_str(&s->bundle);
    return e == ERR_OK ? e : errmsg_set(msg, e, "%s cannot be bundled", folder);
}

static enum err read_tongues(struct simulate *s, struct errmsg *msg)
{
    const struct course *course = &s->source.course;
    struct str own = course->language;
    enum err e = talk_tongue_new(&s->source, own, s->desk.arena, &s->tongues[0]);
    uint32_t n = 1;
    for (uint16_t i = 0; e == ERR_OK && i < course->n_languages && n < CROWD_MAX_TONGUES; i++) {
        if (!str_eq(course->languages[i], own))
            e = talk_tongue_new(&s->source, course->languages[i], s->desk.arena, &s->tongues[n++]);
    }
    s->crowd.tongues = s->tongues;
    s->crowd.n_tongues = n;
    return e == ERR_OK ? e : errmsg_set(msg, e, "the course's languages cannot be read");
}

static enum err prepare(struct simulate *s, struct errmsg *msg)
{
    if (zone_load(STR("Africa/Nairobi"), &s->world.zone) != ERR_OK)
        return errmsg_set(msg, ERR_NOT_FOUND, "this machine knows no Africa/Nairobi (tzdata)");
    if (shipped_find("config/profiles", s->profiles) != ERR_OK)
        return errmsg_set(msg, ERR_NOT_FOUND, "no folder config/profiles here");
    s->world.profiles_dir = s->profiles;
    s->world.reminder_holdout = 10;
    enum err e = read_course(s, msg);
    if (e == ERR_OK)
        e = read_tongues(s, msg);
    s->crowd.world = &s->world;
    s->crowd.source = &s->source;
    s->crowd.until = clock_wall();
    s->crowd.from.ms = s->crowd.until.ms - (int64_t)s->days * DAY_MS;
    return e;
}

static void keep_line(void *ctx, const struct str *cells, uint32_t n)
{
    struct simulate *s = ctx;
    (void)n;
    if (cells[0].p != NULL)
        s->crowd.group_line = arena_str(s->desk.arena, cells[0]);
}

/* A group that began 18 days ago: nobody joins one later than in its third week. */
static int make_group(struct simulate *s)
{
    uint64_t random = s->crowd.seed * 2654435761u;
    uint8_t bytes[4] = {(uint8_t)(random >> 24), (uint8_t)(random >> 16), (uint8_t)(random >> 8),
                        (uint8_t)random};
    struct str code = arena_printf(s->desk.arena, "%u", cohort_code_make(bytes));
    struct str params[] = {code,
                           arena_printf(s->desk.arena, "Simulated %u", (unsigned)s->crowd.seed)};
    int result = desk_ask(&s->desk,
                          "select core.create_cohort(jsonb_build_object('code', $1, 'name', $2,"
                          " 'start', current_date - 18))",
                          params, 2, keep_line, s);
    if (result == EX_OK && s->crowd.group_line.p != NULL)
        s->crowd.group_code = code;
    return result; /* without a line it is there already, from an earlier run */
}

/* ---- telling PostgreSQL ---- */

static enum err flush(struct simulate *s)
{
    if (s->batch.len == 0)
        return ERR_OK;
    buf_add_char(&s->batch, ']');
    struct str json = buf_str(&s->batch);
    int code = desk_ask(&s->desk, "select core.ingest($1::jsonb)", &json, 1, NULL, NULL);
    buf_reset(&s->batch);
    return code == EX_OK ? ERR_OK : ERR_IO;
}

static enum err on_record(void *ctx, struct str record)
{
    struct simulate *s = ctx;
    buf_add_char(&s->batch, s->batch.len == 0 ? '[' : ',');
    buf_add_str(&s->batch, record);
    s->n_records++;
    if (buf_error(&s->batch) != ERR_OK)
        return buf_error(&s->batch);
    return s->batch.len > BATCH_BYTES ? flush(s) : ERR_OK;
}

static void show_progress(const struct simulate *s, uint64_t n_done)
{
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\rlearners: %" PRIu64 " of %" PRIu64 "%s", n_done, s->n_learners,
                      n_done < s->n_learners ? "" : "\n");
}

static int play(struct simulate *s)
{
    uint32_t base = (uint32_t)(s->crowd.seed * NUMBERS_PER_SEED);
    for (uint64_t done = 0; done < s->n_learners; done += CROWD_WORLD) {
        struct errmsg msg = {""};
        uint64_t left = s->n_learners - done;
        uint32_t n = left < CROWD_WORLD ? (uint32_t)left : CROWD_WORLD;
        enum err e = crowd_play(&s->crowd, base + (uint32_t)done, n, on_record, s, &msg);
        if (e == ERR_OK)
            e = flush(s);
        if (e != ERR_OK) {
            cli_complain("simulate: %s", msg.text[0] != '\0' ? msg.text : err_name(e));
            return EX_SOFTWARE;
        }
        show_progress(s, done + n);
    }
    (void)fprintf(stderr, "%" PRIu64 " learner%s, %" PRIu64 " record%s.\n", s->n_learners,
                  str_s(s->n_learners), s->n_records, str_s(s->n_records));
    return EX_OK;
}

static int simulate_with(struct simulate *s)
{
    struct errmsg msg;
    if (!s->desk.config.is_simulator_on) {
        cli_complain("simulate: imaginary people do not belong among real ones: this "
                     "configuration does not say `simulator: on`");
        return EX_NOPERM;
    }
    if (prepare(s, &msg) != ERR_OK) {
        cli_complain("simulate: %s", msg.text);
        return EX_DATAERR;
    }
    int code = desk_open_database(&s->desk);
    if (code == EX_OK)
        code = make_group(s);
    return code == EX_OK ? play(s) : code;
}

static int simulate_run(const struct cli_args *args)
{
    static struct simulate simulate;
    struct simulate *s = &simulate;
    int code = read_options(args, s);
    if (code != EX_OK)
        return code;
    code = desk_open(args, &s->desk);
    buf_init(&s->bundle, COURSE_MAX_BYTES + 65536);
    buf_init(&s->batch, BATCH_MAX_BYTES);
    log_init(LOG_LEVEL_ERROR,
             "simulate"); /* each of its worlds ends with a log that cannot be read */
    struct arena *config_arena = s->desk.arena;
    s->desk.arena = arena_new(2 * LESSON_ARENA_BYTES); /* the course needs more room */
    if (code == EX_OK)
        code = simulate_with(s);
    arena_free(config_arena);
    desk_close(&s->desk);
    buf_fini(&s->bundle);
    buf_fini(&s->batch);
    return code;
}

const struct cli_command cli_simulate = {
    .name = "simulate",
    .summary = "fill a database with an imaginary population",
    .usage =
        "simulate [--learners N] [--days N] [--seed N] [--course FOLDER]\n"
        "Plays imaginary people through the whole gateway, weeks in seconds, up to now, and tells\n"
        "PostgreSQL what they did: languages, SMS and USSD, sessions that break off, callbacks\n"
        "that come twice, STOP and DELETE, reminders, a group. The same seed makes the same\n"
        "people. Only where the configuration says `simulator: on`.",
    .options = {CLI_CONFIG_OPTION,
                {"learners", "N", "how many people; 1000 when left out", false},
                {"days", "N", "how long ago the first came; 120 when left out", false},
                {"seed", "N", "from 1 to 90; 1 when left out", false},
                {"course", "FOLDER", "what they learn; children-on-the-move when left out", false}},
    .run = simulate_run,
};
