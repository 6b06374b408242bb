/* What the lines of a transcript do to phones, and what they expect. */
#include <stdio.h>
#include <string.h>

#include "lab/talk/internal.h"

#define RESPONSE_MAX_BYTES 65536u
#define SAME_TEXT_MS 10000
#define MAX_PAGES 40 /* of one screen */

/* --- callbacks --- */

static void remember(struct talk_phone *p, const char *path, struct str body,
                     const struct talk_response *response)
{
    struct talk_past *past = &p->past[p->n_past++ % TALK_HISTORY];
    past->path = path;
    past->status = response->status;
    buf_reset(&past->body);
    buf_reset(&past->response);
    buf_add_str(&past->body, body);
    buf_add_str(&past->response, response->body);
}

static bool is_taken(int status)
{
    return status >= 200 && status < 300;
}

static enum err take_response(struct talk_play *r, struct talk_phone *p,
                              const struct talk_response *response, bool is_ussd, bool is_end)
{
    p->has_screen = p->is_optional = false;
    p->refused = is_taken(response->status) ? 0 : response->status;
    if (!is_ussd || is_end || p->refused != 0)
        return ERR_OK;
    struct str text;
    if (handset_read_screen(&p->handset, response->status, response->body, &text, &p->is_open) !=
        ERR_OK)
        return talk_fail(r, "an answer that begins with CON or END", STR(""), "", response->body);
    buf_reset(&p->screen);
    buf_add_str(&p->screen, text);
    p->has_screen = true;
    talk_note_code(r, text);
    talk_say(r, p->is_open ? "ussd<" : "ussd<END", (uint32_t)(p - r->phones), text);
    return ERR_OK;
}

/* Posts what the handset has made. */
static enum err post(struct talk_play *r, struct talk_phone *p, bool is_end)
{
    struct talk_response response;
    struct handset *h = &p->handset;
    enum err e = r->world->ops->post(r->world, h->path, buf_str(&h->body), 1, &response);
    if (e != ERR_OK)
        return talk_fail(r, "an answer to the callback", STR(""), err_name(e), STR(""));
    remember(p, h->path, buf_str(&h->body), &response);
    return take_response(r, p, &response, h->is_ussd, is_end);
}

/* The same text within ten seconds would be a repeat (docs/course-rules.md 1.2 rule 12). A person
 * takes longer to read and to write: in a world with real time blanks make up for that. */
static enum err take_time(struct talk_play *r, struct talk_phone *p, struct str *text)
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
enum err talk_play_more(struct talk_play *r, struct talk_phone *p)
{
    const struct talk_tongue *tongue = r->script->tongue;
    enum err e = ERR_OK;
    if (tongue == NULL || !p->handset.is_in_session)
        return talk_fail(r, "an open session, and the course's folder", STR(""), "none", STR(""));
    for (int i = 0; e == ERR_OK && i < MAX_PAGES && talk_has_more(tongue, buf_str(&p->screen));
         i++) {
        talk_say(r, "more", r->line->phone, STR("9"));
        handset_answer(&p->handset, STR("9"));
        e = post(r, p, false);
    }
    p->has_screen = false;
    return e;
}

static bool is_asked_language(const struct talk_play *r, struct str screen)
{
    return r->script->tongue != NULL && talk_asks_language(r->script->tongue, screen);
}

static enum err choose_on_screen(struct talk_play *r, struct talk_phone *p)
{
    struct str key = r->script->tongue->key;
    talk_say(r, "ussd>", r->line->phone, key);
    handset_answer(&p->handset, key);
    return post(r, p, false);
}

enum err talk_play_sms(struct talk_play *r, struct talk_phone *p)
{
    struct str text = talk_line_text(r);
    talk_say(r, "sms>", r->line->phone, text);
    enum err e = take_time(r, p, &text);
    if (e != ERR_OK)
        return e;
    handset_send_sms(&p->handset, text, r->world->ops->now(r->world));
    return post(r, p, false);
}

enum err talk_play_ussd(struct talk_play *r, struct talk_phone *p)
{
    struct str text = talk_line_text(r);
    talk_say(r, "ussd>", r->line->phone, text);
    if (handset_is_code(text))
        handset_dial(&p->handset, text);
    else if (p->handset.is_in_session)
        handset_answer(&p->handset, text);
    else
        return talk_fail(r, "an open session, or a code to dial, like ",
                         str_from(r->world->dial_code), "ussd>  ", text);
    enum err e = post(r, p, false);
    return e == ERR_OK && is_asked_language(r, buf_str(&p->screen)) ? choose_on_screen(r, p) : e;
}

/* Nobody listens to what the number says: it hangs up. */
enum err talk_play_call(struct talk_play *r, struct talk_phone *p)
{
    talk_say(r, "call>", r->line->phone, STR(""));
    handset_call(&p->handset);
    return post(r, p, false);
}

