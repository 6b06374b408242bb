/* Any text, any limits: sizes add up, pages hold all of it, fit, and split no character. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/gsm/gsm.h"

#define MAX_BYTES 4096
#define MAX_PAGES_BYTES 300u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(struct str text)
{
    struct gsm_size size = gsm_measure(text);
    bool is_gsm7 = size.encoding == GSM_ENCODING_GSM7;
    uint32_t one = is_gsm7 ? GSM_SMS_SEPTETS : GSM_SMS_UCS2;
    uint32_t part = is_gsm7 ? GSM_SMS_PART_SEPTETS : GSM_SMS_PART_UCS2;
    assert((size.segments == 0) == (text.len == 0));
    assert((size.segments == 1) == (text.len > 0 && size.units <= one));
    /* A part that ends before a pair has one unit less. */
    assert(size.segments <= 1 ||
           (size.units <= size.segments * part && size.units > (size.segments - 1) * (part - 1)));
}

static void check_codecs(struct str text)
{
    struct buf septets CLEANUP(buf_fini);
    struct buf back CLEANUP(buf_fini);
    buf_init(&septets, 2 * MAX_BYTES);
    buf_init(&back, 8 * MAX_BYTES);
    struct gsm_size size = gsm_measure(text);
    bool is_gsm7 = gsm_to_septets(text, &septets) == ERR_OK;
    assert(is_gsm7 == (size.encoding == GSM_ENCODING_GSM7));
    if (is_gsm7) {
        assert(septets.len == size.units);
        assert(gsm_from_septets(buf_str(&septets), &back) == ERR_OK);
        assert(str_eq(buf_str(&back), text));
    }
    struct buf utf16 CLEANUP(buf_fini);
    buf_init(&utf16, 4 * MAX_BYTES);
    gsm_to_utf16be(text, &utf16);
    assert(is_gsm7 || utf16.len == 2 * (size_t)size.units);
    buf_reset(&back);
    assert(gsm_from_utf16be(buf_str(&utf16), &back) == ERR_OK);
    /* What comes from the air: whatever it is, it becomes a text. */
    buf_reset(&back);
    if (gsm_from_utf16be(text, &back) == ERR_OK)
        assert(gsm_measure(buf_str(&back)).units > 0 || text.len == 0);
    buf_reset(&back);
    bool is_septets = gsm_from_septets(text, &back) == ERR_OK;
    for (size_t i = 0; is_septets && i < text.len; i++)
        assert((uint8_t)text.p[i] < 0x80);
}

static void check_fold(struct str text, enum gsm_fold fold, struct arena *arena)
{
    struct str once = gsm_fold(text, fold, arena);
    assert(once.p != NULL && memchr(once.p, '\f', once.len) == NULL);
    assert(str_eq(gsm_fold(once, fold, arena), once));
    struct str pages = gsm_fold_pages(text, fold, arena);
    assert(pages.len == once.len);
    assert(gsm_measure(text).encoding == GSM_ENCODING_UCS2 ||
           gsm_measure(once).encoding == GSM_ENCODING_GSM7);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t skip_blanks(struct str text, size_t at)
{
    while (at < text.len && is_blank(text.p[at]))
        at++;
    return at;
}

/* Where the text goes on behind a page that begins at `at`; past its end: no such page is there. */
static size_t behind_page(struct str text, size_t at, struct str page)
{
    for (size_t i = 0; i < page.len; i++) {
        if (is_blank(page.p[i]))
            continue;
        at = skip_blanks(text, at);
        if (at == text.len || text.p[at] != page.p[i])
            return text.len + 1;
        at++;
    }
    return at;
}

/* Where the text may go on behind the pages so far: all the pages together are the text, but that
 * one may begin again at a form feed that lies behind. */
struct places {
    bool may_be[MAX_PAGES_BYTES + 2];
};

static struct places after_page(struct str text, const struct places *before, struct str page)
{
    struct places after = {{false}};
    bool is_behind = false;
    for (size_t at = text.len + 1; at-- > 0;) {
        is_behind = is_behind || before->may_be[at];
        bool is_feed = at < text.len && text.p[at] == '\f';
        if (before->may_be[at] || (is_behind && is_feed))
            after.may_be[behind_page(text, at, page)] = true;
    }
    return after;
}

static void check_pages(struct str text, uint32_t septets, uint32_t ucs2, struct arena *arena)
{
    const struct gsm_ussd ussd = {text, STR("9 More"), STR_NONE, septets, ucs2};
    struct places places = {{true}};
    for (uint32_t i = 0;; i++) {
        struct str page = STR_NONE;
        bool is_last = false, is_whole = false;
        enum err e = gsm_ussd_page(&ussd, i, arena, &page, &is_last);
        if (e == ERR_INVALID || e == ERR_TOO_LONG)
            return;
        assert(e == ERR_OK);
        struct gsm_size size = gsm_measure(page);
        assert(size.units <= (size.encoding == GSM_ENCODING_GSM7 ? septets : ucs2));
        if (!is_last) {
            assert(str_ends(page, STR("\n9 More")));
            page.len -= 7;
        }
        assert(page.len > 0 || is_last);
        places = after_page(text, &places, page);
        for (size_t at = 0; is_last && at <= text.len; at++)
            is_whole = is_whole || (places.may_be[at] && skip_blanks(text, at) == text.len);
        if (!is_last)
            continue;
        assert(is_whole);
        assert(gsm_ussd_page(&ussd, i + 1, arena, &page, &is_last) == ERR_NOT_FOUND);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size > MAX_BYTES)
        return 0;
    struct str text = {(const char *)data + 3, size - 3};
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 24);
    check_parts(text);
    check_codecs(text);
    check_fold(text, (enum gsm_fold)(data[0] % 3), arena);
    check_pages(str_sub(text, 0, MAX_PAGES_BYTES), data[1], data[2], arena);
    return 0;
}
