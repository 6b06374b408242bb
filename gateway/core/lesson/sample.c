#include "core/lesson/sample.h"

#include <string.h>

const struct engine_context *lesson_sample_context(void)
{
    static const struct engine_context context = {
        .org = STR("Example Organisation"),
        .url = STR("www.example.org/check"),
        .code = STR("*384*55#"),
        .cost = STR("Each SMS costs you your normal rate."),
        .contact = STR("Example Organisation (0800 7000)"),
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
    struct engine_screen at;
    learner_init(&learner);
    learner.state = state_at(course, unit);
    learner.course_key = course->key;
    learner.screen = (uint8_t)screen;
    enum err e = str_copy(unit->id, learner.unit, sizeof(learner.unit));
    if (e == ERR_OK)
        e = str_copy(course->language, learner.lang, sizeof(learner.lang));
    if (e == ERR_OK)
        e = engine_screen(&courses, lesson_sample_context(), &learner, via, arena, &at);
    if (e == ERR_OK)
        *ret = at.text;
    return e;
}

const char *lesson_needed_placeholder(size_t i)
{
    static const char *const needed[] = {
        "text", "stem", "options", "feedback",  "lines",    "keys",  "low",  "high",   "org", "url",
        "code", "max",  "staffed", "emergency", "helpline", "voice", "when", "crisis", "psea"};
    return i < ARRAY_LEN(needed) ? needed[i] : NULL;
}

struct samples {
    const struct course *course;
    const struct course_var *given;
    struct arena *arena;
};

/* What the course and the organisation would say. */
static struct str own_value(const struct samples *s, struct str name)
{
    const struct engine_context *context = lesson_sample_context();
    const struct course_var own[] = {
        {"course", s->course->name},
        {"course_title", s->course->title},
        {"course_modules", arena_printf(s->arena, "%u", s->course->n_course_modules)},
        {"org", context->org},
        {"cost", context->cost},
        {"contact", context->contact},
        {"url", context->url},
        {"emergency", context->emergency},
        {"helpline", context->helpline},
        {"crisis", context->crisis},
        {"psea", context->psea},
        {"staffed", context->staffed},
        {NULL, STR_NONE},
    };
    return course_var_get(own, name);
}

static struct str value_of(const void *ctx, struct str name)
{
    const struct samples *s = ctx;
    const struct course_var samples[] = {
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
        {"link", STR("https://learn.example.org/check/claim/abcdefghjkmnpqrs")},
        {"purposes", STR("course, reminders")},
        {"name", STR("MOON")},
        {"text", STR("(the lesson)")},
        {"stem", STR("(the question)")},
        {"options", STR("1 (one)\n2 (two)\n3 (three)")},
        {"feedback", STR("(the feedback)")},
        {"summary", STR("(the module in short)")},
        {"guide", STR("(the topic)")},
        {"lines", STR("1 (one)\n2 (two)\n3 (three)")},
        {NULL, STR_NONE},
    };
    struct str value = course_var_get(s->given, name);
    if (value.p == NULL)
        value = own_value(s, name);
    if (value.p == NULL)
        value = course_var_get(samples, name);
    return value.p != NULL ? value : STR("?");
}

struct str lesson_sample_text(const struct course *course, struct str text,
                              const struct course_var *given, struct arena *arena)
{
    static const struct course_var none[] = {{NULL, STR_NONE}};
    const struct samples samples = {course, given != NULL ? given : none, arena};
    return course_text_fill(text, value_of, &samples, arena);
}
