#include "lab/crowd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "core/engine/input.h"
#include "core/question.h"
#include "lab/handset.h"

#define SCREEN_MAX_BYTES 65536u
#define STEM_BYTES 24u    /* of a question: enough to know it by */
#define MAX_STUCK 2u      /* answers that lead nowhere, before somebody puts the phone away */
#define NEW_ACTIONS 16u   /* of who has not learned much yet */
#define SESSION_MS 180000 /* after which the network closes it (docs/course-rules.md 1.5) */

struct person {
    struct handset handset;
    uint64_t random; /* state of the generator */
    const struct talk_tongue *tongue;
    bool has_joined, is_asked, is_gone, is_quiet, is_night_owl, is_in_group, has_set_language;
    double ability;      /* -1 to 2: adds to the chance of a right answer */
    double ussd, leaves; /* chances: of a session by USSD, of not coming back after one */
    double pause_days;   /* between sessions */
    enum via via;        /* of the present session */
    int64_t next_ms;     /* wall; INT64_MAX = waits for something */
    int64_t opened_ms;   /* wall: the USSD session */
    uint32_t left;       /* actions of the present session */
    uint32_t n_stuck, n_actions;
    bool is_choosing_language;
    const struct question *asked; /* on an earlier page */
    struct buf screen;            /* read last */
};

struct play {
    const struct crowd *crowd;
    struct talk_fast_settings settings;
    struct talk_fast *fast;
    struct talk_world *world;
    struct arena *arena; /* of one answer */
    struct person *people;
    uint32_t n;
};

/* ---- chance: splitmix64 ---- */

static uint64_t draw(struct person *p)
{
    uint64_t z = p->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 to below 1 */
static double draw_share(struct person *p)
{
    return (double)(draw(p) >> 11) / 9007199254740992.0;
}

static bool is_drawn(struct person *p, double chance)
{
    return draw_share(p) < chance;
}

static double draw_between(struct person *p, double low, double high)
{
    return low + (high - low) * draw_share(p);
}

/* With this mean; short ones are the most frequent. */
static double draw_wait(struct person *p, double mean)
{
    return -mean * log(1.0 - draw_share(p));
}

/* ---- people ---- */

static int64_t now_ms(const struct play *play)
{
    return play->world->ops->now(play->world).ms;
}

/* At a time of day at which this person learns, on that day or, if that is over, the next. Phones
 * of fast worlds are three hours ahead of UTC, most of the year. */
static int64_t at_its_hour(struct person *p, int64_t ms)
{
    double hour = p->is_night_owl    ? draw_between(p, 19, 23)
                  : is_drawn(p, 0.4) ? draw_between(p, 15, 18)
                                     : draw_between(p, 4, 15);
    int64_t day = ms / DAY_MS * DAY_MS;
    int64_t at = day + (int64_t)(hour * (double)HOUR_MS);
    return at > ms ? at : at + DAY_MS;
}

static const struct talk_tongue *draw_tongue(struct person *p, const struct crowd *crowd)
{
    uint32_t i = 0; /* half speak the first, half of the others the second, and so on */
    while (i + 1 < crowd->n_tongues && is_drawn(p, 0.5))
        i++;
    return &crowd->tongues[i];
}

/* Half of them in the first fortnight, as when a course is announced, the others all the time. */
static int64_t draw_arrival(struct person *p, const struct crowd *crowd)
{
    double span = (double)(crowd->until.ms - crowd->from.ms);
    double fortnight = fmin(span, 14.0 * (double)DAY_MS);
    double late = p->is_in_group ? fmax(0, span - 18.0 * (double)DAY_MS) : 0;
    double at = is_drawn(p, 0.5) && !p->is_in_group ? draw_between(p, 0, fortnight)
                                                    : draw_between(p, late, span);
    return at_its_hour(p, crowd->from.ms + (int64_t)at);
}

static void person_init(struct person *p, const struct crowd *crowd, uint32_t number,
                        const char *dial_code)
{
    char name[HANDSET_NUMBER_BYTES], run[HANDSET_NAME_BYTES];
    (void)snprintf(name, sizeof(name), "+2547%08u", number % 100000000u); /* 13 characters */
    (void)snprintf(run, sizeof(run), "crowd%llu", (unsigned long long)crowd->seed); /* fits */
    handset_init(&p->handset, name, dial_code, run);
    buf_init(&p->screen, SCREEN_MAX_BYTES);
    p->random = crowd->seed * 0x2545f4914f6cdd1du + number;
    p->tongue = draw_tongue(p, crowd);
    p->ability = draw_between(p, -1, 2);
    p->ussd = is_drawn(p, 0.3) ? 0.5 : is_drawn(p, 0.5) ? 1.0 : 0.0;
    p->leaves = draw_between(p, 0.01, 0.3);
    p->pause_days = draw_between(p, 0.3, 4);
    p->is_night_owl = is_drawn(p, 0.1);
    p->is_in_group = crowd->group_code.p != NULL && is_drawn(p, 0.15);
    p->next_ms = draw_arrival(p, crowd);
}

static void person_fini(struct person *p)
{
    handset_fini(&p->handset);
    buf_fini(&p->screen);
}

/* ---- what the phone does ---- */

static void keep_screen(struct person *p, struct str text)
{
    p->n_stuck = str_eq(buf_str(&p->screen), text) ? p->n_stuck + 1 : 0;
    buf_reset(&p->screen);
    buf_add_str(&p->screen, text);
}

/* SMS that have come; the last one is what is answered. */
static bool read_sms(struct play *play, struct person *p)
{
    bool has_come = false;
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, SCREEN_MAX_BYTES);
    while (play->world->ops->next_sms(play->world, p->handset.number, false, &text) == ERR_OK) {
        keep_screen(p, buf_str(&text));
        buf_reset(&text);
        has_come = true;
    }
    return has_come;
}

