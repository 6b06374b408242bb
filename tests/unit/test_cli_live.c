/*
 * Commands that speak to a gateway that runs (phone, talk --live, channel try), and the phones of
 * its page /sim/: what they say of one that answers, refuses, talks nonsense or is not there. The
 * gateway is a pretended one, in a process of its own: the real listener and the real simulator,
 * and callbacks whose answers the tests choose.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "cli_run.h"
#include "lab/desk/web.h"
#include "lab/simulator.h"
#include "lab/talk/run.h"
#include "port/front/front.h"

enum manner { WELL, REFUSES, NONSENSE, MISSING, AN_OBJECT };

/* What the gateway is told by the tests. */
static struct manners {
    _Atomic enum manner callbacks, simulator;
} * manners;

static const struct setting settings[] = {{{"username", 8}, {"u", 1}}, {{"apikey", 6}, {"k", 1}}};
static const struct config_channel channel_list[] = {
    {.name = {"at", 2},
     .profile = {"africastalking", 14},
     .country = {"KE", 2},
     .settings = {settings, 2},
     .is_unsigned_allowed = true,
     .new_numbers_hour = 1000},
};
static const struct config channel_config = {
    .profiles_dir = {"config/profiles", 15}, .channels = channel_list, .n_channels = 1};

/* ---- the gateway ---- */

struct gateway {
    struct loop *loop;
    struct front *callbacks, *admin;
    struct simulator *simulator;
    struct arena *arena;
    struct timer *look;
};

static pid_t gateway_pid;
static int callback_port, admin_port;
static char base[64], admin_base[64], nobody[64];

/* As the sender would send it: the simulator has an SMS for that phone. */
static void deliver(struct gateway *g, struct str to, struct str text)
{
    static struct http_request request; /* large */
    struct http_response response;
    struct buf words[2];
    for (size_t i = 0; i < 2; i++) {
        buf_init(&words[i], 4096);
        form_encode_path(i == 0 ? to : text, &words[i]);
    }
    request = (struct http_request){.method = STR("POST"), .path = STR("/sim/send/at")};
    request.headers[request.n_headers++] =
        (struct http_header){STR("X-Waypost-To"), buf_str(&words[0])};
    request.headers[request.n_headers++] =
        (struct http_header){STR("X-Waypost-Text"), buf_str(&words[1])};
    if (!simulator_handle(g->simulator, &request, clock_wall(), g->arena, &response))
        abort();
    buf_fini(&words[0]);
    buf_fini(&words[1]);
}

static struct http_response plain(int status, struct str body)
{
    return (struct http_response){
        .status = status, .content_type = STR("text/plain"), .body = body};
}

/* An SMS is answered with its own words, a screen with what was typed; 0 ends the session. */
static void on_callback(void *ctx, struct front_token token, const struct http_request *request,
                        struct str peer)
{
    struct gateway *g = ctx;
    struct form form;
    (void)peer;
    arena_reset(g->arena);
    if (form_parse(request->body, g->arena, &form) != ERR_OK)
        abort();
    struct str text = form_get(&form, STR("text"));
    struct http_response response = plain(200, STR(""));
    enum manner manner = atomic_load(&manners->callbacks);
    if (manner == REFUSES)
        response = plain(503, STR("busy"));
    else if (manner == NONSENSE)
        response = plain(200, STR("<html>"));
    else if (str_starts(request->path, STR("/in/at-ussd")))
        response.body = str_ends(text, STR("0"))
                            ? STR("END Goodbye.")
                            : arena_printf(g->arena, "CON Typed:\n%.*s", STR_ARG(text));
    else if (str_starts(request->path, STR("/in/at")))
        deliver(g, form_get(&form, STR("from")),
                arena_printf(g->arena, "Heard: %.*s", STR_ARG(str_trim(text))));
    front_reply(g->callbacks, token, &response);
}

