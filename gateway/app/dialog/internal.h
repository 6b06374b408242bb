/*
 * internal.h: what dialogs.c (who runs when), dialog.c (the machine), ask.c (what is asked
 * elsewhere), step.c (what is to be done), commit.c and say.c share. Nobody else includes it.
 */
#pragma once

#include "app/dedup.h"
#include "app/dialog/dialog.h"
#include "app/limits.h"
#include "app/shown.h"
#include "core/engine/engine.h"
#include "port/store/store.h"

/* One callback that waits for the dialog's response. */
struct dialog_waiter {
    dialog_on_response *fn;
    void *ctx;
    struct dialog_waiter *next;
};

#define DIALOG_BUCKETS 1024u

struct dialogs {
    struct dialog_parts parts;
    struct dialog *numbers[DIALOG_BUCKETS]; /* the running dialog of each number, by its id */
    struct dialog *free_list;
    uint32_t n_free;
    uint32_t n_running;
    struct buf scratch; /* for encoding; empty between uses */
    struct dialog_cache *cache;
};

/* What happens to a number although nobody wrote. */
struct dialog_own {
    enum input_kind kind;
    struct wall_ms held_until; /* of INPUT_RELEASE */
    struct str text;           /* of INPUT_ANSWER; borrowed until the end */
    struct desk_order desk;    /* of INPUT_DESK */
};

struct dialog {
    struct dialogs *all;
    struct dialog *next_number; /* in the table of numbers: another number; or the free list */
    struct dialog *next_queued; /* same number, came later */
    enum dialog_state state;
    enum dialog_kind kind;
    struct arena *arena; /* of this dialog: everything below that is borrowed lies in it */
    struct timer *deadline;
    struct number_id id;
    struct dedup_key key;
    const struct config_channel *channel;
    struct inbound first;   /* as it was decoded without session memory */
    struct inbound inbound; /* with it */
    bool is_wake;           /* nobody wrote */
    struct dialog_own own;  /* what happens then */
    bool must_spool;
    bool can_say_sms;
    uint32_t say_max_chars;
    dialog_refine *refine;
    void *refine_ctx;
    struct dialog_waiter waiter; /* the first; copies are linked behind it */
    uint32_t n_copies;
    struct mono_ms begun;
    uint32_t n_calls; /* ports that have yet to call back; kept until then */
    uint32_t n_conflicts;
    struct learner learner; /* as loaded */
    struct last_reply last; /* as loaded */
    bool has_last;
    struct last_step step; /* that is being done */
    bool has_reply;        /* the commit has a reply that is kept ... */
    bool is_made_again;    /* ... in the state, for a USSD session */
    struct str seen;       /* as loaded */
    bool has_check_pin;
    uint64_t asked_code;     /* of a certificate that the engine asks about, in CHECKING */
    struct code_check check; /* what it stands for */
    struct move_ask move;    /* what the other number is asked, in CHECKING; and what it says */
    enum move_answer moved;
    struct str claim; /* of this step: token of a link to the badge of claim_code; absent: none */
    uint64_t claim_code;
    uint64_t made_code; /* of this step, with which a place can be brought elsewhere; 0 = none */
    uint8_t made_for[16];
    struct dialog_certificate {
        uint64_t code;
        struct str line;
        bool is_new;            /* the code was drawn in this step */
    } certificates[EVENTS_MAX]; /* that this step issues */
    uint32_t n_certificates;
    bool is_from_cache;         /* loaded from this process's own memory, without what was seen */
    struct store_commit commit; /* ready in SAVING */
    struct store_caps caps;     /* of its SMS */
    struct dialog_response response; /* ready in DONE */
    bool is_sms_response;            /* an SMS is said in it */
    bool is_awaiting; /* the same words again, and what they follow has not arrived */
};

/* ---- dialogs.c ---- */

/* The running dialog of a number: where it hangs in the table, or would. */
struct dialog **dialogs_find(struct dialogs *all, const struct number_id *id);
/* Back to the free list. */
void dialog_release(struct dialog *d);

/* ---- dialog.c ---- */

/* It is first in the line of its number. */
void dialog_take_turn(struct dialog *d);
/* timer_fn of the dialog. */
void dialog_on_deadline(void *ctx);
/* In the end of what a function does: the dialog may be gone afterwards. What is not in dialog_rows
 * is counted (METRIC_illegal_moves_total) and ends the dialog. */
void dialog_happen(struct dialog *d, enum dialog_event event);
/* In the beginning of what a port calls back. True when the dialog no longer waits for this: its
 * time was over. The last one to call sets it free. */
bool dialog_is_late(struct dialog *d, enum dialog_state waiting);

/* ---- step.c ---- */

/* Takes over what the store holds. False: the state cannot be read. */
bool dialog_take_record(struct dialog *d, const struct store_record *record);
/* On a screen, while nothing can be kept: says whom to call to who tells of harm. False: nothing of
 * the kind was typed. */
bool dialog_say_safe(struct dialog *d);
/* Keeps what was found out. False: too long. */
bool dialog_take_check(struct dialog *d, const struct code_check *check);
/* STEPPING: judges, asks the engine, prepares commit and response. Returns STEPPED, ASKED, REPEAT,
 * NOTHING, BROKEN, MISSING, or AWAY while no course is loaded at all. */
enum dialog_event dialog_step(struct dialog *d);

/* ---- commit.c ---- */

/* The next state gets its number; what it shows and says can then be settled. */
void dialog_begin_commit(struct dialog *d, struct learner *next);
/* What people are to read leaves this function in a sealed box. False, as below: broken. */
bool dialog_seal_for_people(struct dialog *d, struct outcome *out);
bool dialog_commit_state(struct dialog *d, const struct learner *next);
bool dialog_commit_event(struct dialog *d, const struct outcome *out);

/* ---- ask.c ---- */

void dialog_enter_checking(struct dialog *d);
/* A place has come here: the old number need not wait for its timer. */
void dialog_let_old_go(struct dialog *d);
