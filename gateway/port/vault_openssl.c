/* vault.h with OpenSSL: key files, ids of numbers, sealing and opening. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "core/number.h"
#include "port/vault.h"

#define MAX_SEAL_KEYS 64 /* one a year is plenty; a folder with more is a mistake */
#define KEY_FILE_BYTES (2 * VAULT_KEY_BYTES)
#define NUMBER_ID_KEY "number_id.key"
#define NEW_NUMBER_ID_KEY NUMBER_ID_KEY ".new"
#define FIRST_SEAL_KEY "seal_1.key"
#define SEAL_KEY_FORMAT "seal_%u.key"

/* The contexts keep their keys; only the nonce changes from call to call. */
struct seal_key {
    uint16_t id;
    EVP_CIPHER_CTX *seal;
    EVP_CIPHER_CTX *open;
};

/* Grows when a key comes into the folder, whoever has the vault. */
struct ring {
    struct seal_key seal_keys[MAX_SEAL_KEYS];
    uint32_t n_seal_keys;
    uint32_t newest;       /* index of the highest id that was there at the start */
    char dir[PATH_MAX];    /* of the keys; "" for tests */
    struct mono_ms looked; /* for a key that was not known */
};

struct vault {
    EVP_MAC *hmac;
    EVP_MAC_CTX *number_id; /* keyed; started again for every number */
    uint8_t reader_keys[N_VAULT_READERS][LETTER_KEY_BYTES];
    bool has_reader[N_VAULT_READERS];
    struct ring *ring;
};

#define LOOK_AGAIN_MS 1000

/* ---- keys into contexts ---- */

static EVP_CIPHER_CTX *gcm_new(const uint8_t key[VAULT_KEY_BYTES], int is_encrypt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL || EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, NULL, is_encrypt) != 1)
        abort(); /* no memory, or an OpenSSL without AES-GCM */
    return ctx;
}

static const struct seal_key *seal_key_find(const struct vault *v, uint16_t id)
{
    for (uint32_t i = 0; i < v->ring->n_seal_keys; i++) {
        if (v->ring->seal_keys[i].id == id)
            return &v->ring->seal_keys[i];
    }
    return NULL;
}

static void vault_add_seal_key(const struct vault *v, uint16_t id,
                               const uint8_t key[VAULT_KEY_BYTES])
{
    v->ring->seal_keys[v->ring->n_seal_keys] =
        (struct seal_key){id, gcm_new(key, 1), gcm_new(key, 0)};
    if (v->ring->n_seal_keys == 0 || id > v->ring->seal_keys[v->ring->newest].id)
        v->ring->newest = v->ring->n_seal_keys;
    v->ring->n_seal_keys++;
}