static void on_admin(void *ctx, struct front_token token, const struct http_request *request,
                     struct str peer)
{
    struct gateway *g = ctx;
    struct http_response response = plain(404, STR("nothing here\n"));
    enum manner manner = atomic_load(&manners->simulator);
    (void)peer;
    arena_reset(g->arena);
    if (manner == NONSENSE)
        response = plain(200, STR("hello"));
    else if (manner == AN_OBJECT)
        response = plain(200, STR("{}"));
    else if (manner == WELL)
        (void)simulator_handle(g->simulator, request, clock_wall(), g->arena,
                               &response); /* else it stays 404 */
    front_reply(g->admin, token, &response);
}

static void on_stop(void *ctx)
{
    loop_stop(ctx);
}

static struct front *listen_with(struct gateway *g, int fd, front_on_request *fn)
{
    struct front_limits limits = front_default_limits();
    struct front *front;
    struct errmsg msg;
    if (front_libevent_new(g->loop, &(struct front_setup){fd, limits, fn, g}, &front, &msg) !=
        ERR_OK)
        abort();
    return front;
}

static void gateway_run(int callback_fd, int admin_fd)
{
    static struct channels channels; /* large */
    struct errmsg msg;
    struct gateway g = {.loop = loop_libevent_new(), .arena = arena_new(64u << 20)};
    if (channels_load(&channel_config, &channels, &msg) != ERR_OK)
        abort();
    g.simulator = simulator_new(&channels);
    g.callbacks = listen_with(&g, callback_fd, on_callback);
    g.admin = listen_with(&g, admin_fd, on_admin);
    loop_libevent_on_signal(g.loop, SIGTERM, on_stop, g.loop);
    loop_run(g.loop);
    front_free(g.callbacks);
    front_free(g.admin);
    simulator_free(g.simulator);
    channels_fini(&channels);
    arena_free(g.arena);
    loop_free(g.loop);
}

static int listener(int *ret_port)
{
    struct sockaddr_in own = {.sin_port = 0};
    socklen_t len = sizeof(own);
    struct errmsg msg;
    int fd = -1;
    if (front_listen("127.0.0.1", 0, false, &fd, &msg) != ERR_OK ||
        getsockname(fd, (struct sockaddr *)&own, &len) != 0)
        abort();
    *ret_port = ntohs(own.sin_port);
    return fd;
}

static int nobodys_port;

