#include "lab/shipped.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/file.h"

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum err shipped_find(const char *name, char dst[PATH_MAX])
{
    char program[PATH_MAX];
    const char *base = strrchr(name, '/');
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL)
        *slash = '\0';
    if (is_folder(name) && snprintf(dst, PATH_MAX, "%s", name) < PATH_MAX)
        return ERR_OK;
    if (snprintf(dst, PATH_MAX, "%s/../%s", program, name) < PATH_MAX && is_folder(dst))
        return ERR_OK;
    if (snprintf(dst, PATH_MAX, "%s/../share/waypost/%s", program, base != NULL ? base + 1 : name) <
            PATH_MAX &&
        is_folder(dst))
        return ERR_OK;
    return ERR_NOT_FOUND;
}

enum err shipped_profile(const char *folder, struct str name, struct profile **ret,
                         struct buf *errors)
{
    char path[PATH_MAX], found[PATH_MAX];
    if (folder == NULL)
        folder = shipped_find("config/profiles", found) == ERR_OK ? found : "config/profiles";
    int n = str_ends(name, STR(".yaml"))
                ? snprintf(path, sizeof(path), "%.*s", STR_ARG(name))
                : snprintf(path, sizeof(path), "%s/%.*s.yaml", folder, STR_ARG(name));
    if (n < 0 || (size_t)n >= sizeof(path)) {
        buf_addf(errors, "the path of profile %.*s is too long\n", STR_ARG(name));
        return ERR_TOO_LONG;
    }
    return profile_load(path, ret, errors);
}
