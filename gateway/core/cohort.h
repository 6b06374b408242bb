/*
 * cohort.h: groups that learn together (docs/course-rules.md 5), as the engine sees them: a group
 * code, how long it may be joined, whose it is and how it learns. PostgreSQL owns them; a front
 * keeps them in memory (app/cohort_set.h).
 *
 * A group code has 5 digits and a check digit, which catches every single wrong digit and every
 * swap of neighbours (core/certificate.h): "482156".
 */
#pragma once

#include "base/arena.h"
#include "core/schedule.h"

#define COHORTS_MAX 4096u
#define COHORT_CODE_DIGITS 6
#define COHORT_MAX_BYTES 1536u /* of a description; the longest: tests/sql/constraints.sql */
#define COHORT_MAX_DATES 16u   /* of a group with fixed dates */
#define COHORT_MAX_PAUSES 8u
#define COHORT_NUDGES 4u /* messages that a facilitator may choose from */

enum cohort_pace {
    COHORT_PACE_WEEKLY, /* a module a week from start_day on */
    COHORT_PACE_OPEN,   /* whoever is ready goes on */
    COHORT_PACE_DATES,  /* module n on the n-th date */
};

/* Who looks after it, known by the number's pseudonym, and the hash of a PIN of six digits. */
#define COHORT_MAX_LEADS 3u
struct cohort_lead {
    uint8_t number_id[16];
    uint8_t pin_salt[8], pin_hash[16];
};

/* Days count from 1970-01-01, in the group's zone; texts live as long as the arena they were read
 * into. */
struct cohort {
    uint32_t code;
    struct str name;
    struct str organisation;  /* who runs it, in words; absent: as in the configuration */
    struct str lang;          /* that members begin with; absent: the course's */
    struct str course;        /* id; absent: the one that is current */
    struct str zone;          /* "Africa/Nairobi"; absent: the country's */
    const struct zone *local; /* what that is, for who has it; NULL: the country's */
    enum cohort_pace pace;
    int64_t start_day; /* 0 = not fixed */
    int64_t dates[COHORT_MAX_DATES];
    uint32_t n_dates;
    struct schedule_rest pauses[COHORT_MAX_PAUSES];
    uint32_t n_pauses;
    int32_t quiet_from_min, quiet_to_min; /* of the day, no push in between; -1: as usual */
    uint8_t days_off;                     /* bit 0 = Sunday, as core/schedule.h */
    struct cohort_lead leads[COHORT_MAX_LEADS];
    uint32_t n_leads;
    /* As PostgreSQL last counted: members, those who learned this week, how many finished which
     * module ("M2"), and the question that fewest had right ("M2Q4"); absent where nobody did. */
    uint32_t n_joined, n_active, n_finished, hardest_percent;
    struct str finished, hardest;
    struct str silent;     /* nicknames of who was quiet for a week and agreed to be named */
    uint8_t nudge;         /* which message the facilitator has ordered last, 1.. */
    int64_t nudge_ms;      /* and when */
    bool is_closed;        /* nobody joins any more */
    int64_t join_until_ms; /* wall time */
};

struct cohorts {
    const struct cohort *list; /* by code */
    uint32_t n;
};

/* The code of six digits; ERR_INVALID for another length or a wrong check digit. */
enum err cohort_code_parse(struct str digits, uint32_t *ret) MUST_CHECK;
/* From at least 4 random bytes. */
uint32_t cohort_code_make(const uint8_t *random_bytes);
/* NULL when there is none. cohorts may be NULL. */
const struct cohort *cohorts_find(const struct cohorts *cohorts, uint32_t code);
bool cohort_may_join(const struct cohort *cohort, struct wall_ms now);

/*
 * A description in words: "key=value" pairs with semicolons between them, in any order, as
 * PostgreSQL makes it (core.cohort_line) and transcripts write it:
 *
 *     name=Nairobi A;org=Red Cross Kenya;start=2025-01-06;pace=weekly;until=2025-02-05T09:00:00Z
 *
 * name org lang course zone (texts), pace=weekly|open|dates, start=DATE, dates=DATE DATE ...,
 * pauses=DATE..DATE ..., quiet=20:00-08:00, off=sun sat, state=open|closed, until=TIME,
 * lead=NUMBER_ID:SALT:HASH ... (hex), joined=N, active=N, finished=M2:N, hardest=M2Q4:PERCENT,
 * silent=NICKNAME NICKNAME ..., nudge=N:TIME. Keys that this program does not know are passed over.
 * ERR_INVALID with the reason in msg.
 */
enum err cohort_read(struct str code, struct str line, struct arena *arena, struct cohort *ret,
                     struct errmsg *msg) MUST_CHECK;
