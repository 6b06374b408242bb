/* Reads what was added to a store's event log since the last time, as JSON lines. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "port/store/stream.h"

#define LOG_READER_BYTES 16384

struct log_reader {
    struct event_place from[STORE_BUCKETS];
    uint32_t n;
    char text[LOG_READER_BYTES];
};

static inline void log_reader_on_entries(void *ctx, enum err e, const struct store_entry *entries,
                                         uint32_t n)
{
    struct log_reader *reader = ctx;
    struct buf json CLEANUP(buf_fini);
    assert_int_equal(e, ERR_OK);
    buf_init(&json, LOG_READER_BYTES - 1);
    for (uint32_t i = 0; i < n; i++) {
        struct event_record record;
        assert_int_equal(event_decode(entries[i].payload, &record), ERR_OK);
        event_record_json(&record, STR_NONE, &json);
        buf_add_char(&json, '\n');
        reader->from[entries[i].bucket] = entries[i].place;
    }
    assert_int_equal(buf_error(&json), ERR_OK);
    memcpy(reader->text, buf_str(&json).p, json.len + 1);
    reader->n = n;
}

/* The answer comes in the next turn of the loop. */
static inline void log_reader_ask(struct log_reader *reader, struct store *store)
{
    struct store_reader from = {.from = reader->from, .max_each = 1000};
    reader->n = 0;
    reader->text[0] = '\0';
    store_log_read(store, &from, log_reader_on_entries, reader);
}
