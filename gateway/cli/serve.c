/* `waypost serve`: which processes there are, what they listen on, and when all is read again. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/check.h"
#include "port/front/front.h"
#include "port/systemd.h"
#include "port/vault/vault.h"
#include "role/health.h"
#include "role/role.h"
#include "role/supervisor.h"

#define ADMIN_ADDRESS "127.0.0.1"
#define MAX_TURN_MS 50
#define PROBLEMS_MAX_BYTES 65536u

struct process {
    const char *role;
    int (*run)(const struct role_context *role);
    unsigned index;
    char name[24]; /* "front-0" */
    int listen_fd; /* -1 = none */
};

struct service {
    const char *config_path;
    struct arena *arena; /* of config; what SIGHUP reads has one of its own */
    struct config config;
    struct channels channels;
    enum log_level level;
    struct metrics *metrics;
    struct role_slot *slots;
    uint64_t instance; /* random */
    uint32_t n_processes;
    struct process processes[SUPERVISOR_MAX_PROCESSES];
    struct timer *beat; /* in a child */
    struct loop *loop;
    uint32_t self;
};

/* ---- in a child ---- */

static void on_beat(void *ctx)
{
    struct service *s = ctx;
    role_slot_beat(&s->slots[s->self], loop_mono(s->loop));
    log_flush(false);
    timer_start(s->loop, s->beat, ROLE_BEAT_MS);
}

static int run_process(void *ctx, uint32_t i)
{
    struct service *s = ctx;
    const struct process *p = &s->processes[i];
    struct role_slot *slot = &s->slots[i];
    for (uint32_t other = 0; other < s->n_processes; other++) {
        if (other != i && s->processes[other].listen_fd >= 0)
            (void)close(s->processes[other].listen_fd); /* the others' */
    }
    log_init(s->level, p->name);
    role_slot_begin(slot);
    s->self = i;
    s->loop = loop_libevent_new();
    s->beat = timer_new(s->loop, on_beat, s);
    timer_start(s->loop, s->beat, 0);
    if (p->run != role_admin) /* which reads files when asked to, and nobody waits for it */
        loop_libevent_watch(s->loop, MAX_TURN_MS, &slot->n_stalls);
    const struct role_context role = {
        .config = &s->config,
        .channels = &s->channels,
        .metrics = s->metrics,
        .loop = s->loop,
        .index = p->index,
        .instance = s->instance,
        .listen_fd = p->listen_fd,
        .slot = slot,
        .all_slots = s->slots,
        .n_slots = s->n_processes,
        .pages = pages,
        .n_pages = s->config.is_simulator_on ? PAGES_ALL : PAGES_WITHOUT_SIMULATOR};
    int code = p->run(&role);
    timer_free(s->loop, s->beat);
    loop_free(s->loop);
    log_flush(true);
    return code;
}

/* ---- in the supervisor ---- */

static const char *process_name(void *ctx, uint32_t i)
{
    struct service *s = ctx;
    return s->processes[i].name;
}

static void on_end(void *ctx, uint32_t i)
{
    struct service *s = ctx;
    role_slot_end(&s->slots[i]);
}

static int64_t beat(void *ctx, uint32_t i)
{
    struct service *s = ctx;
    return atomic_load(&s->slots[i].beat_ms);
}

static bool is_ready(void *ctx, uint32_t i, pid_t pid)
{
    struct service *s = ctx;
    return atomic_load(&s->slots[i].pid) == pid &&
           role_slot_state(&s->slots[i]) == ROLE_STATE_READY;
}

/* Fronts share the port; of the others there must not be two at work on the same things. What the
 * simulator has in memory is not worth losing for the admin listener. */
static enum supervisor_way way(void *ctx, uint32_t i)
{
    struct service *s = ctx;
    return s->processes[i].run == role_front   ? SUPERVISOR_BESIDE
           : s->processes[i].run == role_admin ? SUPERVISOR_STAY
                                               : SUPERVISOR_AFTER;
}

static void on_hang(void *ctx, uint32_t i)
{
    struct service *s = ctx;
    role_slot_hang(&s->slots[i], clock_mono());
}

static void on_look(void *ctx)
{
    (void)ctx;
    systemd_watchdog(clock_mono());
    log_flush(false);
}

static bool is_settled(void *ctx)
{
    struct service *s = ctx;
    for (uint32_t i = 0; i < s->n_processes; i++) {
        if (role_slot_state(&s->slots[i]) == ROLE_STATE_STARTING)
            return false;
    }
    return true;
}

