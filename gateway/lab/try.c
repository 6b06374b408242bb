#include "lab/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "lab/shipped.h"
#include "lab/simulator.h"
#include "lab/vector/vector.h"
#include "port/file.h"
#include "port/sender.h"
#include "wire/doc.h"

#define ARENA_BYTES (32u << 20)
#define TIMEOUT_MS 15000
#define REPLY_WAIT_MS 3000
#define REPLY_STEP_MS 100
#define MIN_SECRET_BYTES 3u /* shorter words stand in a request by chance */

struct trial {
    const struct try_ask *ask;
    struct errmsg *msg;
    struct arena *arena;
    const struct channel *channel;
    struct http_request request;
    struct str sample;          /* its name among the vectors; absent for a file */
    const struct doc *vector;   /* NULL for a file */
    struct inbound_batch batch; /* how we read it */
    int status;
    struct buf body;
    struct loop *loop;
};

/* ---- words in a request ---- */

static struct str replace(struct str text, struct str from, struct str to, struct arena *arena)
{
    if (text.p == NULL || from.len == 0 || str_find(text, from) == SIZE_MAX)
        return text;
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, VECTOR_MAX_BYTES);
    for (size_t at = str_find(text, from); at != SIZE_MAX; at = str_find(text, from)) {
        buf_add_str(&out, str_sub(text, 0, at));
        buf_add_str(&out, to);
        text = str_sub(text, at + from.len, text.len);
    }
    buf_add_str(&out, text);
    return arena_str(arena, buf_str(&out));
}

/* Everywhere in the request, however often. */
static void replace_word(struct trial *t, struct str from, struct str to)
{
    struct http_request *r = &t->request;
    r->query = replace(r->query, from, to, t->arena);
    r->body = replace(r->body, from, to, t->arena);
    for (uint32_t i = 0; i < r->n_headers; i++)
        r->headers[i].value = replace(r->headers[i].value, from, to, t->arena);
}

static struct str digits_of(struct str number)
{
    return str_starts(number, STR("+")) ? str_sub(number, 1, number.len) : number;
}

/* ---- where the sample comes from ---- */

static bool is_good_sample(const struct doc *vector, bool is_dlr)
{
    struct str kind = doc_text(vector, "kind");
    bool is_kind = is_dlr ? str_eq(kind, STR("dlr"))
                          : str_eq(kind, STR("sms-mo")) || str_eq(kind, STR("ussd"));
    return is_kind && str_eq(doc_text(doc_member(vector, "expect"), "outcome"), STR("accept")) &&
           doc_member(vector, "state") == NULL && doc_text(vector, "body_encoding").p == NULL;
}

static bool find_vector(struct trial *t, struct str file, const struct doc **ret)
{
    const struct doc *list;
    bool is_dlr = t->ask->is_dlr;
    if (json_read(file, t->arena, &list) != ERR_OK || list->kind != DOC_LIST)
        return false;
    for (const struct doc *d = list->first; d != NULL; d = d->next) {
        if (is_good_sample(d, is_dlr)) {
            *ret = d;
            return true;
        }
    }
    return false;
}

static enum err read_vector(struct trial *t)
{
    char folder[PATH_MAX], path[PATH_MAX];
    struct str profile = t->channel->config->profile;
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, VECTOR_MAX_BYTES);
    bool is_found = shipped_find("tests/vectors", folder) == ERR_OK &&
                    snprintf(path, sizeof(path), "%s/%.*s.json", folder, STR_ARG(profile)) <
                        (int)sizeof(path) &&
                    file_read(path, VECTOR_MAX_BYTES, &text, NULL) == ERR_OK &&
                    find_vector(t, arena_str(t->arena, buf_str(&text)), &t->vector);
    if (!is_found)
        return errmsg_set(t->msg, ERR_NOT_FOUND,
                          "no sample for profile %.*s comes with the program; give one with "
                          "--request FILE",
                          STR_ARG(profile));
    const struct doc *request = doc_member(t->vector, "request");
    const struct doc *headers = doc_member(request, "headers");
    t->sample = doc_text(t->vector, "name");
    t->request.method = doc_text(request, "method");
    t->request.path = doc_text(request, "path");
    t->request.query = doc_text(request, "query");
    t->request.body = doc_text(request, "body");
    for (const struct doc *d = headers != NULL ? headers->first : NULL;
         d != NULL && t->request.n_headers < HTTP_MAX_HEADERS; d = d->next)
        t->request.headers[t->request.n_headers++] = (struct http_header){d->name, d->text};
    return ERR_OK;
}

