/* `waypost cohort sheet`: one page for the facilitator, to print: how to join, first steps, dates.
 */
#include <stdio.h>
#include <time.h>

#include "cli/verbs.h"
#include "core/cohort.h"
#include "core/courses.h"

#define SHEET_MAX_BYTES (1u << 20)
#define DAY_S 86400

/* ---- the course, for the titles of its modules ---- */

static const struct course *course_of(const struct courses *courses, struct str id)
{
    const struct course *course = courses_current(courses);
    for (uint16_t i = 0; id.len > 0 && i < courses->n; i++) {
        if (str_eq(courses->list[i]->id, id))
            course = courses->list[i];
    }
    return course;
}

/* ---- the page ---- */

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<style>\n"
    "body{font:12pt/1.45 sans-serif;max-width:19cm;margin:1cm auto;padding:0 .5cm;color:#111;"
    "background:#fff}\n"
    "h1{font-size:20pt;margin:0}\nh2{font-size:14pt;margin:1.2em 0 .3em}\n"
    ".code{font:bold 30pt monospace;letter-spacing:.08em;border:2pt solid #111;padding:.2em .5em;"
    "display:inline-block;margin:.3em 0}\n"
    ".say{font:bold 14pt monospace}\n"
    "table{border-collapse:collapse;width:100%}\nth,td{border:1pt solid #666;padding:.25em .5em;"
    "text-align:left}\ncaption{text-align:left;font-weight:bold;padding-bottom:.3em}\n"
    "@page{size:A4;margin:1.5cm}\n@media print{body{margin:0;max-width:none;padding:0}}\n"
    "</style>\n";

static void add_joining(const struct desk *desk, uint32_t code, struct buf *out)
{
    buf_addf(out,
             "<p class=\"code\">%03u %03u</p>\n<h2>How to join</h2>\n<ul>\n"
             "<li>By SMS: write <span class=\"say\">JOIN %u</span>",
             code / 1000, code % 1000, code);
    const char *before = " and send it to ";
    for (uint32_t i = 0; i < desk->config.n_channels; i++) {
        const struct config_channel *c = &desk->config.channels[i];
        if (c->dial_code.p != NULL || str_is_empty(c->from) || c->sms_channel.p != NULL)
            continue;
        buf_addf(out, "%s<span class=\"say\">", before);
        buf_add_html(out, c->from);
        buf_add_str(out, STR("</span>"));
        before = " or ";
    }
    buf_add_str(out, STR(".</li>\n"));
    for (uint32_t i = 0; i < desk->config.n_channels; i++) {
        struct str dial = desk->config.channels[i].dial_code;
        if (str_is_empty(dial))
            continue;
        dial = str_ends(dial, STR("#")) ? str_sub(dial, 0, dial.len - 1) : dial;
        buf_add_str(out, STR("<li>Or dial <span class=\"say\">"));
        buf_add_html(out, dial);
        buf_addf(out, "*%u#</span>. Where that does not work, dial <span class=\"say\">", code);
        buf_add_html(out, dial);
        buf_addf(out, "#</span> and type %u on the first screen.</li>\n", code);
    }
    buf_add_str(out, STR("</ul>\n"));
}

static const char steps[] =
    "<h2>First steps</h2>\n<ol>\n"
    "<li>Read the first message aloud: who offers the course, what is kept, what it costs. Nobody "
    "has to join.</li>\n"
    "<li>Each member answers <span class=\"say\">1</span> to agree, then a few short questions. "
    "There are no marks.</li>\n"
    "<li>One phone for several people? Each can have a nickname: send <span class=\"say\">SWITCH"
    "</span>.</li>\n"
    "<li>The words <span class=\"say\">HELP</span>, <span class=\"say\">MENU</span> and <span "
    "class=\"say\">STOP</span> always work.</li>\n"
    "<li>No names of children, in any message. This line is no emergency service.</li>\n</ol>\n"
    "<h2>For the facilitator</h2>\n<ul>\n"
    "<li>Send <span class=\"say\">GROUP</span> (or dial, then <span class=\"say\">00</span>, <span "
    "class=\"say\">8</span>, <span class=\"say\">8</span>) and your PIN: how the group is. Then "
    "<span "
    "class=\"say\">1</span> guide of the next meeting, <span class=\"say\">2</span> a message to "
    "the group (once a week), <span class=\"say\">3</span> who is quiet and agreed to be named, "
    "<span class=\"say\">4</span> the quiz by show of hands, <span class=\"say\">5</span> pace, "
    "<span class=\"say\">6</span> a rest.</li>\n"
    "<li>Somebody has no phone? Send <span class=\"say\">B</span>, the group's number, a nickname "
    "and the answers of the quiz, a line for each person: <span class=\"say\">ANA 2 3 1 2</span>. "
    "Who is two parts behind sends <span class=\"say\">CATCH</span>.</li>\n</ul>\n";

