/*
 * The writer's, a person's and a command's connection to a PostgreSQL that hangs up, talks
 * nonsense, is too old, or says nothing more. It is a pretended one, a process of its own, which
 * does in each connection what the test has told it to.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "port/database/reader.h"
#include "port/sink/sink.h"

/* What it does next in a connection. */
enum act {
    HANG_UP,
    SAY_NOTHING, /* until the other one goes */
    TALK_NONSENSE,
    ASK_PASSWORD,
    LET_IN,
    LET_IN_OLD, /* as PostgreSQL 14 */
    KEEP_OUT,   /* FATAL */
    BE_FULL,    /* FATAL: too many connections */
    DONE,       /* the statement has no rows */
    SCHEMA,     /* its row is the schema that the program knows, or one before it */
    SCHEMA_BEFORE,
    FORBID,   /* 42501 */
    NAMELESS, /* an error without a code */
};

#define MAX_ACTS 8

static struct told {
    enum act acts[MAX_ACTS]; /* HANG_UP behind the last one */
    atomic_uint n_connections;
} * told;

static pid_t server_pid;
static char conninfo[160];

/* ---- the server ---- */

static void put(int fd, char type, const void *body, uint32_t n)
{
    uint8_t head[5] = {(uint8_t)type};
    for (int i = 0; i < 4; i++)
        head[1 + i] = (uint8_t)((n + 4) >> (24 - 8 * i));
    if (write(fd, head, sizeof(head)) < 0 || write(fd, body, n) < 0)
        return; /* the other one is gone: the next read says so */
}

#define PUT(fd, type, literal) put((fd), (type), (literal), sizeof(literal) - 1)

static bool get(int fd, void *dst, size_t n)
{
    return recv(fd, dst, n, MSG_WAITALL) == (ssize_t)n;
}

/* A message, of which only the end matters. */
static bool skip_message(int fd, bool has_type)
{
    uint8_t head[5] = {0}, body[65536];
    if (!get(fd, head + (has_type ? 0 : 1), has_type ? 5 : 4))
        return false;
    size_t n = ((size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4]) - 4;
    return n <= sizeof(body) && (n == 0 || get(fd, body, n));
}

/* A statement by the simple protocol is one message, by the extended one five, of which Sync is the
 * last. */
static bool skip_statement(int fd)
{
    for (;;) {
        char type;
        if (recv(fd, &type, 1, MSG_PEEK) != 1 || !skip_message(fd, true))
            return false;
        if (type == 'Q' || type == 'S' || type == 'p')
            return true;
    }
}

static void let_in(int fd, const char *version)
{
    char setting[64];
    int n = snprintf(setting, sizeof(setting), "server_version%c%s%c", '\0', version, '\0');
    put(fd, 'R', "\0\0\0\0", 4);
    put(fd, 'S', setting, (uint32_t)n);
    PUT(fd, 'S', "default_transaction_read_only\0off\0"); /* else libpq would ask */
    PUT(fd, 'S', "in_hot_standby\0off\0");
    PUT(fd, 'Z', "I");
}

static void put_schema(int fd, int version)
{
    char row[16];
    int n = snprintf(row + 6, sizeof(row) - 6, "%d", version);
    memcpy(row, "\0\1\0\0\0", 5);
    row[5] = (char)n;
    PUT(fd, 'T', "\0\1v\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\0");
    put(fd, 'D', row, (uint32_t)n + 6);
    PUT(fd, 'C', "SELECT 1\0");
    PUT(fd, 'Z', "I");
}