static enum err read_request(struct trial *t, const char *path)
{
    struct http_limits limits = {.max_head_bytes = 65536, .max_body_bytes = 1 << 20};
    struct buf raw CLEANUP(buf_fini), complete CLEANUP(buf_fini);
    buf_init(&complete, VECTOR_MAX_BYTES + 4096);
    enum err e = file_read(path, VECTOR_MAX_BYTES, &raw, t->msg);
    if (e != ERR_OK)
        return e;
    vector_complete_request(buf_str(&raw), &complete);
    struct http_reader *reader = http_reader_new(&limits);
    if (http_reader_feed(reader, complete.p, complete.len) == HTTP_STATE_DONE) {
        t->request = *http_reader_request(reader);
        struct http_request *r = &t->request;
        struct str *members[] = {&r->method, &r->path, &r->query, &r->body};
        for (size_t i = 0; i < ARRAY_LEN(members); i++)
            *members[i] = members[i]->p != NULL ? arena_str(t->arena, *members[i]) : STR_NONE;
        for (uint32_t i = 0; i < r->n_headers; i++)
            r->headers[i] = (struct http_header){arena_str(t->arena, r->headers[i].name),
                                                 arena_str(t->arena, r->headers[i].value)};
    } else {
        e = errmsg_set(t->msg, ERR_INVALID, "%s holds no complete HTTP request", path);
    }
    http_reader_free(reader);
    return e;
}

/* ---- making it ours ---- */

/* The path of the channel, and what the sample has behind it. */
static void aim(struct trial *t)
{
    bool is_dlr = t->ask->is_dlr;
    struct str rest = t->request.path;
    if (str_starts(rest, STR("/in/")) || str_starts(rest, STR("/dlr/"))) {
        rest = str_sub(rest, str_starts(rest, STR("/in/")) ? 4 : 5, rest.len);
        size_t slash = str_find_char(rest, '/');
        rest = slash != SIZE_MAX ? str_sub(rest, slash, rest.len) : STR("");
    }
    t->request.path = arena_printf(t->arena, "/%s/%.*s%.*s", is_dlr ? "dlr" : "in",
                                   STR_ARG(t->channel->config->name),
                                   STR_ARG(str_eq(rest, STR("/")) ? STR("") : rest));
}

/* The sample's keys become the channel's, its id a new one, so that it is no repeat. */
static void adapt(struct trial *t)
{
    const struct doc *expect = doc_member(t->vector, "expect");
    struct vector_settings theirs = {.n = 0};
    vector_settings_read(doc_member(t->vector, "config"), STR_NONE, t->arena, &theirs);
    for (uint32_t i = 0; i < theirs.n; i++) {
        struct str ours = settings_get(&t->channel->settings, theirs.list[i].name);
        if (ours.p != NULL && theirs.list[i].value.len >= MIN_SECRET_BYTES)
            replace_word(t, theirs.list[i].value, ours);
    }
    struct str id = doc_text(expect, "id"), session = doc_text(expect, "session");
    struct str now = arena_printf(t->arena, "%06lld", (long long)(clock_wall().ms / 100 % 1000000));
    struct str *old = id.len >= now.len ? &id : session.len >= now.len ? &session : NULL;
    if (old != NULL)
        replace_word(t, *old,
                     arena_printf(t->arena, "%.*s%.*s",
                                  STR_ARG(str_sub(*old, 0, old->len - now.len)), STR_ARG(now)));
    const char *from = t->ask->from;
    struct str number = digits_of(doc_text(expect, "from"));
    if (from != NULL && number.len > 0)
        replace_word(t, number, digits_of(str_from(from)));
}

