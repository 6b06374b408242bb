/*
 * hiredis_nodes.h: one server, or all masters of a Cluster: links, map and fence, which are looked
 * at in one tick, and the way of a command. What is known of them is hiredis_known.c.
 */
#include "port/store/hiredis_known.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"

#define AGAIN_MS 20     /* for commands that wait for their slot */
#define FENCE_MS 50     /* between looks at the epoch while a server is not let in */
#define LOOK_AWAY_MS 50 /* between looks at the map while a master is away */
#define LOOK_MS 5000    /* and else */
#define LOOKS_MAX 40u   /* in vain, before another server is asked */
#define MOVES_MAX 5u    /* of a command at once; then it waits between them */

/* Or earlier: what is asked all the time must not put it off. */
static void tick_in(struct nodes *nodes, int64_t ms)
{
    int64_t at_ms = loop_mono(nodes->loop).ms + ms;
    if (nodes->is_ticking && nodes->tick_at.ms <= at_ms)
        return;
    nodes->is_ticking = true;
    nodes->tick_at.ms = at_ms;
    timer_start(nodes->loop, nodes->tick, ms);
}

static void tell_state(struct nodes *nodes)
{
    bool is_up = nodes_is_up(nodes);
    bool has_news = is_up != nodes->was_up || (!is_up && nodes->has_failed);
    nodes->was_up = is_up;
    if (is_up)
        nodes->has_failed = false;
    if (has_news && nodes->on_state != NULL)
        nodes->on_state(nodes->on_state_ctx, is_up);
}

/* ---- the fence ---- */

static void take_epoch(struct nodes *nodes, struct str value)
{
    bool is_any, is_closed = false;
    struct str epoch = epoch_read(value, STR_NONE, &is_any);
    (void)snprintf(nodes->epoch, sizeof(nodes->epoch), "%.*s", STR_ARG(epoch)); /* a number */
    for (uint32_t i = 0; i < nodes->n; i++) {
        struct node *node = &nodes->list[i];
        if (node->link == NULL || !link_is_up(node->link))
            continue;
        (void)epoch_read(value, link_life(node->link), &node->is_open);
        is_closed |= !node->is_open;
    }
    if (is_closed && !nodes->is_told)
        LOG_WARN("store", "redis is away", "link=%s why=\"it may have lost data: see the writer\"",
                 nodes->name);
    nodes->is_told = is_closed;
    nodes->has_failed |= is_closed;
}

static void parse_epoch(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct nodes *nodes = to->ctx;
    nodes->is_asking_epoch = false;
    if (e == ERR_OK && reply->type == REDIS_REPLY_STRING)
        take_epoch(nodes, (struct str){reply->str, reply->len});
    else if (e == ERR_OK)
        take_epoch(nodes, STR(""));
    tell_state(nodes);
}

/* Of the server itself, let in or not. */
static void ask_epoch(struct nodes *nodes)
{
    struct argv argv = {.n = 0, .slot = slot_of(STR(EPOCH_KEY))};
    struct node *node = node_of_slot(nodes, argv.slot);
    if (nodes->is_asking_epoch || node == NULL || !link_is_up(node->link))
        return;
    nodes->is_asking_epoch = true;
    nodes->asked_epoch = loop_mono(nodes->loop);
    argv_add(&argv, STR("GET"));
    argv_add(&argv, STR(EPOCH_KEY));
    link_send(node->link, &argv, &(struct link_to){parse_epoch, NULL, nodes, 0}, 0);
}

/* ---- links ---- */

static void on_link(void *ctx, bool is_up)
{
    struct node *node = ctx;
    struct nodes *nodes = node->nodes;
    node->is_open = node->is_new = false;
    nodes->has_failed |= !is_up && !link_is_connecting(node->link);
    if (is_up && nodes->settings.must_be_fenced) {
        ask_epoch(nodes);
        tick_in(nodes, FENCE_MS);
        return;
    }
    if (!is_up && nodes->scout != NULL)
        nodes_look(nodes);
    tell_state(nodes);
}

/* Puts a command among those that wait. */
static void wait_more(struct nodes *nodes, struct link_request *request)
{
    nodes->n_waiting++;
    STAILQ_INSERT_TAIL(&nodes->waiting, request, entry);
    tick_in(nodes, AGAIN_MS);
}

static struct node *node_at(struct nodes *nodes, const struct node_address *address);

/* The fence itself is asked for on servers that are not let in. */
static bool may_take(const struct node *node, const struct link_request *request)
{
    return node != NULL && (node_may_ask(node) || (request->to.parse == parse_epoch &&
                                                   node->link != NULL && link_is_up(node->link)));
}