/* False: the connection ends. */
static bool act_out(int fd, enum act act)
{
    char byte;
    switch (act) {
    case HANG_UP:
        return false;
    case SAY_NOTHING:
        while (recv(fd, &byte, 1, 0) > 0)
            ;
        return false;
    case TALK_NONSENSE:
        PUT(fd, '!', "HTTP/1.1 400 Bad Request\r\n\r\n");
        return false;
    case ASK_PASSWORD:
        PUT(fd, 'R', "\0\0\0\3");
        break;
    case LET_IN:
        let_in(fd, "15.8");
        break;
    case LET_IN_OLD:
        let_in(fd, "14.13");
        break;
    case KEEP_OUT:
        PUT(fd, 'E', "SFATAL\0C28P01\0Mpassword authentication failed\0\0");
        return false;
    case BE_FULL:
        PUT(fd, 'E', "SFATAL\0C53300\0Msorry, too many connections already\0\0");
        return false;
    case DONE:
        PUT(fd, 'C', "SET\0");
        PUT(fd, 'Z', "I");
        break;
    case SCHEMA:
        put_schema(fd, SINK_SCHEMA_VERSION);
        break;
    case SCHEMA_BEFORE:
        put_schema(fd, SINK_SCHEMA_VERSION - 1);
        break;
    case FORBID:
        PUT(fd, 'E', "SERROR\0C42501\0Mpermission denied\0Hask the owner\0\0");
        PUT(fd, 'Z', "I");
        break;
    case NAMELESS:
        PUT(fd, 'E', "SERROR\0\0");
        PUT(fd, 'Z', "I");
        break;
    }
    return true;
}

static void serve(int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        (void)atomic_fetch_add(&told->n_connections, 1);
        bool goes_on = told->acts[0] == HANG_UP || skip_message(fd, false);
        for (int i = 0; goes_on && i < MAX_ACTS && act_out(fd, told->acts[i]); i++)
            goes_on = skip_statement(fd);
        (void)close(fd);
    }
}

static int setup(void **state)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(own);
    (void)state;
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (told == MAP_FAILED || bind(fd, (struct sockaddr *)&own, len) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&own, &len) != 0)
        return -1;
    (void)snprintf(conninfo, sizeof(conninfo),
                   "hostaddr=127.0.0.1 port=%d user=amina dbname=x sslmode=disable "
                   "gssencmode=disable",
                   ntohs(own.sin_port));
    (void)signal(SIGPIPE, SIG_IGN); /* fails on a bad signal number only */
    server_pid = fork();
    if (server_pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(fd);
    }
    (void)close(fd);
    return server_pid > 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    (void)kill(server_pid, SIGKILL); /* our child: it is there until we wait */
    (void)munmap(told, sizeof(*told));
    return waitpid(server_pid, NULL, 0) == server_pid ? 0 : -1;
}

static void tell(const enum act acts[MAX_ACTS])
{
    memcpy(told->acts, acts, sizeof(told->acts));
    atomic_store(&told->n_connections, 0);
}

/* ---- a command ---- */

static void a_command_says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        enum act acts[MAX_ACTS];
        enum err opened, asked;
        const char *words;
    } rows[] = {
        {{HANG_UP}, ERR_UNAVAILABLE, ERR_OK, ""},
        {{TALK_NONSENSE}, ERR_UNAVAILABLE, ERR_OK, ""},
        {{BE_FULL}, ERR_UNAVAILABLE, ERR_OK, "too many connections"},
        {{LET_IN_OLD}, ERR_UNSUPPORTED, ERR_OK, "PostgreSQL 14 is too old, at least 15"},
        {{LET_IN, SCHEMA}, ERR_OK, ERR_OK, ""},
        {{LET_IN, FORBID}, ERR_OK, ERR_DENIED, "permission denied"},
        {{LET_IN, HANG_UP}, ERR_OK, ERR_UNAVAILABLE, ""},
        {{LET_IN, TALK_NONSENSE}, ERR_OK, ERR_UNAVAILABLE, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct database *db = NULL;
        struct errmsg msg = {""};
        tell(rows[i].acts);
        enum err e = database_open(conninfo, &db, &msg);
        assert_int_equal(e, rows[i].opened);
        if (e == ERR_OK)
            e = database_ask(db, &(struct sql){.text = "select 1"}, NULL, NULL, &msg);
        if (rows[i].opened == ERR_OK && e != rows[i].asked)
            fail_msg("row %zu: %s, %s", i, err_name(e), msg.text);
        if (strstr(msg.text, rows[i].words) == NULL || (e != ERR_OK && msg.text[0] == '\0'))
            fail_msg("row %zu: %s", i, msg.text);
        database_close(db);
    }
}

/* Every question of a command, to a PostgreSQL that refuses it, or is gone by then. */

