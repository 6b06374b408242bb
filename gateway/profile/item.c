/* One message of a request: its fields by the rule that took it, and its place in a session. */
#include "profile/model.h"

static void reject(struct inbound *in, struct str reason)
{
    if (in->outcome == INBOUND_REJECT)
        return;
    in->outcome = INBOUND_REJECT;
    in->reason = reason;
}

/* Without the blanks and line ends that a provider's own template left around it: they would hide
 * a status, and make another session or message of an id. A text is a person's, and in front of a
 * number a blank may be a plus. */
static struct str bare(enum field_name name, struct str value)
{
    bool is_kept = name == FIELD_TEXT || name == FIELD_FROM || name == FIELD_TO;
    struct str trimmed = is_kept ? value : str_trim(value);
    return trimmed.len == 0 && value.len > 0 ? STR_NONE : trimmed;
}

/* Value of a field as clean UTF-8; a required one that is missing rejects the message. */
struct str item_field(struct eval *eval, const struct rule *rule, enum field_name name,
                      struct inbound *in)
{
    const struct field *field = &rule->fields[name];
    if (field->value.alternatives == NULL && field->value.fallback.p == NULL) {
        if (field->is_required)
            reject(in, arena_printf(eval->arena, "the profile has no %s", field_word(name)));
        return STR_NONE;
    }
    struct str value = bare(name, value_eval(eval, &field->value));
    if (value.p == NULL && field->is_required)
        reject(in, arena_printf(eval->arena, "missing %s (%.*s)", field_word(name),
                                STR_ARG(field->words)));
    if (value.p == NULL)
        return value;
    bool is_clean = text_is_clean(value);
    if (eval->profile->is_latin1 && name == FIELD_TEXT && !is_clean)
        return text_from_latin1(eval->arena, value);
    if (!is_clean && eval->profile->is_bad_text_rejected)
        reject(in, STR("invalid encoding"));
    if (name == FIELD_TEXT && in->kind == INBOUND_SMS)
        return text_guess(value, eval->arena);
    return is_clean ? value : text_clean(value, eval->arena);
}

/* "tel:+254..", " tel:1721" */
static struct str without_tel(struct str value)
{
    value = str_trim(value);
    return str_eq_nocase(str_sub(value, 0, 4), STR("tel:")) ? str_sub(value, 4, value.len) : value;
}

/* Without what C programs leave behind a number: a NUL, by now U+FFFD, and other controls. */
static struct str without_trailer(struct str text)
{
    for (;;) {
        if (str_ends(text, STR("\xef\xbf\xbd")))
            text.len -= 3;
        else if (text.len > 0 && (unsigned char)text.p[text.len - 1] < ' ')
            text.len--;
        else
            return text;
    }
}

/* One word; "MTN Info" is a name. */
static bool is_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.p[i] <= ' ' || text.p[i] == 0x7f)
            return false;
    }
    return text.len > 0;
}

/* Tries the forms in order; false when none fits. */
static bool read_number(struct eval *eval, const struct field *field, struct str text,
                        struct inbound *in, struct str *ret)
{
    struct str country = eval_setting(eval, STR("default_country"));
    text = without_trailer(text);
    struct str bare = without_tel(text);
    if (bare.len < str_trim(text).len)
        text = bare; /* a blank in front may stand for a plus, unless tel: follows */
    for (uint32_t i = 0; i < field->n_forms; i++) {
        struct number number;
        if (field->forms[i] == NUMBER_FORM_OPAQUE && is_token(bare)) {
            in->is_opaque = true;
            *ret = bare;
            return true;
        }
        if (number_parse(text, field->forms[i], country, &number) == ERR_OK) {
            *ret = arena_str(eval->arena, str_from(number.e164));
            in->country[0] = number.country[0];
            in->country[1] = number.country[1];
            in->is_unplanned = number.is_unplanned;
            return true;
        }
    }
    return false;
}

/* Nobody whom we could answer, and nothing that a provider should send again: it gets its success.
 * A USSD session waits for a screen, so it is refused. */
