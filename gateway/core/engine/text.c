/*
 * Filling in texts: screens, questions, key lines, and what is said in one reply.
 */
#include <string.h>

#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/pace.h"
#include "core/engine/quiz.h"
#include "core/engine/state.h"
#include "core/engine/step.h"
#include "core/gsm/gsm.h"

/* What a text is filled with: what belongs to it before what stands around it. */
struct filling {
    const struct course_var *vars, *around;
};

static struct str value_of(const void *ctx, struct str name)
{
    const struct filling *f = ctx;
    struct str value = course_var_get(f->vars, name);
    return value.p != NULL ? value : course_var_get(f->around, name);
}

static struct str without_stop(struct str sentence)
{
    bool has_stop = sentence.len > 0 && sentence.p[sentence.len - 1] == '.';
    return str_sub(sentence, 0, sentence.len - (has_stop ? 1 : 0));
}

struct str step_cost(const struct step *s)
{
    static const enum course_text known[] = {COURSE_TEXT_cost_normal, COURSE_TEXT_cost_free};
    struct str cost = s->context->cost;
    struct str bare = without_stop(cost);
    for (size_t i = 0; i < ARRAY_LEN(known) && s->base != NULL; i++) {
        struct str own = s->base->texts[known[i]];
        if (!str_is_empty(own) && str_eq(without_stop(own), bare))
            return s->course->texts[known[i]];
    }
    return cost;
}

struct str step_text(const struct step *s, enum course_text text, const struct course_var *vars)
{
    if (s->input->via == VIA_USSD)
        text = course_text_on_ussd(text);
    const struct engine_context *c = s->context;
    const struct cohort *cohort = step_cohort(s);
    bool has_own = cohort != NULL && !str_is_empty(cohort->organisation);
    const struct course_var around[] = {
        {"org", has_own ? cohort->organisation : c->org},
        {"url", c->url},
        {"code", c->code},
        {"voice", c->voice},
        {"cost", step_cost(s)},
        {"contact", step_contact(s)},
        {"name", str_from(s->learner->nickname)},
        {"course", s->course->name},
        {"course_title", s->course->title},
        {"course_modules", step_number(s, s->course->n_course_modules)},
        {NULL, STR_NONE}};
    const struct filling filling = {vars, around};
    return course_text_fill(s->course->texts[text], value_of, &filling, s->arena);
}

struct str step_number(const struct step *s, int64_t value)
{
    return arena_number(s->arena, value);
}

struct str step_contact(const struct step *s)
{
    struct str contact = str_trim(s->context->contact);
    while (contact.len > 0 && strchr(",;:.", contact.p[contact.len - 1]) != NULL)
        contact.len--; /* of who wrote it for "..., can help you" */
    return str_is_empty(contact) ? s->context->org : contact;
}

static struct str join(const struct step *s, struct str first, struct str second, char between)
{
    if (str_is_empty(first))
        return second;
    if (str_is_empty(second))
        return first;
    char *p = arena_alloc(s->arena, first.len + second.len + 2);
    if (p == NULL)
        return STR_NONE;
    memcpy(p, first.p, first.len);
    p[first.len] = between;
    memcpy(p + first.len + 1, second.p, second.len);
    return (struct str){p, first.len + second.len + 1};
}

struct str step_lines(const struct step *s, struct str first, struct str second)
{
    return join(s, first, second, '\n');
}

void step_say(struct step *s, struct str text)
{
    s->out->reply = join(s, s->out->reply, text, s->is_left_out_first ? '\v' : '\f');
    s->out->shows = OUTCOME_SHOWS_OTHER;
    s->is_left_out_first = false;
}

void step_say_if_room(struct step *s, struct str text)
{
    step_say(s, text);
    s->is_left_out_first = true;
}

void step_say_screen(struct step *s)
{
    step_say(s, step_screen(s));
    s->out->shows = OUTCOME_SHOWS_SCREEN;
}

/* Where an option begins from there on, of those in a line; its end without one. */
static size_t option_at(struct str line, size_t at, int32_t max)
{
    while (at < line.len && !(at + 2 < line.len && line.p[at] >= '0' && line.p[at] <= '0' + max &&
                              line.p[at + 1] == ' ' && (at == 0 || line.p[at - 1] == ' ')))
        at++;
    return at;
}

