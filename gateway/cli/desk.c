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
    cli_complain("%s: %s%s", desk->args->command->name,
                 e == ERR_UNAVAILABLE ? "PostgreSQL does not answer: " : "", msg->text);
    return e == ERR_UNAVAILABLE ? EX_UNAVAILABLE : e == ERR_DENIED ? EX_NOPERM : EX_DATAERR;
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
    enum err e = database_ask(desk->db, sql, params, n, fn, ctx, &msg);
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
