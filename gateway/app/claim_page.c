/*
 * The page behind CLAIM's link (docs/course-rules.md 4): one badge, once, within 30 days. What
 * stands under the link's token is app/checks.h. The key that signs is no gateway's: whoever has it
 * runs `waypost certificate sign`, which puts the badge there. An address is hashed with salt at
 * once, and kept nowhere.
 */
#include <stdio.h>
#include <string.h>

#include "app/checks.h"
#include "app/page.h"
#include "port/store/values.h"
#include "wire/form.h"

#define CLAIMS_AN_HOUR 60u /* looks of one address */
#define EMAIL_MAX_BYTES 254u
#define CLAIMS_WAITING (STORE_MAX_BOARD - 96) /* several may be put there at once */

struct claim {
    struct str token;
    bool is_post;
    struct str email;
    struct checks_claim found;
    char value[STORE_SESSION_BYTES];
};

/* ---- what it shows ---- */

static void add_words(const struct page *p, enum course_text text, struct buf *out)
{
    buf_add_str(out, STR("<p>"));
    buf_add_html(out, page_words(p, text));
    buf_add_str(out, STR("</p>"));
}

static void add_button(const struct page *p, enum course_text text, struct buf *out)
{
    buf_add_str(out, STR("<button>"));
    buf_add_html(out, page_words(p, text));
    buf_add_str(out, STR("</button></form>"));
}

static void add_question(const struct page *p, struct buf *out)
{
    add_words(p, COURSE_TEXT_page_claim_ask, out);
    buf_add_str(out, STR("<form method=\"post\"><label for=\"email\">"));
    buf_add_html(out, page_words(p, COURSE_TEXT_page_claim_email));
    buf_addf(out,
             "</label><input id=\"email\" name=\"email\" type=\"email\" maxlength=\"%u\" "
             "autocomplete=\"email\"> ",
             EMAIL_MAX_BYTES);
    add_button(p, COURSE_TEXT_page_claim_button, out);
}

static void show(struct page *p, int status)
{
    const struct checks_claim *found = &p->claim->found;
    struct buf *out = &p->all->body;
    buf_reset(out);
    page_begin(p, COURSE_TEXT_page_claim_title, out);
    switch (status == 200 ? found->state : CHECKS_CLAIM_USED) {
    case CHECKS_CLAIM_NEW:
        add_question(p, out);
        break;
    case CHECKS_CLAIM_WAITS:
        add_words(p, COURSE_TEXT_page_claim_waits, out);
        break;
    case CHECKS_CLAIM_READY:
        add_words(p, COURSE_TEXT_page_claim_ready, out);
        buf_add_str(out, STR("<form method=\"post\">"));
        add_button(p, COURSE_TEXT_page_claim_fetch, out);
        break;
    case CHECKS_CLAIM_USED:
        add_words(p,
                  status == 200 || status == 410 ? COURSE_TEXT_page_claim_gone
                                                 : COURSE_TEXT_check_later,
                  out);
        break;
    }
    page_end(out);
    page_respond(p, status, STR("text/html; charset=utf-8"));
}

/* ---- what it does ---- */

/* Where it was asked for: the browser shows the page anew, and asks for nothing by doing so again.
 */
static void on_asked(void *ctx, enum err e)
{
    struct page *p = ctx;
    p->all->n_running--;
    if (e != ERR_OK) {
        show(p, 503);
        return;
    }
    struct http_header to = {STR("Location"), arena_printf(p->arena, PAGE_PREFIX "claim/%.*s",
                                                           STR_ARG(p->claim->token))};
    page_close(p->all, p->token, 303, &to);
    page_free(p);
}

static void put(struct page *p, enum checks_claim_state state, store_on_done *fn)
{
    struct claim *c = p->claim;
    char key[CHECKS_CLAIM_KEY_BYTES];
    struct checks_claim next = {
        .state = state, .until_ms = c->found.until_ms, .code = c->found.code};
    int64_t left_ms = c->found.until_ms - clock_wall().ms;
    checks_claim_key(c->token, key);
    store_session_put(p->all->parts.store, str_from(key), checks_claim_write(&next, c->value),
                      left_ms > 0 ? left_ms : 1, fn, p);
}

static void on_listed(void *ctx, enum err e)
{
    struct page *p = ctx;
    if (e == ERR_OK)
        put(p, CHECKS_CLAIM_WAITS, on_asked);
    else
        on_asked(p, e);
}

