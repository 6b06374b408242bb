#include "lab/exchange/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>
#include <zip.h>

#include "core/utf8.h"
#include "wire/csv.h"
#include "wire/doc.h"

#define CELL_MAX_LETTERS 32767u /* of XLSX */

/* ---- sheets ---- */

struct book_sheet *book_add_sheet(struct book *book, struct str name, const char *const *headings,
                                  struct arena *arena)
{
    struct str cells[BOOK_MAX_COLUMNS];
    uint32_t n = 0;
    if (book->n == BOOK_MAX_SHEETS)
        return NULL;
    struct book_sheet *sheet = &book->sheets[book->n++];
    *sheet = (struct book_sheet){.name = name,
                                 .rows = arena_new_array(arena, struct book_row, BOOK_MAX_ROWS)};
    for (; headings != NULL && headings[n] != NULL && n < BOOK_MAX_COLUMNS; n++)
        cells[n] = str_from(headings[n]);
    if (sheet->rows == NULL || (headings != NULL && !book_add_row(sheet, cells, n, arena)))
        return NULL;
    return sheet;
}

bool book_add_row(struct book_sheet *sheet, const struct str *cells, uint32_t n,
                  struct arena *arena)
{
    if (sheet->n == BOOK_MAX_ROWS || n > BOOK_MAX_COLUMNS)
        return false;
    struct book_row row = {sheet->n + 1, n, arena_new_array(arena, struct str, n > 0 ? n : 1)};
    if (row.cells == NULL)
        return false;
    for (uint32_t i = 0; i < n; i++)
        row.cells[i] = cells[i].p != NULL ? cells[i] : STR("");
    sheet->rows[sheet->n++] = row;
    return true;
}

const struct book_sheet *book_find(const struct book *book, const char *name)
{
    for (uint32_t i = 0; i < book->n; i++) {
        if (str_eq_nocase(book->sheets[i].name, str_from(name)))
            return &book->sheets[i];
    }
    return NULL;
}

uint32_t book_column(const struct book_sheet *sheet, const char *heading)
{
    for (uint32_t i = 0; sheet->n > 0 && i < sheet->rows[0].n; i++) {
        if (str_eq_nocase(str_trim(sheet->rows[0].cells[i]), str_from(heading)))
            return i;
    }
    return UINT32_MAX;
}

struct str book_cell(const struct book_row *row, uint32_t column)
{
    return column < row->n ? str_trim(row->cells[column]) : STR("");
}

struct source_pos book_place(const struct book *book, const struct book_sheet *sheet,
                             const struct book_row *row, uint32_t column, struct arena *arena)
{
    char letters[3] = {(char)('A' + (char)(column % 26)), '\0', '\0'};
    if (column >= 26 && column < 26 * 26)
        letters[0] = (char)('A' + (char)(column / 26 - 1)),
        letters[1] = (char)('A' + (char)(column % 26));
    struct str file =
        arena_printf(arena, "%.*s!%.*s!%s%u", STR_ARG(book->file), STR_ARG(sheet->name),
                     column == UINT32_MAX ? "" : letters, row->number);
    return (struct source_pos){.file = file};
}

/* ---- CSV (RFC 4180) ---- */

/* A mark of the author's own gets another one, since reading takes one away. */
static bool is_marked(struct str cell)
{
    return csv_is_formula(cell) || str_starts(cell, STR("'"));
}

void book_write_csv(const struct book *book, struct buf *out)
{
    const struct book_sheet *sheet = &book->sheets[0];
    buf_add_str(out, STR("\xef\xbb\xbf")); /* else office programs take it for Latin-1 */
    for (uint32_t r = 0; r < sheet->n; r++) {
        for (uint32_t c = 0; c < sheet->rows[r].n; c++) {
            if (c > 0)
                buf_add_char(out, ',');
            struct str cell = sheet->rows[r].cells[c];
            csv_add_cell(out, cell, is_marked(cell));
        }
        buf_add_str(out, STR("\r\n"));
    }
}

