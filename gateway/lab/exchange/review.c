/*
 * The sheet for people who read a translation and have no tools: English beside the translation,
 * its id, its state, room for a note; a second sheet where they sign. It comes back in with their
 * corrections and their signature, each row by itself: what cannot be taken is told with its place,
 * and so are texts whose row is gone.
 */
#include <string.h>

#include "core/lesson/translate.h"
#include "lab/exchange/book.h"
#include "lab/exchange/review.h"

enum column {
    COLUMN_ENGLISH,
    COLUMN_TRANSLATION,
    COLUMN_ID,
    COLUMN_STATE,
    COLUMN_NOTE,
    COLUMN_CHECK,
    N_COLUMNS
};

static const char *const headings[N_COLUMNS + 1] = {"English", "translation", "id", "state",
                                                    "note",    "check",       NULL};
static const char *const sign_headings[] = {"name", "role", "date", NULL};
#define SIGN_SHEET "sign-off"
#define NEW_ENGLISH "The English is new"

/* Changes when either text changes: so a sheet knows that it is old. */
static struct str check_of(const struct po_entry *entry, struct arena *arena)
{
    struct str both = arena_printf(arena, "%.*s\n%.*s", STR_ARG(entry->id), STR_ARG(entry->text));
    return arena_printf(arena, "%08x", (unsigned)(str_hash(both) >> 32));
}

/* The course's own file and its pack's; an edition's base has its own reviews. */
static bool is_reviewed(const struct po_file *po, struct str lang)
{
    return lesson_is_po_of(po, lang) &&
           (str_starts(po->name, STR("po/")) || str_starts(po->name, STR("packs/")));
}

enum err review_write(const struct lesson_source *source, struct str lang, struct arena *arena,
                      struct buf *out)
{
    static const char *states[N_PO_STATES + 1];
    struct book book = {.n = 0};
    for (int i = 0; i < PO_STATE_PUBLISHED; i++)
        states[i] = po_state_name((enum po_state)i);
    for (uint32_t i = 0; i < source->n_pos; i++) {
        const struct po_file *po = &source->pos[i];
        if (!is_reviewed(po, lang))
            continue;
        struct book_sheet *sheet = book_add_sheet(
            &book, book.n == 0 ? STR("course") : arena_printf(arena, "texts %u", book.n), headings,
            arena);
        if (sheet == NULL)
            return ERR_TOO_LONG;
        sheet->choices = states;
        sheet->choice_column = COLUMN_STATE;
        for (uint32_t e = 0; e < po->n; e++) {
            const struct po_entry *entry = &po->entries[e];
            const struct str row[N_COLUMNS] = {
                [COLUMN_ENGLISH] = entry->id,
                [COLUMN_TRANSLATION] = entry->text,
                [COLUMN_ID] = entry->context,
                [COLUMN_STATE] = str_from(po_state_name(entry->state)),
                [COLUMN_NOTE] =
                    entry->is_fuzzy ? STR(NEW_ENGLISH ": does it still fit?") : STR_NONE,
                [COLUMN_CHECK] = check_of(entry, arena)};
            if (entry->context.p != NULL && !book_add_row(sheet, row, N_COLUMNS, arena))
                return ERR_TOO_LONG;
        }
    }
    if (book.n == 0)
        return ERR_NOT_FOUND;
    struct book_sheet *sign = book_add_sheet(&book, STR(SIGN_SHEET), sign_headings, arena);
    const struct str empty[3] = {STR("")};
    if (sign == NULL || !book_add_row(sign, empty, 3, arena))
        return ERR_TOO_LONG;
    return arena_error(arena) == ERR_OK ? book_write_xlsx(&book, out) : arena_error(arena);
}

/* ---- back ---- */

struct review_reading {
    struct review *r;
    const struct book *book;
    const struct book_sheet *sheet;
    const struct book_row *row;
    uint32_t columns[N_COLUMNS];
    struct str signature; /* "Name, role, 2026-11-28"; absent: nobody signed */
    struct str fault;     /* why not */
};

static struct source_pos place(const struct review_reading *g, uint32_t column)
{
    return book_place(g->book, g->sheet, g->row, column, g->r->arena);
}

