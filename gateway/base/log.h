/*
 * log.h: one line per event, logfmt, on stderr: ts level module msg key=value ...
 *
 * error = someone must act, warn = degraded, info = life of the process and one line per dialog,
 * debug = everything else. Phone numbers and message texts never come here: a learner is named by
 * log_id() of its number_id. core, wire and base never log. A line that repeats within a second is
 * counted, not repeated ("repeated=n" on the next one).
 *
 *     LOG_WARN("store", "load failed", "err=%s ms=%lld", err_name(e), ms);
 */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Process-wide: level and the process's name ("front-0"), which every line carries as proc=. */
void log_init(enum log_level level, const char *process);
void log_write(enum log_level level, const char *module, const char *msg, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

#define LOG_ERROR(module, msg, ...) log_write(LOG_LEVEL_ERROR, module, msg, __VA_ARGS__)
#define LOG_WARN(module, msg, ...) log_write(LOG_LEVEL_WARN, module, msg, __VA_ARGS__)
#define LOG_INFO(module, msg, ...) log_write(LOG_LEVEL_INFO, module, msg, __VA_ARGS__)
#define LOG_DEBUG(module, msg, ...) log_write(LOG_LEVEL_DEBUG, module, msg, __VA_ARGS__)

#define LOG_ID_BYTES 12

/* "h:0123abcd": the first four bytes of a number_id, enough to follow one learner in a log. */
const char *log_id(const uint8_t *number_id, char dst[LOG_ID_BYTES]);
