#include <uchar.h>

#include "core/gsm/gsm.h"
#include "core/utf8.h"

/*
 * National language tables of 3GPP TS 23.038, annex A: which letters each adds, and what it costs
 * to say in the header that one is used (TS 23.040 9.2.3.24.15; docs/course-rules.md 1.4). The
 * provider encodes; what counts here is which letters may stay, and how many parts are paid.
 */

static const struct national {
    const char *name;
    const char16_t *single;  /* behind an escape, besides what an escape has anyway: two septets */
    const char16_t *locking; /* in the place of the basic table: one septet; NULL: there is none */
} nationals[GSM_N_ALPHABETS] = {
    [GSM_ALPHABET_TURKISH] = {"turkish", u"ĞİŞçğış",
                              u"@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞŞşßÉ"
                              u" !\"#¤%&'()*+,-./0123456789:;<=>?"
                              u"İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
                              u"çabcdefghijklmnopqrstuvwxyzäöñüà"},
    [GSM_ALPHABET_SPANISH] = {"spanish", u"çÁÍÓÚáíóú", NULL},
    [GSM_ALPHABET_PORTUGUESE] = {"portuguese", u"êçÔôÁáΦΓΩΠΨΣΘÊÀÍÓÚÃÕÂíóúãõâ",
                                 u"@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|ÂâÊÉ"
                                 u" !\"#º%&'()*+,-./0123456789:;<=>?"
                                 u"ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§"
                                 u"~abcdefghijklmnopqrstuvwxyzãõ`üà"},
};

const char *gsm_alphabet_name(enum gsm_alphabet alphabet)
{
    return nationals[alphabet].name;
}

enum { USE_SINGLE = 1, USE_LOCKING = 2 };

/* One table in the header, or both. */
static const struct {
    uint32_t one, part;
} limits[] = {[0] = {GSM_SMS_SEPTETS, GSM_SMS_PART_SEPTETS},
              [USE_SINGLE] = {155, 149},
              [USE_LOCKING] = {155, 149},
              [USE_SINGLE | USE_LOCKING] = {152, 146}};

static bool has(const char16_t *table, int32_t code)
{
    while (table != NULL && *table != 0 && *table != code)
        table++;
    return table != NULL && *table != 0;
}

/* Septets of a character with these tables; 0: it is in none of them. */
static uint32_t cost(const struct national *n, unsigned use, int32_t code)
{
    uint32_t plain = gsm_char_septets(code);
    bool is_basic = (use & USE_LOCKING) != 0 ? has(n->locking, code) : plain == 1;
    if (is_basic)
        return 1;
    /* The national table behind an escape has all that the ordinary one has. */
    return plain == 2 || ((use & USE_SINGLE) != 0 && has(n->single, code)) ? 2 : 0;
}

/* False: a character is foreign. */
static bool measure(const struct national *n, unsigned use, struct str text, struct gsm_size *ret)
{
    uint32_t in_part = 0, units = 0, parts = 1;
    for (size_t at = 0; at < text.len;) {
        uint32_t septets = cost(n, use, utf8_next(text, &at));
        if (septets == 0)
            return false;
        units += septets;
        if (in_part + septets > limits[use].part) {
            parts++;
            in_part = 0;
        }
        in_part += septets;
    }
    *ret = (struct gsm_size){GSM_ENCODING_GSM7, units, units <= limits[use].one ? 1 : parts};
    return true;
}

struct gsm_size gsm_measure_in(struct str text, uint32_t alphabets)
{
    struct gsm_size best = gsm_measure(text);
    if (alphabets == 0 || best.encoding == GSM_ENCODING_GSM7)
        return best; /* the header costs nothing there */
    for (unsigned i = 0; i < GSM_N_ALPHABETS; i++) {
        for (unsigned use = USE_SINGLE; use <= (USE_SINGLE | USE_LOCKING); use++) {
            struct gsm_size size;
            bool is_there = (use & USE_LOCKING) == 0 || nationals[i].locking != NULL;
            if ((alphabets >> i & 1) == 0 || !is_there || !measure(&nationals[i], use, text, &size))
                continue;
            if (best.encoding == GSM_ENCODING_UCS2 || size.segments < best.segments ||
                (size.segments == best.segments && size.units < best.units))
                best = size;
        }
    }
    return best;
}

bool gsm_is_national(int32_t code, enum gsm_alphabet alphabet)
{
    return has(nationals[alphabet].single, code) || has(nationals[alphabet].locking, code);
}
