#include "core/lesson/sample.h"

#include <string.h>

const struct engine_context *lesson_sample_context(void)
{
    static const struct engine_context context = {
        .org = STR("Example Organisation"),
        .url = STR("www.example.org/check"),
        .code = STR("*384*55#"),
        .cost = STR("Each SMS costs you your normal rate."),
        .contact = STR("Example Organisation, 0800 7000,"),
        .emergency = STR("your local emergency number"),
        .helpline = STR("Example Organisation"),
        .crisis = STR("0800 116 123"),
        .psea = STR("psea@example.org"),
        .staffed = STR("Mon-Fri 18:00"),
    };
    return &context;
}

static enum learner_state state_at(const struct course *course, const struct unit *unit)
{
    switch (course->modules[unit->module].kind) {
    case MODULE_ROLE:
        return LEARNER_STATE_ROLE;
    case MODULE_LESSONS:
        return unit->question != NULL ? LEARNER_STATE_QUIZ : LEARNER_STATE_LESSON;
    case MODULE_TEST:
        return LEARNER_STATE_PRETEST;
    case MODULE_SURVEY:
        return LEARNER_STATE_SURVEY;
    case MODULE_FOLLOWUP:
        return LEARNER_STATE_FOLLOWUP;
    }
    return LEARNER_STATE_NEW;
}

enum err lesson_sample_screen(const struct course *course, const struct unit *unit, uint16_t screen,
                              enum via via, struct arena *arena, struct str *ret)
{
    const struct courses courses = {.list = {course}, .n = 1};
    struct learner learner;
    bool is_open;
    learner_init(&learner);
    learner.state = state_at(course, unit);
    learner.course_key = course->key;
    learner.screen = (uint8_t)screen;
    enum err e = str_copy(unit->id, learner.unit, sizeof(learner.unit));
    if (e != ERR_OK)
        return e;
    return engine_screen(&courses, lesson_sample_context(), &learner, via, arena, ret, &is_open);
}

struct str lesson_next_placeholder(struct str text, size_t *at)
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

const char *lesson_needed_placeholder(size_t i)
{
    static const char *const needed[] = {
        "text", "stem", "options", "feedback",  "lines",    "keys",  "low",  "high",   "org", "url",
        "code", "max",  "staffed", "emergency", "helpline", "voice", "when", "crisis", "psea"};
    return i < ARRAY_LEN(needed) ? needed[i] : NULL;
}

static struct str value_of(const struct course *course, struct str name,
                           const struct lesson_value *given, struct arena *arena)
{
    const struct engine_context *context = lesson_sample_context();
    const struct lesson_value samples[] = {
        {"course", course->name},
        {"course_title", course->title},
        {"course_modules", arena_printf(arena, "%u", course->n_course_modules)},
        {"org", context->org},
        {"cost", context->cost},
        {"contact", context->contact},
        {"url", context->url},
        {"emergency", context->emergency},
        {"helpline", context->helpline},
        {"crisis", context->crisis},
        {"psea", context->psea},
        {"staffed", context->staffed},
        {"code", STR("4821 0937 5526")}, /* a certificate's, longer than a dial string */
        {"voice", STR("+254700000000")},
        {"keys", STR("1, 2 or 3")},
        {"last", STR("3")},
        {"low", STR("0")},
        {"high", STR("10")},
        {"n", STR("7")},
        {"of", STR("7")},
        {"module", STR("7")},
        {"modules", STR("7")},
        {"title", STR("Oversight and complaints")},
        {"score", STR("100")},
        {"right", STR("28")},
        {"total", STR("28")},
        {"need", STR("5")},
        {"hours", STR("24")},
        {"max", STR("160")},
        {"key", STR("3")},
        {"version", STR("1.2")},
        {"month", STR("03/2026")},
        {"when", STR("Wed 28 Sep 12:30")},
        {"until", STR("Wed 28 Sep")},
        {"place", STR("test, question 7")},
        {"unit", STR("7")},
        {"answers", STR("28")},
        {"language", STR("English")},
        {"group", STR("Nairobi A")},
        {"number", STR("482156")},
        {"purposes", STR("course, reminders")},
        {"name", STR("MOON")},
        {"text", STR("(the lesson)")},
        {"stem", STR("(the question)")},
        {"options", STR("1 (one)\n2 (two)\n3 (three)")},
        {"feedback", STR("(the feedback)")},
        {"summary", STR("(the module in short)")},
        {"guide", STR("(the topic)")},
        {"lines", STR("1 (one)\n2 (two)\n3 (three)")},
        {NULL, STR("?")},
    };
    for (const struct lesson_value *v = given; v != NULL && v->name != NULL; v++) {
        if (str_eq(name, str_from(v->name)))
            return v->value;
    }
    const struct lesson_value *sample = samples;
    while (sample->name != NULL && !str_eq(name, str_from(sample->name)))
        sample++;
    return sample->value;
}

struct str lesson_sample_text(const struct course *course, struct str text,
                              const struct lesson_value *given, struct arena *arena)
{
    struct str filled = STR("");
    size_t from = 0, at = 0;
    for (struct str name; (name = lesson_next_placeholder(text, &at)).p != NULL; from = at) {
        struct str before = str_sub(text, from, (size_t)(name.p - text.p) - 1);
        filled = arena_printf(arena, "%.*s%.*s%.*s", STR_ARG(filled), STR_ARG(before),
                              STR_ARG(value_of(course, name, given, arena)));
    }
    return arena_printf(arena, "%.*s%.*s", STR_ARG(filled), STR_ARG(str_sub(text, from, text.len)));
}
