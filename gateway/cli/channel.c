/* `waypost channel`: the verbs about profiles: decode, encode, vectors, and the table of all
 * others. */
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>

#include "lab/shipped.h"
#include "lab/vector/vector.h"
#include "port/file.h"
#include "profile/outgoing.h"
#include "wire/doc.h"

#define ARENA_BYTES (16u << 20)

/* profiles and settings ---------------------------------------------------------------------- */

static struct profile *find_profile(const struct cli_args *args, const char *name)
{
    struct profile *profile = NULL;
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, VECTOR_MAX_BYTES);
    if (shipped_profile(cli_get(args, "profiles", NULL), str_from(name), &profile, &errors) !=
        ERR_OK)
        cli_complain_lines(&errors);
    return profile;
}

static bool take_settings(const struct cli_args *args, const char *option,
                          struct vector_settings *ret)
{
    for (int i = 0; cli_get_nth(args, option, i) != NULL; i++) {
        struct str value = str_from(cli_get_nth(args, option, i));
        struct str name = str_split(&value, '=');
        if (value.p == NULL) {
            cli_complain("--%s takes NAME=VALUE, not '%.*s'", option, STR_ARG(name));
            return false;
        }
        vector_settings_put(ret, name, value);
    }
    return true;
}

/* All of a file, "-" = standard input. False: said on stderr. */
static bool read_input(const char *path, struct buf *out)
{
    struct errmsg msg;
    if (file_read(path, VECTOR_MAX_BYTES, out, &msg) == ERR_OK)
        return true;
    cli_complain("%s; name a file that this user may read, or - for standard input", msg.text);
    return false;
}

/* decode ------------------------------------------------------------------------------------- */

