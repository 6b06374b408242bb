/*
 * hiredis_link.h: one connection after the other, and a circuit breaker; with Sentinels, each
 * connection begins with the question to one of them where the primary is. What is under way on it
 * is hiredis_requests.h: when one of these is late the connection is given up as a whole, since
 * replies come in order, so those behind a late one are late as well.
 */
#include "port/store/hiredis_requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

#define RETRY_MIN_MS 50
#define RETRY_MAX_MS 400 /* a server that is back, or its successor, is found in 0.5 s */
/* Of a server that has answered: it lacks a replica, reads its file, or is a Sentinel that names
 * another in a moment. */
#define RETRY_NEAR_MS 100
#define IDLE_PING_MS 2000
#define REFUSED_TOLD_MS 60000 /* a kind of refusal, until it is told again */
#define AWAY_TOLD_MS 5000     /* at least, until another reason for being away is told */
#define REFUSED_BYTES 16

enum link_state { LINK_STATE_CLOSED, LINK_STATE_CONNECTING, LINK_STATE_UP, LINK_STATE_WAITING };

struct link {
    struct loop *loop;
    struct store_settings settings; /* strings are copies */
    const char *name;
    enum link_state state;
    link_on_state *on_state;
    void *on_state_ctx;
    struct wire *wire;
    struct wire *given_up; /* to be freed in the next turn */
    struct requests requests;
    uint32_t n_handshake; /* replies that are still missing before the link is up */
    bool is_scout;        /* asks for the map, and needs nothing else of the server */
    bool is_loading;      /* FUNCTION LOAD is under way */
    bool is_told;         /* the log knows that it is down, and why */
    char told_why[LINK_WHY_BYTES];
    int64_t told_ms;
    bool is_moved;               /* and that it is one of several */
    char refused[REFUSED_BYTES]; /* what it knows of refusals: the first word of the last one */
    int64_t refused_told_ms;
    bool is_near;                /* it may be of use in a moment */
    char life[LINK_LIFE_BYTES];  /* of the server: changes whenever it starts */
    char error[LINK_WHY_BYTES];  /* text of the last error reply */
    char why[LINK_WHY_BYTES];    /* the last connection ended, "" while it is up */
    struct node_address address; /* in place of that in the settings: who a Sentinel named, or "" */
    link_on_moved *on_moved;
    void *on_moved_ctx;
    unsigned n_asked; /* Sentinels; the next one is asked when one does not help */
    unsigned n_failures;
    int64_t last_reply_ms;
    struct timer *retry_timer, *idle_timer, *wires_timer;
};

/* ---- giving a connection up ---- */

/* Not freed at once: we may be inside a callback of it. */
static void wires_free(void *ctx)
{
    struct link *link = ctx;
    while (link->given_up != NULL) {
        struct wire *wire = link->given_up;
        link->given_up = wire_next(wire);
        wire_free(wire);
    }
}

static void link_state_set(struct link *link, enum link_state state)
{
    bool was_up = link->state == LINK_STATE_UP, was_connecting = link_is_connecting(link);
    link->state = state;
    bool is_up = state == LINK_STATE_UP;
    bool has_news = is_up != was_up || (was_connecting && !link_is_connecting(link));
    if (has_news && link->on_state != NULL)
        link->on_state(link->on_state_ctx, is_up);
}

/* Once, and once more when the reason is another one: it was ended, and now there is no user. */
static void tell_away(struct link *link)
{
    int64_t now_ms = loop_mono(link->loop).ms;
    if (link->is_told &&
        (strcmp(link->told_why, link->why) == 0 || now_ms - link->told_ms < AWAY_TOLD_MS))
        return;
    LOG_WARN("store", "redis is away", "link=%s why=\"%s\"", link->name, link->why);
    link->is_told = true;
    memcpy(link->told_why, link->why, sizeof(link->told_why));
    link->told_ms = now_ms;
}

