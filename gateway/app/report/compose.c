#include "app/report/compose.h"

#include <stdio.h>

#include "wire/form.h"

static const uint8_t frame_html[] = {
#include "report_html.inc"
};
static const uint8_t common_style[] = {
#include "page_css.inc"
};
static const uint8_t style[] = {
#include "report_css.inc"
};
static const uint8_t month_style[] = {
#include "month_css.inc"
};
static const uint8_t script[] = {
#include "report_js.inc"
};
static const uint8_t library[] = {
#include "uPlot_iife_min_js.inc"
};
static const uint8_t library_style[] = {
#include "uPlot_min_css.inc"
};

static const struct page_file files[] = {
    {"page.css", "text/css; charset=utf-8", common_style, sizeof(common_style)},
    {"report.css", "text/css; charset=utf-8", style, sizeof(style)},
    {"month.css", "text/css; charset=utf-8", month_style, sizeof(month_style)},
    {"report.js", "text/javascript; charset=utf-8", script, sizeof(script)},
    {"uplot.js", "text/javascript; charset=utf-8", library, sizeof(library)},
    {"uplot.css", "text/css; charset=utf-8", library_style, sizeof(library_style)},
};

const struct page_file *report_file(struct str name)
{
    return page_find(files, ARRAY_LEN(files), name);
}

/* ---- the filters ---- */

static const char grains[] = "week|day|month|quarter|all";
static const char grain_words[] = "Weeks|Days|Months|Quarters|The whole time";
static const char properties[] = "all|language|cohort|country|role|channel|via";
static const char property_words[] =
    "Nothing|Language|Cohort|Country|Role|Channel|SMS, USSD or call";

static struct str known(const char *words, struct str word)
{
    return str_word_index(words, '|', word) >= 0 ? word : STR_NONE;
}

/* "2026-03-15", of the calendar, or nothing. The year 0 is none. */
static bool is_day(struct str text)
{
    char full[RFC3339_BYTES];
    struct wall_ms at;
    int n = snprintf(full, sizeof(full), "%.*sT00:00:00Z", STR_ARG(text));
    return str_is_empty(text) || (text.len == 10 && n == 20 && !str_starts(text, STR("0000")) &&
                                  clock_parse_rfc3339(str_from(full), &at) == ERR_OK);
}

enum err report_read_ask(struct str query, struct arena *arena, struct report_ask *ret)
{
    struct form form = {0};
    enum err e = form_parse(query, arena, &form);
    if (e != ERR_OK)
        return e;
    *ret = (struct report_ask){.grain = known(grains, form_get(&form, STR("grain"))),
                               .by = known(properties, form_get(&form, STR("by"))),
                               .value = form_get(&form, STR("value")),
                               .organisation = form_get(&form, STR("organisation")),
                               .course = form_get(&form, STR("course")),
                               .from = form_get(&form, STR("from")),
                               .to = form_get(&form, STR("to"))};
    if (ret->grain.p == NULL)
        ret->grain = STR("week");
    if (ret->by.p == NULL)
        ret->by = STR("all");
    if (str_eq(ret->by, STR("all")))
        ret->value = STR_NONE; /* of a property that is not asked for any more */
    e = arena_error(arena);
    return e == ERR_OK && !(is_day(ret->from) && is_day(ret->to)) ? ERR_INVALID : e;
}

void report_add_query(const struct report_ask *ask, struct buf *out)
{
    const struct {
        const char *name;
        struct str value;
    } words[] = {{"grain", ask->grain},   {"by", ask->by},
                 {"value", ask->value},   {"organisation", ask->organisation},
                 {"course", ask->course}, {"from", ask->from},
                 {"to", ask->to}};
    const char *before = "?";
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_is_empty(words[i].value) || (i == 0 && str_eq(ask->grain, STR("week"))) ||
            (i == 1 && str_eq(ask->by, STR("all"))))
            continue;
        buf_addf(out, "%s%s=", before, words[i].name);
        form_encode(words[i].value, out);
        before = "&amp;";
    }
}

static void add_option(struct str value, struct str words, struct str chosen, struct buf *out)
{
    buf_add_str(out, STR("<option value=\""));
    buf_add_html(out, value);
    buf_add_str(out, str_eq(value, chosen) ? STR("\" selected>") : STR("\">"));
    buf_add_html(out, words);
    buf_add_str(out, STR("</option>"));
}