/* What follows /in/<channel> or /dlr/<channel>; of any other path all, and a guess at which. */
static struct str find_rest(struct str path, bool *ret_is_dlr)
{
    static const char *const words[] = {"status", "dlr", "deliver", "receipt", "report"};
    struct str prefix = str_starts(path, STR("/dlr/")) ? STR("/dlr/") : STR("/in/");
    if (str_starts(path, prefix)) {
        *ret_is_dlr = prefix.len == 5;
        struct str name = str_sub(path, prefix.len, path.len);
        size_t slash = str_find_char(name, '/');
        return slash != SIZE_MAX ? str_sub(name, slash, name.len) : STR("");
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        *ret_is_dlr |= str_find(path, str_from(words[i])) != SIZE_MAX;
    return path;
}

static void print_batch(const struct inbound_batch *batch)
{
    for (uint32_t i = 0; i < batch->n_items; i++) {
        struct buf out CLEANUP(buf_fini);
        buf_init(&out, VECTOR_MAX_BYTES);
        vector_print_inbound(&batch->items[i], &out);
        printf("%.*s\n", STR_ARG(buf_str(&out)));
    }
}

struct session_words {
    struct session_memory memory;
    struct buf remembered;
};

/* --session from=+254.. last=1*2 --session invokeId=0 */
static void take_session(const struct vector_settings *words, struct arena *arena,
                         struct session_memory *ret)
{
    struct buf others CLEANUP(buf_fini);
    buf_init(&others, 4096);
    *ret = (struct session_memory){.is_known = words->n > 0};
    for (uint32_t i = 0; i < words->n; i++) {
        struct str name = words->list[i].name, value = words->list[i].value;
        struct str *place = str_eq(name, STR("from"))      ? &ret->from
                            : str_eq(name, STR("to"))      ? &ret->to
                            : str_eq(name, STR("network")) ? &ret->network
                            : str_eq(name, STR("last"))    ? &ret->last
                                                           : NULL;
        if (place != NULL)
            *place = value;
        else
            buf_addf(&others, "%s%.*s=%.*s", others.len > 0 ? "&" : "", STR_ARG(name),
                     STR_ARG(value));
    }
    ret->has_last = ret->last.p != NULL;
    ret->remembered = arena_str(arena, buf_str(&others));
}

/* Reads a raw request, and what the options say about it, which the arena has. */
static int read_raw(const struct cli_args *args, const char *path, struct http_reader *reader,
                    struct arena *arena, struct decode_context *ret)
{
    struct vector_settings *settings = arena_new_array(arena, struct vector_settings, 1);
    struct vector_settings *session_words = arena_new_array(arena, struct vector_settings, 1);
    struct settings *all = arena_new_array(arena, struct settings, 1);
    struct session_memory *session = arena_new_array(arena, struct session_memory, 1);
    struct buf raw CLEANUP(buf_fini), complete CLEANUP(buf_fini);
    buf_init(&raw, VECTOR_MAX_BYTES);
    buf_init(&complete, VECTOR_MAX_BYTES + 4096);
    if (!take_settings(args, "set", settings) || !take_settings(args, "session", session_words))
        return EX_USAGE;
    if (!read_input(path, &raw))
        return EX_NOINPUT;
    vector_complete_request(buf_str(&raw), &complete);
    if (http_reader_feed(reader, complete.p, complete.len) != HTTP_STATE_DONE) {
        const char *why = "it ends too early";
        (void)http_reader_status(reader, &why); /* the number is for clients */
        cli_complain("not an HTTP request: %s", why);
        return EX_DATAERR;
    }
    take_session(session_words, arena, session);
    *all = vector_settings_all(settings);
    *ret = (struct decode_context){.settings = all,
                                   .session = session,
                                   .is_dlr = cli_has(args, "dlr"),
                                   .peer = STR("127.0.0.1")};
    struct str now = settings_get(all, STR("now"));
    if (now.p != NULL && clock_parse_rfc3339(now, &ret->now) != ERR_OK) {
        cli_complain("now is written 2024-05-03T06:04:45Z, not '%.*s'", STR_ARG(now));
        return EX_USAGE;
    }
    ret->rest = find_rest(http_reader_request(reader)->path, &ret->is_dlr);
    return EX_OK;
}

/* Decodes a raw request. The batch borrows from reader and arena. */
static int decode_raw(const struct cli_args *args, const struct profile *p, const char *path,
                      struct http_reader *reader, struct arena *arena, struct inbound_batch *ret)
{
    struct decode_context context;
    int code = read_raw(args, path, reader, arena, &context);
    if (code != EX_OK)
        return code;
    if (profile_decode(p, http_reader_request(reader), &context, arena, ret) == ERR_OK)
        return EX_OK;
    cli_complain("the request is too long");
    return EX_DATAERR;
}

static struct http_reader *new_reader(void)
{
    struct http_limits limits = {.max_head_bytes = 65536, .max_body_bytes = 1 << 20};
    return http_reader_new(&limits);
}

static int run_decode(const struct cli_args *args, const struct profile *p, struct arena *arena)
{
    struct http_reader *reader = new_reader();
    struct inbound_batch batch;
    int code = decode_raw(args, p, "-", reader, arena, &batch);
    if (code == EX_OK)
        print_batch(&batch);
    http_reader_free(reader);
    return code;
}

/* sign --------------------------------------------------------------------------------------- */

static int print_signature(const struct profile *p, const struct http_request *request,
                           const struct decode_context *context, struct arena *arena)
{
    struct buf signature CLEANUP(buf_fini);
    buf_init(&signature, 4096);
    enum err e = profile_sign(p, request, context, arena, &signature);
    if (e == ERR_OK) {
        printf("%.*s\n", STR_ARG(buf_str(&signature)));
        return EX_OK;
    }
    cli_complain(e == ERR_UNSUPPORTED ? "only the provider itself can sign this way"
                 : e == ERR_NOT_FOUND ? "give the key with --set, and what the signature is over"
                                      : "the request cannot be read");
    return e == ERR_NOT_FOUND ? EX_USAGE : EX_DATAERR;
}

static int run_sign(const struct cli_args *args, const struct profile *p, struct arena *arena)
{
    struct http_reader *reader = new_reader();
    struct decode_context context;
    int code = read_raw(args, "-", reader, arena, &context);
    if (code == EX_OK)
        code = print_signature(p, http_reader_request(reader), &context, arena);
    http_reader_free(reader);
    return code;
}

/* encode ------------------------------------------------------------------------------------- */

static int print_response(const struct profile *p, const struct inbound_batch *batch,
                          const struct reply *reply, const struct settings *settings,
                          struct arena *arena)
{
    struct http_response response;
    if (profile_encode(p, batch, reply, settings, arena, &response) != ERR_OK) {
        cli_complain("the answer is too long");
        return EX_DATAERR;
    }
    printf("HTTP/1.1 %d %s\r\n", response.status, http_status_words(response.status));
    if (response.content_type.p != NULL)
        printf("Content-Type: %.*s\r\n", STR_ARG(response.content_type));
    for (uint32_t i = 0; i < response.n_headers; i++)
        printf("%.*s: %.*s\r\n", STR_ARG(response.headers[i].name),
               STR_ARG(response.headers[i].value));
    printf("Content-Length: %zu\r\n\r\n", response.body.len);
    (void)fwrite(response.body.p, 1, response.body.len, stdout); /* a closed pipe is no error */
    return EX_OK;
}

static bool read_object(struct arena *arena, const struct doc **ret)
{
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, VECTOR_MAX_BYTES);
    if (!read_input("-", &text))
        return false;
    if (json_read(buf_str(&text), arena, ret) == ERR_OK && (*ret)->kind == DOC_MAP)
        return true;
    cli_complain("standard input must be one JSON object");
    return false;
}

