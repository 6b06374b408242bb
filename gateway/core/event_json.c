/*
 * event_json.c: a record of the event log as people and other programs may read it.
 *
 *   {"type":"step","number_id":"<32 hex>","learner_id":"<uuid>","seq":7,
 *    "at":"2026-11-24T07:37:40.123Z","channel":"at","via":"sms","network":"63902",
 *    "course":"children-on-the-move","version":"1.0.0","lang":"en","country":"KE",
 *    "state":"<hex of the learner value>","due":"2026-11-26T07:37:40.123Z",
 *    "vault":{"key_id":1,"nonce":"<24 hex>","ciphertext":"<hex>"},
 *    "events":[{"n":0,"kind":"answered","unit":"m1q1","phase":"quiz","choice":3,
 *               "correct":true,"attempt":1}]}
 *   {"type":"message","message_id":"007-1732433860123-0",...,"status":"sent",...}
 *   {"type":"report","channel":"at","id":"<the provider's>","status":"delivered",...}
 *
 * Members that do not apply are left out, empty texts too.
 */
#include <string.h>

#include "core/event_record.h"

#include <inttypes.h>

static void json_name(struct buf *out, const char *name)
{
    buf_add_str(out, STR(",\""));
    buf_add_str(out, str_from(name));
    buf_add_str(out, STR("\":"));
}

static void json_text(struct buf *out, const char *name, struct str value)
{
    if (str_is_empty(value))
        return;
    json_name(out, name);
    buf_add_json(out, value);
}

static void json_hex(struct buf *out, const char *name, const void *bytes, size_t n)
{
    json_name(out, name);
    buf_add_char(out, '"');
    buf_add_hex(out, bytes, n);
    buf_add_char(out, '"');
}

static void json_number(struct buf *out, const char *name, int32_t value)
{
    if (value == EVENT_ABSENT)
        return;
    json_name(out, name);
    buf_addf(out, "%d", value);
}

static void json_event(struct buf *out, const struct event *event, uint32_t n)
{
    buf_add_str(out, STR("{\"n\":"));
    buf_addf(out, "%u", n);
    json_text(out, "kind", str_from(event_kind_name(event->kind)));
    json_text(out, "unit", event->unit);
    json_text(out, "phase", str_from(event_phase_name(event->phase)));
    json_number(out, "choice", event->choice);
    if (event->correct != EVENT_ABSENT) {
        json_name(out, "correct");
        buf_add_str(out, event->correct != 0 ? STR("true") : STR("false"));
    }
    json_number(out, "attempt", event->attempt);
    json_number(out, "value", event->value);
    json_text(out, "code", event->code);
    json_text(out, "text", event->text);
    buf_add_char(out, '}');
}

static void json_time(struct buf *out, const char *name, struct wall_ms time)
{
    char text[RFC3339_BYTES];
    if (time.ms <= 0)
        return;
    clock_format_rfc3339(time, text);
    json_text(out, name, str_from(text));
}

static void json_learner(const struct event_record *record, struct buf *out)
{
    char uuid[37];
    static const uint8_t nobody[sizeof(record->learner_id)];
    event_uuid(record->learner_id, uuid);
    json_hex(out, "number_id", record->number_id, sizeof(record->number_id));
    bool is_ours = record->kind == EVENT_RECORD_MESSAGE && /* to people of ours */
                   memcmp(record->learner_id, nobody, sizeof(nobody)) == 0;
    if (!is_ours)
        json_text(out, "learner_id", str_from(uuid));
    buf_addf(out, ",\"seq\":%u", record->seq);
}

static void json_vault(const struct event_record *record, struct buf *out)
{
    buf_addf(out, ",\"vault\":{\"key_id\":%u", record->vault_key_id);
    json_hex(out, "nonce", record->vault_nonce.p, record->vault_nonce.len);
    json_hex(out, "ciphertext", record->vault_ciphertext.p, record->vault_ciphertext.len);
    buf_add_char(out, '}');
}

static void json_step(const struct event_record *record, struct str state, struct buf *out)
{
    buf_add_str(out, STR("{\"type\":\"step\""));
    json_learner(record, out);
    json_time(out, "at", record->at);
    json_text(out, "channel", record->channel);
    json_text(out, "via", record->via);
    json_text(out, "network", record->network);
    json_text(out, "course", record->course);
    json_text(out, "version", record->version);
    json_text(out, "lang", record->lang);
    json_text(out, "country", record->country);
    json_text(out, "cohort", record->cohort);
    json_text(out, "mode", record->mode);
    if (record->session != 0)
        buf_addf(out, ",\"session\":%u", record->session);
    if (!str_is_empty(state) && !record->is_erased)
        json_hex(out, "state", state.p, state.len);
    json_time(out, "due", record->due_at);
    if (!str_is_empty(record->also))
        json_hex(out, "also", record->also.p, record->also.len);
    if (record->vault_key_id != 0)
        json_vault(record, out);
    json_name(out, "events");
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < record->n_events; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        json_event(out, &record->events[i], i);
    }
    buf_add_str(out, STR("]}"));
}

static void json_message(const struct event_record *record, struct buf *out)
{
    char id[EVENT_PLACE_BYTES];
    event_place_write(record->place, id);
    buf_addf(out, "{\"type\":\"message\",\"message_id\":\"%03u-%s\"", record->bucket, id);
    json_learner(record, out);
    json_time(out, "at", record->at);
    json_text(out, "channel", record->channel);
    json_text(out, "class", record->class);
    json_text(out, "status", record->status);
    buf_addf(out, ",\"segments\":%u", record->segments);
    json_text(out, "encoding", record->encoding);
    buf_addf(out, ",\"attempt\":%u", record->attempt);
    json_text(out, "country", record->country);
    json_text(out, "network", record->network);
    json_text(out, "purpose", record->purpose);
    json_text(out, "unit", record->unit);
    json_text(out, "provider_id", record->provider_id);
    if (record->price > 0)
        buf_addf(out, ",\"price\":%" PRIu64 ".%06" PRIu64, record->price / 1000000,
                 record->price % 1000000);
    json_text(out, "currency", record->currency);
    json_text(out, "error", record->error);
    if (!str_is_empty(record->refused_by))
        buf_addf(out, ",\"error\":\"cap %.*s\"", STR_ARG(record->refused_by));
    buf_add_char(out, '}');
}

static void json_report(const struct event_record *record, struct buf *out)
{
    buf_add_str(out, STR("{\"type\":\"report\""));
    json_text(out, "channel", record->channel);
    json_text(out, "id", record->provider_id);
    json_text(out, "status", record->status);
    json_time(out, "at", record->at);
    json_text(out, "error", record->error);
    buf_add_char(out, '}');
}

void event_record_json(const struct event_record *record, struct str state, struct buf *out)
{
    if (record->kind == EVENT_RECORD_STEP)
        json_step(record, state, out);
    else if (record->kind == EVENT_RECORD_MESSAGE)
        json_message(record, out);
    else
        json_report(record, out);
}
