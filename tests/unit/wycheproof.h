/* Lines of tests/unit/wycheproof: vectors of C2SP/wycheproof, as data. */
#pragma once

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "port/file.h"

#define WYCHEPROOF_PARTS 6

struct wycheproof_vector {
    struct str name;
    bool is_valid;
    struct str parts[WYCHEPROOF_PARTS]; /* bytes, in the order of the line */
};

static inline struct str wycheproof_bytes(struct str hex, struct arena *arena)
{
    char *bytes = arena_alloc(arena, hex.len / 2 + 1);
    if (str_eq(hex, STR("-")))
        return STR("");
    assert_non_null(bytes);
    assert_int_equal(hex_decode(hex, bytes, hex.len / 2), ERR_OK);
    return (struct str){bytes, hex.len / 2};
}

/* Calls fn for each line; returns how many there were. */
static inline unsigned wycheproof_each(const char *path,
                                       void (*fn)(void *ctx, const struct wycheproof_vector *),
                                       void *ctx)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(1u << 20);
    struct buf text CLEANUP(buf_fini);
    struct errmsg msg;
    unsigned n = 0;
    assert_int_equal(file_read(path, 1u << 20, &text, &msg), ERR_OK);
    for (struct str rest = buf_str(&text); !str_is_empty(rest);) {
        struct str line = str_split(&rest, '\n');
        struct wycheproof_vector v = {.name = STR_NONE};
        if (str_is_empty(line) || line.p[0] == '#')
            continue;
        v.name = str_split(&line, ' ');
        v.is_valid = str_eq(str_split(&line, ' '), STR("valid"));
        for (int i = 0; i < WYCHEPROOF_PARTS && !str_is_empty(line); i++)
            v.parts[i] = wycheproof_bytes(str_split(&line, ' '), arena);
        fn(ctx, &v);
        arena_reset(arena);
        n++;
    }
    return n;
}
