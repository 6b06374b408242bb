#include "core/course.h"

#include <assert.h>
#include <string.h>

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

bool course_is_rtl(struct str lang)
{
    size_t region = str_find_char(lang, '-');
    return str_word_index("ar|fa|he|ur|ps|ckb|sd|ug|yi|dv", '|', str_sub(lang, 0, region)) >= 0;
}

const struct course *course_in(const struct course *course, struct str lang, int module)
{
    if (str_is_empty(lang))
        lang = course->language; /* nobody has chosen yet */
    for (uint16_t i = 0; i < course->n_languages && course->translations != NULL; i++) {
        const struct course *view = course->translations[i];
        if (view == NULL || !str_eq(course->languages[i], lang))
            continue;
        return module < 0 || !view->modules[module].is_untranslated ? view : course;
    }
    return course;
}

/* Where a search for this id begins. */
static uint32_t id_slot(struct str id, uint32_t n_slots)
{
    return fnv1a(2166136261u, id) & (n_slots - 1);
}

/* An open table of indices, from 1; 0 is a free slot. Of two that have one id the first is found,
 * as in the list. */
void course_index_units(struct course *course, struct arena *arena)
{
    uint32_t n_slots = 4;
    while (n_slots < 2u * course->n_units)
        n_slots *= 2;
    uint16_t *slots = arena_new_array(arena, uint16_t, n_slots);
    if (slots == NULL)
        return;
    for (uint16_t i = 0; i < course->n_units; i++) {
        uint32_t at = id_slot(course->units[i].id, n_slots);
        while (slots[at] != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = (uint16_t)(i + 1);
    }
    course->by_id = slots;
    course->n_by_id = n_slots;
}

const struct unit *course_unit(const struct course *course, struct str unit_id)
{
    if (course->by_id != NULL) {
        uint32_t at = id_slot(unit_id, course->n_by_id);
        while (course->by_id[at] != 0 && !str_eq(course->units[course->by_id[at] - 1].id, unit_id))
            at = (at + 1) & (course->n_by_id - 1);
        return course->by_id[at] != 0 ? &course->units[course->by_id[at] - 1] : NULL;
    }
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
