/* The pages under /report/: requests. */
#include <stdlib.h>

#include "app/report/internal.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "port/sink/sink.h"
#include "wire/address.h"

#define SWEEP_MS 30000

static void redirect(struct report_pages *all, struct front_token token, const char *to)
{
    const struct http_header location = {STR("Location"), str_from(to)};
    report_reply(all, token,
                 &(struct report_response){.status = 303, .extra = &location, .n_extra = 1});
}

static struct mono_ms now_of(const struct report_pages *all)
{
    return loop_mono(all->parts.loop);
}

/* ---- requests ---- */

static void take_post(struct report_pages *all, struct front_token token,
                      const struct http_request *request, struct str path, struct str peer)
{
    const struct config *config = all->parts.config;
    struct report_session *session =
        report_session_find(&all->sessions, page_cookie(request, STR(REPORT_COOKIE)), now_of(all));
    if (!page_is_of(request, config->report_url))
        report_reply_words(all, token, 403, "Not from here",
                           "Only a page of these reports may do this.");
    else if (str_eq(path, STR("login")))
        report_sign_in(all, token, request,
                       address_of_caller(request, peer, config->trusted_proxies));
    else if (str_eq(path, STR("logout"))) {
        if (session != NULL)
            report_session_end(session);
        redirect(all, token, "/report/login");
    } else
        report_reply_words(all, token, 404, "No such page", "There is no such page.");
}

static void take_get(struct report_pages *all, struct front_token token,
                     const struct http_request *request, struct str path)
{
    const struct page_file *file = report_file(path);
    const struct report_page *page = report_page_find(path);
    const struct report_panel *panel =
        str_ends(path, STR(".csv")) ? report_panel_find(str_sub(path, 0, path.len - 4)) : NULL;
    if (file != NULL) {
        static const struct http_header age = {{"Cache-Control", 13}, {"public, max-age=600", 19}};
        report_reply(all, token,
                     &(struct report_response){.status = 200,
                                               .type = str_from(file->type),
                                               .body = {(const char *)file->bytes, file->n},
                                               .extra = &age,
                                               .n_extra = 1});
        return;
    }
    if (str_eq(path, STR("login"))) {
        report_reply_login(all, token, 200, STR_NONE, REPORT_NO_HEADER);
        return;
    }
    struct report_session *session =
        report_session_find(&all->sessions, page_cookie(request, STR(REPORT_COOKIE)), now_of(all));
    if (session == NULL)
        redirect(all, token, "/report/login");
    else if (page == NULL && panel == NULL && !str_eq(path, STR("month")))
        report_reply_words(all, token, 404, "No such page", "There is no such page.");
    else
        report_job_new(all, token, session, page, panel, request->query);
}

static void not_allowed(struct report_pages *all, struct front_token token)
{
    const struct http_header allow = {STR("Allow"), STR("GET, HEAD, POST")};
    report_reply(all, token,
                 &(struct report_response){.status = 405, .extra = &allow, .n_extra = 1});
}

bool report_pages_handle(struct report_pages *all, struct front_token token,
                         const struct http_request *request, struct str peer)
{
    const struct str folder = STR("/report/");
    struct str path = str_sub(request->path, folder.len, request->path.len);
    if (all == NULL ||
        (!str_starts(request->path, folder) && !str_eq(request->path, STR("/report"))))
        return false;
    arena_reset(all->arena);
    if (str_eq(request->path, STR("/report")))
        redirect(all, token, "/report/");
    else if (str_eq(request->method, STR("POST")))
        take_post(all, token, request, path, peer);
    else if (str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD")))
        take_get(all, token, request, path);
    else
        not_allowed(all, token);
    return true;
}

bool report_pages_is_host(const struct report_pages *all, const struct http_request *request)
{
    struct str host = http_header_get(request->headers, request->n_headers, STR("Host"));
    if (all == NULL || host.p == NULL || !str_starts(request->path, STR("/report/")))
        return false;
    struct str url = all->parts.config->report_url;
    size_t at = str_find(url, STR("://"));
    return at != SIZE_MAX && str_eq_nocase(str_sub(url, at + 3, url.len), host);
}

static void on_sweep(void *ctx)
{
    struct report_pages *all = ctx;
    report_sessions_sweep(&all->sessions, now_of(all));
    timer_start(all->parts.loop, all->sweep, SWEEP_MS);
}

struct report_pages *report_pages_new(const struct report_parts *parts)
{
    struct errmsg msg;
    if (str_is_empty(parts->config->report_conninfo))
        return NULL;
    if (sink_libpq_check(parts->config->report_conninfo.p, &msg) != ERR_OK) {
        LOG_ERROR("report", "report_conninfo cannot be used", "%s", msg.text);
        return NULL;
    }
    struct report_pages *all = xcalloc(1, sizeof(*all));
    all->parts = *parts;
    arc4random_buf(&all->door.salt, sizeof(all->door.salt));
    all->arena = arena_new(1u << 20);
    all->sweep = timer_new(parts->loop, on_sweep, all);
    timer_start(parts->loop, all->sweep, SWEEP_MS);
    return all;
}

void report_pages_free(struct report_pages *all)
{
    if (all == NULL)
        return;
    report_sessions_close(&all->sessions);
    report_jobs_free(all);
    report_signing_free(all);
    timer_free(all->parts.loop, all->sweep);
    arena_free(all->arena);
    free(all);
}
