/*
 * store_mem_values.c: what is kept by its key, apart from learners: parts of long SMS, sessions,
 * courses, notes, certificates.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "lab/mem/store_mem_ops.h"

struct mem_session {
    UT_hash_handle hh;
    struct buf key, value;
    int64_t until_ms; /* mono */
};

struct mem_course {
    TAILQ_ENTRY(mem_course) list;
    struct buf name, bundle;
};

struct mem_part {
    bool is_there;
    char mark[STORE_PART_MARK_BYTES];
    struct buf value;
};

struct mem_message {
    TAILQ_ENTRY(mem_message) list;
    struct buf key;
    struct mem_part parts[STORE_MAX_PARTS];
    uint32_t n;
    int64_t due_ms, until_ms; /* mono; due 0 = dealt with */
};

struct mem_note {
    TAILQ_ENTRY(mem_note) list;
    struct buf name, value;
};

/* ---- parts of long SMS, as port/store/functions.lua has them ---- */

static void deliver_part(struct mem_response *a)
{
    a->fn.part(a->ctx, a->e, a->part_state, a->names, a->e == ERR_OK ? a->n : 0);
}

static void deliver_overdue(struct mem_response *a)
{
    a->fn.overdue(a->ctx, a->e, a->value, a->names, a->e == ERR_OK ? a->n : 0);
}

static void message_free(struct mem_store *m, struct mem_message *message)
{
    TAILQ_REMOVE(&m->messages, message, list);
    buf_fini(&message->key);
    for (uint32_t i = 0; i < STORE_MAX_PARTS; i++)
        buf_fini(&message->parts[i].value);
    free(message);
}

static struct mem_message *message_find(struct mem_store *m, struct str key)
{
    int64_t now = loop_mono(m->loop).ms;
    for (struct mem_message *message = TAILQ_FIRST(&m->messages), *next; message != NULL;
         message = next) {
        next = TAILQ_NEXT(message, list);
        if (message->until_ms <= now)
            message_free(m, message);
        else if (str_eq(buf_str(&message->key), key))
            return message;
    }
    return NULL;
}

static struct mem_message *message_new(struct mem_store *m, const struct store_part *part)
{
    struct mem_message *message;
    uint32_t n_waiting = 0;
    TAILQ_FOREACH(message, &m->messages, list)
    {
        n_waiting += message->due_ms != 0;
    }
    if (n_waiting >= STORE_MAX_INCOMPLETE)
        return NULL;
    message = xcalloc(1, sizeof(*message));
    mem_value_init(&message->key, part->key);
    for (uint32_t i = 0; i < STORE_MAX_PARTS; i++)
        mem_value_init(&message->parts[i].value, STR_NONE);
    message->due_ms = loop_mono(m->loop).ms + part->wait_ms;
    TAILQ_INSERT_TAIL(&m->messages, message, list);
    return message;
}

/* Values of the parts, absent where one is missing, up to the last that is there. */
static void copy_parts(const struct mem_message *message, struct mem_response *a)
{
    a->names = arena_new_array(a->arena, struct str, STORE_MAX_PARTS);
    for (uint32_t i = 0; i < STORE_MAX_PARTS; i++) {
        a->names[i] = message->parts[i].is_there
                          ? arena_str(a->arena, buf_str(&message->parts[i].value))
                          : STR_NONE;
        a->n = message->parts[i].is_there ? i + 1 : a->n;
    }
}