/* On the list of who signs; then it waits. Asked twice at once it is asked once. */
static void ask(struct page *p)
{
    struct claim *c = p->claim;
    struct str identity =
        str_is_empty(c->email) ? STR("") : checks_claim_identity(c->email, p->arena);
    struct str wish = arena_printf(p->arena, "%lld %012llu %.*s", (long long)c->found.until_ms,
                                   (unsigned long long)c->found.code, STR_ARG(identity));
    store_board_put(p->all->parts.store, STORE_BOARD_CLAIMS, c->token, wish, on_listed, p);
}

/* Where nobody signs any more the list ends before nobody could read it. */
static void on_list(void *ctx, enum err e, const struct str *names, const struct str *values,
                    uint32_t n)
{
    struct page *p = ctx;
    (void)names, (void)values;
    if (e == ERR_OK && n < CLAIMS_WAITING) {
        ask(p);
        return;
    }
    p->all->n_running--;
    show(p, e == ERR_OK ? 429 : 503);
}

/* Used before it leaves: what breaks down on its way is asked for anew by CLAIM. */
static void on_used(void *ctx, enum err e)
{
    struct page *p = ctx;
    p->all->n_running--;
    if (e != ERR_OK) {
        show(p, 503);
        return;
    }
    buf_reset(&p->all->body);
    buf_add_str(&p->all->body, p->claim->found.badge);
    page_respond(p, 200, STR("application/vc+jwt"));
}

static void on_value(void *ctx, enum err e, struct str value)
{
    struct page *p = ctx;
    struct claim *c = p->claim;
    bool is_good = e == ERR_OK && checks_claim_read(arena_str(p->arena, value), &c->found);
    bool is_asked = is_good && c->is_post && c->found.state == CHECKS_CLAIM_NEW;
    bool is_fetched = is_good && c->is_post && c->found.state == CHECKS_CLAIM_READY;
    if (is_asked) {
        store_board_get(p->all->parts.store, STORE_BOARD_CLAIMS, on_list, p);
        return;
    }
    if (is_fetched) {
        put(p, CHECKS_CLAIM_USED, on_used);
        return;
    }
    p->all->n_running--;
    show(p, is_good ? 200 : e == ERR_OK || e == ERR_NOT_FOUND ? 410 : 503);
}

static void on_taken(void *ctx, enum err e)
{
    struct page *p = ctx;
    char key[CHECKS_CLAIM_KEY_BYTES];
    if (e == ERR_OK) {
        checks_claim_key(p->claim->token, key);
        store_session_get(p->all->parts.store, str_from(key), on_value, p);
        return;
    }
    p->all->n_running--;
    show(p, e == ERR_DENIED ? 429 : 503);
}

static bool is_email(struct str text)
{
    size_t at = str_find_char(text, '@');
    bool is_good = at != SIZE_MAX && at > 0 && at + 1 < text.len && text.len <= EMAIL_MAX_BYTES;
    for (size_t i = 0; i < text.len; i++)
        is_good &= (unsigned char)text.p[i] > ' ';
    return is_good;
}

void claim_page_handle(struct page *p, struct str token, const struct http_request *request,
                       struct str address)
{
    struct claim *c = arena_alloc(p->arena, sizeof(*c));
    struct form form = {.n_pairs = 0};
    char hex[2 * NUMBER_ID_BYTES + 1], key[STORE_CAP_KEY_BYTES];
    struct number_id who = page_who(p, address);
    *c = (struct claim){.token = arena_str(p->arena, token),
                        .is_post = str_eq(request->method, STR("POST")),
                        .email = STR_NONE};
    p->claim = c;
    if (!checks_claim_is_token(token)) {
        show(p, 410);
        return;
    }
    if (c->is_post && form_parse(request->body, p->arena, &form) == ERR_OK)
        c->email = str_trim(form_get(&form, STR("email")));
    if (!str_is_empty(c->email) && !is_email(c->email)) {
        c->found.state = CHECKS_CLAIM_NEW; /* the browser says what is wrong with one */
        show(p, 200);
        return;
    }
    hex_encode(who.bytes, sizeof(who.bytes), hex);
    (void)snprintf(key, sizeof(key), "c:%s", hex); /* fits */
    struct store_cap cap = {.name = "claims",
                            .key = str_from(key),
                            .units = 1,
                            .limit = CLAIMS_AN_HOUR,
                            .window_s = 3600};
    p->all->n_running++;
    store_take(p->all->parts.store, &cap, 1, on_taken, p);
}
