/* metrics.h in memory that processes share. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "port/metrics.h"

#define METRICS_MILLION 1000000u

struct channel_values {
    char name[METRICS_CHANNEL_BYTES]; /* "" = none yet */
    _Atomic uint64_t values[N_METRIC_CHANNELS];
    _Atomic uint64_t cost, n_requests, sum_ms;
};

struct metrics {
    struct channel_values channels[METRICS_MAX_CHANNELS];
    _Atomic uint32_t n_channels;
    _Atomic uint64_t values[N_METRICS];
    _Atomic uint64_t buckets[METRICS_N_BOUNDS + 1]; /* the last is +Inf; not cumulative here */
    _Atomic uint64_t sum_ms;
};

static const int64_t bounds_ms[METRICS_N_BOUNDS] = METRICS_BOUNDS_MS;

static const struct {
    const char *name;
    const char *type;
    const char *help;
    const char *value; /* of the label; NULL = no family */
} rows[N_METRICS] = {
#define METRIC_ROW(name, type, help) {#name, #type, help, NULL},
    METRICS(METRIC_ROW)
#undef METRIC_ROW
#define METRIC_LABEL_ROW(family, value) {#family, "counter", NULL, #value},
#define METRIC_FAMILY_ROW(family, label, help, values) values(METRIC_LABEL_ROW)
        METRIC_FAMILIES(METRIC_FAMILY_ROW)
#undef METRIC_FAMILY_ROW
#undef METRIC_LABEL_ROW
};

static const struct {
    const char *name, *label, *help;
} families[] = {
#define METRIC_FAMILY(family, label, help, values) {#family, label, help},
    METRIC_FAMILIES(METRIC_FAMILY)
#undef METRIC_FAMILY
};

static const struct {
    const char *name, *help;
} channel_rows[N_METRIC_CHANNELS] = {
#define METRIC_CHANNEL_ROW(name, help) {#name, help},
    METRIC_CHANNELS(METRIC_CHANNEL_ROW)
#undef METRIC_CHANNEL_ROW
};

struct metrics *metrics_new(void)
{
    void *shared = mmap(NULL, sizeof(struct metrics), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    return shared;
}

void metrics_free(struct metrics *m)
{
    if (m != NULL)
        (void)munmap(m, sizeof(*m)); /* fails only on an address that is not ours */
}

void metrics_add(struct metrics *m, enum metric metric, uint64_t n)
{
    if (m != NULL)
        atomic_fetch_add_explicit(&m->values[metric], n, memory_order_relaxed);
}

void metrics_set(struct metrics *m, enum metric metric, uint64_t value)
{
    if (m != NULL)
        atomic_store_explicit(&m->values[metric], value, memory_order_relaxed);
}

uint64_t metrics_get(const struct metrics *m, enum metric metric)
{
    return m != NULL ? atomic_load_explicit(&m->values[metric], memory_order_relaxed) : 0;
}

void metrics_add_labelled(struct metrics *m, enum metric first, enum metric last, const char *value)
{
    for (enum metric i = first; i <= last; i++) {
        if (strcmp(rows[i].value, value) == 0)
            metrics_add(m, i, 1);
    }
}

/* ---- channels ---- */

/* METRICS_MAX_CHANNELS: it was not named. */
static uint32_t place_of(const struct metrics *m, struct str channel)
{
    uint32_t n = m != NULL ? atomic_load_explicit(&m->n_channels, memory_order_acquire) : 0;
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(channel, str_from(m->channels[i].name)))
            return i;
    }
    return METRICS_MAX_CHANNELS;
}

static struct channel_values *find_channel(struct metrics *m, struct str channel)
{
    uint32_t i = place_of(m, channel);
    return i < METRICS_MAX_CHANNELS ? &m->channels[i] : NULL;
}

void metrics_name_channel(struct metrics *m, struct str channel)
{
    uint32_t n = m != NULL ? atomic_load(&m->n_channels) : METRICS_MAX_CHANNELS;
    if (n == METRICS_MAX_CHANNELS || find_channel(m, channel) != NULL ||
        str_copy(channel, m->channels[n].name, sizeof(m->channels[n].name)) != ERR_OK)
        return;
    atomic_store_explicit(&m->n_channels, n + 1, memory_order_release);
}

void metrics_add_channel(struct metrics *m, struct str channel, enum metric_channel metric,
                         uint64_t n)
{
    struct channel_values *c = find_channel(m, channel);
    if (c != NULL)
        atomic_fetch_add_explicit(&c->values[metric], n, memory_order_relaxed);
}

uint64_t metrics_get_channel(const struct metrics *m, struct str channel,
                             enum metric_channel metric)
{
    uint32_t i = place_of(m, channel);
    return i < METRICS_MAX_CHANNELS
               ? atomic_load_explicit(&m->channels[i].values[metric], memory_order_relaxed)
               : 0;
}

void metrics_observe_request_ms(struct metrics *m, struct str channel, int64_t duration_ms)
{
    struct channel_values *c = find_channel(m, channel);
    if (c == NULL)
        return;
    atomic_fetch_add_explicit(&c->n_requests, 1, memory_order_relaxed);
    if (duration_ms > 0)
        atomic_fetch_add_explicit(&c->sum_ms, (uint64_t)duration_ms, memory_order_relaxed);
}

