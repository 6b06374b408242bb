/*
 * What a reader of a translation would suffer from: words in braces that were lost, a text that
 * changed since, letters that no phone has, lengths (measured folded, as it is sent), words that
 * folding makes one.
 */
#include <string.h>
#include <utf8proc.h>

#include "core/lesson/check_internal.h"
#include "core/signs.h"
#include "core/utf8.h"

/* ---- one string ---- */

static bool has_name(struct str text, struct str wanted)
{
    size_t at = 0;
    for (struct str name; (name = course_text_placeholder(text, &at)).p != NULL;) {
        if (str_eq(name, wanted))
            return true;
    }
    return false;
}

/* The words in braces of one text must stand in the other. */
static void check_names(struct check *c, const struct lesson_string *string, struct str from,
                        struct str to, const char *what)
{
    size_t at = 0;
    for (struct str name; (name = course_text_placeholder(from, &at)).p != NULL;) {
        if (!has_name(to, name))
            check_error(
                c, "po-placeholder", string->entry->pos, string->entry->text,
                arena_printf(c->arena, "%s: {%.*s} %s", string->context.p, STR_ARG(name), what),
                STR("keep exactly the words in braces of the original"));
    }
}

/* The n-th run of digits; absent: no more. */
static struct str next_number(struct str text, size_t *at)
{
    size_t from = *at;
    while (from < text.len && (text.p[from] < '0' || text.p[from] > '9'))
        from++;
    size_t to = from;
    while (to < text.len && text.p[to] >= '0' && text.p[to] <= '9')
        to++;
    *at = to;
    return to > from ? str_sub(text, from, to) : STR_NONE;
}

static bool has_number(struct str text, struct str wanted)
{
    size_t at = 0;
    for (struct str number; (number = next_number(text, &at)).p != NULL;) {
        if (str_eq(number, wanted))
            return true;
    }
    return false;
}

/* Keys are what a learner presses: they stay. In a lesson a number may be written as a word. */
static void check_numbers(struct check *c, const struct lesson_string *string)
{
    struct str text = string->entry->text;
    size_t at = 0;
    for (struct str number; (number = next_number(string->entry->id, &at)).p != NULL;) {
        if (has_number(text, number))
            continue;
        bool is_key = string->group == LESSON_GROUP_SYSTEM;
        (is_key ? check_error : check_warning)(
            c, "po-number", string->entry->pos, text,
            arena_printf(c->arena, "%s: the number %.*s of the original is not there",
                         string->context.p, STR_ARG(number)),
            STR("write the same number, in the digits 0 to 9"));
        return;
    }
}

/* What is wrong with a sign, or NULL. */
static const char *sign_problem(int32_t code)
{
    static const struct {
        int32_t from, to;
        const char *problem;
    } signs[] = {
        {0xb7, 0xb7, "a middle dot: name both, or use a word for all"},
        {0x2027, 0x2027, "a middle dot: name both, or use a word for all"},
        {0x660, 0x669, "a digit that USSD does not know: write 0 to 9"},
        {0x6f0, 0x6f9, "a digit that USSD does not know: write 0 to 9"},
        {0x202a, 0x202e, "an invisible sign of direction: begin the line with a letter instead"},
        {0x2066, 0x2069, "an invisible sign of direction: begin the line with a letter instead"},
        {0xfb50, 0xfdff, "an Arabic letter in presentation form: type the letter itself"},
        {0xfe70, 0xfefe, "an Arabic letter in presentation form: type the letter itself"},
        {0x10000, 0x10ffff, "a picture, or a letter that few phones have"},
    };
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (code >= signs[i].from && code <= signs[i].to)
            return signs[i].problem;
    }
    return NULL;
}

