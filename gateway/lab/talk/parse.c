#include <string.h>

#include "lab/talk/talk.h"

/* Phone 1, 2 ... of a transcript. */
#define PHONE_NAMED "+2547000000%02u"

static const struct {
    const char *name;
    enum talk_verb verb;
    bool has_phone; /* a number may follow at once: sms>2 */
} verbs[] = {
    {"course", TALK_VERB_COURSE, false},   {"clock", TALK_VERB_CLOCK, false},
    {"group", TALK_VERB_GROUP, false},     {"sms>", TALK_VERB_SMS_IN, true},
    {"sms<", TALK_VERB_SMS_OUT, true},     {"ussd>", TALK_VERB_USSD_IN, true},
    {"ussd<", TALK_VERB_USSD_OUT, true},   {"call>", TALK_VERB_CALL, true},
    {"more>", TALK_VERB_MORE, true},       {"more", TALK_VERB_MORE, false},
    {"drop>", TALK_VERB_DROP, true},       {"drop", TALK_VERB_DROP, false},
    {"repeat>", TALK_VERB_REPEAT, true},   {"repeat", TALK_VERB_REPEAT, false},
    {"wait", TALK_VERB_WAIT, false},       {"event", TALK_VERB_EVENT, false},
    {"refused", TALK_VERB_REFUSED, false}, {"fail", TALK_VERB_FAIL, false},
    {"loose", TALK_VERB_LOOSE, false},     {"release>", TALK_VERB_RELEASE, true},
    {"report>", TALK_VERB_REPORT, true},   {"report", TALK_VERB_REPORT, false},
    {"release", TALK_VERB_RELEASE, false}, {"certificate", TALK_VERB_CERTIFICATE, false},
};

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

struct parser {
    struct talk_script *script;
    struct arena *arena;
    struct errmsg *msg;
    uint32_t line;
    uint32_t phone; /* of the last line that had one */
    bool has_played;
};

#define FAIL(p, ...) fail_at(p, arena_printf((p)->arena, __VA_ARGS__))

static enum err fail_at(const struct parser *p, struct str words)
{
    return errmsg_set(p->msg, ERR_INVALID, "%.*s:%u: %.*s", STR_ARG(p->script->file), p->line,
                      STR_ARG(words));
}

/* --- pieces of a line --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Without a comment: a # between a blank and a blank, at the front, or at the end behind a blank.
 */
static struct str without_comment(struct str line)
{
    for (size_t i = 0; i < line.len; i++) {
        bool is_first = i == 0 || is_blank(line.p[i - 1]);
        bool is_last = i + 1 == line.len || is_blank(line.p[i + 1]);
        if (line.p[i] == '#' && (i == 0 || (is_first && is_last)))
            return str_trim(str_sub(line, 0, i));
    }
    return str_trim(line);
}

