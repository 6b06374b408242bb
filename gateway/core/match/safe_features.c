/* safe_learned.h: which weights count for some words. */
#include "core/match/safe.h"
#include "core/match/safe_learned.h"
#include "core/utf8.h"

#define MIN_PIECE 3 /* letters of a piece of a word, its begin and end counted */
#define MAX_PIECE 4
#define MAX_LETTERS 40 /* of a word; nobody's words are longer */

struct found {
    uint64_t seen[SAFE_FEATURES / 64];
    uint32_t *list;
    uint32_t n;
};

/* What kind a feature is, mixed into its hash. */
enum feature { FEATURE_WORD = 'w', FEATURE_PAIR = 'p', FEATURE_PIECE = 'c' };

static uint32_t hash_of(uint32_t hash, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = safe_hash(hash, text.p[i]);
    return hash;
}

static void add(struct found *found, uint32_t hash)
{
    uint32_t at = (hash ^ hash >> 16) % SAFE_FEATURES;
    if (at == 0 || found->n == SAFE_MAX_FOUND || (found->seen[at / 64] >> at % 64 & 1) != 0)
        return;
    found->seen[at / 64] |= UINT64_C(1) << at % 64;
    found->list[found->n++] = at;
}

/* "<beats>": "<be" "<bea" "bea" "beat" ... "ts>". */
static void add_pieces(struct found *found, struct str word)
{
    struct str letters[MAX_LETTERS + 2] = {{"<", 1}};
    size_t n = 1;
    for (size_t at = 0; at < word.len && n <= MAX_LETTERS;) {
        size_t start = at;
        (void)utf8_next(word, &at);
        letters[n++] = str_sub(word, start, at);
    }
    letters[n++] = STR(">");
    for (size_t from = 0; from + MIN_PIECE <= n; from++) {
        uint32_t hash = safe_hash(SAFE_HASH_NONE, FEATURE_PIECE);
        for (size_t to = from; to < n && to < from + MAX_PIECE; to++) {
            hash = hash_of(hash, letters[to]);
            if (to + 1 >= from + MIN_PIECE)
                add(found, hash);
        }
    }
}

uint32_t safe_features(const struct str *words, size_t n, uint32_t *ret)
{
    struct found found = {.list = ret};
    struct str before = STR_NONE;
    for (size_t i = 0; i < n; i++) {
        bool is_word = !str_eq(words[i], STR(" "));
        if (is_word) {
            add(&found, hash_of(safe_hash(SAFE_HASH_NONE, FEATURE_WORD), words[i]));
            add_pieces(&found, words[i]);
        }
        if (is_word && before.p != NULL)
            add(&found,
                hash_of(safe_hash(hash_of(safe_hash(SAFE_HASH_NONE, FEATURE_PAIR), before), ' '),
                        words[i]));
        before = is_word ? words[i] : STR_NONE;
    }
    return found.n;
}
