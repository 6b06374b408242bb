/* The admin listener: how the processes are, what they count, the coordinators' pages, and those
 * that lab adds. */
#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "app/report/report.h"
#include "base/log.h"
#include "port/front/front.h"
#include "role/health.h"
#include "role/ports.h"
#include "wire/http/page.h"

#define SCRATCH_BYTES (96u << 20) /* of one request; /sim/outbox may list all it holds */
#define BODY_BYTES (64u << 20)
#define DRAIN_POLL_MS 20

struct admin {
    const struct role_context *role;
    struct front *front;
    void *pages[ROLE_MAX_PAGES]; /* what each page's open() gave */
    struct report_pages *reports;
    struct arena *arena; /* of the present request */
    struct buf body;
    struct timer *drain_poll;
};

static const char *const state_names[] = {"starting", "not ready", "ready"};

static struct http_response text(int status, struct str body)
{
    return (struct http_response){
        .status = status, .content_type = STR("text/plain; charset=utf-8"), .body = body};
}

/* ---- /livez and /readyz ---- */

static struct http_response livez(struct admin *a)
{
    struct mono_ms now = loop_mono(a->role->loop);
    int status = 200;
    for (unsigned i = 0; i < a->role->n_slots; i++) {
        const struct role_slot *slot = &a->role->all_slots[i];
        int64_t silent_ms = role_slot_silent_ms(slot, now);
        if (silent_ms < ROLE_HANG_MS)
            continue;
        status = 503;
        buf_addf(&a->body, "%s %u has not moved for %lld ms\n", slot->name, slot->index,
                 (long long)silent_ms);
    }
    if (status == 200)
        buf_add_str(&a->body, STR("ok\n"));
    return text(status, buf_str(&a->body));
}

static struct http_response readyz(struct admin *a)
{
    struct mono_ms now = loop_mono(a->role->loop);
    bool is_ready = health_is_ready(a->role, now);
    buf_addf(&a->body, "{\"ready\":%s,\"reasons\":[", is_ready ? "true" : "false");
    health_list(a->role, now, true, &a->body);
    buf_add_str(&a->body, STR("],\"warnings\":["));
    health_list(a->role, now, false, &a->body);
    buf_add_str(&a->body, STR("],\"processes\":["));
    for (unsigned i = 0; i < a->role->n_slots; i++) {
        const struct role_slot *slot = &a->role->all_slots[i];
        buf_addf(&a->body,
                 "%s{\"role\":\"%s\",\"index\":%u,\"state\":\"%s\",\"pid\":%d,\"restarts\":%u,"
                 "\"hangs\":%u}",
                 i > 0 ? "," : "", slot->name, slot->index, state_names[role_slot_state(slot)],
                 slot->pid, slot->n_restarts, slot->n_hangs);
    }
    buf_addf(&a->body,
             "],\"backlog\":{\"events\":%" PRIu64 ",\"most\":%" PRIu64 ",\"seconds\":%" PRIu64
             "}}\n",
             metrics_get(a->role->metrics, METRIC_events_waiting),
             metrics_get(a->role->metrics, METRIC_events_waiting_most),
             metrics_get(a->role->metrics, METRIC_events_behind_seconds));
    return (struct http_response){.status = is_ready ? 200 : 503,
                                  .content_type = STR("application/json"),
                                  .body = buf_str(&a->body)};
}

/* ---- /metrics ---- */

