/* What may be done with a value, a row each. A filter that is to be added is one row and one
 * function. */
#include "core/gsm/gsm.h"
#include "core/utf8.h"
#include "profile/model.h"
#include "profile/signature.h"
#include "wire/doc.h"

/* ---- settings ---- */

struct str settings_get(const struct settings *settings, struct str name)
{
    for (uint32_t i = 0; settings != NULL && i < settings->n; i++) {
        if (str_eq(settings->list[i].name, name))
            return settings->list[i].value;
    }
    return STR_NONE;
}

struct str eval_setting(const struct eval *eval, struct str name)
{
    struct str value = settings_get(eval->settings, name);
    for (uint32_t i = 0; value.p == NULL && i < eval->profile->n_settings; i++) {
        if (str_eq(eval->profile->settings[i].name, name))
            value = eval->profile->settings[i].fallback;
    }
    return value;
}

static struct str change_case(struct arena *arena, struct str value, char first, char last)
{
    char *p = arena_alloc(arena, value.len + 1);
    if (p == NULL)
        return STR_NONE;
    for (size_t i = 0; i < value.len; i++)
        p[i] = (char)(value.p[i] >= first && value.p[i] <= last ? value.p[i] ^ 0x20 : value.p[i]);
    return (struct str){p, value.len};
}

struct str text_lower(struct arena *arena, struct str text)
{
    return change_case(arena, text, 'A', 'Z');
}

/* Length of the leading run of ASCII without NUL. */
static size_t plain_prefix(struct str s)
{
    size_t i = 0;
    while (i < s.len && s.p[i] > 0)
        i++;
    return i;
}

bool text_is_clean(struct str text)
{
    for (size_t i = plain_prefix(text); i < text.len;) {
        size_t from = i;
        int32_t code = utf8_next(text, &i);
        bool is_replacement = str_eq(str_sub(text, from, i), STR("\xef\xbf\xbd"));
        if (code == 0 || (code == UTF8_REPLACEMENT && !is_replacement))
            return false;
    }
    return true;
}

struct str text_clean(struct str text, struct arena *arena)
{
    if (text_is_clean(text))
        return text;
    char *p = arena_alloc(arena, text.len * 3 + 1);
    if (p == NULL)
        return STR_NONE;
    size_t n = 0;
    for (size_t i = 0; i < text.len;) {
        int32_t code = utf8_next(text, &i);
        n += utf8_put(code == 0 ? UTF8_REPLACEMENT : code, p + n);
    }
    return (struct str){p, n};
}

struct str text_from_latin1(struct arena *arena, struct str text)
{
    char *p = arena_alloc(arena, text.len * 2 + 1);
    size_t n = 0;
    for (size_t i = 0; p != NULL && i < text.len; i++)
        n += utf8_put((unsigned char)text.p[i], p + n);
    return p != NULL ? (struct str){p, n} : STR_NONE;
}

/* those that give a new text ---------------------------------------------------------------- */

static struct str trim(struct eval *eval, const struct filter *f, struct str value)
{
    (void)eval, (void)f;
    return str_trim(value);
}

static struct str upper(struct eval *eval, const struct filter *f, struct str value)
{
    (void)f;
    return change_case(eval->arena, value, 'a', 'z');
}

static struct str from_percent(struct eval *eval, const struct filter *f, struct str value)
{
    (void)f;
    return form_decode(value, true, eval->arena);
}

static struct str from_hex(struct eval *eval, const struct filter *f, struct str value)
{
    (void)f;
    char *p = arena_alloc(eval->arena, value.len / 2 + 1);
    if (p == NULL || hex_decode(value, p, value.len / 2) != ERR_OK)
        return STR_NONE;
    return (struct str){p, value.len / 2};
}

static struct str from_latin1(struct eval *eval, const struct filter *f, struct str value)
{
    (void)f;
    return text_from_latin1(eval->arena, value);
}

/* A body that some gateways send in base64 without saying so: 60 characters and more of nothing
 * but its alphabet, which hold plain text. People write blanks. */
