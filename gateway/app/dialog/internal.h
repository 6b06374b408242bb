/*
 * internal.h: what dialog.c (who runs when, the machine), ask.c (what is asked elsewhere), step.c
 * (what is to be committed), say.c (what is said, and by which way) and cache.c share. Nobody else
 * includes it.
 */
#pragma once

#include "app/dedup.h"
#include "app/dialog/dialog.h"
#include "app/limits.h"
#include "app/shown.h"
#include "core/engine/engine.h"
#include "port/store/store.h"

/* One callback that waits for the dialog's answer. */
struct dialog_waiter {
    dialog_on_answer *fn;
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
    uint64_t made_code; /* of this step, with which a place can be brought elsewhere; 0 = none */
    uint8_t made_for[16];
    struct dialog_certificate {
        uint64_t code;
        struct str line;
    } certificates[EVENTS_MAX]; /* that this step issues */
    uint32_t n_certificates;
    bool is_from_cache;          /* loaded from this process's own memory, without what was seen */
    struct store_commit commit;  /* ready in SAVING */
    struct store_caps caps;      /* of its SMS */
    struct dialog_answer answer; /* ready in DONE */
    bool is_sms_answer;          /* an SMS is said in it */
    bool is_awaiting;            /* the same words again, and what they follow has not arrived */
};

/* In the end of what a function does: the dialog may be gone afterwards. What is not in dialog_rows
 * is counted (METRIC_illegal_moves_total) and ends the dialog. */
void dialog_happen(struct dialog *d, enum dialog_event event);
/* In the beginning of what a port calls back. True when the dialog no longer waits for this: its
 * time was over. The last one to call sets it free. */
bool dialog_is_late(struct dialog *d, enum dialog_state waiting);
/* Takes over what the store holds. False: the state cannot be read. */
bool dialog_take_record(struct dialog *d, const struct store_record *record);
/* Keeps what was found out. False: too long. */
bool dialog_take_check(struct dialog *d, const struct code_check *check);
/* STEPPING: judges, asks the engine, prepares commit and answer. Returns STEPPED, ASKED, REPEAT,
 * NOTHING, BROKEN, MISSING, or AWAY while no course is loaded at all. */
enum dialog_event dialog_step(struct dialog *d);

/* ---- ask.c ---- */

void dialog_enter_checking(struct dialog *d);
/* A place has come here: the old number need not wait for its timer. */
void dialog_let_old_go(struct dialog *d);

/* ---- say.c ---- */

/* The USSD session has ended: nothing can be shown any more. */
bool dialog_is_over(const struct dialog *d);
/* Id of the course that a bare JOIN starts on this channel. */
struct str dialog_course_id(const struct dialog *d);
/* The version that the learner is on, or the one that new learners start. */
const struct course *dialog_course(const struct dialog *d, const struct learner *learner);
bool dialog_has_event(const struct outcome *out, enum event_kind kind);
struct last_reply_limits dialog_screen_limits(const struct dialog *d);
struct last_reply dialog_new_reply(const struct dialog *d, const struct learner *learner,
                                   struct str text, bool is_open);
/* The channel that its SMS go by; absent = none are sent. */
struct str dialog_sms_channel(const struct dialog *d);
/* What was encoded into the scratch buffer, in the arena; absent when it was too long. */
struct str dialog_take_scratch(struct dialog *d);
/* Keeps the reply of a step from `before` to next, which is complete but for that. */
void dialog_commit_reply(struct dialog *d, const struct last_reply *reply,
                         const struct learner *before, struct learner *next);
/* Somebody wrote, or was invited. */
bool dialog_knows_number(const struct dialog *d);
/* Ciphertext in the arena; key_id 0 in a dialog that does not know the number. False, as below:
 * broken. */
bool dialog_seal(struct dialog *d, struct str plain, struct vault_sealed *ret);
/* A USSD screen as the answer to the callback. */
bool dialog_say_screen(struct dialog *d, struct last_reply *reply);
/* A disclosure: the focal points of the country, and the hook, are told that something waits, in
 * the same commit. */
bool dialog_alert(struct dialog *d, const struct outcome *out);
/* The engine's reply, on the way that this channel has: into the answer or the commit. Notes in
 * out->next what then stands on the phone. */
bool dialog_say(struct dialog *d, struct outcome *out);
/* The commit took place without its SMS. */
void dialog_refused(struct dialog *d, const char *refused_by);

/* ---- cache.c ----
 *
 * What this process has committed lately, so that the next step of a USSD session needs no
 * question to the store. Whatever is remembered may be out of date: the commit's comparison of seq
 * finds that out and brings the present record.
 *
 * A fixed number of places, 16 MB once all are in use: sessions of a front at 5,000 callbacks/s
 * whose people take ten seconds for a screen. A number that falls on another one's place takes it.
 */

#define DIALOG_CACHE_PLACES 65536u

struct dialog_cache;

struct dialog_cache *dialog_cache_new(void);
void dialog_cache_free(struct dialog_cache *cache);
/* The state as it was put; absent: it is not remembered. Borrowed until the next put. */
struct str dialog_cache_get(const struct dialog_cache *cache, const struct number_id *id);
/* A state that is too long is forgotten. */
void dialog_cache_put(struct dialog_cache *cache, const struct number_id *id, struct str state);
void dialog_cache_drop(struct dialog_cache *cache, const struct number_id *id);
