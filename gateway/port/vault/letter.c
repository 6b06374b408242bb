/* letter.h with OpenSSL. */
#include "port/vault/letter.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/file.h"
#include "port/vault/files.h"

#define INFO "waypost letter 1"
#define HEX_BYTES (2 * LETTER_KEY_BYTES)
#define HEAD_BYTES (2u + LETTER_KEY_BYTES + VAULT_NONCE_BYTES)
#define FILE_MAX_BYTES 4096u

/* ---- the key of one letter ---- */

/* HKDF of what both can compute, bound to both public keys. */
static bool derive(EVP_PKEY *own, const uint8_t *other, const uint8_t *letter_key,
                   const uint8_t *reader_key, uint8_t ret_key[VAULT_KEY_BYTES])
{
    uint8_t shared[LETTER_KEY_BYTES], salt[2 * LETTER_KEY_BYTES];
    size_t n_shared = sizeof(shared), n_key = VAULT_KEY_BYTES;
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, other, LETTER_KEY_BYTES);
    EVP_PKEY_CTX *agree = EVP_PKEY_CTX_new(own, NULL);
    EVP_PKEY_CTX *kdf = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    memcpy(salt, letter_key, LETTER_KEY_BYTES);
    memcpy(salt + LETTER_KEY_BYTES, reader_key, LETTER_KEY_BYTES);
    if (peer == NULL || agree == NULL || kdf == NULL)
        abort(); /* no memory */
    bool is_good = EVP_PKEY_derive_init(agree) == 1 && EVP_PKEY_derive_set_peer(agree, peer) == 1 &&
                   EVP_PKEY_derive(agree, shared, &n_shared) == 1 &&
                   EVP_PKEY_derive_init(kdf) == 1 &&
                   EVP_PKEY_CTX_set_hkdf_md(kdf, EVP_sha256()) == 1 &&
                   EVP_PKEY_CTX_set1_hkdf_salt(kdf, salt, sizeof(salt)) == 1 &&
                   EVP_PKEY_CTX_set1_hkdf_key(kdf, shared, (int)n_shared) == 1 &&
                   EVP_PKEY_CTX_add1_hkdf_info(kdf, (const uint8_t *)INFO, sizeof(INFO) - 1) == 1 &&
                   EVP_PKEY_derive(kdf, ret_key, &n_key) == 1;
    OPENSSL_cleanse(shared, sizeof(shared));
    EVP_PKEY_free(peer);
    EVP_PKEY_CTX_free(agree);
    EVP_PKEY_CTX_free(kdf);
    return is_good;
}

static EVP_PKEY *pair_new(uint8_t ret_public[LETTER_KEY_BYTES])
{
    EVP_PKEY *pair = NULL;
    size_t n = LETTER_KEY_BYTES;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_X25519, NULL);
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_keygen(ctx, &pair) != 1 ||
        EVP_PKEY_get_raw_public_key(pair, ret_public, &n) != 1)
        abort(); /* no memory, or an OpenSSL without X25519 */
    EVP_PKEY_CTX_free(ctx);
    return pair;
}

/* ---- sealing and opening ---- */

static EVP_CIPHER_CTX *gcm_new(const uint8_t *key, const uint8_t *nonce, int is_encrypt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL || EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce, is_encrypt) != 1)
        abort(); /* no memory, or an OpenSSL without AES-GCM */
    return ctx;
}

static void seal_text(const uint8_t *key, const uint8_t *nonce, uint8_t *text, size_t n)
{
    EVP_CIPHER_CTX *ctx = gcm_new(key, nonce, 1);
    int done = 0;
    if ((n > 0 && EVP_CipherUpdate(ctx, text, &done, text, (int)n) != 1) ||
        EVP_CipherFinal_ex(ctx, text + n, &done) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, VAULT_TAG_BYTES, text + n) != 1)
        abort(); /* in memory: cannot fail but by a broken library */
    EVP_CIPHER_CTX_free(ctx);
}

enum err letter_seal(const uint8_t public_key[LETTER_KEY_BYTES], struct str plain, struct buf *out)
{
    static const uint8_t room[HEAD_BYTES], no_tag[VAULT_TAG_BYTES];
    size_t start = out->len;
    uint8_t key[VAULT_KEY_BYTES];
    buf_add(out, room, sizeof(room));
    buf_add_str(out, plain);
    buf_add(out, no_tag, sizeof(no_tag));
    if (buf_error(out) != ERR_OK) {
        out->len = start;
        return buf_error(out);
    }
    uint8_t *letter_key = (uint8_t *)out->p + start + 2, *nonce = letter_key + LETTER_KEY_BYTES;
    EVP_PKEY *pair = pair_new(letter_key);
    vault_random(nonce, VAULT_NONCE_BYTES);
    bool is_good = derive(pair, public_key, letter_key, public_key, key);
    EVP_PKEY_free(pair);
    if (is_good)
        seal_text(key, nonce, nonce + VAULT_NONCE_BYTES, plain.len);
    OPENSSL_cleanse(key, sizeof(key));
    if (is_good)
        return ERR_OK;
    out->len = start;
    return ERR_INVALID; /* the file holds no point of the curve */
}

