/*
 * calls.c: for LD_PRELOAD: system calls that fail now and then in the processes that the first one
 * has forked, as they do when files, memory or the disk run out, a signal comes, or the other side
 * goes: one of eight of the rare calls, one of hundreds of those of every callback, with an error
 * that this call may have, or done by half. Each failure is a line, its process, call and error, in
 * the file FAILING_LOG.
 * tests/integration/calls.sh builds it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "chance.h"

#define RARE 8
#define OFTEN 400

__attribute__((constructor)) static void begin(void)
{
    first = getpid();
}

static bool is_of_role(char name[17])
{
    return prctl(PR_GET_NAME, name) == 0 && strcmp(name, "waypost") != 0 &&
           strncmp(name, "admin", 5) != 0;
}

static void begin_process(pid_t pid)
{
    chance_begin(pid);
    from += START_S;
}

static void tell(const char *name, const char *call, int error)
{
    char line[80];
    const char *path = getenv("FAILING_LOG");
    long fd = path != NULL
                  ? syscall(SYS_open, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)
                  : -1;
    int n = snprintf(line, sizeof(line), "%s %s %s\n", name, call,
                     error != 0 ? strerrorname_np(error) : "half");
    if (fd < 0 || syscall(SYS_write, fd, line, n) != n)
        abort();
    (void)syscall(SYS_close, fd);
}

/* True: errno is set, one of the errors. In the end of them a 0: no error, it is to be done by
 * half. */
static bool fails(const char *call, uint32_t one_of, const int *errors, size_t n, bool *ret_half)
{
    char name[17] = "";
    pid_t pid = getpid();
    *ret_half = false;
    if (pid == first || !is_of_role(name))
        return false;
    if (pid != ours)
        begin_process(pid);
    if (now_s() < from || draw() % one_of != 0)
        return false;
    int error = errors[draw() % n];
    tell(name, call, error);
    *ret_half = error == 0;
    errno = error;
    return error != 0;
}

#define FAILS(call, one_of, half, ...)                                                             \
    fails(call, one_of, (const int[]){__VA_ARGS__},                                                \
          sizeof((const int[]){__VA_ARGS__}) / sizeof(int), half)

static bool is_socket(int fd)
{
    struct stat info;
    return syscall(SYS_fstat, fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

static bool is_file(int fd)
{
    struct stat info;
    return syscall(SYS_fstat, fd, &info) == 0 && S_ISREG(info.st_mode);
}

static int open_it(const char *path, int flags, unsigned mode)
{
    bool half;
    if (FAILS("open", RARE, &half, EMFILE, ENFILE, ENOMEM))
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, unsigned) : 0;
    va_end(args);
    return open_it(path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int socket(int domain, int type, int protocol)
{
    bool half;
    if (FAILS("socket", RARE, &half, EMFILE, ENFILE, ENOBUFS))
        return -1;
    return (int)syscall(SYS_socket, domain, type, protocol);
}

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    bool half;
    if (FAILS("accept4", RARE, &half, EMFILE, ENFILE, ECONNABORTED, EINTR, ENOMEM))
        return -1;
    return (int)syscall(SYS_accept4, fd, address, size, flags);
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    bool half;
    if (FAILS("connect", RARE, &half, ECONNREFUSED, EADDRNOTAVAIL, ENETUNREACH))
        return -1;
    return (int)syscall(SYS_connect, fd, address, size);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    bool half = false;
    if (is_file(fd) ? FAILS("write-file", RARE, &half, ENOSPC, EIO, EINTR, EDQUOT, 0)
                    : (is_socket(fd) && FAILS("write", OFTEN, &half, ECONNRESET, EPIPE, EINTR, 0)))
        return -1;
    return syscall(SYS_write, fd, bytes, half && n > 1 ? n / 2 : n);
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    bool half;
    if (FAILS("send", OFTEN, &half, ECONNRESET, EPIPE, EINTR, ENOBUFS, 0))
        return -1;
    return syscall(SYS_sendto, fd, bytes, half && n > 1 ? n / 2 : n, flags, NULL, 0);
}

ssize_t recv(int fd, void *bytes, size_t n, int flags)
{
    bool half;
    if (FAILS("recv", OFTEN, &half, ECONNRESET, EINTR, ETIMEDOUT, 0))
        return -1;
    return syscall(SYS_recvfrom, fd, bytes, half && n > 1 ? n / 2 : n, flags, NULL, NULL);
}

ssize_t read(int fd, void *bytes, size_t n)
{
    bool half;
    if (FAILS("read", OFTEN, &half, EINTR, EIO, 0))
        return -1;
    return syscall(SYS_read, fd, bytes, half && n > 1 ? n / 2 : n);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    bool half;
    if (FAILS("pwrite", RARE, &half, ENOSPC, EIO, EINTR, EDQUOT, 0))
        return -1;
    return syscall(SYS_pwrite64, fd, bytes, half && n > 1 ? n / 2 : n, at);
}

ssize_t pread64(int fd, void *bytes, size_t n, off64_t at)
{
    bool half;
    if (FAILS("pread", RARE, &half, EIO, EINTR, 0))
        return -1;
    return syscall(SYS_pread64, fd, bytes, half && n > 1 ? n / 2 : n, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    bool half;
    if (FAILS("writev", OFTEN, &half, ENOSPC, EIO, EINTR, ECONNRESET))
        return -1;
    return syscall(SYS_writev, fd, parts, n);
}

static int sync_it(const char *name, long call, int fd)
{
    bool half;
    if (FAILS(name, RARE, &half, EIO, ENOSPC, EINTR))
        return -1;
    return (int)syscall(call, fd);
}

int fsync(int fd)
{
    return sync_it("fsync", SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sync_it("fdatasync", SYS_fdatasync, fd);
}

int rename(const char *from_path, const char *to_path)
{
    bool half;
    if (FAILS("rename", RARE, &half, EIO, ENOSPC))
        return -1;
    return (int)syscall(SYS_rename, from_path, to_path);
}

int renameat(int from_dir, const char *from_path, int to_dir, const char *to_path)
{
    bool half;
    if (FAILS("renameat", RARE, &half, EIO, ENOSPC))
        return -1;
    return (int)syscall(SYS_renameat, from_dir, from_path, to_dir, to_path);
}

int flock(int fd, int what)
{
    bool half;
    if ((what & LOCK_UN) == 0 && FAILS("flock", RARE, &half, EINTR, EINTR, EINTR, ENOLCK))
        return -1;
    return (int)syscall(SYS_flock, fd, what);
}

int ftruncate(int fd, off_t n)
{
    bool half;
    if (FAILS("ftruncate", RARE, &half, EIO, EINTR))
        return -1;
    return (int)syscall(SYS_ftruncate, fd, n);
}

int ftruncate64(int fd, off64_t n) __attribute__((alias("ftruncate")));

int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
    bool half;
    if (op != EPOLL_CTL_DEL && FAILS("epoll_ctl", OFTEN, &half, ENOMEM, ENOSPC))
        return -1;
    return (int)syscall(SYS_epoll_ctl, epoll, op, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int n, int wait_ms)
{
    bool half;
    if (FAILS("epoll_wait", OFTEN, &half, EINTR))
        return -1;
    return (int)syscall(SYS_epoll_wait, epoll, events, n, wait_ms);
}
