#include "app/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/store/values.h"
#include "port/vault/vault.h"
#include "profile/signature.h"

#define HOUR_S 3600

struct looking {
    struct store *store;
    struct checks_ask ask;
    char miss_key[STORE_CAP_KEY_BYTES];
    struct number_id from; /* where the place is that the code stands for */
    uint8_t learner_id[16];
    checks_on_done *fn;
    void *ctx;
};

static void finish(struct looking *l, enum err e, enum check_result result)
{
    struct code_check check = {.code = l->ask.code, .result = result};
    l->fn(l->ctx, e, e == ERR_OK ? &check : NULL);
    free(l);
}

static struct store_cap misses(const struct looking *l, uint64_t units, uint64_t limit)
{
    return (struct store_cap){.name = "checks",
                              .key = str_from(l->miss_key),
                              .units = units,
                              .limit = limit,
                              .window_s = CHECKS_MISS_S};
}

static void on_missed(void *ctx, enum err e)
{
    finish(ctx, e, CHECK_NOT_FOUND);
}

static void miss(struct looking *l)
{
    struct store_cap cap = misses(l, 1, UINT32_MAX);
    store_take(l->store, &cap, 1, on_missed, l);
}

/* ---- a place that can be brought to another number ---- */

void checks_move_key(uint64_t code, char key[CHECKS_MOVE_KEY_BYTES])
{
    (void)snprintf(key, CHECKS_MOVE_KEY_BYTES, "move:%012llu", (unsigned long long)code);
}

void checks_move_value(const struct number_id *id, const uint8_t learner_id[16],
                       char value[CHECKS_MOVE_BYTES])
{
    hex_encode(id->bytes, sizeof(id->bytes), value);
    hex_encode(learner_id, 16, value + 2 * sizeof(id->bytes));
}

bool checks_find(struct str state, const uint8_t learner_id[16], struct learner *ret)
{
    struct learner all;
    if (state.p == NULL || learner_decode(state, &all) != ERR_OK)
        return false;
    *ret = all;
    for (uint32_t i = 0; memcmp(ret->learner_id, learner_id, sizeof(ret->learner_id)) != 0; i++) {
        if (i == learner_n_others(&all) || learner_other(&all, i, ret) != ERR_OK)
            return false;
    }
    return true;
}

static void on_place(void *ctx, enum err e, const struct store_record *record)
{
    struct looking *l = ctx;
    struct learner moving;
    struct code_check check = {.code = l->ask.code, .result = CHECK_MOVE, .moving = &moving};
    if (e != ERR_OK) {
        finish(l, e, CHECK_UNASKED);
        return;
    }
    if (!checks_find(record->state, l->learner_id, &moving)) {
        miss(l);
        return;
    }
    memcpy(check.from, l->from.bytes, sizeof(check.from));
    l->fn(l->ctx, ERR_OK, &check);
    free(l);
}

/* May it be looked at once more? False: it was answered. */
static bool is_allowed(struct looking *l, enum err e)
{
    if (e == ERR_DENIED)
        finish(l, ERR_OK, CHECK_LATER);
    else if (e != ERR_OK)
        finish(l, e, CHECK_UNASKED);
    return e == ERR_OK;
}

static void on_move_taken(void *ctx, enum err e)
{
    struct looking *l = ctx;
    if (is_allowed(l, e))
        store_load(l->store, &l->from, on_place, l);
}

static void on_move(void *ctx, enum err e, struct str value)
{
    struct looking *l = ctx;
    size_t half = 2 * sizeof(l->from.bytes);
    bool is_good =
        e == ERR_OK && value.len == CHECKS_MOVE_BYTES - 1 &&
        hex_decode(str_sub(value, 0, half), l->from.bytes, sizeof(l->from.bytes)) == ERR_OK &&
        hex_decode(str_sub(value, half, value.len), l->learner_id, sizeof(l->learner_id)) == ERR_OK;
    char key[STORE_CAP_KEY_BYTES];
    if (e != ERR_OK && e != ERR_NOT_FOUND) {
        finish(l, e, CHECK_UNASKED);
        return;
    }
    if (!is_good) {
        miss(l);
        return;
    }
    (void)snprintf(key, sizeof(key), "move:%012llu", (unsigned long long)l->ask.code); /* fits */
    struct store_cap cap = {.name = "checks",
                            .key = str_from(key),
                            .units = 1,
                            .limit = CHECKS_MOVE_TRIES,
                            .window_s = CHECKS_MOVE_KEPT_MS / 1000};
    store_take(l->store, &cap, 1, on_move_taken, l);
}

static void on_line(void *ctx, enum err e, struct str line)
{
    struct looking *l = ctx;
    struct code_check check = {.code = l->ask.code, .result = CHECK_FOUND};
    if (e == ERR_NOT_FOUND && l->ask.has_moves) {
        char key[CHECKS_MOVE_KEY_BYTES];
        checks_move_key(l->ask.code, key);
        store_session_get(l->store, str_from(key), on_move, l);
        return;
    }
    if (e == ERR_NOT_FOUND) {
        miss(l);
        return;
    }
    if (e == ERR_OK && certificate_read(line, &check.found) != ERR_OK) {
        LOG_ERROR("checks", "a certificate in Redis cannot be read",
                  "remedy=\"waypost certificate revoke or rebuild\"");
        e = ERR_UNAVAILABLE;
    }
    l->fn(l->ctx, e, e == ERR_OK ? &check : NULL);
    free(l);
}

