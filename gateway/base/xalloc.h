/*
 * xalloc.h: allocate or abort, for small sizes fixed by the program. A size that a phone, a
 * provider or an author can influence goes through buf or arena, which have ceilings, never here.
 */
#pragma once

#include <stddef.h>

/* Zeroed; aborts the process when there is no memory. Release with free(). */
void *xcalloc(size_t n, size_t bytes) __attribute__((malloc, returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
