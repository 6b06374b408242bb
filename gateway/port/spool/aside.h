/*
 * aside.h: records that cannot be handled now lie in files of their own beside the log, each the
 * frame that it was there, named by when it was put aside. They hold nobody back, are tried again,
 * and end in `refused/` when nobody could handle them for long. Operators move them by name
 * (cli/spool.c), also while the gateway runs: a file is there or it is not.
 */
#pragma once

#include "base/buf.h"
#include "port/spool/spool.h"

#define ASIDE_FOLDER "aside"    /* to be tried again */
#define ASIDE_REFUSED "refused" /* given up, until a person says otherwise */
#define ASIDE_NAME_BYTES 48u

struct aside_list {
    struct spool_aside *ids; /* the oldest first */
    uint32_t n;
};

/* What lies in a folder of dir_fd; a folder that is not there has nothing. ERR_IO: it cannot be
 * read. The list is freed by aside_list_free, also after an error; *ret is overwritten. */
enum err aside_scan(int dir_fd, const char *folder, struct aside_list *ret) MUST_CHECK;
void aside_list_free(struct aside_list *list);
void aside_name(const struct spool_aside *id, char ret[ASIDE_NAME_BYTES]);
/* False: no name of ours. */
bool aside_name_parse(struct str name, struct spool_aside *ret);
/* Puts a sealed frame into a new file of ASIDE_FOLDER, on disk when it returns. */
enum err aside_put(int dir_fd, struct wall_ms now, struct str frame,
                   struct spool_aside *ret) MUST_CHECK;
/* The record in the file, in place of what the buf held. ERR_NOT_FOUND: there is no such file any
 * more. ERR_INVALID: no sound frame, or sealed with a key that is not here. */
enum err aside_read(int dir_fd, const char *folder, const struct spool_aside *id,
                    const struct vault *vault, struct buf *record) MUST_CHECK;
/* Durable. ERR_NOT_FOUND: there is no such file any more. */
enum err aside_remove(int dir_fd, const struct spool_aside *id) MUST_CHECK;
/* From one folder into the other one, as *as, or under the next name that is free there. Durable.
 * ERR_NOT_FOUND: there is no such file any more. */
enum err aside_move(int dir_fd, const char *from, const char *to, const struct spool_aside *id,
                    struct spool_aside as) MUST_CHECK;
/* Names of files of a folder, and its own, are on disk. */
bool aside_sync(int dir_fd, const char *folder);
