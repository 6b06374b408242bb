#include "app/course_set.h"

#include <stdlib.h>
#include <string.h>

#include "app/course_bundle.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "core/lesson/compare.h"
#include "port/store/values.h"

#define REFRESH_PAUSE_MS 1000
#define CORRECTIONS_ARENA_BYTES (COURSES_MAX_CORRECTIONS * 256u)

/* A version that has come, and has not had its turn. */
struct coming {
    struct str name, bundle;
    uint64_t print; /* of both */
    bool is_current;
};

struct course_set {
    struct loop *loop;
    struct store *store;
    struct courses courses;
    struct arena *arenas[COURSES_MAX]; /* of the course with the same index */
    struct str preferred;              /* id of the course that a bare JOIN starts */
    struct arena *corrected;           /* owns courses.corrections */
    bool is_asking;
    bool has_bundles; /* of this time */
    bool has_response;
    struct mono_ms asked;
    struct timer *turn;       /* of the next of those that have come */
    struct arena *coming_own; /* owns coming; NULL: none */
    struct coming *coming;
    uint32_t n_coming;
    struct arena *loading_own;      /* owns loading; NULL: none is being loaded */
    struct lesson_loading *loading; /* the last of those that have come */
    uint64_t refused[COURSES_MAX];  /* prints of the last bundles that could not be loaded */
    uint32_t n_refused;
};

static void on_turn(void *ctx);

struct course_set *course_set_new(struct loop *loop, struct store *store)
{
    struct course_set *set = xcalloc(1, sizeof(*set));
    set->loop = loop;
    set->store = store;
    set->turn = timer_new(loop, on_turn, set);
    return set;
}

void course_set_free(struct course_set *set)
{
    if (set == NULL)
        return;
    for (uint16_t i = 0; i < set->courses.n; i++)
        arena_free(set->arenas[i]);
    arena_free(set->corrected);
    arena_free(set->coming_own);
    arena_free(set->loading_own);
    timer_free(set->loop, set->turn);
    free(set);
}

const struct courses *course_set_courses(const struct course_set *set)
{
    return &set->courses;
}

static bool has_name(const struct course *course, struct str name)
{
    size_t at = str_find_char(name, '@');
    return at != SIZE_MAX && str_eq(str_sub(name, 0, at), course->id) &&
           str_eq(str_sub(name, at + 1, name.len), course->version);
}

static uint16_t find_name(const struct course_set *set, struct str name)
{
    uint16_t i = 0;
    while (i < set->courses.n && !has_name(set->courses.list[i], name))
        i++;
    return i;
}

struct opened {
    struct lesson_file *files; /* in the arena */
    uint32_t n;
};

static enum err open_bundle(const struct course_set *set, struct str name, struct str bundle,
                            struct arena *arena, struct opened *ret, struct errmsg *msg)
{
    if (set->courses.n == COURSES_MAX)
        return errmsg_set(msg, ERR_FULL, "%.*s: more than %u versions", STR_ARG(name), COURSES_MAX);
    struct str copy = arena_str(arena, bundle);
    ret->files = arena_new_array(arena, struct lesson_file, LESSON_MAX_FILES);
    enum err e = arena_error(arena);
    if (e == ERR_OK)
        e = course_bundle_read(copy, ret->files, &ret->n);
    if (e != ERR_OK)
        return errmsg_set(msg, e, "%.*s: the bundle cannot be read (%s); publish it again",
                          STR_ARG(name), err_name(e));
    return ERR_OK;
}

/* On success the arena is the set's. */
static enum err keep(struct course_set *set, struct str name, struct arena *arena,
                     const struct course *course, struct errmsg *msg)
{
    struct courses *courses = &set->courses;
    if (!has_name(course, name))
        return errmsg_set(msg, ERR_INVALID, "%.*s: the bundle holds %.*s@%.*s", STR_ARG(name),
                          STR_ARG(course->id), STR_ARG(course->version));
    if (courses_find(courses, course->key) != NULL)
        return errmsg_set(
            msg, ERR_CONFLICT,
            "%.*s has the same key as a version that is loaded; give it another version",
            STR_ARG(name));
    set->arenas[courses->n] = arena;
    courses->list[courses->n++] = course;
    return ERR_OK;
}