static int setup(void **state)
{
    int callback_fd = listener(&callback_port), admin_fd = listener(&admin_port);
    (void)state;
    manners =
        mmap(NULL, sizeof(*manners), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (manners == MAP_FAILED)
        return -1;
    gateway_pid = fork();
    if (gateway_pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        gateway_run(callback_fd, admin_fd);
        _exit(0);
    }
    (void)close(callback_fd);
    (void)close(admin_fd);
    (void)close(listener(&nobodys_port)); /* nobody listens there now */
    (void)snprintf(base, sizeof(base), "http://127.0.0.1:%d", callback_port);
    (void)snprintf(admin_base, sizeof(admin_base), "http://127.0.0.1:%d/", admin_port);
    (void)snprintf(nobody, sizeof(nobody), "http://127.0.0.1:%d", nobodys_port);
    return gateway_pid > 0 ? 0 : -1;
}

static int teardown(void **state)
{
    int status = -1;
    (void)state;
    if (kill(gateway_pid, SIGTERM) != 0 || waitpid(gateway_pid, &status, 0) != gateway_pid)
        return -1;
    (void)munmap(manners, sizeof(*manners));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int be_well(void **state)
{
    (void)state;
    atomic_store(&manners->callbacks, WELL);
    atomic_store(&manners->simulator, WELL);
    return 0;
}

/* ---- files ---- */

static char path[64];

static const char *file_with(const char *text)
{
    (void)snprintf(path, sizeof(path), "/tmp/waypost-live.XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
    return path;
}

static void assert_part(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in:\n%s", part, text);
}

/* ---- a phone ---- */

static int phone(const char *number, const char *script, const char *wait)
{
    int code = RUN("phone", "--from", number, "--script", file_with(script), "--url", base,
                   "--admin", admin_base, "--wait", wait);
    assert_int_equal(unlink(path), 0);
    return code;
}

static void a_phone_shows_all_that_comes(void **state)
{
    (void)state;
    static const char script[] = "/dup\n# not said\nHELP\n/dup\n\n/drop\n/ussd\n1\n0\n1\n"
                                 "/redial\n/drop\n/dial *384*7*2#\n*384*7#\n/sms and this\n/sms\n"
                                 "/dance\n/quit\nnever\n";
    static const char shown[] = "sms>  /dup\n"
                                "      nothing was sent yet\n"
                                "sms>  HELP\n"
                                "sms<  Heard: HELP\n"
                                "sms>  /dup\n"
                                "      (the callback came again; the answer is the same)\n"
                                "sms<  Heard: HELP\n"
                                "sms>  \n"
                                "sms>  /drop\n"
                                "      no session is open\n"
                                "sms>  /ussd\n"
                                "ussd< Typed:\n"
                                "ussd> 1\n"
                                "ussd< Typed:\n"
                                "      1\n"
                                "ussd> 0\n"
                                "ussd< Goodbye.\n"
                                "      (the session is closed)\n"
                                "ussd> 1\n" /* typed into nothing: it dials */
                                "ussd< Typed:\n"
                                "ussd> /redial\n"
                                "      (the session is dropped)\n"
                                "ussd< Typed:\n"
                                "ussd> /drop\n"
                                "      (the session is dropped)\n"
                                "ussd> /dial *384*7*2#\n"
                                "ussd< Typed:\n"
                                "      2\n"
                                "ussd> *384*7#\n"
                                "ussd< Typed:\n"
                                "ussd> /sms and this\n"
                                "sms<  Heard: and this\n"
                                "ussd> /sms\n"
                                "sms>  /dance\n"
                                "sms>  /quit\n";
    assert_int_equal(phone("+254700000101", script, "5"), EX_OK);
    assert_string_equal(out, shown);
    assert_part(err_out, "/redial       closes it without a word");
}

/* Who comes later is not shown what others were told, nor the phone what it had seen. */
static void a_phone_begins_with_what_is_new(void **state)
{
    (void)state;
    assert_int_equal(phone("+254700000102", "ONE\n", "5"), EX_OK);
    assert_string_equal(out, "sms>  ONE\nsms<  Heard: ONE\n");
    assert_int_equal(phone("+254700000102", "\n", "5"), EX_OK);
    assert_string_equal(out, "sms>  \n");
    assert_int_equal(phone("+254700000103", "\n", "5"), EX_OK);
    assert_string_equal(out, "sms>  \n");
}

static void a_phone_says_what_is_wrong_with_the_gateway(void **state)
{
    (void)state;
    static const struct {
        enum manner callbacks, simulator;
        const char *script;
        int code;
        const char *says, *complains;
    } rows[] = {
        {REFUSES, WELL, "HELP\n", EX_OK, "      the gateway answered 503: busy\n", ""},
        {REFUSES, WELL, "/ussd\n", EX_OK, "      no screen; the session is closed\n", ""},
        {NONSENSE, WELL, "/ussd\n", EX_OK, "      no screen; the session is closed\n", ""},
        {WELL, MISSING, "HELP\n", EX_UNAVAILABLE, "",
         "/sim/outbox answered 404; is `simulator: on` set?"},
        {WELL, NONSENSE, "HELP\n", EX_UNAVAILABLE, "", "/sim/outbox is no simulator"},
        {WELL, AN_OBJECT, "HELP\n", EX_UNAVAILABLE, "", "/sim/outbox is no simulator"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        atomic_store(&manners->callbacks, rows[i].callbacks);
        atomic_store(&manners->simulator, rows[i].simulator);
        int code = phone("+254700000104", rows[i].script, "0");
        assert_part(out, rows[i].says);
        assert_part(err_out, rows[i].complains);
        if (rows[i].code == EX_OK)
            assert_int_equal(code, EX_OK);
        else
            assert_int_not_equal(code, EX_OK);
    }
}

static void a_phone_says_where_nobody_is(void **state)
{
    (void)state;
    assert_int_equal(
        RUN("phone", "--script", file_with("HELP\n"), "--url", nobody, "--admin", admin_base),
        EX_UNAVAILABLE);
    assert_part(err_out, nobody);
    assert_int_equal(unlink(path), 0);
}

static void addresses_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *base, *admin, *is_admin; /* NULL: refused */
    } rows[] = {
        {"http://127.0.0.1:8080", NULL, "http://127.0.0.1:8081"},
        {"http://127.0.0.1:8080//", NULL, "http://127.0.0.1:8081"},
        {"https://[::1]:65534", NULL, "https://[::1]:65535"},
        {"https://[::1]:65535", NULL, NULL},
        {"http://gateway.example", NULL, NULL},
        {"http://gateway.example", "http://other.example:9/", "http://other.example:9"},
        {"http://gateway.example:8080", "other.example", NULL},
        {"ftp://127.0.0.1:8080", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sim_address address;
        struct errmsg msg = {""};
        enum err e = sim_address_parse(rows[i].base, rows[i].admin, &address, &msg);
        assert_int_equal(e, rows[i].is_admin != NULL ? ERR_OK : ERR_INVALID);
        if (e == ERR_OK)
            assert_string_equal(address.admin, rows[i].is_admin);
        else
            assert_true(msg.text[0] != '\0');
    }
    char long_one[300] = "http://";
    struct sim_address address;
    struct errmsg msg;
    memset(long_one + 7, 'a', 255 - 7);
    assert_int_equal(sim_address_parse(long_one, base, &address, &msg), ERR_OK);
    long_one[255] = 'a';
    assert_int_equal(sim_address_parse(long_one, base, &address, &msg), ERR_INVALID);
}

/* ---- transcripts ---- */

static int talk(const char *script)
{
    int code = RUN("talk", "--live", base, "--admin", admin_base, file_with(script));
    assert_int_equal(unlink(path), 0);
    return code;
}

static void a_transcript_is_played(void **state)
{
    (void)state;
    assert_int_equal(
        talk("sms>  HELLO\nsms<  Heard: HELLO\nreport delivered\n"
             "sms>2 YOU\nsms<2 Heard: *\nrepeat 3\nsms<2 Heard: YOU\nsms<2 Heard: YOU\n"
             "sms<2 Heard: YOU\n"
             "ussd> *384*7#\nussd< CON Typed:*\nussd> 1\nussd< CON Typed:\\n1\n"
             "wait 1s\nussd> 0\nussd< END Goodbye.\n"),
        EX_OK);
}

static void a_transcript_says_what_came_instead(void **state)
{
    (void)state;
    assert_int_not_equal(talk("ussd> *384*7#\nussd< CON Welcome\n"), EX_OK);
    assert_part(out, "Typed:");
    atomic_store(&manners->callbacks, REFUSES);
    assert_int_equal(talk("ussd> *384*7#\nrefused 503\n"), EX_OK);
    assert_int_not_equal(talk("ussd> *384*7#\nussd< CON *\n"), EX_OK);
}

/* What only a world in memory can do is left out, with the reason. */
static void a_transcript_says_what_a_running_gateway_cannot(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "wait 2d",
        "turn 24h",
        "fail store.commit timeout",
        "group 482156 name=A",
        "certificate 482109375526 V;0;7;6;03/2026;1.2;en;Title;Org",
        "release",
        "erase",
        "correct m1q1 2",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text), "sms> HELLO\nsms< *\n%s\n", lines[i]); /* is short */
        (void)talk(text); /* its code says only whether one of several failed */
        if (strstr(out, "# SKIP") == NULL)
            fail_msg("%s: %s", lines[i], out);
    }
    /* Nor does its world do it when it is told to. */
    struct talk_live *live;
    struct errmsg msg;
    struct buf got CLEANUP(buf_fini);
    buf_init(&got, 4096);
    assert_int_equal(talk_live_new("nowhere", NULL, &live, &msg), ERR_INVALID);
    assert_int_equal(talk_live_new(base, admin_base, &live, &msg), ERR_OK);
    struct talk_world *world = talk_live_world(live);
    static const struct talk_line line;
    assert_int_equal((world->ops->fail)(world, &line), ERR_UNSUPPORTED);
    assert_int_equal(world->ops->group(world, &line), ERR_UNSUPPORTED);
    assert_int_equal(world->ops->correct(world, "+254700000001", &line), ERR_UNSUPPORTED);
    assert_int_equal(world->ops->certificate(world, "", &line), ERR_UNSUPPORTED);
    assert_int_equal(world->ops->look_after(world, "+254700000001", &line), ERR_UNSUPPORTED);
    assert_int_equal(world->ops->wait(world, 10001), ERR_UNSUPPORTED);
    assert_int_equal(world->ops->sms_id(world, "+254700000199", 0, &got), ERR_NOT_FOUND);
    assert_true(world->ops->now(world).ms > 0);
    talk_live_free(live);
    talk_live_free(NULL);
}