/* "2 I am new here": with the key in front or without. */
static bool is_typed(const struct step *s, struct str option)
{
    struct str text = match_normalise(str_sub(option, 2, option.len), s->arena), said = s->norm;
    if (said.len > 2 && said.p[0] == option.p[0] && said.p[1] == ' ')
        said = str_sub(said, 2, said.len);
    return !str_is_empty(text) && str_starts(said, text) &&
           match_is_bare(s->course->words, str_trim(str_sub(said, text.len, said.len)));
}

int32_t step_option_typed(const struct step *s, struct str lines, int32_t max)
{
    for (struct str line; (line = str_split(&lines, '\n')).p != NULL;) {
        for (size_t at = option_at(line, 0, max), end; at < line.len; at = end) {
            end = option_at(line, at + 2, max);
            if (is_typed(s, str_trim(str_sub(line, at, end))))
                return line.p[at] - '0';
        }
    }
    return -1;
}

int32_t step_menu_key(const struct step *s, struct str lines, int32_t max)
{
    struct answer_match key = match_menu(s->course->words, s->norm, max);
    return key.result == ANSWER_ONE ? key.choice : step_option_typed(s, lines, max);
}

struct str step_options(const struct step *s, const struct question *question)
{
    struct str lines = STR_NONE;
    for (uint8_t i = 0; i < question->n_choices; i++) {
        struct str line = join(s, step_number(s, i + 1), question->choices[i].text, ' ');
        lines = join(s, lines, line, '\n');
    }
    return lines;
}

static struct str add_key(const struct step *s, struct str keys, uint8_t key)
{
    struct str number = step_number(s, key);
    char *p = arena_alloc(s->arena, keys.len + number.len + 3);
    if (p == NULL || number.p == NULL || keys.p == NULL)
        return STR_NONE;
    memcpy(p, keys.p, keys.len);
    memcpy(p + keys.len, ", ", 2);
    memcpy(p + keys.len + 2, number.p, number.len);
    return (struct str){p, keys.len + 2 + number.len};
}

/* "1, 2 or 3", "1 to 6" */
static struct str option_keys(const struct step *s, uint8_t n)
{
    struct str keys = STR("1");
    if (n > 4 && !str_is_empty(s->course->texts[COURSE_TEXT_keys_to]))
        return step_text(s, COURSE_TEXT_keys_to, VARS({"last", step_number(s, n)}));
    for (uint8_t i = 2; i < n; i++)
        keys = add_key(s, keys, i);
    struct str last = step_number(s, n);
    struct str all = step_text(s, COURSE_TEXT_keys_or, VARS({"keys", keys}, {"last", last}));
    return !str_is_empty(all) ? all : add_key(s, keys, n);
}

/* The last line of a question: how to answer. */
static struct str reply_line(const struct step *s, const struct question *q)
{
    const struct question_row *row = question_row(q->kind);
    if (s->input->via == VIA_USSD && !row->is_reply_on_ussd)
        return STR_NONE;
    return step_text(s, row->reply,
                     VARS({"keys", option_keys(s, q->n_choices)}, {"low", step_number(s, q->low)},
                          {"high", step_number(s, q->high)},
                          {"max", step_number(s, q->max_chars)}));
}

/* The last line of a USSD screen. 9 skips where nothing is scored and it is no answer; neither it
 * nor 0 is a key where it is one, nor 0 where nothing lies before. */
static struct str key_line(const struct step *s, const struct question *q)
{
    bool is_nine = q->high >= 9 || q->n_choices >= 9;
    bool is_skipped = state_row_of_place(s->learner)->next == course_skip ||
                      state_row_of_place(s->learner)->phase == EVENT_PHASE_SURVEY;
    bool has_zero = course_has_back(s) && !(q->low <= 0 && q->high > 0);
    if (s->input->via != VIA_USSD)
        return STR_NONE;
    return step_text(s,
                     recall_is_round(s) && !is_nine ? COURSE_TEXT_recall_keys
                     : is_skipped && !is_nine       ? COURSE_TEXT_skip_keys
                     : has_zero                     ? COURSE_TEXT_question_keys
                                                    : COURSE_TEXT_zero_keys,
                     NO_VARS);
}

static struct gsm_size size_with(const struct step *s, struct str screen)
{
    return gsm_measure(gsm_fold(step_lines(s, s->out->reply, screen), GSM_FOLD_LATIN, s->arena));
}

