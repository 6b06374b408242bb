/* check.h: is what was restored into a scratch folder a site that could go on? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/check.h"
#include "port/database/database.h"
#include "port/store/learners.h"
#include "port/vault/vault.h"
#include "role/ports.h"

#define SAMPLE "1000" /* numbers that are opened */

struct sealed {
    struct vault *vault;
    struct check_opened n;
    struct buf number;
};

struct drill {
    const struct config *config;
    struct check_list *list;
    struct database *db;
    struct loop *loop;
    struct store *store;
    uint64_t n_in_redis, n_in_postgres;
};

static void stops(struct drill *d, const char *where, const char *fix, const char *what)
{
    check_add(d->list, CHECK_STOPS, where, fix, "%s", what);
}

/* A row of the vault: its number must open, and be the number of its id. */
static void on_sealed(void *ctx, const struct str *cells, uint32_t n)
{
    struct sealed *s = ctx;
    uint8_t id[NUMBER_ID_BYTES], nonce[VAULT_NONCE_BYTES], sealed[256];
    uint64_t key_id = 0;
    s->n.n++;
    if (n < 4 || cells[3].len > 2 * sizeof(sealed) ||
        hex_decode(cells[0], id, sizeof(id)) != ERR_OK ||
        str_to_u64(cells[1], UINT16_MAX, &key_id) != ERR_OK ||
        hex_decode(cells[2], nonce, sizeof(nonce)) != ERR_OK ||
        hex_decode(cells[3], sealed, cells[3].len / 2) != ERR_OK)
        return;
    buf_reset(&s->number);
    if (vault_open(s->vault, (struct str){(const char *)id, sizeof(id)}, (uint16_t)key_id,
                   (struct str){(const char *)nonce, sizeof(nonce)},
                   (struct str){(const char *)sealed, cells[3].len / 2}, &s->number) != ERR_OK)
        return;
    struct number_id found = vault_number_id(s->vault, buf_str(&s->number));
    s->n.n_readable += memcmp(found.bytes, id, sizeof(id)) == 0;
}

struct check_opened check_numbers(struct vault *vault, struct database *db, const char *most,
                                  struct check_list *list)
{
    struct sealed s = {.vault = vault};
    struct errmsg msg;
    const struct str limit = str_from(most);
    buf_init(&s.number, 256);
    if (database_ask(
            db,
            &(struct sql){"select encode(number_id, 'hex'), key_id::text, encode(nonce, 'hex'), "
                          "encode(ciphertext, 'hex') from core.vault limit $1::int",
                          &limit, 1},
            on_sealed, &s, &msg) != ERR_OK)
        check_add(list, CHECK_STOPS, "keys", "restore the keys that belong to this database", "%s",
                  msg.text);
    else if (s.n.n_readable < s.n.n)
        check_add(list, CHECK_STOPS, "keys",
                  "find the keys that are missing: without them these numbers are lost",
                  "%" PRIu64 " of %" PRIu64 " number%s cannot be read with these keys",
                  s.n.n - s.n.n_readable, s.n.n, str_s(s.n.n));
    buf_fini(&s.number);
    return s.n;
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
                      "it has %" PRIu64 " of %" PRIu64 " learner%s", d->n_in_redis,
                      d->n_in_postgres, str_s(d->n_in_postgres));
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
    struct check_opened numbers = {.n = 0};
    struct vault *vault = NULL;
    if (database_open(config->sender_conninfo.p, &d.db, &msg) != ERR_OK) {
        stops(&d, "PostgreSQL", "see its log in the folder", msg.text);
    } else {
        if (vault_openssl_new(config->keys_dir.p, &vault, &msg) != ERR_OK)
            stops(&d, "keys", "restore the keys that belong to this database", msg.text);
        else
            numbers = check_numbers(vault, d.db, SAMPLE, list);
        vault_free(vault);
        database_close(d.db);
        d.db = NULL;
        if (database_open(config->writer_conninfo.p, &d.db, &msg) != ERR_OK) {
            stops(&d, "PostgreSQL", "see its log in the folder", msg.text);
        } else {
            check_learners(&d);
            if (database_ask(d.db,
                             &(struct sql){.text = "select (newest_event_at at time zone "
                                                   "'UTC')::text || ' UTC' from ops.lag"},
                             on_newest, &d, &msg) != ERR_OK)
                stops(&d, "PostgreSQL", "run waypost migrate on it", msg.text);
        }
    }
    (void)fprintf(stderr,
                  "learners: %" PRIu64 " in PostgreSQL, %" PRIu64 " in Redis; numbers "
                  "opened: %" PRIu64 " of %" PRIu64 "\n",
                  d.n_in_postgres, d.n_in_redis, numbers.n_readable, numbers.n);
    database_close(d.db);
}
