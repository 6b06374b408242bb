#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};

/* More kinds than the program has. When it is full the one that was quiet longest makes room. */
#define MAX_KINDS 128
#define WINDOW_MS 1000

struct kind {
    enum log_level level;
    const char *module, *msg; /* NULL = free */
    int64_t last_ms;          /* clock_mono of the last line */
    unsigned n_repeats;       /* since then */
};

static struct {
    enum log_level level;
    char process[32];
    struct kind kinds[MAX_KINDS];
} log_state = {.level = LOG_LEVEL_INFO};

void log_init(enum log_level level, const char *process)
{
    log_state.level = level;
    (void)snprintf(log_state.process, sizeof(log_state.process), "%s", process);
}

/* Control bytes would forge lines or colour a terminal (ASVS 16.4.1). */
static void blank_controls(char *line)
{
    for (char *c = line; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    }
}

static void write_line(enum log_level level, const char *module, const char *msg,
                       const char *detail, unsigned n_repeats)
{
    char ts[RFC3339_BYTES];
    clock_format_rfc3339(clock_wall(), ts);
    char line[1400];
    int n = snprintf(line, sizeof(line), "ts=%s level=%s proc=%s module=%s msg=\"%s\"%s%s", ts,
                     level_names[level], log_state.process, module, msg,
                     detail[0] != '\0' ? " " : "", detail);
    size_t len = n > 0 && (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;
    if (n_repeats > 0 && len + 32 < sizeof(line))
        len += (size_t)snprintf(line + len, sizeof(line) - len, " repeated=%u", n_repeats);
    line[len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written; /* nowhere to complain about a broken stderr */
}

static void flush_kind(struct kind *kind)
{
    if (kind->n_repeats > 0)
        write_line(kind->level, kind->module, kind->msg, "", kind->n_repeats);
    kind->n_repeats = 0;
}

static struct kind *find_kind(enum log_level level, const char *module, const char *msg)
{
    struct kind *quiet = &log_state.kinds[0];
    for (size_t i = 0; i < MAX_KINDS; i++) {
        struct kind *kind = &log_state.kinds[i];
        if (kind->module != NULL && kind->level == level && strcmp(kind->msg, msg) == 0 &&
            strcmp(kind->module, module) == 0)
            return kind;
        if (kind->module == NULL || kind->last_ms < quiet->last_ms)
            quiet = kind;
        if (kind->module == NULL)
            break;
    }
    if (quiet->module != NULL)
        flush_kind(quiet);
    *quiet = (struct kind){.level = level, .module = module, .msg = msg, .last_ms = INT64_MIN / 2};
    return quiet;
}

static void write_detail(enum log_level level, const char *module, const char *msg, unsigned n,
                         const char *fmt, va_list args)
{
    char detail[1024];
    (void)vsnprintf(detail, sizeof(detail), fmt, args); /* a long line is cut */
    blank_controls(detail);
    write_line(level, module, msg, detail, n);
}

void log_write(enum log_level level, const char *module, const char *msg, const char *fmt, ...)
{
    if (level > log_state.level)
        return;
    unsigned n_repeats = 0;
    if (level < LOG_LEVEL_DEBUG) {
        struct kind *kind = find_kind(level, module, msg);
        int64_t now_ms = clock_mono().ms;
        if (now_ms - kind->last_ms < WINDOW_MS) {
            kind->n_repeats++;
            return;
        }
        n_repeats = kind->n_repeats;
        kind->n_repeats = 0;
        kind->last_ms = now_ms;
    }
    va_list args;
    va_start(args, fmt);
    write_detail(level, module, msg, n_repeats, fmt, args);
    va_end(args);
}

void log_write_always(enum log_level level, const char *module, const char *msg, const char *fmt,
                      ...)
{
    if (level > log_state.level)
        return;
    va_list args;
    va_start(args, fmt);
    write_detail(level, module, msg, 0, fmt, args);
    va_end(args);
}

void log_flush(bool is_end)
{
    int64_t now_ms = clock_mono().ms;
    for (size_t i = 0; i < MAX_KINDS && log_state.kinds[i].module != NULL; i++) {
        if (is_end || now_ms - log_state.kinds[i].last_ms >= WINDOW_MS)
            flush_kind(&log_state.kinds[i]);
    }
}

const char *log_id(const uint8_t *number_id, char dst[LOG_ID_BYTES])
{
    memcpy(dst, "h:", 2);
    hex_encode(number_id, 4, dst + 2);
    return dst;
}
