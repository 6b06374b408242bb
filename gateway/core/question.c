#include "core/question.h"

#include <assert.h>
#include <string.h>

#define MAX_LETTERS 480 /* three SMS */

/* ---- what rows share ---- */

/* A form without an answer line. */
static bool has_no_line(struct str line)
{
    return line.p == NULL;
}

/* The right ones, bit n = option n. */
static uint16_t right_options(const struct question *q)
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

const struct question *question_with_key(const struct question *q, uint16_t options,
                                         struct arena *arena)
{
    struct question *keyed = arena_new_array(arena, struct question, 1);
    struct choice *choices = arena_new_array(arena, struct choice, COURSE_MAX_CHOICES);
    if (q->n_choices == 0 || keyed == NULL || choices == NULL)
        return q;
    struct str words = STR("");
    for (uint8_t i = 0; i < q->n_choices; i++) {
        choices[i] = (struct choice){.text = q->choices[i].text,
                                     .is_right = ((unsigned)options >> (i + 1) & 1u) != 0};
        if (choices[i].is_right)
            words = arena_printf(arena, "%.*s%s%.*s", STR_ARG(words), words.len > 0 ? "; " : "",
                                 STR_ARG(choices[i].text));
    }
    *keyed = *q;
    keyed->choices = choices;
    keyed->feedback = words;
    keyed->feedback_right = keyed->feedback_wrong = STR_NONE;
    return keyed;
}

/* "1,3" of a set of options, bit n = option n; in the arena. */
static struct str list_options(uint16_t options, struct arena *arena)
{
    struct str list = STR("");
    for (unsigned i = 1; i <= COURSE_MAX_CHOICES; i++) {
        if (((unsigned)options >> i & 1u) != 0)
            list = arena_printf(arena, "%.*s%s%u", STR_ARG(list), list.len > 0 ? "," : "", i);
    }
    return list;
}

static struct str key_none(const struct question *q, struct arena *arena)
{
    (void)q, (void)arena; /* no answer is right or wrong */
    return STR("");
}

static void record_text(const struct answer_match *answer, struct event *event)
{
    event->text = answer->text;
}

/* ---- one of several options ---- */

static bool is_right_choice(const struct question *q, const struct answer_match *answer)
{
    return q->choices[answer->choice - 1].is_right;
}

static struct str key_choice(const struct question *q, struct arena *arena)
{
    return arena_printf(arena, "%u", question_right_option(q));
}

static void record_choice(const struct answer_match *answer, struct event *event)
{
    event->choice = answer->choice;
}

static struct str sample_choice(const struct question *q, uint8_t option, struct arena *arena)
{
    uint8_t right = question_right_option(q);
    if (option == 0)
        option = right > 0 ? right : 1;
    return arena_printf(arena, "%u", option < q->n_choices ? option : q->n_choices);
}

static const struct question_row row_choice = {
    .name = "choice",
    .form = "options with one `[x]`",
    .options = QUESTION_OPTIONS_ONE,
    .is_form = has_no_line,
    .match = match_choice,
    .is_right = is_right_choice,
    .key = key_choice,
    .record = record_choice,
    .sample = sample_choice,
    .screen = COURSE_TEXT_question,
    .reply = COURSE_TEXT_reply_keys,
};

/* ---- all options that apply ---- */

/* Right when all right ones and no other are named; the recorded text is "1,3". */

static bool is_form_several(struct str line)
{
    return str_eq(line, STR("all"));
}

static bool is_right_several(const struct question *q, const struct answer_match *answer)
{
    return answer->choices == right_options(q);
}

static struct str key_several(const struct question *q, struct arena *arena)
{
    return list_options(right_options(q), arena);
}

static struct answer_match match_and_list(const struct vocabulary *words, const struct question *q,
                                          struct str original, struct str normalised,
                                          struct arena *arena)
{
    struct answer_match answer = match_several(words, q, original, normalised, arena);
    if (answer.result == ANSWER_ONE)
        answer.text = list_options(answer.choices, arena);
    return answer;
}

static struct str sample_several(const struct question *q, uint8_t option, struct arena *arena)
{
    uint16_t right = right_options(q);
    if (option == 0 && right != 0)
        return list_options(right, arena);
    return arena_printf(arena, "%u",
                        option == 0             ? 1
                        : option < q->n_choices ? option
                                                : q->n_choices);
}

static const struct question_row row_several = {
    .name = "several",
    .form = "`= all` below the options for all that apply",
    .options = QUESTION_OPTIONS_ANY,
    .is_form = is_form_several,
    .match = match_and_list,
    .is_right = is_right_several,
    .key = key_several,
    .record = record_text,
    .sample = sample_several,
    .screen = COURSE_TEXT_question,
    .reply = COURSE_TEXT_reply_several,
    .is_reply_on_ussd = true,
};