static struct str maybe_base64(struct eval *eval, const struct filter *f, struct str value)
{
    struct str bytes;
    (void)f;
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

static struct str without_plus(struct eval *eval, const struct filter *f, struct str value)
{
    (void)eval, (void)f;
    return str_starts(value, STR("+")) ? str_sub(value, 1, value.len) : value;
}

static struct str before(struct eval *eval, const struct filter *f, struct str value)
{
    (void)eval;
    size_t at = str_find(value, f->argument);
    return at != SIZE_MAX ? str_sub(value, 0, at) : value;
}

static struct str same(struct eval *eval, const struct filter *f, struct str value)
{
    (void)eval, (void)f;
    return value;
}

/* those that write -------------------------------------------------------------------------- */

static enum err from_gsm(struct eval *eval, const struct filter *f, struct str value,
                         struct buf *out)
{
    (void)eval, (void)f;
    return gsm_from_septets(value, out);
}

static enum err from_utf16be(struct eval *eval, const struct filter *f, struct str value,
                             struct buf *out)
{
    (void)eval, (void)f;
    return gsm_from_utf16be(value, out);
}

static enum err to_gsm(struct eval *eval, const struct filter *f, struct str value, struct buf *out)
{
    (void)eval, (void)f;
    return gsm_to_septets(value, out);
}

static enum err to_utf16be(struct eval *eval, const struct filter *f, struct str value,
                           struct buf *out)
{
    (void)eval, (void)f;
    gsm_to_utf16be(value, out);
    return ERR_OK;
}

static enum err to_hex(struct eval *eval, const struct filter *f, struct str value, struct buf *out)
{
    (void)eval, (void)f;
    buf_add_hex(out, value.p, value.len);
    return ERR_OK;
}

static enum err to_base64(struct eval *eval, const struct filter *f, struct str value,
                          struct buf *out)
{
    (void)eval, (void)f;
    base64_encode(value, false, out);
    return ERR_OK;
}

static enum err to_base64url(struct eval *eval, const struct filter *f, struct str value,
                             struct buf *out)
{
    (void)eval, (void)f;
    base64_encode(value, true, out);
    return ERR_OK;
}

static enum err to_xml_attribute(struct eval *eval, const struct filter *f, struct str value,
                                 struct buf *out)
{
    (void)eval, (void)f;
    xml_escape_attribute(value, out);
    return ERR_OK;
}

/* National significant number of +254.. for a provider that writes numbers so; absent for a number
 * of another country than the channel's, which would be somebody else's there. What is no number,
 * such as our short code, stays. */
static enum err to_national(struct eval *eval, const struct filter *f, struct str value,
                            struct buf *out)
{
    (void)f;
    struct number number;
    char national[24];
    struct str home = number_calling_code(eval_setting(eval, STR("default_country")));
    bool is_number = number_parse(value, NUMBER_FORM_PLUS, STR(""), &number) == ERR_OK &&
                     number_format(&number, NUMBER_FORM_NATIONAL, national) == ERR_OK;
    if (is_number && home.p != NULL && !str_starts(str_from(number.e164 + 1), home))
        return ERR_NOT_FOUND;
    buf_add_str(out, is_number ? str_from(national) : value);
    return ERR_OK;
}

static enum err change_newlines(struct eval *eval, const struct filter *f, struct str value,
                                struct buf *out)
{
    struct str newline = str_eq(f->argument, STR("crlf")) ? STR("\r\n") : f->argument;
    (void)eval;
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] == '\n')
            buf_add_str(out, newline);
        else if (value.p[i] != '\r')
            buf_add_char(out, value.p[i]);
    }
    return ERR_OK;
}

static enum err remove_characters(struct eval *eval, const struct filter *f, struct str value,
                                  struct buf *out)
{
    (void)eval;
    for (size_t i = 0; i < value.len; i++) {
        if (str_find_char(f->argument, value.p[i]) == SIZE_MAX)
            buf_add_char(out, value.p[i]);
    }
    return ERR_OK;
}

static enum err add_digest(enum digest digest, struct str value, struct buf *out)
{
    uint8_t bytes[DIGEST_MAX_BYTES];
    buf_add(out, bytes, digest_hash(digest, value, bytes));
    return ERR_OK;
}

static enum err md5(struct eval *eval, const struct filter *f, struct str value, struct buf *out)
{
    (void)eval, (void)f;
    return add_digest(DIGEST_MD5, value, out);
}

static enum err sha256(struct eval *eval, const struct filter *f, struct str value, struct buf *out)
{
    (void)eval, (void)f;
    return add_digest(DIGEST_SHA256, value, out);
}

/* ERR_INVALID without the setting: nothing must be signed with an empty key by mistake. */
static enum err hmac_sha256(struct eval *eval, const struct filter *f, struct str value,
                            struct buf *out)
{
    uint8_t bytes[DIGEST_MAX_BYTES];
    struct str key = eval_setting(eval, f->argument);
    if (key.p == NULL)
        return ERR_INVALID;
    buf_add(out, bytes, digest_hmac(DIGEST_SHA256, key, value, bytes));
    return ERR_OK;
}

/* the table --------------------------------------------------------------------------------- */

/* "from-" reads an encoding, "to-" writes one. */
static const struct filter_row filters[] = {
    {"trim", .map = trim},
    {"upper", .map = upper},
    {"from-percent", .map = from_percent},
    {"from-hex", .map = from_hex},
    {"from-latin1", .map = from_latin1},
    {"from-gsm", .write = from_gsm},
    {"from-utf16be", .write = from_utf16be},
    {"maybe-base64", .map = maybe_base64},
    {"to-hex", .write = to_hex},
    {"to-base64", .write = to_base64},
    {"to-base64url", .write = to_base64url},
    {"to-gsm", .write = to_gsm},
    {"to-utf16be", .write = to_utf16be},
    {"digits", .map = without_plus},
    {"national", .write = to_national},
    {"md5", .write = md5},
    {"sha256", .write = sha256},
    {"hmac-sha256", .has_argument = true, .write = hmac_sha256},
    {"before", .has_argument = true, .map = before},
    {"newline", .has_argument = true, .write = change_newlines},
    {"remove", .has_argument = true, .write = remove_characters},
    {"attribute", .is_escaped = true, .write = to_xml_attribute},
    {"raw", .is_escaped = true, .map = same},
};

const struct filter_row *filter_find(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        if (str_eq(word, str_from(filters[i].word)))
            return &filters[i];
    }
    return NULL;
}

static struct str apply(struct eval *eval, const struct filter *f, struct str value)
{
    if (f->row->map != NULL)
        return f->row->map(eval, f, value);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, PROFILE_MAX_TEXT_BYTES * 8);
    if (f->row->write(eval, f, value, &out) != ERR_OK || buf_error(&out) != ERR_OK)
        return STR_NONE;
    return arena_str(eval->arena, buf_str(&out));
}

struct str filter_apply(struct eval *eval, const struct filter *filter, struct str value)
{
    for (const struct filter *f = filter; f != NULL && value.p != NULL; f = f->next)
        value = apply(eval, f, value);
    return value;
}