/* By SMS a round of old questions says how to leave it where that needs no part more. */
static struct str with_way_out(const struct step *s, struct str screen)
{
    if (s->input->via == VIA_USSD || !recall_is_round(s))
        return screen;
    struct str whole = step_lines(s, screen, step_text(s, COURSE_TEXT_recall_keys, NO_VARS));
    bool is_free = size_with(s, whole).segments == size_with(s, screen).segments;
    return is_free ? whole : screen;
}

void step_count(const struct step *s, const struct unit *unit, uint32_t *ret_n, uint32_t *ret_of)
{
    if (state_row_of_place(s->learner)->is_alone)
        recall_count(s, ret_n, ret_of);
    else
        course_count(s->course, unit, ret_n, ret_of);
}

struct str step_question_keys(const struct step *s)
{
    const struct unit *unit = step_unit(s);
    bool is_asked = state_row_of_place(s->learner)->unit == STATE_UNIT_QUESTION;
    return is_asked && unit != NULL && unit->question != NULL ? reply_line(s, unit->question)
                                                              : STR_NONE;
}

/* A question as it goes to the phone: numbered stem, options, and by SMS the keys to press. */
static struct str question_screen(const struct step *s, const struct unit *unit)
{
    const struct question *q = unit->question;
    uint32_t n, of;
    step_count(s, unit, &n, &of);
    struct course_var vars[] = {{"n", step_number(s, n)},
                                {"of", step_number(s, of)},
                                {"stem", q->stem},
                                {"options", step_options(s, q)},
                                {NULL, STR_NONE}};
    struct str text = step_text(s, question_row(q->kind)->screen, vars);
    return with_way_out(s, join(s, join(s, text, reply_line(s, q), '\n'), key_line(s, q), '\n'));
}

struct str step_question_alone(const struct step *s, const struct unit *unit, uint32_t n)
{
    const struct question *q = unit->question;
    struct str text =
        step_text(s, question_row(q->kind)->screen,
                  VARS({"n", step_number(s, n)},
                       {"of", step_number(s, s->course->modules[unit->module].n_scored)},
                       {"stem", q->stem}, {"options", step_options(s, q)}));
    return join(s, join(s, text, reply_line(s, q), '\n'),
                step_text(s, COURSE_TEXT_back_keys, NO_VARS), '\n');
}

/* Of a screen of USSD behind what is said already, with the usual room. */
static uint32_t n_pages(const struct step *s, struct str screen)
{
    struct gsm_ussd ussd = {.text = join(s, s->out->reply, screen, '\f'),
                            .more_key = s->course->texts[COURSE_TEXT_more_key],
                            .first_key = s->course->texts[COURSE_TEXT_more_key],
                            .septets = GSM_USSD_SEPTETS,
                            .ucs2 = GSM_USSD_UCS2};
    struct str page;
    bool is_last = false;
    uint32_t n = 0;
    while (!is_last && gsm_ussd_page(&ussd, n, s->arena, &page, &is_last) == ERR_OK)
        n++;
    return n;
}

bool step_has_room(const struct step *s, struct str screen)
{
    struct gsm_size size = size_with(s, screen);
    return size.segments <= (size.encoding == GSM_ENCODING_GSM7 ? 2 : 3);
}

void step_say_if_free(struct step *s, struct str text)
{
    struct str screen = step_screen(s);
    bool is_free =
        size_with(s, step_lines(s, text, screen)).segments == size_with(s, screen).segments;
    if (is_free && !str_is_empty(text))
        step_say(s, text);
}

/* A session is two lessons: by SMS it says so where that needs no part more; and so it does of how
 * to go on where that is needed for the first time. */
static enum course_text next_keys(const struct step *s, struct str text, bool is_session,
                                  bool is_first)
{
    if (s->input->via == VIA_USSD && !course_has_back(s) &&
        !str_is_empty(s->course->texts[COURSE_TEXT_first_next_key]))
        return COURSE_TEXT_first_next_key;
    enum course_text longer = is_first ? COURSE_TEXT_first_key : COURSE_TEXT_session_key;
    if (s->input->via == VIA_USSD || !(is_session || is_first) ||
        str_is_empty(s->course->texts[longer]))
        return COURSE_TEXT_next_key;
    struct str plain = step_lines(s, text, s->course->texts[COURSE_TEXT_next_key]);
    struct str whole = step_lines(s, text, s->course->texts[longer]);
    return size_with(s, whole).segments == size_with(s, plain).segments ? longer
                                                                        : COURSE_TEXT_next_key;
}