static enum store_part_state keep(struct mem_store *m, const struct store_part *part,
                                  struct mem_response *a)
{
    struct mem_message *message = message_find(m, part->key);
    struct mem_part *place = message != NULL ? &message->parts[part->n - 1] : NULL;
    bool is_other = place != NULL && place->is_there &&
                    memcmp(place->mark, part->mark, sizeof(part->mark)) != 0;
    if (is_other && message->n < part->of)
        return STORE_PART_ALONE;
    if (is_other)
        message_free(m, message);
    if (message == NULL || is_other)
        message = message_new(m, part);
    if (message == NULL)
        return STORE_PART_ALONE;
    place = &message->parts[part->n - 1];
    if (!place->is_there) {
        place->is_there = true;
        memcpy(place->mark, part->mark, sizeof(part->mark));
        buf_add_str(&place->value, part->value);
        message->n++;
    }
    message->until_ms = loop_mono(m->loop).ms + part->keep_ms;
    if (message->n < part->of)
        return STORE_PART_KEPT;
    copy_parts(message, a);
    return STORE_PART_COMPLETE;
}

void mem_part_put(struct store *s, const struct store_part *part, store_on_part *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "part_put", deliver_part, ctx);
    a->fn.part = fn;
    if (!store_part_fits(part))
        a->e = ERR_TOO_LONG;
    else if (a->has_effect)
        a->part_state = keep(m, part, a);
    mem_response_post(m, a);
}

void mem_part_done(struct store *s, struct str key, bool must_forget, store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "part_done", mem_deliver_done, ctx);
    struct mem_message *message = message_find(m, key);
    a->fn.done = fn;
    if (a->has_effect && message != NULL && must_forget)
        message_free(m, message);
    else if (a->has_effect && message != NULL)
        message->due_ms = 0;
    mem_response_post(m, a);
}

void mem_part_later(struct store *s, struct str key, int64_t wait_ms, int64_t keep_ms,
                    store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "part_later", mem_deliver_done, ctx);
    struct mem_message *message = message_find(m, key);
    int64_t now = loop_mono(m->loop).ms;
    a->fn.done = fn;
    if (a->has_effect && message != NULL && message->due_ms != 0) {
        message->due_ms = now + wait_ms;
        message->until_ms = now + keep_ms;
    }
    mem_response_post(m, a);
}

void mem_parts_overdue(struct store *s, store_on_overdue *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "parts_overdue", deliver_overdue, ctx);
    const struct mem_message *message, *first = NULL;
    a->fn.overdue = fn;
    (void)message_find(m, STR_NONE); /* forgets what is too old */
    TAILQ_FOREACH(message, &m->messages, list)
    {
        bool is_due = message->due_ms != 0 && message->due_ms <= loop_mono(m->loop).ms;
        if (is_due && (first == NULL || message->due_ms < first->due_ms))
            first = message;
    }
    if (first != NULL) {
        a->value = arena_str(a->arena, buf_str(&first->key));
        copy_parts(first, a);
    }
    mem_response_post(m, a);
}

/* ---- sessions and courses ---- */

static void deliver_courses(struct mem_response *a)
{
    bool is_ok = a->e == ERR_OK;
    a->fn.courses(a->ctx, a->e, a->names, a->bundles, is_ok ? a->n : 0,
                  is_ok ? a->value : STR_NONE);
}

static void session_remove(struct mem_store *m, struct mem_session *session)
{
    HASH_DEL(m->sessions, session);
    buf_fini(&session->key);
    buf_fini(&session->value);
    free(session);
}

/* NULL also when it has expired. */
static struct mem_session *session_find(struct mem_store *m, struct str key)
{
    struct mem_session *session;
    HASH_FIND(hh, m->sessions, key.p, key.len, session);
    if (session != NULL && session->until_ms <= loop_mono(m->loop).ms) {
        session_remove(m, session);
        session = NULL;
    }
    return session;
}

static void session_set(struct mem_store *m, struct str key, struct str value, int64_t ttl_ms)
{
    struct mem_session *session = session_find(m, key);
    if (session == NULL) {
        session = xcalloc(1, sizeof(*session));
        mem_value_init(&session->key, key);
        mem_value_init(&session->value, STR_NONE);
        HASH_ADD_KEYPTR(hh, m->sessions, session->key.p, session->key.len, session);
    }
    mem_value_set(&session->value, value);
    session->until_ms = loop_mono(m->loop).ms + ttl_ms;
}

