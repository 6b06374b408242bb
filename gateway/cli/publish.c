/* `waypost lessons publish`, `withdraw` and `versions`: desk.h says what they do. */
#include <stdio.h>

#include "app/course_bundle.h"
#include "app/course_json.h"
#include "cli/desk.h"
#include "core/courses.h"
#include "core/lesson/compare.h"
#include "port/store/values.h"

#define BUNDLE_MAX_BYTES (COURSE_MAX_BYTES + 65536u)

/* --- PostgreSQL --- */

static int publish_to_database(struct desk *desk, const struct course *course, struct str bundle)
{
    struct errmsg msg;
    char hash[DATABASE_SHA256_BYTES];
    enum err e = database_sha256(desk->db, bundle, hash, &msg);
    struct buf json CLEANUP(buf_fini);
    buf_init(&json, COURSE_JSON_MAX_BYTES);
    if (e == ERR_OK)
        course_json(course, bundle, str_from(hash), &json);
    if (e == ERR_OK)
        e = buf_error(&json) == ERR_OK
                ? database_publish(desk->db, buf_str(&json), &msg)
                : errmsg_set(&msg, buf_error(&json), "the course is too big");
    if (e == ERR_OK)
        return EX_OK;
    int code =
        cli_complain_postgres("lessons", e, msg.text, "writer_conninfo of the configuration");
    return e == ERR_INVALID || e == ERR_DENIED ? code : EX_UNAVAILABLE;
}

/* --- Redis --- */

static int publish_to_store(struct desk *desk, struct str name, struct str bundle, bool is_first)
{
    desk->e = ERR_UNAVAILABLE;
    store_course_put(desk->store, name, bundle, is_first, desk_on_done, desk);
    loop_run(desk->loop);
    if (desk->e == ERR_OK)
        return EX_OK;
    cli_complain("Redis: %s; publish it again, PostgreSQL has it already", err_name(desk->e));
    return EX_UNAVAILABLE;
}

/* Who is asked to agree must be told what it costs (docs/course-rules.md 1.2 rule 4). */
static bool has_costs(const struct config *config)
{
    for (uint32_t i = 0; i < config->n_channels; i++) {
        const struct config_channel *channel = &config->channels[i];
        const struct config_country *row = config_country_get(config, channel->country);
        if (row != NULL && !str_is_empty(row->cost))
            continue;
        cli_complain("not published: learners on the channel %.*s are not told what an SMS costs "
                     "them. In the configuration, under `countries:`, add to %.*s\n"
                     "    cost: Each SMS costs you your normal rate.\n"
                     "or `cost: Free`, and publish again",
                     STR_ARG(channel->name), STR_ARG(channel->country));
        return false;
    }
    return true;
}

/* --- beside what is published already --- */

/* The last version of each course, this one's among them. */
struct published {
    struct desk *desk;
    struct arena *arena; /* owns the strings */
    struct str name;     /* of this one, "id@version" */
    uint32_t n_versions; /* of all courses, this one not among them */
    uint32_t n;
    struct published_course {
        struct str id, version, bundle;
    } list[COURSES_MAX];
    enum err e;
};

static void add_published(struct published *all, struct str name, struct str bundle)
{
    struct str version = name;
    struct str id = str_split(&version, '@');
    struct published_course *course = NULL;
    for (uint32_t i = 0; i < all->n; i++)
        course = str_eq(all->list[i].id, id) ? &all->list[i] : course;
    if (course != NULL && lesson_version_step(course->version, version) == LESSON_LEVEL_NONE)
        return;
    if (course == NULL && all->n < COURSES_MAX)
        course = &all->list[all->n++];
    if (course != NULL)
        *course =
            (struct published_course){arena_str(all->arena, id), arena_str(all->arena, version),
                                      arena_str(all->arena, bundle)};
}