static uint64_t number;
static char sum[DATABASE_SHA256_BYTES];
static struct migration list[DATABASE_MAX_MIGRATIONS];
static uint32_t n_list;

#define QUESTION(name, ...)                                                                        \
    static enum err name(struct database *db, struct errmsg *msg)                                  \
    {                                                                                              \
        return database_##name(db, __VA_ARGS__, msg);                                              \
    }
QUESTION(publish, STR("{}"))
QUESTION(states, (const uint8_t[16]){0}, 1, NULL, NULL)
QUESTION(reconcile, STR("[]"), &number)
QUESTION(count_states, &number)
QUESTION(courses, NULL, NULL)
QUESTION(ask, &(struct sql){.text = "select 1"}, NULL, NULL)
QUESTION(epoch, &number)
QUESTION(begin_epoch, 1, 2)
QUESTION(places, 1, NULL, NULL)
QUESTION(migrations, list, &n_list)
QUESTION(sha256, STR("a"), sum)
QUESTION(migrate, &list[0], STR("select 1"))

static void no_question_takes_a_failure_for_an_answer(void **state)
{
    (void)state;
    static enum err (*const questions[])(struct database *, struct errmsg *) = {
        publish, states,      reconcile, count_states, courses, ask,
        epoch,   begin_epoch, places,    migrations,   sha256,  migrate,
    };
    static const struct {
        enum act acts[MAX_ACTS];
        enum err e;
    } rows[] = {
        {{LET_IN, FORBID}, ERR_DENIED},
        {{LET_IN, NAMELESS}, ERR_UNAVAILABLE},
        {{LET_IN, HANG_UP}, ERR_UNAVAILABLE},
        {{LET_IN, TALK_NONSENSE}, ERR_UNAVAILABLE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows) * ARRAY_LEN(questions); i++) {
        size_t row = i % ARRAY_LEN(rows), question = i / ARRAY_LEN(rows);
        struct database *db = NULL;
        struct errmsg msg = {""};
        tell(rows[row].acts);
        assert_int_equal(database_open(conninfo, &db, &msg), ERR_OK);
        enum err e = questions[question](db, &msg);
        if (e != rows[row].e || msg.text[0] == '\0')
            fail_msg("question %zu, row %zu: %s, '%s'", question, row, err_name(e), msg.text);
        database_close(db);
    }
}

/* ---- a person ---- */

struct heard {
    struct loop *loop;
    uint32_t n;
    enum err e;
    char words[ERRMSG_BYTES];
};

static void on_end(void *ctx, enum err e, const char *words)
{
    struct heard *heard = ctx;
    heard->n++;
    heard->e = e;
    (void)snprintf(heard->words, sizeof(heard->words), "%s", words); /* cut is fine */
    loop_stop(heard->loop);
}

