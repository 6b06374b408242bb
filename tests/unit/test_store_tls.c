/*
 * TLS to Redis: whom it believes, and that it says why not. The server is a process of its own at
 * the other end of a socket pair, with certificates made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/store/tls.h"

#define WHY_BYTES 160
#define DAY_S (24L * 3600)

static char dir[] = "/tmp/waypost-tls.XXXXXX";

/* ---- certificates ---- */

/* "DIR/name.kind"; good until the fourth call after this one. */
static const char *path_of(const char *name, const char *kind)
{
    static char paths[4][96];
    static unsigned n;
    n = (n + 1) % 4;
    (void)snprintf(paths[n], sizeof(paths[n]), "%s/%s.%s", dir, name, kind);
    return paths[n];
}

struct signer {
    X509 *certificate;
    EVP_PKEY *key;
};

static void extend(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(certificate, e, -1), 1);
    X509_EXTENSION_free(e);
}

/* Writes NAME.crt and NAME.key; signed by itself without a signer. names: NULL = an authority. */
static struct signer make(const char *name, const char *names, const struct signer *by,
                          long valid_s)
{
    struct signer made = {X509_new(), EVP_EC_gen("P-256")};
    X509 *c = made.certificate;
    const struct signer *from = by != NULL ? by : &made;
    X509_NAME *subject = X509_get_subject_name(c);
    assert_int_equal(X509_set_version(c, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(c), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(c), -2 * DAY_S));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(c), valid_s));
    assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(c, X509_get_subject_name(from->certificate)), 1);
    assert_int_equal(X509_set_pubkey(c, made.key), 1);
    if (names != NULL)
        extend(c, NID_subject_alt_name, names);
    else
        extend(c, NID_basic_constraints, "critical,CA:TRUE");
    assert_int_not_equal(X509_sign(c, from->key, EVP_sha256()), 0);
    BIO *crt = BIO_new_file(path_of(name, "crt"), "we");
    assert_int_equal(PEM_write_bio_X509(crt, c), 1);
    BIO_free(crt);
    BIO *key = BIO_new_file(path_of(name, "key"), "we");
    assert_int_equal(PEM_write_bio_PrivateKey(key, made.key, NULL, NULL, 0, NULL, NULL), 1);
    BIO_free(key);
    return made;
}

static void end(struct signer s)
{
    X509_free(s.certificate);
    EVP_PKEY_free(s.key);
}

static int make_certificates(void **state)
{
    static const char names[] = "DNS:redis.example,IP:127.0.0.1";
    (void)state;
    if (mkdtemp(dir) == NULL)
        return -1;
    struct signer authority = make("authority", NULL, NULL, DAY_S);
    struct signer stranger = make("stranger", NULL, NULL, DAY_S);
    end(make("server", names, &authority, DAY_S));
    end(make("old", names, &authority, -DAY_S));
    end(make("false", names, &stranger, DAY_S));
    end(make("self", names, NULL, DAY_S));
    end(make("client", "DNS:gateway.example", &authority, DAY_S));
    end(authority);
    end(stranger);
    (void)signal(SIGPIPE, SIG_IGN);
    return 0;
}

static int remove_certificates(void **state)
{
    char command[96];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

/* ---- the server ---- */

/* What it is: a certificate's name, or NULL for one that speaks no TLS. */
struct server {
    const char *name;
    bool asks_for_certificate;
    int newest; /* version of TLS; 0 = all */
};

/* The other side closes first: what we wrote last would be lost with the connection. */
static void leave(int fd)
{
    char bytes[256];
    while (read(fd, bytes, sizeof(bytes)) > 0)
        ;
    _exit(0);
}

/* Gives back what it reads, doubled. */
static void serve(int fd, const struct server *server)
{
    char bytes[4];
    if (server->name == NULL) {
        (void)!write(fd, "-ERR no TLS here\r\n", 18);
        leave(fd);
    }
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(context, 0);
    (void)SSL_CTX_set_min_proto_version(context, 0);
    (void)SSL_CTX_set_max_proto_version(context, server->newest);
    (void)SSL_CTX_use_certificate_chain_file(context, path_of(server->name, "crt"));
    (void)SSL_CTX_use_PrivateKey_file(context, path_of(server->name, "key"), SSL_FILETYPE_PEM);
    if (server->asks_for_certificate) {
        (void)SSL_CTX_load_verify_locations(context, path_of("authority", "crt"), NULL);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    SSL *ssl = SSL_new(context);
    (void)SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, bytes, sizeof(bytes)) == 4 &&
        SSL_write(ssl, bytes, sizeof(bytes)) == 4 && SSL_write(ssl, bytes, sizeof(bytes)) == 4)
        (void)SSL_shutdown(ssl);
    leave(fd);
}