static void on_published(void *ctx, enum err e, const struct str *names, const struct str *bundles,
                         uint32_t n, struct str current)
{
    struct published *all = ctx;
    (void)current;
    for (uint32_t i = 0; e == ERR_OK && i < n; i++) {
        add_published(all, names[i], bundles[i]);
        all->n_versions += !str_eq(names[i], all->name);
    }
    all->e = e == ERR_OK ? arena_error(all->arena) : e;
    loop_stop(all->desk->loop);
}

/* NULL: it cannot be read any more, which is said and no reason to publish nothing. */
static const struct lesson_source *load_published(const struct published_course *from,
                                                  struct arena *arena,
                                                  struct lesson_file files[LESSON_MAX_FILES],
                                                  uint32_t *ret_n)
{
    struct lesson_source *source = arena_new_array(arena, struct lesson_source, 1);
    struct lesson_findings *findings = lesson_findings_new(arena);
    bool is_read = source != NULL && findings != NULL &&
                   course_bundle_read(from->bundle, files, ret_n) == ERR_OK &&
                   lesson_parse(files, *ret_n, arena, findings, source) == ERR_OK;
    if (!is_read)
        cli_complain("%.*s@%.*s cannot be read any more; this one is not compared with it",
                     STR_ARG(from->id), STR_ARG(from->version));
    return is_read ? source : NULL;
}

/* The line of course.md that has the keyword, from 1. */
static uint32_t keyword_line(const struct lesson_file *files, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct str rest = str_eq(files[i].name, STR("course.md")) ? files[i].text : STR_NONE;
        for (uint32_t line = 1; rest.p != NULL; line++) {
            if (str_starts(str_split(&rest, '\n'), STR("keyword:")))
                return line;
        }
    }
    return 1;
}

/* A word begins one course only. */
static int check_keyword(const struct course *course, const struct lesson_file *files, uint32_t n,
                         const struct published_course *other)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct lesson_file theirs[LESSON_MAX_FILES];
    uint32_t n_theirs = 0;
    const struct lesson_source *source = load_published(other, arena, theirs, &n_theirs);
    const struct course *loaded = source != NULL ? &source->course : NULL;
    if (loaded == NULL || str_is_empty(course->keyword) ||
        !str_eq(loaded->keyword, course->keyword))
        return EX_OK;
    cli_complain("not published: course.md:%u: '%.*s' begins the course %.*s already (course.md:%u "
                 "of its version %.*s); choose another keyword",
                 keyword_line(files, n), STR_ARG(course->keyword), STR_ARG(loaded->id),
                 keyword_line(theirs, n_theirs), STR_ARG(loaded->version));
    return EX_DATAERR;
}

static const struct published_course *find_published(const struct published *all, struct str id)
{
    for (uint32_t i = 0; i < all->n; i++) {
        if (str_eq(all->list[i].id, id))
            return &all->list[i];
    }
    return NULL;
}

/* Courses that wait for each other could be begun by nobody. One that waits for a course that is
 * not there yet is told of, and published. */
static int check_order(const struct course *course, const struct published *all)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct str after = course->after;
    for (uint32_t step = 0; after.p != NULL && step <= all->n; step++) {
        struct lesson_file files[LESSON_MAX_FILES];
        uint32_t n = 0;
        if (str_eq(after, course->id)) {
            cli_complain("not published: %.*s is to come after %.*s, and that after %.*s in its "
                         "turn: nobody could begin either; mend `after` in course.md",
                         STR_ARG(course->id), STR_ARG(course->after), STR_ARG(course->id));
            return EX_DATAERR;
        }
        const struct published_course *before = find_published(all, after);
        if (before == NULL)
            cli_complain("nobody can begin %.*s before %.*s is published, too", STR_ARG(course->id),
                         STR_ARG(after));
        arena_reset(arena);
        const struct lesson_source *source =
            before != NULL ? load_published(before, arena, files, &n) : NULL;
        after = source != NULL && source->course.after.p != NULL
                    ? arena_str(all->arena, source->course.after)
                    : STR_NONE;
    }
    return EX_OK;
}

