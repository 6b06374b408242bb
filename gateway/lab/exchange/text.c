/* What other tools call names and texts, as ids and texts of a course; and what is told of them. */
#include <ctype.h>
#include <string.h>

#include "core/utf8.h"
#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"

/* ---- findings ---- */

static void tell(struct exchange *x, enum lesson_severity severity, struct source_pos pos,
                 struct str offending, const char *what, const char *fix)
{
    bool is_lost = severity == LESSON_SEVERITY_WARNING;
    lesson_findings_add(x->findings,
                        (struct lesson_finding){.rule = is_lost ? "not-carried" : "form",
                                                .severity = severity,
                                                .pos = pos,
                                                .what = arena_str(x->arena, str_from(what)),
                                                .offending = offending,
                                                .fix = arena_str(x->arena, str_from(fix))});
}

void exchange_lose(struct exchange *x, struct source_pos pos, struct str offending,
                   const char *what, const char *fix)
{
    tell(x, LESSON_SEVERITY_WARNING, pos, offending, what, fix);
}

void exchange_refuse(struct exchange *x, struct source_pos pos, struct str offending,
                     const char *what, const char *fix)
{
    tell(x, LESSON_SEVERITY_ERROR, pos, offending, what, fix);
}

/* ---- ids ---- */

static bool is_taken(const struct exchange *x, struct str id)
{
    for (uint32_t i = 0; i < x->n; i++) {
        if (str_eq(x->items[i].id, id))
            return true;
    }
    return false;
}

#define ID_LETTERS 26u /* room for a number behind it */

/* Small letters, digits and _ of a name; its length. */
static size_t make_slug(struct str name, char slug[COURSE_ID_BYTES])
{
    size_t n = 0, max = name.len < COURSE_ID_BYTES ? name.len : ID_LETTERS;
    for (size_t i = 0; i < name.len && n < max; i++) {
        unsigned char c = (unsigned char)name.p[i];
        bool is_good = c < 0x80 && isalnum(c);
        if (n == 0 && is_good && !isalpha(c))
            slug[n++] = 'q';
        if (is_good)
            slug[n++] = (char)tolower(c);
        else if (n > 0 && slug[n - 1] != '_')
            slug[n++] = '_';
    }
    while (n > 0 && slug[n - 1] == '_' && !str_eq(name, (struct str){slug, n}))
        n--;
    return n < COURSE_ID_BYTES ? n : COURSE_ID_BYTES - 1;
}

/* The same letters and digits in the same order: nobody looks for such a name in vain. */
static bool is_found_again(struct str name, struct str id)
{
    size_t i = 0;
    for (size_t k = 0; k < name.len; k++) {
        unsigned char c = (unsigned char)name.p[k];
        if (c < 0x80 && !isalnum(c))
            continue;
        while (i < id.len && id.p[i] == '_')
            i++;
        if (i == id.len || tolower(c) != id.p[i++])
            return false;
    }
    return i == id.len;
}

/* The first one from 2 on with which base is no id yet. Of n ids n at most are base and a number,
 * so it is one of the first n + 1: all are seen in one pass, however often the name comes. */
static uint32_t free_number(const struct exchange *x, struct str base)
{
    bool is_used[EXCHANGE_MAX_ITEMS + 3] = {false};
    uint32_t free = 2;
    for (uint32_t i = 0; i < x->n; i++) {
        struct str id = x->items[i].id;
        struct str digits = str_sub(id, base.len + 1, id.len);
        uint64_t number;
        if (str_starts(id, base) && id.len > base.len + 1 && id.p[base.len] == '_' &&
            digits.p[0] != '0' && str_to_u64(digits, EXCHANGE_MAX_ITEMS + 2, &number) == ERR_OK)
            is_used[number] = true;
    }
    while (is_used[free])
        free++;
    return free;
}

struct str exchange_id(struct exchange *x, struct str name, struct source_pos pos)
{
    char slug[COURSE_ID_BYTES + 1];
    struct str made = arena_str(x->arena, (struct str){slug, make_slug(name, slug)});
    if (str_is_empty(made))
        made = STR("q");
    if (is_taken(x, made)) {
        struct str base = str_sub(made, 0, ID_LETTERS);
        made = arena_printf(x->arena, "%.*s_%u", STR_ARG(base), free_number(x, base));
    }
    if (!is_found_again(name, made) && !str_is_empty(name))
        exchange_lose(
            x, pos, name,
            arena_printf(x->arena, "a name that is no new id becomes `%.*s`", STR_ARG(made)).p,
            "ids are small letters, digits and _, each one once");
    return made;
}

