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

/* What is being read. */
struct reader {
    struct arena *arena;
    struct lesson_file *files; /* room for LESSON_MAX_FILES */
    uint32_t n;
    size_t left; /* bytes */
    struct errmsg *msg;
};

/* A file of the course or pack, but for README.md. */
static bool is_good_name(struct str name, struct str suffix)
{
    return name.len > suffix.len && name.p[0] != '.' && str_ends(name, suffix) &&
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

static enum err read_file(struct reader *r, int dir_fd, const char *path, struct str prefix,
                          const char *name)
{
    if (r->n == LESSON_MAX_FILES)
        return errmsg_set(r->msg, ERR_TOO_LONG, "%s has more than %u lesson files", path,
                          LESSON_MAX_FILES);
    int fd CLEANUP(close_fd) = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errmsg_set(r->msg, from_errno(errno), "cannot read %s/%s: %s", path, name,
                          strerror(errno));
    struct lesson_file *file = &r->files[r->n];
    enum err e = read_all(fd, r->left, r->arena, &file->text);
    if (e == ERR_TOO_LONG)
        return errmsg_set(r->msg, e, "the files in %s are bigger than %u bytes together", path,
                          COURSE_MAX_BYTES);
    if (e != ERR_OK)
        return errmsg_set(r->msg, e, "cannot read %s/%s", path, name);
    r->left -= file->text.len;
    file->name = arena_printf(r->arena, "%.*s%s", STR_ARG(prefix), name);
    r->n++;
    return ERR_OK;
}

/* The files of one folder that end so, named with the prefix, in the order of their names. A folder
 * that may be missing then has none. */
static enum err read_folder(struct reader *r, const char *path, struct str prefix,
                            struct str suffix, bool may_miss)
{
    DIR *folder CLEANUP(close_dir) = opendir(path);
    uint32_t first = r->n;
    enum err e = ERR_OK;
    if (folder == NULL && may_miss && errno == ENOENT)
        return ERR_OK;
    if (folder == NULL)
        return errmsg_set(
            r->msg, from_errno(errno),
            "cannot read the folder %s: %s; name a folder that this user may read and "
            "that has course.md",
            path, strerror(errno));
    for (struct dirent *entry; e == ERR_OK && (entry = readdir(folder)) != NULL;) {
        struct stat info;
        if (is_good_name(str_from(entry->d_name), suffix) &&
            fstatat(dirfd(folder), entry->d_name, &info, 0) == 0 && S_ISREG(info.st_mode))
            e = read_file(r, dirfd(folder), path, prefix, entry->d_name);
    }
    qsort(r->files + first, r->n - first, sizeof(*r->files), compare_files);
    return e;
}

/* A course's or pack's folder: its texts, and the translations in its po/. */
static enum err read_tree(struct reader *r, const char *dir, struct str prefix)
{
    struct str po = arena_printf(r->arena, "%s/po", dir);
    struct str po_prefix = arena_printf(r->arena, "%.*spo/", STR_ARG(prefix));
    enum err e = arena_error(r->arena);
    if (e == ERR_OK)
        e = read_folder(r, dir, prefix, STR(".md"), false);
    return e == ERR_OK ? read_folder(r, po.p, po_prefix, STR(".po"), true) : e;
}

static struct str find_course(const struct reader *r, struct str name)
{
    for (uint32_t i = 0; i < r->n; i++) {
        if (str_eq(r->files[i].name, name))
            return r->files[i].text;
    }
    return STR_NONE;
}

/* The folder in which a folder lies, or will lie. */
static struct str folder_above(const char *dir)
{
    struct str path = str_from(dir);
    while (path.len > 0 && path.p[path.len - 1] == '/')
        path.len--;
    while (path.len > 0 && path.p[path.len - 1] != '/')
        path.len--;
    return path.len > 0 ? path : STR("./");
}

/* A pack or another course, beside the course's folder, else where this program's own lie: in its
 * source tree, or in the share folder of its installation. */
static struct str find_folder(const char *dir, struct str name, struct arena *arena)
{
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL)
        *slash = '\0';
    const struct str folders[] = {
        arena_printf(arena, "%s/..", dir),
        folder_above(dir), /* of a course that is not there yet */
        arena_printf(arena, "%s/../lessons", program),
        arena_printf(arena, "%s/../share/waypost/lessons", program),
    };
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        struct str path = arena_printf(arena, "%.*s/%.*s", STR_ARG(folders[i]), STR_ARG(name));
        if (path.p != NULL && access(path.p, F_OK) == 0)
            return path;
    }
    return STR_NONE;
}