/* ---- the page of a running gateway ---- */

struct page {
    struct web_phones *phones;
    struct arena *arena;
    struct buf body;
    struct http_response response;
};

/* 0: not a path of the page. */
static int ask(struct page *p, const char *method, const char *at, const char *origin,
               const char *form)
{
    static struct http_request request; /* large */
    request = (struct http_request){
        .method = str_from(method), .path = str_from(at), .body = str_from(form)};
    request.headers[request.n_headers++] = (struct http_header){STR("Host"), STR("own:8081")};
    if (origin != NULL)
        request.headers[request.n_headers++] =
            (struct http_header){STR("Origin"), str_from(origin)};
    arena_reset(p->arena);
    buf_reset(&p->body);
    bool is_ours = web_phones_handle(p->phones, &request, (struct wall_ms){1764000000000}, p->arena,
                                     &p->body, &p->response);
    return is_ours ? p->response.status : 0;
}

static void page_open(struct page *p, const char *address, int port)
{
    p->phones = web_phones_new(address, (uint32_t)port, (struct wall_ms){1});
    p->arena = arena_new(1u << 20);
    buf_init(&p->body, 1u << 20);
}

static void page_close(struct page *p)
{
    web_phones_free(p->phones);
    arena_free(p->arena);
    buf_fini(&p->body);
}

