#include "core/gsm/gsm.h"

#include <uchar.h>

#include "core/utf8.h"

#define ESCAPE 0x1b
#define ESCAPED 0x80 /* with a septet: needs the escape before it */

/* 3GPP TS 23.038 6.2.1, in order of septets. 0x09 is the capital c-cedilla: an old mapping file has
 * the small one there, which therefore is foreign here. */
static const char16_t basic_table[] = u"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1b"
                                      u"ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
                                      u"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
                                      u"¿abcdefghijklmnopqrstuvwxyzäöñüà";

/* 6.2.1.1, behind an escape. */
static const struct {
    char16_t code;
    uint8_t septet;
} extension_table[] = {
    {u'\f', 0x0a}, {u'^', 0x14}, {u'{', 0x28}, {u'}', 0x29}, {u'\\', 0x2f},
    {u'[', 0x3c},  {u'~', 0x3d}, {u']', 0x3e}, {u'|', 0x40}, {u'€', 0x65},
};

/* Both tables the other way round for U+0000..U+00FF: septet, ESCAPED | septet, or foreign. */
static const uint8_t latin1_septets[256] = {
    /* clang-format off */
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0a, 0xff, 0x8a, 0x0d, 0xff, 0xff, /* 00 */
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* 10 */
    0x20, 0x21, 0x22, 0x23, 0x02, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, /* 20 */
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, /* 30 */
    0x00, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, /* 40 */
    0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0xbc, 0xaf, 0xbe, 0x94, 0x11, /* 50 */
    0xff, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, /* 60 */
    0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0xa8, 0xc0, 0xa9, 0xbd, 0xff, /* 70 */
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* 80 */
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* 90 */
    0xff, 0x40, 0xff, 0x01, 0x24, 0x03, 0xff, 0x5f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* a0 */
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x60, /* b0 */
    0xff, 0xff, 0xff, 0xff, 0x5b, 0x0e, 0x1c, 0x09, 0xff, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* c0 */
    0xff, 0x5d, 0xff, 0xff, 0xff, 0xff, 0x5c, 0xff, 0x0b, 0xff, 0xff, 0xff, 0x5e, 0xff, 0xff, 0x1e, /* d0 */
    0x7f, 0xff, 0xff, 0xff, 0x7b, 0x0f, 0x1d, 0xff, 0x04, 0x05, 0xff, 0xff, 0x07, 0xff, 0xff, 0xff, /* e0 */
    0xff, 0x7d, 0x08, 0xff, 0xff, 0xff, 0x7c, 0xff, 0x0c, 0x06, 0xff, 0xff, 0x7e, 0xff, 0xff, 0xff, /* f0 */
    /* clang-format on */
};
#define FOREIGN 0xff

/* The ten Greek capitals without a Latin twin, and the euro sign. */
static uint8_t wide_septet(int32_t code)
{
    switch (code) {
    case 0x0394:
        return 0x10;
    case 0x03a6:
        return 0x12;
    case 0x0393:
        return 0x13;
    case 0x039b:
        return 0x14;
    case 0x03a9:
        return 0x15;
    case 0x03a0:
        return 0x16;
    case 0x03a8:
        return 0x17;
    case 0x03a3:
        return 0x18;
    case 0x0398:
        return 0x19;
    case 0x039e:
        return 0x1a;
    case 0x20ac:
        return ESCAPED | 0x65;
    default: /* a code point, not one of our enums */
        return FOREIGN;
    }
}

static inline uint8_t septet_of(int32_t code)
{
    return code < 0x100 ? latin1_septets[code] : wide_septet(code);
}

uint32_t gsm_char_septets(int32_t code)
{
    uint8_t septet = septet_of(code);
    if (septet == FOREIGN)
        return 0;
    return (septet & ESCAPED) != 0 ? 2 : 1;
}

const char *gsm_encoding_name(enum gsm_encoding encoding)
{
    switch (encoding) {
    case GSM_ENCODING_GSM7:
        return "gsm7";
    case GSM_ENCODING_UCS2:
        return "ucs2";
    }
    return "";
}

static inline uint32_t char_units(int32_t code, enum gsm_encoding encoding)
{
    if (encoding == GSM_ENCODING_UCS2)
        return code > 0xffff ? 2 : 1;
    return (septet_of(code) & ESCAPED) != 0 ? 2 : 1;
}

/* End of the longest run of whole characters from `from` that has at most max units. */
static size_t part_end(struct str text, size_t from, enum gsm_encoding encoding, uint32_t max)
{
    uint32_t units = 0;
    size_t end = from;
    for (size_t at = from; at < text.len; end = at) {
        units += char_units(utf8_next(text, &at), encoding);
        if (units > max)
            break;
    }
    return end;
}

