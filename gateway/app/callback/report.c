/* Delivery reports: what a provider says of a message, as a record of the event log. */
#include "app/callback/internal.h"

#include <string.h>

#include "app/message.h"
#include "app/opt_outs.h"
#include "app/shown.h"
#include "base/log.h"
#include "core/event_record.h"
#include "core/match/match.h"
#include "core/number.h"
#include "core/utf8.h"
#include "port/store/stream.h"

#define REPORT_MAX_BYTES 4096u

/* An error that may pass is not the sender's own "errored", after which something is sent again. */
static const enum message_status statuses[] = {
    [DLR_NONE] = MESSAGE_STATUS_queued,   [DLR_QUEUED] = MESSAGE_STATUS_queued,
    [DLR_SENT] = MESSAGE_STATUS_sent,     [DLR_DELIVERED] = MESSAGE_STATUS_delivered,
    [DLR_FAILED] = MESSAGE_STATUS_failed, [DLR_ERRORED] = MESSAGE_STATUS_undelivered,
    [DLR_READ] = MESSAGE_STATUS_read,
};

void report_encode(struct str channel, const struct inbound *report, struct wall_ms received,
                   struct arena *arena, struct buf *out)
{
    struct event_record record = {.kind = EVENT_RECORD_REPORT,
                                  .at = received,
                                  .channel = channel,
                                  .provider_id = utf8_cut(report->id, REPORT_ID_BYTES),
                                  .status =
                                      str_from(message_status_name(statuses[report->status]))};
    bool is_good = report->status == DLR_DELIVERED || report->status == DLR_READ;
    struct str why = str_is_empty(report->error) ? report->status_raw : report->error;
    if (!is_good && !str_is_empty(why))
        record.error = match_mask_numbers(utf8_cut(why, REPORT_ID_BYTES), arena);
    event_encode(&record, out);
}

uint8_t report_bucket(struct str channel, struct str id)
{
    return (uint8_t)(str_hash(channel) * 31 + str_hash(utf8_cut(id, REPORT_ID_BYTES)));
}

static void on_stopped(void *ctx, const struct dialog_response *response)
{
    struct callback_item *item = ctx;
    callback_finish_item(item->callback, response->outcome == DIALOG_OUTCOME_FAILED);
}

/* The provider will carry nothing to this number any more: the same as if it had sent STOP. */
static void stop_number(struct callback_item *item, const struct inbound *report)
{
    struct callback *c = item->callback;
    const struct config_channel *channel = c->channel->config;
    struct number number;
    enum err e = number_parse(report->to, NUMBER_FORM_ANY, channel->country, &number);
    if (e != ERR_OK) {
        LOG_WARN("callback", "opt-out without a number", "channel=%.*s", STR_ARG(channel->name));
        callback_finish_item(c, false);
        return;
    }
    struct inbound stop = report_opt_out(&number, report->id, c->arena);
    struct dialog_request request = {.channel = channel,
                                     .inbound = &stop,
                                     .received = c->received,
                                     .fn = on_stopped,
                                     .ctx = item};
    if (dialogs_submit(c->all->parts.dialogs, &request) != ERR_OK)
        callback_finish_item(c, true);
}

/* What is not final says nothing yet. */
static void count(const struct callback *c, enum dlr_status status)
{
    bool is_there = status == DLR_DELIVERED, is_not = status == DLR_FAILED;
    if (is_there || is_not)
        metrics_add_channel(
            c->all->parts.metrics, c->channel->config->name,
            is_there ? METRIC_CHANNEL_delivered_total : METRIC_CHANNEL_undelivered_total, 1);
}

static void on_kept(void *ctx, enum err e)
{
    struct callback_item *item = ctx;
    struct callback *c = item->callback;
    const struct inbound *report = &c->batch.items[item->index];
    if (e != ERR_OK) {
        LOG_WARN("callback", "report not kept", "err=%s", err_name(e));
        callback_finish_item(c, true);
        return;
    }
    metrics_add(c->all->parts.metrics, METRIC_reports_total, 1);
    count(c, report->status);
    if (report->status == DLR_DELIVERED || report->status == DLR_READ)
        shown_has_arrived(c->all->parts.store, c->channel->config->name,
                          utf8_cut(report->id, REPORT_ID_BYTES));
    if (report->is_opt_out)
        stop_number(item, report);
    else
        callback_finish_item(c, false);
}

void callback_report(struct callback_item *item)
{
    struct callback *c = item->callback;
    const struct inbound *report = &c->batch.items[item->index];
    struct str channel = c->channel->config->name;
    if (str_is_empty(report->id)) { /* nobody could tell what it is about */
        LOG_WARN("callback", "report without an id", "channel=%.*s", STR_ARG(channel));
        callback_finish_item(c, false);
        return;
    }
    struct buf event CLEANUP(buf_fini);
    buf_init(&event, REPORT_MAX_BYTES);
    report_encode(channel, report, c->received, c->arena, &event);
    if (buf_error(&event) != ERR_OK) {
        callback_finish_item(c, true);
        return;
    }
    store_append(c->all->parts.store, report_bucket(channel, report->id), buf_str(&event), on_kept,
                 item);
}
