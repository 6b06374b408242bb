/* A page or a CSV under way: what is asked of the database for it, one report after the other. */
#include <stdlib.h>

#include "app/report/cells.h"
#include "app/report/internal.h"
#include "app/report/month.h"
#include "base/log.h"
#include "base/xalloc.h"

#define CSV_BYTES (32u << 20)
#define JOB_BYTES (32u << 20)

struct report_job {
    struct report_job *next;
    struct report_pages *all;
    struct report_session *session;
    struct front_token token;
    struct report_ask ask;
    const struct report_page *page; /* NULL: a CSV, or the month to print */
    const struct report_panel
        *panel; /* of the CSV, or the present one of the page; NULL: the month */
    struct report_month_row *month;
    uint32_t n_month;
    uint32_t n_done; /* panels */
    struct report_table table;
    struct report_choices values, organisations, courses;
    struct str sql, words_about, counted;
    struct buf out;
    struct arena *arena;
    int refused; /* the status, where the CSV or the month could not be read; out says why */
};

static void job_begin(struct report_job *job);
static void job_next(struct report_job *job);
static void job_ask(struct report_job *job, const char *sql, reader_on_end *fn)
{
    reader_ask(job->session->reader, &(struct sql){.text = sql}, NULL, fn, job);
}

static void job_free(struct report_job *job)
{
    struct report_job **at = &job->all->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    buf_fini(&job->out);
    arena_free(job->arena);
    free(job);
}

/* The one after it may have the connection. */
static void job_end(struct report_job *job)
{
    struct report_pages *all = job->all;
    struct report_session *session = job->session;
    job_free(job);
    struct report_job *oldest = NULL; /* the list begins with the newest */
    for (struct report_job *other = all->jobs; other != NULL; other = other->next)
        oldest = other->session == session ? other : oldest;
    report_session_leave(session);
    if (oldest != NULL)
        job_begin(oldest);
}

static void reply_csv(struct report_job *job)
{
    const struct http_header name = {
        STR("Content-Disposition"),
        arena_printf(job->arena, "attachment; filename=\"%s.csv\"", job->panel->report)};
    report_reply(job->all, job->token,
                 &(struct report_response){.status = 200,
                                           .type = STR("text/csv; charset=utf-8"),
                                           .body = buf_str(&job->out),
                                           .extra = &name,
                                           .n_extra = 1});
}

static void job_reply(struct report_job *job)
{
    struct report_pages *all = job->all;
    struct report_frame frame = {
        .page = job->page,
        .ask = &job->ask,
        .values = &job->values,
        .organisations = &job->organisations,
        .courses = &job->courses,
        .name = str_from(job->session->name),
        .now = loop_wall(all->parts.loop),
        .behind_s = metrics_get(all->parts.metrics, METRIC_events_behind_seconds),
        .counted = job->counted,
        .is_writer_away = metrics_get(all->parts.metrics, METRIC_postgres_up) == 0,
        .title = job->page != NULL ? str_from(job->page->title) : STR_NONE,
        .main = buf_str(&job->out)};
    if (job->page != NULL)
        report_reply_page(all, job->token, 200, &frame, REPORT_NO_HEADER);
    else if (job->refused != 0)
        report_reply_words(all, job->token, job->refused,
                           job->panel != NULL ? "No CSV" : "No month", buf_str(&job->out).p);
    else if (job->panel == NULL)
        report_reply(all, job->token,
                     &(struct report_response){
                         .status = 200, .type = REPORT_HTML, .body = buf_str(&job->out)});
    else
        reply_csv(job);
}

/* The connection is gone, and the session with it. */
static void job_lost(struct report_job *job)
{
    LOG_WARN("report", "the connection of a session was lost", "pages=%u", job->session->n_jobs);
    report_reply_words(job->all, job->token, 503, "The database is away", report_away);
    report_session_end(job->session); /* the last job closes it */
    job_end(job);
}

static void on_ended(void *ctx, enum err e, const char *words)
{
    struct report_job *job = ctx;
    (void)words; /* all that there was to read is read */
    if (e == ERR_UNAVAILABLE) {
        job_lost(job);
        return;
    }
    job_reply(job);
    job_end(job);
}

static void on_begun(void *ctx, enum err e, const char *words)
{
    struct report_job *job = ctx;
    (void)words;
    if (e != ERR_OK)
        job_lost(job);
    else
        job_next(job);
}

/* Everything on a page is of one moment. */
static void job_begin(struct report_job *job)
{
    job_ask(job, "begin transaction isolation level repeatable read, read only", on_begun);
}

static void on_undone(void *ctx, enum err e, const char *words)
{
    struct report_job *job = ctx;
    (void)words;
    if (e == ERR_UNAVAILABLE)
        job_lost(job);
    else
        job_begin(job);
}