enum err talk_play_drop(struct talk_play *r, struct talk_phone *p)
{
    talk_say(r, "drop", r->line->phone, r->line->is_quiet ? STR("quietly") : STR(""));
    if (!handset_drop(&p->handset, r->line->is_quiet, r->world->ops->now(r->world)))
        return talk_fail(r, "an open session of ", talk_phone_name(r, r->line->phone), "none",
                         STR(""));
    return r->line->is_quiet ? ERR_OK : post(r, p, true);
}

/* The same callback again. What was taken must be answered with the same bytes, or a line that
 * follows must ask for what came instead: after "busy", for example. */
enum err talk_play_repeat(struct talk_play *r, struct talk_phone *p)
{
    uint32_t back = r->line->is_old ? r->line->n : 0;
    uint32_t n = r->line->is_old ? 1 : r->line->n;
    struct talk_response responses[TALK_MAX_REPEATS];
    char words[32];
    int len = snprintf(words, sizeof(words), r->line->is_old ? "old %u" : "%u", r->line->n);
    talk_say(r, "repeat", r->line->phone, (struct str){words, (size_t)len});
    if (p->n_past <= back)
        return talk_fail(r, "a callback that can come again from ",
                         talk_phone_name(r, r->line->phone), "none", STR(""));
    struct talk_past *past = &p->past[(p->n_past - 1 - back) % TALK_HISTORY];
    enum err e = r->world->ops->post(r->world, past->path, buf_str(&past->body), n, responses);
    if (e != ERR_OK)
        return talk_fail(r, "an answer to each copy", STR(""), err_name(e), STR(""));
    for (uint32_t i = 1; i < n; i++) {
        if (!str_eq(responses[i].body, responses[0].body))
            return talk_fail(r, "all copies to get one answer: ", responses[0].body, "",
                             responses[i].body);
    }
    bool is_ussd = strcmp(past->path, HANDSET_USSD_PATH) == 0;
    bool is_end = is_ussd && is_taken(responses[0].status) && responses[0].body.len == 0;
    bool is_same = is_taken(past->status) && str_eq(responses[0].body, buf_str(&past->response));
    past->status = responses[0].status;
    buf_reset(&past->response);
    buf_add_str(&past->response, responses[0].body);
    e = take_response(r, p, &responses[0], is_ussd, is_end);
    p->is_optional = is_same;
    return e;
}

enum err talk_play_report(struct talk_play *r, struct talk_phone *p)
{
    struct talk_response response;
    struct buf id CLEANUP(buf_fini);
    buf_init(&id, RESPONSE_MAX_BYTES);
    talk_say(r, "report", r->line->phone, r->line->is_there ? STR("delivered") : STR("failed"));
    if (r->world->ops->sms_id(r->world, p->handset.number, r->line->n, &id) != ERR_OK)
        return talk_fail(r, "an SMS to ", talk_phone_name(r, r->line->phone), "none", STR(""));
    handset_report(&p->handset, buf_str(&id), r->line->is_there);
    enum err e =
        r->world->ops->post(r->world, p->handset.path, buf_str(&p->handset.body), 1, &response);
    if (e != ERR_OK)
        return talk_fail(r, "an answer to the report", STR(""), err_name(e), STR(""));
    p->refused = is_taken(response.status) ? 0 : response.status;
    return ERR_OK;
}

/* --- what is expected --- */

static enum err take_sms(struct talk_play *r, struct talk_phone *p)
{
    buf_reset(&r->got);
    if (r->world->ops->next_sms(r->world, p->handset.number, true, &r->got) != ERR_OK)
        return talk_fail(r, "sms<  ", r->line->text, "no SMS", STR(""));
    talk_note_code(r, buf_str(&r->got));
    talk_say(r, "sms<", r->line->phone, buf_str(&r->got));
    return ERR_OK;
}

enum err talk_play_sms_out(struct talk_play *r, struct talk_phone *p)
{
    enum err e = take_sms(r, p);
    if (e == ERR_OK && is_asked_language(r, buf_str(&r->got))) {
        talk_say(r, "sms>", r->line->phone, r->script->tongue->key);
        handset_send_sms(&p->handset, r->script->tongue->key, r->world->ops->now(r->world));
        e = post(r, p, false);
        if (e == ERR_OK)
            e = take_sms(r, p);
    }
    if (e != ERR_OK)
        return e;
    if (!talk_match(r->line->text, buf_str(&r->got)))
        return talk_fail(r, "sms<  ", r->line->text, "sms<  ", buf_str(&r->got));
    return ERR_OK;
}

