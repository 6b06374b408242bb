/*
 * Several people on one number (docs/course-rules.md 5): who is learning, nicknames, PINs. Each has
 * a record of his or her own (core/learner.h); the step is always about the one who is learning
 * now.
 */
#include <string.h>

#include "core/engine/internal.h"
#include "core/match/words.h"
#include "core/utf8.h"

#define QUIET_MS (30 * 60 * (int64_t)1000) /* by SMS nobody knows after that who writes */
#define MIN_LETTERS 2u
#define MAX_LETTERS 10u
#define PIN_DIGITS 4u
#define FREE_TRIES 3u /* at a PIN, before each one has to wait longer */
#define FIRST_WAIT_MS (60 * (int64_t)1000)
#define MAX_WAIT_MS (24 * 3600 * (int64_t)1000)
#define AWAY_MS                                                                                    \
    (365 * DAY_MS) /* so long after its last word a place that nobody may see is kept              \
                    */
#define NOBODY UINT32_MAX
#define MYSELF (UINT32_MAX - 1)

/* ---- the people ---- */

/* Where the person of this slot is: MYSELF, a place among the others, or NOBODY. */
static uint32_t find_slot(const struct step *s, uint8_t slot, struct learner *ret)
{
    uint32_t n = learner_n_others(s->learner);
    if (s->learner->slot == slot) {
        *ret = *s->learner;
        return MYSELF;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (learner_other(s->learner, i, ret) == ERR_OK && ret->slot == slot)
            return i;
    }
    return NOBODY;
}

static bool is_away(const struct learner *l)
{
    return l->slot == LEARNER_SLOT_AWAY;
}

static bool is_shared(const struct step *s)
{
    struct learner other;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &other) == ERR_OK && !is_away(&other))
            return true;
    }
    return false;
}

/* Of those beside the one who is learning the first who is in the course; NOBODY: none is. */
static uint32_t find_enrolled(const struct step *s)
{
    struct learner other;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &other) == ERR_OK && learner_is_enrolled(&other) &&
            !is_away(&other))
            return i;
    }
    return NOBODY;
}

bool shared_has_other(const struct step *s)
{
    return find_enrolled(s) != NOBODY;
}

/* After STOP there is nobody left whom a question could be for. */
bool shared_has_anybody(const struct step *s)
{
    return learner_is_enrolled(s->learner) || shared_has_other(s);
}

static uint8_t free_slot(const struct step *s)
{
    struct learner person;
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES; slot++) {
        if (find_slot(s, slot, &person) == NOBODY)
            return slot;
    }
    return 0;
}

bool shared_has_pin(const struct learner *l)
{
    static const uint8_t none[LEARNER_PIN_HASH_BYTES];
    return memcmp(l->pin_hash, none, sizeof(none)) != 0;
}

static void put(struct step *s, uint32_t i, const struct learner *person)
{
    if (learner_set_other(s->learner, i, person) != ERR_OK)
        step_fail(s);
}

/* The i-th of the others learns from here on, on the version of the course that he or she began. */
static void become(struct step *s, uint32_t i)
{
    struct learner *l = s->learner, person;
    const struct learner before = *l;
    if (learner_other(l, i, &person) != ERR_OK) {
        step_fail(s);
        return;
    }
    put(s, i, &before);
    person.others = l->others;
    if (person.pushed_ms < before.pushed_ms)
        person.pushed_ms = before.pushed_ms; /* one a day, to all of them together */
    *l = person;
    engine_take_course(s);
}

/* As it is shown: capitals, where the alphabet is Latin. */
struct str shared_shown_nickname(const struct step *s, struct str name)
{
    char *p = arena_alloc(s->arena, name.len + 1);
    for (size_t i = 0; p != NULL && i < name.len; i++)
        p[i] = name.p[i] >= 'a' && name.p[i] <= 'z' ? (char)(name.p[i] - 'a' + 'A') : name.p[i];
    return (struct str){p, p != NULL ? name.len : 0};
}

/* ---- what is asked ---- */