static struct http_response metrics(struct admin *a)
{
    const struct role_context *role = a->role;
    uint64_t n_stalls = 0, n_connections = 0;
    for (unsigned i = 0; i < role->n_slots; i++) {
        n_stalls += role->all_slots[i].n_stalls;
        n_connections += role->all_slots[i].n_connections;
    }
    metrics_set(role->metrics, METRIC_loop_stalls_total, n_stalls);
    metrics_set(role->metrics, METRIC_connections, n_connections);
    metrics_write(role->metrics, &a->body);
    buf_add_str(&a->body, STR("# HELP waypost_process_ready 1 while the process can do its work\n"
                              "# TYPE waypost_process_ready gauge\n"));
    for (unsigned i = 0; i < role->n_slots; i++)
        buf_addf(&a->body, "waypost_process_ready{role=\"%s\",index=\"%u\"} %d\n",
                 role->all_slots[i].name, role->all_slots[i].index,
                 role_slot_state(&role->all_slots[i]) == ROLE_STATE_READY);
    buf_add_str(&a->body, STR("# HELP waypost_process_restarts_total Times it had to be started "
                              "again\n# TYPE waypost_process_restarts_total counter\n"));
    for (unsigned i = 0; i < role->n_slots; i++)
        buf_addf(&a->body, "waypost_process_restarts_total{role=\"%s\",index=\"%u\"} %u\n",
                 role->all_slots[i].name, role->all_slots[i].index, role->all_slots[i].n_restarts);
    buf_add_str(&a->body, STR("# HELP waypost_process_cpu_seconds_total Time that it has used\n"
                              "# TYPE waypost_process_cpu_seconds_total counter\n"));
    for (unsigned i = 0; i < role->n_slots; i++) {
        int64_t ms = role->all_slots[i].cpu_ms;
        buf_addf(&a->body,
                 "waypost_process_cpu_seconds_total{role=\"%s\",index=\"%u\"} %" PRId64 ".%03d\n",
                 role->all_slots[i].name, role->all_slots[i].index, ms / 1000, (int)(ms % 1000));
    }
    return (struct http_response){
        .status = 200, .content_type = STR("text/plain; version=0.0.4"), .body = buf_str(&a->body)};
}

/* ---- the listener ---- */

/* A page of somebody else in a browser on this host can send requests here under a name that it
 * makes point here; so only names that nobody else can own are served. A listener that a service
 * manager has opened on another address is reached by any address. */
static bool is_own_host(const struct admin *a, const struct http_request *request)
{
    static const char *const own[] = {"localhost", "127.0.0.1", "[::1]"};
    struct str host = http_header_get(request->headers, request->n_headers, STR("Host"));
    if (host.p == NULL) /* HTTP/1.0, which no browser speaks */
        return true;
    size_t end = str_starts(host, STR("[")) ? str_find_char(host, ']') : str_find_char(host, ':');
    struct str name = str_sub(host, 0, str_starts(host, STR("[")) ? end + 1 : end);
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        if (str_eq_nocase(name, str_from(own[i])))
            return true;
    }
    bool is_address = str_starts(host, STR("["));
    for (size_t i = 0; !is_address && i < name.len; i++) {
        if ((name.p[i] < '0' || name.p[i] > '9') && name.p[i] != '.')
            return false;
    }
    return !front_is_on_loopback(a->front);
}

static bool try_pages(struct admin *a, const struct http_request *request,
                      struct http_response *ret)
{
    const struct role_context *role = a->role;
    for (unsigned i = 0; i < role->n_pages; i++) {
        if (role->pages[i].handle(a->pages[i], role, request, a->arena, &a->body, ret))
            return true;
    }
    return false;
}

static struct http_response not_found(struct admin *a)
{
    buf_add_str(&a->body, STR("there are /livez /readyz /metrics"));
    if (a->reports != NULL)
        buf_add_str(&a->body, STR(" /report/"));
    for (unsigned i = 0; i < a->role->n_pages; i++)
        buf_addf(&a->body, " %s", a->role->pages[i].path);
    buf_add_char(&a->body, '\n');
    return text(404, buf_str(&a->body));
}

static struct http_response not_allowed(void)
{
    static const struct http_header allow = {{"Allow", 5}, {"GET, HEAD", 9}};
    struct http_response response = text(405, STR("only GET and HEAD\n"));
    response.headers = &allow;
    response.n_headers = 1;
    return response;
}

static struct http_response route(struct admin *a, const struct http_request *request)
{
    struct http_response response;
    if (try_pages(a, request, &response))
        return response;
    if (!str_eq(request->method, STR("GET")) && !str_eq(request->method, STR("HEAD")))
        return not_allowed();
    if (str_eq(request->path, STR("/livez")))
        return livez(a);
    if (str_eq(request->path, STR("/readyz")))
        return readyz(a);
    if (str_eq(request->path, STR("/metrics")))
        return metrics(a);
    return not_found(a);
}

