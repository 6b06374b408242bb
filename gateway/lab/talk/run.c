/* run.h: plays the lines of a transcript in a world, and says where it went otherwise. */
#include "lab/talk/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define RESPONSE_MAX_BYTES 65536u
#define SAID_MAX_BYTES (64u << 20) /* 20,000 lines, each with a response of three kilobytes */
#define SAID_SHOWN_LINES 30u       /* of a failing transcript */

/* --- what was said --- */

/* One line, line ends written as \n. */
void talk_say(struct talk_play *r, const char *what, uint32_t phone, struct str text)
{
    char name[TALK_NUMBER_BYTES + 8];
    (void)snprintf(name, sizeof(name), phone == 0 ? "%s" : "%s%s", what,
                   r->script->phones[phone]); /* has room */
    buf_addf(&r->said, "%-8s ", name);
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '\n')
            buf_add_str(&r->said, STR("\\n"));
        else
            buf_add_char(&r->said, text.p[i]);
    }
    buf_add_char(&r->said, '\n');
}

struct str talk_phone_name(const struct talk_play *r, uint32_t phone)
{
    return str_from(r->script->phones[phone]);
}

static void add_escaped(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '\n')
            buf_add_str(out, STR("\\n"));
        else
            buf_add_char(out, text.p[i]);
    }
}

enum err talk_fail(struct talk_play *r, const char *expected, struct str text, const char *got,
                   struct str got_text)
{
    buf_addf(&r->failure, "%.*s:%u\n  expected  %s", STR_ARG(r->script->file), r->line->number,
             expected);
    add_escaped(&r->failure, text);
    buf_addf(&r->failure, "\n  got       %s", got);
    add_escaped(&r->failure, got_text);
    buf_add_char(&r->failure, '\n');
    return ERR_INVALID;
}

/* "4821 0937 5526" in what a phone got is $CODE from then on. */
void talk_note_code(struct talk_play *r, struct str text)
{
    static const char shape[] = "dddd dddd dddd";
    for (size_t i = 0; i + sizeof(shape) - 1 <= text.len; i++) {
        size_t n = 0;
        while (
            n < sizeof(shape) - 1 &&
            (shape[n] == 'd' ? text.p[i + n] >= '0' && text.p[i + n] <= '9' : text.p[i + n] == ' '))
            n++;
        if (n == sizeof(shape) - 1)
            memcpy(r->code, text.p + i, n);
    }
}

struct str talk_line_text(struct talk_play *r)
{
    struct str rest = r->line->text, mark = STR("$CODE");
    buf_reset(&r->text);
    for (size_t at; (at = str_find(rest, mark)) != SIZE_MAX;
         rest = str_sub(rest, at + mark.len, rest.len)) {
        buf_add_str(&r->text, str_sub(rest, 0, at));
        buf_add_str(&r->text, str_from(r->code));
    }
    buf_add_str(&r->text, rest);
    return buf_str(&r->text);
}

/* --- everything that came must have been asked for --- */

static enum err check_phone(struct talk_play *r, uint32_t i)
{
    struct talk_phone *p = &r->phones[i];
    if (p->refused != 0) {
        char status[16];
        int n = snprintf(status, sizeof(status), "%d", p->refused);
        p->refused = 0;
        return talk_fail(r, "the callback before this line to be taken", STR(""), "status ",
                         (struct str){status, (size_t)n});
    }
    if (p->has_screen && !p->is_optional && !r->is_loose_replies)
        return talk_fail(r, "the screen before this line to be asked for", STR(""), "ussd<  ",
                         buf_str(&p->screen));
    p->has_screen = false;
    buf_reset(&r->got);
    while (r->world->ops->next_sms(r->world, p->handset.number, false, &r->got) == ERR_OK) {
        talk_say(r, "sms<", i, buf_str(&r->got));
        if (!r->is_loose_replies)
            return talk_fail(r, "no SMS to ", talk_phone_name(r, i), "sms<  ", buf_str(&r->got));
        buf_reset(&r->got);
    }
    return ERR_OK;
}

/* The event of a language that the phone has chosen by itself. */
bool talk_is_own_choice(const struct talk_play *r)
{
    const struct talk_tongue *tongue = r->script->tongue;
    return tongue != NULL && tongue->is_chosen &&
           str_starts(buf_str(&r->got), STR("language_set "));
}

