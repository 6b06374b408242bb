/* The sealed box: what is kept sealed as bytes, wherever it lies. */
#include <string.h>

#include "port/vault/vault.h"

#define HEAD_BYTES (VAULT_BOX_EXTRA_BYTES - VAULT_TAG_BYTES)

enum err vault_box_seal(const struct vault *v, struct str aad, struct str plain, struct buf *out)
{
    static const char room[HEAD_BYTES];
    size_t start = out->len;
    struct vault_sealed sealed;
    buf_add(out, room, sizeof(room)); /* filled in when the rest is known */
    enum err e = buf_error(out);
    if (e == ERR_OK)
        e = vault_seal(v, aad, plain, out, &sealed);
    if (e != ERR_OK) {
        out->len = start;
        return e;
    }
    char *head = out->p + start;
    head[0] = (char)(sealed.key_id >> 8);
    head[1] = (char)sealed.key_id;
    memcpy(head + 2, sealed.nonce, VAULT_NONCE_BYTES);
    return ERR_OK;
}

enum err vault_box_open(const struct vault *v, struct str aad, struct str box, struct buf *out)
{
    if (box.len < VAULT_BOX_EXTRA_BYTES)
        return ERR_INVALID;
    struct str nonce = str_sub(box, 2, HEAD_BYTES);
    uint16_t key_id = vault_box_key_id(box);
    enum err e = vault_open(v, aad, key_id, nonce, str_sub(box, HEAD_BYTES, box.len), out);
    /* Parts of long SMS that 1.0 stored have the length in front of the ciphertext. */
    struct str behind = str_sub(box, HEAD_BYTES + 4, box.len);
    if (e == ERR_DENIED && vault_open(v, aad, key_id, nonce, behind, out) == ERR_OK)
        e = ERR_OK;
    return e;
}

enum err vault_letter_seal(const struct vault *v, enum vault_reader reader, struct str aad,
                           struct str plain, struct buf *out)
{
    const uint8_t *key = vault_reader_key(v, reader);
    return key != NULL ? letter_seal(key, plain, out) : vault_box_seal(v, aad, plain, out);
}
