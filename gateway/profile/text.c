/* Names of what profiles say, as in vectors, logs and the command line; and what a profile is. */
#include "profile/model.h"

const char *inbound_kind_name(enum inbound_kind kind)
{
    static const char *const names[] = {"sms-mo", "ussd", "dlr", "poll", "call"};
    return names[kind];
}

const char *inbound_outcome_name(enum inbound_outcome outcome)
{
    static const char *const names[] = {
        "accept", "reject",         "ignore", "duplicate",    "auth-fail",
        "buffer", "unknown-status", "poll",   "status-query", "signature-ok"};
    return names[outcome];
}

const char *inbound_phase_name(enum inbound_phase phase)
{
    static const char *const names[] = {NULL, "new", "continue", "end", "timeout"};
    return names[phase];
}

const char *dlr_status_name(enum dlr_status status)
{
    static const char *const names[] = {NULL,     "queued",  "sent", "delivered",
                                        "failed", "errored", "read"};
    return names[status];
}

const char *send_outcome_name(enum send_outcome outcome)
{
    static const char *const names[] = {"sent", "failed", "throttled", "temporary", "opted-out"};
    return names[outcome];
}

struct str profile_name(const struct profile *p)
{
    return p->name;
}

struct str profile_title(const struct profile *p)
{
    return p->title;
}

struct str profile_notes(const struct profile *p)
{
    return p->notes;
}

bool profile_takes(const struct profile *p, enum inbound_kind kind)
{
    for (uint32_t i = 0; i < p->n_rules; i++) {
        if (p->rules[i].kind == kind && p->rules[i].outcome == INBOUND_ACCEPT)
            return true;
    }
    return false;
}

uint32_t profile_sender_forms(const struct profile *p, const enum number_form **ret)
{
    for (uint32_t i = 0; i < p->n_rules; i++) {
        const struct rule *rule = &p->rules[i];
        bool is_message = rule->kind == INBOUND_SMS || rule->kind == INBOUND_USSD;
        if (is_message && rule->outcome == INBOUND_ACCEPT) {
            *ret = rule->fields[FIELD_FROM].forms;
            return rule->fields[FIELD_FROM].n_forms;
        }
    }
    return 0;
}

bool profile_has_ussd(const struct profile *p)
{
    return p->has_ussd;
}

bool profile_has_send(const struct profile *p)
{
    return p->send.is_declared;
}

bool profile_has_send_url(const struct profile *p)
{
    return p->send.request.url.alternatives != NULL;
}

bool profile_needs_session(const struct profile *p)
{
    return p->needs_session;
}

bool profile_sends_screens(const struct profile *p)
{
    return p->sends_screens;
}

uint32_t profile_rate_per_s(const struct profile *p)
{
    return p->rate_per_s;
}

uint32_t profile_text_chars(const struct profile *p)
{
    return p->text_chars;
}

uint32_t profile_ussd_chars(const struct profile *p)
{
    return p->ussd_chars;
}

const struct profile_setting *profile_settings(const struct profile *p, uint32_t *ret_n)
{
    *ret_n = p->n_settings;
    return p->settings;
}
