/* Files and folders that a configuration names: each that is not what its row says is told with its
 * line and the remedy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "port/config/files.h"

/* Six lines, so that what a case adds stands in the seventh. */
#define BASE                                                                                       \
    "org: Org\nurl: example.org\nredis_host: 10.0.0.1\nredis_port: 1\nwriter_conninfo: w\n"        \
    "sender_conninfo: s\n"
#define DAY_S (24 * 60 * 60)

static char dir[] = "/tmp/test_config_files.XXXXXX";

static FILE *open_in_dir(const char *name, const char *mode)
{
    char path[128];
    assert_in_range(snprintf(path, sizeof(path), "%s/%s", dir, name), 1, sizeof(path) - 1);
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    assert_int_equal(fchmod(fileno(f), 0600), 0);
    return f;
}

static void write_text(const char *name, const char *text)
{
    FILE *f = open_in_dir(name, "w");
    assert_int_equal(fputs(text, f) < 0, 0);
    assert_int_equal(fclose(f), 0);
}

/* Adds a certificate that is good for so many days from now, both perhaps negative. */
static void add_certificate(const char *name, EVP_PKEY *key, int from_days, int to_days)
{
    X509 *x = X509_new();
    FILE *f = open_in_dir(name, "a");
    assert_non_null(x);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), (long)from_days * DAY_S));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), (long)to_days * DAY_S));
    assert_int_equal(X509_set_pubkey(x, key), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_X509(f, x), 1);
    assert_int_equal(fclose(f), 0);
    X509_free(x);
}

static void write_key(const char *name, EVP_PKEY *key, const char *passphrase)
{
    FILE *f = open_in_dir(name, "w");
    assert_int_equal(PEM_write_PrivateKey(f, key, passphrase != NULL ? EVP_aes_128_cbc() : NULL,
                                          NULL, 0, NULL, (void *)(uintptr_t)passphrase),
                     1);
    assert_int_equal(fclose(f), 0);
}

#define OWN "redis_tls_ca: today.pem\nredis_tls_cert: today.pem\n"

/* %D = the folder; NULL = nothing is told at that level. */
static const struct {
    const char *lines, *stops, *hurts;
} cases[] = {
    {"", NULL, NULL},
    {OWN "redis_tls_key: own.key\n", NULL, NULL},
    {"redis_tls_ca: old-and-today.pem\n", NULL, NULL},
    {"redis_tls_ca: /nowhere/ca.pem\n",
     "7:1: redis_tls_ca: /nowhere/ca.pem: No such file or directory; make it, or let the service's "
     "user read it\n",
     NULL},
    {"redis_tls_ca: ca.pem\n",
     "7:1: redis_tls_ca: %D/ca.pem: No such file or directory; make it; or write its whole path, "
     "with / in front: any other begins at the folder of the configuration\n",
     NULL},
    {"redis_tls_ca: /tmp\n", "7:1: redis_tls_ca: /tmp is no file; name the file itself\n", NULL},
    {"redis_tls_ca: own.key\n",
     "7:1: redis_tls_ca: %D/own.key holds no certificate; it begins with -----BEGIN "
     "CERTIFICATE-----; take the .pem\n",
     NULL},
    {"redis_tls_ca: empty\n",
     "7:1: redis_tls_ca: %D/empty holds no certificate; it begins with -----BEGIN "
     "CERTIFICATE-----; take the .pem\n",
     NULL},
    {"redis_tls_ca: old.pem\n",
     "7:1: redis_tls_ca: the certificate in %D/old.pem has expired; put a new one there, or set "
     "this host's clock; `openssl x509 -noout -dates -in` shows its days\n",
     NULL},
    {"redis_tls_ca: future.pem\n",
     "7:1: redis_tls_ca: the certificate in %D/future.pem is not valid yet; put a new one there, "
     "or "
     "set this host's clock; `openssl x509 -noout -dates -in` shows its days\n",
     NULL},
    {"redis_tls_ca: today.pem\nredis_tls_cert: old-and-today.pem\nredis_tls_key: own.key\n",
     "8:1: redis_tls_cert: the certificate in %D/old-and-today.pem has expired; put a new one "
     "there, or set this host's clock; `openssl x509 -noout -dates -in` shows its days\n",
     NULL},
    {OWN "redis_tls_key: other.key\n",
     "9:1: redis_tls_key: %D/other.key is not the key of redis_tls_cert; name the key that the "
     "certificate was made with\n",
     NULL},
    {OWN "redis_tls_key: today.pem\n",
     "9:1: redis_tls_key: %D/today.pem holds no private key without a passphrase; `openssl pkey "
     "-in OLD -out NEW` writes it so\n",
     NULL},
    {OWN "redis_tls_key: locked.key\n",
     "9:1: redis_tls_key: %D/locked.key holds no private key without a passphrase; `openssl pkey "
     "-in OLD -out NEW` writes it so\n",
     NULL},
    {OWN "redis_tls_key: open.key\n", NULL,
     "9:1: redis_tls_key: others may read %D/open.key (mode 0644); chmod 600 on it\n"},
    {"lessons_dir: /nowhere\n", NULL,
     "7:1: lessons_dir: /nowhere: No such file or directory; make it, or name the one that is\n"},
    {"lessons_dir: empty\n", NULL,
     "7:1: lessons_dir: %D/empty is no folder; name the folder that it is in\n"},
    {"lessons_dir: /tmp\n", NULL, NULL},
    {"keys_dir: new\nspool_dir: new\n", NULL, NULL}, /* `waypost keys` makes it */
    {"keys_dir: etc/waypost/keys\n",
     "7:1: keys_dir: %D/etc/waypost: No such file or directory; make it; or write its whole path, "
     "with / in front: any other begins at the folder of the configuration\n",
     NULL},
    {"redis_password_file: empty\n", NULL, NULL},
    {"redis_password_file: open.txt\n", NULL,
     "7:1: redis_password_file: others may read %D/open.txt (mode 0644); chmod 600 on it\n"},
    {"channels:\n  - name: at\n    profile: p\n    country: KE\n    path_secret_file: open.txt\n"
     "    settings: {apikey_file: open.txt, secret_file: empty}\n",
     NULL,
     "11:5: path_secret_file: others may read %D/open.txt (mode 0644); chmod 600 on it\n"
     "12:16: apikey_file: others may read %D/open.txt (mode 0644); chmod 600 on it\n"},
};

