/*
 * arena.h: a bump allocator with a ceiling, for everything that lives as long as one message or
 * one course. Nothing is freed singly; arena_reset or arena_free ends all of it at once.
 *
 * Past the ceiling arena_alloc returns NULL and arena_error says ERR_TOO_LONG until the reset. The
 * helpers that return struct str return STR_NONE then, so a chain may check once at its end.
 */
#pragma once

#include "base/str.h"

struct arena;

struct arena *arena_new(size_t max_bytes);
/* Accepts NULL. */
void arena_free(struct arena *a);
void arena_freep(struct arena **a);
/* Forgets all allocations and the error; keeps the first chunks, so a message costs no malloc. */
void arena_reset(struct arena *a);
/* Zeroed and aligned for any type; NULL past the ceiling. */
void *arena_alloc(struct arena *a, size_t bytes);
/* NUL-terminated copy. */
struct str arena_str(struct arena *a, struct str s);
/* In digits; a fifth of what arena_printf takes. */
struct str arena_number(struct arena *a, int64_t value);
/* The digits 0 to 9 of a text, in whatever pieces they stand; empty where it has none. */
struct str arena_digits(struct arena *a, struct str text);
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum err arena_error(const struct arena *a);

#define arena_new_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))
