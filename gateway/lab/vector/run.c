/* All vectors of some files against the profiles of their providers. Prints TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "lab/shipped.h"
#include "lab/vector/vector.h"
#include "port/file.h"
#include "profile/outgoing.h"
#include "profile/time.h"
#include "wire/doc.h"

#define FILE_ARENA_BYTES (64u << 20)
#define VECTOR_ARENA_BYTES (8u << 20)

struct run {
    const struct vector_tests *tests;
    struct profile *profile; /* of the last vector's provider; NULL: it has none */
    struct str provider;
    uint32_t n_done, n_failed;
};

struct file {
    struct arena *arena;
    const struct doc *vectors; /* a list */
};

/* the request of a vector -------------------------------------------------------------------- */

/* Vectors keep bytes as text: "latin-1" means one byte for each character. */
static struct str body_bytes(const struct doc *vector, struct arena *arena)
{
    struct str text = doc_text(doc_member(vector, "request"), "body");
    struct str encoding = doc_text(vector, "body_encoding");
    if (text.p == NULL || !str_eq(encoding, STR("latin-1")))
        return text.p != NULL ? text : STR("");
    char *p = arena_alloc(arena, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; p != NULL && i < text.len; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool is_pair = (c & 0xfc) == 0xc0 && i + 1 < text.len;
        p[n++] = (char)(is_pair ? (c & 3) << 6 | (text.p[++i] & 0x3f) : c);
    }
    return (struct str){p, p != NULL ? n : 0};
}

static void make_request(const struct doc *vector, struct arena *arena, struct http_request *ret)
{
    const struct doc *request = doc_member(vector, "request");
    const struct doc *headers = doc_member(request, "headers");
    struct str query = doc_text(request, "query");
    struct str path = doc_text(request, "path");
    *ret = (struct http_request){
        .method = doc_text(request, "method"), .path = path, .query = STR_NONE, .target = path};
    if (query.len > 0) {
        ret->query = query;
        ret->target = arena_printf(arena, "%.*s?%.*s", STR_ARG(path), STR_ARG(query));
    }
    for (const struct doc *d = headers != NULL ? headers->first : NULL; d != NULL; d = d->next) {
        if (ret->n_headers < HTTP_MAX_HEADERS)
            ret->headers[ret->n_headers++] = (struct http_header){d->name, d->text};
    }
    ret->body = body_bytes(vector, arena);
}

/* What the vector's state says of the session with this key. */
static void make_session(const struct doc *vector, struct str key, struct arena *arena,
                         struct session_memory *ret)
{
    const struct doc *sessions = doc_member(doc_member(vector, "state"), "session");
    const struct doc *session = sessions != NULL ? sessions->first : NULL;
    struct buf others CLEANUP(buf_fini);
    buf_init(&others, 4096);
    *ret = (struct session_memory){.is_known = false};
    while (session != NULL && !str_eq(session->name, key))
        session = session->next;
    if (session == NULL)
        return;
    ret->is_known = true;
    ret->from = doc_text(session, "from");
    ret->to = doc_text(session, "to");
    ret->network = doc_text(session, "network");
    ret->last = doc_text(session, "last");
    ret->has_last = ret->last.p != NULL;
    for (const struct doc *d = session->first; d != NULL; d = d->next)
        buf_addf(&others, "%s%.*s=%.*s", others.len > 0 ? "&" : "", STR_ARG(d->name),
                 STR_ARG(d->text));
    ret->remembered = arena_str(arena, buf_str(&others));
}