static void refuse(struct review_reading *g, enum column column, struct str offending,
                   const char *what, const char *fix)
{
    g->r->n_refused++;
    lesson_findings_add(g->r->findings, (struct lesson_finding){.rule = "review",
                                                                .severity = LESSON_SEVERITY_WARNING,
                                                                .pos = place(g, g->columns[column]),
                                                                .what = str_from(what),
                                                                .offending = offending,
                                                                .fix = str_from(fix)});
}

/* As it was typed, but for carriage returns and blanks around it. */
static struct str cell(const struct review_reading *g, enum column column)
{
    struct str text = book_cell(g->row, g->columns[column]);
    if (str_find_char(text, '\r') == SIZE_MAX)
        return text;
    char *p = arena_alloc(g->r->arena, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len && p != NULL; i++) {
        if (text.p[i] != '\r')
            p[n++] = text.p[i];
    }
    return p != NULL ? (struct str){p, n} : STR("");
}

/* "2026-11-28", also where an office program has made a number of it; absent: no date. */
static struct str read_date(struct str text, struct arena *arena)
{
    uint64_t serial = 0, part = 0;
    char date[RFC3339_BYTES];
    bool is_date = text.len == 10 && text.p[4] == '-' && text.p[7] == '-' &&
                   str_to_u64(str_sub(text, 0, 4), 9999, &part) == ERR_OK && part >= 2000 &&
                   str_to_u64(str_sub(text, 5, 7), 12, &part) == ERR_OK && part >= 1 &&
                   str_to_u64(str_sub(text, 8, 10), 31, &part) == ERR_OK && part >= 1;
    if (is_date)
        return text;
    if (str_to_u64(str_sub(text, 0, str_find_char(text, '.')), 99999, &serial) != ERR_OK ||
        serial < 36526) /* 2000-01-01 */
        return STR_NONE;
    clock_format_rfc3339((struct wall_ms){((int64_t)serial - 25569) * 86400000}, date);
    return arena_str(arena, (struct str){date, 10});
}

static void read_signature(struct review_reading *g)
{
    const struct book_sheet *sheet = book_find(g->book, SIGN_SHEET);
    const struct book_row *row = sheet != NULL && sheet->n > 1 ? &sheet->rows[1] : NULL;
    g->fault = STR("nobody signed: write name and date into the sheet " SIGN_SHEET);
    if (row == NULL)
        return;
    struct str name = book_cell(row, book_column(sheet, "name"));
    struct str role = book_cell(row, book_column(sheet, "role"));
    struct str typed = book_cell(row, book_column(sheet, "date"));
    struct str date = read_date(typed, g->r->arena);
    if (name.len == 0 || str_find_char(name, '\n') != SIZE_MAX || role.len + name.len > 200)
        return;
    g->fault = STR("the date of the sheet " SIGN_SHEET " is no date: write it as 2026-11-28");
    if (date.p != NULL)
        g->signature = arena_printf(g->r->arena, "%.*s%s%.*s, %.*s", STR_ARG(name),
                                    role.len > 0 ? ", " : "", STR_ARG(role), STR_ARG(date));
}

/* A course may have a text of its own under an id of its pack: the English tells them apart. */
static const struct po_entry *find(struct review *r, struct str id, struct str english,
                                   uint32_t *ret_po)
{
    const struct po_entry *found = NULL;
    for (uint32_t i = 0; i < r->source->n_pos && id.len > 0; i++) {
        const struct po_entry *entry =
            is_reviewed(&r->source->pos[i], r->lang) ? po_find(&r->source->pos[i], id) : NULL;
        bool is_better = entry != NULL && (found == NULL || str_eq(str_trim(entry->id), english));
        if (is_better)
            *ret_po = i;
        found = is_better ? entry : found;
    }
    return found;
}

/* NULL, or why this row cannot be taken; *ret_column is where. */
static const char *judge(struct review_reading *g, const struct po_entry *entry, bool is_new,
                         int state, enum column *ret_column, const char **ret_fix)
{
    struct str text = cell(g, COLUMN_TRANSLATION);
    *ret_column = COLUMN_TRANSLATION;
    *ret_fix = "export the sheet again and write it there";
    if (!str_eq(cell(g, COLUMN_ENGLISH), str_trim(entry->id)))
        return *ret_column = COLUMN_ENGLISH,
               "the English is another one now, or was changed in the sheet";
    if (!str_eq(cell(g, COLUMN_CHECK), check_of(entry, g->r->arena)))
        return "the translation was changed since this sheet was made";
    *ret_fix = "write the translation, or leave the row as it was";
    if (str_is_empty(text))
        return "the translation is empty";
    if (text.len > COURSE_MAX_TEXT_BYTES)
        return "the translation is longer than any text may be";
    *ret_column = COLUMN_STATE;
    *ret_fix = "draft, translated, language_reviewed, content_reviewed or approved";
    if (state < 0)
        return "an unknown state";
    if (state == PO_STATE_PUBLISHED && entry->state != PO_STATE_PUBLISHED)
        return "a text is published by `waypost lessons publish`, not by its reviewer";
    *ret_fix = g->fault.p;
    if (state > PO_STATE_TRANSLATED && g->signature.p == NULL &&
        (is_new || state != (int)entry->state))
        return "a review without the name of who reviewed, and the date";
    return NULL;
}

