/*
 * What is to be done with what came in: is it a repeat, what does the engine say to it, and what
 * follows for the commit and the response.
 */
#include <string.h>

#include "app/cohort_set.h"
#include "app/course_set.h"
#include "app/dialog/internal.h"
#include "app/dialog/say.h"
#include "base/log.h"
#include "core/match/match.h"
#include "port/vault/pin.h"

/* The tombstone of an erased number, or of one that only checked a certificate, knows nothing but
 * the last inbound ids and whether STOP was confirmed, so that a repeated callback does not make a
 * new contact, or is no other check. Repeats come for up to three days (docs/reliability.md T3).
 */
#define TOMBSTONE_KEPT_MS (72 * HOUR_MS)

bool dialog_take_record(struct dialog *d, const struct store_record *record)
{
    learner_init(&d->learner);
    d->has_last = false;
    d->seen = record->seen.p != NULL ? arena_str(d->arena, record->seen) : STR_NONE;
    if (record->state.p == NULL)
        return true;
    enum err e = learner_decode(record->state, &d->learner);
    if (e == ERR_OK) {
        struct str beside = record->reply.p != NULL ? arena_str(d->arena, record->reply) : STR_NONE;
        d->has_last = last_reply_take(&d->learner, beside, d->key.received, &d->last) == ERR_OK;
        return true;
    }
    char id[LOG_ID_BYTES];
    LOG_ERROR("dialog", "state cannot be read", "learner=%s err=%s", log_id(d->id.bytes, id),
              err_name(e));
    return false;
}

/* --- what the engine is told --- */

/* What people dial to go on: of a channel for SMS, the code whose SMS travel on it. */
static struct str code_of(const struct config *config, const struct config_channel *channel)
{
    if (channel->dial_code.p != NULL)
        return channel->dial_code;
    for (uint32_t i = 0; i < config->n_channels; i++) {
        const struct config_channel *other = &config->channels[i];
        if (other->dial_code.p != NULL && str_eq(other->sms_channel, channel->name))
            return other->dial_code;
    }
    return channel->from;
}

/* Where a missed call brings the SMS that this learner reads: of a channel for calls that is paired
 * with the same SMS channel. Absent: there is none, or nobody says its number. */
static struct str voice_of(const struct dialog *d)
{
    const struct channels *channels = d->all->parts.channels;
    struct str sms = dialog_sms_channel(d);
    for (uint32_t i = 0; channels != NULL && sms.p != NULL && i < channels->n; i++) {
        const struct channel *c = &channels->list[i];
        if (str_eq(c->config->sms_channel, sms) && profile_takes(c->profile, INBOUND_CALL))
            return c->config->from;
    }
    return STR_NONE;
}

static struct engine_context context_of(const struct dialog *d)
{
    const struct config *config = d->all->parts.config;
    struct engine_context context = {.course = dialog_course_id(d),
                                     .org = config->org,
                                     .url = config->url,
                                     .code = code_of(config, d->channel),
                                     .voice = voice_of(d),
                                     .cohorts = cohort_set_cohorts(d->all->parts.cohorts),
                                     .number_id = d->id.bytes,
                                     .quiet_days = config->quiet_days,
                                     .claim_url =
                                         config->has_claim_links ? config->check_url : STR_NONE,
                                     .hash_pin = pin_hash};
    bool is_known = d->inbound.country[0] != '\0';
    struct str country = is_known ? str_from(d->inbound.country) : d->channel->country;
    const struct config_country *row = config_country_get(config, country);
    context.zone = config_zone_get(config, country);
    context.reminder_holdout = config->reminder_holdout;
    context.days_off = 1; /* Sunday, unless somebody says otherwise */
    if (row != NULL) {
        context.cost = row->cost;
        context.contact = row->contact;
        context.days_off = (uint8_t)(1u << row->day_off >> 1);
        context.emergency = row->emergency;
        context.helpline = row->helpline;
        context.crisis = row->crisis;
        context.psea = row->psea;
        context.staffed = row->staffed;
        context.has_operator = row->recycling_channel.p != NULL;
    }
    return context;
}

/* Somebody who waits, and does not have what would be answered (docs/course-rules.md 1.2 rule 11).
 */
static bool is_awaiting(const struct dialog *d)
{
    return !d->is_wake && d->inbound.kind == INBOUND_SMS &&
           shown_is_awaited(&d->learner, d->key.received.ms) &&
           dedup_is_said_again(&d->key, d->seen, SHOWN_WAIT_MS);
}

