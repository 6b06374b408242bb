/* verbs.h: Open Badges. */
#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/checks.h"
#include "base/clock.h"
#include "core/certificate.h"
#include "core/event.h"
#include "port/vault/vault.h"
#include "profile/signature.h"
#include "wire/form.h"
#include "wire/gzip.h"

#define KEY_BYTES 32
#define SIGNATURE_BYTES 64
#define STATUS_BITS 131072u /* the least that the standard allows, so that one tells nothing */
#define FIRST_ZONE "+14:00" /* where a day begins first */
#define FIRST_ZONE_HOURS 14
#define JWT_MAX_BYTES (1u << 20)
#define CONTEXT_W3C "https://www.w3.org/ns/credentials/v2"
#define CONTEXT_BADGE "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
#define CONTEXT_KEYS                                                                               \
    "https://www.w3.org/ns/cid/v1" /* Controlled Identifiers 1.0: whose key it is */

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

/* Takes over the payload. Compact serialisation (RFC 7515 7.1); absent: it was told why not. */
static struct str make_jwt(EVP_PKEY *key, const char *issuer, json_t *payload, struct arena *arena)
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
        return STR_NONE;
    }
    struct str third = base64url((struct str){(const char *)signature, n}, arena);
    return arena_printf(arena, "%.*s.%.*s", STR_ARG(input), STR_ARG(third));
}

