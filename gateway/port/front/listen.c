/* Sockets to listen on: one owner of a port, others beside it. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/front/front.h"

#define BACKLOG 1024

static bool set_on(int fd, int option)
{
    const int on = 1;
    return setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)) == 0;
}

/* The owner binds and listens alone, so that a port where anybody listens refuses it, another
 * gateway too; only then it lets the others of this process in. */
static bool open_on(int fd, const struct addrinfo *at, bool is_beside)
{
    return set_on(fd, SO_REUSEADDR) && (!is_beside || set_on(fd, SO_REUSEPORT)) &&
           bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0 &&
           (is_beside || set_on(fd, SO_REUSEPORT));
}

enum err front_listen(const char *address, int port, bool is_beside, int *ret_fd,
                      struct errmsg *msg)
{
    char service[16];
    (void)snprintf(service, sizeof(service), "%d", port); /* fits any int */
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (port < 0 || port > 65535 || getaddrinfo(address, service, &hints, &found) != 0)
        return errmsg_set(msg, ERR_INVALID,
                          "cannot listen on %s port %d: give an IPv4 or IPv6 address in numbers "
                          "(127.0.0.1, 0.0.0.0, ::) and a port up to 65535",
                          address, port);
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_open = fd >= 0 && open_on(fd, found, is_beside);
    int error = errno;
    freeaddrinfo(found);
    if (is_open) {
        *ret_fd = fd;
        return ERR_OK;
    }
    if (fd >= 0)
        (void)close(fd); /* never used */
    return errmsg_set(
        msg, ERR_UNAVAILABLE, "cannot listen on %s port %d: %s%s", address, port, strerror(error),
        error == EADDRINUSE
            ? "; another gateway or program listens there: stop it, or choose another "
              "port in the configuration"
        : error == EADDRNOTAVAIL ? "; choose an address of this machine"
        : error == EACCES        ? "; choose a port from 1024 up or grant the right to bind"
                                 : "");
}