static enum err check_all(struct talk_play *r)
{
    for (uint32_t i = 0; i < r->script->n_phones; i++) {
        enum err e = check_phone(r, i);
        if (e != ERR_OK)
            return e;
    }
    if (r->world->ops->next_event == NULL)
        return ERR_OK;
    buf_reset(&r->got);
    while (r->world->ops->next_event(r->world, &r->got) == ERR_OK) {
        talk_say(r, "event", 0, buf_str(&r->got));
        if (!r->is_loose_events && !talk_is_own_choice(r))
            return talk_fail(r, "no event", STR(""), "event  ", buf_str(&r->got));
        buf_reset(&r->got);
    }
    return ERR_OK;
}

/* --- the lines --- */

static enum err play(struct talk_play *r)
{
    enum err e = ERR_OK;
    for (uint32_t i = 0; e == ERR_OK && i < r->script->n_lines; i++) {
        r->line = &r->script->lines[i];
        if (r->line->verb->is_action)
            e = check_all(r);
        if (e == ERR_OK)
            e = r->line->verb->play(r, &r->phones[r->line->phone]);
    }
    return e == ERR_OK && r->line != NULL ? check_all(r) : e;
}

/* The last lines of what was said. */
static struct str tail(struct str said)
{
    uint32_t n = 0;
    for (size_t i = said.len; i > 0; i--) {
        if (said.p[i - 1] == '\n' && ++n > SAID_SHOWN_LINES)
            return str_sub(said, i, said.len);
    }
    return said;
}

static void add_indented(struct str lines, struct buf *report)
{
    while (lines.len > 0) {
        struct str line = str_split(&lines, '\n');
        buf_addf(report, "    %.*s\n", STR_ARG(line));
    }
}

static void write_report(struct talk_play *r, enum err e, struct buf *report)
{
    buf_add_str(report, buf_str(&r->failure));
    if (buf_error(&r->said) != ERR_OK)
        buf_add_str(report, STR("  more was said than there is room for; the end is missing\n"));
    if (r->world->is_shown)
        add_indented(buf_str(&r->said), report);
    else if (e == ERR_INVALID) {
        buf_add_str(report, STR("  what was said:\n"));
        add_indented(tail(buf_str(&r->said)), report);
    }
}

/* "+254700000002" moved by the world's offset. */
static void make_number(const struct talk_play *r, uint32_t i, char dst[TALK_NUMBER_BYTES])
{
    uint64_t n;
    enum err e = str_to_u64(str_from(r->script->phones[i] + 1), UINT64_MAX, &n);
    assert(e == ERR_OK); /* the parser made it */
    (void)snprintf(dst, TALK_NUMBER_BYTES, "+%llu",
                   (unsigned long long)(n + r->world->number_offset));
}

static void phones_init(struct talk_play *r)
{
    for (uint32_t i = 0; i < r->script->n_phones; i++) {
        char number[TALK_NUMBER_BYTES];
        struct talk_phone *p = &r->phones[i];
        make_number(r, i, number);
        handset_init(&p->handset, number, r->world->dial_code, r->world->run);
        buf_init(&p->screen, RESPONSE_MAX_BYTES);
        buf_init(&p->sms, RESPONSE_MAX_BYTES);
        for (uint32_t k = 0; k < TALK_HISTORY; k++) {
            buf_init(&p->past[k].body, RESPONSE_MAX_BYTES);
            buf_init(&p->past[k].response, RESPONSE_MAX_BYTES);
        }
    }
}

static void phones_fini(struct talk_play *r)
{
    for (uint32_t i = 0; i < r->script->n_phones; i++) {
        struct talk_phone *p = &r->phones[i];
        handset_fini(&p->handset);
        buf_fini(&p->screen);
        buf_fini(&p->sms);
        for (uint32_t k = 0; k < TALK_HISTORY; k++) {
            buf_fini(&p->past[k].body);
            buf_fini(&p->past[k].response);
        }
    }
}

enum err talk_run(const struct talk_script *script, struct talk_world *world, struct buf *report)
{
    struct talk_play *r = xcalloc(1, sizeof(*r));
    r->script = script;
    r->world = world;
    buf_init(&r->said, SAID_MAX_BYTES);
    buf_init(&r->got, RESPONSE_MAX_BYTES);
    buf_init(&r->failure, RESPONSE_MAX_BYTES);
    buf_init(&r->text, RESPONSE_MAX_BYTES);
    phones_init(r);
    enum err e = play(r);
    write_report(r, e, report);
    phones_fini(r);
    buf_fini(&r->said);
    buf_fini(&r->got);
    buf_fini(&r->failure);
    buf_fini(&r->text);
    free(r);
    return e;
}