static void ignore_sender(struct inbound *in, struct str reason)
{
    in->is_no_sender = true;
    if (in->kind == INBOUND_USSD)
        reject(in, reason);
    else if (in->outcome == INBOUND_ACCEPT) {
        in->outcome = INBOUND_IGNORE;
        in->reason = reason;
    }
}

void item_sender(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    struct str text = item_field(eval, rule, FIELD_FROM, in);
    const struct field *field = &rule->fields[FIELD_FROM];
    bool is_number = text.p != NULL && read_number(eval, field, text, in, &in->from);
    if (rule->kind == INBOUND_CALL && (!is_number || in->is_opaque))
        ignore_sender(in, STR("the caller hides the number")); /* hung up, as everybody's call */
    else if (text.p != NULL && !is_number)
        ignore_sender(in, STR("the sender is not a phone number"));
}

/* A response to our own number would come back for ever. It may be written as senders are. */
static void check_own_number(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    struct inbound scratch = {.is_opaque = false};
    struct str to;
    if (in->from.p != NULL && !in->is_opaque && in->to.p != NULL &&
        read_number(eval, &rule->fields[FIELD_FROM], in->to, &scratch, &to) && str_eq(to, in->from))
        ignore_sender(in, STR("the sender is our own number"));
}

static void read_recipient(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    const struct field *field = &rule->fields[FIELD_TO];
    struct inbound scratch = {.is_opaque = false};
    struct str text = item_field(eval, rule, FIELD_TO, in);
    struct str pattern = eval_setting(eval, STR("to_pattern"));
    if (text.p == NULL)
        return;
    if (field->n_forms == 0 || !read_number(eval, field, text, &scratch, &in->to))
        in->to = without_tel(text);
    bool is_ours = rule->kind != INBOUND_DLR; /* reports name the phone that we wrote to */
    if (is_ours && pattern.p != NULL && !pattern_match_text(pattern, in->to))
        reject(in,
               arena_printf(eval->arena, "%.*s is not served by this channel", STR_ARG(in->to)));
}

static void read_time(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    const struct field *field = &rule->fields[FIELD_TIME];
    struct str text = item_field(eval, rule, FIELD_TIME, in);
    if (text.p == NULL)
        return;
    struct time_zone zone = eval_zone(eval, field->zone);
    enum err e = field->patterns == NULL ? time_parse_auto(text, zone, &in->at) : ERR_INVALID;
    for (const struct word_list *p = field->patterns; p != NULL && e != ERR_OK; p = p->next)
        e = time_parse(text, p->text, zone, &in->at);
    if (e != ERR_OK && field->is_bad_rejected)
        reject(in, STR("bad timestamp"));
}

/* Target of the map, or of what it says about everything else; false = reject or ignore it. */
static bool read_mapped(const struct field *field, struct str raw, int *ret, struct inbound *in)
{
    for (const struct matcher *m = field->map; m != NULL; m = m->next) {
        if (field->is_constant || matcher_matches(m, raw, !field->is_case_exact)) {
            *ret = m->target;
            return true;
        }
    }
    *ret = 0;
    switch (field->other) {
    case MAP_OTHER_UNKNOWN:
        break;
    case MAP_OTHER_TARGET:
        *ret = field->other_target;
        break;
    case MAP_OTHER_IGNORE:
        *ret = MAP_TARGET_IGNORE;
        break;
    case MAP_OTHER_REJECT:
        reject(in, STR("type not handled"));
        return false;
    }
    return true;
}

static void read_status(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    const struct field *field = &rule->fields[FIELD_STATUS];
    int target = 0;
    in->status_raw = item_field(eval, rule, FIELD_STATUS, in);
    bool is_given = in->status_raw.p != NULL || field->is_constant;
    if (rule->kind != INBOUND_DLR || !is_given || !read_mapped(field, in->status_raw, &target, in))
        target = 0;
    if (target == MAP_TARGET_IGNORE) {
        in->outcome = INBOUND_IGNORE;
        in->reason = STR("no change");
    } else if (target > 0) {
        in->status = (enum dlr_status)target;
    } else if (rule->kind == INBOUND_DLR && in->outcome == INBOUND_ACCEPT) {
        in->outcome = INBOUND_UNKNOWN_STATUS;
    }
}

