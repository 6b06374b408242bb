/*
 * sample.h: a course as it will look on a phone, before any learner is there: screens made
 * by the engine itself, and system texts filled with values as long as real ones are. For checks
 * and previews.
 */
#pragma once

#include "core/engine/engine.h"
#include "core/lesson/parse.h"

/* The longest that is common of org, url, emergency number and so on. */
const struct engine_context *lesson_sample_context(void);

/* What a learner who is at this screen of this unit sees, all in. The course must be one that
 * lesson_parse took without an error. ERR_TOO_LONG when the arena is full. */
enum err lesson_sample_screen(const struct course *course, const struct unit *unit, uint16_t screen,
                              enum via via, struct arena *arena, struct str *ret) MUST_CHECK;

/* True for a placeholder without which a learner would not see the question, know who writes, or
 * find help: a text that may use it must. The i-th of them; NULL past the last. */
const char *lesson_needed_placeholder(size_t i);

/* A system text of a course with values in place of its placeholders: those given (up to name NULL;
 * given may be NULL), samples for all others. */
struct str lesson_sample_text(const struct course *course, struct str text,
                              const struct course_var *given, struct arena *arena);
