#include "lab/phone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/handset.h"
#include "lab/simulator.h"
#include "port/vault/vault.h"

#define DIAL_CODE PHONE_DIAL_CODE
#define LINE_MAX_BYTES 4096
#define RESPONSE_MAX_BYTES 65536u
#define REPLY_POLL_MS 50
/* After one reply others may follow. */
#define REPLY_MORE_MS 200

const char phone_help[] =
    "A line is an SMS, or in USSD mode an answer to the screen. Enter alone looks for new SMS.\n"
    "  /ussd         USSD mode, and dials " DIAL_CODE "\n"
    "  /dial CODE    dials another code\n"
    "  /sms [TEXT]   SMS mode; with a text, sends it and stays in the mode\n"
    "  /drop         the network closes the USSD session\n"
    "  /redial       closes it without a word, and dials again\n"
    "  /dup          the last callback comes again, as aggregators do\n"
    "  /quit         ends\n";

struct phone {
    struct handset handset;
    struct http_caller *caller;
    struct sim_address address;
    uint32_t n_seen; /* SMS that were shown */
    bool is_ussd;
    bool is_interactive;
    int64_t wait_ms;
    struct http_call_response response;
    struct errmsg msg;
};

/* Text with its further lines set in, so that each message has one mark. */
static void show(const char *mark, struct str text)
{
    printf("%-5s ", mark);
    for (size_t i = 0; i < text.len; i++) {
        (void)putchar(text.p[i]); /* a closed pipe is noticed at the end */
        if (text.p[i] == '\n')
            printf("      ");
    }
    printf("\n");
    (void)fflush(stdout);
}