/* What was typed on a USSD screen; where that was something beside the place, 0 shows the place. */
static struct str typed_of(const struct dialog *d)
{
    bool is_beside = d->inbound.kind == INBOUND_USSD && shown_is_beside(&d->learner) &&
                     match_command_key(match_normalise(d->inbound.text, d->arena)) == COMMAND_BACK;
    return d->inbound.is_opt_out ? STR("STOP") : is_beside ? STR("REPEAT") : d->inbound.text;
}

static struct input input_of(const struct dialog *d)
{
    struct input input = {.kind = d->inbound.kind == INBOUND_CALL ? INPUT_CALL : INPUT_TEXT,
                          .via = dialog_via(&d->inbound),
                          .text = typed_of(d),
                          .now = d->key.received};
    if (d->is_wake) {
        input.kind = d->own.kind;
        input.held_until = d->own.held_until;
        input.text = d->own.text;
        input.desk = d->own.desk;
    } else if (input.via == VIA_USSD && dialog_is_over(d)) {
        input.kind = INPUT_SESSION_END;
    } else if (input.via == VIA_USSD && d->inbound.phase == INBOUND_PHASE_NEW) {
        input.kind = INPUT_DIAL;
    }
    input.is_shown = !d->is_awaiting && shown_whole(&d->learner, input.via, input.now.ms);
    input.is_erase_asked = shown_erase_asked(&d->learner, input.now.ms);
    input.check = d->check;
    input.moved = d->moved;
    vault_draw(d->all->parts.vault, input.seed, sizeof(input.seed));
    return input;
}

/* --- the ways a step can go --- */

/* A course version that is not loaded (yet), or a step that cannot be. */
static enum dialog_event step_failed(struct dialog *d, enum err e)
{
    struct course_set *courses = d->all->parts.courses;
    char id[LOG_ID_BYTES];
    LOG_ERROR("dialog", "step failed", "learner=%s err=%s", log_id(d->id.bytes, id), err_name(e));
    if (e != ERR_NOT_FOUND) {
        metrics_add(d->all->parts.metrics, METRIC_steps_failed_total, 1);
        return DIALOG_EVENT_BROKEN;
    }
    course_set_refresh(courses);
    bool has_any = courses_current(course_set_courses(courses)) != NULL;
    return has_any ? DIALOG_EVENT_MISSING : DIALOG_EVENT_AWAY;
}

/* The text of the last reply, as it was said. False: nobody knows any more. */
static bool has_last_text(struct dialog *d)
{
    struct last_reply *last = &d->last;
    struct learner before;
    struct outcome out;
    if (!d->has_last || !last->is_made_again || last->text.p != NULL)
        return d->has_last && last->text.p != NULL;
    const struct engine_context context = context_of(d);
    const struct input input = {.kind = last->step.is_dial ? INPUT_DIAL : INPUT_TEXT,
                                .via = VIA_USSD,
                                .text = last->step.text,
                                .now = {last->step.now_ms},
                                .is_shown = last->step.is_shown,
                                .is_erase_asked = last->step.is_erase_asked};
    if (last_reply_before(last, &d->learner, &before) != ERR_OK ||
        engine_step(course_set_courses(d->all->parts.courses), &context, &before, &input, d->arena,
                    &out) != ERR_OK)
        return false;
    struct str text = out.reply.p != NULL ? out.reply : STR("");
    struct last_reply again = dialog_new_reply(d, &out.next, text, out.is_open);
    if (last_reply_hash(&again) != last->step.hash)
        return false;
    last->text = again.text;
    last->more_key = again.more_key;
    last->first_key = again.first_key;
    return true;
}

bool dialog_say_safe(struct dialog *d)
{
    struct engine_context context = context_of(d);
    const struct input input = {
        .kind = INPUT_TEXT, .via = VIA_USSD, .text = d->inbound.text, .now = d->key.received};
    struct outcome out;
    bool is_typed = !d->is_wake && d->inbound.kind == INBOUND_USSD && !dialog_is_over(d) &&
                    d->inbound.phase != INBOUND_PHASE_NEW;
    context.staffed = STR_NONE;
    if (!is_typed ||
        engine_step(course_set_courses(d->all->parts.courses), &context, &d->learner, &input,
                    d->arena, &out) != ERR_OK ||
        !dialog_has_event(&out, EVENT_safe_raised) || out.reply.p == NULL)
        return false;
    struct last_reply reply = dialog_new_reply(d, &d->learner, out.reply, true);
    return dialog_say_screen(d, &reply);
}

