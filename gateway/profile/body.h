/*
 * body.h: what is sent, in answers and in requests of our own: form, JSON or text, of members that
 * are values; and how a body that came is read.
 */
#pragma once

#include "profile/eval.h"

enum response_name {
    RESPONSE_OK,
    RESPONSE_REPLY,
    RESPONSE_OPEN,
    RESPONSE_CLOSE,
    RESPONSE_ENDED,
    RESPONSE_IGNORED,
    RESPONSE_REJECTED,
    RESPONSE_REFUSED,
    RESPONSE_BUSY,
    RESPONSE_POLL,
    RESPONSE_QUERY,
    N_RESPONSES
};

enum body_kind { BODY_NONE, BODY_FORM, BODY_JSON, BODY_TEXT, BODY_XML };
enum member_kind { MEMBER_LEAF, MEMBER_MAP, MEMBER_LIST };

struct member {
    enum member_kind kind;
    struct str key;
    struct value value;
    bool is_raw; /* a JSON number, true, false or null, written plainly */
    struct member *first;
    struct member *next;
};

struct body {
    bool is_declared;
    int status; /* of a response */
    struct str type;
    enum body_kind kind;
    struct member *members; /* FORM, JSON (one: the root) */
    struct value text;      /* TEXT, XML */
    struct named_value *headers;
    uint32_t max_chars;
};

struct request_template {
    struct str method; /* "GET", "POST" */
    struct value url;
    struct member *query;
    struct body body; /* headers too */
};

/* Parses the body that came as the profile takes it. ERR_INVALID, ERR_TOO_LONG. */
enum err body_read(struct eval *eval) MUST_CHECK;
/* The body of a provider's response, as what it looks like; what is neither form nor document is
 * text. */
void body_read_any(struct eval *eval);

bool members_render(struct eval *eval, const struct member *members, struct buf *out);
/* 0 bytes for BODY_NONE. False: a value without which it makes no sense. */
bool body_render(struct eval *eval, const struct body *body, struct buf *out);
#define BODY_SPARE_HEADERS 4u /* room for the content type, and for the simulator's three */
/* Arena copies of the headers, content type not among them; NULL when one holds a line end. Room
 * for BODY_SPARE_HEADERS more stands behind them. */
struct http_header *headers_render(struct eval *eval, const struct body *body, uint32_t *ret_n);
