#include "app/message.h"

#include <string.h>

#include "app/pack.h"

#define MESSAGE_VERSION 2u /* 1 had neither network nor is_answer */

/* Stored by these letters, so that the enum may be reordered. */
static const struct {
    const char *name;
    uint8_t stored;
} class_rows[] = {
    [MESSAGE_CLASS_REPLY] = {"reply", 'r'},
    [MESSAGE_CLASS_NOTICE] = {"notice", 'n'},
    [MESSAGE_CLASS_PUSH] = {"push", 'p'},
};

const char *message_class_name(enum message_class class)
{
    return class_rows[class].name;
}

void message_encode(const struct message *message, struct buf *out)
{
    pack_u8(out, MESSAGE_VERSION);
    pack_u8(out, class_rows[message->class].stored);
    pack_str(out, message->channel);
    buf_add(out, message->number_id.bytes, sizeof(message->number_id.bytes));
    buf_add(out, message->learner_id, sizeof(message->learner_id));
    pack_u32(out, message->seq);
    pack_u16(out, message->vault_key_id);
    buf_add(out, message->vault_nonce, sizeof(message->vault_nonce));
    pack_str(out, message->vault_ciphertext);
    pack_str(out, message->text);
    pack_str(out, message->link);
    pack_i64(out, message->created_at.ms);
    pack_i64(out, message->expires_at.ms);
    pack_str(out, message->network);
    pack_u8(out, message->is_answer);
}

static enum err find_class(uint8_t stored, enum message_class *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(class_rows); i++) {
        if (class_rows[i].stored == stored) {
            *ret = (enum message_class)i;
            return ERR_OK;
        }
    }
    return ERR_UNSUPPORTED;
}

enum err message_decode(struct str bytes, struct message *ret)
{
    struct unpack in = {.left = bytes};
    struct message m = {0};
    if (str_is_empty(bytes))
        return ERR_INVALID;
    uint8_t version = unpack_u8(&in);
    if (version < 1 || version > MESSAGE_VERSION)
        return ERR_UNSUPPORTED;
    uint8_t stored_class = unpack_u8(&in);
    m.channel = unpack_str(&in);
    unpack_bytes(&in, m.number_id.bytes, sizeof(m.number_id.bytes));
    unpack_bytes(&in, m.learner_id, sizeof(m.learner_id));
    m.seq = unpack_u32(&in);
    m.vault_key_id = unpack_u16(&in);
    unpack_bytes(&in, m.vault_nonce, sizeof(m.vault_nonce));
    m.vault_ciphertext = unpack_str(&in);
    m.text = unpack_str(&in);
    m.link = unpack_str(&in);
    m.created_at.ms = unpack_i64(&in);
    m.expires_at.ms = unpack_i64(&in);
    uint8_t is_answer = 0;
    if (version > 1) {
        m.network = unpack_str(&in);
        is_answer = unpack_u8(&in);
    }
    m.is_answer = is_answer != 0;
    if (!unpack_is_done(&in) || is_answer > 1)
        return ERR_INVALID;
    if (find_class(stored_class, &m.class) != ERR_OK)
        return ERR_UNSUPPORTED;
    *ret = m;
    return ERR_OK;
}
