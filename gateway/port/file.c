#include "port/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static enum err read_fd(int fd, const char *path, size_t max, struct buf *out, struct errmsg *msg)
{
    buf_init(out, max);
    for (;;) {
        char bytes[16384];
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errmsg_set(msg, ERR_IO, "%s: %s", path, strerror(errno));
        if (n == 0)
            return ERR_OK;
        buf_add(out, bytes, (size_t)n);
        if (buf_error(out) != ERR_OK)
            return errmsg_set(msg, buf_error(out), "%s: over %zu bytes", path, max);
    }
}

enum err file_read(const char *path, size_t max, struct buf *out, struct errmsg *msg)
{
    buf_init(out, max);
    if (strcmp(path, "-") == 0)
        return read_fd(STDIN_FILENO, "standard input", max, out, msg);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errmsg_set(msg, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    enum err e = read_fd(fd, path, max, out, msg);
    (void)close(fd); /* only read */
    return e;
}

enum err profile_load(const char *path, struct profile **ret, struct buf *errors)
{
    struct buf text CLEANUP(buf_fini);
    struct errmsg msg;
    enum err e = file_read(path, PROFILE_MAX_BYTES, &text, &msg);
    if (e == ERR_OK)
        return profile_parse(buf_str(&text), str_from(path), ret, errors);
    buf_addf(errors, "%s\n", msg.text);
    return e;
}
