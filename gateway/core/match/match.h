/*
 * match.h: what a person meant, the parser contract of docs/course-rules.md 1.3 and 6.1.
 *
 * Normalising is one function for learners' input, keywords, accepted answers and safe words, so
 * that both sides of every comparison went through the same steps. It knows scripts (accents,
 * letters that stand for each other, the Arabic article), never words: these are data of the
 * course, struct vocabulary of core/match/words.h.
 */
#pragma once

#include "base/arena.h"
#include "core/course.h"
#include "core/match/command.h"

struct vocabulary;

#define MATCH_MAX_INPUT_BYTES 1600u /* longer input is cut at a character before normalising */

/* docs/course-rules.md 1.3 steps 1 to 3: NFKC, marks and tatweel and direction controls removed,
 * every word trimmed of quotes, punctuation and symbols, digits of any script to 0-9, case folded
 * with every i alike, Latin diacritics stripped, sharp s to ss, yo to ye, Arabic alef, yeh, heh
 * forms folded, leading Arabic article dropped per word, look-alikes in a word of Latin and
 * Cyrillic letters folded to one script; runs of white space become one blank. Invalid UTF-8 and
 * controls are dropped. "" (or absent, when the arena is full) for a text without a letter or
 * digit. */
struct str match_normalise(struct str text, struct arena *arena);

/* The first line of a text that has more of them, normalised: below it may stand a signature.
 * Absent when there is only one. */
struct str match_first_line(struct str text, struct arena *arena);

/* "join join", "2 2": who says the same word again means it once. */
struct str match_without_echo(struct str normalised);
/* A normalised text with those words apart that only a mark divides: "stop.thanks", "my-data".
 * Absent when there are none. */
struct str match_words_apart(struct str normalised, struct arena *arena);

struct command_match {
    enum command command;
    bool is_fuzzy;       /* found by edit distance, not exactly */
    struct str argument; /* what stands behind the word, normalised: "482156" of JOIN 482156 */
    char lang[8];        /* language of the keyword, "" when it is English or shared */
};

/* Exact keyword at the start of a normalised text; active are the learner's language, English, and
 * those of every language that are known everywhere. lang NULL or "" = every language (first
 * contact). What may follow the word says its row. */
struct command_match match_command(const struct vocabulary *words, struct str normalised,
                                   const char *lang);
/* By Damerau-Levenshtein distance: 1 for keywords of 4 letters and more, 2 for 8 and more, one
 * unique best only, as its row allows; never a number word or an everyday word ("shop"). Of other
 * languages (lang NULL or "": all but English) only the words in another script take part, and
 * QUIT, CANCEL, REMOVE ... not at all: "also" is not ALTO, "quiet" not QUIT. Whole text only, but
 * for words of courtesy. */
struct command_match match_command_fuzzy(const struct vocabulary *words, struct str normalised,
                                         const char *lang);
/* One of the commands that move or tell, among words with which people ask for it: "can I see my
 * score please". */
struct command_match match_command_among(const struct vocabulary *words, struct str normalised,
                                         const char *lang);
/* What people ask about their own data behind such words, all of which is asked about once more or
 * only told: "please delete my data", "can I see my data". */
struct command_match match_mine_among(const struct vocabulary *words, struct str normalised,
                                      const char *lang);
/* Any command but STOP, SAFE and DELETE behind words of courtesy: "please group", "bitte gruppe".
 */
struct command_match match_command_politely(const struct vocabulary *words, struct str normalised,
                                            const char *lang);
/* Nothing but courtesy or a number stands behind the command's word. */
bool match_is_bare(const struct vocabulary *words, struct str argument);
/* Digits in any pieces, and words with which people ask about a certificate; nothing else. */
bool match_is_about_code(const struct vocabulary *words, struct str text);
/* Is a certificate's code asked about, with the word CHECK (or one near it) anywhere, or by a code
 * alone? digits are those that were typed, 10 to 14, right or not; absent: it is not. */
struct code_match {
    struct str digits;
    bool has_word;
    char lang[8]; /* of the word, "" when it is English or shared */
};
struct code_match match_code(const struct vocabulary *words, struct str normalised,
                             const char *lang, struct arena *arena);