static enum err decode(const struct profile *p, const struct doc *vector,
                       const struct vector_settings *settings, struct arena *arena,
                       struct inbound_batch *ret)
{
    static struct http_request request; /* big, and borrowed while one vector runs */
    struct session_memory session;
    struct settings all = vector_settings_all(settings);
    bool is_dlr = str_eq(doc_text(vector, "kind"), STR("dlr"));
    make_request(vector, arena, &request);
    make_session(vector, profile_session_key(p, &request, request.path, arena), arena, &session);
    struct decode_context context = {
        .settings = &all,
        .session = session.is_known ? &session : NULL,
        .rest = request.path,
        .peer = STR("127.0.0.1"),
        .is_dlr = is_dlr,
        .now = vector_now(doc_member(vector, "config")),
    };
    return profile_decode(p, &request, &context, arena, ret);
}

/* what a caller would add -------------------------------------------------------------------- */

/* An earlier vector of the file with this name has the same id, or, without ids, the same words. */
static bool is_received_before(const struct profile *p, const struct file *file,
                               const struct doc *vector, const struct inbound *in)
{
    struct str name = doc_text(doc_member(vector, "state"), "already_received");
    bool is_same = false;
    for (const struct doc *d = file->vectors->first; name.p != NULL && d != NULL; d = d->next) {
        struct vector_settings settings = {.n = 0};
        struct inbound_batch batch;
        if (d == vector || !str_eq(doc_text(d, "name"), name))
            continue;
        struct arena *arena = arena_new(VECTOR_ARENA_BYTES);
        vector_settings_read(doc_member(d, "config"), STR(""), arena, &settings);
        if (decode(p, d, &settings, arena, &batch) == ERR_OK) {
            const struct inbound *first = &batch.items[0];
            bool is_words_same = str_eq(first->from, in->from) && str_eq(first->to, in->to) &&
                                 str_eq(first->text, in->text);
            is_same |= in->id.p != NULL ? str_eq(first->id, in->id) : is_words_same;
        }
        arena_free(arena);
    }
    return is_same;
}

/* Joins a part with those that the vector's state holds. */
static void join_parts(const struct doc *vector, struct arena *arena, struct inbound *in)
{
    const struct doc *all = doc_member(doc_member(vector, "state"), "parts");
    const struct doc *stored = all != NULL ? all->first : NULL;
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, 65536);
    while (stored != NULL && !str_eq(stored->name, in->part_ref))
        stored = stored->next;
    for (uint32_t i = 1; i <= in->part_of; i++) {
        char number[16];
        (void)snprintf(number, sizeof(number), "%u", i); /* fits */
        struct str part = i == in->part_n ? in->text : doc_text(stored, number);
        if (part.p == NULL)
            return;
        buf_add_str(&text, part);
    }
    in->text = arena_str(arena, buf_str(&text));
    in->outcome = INBOUND_ACCEPT;
}

/* the response, against the sample of one ------------------------------------------------------ */

/* "text/plain; charset=utf-8" and "text/plain" are one type. */
static struct str media_type(struct str type)
{
    return str_trim(str_split(&type, ';'));
}

/* The vector's sample binds nobody: any success will do, or nobody knows the form. */
static bool is_free(const struct doc *response)
{
    struct str note = doc_text(response, "note");
    return str_find(note, STR("2xx")) != SIZE_MAX || str_find(note, STR("unverified")) != SIZE_MAX;
}

static void compare_status(const struct doc *response, int got, struct arena *arena,
                           struct buf *out)
{
    struct str expected = doc_text(response, "status");
    struct str status = arena_printf(arena, "%d", got);
    if (str_eq(status, expected) || (is_free(response) && got / 100 == 2))
        return;
    vector_differ("answer status", status, expected, out);
}

static void compare_response(const struct doc *response, struct str kind,
                             const struct http_response *ours, struct arena *arena, struct buf *out)
{
    struct str body = doc_text(response, "body_example");
    struct str type = doc_text(response, "content_type");
    const struct doc *headers = doc_member(response, "headers");
    compare_status(response, ours->status, arena, out);
    if (is_free(response))
        return;
    for (const struct doc *d = headers != NULL ? headers->first : NULL; d != NULL; d = d->next) {
        struct str got = http_header_get(ours->headers, ours->n_headers, d->name);
        if (!str_eq(got, d->text))
            vector_differ(d->name.p, got, d->text, out);
    }
    if (str_eq(kind, STR("poll")))
        return; /* what waits for a phone is in an outbox, not in a vector */
    bool has_body = body.len > 0 && ours->status / 100 == 2;
    if (has_body && !str_eq(media_type(type), media_type(ours->content_type)))
        vector_differ("answer type", ours->content_type, type, out);
    if (ours->status / 100 == 2 && !vector_bodies_equal(ours->body, body, arena))
        vector_differ("answer body", ours->body, body, out);
}

