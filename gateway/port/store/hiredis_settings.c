/* hiredis_link.h: settings that outlive who gave them. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "port/store/hiredis_link.h"

static const char *copy_or_null(const char *text)
{
    return text != NULL ? xstrdup(text) : NULL;
}

struct store_settings link_settings_copy(const struct store_settings *settings)
{
    struct store_settings copy = *settings;
    copy.socket_path = copy_or_null(settings->socket_path);
    copy.host = copy_or_null(settings->host);
    copy.username = copy_or_null(settings->username);
    copy.password = copy_or_null(settings->password);
    copy.sentinels = copy_or_null(settings->sentinels);
    copy.primary = copy_or_null(settings->primary);
    copy.cluster = copy_or_null(settings->cluster);
    copy.tls = (struct tls_settings){.ca = copy_or_null(settings->tls.ca),
                                     .cert = copy_or_null(settings->tls.cert),
                                     .key = copy_or_null(settings->tls.key),
                                     .name = copy_or_null(settings->tls.name)};
    return copy;
}

void link_settings_free(const struct store_settings *settings)
{
    const char *const texts[] = {settings->socket_path, settings->host,      settings->username,
                                 settings->password,    settings->sentinels, settings->primary,
                                 settings->cluster,     settings->tls.ca,    settings->tls.cert,
                                 settings->tls.key,     settings->tls.name};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free((void *)(uintptr_t)texts[i]); /* ours, see link_settings_copy */
}
