/*
 * log_file.h: the log of frames that all processes of the host share.
 *
 * Three files in the folder: spool.log holds the frames (frame.h), spool.state where the
 * unread ones begin and end (mapped by every process of the host), replay.lock belongs to the
 * process that replays. All changes of log and state happen under a lock on spool.state. When the
 * last record is dropped the log becomes empty again; until then the disk space of what was read is
 * given back as holes.
 *
 * What survives a crash: the log up to its last fdatasync, and the head, which is on disk before
 * the next peek. The tail is not trusted: opening finds it again. A head that is too old only means
 * that records are replayed twice, which the store recognises.
 *
 * After a failed fdatasync nothing of that turn is acknowledged; what it may have left in the log
 * is read like any frame, or skipped like any damage. A record is acknowledged only by the sync
 * that followed its own write, so a later sync never vouches for an earlier failure.
 */
#pragma once

#include <limits.h>
#include <stdatomic.h>

#include "port/spool/frame.h"

/* Mapped from spool.state: offsets in spool.log of the oldest unread frame and behind the newest.
 */
struct log_state {
    uint64_t magic;
    _Atomic uint64_t head, tail;
};

struct log_file {
    char dir[PATH_MAX - 64];
    uint64_t quota;
    int dir_fd, log_fd, state_fd, replay_fd;
    struct log_state *state;
    char *window;        /* what was last read of the log */
    uint64_t hole_bytes; /* of the log, given back */
    bool is_replayer;
};

/* Makes the folder and finds the tail. ERR_TOO_LONG: the path; ERR_IO: errno says why. To be closed
 * in any case. */
enum err log_file_open(struct log_file *f, const char *dir, uint64_t quota_bytes) MUST_CHECK;
void log_file_close(struct log_file *f);
/* Behind the newest frame; on disk after log_file_sync. ERR_FULL: the quota, or the disk. */
enum err log_file_write(struct log_file *f, struct str frame) MUST_CHECK;
/* ERR_IO: errno says why. */
enum err log_file_sync(struct log_file *f) MUST_CHECK;
uint64_t log_file_head(const struct log_file *f);
uint64_t log_file_tail(const struct log_file *f);
uint64_t log_file_bytes(const struct log_file *f);
/* For one more record. What of a disk only root may use is not counted; one that does not tell has
 * room. */
bool log_file_has_room(const struct log_file *f);
/* Finds the first sound frame at or behind *at; it lies at the start of *ret_window then, until the
 * next call. Without one *at becomes end and the window is empty. */
enum err log_file_next(struct log_file *f, uint64_t *at, uint64_t end,
                       struct str *ret_window) MUST_CHECK;
/* Bytes that are no frame are kept for a person to look at; reading goes on behind them. ERR_IO
 * when they could not be kept: they must stay where they are then. */
enum err log_file_quarantine(struct log_file *f, uint64_t from, uint64_t to,
                             const char *msg) MUST_CHECK;
/* Moves the beginning; an empty log is cut to nothing. Durable when it returns ERR_OK. */
enum err log_file_move_head(struct log_file *f, uint64_t head);
/* This process replays from here on; false: another one does. */
bool log_file_claim(struct log_file *f);
