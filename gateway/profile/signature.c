#include "profile/signature.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static const EVP_MD *algorithm(enum digest digest)
{
    switch (digest) {
    case DIGEST_MD5:
        return EVP_md5();
    case DIGEST_SHA1:
        return EVP_sha1();
    case DIGEST_SHA256:
        return EVP_sha256();
    case DIGEST_SHA512:
        return EVP_sha512();
    }
    return NULL;
}

size_t digest_hash(enum digest digest, struct str bytes, uint8_t dst[DIGEST_MAX_BYTES])
{
    unsigned n = 0;
    int ok =
        EVP_Digest(bytes.p != NULL ? bytes.p : "", bytes.len, dst, &n, algorithm(digest), NULL);
    assert(ok == 1); /* fails only where OpenSSL was built without the algorithm */
    return n;
}

size_t digest_hmac(enum digest digest, struct str key, struct str bytes,
                   uint8_t dst[DIGEST_MAX_BYTES])
{
    unsigned n = 0;
    const unsigned char *in = (const unsigned char *)(bytes.p != NULL ? bytes.p : "");
    const unsigned char *mac =
        HMAC(algorithm(digest), key.p != NULL ? key.p : "", (int)key.len, in, bytes.len, dst, &n);
    assert(mac != NULL); /* as above */
    return n;
}

bool signature_equal(struct str a, struct str b)
{
    return a.len == b.len && a.len > 0 && CRYPTO_memcmp(a.p, b.p, a.len) == 0;
}

bool signature_ed25519(struct str public_key, struct str bytes, struct str signature)
{
    if (public_key.len != 32 || signature.len != 64)
        return false;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                (const unsigned char *)public_key.p, 32);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok = key != NULL && ctx != NULL ? EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) : 0;
    assert(ok == 1); /* any 32 bytes are a key: it fails without memory (base/xalloc.h) */
    bool is_good =
        EVP_DigestVerify(ctx, (const unsigned char *)signature.p, 64,
                         (const unsigned char *)(bytes.p != NULL ? bytes.p : ""), bytes.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return is_good;
}

void base64_encode(struct str bytes, bool is_url, struct buf *out)
{
    const char *digits = is_url
                             ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                             : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        uint32_t group = 0;
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < n ? (unsigned char)bytes.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++) {
            if (k <= n)
                buf_add_char(out, digits[group >> (18 - 6 * k) & 63]);
            else if (!is_url)
                buf_add_char(out, '=');
        }
    }
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

enum err base64_decode(struct str text, struct arena *arena, struct str *ret)
{
    while (text.len > 0 && text.p[text.len - 1] == '=')
        text.len--;
    char *bytes = arena_alloc(arena, text.len / 4 * 3 + 3);
    if (bytes == NULL)
        return ERR_TOO_LONG;
    if (text.len % 4 == 1)
        return ERR_INVALID;
    size_t n = 0;
    uint32_t group = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = base64_value(text.p[i]);
        if (value < 0)
            return ERR_INVALID;
        group = group << 6 | (uint32_t)value;
        if (i % 4 > 0)
            bytes[n++] = (char)(group >> (6 - 2 * (i % 4)));
    }
    *ret = (struct str){bytes, n};
    return ERR_OK;
}
