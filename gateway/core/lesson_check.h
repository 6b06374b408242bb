/*
 * lesson_check.h: what a learner or a reader would suffer from in a course that can be parsed:
 * screens that are too long, letters that make an SMS cost twice, placeholders that stay empty,
 * options that a phone takes for a command, texts whose source nobody checked.
 *
 * Lengths are measured on what the engine really sends: when the course has no error so far, it is
 * played from JOIN to the end, by SMS and by USSD, with right and with other answers, and every
 * reply is counted. A lesson or question that no play reaches is a finding too.
 */
#pragma once

#include "core/engine.h"
#include "core/lesson_parse.h"

/* Ceilings of texts, by the alphabet of the course (COURSE.md 1.2, 1.4, 1.5, 6.2). */
struct lesson_limits {
    uint32_t message;  /* a reply by SMS, all in: 2 parts (GSM-7) or 3 (UCS-2) */
    uint32_t page;     /* a question on USSD: one page */
    uint32_t feedback; /* one feedback: one part */
    uint32_t safe;     /* text_safe and text_safe_staffed */
    const char *unit;  /* "septets" or "UCS-2 units" */
};

const struct lesson_limits *lesson_limits(const struct lesson_source *source);

/* Adds to findings; those of the parser should be in it already. arena: for what findings keep;
 * scratch is reset again and again. */
void lesson_check(const struct lesson_source *source, struct arena *arena, struct arena *scratch,
                  struct lesson_findings *findings);

/* Values as long as real ones are, for org, url and so on: for checks and previews. */
const struct engine_context *lesson_sample_context(void);
