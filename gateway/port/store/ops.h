/*
 * ops.h: for implementations of port/store/store.h, and for tests that stand in for one.
 */
#pragma once

#include "port/store/learners.h"
#include "port/store/server.h"
#include "port/store/stream.h"
#include "port/store/values.h"

struct store_ops {
    void (*load)(struct store *, const struct number_id *, store_on_load *, void *ctx);
    void (*commit)(struct store *, const struct store_commit *, store_on_commit *, void *ctx);
    void (*patch)(struct store *, const struct number_id *, const struct store_patch *,
                  store_on_done *, void *ctx);
    void (*take)(struct store *, const struct store_cap *, uint32_t n, store_on_done *, void *ctx);
    void (*append)(struct store *, uint8_t bucket, struct str event, store_on_done *, void *ctx);
    void (*log_read)(struct store *, const struct store_reader *, store_on_entries *, void *ctx);
    void (*log_trim)(struct store *, const struct store_log_trim *, uint32_t n, store_on_done *,
                     void *ctx);
    void (*log_delete)(struct store *, uint8_t bucket, const struct event_place *, uint32_t n,
                       store_on_done *, void *ctx);
    void (*compact)(struct store *, store_on_done *, void *ctx);
    void (*states)(struct store *, const struct number_id *, uint32_t n, store_on_states *,
                   void *ctx);
    void (*read)(struct store *, const struct store_reader *, store_on_entries *, void *ctx);
    void (*settle)(struct store *, const struct store_entry *, const struct store_settled *,
                   store_on_done *, void *ctx);
    void (*mark_sending)(struct store *, const struct store_entry *, const struct number_id *,
                         store_on_value *, void *ctx);
    void (*clear_sending)(struct store *, const struct store_entry *, store_on_done *, void *ctx);
    void (*due)(struct store *, const struct store_due_by *, store_on_due *, void *ctx);
    void (*session_put)(struct store *, struct str key, struct str value, int64_t ttl_ms,
                        store_on_done *, void *ctx);
    void (*session_get)(struct store *, struct str key, store_on_value *, void *ctx);
    void (*meet)(struct store *, struct str name, struct str value, int64_t ttl_ms,
                 store_on_value *, void *ctx);
    void (*course_put)(struct store *, struct str name, struct str bundle, bool is_current,
                       store_on_done *, void *ctx);
    void (*courses_get)(struct store *, store_on_courses *, void *ctx);
    void (*part_put)(struct store *, const struct store_part *, store_on_part *, void *ctx);
    void (*part_done)(struct store *, struct str key, bool must_forget, store_on_done *, void *ctx);
    void (*part_later)(struct store *, struct str key, int64_t wait_ms, int64_t keep_ms,
                       store_on_done *, void *ctx);
    void (*parts_overdue)(struct store *, store_on_overdue *, void *ctx);
    void (*board_put)(struct store *, enum store_board, struct str name, struct str value,
                      store_on_done *, void *ctx);
    void (*board_get)(struct store *, enum store_board, store_on_board *, void *ctx);
    void (*certificate_put)(struct store *, uint64_t code, struct str line, int64_t until_ms,
                            store_on_done *, void *ctx);
    void (*certificate_new)(struct store *, uint64_t code, struct str line, int64_t until_ms,
                            store_on_done *, void *ctx);
    void (*certificate_get)(struct store *, uint64_t code, store_on_value *, void *ctx);
    void (*restore)(struct store *, const struct number_id *, struct str state, int64_t due_at_ms,
                    store_on_done *, void *ctx);
    void (*wake)(struct store *, const struct number_id *, int64_t due_at_ms, store_on_done *,
                 void *ctx);
    void (*put_off)(struct store *, const struct number_id *, int64_t due_at_ms, store_on_done *,
                    void *ctx);
    void (*scan)(struct store *, struct str cursor, store_on_scan *, void *ctx);
    void (*probe)(struct store *, store_on_probe *, void *ctx);
    void (*fence)(struct store *, store_on_fence *, void *ctx);
    void (*fence_open)(struct store *, uint64_t epoch, store_on_done *, void *ctx);
    void (*log_end)(struct store *, uint8_t bucket, store_on_value *, void *ctx);
    void (*log_sizes)(struct store *, const bool *ranges, store_on_log_sizes *, void *ctx);
    void (*memory)(struct store *, store_on_memory *, void *ctx);
    void (*facts)(struct store *, enum store_facts what, store_on_value *, void *ctx);
    void (*may)(struct store *, struct str user, struct str command, store_on_value *, void *ctx);
    void (*outbox_look)(struct store *, const uint64_t *fences, store_on_outbox *, void *ctx);
    void (*lease_keep)(struct store *, const struct store_lease *, store_on_lease *, void *ctx);
    void (*lease_give)(struct store *, const struct store_lease *, const bool *ranges,
                       bool is_leaving, store_on_done *, void *ctx);
    uint32_t (*n_away)(struct store *); /* NULL: never any */
    bool (*is_up)(struct store *);
    const char *(*why)(struct store *); /* NULL: never away */
    void (*free)(struct store *);
};

struct store {
    const struct store_ops *ops;
};

/* Within the ceilings of store_part_put. */
bool store_part_fits(const struct store_part *part);
/* Within the ceilings of store_session_put. */
bool store_session_fits(struct str key, struct str value);
