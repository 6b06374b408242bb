/* Key files: how they are read, made and replaced. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/vault/files.h"

#define KEY_FILE_BYTES (2 * VAULT_KEY_BYTES)

/* "DIR/" CREDENTIAL_PREFIX: not a folder but how the names in one begin, where systemd hands the
 * keys over. */
#define CREDENTIAL_PREFIX "keys_"

static bool is_prefix(const char *dir)
{
    return str_ends(str_from(dir), STR("/" CREDENTIAL_PREFIX));
}

/* The folder itself. */
static DIR *open_dir(const char *dir)
{
    char path[PATH_MAX];
    struct str folder = str_from(dir);
    if (is_prefix(dir))
        folder.len -= strlen(CREDENTIAL_PREFIX);
    return str_copy(folder, path, sizeof(path)) == ERR_OK ? opendir(path) : NULL;
}

enum err vault_file_path(char dst[PATH_MAX], const char *dir, const char *name, struct errmsg *msg)
{
    int n = snprintf(dst, PATH_MAX, is_prefix(dir) ? "%s%s" : "%s/%s", dir, name);
    if (n < 0 || n >= PATH_MAX)
        return errmsg_set(msg, ERR_TOO_LONG, "path too long: %s", dir);
    return ERR_OK;
}

static enum err key_parse(const char *path, const char *text, size_t n,
                          uint8_t ret_key[VAULT_KEY_BYTES], struct errmsg *msg)
{
    struct str hex = str_trim((struct str){text, n});
    if (hex_decode(hex, ret_key, VAULT_KEY_BYTES) == ERR_OK)
        return ERR_OK;
    return errmsg_set(msg, ERR_INVALID,
                      "%s: a key is %d hexadecimal digits (%d random bytes); restore this file "
                      "from your backup",
                      path, KEY_FILE_BYTES, VAULT_KEY_BYTES);
}

static enum err key_read_open(int fd, const char *path, bool is_credential,
                              uint8_t ret_key[VAULT_KEY_BYTES], struct errmsg *msg)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return errmsg_set(msg, ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return errmsg_set(msg, ERR_INVALID, "%s: not a file", path);
    /* What systemd hands over is root's, and shows the rights of its reader as those of the group.
     */
    bool is_handed_over = is_credential && info.st_uid == 0 && info.st_gid == 0;
    if ((info.st_mode & (is_handed_over ? 037 : 077)) != 0)
        return errmsg_set(msg, ERR_DENIED,
                          "%s: others may read this key (mode %04o); run: chmod 600 %s", path,
                          (unsigned)(info.st_mode & 07777), path);
    char text[KEY_FILE_BYTES + 16]; /* digits and a line end; what is longer is no key */
    ssize_t n = read(fd, text, sizeof(text));
    if (n < 0)
        return errmsg_set(msg, ERR_IO, "%s: %s", path, strerror(errno));
    enum err e = key_parse(path, text, (size_t)n, ret_key, msg);
    OPENSSL_cleanse(text, sizeof(text));
    return e;
}

enum err vault_file_read(const char *dir, const char *name, uint8_t ret_key[VAULT_KEY_BYTES],
                         struct errmsg *msg)
{
    char path[PATH_MAX];
    enum err e = vault_file_path(path, dir, name, msg);
    if (e != ERR_OK)
        return e;
    /* A pipe, which is no key, would let us wait for who writes into it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return errmsg_set(msg, ERR_NOT_FOUND,
                          "%s: key is missing. Restore it from your backup; only on a new "
                          "installation make one: (umask 077; openssl rand -hex 32 > %s)",
                          path, path);
    if (fd < 0)
        return errmsg_set(msg, errno == EACCES ? ERR_DENIED : ERR_IO, "%s: %s", path,
                          strerror(errno));
    e = key_read_open(fd, path, is_prefix(dir), ret_key, msg);
    (void)close(fd); /* only read */
    return e;
}

/* The id in "seal_<id>.key", 0 when the name is another. */
static uint16_t seal_key_id(const char *name)
{
    struct str rest = str_from(name);
    uint64_t id;
    if (!str_starts(rest, STR("seal_")) || !str_ends(rest, STR(".key")))
        return 0;
    struct str digits = str_sub(rest, 5, rest.len - 4);
    if (str_starts(digits, STR("0")) || str_to_u64(digits, UINT16_MAX, &id) != ERR_OK)
        return 0;
    return (uint16_t)id;
}

