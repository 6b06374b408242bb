#include "lab/simulator.h"

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
    char *from, *to, *text; /* owned */
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
    struct http_response answer;
    struct outgoing message = {
        .from = said(request, SIMULATOR_HEADER_FROM, arena),
        .to = said(request, SIMULATOR_HEADER_TO, arena),
        .text = said(request, SIMULATOR_HEADER_TEXT, arena),
        .id = arena_printf(arena, "sim-%llu", (unsigned long long)(sim->n_taken + 1)), /* unique */
    };
    if (message.to.p == NULL || message.text.p == NULL)
        return plain(400,
                     STR("no send request of a gateway: X-Waypost-To and -Text are missing\n"));
    if (profile_sample(channel->profile, &message, arena, &answer) != ERR_OK)
        return plain(500, STR("the profile's sample: cannot be made\n"));
    struct sim_message *slot = &sim->ring[sim->n_taken++ % SIMULATOR_MAX_MESSAGES];
    clear(slot);
    *slot = (struct sim_message){copy(message.from), copy(message.to), copy(message.text), now};
    return answer;
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
    buf_addf(out, ",\"at\":\"%s\"}", at);
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