enum err book_read_csv(struct str file, struct str bytes, struct arena *arena, struct book *ret,
                       struct errmsg *msg)
{
    struct buf cell CLEANUP(buf_fini);
    struct str cells[BOOK_MAX_COLUMNS];
    uint32_t n = 0;
    *ret = (struct book){.file = file};
    buf_init(&cell, COURSE_MAX_BYTES);
    struct book_sheet *sheet = book_add_sheet(ret, STR("csv"), NULL, arena);
    if (str_starts(bytes, STR("\xef\xbb\xbf")))
        bytes = str_sub(bytes, 3, bytes.len);
    char separator = csv_separator(bytes), end = 1;
    for (size_t at = 0; sheet != NULL && end != 0;) {
        end = csv_next_cell(bytes, &at, separator, &cell);
        struct str text = buf_str(&cell);
        struct str marked = str_sub(text, 1, text.len);
        if (str_starts(text, STR("'")) && is_marked(marked))
            text = marked;
        if (n == BOOK_MAX_COLUMNS)
            return errmsg_set(msg, ERR_TOO_LONG, "row %u has more than %u columns", sheet->n + 1,
                              BOOK_MAX_COLUMNS);
        cells[n++] = arena_str(arena, text);
        if (end == separator)
            continue;
        if (!book_add_row(sheet, cells, n, arena))
            return errmsg_set(msg, ERR_TOO_LONG, "more than %u rows", BOOK_MAX_ROWS);
        n = 0;
    }
    return sheet != NULL && arena_error(arena) == ERR_OK
               ? ERR_OK
               : errmsg_set(msg, ERR_TOO_LONG, "the file is too big");
}

/* ---- XLSX, written ---- */

/* "_x000D_" is how XLSX writes signs that XML has no form for: what this one stands for; -1: none.
 */
static int32_t escape_at(struct str text, size_t at)
{
    struct str rest = str_sub(text, at, at + 7);
    uint8_t code[2];
    bool is_escape = rest.len == 7 && str_starts(rest, STR("_x")) && rest.p[6] == '_' &&
                     hex_decode(str_sub(rest, 2, 6), code, 2) == ERR_OK;
    bool is_half = is_escape && code[0] >= 0xd8 && code[0] < 0xe0; /* no character by itself */
    return is_escape && !is_half ? code[0] * 256 + code[1] : -1;
}

/* What only looks so is kept from being read so. */
static struct str with_escapes(struct str text, struct buf *out)
{
    buf_reset(out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '_' && escape_at(text, i) >= 0)
            buf_add_str(out, STR("_x005F"));
        buf_add_char(out, text.p[i]);
    }
    return buf_str(out);
}

static void write_sheet(lxw_workbook *workbook, const struct book_sheet *sheet, lxw_format *head,
                        lxw_format *body)
{
    char text[CELL_MAX_LETTERS + 1];
    struct buf escaped CLEANUP(buf_fini);
    buf_init(&escaped, COURSE_MAX_BYTES);
    char name[32];
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(sheet->name)); /* ours, and short */
    lxw_worksheet *worksheet = workbook_add_worksheet(workbook, name);
    for (uint32_t r = 0; r < sheet->n; r++) {
        for (uint32_t c = 0; c < sheet->rows[r].n; c++) {
            struct str cell =
                utf8_cut(with_escapes(sheet->rows[r].cells[c], &escaped), CELL_MAX_LETTERS);
            if (cell.len > 0 && str_copy(cell, text, sizeof(text)) == ERR_OK)
                (void)worksheet_write_string(worksheet, r, (lxw_col_t)c, text,
                                             r == 0 ? head : body);
        }
    }
    (void)worksheet_set_column(worksheet, 0, 1, 28, body);
    (void)worksheet_set_column(worksheet, 2, BOOK_MAX_COLUMNS, 20, body);
    worksheet_freeze_panes(worksheet, 1, 0);
    if (sheet->choices == NULL || sheet->n < 2)
        return;
    lxw_data_validation choice = {.validate = LXW_VALIDATION_TYPE_LIST};
    char words[16][32], *list[17] = {NULL};
    for (uint32_t n = 0; n < ARRAY_LEN(words) && sheet->choices[n] != NULL; n++) {
        (void)snprintf(words[n], sizeof(words[n]), "%s", sheet->choices[n]); /* ours, and short */
        list[n] = words[n];
    }
    choice.value_list = list;
    lxw_col_t column = (lxw_col_t)sheet->choice_column;
    (void)worksheet_data_validation_range(worksheet, 1, column, sheet->n - 1, column, &choice);
}

