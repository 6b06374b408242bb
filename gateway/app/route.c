#include "app/route.h"

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
