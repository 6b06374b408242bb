/* The verbs of a transcript: how the arguments of each are read, and the table of all. */
#include <string.h>

#include "lab/talk/internal.h"

static const struct {
    const char *name;
    enum err fail;
    bool is_late;
} faults[] = {
    {"timeout", ERR_TIMEOUT, false},
    {"late", ERR_TIMEOUT, true},
    {"unavailable", ERR_UNAVAILABLE, false},
    {"down", ERR_UNAVAILABLE, false},
    {"full", ERR_FULL, false},
    {"conflict", ERR_CONFLICT, false},
    {"io", ERR_IO, false},
    {"ok", ERR_OK, false},
};

static enum err read_wait(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    do {
        struct str word = talk_take_word(&rest);
        int64_t unit_ms = 0;
        uint64_t n = 0;
        for (size_t i = 0; i < ARRAY_LEN(units) && word.len > 0; i++) {
            if (word.p[word.len - 1] == units[i].unit)
                unit_ms = units[i].ms;
        }
        if (unit_ms == 0 || str_to_u64(str_sub(word, 0, word.len - 1), 1000000, &n) != ERR_OK)
            return TALK_FAIL(p, "'%.*s' is no time; write as 30s, 10m, 24h, 7d", STR_ARG(word));
        line->wait_ms += (int64_t)n * unit_ms;
    } while (rest.len > 0);
    if (line->wait_ms > TALK_MAX_WAIT_MS)
        return TALK_FAIL(p, "that is more than ten years");
    return ERR_OK;
}

static enum err read_turn(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    bool is_back = str_starts(rest, STR("back "));
    enum err e = read_wait(p, is_back ? str_trim(str_sub(rest, 5, rest.len)) : rest, line);
    line->is_old = is_back;
    return e;
}

static enum err read_number(struct talk_parser *p, struct str word, uint64_t max, uint32_t *ret)
{
    uint64_t n;
    if (str_to_u64(word, max, &n) != ERR_OK || n == 0)
        return TALK_FAIL(p, "'%.*s' is no number from 1 to %llu", STR_ARG(word),
                         (unsigned long long)max);
    *ret = (uint32_t)n;
    return ERR_OK;
}

static bool is_port(struct str name)
{
    return str_eq(name, STR("store")) || str_eq(name, STR("spool")) || str_eq(name, STR("sink")) ||
           str_eq(name, STR("sender"));
}

static enum err read_fail(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    struct str where = talk_take_word(&rest);
    struct str how = talk_take_word(&rest);
    line->port = str_split(&where, '.');
    line->action = where;
    if (!is_port(line->port))
        return TALK_FAIL(
            p, "'%.*s' is no port; write store.VERB, spool.VERB, sink.VERB or sender.VERB",
            STR_ARG(line->port));
    if (str_is_empty(line->action))
        return TALK_FAIL(p,
                         "write which call fails: store.load, store.commit, spool.append, store.*");
    size_t i = 0;
    while (i < ARRAY_LEN(faults) && !str_eq(how, str_from(faults[i].name)))
        i++;
    if (i == ARRAY_LEN(faults))
        return TALK_FAIL(
            p,
            "'%.*s' is no way to fail; write timeout, late, down, full, conflict, io or "
            "ok",
            STR_ARG(how));
    line->fail = faults[i].fail;
    line->is_late = faults[i].is_late;
    line->n = 1;
    if (str_eq(rest, STR("always"))) {
        line->n = UINT32_MAX;
        return ERR_OK;
    }
    return rest.len > 0 ? read_number(p, rest, 1000000, &line->n) : ERR_OK;
}

static enum err read_loose(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    line->events = rest.len == 0 || str_eq(rest, STR("events"));
    line->replies = rest.len == 0 || str_eq(rest, STR("replies"));
    if (!line->events && !line->replies)
        return TALK_FAIL(p, "'%.*s': write loose, loose events or loose replies", STR_ARG(rest));
    return ERR_OK;
}

static enum err read_drop(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    line->is_quiet = str_eq(rest, STR("quietly"));
    if (rest.len > 0 && !line->is_quiet)
        return TALK_FAIL(p, "'%.*s': write drop or drop quietly", STR_ARG(rest));
    return ERR_OK;
}

static enum err read_repeat(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    struct str word = rest;
    line->is_old = str_eq(talk_take_word(&word), STR("old"));
    if (line->is_old)
        rest = word;
    line->n = 1;
    uint32_t max = line->is_old ? TALK_HISTORY - 1 : TALK_MAX_REPEATS;
    return rest.len > 0 ? read_number(p, rest, max, &line->n) : ERR_OK;
}

static enum err read_report(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    struct str status = talk_take_word(&rest);
    line->is_there = str_eq(status, STR("delivered"));
    if (!line->is_there && !str_eq(status, STR("failed")))
        return TALK_FAIL(p, "'%.*s': write report delivered or report failed", STR_ARG(status));
    return rest.len > 0 ? read_number(p, rest, TALK_HISTORY - 1, &line->n) : ERR_OK;
}

static enum err read_start(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    if (p->has_played)
        return TALK_FAIL(p, "course and clock stand before the first message");
    if (rest.len == 0)
        return TALK_FAIL(p, "write what: a course's folder, or a date, a time and a zone");
    line->text = rest;
    return ERR_OK;
}

static enum err read_group(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    line->action = talk_take_word(&rest);
    line->text = rest;
    if (rest.len > 0)
        return ERR_OK;
    return TALK_FAIL(p, "write its code and what it is: group 482156 name=A");
}

