#include "core/event.h"

#include <assert.h>

struct event event_make(enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .choice = EVENT_ABSENT,
        .value = EVENT_ABSENT,
        .attempt = EVENT_ABSENT,
        .correct = EVENT_ABSENT,
    };
}

const char *event_kind_name(enum event_kind kind)
{
    static const char *const names[] = {
#define EVENT_NAME(name) [EVENT_##name] = #name,
        EVENT_KINDS(EVENT_NAME)
#undef EVENT_NAME
    };
    assert(kind < N_EVENT_KINDS);
    return names[kind];
}

const char *event_phase_name(enum event_phase phase)
{
    switch (phase) {
    case EVENT_PHASE_NONE:
        return "";
    case EVENT_PHASE_QUIZ:
        return "quiz";
    case EVENT_PHASE_PRETEST:
        return "pretest";
    case EVENT_PHASE_POSTTEST:
        return "posttest";
    case EVENT_PHASE_SURVEY:
        return "survey";
    case EVENT_PHASE_FOLLOWUP:
        return "followup";
    case EVENT_PHASE_RECALL:
        return "recall";
    case EVENT_PHASE_CATCHUP:
        return "catchup";
    }
    return "";
}

void event_uuid(const uint8_t bytes[16], char dst[37])
{
    static const uint8_t group_bytes[] = {4, 2, 2, 2, 6};
    for (size_t group = 0, at = 0; group < ARRAY_LEN(group_bytes); group++) {
        hex_encode(bytes + at, group_bytes[group], dst);
        dst += 2 * group_bytes[group];
        at += group_bytes[group];
        *dst++ = group < ARRAY_LEN(group_bytes) - 1 ? '-' : '\0';
    }
}