/* The first sign of a text that must not be sent, why not, and where; NULL: there is none. */
static const char *find_sign(struct str text, size_t *ret_at)
{
    size_t odd_at = text.len;
    int32_t odd = signs_find_odd(text, &odd_at);
    for (size_t at = 0; at < odd_at;) {
        *ret_at = at;
        const char *problem = sign_problem(utf8_next(text, &at));
        if (problem != NULL)
            return problem;
    }
    *ret_at = odd_at;
    const char *problem = odd >= 0 ? sign_problem(odd) : NULL;
    return odd < 0 || problem != NULL ? problem
                                      : "it shows nothing, or changes what stands beside it: "
                                        "delete it, and type the letters beside it again";
}

static void check_signs(struct check *c, const struct lesson_string *string)
{
    struct str text = string->entry->text;
    size_t at;
    const char *problem = find_sign(text, &at);
    if (problem != NULL)
        check_error(c, "po-sign", string->entry->pos, str_sub(text, at, text.len),
                    arena_printf(c->arena, "%s: a sign that must not be sent", string->context.p),
                    str_from(problem));
}

/* A right-to-left line that begins with a Latin word runs the wrong way on a phone. */
static void check_direction(struct check *c, const struct lesson_string *string)
{
    struct str rest = string->entry->text;
    while (rest.p != NULL && rest.len > 0) {
        struct str line = str_trim(str_split(&rest, '\n'));
        bool is_rtl = false, is_latin = false;
        for (size_t at = 0; at < line.len;) {
            int32_t code = utf8_next(line, &at);
            is_rtl = is_rtl || (code >= 0x590 && code <= 0x8ff);
            is_latin = is_latin || (!is_rtl && ((code | 0x20) >= 'a' && (code | 0x20) <= 'z') &&
                                    line.p[0] != '{');
        }
        if (!is_rtl || !is_latin)
            continue;
        check_warning(
            c, "po-direction", string->entry->pos, line,
            arena_printf(c->arena, "%s: a line that begins with Latin letters", string->context.p),
            STR("begin it with a word of the language; put codes on a line of their own"));
        return;
    }
}

static void check_string(struct check *c, const struct lesson_string *string)
{
    const struct po_entry *entry = string->entry;
    if (entry == NULL || str_is_empty(str_trim(entry->text)))
        return; /* missing: that is counted, not complained of */
    if (!string->is_done) {
        bool is_draft = !entry->is_fuzzy && entry->state == PO_STATE_DRAFT;
        check_warning(c, is_draft ? "po-draft" : "po-fuzzy", entry->pos, entry->text,
                      arena_printf(c->arena, "%s: %s", string->context.p,
                                   is_draft ? "a draft, which is not shown"
                                            : "the original changed since this was translated"),
                      is_draft ? STR("write `# state: translated` above it when it is done")
                               : STR("`waypost lessons merge` puts the new text there; mend the "
                                     "translation and remove the word fuzzy"));
        return;
    }
    check_names(c, string, entry->id, entry->text, "of the original is missing");
    check_names(c, string, entry->text, entry->id, "does not stand in the original");
    check_numbers(c, string);
    check_signs(c, string);
    check_direction(c, string);
    check_named_commands(c, string);
}

/* ---- words that folding makes one ---- */

#define MAX_WORDS 16384u

struct word {
    struct str full, folded;
    const struct lesson_string *string;
};

struct words {
    struct check *c;
    struct word *list; /* a table by hash, open */
};

static bool is_letter(int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_MC;
}

static struct str lower(struct str text, struct arena *arena)
{
    char *p = arena_alloc(arena, 4 * text.len + 1);
    size_t len = 0;
    for (size_t at = 0; p != NULL && at < text.len;)
        len += utf8_put(utf8proc_tolower(utf8_next(text, &at)), p + len);
    return (struct str){p, len};
}

/* Has a translator written `# pair: WORD` at the head of a file: seen, and clear where it stands?
 */
static bool is_pair_seen(const struct check *c, struct str folded)
{
    struct str line = arena_printf(c->scratch, "# pair: %.*s\n", STR_ARG(folded));
    for (uint32_t i = 0; i < c->source->n_pos; i++) {
        const struct po_entry *head = po_find(&c->source->pos[i], STR(""));
        if (lesson_is_po_of(&c->source->pos[i], c->course->language) && head != NULL &&
            str_find(head->comments, line) != SIZE_MAX)
            return true;
    }
    return false;
}