/* The first word; *rest is what follows, trimmed. */
static struct str take_word(struct str *rest)
{
    size_t n = 0;
    while (n < rest->len && !is_blank(rest->p[n]))
        n++;
    struct str word = str_sub(*rest, 0, n);
    *rest = str_trim(str_sub(*rest, n, rest->len));
    return word;
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

/* --- phones --- */

static enum err find_phone(struct parser *p, const char *number, uint32_t *ret)
{
    struct talk_script *s = p->script;
    uint32_t i = 0;
    while (i < s->n_phones && strcmp(s->phones[i], number) != 0)
        i++;
    if (i == TALK_MAX_PHONES)
        return FAIL(p, "more than %u phones", TALK_MAX_PHONES);
    if (i == s->n_phones) {
        memcpy(s->phones[i], number, strlen(number) + 1); /* same size */
        s->n_phones++;
    }
    *ret = i;
    return ERR_OK;
}

/* "" (the first), "2" or "+254711000222" */
static enum err parse_phone(struct parser *p, struct str name, uint32_t *ret)
{
    char number[TALK_NUMBER_BYTES];
    uint64_t n = 1;
    struct str digits = str_starts(name, STR("+")) ? str_sub(name, 1, name.len) : name;
    bool is_number = digits.len != name.len;
    if (is_number) {
        if (str_to_u64(digits, 999999999999999, &n) != ERR_OK || digits.len < 6 ||
            str_copy(name, number, sizeof(number)) != ERR_OK)
            return FAIL(p, "'%.*s' is no phone number; write it as +254711000222", STR_ARG(name));
        return find_phone(p, number, ret);
    }
    if (name.len > 0 && (str_to_u64(name, 99, &n) != ERR_OK || n == 0))
        return FAIL(p,
                    "'%.*s' names no phone; write 1 to 99 or a number with +, and a blank "
                    "before the text",
                    STR_ARG(name));
    struct str named = arena_printf(p->arena, PHONE_NAMED, (unsigned)n);
    if (str_copy(named, number, sizeof(number)) != ERR_OK)
        return ERR_TOO_LONG;
    return find_phone(p, number, ret);
}

/* --- the arguments of each verb --- */

static enum err parse_wait(struct parser *p, struct str rest, struct talk_line *line)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    do {
        struct str word = take_word(&rest);
        int64_t unit_ms = 0;
        uint64_t n = 0;
        for (size_t i = 0; i < ARRAY_LEN(units) && word.len > 0; i++) {
            if (word.p[word.len - 1] == units[i].unit)
                unit_ms = units[i].ms;
        }
        if (unit_ms == 0 || str_to_u64(str_sub(word, 0, word.len - 1), 1000000, &n) != ERR_OK)
            return FAIL(p, "'%.*s' is no time; write as 30s, 10m, 24h, 7d", STR_ARG(word));
        line->wait_ms += (int64_t)n * unit_ms;
    } while (rest.len > 0);
    if (line->wait_ms > TALK_MAX_WAIT_MS)
        return FAIL(p, "that is more than ten years");
    return ERR_OK;
}

static enum err parse_number(struct parser *p, struct str word, uint64_t max, uint32_t *ret)
{
    uint64_t n;
    if (str_to_u64(word, max, &n) != ERR_OK || n == 0)
        return FAIL(p, "'%.*s' is no number from 1 to %llu", STR_ARG(word),
                    (unsigned long long)max);
    *ret = (uint32_t)n;
    return ERR_OK;
}

static bool is_port(struct str name)
{
    return str_eq(name, STR("store")) || str_eq(name, STR("spool")) || str_eq(name, STR("sink")) ||
           str_eq(name, STR("sender"));
}