static void close_file(FILE **file)
{
    if (*file != NULL)
        (void)fclose(*file); /* only read */
}

enum err book_write_xlsx(const struct book *book, struct buf *out)
{
    char path[] = "/tmp/waypost-book.XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0)
        return ERR_IO;
    (void)close(fd); /* the library opens it by its name */
    lxw_workbook *workbook = workbook_new(path);
    lxw_format *head = workbook_add_format(workbook), *body = workbook_add_format(workbook);
    format_set_bold(head);
    format_set_text_wrap(body);
    format_set_align(body, LXW_ALIGN_VERTICAL_TOP);
    format_set_num_format(body, "@");
    for (uint32_t i = 0; i < book->n; i++)
        write_sheet(workbook, &book->sheets[i], head, body);
    enum err e = workbook_close(workbook) == LXW_NO_ERROR ? ERR_OK : ERR_IO;
    FILE *file CLEANUP(close_file) = e == ERR_OK ? fopen(path, "rb") : NULL;
    char bytes[8192];
    for (size_t n; file != NULL && (n = fread(bytes, 1, sizeof(bytes), file)) > 0;)
        buf_add(out, bytes, n);
    (void)unlink(path); /* it is only on the way */
    return file != NULL ? buf_error(out) : ERR_IO;
}

/* ---- XLSX, read ---- */

struct package {
    zip_t *zip;
    struct arena *arena;
    struct errmsg *msg;
    uint32_t n_strings;
    struct str *strings;
};

/* Its bytes in the arena; n bytes are in the directory. ERR_TOO_LONG: no room; ERR_INVALID: others
 * came out, or their sum is another one, which the library looks at when it comes to the end. */
static enum err unpack(struct package *p, const char *path, size_t n, struct str *ret)
{
    zip_file_t *file = zip_fopen(p->zip, path, 0);
    char *bytes = arena_alloc(p->arena, n + 1);
    bool is_whole = file != NULL && bytes != NULL && zip_fread(file, bytes, n) == (zip_int64_t)n &&
                    zip_fread(file, (char[1]){0}, 1) == 0;
    if (file != NULL)
        (void)zip_fclose(file); /* only read */
    *ret = (struct str){bytes, n};
    return bytes == NULL ? ERR_TOO_LONG : is_whole ? ERR_OK : ERR_INVALID;
}

/* One part as a tree; *ret NULL where there is none. */
static enum err read_part(struct package *p, struct str name, const struct doc **ret)
{
    struct str path = arena_str(p->arena, name), bytes;
    struct zip_stat info;
    *ret = NULL;
    if (path.p == NULL || zip_stat(p->zip, path.p, 0, &info) != 0)
        return path.p != NULL ? ERR_OK : ERR_TOO_LONG;
    bool is_sized = (info.valid & ZIP_STAT_SIZE) != 0 && info.size <= BOOK_MAX_PART_BYTES;
    enum err e = is_sized ? unpack(p, path.p, info.size, &bytes) : ERR_TOO_LONG;
    if (e == ERR_TOO_LONG)
        return errmsg_set(p->msg, e, "its part %s is bigger than %u bytes", path.p,
                          BOOK_MAX_PART_BYTES);
    if (e != ERR_OK)
        return errmsg_set(p->msg, e, "its part %s cannot be unpacked", path.p);
    e = xml_read_file(bytes, BOOK_MAX_PART_BYTES, p->arena, ret, NULL);
    return e == ERR_OK ? e : errmsg_set(p->msg, e, "its part %s is no XML, or too big", path.p);
}

static struct str attribute(const struct doc *node, const char *name)
{
    for (const struct doc *a = node->attribute; a != NULL; a = a->next) {
        if (str_eq(a->name, str_from(name)))
            return a->text;
    }
    return STR("");
}

