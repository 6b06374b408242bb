/* lesson.h: every screen of a course on one web page. */

#include <stdio.h>

#include "core/gsm/gsm.h"
#include "core/lesson/lesson.h"
#include "core/lesson/sample.h"
#include "core/question.h"

struct preview_page {
    const struct lesson_source *source;
    const struct course *course;
    const struct course *played; /* what a learner gets of it */
    struct arena *scratch;
    struct buf *out;
    uint32_t n_parts; /* SMS parts of the lessons and questions so far */
};

static const char head[] =
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<style>\n"
    "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:72rem;"
    "color:#1b1b1b;background:#fff}\n"
    "h2{margin-top:2.5rem;border-bottom:2px solid #1b1b1b}\n"
    "h3{font-size:1rem;margin:0 0 .5rem;overflow-wrap:anywhere}\n"
    ".cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),"
    "1fr))}\n"
    ".card{border:1px solid #767676;border-radius:.5rem;padding:.75rem;background:#f6f6f4}\n"
    ".phone{white-space:pre-wrap;overflow-wrap:anywhere;background:#fff;border:1px solid #767676;"
    "border-radius:.75rem;padding:.6rem .75rem;margin:.5rem 0;font:15px/1.4 ui-monospace,"
    "monospace}\n"
    ".count{font-size:.875rem;color:#3d3d3d;margin:.25rem 0}\n"
    ".over{color:#8f0000;font-weight:bold}\n"
    ".source{font-size:.875rem;color:#3d3d3d;overflow-wrap:anywhere}\n"
    "nav li{display:inline-block;margin-right:1rem}\n"
    "nav ul{padding:0}\n"
    "a{color:#003e8a}\n"
    "summary{padding:.25rem 0}\n"
    "@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#f2f2f2}"
    ".card{background:#2a2a2a}.phone{background:#111;color:#f2f2f2}"
    ".count,.source{color:#cfcfcf}.over{color:#ff9b9b}a{color:#9cc4ff}h2{border-color:#f2f2f2}}\n"
    "</style>\n";

/* What is sent: translations are folded to the GSM alphabet, a form feed becomes a line end. */
static enum gsm_fold fold_of(const struct preview_page *p)
{
    return p->source->strings != NULL ? GSM_FOLD_LATIN : GSM_FOLD_NONE;
}

static struct str as_sms(struct preview_page *p, struct str text)
{
    return gsm_fold(text, fold_of(p), p->scratch);
}

/* The spelling of the file, where folding changes it. */
static void add_full(struct preview_page *p, struct str text)
{
    struct str full = gsm_fold(text, GSM_FOLD_NONE, p->scratch);
    if (str_eq(full, as_sms(p, text)))
        return;
    buf_add_str(p->out, STR("<p class=\"source\" dir=\"auto\">In full: "));
    buf_add_html(p->out, full);
    buf_add_str(p->out, STR("</p>\n"));
}

/* "GSM-7, 214 septets, 2 SMS" */
static void add_count(struct preview_page *p, struct str text, enum lesson_limit limit)
{
    struct lesson_length length = lesson_measure(p->source, text, limit, p->scratch);
    bool is_gsm7 = length.size.encoding == GSM_ENCODING_GSM7;
    bool is_over = length.size.units > length.limit;
    buf_addf(p->out, "<p class=\"count%s\">%s, %u %s%s", is_over ? " over" : "",
             is_gsm7 ? "GSM-7" : "UCS-2", length.size.units, is_gsm7 ? "septet" : "unit",
             str_s(length.size.units));
    if (limit != LESSON_LIMIT_PAGE)
        buf_addf(p->out, ", %u SMS", length.size.segments);
    if (is_over)
        buf_addf(p->out, ": too long, at most %u", length.limit);
    buf_add_str(p->out, STR("</p>\n"));
}

static void add_phone(struct preview_page *p, struct str text)
{
    buf_add_str(p->out, STR("<div class=\"phone\" dir=\"auto\">"));
    buf_add_html(p->out, text);
    buf_add_str(p->out, STR("</div>\n"));
}