#define OWN "http://own:8081"

static void the_page_is_a_phone(void **state)
{
    (void)state;
    static const struct {
        const char *form, *part;
    } rows[] = {
        {"number=%2B254700000201&do=sms&text=HELLO",
         "{\"screen\":null,\"open\":false,\"note\":\"\""},
        {"number=%2B254700000201&do=dial", "{\"screen\":\"Typed:\",\"open\":true,\"note\":\"\""},
        {"number=%2B254700000201&do=answer&text=1",
         "{\"screen\":\"Typed:\\n1\",\"open\":true,\"note\":\"\""},
        {"number=%2B254700000202&do=answer&text=1", "\"open\":false,\"note\":\"No session"},
        {"number=%2B254700000201&do=repeat",
         "{\"screen\":\"Typed:\\n1\",\"open\":true,\"note\":\"\""},
        {"number=%2B254700000201&do=drop", "{\"screen\":null,\"open\":false,\"note\":\"\""},
        {"number=%2B254700000201&do=dance", "\"note\":\""},
    };
    struct page p;
    page_open(&p, "0.0.0.0", callback_port); /* listens everywhere: it is on this host, too */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(ask(&p, "POST", "/sim/phone", OWN, rows[i].form), 200);
        if (str_find(p.response.body, str_from(rows[i].part)) == SIZE_MAX)
            fail_msg("%s: %.*s", rows[i].form, STR_ARG(p.response.body));
    }
    atomic_store(&manners->callbacks, REFUSES);
    assert_int_equal(ask(&p, "POST", "/sim/phone", OWN, rows[0].form), 200);
    assert_true(str_find(p.response.body, STR("The gateway refused this.")) != SIZE_MAX);
    atomic_store(&manners->callbacks, NONSENSE);
    assert_int_equal(ask(&p, "POST", "/sim/phone", OWN, rows[1].form), 200);
    assert_true(str_find(p.response.body, STR("No screen came; the session is closed.")) !=
                SIZE_MAX);
    page_close(&p);
}