/* Shows what has come; true when something has. */
static enum err show_sms(struct phone *p, bool *ret_any)
{
    struct buf text CLEANUP(buf_fini);
    enum err e = ERR_OK;
    buf_init(&text, RESPONSE_MAX_BYTES);
    while (e == ERR_OK) {
        buf_reset(&text);
        e = sim_outbox_get(p->caller, &p->address,
                           (struct sim_sent){p->handset.number, p->n_seen, "text"}, &text, &p->msg);
        if (e != ERR_OK)
            break;
        show("sms<", buf_str(&text));
        p->n_seen++;
        *ret_any = true;
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err wait_for_sms(struct phone *p, int64_t max_ms)
{
    bool has_any = false;
    enum err e = show_sms(p, &has_any);
    for (int64_t ms = 0; e == ERR_OK && !has_any && ms < max_ms; ms += REPLY_POLL_MS) {
        http_caller_sleep(p->caller, REPLY_POLL_MS);
        e = show_sms(p, &has_any);
    }
    if (e == ERR_OK && has_any) {
        http_caller_sleep(p->caller, REPLY_MORE_MS);
        e = show_sms(p, &has_any);
    }
    return e;
}

/* --- callbacks --- */

static enum err post(struct phone *p)
{
    char url[512];
    int n = snprintf(url, sizeof(url), "%s%s", p->address.base, p->handset.path);
    enum err e = http_call(p->caller, (struct str){url, (size_t)n}, buf_str(&p->handset.body), 1,
                           &p->response, &p->msg);
    if (e != ERR_OK)
        return e;
    if (p->response.status < 200 || p->response.status > 299)
        printf("      the gateway answered %d: %.*s\n", p->response.status,
               STR_ARG(buf_str(&p->response.body)));
    return ERR_OK;
}

static enum err show_screen(struct phone *p)
{
    struct str text;
    bool is_open;
    enum err e = post(p);
    if (e != ERR_OK)
        return e;
    if (handset_read_screen(&p->handset, p->response.status, buf_str(&p->response.body), &text,
                            &is_open) != ERR_OK) {
        printf("      no screen; the session is closed\n");
        return ERR_OK;
    }
    show("ussd<", text);
    if (!is_open)
        printf("      (the session is closed)\n");
    bool has_any;
    return show_sms(p, &has_any);
}

/* The same text within ten seconds would be a repeat (docs/course-rules.md 1.2 rule 12). A script
 * is faster than a person, and blanks make up for that. */
#define HASTE_BLANKS 8u

static enum err send_sms(struct phone *p, struct str text)
{
    struct buf typed CLEANUP(buf_fini);
    buf_init(&typed, text.len + HASTE_BLANKS);
    buf_add_str(&typed, text);
    for (uint32_t n = p->is_interactive ? 0 : p->handset.n_sms % HASTE_BLANKS; n > 0; n--)
        buf_add_char(&typed, ' ');
    handset_send_sms(&p->handset, buf_str(&typed), clock_wall());
    enum err e = post(p);
    return e == ERR_OK ? wait_for_sms(p, p->wait_ms) : e;
}

static enum err dial(struct phone *p, struct str code)
{
    p->is_ussd = true;
    handset_dial(&p->handset, code);
    return show_screen(p);
}

static enum err drop(struct phone *p, bool is_quiet)
{
    if (!handset_drop(&p->handset, is_quiet, clock_wall())) {
        printf("      no session is open\n");
        return ERR_OK;
    }
    printf("      (the session is dropped)\n");
    enum err e = is_quiet ? ERR_OK : post(p);
    return e == ERR_OK && !is_quiet ? wait_for_sms(p, 500) : e;
}

/* The same bytes again; on a phone nothing should be seen of it. */
static enum err duplicate(struct phone *p)
{
    if (p->handset.path == NULL) {
        printf("      nothing was sent yet\n");
        return ERR_OK;
    }
    struct buf first CLEANUP(buf_fini);
    buf_init(&first, RESPONSE_MAX_BYTES);
    buf_add_str(&first, buf_str(&p->response.body));
    enum err e = post(p);
    if (e != ERR_OK)
        return e;
    printf("      (the callback came again; the answer is %s)\n",
           str_eq(buf_str(&first), buf_str(&p->response.body)) ? "the same" : "another");
    return wait_for_sms(p, 500);
}

/* --- lines --- */

static enum err play_command(struct phone *p, struct str line, bool *ret_is_over)
{
    struct str text = line;
    struct str name = str_split(&text, ' ');
    text = str_trim(text);
    if (str_eq(name, STR("/quit"))) {
        *ret_is_over = true;
        return ERR_OK;
    }
    if (str_eq(name, STR("/ussd")))
        return dial(p, STR(DIAL_CODE));
    if (str_eq(name, STR("/dial")))
        return dial(p, str_is_empty(text) ? STR(DIAL_CODE) : text);
    if (str_eq(name, STR("/drop")))
        return drop(p, false);
    if (str_eq(name, STR("/dup")))
        return duplicate(p);
    if (str_eq(name, STR("/redial"))) {
        enum err e = p->handset.is_in_session ? drop(p, true) : ERR_OK;
        return e == ERR_OK ? dial(p, STR(DIAL_CODE)) : e;
    }
    if (str_eq(name, STR("/sms")) && !str_is_empty(text))
        return send_sms(p, text);
    if (str_eq(name, STR("/sms")))
        p->is_ussd = false;
    else
        (void)fputs(phone_help, stderr); /* nowhere else to say it */
    return ERR_OK;
}

static enum err play_line(struct phone *p, struct str line, bool *ret_is_over)
{
    bool has_any;
    if (str_starts(line, STR("/")))
        return play_command(p, line, ret_is_over);
    if (p->is_ussd && handset_is_code(line))
        return dial(p, line);
    if (p->is_ussd && p->handset.is_in_session) {
        handset_answer(&p->handset, line);
        return show_screen(p);
    }
    if (p->is_ussd)
        return dial(p, STR(DIAL_CODE));
    return str_is_empty(line) ? show_sms(p, &has_any) : send_sms(p, line);
}

static enum err play(struct phone *p, FILE *in)
{
    char line[LINE_MAX_BYTES];
    bool is_over = false;
    enum err e = p->is_ussd ? dial(p, STR(DIAL_CODE)) : ERR_OK;
    while (e == ERR_OK && !is_over) {
        if (p->is_interactive)
            fprintf(stderr, "%s ", p->is_ussd ? "ussd>" : "sms>");
        if (fgets(line, sizeof(line), in) == NULL)
            break;
        struct str text = str_trim(str_from(line));
        if (!p->is_interactive && str_starts(text, STR("#")))
            continue;
        if (!p->is_interactive)
            printf("%-5s %.*s\n", p->is_ussd ? "ussd>" : "sms>", STR_ARG(text));
        e = play_line(p, text, &is_over);
    }
    return e;
}

static enum err begin(struct phone *p, const struct phone_ask *ask)
{
    uint8_t random[8];
    char run[17];
    enum err e = sim_address_parse(ask->url, ask->admin, &p->address, &p->msg);
    if (e != ERR_OK)
        return e;
    vault_random(random, sizeof(random));
    hex_encode(random, sizeof(random), run);
    handset_init(&p->handset, ask->number, DIAL_CODE, run);
    buf_init(&p->response.body, RESPONSE_MAX_BYTES);
    p->caller = http_caller_new();
    return sim_outbox_count(p->caller, &p->address, ask->number, &p->n_seen, &p->msg);
}

enum err phone_talk(const struct phone_ask *ask, FILE *in, struct errmsg *msg)
{
    struct phone p = {
        .is_ussd = ask->is_ussd, .is_interactive = ask->is_interactive, .wait_ms = ask->wait_ms};
    enum err e = begin(&p, ask);
    if (e == ERR_OK)
        e = play(&p, in);
    if (e != ERR_OK)
        errmsg_format(msg, "%s", p.msg.text);
    handset_fini(&p.handset);
    buf_fini(&p.response.body);
    http_caller_free(p.caller);
    return e;
}

bool phone_is_number(const char *text)
{
    uint64_t n;
    struct str s = str_from(text);
    return str_starts(s, STR("+")) && s.len > 6 && s.len < HANDSET_NUMBER_BYTES &&
           str_to_u64(str_sub(s, 1, s.len), 999999999999999, &n) == ERR_OK;
}
