#include "lab/talk/run.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "core/certificate.h"
#include "lab/handset.h"

#define ANSWER_MAX_BYTES 65536u
#define SAID_MAX_BYTES (64u << 20) /* 20,000 lines, each with an answer of three kilobytes */
#define SAME_TEXT_MS 10000
#define MAX_PAGES 40         /* of one screen */
#define SAID_SHOWN_LINES 30u /* of a failing transcript */

/* A callback that may come again, and what was answered. */
struct past {
    const char *path;
    struct buf body, answer;
    int status;
};

struct phone {
    struct handset handset;
    struct past past[TALK_HISTORY]; /* a ring */
    uint32_t n_past;
    /* What the last callback brought and nobody has asked about yet. */
    struct buf screen;
    bool has_screen, is_open, is_optional;
    int refused;    /* status; 0 = it was taken */
    struct buf sms; /* the last one, and when it was sent */
    int64_t sms_ms;
};

struct run {
    const struct talk_script *script;
    const struct talk_line *line;
    struct talk_world *world;
    struct phone phones[TALK_MAX_PHONES];
    struct buf said; /* the transcript as it really went */
    struct buf got;  /* an SMS or event in hand */
    struct buf failure;
    struct buf text;              /* of the line in hand, with $CODE filled in */
    char code[CERTIFICATE_BYTES]; /* the last that was said to anybody */
    bool is_loose_replies, is_loose_events;
};

/* --- what was said --- */

/* One line, line ends written as \n. */
static void say(struct run *r, const char *what, uint32_t phone, struct str text)
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

static struct str name_of(const struct run *r, uint32_t phone)
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

static enum err fail(struct run *r, const char *expected, struct str text, const char *got,
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
static void note_code(struct run *r, struct str text)
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

static struct str line_text(struct run *r)
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

static enum err check_phone(struct run *r, uint32_t i)
{
    struct phone *p = &r->phones[i];
    if (p->refused != 0) {
        char status[16];
        int n = snprintf(status, sizeof(status), "%d", p->refused);
        p->refused = 0;
        return fail(r, "the callback before this line to be taken", STR(""), "status ",
                    (struct str){status, (size_t)n});
    }
    if (p->has_screen && !p->is_optional && !r->is_loose_replies)
        return fail(r, "the screen before this line to be asked for", STR(""), "ussd<  ",
                    buf_str(&p->screen));
    p->has_screen = false;
    buf_reset(&r->got);
    while (r->world->ops->next_sms(r->world, p->handset.number, false, &r->got) == ERR_OK) {
        say(r, "sms<", i, buf_str(&r->got));
        if (!r->is_loose_replies)
            return fail(r, "no SMS to ", name_of(r, i), "sms<  ", buf_str(&r->got));
        buf_reset(&r->got);
    }
    return ERR_OK;
}

/* The event of a language that the phone has chosen by itself. */
static bool is_own_choice(const struct run *r)
{
    const struct talk_tongue *tongue = r->script->tongue;
    return tongue != NULL && tongue->is_chosen &&
           str_starts(buf_str(&r->got), STR("language_set "));
}

static enum err check_all(struct run *r)
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
        say(r, "event", 0, buf_str(&r->got));
        if (!r->is_loose_events && !is_own_choice(r))
            return fail(r, "no event", STR(""), "event  ", buf_str(&r->got));
        buf_reset(&r->got);
    }
    return ERR_OK;
}

/* --- callbacks --- */

static void remember(struct phone *p, const char *path, struct str body,
                     const struct talk_answer *answer)
{
    struct past *past = &p->past[p->n_past++ % TALK_HISTORY];
    past->path = path;
    past->status = answer->status;
    buf_reset(&past->body);
    buf_reset(&past->answer);
    buf_add_str(&past->body, body);
    buf_add_str(&past->answer, answer->body);
}

static bool is_taken(int status)
{
    return status >= 200 && status < 300;
}

