/* How a provider proves itself, and how we sign for one: addresses, secrets, signatures. */
#include "profile/load.h"
#include "wire/doc.h"

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

#define ALGORITHM_WORDS "md5 sha1 sha256 sha512 hmac-md5 hmac-sha1 hmac-sha256 hmac-sha512 ed25519"

/* In the order of the words. */
static const struct algorithm {
    enum digest digest;
    bool is_keyed, is_key_pair;
} algorithms[] = {
    {.digest = DIGEST_MD5},
    {.digest = DIGEST_SHA1},
    {.digest = DIGEST_SHA256},
    {.digest = DIGEST_SHA512},
    {.digest = DIGEST_MD5, .is_keyed = true},
    {.digest = DIGEST_SHA1, .is_keyed = true},
    {.digest = DIGEST_SHA256, .is_keyed = true},
    {.digest = DIGEST_SHA512, .is_keyed = true},
    {.is_key_pair = true},
};

/* Appends the signature; false where only the holder of a private key can make it. */
static bool compute(const struct auth *auth, struct str key, struct str over, struct buf *out)
{
    uint8_t bytes[DIGEST_MAX_BYTES];
    const struct algorithm *a = &algorithms[auth->algorithm];
    if (a->is_key_pair)
        return false;
    size_t n = a->is_keyed ? digest_hmac(a->digest, key, over, bytes)
                           : digest_hash(a->digest, over, bytes);
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
    if (algorithms[auth->algorithm].is_key_pair)
        return base64_decode(signature, eval->arena, &raw) == ERR_OK &&
               signature_ed25519(key, over, raw);
    return compute(auth, key, over, &wanted) && signature_equal(buf_str(&wanted), signature);
}

