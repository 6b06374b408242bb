/*
 * talk_internal.h: what cli/talk.c shares with the readers of JSON beside it, and with
 * cli/phone.c. Nobody else includes it.
 */
#pragma once

#include "lab/talk/run.h"

/* A world over HTTP: a gateway that runs, and its simulator. */
struct talk_live;

/* base is "http://127.0.0.1:8080"; admin the same of the admin listener, or NULL: the port after
 * base's. ERR_INVALID with the reason in msg. */
enum err talk_live_new(const char *base, const char *admin, struct talk_live **ret,
                       struct errmsg *msg) MUST_CHECK;
void talk_live_free(struct talk_live *live);
struct talk_world *talk_live_world(struct talk_live *live);
/* The first line that needs a fake clock or faults, NULL when there is none. */
const struct talk_line *talk_live_obstacle(const struct talk_script *script);

/* Events of one envelope, one line each (talk_fast.h). */
void talk_events_read(struct str envelope, struct buf *lines);
