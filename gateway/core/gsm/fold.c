/* gsm.h: letters that cost half when they are written another way. */
#include "core/gsm/gsm.h"

#include <string.h>
#include <utf8proc.h>

#include "core/utf8.h"

#define CAPITAL_C_CEDILLA 0xc7

/* What stands for a character; absent when nothing does. */
static struct str typography(int32_t code)
{
    switch (code) {
    case '\t':
    case 0x00a0: /* no-break space */
    case 0x202f: /* narrow no-break space */
    case 0x205f: /* mathematical space */
    case 0x3000: /* ideographic space */
        return STR(" ");
    case '`':
    case 0x00b4: /* acute accent */
    case 0x02b9: /* modifier prime */
    case 0x02bc: /* modifier apostrophe */
    case 0x2032: /* prime */
    case 0x2039: /* single angle quotes */
    case 0x203a:
        return STR("'");
    case 0x00ab: /* angle quotes */
    case 0x00bb:
    case 0x2033: /* double prime */
        return STR("\"");
    case 0x2022: /* bullet */
    case 0x2043: /* hyphen bullet */
    case 0x2212: /* minus sign */
        return STR("-");
    case 0x2026:
        return STR("...");
    case 0x2028: /* line separator */
    case 0x2029: /* paragraph separator */
        return STR("\n");
    case 0x00ad: /* soft hyphen */
    case 0x200b: /* zero width space */
    case 0x2060: /* word joiner */
    case 0xfeff: /* byte order mark */
        return STR("");
    default: /* a code point, not one of our enums */
        break;
    }
    if (code >= 0x2000 && code <= 0x200a) /* spaces of all widths */
        return STR(" ");
    if (code >= 0x2010 && code <= 0x2015) /* hyphens and dashes */
        return STR("-");
    if (code >= 0x2018 && code <= 0x201b)
        return STR("'");
    if (code >= 0x201c && code <= 0x201f)
        return STR("\"");
    return STR_NONE;
}

/* Letters that Unicode does not decompose. */
static struct str plain_letter(int32_t code)
{
    switch (code) {
    case 0x00d0: /* eth, d with stroke */
    case 0x0110:
        return STR("D");
    case 0x00f0:
    case 0x0111:
        return STR("d");
    case 0x00de: /* thorn */
        return STR("Th");
    case 0x00fe:
        return STR("th");
    case 0x0126: /* h with stroke */
        return STR("H");
    case 0x0127:
        return STR("h");
    case 0x0131: /* dotless i */
        return STR("i");
    case 0x0141: /* l with stroke */
        return STR("L");
    case 0x0142:
        return STR("l");
    case 0x0152:
        return STR("OE");
    case 0x0153:
        return STR("oe");
    case 0x0166: /* t with stroke */
        return STR("T");
    case 0x0167:
        return STR("t");
    case 0x1e9e: /* capital sharp s */
        return STR("SS");
    default: /* a code point, not one of our enums */
        return STR_NONE;
    }
}

static bool is_latin(int32_t code)
{
    return (code >= 0xaa && code <= 0x24f) || (code >= 0x1e00 && code <= 0x1eff) ||
           (code >= 0xfb00 && code <= 0xfb06) || (code >= 0xff01 && code <= 0xff5e);
}

/* Base letters without marks into dst; 0 when one of them is foreign too. */
static size_t base_letters(int32_t code, char dst[8])
{
    utf8proc_int32_t parts[8];
    int boundclass = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        code, parts, ARRAY_LEN(parts), UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK,
        &boundclass);
    if (n <= 0 || n > 4)
        return 0;
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        if (parts[i] >= 0x80 || gsm_char_septets(parts[i]) == 0)
            return 0;
        dst[i] = (char)parts[i];
    }
    return (size_t)n;
}

/* What is done to a text: folded, but for the letters of a national table. */
struct way {
    enum gsm_fold fold;
    int kept;        /* enum gsm_alphabet; -1: none */
    uint32_t n_kept; /* letters that stayed for it */
};