static void a_person_is_told_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        enum act acts[MAX_ACTS];
        enum err opened, asked;
        const char *words;
    } rows[] = {
        {{HANG_UP}, ERR_UNAVAILABLE, ERR_OK, ""},
        {{TALK_NONSENSE}, ERR_UNAVAILABLE, ERR_OK, ""},
        {{LET_IN}, ERR_UNSUPPORTED, ERR_OK, "did not ask for the password"},
        {{ASK_PASSWORD, KEEP_OUT}, ERR_DENIED, ERR_OK, "password authentication failed"},
        {{ASK_PASSWORD, BE_FULL}, ERR_UNAVAILABLE, ERR_OK, "too many connections"},
        {{ASK_PASSWORD, LET_IN, HANG_UP}, ERR_UNAVAILABLE, ERR_OK, ""},
        {{ASK_PASSWORD, LET_IN, TALK_NONSENSE}, ERR_UNAVAILABLE, ERR_OK, ""},
        {{ASK_PASSWORD, LET_IN, FORBID}, ERR_DENIED, ERR_OK, "permission denied. ask the owner"},
        {{ASK_PASSWORD, LET_IN, DONE, SCHEMA}, ERR_OK, ERR_OK, ""},
        {{ASK_PASSWORD, LET_IN, DONE, FORBID, SCHEMA}, ERR_OK, ERR_DENIED, "permission denied"},
        {{ASK_PASSWORD, LET_IN, DONE, HANG_UP}, ERR_OK, ERR_UNAVAILABLE, ""},
        {{ASK_PASSWORD, LET_IN, DONE, TALK_NONSENSE}, ERR_OK, ERR_UNAVAILABLE, ""},
        {{ASK_PASSWORD, LET_IN, DONE, SAY_NOTHING}, ERR_OK, ERR_UNAVAILABLE, "no answer in time"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct heard heard = {.loop = loop_libevent_new()};
        tell(rows[i].acts);
        const struct reader_login login = {conninfo, STR("amina"), STR("sunflower"), 1};
        struct reader *r = reader_libpq_open(heard.loop, &login, on_end, &heard);
        loop_run(heard.loop);
        assert_int_equal(heard.n, 1);
        if (heard.e != rows[i].opened)
            fail_msg("row %zu: %s, %s", i, err_name(heard.e), heard.words);
        if (heard.e == ERR_OK) {
            reader_ask(r, &(struct sql){.text = "select 1"}, NULL, on_end, &heard);
            loop_run(heard.loop);
            assert_int_equal(heard.n, 2);
            if (heard.e != rows[i].asked)
                fail_msg("row %zu: %s, %s", i, err_name(heard.e), heard.words);
        }
        assert_non_null(strstr(heard.words, rows[i].words));
        if (heard.e == ERR_DENIED && rows[i].opened == ERR_OK) { /* the next one may go well */
            reader_ask(r, &(struct sql){.text = "select 1"}, NULL, on_end, &heard);
            loop_run(heard.loop);
            assert_int_equal(heard.e, ERR_OK);
            assert_string_equal(heard.words, "");
        }
        if (heard.e == ERR_UNAVAILABLE) { /* it is down for good */
            reader_ask(r, &(struct sql){.text = "select 1"}, NULL, on_end, &heard);
            loop_run(heard.loop);
            assert_int_equal(heard.e, ERR_UNAVAILABLE);
            assert_string_equal(heard.words, "the connection to PostgreSQL was lost");
        }
        reader_close(r);
        loop_free(heard.loop);
    }
}

/* ---- the writer ---- */

struct writer {
    struct loop *loop;
    struct sink *sink;
    struct timer *timer;
    uint32_t n_tries; /* to connect, that the test waits for */
    uint32_t n_heard;
    enum err e;
};

static void on_look(void *ctx)
{
    struct writer *w = ctx;
    if (sink_is_up(w->sink) || atomic_load(&told->n_connections) >= w->n_tries)
        loop_stop(w->loop);
    else
        timer_start(w->loop, w->timer, 2);
}

static void on_text(void *ctx, enum err e, struct str text)
{
    struct writer *w = ctx;
    (void)text;
    w->n_heard++;
    w->e = e;
    loop_stop(w->loop);
}

/* What is wrong is told once, however often it is tried again. */
static void what_is_wrong_is_told_once(void **state)
{
    (void)state;
    static const enum act acts[MAX_ACTS] = {HANG_UP};
    static char said[8192];
    struct writer w = {.loop = loop_libevent_new(), .n_tries = 5};
    FILE *file = tmpfile();
    int old = dup(STDERR_FILENO);
    assert_non_null(file);
    log_flush(true); /* what was counted before */
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    tell(acts);
    w.timer = timer_new(w.loop, on_look, &w);
    w.sink = sink_libpq_new(w.loop, conninfo, 60000);
    timer_start(w.loop, w.timer, 0);
    loop_run(w.loop);
    sink_free(w.sink);
    log_flush(true);
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    rewind(file);
    said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
    (void)fclose(file); /* only read */
    (void)close(old);
    timer_free(w.loop, w.timer);
    loop_free(w.loop);
    const char *first = strstr(said, "cannot connect");
    assert_non_null(first);
    assert_null(strstr(first + 1, "cannot connect"));
    assert_null(strstr(said, "repeated="));
}

#define ANY 100000u /* it is up before */

