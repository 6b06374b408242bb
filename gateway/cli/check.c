/* check.h: what can be known without servers. */
#include "cli/check.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lab/http_call.h"
#include "port/config/files.h"
#include "port/config/live.h"
#include "port/front/front.h"
#include "port/sink/sink.h"
#include "port/vault/vault.h"

#define LIST_MAX_BYTES (1u << 20)
#define ROOM_MIN_MB 100u /* of a disk, beside the spool's quota */
#define INODES_MIN 1000u
#define CLOCK_STOPS_MS (5 * 60 * 1000)
#define CLOCK_HURTS_MS 5000

static const char *const level_names[N_CHECK_LEVELS] = {"stops", "hurts"};

/* ---- the list ---- */

static void add_json_text(struct buf *out, const char *key, struct str value)
{
    buf_addf(out, "\"%s\":", key);
    buf_add_json(out, value);
}

static void add_problem(struct check_list *list, enum check_level level,
                        const struct yaml_problem *p)
{
    struct buf *out = &list->text;
    const struct yaml_report *report = &list->reports[level];
    if (!list->is_json) {
        buf_addf(out, "%s: ", level_names[level]);
        yaml_problem_write(report, p, out);
        return;
    }
    buf_addf(out, "%s{\"level\":\"%s\",", out->len > 0 ? "," : "", level_names[level]);
    if (p->line > 0) {
        add_json_text(out, "file", report->file);
        buf_addf(out, ",\"line\":%u,\"column\":%u,", p->line, p->column);
    }
    add_json_text(out, "what", p->what);
    buf_add_char(out, ',');
    add_json_text(out, "fix", p->fix);
    buf_add_char(out, '}');
}

static void on_stops(void *user, const struct yaml_problem *problem)
{
    add_problem(user, CHECK_STOPS, problem);
}

static void on_hurts(void *user, const struct yaml_problem *problem)
{
    add_problem(user, CHECK_HURTS, problem);
}

void check_list_init(struct check_list *list, const char *path, bool is_json)
{
    struct str file = str_from(path);
    *list = (struct check_list){
        .is_json = is_json,
        .reports = {[CHECK_STOPS] = {.file = file, .add = on_stops, .user = list},
                    [CHECK_HURTS] = {.file = file, .add = on_hurts, .user = list}}};
    buf_init(&list->text, LIST_MAX_BYTES);
}

void check_list_fini(struct check_list *list)
{
    buf_fini(&list->text);
}

void check_add(struct check_list *list, enum check_level level, const char *where, const char *fix,
               const char *fmt, ...)
{
    char what[ERRMSG_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args); /* cut is fine */
    va_end(args);
    yaml_report_add(&list->reports[level], YAML_FAULT_VALUE, 0, 0, fix, "%s: %s", where, what);
}

int check_list_print(const struct check_list *list, FILE *out)
{
    uint32_t n_stops = list->reports[CHECK_STOPS].n, n_hurts = list->reports[CHECK_HURTS].n;
    if (list->is_json)
        (void)fprintf(out, "{\"findings\":[%.*s],\"stops\":%u,\"hurts\":%u}\n",
                      STR_ARG(buf_str(&list->text)), n_stops, n_hurts);
    else
        (void)fprintf(out, "%.*s", STR_ARG(buf_str(&list->text)));
    if (n_stops + n_hurts == 0)
        cli_complain("nothing was found that would stop or hurt serve");
    else
        cli_complain("%u would stop serve, %u would hurt it", n_stops, n_hurts);
    return n_stops == 0 ? EX_OK : EX_CONFIG;
}

/* ---- what serve begins with ---- */

/* systemd hands keys over in a folder of the service's own (LoadCredential=keys:...), each with
 * "keys_" before its name. */
static void take_credentials(struct arena *arena, struct config *config)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    if (dir == NULL)
        return;
    struct str key = arena_printf(arena, "%s/keys_number_id.key", dir);
    if (key.p != NULL && access(key.p, R_OK) == 0)
        config->keys_dir = arena_printf(arena, "%s/keys_", dir);
}

