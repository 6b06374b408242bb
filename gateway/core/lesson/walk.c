#include "core/lesson/walk.h"

#include "core/gsm/gsm.h"
#include "core/lesson/sample.h"
#include "core/question.h"

#define SAID_SLOTS (1u << 17) /* twice as many as may be said */
#define FOLD GSM_FOLD_LATIN   /* as channels do that say nothing else (config: fold) */
#define ASIDE_DEPTH 4         /* menu, leave, dial again, erase */

void lesson_walk_begin(struct lesson_walk *walk, const struct course *course, enum via via,
                       uint8_t option)
{
    *walk = (struct lesson_walk){.courses = {.list = {course}, .n = 1},
                                 .via = via,
                                 .option = option,
                                 .now_ms = 1000,
                                 .is_shown = true};
    learner_init(&walk->learner);
    /* Taught in one language, as a preview of a translation is: what comes first is in it, too. */
    if (course->n_languages == 1 &&
        str_copy(course->language, walk->learner.lang, sizeof(walk->learner.lang)) != ERR_OK)
        walk->learner.lang[0] = '\0';
}

void lesson_walk_take_keys(struct lesson_walk *walk)
{
    struct learner_link *link = &walk->learner.link;
    walk->takes_keys = walk->via == VIA_USSD;
    if (walk->takes_keys && str_copy(STR("sms"), link->channel, sizeof(link->channel)) != ERR_OK)
        walk->takes_keys = false; /* whatever the channel is called, SMS can be sent */
}

/* The unit that the learner is at; NULL: none. */
static const struct unit *unit_of(const struct lesson_walk *walk)
{
    const char *unit = walk->learner.unit;
    return unit[0] != '\0' ? course_unit(walk->courses.list[0], str_from(unit)) : NULL;
}

/* Behind the first module it is asked of who comes back: by the menu and its 1, then 1 for yes. A
 * module without key message asks nothing; and the menu is tried once, whatever comes of it. */
static const char *key_of_module_end(struct lesson_walk *walk)
{
    uint8_t agreed = walk->learner.agreed;
    if (!walk->takes_keys || (agreed & (LEARNER_AGREED_KEYS | LEARNER_REFUSED_KEYS)) != 0)
        return "9";
    if ((agreed & LEARNER_ASKED_KEYS) != 0)
        return "1";
    const struct unit *unit = unit_of(walk);
    const struct course *course = walk->courses.list[0];
    if (walk->was_in_menu || unit == NULL ||
        str_is_empty(course->modules[unit->module].key_message))
        return "9";
    walk->was_in_menu = true;
    return "00";
}

struct input lesson_walk_next(struct lesson_walk *walk, struct arena *arena)
{
    const struct unit *unit = unit_of(walk);
    struct input input = {
        .kind = INPUT_TEXT, .via = walk->via, .text = STR("1"), .seed = {walk->draw}};
    enum learner_state state = walk->learner.state;
    if (walk->takes_keys && walk->learner.due_sms != 0) {
        input.kind = INPUT_TIMER;
        input.via = VIA_SMS;
    } else if (state == LEARNER_STATE_DONE) {
        walk->is_over = walk->wake_at_ms == 0; /* the follow-up was sent, or there is none */
        walk->now_ms = walk->wake_at_ms;
        input.kind = INPUT_TIMER;
        input.via = VIA_SMS;
    } else if (walk->via == VIA_USSD && !walk->is_open) {
        input.kind = INPUT_DIAL;
        input.text = STR("");
    } else if (state == LEARNER_STATE_NEW) {
        input.text = STR("JOIN");
    } else if (state == LEARNER_STATE_MODULE_DONE) {
        input.text = str_from(key_of_module_end(walk));
    } else if (state == LEARNER_STATE_LESSON) {
        input.text = STR("9");
    } else if (state == LEARNER_STATE_RETAKE) {
        walk->now_ms = walk->learner.ended_ms + 1;
        input.text = STR("9");
    } else if (unit != NULL && unit->question != NULL && !learner_state_is_side(state)) {
        input.text =
            question_row(unit->question->kind)->sample(unit->question, walk->option, arena);
    }
    walk->now_ms += 1000;
    return input;
}

enum err lesson_walk_step(struct lesson_walk *walk, const struct input *input, struct arena *arena,
                          struct outcome *ret)
{
    struct input here = *input;
    here.now.ms = walk->now_ms;
    here.is_shown = walk->is_shown;
    here.is_erase_asked = walk->is_erase_asked;
    enum err e =
        engine_step(&walk->courses, lesson_sample_context(), &walk->learner, &here, arena, ret);
    if (e != ERR_OK)
        return e;
    walk->learner = ret->next;
    walk->learner.seq++;
    walk->wake_at_ms = ret->wake_at_ms;
    bool is_copy = walk->takes_keys && input->kind == INPUT_TIMER;
    if (!is_copy) /* which comes beside a session */
        walk->is_open = ret->is_open && input->via == VIA_USSD && input->kind != INPUT_SESSION_END;
    walk->is_erase_asked =
        ret->is_erase_asked || (walk->is_erase_asked && !ret->has_moved && walk->via == VIA_SMS);
    bool is_here = ret->reply.p != NULL && input->kind != INPUT_SESSION_END;
    if (is_here && ret->shows != OUTCOME_SHOWS_KEYS)
        walk->is_shown = ret->shows == OUTCOME_SHOWS_SCREEN && input->via == walk->via;
    return ERR_OK;
}