static int run_encode(const struct cli_args *args, const struct profile *p, struct arena *arena)
{
    struct vector_settings *settings = arena_new_array(arena, struct vector_settings, 1);
    const struct doc *object;
    struct inbound_batch batch;
    const char *request = cli_get(args, "request", NULL);
    if (!take_settings(args, "set", settings))
        return EX_USAGE;
    if (!read_object(arena, &object))
        return EX_DATAERR;
    struct settings all = vector_settings_all(settings);
    struct reply reply = {.text = doc_text(object, "text"),
                          .is_open = str_eq(doc_text(object, "more"), STR("true"))};
    if (request != NULL) {
        struct http_reader *reader = new_reader();
        int code = decode_raw(args, p, request, reader, arena, &batch);
        if (code == EX_OK)
            code = print_response(p, &batch, &reply, &all, arena);
        http_reader_free(reader);
        return code;
    }
    bool is_call = profile_takes(p, INBOUND_CALL) && !profile_takes(p, INBOUND_SMS);
    struct inbound message = {.kind = profile_has_ussd(p) ? INBOUND_USSD
                                      : is_call           ? INBOUND_CALL
                                                          : INBOUND_SMS,
                              .phase = INBOUND_PHASE_CONTINUE,
                              .from = doc_text(object, "from"),
                              .to = doc_text(object, "to"),
                              .id = doc_text(object, "id"),
                              .session = doc_text(object, "session"),
                              .network = doc_text(object, "network")};
    if (profile_make_batch(p, &message, arena, &batch) != ERR_OK) {
        cli_complain("profile %.*s takes no callbacks that could be answered",
                     STR_ARG(profile_name(p)));
        return EX_USAGE;
    }
    return print_response(p, &batch, &reply, &all, arena);
}

/* send --------------------------------------------------------------------------------------- */

static void print_request(const struct send_request *request)
{
    size_t scheme = str_find(request->url, STR("://"));
    struct str host = str_sub(request->url, scheme == SIZE_MAX ? 0 : scheme + 3, request->url.len);
    size_t end = str_find_char(host, '/');
    printf("%s %.*s HTTP/1.1\r\nHost: %.*s\r\n", request->method, STR_ARG(request->url),
           STR_ARG(str_sub(host, 0, end)));
    for (uint32_t i = 0; i < request->n_headers; i++)
        printf("%.*s: %.*s\r\n", STR_ARG(request->headers[i].name),
               STR_ARG(request->headers[i].value));
    if (request->body.len > 0)
        printf("Content-Length: %zu\r\n", request->body.len);
    printf("\r\n%.*s", STR_ARG(request->body));
}

static int run_send(const struct cli_args *args, const struct profile *p, struct arena *arena)
{
    struct vector_settings *settings = arena_new_array(arena, struct vector_settings, 1);
    const struct doc *object;
    struct send_request request;
    struct errmsg msg = {""};
    if (!take_settings(args, "set", settings))
        return EX_USAGE;
    if (!read_object(arena, &object))
        return EX_DATAERR;
    struct settings all = vector_settings_all(settings);
    struct outgoing message = {.from = doc_text(object, "from"),
                               .to = doc_text(object, "to"),
                               .text = doc_text(object, "text"),
                               .id = doc_text(object, "id"),
                               .session = doc_text(object, "session"),
                               .link = doc_text(object, "link_id"),
                               .network = doc_text(object, "network"),
                               .now = clock_wall()};
    struct str now_text = settings_get(&all, STR("now"));
    if (now_text.p != NULL && clock_parse_rfc3339(now_text, &message.now) != ERR_OK) {
        cli_complain("now is written 2024-05-03T06:04:45Z, not '%.*s'", STR_ARG(now_text));
        return EX_USAGE;
    }
    enum err e = profile_needs_token(p, &all)
                     ? profile_token_request(p, &all, message.now, arena, &request, &msg)
                     : profile_send(p, &message, &all, arena, &request, &msg);
    if (e != ERR_OK) {
        cli_complain("%s", msg.text);
        return EX_CONFIG;
    }
    print_request(&request);
    return EX_OK;
}

