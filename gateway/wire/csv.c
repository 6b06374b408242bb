#include "wire/csv.h"

#include <string.h>

char csv_separator(struct str bytes)
{
    static const char signs[] = ",;\t";
    uint32_t n[3] = {0};
    bool is_quoted = false;
    for (size_t i = 0; i < bytes.len && (is_quoted || (bytes.p[i] != '\n' && bytes.p[i] != '\r'));
         i++) {
        const char *sign = bytes.p[i] != '\0' ? strchr(signs, bytes.p[i]) : NULL;
        is_quoted ^= bytes.p[i] == '"';
        if (sign != NULL && !is_quoted)
            n[sign - signs]++;
    }
    return n[2] > n[0] && n[2] > n[1] ? '\t' : n[1] > n[0] ? ';' : ',';
}

char csv_next_cell(struct str bytes, size_t *at, char separator, struct buf *out)
{
    bool is_quoted = *at < bytes.len && bytes.p[*at] == '"';
    buf_reset(out);
    *at += is_quoted;
    while (*at < bytes.len) {
        char c = bytes.p[(*at)++];
        if (is_quoted && c == '"') {
            is_quoted = *at < bytes.len && bytes.p[*at] == '"';
            if (!is_quoted)
                continue;
            ++*at;
        } else if (!is_quoted && c == separator) {
            return c;
        } else if (!is_quoted && (c == '\n' || c == '\r')) {
            *at += c == '\r' && *at < bytes.len && bytes.p[*at] == '\n';
            return '\n';
        }
        buf_add_char(out, c);
    }
    return 0;
}
