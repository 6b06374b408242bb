#include "lab/simulator.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "profile/outgoing.h"
#include "wire/form.h"

#define OUTBOX_MAX_BYTES (64u << 20)
/* An SMS travels for a moment, in which its sender learns that it was taken: what a phone answers
 * to it comes after that, as in life. */
#define TRAVEL_MS 100

struct sim_message {
    char *from, *to, *text, *id; /* owned */
    struct wall_ms at;
};

struct simulator {
    const struct channels *channels;
    struct sim_message *ring;
    uint64_t n_taken; /* ever; the ring holds the last SIMULATOR_MAX_MESSAGES */
};

struct simulator *simulator_new(const struct channels *channels)
{
    struct simulator *sim = xcalloc(1, sizeof(*sim));
    sim->channels = channels;
    sim->ring = xcalloc(SIMULATOR_MAX_MESSAGES, sizeof(*sim->ring));
    return sim;
}

static void clear(struct sim_message *m)
{
    free(m->from);
    free(m->to);
    free(m->text);
    free(m->id);
    *m = (struct sim_message){0};
}

void simulator_free(struct simulator *sim)
{
    if (sim == NULL)
        return;
    for (uint32_t i = 0; i < SIMULATOR_MAX_MESSAGES; i++)
        clear(&sim->ring[i]);
    free(sim->ring);
    free(sim);
}

static char *copy(struct str s)
{
    return strndup(s.p != NULL ? s.p : "", s.len);
}

static struct http_response plain(int status, struct str body)
{
    return (struct http_response){
        .status = status, .content_type = STR("text/plain"), .body = body};
}

static struct str said(const struct http_request *request, const char *name, struct arena *arena)
{
    struct str value = http_header_get(request->headers, request->n_headers, str_from(name));
    return value.p != NULL ? form_decode(value, false, arena) : STR_NONE;
}

/* "/sim/send/<channel>" and what follows the channel. */
static struct http_response take(struct simulator *sim, const struct http_request *request,
                                 struct str rest, struct wall_ms now, struct arena *arena)
{
    struct str name = str_split(&rest, '/');
    const struct channel *channel = channels_get(sim->channels, name);
    if (channel == NULL)
        return plain(404, STR("no such channel\n"));
    struct http_response response;
    struct outgoing message = {
        .from = said(request, SIMULATOR_HEADER_FROM, arena),
        .to = said(request, SIMULATOR_HEADER_TO, arena),
        .text = said(request, SIMULATOR_HEADER_TEXT, arena),
        .id = arena_printf(arena, "sim-%llu", (unsigned long long)(sim->n_taken + 1)), /* unique */
    };
    if (message.to.p == NULL || message.text.p == NULL)
        return plain(400,
                     STR("no send request of a gateway: X-Waypost-To and -Text are missing\n"));
    if (profile_sample(channel->profile, &message, arena, &response) != ERR_OK)
        return plain(500, STR("the profile's sample: cannot be made\n"));
    struct sim_message *slot = &sim->ring[sim->n_taken++ % SIMULATOR_MAX_MESSAGES];
    clear(slot);
    *slot = (struct sim_message){copy(message.from), copy(message.to), copy(message.text),
                                 copy(message.id), now};
    return response;
}

/* Compares digits only, so that +254.., " 254.." (an undone plus) and 254.. are the same phone. */
static bool is_same_phone(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.len && (a.p[i] < '0' || a.p[i] > '9'))
            i++;
        while (k < b.len && (b.p[k] < '0' || b.p[k] > '9'))
            k++;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if (a.p[i++] != b.p[k++])
            return false;
    }
}

static void add_json(struct buf *out, const struct sim_message *m)
{
    char at[RFC3339_BYTES];
    clock_format_rfc3339(m->at, at);
    buf_add_str(out, out->len > 1 ? STR(",\n{\"from\":") : STR("{\"from\":"));
    buf_add_json(out, str_from(m->from));
    buf_add_str(out, STR(",\"to\":"));
    buf_add_json(out, str_from(m->to));
    buf_add_str(out, STR(",\"text\":"));
    buf_add_json(out, str_from(m->text));
    buf_addf(out, ",\"id\":\"%s\",\"at\":\"%s\"}", m->id, at);
}

static struct http_response show(const struct simulator *sim, struct str query, struct wall_ms now,
                                 struct arena *arena)
{
    struct form form = {0};
    if (form_parse(query, arena, &form) != ERR_OK)
        return plain(400, STR("the query cannot be read\n"));
    struct str to = form_get(&form, STR("to"));
    struct buf out;
    buf_init(&out, OUTBOX_MAX_BYTES);
    buf_add_char(&out, '[');
    uint64_t first =
        sim->n_taken > SIMULATOR_MAX_MESSAGES ? sim->n_taken - SIMULATOR_MAX_MESSAGES : 0;
    for (uint64_t i = first; i < sim->n_taken; i++) {
        const struct sim_message *m = &sim->ring[i % SIMULATOR_MAX_MESSAGES];
        bool has_arrived = now.ms - m->at.ms >= TRAVEL_MS || now.ms < m->at.ms;
        if (has_arrived && (to.p == NULL || is_same_phone(str_from(m->to), to)))
            add_json(&out, m);
    }
    buf_add_str(&out, STR("]\n"));
    struct str body = arena_str(arena, buf_str(&out));
    bool is_too_long = buf_error(&out) != ERR_OK || body.p == NULL;
    buf_fini(&out);
    if (is_too_long)
        return plain(413, STR("too many messages; ask for one number with ?to=\n"));
    return (struct http_response){
        .status = 200, .content_type = STR("application/json"), .body = body};
}

bool simulator_handle(struct simulator *sim, const struct http_request *request, struct wall_ms now,
                      struct arena *arena, struct http_response *ret)
{
    const struct str send = STR("/sim/send/");
    if (str_starts(request->path, send))
        *ret = take(sim, request, str_sub(request->path, send.len, request->path.len), now, arena);
    else if (str_eq(request->path, STR("/sim/outbox")))
        *ret = show(sim, request->query, now, arena);
    else if (str_starts(request->path, STR("/sim/")))
        *ret = plain(404, STR("GET /sim/outbox?to=NUMBER shows what was sent\n"));
    else
        return false;
    return true;
}

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
    struct http_call_response response = {0};
    buf_init(&url, 512);
    buf_addf(&url, "%s/sim/outbox?to=", address->admin);
    form_encode(str_from(number), &url);
    buf_init(&response.body, LIST_MAX_BYTES);
    enum err e = http_call(caller, buf_str(&url), STR_NONE, 1, &response, msg);
    if (e == ERR_OK && response.status == 200)
        *ret = json_loadb(response.body.p, response.body.len, 0, NULL);
    else if (e == ERR_OK)
        e = errmsg_set(msg, ERR_INVALID, "%s/sim/outbox answered %d; is `simulator: on` set?",
                       address->admin, response.status);
    if (e == ERR_OK && !json_is_array(*ret)) {
        json_decref(*ret);
        e = errmsg_set(msg, ERR_INVALID, "%s/sim/outbox is no simulator", address->admin);
    }
    buf_fini(&response.body);
    return e;
}

enum err sim_outbox_get(struct http_caller *caller, const struct sim_address *address,
                        struct sim_sent sent, struct buf *out, struct errmsg *msg)
{
    json_t *list = NULL;
    enum err e = get_list(caller, address, sent.number, &list, msg);
    if (e != ERR_OK)
        return e;
    const json_t *text = json_object_get(json_array_get(list, sent.index), sent.member);
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
