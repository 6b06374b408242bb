/*
 * checks.h: what does a certificate's code stand for? Asked by SMS, USSD and the public page, and
 * answered slowly enough that nobody finds codes by trying (docs/course-rules.md 4): so many an
 * hour for who asks, and for all together so many that nobody has in CHECKS_MISS_S. Once those are
 * used up nobody is answered until the time is over, right code or not: else a wrong one would
 * still be told from a right one. Phones and the page have a budget each.
 */
#pragma once

#include "core/engine/engine.h"
#include "port/store/store.h"

#define CHECKS_AN_HOUR 5u /* of one number, one address */
#define CHECKS_MISSES 100u
#define CHECKS_MISS_S 600u

struct checks_ask {
    uint64_t code;
    struct number_id who; /* pseudonym of a number, or of an address */
    const char *by;       /* "phone", "page" */
};

/* e: as of the store. ret: NULL unless e is ERR_OK; what it points to is borrowed until the
 * callback returns. Exactly once, from the loop. */
typedef void checks_on_done(void *ctx, enum err e, const struct code_check *ret);
void checks_look(struct store *store, const struct checks_ask *ask, checks_on_done *fn, void *ctx);