static void add_day(struct buf *out, int64_t day)
{
    char text[48];
    time_t at = (time_t)(day * DAY_S);
    struct tm tm;
    if (gmtime_r(&at, &tm) != NULL && strftime(text, sizeof(text), "%A %d %B %Y", &tm) > 0)
        buf_add_str(out, str_from(text));
}

static int64_t day_of(const struct cohort *cohort, uint16_t number)
{
    if (cohort->pace == COHORT_PACE_DATES)
        return number <= cohort->n_dates ? cohort->dates[number - 1] : 0;
    return cohort->start_day + 7 * (int64_t)(number - 1);
}

static void add_dates(const struct cohort *cohort, const struct course *course, struct buf *out)
{
    buf_add_str(out, STR("<h2>The weeks</h2>\n"));
    if (cohort->pace == COHORT_PACE_OPEN)
        buf_add_str(out,
                    STR("<p>Everybody goes on at his or her own pace; these dates are for your "
                        "meetings.</p>\n"));
    buf_add_str(out, STR("<table>\n<caption>Modules</caption>\n<tr><th scope=\"col\">Module</th>"
                         "<th scope=\"col\">From</th><th scope=\"col\">Meeting: when and where"
                         "</th></tr>\n"));
    for (uint16_t i = 0; i < course->n_modules; i++) {
        const struct module *module = &course->modules[i];
        if (module->kind != MODULE_LESSONS)
            continue;
        buf_addf(out, "<tr><td>%u ", module->number);
        buf_add_html(out, module->title);
        buf_add_str(out, STR("</td><td>"));
        if (day_of(cohort, module->number) > 0)
            add_day(out, day_of(cohort, module->number));
        buf_add_str(out, STR("</td><td>&nbsp;</td></tr>\n"));
    }
    buf_add_str(out, STR("</table>\n"));
}

static void add_page(const struct desk *desk, const struct cohort *cohort,
                     const struct course *course, struct str until, struct buf *out)
{
    buf_add_str(out, str_from(head));
    buf_add_str(out, STR("<title>Group "));
    buf_add_html(out, cohort->name);
    buf_add_str(out, STR("</title>\n</head>\n<body>\n<main>\n<h1>Group "));
    buf_add_html(out, cohort->name);
    buf_add_str(out, STR("</h1>\n<p>"));
    if (course != NULL)
        buf_add_html(out, course->title);
    buf_add_str(out, STR(". "));
    buf_add_html(out, cohort->organisation);
    buf_add_str(out, STR(". Join until "));
    buf_add_html(out, until);
    buf_add_str(out, STR(".</p>\n"));
    add_joining(desk, cohort->code, out);
    buf_add_str(out, str_from(steps));
    if (course != NULL)
        add_dates(cohort, course, out);
    buf_add_str(out, STR("</main>\n</body>\n</html>\n"));
}

/* ---- all of it ---- */

struct found {
    struct arena *arena;
    struct str line, until;
};

static void keep(void *ctx, const struct str *cells, uint32_t n)
{
    struct found *found = ctx;
    (void)n;
    found->line = arena_str(found->arena, cells[0]);
    found->until = arena_str(found->arena, cells[1]);
}

static int print_sheet(struct desk *desk, struct str code, const struct found *found)
{
    struct cohort cohort;
    struct errmsg msg;
    struct buf page CLEANUP(buf_fini);
    buf_init(&page, SHEET_MAX_BYTES);
    if (cohort_read(code, found->line, desk->arena, &cohort, &msg) != ERR_OK) {
        cli_complain("cohort sheet: %s", msg.text);
        return EX_SOFTWARE;
    }
    add_page(desk, &cohort, course_of(desk_courses(desk), cohort.course), found->until, &page);
    printf("%.*s", STR_ARG(buf_str(&page)));
    return EX_OK;
}

int cohort_sheet(const struct cli_args *args)
{
    struct desk desk;
    struct str code;
    int result = cohort_code_of(args, 1, &code);
    if (result != EX_OK)
        return result;
    result = desk_open(args, &desk);
    struct found found = {.arena = desk.arena};
    if (result == EX_OK)
        result = desk_open_database(&desk);
    if (result == EX_OK)
        result = desk_ask(&desk, "select line, join_until from core.cohorts($1::integer)", &code, 1,
                          keep, &found);
    if (result == EX_OK && found.line.p == NULL) {
        cli_complain("cohort sheet: there is no group %.*s", STR_ARG(code));
        result = EX_DATAERR;
    }
    if (result == EX_OK)
        result = desk_open_store(&desk);
    if (result == EX_OK)
        result = print_sheet(&desk, code, &found);
    desk_close(&desk);
    return result;
}