/* The pages of a text on USSD, folded away. */
static void add_ussd(struct preview_page *p, struct str text)
{
    const struct gsm_ussd ussd = {.text = gsm_fold_pages(text, fold_of(p), p->scratch),
                                  .more_key = as_sms(p, p->course->texts[COURSE_TEXT_more_key]),
                                  .septets = GSM_USSD_SEPTETS,
                                  .ucs2 = GSM_USSD_UCS2};
    bool is_last = false;
    buf_add_str(p->out, STR("<details><summary>On USSD</summary>\n"));
    for (uint32_t i = 0; !is_last && i < 16; i++) {
        struct str screen;
        if (gsm_ussd_page(&ussd, i, p->scratch, &screen, &is_last) != ERR_OK)
            break;
        add_phone(p, screen);
        add_count(p, screen, LESSON_LIMIT_PAGE);
    }
    buf_add_str(p->out, STR("</details>\n"));
}

static void add_feedback(struct preview_page *p, const char *label, struct str feedback)
{
    if (feedback.p == NULL)
        return;
    buf_addf(p->out, "<p>%s: ", label);
    buf_add_html(p->out, as_sms(p, feedback));
    buf_add_str(p->out, STR("</p>\n"));
    add_count(p, feedback, LESSON_LIMIT_FEEDBACK);
    add_full(p, feedback);
}

static void add_question_notes(struct preview_page *p, const struct question *q)
{
    if (question_row(q->kind)->options == QUESTION_OPTIONS_ANY)
        buf_add_str(p->out, STR("<p>All that apply may be chosen.</p>\n"));
    for (uint8_t i = 0; i < q->n_choices; i++) {
        if (q->choices[i].is_right) {
            buf_addf(p->out, "<p>Right: %u ", i + 1u);
            buf_add_html(p->out, q->choices[i].text);
            buf_add_str(p->out, STR("</p>\n"));
        }
        if (q->choices[i].feedback.p != NULL) {
            char label[32];
            (void)snprintf(label, sizeof(label), "Feedback to %u", i + 1u); /* fits */
            add_feedback(p, label, q->choices[i].feedback);
        }
    }
    for (uint8_t i = 0; i < q->n_accepted; i++) {
        buf_add_str(p->out, i == 0 ? STR("<p>Accepted: ") : STR(", "));
        buf_add_html(p->out, q->accepted[i]);
    }
    if (q->n_accepted > 0)
        buf_add_str(p->out, STR("</p>\n"));
    add_feedback(p, "Feedback", q->feedback);
    add_feedback(p, "After a right answer", q->feedback_right);
    add_feedback(p, "After another answer", q->feedback_wrong);
    if (q->if_unit != UINT16_MAX) {
        buf_add_str(p->out, STR("<p>Asked only when "));
        buf_add_html(p->out, p->course->units[q->if_unit].id);
        buf_add_str(p->out, STR(" was answered with"));
        for (unsigned i = 1; i <= COURSE_MAX_CHOICES; i++) {
            if ((q->if_choices >> i & 1u) != 0)
                buf_addf(p->out, " %u", i);
        }
        buf_add_str(p->out, STR("</p>\n"));
    }
}

static void add_card(struct preview_page *p, const struct unit *unit, uint16_t screen)
{
    struct str sms, ussd;
    arena_reset(p->scratch);
    if (lesson_sample_screen(p->played, unit, screen, VIA_SMS, p->scratch, &sms) != ERR_OK ||
        lesson_sample_screen(p->played, unit, screen, VIA_USSD, p->scratch, &ussd) != ERR_OK)
        return;
    buf_add_str(p->out, STR("<article class=\"card\">\n<h3>"));
    buf_add_html(p->out, unit->id);
    if (unit->n_screens > 1)
        buf_addf(p->out, ", screen %u of %u", screen + 1u, unit->n_screens);
    buf_add_str(p->out, unit->kind == UNIT_STORY ? STR(": story: ") : STR(": "));
    buf_add_html(p->out, unit->title);
    buf_add_str(p->out, STR("</h3>\n"));
    struct str full = sms;
    sms = as_sms(p, sms);
    add_phone(p, sms);
    add_count(p, sms, LESSON_LIMIT_MESSAGE);
    add_full(p, full);
    p->n_parts += gsm_measure(sms).segments;
    if (unit->question != NULL)
        add_question_notes(p, unit->question);
    add_ussd(p, ussd);
    if (unit->source.p != NULL && screen == 0) {
        buf_add_str(p->out, STR("<p class=\"source\">Source: "));
        buf_add_html(p->out, unit->source);
        buf_add_str(p->out, STR("</p>\n"));
    }
    buf_add_str(p->out, STR("</article>\n"));
}

