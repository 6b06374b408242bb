/* Published worked examples (sources in config/profiles), and what must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "profile/profile.h"
#include "profile/signature.h"
#include "wycheproof.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void try_ed25519(void *ctx, const struct wycheproof_vector *v)
{
    (void)ctx;
    if (signature_ed25519(v->parts[0], v->parts[1], v->parts[2]) != v->is_valid)
        fail_msg("vector %.*s", STR_ARG(v->name));
}

static void try_hmac(void *ctx, const struct wycheproof_vector *v)
{
    (void)ctx;
    uint8_t bytes[DIGEST_MAX_BYTES];
    enum digest digest = str_starts(v->name, STR("sha1/"))     ? DIGEST_SHA1
                         : str_starts(v->name, STR("sha256/")) ? DIGEST_SHA256
                                                               : DIGEST_SHA512;
    size_t n = digest_hmac(digest, v->parts[0], v->parts[1], bytes);
    if (signature_equal((struct str){(const char *)bytes, n}, v->parts[2]) != v->is_valid)
        fail_msg("vector %.*s", STR_ARG(v->name));
}

static void test_wycheproof(void **state)
{
    (void)state;
    assert_int_equal(wycheproof_each("tests/unit/wycheproof/ed25519.txt", try_ed25519, NULL), 151);
    assert_int_equal(wycheproof_each("tests/unit/wycheproof/hmac.txt", try_hmac, NULL), 261);
}

static void test_digests(void **state)
{
    (void)state;
    static const struct {
        enum digest digest;
        const char *key, *text, *hex; /* key NULL: plain hash */
    } cases[] = {
        {DIGEST_MD5, NULL, "userpassword20130618105933", "1f2e67e642b16f6623459fa76dc3894f"},
        {DIGEST_MD5, NULL, "001-app20180411182430Password", "3e1347ddb444d13aa23d11e097602be0"},
        {DIGEST_MD5, NULL, "&a=1&b=2&timestamp=1461605396secret",
         "6af838ef94998832dbfc29020b564830"},
        {DIGEST_SHA1, NULL, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {DIGEST_SHA256, NULL, "",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {DIGEST_MD5, "Jefe", "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738"},
        {DIGEST_SHA1, "Jefe", "what do ya want for nothing?",
         "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {DIGEST_SHA256, "Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {DIGEST_SHA512, "Jefe", "what do ya want for nothing?",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t bytes[DIGEST_MAX_BYTES];
        char hex[2 * DIGEST_MAX_BYTES + 1];
        struct str text = str_from(cases[i].text);
        size_t n = cases[i].key == NULL
                       ? digest_hash(cases[i].digest, text, bytes)
                       : digest_hmac(cases[i].digest, str_from(cases[i].key), text, bytes);
        hex_encode(bytes, n, hex);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *coded, *url;
    } cases[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"AC1:12345", "QUMxOjEyMzQ1", "QUMxOjEyMzQ1"},
        {"\xff\xfe\xfd", "//79", "__79"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out;
        struct str back;
        buf_init(&out, 64);
        base64_encode(str_from(cases[i].plain), false, &out);
        assert_true(str_eq(buf_str(&out), str_from(cases[i].coded)));
        buf_reset(&out);
        base64_encode(str_from(cases[i].plain), true, &out);
        assert_true(str_eq(buf_str(&out), str_from(cases[i].url)));
        assert_int_equal(base64_decode(str_from(cases[i].coded), arena, &back), ERR_OK);
        assert_true(str_eq(back, str_from(cases[i].plain)));
        assert_int_equal(base64_decode(str_from(cases[i].url), arena, &back), ERR_OK);
        assert_true(str_eq(back, str_from(cases[i].plain)));
        buf_fini(&out);
    }
    struct str back;
    assert_int_equal(base64_decode(STR("Zg=x"), arena, &back), ERR_INVALID);
    assert_int_equal(base64_decode(STR("Z"), arena, &back), ERR_INVALID);
    assert_int_equal(base64_decode(STR("Zm 9v"), arena, &back), ERR_INVALID);
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(signature_equal(STR("abc"), STR("abc")));
    assert_false(signature_equal(STR("abc"), STR("abd")));
    assert_false(signature_equal(STR("abc"), STR("ab")));
    assert_false(signature_equal(STR_NONE, STR("")));
    assert_false(signature_equal(STR_NONE, STR_NONE));
    assert_false(signature_equal(STR(""), STR("")));
}

/* RFC 8032 7.1, test 2 */
static void test_ed25519(void **state)
{
    (void)state;
    char key[32], signature[64];
    assert_int_equal(
        hex_decode(STR("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"), key,
                   sizeof(key)),
        ERR_OK);
    assert_int_equal(
        hex_decode(STR("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                       "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
                   signature, sizeof(signature)),
        ERR_OK);
    struct str k = {key, sizeof(key)}, s = {signature, sizeof(signature)};
    assert_true(signature_ed25519(k, STR("\x72"), s));
    assert_false(signature_ed25519(k, STR("\x73"), s));
    signature[0] ^= 1;
    assert_false(signature_ed25519(k, STR("\x72"), s));
    assert_false(signature_ed25519((struct str){key, 31}, STR("\x72"), s));
    assert_false(signature_ed25519(k, STR("\x72"), (struct str){signature, 63}));
}

/* Twilio's own example, spelled as a profile that signs in its way. */
static const char twilio[] =
    "profile: t\ntitle: T\nsource: s\nbody: form\nauth:\n  - signature:\n"
    "      in: header X-Sig\n      algorithm: hmac-sha1\n      encoding: base64\n"
    "      over: \"{url}{pairs}\"\n      pairs: {of: form, each: \"{key}{value}\", unique: true}\n"
    "messages:\n  - kind: sms\n    from: {in: form From, number: digits}\n    text: form Digits\n";

static enum inbound_outcome decode(const char *yaml, struct http_request *request,
                                   const struct settings *settings, int64_t now_ms)
{
    struct profile *p;
    struct inbound_batch batch;
    struct decode_context context = {.settings = settings, .now = {now_ms}, .rest = STR("")};
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 4096);
    assert_int_equal(profile_parse(str_from(yaml), STR("t.yaml"), &p, &errors), ERR_OK);
    assert_int_equal(profile_decode(p, request, &context, arena, &batch), ERR_OK);
    enum inbound_outcome outcome = batch.items[0].outcome;
    profile_free(p);
    return outcome;
}

static void set_header(struct http_request *request, const char *name, const char *value)
{
    request->headers[0] = (struct http_header){str_from(name), str_from(value)};
    request->n_headers = 1;
}

static void test_twilio_example(void **state)
{
    (void)state;
    static struct http_request request;
    struct setting list[] = {{STR("secret"), STR("12345")},
                             {STR("public_url"), STR("https://mycompany.com")}};
    struct settings settings = {list, 2};
    request.method = STR("POST");
    request.target = STR("/myapp.php?foo=1&bar=2");
    request.path = STR("/myapp.php");
    request.query = STR("foo=1&bar=2");
    request.body = STR("To=%2B18005551212&CallSid=CA1234567890ABCDE&Caller=%2B14158675309&"
                       "Digits=1234&From=%2B14158675309");
    set_header(&request, "x-sig", "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    assert_int_equal(decode(twilio, &request, &settings, 0), INBOUND_ACCEPT);
    /* the same address written whole, as a proxy that changes paths needs it */
    list[1].value = STR("https://mycompany.com/myapp.php");
    assert_int_equal(decode(twilio, &request, &settings, 0), INBOUND_ACCEPT);
    list[1].value = STR("https://mycompany.com/other.php");
    assert_int_equal(decode(twilio, &request, &settings, 0), INBOUND_AUTH_FAIL);
    list[1].value = STR("https://mycompany.com/");
    assert_int_equal(decode(twilio, &request, &settings, 0), INBOUND_ACCEPT);
    set_header(&request, "x-sig", "RSOYDt4T1cUTdK1PDd93/VVr8B9=");
    assert_int_equal(decode(twilio, &request, &settings, 0), INBOUND_AUTH_FAIL);
    set_header(&request, "x-other", "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    assert_int_equal(decode(twilio, &request, &settings, 0), INBOUND_AUTH_FAIL);
}

/* A scheme that is set, and whose conditions nothing fulfils, lets nobody in. */
static void test_no_scheme_that_applies_is_no_way_in(void **state)
{
    (void)state;
    static struct http_request request;
    struct setting list[] = {{STR("secret"), STR("12345")}};
    struct settings settings = {list, 1}, none = {NULL, 0};
    static const char yaml[] =
        "profile: t\ntitle: T\nsource: s\nauth:\n  - when: {query kind: [a, b]}\n"
        "    secrets: {query pass: secret}\n"
        "messages:\n  - {kind: sms, from: {in: query from, number: digits}, text: query text}\n";
    request.method = STR("GET");
    request.query = STR("kind=a&pass=12345&from=254700000101&text=x");
    assert_int_equal(decode(yaml, &request, &settings, 0), INBOUND_ACCEPT);
    request.query = STR("kind=c&pass=12345&from=254700000101&text=x");
    assert_int_equal(decode(yaml, &request, &settings, 0), INBOUND_AUTH_FAIL);
    request.query = STR("kind=a&pass=12346&from=254700000101&text=x");
    assert_int_equal(decode(yaml, &request, &settings, 0), INBOUND_AUTH_FAIL);
    assert_int_equal(decode(yaml, &request, &none, 0), INBOUND_ACCEPT); /* nothing is checked */
}

static void test_second_secret_counts_while_one_is_replaced(void **state)
{
    (void)state;
    static struct http_request request;
    struct setting list[] = {{STR("secret"), STR("new")},
                             {STR("secret_2"), STR("12345")},
                             {STR("public_url"), STR("https://mycompany.com")}};
    struct settings settings = {list, 3};
    request.method = STR("POST");
    request.target = STR("/myapp.php?foo=1&bar=2");
    request.query = STR("foo=1&bar=2");
    request.body = STR("CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&"
                       "From=%2B14158675309&To=%2B18005551212");
    set_header(&request, "X-Sig", "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    assert_int_equal(decode(twilio, &request, &settings, 0), INBOUND_ACCEPT);
    list[1].value = STR("gone");
    assert_int_equal(decode(twilio, &request, &settings, 0), INBOUND_AUTH_FAIL);
}

static const char stamped[] =
    "profile: t\ntitle: T\nsource: s\nbody: json\nauth:\n  - signature:\n"
    "      in: header X-Sig\n      algorithm: hmac-sha256\n      over: \"{body}{json /at}\"\n"
    "      fresh: {in: json /at, within: 300}\n      separator: \",\"\n"
    "messages:\n  - kind: sms\n    from: {in: json /from, number: digits}\n    text: json /text\n";

static void test_old_and_future_requests_are_recordings(void **state)
{
    (void)state;
    static struct http_request request;
    struct setting list[] = {{STR("secret"), STR("k")}, {STR("max_age_s"), STR("60")}};
    struct settings settings = {list, 1};
    uint8_t mac[DIGEST_MAX_BYTES];
    char hex[2 * DIGEST_MAX_BYTES + 1], header[200] = "";
    const int64_t at_ms = 1714716285000;
    request.method = STR("POST");
    request.target = request.path = STR("/in/t");
    request.body = STR("{\"from\":\"+254700000101\",\"text\":\"x\",\"at\":1714716285}");
    struct str over = arena_printf(arena, "%.*s1714716285", STR_ARG(request.body));
    hex_encode(mac, digest_hmac(DIGEST_SHA256, STR("k"), over, mac), hex);
    struct str headers = arena_printf(arena, "v0=bad, %s", hex); /* several in one header */
    assert_int_equal(str_copy(headers, header, sizeof(header)), ERR_OK);
    set_header(&request, "X-Sig", header);
    assert_int_equal(decode(stamped, &request, &settings, at_ms), INBOUND_ACCEPT);
    assert_int_equal(decode(stamped, &request, &settings, at_ms + 300000), INBOUND_ACCEPT);
    assert_int_equal(decode(stamped, &request, &settings, at_ms + 300001), INBOUND_AUTH_FAIL);
    /* a clock may be a minute ahead of ours beside the window */
    assert_int_equal(decode(stamped, &request, &settings, at_ms - 360000), INBOUND_ACCEPT);
    assert_int_equal(decode(stamped, &request, &settings, at_ms - 360001), INBOUND_AUTH_FAIL);
    assert_int_equal(decode(stamped, &request, &settings, 0), INBOUND_ACCEPT); /* no clock known */
    settings.n = 2; /* a narrower window by the channel */
    assert_int_equal(decode(stamped, &request, &settings, at_ms + 60000), INBOUND_ACCEPT);
    assert_int_equal(decode(stamped, &request, &settings, at_ms + 60001), INBOUND_AUTH_FAIL);
    list[1].name = STR("tolerance_s");
    assert_int_equal(decode(stamped, &request, &settings, at_ms + 60000), INBOUND_ACCEPT);
    assert_int_equal(decode(stamped, &request, &settings, at_ms + 60001), INBOUND_AUTH_FAIL);
    list[1].value = STR("an hour"); /* no window at all is no window without end */
    assert_int_equal(decode(stamped, &request, &settings, at_ms), INBOUND_AUTH_FAIL);
}

static const char guarded[] =
    "profile: t\ntitle: T\nsource: s\nbody: form\nsettings:\n  user: {help: u}\n"
    "auth:\n  - when: {query pass: present}\n    secrets: {query pass: secret}\n"
    "  - basic: [user, secret]\n"
    "messages:\n  - kind: sms\n    from: {in: form from, number: digits}\n    text: form text\n";

static const char two_secrets[] =
    "profile: t\ntitle: T\nsource: s\nbody: form\nauth:\n  - secrets: {query pass: secret}\n"
    "messages:\n  - kind: sms\n    from: {in: form from, number: digits}\n    text: form text\n";

static void test_secrets_and_basic(void **state)
{
    (void)state;
    static struct http_request request;
    struct setting list[] = {{STR("secret"), STR("Hush")}, {STR("user"), STR("me")}};
    struct settings settings = {list, 2};
    request.method = STR("POST");
    request.target = request.path = STR("/in/t");
    request.body = STR("from=%2B254700000101&text=x");
    request.query = STR("pass=Hush");
    assert_int_equal(decode(guarded, &request, &settings, 0), INBOUND_ACCEPT);
    request.query = STR("pass=hush");
    assert_int_equal(decode(guarded, &request, &settings, 0), INBOUND_AUTH_FAIL);
    request.query = STR_NONE;
    assert_int_equal(decode(guarded, &request, &settings, 0), INBOUND_AUTH_FAIL);
    set_header(&request, "Authorization", "basic bWU6SHVzaA==");
    assert_int_equal(decode(guarded, &request, &settings, 0), INBOUND_ACCEPT);
    set_header(&request, "Authorization", "Basic bWU6aHVzaA==");
    assert_int_equal(decode(guarded, &request, &settings, 0), INBOUND_AUTH_FAIL);
    set_header(&request, "Authorization", "Bearer bWU6SHVzaA==");
    assert_int_equal(decode(guarded, &request, &settings, 0), INBOUND_AUTH_FAIL);
    /* a second secret that was cleared, and basic without its user */
    struct setting blank[] = {{STR("secret"), STR("Hush")}, {STR("secret_2"), STR("")}};
    struct settings cleared = {blank, 2};
    request.query = STR("pass=");
    assert_int_equal(decode(two_secrets, &request, &cleared, 0), INBOUND_AUTH_FAIL);
    set_header(&request, "Authorization", "Basic Okh1c2g="); /* ":Hush" */
    assert_int_equal(decode(guarded, &request, &cleared, 0), INBOUND_AUTH_FAIL);
    settings.n = 0; /* nothing to compare with: the caller must have allowed that */
    assert_int_equal(decode(guarded, &request, &settings, 0), INBOUND_ACCEPT);
}

static void test_protection_is_told(void **state)
{
    (void)state;
    struct profile *p;
    struct errmsg msg;
    struct setting list[] = {{STR("secret"), STR("x")}};
    struct settings none = {NULL, 0}, one = {list, 1};
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 4096);
    assert_int_equal(profile_parse(STR(twilio), STR("t"), &p, &errors), ERR_OK);
    assert_true(str_eq(profile_signature_scheme(p), STR("hmac-sha1")));
    assert_false(profile_is_protected(p, &none));
    assert_true(profile_is_protected(p, &one));
    assert_int_equal(profile_check_settings(p, &one, &msg), ERR_NOT_FOUND);
    assert_non_null(strstr(msg.text, "public_url"));
    assert_int_equal(profile_check_settings(p, &none, &msg), ERR_OK);
    list[0].value = STR("");
    assert_false(profile_is_protected(p, &one));
    profile_free(p);
}

static const char jwt[] =
    "profile: t\ntitle: T\nsource: s\nbody: form\nauth:\n  - jwt:\n      in: header X-Jwt\n"
    "      claims: {payload_hash: \"{body | sha256 | to-hex}\"}\n"
    "messages:\n  - kind: sms\n    from: {in: form from, number: digits}\n    text: form text\n";

static struct str make_jwt(const char *head, const char *claims, const char *key)
{
    struct buf token;
    uint8_t mac[DIGEST_MAX_BYTES];
    buf_init(&token, 4096);
    base64_encode(str_from(head), true, &token);
    buf_add_char(&token, '.');
    base64_encode(str_from(claims), true, &token);
    size_t n = digest_hmac(DIGEST_SHA256, str_from(key), buf_str(&token), mac);
    buf_add_char(&token, '.');
    base64_encode((struct str){(const char *)mac, n}, true, &token);
    struct str made = arena_str(arena, buf_str(&token));
    buf_fini(&token);
    return made;
}

static void test_jwt(void **state)
{
    (void)state;
    static const struct {
        const char *head, *key;
        int64_t now_s;
        bool has_hash, is_good;
    } cases[] = {
        {"{\"alg\":\"HS256\"}", "k", 1714716000, true, true},
        {"{\"alg\":\"HS256\"}", "other", 1714716000, true, false},
        {"{\"alg\":\"none\"}", "k", 1714716000, true, false},
        {"{\"alg\":\"HS512\"}", "k", 1714716000, true, false},
        {"{\"alg\":\"HS256\"}", "k", 1714716345, true, true},  /* a minute for unlike clocks */
        {"{\"alg\":\"HS256\"}", "k", 1714716346, true, false}, /* expired */
        {"{\"alg\":\"HS256\"}", "k", 1714709940, true, true},
        {"{\"alg\":\"HS256\"}", "k", 1714709939, true, false}, /* not yet */
        {"{\"alg\":\"HS256\"}", "k", 1714716000, false, false},
    };
    static struct http_request request;
    struct setting list[] = {{STR("secret"), STR("k")}};
    struct settings settings = {list, 1};
    char hash[2 * DIGEST_MAX_BYTES + 1];
    uint8_t bytes[DIGEST_MAX_BYTES];
    request.method = STR("POST");
    request.target = request.path = STR("/in/t");
    request.body = STR("from=%2B254700000101&text=x");
    hex_encode(bytes, digest_hash(DIGEST_SHA256, request.body, bytes), hash);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str claims =
            arena_printf(arena, "{\"%s\":\"%s\",\"exp\":1714716285,\"nbf\":1714710000}",
                         cases[i].has_hash ? "payload_hash" : "x", hash);
        set_header(&request, "X-Jwt", make_jwt(cases[i].head, claims.p, cases[i].key).p);
        assert_int_equal(decode(jwt, &request, &settings, cases[i].now_s * 1000),
                         cases[i].is_good ? INBOUND_ACCEPT : INBOUND_AUTH_FAIL);
    }
    set_header(&request, "X-Jwt", "a.b");
    assert_int_equal(decode(jwt, &request, &settings, 0), INBOUND_AUTH_FAIL);
}

static void test_base64_that_does_not_fit(void **state)
{
    (void)state;
    struct arena *small CLEANUP(arena_freep) = arena_new(16);
    struct str back;
    assert_int_equal(
        base64_decode(STR("Zm9vZm9vZm9vZm9vZm9vZm9vZm9vZm9vZm9vZm9vZm9vZm9v"), small, &back),
        ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_digests, setup, teardown),
        cmocka_unit_test(test_wycheproof),
        cmocka_unit_test_setup_teardown(test_base64, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ed25519, setup, teardown),
        cmocka_unit_test_setup_teardown(test_twilio_example, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_scheme_that_applies_is_no_way_in, setup, teardown),
        cmocka_unit_test_setup_teardown(test_second_secret_counts_while_one_is_replaced, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_old_and_future_requests_are_recordings, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_secrets_and_basic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_protection_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_jwt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_base64_that_does_not_fit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