static struct str add_line(struct arena *arena, struct str comments, struct str line)
{
    char *p = arena_alloc(arena, line.len + 1);
    for (size_t i = 0; i < line.len && p != NULL; i++)
        p[i] = line.p[i] == '\n' || line.p[i] == '\r' ? ' ' : line.p[i];
    struct str one = p != NULL ? (struct str){p, line.len} : STR("");
    return str_find(comments, one) != SIZE_MAX
               ? comments
               : arena_printf(arena, "%.*s# %.*s\n", STR_ARG(comments), STR_ARG(one));
}

static void take_change(struct review_reading *g, const struct po_entry *entry, uint32_t po,
                        struct str text, enum po_state state, struct str note)
{
    struct review *r = g->r;
    struct review_change *change = &r->changes[r->n++];
    bool is_new = !str_eq(text, entry->text);
    *change = (struct review_change){.po = po,
                                     .context = entry->context,
                                     .entry = *entry,
                                     .place = place(g, g->columns[COLUMN_TRANSLATION])};
    change->entry.text = text;
    change->entry.is_fuzzy &= !is_new && state <= PO_STATE_TRANSLATED;
    change->entry.state = state;
    if (state > PO_STATE_TRANSLATED && g->signature.p != NULL)
        change->entry.comments =
            add_line(r->arena, change->entry.comments,
                     arena_printf(r->arena, "reviewed: %s by %.*s", po_state_name(state),
                                  STR_ARG(g->signature)));
    if (note.len > 0)
        change->entry.comments = add_line(
            r->arena, change->entry.comments,
            arena_printf(r->arena, "note: %.*s: %.*s", STR_ARG(g->signature), STR_ARG(note)));
}

/* Two rows of one text that say two things: nobody knows which one is meant, so neither is taken.
 */
static bool is_double(struct review_reading *g, const struct po_entry *entry, uint32_t po,
                      struct str text, enum po_state state)
{
    static const char what[] = "this text stands in two rows that differ: neither is taken",
                      fix[] = "keep one of the two rows";
    struct review *r = g->r;
    uint32_t i = 0;
    while (i < r->n && (r->changes[i].po != po || !str_eq(r->changes[i].context, entry->context)))
        i++;
    if (i == r->n)
        return false;
    struct review_change *other = &r->changes[i];
    if (str_eq(other->entry.text, text) && other->entry.state == state)
        return true; /* said twice */
    refuse(g, COLUMN_TRANSLATION, text, what, fix);
    if (!other->is_refused) {
        refuse(g, COLUMN_TRANSLATION, other->entry.text, what, fix);
        r->findings->list[r->findings->n - 1].pos = other->place;
    }
    other->is_refused = true;
    return true;
}

static bool is_blank(const struct book_row *row)
{
    for (uint32_t i = 0; i < row->n; i++) {
        if (str_trim(row->cells[i]).len > 0)
            return false;
    }
    return true;
}

