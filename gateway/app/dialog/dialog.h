/*
 * dialog.h: the life of one inbound message, from a decoded callback to its response.
 *
 *     QUEUED -> LOADING -> STEPPING -> SAVING -> DONE
 *                  |        ^    ^        |
 *                  |  CHECKING   +conflict+
 *                  +-----> SPOOLING <-----+
 *
 * One dialog at a time per number; others of the same number wait behind it, copies of the same
 * callback share its response. QUEUED asks the spool whether newer messages must queue behind older
 * ones. LOADING gets state and last reply from the store. STEPPING is synchronous: is it a repeat,
 * what does the engine say, what is to be committed. CHECKING looks what a certificate's code
 * stands for, where the engine asks for that, and steps again. SAVING commits, and before that
 * makes a new certificate one that can be checked; when the state had moved, it steps again on the
 * present one. The next step of a USSD session finds in this process's own memory what it committed
 * last, and asks the store only when that does not do. Nothing is answered with success before the
 * step, or the message itself, is on disk.
 *
 * What happens when something fails (the table is dialog_rows of machine.h; each line has a
 * transcript):
 *
 *     what fails                                SMS                          USSD
 *     store does not answer the load            spool, then success          "busy" text, END (4)
 *     store does not answer the check           spool, then success          "busy" text, END
 *     store does not answer the commit, is full spool, then success (1)      "busy" text, END (2)
 *     state moved more than 5 times             spool, then success          "busy" text, END
 *     DIALOG_*_MS are over                      spool, then success (1)      "busy" text, END (2)
 *     older messages are still in the spool     spool, then success          goes on
 *     spool is full, broken or slow             failure: the provider        -
 *                                               tries again
 *     no course, or not this version, is loaded spool, then success (3)      "busy" text, END (3)
 *     state unreadable                          failure                      "busy" text, END
 *     too many at once (ERR_FULL)               failure                      "busy" text, END
 *     duplicate of the last inbound             the same bytes again         the same bytes again
 *     older duplicate                           success, says nothing        the present screen
 *
 * A move that is not in the table is a mistake of ours: it is counted, and ends this one dialog as
 * when the time is over.
 *
 * (1) The commit may have taken effect all the same. The replay from the spool then finds the
 *     message in the learner's link and changes nothing.
 * (2) The step may have taken effect. The same callback again gets the stored reply; a redial
 *     finds the learner at the new place.
 * (3) But STOP is obeyed at once, where another version or course is loaded.
 * (4) In place of "busy", on each line: who typed SAFE or tells of harm is told whom to call.
 */
#pragma once

#include "app/channels.h"
#include "app/dialog/machine.h"
#include "base/arena.h"
#include "core/engine/engine.h"
#include "port/config/config.h"
#include "port/loop.h"
#include "port/metrics.h"
#include "port/spool/spool.h"
#include "port/store/store.h"
#include "port/vault/vault.h"
#include "profile/profile.h"

struct cohort_set;
struct course_set;
struct dialogs;
struct upgrade;

#define DIALOG_MAX_RUNNING 4096u /* of one process, queued ones included */
#define DIALOG_MAX_QUEUED 16u    /* behind the running one of a number */
#define DIALOG_MAX_COPIES 64u    /* callbacks that share one response */
#define DIALOG_MAX_CONFLICTS 5u
#define DIALOG_MAX_TEXT_BYTES 1600u /* longer input is cut at a character */
#define DIALOG_MAX_NAME_BYTES 512u  /* so is what providers call id, session, network */

/* From the arrival of the callback. An SMS has time left to be spooled. */
#define DIALOG_USSD_MS 900
#define DIALOG_SMS_MS 1000
#define DIALOG_SPOOL_MS 400

struct dialog_response {
    enum dialog_outcome outcome;
    struct str text; /* to be said in the response to the callback; absent = nothing */
    bool is_open;    /* USSD: the session goes on */
    uint32_t n_sms;  /* that it put into the outbox */
};

