/*
 * port/database against a real PostgreSQL, which tests/unit/with_postgres.sh provides
 * (WAYPOST_TEST_PG, with the schema of sql/): what commands ask and wait for, and what people's own
 * logins ask without making anybody wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "port/cases.h"
#include "port/database/reader.h"

#define LONG_TIMEOUT_MS 60000 /* only a failure waits so long */

static struct database *db;
static struct errmsg msg;

static const char *conninfo_of(const char *role)
{
    static char conninfo[500];
    (void)snprintf(conninfo, sizeof(conninfo), "%s user=%s", getenv("WAYPOST_TEST_PG"), role);
    return conninfo;
}

static int connect_owner(void **state)
{
    (void)state;
    return database_open(conninfo_of("postgres"), &db, &msg) == ERR_OK ? 0 : -1;
}

static int disconnect(void **state)
{
    (void)state;
    database_close(db);
    return 0;
}

/* Cells of all rows, "-" where one is absent: "a|b;c|-;" */
struct table {
    struct buf text;
    uint32_t n_stop; /* an error after so many rows; 0 = none */
    uint32_t n;
    char types[16];
    uint32_t n_columns;
};

static enum err add_row(struct table *t, const struct str *cells, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        buf_add_str(&t->text, i > 0 ? STR("|") : STR(""));
        buf_add_str(&t->text, cells[i].p != NULL ? cells[i] : STR("-"));
    }
    buf_add_char(&t->text, ';');
    return ++t->n == t->n_stop ? ERR_CONFLICT : ERR_OK;
}

static void on_row(void *ctx, const struct str *cells, uint32_t n)
{
    (void)add_row(ctx, cells, n);
}

static enum err on_row_of_many(void *ctx, const struct str *cells, uint32_t n)
{
    return add_row(ctx, cells, n);
}

static enum err on_columns(void *ctx, const struct database_column *columns, uint32_t n)
{
    struct table *t = ctx;
    t->n_columns = n;
    for (uint32_t i = 0; i < n && i < sizeof(t->types) - 1; i++)
        t->types[i] = "tcndbj"[columns[i].type];
    return ERR_OK;
}

static enum err ask(const char *sql, const struct str *params, uint32_t n, struct table *t)
{
    *t = (struct table){.n = 0};
    buf_init(&t->text, 65536);
    msg.text[0] = '\0';
    return database_ask(db, &(struct sql){sql, params, n}, on_row, t, &msg);
}

static void expect(const char *sql, const char *rows)
{
    struct table t;
    if (ask(sql, NULL, 0, &t) != ERR_OK)
        fail_msg("%s: %s", sql, msg.text);
    assert_string_equal(buf_str(&t.text).p, rows);
    buf_fini(&t.text);
}

static void says_why_there_is_no_connection(void **state)
{
    (void)state;
    static const char *const wrong[] = {"host=/nowhere user=x dbname=x", "nonsense"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct database *none = NULL;
        msg.text[0] = '\0';
        assert_int_equal(database_open(wrong[i], &none, &msg), ERR_UNAVAILABLE);
        assert_int_not_equal(msg.text[0], '\0');
        database_close(none);
    }
}

static void asks_with_texts_and_nulls(void **state)
{
    (void)state;
    struct table t;
    struct str params[] = {STR("a'b"), STR_NONE, STR("")};
    assert_int_equal(ask("select $1::text, $2::text, $3::text, '7'", params, 3, &t), ERR_OK);
    assert_string_equal(buf_str(&t.text).p, "a'b|-||7;");
    buf_fini(&t.text);
    expect("select x::text from generate_series(1, 3) x", "1;2;3;");
    expect("select '1' where false", "");
    assert_int_equal(database_ask(db, &(struct sql){.text = "select 1"}, NULL, NULL, &msg), ERR_OK);
}

