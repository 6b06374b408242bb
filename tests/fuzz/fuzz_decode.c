/*
 * The five profiles of the demo against any request: the first byte picks profile, method and
 * address, then come query, headers and body, a zero byte between them. Texts that come out are
 * clean, numbers are numbers, and what was decoded twice is the same.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profile/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_kept)
{
    if (!is_kept)
        abort();
}

/* libFuzzer starts in its own folder or in the tree's root. */
static struct profile *load(const char *name)
{
    static const char *const folders[] = {"config/profiles", "../config/profiles",
                                          "../../config/profiles"};
    static char bytes[PROFILE_MAX_BYTES];
    struct profile *p = NULL;
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 65536);
    for (size_t i = 0; i < ARRAY_LEN(folders) && p == NULL; i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new(4096);
        struct str path = arena_printf(arena, "%s/%s.yaml", folders[i], name);
        int fd = open(path.p, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : -1;
        if (fd >= 0)
            (void)close(fd); /* only read */
        if (n > 0)
            require(profile_parse((struct str){bytes, (size_t)n}, path, &p, &errors) == ERR_OK);
    }
    require(p != NULL);
    return p;
}

static bool is_clean(struct str s)
{
    return s.p == NULL || memchr(s.p, '\0', s.len) == NULL;
}

static void check_item(const struct inbound *in)
{
    require(is_clean(in->text) && is_clean(in->id) && is_clean(in->session) && is_clean(in->to));
    if (in->outcome == INBOUND_ACCEPT && in->kind != INBOUND_DLR)
        require(in->from.len >= 8 && in->from.p[0] == '+');
    if (in->outcome == INBOUND_ACCEPT && in->kind == INBOUND_DLR)
        require(in->id.len > 0 && in->status != DLR_NONE);
}

static void split(const uint8_t *data, size_t size, struct http_request *ret)
{
    struct str rest = {(const char *)data, size};
    struct str query = str_split(&rest, '\0');
    struct str header = rest.p != NULL ? str_split(&rest, '\0') : STR_NONE;
    ret->query = query.len > 0 ? query : STR_NONE;
    ret->headers[0] = (struct http_header){STR("Content-Type"), header};
    ret->headers[1] = (struct http_header){STR("X-Twilio-Signature"), header};
    ret->n_headers = header.p != NULL ? 2 : 0;
    ret->body = rest.p != NULL ? rest : STR("");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"africastalking", "africastalking-ussd", "kannel", "twilio",
                                        "infobip-ussd"};
    static const struct str methods[] = {{"POST", 4}, {"GET", 3}, {"PUT", 3}};
    static const struct str rests[] = {
        {"", 0}, {"/session/7/start", 16}, {"/session/7/response", 19}, {"/session/7/end", 14}};
    static struct profile *profiles[ARRAY_LEN(names)];
    static struct http_request request;
    if (size < 2 || size > 16384)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(names) && profiles[i] == NULL; i++)
        profiles[i] = load(names[i]);
    const struct profile *p = profiles[data[0] % ARRAY_LEN(names)];
    struct session_memory session = {
        .is_known = true, .from = STR("+254700000101"), .last = STR("1"), .has_last = true};
    struct settings settings = {NULL, 0};
    struct decode_context context = {.settings = &settings,
                                     .rest = rests[data[1] >> 2 & 3],
                                     .is_dlr = (data[1] & 16) != 0,
                                     .session = data[1] & 32 ? &session : NULL};
    struct arena *arena CLEANUP(arena_freep) = arena_new(1u << 20);
    struct inbound_batch batch;
    struct http_response response;
    struct reply reply = {.text = STR("Hi"), .is_open = true};
    request.method = methods[(data[1] & 3) % ARRAY_LEN(methods)];
    request.path = request.target = STR("/in/x");
    split(data + 2, size - 2, &request);
    if (profile_decode(p, &request, &context, arena, &batch) != ERR_OK)
        return 0;
    for (uint32_t i = 0; i < batch.n_items; i++)
        check_item(&batch.items[i]);
    struct inbound again;
    if (profile_resume(&batch, 0, context.session, &again) == ERR_OK &&
        batch.items[0].outcome == INBOUND_ACCEPT)
        require(str_eq(again.text, batch.items[0].text) && str_eq(again.from, batch.items[0].from));
    require(profile_encode(p, &batch, &reply, &settings, arena, &response) == ERR_OK);
    return 0;
}
