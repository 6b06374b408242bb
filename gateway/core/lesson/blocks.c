/*
 * blocks.h: a file of a course as blocks: cmark reads it, and what no course may have is refused.
 */
#include "core/lesson/blocks.h"

#include <cmark.h>
#include <string.h>

#include "core/lesson/markup.h"
#include "core/utf8.h"

struct reader {
    struct arena *arena;
    struct lesson_findings *findings;
    struct lesson_blocks *blocks;
    uint32_t cap;
    struct lesson_lines file;        /* cmark's line 1 is its body's */
    bool *is_read;                   /* by line: some block or finding accounts for it */
    struct lesson_segment *segments; /* of the paragraph at hand; room for every line */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* line counts from 1. */
static struct source_pos pos_at(const struct reader *r, uint32_t line, const char *p)
{
    const char *start = r->file.list[line - 1].p;
    struct str before = {start, (size_t)(p - start)};
    return (struct source_pos){r->blocks->file, line, (uint32_t)utf8_count(before) + 1};
}

static void complain(struct reader *r, const char *rule, struct source_pos pos,
                     struct str offending, const char *what, const char *fix)
{
    lesson_findings_add(r->findings, (struct lesson_finding){.rule = rule,
                                                             .pos = pos,
                                                             .offending = offending,
                                                             .what = str_from(what),
                                                             .fix = str_from(fix)});
}

static void push(struct reader *r, struct lesson_block block)
{
    if (block.text.p == NULL)
        block.text = STR("");
    if (r->blocks->n == r->cap) {
        uint32_t cap = r->cap > 0 ? 2 * r->cap : 128;
        struct lesson_block *list = arena_new_array(r->arena, struct lesson_block, cap);
        if (list == NULL)
            return;
        if (r->blocks->n > 0)
            memcpy(list, r->blocks->list, r->blocks->n * sizeof(*list));
        r->blocks->list = list;
        r->cap = cap;
    }
    r->blocks->list[r->blocks->n++] = block;
}

static struct str skip_blanks(struct str s)
{
    while (s.len > 0 && is_blank(s.p[0]))
        s = str_sub(s, 1, s.len);
    return s;
}

static struct markup markup_of(const struct reader *r)
{
    return (struct markup){r->blocks->file, r->findings};
}

/* Decodes n segments to the text of block and adds it to the list; nothing for none. */
static void push_segments(struct reader *r, struct lesson_block block,
                          const struct lesson_segment *segments, uint32_t n)
{
    const struct markup markup = markup_of(r);
    for (uint32_t i = 0; i < n; i++)
        markup_check_entity(&markup, &segments[i]);
    if (n > 0 && lesson_decode(segments, n, r->arena, &block))
        push(r, block);
}

/* ---- Markdown ---- */

static uint32_t node_line(const struct reader *r, cmark_node *node)
{
    return r->file.body + (uint32_t)cmark_node_get_start_line(node) - 1;
}

/* Marks the lines of a node as accounted for; returns the last one. */
static uint32_t mark_read(struct reader *r, cmark_node *node)
{
    uint32_t from = node_line(r, node);
    uint32_t to = r->file.body + (uint32_t)cmark_node_get_end_line(node) - 1;
    if (to < from) /* cmark ends a comment of one line before it begins */
        to = from;
    if (to > r->file.n)
        to = r->file.n;
    for (uint32_t line = from; line <= to; line++)
        r->is_read[line - 1] = true;
    return to;
}

static void refuse(struct reader *r, cmark_node *node, const char *what, const char *fix)
{
    uint32_t line = node_line(r, node);
    (void)mark_read(r, node); /* only the marking is wanted */
    struct str raw = skip_blanks(r->file.list[line - 1]);
    complain(r, "markup", pos_at(r, line, raw.p), raw, what, fix);
}

/* Removes what the containers put before the text of a line. */
static struct str strip_containers(struct str raw, bool has_bullet, bool is_quoted)
{
    raw = skip_blanks(raw);
    if (has_bullet && raw.len > 0)
        raw = skip_blanks(str_sub(raw, 1, raw.len));
    if (is_quoted && raw.len > 0 && raw.p[0] == '>')
        raw = skip_blanks(str_sub(raw, 1, raw.len));
    return raw;
}

static bool starts_note(struct str raw)
{
    struct str head = str_sub(raw, 0, 6);
    return str_eq_nocase(head, STR("right:")) || str_eq_nocase(head, STR("wrong:"));
}

/* The box of a list item, "[ ]" or "[x]"; moves *raw behind it. */
static enum lesson_mark take_box(struct str *raw)
{
    if (raw->len < 3 || raw->p[0] != '[' || raw->p[2] != ']' ||
        (raw->len > 3 && !is_blank(raw->p[3])))
        return LESSON_MARK_NONE;
    char c = raw->p[1];
    if (c != ' ' && c != 'x' && c != 'X')
        return LESSON_MARK_NONE;
    *raw = skip_blanks(str_sub(*raw, 3, raw->len));
    return c == ' ' ? LESSON_MARK_OPEN : LESSON_MARK_RIGHT;
}

struct container {
    enum lesson_block_kind kind; /* TEXT, ITEM or NOTE */
    bool has_bullet;             /* the first line carries the bullet of its list item */
    bool is_in_item;
};

/* The lines of a paragraph without their containers' marks; the box goes to *ret_mark. */
static uint32_t collect_segments(struct reader *r, cmark_node *node, struct container in,
                                 enum lesson_mark *ret_mark)
{
    uint32_t from = node_line(r, node);
    uint32_t to = mark_read(r, node);
    uint32_t n = 0;
    for (uint32_t line = from; line <= to; line++) {
        struct str raw = strip_containers(r->file.list[line - 1], in.has_bullet && line == from,
                                          in.kind == LESSON_BLOCK_NOTE);
        if (in.kind == LESSON_BLOCK_ITEM && line == from)
            *ret_mark = take_box(&raw);
        r->segments[n++] = (struct lesson_segment){raw, line, pos_at(r, line, raw.p).column};
    }
    return n;
}

/* An instruction is a line that begins with @ or =, wherever Markdown puts it. */
static bool is_instruction(const struct lesson_segment *s)
{
    return s->raw.len > 0 && (s->raw.p[0] == '@' || s->raw.p[0] == '=');
}

static void push_instruction(struct reader *r, struct lesson_segment s)
{
    struct lesson_block block = {
        .kind = s.raw.p[0] == '@' ? LESSON_BLOCK_DIRECTIVE : LESSON_BLOCK_ANSWER,
        .pos = pos_at(r, s.line, s.raw.p),
    };
    s.raw = skip_blanks(str_sub(s.raw, 1, s.raw.len));
    s.column = pos_at(r, s.line, s.raw.p).column;
    push_segments(r, block, &s, 1);
}

static void read_paragraph(struct reader *r, cmark_node *node, struct container in)
{
    const struct markup markup = markup_of(r);
    struct lesson_block block = {.kind = in.kind};
    uint32_t n = collect_segments(r, node, in, &block.mark);
    const struct lesson_segment *s = r->segments;
    bool is_note = in.kind == LESSON_BLOCK_NOTE;
    block.is_in_item = is_note && in.is_in_item;
    block.pos = pos_at(r, s[0].line, s[0].raw.p);
    markup_check_inlines(&markup, node, s, n);
    markup_check_lines(&markup, s, n, in.kind == LESSON_BLOCK_ITEM);
    if (in.kind == LESSON_BLOCK_ITEM)
        block.pos = pos_at(r, s[0].line, skip_blanks(r->file.list[s[0].line - 1]).p);
    uint32_t start = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool is_new = is_note && i > 0 && starts_note(s[i].raw);
        bool is_alone =
            !is_note && (i > 0 || in.kind == LESSON_BLOCK_TEXT) && is_instruction(&s[i]);
        if (!is_new && !is_alone)
            continue;
        push_segments(r, block, s + start, i - start);
        start = i;
        if (is_alone) {
            push_instruction(r, s[i]);
            block = (struct lesson_block){.kind = LESSON_BLOCK_TEXT};
            start++;
        }
        if (start < n)
            block.pos = pos_at(r, s[start].line, s[start].raw.p);
    }
    push_segments(r, block, s + start, n - start);
}

