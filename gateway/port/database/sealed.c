/* Sealed values under other keys: database_reseal() and database_rekey(). */
#include "port/database/pq.h"

#define SEALED_MAX_BYTES 65536u

/* A kind of sealed value. page: $1 = a key id (4 bytes), $2 = the last row's name; gives name,
 * number id and box, in the order of the names. store: $1 = name, $2 = new id (rekey), $3 = box. */
struct sealed_kind {
    const char *page, *store;
};

#define BOX_OF_VAULT "decode(lpad(to_hex(key_id), 4, '0'), 'hex') || nonce || ciphertext"
#define KEY_OF_BOX "get_byte(s.sealed, 0) * 256 + get_byte(s.sealed, 1)"
/* learner, seq and n as a text that sorts in their order. */
#define NAME_OF_CASE                                                                               \
    "convert_to(format('%s,%s,%s', lpad(s.learner::text, 20, '0'),\
 lpad(s.seq::text, 10, '0'), lpad(s.n::text, 5, '0')), 'UTF8')"
#define CASE_OF_NAME                                                                               \
    "(split_part(convert_from($1, 'UTF8'), ',', 1)::bigint,\
 split_part(convert_from($1, 'UTF8'), ',', 2)::integer,\
 split_part(convert_from($1, 'UTF8'), ',', 3)::smallint)"
#define PAGE_ROWS "500"

static const struct sealed_kind reseal_numbers = {
    .page = "select number_id, number_id, " BOX_OF_VAULT " from core.vault where key_id <> $1 and"
            " number_id > $2 order by number_id limit " PAGE_ROWS " for update",
    .store = "update core.vault set key_id = get_byte($3, 0) * 256 + get_byte($3, 1),"
             " nonce = substr($3, 3, 12), ciphertext = substr($3, 15)"
             " where number_id = $1 and length($2) = 0",
};
static const struct sealed_kind reseal_cases = {
    .page =
        "select " NAME_OF_CASE ", i.number_id, s.sealed from core.safe_case s cross join lateral"
        " (select n.number_id from core.number_state n where n.learner = s.learner limit 1) i"
        " where s.sealed is not null and " KEY_OF_BOX " not in ($1, 0) and " NAME_OF_CASE " > $2"
        " order by 1 limit " PAGE_ROWS " for update of s",
    .store = "update core.safe_case s set sealed = $3"
             " where (s.learner, s.seq, s.n) = " CASE_OF_NAME " and length($2) = 0",
};
static const struct sealed_kind rekey_numbers = {
    .page = "select number_id, number_id, " BOX_OF_VAULT " from core.vault where $1 = 0 and"
            " number_id > $2 order by number_id limit " PAGE_ROWS,
    .store = "insert into waypost_rekey values ($1, $2, $3)",
};
static const struct sealed_kind rekey_cases = {
    .page =
        "select " NAME_OF_CASE ", i.ids, s.sealed from core.safe_case s cross join lateral"
        " (select k.old || k.new as ids from core.number_state n join waypost_rekey k on"
        " k.old = n.number_id where n.learner = s.learner limit 1) i"
        " where s.sealed is not null and " KEY_OF_BOX " <> 0 and $1 = 0 and " NAME_OF_CASE " > $2"
        " order by 1 limit " PAGE_ROWS,
    .store = "update core.safe_case s set sealed = $3"
             " where (s.learner, s.seq, s.n) = " CASE_OF_NAME " and length($2) = 16",
};

struct sealing {
    struct database *db;
    const struct sealed_kind *kind;
    uint16_t key_id;
    database_seal_fn *fn;
    void *ctx;
    struct buf last; /* name of the last row seen */
    uint64_t n_done, *n_failed;
    struct errmsg *msg;
};

static enum err seal_row(struct sealing *s, const PGresult *page, int row)
{
    struct buf id CLEANUP(buf_fini), box CLEANUP(buf_fini);
    PGresult *result = NULL;
    buf_init(&id, 16);
    buf_init(&box, SEALED_MAX_BYTES);
    buf_reset(&s->last);
    buf_add_str(&s->last, pq_cell(page, row, 0));
    if (s->fn(s->ctx, pq_cell(page, row, 1), pq_cell(page, row, 2), &id, &box) != ERR_OK) {
        ++*s->n_failed;
        return ERR_OK;
    }
    struct pq_param params[] = {{PQ_OID_BYTEA, pq_cell(page, row, 0), true},
                                {PQ_OID_BYTEA, buf_str(&id), true},
                                {PQ_OID_BYTEA, buf_str(&box), true}};
    enum err e = pq_run(s->db, s->kind->store, params, ARRAY_LEN(params), &result, s->msg);
    if (e != ERR_OK)
        return e;
    PQclear(result);
    s->n_done++;
    return ERR_OK;
}

