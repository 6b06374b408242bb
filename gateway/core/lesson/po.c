#include "core/lesson/po.h"

#include <string.h>

#include "core/utf8.h"

/* ---- states ---- */

static const char *const state_names[] = {
#define PO_STATE_NAME(NAME, name) [PO_STATE_##NAME] = #name,
    PO_STATES(PO_STATE_NAME)
#undef PO_STATE_NAME
};

const char *po_state_name(enum po_state state)
{
    return state_names[state];
}

/* ---- reading ---- */

struct reader {
    struct str file;
    struct arena *arena;
    struct lesson_findings *findings;
    struct po_file *ret;
    struct po_entry entry; /* the one being read */
    struct str *field;     /* where a continued string goes; NULL = nowhere */
    char *room;            /* of the comments of this entry, room_bytes long */
    size_t room_bytes;
    uint32_t line;
    bool has_id, has_text;
};

static void complain(struct reader *r, const char *rule, struct str offending, const char *what,
                     const char *fix)
{
    lesson_findings_add(r->findings, (struct lesson_finding){.rule = rule,
                                                             .pos = {r->file, r->line, 1},
                                                             .offending = offending,
                                                             .what = str_from(what),
                                                             .fix = str_from(fix)});
}

static void complain_form(struct reader *r, struct str line, const char *what)
{
    complain(r, "po-form", line, what,
             "write it as in lessons/README.md; `msgfmt --check FILE` names the place, too");
}

/* What stands behind a backslash; 0 when nothing of ours does. */
static char unescaped(char c)
{
    static const char from[] = "nt\"\\", to[] = "\n\t\"\\";
    const char *at = c != '\0' ? strchr(from, c) : NULL;
    return at != NULL ? to[at - from] : '\0';
}

/* A quoted string, decoded, joined to what the field has already. */
static void take_string(struct reader *r, struct str quoted)
{
    if (r->field == NULL || quoted.len < 2 || quoted.p[0] != '"' ||
        quoted.p[quoted.len - 1] != '"') {
        complain_form(r, quoted, "no string in quotes, or none that belongs here");
        return;
    }
    quoted = str_sub(quoted, 1, quoted.len - 1);
    struct str before = *r->field;
    char *p = arena_alloc(r->arena, before.len + quoted.len + 1);
    if (p == NULL)
        return; /* the arena says so */
    if (before.len > 0)
        memcpy(p, before.p, before.len);
    size_t len = before.len;
    for (size_t i = 0; i < quoted.len; i++) {
        char c = quoted.p[i];
        char escaped = c == '\\' && i + 1 < quoted.len ? unescaped(quoted.p[i + 1]) : '\0';
        if (c == '"' || (c == '\\' && escaped == '\0')) {
            complain_form(r, quoted, "only \\n, \\t, \\\" and \\\\ may stand in a string");
            return;
        }
        p[len++] = escaped != '\0' ? escaped : c;
        i += escaped != '\0';
    }
    *r->field = (struct str){p, len};
}

static void take_state(struct reader *r, struct str name)
{
    for (size_t i = 0; i < N_PO_STATES; i++) {
        if (!str_eq(name, str_from(state_names[i])))
            continue;
        r->entry.state = (enum po_state)i;
        return;
    }
    complain(r, "po-state", name, "no state of a translation",
             "write draft, translated, language_reviewed, content_reviewed, approved or published");
}

static void finish_entry(struct reader *r)
{
    struct po_file *file = r->ret;
    bool is_begun = r->has_id || r->entry.context.p != NULL;
    bool is_nameless = r->entry.context.p == NULL && r->entry.id.len > 0;
    if (is_begun && !(r->has_id && r->has_text))
        complain_form(r, r->entry.context, "an entry without msgid or msgstr");
    else if (is_nameless)
        complain_form(r, r->entry.id, "an entry without msgctxt: which text is it?");
    else if (is_begun && file->n < PO_MAX_ENTRIES)
        file->entries[file->n++] = r->entry;
    r->entry = (struct po_entry){.state = PO_STATE_TRANSLATED, .context = STR_NONE};
    r->field = NULL;
    r->room_bytes = 0; /* it is the finished entry's */
    r->has_id = r->has_text = false;
}