static void add_words_of(enum err e, const char *words, bool is_page, struct buf *out)
{
    if (e == ERR_TIMEOUT)
        buf_add_str(out, STR("This took too long and was given up. Choose fewer days, or try again "
                             "when less is going on."));
    else if (e == ERR_DENIED)
        buf_add_str(out, STR("Your login may not read this report."));
    else if (e == ERR_TOO_LONG && is_page)
        buf_add_str(out, STR("This is too long for a page. Choose fewer days, or take the CSV."));
    else if (e == ERR_TOO_LONG || words[0] == '\0')
        buf_add_str(out, STR("This report could not be read, or is too long: choose fewer days."));
    else
        buf_add_html(out, str_from(words));
}

/* A CSV or a month, of which nothing has left yet, becomes the words why there is none. */
static void refuse(struct report_job *job, enum err e, const char *words)
{
    job->refused = e == ERR_INVALID ? 400 : e == ERR_DENIED ? 403 : 503;
    buf_fini(&job->out);
    buf_init(&job->out, CSV_BYTES);
    add_words_of(e, words, false, &job->out);
}

/* One panel could not be read; the others may. */
static void job_skip(struct report_job *job, enum err e, const char *words)
{
    if (job->page != NULL) {
        buf_add_str(&job->out, STR("<p class=\"error\">"));
        add_words_of(e, words, true, &job->out);
        buf_add_str(&job->out, STR("</p>\n</section>\n"));
    } else {
        refuse(job, e, words);
    }
    job->n_done++;
    job_ask(job, "rollback", on_undone);
}

static void add_links(struct report_job *job)
{
    buf_addf(&job->out, "<p class=\"links\"><a href=\"/report/%s.csv", job->panel->id);
    report_add_query(&job->ask, &job->out);
    buf_addf(&job->out, "\">All columns as CSV<span class=\"who\">: %s</span></a></p>\n",
             job->panel->title);
    buf_add_str(&job->out, STR("<details><summary>What exactly is counted<span class=\"who\">: "));
    buf_addf(&job->out, "%s</span></summary><p>", job->panel->title);
    buf_add_html(&job->out, job->words_about);
    buf_addf(&job->out, "</p><p>In SQL: <code>report.%s</code></p></details>\n",
             job->panel->report);
}

static void on_rows_end(void *ctx, enum err e, const char *words)
{
    struct report_job *job = ctx;
    if (e == ERR_UNAVAILABLE) {
        job_lost(job);
        return;
    }
    if (e == ERR_OK && job->page == NULL)
        e = buf_error(&job->out);
    if (e != ERR_OK) {
        job_skip(job, e, words);
        return;
    }
    if (job->page != NULL) {
        report_table_add(&job->table, &job->out);
        add_links(job);
        buf_add_str(&job->out, STR("</section>\n"));
    }
    job->n_done++;
    job_next(job);
}

/* ---- the rows of a CSV ---- */

static enum err csv_columns(void *ctx, const struct database_column *columns, uint32_t n)
{
    struct report_job *job = ctx;
    struct report_table *t = &job->table;
    struct database_rows rows = report_table_rows(t);
    enum err e = rows.on_columns(t, columns, n);
    if (e == ERR_OK)
        report_add_csv(&job->out, t->columns, n, NULL);
    return e;
}

static enum err csv_row(void *ctx, const struct str *cells, uint32_t n)
{
    struct report_job *job = ctx;
    if (report_is_asked(&job->ask, job->table.columns, cells, n))
        report_add_csv(&job->out, job->table.columns, n, cells);
    return buf_error(&job->out);
}

/* ---- the month to print ---- */

static enum err month_columns(void *ctx, const struct database_column *columns, uint32_t n)
{
    struct report_job *job = ctx;
    (void)columns;
    job->month = arena_new_array(job->arena, struct report_month_row, REPORT_MONTH_MAX_ROWS);
    return n == 3 ? arena_error(job->arena) : ERR_IO;
}

static enum err month_row(void *ctx, const struct str *cells, uint32_t n)
{
    struct report_job *job = ctx;
    (void)n;
    if (job->n_month == REPORT_MONTH_MAX_ROWS)
        return ERR_TOO_LONG;
    job->month[job->n_month++] =
        (struct report_month_row){arena_str(job->arena, cells[0]), arena_str(job->arena, cells[1]),
                                  arena_str(job->arena, cells[2])};
    return arena_error(job->arena);
}

static void on_month_end(void *ctx, enum err e, const char *words)
{
    struct report_job *job = ctx;
    if (e == ERR_UNAVAILABLE) {
        job_lost(job);
        return;
    }
    if (e == ERR_OK && job->n_month > 0)
        e = report_month_write(job->month, job->n_month, true, &job->out);
    if (e != ERR_OK || job->n_month == 0) {
        job_skip(job, e != ERR_OK ? e : ERR_DENIED, words);
        return;
    }
    job->n_done++;
    job_next(job);
}

/* The one that `from` lies in, or the last one; of the organisation that was chosen, or the first.
 */
