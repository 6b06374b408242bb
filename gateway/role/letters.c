#include "role/letters.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "core/event_record.h"
#include "port/store/learners.h"

#define LETTER_BYTES (2u * EVENT_RECORD_MAX_BYTES)
#define STATE_BYTES (64u << 10)
#define JSON_BYTES (1u << 20)

struct letters {
    struct database *db;
    struct store *store;
    struct loop *loop;
    struct errmsg *msg;
    struct buf id, hex; /* of the letter in hand; no id: there is none */
    char *bytes;        /* its payload */
    size_t n_bytes;
    struct buf state, json;
    bool has_state;
    enum err e; /* of the store */
};

/* ---- what the store knows ---- */

static void on_states(void *ctx, enum err e, const struct str *states, uint32_t n)
{
    struct letters *l = ctx;
    l->e = e;
    l->has_state = e == ERR_OK && n == 1 && states[0].p != NULL;
    if (l->has_state)
        buf_add_str(&l->state, states[0]);
    loop_stop(l->loop);
}

static enum err ask_state(struct letters *l, const struct event_record *record)
{
    struct number_id id;
    l->has_state = false;
    buf_reset(&l->state);
    if (record->kind != EVENT_RECORD_STEP || record->is_erased)
        return ERR_OK;
    memcpy(id.bytes, record->number_id, sizeof(id.bytes));
    store_states(l->store, &id, 1, on_states, l);
    loop_run(l->loop);
    if (l->e != ERR_OK)
        return errmsg_set(l->msg, l->e, "Redis: %s; run it again: it does no harm", err_name(l->e));
    return ERR_OK;
}

/* ---- one after the other ---- */

static void on_letter(void *ctx, const struct str *cells, uint32_t n)
{
    struct letters *l = ctx;
    (void)n; /* both columns */
    buf_reset(&l->id);
    buf_reset(&l->hex);
    buf_add_str(&l->id, cells[0]);
    buf_add_str(&l->hex, cells[1]);
}

/* The one behind the one in hand, into bytes. ERR_NOT_FOUND: there is none. */
static enum err next(struct letters *l)
{
    char after[24];
    enum err e = str_copy(l->id.len > 0 ? buf_str(&l->id) : STR("0"), after, sizeof(after));
    if (e != ERR_OK)
        return errmsg_set(l->msg, e, "PostgreSQL: no number of a dead letter");
    struct str param = str_from(after);
    buf_reset(&l->id);
    e = database_ask(
        l->db,
        &(struct sql){"select id::text, encode(payload, 'hex') from core.next_record($1::bigint)",
                      &param, 1},
        on_letter, l, l->msg);
    if (e != ERR_OK)
        return e;
    if (l->id.len == 0)
        return ERR_NOT_FOUND;
    l->n_bytes = l->hex.len / 2;
    if (buf_error(&l->hex) != ERR_OK)
        return errmsg_set(l->msg, buf_error(&l->hex), "PostgreSQL: too long a dead letter");
    if (hex_decode(buf_str(&l->hex), l->bytes, l->n_bytes) != ERR_OK)
        return errmsg_set(l->msg, ERR_IO, "PostgreSQL: no bytes of a dead letter");
    return ERR_OK;
}

static void note_taken(void *ctx, const struct str *cells, uint32_t n)
{
    bool *is_taken = ctx;
    (void)n; /* one column */
    *is_taken = str_eq(cells[0], STR("true"));
}

/* ERR_UNSUPPORTED and ERR_INVALID: it stays where it is. */
static enum err take_in(struct letters *l, bool *ret_is_taken)
{
    struct event_record record;
    *ret_is_taken = false;
    enum err e = event_decode((struct str){l->bytes, l->n_bytes}, &record);
    if (e != ERR_OK)
        return e;
    e = ask_state(l, &record);
    if (e != ERR_OK)
        return e == ERR_INVALID || e == ERR_UNSUPPORTED ? ERR_IO : e;
    buf_reset(&l->json);
    event_record_json(&record, l->has_state ? buf_str(&l->state) : STR_NONE, &l->json);
    if (buf_error(&l->json) != ERR_OK)
        return ERR_INVALID;
    struct str params[] = {buf_str(&l->id), buf_str(&l->json)};
    return database_ask(l->db,
                        &(struct sql){"select core.take_letter($1::bigint, $2::jsonb)::text",
                                      params, ARRAY_LEN(params)},
                        note_taken, ret_is_taken, l->msg);
}

static enum err take_all(struct letters *l, struct letters_done *ret)
{
    enum err e;
    bool is_taken;
    while ((e = next(l)) == ERR_OK) {
        e = take_in(l, &is_taken);
        if (e != ERR_OK && e != ERR_UNSUPPORTED && e != ERR_INVALID)
            return e;
        if (e != ERR_OK)
            LOG_WARN("letters", "a dead letter stays where it is", "id=%.*s err=%s",
                     STR_ARG(buf_str(&l->id)), err_name(e));
        ret->n_taken += is_taken;
        ret->n_left += e != ERR_OK;
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err letters_take_in(struct database *db, struct store *store, struct loop *loop,
                         struct letters_done *ret, struct errmsg *msg)
{
    struct letters l = {.db = db, .store = store, .loop = loop, .msg = msg};
    *ret = (struct letters_done){.n_taken = 0};
    buf_init(&l.id, 32);
    buf_init(&l.hex, 2 * LETTER_BYTES);
    l.bytes = xcalloc(1, LETTER_BYTES);
    buf_init(&l.state, STATE_BYTES);
    buf_init(&l.json, JSON_BYTES);
    enum err e = take_all(&l, ret);
    buf_fini(&l.id);
    buf_fini(&l.hex);
    free(l.bytes);
    buf_fini(&l.state);
    buf_fini(&l.json);
    return e;
}
