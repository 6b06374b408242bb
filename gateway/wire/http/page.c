#include "wire/http/page.h"

#include <assert.h>

/* A struct str in a static initialiser. */
#define LIT(literal)                                                                               \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct http_header page_headers[] = {
    {LIT("Content-Security-Policy"),
     LIT("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src "
         "data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")},
    {LIT("Referrer-Policy"), LIT("same-origin")}, /* with "no-referrer" a form says no Origin */
    {LIT("X-Content-Type-Options"), LIT("nosniff")},
    {LIT("X-Frame-Options"), LIT("DENY")},
    {LIT("Cache-Control"), LIT("no-store")},
};
#define N_HEADERS ARRAY_LEN(page_headers)

const struct page_file *page_find(const struct page_file *files, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(name, str_from(files[i].name)))
            return &files[i];
    }
    return NULL;
}

struct http_response page_response(int status, struct str content_type, struct str body)
{
    return (struct http_response){.status = status,
                                  .content_type = content_type,
                                  .headers = page_headers,
                                  .n_headers = N_HEADERS,
                                  .body = body};
}

void page_guard(struct http_response *response, struct http_header room[PAGE_MAX_HEADERS])
{
    uint32_t n = 0;
    assert(response->n_headers + N_HEADERS <= PAGE_MAX_HEADERS);
    for (uint32_t i = 0; i < N_HEADERS; i++) {
        if (http_header_get(response->headers, response->n_headers, page_headers[i].name).p == NULL)
            room[n++] = page_headers[i];
    }
    for (uint32_t i = 0; i < response->n_headers; i++)
        room[n++] = response->headers[i];
    response->headers = room;
    response->n_headers = n;
}

static struct str header_of(const struct http_request *request, struct str name)
{
    return http_header_get(request->headers, request->n_headers, name);
}

bool page_is_own_origin(const struct http_request *request)
{
    const struct str scheme = STR("http://");
    struct str origin = header_of(request, STR("Origin"));
    struct str host = header_of(request, STR("Host"));
    return str_starts(origin, scheme) && host.p != NULL &&
           str_eq_nocase(str_sub(origin, scheme.len, origin.len), host);
}

bool page_is_of(const struct http_request *request, struct str base)
{
    return page_is_own_origin(request) ||
           (base.len > 0 && str_eq_nocase(header_of(request, STR("Origin")), base));
}

struct str page_cookie(const struct http_request *request, struct str name)
{
    struct str rest = header_of(request, STR("Cookie"));
    while (rest.p != NULL) {
        struct str value = str_trim(str_split(&rest, ';'));
        struct str key = str_split(&value, '=');
        if (value.p != NULL && str_eq(key, name))
            return value;
    }
    return STR_NONE;
}