static void take_word(struct words *w, struct str full, const struct lesson_string *string)
{
    struct check *c = w->c;
    full = lower(full, c->scratch);
    struct str folded = lower(gsm_fold(full, GSM_FOLD_LATIN, c->scratch), c->scratch);
    size_t i = str_hash(folded) % MAX_WORDS;
    for (size_t tries = 0; tries < 64; tries++, i = (i + 1) % MAX_WORDS) {
        struct word *word = &w->list[i];
        if (word->full.p == NULL) {
            *word = (struct word){full, folded, string};
            return;
        }
        if (!str_eq(word->folded, folded))
            continue;
        if (str_eq(word->full, full) || word->string == NULL || is_pair_seen(c, folded))
            return;
        check_warning(
            c, "po-pair", string->entry->pos, string->entry->text,
            arena_printf(c->arena, "`%.*s` here and `%.*s` in %s are both sent as `%.*s`",
                         STR_ARG(full), STR_ARG(word->full), word->string->context.p,
                         STR_ARG(folded)),
            STR("say one of them with another word where it could be misread; where it is clear, "
                "write `# pair: ` and the word at the head of the file"));
        word->string = NULL; /* once */
        return;
    }
}

/* "{version}" is a name and no word that anybody reads. */
static bool is_placeholder(struct str text, size_t start)
{
    return start != SIZE_MAX && start > 0 && text.p[start - 1] == '{';
}

static void check_pairs(struct check *c, const struct lesson_strings *strings)
{
    struct words w = {c, arena_new_array(c->scratch, struct word, MAX_WORDS)};
    for (uint32_t i = 0; i < strings->n && w.list != NULL; i++) {
        const struct lesson_string *string = &strings->list[i];
        struct str text = string->is_done ? string->entry->text : STR("");
        size_t start = SIZE_MAX;
        for (size_t at = 0; at <= text.len;) {
            size_t from = at;
            bool is_in = at < text.len && is_letter(utf8_next(text, &at));
            if (is_in && start == SIZE_MAX)
                start = from;
            if (!is_in && start != SIZE_MAX && !is_placeholder(text, start))
                take_word(&w, str_sub(text, start, from), string);
            start = is_in ? start : SIZE_MAX;
            if (from == text.len)
                break;
        }
    }
}

/* ---- one language ---- */

/* Entries of texts that are no longer there. */
static void check_leftovers(struct check *c, const struct lesson_strings *strings, struct str lang)
{
    for (uint32_t f = 0; f < c->source->n_pos; f++) {
        const struct po_file *file = &c->source->pos[f];
        bool is_of_pack = str_starts(file->name, STR("packs/"));
        bool is_of_base = !is_of_pack && !str_starts(file->name, STR("po/"));
        struct str end = arena_printf(c->scratch, "po/%.*s.po", STR_ARG(lang));
        for (uint32_t i = 0; i < file->n && !is_of_base && str_ends(file->name, end); i++) {
            const struct po_entry *entry = &file->entries[i];
            bool is_known = str_is_empty(entry->context) && str_is_empty(entry->id);
            for (uint32_t j = 0; j < strings->n && !is_known; j++)
                is_known = str_eq(strings->list[j].context, entry->context);
            /* Another course may say a text of the pack that this one says itself. */
            is_known = is_known || (is_of_pack && str_starts(entry->context, STR("text_")));
            if (!is_known)
                check_warning(c, "po-unknown", entry->pos, entry->context,
                              STR("no text of the course has this id any more"),
                              STR("`waypost lessons merge` leaves it out"));
        }
    }
}

/* A file of a language that the course could not offer is never read by a learner. */
static void check_strangers(struct check *c)
{
    for (uint32_t f = 0; f < c->source->n_pos; f++) {
        const struct po_file *file = &c->source->pos[f];
        struct str lang = lesson_po_language(file);
        if (str_starts(file->name, STR("po/")) && lesson_find_language(c->source, lang) < 0)
            check_warning(c, "po-language", (struct source_pos){file->name, 1, 1}, lang,
                          STR("no learner gets this translation: the course has no such language"),
                          STR("add its code and name to `languages:` in the pack's texts.md, or of "
                              "course.md"));
    }
}

