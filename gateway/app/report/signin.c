/* Who may come in: PostgreSQL says it, by opening a connection. */
#include <stdio.h>
#include <stdlib.h>

#include "app/report/internal.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "wire/form.h"

struct report_signing {
    struct report_pages *all;
    struct front_token token;
    struct reader *reader;
    uint32_t place;
    struct report_visitor who;
    struct timer *later; /* while the word that the password is wrong is held back, else NULL */
    char name[READER_NAME_BYTES];
    bool may_read, is_mighty; /* as PostgreSQL says */
};

static void signing_end(struct report_signing *s)
{
    timer_free(s->all->parts.loop, s->later);
    s->all->signing[s->place] = NULL;
    free(s);
}

static void refuse(struct report_signing *s, int status, const char *words)
{
    reader_close(s->reader);
    report_reply_login(s->all, s->token, status, str_from(words), REPORT_NO_HEADER);
    signing_end(s);
}

static bool is_secure(const struct report_pages *all)
{
    return str_starts(all->parts.config->report_url, STR("https://"));
}

static void let_in(struct report_signing *s)
{
    struct report_pages *all = s->all;
    struct report_session *session = report_session_open(&all->sessions, str_from(s->name),
                                                         s->reader, loop_mono(all->parts.loop));
    if (session == NULL) {
        report_reply_login(all, s->token, 503,
                           STR("All places are taken just now. Try again in a minute."),
                           REPORT_NO_HEADER);
        signing_end(s);
        return;
    }
    char cookie[200];
    int len = snprintf(cookie, sizeof(cookie), /* fits: a token is 64 */
                       REPORT_COOKIE "=%s; Path=/report/; HttpOnly; SameSite=Strict%s",
                       session->token, is_secure(all) ? "; Secure" : "");
    const struct http_header headers[] = {{STR("Location"), STR("/report/")},
                                          {STR("Set-Cookie"), {cookie, (size_t)len}}};
    report_reply(
        all, s->token,
        &(struct report_response){.status = 303, .extra = headers, .n_extra = ARRAY_LEN(headers)});
    LOG_INFO("report", "signed in", "login=%s", session->name);
    signing_end(s);
}

static enum err two_columns(void *ctx, const struct database_column *columns, uint32_t n)
{
    (void)ctx;
    (void)columns;
    return n == 2 ? ERR_OK : ERR_IO;
}

static enum err keep_rights(void *ctx, const struct str *cells, uint32_t n)
{
    struct report_signing *s = ctx;
    (void)n;
    s->may_read = str_eq(cells[0], STR("t"));
    s->is_mighty = str_eq(cells[1], STR("t"));
    return ERR_OK;
}

static void on_rights(void *ctx, enum err e, const char *words)
{
    struct report_signing *s = ctx;
    (void)words;
    if (e != ERR_OK)
        refuse(s, 503, report_away);
    else if (s->is_mighty)
        refuse(s, 403,
               "This login may do everything in the database, so it is not for pages in a "
               "browser. Use the login of a coordinator.");
    else if (!s->may_read)
        refuse(s, 403,
               "This login may not read the reports. Ask your operator to add it as a "
               "coordinator.");
    else
        let_in(s);
}

static void on_later(void *ctx)
{
    refuse(ctx, 401, "Name or password is wrong.");
}

static void on_wrong(struct report_signing *s, enum err e)
{
    struct loop *loop = s->all->parts.loop;
    bool is_slow = report_door_is_slow(&s->all->door, loop_mono(loop));
    LOG_WARN("report", "somebody was not let in", "err=%s many=%s",
             e == ERR_DENIED ? "denied" : "invalid", is_slow ? "yes" : "no");
    reader_close(s->reader);
    s->reader = NULL;
    if (is_slow) {
        s->later = timer_new(loop, on_later, s);
        timer_start(loop, s->later, REPORT_SLOW_MS);
    } else {
        on_later(s);
    }
}