/* The sample holds a reply that nobody but its writer knows, so ours holds VECTOR_ANY_TEXT in its
 * place; its alphabet, and whether the session goes on, nobody says either. What fits best counts.
 */
static void test_response(const struct profile *p, const struct doc *vector,
                          const struct inbound_batch *batch, const struct vector_settings *settings,
                          struct arena *arena, struct buf *out)
{
    const struct str id = STR(VECTOR_ANY_TEXT), ucs2 = STR(VECTOR_ANY_UCS2_TEXT);
    const struct reply replies[] = {
        {.text = STR_NONE},       {.text = id, .id = id, .is_open = true},
        {.text = id, .id = id},   {.text = ucs2, .id = id, .is_open = true},
        {.text = ucs2, .id = id},
    };
    const struct doc *response = doc_member(vector, "response");
    struct str outcome = doc_text(doc_member(vector, "expect"), "outcome");
    struct settings all = vector_settings_all(settings);
    struct str least = STR_NONE;
    if (response == NULL || str_eq(outcome, STR("accept-or-reject")) ||
        str_eq(outcome, STR("signature-ok")))
        return;
    for (size_t i = 0; i < ARRAY_LEN(replies) && (i == 0 || least.len > 0); i++) {
        struct http_response ours;
        struct buf found CLEANUP(buf_fini);
        buf_init(&found, 1u << 20);
        if (profile_encode(p, batch, i > 0 ? &replies[i] : NULL, &all, arena, &ours) != ERR_OK)
            buf_add_str(&found, STR("#   the answer is too long\n"));
        else
            compare_response(response, doc_text(vector, "kind"), &ours, arena, &found);
        if (i == 0 || found.len < least.len)
            least = arena_str(arena, buf_str(&found));
    }
    buf_add_str(out, least);
}

/* comparing ---------------------------------------------------------------------------------- */

static void compare_item(const struct doc *expected, const struct inbound *in, struct arena *arena,
                         struct buf *out)
{
    struct str opt_out = STR_NONE;
    if (in->is_opt_out)
        opt_out = in->kind == INBOUND_DLR ? in->to : in->from;
    vector_compare(expected, "outcome", str_from(inbound_outcome_name(in->outcome)), out);
    if (in->outcome == INBOUND_AUTH_FAIL || in->outcome == INBOUND_REJECT ||
        in->outcome == INBOUND_IGNORE)
        return; /* nothing else is stored of these, and reasons are words */
    vector_compare(expected, "from", in->from, out);
    vector_compare(expected, "to", in->to, out);
    vector_compare(expected, "text", in->text, out);
    vector_compare(expected, "id", in->id, out);
    vector_compare(expected, "session", in->session, out);
    vector_compare(expected, "step", in->step, out);
    vector_compare(expected, "phase", str_from(inbound_phase_name(in->phase)), out);
    vector_compare(expected, "network", in->network, out);
    vector_compare(expected, "status", str_from(dlr_status_name(in->status)), out);
    vector_compare(expected, "status_raw", in->status_raw, out);
    vector_compare(expected, "error", in->error, out);
    vector_compare(expected, "link_id", in->link, out);
    vector_compare(expected, "opt_out", opt_out, out);
    vector_compare(expected, "ts", vector_time(in->at, arena), out);
}

