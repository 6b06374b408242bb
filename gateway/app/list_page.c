/*
 * The page on which many certificates are checked at once (docs/course-rules.md 4), /check/list: a
 * form by GET, the answers by POST of "codes", one code in a line. It says of each what its own
 * page says, and names nobody. An address has few lists an hour, and a list in which several codes
 * are nobody's is not looked at any further: else lists would be the way to find codes by trying.
 */
#include <stdlib.h>
#include <string.h>

#include "app/checks.h"
#include "app/page.h"
#include "base/xalloc.h"
#include "wire/form.h"

#define ROWS_MAX_BYTES (64u * 1024)
#define MAX_PIECES (4 * CHECKS_LIST) /* codes, headings and empty lines */

struct list {
    struct str codes[CHECKS_LIST]; /* their digits */
    uint32_t n, at, n_missed;
    struct number_id who;
    struct buf rows; /* as far as it was looked at */
};

/* ---- what it shows ---- */

/* Where the course has no words for it, it was published by an earlier version. */
static void add_form(const struct page *p, struct buf *out)
{
    buf_add_str(out, STR("<form action=\"" LIST_PATH "\" method=\"post\"><label for=\"codes\">"));
    buf_add_html(out, page_words(p, str_is_empty(page_words(p, COURSE_TEXT_page_list_codes))
                                        ? COURSE_TEXT_page_digits
                                        : COURSE_TEXT_page_list_codes));
    buf_add_str(out, STR("</label><textarea id=\"codes\" name=\"codes\" rows=\"10\" "
                         "inputmode=\"numeric\" autocomplete=\"off\" required></textarea> "
                         "<br><button>"));
    buf_add_html(out, page_words(p, COURSE_TEXT_page_check));
    buf_add_str(out, STR("</button></form>"));
}

static void write_html(const struct page *p, struct str text, struct buf *out)
{
    page_begin(p,
               str_is_empty(page_words(p, COURSE_TEXT_page_list)) ? COURSE_TEXT_page_title
                                                                  : COURSE_TEXT_page_list,
               out);
    if (text.p != NULL) {
        buf_add_str(out, STR("<p class=\"answer later\" role=\"status\">"));
        buf_add_html(out, text);
        buf_add_str(out, STR("</p>"));
    }
    if (p->list->rows.len > 0) {
        buf_add_str(out, STR("<ol>"));
        buf_add_str(out, buf_str(&p->list->rows));
        buf_add_str(out, STR("</ol>"));
    }
    buf_add_str(out, STR("<p>"));
    buf_add_html(out, page_words(p, COURSE_TEXT_page_about));
    buf_add_str(out, STR("</p>"));
    add_form(p, out);
    page_end(out);
}

/* text: of the list as a whole; absent where each code has its own. Frees the page. */
static void respond(struct page *p, int status, struct str text)
{
    struct buf *body = &p->all->body;
    struct list *list = p->list;
    buf_reset(body);
    if (p->is_json) {
        buf_add_str(body, STR("{\"answer\":"));
        buf_add_json(body, text.p != NULL ? text : STR(""));
        buf_add_str(body, STR(",\"certificates\":["));
        buf_add_str(body, buf_str(&list->rows));
        buf_add_str(body, STR("]}\n"));
    } else {
        write_html(p, text, body);
    }
    if (buf_error(&list->rows) != ERR_OK)
        status = 500;
    page_respond(p, status, p->is_json ? STR("application/json") : STR("text/html; charset=utf-8"));
    buf_fini(&list->rows);
    free(list);
}

static void add_row(struct page *p, struct str digits, const struct page_answer *a)
{
    struct buf *rows = &p->list->rows;
    if (p->is_json) {
        if (rows->len > 0)
            buf_add_char(rows, ',');
        page_add_json(digits, a, rows);
        return;
    }
    buf_addf(rows, "<li><p class=\"answer %s\"><bdi dir=\"ltr\">", a->class);
    buf_add_html(rows, digits);
    buf_add_str(rows, STR("</bdi><br>"));
    buf_add_html(rows, a->text);
    buf_add_str(rows, STR("</p></li>"));
}

/* ---- one after the other ---- */

static void go_on(struct page *p);

static void on_look(void *ctx, enum err e, const struct code_check *check)
{
    struct page *p = ctx;
    struct list *list = p->list;
    struct str digits = list->codes[list->at++];
    struct page_answer a = page_answer_to(p, digits, e, check);
    p->all->n_running--;
    /* A store that is away, or too many misses of all together: the rest need not be asked. */
    list->n_missed += a.found == NULL ? (a.status == 404 ? 1 : CHECKS_LIST_MISSES) : 0;
    add_row(p, digits, &a);
    go_on(p);
}

static void go_on(struct page *p)
{
    struct list *list = p->list;
    for (; list->at < list->n; list->at++) {
        struct str digits = list->codes[list->at];
        struct checks_ask ask = {.who = list->who, .by = "page", .is_in_list = true};
        struct page_answer a = {.name = "TRY LATER", .class = "later"};
        if (certificate_parse(digits, &ask.code) != ERR_OK) {
            a = page_answer_to_none(p, digits);
        } else if (list->n_missed < CHECKS_LIST_MISSES) {
            p->all->n_running++;
            checks_look(p->all->parts.store, &ask, on_look, p);
            return;
        } else {
            a.text = page_words(p, COURSE_TEXT_check_later);
        }
        add_row(p, digits, &a);
    }
    respond(p, 200, STR_NONE);
}

static void on_counted(void *ctx, enum err e)
{
    struct page *p = ctx;
    p->all->n_running--;
    if (e == ERR_OK)
        go_on(p);
    else
        respond(p, e == ERR_DENIED ? 429 : 503, page_words(p, COURSE_TEXT_check_later));
}

/* ---- what was asked for ---- */

/* A line, or a piece between commas, is a code; one without a digit is a heading. False: there is
 * none, or they are too many. */
static bool read_codes(struct page *p, struct str text)
{
    struct list *list = p->list;
    for (uint32_t n_pieces = 0; text.len > 0; n_pieces++) {
        size_t n = 0;
        if (n_pieces == MAX_PIECES)
            return false;
        while (n < text.len && strchr("\n\r,;\t", text.p[n]) == NULL)
            n++;
        struct str digits = page_digits(str_sub(text, 0, n), p->arena);
        text = str_sub(text, n < text.len ? n + 1 : n, text.len);
        if (digits.len == 0)
            continue;
        if (list->n == CHECKS_LIST)
            return false;
        list->codes[list->n++] = digits;
    }
    return list->n > 0;
}

void list_page_handle(struct page *p, const struct http_request *request, struct str address)
{
    struct form form = {.n_pairs = 0};
    p->list = xcalloc(1, sizeof(*p->list));
    buf_init(&p->list->rows, ROWS_MAX_BYTES);
    if (!str_eq(request->method, STR("POST"))) {
        respond(p, 200, STR_NONE);
        return;
    }
    bool is_form = form_parse(request->body, p->arena, &form) == ERR_OK;
    struct str codes = is_form ? form_get(&form, STR("codes")) : STR_NONE;
    if (!read_codes(p, codes)) {
        respond(p, 400, page_words(p, COURSE_TEXT_page_list_codes));
        return;
    }
    p->list->who = page_who(p, address);
    p->all->n_running++;
    checks_count_list(p->all->parts.store, &p->list->who, on_counted, p);
}
