#include "app/report.h"
#include "app/callback/internal.h"
#include "base/log.h"
#include "core/number.h"

#define REPORT_MAX_BYTES 4096u

static void on_stopped(void *ctx, const struct dialog_answer *answer)
{
    struct callback_item *item = ctx;
    callback_finish_item(item->callback, answer->outcome == DIALOG_OUTCOME_FAILED);
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
