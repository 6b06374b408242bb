/*
 * Who is learning, of several people on one number (docs/course-rules.md 5): when it is asked, how
 * it is answered, and the nicknames by which they are told apart.
 */
#include <string.h>

#include "core/engine/command.h"
#include "core/engine/people.h"
#include "core/engine/step.h"
#include "core/match/words.h"
#include "core/signs.h"
#include "core/utf8.h"

#define QUIET_MS (30 * MINUTE_MS) /* by SMS nobody knows after that who writes */
#define MIN_LETTERS 2u
#define MAX_LETTERS 10u

/* As it is shown: capitals, where the alphabet is Latin. */
struct str who_shown_nickname(const struct step *s, struct str name)
{
    char *p = arena_alloc(s->arena, name.len + 1);
    for (size_t i = 0; p != NULL && i < name.len; i++)
        p[i] = name.p[i] >= 'a' && name.p[i] <= 'z' ? (char)(name.p[i] - 'a' + 'A') : name.p[i];
    return (struct str){p, p != NULL ? name.len : 0};
}

/* ---- what is asked ---- */

struct str who_screen(const struct step *s)
{
    struct str options = STR_NONE;
    struct learner person;
    unsigned key = 0;
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES; slot++) {
        if (people_find_slot(s, slot, &person) == PEOPLE_NOBODY)
            continue;
        key++;
        options = arena_printf(s->arena, "%.*s%s%u %s", STR_ARG(options), key > 1 ? " " : "", key,
                               person.nickname);
    }
    if (key < LEARNER_MAX_PROFILES)
        options = arena_printf(s->arena, "%.*s %u %.*s", STR_ARG(options), key + 1,
                               STR_ARG(step_text(s, COURSE_TEXT_who_new, NO_VARS)));
    return step_text(s, COURSE_TEXT_who, VARS({"options", options}));
}

/* Is there room for nobody more? */
static bool is_full(const struct step *s)
{
    struct learner person;
    bool has_room = false;
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES; slot++)
        has_room |= people_find_slot(s, slot, &person) == PEOPLE_NOBODY;
    return !has_room;
}

/* The last option, by its word. */
static bool is_new(const struct step *s)
{
    struct str word = step_text(s, COURSE_TEXT_who_new, NO_VARS);
    return !str_is_empty(s->norm) && str_eq(s->norm, match_normalise(word, s->arena));
}

void who_ask(struct step *s)
{
    struct learner *l = s->learner;
    people_step_aside(s);
    l->is_locked |= pin_is_set(l);
    step_enter_side(s, LEARNER_STATE_WHO);
    step_say_screen(s);
}

/* A nickname that nobody has here, out of the course's list; absent past its end. */
static struct str suggestion(const struct step *s, uint32_t n)
{
    struct str rest = step_text(s, COURSE_TEXT_nicknames, NO_VARS);
    for (struct str word; rest.len > 0;) {
        word = str_split(&rest, ' ');
        bool is_taken = false;
        for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES; slot++) {
            struct learner person;
            is_taken |= people_find_slot(s, slot, &person) != PEOPLE_NOBODY &&
                        str_eq(word, str_from(person.nickname));
        }
        if (!is_taken && word.len > 0 && n-- == 0)
            return word;
    }
    return STR_NONE;
}

/* Asked for a name for the group's facilitator, and not because somebody else learns here, too. */
static bool is_named_alone(const struct step *s)
{
    return (s->learner->agreed & LEARNER_NAMED_ALONE) != 0;
}

/* Who learned here alone has no name yet: it is asked for before that of who is new. */
struct str who_nickname_screen(const struct step *s)
{
    struct str options = STR_NONE;
    for (uint32_t i = 0; i < LEARNER_MAX_PROFILES; i++) {
        struct str word = suggestion(s, i);
        if (word.p != NULL)
            options = arena_printf(s->arena, "%.*s%s%u %.*s", STR_ARG(options), i > 0 ? " " : "",
                                   i + 1, STR_ARG(word));
    }
    bool is_first = s->learner->nickname[0] == '\0' && !is_named_alone(s);
    return step_text(s, is_first ? COURSE_TEXT_nickname_first : COURSE_TEXT_nickname,
                     VARS({"options", options}));
}