/* The room doubles when it is full, so that each line is copied a few times at most. */
static void add_comment(struct reader *r, struct str line)
{
    struct str *all = &r->entry.comments;
    if (r->room == NULL || all->len + line.len > r->room_bytes) {
        size_t n = 2 * (all->len + line.len + 1);
        char *room = arena_alloc(r->arena, n);
        if (room == NULL)
            return; /* which the arena tells */
        if (all->len > 0)
            memcpy(room, all->p, all->len);
        r->room = room;
        r->room_bytes = n;
    }
    memcpy(r->room + all->len, line.p, line.len);
    *all = (struct str){r->room, all->len + line.len};
}

/* A line that begins with #. Lines that the tools make anew are passed over. */
static void take_comment(struct reader *r, struct str line, struct str whole)
{
    if (r->has_text)
        finish_entry(r);
    char kind = line.len > 1 ? line.p[1] : ' ';
    if (kind == ',' && str_find(line, STR("fuzzy")) != SIZE_MAX)
        r->entry.is_fuzzy = true;
    if (strchr(".:,|~", kind) != NULL)
        return;
    struct str text = str_trim(str_sub(line, 1, line.len));
    if (str_starts(text, STR("state:"))) {
        take_state(r, str_trim(str_sub(text, 6, text.len)));
        return;
    }
    add_comment(r, whole);
}

static void begin_field(struct reader *r, struct str word, struct str line)
{
    if (r->has_text && !str_eq(word, STR("msgstr")))
        finish_entry(r); /* entries without a blank line between them */
    if (str_eq(word, STR("msgctxt")) && r->entry.context.p == NULL) {
        r->field = &r->entry.context;
    } else if (str_eq(word, STR("msgid")) && !r->has_id) {
        r->field = &r->entry.id;
        r->has_id = true;
    } else if (str_eq(word, STR("msgstr")) && r->has_id && !r->has_text) {
        r->field = &r->entry.text;
        r->has_text = true;
        r->entry.pos = (struct source_pos){r->file, r->line, 1};
    } else {
        r->field = NULL;
        complain_form(r, line, "a line that does not belong here");
        return;
    }
    *r->field = STR("");
}

static void take_line(struct reader *r, struct str line, struct str whole)
{
    if (line.len == 0) {
        if (r->has_text)
            finish_entry(r);
    } else if (line.p[0] == '#') {
        take_comment(r, line, whole);
    } else if (line.p[0] == '"') {
        take_string(r, line);
    } else {
        struct str word = str_sub(line, 0, str_find_char(line, ' '));
        begin_field(r, word, line);
        if (r->field != NULL)
            take_string(r, str_trim(str_sub(line, word.len, line.len)));
    }
}

/* Where the context stands in the table, or where it would stand. */
static uint32_t find_place(const struct po_file *file, struct str context)
{
    uint32_t at = (uint32_t)str_hash(context) & file->mask;
    while (file->table[at] != 0 && !str_eq(file->entries[file->table[at] - 1].context, context))
        at = (at + 1) & file->mask;
    return at;
}

/* A context that stands twice would be translated by either of them. */
static void index_entries(struct reader *r)
{
    struct po_file *file = r->ret;
    uint32_t size = 2;
    while (size < 2 * file->n)
        size *= 2;
    uint32_t *table = arena_new_array(r->arena, uint32_t, size);
    if (table == NULL)
        return; /* the arena says so */
    file->table = table;
    file->mask = size - 1;
    for (uint32_t i = 0; i < file->n; i++) {
        uint32_t at = find_place(file, file->entries[i].context);
        if (table[at] == 0) {
            table[at] = i + 1;
            continue;
        }
        r->line = file->entries[i].pos.line;
        complain(r, "po-form", file->entries[i].context, "this msgctxt stands there twice",
                 "keep one of the two entries");
    }
}

static bool is_text(struct str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        if (utf8_next(text, &at) == UTF8_REPLACEMENT && at - start == 1)
            return false;
    }
    return memchr(text.p != NULL ? text.p : "", 0, text.len) == NULL;
}

/* As editors on other systems save it: without the mark of UTF-8 in front, and with one sign at the
 * end of a line. */
static struct str plain_lines(struct str text, struct arena *arena)
{
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_sub(text, 3, text.len);
    char *p = str_find_char(text, '\r') != SIZE_MAX ? arena_alloc(arena, text.len) : NULL;
    size_t len = 0;
    if (p == NULL)
        return text; /* the arena says when it is full */
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] != '\r')
            p[len++] = text.p[i];
    }
    return (struct str){p, len};
}

