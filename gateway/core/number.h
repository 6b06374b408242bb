/*
 * number.h: phone numbers in E.164, read by the numbering plans of core/number_plan.h. One function
 * for every entry, so that +254.., 254.., 07.. and the form that a number had before its country
 * renumbered are one person; and none of them becomes a number that somebody else may have.
 */
#pragma once

#include "base/buf.h"

#define NUMBER_BYTES 17 /* "+" and at most 15 digits, NUL */

struct number {
    char e164[NUMBER_BYTES];
    char country[3];   /* ISO 3166-1 alpha-2: the calling code's main country (within +1 and +7 the
                        * area code's), "" for satellite networks and tokens */
    bool is_unplanned; /* international, with a length that the plan does not know: to be counted */
};

/* How a provider writes numbers. */
enum number_form {
    NUMBER_FORM_PLUS,     /* +254700000101 (a blank for the plus is repaired) */
    NUMBER_FORM_DIGITS,   /* 254700000101 */
    NUMBER_FORM_00,       /* 00254700000101 */
    NUMBER_FORM_NATIONAL, /* 0700000101 or 700000101 of the default country */
    NUMBER_FORM_ANY,      /* whichever of these it looks like */
    NUMBER_FORM_OPAQUE,   /* a token that is no number: kept verbatim */
};

/* Accepts tel:, blanks, dashes, dots, slashes, brackets, 00 and a trunk 0. With + or 00 a number is
 * international, with one 0 in front national. Digits alone are international, whatever the default
 * country; only for NUMBER_FORM_NATIONAL and NUMBER_FORM_ANY they are national where that fits the
 * plans better (known length, then mobile beginning); where both fit equally well they are national
 * for NATIONAL, and for ANY ERR_INVALID: nobody is taken for somebody else. Forms from before a
 * renumbering become today's. default_country ("KE") may be empty: then national forms are
 * ERR_INVALID. An international number may have any length that is no short code's; a national one
 * only those of its plan. Short codes, words and impossible lengths are ERR_INVALID; a token of
 * more than 16 characters is ERR_TOO_LONG. On error *ret is untouched. */
enum err number_parse(struct str text, enum number_form form, struct str default_country,
                      struct number *ret) MUST_CHECK;
/* The same, and tells in words how it was read, or why not. */
enum err number_explain(struct str text, enum number_form form, struct str default_country,
                        struct number *ret, struct buf *words) MUST_CHECK;
/* What stands for the person: of an E.164 number that reaches the same phone with and without a
 * digit (Argentina's 9) always the same form, in dst; anything else as it came. For number_id only:
 * messages go to the number itself. */
struct str number_identity(struct str e164, char dst[NUMBER_BYTES]);
/* +254.. as the provider wants it: NUMBER_FORM_PLUS (also _ANY), _DIGITS, _00 or _NATIONAL (without
 * trunk 0). A token goes back as it came, whatever the form. ERR_INVALID for an empty number. */
enum err number_format(const struct number *number, enum number_form form, char dst[24]) MUST_CHECK;
/* "254" for "KE"; absent when the country is not in the plans. */
struct str number_calling_code(struct str country);
