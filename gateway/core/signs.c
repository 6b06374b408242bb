#include "core/signs.h"

#include <utf8proc.h>

#include "core/utf8.h"

struct range {
    int32_t first, last;
};

/* core.is_name() of sql/ has the same. */
static const struct range odd[] = {
    {0x1, 0x1f},        {0x7f, 0x9f},       {0xad, 0xad},        {0x115f, 0x1160},
    {0x180e, 0x180e},   {0x200b, 0x200b},   {0x2028, 0x202e},    {0x2060, 0x206f},
    {0x2800, 0x2800},   {0x3164, 0x3164},   {0xe000, 0xf8ff},    {0xfdd0, 0xfdef},
    {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xffff},    {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff},
};

static bool is_odd(int32_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        if (code >= odd[i].first && code <= odd[i].last)
            return true;
    }
    return code == 0;
}

/* What texts are laid out with: the form feed begins a page. */
static bool is_layout(int32_t code)
{
    return code == '\n' || code == '\t' || code == '\f';
}

static bool is_mark(int32_t code)
{
    utf8proc_category_t category = code < 0x300 ? UTF8PROC_CATEGORY_LL : utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

int32_t signs_find_odd(struct str text, size_t *ret_at)
{
    uint32_t n_marks = 0;
    for (size_t at = 0; at < text.len;) {
        size_t from = at;
        int32_t code = utf8_next(text, &at);
        n_marks = is_mark(code) ? n_marks + 1 : 0;
        if ((is_odd(code) && !is_layout(code)) || n_marks > SIGNS_MAX_MARKS) {
            *ret_at = from;
            return code;
        }
    }
    return -1;
}

bool signs_is_name(struct str name)
{
    size_t at = 0;
    if (str_is_empty(name) || str_trim(name).len != name.len || is_mark(utf8_next(name, &at)))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (is_layout(name.p[i]))
            return false;
    }
    return signs_find_odd(name, &at) < 0;
}
