/*
 * internal.h: for the files of this folder that read and play transcripts.
 *
 *   parse.c reads lines, verbs.c their arguments, both with text.c; run.c plays them, play.c each.
 */
#pragma once

#include "core/certificate.h"
#include "lab/handset.h"
#include "lab/talk/run.h"

/* ---- reading ---- */

struct talk_parser {
    struct talk_script *script;
    struct arena *arena;
    struct errmsg *msg;
    uint32_t line;
    uint32_t phone; /* of the last line that had one */
    bool has_played;
};

#define TALK_FAIL(p, ...) talk_fail_at(p, arena_printf((p)->arena, __VA_ARGS__))
/* ERR_INVALID, with the line. */
enum err talk_fail_at(const struct talk_parser *p, struct str words);
bool talk_is_blank(char c);
/* The first word; *rest is what follows, trimmed. */
struct str talk_take_word(struct str *rest);

/* ---- playing ---- */

/* A callback that may come again, and what was answered. */
struct talk_past {
    const char *path;
    struct buf body, response;
    int status;
};

struct talk_phone {
    struct handset handset;
    struct talk_past past[TALK_HISTORY]; /* a ring */
    uint32_t n_past;
    /* What the last callback brought and nobody has asked about yet. */
    struct buf screen;
    bool has_screen, is_open, is_optional;
    int refused;    /* status; 0 = it was taken */
    struct buf sms; /* the last one, and when it was sent */
    int64_t sms_ms;
};

struct talk_play {
    const struct talk_script *script;
    const struct talk_line *line;
    struct talk_world *world;
    struct talk_phone phones[TALK_MAX_PHONES];
    struct buf said; /* the transcript as it really went */
    struct buf got;  /* an SMS or event in hand */
    struct buf failure;
    struct buf text;              /* of the line in hand, with $CODE filled in */
    char code[CERTIFICATE_BYTES]; /* the last that was said to anybody */
    bool is_loose_replies, is_loose_events;
};

/* Says one line of the transcript as it really goes, line ends written as \n. */
void talk_say(struct talk_play *r, const char *what, uint32_t phone, struct str text);
/* Ends the transcript: what was expected, and what came. */
enum err talk_fail(struct talk_play *r, const char *expected, struct str text, const char *got,
                   struct str got_text);
/* Is it the event of a language that the phone has chosen by itself? */
bool talk_is_own_choice(const struct talk_play *r);
/* Remembers a certificate's code that stands in the text. */
void talk_note_code(struct talk_play *r, struct str text);
/* The line's text with $CODE filled in. */
struct str talk_line_text(struct talk_play *r);
struct str talk_phone_name(const struct talk_play *r, uint32_t phone);

typedef enum err talk_play_fn(struct talk_play *r, struct talk_phone *p);

struct talk_verb {
    const char *name;          /* one that ends in > or < is followed by the phone: sms>2 */
    bool is_short;             /* the name without its end is as good: drop, drop>2 */
    bool is_setting;           /* it does nothing by itself */
    bool is_action;            /* whatever came before must have been asked for */
    bool is_typed, is_pattern; /* the text is what a person types, what a phone is to show */
    const char *needs;         /* what only a world in memory has, in plain words; NULL: nothing */
    enum err (*read)(struct talk_parser *p, struct str rest, struct talk_line *line);
    talk_play_fn *play;
};

/* NULL: there is none. *ret_phone: what follows the name, absent where no phone is named. */
const struct talk_verb *talk_verb_find(struct str word, struct str *ret_phone);

talk_play_fn talk_play_sms, talk_play_ussd, talk_play_call, talk_play_more, talk_play_drop,
    talk_play_repeat, talk_play_report, talk_play_wait, talk_play_turn, talk_play_sms_out,
    talk_play_screen, talk_play_event, talk_play_refused, talk_play_order, talk_play_correct,
    talk_play_fail, talk_play_group, talk_play_certificate, talk_play_loose, talk_play_nothing;
