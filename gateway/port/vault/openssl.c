/* vault.h with OpenSSL: ids of numbers, sealing and opening. */
#include <assert.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "core/number.h"
#include "port/vault/files.h"

/* The contexts keep their keys; only the nonce changes from call to call. */
struct seal_key {
    uint16_t id;
    EVP_CIPHER_CTX *seal;
    EVP_CIPHER_CTX *open;
};

/* Grows when a key comes into the folder, whoever has the vault. */
struct ring {
    struct seal_key seal_keys[VAULT_MAX_SEAL_KEYS];
    uint32_t n_seal_keys;
    uint32_t newest;       /* index of the highest id that was there at the start */
    char dir[PATH_MAX];    /* of the keys; "" for tests */
    struct mono_ms looked; /* for a key that was not known */
    uint64_t seed;         /* of tests: what is drawn follows from it; 0 = from nothing */
    uint64_t n_drawn;
};

struct vault {
    EVP_MAC *hmac;
    EVP_MAC_CTX *number_id; /* keyed; started again for every number */
    uint8_t reader_keys[N_VAULT_READERS][LETTER_KEY_BYTES];
    bool has_reader[N_VAULT_READERS];
    struct ring *ring;
};

#define LOOK_AGAIN_MS 1000

/* ---- keys into contexts ---- */

static EVP_CIPHER_CTX *gcm_new(const uint8_t key[VAULT_KEY_BYTES], int is_encrypt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL || EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, NULL, is_encrypt) != 1)
        abort(); /* no memory, or an OpenSSL without AES-GCM */
    return ctx;
}

static const struct seal_key *seal_key_find(const struct vault *v, uint16_t id)
{
    for (uint32_t i = 0; i < v->ring->n_seal_keys; i++) {
        if (v->ring->seal_keys[i].id == id)
            return &v->ring->seal_keys[i];
    }
    return NULL;
}

static void vault_add_seal_key(const struct vault *v, uint16_t id,
                               const uint8_t key[VAULT_KEY_BYTES])
{
    v->ring->seal_keys[v->ring->n_seal_keys] =
        (struct seal_key){id, gcm_new(key, 1), gcm_new(key, 0)};
    if (v->ring->n_seal_keys == 0 || id > v->ring->seal_keys[v->ring->newest].id)
        v->ring->newest = v->ring->n_seal_keys;
    v->ring->n_seal_keys++;
}