static void read_phase(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    const struct field *field = &rule->fields[FIELD_PHASE];
    int target = 0;
    if (rule->is_phase_by_session || field->map == NULL)
        return;
    struct str raw = field->is_constant ? STR("") : item_field(eval, rule, FIELD_PHASE, in);
    if (!read_mapped(field, raw, &target, in))
        return;
    if (target > 0) {
        in->phase = (enum inbound_phase)target;
    } else if (in->outcome == INBOUND_ACCEPT) {
        in->outcome = INBOUND_IGNORE;
        in->reason = STR("type not handled");
    }
}

static void read_parts(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    uint64_t n = 0, of = 0;
    struct str part = item_field(eval, rule, FIELD_PART, in);
    struct str parts = item_field(eval, rule, FIELD_PARTS, in);
    in->part_ref = item_field(eval, rule, FIELD_PART_REF, in);
    if (in->part_ref.p == NULL || str_to_u64(part, 255, &n) != ERR_OK ||
        str_to_u64(parts, 255, &of) != ERR_OK || n < 1 || n > of || of < 2)
        return;
    in->part_n = (uint32_t)n;
    in->part_of = (uint32_t)of;
    if (in->outcome == INBOUND_ACCEPT) {
        in->outcome = INBOUND_BUFFER;
        in->reason = STR("part of a longer message");
    }
}

/* What later requests of the session will lack, as a form. */
static struct str read_remember(struct eval *eval, const struct rule *rule)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, PROFILE_MAX_TEXT_BYTES);
    for (const struct named_value *v = rule->remember; v != NULL; v = v->next) {
        struct str value = value_eval(eval, &v->value);
        if (value.p == NULL)
            continue;
        if (out.len > 0)
            buf_add_char(&out, '&');
        form_encode(v->name, &out);
        buf_add_char(&out, '=');
        form_encode(value, &out);
    }
    return out.len > 0 ? arena_str(eval->arena, buf_str(&out)) : STR_NONE;
}

static void read_ussd(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    read_phase(eval, rule, in);
    in->raw_text = in->text.p != NULL ? in->text : STR("");
    in->remember = read_remember(eval, rule);
    if (eval->bare != NULL)
        *eval->bare = *in;
    session_apply(eval, rule, in);
}

void item_read(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    *in = (struct inbound){.kind = rule->kind, .outcome = rule->outcome, .reason = rule->reason};
    eval->inbound = in;
    eval->path = rule->has_path ? &rule->path : NULL;
    item_sender(eval, rule, in);
    read_recipient(eval, rule, in);
    if (rule->kind == INBOUND_SMS)
        check_own_number(eval, rule, in);
    in->session = item_field(eval, rule, FIELD_SESSION, in);
    in->step = item_field(eval, rule, FIELD_STEP, in);
    in->network = item_field(eval, rule, FIELD_NETWORK, in);
    in->id = item_field(eval, rule, FIELD_ID, in);
    in->text = item_field(eval, rule, FIELD_TEXT, in);
    if (in->text.p == NULL && rule->kind == INBOUND_SMS && !rule->fields[FIELD_TEXT].is_required)
        in->text = STR(""); /* people send empty SMS, and providers write them in many ways */
    in->error = item_field(eval, rule, FIELD_ERROR, in);
    in->link = item_field(eval, rule, FIELD_LINK, in);
    read_time(eval, rule, in);
    read_status(eval, rule, in);
    if (rule->has_opt_out)
        in->is_opt_out = conditions_hold(eval, &rule->opt_out);
    if (rule->kind == INBOUND_USSD)
        read_ussd(eval, rule, in);
    else
        read_parts(eval, rule, in);
}

/* ---- sessions ----
 *
 * What a USSD request says beyond its fields: the phase where the provider tells none, and what of
 * its text is new. Cumulative texts ("1*Juma*2") grow by '*' and the new input, but an input may
 * hold stars itself, so nothing is ever split at them: the remembered text in front is taken off.
 */

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
