#include "app/upgrade.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/store/values.h"

#define AWAITED_MS 100 /* until the store has answered once */

struct upgrade {
    struct loop *loop;
    struct store *store;
    struct timer *timer;
    uint8_t learner_record;
    bool is_known;
};

uint8_t upgrade_read(const struct str *names, const struct str *values, uint32_t n)
{
    uint64_t version = LEARNER_RECORD_BEFORE;
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(names[i], STR(UPGRADE_LEARNER)) &&
            (str_to_u64(values[i], UINT8_MAX, &version) != ERR_OK ||
             version < LEARNER_RECORD_BEFORE))
            version = LEARNER_RECORD_BEFORE;
    }
    return (uint8_t)version;
}

static void on_board(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct upgrade *u = ctx;
    if (e == ERR_OK) {
        uint8_t version = upgrade_read(names, values, n);
        version = version < LEARNER_RECORD ? version : LEARNER_RECORD;
        if (u->is_known && version != u->learner_record)
            LOG_INFO("upgrade", "learners are written in another version", "record=%u", version);
        u->learner_record = version;
        u->is_known = true;
    }
    timer_start(u->loop, u->timer, u->is_known ? UPGRADE_LOOK_MS : AWAITED_MS);
}

static void look(void *ctx)
{
    struct upgrade *u = ctx;
    store_board_get(u->store, STORE_BOARD_FORMATS, on_board, u);
}

struct upgrade *upgrade_new(struct loop *loop, struct store *store)
{
    struct upgrade *u = xcalloc(1, sizeof(*u));
    *u = (struct upgrade){.loop = loop, .store = store, .learner_record = LEARNER_RECORD_BEFORE};
    u->timer = timer_new(loop, look, u);
    timer_start(loop, u->timer, 0);
    return u;
}

void upgrade_free(struct upgrade *u)
{
    if (u == NULL)
        return;
    timer_free(u->loop, u->timer);
    free(u);
}

bool upgrade_is_known(const struct upgrade *u)
{
    return u->is_known;
}

uint8_t upgrade_learner_record(const struct upgrade *u)
{
    return u != NULL ? u->learner_record : LEARNER_RECORD;
}
