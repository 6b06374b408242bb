#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static struct {
    enum log_level level;
    char process[32];
    char last[256]; /* module and msg of the last line, to count repeats */
    int64_t last_ms;
    unsigned n_repeats;
} log_state = {.level = LOG_LEVEL_INFO};

void log_init(enum log_level level, const char *process)
{
    log_state.level = level;
    (void)snprintf(log_state.process, sizeof(log_state.process), "%s", process);
}

/* True when the same module and message came less than a second ago (info and debug are never
 * held back: one line per dialog is the contract). */
static bool log_is_repeat(enum log_level level, const char *module, const char *msg, int64_t now_ms)
{
    char key[sizeof(log_state.last)];
    (void)snprintf(key, sizeof(key), "%s %s", module, msg);
    if (level <= LOG_LEVEL_WARN && strcmp(key, log_state.last) == 0 &&
        now_ms - log_state.last_ms < 1000) {
        log_state.n_repeats++;
        return true;
    }
    memcpy(log_state.last, key, sizeof(key));
    log_state.last_ms = now_ms;
    return false;
}

/* Control bytes would forge lines or colour a terminal (ASVS 16.4.1). */
static void blank_controls(char *line)
{
    for (char *c = line; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    }
}

void log_write(enum log_level level, const char *module, const char *msg, const char *fmt, ...)
{
    if (level > log_state.level)
        return;
    struct wall_ms now = clock_wall();
    if (log_is_repeat(level, module, msg, now.ms))
        return;
    char ts[RFC3339_BYTES];
    clock_format_rfc3339(now, ts);
    char detail[1024];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(detail, sizeof(detail), fmt, args); /* a long line is cut */
    va_end(args);
    blank_controls(detail);
    char line[1400];
    int n = snprintf(line, sizeof(line), "ts=%s level=%s proc=%s module=%s msg=\"%s\"%s%s", ts,
                     level_names[level], log_state.process, module, msg,
                     detail[0] != '\0' ? " " : "", detail);
    size_t len = n > 0 && (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;
    if (log_state.n_repeats > 0 && len + 32 < sizeof(line)) {
        len +=
            (size_t)snprintf(line + len, sizeof(line) - len, " repeated=%u", log_state.n_repeats);
        log_state.n_repeats = 0;
    }
    line[len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written; /* nowhere to complain about a broken stderr */
}

const char *log_id(const uint8_t *number_id, char dst[LOG_ID_BYTES])
{
    memcpy(dst, "h:", 2);
    hex_encode(number_id, 4, dst + 2);
    return dst;
}
