/*
 * store_mem_ops.h: the calls of port/store/store.h that do not stand in store_mem.c: of
 * store_mem_values.c (parts, sessions, courses, notes), store_mem_shares.c (limits on what is sent,
 * leases) and store_mem_stream.c (the two streams). Nobody else includes it.
 */
#pragma once

#include "lab/mem/store_mem.h"

/* Who refuses the messages of a commit (a constant), or NULL: then they have been counted. */
const char *mem_caps_check(struct mem_store *m, struct mem_record *record,
                           const struct store_caps *caps);
/* Adds the event about the messages, if there is one. */
void mem_caps_tell(struct mem_store *m, const struct store_commit *commit, const char *refused_by);
void mem_caps_fini(struct mem_store *m);
void mem_take(struct store *s, const struct store_cap *caps, uint32_t n, store_on_done *fn,
              void *ctx);

void mem_session_put(struct store *s, struct str key, struct str value, int64_t ttl_ms,
                     store_on_done *fn, void *ctx);
void mem_meet(struct store *s, struct str name, struct str value, int64_t ttl_ms,
              store_on_value *fn, void *ctx);
void mem_session_get(struct store *s, struct str key, store_on_value *fn, void *ctx);
void mem_course_put(struct store *s, struct str name, struct str bundle, bool is_current,
                    store_on_done *fn, void *ctx);
void mem_courses_get(struct store *s, store_on_courses *fn, void *ctx);
void mem_board_put(struct store *s, enum store_board board, struct str name, struct str value,
                   store_on_done *fn, void *ctx);
void mem_board_get(struct store *s, enum store_board board, store_on_board *fn, void *ctx);
void mem_part_put(struct store *s, const struct store_part *part, store_on_part *fn, void *ctx);
void mem_part_done(struct store *s, struct str key, bool must_forget, store_on_done *fn, void *ctx);
void mem_part_later(struct store *s, struct str key, int64_t wait_ms, int64_t keep_ms,
                    store_on_done *fn, void *ctx);
void mem_parts_overdue(struct store *s, store_on_overdue *fn, void *ctx);
void mem_certificate_put(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                         store_on_done *fn, void *ctx);
void mem_certificate_new(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                         store_on_done *fn, void *ctx);
void mem_certificate_get(struct store *s, uint64_t code, store_on_value *fn, void *ctx);
void mem_values_init(struct mem_store *m);
void mem_values_fini(struct mem_store *m);

void mem_lease_keep(struct store *s, const struct store_lease *lease, store_on_lease *fn,
                    void *ctx);
void mem_lease_give(struct store *s, const struct store_lease *lease, const bool *ranges,
                    bool is_leaving, store_on_lease_given *fn, void *ctx);
/* A later owner has the entry's bucket. */
bool mem_is_fenced(struct mem_store *m, const struct store_entry *entry);
void mem_leases_fini(struct mem_store *m);

/* As store_patch does. */
void mem_state_patch(struct mem_store *m, const struct number_id *id,
                     const struct store_patch *patch);

void mem_stream_add(struct mem_store *m, enum store_stream stream, uint8_t bucket,
                    struct str payload);
/* Of the last entry that a bucket's log ever had. */
struct event_place mem_stream_end(const struct mem_store *m, uint8_t bucket);
void mem_streams_init(struct mem_store *m);
/* Ends what waits; its response is posted. */
void mem_streams_stop(struct mem_store *m);
void mem_streams_fini(struct mem_store *m);
void mem_read(struct store *s, const struct store_reader *reader, store_on_entries *fn, void *ctx);
void mem_log_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                  void *ctx);
void mem_log_delete(struct store *s, uint8_t bucket, const struct event_place *places, uint32_t n,
                    store_on_done *fn, void *ctx);
void mem_compact(struct store *s, store_on_done *fn, void *ctx);
void mem_log_trim(struct store *s, const struct store_log_trim *trims, uint32_t n,
                  store_on_done *fn, void *ctx);
void mem_log_sizes(struct store *s, const bool *ranges, store_on_log_sizes *fn, void *ctx);
void mem_outbox_look(struct store *s, const uint64_t *fences, store_on_outbox *fn, void *ctx);
void mem_settle(struct store *s, const struct store_entry *wanted, const struct store_settled *what,
                store_on_done *fn, void *ctx);
void mem_mark_sending(struct store *s, const struct store_entry *entry, const struct number_id *id,
                      store_on_value *fn, void *ctx);
void mem_clear_sending(struct store *s, const struct store_entry *entry, store_on_done *fn,
                       void *ctx);
/* Owners of leases of a kind that are alive. */
uint32_t store_mem_n_alive(struct mem_store *m, struct str kind);
