#include "role/again.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/erasures.h"

#define EACH_MS (10 * MINUTE_MS)
#define LOOK_MS 1000 /* whether the child has ended */
#define MARK_BYTES 40

/* As core.erasures_mark() makes it. */
static void make_mark(struct str lines, char ret[MARK_BYTES])
{
    uint64_t n = 0, mark = 0;
    while (lines.len > 0) {
        uint8_t hash[ERASURES_HASH_BYTES];
        uint64_t first = 0;
        if (hex_decode(str_split(&lines, '\n'), hash, sizeof(hash)) != ERR_OK)
            continue; /* nobody's */
        for (size_t i = 0; i < sizeof(first); i++)
            first = first << 8 | hash[i];
        mark ^= first;
        n++;
    }
    (void)snprintf(ret, MARK_BYTES, "%" PRIu64 " %016" PRIx64, n, mark); /* has room */
}

static void on_mark(void *ctx, const struct str *cells, uint32_t n)
{
    (void)n;
    if (str_copy(cells[0], ctx, MARK_BYTES) != ERR_OK)
        *(char *)ctx = '\0'; /* unlike ours, too */
}

static void on_missing(void *ctx, const struct str *cells, uint32_t n)
{
    (void)n;
    buf_add_str(ctx, cells[0]);
    buf_add_char(ctx, '\n');
}

static enum err make_equal(struct database *db, struct erasures *file, struct errmsg *msg)
{
    struct str lines = erasures_lines(file);
    char ours[MARK_BYTES], theirs[MARK_BYTES] = "";
    make_mark(lines, ours);
    enum err e = database_ask(db, &(struct sql){.text = "select core.erasures_mark()"}, on_mark,
                              theirs, msg);
    if (e != ERR_OK || strcmp(ours, theirs) == 0)
        return e;
    struct buf missing CLEANUP(buf_fini);
    buf_init(&missing, ERASURES_MAX_BYTES);
    e = database_ask(db, &(struct sql){"select * from core.erase_again($1)", &lines, 1}, on_missing,
                     &missing, msg);
    if (e == ERR_OK && buf_error(&missing) != ERR_OK)
        e = errmsg_set(msg, buf_error(&missing), "more erasures than a file takes");
    return e == ERR_OK ? erasures_add(file, buf_str(&missing), msg) : e;
}

enum err erase_again(struct database *db, const char *dir, struct errmsg *msg)
{
    struct erasures *file;
    enum err e = erasures_open(dir, &file, msg);
    if (e != ERR_OK)
        return e;
    e = make_equal(db, file, msg);
    erasures_close(file);
    return e;
}

/* ---- every few minutes ---- */

struct again {
    const struct role_context *role;
    struct timer *timer;
    pid_t child; /* 0 = none */
};

/* Its connection is its own: of ours it touches nothing. PostgreSQL that is away is spoken of
 * elsewhere. */
_Noreturn static void child(const struct config *config)
{
    struct database *db;
    struct errmsg msg;
    if (database_open(config->writer_conninfo.p, &db, &msg) != ERR_OK)
        _exit(EXIT_FAILURE);
    enum err e = erase_again(db, config->spool_dir.p, &msg);
    if (e != ERR_OK && e != ERR_UNAVAILABLE)
        LOG_ERROR("again", "a restored database might bring back whoever was erased",
                  "err=%s why=\"%s\"", err_name(e), msg.text);
    _exit(e == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void on_timer(void *ctx)
{
    struct again *a = ctx;
    if (a->child == 0) {
        a->child = fork();
        if (a->child == 0)
            child(a->role->config);
        if (a->child < 0)
            a->child = 0; /* next time */
        timer_start(a->role->loop, a->timer, LOOK_MS);
        return;
    }
    bool is_over = waitpid(a->child, NULL, WNOHANG) != 0;
    a->child = is_over ? 0 : a->child;
    timer_start(a->role->loop, a->timer, is_over ? EACH_MS : LOOK_MS);
}

struct again *again_new(const struct role_context *role)
{
    struct again *a = xcalloc(1, sizeof(*a));
    a->role = role;
    a->timer = timer_new(role->loop, on_timer, a);
    timer_start(role->loop, a->timer, 0);
    return a;
}

void again_free(struct again *a)
{
    timer_free(a->role->loop, a->timer);
    free(a);
}