/* Each line of the pattern with the file in front. */
static void expand(const char *file, const char *pattern, struct buf *out)
{
    buf_init(out, 65536);
    for (const char *p = pattern != NULL ? pattern : ""; *p != '\0'; p++) {
        if (p == pattern || p[-1] == '\n')
            buf_addf(out, "%s:", file);
        if (p[0] == '%')
            buf_addf(out, "%s", p++[1] == 'D' ? dir : "");
        else
            buf_add_char(out, *p);
    }
}

static void what_is_named_is_there_and_what_its_row_says(void **state)
{
    (void)state;
    char file[128];
    (void)snprintf(file, sizeof(file), "%s/w.yaml", dir);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
        struct buf texts[2], expected[2], errors CLEANUP(buf_fini);
        struct yaml_report reports[2];
        struct config config;
        char text[4096];
        (void)snprintf(text, sizeof(text), BASE "%s", cases[i].lines);
        write_text("w.yaml", text);
        buf_init(&errors, 65536);
        assert_int_equal(config_load(file, arena, &config, &errors), ERR_OK);
        for (int k = 0; k < 2; k++) {
            buf_init(&texts[k], 65536);
            expand(file, k == 0 ? cases[i].stops : cases[i].hurts, &expected[k]);
            reports[k] = (struct yaml_report){.file = str_from(file), .text = &texts[k]};
        }
        config_check_files(&config, &reports[0], &reports[1]);
        for (int k = 0; k < 2; k++) {
            assert_string_equal(buf_str(&texts[k]).p, buf_str(&expected[k]).p);
            buf_fini(&texts[k]);
            buf_fini(&expected[k]);
        }
    }
}

static int make_files(void **state)
{
    (void)state;
    char path[128];
    if (mkdtemp(dir) == NULL)
        return -1;
    EVP_PKEY *own = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    add_certificate("today.pem", own, -1, 1);
    add_certificate("old.pem", own, -2, -1);
    add_certificate("future.pem", own, 1, 2);
    add_certificate("old-and-today.pem", own, -2, -1);
    add_certificate("old-and-today.pem", own, -1, 1);
    write_key("own.key", own, NULL);
    write_key("other.key", other, NULL);
    write_key("locked.key", own, "passphrase");
    write_key("open.key", own, NULL);
    write_text("empty", "");
    write_text("open.txt", "0123456789abcdef\n");
    EVP_PKEY_free(own);
    EVP_PKEY_free(other);
    (void)snprintf(path, sizeof(path), "%s/open.key", dir);
    if (chmod(path, 0644) != 0)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/open.txt", dir);
    return chmod(path, 0644);
}

static int remove_files(void **state)
{
    (void)state;
    static const char *const names[] = {"today.pem", "old.pem",   "future.pem", "old-and-today.pem",
                                        "own.key",   "other.key", "locked.key", "open.key",
                                        "empty",     "w.yaml",    "open.txt"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        if (unlink(path) != 0)
            return -1;
    }
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_named_is_there_and_what_its_row_says),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