static enum dialog_event step_repeat(struct dialog *d, bool is_last)
{
    bool is_ussd = d->inbound.kind == INBOUND_USSD;
    if (is_last && (is_ussd || d->can_say_sms) && has_last_text(d)) {
        if (is_ussd)
            return dialog_say_screen(d, &d->last) ? DIALOG_EVENT_REPEAT : DIALOG_EVENT_BROKEN;
        d->response.text = d->last.text;
        return DIALOG_EVENT_REPEAT;
    }
    if (!is_ussd)
        return DIALOG_EVENT_REPEAT; /* a second SMS would be one too many */
    struct engine_context context = context_of(d);
    struct engine_screen at;
    enum err e = engine_screen(course_set_courses(d->all->parts.courses), &context, &d->learner,
                               VIA_USSD, d->arena, &at);
    if (e != ERR_OK)
        return step_failed(d, e);
    struct last_reply screen = dialog_new_reply(d, &d->learner, at.text, at.is_open);
    return dialog_say_screen(d, &screen) ? DIALOG_EVENT_REPEAT : DIALOG_EVENT_BROKEN;
}

/* A page of this session's last text is on the screen, and more follow. */
static bool is_on_page(struct dialog *d)
{
    const struct last_reply_limits limits = dialog_screen_limits(d);
    bool may_turn = d->inbound.kind == INBOUND_USSD && d->inbound.phase != INBOUND_PHASE_NEW &&
                    !dialog_is_over(d) && shown_can_turn(&d->learner) && d->has_last &&
                    d->last.session == d->key.session;
    return may_turn && (d->last.has_more || !d->last.is_made_again) && has_last_text(d) &&
           last_reply_has_more(&d->last, &limits, d->arena);
}

/* That count here; NULL: no course is loaded. */
static const struct vocabulary *words_of(const struct dialog *d)
{
    const struct course *course = dialog_course(d, &d->learner);
    return course != NULL ? course->words : NULL;
}

/* 9, NEXT or "more" while pages remain turns the page, 0 or BACK turns it back, and the engine is
 * not asked: 1, -1 or 0. */
static int page_turn(struct dialog *d)
{
    if (!is_on_page(d))
        return 0;
    struct str text = match_normalise(d->inbound.text, d->arena);
    const char *lang = d->learner.lang[0] != '\0' ? d->learner.lang : NULL;
    const struct vocabulary *words = words_of(d);
    if (words == NULL)
        return 0;
    struct command_match match = match_command(words, text, lang);
    enum command command = match_command_key(text);
    if (command == COMMAND_NONE && str_is_empty(match.argument))
        command = match.command;
    bool is_back = command == COMMAND_BACK && d->last.page > 0;
    bool is_on = command == COMMAND_NEXT || match_is_go_on(words, text);
    return is_on ? 1 : is_back ? -1 : 0;
}

static enum dialog_event step_page(struct dialog *d, int turn)
{
    struct learner next = d->learner, before;
    struct last_reply reply = d->last;
    reply.mark = d->key.mark;
    reply.received_ms = d->key.received.ms;
    reply.ready_ms = loop_wall(d->all->parts.loop).ms;
    reply.remember = d->inbound.remember;
    reply.page = (uint16_t)(reply.page + turn);
    dialog_begin_commit(d, &next);
    if (!dialog_say_screen(d, &reply))
        return DIALOG_EVENT_BROKEN;
    shown_turn(reply.has_more, &next);
    if (reply.is_made_again && last_reply_before(&d->last, &d->learner, &before) != ERR_OK)
        return DIALOG_EVENT_BROKEN;
    dialog_commit_reply(d, &reply, &before, &next);
    return dialog_commit_state(d, &next) ? DIALOG_EVENT_STEPPED : DIALOG_EVENT_BROKEN;
}

/* The last reply of a USSD session outlives a step that says nothing there: a reminder, an SMS. */
static void keep_reply(struct dialog *d, struct outcome *out)
{
    struct learner before;
    if (!d->has_last)
        last_reply_put_beside(&out->next); /* where it has expired as well */
    else if (d->last.is_made_again &&
             (out->is_erased || last_reply_before(&d->last, &d->learner, &before) != ERR_OK ||
              !last_reply_put(&d->last, &before, &out->next, &d->all->scratch)))
        last_reply_drop(&out->next);
}

