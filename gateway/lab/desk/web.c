#include "lab/desk/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "lab/http_call.h"
#include "lab/phone.h"
#include "wire/http/page.h"

/* ---- the files ---- */

static const uint8_t page_desk[] = {
#include "desk_html.inc"
};
static const uint8_t page_sim[] = {
#include "sim_html.inc"
};
static const uint8_t common_style[] = {
#include "page_css.inc"
};
static const uint8_t style[] = {
#include "desk_css.inc"
};
static const uint8_t script[] = {
#include "desk_js.inc"
};

static const struct page_file files[] = {
    {"desk.html", "text/html; charset=utf-8", page_desk, sizeof(page_desk)},
    {"sim.html", "text/html; charset=utf-8", page_sim, sizeof(page_sim)},
    {"page.css", "text/css; charset=utf-8", common_style, sizeof(common_style)},
    {"desk.css", "text/css; charset=utf-8", style, sizeof(style)},
    {"desk.js", "text/javascript; charset=utf-8", script, sizeof(script)},
};

bool web_file(struct str name, struct str page, struct http_response *ret)
{
    if (str_is_empty(name))
        name = page;
    else if (str_ends(name, STR(".html")))
        return false;
    const struct page_file *file = page_find(files, ARRAY_LEN(files), name);
    if (file != NULL)
        *ret = page_response(200, str_from(file->type),
                             (struct str){(const char *)file->bytes, file->n});
    return file != NULL;
}

struct http_response web_json(int status, const struct buf *body)
{
    return page_response(status, STR("application/json"), buf_str(body));
}

/* ---- a phone ---- */

static const char *begin(struct handset *phone, struct str what, struct str text,
                         struct wall_ms now)
{
    switch (str_word_index("sms|dial|answer|drop|repeat|call", '|', what)) {
    case 0:
        if (str_is_empty(text))
            return "Write a message first.";
        handset_send_sms(phone, text, now);
        return NULL;
    case 1:
        handset_dial(phone, handset_is_code(text) ? text : str_from(phone->dial_code));
        return NULL;
    case 2:
        if (!phone->is_in_session)
            return "No session is open: dial first.";
        handset_answer(phone, text);
        return NULL;
    case 3:
        return handset_drop(phone, false, now) ? NULL : "No session is open.";
    case 4:
        return phone->path != NULL ? NULL : "Nothing was sent yet.";
    case 5:
        handset_call(phone);
        return NULL;
    default:
        return "This phone cannot do that.";
    }
}

void web_phone_do(struct handset *phone, const struct form *form, struct wall_ms now,
                  web_post_fn *post, void *ctx, struct buf *out)
{
    struct buf response CLEANUP(buf_fini);
    struct str screen = STR_NONE, what = form_get(form, STR("do"));
    bool is_open = phone->is_in_session;
    int status = 0;
    buf_init(&response, 1u << 20);
    const char *note = begin(phone, what, form_get(form, STR("text")), now);
    if (note == NULL && post(ctx, phone->path, buf_str(&phone->body), &status, &response) != ERR_OK)
        note = "The gateway does not answer.";
    else if (note == NULL && (status < 200 || status > 299))
        note = "The gateway refused this.";
    else if (note == NULL && phone->is_ussd && !str_eq(what, STR("drop")) &&
             handset_read_screen(phone, status, buf_str(&response), &screen, &is_open) != ERR_OK)
        note = "No screen came; the session is closed.";
    buf_add_str(out, STR("{\"screen\":"));
    if (screen.p != NULL)
        buf_add_json(out, screen);
    else
        buf_add_str(out, STR("null"));
    buf_addf(out, ",\"open\":%s,\"note\":", phone->is_in_session ? "true" : "false");
    buf_add_json(out, note != NULL ? str_from(note) : STR(""));
}

/* ---- phones at a gateway that runs ---- */

#define N_PHONES 16u
#define POST_TIMEOUT_MS 1500 /* the admin process must not look dead */

struct web_phones {
    char base[128];
    struct http_caller *caller; /* NULL: nobody has used a phone */
    uint64_t n_turns;
    struct {
        struct handset handset;
        uint64_t last; /* turn in which it was used; 0 = free */
    } list[N_PHONES];
    char run[24];
};

