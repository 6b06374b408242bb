/* Sealed boxes: what the vault's users keep as bytes elsewhere. */
#include "base/record.h"
#include "port/vault.h"

static const struct record_field fields[] = {
    RECORD(0, struct vault_sealed, key_id, record_number),
    RECORD(0, struct vault_sealed, nonce, record_bytes),
    RECORD(0, struct vault_sealed, ciphertext, record_str),
};
/* No version: the key's id is where a second form would show. */
static const struct record_format format = {fields, ARRAY_LEN(fields), ARRAY_LEN(fields), 0};

enum err vault_box_seal(const struct vault *v, struct str aad, struct str plain, struct buf *out)
{
    struct buf ciphertext CLEANUP(buf_fini);
    struct vault_sealed sealed;
    buf_init(&ciphertext, plain.len + VAULT_TAG_BYTES);
    enum err e = vault_seal(v, aad, plain, &ciphertext, &sealed);
    if (e != ERR_OK)
        return e;
    record_encode(&format, &sealed, out);
    return buf_error(out);
}

enum err vault_box_open(const struct vault *v, struct str aad, struct str box, struct buf *out)
{
    struct vault_sealed sealed = {0};
    enum err e = record_decode(&format, box, &sealed);
    if (e != ERR_OK)
        return e;
    struct str nonce = {(const char *)sealed.nonce, sizeof(sealed.nonce)};
    return vault_open(v, aad, sealed.key_id, nonce, sealed.ciphertext, out);
}
