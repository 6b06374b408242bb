/* What the tests of core/match share: an arena that is emptied for each test, and the words of the
 * course that ships. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/match/match.h"
#include "core/match/words.h"
#include "course_words.h"

static struct arena *arena;
static const struct vocabulary *words; /* live as long as the program */

static inline int setup(void **state)
{
    (void)state;
    words = course_words();
    arena = arena_new(1 << 20);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    arena_freep(&arena);
    return 0;
}

static inline struct str normal(const char *text)
{
    return match_normalise(str_from(text), arena);
}

static inline void expect_str(struct str found, const char *expected, const char *input)
{
    if (!str_eq(found, str_from(expected)))
        fail_msg("\"%s\": found \"%.*s\", expected \"%s\"", input, STR_ARG(found), expected);
}
