#include <jansson.h>

#include "lab/talk/talk_internal.h"

/* The members of an event line, in its order (core/event.h). */
static const char *const members[] = {"unit",    "phase", "choice", "correct",
                                      "attempt", "value", "code",   "text"};

/* A line end inside is written as \n, as event_line does. */
static void add_text(const char *name, struct str text, struct buf *lines)
{
    buf_addf(lines, " %s=", name);
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '\n')
            buf_add_str(lines, STR("\\n"));
        else
            buf_add_char(lines, text.p[i]);
    }
}

static void add_member(const json_t *event, const char *name, struct buf *lines)
{
    const json_t *value = json_object_get(event, name);
    if (json_is_string(value))
        add_text(name, str_from(json_string_value(value)), lines);
    else if (json_is_integer(value))
        buf_addf(lines, " %s=%lld", name, (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        buf_addf(lines, " %s=%s", name, json_is_true(value) ? "true" : "false");
}

void talk_events_read(struct str envelope, struct buf *lines)
{
    json_t *root = json_loadb(envelope.p, envelope.len, 0, NULL);
    const json_t *events = json_object_get(root, "events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        buf_addf(lines, "%s", json_string_value(json_object_get(event, "kind")));
        for (size_t m = 0; m < ARRAY_LEN(members); m++)
            add_member(event, members[m], lines);
        buf_add_char(lines, '\n');
    }
    json_decref(root);
}
