/*
 * What a facilitator prints: the course as a booklet, and a page for each weekly meeting
 * (docs/course-rules.md 5). The words around the lessons are those of guide-<lang>.md, of the
 * course or of its pack, in English where there is none.
 */
#include "core/lesson/lesson.h"

#include <string.h>

#define N_RECALL 3u

struct booklet_page {
    const struct lesson_source *source;
    const struct course *course;
    const struct lesson_blocks *guide; /* NULL: none, not even in English */
    struct buf *out;
};

static const char head[] =
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<style>\n"
    "body{font:12pt/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:46rem;"
    "color:#1b1b1b;background:#fff}\n"
    "h1,h2,h3{line-height:1.25;break-after:avoid}\n"
    "h2{border-bottom:2px solid}\n"
    "h3{margin-block:1.2rem .3rem}\n"
    "p,ol,ul{margin-block:.4rem;overflow-wrap:anywhere}\n"
    "blockquote{margin:.5rem 0;padding-inline-start:1rem;border-inline-start:4px solid #767676}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{border:1px solid #767676;padding:.6rem;text-align:start;width:50%}\n"
    ".rule{border:2px solid;padding:.5rem 1rem}\n"
    ".key{color:#3d3d3d}\n"
    "li,article{break-inside:avoid}\n"
    /* A meeting is one sheet of A4 or Letter. */
    "@page{margin:1.2cm}\n"
    "@media print{body{padding:0;max-width:none}.meeting,.chapter{break-before:page}"
    "a{color:inherit}.meeting{font-size:9.5pt;line-height:1.22}"
    ".meeting h2{font-size:1.3em}.meeting h3{font-size:1.05em}"
    ".meeting h2,.meeting h3{margin-block:.4rem .1rem}.meeting p,.meeting ol{margin-block:.1rem}"
    ".meeting blockquote{margin-block:.2rem}.meeting th,.meeting td{padding:.15rem .6rem}"
    ".meeting .rule{padding:.1rem .7rem}"
    ".meeting article ol{display:flex;flex-wrap:wrap;gap:0 2.5rem}}\n"
    "@media(prefers-color-scheme:dark){@media screen{body{color:#f2f2f2;background:#1b1b1b}"
    ".key{color:#cfcfcf}a{color:#9cc4ff}}}\n"
    "</style>\n";

/* ---- the words of the guide ---- */

/* The blocks of a section: from *ret_first, so many; its title is the heading's. */
static struct str find_section(const struct booklet_page *p, const char *id, uint32_t *ret_first,
                               uint32_t *ret_n)
{
    *ret_n = 0;
    for (uint32_t i = 0; p->guide != NULL && i < p->guide->n; i++) {
        struct str rest = p->guide->list[i].text;
        if (p->guide->list[i].kind != LESSON_BLOCK_HEADING ||
            !str_eq(str_trim(str_split(&rest, ':')), str_from(id)))
            continue;
        *ret_first = i + 1;
        for (i++; i < p->guide->n && p->guide->list[i].kind != LESSON_BLOCK_HEADING; i++)
            ++*ret_n;
        return str_trim(rest);
    }
    return str_from(id);
}

static struct str heading(const struct booklet_page *p, const char *id)
{
    uint32_t first, n;
    return find_section(p, id, &first, &n);
}

/* Its paragraphs and lists. */
static void add_section(const struct booklet_page *p, const char *id)
{
    uint32_t first = 0, n;
    bool is_list = false;
    (void)find_section(p, id, &first, &n); /* the title is said elsewhere */
    for (uint32_t i = first; i < first + n; i++) {
        const struct lesson_block *block = &p->guide->list[i];
        bool is_item = block->kind == LESSON_BLOCK_ITEM;
        if (block->kind == LESSON_BLOCK_COMMENT)
            continue;
        if (is_item != is_list)
            buf_add_str(p->out, is_item ? STR("<ul>\n") : STR("</ul>\n"));
        is_list = is_item;
        buf_add_str(p->out, is_item ? STR("<li>") : STR("<p>"));
        buf_add_html(p->out, block->text);
        buf_add_str(p->out, is_item ? STR("</li>\n") : STR("</p>\n"));
    }
    if (is_list)
        buf_add_str(p->out, STR("</ul>\n"));
}

static void add_heading(const struct booklet_page *p, int level, const char *id)
{
    buf_addf(p->out, "<h%d>", level);
    buf_add_html(p->out, heading(p, id));
    buf_addf(p->out, "</h%d>\n", level);
}

static void add_part(const struct booklet_page *p, const char *id)
{
    add_heading(p, 3, id);
    add_section(p, id);
}

/* ---- lessons and questions ---- */

static void add_screens(const struct booklet_page *p, const struct unit *unit)
{
    for (uint16_t i = 0; i < unit->n_screens; i++) {
        buf_add_str(p->out, STR("<p>"));
        buf_add_html(p->out, unit->screens[i]);
        buf_add_str(p->out, STR("</p>\n"));
    }
}

