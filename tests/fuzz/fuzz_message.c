/* Any bytes in the outbox stream: message_decode takes them or refuses them, and what it takes it
 * writes back as it was. */
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
    buf_init(&again, size);
    message_encode(&message, &again);
    assert(buf_error(&again) == ERR_OK && str_eq(buf_str(&again), bytes));
    return 0;
}