/* Posts what the handset has made, now and then twice. */
static enum err post(struct play *play, struct person *p, bool is_end)
{
    struct talk_response answers[2];
    struct handset *h = &p->handset;
    uint32_t n = is_drawn(p, 0.03) ? 2 : 1;
    enum err e = play->world->ops->post(play->world, h->path, buf_str(&h->body), n, answers);
    if (e != ERR_OK)
        return e;
    struct str text;
    bool is_open;
    if (h->is_ussd && !is_end &&
        handset_read_screen(h, answers[0].status, answers[0].body, &text, &is_open) == ERR_OK)
        keep_screen(p, text);
    (void)read_sms(play, p); /* none may have come */
    return ERR_OK;
}

static enum err send_sms(struct play *play, struct person *p, struct str text)
{
    handset_send_sms(&p->handset, text, play->world->ops->now(play->world));
    return post(play, p, false);
}

static enum err dial(struct play *play, struct person *p)
{
    p->opened_ms = now_ms(play);
    handset_dial(&p->handset, str_from(play->world->dial_code));
    return post(play, p, false);
}

static enum err say(struct play *play, struct person *p, struct str text)
{
    if (p->via == VIA_SMS)
        return send_sms(play, p, text);
    if (!p->handset.is_in_session)
        return dial(play, p);
    handset_answer(&p->handset, text);
    return post(play, p, false);
}

/* ---- what it says ---- */

static struct str text_of(const struct talk_tongue *tongue, struct str id)
{
    for (uint32_t i = 0; i < tongue->n; i++) {
        if (str_eq(tongue->texts[i].id, id))
            return tongue->texts[i].text;
    }
    return STR_NONE;
}

/* The question that is on the screen. */
static const struct question *question_on(const struct play *play, const struct person *p)
{
    const struct course *course = &play->crowd->source->course;
    for (uint32_t i = 0; i < course->n_units; i++) {
        const struct unit *unit = &course->units[i];
        struct str stem = unit->question != NULL ? text_of(p->tongue, unit->id) : STR_NONE;
        if (stem.len > 0 && str_find(buf_str(&p->screen), str_sub(stem, 0, STEM_BYTES)) != SIZE_MAX)
            return unit->question;
    }
    return NULL;
}

/* Some questions are harder than others, and one is badly translated into each language but the
 * first. */
static double chance_of_right(const struct play *play, const struct person *p,
                              const struct question *q)
{
    double hard = (double)(str_hash(q->stem) % 100) / 100 * 2 - 1;
    bool is_bad = p->tongue != play->crowd->tongues && q->scored_index == 2;
    double learned = p->n_actions < NEW_ACTIONS ? -0.6 : 0.7;
    return 1 / (1 + exp(-(p->ability + learned - hard - (is_bad ? 1.5 : 0))));
}

static struct str answer_question(const struct play *play, struct person *p,
                                  const struct question *q)
{
    bool has_key = question_right_option(q) > 0 || q->n_accepted > 0;
    bool is_right = has_key && is_drawn(p, chance_of_right(play, p, q));
    uint32_t n = q->n_choices > 0 ? q->n_choices : 3;
    uint8_t option = (uint8_t)(is_right ? 0 : 1 + draw(p) % n);
    if (q->kind == QUESTION_NUMBER)
        return arena_printf(play->arena, "%d",
                            q->high - (int)(draw(p) % (uint64_t)(q->high - q->low + 1)) / 2);
    if (!has_key && q->kind == QUESTION_CHOICE)
        return arena_printf(play->arena, "%u", option);
    struct str text = question_row(q->kind)->sample(q, option, play->arena);
    return text.p != NULL ? text : STR("1");
}

