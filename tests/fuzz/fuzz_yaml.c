/* Any bytes are read or refused with a message; a tree that was read has sane places and sizes. */
#include <stdlib.h>

#include "core/yaml.h"

static void visit(const struct yaml_node *node)
{
    uint32_t n = 0;
    if (node->line == 0 || node->column == 0 || node->text.p == NULL)
        abort();
    for (const struct yaml_node *m = node->first; m != NULL; m = m->next, n++)
        visit(m);
    if (n != node->n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(256 * 1024);
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 1 << 20);
    const struct yaml_node *root = NULL;
    struct str text = {(const char *)data, size};
    struct yaml_report report = {.file = STR("f"), .text = &errors};
    enum err e = yaml_read(text, arena, &report, &root);
    if (e == ERR_OK)
        visit(root);
    else if (errors.len == 0)
        abort();
    return 0;
}
