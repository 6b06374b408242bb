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
#define EVENT_NAME(name, is_learning_action) [EVENT_##name] = #name,
        EVENT_KINDS(EVENT_NAME)
#undef EVENT_NAME
    };
    assert(kind < N_EVENT_KINDS);
    return names[kind];
}

bool event_is_learning_action(enum event_kind kind)
{
    static const bool learning[] = {
#define EVENT_LEARNING(name, is_learning_action) [EVENT_##name] = is_learning_action,
        EVENT_KINDS(EVENT_LEARNING)
#undef EVENT_LEARNING
    };
    assert(kind < N_EVENT_KINDS);
    return learning[kind];
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

static void add_number(struct buf *out, int64_t number)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--at] = '-';
    buf_add(out, digits + at, sizeof(digits) - at);
}

static struct str true_or_false(int32_t value)
{
    return value != 0 ? STR("true") : STR("false");
}

static void line_name(struct buf *out, const char *name)
{
    buf_add_char(out, ' ');
    buf_add_str(out, str_from(name));
    buf_add_char(out, '=');
}

/* A .talk line ends at a line end, so one inside a text is written as \n. */
static void line_text(struct buf *out, const char *name, struct str value)
{
    if (str_is_empty(value))
        return;
    line_name(out, name);
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] == '\n')
            buf_add_str(out, STR("\\n"));
        else
            buf_add_char(out, value.p[i]);
    }
}

static void line_number(struct buf *out, const char *name, int32_t value)
{
    if (value == EVENT_ABSENT)
        return;
    line_name(out, name);
    add_number(out, value);
}

void event_line(const struct event *event, struct buf *out)
{
    buf_add_str(out, str_from(event_kind_name(event->kind)));
    line_text(out, "unit", event->unit);
    line_text(out, "phase", str_from(event_phase_name(event->phase)));
    line_number(out, "choice", event->choice);
    if (event->correct != EVENT_ABSENT)
        line_text(out, "correct", true_or_false(event->correct));
    line_number(out, "attempt", event->attempt);
    line_number(out, "value", event->value);
    line_text(out, "code", event->code);
    line_text(out, "text", event->text);
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