static void tells_what_kind_of_error_it_was(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum err e;
        const char *words;
    } rows[] = {
        {"select 'x'::uuid", ERR_INVALID, "invalid input syntax for type uuid"},
        {"select * from nowhere", ERR_IO, "\"nowhere\" does not exist"},
        {"insert into core.organisation (code, name) values ('demo', null)", ERR_INVALID, "null"},
    };
    struct table t;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum err e = ask(rows[i].sql, NULL, 0, &t);
        if (e != rows[i].e || strstr(msg.text, rows[i].words) == NULL)
            fail_msg("%s: %d %s", rows[i].sql, (int)e, msg.text);
        buf_fini(&t.text);
    }
    struct database *sender = NULL;
    assert_int_equal(database_open(conninfo_of("waypost_sender"), &sender, &msg), ERR_OK);
    assert_int_equal(
        database_ask(sender, &(struct sql){.text = "select * from core.event"}, NULL, NULL, &msg),
        ERR_DENIED);
    database_close(sender);
    expect("select '1'", "1;"); /* an error costs the next one nothing */
}

/* By its own process: one of a test before may still be about to end. */
static void a_lost_connection_is_told(void **state)
{
    (void)state;
    struct database *other = NULL;
    struct table t = {.n = 0};
    buf_init(&t.text, 64);
    assert_int_equal(database_open(conninfo_of("waypost_sender"), &other, &msg), ERR_OK);
    assert_int_equal(database_ask(other, &(struct sql){.text = "select pg_backend_pid()::text"},
                                  on_row, &t, &msg),
                     ERR_OK);
    struct str pid = buf_str(&t.text);
    pid.len--; /* the sign behind a row */
    struct table killed;
    assert_int_equal(ask("select pg_terminate_backend($1::int)::text", &pid, 1, &killed), ERR_OK);
    assert_string_equal(buf_str(&killed.text).p, "true;");
    assert_int_equal(database_ask(other, &(struct sql){.text = "select 1"}, NULL, NULL, &msg),
                     ERR_UNAVAILABLE);
    buf_fini(&t.text);
    buf_fini(&killed.text);
    database_close(other);
}

static void streams_rows_with_their_types(void **state)
{
    (void)state;
    struct table t = {.n = 0};
    struct database_rows rows = {on_columns, on_row_of_many, &t};
    buf_init(&t.text, 65536);
    assert_int_equal(
        database_stream(db,
                        STR("select 'a', 5::bigint, 0.5::numeric, '2026-12-01'::date, true,"
                            " '[1]'::json, null::bigint, '2026-12-01 10:00+03'::timestamptz"),
                        &rows, &msg),
        ERR_OK);
    assert_string_equal(t.types, "tcndbjct");
    assert_string_equal(buf_str(&t.text).p, "a|5|0.5|2026-12-01|t|[1]|-|2026-12-01 07:00:00+00;");
    buf_reset(&t.text);
    t.n = 0;
    t.n_stop = 2; /* who takes it has enough */
    assert_int_equal(database_stream(db, STR("select x from generate_series(1, 9) x"), &rows, &msg),
                     ERR_CONFLICT);
    assert_string_equal(buf_str(&t.text).p, "1;2;");
    buf_reset(&t.text);
    t.n_stop = 0;
    t.n_columns = 0;
    assert_int_equal(database_stream(db, STR("select 1 as a, 2 as b where false"), &rows, &msg),
                     ERR_OK);
    assert_int_equal(t.n_columns, 2); /* a report of nobody has its headings */
    assert_string_equal(buf_str(&t.text).p, "");
    assert_int_equal(database_stream(db, STR("create table public.x ()"), &rows, &msg), ERR_IO);
    assert_non_null(strstr(msg.text, "read-only"));
    assert_int_equal(database_stream(db, STR("select 1/0"), &rows, &msg), ERR_INVALID);
    expect("select current_setting('transaction_read_only')", "off;");
    buf_fini(&t.text);
}

static void an_epoch_begins_once(void **state)
{
    (void)state;
    uint64_t epoch = 7;
    assert_int_equal(database_epoch(db, &epoch, &msg), ERR_OK);
    assert_int_equal(epoch, 0);
    assert_int_equal(database_begin_epoch(db, 0, UINT64_MAX, &msg), ERR_OK);
    assert_int_equal(database_begin_epoch(db, 0, 6, &msg), ERR_CONFLICT);
    assert_int_equal(database_epoch(db, &epoch, &msg), ERR_OK);
    assert_true(epoch == UINT64_MAX);
    assert_int_equal(database_begin_epoch(db, UINT64_MAX, 6, &msg), ERR_OK);
    assert_int_equal(database_epoch(db, &epoch, &msg), ERR_OK);
    assert_int_equal(epoch, 6);
}