static struct str without_escapes(struct str text, struct arena *arena)
{
    if (str_find(text, STR("_x")) == SIZE_MAX)
        return text;
    char *p = arena_alloc(arena, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len && p != NULL;) {
        int32_t code = escape_at(text, i);
        if (code >= 0)
            n += utf8_put(code, p + n);
        else
            p[n++] = text.p[i];
        i += code >= 0 ? 7 : 1;
    }
    return p != NULL ? (struct str){p, n} : STR("");
}

/* A part of <si> or <is> in words: <t>, or the <t> of <r>; those for reading aloud are not. */
static struct str words_of(const struct doc *part)
{
    struct str text = str_eq(part->name, STR("t"))   ? part->text
                      : str_eq(part->name, STR("r")) ? doc_content(part, "t")
                                                     : STR("");
    return text.p != NULL ? text : STR("");
}

static struct str rich_text(const struct doc *node, struct arena *arena)
{
    const struct doc *part;
    size_t n = 0;
    for (part = node->first; part != NULL; part = part->next)
        n += words_of(part).len;
    if (node->first != NULL && node->first->next == NULL)
        return without_escapes(words_of(node->first), arena);
    char *p = arena_alloc(arena, n + 1);
    n = 0;
    for (part = p != NULL ? node->first : NULL; part != NULL; part = part->next) {
        struct str text = words_of(part);
        if (text.len > 0)
            memcpy(p + n, text.p, text.len);
        n += text.len;
    }
    return p != NULL ? without_escapes((struct str){p, n}, arena) : STR("");
}

static enum err read_strings(struct package *p, struct str name)
{
    const struct doc *document;
    enum err e = read_part(p, name, &document);
    const struct doc *list = e == ERR_OK && document != NULL ? doc_member(document, "sst") : NULL;
    uint32_t n = 0;
    for (const struct doc *si = list != NULL ? list->first : NULL; si != NULL; si = si->next)
        n++;
    p->strings = arena_new_array(p->arena, struct str, n + 1);
    for (const struct doc *si = list != NULL && p->strings != NULL ? list->first : NULL; si != NULL;
         si = si->next)
        p->strings[p->n_strings++] = rich_text(si, p->arena);
    return e == ERR_OK ? arena_error(p->arena) : e;
}

static struct str cell_text(struct package *p, const struct doc *cell)
{
    struct str type = attribute(cell, "t"), value = doc_content(cell, "v");
    const struct doc *inline_text = doc_member(cell, "is");
    uint64_t index = 0;
    if (inline_text != NULL)
        return rich_text(inline_text, p->arena);
    if (!str_eq(type, STR("s")))
        return value.p != NULL ? without_escapes(value, p->arena) : STR("");
    bool is_known = str_to_u64(value, UINT32_MAX, &index) == ERR_OK && index < p->n_strings;
    return is_known ? p->strings[index] : STR("");
}

/* "BC7": 54, from 0; fallback where it says none. */
static uint32_t column_of(struct str reference, uint32_t fallback)
{
    uint32_t column = 0;
    size_t i = 0;
    for (; i < reference.len && reference.p[i] >= 'A' && reference.p[i] <= 'Z' && i < 4; i++)
        column = column * 26 + (uint32_t)(reference.p[i] - 'A') + 1;
    return i > 0 ? column - 1 : fallback;
}

static enum err read_row(struct package *p, const struct doc *node, struct book_sheet *sheet)
{
    struct str cells[BOOK_MAX_COLUMNS] = {{NULL, 0}};
    uint32_t n = 0;
    uint64_t number = sheet->n + 1;
    for (const struct doc *cell = node->first; cell != NULL; cell = cell->next) {
        uint32_t column = column_of(attribute(cell, "r"), n);
        struct str text = cell_text(p, cell);
        if (column >= BOOK_MAX_COLUMNS && text.len > 0)
            return errmsg_set(p->msg, ERR_TOO_LONG, "a row has more than %u columns",
                              BOOK_MAX_COLUMNS);
        if (column >= BOOK_MAX_COLUMNS)
            continue; /* office programs format what is empty */
        cells[column] = text;
        n = column + 1 > n ? column + 1 : n;
    }
    if (str_to_u64(attribute(node, "r"), BOOK_MAX_ROWS * 100u, &number) != ERR_OK)
        number = sheet->n + 1;
    while (n > 0 && cells[n - 1].len == 0)
        n--;
    if (n == 0)
        return ERR_OK;
    if (!book_add_row(sheet, cells, n, p->arena))
        return errmsg_set(p->msg, ERR_TOO_LONG, "more than %u rows", BOOK_MAX_ROWS);
    sheet->rows[sheet->n - 1].number = (uint32_t)number;
    return ERR_OK;
}

