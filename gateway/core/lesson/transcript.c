/* lesson.h: every screen of a course as plain text. */
#include "core/gsm/gsm.h"
#include "core/lesson/lesson.h"
#include "core/lesson/sample.h"
#include "core/lesson/walk.h"

struct transcript {
    struct buf *out;
    const struct lesson_source *source;
    uint32_t n_sms, n_parts, n_screens;
    bool is_aside;
};

static void add_rule(struct transcript *t, const char *title)
{
    buf_addf(t->out, "\n======== %s ========\n", title);
}

static void add_input(struct transcript *t, const struct lesson_said *said)
{
    static const char *const words[] = {
        [INPUT_TEXT] = NULL,
        [INPUT_DIAL] = "(dials)",
        [INPUT_SESSION_END] = "(the session is cut)",
        [INPUT_TIMER] = "(time passes)",
        [INPUT_CALL] = "(calls)",
    };
    const char *what = words[said->input->kind];
    if (what != NULL)
        buf_addf(t->out, "\n> %s", what);
    else
        buf_addf(t->out, "\n> %.*s", STR_ARG(said->input->text));
    const struct learner *learner = &said->walk->learner;
    buf_addf(t->out, "    [now: %s%s%s]\n", learner_state_name(learner->state),
             learner->unit[0] != '\0' ? " " : "", learner->unit);
}

static void add_said(void *ctx, const struct lesson_said *said)
{
    struct transcript *t = ctx;
    struct gsm_size size = gsm_measure(said->text);
    bool is_gsm7 = size.encoding == GSM_ENCODING_GSM7;
    if (said->is_aside && !t->is_aside)
        add_rule(t, said->walk->via == VIA_USSD ? "Beside the way, by USSD"
                                                : "Beside the way, by SMS");
    t->is_aside = said->is_aside;
    if (said->page == 0)
        add_input(t, said);
    buf_addf(t->out, "-- %s, %u %s%s", said->via == VIA_USSD ? "USSD" : "SMS", size.units,
             is_gsm7 ? "septet" : "UCS-2 unit", str_s(size.units));
    if (said->via == VIA_SMS) {
        t->n_sms++;
        t->n_parts += size.segments;
        buf_addf(t->out, ", %u SMS\n", size.segments);
    } else {
        t->n_screens++;
        buf_addf(t->out, ", page %u of %u%s\n", said->page + 1, said->n_pages,
                 said->is_open ? "" : ", the session ends");
    }
    buf_add_str(t->out, said->text);
    buf_add_char(t->out, '\n');
}

enum err lesson_transcript(const struct lesson_source *source, struct arena *arena,
                           struct arena *scratch, struct buf *out)
{
    struct transcript t = {.out = out, .source = source};
    const struct course *course = &source->course;
    const struct course *played = source->played != NULL ? source->played : course;
    buf_addf(out,
             "%.*s %.*s, as phones get it. Words in the place of names and numbers are examples.\n",
             STR_ARG(course->title), STR_ARG(course->version));
    add_rule(&t, "By SMS");
    struct lesson_tour tour = {played, VIA_SMS, arena, scratch, add_said, &t};
    enum err e = lesson_walk_all(&tour, false);
    if (e != ERR_OK)
        return e;
    t.is_aside = false;
    add_rule(&t, "By USSD");
    tour.via = VIA_USSD;
    e = lesson_walk_all(&tour, false);
    add_rule(&t, "In all");
    buf_addf(out, "%u SMS (%u part%s), %u USSD screen%s\n", t.n_sms, t.n_parts, str_s(t.n_parts),
             t.n_screens, str_s(t.n_screens));
    return e;
}
