/* The records that come back from Redis and the spool, and course bundles: the first byte says
 * which. Any bytes are refused or taken; what is taken and written is read again, and then written
 * the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "app/course_bundle.h"
#include "app/dedup.h"
#include "app/message.h"
#include "core/learner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool rewrite_learner(struct str bytes, struct buf *out)
{
    struct learner learner;
    if (learner_decode(bytes, &learner) != ERR_OK)
        return false;
    assert(learner_encode(&learner, LEARNER_RECORD, out) == ERR_OK);
    return true;
}

static void write_as(const struct learner *learner, uint8_t version, struct buf *out)
{
    buf_reset(out);
    assert(learner_encode(learner, version, out) == ERR_OK);
}

/* Whether a host of the version before has had it in its hands or not, it says the same. */
static bool rewrite_back(struct str bytes, struct buf *out)
{
    struct learner learner, there, back;
    struct buf one CLEANUP(buf_fini), other CLEANUP(buf_fini);
    buf_init(&one, 2 * LEARNER_MAX_BYTES);
    buf_init(&other, 2 * LEARNER_MAX_BYTES);
    if (learner_decode(bytes, &learner) != ERR_OK)
        return false;
    write_as(&learner, LEARNER_RECORD, &one);
    assert(learner_decode(buf_str(&one), &back) == ERR_OK);
    write_as(&back, LEARNER_RECORD_BEFORE, &one);
    write_as(&learner, LEARNER_RECORD_BEFORE, &other);
    assert(learner_decode(buf_str(&other), &there) == ERR_OK);
    write_as(&there, LEARNER_RECORD, &other);
    assert(learner_decode(buf_str(&other), &back) == ERR_OK);
    write_as(&back, LEARNER_RECORD_BEFORE, &other);
    assert(str_eq(buf_str(&one), buf_str(&other)));
    buf_add(out, one.p, one.len);
    return true;
}

static bool rewrite_message(struct str bytes, struct buf *out)
{
    struct message message;
    if (message_decode(bytes, &message) != ERR_OK)
        return false;
    message_encode(&message, out);
    return true;
}

static bool rewrite_reply(struct str bytes, struct buf *out)
{
    struct last_reply reply;
    if (last_reply_decode(bytes, &reply) != ERR_OK)
        return false;
    last_reply_encode(&reply, out);
    return true;
}

/* The last reply in a learner's link, and the learner before it. */
static bool rewrite_last(struct str bytes, struct buf *out)
{
    struct learner learner = {0}, before;
    struct last_reply reply;
    if (bytes.len > LEARNER_LAST_BYTES)
        return false;
    memcpy(learner.link.last.bytes, bytes.p, bytes.len);
    learner.link.last.n = (uint8_t)bytes.len;
    if (last_reply_take(&learner, STR_NONE, (struct wall_ms){0}, &reply) != ERR_OK ||
        last_reply_before(&reply, &learner, &before) != ERR_OK ||
        !last_reply_put(&reply, &before, &learner, out))
        return false;
    buf_add(out, learner.link.last.bytes, learner.link.last.n);
    return true;
}

static bool rewrite_spooled(struct str bytes, struct buf *out)
{
    struct spooled sms;
    if (spooled_decode(bytes, &sms) != ERR_OK)
        return false;
    spooled_encode(&sms, out);
    return true;
}

static bool rewrite_bundle(struct str bytes, struct buf *out)
{
    struct lesson_file files[LESSON_MAX_FILES];
    uint32_t n;
    return course_bundle_read(bytes, files, &n) == ERR_OK &&
           course_bundle_write(files, n, out) == ERR_OK;
}

static const struct {
    uint8_t letter;
    bool (*rewrite)(struct str bytes, struct buf *out);
} kinds[] = {
    {'l', rewrite_learner}, {'b', rewrite_back},   {'m', rewrite_message}, {'r', rewrite_reply},
    {'s', rewrite_spooled}, {'c', rewrite_bundle}, {'a', rewrite_last},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once CLEANUP(buf_fini), twice CLEANUP(buf_fini);
    /* members that an earlier version did not have, times and masks of another */
    buf_init(&once, size + LEARNER_MAX_BYTES);
    buf_init(&twice, size + LEARNER_MAX_BYTES);
    for (size_t i = 0; size > 0 && i < ARRAY_LEN(kinds); i++) {
        if (data[0] != kinds[i].letter ||
            !kinds[i].rewrite((struct str){(const char *)data + 1, size - 1}, &once))
            continue;
        assert(buf_error(&once) == ERR_OK);
        assert(kinds[i].rewrite(buf_str(&once), &twice));
        assert(str_eq(buf_str(&once), buf_str(&twice)));
    }
    return 0;
}