enum err check_load(const char *path, struct arena *arena, struct config *ret,
                    struct channels *ret_channels, struct yaml_report *report)
{
    enum err e = config_read(path, arena, ret, report);
    if (e == ERR_OK)
        take_credentials(arena, ret);
    return e == ERR_OK ? channels_check(ret, ret_channels, report) : e;
}

static bool check_conninfo(const struct config *config, struct str conninfo, const char *key,
                           struct yaml_report *report)
{
    struct errmsg msg;
    if (sink_libpq_check(conninfo.p, &msg) == ERR_OK)
        return true;
    config_complain(config, report, (struct config_at){.key = key},
                    "write it in libpq's words, as hostaddr=10.0.0.6 dbname=waypost user=...; a "
                    "password with blanks, quotes or # as password='it\\'s', all in double quotes",
                    "%s: %s", key, msg.text);
    return false;
}

static bool complain_url(const struct config *config, struct yaml_report *report)
{
    config_complain(config, report, (struct config_at){.key = "report_url"},
                    "write it as https://reports.example.org, with nothing behind the name",
                    "report_url: %.*s is no such address", STR_ARG(config->report_url));
    return false;
}

/* The pages under /report/. */
static bool check_reports(const struct config *config, struct yaml_report *report)
{
    const struct str https = STR("https://");
    struct str conninfo = config->report_conninfo, url = config->report_url;
    struct str host = str_sub(url, https.len, url.len);
    if (!str_is_empty(url) &&
        (!str_starts(url, https) || str_is_empty(host) || str_find_char(host, '/') != SIZE_MAX))
        return complain_url(config, report);
    if (str_is_empty(conninfo))
        return true;
    if (str_starts(conninfo, STR("user=")) || str_find(conninfo, STR(" user=")) != SIZE_MAX ||
        str_find(conninfo, STR("password=")) != SIZE_MAX) {
        config_complain(config, report, (struct config_at){.key = "report_conninfo"},
                        "leave them out: each person signs in with name and password",
                        "report_conninfo: it names a user or password");
        return false;
    }
    return check_conninfo(config, conninfo, "report_conninfo", report);
}

static bool check_keys(const struct config *config, struct yaml_report *report)
{
    struct vault *vault = NULL;
    struct errmsg msg;
    enum err e = vault_openssl_new(config->keys_dir.p, &vault, &msg);
    vault_free(vault);
    if (e == ERR_OK)
        return true;
    config_complain(config, report, (struct config_at){.key = "keys_dir"},
                    "`waypost keys` makes what is missing, on a new installation only",
                    "keys_dir: %s", msg.text);
    return false;
}

struct check_needs check_needs_of(const char *role)
{
    bool is_all = role == NULL;
    bool is_writer = !is_all && strcmp(role, "writer") == 0;
    return (struct check_needs){.keys = !is_writer,
                                .writer = is_all || is_writer,
                                .sender = is_all || strcmp(role, "sender") == 0};
}

bool check_parts(const struct config *config, const struct check_needs *needs,
                 struct yaml_report *report)
{
    bool is_good = check_reports(config, report) && (!needs->keys || check_keys(config, report));
    if (needs->writer)
        is_good &= check_conninfo(config, config->writer_conninfo, "writer_conninfo", report);
    if (needs->sender)
        is_good &= check_conninfo(config, config->sender_conninfo, "sender_conninfo", report);
    return is_good;
}

/* ---- what hurts ---- */

static void check_money(const struct config *config, struct yaml_report *hurts)
{
    bool has_price = false;
    for (uint32_t i = 0; i < config->n_channels; i++)
        has_price |= config->channels[i].price > 0;
    if (!has_price && config->cap_day == 0 && config->cap_organisation_day == 0)
        config_complain(config, hurts, (struct config_at){.key = "cap_money_day"},
                        "give each channel that sends its `price`, and `currency`; or set cap_day",
                        "nothing limits what a day may cost: no channel has a price, and cap_day "
                        "is 0");
    else if (has_price && config->cap_money_day == 0 && config->cap_day == 0)
        config_complain(config, hurts, (struct config_at){.key = "cap_money_day"},
                        "set it to what you can pay in a day",
                        "cap_money_day is 0: nothing limits what a day may cost");
    if (config->cap_number_day == 0)
        config_complain(config, hurts, (struct config_at){.key = "cap_number_day"},
                        "set it, 300 is the default",
                        "cap_number_day is 0: one number may be sent any number of messages");
}