struct str shared_who_screen(const struct step *s)
{
    struct str options = STR_NONE;
    struct learner person;
    unsigned key = 0;
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES; slot++) {
        if (find_slot(s, slot, &person) == NOBODY)
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

/* Who has left keeps the place where that was: who learns is asked of somebody who is there. */
static void step_aside(struct step *s)
{
    bool has_left = s->learner->state == LEARNER_STATE_STOPPED;
    if (has_left && shared_has_other(s))
        become(s, find_enrolled(s));
}

static void ask_who(struct step *s)
{
    struct learner *l = s->learner;
    step_aside(s);
    l->is_locked |= shared_has_pin(l);
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
            is_taken |=
                find_slot(s, slot, &person) != NOBODY && str_eq(word, str_from(person.nickname));
        }
        if (!is_taken && word.len > 0 && n-- == 0)
            return word;
    }
    return STR_NONE;
}

struct str shared_nickname_screen(const struct step *s)
{
    struct str options = STR_NONE;
    for (uint32_t i = 0; i < LEARNER_MAX_PROFILES; i++) {
        struct str word = suggestion(s, i);
        if (word.p != NULL)
            options = arena_printf(s->arena, "%.*s%s%u %.*s", STR_ARG(options), i > 0 ? " " : "",
                                   i + 1, STR_ARG(word));
    }
    return step_text(s, COURSE_TEXT_nickname, VARS({"options", options}));
}

struct str shared_pin_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_pin_new, NO_VARS);
}

static void ask_nickname(struct step *s)
{
    step_enter_side(s, LEARNER_STATE_NICKNAME);
    step_say_screen(s);
}

/* ---- who is learning ---- */

struct str shared_locked_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_pin, NO_VARS);
}

/* The place of whoever learns now, or what there is instead. */
static void show_place(struct step *s)
{
    struct learner *l = s->learner;
    bool is_silent = l->state == LEARNER_STATE_STOPPED && s->input->via != VIA_USSD;
    if (l->is_locked)
        step_say_screen(s);
    else if (is_silent)
        step_say(s, step_text(s, COURSE_TEXT_who_left, NO_VARS));
    else if (l->state == LEARNER_STATE_NEW)
        engine_join(s);
    else
        step_say_screen(s);
}

static void leave_side(struct step *s)
{
    if (learner_state_is_side(s->learner->state))
        step_enter(s, s->learner->back);
}

static void choose(struct step *s, uint32_t i)
{
    leave_side(s);
    if (i != MYSELF)
        become(s, i);
    leave_side(s);
    s->learner->is_locked = shared_has_pin(s->learner);
    show_place(s);
}

/* A number of the list, and nothing that could be a name. */
static uint64_t key_of(const struct step *s)
{
    uint64_t key;
    return str_to_u64(s->norm, LEARNER_MAX_PROFILES, &key) == ERR_OK ? key : 0;
}

bool shared_who_answer(struct step *s)
{
    struct str name = shared_shown_nickname(s, s->norm);
    struct learner person;
    uint64_t n = 0, key = key_of(s);
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES; slot++) {
        uint32_t i = find_slot(s, slot, &person);
        n += i != NOBODY;
        if (i != NOBODY && (n == key || str_eq(name, str_from(person.nickname)))) {
            choose(s, i);
            return true;
        }
    }
    if (key != n + 1)
        return false;
    ask_nickname(s);
    return true;
}

/* ---- a nickname ---- */

bool shared_is_nickname(struct str name)
{
    uint32_t n = 0;
    for (size_t at = 0; at < name.len; n++) {
        int32_t c = utf8_next(name, &at);
        if (c < 0x80 && (c < 'a' || c > 'z'))
            return false;
    }
    return n >= MIN_LETTERS && n <= MAX_LETTERS && name.len < LEARNER_NICKNAME_BYTES;
}

