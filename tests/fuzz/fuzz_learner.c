/* Any bytes decode to an error, or to a learner that encodes and decodes to itself. */
#include <stdlib.h>
#include <string.h>

#include "core/learner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct learner learner, again;
    if (learner_decode((struct str){(const char *)data, size}, &learner) != ERR_OK)
        return 0;
    struct buf out;
    buf_init(&out, LEARNER_MAX_BYTES);
    if (learner_encode(&learner, &out) != ERR_OK ||
        learner_decode(buf_str(&out), &again) != ERR_OK ||
        memcmp(&learner, &again, sizeof(again)) != 0)
        abort();
    buf_fini(&out);
    return 0;
}