bool exchange_is_text(struct exchange *x, struct str name, struct str text)
{
    struct source_pos pos = {name, 1, 1};
    for (size_t at = 0; at < text.len; pos.column++) {
        if (text.p[at] == '\0' || utf8_next(text, &at) == UTF8_REPLACEMENT) {
            exchange_refuse(x, pos, STR_NONE, "a letter that is not in UTF-8",
                            "save the file again with the encoding UTF-8");
            return false;
        }
        if (text.p[at - 1] == '\n')
            pos = (struct source_pos){name, pos.line + 1, 0};
    }
    return true;
}

static bool is_unread(struct str text)
{
    return str_find(text, STR("\xef\xbf\xbd")) != SIZE_MAX; /* UTF8_REPLACEMENT */
}

void exchange_refuse_unread(struct exchange *x, uint32_t first)
{
    for (uint32_t i = first; i < x->n; i++) {
        const struct exchange_item *item = &x->items[i];
        const struct str texts[] = {item->title,  item->summary,   item->key_message, item->guide,
                                    item->answer, item->condition, item->feedback,    item->right,
                                    item->wrong,  item->source};
        bool is_bad = false;
        for (size_t k = 0; k < ARRAY_LEN(texts); k++)
            is_bad |= is_unread(texts[k]);
        for (uint32_t k = 0; k < item->n_screens; k++)
            is_bad |= is_unread(item->screens[k]);
        for (uint32_t k = 0; k < item->n_options; k++)
            is_bad |= is_unread(item->options[k].text) || is_unread(item->options[k].feedback);
        if (is_bad)
            exchange_refuse(x, item->pos, item->title, "a letter that cannot be read",
                            "save the file again with the encoding UTF-8");
    }
}

/* One blank, whatever it is written as: its bytes; 0: no blank. */
static size_t blank_len(struct str text, size_t at)
{
    bool is_nbsp = str_starts(str_sub(text, at, at + 2), STR("\xc2\xa0"));
    return is_nbsp ? 2 : strchr(" \t\r", text.p[at]) != NULL && text.p[at] != '\0';
}

struct str exchange_text(struct exchange *x, struct str text)
{
    text = str_trim(text);
    char *p = arena_alloc(x->arena, text.len + 1);
    size_t n = 0;
    bool is_blank = false;
    for (size_t i = 0; i < text.len && p != NULL; i++) {
        size_t blank = blank_len(text, i);
        if (blank > 0) {
            is_blank = true;
            i += blank - 1;
        } else if (text.p[i] == '\n') {
            if (n > 0 && p[n - 1] != '\n')
                p[n++] = '\n';
            is_blank = false;
        } else if ((unsigned char)text.p[i] >= 0x20) {
            if (is_blank && n > 0 && p[n - 1] != '\n')
                p[n++] = ' ';
            p[n++] = text.p[i];
            is_blank = false;
        }
    }
    while (n > 0 && p[n - 1] == '\n')
        n--;
    return p != NULL ? (struct str){p, n} : STR("");
}

struct str exchange_line(struct exchange *x, struct str text)
{
    text = exchange_text(x, text);
    char *p = arena_alloc(x->arena, text.len + 1);
    for (size_t i = 0; i < text.len && p != NULL; i++)
        p[i] = text.p[i] == '\n' ? ' ' : text.p[i];
    return p != NULL ? (struct str){p, text.len} : STR("");
}

/* ---- HTML ---- */

static const struct {
    const char *name, *text;
} entities[] = {{"amp", "&"},      {"lt", "<"},        {"gt", ">"},         {"quot", "\""},
                {"apos", "'"},     {"nbsp", " "},      {"rsquo", "'"},      {"lsquo", "'"},
                {"ldquo", "\""},   {"rdquo", "\""},    {"ndash", "-"},      {"mdash", "-"},
                {"hellip", "..."}, {"euro", "\u20ac"}, {"OElig", "\u0152"}, {"oelig", "\u0153"},
                {"bull", "-"},     {"shy", ""}};

