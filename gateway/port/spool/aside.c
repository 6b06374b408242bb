#include "port/spool/aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "port/spool/frame.h"

#define FILE_MAX_BYTES (SPOOL_FRAME_EXTRA_BYTES + SPOOL_MAX_RECORD_BYTES)
#define PATH_BYTES (sizeof(ASIDE_REFUSED) + ASIDE_NAME_BYTES)
#define MS_DIGITS 13u /* names in the order of their times, until the year 2286 */
#define N_DIGITS 6u
#define N_MAX 999999u /* of one millisecond */

static void path_of(const char *folder, const struct spool_aside *id, char ret[PATH_BYTES])
{
    char name[ASIDE_NAME_BYTES];
    aside_name(id, name);
    (void)snprintf(ret, PATH_BYTES, "%s/%s", folder, name);
}

static enum err of_errno(void)
{
    return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
}

/* ---- names ---- */

void aside_name(const struct spool_aside *id, char ret[ASIDE_NAME_BYTES])
{
    (void)snprintf(ret, ASIDE_NAME_BYTES, "%013" PRIu64 "-%06u", (uint64_t)id->since.ms, id->n);
}

bool aside_name_parse(struct str name, struct spool_aside *ret)
{
    uint64_t ms, n;
    if (name.len != MS_DIGITS + 1 + N_DIGITS || name.p[MS_DIGITS] != '-' ||
        str_to_u64(str_sub(name, 0, MS_DIGITS), INT64_MAX, &ms) != ERR_OK ||
        str_to_u64(str_sub(name, MS_DIGITS + 1, name.len), N_MAX, &n) != ERR_OK)
        return false;
    *ret = (struct spool_aside){.since = {(int64_t)ms}, .n = (uint32_t)n};
    return true;
}

static int by_age(const void *a, const void *b)
{
    return spool_aside_cmp(a, b);
}

enum err aside_scan(int dir_fd, const char *folder, struct aside_list *ret)
{
    struct spool_aside id;
    size_t cap = 0;
    *ret = (struct aside_list){.n = 0};
    int fd = openat(dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_OK : ERR_IO;
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        (void)close(fd); /* nothing was written */
        return ERR_IO;
    }
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (!aside_name_parse(str_from(entry->d_name), &id))
            continue;
        if (ret->n == cap) {
            cap = cap > 0 ? 2 * cap : 64;
            ret->ids = xrealloc(ret->ids, cap * sizeof(*ret->ids));
        }
        ret->ids[ret->n++] = id;
    }
    enum err e = errno == 0 ? ERR_OK : ERR_IO;
    (void)closedir(dir); /* nothing was written */
    if (ret->n > 1)
        qsort(ret->ids, ret->n, sizeof(*ret->ids), by_age);
    return e;
}

void aside_list_free(struct aside_list *list)
{
    free(list->ids);
    *list = (struct aside_list){.n = 0};
}

/* ---- files ---- */

/* A file is only there after a crash when the folder that names it is on disk, and that one's too.
 */
bool aside_sync(int dir_fd, const char *folder)
{
    int fd = openat(dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0 && fsync(dir_fd) == 0;
    if (fd >= 0)
        (void)close(fd); /* read only */
    return is_synced;
}

/* An operator may be the first: it belongs to the service all the same. */
static bool make_folder(int dir_fd, const char *folder)
{
    struct stat spool;
    if (mkdirat(dir_fd, folder, 0700) != 0)
        return errno == EEXIST;
    return geteuid() != 0 || (fstat(dir_fd, &spool) == 0 &&
                              fchownat(dir_fd, folder, spool.st_uid, spool.st_gid, 0) == 0);
}

static bool write_all(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.p, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_sub(bytes, (size_t)n, bytes.len);
    }
    return true;
}

enum err aside_put(int dir_fd, struct wall_ms now, struct str frame, struct spool_aside *ret)
{
    char path[PATH_BYTES];
    int fd = -1;
    if (!make_folder(dir_fd, ASIDE_FOLDER))
        return ERR_IO;
    *ret = (struct spool_aside){.since = now};
    do {
        path_of(ASIDE_FOLDER, ret, path);
        fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    } while (fd < 0 && errno == EEXIST && ret->n++ < N_MAX);
    if (fd < 0)
        return ERR_IO;
    bool is_kept = write_all(fd, frame) && fsync(fd) == 0;
    (void)close(fd); /* synced, or failed already */
    if (is_kept && aside_sync(dir_fd, ASIDE_FOLDER))
        return ERR_OK;
    (void)unlinkat(dir_fd, path, 0); /* who put it here has it still */
    return ERR_IO;
}

enum err aside_read(int dir_fd, const char *folder, const struct spool_aside *id,
                    const struct vault *vault, struct buf *record)
{
    char path[PATH_BYTES], bytes[FILE_MAX_BYTES];
    struct spool_frame frame;
    size_t got = 0;
    ssize_t n = 0;
    path_of(folder, id, path);
    buf_reset(record);
    int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return of_errno();
    do {
        n = read(fd, bytes + got, sizeof(bytes) - got);
        got += n > 0 ? (size_t)n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
    (void)close(fd); /* read only */
    if (n < 0)
        return ERR_IO;
    if (!spool_frame_read((struct str){bytes, got}, &frame))
        return ERR_INVALID;
    return spool_frame_open(vault, &frame, record) == ERR_OK ? ERR_OK : ERR_INVALID;
}

enum err aside_remove(int dir_fd, const struct spool_aside *id)
{
    char path[PATH_BYTES];
    path_of(ASIDE_FOLDER, id, path);
    if (unlinkat(dir_fd, path, 0) != 0)
        return of_errno();
    return aside_sync(dir_fd, ASIDE_FOLDER) ? ERR_OK : ERR_IO;
}

enum err aside_move(int dir_fd, const char *from, const char *to, const struct spool_aside *id,
                    struct spool_aside as)
{
    char old[PATH_BYTES], new[PATH_BYTES];
    int code = 0;
    path_of(from, id, old);
    if (!make_folder(dir_fd, to))
        return ERR_IO;
    do {
        path_of(to, &as, new);
        code = renameat2(dir_fd, old, dir_fd, new, RENAME_NOREPLACE);
    } while (code != 0 && errno == EEXIST && as.n++ < N_MAX);
    if (code != 0)
        return of_errno();
    return aside_sync(dir_fd, to) && aside_sync(dir_fd, from) ? ERR_OK : ERR_IO;
}
