#include "core/gsm/gsm.h"
#include "core/utf8.h"
#include "profile/internal.h"
#include "wire/xml.h"

static struct str change_case(struct eval *eval, struct str value, bool is_upper)
{
    char *p = arena_alloc(eval->arena, value.len + 1);
    if (p == NULL)
        return STR_NONE;
    char first = is_upper ? 'a' : 'A', last = is_upper ? 'z' : 'Z';
    for (size_t i = 0; i < value.len; i++)
        p[i] = (char)(value.p[i] >= first && value.p[i] <= last ? value.p[i] ^ 0x20 : value.p[i]);
    return (struct str){p, value.len};
}

static struct str from_hex(struct eval *eval, struct str value)
{
    char *p = arena_alloc(eval->arena, value.len / 2 + 1);
    if (p == NULL || hex_decode(value, p, value.len / 2) != ERR_OK)
        return STR_NONE;
    return (struct str){p, value.len / 2};
}

/* A body that some gateways send in base64 without saying so: 60 characters and more of nothing
 * but its alphabet, which hold plain text. People write blanks. */
static struct str maybe_base64(struct eval *eval, struct str value)
{
    struct str bytes;
    if (value.len < 60 || value.len % 4 != 0 ||
        base64_decode(value, eval->arena, &bytes) != ERR_OK || !text_is_clean(bytes))
        return value;
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        if (c < 0x20 && c != '\n' && c != '\r' && c != '\t')
            return value;
    }
    return bytes;
}

static void from_latin1(struct str value, struct buf *out)
{
    for (size_t i = 0; i < value.len; i++) {
        char bytes[UTF8_MAX_BYTES];
        buf_add(out, bytes, utf8_put((unsigned char)value.p[i], bytes));
    }
}

static void keep_without(struct str value, struct str characters, struct buf *out)
{
    for (size_t i = 0; i < value.len; i++) {
        if (str_find_char(characters, value.p[i]) == SIZE_MAX)
            buf_add_char(out, value.p[i]);
    }
}

static void change_newlines(struct str value, struct str newline, struct buf *out)
{
    bool is_crlf = str_eq(newline, STR("crlf"));
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] == '\n')
            buf_add_str(out, is_crlf ? STR("\r\n") : newline);
        else if (value.p[i] != '\r')
            buf_add_char(out, value.p[i]);
    }
}

static void add_digest(struct eval *eval, const struct filter *f, enum digest digest,
                       struct str value, struct buf *out)
{
    uint8_t bytes[DIGEST_MAX_BYTES];
    if (f->argument.p == NULL) {
        buf_add(out, bytes, digest_hash(digest, value, bytes));
        return;
    }
    struct str key = eval_setting(eval, f->argument);
    if (key.p == NULL)
        out->error = ERR_INVALID; /* nothing must be signed with an empty key by mistake */
    else
        buf_add(out, bytes, digest_hmac(digest, key, value, bytes));
}

/* National significant number of +254..; the value itself when it is no such number. */
static void add_national(struct str value, struct buf *out)
{
    struct number number;
    char national[24];
    if (number_parse(value, NUMBER_FORM_PLUS, STR(""), &number) == ERR_OK &&
        number_format(&number, NUMBER_FORM_NATIONAL, national) == ERR_OK)
        buf_add_str(out, str_from(national));
    else
        buf_add_str(out, value);
}

