/*
 * systemd.h: what lies between a service and its manager: sockets that it opened for us
 * (sd_listen_fds(3)), word of how we are (sd_notify(3)), and the log on stderr. Without a manager
 * the first two do nothing.
 */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"

#define SYSTEMD_MAX_SOCKETS 64u

struct systemd_socket {
    int fd;
    char name[32]; /* FileDescriptorName= of the socket unit; "" when not given */
};

/* The sockets meant for this process, made close-on-exec; at most SYSTEMD_MAX_SOCKETS. Clears the
 * environment of them, so that no child takes them for its own. Call once. */
uint32_t systemd_sockets(struct systemd_socket ret[SYSTEMD_MAX_SOCKETS]);
/* Lines such as "READY=1\nSTATUS=...". A manager that does not listen is no error of ours. */
void systemd_notify(const char *lines);
/* "WATCHDOG=1", half-way through the time that the manager waits for it; nothing where it does not
 * wait (WATCHDOG_USEC, sd_watchdog_enabled(3)). Call it a few times a second while all is well. */
void systemd_watchdog(struct mono_ms now);
/* From now on this process and its children neither wait for who reads stderr nor end with him
 * (SIGPIPE): log.c counts the lines that it does not take. */
void systemd_log_goes(void);