/* A database in which nothing was made yet, and files that are no migrations. */
static void migrations_begin_with_nothing(void **state)
{
    (void)state;
    static struct migration list[DATABASE_MAX_MIGRATIONS];
    static const struct {
        struct str sql;
        const char *words;
    } rows[] = {
        {{"select 1;\0select 2;", 19}, "holds a NUL byte"},
        {{"create table public.kept (); commit;", 36}, "ended its transaction itself"},
        {{"rollback; select 1;", 19}, "ended its transaction itself"},
    };
    struct database *empty = NULL;
    uint32_t n = 7;
    char conninfo[600];
    (void)snprintf(conninfo, sizeof(conninfo), "%s dbname=template1", conninfo_of("postgres"));
    assert_int_equal(database_open(conninfo, &empty, &msg), ERR_OK);
    assert_int_equal(database_migrations(empty, list, &n, &msg), ERR_OK);
    assert_int_equal(n, 0);
    database_close(empty);
    struct table t;
    assert_int_equal(ask("insert into ops.schema_migration (version, name, sha256) "
                         "values (901, repeat('x', 600), repeat('0', 64))",
                         NULL, 0, &t),
                     ERR_OK);
    assert_int_equal(database_migrations(db, list, &n, &msg), ERR_TOO_LONG);
    assert_non_null(strstr(msg.text, "holds what no waypost wrote"));
    buf_fini(&t.text);
    assert_int_equal(ask("delete from ops.schema_migration where version = 901", NULL, 0, &t),
                     ERR_OK);
    buf_fini(&t.text);
    const struct migration next = {.name = "0900_next", .version = 900};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(database_migrate(db, &next, rows[i].sql, &msg), ERR_INVALID);
        assert_non_null(strstr(msg.text, rows[i].words));
        expect("select count(*)::text from ops.schema_migration where version = 900", "0;");
    }
    assert_int_equal(ask("drop table public.kept", NULL, 0, &t), ERR_OK);
    buf_fini(&t.text);
}

