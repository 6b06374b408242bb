#include "wire/form.h"

/* Value of name="..." (or name=token) in a header's parameters. */
static struct str parameter(struct str header, struct str name)
{
    struct str rest = header;
    (void)str_split(&rest, ';'); /* the value before the parameters */
    while (rest.p != NULL) {
        struct str value = str_trim(str_split(&rest, ';'));
        struct str key = str_trim(str_split(&value, '='));
        if (!str_eq_nocase(key, name))
            continue;
        value = str_trim(value);
        if (value.len >= 2 && value.p[0] == '"' && value.p[value.len - 1] == '"')
            value = str_sub(value, 1, value.len - 1);
        return value;
    }
    return STR_NONE;
}

/* name= of a part's Content-Disposition; headers end with the blank line. */
static struct str part_name(struct str headers)
{
    struct str rest = headers;
    while (rest.p != NULL) {
        struct str value = str_trim(str_split(&rest, '\n'));
        struct str key = str_split(&value, ':');
        if (str_eq_nocase(key, STR("Content-Disposition")))
            return parameter(value, STR("name"));
    }
    return STR_NONE;
}

enum err form_parse_multipart(struct str body, struct str content_type, struct arena *arena,
                              struct form *ret)
{
    struct str boundary = parameter(content_type, STR("boundary"));
    struct str delimiter = arena_printf(arena, "--%.*s", STR_ARG(boundary));
    struct form_pair *pairs = arena_new_array(arena, struct form_pair, FORM_MAX_PAIRS);
    if (str_is_empty(boundary))
        return ERR_INVALID;
    if (delimiter.p == NULL || pairs == NULL)
        return ERR_TOO_LONG;
    uint32_t n = 0;
    size_t at = str_find(body, delimiter);
    while (at != SIZE_MAX) {
        struct str part = str_sub(body, at + delimiter.len, body.len);
        if (str_starts(part, STR("--"))) {
            *ret = (struct form){pairs, n};
            return ERR_OK;
        }
        size_t blank = str_find(part, STR("\r\n\r\n"));
        size_t end = str_find(part, delimiter);
        if (blank == SIZE_MAX || end == SIZE_MAX || end < blank + 6)
            return ERR_INVALID;
        if (n == FORM_MAX_PAIRS)
            return ERR_TOO_LONG;
        pairs[n].key = part_name(str_sub(part, 0, blank));
        pairs[n].value = str_sub(part, blank + 4, end - 2);
        if (pairs[n].key.p == NULL)
            return ERR_INVALID;
        n++;
        at += delimiter.len + end;
    }
    return ERR_INVALID;
}
