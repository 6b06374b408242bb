#include "cli/badge.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/certificate.h"
#include "core/event.h"
#include "port/vault/vault.h"
#include "profile/signature.h"

#define KEY_BYTES 32
#define SIGNATURE_BYTES 64
#define SALT_BYTES 16
#define STATUS_BITS 131072u /* the least that the standard allows, so that one tells nothing */
#define JWT_MAX_BYTES (1u << 20)
#define CONTEXT_W3C "https://www.w3.org/ns/credentials/v2"
#define CONTEXT_BADGE "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"

/* ---- the key ---- */

static EVP_PKEY *read_key(const struct cli_args *args)
{
    const char *path = cli_get(args, "key", NULL);
    FILE *file = path != NULL ? fopen(path, "r") : NULL;
    if (file == NULL) {
        cli_complain("certificate: --key %s: %s; `waypost certificate key FILE` makes one",
                     path != NULL ? path : "FILE", path != NULL ? strerror(errno) : "is needed");
        return NULL;
    }
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file); /* it was only read */
    if (key == NULL || EVP_PKEY_base_id(key) != EVP_PKEY_ED25519) {
        cli_complain("certificate: %s is no Ed25519 key", path);
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

static struct str base64url(struct str bytes, struct arena *arena)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, JWT_MAX_BYTES);
    base64_encode(bytes, true, &out);
    struct str text = buf_str(&out);
    while (str_ends(text, STR("=")))
        text = str_sub(text, 0, text.len - 1);
    return arena_str(arena, text);
}

static json_t *text_of(struct str text)
{
    return json_stringn(text.p != NULL ? text.p : "", text.len);
}

/* RFC 8037 2 */
static json_t *jwk_of(EVP_PKEY *key, struct arena *arena)
{
    uint8_t public[KEY_BYTES];
    size_t n = sizeof(public);
    if (EVP_PKEY_get_raw_public_key(key, public, &n) != 1)
        return NULL;
    struct str x = base64url((struct str){(const char *)public, n}, arena);
    return json_pack("{s:s, s:s, s:s, s:o}", "kty", "OKP", "crv", "Ed25519", "alg", "EdDSA", "x",
                     text_of(x));
}

int badge_key(const struct cli_args *args, struct desk *desk)
{
    const char *path = args->n_words == 2 ? args->words[1] : NULL;
    (void)desk; /* it is for who has a file, not for the gateway */
    if (path == NULL) {
        cli_complain("certificate key: which file? `waypost certificate key FILE`");
        return EX_USAGE;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        cli_complain("certificate key: %s: %s", path, strerror(errno));
        return EX_CANTCREAT;
    }
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    bool is_good = key != NULL &&
                   PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                   fflush(file) == 0 && fsync(fd) == 0;
    is_good &= fclose(file) == 0;
    EVP_PKEY_free(key);
    if (!is_good) {
        cli_complain("certificate key: %s cannot be written", path);
        return EX_IOERR;
    }
    printf("%s\n", path);
    return EX_OK;
}

/* ---- signing ---- */

static const char *issuer_of(const struct cli_args *args)
{
    const char *issuer = cli_get(args, "issuer", NULL);
    if (issuer != NULL && strncmp(issuer, "https://", 8) == 0)
        return issuer;
    cli_complain("certificate: --issuer https://...: where the issuer's profile is published");
    return NULL;
}

static struct str encode_json(json_t *json, struct arena *arena)
{
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    struct str encoded = text != NULL ? base64url(str_from(text), arena) : STR_NONE;
    free(text);
    json_decref(json);
    return encoded;
}

/* Takes over the payload. Compact serialisation (RFC 7515 7.1) on stdout. */
static int print_jwt(EVP_PKEY *key, const char *issuer, json_t *payload, struct arena *arena)
{
    json_t *header =
        json_pack("{s:s, s:s, s:o, s:o}", "alg", "EdDSA", "typ", "JWT", "kid",
                  text_of(arena_printf(arena, "%s#key", issuer)), "jwk", jwk_of(key, arena));
    struct str first = encode_json(header, arena), second = encode_json(payload, arena);
    struct str input = arena_printf(arena, "%.*s.%.*s", STR_ARG(first), STR_ARG(second));
    uint8_t signature[SIGNATURE_BYTES];
    size_t n = sizeof(signature);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool is_good = first.p != NULL && second.p != NULL && input.p != NULL && md != NULL &&
                   EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
                   EVP_DigestSign(md, signature, &n, (const uint8_t *)input.p, input.len) == 1;
    EVP_MD_CTX_free(md);
    if (!is_good) {
        cli_complain("certificate: it could not be signed");
        return EX_SOFTWARE;
    }
    struct str third = base64url((struct str){(const char *)signature, n}, arena);
    printf("%.*s.%.*s\n", STR_ARG(input), STR_ARG(third));
    return EX_OK;
}

static json_t *profile_of(const struct desk *desk, const char *issuer)
{
    return json_pack("{s:s, s:[s], s:o, s:s}", "id", issuer, "type", "Profile", "name",
                     text_of(desk->config.org), "url", issuer);
}