static void the_writer_tries_again(void **state)
{
    (void)state;
    static const struct {
        enum act acts[MAX_ACTS];
        bool is_up;
        uint32_t n_tries; /* at least, that are waited for */
        enum err asked;
    } rows[] = {
        {{HANG_UP}, false, 3, ERR_UNAVAILABLE},
        {{TALK_NONSENSE}, false, 2, ERR_UNAVAILABLE},
        {{BE_FULL}, false, 2, ERR_UNAVAILABLE},
        {{LET_IN, HANG_UP}, false, 2, ERR_UNAVAILABLE},
        {{LET_IN, TALK_NONSENSE}, false, 2, ERR_UNAVAILABLE},
        {{LET_IN, FORBID}, false, 2, ERR_UNAVAILABLE},
        {{LET_IN, NAMELESS}, false, 2, ERR_UNAVAILABLE},
        {{LET_IN, SCHEMA_BEFORE}, false, 1, ERR_UNAVAILABLE},
        {{LET_IN, SCHEMA, HANG_UP}, true, ANY, ERR_UNAVAILABLE},
        {{LET_IN, SCHEMA, TALK_NONSENSE}, true, ANY, ERR_UNAVAILABLE},
        {{LET_IN, SCHEMA, NAMELESS}, true, ANY, ERR_UNAVAILABLE},
        {{LET_IN, SCHEMA, DONE}, true, ANY, ERR_UNAVAILABLE}, /* that is no row */
        {{LET_IN, SCHEMA, SCHEMA}, true, ANY, ERR_OK},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        tell(rows[i].acts);
        struct writer w = {.loop = loop_libevent_new(), .n_tries = rows[i].n_tries + 1};
        w.timer = timer_new(w.loop, on_look, &w);
        w.sink = sink_libpq_new(w.loop, conninfo, 60000);
        if (rows[i].acts[1] != SCHEMA_BEFORE) { /* that is looked at again after seconds */
            timer_start(w.loop, w.timer, 0);
            loop_run(w.loop);
        }
        if (sink_is_up(w.sink) != rows[i].is_up)
            fail_msg("row %zu", i);
        sink_reports(w.sink, on_text, &w);
        assert_int_equal(w.n_heard, 0); /* never before it has returned */
        loop_run(w.loop);
        assert_int_equal(w.n_heard, 1);
        if (w.e != rows[i].asked)
            fail_msg("row %zu: %s", i, err_name(w.e));
        sink_free(w.sink);
        assert_int_equal(w.n_heard, 1);
        timer_free(w.loop, w.timer);
        loop_free(w.loop);
    }
}

/* It waits for the connection, and no longer than a statement may take. */
static void what_is_asked_while_the_writer_connects_is_answered(void **state)
{
    (void)state;
    static const struct {
        enum act acts[MAX_ACTS];
        int64_t timeout_ms;
        enum err asked;
    } rows[] = {
        {{LET_IN, SCHEMA, SCHEMA}, 60000, ERR_OK},
        {{SAY_NOTHING}, 10, ERR_TIMEOUT},
        {{LET_IN, SAY_NOTHING}, 10, ERR_TIMEOUT},
        {{LET_IN, SCHEMA, SAY_NOTHING}, 10, ERR_TIMEOUT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        tell(rows[i].acts);
        struct writer w = {.loop = loop_libevent_new()};
        int64_t begun_ms = loop_mono(w.loop).ms;
        w.sink = sink_libpq_new(w.loop, conninfo, rows[i].timeout_ms);
        sink_reports(w.sink, on_text, &w);
        assert_int_equal(w.n_heard, 0);
        loop_run(w.loop);
        assert_int_equal(w.n_heard, 1);
        if (w.e != rows[i].asked)
            fail_msg("row %zu: %s", i, err_name(w.e));
        if (w.e == ERR_TIMEOUT) /* the server's own one comes first: a second later */
            assert_true(loop_mono(w.loop).ms - begun_ms >= rows[i].timeout_ms + 1000);
        sink_free(w.sink);
        loop_free(w.loop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_says_what_is_wrong),
        cmocka_unit_test(no_question_takes_a_failure_for_an_answer),
        cmocka_unit_test(a_person_is_told_what_is_wrong),
        cmocka_unit_test(what_is_wrong_is_told_once),
        cmocka_unit_test(the_writer_tries_again),
        cmocka_unit_test(what_is_asked_while_the_writer_connects_is_answered),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
