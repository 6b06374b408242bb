#include "profile/model.h"
#include "wire/json.h"

#define CLOCK_SKEW_MS 60000

/* Signed moments ------------------------------------------------------------------------------ */

/* A request that was signed too long ago, or ahead of our clock, may be somebody's recording. */
static bool is_fresh(struct eval *eval, const struct auth *auth)
{
    struct wall_ms at;
    struct str text = value_eval(eval, &auth->fresh);
    struct str limit = eval_setting(eval, STR("max_age_s"));
    uint64_t seconds = (uint64_t)auth->fresh_s;
    if (auth->fresh.alternatives == NULL || eval->now.ms == 0)
        return true;
    if (limit.p == NULL)
        limit = eval_setting(eval, STR("tolerance_s"));
    if (limit.p != NULL && str_to_u64(limit, 86400 * 30, &seconds) != ERR_OK)
        return false;
    if (text.p == NULL || time_parse_auto(text, TIME_UTC, &at) != ERR_OK)
        return false;
    int64_t age = eval->now.ms - at.ms;
    return age <= (int64_t)seconds * 1000 && age >= -CLOCK_SKEW_MS - (int64_t)seconds * 1000;
}

/* Signatures ---------------------------------------------------------------------------------- */

/* Appends the signature; false where only the holder of a private key can make it. */
static bool compute(const struct auth *auth, struct str key, struct str over, struct buf *out)
{
    uint8_t bytes[DIGEST_MAX_BYTES];
    size_t n = 0;
    switch (auth->algorithm) {
    case SIGNATURE_MD5:
    case SIGNATURE_SHA1:
    case SIGNATURE_SHA256:
    case SIGNATURE_SHA512:
        n = digest_hash((enum digest)(auth->algorithm - SIGNATURE_MD5), over, bytes);
        break;
    case SIGNATURE_HMAC_MD5:
    case SIGNATURE_HMAC_SHA1:
    case SIGNATURE_HMAC_SHA256:
    case SIGNATURE_HMAC_SHA512:
        n = digest_hmac((enum digest)(auth->algorithm - SIGNATURE_HMAC_MD5), key, over, bytes);
        break;
    case SIGNATURE_ED25519:
        return false;
    }
    if (auth->encoding == SIGNATURE_BASE64)
        base64_encode((struct str){(const char *)bytes, n}, false, out);
    else
        buf_add_hex(out, bytes, n);
    return true;
}

static bool signature_is_good(struct eval *eval, const struct auth *auth, struct str key,
                              struct str over, struct str signature)
{
    struct str raw;
    struct buf wanted CLEANUP(buf_fini);
    buf_init(&wanted, 4 * DIGEST_MAX_BYTES);
    if (auth->algorithm == SIGNATURE_ED25519)
        return base64_decode(signature, eval->arena, &raw) == ERR_OK &&
               signature_ed25519(key, over, raw);
    return compute(auth, key, over, &wanted) && signature_equal(buf_str(&wanted), signature);
}

/* Some providers write hex in capitals, some put several signatures into one header. */
static bool any_signature_is_good(struct eval *eval, const struct auth *auth, struct str key,
                                  struct str over, struct str signatures)
{
    if (auth->encoding == SIGNATURE_HEX && auth->algorithm != SIGNATURE_ED25519)
        signatures = text_lower(eval->arena, signatures);
    if (auth->separator == '\0')
        return signature_is_good(eval, auth, key, over, signatures);
    bool is_good = false;
    while (signatures.p != NULL) {
        struct str one = str_trim(str_split(&signatures, auth->separator));
        is_good |= signature_is_good(eval, auth, key, over, one);
    }
    return is_good;
}

static bool equals_hold(struct eval *eval, const struct auth *auth)
{
    for (const struct named_value *v = auth->equal; v != NULL; v = v->next) {
        struct str expected = value_eval(eval, &v->value);
        if (!signature_equal(form_get(&eval->query, v->name), expected))
            return false;
    }
    return true;
}

/* Where a provider is known to sign in more than one way, `over` lists them: one must be it. */
static bool any_over_is_good(struct eval *eval, const struct auth *auth, struct str key,
                             struct str signature)
{
    bool is_good = false;
    for (const struct alternative *a = auth->over.alternatives; a != NULL; a = a->next) {
        struct alternative alone = *a;
        struct value value = auth->over;
        alone.next = NULL;
        value.alternatives = &alone;
        struct str over = value_eval(eval, &value);
        is_good |= over.p != NULL && any_signature_is_good(eval, auth, key, over, signature);
    }
    return is_good;
}

