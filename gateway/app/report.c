#include "app/report.h"

#include <string.h>

#include "app/message.h"
#include "core/event_record.h"
#include "core/match/match.h"
#include "core/utf8.h"

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

struct inbound report_opt_out(const struct number *number, struct str id, struct arena *arena)
{
    struct inbound stop = {.kind = INBOUND_SMS,
                           .outcome = INBOUND_ACCEPT,
                           .from = str_from(number->e164),
                           .text = STR("STOP"),
                           .id = arena_printf(arena, "opt-out %.*s", STR_ARG(id)),
                           .is_opt_out = true};
    memcpy(stop.country, number->country, sizeof(stop.country));
    return stop;
}