struct web_phones *web_phones_new(const char *address, uint32_t port, struct wall_ms now)
{
    struct web_phones *phones = xcalloc(1, sizeof(*phones));
    bool is_any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
    bool is_six = strchr(address, ':') != NULL && !is_any;
    (void)snprintf(phones->base, sizeof(phones->base), is_six ? "http://[%s]:%u" : "http://%s:%u",
                   is_any ? "127.0.0.1" : address, port); /* an address is short */
    (void)snprintf(phones->run, sizeof(phones->run), "sim%lld", (long long)now.ms); /* fits */
    return phones;
}

void web_phones_free(struct web_phones *phones)
{
    if (phones == NULL)
        return;
    for (uint32_t i = 0; i < N_PHONES; i++) {
        if (phones->list[i].last != 0)
            handset_fini(&phones->list[i].handset);
    }
    http_caller_free(phones->caller);
    free(phones);
}

static bool is_number(struct str number)
{
    bool is_good = number.len > 6 && number.len < HANDSET_NUMBER_BYTES && number.p[0] == '+';
    for (size_t i = 1; is_good && i < number.len; i++)
        is_good = number.p[i] >= '0' && number.p[i] <= '9';
    return is_good;
}

/* The phone of this number; the one that was not used for longest makes room for a new one. */
static struct handset *phone_of(struct web_phones *phones, const char *number)
{
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < N_PHONES; i++) {
        if (phones->list[i].last != 0 && strcmp(phones->list[i].handset.number, number) == 0) {
            phones->list[i].last = ++phones->n_turns;
            return &phones->list[i].handset;
        }
        oldest = phones->list[i].last < phones->list[oldest].last ? i : oldest;
    }
    if (phones->list[oldest].last != 0)
        handset_fini(&phones->list[oldest].handset);
    phones->list[oldest].last = ++phones->n_turns;
    /* a number of turns keeps ids apart of a phone that was forgotten and comes again */
    char run[HANDSET_NAME_BYTES];
    (void)snprintf(run, sizeof(run), "%s-%llu", phones->run, (unsigned long long)phones->n_turns);
    handset_init(&phones->list[oldest].handset, number, PHONE_DIAL_CODE, run);
    return &phones->list[oldest].handset;
}

static enum err post_out(void *ctx, const char *path, struct str body, int *ret_status,
                         struct buf *out)
{
    struct web_phones *phones = ctx;
    struct http_call_response response = {0};
    struct errmsg msg;
    char url[256];
    int n = snprintf(url, sizeof(url), "%s%s", phones->base, path);
    buf_init(&response.body, 65536);
    enum err e = http_call(phones->caller, (struct str){url, (size_t)n}, body, 1, &response, &msg);
    *ret_status = response.status;
    buf_add_str(out, buf_str(&response.body));
    buf_fini(&response.body);
    return e;
}

static struct http_response use(struct web_phones *phones, const struct http_request *request,
                                struct wall_ms now, struct arena *arena, struct buf *body)
{
    struct form form = {0};
    char number[HANDSET_NUMBER_BYTES] = "";
    enum err e = form_parse(request->body, arena, &form);
    struct str asked = form_get(&form, STR("number"));
    if (e != ERR_OK || !is_number(asked) || str_copy(asked, number, sizeof(number)) != ERR_OK) {
        buf_add_str(body, STR("{\"error\":\"Write the number as +254700000001.\"}\n"));
        return web_json(400, body);
    }
    if (phones->caller == NULL) {
        phones->caller = http_caller_new();
        http_caller_limit(phones->caller, POST_TIMEOUT_MS);
    }
    char time[RFC3339_BYTES];
    clock_format_rfc3339(now, time);
    web_phone_do(phone_of(phones, number), &form, now, post_out, phones, body);
    buf_addf(body, ",\"time\":\"%s\"}\n", time);
    return web_json(200, body);
}

bool web_phones_handle(struct web_phones *phones, const struct http_request *request,
                       struct wall_ms now, struct arena *arena, struct buf *body,
                       struct http_response *ret)
{
    const struct str folder = STR("/sim/");
    struct str name = str_sub(request->path, folder.len, request->path.len);
    bool is_get = str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD"));
    if (!str_starts(request->path, folder))
        return false;
    if (is_get)
        return web_file(name, STR("sim.html"), ret);
    if (!str_eq(name, STR("phone")) || !str_eq(request->method, STR("POST")))
        return false;
    if (page_is_own_origin(request)) {
        *ret = use(phones, request, now, arena, body);
        return true;
    }
    buf_add_str(body, STR("{\"error\":\"Only the page /sim/ of this listener may do this.\"}\n"));
    *ret = web_json(403, body);
    return true;
}
