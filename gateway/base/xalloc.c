#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void *xcalloc(size_t n, size_t bytes)
{
    void *p = calloc(n, bytes);
    if (p == NULL)
        abort();
    return p;
}

void *xmalloc(size_t bytes)
{
    void *p = malloc(bytes > 0 ? bytes : 1);
    if (p == NULL)
        abort();
    return p;
}

void *xrealloc(void *p, size_t bytes)
{
    void *grown = realloc(p, bytes);
    if (grown == NULL)
        abort();
    return grown;
}

char *xstrdup(const char *s)
{
    char *copy = strdup(s);
    if (copy == NULL)
        abort();
    return copy;
}