static void take_row(struct review_reading *g)
{
    struct review *r = g->r;
    uint32_t po = 0;
    enum column column = COLUMN_ID;
    const char *fix;
    struct str id = cell(g, COLUMN_ID), state_name = cell(g, COLUMN_STATE);
    const struct po_entry *entry = find(r, id, cell(g, COLUMN_ENGLISH), &po);
    if (entry == NULL) {
        refuse(g, column, id, "no text of this translation has this id",
               "ids never change; export the sheet again");
        return;
    }
    r->is_seen[po][entry - r->source->pos[po].entries] = true;
    struct str text = cell(g, COLUMN_TRANSLATION), note = cell(g, COLUMN_NOTE);
    bool is_new = !str_eq(text, str_trim(entry->text));
    int state = -1;
    for (int i = 0; i < N_PO_STATES; i++)
        state = str_eq(state_name, str_from(po_state_name((enum po_state)i))) ? i : state;
    if (str_starts(note, STR(NEW_ENGLISH)))
        note = STR("");
    if (!is_new && state == (int)entry->state && note.len == 0)
        return; /* nobody touched it */
    const char *what = judge(g, entry, is_new, state, &column, &fix);
    if (what != NULL) {
        refuse(g, column, is_new ? text : state_name, what, fix);
        return;
    }
    text = is_new ? text : entry->text;
    if (is_double(g, entry, po, text, (enum po_state)state))
        return;
    if (r->n == REVIEW_MAX_CHANGES)
        refuse(g, column, id, "more changes than one sheet may have", "split the sheet");
    else
        take_change(g, entry, po, text, (enum po_state)state, note);
}

/* ---- rows that are gone ---- */

static bool is_missing(const struct review *r, uint32_t po, uint32_t entry)
{
    return entry < r->source->pos[po].n && r->source->pos[po].entries[entry].context.p != NULL &&
           !r->is_seen[po][entry];
}

/* Texts of one file that stand behind each other: one finding, at the place of the first. */
static void tell_missing(struct review *r, uint32_t po, uint32_t first, uint32_t n)
{
    const struct po_entry *entries = &r->source->pos[po].entries[first];
    r->n_missing += n;
    lesson_findings_add(
        r->findings,
        (struct lesson_finding){
            .rule = "review-row",
            .severity = LESSON_SEVERITY_WARNING,
            .pos = entries[0].pos,
            .what = n == 1 ? STR("the sheet has no row for this text, which stays as it is")
                           : arena_printf(r->arena,
                                          "the sheet has no row for these %u texts, which stay as "
                                          "they are",
                                          n),
            .offending = n == 1
                             ? entries[0].context
                             : arena_printf(r->arena, "%.*s to %.*s", STR_ARG(entries[0].context),
                                            STR_ARG(entries[n - 1].context)),
            .fix = STR("the row was deleted, or the sheet is older than the text: export the sheet "
                       "again where it is still to be read")});
}

static void find_missing(struct review *r)
{
    for (uint32_t po = 0; po < r->source->n_pos; po++) {
        bool is_asked = is_reviewed(&r->source->pos[po], r->lang);
        for (uint32_t i = 0, n; is_asked && i < r->source->pos[po].n; i += n + 1) {
            for (n = 0; is_missing(r, po, i + n);)
                n++;
            if (n > 0)
                tell_missing(r, po, i, n);
        }
    }
}

static bool make_room(struct review *r)
{
    r->changes = arena_new_array(r->arena, struct review_change, REVIEW_MAX_CHANGES);
    r->is_seen = arena_new_array(r->arena, bool *, r->source->n_pos + 1u);
    for (uint32_t i = 0; r->is_seen != NULL && i < r->source->n_pos; i++)
        r->is_seen[i] = arena_new_array(r->arena, bool, r->source->pos[i].n + 1u);
    return arena_error(r->arena) == ERR_OK;
}

enum err review_read(struct review *r, struct str name, struct str bytes, struct errmsg *msg)
{
    struct book book;
    struct review_reading g = {.r = r, .book = &book};
    enum err e = make_room(r) ? book_read_xlsx(name, bytes, r->arena, &book, msg) : ERR_TOO_LONG;
    if (e != ERR_OK)
        return e;
    read_signature(&g);
    bool is_review = false;
    for (uint32_t s = 0; s < book.n; s++) {
        g.sheet = &book.sheets[s];
        for (int i = 0; i < N_COLUMNS; i++)
            g.columns[i] = book_column(g.sheet, headings[i]);
        if (g.columns[COLUMN_ID] == UINT32_MAX || g.columns[COLUMN_TRANSLATION] == UINT32_MAX ||
            g.columns[COLUMN_STATE] == UINT32_MAX || g.columns[COLUMN_ENGLISH] == UINT32_MAX)
            continue;
        is_review = true;
        for (uint32_t i = 1; i < g.sheet->n && arena_error(r->arena) == ERR_OK; i++) {
            g.row = &g.sheet->rows[i];
            if (!is_blank(g.row))
                take_row(&g);
        }
    }
    if (!is_review)
        return errmsg_set(msg, ERR_INVALID,
                          "no sheet has the columns English, translation, id and state");
    find_missing(r);
    return arena_error(r->arena);
}