static struct decode_context context_of(const struct trial *t, const struct settings *settings,
                                        struct str path)
{
    size_t slash = str_find_char(str_sub(path, 1, path.len), '/');
    struct str name = slash != SIZE_MAX ? str_sub(path, slash + 2, path.len) : STR("");
    size_t end = str_find_char(name, '/');
    return (struct decode_context){.settings = settings,
                                   .rest = end != SIZE_MAX ? str_sub(name, end, name.len) : STR(""),
                                   .peer = STR("127.0.0.1"),
                                   .is_dlr = t->ask->is_dlr,
                                   .now = clock_wall()};
}

/* The provider's signature in the sample was over its own text with its own key. */
static void sign_again(struct trial *t, const struct http_request *original)
{
    struct buf before CLEANUP(buf_fini), after CLEANUP(buf_fini);
    struct vector_settings theirs = {.n = 0};
    buf_init(&before, 4096);
    buf_init(&after, 4096);
    vector_settings_read(doc_member(t->vector, "config"), STR_NONE, t->arena, &theirs);
    struct settings settings = vector_settings_all(&theirs);
    struct decode_context then = context_of(t, &settings, STR("/"));
    then.rest = original->path;
    struct decode_context now = context_of(t, &t->channel->settings, t->request.path);
    if (profile_sign(t->channel->profile, original, &then, t->arena, &before) == ERR_OK &&
        profile_sign(t->channel->profile, &t->request, &now, t->arena, &after) == ERR_OK)
        replace_word(t, buf_str(&before), buf_str(&after));
}

static void set_target(struct http_request *r, struct arena *arena)
{
    r->target = r->query.len > 0
                    ? arena_printf(arena, "%.*s?%.*s", STR_ARG(r->path), STR_ARG(r->query))
                    : r->path;
}

static enum err prepare(struct trial *t)
{
    static struct http_request original;
    const char *file = t->ask->request_file;
    enum err e = file != NULL ? read_request(t, file) : read_vector(t);
    if (e != ERR_OK)
        return e;
    set_target(&t->request, t->arena);
    original = t->request;
    aim(t);
    if (t->vector != NULL)
        adapt(t);
    set_target(&t->request, t->arena);
    if (t->vector != NULL)
        sign_again(t, &original);
    set_target(&t->request, t->arena);
    struct decode_context context = context_of(t, &t->channel->settings, t->request.path);
    if (profile_decode(t->channel->profile, &t->request, &context, t->arena, &t->batch) == ERR_OK)
        return ERR_OK;
    return errmsg_set(t->msg, ERR_TOO_LONG, "the sample is too long");
}

/* ---- the exchange ---- */

static void on_answer(void *ctx, const struct sender_response *answer)
{
    struct trial *t = ctx;
    t->status = answer->reached == SENDER_REACHED_RESPONSE ? answer->status : 0;
    buf_add_str(&t->body,
                t->status != 0 ? answer->body : str_from(answer->message)); /* cut is fine */
    loop_stop(t->loop);
}

static const char *method_of(const struct http_request *r)
{
    static const char *const known[] = {"GET", "POST", "PUT"};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (str_eq(r->method, str_from(known[i])))
            return known[i];
    }
    return "POST";
}

static void post(struct trial *t)
{
    const struct http_request *r = &t->request;
    t->loop = loop_libevent_new();
    struct sender *sender = sender_curl_new(t->loop, 1);
    struct sender_request request = {
        .method = method_of(r),
        .url = arena_printf(t->arena, "%s%.*s", t->ask->base, STR_ARG(r->target)),
        .headers = r->headers,
        .n_headers = r->n_headers,
        .body = r->body.p != NULL ? r->body : STR(""),
        .timeout_ms = TIMEOUT_MS,
        .is_private_allowed = true,
        .is_insecure_allowed = true,
    };
    sender_post(sender, &request, on_answer, t);
    loop_run(t->loop);
    sender_free(sender);
    loop_free(t->loop);
}