static bool on_moved(void *ctx, struct link_request *request, struct str error)
{
    struct node *node = ctx;
    struct nodes *nodes = node->nodes;
    struct redirect redirect;
    nodes_look(nodes);
    if (link_request_left_ms(request, nodes->loop) <= 0)
        return false;
    request->n_moves = (uint8_t)(request->n_moves + (request->n_moves < MOVES_MAX));
    if (!redirect_read(error, &redirect)) { /* TRYAGAIN: the slot is on its way */
        wait_more(nodes, request);
        return true;
    }
    if (redirect.to.host[0] == '\0')
        memcpy(redirect.to.host, node->address.host, sizeof(redirect.to.host));
    struct node *target = node_at(nodes, &redirect.to);
    if (target != NULL && !redirect.is_ask) {
        target->has_slots = target->is_listed = true;
        nodes->version += nodes->owner[redirect.slot] != (uint8_t)(target - nodes->list);
        nodes->owner[redirect.slot] = (uint8_t)(target - nodes->list);
    }
    if (may_take(target, request) && request->n_moves < MOVES_MAX)
        link_take(target->link, request, redirect.is_ask);
    else
        wait_more(nodes, request);
    return true;
}

static struct node *node_add(struct nodes *nodes, const struct node_address *address)
{
    uint32_t i = 0;
    while (i < nodes->n && nodes->list[i].link != NULL)
        i++;
    if (i == NODES_MAX)
        return NULL;
    nodes->n += i == nodes->n;
    struct node *node = &nodes->list[i];
    *node = (struct node){.nodes = nodes, .address = *address, .is_new = true};
    node->link = link_new(nodes->loop, &nodes->settings, nodes->name, false);
    if (nodes->scout != NULL) {
        link_direct(node->link, address);
        link_watch_moves(node->link, on_moved, node);
    }
    return node;
}

static struct node *node_at(struct nodes *nodes, const struct node_address *address)
{
    for (uint32_t i = 0; i < nodes->n; i++) {
        struct node *node = &nodes->list[i];
        if (node->link != NULL && node->address.port == address->port &&
            strcmp(node->address.host, address->host) == 0)
            return node;
    }
    struct node *node = node_add(nodes, address);
    if (node != NULL)
        link_open(node->link, on_link, node);
    return node;
}

/* ---- the map ---- */

static void take_map(struct nodes *nodes, struct slot_map *found)
{
    uint8_t number[NODES_MAX] = {0};
    for (uint32_t i = 0; i < nodes->n; i++)
        nodes->list[i].has_slots = nodes->list[i].is_listed = false;
    for (uint32_t i = 0; i < found->n; i++) {
        struct node *node = node_at(nodes, &found->nodes[i]);
        number[i] = node != NULL ? (uint8_t)(node - nodes->list) : NODE_NONE;
        if (node != NULL)
            node->is_listed = true;
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        uint8_t *owner = &found->owner[slot];
        *owner = *owner != NODE_NONE ? number[*owner] : NODE_NONE;
        if (*owner != NODE_NONE)
            nodes->list[*owner].has_slots = true;
    }
    nodes->version += memcmp(nodes->owner, found->owner, sizeof(found->owner)) != 0;
    memcpy(nodes->owner, found->owner, sizeof(found->owner));
    nodes->is_known = true;
}

/* The address that stands in no response is the scout's own. */
static void name_hosts(const struct nodes *nodes, struct slot_map *found)
{
    for (uint32_t i = 0; i < found->n; i++) {
        if (found->nodes[i].host[0] == '\0')
            memcpy(found->nodes[i].host, nodes->scout_at.host, sizeof(found->nodes[i].host));
    }
}

static void parse_shards(const struct link_to *to, enum err e, const redisReply *reply)
{
    static struct slot_map found; /* this process has one thread */
    struct nodes *nodes = to->ctx;
    nodes->is_looking = false;
    if (e == ERR_OK)
        e = slot_map_read(reply, nodes->settings.tls.ca != NULL, &found);
    if (e == ERR_OK) {
        name_hosts(nodes, &found);
        take_map(nodes, &found);
    }
    bool is_vain = e != ERR_OK || nodes_n_away(nodes) > 0;
    nodes->n_vain = is_vain ? nodes->n_vain + 1 : 0;
    nodes->has_failed |= e != ERR_OK;
    if (e != ERR_OK && e != ERR_TIMEOUT && nodes->n_vain == 1)
        LOG_WARN("store", "this server tells no Cluster's map", "err=\"%s\"", err_name(e));
    tick_in(nodes, 0);
    tell_state(nodes);
}

