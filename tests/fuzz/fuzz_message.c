/* Any bytes in the outbox stream: message_decode takes them or refuses them, and what it takes it
 * writes back as it was, or, from an earlier version, as the present one with nothing lost. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "app/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message message;
    struct str bytes = {(const char *)data, size};
    if (message_decode(bytes, &message) != ERR_OK)
        return 0;
    struct buf again CLEANUP(buf_fini);
    buf_init(&again, size + 5);
    message_encode(&message, &again);
    assert(buf_error(&again) == ERR_OK);
    size_t n_new = data[0] == 1 ? 5 : 0; /* an absent network, and no answer */
    assert(again.len == size + n_new && memcmp(again.p + 1, data + 1, size - 1) == 0);
    return 0;
}