static enum err parse_fail(struct parser *p, struct str rest, struct talk_line *line)
{
    struct str where = take_word(&rest);
    struct str how = take_word(&rest);
    line->port = str_split(&where, '.');
    line->action = where;
    if (!is_port(line->port))
        return FAIL(p, "'%.*s' is no port; write store.VERB, spool.VERB, sink.VERB or sender.VERB",
                    STR_ARG(line->port));
    if (str_is_empty(line->action))
        return FAIL(p, "write which call fails: store.load, store.commit, spool.append, store.*");
    size_t i = 0;
    while (i < ARRAY_LEN(faults) && !str_eq(how, str_from(faults[i].name)))
        i++;
    if (i == ARRAY_LEN(faults))
        return FAIL(p,
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
    return rest.len > 0 ? parse_number(p, rest, 1000000, &line->n) : ERR_OK;
}

static enum err parse_loose(struct parser *p, struct str rest, struct talk_line *line)
{
    line->events = rest.len == 0 || str_eq(rest, STR("events"));
    line->replies = rest.len == 0 || str_eq(rest, STR("replies"));
    if (!line->events && !line->replies)
        return FAIL(p, "'%.*s': write loose, loose events or loose replies", STR_ARG(rest));
    return ERR_OK;
}

static enum err parse_drop(struct parser *p, struct str rest, struct talk_line *line)
{
    line->is_quiet = str_eq(rest, STR("quietly"));
    if (rest.len > 0 && !line->is_quiet)
        return FAIL(p, "'%.*s': write drop or drop quietly", STR_ARG(rest));
    return ERR_OK;
}

static enum err parse_repeat(struct parser *p, struct str rest, struct talk_line *line)
{
    struct str word = rest;
    line->is_old = str_eq(take_word(&word), STR("old"));
    if (line->is_old)
        rest = word;
    line->n = 1;
    uint32_t max = line->is_old ? TALK_HISTORY - 1 : TALK_MAX_REPEATS;
    return rest.len > 0 ? parse_number(p, rest, max, &line->n) : ERR_OK;
}

static enum err parse_report(struct parser *p, struct str rest, struct talk_line *line)
{
    struct str status = take_word(&rest);
    line->is_there = str_eq(status, STR("delivered"));
    if (!line->is_there && !str_eq(status, STR("failed")))
        return FAIL(p, "'%.*s': write report delivered or report failed", STR_ARG(status));
    return rest.len > 0 ? parse_number(p, rest, TALK_HISTORY - 1, &line->n) : ERR_OK;
}

static enum err parse_start(struct parser *p, struct str rest, struct talk_line *line)
{
    if (p->has_played)
        return FAIL(p, "course and clock stand before the first message");
    if (rest.len == 0)
        return FAIL(p, "write what: a course's folder, or a date, a time and a zone");
    line->text = rest;
    return ERR_OK;
}

static enum err parse_group(struct parser *p, struct str rest, struct talk_line *line)
{
    line->action = take_word(&rest);
    line->text = rest;
    if (rest.len > 0)
        return ERR_OK;
    return FAIL(p, "write its code and what it is: group 482156 name=A");
}

static enum err parse_arguments(struct parser *p, struct str rest, struct talk_line *line)
{
    switch (line->verb) {
    case TALK_VERB_COURSE:
    case TALK_VERB_CLOCK:
        return parse_start(p, rest, line);
    case TALK_VERB_GROUP:
    case TALK_VERB_CERTIFICATE:
        return parse_group(p, rest, line);
    case TALK_VERB_SMS_IN:
    case TALK_VERB_USSD_IN:
        line->text = unescape(rest, p->arena);
        return ERR_OK;
    case TALK_VERB_SMS_OUT:
    case TALK_VERB_USSD_OUT:
        line->text = rest;
        return ERR_OK;
    case TALK_VERB_CALL:
    case TALK_VERB_MORE:
    case TALK_VERB_RELEASE:
        return rest.len == 0 ? ERR_OK : FAIL(p, "call>, more and release stand alone");
    case TALK_VERB_DROP:
        return parse_drop(p, rest, line);
    case TALK_VERB_REPEAT:
        return parse_repeat(p, rest, line);
    case TALK_VERB_REPORT:
        return parse_report(p, rest, line);
    case TALK_VERB_WAIT:
        return parse_wait(p, rest, line);
    case TALK_VERB_EVENT:
        line->text = rest;
        return rest.len > 0 ? ERR_OK : FAIL(p, "write which event: event answered unit=m1q1");
    case TALK_VERB_REFUSED:
        line->n = 503;
        return rest.len > 0 ? parse_number(p, rest, 599, &line->n) : ERR_OK;
    case TALK_VERB_FAIL:
        return parse_fail(p, rest, line);
    case TALK_VERB_LOOSE:
        return parse_loose(p, rest, line);
    }
    return ERR_INVALID;
}

static enum err parse_line(struct parser *p, struct str rest, struct talk_line *line)
{
    struct str word = take_word(&rest);
    size_t i = 0;
    while (i < ARRAY_LEN(verbs) && !str_eq(word, str_from(verbs[i].name)) &&
           !(verbs[i].has_phone && str_starts(word, str_from(verbs[i].name))))
        i++;
    if (i == ARRAY_LEN(verbs))
        return FAIL(
            p,
            "'%.*s' is no line of a transcript; write course, clock, group, sms>, sms<, "
            "ussd>, ussd<, call>, more, drop, repeat, wait, report, release, certificate, event, "
            "refused, fail, loose or #",
            STR_ARG(word));
    *line = (struct talk_line){.number = p->line, .verb = verbs[i].verb, .phone = p->phone};
    if (verbs[i].has_phone) {
        struct str name = str_sub(word, strlen(verbs[i].name), word.len);
        enum err e = parse_phone(p, name, &line->phone);
        if (e != ERR_OK)
            return e;
        p->phone = line->phone;
    }
    enum err e = parse_arguments(p, rest, line);
    p->has_played |= line->verb != TALK_VERB_COURSE && line->verb != TALK_VERB_CLOCK &&
                     line->verb != TALK_VERB_LOOSE;
    return e;
}

static uint32_t count_lines(struct str text)
{
    uint32_t n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] == '\n';
    return n;
}