static void migrations_are_all_or_nothing(void **state)
{
    (void)state;
    static struct migration list[DATABASE_MAX_MIGRATIONS];
    uint32_t n = 0, n_after = 0;
    char sum[DATABASE_SHA256_BYTES];
    struct migration next = {.name = "0900_next", .version = 900};
    assert_int_equal(database_migrations(db, list, &n, &msg), ERR_OK);
    assert_true(n >= 24);
    assert_int_equal(list[0].version, 1);
    assert_string_equal(list[0].name, "0001_core");
    assert_int_equal(database_sha256(db, STR("abc"), sum, &msg), ERR_OK);
    assert_string_equal(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    (void)snprintf(next.sha256, sizeof(next.sha256), "%s", sum);
    assert_int_equal(
        database_migrate(db, &next, STR("create table public.next ();\nselect 1/0;\n"), &msg),
        ERR_INVALID);
    assert_non_null(strstr(msg.text, "division by zero"));
    assert_int_equal(
        database_migrate(db, &next, STR("create table public.next ();\n\nfrobnicate 1;\n"), &msg),
        ERR_IO);
    assert_non_null(strstr(msg.text, "line 3"));
    expect("select to_regclass('public.next')::text", "-;");
    assert_int_equal(database_migrate(db, &next, STR("create table public.next ();"), &msg),
                     ERR_OK);
    expect("select to_regclass('public.next')::text", "next;");
    assert_int_equal(database_migrations(db, list, &n_after, &msg), ERR_OK);
    assert_int_equal(n_after, n + 1);
    assert_int_equal(list[n].version, 900);
    assert_string_equal(list[n].sha256, sum);
}

/* ---- sealed numbers ---- */

/* Boxes of key 1 become boxes of key 2; that of the third number cannot be opened. */
static enum err seal_anew(void *ctx, struct str number_id, struct str box, struct buf *ret_id,
                          struct buf *ret_box)
{
    (void)ctx, (void)ret_id;
    assert_int_equal(number_id.len, 16);
    assert_int_equal(box.p[1], 1);
    if (number_id.p[15] == 3)
        return ERR_INVALID;
    buf_add(ret_box, "\0\2", 2);
    buf_add(ret_box, box.p + 2, box.len - 2);
    return ERR_OK;
}

static void seals_all_numbers_anew(void **state)
{
    (void)state;
    struct database_sealed sealed;
    assert_int_equal(
        database_ask(
            db,
            &(struct sql){
                .text =
                    "insert into core.vault (number_id, nonce, ciphertext, key_id, sealed_at)"
                    " select decode(lpad(to_hex(x), 32, '0'), 'hex'),"
                    " decode(repeat('ab', 12), 'hex'), decode(repeat('cd', 20), 'hex'), 1, now()"
                    /* more than one page, one ends in 03 */
                    " from generate_series(1, 250) x"},
            NULL, NULL, &msg),
        ERR_OK);
    assert_int_equal(database_reseal(db, 2, seal_anew, NULL, &sealed, &msg), ERR_OK);
    assert_int_equal(sealed.n_numbers, 249);
    assert_int_equal(sealed.n_failed, 1);
    assert_int_equal(sealed.n_disclosures, 0);
    expect("select key_id::text, count(*)::text from core.vault group by 1 order by 1",
           "1|1;2|249;");
    expect("select distinct encode(nonce, 'hex') || encode(ciphertext, 'hex') from core.vault",
           "abababababababababababab"
           "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd;");
}

/* ---- new ids ---- */

static void run(const char *sql)
{
    if (database_ask(db, &(struct sql){.text = sql}, NULL, NULL, &msg) != ERR_OK)
        fail_msg("%s: %s", sql, msg.text);
}

/* The new id is the old one with 'f' in front; whoever ends in unopened has a box, or a disclosure,
 * that no key opens. */
struct rekeying {
    uint8_t unopened_number, unopened_case;
};

static enum err rekey_one(void *ctx, struct str number_id, struct str box, struct buf *ret_id,
                          struct buf *ret_box)
{
    const struct rekeying *r = ctx;
    bool is_case = number_id.len == 32;
    uint8_t unopened = is_case ? r->unopened_case : r->unopened_number;
    assert_true(is_case || number_id.len == 16);
    if (unopened != 0 && (uint8_t)number_id.p[15] == unopened)
        return ERR_DENIED;
    struct str fresh = str_sub(number_id, 16, number_id.len);
    buf_add(ret_id, is_case ? fresh.p : "\xff", is_case ? fresh.len : 1);
    if (!is_case)
        buf_add(ret_id, number_id.p + 1, 15);
    buf_add(ret_box, "\0\7", 2);
    buf_add(ret_box, box.p + 2, box.len - 2);
    return ERR_OK;
}

static const char numbers_sql[] =
    "select substr(encode(number_id, 'hex'), 1, 2) || substr(encode(number_id, 'hex'), 31),"
    " key_id::text from core.vault order by number_id";
static const char states_sql[] = "select substr(encode(number_id, 'hex'), 1, 2), learner::text"
                                 " from core.number_state order by learner";
static const char cases_sql[] = "select learner::text, left(encode(sealed, 'hex'), 6) from"
                                " core.safe_case order by learner, seq";

/* Numbers 1 and 2 with a learner each; a state whose number is in no vault; of learner 1 one
 * disclosure that our own key sealed and one that a reader's did. */
static void fill_with_numbers(void)
{
    run("delete from core.vault");
    run("insert into core.vault (number_id, nonce, ciphertext, key_id, sealed_at)"
        " select decode(lpad(to_hex(x), 32, '0'), 'hex'), decode(repeat('ab', 12), 'hex'),"
        " decode(repeat('cd', 20), 'hex'), 5, now() from generate_series(1, 2) x");
    run("insert into core.number_state (number_id, learner, seq, at, state)"
        " select decode(lpad(to_hex(x), 32, '0'), 'hex'), x, 1, now(), '\\x00'"
        " from generate_series(1, 3) x");
    run("insert into core.safe_case (learner, seq, n, org_id, raised_at, source, ref, sealed)"
        " select 1, x, 0, (select min(org_id) from core.organisation), now(), 'keyword',"
        " lpad(x::text, 10, '0'), decode('000' || case x when 1 then '5' else '0' end || 'ee',"
        " 'hex') from generate_series(1, 2) x");
}

static void gives_all_numbers_new_ids_or_none(void **state)
{
    (void)state;
    static const struct rekeying unopened[] = {{2, 0}, {0, 1}};
    struct rekeying all = {0, 0};
    struct database_sealed sealed;
    run("insert into core.organisation (code, name) values ('rekey', 'Rekey')");
    fill_with_numbers();
    for (size_t i = 0; i < ARRAY_LEN(unopened); i++) {
        struct rekeying r = unopened[i];
        assert_int_equal(database_rekey(db, rekey_one, &r, &sealed, &msg), ERR_NOT_FOUND);
        assert_non_null(strstr(msg.text, i == 0 ? "1 number cannot" : "1 disclosure cannot"));
        expect(numbers_sql, "0001|5;0002|5;");
        expect(states_sql, "00|1;00|2;00|3;");
        expect(cases_sql, "1|0005ee;1|0000ee;");
    }
    assert_int_equal(database_rekey(db, rekey_one, &all, &sealed, &msg), ERR_OK);
    assert_int_equal(sealed.n_numbers, 2);
    assert_int_equal(sealed.n_disclosures, 1);
    assert_int_equal(sealed.n_failed, 0);
    assert_int_equal(sealed.n_lost, 1);
    expect(numbers_sql, "ff01|7;ff02|7;");
    expect(states_sql, "ff|1;ff|2;");
    expect(cases_sql, "1|0007ee;1|0000ee;");
    run("delete from core.safe_case");
    run("delete from core.number_state");
}

/* ---- cases ---- */

static void on_case(void *ctx, const struct case_row *row)
{
    (void)row;
    ++*(uint32_t *)ctx;
}

static void a_case_that_is_not_there_is_told(void **state)
{
    (void)state;
    static const char *const queues[] = {"safe", "inbox"};
    struct number_id id;
    struct wall_ms until;
    uint32_t n = 0;
    struct buf box CLEANUP(buf_fini);
    buf_init(&box, 4096);
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        assert_int_equal(cases_list(db, queues[i], true, on_case, &n, &msg), ERR_OK);
        assert_int_equal(n, 0);
        assert_int_not_equal(cases_read(db, queues[i], STR("abcd1234"), &box, &id, &msg), ERR_OK);
        assert_int_not_equal(cases_acknowledge(db, queues[i], STR("abcd1234"), &msg), ERR_OK);
        assert_non_null(strstr(msg.text, "abcd1234"));
    }
    assert_int_not_equal(cases_release(db, STR("x"), STR_NONE, &id, &until, &msg), ERR_OK);
    assert_int_not_equal(cases_transfer(db, STR("x"), STR_NONE, &box, &msg), ERR_OK);
    assert_int_not_equal(cases_answer(db, STR("x"), STR("1"), &id, &msg), ERR_OK);
    assert_int_equal(box.len, 0);
}

