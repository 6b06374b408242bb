/* Is a connection string one that never looks up a name? */
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <string.h>

#include "port/sink/sink.h"

/* Socket folders and addresses, with commas between them, which nobody has to look up. */
static bool is_found_at_once(const char *hosts)
{
    struct in6_addr address; /* the larger of both */
    char host[INET6_ADDRSTRLEN];
    for (struct str rest = str_from(hosts); rest.p != NULL;) {
        struct str one = str_split(&rest, ',');
        if (one.len > 0 && one.p[0] != '/' &&
            (str_copy(one, host, sizeof(host)) != ERR_OK ||
             (inet_pton(AF_INET, host, &address) != 1 && inet_pton(AF_INET6, host, &address) != 1)))
            return false;
    }
    return true;
}

/* postgresql://user:p@ss/word@host/...: a part of it would be taken for the host, and shown. */
static bool has_odd_password(const char *conninfo)
{
    const char *login = strstr(conninfo, "://");
    const char *at = login != NULL ? strrchr(login, '@') : NULL;
    return at != NULL && login + 3 + strcspn(login + 3, "/?#@") < at;
}

enum err sink_libpq_check(const char *conninfo, struct errmsg *msg)
{
    char *words = NULL;
    if (has_odd_password(conninfo))
        return errmsg_set(msg, ERR_INVALID,
                          "in an address that begins with postgresql:// a password's @ is written "
                          "%%40, / is %%2F, ? is %%3F, # is %%23 and %% is %%25");
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
