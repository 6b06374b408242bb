#include "port/systemd.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3

static bool env_number(const char *name, uint64_t max, uint64_t *ret)
{
    return str_to_u64(str_from(getenv(name)), max, ret) == ERR_OK;
}

uint32_t systemd_sockets(struct systemd_socket ret[SYSTEMD_MAX_SOCKETS])
{
    uint64_t pid, n = 0;
    if (!env_number("LISTEN_PID", INT32_MAX, &pid) || pid != (uint64_t)getpid() ||
        !env_number("LISTEN_FDS", SYSTEMD_MAX_SOCKETS, &n))
        n = 0;
    struct str names = str_from(getenv("LISTEN_FDNAMES"));
    for (uint32_t i = 0; i < n; i++) {
        ret[i] = (struct systemd_socket){.fd = FIRST_FD + (int)i};
        struct str name = names.p != NULL ? str_split(&names, ':') : STR("");
        if (str_copy(name, ret[i].name, sizeof(ret[i].name)) != ERR_OK)
            ret[i].name[0] = '\0';                   /* no name of ours is so long */
        (void)fcntl(ret[i].fd, F_SETFD, FD_CLOEXEC); /* front_libevent_new finds a closed one */
    }
    (void)unsetenv("LISTEN_PID"); /* unsetenv fails on malformed names only */
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    return (uint32_t)n;
}

void systemd_notify(const char *lines)
{
    struct str path = str_from(getenv("NOTIFY_SOCKET"));
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (path.len == 0 || path.len >= sizeof(to.sun_path))
        return;
    memcpy(to.sun_path, path.p, path.len);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = '\0'; /* the abstract namespace */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len);
    (void)sendto(fd, lines, strlen(lines), MSG_NOSIGNAL, (struct sockaddr *)&to, len);
    (void)close(fd);
}

void systemd_watchdog(struct mono_ms now)
{
    static int64_t told_ms;
    uint64_t wait_us, pid;
    if (!env_number("WATCHDOG_USEC", INT64_MAX, &wait_us) || wait_us == 0 ||
        (env_number("WATCHDOG_PID", INT32_MAX, &pid) && pid != (uint64_t)getpid()))
        return;
    if (told_ms != 0 && now.ms - told_ms < (int64_t)(wait_us / 2000))
        return;
    told_ms = now.ms;
    systemd_notify("WATCHDOG=1");
}

/* A pipe gets an open description of our own, since not to wait is a matter of all who share one;
 * the socket of a manager is ours alone. What cannot be had waits as before. */
void systemd_log_goes(void)
{
    struct stat info = {.st_mode = 0};
    (void)fstat(STDERR_FILENO, &info); /* where there is none, nobody reads it */
    if (S_ISSOCK(info.st_mode))
        (void)fcntl(STDERR_FILENO, F_SETFL, O_RDWR | O_NONBLOCK);
    int fd =
        S_ISFIFO(info.st_mode) ? open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)dup2(fd, STDERR_FILENO);
        (void)close(fd); /* nothing was written */
    }
    (void)signal(SIGPIPE, SIG_IGN); /* fails on a bad signal number only */
}
