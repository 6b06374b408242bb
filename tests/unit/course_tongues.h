/*
 * The shipped course in all of its languages, and one message in one place of it.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#include "core/engine/engine.h"
#include "port/lesson_files.h"

#define NOW_MS INT64_C(1732433860000)
#define N_LANGUAGES 7

static struct courses courses;
static struct arena *course_arena, *arena;
static struct outcome out;

struct place {
    enum learner_state state;
    const char *unit;
};

/* All languages are tried, as course.md of an author who tries them says it. */
static inline int load(void **state)
{
    (void)state;
    struct lesson_file *files = NULL;
    uint32_t n = 0;
    const struct course *course = NULL;
    struct errmsg msg = {""};
    course_arena = arena_new(2 * LESSON_ARENA_BYTES);
    arena = arena_new(1 << 17);
    if (lesson_files_read("lessons/children-on-the-move", course_arena, &files, &n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(files[i].name, STR("course.md")))
            files[i].text =
                arena_printf(course_arena, "---\ntrial_languages: [fr, es, ar, tr, de, ru]\n%.*s",
                             STR_ARG(str_sub(files[i].text, strlen("---\n"), files[i].text.len)));
    }
    if (lesson_load(files, n, course_arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    courses = (struct courses){.list = {course}, .n = 1};
    assert_int_equal(course->n_languages, N_LANGUAGES);
    return 0;
}

static inline int unload(void **state)
{
    (void)state;
    arena_free(course_arena);
    arena_free(arena);
    return 0;
}

static inline struct str lang_at(uint16_t i)
{
    return courses.list[0]->languages[i];
}

static inline struct learner learner_at(const struct place *place, struct str lang)
{
    struct learner l;
    learner_init(&l);
    memset(l.learner_id, 7, sizeof(l.learner_id));
    l.state = place->state;
    l.consent_ms = l.asked_ms = NOW_MS - 1000;
    l.course_key = courses.list[0]->key;
    assert_int_equal(str_copy(str_from(place->unit), l.unit, sizeof(l.unit)), ERR_OK);
    assert_int_equal(str_copy(lang, l.lang, sizeof(l.lang)), ERR_OK);
    return l;
}

static inline void say(struct learner *l, struct str text)
{
    static const struct engine_context context = {.org = {"Red Cross", 9},
                                                  .url = {"example.org/c", 13},
                                                  .code = {"*384*7#", 7},
                                                  .emergency = {"999", 3},
                                                  .helpline = {"116", 3}};
    struct input input = {.kind = INPUT_TEXT,
                          .via = VIA_SMS,
                          .text = text,
                          .now = {NOW_MS},
                          .is_shown = true,
                          .seed = {1}};
    arena_reset(arena);
    if (engine_step(&courses, &context, l, &input, arena, &out) != ERR_OK)
        fail_msg("no outcome in %s %s: %.*s", l->lang, l->unit, STR_ARG(text));
}

static inline bool has_event(enum event_kind kind)
{
    bool found = false;
    for (uint32_t i = 0; i < out.n_events; i++)
        found = found || out.events[i].kind == kind;
    return found;
}
