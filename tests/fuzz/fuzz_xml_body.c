/* Any bytes as an XML body: read or refused, no entity but the five, and what is escaped reads the
 * same again. */
#include <stdlib.h>

#include "core/utf8.h"
#include "wire/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_escape(struct str text, struct arena *arena)
{
    struct buf out CLEANUP(buf_fini);
    const struct doc *root = NULL;
    buf_init(&out, 1u << 20);
    buf_add_str(&out, STR("<a b=\""));
    xml_escape_attribute(text, &out);
    buf_add_str(&out, STR("\">"));
    xml_escape(text, &out);
    buf_add_str(&out, STR("</a>"));
    for (size_t at = 0; at < text.len;) {
        int32_t c = utf8_next(text, &at);
        if (c >= UTF8_REPLACEMENT && c <= 0xffff)
            return; /* no character, or one that looks so: mended */
    }
    if (buf_error(&out) != ERR_OK)
        return;
    if (xml_read(buf_str(&out), arena, &root) != ERR_OK)
        abort();
    struct str back = root->first->attribute->text;
    size_t n = 0;
    for (size_t i = 0; i < text.len && n < back.len && text.p[i] == back.p[n]; i++)
        n++;
    if (n < text.len && (unsigned char)text.p[n] >= 0x20)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(1u << 20);
    const struct doc *root = NULL;
    struct doc_path path;
    struct errmsg msg;
    struct str text = {(const char *)data, size};
    if (size > 16384)
        return 0;
    if (xml_read(text, arena, &root) == ERR_OK) {
        if (doc_path_xml(STR("//a[@b=c]/*@d"), &path, &msg) != ERR_OK)
            abort();
        (void)doc_get(root, &path, true); /* any response will do */
    }
    arena_reset(arena);
    check_escape(text, arena);
    return 0;
}