/* The connection is gone: answers all, waits, connects anew. */
static void link_lost(void *ctx, const char *why)
{
    struct link *link = ctx;
    link->wire = NULL;
    (void)snprintf(link->why, sizeof(link->why), "%s", why); /* cut is fine */
    link->n_handshake = 0;
    link->is_loading = false;
    tell_away(link);
    link->n_failures++;
    int64_t most_ms = link->is_near ? RETRY_NEAR_MS : RETRY_MAX_MS;
    link->is_near = false;
    timer_start(link->loop, link->retry_timer,
                RETRY_MIN_MS + backoff_ms(RETRY_MIN_MS, most_ms, link->n_failures, arc4random()));
    /* Moved away first: what the callbacks ask now belongs to the next connection. */
    struct link_queue lost = STAILQ_HEAD_INITIALIZER(lost);
    requests_lose(&link->requests, &lost);
    link_state_set(link, LINK_STATE_WAITING);
    requests_answer(&link->requests, &lost, ERR_TIMEOUT); /* sent: may have taken effect */
}

static void link_drop_wire(struct link *link)
{
    link->given_up = wire_give_up(link->wire, link->given_up);
    link->wire = NULL;
    timer_start(link->loop, link->wires_timer, 0);
}

static void link_give_up(struct link *link, const char *why)
{
    link_drop_wire(link);
    link_lost(link, why);
}

static void on_late(void *ctx)
{
    link_give_up(ctx, "no reply in time");
}

/* ---- sending ---- */

static void parse_nothing(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)to, (void)e, (void)reply;
}

/* False while that connection is being closed. */
static bool request_write(struct link *link, struct link_request *request, int64_t extra_ms)
{
    if (!wire_write(link->wire, request->text, request->bytes))
        return false;
    requests_sent(&link->requests, request, link->settings.deadline_ms + extra_ms);
    return true;
}

struct link_request *link_hold(struct link *link, const struct argv *argv, const struct link_to *to)
{
    struct link_request *request = requests_new(&link->requests, argv, to);
    requests_set_deadline(&link->requests, request, link->settings.deadline_ms);
    return request;
}

void link_send(struct link *link, const struct argv *argv, const struct link_to *to,
               int64_t extra_ms)
{
    struct link_request *request = requests_new(&link->requests, argv, to);
    if (!request_write(link, request, extra_ms)) {
        requests_forget(&link->requests, request);
        link_respond_later(link, to, ERR_UNAVAILABLE);
    }
}

void link_take(struct link *link, struct link_request *request, bool is_asking)
{
    int64_t deadline_ms = request->deadline_ms, away_ms = request->away_ms;
    if (is_asking) {
        struct argv argv = argv_of((const char *[]){"ASKING", NULL}); /* what follows says all */
        link_send(link, &argv, &(struct link_to){parse_nothing, NULL, NULL, 0}, 0);
    }
    if (request_write(link, request, 0)) {
        request->deadline_ms = deadline_ms;
        request->away_ms = away_ms;
    } else {
        link_return(link, request, ERR_UNAVAILABLE);
    }
}

void link_return(struct link *link, struct link_request *request, enum err e)
{
    link_respond_later(link, &request->to, e);
    requests_forget(&link->requests, request);
}

void link_respond_later(struct link *link, const struct link_to *to, enum err e)
{
    requests_answer_later(&link->requests, to, e);
}

enum err link_admit(const struct link *link)
{
    if (link->state != LINK_STATE_UP)
        return ERR_UNAVAILABLE;
    return link->requests.n_in_flight < link->settings.max_in_flight ? ERR_OK : ERR_FULL;
}

void link_ask(struct link *link, const struct argv *argv, const struct link_to *to)
{
    enum err e = link_admit(link);
    if (e == ERR_OK)
        link_send(link, argv, to, 0);
    else
        link_respond_later(link, to, e);
}

/* ---- the function library ---- */

static void parse_loaded(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)reply; /* the library's name */
    struct link *link = to->ctx;
    link->is_loading = false;
    if (e != ERR_OK)
        LOG_ERROR("store", "redis did not take the function library", "link=%s err=\"%s\"",
                  link->name, err_name(e));
}

static void library_load(struct link *link)
{
    if (link->is_loading)
        return; /* what is sent now comes behind it */
    link->is_loading = true;
    struct argv argv = argv_of((const char *[]){"FUNCTION", "LOAD", "REPLACE", NULL});
    argv_add(&argv, library_code());
    link_send(link, &argv, &(struct link_to){parse_loaded, NULL, link, 0}, 0);
}

/* ---- replies ---- */