void mem_session_put(struct store *s, struct str key, struct str value, int64_t ttl_ms,
                     store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "session_put", mem_deliver_done, ctx);
    a->fn.done = fn;
    if (!store_session_fits(key, value))
        a->e = ERR_TOO_LONG;
    else if (a->has_effect)
        session_set(m, key, value, ttl_ms);
    mem_response_post(m, a);
}

static void response_session(struct mem_store *m, struct mem_response *a, struct str key,
                             store_on_value *fn)
{
    const struct mem_session *session = session_find(m, key);
    a->fn.value = fn;
    if (session == NULL)
        a->e = ERR_NOT_FOUND;
    else
        a->value = arena_str(a->arena, buf_str(&session->value));
    mem_response_post(m, a);
}

void mem_session_get(struct store *s, struct str key, store_on_value *fn, void *ctx)
{
    response_session(mem(s), mem_response_new(mem(s), "session_get", mem_deliver_value, ctx), key,
                     fn);
}

void mem_meet(struct store *s, struct str name, struct str value, int64_t ttl_ms,
              store_on_value *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "meet", mem_deliver_value, ctx);
    const struct mem_session *present = session_find(m, name);
    a->fn.value = fn;
    if (!store_session_fits(name, value))
        a->e = ERR_TOO_LONG;
    else if (present != NULL)
        a->value = arena_str(a->arena, buf_str(&present->value));
    else if (a->has_effect)
        session_set(m, name, value, ttl_ms);
    if (a->e == ERR_OK && present == NULL)
        a->e = ERR_NOT_FOUND;
    mem_response_post(m, a);
}

/* ---- certificates: among the sessions, under names that none of those has ---- */

#define CERTIFICATE_KEY_BYTES 32

static struct str certificate_key(char dst[CERTIFICATE_KEY_BYTES], uint64_t code)
{
    int n = snprintf(dst, CERTIFICATE_KEY_BYTES, "\x01%012llu", (unsigned long long)code);
    return (struct str){dst, (size_t)n};
}

void mem_certificate_put(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                         store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "certificate_put", mem_deliver_done, ctx);
    char key[CERTIFICATE_KEY_BYTES];
    const struct mem_session *present = session_find(m, certificate_key(key, code));
    bool is_revoked = present != NULL && present->value.p[0] == 'R';
    a->fn.done = fn;
    if (a->has_effect && !is_revoked)
        session_set(m, certificate_key(key, code), line, until_ms - loop_wall(m->loop).ms);
    mem_response_post(m, a);
}

void mem_certificate_new(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                         store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "certificate_new", mem_deliver_done, ctx);
    char key[CERTIFICATE_KEY_BYTES];
    a->fn.done = fn;
    if (session_find(m, certificate_key(key, code)) != NULL)
        a->e = ERR_CONFLICT;
    else if (a->has_effect)
        session_set(m, certificate_key(key, code), line, until_ms - loop_wall(m->loop).ms);
    mem_response_post(m, a);
}

void mem_certificate_get(struct store *s, uint64_t code, store_on_value *fn, void *ctx)
{
    char key[CERTIFICATE_KEY_BYTES];
    struct mem_response *a = mem_response_new(mem(s), "certificate_get", mem_deliver_value, ctx);
    response_session(mem(s), a, certificate_key(key, code), fn);
}

void mem_course_put(struct store *s, struct str name, struct str bundle, bool is_current,
                    store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "course_put", mem_deliver_done, ctx);
    a->fn.done = fn;
    if (a->has_effect) {
        struct mem_course *course;
        TAILQ_FOREACH(course, &m->courses, list)
        {
            if (str_eq(buf_str(&course->name), name))
                break;
        }
        if (course == NULL) {
            course = xcalloc(1, sizeof(*course));
            mem_value_init(&course->name, name);
            mem_value_init(&course->bundle, STR_NONE);
            TAILQ_INSERT_TAIL(&m->courses, course, list);
        }
        mem_value_set(&course->bundle, bundle);
        if (is_current)
            mem_value_set(&m->current, name);
    }
    mem_response_post(m, a);
}