static bool is_taken(const struct step *s, struct str name)
{
    struct learner person;
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES; slot++) {
        if (find_slot(s, slot, &person) != NOBODY && str_eq(name, str_from(person.nickname)))
            return true;
    }
    return false;
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
    uint8_t slot = free_slot(s);
    step_enter(s, l->back);
    const struct learner before = *l;
    put(s, learner_n_others(l), &before);
    learner_init(&person);
    person.seq = l->seq;
    person.link = l->link;
    person.others = l->others;
    person.cohort = l->cohort;
    person.slot = slot;
    *l = person;
    take_nickname(s, name);
    engine_take_course(s);
    engine_meet(s);
}

static void set_nickname(struct step *s, struct str name)
{
    if (s->learner->nickname[0] == '\0') {
        take_nickname(s, name);
        s->learner->slot = free_slot(s);
    } else {
        begin_person(s, name);
    }
    step_enter_side(s, LEARNER_STATE_SET_PIN);
    step_say_screen(s);
}

bool shared_nickname_answer(struct step *s)
{
    struct str name = STR_NONE;
    if (key_of(s) > 0)
        name = suggestion(s, (uint32_t)key_of(s) - 1);
    else if (shared_is_nickname(s->norm) && s->match.command == COMMAND_NONE)
        name = shared_shown_nickname(s, s->norm);
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

/* ---- a PIN ---- */

static bool is_pin(struct str text)
{
    uint64_t value;
    return text.len == PIN_DIGITS && str_to_u64(text, 9999, &value) == ERR_OK;
}

/* Nickname and PIN are there: on to the consent, or to whoever wants to learn now. */
static void end_naming(struct step *s)
{
    step_enter(s, s->learner->back);
    if (s->learner->state == LEARNER_STATE_NEW)
        engine_join(s);
    else
        ask_who(s);
}

bool shared_pin_answer(struct step *s)
{
    struct learner *l = s->learner;
    if (str_eq(s->norm, STR("0"))) {
        end_naming(s);
        return true;
    }
    if (!is_pin(s->norm) || s->context->hash_pin == NULL)
        return false;
    memcpy(l->pin_salt, s->input->seed + sizeof(l->learner_id), sizeof(l->pin_salt));
    s->context->hash_pin(l->pin_salt, s->norm, l->pin_hash);
    end_naming(s);
    return true;
}

/* Each try behind the third waits four times as long as the one before. */
static void count_wrong(struct step *s)
{
    struct learner *l = s->learner;
    int64_t wait_ms = FIRST_WAIT_MS;
    if (l->n_pin_wrong < UINT8_MAX)
        l->n_pin_wrong++;
    for (unsigned i = FREE_TRIES; i < l->n_pin_wrong && wait_ms < MAX_WAIT_MS; i++)
        wait_ms *= 4;
    if (l->n_pin_wrong >= FREE_TRIES)
        l->pin_until_ms = s->input->now.ms + (wait_ms < MAX_WAIT_MS ? wait_ms : MAX_WAIT_MS);
}

bool shared_is_pin(struct step *s, const uint8_t *salt, const uint8_t *hash)
{
    uint8_t tried[LEARNER_PIN_HASH_BYTES];
    uint8_t differs = 0;
    s->context->hash_pin(salt, s->norm, tried);
    for (size_t i = 0; i < sizeof(tried); i++)
        differs |= (uint8_t)(tried[i] ^ hash[i]);
    if (differs != 0) {
        count_wrong(s);
        return false;
    }
    s->learner->n_pin_wrong = 0;
    s->learner->pin_until_ms = 0;
    return true;
}

bool shared_may_try(struct step *s)
{
    int64_t left_ms = s->learner->pin_until_ms - s->input->now.ms;
    if (left_ms <= 0)
        return true;
    step_say(s, step_text(s, COURSE_TEXT_pin_wait,
                          VARS({"minutes", step_number(s, (left_ms + 59999) / 60000)})));
    s->out->shows = OUTCOME_SHOWS_SCREEN;
    return false;
}

static void try_pin(struct step *s)
{
    struct learner *l = s->learner;
    if (shared_is_pin(s, l->pin_salt, l->pin_hash)) {
        l->is_locked = false;
        show_place(s);
        return;
    }
    step_say(s, step_text(s, COURSE_TEXT_pin_wrong, NO_VARS));
    step_say_screen(s);
}

bool shared_is_locked(const struct step *s)
{
    const struct learner *l = s->learner;
    return l->is_locked && l->state != LEARNER_STATE_WHO && l->state != LEARNER_STATE_NICKNAME;
}

/* Somebody new came after a person with a PIN, whose place nothing of this may touch. */
static void answer_new(struct step *s)
{
    if (s->match.command == COMMAND_SWITCH)
        ask_who(s);
    else if (!s->input->is_shown || !shared_nickname_answer(s))
        step_say_screen(s);
}

static void answer_locked(struct step *s)
{
    bool is_switch = s->match.command == COMMAND_SWITCH || str_eq(s->norm, STR("0"));
    if (is_switch)
        ask_who(s);
    else if (!shared_may_try(s))
        return;
    else if (is_pin(s->norm) && s->context->hash_pin != NULL)
        try_pin(s);
    else
        step_say_screen(s);
}

/* ---- a number that changed hands ---- */

bool shared_is_doubtful(const struct step *s)
{
    const struct learner *l = s->learner;
    bool has_place = l->consent_ms != 0 && l->state != LEARNER_STATE_DELETED;
    return has_place && s->context->quiet_days > 0 && l->link.last_ms != 0 &&
           s->input->now.ms - l->link.last_ms > s->context->quiet_days * DAY_MS;
}

bool shared_doubt(struct step *s)
{
    if (s->is_known || !(s->learner->is_doubted || shared_is_doubtful(s)))
        return false;
    s->learner->is_doubted = true;
    s->is_who_unknown = true;
    step_say_screen(s);
    return true;
}

/* Nobody sees it again, nothing is sent to it, and after a year it is forgotten. */
static struct learner put_away(const struct step *s, const struct learner *person)
{
    struct learner away = *person;
    away.slot = LEARNER_SLOT_AWAY;
    away.is_doubted = false;
    away.ended_ms = s->learner->link.last_ms + AWAY_MS;
    return away;
}

/* All who were here before go; the oldest of those who went before them makes room. */
static void begin_anew(struct step *s)
{
    struct learner *l = s->learner, person;
    for (uint32_t i = 0; i < learner_n_others(l); i++) {
        if (learner_other(l, i, &person) != ERR_OK)
            continue;
        person = put_away(s, &person);
        put(s, i, &person);
    }
    if (learner_n_others(l) == LEARNER_MAX_PROFILES - 1)
        learner_remove_other(l, 0);
    person = put_away(s, l);
    put(s, learner_n_others(l), &person);
    learner_init(&person);
    person.seq = l->seq;
    person.link = l->link;
    person.others = l->others;
    *l = person;
    engine_take_course(s);
    engine_meet(s);
    engine_join(s);
}

static void answer_doubt(struct step *s)
{
    struct learner *l = s->learner;
    bool is_silent = l->state == LEARNER_STATE_STOPPED && s->input->via == VIA_SMS;
    bool is_join = s->match.command == COMMAND_JOIN;
    uint64_t key = s->is_who_unknown || !s->input->is_shown ? 0 : key_of(s);
    if (key == 1) {
        l->is_doubted = false;
        s->is_known = true;
        leave_side(s);
        if (l->state == LEARNER_STATE_STOPPED)
            engine_rejoin(s);
        else if (is_shared(s))
            ask_who(s);
        else
            show_place(s);
    } else if (key == 2) {
        begin_anew(s);
    } else if (!is_silent || is_join) {
        step_say_screen(s);
    }
}

/* ---- from another number ---- */

bool shared_has_room(const struct step *s)
{
    bool stays = s->learner->consent_ms != 0;
    return !stays || learner_n_others(s->learner) < LEARNER_MAX_PROFILES - 1;
}

/* Among several each one has a name and a place in the list. */
static void give_name(struct step *s, struct learner *person)
{
    struct str name = str_from(person->nickname);
    if (name.len == 0 || is_taken(s, name))
        name = suggestion(s, 0);
    if (str_copy(name, person->nickname, sizeof(person->nickname)) != ERR_OK)
        step_fail(s); /* the course offers more names than people fit */
}

bool shared_take_in(struct step *s, const struct learner *from)
{
    struct learner *l = s->learner, person = *from;
    bool stays = l->consent_ms != 0;
    leave_side(s);
    struct learner before = l->is_doubted ? put_away(s, l) : *l;
    if (stays && !is_away(&before) && before.nickname[0] == '\0') {
        give_name(s, &before);
        before.slot = free_slot(s);
    }
    if (stays)
        put(s, learner_n_others(l), &before);
    person.seq = l->seq;
    person.link = l->link;
    person.others = l->others;
    person.slot = 0;
    if (learner_state_is_side(person.state))
        person.state = person.back;
    person.is_locked = person.is_doubted = person.has_move_pin = false;
    person.n_pin_wrong = 0;
    person.pin_until_ms = person.moving_ms = 0;
    person.move_code = 0;
    memset(person.moving_to, 0, sizeof(person.moving_to));
    l->slot = LEARNER_SLOT_AWAY; /* neither counts nor has a name any more */
    if (is_shared(s))
        give_name(s, &person);
    if (person.nickname[0] != '\0')
        person.slot = free_slot(s);
    *l = person;
    engine_take_course(s);
    return !stays;
}

/* ---- the doors ---- */

void shared_hear(struct step *s)
{
    struct learner *l = s->learner;
    bool is_quiet = s->input->via != VIA_USSD && l->link.last_ms != 0 &&
                    s->input->now.ms - l->link.last_ms > QUIET_MS;
    if (!l->is_doubted && shared_is_doubtful(s)) {
        l->is_doubted = true;
        s->is_who_unknown = true;
    }
    if (l->is_doubted || !is_quiet || !is_shared(s) || !shared_has_anybody(s))
        return;
    s->is_who_unknown = true;
    step_aside(s);
    l->is_locked |= shared_has_pin(l);
    step_enter_side(s, LEARNER_STATE_WHO);
}

bool shared_gate(struct step *s)
{
    struct learner *l = s->learner;
    bool is_who = l->state == LEARNER_STATE_WHO;
    if (move_is_going(s))
        return true;
    bool is_asked =
        is_who && !s->is_who_unknown && s->input->is_shown && l->side_via == (uint8_t)s->input->via;
    if (l->is_doubted) {
        answer_doubt(s);
        return true;
    }
    if (is_who && !(is_asked && shared_who_answer(s)))
        ask_who(s);
    else if (!is_who && shared_is_locked(s))
        answer_locked(s);
    else if (!is_who && l->is_locked)
        answer_new(s);
    else
        return is_who;
    return true;
}

bool shared_dial(struct step *s)
{
    if (!is_shared(s) || !shared_has_anybody(s))
        return false;
    ask_who(s);
    return true;
}

bool shared_call(struct step *s)
{
    shared_hear(s);
    if (move_is_going(s))
        return true;
    if (s->learner->state != LEARNER_STATE_WHO && !s->learner->is_locked)
        return false;
    ask_who(s);
    return true;
}

void shared_switch(struct step *s)
{
    struct str rest = s->argument;
    struct str name = shared_shown_nickname(s, match_next_word(&rest));
    struct learner person;
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES && name.len > 0; slot++) {
        uint32_t i = find_slot(s, slot, &person);
        if (i != NOBODY && str_eq(name, str_from(person.nickname))) {
            choose(s, i);
            return;
        }
    }
    if (s->learner->nickname[0] == '\0')
        ask_nickname(s);
    else
        ask_who(s);
}