static void ask_map(struct nodes *nodes)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("CLUSTER"));
    argv_add(&argv, STR("SHARDS"));
    nodes->is_looking = true;
    nodes->must_look = false;
    nodes->looked = loop_mono(nodes->loop);
    link_send(nodes->scout, &argv, &(struct link_to){parse_shards, NULL, nodes, 0}, 0);
}

/* The servers that were given, and those that were found, by turns. */
static void direct_scout(struct nodes *nodes)
{
    struct node_address *at = &nodes->scout_at;
    uint32_t turn = nodes->n_seed++;
    const struct node *known = nodes->n > 0 ? &nodes->list[turn / 2 % nodes->n] : NULL;
    if (turn % 2 == 1 && known != NULL && known->link != NULL)
        *at = known->address;
    else if (!endpoint_at(nodes->settings.cluster, turn - turn / 2, at))
        *at = (struct node_address){.port = 1}; /* the configuration has checked it */
    link_direct(nodes->scout, at);
}

static void on_scout(void *ctx, bool is_up)
{
    struct nodes *nodes = ctx;
    if (is_up) {
        nodes->must_look = true;
        tick_in(nodes, 0);
        return;
    }
    if (link_is_connecting(nodes->scout))
        return;
    nodes->is_looking = false;
    nodes->has_failed = true;
    direct_scout(nodes);
    tell_state(nodes);
}

void nodes_look(struct nodes *nodes)
{
    nodes->must_look = true;
    if (!nodes->is_looking)
        tick_in(nodes, AGAIN_MS);
}

/* ---- the tick ---- */

static void send_waiting(struct nodes *nodes)
{
    struct link_queue taken = STAILQ_HEAD_INITIALIZER(taken);
    struct link_request *request;
    STAILQ_CONCAT(&taken, &nodes->waiting);
    while ((request = STAILQ_FIRST(&taken)) != NULL) {
        STAILQ_REMOVE_HEAD(&taken, entry);
        nodes->n_waiting--;
        struct node *node = node_of_slot(nodes, request->slot);
        if (link_request_left_ms(request, nodes->loop) <= 0)
            link_return(nodes->scout, request, ERR_UNAVAILABLE);
        else if (may_take(node, request))
            link_take(node->link, request, false);
        else
            wait_more(nodes, request);
    }
}

/* Servers that are masters no more. */
static void free_unlisted(struct nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->n && nodes->is_known; i++) {
        struct node *node = &nodes->list[i];
        struct link *link = node->link;
        if (link == NULL || node->is_listed || !link_is_idle(link))
            continue;
        node->link = NULL;
        link_free(link);
    }
}

/* When the map is due to be asked for. */
static int64_t look_in_ms(const struct nodes *nodes)
{
    bool is_urgent = nodes->must_look || nodes_n_away(nodes) > 0;
    int64_t due_ms = nodes->looked.ms + (is_urgent ? LOOK_AWAY_MS : LOOK_MS);
    int64_t left_ms = due_ms - loop_mono(nodes->loop).ms;
    return left_ms > 0 ? left_ms : 0;
}

static void tick_map(struct nodes *nodes)
{
    if (!nodes->is_looking && link_is_up(nodes->scout) && look_in_ms(nodes) == 0) {
        if (nodes->n_vain >= LOOKS_MAX) {
            nodes->n_vain = 0;
            link_again(nodes->scout);
        } else {
            ask_map(nodes);
        }
    }
    send_waiting(nodes);
    free_unlisted(nodes);
}

static void on_tick(void *ctx)
{
    struct nodes *nodes = ctx;
    int64_t next_ms = INT64_MAX;
    nodes->is_ticking = false;
    if (nodes->scout != NULL) {
        tick_map(nodes);
        next_ms = look_in_ms(nodes);
        next_ms = next_ms > 0 ? next_ms : LOOK_AWAY_MS;
        if (!STAILQ_EMPTY(&nodes->waiting))
            next_ms = AGAIN_MS;
    }
    if (nodes_is_any_closed(nodes)) {
        if (loop_mono(nodes->loop).ms - nodes->asked_epoch.ms >= FENCE_MS)
            ask_epoch(nodes);
        next_ms = next_ms < FENCE_MS ? next_ms : FENCE_MS;
    }
    if (next_ms != INT64_MAX)
        tick_in(nodes, next_ms);
}

/* ---- asking ---- */

/* The first key of a command; functions have theirs behind their name and number. */
static struct str key_of(const struct argv *argv)
{
    bool is_function = argv->bytes[0] == 5 && memcmp(argv->words[0], "FCALL", 5) == 0;
    int i = is_function ? 3 : 1;
    return i < argv->n ? (struct str){argv->words[i], argv->bytes[i]} : STR("");
}

