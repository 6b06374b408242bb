/*
 * What a USSD request says beyond its fields: the phase where the provider tells none, and what of
 * its text is new. Cumulative texts ("1*Juma*2") grow by '*' and the new input, but an input may
 * hold stars itself, so nothing is ever split at them: the remembered text in front is taken off.
 */
#include "profile/model.h"

static bool is_dialled(struct str text)
{
    return str_starts(text, STR("*")) || str_starts(text, STR("#"));
}

static struct str without_hash(struct str text)
{
    return str_ends(text, STR("#")) ? str_sub(text, 0, text.len - 1) : text;
}

/* Rest of a dialled string behind the code: "*384*1234*22*5#" and "*384*1234#" give "22*5". The
 * code may lack its star and hash. Absent when the text does not begin with the code. */
static struct str behind_code(struct str text, struct str code)
{
    code = without_hash(code);
    if (is_dialled(text) && !is_dialled(code))
        text = str_sub(text, 1, text.len);
    if (code.len == 0 || !str_starts(text, code))
        return STR_NONE;
    struct str rest = str_sub(text, code.len, text.len);
    if (rest.len == 0 || str_eq(rest, STR("#")))
        return STR("");
    return rest.p[0] == '*' ? without_hash(str_sub(rest, 1, rest.len)) : STR_NONE;
}

/* The first text of a session may be what was dialled. */
static struct str first_input(const struct rule *rule, const struct inbound *in)
{
    switch (rule->first) {
    case USSD_FIRST_KEEP:
        return in->raw_text;
    case USSD_FIRST_DROP:
        return STR("");
    case USSD_FIRST_CODE:
        break;
    }
    struct str rest = behind_code(in->raw_text, in->to);
    if (rest.p != NULL)
        return rest;
    return is_dialled(in->raw_text) ? STR("") : in->raw_text;
}

/* Length of the remembered text when it stands in front of this one; SIZE_MAX when it does not. */
static size_t remembered_prefix(const struct session_memory *session, struct str text)
{
    if (session->last.p != NULL)
        return str_starts(text, session->last) ? session->last.len : SIZE_MAX;
    if (!session->has_last || text.len < session->last_bytes)
        return SIZE_MAX;
    struct str front = str_sub(text, 0, session->last_bytes);
    return (uint32_t)str_hash(front) == session->last_hash ? session->last_bytes : SIZE_MAX;
}

/* New input of a cumulative text; sets is_repeat when there is none. */
static struct str cumulative_input(const struct eval *eval, const struct rule *rule,
                                   struct inbound *in)
{
    struct str text = in->raw_text;
    size_t n = remembered_prefix(eval->session, text);
    if (n == SIZE_MAX)
        return text;
    if (n == text.len) {
        in->is_repeat = rule->again == USSD_AGAIN_DUPLICATE;
        return STR("");
    }
    if (n == 0)
        return text;
    return text.p[n] == '*' ? str_sub(text, n + 1, text.len) : text;
}

static bool is_over(const struct inbound *in)
{
    return in->phase == INBOUND_PHASE_END || in->phase == INBOUND_PHASE_TIMEOUT;
}

static void lose(const struct rule *rule, struct inbound *in)
{
    if (rule->lost == USSD_LOST_ACCEPT)
        return;
    in->outcome = rule->lost == USSD_LOST_REJECT ? INBOUND_REJECT : INBOUND_IGNORE;
    in->reason = STR("unknown session");
}

/* The dialled code in front of a cumulative text is no input in any request. */
static void strip_code(const struct rule *rule, struct inbound *in)
{
    if (rule->input != USSD_INPUT_CUMULATIVE || rule->first != USSD_FIRST_CODE ||
        !is_dialled(in->raw_text))
        return;
    struct str rest = behind_code(in->raw_text, in->to);
    if (rest.p != NULL)
        in->raw_text = rest;
}

static struct str new_input(const struct eval *eval, const struct rule *rule, bool is_known,
                            struct inbound *in)
{
    if (is_over(in))
        return STR("");
    if (in->phase == INBOUND_PHASE_NEW)
        return first_input(rule, in);
    if (rule->input == USSD_INPUT_CUMULATIVE && is_known)
        return cumulative_input(eval, rule, in);
    return in->raw_text;
}

void session_apply(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    bool is_known = eval->session != NULL && eval->session->is_known;
    if (rule->is_phase_by_session)
        in->phase = is_known ? INBOUND_PHASE_CONTINUE : INBOUND_PHASE_NEW;
    if (!is_known && in->phase != INBOUND_PHASE_NEW)
        lose(rule, in);
    strip_code(rule, in);
    in->is_repeatable_input = rule->input == USSD_INPUT_LAST || rule->again == USSD_AGAIN_INPUT;
    in->text = new_input(eval, rule, is_known, in);
    if (in->is_repeat && in->outcome == INBOUND_ACCEPT)
        in->outcome = INBOUND_DUPLICATE;
}