/* DELETE 1, among courtesy: the argument says so. */
bool match_is_delete_one(const struct vocabulary *words, struct str argument);
/* DELETE about the person's own data ("delete my number"), no wish to delete something else. */
bool match_is_delete(const struct vocabulary *words, const struct command_match *match);
/* A whole text that is a command's key: "9", "0", "00". */
enum command match_command_key(struct str normalised);
/* The same among words that change nothing, in letters or with what the key line says behind it:
 * "press 9", "nine please", "9 next". */
enum command match_key_among(const struct vocabulary *words, struct str normalised);
/* The STOP family: keyword, provider list, spelled or drawn out, or natural-language opt-out
 * ("please stop", "leave me alone", "ne m'envoyez plus"), among nothing but words that belong to
 * it: never STOP inside a sentence about something else ("stop the violence"). Words that mean
 * other things too (END, BAJA, RET) count only alone or with courtesy. */
bool match_is_stop(const struct vocabulary *words, struct str normalised);
/* An everyday word of this language, which no phrase of another one means: "basta" leaves in
 * Spanish, and is "at first" in Turkish. Never a keyword: these work in every language. */
bool match_is_everyday(const struct vocabulary *words, struct str normalised, const char *lang);
/* It may be an opt-out, and the opposite: "plus de messages"; no STOP then. "Do not stop sending me
 * messages" is one of these. */
bool match_may_be_stop(const struct vocabulary *words, struct str normalised);

/* What a whole text asks for in a sentence, with nothing but courtesy around it: HELP, JOIN, ASK,
 * which reaches a person, MY DATA, MOVE, NEXT, SWITCH, SCORE, REPEAT, MENU ("module 2"), CERT, LANG
 * or PAUSE ("stop for a week", which is no STOP). COMMAND_NONE: nothing. */
enum command match_sentence(const struct vocabulary *words, struct str normalised);
/* What a whole text says of the one who writes, with nothing but courtesy around it: no time now
 * ("stop for today" as well, which is no STOP), no idea what to do, through with it, or asks what
 * comes when. */
enum mood { MOOD_NONE, MOOD_BUSY, MOOD_LOST, MOOD_THROUGH, MOOD_WHEN };

enum mood match_mood(const struct vocabulary *words, struct str normalised);
/* Does it tell of harm, as match_find_safe() says? A whole sentence of the pack ("later", "I am
 * ready", "good night", "is anyone there") does only where a pattern says so: weights that were
 * learned from whole messages know little of so short ones. */
bool match_may_tell(const struct course *course, struct str normalised, struct arena *arena);
/* Kind words of more than one word: "how are you". */
bool match_is_greeting(const struct vocabulary *words, struct str normalised);
/* Which option of the role question one's work is, in own words: "I am a nurse", "teacher in a
 * refugee camp". -1: two; 0: none, or what follows denies it; is_whole: or what follows says more.
 */
int32_t match_work(const struct vocabulary *words, const struct question *question,
                   struct str normalised, bool is_whole, struct arena *arena);
/* When somebody will learn, in own words ("in the morning", "6 pm"): 1 to 3 as the planning
 * question has them; 0: it does not say; -1: a time, but none of them or several ("afternoon", "any
 * day", "6"). */
int32_t match_daytime(const struct vocabulary *words, struct str normalised);
/* Does it ask what it costs? */
bool match_asks_cost(const struct vocabulary *words, struct str normalised);

enum agreement { AGREEMENT_NONE, AGREEMENT_YES, AGREEMENT_NO };

/* Key 1 or 2, or yes and no in all their forms, in any language; NONE also for both at once. */
enum agreement match_agreement(const struct vocabulary *words, struct str normalised);
/* Has a word that is in words_unmarked its marks, with which it is another one: "ölür"? */
bool match_is_marked(const struct vocabulary *words, struct str original, struct arena *arena);
/* The same before a remark: "2. but why?", "yes, I work with children". A yes only where the remark
 * neither asks nor has a word of doubt: a consent must be clear. */