void metrics_add_cost(struct metrics *m, struct str channel, uint64_t cost)
{
    struct channel_values *c = find_channel(m, channel);
    if (c != NULL)
        atomic_fetch_add_explicit(&c->cost, cost, memory_order_relaxed);
}

void metrics_observe_ms(struct metrics *m, int64_t duration_ms)
{
    if (m == NULL)
        return;
    size_t i = 0;
    while (i < METRICS_N_BOUNDS && duration_ms > bounds_ms[i])
        i++;
    atomic_fetch_add_explicit(&m->buckets[i], 1, memory_order_relaxed);
    if (duration_ms > 0)
        atomic_fetch_add_explicit(&m->sum_ms, (uint64_t)duration_ms, memory_order_relaxed);
}

static void write_histogram(const struct metrics *m, struct buf *out)
{
    const char *name = "waypost_callback_duration_seconds";
    buf_addf(out, "# HELP %s Time from a complete request to its answer\n# TYPE %s histogram\n",
             name, name);
    uint64_t n = 0;
    for (size_t i = 0; i < METRICS_N_BOUNDS; i++) {
        n += atomic_load_explicit(&m->buckets[i], memory_order_relaxed);
        buf_addf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, (double)bounds_ms[i] / 1000, n);
    }
    n += atomic_load_explicit(&m->buckets[METRICS_N_BOUNDS], memory_order_relaxed);
    uint64_t sum_ms = atomic_load_explicit(&m->sum_ms, memory_order_relaxed);
    buf_addf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, n);
    buf_addf(out, "%s_sum %" PRIu64 ".%03u\n%s_count %" PRIu64 "\n", name, sum_ms / 1000,
             (unsigned)(sum_ms % 1000), name, n);
}

static void write_family(const struct metrics *m, size_t family, struct buf *out)
{
    const char *name = families[family].name;
    buf_addf(out, "# HELP waypost_%s %s\n# TYPE waypost_%s counter\n", name, families[family].help,
             name);
    for (size_t i = 0; i < N_METRICS; i++) {
        if (rows[i].value != NULL && strcmp(rows[i].name, name) == 0)
            buf_addf(out, "waypost_%s{%s=\"%s\"} %" PRIu64 "\n", name, families[family].label,
                     rows[i].value, metrics_get(m, (enum metric)i));
    }
}

static void write_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_addf(out, "# HELP waypost_%s %s\n# TYPE waypost_%s %s\n", name, help, name, type);
}

static void write_channels(const struct metrics *m, struct buf *out)
{
    uint32_t n = atomic_load_explicit(&m->n_channels, memory_order_acquire);
    for (size_t row = 0; row < N_METRIC_CHANNELS; row++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "channel_%s", channel_rows[row].name); /* fits */
        write_head(out, name, "counter", channel_rows[row].help);
        for (uint32_t i = 0; i < n; i++)
            buf_addf(out, "waypost_%s{channel=\"%s\"} %" PRIu64 "\n", name, m->channels[i].name,
                     atomic_load_explicit(&m->channels[i].values[row], memory_order_relaxed));
    }
    write_head(out, "channel_spent_total", "counter", "What its SMS cost, in the currency");
    for (uint32_t i = 0; i < n; i++) {
        uint64_t cost = atomic_load_explicit(&m->channels[i].cost, memory_order_relaxed);
        buf_addf(out, "waypost_channel_spent_total{channel=\"%s\"} %" PRIu64 ".%06u\n",
                 m->channels[i].name, cost / METRICS_MILLION, (unsigned)(cost % METRICS_MILLION));
    }
    write_head(out, "channel_request_seconds", "summary", "Time until the provider answers");
    for (uint32_t i = 0; i < n; i++) {
        const struct channel_values *c = &m->channels[i];
        uint64_t sum_ms = atomic_load_explicit(&c->sum_ms, memory_order_relaxed);
        buf_addf(out,
                 "waypost_channel_request_seconds_sum{channel=\"%s\"} %" PRIu64 ".%03u\n"
                 "waypost_channel_request_seconds_count{channel=\"%s\"} %" PRIu64 "\n",
                 c->name, sum_ms / 1000, (unsigned)(sum_ms % 1000), c->name,
                 atomic_load_explicit(&c->n_requests, memory_order_relaxed));
    }
}

void metrics_write(const struct metrics *m, struct buf *out)
{
    buf_addf(out,
             "# HELP waypost_build_info The running version\n# TYPE waypost_build_info gauge\n"
             "waypost_build_info{version=\"%s\"} 1\n",
             WAYPOST_VERSION);
    for (size_t i = 0; i < N_METRICS && rows[i].value == NULL; i++)
        buf_addf(out, "# HELP waypost_%s %s\n# TYPE waypost_%s %s\nwaypost_%s %" PRIu64 "\n",
                 rows[i].name, rows[i].help, rows[i].name, rows[i].type, rows[i].name,
                 metrics_get(m, (enum metric)i));
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        write_family(m, i, out);
    if (m != NULL) {
        write_channels(m, out);
        write_histogram(m, out);
    }
}
