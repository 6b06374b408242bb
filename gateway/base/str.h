/*
 * str.h: a borrowed slice of bytes. It owns nothing, need not be NUL-terminated, and lives as long
 * as what it points into. {NULL, 0} is the absent string; an empty present one has a non-NULL p.
 *
 *     struct str word = str_trim(STR("  menu "));
 *     printf("%.*s", STR_ARG(word));
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct str {
    const char *p;
    size_t len; /* bytes */
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
#define STR_ARG(s) (int)(s).len, (s).p != NULL ? (s).p : ""

/* From a NUL-terminated string; NULL gives STR_NONE. */
struct str str_from(const char *cstr);
static inline bool str_is_empty(struct str s)
{
    return s.len == 0;
}
bool str_eq(struct str a, struct str b);
/* ASCII letters only; never locale dependent. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Byte index of the first c, or SIZE_MAX. */
size_t str_find_char(struct str s, char c);
/* Byte index of the first needle, or SIZE_MAX. An empty needle is found at 0. */
size_t str_find(struct str s, struct str needle);
/* Bytes from..to (clamped to the length). */
struct str str_sub(struct str s, size_t from, size_t to);
/* Without leading and trailing ASCII white space. */
struct str str_trim(struct str s);
/* Cuts at the first sep: returns what is before it and moves *rest behind it; without sep returns
 * all and leaves *rest absent (STR_NONE). Loop while rest.p != NULL. */
struct str str_split(struct str *rest, char sep);
/* Which one of a list of words, separated by sep, this is: from 0; -1 for none of them. */
int str_word_index(const char *words, char sep, struct str word);
/* Decimal digits only, no sign, no blank, at most max. ERR_INVALID otherwise, *ret untouched. */
enum err str_to_u64(struct str s, uint64_t max, uint64_t *ret) MUST_CHECK;
/* The end of an English noun that n counts: "" of one, else "s". */
static inline const char *str_s(uint64_t n)
{
    return n == 1 ? "" : "s";
}
/* Bytes of the valid UTF-8 sequence at text.p[from], from < text.len: 1 to 4; 0: there is none. */
size_t str_utf8_len(struct str text, size_t from);
/* Order as memcmp, shorter first. */
int str_cmp(struct str a, struct str b);
/* Copies into dst (dst_bytes including the NUL). ERR_TOO_LONG leaves dst empty. */
enum err str_copy(struct str s, char *dst, size_t dst_bytes) MUST_CHECK;
/* 64-bit FNV-1a: for tables and dedup marks keyed by text that is hashed with a secret elsewhere;
 * not for anything an attacker gains from colliding. */
uint64_t str_hash(struct str s);
/* 0 to 15 of a hex digit of either case, -1 of anything else. */
int hex_value(char c);
/* Lower-case hex of n bytes into dst (2*n+1 bytes, NUL-terminated). */
void hex_encode(const void *bytes, size_t n, char *dst);
/* Exactly 2*n hex digits of either case into n bytes. ERR_INVALID leaves dst undefined. */
enum err hex_decode(struct str hex, void *dst, size_t n) MUST_CHECK;