static enum err take_answer(struct run *r, struct phone *p, const struct talk_answer *answer,
                            bool is_ussd, bool is_end)
{
    p->has_screen = p->is_optional = false;
    p->refused = is_taken(answer->status) ? 0 : answer->status;
    if (!is_ussd || is_end || p->refused != 0)
        return ERR_OK;
    struct str text;
    if (handset_read_screen(&p->handset, answer->status, answer->body, &text, &p->is_open) !=
        ERR_OK)
        return fail(r, "an answer that begins with CON or END", STR(""), "", answer->body);
    buf_reset(&p->screen);
    buf_add_str(&p->screen, text);
    p->has_screen = true;
    note_code(r, text);
    say(r, p->is_open ? "ussd<" : "ussd<END", (uint32_t)(p - r->phones), text);
    return ERR_OK;
}

/* Posts what the handset has made. */
static enum err post(struct run *r, struct phone *p, bool is_end)
{
    struct talk_answer answer;
    struct handset *h = &p->handset;
    enum err e = r->world->ops->post(r->world, h->path, buf_str(&h->body), 1, &answer);
    if (e != ERR_OK)
        return fail(r, "an answer to the callback", STR(""), err_name(e), STR(""));
    remember(p, h->path, buf_str(&h->body), &answer);
    return take_answer(r, p, &answer, h->is_ussd, is_end);
}

/* The same text within ten seconds would be a repeat (docs/course-rules.md 1.2 rule 12). A person
 * takes longer to read and to write: in a world with real time blanks make up for that. */
static enum err take_time(struct run *r, struct phone *p, struct str *text)
{
    int64_t left_ms = p->sms_ms + SAME_TEXT_MS - r->world->ops->now(r->world).ms;
    bool is_soon = left_ms > 0 && str_eq(str_trim(buf_str(&p->sms)), str_trim(*text));
    enum err e = ERR_OK;
    if (is_soon && r->world->is_in_haste) {
        buf_add_char(&p->sms, ' ');
    } else {
        e = is_soon ? r->world->ops->wait(r->world, left_ms) : ERR_OK;
        buf_reset(&p->sms);
        buf_add_str(&p->sms, *text);
    }
    *text = buf_str(&p->sms);
    p->sms_ms = r->world->ops->now(r->world).ms;
    return e;
}

/* Nothing is typed while there are pages left; a provider may page differently in each language. */
static enum err play_more(struct run *r, struct phone *p)
{
    const struct talk_tongue *tongue = r->script->tongue;
    enum err e = ERR_OK;
    if (tongue == NULL || !p->handset.is_in_session)
        return fail(r, "an open session, and the course's folder", STR(""), "none", STR(""));
    for (int i = 0; e == ERR_OK && i < MAX_PAGES && talk_has_more(tongue, buf_str(&p->screen));
         i++) {
        say(r, "more", r->line->phone, STR("9"));
        handset_answer(&p->handset, STR("9"));
        e = post(r, p, false);
    }
    p->has_screen = false;
    return e;
}

static bool is_asked_language(const struct run *r, struct str screen)
{
    return r->script->tongue != NULL && talk_asks_language(r->script->tongue, screen);
}

static enum err choose_on_screen(struct run *r, struct phone *p)
{
    struct str key = r->script->tongue->key;
    say(r, "ussd>", r->line->phone, key);
    handset_answer(&p->handset, key);
    return post(r, p, false);
}

static enum err play_sms(struct run *r, struct phone *p)
{
    struct str text = line_text(r);
    say(r, "sms>", r->line->phone, text);
    enum err e = take_time(r, p, &text);
    if (e != ERR_OK)
        return e;
    handset_send_sms(&p->handset, text, r->world->ops->now(r->world));
    return post(r, p, false);
}

static enum err play_ussd(struct run *r, struct phone *p)
{
    struct str text = line_text(r);
    say(r, "ussd>", r->line->phone, text);
    if (handset_is_code(text))
        handset_dial(&p->handset, text);
    else if (p->handset.is_in_session)
        handset_answer(&p->handset, text);
    else
        return fail(r, "an open session, or a code to dial, like ", str_from(r->world->dial_code),
                    "ussd>  ", text);
    enum err e = post(r, p, false);
    return e == ERR_OK && is_asked_language(r, buf_str(&p->screen)) ? choose_on_screen(r, p) : e;
}

