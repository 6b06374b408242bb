#include "app/callback/internal.h"
#include "app/pack.h"
#include "base/log.h"

#define SESSION_KEY_HEX_BYTES (2 * NUMBER_ID_BYTES)

struct str callback_session_name(const struct callback *c, struct str session)
{
    char hex[SESSION_KEY_HEX_BYTES + 1];
    struct str name =
        arena_printf(c->arena, "%.*s %.*s", STR_ARG(c->channel->config->name), STR_ARG(session));
    struct number_id id = vault_number_id(c->all->parts.vault, name);
    hex_encode(id.bytes, sizeof(id.bytes), hex);
    return arena_str(c->arena, str_from(hex));
}

static void on_session_put(void *ctx, enum err e)
{
    (void)ctx; /* of all callbacks: the one that asked may be answered already */
    if (e != ERR_OK)
        LOG_WARN("callback", "session not kept", "err=%s", err_name(e));
}

void callback_session_put(struct callback *c, const struct inbound *item)
{
    struct buf plain CLEANUP(buf_fini), sealed CLEANUP(buf_fini), value CLEANUP(buf_fini);
    struct vault_sealed box;
    buf_init(&plain, STORE_SESSION_BYTES);
    buf_init(&sealed, STORE_SESSION_BYTES);
    buf_init(&value, STORE_SESSION_BYTES);
    pack_str(&plain, item->from);
    pack_str(&plain, item->to);
    pack_str(&plain, item->network);
    if (buf_error(&plain) != ERR_OK ||
        vault_seal(c->all->parts.vault, c->session_key, buf_str(&plain), &sealed, &box) != ERR_OK) {
        on_session_put(c->all, ERR_TOO_LONG);
        return;
    }
    pack_u16(&value, box.key_id);
    buf_add(&value, box.nonce, sizeof(box.nonce));
    pack_str(&value, box.ciphertext);
    if (buf_error(&value) != ERR_OK) {
        on_session_put(c->all, ERR_TOO_LONG);
        return;
    }
    store_session_put(c->all->parts.store, c->session_key, buf_str(&value), CALLBACK_SESSION_TTL_MS,
                      on_session_put, c->all);
}

bool callback_session_open(struct callback *c, struct str value)
{
    struct unpack box = {.left = value};
    struct buf plain CLEANUP(buf_fini);
    uint8_t nonce[VAULT_NONCE_BYTES];
    buf_init(&plain, STORE_SESSION_BYTES);
    uint16_t key_id = unpack_u16(&box);
    unpack_bytes(&box, nonce, sizeof(nonce));
    struct str ciphertext = unpack_str(&box);
    if (!unpack_is_done(&box) ||
        vault_open(c->all->parts.vault, c->session_key, key_id,
                   (struct str){(const char *)nonce, sizeof(nonce)}, ciphertext, &plain) != ERR_OK)
        return false;
    struct unpack in = {.left = arena_str(c->arena, buf_str(&plain))};
    c->stored = (struct session_memory){.is_known = true};
    c->stored.from = unpack_str(&in);
    c->stored.to = unpack_str(&in);
    c->stored.network = unpack_str(&in);
    return unpack_is_done(&in);
}