static void on_settled(void *ctx)
{
    struct service *s = ctx;
    LOG_INFO("serve", "started", "processes=%u admin_port=%u", s->n_processes,
             s->config.admin_port);
    systemd_notify("READY=1");
}

static void close_listeners(struct service *s)
{
    for (uint32_t i = 0; i < s->n_processes; i++) {
        if (s->processes[i].listen_fd >= 0)
            (void)close(s->processes[i].listen_fd); /* nothing to be done about a failed close */
        s->processes[i].listen_fd = -1;
    }
}

static void on_stop(void *ctx)
{
    systemd_notify("STOPPING=1");
    close_listeners(ctx); /* the processes have theirs, and take what waits in the queue */
}

static void add_process(struct service *s, const char *role,
                        int (*run)(const struct role_context *role), unsigned index)
{
    struct process *p = &s->processes[s->n_processes++];
    *p = (struct process){.role = role, .run = run, .index = index, .listen_fd = -1};
    (void)snprintf(p->name, sizeof(p->name), "%s-%u", role, index); /* names are short */
}

static void add_role(struct service *s, const char *wanted, const char *index, const char *role,
                     int (*run)(const struct role_context *role), unsigned n)
{
    uint64_t only = 0;
    if (wanted != NULL && strcmp(wanted, role) != 0)
        return;
    if (index != NULL && str_to_u64(str_from(index), UINT16_MAX, &only) == ERR_OK) {
        add_process(s, role, run, (unsigned)only);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        add_process(s, role, run, i);
}

static unsigned n_cores(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < 64 ? (unsigned)n : 64; /* as many as `fronts` may be */
}

static int choose_processes(struct service *s, const struct cli_args *args)
{
    const struct config *config = &s->config;
    const char *wanted = cli_get(args, "role", NULL), *index = cli_get(args, "index", NULL);
    uint64_t number;
    if (index != NULL &&
        (wanted == NULL || str_to_u64(str_from(index), UINT16_MAX, &number) != ERR_OK)) {
        cli_complain("serve: --index goes with --role and is a number from 0 to %u", UINT16_MAX);
        return EX_USAGE;
    }
#define ROLE_ADD(name, n, summary) add_role(s, wanted, index, #name, role_##name, (unsigned)(n));
    ROLES(ROLE_ADD)
#undef ROLE_ADD
    (void)config; /* a count in ROLES may be an expression over it */
    if (s->n_processes == 0) {
        cli_complain("serve: there is no role '%s'; `waypost serve --help` lists them", wanted);
        return EX_USAGE;
    }
    add_process(s, "admin", role_admin, 0);
    return EX_OK;
}

/* The socket that a service manager has opened for it, or a new one. Given sockets without a name
 * are for callbacks, and shared when there are fewer of them than fronts. */
static enum err open_listener(const struct service *s, struct process *p,
                              const struct systemd_socket *given, uint32_t n_given,
                              struct errmsg *msg)
{
    bool is_admin = p->run == role_admin;
    if (!is_admin && strcmp(p->role, "front") != 0)
        return ERR_OK;
    int matching[SYSTEMD_MAX_SOCKETS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_given; i++) {
        if ((strcmp(given[i].name, "admin") == 0) == is_admin)
            matching[n++] = given[i].fd;
    }
    if (n > 0) {
        p->listen_fd = fcntl(matching[p->index % n], F_DUPFD_CLOEXEC, 0);
        return p->listen_fd >= 0 ? ERR_OK
                                 : errmsg_set(msg, ERR_UNAVAILABLE, "socket %d was not handed over",
                                              matching[p->index % n]);
    }
    bool is_beside = false;
    for (const struct process *other = s->processes; other < p; other++)
        is_beside |= other->listen_fd >= 0 && (other->run == role_admin) == is_admin;
    return front_listen(is_admin ? ADMIN_ADDRESS : s->config.listen_address.p,
                        (int)(is_admin ? s->config.admin_port : s->config.port), is_beside,
                        &p->listen_fd, msg);
}

static int open_listeners(struct service *s)
{
    struct systemd_socket given[SYSTEMD_MAX_SOCKETS];
    uint32_t n_given = systemd_sockets(given);
    struct errmsg msg;
    enum err e = ERR_OK;
    for (uint32_t i = 0; i < s->n_processes && e == ERR_OK; i++)
        e = open_listener(s, &s->processes[i], given, n_given, &msg);
    for (uint32_t i = 0; i < n_given; i++)
        (void)close(given[i].fd); /* each process has its own copy */
    if (e == ERR_OK)
        return EX_OK;
    cli_complain("serve: %s", msg.text);
    close_listeners(s);
    return EX_UNAVAILABLE;
}

/* The soft limit of a shell is meant for other programs. EX_OK, or too few: it was told. */
static int raise_descriptor_limit(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    (void)getrlimit(RLIMIT_NOFILE, &limit); /* fails on a wrong argument only */
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* up to the hard limit is always allowed */
    if (limit.rlim_max >= 128)
        return EX_OK;
    cli_complain("serve: only %llu files may be open at once, 128 are the least; raise the hard "
                 "limit (ulimit -Hn, LimitNOFILE= of the unit)",
                 (unsigned long long)limit.rlim_max);
    return EX_OSERR;
}

/* Keys, numbers and answers are in this memory: no core file holds them, and no other process of
 * the user reads them. */
static void hide_memory(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none); /* less is always allowed */
#ifndef __SANITIZE_ADDRESS__             /* whose search for leaks has to trace this process */
    (void)prctl(PR_SET_DUMPABLE, 0);     /* fails on a wrong argument only */
#endif
}

