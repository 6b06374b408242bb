/* blocks.h: characters of Markdown: escapes, entities, where a text stands in its file. */
#include "core/lesson/blocks.h"

#include <string.h>

#include "core/utf8.h"

static bool is_punctuation(char c)
{
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= '~');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* What raw[*i] stands for, as one byte in *ret; false for a blank that only repeats one. */
static bool decode_step(struct str raw, size_t *i, char *ret)
{
    char c = raw.p[*i];
    if (is_blank(c) && *i > 0 && is_blank(raw.p[*i - 1])) {
        (*i)++;
        return false;
    }
    if (c == '\\' && *i + 1 < raw.len && is_punctuation(raw.p[*i + 1]))
        c = raw.p[++*i];
    *ret = c == '\t' ? ' ' : c;
    (*i)++;
    return true;
}

/* A line that another one follows: cuts the mark of a hard break off. */
static bool cut_hard_break(struct str *raw)
{
    size_t n_slashes = 0;
    while (n_slashes < raw->len && raw->p[raw->len - 1 - n_slashes] == '\\')
        n_slashes++;
    bool has_slash = n_slashes % 2 == 1;
    bool has_blanks =
        raw->len >= 2 && is_blank(raw->p[raw->len - 1]) && is_blank(raw->p[raw->len - 2]);
    if (has_slash)
        raw->len--;
    return has_slash || has_blanks;
}

bool lesson_decode(const struct lesson_segment *segments, uint32_t n, struct arena *arena,
                   struct lesson_block *block)
{
    size_t bytes = 1;
    for (uint32_t i = 0; i < n; i++)
        bytes += segments[i].raw.len + 1;
    char *text = arena_alloc(arena, bytes);
    struct lesson_piece *pieces = arena_new_array(arena, struct lesson_piece, n);
    if (text == NULL || pieces == NULL)
        return false;
    size_t len = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct str raw = segments[i].raw;
        bool is_last = i + 1 == n;
        char end = !is_last && cut_hard_break(&raw) ? '\n' : ' ';
        while (raw.len > 0 && is_blank(raw.p[raw.len - 1]))
            raw.len--;
        pieces[i] = (struct lesson_piece){(uint32_t)len, segments[i].line, segments[i].column, raw};
        for (size_t at = 0; at < raw.len;)
            len += decode_step(raw, &at, &text[len]);
        if (!is_last && len > 0)
            text[len++] = end;
    }
    block->text = (struct str){text, len};
    block->pieces = pieces;
    block->n_pieces = n;
    return true;
}

static bool is_entity_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '#';
}

struct str lesson_find_entity(struct str raw)
{
    if (str_find_char(raw, '&') == SIZE_MAX) /* most texts: no need to look for backslashes */
        return STR_NONE;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.p[i] == '\\') {
            i++;
            continue;
        }
        size_t end = i + 1;
        while (raw.p[i] == '&' && end < raw.len && is_entity_char(raw.p[end]))
            end++;
        if (end > i + 1 && end < raw.len && raw.p[end] == ';')
            return str_sub(raw, i, end + 1);
    }
    return STR_NONE;
}

bool lesson_block_find_pos(const struct lesson_block *block, const char *p, struct source_pos *ret)
{
    if (block->n_pieces == 0 || p < block->text.p || p > block->text.p + block->text.len)
        return false;
    uint32_t offset = (uint32_t)(p - block->text.p);
    const struct lesson_piece *piece = block->pieces;
    while (piece + 1 < block->pieces + block->n_pieces && piece[1].offset <= offset)
        piece++;
    size_t at = 0, here = 0;
    for (uint32_t n = piece->offset; at < piece->raw.len;) {
        char c;
        here = at;
        bool is_made = decode_step(piece->raw, &at, &c);
        if (is_made && n++ == offset)
            break;
        here = at;
    }
    *ret = (struct source_pos){block->pos.file, piece->line,
                               piece->column + (uint32_t)utf8_count(str_sub(piece->raw, 0, here))};
    return true;
}

struct lesson_block lesson_blocks_join(const struct lesson_block *blocks, uint32_t n,
                                       char separator, struct arena *arena)
{
    struct lesson_block joined = blocks[0];
    if (n == 1)
        return joined;
    size_t bytes = n;
    uint32_t n_pieces = 0;
    for (uint32_t i = 0; i < n; i++) {
        bytes += blocks[i].text.len;
        n_pieces += blocks[i].n_pieces;
    }
    char *text = arena_alloc(arena, bytes);
    struct lesson_piece *pieces = arena_new_array(arena, struct lesson_piece, n_pieces);
    if (text == NULL || pieces == NULL)
        return (struct lesson_block){.pos = joined.pos, .text = STR_NONE};
    joined.pieces = pieces;
    joined.n_pieces = n_pieces;
    size_t len = 0;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < blocks[i].n_pieces; j++) {
            *pieces = blocks[i].pieces[j];
            pieces++->offset += (uint32_t)len;
        }
        if (blocks[i].text.len > 0)
            memcpy(text + len, blocks[i].text.p, blocks[i].text.len);
        len += blocks[i].text.len;
        text[len++] = separator;
    }
    joined.text = (struct str){text, len - 1};
    return joined;
}
