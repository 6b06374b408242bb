/*
 * form.h: application/x-www-form-urlencoded pairs of queries and bodies (WHATWG URL 5.1).
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define FORM_MAX_PAIRS 256u

struct form_pair {
    struct str key;
    struct str value;
};

struct form {
    const struct form_pair *pairs; /* decoded, in order; in the arena */
    uint32_t n_pairs;
};

/* '+' is a blank, %XX a byte; a broken escape is kept as written. ERR_TOO_LONG: more pairs than the
 * ceiling. Bytes are not checked for UTF-8 here: the profile says which charset they are. */
enum err form_parse(struct str text, struct arena *arena, struct form *ret) MUST_CHECK;
/* multipart/form-data (RFC 7578): the fields; a file is a field with its content. ERR_INVALID when
 * the content type has no usable boundary or a part is malformed. Values borrow from body. */
enum err form_parse_multipart(struct str body, struct str content_type, struct arena *arena,
                              struct form *ret) MUST_CHECK;
/* First value of the key; absent when there is none. */
struct str form_get(const struct form *form, struct str key);
struct str form_get_nocase(const struct form *form, struct str key);
/* Appends with everything but unreserved characters (RFC 3986 2.3) percent-encoded; blank is '+'.
 */
void form_encode(struct str value, struct buf *out);
/* The same for a path segment: blank is %20. */
void form_encode_path(struct str value, struct buf *out);
/* %XX into bytes, '+' kept unless is_plus_blank; a broken escape is kept as written. In the arena;
 * absent past its ceiling. */
struct str form_decode(struct str value, bool is_plus_blank, struct arena *arena);