/* test --------------------------------------------------------------------------------------- */

static int run_test(const struct cli_args *args)
{
    struct errmsg msg;
    uint32_t n_failed = 0;
    const struct vector_tests tests = {.files = args->words + 1,
                                       .n_files = (uint32_t)args->n_words - 1,
                                       .profiles = cli_get(args, "profiles", NULL),
                                       .has_responses = cli_has(args, "answers")};
    if (vector_test(&tests, &n_failed, &msg) == ERR_OK)
        return n_failed == 0 ? EX_OK : 1;
    cli_complain("channel test: %s", msg.text);
    return EX_NOINPUT;
}

/* which -------------------------------------------------------------------------------------- */

static int run(const struct cli_args *args)
{
    static const struct {
        const char *name;
        int (*run)(const struct cli_args *, const struct profile *, struct arena *);
    } verbs[] = {
        {"decode", run_decode}, {"sign", run_sign}, {"encode", run_encode}, {"send", run_send}};
    if (args->n_words >= 2 && strcmp(args->words[0], "test") == 0)
        return run_test(args);
    for (const struct channel_verb *verb = channel_verbs; verb->name != NULL; verb++) {
        if (args->n_words >= 1 && strcmp(args->words[0], verb->name) == 0)
            return verb->run(args);
    }
    for (size_t i = 0; i < ARRAY_LEN(verbs) && args->n_words == 2; i++) {
        if (strcmp(args->words[0], verbs[i].name) != 0)
            continue;
        struct profile *p = find_profile(args, args->words[1]);
        if (p == NULL)
            return EX_CONFIG;
        struct arena *arena = arena_new(ARENA_BYTES);
        int code = verbs[i].run(args, p, arena);
        arena_free(arena);
        profile_free(p);
        return code;
    }
    cli_complain("say `channel list|check|try|pause|resume|number`, `channel "
                 "decode|sign|encode|send PROFILE` or "
                 "`channel test FILE...`; `waypost channel --help` says more");
    return EX_USAGE;
}

const struct cli_command cli_channel = {
    .name = "channel",
    .summary = "look at the channels, pause them, try how a provider's profile works",
    .usage = "channel list [--json]\n"
             "channel check [NAME]\n"
             "channel try NAME [--from NUMBER] [--request FILE] [--url URL]\n"
             "channel pause NAME...\n"
             "channel resume NAME...\n"
             "channel number [--country KE] [--channel NAME] [--form FORM] NUMBER...\n"
             "channel decode PROFILE [--set NAME=VALUE]... [--dlr] < HTTP-REQUEST\n"
             "channel sign PROFILE --set secret=KEY [--set NAME=VALUE]... < HTTP-REQUEST\n"
             "channel encode PROFILE [--request FILE] < {\"text\":\"...\",\"more\":true}\n"
             "channel send PROFILE [--set NAME=VALUE]... < {\"from\",\"to\",\"text\",\"id\"}\n"
             "channel test FILE...",
    .options = {CLI_CONFIG_OPTION,
                {"json", NULL, "list: as JSON", false},
                {"from", "NUMBER", "try: who writes", false},
                {"url", "URL", "try: the gateway, if not http://127.0.0.1:PORT", false},
                {"country", "CODE", "number: whose national numbers are meant: KE", false},
                {"channel", "NAME", "number: as this channel of the configuration reads it", false},
                {"form", "FORM",
                 "number: plus, digits, 00, national or any; else the channel's, or any", false},
                {"set", "NAME=VALUE", "a setting of the channel: secret=abc", true},
                {"session", "NAME=VALUE", "what is remembered of the USSD session: last=1*2", true},
                {"dlr", NULL, "the request came to the address for delivery reports", false},
                {"request", "FILE", "encode, try: a raw request, - for standard input", false},
                {"profiles", "FOLDER", "where the profiles lie (config/profiles)", false},
                {"answers", NULL, "test: compare our answers with the vectors' too", false},
                {.name = NULL}},
    .run = run,
};