static enum err read_sheet(struct package *p, struct str part, struct str name, struct book *book)
{
    const struct doc *document;
    enum err e = read_part(p, part, &document);
    if (e != ERR_OK || document == NULL)
        return e;
    struct book_sheet *sheet = book_add_sheet(book, name, NULL, p->arena);
    const struct doc *worksheet = doc_member(document, "worksheet");
    const struct doc *data = worksheet != NULL ? doc_member(worksheet, "sheetData") : NULL;
    if (sheet == NULL)
        return errmsg_set(p->msg, ERR_TOO_LONG, "more than %u sheets, or too big", BOOK_MAX_SHEETS);
    for (const struct doc *row = data != NULL ? data->first : NULL; row != NULL && e == ERR_OK;
         row = row->next)
        e = read_row(p, row, sheet);
    return e;
}

/* Where a relation of the workbook leads: "xl/worksheets/sheet1.xml"; absent: nowhere. */
static struct str target_of(struct package *p, const struct doc *relations, const char *key,
                            struct str value, bool is_end)
{
    for (const struct doc *node = relations != NULL ? relations->first : NULL; node != NULL;
         node = node->next) {
        struct str found = attribute(node, key), target = attribute(node, "Target");
        if (!(is_end ? str_ends(found, value) : str_eq(found, value)))
            continue;
        return str_starts(target, STR("/")) ? str_sub(target, 1, target.len)
                                            : arena_printf(p->arena, "xl/%.*s", STR_ARG(target));
    }
    return STR_NONE;
}

static enum err read_package(struct package *p, struct book *book)
{
    const struct doc *document, *relations;
    enum err e = read_part(p, STR("xl/_rels/workbook.xml.rels"), &relations);
    if (e == ERR_OK)
        e = read_part(p, STR("xl/workbook.xml"), &document);
    if (e != ERR_OK)
        return e;
    relations = relations != NULL ? doc_member(relations, "Relationships") : NULL;
    const struct doc *workbook = document != NULL ? doc_member(document, "workbook") : NULL;
    const struct doc *sheets = workbook != NULL ? doc_member(workbook, "sheets") : NULL;
    if (sheets == NULL)
        return errmsg_set(p->msg, ERR_INVALID, "it has no sheets; save it as .xlsx");
    struct str strings = target_of(p, relations, "Type", STR("/sharedStrings"), true);
    if (strings.p != NULL)
        e = read_strings(p, strings);
    for (const struct doc *node = sheets->first; node != NULL && e == ERR_OK; node = node->next) {
        struct str part = target_of(p, relations, "Id", attribute(node, "id"), false);
        if (part.p != NULL)
            e = read_sheet(p, part, attribute(node, "name"), book);
    }
    return e != ERR_OK ? e : arena_error(p->arena);
}

enum err book_read_xlsx(struct str file, struct str bytes, struct arena *arena, struct book *ret,
                        struct errmsg *msg)
{
    zip_error_t error;
    struct package p = {.arena = arena, .msg = msg};
    *ret = (struct book){.file = file};
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes.p, bytes.len, 0, &error);
    p.zip = source != NULL ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    zip_error_fini(&error);
    if (p.zip == NULL) {
        if (source != NULL)
            zip_source_free(source);
        return errmsg_set(msg, ERR_INVALID, "it is no XLSX file; save it as .xlsx");
    }
    *msg = (struct errmsg){""};
    enum err e = read_package(&p, ret);
    zip_discard(p.zip);
    if (e != ERR_OK && msg->text[0] == '\0')
        return errmsg_set(msg, e, "the file is too big");
    return e;
}