/* Of learner 1 two disclosures and a question, of learner 2, whose number is gone, one of each;
 * the text of 0000000004 has gone, too. */
static void fill_with_cases(void)
{
    run("insert into core.learner (learner, learner_id, org_id, country, first_seq, created_at)"
        " overriding system value select x, gen_random_uuid(), min(org_id), 'KE', 1, now()"
        " from core.organisation, generate_series(1, 2) x group by x");
    run("insert into core.number_state (number_id, learner, seq, at, state) values"
        " (decode(repeat('1a', 16), 'hex'), 1, 1, now(), '\\x00')");
    run("insert into core.safe_case (learner, seq, n, org_id, raised_at, source, queue, ref, lang,"
        " about, is_child, sealed)"
        " select c.learner, c.seq, 0, o.org_id, timestamptz '2026-03-02 09:00Z' + c.seq * interval"
        " '1 minute', c.source, c.queue, lpad(c.seq::text, 10, '0'), 'en', c.about,"
        " c.seq = 2, decode(c.sealed, 'hex') from (select min(org_id) as org_id from"
        " core.organisation) o, (values (1, 1, 'keyword', 'safe', 'harm', 'c0ffee'),"
        " (1, 2, 'word_list', 'safe', 'psea suicide', 'beef'), (1, 3, 'ask', 'inbox', 'harm',"
        " 'aa00'), (2, 4, 'keyword', 'safe', 'harm', null), (2, 5, 'ask', 'inbox', 'harm', 'bb'))"
        " c (learner, seq, source, queue, about, sealed)");
}

