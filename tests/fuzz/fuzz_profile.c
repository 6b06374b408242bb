/* Any bytes as a profile: refused with a place and words, or a profile that decodes, answers and
 * sends without harm. */
#include <stdlib.h>

#include "profile/outgoing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct profile *p, struct arena *arena)
{
    static struct http_request request = {
        .headers = {{{"Content-Type", 12}, {"application/json", 16}}}, .n_headers = 1};
    struct setting list[] = {{STR("public_url"), STR("https://a.example")},
                             {STR("channel"), STR("c")},
                             {STR("send_url"), STR("https://b.example")},
                             {STR("secret"), STR("s")},
                             {STR("token"), STR("t")}};
    struct settings settings = {list, ARRAY_LEN(list)};
    struct decode_context context = {.settings = &settings, .rest = STR("/x/y"), .now = {1}};
    struct inbound_batch batch;
    struct http_response response;
    struct reply reply = {.text = STR("Hello 1 < 2"), .is_open = true};
    struct outgoing message = {
        .to = STR("+254700000101"), .from = STR("20"), .text = STR("x"), .now = {1}};
    struct send_request sent;
    struct send_result result;
    struct errmsg msg;
    request.method = STR("POST");
    request.path = request.target = STR("/in/c/x/y");
    request.query = STR("a=1&from=%2B254700000101&text=b");
    request.body = STR("{\"from\":\"254700000101\",\"a\":[{\"b\":1}],\"text\":\"*1#\"}");
    enum err e = profile_decode(p, &request, &context, arena, &batch);
    if (e == ERR_OK)
        e = profile_encode(p, &batch, &reply, &settings, arena, &response);
    if (e == ERR_OK)
        e = profile_send(p, &message, &settings, arena, &sent, &msg);
    if (e == ERR_OK)
        e = profile_read_response(p, &(struct http_response){.status = 200, .body = request.body},
                                  &settings, (struct wall_ms){1}, arena, &result);
    if (e != ERR_OK && err_is_retryable(e))
        abort(); /* nothing here could be better next time */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct profile *p = NULL;
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 1u << 20);
    if (size > 8192)
        return 0;
    enum err e = profile_parse((struct str){(const char *)data, size}, STR("f"), &p, &errors);
    if (e != ERR_OK) {
        if (str_find(buf_str(&errors), STR("f:")) != 0)
            abort();
        return 0;
    }
    struct arena *arena CLEANUP(arena_freep) = arena_new(1u << 20);
    use(p, arena);
    profile_free(p);
    return 0;
}