/* response is borrowed until the callback returns. */
typedef void dialog_on_response(void *ctx, const struct dialog_response *response);

/* USSD: decodes the callback again, now that the session's memory is there. Not called once the
 * dialog has been answered. */
typedef enum err dialog_refine(void *ctx, const struct session_memory *memory, struct arena *arena,
                               struct inbound *ret);

struct dialog_request {
    const struct config_channel *channel; /* outlives the dialogs */
    const struct inbound *inbound;        /* SMS or USSD, ACCEPT; copied */
    bool is_replay;                       /* read from the spool */
    bool must_spool;                      /* an SMS that cannot be handled now: straight there */
    struct wall_ms received;
    bool can_say_sms;       /* an SMS reply may travel in the response to the callback */
    uint32_t say_max_chars; /* longest text that fits there; 0 = no limit */
    dialog_refine *refine;  /* NULL: inbound is final */
    dialog_on_response *fn; /* called exactly once, from the loop, unless submit fails */
    void *ctx;              /* of refine and fn */
};

/* All members outlive the dialogs; metrics may be NULL. */
struct dialog_parts {
    struct loop *loop;
    struct store *store;
    struct spool *spool;
    const struct vault *vault;
    struct metrics *metrics;
    const struct config *config;
    const struct channels *channels; /* NULL: no profile limits a text */
    struct course_set *courses;
    const struct cohort_set *cohorts; /* NULL: there are no groups */
    const struct upgrade *upgrade;    /* NULL: nobody else writes learners */
};

struct dialogs *dialogs_new(const struct dialog_parts *parts);
/* Only with nothing under way (dialogs_n_running) or after store and spool were freed. */
void dialogs_free(struct dialogs *all);
/* ERR_FULL: too many at once; ERR_TOO_LONG: more than a dialog's memory holds. fn is not called
 * then: answer with dialogs_busy. */
enum err dialogs_submit(struct dialogs *all, const struct dialog_request *request) MUST_CHECK;
/* A number's due time has come: what the engine has to do then (forget a number that never
 * consented, a follow-up by SMS on the learner's own channel), or, for the tombstone of an erased
 * number, its end. fn is called exactly once, from the loop; FAILED and BROKEN leave the number
 * due. ERR_FULL: too many at once, fn is not called. */
enum err dialogs_wake(struct dialogs *all, const struct number_id *id, dialog_on_response *fn,
                      void *ctx) MUST_CHECK;
/* A person answers what this number asked: one SMS, unless the learner has left; n_sms of the
 * response says whether it went into the outbox. text stays in place until fn. As dialogs_wake. */
enum err dialogs_answer(struct dialogs *all, const struct number_id *id, struct str text,
                        dialog_on_response *fn, void *ctx) MUST_CHECK;
/* Somebody has looked after what this number disclosed up to then: the hold is lifted, in one
 * commit that a step at the same time cannot undo, and what is due goes on. Nothing is said. As
 * dialogs_wake. */
enum err dialogs_release(struct dialogs *all, const struct number_id *id, struct wall_ms until,
                         dialog_on_response *fn, void *ctx) MUST_CHECK;
/* A coordinator's order about a number: core/engine/input.h, desk. STEPPED, or REPEAT where it
 * means nothing (any more). For DESK_INVITE the number, in E.164, its country and the channel that
 * it shall be reached by, which outlives the dialogs; else absent. As dialogs_wake. */
struct dialog_desk {
    struct number_id id;
    struct desk_order order;
    struct str number, country;
    const struct config_channel *channel;
};
enum err dialogs_desk(struct dialogs *all, const struct dialog_desk *desk, dialog_on_response *fn,
                      void *ctx) MUST_CHECK;
/* The response when nothing else can be said: the busy text of the current course, or the
 * configuration's. Lives in the arena. */
struct dialog_response dialogs_busy(const struct dialogs *all, const struct config_channel *channel,
                                    enum dialog_kind kind, struct arena *arena);
/* Dialogs that are not answered yet. */
uint32_t dialogs_n_running(const struct dialogs *all);