static enum log_level log_level_of(struct str name)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    size_t level = LOG_LEVEL_ERROR;
    while (level < LOG_LEVEL_DEBUG && !str_eq(name, str_from(names[level])))
        level++;
    return (enum log_level)level;
}

static bool has_process(const struct service *s, int (*run)(const struct role_context *role))
{
    for (uint32_t i = 0; i < s->n_processes; i++) {
        if (s->processes[i].run == run)
            return true;
    }
    return false;
}

/* What the processes that we have begin with. */
static struct check_needs needs(const struct service *s)
{
    return (struct check_needs){
        .keys =
            has_process(s, role_front) || has_process(s, role_sender) || has_process(s, role_timer),
        .writer = has_process(s, role_writer),
        .sender = has_process(s, role_sender),
    };
}

/* Once for all processes: one that is started again later must not find a file that somebody is in
 * the middle of editing. EX_OK, or what is wrong was said. */
static int load(const char *path, struct arena *arena, struct config *ret,
                struct channels *ret_channels)
{
    struct buf problems CLEANUP(buf_fini);
    struct yaml_report report = {.text = &problems};
    buf_init(&problems, PROBLEMS_MAX_BYTES);
    if (check_load(path, arena, ret, ret_channels, &report) != ERR_OK) {
        cli_complain_lines(&problems);
        return EX_CONFIG;
    }
    if (ret->n_fronts == 0)
        ret->n_fronts = n_cores();
    return EX_OK;
}

static int check_needed(const struct service *s, const struct config *config)
{
    struct buf problems CLEANUP(buf_fini);
    struct yaml_report report = {.text = &problems, .file = str_from(s->config_path)};
    const struct check_needs needed = needs(s);
    buf_init(&problems, PROBLEMS_MAX_BYTES);
    if (check_parts(config, &needed, &report))
        return EX_OK;
    cli_complain_lines(&problems);
    return EX_CONFIG;
}

/* What is open already stays as it is until the next start. */
static void keep_listeners(struct config *config, const struct config *old)
{
    if (!str_eq(config->listen_address, old->listen_address) || config->port != old->port ||
        config->admin_port != old->admin_port || config->n_fronts != old->n_fronts)
        LOG_WARN("serve", "listen_address, port, admin_port and fronts wait for the next start",
                 "%s", "");
    config->port = old->port;
    config->admin_port = old->admin_port;
    config->n_fronts = old->n_fronts;
}

/* What the metrics of this configuration are about. */
static void tell_metrics(const struct service *s)
{
    for (uint32_t i = 0; i < s->config.n_channels; i++)
        metrics_name_channel(s->metrics, s->config.channels[i].name);
    metrics_set(s->metrics, METRIC_cap_money_day, s->config.cap_money_day / CONFIG_AMOUNT);
}