static struct vault *vault_new(const uint8_t number_id_key[VAULT_KEY_BYTES])
{
    struct vault *v = xcalloc(1, sizeof(*v));
    v->ring = xcalloc(1, sizeof(*v->ring));
    char sha256[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    v->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    v->number_id = v->hmac != NULL ? EVP_MAC_CTX_new(v->hmac) : NULL;
    if (v->number_id == NULL ||
        EVP_MAC_init(v->number_id, number_id_key, VAULT_KEY_BYTES, params) != 1)
        abort(); /* no memory, or an OpenSSL without HMAC-SHA-256 */
    return v;
}

struct vault *vault_openssl_new_for_tests(uint64_t seed)
{
    uint8_t key[VAULT_KEY_BYTES];
    memset(key, 0x11, sizeof(key));
    struct vault *v = vault_new(key);
    v->ring->seed = seed;
    memset(key, 0x22, sizeof(key));
    vault_add_seal_key(v, 1, key);
    return v;
}

void vault_free(struct vault *v)
{
    if (v == NULL)
        return;
    for (uint32_t i = 0; i < v->ring->n_seal_keys; i++) {
        EVP_CIPHER_CTX_free(v->ring->seal_keys[i].seal); /* OpenSSL wipes what it frees */
        EVP_CIPHER_CTX_free(v->ring->seal_keys[i].open);
    }
    EVP_MAC_CTX_free(v->number_id);
    EVP_MAC_free(v->hmac);
    free(v->ring);
    free(v);
}

/* ---- the folder ---- */

static enum err add_seal_key(void *ctx, uint16_t id, const uint8_t key[VAULT_KEY_BYTES],
                             struct errmsg *msg)
{
    const struct vault *v = ctx;
    if (v->ring->n_seal_keys == VAULT_MAX_SEAL_KEYS)
        return errmsg_set(msg, ERR_TOO_LONG, "%s: more than %d seal keys", v->ring->dir,
                          VAULT_MAX_SEAL_KEYS);
    vault_add_seal_key(v, id, key);
    return ERR_OK;
}

static enum err read_seal_keys(struct vault *v, struct errmsg *msg)
{
    uint8_t key[VAULT_KEY_BYTES];
    enum err e = vault_file_each_seal_key(v->ring->dir, add_seal_key, v, msg);
    if (e == ERR_OK && v->ring->n_seal_keys == 0)
        e = vault_file_read(v->ring->dir, FIRST_SEAL_KEY, key, msg); /* says that it is missing */
    return e;
}

const char *vault_reader_name(enum vault_reader reader)
{
    static const char *const names[] = {
        [VAULT_READER_SAFE] = "safe", [VAULT_READER_INBOX] = "inbox"};
    return names[reader];
}

const uint8_t *vault_reader_key(const struct vault *v, enum vault_reader reader)
{
    return v->has_reader[reader] ? v->reader_keys[reader] : NULL;
}

static enum err read_readers(struct vault *v, const char *dir, struct errmsg *msg)
{
    enum err e = ERR_OK;
    for (int i = 0; i < N_VAULT_READERS && e == ERR_OK; i++) {
        char path[PATH_MAX], name[32];
        (void)snprintf(name, sizeof(name), "%s.pub", vault_reader_name((enum vault_reader)i));
        e = vault_file_path(path, dir, name, msg);
        if (e == ERR_OK)
            e = letter_read_public(path, v->reader_keys[i], msg);
        v->has_reader[i] = e == ERR_OK;
        if (e == ERR_NOT_FOUND)
            e = ERR_OK;
    }
    return e;
}

static enum err open_folder(const char *dir, const char *number_key, struct vault **ret,
                            struct errmsg *msg)
{
    uint8_t key[VAULT_KEY_BYTES];
    *ret = NULL;
    enum err e = vault_file_read(dir, number_key, key, msg);
    if (e != ERR_OK)
        return e;
    struct vault *v = vault_new(key);
    OPENSSL_cleanse(key, sizeof(key));
    /* It could be read, so its name fits. */
    (void)snprintf(v->ring->dir, sizeof(v->ring->dir), "%s", dir);
    e = read_seal_keys(v, msg);
    if (e == ERR_OK)
        e = read_readers(v, dir, msg);
    if (e != ERR_OK) {
        vault_free(v);
        return e;
    }
    *ret = v;
    return ERR_OK;
}

enum err vault_openssl_new(const char *dir, struct vault **ret, struct errmsg *msg)
{
    return open_folder(dir, NUMBER_ID_KEY, ret, msg);
}

enum err vault_make_seal_key(const char *dir, uint16_t *ret_id, struct errmsg *msg)
{
    struct vault *v = NULL;
    char name[32];
    enum err e = vault_openssl_new(dir, &v, msg);
    if (e != ERR_OK)
        return e;
    uint16_t newest = vault_seal_key_id(v);
    bool is_full = v->ring->n_seal_keys == VAULT_MAX_SEAL_KEYS; /* one more, and none opens it */
    vault_free(v);
    if (is_full || newest == UINT16_MAX)
        return errmsg_set(msg, ERR_TOO_LONG, "%s: no place is left for another seal key", dir);
    *ret_id = (uint16_t)(newest + 1);
    (void)snprintf(name, sizeof(name), SEAL_KEY_FORMAT, *ret_id); /* short */
    return vault_file_make(dir, name, msg);
}

enum err vault_openssl_new_number_key(const char *dir, struct vault **ret, struct errmsg *msg)
{
    *ret = NULL;
    enum err e = vault_file_make(dir, NEW_NUMBER_ID_KEY, msg);
    return e == ERR_OK ? open_folder(dir, NEW_NUMBER_ID_KEY, ret, msg) : e;
}

/* ---- work ---- */

struct number_id vault_number_id(const struct vault *v, struct str e164)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    char bytes[NUMBER_BYTES];
    struct str person = number_identity(e164, bytes);
    size_t n = 0;
    struct number_id id;
    if (EVP_MAC_init(v->number_id, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(v->number_id, (const uint8_t *)person.p, person.len) != 1 ||
        EVP_MAC_final(v->number_id, mac, &n, sizeof(mac)) != 1 || n < sizeof(id.bytes))
        abort(); /* in memory, with a fixed key: cannot fail but by a broken library */
    memcpy(id.bytes, mac, sizeof(id.bytes));
    return id;
}

/* nonce, then associated data, then the text; out has room for text.len bytes. */
static bool gcm_run(EVP_CIPHER_CTX *ctx, const uint8_t *nonce, struct str aad, struct str text,
                    uint8_t *out)
{
    int n = 0;
    assert(aad.len <= INT_MAX && text.len <= INT_MAX);
    if (EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, -1) != 1)
        return false;
    if (aad.len > 0 && EVP_CipherUpdate(ctx, NULL, &n, (const uint8_t *)aad.p, (int)aad.len) != 1)
        return false;
    if (text.len > 0 && EVP_CipherUpdate(ctx, out, &n, (const uint8_t *)text.p, (int)text.len) != 1)
        return false;
    return true;
}

