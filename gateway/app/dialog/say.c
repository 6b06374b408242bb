/*
 * What is said, and by which way: in the response to the callback, or by SMS.
 */
#include <assert.h>
#include <string.h>

#include "app/course_set.h"
#include "app/dialog/internal.h"
#include "app/dialog/say.h"
#include "app/message.h"
#include "base/log.h"
#include "core/gsm/gsm.h"
#include "core/utf8.h"
#include "port/config/live.h"

/* After two days a response is asked for again anyway (docs/course-rules.md 1.2 rule 11), so a
 * reply that could not be sent by then would only confuse. */
#define REPLY_KEPT_MS (48 * HOUR_MS)

enum via dialog_via(const struct inbound *inbound)
{
    return inbound->kind == INBOUND_USSD   ? VIA_USSD
           : inbound->kind == INBOUND_CALL ? VIA_CALL
                                           : VIA_SMS;
}

bool dialog_is_over(const struct dialog *d)
{
    return d->inbound.phase == INBOUND_PHASE_END || d->inbound.phase == INBOUND_PHASE_TIMEOUT;
}

struct str dialog_course_id(const struct dialog *d)
{
    struct str own = d->channel->course;
    return str_is_empty(own) ? d->all->parts.config->course : own;
}

/* The version that the learner is on, or the one that new learners start. */
const struct course *dialog_course(const struct dialog *d, const struct learner *learner)
{
    const struct courses *courses = course_set_courses(d->all->parts.courses);
    const struct course *course = engine_course(courses, dialog_course_id(d), learner);
    return course != NULL ? course : courses_current(courses);
}

bool dialog_has_event(const struct outcome *out, enum event_kind kind)
{
    for (uint32_t i = 0; i < out->n_events; i++) {
        if (out->events[i].kind == kind)
            return true;
    }
    return false;
}

struct last_reply_limits dialog_screen_limits(const struct dialog *d)
{
    struct channel_room room = channels_room(d->all->parts.channels, d->channel);
    return (struct last_reply_limits){room.ussd_septets, room.ussd_ucs2};
}

/* A USSD screen as the response to the callback. False: it cannot be shown. */
bool dialog_say_screen(struct dialog *d, struct last_reply *reply)
{
    const struct last_reply_limits limits = dialog_screen_limits(d);
    if (last_reply_show(reply, &limits, d->arena, &d->response.text) != ERR_OK)
        return false;
    d->response.is_open = reply->is_shown_open;
    return true;
}

struct last_reply dialog_new_reply(const struct dialog *d, const struct learner *learner,
                                   struct str text, bool is_open)
{
    const struct course *course = dialog_course(d, learner);
    struct last_reply reply = {.mark = d->key.mark,
                               .session = d->key.session,
                               .received_ms = d->key.received.ms,
                               .ready_ms = loop_wall(d->all->parts.loop).ms,
                               .is_open = is_open,
                               .text = text};
    if (d->inbound.kind != INBOUND_USSD)
        return reply;
    const struct last_reply_limits limits = dialog_screen_limits(d);
    const struct gsm_ussd ussd = {.text = gsm_fold_pages(text, d->channel->fold, d->arena),
                                  .septets = limits.septets,
                                  .ucs2 = limits.ucs2};
    reply.text = gsm_ussd_leave_out(&ussd, d->arena);
    reply.remember = d->inbound.remember;
    if (course == NULL)
        return reply;
    enum course_text first =
        engine_has_back(course, learner) ? COURSE_TEXT_more_key : COURSE_TEXT_first_more_key;
    reply.more_key = gsm_fold(course->texts[COURSE_TEXT_more_key], d->channel->fold, d->arena);
    reply.first_key = gsm_fold(course->texts[first], d->channel->fold, d->arena);
    return reply;
}

struct str dialog_sms_channel(const struct dialog *d)
{
    return d->inbound.kind == INBOUND_SMS ? d->channel->name : d->channel->sms_channel;
}

