/* A request into messages: may it come in, what does its body hold, and which rule takes each. */
#include "profile/model.h"

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
    memory->bare = arena_new_array(arena, struct inbound, n);
    if (items == NULL || memory->rules == NULL || memory->nodes == NULL || memory->bare == NULL)
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
        eval->bare = &memory->bare[i];
        const struct rule *rule = memory->rules[i] = rule_of_item(eval, first, is_dlr);
        if (rule != NULL)
            item_read(eval, rule, &items[i]);
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
        eval->bare = memory->bare;
        item_read(eval, rule, item);
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

/* Does what is read of a request differ once its session is known? Else only the text is another,
 * and nothing need be read again. */
static bool reads_session(const struct profile *p)
{
    return p->has_ussd && (p->fields_need & NEED_SESSION) != 0;
}

/* Copies what answers and profile_resume need, for the request is gone by then. */
static void keep(struct eval *eval)
{
    struct arena *arena = eval->arena;
    const struct http_header *headers = eval->headers;
    const struct profile *p = eval->profile;
    unsigned needs = p->responses_need | (reads_session(p) ? p->fields_need : 0);
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
    eval->inbound = eval->bare = NULL;
}

enum err profile_decode(const struct profile *p, const struct http_request *request,
                        const struct decode_context *context, struct arena *arena,
                        struct inbound_batch *ret)
{
    struct profile_memory *memory = arena_alloc(arena, sizeof(*memory));
    if (memory == NULL)
        return ERR_TOO_LONG;
    memory->eval = eval_of(p, request, context, arena);
    enum err e = read_request(memory, context->is_dlr, ret);
    keep(&memory->eval);
    return e != ERR_OK || arena_error(arena) != ERR_OK ? ERR_TOO_LONG : ERR_OK;
}

enum err profile_resume(const struct inbound_batch *batch, uint32_t i,
                        const struct session_memory *session, struct inbound *ret)
{
    struct eval eval = batch->memory->eval;
    eval.session = session;
    eval.item = batch->memory->nodes[i];
    eval.index = i;
    const struct rule *rule = batch->memory->rules[i];
    if (rule == NULL) {
        *ret = batch->items[i];
    } else if (rule->kind == INBOUND_USSD && !reads_session(eval.profile)) {
        *ret = batch->memory->bare[i];
        session_apply(&eval, rule, ret);
    } else {
        item_read(&eval, rule, ret);
    }
    return arena_error(eval.arena) == ERR_OK ? ERR_OK : ERR_TOO_LONG;
}

struct str profile_session_key(const struct profile *p, const struct http_request *request,
                               struct str rest, struct arena *arena)
{
    struct inbound in = {.kind = INBOUND_USSD};
    struct decode_context context = {.rest = rest};
    struct eval eval = eval_of(p, request, &context, arena);
    eval.inbound = &in;
    if (form_parse(eval.query_text, arena, &eval.query) != ERR_OK || body_read(&eval) != ERR_OK)
        return STR_NONE;
    for (const struct rule *rule = p->rules; rule < p->rules + p->n_rules; rule++) {
        if (rule->kind != INBOUND_USSD || !rule_applies(&eval, rule, false))
            continue;
        item_sender(&eval, rule, &in);
        in.session = item_field(&eval, rule, FIELD_SESSION, &in);
        struct str key = item_field(&eval, rule, FIELD_SESSION_KEY, &in);
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
