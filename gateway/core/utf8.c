#include "core/utf8.h"

#include <assert.h>
#include <utf8proc.h>

int32_t utf8_next_wide(struct str text, size_t *at)
{
    const uint8_t *p = (const uint8_t *)text.p + *at;
    utf8proc_int32_t code = 0;
    utf8proc_ssize_t n = utf8proc_iterate(p, (utf8proc_ssize_t)(text.len - *at), &code);
    if (n <= 0) {
        (*at)++;
        return UTF8_REPLACEMENT;
    }
    *at += (size_t)n;
    return code;
}

size_t utf8_put(int32_t code, char dst[UTF8_MAX_BYTES])
{
    utf8proc_ssize_t n = utf8proc_encode_char(code, (uint8_t *)dst);
    assert(n > 0);
    return (size_t)n;
}

struct str utf8_cut(struct str text, size_t max)
{
    size_t len = text.len < max ? text.len : max;
    if (len == text.len)
        return text;
    /* Not further back than a character is long: what is no UTF-8 is cut where it is. */
    for (size_t i = 0; i < UTF8_MAX_BYTES && i <= len; i++) {
        if (((uint8_t)text.p[len - i] & 0xc0) != 0x80)
            return str_sub(text, 0, len - i);
    }
    return str_sub(text, 0, len);
}