/* What stands inside a comment, with plain line ends. */
static struct str comment_text(struct reader *r, struct str text)
{
    text = str_trim(text);
    char *copy = arena_alloc(r->arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len && copy != NULL; i++) {
        if (text.p[i] != '\r')
            copy[len++] = text.p[i];
    }
    return (struct str){copy, len};
}

/* All that a comment takes; cmark's own end of it may be too early. */
static void mark_lines(struct reader *r, cmark_node *node, struct str html)
{
    uint32_t line = node_line(r, node);
    (void)mark_read(r, node); /* only the marking is wanted */
    for (size_t i = 0; i < html.len; i++) {
        if (html.p[i] == '\n' && line < r->file.n)
            r->is_read[line++] = true;
    }
    r->is_read[line - 1] = true;
}

/* Does a line of it begin another comment? */
static bool has_comment(struct str text)
{
    (void)str_split(&text, '\n'); /* the line that begins the first one */
    while (text.p != NULL) {
        if (str_starts(skip_blanks(str_split(&text, '\n')), STR("<!--")))
            return true;
    }
    return false;
}

static void read_comment(struct reader *r, cmark_node *node, bool is_in_item)
{
    struct str html = str_trim(str_from(cmark_node_get_literal(node)));
    size_t end = str_find(html, STR("-->"));
    if (str_starts(html, STR("<!--")) && (end == SIZE_MAX || has_comment(str_sub(html, 4, end)))) {
        refuse(r, node, "a comment that does not end: what follows it would be lost",
               "close it with --> before the next text or comment begins");
        mark_lines(r, node, html);
        return;
    }
    if (!str_starts(html, STR("<!--")) || end == SIZE_MAX || end + 3 != html.len) {
        refuse(r, node, "HTML, which a phone cannot show",
               "only comments are allowed, each on lines of its own: <!-- ... -->");
        return;
    }
    mark_lines(r, node, html);
    uint32_t line = node_line(r, node);
    size_t at = str_find(r->file.list[line - 1], STR("<!--"));
    const char *p = r->file.list[line - 1].p + (at != SIZE_MAX ? at : 0);
    push(r, (struct lesson_block){
                .kind = LESSON_BLOCK_COMMENT,
                .is_in_item = is_in_item,
                .pos = pos_at(r, line, p),
                .text = comment_text(r, str_sub(html, 4, end)),
            });
}