static struct str find_pack(const char *dir, struct str pack, struct arena *arena)
{
    return find_folder(dir, arena_printf(arena, "packs/%.*s", STR_ARG(pack)), arena);
}

static bool is_folder_name(struct str name)
{
    return !str_is_empty(name) && name.p[0] != '.' && str_find_char(name, '/') == SIZE_MAX;
}

/* The course that this one is an edition of, and the pack, where course.md names them;
 * lesson_parse says where there are none. */
static enum err read_links(struct reader *r, const char *dir)
{
    enum err e = ERR_OK;
    struct lesson_links links = lesson_links_read(find_course(r, STR("course.md")), r->arena);
    struct str base =
        is_folder_name(links.base) ? find_folder(dir, links.base, r->arena) : STR_NONE;
    if (base.p != NULL) {
        struct str prefix = arena_printf(r->arena, "%.*s/", STR_ARG(links.base));
        e = read_tree(r, base.p, prefix);
        struct str name = arena_printf(r->arena, "%.*scourse.md", STR_ARG(prefix));
        if (links.pack.p == NULL)
            links.pack = lesson_links_read(find_course(r, name), r->arena).pack;
    }
    if (e != ERR_OK || !is_folder_name(links.pack))
        return e;
    struct str path = find_pack(dir, links.pack, r->arena);
    struct str prefix = arena_printf(r->arena, "packs/%.*s/", STR_ARG(links.pack));
    if (arena_error(r->arena) != ERR_OK || path.p == NULL)
        return arena_error(r->arena);
    return read_tree(r, path.p, prefix);
}

enum err lesson_files_read(const char *dir, struct arena *arena, struct lesson_file **ret,
                           uint32_t *ret_n, struct errmsg *msg)
{
    struct reader r = {.arena = arena, .left = COURSE_MAX_BYTES, .msg = msg};
    r.files = arena_new_array(arena, struct lesson_file, LESSON_MAX_FILES);
    if (r.files == NULL)
        return errmsg_set(msg, arena_error(arena), "no room for the files of %s", dir);
    enum err e = read_tree(&r, dir, STR(""));
    if (e == ERR_OK)
        e = read_links(&r, dir);
    *ret = r.files;
    *ret_n = r.n;
    return e != ERR_OK ? e : arena_error(arena);
}

bool lesson_files_is_own(struct str name)
{
    return str_find_char(name, '/') == SIZE_MAX || str_starts(name, STR("po/"));
}

enum err lesson_files_skeleton(const char *dir, struct arena *arena, struct lesson_file **ret,
                               uint32_t *ret_n, struct errmsg *msg)
{
    struct reader r = {.arena = arena, .left = COURSE_MAX_BYTES, .msg = msg};
    struct str pack = find_pack(dir, STR("standard"), arena);
    r.files = arena_new_array(arena, struct lesson_file, LESSON_MAX_FILES);
    if (r.files == NULL || pack.p == NULL)
        return errmsg_set(msg, ERR_NOT_FOUND, "there is no packs/standard beside %s", dir);
    struct str path = arena_printf(arena, "%.*s/skeleton", STR_ARG(pack));
    enum err e = arena_error(arena);
    if (e == ERR_OK)
        e = read_folder(&r, path.p, STR(""), STR(".md"), false);
    *ret = r.files;
    *ret_n = r.n;
    return e;
}

/* ---- a pack by itself ---- */

static bool has_file(const char *dir, const char *name)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%s", dir, name);
    return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

bool lesson_files_is_pack(const char *dir)
{
    return has_file(dir, "texts.md") && !has_file(dir, "course.md");
}

/* What stands behind `key` at the begin of a line. */
static struct str line_of(struct str text, struct str key)
{
    while (text.len > 0) {
        struct str line = str_split(&text, '\n');
        if (str_starts(line, key))
            return str_trim(str_sub(line, key.len, line.len));
    }
    return STR_NONE;
}

