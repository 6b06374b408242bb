/*
 * shown.h: what of the present screen stands on the phone, for the dialog, which shows it, and for
 * the sender, which learns when an SMS was taken.
 */
#pragma once

#include "core/engine/engine.h"
#include "port/store/store.h"

/* Did all of what the learner is at stand on the phone before this came? It is input.is_shown. */
bool shown_whole(const struct learner *learner, enum via via, int64_t received_ms);
/* Was DELETE asked for, less than two days before, and has the learner not moved since? It is
 * input.is_erase_asked. On USSD it counts for its screen only. */
bool shown_erase_asked(const struct learner *learner, int64_t received_ms);
/* May the pages of the last USSD text still be turned? Not once the learner has moved by SMS. */
bool shown_can_turn(const struct learner *learner);

/* Stands something else than the place on the USSD screen, as what HELP or SCORE said? Its 0 goes
 * back to the place, not a step further back. */
bool shown_is_beside(const struct learner *learner);

/* Reports come to this phone, and none has come yet of the last SMS, which is not two minutes old:
 * the same words again are of somebody who waits, no answer to it (docs/course-rules.md 1.2 rule
 * 11). */
#define SHOWN_WAIT_MS (2 * 60 * 1000)
bool shown_is_awaited(const struct learner *learner, int64_t received_ms);

/* After a step: what is still right of what was shown before. */
void shown_move(const struct learner *before, const struct outcome *out, struct learner_link *link);
/* The reply goes out as a USSD screen; has_more: its first page. */
void shown_on_screen(const struct outcome *out, bool has_more, struct learner *next);
/* Another page of it was turned to. */
void shown_turn(bool has_more, struct learner *next);
/* The reply goes out by SMS; next->seq is set. at: said in an answer to a callback, which is taken
 * at once; ms 0: through the outbox. */
void shown_by_sms(const struct outcome *out, struct wall_ms at, struct learner *next);
/* The reply says once more, by SMS, what is awaited: the one that comes first is what was shown. */
bool shown_is_again(const struct learner *before, const struct outcome *out);
/* What was said in the answer of step seq at that time was kept back after all. */
void shown_kept_back(struct store *store, const struct number_id *id, uint32_t seq,
                     struct wall_ms at);
/* A note in a state: bytes that take the place of others. */
struct shown_note {
    uint8_t before[LEARNER_SAID_BYTES], after[LEARNER_SAID_BYTES];
};
/* The provider took the SMS of step seq. */
void shown_taken(uint32_t seq, struct wall_ms at, struct shown_note *ret);
/* Borrows from the note. */
struct store_patch shown_note_patch(const struct shown_note *note);
/* Nobody waits for it. */
void shown_put(struct store *store, const struct number_id *id, const struct shown_note *note);

/* A report names an SMS by its id at the provider, the sender knows whose it is and what it says:
 * they meet in the store, whoever comes first (store_meet), and the learner's state is told that
 * link.said has arrived. Nobody waits for it. What the two leave there is gone with
 * SHOWN_WAIT_MS. */
void shown_expect_report(struct store *store, struct str channel, struct str provider_id,
                         const struct number_id *id, const uint8_t said[LEARNER_SAID_BYTES]);
void shown_has_arrived(struct store *store, struct str channel, struct str provider_id);
