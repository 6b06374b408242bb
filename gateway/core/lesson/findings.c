#include "core/lesson/findings.h"

#include <string.h>

#include "core/utf8.h"

#define SHOWN_BYTES 72u /* of an offending text */

struct lesson_findings *lesson_findings_new(struct arena *arena)
{
    struct lesson_findings *findings = arena_new_array(arena, struct lesson_findings, 1);
    if (findings != NULL)
        findings->arena = arena;
    return findings;
}

void lesson_findings_add(struct lesson_findings *findings, struct lesson_finding finding)
{
    findings->n_errors += finding.severity == LESSON_SEVERITY_ERROR;
    findings->n_warnings += finding.severity == LESSON_SEVERITY_WARNING;
    findings->n_hints += finding.severity == LESSON_SEVERITY_HINT;
    if (findings->n < LESSON_FINDINGS_MAX)
        findings->list[findings->n++] = finding;
}

static int compare_places(const struct source_pos *a, const struct source_pos *b)
{
    int by_file = str_cmp(a->file, b->file);
    if (by_file != 0)
        return by_file;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

/* Insertion sort: stable, and the list is short. */
void lesson_findings_sort(struct lesson_findings *findings)
{
    for (uint32_t i = 1; i < findings->n; i++) {
        struct lesson_finding moving = findings->list[i];
        uint32_t j = i;
        for (; j > 0 && compare_places(&moving.pos, &findings->list[j - 1].pos) < 0; j--)
            findings->list[j] = findings->list[j - 1];
        findings->list[j] = moving;
    }
}

static const char *const severity_names[] = {[LESSON_SEVERITY_ERROR] = "error",
                                             [LESSON_SEVERITY_WARNING] = "warning",
                                             [LESSON_SEVERITY_HINT] = "hint"};
/* As workflow commands have it. */
static const char *const github_names[] = {[LESSON_SEVERITY_ERROR] = "error",
                                           [LESSON_SEVERITY_WARNING] = "warning",
                                           [LESSON_SEVERITY_HINT] = "notice"};

/* The first line, cut between characters; *ret_is_cut says whether there was more. */
static struct str shorten(struct str s, bool *ret_is_cut)
{
    struct str line = utf8_cut(s, SHOWN_BYTES);
    for (size_t i = 0; i < line.len; i++) {
        if (line.p[i] == '\n' || line.p[i] == '\f')
            line.len = i;
    }
    *ret_is_cut = line.len < s.len;
    return line;
}

/* A file of another folder, a pack's, lies beside the course's: "lessons/x", "lessons/packs/...". A
 * place without a line lies elsewhere, and its name says it all: "words.xlsx!survey!B7". */
static void add_path(struct str dir, const struct lesson_finding *f, struct buf *out)
{
    size_t name = dir.len;
    while (name > 0 && dir.p[name - 1] != '/')
        name--;
    bool is_own =
        str_find_char(f->pos.file, '/') == SIZE_MAX || str_starts(f->pos.file, STR("po/"));
    bool is_elsewhere = f->pos.line == 0;
    if (!is_elsewhere && !is_own && name < dir.len && dir.p[name] != '.')
        buf_add_str(out, str_sub(dir, 0, name));
    else if (!is_elsewhere && !str_is_empty(dir))
        buf_addf(out, "%.*s/%s", STR_ARG(dir), is_own ? "" : "../");
    buf_add_str(out, f->pos.file);
}

static void print_text(const struct lesson_finding *f, struct str dir, struct buf *out)
{
    add_path(dir, f, out);
    if (f->pos.line > 0)
        buf_addf(out, ":%u:%u", f->pos.line, f->pos.column);
    buf_addf(out, ": %s: %.*s [%s]\n", severity_names[f->severity], STR_ARG(f->what), f->rule);
    if (!str_is_empty(f->offending)) {
        bool is_cut = false;
        struct str shown = shorten(f->offending, &is_cut);
        buf_addf(out, "    text: %.*s%s\n", STR_ARG(shown), is_cut ? "..." : "");
    }
    buf_addf(out, "    fix:  %.*s\n", STR_ARG(f->fix));
}

static void print_json(const struct lesson_finding *f, struct str dir, struct buf *out)
{
    struct buf path CLEANUP(buf_fini);
    buf_init(&path, out->max);
    add_path(dir, f, &path);
    buf_add_str(out, STR("{\"file\":"));
    buf_add_json(out, buf_str(&path));
    buf_addf(out, ",\"line\":%u,\"column\":%u,\"severity\":\"%s\",\"rule\":\"%s\",\"what\":",
             f->pos.line, f->pos.column, severity_names[f->severity], f->rule);
    buf_add_json(out, f->what);
    buf_add_str(out, STR(",\"text\":"));
    buf_add_json(out, f->offending);
    buf_add_str(out, STR(",\"fix\":"));
    buf_add_json(out, f->fix);
    buf_add_char(out, '}');
}

/* Workflow commands escape these; properties also : and , */
static void add_github(struct str s, bool is_property, struct buf *out)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if (c == '%' || c == '\r' || c == '\n' || (is_property && (c == ':' || c == ',')))
            buf_addf(out, "%%%02X", (unsigned char)c);
        else
            buf_add_char(out, c);
    }
}

static void print_github(const struct lesson_finding *f, struct str dir, struct buf *out)
{
    struct buf path CLEANUP(buf_fini);
    buf_init(&path, out->max);
    add_path(dir, f, &path);
    buf_addf(out, "::%s file=", github_names[f->severity]);
    add_github(buf_str(&path), true, out);
    buf_addf(out, ",line=%u,col=%u,title=%s::", f->pos.line, f->pos.column, f->rule);
    add_github(f->what, false, out);
    buf_add_str(out, STR(". Fix: "));
    add_github(f->fix, false, out);
    buf_add_char(out, '\n');
}

void lesson_findings_print(const struct lesson_findings *findings, struct str dir,
                           enum lesson_output output, struct buf *out)
{
    uint32_t n_left_out =
        findings->n_errors + findings->n_warnings + findings->n_hints - findings->n;
    if (output == LESSON_OUTPUT_JSON)
        buf_addf(out, "{\"errors\":%u,\"warnings\":%u,\"hints\":%u,\"findings\":[",
                 findings->n_errors, findings->n_warnings, findings->n_hints);
    for (uint32_t i = 0; i < findings->n; i++) {
        switch (output) {
        case LESSON_OUTPUT_TEXT:
            print_text(&findings->list[i], dir, out);
            break;
        case LESSON_OUTPUT_JSON:
            buf_add_str(out, i > 0 ? STR(",\n") : STR("\n"));
            print_json(&findings->list[i], dir, out);
            break;
        case LESSON_OUTPUT_GITHUB:
            print_github(&findings->list[i], dir, out);
            break;
        }
    }
    if (output == LESSON_OUTPUT_JSON)
        buf_add_str(out, STR("]}\n"));
    if (output == LESSON_OUTPUT_TEXT && n_left_out > 0)
        buf_addf(out, "not shown: %u more; mend these first\n", n_left_out);
}