static void on_request(void *ctx, struct front_token token, const struct http_request *request,
                       struct str peer)
{
    struct admin *a = ctx;
    struct http_header room[PAGE_MAX_HEADERS];
    arena_reset(a->arena);
    buf_reset(&a->body);
    role_look_at_proxy(a->role, request, peer);
    bool is_own = is_own_host(a, request) || report_pages_is_host(a->reports, request);
    if (is_own && report_pages_handle(a->reports, token, request, peer))
        return;
    struct http_response response =
        is_own ? route(a, request)
               : text(403, STR("this listener is for this host alone: ask for 127.0.0.1 or "
                               "localhost\n"));
    if (buf_error(&a->body) != ERR_OK || arena_error(a->arena) != ERR_OK)
        response = text(500, STR("the answer is too big\n"));
    page_guard(&response, room); /* /sim/outbox has numbers, /preview/ what authors write */
    front_reply(a->front, token, &response);
}

static void on_report(void *ctx, struct front_token token, const struct http_response *response)
{
    struct admin *a = ctx;
    front_reply(a->front, token, response);
}

/* Passwords do not travel without TLS: on another address, which a service manager may open, there
 * are no such pages. */
static struct report_pages *open_reports(struct admin *a)
{
    if (front_is_on_loopback(a->front))
        return report_pages_new(&(struct report_parts){.loop = a->role->loop,
                                                       .config = a->role->config,
                                                       .metrics = a->role->metrics,
                                                       .fn = on_report,
                                                       .ctx = a});
    if (!str_is_empty(a->role->config->report_conninfo))
        LOG_WARN("admin", "no /report/: the admin listener is not on 127.0.0.1 alone", "%s",
                 "remedy=\"a proxy with TLS, see report_url\"");
    return NULL;
}

static void on_drain_poll(void *ctx)
{
    struct admin *a = ctx;
    if (front_n_connections(a->front) == 0)
        loop_stop(a->role->loop);
    else
        timer_start(a->role->loop, a->drain_poll, DRAIN_POLL_MS);
}

static void on_term(void *ctx)
{
    struct admin *a = ctx;
    front_drain(a->front);
    timer_start(a->role->loop, a->drain_poll, 0);
}

int role_admin(const struct role_context *role)
{
    struct admin a = {.role = role};
    struct errmsg msg;
    struct front_setup setup = {.listen_fd = role->listen_fd,
                                .limits = front_default_limits(),
                                .fn = on_request,
                                .ctx = &a};
    setup.limits.max_connections_per_peer = 0; /* all of them are this host */
    setup.limits.reply_ms = REPORT_REPLY_MS;
    int code = EX_OK;
    assert(role->n_pages <= ROLE_MAX_PAGES);
    for (unsigned i = 0; i < role->n_pages; i++)
        a.pages[i] = role->pages[i].open != NULL ? role->pages[i].open(role) : NULL;
    if (front_libevent_new(role->loop, &setup, &a.front, &msg) != ERR_OK) {
        LOG_ERROR("admin", "cannot listen", "%s", msg.text);
        code = EX_UNAVAILABLE;
    }
    if (code == EX_OK) {
        a.arena = arena_new(SCRATCH_BYTES);
        buf_init(&a.body, BODY_BYTES);
        a.drain_poll = timer_new(role->loop, on_drain_poll, &a);
        a.reports = open_reports(&a);
        loop_libevent_on_signal(role->loop, SIGTERM, on_term, &a);
        role_ready(role, true);
        loop_run(role->loop);
        report_pages_free(a.reports);
        timer_free(role->loop, a.drain_poll);
        buf_fini(&a.body);
        arena_free(a.arena);
    }
    front_free(a.front);
    for (unsigned i = 0; i < role->n_pages; i++) {
        if (role->pages[i].close != NULL)
            role->pages[i].close(a.pages[i]);
    }
    return code;
}
