/*
 * fuzz_exchange.c: any bytes as a file of another tool. The first byte chooses the form: g GIFT, a
 * Aiken, m Moodle XML, f XLSForm, c CSV, x XLSX. What was read must stand being written as Markdown
 * and in every form, and GIFT that was written must be read without a mistake.
 */
#include <assert.h>
#include <stdint.h>

#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct exchange_format *format_of(uint8_t letter)
{
    switch (letter) {
    case 'g':
        return &exchange_gift;
    case 'a':
        return &exchange_aiken;
    case 'm':
        return &exchange_moodle;
    case 'f':
        return &exchange_xlsform;
    case 'c':
        return &exchange_csv;
    default:
        return &exchange_xlsx;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    struct exchange x, back;
    if (arena == NULL)
        arena = arena_new(EXCHANGE_ARENA_BYTES);
    if (size == 0)
        return 0;
    arena_reset(arena);
    enum err e = exchange_init(&x, arena, lesson_findings_new(arena));
    assert(e == ERR_OK);
    format_of(data[0])->read(&x, STR("file"), (struct str){(const char *)data + 1, size - 1});
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 16u << 20);
    for (uint32_t i = 0; i < x.n; i++) {
        if (x.items[i].kind == EXCHANGE_MODULE)
            exchange_markdown(&x, i, &out);
    }
    exchange_moodle.write(&x, &out);
    exchange_aiken.write(&x, &out);
    exchange_csv.write(&x, &out);
    buf_reset(&out);
    exchange_gift.write(&x, &out);
    if (x.findings->n_errors > 0 || arena_error(arena) != ERR_OK || buf_error(&out) != ERR_OK)
        return 0; /* what is refused is not written */
    e = exchange_init(&back, arena, lesson_findings_new(arena));
    if (e == ERR_OK)
        exchange_gift.read(&back, STR("file"), buf_str(&out));
    assert(arena_error(arena) != ERR_OK || back.findings->n_errors == 0);
    return 0;
}
