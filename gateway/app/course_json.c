#include "app/course_json.h"

#include "profile/signature.h"

static const char *module_kind_name(enum module_kind kind)
{
    static const char *const names[] = {
        [MODULE_ROLE] = "role",     [MODULE_LESSONS] = "lessons",   [MODULE_TEST] = "test",
        [MODULE_SURVEY] = "survey", [MODULE_FOLLOWUP] = "followup",
    };
    return names[kind];
}

static const char *unit_kind_name(enum unit_kind kind)
{
    static const char *const names[] = {
        [UNIT_STORY] = "story", [UNIT_LESSON] = "lesson", [UNIT_QUESTION] = "question"};
    return names[kind];
}

static void add_member(const char *key, struct str value, struct buf *out)
{
    buf_addf(out, "\"%s\":", key);
    buf_add_json(out, value);
    buf_add_char(out, ',');
}

static void add_screens(const struct unit *unit, struct buf *out)
{
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, COURSE_MAX_SCREENS * (COURSE_MAX_TEXT_BYTES + 2));
    for (uint16_t i = 0; i < unit->n_screens; i++) {
        if (i > 0)
            buf_add_str(&text, STR("\n\n"));
        buf_add_str(&text, unit->screens[i]);
    }
    buf_add_json(out, buf_str(&text));
}

/* The numbers of the right options; false: no option is right. */
static bool add_right(const struct question *q, struct buf *out)
{
    bool has_any = false;
    for (uint8_t i = 0; i < q->n_choices; i++) {
        if (q->choices[i].is_right)
            buf_addf(out, "%s%u", has_any ? "," : ",\"right\":[", i + 1u);
        has_any |= q->choices[i].is_right;
    }
    return has_any;
}

static void add_options(const struct question *q, struct buf *out)
{
    buf_add_str(out, STR(",\"choices\":["));
    for (uint8_t i = 0; i < q->n_choices; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        buf_add_json(out, q->choices[i].text);
    }
    buf_add_char(out, ']');
    if (add_right(q, out))
        buf_add_char(out, ']');
}

static void add_unit(const struct course *course, const struct unit *unit, struct buf *out)
{
    const struct module *module = &course->modules[unit->module];
    const struct question *q = unit->question;
    buf_add_char(out, '{');
    add_member("unit", unit->id, out);
    add_member("module", module->id, out);
    add_member("module_kind", str_from(module_kind_name(module->kind)), out);
    add_member("module_title", module->title, out);
    add_member("kind", str_from(unit_kind_name(unit->kind)), out);
    if (!str_is_empty(unit->title))
        add_member("title", unit->title, out);
    buf_add_str(out, STR("\"text\":"));
    if (q != NULL)
        buf_add_json(out, q->stem);
    else
        add_screens(unit, out);
    if (q != NULL && q->n_choices > 0)
        add_options(q, out);
    buf_add_char(out, '}');
}

void course_json(const struct course *course, struct str bundle, struct str hash, struct buf *out)
{
    buf_add_char(out, '{');
    add_member("course", course->id, out);
    add_member("version", course->version, out);
    add_member("hash", hash, out);
    buf_add_str(out, STR("\"bundle\":\""));
    base64_encode(bundle, false, out);
    buf_add_str(out, STR("\",\"units\":["));
    for (uint16_t i = 0; i < course->n_units; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        add_unit(course, &course->units[i], out);
    }
    buf_add_str(out, STR("]}"));
}
