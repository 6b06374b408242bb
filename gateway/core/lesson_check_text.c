#include <string.h>

#include "core/lesson_check_internal.h"
#include "core/utf8.h"

uint32_t check_measure(struct check *c, struct str text)
{
    return gsm_measure(gsm_fold(text, GSM_FOLD_NONE, c->scratch)).units;
}

/* ---- alphabet ---- */

/* What to write instead of one foreign character; c->arena. */
static struct str replacement(struct check *c, struct str letter)
{
    struct str folded = gsm_fold(letter, GSM_FOLD_TYPOGRAPHY, c->arena);
    size_t offset, len, at = 0;
    if (!gsm_find_foreign(folded, &offset, &len))
        return arena_printf(c->arena, "write \"%.*s\" instead; `waypost lessons fmt` does it",
                            STR_ARG(folded));
    folded = gsm_fold(letter, GSM_FOLD_LATIN, c->arena);
    if (!gsm_find_foreign(folded, &offset, &len))
        return arena_printf(c->arena, "write \"%.*s\" instead", STR_ARG(folded));
    int32_t code = utf8_next(letter, &at);
    int32_t twin = check_look_alike(code);
    if (twin < 0x80)
        return arena_printf(c->arena,
                            "type the Latin letter \"%c\", which looks the same; or use another "
                            "word",
                            (char)twin);
    return STR("use another word or sign; a course in another script says `alphabet: ucs2` in "
               "course.md");
}

void check_alphabet(struct check *c, struct str text, struct source_pos fallback)
{
    size_t offset, len, at = 0;
    if (c->source->is_ucs2 || text.p == NULL || !gsm_find_foreign(text, &offset, &len))
        return;
    struct str letter = str_sub(text, offset, offset + len);
    int32_t code = utf8_next(letter, &at);
    check_error(c, "not-gsm7", lesson_source_pos(c->source, letter.p, fallback), text,
                arena_printf(c->arena,
                             "the character \"%.*s\" (U+%04X) is not in GSM-7 and makes every SMS "
                             "with it twice as long",
                             STR_ARG(letter), (unsigned)code),
                replacement(c, letter));
}

/* ---- placeholders ---- */

/* The next {name} at or behind *at: its name; moves *at behind it. Absent: no more. */
static struct str next_placeholder(struct str text, size_t *at)
{
    for (size_t open = *at; open < text.len; open++) {
        size_t end = open + 1;
        if (text.p[open] != '{')
            continue;
        while (end < text.len && ((text.p[end] >= 'a' && text.p[end] <= 'z') || text.p[end] == '_'))
            end++;
        if (end == open + 1 || end == text.len || text.p[end] != '}')
            continue;
        *at = end + 1;
        return str_sub(text, open + 1, end);
    }
    *at = text.len;
    return STR_NONE;
}

static bool has_word(const char *words, struct str word)
{
    for (struct str rest = str_from(words); rest.p != NULL;) {
        if (str_eq(str_split(&rest, ' '), word))
            return true;
    }
    return false;
}

void check_no_placeholder(struct check *c, struct str text, struct source_pos fallback)
{
    size_t at = 0;
    struct str name = next_placeholder(text, &at);
    if (name.p != NULL)
        check_error(c, "placeholder-unknown", lesson_source_pos(c->source, name.p - 1, fallback),
                    text,
                    STR("only system texts have words in braces; here they are sent as they "
                        "are"),
                    STR("write the words themselves"));
}

/*
 * name, a value as long as real ones are, and whether a text that may use it must: without these
 * a learner would not see the question, know who writes, or find help.
 */
