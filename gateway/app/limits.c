#include "app/limits.h"

#include "app/message.h"
#include "core/gsm/gsm.h"

#define HOUR_S 3600
#define DAY_S 86400
#define EVENT_MAX_BYTES 4096u
#define CALLS_DAY 30 /* more than a module on one day */
/* No command, choice or short answer is longer: what is comes from a machine when it comes again
 * and again, whatever is answered. */
#define SHORT_TEXT_BYTES 15u

bool limits_prefix(const struct config *config, const struct vault *vault, struct str number,
                   struct arena *arena, struct store_cap *ret)
{
    char hex[2 * NUMBER_ID_BYTES + 1];
    if (config->cap_prefix_hour == 0 || !str_starts(number, STR("+")))
        return false;
    struct str prefix = str_sub(number, 0, 1 + config->cap_prefix_digits);
    struct number_id id =
        vault_number_id(vault, arena_printf(arena, "prefix %.*s", STR_ARG(prefix)));
    hex_encode(id.bytes, sizeof(id.bytes), hex);
    *ret = (struct store_cap){.name = "prefix",
                              .key = arena_printf(arena, "p:%s", hex),
                              .units = 1,
                              .limit = config->cap_prefix_hour,
                              .window_s = HOUR_S};
    return true;
}

static void add(struct store_caps *caps, const char *name, struct str key, uint64_t units,
                uint64_t limit, uint32_t window_s)
{
    if (limit > 0 && units > 0)
        caps->list[caps->n++] = (struct store_cap){name, key, units, limit, window_s};
}

static uint32_t exchange_of(const struct limits_ask *ask)
{
    if (ask->said.p == NULL || ask->is_exempt)
        return 0;
    uint64_t hash = str_hash(ask->said);
    if (ask->said.len <= SHORT_TEXT_BYTES)
        hash = hash * 31 + str_hash(ask->message->text);
    uint32_t exchange = (uint32_t)(hash ^ hash >> 32);
    return exchange != 0 ? exchange : 1;
}

/* Tokens that stand for a number tell no country. */
static bool is_served(const struct limits_ask *ask)
{
    return str_is_empty(ask->country) || config_is_served(ask->config, ask->country);
}

static struct str take(struct buf *piece, struct arena *arena)
{
    struct str copy = arena_str(arena, buf_str(piece));
    buf_fini(piece);
    return copy;
}

static void write_event(const struct limits_ask *ask, struct arena *arena, struct store_caps *ret)
{
    struct buf refused, said;
    const struct config_channel *channel = config_channel_get(ask->config, ask->message->channel);
    buf_init(&refused, EVENT_MAX_BYTES);
    buf_init(&said, EVENT_MAX_BYTES);
    const struct message_result result = {.country = ask->country,
                                          .price = channel != NULL ? channel->price : 0,
                                          .currency = ask->config->currency,
                                          .alphabets = channel != NULL ? channel->alphabets : 0};
    message_event_pieces(ask->message, &result, ask->now, &refused, &said);
    ret->refused_event = take(&refused, arena);
    struct str said_event = take(&said, arena);
    ret->said_event = ask->is_said ? said_event : STR_NONE;
}

/* A call costs the caller nothing, so that a phone, or whoever wears another's number, could have
 * us write without end. */
static struct str call_key(const struct limits_ask *ask, struct arena *arena)
{
    char hex[2 * NUMBER_ID_BYTES + 1];
    hex_encode(ask->message->number_id.bytes, NUMBER_ID_BYTES, hex);
    return arena_printf(arena, "c:%s", hex);
}

void limits_make(const struct limits_ask *ask, struct arena *arena, struct store_caps *ret)
{
    const struct config *config = ask->config;
    const struct message *message = ask->message;
    uint32_t limit = config->cap_number_day > 0 ? config->cap_number_day : UINT32_MAX;
    *ret = (struct store_caps){.number_units = 1,
                               .number_limit = ask->is_exempt ? UINT32_MAX : limit,
                               .exchange = config->loop_exchanges > 0 ? exchange_of(ask) : 0,
                               .exchange_limit = config->loop_exchanges,
                               .exchange_s = config->loop_minutes * 60};
    write_event(ask, arena, ret);
    if (!is_served(ask)) {
        ret->refused_by = "country";
        return;
    }
    if (limits_prefix(config, ask->vault, ask->number, arena, &ret->list[0]))
        ret->n = 1;
    if (ask->is_call)
        add(ret, "call", call_key(ask, arena), 1, CALLS_DAY, DAY_S);
    struct str org = arena_printf(arena, "o:%016llx", (unsigned long long)str_hash(config->org));
    add(ret, "organisation", org, 1, config->cap_organisation_day, DAY_S);
    add(ret, "day", STR("day"), 1, config->cap_day, DAY_S);
    const struct config_channel *channel = config_channel_get(config, message->channel);
    uint64_t price = route_price(config, channel, ask->number);
    uint32_t alphabets = channel != NULL ? channel->alphabets : 0;
    add(ret, "money", STR("money"), price * gsm_measure_in(message->text, alphabets).segments,
        config->cap_money_day, DAY_S);
    struct str name =
        arena_printf(arena, "n:%016llx", (unsigned long long)str_hash(message->channel));
    add(ret, "new", name, ask->is_new ? 1 : 0, channel != NULL ? channel->new_numbers_hour : 0,
        HOUR_S);
}

void limits_count(struct metrics *metrics, const char *refused_by)
{
    metrics_add_labelled(metrics, METRIC_cap_rejections_total_number,
                         METRIC_cap_rejections_total_country, refused_by);
}

/* ---- routes ---- */

const struct config_channel *route_find(const struct config *config, struct str number)
{
    const struct config_route *best = NULL;
    for (uint32_t i = 0; i < config->n_routes; i++) {
        const struct config_route *route = &config->routes[i];
        bool is_longer = best == NULL || route->prefix.len > best->prefix.len;
        if (is_longer && str_starts(number, route->prefix))
            best = route;
    }
    return best != NULL ? config_channel_get(config, best->channel) : NULL;
}

const struct config_channel *route_fallback(const struct config *config,
                                            const struct config_channel *channel)
{
    return channel->fallback.p != NULL ? config_channel_get(config, channel->fallback) : NULL;
}

/* Of a channel and all that may send in its place. */
static uint64_t highest_price(const struct config *config, const struct config_channel *channel)
{
    uint64_t price = 0;
    for (uint32_t i = 0; channel != NULL && i < CONFIG_MAX_CHANNELS; i++) {
        price = channel->price > price ? channel->price : price;
        channel = route_fallback(config, channel);
    }
    return price;
}

uint64_t route_price(const struct config *config, const struct config_channel *channel,
                     struct str number)
{
    uint64_t price = highest_price(config, channel);
    for (uint32_t i = 0; i < config->n_routes; i++) {
        const struct config_route *route = &config->routes[i];
        if (number.p != NULL && !str_starts(number, route->prefix))
            continue;
        uint64_t other = highest_price(config, config_channel_get(config, route->channel));
        price = other > price ? other : price;
    }
    return price;
}