/* Filters that write a new text. */
static enum err write_filtered(struct eval *eval, const struct filter *f, struct str value,
                               struct buf *out)
{
    switch (f->kind) {
    case FILTER_FROM_LATIN1:
        from_latin1(value, out);
        break;
    case FILTER_FROM_GSM:
        return gsm_from_septets(value, out);
    case FILTER_FROM_UTF16BE:
        return gsm_from_utf16be(value, out);
    case FILTER_TO_HEX:
        buf_add_hex(out, value.p, value.len);
        break;
    case FILTER_TO_BASE64:
    case FILTER_TO_BASE64URL:
        base64_encode(value, f->kind == FILTER_TO_BASE64URL, out);
        break;
    case FILTER_TO_GSM:
        return gsm_to_septets(value, out);
    case FILTER_TO_UTF16BE:
        gsm_to_utf16be(value, out);
        break;
    case FILTER_NATIONAL:
        add_national(value, out);
        break;
    case FILTER_MD5:
    case FILTER_HMAC_MD5:
        add_digest(eval, f, DIGEST_MD5, value, out);
        break;
    case FILTER_SHA1:
    case FILTER_HMAC_SHA1:
        add_digest(eval, f, DIGEST_SHA1, value, out);
        break;
    case FILTER_SHA256:
    case FILTER_HMAC_SHA256:
        add_digest(eval, f, DIGEST_SHA256, value, out);
        break;
    case FILTER_SHA512:
    case FILTER_HMAC_SHA512:
        add_digest(eval, f, DIGEST_SHA512, value, out);
        break;
    case FILTER_NEWLINE:
        change_newlines(value, f->argument, out);
        break;
    case FILTER_REMOVE:
        keep_without(value, f->argument, out);
        break;
    case FILTER_PERCENT:
        form_encode_path(value, out);
        break;
    case FILTER_ATTRIBUTE:
        xml_escape_attribute(value, out);
        break;
    case FILTER_TRIM:
    case FILTER_LOWER:
    case FILTER_UPPER:
    case FILTER_FROM_PERCENT:
    case FILTER_FROM_HEX:
    case FILTER_FROM_BASE64:
    case FILTER_MAYBE_BASE64:
    case FILTER_DIGITS:
    case FILTER_BEFORE:
    case FILTER_RAW:
    case N_FILTERS:
        break;
    }
    return buf_error(out);
}

static struct str apply(struct eval *eval, const struct filter *f, struct str value)
{
    struct str bytes;
    size_t at;
    switch (f->kind) {
    case FILTER_TRIM:
        return str_trim(value);
    case FILTER_LOWER:
    case FILTER_UPPER:
        return change_case(eval, value, f->kind == FILTER_UPPER);
    case FILTER_FROM_PERCENT:
        return form_decode(value, true, eval->arena);
    case FILTER_FROM_HEX:
        return from_hex(eval, value);
    case FILTER_FROM_BASE64:
        return base64_decode(value, eval->arena, &bytes) == ERR_OK ? bytes : STR_NONE;
    case FILTER_MAYBE_BASE64:
        return maybe_base64(eval, value);
    case FILTER_DIGITS:
        return value.len > 0 && value.p[0] == '+' ? str_sub(value, 1, value.len) : value;
    case FILTER_BEFORE:
        at = str_find(value, f->argument);
        return at != SIZE_MAX ? str_sub(value, 0, at) : value;
    case FILTER_RAW:
        return value;
    case FILTER_FROM_LATIN1:
    case FILTER_FROM_GSM:
    case FILTER_FROM_UTF16BE:
    case FILTER_TO_HEX:
    case FILTER_TO_BASE64:
    case FILTER_TO_BASE64URL:
    case FILTER_TO_GSM:
    case FILTER_TO_UTF16BE:
    case FILTER_NATIONAL:
    case FILTER_MD5:
    case FILTER_SHA1:
    case FILTER_SHA256:
    case FILTER_SHA512:
    case FILTER_HMAC_MD5:
    case FILTER_HMAC_SHA1:
    case FILTER_HMAC_SHA256:
    case FILTER_HMAC_SHA512:
    case FILTER_NEWLINE:
    case FILTER_REMOVE:
    case FILTER_PERCENT:
    case FILTER_ATTRIBUTE:
    case N_FILTERS:
        break;
    }
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, PROFILE_MAX_TEXT_BYTES * 8);
    if (write_filtered(eval, f, value, &out) != ERR_OK || buf_error(&out) != ERR_OK)
        return STR_NONE;
    return arena_str(eval->arena, buf_str(&out));
}

struct str filter_apply(struct eval *eval, const struct filter *filters, struct str value)
{
    for (const struct filter *f = filters; f != NULL && value.p != NULL; f = f->next)
        value = apply(eval, f, value);
    return value;
}
