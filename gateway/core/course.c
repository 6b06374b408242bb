#include "core/course.h"

#include <assert.h>
#include <string.h>

struct text_row {
    const char *name;
    const char *placeholders;
    const char *purpose;
    enum course_text instead;
};

static const struct text_row text_rows[N_COURSE_TEXTS] = {
#define TEXT_ROW(name, placeholders, purpose) {#name, placeholders, purpose, COURSE_TEXT_##name},
#define LATER_ROW(name, instead, placeholders, purpose)                                            \
    {#name, placeholders, purpose, COURSE_TEXT_##instead},
#define USSD_ROW(name) {"ussd_" #name, NULL, "the same on USSD", COURSE_TEXT_##name},
    COURSE_TEXTS(TEXT_ROW) COURSE_LATER_TEXTS(LATER_ROW) COURSE_USSD_TEXTS(USSD_ROW)
#undef TEXT_ROW
#undef LATER_ROW
#undef USSD_ROW
};

static const enum course_text ussd_texts[N_COURSE_TEXTS] = {
#define USSD_TEXT(name) [COURSE_TEXT_##name] = COURSE_TEXT_ussd_##name,
    COURSE_USSD_TEXTS(USSD_TEXT)
#undef USSD_TEXT
};

static uint32_t fnv1a(uint32_t hash, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.p[i]) * 16777619u;
    return hash;
}

uint32_t course_key(struct str id, struct str version)
{
    uint32_t key = fnv1a(fnv1a(fnv1a(2166136261u, id), STR("@")), version);
    /* 0 means "no course yet" in a learner's state. */
    return key != 0 ? key : 1;
}

int32_t course_score(const struct course *course, uint32_t n_right)
{
    uint32_t total = course->test_module >= 0 ? course->modules[course->test_module].n_asked : 0;
    return total > 0 ? (int32_t)((200 * n_right + total) / (2 * total)) : 0;
}

const struct course *course_in(const struct course *course, struct str lang, int module)
{
    for (uint16_t i = 0; i < course->n_languages && course->translations != NULL; i++) {
        const struct course *view = course->translations[i];
        if (view == NULL || !str_eq(course->languages[i], lang))
            continue;
        return module < 0 || !view->modules[module].is_untranslated ? view : course;
    }
    return course;
}

const struct unit *course_unit(const struct course *course, struct str unit_id)
{
    for (uint16_t i = 0; i < course->n_units; i++) {
        if (str_eq(course->units[i].id, unit_id))
            return &course->units[i];
    }
    return NULL;
}

uint16_t course_unit_index(const struct course *course, const struct unit *unit)
{
    assert(unit >= course->units && unit < course->units + course->n_units);
    return (uint16_t)(unit - course->units);
}

const char *course_text_name(enum course_text text)
{
    return text_rows[text].name;
}

enum err course_text_find(struct str name, enum course_text *ret)
{
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        if (str_eq(name, str_from(text_rows[i].name))) {
            *ret = (enum course_text)i;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

const char *course_text_placeholders(enum course_text text)
{
    const struct text_row *row = &text_rows[text];
    return row->placeholders != NULL ? row->placeholders : text_rows[row->instead].placeholders;
}

bool course_text_has(enum course_text text, struct str placeholder)
{
    bool is_on_ussd = text_rows[text].placeholders == NULL;
    return str_word_index(COURSE_PLACEHOLDERS, ' ', placeholder) >= 0 ||
           str_word_index(course_text_placeholders(text), ' ', placeholder) >= 0 ||
           (is_on_ussd && str_eq(placeholder, STR("code")));
}

enum course_text course_text_on_ussd(enum course_text text)
{
    return ussd_texts[text] != 0 ? ussd_texts[text] : text; /* the first text has none */
}

enum course_text course_text_instead(enum course_text text)
{
    return text_rows[text].instead;
}

const char *course_text_purpose(enum course_text text)
{
    return text_rows[text].purpose;
}

const struct course *courses_find(const struct courses *courses, uint32_t key)
{
    for (uint16_t i = 0; i < courses->n; i++) {
        if (courses->list[i]->key == key)
            return courses->list[i];
    }
    return NULL;
}

const struct course *courses_start(const struct courses *courses, struct str id)
{
    for (uint16_t i = 0; i < courses->n_starts; i++) {
        const struct course *course = courses->list[courses->starts[i]];
        if (str_eq(course->id, id))
            return course;
    }
    return NULL;
}

const struct course *courses_current(const struct courses *courses)
{
    return courses->current < courses->n ? courses->list[courses->current] : NULL;
}