enum err talk_play_screen(struct talk_play *r, struct talk_phone *p)
{
    struct str pattern = r->line->text;
    bool is_con = str_starts(pattern, STR("CON ")), is_end = str_starts(pattern, STR("END "));
    if (!p->has_screen)
        return talk_fail(r, "ussd<  ", pattern, "no screen", STR(""));
    p->has_screen = false;
    if (is_con || is_end)
        pattern = str_trim(str_sub(pattern, 4, pattern.len));
    bool is_right = (!is_con || p->is_open) && (!is_end || !p->is_open);
    if (!is_right || !talk_match(pattern, buf_str(&p->screen)))
        return talk_fail(r, "ussd<  ", r->line->text, p->is_open ? "ussd<  CON " : "ussd<  END ",
                         buf_str(&p->screen));
    return ERR_OK;
}

enum err talk_play_event(struct talk_play *r, struct talk_phone *p)
{
    (void)p; /* events are nobody's */
    if (r->world->ops->next_event == NULL)
        return ERR_OK;
    buf_reset(&r->got);
    while (r->world->ops->next_event(r->world, &r->got) == ERR_OK) {
        talk_say(r, "event", 0, buf_str(&r->got));
        if (talk_match_event(r->line->text, buf_str(&r->got)))
            return ERR_OK;
        if (!r->is_loose_events && !talk_is_own_choice(r))
            return talk_fail(r, "event  ", r->line->text, "event  ", buf_str(&r->got));
        buf_reset(&r->got);
    }
    return talk_fail(r, "event  ", r->line->text, "no event", STR(""));
}

enum err talk_play_refused(struct talk_play *r, struct talk_phone *p)
{
    char status[16];
    int n = snprintf(status, sizeof(status), "%d", p->refused);
    bool is_right = p->refused == (int)r->line->n;
    p->refused = 0;
    if (is_right)
        return ERR_OK;
    return talk_fail(r, "the callback to be refused", STR(""), "status ",
                     (struct str){status, (size_t)n});
}

/* --- the world --- */

static enum err unsupported(struct talk_play *r, enum err e, const char *what)
{
    if (e == ERR_UNSUPPORTED)
        buf_addf(&r->failure, "%.*s:%u needs %s\n", STR_ARG(r->script->file), r->line->number,
                 what);
    return e;
}

enum err talk_play_wait(struct talk_play *r, struct talk_phone *p)
{
    (void)p; /* time passes for all */
    talk_say(r, "wait", 0, STR(""));
    return unsupported(r, r->world->ops->wait(r->world, r->line->wait_ms), "a fake clock");
}

enum err talk_play_turn(struct talk_play *r, struct talk_phone *p)
{
    (void)p;
    talk_say(r, "turn", 0, r->line->text);
    r->world->ops->turn(r->world, r->line->is_old ? -r->line->wait_ms : r->line->wait_ms);
    return ERR_OK;
}

enum err talk_play_order(struct talk_play *r, struct talk_phone *p)
{
    talk_say(r, r->line->verb->name, r->line->phone, STR(""));
    enum err e = r->world->ops->look_after(r->world, p->handset.number, r->line);
    if (e == ERR_INVALID || e == ERR_IO)
        return talk_fail(r, "order   ", r->line->is_quiet ? STR("in vain") : STR("done"),
                         "order   ", r->line->is_quiet ? STR("done") : STR("not done"));
    return unsupported(r, e, r->line->verb->needs);
}

enum err talk_play_fail(struct talk_play *r, struct talk_phone *p)
{
    (void)p; /* a fault is the gateway's */
    talk_say(r, "fail", 0, r->line->action);
    return unsupported(r, r->world->ops->fail(r->world, r->line), r->line->verb->needs);
}

enum err talk_play_group(struct talk_play *r, struct talk_phone *p)
{
    (void)p; /* nobody is in it yet */
    return unsupported(r, r->world->ops->group(r->world, r->line), r->line->verb->needs);
}

enum err talk_play_correct(struct talk_play *r, struct talk_phone *p)
{
    return unsupported(r, r->world->ops->correct(r->world, p->handset.number, r->line),
                       r->line->verb->needs);
}

enum err talk_play_certificate(struct talk_play *r, struct talk_phone *p)
{
    (void)p; /* it says nothing of a phone */
    return unsupported(r, r->world->ops->certificate(r->world, r->code, r->line),
                       r->line->verb->needs);
}

enum err talk_play_loose(struct talk_play *r, struct talk_phone *p)
{
    (void)p; /* holds for all */
    r->is_loose_events |= r->line->events;
    r->is_loose_replies |= r->line->replies;
    return ERR_OK;
}

enum err talk_play_nothing(struct talk_play *r, struct talk_phone *p)
{
    (void)r; /* course and clock were settled when the world was made */
    (void)p;
    return ERR_OK;
}