static pid_t start(const struct server *server, int *ret_fd)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(fds[0]);
        serve(fds[1], server);
    }
    (void)close(fds[1]);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    *ret_fd = fds[0];
    return pid;
}

static void wait_for(int fd)
{
    (void)poll(&(struct pollfd){fd, POLLIN, 0}, 1, -1);
}

/* Sends four bytes; gives all that came back before the end, or why there is nothing. */
static const char *converse(struct tls *tls, int fd)
{
    static char got[16];
    size_t len = 0;
    ssize_t n;
    while ((n = tls_write(tls, "ping", 4)) == TLS_AGAIN)
        wait_for(fd);
    while (n != TLS_GONE && (n = tls_read(tls, got + len, sizeof(got) - 1 - len)) != TLS_GONE) {
        if (n == TLS_AGAIN)
            wait_for(fd);
        else
            len += (size_t)n;
    }
    got[len] = '\0';
    return len > 0 ? got : tls_why(tls);
}

static void believes_only_whom_it_is_told_to(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct server server;
        const char *ca, *name, *address, *client;
        const char *words; /* what it reads, or a part of what it says */
    } rows[] = {
        {"its address", {.name = "server"}, "authority", NULL, "127.0.0.1", NULL, "pingping"},
        {"its name", {.name = "server"}, "authority", "redis.example", "::1", NULL, "pingping"},
        {"TLS 1.2",
         {"server", false, TLS1_2_VERSION},
         "authority",
         NULL,
         "127.0.0.1",
         NULL,
         "pingping"},
        {"TLS 1.1",
         {"server", false, TLS1_1_VERSION},
         "authority",
         NULL,
         "127.0.0.1",
         NULL,
         "TLS: "},
        {"another address",
         {.name = "server"},
         "authority",
         NULL,
         "127.0.0.2",
         NULL,
         "its certificate: IP address mismatch"},
        {"another name",
         {.name = "server"},
         "authority",
         "other.example",
         "127.0.0.1",
         NULL,
         "its certificate: hostname mismatch"},
        {"another authority",
         {.name = "server"},
         "stranger",
         NULL,
         "127.0.0.1",
         NULL,
         "its certificate: unable to get local issuer certificate"},
        {"signed by another",
         {.name = "false"},
         "authority",
         NULL,
         "127.0.0.1",
         NULL,
         "its certificate: unable to get local issuer certificate"},
        {"signed by itself",
         {.name = "self"},
         "authority",
         NULL,
         "127.0.0.1",
         NULL,
         "its certificate: self-signed certificate"},
        {"a day too old",
         {.name = "old"},
         "authority",
         NULL,
         "127.0.0.1",
         NULL,
         "its certificate: certificate has expired"},
        {"no TLS", {.name = NULL}, "authority", NULL, "127.0.0.1", NULL, "TLS: wrong version"},
        {"it asks who we are",
         {"server", true, 0},
         "authority",
         NULL,
         "127.0.0.1",
         "client",
         "pingping"},
        {"we do not say it",
         {"server", true, 0},
         "authority",
         NULL,
         "127.0.0.1",
         NULL,
         "certificate required"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char why[WHY_BYTES] = "";
        const char *client = rows[i].client;
        struct tls_settings settings = {
            .ca = path_of(rows[i].ca, "crt"),
            .cert = client != NULL ? path_of(client, "crt") : NULL,
            .key = client != NULL ? path_of(client, "key") : NULL,
            .name = rows[i].name,
        };
        int fd;
        pid_t pid = start(&rows[i].server, &fd);
        struct tls *tls = tls_new(&settings, rows[i].address, fd, why, sizeof(why));
        const char *words = tls != NULL ? converse(tls, fd) : why;
        if (strstr(words, rows[i].words) == NULL)
            fail_msg("%s: \"%s\"", rows[i].what, words);
        tls_free(tls);
        (void)close(fd);
        (void)waitpid(pid, NULL, 0);
    }
}

static void says_which_file_cannot_be_read(void **state)
{
    (void)state;
    const char *missing = path_of("missing", "crt");
    const char *good = path_of("authority", "crt");
    const struct tls_settings rows[] = {
        {.ca = missing},
        {.ca = good, .cert = missing},
        {.ca = good, .cert = good, .key = missing},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char why[WHY_BYTES] = "";
        assert_null(tls_new(&rows[i], "127.0.0.1", -1, why, sizeof(why)));
        assert_ptr_equal(strstr(why, missing), why);
    }
    char why[WHY_BYTES] = "";
    const struct tls_settings not_ours = {good, good, path_of("client", "key"), NULL};
    assert_null(tls_new(&not_ours, "127.0.0.1", -1, why, sizeof(why)));
    assert_ptr_equal(strstr(why, not_ours.key), why);
    assert_non_null(strstr(why, "key values mismatch"));
    tls_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(believes_only_whom_it_is_told_to),
        cmocka_unit_test(says_which_file_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
