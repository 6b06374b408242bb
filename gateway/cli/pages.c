/* The pages of the admin listener that belong to the lab: phones in the browser, the preview. */
#include "cli/cli.h"

#include "lab/desk/web.h"
#include "lab/preview.h"
#include "lab/simulator.h"

static bool handle_preview(void *page, const struct role_context *role,
                           const struct http_request *request, struct arena *arena,
                           struct buf *body, struct http_response *ret)
{
    (void)page;
    (void)arena;
    return (str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD"))) &&
           preview_handle(role->config->lessons_dir.p, request->path, body, ret);
}

static void *open_phones(const struct role_context *role)
{
    return web_phones_new(role->config->listen_address.p, role->config->port,
                          loop_wall(role->loop));
}

static bool handle_phones(void *page, const struct role_context *role,
                          const struct http_request *request, struct arena *arena, struct buf *body,
                          struct http_response *ret)
{
    return web_phones_handle(page, request, loop_wall(role->loop), arena, body, ret);
}

static void close_phones(void *page)
{
    web_phones_free(page);
}

static void *open_simulator(const struct role_context *role)
{
    return simulator_new(role->channels);
}

static bool handle_simulator(void *page, const struct role_context *role,
                             const struct http_request *request, struct arena *arena,
                             struct buf *body, struct http_response *ret)
{
    (void)body;
    return simulator_handle(page, request, loop_wall(role->loop), arena, ret);
}

static void close_simulator(void *page)
{
    simulator_free(page);
}

const struct role_page pages[] = {
    {.path = "/preview/", .handle = handle_preview},
    {.path = "/sim/", .open = open_phones, .handle = handle_phones, .close = close_phones},
    {.path = "/sim/outbox",
     .open = open_simulator,
     .handle = handle_simulator,
     .close = close_simulator},
};
