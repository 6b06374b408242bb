/* Shipped profiles: what profile_sign computes is what providers publish, or it says why not; and
 * what they answer when we are busy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "port/file.h"
#include "profile/profile.h"

#define TWILIO_FORM                                                                                \
    "Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&"                     \
    "CallSid=CA1234567890ABCDE"

static const struct {
    const char *profile, *target, *body;
    struct http_header header;
    struct setting settings[3];
    enum err e;
    const char *signature;
} cases[] = {
    /* twilio.com/docs/usage/security */
    {.profile = "twilio",
     .target = "/myapp.php?foo=1&bar=2",
     .body = TWILIO_FORM,
     .settings = {{{"token", 5}, {"12345", 5}},
                  {{"public_url", 10}, {"https://mycompany.com", 21}}},
     .signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
    /* the second key is for the time in which the first one is being changed */
    {.profile = "twilio",
     .target = "/myapp.php?foo=1&bar=2",
     .body = TWILIO_FORM,
     .settings = {{{"token", 5}, {"x", 1}},
                  {{"secret", 6}, {"12345", 5}},
                  {{"public_url", 10}, {"https://mycompany.com", 21}}},
     .signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
    {.profile = "twilio", .target = "/", .body = "a=b", .e = ERR_NOT_FOUND},
    {.profile = "twilio",
     .target = "/",
     .body = "a=b",
     .settings = {{{"token", 5}, {"12345", 5}}},
     .e = ERR_NOT_FOUND}, /* the public address is signed, too */
    {.profile = "telnyx",
     .target = "/",
     .body = "{}",
     .header = {{"telnyx-timestamp", 16}, {"1", 1}},
     .settings = {{{"public_key_b64", 14},
                   {"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lsQhqowtrbLD", 48}}},
     .e = ERR_UNSUPPORTED},
    {.profile = "android-sms-gateway", /* what cannot be read is not signed */
     .target = "/",
     .body = "{",
     .header = {{"X-Timestamp", 11}, {"1", 1}},
     .settings = {{{"secret", 6}, {"s", 1}}},
     .e = ERR_INVALID},
    {.profile = "messagebird",
     .target = "/",
     .body = "a=b",
     .settings = {{{"secret", 6}, {"s", 1}}},
     .e = ERR_UNSUPPORTED},
    {.profile = "telerivet",
     .target = "/",
     .body = "a=b",
     .settings = {{{"secret", 6}, {"s", 1}}},
     .e = ERR_UNSUPPORTED},
    {.profile = "africastalking", .target = "/", .body = "a=b", .e = ERR_NOT_FOUND},
};

static void try_case(size_t i)
{
    char path[256];
    struct profile *profile;
    struct arena *arena = arena_new(1u << 20);
    struct buf out CLEANUP(buf_fini);
    struct settings settings = {cases[i].settings, 0};
    struct str target = str_from(cases[i].target);
    size_t question = str_find_char(target, '?');
    struct http_request request = {.method = STR("POST"),
                                   .target = target,
                                   .path = str_sub(target, 0, question),
                                   .body = str_from(cases[i].body),
                                   .n_headers = cases[i].header.name.p != NULL ? 2 : 1};
    if (question != SIZE_MAX)
        request.query = str_sub(target, question + 1, target.len);
    request.headers[0] =
        (struct http_header){STR("Content-Type"), STR("application/x-www-form-urlencoded")};
    request.headers[1] = cases[i].header;
    struct decode_context context = {.settings = &settings, .rest = STR("")};
    while (settings.n < 3 && cases[i].settings[settings.n].name.p != NULL)
        settings.n++;
    buf_init(&out, 4096);
    (void)snprintf(path, sizeof(path), "config/profiles/%s.yaml", cases[i].profile);
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 4096);
    if (profile_load(path, &profile, &errors) != ERR_OK)
        fail_msg("%.*s", STR_ARG(buf_str(&errors)));
    enum err e = profile_sign(profile, &request, &context, arena, &out);
    if (e != cases[i].e)
        fail_msg("%zu: %s gives %s", i, cases[i].profile, err_name(e));
    if (e == ERR_OK && !str_eq(buf_str(&out), str_from(cases[i].signature)))
        fail_msg("%zu: %s computes %.*s", i, cases[i].profile, STR_ARG(buf_str(&out)));
    profile_free(profile);
    arena_free(arena);
}

static void signatures_are_those_of_the_providers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        try_case(i);
}

/* BulkSMS tries again after a 500 only: any other status loses the message. */
static void busy_is_what_the_provider_repeats(void **state)
{
    (void)state;
    const struct inbound message = {.kind = INBOUND_SMS, .from = STR("+27820000101")};
    const struct reply busy = {.is_error = true};
    struct profile *profile = NULL;
    struct inbound_batch batch;
    struct http_response response;
    struct arena *arena = arena_new(1u << 20);
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 4096);
    assert_int_equal(profile_load("config/profiles/bulksms.yaml", &profile, &errors), ERR_OK);
    assert_int_equal(profile_make_batch(profile, &message, arena, &batch), ERR_OK);
    assert_int_equal(profile_encode(profile, &batch, &busy, NULL, arena, &response), ERR_OK);
    assert_int_equal(response.status, 500);
    profile_free(profile);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signatures_are_those_of_the_providers),
                                       cmocka_unit_test(busy_is_what_the_provider_repeats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