static struct vault *vault_new(const uint8_t number_id_key[VAULT_KEY_BYTES])
{
    struct vault *v = xcalloc(1, sizeof(*v));
    v->ring = xcalloc(1, sizeof(*v->ring));
    char sha256[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    v->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    v->number_id = v->hmac != NULL ? EVP_MAC_CTX_new(v->hmac) : NULL;
    if (v->number_id == NULL ||
        EVP_MAC_init(v->number_id, number_id_key, VAULT_KEY_BYTES, params) != 1)
        abort(); /* no memory, or an OpenSSL without HMAC-SHA-256 */
    return v;
}

struct vault *vault_openssl_new_for_tests(void)
{
    uint8_t key[VAULT_KEY_BYTES];
    memset(key, 0x11, sizeof(key));
    struct vault *v = vault_new(key);
    memset(key, 0x22, sizeof(key));
    vault_add_seal_key(v, 1, key);
    return v;
}

void vault_free(struct vault *v)
{
    if (v == NULL)
        return;
    for (uint32_t i = 0; i < v->ring->n_seal_keys; i++) {
        EVP_CIPHER_CTX_free(v->ring->seal_keys[i].seal); /* OpenSSL wipes what it frees */
        EVP_CIPHER_CTX_free(v->ring->seal_keys[i].open);
    }
    EVP_MAC_CTX_free(v->number_id);
    EVP_MAC_free(v->hmac);
    free(v->ring);
    free(v);
}

/* ---- key files ---- */

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

static enum err path_join(char dst[PATH_MAX], const char *dir, const char *name, struct errmsg *msg)
{
    int n = snprintf(dst, PATH_MAX, is_prefix(dir) ? "%s%s" : "%s/%s", dir, name);
    if (n < 0 || n >= PATH_MAX)
        return errmsg_set(msg, ERR_TOO_LONG, "%s: path too long", dir);
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

static enum err key_read(const char *dir, const char *name, uint8_t ret_key[VAULT_KEY_BYTES],
                         struct errmsg *msg)
{
    char path[PATH_MAX];
    enum err e = path_join(path, dir, name, msg);
    if (e != ERR_OK)
        return e;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
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

static enum err read_seal_keys(struct vault *v, DIR *folder, const char *dir, struct errmsg *msg)
{
    const struct dirent *entry;
    uint8_t key[VAULT_KEY_BYTES];
    enum err e = ERR_OK;
    while (e == ERR_OK && (entry = readdir(folder)) != NULL) {
        struct str prefix = is_prefix(dir) ? STR(CREDENTIAL_PREFIX) : STR("");
        if (!str_starts(str_from(entry->d_name), prefix))
            continue;
        const char *name = entry->d_name + prefix.len;
        uint16_t id = seal_key_id(name);
        if (id == 0)
            continue;
        if (v->ring->n_seal_keys == MAX_SEAL_KEYS)
            return errmsg_set(msg, ERR_TOO_LONG, "%s: more than %d seal keys", dir, MAX_SEAL_KEYS);
        e = key_read(dir, name, key, msg);
        if (e == ERR_OK)
            vault_add_seal_key(v, id, key);
    }
    OPENSSL_cleanse(key, sizeof(key));
    if (e == ERR_OK && v->ring->n_seal_keys == 0)
        return key_read(dir, FIRST_SEAL_KEY, key, msg); /* says that it is missing */
    return e;
}

const char *vault_reader_name(enum vault_reader reader)
{
    static const char *const names[] = {
        [VAULT_READER_SAFE] = "safe", [VAULT_READER_INBOX] = "inbox"};
    return names[reader];
}

const uint8_t *vault_reader_key(const struct vault *v, enum vault_reader reader)
{
    return v->has_reader[reader] ? v->reader_keys[reader] : NULL;
}

static enum err read_readers(struct vault *v, const char *dir, struct errmsg *msg)
{
    enum err e = ERR_OK;
    for (int i = 0; i < N_VAULT_READERS && e == ERR_OK; i++) {
        char path[PATH_MAX], name[32];
        (void)snprintf(name, sizeof(name), "%s.pub", vault_reader_name((enum vault_reader)i));
        e = path_join(path, dir, name, msg);
        if (e == ERR_OK)
            e = letter_read_public(path, v->reader_keys[i], msg);
        v->has_reader[i] = e == ERR_OK;
        if (e == ERR_NOT_FOUND)
            e = ERR_OK;
    }
    return e;
}

static enum err open_folder(const char *dir, const char *number_key, struct vault **ret,
                            struct errmsg *msg)
{
    uint8_t key[VAULT_KEY_BYTES];
    *ret = NULL;
    enum err e = key_read(dir, number_key, key, msg);
    if (e != ERR_OK)
        return e;
    struct vault *v = vault_new(key);
    OPENSSL_cleanse(key, sizeof(key));
    DIR *folder = open_dir(dir);
    if (folder == NULL) {
        vault_free(v);
        return errmsg_set(msg, ERR_IO, "%s: %s", dir, strerror(errno));
    }
    e = read_seal_keys(v, folder, dir, msg);
    (void)closedir(folder); /* only read */
    if (e == ERR_OK)
        e = read_readers(v, dir, msg);
    if (e != ERR_OK) {
        vault_free(v);
        return e;
    }
    (void)snprintf(v->ring->dir, sizeof(v->ring->dir), "%s",
                   dir); /* it could be opened, so it fits */
    *ret = v;
    return ERR_OK;
}

enum err vault_openssl_new(const char *dir, struct vault **ret, struct errmsg *msg)
{
    return open_folder(dir, NUMBER_ID_KEY, ret, msg);
}

static enum err file_write_all(int fd, const char *bytes, size_t n)
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
    enum err e = file_write_all(fd, text, KEY_FILE_BYTES + 1);
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

/* The same in a folder by its name. A key that is there stays. */
static enum err key_make_synced(const char *dir, const char *name, struct errmsg *msg)
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

enum err vault_make_seal_key(const char *dir, uint16_t *ret_id, struct errmsg *msg)
{
    struct vault *v = NULL;
    char name[32];
    enum err e = vault_openssl_new(dir, &v, msg);
    if (e != ERR_OK)
        return e;
    uint16_t newest = vault_seal_key_id(v);
    vault_free(v);
    if (newest == UINT16_MAX)
        return errmsg_set(msg, ERR_TOO_LONG, "%s: no id is left for another seal key", dir);
    *ret_id = (uint16_t)(newest + 1);
    (void)snprintf(name, sizeof(name), SEAL_KEY_FORMAT, *ret_id); /* short */
    return key_make_synced(dir, name, msg);
}

enum err vault_openssl_new_number_key(const char *dir, struct vault **ret, struct errmsg *msg)
{
    *ret = NULL;
    enum err e = key_make_synced(dir, NEW_NUMBER_ID_KEY, msg);
    return e == ERR_OK ? open_folder(dir, NEW_NUMBER_ID_KEY, ret, msg) : e;
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

/* ---- work ---- */

struct number_id vault_number_id(const struct vault *v, struct str e164)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    char bytes[NUMBER_BYTES];
    struct str person = number_identity(e164, bytes);
    size_t n = 0;
    struct number_id id;
    if (EVP_MAC_init(v->number_id, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(v->number_id, (const uint8_t *)person.p, person.len) != 1 ||
        EVP_MAC_final(v->number_id, mac, &n, sizeof(mac)) != 1 || n < sizeof(id.bytes))
        abort(); /* in memory, with a fixed key: cannot fail but by a broken library */
    memcpy(id.bytes, mac, sizeof(id.bytes));
    return id;
}

/* nonce, then associated data, then the text; out has room for text.len bytes. */
static bool gcm_run(EVP_CIPHER_CTX *ctx, const uint8_t *nonce, struct str aad, struct str text,
                    uint8_t *out)
{
    int n = 0;
    assert(aad.len <= INT_MAX && text.len <= INT_MAX);
    if (EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, -1) != 1)
        return false;
    if (aad.len > 0 && EVP_CipherUpdate(ctx, NULL, &n, (const uint8_t *)aad.p, (int)aad.len) != 1)
        return false;
    if (text.len > 0 && EVP_CipherUpdate(ctx, out, &n, (const uint8_t *)text.p, (int)text.len) != 1)
        return false;
    return true;
}

enum err vault_seal(const struct vault *v, struct str aad, struct str plain, struct buf *out,
                    struct vault_sealed *ret)
{
    const struct seal_key *key = &v->ring->seal_keys[v->ring->newest];
    size_t start = out->len;
    static const uint8_t no_tag[VAULT_TAG_BYTES];
    /* The text is copied in and sealed in place, the tag's place is kept behind it. */
    buf_add_str(out, plain);
    buf_add(out, no_tag, sizeof(no_tag));
    if (buf_error(out) != ERR_OK) {
        out->len = start;
        return buf_error(out);
    }
    uint8_t *sealed = (uint8_t *)out->p + start;
    struct str text = {out->p + start, plain.len};
    int n = 0;
    ret->key_id = key->id;
    /* 96 random bits: a key is good for 2^32 messages (NIST SP 800-38D 8.3). */
    vault_random(ret->nonce, sizeof(ret->nonce));
    if (!gcm_run(key->seal, ret->nonce, aad, text, sealed) ||
        EVP_CipherFinal_ex(key->seal, sealed + plain.len, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(key->seal, EVP_CTRL_AEAD_GET_TAG, VAULT_TAG_BYTES,
                            sealed + plain.len) != 1)
        abort(); /* as in vault_number_id */
    ret->ciphertext = str_sub(buf_str(out), start, out->len);
    return ERR_OK;
}

/* A key that came into the folder after the others were read. It opens; what seals stays the same,
 * so that all processes of a site learn of a new key before the first of them seals with it. */
static const struct seal_key *seal_key_look(const struct vault *v, uint16_t id)
{
    struct mono_ms now = clock_mono();
    char name[32];
    uint8_t key[VAULT_KEY_BYTES];
    if (v->ring->dir[0] == '\0' || v->ring->n_seal_keys == MAX_SEAL_KEYS ||
        (v->ring->looked.ms != 0 && now.ms - v->ring->looked.ms < LOOK_AGAIN_MS))
        return NULL;
    v->ring->looked = now;
    (void)snprintf(name, sizeof(name), SEAL_KEY_FORMAT, id); /* short */
    if (key_read(v->ring->dir, name, key, NULL) != ERR_OK)
        return NULL;
    uint32_t newest = v->ring->newest;
    vault_add_seal_key(v, id, key);
    v->ring->newest = newest;
    OPENSSL_cleanse(key, sizeof(key));
    return seal_key_find(v, id);
}

uint16_t vault_seal_key_id(const struct vault *v)
{
    return v->ring->seal_keys[v->ring->newest].id;
}

enum err vault_open(const struct vault *v, struct str aad, uint16_t key_id, struct str nonce,
                    struct str ciphertext, struct buf *out)
{
    const struct seal_key *key = seal_key_find(v, key_id);
    if (key == NULL)
        key = seal_key_look(v, key_id);
    if (key == NULL)
        return ERR_NOT_FOUND;
    if (nonce.len != VAULT_NONCE_BYTES || ciphertext.len < VAULT_TAG_BYTES)
        return ERR_DENIED;
    size_t start = out->len, n_plain = ciphertext.len - VAULT_TAG_BYTES;
    buf_add(out, ciphertext.p, n_plain); /* opened in place */
    if (buf_error(out) != ERR_OK)
        return buf_error(out);
    uint8_t *plain = (uint8_t *)out->p + start;
    uint8_t tag[VAULT_TAG_BYTES];
    memcpy(tag, ciphertext.p + n_plain, sizeof(tag));
    int n = 0;
    struct str text = {out->p + start, n_plain};
    bool is_genuine =
        gcm_run(key->open, (const uint8_t *)nonce.p, aad, text, plain) &&
        EVP_CIPHER_CTX_ctrl(key->open, EVP_CTRL_AEAD_SET_TAG, VAULT_TAG_BYTES, tag) == 1 &&
        EVP_CipherFinal_ex(key->open, plain + n_plain, &n) == 1;
    if (is_genuine)
        return ERR_OK;
    OPENSSL_cleanse(plain, n_plain); /* nothing unauthenticated gets out */
    out->len = start;
    return ERR_DENIED;
}

static void kernel_random(uint8_t *dst, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(dst, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort();
        dst += got;
        n -= (size_t)got;
    }
}

/* Fetched ahead, a page at a time: a system call costs more than the bytes. A forked process finds
 * the page full of zeros, so it begins with bytes of its own; bytes that were given are erased. */
struct random_pool {
    size_t n_left;
    uint8_t bytes[4096 - sizeof(size_t)];
};

static struct random_pool *random_pool_new(void)
{
    struct random_pool *pool =
        mmap(NULL, sizeof(*pool), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pool == MAP_FAILED || madvise(pool, sizeof(*pool), MADV_WIPEONFORK) != 0 ||
        madvise(pool, sizeof(*pool), MADV_DONTDUMP) != 0)
        abort(); /* no memory, or a kernel without these (before 4.14) */
    return pool;
}

void vault_random(uint8_t *dst, size_t n)
{
    static struct random_pool *pool; /* of this process: it has one thread */
    if (pool == NULL)
        pool = random_pool_new();
    if (n > sizeof(pool->bytes)) {
        kernel_random(dst, n);
        return;
    }
    if (n > pool->n_left) {
        kernel_random(pool->bytes, sizeof(pool->bytes));
        pool->n_left = sizeof(pool->bytes);
    }
    pool->n_left -= n;
    memcpy(dst, pool->bytes + pool->n_left, n);
    OPENSSL_cleanse(pool->bytes + pool->n_left, n);
}

/* ---- numbers in few bytes ---- */

#define PACKED_NUMBER_BYTES (VAULT_PACKED_BYTES - 2)

/* There and back are the same: what the key makes of the nonce is added to the bytes. */
static void crypt_number(const struct seal_key *key, const struct number_id *id,
                         const uint8_t in[PACKED_NUMBER_BYTES], uint8_t out[PACKED_NUMBER_BYTES])
{
    if (!gcm_run(key->seal, id->bytes, STR_NONE,
                 (struct str){(const char *)in, PACKED_NUMBER_BYTES}, out))
        abort(); /* as in vault_number_id */
}

void vault_pack(const struct vault *v, const struct number_id *id, struct str e164,
                uint8_t ret[VAULT_PACKED_BYTES])
{
    const struct seal_key *key = &v->ring->seal_keys[v->ring->newest];
    uint64_t digits = 0;
    uint8_t bytes[PACKED_NUMBER_BYTES];
    memset(ret, 0, VAULT_PACKED_BYTES);
    if (!str_starts(e164, STR("+")) || e164.len > VAULT_PACKED_MAX_NUMBER || e164.p[1] == '0' ||
        str_to_u64(str_sub(e164, 1, e164.len), UINT64_MAX, &digits) != ERR_OK)
        return;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(digits >> 8 * (sizeof(bytes) - 1 - i));
    ret[0] = (uint8_t)(key->id >> 8);
    ret[1] = (uint8_t)key->id;
    crypt_number(key, id, bytes, ret + 2);
}

static uint16_t packed_key_id(const uint8_t packed[VAULT_PACKED_BYTES])
{
    return (uint16_t)(packed[0] << 8 | packed[1]);
}

bool vault_is_packed(const struct vault *v, const uint8_t packed[VAULT_PACKED_BYTES])
{
    return packed_key_id(packed) == vault_seal_key_id(v);
}

enum err vault_unpack(const struct vault *v, const struct number_id *id,
                      const uint8_t packed[VAULT_PACKED_BYTES], struct buf *out)
{
    const struct seal_key *key = seal_key_find(v, packed_key_id(packed));
    uint8_t bytes[PACKED_NUMBER_BYTES];
    char text[24];
    uint64_t digits = 0;
    if (key == NULL)
        return ERR_NOT_FOUND;
    crypt_number(key, id, packed + 2, bytes);
    for (size_t i = 0; i < sizeof(bytes); i++)
        digits = digits << 8 | bytes[i];
    int n = snprintf(text, sizeof(text), "+%llu", (unsigned long long)digits); /* 17 digits */
    struct str number = {text, (size_t)n};
    struct number_id found = vault_number_id(v, number);
    bool is_right = memcmp(found.bytes, id->bytes, sizeof(found.bytes)) == 0;
    if (is_right)
        buf_add_str(out, number);
    explicit_bzero(text, sizeof(text));
    return is_right ? buf_error(out) : ERR_DENIED;
}