struct str dialog_take_scratch(struct dialog *d)
{
    struct buf *scratch = &d->all->scratch;
    struct str copy =
        buf_error(scratch) == ERR_OK ? arena_str(d->arena, buf_str(scratch)) : STR_NONE;
    buf_reset(scratch);
    return copy;
}

void dialog_commit_reply(struct dialog *d, const struct last_reply *reply,
                         const struct learner *before, struct learner *next)
{
    d->has_reply = true;
    d->is_made_again =
        reply->is_made_again && last_reply_put(reply, before, next, &d->all->scratch);
    if (d->is_made_again)
        return;
    last_reply_put_beside(next);
    last_reply_encode(reply, &d->all->scratch);
    d->commit.reply = dialog_take_scratch(d);
    d->commit.reply_ttl_ms = LAST_REPLY_TTL_MS;
}

/* Confirmation of STOP and certificates go out before ordinary replies, and these before pushes. */
static enum message_class class_of(const struct outcome *out)
{
    if (out->purpose != NULL)
        return MESSAGE_CLASS_PUSH;
    for (uint32_t i = 0; i < out->n_events; i++) {
        enum event_kind kind = out->events[i].kind;
        if (kind == EVENT_stopped || kind == EVENT_erased || kind == EVENT_certified ||
            kind == EVENT_module_certified)
            return MESSAGE_CLASS_NOTICE;
    }
    return MESSAGE_CLASS_REPLY;
}

bool dialog_knows_number(const struct dialog *d)
{
    return !d->is_wake || !str_is_empty(d->inbound.from);
}

bool dialog_seal(struct dialog *d, struct str plain, struct vault_sealed *ret)
{
    *ret = (struct vault_sealed){.key_id = 0};
    if (!dialog_knows_number(d)) /* nobody wrote: the sender asks the vault */
        return true;
    struct str aad = {(const char *)d->id.bytes, NUMBER_ID_BYTES};
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, plain.len + VAULT_TAG_BYTES);
    if (vault_seal(d->all->parts.vault, aad, plain, &out, ret) != ERR_OK)
        return false;
    ret->ciphertext = arena_str(d->arena, buf_str(&out));
    return true;
}

/* False, as in the functions below: broken. */
static bool make_message(struct dialog *d, const struct outcome *out, struct str channel,
                         struct str text, struct message *ret)
{
    struct wall_ms now = loop_wall(d->all->parts.loop);
    const uint8_t *learner_id = out->is_erased ? d->learner.learner_id : out->next.learner_id;
    struct vault_sealed number;
    if (!dialog_seal(d, d->inbound.from, &number))
        return false;
    *ret = (struct message){
        .channel = channel,
        .class = class_of(out),
        .number_id = d->id,
        .seq = out->next.seq,
        .vault_key_id = number.key_id,
        .vault_ciphertext = number.ciphertext,
        .text = text,
        .link = d->inbound.link,
        .network = d->inbound.network,
        .is_parting = dialog_has_event(out, EVENT_stopped) || dialog_has_event(out, EVENT_erased),
        .is_answer = !d->is_wake && d->inbound.kind == INBOUND_SMS,
        .created_at = now,
        .expires_at = {d->is_wake && out->push_until_ms != 0 ? out->push_until_ms
                                                             : now.ms + REPLY_KEPT_MS}};
    enum err e = str_copy(str_from(out->purpose != NULL ? out->purpose : ""), ret->purpose,
                          sizeof(ret->purpose));
    assert(e == ERR_OK); /* the engine's own words */
    memcpy(ret->learner_id, learner_id, sizeof(ret->learner_id));
    memcpy(ret->vault_nonce, number.nonce, sizeof(ret->vault_nonce));
    return true;
}