/* ---- a number from a range ---- */

static bool is_form_number(struct str line)
{
    return str_find(line, STR("..")) != SIZE_MAX;
}

static bool to_i32(struct str s, int32_t *ret)
{
    bool is_negative = str_starts(s, STR("-"));
    uint64_t number;
    if (str_to_u64(str_sub(s, is_negative, s.len), INT32_MAX, &number) != ERR_OK)
        return false;
    *ret = is_negative ? -(int32_t)number : (int32_t)number;
    return true;
}

static const char *parse_number(struct question *q, struct str line, struct arena *arena)
{
    (void)arena; /* numbers are no texts */
    size_t dots = str_find(line, STR(".."));
    bool is_range = to_i32(str_trim(str_sub(line, 0, dots)), &q->low) &&
                    to_i32(str_trim(str_sub(line, dots + 2, line.len)), &q->high) &&
                    q->low < q->high;
    return is_range ? NULL : "no range from a low to a high number";
}

static void record_number(const struct answer_match *answer, struct event *event)
{
    event->value = answer->number;
}

static struct str sample_number(const struct question *q, uint8_t option, struct arena *arena)
{
    return arena_printf(arena, "%d", option == 0 ? q->high : q->low);
}

static const struct question_row row_number = {
    .name = "number",
    .form = "`= 0..10` for a number",
    .is_form = is_form_number,
    .parse = parse_number,
    .match = match_number,
    .key = key_none,
    .record = record_number,
    .sample = sample_number,
    .screen = COURSE_TEXT_question_open,
    .reply = COURSE_TEXT_reply_range,
    .is_reply_on_ussd = true,
};

/* ---- one of a list of words ---- */

/* Any line that no other kind takes. */
static bool is_form_word(struct str line)
{
    return line.p != NULL;
}

static const char *parse_word(struct question *q, struct str line, struct arena *arena)
{
    struct str *words = arena_new_array(arena, struct str, COURSE_MAX_ACCEPTED);
    q->accepted = words;
    for (struct str rest = line; rest.p != NULL && words != NULL;) {
        struct str word = match_normalise(str_split(&rest, '|'), arena);
        if (str_is_empty(word))
            return "an empty word among the accepted ones";
        if (q->n_accepted == COURSE_MAX_ACCEPTED)
            return "too many accepted words: keep the most common ones, at most 32";
        words[q->n_accepted++] = word;
    }
    return NULL;
}

static struct str key_word(const struct question *q, struct arena *arena)
{
    (void)arena;
    return q->n_accepted > 0 ? q->accepted[0] : STR("");
}

static struct str sample_word(const struct question *q, uint8_t option, struct arena *arena)
{
    (void)option, (void)arena; /* wrong ones lead nowhere else */
    return key_word(q, arena);
}

static const struct question_row row_word = {
    .name = "word",
    .form = "`= soap | ash` for words",
    .is_form = is_form_word,
    .parse = parse_word,
    .match = match_word,
    .key = key_word,
    .record = record_text,
    .sample = sample_word,
    .screen = COURSE_TEXT_question_open,
    .reply = COURSE_TEXT_reply_word,
    .is_reply_on_ussd = true,
    .is_wrong_when_unmatched = true,
};

/* ---- free text ---- */

static bool is_form_open(struct str line)
{
    return str_eq(line, STR("open")) || str_starts(line, STR("open "));
}

static const char *parse_open(struct question *q, struct str line, struct arena *arena)
{
    (void)arena; /* a number is no text */
    uint64_t max = 0;
    struct str number = str_trim(str_sub(line, strlen("open"), line.len));
    if (str_to_u64(number, MAX_LETTERS, &max) != ERR_OK || max == 0)
        return "`open` needs a number of letters from 1 to 480";
    q->max_chars = (uint16_t)max;
    return NULL;
}

static struct str sample_open(const struct question *q, uint8_t option, struct arena *arena)
{
    (void)q, (void)option, (void)arena;
    return STR("more stories");
}

static const struct question_row row_open = {
    .name = "open",
    .form = "`= open 160` for free text",
    .is_form = is_form_open,
    .parse = parse_open,
    .match = match_open,
    .key = key_none,
    .record = record_text,
    .sample = sample_open,
    .screen = COURSE_TEXT_question_open,
    .reply = COURSE_TEXT_reply_text,
    .is_reply_on_ussd = true,
    .is_any_text = true,
};

/* ---- the table ---- */

static const struct question_row *const rows[N_QUESTION_KINDS] = {
#define ROW_POINTER(NAME, name) [QUESTION_##NAME] = &row_##name,
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

struct answer_match match_answer(const struct vocabulary *words, const struct question *question,
                                 struct str original, struct str normalised, struct arena *arena)
{
    return rows[question->kind]->match(words, question, original, normalised, arena);
}