static struct node *route(struct nodes *nodes, struct argv *argv)
{
    argv->slot = nodes->scout == NULL ? 0 : slot_of(key_of(argv));
    return node_of_slot(nodes, argv->slot);
}

enum err nodes_admit(const struct nodes *nodes)
{
    enum err e = ERR_UNAVAILABLE;
    for (uint32_t i = 0; i < nodes->n; i++) {
        if (nodes_has(nodes, i) && node_may_ask(&nodes->list[i])) {
            e = link_admit(nodes->list[i].link);
            if (e != ERR_OK)
                return e;
        }
    }
    return e;
}

void nodes_respond_later(struct nodes *nodes, const struct link_to *to, enum err e)
{
    link_respond_later(nodes->scout != NULL ? nodes->scout : nodes->list[0].link, to, e);
}

void nodes_send(struct nodes *nodes, struct argv *argv, const struct link_to *to, int64_t extra_ms)
{
    struct node *node = route(nodes, argv);
    if (node != NULL && node_may_ask(node))
        link_send(node->link, argv, to, extra_ms);
    else
        nodes_respond_later(nodes, to, ERR_UNAVAILABLE);
}

/* A master that has just taken the place of another is let in soon: nobody need hear of it. */
static bool may_wait(const struct nodes *nodes, const struct node *node)
{
    return nodes->scout != NULL && node != NULL && (node->is_new || link_is_up(node->link)) &&
           nodes->n_waiting < nodes->settings.max_in_flight;
}

void nodes_ask(struct nodes *nodes, struct argv *argv, const struct link_to *to)
{
    struct node *node = route(nodes, argv);
    if (node != NULL && node_may_ask(node))
        link_ask(node->link, argv, to);
    else if (may_wait(nodes, node))
        wait_more(nodes, link_hold(node->link, argv, to));
    else
        nodes_respond_later(nodes, to, ERR_UNAVAILABLE);
}

void nodes_send_at(struct nodes *nodes, uint32_t i, const struct argv *argv,
                   const struct link_to *to, int64_t extra_ms)
{
    if (node_may_ask(&nodes->list[i]))
        link_send(nodes->list[i].link, argv, to, extra_ms);
    else
        nodes_respond_later(nodes, to, ERR_UNAVAILABLE);
}

/* ---- life ---- */

struct nodes *nodes_new(struct loop *loop, const struct store_settings *settings, const char *name)
{
    struct nodes *nodes = xcalloc(1, sizeof(*nodes));
    nodes->loop = loop;
    nodes->name = name;
    nodes->settings = link_settings_copy(settings);
    STAILQ_INIT(&nodes->waiting);
    nodes->tick = timer_new(loop, on_tick, nodes);
    if (settings->cluster == NULL) {
        struct node *node = node_add(nodes, &(struct node_address){.port = 0});
        assert(node != NULL); /* the first one has a place */
        node->has_slots = node->is_listed = nodes->is_known = true;
        return nodes;
    }
    nodes->owner = xcalloc(1, SLOTS);
    memset(nodes->owner, NODE_NONE, SLOTS);
    struct store_settings scout = *settings;
    scout.wait_replicas = 0; /* it may be a replica itself, which refuses to wait for others */
    nodes->scout = link_new(loop, &scout, "map", true);
    direct_scout(nodes);
    return nodes;
}

void nodes_open(struct nodes *nodes, link_on_state *on_state, void *ctx)
{
    if (nodes->is_opened)
        return;
    nodes->is_opened = true;
    nodes->on_state = on_state;
    nodes->on_state_ctx = ctx;
    if (nodes->scout != NULL)
        link_open(nodes->scout, on_scout, nodes);
    else
        link_open(nodes->list[0].link, on_link, &nodes->list[0]);
}

void nodes_free(struct nodes *nodes)
{
    struct link_request *request;
    nodes->on_state = NULL;
    while ((request = STAILQ_FIRST(&nodes->waiting)) != NULL) {
        STAILQ_REMOVE_HEAD(&nodes->waiting, entry);
        link_return(nodes->scout, request, ERR_UNAVAILABLE);
    }
    for (uint32_t i = 0; i < nodes->n; i++) {
        struct link *link = nodes->list[i].link;
        nodes->list[i].link = NULL;
        link_free(link);
    }
    link_free(nodes->scout);
    timer_free(nodes->loop, nodes->tick);
    link_settings_free(&nodes->settings);
    free(nodes->owner);
    free(nodes);
}