/* ---- what is done to all, and to one of them ---- */

void shared_stop(struct step *s)
{
    struct learner *l = s->learner, other;
    if (l->state == LEARNER_STATE_WHO)
        step_enter(s, l->back);
    for (uint32_t i = 0; i < learner_n_others(l); i++) {
        if (learner_other(l, i, &other) != ERR_OK || other.state == LEARNER_STATE_STOPPED)
            continue;
        if (learner_state_is_side(other.state))
            other.state = other.back;
        other.back = other.state;
        other.state = LEARNER_STATE_STOPPED;
        other.void_before = l->seq + 1;
        put(s, i, &other);
        memcpy(s->out->also[s->out->n_also++], other.learner_id, sizeof(other.learner_id));
    }
}

void shared_leave(struct step *s)
{
    struct learner *l = s->learner;
    leave_side(s);
    step_event(s, EVENT_stopped)->value = 1; /* this person alone */
    l->back = l->state;
    l->void_before = l->seq + 1;
    step_enter(s, LEARNER_STATE_STOPPED);
    step_say(s, step_text(s, COURSE_TEXT_left, NO_VARS));
    memcpy(s->out->gone, l->learner_id, sizeof(l->learner_id));
    s->out->is_gone = true;
    ask_who(s);
}

void shared_release(struct step *s)
{
    struct learner other;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &other) != ERR_OK || other.held_ms == 0 ||
            other.held_ms > s->input->held_until.ms)
            continue;
        other.held_ms = 0;
        other.is_child = false;
        put(s, i, &other);
    }
}

