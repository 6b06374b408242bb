/*
 * What stands on the phone (docs/course-rules.md 1.2 rule 11). The engine says what a reply shows;
 * only here is known whether all of it reached the phone: USSD turns pages, an SMS waits for a
 * provider. Kept in learner.link.shown, one bit each, and link.said.
 */
#include "app/shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/store/values.h"

/* The place, behind any side state, was said whole by SMS: once link.said is a time, it was taken.
 */
#define SHOWN_SMS 1u
/* The place stands whole on the USSD screen. */
#define SHOWN_USSD 2u
/* The side state was said whole on the via that opened it. */
#define SHOWN_SIDE 4u
/* The text on the USSD screen goes with the present place: its pages may be turned. */
#define SHOWN_TURNS 8u
/* And its last page ends with the present screen. */
#define SHOWN_ENDS 16u
/* The last SMS holds a side state that was left by USSD: its keys are no answer to the place. Both
 * bits stand in the record of a version that did not know, and counted everything. */
#define SHOWN_LEFT 32u
#define SHOWN_LEFT_BITS 96u
/* DELETE has explained itself here, and is not forgotten: no two days of silence lie between. */
#define SHOWN_ERASE 128u
#define ERASE_ASKED_MS (48 * HOUR_MS)

static bool is_side_of(const struct learner *learner, enum via via)
{
    return learner_state_is_side(learner->state) && learner->side_via == via;
}

/* A reply in a side state that the other via opened, as only "Who is learning?" stays one, shows
 * its screen, and no place. */
static enum outcome_shows shows_by(const struct outcome *out, const struct learner *next,
                                   enum via via)
{
    bool is_foreign = learner_state_is_side(next->state) && next->side_via != via;
    return is_foreign && out->shows == OUTCOME_SHOWS_SCREEN ? OUTCOME_SHOWS_OTHER : out->shows;
}

bool shown_whole(const struct learner *learner, enum via via, int64_t received_ms)
{
    const struct learner_link *link = &learner->link;
    bool is_taken = learner_said_ms(link->said) <= received_ms;
    if (is_side_of(learner, via))
        return (link->shown & SHOWN_SIDE) != 0 && (via == VIA_USSD || is_taken);
    if (via == VIA_USSD)
        return (link->shown & SHOWN_USSD) != 0;
    if ((link->shown & SHOWN_LEFT_BITS) == SHOWN_LEFT)
        return false;
    /* An SMS from the spool may be older than a screen that came meanwhile. */
    return ((link->shown & SHOWN_SMS) != 0 && is_taken) ||
           ((link->shown & SHOWN_USSD) != 0 && received_ms >= link->last_ms);
}

bool shown_erase_asked(const struct learner *learner, int64_t received_ms)
{
    return (learner->link.shown & SHOWN_ERASE) != 0 &&
           received_ms - learner->link.last_ms <= ERASE_ASKED_MS;
}

bool shown_can_turn(const struct learner *learner)
{
    return (learner->link.shown & SHOWN_TURNS) != 0;
}

bool shown_is_beside(const struct learner *learner)
{
    return learner_is_enrolled(learner) && !learner_state_is_side(learner->state) &&
           (learner->link.shown & SHOWN_ENDS) == 0;
}

/* A provider that has told nothing of an SMS for two minutes may have stopped telling at all. */
static bool has_reports(const struct learner_link *before, int64_t now_ms)
{
    int64_t said_ms = learner_said_ms(before->said);
    bool is_overdue = said_ms > 0 && said_ms != INT64_MAX && now_ms - said_ms >= SHOWN_WAIT_MS;
    return learner_said_has_arrived(before->said) || (before->has_reports && !is_overdue);
}

bool shown_is_awaited(const struct learner *learner, int64_t received_ms)
{
    const struct learner_link *link = &learner->link;
    int64_t said_ms = learner_said_ms(link->said);
    return link->has_reports && !learner_said_has_arrived(link->said) && said_ms <= received_ms &&
           received_ms - said_ms < SHOWN_WAIT_MS;
}

bool shown_is_again(const struct learner *before, const struct outcome *out)
{
    return out->shows == OUTCOME_SHOWS_SCREEN && !out->has_moved &&
           out->next.state == before->state && out->next.side_via == before->side_via;
}

void shown_move(const struct learner *before, const struct outcome *out, struct learner_link *link)
{
    link->has_reports = has_reports(&before->link, link->last_ms);
    bool is_other_side = out->next.state != before->state || out->next.side_via != before->side_via;
    link->shown = before->link.shown & (uint8_t)(out->has_moved ? SHOWN_LEFT_BITS : UINT8_MAX);
    memcpy(link->said, before->link.said, sizeof(link->said));
    if (is_other_side)
        link->shown &= (uint8_t)~SHOWN_SIDE;
    if (is_other_side && is_side_of(before, VIA_SMS))
        link->shown = (uint8_t)((link->shown & ~SHOWN_LEFT_BITS) | SHOWN_LEFT);
    if (is_other_side && is_side_of(before, VIA_USSD)) /* its pages may still be turned */
        link->shown &= (uint8_t)~SHOWN_ENDS;
    if (!shown_erase_asked(before, link->last_ms))
        link->shown &= (uint8_t)~SHOWN_ERASE;
    if (out->is_erase_asked)
        link->shown |= SHOWN_ERASE;
}