int badge_issuer(const struct cli_args *args, struct desk *desk)
{
    const char *issuer = issuer_of(args);
    EVP_PKEY *key = issuer != NULL ? read_key(args) : NULL;
    if (key == NULL)
        return EX_USAGE;
    json_t *profile = profile_of(desk, issuer);
    json_t *method = json_pack(
        "{s:o, s:s, s:s, s:o}", "id", text_of(arena_printf(desk->arena, "%s#key", issuer)), "type",
        "JsonWebKey", "controller", issuer, "publicKeyJwk", jwk_of(key, desk->arena));
    json_object_set_new(profile, "@context", json_pack("[s, s]", CONTEXT_W3C, CONTEXT_BADGE));
    json_object_set_new(profile, "verificationMethod", json_pack("[o]", method));
    int code = json_dumpf(profile, stdout, JSON_INDENT(2)) == 0 ? EX_OK : EX_IOERR;
    printf("\n");
    json_decref(profile);
    EVP_PKEY_free(key);
    return code;
}

/* ---- a badge ---- */

struct found {
    struct arena *arena;
    struct str line;
    uint64_t index;
};

static void on_found(void *ctx, const struct str *cells, uint32_t n)
{
    struct found *f = ctx;
    (void)n;
    f->line = cells[0].p != NULL ? arena_str(f->arena, cells[0]) : STR_NONE;
    if (cells[1].p != NULL && str_to_u64(cells[1], STATUS_BITS - 1, &f->index) != ERR_OK)
        f->line = STR_NONE;
}

/* Of the e-mail address in small letters, with salt: who has the address can tell, nobody else. */
static json_t *identity_of(const char *email, struct arena *arena)
{
    uint8_t salt[SALT_BYTES], digest[32];
    char salt_hex[2 * SALT_BYTES + 1], hex[2 * sizeof(digest) + 1];
    vault_random(salt, sizeof(salt));
    hex_encode(salt, sizeof(salt), salt_hex);
    struct str text = arena_printf(arena, "%s%s", email, salt_hex);
    char *letters = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; letters != NULL && i < text.len; i++)
        letters[i] =
            (char)(text.p[i] >= 'A' && text.p[i] <= 'Z' ? text.p[i] + 'a' - 'A' : text.p[i]);
    if (letters == NULL || EVP_Q_digest(NULL, "SHA256", NULL, letters, text.len, digest, NULL) != 1)
        return NULL;
    hex_encode(digest, sizeof(digest), hex);
    return json_pack("{s:s, s:o, s:s, s:b, s:s}", "type", "IdentityObject", "identityHash",
                     text_of(arena_printf(arena, "sha256$%s", hex)), "identityType", "emailAddress",
                     "hashed", 1, "salt", salt_hex);
}

/* The month is all that a certificate tells: its first day. Absent: it is none. */
static struct str first_day(struct str month, struct arena *arena)
{
    bool is_good = month.len == 7 && month.p[2] == '/';
    return is_good ? arena_printf(arena, "%.4s-%.2s-01T00:00:00Z", month.p + 3, month.p) : STR_NONE;
}

static json_t *subject_of(const struct cli_args *args, const struct certificate *c,
                          const char *issuer, struct arena *arena)
{
    const char *email = cli_get(args, "email", NULL);
    struct str name =
        c->module > 0 ? arena_printf(arena, "%.*s, %u", STR_ARG(c->title), c->module) : c->title;
    json_t *achievement =
        json_pack("{s:o, s:[s], s:o, s:o, s:{s:s}, s:o, s:o}", "id",
                  text_of(arena_printf(arena, "%s/achievements/%.*s", issuer, STR_ARG(c->version))),
                  "type", "Achievement", "name", text_of(name), "description",
                  text_of(str_from(cli_get(args, "criteria", ""))), "criteria", "narrative",
                  cli_get(args, "criteria", ""), "inLanguage", text_of(c->lang), "version",
                  text_of(c->version));
    json_t *subject =
        json_pack("{s:[s], s:o}", "type", "AchievementSubject", "achievement", achievement);
    if (email != NULL)
        json_object_set_new(subject, "identifier", json_pack("[o]", identity_of(email, arena)));
    return subject;
}

static json_t *status_of(const char *issuer, uint64_t index, struct arena *arena)
{
    struct str list = arena_printf(arena, "%s/status", issuer);
    return json_pack(
        "{s:o, s:s, s:s, s:o, s:o}", "id",
        text_of(arena_printf(arena, "%.*s#%llu", STR_ARG(list), (unsigned long long)index)), "type",
        "BitstringStatusListEntry", "statusPurpose", "revocation", "statusListIndex",
        text_of(arena_printf(arena, "%llu", (unsigned long long)index)), "statusListCredential",
        text_of(list));
}

