/*
 * metrics.h: counters of one host, in memory that the supervisor's processes share, so that the
 * admin listener can show all of them and a restarted process goes on where it was. Adding is one
 * relaxed atomic add; nothing here can fail after metrics_new. Labels never contain numbers or
 * text.
 */
#pragma once

#include "base/buf.h"

/* name (Prometheus, with prefix waypost_), type, help; _total are counters, the rest gauges. */
#define METRICS(X)                                                                                 \
    X(callbacks_total, counter, "Callbacks answered with 2xx")                                     \
    X(callbacks_refused_total, counter, "Callbacks refused: malformed, unsigned, unknown")         \
    X(callbacks_failed_total, counter, "Callbacks answered with 5xx")                              \
    X(auth_failures_total, counter, "Callbacks without a valid signature or secret")               \
    X(duplicates_total, counter, "Repeated callbacks, answered without effect")                    \
    X(conflicts_total, counter, "Commits repeated because the state had moved")                    \
    X(numbers_unplanned_total, counter, "Messages from numbers whose length no plan knows")        \
    X(no_senders_total, counter, "Messages from names, short codes and our own numbers")           \
    X(steps_total, counter, "Engine steps committed")                                              \
    X(steps_failed_total, counter, "Engine steps that ended one dialog with an error")             \
    X(spooled_total, counter, "SMS put into the spool")                                            \
    X(sms_joined_total, counter, "Long SMS put together of their parts")                           \
    X(replayed_total, counter, "SMS taken from the spool")                                         \
    X(spool_bytes, gauge, "Bytes waiting in the spool")                                            \
    X(spool_waiting_seconds, gauge, "For how long the spool has not been empty")                   \
    X(spool_aside, gauge, "SMS of the spool that cannot be handled now and lie aside")             \
    X(spool_refused_total, counter, "SMS of the spool that were given up and are kept")            \
    X(events_written_total, counter, "Envelopes committed in PostgreSQL")                          \
    X(dead_letters_total, counter, "Envelopes that PostgreSQL refused")                            \
    X(sends_total, counter, "SMS taken by a provider")                                             \
    X(sends_failed_total, counter, "SMS given up")                                                 \
    X(sends_unknown_total, counter, "SMS whose outcome is unknown")                                \
    X(sends_retried_total, counter, "Attempts repeated")                                           \
    X(sends_diverted_total, counter, "SMS given to another channel while theirs was away")         \
    X(circuits_open, gauge, "Channels whose provider is away")                                     \
    X(illegal_moves_total, counter, "Dialogs and SMS ended by a mistake of the gateway's own")     \
    X(reports_total, counter, "Delivery reports taken")                                            \
    X(sender_ranges, gauge, "Of 16 shares of the outbox, those that this host sends")              \
    X(timer_ranges, gauge, "Of 16 shares of the learners, those that this host wakes")             \
    X(writer_ranges, gauge, "Of 16 shares of the event log, those that this host stores")          \
    X(outbox_waiting, gauge, "SMS in the outbox, of this host's share")                            \
    X(outbox_oldest_seconds, gauge, "Age of the oldest of them")                                   \
    X(outbox_pending, gauge, "SMS in a sender's hands")                                            \
    X(redis_up, gauge, "1 while this host's processes reach Redis")                                \
    X(redis_memory_bytes, gauge, "Memory that Redis uses")                                         \
    X(redis_memory_max_bytes, gauge, "Memory that Redis may use; 0 is no limit")                   \
    X(redis_aof_bytes, gauge, "Size of Redis' append-only file")                                   \
    X(redis_aof_ok, gauge, "1 while Redis could write its file, and write it anew")                \
    X(redis_replicas, gauge, "Replicas that follow this Redis")                                    \
    X(redis_replica_behind_bytes, gauge, "What the replica that is furthest behind does not have") \
    X(timers_late, gauge, "Learners due for over 5 minutes, at most 128 are counted")              \
    X(timers_woken_total, counter, "Learners whose time had come and who were looked after")       \
    X(cap_money_day, gauge, "What all messages of a day may cost; 0 is no limit")                  \
    X(events_behind_seconds, gauge, "Age of the oldest event that PostgreSQL does not have")       \
    X(events_waiting, gauge,                                                                       \
      "Events in Redis that PostgreSQL does not have, of this host's share")                       \
    X(events_waiting_most, gauge, "As many of them as are in one of 16 shares, the fullest")       \
    X(postgres_up, gauge, "1 while the writer reaches PostgreSQL")                                 \
    X(loop_stalls_total, counter, "Event-loop turns over 50 ms")                                   \
    X(connections, gauge, "Open connections of the public listener")                               \
    X(http_malformed_total, counter, "Requests refused by the HTTP reader")                        \
    X(http_timeouts_total, counter, "Requests and replies that came or went too slowly")           \
    X(http_turned_away_total, counter, "Connections over a cap, closed unserved")                  \
    X(late_replies_total, counter, "Replies whose connection was gone")

