/*
 * xalloc.h: allocate or abort. A process without memory ends, which others see as a kill: going on
 * would take a text cut short for the whole of it. buf, arena and the readers of JSON and XML do
 * the same. A size that a phone, a provider or an author can influence goes through buf or arena,
 * which have ceilings, so that nobody can make it happen.
 */
#pragma once

#include <stddef.h>

/* Zeroed; aborts the process when there is no memory. Release with free(). */
void *xcalloc(size_t n, size_t bytes) __attribute__((malloc, returns_nonnull));
void *xmalloc(size_t bytes) __attribute__((malloc, returns_nonnull));
/* bytes > 0 */
void *xrealloc(void *p, size_t bytes) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
