#include "core/question/question.h"

#include <assert.h>

#define ROW_DECLARE(NAME, name) extern const struct question_row question_##name;
QUESTION_KINDS(ROW_DECLARE)
#undef ROW_DECLARE

static const struct question_row *const rows[N_QUESTION_KINDS] = {
#define ROW_POINTER(NAME, name) [QUESTION_##NAME] = &question_##name,
    QUESTION_KINDS(ROW_POINTER)
#undef ROW_POINTER
};

const struct question_row *question_row(enum question_kind kind)
{
    assert(kind < N_QUESTION_KINDS);
    return rows[kind];
}

const struct question_row *question_row_find(uint8_t n_options, struct str line,
                                             enum question_kind *ret)
{
    for (int i = 0; i < N_QUESTION_KINDS; i++) {
        bool has_options = rows[i]->options != QUESTION_OPTIONS_NONE;
        if (has_options != (n_options > 0) || !rows[i]->is_form(line))
            continue;
        *ret = (enum question_kind)i;
        return rows[i];
    }
    return NULL;
}

struct str question_forms(struct arena *arena)
{
    struct str forms = STR("");
    for (int i = 0; i < N_QUESTION_KINDS; i++) {
        if (rows[i]->is_form(STR_NONE))
            continue;
        forms = arena_printf(arena, "%.*s%s%s", STR_ARG(forms), forms.len > 0 ? ", " : "",
                             rows[i]->form);
    }
    return forms;
}

bool question_has_no_line(struct str line)
{
    return line.p == NULL;
}

uint16_t question_right_options(const struct question *q)
{
    uint16_t options = 0;
    for (uint8_t i = 0; i < q->n_choices; i++)
        options = (uint16_t)(options | (q->choices[i].is_right ? 2u << i : 0u));
    return options;
}

uint8_t question_right_option(const struct question *q)
{
    uint8_t option = 0;
    for (uint8_t i = q->n_choices; i > 0; i--)
        option = q->choices[i - 1].is_right ? i : option;
    return option;
}

struct str question_list(uint16_t options, struct arena *arena)
{
    struct str list = STR("");
    for (unsigned i = 1; i <= COURSE_MAX_CHOICES; i++) {
        if (((unsigned)options >> i & 1u) != 0)
            list = arena_printf(arena, "%.*s%s%u", STR_ARG(list), list.len > 0 ? "," : "", i);
    }
    return list;
}

struct answer_match match_answer(const struct question *question, struct str original,
                                 struct str normalised, struct arena *arena)
{
    return rows[question->kind]->match(question, original, normalised, arena);
}
