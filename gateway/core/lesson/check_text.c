/* Checks of single texts: length, alphabet, placeholders, system texts. */
#include <string.h>
#include <utf8proc.h>

#include "core/lesson/check_internal.h"
#include "core/signs.h"
#include "core/utf8.h"

struct lesson_length lesson_measure(const struct lesson_source *source, struct str text,
                                    enum lesson_limit limit, struct arena *scratch)
{
    static const uint32_t septets[] = {[LESSON_LIMIT_MESSAGE] = 2 * GSM_SMS_PART_SEPTETS,
                                       [LESSON_LIMIT_PAGE] = GSM_USSD_SEPTETS,
                                       [LESSON_LIMIT_FEEDBACK] = GSM_SMS_PART_SEPTETS,
                                       [LESSON_LIMIT_SAFE] = 268,
                                       [LESSON_LIMIT_KEY] = 160};
    static const uint32_t ucs2[] = {[LESSON_LIMIT_MESSAGE] = 3 * GSM_SMS_PART_UCS2,
                                    [LESSON_LIMIT_PAGE] = GSM_USSD_UCS2,
                                    [LESSON_LIMIT_FEEDBACK] = GSM_SMS_PART_UCS2,
                                    [LESSON_LIMIT_SAFE] = 3 * GSM_SMS_PART_UCS2,
                                    [LESSON_LIMIT_KEY] = 2 * GSM_SMS_PART_UCS2};
    struct gsm_size size = gsm_measure(
        gsm_fold(text, source->strings != NULL ? GSM_FOLD_LATIN : GSM_FOLD_NONE, scratch));
    bool is_ucs2 = source->is_ucs2 && size.encoding == GSM_ENCODING_UCS2;
    return (struct lesson_length){size, is_ucs2 ? ucs2[limit] : septets[limit],
                                  is_ucs2 ? "UCS-2 units" : "septets"};
}

void check_error(struct check *c, const char *rule, struct source_pos pos, struct str offending,
                 struct str what, struct str fix)
{
    lesson_findings_add(c->findings, (struct lesson_finding){.rule = rule,
                                                             .severity = LESSON_SEVERITY_ERROR,
                                                             .pos = pos,
                                                             .offending = offending,
                                                             .what = what,
                                                             .fix = fix});
}

void check_warning(struct check *c, const char *rule, struct source_pos pos, struct str offending,
                   struct str what, struct str fix)
{
    lesson_findings_add(c->findings, (struct lesson_finding){.rule = rule,
                                                             .severity = LESSON_SEVERITY_WARNING,
                                                             .pos = pos,
                                                             .offending = offending,
                                                             .what = what,
                                                             .fix = fix});
}

void check_length(struct check *c, struct lesson_length length, struct source_pos pos,
                  struct str offending, struct str what, const char *how)
{
    uint32_t units = length.size.units;
    if (units <= length.limit)
        return;
    check_error(c, "too-long", pos, offending,
                arena_printf(c->arena, "%.*s: %u %s, at most %u are allowed", STR_ARG(what), units,
                             length.unit, length.limit),
                arena_printf(c->arena, "%s; it is %u over", how, units - length.limit));
}

int32_t check_look_alike(int32_t letter)
{
    /* Cyrillic and Greek letters that look Latin, small forms; and digits that look like letters.
     */
    static const struct {
        int32_t code;
        char latin;
    } twins[] = {
        {0x430, 'a'}, {0x432, 'b'}, {0x435, 'e'}, {0x43a, 'k'}, {0x43c, 'm'}, {0x43d, 'h'},
        {0x43e, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x442, 't'}, {0x443, 'y'}, {0x445, 'x'},
        {0x455, 's'}, {0x456, 'l'}, {0x458, 'j'}, {0x3b1, 'a'}, {0x3b2, 'b'}, {0x3b5, 'e'},
        {0x3b9, 'l'}, {0x3ba, 'k'}, {0x3bd, 'v'}, {0x3bf, 'o'}, {0x3c1, 'p'}, {0x3c4, 't'},
        {0x3c5, 'y'}, {0x3c7, 'x'}, {'0', 'o'},   {'1', 'l'},   {'i', 'l'},
    };
    /* Capitals of both scripts lie 32 below; those of U+0455.. 80 below. */
    if ((letter >= 0x410 && letter <= 0x42f) || (letter >= 0x391 && letter <= 0x3a9))
        letter += 32;
    if (letter >= 0x400 && letter <= 0x40f)
        letter += 80;
    for (size_t i = 0; i < ARRAY_LEN(twins); i++) {
        if (twins[i].code == letter)
            return twins[i].latin;
    }
    return letter;
}

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

/* What no alphabet makes good: it shows nothing, or turns around what stands beside it. */
static void check_odd_sign(struct check *c, struct str text, struct source_pos fallback)
{
    size_t at = 0;
    int32_t code = signs_find_odd(text, &at);
    if (code < 0)
        return;
    check_error(c, "odd-sign", lesson_source_pos(c->source, text.p + at, fallback), text,
                arena_printf(c->arena,
                             "the sign U+%04X shows nothing, or changes how what stands beside it "
                             "is shown",
                             (unsigned)code),
                STR("delete it with the letters beside it, and type those again"));
}

/* Each foreign character once, as long as there are few. */
void check_alphabet(struct check *c, struct str text, struct source_pos fallback)
{
    int32_t told[8];
    uint32_t n_told = 0;
    size_t offset, len;
    if (c->source->is_ucs2) {
        check_odd_sign(c, text, fallback);
        return;
    }
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
    struct str name = course_text_placeholder(text, &at);
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
    for (struct str name; (name = course_text_placeholder(text, &at)).p != NULL;) {
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
        for (struct str name; !is_there && (name = course_text_placeholder(text, &at)).p != NULL;)
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
        bool is_safe = which == COURSE_TEXT_safe || which == COURSE_TEXT_safe_staffed ||
                       which == COURSE_TEXT_safe_child || which == COURSE_TEXT_safe_suicide ||
                       which == COURSE_TEXT_safe_psea;
        struct str sample = lesson_sample_text(c->course, text, NULL, c->scratch);
        enum lesson_limit limit = is_safe ? LESSON_LIMIT_SAFE : LESSON_LIMIT_MESSAGE;
        check_length(
            c, check_measure(c, sample, limit), pos, text,
            arena_printf(c->arena, "text_%s, filled in, is too long", course_text_name(which)),
            "shorten it");
    }
}
