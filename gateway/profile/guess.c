/*
 * What an operator sent in another encoding than it says (docs/course-rules.md 1.3.1): UTF-16 in
 * bytes or in hex digits, Latin-1 as UTF-8. Only what can hardly be anything else is read anew;
 * what then still is no text becomes U+FFFD, and is understood as far as it goes.
 */
#include "core/gsm/gsm.h"
#include "core/utf8.h"
#include "profile/eval.h"

#define MAX_UNITS 800u /* of UTF-16: more than any joined SMS */
#define BYTE_ORDER_MARK 0xfeff
#define SWAPPED_MARK 0xfffe /* the same, read with its bytes in the wrong order */

/* The bytes of a text of nothing but hex digits, four for each unit; absent otherwise. */
static struct str hex_units(struct str text, struct arena *arena)
{
    char *bytes = arena_alloc(arena, text.len / 2 + 1);
    bool is_hex = bytes != NULL && text.len >= 4 && text.len % 4 == 0 &&
                  hex_decode(text, bytes, text.len / 2) == ERR_OK;
    return is_hex ? (struct str){bytes, text.len / 2} : STR_NONE;
}

/* Where the high bytes of UTF-16 text lie: 0 (big endian), 1 (little), or -1 for no such text. All
 * letters of one message are of one script, so that nearly all high bytes are 0, or the same one
 * below 0x20, where a text has no business. */
static int high_byte_at(struct str bytes)
{
    for (int first = 0; first < 2; first++) {
        size_t n_zero = 0;
        size_t n_high = 0;
        size_t n_bad = 0; /* controls where no high byte should be */
        for (size_t i = 0; i + 1 < bytes.len; i += 2) {
            uint8_t high = (uint8_t)bytes.p[i + (size_t)first];
            uint8_t low = (uint8_t)bytes.p[i + 1 - (size_t)first];
            n_zero += high == 0;
            n_high += high < 0x09;
            n_bad += low < 0x09;
        }
        bool is_enough = bytes.len > 2 || n_zero == 1; /* one letter may be a stray control */
        if (is_enough && n_high * 4 >= bytes.len / 2 * 3 && n_bad == 0)
            return first;
    }
    return -1;
}

/* Units in hex of a script from Devanagari (high byte 0x09) to Khmer (0x17), with blanks and Latin
 * among them. All digits may as well be somebody's number. */
static bool is_script(struct str hex, struct str bytes)
{
    bool has_letter = false;
    uint8_t script = 0;
    size_t n = 0;
    for (size_t i = 0; i < hex.len; i++)
        has_letter = has_letter || hex.p[i] > '9';
    for (size_t i = 0; i < bytes.len; i += 2) {
        uint8_t high = (uint8_t)bytes.p[i];
        if (high == 0)
            continue;
        bool is_near = script == 0 || (high <= script + 1 && script <= high + 1);
        if (high < 0x09 || high > 0x17 || !is_near)
            return false;
        script = high;
        n++;
    }
    return has_letter && n >= 2 && 2 * n >= bytes.len / 2;
}

/* UTF-16 bytes whose high ones begin at `first` to UTF-8; absent when there are none (-1). */
static struct str from_utf16(struct str bytes, int first, struct arena *arena)
{
    if (first < 0 || bytes.len / 2 > MAX_UNITS)
        return STR_NONE;
    char *big = arena_alloc(arena, bytes.len);
    for (size_t i = 0; big != NULL && i < bytes.len; i++)
        big[i] = bytes.p[i ^ (size_t)first];
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, bytes.len * 2);
    bool is_read = big != NULL && gsm_from_utf16be((struct str){big, bytes.len}, &out) == ERR_OK;
    return is_read ? arena_str(arena, buf_str(&out)) : STR_NONE;
}

/* "\ufffdS\ufffdT": bytes of UTF-16 whose zeros somebody replaced on the way. */
static struct str without_gaps(struct str text, struct arena *arena)
{
    size_t n_gaps = 0;
    size_t len = 0;
    char *p = arena_alloc(arena, text.len + 1);
    for (size_t at = 0; p != NULL && at < text.len;) {
        int32_t code = utf8_next(text, &at);
        if (code == UTF8_REPLACEMENT)
            n_gaps++;
        else if (code != BYTE_ORDER_MARK && code != SWAPPED_MARK)
            len += utf8_put(code, p + len);
    }
    struct str rest = {p, len};
    return n_gaps > 0 && n_gaps == utf8_count(rest) ? rest : STR_NONE;
}

/* Half an emoji, written as UTF-8 writes characters. */
static bool is_surrogate_at(struct str text, size_t at)
{
    return at + 2 < text.len && (uint8_t)text.p[at] == 0xed &&
           ((uint8_t)text.p[at + 1] & 0xe0) == 0xa0 && ((uint8_t)text.p[at + 2] & 0xc0) == 0x80;
}

/* Letters, no character of several bytes nor half of one, and none of the bytes that Latin-1 has no
 * sign for: then bytes from 0xa0 on are Latin-1. */
static bool is_latin1(struct str text)
{
    bool has_letter = false;
    for (size_t at = 0; at < text.len;) {
        size_t from = at;
        (void)utf8_next(text, &at);
        uint8_t byte = (uint8_t)text.p[from];
        if (at - from > 1 || (byte >= 0x7f && byte < 0xa0) || is_surrogate_at(text, from))
            return false;
        has_letter = has_letter || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
    }
    return has_letter;
}

struct str text_guess(struct str text, struct arena *arena)
{
    struct str bytes = hex_units(text, arena);
    bool is_units = bytes.p != NULL && (high_byte_at(bytes) == 0 || is_script(text, bytes));
    bool is_even = text.len >= 2 && text.len % 2 == 0;
    struct str found = is_units ? from_utf16(bytes, 0, arena)
                                : from_utf16(text, is_even ? high_byte_at(text) : -1, arena);
    if (found.p == NULL && text_is_clean(text))
        found = without_gaps(text, arena);
    else if (found.p == NULL && is_latin1(text))
        found = text_from_latin1(arena, text);
    return text_clean(found.p != NULL ? found : text, arena);
}