void mem_courses_get(struct store *s, store_on_courses *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "courses_get", deliver_courses, ctx);
    a->fn.courses = fn;
    struct mem_course *course;
    uint32_t n = 0;
    TAILQ_FOREACH(course, &m->courses, list)
    {
        n++;
    }
    a->names = arena_new_array(a->arena, struct str, n + 1);
    a->bundles = arena_new_array(a->arena, struct str, n + 1);
    TAILQ_FOREACH(course, &m->courses, list)
    {
        a->names[a->n] = arena_str(a->arena, buf_str(&course->name));
        a->bundles[a->n++] = arena_str(a->arena, buf_str(&course->bundle));
    }
    if (m->current.len > 0)
        a->value = arena_str(a->arena, buf_str(&m->current));
    mem_response_post(m, a);
}

/* ---- notes between operators and processes ---- */

static void deliver_board(struct mem_response *a)
{
    a->fn.board(a->ctx, a->e, a->names, a->bundles, a->e == ERR_OK ? a->n : 0);
}

static void note_remove(struct mem_notes *board, struct mem_note *note)
{
    TAILQ_REMOVE(board, note, list);
    buf_fini(&note->name);
    buf_fini(&note->value);
    free(note);
}

void mem_board_put(struct store *s, enum store_board board, struct str name, struct str value,
                   store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "board_put", mem_deliver_done, ctx);
    struct mem_notes *notes = &m->boards[board];
    struct mem_note *note;
    a->fn.done = fn;
    TAILQ_FOREACH(note, notes, list)
    {
        if (str_eq(buf_str(&note->name), name))
            break;
    }
    if (a->has_effect && note != NULL)
        note_remove(notes, note);
    if (a->has_effect && value.p != NULL) {
        note = xcalloc(1, sizeof(*note));
        mem_value_init(&note->name, name);
        mem_value_init(&note->value, value);
        TAILQ_INSERT_HEAD(notes, note, list);
    }
    mem_response_post(m, a);
}

void mem_board_get(struct store *s, enum store_board board, store_on_board *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "board_get", deliver_board, ctx);
    a->fn.board = fn;
    const struct mem_note *note;
    uint32_t n = 0;
    TAILQ_FOREACH(note, &m->boards[board], list)
    {
        n++;
    }
    a->names = arena_new_array(a->arena, struct str, n + 1);
    a->bundles = arena_new_array(a->arena, struct str, n + 1);
    TAILQ_FOREACH(note, &m->boards[board], list)
    {
        a->names[a->n] = arena_str(a->arena, buf_str(&note->name));
        a->bundles[a->n++] = arena_str(a->arena, buf_str(&note->value));
    }
    mem_response_post(m, a);
}

void mem_values_init(struct mem_store *m)
{
    TAILQ_INIT(&m->messages);
    TAILQ_INIT(&m->courses);
    for (int i = 0; i < N_STORE_BOARDS; i++)
        TAILQ_INIT(&m->boards[i]);
}

void mem_values_fini(struct mem_store *m)
{
    while (!TAILQ_EMPTY(&m->messages))
        message_free(m, TAILQ_FIRST(&m->messages));
    while (m->sessions != NULL)
        session_remove(m, m->sessions);
    for (struct mem_course *course; (course = TAILQ_FIRST(&m->courses)) != NULL;) {
        TAILQ_REMOVE(&m->courses, course, list);
        buf_fini(&course->name);
        buf_fini(&course->bundle);
        free(course);
    }
    buf_fini(&m->current);
    for (int i = 0; i < N_STORE_BOARDS; i++) {
        while (!TAILQ_EMPTY(&m->boards[i]))
            note_remove(&m->boards[i], TAILQ_FIRST(&m->boards[i]));
    }
}
