/* Vectors of kind send: the request that leaves us, and how the provider's response is read. */
#include <stdlib.h>
#include <string.h>

#include "lab/vector/vector.h"
#include "profile/outgoing.h"
#include "wire/doc.h"
#include "wire/form.h"

/* Addresses in vectors that stand for ours, "https://gw.example/cb/kn/status": they are nobody's
 * rule, so the vector's own is taken as the channel's dlr_url. */
static struct str find_report_url(const struct doc *request, struct arena *arena)
{
    static const char *const members[] = {"body", "query", "url"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct str text = form_decode(doc_text(request, members[i]), false, arena);
        size_t at = str_find(text, STR("https://gw.example/"));
        if (at == SIZE_MAX)
            continue;
        size_t end = at;
        while (end < text.len && strchr("?&\"<> ", text.p[end]) == NULL)
            end++;
        return str_sub(text, at, end);
    }
    return STR("https://gw.example/dlr");
}

static int compare_pair(const void *a, const void *b)
{
    const struct form_pair *left = a, *right = b;
    int order = str_cmp(left->key, right->key);
    return order != 0 ? order : str_cmp(left->value, right->value);
}

static struct form_pair *sorted_pairs(struct str text, struct arena *arena, uint32_t *ret_n)
{
    struct form form;
    *ret_n = 0;
    if (form_parse(text, arena, &form) != ERR_OK)
        return NULL;
    struct form_pair *pairs = arena_new_array(arena, struct form_pair, form.n_pairs + 1);
    for (uint32_t i = 0; pairs != NULL && i < form.n_pairs; i++)
        pairs[i] = form.pairs[i];
    if (pairs != NULL)
        qsort(pairs, form.n_pairs, sizeof(*pairs), compare_pair);
    *ret_n = pairs != NULL ? form.n_pairs : 0;
    return pairs;
}

/* Same pairs in any order. */
static bool forms_equal(struct str a, struct str b, struct arena *arena)
{
    uint32_t n_left, n_right;
    struct form_pair *left = sorted_pairs(a, arena, &n_left);
    struct form_pair *right = sorted_pairs(b, arena, &n_right);
    bool is_equal = left != NULL && right != NULL && n_left == n_right;
    for (uint32_t i = 0; is_equal && i < n_left; i++)
        is_equal = compare_pair(&left[i], &right[i]) == 0;
    return is_equal;
}

bool vector_bodies_equal(struct str got, struct str expected, struct arena *arena)
{
    const struct doc *left, *right;
    if (vector_text_fits(got, expected))
        return true;
    struct str start = str_trim(expected);
    if (str_starts(start, STR("{")) || str_starts(start, STR("[")))
        return json_read(got, arena, &left) == ERR_OK &&
               json_read(expected, arena, &right) == ERR_OK && vector_equal(left, right);
    if (str_starts(start, STR("<")))
        return xml_read(got, arena, &left) == ERR_OK &&
               xml_read(expected, arena, &right) == ERR_OK && vector_equal(left, right);
    return false;
}

static void compare_url(const struct doc *request, struct str url, struct arena *arena,
                        struct buf *out)
{
    struct str expected = doc_text(request, "url"), query = doc_text(request, "query");
    if (query.len > 0)
        expected =
            arena_printf(arena, "%.*s%c%.*s", STR_ARG(expected),
                         str_find_char(expected, '?') == SIZE_MAX ? '?' : '&', STR_ARG(query));
    struct str left = url, right = expected;
    bool is_same =
        str_eq(str_split(&left, '?'), str_split(&right, '?')) && forms_equal(left, right, arena);
    if (!is_same)
        vector_differ("url", url, expected, out);
}

/* Every header that the vector names, but for content types that cannot go with its body. */
static void compare_headers(const struct doc *request, const struct send_request *ours,
                            struct buf *out)
{
    const struct doc *headers = doc_member(request, "headers");
    bool is_json = str_starts(doc_text(request, "body"), STR("{"));
    for (const struct doc *d = headers != NULL ? headers->first : NULL; d != NULL; d = d->next) {
        struct str got = http_header_get(ours->headers, ours->n_headers, d->name);
        bool is_form = str_eq(d->text, STR("application/x-www-form-urlencoded"));
        if (is_json && is_form)
            continue;
        if (!str_eq(got, d->text))
            vector_differ(d->name.p, got, d->text, out);
    }
}

static void compare_request(const struct doc *request, const struct send_request *ours,
                            struct arena *arena, struct buf *out)
{
    struct str body = doc_text(request, "body");
    struct str type = http_header_get(ours->headers, ours->n_headers, STR("Content-Type"));
    bool is_form = str_eq(type, STR("application/x-www-form-urlencoded"));
    vector_compare(request, "method", str_from(ours->method), out);
    compare_url(request, ours->url, arena, out);
    compare_headers(request, ours, out);
    bool is_same = is_form ? forms_equal(ours->body, body, arena)
                           : vector_bodies_equal(ours->body, body, arena);
    if (!is_same)
        vector_differ("body", ours->body, body, out);
}