static enum err add_new(struct course_set *set, struct str name, struct str bundle,
                        struct errmsg *msg)
{
    struct opened opened;
    const struct course *course;
    struct arena *arena = arena_new(LESSON_ARENA_BYTES);
    enum err e = open_bundle(set, name, bundle, arena, &opened, msg);
    if (e == ERR_OK)
        e = lesson_load(opened.files, opened.n, arena, &course, msg);
    if (e == ERR_OK)
        e = keep(set, name, arena, course, msg);
    if (e != ERR_OK)
        arena_free(arena);
    return e;
}

/* In the order of their ids, so that the list is the same in every process. */
static void add_start(struct course_set *set, uint16_t index)
{
    struct courses *c = &set->courses;
    struct str id = c->list[index]->id;
    uint16_t i = 0;
    while (i < c->n_starts && str_cmp(c->list[c->starts[i]]->id, id) < 0)
        i++;
    bool is_new = i == c->n_starts || !str_eq(c->list[c->starts[i]]->id, id);
    if (is_new)
        memmove(&c->starts[i + 1], &c->starts[i],
                (size_t)(c->n_starts++ - i) * sizeof(c->starts[0]));
    c->starts[i] = index;
}

static void make_current(struct course_set *set, uint16_t index)
{
    set->courses.current = index;
    add_start(set, index);
}

enum err course_set_add(struct course_set *set, struct str name, struct str bundle, bool is_current,
                        struct errmsg *msg)
{
    uint16_t i = find_name(set, name);
    enum err e = i == set->courses.n ? add_new(set, name, bundle, msg) : ERR_OK;
    if (e == ERR_OK && is_current)
        make_current(set, i);
    return e;
}

/* ---- what is begun ---- */

void course_set_prefer(struct course_set *set, struct str course)
{
    set->preferred = course;
}

static void choose_current(struct course_set *set)
{
    struct courses *c = &set->courses;
    const struct course *preferred = courses_start(c, set->preferred);
    if (c->n_starts > 0)
        c->current = c->starts[0];
    for (uint16_t i = 0; i < c->n; i++)
        c->current = c->list[i] == preferred ? i : c->current;
}

/* That version, or, where it could not be loaded, the last one before it: a bad file stops nobody
 * from beginning. courses->n: none. */
static uint16_t find_version(const struct courses *courses, struct str id, struct str version)
{
    uint16_t found = courses->n;
    for (uint16_t i = 0; i < courses->n; i++) {
        const struct course *course = courses->list[i];
        bool is_before = lesson_version_step(course->version, version) != LESSON_LEVEL_NONE;
        if (!str_eq(course->id, id) || !(is_before || str_eq(course->version, version)))
            continue;
        if (found == courses->n || lesson_version_step(courses->list[found]->version,
                                                       course->version) != LESSON_LEVEL_NONE)
            found = i;
    }
    return found;
}

struct start {
    struct str version, next; /* next absent: nothing is planned */
    uint64_t since_ms, from_ms;
};

/* "1.0.0@1767225600000 1.1.0 1798761600000" */
static struct start read_start(struct str value)
{
    struct str rest = value;
    struct str since = str_split(&rest, ' ');
    struct start start = {.version = str_split(&since, '@')};
    struct str next = rest.p != NULL ? str_split(&rest, ' ') : STR_NONE;
    if (since.p == NULL || str_to_u64(since, INT64_MAX, &start.since_ms) != ERR_OK)
        start.since_ms = 0;
    if (next.p != NULL && str_to_u64(rest, INT64_MAX, &start.from_ms) == ERR_OK)
        start.next = next;
    return start;
}

void course_set_starts(struct course_set *set, const struct str *ids, const struct str *values,
                       uint32_t n, struct wall_ms now)
{
    if (n == 0)
        return; /* a gateway that was set up before there were several */
    set->courses.n_starts = 0;
    for (uint32_t i = 0; i < n && set->courses.n_starts < COURSES_MAX; i++) {
        struct start start = read_start(values[i]);
        if (start.next.p != NULL && now.ms >= (int64_t)start.from_ms) {
            if (lesson_version_step(start.version, start.next) == LESSON_LEVEL_MAJOR)
                start.since_ms = start.from_ms;
            start.version = start.next;
        }
        uint16_t j = find_version(&set->courses, ids[i], start.version);
        if (j == set->courses.n)
            continue;
        set->courses.since_ms[j] = (int64_t)start.since_ms;
        add_start(set, j);
    }
    choose_current(set);
}

/* ---- wrong keys ---- */