/* `secret` in what is signed is the key that is being tried. */
static bool check_signature(struct eval *eval, const struct auth *auth)
{
    struct str signature = value_eval(eval, &auth->where);
    bool is_good = false;
    eval->pairs = &auth->pairs;
    for (const struct word_list *k = auth->keys; k != NULL; k = k->next) {
        struct str key = eval_setting(eval, k->text);
        if (str_is_empty(key) || str_is_empty(signature))
            continue;
        if (auth->is_key_base64 && base64_decode(key, eval->arena, &key) != ERR_OK)
            continue;
        eval->secret = key;
        is_good |= any_over_is_good(eval, auth, key, signature);
    }
    eval->pairs = NULL;
    return is_good && is_fresh(eval, auth) && equals_hold(eval, auth);
}

/* Other schemes ------------------------------------------------------------------------------- */

static bool check_secrets(struct eval *eval, const struct auth *auth)
{
    bool is_good = true;
    for (const struct named_value *v = auth->secrets; v != NULL; v = v->next) {
        struct str given = value_eval(eval, &v->value);
        struct str wanted = eval_setting(eval, v->name);
        struct str next =
            str_eq(v->name, STR("secret")) ? eval_setting(eval, STR("secret_2")) : STR_NONE;
        if (wanted.p != NULL)
            is_good &= signature_equal(given, wanted) || signature_equal(given, next);
    }
    return is_good;
}

static bool check_basic(struct eval *eval, const struct auth *auth)
{
    struct str header = http_header_get(eval->headers, eval->n_headers, STR("Authorization"));
    struct str word = str_split(&header, ' ');
    struct str user = eval_setting(eval, auth->keys->text);
    struct str password = eval_setting(eval, auth->keys->next->text);
    struct str given;
    struct str wanted = arena_printf(eval->arena, "%.*s:%.*s", STR_ARG(user), STR_ARG(password));
    return header.p != NULL && str_eq_nocase(word, STR("Basic")) &&
           base64_decode(str_trim(header), eval->arena, &given) == ERR_OK &&
           signature_equal(given, wanted);
}

static struct str claim(const struct doc *claims, struct str name)
{
    struct doc_path path = {.steps = {{.kind = DOC_STEP_NAME, .name = name}}, .n_steps = 1};
    return doc_get(claims, &path, false);
}

/* exp and nbf, where they are given, with a minute for unlike clocks. */
static bool jwt_is_current(const struct eval *eval, const struct doc *claims)
{
    uint64_t at;
    struct str expires = claim(claims, STR("exp")), begins = claim(claims, STR("nbf"));
    if (eval->now.ms == 0)
        return true;
    if (expires.p != NULL && (str_to_u64(expires, INT64_MAX / 1000, &at) != ERR_OK ||
                              eval->now.ms - CLOCK_SKEW_MS > (int64_t)at * 1000))
        return false;
    return begins.p == NULL || (str_to_u64(begins, INT64_MAX / 1000, &at) == ERR_OK &&
                                eval->now.ms + CLOCK_SKEW_MS >= (int64_t)at * 1000);
}

/* A JWT (RFC 7519) signed with HS256, the only algorithm taken. */
static bool check_jwt(struct eval *eval, const struct auth *auth)
{
    struct str token = value_eval(eval, &auth->where);
    struct str rest = token, head_text, claims_text, signature;
    struct str first = str_split(&rest, '.');
    struct str second = rest.p != NULL ? str_split(&rest, '.') : STR_NONE;
    const struct doc *head, *claims;
    bool is_good = false;
    if (rest.p == NULL || base64_decode(first, eval->arena, &head_text) != ERR_OK ||
        base64_decode(second, eval->arena, &claims_text) != ERR_OK ||
        base64_decode(rest, eval->arena, &signature) != ERR_OK ||
        json_read(head_text, eval->arena, &head) != ERR_OK ||
        json_read(claims_text, eval->arena, &claims) != ERR_OK ||
        !str_eq(claim(head, STR("alg")), STR("HS256")))
        return false;
    struct str over = str_sub(token, 0, first.len + 1 + second.len);
    for (const struct word_list *k = auth->keys; k != NULL; k = k->next) {
        uint8_t mac[DIGEST_MAX_BYTES];
        struct str key = eval_setting(eval, k->text);
        size_t n = str_is_empty(key) ? 0 : digest_hmac(DIGEST_SHA256, key, over, mac);
        is_good |= n > 0 && signature_equal((struct str){(const char *)mac, n}, signature);
    }
    for (const struct named_value *v = auth->equal; v != NULL; v = v->next) {
        struct str wanted = value_eval(eval, &v->value), given = claim(claims, v->name);
        is_good &= wanted.p == NULL ? given.p == NULL : signature_equal(given, wanted);
    }
    return is_good && jwt_is_current(eval, claims);
}

