/* cases.h by the functions of schema ops. */
#include "port/cases.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define SQL_BYTES 768
#define BOX_MAX_BYTES 65536u

/* "select ... from ops." QUEUE "_verb(...)". */
static const char *sql_of(char dst[SQL_BYTES], const char *before, const char *queue,
                          const char *after)
{
    int n = snprintf(dst, SQL_BYTES, "%s%s%s", before, queue, after);
    assert(n > 0 && n < SQL_BYTES); /* ours */
    return dst;
}

/* ---- list ---- */

struct listing {
    cases_on_row *fn;
    void *ctx;
};

static void on_case(void *ctx, const struct str *cells, uint32_t n)
{
    const struct listing *l = ctx;
    assert(n == 15);
    l->fn(l->ctx, &(struct case_row){.ref = cells[0],
                                     .raised_at = cells[1],
                                     .source = cells[2],
                                     .lang = cells[3],
                                     .country = cells[4],
                                     .hours = cells[5],
                                     .acknowledged_at = cells[6],
                                     .acknowledged_by = cells[7],
                                     .released_at = cells[8],
                                     .transferred_at = cells[9],
                                     .answered_at = cells[10],
                                     .outcome = cells[11],
                                     .has_text = str_eq(cells[12], STR("true")),
                                     .about = cells[13],
                                     .is_child = str_eq(cells[14], STR("true"))});
}

enum err cases_list(struct database *db, const char *queue, bool is_all, cases_on_row *fn,
                    void *ctx, struct errmsg *msg)
{
    char sql[SQL_BYTES];
    struct listing l = {fn, ctx};
    struct str all = is_all ? STR("true") : STR("false");
    const char *columns =
        sql_of(sql,
               "select ref, raised_at::timestamptz(0)::text, source, lang,"
               " country, hours::text, acknowledged_at::timestamptz(0)::text,"
               " acknowledged_by, released_at::timestamptz(0)::text,"
               " transferred_at::timestamptz(0)::text,"
               " answered_at::timestamptz(0)::text, outcome, has_text::text, about,"
               " is_child::text"
               " from ops.",
               queue, "_list($1::boolean)");
    return database_ask(db, &(struct sql){columns, &all, 1}, on_case, &l, msg);
}

/* ---- one ---- */

static void on_text(void *ctx, const struct str *cells, uint32_t n)
{
    assert(n == 1);
    buf_add_str(ctx, cells[0]);
}

/* One text; empty for null. */
static enum err ask(struct database *db, const char *sql, const struct str *params, uint32_t n,
                    struct buf *ret, struct errmsg *msg)
{
    buf_init(ret, BOX_MAX_BYTES * 2);
    return database_ask(db, &(struct sql){sql, params, n}, on_text, ret, msg);
}

struct opened {
    struct buf *box;
    struct number_id *id;
    bool is_good;
};

static void on_opened(void *ctx, const struct str *cells, uint32_t n)
{
    struct opened *o = ctx;
    static uint8_t bytes[BOX_MAX_BYTES]; /* too big for a stack */
    assert(n == 2);
    size_t n_bytes = cells[0].len / 2;
    o->is_good = n_bytes <= sizeof(bytes) && hex_decode(cells[0], bytes, n_bytes) == ERR_OK;
    if (o->is_good)
        buf_add(o->box, bytes, n_bytes);
    if (hex_decode(cells[1], o->id->bytes, sizeof(o->id->bytes)) != ERR_OK)
        memset(o->id->bytes, 0, sizeof(o->id->bytes)); /* the number is not there (any more) */
}

enum err cases_read(struct database *db, const char *queue, struct str ref, struct buf *box,
                    struct number_id *ret_id, struct errmsg *msg)
{
    char sql[SQL_BYTES];
    struct buf access CLEANUP(buf_fini);
    struct opened o = {.box = box, .id = ret_id};
    enum err e =
        ask(db, sql_of(sql, "select ops.", queue, "_read($1)::text"), &ref, 1, &access, msg);
    if (e != ERR_OK)
        return e;
    struct str on_record = buf_str(&access);
    e = database_ask(db,
                     &(struct sql){sql_of(sql,
                                          "select encode(sealed, 'hex'), encode(number_id, 'hex')"
                                          " from ops.",
                                          queue, "_text($1::bigint)"),
                                   &on_record, 1},
                     on_opened, &o, msg);
    if (e == ERR_OK && !o.is_good)
        e = errmsg_set(msg, ERR_TOO_LONG, "the sealed text is longer than any SMS");
    return e;
}

enum err cases_acknowledge(struct database *db, const char *queue, struct str ref,
                           struct errmsg *msg)
{
    char sql[SQL_BYTES];
    struct buf at CLEANUP(buf_fini);
    return ask(db, sql_of(sql, "select ops.", queue, "_acknowledge($1)::text"), &ref, 1, &at, msg);
}

/* "0123..ef 1732433860123": id and, perhaps, a time. */
static bool read_id(struct str text, struct number_id *ret_id, int64_t *ret_ms)
{
    uint64_t ms = 0;
    struct str id = str_split(&text, ' ');
    *ret_ms = 0;
    if (hex_decode(id, ret_id->bytes, sizeof(ret_id->bytes)) != ERR_OK)
        return false;
    if (str_to_u64(text, INT64_MAX, &ms) == ERR_OK)
        *ret_ms = (int64_t)ms;
    return true;
}

enum err cases_release(struct database *db, struct str ref, struct str outcome,
                       struct number_id *ret_id, struct wall_ms *ret_until, struct errmsg *msg)
{
    struct str params[] = {ref, outcome};
    struct buf text CLEANUP(buf_fini);
    enum err e = ask(db,
                     "select encode(number_id, 'hex') || ' '"
                     " || round(extract(epoch from up_to) * 1000)::bigint"
                     " from ops.safe_release($1, $2)",
                     params, ARRAY_LEN(params), &text, msg);
    if (e == ERR_OK && !read_id(buf_str(&text), ret_id, &ret_until->ms))
        ret_until->ms = 0;
    return e;
}

enum err cases_transfer(struct database *db, struct str ref, struct str outcome,
                        struct buf *ret_until, struct errmsg *msg)
{
    struct str params[] = {ref, outcome};
    return database_ask(
        db,
        &(struct sql){"select ops.safe_transfer($1, $2)::date::text", params, ARRAY_LEN(params)},
        on_text, ret_until, msg);
}

enum err cases_answer(struct database *db, struct str ref, struct str how, struct number_id *ret_id,
                      struct errmsg *msg)
{
    struct str params[] = {ref, how};
    struct buf text CLEANUP(buf_fini);
    int64_t ms;
    enum err e = ask(db, "select encode(ops.inbox_answer($1, $2), 'hex')", params,
                     ARRAY_LEN(params), &text, msg);
    if (e == ERR_OK && !read_id(buf_str(&text), ret_id, &ms))
        e = errmsg_set(msg, ERR_NOT_FOUND, "this learner is not here any more");
    return e;
}
