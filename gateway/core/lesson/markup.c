#include "core/lesson/markup.h"

#include "core/utf8.h"

static struct source_pos pos_at(const struct markup *m, const struct lesson_segment *s,
                                const char *p)
{
    struct str before = {s->raw.p, (size_t)(p - s->raw.p)};
    return (struct source_pos){m->file, s->line, s->column + (uint32_t)utf8_count(before)};
}

static void complain(const struct markup *m, const char *rule, struct source_pos pos,
                     struct str offending, const char *what, const char *fix)
{
    lesson_findings_add(m->findings, (struct lesson_finding){.rule = rule,
                                                             .pos = pos,
                                                             .offending = offending,
                                                             .what = str_from(what),
                                                             .fix = str_from(fix)});
}

void markup_check_entity(const struct markup *m, const struct lesson_segment *s)
{
    struct str entity = lesson_find_entity(s->raw);
    if (entity.p != NULL)
        complain(m, "markup", pos_at(m, s, entity.p), entity,
                 "an HTML entity, which a phone would show as it is",
                 "write the character itself, or \\& for an ampersand");
}

static char markup_char(cmark_node_type type)
{
    if (type == CMARK_NODE_CODE)
        return '`';
    if (type == CMARK_NODE_EMPH || type == CMARK_NODE_STRONG)
        return '*';
    return type == CMARK_NODE_HTML_INLINE ? '<' : '[';
}

/* The first unescaped c in the segments. */
static struct source_pos find_unescaped(const struct markup *m,
                                        const struct lesson_segment *segments, uint32_t n, char c)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct lesson_segment *s = &segments[i];
        for (size_t at = 0; at < s->raw.len; at++) {
            char found = s->raw.p[at];
            if (found == '\\')
                at++;
            else if (found == c || (c == '*' && found == '_') || (c == '[' && found == '<'))
                return pos_at(m, s, s->raw.p + at);
        }
    }
    return pos_at(m, &segments[0], segments[0].raw.p);
}

/* Emphasis, links, code and tags look nice on a forge and are lost or ugly on a phone. */
void markup_check_inlines(const struct markup *m, cmark_node *node,
                          const struct lesson_segment *segments, uint32_t n)
{
    for (cmark_node *child = cmark_node_first_child(node); child != NULL;
         child = cmark_node_next(child)) {
        cmark_node_type type = cmark_node_get_type(child);
        if (type == CMARK_NODE_TEXT || type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
            continue;
        const char *fix =
            "phones show plain text: take the marks away, or write a backslash before "
            "a mark that is meant as it is, such as \\* or \\[";
        if (type == CMARK_NODE_HTML_INLINE)
            fix = "put a comment on a line of its own; write \\< for a sign that is meant as it is";
        complain(m, "markup", find_unescaped(m, segments, n, markup_char(type)), segments[0].raw,
                 "Markdown that a phone cannot show", fix);
        return;
    }
}

/* What looks like a part of a list, a table or a heading, and is none for Markdown: it would be
 * sent as it stands. The first line of an option has lost its box. */
static void check_left_over(const struct markup *m, const struct lesson_segment *s,
                            bool is_first_of_item)
{
    static const struct {
        const char *start, *what, *fix;
    } rows[] = {
        {"[ ]", "a box without - before it", "begin each option with - : - [ ] text"},
        {"[x]", "a box without - before it", "begin each option with - : - [x] text"},
        {"[X]", "a box without - before it", "begin each option with - : - [x] text"},
        {"|", "a line of a table, which a phone cannot show",
         "write sentences, or a line for each row"},
    };
    struct source_pos pos = pos_at(m, s, s->raw.p);
    for (size_t i = 0; i < ARRAY_LEN(rows) && !is_first_of_item; i++) {
        if (str_starts(s->raw, str_from(rows[i].start)))
            complain(m, "markup", pos, s->raw, rows[i].what, rows[i].fix);
    }
    if (is_first_of_item && str_starts(s->raw, STR("[]")))
        complain(m, "markup", pos, s->raw, "a box with nothing in it",
                 "write [ ], with a blank, or [x] for a right option");
    size_t colon = str_find_char(s->raw, ':');
    if (s->raw.len > 1 && s->raw.p[0] == '#' && s->raw.p[1] >= 'a' && s->raw.p[1] <= 'z' &&
        colon != SIZE_MAX && str_find_char(str_sub(s->raw, 0, colon), ' ') == SIZE_MAX)
        complain(m, "heading-form", pos, s->raw, "a heading without a blank behind its #",
                 "write `# id: title`");
}

static void check_link_target(const struct markup *m, const struct lesson_segment *s)
{
    if (str_starts(s->raw, STR("[")) && str_find(s->raw, STR("]:")) != SIZE_MAX)
        complain(m, "markup", pos_at(m, s, s->raw.p), s->raw,
                 "Markdown reads this line as the target of a link and would hide it",
                 "write \\[ for a bracket that is meant as it is");
}

void markup_check_lines(const struct markup *m, const struct lesson_segment *segments, uint32_t n,
                        bool is_item)
{
    check_link_target(m, &segments[0]);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || !str_starts(segments[i - 1].raw, STR("|"))) /* a table is told once */
            check_left_over(m, &segments[i], is_item && i == 0);
    }
}
