/*
 * translate.h: the template of a translation, and what becomes of a file when the course changed.
 */
#include "core/lesson/translate.h"

static void write_header(struct str lang, const struct po_file *merged, struct arena *arena,
                         struct buf *out)
{
    const struct po_entry *old = merged != NULL ? po_find(merged, STR("")) : NULL;
    struct po_entry header = {.comments = old != NULL ? old->comments : STR_NONE, .id = STR("")};
    header.text = old != NULL ? old->text
                              : arena_printf(arena,
                                             "Project-Id-Version: waypost\nPO-Revision-Date: \n"
                                             "Last-Translator: \nLanguage-Team: \nLanguage: %.*s\n"
                                             "MIME-Version: 1.0\n"
                                             "Content-Type: text/plain; charset=UTF-8\n"
                                             "Content-Transfer-Encoding: 8bit\n",
                                             STR_ARG(lang));
    po_write(&header, out);
}

struct template
{
    const struct po_file *merged;
    struct arena *arena;
    struct buf *out;
};

static void write_string(const struct template *t, struct str context, struct str text,
                         struct str note, struct source_pos pos)
{
    const struct po_entry *old = t->merged != NULL ? po_find(t->merged, context) : NULL;
    struct po_entry entry = old != NULL ? *old : (struct po_entry){.text = STR("")};
    bool is_changed = old != NULL && !lesson_is_po_text(old->id, text);
    entry.context = context;
    entry.id = lesson_text_to_po(text, t->arena);
    entry.extracted = note;
    entry.reference = arena_printf(t->arena, "%.*s:%u", STR_ARG(pos.file), pos.line);
    if (is_changed && entry.text.len > 0) {
        entry.is_fuzzy = true;
        entry.previous = old->id;
    }
    entry.is_fuzzy = entry.is_fuzzy && entry.text.len > 0;
    po_write(&entry, t->out);
}

/* All texts of the pack, also those that this course says itself. */
static void write_pack(const struct template *t, const struct lesson_source *source)
{
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        enum course_text text = (enum course_text)i;
        const struct lesson_block *block = &source->pack_texts[i];
        if (block->text.p != NULL)
            write_string(t, arena_printf(t->arena, "text_%s", course_text_name(text)), block->text,
                         str_from(course_text_purpose(text)), block->pos);
    }
}

void lesson_pot(const struct lesson_source *source, bool is_of_pack, struct str lang,
                const struct po_file *merged, struct arena *arena, struct buf *out)
{
    struct lesson_strings strings;
    const struct template t = {merged, arena, out};
    if (lesson_strings_collect(source, arena, &strings) != ERR_OK)
        return; /* the arena says so */
    write_header(lang, merged, arena, out);
    if (is_of_pack)
        write_pack(&t, source);
    for (uint32_t i = 0; i < strings.n && !is_of_pack; i++) {
        const struct lesson_string *string = &strings.list[i];
        struct source_pos pos = lesson_source_pos(source, string->text->p, string->around);
        if (str_find_char(pos.file, '/') == SIZE_MAX) /* neither the pack's nor the base's */
            write_string(&t, string->context, *string->text, string->note, pos);
    }
}

struct str lesson_on_trial(struct str course_md, struct str lang, struct arena *arena)
{
    struct str text = STR("---\n");
    struct str rest = course_md;
    bool is_front = str_starts(rest, text) && lang.p != NULL;
    for (uint32_t n = 0; is_front && rest.p != NULL; n++) {
        struct str line = str_split(&rest, '\n');
        if (n == 0)
            text = arena_printf(arena, "---\ntrial_languages: [%.*s]\n", STR_ARG(lang));
        else if (str_eq(str_trim(line), STR("---")))
            return arena_printf(arena, "%.*s---\n%.*s", STR_ARG(text), STR_ARG(rest));
        else if (!str_starts(line, STR("trial_languages:")))
            text = arena_printf(arena, "%.*s%.*s\n", STR_ARG(text), STR_ARG(line));
    }
    return course_md;
}