static bool open_text(const uint8_t *key, const uint8_t *nonce, struct str sealed, uint8_t *text)
{
    EVP_CIPHER_CTX *ctx = gcm_new(key, nonce, 0);
    uint8_t tag[VAULT_TAG_BYTES];
    size_t n = sealed.len - VAULT_TAG_BYTES;
    int done = 0;
    memcpy(tag, sealed.p + n, sizeof(tag));
    bool is_genuine =
        (n == 0 || EVP_CipherUpdate(ctx, text, &done, (const uint8_t *)sealed.p, (int)n) == 1) &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, VAULT_TAG_BYTES, tag) == 1 &&
        EVP_CipherFinal_ex(ctx, text + n, &done) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return is_genuine;
}

/* ---- key files ---- */

static enum err read_file(const char *path, bool is_private, uint8_t ret[LETTER_KEY_BYTES],
                          struct errmsg *msg)
{
    struct stat info;
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, FILE_MAX_BYTES);
    if (stat(path, &info) != 0)
        return errmsg_set(msg, errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, "%s: %s", path,
                          strerror(errno));
    if (is_private && (info.st_mode & 077) != 0)
        return errmsg_set(msg, ERR_DENIED, "%s: others may read this key; run: chmod 600 %s", path,
                          path);
    enum err e = file_read(path, FILE_MAX_BYTES, &text, msg);
    if (e == ERR_NOT_FOUND)
        e = ERR_DENIED; /* it is there */
    if (e == ERR_OK && hex_decode(str_trim(buf_str(&text)), ret, LETTER_KEY_BYTES) != ERR_OK)
        e = errmsg_set(msg, ERR_INVALID, "%s: a key is %d hexadecimal digits", path, HEX_BYTES);
    if (text.len > 0)
        OPENSSL_cleanse(text.p, text.len);
    return e;
}

enum err letter_read_public(const char *public_file, uint8_t ret[LETTER_KEY_BYTES],
                            struct errmsg *msg)
{
    return read_file(public_file, false, ret, msg);
}

enum err letter_open(const char *key_file, struct str letter, struct buf *out, struct errmsg *msg)
{
    uint8_t raw[LETTER_KEY_BYTES], reader_key[LETTER_KEY_BYTES], key[VAULT_KEY_BYTES];
    size_t n = sizeof(reader_key), start = out->len;
    enum err e = read_file(key_file, true, raw, msg);
    if (e != ERR_OK)
        return e;
    if (letter.len < LETTER_EXTRA_BYTES || vault_box_key_id(letter) != 0)
        return errmsg_set(msg, ERR_DENIED, "this text is not sealed to a person's key");
    const uint8_t *letter_key = (const uint8_t *)letter.p + 2;
    struct str sealed = str_sub(letter, HEAD_BYTES, letter.len);
    EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, raw, sizeof(raw));
    bool is_good = pair != NULL && EVP_PKEY_get_raw_public_key(pair, reader_key, &n) == 1 &&
                   derive(pair, letter_key, letter_key, reader_key, key);
    EVP_PKEY_free(pair);
    OPENSSL_cleanse(raw, sizeof(raw));
    buf_add_str(out, str_sub(sealed, 0, sealed.len - VAULT_TAG_BYTES)); /* room */
    if (buf_error(out) != ERR_OK)
        return errmsg_set(msg, buf_error(out), "the text is too long");
    is_good =
        is_good && open_text(key, letter_key + LETTER_KEY_BYTES, sealed, (uint8_t *)out->p + start);
    OPENSSL_cleanse(key, sizeof(key));
    if (is_good)
        return ERR_OK;
    out->len = start;
    return errmsg_set(msg, ERR_DENIED, "%s: this text was sealed to another key", key_file);
}

static enum err write_hex(const char *path, int flags, mode_t mode, const uint8_t *key,
                          struct errmsg *msg)
{
    char text[HEX_BYTES + 2];
    hex_encode(key, LETTER_KEY_BYTES, text);
    text[HEX_BYTES] = '\n';
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
    if (fd < 0)
        return errmsg_set(msg, errno == EEXIST ? ERR_CONFLICT : ERR_IO, "%s: %s", path,
                          strerror(errno));
    bool is_good = vault_file_write(fd, text, HEX_BYTES + 1) == ERR_OK && fsync(fd) == 0;
    enum err e = is_good ? ERR_OK : errmsg_set(msg, ERR_IO, "%s: %s", path, strerror(errno));
    if (e != ERR_OK)
        (void)unlink(path); /* half a key would only be in the way of a whole one */
    OPENSSL_cleanse(text, sizeof(text));
    (void)close(fd); /* synced above */
    return e;
}

enum err letter_make_keys(const char *key_file, const char *public_file, struct errmsg *msg)
{
    uint8_t raw[LETTER_KEY_BYTES], public_key[LETTER_KEY_BYTES];
    size_t n = sizeof(raw);
    EVP_PKEY *pair = pair_new(public_key);
    if (EVP_PKEY_get_raw_private_key(pair, raw, &n) != 1)
        abort(); /* as in pair_new */
    EVP_PKEY_free(pair);
    enum err e = write_hex(key_file, O_EXCL, 0600, raw, msg);
    OPENSSL_cleanse(raw, sizeof(raw));
    return e == ERR_OK ? write_hex(public_file, O_TRUNC, 0644, public_key, msg) : e;
}