static void the_page_says_that_the_gateway_is_away(void **state)
{
    (void)state;
    struct page p;
    page_open(&p, "127.0.0.1", nobodys_port);
    assert_int_equal(ask(&p, "POST", "/sim/phone", OWN, "number=%2B254700000201&do=dial"), 200);
    assert_true(str_find(p.response.body, STR("The gateway does not answer.")) != SIZE_MAX);
    page_close(&p);
}

/* The one that was not used for longest makes room: its session is forgotten, that of others not.
 */
static void the_page_has_sixteen_phones(void **state)
{
    (void)state;
    struct page p;
    char form[80];
    page_open(&p, "127.0.0.1", callback_port);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 16; i++) {
            (void)snprintf(form, sizeof(form), "number=%%2B2547000003%02d&do=%s&text=1", i,
                           round == 0 ? "dial" : "answer"); /* is short */
            assert_int_equal(ask(&p, "POST", "/sim/phone", OWN, form), 200);
            assert_true(str_find(p.response.body, STR("\"open\":true")) != SIZE_MAX);
        }
    }
    assert_int_equal(ask(&p, "POST", "/sim/phone", OWN, "number=%2B254700000399&do=dial"), 200);
    assert_int_equal(ask(&p, "POST", "/sim/phone", OWN, "number=%2B254700000301&do=answer&text=1"),
                     200);
    assert_true(str_find(p.response.body, STR("\"open\":true")) != SIZE_MAX);
    assert_int_equal(ask(&p, "POST", "/sim/phone", OWN, "number=%2B254700000300&do=answer&text=1"),
                     200);
    assert_true(str_find(p.response.body, STR("\"open\":false")) != SIZE_MAX);
    page_close(&p);
}

static void the_page_is_for_itself_alone(void **state)
{
    (void)state;
    static const struct {
        const char *method, *at, *origin, *form;
        int status;
    } rows[] = {
        {"GET", "/sim/", NULL, "", 200},
        {"HEAD", "/sim/desk.js", NULL, "", 200},
        {"GET", "/sim/outbox", NULL, "", 0},
        {"GET", "/metrics", NULL, "", 0},
        {"POST", "/sim/", OWN, "number=%2B254700000201&do=dial", 0},
        {"PUT", "/sim/phone", OWN, "number=%2B254700000201&do=dial", 0},
        {"POST", "/sim/phone", NULL, "number=%2B254700000201&do=dial", 403},
        {"POST", "/sim/phone", "http://own:8082", "number=%2B254700000201&do=dial", 403},
        {"POST", "/sim/phone", OWN, "do=dial", 400},
        {"POST", "/sim/phone", OWN, "number=254700000201&do=dial", 400},
        {"POST", "/sim/phone", OWN, "number=%2B25470&do=dial", 400},
        {"POST", "/sim/phone", OWN, "number=%2B2547000002x1&do=dial", 400},
        {"POST", "/sim/phone", OWN, "number=%2B254700000201222333&do=dial", 400},
    };
    struct page p;
    page_open(&p, "::1", callback_port); /* nothing is posted */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status = ask(&p, rows[i].method, rows[i].at, rows[i].origin, rows[i].form);
        if (status != rows[i].status)
            fail_msg("%s %s: %d", rows[i].method, rows[i].at, status);
    }
    page_close(&p);
}

/* ---- the simulator ---- */

#define EIGHT(text) text text text text text text text text
#define MANY_FIELDS EIGHT(EIGHT("a=1&a=1&a=1&a=1&a=1&"))

