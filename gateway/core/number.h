/*
 * number.h: phone numbers in E.164, by country calling code and possible lengths (ITU-T E.164; no
 * operator prefixes: those change within weeks). One function for every entry, so that +254..,
 * 254.. and 07.. are one person.
 */
#pragma once

#include "base/str.h"

#define NUMBER_BYTES 17 /* "+" and at most 15 digits, NUL */

struct number {
    char e164[NUMBER_BYTES];
    char country[3]; /* ISO 3166-1 alpha-2: the calling code's main country (within +1 and +7 the
                      * area code's), "" for satellite networks and tokens */
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

/* Accepts tel:, blanks, dashes, dots, slashes, brackets, 00 and a trunk 0. What the form promises
 * is tried first: with + or 00 a number is international, with a 0 it is national, digits alone are
 * national first for NUMBER_FORM_NATIONAL and (unless they begin with the default country's own
 * code) NUMBER_FORM_ANY. default_country ("KE") may be empty: then national forms are ERR_INVALID.
 * Short codes, words and impossible lengths are ERR_INVALID; a token of more than 16 characters is
 * ERR_TOO_LONG. On error *ret is untouched. */
enum err number_parse(struct str text, enum number_form form, struct str default_country,
                      struct number *ret) MUST_CHECK;
/* +254.. as the provider wants it: NUMBER_FORM_PLUS (also _ANY), _DIGITS, _00 or _NATIONAL (without
 * trunk 0). A token goes back as it came, whatever the form. ERR_INVALID for an empty number. */
enum err number_format(const struct number *number, enum number_form form, char dst[24]) MUST_CHECK;
/* "254" for "KE"; absent when the country is not in the table. */
struct str number_calling_code(struct str country);