static void add_question(const struct booklet_page *p, const struct unit *unit, bool has_key)
{
    const struct question *q = unit->question;
    buf_add_str(p->out, STR("<article>\n<p><strong>"));
    buf_add_html(p->out, q->stem);
    buf_add_str(p->out, STR("</strong></p>\n"));
    if (q->n_choices > 0)
        buf_add_str(p->out, STR("<ol>\n"));
    for (uint8_t i = 0; i < q->n_choices; i++) {
        buf_add_str(p->out, STR("<li>"));
        buf_add_html(p->out, q->choices[i].text);
        buf_add_str(p->out, STR("</li>\n"));
    }
    if (q->n_choices > 0)
        buf_add_str(p->out, STR("</ol>\n"));
    uint32_t n = 0;
    for (uint8_t i = 0; has_key && i < q->n_choices; i++) {
        if (!q->choices[i].is_right)
            continue;
        if (n++ == 0) {
            buf_add_str(p->out, STR("<p class=\"key\">"));
            buf_add_html(p->out, heading(p, "answer"));
        }
        buf_addf(p->out, "%s%u", n == 1 ? ": " : ", ", i + 1u);
    }
    if (n > 0) {
        buf_add_str(p->out, STR(". "));
        buf_add_html(p->out, q->feedback);
        buf_add_str(p->out, STR("</p>\n"));
    }
    buf_add_str(p->out, STR("</article>\n"));
}

static bool is_quiz(const struct unit *unit)
{
    return unit->question != NULL && unit->question->is_scored;
}

static const struct unit *unit_of(const struct booklet_page *p, const struct module *module,
                                  uint16_t i)
{
    return &p->course->units[module->first_unit + i];
}

/* ---- the meeting ---- */

/* Three old questions: one of the module before, others from those before that, spread. */
static void add_recall(const struct booklet_page *p, const struct module *module)
{
    uint16_t list[COURSE_MAX_SCORED], n = 0;
    for (uint16_t i = 0; i < module->first_unit && n < COURSE_MAX_SCORED; i++) {
        if (is_quiz(&p->course->units[i]))
            list[n++] = i;
    }
    if (n == 0) {
        add_section(p, "recall_first");
        return;
    }
    add_section(p, "recall");
    uint16_t n_shown = n < N_RECALL ? n : N_RECALL;
    for (uint16_t i = 0; i < n_shown; i++) {
        unsigned back = ((unsigned)n * i / n_shown + module->number % 3u) % n;
        add_question(p, &p->course->units[list[n - 1u - back]], true);
    }
}

static void add_map(const struct booklet_page *p)
{
    uint32_t first = 0, n;
    (void)find_section(p, "map", &first, &n); /* the title is said above */
    buf_add_str(p->out, STR("<table>\n"));
    for (uint32_t i = first; i < first + n; i++) {
        if (p->guide->list[i].kind != LESSON_BLOCK_ITEM)
            continue;
        buf_add_str(p->out, STR("<tr><th scope=\"row\">"));
        buf_add_html(p->out, p->guide->list[i].text);
        buf_add_str(p->out, STR("</th><td></td></tr>\n"));
    }
    buf_add_str(p->out, STR("</table>\n"));
}

static void add_meeting(const struct booklet_page *p, const struct module *module)
{
    buf_addf(p->out, "<section class=\"meeting\" id=\"%.*s\">\n<h2>", STR_ARG(module->id));
    buf_add_html(p->out, heading(p, "meeting"));
    buf_addf(p->out, " %u: ", module->number);
    buf_add_html(p->out, module->title);
    buf_add_str(p->out, STR("</h2>\n<div class=\"rule\">\n"));
    add_section(p, "rule");
    buf_add_str(p->out, STR("</div>\n"));
    add_heading(p, 3, "recall");
    add_recall(p, module);
    add_part(p, "story");
    for (uint16_t i = 0; i < module->n_units; i++) {
        if (unit_of(p, module, i)->kind != UNIT_STORY)
            continue;
        buf_add_str(p->out, STR("<blockquote>\n"));
        add_screens(p, unit_of(p, module, i));
        buf_add_str(p->out, STR("</blockquote>\n"));
    }
    add_part(p, "case");
    if (module->guide.p != NULL) {
        buf_add_str(p->out, STR("<blockquote>\n<p>"));
        buf_add_html(p->out, module->guide);
        buf_add_str(p->out, STR("</p>\n</blockquote>\n"));
    }
    add_map(p);
    add_part(p, "quiz");
    for (uint16_t i = 0; i < module->n_units; i++) {
        if (is_quiz(unit_of(p, module, i)))
            add_question(p, unit_of(p, module, i), true);
    }
    add_part(p, "plan");
    buf_add_str(p->out, STR("</section>\n"));
}

