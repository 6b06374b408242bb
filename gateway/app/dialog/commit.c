/*
 * What a step of a dialog commits: the next state, the facts, the number, and what people are to
 * read, in a sealed box.
 */
#include <string.h>

#include "app/dialog/internal.h"
#include "app/dialog/say.h"
#include "app/upgrade.h"
#include "base/log.h"
#include "core/event_record.h"

static void remember_inbound(struct dialog *d, struct learner_link *link)
{
    d->commit.is_seen_whole = dedup_remember(&d->key, &d->inbound, d->seen, link, &d->all->scratch);
    d->commit.seen = dialog_take_scratch(d);
}

/* How the number is reached by what nobody asked for. */
static void remember_number(struct dialog *d, struct learner_link *link)
{
    if (d->inbound.country[0] != '\0')
        memcpy(link->country, d->inbound.country, sizeof(link->country));
    _Static_assert(sizeof(link->number) == VAULT_PACKED_BYTES, "as the vault packs it");
    if (!vault_is_packed(d->all->parts.vault, link->number))
        vault_pack(d->all->parts.vault, &d->id, d->inbound.from, link->number);
    struct str reach = dialog_sms_channel(d);
    if (str_copy(reach, link->channel, sizeof(link->channel)) != ERR_OK)
        LOG_WARN("dialog", "channel name too long for pushes", "channel=%.*s", STR_ARG(reach));
}

/* The next state gets its number; what it shows and says can then be settled. */
void dialog_begin_commit(struct dialog *d, struct learner *next)
{
    int64_t same_ms = next->link.same_ms;
    next->link = d->learner.link;
    next->link.same_ms = same_ms;
    next->seq = d->learner.seq + 1;
    if (d->moved == MOVE_YES && d->move.act == MOVE_GIVE && d->check.moving->seq >= next->seq)
        next->seq = d->check.moving->seq + 1; /* facts of one person have one order */
    d->has_reply = d->is_made_again = false;
    d->commit = (struct store_commit){
        .id = d->id, .expected_seq = d->learner.seq, .due_at_ms = -1, .state = STR_NONE};
    if (!d->is_wake)
        remember_inbound(d, &next->link);
    if (dialog_knows_number(d))
        remember_number(d, &next->link);
}

bool dialog_commit_state(struct dialog *d, const struct learner *next)
{
    uint8_t version = upgrade_learner_record(d->all->parts.upgrade);
    if (learner_encode(next, version, &d->all->scratch) != ERR_OK) {
        buf_reset(&d->all->scratch);
        return false;
    }
    d->commit.state = dialog_take_scratch(d);
    return true;
}

/* Who reads what was written; N_VAULT_READERS: nothing of this kind was. */
static enum vault_reader reader_of(enum event_kind kind)
{
    return kind == EVENT_safe_raised ? VAULT_READER_SAFE
           : kind == EVENT_asked     ? VAULT_READER_INBOX
                                     : N_VAULT_READERS;
}

/* What people are to read leaves this function in a sealed box, as hex. */
bool dialog_seal_for_people(struct dialog *d, struct outcome *out)
{
    struct str aad = {(const char *)d->id.bytes, NUMBER_ID_BYTES};
    for (uint32_t i = 0; i < out->n_events; i++) {
        struct buf box CLEANUP(buf_fini);
        enum vault_reader reader = reader_of(out->events[i].kind);
        buf_init(&box, out->sealed_text.len + LETTER_EXTRA_BYTES);
        if (reader == N_VAULT_READERS)
            continue;
        if (vault_letter_seal(d->all->parts.vault, reader, aad, out->sealed_text, &box) != ERR_OK)
            return false;
        buf_add_hex(&d->all->scratch, box.p, box.len);
        out->events[i].text = dialog_take_scratch(d);
    }
    return true;
}

/* As core.via has them. */
static const char *const via_words[] = {
    [VIA_SMS] = "sms", [VIA_USSD] = "ussd", [VIA_CALL] = "call"};

bool dialog_commit_event(struct dialog *d, const struct outcome *out)
{
    struct vault_sealed number;
    const struct course *course = dialog_course(d, &out->next);
    struct event_record record = {
        .kind = EVENT_RECORD_STEP,
        .seq = out->next.seq,
        .at = d->key.received,
        .channel = d->channel->name,
        .via = str_from(via_words[dialog_via(&d->inbound)]),
        .network = d->inbound.network,
        .lang = str_from(out->next.lang),
        .country = str_from(d->inbound.country),
        .session = d->key.session,
        .is_erased = out->is_erased,
        .n_events = out->n_events,
    };
    const struct learner *learner = out->is_erased ? &d->learner : &out->next;
    memcpy(record.number_id, d->id.bytes, sizeof(record.number_id));
    memcpy(record.learner_id, out->is_gone ? out->gone : learner->learner_id,
           sizeof(record.learner_id));
    record.also = (struct str){(const char *)out->also, out->n_also * sizeof(out->also[0])};
    memcpy(record.events, out->events, out->n_events * sizeof(record.events[0]));
    if (course != NULL) {
        record.course = course->id;
        record.version = course->version;
        if (str_is_empty(record.lang))
            record.lang = course->language; /* nobody has chosen one yet */
    }
    if (!out->is_erased)
        record.due_at.ms = out->wake_at_ms;
    if (dialog_has_event(out, EVENT_contact) || dialog_has_event(out, EVENT_consented) ||
        dialog_has_event(out, EVENT_moved)) {
        if (!dialog_seal(d, d->inbound.from, &number))
            return false;
        record.vault_key_id = number.key_id;
        record.vault_nonce = (struct str){(const char *)number.nonce, sizeof(number.nonce)};
        record.vault_ciphertext = number.ciphertext;
    }
    event_encode(&record, &d->all->scratch);
    d->commit.event = dialog_take_scratch(d);
    return true;
}
