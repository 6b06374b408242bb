/* A profile from lines of YAML, for the tests of the profile language. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "profile/outgoing.h"
#include "profile/profile.h"

#define HEAD "profile: t\ntitle: T\nsource: s\n"

static struct arena *arena;
static struct profile *profile;
static struct http_request request;
static struct buf errors; /* of loading */

static inline int setup(void **state)
{
    (void)state;
    arena = arena_new(1u << 20);
    buf_init(&errors, 65536);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    profile_free(profile);
    profile = NULL;
    buf_fini(&errors);
    return 0;
}

static inline void load(const char *yaml)
{
    profile_free(profile);
    profile = NULL;
    buf_reset(&errors);
    if (profile_parse(str_from(yaml), STR("t.yaml"), &profile, &errors) != ERR_OK)
        fail_msg("%.*s", STR_ARG(buf_str(&errors)));
}

static inline enum err send_now(const struct outgoing *message, const struct settings *settings,
                                struct send_request *ret, struct errmsg *msg)
{
    struct outgoing sent = *message;
    sent.now = (struct wall_ms){1};
    return profile_send(profile, &sent, settings, arena, ret, msg);
}

static inline void assert_str(struct str got, const char *expected)
{
    if (expected == NULL ? got.p != NULL : !str_eq(got, str_from(expected)) || got.p == NULL)
        fail_msg("got \"%.*s\", expected %s", STR_ARG(got),
                 expected != NULL ? expected : "nothing");
}
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
