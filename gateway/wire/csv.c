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

/* By OWASP's list, which has the wide forms of East Asian scripts, too. */
bool csv_is_formula(struct str cell)
{
    static const char *const begins[] = {"=",  "+",      "-",      "@",      "\t",    "\r",
                                         "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"};
    for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
        if (str_starts(cell, str_from(begins[i])))
            return true;
    }
    return false;
}

static bool is_quoted(struct str cell)
{
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.p[i] != '\0' && strchr(",;\t\"\r\n", cell.p[i]) != NULL)
            return true;
    }
    return cell.len > 0 && (cell.p[0] == ' ' || cell.p[cell.len - 1] == ' ');
}

void csv_add_cell(struct buf *out, struct str cell, bool is_marked)
{
    bool has_quotes = is_marked || is_quoted(cell);
    if (has_quotes)
        buf_add_char(out, '"');
    if (is_marked)
        buf_add_char(out, '\'');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.p[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, cell.p[i]);
    }
    if (has_quotes)
        buf_add_char(out, '"');
}