/* ---- all that is said ---- */

struct all {
    struct lesson_tour tour;
    uint64_t *said; /* hashes of what was said already; 0 = free */
    uint32_t n_said;
    uint32_t asides; /* states whose sides were seen, one bit each */
    bool is_everywhere;
    bool is_way; /* right answers: all of it is said, in order, repeats and all */
    bool is_aside;
    uint32_t screens_a_session; /* 0: nobody hangs up */
    uint32_t n_screens;         /* of the session */
    uint64_t hung_up_at;        /* hash of the text */
};

/* False: it was there already. */
static bool remember(struct all *all, enum via via, struct str text)
{
    uint64_t hash = (str_hash(text) << 1 | (via == VIA_USSD)) | 1u << 8;
    uint32_t at = (uint32_t)(hash >> 20) % SAID_SLOTS;
    while (all->said[at] != 0 && all->said[at] != hash)
        at = (at + 1) % SAID_SLOTS;
    bool is_new = all->said[at] == 0 && all->n_said < SAID_SLOTS / 2;
    all->said[at] = hash;
    all->n_said += is_new;
    return is_new;
}

static void say_screens(struct all *all, struct lesson_said said, const struct outcome *out)
{
    const struct lesson_walk *walk = said.walk;
    const struct course *course = /* in the learner's language */
        engine_course(&walk->courses, lesson_sample_context()->course, &walk->learner);
    course = course != NULL ? course : all->tour.course;
    enum course_text first =
        engine_has_back(course, &walk->learner) ? COURSE_TEXT_more_key : COURSE_TEXT_first_more_key;
    struct gsm_ussd ussd = {
        .text = gsm_fold_pages(out->reply, FOLD, all->tour.scratch),
        .more_key = gsm_fold(course->texts[COURSE_TEXT_more_key], FOLD, all->tour.scratch),
        .first_key = gsm_fold(course->texts[first], FOLD, all->tour.scratch),
        .septets = GSM_USSD_SEPTETS,
        .ucs2 = GSM_USSD_UCS2};
    ussd.text = gsm_ussd_leave_out(&ussd, all->tour.scratch);
    struct str text;
    bool is_last = false;
    while (!is_last &&
           gsm_ussd_page(&ussd, said.n_pages, all->tour.scratch, &text, &is_last) == ERR_OK)
        said.n_pages++;
    all->n_screens += said.n_pages;
    for (; said.page < said.n_pages; said.page++) {
        if (gsm_ussd_page(&ussd, said.page, all->tour.scratch, &said.text, &is_last) != ERR_OK)
            return;
        said.is_open = !is_last || out->is_open;
        all->tour.fn(all->tour.ctx, &said);
    }
}

/* True: it said something that had not been said. */
static bool say(struct all *all, const struct lesson_walk *walk, const struct input *input,
                const struct outcome *out)
{
    struct lesson_said said = {.reply = out->reply,
                               .walk = walk,
                               .input = input,
                               .via = walk->via,
                               .is_aside = all->is_aside};
    if (input->kind == INPUT_TIMER || input->kind == INPUT_SESSION_END)
        said.via = VIA_SMS;
    if (out->reply.p == NULL || (!remember(all, said.via, out->reply) && !all->is_way))
        return false;
    if (said.via == VIA_USSD) {
        say_screens(all, said, out);
        return true;
    }
    said.n_pages = 1;
    said.text = gsm_fold(out->reply, FOLD, all->tour.scratch);
    all->tour.fn(all->tour.ctx, &said);
    return true;
}

static const struct input ussd_asides[] = {
#define KEY(key)                                                                                   \
    {                                                                                              \
        .kind = INPUT_TEXT, .via = VIA_USSD, .text = { key, sizeof(key) - 1 }                      \
    }
    KEY("00"),
    KEY("0"),
    KEY("1"),
    KEY("2"),
    KEY("3"),
    KEY("4"),
    KEY("5"),
    KEY("6"),
    KEY("7"),
    KEY("8"),
    KEY("9"),
    KEY("22"),
    KEY("x"),
    KEY("STOP"),
    KEY("HELP"),
    KEY("DELETE"),
#undef KEY
    {.kind = INPUT_DIAL, .via = VIA_USSD, .text = {"", 0}},
    {.kind = INPUT_SESSION_END, .via = VIA_USSD, .text = {"", 0}},
};