/* The changes that ask for more than the number says. */
static void tell_changes(const struct lesson_changes *changes, enum lesson_level step)
{
    for (uint32_t i = 0; i < changes->n; i++) {
        const struct lesson_change *change = &changes->list[i];
        if (changes->has_other_items ? change->is_other_item : change->level > step)
            fprintf(stderr, "  %s: %.*s\n", lesson_level_name(change->level),
                    STR_ARG(change->what));
    }
}

/* A version number says what happens to those who are in the middle (docs/course-rules.md 6.4.3);
 * it must not say less than what changed. */
static int check_step(struct str old, struct str now, const struct lesson_changes *changes)
{
    enum lesson_level step = lesson_version_step(old, now);
    if (step == LESSON_LEVEL_NONE) {
        cli_complain("not published: version %.*s comes before %.*s, which is published",
                     STR_ARG(now), STR_ARG(old));
        return EX_DATAERR;
    }
    if (changes->has_other_items)
        cli_complain("not published: answers to these questions would be counted with those to "
                     "others; give them new ids");
    else if (step < changes->level)
        cli_complain(
            "not published: version %.*s after %.*s is a %s one, but what changed is more: "
            "raise the %s number",
            STR_ARG(now), STR_ARG(old), lesson_level_name(step),
            changes->level == LESSON_LEVEL_MAJOR ? "first" : "second");
    else
        fprintf(stderr, "%.*s to %.*s: %s\n", STR_ARG(old), STR_ARG(now), lesson_level_name(step));
    bool is_refused = changes->has_other_items || step < changes->level;
    if (is_refused)
        tell_changes(changes, step);
    return is_refused ? EX_DATAERR : EX_OK;
}

static int check_version(const struct lesson_source *now, const struct published_course *before)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct lesson_file files[LESSON_MAX_FILES];
    struct lesson_changes changes;
    uint32_t n;
    const struct lesson_source *last = load_published(before, arena, files, &n);
    if (last == NULL || str_eq(last->course.version, now->course.version))
        return EX_OK; /* the same version again: PostgreSQL compares the content */
    if (lesson_compare(last, now, arena, &changes) != ERR_OK) {
        cli_complain("the courses are too big to be compared");
        return EX_DATAERR;
    }
    return check_step(last->course.version, now->course.version, &changes);
}

/* A gateway loads no more, and after its next start it might leave out whichever. */
static int check_room(const struct published *all)
{
    if (all->n_versions < COURSES_MAX)
        return EX_OK;
    cli_complain("not published: a gateway loads no more than %u versions, and there are as many. "
                 "See `waypost lessons list` for one that nobody learns by any more, take it out "
                 "with `redis-cli hdel wp:courses COURSE@VERSION`, and restart the gateways",
                 COURSES_MAX);
    return EX_DATAERR;
}

static int check_beside(struct desk *desk, const struct lesson_source *source,
                        const struct lesson_file *files, uint32_t n, struct str name)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new((size_t)COURSES_MAX * BUNDLE_MAX_BYTES);
    struct published all = {.desk = desk, .arena = arena, .name = name, .e = ERR_UNAVAILABLE};
    store_courses_get(desk->store, on_published, &all);
    loop_run(desk->loop);
    if (all.e != ERR_OK)
        cli_complain("Redis: %s", err_name(all.e));
    int code = all.e == ERR_OK ? check_room(&all) : EX_UNAVAILABLE;
    for (uint32_t i = 0; i < all.n && code == EX_OK; i++)
        code = str_eq(all.list[i].id, source->course.id)
                   ? check_version(source, &all.list[i])
                   : check_keyword(&source->course, files, n, &all.list[i]);
    return code == EX_OK ? check_order(&source->course, &all) : code;
}

/* --- which version is begun --- */

struct starts {
    struct desk *desk;
    int code;
};

static void on_start(void *ctx, const struct str *cells, uint32_t n)
{
    struct starts *starts = ctx;
    (void)n;
    if (starts->code == EX_OK)
        starts->code = desk_put(starts->desk, STORE_BOARD_STARTS, cells[0], cells[1]);
}

