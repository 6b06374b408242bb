/*
 * learner_link.h: what is remembered of the conversation with a number: duplicates, the USSD
 * session, what stands on the phone. Written by app/dialog only (app/dialog/dialog.h says how), and
 * one note by the sender.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Where an encoded learner has link.said, so that the sender can note there that the SMS was taken
 * without reading, or moving, the rest. */
#define LEARNER_SAID_AT 5u
#define LEARNER_SAID_BYTES 6u
#define LEARNER_LAST_BYTES 96u
#define LEARNER_NUMBER_BYTES 9u
#define LEARNER_CHANNEL_BYTES 24 /* with NUL */

struct learner_link {
    uint32_t session;    /* hash of the USSD session; 0 = none */
    uint16_t path_bytes; /* length of the last cumulative USSD text */
    uint32_t path_hash;  /* and its hash: the prefix to remove from the next one */
    uint32_t step;       /* the provider's number of the last USSD request; 0 = none */
    int64_t last_ms;     /* wall time of the last inbound */
    char channel[LEARNER_CHANNEL_BYTES];  /* SMS channel of the last inbound, for pushes; a USSD
                                             channel's sms_channel; "" = none */
    uint8_t shown;                        /* what stands on the phone: app/shown.h */
    uint8_t said[LEARNER_SAID_BYTES];     /* the SMS that said it: learner_said_by() */
    uint8_t number[LEARNER_NUMBER_BYTES]; /* packed by the vault (port/vault/vault.h), for a
                                             PostgreSQL that lost it; all zero = none */
    char country[3];  /* of the number, "KE"; "" = not known: then the channel's */
    bool has_reports; /* its provider has told lately that an SMS has arrived: app/shown.h */
    int64_t same_ms;  /* until then the number was nobody else's, its operator says; 0 = not asked;
                         the only member that the engine writes */
    struct learner_last {
        uint8_t n;
        char bytes[LEARNER_LAST_BYTES];
    } last; /* what makes the last USSD reply again: app/last_reply.h */
};

/* link.said: said by the SMS of step seq, which no provider has taken yet; and taken, when, to two
 * milliseconds. All zero: by none that anybody waits for. */
void learner_said_by(uint32_t seq, uint8_t said[LEARNER_SAID_BYTES]);
void learner_said_at(int64_t at_ms, uint8_t said[LEARNER_SAID_BYTES]);
/* What was taken has also arrived, as its provider reports. */
void learner_said_arrived(uint8_t said[LEARNER_SAID_BYTES]);
bool learner_said_has_arrived(const uint8_t said[LEARNER_SAID_BYTES]);
/* The wall time at which it was taken, 0 where nobody waits; INT64_MAX: not yet. */
int64_t learner_said_ms(const uint8_t said[LEARNER_SAID_BYTES]);
