/* blocks.h: a file of a course as lines: what is no text is refused, front matter and body parted.
 */
#include "core/lesson/blocks.h"
#include "core/utf8.h"

/* True when the whole text is UTF-8 without control characters. */
static bool is_text(struct str file, struct str text, struct arena *arena,
                    struct lesson_findings *findings)
{
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < text.len;) {
        size_t at = i;
        int32_t c = utf8_next(text, &at);
        bool is_broken = c == UTF8_REPLACEMENT && at - i == 1;
        bool is_line_end = c == '\n' || (c == '\r' && i + 1 < text.len && text.p[i + 1] == '\n');
        if (is_broken || ((c < 0x20 || c == 0x7f) && c != '\t' && !is_line_end)) {
            lesson_findings_add(
                findings,
                (struct lesson_finding){
                    .rule = "not-text",
                    .pos = {file, line, column},
                    .offending = arena_printf(arena, "byte 0x%02x", (unsigned char)text.p[i]),
                    .what = is_broken ? STR("this is not UTF-8") : STR("a control character"),
                    .fix = STR("save the file as plain text in UTF-8"),
                });
            return false;
        }
        column = c == '\n' ? 1 : column + 1;
        line += c == '\n';
        i = at;
    }
    return true;
}

static enum err split_lines(struct str file, struct str text, struct arena *arena,
                            struct lesson_findings *findings, struct lesson_lines *ret)
{
    for (size_t i = 0; i < text.len; i++)
        ret->n += text.p[i] == '\n';
    ret->n++;
    if (ret->n > LESSON_MAX_LINES) {
        lesson_findings_add(findings, (struct lesson_finding){
                                          .rule = "too-many",
                                          .pos = {file, LESSON_MAX_LINES + 1, 1},
                                          .what = STR("more than 20000 lines in one file"),
                                          .fix = STR("split the file"),
                                      });
        return ERR_INVALID;
    }
    ret->list = arena_new_array(arena, struct str, ret->n);
    if (ret->list == NULL)
        return arena_error(arena);
    for (uint32_t i = 0; i < ret->n; i++) {
        struct str *line = &ret->list[i];
        *line = str_split(&text, '\n');
        if (str_ends(*line, STR("\r")))
            line->len--;
    }
    return ERR_OK;
}

/* Front matter lies between two lines ---, the first of them being line 1. */
static void split_front(struct str file, struct lesson_findings *findings, struct lesson_lines *ret)
{
    struct str first = str_trim(ret->list[0]);
    ret->body = 1;
    if (!str_eq(first, STR("---")))
        return;
    for (uint32_t i = 1; i < ret->n; i++) {
        if (!str_eq(str_trim(ret->list[i]), STR("---")))
            continue;
        const char *start = ret->list[0].p;
        ret->front = (struct str){start, (size_t)(ret->list[i].p - start)};
        ret->body = i + 2;
        return;
    }
    ret->body = ret->n + 1;
    ret->is_broken = true;
    lesson_findings_add(findings, (struct lesson_finding){
                                      .rule = "front-open",
                                      .pos = {file, 1, 1},
                                      .offending = first,
                                      .what = STR("the front matter has no end"),
                                      .fix = STR("close it with a line --- of its own"),
                                  });
}

enum err lesson_lines_read(struct str file, struct str text, struct arena *arena,
                           struct lesson_findings *findings, struct lesson_lines *ret)
{
    *ret = (struct lesson_lines){.end = text.p + text.len};
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_sub(text, 3, text.len);
    ret->is_broken = !is_text(file, text, arena, findings);
    enum err e = ERR_INVALID;
    if (!ret->is_broken)
        e = split_lines(file, text, arena, findings, ret);
    if (e == ERR_OK)
        split_front(file, findings, ret);
    return e;
}
