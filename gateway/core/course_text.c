#include "core/course_text.h"

#include <string.h>

struct text_row {
    const char *name;
    const char *placeholders;
    const char *purpose;
    enum course_text instead;
};

static const struct text_row text_rows[N_COURSE_TEXTS] = {
#define TEXT_ROW(name, placeholders, purpose) {#name, placeholders, purpose, COURSE_TEXT_##name},
#define LATER_ROW(name, instead, placeholders, purpose)                                            \
    {#name, placeholders, purpose, COURSE_TEXT_##instead},
#define USSD_ROW(name) {"ussd_" #name, NULL, "the same on USSD", COURSE_TEXT_##name},
    COURSE_TEXTS(TEXT_ROW) COURSE_LATER_TEXTS(LATER_ROW) COURSE_USSD_TEXTS(USSD_ROW)
#undef TEXT_ROW
#undef LATER_ROW
#undef USSD_ROW
};

static const enum course_text ussd_texts[N_COURSE_TEXTS] = {
#define USSD_TEXT(name) [COURSE_TEXT_##name] = COURSE_TEXT_ussd_##name,
    COURSE_USSD_TEXTS(USSD_TEXT)
#undef USSD_TEXT
};

const char *course_text_name(enum course_text text)
{
    return text_rows[text].name;
}

enum err course_text_find(struct str name, enum course_text *ret)
{
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        if (str_eq(name, str_from(text_rows[i].name))) {
            *ret = (enum course_text)i;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

const char *course_text_placeholders(enum course_text text)
{
    const struct text_row *row = &text_rows[text];
    return row->placeholders != NULL ? row->placeholders : text_rows[row->instead].placeholders;
}

bool course_text_has(enum course_text text, struct str placeholder)
{
    bool is_on_ussd = text_rows[text].placeholders == NULL;
    return str_word_index(COURSE_PLACEHOLDERS, ' ', placeholder) >= 0 ||
           str_word_index(course_text_placeholders(text), ' ', placeholder) >= 0 ||
           (is_on_ussd && str_eq(placeholder, STR("code")));
}

enum course_text course_text_on_ussd(enum course_text text)
{
    return ussd_texts[text] != 0 ? ussd_texts[text] : text; /* the first text has none */
}

enum course_text course_text_instead(enum course_text text)
{
    return text_rows[text].instead;
}

const char *course_text_purpose(enum course_text text)
{
    return text_rows[text].purpose;
}

struct str course_var_get(const struct course_var *vars, struct str name)
{
    for (const struct course_var *v = vars; v->name != NULL; v++) {
        if (str_eq(name, str_from(v->name)))
            return v->value.p != NULL ? v->value : STR("");
    }
    return STR_NONE;
}

struct str course_text_placeholder(struct str text, size_t *at)
{
    for (size_t open = *at; open < text.len; open++) {
        size_t end = open + 1;
        if (text.p[open] != '{')
            continue;
        while (end < text.len && ((text.p[end] >= 'a' && text.p[end] <= 'z') || text.p[end] == '_'))
            end++;
        if (end == open + 1 || end == text.len || text.p[end] != '}')
            continue;
        *at = end + 1;
        return str_sub(text, open + 1, end);
    }
    *at = text.len;
    return STR_NONE;
}

/* One pass: writes to dst unless it is NULL, and returns the length. */
static size_t fill(struct str text, course_text_value *value, const void *ctx, char *dst)
{
    size_t n = 0, from = 0;
    for (size_t at = 0; from < text.len; from = at) {
        struct str name = course_text_placeholder(text, &at), filled = STR_NONE;
        size_t end = at;
        if (name.p != NULL && (filled = value(ctx, name)).p != NULL)
            end = (size_t)(name.p - text.p) - 1;
        struct str pieces[] = {str_sub(text, from, end), filled};
        for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
            if (dst != NULL && pieces[i].len > 0)
                memcpy(dst + n, pieces[i].p, pieces[i].len);
            n += pieces[i].len;
        }
    }
    return n;
}

struct str course_text_fill(struct str text, course_text_value *value, const void *ctx,
                            struct arena *arena)
{
    size_t len = fill(text, value, ctx, NULL);
    char *p = arena_alloc(arena, len + 1);
    if (p == NULL)
        return STR_NONE;
    (void)fill(text, value, ctx, p); /* the length was measured above */
    return (struct str){p, len};
}