/* What may keep the message back when it is committed. */
static void limit(struct dialog *d, const struct outcome *out, const struct message *message,
                  bool is_said)
{
    bool is_written = !d->is_wake && d->inbound.kind == INBOUND_SMS;
    struct limits_ask ask = {.config = d->all->parts.config,
                             .vault = d->all->parts.vault,
                             .message = message,
                             .number = d->inbound.from,
                             .country = str_from(d->inbound.country),
                             .is_call = d->inbound.kind == INBOUND_CALL,
                             .said = is_written ? d->inbound.text : STR_NONE,
                             .is_exempt = dialog_has_event(out, EVENT_stopped) ||
                                          dialog_has_event(out, EVENT_erased) ||
                                          dialog_has_event(out, EVENT_safe_raised),
                             .is_new = dialog_knows_number(d) && !learner_is_enrolled(&d->learner),
                             .is_said = is_said,
                             .now = d->key.received};
    limits_make(&ask, d->arena, &d->caps);
    d->commit.caps = &d->caps;
}

/* Bytes of the first message that a text of more than max_chars becomes: to the last blank, since
 * each message costs, else in the middle of a word. */
static size_t first_piece(struct str text, uint32_t max_chars)
{
    size_t at = 0, blank = 0;
    for (uint32_t n = 0; at < text.len && n <= max_chars; n++) {
        if (text.p[at] == ' ' || text.p[at] == '\n')
            blank = at;
        if (n == max_chars)
            return blank > 0 ? blank : at;
        (void)utf8_next(text, &at);
    }
    return text.len;
}

/* One message, or several where the provider takes no longer text. What a commit cannot hold goes
 * with the last one: too long a text may still arrive, a lost one cannot. */
static void put_messages(struct dialog *d, struct message *message, uint32_t max_chars)
{
    struct str rest = str_trim(message->text);
    uint32_t first = d->commit.n_outbox;
    do {
        bool is_last = max_chars == 0 || d->commit.n_outbox - first + 1 == STORE_MAX_OUTBOX;
        size_t n = is_last ? rest.len : first_piece(rest, max_chars);
        message->text = str_trim(str_sub(rest, 0, n));
        rest = str_trim(str_sub(rest, n, rest.len));
        message->has_more = rest.len > 0;
        message_encode(message, &d->all->scratch);
        d->commit.outbox[d->commit.n_outbox++] = dialog_take_scratch(d);
    } while (rest.len > 0);
}

/* By SMS: in the response to the callback where that can hold it, else through the outbox. */
static bool say_by_sms(struct dialog *d, struct outcome *out, struct str channel)
{
    const struct config_channel *sms = config_channel_get(d->all->parts.config, channel);
    const struct config_channel *by = sms != NULL ? sms : d->channel;
    struct str text = gsm_fold_in(out->reply, by->fold, by->alphabets, d->arena);
    bool fits = d->say_max_chars == 0 || utf8_count(text) <= d->say_max_chars;
    bool is_said = d->can_say_sms && fits;
    struct message message;
    if (!make_message(d, out, channel, text, &message))
        return false;
    limit(d, out, &message, is_said);
    if (d->is_awaiting && !is_said && shown_is_again(&d->learner, out))
        message.again = (struct str){(const char *)out->next.link.said, LEARNER_SAID_BYTES};
    else
        shown_by_sms(out, is_said ? d->key.received : (struct wall_ms){0}, &out->next);
    d->is_sms_response = is_said;
    if (is_said) {
        struct last_reply reply = dialog_new_reply(d, &out->next, text, false);
        d->response.text = text;
        dialog_commit_reply(d, &reply, &d->learner, &out->next);
        return true;
    }
    put_messages(d, &message,
                 sms != NULL ? channels_room(d->all->parts.channels, sms).text_chars : 0);
    d->response.n_sms = d->commit.n_outbox;
    return true;
}