static void read_quote(struct reader *r, cmark_node *quote, bool has_bullet, bool is_in_item)
{
    (void)mark_read(r, quote); /* the lone > lines too */
    for (cmark_node *child = cmark_node_first_child(quote); child != NULL;
         child = cmark_node_next(child)) {
        struct container in = {LESSON_BLOCK_NOTE, has_bullet, is_in_item};
        if (cmark_node_get_type(child) == CMARK_NODE_PARAGRAPH)
            read_paragraph(r, child, in);
        else
            refuse(r, child, "a list, heading or code in a feedback",
                   "write plain text behind >; a number with a dot at the start is written 18\\.");
        has_bullet = false;
    }
}

static void read_item(struct reader *r, cmark_node *item)
{
    uint32_t line = node_line(r, item);
    r->is_read[line - 1] = true;
    cmark_node *child = cmark_node_first_child(item);
    if (child == NULL || cmark_node_get_type(child) != CMARK_NODE_PARAGRAPH) {
        struct str raw = skip_blanks(r->file.list[line - 1]);
        push(r, (struct lesson_block){.kind = LESSON_BLOCK_ITEM, .pos = pos_at(r, line, raw.p)});
    } else {
        read_paragraph(r, child, (struct container){LESSON_BLOCK_ITEM, true, true});
        child = cmark_node_next(child);
    }
    for (; child != NULL; child = cmark_node_next(child)) {
        cmark_node_type type = cmark_node_get_type(child);
        bool has_bullet = node_line(r, child) == line;
        if (type == CMARK_NODE_BLOCK_QUOTE)
            read_quote(r, child, has_bullet, true);
        else if (type == CMARK_NODE_HTML_BLOCK)
            read_comment(r, child, true);
        else
            refuse(r, child, "more than one line of text in an option",
                   "one option is one line; its feedback stands below it, indented, behind >");
    }
}