/* A PO file with the changes that are not refused; false: none of them is in it. */
static bool put_file(const struct review *r, uint32_t po, struct po_file *ret)
{
    bool has_change = false;
    *ret = r->source->pos[po];
    struct po_entry *entries = arena_new_array(r->arena, struct po_entry, ret->n + 1);
    for (uint32_t i = 0; i < ret->n && entries != NULL; i++) {
        entries[i] = ret->entries[i];
        for (uint32_t c = 0; c < r->n; c++) {
            const struct review_change *change = &r->changes[c];
            if (change->po != po || change->is_refused ||
                !str_eq(change->context, entries[i].context))
                continue;
            entries[i] = change->entry;
            has_change = true;
        }
    }
    ret->entries = entries;
    return has_change && entries != NULL;
}

/* The change that stands at this line of a PO file, if it is one. */
static struct review_change *change_at(struct review *r, const struct po_file *po, uint32_t file,
                                       uint32_t line)
{
    const struct po_entry *at = NULL;
    for (uint32_t i = 0; i < po->n && po->entries[i].pos.line <= line; i++)
        at = &po->entries[i];
    for (uint32_t c = 0; at != NULL && c < r->n; c++) {
        if (r->changes[c].po == file && str_eq(r->changes[c].context, at->context))
            return &r->changes[c];
    }
    return NULL;
}

/* Checks the course as it would be, and refuses what it has mistakes of. True: some were. */
static bool gate(struct review *r, const struct lesson_file *files, uint32_t n_files)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(4 * LESSON_ARENA_BYTES);
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct lesson_findings *findings = lesson_findings_new(arena);
    struct lesson_source *source = arena_new_array(arena, struct lesson_source, 1);
    enum err e = source != NULL ? lesson_parse(files, n_files, arena, findings, source) : ERR_FULL;
    bool is_refused = false;
    if (e != ERR_OK && e != ERR_INVALID)
        return false;
    lesson_check_language(source, r->lang, arena, scratch, findings);
    for (uint32_t i = 0; i < findings->n; i++) {
        const struct lesson_finding *f = &findings->list[i];
        for (uint32_t po = 0; po < source->n_pos && f->severity == LESSON_SEVERITY_ERROR; po++) {
            if (!str_eq(source->pos[po].name, f->pos.file))
                continue;
            struct review_change *change = change_at(r, &source->pos[po], po, f->pos.line);
            if (change == NULL || change->is_refused)
                continue;
            is_refused = change->is_refused = true;
            r->n_refused++;
            lesson_findings_add(r->findings,
                                (struct lesson_finding){.rule = f->rule,
                                                        .severity = LESSON_SEVERITY_WARNING,
                                                        .pos = change->place,
                                                        .what = arena_str(r->arena, f->what),
                                                        .offending = change->entry.text,
                                                        .fix = arena_str(r->arena, f->fix)});
        }
    }
    return is_refused;
}

enum err review_apply(struct review *r, const struct lesson_file *files, uint32_t n_files,
                      struct lesson_file *ret, uint32_t *ret_n)
{
    struct lesson_file *with = arena_new_array(r->arena, struct lesson_file, n_files + 1);
    bool is_again = true;
    while (is_again && with != NULL) {
        *ret_n = 0;
        memcpy(with, files, n_files * sizeof(*files));
        for (uint32_t po = 0; po < r->source->n_pos; po++) {
            struct po_file changed;
            struct buf out CLEANUP(buf_fini);
            buf_init(&out, COURSE_MAX_BYTES);
            if (!is_reviewed(&r->source->pos[po], r->lang) || !put_file(r, po, &changed))
                continue;
            lesson_pot(r->source, str_starts(changed.name, STR("packs/")), r->lang, &changed,
                       r->arena, &out);
            struct lesson_file file = {changed.name, arena_str(r->arena, buf_str(&out))};
            if (buf_error(&out) != ERR_OK || arena_error(r->arena) != ERR_OK)
                return ERR_TOO_LONG;
            ret[(*ret_n)++] = file;
            for (uint32_t i = 0; i < n_files; i++)
                with[i].text = str_eq(with[i].name, file.name) ? file.text : with[i].text;
        }
        is_again = *ret_n > 0 && gate(r, with, n_files);
    }
    return arena_error(r->arena);
}