/* Several messages in one callback. */
static void compare_items(const struct doc *items, const struct inbound_batch *batch,
                          struct arena *arena, struct buf *out)
{
    uint32_t n = 0;
    for (const struct doc *d = items->first; d != NULL; d = d->next, n++) {
        if (n < batch->n_items)
            compare_item(d, &batch->items[n], arena, out);
    }
    if (n != batch->n_items)
        buf_addf(out, "#   messages: got %u, expected %u\n", batch->n_items, n);
}

static bool any_taken(const struct inbound_batch *batch)
{
    for (uint32_t i = 0; i < batch->n_items; i++) {
        enum inbound_outcome outcome = batch->items[i].outcome;
        if (outcome == INBOUND_ACCEPT || outcome == INBOUND_UNKNOWN_STATUS)
            return true;
    }
    return false;
}

static void compare_text_not(const struct doc *expected, const struct inbound *in, struct buf *out)
{
    struct str words = doc_text(expected, "text_not");
    if (words.p != NULL && in->text.p != NULL && str_find(in->text, words) != SIZE_MAX)
        buf_addf(out, "#   text: holds %.*s\n", STR_ARG(words));
}

static void compare_batch(const struct doc *vector, const struct inbound_batch *batch,
                          struct inbound *first, struct arena *arena, struct buf *out)
{
    const struct doc *expected = doc_member(vector, "expect");
    const struct doc *items = doc_member(expected, "items");
    struct str outcome = doc_text(expected, "outcome");
    if (str_eq(outcome, STR("accept-or-reject"))) {
        compare_text_not(expected, first, out);
    } else if (str_eq(outcome, STR("signature-ok"))) {
        if (first->outcome == INBOUND_AUTH_FAIL)
            buf_add_str(out, STR("#   outcome: got auth-fail, expected signature-ok\n"));
    } else if (items != NULL) {
        if (!any_taken(batch))
            buf_add_str(out, STR("#   outcome: no message was taken\n"));
        compare_items(items, batch, arena, out);
    } else {
        compare_item(expected, first, arena, out);
    }
}

static void test_inbound(struct run *run, const struct file *file, const struct doc *vector,
                         struct arena *arena, struct buf *out)
{
    struct vector_settings settings = {.n = 0};
    struct inbound_batch batch;
    vector_settings_read(doc_member(vector, "config"), STR(""), arena, &settings);
    if (decode(run->profile, vector, &settings, arena, &batch) != ERR_OK) {
        buf_add_str(out, STR("#   the request is too long\n"));
        return;
    }
    struct inbound first = batch.items[0];
    if (first.outcome == INBOUND_BUFFER)
        join_parts(vector, arena, &first);
    if (first.outcome == INBOUND_ACCEPT && is_received_before(run->profile, file, vector, &first))
        first.outcome = INBOUND_DUPLICATE;
    compare_batch(vector, &batch, &first, arena, out);
    if (run->tests->has_responses)
        test_response(run->profile, vector, &batch, &settings, arena, out);
}

/* A computed secret of a request that we send: it must stand somewhere in the request. */
static void test_sent_signature(const struct profile *p, const struct doc *vector,
                                struct arena *arena, struct buf *out)
{
    struct vector_settings settings = {.n = 0};
    struct send_request request;
    struct errmsg msg = {""};
    struct outgoing message = {
        .to = STR("+254700000101"), .from = STR("2020"), .text = STR("x"), .id = STR("1")};
    const struct doc *input = doc_member(vector, "input");
    struct str wanted = doc_text(doc_member(vector, "expect"), "signature");
    vector_settings_read(input, STR(""), arena, &settings);
    if (time_parse_auto(doc_text(input, "timestamp"), TIME_UTC, &message.now) != ERR_OK)
        buf_add_str(out, STR("#   the vector has no timestamp\n"));
    vector_settings_put(&settings, STR("send_url"), STR("http://example.com/send"));
    struct settings all = vector_settings_all(&settings);
    if (profile_send(p, &message, &all, arena, &request, &msg) != ERR_OK)
        buf_addf(out, "#   no request: %s\n", msg.text);
    else if (str_find(request.body, wanted) == SIZE_MAX)
        buf_addf(out, "#   signature: %.*s does not stand in the request\n", STR_ARG(wanted));
}