static uint32_t part_max(enum gsm_encoding encoding)
{
    return encoding == GSM_ENCODING_GSM7 ? GSM_SMS_PART_SEPTETS : GSM_SMS_PART_UCS2;
}

static uint32_t count_segments(struct str text, enum gsm_encoding encoding, uint32_t units)
{
    if (units == 0)
        return 0;
    if (units <= (encoding == GSM_ENCODING_GSM7 ? GSM_SMS_SEPTETS : GSM_SMS_UCS2))
        return 1;
    uint32_t n = 0;
    for (size_t at = 0; at < text.len; n++)
        at = part_end(text, at, encoding, part_max(encoding));
    return n;
}

struct gsm_size gsm_measure(struct str text)
{
    uint32_t septets = 0;
    uint32_t ucs2_units = 0;
    enum gsm_encoding encoding = GSM_ENCODING_GSM7;
    for (size_t at = 0; at < text.len;) {
        int32_t code = utf8_next(text, &at);
        uint8_t septet = septet_of(code);
        if (septet == FOREIGN)
            encoding = GSM_ENCODING_UCS2;
        septets += (septet & ESCAPED) != 0 ? 2 : 1;
        ucs2_units += code > 0xffff ? 2 : 1;
    }
    struct gsm_size size = {
        .encoding = encoding,
        .units = encoding == GSM_ENCODING_GSM7 ? septets : ucs2_units,
    };
    size.segments = count_segments(text, encoding, size.units);
    return size;
}

bool gsm_find_foreign(struct str text, size_t *ret_offset, size_t *ret_len)
{
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        if (septet_of(utf8_next(text, &at)) != FOREIGN)
            continue;
        *ret_offset = start;
        *ret_len = at - start;
        return true;
    }
    return false;
}

enum err gsm_to_septets(struct str text, struct buf *out)
{
    size_t offset = 0;
    size_t len = 0;
    if (gsm_find_foreign(text, &offset, &len))
        return ERR_INVALID;
    for (size_t at = 0; at < text.len;) {
        uint8_t septet = septet_of(utf8_next(text, &at));
        if ((septet & ESCAPED) != 0)
            buf_add_char(out, ESCAPE);
        buf_add_char(out, (char)(septet & 0x7f));
    }
    return buf_error(out);
}

/* TS 23.038 6.2.1.1: an unknown pair shows the character of the basic table; an escape behind an
 * escape, or at the end, shows a blank. */
static int32_t escaped_char(uint8_t septet)
{
    if (septet == ESCAPE)
        return ' ';
    for (size_t i = 0; i < ARRAY_LEN(extension_table); i++) {
        if (extension_table[i].septet == septet)
            return extension_table[i].code;
    }
    return basic_table[septet];
}

static void add_char(struct buf *out, int32_t code)
{
    char bytes[UTF8_MAX_BYTES];
    buf_add(out, bytes, utf8_put(code, bytes));
}

enum err gsm_from_septets(struct str septets, struct buf *out)
{
    for (size_t i = 0; i < septets.len; i++) {
        if ((uint8_t)septets.p[i] > 0x7f)
            return ERR_INVALID;
    }
    for (size_t i = 0; i < septets.len; i++) {
        uint8_t septet = (uint8_t)septets.p[i];
        if (septet != ESCAPE) {
            add_char(out, basic_table[septet]);
            continue;
        }
        i++;
        add_char(out, i < septets.len ? escaped_char((uint8_t)septets.p[i]) : ' ');
    }
    return buf_error(out);
}

static void add_utf16_unit(struct buf *out, int32_t unit)
{
    buf_add_char(out, (char)(unit >> 8));
    buf_add_char(out, (char)(unit & 0xff));
}

void gsm_to_utf16be(struct str text, struct buf *out)
{
    for (size_t at = 0; at < text.len;) {
        int32_t code = utf8_next(text, &at);
        if (code <= 0xffff) {
            add_utf16_unit(out, code);
            continue;
        }
        add_utf16_unit(out, 0xd800 + ((code - 0x10000) >> 10));
        add_utf16_unit(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
}

static int32_t utf16_unit(struct str bytes, size_t at)
{
    return (uint8_t)bytes.p[at] << 8 | (uint8_t)bytes.p[at + 1];
}

enum err gsm_from_utf16be(struct str bytes, struct buf *out)
{
    if (bytes.len % 2 != 0)
        return ERR_INVALID;
    for (size_t at = 0; at < bytes.len; at += 2) {
        int32_t code = utf16_unit(bytes, at);
        int32_t low = at + 2 < bytes.len ? utf16_unit(bytes, at + 2) : 0;
        if (code >= 0xd800 && code <= 0xdbff && low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            at += 2;
        } else if (code >= 0xd800 && code <= 0xdfff) {
            code = UTF8_REPLACEMENT;
        }
        add_char(out, code);
    }
    return buf_error(out);
}
