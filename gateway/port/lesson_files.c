#include "port/lesson_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err from_errno(int number)
{
    if (number == ENOENT || number == ENOTDIR)
        return ERR_NOT_FOUND;
    return number == EACCES || number == EPERM ? ERR_DENIED : ERR_IO;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* what matters was flushed or only read */
}

static void close_dir(DIR **dir)
{
    if (*dir != NULL)
        (void)closedir(*dir); /* only read */
}

/* A lesson file, but for README.md. */
static bool is_lesson_name(struct str name)
{
    return name.len > 3 && name.p[0] != '.' && str_ends(name, STR(".md")) &&
           !str_eq_nocase(name, STR("readme.md"));
}

/* Reads all of fd, at most max bytes, into the arena. */
static enum err read_all(int fd, size_t max, struct arena *arena, struct str *ret)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return ERR_IO;
    if (info.st_size < 0 || (uintmax_t)info.st_size > max)
        return ERR_TOO_LONG;
    size_t size = (size_t)info.st_size, len = 0;
    char *p = arena_alloc(arena, size + 1);
    if (p == NULL)
        return arena_error(arena);
    while (len < size) {
        ssize_t n = read(fd, p + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            break; /* it shrank meanwhile */
        len += (size_t)n;
    }
    *ret = (struct str){p, len};
    return ERR_OK;
}

static int compare_files(const void *a, const void *b)
{
    const struct lesson_file *left = a, *right = b;
    return str_cmp(left->name, right->name);
}

enum err lesson_files_read(const char *dir, struct arena *arena, struct lesson_file **ret,
                           uint32_t *ret_n, struct errmsg *msg)
{
    DIR *folder CLEANUP(close_dir) = opendir(dir);
    if (folder == NULL)
        return errmsg_set(msg, from_errno(errno), "cannot read the folder %s: %s", dir,
                          strerror(errno));
    struct lesson_file *files = arena_new_array(arena, struct lesson_file, LESSON_MAX_FILES);
    if (files == NULL)
        return errmsg_set(msg, arena_error(arena), "no room for the files of %s", dir);
    uint32_t n = 0;
    size_t left = COURSE_MAX_BYTES;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct stat info;
        struct str name = str_from(entry->d_name);
        if (!is_lesson_name(name) || fstatat(dirfd(folder), name.p, &info, 0) != 0 ||
            !S_ISREG(info.st_mode))
            continue;
        if (n == LESSON_MAX_FILES)
            return errmsg_set(msg, ERR_TOO_LONG, "%s has more than %u lesson files", dir,
                              LESSON_MAX_FILES);
        int fd CLEANUP(close_fd) = openat(dirfd(folder), name.p, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return errmsg_set(msg, from_errno(errno), "cannot read %s/%s: %s", dir, name.p,
                              strerror(errno));
        enum err e = read_all(fd, left, arena, &files[n].text);
        if (e == ERR_TOO_LONG)
            return errmsg_set(msg, e, "the files in %s are bigger than %u bytes together", dir,
                              COURSE_MAX_BYTES);
        if (e != ERR_OK)
            return errmsg_set(msg, e, "cannot read %s/%s", dir, name.p);
        left -= files[n].text.len;
        files[n++].name = arena_str(arena, name);
    }
    qsort(files, n, sizeof(*files), compare_files);
    *ret = files;
    *ret_n = n;
    return arena_error(arena);
}

static enum err write_all(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.p, text.len);
        if (n < 0 && errno != EINTR)
            return ERR_IO;
        text = str_sub(text, n > 0 ? (size_t)n : 0, text.len);
    }
    return fsync(fd) == 0 ? ERR_OK : ERR_IO;
}

enum err lesson_files_write(const char *dir, struct str name, struct str text, struct errmsg *msg)
{
    char path[PATH_MAX], fresh[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%.*s", dir, STR_ARG(name));
    int n_fresh = snprintf(fresh, sizeof(fresh), "%s/.%.*s.new", dir, STR_ARG(name));
    if (n < 0 || n_fresh < 0 || n_fresh >= (int)sizeof(fresh))
        return errmsg_set(msg, ERR_TOO_LONG, "the path of %.*s is too long", STR_ARG(name));
    int fd CLEANUP(close_fd) = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return errmsg_set(msg, from_errno(errno), "cannot write %s: %s", fresh, strerror(errno));
    if (write_all(fd, text) == ERR_OK && rename(fresh, path) == 0)
        return ERR_OK;
    enum err e = errmsg_set(msg, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    (void)unlink(fresh); /* a leftover would only be in the way */
    return e;
}