static enum err read_correct(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    line->action = talk_take_word(&rest);
    line->text = rest;
    if (rest.len > 0)
        return ERR_OK;
    return TALK_FAIL(p, "write the question and its right options: correct m1q1 2");
}

/* What is typed: \n, \# and \\ are undone, everything else stays. */
static struct str unescape(struct str text, struct arena *arena)
{
    char *p = arena_alloc(arena, text.len + 1);
    size_t n = 0;
    if (p == NULL)
        return STR_NONE;
    for (size_t i = 0; i < text.len; i++) {
        char next = i + 1 < text.len ? text.p[i + 1] : '\0';
        bool is_escape = text.p[i] == '\\' && (next == 'n' || next == '#' || next == '\\');
        if (is_escape)
            i++;
        p[n++] = is_escape && next == 'n' ? '\n' : text.p[i];
    }
    return (struct str){p, n};
}

static enum err read_typed(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    line->text = unescape(rest, p->arena);
    return ERR_OK;
}

static enum err read_pattern(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    (void)p; /* anything goes */
    line->text = rest;
    return ERR_OK;
}

/* release [in vain], erase [in vain] */
static enum err read_order(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    line->is_quiet = str_eq(rest, STR("in vain"));
    return rest.len == 0 || line->is_quiet ? ERR_OK
                                           : TALK_FAIL(p, "release and erase stand alone, or "
                                                          "before `in vain`");
}

static enum err read_nothing(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    (void)line; /* has no arguments */
    return rest.len == 0 ? ERR_OK : TALK_FAIL(p, "call> and more stand alone");
}

static enum err read_event(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    line->text = rest;
    return rest.len > 0 ? ERR_OK : TALK_FAIL(p, "write which event: event answered unit=m1q1");
}

static enum err read_refused(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    line->n = 503;
    return rest.len > 0 ? read_number(p, rest, 599, &line->n) : ERR_OK;
}

static enum err read_course(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    if (p->script->n_courses == TALK_MAX_COURSES)
        return TALK_FAIL(p, "more than %u courses", TALK_MAX_COURSES);
    p->script->courses[p->script->n_courses++] = line;
    return read_start(p, rest, line);
}

static enum err read_clock(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    p->script->clock = line;
    return read_start(p, rest, line);
}

static const struct talk_verb verbs[] = {
    {.name = "course", .is_setting = true, .read = read_course, .play = talk_play_nothing},
    {.name = "clock", .is_setting = true, .read = read_clock, .play = talk_play_nothing},
    {.name = "loose", .is_setting = true, .read = read_loose, .play = talk_play_loose},
    {.name = "sms>",
     .is_action = true,
     .is_typed = true,
     .read = read_typed,
     .play = talk_play_sms},
    {.name = "sms<", .is_pattern = true, .read = read_pattern, .play = talk_play_sms_out},
    {.name = "ussd>",
     .is_action = true,
     .is_typed = true,
     .read = read_typed,
     .play = talk_play_ussd},
    {.name = "ussd<", .is_pattern = true, .read = read_pattern, .play = talk_play_screen},
    {.name = "call>", .is_action = true, .read = read_nothing, .play = talk_play_call},
    {.name = "more>",
     .is_short = true,
     .is_action = true,
     .read = read_nothing,
     .play = talk_play_more},
    {.name = "drop>",
     .is_short = true,
     .is_action = true,
     .read = read_drop,
     .play = talk_play_drop},
    {.name = "repeat>",
     .is_short = true,
     .is_action = true,
     .read = read_repeat,
     .play = talk_play_repeat},
    {.name = "report>",
     .is_short = true,
     .is_action = true,
     .read = read_report,
     .play = talk_play_report},
    {.name = "wait", .is_action = true, .read = read_wait, .play = talk_play_wait},
    {.name = "turn",
     .is_action = true,
     .needs = "a clock that may be turned",
     .read = read_turn,
     .play = talk_play_turn},
    {.name = "event", .read = read_event, .play = talk_play_event},
    {.name = "refused", .read = read_refused, .play = talk_play_refused},
    {.name = "fail", .needs = "faults", .read = read_fail, .play = talk_play_fail},
    {.name = "group",
     .is_action = true,
     .needs = "groups of its own",
     .read = read_group,
     .play = talk_play_group},
    {.name = "certificate",
     .is_action = true,
     .needs = "certificates of its own",
     .read = read_group,
     .play = talk_play_certificate},
    {.name = "release>",
     .is_short = true,
     .is_action = true,
     .needs = "a person who looks after it",
     .read = read_order,
     .play = talk_play_order},
    {.name = "erase>",
     .is_short = true,
     .is_action = true,
     .needs = "a coordinator",
     .read = read_order,
     .play = talk_play_order},
    {.name = "correct>",
     .is_short = true,
     .is_action = true,
     .needs = "a wrong key that is put right",
     .read = read_correct,
     .play = talk_play_correct},
};

const struct talk_verb *talk_verb_find(struct str word, struct str *ret_phone)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        struct str name = str_from(verbs[i].name);
        struct str stem = str_sub(name, 0, name.len - 1);
        bool has_phone = name.p[stem.len] == '>' || name.p[stem.len] == '<';
        if (has_phone && str_starts(word, name)) {
            *ret_phone = str_sub(word, name.len, word.len);
            return &verbs[i];
        }
        if (str_eq(word, name) || (verbs[i].is_short && str_eq(word, stem))) {
            *ret_phone = STR_NONE;
            return &verbs[i];
        }
    }
    return NULL;
}
