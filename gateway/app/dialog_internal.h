/*
 * dialog_internal.h: what dialog.c (who runs when, the machine) shares with dialog_step.c (what a
 * dialog says and commits). Nobody else includes it.
 */
#pragma once

#include "app/dedup.h"
#include "app/dialog.h"
#include "app/last_reply.h"
#include "core/engine.h"

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
    bool is_wake;           /* nobody wrote: the due time has come */
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
    struct store_commit commit;  /* ready in SAVING */
    struct dialog_answer answer; /* ready in DONE */
};

/* Takes over what the store holds. False: the state cannot be read. */
bool dialog_take_record(struct dialog *d, const struct store_record *record);
/* STEPPING: judges, asks the engine, prepares commit and answer. Returns STEPPED, REPEAT, NOTHING,
 * BROKEN, MISSING, or AWAY while no course is loaded at all. */
enum dialog_event dialog_step(struct dialog *d);
