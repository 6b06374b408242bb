/* lesson.h: what a learner who completes the course gets and sends. */
#include "core/gsm/gsm.h"
#include "core/lesson/lesson.h"
#include "core/lesson/walk.h"

#define SCREENS_PER_SESSION 6u /* docs/course-rules.md 1.5 */

static void count(void *ctx, const struct lesson_said *said)
{
    struct lesson_forecast *f = ctx;
    struct gsm_size size = gsm_measure(said->text);
    bool is_typed = said->input->kind == INPUT_TEXT && said->page == 0;
    if (said->via == VIA_SMS) {
        f->n_sms++;
        f->n_parts += size.segments;
        f->n_ucs2_parts += size.encoding == GSM_ENCODING_UCS2 ? size.segments : 0;
        f->n_sent += is_typed;
    } else {
        f->n_screens++;
        f->n_sessions += said->input->kind == INPUT_DIAL && said->page == 0;
        f->n_keys += is_typed || said->page > 0; /* 9 for each page that follows */
    }
}

enum err lesson_forecast(const struct course *course, enum via via, struct arena *arena,
                         struct arena *scratch, struct lesson_forecast *ret)
{
    *ret = (struct lesson_forecast){0};
    return lesson_walk_way(&(struct lesson_tour){course, via, arena, scratch, count, ret},
                           SCREENS_PER_SESSION);
}