/* What makes a text random, secret or the last of its learner is in none of these. */
static bool can_be_made_again(const struct dialog *d, const struct outcome *out)
{
    return !out->is_erased && out->check_code == 0 && out->made_code == 0 && out->claim.p == NULL &&
           !out->is_passing && out->sealed_text.p == NULL &&
           !dialog_has_event(out, EVENT_safe_raised) &&
           out->next.certificate == d->learner.certificate &&
           !dialog_has_event(out, EVENT_module_certified) &&
           d->step.text.len <= LAST_STEP_TEXT_BYTES;
}

/* ---- alerts ---- */

/* Who writes again within this time is not told of again. */
#define ALERT_PAUSE_MS HOUR_MS
#define ALERT_KEPT_MS DAY_MS
#define OPERATOR_KEPT_MS DAY_MS

static struct str alert_value(const void *ctx, struct str name)
{
    return str_eq(name, STR("case")) ? *(const struct str *)ctx : STR_NONE;
}

static struct str alert_text(const struct dialog *d, struct str name)
{
    return course_text_fill(d->all->parts.config->alert_text, alert_value, &name, d->arena);
}

/* To one of ours, who is no learner: no learner's id goes with it. */
static bool put_alert(struct dialog *d, struct str to, struct str channel, struct str text)
{
    struct number_id id = vault_number_id(d->all->parts.vault, to);
    struct str aad = {(const char *)id.bytes, NUMBER_ID_BYTES};
    struct buf sealed CLEANUP(buf_fini);
    struct vault_sealed number;
    struct wall_ms now = loop_wall(d->all->parts.loop);
    buf_init(&sealed, to.len + VAULT_TAG_BYTES);
    if (vault_seal(d->all->parts.vault, aad, to, &sealed, &number) != ERR_OK)
        return false;
    struct message message = {.channel = channel,
                              .class = MESSAGE_CLASS_NOTICE,
                              .number_id = id,
                              .vault_key_id = number.key_id,
                              .vault_ciphertext = number.ciphertext,
                              .text = text,
                              .created_at = now,
                              .expires_at = {now.ms + ALERT_KEPT_MS}};
    memcpy(message.vault_nonce, number.nonce, sizeof(message.vault_nonce));
    message_encode(&message, &d->all->scratch);
    d->commit.outbox[d->commit.n_outbox++] = dialog_take_scratch(d);
    return true;
}

/* One that can write to the focal points; absent: there is none. */
static struct str alert_channel(const struct dialog *d)
{
    const struct config *config = d->all->parts.config;
    struct str channel = dialog_sms_channel(d);
    for (uint32_t i = 0; channel.p == NULL && i < config->n_channels; i++) {
        const struct config_channel *other = &config->channels[i];
        if (str_eq(other->country, d->channel->country) && other->sms_channel.p == NULL &&
            other->dial_code.p == NULL && !config_is_hook(config, other->name))
            channel = other->name;
    }
    return channel;
}

/* Of the learner's country, or of the channel's where that one has nobody. */
static const struct config_country *alert_country(const struct dialog *d)
{
    const struct config *config = d->all->parts.config;
    const struct config_country *row = config_country_get(config, str_from(d->inbound.country));
    bool has_people = row != NULL && row->focal_points.p != NULL;
    return has_people ? row : config_country_get(config, d->channel->country);
}

bool dialog_alert(struct dialog *d, const struct outcome *out)
{
    const struct config *config = d->all->parts.config;
    struct str name = STR_NONE;
    for (uint32_t i = 0; i < out->n_events; i++) {
        if (out->events[i].kind == EVENT_safe_raised)
            name = out->events[i].code;
    }
    bool is_staff = out->next.is_psea;
    bool is_told = d->learner.held_ms != 0 && d->learner.is_psea == is_staff &&
                   d->key.received.ms - d->learner.held_ms < ALERT_PAUSE_MS;
    if (name.p == NULL || is_told)
        return true;
    name = str_split(&name, ',');
    const struct config_country *row = alert_country(d);
    struct str channel = alert_channel(d);
    bool is_good = true;
    for (uint32_t i = 0; row != NULL && channel.p != NULL && i < CONFIG_FOCAL_POINTS; i++) {
        bool is_apart = is_staff && row->psea_points.p != NULL;
        struct str to = config_number_of(is_apart ? row->psea_points : row->focal_points, i);
        if (to.p != NULL)
            is_good &= put_alert(d, to, channel, alert_text(d, name));
    }
    if (config->alert_channel.p != NULL)
        is_good &= put_alert(d, STR("hook"), config->alert_channel, name);
    return is_good;
}

