/*
 * certificate.h: 12-digit codes, 11 random digits and a Damm check digit, which catches every
 * single wrong digit and every swap of neighbours; and what anybody is told who has one: never who,
 * where, which score or day (docs/course-rules.md 4).
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"

#define CERTIFICATE_BYTES 15 /* "4821 0937 5526" and NUL */
#define CERTIFICATE_DIGITS 12
#define CERTIFICATE_MAX 999999999999u
#define CERTIFICATE_NAME_BYTES 120u /* of a title or an organisation; longer ones are cut */
#define CERTIFICATE_LINE_BYTES 400u
#define CERTIFICATE_PIN_DIGITS 4u
#define CERTIFICATE_PIN_BYTES 24            /* salt and hash, as core/learner.h has them */
#define CERTIFICATE_KEPT_MS (1826 * DAY_MS) /* five years */

/* What a code stands for. Written as one line, which lies in Redis by the code, and in PostgreSQL.
 */
struct certificate {
    bool is_revoked;
    uint32_t module; /* number of the module that it is for; 0: the whole course */
    uint32_t n_modules, hours;
    struct str month;   /* "03/2026" */
    struct str version; /* of the course: "1.2" */
    struct str lang;    /* in which it was taken */
    struct str title;   /* of the course, in that language */
    struct str org;     /* that issued it */
    bool has_pin;       /* which proves that somebody is the holder */
    uint8_t pin[CERTIFICATE_PIN_BYTES];
};

/* From at least 8 random bytes. Never 0. */
uint64_t certificate_make(const uint8_t *random_bytes);
/* "4821 0937 5526" */
void certificate_format(uint64_t code, char dst[CERTIFICATE_BYTES]);
/* Accepts blanks and dashes between digits. ERR_INVALID for a wrong length or check digit; *ret is
 * untouched then. */
enum err certificate_parse(struct str text, uint64_t *ret) MUST_CHECK;
/* The check digit of a number of n digits; 0 over all digits of a code, check digit included. */
uint8_t certificate_check_digit(uint64_t value, unsigned n_digits);
/* Members in which a line would break are cut there. Absent when the arena is full. */
struct str certificate_line(const struct certificate *certificate, struct arena *arena);
/* Members point into the line. ERR_INVALID: it is none; *ret is untouched then. */
enum err certificate_read(struct str line, struct certificate *ret) MUST_CHECK;