static void ask_nickname(struct step *s, uint8_t named_alone)
{
    s->learner->agreed = (uint8_t)((s->learner->agreed & ~LEARNER_NAMED_ALONE) | named_alone);
    step_enter_side(s, LEARNER_STATE_NICKNAME);
    step_say_screen(s);
}

bool who_ask_own_nickname(struct step *s)
{
    if (s->learner->nickname[0] != '\0')
        return false;
    ask_nickname(s, LEARNER_NAMED_ALONE);
    return true;
}

/* ---- who is learning ---- */

/* The place of whoever learns now, or what there is instead. */
void who_show_place(struct step *s)
{
    struct learner *l = s->learner;
    bool is_silent = l->state == LEARNER_STATE_STOPPED && s->input->via != VIA_USSD;
    if (l->is_locked)
        step_say_screen(s);
    else if (is_silent)
        step_say(s, step_text(s, COURSE_TEXT_who_left, NO_VARS));
    else if (l->state == LEARNER_STATE_NEW)
        join_course(s);
    else
        step_say_screen(s);
}

static void choose(struct step *s, uint32_t i)
{
    step_leave_any_side(s);
    if (i != PEOPLE_MYSELF)
        people_become_at(s, i);
    step_leave_any_side(s);
    s->learner->is_locked = pin_is_set(s->learner);
    who_show_place(s);
}

static bool is_taken(const struct step *s, struct str name)
{
    struct learner person;
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES; slot++) {
        if (people_find_slot(s, slot, &person) != PEOPLE_NOBODY &&
            str_eq(name, str_from(person.nickname)))
            return true;
    }
    return false;
}

/* "two" may be somebody's name, else it is the second. */
bool who_answer(struct step *s)
{
    struct str name = who_shown_nickname(s, s->norm);
    struct learner person;
    int32_t n = 0,
            key = is_taken(s, name) ? 0 : step_menu_key(s, who_screen(s), LEARNER_MAX_PROFILES);
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES; slot++) {
        uint32_t i = people_find_slot(s, slot, &person);
        n += i != PEOPLE_NOBODY;
        if (i != PEOPLE_NOBODY && (n == key || str_eq(name, str_from(person.nickname)))) {
            choose(s, i);
            return true;
        }
    }
    if ((key != n + 1 && !is_new(s)) || is_full(s))
        return false;
    ask_nickname(s, 0);
    return true;
}

/* ---- a nickname ---- */

bool who_is_nickname(struct str name)
{
    uint32_t n = 0;
    for (size_t at = 0; at < name.len; n++) {
        int32_t c = utf8_next(name, &at);
        if (c < 0x80 && (c < 'a' || c > 'z'))
            return false;
    }
    return n >= MIN_LETTERS && n <= MAX_LETTERS && name.len < LEARNER_NICKNAME_BYTES &&
           signs_is_name(name);
}

static void take_nickname(struct step *s, struct str name)
{
    if (str_copy(name, s->learner->nickname, sizeof(s->learner->nickname)) != ERR_OK)
        step_fail(s); /* its length was looked at */
}

/* Somebody new, of the same group; the others stay as they are. */
static void begin_person(struct step *s, struct str name)
{
    struct learner *l = s->learner, person;
    uint8_t slot = people_free_slot(s);
    step_enter(s, l->back);
    const struct learner before = *l;
    people_put(s, learner_n_others(l), &before);
    learner_init(&person);
    person.seq = l->seq;
    person.link = l->link;
    person.others = l->others;
    person.cohort = l->cohort;
    person.slot = slot;
    people_share_push(&person, &before);
    *l = person;
    take_nickname(s, name);
    engine_take_course(s);
    engine_meet(s);
}

