/*
 * vector.h: vectors, the HTTP exchanges that providers document and what they mean (the README of
 * config/profiles says how one is written), against profiles and without servers.
 *
 *   run.c   all vectors of some files, printed as TAP: `waypost channel test`
 *   send.c  one of kind send: the request that we would make
 *   text.c  reading, comparing and printing, for these and for lab/try.h
 */
#pragma once

#include "profile/profile.h"
#include "wire/doc.h"

#define VECTOR_MAX_BYTES (4u << 20) /* of a file */
#define VECTOR_MAX_SETTINGS 64u
#define VECTOR_MAX_FILES 512u

struct vector_tests {
    const char *const *files;
    uint32_t n_files;
    const char *profiles; /* folder; NULL = the one that comes with the program */
    bool has_responses;   /* compare our responses with the vectors' too */
};

/* Prints a line for each vector, with the fields that differ. *ret_n_failed of them are not ok; a
 * provider without profile is. Errors are those of the files: nothing was run. */
enum err vector_test(const struct vector_tests *tests, uint32_t *ret_n_failed,
                     struct errmsg *msg) MUST_CHECK;

/* ---- pieces ---- */

struct vector_settings {
    struct setting list[VECTOR_MAX_SETTINGS];
    uint32_t n;
};

/* Replaces an earlier one of that name; beyond the ceiling it is left out. */
void vector_settings_put(struct vector_settings *settings, struct str name, struct str value);
struct settings vector_settings_all(const struct vector_settings *settings);
/* All members, "a.b" for members of members. */
void vector_settings_read(const struct doc *object, struct str prefix, struct arena *arena,
                          struct vector_settings *ret);
/* The `now` of a vector; 0 when it has none. */
struct wall_ms vector_now(const struct doc *object);

/* One JSON object with the keys of a vector's expect, null where there is nothing. */
void vector_print_inbound(const struct inbound *in, struct buf *out);
/* RFC 3339 as vectors write it: no fraction where it is zero. */
struct str vector_time(struct wall_ms at, struct arena *arena);
/* Makes a raw request as people keep it one that a strict reader takes: line ends, Host and
 * Content-Length are added. */
void vector_complete_request(struct str raw, struct buf *out);

/* Stands for any text, also none, in answers that are compared with a sample. */
#define VECTOR_ANY_TEXT "waypost-any-text"
#define VECTOR_ANY_UCS2_TEXT "\xe2\x98\x83" VECTOR_ANY_TEXT /* a snowman: no GSM-7 */
bool vector_text_fits(struct str got, struct str expected);
/* Same values, order of members aside; moments that name the same time are equal, and what
 * vector_text_fits. */
bool vector_equal(const struct doc *a, const struct doc *b);
/* JSON and XML by content, the rest byte by byte. */
bool vector_bodies_equal(struct str got, struct str expected, struct arena *arena);
/* Appends "what: got X, expected Y". */
void vector_differ(const char *what, struct str got, struct str expected, struct buf *out);
/* Appends "name: got X, expected Y" when expected has the name and differs. */
void vector_compare(const struct doc *expected, const char *name, struct str got, struct buf *out);

/* One vector of kind send. Appends a line for each difference to out. */
void vector_test_send(const struct profile *p, const struct doc *vector, struct arena *arena,
                      struct buf *out);
