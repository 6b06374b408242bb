/* lesson.h: the course as a picture of boxes and arrows. */
#include "core/lesson/lesson.h"

#include <string.h>

#include "core/utf8.h"

#define LABEL_BYTES 60u

/* In quotes, as graphviz reads it; long ones are cut, and broken at blanks. */
static void add_label(struct str id, struct str text, struct buf *out)
{
    struct str shown = utf8_cut(text, LABEL_BYTES);
    bool is_cut = shown.len < text.len;
    while (is_cut && shown.len > 0 && strchr(" .", shown.p[shown.len - 1]) != NULL)
        shown.len--;
    size_t n = 0;
    buf_addf(out, "\"%.*s\\n", STR_ARG(id));
    for (size_t i = 0; i < shown.len; i++, n++) {
        char c = shown.p[i];
        bool is_break = c == '\n' || (c == ' ' && n > 20);
        if (c == '"' || c == '\\')
            buf_add_char(out, '\\');
        if (is_break)
            n = 0;
        buf_add_str(out, is_break ? STR("\\n") : (struct str){&c, 1});
    }
    buf_add_str(out, is_cut ? STR("...\"") : STR("\""));
}

static void add_unit(const struct unit *unit, struct buf *out)
{
    static const char *const shapes[] = {
        [UNIT_STORY] = "note", [UNIT_LESSON] = "box", [UNIT_QUESTION] = "ellipse"};
    const struct question *q = unit->question;
    buf_addf(out, "    \"%.*s\" [shape=%s%s label=", STR_ARG(unit->id), shapes[unit->kind],
             q != NULL && q->is_scored ? " style=bold" : "");
    add_label(unit->id, q != NULL ? q->stem : unit->title, out);
    buf_add_str(out, STR("]\n"));
}

/* The arrow to a unit that is not for all comes from the question that decides, with its options.
 */
static void add_condition(const struct course *course, const struct unit *unit, struct buf *out)
{
    const struct question *q = unit->question;
    if (q == NULL || q->if_unit == UINT16_MAX)
        return;
    buf_addf(out, "  \"%.*s\" -> \"%.*s\" [style=dashed label=\"",
             STR_ARG(course->units[q->if_unit].id), STR_ARG(unit->id));
    for (unsigned i = 1, n = 0; i <= COURSE_MAX_CHOICES; i++) {
        if ((q->if_choices >> i & 1u) != 0)
            buf_addf(out, "%s%u", n++ > 0 ? " " : "", i);
    }
    buf_add_str(out, STR("\"]\n"));
}

void lesson_graph(const struct course *course, struct buf *out)
{
    buf_add_str(out, STR("digraph course {\n  rankdir=TB\n  graph [fontname=\"sans-serif\" "
                         "labeljust=l]\n  node [fontname=\"sans-serif\" "
                         "fontsize=10]\n  edge [fontname=\"sans-serif\" fontsize=9]\n  label="));
    add_label(course->id, course->title, out);
    buf_add_str(out, STR("\n"));
    for (uint16_t m = 0; m < course->n_modules; m++) {
        const struct module *module = &course->modules[m];
        buf_addf(out, "  subgraph \"cluster_%.*s\" {\n    %slabel=", STR_ARG(module->id),
                 module->is_required ? "" : "style=dashed ");
        add_label(module->id, module->title, out);
        buf_add_char(out, '\n');
        for (uint16_t i = 0; i < module->n_units; i++)
            add_unit(&course->units[module->first_unit + i], out);
        buf_add_str(out, STR("  }\n"));
    }
    for (uint16_t i = 0; i + 1 < course->n_units; i++)
        buf_addf(out, "  \"%.*s\" -> \"%.*s\"\n", STR_ARG(course->units[i].id),
                 STR_ARG(course->units[i + 1].id));
    for (uint16_t i = 0; i < course->n_units; i++)
        add_condition(course, &course->units[i], out);
    buf_add_str(out, STR("}\n"));
}
