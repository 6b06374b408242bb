/*
 * Any bytes as a spool log: the search ends, what it finds is within the bytes and sound, and
 * opening it never gives out what was not sealed.
 */
#include <assert.h>
#include <stdint.h>

#include "port/spool/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vault *vault;
    if (vault == NULL)
        vault = vault_openssl_new_for_tests(1);
    struct str log = {(const char *)data, size};
    struct buf record;
    buf_init(&record, SPOOL_MAX_RECORD_BYTES);
    for (size_t at = 0; (at = spool_frame_find(log, at)) < log.len;) {
        struct spool_frame frame;
        bool is_sound = spool_frame_read(str_sub(log, at, log.len), &frame);
        assert(is_sound);
        assert(frame.bytes > 0 && frame.bytes <= log.len - at);
        assert(frame.box.p + frame.box.len == log.p + at + frame.bytes);
        buf_reset(&record);
        if (spool_frame_open(vault, &frame, &record) != ERR_OK)
            assert(record.len == 0);
        at += frame.bytes;
    }
    buf_fini(&record);
    return 0;
}
