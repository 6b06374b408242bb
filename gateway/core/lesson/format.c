/* lesson.h: a course's files in the one form in which they are kept. */
#include "core/lesson/lesson.h"

#include <string.h>

#include "core/gsm/gsm.h"

struct writer {
    bool is_ucs2;
    struct arena *scratch;
    struct buf *out;
};

/* ---- text ---- */

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

/* Byte i of a line, or a blank at its ends. */
static char char_at(struct str line, size_t i)
{
    return i < line.len ? line.p[i] : ' ';
}

/* Would Markdown read this sign, inside a line, as something else? */
static bool is_special_inside(struct str line, size_t i)
{
    char before = i > 0 ? line.p[i - 1] : ' ', after = char_at(line, i + 1);
    switch (line.p[i]) {
    case '\\':
    case '*':
    case '`':
    case '[':
    case '<':
        return true;
    case '_':
        return !is_alnum(before) || !is_alnum(after);
    case '&':
        return is_alnum(after) || after == '#';
    default:
        return false;
    }
}

/* "18." or "18)" and a blank: the number's length; SIZE_MAX otherwise. */
static size_t find_list_number(struct str line)
{
    size_t n = 0;
    while (n < line.len && line.p[n] >= '0' && line.p[n] <= '9')
        n++;
    char mark = char_at(line, n);
    bool is_number = n > 0 && n < 10 && (mark == '.' || mark == ')') && char_at(line, n + 1) == ' ';
    return is_number ? n : SIZE_MAX;
}

/* Bytes at the start of a line before the sign that would begin a list, heading, quote or
 * instruction; SIZE_MAX when it begins none. */
static size_t find_special_start(struct str line)
{
    static const char *const always = "#>=@";
    static const char *const pairs[] = {"- ", "--", "+ ", "~~"};
    char first = char_at(line, 0), second = char_at(line, 1);
    if (line.len > 0 && strchr(always, first) != NULL)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        if (first == pairs[i][0] && second == pairs[i][1])
            return 0;
    }
    return find_list_number(line);
}

/* One line of a text. at_start: Markdown may see a new block here. */
static void write_line(struct writer *w, struct str line, bool at_start)
{
    size_t special = at_start ? find_special_start(line) : SIZE_MAX;
    for (size_t i = 0; i < line.len; i++) {
        if (line.p[i] == ' ' && (i == 0 || line.p[i - 1] == ' '))
            continue;
        if (i == special || is_special_inside(line, i))
            buf_add_char(w->out, '\\');
        buf_add_char(w->out, line.p[i]);
    }
}

/* A text with its line breaks; each further line begins with prefix. */
static void write_text(struct writer *w, struct str text, bool at_start, const char *prefix)
{
    arena_reset(w->scratch);
    if (!w->is_ucs2)
        text = gsm_fold(text, GSM_FOLD_TYPOGRAPHY, w->scratch);
    struct str rest = text;
    while (rest.p != NULL) {
        write_line(w, str_trim(str_split(&rest, '\n')), at_start);
        if (rest.p != NULL)
            buf_addf(w->out, "\\\n%s", prefix);
        at_start = true;
    }
}

/* ---- blocks ---- */

static void write_heading(struct writer *w, const struct lesson_block *block)
{
    size_t colon = str_find_char(block->text, ':');
    buf_add(w->out, "##", block->level);
    buf_addf(w->out, " %.*s: ", STR_ARG(str_trim(str_sub(block->text, 0, colon))));
    struct str title = str_trim(str_sub(block->text, colon + 1, block->text.len));
    size_t end = title.len;
    while (end > 0 && title.p[end - 1] == '#')
        end--;
    write_text(w, str_sub(title, 0, end), false, "");
    if (end > 0 && end < title.len && title.p[end - 1] == ' ')
        buf_add_char(w->out, ' ');
    for (; end < title.len; end++)
        buf_add_str(w->out, STR("\\#"));
}

/* Two kinds, "story" and "if id = 1 2". */
static void write_directive(struct writer *w, const struct lesson_block *block)
{
    struct str rest = block->text;
    struct str left = str_trim(str_split(&rest, '='));
    buf_addf(w->out, "@ %.*s", STR_ARG(left));
    if (rest.p == NULL)
        return;
    buf_add_str(w->out, STR(" ="));
    bool is_in_number = false;
    for (size_t i = 0; i < rest.len; i++) {
        bool is_digit = rest.p[i] >= '0' && rest.p[i] <= '9';
        if (is_digit && !is_in_number)
            buf_add_char(w->out, ' ');
        if (is_digit)
            buf_add_char(w->out, rest.p[i]);
        is_in_number = is_digit;
    }
}

