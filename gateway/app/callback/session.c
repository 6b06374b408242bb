#include "app/callback/internal.h"
#include "base/log.h"
#include "base/record.h"

#define SESSION_KEY_HEX_BYTES (2 * NUMBER_ID_BYTES)

static const struct record_field fields[] = {
    RECORD(1, struct session_memory, from, record_str),
    RECORD(1, struct session_memory, to, record_str),
    RECORD(1, struct session_memory, network, record_str),
};
static const struct record_format format = RECORD_FORMAT(1, fields);

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
    struct session_memory memory = {.from = item->from, .to = item->to, .network = item->network};
    struct buf plain CLEANUP(buf_fini), box CLEANUP(buf_fini);
    buf_init(&plain, STORE_SESSION_BYTES);
    buf_init(&box, STORE_SESSION_BYTES);
    record_encode(&format, &memory, &plain);
    if (buf_error(&plain) != ERR_OK ||
        vault_box_seal(c->all->parts.vault, c->session_key, buf_str(&plain), &box) != ERR_OK) {
        on_session_put(c->all, ERR_TOO_LONG);
        return;
    }
    store_session_put(c->all->parts.store, c->session_key, buf_str(&box), CALLBACK_SESSION_TTL_MS,
                      on_session_put, c->all);
}

bool callback_session_open(struct callback *c, struct str value)
{
    struct buf plain CLEANUP(buf_fini);
    buf_init(&plain, STORE_SESSION_BYTES);
    if (vault_box_open(c->all->parts.vault, c->session_key, value, &plain) != ERR_OK)
        return false;
    c->stored = (struct session_memory){.is_known = true};
    return record_decode(&format, arena_str(c->arena, buf_str(&plain)), &c->stored) == ERR_OK;
}
