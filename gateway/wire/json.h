/*
 * json.h: a JSON body into a tree (RFC 8259, jansson underneath).
 *
 * A byte order mark is skipped. Duplicate keys: the last wins. Numbers become their own text
 * before jansson sees them, so that none is rounded or refused for its size. Strings are taken as
 * providers write them: raw line ends and control characters are kept; what is no character (half
 * an emoji, NUL, no UTF-8, an unknown escape) is U+FFFD and costs the rest nothing.
 */
#pragma once

#include "wire/doc.h"

/* ERR_INVALID: no JSON, or nested deeper than DOC_MAX_DEPTH; ERR_TOO_LONG: the arena. */
enum err json_read(struct str text, struct arena *arena, const struct doc **ret) MUST_CHECK;