/* splitmix64 (S. Vigna): for tests, which need other numbers each time, no secret ones. */
static uint64_t lot(struct ring *ring)
{
    uint64_t x = ring->seed + ++ring->n_drawn * 0x9e3779b97f4a7c15ULL;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

void vault_draw(const struct vault *v, uint8_t *dst, size_t n)
{
    if (v == NULL || v->ring->seed == 0) {
        vault_random(dst, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        dst[i] = (uint8_t)lot(v->ring);
}

enum err vault_seal(const struct vault *v, struct str aad, struct str plain, struct buf *out,
                    struct vault_sealed *ret)
{
    const struct seal_key *key = &v->ring->seal_keys[v->ring->newest];
    size_t start = out->len;
    static const uint8_t no_tag[VAULT_TAG_BYTES];
    /* The text is copied in and sealed in place, the tag's place is kept behind it. */
    buf_add_str(out, plain);
    buf_add(out, no_tag, sizeof(no_tag));
    if (buf_error(out) != ERR_OK) {
        out->len = start;
        return buf_error(out);
    }
    uint8_t *sealed = (uint8_t *)out->p + start;
    struct str text = {out->p + start, plain.len};
    int n = 0;
    ret->key_id = key->id;
    /* 96 random bits: a key is good for 2^32 messages (NIST SP 800-38D 8.3). */
    vault_draw(v, ret->nonce, sizeof(ret->nonce));
    if (!gcm_run(key->seal, ret->nonce, aad, text, sealed) ||
        EVP_CipherFinal_ex(key->seal, sealed + plain.len, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(key->seal, EVP_CTRL_AEAD_GET_TAG, VAULT_TAG_BYTES,
                            sealed + plain.len) != 1)
        abort(); /* as in vault_number_id */
    ret->ciphertext = str_sub(buf_str(out), start, out->len);
    return ERR_OK;
}

/* A key that came into the folder after the others were read. It opens; what seals stays the same,
 * so that all processes of a site learn of a new key before the first of them seals with it. */
static const struct seal_key *seal_key_look(const struct vault *v, uint16_t id)
{
    struct mono_ms now = clock_mono();
    char name[32];
    uint8_t key[VAULT_KEY_BYTES];
    if (v->ring->dir[0] == '\0' || v->ring->n_seal_keys == VAULT_MAX_SEAL_KEYS ||
        (v->ring->looked.ms != 0 && now.ms - v->ring->looked.ms < LOOK_AGAIN_MS))
        return NULL;
    v->ring->looked = now;
    (void)snprintf(name, sizeof(name), SEAL_KEY_FORMAT, id); /* short */
    if (vault_file_read(v->ring->dir, name, key, NULL) != ERR_OK)
        return NULL;
    uint32_t newest = v->ring->newest;
    vault_add_seal_key(v, id, key);
    v->ring->newest = newest;
    OPENSSL_cleanse(key, sizeof(key));
    return seal_key_find(v, id);
}

/* NULL: nobody has it. 0 is no key's id. */
static const struct seal_key *seal_key_get(const struct vault *v, uint16_t id)
{
    const struct seal_key *key = seal_key_find(v, id);
    return key != NULL || id == 0 ? key : seal_key_look(v, id);
}

uint16_t vault_seal_key_id(const struct vault *v)
{
    return v->ring->seal_keys[v->ring->newest].id;
}

enum err vault_open(const struct vault *v, struct str aad, uint16_t key_id, struct str nonce,
                    struct str ciphertext, struct buf *out)
{
    const struct seal_key *key = seal_key_get(v, key_id);
    if (key == NULL)
        return ERR_NOT_FOUND;
    if (nonce.len != VAULT_NONCE_BYTES || ciphertext.len < VAULT_TAG_BYTES)
        return ERR_DENIED;
    size_t start = out->len, n_plain = ciphertext.len - VAULT_TAG_BYTES;
    buf_add(out, ciphertext.p, n_plain); /* opened in place */
    if (buf_error(out) != ERR_OK)
        return buf_error(out);
    uint8_t *plain = (uint8_t *)out->p + start;
    uint8_t tag[VAULT_TAG_BYTES];
    memcpy(tag, ciphertext.p + n_plain, sizeof(tag));
    int n = 0;
    struct str text = {out->p + start, n_plain};
    if (!gcm_run(key->open, (const uint8_t *)nonce.p, aad, text, plain) ||
        EVP_CIPHER_CTX_ctrl(key->open, EVP_CTRL_AEAD_SET_TAG, VAULT_TAG_BYTES, tag) != 1)
        abort(); /* as in vault_number_id: only the tag says whether it is genuine */
    if (EVP_CipherFinal_ex(key->open, plain + n_plain, &n) == 1)
        return ERR_OK;
    OPENSSL_cleanse(plain, n_plain); /* nothing unauthenticated gets out */
    out->len = start;
    return ERR_DENIED;
}

/* ---- numbers in few bytes ---- */

#define PACKED_NUMBER_BYTES (VAULT_PACKED_BYTES - 2)

/* There and back are the same: what the key makes of the nonce is added to the bytes. */
static void crypt_number(const struct seal_key *key, const struct number_id *id,
                         const uint8_t in[PACKED_NUMBER_BYTES], uint8_t out[PACKED_NUMBER_BYTES])
{
    if (!gcm_run(key->seal, id->bytes, STR_NONE,
                 (struct str){(const char *)in, PACKED_NUMBER_BYTES}, out))
        abort(); /* as in vault_number_id */
}

void vault_pack(const struct vault *v, const struct number_id *id, struct str e164,
                uint8_t ret[VAULT_PACKED_BYTES])
{
    const struct seal_key *key = &v->ring->seal_keys[v->ring->newest];
    uint64_t digits = 0;
    uint8_t bytes[PACKED_NUMBER_BYTES];
    memset(ret, 0, VAULT_PACKED_BYTES);
    if (!str_starts(e164, STR("+")) || e164.len > VAULT_PACKED_MAX_NUMBER || e164.p[1] == '0' ||
        str_to_u64(str_sub(e164, 1, e164.len), UINT64_MAX, &digits) != ERR_OK)
        return;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(digits >> 8 * (sizeof(bytes) - 1 - i));
    ret[0] = (uint8_t)(key->id >> 8);
    ret[1] = (uint8_t)key->id;
    crypt_number(key, id, bytes, ret + 2);
}

static uint16_t packed_key_id(const uint8_t packed[VAULT_PACKED_BYTES])
{
    return (uint16_t)(packed[0] << 8 | packed[1]);
}

bool vault_is_packed(const struct vault *v, const uint8_t packed[VAULT_PACKED_BYTES])
{
    return packed_key_id(packed) == vault_seal_key_id(v);
}

enum err vault_unpack(const struct vault *v, const struct number_id *id,
                      const uint8_t packed[VAULT_PACKED_BYTES], struct buf *out)
{
    const struct seal_key *key = seal_key_get(v, packed_key_id(packed));
    uint8_t bytes[PACKED_NUMBER_BYTES];
    char text[24];
    uint64_t digits = 0;
    if (key == NULL)
        return ERR_NOT_FOUND;
    crypt_number(key, id, packed + 2, bytes);
    for (size_t i = 0; i < sizeof(bytes); i++)
        digits = digits << 8 | bytes[i];
    int n = snprintf(text, sizeof(text), "+%llu", (unsigned long long)digits); /* 17 digits */
    struct str number = {text, (size_t)n};
    struct number_id found = vault_number_id(v, number);
    bool is_right = memcmp(found.bytes, id->bytes, sizeof(found.bytes)) == 0;
    if (is_right)
        buf_add_str(out, number);
    explicit_bzero(text, sizeof(text));
    return is_right ? buf_error(out) : ERR_DENIED;
}
