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

char *xstrdup(const char *s)
{
    char *copy = strdup(s);
    if (copy == NULL)
        abort();
    return copy;
}
