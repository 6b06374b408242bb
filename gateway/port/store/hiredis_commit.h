/*
 * store_hiredis_commit.h: the words of a commit, with caps or without. For store_hiredis.c and
 * store_hiredis_caps.c only.
 */
#pragma once

#include "port/store/hiredis.h"

/* What the words of a commit lie in until it has been sent. */
struct due_words {
    char index[KEY_BYTES], slot[KEY_BYTES], seconds[24], name[3];
    struct str words[5];
};
struct commit_words {
    char state[KEY_BYTES], reply[KEY_BYTES], events[KEY_BYTES], outbox[KEY_BYTES], seen[KEY_BYTES];
    char epoch[KEY_BYTES];
    char ttl[24], seen_ttl[24], expected[STORE_SEQ_BYTES];
    struct due_words due;
};
#define COMMIT_KEYS "8"
#define COMMIT_CAPPED_KEYS "9"
/* The keys of a commit, then its arguments. */
void commit_add_keys(struct commit_words *words, const struct store_commit *commit,
                     struct argv *argv);
void commit_add_args(struct commit_words *words, const struct store_commit *commit,
                     struct str epoch, struct argv *argv);
