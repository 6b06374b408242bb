#include "core/courses.h"

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
