#include "app/report/door.h"

#include "wire/address.h"

#define WAIT_FIRST_MS 2000

enum count_of { COUNT_PAIR, COUNT_NETWORK, COUNT_NAME, N_COUNTS };

/* Of a network more, for it may be a whole office; of a name many, for anybody may write it. */
static const struct {
    uint32_t n_free;
    int64_t wait_max_ms;
} counts[N_COUNTS] = {
    [COUNT_PAIR] = {3, 5 * MINUTE_MS},
    [COUNT_NETWORK] = {10, 5 * MINUTE_MS},
    [COUNT_NAME] = {50, MINUTE_MS},
};

static uint64_t hash_of(const struct report_door *door, uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t all[] = {door->salt, a, b, c, door->salt};
    uint64_t hash = str_hash((struct str){(const char *)all, sizeof(all)});
    return hash != 0 ? hash : 1;
}

struct report_visitor report_visitor_of(const struct report_door *door, struct str name,
                                        struct str address)
{
    uint8_t network[ADDRESS_NETWORK_BYTES];
    size_t n =
        address_is_listed(address, STR("127.0.0.0/8 ::1")) ? 0 : address_network(address, network);
    struct str bytes = {(const char *)network, n};
    return (struct report_visitor){.name = hash_of(door, str_hash(name), name.len, 0),
                                   .network = n > 0 ? hash_of(door, str_hash(bytes), n, 1) : 0};
}

static uint64_t key_of(const struct report_door *door, struct report_visitor who, enum count_of of)
{
    return hash_of(door, of != COUNT_NETWORK ? who.name : 0, of != COUNT_NAME ? who.network : 0,
                   2 + of);
}

/* How many counts matter. Where nobody knows the network, the pair is the name. */
static uint32_t counts_of(struct report_visitor who, bool is_known)
{
    return is_known || who.network == 0 ? COUNT_PAIR + 1 : N_COUNTS;
}

/* The row of a key, or the one that was longest without a try. */
static struct report_count *find(struct report_door *door, uint64_t key)
{
    struct report_count *oldest = &door->counts[0];
    for (uint32_t i = 0; i < REPORT_MAX_COUNTS; i++) {
        struct report_count *c = &door->counts[i];
        if (c->key == key)
            return c;
        if (oldest->key != 0 && (c->key == 0 || c->last_ms < oldest->last_ms))
            oldest = c;
    }
    return oldest;
}

static int64_t wait_of(struct report_door *door, uint64_t key, struct mono_ms now)
{
    const struct report_count *c = find(door, key);
    return c->key == key && now.ms < c->until_ms ? c->until_ms - now.ms : 0;
}

static void count(struct report_door *door, uint64_t key, enum count_of of, struct mono_ms now)
{
    struct report_count *c = find(door, key);
    if (c->key != key || now.ms - c->last_ms >= HOUR_MS)
        *c = (struct report_count){.key = key};
    c->last_ms = c->until_ms = now.ms;
    c->n_wrong++;
    if (c->n_wrong >= counts[of].n_free)
        c->until_ms += backoff_ceiling_ms(WAIT_FIRST_MS, counts[of].wait_max_ms,
                                          c->n_wrong - counts[of].n_free + 1);
}

int64_t report_door_try(struct report_door *door, struct report_visitor who, struct mono_ms now)
{
    uint32_t n = counts_of(who, report_door_knows(door, who, now));
    int64_t wait_ms = 0;
    for (uint32_t of = 0; of < n; of++) {
        int64_t ms = wait_of(door, key_of(door, who, (enum count_of)of), now);
        wait_ms = ms > wait_ms ? ms : wait_ms;
    }
    if (wait_ms > 0)
        return wait_ms;
    for (uint32_t of = 0; of < n; of++)
        count(door, key_of(door, who, (enum count_of)of), (enum count_of)of, now);
    door->n_in_minute = now.ms / MINUTE_MS == door->minute ? door->n_in_minute + 1 : 1;
    door->minute = now.ms / MINUTE_MS;
    return 0;
}

void report_door_forget(struct report_door *door, struct report_visitor who, struct mono_ms now)
{
    uint32_t n = counts_of(who, report_door_knows(door, who, now));
    for (uint32_t of = 0; of < n; of++) {
        uint64_t key = key_of(door, who, (enum count_of)of);
        struct report_count *c = find(door, key);
        if (c->key != key || c->n_wrong == 0)
            continue;
        c->n_wrong--;
        c->until_ms = c->last_ms;
    }
    if (door->n_in_minute > 0)
        door->n_in_minute--;
}

void report_door_pass(struct report_door *door, struct report_visitor who, struct mono_ms now)
{
    uint64_t key = key_of(door, who, COUNT_PAIR);
    uint32_t place = 0;
    struct report_count *c = find(door, key);
    report_door_forget(door, who, now);
    if (c->key == key)
        c->n_wrong = 0;
    for (uint32_t i = 0; i < REPORT_MAX_KNOWN && door->known[place].key != key; i++) {
        if (door->known[i].key == key || door->known[i].last_ms < door->known[place].last_ms)
            place = i;
    }
    door->known[place].key = key;
    door->known[place].last_ms = now.ms;
}

bool report_door_knows(const struct report_door *door, struct report_visitor who,
                       struct mono_ms now)
{
    uint64_t key = key_of(door, who, COUNT_PAIR);
    for (uint32_t i = 0; i < REPORT_MAX_KNOWN; i++) {
        if (door->known[i].key == key)
            return now.ms - door->known[i].last_ms < REPORT_KNOWN_MS;
    }
    return false;
}

bool report_door_is_slow(const struct report_door *door, struct mono_ms now)
{
    return now.ms / MINUTE_MS == door->minute && door->n_in_minute > REPORT_TRIES_MINUTE;
}
