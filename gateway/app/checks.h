/*
 * checks.h: what does a certificate's code stand for? Asked by SMS, USSD and the public page, and
 * answered slowly enough that nobody finds codes by trying (docs/course-rules.md 4): so many an
 * hour for who asks, and for all together so many that nobody has in CHECKS_MISS_S. Once those are
 * used up nobody is answered until the time is over, right code or not: else a wrong one would
 * still be told from a right one. Phones and the page have a budget each.
 */
#pragma once

#include "base/clock.h"
#include "core/engine/engine.h"
#include "port/store/store.h"

#define CHECKS_AN_HOUR 5u       /* of one number, one address */
#define CHECKS_LIST 25u         /* codes in a list */
#define CHECKS_LISTS_AN_HOUR 2u /* of one address; they count for nothing else */
#define CHECKS_LIST_MISSES 5u   /* codes that nobody has, after which a list is over */
#define CHECKS_PINS 10u
#define CHECKS_MISSES 100u
#define CHECKS_MISS_S 600u

/* A code with which a place can be brought to another number is looked for where there is no such
 * certificate, for phones: it lives so long, and is looked at so often at most, whoever asks. */
#define CHECKS_MOVE_KEPT_MS (7 * DAY_MS)
#define CHECKS_MOVE_TRIES 20u
#define CHECKS_MOVE_BYTES (2 * NUMBER_ID_BYTES + 2 * 16 + 1) /* what lies by the code, with NUL */
#define CHECKS_MOVE_KEY_BYTES 24u
void checks_move_key(uint64_t code, char key[CHECKS_MOVE_KEY_BYTES]);
void checks_move_value(const struct number_id *id, const uint8_t learner_id[16],
                       char value[CHECKS_MOVE_BYTES]);

/* The badge of a certificate, asked for by the link of CLAIM: what stands under "claim:TOKEN" of
 * the sessions, for 30 days from the making of the link. No number, no address. */
#define CHECKS_CLAIM_KEPT_MS (30 * DAY_MS)
#define CHECKS_CLAIM_KEY_BYTES 32u
enum checks_claim_state {
    CHECKS_CLAIM_NEW,   /* the link was given */
    CHECKS_CLAIM_WAITS, /* it was opened and the badge asked for: on the board of claims */
    CHECKS_CLAIM_READY, /* somebody has signed it */
    CHECKS_CLAIM_USED,  /* it was fetched */
};
struct checks_claim {
    enum checks_claim_state state;
    int64_t until_ms;
    uint64_t code;    /* of the certificate */
    struct str badge; /* READY: the credential */
};
bool checks_claim_is_token(struct str token);
void checks_claim_key(struct str token, char key[CHECKS_CLAIM_KEY_BYTES]);
/* In dst, which has STORE_SESSION_BYTES; absent: the badge is too long. */
struct str checks_claim_write(const struct checks_claim *claim, char *dst);
/* Borrows from value. False: it is none. */
bool checks_claim_read(struct str value, struct checks_claim *ret);
/* "sha256$HASH SALT" of an e-mail address in small letters, as Open Badges 3.0 has it: who has the
 * address can tell, nobody else. In the arena; absent when that is full. */
struct str checks_claim_identity(struct str email, struct arena *arena);

struct checks_ask {
    uint64_t code;
    struct number_id who; /* pseudonym of a number, or of an address */
    const char *by;       /* "phone", "page" */
    bool has_moves;
    bool has_pin;    /* of the holder, to be compared: CHECKS_PINS a day for each code */
    bool is_in_list; /* that was counted */
    bool is_again;   /* the number has asked for this code before, and answers what it was told */
};

/* e: as of the store. ret: NULL unless e is ERR_OK; what it points to is borrowed until the
 * callback returns. Exactly once, from the loop. */
typedef void checks_on_done(void *ctx, enum err e, const struct code_check *ret);
void checks_look(struct store *store, const struct checks_ask *ask, checks_on_done *fn, void *ctx);
/* Before the first code of a list. ERR_DENIED: too many lists. */
void checks_count_list(struct store *store, const struct number_id *who, store_on_done *fn,
                       void *ctx);
/* The person of this id in a number's state; false: there is none, or it cannot be read. */
bool checks_find(struct str state, const uint8_t learner_id[16], struct learner *ret);
