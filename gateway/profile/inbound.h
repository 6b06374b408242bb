/*
 * inbound.h: one message as it came, whoever brought it. Texts live in the arena of the decoding.
 */
#pragma once

#include "base/clock.h"
#include "base/str.h"

/* INBOUND_CALL: somebody calls our voice number; it is hung up and says only that they called. */
enum inbound_kind { INBOUND_SMS, INBOUND_USSD, INBOUND_DLR, INBOUND_POLL, INBOUND_CALL };

/* config/profiles/README.md, outcomes; names by inbound_outcome_name(). */
enum inbound_outcome {
    INBOUND_ACCEPT,
    INBOUND_REJECT,    /* not a message we can take: answered so that the provider stops */
    INBOUND_IGNORE,    /* answered with success, nothing stored */
    INBOUND_DUPLICATE, /* only known where the caller passed what was received before */
    INBOUND_AUTH_FAIL, /* 401 or 403, nothing stored */
    INBOUND_BUFFER,    /* one part of a longer message; see part_* */
    INBOUND_UNKNOWN_STATUS,
    INBOUND_POLL_REQUEST, /* a phone asks for messages to send */
    INBOUND_STATUS_QUERY,
    INBOUND_SIGNATURE_OK, /* vectors of kind signature */
};

enum inbound_phase {
    INBOUND_PHASE_NONE,
    INBOUND_PHASE_NEW,
    INBOUND_PHASE_CONTINUE,
    INBOUND_PHASE_END,
    INBOUND_PHASE_TIMEOUT
};

enum dlr_status {
    DLR_NONE,
    DLR_QUEUED,
    DLR_SENT,
    DLR_DELIVERED,
    DLR_FAILED,
    DLR_ERRORED,
    DLR_READ
};

struct inbound {
    enum inbound_kind kind;
    enum inbound_outcome outcome;
    struct str reason; /* of a reject, in words */
    struct str from;   /* E.164 with plus; an opaque sender verbatim (is_opaque) */
    char country[3];
    bool is_opaque;
    bool is_unplanned;   /* from: a length that the country's plan does not know (core/number.h) */
    bool is_no_sender;   /* from is no phone number, or our own */
    struct str to;       /* as sent, without tel: */
    struct str text;     /* USSD: only the new input */
    struct str raw_text; /* USSD: as sent (the cumulative path), for the session memory */
    struct str id;       /* provider's message id; absent when it has none */
    struct str session;
    struct str step; /* USSD: the provider's number of this request in its session; absent = none */
    enum inbound_phase phase;
    struct str network;
    enum dlr_status status;
    struct str status_raw;
    struct str error;         /* provider's error code of a report */
    bool is_opt_out;          /* the provider reports or forwards an opt-out: becomes STOP */
    struct wall_ms at;        /* provider's time; 0 = unknown */
    bool is_repeatable_input; /* USSD: the same text again may be a new input (not cumulative) */
    bool is_repeat;           /* USSD cumulative: same path again, a duplicate */
    struct str part_ref;      /* concatenated SMS: INBOUND_BUFFER, text is this part's */
    uint32_t part_n, part_of; /* from 1 */
    struct str link;          /* to be given back with the reply (outgoing.link), absent = none */
    struct str remember;      /* USSD: to be given back as session_memory.remembered */
};

#define INBOUND_MAX_ITEMS 256u

struct inbound_batch {
    const struct inbound *items;
    uint32_t n_items;
    /* What encoders need from the request (echoed ids, path captures, format): opaque. */
    const struct profile_memory *memory;
};

/* What the caller remembers of a USSD session, for providers that send less later on. The last
 * cumulative path is given as length and hash (core/learner.h) or as text (vectors): text wins. */
struct session_memory {
    bool is_known;
    struct str from, to, network;
    struct str last;
    uint16_t last_bytes;
    uint32_t last_hash;
    bool has_last;
    struct str remembered; /* inbound.remember of the session's last request */
};

const char *inbound_kind_name(enum inbound_kind kind); /* "sms-mo" "ussd" "dlr" "poll" "call" */
const char *inbound_outcome_name(enum inbound_outcome outcome);
const char *inbound_phase_name(enum inbound_phase phase); /* NULL for none */
const char *dlr_status_name(enum dlr_status status);      /* NULL for none */
