#include "app/figures.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "core/cohort.h"
#include "core/learner.h"
#include "port/store/learners.h"
#include "port/store/values.h"

#define SILENT_MAX_BYTES 160u /* of the nicknames of one group */
#define WAKE_DELAY_MS (2 * COHORTS_LOOK_MS)
#define COHORTS_LOOK_MS 5000 /* app/cohort_set.h: by then all have read it */
#define ARENA_BYTES (16u << 20)

/* One round: what PostgreSQL said, and what is known of those who are quiet. */
struct figures {
    struct loop *loop;
    struct store *store;
    struct sink *sink;
    struct timer *timer;
    struct arena *arena;
    struct group {
        struct str code, line;
        uint32_t number;
        struct buf silent;
    } * groups;
    struct quiet {
        struct number_id id;
        uint32_t number;
    } * quiets;
    uint32_t n_groups, n_quiets, room;
};

static void on_put(void *ctx, enum err e)
{
    (void)ctx, (void)e; /* put again the next time */
}

static void end_round(struct figures *f)
{
    for (uint32_t i = 0; i < f->n_groups; i++) {
        struct group *g = &f->groups[i];
        struct str names = buf_str(&g->silent);
        struct str line = names.len > 0 ? arena_printf(f->arena, "%.*s;silent=%.*s",
                                                       STR_ARG(g->line), STR_ARG(names))
                                        : g->line;
        store_board_put(f->store, STORE_BOARD_COHORTS, g->code, line, on_put, f);
        buf_fini(&g->silent);
    }
    arena_free(f->arena);
    f->arena = NULL;
    f->n_groups = f->n_quiets = 0;
    timer_start(f->loop, f->timer, FIGURES_EACH_MS);
}

/* ---- who is quiet ---- */

static bool is_to_be_named(const struct learner *l, uint32_t group)
{
    return l->cohort == group && l->nickname[0] != '\0' && learner_is_enrolled(l) &&
           (l->agreed & LEARNER_AGREED_SHARING) != 0 && l->slot != LEARNER_SLOT_AWAY;
}

static void add_name(struct group *g, const struct learner *l)
{
    if (is_to_be_named(l, g->number))
        buf_addf(&g->silent, "%s%s", buf_str(&g->silent).len > 0 ? " " : "", l->nickname);
}

static struct group *find_group(struct figures *f, uint32_t number)
{
    for (uint32_t i = 0; i < f->n_groups; i++) {
        if (f->groups[i].number == number)
            return &f->groups[i];
    }
    return NULL;
}

static void on_states(void *ctx, enum err e, const struct str *states, uint32_t n)
{
    struct figures *f = ctx;
    struct learner learner, other;
    for (uint32_t i = 0; e == ERR_OK && i < n; i++) {
        struct group *g = find_group(f, f->quiets[i].number);
        if (g == NULL || states[i].len == 0 || learner_decode(states[i], &learner) != ERR_OK)
            continue;
        add_name(g, &learner);
        for (uint32_t k = 0; k < learner_n_others(&learner); k++) {
            if (learner_other(&learner, k, &other) == ERR_OK)
                add_name(g, &other);
        }
    }
    end_round(f);
}

static void ask_states(struct figures *f)
{
    struct number_id *ids = arena_new_array(f->arena, struct number_id, f->n_quiets + 1u);
    for (uint32_t i = 0; ids != NULL && i < f->n_quiets; i++)
        ids[i] = f->quiets[i].id;
    if (ids == NULL || f->n_quiets == 0)
        end_round(f);
    else
        store_states(f->store, ids, f->n_quiets, on_states, f);
}

/* ---- what PostgreSQL says ---- */

/* "482156 DESCRIPTION", "wake 482156 NUMBER_ID", "quiet 482156 NUMBER_ID" */
static void take_line(struct figures *f, struct str line)
{
    struct str word = str_split(&line, ' ');
    uint32_t number;
    if (cohort_code_parse(word, &number) == ERR_OK) {
        struct group *g = &f->groups[f->n_groups++];
        *g = (struct group){.code = word, .line = line, .number = number};
        buf_init(&g->silent, SILENT_MAX_BYTES);
        return;
    }
    struct quiet quiet = {.number = 0};
    struct str code = str_split(&line, ' ');
    if (cohort_code_parse(code, &quiet.number) != ERR_OK ||
        hex_decode(line, quiet.id.bytes, sizeof(quiet.id.bytes)) != ERR_OK)
        return;
    if (str_eq(word, STR("wake")))
        store_wake(f->store, &quiet.id, loop_wall(f->loop).ms + WAKE_DELAY_MS, on_put, f);
    else if (f->n_quiets < STORE_MAX_STATES)
        f->quiets[f->n_quiets++] = quiet;
}

static void on_cohorts(void *ctx, enum err e, struct str text)
{
    struct figures *f = ctx;
    if (e != ERR_OK) {
        LOG_WARN("figures", "PostgreSQL does not say how the groups are", "err=%s", err_name(e));
        timer_start(f->loop, f->timer, FIGURES_EACH_MS);
        return;
    }
    uint32_t n_lines = 1;
    for (size_t i = 0; i < text.len; i++)
        n_lines += text.p[i] == '\n';
    f->arena = arena_new(text.len + ARENA_BYTES + n_lines * (sizeof(struct group) + 64));
    f->groups = arena_new_array(f->arena, struct group, n_lines);
    f->quiets = arena_new_array(f->arena, struct quiet, n_lines);
    text = arena_str(f->arena, text);
    while (f->groups != NULL && f->quiets != NULL && text.len > 0)
        take_line(f, str_split(&text, '\n'));
    ask_states(f);
}

static void on_timer(void *ctx)
{
    struct figures *f = ctx;
    sink_cohorts(f->sink, on_cohorts, f);
}

struct figures *figures_new(struct loop *loop, struct store *store, struct sink *sink)
{
    struct figures *f = xcalloc(1, sizeof(*f));
    *f = (struct figures){.loop = loop, .store = store, .sink = sink};
    f->timer = timer_new(loop, on_timer, f);
    timer_start(loop, f->timer, FIGURES_FIRST_MS);
    return f;
}

void figures_free(struct figures *f)
{
    timer_free(f->loop, f->timer);
    arena_free(f->arena);
    free(f);
}
