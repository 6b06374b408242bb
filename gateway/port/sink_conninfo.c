#include <arpa/inet.h>
#include <libpq-fe.h>
#include <string.h>

#include "port/sink.h"

/* A socket folder or an address, which nobody has to look up. */
static bool is_found_at_once(const char *host)
{
    struct in6_addr address; /* the larger of both */
    return host[0] == '/' || host[0] == '\0' || inet_pton(AF_INET, host, &address) == 1 ||
           inet_pton(AF_INET6, host, &address) == 1;
}

enum err sink_libpq_check(const char *conninfo, struct errmsg *msg)
{
    char *words = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &words);
    if (options == NULL) {
        enum err e = errmsg_set(msg, ERR_INVALID, "%.*s", STR_ARG(str_trim(str_from(words))));
        PQfreemem(words);
        return e;
    }
    const char *host = NULL, *hostaddr = NULL;
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "host") == 0)
            host = o->val;
        else if (strcmp(o->keyword, "hostaddr") == 0)
            hostaddr = o->val;
    }
    enum err e = ERR_OK;
    if (host != NULL && hostaddr == NULL && !is_found_at_once(host))
        e = errmsg_set(msg, ERR_INVALID,
                       "host=%s is a name, which would have to be looked up at a bad moment; "
                       "give its address as hostaddr=... as well, or a socket folder as host=/...",
                       host);
    PQconninfoFree(options);
    return e;
}
