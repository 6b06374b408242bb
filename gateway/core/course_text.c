#include "core/course_text.h"

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