/* Nobody listens to what the number says: it hangs up. */
static enum err play_call(struct run *r, struct phone *p)
{
    say(r, "call>", r->line->phone, STR(""));
    handset_call(&p->handset);
    return post(r, p, false);
}

static enum err play_drop(struct run *r, struct phone *p)
{
    say(r, "drop", r->line->phone, r->line->is_quiet ? STR("quietly") : STR(""));
    if (!handset_drop(&p->handset, r->line->is_quiet, r->world->ops->now(r->world)))
        return fail(r, "an open session of ", name_of(r, r->line->phone), "none", STR(""));
    return r->line->is_quiet ? ERR_OK : post(r, p, true);
}

/* The same callback again. What was taken must be answered with the same bytes, or a line that
 * follows must ask for what came instead: after "busy", for example. */
static enum err play_repeat(struct run *r, struct phone *p)
{
    uint32_t back = r->line->is_old ? r->line->n : 0;
    uint32_t n = r->line->is_old ? 1 : r->line->n;
    struct talk_answer answers[TALK_MAX_REPEATS];
    char words[32];
    int len = snprintf(words, sizeof(words), r->line->is_old ? "old %u" : "%u", r->line->n);
    say(r, "repeat", r->line->phone, (struct str){words, (size_t)len});
    if (p->n_past <= back)
        return fail(r, "a callback that can come again from ", name_of(r, r->line->phone), "none",
                    STR(""));
    struct past *past = &p->past[(p->n_past - 1 - back) % TALK_HISTORY];
    enum err e = r->world->ops->post(r->world, past->path, buf_str(&past->body), n, answers);
    if (e != ERR_OK)
        return fail(r, "an answer to each copy", STR(""), err_name(e), STR(""));
    for (uint32_t i = 1; i < n; i++) {
        if (!str_eq(answers[i].body, answers[0].body))
            return fail(r, "all copies to get one answer: ", answers[0].body, "", answers[i].body);
    }
    bool is_ussd = strcmp(past->path, HANDSET_USSD_PATH) == 0;
    bool is_end = is_ussd && is_taken(answers[0].status) && answers[0].body.len == 0;
    bool is_same = is_taken(past->status) && str_eq(answers[0].body, buf_str(&past->answer));
    past->status = answers[0].status;
    buf_reset(&past->answer);
    buf_add_str(&past->answer, answers[0].body);
    e = take_answer(r, p, &answers[0], is_ussd, is_end);
    p->is_optional = is_same;
    return e;
}

static enum err play_report(struct run *r, struct phone *p)
{
    struct talk_answer answer;
    struct buf id CLEANUP(buf_fini);
    buf_init(&id, ANSWER_MAX_BYTES);
    say(r, "report", r->line->phone, r->line->is_there ? STR("delivered") : STR("failed"));
    if (r->world->ops->sms_id(r->world, p->handset.number, r->line->n, &id) != ERR_OK)
        return fail(r, "an SMS to ", name_of(r, r->line->phone), "none", STR(""));
    handset_report(&p->handset, buf_str(&id), r->line->is_there);
    enum err e =
        r->world->ops->post(r->world, p->handset.path, buf_str(&p->handset.body), 1, &answer);
    if (e != ERR_OK)
        return fail(r, "an answer to the report", STR(""), err_name(e), STR(""));
    p->refused = is_taken(answer.status) ? 0 : answer.status;
    return ERR_OK;
}

/* --- what is expected --- */

static enum err take_sms(struct run *r, struct phone *p)
{
    buf_reset(&r->got);
    if (r->world->ops->next_sms(r->world, p->handset.number, true, &r->got) != ERR_OK)
        return fail(r, "sms<  ", r->line->text, "no SMS", STR(""));
    note_code(r, buf_str(&r->got));
    say(r, "sms<", r->line->phone, buf_str(&r->got));
    return ERR_OK;
}