/* Replacement of one code point, at most 4 bytes, into dst; returns their number. */
static size_t fold_char(int32_t code, struct way *way, char dst[8])
{
    enum gsm_fold fold = way->fold;
    if (code >= 0x80 && way->kept >= 0 && gsm_is_national(code, (enum gsm_alphabet)way->kept)) {
        way->n_kept += gsm_char_septets(code) == 0 || code == CAPITAL_C_CEDILLA;
        return utf8_put(code, dst);
    }
    if (gsm_char_septets(code) > 0 && !(fold == GSM_FOLD_LATIN && code == CAPITAL_C_CEDILLA))
        return utf8_put(code, dst);
    struct str plain = typography(code);
    if (plain.p == NULL && fold == GSM_FOLD_LATIN)
        plain = plain_letter(code);
    if (plain.p != NULL) {
        memcpy(dst, plain.p, plain.len);
        return plain.len;
    }
    size_t n = fold == GSM_FOLD_LATIN && is_latin(code) ? base_letters(code, dst) : 0;
    return n > 0 ? n : utf8_put(code, dst);
}

static bool is_mark(int32_t code)
{
    return code >= 0x300 && code <= 0x36f;
}

/* A letter and a mark behind it as one code point where Unicode has one; 0 otherwise. */
static int32_t compose(int32_t base, int32_t mark)
{
    utf8proc_int32_t pair[2] = {base, mark};
    utf8proc_ssize_t n = utf8proc_normalize_utf32(pair, 2, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    return n == 1 ? pair[0] : 0;
}

/* The next character, with the marks behind it composed into it; under GSM_FOLD_LATIN marks that do
 * not compose with a Latin letter are left out. */
static int32_t next_composed(struct str text, enum gsm_fold fold, size_t *at)
{
    int32_t code = utf8_next(text, at);
    while (*at < text.len) {
        size_t ahead = *at;
        int32_t mark = utf8_next(text, &ahead);
        if (!is_mark(mark))
            break;
        int32_t whole = compose(code, mark);
        bool is_plain_letter = (code | 0x20) >= 'a' && (code | 0x20) <= 'z';
        if (whole == 0 && !(fold == GSM_FOLD_LATIN && (is_plain_letter || is_latin(code))))
            break;
        code = whole != 0 ? whole : code;
        *at = ahead;
    }
    return code;
}

static bool needs_fold(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.p[i];
        if (byte >= 0x80 || byte == '\t' || byte == '`')
            return true;
    }
    return false;
}

static size_t fold_bytes(struct str text, struct way *way, char *out)
{
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        char bytes[8];
        size_t n = fold_char(next_composed(text, way->fold, &at), way, bytes);
        memcpy(out + len, bytes, n);
        len += n;
    }
    return len;
}

static struct str fold_text(struct str text, struct way *way, char feed, struct arena *arena)
{
    bool is_plain = way->fold == GSM_FOLD_NONE || !needs_fold(text);
    /* An invalid byte becomes three; every other replacement is no longer than what it replaces. */
    char *out = arena_alloc(arena, is_plain ? text.len + 1 : 3 * text.len + 1);
    if (out == NULL)
        return STR_NONE;
    size_t len = text.len;
    if (!is_plain)
        len = fold_bytes(text, way, out);
    else if (len > 0)
        memcpy(out, text.p, len);
    for (size_t i = 0; i < len && feed == '\n'; i++) {
        if (out[i] == '\f' || out[i] == '\v')
            out[i] = '\n';
    }
    return (struct str){out, len};
}

struct str gsm_fold(struct str text, enum gsm_fold fold, struct arena *arena)
{
    return fold_text(text, &(struct way){.fold = fold, .kept = -1}, '\n', arena);
}

struct str gsm_fold_in(struct str text, enum gsm_fold fold, uint32_t alphabets, struct arena *arena)
{
    struct str best = gsm_fold(text, fold, arena);
    uint32_t most = 0;
    for (int i = 0; i < GSM_N_ALPHABETS && fold != GSM_FOLD_NONE; i++) {
        struct way way = {.fold = fold, .kept = i};
        if ((alphabets >> i & 1) == 0)
            continue;
        struct str folded = fold_text(text, &way, '\n', arena);
        bool is_cheap = gsm_measure_in(folded, alphabets).encoding == GSM_ENCODING_GSM7;
        if (is_cheap && way.n_kept > most) {
            most = way.n_kept;
            best = folded;
        }
    }
    return best;
}

struct str gsm_fold_pages(struct str text, enum gsm_fold fold, struct arena *arena)
{
    return fold_text(text, &(struct way){.fold = fold, .kept = -1}, '\f', arena);
}