/* Families with one label: name, the label's name and help; the label's values. All counters. */
#define METRIC_FAMILIES(X)                                                                         \
    X(cap_rejections_total, "cap", "SMS kept back by a limit", METRICS_CAP_REJECTIONS)
#define METRICS_CAP_REJECTIONS(X)                                                                  \
    X(cap_rejections_total, number)                                                                \
    X(cap_rejections_total, call)                                                                  \
    X(cap_rejections_total, loop)                                                                  \
    X(cap_rejections_total, new)                                                                   \
    X(cap_rejections_total, prefix)                                                                \
    X(cap_rejections_total, organisation)                                                          \
    X(cap_rejections_total, day)                                                                   \
    X(cap_rejections_total, money)                                                                 \
    X(cap_rejections_total, country)

/* Families of which each channel has a member: name and help. All counters. */
#define METRICS_MAX_CHANNELS 128u
#define METRICS_CHANNEL_BYTES 33u
#define METRIC_CHANNELS(X)                                                                         \
    X(received_total, "Messages, steps of sessions and calls that came in")                        \
    X(sent_total, "SMS that the provider took")                                                    \
    X(failed_total, "SMS given up")                                                                \
    X(unknown_total, "SMS whose outcome is unknown")                                               \
    X(delivered_total, "Reports that an SMS has arrived")                                          \
    X(undelivered_total, "Reports that an SMS has not arrived")

enum metric_channel {
#define METRIC_CHANNEL_ENUM(name, help) METRIC_CHANNEL_##name,
    METRIC_CHANNELS(METRIC_CHANNEL_ENUM)
#undef METRIC_CHANNEL_ENUM
        N_METRIC_CHANNELS
};

enum metric {
#define METRIC_ENUM(name, type, help) METRIC_##name,
    METRICS(METRIC_ENUM)
#undef METRIC_ENUM
#define METRIC_LABEL_ENUM(family, value) METRIC_##family##_##value,
#define METRIC_FAMILY_ENUM(family, label, help, values) values(METRIC_LABEL_ENUM)
        METRIC_FAMILIES(METRIC_FAMILY_ENUM)
#undef METRIC_FAMILY_ENUM
#undef METRIC_LABEL_ENUM
            N_METRICS
};

/* Upper bounds of the callback duration histogram in milliseconds; the last bucket is +Inf. */
#define METRICS_BOUNDS_MS                                                                          \
    {                                                                                              \
        1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 1500                                             \
    }
#define METRICS_N_BOUNDS 11

struct metrics;
/* Shared with children forked afterwards; aborts without memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);
/* m may be NULL: then nothing is counted. */
void metrics_add(struct metrics *m, enum metric metric, uint64_t n);
void metrics_set(struct metrics *m, enum metric metric, uint64_t value);
uint64_t metrics_get(const struct metrics *m, enum metric metric);
/* Counts one in a family, from its first member to its last, by the name of the label's value; an
 * unknown one is not counted. */
void metrics_add_labelled(struct metrics *m, enum metric first, enum metric last,
                          const char *value);
/* Before any process counts for it, by the one that starts them. Those that the configuration had
 * earlier stay. */
void metrics_name_channel(struct metrics *m, struct str channel);
/* A channel that was not named is not counted. */
void metrics_add_channel(struct metrics *m, struct str channel, enum metric_channel metric,
                         uint64_t n);
/* 0 for a channel that was not named. */
uint64_t metrics_get_channel(const struct metrics *m, struct str channel,
                             enum metric_channel metric);
/* A request to the channel's provider was answered. */
void metrics_observe_request_ms(struct metrics *m, struct str channel, int64_t duration_ms);
/* What an SMS cost, in millionths of the currency. */
void metrics_add_cost(struct metrics *m, struct str channel, uint64_t cost);
/* Duration of one answered callback. */
void metrics_observe_ms(struct metrics *m, int64_t duration_ms);
/* Prometheus text format 0.0.4. */
void metrics_write(const struct metrics *m, struct buf *out);
