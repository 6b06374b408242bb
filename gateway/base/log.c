#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/plain.h"
#include "base/str.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};

/* More kinds than the program has. When it is full the one that was quiet longest makes room. */
#define MAX_KINDS 128
#define WINDOW_MS 1000
#define JSON_MAX_BYTES 16384u /* a detail of a kilobyte, each byte escaped */

struct kind {
    enum log_level level;
    const char *module, *msg; /* NULL = free */
    int64_t last_ms;          /* clock_mono of the last line */
    unsigned n_repeats;       /* since then */
};

static struct {
    enum log_level level;
    bool is_json;
    unsigned n_lost; /* lines */
    bool is_torn;    /* the last one was written in part */
    char process[32];
    struct kind kinds[MAX_KINDS];
} log_state = {.level = LOG_LEVEL_INFO};

void log_init(enum log_level level, const char *process)
{
    log_state.level = level;
    (void)snprintf(log_state.process, sizeof(log_state.process), "%s", process);
}

void log_set_json(bool is_json)
{
    log_state.is_json = is_json;
}

/* False where the line is lost, or a part of it: stderr does not wait (port/systemd.h) and takes
 * nothing now, its disk is full, nobody reads it. Of a part the line ends before the next one. */
static bool write_now(const char *bytes, size_t n)
{
    if (log_state.is_torn && write(STDERR_FILENO, "\n", 1) != 1)
        return false;
    ssize_t written = write(STDERR_FILENO, bytes, n);
    log_state.is_torn = written > 0 && (size_t)written < n;
    return written == (ssize_t)n;
}

/* The value behind `key=`, which begins at *rest: up to a blank, or in quotes up to the last one
 * that a blank or the end follows, for what a provider says may hold quotes. */
static struct str take_value(struct str *rest)
{
    bool is_quoted = rest->len > 0 && rest->p[0] == '"';
    size_t end = is_quoted ? 1 : 0;
    while (end < rest->len &&
           (is_quoted ? rest->p[end] != '"' || (end + 1 < rest->len && rest->p[end + 1] != ' ')
                      : rest->p[end] != ' '))
        end++;
    struct str value = str_sub(*rest, is_quoted ? 1 : 0, end);
    *rest = str_sub(*rest, is_quoted && end < rest->len ? end + 1 : end, rest->len);
    return value;
}

static void add_member(struct buf *out, struct str key, struct str value)
{
    buf_add_str(out, out->len > 1 ? STR(",") : STR(""));
    buf_add_json(out, key);
    buf_add_char(out, ':');
    buf_add_json(out, value);
}

/* "key=value key=\"more words\" ...", as callers write them; words that belong to no key come under
 * "detail". */
static void add_details(struct buf *out, struct str rest)
{
    struct str all = str_trim(rest), loose = STR_NONE;
    for (rest = all; rest.len > 0; rest = str_trim(rest)) {
        size_t is = str_find_char(rest, '='), blank = str_find_char(rest, ' ');
        if (is == SIZE_MAX || is == 0 || is > blank) {
            loose = rest;
            break;
        }
        struct str key = str_sub(rest, 0, is);
        rest = str_sub(rest, is + 1, rest.len);
        add_member(out, key, take_value(&rest));
    }
    if (loose.len > 0)
        add_member(out, STR("detail"), loose);
}

static void write_json(enum log_level level, const char *module, const char *msg,
                       const char *detail, unsigned n_repeats)
{
    char ts[RFC3339_BYTES], repeats[16];
    struct buf line CLEANUP(buf_fini);
    clock_format_rfc3339(clock_wall(), ts);
    buf_init(&line, JSON_MAX_BYTES);
    buf_add_char(&line, '{');
    add_member(&line, STR("ts"), str_from(ts));
    add_member(&line, STR("level"), str_from(level_names[level]));
    add_member(&line, STR("proc"), str_from(log_state.process));
    add_member(&line, STR("module"), str_from(module));
    add_member(&line, STR("msg"), str_from(msg));
    add_details(&line, str_from(detail));
    (void)snprintf(repeats, sizeof(repeats), "%u", n_repeats); /* has room */
    if (n_repeats > 0)
        add_member(&line, STR("repeated"), str_from(repeats));
    buf_add_str(&line, STR("}\n"));
    log_state.n_lost += write_now(line.p, line.len) ? 0 : 1;
}

static void write_text(enum log_level level, const char *module, const char *msg,
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
    log_state.n_lost += write_now(line, len) ? 0 : 1;
}

static void write_one(enum log_level level, const char *module, const char *msg, const char *detail,
                      unsigned n_repeats)
{
    if (log_state.is_json)
        write_json(level, module, msg, detail, n_repeats);
    else
        write_text(level, module, msg, detail, n_repeats);
}

static void write_line(enum log_level level, const char *module, const char *msg,
                       const char *detail, unsigned n_repeats)
{
    unsigned n_lost = log_state.n_lost;
    char detail_lost[24];
    if (n_lost > 0) {
        (void)snprintf(detail_lost, sizeof(detail_lost), "n=%u", n_lost); /* has room */
        log_state.n_lost = 0;
        write_one(LOG_LEVEL_WARN, "log", "lines were lost", detail_lost, 0);
        log_state.n_lost = log_state.n_lost > 0 ? n_lost : 0; /* it was lost itself */
    }
    write_one(level, module, msg, detail, n_repeats);
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

PRINTF_LIKE(5, 0)
static void write_detail(enum log_level level, const char *module, const char *msg, unsigned n,
                         const char *fmt, va_list args)
{
    char detail[1024];
    (void)vsnprintf(detail, sizeof(detail), fmt, args); /* a long line is cut */
    plain_make(detail, strlen(detail), false);          /* no forged lines, ASVS 16.4.1 */
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