bool dialog_take_check(struct dialog *d, const struct code_check *check)
{
    struct str line = certificate_line(&check->found, d->arena);
    d->check = *check;
    if (check->moving != NULL) {
        struct learner *moving = arena_alloc(d->arena, sizeof(*moving));
        d->check.moving = moving;
        if (moving != NULL)
            *moving = *check->moving;
        return moving != NULL;
    }
    return check->result != CHECK_FOUND || certificate_read(line, &d->check.found) == ERR_OK;
}

/* Somebody must look what a code stands for, or ask another number, and has not. */
static bool must_check(struct dialog *d, const struct outcome *out)
{
    d->asked_code = out->check_code;
    d->has_check_pin = out->has_check_pin;
    if (out->check_code != 0 && d->check.code != out->check_code)
        return true;
    d->asked_code = 0;
    d->move = out->move;
    return out->move.act != MOVE_NOTHING && d->moved == MOVE_UNASKED;
}

/* Certificates that this step issues. */
static void take_certificates(struct dialog *d, const struct outcome *out)
{
    d->n_certificates = 0;
    for (uint32_t i = 0; i < out->n_events; i++) {
        const struct event *event = &out->events[i];
        bool is_one = event->kind == EVENT_certified || event->kind == EVENT_module_certified ||
                      event->kind == EVENT_certificate_pinned;
        struct dialog_certificate *made = &d->certificates[d->n_certificates];
        if (!is_one || certificate_parse(event->code, &made->code) != ERR_OK)
            continue;
        made->line = event->text;
        made->is_new = event->kind != EVENT_certificate_pinned;
        d->n_certificates++;
    }
}

static enum dialog_event step_engine(struct dialog *d)
{
    struct course_set *courses = d->all->parts.courses;
    struct engine_context context = context_of(d);
    d->is_awaiting = is_awaiting(d);
    struct input input = input_of(d);
    struct outcome out;
    enum err e =
        engine_step(course_set_courses(courses), &context, &d->learner, &input, d->arena, &out);
    if (e != ERR_OK)
        return step_failed(d, e);
    if (must_check(d, &out))
        return DIALOG_EVENT_ASKED;
    take_certificates(d, &out);
    d->claim = out.claim;
    d->claim_code = out.claim_code;
    d->made_code = out.made_code;
    memcpy(d->made_for, out.made_for, sizeof(d->made_for));
    d->step = (struct last_step){.is_dial = input.kind == INPUT_DIAL,
                                 .is_shown = input.is_shown,
                                 .is_erase_asked = input.is_erase_asked,
                                 .now_ms = input.now.ms,
                                 .text = input.text};
    bool is_tombstone = out.is_erased || out.is_passing;
    dialog_begin_commit(d, &out.next);
    if (is_tombstone) { /* it says nothing of whom it is */
        memset(out.next.link.number, 0, sizeof(out.next.link.number));
        memset(out.next.link.country, 0, sizeof(out.next.link.country));
    }
    if (!dialog_seal_for_people(d, &out) || !dialog_alert(d, &out) || !dialog_say(d, &out))
        return step_failed(d, ERR_INVALID);
    if (out.asks_operator)
        dialog_ask_operator(d, &out);
    if (!d->has_reply)
        keep_reply(d, &out);
    if (!dialog_commit_state(d, &out.next) || (!out.is_passing && !dialog_commit_event(d, &out)))
        return step_failed(d, ERR_INVALID);
    d->commit.due_at_ms = is_tombstone       ? input.now.ms + TOMBSTONE_KEPT_MS
                          : out.is_wake_kept ? -1
                                             : out.wake_at_ms;
    return DIALOG_EVENT_STEPPED;
}

/* Once nobody is on the number any more, PostgreSQL does not know it either. */
static void remember_who(struct dialog *d)
{
    struct buf number CLEANUP(buf_fini);
    buf_init(&number, DIALOG_MAX_NAME_BYTES);
    if (vault_unpack(d->all->parts.vault, &d->id, d->learner.link.number, &number) == ERR_OK)
        d->inbound.from = arena_str(d->arena, buf_str(&number));
}

