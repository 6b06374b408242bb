/*
 * fast.h: the world of fast transcripts from the inside: fast_setup.c puts it together and plays
 * the provider, fast.c does what a transcript asks for.
 */
#pragma once

#include "app/callback/callback.h"
#include "app/cohort_set.h"
#include "app/course_set.h"
#include "app/opt_outs.h"
#include "app/outbox/outbox.h"
#include "app/persist.h"
#include "app/replay.h"
#include "app/timers.h"
#include "lab/talk/run.h"
#include "port/sink/sink.h"

#define FAST_ID_BYTES 32
#define FAST_GATHER_MS 50 /* of events: shorter than in life, so that a line takes less time */
#define FAST_MAX_BYTES (1u << 20) /* of a text, a request, and all events that nobody asked for */

/* An SMS that has reached its phone. */
struct fast_delivered {
    struct fast_delivered *next;
    char number[TALK_NUMBER_BYTES];
    char id[FAST_ID_BYTES];
    struct buf text;
};

/* One that was looked at. */
struct fast_read {
    char number[TALK_NUMBER_BYTES];
    char id[FAST_ID_BYTES];
};

struct talk_fast {
    struct talk_world world;
    const struct talk_fast_settings *settings;
    struct config config;
    struct config_zone zone;
    struct loop *loop;
    struct store *store;
    struct spool *spool;
    struct sink *sink;
    struct sender *sender;
    struct vault *vault;
    struct metrics *metrics; /* tell the sender on which channel reports come */
    struct channels channels;
    struct course_set *courses;
    struct cohort_set *cohorts;
    struct dialogs *dialogs;
    struct joiner *joiner;
    struct callbacks *callbacks;
    struct opt_outs *opt_outs;
    struct outbox *outbox;
    struct replay *replay;
    struct timers *timers;
    struct persist *persist;
    struct http_reader *reader;
    struct buf responses[TALK_MAX_REPEATS]; /* by the slot of the token */
    struct fast_delivered *delivered;       /* oldest first */
    struct fast_read read[TALK_HISTORY];    /* a ring */
    uint32_t n_read;
    uint32_t n_envelopes; /* that were read from the sink */
    struct buf events;    /* their lines that nobody has asked for */
};

/* What a transcript may ask for. */
extern const struct talk_world_ops fast_ops;
void fast_delivered_free(struct fast_delivered *d);
