#include "cli/desk.h"

#include <pwd.h>
#include <unistd.h>

#include "app/channels.h"
#include "app/course_set.h"
#include "base/log.h"
#include "port/store/values.h"
#include "role/ports.h"

int desk_open(const struct cli_args *args, struct desk *desk)
{
    *desk = (struct desk){.args = args, .arena = arena_new(CLI_CONFIG_ARENA_BYTES)};
    log_init(LOG_LEVEL_WARN, args->command->name);
    return cli_config_load(args, desk->arena, &desk->config);
}

int desk_open_store(struct desk *desk)
{
    desk->loop = loop_libevent_new();
    desk->store = role_store_wait(&desk->config, desk->loop);
    if (store_is_up(desk->store))
        return EX_OK;
    cli_complain(
        "%s: Redis does not answer; is it running, and is it the one in the configuration?",
        desk->args->command->name);
    return EX_UNAVAILABLE;
}

static int complain(const struct desk *desk, enum err e, const struct errmsg *msg)
{
    return cli_complain_postgres(desk->args->command->name, e, msg->text,
                                 "writer_conninfo of the configuration");
}

int desk_open_database(struct desk *desk)
{
    struct errmsg msg;
    enum err e = database_open(desk->config.writer_conninfo.p, &desk->db, &msg);
    return e == ERR_OK ? EX_OK : complain(desk, e, &msg);
}

int desk_vault(const struct desk *desk, struct vault **ret)
{
    struct errmsg msg;
    if (vault_openssl_new(desk->config.keys_dir.p, ret, &msg) == ERR_OK)
        return EX_OK;
    cli_complain("%s: %s", desk->args->command->name, msg.text);
    return EX_CONFIG;
}

void desk_close(struct desk *desk)
{
    if (desk->store != NULL)
        store_free(desk->store);
    course_set_free(desk->courses); /* which the store may have answered until now */
    if (desk->loop != NULL)
        loop_free(desk->loop);
    database_close(desk->db);
    arena_free(desk->arena);
}

int desk_ask(struct desk *desk, const char *sql, const struct str *params, uint32_t n,
             database_on_row *fn, void *ctx)
{
    struct errmsg msg;
    enum err e = database_ask(desk->db, &(struct sql){sql, params, n}, fn, ctx, &msg);
    return e == ERR_OK ? EX_OK : complain(desk, e, &msg);
}

void desk_on_done(void *ctx, enum err e)
{
    struct desk *desk = ctx;
    desk->e = e;
    loop_stop(desk->loop);
}

int desk_put(struct desk *desk, enum store_board board, struct str name, struct str value)
{
    store_board_put(desk->store, board, name, value, desk_on_done, desk);
    loop_run(desk->loop);
    if (desk->e == ERR_OK)
        return EX_OK;
    cli_complain("%s: Redis: %s", desk->args->command->name, err_name(desk->e));
    return EX_UNAVAILABLE;
}

struct str desk_whom(const struct cli_args *args)
{
    const struct passwd *user = getpwuid(getuid());
    const char *by = cli_get(args, "by", NULL);
    return str_from(by != NULL ? by : user != NULL ? user->pw_name : "unknown");
}

double desk_rate_per_s(const struct desk *desk)
{
    struct channels channels;
    struct errmsg msg;
    if (channels_load(&desk->config, &channels, &msg) != ERR_OK)
        return 1;
    double per_s = channels_rate_per_s(&channels);
    channels_fini(&channels);
    return per_s;
}

/* ---- published versions ---- */

#define COURSES_WAIT_MS 5000
#define COURSES_LOOK_MS 20

struct courses_wait {
    struct desk *desk;
    struct timer *timer;
    int64_t until_ms;
};

static void look_for_courses(void *ctx)
{
    struct courses_wait *wait = ctx;
    struct desk *desk = wait->desk;
    if (course_set_is_ready(desk->courses) || loop_mono(desk->loop).ms >= wait->until_ms) {
        loop_stop(desk->loop);
        return;
    }
    course_set_refresh(desk->courses);
    timer_start(desk->loop, wait->timer, COURSES_LOOK_MS);
}

const struct courses *desk_courses(struct desk *desk)
{
    struct courses_wait wait = {.desk = desk};
    if (desk->courses == NULL)
        desk->courses = course_set_new(desk->loop, desk->store);
    course_set_prefer(desk->courses, desk->config.course);
    wait.timer = timer_new(desk->loop, look_for_courses, &wait);
    wait.until_ms = loop_mono(desk->loop).ms + COURSES_WAIT_MS;
    timer_start(desk->loop, wait.timer, 0);
    loop_run(desk->loop);
    timer_free(desk->loop, wait.timer);
    return course_set_courses(desk->courses);
}

/* ---- names that people type ---- */

struct known {
    struct arena *arena;
    struct str name, others;
    bool is_there;
};

static void look_at(struct known *known, struct str name)
{
    known->is_there |= str_eq(name, known->name);
    known->others = known->others.p == NULL ? arena_str(known->arena, name)
                                            : arena_printf(known->arena, "%.*s, %.*s",
                                                           STR_ARG(known->others), STR_ARG(name));
}

static void on_course(void *ctx, const struct str *cells, uint32_t n)
{
    (void)n;
    look_at(ctx, cells[0]);
}

static int judge(const struct desk *desk, const struct known *known, const char *what)
{
    bool has_any = !str_is_empty(known->others);
    if (known->is_there)
        return EX_OK;
    cli_complain("%s: there is no %s %.*s; %s%.*s", desk->args->command->name, what,
                 STR_ARG(known->name), has_any ? "there is " : "`waypost lessons publish` first",
                 STR_ARG(known->others));
    return EX_DATAERR;
}

int desk_know_course(struct desk *desk, const char *course)
{
    struct known known = {.arena = desk->arena, .name = str_from(course)};
    if (course == NULL)
        return EX_OK;
    int code = desk_ask(desk, "select distinct course from core.list_courses() order by 1", NULL, 0,
                        on_course, &known);
    return code == EX_OK ? judge(desk, &known, "course") : code;
}

int desk_know_language(struct desk *desk, const char *course, const char *lang)
{
    struct known known = {.arena = desk->arena, .name = str_from(lang)};
    if (lang == NULL)
        return EX_OK;
    const struct courses *courses = desk_courses(desk);
    const struct course *c =
        course != NULL ? courses_start(courses, str_from(course)) : courses_current(courses);
    for (uint16_t i = 0; c != NULL && i < c->n_languages; i++)
        look_at(&known, c->languages[i]);
    if (c != NULL && c->n_languages == 0)
        look_at(&known, c->language);
    return judge(desk, &known, "course in the language");
}