static void check_tls(const struct config *config, uint32_t i, struct yaml_report *hurts)
{
    const struct config_channel *c = &config->channels[i];
    if (str_starts(settings_get(&c->settings, STR("send_url")), STR("http://")) &&
        !c->is_insecure_allowed)
        config_complain(config, hurts, (struct config_at){"channels", i, "settings"},
                        "write https://; or, for a server of your own, plain_http: allowed",
                        "channel %.*s: its send_url has no TLS and plain_http is refused: nothing "
                        "would be sent",
                        STR_ARG(c->name));
}

static void check_channels(const struct config *config, const struct channels *channels,
                           struct yaml_report *hurts)
{
    for (uint32_t i = 0; i < channels->n; i++) {
        const struct config_channel *c = channels->list[i].config;
        const struct profile *profile = channels->list[i].profile;
        check_tls(config, i, hurts);
        if (c->new_numbers_hour == 0)
            config_complain(config, hurts, (struct config_at){"channels", i, "new_numbers_hour"},
                            "set it, 1000 is the default",
                            "channel %.*s: new_numbers_hour is 0, so messages to invented numbers "
                            "have no limit",
                            STR_ARG(c->name));
        if (profile_has_ussd(profile) && !profile_has_send(profile) && c->sms_channel.p == NULL)
            config_complain(config, hurts, (struct config_at){"channels", i, NULL},
                            "name the channel that sends them, as in sms_channel: at",
                            "channel %.*s takes USSD and has no sms_channel: its learners get no "
                            "reminders and no certificate by SMS",
                            STR_ARG(c->name));
    }
}

/* Countries of channels and of the list, each once. */
static void check_country(const struct config *config, struct str code, struct config_at at,
                          struct yaml_report *hurts)
{
    if (config_zone_get(config, code) == NULL)
        config_complain(config, hurts, at, "write its `zone`, as in zone: Africa/Nairobi",
                        "country %.*s: its time is not known, so reminders go by UTC, perhaps at "
                        "night",
                        STR_ARG(code));
}

/* Those who are complained about must not be the ones who hear of it. */
static void check_psea(const struct config *config, uint32_t i, struct yaml_report *hurts)
{
    const struct config_country *row = &config->countries[i];
    if (row->focal_points.p != NULL && (row->psea.p == NULL || row->psea_points.p == NULL))
        config_complain(config, hurts, (struct config_at){"countries", i, NULL},
                        "write both, of people apart from the learners' own team",
                        "country %.*s has no `psea` and `psea_points`: complaints about aid staff "
                        "go to its focal points",
                        STR_ARG(row->code));
    for (uint32_t k = 0; k < CONFIG_FOCAL_POINTS; k++) {
        struct str number = config_number_of(row->psea_points, k);
        bool is_both =
            number.p != NULL && (str_eq(number, config_number_of(row->focal_points, 0)) ||
                                 str_eq(number, config_number_of(row->focal_points, 1)));
        if (is_both)
            config_complain(config, hurts, (struct config_at){"countries", i, "psea_points"},
                            "name people apart from the learners' own team",
                            "country %.*s: number %u of `psea_points` is one of its focal points",
                            STR_ARG(row->code), k + 1);
    }
}

static void check_countries(const struct config *config, struct yaml_report *hurts)
{
    for (uint32_t i = 0; i < config->n_countries; i++) {
        check_country(config, config->countries[i].code, (struct config_at){"countries", i, NULL},
                      hurts);
        check_psea(config, i, hurts);
    }
    for (uint32_t i = 0; i < config->n_channels; i++) {
        struct str code = config->channels[i].country;
        const struct config_country *row = config_country_get(config, code);
        struct config_at at = {"channels", i, "country"};
        if (row == NULL)
            check_country(config, code, at, hurts);
        if (row == NULL || row->cost.p == NULL)
            config_complain(config, hurts, at, "write it under countries, as config/waypost.yaml",
                            "country %.*s has no `cost`: no course can be published",
                            STR_ARG(code));
    }
}