static void print_case(void *ctx, const struct case_row *row)
{
    const struct str cells[] = {row->ref,         row->source,         row->lang,
                                row->country,     row->about,          row->outcome,
                                row->released_at, row->transferred_at, row->answered_at};
    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        buf_add_str(ctx, i < 6 || str_is_empty(cells[i]) ? cells[i] : STR("done"));
        buf_add_char(ctx, '|');
    }
    buf_add_str(ctx, row->is_child ? STR("child ") : STR(""));
    buf_add_str(ctx, row->has_text ? STR("text;") : STR(";"));
}

static void expect_cases(const char *queue, bool is_all, const char *rows)
{
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, 4096);
    assert_int_equal(cases_list(db, queue, is_all, print_case, &text, &msg), ERR_OK);
    assert_string_equal(buf_str(&text).p, rows);
}

static void expect_text(const char *queue, const char *ref, struct str sealed, uint8_t id_byte)
{
    struct buf box CLEANUP(buf_fini);
    struct number_id id, expected;
    memset(&expected, id_byte, sizeof(expected));
    memset(&id, 0x55, sizeof(id));
    buf_init(&box, 4096);
    assert_int_equal(cases_read(db, queue, str_from(ref), &box, &id, &msg), ERR_OK);
    assert_true(str_eq(buf_str(&box), sealed));
    assert_memory_equal(&id, &expected, sizeof(id));
}

static void cases_are_read_and_end_on_record(void **state)
{
    (void)state;
    struct number_id id, known;
    struct wall_ms until = {-1};
    struct buf date CLEANUP(buf_fini);
    buf_init(&date, 4096);
    memset(&known, 0x1a, sizeof(known));
    fill_with_cases();
    expect_cases("safe", false,
                 "0000000001|keyword|en|KE|harm|||||text;"
                 "0000000002|word_list|en|KE|psea suicide|||||child text;"
                 "0000000004|keyword|en|KE|harm|||||;");
    expect_text("safe", "0000000002", STR("\xbe\xef"), 0x1a);
    expect_text("safe", "0000000004", STR(""), 0);
    expect_text("inbox", "0000000005", STR("\xbb"), 0);
    run("update core.safe_case set sealed = decode(repeat('ab', 100000), 'hex')"
        " where ref = '0000000005'");
    assert_int_equal(cases_read(db, "inbox", STR("0000000005"), &date, &id, &msg), ERR_TOO_LONG);
    assert_int_equal(date.len, 0);
    assert_int_equal(cases_acknowledge(db, "safe", STR("0000000001"), &msg), ERR_OK);
    expect(
        "select ref, acknowledged_by::text from core.safe_case where acknowledged_at is not null",
        "0000000001|postgres;");
    assert_int_equal(cases_release(db, STR("0000000001"), STR("supported"), &id, &until, &msg),
                     ERR_OK);
    assert_int_equal(until.ms, 0); /* the other one waits */
    assert_int_equal(cases_release(db, STR("0000000002"), STR_NONE, &id, &until, &msg), ERR_OK);
    assert_true(until.ms == 1772442120000); /* it was raised two minutes past nine */
    assert_memory_equal(&id, &known, sizeof(id));
    until.ms = -1;
    assert_int_equal(cases_release(db, STR("0000000004"), STR("unreachable"), &id, &until, &msg),
                     ERR_OK);
    assert_int_equal(until.ms, 0); /* there is nobody to go on with */
    assert_int_equal(cases_transfer(db, STR("0000000001"), STR_NONE, &date, &msg), ERR_OK);
    assert_int_equal(date.len, strlen("2026-04-01"));
    expect_cases("safe", true,
                 "0000000001|keyword|en|KE|harm|supported|done|done||text;"
                 "0000000002|word_list|en|KE|psea suicide||done|||child text;"
                 "0000000004|keyword|en|KE|harm|unreachable|done|||;");
    expect_cases("safe", false,
                 "0000000002|word_list|en|KE|psea suicide||done|||child text;"
                 "0000000004|keyword|en|KE|harm|unreachable|done|||;");
    memset(&id, 0, sizeof(id));
    assert_int_equal(cases_answer(db, STR("0000000003"), STR("1"), &id, &msg), ERR_OK);
    assert_memory_equal(&id, &known, sizeof(id));
    assert_int_equal(cases_answer(db, STR("0000000005"), STR("1"), &id, &msg), ERR_NOT_FOUND);
    expect("select what, count(*)::text from core.case_access where ref is not null group by what"
           " order by what",
           "acknowledge|1;answer|2;read|4;release|3;transfer|1;");
}