/* The course as if it offered this language and its own, and was begun in the one of these two. */
static const struct course *offering(const struct lesson_source *source, struct str lang,
                                     struct str begun_in, const struct course *view,
                                     struct arena *arena)
{
    struct course *played = arena_new_array(arena, struct course, 1);
    struct str *languages = arena_new_array(arena, struct str, 2);
    struct str *names = arena_new_array(arena, struct str, 2);
    const struct course **translations = arena_new_array(arena, const struct course *, 2);
    uint16_t n = 0;
    if (played == NULL || languages == NULL || names == NULL || translations == NULL)
        return &source->course; /* the arena says so */
    *played = source->course;
    played->language = begun_in;
    if (!str_eq(lang, begun_in)) /* begun in it, nobody asks which */
        languages[n] = names[n] = begun_in, n++;
    languages[n] = lang;
    names[n] = source->languages.names[lesson_find_language(source, lang)];
    translations[n++] = view;
    played->n_languages = n;
    played->languages = languages;
    played->language_names = names;
    played->translations = translations;
    return played;
}

/* Everything of a translation that there is, as a course; NULL where there is no file. */
static struct lesson_source *make_view(const struct lesson_source *source, struct str lang,
                                       struct lesson_strings *strings,
                                       struct lesson_progress **ret_groups, struct arena *arena)
{
    int index = lesson_find_language(source, lang);
    if (index < 0 || str_eq(lang, source->course.language) || !lesson_has_po(source, lang))
        return NULL;
    struct lesson_source *view = arena_new_array(arena, struct lesson_source, 1);
    *ret_groups = arena_new_array(arena, struct lesson_progress, source->course.n_modules + 1u);
    if (*ret_groups == NULL || view == NULL ||
        lesson_strings_collect(source, arena, strings) != ERR_OK)
        return NULL;
    lesson_strings_translate(source, lang, PO_STATE_TRANSLATED, strings, *ret_groups);
    lesson_strings_fill(source, lang, false, strings, *ret_groups, arena);
    *view = *source;
    view->course = strings->course;
    view->strings = strings;
    view->is_ucs2 = lesson_is_ucs2(source->languages.names[index]);
    view->played = offering(source, lang, lang, &view->course, arena);
    return view;
}

const struct lesson_source *lesson_in_language(const struct lesson_source *source, struct str lang,
                                               struct arena *arena)
{
    struct lesson_strings *strings = arena_new_array(arena, struct lesson_strings, 1);
    struct lesson_progress *groups;
    return strings != NULL ? make_view(source, lang, strings, &groups, arena) : NULL;
}

void lesson_check_language(const struct lesson_source *source, struct str lang, struct arena *arena,
                           struct arena *scratch, struct lesson_findings *findings)
{
    struct lesson_strings *strings = arena_new_array(arena, struct lesson_strings, 1);
    struct lesson_progress *groups;
    const struct lesson_source *view =
        strings != NULL ? make_view(source, lang, strings, &groups, arena) : NULL;
    if (view == NULL)
        return;
    struct check c = {
        view,     &view->course,
        arena,    scratch,
        findings, offering(source, lang, source->course.language, &view->course, arena)};
    uint32_t n_errors = findings->n_errors;
    arena_reset(scratch);
    for (uint32_t i = 0; i < strings->n; i++)
        check_string(&c, &strings->list[i]);
    check_leftovers(&c, strings, lang);
    if (!view->is_ucs2)
        check_pairs(&c, strings);
    check_all(&c);
    bool is_playable = findings->n_errors == n_errors && n_errors == 0;
    if (is_playable && lesson_is_offered(&source->course, groups))
        check_play(&c);
    else
        check_estimate(&c);
}