enum err talk_parse(struct str text, struct str file, struct arena *arena, struct talk_script *ret,
                    struct errmsg *msg)
{
    struct parser p = {.script = ret, .arena = arena, .msg = msg};
    *ret = (struct talk_script){.file = file};
    uint32_t n_max = count_lines(text);
    if (text.len > TALK_MAX_BYTES || n_max > TALK_MAX_LINES)
        return errmsg_set(msg, ERR_TOO_LONG, "%.*s: more than %u lines or %u bytes", STR_ARG(file),
                          TALK_MAX_LINES, TALK_MAX_BYTES);
    struct talk_line *lines = arena_new_array(arena, struct talk_line, n_max);
    enum err e = lines != NULL ? parse_phone(&p, STR(""), &p.phone) : ERR_TOO_LONG;
    for (struct str rest = text; e == ERR_OK && rest.p != NULL;) {
        struct str line = without_comment(str_split(&rest, '\n'));
        p.line++;
        if (line.len > 0)
            e = parse_line(&p, line, &lines[ret->n_lines++]);
    }
    ret->lines = lines;
    return e != ERR_OK ? e : arena_error(arena);
}

/* --- patterns --- */

/* One character of a pattern; *is_any for `*`. */
static char take_char(struct str pattern, size_t *at, bool *is_any)
{
    char c = pattern.p[(*at)++];
    *is_any = c == '*';
    if (c != '\\' || *at == pattern.len)
        return c;
    char next = pattern.p[*at];
    if (next != 'n' && next != '*' && next != '#' && next != '\\')
        return c;
    (*at)++;
    return next == 'n' ? '\n' : next;
}

bool talk_match(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star_p = SIZE_MAX, star_t = 0;
    while (t < text.len || p < pattern.len) {
        bool is_any = false;
        size_t next = p;
        char c = p < pattern.len ? take_char(pattern, &next, &is_any) : '\0';
        if (p < pattern.len && is_any) { /* try to let it stand for nothing first */
            star_p = next;
            star_t = t;
            p = next;
        } else if (p < pattern.len && t < text.len && text.p[t] == c) {
            p = next;
            t++;
        } else if (star_p != SIZE_MAX && star_t < text.len) {
            p = star_p;
            t = ++star_t;
        } else {
            return false;
        }
    }
    return true;
}

/* Value of a member in an event line; absent when it has none. */
static struct str member_of(struct str event, struct str name)
{
    struct str rest = event;
    (void)take_word(&rest); /* the kind */
    while (rest.len > 0) {
        bool is_text = str_starts(rest, STR("text="));
        struct str word = is_text ? rest : take_word(&rest);
        struct str value = word;
        struct str key = str_split(&value, '=');
        if (str_eq(key, name))
            return value.p != NULL ? value : STR("");
        if (is_text)
            break;
    }
    return STR_NONE;
}

bool talk_match_event(struct str pattern, struct str event)
{
    struct str rest = pattern, other = event;
    if (!talk_match(take_word(&rest), take_word(&other)))
        return false;
    while (rest.len > 0) {
        bool is_text = str_starts(rest, STR("text="));
        struct str value = is_text ? rest : take_word(&rest);
        struct str key = str_split(&value, '=');
        if (str_eq(key, STR("*")))
            continue;
        struct str got = member_of(event, key);
        if (got.p == NULL || !talk_match(value.p != NULL ? value : STR(""), got))
            return false;
        if (is_text)
            break;
    }
    return true;
}
