/* files.h, with OpenSSL for certificates. */
#include "port/config/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "port/config/table.h"

#define COMPLAIN(at, level, fix, ...)                                                              \
    config_complain((at)->config, (at)->level, (struct config_at){.key = (at)->key}, fix,          \
                    __VA_ARGS__)

/* A row whose value is a path that the file names. */
struct place {
    const struct config *config;
    const char *key, *path;
    bool is_relative; /* as it is written */
    struct yaml_report *stops, *hurts;
};

#define RELATIVE_FIX                                                                               \
    "make it; or write its whole path, with / in front: any other begins at the folder of the "    \
    "configuration"

/* ---- folders ---- */

/* What is made or waited for later (keys, the spool, a socket) is looked at where it is used: but
 * a slash that was forgotten sends it to a folder that nobody has. */
static void judge_path(const struct place *at)
{
    char parent[PATH_MAX];
    struct stat info;
    int n = snprintf(parent, sizeof(parent), "%s", at->path);
    char *slash = strrchr(parent, '/');
    if (!at->is_relative || n >= (int)sizeof(parent) || slash == NULL)
        return;
    *slash = '\0';
    if (stat(parent, &info) != 0)
        COMPLAIN(at, stops, RELATIVE_FIX, "%s: %s: %s", at->key, parent, strerror(errno));
}

static void judge_folder(const struct place *at)
{
    struct stat info;
    if (stat(at->path, &info) != 0)
        COMPLAIN(at, hurts, at->is_relative ? RELATIVE_FIX : "make it, or name the one that is",
                 "%s: %s: %s", at->key, at->path, strerror(errno));
    else if (!S_ISDIR(info.st_mode))
        COMPLAIN(at, hurts, "name the folder that it is in", "%s: %s is no folder", at->key,
                 at->path);
}

/* ---- certificates and keys ---- */

/* NULL: it was told. */
static FILE *open_file(const struct place *at, struct stat *ret)
{
    FILE *f = NULL;
    if (stat(at->path, ret) == 0 && !S_ISREG(ret->st_mode)) {
        COMPLAIN(at, stops, "name the file itself", "%s: %s is no file", at->key, at->path);
        return NULL;
    }
    f = fopen(at->path, "re");
    if (f == NULL)
        COMPLAIN(at, stops,
                 at->is_relative ? RELATIVE_FIX : "make it, or let the service's user read it",
                 "%s: %s: %s", at->key, at->path, strerror(errno));
    return f;
}

/* NULL in time; else what its days are. */
static const char *days_problem(const X509 *certificate)
{
    return X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0  ? "is not valid yet"
           : X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0 ? "has expired"
                                                                        : NULL;
}

/* The first certificate of the file; of authorities, the first that is in time, if there is one. */
static X509 *read_certificate(FILE *f, bool is_any)
{
    X509 *first = PEM_read_X509(f, NULL, NULL, NULL);
    X509 *next = first;
    while (is_any && next != NULL && days_problem(next) != NULL) {
        if (next != first)
            X509_free(next);
        next = PEM_read_X509(f, NULL, NULL, NULL);
    }
    ERR_clear_error();
    if (next == NULL || next == first)
        return first;
    X509_free(first);
    return next;
}

static void judge_certificates(const struct place *at, bool is_any)
{
    struct stat info;
    FILE *f = open_file(at, &info);
    if (f == NULL)
        return;
    X509 *certificate = read_certificate(f, is_any);
    const char *problem = certificate != NULL ? days_problem(certificate) : NULL;
    if (certificate == NULL)
        COMPLAIN(at, stops, "it begins with -----BEGIN CERTIFICATE-----; take the .pem",
                 "%s: %s holds no certificate", at->key, at->path);
    else if (problem != NULL)
        COMPLAIN(at, stops,
                 "put a new one there, or set this host's clock; `openssl x509 -noout -dates -in` "
                 "shows its days",
                 "%s: the certificate in %s %s", at->key, at->path, problem);
    X509_free(certificate);
    (void)fclose(f); /* was only read */
}

static void judge_authorities(const struct place *at)
{
    judge_certificates(at, true);
}

static void judge_certificate(const struct place *at)
{
    judge_certificates(at, false);
}

/* Nobody is there to type one. */
static int no_passphrase(char *dst, int bytes, int is_writing, void *user)
{
    (void)dst, (void)bytes, (void)is_writing, (void)user;
    return -1;
}