static void the_simulator_answers(void **state)
{
    (void)state;
    static const struct {
        const char *at, *query, *to, *text;
        int status; /* 0: not its path */
    } rows[] = {
        {"/sim/send/nobody", "", "%2B254700000401", "a", 404},
        {"/sim/send/at", "", NULL, "a", 400},
        {"/sim/send/at", "", "%2B254700000401", NULL, 400},
        {"/sim/send/at/version1/messaging", "", "%2B254700000401", "a", 201},
        {"/sim/outbox", "to=%2B254700000401", NULL, NULL, 200},
        {"/sim/outbox", MANY_FIELDS, NULL, NULL, 400},
        {"/sim/other", "", NULL, NULL, 404},
        {"/metrics", "", NULL, NULL, 0},
    };
    static struct http_request request; /* large */
    static struct channels channels;
    struct errmsg msg;
    struct arena *arena = arena_new(1u << 20);
    assert_int_equal(channels_load(&channel_config, &channels, &msg), ERR_OK);
    struct simulator *simulator = simulator_new(&channels);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_response response = {.status = 0};
        request =
            (struct http_request){.path = str_from(rows[i].at), .query = str_from(rows[i].query)};
        if (rows[i].to != NULL)
            request.headers[request.n_headers++] =
                (struct http_header){STR("X-Waypost-To"), str_from(rows[i].to)};
        if (rows[i].text != NULL)
            request.headers[request.n_headers++] =
                (struct http_header){STR("x-waypost-text"), str_from(rows[i].text)};
        bool is_its =
            simulator_handle(simulator, &request, (struct wall_ms){1000}, arena, &response);
        assert_int_equal(is_its, rows[i].status != 0);
        if (response.status != rows[i].status)
            fail_msg("%s: %d", rows[i].at, response.status);
    }
    simulator_free(simulator);
    simulator_free(NULL);
    channels_fini(&channels);
    arena_free(arena);
}

/* An SMS travels for 100 ms; one's own number is found however it is written, others' are not. */
static void the_simulator_shows_what_has_arrived(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        int64_t at_ms;
        int n;
    } rows[] = {
        {"", 1099, 0},
        {"", 1100, 1},
        {"", 999, 1}, /* the clock was put back */
        {"to=%2B254700000401", 1100, 1},
        {"to=254700000401", 1100, 1},
        {"to=+254%20700-000-401", 1100, 1},
        {"to=%2B25470000040", 1100, 0},
        {"to=%2B2547000004011", 1100, 0},
        {"to=%2B254700000402", 1100, 0},
    };
    static struct http_request request; /* large */
    static struct channels channels;
    struct http_response response;
    struct errmsg msg;
    struct arena *arena = arena_new(1u << 20);
    assert_int_equal(channels_load(&channel_config, &channels, &msg), ERR_OK);
    struct simulator *simulator = simulator_new(&channels);
    request = (struct http_request){.path = STR("/sim/send/at"), .n_headers = 2};
    request.headers[0] = (struct http_header){STR("X-Waypost-To"), STR("%2B254700000401")};
    request.headers[1] = (struct http_header){STR("X-Waypost-Text"), STR("a%20%22b%22")};
    assert_true(simulator_handle(simulator, &request, (struct wall_ms){1000}, arena, &response));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        request =
            (struct http_request){.path = STR("/sim/outbox"), .query = str_from(rows[i].query)};
        assert_true(simulator_handle(simulator, &request, (struct wall_ms){rows[i].at_ms}, arena,
                                     &response));
        bool has_it = str_find(response.body, STR("\"text\":\"a \\\"b\\\"\"")) != SIZE_MAX;
        if (has_it != (rows[i].n > 0))
            fail_msg("row %zu: %.*s", i, STR_ARG(response.body));
    }
    simulator_free(simulator);
    channels_fini(&channels);
    arena_free(arena);
}

/* ---- a sample of the provider's ---- */

static char config[64];