void shown_on_screen(const struct outcome *out, bool has_more, struct learner *next)
{
    enum outcome_shows shows = shows_by(out, next, VIA_USSD);
    unsigned shown = (next->link.shown | SHOWN_TURNS) & ~SHOWN_ENDS;
    if (shows != OUTCOME_SHOWS_KEYS) /* another text stands there now */
        shown &= ~(SHOWN_USSD | (is_side_of(next, VIA_USSD) ? SHOWN_SIDE : 0u));
    if (shows == OUTCOME_SHOWS_SCREEN)
        shown |= SHOWN_ENDS;
    if (!out->is_erase_asked) /* its keys are gone */
        shown &= ~SHOWN_ERASE;
    next->link.shown = (uint8_t)shown;
    shown_turn(has_more, next);
}

void shown_turn(bool has_more, struct learner *next)
{
    unsigned bit = is_side_of(next, VIA_USSD) ? SHOWN_SIDE : SHOWN_USSD;
    if ((next->link.shown & SHOWN_ENDS) == 0)
        return;
    next->link.shown = (uint8_t)(has_more ? next->link.shown & ~bit : next->link.shown | bit);
}

void shown_by_sms(const struct outcome *out, struct wall_ms at, struct learner *next)
{
    enum outcome_shows shows = shows_by(out, next, VIA_SMS);
    next->link.shown &= (uint8_t)~SHOWN_LEFT_BITS;
    if (shows == OUTCOME_SHOWS_KEYS)
        return;                         /* what stands in earlier SMS stands there still */
    if (shows == OUTCOME_SHOWS_OTHER) { /* whoever answers now may mean this one */
        next->link.shown &= (uint8_t) ~(SHOWN_SMS | SHOWN_USSD | SHOWN_SIDE);
        return;
    }
    /* link.said has room for one SMS: whether the place's was taken will not be known any more. */
    if (learner_said_ms(next->link.said) == INT64_MAX)
        next->link.shown &= (uint8_t)~SHOWN_SMS;
    next->link.shown |= is_side_of(next, VIA_SMS) ? SHOWN_SIDE : SHOWN_SMS;
    if (at.ms > 0) {
        learner_said_at(at.ms, next->link.said);
        next->link.has_reports = false; /* it is no message that any could be of */
    } else {
        learner_said_by(next->seq, next->link.said);
    }
}

static void on_noted(void *ctx, enum err e)
{
    (void)ctx, (void)e; /* it was said; without the note the next SMS gets the screen once more */
}

struct store_patch shown_note_patch(const struct shown_note *note)
{
    return (struct store_patch){LEARNER_SAID_AT,
                                {(const char *)note->before, sizeof(note->before)},
                                {(const char *)note->after, sizeof(note->after)}};
}

void shown_put(struct store *store, const struct number_id *id, const struct shown_note *note)
{
    struct store_patch patch = shown_note_patch(note);
    store_patch(store, id, &patch, on_noted, NULL);
}

void shown_kept_back(struct store *store, const struct number_id *id, uint32_t seq,
                     struct wall_ms at)
{
    struct shown_note note;
    learner_said_at(at.ms, note.before);
    learner_said_by(seq, note.after);
    shown_put(store, id, &note);
}

void shown_taken(uint32_t seq, struct wall_ms at, struct shown_note *ret)
{
    learner_said_by(seq, ret->before);
    learner_said_at(at.ms, ret->after);
}

/* ---- reports ---- */

#define NAME_BYTES 32
#define EXPECTED_BYTES (NUMBER_ID_BYTES + LEARNER_SAID_BYTES)

static const struct str arrived = {"arrived", sizeof("arrived") - 1};

/* What the sender leaves, and waits with for the other one's. */
struct expected {
    struct store *store;
    char bytes[EXPECTED_BYTES];
};

static struct str meeting_name(struct str channel, struct str provider_id, char dst[NAME_BYTES])
{
    uint64_t hash = str_hash(channel) * 31 + str_hash(provider_id);
    int n = snprintf(dst, NAME_BYTES, "report:%016" PRIx64, hash);
    return (struct str){dst, (size_t)n};
}

static void put_arrived(struct store *store, const char bytes[EXPECTED_BYTES])
{
    struct number_id id;
    struct shown_note note;
    memcpy(id.bytes, bytes, NUMBER_ID_BYTES);
    memcpy(note.before, bytes + NUMBER_ID_BYTES, LEARNER_SAID_BYTES);
    memcpy(note.after, note.before, LEARNER_SAID_BYTES);
    learner_said_arrived(note.after);
    shown_put(store, &id, &note);
}

static void on_expected(void *ctx, enum err e, struct str value)
{
    struct expected *x = ctx;
    if (e == ERR_OK && str_eq(value, arrived))
        put_arrived(x->store, x->bytes);
    free(x);
}

void shown_expect_report(struct store *store, struct str channel, struct str provider_id,
                         const struct number_id *id, const uint8_t said[LEARNER_SAID_BYTES])
{
    struct expected *x = xcalloc(1, sizeof(*x));
    char name[NAME_BYTES];
    x->store = store;
    memcpy(x->bytes, id->bytes, NUMBER_ID_BYTES);
    memcpy(x->bytes + NUMBER_ID_BYTES, said, LEARNER_SAID_BYTES);
    store_meet(store, meeting_name(channel, provider_id, name),
               (struct str){x->bytes, EXPECTED_BYTES}, SHOWN_WAIT_MS, on_expected, x);
}

static void on_arrived(void *ctx, enum err e, struct str value)
{
    struct store *store = ctx;
    if (e == ERR_OK && value.len == EXPECTED_BYTES)
        put_arrived(store, value.p);
}

void shown_has_arrived(struct store *store, struct str channel, struct str provider_id)
{
    char name[NAME_BYTES];
    store_meet(store, meeting_name(channel, provider_id, name), arrived, SHOWN_WAIT_MS, on_arrived,
               store);
}