enum err vault_file_each_seal_key(const char *dir, vault_file_fn *fn, void *ctx, struct errmsg *msg)
{
    DIR *folder = open_dir(dir);
    if (folder == NULL)
        return errmsg_set(msg, ERR_IO, "%s: %s", dir, strerror(errno));
    const struct dirent *entry;
    struct str prefix = is_prefix(dir) ? STR(CREDENTIAL_PREFIX) : STR("");
    enum err e = ERR_OK;
    while (e == ERR_OK && (entry = readdir(folder)) != NULL) {
        if (!str_starts(str_from(entry->d_name), prefix))
            continue;
        const char *name = entry->d_name + prefix.len;
        uint16_t id = seal_key_id(name);
        uint8_t key[VAULT_KEY_BYTES];
        if (id == 0)
            continue;
        e = vault_file_read(dir, name, key, msg);
        if (e == ERR_OK)
            e = fn(ctx, id, key, msg);
        OPENSSL_cleanse(key, sizeof(key));
    }
    (void)closedir(folder); /* only read */
    return e;
}

enum err vault_file_write(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return ERR_IO;
        bytes += written;
        n -= (size_t)written;
    }
    return ERR_OK;
}

/* A whole key or none: written aside, synced, then linked to its name, which fails if it exists. */
static enum err key_make(int folder, const char *dir, const char *name, struct errmsg *msg)
{
    char aside[64];
    (void)snprintf(aside, sizeof(aside), ".%s.%ld", name, (long)getpid());
    uint8_t key[VAULT_KEY_BYTES];
    char text[KEY_FILE_BYTES + 2];
    int fd = openat(folder, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errmsg_set(msg, ERR_IO, "%s/%s: %s", dir, aside, strerror(errno));
    vault_random(key, sizeof(key));
    hex_encode(key, sizeof(key), text);
    text[KEY_FILE_BYTES] = '\n';
    enum err e = vault_file_write(fd, text, KEY_FILE_BYTES + 1);
    if (e == ERR_OK && fsync(fd) != 0)
        e = ERR_IO;
    if (e == ERR_OK && linkat(folder, aside, folder, name, 0) != 0 && errno != EEXIST)
        e = ERR_IO;
    if (e != ERR_OK)
        (void)errmsg_set(msg, e, "%s/%s: %s", dir, name, strerror(errno)); /* e is returned */
    (void)close(fd);                                                       /* synced above */
    (void)unlinkat(folder, aside, 0); /* a left-over is harmless */
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(text, sizeof(text));
    return e;
}

enum err vault_file_make(const char *dir, const char *name, struct errmsg *msg)
{
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return errmsg_set(msg, ERR_IO, "%s: %s", dir, strerror(errno));
    enum err e = key_make(folder, dir, name, msg);
    if (e == ERR_OK && fsync(folder) != 0)
        e = errmsg_set(msg, ERR_IO, "%s: %s", dir, strerror(errno));
    (void)close(folder); /* synced above */
    return e;
}

static bool has_seal_key(DIR *folder)
{
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (seal_key_id(entry->d_name) != 0)
            return true;
    }
    return false;
}

enum err vault_make_keys(const char *dir, struct errmsg *msg)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return errmsg_set(msg, ERR_IO, "%s: %s", dir, strerror(errno));
    DIR *folder = opendir(dir);
    if (folder == NULL)
        return errmsg_set(msg, ERR_IO, "%s: %s", dir, strerror(errno));
    int fd = dirfd(folder);
    enum err e = ERR_OK;
    if (faccessat(fd, NUMBER_ID_KEY, F_OK, 0) != 0)
        e = key_make(fd, dir, NUMBER_ID_KEY, msg);
    if (e == ERR_OK && !has_seal_key(folder))
        e = key_make(fd, dir, FIRST_SEAL_KEY, msg);
    if (e == ERR_OK && fsync(fd) != 0)
        e = errmsg_set(msg, ERR_IO, "%s: %s", dir, strerror(errno));
    (void)closedir(folder); /* synced above */
    return e;
}

enum err vault_take_number_key(const char *dir, struct errmsg *msg)
{
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_good =
        folder >= 0 && renameat(folder, NUMBER_ID_KEY, folder, NUMBER_ID_KEY ".old") == 0 &&
        renameat(folder, NEW_NUMBER_ID_KEY, folder, NUMBER_ID_KEY) == 0 && fsync(folder) == 0;
    enum err e = is_good ? ERR_OK : errmsg_set(msg, ERR_IO, "%s: %s", dir, strerror(errno));
    if (folder >= 0)
        (void)close(folder); /* synced above */
    return e;
}