/* Whoever stood on the last page, where the keys are, and said what is not understood stands there
 * again (docs/course-rules.md 1.2 rule 10); who does so once more is told more, from the first. */
static bool stays_on_last_page(const struct dialog *d, const struct outcome *out)
{
    return d->step.is_shown && d->has_last && d->last.page > 0 &&
           d->last.session == d->key.session && dialog_has_event(out, EVENT_unknown_input) &&
           out->next.n_unknown == 1 && shown_is_again(&d->learner, out);
}

/* False: broken. */
static bool say_screen(struct dialog *d, const struct outcome *out, struct last_reply *reply)
{
    bool is_said = dialog_say_screen(d, reply);
    while (is_said && reply->has_more && stays_on_last_page(d, out)) {
        reply->page++;
        is_said = dialog_say_screen(d, reply);
    }
    return is_said;
}

/* Whose is the number now? The sender asks, who knows it, and brings the response back. What
 * happens to the number before makes the question needless. */
void dialog_ask_operator(struct dialog *d, const struct outcome *out)
{
    const struct config_country *row =
        config_country_get(d->all->parts.config, str_from(d->learner.link.country));
    struct wall_ms now = loop_wall(d->all->parts.loop);
    char since[RFC3339_BYTES];
    assert(row != NULL); /* or nothing would be asked */
    clock_format_rfc3339((struct wall_ms){d->learner.link.last_ms}, since);
    struct message message = {.channel = row->recycling_channel,
                              .class = MESSAGE_CLASS_PUSH,
                              .number_id = d->id,
                              .seq = out->next.seq,
                              .text = str_sub(str_from(since), 0, STR("2025-01-06").len),
                              .is_answer = true, /* no route knows it better */
                              .is_question = true,
                              .created_at = now,
                              .expires_at = {now.ms + OPERATOR_KEPT_MS}};
    message_encode(&message, &d->all->scratch);
    d->commit.outbox[d->commit.n_outbox++] = dialog_take_scratch(d);
}

bool dialog_say(struct dialog *d, struct outcome *out)
{
    shown_move(&d->learner, out, &out->next.link);
    d->is_sms_response = false;
    if (d->inbound.is_opt_out)
        return true; /* the provider tells them itself and would refuse our SMS */
    bool is_screen = d->inbound.kind == INBOUND_USSD && !dialog_is_over(d);
    struct str channel = dialog_sms_channel(d);
    if (!is_screen)
        return out->reply.p == NULL || channel.p == NULL || say_by_sms(d, out, channel);
    struct str text = out->reply.p != NULL ? out->reply : STR("");
    struct last_reply reply = dialog_new_reply(d, &out->next, text, out->is_open);
    if (!say_screen(d, out, &reply))
        return false;
    shown_on_screen(out, reply.has_more, &out->next);
    reply.is_made_again = can_be_made_again(d, out);
    reply.step = d->step;
    reply.step.hash = last_reply_hash(&reply);
    dialog_commit_reply(d, &reply, &d->learner, &out->next);
    return true;
}

void dialog_refused(struct dialog *d, const char *refused_by)
{
    char id[LOG_ID_BYTES];
    LOG_WARN("dialog", "message kept back", "learner=%s cap=%s", log_id(d->id.bytes, id),
             refused_by);
    limits_count(d->all->parts.metrics, refused_by);
    d->response.text = STR_NONE; /* a screen is never refused: this was an SMS */
}