enum err po_read(struct str name, struct str text, struct arena *arena,
                 struct lesson_findings *findings, struct po_file *ret)
{
    size_t n_lines = 1;
    uint32_t n_errors = findings->n_errors;
    for (size_t i = 0; i < text.len; i++)
        n_lines += text.p[i] == '\n';
    size_t room = n_lines / 2 < PO_MAX_ENTRIES ? n_lines / 2 + 1 : PO_MAX_ENTRIES;
    *ret = (struct po_file){.name = name};
    struct reader r = {.file = name,
                       .arena = arena,
                       .findings = findings,
                       .ret = ret,
                       .entry = {.state = PO_STATE_TRANSLATED},
                       .line = 1};
    ret->entries = arena_new_array(arena, struct po_entry, room + 1);
    if (ret->entries == NULL)
        return arena_error(arena);
    if (!is_text(text)) {
        complain_form(&r, STR_NONE, "the file is no text in UTF-8");
        return ERR_OK;
    }
    text = plain_lines(text, arena);
    for (struct str rest = text; rest.p != NULL; r.line++) {
        const char *start = rest.p;
        struct str line = str_trim(str_split(&rest, '\n'));
        const char *end = rest.p != NULL ? rest.p : text.p + text.len;
        take_line(&r, line, (struct str){start, (size_t)(end - start)});
    }
    finish_entry(&r);
    index_entries(&r);
    if (ret->n == 0 && findings->n_errors == n_errors) {
        r.line = 1;
        complain(&r, "po-empty", STR_NONE, "the file is empty: a translation without one text",
                 "bring back what stood here, or delete the file; `waypost lessons merge DIR "
                 "--lang CODE` writes a new one");
    }
    return ret->n == PO_MAX_ENTRIES ? ERR_TOO_LONG : arena_error(arena);
}

const struct po_entry *po_find(const struct po_file *file, struct str context)
{
    uint32_t place = file->n > 0 ? file->table[find_place(file, context)] : 0;
    return place != 0 ? &file->entries[place - 1] : NULL;
}

/* ---- writing ---- */

static void write_quoted(struct str text, struct buf *out)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == '"' || c == '\\')
            buf_add_char(out, '\\');
        if (c == '\n' || c == '\t')
            buf_add_str(out, c == '\n' ? STR("\\n") : STR("\\t"));
        else
            buf_add_char(out, c);
    }
    buf_add_str(out, STR("\"\n"));
}

/* One string a line of the text; a text of several lines begins with an empty one. */
static void write_field(const char *word, const char *mark, struct str text, struct buf *out)
{
    buf_addf(out, "%s%s ", mark, word);
    size_t end = str_find_char(text, '\n');
    if (end == SIZE_MAX || end + 1 == text.len) {
        write_quoted(text, out);
        return;
    }
    write_quoted(STR(""), out);
    while (text.len > 0) {
        end = str_find_char(text, '\n');
        size_t n = end == SIZE_MAX ? text.len : end + 1;
        buf_add_str(out, str_from(mark));
        write_quoted(str_sub(text, 0, n), out);
        text = str_sub(text, n, text.len);
    }
}

static void write_lines(const char *mark, struct str lines, struct buf *out)
{
    while (lines.p != NULL && lines.len > 0) {
        struct str line = str_split(&lines, '\n');
        buf_addf(out, "%s %.*s\n", mark, STR_ARG(line));
    }
}

void po_write(const struct po_entry *entry, struct buf *out)
{
    bool is_header = entry->context.p == NULL;
    if (entry->comments.p != NULL)
        buf_add_str(out, entry->comments);
    if (!is_header && entry->text.len > 0)
        buf_addf(out, "# state: %s\n", state_names[entry->state]);
    write_lines("#.", entry->extracted, out);
    if (entry->reference.p != NULL)
        buf_addf(out, "#: %.*s\n", STR_ARG(entry->reference));
    if (entry->is_fuzzy)
        buf_add_str(out, STR("#, fuzzy\n"));
    if (entry->previous.p != NULL)
        write_field("msgid", "#| ", entry->previous, out);
    if (!is_header)
        write_field("msgctxt", "", entry->context, out);
    write_field("msgid", "", entry->id, out);
    write_field("msgstr", "", entry->text, out);
    buf_add_char(out, '\n');
}