/* ---- the booklet ---- */

static void add_chapter(const struct booklet_page *p, const struct module *module)
{
    buf_addf(p->out, "<section class=\"chapter\" id=\"%.*s\">\n<h2>%u. ", STR_ARG(module->id),
             module->number);
    buf_add_html(p->out, module->title);
    buf_add_str(p->out, STR("</h2>\n"));
    for (uint16_t i = 0; i < module->n_units; i++) {
        const struct unit *unit = unit_of(p, module, i);
        if (unit->question != NULL) {
            add_question(p, unit, false);
            continue;
        }
        buf_add_str(p->out, STR("<h3>"));
        buf_add_html(p->out, unit->title);
        buf_add_str(p->out,
                    unit->kind == UNIT_STORY ? STR("</h3>\n<blockquote>\n") : STR("</h3>\n"));
        add_screens(p, unit);
        if (unit->kind == UNIT_STORY)
            buf_add_str(p->out, STR("</blockquote>\n"));
    }
    buf_add_str(p->out, STR("</section>\n"));
}

/* Keys and reasons, and where each text comes from, apart from the questions. */
static void add_answers(const struct booklet_page *p)
{
    buf_add_str(p->out, STR("<section class=\"chapter\">\n"));
    add_heading(p, 2, "answers");
    for (uint16_t i = 0; i < p->course->n_units; i++) {
        if (is_quiz(&p->course->units[i]))
            add_question(p, &p->course->units[i], true);
    }
    buf_add_str(p->out, STR("</section>\n<section class=\"chapter\">\n"));
    add_heading(p, 2, "sources");
    buf_add_str(p->out, STR("<ul>\n"));
    for (uint16_t i = 0; i < p->course->n_units; i++) {
        const struct unit *unit = &p->course->units[i];
        if (unit->question != NULL || unit->source.p == NULL)
            continue;
        buf_add_str(p->out, STR("<li>"));
        buf_add_html(p->out, unit->title);
        buf_add_str(p->out, STR(": <span dir=\"ltr\">"));
        buf_add_html(p->out, unit->source);
        buf_add_str(p->out, STR("</span></li>\n"));
    }
    buf_add_str(p->out, STR("</ul>\n</section>\n"));
}

static void add_contents(const struct booklet_page *p)
{
    buf_add_str(p->out, STR("<nav aria-label=\""));
    buf_add_html(p->out, p->course->title);
    buf_add_str(p->out, STR("\">\n<ol>\n"));
    for (uint16_t i = 0; i < p->course->n_modules; i++) {
        const struct module *module = &p->course->modules[i];
        if (module->kind != MODULE_LESSONS)
            continue;
        buf_addf(p->out, "<li><a href=\"#%.*s\">", STR_ARG(module->id));
        buf_add_html(p->out, module->title);
        buf_add_str(p->out, STR("</a></li>\n"));
    }
    buf_add_str(p->out, STR("</ol>\n</nav>\n"));
}

void lesson_booklet(const struct lesson_source *source, enum lesson_booklet kind, struct buf *out)
{
    const struct course *course = &source->course;
    struct booklet_page p = {source, course, lesson_find_guide(source, course->language), out};
    bool is_rtl = course_is_rtl(course->language);
    const char *title = kind == LESSON_BOOKLET_MEETINGS ? "meetings" : "booklet";
    if (p.guide == NULL)
        p.guide = lesson_find_guide(source, STR("en"));
    buf_addf(out,
             "<!doctype html>\n<html lang=\"%.*s\" dir=\"%s\">\n<head>\n<meta "
             "charset=\"utf-8\">\n<title>",
             STR_ARG(course->language), is_rtl ? "rtl" : "ltr");
    buf_add_html(out, course->title);
    buf_addf(out, "</title>\n%s</head>\n<body>\n<main>\n<h1>", head);
    buf_add_html(out, course->title);
    buf_add_str(out, STR("</h1>\n<p>"));
    buf_add_html(out, heading(&p, title));
    buf_addf(out, " (%.*s)</p>\n", STR_ARG(course->version));
    add_section(&p, title);
    add_contents(&p);
    add_heading(&p, 2, "card");
    buf_add_str(out, STR("<div class=\"rule\">\n"));
    add_section(&p, "card");
    buf_add_str(out, STR("</div>\n"));
    for (uint16_t i = 0; i < course->n_modules; i++) {
        if (course->modules[i].kind != MODULE_LESSONS)
            continue;
        if (kind == LESSON_BOOKLET_MEETINGS)
            add_meeting(&p, &course->modules[i]);
        else
            add_chapter(&p, &course->modules[i]);
    }
    if (kind == LESSON_BOOKLET_COURSE)
        add_answers(&p);
    buf_add_str(out, STR("</main>\n</body>\n</html>\n"));
}