static bool on_hangup(void *ctx)
{
    struct service *s = ctx;
    struct arena *arena = arena_new(CLI_CONFIG_ARENA_BYTES);
    static struct config config;
    static struct channels channels;
    bool is_loaded = load(s->config_path, arena, &config, &channels) == EX_OK;
    if (!is_loaded || check_needed(s, &config) != EX_OK) {
        log_write_always(LOG_LEVEL_ERROR, "serve",
                         "the new configuration is wrong: the old one stays", "file=%s",
                         s->config_path);
        if (is_loaded)
            channels_fini(&channels);
        arena_free(arena);
        return false;
    }
    keep_listeners(&config, &s->config);
    channels_fini(&s->channels); /* each process has its own copy */
    arena_free(s->arena);
    s->arena = arena;
    s->config = config;
    s->channels = channels;
    tell_metrics(s);
    s->level = log_level_of(config.log_level);
    log_set_json(str_eq(config.log_format, STR("json")));
    log_init(s->level, "supervisor");
    log_write_always(LOG_LEVEL_INFO, "serve", "configuration read again", "channels=%u",
                     s->channels.n);
    return true;
}

/* What was read from files goes with the service. */
static int release(struct service *s, int code)
{
    channels_fini(&s->channels);
    arena_free(s->arena);
    s->arena = NULL;
    return code;
}

static int serve_run(const struct cli_args *args)
{
    static struct service service;
    struct service *s = &service;
    *s = (struct service){.config_path = NULL};
    if (!cli_has_no_words(args))
        return EX_USAGE;
    s->arena = arena_new(CLI_CONFIG_ARENA_BYTES); /* as long as the service */
    s->config_path = cli_get(args, "config", CLI_CONFIG_DEFAULT);
    int code = load(s->config_path, s->arena, &s->config, &s->channels);
    if (code != EX_OK)
        return release(s, code);
    s->level = log_level_of(s->config.log_level);
    log_set_json(str_eq(s->config.log_format, STR("json")));
    log_init(s->level, "supervisor");
    code = raise_descriptor_limit();
    if (code == EX_OK)
        code = choose_processes(s, args);
    if (code == EX_OK)
        code = check_needed(s, &s->config);
    if (code == EX_OK)
        code = cli_config_go_live(&s->config, "serve");
    if (code == EX_OK)
        code = open_listeners(s);
    if (code != EX_OK)
        return release(s, code);
    systemd_log_goes();
    hide_memory();
    vault_random((uint8_t *)&s->instance, sizeof(s->instance));
    s->metrics = metrics_new();
    tell_metrics(s);
    s->slots = role_slots_new(s->n_processes);
    for (uint32_t i = 0; i < s->n_processes; i++) {
        (void)snprintf(s->slots[i].name, sizeof(s->slots[i].name), "%s", s->processes[i].role);
        s->slots[i].index = s->processes[i].index;
    }
    const struct supervisor_plan plan = {.n_processes = s->n_processes,
                                         .drain_ms = ROLE_DRAIN_MS,
                                         .ctx = s,
                                         .name = process_name,
                                         .run = run_process,
                                         .on_end = on_end,
                                         .hang_ms = ROLE_HANG_MS,
                                         .beat = beat,
                                         .on_hang = on_hang,
                                         .on_look = on_look,
                                         .is_settled = is_settled,
                                         .on_settled = on_settled,
                                         .on_stop = on_stop,
                                         .on_hangup = on_hangup,
                                         .way = way,
                                         .is_ready = is_ready};
    code = supervisor_run(&plan);
    LOG_INFO("serve", "stopped", "code=%d", code);
    metrics_free(s->metrics);
    return release(s, code);
}

#define ROLE_LINE(name, n, summary) "\n    " #name "  " summary

const struct cli_command cli_serve = {
    .name = "serve",
    .summary = "run the gateway",
    .usage =
        "serve [--config FILE] [--role ROLE [--index N]]\n"
        "Runs each role in processes of its own and starts again what dies. SIGTERM stops taking\n"
        "callbacks, finishes what is under way within 10 s and ends; a second one ends at once.\n"
        "SIGHUP reads configuration, secrets, keys and profiles again and replaces the processes "
        "one\n"
        "after the other, without losing a callback; what is wrong is logged, and the old ones "
        "stay\n"
        "(`waypost config check` and `waypost channel check` say it before). Addresses, ports and "
        "the\n"
        "number of fronts wait for a restart. Beside any role runs the admin\n"
        "listener on 127.0.0.1 (/livez /readyz /metrics), so two `serve --role` on one host need\n"
        "two values of admin_port.\n"
        "Roles:" ROLES(ROLE_LINE),
    .options = {CLI_CONFIG_OPTION,
                {"role", "ROLE", "only this role, for a site of several hosts", false},
                {"index", "N", "only one process of the role, with this number", false}},
    .run = serve_run,
};