static struct str lesson_screen(const struct step *s, const struct unit *unit, uint8_t screen)
{
    const struct module *module = &s->course->modules[unit->module];
    uint32_t n, of, n_lessons = 0;
    course_count(s->course, unit, &n, &of);
    for (const struct unit *other = &s->course->units[module->first_unit]; other <= unit; other++)
        n_lessons += other->kind == UNIT_LESSON;
    struct str text =
        step_text(s, COURSE_TEXT_lesson,
                  VARS({"text", unit->screens[screen]}, {"n", step_number(s, n)},
                       {"of", step_number(s, of)}, {"module", step_number(s, module->number)}));
    bool is_session =
        unit->kind == UNIT_LESSON && n_lessons % 2 == 0 && n < of && screen + 1 == unit->n_screens;
    bool is_first =
        module->number == 1 && unit == &s->course->units[module->first_unit] && screen == 0;
    enum course_text keys = next_keys(s, text, is_session, is_first);
    struct str key_line = step_text(s, keys, NO_VARS);
    struct str plain = join(s, text, key_line, '\n');
    struct str offer = copy_sms_key(s);
    struct str whole = join(s, text, step_lines(s, offer, key_line), '\n');
    return !str_is_empty(offer) && n_pages(s, whole) == n_pages(s, plain) ? whole : plain;
}

/* Of a place that is no lesson and no question of the course's: what there is. */
static enum course_text other_place(const struct state_row *row)
{
    static const struct {
        enum learner_state state;
        enum course_text text;
    } places[] = {{LEARNER_STATE_RETAKE, COURSE_TEXT_place_last_test},
                  {LEARNER_STATE_CERTIFIED, COURSE_TEXT_place_survey},
                  {LEARNER_STATE_SURVEY, COURSE_TEXT_place_survey},
                  {LEARNER_STATE_FOLLOWUP, COURSE_TEXT_place_survey},
                  {LEARNER_STATE_RECALL, COURSE_TEXT_place_recall},
                  {LEARNER_STATE_DONE, COURSE_TEXT_place_done}};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (row == state_row(places[i].state))
            return places[i].text;
    }
    return row->progress == PROGRESS_BEFORE ? COURSE_TEXT_place_start : COURSE_TEXT_place_other;
}

/* Of a unit of the course or its test: "M3, lesson 2". */
static struct str unit_place(const struct step *s, const struct unit *unit)
{
    const struct module *module = &s->course->modules[unit->module];
    uint32_t n, of;
    course_count(s->course, unit, &n, &of);
    struct str ordinal = step_number(s, n);
    if (module->kind == MODULE_TEST)
        return step_text(s, COURSE_TEXT_place_test, VARS({"unit", ordinal}));
    return step_text(s,
                     unit->question != NULL ? COURSE_TEXT_place_question : COURSE_TEXT_place_lesson,
                     VARS({"n", step_number(s, module->number)}, {"unit", ordinal}));
}

struct str step_place(const struct step *s)
{
    const struct state_row *row = state_row_of_place(s->learner);
    const struct unit *unit = row->is_alone ? NULL : step_unit(s);
    const struct module *module = unit != NULL ? &s->course->modules[unit->module] : NULL;
    bool is_done = row->progress == PROGRESS_MODULE_DONE;
    if (is_done)
        module = course_module_after(s);
    if (is_done && module == NULL)
        return step_text(s, COURSE_TEXT_place_last_test, NO_VARS);
    if (is_done || (module != NULL && row == state_row(LEARNER_STATE_CATCH)))
        return step_text(s, COURSE_TEXT_place_module, VARS({"n", step_number(s, module->number)}));
    bool is_named =
        module != NULL && (module->kind == MODULE_LESSONS || module->kind == MODULE_TEST);
    bool has_unit = row->unit == STATE_UNIT_LESSON || row->unit == STATE_UNIT_QUESTION;
    return is_named && has_unit ? unit_place(s, unit) : step_text(s, other_place(row), NO_VARS);
}

struct str step_unit_screen(const struct step *s)
{
    const struct unit *unit = step_unit(s);
    if (unit == NULL)
        return STR_NONE;
    return unit->question != NULL ? question_screen(s, unit)
                                  : lesson_screen(s, unit, s->learner->screen);
}
