/*
 * talk_fast.h: the world of fast transcripts: the whole app (callbacks, dialogs, outbox, replay)
 * on _mem ports and a fake clock, in one process. Weeks pass in milliseconds. HTTP requests are
 * real bytes through wire/http/http.h, and so are their responses; profiles are the real ones.
 */
#pragma once

#include "lab/talk/run.h"

struct talk_fast;

/* Appends the events of one envelope (core/event.h), one line each as event_line writes them. JSON
 * is not read in this layer. */
typedef void talk_read_events(struct str envelope, struct buf *lines);

struct talk_fast_settings {
    const char *profiles_dir; /* with africastalking.yaml and africastalking-ussd.yaml */
    struct str course_name;   /* "id@version" */
    struct str bundle;        /* course_set.h */
    struct wall_ms start;
    talk_read_events *read_events;
};

/* ERR_INVALID and others with the reason in msg. Settings are borrowed for its life. */
enum err talk_fast_new(const struct talk_fast_settings *settings, struct talk_fast **ret,
                       struct errmsg *msg) MUST_CHECK;
void talk_fast_free(struct talk_fast *fast);
struct talk_world *talk_fast_world(struct talk_fast *fast);