static struct str replace_line(struct str text, struct str key, struct str value,
                               struct arena *arena)
{
    struct str old = arena_printf(arena, "%.*s %.*s\n", STR_ARG(key), STR_ARG(line_of(text, key)));
    size_t at = old.p != NULL ? str_find(text, old) : SIZE_MAX;
    if (at == SIZE_MAX)
        return text;
    return arena_printf(arena, "%.*s%.*s %.*s\n%.*s", STR_ARG(str_sub(text, 0, at)), STR_ARG(key),
                        STR_ARG(value), STR_ARG(str_sub(text, at + old.len, text.len)));
}

enum err lesson_files_read_pack(const char *dir, struct arena *arena, struct lesson_file **ret,
                                uint32_t *ret_n, struct errmsg *msg)
{
    char path[PATH_MAX];
    if (realpath(dir, path) == NULL)
        return errmsg_set(msg, from_errno(errno), "%s: %s", dir, strerror(errno));
    struct reader r = {.arena = arena, .left = COURSE_MAX_BYTES, .msg = msg};
    struct str name = str_from(strrchr(path, '/') + 1);
    enum err e = lesson_files_skeleton(dir, arena, &r.files, &r.n, msg);
    if (e == ERR_NOT_FOUND) /* of a pack named standard that has no skeleton yet */
        return e;
    uint32_t n_own = r.n;
    if (e == ERR_OK)
        e = read_tree(&r, path, arena_printf(arena, "packs/%.*s/", STR_ARG(name)));
    struct str texts = find_course(&r, arena_printf(arena, "packs/%.*s/texts.md", STR_ARG(name)));
    struct str lang = line_of(texts, STR("language:"));
    for (uint32_t i = 0; i < n_own && e == ERR_OK; i++) {
        struct str *text = &r.files[i].text;
        if (!str_eq(r.files[i].name, STR("course.md")))
            continue;
        *text = replace_line(*text, STR("pack:"), name, arena);
        if (!str_is_empty(lang))
            *text = replace_line(*text, STR("language:"), lang, arena);
    }
    *ret = r.files;
    *ret_n = r.n;
    return e != ERR_OK ? e : arena_error(arena);
}

enum err lesson_files_make_folder(const char *dir, struct errmsg *msg)
{
    char parent[PATH_MAX];
    for (const char *slash = strchr(dir + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        if (slash[1] != '\0' &&
            str_copy((struct str){dir, (size_t)(slash - dir)}, parent, sizeof(parent)) == ERR_OK)
            (void)mkdir(parent, 0777); /* making the last one says what is wrong */
    }
    if (mkdir(dir, 0777) == 0)
        return ERR_OK;
    if (errno == EEXIST)
        return errmsg_set(msg, ERR_CONFLICT,
                          "%s is there already, and nothing in it was changed; choose another name",
                          dir);
    return errmsg_set(msg, from_errno(errno), "cannot make the folder %s: %s", dir,
                      strerror(errno));
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

/* The po/ in which a first translation is written. */
static void make_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash != NULL &&
        str_copy((struct str){path, (size_t)(slash - path)}, folder, sizeof(folder)) == ERR_OK)
        (void)mkdir(folder, 0777); /* opening the file says what is wrong */
}

enum err lesson_files_write(const char *dir, struct str name, struct str text, struct errmsg *msg)
{
    char path[PATH_MAX], fresh[PATH_MAX];
    const char *beside = lesson_files_is_own(name) ? "" : "../";
    int n = snprintf(path, sizeof(path), "%s/%s%.*s", dir, beside, STR_ARG(name));
    int n_fresh = snprintf(fresh, sizeof(fresh), "%s/%s%.*s.new", dir, beside, STR_ARG(name));
    if (n < 0 || n_fresh < 0 || n_fresh >= (int)sizeof(fresh))
        return errmsg_set(msg, ERR_TOO_LONG, "the path of %.*s is too long", STR_ARG(name));
    if (str_ends(name, STR(".po")))
        make_folder(path);
    int fd CLEANUP(close_fd) = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return errmsg_set(msg, from_errno(errno), "cannot write %s: %s", fresh, strerror(errno));
    if (write_all(fd, text) == ERR_OK && rename(fresh, path) == 0)
        return ERR_OK;
    enum err e = errmsg_set(msg, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    (void)unlink(fresh); /* a leftover would only be in the way */
    return e;
}