/* Which -------------------------------------------------------------------------------------- */

/* Are the settings there that the scheme compares with? */
static bool is_configured(const struct eval *eval, const struct auth *auth)
{
    for (const struct named_value *v = auth->secrets; v != NULL; v = v->next) {
        if (!str_is_empty(eval_setting(eval, v->name)))
            return true;
    }
    for (const struct word_list *k = auth->keys; k != NULL; k = k->next) {
        if (!str_is_empty(eval_setting(eval, k->text)))
            return true;
    }
    return false;
}

bool auth_check(struct eval *eval)
{
    bool is_any_configured = false;
    for (const struct auth *auth = eval->profile->auth; auth != NULL; auth = auth->next) {
        if (!is_configured(eval, auth))
            continue;
        is_any_configured = true;
        if (!conditions_hold(eval, &auth->when))
            continue;
        switch (auth->kind) {
        case AUTH_SECRETS:
            return check_secrets(eval, auth);
        case AUTH_BASIC:
            return check_basic(eval, auth);
        case AUTH_SIGNATURE:
            return check_signature(eval, auth);
        case AUTH_JWT:
            return check_jwt(eval, auth);
        }
    }
    return !is_any_configured;
}

static enum err sign(struct eval *eval, const struct auth *auth, struct buf *out)
{
    if (auth->kind != AUTH_SIGNATURE)
        return ERR_UNSUPPORTED;
    eval->pairs = &auth->pairs;
    for (const struct word_list *k = auth->keys; k != NULL; k = k->next) {
        struct str key = eval_setting(eval, k->text);
        if (str_is_empty(key) ||
            (auth->is_key_base64 && base64_decode(key, eval->arena, &key) != ERR_OK))
            continue;
        eval->secret = key;
        struct str over = value_eval(eval, &auth->over);
        if (over.p == NULL)
            return ERR_NOT_FOUND;
        return compute(auth, key, over, out) ? ERR_OK : ERR_UNSUPPORTED;
    }
    return ERR_NOT_FOUND;
}

enum err profile_sign(const struct profile *p, const struct http_request *request,
                      const struct decode_context *context, struct arena *arena, struct buf *out)
{
    struct eval eval = {.profile = p,
                        .arena = arena,
                        .settings = context->settings,
                        .request = request,
                        .headers = request->headers,
                        .n_headers = request->n_headers,
                        .method = request->method,
                        .body = request->body,
                        .query_text = request->query,
                        .rest = context->rest,
                        .now = context->now};
    enum err e = form_parse(eval.query_text, arena, &eval.query);
    if (e == ERR_OK)
        e = body_read(&eval);
    if (e != ERR_OK)
        return e;
    for (const struct auth *auth = p->auth; auth != NULL; auth = auth->next) {
        if (is_configured(&eval, auth) && conditions_hold(&eval, &auth->when))
            return sign(&eval, auth, out);
    }
    return ERR_NOT_FOUND;
}

struct str profile_signature_scheme(const struct profile *p)
{
    static const char *const words[] = {"md5",         "sha1",        "sha256",
                                        "sha512",      "hmac-md5",    "hmac-sha1",
                                        "hmac-sha256", "hmac-sha512", "ed25519"};
    if (p->auth == NULL)
        return STR("none");
    switch (p->auth->kind) {
    case AUTH_SECRETS:
        return STR("secret");
    case AUTH_BASIC:
        return STR("basic");
    case AUTH_SIGNATURE:
        return str_from(words[p->auth->algorithm]);
    case AUTH_JWT:
        return STR("jwt");
    }
    return STR("none");
}

bool profile_is_protected(const struct profile *p, const struct settings *settings)
{
    struct eval eval = {.profile = p, .settings = settings};
    for (const struct auth *auth = p->auth; auth != NULL; auth = auth->next) {
        if (is_configured(&eval, auth))
            return true;
    }
    return false;
}