static enum err expect_sms(struct run *r, struct phone *p)
{
    enum err e = take_sms(r, p);
    if (e == ERR_OK && is_asked_language(r, buf_str(&r->got))) {
        say(r, "sms>", r->line->phone, r->script->tongue->key);
        handset_send_sms(&p->handset, r->script->tongue->key, r->world->ops->now(r->world));
        e = post(r, p, false);
        if (e == ERR_OK)
            e = take_sms(r, p);
    }
    if (e != ERR_OK)
        return e;
    if (!talk_match(r->line->text, buf_str(&r->got)))
        return fail(r, "sms<  ", r->line->text, "sms<  ", buf_str(&r->got));
    return ERR_OK;
}

static enum err expect_screen(struct run *r, struct phone *p)
{
    struct str pattern = r->line->text;
    bool is_con = str_starts(pattern, STR("CON ")), is_end = str_starts(pattern, STR("END "));
    if (!p->has_screen)
        return fail(r, "ussd<  ", pattern, "no screen", STR(""));
    p->has_screen = false;
    if (is_con || is_end)
        pattern = str_trim(str_sub(pattern, 4, pattern.len));
    bool is_right = (!is_con || p->is_open) && (!is_end || !p->is_open);
    if (!is_right || !talk_match(pattern, buf_str(&p->screen)))
        return fail(r, "ussd<  ", r->line->text, p->is_open ? "ussd<  CON " : "ussd<  END ",
                    buf_str(&p->screen));
    return ERR_OK;
}

static enum err expect_event(struct run *r)
{
    if (r->world->ops->next_event == NULL)
        return ERR_OK;
    buf_reset(&r->got);
    while (r->world->ops->next_event(r->world, &r->got) == ERR_OK) {
        say(r, "event", 0, buf_str(&r->got));
        if (talk_match_event(r->line->text, buf_str(&r->got)))
            return ERR_OK;
        if (!r->is_loose_events && !is_own_choice(r))
            return fail(r, "event  ", r->line->text, "event  ", buf_str(&r->got));
        buf_reset(&r->got);
    }
    return fail(r, "event  ", r->line->text, "no event", STR(""));
}

static enum err expect_refusal(struct run *r, struct phone *p)
{
    char status[16];
    int n = snprintf(status, sizeof(status), "%d", p->refused);
    bool is_right = p->refused == (int)r->line->n;
    p->refused = 0;
    if (is_right)
        return ERR_OK;
    return fail(r, "the callback to be refused", STR(""), "status ",
                (struct str){status, (size_t)n});
}

/* --- the lines --- */

static enum err unsupported(struct run *r, enum err e, const char *what)
{
    if (e == ERR_UNSUPPORTED)
        buf_addf(&r->failure, "%.*s:%u needs %s\n", STR_ARG(r->script->file), r->line->number,
                 what);
    return e;
}

static enum err play_line(struct run *r)
{
    struct phone *p = &r->phones[r->line->phone];
    switch (r->line->verb) {
    case TALK_VERB_SMS_IN:
        return play_sms(r, p);
    case TALK_VERB_USSD_IN:
        return play_ussd(r, p);
    case TALK_VERB_CALL:
        return play_call(r, p);
    case TALK_VERB_MORE:
        return play_more(r, p);
    case TALK_VERB_DROP:
        return play_drop(r, p);
    case TALK_VERB_REPEAT:
        return play_repeat(r, p);
    case TALK_VERB_REPORT:
        return play_report(r, p);
    case TALK_VERB_WAIT:
        say(r, "wait", 0, STR(""));
        return unsupported(r, r->world->ops->wait(r->world, r->line->wait_ms), "a fake clock");
    case TALK_VERB_SMS_OUT:
        return expect_sms(r, p);
    case TALK_VERB_USSD_OUT:
        return expect_screen(r, p);
    case TALK_VERB_EVENT:
        return expect_event(r);
    case TALK_VERB_REFUSED:
        return expect_refusal(r, p);
    case TALK_VERB_RELEASE:
        say(r, "release", r->line->phone, STR(""));
        return unsupported(r, r->world->ops->look_after(r->world, p->handset.number, r->line),
                           "a person who looks after it");
    case TALK_VERB_FAIL:
        say(r, "fail", 0, r->line->action);
        return unsupported(r, r->world->ops->fail(r->world, r->line), "faults");
    case TALK_VERB_GROUP:
        return unsupported(r, r->world->ops->group(r->world, r->line), "groups of its own");
    case TALK_VERB_CERTIFICATE:
        return unsupported(r, r->world->ops->certificate(r->world, r->code, r->line),
                           "certificates of its own");
    case TALK_VERB_LOOSE:
        r->is_loose_events |= r->line->events;
        r->is_loose_replies |= r->line->replies;
        return ERR_OK;
    case TALK_VERB_COURSE:
    case TALK_VERB_CLOCK:
        return ERR_OK; /* settled when the world was made */
    }
    return ERR_INVALID;
}

