#include "lab/sim_outbox.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "wire/form.h"

#define LIST_MAX_BYTES (16u << 20)

static enum err copy_address(const char *text, char dst[256], struct errmsg *msg)
{
    struct str address = str_from(text);
    while (address.len > 0 && address.p[address.len - 1] == '/')
        address.len--;
    bool is_http = str_starts(address, STR("http://")) || str_starts(address, STR("https://"));
    if (!is_http || str_copy(address, dst, 256) != ERR_OK)
        return errmsg_set(msg, ERR_INVALID, "'%s' is no address; write http://127.0.0.1:8080",
                          text);
    return ERR_OK;
}

enum err sim_address_parse(const char *base, const char *admin, struct sim_address *ret,
                           struct errmsg *msg)
{
    uint64_t port;
    enum err e = copy_address(base, ret->base, msg);
    if (e != ERR_OK || admin != NULL)
        return e != ERR_OK ? e : copy_address(admin, ret->admin, msg);
    const char *colon = strrchr(ret->base, ':');
    if (str_to_u64(str_from(colon + 1), 65534, &port) != ERR_OK)
        return errmsg_set(msg, ERR_INVALID,
                          "'%s' has no port, so the admin listener is not known; say it with "
                          "--admin http://127.0.0.1:8081",
                          base);
    (void)snprintf(ret->admin, sizeof(ret->admin), "%.*s:%u", (int)(colon - ret->base), ret->base,
                   (unsigned)port + 1); /* as long as base, or one digit longer */
    return ERR_OK;
}

/* The list of a phone's messages. */
static enum err get_list(struct http_caller *caller, const struct sim_address *address,
                         const char *number, json_t **ret, struct errmsg *msg)
{
    struct buf url CLEANUP(buf_fini);
    struct http_call_answer answer = {0};
    buf_init(&url, 512);
    buf_addf(&url, "%s/sim/outbox?to=", address->admin);
    form_encode(str_from(number), &url);
    buf_init(&answer.body, LIST_MAX_BYTES);
    enum err e = http_call(caller, buf_str(&url), STR_NONE, 1, &answer, msg);
    if (e == ERR_OK && answer.status == 200)
        *ret = json_loadb(answer.body.p, answer.body.len, 0, NULL);
    else if (e == ERR_OK)
        e = errmsg_set(msg, ERR_INVALID, "%s/sim/outbox answered %d; is `simulator: on` set?",
                       address->admin, answer.status);
    if (e == ERR_OK && !json_is_array(*ret)) {
        json_decref(*ret);
        e = errmsg_set(msg, ERR_INVALID, "%s/sim/outbox is no simulator", address->admin);
    }
    buf_fini(&answer.body);
    return e;
}

enum err sim_outbox_get(struct http_caller *caller, const struct sim_address *address,
                        const char *number, uint32_t index, struct buf *out, struct errmsg *msg)
{
    json_t *list = NULL;
    enum err e = get_list(caller, address, number, &list, msg);
    if (e != ERR_OK)
        return e;
    const json_t *text = json_object_get(json_array_get(list, index), "text");
    if (json_is_string(text))
        buf_add(out, json_string_value(text), json_string_length(text));
    else
        e = ERR_NOT_FOUND;
    json_decref(list);
    return e;
}

enum err sim_outbox_count(struct http_caller *caller, const struct sim_address *address,
                          const char *number, uint32_t *ret, struct errmsg *msg)
{
    json_t *list = NULL;
    enum err e = get_list(caller, address, number, &list, msg);
    if (e != ERR_OK)
        return e;
    *ret = (uint32_t)json_array_size(list);
    json_decref(list);
    return ERR_OK;
}