static void write_config(void)
{
    char text[1024], here[512];
    assert_non_null(getcwd(here, sizeof(here)));
    (void)snprintf(text, sizeof(text),
                   "org: Org\nurl: example.org\nport: %d\nadmin_port: %d\nsimulator: on\n"
                   "redis_socket: /nowhere\nwriter_conninfo: host=/nowhere dbname=x\n"
                   "sender_conninfo: host=/nowhere dbname=x\nprofiles_dir: %s/config/profiles\n"
                   "channels:\n"
                   "  - {name: at, profile: africastalking, country: KE, from: \"20880\",\n"
                   "     unsigned_callbacks: accepted, settings: {username: u, apikey: k}}\n",
                   callback_port, admin_port, here);
    (void)snprintf(config, sizeof(config), "%s", file_with(text));
}

static void a_sample_is_tried(void **state)
{
    (void)state;
    write_config();
    assert_int_equal(RUN("channel", "try", "at", "--from", "+254700000501", "--config", config),
                     EX_OK);
    assert_part(out, "# sample of africastalking: ");
    assert_part(out, "# it is read as\n");
    assert_part(out, "from=%2B254700000501\n");
    assert_part(out, "# the gateway answers 200\n");
    assert_part(out, "# the simulator delivers\nHeard: ");
    static const char raw[] =
        "POST /in/at HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n"
        "\nid=7&from=%2B254700000502&to=20880&text=FILE&date=2026-03-06T08%3A00%3A00Z";
    assert_int_equal(RUN("channel", "try", "at", "--request", file_with(raw), "--config", config),
                     EX_OK);
    assert_part(out, "# the simulator delivers\nHeard: FILE\n");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(config), 0);
}

static void what_is_wrong_with_a_try_is_said(void **state)
{
    (void)state;
    write_config();
    assert_int_not_equal(RUN("channel", "try", "at", "--url", nobody, "--config", config), EX_OK);
    assert_part(err_out, "no answer from http://127.0.0.1:");
    assert_int_not_equal(RUN("channel", "try", "none", "--config", config), EX_OK);
    assert_part(err_out, "there is no channel 'none'");
    assert_int_not_equal(RUN("channel", "try", "--config", config), EX_OK);
    assert_int_not_equal(
        RUN("channel", "try", "at", "--request", file_with("GET nothing"), "--config", config),
        EX_OK);
    assert_part(err_out, "holds no complete HTTP request");
    assert_int_equal(unlink(path), 0);
    assert_int_not_equal(RUN("channel", "try", "at", "--request", "/nowhere", "--config", config),
                         EX_OK);
    atomic_store(&manners->callbacks, REFUSES);
    assert_int_not_equal(RUN("channel", "try", "at", "--config", config), EX_OK);
    assert_part(out, "# the gateway answers 503\nbusy\n");
    assert_part(err_out, "the gateway did not take it");
    assert_int_equal(unlink(config), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_phone_shows_all_that_comes, be_well),
        cmocka_unit_test_setup(a_phone_begins_with_what_is_new, be_well),
        cmocka_unit_test_setup(a_phone_says_what_is_wrong_with_the_gateway, be_well),
        cmocka_unit_test_setup(a_phone_says_where_nobody_is, be_well),
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test_setup(a_transcript_is_played, be_well),
        cmocka_unit_test_setup(a_transcript_says_what_came_instead, be_well),
        cmocka_unit_test_setup(a_transcript_says_what_a_running_gateway_cannot, be_well),
        cmocka_unit_test_setup(the_page_is_a_phone, be_well),
        cmocka_unit_test_setup(the_page_says_that_the_gateway_is_away, be_well),
        cmocka_unit_test_setup(the_page_has_sixteen_phones, be_well),
        cmocka_unit_test_setup(the_page_is_for_itself_alone, be_well),
        cmocka_unit_test(the_simulator_answers),
        cmocka_unit_test(the_simulator_shows_what_has_arrived),
        cmocka_unit_test_setup(a_sample_is_tried, be_well),
        cmocka_unit_test_setup(what_is_wrong_with_a_try_is_said, be_well),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
