/*
 * redis_server.h: a private redis-server for one test program: a folder under /tmp, a unix socket
 * and no port, every write on disk before its response; or a Cluster of one, which needs a port.
 */
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct redis_server {
    char dir[64];
    char socket[80];
    int port; /* of a Cluster of one; 0 = it is none */
    pid_t pid;
    redisContext *redis; /* for the test's own questions */
};

static inline bool redis_server_is_installed(void)
{
    return access("/usr/bin/redis-server", X_OK) == 0 ||
           access("/usr/local/bin/redis-server", X_OK) == 0;
}

static inline bool redis_server_responses(struct redis_server *server)
{
    redisContext *redis = redisConnectUnix(server->socket);
    redisReply *reply = redis != NULL && redis->err == 0 ? redisCommand(redis, "PING") : NULL;
    bool is_ready = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    freeReplyObject(reply);
    if (is_ready)
        server->redis = redis;
    else if (redis != NULL)
        redisFree(redis);
    return is_ready;
}

/* One that nobody has at this moment. */
static inline int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        abort();
    (void)close(fd);
    return ntohs(at.sin_port);
}

/* Starts on the files that are in the folder; returns when it answers. Aborts when it never does.
 */
static inline void redis_server_start(struct redis_server *server)
{
    server->pid = fork();
    if (server->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves no server behind */
        int null = open("/dev/null", O_WRONLY);
        char port[16], bus[16];
        (void)snprintf(port, sizeof(port), "%d", server->port);
        (void)snprintf(bus, sizeof(bus), "%d", server->port > 0 ? free_port() : 0);
        (void)dup2(null, STDOUT_FILENO); /* its banner is of no use here */
        (void)execlp("redis-server", "redis-server", "--port", port, "--cluster-enabled",
                     server->port > 0 ? "yes" : "no", "--cluster-port", bus, "--unixsocket",
                     server->socket, "--dir", server->dir, "--save", "", "--appendonly", "yes",
                     "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0", (char *)NULL);
        _exit(127);
    }
    for (int tries = 0; !redis_server_responses(server); tries++) {
        if (server->pid < 0 || tries > 2000)
            abort();
        (void)poll(NULL, 0, 5); /* nothing announces that a server has come up */
    }
}

static inline void redis_server_init(struct redis_server *server)
{
    *server = (struct redis_server){.dir = "/tmp/waypost-redis.XXXXXX"};
    if (mkdtemp(server->dir) == NULL)
        abort();
    (void)snprintf(server->socket, sizeof(server->socket), "%s/s", server->dir);
    redis_server_start(server);
}

static inline long long redis_server_do(struct redis_server *server, const char *format, ...);

/* All slots are its own. */
static inline void redis_server_init_cluster(struct redis_server *server)
{
    *server = (struct redis_server){.dir = "/tmp/waypost-redis.XXXXXX", .port = free_port()};
    if (mkdtemp(server->dir) == NULL)
        abort();
    (void)snprintf(server->socket, sizeof(server->socket), "%s/s", server->dir);
    redis_server_start(server);
    if (redis_server_do(server, "CLUSTER ADDSLOTSRANGE 0 16383") == -1)
        abort();
    while (redis_server_do(server, "GET nothing") == -1)
        (void)poll(NULL, 0, 5); /* nor that it is of one mind with itself */
}

static inline void redis_server_kill(struct redis_server *server)
{
    redisFree(server->redis);
    server->redis = NULL;
    (void)kill(server->pid, SIGKILL); /* our child: it is there until we wait */
    (void)waitpid(server->pid, NULL, 0);
}

static inline void redis_server_fini(struct redis_server *server)
{
    char command[96];
    redis_server_kill(server);
    (void)snprintf(command, sizeof(command), "rm -rf %s", server->dir);
    if (system(command) != 0)
        abort();
}

/* Runs one command; the integer reply, or the number of elements, or -1 for an error reply. */
static inline long long redis_server_do(struct redis_server *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(server->redis, format, args);
    va_end(args);
    if (reply == NULL)
        abort();
    long long n = reply->type == REDIS_REPLY_INTEGER ? reply->integer
                  : reply->type == REDIS_REPLY_ERROR ? -1
                                                     : (long long)reply->elements;
    freeReplyObject(reply);
    return n;
}
