#include "app/report/sessions.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_FIRST_MS 2000
#define WAIT_MAX_MS (5 * MINUTE_MS)

static bool is_over(const struct report_session *s, struct mono_ms now)
{
    return now.ms - s->used.ms >= REPORT_IDLE_MS || now.ms - s->began.ms >= REPORT_LIFE_MS;
}

/* A free place, or that of the one who has been idle longest. */
static struct report_session *find_place(struct report_sessions *all)
{
    struct report_session *best = NULL;
    for (uint32_t i = 0; i < REPORT_MAX_SESSIONS; i++) {
        struct report_session *s = &all->list[i];
        if (!s->is_open)
            return s;
        if (s->n_jobs == 0 && (best == NULL || s->used.ms < best->used.ms))
            best = s;
    }
    return best;
}

/* Leaves place for one more of this name. */
static void end_oldest_of(struct report_sessions *all, struct str name)
{
    struct report_session *oldest = NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < REPORT_MAX_SESSIONS; i++) {
        struct report_session *s = &all->list[i];
        if (!s->is_open || s->token[0] == '\0' || !str_eq(str_from(s->name), name))
            continue;
        n++;
        if (oldest == NULL || s->used.ms < oldest->used.ms)
            oldest = s;
    }
    if (n >= REPORT_MAX_OWN)
        report_session_end(oldest);
}

struct report_session *report_session_open(struct report_sessions *all, struct str name,
                                           struct reader *reader, struct mono_ms now)
{
    end_oldest_of(all, name);
    struct report_session *s = find_place(all);
    uint8_t random[(REPORT_TOKEN_BYTES - 1) / 2];
    if (s == NULL) {
        reader_close(reader);
        return NULL;
    }
    report_session_end(s);
    s->is_open = true;
    arc4random_buf(random, sizeof(random));
    hex_encode(random, sizeof(random), s->token);
    s->reader = reader;
    s->began = s->used = now;
    if (str_copy(name, s->name, sizeof(s->name)) != ERR_OK)
        s->name[0] = '\0'; /* a reader's name is shorter */
    return s;
}

/* Takes as long wherever they differ. */
static bool is_token(const struct report_session *s, struct str token)
{
    unsigned differs = 0;
    for (size_t i = 0; i < REPORT_TOKEN_BYTES - 1; i++)
        differs |= (unsigned char)s->token[i] ^ (unsigned char)token.p[i];
    return differs == 0;
}

struct report_session *report_session_find(struct report_sessions *all, struct str token,
                                           struct mono_ms now)
{
    for (uint32_t i = 0; token.len == REPORT_TOKEN_BYTES - 1 && i < REPORT_MAX_SESSIONS; i++) {
        struct report_session *s = &all->list[i];
        if (!s->is_open || !is_token(s, token) || is_over(s, now))
            continue;
        s->used = now;
        return s;
    }
    return NULL;
}

void report_session_end(struct report_session *session)
{
    session->token[0] = '\0';
    if (session->n_jobs > 0)
        return;
    reader_close(session->reader);
    *session = (struct report_session){0};
}

void report_session_leave(struct report_session *session)
{
    session->n_jobs--;
    if (session->token[0] == '\0')
        report_session_end(session);
}

void report_sessions_sweep(struct report_sessions *all, struct mono_ms now)
{
    for (uint32_t i = 0; i < REPORT_MAX_SESSIONS; i++) {
        if (all->list[i].is_open && is_over(&all->list[i], now))
            report_session_end(&all->list[i]);
    }
}

void report_sessions_close(struct report_sessions *all)
{
    for (uint32_t i = 0; i < REPORT_MAX_SESSIONS; i++)
        reader_close(all->list[i].reader);
    *all = (struct report_sessions){0};
}

/* ---- wrong passwords ---- */

static uint64_t hash_of(struct str name)
{
    uint64_t hash = str_hash(name);
    return hash != 0 ? hash : 1;
}

/* The row of a name, or the one that was longest without a try. */
static uint32_t row_of(const struct report_door *door, uint64_t name)
{
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < REPORT_MAX_NAMES; i++) {
        if (door->names[i].name == name)
            return i;
        if (door->names[i].name == 0 ||
            (door->names[oldest].name != 0 && door->names[i].last_ms < door->names[oldest].last_ms))
            oldest = i;
    }
    return oldest;
}

int64_t report_door_try(struct report_door *door, struct str name, struct mono_ms now)
{
    uint64_t hash = hash_of(name);
    uint32_t i = row_of(door, hash);
    if (now.ms / MINUTE_MS != door->minute) {
        door->minute = now.ms / MINUTE_MS;
        door->n_in_minute = 0;
    }
    if (door->n_in_minute >= REPORT_TRIES_MINUTE)
        return MINUTE_MS - now.ms % MINUTE_MS;
    if (door->names[i].name == hash && now.ms < door->names[i].until_ms)
        return door->names[i].until_ms - now.ms;
    if (door->names[i].name != hash || now.ms - door->names[i].last_ms >= HOUR_MS)
        door->names[i].n_wrong = 0;
    door->names[i].name = hash;
    door->names[i].last_ms = now.ms;
    door->names[i].n_wrong++;
    door->names[i].until_ms = now.ms;
    if (door->names[i].n_wrong >= REPORT_FREE_TRIES)
        door->names[i].until_ms += backoff_ceiling_ms(
            WAIT_FIRST_MS, WAIT_MAX_MS, door->names[i].n_wrong - REPORT_FREE_TRIES + 1);
    door->n_in_minute++;
    return 0;
}

void report_door_pass(struct report_door *door, struct str name)
{
    uint64_t hash = hash_of(name);
    uint32_t i = row_of(door, hash);
    if (door->names[i].name == hash)
        door->names[i].name = 0;
    if (door->n_in_minute > 0)
        door->n_in_minute--;
}