/* All of them: the first time, gateways learn so which others were begun before. */
static int tell_starts(struct desk *desk)
{
    struct starts starts = {desk, EX_OK};
    int code = desk_ask(desk, "select course, value from core.course_starts()", NULL, 0, on_start,
                        &starts);
    return code != EX_OK ? code : starts.code;
}

static int open_both(struct desk *desk)
{
    int code = desk_open_database(desk);
    return code == EX_OK ? desk_open_store(desk) : code;
}

int publish_course(struct desk *desk, const struct lesson_source *source,
                   const struct lesson_file *files, uint32_t n_files, struct str at,
                   struct str approved_by)
{
    const struct course *course = &source->course;
    if (!has_costs(&desk->config) || cli_config_go_live(&desk->config, "not published") != EX_OK)
        return EX_CONFIG;
    struct buf bundle CLEANUP(buf_fini), name CLEANUP(buf_fini);
    buf_init(&bundle, BUNDLE_MAX_BYTES);
    buf_init(&name, 256);
    buf_addf(&name, "%.*s@%.*s", STR_ARG(course->id), STR_ARG(course->version));
    enum err e = course_bundle_write(files, n_files, &bundle);
    if (e != ERR_OK) {
        cli_complain("the course cannot be bundled: %s", err_name(e));
        return EX_DATAERR;
    }
    const struct str params[] = {course->id, course->version, at, approved_by};
    int code = open_both(desk);
    if (code == EX_OK)
        code = check_beside(desk, source, files, n_files, buf_str(&name));
    if (code == EX_OK)
        code = publish_to_database(desk, course, buf_str(&bundle));
    if (code == EX_OK)
        code = publish_to_store(desk, buf_str(&name), buf_str(&bundle),
                                str_eq(course->id, desk->config.course));
    if (code == EX_OK)
        code = desk_ask(desk, "select core.start_course($1, $2, $3::timestamptz, $4)", params,
                        ARRAY_LEN(params), NULL, NULL);
    if (code == EX_OK)
        code = tell_starts(desk);
    if (code == EX_OK) {
        printf("%.*s\n", STR_ARG(buf_str(&name)));
        fprintf(stderr, "published; new learners of this course start it %s%.*s\n",
                at.p != NULL ? "from " : "within half a minute", STR_ARG(at));
    }
    return code;
}

int publish_withdraw(struct desk *desk, struct str course)
{
    const struct config *config = &desk->config;
    for (uint32_t i = 0; i <= config->n_channels; i++) { /* the last one: of all others */
        bool is_channel = i < config->n_channels;
        if (!str_eq(course, is_channel ? config->channels[i].course : config->course))
            continue;
        cli_complain("%.*s is what JOIN starts %s%.*s; name another one as `course:` in the "
                     "configuration first",
                     STR_ARG(course), is_channel ? "on " : "here",
                     STR_ARG(is_channel ? config->channels[i].name : STR("")));
        return EX_DATAERR;
    }
    int code = open_both(desk);
    if (code == EX_OK)
        code = desk_ask(desk, "select core.withdraw_course($1)", &course, 1, NULL, NULL);
    return code == EX_OK ? tell_starts(desk) : code;
}

static void on_version(void *ctx, const struct str *cells, uint32_t n)
{
    (void)ctx;
    for (uint32_t i = 0; i < n; i++)
        printf("%s%.*s", i > 0 ? "\t" : "", STR_ARG(cells[i]));
    printf("\n");
}

int publish_list(struct desk *desk)
{
    int code = desk_open_database(desk);
    if (code != EX_OK)
        return code;
    printf("course\tversion\tpublished\tstate\tlearners\tapproved\n");
    return desk_ask(desk,
                    "select course, version, published_at, state, learners, approved from "
                    "core.list_courses()",
                    NULL, 0, on_version, NULL);
}