/* One page; *ret_n rows were in it. */
static enum err seal_page(struct sealing *s, int *ret_n)
{
    const char key_id[4] = {0, 0, (char)(s->key_id >> 8), (char)s->key_id};
    struct pq_param params[] = {{PQ_OID_INT4, {key_id, sizeof(key_id)}, true},
                                {PQ_OID_BYTEA, buf_str(&s->last), true}};
    PGresult *page = NULL;
    enum err e = pq_run(s->db, s->kind->page, params, ARRAY_LEN(params), &page, s->msg);
    if (e != ERR_OK)
        return e;
    *ret_n = PQntuples(page);
    for (int i = 0; e == ERR_OK && i < *ret_n; i++)
        e = seal_row(s, page, i);
    PQclear(page);
    return e;
}

/* All rows of a kind; each page in a transaction of its own unless one is open. */
static enum err seal_all(struct sealing *s, bool is_one_transaction, uint64_t *ret_n)
{
    enum err e = ERR_OK;
    buf_init(&s->last, 64);
    for (int n = 1; e == ERR_OK && n > 0;) {
        if (!is_one_transaction)
            e = pq_run_script(s->db, STR("begin"), s->msg);
        if (e == ERR_OK)
            e = seal_page(s, &n);
        if (!is_one_transaction && e == ERR_OK)
            e = pq_run_script(s->db, STR("commit"), s->msg);
    }
    buf_fini(&s->last);
    *ret_n = s->n_done;
    return e;
}

enum err database_reseal(struct database *db, uint16_t key_id, database_seal_fn *fn, void *ctx,
                         struct database_sealed *ret, struct errmsg *msg)
{
    *ret = (struct database_sealed){0};
    struct sealing numbers = {
        db, &reseal_numbers, key_id, fn, ctx, .n_failed = &ret->n_failed, .msg = msg};
    struct sealing cases = numbers;
    cases.kind = &reseal_cases;
    enum err e = seal_all(&numbers, false, &ret->n_numbers);
    if (e == ERR_OK)
        e = seal_all(&cases, false, &ret->n_disclosures);
    if (e != ERR_OK)
        pq_roll_back(db);
    return e;
}

/* The numbers' rows, once the new ids and boxes are in the table beside them. */
static enum err rekey_rows(struct database *db, struct database_sealed *ret, struct errmsg *msg)
{
    PGresult *result;
    enum err e = pq_run(db,
                        "with gone as (delete from core.number_state n where not exists"
                        " (select from waypost_rekey k where k.old = n.number_id) returning 1)"
                        " select count(*) from gone",
                        NULL, 0, &result, msg);
    if (e != ERR_OK)
        return e;
    ret->n_lost = (uint64_t)pq_cell_int64(result, 0, 0);
    PQclear(result);
    return pq_run_script(
        db,
        STR("update core.number_state n set number_id = k.new from waypost_rekey k"
            " where k.old = n.number_id;"
            " create temp table waypost_sealed on commit drop as select k.new, k.box, v.sealed_at"
            " from waypost_rekey k join core.vault v on v.number_id = k.old;"
            " delete from core.vault;"
            " insert into core.vault (number_id, nonce, ciphertext, key_id, sealed_at)"
            " select new, substr(box, 3, 12), substr(box, 15),"
            " get_byte(box, 0) * 256 + get_byte(box, 1), sealed_at from waypost_sealed"),
        msg);
}

/* Under another id no key that is put back opens what was left as it was. */
static enum err all_opened(const struct database_sealed *done, const char *what, struct errmsg *msg)
{
    if (done->n_failed == 0)
        return ERR_OK;
    return errmsg_set(msg, ERR_NOT_FOUND,
                      "%llu %s%s cannot be opened; put the seal keys back that are missing",
                      (unsigned long long)done->n_failed, what, str_s(done->n_failed));
}

enum err database_rekey(struct database *db, database_seal_fn *fn, void *ctx,
                        struct database_sealed *ret, struct errmsg *msg)
{
    *ret = (struct database_sealed){0};
    struct sealing numbers = {db,        &rekey_numbers, 0, fn, ctx, .n_failed = &ret->n_failed,
                              .msg = msg};
    struct sealing cases = numbers;
    cases.kind = &rekey_cases;
    enum err e =
        pq_run_script(db,
                      STR("begin; lock table core.vault, core.number_state, core.safe_case in"
                          " exclusive mode; create temp table waypost_rekey (old bytea primary"
                          " key, new bytea not null, box bytea not null) on commit drop"),
                      msg);
    if (e == ERR_OK)
        e = seal_all(&numbers, true, &ret->n_numbers);
    if (e == ERR_OK)
        e = all_opened(ret, "number", msg);
    if (e == ERR_OK)
        e = seal_all(&cases, true, &ret->n_disclosures);
    if (e == ERR_OK)
        e = all_opened(ret, "disclosure", msg);
    if (e == ERR_OK)
        e = rekey_rows(db, ret, msg);
    if (e == ERR_OK)
        e = pq_run_script(db, STR("commit"), msg);
    if (e != ERR_OK)
        pq_roll_back(db);
    return e;
}