static void read_heading(struct reader *r, cmark_node *node)
{
    uint32_t line = node_line(r, node);
    struct str raw = skip_blanks(r->file.list[line - 1]);
    if (raw.len == 0 || raw.p[0] != '#') {
        refuse(r, node, "a heading made by a line of - or = below a text",
               "write # before a heading; put a blank line between a text and --- or ===");
        return;
    }
    (void)mark_read(r, node); /* only the marking is wanted */
    struct lesson_block block = {
        .kind = LESSON_BLOCK_HEADING,
        .level = (uint8_t)cmark_node_get_heading_level(node),
        .pos = pos_at(r, line, raw.p),
    };
    if (block.level > 2)
        complain(r, "heading-level", block.pos, raw, "a heading of a third or deeper level",
                 "a lesson has one #, a question has two");
    struct str text = skip_blanks(str_sub(raw, block.level, raw.len));
    size_t end = text.len;
    while (end > 0 && is_blank(text.p[end - 1]))
        end--;
    size_t closing = end;
    while (closing > 0 && text.p[closing - 1] == '#')
        closing--;
    if (closing == 0 || is_blank(text.p[closing - 1]))
        end = closing;
    struct lesson_segment segment = {str_sub(text, 0, end), line, pos_at(r, line, text.p).column};
    const struct markup markup = markup_of(r);
    markup_check_inlines(&markup, node, &segment, 1);
    push_segments(r, block, &segment, 1);
}

static void read_list(struct reader *r, cmark_node *list)
{
    if (cmark_node_get_list_type(list) != CMARK_BULLET_LIST) {
        refuse(
            r, list, "a list with numbers of its own",
            "write options with -; the gateway numbers them. A text that begins with a number and "
            "a dot is written 18\\.");
        return;
    }
    for (cmark_node *item = cmark_node_first_child(list); item != NULL;
         item = cmark_node_next(item))
        read_item(r, item);
}

static void read_top(struct reader *r, cmark_node *node)
{
    cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_HEADING)
        read_heading(r, node);
    else if (type == CMARK_NODE_PARAGRAPH)
        read_paragraph(r, node, (struct container){LESSON_BLOCK_TEXT, false, false});
    else if (type == CMARK_NODE_LIST)
        read_list(r, node);
    else if (type == CMARK_NODE_BLOCK_QUOTE)
        read_quote(r, node, false, false);
    else if (type == CMARK_NODE_HTML_BLOCK)
        read_comment(r, node, false);
    else if (type == CMARK_NODE_THEMATIC_BREAK)
        refuse(r, node, "a line across the page", "remove it; a heading begins the next part");
    else
        refuse(r, node, "a block of code (a text that is indented by 4 blanks is one)",
               "begin the text at the start of the line");
}

/* ---- the file ---- */

/* Markdown can hide lines (link targets): nothing may get lost silently. */
static void check_all_read(struct reader *r)
{
    for (uint32_t line = r->file.body; line <= r->file.n; line++) {
        struct str raw = str_trim(r->file.list[line - 1]);
        if (!str_is_empty(raw) && !r->is_read[line - 1])
            complain(r, "markup", pos_at(r, line, raw.p), raw,
                     "Markdown would hide this line or a part of its block",
                     "write it as plain text, with \\[ for a bracket");
    }
}

enum err lesson_blocks_read(struct str file, struct str text, struct arena *arena,
                            struct lesson_findings *findings, struct lesson_blocks *ret)
{
    *ret = (struct lesson_blocks){.file = file};
    struct reader r = {.arena = arena, .findings = findings, .blocks = ret};
    enum err e = lesson_lines_read(file, text, arena, findings, &r.file);
    ret->front = r.file.front;
    ret->is_broken = r.file.is_broken;
    if (e != ERR_OK || r.file.body > r.file.n)
        return e;
    r.is_read = arena_new_array(arena, bool, r.file.n);
    r.segments = arena_new_array(arena, struct lesson_segment, r.file.n);
    if (r.is_read == NULL || r.segments == NULL)
        return arena_error(arena);
    const char *body = r.file.list[r.file.body - 1].p;
    cmark_node *document =
        cmark_parse_document(body, (size_t)(r.file.end - body), CMARK_OPT_DEFAULT);
    if (document == NULL)
        return ERR_NO_MEMORY;
    for (cmark_node *node = cmark_node_first_child(document); node != NULL;
         node = cmark_node_next(node))
        read_top(&r, node);
    cmark_node_free(document);
    check_all_read(&r);
    return arena_error(arena);
}