/* "1,3"; 0: no options. */
static uint16_t read_options(struct str value)
{
    unsigned options = 0;
    for (struct str word; (word = str_split(&value, ',')).p != NULL;) {
        uint64_t option;
        if (str_to_u64(word, COURSE_MAX_CHOICES, &option) != ERR_OK || option == 0)
            return 0;
        options |= 1u << option;
    }
    return (uint16_t)options;
}

void course_set_corrections(struct course_set *set, const struct str *names,
                            const struct str *values, uint32_t n)
{
    struct arena *arena = arena_new(CORRECTIONS_ARENA_BYTES);
    struct course_correction *list =
        arena_new_array(arena, struct course_correction, COURSES_MAX_CORRECTIONS);
    uint16_t n_read = 0;
    for (uint32_t i = 0; list != NULL && i < n && n_read < COURSES_MAX_CORRECTIONS; i++) {
        struct str unit = names[i];
        struct str course = str_split(&unit, '/');
        uint16_t options = read_options(values[i]);
        if (unit.p != NULL && options != 0)
            list[n_read++] = (struct course_correction){arena_str(arena, course),
                                                        arena_str(arena, unit), options};
    }
    if (n > COURSES_MAX_CORRECTIONS || arena_error(arena) != ERR_OK)
        LOG_ERROR("courses", "too many corrections", "n=%u max=%u", n, COURSES_MAX_CORRECTIONS);
    arena_free(set->corrected);
    set->corrected = arena;
    set->courses.corrections = list;
    set->courses.n_corrections = n_read;
}

static void on_corrections(void *ctx, enum err e, const struct str *names, const struct str *values,
                           uint32_t n)
{
    struct course_set *set = ctx;
    set->is_asking = false;
    if (e != ERR_OK) {
        LOG_WARN("courses", "not known what was corrected", "err=%s", err_name(e));
        return;
    }
    course_set_corrections(set, names, values, n);
    set->has_response = true;
}

static bool is_loaded(const struct course_set *set, struct str id, struct str version)
{
    uint16_t i = 0;
    while (i < set->courses.n && !(str_eq(set->courses.list[i]->id, id) &&
                                   str_eq(set->courses.list[i]->version, version)))
        i++;
    return i < set->courses.n || str_eq(version, STR("-"));
}

/* All that are begun, or will be? */
static bool has_all(const struct course_set *set, const struct str *ids, const struct str *values,
                    uint32_t n)
{
    bool is_all = n > 0; /* else of a gateway that was set up before there were several */
    for (uint32_t i = 0; i < n; i++) {
        struct start start = read_start(values[i]);
        is_all = is_all && is_loaded(set, ids[i], start.version) &&
                 (start.next.p == NULL || is_loaded(set, ids[i], start.next));
    }
    return is_all;
}

static void on_courses(void *ctx, enum err e, const struct str *names, const struct str *bundles,
                       uint32_t n, struct str current);

static void on_starts(void *ctx, enum err e, const struct str *ids, const struct str *values,
                      uint32_t n)
{
    struct course_set *set = ctx;
    if (e != ERR_OK) {
        set->is_asking = false;
        LOG_WARN("courses", "not known which are begun", "err=%s", err_name(e));
        return;
    }
    if (!set->has_bundles && !has_all(set, ids, values, n)) {
        store_courses_get(set->store, on_courses, set);
        return;
    }
    course_set_starts(set, ids, values, n, loop_wall(set->loop));
    store_board_get(set->store, STORE_BOARD_CORRECTIONS, on_corrections, set);
}

static bool was_refused(const struct course_set *set, uint64_t print)
{
    for (uint32_t i = 0; i < set->n_refused && i < COURSES_MAX; i++) {
        if (set->refused[i] == print)
            return true;
    }
    return false;
}

uint32_t course_set_n_refused(const struct course_set *set)
{
    return set->n_refused;
}

/* Of what the store lends for this turn only, all that is not loaded. ERR_TOO_LONG: nothing is
 * kept. */
