/*
 * crowd.h: an imaginary population that learns. Its people have a language, a way of writing, times
 * of day, an ability, patience and bad luck: sessions break off, callbacks come twice, some send
 * STOP or DELETE, some are brought back by a reminder, some learn in a group. They are played
 * through the whole app on _mem ports and a fake clock (lab/talk/run.h), so that what PostgreSQL is
 * told is what it would be told by them.
 *
 * The same seed makes the same people, who do the same at the same times; pseudonyms, codes and
 * lots are drawn anew each time.
 */
#pragma once

#include "core/lesson/parse.h"
#include "lab/talk/run.h"

/* People in a world of their own; each gets a share of memory and time. */
#define CROWD_WORLD 100u
#define CROWD_MAX_DAYS 1000u
#define CROWD_MAX_TONGUES 16u

struct crowd {
    const struct talk_fast_settings *world; /* but for its start */
    const struct lesson_source *source;
    const struct talk_tongue *tongues; /* languages that people speak, the most frequent first */
    uint32_t n_tongues;
    uint64_t seed;
    struct wall_ms from, until;
    struct str group_code, group_line; /* of a group that may be joined; absent: none */
};

/* An event as core.ingest takes it; borrowed. An error ends the play and is returned. */
typedef enum err crowd_on_record(void *ctx, struct str record);

/* The people number first to first + n - 1, n <= CROWD_WORLD. ERR_TIMEOUT, ERR_INVALID: the app did
 * not come to rest, or has no such course; msg says what. */
enum err crowd_play(const struct crowd *crowd, uint32_t first, uint32_t n, crowd_on_record *fn,
                    void *ctx, struct errmsg *msg) MUST_CHECK;
