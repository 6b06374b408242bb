#include "core/match/safe_learned.h"

#include "core/match/match.h"

#define MIN_BYTES 3
#define ALARM_SCORE 450    /* above it all words together are an alarm */
#define PATTERN_SCORE 1050 /* what a pattern that is found adds to them */
#define PHRASE_SCORE 600   /* and what an ordinary phrase takes away, where no pattern is found */

/* Signed bytes: the first is what is added to every sum. */
static const uint8_t weights[SAFE_FEATURES] = {
#include "safe_learned.inc"
};

static uint32_t root_of(uint32_t square)
{
    uint32_t root = 0;
    for (uint32_t bit = 1u << 15; bit != 0; bit >>= 1) {
        if ((uint64_t)(root | bit) * (root | bit) <= square)
            root |= bit;
    }
    return root;
}

/* A long message has more words that weigh something: the sum counts by the root of how many. */
static int32_t score_of(const struct str *words, size_t n)
{
    uint32_t list[SAFE_MAX_FOUND];
    uint32_t n_found = safe_features(words, n, list);
    int32_t sum = 0;
    for (uint32_t i = 0; i < n_found; i++)
        sum += (int8_t)weights[list[i]];
    if (n_found == 0)
        return INT32_MIN;
    int32_t root = (int32_t)root_of((n_found + SAFE_FEW) * 10000);
    int64_t scaled = (int64_t)sum * 100 * SAFE_SCORE_STEPS / root;
    return (int32_t)((scaled + (int64_t)(int8_t)weights[0] * SAFE_SCORE_STEPS) / SAFE_WEIGHT_STEPS);
}

/* How much they are like messages that tell of harm: below 0 rather not; of the part of the message
 * that is most. INT32_MIN: there are no words. */
static int32_t learned_score(const struct str *words, size_t n)
{
    int32_t most = INT32_MIN;
    for (size_t at = 0; at < n; at += SAFE_PART_WORDS / 2) {
        size_t n_part = n - at < SAFE_PART_WORDS ? n - at : SAFE_PART_WORDS;
        int32_t score = score_of(words + at, n_part);
        most = score > most ? score : most;
        if (at + n_part == n)
            break;
    }
    return most;
}

/* ---- what the lists and the weights say together ---- */

/* "12:30" has none. */
static bool has_letter(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((text.p[i] >= 'a' && text.p[i] <= 'z') || (uint8_t)text.p[i] >= 0x80)
            return true;
    }
    return false;
}

static bool has_phrase(struct safe_words words)
{
    for (size_t i = 0; i < words.n; i++) {
        if (str_eq(words.list[i], STR(" ")))
            return true;
    }
    return false;
}

const struct safe_pattern *match_find_safe(struct str normalised, const struct safe_list *list,
                                           struct arena *arena)
{
    static const struct safe_pattern learned = {.kind = SAFE_ALARM};
    if (normalised.len < MIN_BYTES || list->n == 0 || !has_letter(normalised))
        return NULL; /* most inputs: the key of an answer */
    struct safe_words words = safe_split(normalised, arena);
    const struct safe_pattern *found = safe_find(words, list);
    if (!list->is_learned || (found != NULL && found->kind == SAFE_SUICIDE))
        return found;
    int32_t score = learned_score(words.list, words.n);
    if (found != NULL)
        return score > ALARM_SCORE - PATTERN_SCORE ? found : NULL;
    return score > ALARM_SCORE + (has_phrase(words) ? PHRASE_SCORE : 0) ? &learned : NULL;
}
