/* `waypost lessons edit`: the author's desk (lab/desk/web.h) on the loopback, until Ctrl-C. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/author.h"
#include "lab/desk/web.h"
#include "lab/shipped.h"
#include "port/front/front.h"
#include "port/vault/vault.h"

#define REQUEST_ARENA_BYTES (4 * LESSON_ARENA_BYTES)
#define ANSWER_MAX_BYTES (4 * COURSE_MAX_BYTES)

struct edit {
    struct front *front;
    struct loop *loop;
    struct web_desk *desk;
    struct arena *arena;
    struct buf body;
};

static void on_request(void *ctx, struct front_token token, const struct http_request *request,
                       struct str peer)
{
    struct edit *edit = ctx;
    struct http_response response;
    (void)peer; /* the listener is on the loopback */
    arena_reset(edit->arena);
    buf_reset(&edit->body);
    web_desk_handle(edit->desk, request, edit->arena, &edit->body, &response);
    front_reply(edit->front, token, &response);
}

static void on_signal(void *ctx)
{
    struct edit *edit = ctx;
    loop_stop(edit->loop);
}

static int serve(struct edit *edit, int port, const char *token)
{
    struct errmsg msg = {""};
    struct front_setup setup = {.limits = front_default_limits(), .fn = on_request, .ctx = edit};
    struct front_limits *limits = &setup.limits;
    limits->max_connections_per_peer = 0;               /* all of them are this host */
    limits->http.max_body_bytes = 3 * COURSE_MAX_BYTES; /* percent-encoded */
    limits->max_memory_bytes = 16 * COURSE_MAX_BYTES;
    limits->reply_ms = 60000; /* long courses take a while to check */
    if (front_listen("127.0.0.1", port, false, &setup.listen_fd, &msg) != ERR_OK ||
        front_libevent_new(edit->loop, &setup, &edit->front, &msg) != ERR_OK) {
        cli_complain("%s", msg.text);
        return EXIT_USAGE;
    }
    loop_libevent_on_signal(edit->loop, SIGINT, on_signal, edit);
    loop_libevent_on_signal(edit->loop, SIGTERM, on_signal, edit);
    printf("http://127.0.0.1:%d/%s/\n", front_port(edit->front), token);
    (void)fflush(stdout); /* who reads it waits for it */
    fprintf(stderr, "open this address in a browser on this computer; Ctrl-C ends the desk\n");
    loop_run(edit->loop);
    return EXIT_CLEAN;
}

int author_edit(const struct cli_args *args, const char *dir)
{
    struct folder folder CLEANUP(folder_fini) = {0};
    char profiles[PATH_MAX], token[33];
    uint8_t random[16];
    uint64_t port = 0;
    int code = folder_read(dir, &folder);
    if (code != EXIT_CLEAN)
        return code;
    if (str_to_u64(str_from(cli_get(args, "port", "0")), 65535, &port) != ERR_OK ||
        shipped_find("config/profiles", profiles) != ERR_OK) {
        cli_complain("no port, or no folder config/profiles here");
        return EXIT_USAGE;
    }
    vault_random(random, sizeof(random));
    hex_encode(random, sizeof(random), token);
    struct edit edit = {.loop = loop_libevent_new(),
                        .desk = web_desk_new(dir, profiles, token),
                        .arena = arena_new(REQUEST_ARENA_BYTES)};
    buf_init(&edit.body, ANSWER_MAX_BYTES);
    code = serve(&edit, (int)port, token);
    front_free(edit.front);
    web_desk_free(edit.desk);
    arena_free(edit.arena);
    buf_fini(&edit.body);
    loop_free(edit.loop);
    return code;
}
