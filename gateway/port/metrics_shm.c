/* metrics.h in memory that processes share. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "port/metrics.h"

struct metrics {
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
    if (m != NULL)
        write_histogram(m, out);
}