bool shared_forget(struct step *s)
{
    struct learner *l = s->learner, person;
    uint32_t i = 0, n = learner_n_others(l);
    while (i < n && (learner_other(l, i, &person) != ERR_OK || is_away(&person)))
        i++;
    if (i == n)
        return false; /* nobody whom this number is for */
    memcpy(s->out->gone, l->learner_id, sizeof(l->learner_id));
    person.others = l->others;
    learner_remove_other(&person, i);
    *l = person;
    l->is_locked = shared_has_pin(l);
    engine_take_course(s);
    s->out->is_gone = true;
    return true;
}

/* ---- time ---- */

int64_t shared_wake_ms(const struct step *s, uint32_t *ret_whose)
{
    int64_t earliest_ms = engine_wake_ms(s);
    struct learner person;
    *ret_whose = MYSELF;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &person) != ERR_OK)
            continue;
        struct step other = *s;
        other.learner = &person;
        engine_take_course(&other);
        int64_t ms = other.error == ERR_OK ? engine_wake_ms(&other) : 0;
        if (ms != 0 && (earliest_ms == 0 || ms < earliest_ms)) {
            earliest_ms = ms;
            *ret_whose = i;
        }
    }
    return earliest_ms;
}

bool shared_take_due(struct step *s)
{
    uint32_t whose;
    int64_t due_ms = shared_wake_ms(s, &whose);
    if (due_ms == 0 || s->input->now.ms < due_ms)
        return false;
    if (s->learner->state == LEARNER_STATE_WHO)
        step_enter(s, s->learner->back);
    s->is_who_unknown = whose != MYSELF;
    if (whose != MYSELF)
        become(s, whose);
    return true;
}

bool shared_become(struct step *s, const uint8_t learner_id[16])
{
    struct learner person;
    if (memcmp(s->learner->learner_id, learner_id, sizeof(person.learner_id)) == 0)
        return true;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &person) != ERR_OK ||
            memcmp(person.learner_id, learner_id, sizeof(person.learner_id)) != 0)
            continue;
        become(s, i);
        return s->error == ERR_OK;
    }
    return false;
}

void shared_name_push(struct step *s)
{
    struct outcome *out = s->out;
    if (out->reply.p == NULL || !is_shared(s) || s->learner->nickname[0] == '\0')
        return;
    if (s->is_who_unknown) { /* what somebody else sends now is no answer of this person */
        step_enter_side(s, LEARNER_STATE_WHO);
        out->shows = OUTCOME_SHOWS_OTHER;
    }
    struct str name = step_text(s, COURSE_TEXT_push_name, NO_VARS);
    out->reply = arena_printf(s->arena, "%.*s %.*s", STR_ARG(name), STR_ARG(out->reply));
}
