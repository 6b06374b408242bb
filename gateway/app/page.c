#include "app/page.h"

#include <stdlib.h>

#include "core/match/match.h"
#include "wire/address.h"

#define RETRY_S "3600"
#define TEXT_MAX_BYTES 256u /* of one code, with what stands around it */

struct str page_words(const struct page *p, enum course_text text)
{
    struct str found = p->course->texts[text];
    return found.p != NULL ? found : STR("");
}

static const char style[] =
    "body{font:1.125rem/1.5 system-ui,sans-serif;margin:0;color:#1a1a1a;background:#fff}"
    "main{max-width:36rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}"
    "h1{font-size:1.5rem;line-height:1.2}"
    ".answer{border-inline-start:.5rem solid #555;padding:.5rem 1rem;font-size:1.25rem}"
    ".valid{border-color:#0a6b2d}.revoked,.missing{border-color:#a30000}"
    "label{display:block;font-weight:bold}"
    "input,textarea,button{font:inherit;padding:.5rem;margin:.25rem 0;border:2px solid #333;"
    "border-radius:.25rem;box-sizing:border-box;max-width:100%}"
    "input,textarea{width:16em;direction:ltr}button{background:#0b4a8f;color:#fff;border-color:#"
    "0b4a8f}"
    "figure{margin:1rem 0}svg{width:10rem;height:10rem;max-width:100%;background:#fff}"
    "@media print{form{display:none}body{font-size:12pt}}";

void page_begin(const struct page *p, enum course_text title, struct buf *out)
{
    bool is_rtl = course_is_rtl(p->course->language);
    buf_addf(out, "<!doctype html><html lang=\"%.*s\" dir=\"%s\"><head><meta charset=\"utf-8\">",
             STR_ARG(p->course->language), is_rtl ? "rtl" : "ltr");
    buf_add_str(out, STR("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                         "<meta name=\"robots\" content=\"noindex,nofollow\"><title>"));
    buf_add_html(out, page_words(p, title));
    buf_addf(out, "</title><style>%s</style></head><body><main><h1>", style);
    buf_add_html(out, page_words(p, title));
    buf_add_str(out, STR("</h1>"));
}

void page_end(struct buf *out)
{
    buf_add_str(out, STR("</main></body></html>\n"));
}

#define HEADER(name, value)                                                                        \
    {                                                                                              \
        {name, sizeof(name) - 1},                                                                  \
        {                                                                                          \
            value, sizeof(value) - 1                                                               \
        }                                                                                          \
    }

/* No script, no picture, nothing from elsewhere, in nobody's frame, in no cache. */
static const struct http_header headers[] = {
    HEADER("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action "
                                      "'self'; base-uri 'none'; frame-ancestors 'none'"),
    HEADER("X-Content-Type-Options", "nosniff"),
    HEADER("X-Frame-Options", "DENY"),
    HEADER("Referrer-Policy", "no-referrer"),
    HEADER("Cache-Control", "no-store"),
    HEADER("Vary", "Accept, Accept-Language"),
    HEADER("X-Robots-Tag", "noindex, nofollow"),
    HEADER("Retry-After", RETRY_S), /* the last: of 429 and 503 only */
};

void page_free(struct page *p)
{
    arena_free(p->arena);
    free(p);
}

void page_respond(struct page *p, int status, struct str content_type)
{
    struct check_pages *all = p->all;
    bool is_later = status == 429 || status == 503;
    struct http_response response = {.status = status,
                                     .content_type = content_type,
                                     .headers = headers,
                                     .n_headers = ARRAY_LEN(headers) - (is_later ? 0 : 1),
                                     .body = buf_str(&all->body)};
    if (buf_error(&all->body) != ERR_OK || arena_error(p->arena) != ERR_OK)
        response = (struct http_response){.status = 500};
    all->parts.fn(all->parts.ctx, p->token, &response);
    page_free(p);
}

/* An address is a person's, so its pseudonym is counted. */
struct number_id page_who(const struct page *p, struct str address)
{
    uint8_t network[ADDRESS_NETWORK_BYTES];
    char hex[2 * sizeof(network) + 1];
    hex_encode(network, address_network(address, network), hex);
    return vault_number_id(p->all->parts.vault, arena_printf(p->arena, "address %s", hex));
}

void page_close(struct check_pages *all, struct front_token token, int status,
                const struct http_header *extra)
{
    struct http_response response = {
        .status = status, .headers = extra, .n_headers = extra != NULL ? 1 : 0};
    all->parts.fn(all->parts.ctx, token, &response);
}

/* ---- what is said of a code ---- */

/* What is longer is no code: so it is neither looked at nor said back at length. */
struct str page_digits(struct str text, struct arena *arena)
{
    struct str begin = str_sub(text, 0, text.len < TEXT_MAX_BYTES ? text.len : TEXT_MAX_BYTES);
    struct str digits = arena_digits(arena, match_normalise(begin, arena));
    return digits.len > PAGE_DIGITS_MAX ? str_sub(digits, 0, PAGE_DIGITS_MAX) : digits;
}

static void add_member(struct buf *out, const char *name, struct str value)
{
    buf_addf(out, ",\"%s\":", name);
    buf_add_json(out, value);
}

void page_add_json(struct str digits, const struct page_answer *a, struct buf *out)
{
    const struct certificate *c = a->found;
    buf_addf(out, "{\"status\":\"%s\"", a->name);
    add_member(out, "code", digits.p != NULL ? digits : STR(""));
    add_member(out, "answer", a->text.p != NULL ? a->text : STR(""));
    if (c != NULL) {
        add_member(out, "type", c->module > 0 ? STR("module") : STR("course"));
        add_member(out, "course", c->title);
        add_member(out, "version", c->version);
        add_member(out, "language", c->lang);
        add_member(out, "finished", c->month);
        add_member(out, "issuer", c->org);
        if (c->module > 0)
            buf_addf(out, ",\"module\":%u", c->module);
        buf_addf(out, ",\"modules\":%u,\"hours\":%u", c->n_modules, c->hours);
    }
    buf_add_char(out, '}');
}

static struct str words_of(const struct page *p, struct str digits, const struct code_check *check)
{
    const struct config *config = p->all->parts.config;
    const struct engine_context context = {.org = config->org, .url = config->url};
    return engine_check_words(p->course, &context, digits, check, p->arena);
}

struct page_answer page_answer_to(const struct page *p, struct str digits, enum err e,
                                  const struct code_check *check)
{
    struct page_answer a = {.status = 503, .name = "UNKNOWN", .class = "later"};
    if (e != ERR_OK) {
        a.text = page_words(p, COURSE_TEXT_check_later);
        return a;
    }
    bool is_found = check->result == CHECK_FOUND, is_revoked = is_found && check->found.is_revoked;
    bool is_missing = check->result == CHECK_NOT_FOUND;
    a.status = is_found ? 200 : is_missing ? 404 : 429;
    a.name = is_revoked ? "REVOKED" : is_found ? "VALID" : is_missing ? "NOT FOUND" : "TRY LATER";
    a.class = is_revoked ? "revoked" : is_found ? "valid" : is_missing ? "missing" : "later";
    a.text = words_of(p, digits, check);
    a.found = is_found ? &check->found : NULL;
    return a;
}

struct page_answer page_answer_to_none(const struct page *p, struct str digits)
{
    return (struct page_answer){.status = 400,
                                .name = "NO CODE",
                                .class = "missing",
                                .text = words_of(p, digits, &(struct code_check){.code = 0})};
}
