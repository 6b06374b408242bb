#include "lab/handset.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "wire/form.h"

#define INPUTS_MAX_BYTES 60000u
#define BODY_MAX_BYTES (256u * 1024)
#define NETWORK "63902"
#define SHORT_CODE "20880"
#define VOICE_NUMBER "+254711082000"

void handset_init(struct handset *h, const char *number, const char *dial_code, const char *run)
{
    *h = (struct handset){0};
    enum err e = str_copy(str_from(number), h->number, sizeof(h->number));
    if (e == ERR_OK)
        e = str_copy(str_from(dial_code), h->dial_code, sizeof(h->dial_code));
    if (e == ERR_OK)
        e = str_copy(str_from(run), h->run, sizeof(h->run));
    assert(e == ERR_OK);
    buf_init(&h->inputs, INPUTS_MAX_BYTES);
    buf_init(&h->body, BODY_MAX_BYTES);
}

void handset_fini(struct handset *h)
{
    buf_fini(&h->inputs);
    buf_fini(&h->body);
}

static void begin(struct handset *h, const char *path)
{
    h->path = path;
    h->is_ussd = strcmp(path, HANDSET_USSD_PATH) == 0;
    buf_reset(&h->body);
}

#define HANDSET_COPY_MS 10000

static void put(struct handset *h, const char *key, struct str value)
{
    buf_addf(&h->body, "%s%s=", h->body.len > 0 ? "&" : "", key);
    form_encode(value, &h->body);
}

static void put_id(struct handset *h, const char *key, const char *kind, uint32_t n)
{
    char id[2 * HANDSET_NAME_BYTES + HANDSET_NUMBER_BYTES];
    int len = snprintf(id, sizeof(id), "%s-%s-%s-%u", kind, h->run, h->number + 1, n);
    put(h, key, (struct str){id, (size_t)len});
}

/* How often the text was said before within ten seconds, in which it is taken for a copy
 * (docs/course-rules.md 1.2). Nobody types as fast as a script: blanks tell one from the next. */
static uint32_t n_same(struct handset *h, struct str text, struct wall_ms now)
{
    bool is_same = str_hash(text) == h->last_hash && now.ms - h->last_ms < HANDSET_COPY_MS;
    h->n_same = is_same ? h->n_same + 1 : 0;
    h->last_hash = str_hash(text);
    h->last_ms = now.ms;
    return h->n_same;
}

void handset_send_sms(struct handset *h, struct str text, struct wall_ms now)
{
    char at[RFC3339_BYTES];
    clock_format_rfc3339(now, at);
    begin(h, HANDSET_SMS_PATH);
    put_id(h, "id", "sms", ++h->n_sms);
    put(h, "from", str_from(h->number));
    put(h, "to", STR(SHORT_CODE));
    put(h, "text", text);
    for (uint32_t n = n_same(h, text, now); n > 0; n--)
        form_encode(STR(" "), &h->body);
    put(h, "date", str_from(at));
    put(h, "networkCode", STR(NETWORK));
}

void handset_report(struct handset *h, struct str id, bool has_arrived)
{
    begin(h, HANDSET_REPORT_PATH);
    put(h, "id", id);
    put(h, "status", has_arrived ? STR("Success") : STR("Failed"));
    put(h, "phoneNumber", str_from(h->number));
    put(h, "networkCode", STR(NETWORK));
}

void handset_call(struct handset *h)
{
    begin(h, HANDSET_CALL_PATH);
    put_id(h, "sessionId", "call", ++h->n_calls);
    put(h, "isActive", STR("1"));
    put(h, "direction", STR("Inbound"));
    put(h, "callerNumber", str_from(h->number));
    put(h, "destinationNumber", STR(VOICE_NUMBER));
    put(h, "callSessionState", STR("Ringing"));
}

static void put_session(struct handset *h)
{
    put_id(h, "sessionId", "ussd", h->n_sessions);
    put(h, "phoneNumber", str_from(h->number));
    put(h, "networkCode", STR(NETWORK));
    put(h, "serviceCode", str_from(h->dial_code));
}

bool handset_is_code(struct str text)
{
    return text.len > 2 && text.p[0] == '*' && text.p[text.len - 1] == '#';
}

void handset_dial(struct handset *h, struct str code)
{
    h->n_sessions++;
    h->is_in_session = true;
    buf_reset(&h->inputs);
    struct str own = str_from(h->dial_code);
    struct str front = str_sub(own, 0, own.len - 1); /* without # */
    if (str_starts(code, front) && code.len > own.len && code.p[front.len] == '*')
        buf_add_str(&h->inputs, str_sub(code, front.len + 1, code.len - 1));
    begin(h, HANDSET_USSD_PATH);
    put_session(h);
    put(h, "text", buf_str(&h->inputs));
}

void handset_answer(struct handset *h, struct str text)
{
    assert(h->is_in_session);
    if (h->inputs.len > 0)
        buf_add_char(&h->inputs, '*');
    buf_add_str(&h->inputs, text);
    begin(h, HANDSET_USSD_PATH);
    put_session(h);
    put(h, "text", buf_str(&h->inputs));
}

bool handset_drop(struct handset *h, bool is_quiet, struct wall_ms now)
{
    char at[RFC3339_BYTES];
    if (!h->is_in_session)
        return false;
    h->is_in_session = false;
    if (is_quiet)
        return true;
    clock_format_rfc3339(now, at);
    begin(h, HANDSET_USSD_PATH);
    put(h, "date", str_from(at));
    put_session(h);
    put(h, "status", STR("Incomplete"));
    put(h, "cost", STR("KES 1.00"));
    put(h, "durationInMillis", STR("15300"));
    put(h, "hopsCount", STR("3"));
    put(h, "input", buf_str(&h->inputs));
    put(h, "lastAppResponse", STR("CON"));
    put(h, "errorMessage", STR(""));
    return true;
}

enum err handset_read_screen(struct handset *h, int status, struct str body, struct str *ret,
                             bool *ret_is_open)
{
    bool is_con = str_starts(body, STR("CON"));
    bool is_end = str_starts(body, STR("END"));
    if (status != 200 || (!is_con && !is_end)) {
        h->is_in_session = false;
        return ERR_INVALID;
    }
    *ret = str_trim(str_sub(body, 3, body.len));
    *ret_is_open = is_con;
    h->is_in_session = is_con;
    return ERR_OK;
}
