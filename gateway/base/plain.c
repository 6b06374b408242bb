#include "base/plain.h"

#include <string.h>

static bool is_layout(const char *text, size_t n, size_t at)
{
    bool is_end = at + 1 < n && text[at] == '\r' && text[at + 1] == '\n';
    return text[at] == '\n' || text[at] == '\t' || is_end;
}

/* LINE SEPARATOR to RIGHT-TO-LEFT OVERRIDE (U+2028 to U+202E), the isolates (U+2066 to U+2069). */
static bool is_turning(const unsigned char *c)
{
    return c[0] == 0xe2 && ((c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) ||
                            (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

/* Of a valid sequence of this length. */
static bool is_obeyed(const unsigned char *c, size_t len)
{
    return (len == 1 && (c[0] < ' ' || c[0] == 0x7f)) ||
           (len == 2 && c[0] == 0xc2 && c[1] < 0xa0) || (len == 3 && is_turning(c));
}

void plain_make(char *text, size_t n, bool has_lines)
{
    for (size_t at = 0; at < n;) {
        const unsigned char *c = (const unsigned char *)text + at;
        size_t len = str_utf8_len((struct str){text, n}, at);
        bool is_shown = len > 0 && (!is_obeyed(c, len) || (has_lines && is_layout(text, n, at)));
        len = len > 0 ? len : 1;
        if (!is_shown)
            memset(text + at, ' ', len);
        at += len;
    }
}
