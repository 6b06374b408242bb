#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/systemd.h"

static void test_takes_the_sockets_meant_for_it(void **state)
{
    (void)state;
    struct systemd_socket sockets[SYSTEMD_MAX_SOCKETS];
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
    assert_int_equal(dup2(0, 3), 3);
    assert_int_equal(dup2(0, 4), 4);
    (void)setenv("LISTEN_PID", pid, 1);
    (void)setenv("LISTEN_FDS", "2", 1);
    (void)setenv("LISTEN_FDNAMES", "waypost.socket:admin", 1);
    assert_int_equal(systemd_sockets(sockets), 2);
    assert_int_equal(sockets[0].fd, 3);
    assert_string_equal(sockets[0].name, "waypost.socket");
    assert_int_equal(sockets[1].fd, 4);
    assert_string_equal(sockets[1].name, "admin");
    assert_int_equal(fcntl(3, F_GETFD), FD_CLOEXEC);
    assert_null(getenv("LISTEN_FDS"));
    assert_int_equal(systemd_sockets(sockets), 0); /* once */
}

static void test_leaves_what_is_not_for_it(void **state)
{
    (void)state;
    static const struct {
        const char *pid, *n;
    } rows[] = {{"1", "1"}, {"", "1"}, {"self", "99999"}, {"self", "-1"}, {"self", ""}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct systemd_socket sockets[SYSTEMD_MAX_SOCKETS];
        char pid[16];
        (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
        (void)setenv("LISTEN_PID", strcmp(rows[i].pid, "self") == 0 ? pid : rows[i].pid, 1);
        (void)setenv("LISTEN_FDS", rows[i].n, 1);
        assert_int_equal(systemd_sockets(sockets), 0);
    }
}

static void test_tells_the_manager(void **state)
{
    (void)state;
    static const char *const kinds[] = {"", "@"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct sockaddr_un own = {.sun_family = AF_UNIX};
        char dir[] = "/tmp/waypost-notify.XXXXXX", path[64], got[64] = "";
        assert_non_null(mkdtemp(dir));
        (void)snprintf(path, sizeof(path), "%s%s/sock", kinds[i], dir);
        memcpy(own.sun_path, path, strlen(path));
        if (path[0] == '@')
            own.sun_path[0] = '\0';
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
        assert_int_equal(bind(fd, (struct sockaddr *)&own, len), 0);
        (void)setenv("NOTIFY_SOCKET", path, 1);
        systemd_notify("READY=1");
        assert_int_equal(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT), 7);
        assert_string_equal(got, "READY=1");
        (void)close(fd);
        (void)unlink(path);
        (void)rmdir(dir);
        systemd_notify("STOPPING=1"); /* the manager is gone: nothing happens */
    }
    (void)unsetenv("NOTIFY_SOCKET");
    systemd_notify("READY=1");
}

static int listener(const char *path)
{
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    memcpy(own.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
    (void)setenv("NOTIFY_SOCKET", path, 1);
    return fd;
}

static bool hears(int fd)
{
    char got[64] = "";
    return recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0 && strcmp(got, "WATCHDOG=1") == 0;
}

static void test_watchdog_is_fed_in_time(void **state)
{
    (void)state;
    char dir[] = "/tmp/waypost-notify.XXXXXX", path[64], pid[16];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/sock", dir);
    (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
    int fd = listener(path);
    systemd_watchdog((struct mono_ms){1000}); /* nobody waits for it */
    assert_false(hears(fd));
    (void)setenv("WATCHDOG_USEC", "10000000", 1);
    (void)setenv("WATCHDOG_PID", "1", 1); /* for another process */
    systemd_watchdog((struct mono_ms){1000});
    assert_false(hears(fd));
    (void)setenv("WATCHDOG_PID", pid, 1);
    systemd_watchdog((struct mono_ms){1000});
    assert_true(hears(fd));
    systemd_watchdog((struct mono_ms){5999});
    assert_false(hears(fd));
    systemd_watchdog((struct mono_ms){6000});
    assert_true(hears(fd));
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    (void)unsetenv("NOTIFY_SOCKET");
    (void)close(fd);
    (void)unlink(path);
    (void)rmdir(dir);
}

/* In a child, since its stderr is what changes. Returns how many bytes it could write of a mebibyte
 * that nobody read; -1: it ended otherwise. */
static long written_unread(const int ends[2])
{
    long *n = mmap(NULL, sizeof(*n), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(n != MAP_FAILED);
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        static const char line[1024];
        (void)alarm(60); /* a write that waits for a reader would wait for ever */
        (void)dup2(ends[1], STDERR_FILENO);
        systemd_log_goes();
        for (int i = 0; i < 1024; i++)
            *n += write(STDERR_FILENO, line, sizeof(line)) == (ssize_t)sizeof(line) ? 1024 : 0;
        (void)close(ends[0]);
        ssize_t unheard = write(STDERR_FILENO, line, sizeof(line)); /* to nobody: SIGPIPE */
        _exit(unheard > (ssize_t)sizeof(line));
    }
    (void)close(ends[0]); /* the child has it still */
    (void)close(ends[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    long ret = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? *n : -1;
    (void)munmap(n, sizeof(*n));
    return ret;
}

static void test_log_waits_for_nobody(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    long n = written_unread(ends);
    assert_true(n > 0 && n < 1024 * 1024);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    n = written_unread(ends);
    assert_true(n > 0 && n < 1024 * 1024);
    ends[0] = open("/dev/null", O_RDONLY);
    ends[1] = open("/dev/null", O_WRONLY); /* as it was: it takes all */
    assert_int_equal(written_unread(ends), 1024 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_the_sockets_meant_for_it),
        cmocka_unit_test(test_leaves_what_is_not_for_it),
        cmocka_unit_test(test_tells_the_manager),
        cmocka_unit_test(test_watchdog_is_fed_in_time),
        cmocka_unit_test(test_log_waits_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
