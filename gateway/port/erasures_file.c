#include "port/erasures.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

struct erasures {
    int fd;
    char path[PATH_MAX];
    struct buf lines;
};

static enum err fail(const struct erasures *e, struct errmsg *msg)
{
    enum err why = errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_IO;
    return errmsg_set(msg, why, "%s: %s", e->path, strerror(errno));
}

/* What an operator makes as root is for the gateway to write. */
static bool give_to_owner(const struct erasures *e, const char *dir)
{
    struct stat folder, file;
    if (stat(dir, &folder) != 0 || fstat(e->fd, &file) != 0)
        return false;
    return file.st_uid == folder.st_uid || geteuid() != 0 ||
           fchown(e->fd, folder.st_uid, folder.st_gid) == 0;
}

static enum err read_lines(struct erasures *e, struct errmsg *msg)
{
    char bytes[16384];
    ssize_t n;
    while ((n = read(e->fd, bytes, sizeof(bytes))) != 0) {
        if (n < 0 && errno != EINTR)
            return fail(e, msg);
        if (n > 0)
            buf_add(&e->lines, bytes, (size_t)n);
        if (buf_error(&e->lines) != ERR_OK)
            return errmsg_set(msg, ERR_TOO_LONG, "%s: over %u bytes", e->path, ERASURES_MAX_BYTES);
    }
    size_t whole = e->lines.len;
    while (whole > 0 && e->lines.p[whole - 1] != '\n')
        whole--;
    if (whole < e->lines.len && ftruncate(e->fd, (off_t)whole) != 0)
        return fail(e, msg);
    e->lines.len = whole;
    return ERR_OK;
}

enum err erasures_open(const char *dir, struct erasures **ret, struct errmsg *msg)
{
    struct erasures *e = xcalloc(1, sizeof(*e));
    e->fd = -1;
    buf_init(&e->lines, ERASURES_MAX_BYTES);
    int n = snprintf(e->path, sizeof(e->path), "%s/" ERASURES_FILE, dir);
    enum err why = ERR_OK;
    if (n < 0 || (size_t)n >= sizeof(e->path))
        why = errmsg_set(msg, ERR_TOO_LONG, "path too long: %s", dir);
    else if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        why = fail(e, msg);
    if (why == ERR_OK) {
        e->fd = open(e->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (e->fd < 0 || flock(e->fd, LOCK_EX) != 0 || !give_to_owner(e, dir))
            why = fail(e, msg);
    }
    if (why == ERR_OK)
        why = read_lines(e, msg);
    if (why == ERR_OK)
        *ret = e;
    else
        erasures_close(e);
    return why;
}

struct str erasures_lines(const struct erasures *e)
{
    return buf_str(&e->lines);
}

enum err erasures_add(struct erasures *e, struct str lines, struct errmsg *msg)
{
    while (lines.len > 0) {
        ssize_t n = write(e->fd, lines.p, lines.len);
        if (n < 0 && errno != EINTR)
            return fail(e, msg);
        lines = str_sub(lines, n > 0 ? (size_t)n : 0, lines.len);
    }
    return fdatasync(e->fd) == 0 ? ERR_OK : fail(e, msg);
}

void erasures_close(struct erasures *e)
{
    if (e == NULL)
        return;
    if (e->fd >= 0)
        (void)close(e->fd); /* what matters was flushed or only read; the lock goes with it */
    buf_fini(&e->lines);
    free(e);
}
