/*
 * safe.h: words that may tell of harm: the lists of a course, and what occurs of them in a message.
 * How they are compared is safe.c, how they are written lessons/README.md.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"

#define COURSE_MAX_SAFE_PATTERNS 16384u
#define COURSE_MAX_SAFE_SLOTS 8u     /* words of one pattern */
#define COURSE_MAX_SAFE_CHOICES 511u /* words of one set, or between slashes */

/* What may stand at one place of a pattern: a word, or a part of one. */
struct safe_word {
    struct str text; /* in normal form, letters and digits only */
    bool has_head;   /* "-piga": other letters may stand before it */
    bool has_tail;   /* "beat-": or behind it */
};

struct safe_slot {
    const struct safe_word *words; /* any of them */
    uint16_t n_words;
    bool has_gap;  /* "...": a few other words may stand before this one */
    bool is_apart; /* "&": from here on it may be anywhere in the message, also before */
};

/* A message in which one of these occurs may tell of harm. */
enum safe_kind {
    SAFE_ALARM,
    SAFE_SUICIDE,  /* an alarm too: somebody may take his or her life */
    SAFE_ORDINARY, /* the opposite: a phrase that is no alarm */
    SAFE_CHILD,    /* no alarm by itself; whoever writes so seems to be a child */
    SAFE_PSEA,     /* no alarm by itself; with one it is a complaint about aid staff */
    SAFE_ABOUT,    /* what stands behind it is about the course, a rule, a case in thought */
    SAFE_ABOUT_IT, /* the same of what stands before it */
    SAFE_OWN,      /* with one of these it is about somebody all the same */
};

struct safe_pattern {
    const struct safe_slot *slots;
    uint8_t n_slots; /* 1.. */
    enum safe_kind kind;
    uint32_t first_slot; /* of its numbers in the index */
};

/* Numbers in groups: those of group g are items[from[g]] up to items[from[g + 1]]. */
struct safe_groups {
    const uint32_t *from, *items;
};

/* The lists turned round: a message's few words are looked up, not compared with the thousands of
 * the lists, and only patterns are tried whose first word is there. */
struct safe_index {
    const struct safe_word *words; /* of all lists, each once */
    uint32_t n_words;
    const uint32_t *table;    /* by safe_hash() of the text: place in words + 1; 0 = empty */
    uint32_t mask;            /* of the table */
    uint32_t longest;         /* bytes of the longest word */
    struct safe_groups near;  /* by safe_initial(): long words, that may be mistyped */
    struct safe_groups slots; /* by word: where it may stand */
    const uint32_t *numbers;  /* of each slot of each pattern; equal where the words are shared */
    uint32_t n_slots;
    struct safe_groups begins; /* by slot: the patterns that begin with it */
};

struct safe_list {
    struct safe_pattern *patterns;
    uint16_t n;
    bool is_learned;                /* what was learned from examples counts, too: safe_learned.h */
    const struct safe_index *index; /* of safe_index_new() */
};

struct safe_words {
    struct str *list;
    size_t n;
};

/* From so many letters on, one that is mistyped is forgiven. */
#define SAFE_MIN_NEAR_LETTERS 8u
#define SAFE_INITIALS 384u

/* Tells words apart by their first letter: Arabic and Russian ones, too. Below SAFE_INITIALS. */
uint32_t safe_initial(struct str word);
/* FNV-1a, byte by byte, so that the beginnings of a word are looked up on the way to its end. */
#define SAFE_HASH_NONE UINT32_C(2166136261)
static inline uint32_t safe_hash(uint32_t before, char byte)
{
    return (before ^ (uint8_t)byte) * UINT32_C(16777619);
}
/* The index of a list, whose patterns learn their first_slot; NULL: the arena is full, or the lists
 * are too long. */
const struct safe_index *safe_index_new(struct safe_list *list, struct arena *arena);
/* What of the lists makes it a text that may tell of harm, as match_find_safe(); NULL: nothing. The
 * words of ordinary phrases become a blank. */
const struct safe_pattern *safe_find(struct safe_words words, const struct safe_list *list);
/* The pattern that makes a text one that may tell of harm: it occurs outside of ordinary phrases;
 * of kind SAFE_SUICIDE before SAFE_ALARM; one without slots where it was learned. NULL: none, or
 * the arena is full. */
const struct safe_pattern *match_find_safe(struct str normalised, const struct safe_list *list,
                                           struct arena *arena);
/* Does it have a pattern of this kind: does whoever writes so seem to be a child ("I am 12"), is it
 * about aid staff? false also when the arena is full. */
bool match_says_safe(struct str normalised, const struct safe_list *list, enum safe_kind kind,
                     struct arena *arena);
/* A normalised text's words: letters and digits only, without apostrophes, "k1ll" as "kill" and
 * "heeelp" as "help". In the arena; none when it is full. */
struct safe_words safe_split(struct str normalised, struct arena *arena);
/* A normalised word as patterns have it, without apostrophe; absent when it is none or several. */
struct str match_safe_word(struct str normalised, struct arena *arena);
