/*
 * safe_learned.h: what all words of a message together say of harm, as it was learned from
 * examples.
 *
 * The lists of safe.h know what somebody wrote into them; people tell of harm in words that nobody
 * thought of. So each word, each two words in a row and each piece of a word has a weight, learned
 * by tests/safe/learn.c from the examples in tests/safe/: a logistic regression. Their sum, by how
 * many there are, says how much a message is like those that tell of harm. The weights are compiled
 * in (lessons/packs/standard/safe-learned.hex); a pack says whether they count.
 */
#pragma once

#include "base/str.h"

#define SAFE_FEATURES 262144u /* weights; words share one where their hashes are alike */
#define SAFE_MAX_FOUND 4096u  /* of one part of a message; what is more is not looked at */
#define SAFE_FEW 120u         /* added to how many weights count: few words say less */
#define SAFE_PART_WORDS 24u   /* a longer message is judged in parts, which overlap by half */
#define SAFE_WEIGHT_STEPS 12  /* of a weight are 1 */
#define SAFE_SCORE_STEPS 1000 /* of a score are 1 */

/* Which weights count for these words, each once; words that were taken out are a blank. Returns
 * how many; ret has room for SAFE_MAX_FOUND. */
uint32_t safe_features(const struct str *words, size_t n, uint32_t *ret);