static const struct {
    const char *name;
    const char *sample;
    bool is_needed;
} samples[] = {
    {"text", "", true},
    {"stem", "", true},
    {"options", "", true},
    {"feedback", "", true},
    {"lines", "", true},
    {"keys", "1, 2 or 3", true},
    {"low", "0", true},
    {"high", "10", true},
    {"org", NULL, true},
    {"url", NULL, true},
    {"emergency", NULL, true},
    {"helpline", NULL, true},
    {"staffed", NULL, true},
    {"code", "4821 0937 5526", true},
    {"n", "10", false},
    {"of", "10", false},
    {"module", "7", false},
    {"modules", "7", false},
    {"title", "Oversight and complaints", false},
    {"score", "100", false},
    {"right", "28", false},
    {"total", "28", false},
    {"need", "5", false},
    {"hours", "24", false},
    {"max", "160", false},
    {"key", "3", false},
    {"place", "test, question 7", false},
    {"unit", "7", false},
};

static struct str sample_of(struct str name)
{
    const struct engine_context *context = lesson_sample_context();
    const struct {
        const char *name;
        struct str value;
    } given[] = {{"org", context->org},
                 {"url", context->url},
                 {"emergency", context->emergency},
                 {"helpline", context->helpline},
                 {"staffed", context->staffed}};
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        if (str_eq(name, str_from(given[i].name)))
            return given[i].value;
    }
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        if (str_eq(name, str_from(samples[i].name)))
            return str_from(samples[i].sample);
    }
    return STR_NONE;
}

static struct str fill_samples(struct check *c, struct str text)
{
    struct str filled = STR("");
    size_t from = 0, at = 0;
    for (struct str name; (name = next_placeholder(text, &at)).p != NULL; from = at) {
        struct str before = str_sub(text, from, (size_t)(name.p - text.p) - 1);
        filled = arena_printf(c->scratch, "%.*s%.*s%.*s", STR_ARG(filled), STR_ARG(before),
                              STR_ARG(sample_of(name)));
    }
    return arena_printf(c->scratch, "%.*s%.*s", STR_ARG(filled),
                        STR_ARG(str_sub(text, from, text.len)));
}

static void check_placeholders(struct check *c, enum course_text which, struct str text,
                               struct source_pos pos)
{
    const char *known = course_text_placeholders(which);
    size_t at = 0;
    for (struct str name; (name = next_placeholder(text, &at)).p != NULL;) {
        if (!has_word(known, name))
            check_error(c, "placeholder-unknown", lesson_source_pos(c->source, name.p - 1, pos),
                        str_sub(text, (size_t)(name.p - text.p) - 1, at),
                        arena_printf(c->arena, "text_%s knows no such placeholder",
                                     course_text_name(which)),
                        known[0] != '\0'
                            ? arena_printf(c->arena, "it knows, each in braces: %s", known)
                            : STR("write plain words: nothing is filled in here"));
    }
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        struct str name = str_from(samples[i].name);
        bool is_there = false;
        at = 0;
        for (struct str found; !is_there && (found = next_placeholder(text, &at)).p != NULL;)
            is_there = str_eq(found, name);
        if (samples[i].is_needed && !is_there && has_word(known, name))
            check_error(c, "placeholder-missing", pos, text,
                        arena_printf(c->arena, "text_%s must have the placeholder {%s}",
                                     course_text_name(which), samples[i].name),
                        arena_printf(c->arena, "write {%s} where it shall stand", samples[i].name));
    }
}

/* ---- system texts ---- */

void check_system_texts(struct check *c)
{
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        enum course_text which = (enum course_text)i;
        struct str text = c->course->texts[i];
        if (text.p == NULL)
            continue;
        struct source_pos pos = lesson_source_pos(c->source, text.p, c->source->front_pos);
        arena_reset(c->scratch);
        check_alphabet(c, text, pos);
        check_placeholders(c, which, text, pos);
        bool is_safe = which == COURSE_TEXT_safe || which == COURSE_TEXT_safe_staffed;
        uint32_t limit = is_safe ? c->limits->safe : c->limits->message;
        uint32_t units = check_measure(c, fill_samples(c, text));
        if (units > limit)
            check_error(c, "too-long", pos, text,
                        arena_printf(c->arena,
                                     "text_%s has about %u %s when filled in; at most %u "
                                     "are allowed",
                                     course_text_name(which), units, c->limits->unit, limit),
                        arena_printf(c->arena, "shorten it by %u", units - limit));
    }
}