static bool is_on_screen(const struct person *p, const char *id)
{
    struct str text = text_of(p->tongue, str_from(id));
    return text.len > 0 && str_find(buf_str(&p->screen), str_sub(text, 0, STEM_BYTES)) != SIZE_MAX;
}

/* What leads on from most screens; where it did not, something else is tried. */
static struct str next_key(struct play *play, struct person *p)
{
    if (is_on_screen(p, "text_plan"))
        return arena_printf(play->arena, "%u", (unsigned)(draw(p) % 5) % 4);
    return p->is_asked && (p->n_stuck == 0 || is_drawn(p, 0.8)) ? STR("9") : STR("1");
}

static struct str choose_answer(struct play *play, struct person *p)
{
    static const char *const noise[] = {"ok thanks", "HELP", "MENU", "asante sana", "??", "SCORE"};
    struct str screen = buf_str(&p->screen);
    /* What was asked on the first page is answered on the last. */
    p->is_choosing_language |= talk_asks_language(p->tongue, screen);
    const struct question *q = question_on(play, p);
    p->asked = q != NULL ? q : p->asked;
    if (talk_has_more(p->tongue, screen))
        return STR("9");
    if (p->is_choosing_language) {
        p->has_set_language = true;
        p->is_choosing_language = false;
        return p->tongue->key;
    }
    q = p->asked;
    p->asked = NULL;
    if (q != NULL && p->n_stuck < 2)
        return answer_question(play, p, q);
    if (p->via == VIA_SMS && is_drawn(p, 0.03))
        return str_from(noise[draw(p) % ARRAY_LEN(noise)]);
    struct str key = next_key(play, p);
    p->is_asked = true;
    return key;
}

static enum err join(struct play *play, struct person *p)
{
    p->has_joined = true;
    if (p->is_in_group) {
        p->via = VIA_SMS;
        return send_sms(play, p,
                        arena_printf(play->arena, "JOIN %.*s", STR_ARG(play->crowd->group_code)));
    }
    if (p->via == VIA_USSD)
        return dial(play, p);
    if (is_drawn(p, 0.05)) {
        handset_call(&p->handset);
        return post(play, p, false);
    }
    return send_sms(play, p, STR("JOIN"));
}

/* ---- the life of a person ---- */

static void begin_session(struct person *p)
{
    p->via = is_drawn(p, p->ussd) ? VIA_USSD : VIA_SMS;
    p->left = 3 + (uint32_t)draw_wait(p, 14);
    p->n_stuck = 0;
}

static enum err leave(struct play *play, struct person *p)
{
    bool is_erased = is_drawn(p, 0.1);
    p->is_gone = true;
    enum err e = send_sms(play, p, is_erased ? STR("DELETE 1") : STR("STOP"));
    if (!is_erased && is_drawn(p, 0.2)) { /* some come back */
        p->is_gone = p->has_joined = p->is_asked = false;
        p->next_ms = at_its_hour(p, now_ms(play) + (int64_t)(draw_between(p, 3, 40) * DAY_MS));
    }
    return e;
}

/* The network closes the session, and may say nothing of it. */
static enum err lose_session(struct play *play, struct person *p)
{
    bool is_quiet = is_drawn(p, 0.5);
    if (!handset_drop(&p->handset, is_quiet, play->world->ops->now(play->world)) || is_quiet)
        return ERR_OK;
    return post(play, p, true);
}

static enum err end_session(struct play *play, struct person *p)
{
    /* No network keeps a session that nobody looks at. */
    enum err e = p->handset.is_in_session ? lose_session(play, p) : ERR_OK;
    if (e != ERR_OK)
        return e;
    double chance = p->leaves * (p->is_in_group ? 0.4 : 1);
    p->next_ms = at_its_hour(p, now_ms(play) + (int64_t)(draw_wait(p, p->pause_days) * DAY_MS));
    if (is_drawn(p, 0.006))
        return leave(play, p);
    p->left = 0;
    if (is_drawn(p, chance)) {
        p->is_quiet = true; /* until a reminder comes, or never */
        p->next_ms = INT64_MAX;
    }
    return ERR_OK;
}

/* By chance, or because the network keeps none as long. */
static bool is_session_lost(const struct play *play, struct person *p)
{
    return p->handset.is_in_session &&
           (is_drawn(p, 0.03) || now_ms(play) - p->opened_ms >= SESSION_MS);
}