/* What people order about somebody who is just on the way to another number: nobody knows where it
 * would have to be done. An order says that it meant nothing, and comes again; what would be taken
 * for done fails. */
static bool is_on_the_way(const struct dialog *d, enum dialog_event *ret)
{
    enum desk_act act = d->own.desk.act;
    bool is_order = d->own.kind == INPUT_DESK && act != DESK_GIVE && act != DESK_OWNER;
    bool is_other = d->own.kind == INPUT_RELEASE || d->own.kind == INPUT_ANSWER;
    *ret = is_order ? DIALOG_EVENT_REPEAT : DIALOG_EVENT_AWAY;
    return (is_order || is_other) &&
           engine_is_moving(&d->learner, is_order ? d->own.desk.learner_id : NULL);
}

/* No channel: pushes to somebody who never came by one that can send are not said at all. */
static const struct config_channel no_channel;

static enum dialog_event step_wake(struct dialog *d)
{
    d->inbound = d->first;
    if (d->own.kind == INPUT_TIMER && d->moved == MOVE_YES)
        remember_who(d);
    bool is_invited = d->own.kind == INPUT_DESK && d->own.desk.act == DESK_INVITE;
    if (is_invited) /* who is known already gets nothing */
        return d->learner.seq == 0 ? step_engine(d) : DIALOG_EVENT_REPEAT;
    memcpy(d->inbound.country, d->learner.link.country, sizeof(d->inbound.country));
    d->channel = config_channel_get(d->all->parts.config, str_from(d->learner.link.channel));
    if (d->channel == NULL)
        d->channel = &no_channel;
    enum dialog_event instead;
    if (is_on_the_way(d, &instead))
        return instead;
    if (d->learner.seq > 0 && !learner_is_nobody(&d->learner))
        return step_engine(d);
    if (d->own.kind != INPUT_TIMER)
        return DIALOG_EVENT_REPEAT; /* nobody is there (any more) */
    d->commit = (struct store_commit){.id = d->id, .expected_seq = d->learner.seq};
    return DIALOG_EVENT_STEPPED; /* the tombstone's time is over: nothing of the number is left */
}

/* Some providers use an id again; an opt-out must not depend on that. Once it has been obeyed, a
 * repeat of it is one. */
static bool is_stop_to_obey(const struct dialog *d)
{
    const struct course *course = dialog_course(d, &d->learner);
    bool is_here = d->inbound.kind == INBOUND_SMS && d->learner.seq > 0 &&
                   d->learner.state != LEARNER_STATE_STOPPED &&
                   d->learner.state != LEARNER_STATE_DELETED;
    return is_here && (d->inbound.is_opt_out ||
                       (course != NULL && engine_is_stop(course, d->inbound.text, d->arena)));
}

static enum dialog_event judge_and_step(struct dialog *d)
{
    const struct last_reply *last = d->has_last ? &d->last : NULL;
    d->inbound = d->first;
    if (d->refine != NULL) {
        struct session_memory memory = dedup_session_memory(&d->key, &d->learner.link, last);
        if (d->refine(d->refine_ctx, &memory, d->arena, &d->inbound) != ERR_OK)
            return DIALOG_EVENT_BROKEN;
    }
    enum dedup_verdict verdict = dedup_judge(&d->key, &d->inbound, &d->learner.link, d->seen, last);
    if (verdict != DEDUP_NEW && d->is_from_cache)
        return DIALOG_EVENT_STALE;
    if (verdict != DEDUP_NEW && is_stop_to_obey(d))
        verdict = DEDUP_NEW;
    switch (verdict) {
    case DEDUP_REPEAT_LAST:
        return step_repeat(d, true);
    case DEDUP_REPEAT_OLD:
        return step_repeat(d, false);
    case DEDUP_OVER:
        return DIALOG_EVENT_NOTHING;
    case DEDUP_NEW:
        break;
    }
    int turn = page_turn(d);
    return turn != 0 ? step_page(d, turn) : step_engine(d);
}

enum dialog_event dialog_step(struct dialog *d)
{
    d->response = (struct dialog_response){.outcome = DIALOG_OUTCOME_NONE};
    enum dialog_event event = d->is_wake ? step_wake(d) : judge_and_step(d);
    buf_reset(&d->all->scratch);
    return arena_error(d->arena) == ERR_OK ? event : DIALOG_EVENT_BROKEN;
}
