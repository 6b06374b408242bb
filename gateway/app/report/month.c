#include "app/report/month.h"

#include "app/report/compose.h"

#include <string.h>

#include "core/course.h"

#define CHART_WIDTH 640u
#define BAR_HEIGHT 120u
#define MIN_BARS 12u /* as if there were so many: one alone would be a wall */

struct month_page {
    const struct report_month_row *rows;
    uint32_t n;
    struct buf *out;
    bool has_list; /* a list of figures is open */
};

static const char head_1[] = "<!doctype html>\n<html lang=\"";
static const char head_2[] =
    "\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
static const char link[] = "</title>\n<link rel=\"stylesheet\" href=\"/report/month.css\">\n";
static const char body[] = "</head>\n<body>\n<main>\n";

/* The word behind a name, of the rows of kind `lang`. */
static struct str word(const struct month_page *page, const char *name)
{
    for (uint32_t i = 0; i < page->n; i++) {
        if (str_eq(page->rows[i].kind, STR("lang")) && str_eq(page->rows[i].label, str_from(name)))
            return page->rows[i].value;
    }
    return STR_NONE;
}

static void add(struct month_page *page, const char *html)
{
    buf_add_str(page->out, str_from(html));
}

static void add_element(struct month_page *page, const char *begin, struct str text,
                        const char *end)
{
    add(page, begin);
    buf_add_html(page->out, text);
    add(page, end);
}

/* ---- a row acts ---- */

static void add_title(struct month_page *page, uint32_t i)
{
    add_element(page, "<h1>", page->rows[i].label, "</h1>\n");
    /* A name in whatever script, and a month, which Arabic around it must not turn. */
    struct str name = page->rows[i].value;
    size_t month = name.len > strlen(", 2026-11") ? name.len - strlen(", 2026-11") : 0;
    add_element(page, "<p><bdi>", str_sub(name, 0, month), "</bdi>, <bdi dir=\"ltr\">");
    add_element(page, "", str_sub(name, month + strlen(", "), name.len), "</bdi></p>\n");
}

static void add_section(struct month_page *page, uint32_t i)
{
    add_element(page, "<h2>", page->rows[i].value, "</h2>\n");
}

static void add_figure(struct month_page *page, uint32_t i)
{
    if (!page->has_list)
        add(page, "<dl>\n");
    page->has_list = true;
    add_element(page, "<dt><bdi>", page->rows[i].label, "</bdi></dt>");
    add_element(page, "<dd><bdi>", page->rows[i].value, "</bdi></dd>\n");
}

static void add_means(struct month_page *page, uint32_t i)
{
    add_element(page, "<p><strong>", word(page, "means"), ":</strong> ");
    add_element(page, "", page->rows[i].value, "</p>\n");
}

static void add_not(struct month_page *page, uint32_t i)
{
    add_element(page, "<p class=\"not\"><strong>", word(page, "not"), ":</strong> ");
    add_element(page, "", page->rows[i].value, "</p>\n");
}

static void add_note(struct month_page *page, uint32_t i)
{
    add_element(page, "<footer><p>", page->rows[i].value, "</p></footer>\n");
}

static uint64_t height_of(struct str value)
{
    uint64_t n = 0;
    return str_to_u64(value, UINT32_MAX, &n) == ERR_OK ? n : 0;
}

/* One of the bars behind a row of kind `chart`; an empty value is a count that is not shown. */
static void add_bar(struct month_page *page, const struct report_month_row *row, uint32_t place,
                    uint32_t n, uint64_t most)
{
    uint32_t width = CHART_WIDTH / (n > MIN_BARS ? n : MIN_BARS);
    uint32_t height = (uint32_t)(height_of(row->value) * BAR_HEIGHT / (most > 0 ? most : 1));
    buf_addf(page->out,
             "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"#1f5f8b\"/>"
             "<text x=\"%u\" y=\"%u\" font-size=\"12\" text-anchor=\"middle\">",
             place * width + 4, 20 + BAR_HEIGHT - height, width - 8, height,
             place * width + width / 2, 14 + BAR_HEIGHT - height);
    buf_add_html(page->out, row->value.len > 0 ? row->value : STR("?"));
    buf_addf(page->out, "</text><text x=\"%u\" y=\"%u\" font-size=\"11\" text-anchor=\"middle\">",
             place * width + width / 2, 38 + BAR_HEIGHT);
    buf_add_html(page->out, row->label);
    add(page, "</text>\n");
}

static void add_chart(struct month_page *page, uint32_t i)
{
    const struct report_month_row *bars = &page->rows[i + 1];
    uint32_t n = 0;
    uint64_t most = 1;
    while (i + 1 + n < page->n && str_eq(bars[n].kind, STR("bar"))) {
        most = height_of(bars[n].value) > most ? height_of(bars[n].value) : most;
        n++;
    }
    if (n == 0)
        return;
    buf_addf(page->out, "<svg viewBox=\"0 0 %u %u\" role=\"img\" direction=\"ltr\" aria-label=\"",
             CHART_WIDTH, BAR_HEIGHT + 48);
    buf_add_html(page->out, page->rows[i].value);
    for (uint32_t k = 0; k < n; k++) { /* for who hears the page */
        add_element(page, k == 0 ? ": " : ", ", bars[k].label, " ");
        buf_add_html(page->out, bars[k].value.len > 0 ? bars[k].value : STR("?"));
    }
    add(page, "\">\n");
    for (uint32_t k = 0; k < n; k++)
        add_bar(page, &bars[k], k, n, most);
    add(page, "</svg>\n");
    add_element(page, "<p>", page->rows[i].value, "</p>\n");
}

static const struct {
    const char *kind;
    void (*add)(struct month_page *page, uint32_t i);
} kinds[] = {{"title", add_title}, {"section", add_section}, {"figure", add_figure},
             {"chart", add_chart}, {"means", add_means},     {"not", add_not},
             {"note", add_note}};

static void add_row(struct month_page *page, uint32_t i)
{
    struct str kind = page->rows[i].kind;
    if (page->has_list && !str_eq(kind, STR("figure"))) {
        add(page, "</dl>\n");
        page->has_list = false;
    }
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        if (str_eq(kind, str_from(kinds[k].kind)))
            kinds[k].add(page, i);
    }
}

/* A page that is served may have no style inside (page_guard). */
static void add_style(struct month_page *page, bool is_served)
{
    const struct page_file *css = report_file(STR("month.css"));
    if (is_served) {
        add(page, link);
        return;
    }
    add(page, "</title>\n<style>\n");
    buf_add(page->out, css->bytes, css->n);
    add(page, "</style>\n");
}

enum err report_month_write(const struct report_month_row *rows, uint32_t n, bool is_served,
                            struct buf *out)
{
    struct month_page page = {.rows = rows, .n = n, .out = out};
    struct str lang = word(&page, "lang");
    add_element(&page, head_1, lang, course_is_rtl(lang) ? "\" dir=\"rtl" : "");
    add_element(&page, head_2, n > 0 ? rows[0].value : STR_NONE, "");
    add_style(&page, is_served);
    add(&page, body);
    for (uint32_t i = 0; i < n; i++)
        add_row(&page, i);
    add(&page,
        page.has_list ? "</dl>\n</main>\n</body>\n</html>\n" : "</main>\n</body>\n</html>\n");
    return buf_error(out);
}
