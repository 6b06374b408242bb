/* check.h: is what was restored into a scratch folder a site that could go on? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/check.h"
#include "port/database.h"
#include "port/vault.h"
#include "role/ports.h"

#define SAMPLE "1000" /* numbers that are opened */

struct drill {
    const struct config *config;
    struct check_list *list;
    struct database *db;
    struct vault *vault;
    struct loop *loop;
    struct store *store;
    uint64_t n_numbers, n_readable, n_in_redis, n_in_postgres;
    struct str where; /* of the rows that are being read */
    struct buf number;
};

static void stops(struct drill *d, const char *where, const char *fix, const char *what)
{
    check_add(d->list, CHECK_STOPS, where, fix, "%s", what);
}

/* A row of the vault: its number must open, and be the number of its id. */
static void on_sealed(void *ctx, const struct str *cells, uint32_t n)
{
    struct drill *d = ctx;
    uint8_t id[NUMBER_ID_BYTES], nonce[VAULT_NONCE_BYTES], sealed[256];
    uint64_t key_id = 0;
    d->n_numbers++;
    if (n < 4 || cells[3].len > 2 * sizeof(sealed) ||
        hex_decode(cells[0], id, sizeof(id)) != ERR_OK ||
        str_to_u64(cells[1], UINT16_MAX, &key_id) != ERR_OK ||
        hex_decode(cells[2], nonce, sizeof(nonce)) != ERR_OK ||
        hex_decode(cells[3], sealed, cells[3].len / 2) != ERR_OK)
        return;
    buf_reset(&d->number);
    if (vault_open(d->vault, (struct str){(const char *)id, sizeof(id)}, (uint16_t)key_id,
                   (struct str){(const char *)nonce, sizeof(nonce)},
                   (struct str){(const char *)sealed, cells[3].len / 2}, &d->number) != ERR_OK)
        return;
    struct number_id found = vault_number_id(d->vault, buf_str(&d->number));
    d->n_readable += memcmp(found.bytes, id, sizeof(id)) == 0;
}

static void check_numbers(struct drill *d)
{
    struct errmsg msg;
    enum err e = vault_openssl_new(d->config->keys_dir.p, &d->vault, &msg);
    if (e == ERR_OK)
        e = database_ask(d->db,
                         "select encode(number_id, 'hex'), key_id::text, encode(nonce, 'hex'), "
                         "encode(ciphertext, 'hex') from core.vault limit " SAMPLE,
                         NULL, 0, on_sealed, d, &msg);
    if (e != ERR_OK)
        stops(d, "keys", "restore the keys that belong to this database", msg.text);
    else if (d->n_readable < d->n_numbers)
        check_add(d->list, CHECK_STOPS, "keys",
                  "find the keys that are missing: without them these numbers are lost",
                  "%" PRIu64 " of %" PRIu64 " numbers cannot be read with these keys",
                  d->n_numbers - d->n_readable, d->n_numbers);
}

static void on_scan(void *ctx, enum err e, struct str next, const struct store_learner *learners,
                    uint32_t n)
{
    struct drill *d = ctx;
    (void)learners;
    d->n_in_redis += n;
    if (e == ERR_OK && next.len > 0)
        store_scan(d->store, next, on_scan, d);
    else
        loop_stop(d->loop);
}

/* What rebuild has put there. Some may be counted twice, none is left out. */
static void check_learners(struct drill *d)
{
    struct errmsg msg;
    d->loop = loop_libevent_new();
    d->store = role_store_wait(d->config, d->loop);
    if (!store_is_up(d->store)) {
        stops(d, "Redis", "see its log in the folder", "it does not answer");
    } else if (database_count_states(d->db, &d->n_in_postgres, &msg) != ERR_OK) {
        stops(d, "PostgreSQL", "see its log in the folder", msg.text);
    } else {
        store_scan(d->store, STR_NONE, on_scan, d);
        loop_run(d->loop);
        if (d->n_in_redis < d->n_in_postgres)
            check_add(d->list, CHECK_STOPS, "Redis", "run waypost rebuild on it again",
                      "it has %" PRIu64 " of %" PRIu64 " learners", d->n_in_redis,
                      d->n_in_postgres);
    }
    store_free(d->store);
    loop_free(d->loop);
}

static void on_newest(void *ctx, const struct str *cells, uint32_t n)
{
    (void)ctx;
    if (n > 0 && cells[0].p != NULL)
        (void)fprintf(stderr, "newest event: %.*s\n", STR_ARG(cells[0]));
}

void check_restored(const struct config *config, struct check_list *list)
{
    struct drill d = {.config = config, .list = list};
    struct errmsg msg;
    buf_init(&d.number, 256);
    if (database_open(config->sender_conninfo.p, &d.db, &msg) != ERR_OK) {
        stops(&d, "PostgreSQL", "see its log in the folder", msg.text);
    } else {
        check_numbers(&d);
        database_close(d.db);
        d.db = NULL;
        if (database_open(config->writer_conninfo.p, &d.db, &msg) != ERR_OK) {
            stops(&d, "PostgreSQL", "see its log in the folder", msg.text);
        } else {
            check_learners(&d);
            if (database_ask(
                    d.db,
                    "select (newest_event_at at time zone 'UTC')::text || ' UTC' from ops.lag",
                    NULL, 0, on_newest, &d, &msg) != ERR_OK)
                stops(&d, "PostgreSQL", "run waypost migrate on it", msg.text);
        }
    }
    (void)fprintf(stderr,
                  "learners: %" PRIu64 " in PostgreSQL, %" PRIu64 " in Redis; numbers "
                  "opened: %" PRIu64 " of %" PRIu64 "\n",
                  d.n_in_postgres, d.n_in_redis, d.n_readable, d.n_numbers);
    database_close(d.db);
    vault_free(d.vault);
    buf_fini(&d.number);
}