static void add_module(struct preview_page *p, const struct module *module)
{
    buf_add_str(p->out, STR("<section>\n<h2 id=\""));
    buf_add_html(p->out, module->id);
    buf_add_str(p->out, STR("\">"));
    if (module->number > 0)
        buf_addf(p->out, "Module %u: ", module->number);
    buf_add_html(p->out, module->title);
    buf_add_str(p->out, STR("</h2>\n"));
    if (module->n_forms > 0)
        buf_addf(
            p->out,
            "<p>Each learner is asked %u of these questions, one of each set, and others after "
            "the course than before.</p>\n",
            module->n_asked);
    buf_add_str(p->out, STR("<div class=\"cards\">\n"));
    for (uint16_t i = module->first_unit; i < module->first_unit + module->n_units; i++) {
        const struct unit *unit = &p->course->units[i];
        uint16_t n = unit->n_screens > 0 ? unit->n_screens : 1;
        for (uint16_t screen = 0; screen < n; screen++)
            add_card(p, unit, screen);
    }
    buf_add_str(p->out, STR("</div>\n</section>\n"));
}

static void add_system_texts(struct preview_page *p)
{
    buf_add_str(p->out, STR("<section>\n<h2 id=\"texts\">What the gateway says</h2>\n"
                            "<p>Words in the place of names and numbers are examples.</p>\n"
                            "<div class=\"cards\">\n"));
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        enum course_text which = (enum course_text)i;
        arena_reset(p->scratch);
        struct str text = lesson_sample_text(p->course, p->course->texts[i], NULL, p->scratch);
        buf_addf(p->out, "<article class=\"card\">\n<h3>text_%s: %s</h3>\n",
                 course_text_name(which), course_text_purpose(which));
        add_phone(p, as_sms(p, text));
        add_count(p, text, LESSON_LIMIT_MESSAGE);
        add_full(p, text);
        buf_add_str(p->out, STR("</article>\n"));
    }
    buf_add_str(p->out, STR("</div>\n</section>\n"));
}

static void add_nav(struct preview_page *p)
{
    buf_add_str(p->out, STR("<nav aria-label=\"Modules\">\n<ul>\n"));
    for (uint16_t i = 0; i < p->course->n_modules; i++) {
        buf_add_str(p->out, STR("<li><a href=\"#"));
        buf_add_html(p->out, p->course->modules[i].id);
        buf_add_str(p->out, STR("\">"));
        buf_add_html(p->out, p->course->modules[i].title);
        buf_add_str(p->out, STR("</a></li>\n"));
    }
    buf_add_str(p->out, STR("<li><a href=\"#texts\">What the gateway says</a></li>\n</ul>\n"
                            "</nav>\n"));
}

void lesson_preview(const struct lesson_source *source, struct arena *scratch, struct buf *out)
{
    struct preview_page p = {source,
                             &source->course,
                             source->played != NULL ? source->played : &source->course,
                             scratch,
                             out,
                             0};
    buf_add_str(out, STR("<!doctype html>\n<html lang=\""));
    buf_add_html(p.out, p.course->language);
    buf_add_str(out, STR("\">\n<head>\n<meta charset=\"utf-8\">\n<title>"));
    buf_add_html(p.out, p.course->title);
    buf_addf(out, " %.*s</title>\n%s</head>\n<body>\n<header><h1>", STR_ARG(p.course->version),
             head);
    buf_add_html(p.out, p.course->title);
    buf_addf(out, " %.*s</h1></header>\n", STR_ARG(p.course->version));
    add_nav(&p);
    buf_add_str(out, STR("<main>\n"));
    for (uint16_t i = 0; i < p.course->n_modules; i++)
        add_module(&p, &p.course->modules[i]);
    add_system_texts(&p);
    buf_addf(out,
             "</main>\n<footer><p>%u SMS part%s for all lessons and questions, each sent "
             "once.</p></footer>\n</body>\n</html>\n",
             p.n_parts, str_s(p.n_parts));
}