/* Some providers write hex in capitals, some put several signatures into one header. */
static bool any_signature_is_good(struct eval *eval, const struct auth *auth, struct str key,
                                  struct str over, struct str signatures)
{
    if (auth->encoding == SIGNATURE_HEX && !algorithms[auth->algorithm].is_key_pair)
        signatures = text_lower(eval->arena, signatures);
    if (auth->separator.len == 0)
        return signature_is_good(eval, auth, key, over, signatures);
    bool is_good = false;
    while (signatures.p != NULL) {
        struct str one = str_trim(str_split(&signatures, auth->separator.p[0]));
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

/* Are the settings there that the scheme compares with? A user name alone proves nothing. */
static bool is_configured(const struct eval *eval, const struct auth *auth)
{
    bool is_any = false, is_all = true;
    for (const struct named_value *v = auth->secrets; v != NULL; v = v->next)
        is_all &= !str_is_empty(eval_setting(eval, v->name));
    for (const struct word_list *k = auth->keys; k != NULL; k = k->next) {
        bool is_there = !str_is_empty(eval_setting(eval, k->text));
        is_any |= is_there;
        is_all &= is_there;
    }
    return auth->scheme->needs_all ? is_all : is_any;
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
        return auth->scheme->check(eval, auth);
    }
    return !is_any_configured;
}

static enum err sign(struct eval *eval, const struct auth *auth, struct buf *out)
{
    if (auth->scheme->check != check_signature)
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
    struct eval eval = eval_of(p, request, context, arena);
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
    if (p->auth == NULL)
        return STR("none");
    const char *word = p->auth->scheme->word;
    return word != NULL ? str_from(word) : yaml_word_at(ALGORITHM_WORDS, p->auth->algorithm);
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

/* from YAML ---------------------------------------------------------------------------------- */

/* The scheme that a row of auth_rows is, which may be one only. False: it is reported. */
static bool begin_scheme(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         struct auth *auth, const struct auth_scheme *scheme)
{
    if (auth->scheme != NULL)
        yaml_complain(m->report, at, "write another '- ...:'",
                      "one scheme for each '-' of auth: %s is the second", row->name);
    auth->scheme = scheme;
    return yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX, "write lines of `key: value`");
}

/* Two, so that one can be replaced while the other still counts. */
static void default_keys(struct yaml_map *m, const struct yaml_node *at, struct auth *auth)
{
    struct word_list *list = auth->keys == NULL ? load_alloc(m, sizeof(*list) * 2, at) : NULL;
    if (list == NULL)
        return;
    list[0] = (struct word_list){STR("secret"), &list[1]};
    list[1] = (struct word_list){STR("secret_2"), NULL};
    auth->keys = list;
}

/* fresh: {in: header X-Timestamp, within: 300} */
static void read_fresh(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *field)
{
    static const struct yaml_row rows[] = {
        {.name = "within",
         .type = &yaml_type_number,
         YAML_AT(struct auth, fresh_s),
         .max = 86400,
         .fallback = "300"},
    };
    static const struct yaml_table table = {rows, ARRAY_LEN(rows), 0};
    load_value(m, at, VALUE_SOURCE, &table, LOAD_OWNER(row, field), field);
}

static const struct yaml_type fresh_type = {.read = read_fresh, .is_any_kind = true};

static const struct yaml_row signature_rows[] = {
    {.name = "algorithm",
     .type = &yaml_type_word,
     YAML_AT(struct auth, algorithm),
     .words = ALGORITHM_WORDS,
     .is_required = true,
     .example = "hmac-sha256"},
    {.name = "encoding",
     .type = &yaml_type_word,
     YAML_AT(struct auth, encoding),
     .words = "hex base64"},
    {.name = "over", .type = &load_text_value, YAML_AT(struct auth, over)},
    {.name = "pairs", .type = &load_pairs, YAML_AT(struct auth, pairs)},
    {.name = "key", .type = &load_words, YAML_AT(struct auth, keys)},
    {.name = "key_encoding",
     .type = &yaml_type_flag,
     YAML_AT(struct auth, is_key_base64),
     .words = "text base64"},
    {.name = "separator", .type = &load_any_text, YAML_AT(struct auth, separator)},
    {.name = "fresh", .type = &fresh_type, YAML_AT(struct auth, fresh)},
    {.name = "equal", .type = &load_named_texts, YAML_AT(struct auth, equal)},
};

static void read_signature(struct yaml_map *m, const struct yaml_row *row,
                           const struct yaml_node *at, void *field)
{
    static const struct auth_scheme scheme = {NULL, check_signature, false};
    static const struct yaml_table table = {signature_rows, ARRAY_LEN(signature_rows), 0};
    struct auth *auth = LOAD_OWNER(row, field);
    if (!begin_scheme(m, row, at, auth, &scheme))
        return;
    load_value(m, at, VALUE_SOURCE, &table, auth, field);
    default_keys(m, at, auth);
    if (auth->over.alternatives == NULL || auth->where.alternatives == NULL)
        yaml_complain(m->report, at, "write in: (where it stands) and over: (what is signed)",
                      "a signature has no place, or signs nothing");
}

static void read_jwt(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                     void *field)
{
    static const struct auth_scheme scheme = {"jwt", check_jwt, false};
    static const struct yaml_row rows[] = {
        {.name = "key", .type = &load_words, YAML_AT(struct auth, keys)},
        {.name = "claims", .type = &load_named_texts, YAML_AT(struct auth, equal)},
    };
    static const struct yaml_table table = {rows, ARRAY_LEN(rows), 0};
    struct auth *auth = LOAD_OWNER(row, field);
    if (!begin_scheme(m, row, at, auth, &scheme))
        return;
    load_value(m, at, VALUE_SOURCE, &table, auth, field);
    default_keys(m, at, auth);
}

/* secrets: {query pass: secret, form user: username}: place and the setting it must equal. */
static void read_secrets(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         void *field)
{
    static const struct auth_scheme scheme = {"secret", check_secrets, .needs_all = true};
    struct named_value **link = field;
    if (!begin_scheme(m, row, at, LOAD_OWNER(row, field), &scheme))
        return;
    for (const struct yaml_node *n = at->first; n != NULL; n = n->next) {
        struct named_value *v = load_alloc(m, sizeof(*v), n);
        struct alternative *a = load_alloc(m, sizeof(*a), n);
        struct errmsg why;
        if (v == NULL || a == NULL)
            return;
        if (expr_parse(n->key, &loader_of(m)->scope, &a->value, &why) != ERR_OK)
            load_complain(m, n, &why);
        v->value.alternatives = a;
        v->name = n->text;
        *link = v;
        link = &v->next;
    }
}

static void read_basic(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *field)
{
    static const struct auth_scheme scheme = {"basic", check_basic, .needs_all = true};
    struct auth *auth = LOAD_OWNER(row, field);
    if (auth->scheme != NULL)
        (void)begin_scheme(m, row, at, auth, &scheme); /* reports that it is the second */
    auth->scheme = &scheme;
    load_words.read(m, row, at, field);
    if (auth->keys == NULL || auth->keys->next == NULL || auth->keys->next->next != NULL)
        yaml_complain(m->report, at, "write [username, password]",
                      "basic is the names of two settings");
}

static const struct yaml_type signature_type = {.read = read_signature, .is_any_kind = true};
static const struct yaml_type jwt_type = {.read = read_jwt, .is_any_kind = true};
static const struct yaml_type secrets_type = {.read = read_secrets, .is_any_kind = true};
static const struct yaml_type basic_type = {.read = read_basic, .is_any_kind = true};

static const struct yaml_row auth_rows[] = {
    {.name = "when", .type = &load_conditions, YAML_AT(struct auth, when)},
    {.name = "secrets", .type = &secrets_type, YAML_AT(struct auth, secrets)},
    {.name = "basic", .type = &basic_type, YAML_AT(struct auth, keys)},
    {.name = "signature", .type = &signature_type, YAML_AT(struct auth, where)},
    {.name = "jwt", .type = &jwt_type, YAML_AT(struct auth, where)},
};

static void read_auth(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *field)
{
    static const struct yaml_table table = {auth_rows, ARRAY_LEN(auth_rows), 0};
    struct auth **link = field;
    struct loader *l = loader_of(m);
    if (!yaml_map_expect(m, row, at, YAML_KIND_LIST, UINT32_MAX,
                         "write a list; the first entry whose when: holds is checked"))
        return;
    l->scope.contexts = CONTEXT_CALLBACK | CONTEXT_AUTH;
    for (const struct yaml_node *n = at->first; n != NULL; n = n->next) {
        struct auth *auth = load_alloc(m, sizeof(*auth), n);
        if (auth == NULL)
            break;
        if (n->kind == YAML_KIND_MAP)
            yaml_map_fill(m, &table, n, auth);
        if (auth->scheme == NULL)
            yaml_complain(m->report, n,
                          "write '- secrets:', '- basic:', '- signature:' or '- jwt:'",
                          "this entry of auth: checks nothing");
        *link = auth;
        link = &auth->next;
    }
    l->scope.contexts = CONTEXT_CALLBACK;
}

const struct yaml_type load_auth = {.read = read_auth, .is_any_kind = true};