/* ---- people's own logins ---- */

struct asking {
    struct loop *loop;
    int n;
    enum err e;
    char words[ERRMSG_BYTES];
};

static void on_end(void *ctx, enum err e, const char *words)
{
    struct asking *a = ctx;
    a->n++;
    a->e = e;
    (void)snprintf(a->words, sizeof(a->words), "%s", words);
    loop_stop(a->loop);
}

static enum err await(struct asking *a)
{
    assert_int_equal(a->n, 0); /* never before the call has returned */
    while (a->n == 0)
        loop_run(a->loop);
    assert_int_equal(a->n, 1);
    a->n = 0;
    return a->e;
}

static enum err sign_in(struct asking *a, const char *conninfo, const char *name,
                        struct str password, struct reader **ret)
{
    *ret = reader_libpq_open(a->loop,
                             &(struct reader_login){.conninfo = conninfo,
                                                    .name = str_from(name),
                                                    .password = password,
                                                    .timeout_ms = LONG_TIMEOUT_MS},
                             on_end, a);
    return await(a);
}

/* Amina has a password, and PostgreSQL asks for it; of all others it asks none. */
static void ask_for_passwords(void)
{
    expect("do $$ begin create role amina login password 'sunflower'; execute format('grant "
           "connect on database %I to amina', current_database());"
           " execute format('copy (values (''local all amina,nobody scram-sha-256''),"
           " (''local all all trust'')) to %L', current_setting('hba_file')); end $$",
           "");
    expect("select pg_reload_conf()::text", "true;");
}

