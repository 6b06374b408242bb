/* Any bytes decode to an error, or to a record that encodes to bytes that decode to the same, and
 * that prints. */
#include <stdlib.h>

#include "core/event_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct event_record record, again;
    struct buf first, second, json;
    if (event_decode((struct str){(const char *)data, size}, &record) != ERR_OK)
        return 0;
    buf_init(&first, 2 * EVENT_RECORD_MAX_BYTES);
    buf_init(&second, 2 * EVENT_RECORD_MAX_BYTES);
    buf_init(&json, 16 * EVENT_RECORD_MAX_BYTES);
    event_encode(&record, &first);
    if (buf_error(&first) == ERR_OK) {
        if (event_decode(buf_str(&first), &again) != ERR_OK)
            abort();
        event_encode(&again, &second);
        if (!str_eq(buf_str(&first), buf_str(&second)))
            abort();
        event_record_json(&record, STR_NONE, &json);
    }
    buf_fini(&first);
    buf_fini(&second);
    buf_fini(&json);
    return 0;
}