static enum err keep_coming(struct course_set *set, const struct str *names,
                            const struct str *bundles, uint32_t n, struct str current)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += sizeof(struct coming) + names[i].len + bundles[i].len + 64; /* it rounds up */
    arena_free(set->coming_own);
    set->coming_own = arena_new(bytes);
    set->coming = arena_new_array(set->coming_own, struct coming, n);
    set->n_coming = 0;
    for (uint32_t i = n; set->coming != NULL && i-- > 0;) { /* the last one is taken first */
        uint16_t at = find_name(set, names[i]);
        bool is_current = str_eq(names[i], current);
        if (at == set->courses.n)
            set->coming[set->n_coming++] =
                (struct coming){.name = arena_str(set->coming_own, names[i]),
                                .bundle = arena_str(set->coming_own, bundles[i]),
                                .is_current = is_current};
        else if (is_current)
            make_current(set, at);
    }
    enum err e = arena_error(set->coming_own);
    set->n_coming = e == ERR_OK ? set->n_coming : 0;
    return e;
}

/* ---- loading what has come, a step in each turn ---- */

static void end_coming(struct course_set *set, enum err e, const struct errmsg *msg)
{
    const struct coming *c = &set->coming[--set->n_coming];
    if (e != ERR_OK) {
        LOG_ERROR("courses", "version refused", "reason=\"%s\"", msg->text);
        set->refused[set->n_refused++ % COURSES_MAX] = c->print;
        arena_free(set->loading_own);
    } else {
        LOG_INFO("courses", "version loaded", "course=%.*s", STR_ARG(c->name));
        if (c->is_current)
            make_current(set, (uint16_t)(set->courses.n - 1));
    }
    set->loading_own = NULL;
}

/* What this program could not load is not tried again. */
static void begin_coming(struct course_set *set, struct coming *c)
{
    struct opened opened;
    struct errmsg msg;
    c->print = str_hash(c->name) ^ (str_hash(c->bundle) << 1);
    if (was_refused(set, c->print)) {
        set->n_coming--;
        return;
    }
    set->loading_own = arena_new(LESSON_ARENA_BYTES);
    enum err e = open_bundle(set, c->name, c->bundle, set->loading_own, &opened, &msg);
    if (e == ERR_OK)
        e = lesson_loading_new(opened.files, opened.n, set->loading_own, &set->loading, &msg);
    if (e != ERR_OK)
        end_coming(set, e, &msg);
}

static void go_on(struct course_set *set, const struct coming *c)
{
    const struct course *course;
    struct errmsg msg;
    if (lesson_loading_step(set->loading))
        return;
    enum err e = lesson_loading_end(set->loading, &course, &msg);
    if (e == ERR_OK)
        e = keep(set, c->name, set->loading_own, course, &msg);
    end_coming(set, e, &msg);
}

/* Between the steps people are answered. */
static void on_turn(void *ctx)
{
    struct course_set *set = ctx;
    if (set->n_coming == 0) {
        arena_free(set->coming_own);
        set->coming_own = NULL;
        store_board_get(set->store, STORE_BOARD_STARTS, on_starts, set);
        return;
    }
    struct coming *last = &set->coming[set->n_coming - 1];
    if (set->loading_own == NULL)
        begin_coming(set, last);
    else
        go_on(set, last);
    timer_start(set->loop, set->turn, 0);
}

static void on_courses(void *ctx, enum err e, const struct str *names, const struct str *bundles,
                       uint32_t n, struct str current)
{
    struct course_set *set = ctx;
    if (e == ERR_OK)
        e = keep_coming(set, names, bundles, n, current);
    if (e != ERR_OK) {
        set->is_asking = false;
        LOG_WARN("courses", "not loaded", "err=%s", err_name(e));
        return;
    }
    set->has_bundles = true;
    on_turn(set);
}

/* False: it is being asked, or was asked a moment ago. */
static bool begin_asking(struct course_set *set)
{
    struct mono_ms now = loop_mono(set->loop);
    bool is_soon = set->asked.ms != 0 && now.ms - set->asked.ms < REFRESH_PAUSE_MS;
    if (set->store == NULL || set->is_asking || is_soon)
        return false;
    set->is_asking = true;
    set->has_bundles = false;
    set->asked = now;
    return true;
}

void course_set_refresh(struct course_set *set)
{
    if (begin_asking(set))
        store_courses_get(set->store, on_courses, set);
}

void course_set_watch(struct course_set *set)
{
    if (!course_set_is_ready(set))
        course_set_refresh(set);
    else if (begin_asking(set))
        store_board_get(set->store, STORE_BOARD_STARTS, on_starts, set);
}

bool course_set_is_ready(const struct course_set *set)
{
    return set->has_response && set->courses.n > 0;
}
