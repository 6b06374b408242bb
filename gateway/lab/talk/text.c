/* Pieces of a transcript's lines: words, patterns, and what is said of a line that is wrong. */
#include <string.h>

#include "lab/talk/internal.h"

bool talk_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

enum err talk_fail_at(const struct talk_parser *p, struct str words)
{
    return errmsg_set(p->msg, ERR_INVALID, "%.*s:%u: %.*s", STR_ARG(p->script->file), p->line,
                      STR_ARG(words));
}

struct str talk_take_word(struct str *rest)
{
    size_t n = 0;
    while (n < rest->len && !talk_is_blank(rest->p[n]))
        n++;
    struct str word = str_sub(*rest, 0, n);
    *rest = str_trim(str_sub(*rest, n, rest->len));
    return word;
}

/* --- patterns --- */

/* One character of a pattern; *is_any for `*`. */
static char take_char(struct str pattern, size_t *at, bool *is_any)
{
    char c = pattern.p[(*at)++];
    *is_any = c == '*';
    if (c != '\\' || *at == pattern.len)
        return c;
    char next = pattern.p[*at];
    if (next != 'n' && next != '*' && next != '#' && next != '\\')
        return c;
    (*at)++;
    return next == 'n' ? '\n' : next;
}

bool talk_match(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star_p = SIZE_MAX, star_t = 0;
    while (t < text.len || p < pattern.len) {
        bool is_any = false;
        size_t next = p;
        char c = p < pattern.len ? take_char(pattern, &next, &is_any) : '\0';
        if (p < pattern.len && is_any) { /* try to let it stand for nothing first */
            star_p = next;
            star_t = t;
            p = next;
        } else if (p < pattern.len && t < text.len && text.p[t] == c) {
            p = next;
            t++;
        } else if (star_p != SIZE_MAX && star_t < text.len) {
            p = star_p;
            t = ++star_t;
        } else {
            return false;
        }
    }
    return true;
}

/* Value of a member in an event line; absent when it has none. */
static struct str member_of(struct str event, struct str name)
{
    struct str rest = event;
    (void)talk_take_word(&rest); /* the kind */
    while (rest.len > 0) {
        bool is_text = str_starts(rest, STR("text="));
        struct str word = is_text ? rest : talk_take_word(&rest);
        struct str value = word;
        struct str key = str_split(&value, '=');
        if (str_eq(key, name))
            return value.p != NULL ? value : STR("");
        if (is_text)
            break;
    }
    return STR_NONE;
}

bool talk_match_event(struct str pattern, struct str event)
{
    struct str rest = pattern, other = event;
    if (!talk_match(talk_take_word(&rest), talk_take_word(&other)))
        return false;
    while (rest.len > 0) {
        bool is_text = str_starts(rest, STR("text="));
        struct str value = is_text ? rest : talk_take_word(&rest);
        struct str key = str_split(&value, '=');
        if (str_eq(key, STR("*")))
            continue;
        struct str got = member_of(event, key);
        if (got.p == NULL || !talk_match(value.p != NULL ? value : STR(""), got))
            return false;
        if (is_text)
            break;
    }
    return true;
}