static void add_words(const char *name, const char *label, const char *list, const char *list_words,
                      struct str chosen, struct buf *out)
{
    struct str values = str_from(list), words = str_from(list_words);
    buf_addf(out, "<label>%s <select name=\"%s\">", label, name);
    while (values.p != NULL)
        add_option(str_split(&values, '|'), str_split(&words, '|'), chosen, out);
    buf_add_str(out, STR("</select></label>\n"));
}

/* Only where there is a choice. */
static void add_choices(const char *name, const char *label, const struct report_choices *choices,
                        struct str chosen, struct buf *out)
{
    if (choices->n < 2 && str_is_empty(chosen))
        return;
    buf_addf(out, "<label>%s <select name=\"%s\">", label, name);
    add_option(STR(""), STR("All"), chosen, out);
    bool is_there = str_is_empty(chosen);
    for (uint32_t i = 0; i < choices->n; i++) {
        is_there |= str_eq(choices->list[i], chosen);
        add_option(choices->list[i], choices->list[i], chosen, out);
    }
    if (!is_there)
        add_option(chosen, chosen, chosen, out);
    buf_add_str(out, STR("</select></label>\n"));
}

static void add_day(const char *name, const char *label, struct str value, struct buf *out)
{
    buf_addf(out, "<label>%s <input type=\"date\" name=\"%s\" value=\"", label, name);
    buf_add_html(out, value);
    buf_add_str(out, STR("\"></label>\n"));
}

static unsigned takes_of(const struct report_page *page)
{
    unsigned takes = 0;
    for (uint32_t i = 0; i < page->n_panels; i++)
        takes |= page->panels[i].takes;
    return takes;
}

static void add_filters(const struct report_frame *frame, struct buf *out)
{
    const struct report_ask *ask = frame->ask;
    unsigned takes = takes_of(frame->page);
    buf_add_str(out, STR("<form class=\"row filters\" aria-label=\"What is shown\">\n"));
    if ((takes & REPORT_GRAIN) != 0)
        add_words("grain", "Period", grains, grain_words, ask->grain, out);
    add_words("by", "Compare by", properties, property_words, ask->by, out);
    add_choices("value", "Only", frame->values, ask->value, out);
    add_choices("organisation", "Organisation", frame->organisations, ask->organisation, out);
    add_choices("course", "Course", frame->courses, ask->course, out);
    if ((takes & REPORT_DAYS) != 0) {
        add_day("from", "From", ask->from, out);
        add_day("to", "To", ask->to, out);
    }
    buf_add_str(out, STR("<button>Show</button>\n</form>\n"));
}

/* ---- the frame ---- */

static void add_pages(const struct report_frame *frame, struct buf *out)
{
    buf_add_str(out, STR("<nav aria-label=\"Pages\"><ul>\n"));
    for (uint32_t i = 0; i < report_n_pages; i++) {
        const struct report_page *page = &report_pages_list[i];
        buf_addf(out, "<li><a href=\"/report/%s", page->path);
        report_add_query(frame->ask, out);
        buf_addf(out, "\"%s>%s</a></li>\n", page == frame->page ? " aria-current=\"page\"" : "",
                 page->title);
    }
    buf_add_str(out, STR("<li><a href=\"/report/month"));
    report_add_query(frame->ask, out);
    buf_add_str(out, STR("\">The month to print</a></li>\n</ul></nav>\n"));
}

/* What was chosen, for paper, where the filters are left out. */
static void add_chosen(const struct report_frame *frame, struct buf *out)
{
    const struct report_ask *ask = frame->ask;
    unsigned takes = takes_of(frame->page);
    const struct {
        const char *words;
        struct str value;
        bool is_said;
    } list[] = {{"Period", ask->grain, (takes & REPORT_GRAIN) != 0},
                {"Compared by", ask->by, !str_eq(ask->by, STR("all"))},
                {"Only", ask->value, true},
                {"Organisation", ask->organisation, true},
                {"Course", ask->course, true},
                {"From", ask->from, (takes & REPORT_DAYS) != 0},
                {"To", ask->to, (takes & REPORT_DAYS) != 0}};
    buf_add_str(out, STR("<p class=\"paper\">"));
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        if (str_is_empty(list[i].value) || !list[i].is_said)
            continue;
        buf_addf(out, "%s: ", list[i].words);
        buf_add_html(out, list[i].value);
        buf_add_str(out, STR(". "));
    }
    buf_add_str(out, STR("</p>\n"));
}