static void only_who_has_the_password_comes_in(void **state)
{
    (void)state;
    struct asking a = {.loop = loop_libevent_new()};
    const char *here = conninfo_of("postgres");
    struct reader *r;
    char long_word[READER_PASSWORD_BYTES + 1];
    memset(long_word, 'x', sizeof(long_word));
    ask_for_passwords();
    const struct {
        const char *conninfo, *name;
        struct str password;
        enum err e;
    } rows[] = {
        {here, "amina", STR("sunflower"), ERR_OK},
        {here, "amina", STR("Sunflower"), ERR_DENIED},
        {here, "nobody", STR("x"), ERR_DENIED},
        {here, "waypost_sender", STR("x"), ERR_UNSUPPORTED}, /* nobody asked for it */
        {here, "", STR("x"), ERR_INVALID},
        {here, "amina", STR(""), ERR_INVALID},
        {here, "amina", {long_word, READER_PASSWORD_BYTES}, ERR_INVALID},
        {here, "amina", {"sun\0x", 5}, ERR_INVALID},
        {"host=/nowhere dbname=x", "amina", STR("sunflower"), ERR_UNAVAILABLE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum err e = sign_in(&a, rows[i].conninfo, rows[i].name, rows[i].password, &r);
        if (e != rows[i].e)
            fail_msg("row %zu: %d %s", i, (int)e, a.words);
        reader_close(r);
    }
    loop_free(a.loop);
}

static void people_read_and_write_nothing(void **state)
{
    (void)state;
    struct asking a = {.loop = loop_libevent_new()};
    struct table t = {.n = 0};
    struct database_rows rows = {on_columns, on_row_of_many, &t};
    struct reader *r;
    buf_init(&t.text, 1 << 20);
    assert_int_equal(sign_in(&a, conninfo_of("x"), "amina", STR("sunflower"), &r), ERR_OK);
    struct str params[] = {STR("a"), STR_NONE};
    reader_ask(r,
               &(struct sql){"select $1::text, $2::bigint, '2026-12-01'::date, session_user::text",
                             params, 2},
               &rows, on_end, &a);
    assert_int_equal(await(&a), ERR_OK);
    assert_string_equal(t.types, "tcdt");
    assert_string_equal(buf_str(&t.text).p, "a|-|2026-12-01|amina;");
    t.n = 0;
    reader_ask(r, &(struct sql){.text = "select x from generate_series(1, 5000) x"}, &rows, on_end,
               &a);
    assert_int_equal(await(&a), ERR_OK);
    assert_int_equal(t.n, 5000); /* over many turns of the loop */
    t.n = 0;
    t.n_stop = 3;
    reader_ask(r, &(struct sql){.text = "select x from generate_series(1, 5000) x"}, &rows, on_end,
               &a);
    assert_int_equal(await(&a), ERR_CONFLICT);
    assert_string_equal(a.words, "");
    assert_int_equal(t.n, 3);
    static const struct {
        const char *sql;
        enum err e;
        const char *words;
    } wrong[] = {{"create temp table x ()", ERR_IO, "read-only"},
                 {"select * from core.vault", ERR_DENIED, "permission denied"},
                 {"select 1/0", ERR_INVALID, "division by zero"},
                 {"frobnicate", ERR_IO, "syntax error"}};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        reader_ask(r, &(struct sql){.text = wrong[i].sql}, NULL, on_end, &a);
        enum err e = await(&a);
        if (e != wrong[i].e || strstr(a.words, wrong[i].words) == NULL)
            fail_msg("%s: %d %s", wrong[i].sql, (int)e, a.words);
    }
    expect("select count(pg_terminate_backend(pid))::text from pg_stat_activity where usename = "
           "'amina'",
           "1;");
    reader_ask(r, &(struct sql){.text = "select 1"}, NULL, on_end, &a);
    assert_int_equal(await(&a), ERR_UNAVAILABLE);
    reader_ask(r, &(struct sql){.text = "select 1"}, NULL, on_end, &a); /* down for good */
    assert_int_equal(await(&a), ERR_UNAVAILABLE);
    reader_close(r);
    reader_close(NULL);
    buf_fini(&t.text);
    loop_free(a.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_why_there_is_no_connection),
        cmocka_unit_test(asks_with_texts_and_nulls),
        cmocka_unit_test(tells_what_kind_of_error_it_was),
        cmocka_unit_test(a_lost_connection_is_told),
        cmocka_unit_test(streams_rows_with_their_types),
        cmocka_unit_test(an_epoch_begins_once),
        cmocka_unit_test(migrations_begin_with_nothing),
        cmocka_unit_test(migrations_are_all_or_nothing),
        cmocka_unit_test(seals_all_numbers_anew),
        cmocka_unit_test(gives_all_numbers_new_ids_or_none),
        cmocka_unit_test(a_case_that_is_not_there_is_told),
        cmocka_unit_test(cases_are_read_and_end_on_record),
        cmocka_unit_test(only_who_has_the_password_comes_in),
        cmocka_unit_test(people_read_and_write_nothing),
    };
    return getenv("WAYPOST_TEST_PG") == NULL
               ? 77 /* shown as skipped */
               : cmocka_run_group_tests(tests, connect_owner, disconnect);
}
