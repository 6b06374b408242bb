/*
 * Where a translation leaves the terms of its list: hints, because a short text may well say it in
 * another way. The list stands at the head of a PO file (docs/course-rules.md 6.3), a line for each
 * term, with the forms that are right: `# term: guardian = tuteur | tutrice | tutelle`.
 */
#include <ctype.h>

#include "core/lesson/lesson.h"
#include "core/lesson/translate.h"
#include "core/match/match.h"

struct terms {
    const struct lesson_source *source;
    struct arena *arena, *scratch;
    struct lesson_findings *findings;
};

static void hint(struct terms *t, struct source_pos pos, struct str what, struct str offending,
                 struct str fix)
{
    lesson_findings_add(t->findings, (struct lesson_finding){.rule = "po-term",
                                                             .severity = LESSON_SEVERITY_HINT,
                                                             .pos = pos,
                                                             .what = what,
                                                             .offending = offending,
                                                             .fix = fix});
}

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80 || c == '\'';
}

/* Does a word of the text begin so? */
static bool has_word(struct str text, struct str start)
{
    for (size_t at = 0, found; at < text.len; at += found + 1) {
        struct str rest = str_sub(text, at, text.len);
        found = str_find(rest, start);
        if (found == SIZE_MAX || start.len == 0)
            return false;
        if (at + found == 0 || !is_letter(text.p[at + found - 1]))
            return true;
    }
    return false;
}

/* Is one of "tuteur | tutrice" in the text? */
static bool has_one(struct str text, struct str forms, struct arena *scratch)
{
    while (forms.p != NULL) {
        struct str form = match_normalise(str_split(&forms, '|'), scratch);
        if (form.len > 0 && str_find(text, form) != SIZE_MAX)
            return true;
    }
    return false;
}

/* The next "guardian", "tuteur | tutrice | tutelle" of a file's head; false: no more. */
static bool next_term(struct str *lines, struct str *ret_term, struct str *ret_forms)
{
    const struct str mark = STR("# term: ");
    while (lines->p != NULL) {
        struct str line = str_split(lines, '\n');
        *ret_forms = str_sub(line, mark.len, line.len);
        *ret_term = str_trim(str_split(ret_forms, '='));
        if (str_starts(line, mark) && ret_forms->p != NULL) {
            *ret_forms = str_trim(*ret_forms);
            return true;
        }
    }
    return false;
}

static void check_entry(struct terms *t, const struct po_entry *entry, struct str lines)
{
    struct str term, forms;
    arena_reset(t->scratch);
    struct str english = match_normalise(entry->id, t->scratch);
    struct str text = match_normalise(entry->text, t->scratch);
    while (next_term(&lines, &term, &forms)) {
        if (has_word(english, match_normalise(term, t->scratch)) &&
            !has_one(text, forms, t->scratch))
            hint(t, entry->pos,
                 arena_printf(t->arena,
                              "%.*s: the term `%.*s` of the original, in no form of the "
                              "list of terms",
                              STR_ARG(entry->context), STR_ARG(term)),
                 entry->text,
                 arena_printf(t->arena,
                              "write %.*s; where another form is right as well, add it to "
                              "`# term: %.*s = ...` at the head of the file",
                              STR_ARG(forms), STR_ARG(term)));
    }
}

static const struct po_entry *head_of(const struct po_file *po)
{
    return str_starts(po->name, STR("po/")) ? po_find(po, STR("")) : NULL;
}

static bool has_term(struct str lines, struct str wanted)
{
    for (struct str term, forms; next_term(&lines, &term, &forms);) {
        if (str_eq(term, wanted))
            return true;
    }
    return false;
}

/* Terms of the course's other translations that this one does not list, with commas. */
static struct str missing_terms(struct terms *t, struct str lines)
{
    struct str missing = STR(""), seen = lines;
    for (uint32_t i = 0; i < t->source->n_pos; i++) {
        const struct po_entry *other = head_of(&t->source->pos[i]);
        struct str rest = other != NULL ? other->comments : STR_NONE, term, forms;
        while (next_term(&rest, &term, &forms)) {
            if (has_term(seen, term))
                continue;
            seen = arena_printf(t->arena, "%.*s# term: %.*s =\n", STR_ARG(seen), STR_ARG(term));
            missing = arena_printf(t->arena, "%.*s%s%.*s", STR_ARG(missing),
                                   missing.len > 0 ? ", " : "", STR_ARG(term));
        }
    }
    return missing;
}

void lesson_check_terms(const struct lesson_source *source, struct str only, struct arena *arena,
                        struct arena *scratch, struct lesson_findings *findings)
{
    struct terms t = {source, arena, scratch, findings};
    for (uint32_t i = 0; i < source->n_pos; i++) {
        const struct po_file *po = &source->pos[i];
        bool is_asked = only.p == NULL || str_eq(lesson_po_language(po), only);
        const struct po_entry *head = is_asked ? head_of(po) : NULL;
        if (head == NULL)
            continue;
        struct str missing = missing_terms(&t, head->comments);
        if (missing.len > 0)
            hint(&t, (struct source_pos){po->name, 1, 1},
                 STR("the list of terms lacks some that another translation has"), missing,
                 STR("write `# term: guardian = ...` and so on at the head of the file, with all "
                     "forms that are right, before more is translated"));
        for (uint32_t e = 0; e < po->n; e++) {
            if (po->entries[e].context.p != NULL && !po->entries[e].is_fuzzy &&
                !str_is_empty(po->entries[e].text))
                check_entry(&t, &po->entries[e], head->comments);
        }
    }
}
