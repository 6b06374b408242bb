/*
 * talk.h: transcripts. A .talk file is a conversation between phones and the gateway, and a test:
 * each line is played or expected in its turn (tests/talk/README.md teaches the form).
 *
 *     course   children-on-the-move        folder under lessons/; this one when left out
 *     clock    2025-01-06 09:00 Africa/Nairobi
 *     group    482156 name=A;until=...   a group of learners (core/cohort.h), or how it is now
 *     sms>     JOIN                        a phone sends; sms>2 is the second phone, and
 *                                          sms>+254711000222 a number
 *     sms<     CHILDREN ON THE MOVE*       what comes back: * is any text, \n a line end
 *     ussd>    *384*7#                     dials, or answers the screen
 *     ussd<    END *                       CON or END in front: the session goes on or not
 *     call>                                calls the voice number, which hangs up
 *     more                                 turns the pages of the screen that are left
 *     drop     [quietly]                   the network closes the session; quietly: it says nothing
 *     repeat   [N]                         the phone's last callback comes again, N times at once
 *     repeat   old [N]                     not the last one but the N-th before it
 *     wait     2d 3h                       s, m, h, d; timers fire in order
 *     turn     [back] 24h                  the clock is put on, or back; no time passes
 *     certificate 482109375526 V;0;7;6;03/2026;1.2;en;Title;Org    one that can be checked, as
 *                                          core/certificate.h writes it, with ; for tabs; the code
 *                                          may be $CODE
 *     report   delivered [N]               the provider reports the phone's last SMS, or the N-th
 *                                          before it: delivered or failed
 *     release  [in vain]                   somebody has looked after what the phone disclosed
 *     erase    [in vain]                   a coordinator erases who learns on the phone; in vain:
 *                                          that cannot be done now, and whoever orders it is told
 *     correct  m1q1 2 [right]              the key of the question was wrong, and is put right: the
 *                                          phone is told; right: its response is
 *     event    answered unit=m1q1 correct=true
 *     refused  503                         the last callback was answered with this, not 2xx
 *     fail     store.commit timeout [N|always]
 *     loose    [events|replies]            those that nobody asks about are not a failure
 *     # ...                                comment, also behind a line
 *
 * {m1q1.2} in what is typed is the text of this id (core/lesson/translate.h) in the language of the
 * run, {JOIN} the word of a command; in what is expected the text's beginning, and whatever
 * follows. So a transcript that is written once is played in every language.
 *
 * `fail PORT.VERB HOW`: the next N calls (1) answer HOW: timeout, late (a timeout whose call had
 * its effect), unavailable (or down), full, conflict, io; `ok` ends it. Ports: store, spool, sink,
 * sender.
 *
 * $CODE in what a phone sends is the last certificate's code that any phone was told.
 *
 * Everything that comes back must be asked for by the next line that does something. All copies of
 * a repeat must get one response; where it is the first response to the byte, a `ussd<` line may
 * follow and need not, otherwise it must be asked for.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "core/lesson/parse.h"

#define TALK_MAX_BYTES (1u << 20)
#define TALK_MAX_LINES 20000u
#define TALK_MAX_PHONES 64u
#define TALK_MAX_REPEATS 64u
#define TALK_MAX_COURSES 9u
#define TALK_HISTORY 32u /* callbacks of a phone that may come again */
#define TALK_MAX_WAIT_MS (3650 * DAY_MS)
#define TALK_NUMBER_BYTES 17

/* What a line says to do: a row of verbs.c, which knows how its arguments are read and what
 * follows. */
struct talk_verb;

struct talk_line {
    uint32_t number; /* in the file, from 1 */
    const struct talk_verb *verb;
    uint32_t phone;  /* index in talk_script.phones */
    struct str text; /* input: unescaped; all others: as written */
    int64_t wait_ms;
    uint32_t n;        /* repeats or how far back, status, calls that fail (UINT32_MAX = always) */
    struct str port;   /* "store" */
    struct str action; /* "commit"; group: its code */
    enum err fail;     /* ERR_OK ends it */
    bool is_late;
    bool is_quiet;        /* drop; an order: in vain */
    bool is_there;        /* report: delivered; n counts back */
    bool is_old;          /* repeat: n counts back; turn: back */
    bool events, replies; /* loose */
};

/* A course in one language, for transcripts that name its texts by their ids. */
struct talk_text {
    struct str id, text; /* folded, as channels send it */
};

struct talk_tongue {
    struct str lang;
    bool is_chosen;                 /* a phone that is asked for its language answers by itself */
    struct str key;                 /* with this */
    const struct vocabulary *words; /* of the course: what {JOIN} stands for */
    uint32_t n;
    const struct talk_text *texts;
    struct str asks[2]; /* how the language is asked for, in the course's own and in this one */
    struct str more[4]; /* how a page ends that goes on; some may be empty */
};

struct talk_script {
    struct str file;
    const struct talk_tongue *tongue; /* NULL: no ids, no `more` */
    const struct talk_line *lines;    /* in the arena */
    uint32_t n_lines;
    /* The lines that say so. The first course is what a new number begins, others may be chosen. */
    const struct talk_line *courses[TALK_MAX_COURSES];
    uint32_t n_courses;
    const struct talk_line *clock; /* NULL = none does */
    char phones[TALK_MAX_PHONES]
               [TALK_NUMBER_BYTES]; /* E.164; the first is the one without a name */
    uint32_t n_phones;
};

/* text is borrowed for the script's life. ERR_INVALID with "file:line: what, and what to write" in
 * msg; ERR_TOO_LONG past a ceiling. */
enum err talk_parse(struct str text, struct str file, struct arena *arena, struct talk_script *ret,
                    struct errmsg *msg) MUST_CHECK;

/* lang absent: the course's own, and a phone that is asked for its language does what the
 * transcript says. The arena's error; *ret lives in it and in source. */
enum err talk_tongue_new(const struct lesson_source *source, struct str lang, struct arena *arena,
                         struct talk_tongue *ret) MUST_CHECK;
/* Puts texts in the place of their ids. ERR_INVALID: there is no such text, msg says where. */
enum err talk_fill(struct talk_script *script, const struct talk_tongue *tongue,
                   struct arena *arena, struct errmsg *msg) MUST_CHECK;
/* Is the phone asked for its language, and is that to be answered by itself? */
bool talk_asks_language(const struct talk_tongue *tongue, struct str screen);
/* Do pages follow this one? */
bool talk_has_more(const struct talk_tongue *tongue, struct str screen);

/* Does text fit the pattern? `*` any text, \n line end, \* \# \\ the character itself. */
bool talk_match(struct str pattern, struct str text);
/* Does an event line (core/event.h) fit "kind member=value ..."? Members that are not named may be
 * anything; values may hold `*`; text= takes the rest of the line. */
bool talk_match_event(struct str pattern, struct str event);