static const struct input sms_asides[] = {
#define WORD(word)                                                                                 \
    {                                                                                              \
        .kind = INPUT_TEXT, .via = VIA_SMS, .text = { word, sizeof(word) - 1 }                     \
    }
#define COMMAND_INPUT(name, key, scope, tail, fuzzy, everywhere, run) WORD(#name),
    COMMANDS(COMMAND_INPUT)
#undef COMMAND_INPUT
        WORD("DELETE 1"),
    WORD("0"),
    WORD("1"),
    WORD("2"),
    WORD("3"),
    WORD("4"),
    WORD("5"),
    WORD("6"),
    WORD("1 2"),
    WORD("x"),
#undef WORD
};

static enum err step_aside(struct all *all, const struct lesson_walk *from, uint32_t depth);

/* One input beside the way, and what stands beside that, if it is new. */
static enum err try_aside(struct all *all, struct lesson_walk *walk, const struct input *input,
                          uint32_t depth)
{
    struct outcome *out = arena_new_array(all->tour.scratch, struct outcome, 1);
    if (out == NULL)
        return ERR_TOO_LONG;
    enum err e = lesson_walk_step(walk, input, all->tour.scratch, out);
    bool is_new = e == ERR_OK && say(all, walk, input, out);
    arena_reset(all->tour.scratch);
    return is_new && depth > 1 ? step_aside(all, walk, depth - 1) : e;
}

static enum err step_aside(struct all *all, const struct lesson_walk *from, uint32_t depth)
{
    bool is_ussd = from->via == VIA_USSD;
    const struct input *inputs = is_ussd ? ussd_asides : sms_asides;
    size_t n = is_ussd ? ARRAY_LEN(ussd_asides) : ARRAY_LEN(sms_asides);
    enum err e = ERR_OK;
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        struct lesson_walk walk = *from;
        if (is_ussd && inputs[i].kind != INPUT_DIAL && !from->is_open)
            continue;
        e = try_aside(all, &walk, &inputs[i], depth);
    }
    return e;
}

/* What stands beside this place: now, and for an answer that comes three days later. */
static enum err look_aside(struct all *all, const struct lesson_walk *from)
{
    const struct input late = {.kind = INPUT_TEXT, .via = from->via, .text = STR("1")};
    struct lesson_walk later = *from;
    enum err e = step_aside(all, from, ASIDE_DEPTH);
    later.now_ms += 3 * DAY_MS;
    return e == ERR_OK ? try_aside(all, &later, &late, 1) : e;
}

static void hang_up(struct all *all, struct lesson_walk *walk, const struct outcome *out)
{
    uint64_t text = str_hash(out->reply);
    if (all->screens_a_session == 0 || all->n_screens < all->screens_a_session || !walk->is_open ||
        text == all->hung_up_at)
        return;
    all->hung_up_at = text;
    walk->is_open = false;
}

static enum err walk_once(struct all *all, uint8_t option, bool is_aside)
{
    struct lesson_walk walk;
    enum err e = ERR_OK;
    lesson_walk_begin(&walk, all->tour.course, all->tour.via, option);
    if (all->screens_a_session > 0)
        lesson_walk_take_keys(&walk);
    while (e == ERR_OK) {
        uint32_t bit = UINT32_C(1) << walk.learner.state;
        bool is_seen = (all->asides & bit) != 0 && !all->is_everywhere;
        if (is_aside && !is_seen && !learner_state_is_side(walk.learner.state)) {
            all->asides |= bit;
            e = look_aside(all, &walk);
        }
        arena_reset(all->tour.scratch);
        struct outcome *out = arena_new_array(all->tour.scratch, struct outcome, 1);
        struct input input = lesson_walk_next(&walk, all->tour.scratch);
        if (walk.is_over)
            return e;
        if (e == ERR_OK)
            e = out != NULL ? lesson_walk_step(&walk, &input, all->tour.scratch, out)
                            : ERR_TOO_LONG;
        if (e != ERR_OK)
            return e;
        all->n_screens = input.kind == INPUT_DIAL ? 0 : all->n_screens;
        (void)say(all, &walk, &input, out);
        hang_up(all, &walk, out);
    }
    return e;
}

enum err lesson_walk_all(const struct lesson_tour *tour, bool is_everywhere)
{
    struct all all = {.tour = *tour,
                      .said = arena_new_array(tour->arena, uint64_t, SAID_SLOTS),
                      .is_everywhere = is_everywhere};
    if (all.said == NULL)
        return ERR_TOO_LONG;
    enum err e = ERR_OK;
    for (uint8_t pass = 0; pass < 2; pass++) {
        for (uint8_t option = 0; option <= COURSE_MAX_CHOICES && e == ERR_OK; option++) {
            all.is_way = option == 0 && !all.is_aside;
            e = walk_once(&all, option, all.is_aside);
        }
        all.is_aside = true;
    }
    return e == ERR_OK && all.n_said >= SAID_SLOTS / 2 ? ERR_TOO_LONG : e;
}

enum err lesson_walk_way(const struct lesson_tour *tour, uint32_t screens_a_session)
{
    struct all all = {.tour = *tour,
                      .said = arena_new_array(tour->arena, uint64_t, SAID_SLOTS),
                      .is_way = true,
                      .screens_a_session = screens_a_session};
    return all.said != NULL ? walk_once(&all, 0, false) : ERR_TOO_LONG;
}
