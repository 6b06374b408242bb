#include "port/profile_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum err profile_load(const char *path, struct profile **ret, struct errmsg *msg)
{
    char bytes[PROFILE_MAX_BYTES + 1];
    size_t n = 0;
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errmsg_set(msg, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path,
                          strerror(errno));
    while (n < sizeof(bytes) && got > 0) {
        got = read(fd, bytes + n, sizeof(bytes) - n);
        n += got > 0 ? (size_t)got : 0;
    }
    int number = errno;
    (void)close(fd); /* it was only read */
    if (got < 0)
        return errmsg_set(msg, ERR_IO, "%s: %s", path, strerror(number));
    return profile_parse((struct str){bytes, n}, str_from(path), ret, msg);
}
