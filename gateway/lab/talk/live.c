/* run.h: the world over HTTP, a gateway that runs and its simulator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "lab/simulator.h"
#include "lab/talk/internal.h"
#include "port/vault/vault.h"

#define DIAL_CODE "*384*7#"
#define RESPONSE_MAX_BYTES 65536u
#define SMS_WAIT_MS 8000
#define SMS_POLL_MS 40
#define WAIT_MAX_MS 10000 /* real time */
/* Runs spread over this many numbers behind +254700000000. */
#define NUMBERS 90000000u

/* How many SMS of a phone have been looked at. */
struct seen {
    char number[TALK_NUMBER_BYTES];
    uint32_t n;
};

struct talk_live {
    struct talk_world world;
    struct http_caller *caller;
    struct sim_address address;
    char run[17];
    struct seen seen[TALK_MAX_PHONES];
    uint32_t n_seen;
    struct http_call_response responses[TALK_MAX_REPEATS];
};

static struct talk_live *live(struct talk_world *world)
{
    return (struct talk_live *)world;
}

static enum err live_post(struct talk_world *world, const char *path, struct str body, uint32_t n,
                          struct talk_response *ret)
{
    struct talk_live *l = live(world);
    struct errmsg msg;
    char url[512];
    int len = snprintf(url, sizeof(url), "%s%s", l->address.base, path);
    enum err e = http_call(l->caller, (struct str){url, (size_t)len}, body, n, l->responses, &msg);
    for (uint32_t i = 0; e == ERR_OK && i < n; i++)
        ret[i] = (struct talk_response){l->responses[i].status, buf_str(&l->responses[i].body)};
    return e;
}

static struct seen *find_seen(struct talk_live *l, const char *number)
{
    uint32_t i = 0;
    while (i < l->n_seen && strcmp(l->seen[i].number, number) != 0)
        i++;
    if (i == l->n_seen) {
        (void)snprintf(l->seen[i].number, TALK_NUMBER_BYTES, "%s", number); /* same size */
        l->n_seen++;
    }
    return &l->seen[i];
}

static enum err live_next_sms(struct talk_world *world, const char *number, bool may_wait,
                              struct buf *out)
{
    struct talk_live *l = live(world);
    struct seen *seen = find_seen(l, number);
    const struct sim_sent next = {number, seen->n, "text"};
    struct errmsg msg;
    enum err e = sim_outbox_get(l->caller, &l->address, next, out, &msg);
    for (int ms = 0; e == ERR_NOT_FOUND && may_wait && ms < SMS_WAIT_MS; ms += SMS_POLL_MS) {
        http_caller_sleep(l->caller, SMS_POLL_MS);
        e = sim_outbox_get(l->caller, &l->address, next, out, &msg);
    }
    seen->n += e == ERR_OK;
    return e;
}

static enum err live_sms_id(struct talk_world *world, const char *number, uint32_t back,
                            struct buf *out)
{
    struct talk_live *l = live(world);
    uint32_t n = find_seen(l, number)->n;
    struct errmsg msg;
    if (n <= back)
        return ERR_NOT_FOUND;
    return sim_outbox_get(l->caller, &l->address, (struct sim_sent){number, n - 1 - back, "id"},
                          out, &msg);
}

const struct talk_line *talk_live_obstacle(const struct talk_script *script, const char **ret_needs)
{
    for (uint32_t i = 0; i < script->n_courses; i++) {
        *ret_needs = "a course that the running gateway has, by its name";
        if (str_find_char(script->courses[i]->text, '/') != SIZE_MAX)
            return script->courses[i];
    }
    for (uint32_t i = 0; i < script->n_lines; i++) {
        const struct talk_line *line = &script->lines[i];
        *ret_needs = line->wait_ms > WAIT_MAX_MS ? "a fake clock" : line->verb->needs;
        if (*ret_needs != NULL)
            return line;
    }
    return NULL;
}

static enum err live_wait(struct talk_world *world, int64_t ms)
{
    if (ms > WAIT_MAX_MS)
        return ERR_UNSUPPORTED;
    http_caller_sleep(live(world)->caller, ms);
    return ERR_OK;
}

static enum err live_fail(struct talk_world *world, const struct talk_line *line)
{
    (void)world, (void)line; /* a running gateway has no switch for its faults */
    return ERR_UNSUPPORTED;
}

static enum err live_group(struct talk_world *world, const struct talk_line *line)
{
    (void)world, (void)line; /* `waypost cohort` makes groups of a running gateway */
    return ERR_UNSUPPORTED;
}

static enum err live_correct(struct talk_world *world, const char *number,
                             const struct talk_line *line)
{
    (void)world, (void)number, (void)line; /* `waypost lessons correct` does it, for good */
    return ERR_UNSUPPORTED;
}

static enum err live_certificate(struct talk_world *world, const char *code,
                                 const struct talk_line *line)
{
    (void)world, (void)code, (void)line; /* those of a running gateway are real */
    return ERR_UNSUPPORTED;
}

static enum err live_look_after(struct talk_world *world, const char *number,
                                const struct talk_line *line)
{
    (void)world, (void)number, (void)line; /* that takes a login at PostgreSQL */
    return ERR_UNSUPPORTED;
}

static struct wall_ms live_now(struct talk_world *world)
{
    (void)world; /* its clock is the real one */
    return clock_wall();
}

static const struct talk_world_ops live_ops = {
    .post = live_post,
    .next_sms = live_next_sms,
    .sms_id = live_sms_id,
    .wait = live_wait,
    .fail = live_fail,
    .group = live_group,
    .certificate = live_certificate,
    .look_after = live_look_after,
    .correct = live_correct,
    .now = live_now,
};

enum err talk_live_new(const char *base, const char *admin, struct talk_live **ret,
                       struct errmsg *msg)
{
    struct talk_live *l = xcalloc(1, sizeof(*l));
    uint8_t random[8];
    enum err e = sim_address_parse(base, admin, &l->address, msg);
    if (e != ERR_OK) {
        free(l);
        return e;
    }
    vault_random(random, sizeof(random));
    hex_encode(random, sizeof(random), l->run);
    uint32_t offset = (uint32_t)random[0] << 24 | (uint32_t)random[1] << 16 |
                      (uint32_t)random[2] << 8 | random[3];
    l->world = (struct talk_world){.ops = &live_ops,
                                   .dial_code = DIAL_CODE,
                                   .run = l->run,
                                   .is_in_haste = true,
                                   .number_offset = offset % NUMBERS};
    for (uint32_t i = 0; i < TALK_MAX_REPEATS; i++)
        buf_init(&l->responses[i].body, RESPONSE_MAX_BYTES);
    l->caller = http_caller_new();
    *ret = l;
    return ERR_OK;
}

void talk_live_free(struct talk_live *l)
{
    if (l == NULL)
        return;
    for (uint32_t i = 0; i < TALK_MAX_REPEATS; i++)
        buf_fini(&l->responses[i].body);
    http_caller_free(l->caller);
    free(l);
}

struct talk_world *talk_live_world(struct talk_live *l)
{
    return &l->world;
}
