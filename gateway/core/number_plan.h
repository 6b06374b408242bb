/*
 * number_plan.h: national numbering plans as data. config/numbers.yaml says how its rows are
 * written; it is built in, and an operator's own file may take its place (number_plans_use).
 *
 * Plans are facts of the world like the GSM alphabet, so the process has one set of them and nobody
 * hands it down: the built-in one is read at the first look, and is never changed afterwards.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define NUMBER_PLAN_MAX_DIGITS 15 /* of a whole number, ITU-T E.164 6.1 */
#define NUMBER_PLAN_WRITTEN 19 /* bytes of a number as people write it, 00 and trunk prefix too */

/* Numbers that begin like this and have one of these lengths (bit n: n digits). */
struct number_beginning {
    struct str digits; /* x = any */
    uint32_t lengths;
    const struct number_beginning *next;
};

/* Another way to write a number, as a regular expression over all national digits, and what it
 * becomes. */
struct number_rewrite;

#define NUMBER_PLAN_AREAS 1000 /* first three digits of a national number */

struct number_plan {
    struct str name;  /* "KE", "Iridium" */
    char country[3];  /* ISO 3166-1 alpha-2; "" for networks of no country */
    struct str code;  /* calling code */
    struct str trunk; /* dialled before national numbers at home: "0", "06", "" */
    uint32_t lengths;
    const struct number_beginning *mobile; /* NULL: not needed to read a number */
    const struct number_rewrite *old;      /* forms that are no longer in use */
    const struct number_rewrite *same;     /* forms that reach the same person */
    const char **area_countries; /* of other countries that share the code; NULL: all are ours */
    struct number_plan *next;
};

struct number_plans;

/* One line for each mistake in errors: "file:line:column: words\n". ERR_INVALID or ERR_TOO_LONG
 * then, *ret untouched. */
enum err number_plans_parse(struct str yaml, struct str file, struct number_plans **ret,
                            struct buf *errors) MUST_CHECK;
/* From now on these are the plans of the process, which owns them; NULL: the built-in ones again.
 */
void number_plans_use(struct number_plans *plans);

/* Of the calling code that the digits begin with; NULL when nobody has it. */
const struct number_plan *number_plan_by_code(struct str digits);
/* By ISO 3166-1 alpha-2 code, in either case, also of a region; NULL when unknown. */
const struct number_plan *number_plan_by_country(struct str country);
/* Country of a national number: a region's by its beginning, else the plan's. */
const char *number_plan_region(const struct number_plan *plan, struct str national);
bool number_plan_has_length(const struct number_plan *plan, struct str national);
bool number_plan_is_mobile(const struct number_plan *plan, struct str national);
/* What the national digits are called today (plan->old), or for one person (plan->same): dst gets
 * them. False, dst untouched: no other form. */
bool number_plan_rewrite(const struct number_rewrite *list, struct str national,
                         char dst[NUMBER_PLAN_WRITTEN]);
