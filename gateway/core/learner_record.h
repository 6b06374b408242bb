/*
 * learner_record.h: the records of others on a number, one behind the other in struct
 * learner_others, each behind two bytes of length. Each is of the version in its first byte: the
 * newest once it was put there by learner_set_other, or read out of such a record.
 */
#pragma once

#include "core/learner.h"

/* Cuts the next record off. Absent at the end. */
struct str learner_next_other(struct str *rest);
uint32_t learner_count_others(struct str list);
/* Is it a list of as many as there may be, none too long, and nothing else? */
bool learner_others_are_whole(struct str list);
/* Puts a record of at most LEARNER_PROFILE_BYTES - 2 behind them; there are fewer than
 * LEARNER_MAX_PROFILES - 1. */
void learner_others_add(struct learner_others *others, struct str record);
/* The eight members (base/record.h, by_use) that people on a number mostly have in common: the
 * first ones that a person's record has. Where they are the same bytes as the learner's, `common`,
 * the other's record in the learner's is without them. */
#define LEARNER_COMMON 1u
void learner_other_put(struct buf *out, struct str record, struct str common);
/* Puts it back and behind the others. False: nobody wrote it. */
bool learner_other_take(struct str record, struct str common,
                        struct learner_others *others) MUST_CHECK;
/* A person without what belongs to the number: seq, link, others. What does not fit shows in out's
 * error. */
void learner_person_encode(const struct learner *person, uint8_t version, struct buf *out);
/* As learner_decode; bytes has some. */
enum err learner_person_decode(struct str bytes, struct learner *ret) MUST_CHECK;
