/* What the pages of /report/ answer with: a page, the way to the login, words. */
#include "app/report/internal.h"

const char report_away[] =
    "The database does not answer just now, so there is nothing to show. "
    "What learners do meanwhile is kept. Try again in a minute; if it lasts, "
    "tell your operator.";

void report_reply(struct report_pages *all, struct front_token token,
                  const struct report_response *with)
{
    struct http_header room[PAGE_MAX_HEADERS];
    struct http_response response = {.status = with->status,
                                     .content_type = with->type,
                                     .headers = with->extra,
                                     .n_headers = with->n_extra,
                                     .body = with->body};
    page_guard(&response, room);
    all->parts.fn(all->parts.ctx, token, &response);
}

void report_reply_page(struct report_pages *all, struct front_token token, int status,
                       struct report_frame *frame, struct http_header extra)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, REPORT_PAGE_BYTES + 65536);
    report_compose(frame, &out);
    if (buf_error(&out) == ERR_OK)
        report_reply(all, token,
                     &(struct report_response){.status = status,
                                               .type = REPORT_HTML,
                                               .body = buf_str(&out),
                                               .extra = &extra,
                                               .n_extra = extra.name.p != NULL ? 1 : 0});
    else
        report_reply(all, token,
                     &(struct report_response){.status = 500,
                                               .type = STR("text/plain; charset=utf-8"),
                                               .body = STR("the page is too big\n")});
}

void report_reply_login(struct report_pages *all, struct front_token token, int status,
                        struct str words, struct http_header extra)
{
    struct buf form CLEANUP(buf_fini);
    buf_init(&form, 8192);
    report_compose_login(words, &form);
    struct report_frame frame = {.title = STR("Sign in"), .main = buf_str(&form)};
    report_reply_page(all, token, status, &frame, extra);
}

void report_reply_words(struct report_pages *all, struct front_token token, int status,
                        const char *title, const char *words)
{
    struct buf main CLEANUP(buf_fini);
    buf_init(&main, 4096);
    buf_addf(&main,
             "<p class=\"error\" role=\"alert\">%s</p>\n<p><a href=\"/report/\">To the "
             "reports</a></p>\n",
             words);
    struct report_frame frame = {.title = str_from(title), .main = buf_str(&main)};
    report_reply_page(all, token, status, &frame, REPORT_NO_HEADER);
}
