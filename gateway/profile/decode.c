#include <stdlib.h>

#include "profile/model.h"

/* one item ---------------------------------------------------------------------------------- */

static void reject(struct inbound *in, struct str reason)
{
    if (in->outcome == INBOUND_REJECT)
        return;
    in->outcome = INBOUND_REJECT;
    in->reason = reason;
}

/* Value of a field as clean UTF-8; a required one that is missing rejects the message. */
static struct str read_field(struct eval *eval, const struct rule *rule, enum field_name name,
                             struct inbound *in)
{
    const struct field *field = &rule->fields[name];
    if (field->value.alternatives == NULL && field->value.fallback.p == NULL) {
        if (field->is_required)
            reject(in, arena_printf(eval->arena, "the profile has no %s", field_word(name)));
        return STR_NONE;
    }
    struct str value = value_eval(eval, &field->value);
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

/* Tries the forms in order; false when none fits. */
static bool read_number(struct eval *eval, const struct field *field, struct str text,
                        struct inbound *in, struct str *ret)
{
    struct str country = eval_setting(eval, STR("default_country"));
    struct str bare = without_tel(text);
    if (bare.len < str_trim(text).len)
        text = bare; /* a blank in front may stand for a plus, unless tel: follows */
    for (uint32_t i = 0; i < field->n_forms; i++) {
        struct number number;
        if (field->forms[i] == NUMBER_FORM_OPAQUE) {
            in->is_opaque = true;
            *ret = without_tel(text);
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

static void read_sender(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    struct str text = read_field(eval, rule, FIELD_FROM, in);
    const struct field *field = &rule->fields[FIELD_FROM];
    bool is_number = text.p != NULL && read_number(eval, field, text, in, &in->from);
    if (rule->kind == INBOUND_CALL && (!is_number || in->is_opaque))
        ignore_sender(in, STR("the caller hides the number")); /* hung up, as everybody's call */
    else if (text.p != NULL && !is_number)
        ignore_sender(in, STR("the sender is not a phone number"));
}

/* An answer to our own number would come back for ever. */
static void check_own_number(struct inbound *in)
{
    struct str to = str_starts(in->to, STR("+")) ? str_sub(in->to, 1, in->to.len) : in->to;
    if (str_starts(in->from, STR("+")) && str_eq(str_sub(in->from, 1, in->from.len), to))
        ignore_sender(in, STR("the sender is our own number"));
}

static void read_recipient(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    const struct field *field = &rule->fields[FIELD_TO];
    struct inbound scratch = {.is_opaque = false};
    struct str text = read_field(eval, rule, FIELD_TO, in);
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
    struct str text = read_field(eval, rule, FIELD_TIME, in);
    if (text.p == NULL)
        return;
    struct zone zone = eval_zone(eval, field->zone);
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
    in->status_raw = read_field(eval, rule, FIELD_STATUS, in);
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
    struct str raw = field->is_constant ? STR("") : read_field(eval, rule, FIELD_PHASE, in);
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
    struct str part = read_field(eval, rule, FIELD_PART, in);
    struct str parts = read_field(eval, rule, FIELD_PARTS, in);
    in->part_ref = read_field(eval, rule, FIELD_PART_REF, in);
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
    session_apply(eval, rule, in);
}

static void read_item(struct eval *eval, const struct rule *rule, struct inbound *in)
{
    *in = (struct inbound){.kind = rule->kind, .outcome = rule->outcome, .reason = rule->reason};
    eval->inbound = in;
    eval->path = rule->has_path ? &rule->path : NULL;
    read_sender(eval, rule, in);
    read_recipient(eval, rule, in);
    if (rule->kind == INBOUND_SMS)
        check_own_number(in);
    in->session = read_field(eval, rule, FIELD_SESSION, in);
    in->step = read_field(eval, rule, FIELD_STEP, in);
    in->network = read_field(eval, rule, FIELD_NETWORK, in);
    in->id = read_field(eval, rule, FIELD_ID, in);
    in->text = read_field(eval, rule, FIELD_TEXT, in);
    if (in->text.p == NULL && rule->kind == INBOUND_SMS && !rule->fields[FIELD_TEXT].is_required)
        in->text = STR(""); /* people send empty SMS, and providers write them in many ways */
    in->error = read_field(eval, rule, FIELD_ERROR, in);
    in->link = read_field(eval, rule, FIELD_LINK, in);
    read_time(eval, rule, in);
    read_status(eval, rule, in);
    if (rule->has_opt_out)
        in->is_opt_out = conditions_hold(eval, &rule->opt_out);
    if (rule->kind == INBOUND_USSD)
        read_ussd(eval, rule, in);
    else
        read_parts(eval, rule, in);
}

/* the request ------------------------------------------------------------------------------- */

static bool rule_applies(struct eval *eval, const struct rule *rule, bool is_dlr)
{
    if (is_dlr ? !rule->is_at_dlr : !rule->is_at_in)
        return false;
    if (rule->has_path && !path_matches(&rule->path, eval->rest))
        return false;
    eval->path = rule->has_path ? &rule->path : NULL;
    return conditions_hold(eval, &rule->when);
}

bool profile_takes_method(const struct profile *p, struct str method)
{
    if (str_eq(method, STR("GET")))
        return !p->has_methods || p->is_get_ok;
    if (str_eq(method, STR("POST")))
        return !p->has_methods || p->is_post_ok;
    return str_eq(method, STR("PUT")) && (!p->has_methods || p->is_put_ok);
}

/* Room for n items. */
static struct inbound *new_batch(struct profile_memory *memory, uint32_t n,
                                 struct inbound_batch *ret)
{
    struct arena *arena = memory->eval.arena;
    struct inbound *items = arena_new_array(arena, struct inbound, n);
    memory->rules = arena_new_array(arena, const struct rule *, n);
    memory->nodes = arena_new_array(arena, const struct doc *, n);
    if (items == NULL || memory->rules == NULL || memory->nodes == NULL)
        return NULL;
    *ret = (struct inbound_batch){.items = items, .n_items = n, .memory = memory};
    return items;
}

/* A batch of one that no rule made. */
static enum err settle(struct profile_memory *memory, enum inbound_outcome outcome,
                       struct str reason, struct inbound_batch *ret)
{
    struct inbound *item = new_batch(memory, 1, ret);
    if (item == NULL)
        return ERR_TOO_LONG;
    *item = (struct inbound){.outcome = outcome, .reason = reason};
    if (memory->eval.profile->has_ussd)
        item->kind = INBOUND_USSD;
    return ERR_OK;
}

/* First node of the list, and how to go on: members of a JSON list, or equal XML siblings. */
static const struct doc *first_node(const struct doc *list)
{
    return list->kind == DOC_LIST ? list->first : list;
}

static const struct doc *next_node(const struct doc *list, const struct doc *node)
{
    const struct doc *next = node->next;
    while (next != NULL && list->kind != DOC_LIST && !str_eq(next->name, list->name))
        next = next->next;
    return next;
}

static uint32_t count_nodes(const struct doc *list)
{
    uint32_t n = 0;
    for (const struct doc *d = first_node(list); d != NULL && n <= INBOUND_MAX_ITEMS;
         d = next_node(list, d))
        n++;
    return n;
}

/* First rule of the same list whose conditions hold for the present item. */
static const struct rule *rule_of_item(struct eval *eval, const struct rule *from, bool is_dlr)
{
    const struct profile *p = eval->profile;
    for (const struct rule *rule = from; rule < p->rules + p->n_rules; rule++) {
        if (rule->has_each && str_eq(rule->each_words, from->each_words) &&
            rule_applies(eval, rule, is_dlr))
            return rule;
    }
    return NULL;
}

static enum err read_list(struct profile_memory *memory, const struct rule *first,
                          const struct doc *list, bool is_dlr, struct inbound_batch *ret)
{
    struct eval *eval = &memory->eval;
    uint32_t n = count_nodes(list);
    if (n == 0)
        return settle(memory, INBOUND_IGNORE, STR("no messages"), ret);
    if (n > INBOUND_MAX_ITEMS)
        return settle(memory, INBOUND_REJECT, STR("too many messages in one request"), ret);
    struct inbound *items = new_batch(memory, n, ret);
    uint32_t i = 0;
    if (items == NULL)
        return ERR_TOO_LONG;
    for (const struct doc *d = first_node(list); d != NULL; d = next_node(list, d), i++) {
        eval->item = memory->nodes[i] = d;
        eval->index = i;
        const struct rule *rule = memory->rules[i] = rule_of_item(eval, first, is_dlr);
        if (rule != NULL)
            read_item(eval, rule, &items[i]);
        else
            items[i] = (struct inbound){.kind = first->kind,
                                        .outcome = eval->profile->otherwise,
                                        .reason = STR("type not handled")};
    }
    return ERR_OK;
}

/* Is there a list for this rule? Its own conditions may look at the items, so they come later. */
static const struct doc *list_of(struct eval *eval, const struct rule *rule, bool is_dlr)
{
    if (is_dlr ? !rule->is_at_dlr : !rule->is_at_in)
        return NULL;
    if (rule->has_path && !path_matches(&rule->path, eval->rest))
        return NULL;
    return doc_find(eval->doc, &rule->each, eval->profile->is_key_case_free);
}

static enum err read_rules(struct profile_memory *memory, bool is_dlr, struct inbound_batch *ret)
{
    struct eval *eval = &memory->eval;
    const struct profile *p = eval->profile;
    bool is_list_missing = false;
    for (const struct rule *rule = p->rules; rule < p->rules + p->n_rules; rule++) {
        const struct doc *list = rule->has_each ? list_of(eval, rule, is_dlr) : NULL;
        if (list != NULL)
            return read_list(memory, rule, list, is_dlr, ret);
        is_list_missing |= rule->has_each && (is_dlr ? rule->is_at_dlr : rule->is_at_in);
        if (rule->has_each || !rule_applies(eval, rule, is_dlr))
            continue;
        struct inbound *item = new_batch(memory, 1, ret);
        if (item == NULL)
            return ERR_TOO_LONG;
        memory->rules[0] = rule;
        read_item(eval, rule, item);
        return ERR_OK;
    }
    return is_list_missing ? settle(memory, INBOUND_REJECT, STR("no list of messages"), ret)
                           : settle(memory, p->otherwise, STR("type not handled"), ret);
}

/* Some rules of a provider are not signed although others are. */
static bool is_exempt(struct eval *eval, bool is_dlr)
{
    const struct profile *p = eval->profile;
    for (const struct rule *rule = p->rules; rule < p->rules + p->n_rules; rule++) {
        if (!rule->has_each && rule_applies(eval, rule, is_dlr))
            return rule->is_open;
    }
    return false;
}

static enum err read_request(struct profile_memory *memory, bool is_dlr, struct inbound_batch *ret)
{
    struct eval *eval = &memory->eval;
    const struct profile *p = eval->profile;
    if (str_eq(eval->method, STR("HEAD")))
        return settle(memory, INBOUND_IGNORE, STR("HEAD probe"), ret);
    if (!profile_takes_method(p, eval->method))
        return settle(memory, INBOUND_REJECT, STR("method not allowed"), ret);
    enum err e = form_parse(eval->query_text, eval->arena, &eval->query);
    if (e == ERR_OK)
        e = body_read(eval);
    if (p->auth != NULL && !is_exempt(eval, is_dlr) && !auth_check(eval))
        return settle(memory, INBOUND_AUTH_FAIL, STR("wrong signature or secret"), ret);
    if (arena_error(eval->arena) != ERR_OK)
        return ERR_TOO_LONG;
    if (e != ERR_OK)
        return settle(memory, INBOUND_REJECT, STR("the body cannot be read"), ret);
    return read_rules(memory, is_dlr, ret);
}

/* Copies what answers and profile_resume need, for the request is gone by then. */
static void keep(struct eval *eval)
{
    struct arena *arena = eval->arena;
    const struct http_header *headers = eval->headers;
    const struct profile *p = eval->profile;
    unsigned needs = p->answers_need | (p->has_ussd ? p->fields_need : 0);
    struct http_header *copies = (needs & NEED_HEADERS) != 0
                                     ? arena_new_array(arena, struct http_header, eval->n_headers)
                                     : NULL;
    for (uint32_t i = 0; copies != NULL && i < eval->n_headers; i++) {
        copies[i].name = arena_str(arena, headers[i].name);
        copies[i].value = arena_str(arena, headers[i].value);
    }
    eval->headers = copies;
    eval->n_headers = copies != NULL ? eval->n_headers : 0;
    eval->body = (needs & NEED_BODY) != 0 ? arena_str(arena, eval->body) : STR_NONE;
    eval->rest = arena_str(arena, eval->rest);
    eval->method = arena_str(arena, eval->method);
    eval->query_text = STR_NONE;
    eval->request = NULL;
    eval->session = NULL;
    eval->inbound = NULL;
}

static void begin(const struct profile *p, const struct http_request *request,
                  const struct decode_context *context, struct arena *arena, struct eval *ret)
{
    *ret = (struct eval){
        .profile = p,
        .arena = arena,
        .settings = context->settings,
        .request = request,
        .headers = request->headers,
        .n_headers = request->n_headers,
        .method = request->method,
        .body = request->body,
        .query_text = request->query,
        .rest = context->rest,
        .session = context->session,
        .now = context->now,
    };
}

enum err profile_decode(const struct profile *p, const struct http_request *request,
                        const struct decode_context *context, struct arena *arena,
                        struct inbound_batch *ret)
{
    struct profile_memory *memory = arena_alloc(arena, sizeof(*memory));
    if (memory == NULL)
        return ERR_TOO_LONG;
    begin(p, request, context, arena, &memory->eval);
    enum err e = read_request(memory, context->is_dlr, ret);
    keep(&memory->eval);
    return e != ERR_OK || arena_error(arena) != ERR_OK ? ERR_TOO_LONG : ERR_OK;
}

enum err profile_resume(const struct profile *p, const struct inbound_batch *batch, uint32_t i,
                        const struct session_memory *session, const struct settings *settings,
                        struct arena *arena, struct inbound *ret)
{
    struct eval eval = batch->memory->eval;
    eval.profile = p;
    eval.arena = arena;
    eval.settings = settings;
    eval.session = session;
    eval.item = batch->memory->nodes[i];
    eval.index = i;
    if (batch->memory->rules[i] == NULL)
        *ret = batch->items[i];
    else
        read_item(&eval, batch->memory->rules[i], ret);
    return arena_error(arena) == ERR_OK ? ERR_OK : ERR_TOO_LONG;
}

struct str profile_session_key(const struct profile *p, const struct http_request *request,
                               struct str rest, struct arena *arena)
{
    struct eval eval;
    struct inbound in = {.kind = INBOUND_USSD};
    struct decode_context context = {.rest = rest};
    begin(p, request, &context, arena, &eval);
    eval.inbound = &in;
    if (form_parse(eval.query_text, arena, &eval.query) != ERR_OK || body_read(&eval) != ERR_OK)
        return STR_NONE;
    for (const struct rule *rule = p->rules; rule < p->rules + p->n_rules; rule++) {
        if (rule->kind != INBOUND_USSD || !rule_applies(&eval, rule, false))
            continue;
        read_sender(&eval, rule, &in);
        in.session = read_field(&eval, rule, FIELD_SESSION, &in);
        struct str key = read_field(&eval, rule, FIELD_SESSION_KEY, &in);
        return key.p != NULL ? key : in.session;
    }
    return STR_NONE;
}

enum err profile_make_batch(const struct profile *p, const struct inbound *message,
                            struct arena *arena, struct inbound_batch *ret)
{
    struct profile_memory *memory = arena_alloc(arena, sizeof(*memory));
    if (memory == NULL)
        return ERR_TOO_LONG;
    memory->eval = (struct eval){.profile = p, .arena = arena, .method = STR("POST")};
    struct inbound *item = new_batch(memory, 1, ret);
    if (item == NULL)
        return ERR_TOO_LONG;
    for (uint32_t i = 0; i < p->n_rules && memory->rules[0] == NULL; i++) {
        const struct rule *rule = &p->rules[i];
        bool is_end = rule->fields[FIELD_PHASE].is_constant &&
                      rule->fields[FIELD_PHASE].map->target >= INBOUND_PHASE_END;
        if (rule->kind == message->kind && rule->outcome == INBOUND_ACCEPT && !is_end)
            memory->rules[0] = rule;
    }
    *item = *message;
    return memory->rules[0] != NULL ? ERR_OK : ERR_UNSUPPORTED;
}
