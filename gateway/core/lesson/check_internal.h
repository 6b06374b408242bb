/*
 * check_internal.h: what the checks share; nobody else includes it.
 *
 *   check.c       the order of the checks; units: sources, options, conditions, feedback
 *   check_text.c  alphabet, placeholders and length of single texts
 *   check_words.c the words that learners type
 *   check_play.c  the course as the engine plays it
 *   check_language.c  the course in another language
 */
#pragma once

#include "core/lesson/lesson.h"
#include "core/lesson/sample.h"
#include "core/lesson/translate.h"
#include "core/lesson/walk.h"

struct check {
    const struct lesson_source *source;
    const struct course *course;
    struct arena *arena;   /* for findings */
    struct arena *scratch; /* reset by whoever begins something new */
    struct lesson_findings *findings;
    const struct course *played; /* the course with all its languages: what the engine gets */
};

/* what and fix are literals or live in c->arena. */
void check_error(struct check *c, const char *rule, struct source_pos pos, struct str offending,
                 struct str what, struct str fix);
void check_warning(struct check *c, const char *rule, struct source_pos pos, struct str offending,
                   struct str what, struct str fix);
/* lesson_measure with the check's own course and scratch. */
struct lesson_length check_measure(struct check *c, struct str text, enum lesson_limit limit);
/* A finding when the length is over its limit; what lives in c->arena. */
void check_length(struct check *c, struct lesson_length length, struct source_pos pos,
                  struct str offending, struct str what, const char *how);
/* A letter that looks like this one in Latin, lower case; the letter itself where there is none. */
int32_t check_look_alike(int32_t letter);

/* Alphabet of one text that is sent; fallback is its place where the text itself has none. */
void check_alphabet(struct check *c, struct str text, struct source_pos fallback);
/* A lesson text knows no placeholders. */
void check_no_placeholder(struct check *c, struct str text, struct source_pos fallback);
void check_system_texts(struct check *c);

/* Of all languages together, and what the course's own language lacks; of a translation only that.
 */
void check_words(struct check *c);
/* A translation of a text that names a command, "Send JOIN", must name a word for it. */
void check_named_commands(struct check *c, const struct lesson_string *string);

/* All but the play. */
void check_all(struct check *c);

/* Lengths of what the engine really sends, dead ends, and units that nobody reaches. Only for a
 * course without errors so far. */
void check_play(struct check *c);
/* Lengths of single screens without the engine, for all others: off by a digit or two. */
void check_estimate(struct check *c);