static void add_freshness(const struct report_frame *frame, struct buf *out)
{
    char now[RFC3339_BYTES];
    clock_format_rfc3339(frame->now, now);
    now[10] = ' ';
    if (frame->is_writer_away)
        buf_add_str(out, STR("<p class=\"error\">The writer does not reach PostgreSQL just now: "
                             "what learners do meanwhile is kept, and comes into these figures "
                             "later.</p>\n"));
    buf_addf(out, "<p>As of %.16s UTC. ", now);
    if (frame->is_writer_away)
        buf_add_str(out, STR("</p>\n"));
    else if (frame->behind_s < 2)
        buf_add_str(out, STR("What learners did up to now is in these figures.</p>\n"));
    else
        buf_addf(out,
                 "The writer is %llu seconds behind: what learners did since is not in these "
                 "figures yet.</p>\n",
                 (unsigned long long)frame->behind_s);
    if (str_is_empty(frame->counted))
        return;
    buf_add_str(out, STR("<p>Counts of very many learners are made in the background, so they are "
                         "older than that. Hours since then: "));
    buf_add_html(out, frame->counted);
    buf_add_str(out, STR(".</p>\n"));
}

static void add_top(const struct report_frame *frame, struct buf *out)
{
    buf_add_str(out, STR("<h1>"));
    buf_add_html(out, frame->title);
    buf_add_str(out, STR("</h1>\n"));
    if (frame->page == NULL)
        return;
    buf_add_str(out,
                STR("<form class=\"who-is-in\" method=\"post\" action=\"/report/logout\"><span>"));
    buf_add_html(out, frame->name);
    buf_add_str(out, STR("</span> <button>Sign out</button></form>\n"));
    add_pages(frame, out);
}

static void add_main(const struct report_frame *frame, struct buf *out)
{
    if (frame->page != NULL) {
        add_filters(frame, out);
        add_freshness(frame, out);
        add_chosen(frame, out);
    }
    buf_add_str(out, frame->main);
}

static void add_title(const struct report_frame *frame, struct buf *out)
{
    buf_add_html(out, frame->title);
}

static const struct {
    const char *name; /* {{name}} in report.html */
    void (*add)(const struct report_frame *frame, struct buf *out);
} places[] = {{"title", add_title}, {"top", add_top}, {"main", add_main}};

void report_compose(const struct report_frame *frame, struct buf *out)
{
    struct str rest = {(const char *)frame_html, sizeof(frame_html)};
    for (size_t at; (at = str_find(rest, STR("{{"))) != SIZE_MAX;) {
        size_t end = str_find(rest, STR("}}"));
        struct str name = str_sub(rest, at + 2, end);
        buf_add_str(out, str_sub(rest, 0, at));
        for (size_t i = 0; i < ARRAY_LEN(places); i++) {
            if (str_eq(name, str_from(places[i].name)))
                places[i].add(frame, out);
        }
        rest = str_sub(rest, end + 2, rest.len);
    }
    buf_add_str(out, rest);
}

void report_compose_login(struct str words, struct buf *out)
{
    if (words.p != NULL) {
        buf_add_str(out, STR("<p class=\"error\" role=\"alert\">"));
        buf_add_html(out, words);
        buf_add_str(out, STR("</p>\n"));
    }
    buf_add_str(
        out,
        STR("<form class=\"login\" method=\"post\" action=\"/report/login\">\n"
            "<p>With the name and password of your login in PostgreSQL, which your operator gave "
            "you. You see the organisations that it may see.</p>\n"
            "<label>Name <input name=\"name\" autocomplete=\"username\" autocapitalize=\"none\" "
            "required maxlength=\"63\"></label>\n"
            "<label>Password <input type=\"password\" name=\"password\" "
            "autocomplete=\"current-password\" required maxlength=\"255\"></label>\n"
            "<button>Sign in</button>\n</form>\n"));
}