static void set_nickname(struct step *s, struct str name)
{
    struct learner *l = s->learner;
    if (l->nickname[0] == '\0') {
        take_nickname(s, name);
        l->slot = people_free_slot(s);
        if (is_named_alone(s)) {
            l->agreed &= (uint8_t)~LEARNER_NAMED_ALONE;
            step_return(s);
            return;
        }
    } else {
        begin_person(s, name);
    }
    step_enter_side(s, LEARNER_STATE_SET_PIN);
    step_say_screen(s);
}

/* A number of the list, and nothing that could be a name. */
static uint64_t nickname_key(const struct step *s)
{
    uint64_t key;
    return str_to_u64(s->norm, LEARNER_MAX_PROFILES, &key) == ERR_OK ? key : 0;
}

bool who_nickname_answer(struct step *s)
{
    struct str name = STR_NONE;
    bool is_back = str_eq(s->norm, STR("0")) || s->match.command == COMMAND_BACK;
    if (is_back && s->learner->nickname[0] != '\0') { /* to the question that it came from */
        who_ask(s);
        return true;
    }
    if (nickname_key(s) > 0)
        name = suggestion(s, (uint32_t)nickname_key(s) - 1);
    else if (who_is_nickname(s->norm) && s->match.command == COMMAND_NONE)
        name = who_shown_nickname(s, s->norm);
    if (str_is_empty(name))
        return false;
    if (is_taken(s, name)) {
        step_say(s, step_text(s, COURSE_TEXT_nickname_taken, NO_VARS));
        step_say_screen(s);
    } else {
        set_nickname(s, name);
    }
    return true;
}

/* Among several each one has a name and a place in the list. */
void who_give_name(struct step *s, struct learner *person)
{
    struct str name = str_from(person->nickname);
    if (name.len == 0 || is_taken(s, name))
        name = suggestion(s, 0);
    if (str_copy(name, person->nickname, sizeof(person->nickname)) != ERR_OK)
        step_fail(s); /* the course offers more names than people fit */
}

/* ---- the doors ---- */

/* What people may send once it is known who they are: a command's word or key. */
static bool is_for_later(const struct step *s)
{
    return s->match.command != COMMAND_NONE || match_command_key(s->norm) != COMMAND_NONE;
}

/* Who finds no place in the list is told why, and what to do. */
static bool is_one_too_many(const struct step *s, enum course_text excuse)
{
    bool is_new_here = s->match.command == COMMAND_JOIN || excuse == COURSE_TEXT_unknown_1;
    return s->learner->state == LEARNER_STATE_WHO && is_new_here && is_full(s);
}

bool who_say_again(struct step *s, bool is_asked)
{
    bool is_heard = understand_nothing(s);
    enum course_text excuse = !is_asked         ? COURSE_TEXT_nothing
                              : is_for_later(s) ? COURSE_TEXT_first_this
                                                : understand_excuse(s);
    if (excuse == COURSE_TEXT_unknown_2 && s->input->via != VIA_USSD)
        excuse = COURSE_TEXT_unknown_here; /* the other names the menu, which is nobody's yet */
    if (is_asked && is_one_too_many(s, excuse))
        excuse = COURSE_TEXT_who_full;
    if (is_heard && is_asked)
        step_say_if_room(s, step_text(s, excuse, NO_VARS));
    return is_heard;
}

/* Somebody new came after a person with a PIN, whose place nothing of this may touch. */
static void answer_new(struct step *s)
{
    if (s->match.command == COMMAND_SWITCH)
        who_ask(s);
    else if ((!s->input->is_shown || !who_nickname_answer(s)) &&
             who_say_again(s, s->input->is_shown))
        step_say_screen(s);
}

