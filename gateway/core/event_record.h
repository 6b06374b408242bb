/*
 * event_record.h: an entry of the event log, on its way from Redis (a stream for each bucket) to
 * PostgreSQL: what a step made of a learner, what became of a message, what a provider reports of a
 * delivery. Its binary form is described in docs/events.md; `waypost events` prints it as JSON.
 */
#pragma once

#include "core/event.h"

#define EVENT_RECORD_MAX_BYTES 65536u

/* Where an entry stands in its bucket's stream: the two numbers of a Redis stream id. */
struct event_place {
    uint64_t ms, n;
};

enum event_record_kind {
    EVENT_RECORD_STEP = 1,    /* one committed step of a learner */
    EVENT_RECORD_MESSAGE = 2, /* what became of an SMS of the outbox */
    EVENT_RECORD_REPORT = 3,  /* what a provider reports of a delivery */
};

/* Strings are borrowed; empty, and numbers that are zero: does not apply. */
struct event_record {
    enum event_record_kind kind;
    uint8_t number_id[16];  /* step, message */
    uint8_t learner_id[16]; /* step, message */
    uint32_t seq;           /* step; message: of the step that made it */
    struct wall_ms at;
    struct str channel;

    /* step and message */
    struct str network, country;
    struct str unit; /* message: that it is about */

    /* step */
    struct str via; /* "sms" "ussd" */
    struct str course, version, lang;
    struct str cohort, mode;
    uint32_t session;      /* hash of the USSD session */
    struct wall_ms due_at; /* next timer, as in store_commit; ms 0 = none */
    bool is_erased;        /* nothing of the number may stay: the state that Redis has neither */
    uint16_t vault_key_id; /* 0 = no sealed number comes with it */
    struct str vault_nonce, vault_ciphertext; /* raw bytes */
    struct str also; /* 16 bytes each: others on the number who left by the same STOP, or, where
                        there is none among the events, because it is somebody else's now */
    struct event events[EVENTS_MAX];
    uint32_t n_events;

    /* message */
    uint8_t bucket;           /* of the outbox that it lies in, and where there */
    struct event_place place; /* together they name the message */
    struct str class, status, purpose, encoding, currency;
    struct str refused_by; /* name of the cap that kept it back */
    uint32_t segments, attempt;
    uint64_t price; /* of all segments, in millionths */

    /* message and report (which has a status too) */
    struct str provider_id, error;
};

/* Appends the record. What an id or a cap says of a message that the store is about to take is
 * added by the store: see event_message_end. */
void event_encode(const struct event_record *record, struct buf *out);
/* A message record up to its place and who refused it, which event_message_end appends. */
void event_encode_message(const struct event_record *record, struct buf *out);
/* id: "1732433860123-0". Redis does the same to the pieces of store_caps (functions.lua). */
void event_message_end(struct str id, struct str refused_by, struct buf *out);
/* Strings borrow from bytes. ERR_INVALID: no record. ERR_UNSUPPORTED: of another version of the
 * program, or with a name in it that this one does not know. *ret is undefined then. */
enum err event_decode(struct str bytes, struct event_record *ret) MUST_CHECK;
/* The learner of a step or message, also where event_decode says ERR_UNSUPPORTED for the sake of
 * what a newer program has added: the first fields stand as they always did. False: nobody's, or
 * of another version altogether. */
bool event_learner(struct str bytes, uint8_t ret[16]) MUST_CHECK;
/* "1732433860123-0"; ERR_INVALID for anything else. */
enum err event_place_read(struct str id, struct event_place *ret) MUST_CHECK;
#define EVENT_PLACE_BYTES 42 /* with NUL */
void event_place_write(struct event_place place, char dst[EVENT_PLACE_BYTES]);
int event_place_cmp(struct event_place a, struct event_place b);
/* Appends one line of JSON; state: of the learner now, encoded; absent = not known. */
void event_record_json(const struct event_record *record, struct str state, struct buf *out);
