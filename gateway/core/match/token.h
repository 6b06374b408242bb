/*
 * token.h: the pieces of a normalised text that may be an answer: digits, and words.
 */
#pragma once

#include "core/match/match.h"
#include "core/match/words.h"

enum token_kind { TOKEN_END, TOKEN_DIGITS, TOKEN_WORD };

struct token {
    enum token_kind kind;
    bool is_ordinal; /* digits with what makes them one: "2nd", "2eme", "2-й" */
    struct str text;
    struct str rest; /* what follows */
};

/* The first piece of the text. */
struct token token_next(const struct vocabulary *words, struct str text);
/* The piece behind this one, without a "one" that an ordinal has: "the 3rd one", "the last one". */
struct token token_after(const struct vocabulary *words, struct token before);

/* ASCII signs and blanks separate; letters of any script do not. */
bool token_is_digit(char c);
bool token_is_letter(char c);