/* Of one kind there may be one for each command, for as long as nobody mends it. */
static void tell_refusal(struct link *link, struct str text)
{
    char kind[REFUSED_BYTES];
    struct str rest = text, word = str_split(&rest, ' ');
    int64_t now_ms = loop_mono(link->loop).ms;
    (void)snprintf(kind, sizeof(kind), "%.*s", STR_ARG(word)); /* cut is fine */
    if (strcmp(kind, link->refused) == 0 && now_ms - link->refused_told_ms < REFUSED_TOLD_MS)
        return;
    memcpy(link->refused, kind, sizeof(kind));
    link->refused_told_ms = now_ms;
    LOG_ERROR("store", "redis refuses a command", "reply=\"%.*s\"", STR_ARG(text));
}

static void reply_is_error(struct link *link, struct link_request *request, struct str text)
{
    enum reply_cure cure;
    enum err e = reply_error(text, &cure);
    (void)snprintf(link->error, sizeof(link->error), "%.*s", STR_ARG(text)); /* cut is fine */
    if (cure == REPLY_CURE_RELOAD && !request->is_retry) {
        library_load(link);
        request->is_retry = true;
        if (request_write(link, request, 0))
            return;
    }
    if (cure == REPLY_CURE_MOVE && link->on_moved != NULL &&
        link->on_moved(link->on_moved_ctx, request, text))
        return;
    if (cure == REPLY_CURE_MOVE && link->on_moved == NULL && !link->is_moved)
        LOG_ERROR("store", "this server is of a Cluster",
                  "reply=\"%.*s\" remedy=\"name some of its servers in redis_cluster\"",
                  STR_ARG(text));
    link->is_moved |= cure == REPLY_CURE_MOVE;
    if (cure == REPLY_CURE_PEOPLE)
        tell_refusal(link, text);
    requests_respond(&link->requests, request, e, NULL);
    if (cure == REPLY_CURE_RELINK && link->wire != NULL)
        link_give_up(link, link->error);
}

/* Replies come in the order of our queue. */
static void on_reply(void *ctx, const redisReply *reply)
{
    struct link *link = ctx;
    struct link_request *request = requests_take(&link->requests);
    link->last_reply_ms = loop_mono(link->loop).ms;
    if (reply->type == REDIS_REPLY_ERROR)
        reply_is_error(link, request, (struct str){reply->str, reply->len});
    else
        requests_respond(&link->requests, request, ERR_OK, reply);
}

/* ---- coming up ---- */

/* A server that is back answers this before anything else is asked of it. */
static void handshake_step(struct link *link, bool is_fatal)
{
    if (link->state != LINK_STATE_CONNECTING)
        return; /* failed before */
    if (is_fatal) {
        struct str why = str_from(link->error);
        link->is_near |= str_eq(why, STR(REPLY_UNSURE)) || str_starts(why, STR("LOADING"));
        link_give_up(link, link->error);
        return;
    }
    if (--link->n_handshake > 0)
        return;
    LOG_INFO("store", "redis is there", "link=%s", link->name);
    link->is_told = false;
    link->why[0] = '\0';
    link->n_failures = 0;
    timer_start(link->loop, link->idle_timer, IDLE_PING_MS);
    link_state_set(link, LINK_STATE_UP);
}

static void parse_greeting(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct link *link = to->ctx;
    struct greeting said = {.life = link->life, .why = link->error};
    if (e == ERR_OK)
        e = greeting_take(to->n, reply, &said);
    if (said.must_load)
        library_load(link);
    handshake_step(link, e != ERR_OK);
}

static void handshake(struct link *link)
{
    struct argv argv;
    for (uint32_t i = 0; i < GREETINGS; i++) {
        if (!greeting_words(i, &link->settings, link->is_scout, &argv))
            continue;
        link->n_handshake++;
        link_send(link, &argv, &(struct link_to){parse_greeting, NULL, link, i}, 0);
    }
}

/* at->port = 0: where the settings say. */
static bool link_dial(struct link *link, const struct store_settings *settings,
                      const struct node_address *at)
{
    struct store_settings set = *settings;
    if (at->port > 0) {
        set.host = at->host;
        set.port = at->port;
    }
    link->wire =
        wire_new(link->loop, &set, &(struct wire_owner){on_reply, link_lost, link}, link->error);
    if (link->wire != NULL)
        return true;
    link_lost(link, link->error);
    return false;
}

static void link_connect(struct link *link)
{
    if (!link_dial(link, &link->settings, &link->address))
        return;
    link_state_set(link, LINK_STATE_CONNECTING);
    handshake(link);
}

