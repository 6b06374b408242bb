/*
 * certificate.h: 12-digit codes, 11 random digits and a Damm check digit, which catches every
 * single wrong digit and every swap of neighbours (docs/course-rules.md 4).
 */
#pragma once

#include "base/str.h"

#define CERTIFICATE_BYTES 15 /* "4821 0937 5526" and NUL */

/* From at least 8 random bytes. Never 0. */
uint64_t certificate_make(const uint8_t *random_bytes);
/* "4821 0937 5526" */
void certificate_format(uint64_t code, char dst[CERTIFICATE_BYTES]);
/* Accepts blanks and dashes between digits. ERR_INVALID for a wrong length or check digit; *ret is
 * untouched then. */
enum err certificate_parse(struct str text, uint64_t *ret) MUST_CHECK;
/* The check digit of a number of n digits; 0 over all digits of a code, check digit included. */
uint8_t certificate_check_digit(uint64_t value, unsigned n_digits);
