/* tls.h, with OpenSSL: Debian's hiredis has none. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "port/store/tls.h"

struct tls {
    SSL_CTX *context;
    SSL *ssl;
    char why[160];
};

static void reason(char *dst, size_t bytes, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *text = code != 0 ? ERR_reason_error_string(code) : NULL;
    (void)snprintf(dst, bytes, "%s: %s", what, text != NULL ? text : "closed"); /* cut is fine */
    ERR_clear_error();
}

/* NULL, or what could not be done. */
static const char *context_load(SSL_CTX *context, const struct tls_settings *settings)
{
    if (SSL_CTX_load_verify_locations(context, settings->ca, NULL) != 1)
        return settings->ca;
    if (settings->cert != NULL && SSL_CTX_use_certificate_chain_file(context, settings->cert) != 1)
        return settings->cert;
    if (settings->key != NULL &&
        SSL_CTX_use_PrivateKey_file(context, settings->key, SSL_FILETYPE_PEM) != 1)
        return settings->key;
    return NULL;
}

static bool expects(SSL *ssl, const struct tls_settings *settings, const char *address)
{
    if (settings->name == NULL)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address) == 1;
    /* What SSL_set_tlsext_host_name is made of: it copies the name, and takes no const one. */
    return SSL_set1_host(ssl, settings->name) == 1 &&
           SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                    (void *)(uintptr_t)settings->name) == 1;
}

struct tls *tls_new(const struct tls_settings *settings, const char *address, int fd, char *ret_why,
                    size_t why_bytes)
{
    struct tls *tls = xcalloc(1, sizeof(*tls));
    tls->context = SSL_CTX_new(TLS_client_method());
    if (tls->context == NULL)
        abort(); /* no memory */
    const char *failed = context_load(tls->context, settings);
    tls->ssl = failed == NULL ? SSL_new(tls->context) : NULL;
    if (failed == NULL && (tls->ssl == NULL || !expects(tls->ssl, settings, address) ||
                           SSL_set_fd(tls->ssl, fd) != 1))
        failed = "TLS";
    if (failed != NULL) {
        reason(ret_why, why_bytes, failed);
        tls_free(tls);
        return NULL;
    }
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    SSL_set_verify(tls->ssl, SSL_VERIFY_PEER, NULL);
    (void)SSL_set_min_proto_version(tls->ssl, TLS1_2_VERSION); /* known to be one */
    /* What is written again after a TLS_AGAIN may lie elsewhere and be more by then. */
    (void)SSL_set_mode(tls->ssl,
                       SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_connect_state(tls->ssl);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->context);
    free(tls);
}

static ssize_t outcome(struct tls *tls, int n)
{
    if (n > 0)
        return n;
    int error = SSL_get_error(tls->ssl, n);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return TLS_AGAIN;
    long verified = SSL_get_verify_result(tls->ssl);
    if (verified != X509_V_OK)
        (void)snprintf(tls->why, sizeof(tls->why), "its certificate: %s",
                       X509_verify_cert_error_string(verified)); /* cut is fine */
    else
        reason(tls->why, sizeof(tls->why), "TLS");
    return TLS_GONE;
}

ssize_t tls_read(struct tls *tls, void *dst, size_t n)
{
    ERR_clear_error();
    return outcome(tls, SSL_read(tls->ssl, dst, (int)n));
}

ssize_t tls_write(struct tls *tls, const void *bytes, size_t n)
{
    ERR_clear_error();
    return outcome(tls, SSL_write(tls->ssl, bytes, (int)n));
}

const char *tls_why(const struct tls *tls)
{
    return tls->why;
}
