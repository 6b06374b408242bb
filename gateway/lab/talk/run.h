/*
 * talk_run.h: plays a transcript. What the phones and the gateway meet in is a world: the whole app
 * with _mem ports and a fake clock (talk_fast.h), or a running gateway over HTTP (talk_live.h).
 */
#pragma once

#include "lab/talk/talk.h"

struct talk_world;

/* The answer to a callback; borrowed until the next call of the world. */
struct talk_answer {
    int status;
    struct str body;
};

struct talk_world_ops {
    /* Posts n copies at once, and returns when all are answered and the gateway has come to rest.
     * ret has n elements. ERR_TIMEOUT, ERR_UNAVAILABLE: no answer. */
    enum err (*post)(struct talk_world *, const char *path, struct str body, uint32_t n,
                     struct talk_answer *ret);
    /* The next SMS to that number. may_wait: give it a few seconds. ERR_NOT_FOUND: none. */
    enum err (*next_sms)(struct talk_world *, const char *number, bool may_wait, struct buf *out);
    /* The next event as a line. ERR_NOT_FOUND: none. NULL: this world shows no events. */
    enum err (*next_event)(struct talk_world *, struct buf *out);
    /* ERR_UNSUPPORTED: this world cannot. */
    enum err (*wait)(struct talk_world *, int64_t ms);
    enum err (*fail)(struct talk_world *, const struct talk_line *line);
    struct wall_ms (*now)(struct talk_world *);
};

struct talk_world {
    const struct talk_world_ops *ops;
    const char *dial_code;
    const char *run;        /* makes ids of this run differ from others' */
    bool is_shown;          /* report what was said also when all went well */
    bool is_in_haste;       /* its time is real: nobody waits as long as a person would */
    uint32_t number_offset; /* added to the phones' numbers, so that each run meets new people */
};

/* ERR_OK: everything went as written. ERR_INVALID: it did not; report says where, what was
 * expected, what came, and what had been said. ERR_UNSUPPORTED: the world cannot play a line;
 * report says which. */
enum err talk_run(const struct talk_script *script, struct talk_world *world,
                  struct buf *report) MUST_CHECK;
