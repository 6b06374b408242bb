#include "app/course_bundle.h"

#include <string.h>

#define BUNDLE_MARK "waypost-course 1\n"
#define BUNDLE_MARK_ANY "waypost-course "

/* Relative and in no way upwards: "m1.md", "packs/standard/texts.md". */
static bool is_good_name(struct str name)
{
    bool is_part_start = true;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c <= ' ' || c == 0x7f || (is_part_start && (c == '/' || c == '.')))
            return false;
        is_part_start = c == '/';
    }
    return name.len > 0 && !is_part_start;
}

enum err course_bundle_write(const struct lesson_file *files, uint32_t n, struct buf *out)
{
    if (n > LESSON_MAX_FILES)
        return ERR_TOO_LONG;
    buf_add_str(out, STR(BUNDLE_MARK));
    for (uint32_t i = 0; i < n; i++) {
        if (!is_good_name(files[i].name))
            return ERR_INVALID;
        buf_addf(out, "%.*s %zu\n", STR_ARG(files[i].name), files[i].text.len);
        buf_add_str(out, files[i].text);
    }
    return buf_error(out);
}

static enum err read_file(struct str *rest, struct lesson_file *ret)
{
    struct str line = str_split(rest, '\n');
    struct str length = line;
    uint64_t n;
    ret->name = str_split(&length, ' ');
    if (rest->p == NULL || !is_good_name(ret->name) || str_to_u64(length, rest->len, &n) != ERR_OK)
        return ERR_INVALID;
    ret->text = str_sub(*rest, 0, n);
    *rest = str_sub(*rest, n, rest->len);
    return ERR_OK;
}

enum err course_bundle_read(struct str bundle, struct lesson_file *ret, uint32_t *ret_n)
{
    if (!str_starts(bundle, STR(BUNDLE_MARK)))
        return str_starts(bundle, STR(BUNDLE_MARK_ANY)) ? ERR_UNSUPPORTED : ERR_INVALID;
    struct str rest = str_sub(bundle, strlen(BUNDLE_MARK), bundle.len);
    uint32_t n = 0;
    while (rest.len > 0) {
        if (n == LESSON_MAX_FILES)
            return ERR_TOO_LONG;
        enum err e = read_file(&rest, &ret[n]);
        if (e != ERR_OK)
            return e;
        n++;
    }
    *ret_n = n;
    return ERR_OK;
}