static void on_taken(void *ctx, enum err e)
{
    struct looking *l = ctx;
    if (is_allowed(l, e))
        store_certificate_get(l->store, l->ask.code, on_line, l);
}

void checks_look(struct store *store, const struct checks_ask *ask, checks_on_done *fn, void *ctx)
{
    char hex[2 * NUMBER_ID_BYTES + 1], key[STORE_CAP_KEY_BYTES], pin_key[STORE_CAP_KEY_BYTES];
    struct looking *l = xcalloc(1, sizeof(*l));
    *l = (struct looking){.store = store, .ask = *ask, .fn = fn, .ctx = ctx};
    hex_encode(ask->who.bytes, sizeof(ask->who.bytes), hex);
    (void)snprintf(key, sizeof(key), "k:%s", hex); /* fits */
    (void)snprintf(pin_key, sizeof(pin_key), "pins:%012llu", (unsigned long long)ask->code);
    (void)snprintf(l->miss_key, sizeof(l->miss_key), "missed checks:%s", ask->by); /* likewise */
    struct store_cap caps[3];
    uint32_t n = 0;
    if (!ask->is_again && !ask->is_in_list)
        caps[n++] = (struct store_cap){.name = "checks",
                                       .key = str_from(key),
                                       .units = 1,
                                       .limit = CHECKS_AN_HOUR,
                                       .window_s = HOUR_S};
    if (ask->has_pin)
        caps[n++] = (struct store_cap){.name = "checks",
                                       .key = str_from(pin_key),
                                       .units = 1,
                                       .limit = CHECKS_PINS,
                                       .window_s = 24 * HOUR_S};
    caps[n++] = misses(l, 0, CHECKS_MISSES - 1);
    store_take(store, caps, n, on_taken, l);
}

void checks_count_list(struct store *store, const struct number_id *who, store_on_done *fn,
                       void *ctx)
{
    char hex[2 * NUMBER_ID_BYTES + 1], key[STORE_CAP_KEY_BYTES];
    hex_encode(who->bytes, sizeof(who->bytes), hex);
    (void)snprintf(key, sizeof(key), "l:%s", hex); /* fits */
    struct store_cap cap = {.name = "checks",
                            .key = str_from(key),
                            .units = 1,
                            .limit = CHECKS_LISTS_AN_HOUR,
                            .window_s = HOUR_S};
    store_take(store, &cap, 1, fn, ctx);
}

/* ---- the badge of a certificate ---- */

#define SALT_BYTES 16u
#define HASH_BYTES 32u

bool checks_claim_is_token(struct str token)
{
    bool is_good = token.len == ENGINE_CLAIM_LETTERS;
    for (size_t i = 0; i < token.len; i++)
        is_good &= strchr(ENGINE_CLAIM_ALPHABET, token.p[i]) != NULL && token.p[i] != '\0';
    return is_good;
}

void checks_claim_key(struct str token, char key[CHECKS_CLAIM_KEY_BYTES])
{
    (void)snprintf(key, CHECKS_CLAIM_KEY_BYTES, "claim:%.*s", STR_ARG(token));
}

static const char claim_letters[] = {'n', 'w', 'r', 'u'};

struct str checks_claim_write(const struct checks_claim *claim, char *dst)
{
    int n = snprintf(dst, STORE_SESSION_BYTES, "%c %lld %012llu %.*s", claim_letters[claim->state],
                     (long long)claim->until_ms, (unsigned long long)claim->code,
                     STR_ARG(claim->badge));
    return n > 0 && (size_t)n < STORE_SESSION_BYTES ? (struct str){dst, (size_t)n} : STR_NONE;
}

bool checks_claim_read(struct str value, struct checks_claim *ret)
{
    struct str state = str_split(&value, ' '), until = str_split(&value, ' ');
    struct str code = str_split(&value, ' ');
    uint64_t until_ms, digits;
    const char *letter =
        state.len == 1 ? memchr(claim_letters, state.p[0], sizeof(claim_letters)) : NULL;
    if (letter == NULL || str_to_u64(until, INT64_MAX, &until_ms) != ERR_OK ||
        str_to_u64(code, CERTIFICATE_MAX, &digits) != ERR_OK)
        return false;
    *ret = (struct checks_claim){.state = (enum checks_claim_state)(letter - claim_letters),
                                 .until_ms = (int64_t)until_ms,
                                 .code = digits,
                                 .badge = value};
    return true;
}

struct str checks_claim_identity(struct str email, struct arena *arena)
{
    uint8_t salt[SALT_BYTES], digest[DIGEST_MAX_BYTES];
    char salt_hex[2 * SALT_BYTES + 1], hex[2 * HASH_BYTES + 1];
    char *letters = arena_alloc(arena, email.len + sizeof(salt_hex));
    if (letters == NULL)
        return STR_NONE;
    vault_random(salt, sizeof(salt));
    hex_encode(salt, sizeof(salt), salt_hex);
    for (size_t i = 0; i < email.len; i++)
        letters[i] =
            (char)(email.p[i] >= 'A' && email.p[i] <= 'Z' ? email.p[i] + 'a' - 'A' : email.p[i]);
    memcpy(letters + email.len, salt_hex, sizeof(salt_hex));
    (void)digest_hash(DIGEST_SHA256, (struct str){letters, email.len + 2 * SALT_BYTES}, digest);
    hex_encode(digest, HASH_BYTES, hex);
    return arena_printf(arena, "sha256$%s %s", hex, salt_hex);
}
