/*
 * sink.h: where facts end up: PostgreSQL, through core.ingest. sink_libpq.c wraps libpq (async, one
 * connection, reconnecting); sink_mem.c keeps what it was given, for transcripts.
 *
 * Every call is answered exactly once through its callback, from the loop. ERR_UNAVAILABLE and
 * ERR_TIMEOUT: try again later, nothing or everything was stored (core.ingest is idempotent).
 * ERR_INVALID: the database refused the content; message says why.
 */
#pragma once

#include "base/buf.h"
#include "port/loop.h"

struct sink;
typedef void sink_on_done(void *ctx, enum err e, const char *message);
/* The sealed number of a number_id, for pushes; borrowed. ERR_NOT_FOUND: erased. */
typedef void sink_on_vault(void *ctx, enum err e, uint16_t key_id, struct str nonce,
                           struct str ciphertext);

struct sink_ops {
    void (*ingest)(struct sink *, struct str json_array, sink_on_done *, void *ctx);
    void (*dead_letter)(struct sink *, struct str payload, struct str reason, sink_on_done *,
                        void *ctx);
    void (*vault_get)(struct sink *, const uint8_t number_id[16], sink_on_vault *, void *ctx);
    bool (*is_up)(struct sink *);
    void (*free)(struct sink *);
};

struct sink {
    const struct sink_ops *ops;
};

/* A JSON array of envelopes (core/event.h), one transaction; ERR_OK after its COMMIT. */
void sink_ingest(struct sink *s, struct str json_array, sink_on_done *fn, void *ctx);
/* Puts aside what core.ingest refuses, with the reason. */
void sink_dead_letter(struct sink *s, struct str payload, struct str reason, sink_on_done *fn,
                      void *ctx);
void sink_vault_get(struct sink *s, const uint8_t number_id[16], sink_on_vault *fn, void *ctx);
bool sink_is_up(struct sink *s);
void sink_free(struct sink *s);

/* The schema that this program knows: the number of the last file in sql/. */
#define SINK_SCHEMA_VERSION 5

/* conninfo as libpq reads it. ERR_INVALID: no conninfo, or a host name without hostaddr (names are
 * never looked up here: that would block); msg says which. */
enum err sink_libpq_check(const char *conninfo, struct errmsg *msg) MUST_CHECK;
/* A checked conninfo. Connects in the background, again with back-off whenever the connection is
 * lost; while it is away calls fail at once. timeout_ms per statement and for connecting. Refuses a
 * schema that is not SINK_SCHEMA_VERSION: is_up stays false, the reason is logged, and it looks
 * again from time to time, so that `waypost migrate` mends it without a restart. */
struct sink *sink_libpq_new(struct loop *loop, const char *conninfo, int64_t timeout_ms);

/* Refuses (ERR_INVALID) an array with an envelope that is no step, message or report. */
struct sink *sink_mem_new(struct loop *loop);
/* As store_mem_fail; verbs "ingest", "dead_letter", "vault_get". */
void sink_mem_fail(struct sink *s, const char *verb, enum err e, uint32_t n);
/* Envelopes taken in so far, in order, each once by (learner_id, seq). */
uint32_t sink_mem_count(const struct sink *s);
struct str sink_mem_envelope(const struct sink *s, uint32_t i);
/* Payloads put aside. */
uint32_t sink_mem_n_dead(const struct sink *s);