static void on_connected(void *ctx, enum err e, const char *words)
{
    static const char sql[] =
        "select coalesce(has_schema_privilege(n.oid, 'usage'), false), r.rolsuper or r.rolbypassrls"
        " from pg_roles r left join pg_namespace n on n.nspname = 'report'"
        " where r.rolname = session_user";
    struct report_signing *s = ctx;
    const struct database_rows rows = {.on_columns = two_columns, .on_row = keep_rights, .ctx = s};
    if (e == ERR_DENIED || e == ERR_INVALID) {
        on_wrong(s, e);
        return;
    }
    (e == ERR_OK ? report_door_pass : report_door_forget)(&s->all->door, s->who,
                                                          loop_mono(s->all->parts.loop));
    if (e == ERR_UNSUPPORTED) {
        LOG_ERROR("report", "PostgreSQL lets people in without a password",
                  "remedy=\"a line in pg_hba.conf: scram-sha-256 for +coordinator\"");
        refuse(s, 503,
               "The database asks nobody for a password, so nobody can sign in here. Your "
               "operator has to change that (pg_hba.conf).");
    } else if (e != ERR_OK) {
        LOG_WARN("report", "the database is away", "words=\"%s\"", words);
        refuse(s, 503, report_away);
    } else {
        reader_ask(s->reader, &(struct sql){.text = sql}, &rows, on_rights, s);
    }
}

/* -1: all are taken, but for those that are kept for who was here before. */
static int free_place(const struct report_pages *all, struct report_visitor who)
{
    bool is_known = report_door_knows(&all->door, who, loop_mono(all->parts.loop));
    uint32_t n = REPORT_MAX_SIGNING_IN - (is_known ? 0 : REPORT_KEPT_PLACES);
    for (uint32_t i = 0; i < n; i++) {
        if (all->signing[i] == NULL)
            return (int)i;
    }
    return -1;
}

static void sign_in(struct report_pages *all, struct front_token token, int place,
                    struct report_visitor who, const struct form *form)
{
    struct str name = form_get(form, STR("name")), password = form_get(form, STR("password"));
    struct report_signing *s = xcalloc(1, sizeof(*s));
    *s = (struct report_signing){.all = all, .token = token, .place = (uint32_t)place, .who = who};
    if (str_copy(name, s->name, sizeof(s->name)) != ERR_OK)
        name = STR_NONE; /* which the reader refuses */
    all->signing[place] = s;
    s->reader =
        reader_libpq_open(all->parts.loop,
                          &(struct reader_login){.conninfo = all->parts.config->report_conninfo.p,
                                                 .name = name,
                                                 .password = password,
                                                 .timeout_ms = REPORT_TIMEOUT_MS},
                          on_connected, s);
}

static void ask_to_wait(struct report_pages *all, struct front_token token, int64_t wait_ms)
{
    char seconds[24], words[120];
    uint32_t n = (uint32_t)((wait_ms + 999) / 1000);
    int len = snprintf(seconds, sizeof(seconds), "%u", n);
    (void)snprintf(words, sizeof(words), /* bounded by its number */
                   "Too many tries. Wait %u second%s, then try again.", n, str_s(n));
    report_reply_login(all, token, 429, str_from(words),
                       (struct http_header){STR("Retry-After"), {seconds, (size_t)len}});
}

void report_sign_in(struct report_pages *all, struct front_token token,
                    const struct http_request *request, struct str address)
{
    struct form form = {0};
    enum err e = form_parse(request->body, all->arena, &form);
    struct str name = form_get(&form, STR("name"));
    if (e != ERR_OK || str_is_empty(name) || str_is_empty(form_get(&form, STR("password")))) {
        report_reply_login(all, token, 401, STR("Write your name and your password."),
                           REPORT_NO_HEADER);
        return;
    }
    struct report_visitor who = report_visitor_of(&all->door, name, address);
    int place = free_place(all, who);
    int64_t wait_ms =
        place < 0 ? 1000 : report_door_try(&all->door, who, loop_mono(all->parts.loop));
    if (wait_ms == 0)
        sign_in(all, token, place, who, &form);
    else
        ask_to_wait(all, token, wait_ms);
}

void report_signing_free(struct report_pages *all)
{
    for (uint32_t i = 0; i < REPORT_MAX_SIGNING_IN; i++) {
        if (all->signing[i] == NULL)
            continue;
        reader_close(all->signing[i]->reader);
        signing_end(all->signing[i]);
    }
}
