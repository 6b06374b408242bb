/* Any bytes as a form, a query, a multipart body: no more pairs than promised, and a form that is
 * written again reads the same. */
#include <stdlib.h>

#include "wire/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_kept)
{
    if (!is_kept)
        abort();
}

static void check_round_trip(const struct form *form, struct arena *arena)
{
    struct buf out CLEANUP(buf_fini);
    struct form again;
    buf_init(&out, 1 << 22);
    for (uint32_t i = 0; i < form->n_pairs; i++) {
        if (i > 0)
            buf_add_char(&out, '&');
        form_encode(form->pairs[i].key, &out);
        buf_add_char(&out, '=');
        form_encode(form->pairs[i].value, &out);
    }
    require(form_parse(buf_str(&out), arena, &again) == ERR_OK);
    require(again.n_pairs == form->n_pairs);
    for (uint32_t i = 0; i < form->n_pairs; i++) {
        require(str_eq(again.pairs[i].key, form->pairs[i].key));
        require(str_eq(again.pairs[i].value, form->pairs[i].value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(4u << 20);
    struct str text = {(const char *)data, size};
    struct form form;
    if (size > 65536)
        return 0;
    if (form_parse(text, arena, &form) == ERR_OK) {
        require(form.n_pairs <= FORM_MAX_PAIRS);
        check_round_trip(&form, arena);
    }
    if (form_parse_multipart(text, STR("multipart/form-data; boundary=B"), arena, &form) == ERR_OK)
        require(form.n_pairs <= FORM_MAX_PAIRS);
    return 0;
}
