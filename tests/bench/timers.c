/*
 * timers.c: learners with a reminder, in a real Redis, by restore.
 *
 *   bench_timers SOCKET KEYS FIRST N plain|shared|later < STATE
 *
 * STATE is that of somebody in mid-course; each of N copies has a number of its own, was quiet for
 * two days and became due within the last hour. `shared`: two people on the number, both in a
 * group. `later`: due in a month. Ends when all of them are on disk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "core/learner.h"
#include "core/schedule.h"
#include "port/store/learners.h"
#include "port/store/server.h"
#include "port/vault/vault.h"

#define FIRST_NUMBER 254710000000u /* the load's phones are others */
#define IN_FLIGHT 4000u
#define QUIET_MS (2 * DAY_MS + 2 * HOUR_MS)

struct bench {
    struct loop *loop;
    struct store *store;
    struct vault *vault;
    struct timer *timer;
    struct learner sample;
    int64_t now_ms;
    uint32_t next, end, n_pending;
    bool is_later, has_failed;
};

static void go_on(void *ctx);

static void on_put(void *ctx, enum err e)
{
    struct bench *b = ctx;
    b->n_pending--;
    b->has_failed |= e != ERR_OK;
    if (b->n_pending < IN_FLIGHT / 2)
        timer_start(b->loop, b->timer, 0);
}

static void share(struct learner *l)
{
    struct learner other = *l;
    static const char nickname[] = "Amina";
    memset(&other.link, 0, sizeof(other.link));
    memcpy(other.nickname, nickname, sizeof(nickname));
    other.learner_id[15] ^= 1;
    other.asked_ms -= 3 * DAY_MS;
    other.module_ms -= other.module_ms != 0 ? 2 * DAY_MS : 0;
    other.consent_ms += DAY_MS;
    other.slot = 2;
    l->slot = 1;
    if (learner_set_other(l, 0, &other) != ERR_OK)
        abort(); /* a record of mid-course is small */
}

static void put(struct bench *b, uint32_t i)
{
    char number[20];
    struct learner l = b->sample;
    struct buf state CLEANUP(buf_fini);
    int n = snprintf(number, sizeof(number), "+%llu", (unsigned long long)FIRST_NUMBER + i);
    struct str e164 = {number, (size_t)n};
    struct number_id id = vault_number_id(b->vault, e164);
    vault_random(l.learner_id, sizeof(l.learner_id));
    vault_pack(b->vault, &id, e164, l.link.number);
    if (l.cohort != 0)
        share(&l);
    buf_init(&state, LEARNER_MAX_BYTES);
    if (learner_encode(&l, LEARNER_RECORD, &state) != ERR_OK)
        abort(); /* it was decoded from one */
    b->n_pending++;
    int64_t due_ms = b->is_later ? b->now_ms + 30 * DAY_MS + (int64_t)(i % 86400) * 1000
                                 : b->now_ms - (int64_t)(i % 3600) * 1000;
    store_restore(b->store, &id, buf_str(&state), due_ms, on_put, b);
}

static void go_on(void *ctx)
{
    struct bench *b = ctx;
    if (!store_is_up(b->store)) {
        timer_start(b->loop, b->timer, 10);
        return;
    }
    while (b->next < b->end && b->n_pending < IN_FLIGHT)
        put(b, b->next++);
    if (b->n_pending == 0)
        loop_stop(b->loop);
}

static void read_sample(struct bench *b)
{
    static char bytes[LEARNER_MAX_BYTES + 1];
    size_t n = fread(bytes, 1, sizeof(bytes), stdin);
    if (learner_decode((struct str){bytes, n}, &b->sample) != ERR_OK) {
        (void)fputs("standard input is no learner's state\n", stderr);
        exit(65);
    }
    struct learner *l = &b->sample;
    l->link.last_ms = l->asked_ms = b->now_ms - QUIET_MS;
    l->consent_ms = l->asked_ms - 20 * DAY_MS;
    l->module_ms = l->module_ms != 0 ? l->asked_ms - 5 * DAY_MS : 0;
    l->link.last.n = 0;
    l->plan = SCHEDULE_MORNING + 1;
}

int main(int argc, char **argv)
{
    struct bench b = {.now_ms = clock_wall().ms};
    struct errmsg msg;
    if (argc != 6 || vault_openssl_new(argv[2], &b.vault, &msg) != ERR_OK) {
        (void)fputs("usage: bench_timers SOCKET KEYS FIRST N plain|shared|later < STATE\n", stderr);
        return 64;
    }
    b.next = (uint32_t)strtoul(argv[3], NULL, 10);
    b.end = b.next + (uint32_t)strtoul(argv[4], NULL, 10);
    read_sample(&b);
    b.is_later = strcmp(argv[5], "later") == 0;
    b.sample.cohort = strcmp(argv[5], "shared") == 0 ? 482156 : 0;
    log_init(LOG_LEVEL_WARN, "bench-timers");
    b.loop = loop_libevent_new();
    b.store = store_hiredis_new(b.loop, &(struct store_settings){.socket_path = argv[1],
                                                                 .deadline_ms = 20000,
                                                                 .max_in_flight = 2 * IN_FLIGHT});
    b.timer = timer_new(b.loop, go_on, &b);
    timer_start(b.loop, b.timer, 0);
    loop_run(b.loop);
    store_free(b.store);
    timer_free(b.loop, b.timer);
    vault_free(b.vault);
    loop_free(b.loop);
    return b.has_failed ? 70 : 0;
}
