/* Responses as bytes, and the words of their status. */
#include "wire/http/framing.h"
#include "wire/http/http.h"

static const struct {
    int status;
    const char *words;
} status_words[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *http_status_words(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(status_words); i++) {
        if (status_words[i].status == status)
            return status_words[i].words;
    }
    return "Unknown";
}

struct str http_header_get(const struct http_header *headers, uint32_t n, struct str name)
{
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq_nocase(headers[i].name, name))
            return headers[i].value;
    }
    return STR_NONE;
}

static void add_decimal(struct buf *out, uint64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    buf_add(out, digits + at, sizeof(digits) - at);
}

/* A name or value that would break the head apart is left out (ASVS 1.2.1). */
static void add_header(struct buf *out, struct str name, struct str value)
{
    if (!http_is_token(name) || !http_is_field_text(value))
        return;
    buf_add_str(out, name);
    buf_add_str(out, STR(": "));
    buf_add_str(out, value);
    buf_add_str(out, STR("\r\n"));
}

void http_response_write(const struct http_response *response, bool keep_alive, bool is_head,
                         struct str date, struct buf *out)
{
    bool has_no_body = response->status < 200 || response->status == 204 || response->status == 304;
    buf_add_str(out, STR("HTTP/1.1 "));
    add_decimal(out, (uint64_t)response->status);
    buf_add_char(out, ' ');
    buf_add_str(out, str_from(http_status_words(response->status)));
    buf_add_str(out, STR("\r\n"));
    add_header(out, STR("Date"), date);
    if (response->content_type.p != NULL)
        add_header(out, STR("Content-Type"), response->content_type);
    for (uint32_t i = 0; i < response->n_headers; i++)
        add_header(out, response->headers[i].name, response->headers[i].value);
    if (!has_no_body) {
        buf_add_str(out, STR("Content-Length: "));
        add_decimal(out, response->body.len);
        buf_add_str(out, STR("\r\n"));
    }
    buf_add_str(out, keep_alive && !response->must_close ? STR("Connection: keep-alive\r\n\r\n")
                                                         : STR("Connection: close\r\n\r\n"));
    if (!is_head && !has_no_body)
        buf_add_str(out, response->body);
}
