/* talk.h: the lines of a transcript. */
#include <string.h>

#include "lab/talk/internal.h"

/* Phone 1, 2 ... of a transcript. */
#define PHONE_NAMED "+2547000000%02u"

/* --- pieces of a line --- */

/* Without a comment: a # between a blank and a blank, at the front, or at the end behind a blank.
 */
static struct str without_comment(struct str line)
{
    for (size_t i = 0; i < line.len; i++) {
        bool is_first = i == 0 || talk_is_blank(line.p[i - 1]);
        bool is_last = i + 1 == line.len || talk_is_blank(line.p[i + 1]);
        if (line.p[i] == '#' && (i == 0 || (is_first && is_last)))
            return str_trim(str_sub(line, 0, i));
    }
    return str_trim(line);
}

/* --- phones --- */

static enum err find_phone(struct talk_parser *p, const char *number, uint32_t *ret)
{
    struct talk_script *s = p->script;
    uint32_t i = 0;
    while (i < s->n_phones && strcmp(s->phones[i], number) != 0)
        i++;
    if (i == TALK_MAX_PHONES)
        return TALK_FAIL(p, "more than %u phones", TALK_MAX_PHONES);
    if (i == s->n_phones) {
        memcpy(s->phones[i], number, strlen(number) + 1); /* same size */
        s->n_phones++;
    }
    *ret = i;
    return ERR_OK;
}

/* "" (the first), "2" or "+254711000222" */
static enum err parse_phone(struct talk_parser *p, struct str name, uint32_t *ret)
{
    char number[TALK_NUMBER_BYTES];
    uint64_t n = 1;
    struct str digits = str_starts(name, STR("+")) ? str_sub(name, 1, name.len) : name;
    bool is_number = digits.len != name.len;
    if (is_number) {
        if (str_to_u64(digits, 999999999999999, &n) != ERR_OK || digits.len < 6 ||
            str_copy(name, number, sizeof(number)) != ERR_OK)
            return TALK_FAIL(p, "'%.*s' is no phone number; write it as +254711000222",
                             STR_ARG(name));
        return find_phone(p, number, ret);
    }
    if (name.len > 0 && (str_to_u64(name, 99, &n) != ERR_OK || n == 0))
        return TALK_FAIL(p,
                         "'%.*s' names no phone; write 1 to 99 or a number with +, and a blank "
                         "before the text",
                         STR_ARG(name));
    struct str named = arena_printf(p->arena, PHONE_NAMED, (unsigned)n);
    if (str_copy(named, number, sizeof(number)) != ERR_OK)
        return ERR_TOO_LONG;
    return find_phone(p, number, ret);
}

/* --- lines --- */

static enum err parse_line(struct talk_parser *p, struct str rest, struct talk_line *line)
{
    struct str word = talk_take_word(&rest), phone;
    const struct talk_verb *verb = talk_verb_find(word, &phone);
    if (verb == NULL)
        return TALK_FAIL(
            p,
            "'%.*s' is no line of a transcript; write course, clock, group, sms>, sms<, "
            "ussd>, ussd<, call>, more, drop, repeat, wait, turn, report, release, erase, "
            "certificate, "
            "event, "
            "refused, fail, loose or #",
            STR_ARG(word));
    *line = (struct talk_line){.number = p->line, .verb = verb};
    enum err e = phone.p != NULL ? parse_phone(p, phone, &p->phone) : ERR_OK;
    if (e != ERR_OK)
        return e;
    line->phone = p->phone;
    p->has_played |= !verb->is_setting;
    return verb->read(p, rest, line);
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
    struct talk_parser p = {.script = ret, .arena = arena, .msg = msg};
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
