/* The small records of app that come back from Redis and the spool, and course bundles: the first
 * byte says which. What is taken is written back as it was. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "app/course_set.h"
#include "app/last_reply.h"
#include "app/spooled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool rewrite(uint8_t kind, struct str bytes, struct buf *out)
{
    struct last_reply reply;
    struct spooled sms;
    struct lesson_file files[LESSON_MAX_FILES];
    uint32_t n;
    if (kind == 'r' && last_reply_decode(bytes, &reply) == ERR_OK) {
        last_reply_encode(&reply, out);
        return false; /* flags may have been any non-zero byte */
    }
    if (kind == 's' && spooled_decode(bytes, &sms) == ERR_OK) {
        spooled_encode(&sms, out);
        return false; /* likewise */
    }
    return kind == 'c' && course_bundle_read(bytes, files, &n) == ERR_OK &&
           course_bundle_write(files, n, out) == ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct str bytes = {(const char *)data + 1, size - 1};
    struct buf again CLEANUP(buf_fini);
    buf_init(&again, size + 16);
    bool must_equal = rewrite(data[0], bytes, &again);
    assert(buf_error(&again) == ERR_OK);
    assert(!must_equal || again.len <= bytes.len); /* leading zeros of a length go */
    return 0;
}