/* all of them -------------------------------------------------------------------------------- */

static void use_profile(struct run *run, struct str provider)
{
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, VECTOR_MAX_BYTES);
    if (run->provider.p != NULL && str_eq(run->provider, provider))
        return;
    profile_free(run->profile);
    run->provider = provider;
    run->profile = NULL;
    if (shipped_profile(run->tests->profiles, provider, &run->profile, &errors) != ERR_OK)
        (void)fputs(buf_str(&errors).p, stderr); /* the vectors say "not ok" */
}

static void test_vector(struct run *run, const struct file *file, const struct doc *vector)
{
    struct buf out CLEANUP(buf_fini);
    struct str provider = doc_text(vector, "provider"), kind = doc_text(vector, "kind");
    struct arena *arena = arena_new(VECTOR_ARENA_BYTES);
    buf_init(&out, 1u << 20);
    use_profile(run, provider);
    if (run->profile == NULL)
        buf_addf(&out, "#   there is no profile %.*s\n", STR_ARG(provider));
    else if (str_eq(kind, STR("send")))
        vector_test_send(run->profile, vector, arena, &out);
    else if (str_eq(kind, STR("signature")) && doc_member(vector, "input") != NULL)
        test_sent_signature(run->profile, vector, arena, &out);
    else
        test_inbound(run, file, vector, arena, &out);
    run->n_done++;
    run->n_failed += out.len > 0;
    printf("%s %u - %.*s %.*s: %.*s\n%.*s", out.len > 0 ? "not ok" : "ok", run->n_done,
           STR_ARG(provider), STR_ARG(kind), STR_ARG(doc_text(vector, "name")),
           STR_ARG(buf_str(&out)));
    arena_free(arena);
}

static enum err read_vectors(const char *path, struct file *ret, struct errmsg *msg)
{
    struct buf text CLEANUP(buf_fini);
    enum err e = file_read(path, VECTOR_MAX_BYTES, &text, msg);
    if (e != ERR_OK)
        return e;
    ret->arena = arena_new(FILE_ARENA_BYTES);
    if (json_read(buf_str(&text), ret->arena, &ret->vectors) == ERR_OK &&
        ret->vectors->kind == DOC_LIST)
        return ERR_OK;
    return errmsg_set(msg, ERR_INVALID, "%s is no list of vectors", path);
}

static void run_all(struct run *run, const struct file *files)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < run->tests->n_files; i++) {
        for (const struct doc *d = files[i].vectors->first; d != NULL; d = d->next)
            n++;
    }
    printf("1..%u\n", n);
    for (uint32_t i = 0; i < run->tests->n_files; i++) {
        for (const struct doc *d = files[i].vectors->first; d != NULL; d = d->next)
            test_vector(run, &files[i], d);
    }
}

enum err vector_test(const struct vector_tests *tests, uint32_t *ret_n_failed, struct errmsg *msg)
{
    struct run run = {.tests = tests};
    if (tests->n_files > VECTOR_MAX_FILES)
        return errmsg_set(msg, ERR_TOO_LONG, "at most %u files at once", VECTOR_MAX_FILES);
    struct file *files = xcalloc(tests->n_files + 1, sizeof(*files));
    enum err e = ERR_OK;
    for (uint32_t i = 0; e == ERR_OK && i < tests->n_files; i++)
        e = read_vectors(tests->files[i], &files[i], msg);
    if (e == ERR_OK)
        run_all(&run, files);
    for (uint32_t i = 0; i < tests->n_files; i++)
        arena_free(files[i].arena);
    free(files);
    profile_free(run.profile);
    *ret_n_failed = run.n_failed;
    return e;
}
