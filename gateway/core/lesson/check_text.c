#include <string.h>
#include <utf8proc.h>

#include "core/lesson/check_internal.h"
#include "core/utf8.h"

struct lesson_length check_measure(struct check *c, struct str text, enum lesson_limit limit)
{
    return lesson_measure(c->source, text, limit, c->scratch);
}

/* ---- alphabet ---- */

/* What to write instead of one foreign character; c->arena. */
static struct str replacement(struct check *c, struct str letter)
{
    size_t offset, len, at = 0;
    int32_t twin = check_look_alike(utf8_next(letter, &at));
    struct str folded = gsm_fold(letter, GSM_FOLD_TYPOGRAPHY, c->arena);
    if (!gsm_find_foreign(folded, &offset, &len))
        return arena_printf(c->arena, "write %.*s instead; `waypost lessons fmt` does it",
                            STR_ARG(str_eq(folded, STR(" ")) ? STR("a plain blank") : folded));
    folded = gsm_fold(letter, GSM_FOLD_LATIN, c->arena);
    if (!gsm_find_foreign(folded, &offset, &len))
        return arena_printf(c->arena, "write %.*s instead", STR_ARG(folded));
    if (twin < 0x80)
        return arena_printf(c->arena,
                            "type the Latin letter %c, which looks the same; or use another word",
                            (char)twin);
    return STR("use another word or sign; a course in another script says `alphabet: ucs2` in "
               "course.md");
}

static bool is_visible(int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);
    return category != UTF8PROC_CATEGORY_ZS && category != UTF8PROC_CATEGORY_CF &&
           category != UTF8PROC_CATEGORY_CN;
}

/* Each foreign character once, as long as there are few. */
void check_alphabet(struct check *c, struct str text, struct source_pos fallback)
{
    int32_t told[8];
    uint32_t n_told = 0;
    size_t offset, len;
    if (c->source->is_ucs2)
        return;
    for (size_t from = 0;
         n_told < ARRAY_LEN(told) && gsm_find_foreign(str_sub(text, from, text.len), &offset, &len);
         from += offset + len) {
        struct str letter = str_sub(text, from + offset, from + offset + len);
        size_t at = 0, rest;
        uint32_t i = 0;
        if (c->source->strings != NULL &&
            !gsm_find_foreign(gsm_fold(letter, GSM_FOLD_LATIN, c->scratch), &rest, &rest))
            continue; /* it is folded before it is sent */
        told[n_told] = utf8_next(letter, &at);
        while (told[i] != told[n_told])
            i++;
        if (i < n_told)
            continue;
        bool is_shown = is_visible(told[n_told]);
        check_error(
            c, "not-gsm7", lesson_source_pos(c->source, letter.p, fallback), text,
            arena_printf(c->arena,
                         "%s%.*s (U+%04X) is not in GSM-7 and makes every SMS with it twice "
                         "as long",
                         is_shown ? "the character " : "the invisible character",
                         STR_ARG(is_shown ? letter : STR("")), (unsigned)told[n_told]),
            replacement(c, letter));
        n_told++;
    }
}

/* ---- placeholders ---- */

void check_no_placeholder(struct check *c, struct str text, struct source_pos fallback)
{
    size_t at = 0;
    struct str name = lesson_next_placeholder(text, &at);
    if (name.p != NULL)
        check_error(c, "placeholder-unknown", lesson_source_pos(c->source, name.p - 1, fallback),
                    text,
                    STR("only system texts have words in braces; here they are sent as they "
                        "are"),
                    STR("write the words themselves"));
}

static void check_placeholders(struct check *c, enum course_text which, struct str text,
                               struct source_pos pos)
{
    const char *known = course_text_placeholders(which);
    size_t at = 0;
    for (struct str name; (name = lesson_next_placeholder(text, &at)).p != NULL;) {
        if (!course_text_has(which, name))
            check_error(c, "placeholder-unknown", lesson_source_pos(c->source, name.p - 1, pos),
                        str_sub(text, (size_t)(name.p - text.p) - 1, at),
                        arena_printf(c->arena, "text_%s knows no such placeholder",
                                     course_text_name(which)),
                        known[0] != '\0'
                            ? arena_printf(c->arena, "it knows, each in braces: %s", known)
                            : STR("write plain words: nothing is filled in here"));
    }
    bool is_on_ussd = str_starts(str_from(course_text_name(which)), STR("ussd_"));
    enum course_text base = is_on_ussd ? course_text_instead(which) : which;
    for (size_t i = 0; lesson_needed_placeholder(i) != NULL; i++) {
        struct str needed = str_from(lesson_needed_placeholder(i));
        /* Who helps may be named in place of who writes. */
        bool is_named = str_eq(needed, STR("org")) && course_text_has(which, STR("contact"));
        bool is_there = is_named || !course_text_has(base, needed);
        at = 0;
        for (struct str name; !is_there && (name = lesson_next_placeholder(text, &at)).p != NULL;)
            is_there = str_eq(name, needed);
        if (!is_there)
            check_error(c, "placeholder-missing", pos, text,
                        arena_printf(c->arena, "text_%s must have the placeholder {%s}",
                                     course_text_name(which), needed.p),
                        arena_printf(c->arena, "write {%s} where it shall stand", needed.p));
    }
}

/* ---- system texts ---- */

void check_system_texts(struct check *c)
{
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        enum course_text which = (enum course_text)i;
        struct str text = c->course->texts[i];
        if (text.p == NULL || c->source->texts[i].text.p == NULL)
            continue; /* missing, or another stands in for it and is checked itself */
        struct source_pos pos = lesson_source_pos(c->source, text.p, c->source->front_pos);
        arena_reset(c->scratch);
        check_alphabet(c, text, pos);
        check_placeholders(c, which, text, pos);
        bool is_safe = which == COURSE_TEXT_safe || which == COURSE_TEXT_safe_staffed;
        struct str sample = lesson_sample_text(c->course, text, NULL, c->scratch);
        enum lesson_limit limit = is_safe ? LESSON_LIMIT_SAFE : LESSON_LIMIT_MESSAGE;
        check_length(
            c, check_measure(c, sample, limit), pos, text,
            arena_printf(c->arena, "text_%s, filled in, is too long", course_text_name(which)),
            "shorten it");
    }
}
