#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/file.h"
#include "wire/http/http.h"

static const struct http_limits limits = {.max_head_bytes = 1024, .max_body_bytes = 64};

/* Bytes that end a POST's head and its request line, to keep the rows short. */
#define POST "POST /in/x HTTP/1.1\r\nHost: h\r\n"
#define GET "GET /in/x HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

struct refused {
    const char *name;
    struct str bytes;
    int status;
};

static const struct refused refused_rows[] = {
    /* docs/reliability.md finding 1, in its order */
    {"two different lengths", STR(POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"), 400},
    {"the same length twice", STR(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), 400},
    {"length with plus", STR(POST "Content-Length: +3\r\n\r\nabc"), 400},
    {"length with vertical tab", STR(POST "Content-Length: \v3\r\n\r\nabc"), 400},
    {"length minus zero", STR(POST "Content-Length: -0\r\n\r\n"), 400},
    {"blank before the colon", STR(POST "Content-Length : 3\r\n\r\nabc"), 400},
    {"coding gzip", STR(POST "Transfer-Encoding: gzip\r\n\r\nabc"), 400},
    {"coding identity", STR(POST "Transfer-Encoding: identity\r\n\r\nGET / HTTP/1.1\r\n\r\n"), 400},
    {"coding xchunked", STR(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 400},
    {"chunk size 0x3", STR(CHUNKED "0x3\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk size +3", STR(CHUNKED "+3\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk size with blank before", STR(CHUNKED " 3\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk size -0", STR(CHUNKED "-0\r\n\r\n"), 400},
    {"chunk size with junk", STR(CHUNKED "3 junk\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk without its end", STR(CHUNKED "3\r\nabc0\r\n\r\n"), 400},
    {"version that overflows", STR("GET / HTTP/4294967297.1\r\nHost: h\r\n\r\n"), 400},
    {"no Host", STR("GET / HTTP/1.1\r\n\r\n"), 400},
    {"two Hosts", STR("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400},
    {"two Hosts in 1.0", STR("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400},
    {"NUL in a value", STR(GET "X: a\0b\r\n\r\n"), 400},
    {"empty header name", STR(GET ": x\r\n\r\n"), 400},
    {"folded header", STR(GET "X: a\r\n b\r\n\r\n"), 400},
    {"folded header, tab", STR(GET "X: a\r\n\tb\r\n\r\n"), 400},
    {"bare line feed in the head", STR("GET / HTTP/1.1\nHost: h\r\n\r\n"), 400},
    {"bare line feed ends the head", STR(GET "\n"), 400},
    /* request line */
    {"no version (0.9)", STR("GET /\r\n\r\n"), 400},
    {"only a word", STR("GET\r\n\r\n"), 400},
    {"two blanks before the target", STR("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"two blanks before the version", STR("GET /  HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"tab for a blank", STR("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"blank before the method", STR(" GET / HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"blank in the target", STR("GET /foo bar/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"blank behind the version", STR("GET / HTTP/1.1 \r\nHost: h\r\n\r\n"), 400},
    {"carriage return in the line", STR("GET / HTTP/1.1\rX: 1\r\n\r\n"), 400},
    {"NUL in the target", STR("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"UTF-8 in the target", STR("GET /\xce\xb4 HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"fragment", STR("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"target without slash", STR("GET in/x HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"asterisk target", STR("GET * HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"authority target", STR("GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"other scheme", STR("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"URL without a host", STR("GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"empty target", STR("GET  HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"method that is no token", STR("GE@T / HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"method in small letters", STR("get / HTTP/1.1\r\nHost: h\r\n\r\n"), 501},
    {"method unknown", STR("MKCOLA / HTTP/1.1\r\nHost: h\r\n\r\n"), 501},
    {"method DELETE", STR("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n"), 501},
    {"method CONNECT", STR("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"), 501},
    {"HTTP/2 preface", STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 501},
    {"version 2.0", STR("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505},
    {"version 1.2", STR("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), 505},
    {"version 0.9", STR("GET / HTTP/0.9\r\nHost: h\r\n\r\n"), 505},
    {"version 5.6", STR("GET / HTTP/5.6\r\nHost: h\r\n\r\n"), 505},
    {"version 1.10", STR("GET / HTTP/1.10\r\nHost: h\r\n\r\n"), 400},
    {"version 1", STR("GET / HTTP/1\r\nHost: h\r\n\r\n"), 400},
    {"version with comma", STR("GET / HTTP/1,1\r\nHost: h\r\n\r\n"), 400},
    {"version with sign", STR("GET / HTTP/+1.1\r\nHost: h\r\n\r\n"), 400},
    {"protocol in small letters", STR("GET / http/1.1\r\nHost: h\r\n\r\n"), 400},
    {"other protocol", STR("PUT / RTSP/1.0\r\nHost: h\r\n\r\n"), 400},
    {"protocol ICE", STR("GET / ICE/1.0\r\nHost: h\r\n\r\n"), 400},
    {"TLS instead of HTTP", STR("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n"), 400},
    /* fields */
    {"no colon", STR(GET "name\r\n\r\n"), 400},
    {"name, then a folded colon", STR(GET "name\r\n : value\r\n\r\n"), 400},
    {"blank before the first header", STR("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), 400},
    {"blank before a later header", STR(POST " Content-Length: 3\r\n\r\nabc"), 400},
    {"at sign in a name", STR(GET "Fo@: x\r\n\r\n"), 400},
    {"control in a name", STR(GET "Foo\x01te: x\r\n\r\n"), 400},
    {"byte past ASCII in a name", STR(GET "F\xc3\xb6: x\r\n\r\n"), 400},
    {"carriage return in a name", STR(GET "Content\rLength: 3\r\n\r\nabc"), 400},
    {"carriage return in a value", STR(GET "Foo: 1\rBar: 2\r\n\r\n"), 400},
    {"carriage return before the name", STR(GET "\rZGET /evil: HTTP/1.1\r\n\r\n"), 400},
    {"empty value ended by a carriage return", STR(POST "x:\rTransfer-Encoding: chunked\r\n\r\n"),
     400},
    {"value ended by a line feed", STR(POST "x:x\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     400},
    {"two carriage returns", STR(GET "X: a\r\r\n\r\n"), 400},
    {"carriage return, then the body",
     STR("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\rabc\r\n"), 400},
    {"DEL in a value", STR(GET "X: a\x7f\r\n\r\n"), 400},
    {"escape in a value", STR(GET "X: \x1b[31m\r\n\r\n"), 400},
    {"blank in Host", STR("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400},
    {"two names in one Host", STR("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"), 400},
    {"user in Host", STR("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), 400},
    {"path in Host", STR("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400},
    {"Expect other", STR(POST "Expect: 200-ok\r\nContent-Length: 3\r\n\r\n"), 417},
    {"Expect twice over", STR(POST "Expect: 100-continue, x\r\nContent-Length: 3\r\n\r\n"), 417},
    {"Content-Encoding gzip", STR(POST "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n"), 415},
    /* framing */
    {"empty length", STR(POST "Content-Length:\r\n\r\n"), 400},
    {"length list", STR(POST "Content-Length: 3, 3\r\n\r\nabc"), 400},
    {"length with inner blank", STR(POST "Content-Length: 1 3\r\n\r\nabc"), 400},
    {"length in hex", STR(POST "Content-Length: 0x3\r\n\r\nabc"), 400},
    {"length with a fraction", STR(POST "Content-Length: 3.0\r\n\r\nabc"), 400},
    {"length negative", STR(POST "Content-Length: -3\r\n\r\nabc"), 400},
    {"length over the limit", STR(POST "Content-Length: 65\r\n\r\n"), 413},
    {"length of 8 GB", STR(POST "Content-Length: 8589934592\r\n\r\n"), 413},
    {"length past 2^64", STR(POST "Content-Length: 18446744073709551619\r\n\r\nabc"), 413},
    {"length past 10^21", STR(POST "Content-Length: 1000000000000000000000\r\n\r\n"), 413},
    {"length beside chunked", STR(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
     400},
    {"chunked beside length", STR(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"),
     400},
    {"chunked in 1.0", STR("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400},
    {"chunked twice", STR(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
     400},
    {"identity and chunked",
     STR(POST "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n"), 400},
    {"chunked and deflate",
     STR(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: deflate\r\n\r\n"), 400},
    {"chunked, deflate", STR(POST "Transfer-Encoding: chunked, deflate\r\n\r\n"), 400},
    {"deflate, chunked", STR(POST "Transfer-Encoding: deflate, chunked\r\n\r\n0\r\n\r\n"), 400},
    {"chunked, chunked", STR(POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"), 400},
    {"chunkedchunked", STR(POST "Transfer-Encoding: chunkedchunked\r\n\r\n0\r\n\r\n"), 400},
    {"quoted chunked", STR(POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"), 400},
    {"chunked with parameter", STR(POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"), 400},
    {"chunked with vertical tab", STR(POST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"), 400},
    {"coding empty", STR(POST "Transfer-Encoding:\r\n\r\n"), 400},
    {"chunked folded", STR(POST "Transfer-Encoding: chunked\r\n abc\r\n\r\n0\r\n\r\n"), 400},
    /* chunks */
    {"chunk size empty", STR(CHUNKED "\r\n0\r\n\r\n"), 400},
    {"chunk size no hex", STR(CHUNKED "g\r\n\r\n"), 400},
    {"chunk size with blank behind", STR(CHUNKED "3 \r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk size with tab behind", STR(CHUNKED "3\t\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk size with underscore", STR(CHUNKED "1_0\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk size of 9 digits", STR(CHUNKED "000000003\r\nabc\r\n0\r\n\r\n"), 400},
    {"last chunk of 9 digits", STR(CHUNKED "000000000\r\n\r\n"), 400},
    {"chunk size past 2^32", STR(CHUNKED "100000003\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk over the limit", STR(CHUNKED "41\r\n"), 413},
    {"chunk of 4 GB", STR(CHUNKED "ffffffff\r\n"), 413},
    {"chunks over the limit together", STR(CHUNKED "3\r\nabc\r\n3e\r\n"), 413},
    {"chunk ended by line feeds", STR(CHUNKED "3\nabc\n0\n\n"), 400},
    {"data ended by a line feed", STR(CHUNKED "3\r\nabc\n0\r\n\r\n"), 400},
    {"data ended by two letters", STR(CHUNKED "3\r\nabcXX0\r\n\r\n"), 400},
    {"two carriage returns behind a size", STR(CHUNKED "5\r\r;ABCD\r\n"), 400},
    {"extension ended by a line feed", STR(CHUNKED "3;x\nabc\r\n0\r\n\r\n"), 400},
    {"extension without name", STR(CHUNKED "3;\r\nabc\r\n0\r\n\r\n"), 400},
    {"extension without semicolon", STR(CHUNKED "2 erfrfer\r\naa\r\n0 rrr\r\n\r\n"), 400},
    {"extension without value", STR(CHUNKED "3;a=\r\nabc\r\n0\r\n\r\n"), 400},
    {"extension with an open quote", STR(CHUNKED "3;a=\"b;c\r\nabc\r\n0\r\n\r\n"), 400},
    {"extension with NUL", STR(CHUNKED "3;a\0b\r\nabc\r\n0\r\n\r\n"), 400},
    {"trailer without colon", STR(CHUNKED "0\r\nGET / HTTP/1.1\r\n\r\n"), 400},
    {"trailer with blank before the colon", STR(CHUNKED "0\r\na : b\r\n\r\n"), 400},
    {"trailer folded", STR(CHUNKED "0\r\na: b\r\n c\r\n\r\n"), 400},
    {"trailer ended by a line feed", STR(CHUNKED "0\r\na: b\n\r\n"), 400},
    {"last chunk ended by a line feed", STR(CHUNKED "0\r\n\n"), 400},
};

struct taken {
    const char *name;
    struct str bytes;
    const char *expected; /* as dump() writes it; ends in "..." when more bytes are needed */
};

static const struct taken taken_rows[] = {
    {"get", STR(GET "\r\n"), "GET /in/x - Host=h [] keep\n"},
    {"get with query", STR("GET /a/b?c=d?e&f=%41 HTTP/1.1\r\nHost: h\r\n\r\n"),
     "GET /a/b c=d?e&f=%41 Host=h [] keep\n"},
    {"empty query", STR("GET /a? HTTP/1.1\r\nHost: h\r\n\r\n"), "GET /a  Host=h [] keep\n"},
    {"quotes and bars in the query", STR("GET /a?b=\"c\"|{} HTTP/1.1\r\nHost: h\r\n\r\n"),
     "GET /a b=\"c\"|{} Host=h [] keep\n"},
    {"absolute target", STR("GET http://h:80/a?b HTTP/1.1\r\nHost: h\r\n\r\n"),
     "GET /a b Host=h [] keep\n"},
    {"absolute target without path", STR("GET HTTP://h?b/c HTTP/1.1\r\nHost: h\r\n\r\n"),
     "GET / b/c Host=h [] keep\n"},
    {"absolute target, host only", STR("GET https://h HTTP/1.1\r\nHost: h\r\n\r\n"),
     "GET / - Host=h [] keep\n"},
    {"head", STR("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"), "HEAD / - Host=h [] keep\n"},
    {"options", STR("OPTIONS /in/x HTTP/1.1\r\nHost: h\r\n\r\n"),
     "OPTIONS /in/x - Host=h [] keep\n"},
    {"options for all", STR("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"),
     "OPTIONS * - Host=h [] keep\n"},
    {"an offer of h2c", STR(GET "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
     "GET /in/x - Host=h Connection=Upgrade Upgrade=h2c [] keep\n"},
    {"empty Expect", STR(POST "Expect:\r\nContent-Length: 1\r\n\r\nx"),
     "POST /in/x - Host=h Expect= Content-Length=1 [x] keep\n"},
    {"encoding that is none", STR(POST "Content-Encoding: Identity\r\nContent-Length: 1\r\n\r\nx"),
     "POST /in/x - Host=h Content-Encoding=Identity Content-Length=1 [x] keep\n"},
    {"put", STR("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"),
     "PUT / - Host=h Content-Length=1 [x] keep\n"},
    {"1.0 closes", STR("GET / HTTP/1.0\r\n\r\n"), "GET / - [] close\n"},
    {"1.0 keeps when asked", STR("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),
     "GET / - Connection=Keep-Alive [] keep\n"},
    {"1.1 closes when asked", STR(GET "Connection: close\t\r\n\r\n"),
     "GET /in/x - Host=h Connection=close [] close\n"},
    {"close among others", STR(GET "Connection: te , Close,\r\n\r\n"),
     "GET /in/x - Host=h Connection=te , Close, [] close\n"},
    {"close wins", STR(GET "Connection: keep-alive\r\nConnection: close\r\n\r\n"),
     "GET /in/x - Host=h Connection=keep-alive Connection=close [] close\n"},
    {"empty line before", STR("\r\n\r\n" GET "\r\n"), "GET /in/x - Host=h [] keep\n"},
    {"empty Host", STR("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "GET / - Host= [] keep\n"},
    {"Host with IPv6 and port", STR("GET / HTTP/1.1\r\nhost: [::1]:80\r\n\r\n"),
     "GET / - host=[::1]:80 [] keep\n"},
    {"blanks around a value", STR(GET "X: \t a b\t \r\nY:\r\n\r\n"),
     "GET /in/x - Host=h X=a b Y= [] keep\n"},
    {"bytes past ASCII in a value", STR(GET "X: D\xc3\xbcss\xff\r\n\r\n"),
     "GET /in/x - Host=h X=D\xc3\xbcss\xff [] keep\n"},
    {"odd token name", STR(GET "a!#$%&'*+-.^_`|~9: x\r\n\r\n"),
     "GET /in/x - Host=h a!#$%&'*+-.^_`|~9=x [] keep\n"},
    {"post without body", STR(POST "\r\n"), "POST /in/x - Host=h [] keep\n"},
    {"length 0", STR(POST "Content-Length: 0\r\n\r\n"),
     "POST /in/x - Host=h Content-Length=0 [] keep\n"},
    {"length with zeros and other case", STR(POST "conTENT-Length: 003 \r\n\r\nabc"),
     "POST /in/x - Host=h conTENT-Length=003 [abc] keep\n"},
    {"body on GET", STR(GET "Content-Length: 3\r\n\r\nabc"),
     "GET /in/x - Host=h Content-Length=3 [abc] keep\n"},
    {"NUL in the body", STR(POST "Content-Length: 3\r\n\r\na\0b"),
     "POST /in/x - Host=h Content-Length=3 [a.b] keep\n"},
    {"body unfinished", STR(POST "Content-Length: 3\r\n\r\nab"), "..."},
    {"head unfinished", STR(POST), "..."},
    {"chunks", STR(CHUNKED "5\r\nhello\r\n6\r\n world\r\n000\r\n\r\n"),
     "POST /in/x - Host=h Transfer-Encoding=chunked [hello world] keep\n"},
    {"chunked in other letters",
     STR(POST "transfer-encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n"),
     "POST /in/x - Host=h transfer-encoding=Chunked [0123456789] keep\n"},
    {"chunk data with line ends", STR(CHUNKED "4\r\n\r\n\r\n\r\n1\r\n0\r\n0\r\n\r\n"),
     "POST /in/x - Host=h Transfer-Encoding=chunked [....0] keep\n"},
    {"chunk extensions", STR(CHUNKED "5;a;b=c; d = \"e;\\\" f\" \r\nhello\r\n0;x=\"\"\r\n\r\n"),
     "POST /in/x - Host=h Transfer-Encoding=chunked [hello] keep\n"},
    {"trailers are dropped", STR(CHUNKED "3\r\nabc\r\n0\r\nContent-Length: 9\r\nVary: *\r\n\r\n"),
     "POST /in/x - Host=h Transfer-Encoding=chunked [abc] keep\n"},
    {"chunk size of 8 digits", STR(CHUNKED "00000003\r\nabc\r\n00000000\r\n\r\n"),
     "POST /in/x - Host=h Transfer-Encoding=chunked [abc] keep\n"},
    {"chunks unfinished", STR(CHUNKED "3\r\nabc\r\n0\r\n"), "..."},
    {"expect", STR(POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx"),
     "POST /in/x - Host=h Expect=100-Continue Content-Length=1 [x] keep\n"},
    {"three in a row",
     STR("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nAAA" CHUNKED
         "2\r\nBB\r\n0\r\n\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\nGET /d"),
     "POST /a - Host=h Content-Length=3 [AAA] keep\n"
     "POST /in/x - Host=h Transfer-Encoding=chunked [BB] keep\n"
     "GET /c - Host=h [] keep\n..."},
};

/* One line per request, "!status" when refused, "..." when more is needed. */
static void dump(const struct http_request *q, struct buf *out)
{
    buf_addf(out, "%.*s %.*s ", STR_ARG(q->method), STR_ARG(q->path));
    buf_addf(out, "%.*s ", STR_ARG(q->query.p != NULL ? q->query : STR("-")));
    for (uint32_t i = 0; i < q->n_headers; i++)
        buf_addf(out, "%.*s=%.*s ", STR_ARG(q->headers[i].name), STR_ARG(q->headers[i].value));
    buf_add_char(out, '[');
    for (size_t i = 0; i < q->body.len; i++)
        buf_add_char(out, (unsigned char)q->body.p[i] < 0x20 ? '.' : q->body.p[i]);
    buf_addf(out, "] %s\n", q->is_keep_alive ? "keep" : "close");
}

/* Feeds the first piece, then pieces of step bytes, each from memory of its exact size. */
static void drive(const struct http_limits *lim, struct str bytes, size_t first, size_t step,
                  struct buf *out)
{
    struct http_reader *r = http_reader_new(lim);
    enum http_state state = HTTP_STATE_HEAD;
    size_t piece = first;
    for (size_t at = 0; at < bytes.len && state != HTTP_STATE_ERROR; at += piece, piece = step) {
        piece = piece < bytes.len - at ? piece : bytes.len - at;
        char *exact = malloc(piece > 0 ? piece : 1);
        assert_non_null(exact);
        memcpy(exact, bytes.p + at, piece);
        state = http_reader_feed(r, exact, piece);
        free(exact);
        while (state == HTTP_STATE_DONE) {
            dump(http_reader_request(r), out);
            state = http_reader_next(r);
        }
    }
    const char *why = "";
    if (state == HTTP_STATE_ERROR)
        buf_addf(out, "!%d ", http_reader_status(r, &why));
    else if (http_reader_has_begun(r))
        buf_addf(out, "...");
    buf_addf(out, "%s", why);
    http_reader_free(r);
}

/* Whole, in two pieces at each place, and in small steps; all must agree. */
static void drive_all_ways(const char *name, const struct http_limits *lim, struct str bytes,
                           struct buf *whole)
{
    drive(lim, bytes, bytes.len, bytes.len, whole);
    for (size_t i = 1; i < bytes.len + 8; i++) {
        size_t first = i < bytes.len ? i : i - bytes.len + 1;
        size_t step = i < bytes.len ? bytes.len : first;
        struct buf cut CLEANUP(buf_fini);
        buf_init(&cut, 1 << 16);
        drive(lim, bytes, first, step, &cut);
        if (!str_eq(buf_str(&cut), buf_str(whole)))
            fail_msg("%s: in pieces of %zu and %zu gives\n%s\ninstead of\n%s", name, first, step,
                     buf_str(&cut).p, buf_str(whole).p);
    }
}

/* \r, \n, \t and \xHH are one byte each. */
static void add_escaped(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < text.len; i++) {
        bool is_escape = text.p[i] == '\\' && i + 1 < text.len;
        char c = is_escape ? text.p[++i] : text.p[i];
        if (is_escape && c == 'x') {
            assert_true(i + 2 < text.len);
            long high = strchr(hex, text.p[i + 1]) - hex, low = strchr(hex, text.p[i + 2]) - hex;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (is_escape) {
            c = (char)(c == 'r' ? '\r' : c == 'n' ? '\n' : '\t');
        }
        buf_add_char(out, c);
    }
}

/* "2 400": two requests were taken, then one refused; "1 more": then a part of one; "1": all. */
static void sum_up(struct str out, char dst[32])
{
    unsigned n = 0;
    for (; str_find_char(out, '\n') != SIZE_MAX; n++)
        (void)str_split(&out, '\n');
    long status = str_starts(out, STR("!")) ? strtol(out.p + 1, NULL, 10) : 0;
    if (status > 0)
        (void)snprintf(dst, 32, "%u %ld", n, status); /* short */
    else
        (void)snprintf(dst, 32, "%u%s", n, str_is_empty(out) ? "" : " more");
}

/* What servers were confused by, as published by the HTTP Garden: in each the place where the first
 * request ends is in doubt, so it is refused, or taken once as RFC 9112 cuts it. Without a Host
 * each would be refused for that, so one is put into the first. */
static void test_garden(void **state)
{
    (void)state;
    struct buf text CLEANUP(buf_fini);
    struct errmsg msg;
    unsigned n = 0;
    assert_int_equal(file_read("tests/unit/http_garden.txt", 1u << 16, &text, &msg), ERR_OK);
    for (struct str rest = buf_str(&text); !str_is_empty(rest);) {
        struct str payload = str_split(&rest, '\n');
        if (str_is_empty(payload) || payload.p[0] == '#')
            continue;
        struct str expected = str_split(&payload, '|');
        struct str line = str_sub(payload, 0, str_find(payload, STR("\\r\\n")) + 4);
        bool has_host = str_find(payload, STR("\\nHost:")) != SIZE_MAX ||
                        str_find(payload, STR("\\nhost:")) != SIZE_MAX;
        struct buf bytes CLEANUP(buf_fini), out CLEANUP(buf_fini);
        buf_init(&bytes, 1 << 16);
        buf_init(&out, 1 << 16);
        add_escaped(&bytes, line);
        if (!has_host)
            buf_addf(&bytes, "Host: a\r\n");
        add_escaped(&bytes, str_sub(payload, line.len, SIZE_MAX));
        drive_all_ways(line.p, &limits, buf_str(&bytes), &out);
        char sum[32];
        sum_up(buf_str(&out), sum);
        if (!str_eq(expected, str_from(sum)))
            fail_msg("%.*s\nexpected %.*s, got %s: %s", STR_ARG(payload), STR_ARG(expected), sum,
                     buf_str(&out).p);
        n++;
    }
    assert_int_equal(n, 72);
}

static void test_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_rows); i++) {
        const struct refused *row = &refused_rows[i];
        struct buf out CLEANUP(buf_fini);
        buf_init(&out, 1 << 16);
        drive_all_ways(row->name, &limits, row->bytes, &out);
        char expected[8];
        (void)snprintf(expected, sizeof(expected), "!%d ", row->status); /* three digits */
        if (!str_starts(buf_str(&out), str_from(expected)))
            fail_msg("%s: expected %d, got '%s'", row->name, row->status, buf_str(&out).p);
    }
}

static void test_takes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(taken_rows); i++) {
        const struct taken *row = &taken_rows[i];
        struct buf out CLEANUP(buf_fini);
        buf_init(&out, 1 << 16);
        drive_all_ways(row->name, &limits, row->bytes, &out);
        if (!str_eq(buf_str(&out), str_from(row->expected)))
            fail_msg("%s: expected\n%s\ngot\n%s", row->name, row->expected, buf_str(&out).p);
    }
}

/* Runs prefix, n_fill times fill, suffix, and compares how the response begins. */
static void check_ceiling(const char *prefix, char fill, size_t n_fill, const char *suffix,
                          const char *begins)
{
    struct buf bytes CLEANUP(buf_fini), out CLEANUP(buf_fini);
    buf_init(&bytes, 1 << 20);
    buf_init(&out, 1 << 20);
    buf_add_str(&bytes, str_from(prefix));
    for (size_t i = 0; i < n_fill; i++)
        buf_add_char(&bytes, fill);
    buf_add_str(&bytes, str_from(suffix));
    drive_all_ways(begins, &limits, buf_str(&bytes), &out);
    if (!str_starts(buf_str(&out), str_from(begins)))
        fail_msg("%zu times '%c': expected '%s', got '%.80s'", n_fill, fill, begins,
                 buf_str(&out).p);
}

static void test_ceilings(void **state)
{
    (void)state;
    const size_t around = strlen("GET / HTTP/1.1\r\n"), head = limits.max_head_bytes;
    check_ceiling("GET /", 'a', head - around - 2, " HTTP/1.0\r\n\r\n", "GET /aaa");
    check_ceiling("GET /", 'a', head - around - 1, " HTTP/1.0\r\n\r\n", "!431");
    check_ceiling("GET /", 'a', head - around + 1, " HTTP/1.0\r\n\r\n", "!414");
    check_ceiling("GET /", 'a', head, "", "!414");
    check_ceiling("GET / HTTP/1.0\r\nX: ", 'a', head - 3 - 4 - around, "\r\n\r\n", "GET / - X=aa");
    check_ceiling("GET / HTTP/1.0\r\nX: ", 'a', head - 3 - 3 - around, "\r\n\r\n", "!431");
    check_ceiling("GET / HTTP/1.0\r\nX: ", 'a', head, "", "!431");
    check_ceiling("", '\r', head + 1, "", "!414");
    check_ceiling(POST "Content-Length: 64\r\n\r\n", 'b', 64, "", "POST /in/x - Host=h Cont");
    check_ceiling(CHUNKED "40\r\n", 'b', 64, "\r\n0\r\n\r\n", "POST /in/x - Host=h Tran");
    check_ceiling(CHUNKED "1;", 'b', 256 - 4, "\r\nx\r\n0\r\n\r\n", "POST /in/x - Host=h Tran");
    check_ceiling(CHUNKED "1;", 'b', 256 - 3, "\r\nx\r\n0\r\n\r\n", "!400");
    check_ceiling(CHUNKED "0\r\nT: ", 'b', head - 3 - 4, "\r\n\r\n", "POST /in/x - Host=h Tran");
    check_ceiling(CHUNKED "0\r\nT: ", 'b', head - 3 - 3, "\r\n\r\n", "!431");
}

static void test_counts_headers(void **state)
{
    (void)state;
    for (size_t n = HTTP_MAX_HEADERS - 1; n <= HTTP_MAX_HEADERS; n++) {
        struct buf bytes CLEANUP(buf_fini), out CLEANUP(buf_fini);
        buf_init(&bytes, 4096);
        buf_init(&out, 4096);
        buf_add_str(&bytes, STR(GET));
        for (size_t i = 0; i < n; i++)
            buf_add_str(&bytes, STR("a:b\r\n"));
        buf_add_str(&bytes, STR("\r\n"));
        drive_all_ways("headers", &limits, buf_str(&bytes), &out);
        assert_true(str_starts(buf_str(&out), n < HTTP_MAX_HEADERS ? STR("GET") : STR("!431")));
    }
}

static void test_bounds_what_waits_behind_a_request(void **state)
{
    (void)state;
    struct http_reader *r = http_reader_new(&limits);
    char zeros[1024] = {0};
    assert_int_equal(http_reader_feed(r, GET "\r\n", strlen(GET) + 2), HTTP_STATE_DONE);
    size_t n = 0;
    while (http_reader_feed(r, zeros, sizeof(zeros)) == HTTP_STATE_DONE) {
        n += sizeof(zeros);
        assert_true(str_eq(http_reader_request(r)->path, STR("/in/x"))); /* still readable */
        assert_true(n < 128 * 1024);
    }
    const char *why;
    assert_int_equal(http_reader_status(r, &why), 413);
    assert_true(n >= 64 * 1024 - sizeof(zeros));
    assert_int_equal(http_reader_feed(r, zeros, 1), HTTP_STATE_ERROR); /* for good */
    http_reader_free(r);
}

static void test_continue_is_wanted_once_and_only_before_the_body(void **state)
{
    (void)state;
    static const char *const heads[] = {
        POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        POST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        struct http_reader *r = http_reader_new(&limits);
        assert_int_equal(http_reader_feed(r, heads[i], strlen(heads[i]) - 1), HTTP_STATE_HEAD);
        assert_false(http_reader_wants_continue(r));
        assert_int_equal(http_reader_feed(r, "\n", 1), HTTP_STATE_BODY);
        assert_true(http_reader_wants_continue(r));
        assert_false(http_reader_wants_continue(r));
        http_reader_free(r);
        r = http_reader_new(&limits);
        assert_int_equal(http_reader_feed(r, heads[i], strlen(heads[i])), HTTP_STATE_BODY);
        assert_int_equal(http_reader_feed(r, "2", 1), HTTP_STATE_BODY);
        assert_false(http_reader_wants_continue(r));
        http_reader_free(r);
    }
    const char *old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    struct http_reader *r = http_reader_new(&limits);
    assert_int_equal(http_reader_feed(r, old, strlen(old)), HTTP_STATE_BODY);
    assert_false(http_reader_wants_continue(r));
    http_reader_free(r);
}

static void test_an_idle_reader_is_small(void **state)
{
    (void)state;
    struct http_reader *r = http_reader_new(&limits);
    assert_false(http_reader_has_begun(r));
    assert_in_range(http_reader_memory_bytes(r), 1, 256);
    assert_int_equal(http_reader_feed(r, GET "\r\nG", strlen(GET) + 3), HTTP_STATE_DONE);
    assert_true(http_reader_memory_bytes(r) > 1024);
    assert_int_equal(http_reader_next(r), HTTP_STATE_HEAD);
    assert_true(http_reader_has_begun(r));
    const char *rest = "ET / HTTP/1.0\r\n\r\n";
    assert_int_equal(http_reader_feed(r, rest, strlen(rest)), HTTP_STATE_DONE);
    assert_int_equal(http_reader_next(r), HTTP_STATE_HEAD);
    assert_false(http_reader_has_begun(r));
    assert_in_range(http_reader_memory_bytes(r), 1, 256);
    http_reader_free(r);
}

static void test_header_lookup(void **state)
{
    (void)state;
    const struct http_header headers[] = {{STR("X-A"), STR("1")}, {STR("x-a"), STR("2")}};
    assert_true(str_eq(http_header_get(headers, 2, STR("x-A")), STR("1")));
    assert_null(http_header_get(headers, 2, STR("x-b")).p);
    assert_null(http_header_get(NULL, 0, STR("x-b")).p);
}

struct written {
    struct http_response response;
    bool keep_alive, is_head;
    const char *expected;
};

static void test_writes_responses(void **state)
{
    (void)state;
    const struct http_header headers[] = {{STR("X-One"), STR("1")},
                                          {STR("Bad Name"), STR("1")},
                                          {STR("X-Split"), STR("a\r\nX-Evil: 1")}};
    const struct written rows[] = {
        {{.status = 200, .content_type = STR("text/plain"), .body = STR("CON hi")},
         true,
         false,
         "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n"
         "Connection: keep-alive\r\n\r\nCON hi"},
        {{.status = 200, .content_type = STR("text/plain"), .body = STR("CON hi")},
         true,
         true,
         "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n"
         "Connection: keep-alive\r\n\r\n"},
        {{.status = 503, .must_close = true, .headers = headers, .n_headers = 3},
         true,
         false,
         "HTTP/1.1 503 Service Unavailable\r\nDate: D\r\nX-One: 1\r\nContent-Length: 0\r\n"
         "Connection: close\r\n\r\n"},
        {{.status = 204, .body = STR("never")},
         false,
         false,
         "HTTP/1.1 204 No Content\r\nDate: D\r\nConnection: close\r\n\r\n"},
        {{.status = 299},
         true,
         false,
         "HTTP/1.1 299 Unknown\r\nDate: D\r\nContent-Length: 0\r\n"
         "Connection: keep-alive\r\n\r\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf out CLEANUP(buf_fini);
        buf_init(&out, 4096);
        http_response_write(&rows[i].response, rows[i].keep_alive, rows[i].is_head, STR("D"), &out);
        assert_string_equal(buf_str(&out).p, rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garden),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_takes),
        cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_counts_headers),
        cmocka_unit_test(test_bounds_what_waits_behind_a_request),
        cmocka_unit_test(test_continue_is_wanted_once_and_only_before_the_body),
        cmocka_unit_test(test_an_idle_reader_is_small),
        cmocka_unit_test(test_header_lookup),
        cmocka_unit_test(test_writes_responses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
