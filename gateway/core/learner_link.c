#include "core/learner_link.h"

#include <string.h>

/* FF FF and seq: not taken yet. A time in milliseconds has 48 bits for 8,900 years; the lowest says
 * that it has arrived. */
#define NOT_YET 0xffffu
#define ARRIVED 1u

static void put_said(uint64_t value, uint8_t said[LEARNER_SAID_BYTES])
{
    for (unsigned i = 0; i < LEARNER_SAID_BYTES; i++)
        said[i] = (uint8_t)(value >> 8 * (LEARNER_SAID_BYTES - 1 - i));
}

void learner_said_by(uint32_t seq, uint8_t said[LEARNER_SAID_BYTES])
{
    put_said((uint64_t)NOT_YET << 32 | seq, said);
}

void learner_said_at(int64_t at_ms, uint8_t said[LEARNER_SAID_BYTES])
{
    put_said((uint64_t)at_ms & ~(uint64_t)ARRIVED, said);
}

int64_t learner_said_ms(const uint8_t said[LEARNER_SAID_BYTES])
{
    uint64_t value = 0;
    for (unsigned i = 0; i < LEARNER_SAID_BYTES; i++)
        value = value << 8 | said[i];
    return value >> 32 == NOT_YET ? INT64_MAX : (int64_t)(value & ~(uint64_t)ARRIVED);
}

void learner_said_arrived(uint8_t said[LEARNER_SAID_BYTES])
{
    said[LEARNER_SAID_BYTES - 1] |= ARRIVED;
}

bool learner_said_has_arrived(const uint8_t said[LEARNER_SAID_BYTES])
{
    return learner_said_ms(said) != INT64_MAX && (said[LEARNER_SAID_BYTES - 1] & ARRIVED) != 0;
}
