/*
 * json.h: a JSON body into a tree (RFC 8259, jansson underneath).
 *
 * A byte order mark is skipped. Duplicate keys: the last wins. Numbers become their own text before
 * jansson sees them, so that none is rounded or refused for its size. NUL escapes are refused.
 */
#pragma once

#include "wire/doc.h"

/* ERR_INVALID: no JSON, or nested deeper than DOC_MAX_DEPTH; ERR_TOO_LONG: the arena. */
enum err json_read(struct str text, struct arena *arena, const struct doc **ret) MUST_CHECK;