static void print_request(const struct trial *t)
{
    const struct http_request *r = &t->request;
    if (t->sample.p != NULL)
        printf("# sample of %.*s: %.*s\n", STR_ARG(t->channel->config->profile),
               STR_ARG(t->sample));
    printf("%s %s%.*s\n", method_of(r), t->ask->base, STR_ARG(r->target));
    for (uint32_t i = 0; i < r->n_headers; i++)
        printf("%.*s: %.*s\n", STR_ARG(r->headers[i].name), STR_ARG(r->headers[i].value));
    if (r->body.len > 0)
        printf("\n%.*s\n", STR_ARG(r->body));
    printf("\n# it is read as\n");
    for (uint32_t i = 0; i < t->batch.n_items; i++) {
        struct buf out CLEANUP(buf_fini);
        buf_init(&out, VECTOR_MAX_BYTES);
        vector_print_inbound(&t->batch.items[i], &out);
        printf("%.*s\n", STR_ARG(buf_str(&out)));
    }
}

/* What the simulator delivers for it, if there is one. */
static void print_replies(const struct trial *t, struct http_caller *caller,
                          const struct sim_address *address, const char *number, uint32_t n_before)
{
    const struct sim_sent first = {number, n_before, "text"};
    struct errmsg msg;
    for (int64_t waited_ms = 0; waited_ms < REPLY_WAIT_MS; waited_ms += REPLY_STEP_MS) {
        struct buf text CLEANUP(buf_fini);
        buf_init(&text, VECTOR_MAX_BYTES);
        if (sim_outbox_get(caller, address, first, &text, &msg) == ERR_OK) {
            printf("\n# the simulator delivers\n%.*s\n", STR_ARG(buf_str(&text)));
            return;
        }
        http_caller_sleep(caller, REPLY_STEP_MS);
    }
    printf("\n# no SMS came of it within %d s (channel %.*s)\n", REPLY_WAIT_MS / 1000,
           STR_ARG(t->channel->config->name));
}

static enum err exchange(struct trial *t)
{
    struct sim_address address;
    struct errmsg msg;
    uint32_t n_before = 0;
    const struct inbound *in = &t->batch.items[0];
    struct str number = t->batch.n_items > 0 && in->from.p != NULL ? in->from : STR("");
    const char *phone = arena_str(t->arena, number).p;
    struct str admin =
        arena_printf(t->arena, "http://127.0.0.1:%u", (unsigned)t->ask->config->admin_port);
    bool has_phone = t->ask->config->is_simulator_on && number.len > 0 && !t->ask->is_dlr &&
                     sim_address_parse(t->ask->base, admin.p, &address, &msg) == ERR_OK;
    struct http_caller *caller = has_phone ? http_caller_new() : NULL;
    has_phone = has_phone && sim_outbox_count(caller, &address, phone, &n_before, &msg) == ERR_OK;
    print_request(t);
    post(t);
    if (t->status == 0)
        (void)errmsg_set(t->msg, ERR_UNAVAILABLE, "no answer from %s: %.*s", t->ask->base,
                         STR_ARG(buf_str(&t->body))); /* returned below */
    else
        printf("\n# the gateway answers %d\n%.*s\n", t->status, STR_ARG(buf_str(&t->body)));
    if (has_phone && t->status / 100 == 2 && in->kind == INBOUND_SMS)
        print_replies(t, caller, &address, phone, n_before);
    http_caller_free(caller);
    if (t->status == 0)
        return ERR_UNAVAILABLE;
    return t->status / 100 == 2 ? ERR_OK
                                : errmsg_set(t->msg, ERR_DENIED, "the gateway did not take it");
}

enum err try_channel(const struct try_ask *ask, struct errmsg *msg)
{
    struct trial *t = xcalloc(1, sizeof(*t));
    t->ask = ask;
    t->msg = msg;
    t->channel = ask->channel;
    t->arena = arena_new(ARENA_BYTES);
    buf_init(&t->body, VECTOR_MAX_BYTES);
    enum err e = prepare(t);
    if (e == ERR_OK)
        e = exchange(t);
    buf_fini(&t->body);
    arena_free(t->arena);
    free(t);
    return e;
}
