#include "app/report/sessions.h"

#include <stdlib.h>
#include <string.h>

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