void who_hear(struct step *s)
{
    struct learner *l = s->learner;
    bool is_quiet = s->input->via != VIA_USSD && l->link.last_ms != 0 &&
                    s->input->now.ms - l->link.last_ms > QUIET_MS;
    if (!l->is_doubted && owner_is_doubtful(s)) {
        l->is_doubted = true;
        s->is_who_unknown = true;
    }
    if (l->is_doubted || !is_quiet || !people_is_shared(s) || !people_has_anybody(s))
        return;
    s->is_who_unknown = true;
    people_step_aside(s);
    l->is_locked |= pin_is_set(l);
    step_enter_side(s, LEARNER_STATE_WHO);
}

/* "SWITCH ANA" says who it is. */
static void ask_again(struct step *s, bool is_asked)
{
    bool is_named = s->match.command == COMMAND_SWITCH && !str_is_empty(s->match.argument);
    if (is_named) {
        s->argument = s->match.argument;
        who_switch(s);
    } else if (who_say_again(s, is_asked && s->match.command != COMMAND_SWITCH)) {
        who_ask(s);
    }
}

bool who_is_open(const struct step *s)
{
    const struct learner *l = s->learner;
    return l->state == LEARNER_STATE_WHO || l->is_locked || l->is_doubted || s->is_who_unknown;
}

bool who_gate(struct step *s)
{
    struct learner *l = s->learner;
    bool is_who = l->state == LEARNER_STATE_WHO;
    if (move_is_going(s))
        return true;
    bool is_asked =
        is_who && !s->is_who_unknown && s->input->is_shown && l->side_via == (uint8_t)s->input->via;
    if (l->is_doubted) {
        owner_answer(s);
        return true;
    }
    if (is_who && !(is_asked && who_answer(s)))
        ask_again(s, is_asked);
    else if (!is_who && pin_is_missing(s))
        pin_answer(s);
    else if (!is_who && l->is_locked)
        answer_new(s);
    else
        return is_who;
    return true;
}

bool who_dial(struct step *s)
{
    bool is_asked = s->learner->state == LEARNER_STATE_WHO; /* by SMS, maybe: here it is, too */
    if (!is_asked && (!people_is_shared(s) || !people_has_anybody(s)))
        return false;
    who_ask(s);
    return true;
}

bool who_call(struct step *s)
{
    who_hear(s);
    if (move_is_going(s))
        return true;
    if (s->learner->state != LEARNER_STATE_WHO && !s->learner->is_locked)
        return false;
    who_ask(s);
    return true;
}

void who_switch(struct step *s)
{
    struct str rest = s->argument;
    struct str name = who_shown_nickname(s, match_next_word(&rest));
    struct learner person;
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES && name.len > 0; slot++) {
        uint32_t i = people_find_slot(s, slot, &person);
        if (i != PEOPLE_NOBODY && str_eq(name, str_from(person.nickname))) {
            choose(s, i);
            return;
        }
    }
    if (s->learner->nickname[0] == '\0')
        ask_nickname(s, 0);
    else
        who_ask(s);
}

void who_leave(struct step *s)
{
    struct learner *l = s->learner;
    step_leave_any_side(s);
    step_event(s, EVENT_stopped)->value = 1; /* this person alone */
    l->back = l->state;
    l->void_before = l->seq + 1;
    step_enter(s, LEARNER_STATE_STOPPED);
    step_say(s, step_text(s, COURSE_TEXT_left, NO_VARS));
    memcpy(s->out->gone, l->learner_id, sizeof(l->learner_id));
    s->out->is_gone = true;
    who_ask(s);
}

void who_name_push(struct step *s)
{
    struct outcome *out = s->out;
    if (out->reply.p == NULL || !people_is_shared(s) || s->learner->nickname[0] == '\0')
        return;
    if (s->is_who_unknown) { /* what somebody else sends now is no answer of this person */
        step_enter_side(s, LEARNER_STATE_WHO);
        out->shows = OUTCOME_SHOWS_OTHER;
    }
    struct str name = step_text(s, COURSE_TEXT_push_name, NO_VARS);
    out->reply = arena_printf(s->arena, "%.*s %.*s", STR_ARG(name), STR_ARG(out->reply));
}
