/*
 * message.h: one SMS on its way out, as it lies in the outbox stream: written by app/dialog and
 * app/timers, read by app/outbox. The number is sealed: Redis never holds it in the clear.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "port/store/stream.h"
#include "profile/profile.h"

/* What may happen when the outcome of a send is unknown, and who goes first. */
enum message_class {
    MESSAGE_CLASS_REPLY,  /* answers an inbound: first; never repeated when unknown (REPEAT exists)
                           */
    MESSAGE_CLASS_NOTICE, /* STOP confirmation, certificate: first; never repeated when unknown */
    MESSAGE_CLASS_PUSH,   /* reminders, follow-up: after replies; never repeated when unknown */
};

/* What became of a message, or is known of it so far: names and order of core.message_status, which
 * a test compares (tests/sql). The sender says sent, failed, unknown and capped; delivery reports
 * and the past the rest (app/callback/report.c). */
#define MESSAGE_STATUSES(X)                                                                        \
    X(queued)                                                                                      \
    X(sending)                                                                                     \
    X(errored)                                                                                     \
    X(unknown)                                                                                     \
    X(sent)                                                                                        \
    X(undelivered)                                                                                 \
    X(delivered)                                                                                   \
    X(read)                                                                                        \
    X(failed)                                                                                      \
    X(capped)

enum message_status {
#define MESSAGE_STATUS_ENUM(name) MESSAGE_STATUS_##name,
    MESSAGE_STATUSES(MESSAGE_STATUS_ENUM)
#undef MESSAGE_STATUS_ENUM
        N_MESSAGE_STATUSES
};

struct message {
    struct str channel;
    enum message_class class;
    struct number_id number_id;
    uint8_t learner_id[16];
    uint32_t seq;          /* of the step that made it */
    uint16_t vault_key_id; /* 0 = not sealed here: the sender asks the vault table */
    uint8_t vault_nonce[12];
    struct str vault_ciphertext; /* E.164, associated data = number_id */
    struct str text;             /* final: folded, no form feeds */
    struct str link;             /* link id the provider wants back, absent = none */
    struct str network;          /* operator, as the provider named it; absent = not known */
    char purpose[12];            /* of a push: "reminder", "course" ...; "" = none */
    bool is_parting;  /* confirms that somebody has left, who is told of it all the same */
    struct str again; /* link.said (core/learner.h) of an SMS that this one says again, while it is
                         not known to have arrived; absent = it says something of its own */
    bool has_more;    /* a piece of a text that goes on in the next message */
    bool is_question; /* no SMS: asks the number's operator whether it has gone to somebody else
                         since the day that is its text (app/outbox/outbox.h) */
    bool is_answer;   /* to an SMS: stays on its channel, whatever the routes say */
    struct wall_ms created_at;
    struct wall_ms expires_at; /* not sent later than this; 0 = never expires */
};

/* A provider's id of a message is compared as a text that is cut here. */
#define REPORT_ID_BYTES 255u

const char *message_status_name(enum message_status status);
const char *message_class_name(enum message_class class);
void message_encode(const struct message *message, struct buf *out);
/* Borrows from bytes. ERR_INVALID or ERR_UNSUPPORTED. */
enum err message_decode(struct str bytes, struct message *ret) MUST_CHECK;

/* What became of one message, for its record in the event log. */
struct message_result {
    enum message_status status;
    struct str channel;     /* that sent it; absent = the message's own */
    struct str country;     /* of the number; empty = not known */
    struct str provider_id; /* absent when there is none */
    struct str error;       /* provider's words; digit runs are masked on the way out */
    uint32_t attempt;
    uint64_t price; /* of one segment, in millionths (CONFIG_AMOUNT); 0 = not known */
    struct str currency;
    uint32_t alphabets; /* national tables of the channel, for the count of segments */
};

/* Appends the record. */
void message_event(const struct message *message, const struct store_entry *entry,
                   const struct message_result *result, struct wall_ms at, struct arena *arena,
                   struct buf *out);
/* The same up to the id of a message that the store will give it (store_caps): for the case that a
 * cap keeps it back, and that it is said in the answer to a callback (then with said_so). */
void message_event_pieces(const struct message *message, const struct message_result *said_so,
                          struct wall_ms at, struct buf *refused, struct buf *said);

/* The other way: an SMS, or a call, as it lies in the spool while the store is away: everything
 * that its dialog will need. The spool seals it, since it holds the number and the text. */
struct spooled {
    struct str channel;
    struct wall_ms received;
    struct inbound inbound; /* members of an SMS only */
    bool is_call;           /* set by spooled_encode: kind is INBOUND_CALL */
};

/* Leaves an error in out when it is longer than SPOOL_MAX_RECORD_BYTES allows out to be. */
void spooled_encode(const struct spooled *sms, struct buf *out);
/* Borrows from bytes. ERR_INVALID or ERR_UNSUPPORTED. */
enum err spooled_decode(struct str bytes, struct spooled *ret) MUST_CHECK;