/* True where there is no certificate to compare it with: that was told. */
static bool fits(EVP_PKEY *key, struct str certificate)
{
    FILE *f = certificate.p != NULL ? fopen(certificate.p, "re") : NULL;
    X509 *x509 = f != NULL ? read_certificate(f, false) : NULL;
    bool is_good = x509 == NULL || X509_check_private_key(x509, key) == 1;
    X509_free(x509);
    if (f != NULL)
        (void)fclose(f); /* was only read */
    ERR_clear_error();
    return is_good;
}

static void judge_key(const struct place *at)
{
    struct stat info;
    FILE *f = open_file(at, &info);
    if (f == NULL)
        return;
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
    ERR_clear_error();
    if (key == NULL)
        COMPLAIN(at, stops, "`openssl pkey -in OLD -out NEW` writes it so",
                 "%s: %s holds no private key without a passphrase", at->key, at->path);
    else if (!fits(key, at->config->redis_tls_cert))
        COMPLAIN(at, stops, "name the key that the certificate was made with",
                 "%s: %s is not the key of redis_tls_cert", at->key, at->path);
    if ((info.st_mode & 007) != 0)
        COMPLAIN(at, hurts, "chmod 600 on it", "%s: others may read %s (mode %04o)", at->key,
                 at->path, (unsigned)(info.st_mode & 07777));
    EVP_PKEY_free(key);
    (void)fclose(f); /* was only read */
}

static const struct {
    const struct yaml_type *type;
    void (*judge)(const struct place *at);
} kinds[] = {{&config_type_path, judge_path},
             {&config_type_folder, judge_folder},
             {&config_type_authorities, judge_authorities},
             {&config_type_certificate, judge_certificate},
             {&config_type_key, judge_key}};

/* ---- files of secrets ---- */

static void judge_secret(const struct yaml_node *node, struct yaml_report *hurts)
{
    char path[PATH_MAX];
    struct stat info;
    const char *slash = memrchr(hurts->file.p, '/', hurts->file.len);
    int dir = slash != NULL && node->text.p[0] != '/' ? (int)(slash + 1 - hurts->file.p) : 0;
    int n = snprintf(path, sizeof(path), "%.*s%s", dir, hurts->file.p, node->text.p);
    /* A container's secrets are of its one service, and their mode is not ours to set. */
    if (n >= (int)sizeof(path) || str_starts(node->text, STR("/run/secrets/")) ||
        stat(path, &info) != 0 || (info.st_mode & 007) == 0)
        return;
    yaml_report_add(hurts, YAML_FAULT_VALUE, node->key_line, node->key_column, "chmod 600 on it",
                    "%s: others may read %s (mode %04o)", node->key.p, path,
                    (unsigned)(info.st_mode & 07777));
}

static void judge_settings(const struct yaml_node *settings, struct yaml_report *hurts)
{
    for (const struct yaml_node *s = settings->first; s != NULL; s = s->next) {
        if (str_ends(s->key, STR("_file")))
            judge_secret(s, hurts);
    }
}

/* NAME_file of each secret row of a table, and of the tables in it: lists lie in one another once.
 */
static void judge_secrets(const struct yaml_table *table, const struct yaml_node *map,
                          struct yaml_report *hurts)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct yaml_row *row = &table->rows[i];
        const struct yaml_node *node = yaml_get(map, str_from(row->name));
        char name[64];
        (void)snprintf(name, sizeof(name), "%s_file", row->name); /* our own short names */
        const struct yaml_node *file = yaml_get(map, str_from(name));
        if (row->is_secret && file != NULL)
            judge_secret(file, hurts);
        if (row->type == &config_type_settings && node != NULL)
            judge_settings(node, hurts);
        const struct yaml_node *entry = row->table != NULL && node != NULL ? node->first : NULL;
        for (; entry != NULL; entry = entry->next)
            judge_secrets(row->table, entry, hurts); /* NOLINT(misc-no-recursion) */
    }
}

void config_check_files(const struct config *config, struct yaml_report *stops,
                        struct yaml_report *hurts)
{
    for (size_t i = 0; i < config_table.n; i++) {
        const struct yaml_row *row = &config_table.rows[i];
        const struct yaml_node *node = yaml_get(config->root, str_from(row->name));
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
            if (node == NULL || node->text.len == 0 || row->type != kinds[k].type)
                continue;
            const struct str *path = (const void *)((const char *)config + row->offset);
            kinds[k].judge(&(struct place){.config = config,
                                           .key = row->name,
                                           .path = path->p,
                                           .is_relative = node->text.p[0] != '/',
                                           .stops = stops,
                                           .hurts = hurts});
        }
    }
    judge_secrets(&config_table, config->root, hurts);
}