/* Asks for the token as the vector has it, and takes the one in its reply. */
static void get_token(const struct profile *p, const struct doc *vector,
                      struct vector_settings *settings, struct arena *arena, struct buf *out)
{
    const struct doc *wanted = doc_member(vector, "token_request");
    struct settings all = vector_settings_all(settings);
    struct send_request request;
    struct errmsg msg = {""};
    struct str token;
    int64_t lifetime_ms;
    struct wall_ms now = vector_now(doc_member(vector, "input"));
    if (!profile_needs_token(p, &all))
        return;
    if (wanted == NULL) { /* got before: the request shows which */
        struct str bearer =
            doc_text(doc_member(doc_member(vector, "request"), "headers"), "Authorization");
        (void)str_split(&bearer, ' '); /* "Bearer" */
        vector_settings_put(settings, STR("token"), bearer);
        return;
    }
    if (profile_token_request(p, &all, now, arena, &request, &msg) != ERR_OK) {
        buf_addf(out, "#   no token request: %s\n", msg.text);
        return;
    }
    compare_request(wanted, &request, arena, out);
    struct http_response response = {.status = 200, .body = doc_text(wanted, "reply")};
    if (profile_read_token(p, &response, &all, arena, &token, &lifetime_ms) == ERR_OK)
        vector_settings_put(settings, STR("token"), token);
    else
        buf_add_str(out, STR("#   the token is not found in the reply\n"));
}

static enum inbound_phase phase_of(struct str name)
{
    for (int i = INBOUND_PHASE_NEW; i <= INBOUND_PHASE_TIMEOUT; i++) {
        if (str_eq(name, str_from(inbound_phase_name((enum inbound_phase)i))))
            return (enum inbound_phase)i;
    }
    return INBOUND_PHASE_NONE;
}

static void compare_result(const struct profile *p, const struct doc *vector, struct str own_id,
                           const struct settings *settings, struct arena *arena, struct buf *out)
{
    const struct doc *response = doc_member(vector, "response");
    const struct doc *expected = doc_member(vector, "expect");
    const struct doc *headers = doc_member(response, "headers");
    struct http_header list[HTTP_MAX_HEADERS];
    struct send_result result;
    struct http_response answered = {.headers = list, .body = doc_text(response, "body_example")};
    uint64_t status = 0;
    for (const struct doc *d = headers != NULL ? headers->first : NULL;
         d != NULL && answered.n_headers < HTTP_MAX_HEADERS; d = d->next)
        list[answered.n_headers++] = (struct http_header){d->name, d->text};
    enum err e = str_to_u64(doc_text(response, "status"), 999, &status);
    answered.status = (int)status;
    if (e == ERR_OK)
        e = profile_read_response(p, &answered, settings, vector_now(doc_member(vector, "input")),
                                  arena, &result);
    if (e != ERR_OK) {
        buf_add_str(out, STR("#   the answer cannot be read\n"));
        return;
    }
    if (result.id.p == NULL && result.is_own_id && result.outcome == SEND_SENT)
        result.id = own_id;
    vector_compare(expected, "outcome", str_from(send_outcome_name(result.outcome)), out);
    vector_compare(expected, "id", result.id, out);
    vector_compare(expected, "error", result.error, out);
}

void vector_test_send(const struct profile *p, const struct doc *vector, struct arena *arena,
                      struct buf *out)
{
    const struct doc *input = doc_member(vector, "input");
    const struct doc *request = doc_member(vector, "request");
    struct vector_settings settings = {.n = 0};
    struct send_request ours;
    struct errmsg msg = {""};
    struct str id = doc_text(input, "id");
    struct outgoing message = {
        .from = doc_text(input, "from"),
        .to = doc_text(input, "to"),
        .text = doc_text(input, "text"),
        .id = id.p != NULL ? id : STR("ref-1"), /* as the vectors that name none have it */
        .session = doc_text(input, "session"),
        .link = doc_text(input, "link_id"),
        .network = doc_text(input, "network"),
        .phase = phase_of(doc_text(input, "phase")),
        .now = vector_now(input),
    };
    vector_settings_read(doc_member(input, "config"), STR(""), arena, &settings);
    vector_settings_put(&settings, STR("dlr_url"), find_report_url(request, arena));
    get_token(p, vector, &settings, arena, out);
    struct settings all = vector_settings_all(&settings);
    if (!profile_has_send_url(p))
        vector_settings_put(&settings, STR("send_url"), doc_text(request, "url"));
    all = vector_settings_all(&settings);
    enum err e = profile_send(p, &message, &all, arena, &ours, &msg);
    if (e != ERR_OK) {
        buf_addf(out, "#   no request: %s\n", msg.text);
        return;
    }
    compare_request(request, &ours, arena, out);
    compare_result(p, vector, message.id, &all, arena, out);
}
