/*
 * log.h: one line per event on stderr, as logfmt: ts level module msg key=value ..., or as JSON
 * with the same keys, all values as strings.
 *
 * error = someone must act, warn = degraded, info = life of the process and one line per dialog,
 * debug = everything else. Phone numbers and message texts never come here: a learner is named by
 * log_id() of its number_id. core, wire and base never log. Of each kind of line (level, module and
 * msg) there is one a second; the others are counted ("repeated=n" on the next one, or in a line of
 * its own once the second is over), so that no stranger can fill a disk (docs/reliability.md T37).
 *
 *     LOG_WARN("store", "load failed", "err=%s ms=%lld", err_name(e), ms);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Process-wide: level and the process's name ("front-0"), which every line carries as proc=. */
void log_init(enum log_level level, const char *process);
/* Process-wide, logfmt until then. */
void log_set_json(bool is_json);
/* module and msg are literals: their kind is remembered by them. Debug lines are never counted. */
void log_write(enum log_level level, const char *module, const char *msg, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Never held back either: for what cannot come often, and whose every line matters. */
void log_write_always(enum log_level level, const char *module, const char *msg, const char *fmt,
                      ...) PRINTF_LIKE(4, 5);
/* Writes the counts of kinds whose second is over (all of them at the end of a process). Call it a
 * few times a second. */
void log_flush(bool is_end);

#define LOG_ERROR(module, msg, ...) log_write(LOG_LEVEL_ERROR, module, msg, __VA_ARGS__)
#define LOG_WARN(module, msg, ...) log_write(LOG_LEVEL_WARN, module, msg, __VA_ARGS__)
#define LOG_INFO(module, msg, ...) log_write(LOG_LEVEL_INFO, module, msg, __VA_ARGS__)
#define LOG_DEBUG(module, msg, ...) log_write(LOG_LEVEL_DEBUG, module, msg, __VA_ARGS__)

#define LOG_ID_BYTES 12

/* "h:0123abcd": the first four bytes of a number_id, enough to follow one learner in a log. */
const char *log_id(const uint8_t *number_id, char dst[LOG_ID_BYTES]);