/* ---- keys and disks ---- */

/* Whose keys are they? Root reads everything, the service does not. */
static void check_owner(const struct config *config, struct check_list *list)
{
    char path[PATH_MAX];
    struct stat keys, spool, file;
    if (stat(config->keys_dir.p, &keys) != 0 || stat(config->spool_dir.p, &spool) != 0)
        return; /* said elsewhere */
    int n = snprintf(path, sizeof(path), "%s/number_id.key", config->keys_dir.p);
    if (n < 0 || (size_t)n >= sizeof(path) || stat(path, &file) != 0)
        return;
    /* Root's: the packaged unit has systemd hand them over (LoadCredential). */
    bool is_handed_over = file.st_uid == 0 && str_eq(config->keys_dir, STR("/etc/waypost/keys"));
    if (file.st_uid != spool.st_uid && !is_handed_over)
        check_add(list, CHECK_STOPS, path, "chown both to the user of the service",
                  "the key is of user %u, the spool of user %u: one process needs both",
                  (unsigned)file.st_uid, (unsigned)spool.st_uid);
    if ((keys.st_mode & 022) != 0)
        check_add(list, CHECK_HURTS, config->keys_dir.p, "chmod 700 on it",
                  "others may put keys into this folder (mode %04o)",
                  (unsigned)(keys.st_mode & 07777));
}

/* Its credentials let others send, and believe callbacks of anybody. */
static void check_secrecy(struct check_list *list)
{
    char path[PATH_MAX];
    struct stat info;
    if (str_copy(list->reports[CHECK_HURTS].file, path, sizeof(path)) == ERR_OK &&
        stat(path, &info) == 0 && (info.st_mode & S_IROTH) != 0)
        check_add(list, CHECK_HURTS, path, "chmod 640, with the group of the service",
                  "others may read the credentials in it (mode %04o)",
                  (unsigned)(info.st_mode & 07777));
}

/* Whoever connects could name any address as its own, past `callers` and all limits by address. */
static void check_proxies(const struct config *config, struct yaml_report *hurts)
{
    struct str rest = config->trusted_proxies;
    while (rest.p != NULL) {
        if (str_ends(str_split(&rest, ' '), STR("/0")))
            config_complain(config, hurts, (struct config_at){.key = "trusted_proxies"},
                            "name the proxies alone, as in trusted_proxies: 127.0.0.1",
                            "trusted_proxies: everybody is trusted to say which address it has");
    }
}

/* The folder itself, or the one that it would be made in. */
static bool find_folder(struct str path, char ret[PATH_MAX])
{
    struct stat info;
    if (str_copy(path, ret, PATH_MAX) != ERR_OK)
        return false;
    if (stat(ret, &info) == 0)
        return S_ISDIR(info.st_mode);
    char *slash = strrchr(ret, '/');
    if (slash == NULL || slash == ret)
        return false;
    *slash = '\0';
    return stat(ret, &info) == 0 && S_ISDIR(info.st_mode);
}

static void check_spool(const struct config *config, struct check_list *list)
{
    char dir[PATH_MAX];
    struct statvfs room;
    const struct config_at at = {.key = "spool_dir"};
    if (!find_folder(config->spool_dir, dir) || access(dir, W_OK | X_OK) != 0) {
        config_complain(config, &list->reports[CHECK_STOPS], at,
                        "make it, owned by the user of the service, mode 700",
                        "spool_dir: %.*s cannot be written", STR_ARG(config->spool_dir));
        return;
    }
    if (statvfs(dir, &room) != 0)
        return;
    uint64_t free_mb = (uint64_t)room.f_bavail * room.f_frsize >> 20;
    uint64_t wanted_mb = config->spool_quota_mb + ROOM_MIN_MB;
    if (free_mb == 0)
        config_complain(config, &list->reports[CHECK_STOPS], at, "free room there",
                        "spool_dir: its disk is full");
    else if (free_mb < wanted_mb)
        config_complain(config, &list->reports[CHECK_HURTS], at,
                        "free room there, or lower spool_quota_mb",
                        "spool_dir: its disk has %llu MiB free, the spool may need %llu",
                        (unsigned long long)free_mb, (unsigned long long)wanted_mb);
    if (room.f_files > 0 && room.f_favail < INODES_MIN)
        config_complain(config, &list->reports[CHECK_HURTS], at, "delete what is not needed there",
                        "spool_dir: its disk has room for %llu more files only",
                        (unsigned long long)room.f_favail);
}