static void write_answer(struct writer *w, const struct lesson_block *block)
{
    struct str rest = block->text;
    buf_add_str(w->out, STR("= "));
    for (bool is_first = true; rest.p != NULL; is_first = false) {
        if (!is_first)
            buf_add_str(w->out, STR(" | "));
        write_text(w, str_trim(str_split(&rest, '|')), false, "");
    }
}

static void write_item(struct writer *w, const struct lesson_block *block)
{
    static const char *const boxes[] = {
        [LESSON_MARK_NONE] = "- ", [LESSON_MARK_OPEN] = "- [ ] ", [LESSON_MARK_RIGHT] = "- [x] "};
    buf_addf(w->out, "%s", boxes[block->mark]);
    write_text(w, block->text, block->mark == LESSON_MARK_NONE, "  ");
}

static void write_note(struct writer *w, const struct lesson_block *block)
{
    struct str label = str_sub(block->text, 0, 6);
    bool is_right = str_eq_nocase(label, STR("right:"));
    bool is_wrong = str_eq_nocase(label, STR("wrong:"));
    const char *prefix = block->is_in_item ? "  > " : "> ";
    buf_addf(w->out, "%s", prefix);
    if (block->is_in_item || (!is_right && !is_wrong)) {
        write_text(w, block->text, true, prefix);
        return;
    }
    buf_addf(w->out, "%s ", is_right ? "right:" : "wrong:");
    write_text(w, str_trim(str_sub(block->text, 6, block->text.len)), false, prefix);
}

static void write_comment(struct writer *w, const struct lesson_block *block)
{
    struct str rest = block->text;
    buf_add_str(w->out, block->is_in_item ? STR("  <!-- ") : STR("<!-- "));
    while (rest.p != NULL) {
        buf_add_str(w->out, str_split(&rest, '\n'));
        if (rest.p != NULL)
            buf_add_str(w->out, block->is_in_item ? STR("\n  ") : STR("\n"));
    }
    buf_add_str(w->out, STR(" -->"));
}

static void write_block(struct writer *w, const struct lesson_block *block)
{
    switch (block->kind) {
    case LESSON_BLOCK_HEADING:
        write_heading(w, block);
        break;
    case LESSON_BLOCK_TEXT:
        write_text(w, block->text, true, "");
        break;
    case LESSON_BLOCK_ITEM:
        write_item(w, block);
        break;
    case LESSON_BLOCK_NOTE:
        write_note(w, block);
        break;
    case LESSON_BLOCK_ANSWER:
        write_answer(w, block);
        break;
    case LESSON_BLOCK_DIRECTIVE:
        write_directive(w, block);
        break;
    case LESSON_BLOCK_COMMENT:
        write_comment(w, block);
        break;
    }
    buf_add_char(w->out, '\n');
}

/* Blocks that belong together stand in lines below each other; a blank line parts all others. */
static bool is_tight(const struct lesson_block *a, const struct lesson_block *b)
{
    if (b->is_in_item)
        return true;
    if (b->kind == LESSON_BLOCK_ITEM)
        return a->kind == LESSON_BLOCK_ITEM || a->is_in_item;
    if (b->kind == LESSON_BLOCK_NOTE) {
        struct str label = str_sub(b->text, 0, 6);
        return a->kind == LESSON_BLOCK_NOTE && !a->is_in_item &&
               (str_eq_nocase(label, STR("right:")) || str_eq_nocase(label, STR("wrong:")));
    }
    bool is_head = a->kind == LESSON_BLOCK_HEADING || a->kind == LESSON_BLOCK_DIRECTIVE ||
                   (a->kind == LESSON_BLOCK_COMMENT && !a->is_in_item);
    return is_head && (b->kind == LESSON_BLOCK_DIRECTIVE || b->kind == LESSON_BLOCK_COMMENT);
}

static void write_front(struct writer *w, struct str front)
{
    while (front.p != NULL && front.len > 0) {
        struct str line = str_split(&front, '\n');
        while (line.len > 0 && strchr(" \t\r", line.p[line.len - 1]) != NULL)
            line.len--;
        buf_add_str(w->out, line);
        buf_add_char(w->out, '\n');
    }
    buf_add_str(w->out, STR("---\n"));
}

void lesson_format(const struct lesson_source *source, uint32_t file, struct arena *scratch,
                   struct buf *out)
{
    struct writer w = {source->is_ucs2, scratch, out};
    const struct lesson_blocks *blocks = &source->files[file];
    if (blocks->front.p != NULL)
        write_front(&w, blocks->front);
    for (uint32_t i = 0; i < blocks->n; i++) {
        bool is_apart =
            i > 0 ? !is_tight(&blocks->list[i - 1], &blocks->list[i]) : blocks->front.p != NULL;
        if (is_apart)
            buf_add_char(out, '\n');
        write_block(&w, &blocks->list[i]);
    }
}
