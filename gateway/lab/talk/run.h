/*
 * run.h: plays a transcript. What the phones and the gateway meet in is a world: the whole app with
 * _mem ports and a fake clock (fast.c), or a running gateway over HTTP (live.c).
 */
#pragma once

#include "core/schedule.h"
#include "lab/talk/talk.h"

struct talk_world;

/* The response to a callback; borrowed until the next call of the world. */
struct talk_response {
    int status;
    struct str body;
};

struct talk_world_ops {
    /* Posts n copies at once, and returns when all are answered and the gateway has come to rest.
     * ret has n elements. ERR_TIMEOUT, ERR_UNAVAILABLE: no response. */
    enum err (*post)(struct talk_world *, const char *path, struct str body, uint32_t n,
                     struct talk_response *ret);
    /* The next SMS to that number. may_wait: give it a few seconds. ERR_NOT_FOUND: none. */
    enum err (*next_sms)(struct talk_world *, const char *number, bool may_wait, struct buf *out);
    /* The provider's id of the SMS to that number which next_sms gave last, or of the back-th
     * before it. ERR_NOT_FOUND: none. */
    enum err (*sms_id)(struct talk_world *, const char *number, uint32_t back, struct buf *out);
    /* The next event as a line. ERR_NOT_FOUND: none. NULL: this world shows no events. */
    enum err (*next_event)(struct talk_world *, struct buf *out);
    /* ERR_UNSUPPORTED: this world cannot. */
    enum err (*wait)(struct talk_world *, int64_t ms);
    /* The wall clock is put on by so much. NULL: not in this world. */
    void (*turn)(struct talk_world *, int64_t ms);
    enum err (*fail)(struct talk_world *, const struct talk_line *line);
    /* A group as the line describes it is there, for all that follows. */
    enum err (*group)(struct talk_world *, const struct talk_line *line);
    /* A certificate as the line describes it can be checked; code: the last that was said. */
    enum err (*certificate)(struct talk_world *, const char *code, const struct talk_line *line);
    /* What a person of the organisation does about this number: release, erase. */
    enum err (*look_after)(struct talk_world *, const char *number, const struct talk_line *line);
    /* The question's key is the one of the line from here on, and this number is told: correct. */
    enum err (*correct)(struct talk_world *, const char *number, const struct talk_line *line);
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

/* The world of fast transcripts: the whole app (callbacks, dialogs, outbox, replay) on _mem ports
 * and a fake clock, in one process. Weeks pass in milliseconds. HTTP requests are real bytes
 * through wire/http/http.h, and so are their responses; profiles are the real ones. */
struct talk_fast;

#define TALK_MAX_OTHERS (TALK_MAX_COURSES - 1)

struct talk_fast_settings {
    const char *profiles_dir; /* with africastalking.yaml and africastalking-ussd.yaml */
    struct str course_name;   /* "id@version", the one that JOIN starts */
    struct str bundle;        /* course_set.h */
    uint32_t n_others;        /* more courses that may be begun */
    struct str other_names[TALK_MAX_OTHERS];
    struct str other_bundles[TALK_MAX_OTHERS];
    struct wall_ms start;
    struct zone zone;          /* of the phones */
    double sms_per_s;          /* that the timers count on; 0 = as the channels say */
    uint32_t reminder_holdout; /* as in the configuration; 0 = all get their reminders */
    uint64_t seed; /* of pseudonyms, codes, lots and back-offs; 0 = they are drawn anew */
};

/* ERR_INVALID and others with the reason in msg. Settings are borrowed for its life. */
enum err talk_fast_new(const struct talk_fast_settings *settings, struct talk_fast **ret,
                       struct errmsg *msg) MUST_CHECK;
void talk_fast_free(struct talk_fast *fast);
struct talk_world *talk_fast_world(struct talk_fast *fast);
/* What PostgreSQL was told so far, as core.ingest takes it; borrowed until talk_fast_free. */
uint32_t talk_fast_n_records(const struct talk_fast *fast);
struct str talk_fast_record(const struct talk_fast *fast, uint32_t i);

/* A world over HTTP: a gateway that runs, and its simulator. */
struct talk_live;

/* base is "http://127.0.0.1:8080"; admin the same of the admin listener, or NULL: the port after
 * base's. ERR_INVALID with the reason in msg. */
enum err talk_live_new(const char *base, const char *admin, struct talk_live **ret,
                       struct errmsg *msg) MUST_CHECK;
void talk_live_free(struct talk_live *live);
struct talk_world *talk_live_world(struct talk_live *live);
/* The first line that only a world in memory can play, and what it needs, in plain words; NULL:
 * there is none. */
const struct talk_line *talk_live_obstacle(const struct talk_script *script,
                                           const char **ret_needs);
