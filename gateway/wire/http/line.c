#include "wire/http/line.h"

#include <string.h>

enum { IS_TCHAR = 1, IS_TEXT = 2 };

static const uint8_t classes[256] = {
    ['\t'] = IS_TEXT,
    [' '] = IS_TEXT,
    ['!'] = IS_TEXT | IS_TCHAR,
    ['"'] = IS_TEXT,
    ['#' ... '\''] = IS_TEXT | IS_TCHAR,
    ['(' ... ')'] = IS_TEXT,
    ['*' ... '+'] = IS_TEXT | IS_TCHAR,
    [','] = IS_TEXT,
    ['-' ... '.'] = IS_TEXT | IS_TCHAR,
    ['/'] = IS_TEXT,
    ['0' ... '9'] = IS_TEXT | IS_TCHAR,
    [':' ... '@'] = IS_TEXT,
    ['A' ... 'Z'] = IS_TEXT | IS_TCHAR,
    ['[' ... ']'] = IS_TEXT,
    ['^' ... 'z'] = IS_TEXT | IS_TCHAR,
    ['{'] = IS_TEXT,
    ['|'] = IS_TEXT | IS_TCHAR,
    ['}'] = IS_TEXT,
    ['~'] = IS_TEXT | IS_TCHAR,
    [0x80 ... 0xff] = IS_TEXT,
};

static bool is_all(struct str s, uint8_t class)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((classes[(unsigned char)s.p[i]] & class) == 0)
            return false;
    }
    return true;
}

enum http_line http_line_take(struct str bytes, struct http_cursor *cursor, size_t max_bytes,
                              struct str *ret_line)
{
    size_t left = bytes.len - cursor->at;
    const char *scan = bytes.p + cursor->scanned;
    const char *lf = memchr(scan, '\n', bytes.len - cursor->scanned);
    if (lf == NULL) {
        cursor->scanned = bytes.len;
        return left > max_bytes ? HTTP_LINE_TOO_LONG : HTTP_LINE_MORE;
    }
    const char *start = bytes.p + cursor->at;
    size_t len = (size_t)(lf - start) + 1;
    if (len > max_bytes)
        return HTTP_LINE_TOO_LONG;
    if (len < 2 || lf[-1] != '\r')
        return HTTP_LINE_BARE_LF;
    *ret_line = (struct str){start, len - 2};
    cursor->at += len;
    cursor->scanned = cursor->at;
    return HTTP_LINE_OK;
}

bool http_is_token(struct str s)
{
    return s.len > 0 && is_all(s, IS_TCHAR);
}

bool http_is_field_text(struct str s)
{
    return is_all(s, IS_TEXT);
}

bool http_field_parse(struct str line, struct str *ret_name, struct str *ret_value)
{
    size_t colon = str_find_char(line, ':');
    if (colon == SIZE_MAX)
        return false;
    *ret_name = str_sub(line, 0, colon);
    struct str value = str_sub(line, colon + 1, line.len);
    while (value.len > 0 && (value.p[0] == ' ' || value.p[0] == '\t')) {
        value.p++;
        value.len--;
    }
    while (value.len > 0 && (value.p[value.len - 1] == ' ' || value.p[value.len - 1] == '\t'))
        value.len--;
    *ret_value = value;
    return http_is_token(*ret_name) && http_is_field_text(value);
}
