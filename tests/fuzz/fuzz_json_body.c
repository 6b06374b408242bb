/* Any bytes as a JSON body: read or refused, and never deeper than promised. */
#include <stdlib.h>

#include "wire/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t depth(const struct doc *node)
{
    uint32_t deepest = 0;
    for (const struct doc *d = node->first; d != NULL; d = d->next) {
        uint32_t n = depth(d);
        deepest = n > deepest ? n : deepest;
    }
    return deepest + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(1u << 20);
    const struct doc *root = NULL;
    struct doc_path path;
    struct errmsg msg;
    if (size > 65536)
        return 0;
    if (json_read((struct str){(const char *)data, size}, arena, &root) != ERR_OK)
        return 0;
    if (depth(root) > DOC_MAX_DEPTH + 1)
        abort();
    if (doc_path_json(STR("/*/0/a~1b"), arena, &path, &msg) != ERR_OK)
        abort();
    (void)doc_get(root, &path, true); /* any response will do */
    return 0;
}