static int print_jwt(EVP_PKEY *key, const char *issuer, json_t *payload, struct arena *arena)
{
    struct str jwt = make_jwt(key, issuer, payload, arena);
    if (jwt.p != NULL)
        printf("%.*s\n", STR_ARG(jwt));
    return jwt.p != NULL ? EX_OK : EX_SOFTWARE;
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
    json_object_set_new(profile, "@context",
                        json_pack("[s, s, s]", CONTEXT_W3C, CONTEXT_BADGE, CONTEXT_KEYS));
    json_object_set_new(profile, "assertionMethod",
                        json_pack("[O]", json_object_get(method, "id")));
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

/* "sha256$HASH SALT" (app/checks.h). */
static json_t *identity_of(struct str identity)
{
    struct str hash = str_split(&identity, ' ');
    return json_pack("{s:s, s:o, s:s, s:b, s:o}", "type", "IdentityObject", "identityHash",
                     text_of(hash), "identityType", "emailAddress", "hashed", 1, "salt",
                     text_of(identity));
}

/* "03/2026" is all that a certificate tells: where that month began first on earth, since nobody
 * has finished in it before. 0: it is none. */
static time_t month_begins(struct str month, struct arena *arena)
{
    struct tm first = {.tm_mday = 1};
    struct str text = arena_str(arena, month);
    bool is_good = text.p != NULL && strptime(text.p, "%m/%Y", &first) != NULL;
    return is_good ? timegm(&first) - FIRST_ZONE_HOURS * 3600 : 0;
}

/* One for each thing that may be achieved: course, version, module and language. */
static struct str achievement_of(const struct certificate *c, const char *issuer,
                                 struct arena *arena)
{
    struct buf title CLEANUP(buf_fini);
    buf_init(&title, 3 * CERTIFICATE_NAME_BYTES);
    form_encode_path(c->title, &title);
    struct str id = arena_printf(arena, "%s/achievements/%.*s/%.*s/%.*s", issuer,
                                 STR_ARG(buf_str(&title)), STR_ARG(c->version), STR_ARG(c->lang));
    return c->module > 0 ? arena_printf(arena, "%.*s/%u", STR_ARG(id), c->module) : id;
}

static struct str random_urn(struct arena *arena)
{
    uint8_t random[16];
    char id[37];
    vault_random(random, sizeof(random));
    random[6] = (uint8_t)((random[6] & 0x0f) | 0x40); /* UUID version 4 */
    random[8] = (uint8_t)((random[8] & 0x3f) | 0x80);
    event_uuid(random, id);
    return arena_printf(arena, "urn:uuid:%s", id);
}

static json_t *subject_of(const struct cli_args *args, const struct certificate *c,
                          const char *issuer, struct str identity, struct arena *arena)
{
    struct str name =
        c->module > 0 ? arena_printf(arena, "%.*s, %u", STR_ARG(c->title), c->module) : c->title;
    json_t *achievement =
        json_pack("{s:o, s:[s], s:o, s:o, s:{s:s}, s:o, s:o}", "id",
                  text_of(achievement_of(c, issuer, arena)), "type", "Achievement", "name",
                  text_of(name), "description", text_of(str_from(cli_get(args, "criteria", ""))),
                  "criteria", "narrative", cli_get(args, "criteria", ""), "inLanguage",
                  text_of(c->lang), "version", text_of(c->version));
    json_t *subject =
        json_pack("{s:[s], s:o}", "type", "AchievementSubject", "achievement", achievement);
    if (!str_is_empty(identity))
        json_object_set_new(subject, "identifier", json_pack("[o]", identity_of(identity)));
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

/* The members that a JWT has for them as well (Open Badges 3.0, 8.2.4). A subject that has no
 * address has an id, so that it has either. */
static void add_claims(json_t *credential, time_t from, const char *issuer, struct str identity,
                       struct arena *arena)
{
    json_t *subject = json_object_get(credential, "credentialSubject");
    struct str id = random_urn(arena);
    json_object_set_new(credential, "iss", json_string(issuer));
    json_object_set(credential, "jti", json_object_get(credential, "id"));
    json_object_set_new(credential, "nbf", json_integer((json_int_t)from));
    if (!str_is_empty(identity))
        return;
    json_object_set_new(subject, "id", text_of(id));
    json_object_set_new(credential, "sub", text_of(id));
}

/* No telephone number is in it, hashed or not, and nothing that leads to one. */
static json_t *credential_of(const struct cli_args *args, const struct desk *desk,
                             const struct certificate *c, uint64_t index, const char *issuer,
                             struct str identity)
{
    struct arena *arena = desk->arena;
    char valid_from[32];
    time_t from = month_begins(c->month, arena), first_day = from + FIRST_ZONE_HOURS * 3600;
    struct tm tm = {.tm_mday = 1};
    (void)strftime(valid_from, sizeof(valid_from), "%FT%T" FIRST_ZONE, gmtime_r(&first_day, &tm));
    json_t *credential =
        json_pack("{s:[s, s], s:o, s:[s, s], s:o, s:o, s:o, s:o, s:o}", "@context", CONTEXT_W3C,
                  CONTEXT_BADGE, "id", text_of(random_urn(arena)), "type", "VerifiableCredential",
                  "OpenBadgeCredential", "name", text_of(c->title), "issuer",
                  profile_of(desk, issuer), "validFrom", text_of(str_from(valid_from)),
                  "credentialSubject", subject_of(args, c, issuer, identity, arena),
                  "credentialStatus", status_of(issuer, index, arena));
    add_claims(credential, from, issuer, identity, arena);
    return credential;
}

/* What the badge of a code is made of; false: there is none, or it was taken back. */
static int find(struct desk *desk, uint64_t code, struct found *f, struct certificate *ret,
                bool *ret_is_there)
{
    char digits[CERTIFICATE_DIGITS + 1];
    (void)snprintf(digits, sizeof(digits), "%012llu", (unsigned long long)code);
    struct str param = str_from(digits);
    *f = (struct found){.arena = desk->arena, .line = STR_NONE};
    int result = desk_ask(desk, "select * from core.issue_badge($1)", &param, 1, on_found, f);
    *ret_is_there = certificate_read(f->line, ret) == ERR_OK && !ret->is_revoked;
    return result;
}

int badge_issue(const struct cli_args *args, struct desk *desk)
{
    const char *issuer = issuer_of(args), *email = cli_get(args, "email", NULL);
    uint64_t code;
    if (issuer == NULL || args->n_words != 2 || cli_get(args, "criteria", NULL) == NULL ||
        certificate_parse(str_from(args->words[1]), &code) != ERR_OK) {
        cli_complain("certificate issue: one code, --issuer, --key and --criteria TEXT");
        return EX_USAGE;
    }
    EVP_PKEY *key = read_key(args);
    struct found f;
    struct certificate c;
    bool is_there = true;
    struct str identity =
        email != NULL ? checks_claim_identity(str_from(email), desk->arena) : STR_NONE;
    int result = key != NULL ? desk_open_database(desk) : EX_USAGE;
    if (result == EX_OK)
        result = find(desk, code, &f, &c, &is_there);
    if (result == EX_OK && !is_there) {
        cli_complain("certificate issue: %012llu is not found, or revoked",
                     (unsigned long long)code);
        result = EX_DATAERR;
    }
    if (result == EX_OK)
        result = print_jwt(key, issuer, credential_of(args, desk, &c, f.index, issuer, identity),
                           desk->arena);
    EVP_PKEY_free(key);
    return result;
}

/* ---- those that were asked for by a link ---- */

struct wish {
    struct str token, rest; /* "UNTIL_MS CODE IDENTITY" */
};

struct wishes {
    struct desk *desk;
    struct wish *list;
    uint32_t n;
};

static void on_wishes(void *ctx, enum err e, const struct str *names, const struct str *values,
                      uint32_t n)
{
    struct wishes *w = ctx;
    w->desk->e = e;
    w->n = e == ERR_OK ? n : 0;
    w->list = arena_new_array(w->desk->arena, struct wish, w->n + 1);
    for (uint32_t i = 0; i < w->n && w->list != NULL; i++)
        w->list[i] = (struct wish){arena_str(w->desk->arena, names[i]),
                                   arena_str(w->desk->arena, values[i])};
    loop_stop(w->desk->loop);
}

/* Under the link's token, until its 30 days are over; then it is no wish any more. */
static int put_badge(struct desk *desk, struct str token, const struct checks_claim *claim)
{
    char key[CHECKS_CLAIM_KEY_BYTES], value[STORE_SESSION_BYTES];
    struct str text = checks_claim_write(claim, value);
    int64_t left_ms = claim->until_ms - clock_wall().ms;
    if (text.p == NULL) {
        cli_complain("certificate sign: the badge is too long; write a shorter --criteria");
        return EX_DATAERR;
    }
    checks_claim_key(token, key);
    desk->e = ERR_OK;
    if (left_ms > 0) {
        store_session_put(desk->store, str_from(key), text, left_ms, desk_on_done, desk);
        loop_run(desk->loop);
    }
    if (desk->e == ERR_OK)
        return desk_put(desk, STORE_BOARD_CLAIMS, token, STR_NONE);
    cli_complain("certificate sign: Redis: %s", err_name(desk->e));
    return EX_UNAVAILABLE;
}

static int sign_one(const struct cli_args *args, struct desk *desk, EVP_PKEY *key,
                    const struct wish *wish)
{
    const char *issuer = issuer_of(args);
    struct found f;
    struct certificate c;
    struct checks_claim claim = {.state = CHECKS_CLAIM_USED};
    struct str identity = wish->rest, until = str_split(&identity, ' ');
    struct str digits = str_split(&identity, ' ');
    uint64_t until_ms = 0;
    bool is_there = str_to_u64(until, INT64_MAX, &until_ms) == ERR_OK &&
                    certificate_parse(digits, &claim.code) == ERR_OK;
    int code = is_there ? find(desk, claim.code, &f, &c, &is_there) : EX_OK;
    claim.until_ms = (int64_t)until_ms;
    claim.badge = STR("");
    if (code == EX_OK && is_there) {
        claim.state = CHECKS_CLAIM_READY;
        claim.badge = make_jwt(
            key, issuer, credential_of(args, desk, &c, f.index, issuer, identity), desk->arena);
        code = claim.badge.p != NULL ? EX_OK : EX_SOFTWARE;
    }
    return code == EX_OK ? put_badge(desk, wish->token, &claim) : code;
}

int badge_sign(const struct cli_args *args, struct desk *desk)
{
    struct wishes w = {.desk = desk};
    if (issuer_of(args) == NULL || cli_get(args, "criteria", NULL) == NULL) {
        cli_complain("certificate sign: --issuer, --key and --criteria TEXT");
        return EX_USAGE;
    }
    EVP_PKEY *key = read_key(args);
    int code = key != NULL ? desk_open_database(desk) : EX_USAGE;
    if (code == EX_OK)
        code = desk_open_store(desk);
    if (code == EX_OK) {
        store_board_get(desk->store, STORE_BOARD_CLAIMS, on_wishes, &w);
        loop_run(desk->loop);
        code = desk->e == ERR_OK && w.list != NULL ? EX_OK : EX_UNAVAILABLE;
    }
    uint32_t n = 0;
    while (code == EX_OK && n < w.n)
        code = sign_one(args, desk, key, &w.list[n++]);
    (void)fprintf(stderr, "waypost: of %u badge%s asked for done: %u\n", w.n, str_s(w.n),
                  code == EX_OK ? n
                  : n > 0       ? n - 1
                                : 0);
    EVP_PKEY_free(key);
    return code;
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

int badge_status(const struct cli_args *args, struct desk *desk)
{
    const char *issuer = issuer_of(args);
    EVP_PKEY *key = issuer != NULL ? read_key(args) : NULL;
    uint8_t bits[STATUS_BITS / 8] = {0};
    int code = key != NULL ? desk_open_database(desk) : EX_USAGE;
    if (code == EX_OK)
        code = desk_ask(desk, "select * from core.revoked_badges()", NULL, 0, on_revoked, bits);
    struct str packed = gzip_pack(bits, sizeof(bits), desk->arena);
    if (code == EX_OK && packed.p == NULL) { /* an empty list would say that none is revoked */
        cli_complain("certificate status: there is no memory to pack the list");
        code = EX_OSERR;
    }
    if (code == EX_OK) {
        struct arena *arena = desk->arena;
        struct str list = base64url(packed, arena);
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
