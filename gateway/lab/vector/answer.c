/* What we would answer to a vector, against its sample of an answer. */
#include <stdlib.h>

#include "lab/vector/vector.h"

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

static void compare_answer(const struct doc *response, struct str kind,
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
void vector_test_answer(const struct profile *p, const struct doc *vector,
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
            compare_answer(response, doc_text(vector, "kind"), &ours, arena, &found);
        if (i == 0 || found.len < least.len)
            least = arena_str(arena, buf_str(&found));
    }
    buf_add_str(out, least);
}