static bool is_action(enum talk_verb verb)
{
    return verb == TALK_VERB_SMS_IN || verb == TALK_VERB_USSD_IN || verb == TALK_VERB_CALL ||
           verb == TALK_VERB_DROP || verb == TALK_VERB_REPEAT || verb == TALK_VERB_WAIT ||
           verb == TALK_VERB_GROUP || verb == TALK_VERB_CERTIFICATE || verb == TALK_VERB_RELEASE ||
           verb == TALK_VERB_MORE || verb == TALK_VERB_REPORT;
}

static enum err play(struct run *r)
{
    enum err e = ERR_OK;
    for (uint32_t i = 0; e == ERR_OK && i < r->script->n_lines; i++) {
        r->line = &r->script->lines[i];
        if (is_action(r->line->verb))
            e = check_all(r);
        if (e == ERR_OK)
            e = play_line(r);
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

static void write_report(struct run *r, enum err e, struct buf *report)
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
static void make_number(const struct run *r, uint32_t i, char dst[TALK_NUMBER_BYTES])
{
    uint64_t n;
    enum err e = str_to_u64(str_from(r->script->phones[i] + 1), UINT64_MAX, &n);
    assert(e == ERR_OK); /* the parser made it */
    (void)snprintf(dst, TALK_NUMBER_BYTES, "+%llu",
                   (unsigned long long)(n + r->world->number_offset));
}

static void phones_init(struct run *r)
{
    for (uint32_t i = 0; i < r->script->n_phones; i++) {
        char number[TALK_NUMBER_BYTES];
        struct phone *p = &r->phones[i];
        make_number(r, i, number);
        handset_init(&p->handset, number, r->world->dial_code, r->world->run);
        buf_init(&p->screen, ANSWER_MAX_BYTES);
        buf_init(&p->sms, ANSWER_MAX_BYTES);
        for (uint32_t k = 0; k < TALK_HISTORY; k++) {
            buf_init(&p->past[k].body, ANSWER_MAX_BYTES);
            buf_init(&p->past[k].answer, ANSWER_MAX_BYTES);
        }
    }
}

static void phones_fini(struct run *r)
{
    for (uint32_t i = 0; i < r->script->n_phones; i++) {
        struct phone *p = &r->phones[i];
        handset_fini(&p->handset);
        buf_fini(&p->screen);
        buf_fini(&p->sms);
        for (uint32_t k = 0; k < TALK_HISTORY; k++) {
            buf_fini(&p->past[k].body);
            buf_fini(&p->past[k].answer);
        }
    }
}

enum err talk_run(const struct talk_script *script, struct talk_world *world, struct buf *report)
{
    struct run *r = xcalloc(1, sizeof(*r));
    r->script = script;
    r->world = world;
    buf_init(&r->said, SAID_MAX_BYTES);
    buf_init(&r->got, ANSWER_MAX_BYTES);
    buf_init(&r->failure, ANSWER_MAX_BYTES);
    buf_init(&r->text, ANSWER_MAX_BYTES);
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