static void ask_month(struct report_job *job)
{
    static const char sql[] =
        "select m.kind, m.label, m.value from report.month($1::date) m where m.organisation = "
        "coalesce($2, (select min(o.organisation) from report.organisations o)) order by m.place, "
        "m.label";
    const struct database_rows rows = {
        .on_columns = month_columns, .on_row = month_row, .ctx = job};
    struct str params[] = {str_is_empty(job->ask.from) ? STR_NONE : job->ask.from,
                           str_is_empty(job->ask.organisation) ? STR_NONE : job->ask.organisation};
    reader_ask(job->session->reader, &(struct sql){sql, params, 2}, &rows, on_month_end, job);
}

/* ---- one panel after the other ---- */

static enum err keep_query(void *ctx, const struct str *cells, uint32_t n)
{
    struct report_job *job = ctx;
    (void)n;
    job->sql = arena_str(job->arena, cells[0]);
    job->words_about = arena_str(job->arena, cells[1]);
    job->counted = arena_str(job->arena, cells[2]);
    return arena_error(job->arena);
}

static enum err take_columns(void *ctx, const struct database_column *columns, uint32_t n)
{
    (void)ctx;
    (void)columns;
    return n == 3 ? ERR_OK : ERR_IO;
}

static void on_query_end(void *ctx, enum err e, const char *words)
{
    struct report_job *job = ctx;
    if (e == ERR_UNAVAILABLE) {
        job_lost(job);
        return;
    }
    if (e != ERR_OK || str_is_empty(job->sql)) {
        job_skip(job, e != ERR_OK ? e : ERR_DENIED, words);
        return;
    }
    job->table = (struct report_table){.panel = job->panel,
                                       .ask = &job->ask,
                                       .arena = job->arena,
                                       .values = &job->values,
                                       .organisations = &job->organisations,
                                       .courses = &job->courses};
    struct database_rows rows = report_table_rows(&job->table);
    if (job->page == NULL)
        rows = (struct database_rows){.on_columns = csv_columns, .on_row = csv_row, .ctx = job};
    reader_ask(job->session->reader, &(struct sql){.text = job->sql.p}, &rows, on_rows_end, job);
}

static void job_next(struct report_job *job)
{
    static const char sql[] =
        "select report.query(c.name, $2::jsonb), c.about, (select string_agg(o.organisation || ' ' "
        "|| "
        "o.counted_hours_ago, ', ' order by o.organisation) from report.organisations o where "
        "o.counted_hours_ago is not null) from report.catalogue c where c.name = $1";
    if (job->n_done == (job->page != NULL ? job->page->n_panels : 1)) {
        job_ask(job, "rollback", on_ended);
        return;
    }
    if (job->page == NULL && job->panel == NULL) {
        ask_month(job);
        return;
    }
    struct buf arguments CLEANUP(buf_fini);
    buf_init(&arguments, 4096);
    if (job->page != NULL) {
        job->panel = &job->page->panels[job->n_done];
        buf_addf(&job->out, "<section class=\"panel\">\n<h2 id=\"%s\">%s</h2>\n<p>%s</p>\n",
                 job->panel->id, job->panel->title, job->panel->words);
    }
    report_add_arguments(job->panel, &job->ask, &arguments);
    struct str params[] = {str_from(job->panel->report), buf_str(&arguments)};
    const struct database_rows rows = {
        .on_columns = take_columns, .on_row = keep_query, .ctx = job};
    job->sql = job->words_about = STR_NONE;
    reader_ask(job->session->reader, &(struct sql){sql, params, 2}, &rows, on_query_end, job);
}

void report_job_new(struct report_pages *all, struct front_token token,
                    struct report_session *session, const struct report_page *page,
                    const struct report_panel *panel, struct str query)
{
    struct report_job *job = xcalloc(1, sizeof(*job));
    *job = (struct report_job){
        .all = all, .session = session, .token = token, .page = page, .panel = panel};
    job->arena = arena_new(JOB_BYTES);
    buf_init(&job->out, page != NULL ? REPORT_PAGE_BYTES : CSV_BYTES);
    job->next = all->jobs;
    all->jobs = job;
    enum err e = report_read_ask(query, job->arena, &job->ask);
    if (e != ERR_OK) {
        report_reply_words(all, token, 400, "Not understood",
                           e == ERR_INVALID ? "A day is one of the calendar and written like "
                                              "2026-03-15. Correct it in the address, or choose "
                                              "it on the page again."
                                            : "The address of this page is too long.");
        job_free(job);
    } else if (session->n_jobs >= REPORT_MAX_JOBS) {
        report_reply_words(all, token, 429, "One page at a time",
                           "Other pages of yours are still being made. Wait for them.");
        job_free(job);
    } else if (session->n_jobs++ == 0) {
        job_begin(job);
    }
}

void report_jobs_free(struct report_pages *all)
{
    while (all->jobs != NULL)
        job_free(all->jobs);
}