/* No telephone number is in it, hashed or not, and nothing that leads to one. */
static json_t *credential_of(const struct cli_args *args, const struct desk *desk,
                             const struct certificate *c, uint64_t index, const char *issuer)
{
    struct arena *arena = desk->arena;
    uint8_t random[16];
    char id[37];
    vault_random(random, sizeof(random));
    random[6] = (uint8_t)((random[6] & 0x0f) | 0x40); /* UUID version 4 */
    random[8] = (uint8_t)((random[8] & 0x3f) | 0x80);
    event_uuid(random, id);
    struct str urn = arena_printf(arena, "urn:uuid:%s", id);
    struct str from = first_day(c->month, arena);
    json_t *credential = json_pack(
        "{s:[s, s], s:o, s:[s, s], s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "@context", CONTEXT_W3C,
        CONTEXT_BADGE, "id", text_of(urn), "type", "VerifiableCredential", "OpenBadgeCredential",
        "name", text_of(c->title), "issuer", profile_of(desk, issuer), "validFrom", text_of(from),
        "credentialSubject", subject_of(args, c, issuer, arena), "credentialStatus",
        status_of(issuer, index, arena), "iss", issuer, "jti", text_of(urn));
    return credential;
}

int badge_issue(const struct cli_args *args, struct desk *desk)
{
    const char *issuer = issuer_of(args);
    uint64_t code;
    char digits[CERTIFICATE_DIGITS + 1];
    if (issuer == NULL || args->n_words != 2 || cli_get(args, "criteria", NULL) == NULL ||
        certificate_parse(str_from(args->words[1]), &code) != ERR_OK) {
        cli_complain("certificate issue: one code, --issuer, --key and --criteria TEXT");
        return EX_USAGE;
    }
    EVP_PKEY *key = read_key(args);
    int result = key != NULL ? desk_open_database(desk) : EX_USAGE;
    struct found f = {.arena = desk->arena, .line = STR_NONE};
    (void)snprintf(digits, sizeof(digits), "%012llu", (unsigned long long)code);
    struct str param = str_from(digits);
    if (result == EX_OK)
        result = desk_ask(desk, "select * from core.issue_badge($1)", &param, 1, on_found, &f);
    struct certificate c;
    if (result == EX_OK && (certificate_read(f.line, &c) != ERR_OK || c.is_revoked)) {
        cli_complain("certificate issue: %s is not found, or revoked", digits);
        result = EX_DATAERR;
    }
    if (result == EX_OK)
        result =
            print_jwt(key, issuer, credential_of(args, desk, &c, f.index, issuer), desk->arena);
    EVP_PKEY_free(key);
    return result;
}

/* ---- which are revoked ---- */

static void on_revoked(void *ctx, const struct str *cells, uint32_t n)
{
    uint8_t *bits = ctx;
    uint64_t index;
    (void)n;
    if (str_to_u64(cells[0], STATUS_BITS - 1, &index) == ERR_OK)
        bits[index / 8] = (uint8_t)(bits[index / 8] | 0x80 >> index % 8);
}

/* RFC 1952 with one stored block (RFC 1951 3.2.4): a list is read by machines, which do not mind
 * its 22 kilobytes. */
static struct str gzip(const uint8_t *bytes, uint16_t n, struct arena *arena)
{
    static const char head[] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)0xff, 1};
    struct buf out CLEANUP(buf_fini);
    uint32_t crc = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    crc = ~crc;
    const uint16_t inverse = (uint16_t)~n;
    const uint32_t tail[2] = {crc, n};
    buf_init(&out, n + 64u);
    buf_add(&out, head, sizeof(head));
    for (int i = 0; i < 2; i++)
        buf_add_char(&out, (char)(n >> 8 * i));
    for (int i = 0; i < 2; i++)
        buf_add_char(&out, (char)(inverse >> 8 * i));
    buf_add(&out, bytes, n);
    for (int i = 0; i < 8; i++)
        buf_add_char(&out, (char)(tail[i / 4] >> 8 * (i % 4)));
    return arena_str(arena, buf_str(&out));
}

int badge_status(const struct cli_args *args, struct desk *desk)
{
    const char *issuer = issuer_of(args);
    EVP_PKEY *key = issuer != NULL ? read_key(args) : NULL;
    uint8_t bits[STATUS_BITS / 8] = {0};
    int code = key != NULL ? desk_open_database(desk) : EX_USAGE;
    if (code == EX_OK)
        code = desk_ask(desk, "select * from core.revoked_badges()", NULL, 0, on_revoked, bits);
    if (code == EX_OK) {
        struct arena *arena = desk->arena;
        struct str list = base64url(gzip(bits, sizeof(bits), arena), arena);
        struct str id = arena_printf(arena, "%s/status", issuer);
        json_t *credential =
            json_pack("{s:[s], s:o, s:[s, s], s:s, s:{s:o, s:s, s:s, s:o}, s:s, s:o}", "@context",
                      CONTEXT_W3C, "id", text_of(id), "type", "VerifiableCredential",
                      "BitstringStatusListCredential", "issuer", issuer, "credentialSubject", "id",
                      text_of(arena_printf(arena, "%.*s#list", STR_ARG(id))), "type",
                      "BitstringStatusList", "statusPurpose", "revocation", "encodedList",
                      text_of(arena_printf(arena, "u%.*s", STR_ARG(list))), "iss", issuer, "jti",
                      text_of(id));
        code = print_jwt(key, issuer, credential, arena);
    }
    EVP_PKEY_free(key);
    return code;
}