void lesson_check(const struct lesson_source *source, struct arena *arena, struct arena *scratch,
                  struct lesson_findings *findings)
{
    struct check c = {source, &source->course, arena, scratch, findings, &source->course};
    bool is_playable = findings->n_errors == 0;
    check_all(&c);
    if (is_playable)
        check_play(&c);
    else
        check_estimate(&c);
    check_strangers(&c);
    /* A pack's translations are looked at with a course that is translated, too. */
    for (uint16_t i = 0; i < source->languages.n; i++) {
        if (lesson_has_own_po(source, source->languages.codes[i]))
            lesson_check_language(source, source->languages.codes[i], arena, scratch, findings);
    }
}

/* ---- how far they are ---- */

/* Of a language that is there. */
static const char *tell_standing(const struct lesson_source *source, struct str lang,
                                 struct lesson_strings *strings, struct lesson_progress *groups)
{
    enum po_state least = lesson_least_state(source, lang);
    lesson_strings_translate(source, lang, least, strings, groups);
    if (!lesson_is_offered(&source->course, groups))
        return "complete, but not offered before it is approved (or trial_languages names it)";
    return least < PO_STATE_APPROVED ? "on trial: offered to learners, not approved"
                                     : "offered to learners";
}

static void tell_language(const struct lesson_source *source, uint16_t index, struct arena *scratch,
                          struct buf *out)
{
    struct lesson_strings strings;
    struct str lang = source->languages.codes[index];
    uint16_t n_modules = source->course.n_modules;
    struct lesson_progress all = {0};
    arena_reset(scratch);
    struct lesson_progress *groups =
        arena_new_array(scratch, struct lesson_progress, n_modules + 1u);
    if (groups == NULL || lesson_strings_collect(source, scratch, &strings) != ERR_OK)
        return;
    lesson_strings_translate(source, lang, PO_STATE_TRANSLATED, &strings, groups);
    const char *standing = "not offered yet";
    if (lesson_is_offered(&source->course, groups)) {
        standing = tell_standing(source, lang, &strings, groups);
        lesson_strings_translate(source, lang, PO_STATE_TRANSLATED, &strings, groups);
    }
    uint32_t n_whole = 0;
    for (uint16_t i = 0; i <= n_modules; i++) {
        all.n += groups[i].n;
        all.n_done += groups[i].n_done;
        all.n_fuzzy += groups[i].n_fuzzy;
        n_whole += i > 0 && groups[i].n_done == groups[i].n;
        for (size_t state = 0; state < N_PO_STATES; state++)
            all.n_states[state] += groups[i].n_states[state];
    }
    buf_addf(out, "%.*s: %s; texts around lessons %u of %u, modules %u of %u; %u of %u strings",
             STR_ARG(lang), standing, groups[0].n_done, groups[0].n, n_whole, n_modules, all.n_done,
             all.n);
    for (size_t state = 0; state < N_PO_STATES; state++) {
        if (all.n_states[state] > 0)
            buf_addf(out, ", %u %s", all.n_states[state], po_state_name((enum po_state)state));
    }
    if (all.n_fuzzy > 0)
        buf_addf(out, ", %u out of date", all.n_fuzzy);
    buf_add_char(out, '\n');
    for (uint16_t i = 0; i <= n_modules && all.n_done > 0; i++) {
        if (groups[i].n_done < groups[i].n)
            buf_addf(out, "    %.*s: %u of %u\n",
                     STR_ARG(i > 0 ? source->course.modules[i - 1].id : STR("texts and titles")),
                     groups[i].n_done, groups[i].n);
    }
}

void lesson_tell_progress(const struct lesson_source *source, struct str only,
                          struct arena *scratch, struct buf *out)
{
    for (uint16_t i = 0; i < source->languages.n; i++) {
        struct str lang = source->languages.codes[i];
        bool is_asked = only.p == NULL || str_eq(lang, only);
        if (is_asked && !str_eq(lang, source->course.language) && lesson_has_own_po(source, lang))
            tell_language(source, i, scratch, out);
    }
}
