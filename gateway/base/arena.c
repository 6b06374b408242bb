#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define CHUNK_BYTES 8192
#define MAX_CHUNK_BYTES 1048576 /* of a big arena: few, and of pages that the kernel has zeroed */
#define KEPT_BYTES 32768 /* of a used arena that is reset: what was needed once is needed again */
#define ALIGN_BYTES 16

struct chunk {
    struct chunk *next;
    size_t size;
    size_t used;
    size_t dirty; /* behind these bytes nothing was ever written */
    max_align_t bytes[];
};

struct arena {
    struct chunk *first;
    struct chunk *last;
    size_t max;
    size_t used;
    enum err error;
};

struct arena *arena_new(size_t max_bytes)
{
    struct arena *a = xcalloc(1, sizeof(*a));
    a->max = max_bytes;
    return a;
}

static void chunks_free(struct chunk *chunk)
{
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    chunks_free(a->first);
    free(a);
}

void arena_freep(struct arena **a)
{
    arena_free(*a);
    *a = NULL;
}

void arena_reset(struct arena *a)
{
    struct chunk **at = &a->first;
    size_t kept = 0;
    for (; *at != NULL && kept + (*at)->size <= KEPT_BYTES; at = &(*at)->next) {
        kept += (*at)->size;
        (*at)->used = 0;
    }
    chunks_free(*at);
    *at = NULL;
    a->last = NULL;
    a->used = 0;
    a->error = ERR_OK;
}

/* The next chunk: one that was kept, or a new one before those. The more is used, the bigger. */
static struct chunk *arena_grow(struct arena *a, size_t bytes)
{
    struct chunk **at = a->last != NULL ? &a->last->next : &a->first;
    if (*at == NULL || (*at)->size < bytes) {
        size_t size = a->used / 4 < MAX_CHUNK_BYTES ? a->used / 4 : MAX_CHUNK_BYTES;
        size = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        size = size > bytes ? size : bytes;
        struct chunk *chunk = xcalloc(1, sizeof(*chunk) + size);
        chunk->next = *at;
        chunk->size = size;
        *at = chunk;
    }
    a->last = *at;
    return a->last;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGN_BYTES)
        a->error = ERR_TOO_LONG;
    size_t rounded = (bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    if (a->error == ERR_OK && rounded > a->max - a->used)
        a->error = ERR_TOO_LONG;
    if (a->error != ERR_OK)
        return NULL;
    struct chunk *chunk = a->last;
    if (chunk == NULL || chunk->size - chunk->used < rounded)
        chunk = arena_grow(a, rounded);
    void *p = (char *)chunk->bytes + chunk->used;
    if (chunk->used < chunk->dirty)
        memset(p, 0, rounded);
    chunk->used += rounded;
    chunk->dirty = chunk->used > chunk->dirty ? chunk->used : chunk->dirty;
    a->used += rounded;
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.len + 1);
    if (p == NULL)
        return STR_NONE;
    if (s.len > 0)
        memcpy(p, s.p, s.len);
    return (struct str){p, s.len};
}

struct str arena_number(struct arena *a, int64_t value)
{
    char digits[21]; /* of the longest, with its sign */
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        digits[--at] = '-';
    return arena_str(a, (struct str){digits + at, sizeof(digits) - at});
}

struct str arena_digits(struct arena *a, struct str text)
{
    char *digits = arena_alloc(a, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; digits != NULL && i < text.len; i++) {
        if (text.p[i] >= '0' && text.p[i] <= '9')
            digits[n++] = text.p[i];
    }
    return (struct str){digits, n};
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *p = n >= 0 ? arena_alloc(a, (size_t)n + 1) : NULL;
    if (p != NULL)
        (void)vsnprintf(p, (size_t)n + 1, fmt, again); /* measured just above */
    va_end(again);
    return p != NULL ? (struct str){p, (size_t)n} : STR_NONE;
}

enum err arena_error(const struct arena *a)
{
    return a->error;
}