/* ---- Sentinels ---- */

static void parse_primary(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct link *link = to->ctx;
    if (link->wire == NULL)
        return; /* lost, which is told elsewhere */
    if (e == ERR_OK)
        e = reply_primary(reply, link->address.host, sizeof(link->address.host),
                          &link->address.port);
    if (e != ERR_OK) {
        link_give_up(link, "this Sentinel does not know the primary");
        return;
    }
    link_drop_wire(link);
    link->is_near = true;
    link_connect(link);
}

static void link_find(struct link *link)
{
    struct store_settings settings = link->settings;
    struct node_address sentinel;
    settings.wait_replicas = 0;
    if (!endpoint_at(settings.sentinels, link->n_asked++, &sentinel)) {
        link_lost(link, "a Sentinel is written as address:port");
        return;
    }
    if (!link_dial(link, &settings, &sentinel))
        return;
    link_state_set(link, LINK_STATE_CONNECTING);
    struct argv argv =
        argv_of((const char *[]){"SENTINEL", "GET-MASTER-ADDR-BY-NAME", settings.primary, NULL});
    link_send(link, &argv, &(struct link_to){parse_primary, NULL, link, 0}, 0);
}

static void on_retry(void *ctx)
{
    struct link *link = ctx;
    if (link->settings.sentinels != NULL)
        link_find(link);
    else
        link_connect(link);
}

/* ---- staying up ---- */

/* Notices a dead server before a learner does. While the link is down nothing is asked. */
static void on_idle(void *ctx)
{
    struct link *link = ctx;
    timer_start(link->loop, link->idle_timer, IDLE_PING_MS);
    if (link->requests.n_in_flight > 0 ||
        loop_mono(link->loop).ms - link->last_reply_ms < IDLE_PING_MS)
        return;
    struct argv argv = argv_of((const char *[]){"PING", NULL}); /* matters that it is in time */
    link_ask(link, &argv, &(struct link_to){parse_nothing, NULL, NULL, 0});
}

/* ---- the link ---- */

struct link *link_new(struct loop *loop, const struct store_settings *settings, const char *name,
                      bool is_scout)
{
    struct link *link = xcalloc(1, sizeof(*link));
    *link = (struct link){.loop = loop, .name = name, .is_scout = is_scout};
    link->settings = link_settings_copy(settings);
    requests_init(&link->requests, loop, on_late, link);
    link->retry_timer = timer_new(loop, on_retry, link);
    link->idle_timer = timer_new(loop, on_idle, link);
    link->wires_timer = timer_new(loop, wires_free, link);
    return link;
}

void link_open(struct link *link, link_on_state *on_state, void *ctx)
{
    if (link->state != LINK_STATE_CLOSED)
        return;
    link->on_state = on_state;
    link->on_state_ctx = ctx;
    link->state = LINK_STATE_CONNECTING;
    timer_start(link->loop, link->retry_timer, 0); /* no callback before we have returned */
}

bool link_is_up(const struct link *link)
{
    return link->state == LINK_STATE_UP;
}

const char *link_why(const struct link *link)
{
    return link->why;
}

struct str link_life(const struct link *link)
{
    return str_from(link->life);
}

void link_direct(struct link *link, const struct node_address *address)
{
    link->address = *address;
}

void link_watch_moves(struct link *link, link_on_moved *fn, void *ctx)
{
    link->on_moved = fn;
    link->on_moved_ctx = ctx;
}

void link_again(struct link *link)
{
    if (link->wire != NULL)
        link_give_up(link, "its answers do not help");
}

bool link_is_idle(const struct link *link)
{
    return link->state != LINK_STATE_UP || link->requests.n_in_flight == 0;
}

bool link_is_connecting(const struct link *link)
{
    return link->state == LINK_STATE_CONNECTING;
}

void link_free(struct link *link)
{
    if (link == NULL)
        return;
    link->on_state = NULL;
    link->state = LINK_STATE_CLOSED;
    if (link->wire != NULL)
        link_drop_wire(link);
    wires_free(link);
    requests_fini(&link->requests);
    timer_free(link->loop, link->retry_timer);
    timer_free(link->loop, link->idle_timer);
    timer_free(link->loop, link->wires_timer);
    link_settings_free(&link->settings);
    free(link);
}