/* A screen is answered while it is there, an SMS when there is time. */
static int64_t draw_answer_ms(struct person *p)
{
    double s = p->handset.is_in_session ? draw_between(p, 4, 20) : draw_between(p, 12, 90);
    return (int64_t)(s * 1000);
}

static enum err act(struct play *play, struct person *p)
{
    enum err e;
    arena_reset(play->arena);
    if (p->left == 0)
        begin_session(p);
    p->left--;
    p->n_actions++;
    if (!p->has_joined)
        e = join(play, p);
    else if (!p->has_set_language && p->tongue != play->crowd->tongues && p->n_stuck == 0 &&
             p->is_asked) {
        p->has_set_language = true;
        e = send_sms(play, p, arena_printf(play->arena, "LANG %.*s", STR_ARG(p->tongue->lang)));
    } else if (is_session_lost(play, p))
        e = lose_session(play, p);
    else
        e = say(play, p, choose_answer(play, p));
    if (e != ERR_OK)
        return e;
    p->next_ms = now_ms(play) + draw_answer_ms(p);
    return p->left == 0 || p->n_stuck >= MAX_STUCK ? end_session(play, p) : ERR_OK;
}

/* Who is quiet looks at what has come; now and then without anything, too. */
static void wake_the_quiet(struct play *play)
{
    for (uint32_t i = 0; i < play->n; i++) {
        struct person *p = &play->people[i];
        if (!p->is_quiet || p->is_gone)
            continue;
        if (!is_drawn(p, read_sms(play, p) ? 0.25 : 0.01))
            continue;
        p->is_quiet = false;
        p->left = 0;
        p->next_ms = at_its_hour(p, now_ms(play));
    }
}

static struct person *who_is_next(const struct play *play)
{
    struct person *next = NULL;
    for (uint32_t i = 0; i < play->n; i++) {
        struct person *p = &play->people[i];
        if (!p->is_gone && p->next_ms != INT64_MAX && (next == NULL || p->next_ms < next->next_ms))
            next = p;
    }
    return next;
}

static enum err live(struct play *play)
{
    int64_t day = 0;
    enum err e = ERR_OK;
    while (e == ERR_OK && now_ms(play) < play->crowd->until.ms) {
        struct person *p = who_is_next(play);
        int64_t end = now_ms(play) / DAY_MS * DAY_MS + DAY_MS;
        end = end < play->crowd->until.ms ? end : play->crowd->until.ms;
        int64_t at = p != NULL && p->next_ms < end ? p->next_ms : end;
        if (at > now_ms(play))
            e = play->world->ops->wait(play->world, at - now_ms(play));
        if (now_ms(play) / DAY_MS != day) {
            day = now_ms(play) / DAY_MS;
            wake_the_quiet(play);
        }
        if (e == ERR_OK && p != NULL && at == p->next_ms && at < play->crowd->until.ms)
            e = act(play, p);
    }
    return e;
}

static enum err open_group(struct play *play)
{
    const struct crowd *crowd = play->crowd;
    struct talk_line line = {.action = crowd->group_code, .text = crowd->group_line};
    return crowd->group_code.p != NULL ? play->world->ops->group(play->world, &line) : ERR_OK;
}

static enum err tell(const struct play *play, crowd_on_record *fn, void *ctx)
{
    enum err e = ERR_OK;
    for (uint32_t i = 0; e == ERR_OK && i < talk_fast_n_records(play->fast); i++)
        e = fn(ctx, talk_fast_record(play->fast, i));
    return e;
}

enum err crowd_play(const struct crowd *crowd, uint32_t first, uint32_t n, crowd_on_record *fn,
                    void *ctx, struct errmsg *msg)
{
    struct play play = {.crowd = crowd, .settings = *crowd->world, .n = n};
    play.settings.start = crowd->from;
    enum err e = talk_fast_new(&play.settings, &play.fast, msg);
    if (e != ERR_OK)
        return e;
    play.world = talk_fast_world(play.fast);
    play.arena = arena_new(SCREEN_MAX_BYTES);
    play.people = xcalloc(n, sizeof(*play.people));
    for (uint32_t i = 0; i < n; i++)
        person_init(&play.people[i], crowd, first + i, play.world->dial_code);
    e = open_group(&play);
    if (e == ERR_OK)
        e = live(&play);
    if (e != ERR_OK)
        (void)errmsg_set(msg, e, "the crowd stops: %s", err_name(e));
    else
        e = tell(&play, fn, ctx);
    for (uint32_t i = 0; i < n; i++)
        person_fini(&play.people[i]);
    free(play.people);
    arena_free(play.arena);
    talk_fast_free(play.fast);
    return e;
}