enum agreement match_near_agreement(const struct vocabulary *words, struct str original,
                                    struct str normalised, struct arena *arena);
/* Does who says yes ask, or doubt: "is it ok?", "maybe yes"? Then it is none, as above. A key alone
 * is one, whatever sign stands behind it. */
bool match_is_unsure(const struct vocabulary *words, struct str original, struct str normalised);
/* "ok", "more", "continue": whoever asks must know that it can only mean NEXT. */
bool match_is_go_on(const struct vocabulary *words, struct str normalised);

/* Thanks, a greeting, a thumb up: kind words that answer nothing and ask for nothing. original is
 * looked at where normalising leaves nothing. */
bool match_is_thanks(const struct vocabulary *words, struct str original, struct str normalised);

enum answer_result {
    ANSWER_NONE,      /* no answer in it */
    ANSWER_ONE,       /* exactly one */
    ANSWER_AMBIGUOUS, /* two different ones, or a lone Cyrillic VE */
};

struct answer_match {
    enum answer_result result;
    int32_t choice;   /* one option, 1..; 0 = the kind has none */
    uint16_t choices; /* of several options, bit n = option n */
    int32_t number;
    struct str text; /* the accepted word, the open text, trimmed */
};

/* Is this an answer to the question? As its kind says (core/question.h), which calls one
 * of the functions below. original is what open answers are made of. */
struct answer_match match_answer(const struct vocabulary *words, const struct question *question,
                                 struct str original, struct str normalised, struct arena *arena);
/* docs/course-rules.md 1.3 step 5: `2` `2.` `(2)` `no 2` `answer 2` `B` `b)` `two` `deux` ...,
 * letters of three alphabets, "the last one", "the middle one", "none of them" where one option
 * says so, the full option text, also behind its key. "both" and "all" are several. */
struct answer_match match_choice(const struct vocabulary *words, const struct question *question,
                                 struct str original, struct str normalised, struct arena *arena);
/* Any number of keys: `1 3`, `1,3`, `1 and 3`, `13` (no option has two digits); letters (`ac`)
 * and number words too; `all`, `both` of two; the texts of several options joined by "and" or a
 * comma; the text of one option as the whole. Never ANSWER_AMBIGUOUS but for a Cyrillic VE. */
struct answer_match match_several(const struct vocabulary *words, const struct question *question,
                                  struct str original, struct str normalised, struct arena *arena);
/* Out-of-range numbers are ANSWER_NONE. */
struct answer_match match_number(const struct vocabulary *words, const struct question *question,
                                 struct str original, struct str normalised, struct arena *arena);
/* Allows the distances of match_command_fuzzy(), without digits in the word. */
struct answer_match match_word(const struct vocabulary *words, const struct question *question,
                               struct str original, struct str normalised, struct arena *arena);
/* Cut to max_chars, without controls and invalid bytes. */
struct answer_match match_open(const struct vocabulary *words, const struct question *question,
                               struct str original, struct str normalised, struct arena *arena);
/* The key of what can only be one option, though it is no answer to the letter: an option mistyped
 * ("seperated"), a key before a remark ("2) because she is alone"; never "2 years ago"). In the
 * arena; absent: none. Comes after the commands. */
struct str match_near_key(const struct vocabulary *words, const struct question *question,
                          struct str original, struct str normalised, struct arena *arena);
/* The same for a plain menu with keys 0..max_key. */
struct answer_match match_menu(const struct vocabulary *words, struct str normalised,
                               int32_t max_key);

/* Bounded Damerau-Levenshtein (adjacent swaps count 1) over code points: distance, or max+1. */
uint32_t match_distance(struct str a, struct str b, uint32_t max);
/* How far a typed word may be from an expected one: 1 from 4 letters on, 2 from 8; 0 for one with
 * digits, as a year or a code must be exact. */
uint32_t match_tolerance(struct str expected);
/* Copy with every run of 6 or more digits (blanks, dots, dashes inside allowed) replaced by '#':
 * nothing a learner types may put a phone number into the database. */
struct str match_mask_numbers(struct str text, struct arena *arena);
