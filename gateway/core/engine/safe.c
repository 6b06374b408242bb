/*
 * A disclosure of harm, by the word SAFE or by the word list (docs/course-rules.md 1.7): what is
 * answered, and that a person hears of it.
 */

#include "core/engine/command.h"
#include "core/engine/group.h"
#include "core/engine/step.h"
#include "core/match/match.h"

struct str engine_case_name(const struct step *s)
{
    uint64_t random = 0;
    for (unsigned i = 16; i < 24; i++) /* the first half may be a learner id */
        random = random << 8 | s->input->seed[i];
    return arena_printf(s->arena, "%010llu", (unsigned long long)(random % 10000000000ULL));
}

/* Whom it names depends on what was disclosed (docs/course-rules.md 1.7). */
static enum course_text safe_text(const struct step *s, enum safe_kind about)
{
    const struct engine_context *c = s->context;
    if (s->learner->is_child)
        return COURSE_TEXT_safe_child;
    if (about == SAFE_SUICIDE && c->crisis.p != NULL)
        return COURSE_TEXT_safe_suicide;
    if (about == SAFE_PSEA && c->psea.p != NULL)
        return COURSE_TEXT_safe_psea;
    return c->staffed.p != NULL ? COURSE_TEXT_safe_staffed : COURSE_TEXT_safe;
}

struct str engine_safe_text(const struct step *s, enum safe_kind about)
{
    const struct engine_context *c = s->context;
    struct course_var vars[] = {
        {"emergency", !str_is_empty(c->emergency)
                          ? c->emergency
                          : step_text(s, COURSE_TEXT_emergency_none, NO_VARS)},
        {"helpline", !str_is_empty(c->helpline) ? c->helpline : step_contact(s)},
        {"staffed", c->staffed},
        {"crisis", c->crisis},
        {"psea", c->psea},
        {NULL, STR_NONE}};
    return step_text(s, safe_text(s, about), vars);
}

/* The alarm by the word list; SAFE_ALARM also when the word SAFE was all. */
static enum safe_kind disclosure_kind(const struct step *s)
{
    const struct safe_pattern *found = match_find_safe(s->norm, &s->course->safe, s->arena);
    return found != NULL ? found->kind : SAFE_ALARM;
}

static bool says(const struct step *s, enum safe_kind kind)
{
    return match_says_safe(s->norm, &s->course->safe, kind, s->arena);
}

/* So many answers in a row to what tells of harm: what goes on then is kept and told of as ever,
 * but a machine that has such words in its texts must not have us write for ever. */
#define MAX_SAFE 20

/* A disclosure, by keyword or by the word list. Nothing of it is repeated, and no question follows;
 * the place is kept. */
void engine_safe(struct step *s, bool is_keyword)
{
    struct event *event = step_event(s, EVENT_safe_raised);
    struct learner *l = s->learner;
    bool is_suicide = disclosure_kind(s) == SAFE_SUICIDE;
    l->held_ms = s->input->now.ms;
    l->void_before = l->seq + 1;
    l->is_psea = says(s, SAFE_PSEA);
    l->is_child |= says(s, SAFE_CHILD);
    event->value = is_keyword ? 1 : 2;
    event->code = arena_printf(s->arena, "%.*s%s%s%s", STR_ARG(engine_case_name(s)),
                               l->is_psea ? ",psea" : "", is_suicide ? ",suicide" : "",
                               l->is_child ? ",child" : "");
    s->out->sealed_text = s->input->text;
    if (!lead_is_here(s)) /* the group waits for its question */
        step_leave_side(s);
    if (!understand_nothing(s) && l->n_idle > MAX_SAFE)
        return;
    step_say(s, engine_safe_text(s, is_suicide   ? SAFE_SUICIDE
                                    : l->is_psea ? SAFE_PSEA
                                                 : SAFE_ALARM));
}