/* Those of Latin-1, from U+00A1 on. */
static const char *const latin1 =
    "iexcl|cent|pound|cur"
    "ren|yen|brvbar|sect|uml|copy|ordf|laquo|not|shy|reg|macr|deg|plu"
    "smn|sup2|sup3|acute|micro|para|middot|cedil|sup1|ordm|raquo|frac14|frac12|frac34|iqu"
    "est|Agrave|Aacute|Acirc|Atilde|Auml|Aring|AElig|Ccedil|Egrave|Eacute|Ecirc|Euml|Igra"
    "ve|Iacute|Icirc|Iuml|ETH|Ntilde|Ograve|Oacute|Ocirc|Otilde|Ouml|times|Oslash|Ugrave|"
    "Uacute|Ucirc|Uuml|Yacute|THORN|szlig|agrave|aacute|acirc|atilde|auml|aring|aelig|cce"
    "dil|egrave|eacute|ecirc|euml|igrave|iacute|icirc|iuml|eth|ntilde|ograve|oacute|ocirc"
    "|otilde|ouml|divide|oslash|ugrave|uacute|ucirc|uuml|yacute|thorn|yuml";

/* What the name of an entity stands for: a text, else *ret_code; false: there is none. */
static bool find_entity(struct str name, struct str *ret_text, uint64_t *ret_code)
{
    *ret_text = STR_NONE;
    for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
        if (str_eq(name, str_from(entities[i].name))) {
            *ret_text = str_from(entities[i].text);
            return true;
        }
    }
    int of_latin1 = str_word_index(latin1, '|', name);
    if (of_latin1 >= 0) {
        *ret_code = 0xa1 + (uint64_t)of_latin1;
        return true;
    }
    *ret_code = 0;
    bool is_hex = str_starts(name, STR("#x")) || str_starts(name, STR("#X"));
    for (size_t i = 2; is_hex && i < name.len && *ret_code < 0x110000; i++)
        *ret_code =
            hex_value(name.p[i]) >= 0 ? *ret_code * 16 + (uint64_t)hex_value(name.p[i]) : 0x110000;
    return is_hex || (str_starts(name, STR("#")) &&
                      str_to_u64(str_sub(name, 1, name.len), 0x10ffff, ret_code) == ERR_OK);
}

/* Appends what "&name;" at s[at] stands for; its length, or 0 when it is none. */
static size_t add_entity(struct str s, size_t at, struct buf *out)
{
    struct str name = str_sub(s, at + 1, at + 12), text;
    uint64_t code = 0;
    char bytes[UTF8_MAX_BYTES];
    size_t end = str_find_char(name, ';');
    if (end == SIZE_MAX || !find_entity(str_sub(name, 0, end), &text, &code))
        return 0;
    if (text.p != NULL) {
        buf_add_str(out, text);
        return end + 2;
    }
    if (code < 0x20 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    buf_add(out, bytes, utf8_put((int32_t)code, bytes));
    return end + 2;
}

/* What a tag is worth in plain text: a line end, or nothing. */
static void add_tag(struct exchange *x, struct str tag, struct source_pos pos, struct buf *out)
{
    static const char *const silent = "p|br|div|span|strong|b|em|i|u|font|ul|ol|h1|h2|h3|h4|h5";
    struct str name = str_starts(tag, STR("/")) ? str_sub(tag, 1, tag.len) : tag;
    size_t end = 0;
    while (end < name.len && isalnum((unsigned char)name.p[end]))
        end++;
    name = str_sub(name, 0, end);
    if (str_word_index("p|br|div|li|tr", '|', name) >= 0)
        buf_add_char(out, '\n');
    else if (str_word_index("td|th", '|', name) >= 0)
        buf_add_char(out, ' ');
    if (str_word_index(silent, '|', name) < 0 && !str_eq(name, STR("li")) &&
        !str_starts(tag, STR("/")))
        exchange_lose(x, pos, tag, "a phone shows plain text: this part of the page is left out",
                      "say in words what it shows");
}

struct str exchange_from_html(struct exchange *x, struct str html, struct source_pos pos)
{
    struct buf out CLEANUP(buf_fini);
    size_t last = html.len; /* where the last tag ends: behind it nobody looks for one more */
    while (last > 0 && html.p[last - 1] != '>')
        last--;
    buf_init(&out, EXCHANGE_MAX_BYTES);
    for (size_t at = 0; at < html.len;) {
        struct str rest = str_sub(html, at, html.len);
        char next = rest.len > 1 ? rest.p[1] : ' ';
        size_t n = 0;
        if (rest.p[0] == '&') {
            n = add_entity(html, at, &out);
        } else if (rest.p[0] == '<' && at < last &&
                   (isalpha((unsigned char)next) || next == '/' || next == '!')) {
            size_t end = str_find_char(rest, '>');
            n = end + 1;
            if (next != '!')
                add_tag(x, str_sub(rest, 1, end), pos, &out);
        }
        if (n == 0)
            buf_add_char(&out, rest.p[0]), n = 1;
        at += n;
    }
    return exchange_text(x, buf_str(&out));
}