void check_host(const struct config *config, const struct check_needs *needs,
                struct check_list *list)
{
    static struct channels channels;
    struct yaml_report *hurts = &list->reports[CHECK_HURTS];
    struct yaml_report nobody = {.add = NULL}; /* it was told already */
    struct buf unheard CLEANUP(buf_fini);
    buf_init(&unheard, LIST_MAX_BYTES);
    nobody.text = &unheard;
    bool is_loaded = channels_check(config, &channels, &nobody) == ERR_OK;
    if (is_loaded)
        check_channels(config, &channels, hurts);
    channels_fini(&channels);
    config_check_files(config, &list->reports[CHECK_STOPS], hurts);
    (void)check_parts(config, needs, &list->reports[CHECK_STOPS]); /* which was told */
    if (config->is_simulator_on)
        config_complain(config, hurts, (struct config_at){.key = "simulator"},
                        "take it away on a server that people write to",
                        "the simulator is on: going live is not checked");
    else
        (void)config_is_live(config, clock_wall(), &list->reports[CHECK_STOPS]);
    if (config->alert_channel.p != NULL &&
        config_channel_get(config, config->alert_channel) == NULL)
        config_complain(config, hurts, (struct config_at){.key = "alert_channel"},
                        "name a channel with the profile alert-hook",
                        "alert_channel names no channel: nothing is told to a hook");
    check_money(config, hurts);
    check_countries(config, hurts);
    check_proxies(config, hurts);
    check_secrecy(list);
    if (needs->keys) {
        check_owner(config, list);
        check_spool(config, list);
    }
}

/* ---- ports ---- */

/* Does a gateway answer there as ours do? */
static bool is_gateway(uint32_t admin_port)
{
    char url[64];
    struct errmsg msg;
    struct http_caller *caller = http_caller_new();
    struct http_call_response response = {.status = 0};
    buf_init(&response.body, LIST_MAX_BYTES);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/readyz", admin_port);
    bool is_ours = http_call(caller, str_from(url), STR_NONE, 1, &response, &msg) == ERR_OK &&
                   str_starts(buf_str(&response.body), STR("{\"ready\":"));
    buf_fini(&response.body);
    http_caller_free(caller);
    return is_ours;
}

void check_ports(const struct config *config, struct check_list *list)
{
    if (is_gateway(config->admin_port))
        return;
    const struct {
        const char *key, *address;
        uint32_t port;
    } ports[] = {{"port", config->listen_address.p, config->port},
                 {"admin_port", "127.0.0.1", config->admin_port}};
    for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
        struct errmsg msg;
        int fd = -1;
        if (front_listen(ports[i].address, (int)ports[i].port, false, &fd, &msg) == ERR_OK) {
            (void)close(fd); /* it was only tried */
            continue;
        }
        bool is_address = errno == EADDRNOTAVAIL; /* of another host, or of one that went */
        const char *key = is_address ? "listen_address" : ports[i].key;
        config_complain(config, &list->reports[CHECK_STOPS], (struct config_at){.key = key},
                        is_address ? "ip address shows those of this machine"
                                   : "stop what has it (ss -ltnp shows it; systemd's "
                                     "waypost.socket is no mistake), or choose another",
                        "%s: %s", key, msg.text);
    }
}

void check_clock(struct check_list *list, const char *whose, struct wall_ms theirs)
{
    int64_t apart_ms = theirs.ms - clock_wall().ms;
    apart_ms = apart_ms < 0 ? -apart_ms : apart_ms;
    if (apart_ms < CLOCK_HURTS_MS)
        return;
    check_add(list, apart_ms > CLOCK_STOPS_MS ? CHECK_STOPS : CHECK_HURTS, "clock",
              "let both follow NTP: apt install systemd-timesyncd, timedatectl shows it",
              "this host and %s are %" PRId64 " s apart", whose, apart_ms / 1000);
}
