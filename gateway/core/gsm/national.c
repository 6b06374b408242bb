/*
 * National language tables of 3GPP TS 23.038, annex A: which letters each adds, and what it costs
 * to say in the header that one is used (TS 23.040 9.2.3.24.15; docs/course-rules.md 1.4). The
 * provider encodes; what counts here is which letters may stay, and how many parts are paid.
 * tests/vectors/national.txt has the Indic ones place by place; test_gsm compares.
 */
#include <uchar.h>

#include "core/gsm/gsm.h"
#include "core/utf8.h"

/* What all tables of Indic scripts and Urdu have beside their own letters. */
#define INDIC_SINGLE u"@£$¥¿\"¤%&'*+-/<=>¡_#ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define INDIC_LOCKING u"\n\r !(),.0123456789:;?abcdefghijklmnopqrstuvwxyz"

static const struct national {
    const char *name;
    const char16_t *single;  /* behind an escape, besides what an escape has anyway: two septets */
    const char16_t *locking; /* in the place of the basic table: one septet; NULL: there is none */
    /* More of the same: pairs of a first and a last letter. NULL: none. */
    const char16_t *single_runs, *locking_runs;
} nationals[GSM_N_ALPHABETS] = {
    [GSM_ALPHABET_TURKISH] = {"turkish", u"ĞİŞçğış",
                              u"@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞŞşßÉ"
                              u" !\"#¤%&'()*+,-./0123456789:;<=>?"
                              u"İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
                              u"çabcdefghijklmnopqrstuvwxyzäöñüà",
                              NULL, NULL},
    [GSM_ALPHABET_SPANISH] = {"spanish", u"çÁÍÓÚáíóú", NULL, NULL, NULL},
    [GSM_ALPHABET_PORTUGUESE] = {"portuguese", u"êçÔôÁáΦΓΩΠΨΣΘÊÀÍÓÚÃÕÂíóúãõâ",
                                 u"@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|ÂâÊÉ"
                                 u" !\"#º%&'()*+,-./0123456789:;<=>?"
                                 u"ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§"
                                 u"~abcdefghijklmnopqrstuvwxyzãõ`üà",
                                 NULL, NULL},
    [GSM_ALPHABET_BENGALI] =
        {"bengali", INDIC_SINGLE, INDIC_LOCKING, u"\u09df\u09e3\u09e6\u09ef\u09f2\u09fa",
         u"\u0981\u0983\u0985\u098c\u098f\u0990\u0993\u09a8\u09aa\u09b0\u09b2\u09b2"
         u"\u09b6\u09b9\u09bc\u09c4\u09c7\u09c8\u09cb\u09ce\u09d7\u09d7\u09dc\u09dd"
         u"\u09f0\u09f1"},
    [GSM_ALPHABET_GUJARATI] =
        {"gujarati", INDIC_SINGLE, INDIC_LOCKING, u"\u0964\u0965\u0ae6\u0aef",
         u"\u0a81\u0a83\u0a85\u0a8d\u0a8f\u0a91\u0a93\u0aa8\u0aaa\u0ab0\u0ab2\u0ab3"
         u"\u0ab5\u0ab9\u0abc\u0ac5\u0ac7\u0ac9\u0acb\u0acd\u0ad0\u0ad0\u0ae0\u0ae3"
         u"\u0af1\u0af1"},
    [GSM_ALPHABET_HINDI] =
        {"hindi", INDIC_SINGLE, INDIC_LOCKING, u"\u0951\u0954\u0958\u0971",
         u"\u0901\u0903\u0905\u0939\u093c\u094d\u0950\u0950\u0972\u0972\u097b\u097c"
         u"\u097e\u097f"},
    [GSM_ALPHABET_KANNADA] =
        {"kannada", INDIC_SINGLE, INDIC_LOCKING,
         u"\u0964\u0965\u0cde\u0cde\u0ce6\u0cef\u0cf1\u0cf2",
         u"\u0c82\u0c83\u0c85\u0c8c\u0c8e\u0c90\u0c92\u0ca8\u0caa\u0cb3\u0cb5\u0cb9"
         u"\u0cbc\u0cc4\u0cc6\u0cc8\u0cca\u0ccd\u0cd5\u0cd6\u0ce0\u0ce3"},
    [GSM_ALPHABET_MALAYALAM] =
        {"malayalam", INDIC_SINGLE, INDIC_LOCKING, u"\u0964\u0965\u0d66\u0d75\u0d7a\u0d7f",
         u"\u0d02\u0d03\u0d05\u0d0c\u0d0e\u0d10\u0d12\u0d28\u0d2a\u0d39\u0d3d\u0d44"
         u"\u0d46\u0d48\u0d4a\u0d4d\u0d57\u0d57\u0d60\u0d63\u0d79\u0d79"},
    [GSM_ALPHABET_ORIYA] =
        {"oriya", INDIC_SINGLE, INDIC_LOCKING, u"\u0964\u0965\u0b5c\u0b5d\u0b5f\u0b5f\u0b66\u0b71",
         u"\u0b01\u0b03\u0b05\u0b0c\u0b0f\u0b10\u0b13\u0b28\u0b2a\u0b30\u0b32\u0b33"
         u"\u0b35\u0b39\u0b3c\u0b44\u0b47\u0b48\u0b4b\u0b4d\u0b56\u0b57\u0b60\u0b63"},
    [GSM_ALPHABET_PUNJABI] =
        {"punjabi", INDIC_SINGLE, INDIC_LOCKING,
         u"\u0964\u0965\u0a59\u0a5c\u0a5e\u0a5e\u0a66\u0a6f\u0a75\u0a75",
         u"\u0a01\u0a03\u0a05\u0a0a\u0a0f\u0a10\u0a13\u0a28\u0a2a\u0a30\u0a32\u0a33"
         u"\u0a35\u0a36\u0a38\u0a39\u0a3c\u0a3c\u0a3e\u0a42\u0a47\u0a48\u0a4b\u0a4d"
         u"\u0a51\u0a51\u0a70\u0a74"},
    [GSM_ALPHABET_TAMIL] =
        {"tamil", INDIC_SINGLE, INDIC_LOCKING, u"\u0964\u0965\u0be6\u0bef\u0bf3\u0bf8\u0bfa\u0bfa",
         u"\u0b82\u0b83\u0b85\u0b8a\u0b8e\u0b90\u0b92\u0b95\u0b99\u0b9a\u0b9c\u0b9c"
         u"\u0b9e\u0b9f\u0ba3\u0ba4\u0ba8\u0baa\u0bae\u0bb9\u0bbe\u0bc2\u0bc6\u0bc8"
         u"\u0bca\u0bcd\u0bd0\u0bd0\u0bd7\u0bd7\u0bf0\u0bf2\u0bf9\u0bf9"},
    [GSM_ALPHABET_TELUGU] =
        {"telugu", INDIC_SINGLE, INDIC_LOCKING, u"\u0c58\u0c59\u0c66\u0c6f\u0c78\u0c7f",
         u"\u0c01\u0c03\u0c05\u0c0c\u0c0e\u0c10\u0c12\u0c28\u0c2a\u0c33\u0c35\u0c39"
         u"\u0c3d\u0c44\u0c46\u0c48\u0c4a\u0c4d\u0c55\u0c56\u0c60\u0c63"},
    [GSM_ALPHABET_URDU] =
        {"urdu", INDIC_SINGLE, INDIC_LOCKING,
         u"\u0600\u0601\u060c\u0614\u061b\u061b\u061f\u061f\u0640\u0640\u0652\u0652"
         u"\u0658\u0658\u066b\u066c\u0672\u0673\u06cd\u06cd\u06d4\u06d4\u06f0\u06f9",
         u"\u0621\u0622\u0627\u0628\u062a\u0639\u0641\u0642\u0644\u0646\u0648\u0648"
         u"\u064d\u064d\u064f\u0651\u0653\u0657\u0670\u0670\u0679\u0681\u0683\u068a"
         u"\u068c\u068d\u068f\u068f\u0691\u0691\u0693\u0693\u0696\u0696\u0698\u069a"
         u"\u06a6\u06a6\u06a9\u06ab\u06af\u06af\u06b1\u06b1\u06b3\u06b3\u06ba\u06bc"
         u"\u06be\u06be\u06c1\u06c2\u06c4\u06c4\u06cc\u06cc\u06d0\u06d0\u06d2\u06d2"
         u"\u06d5\u06d5"},
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

static bool has(const char16_t *table, const char16_t *runs, int32_t code)
{
    while (table != NULL && *table != 0 && *table != code)
        table++;
    while (runs != NULL && *runs != 0 && (code < runs[0] || code > runs[1]))
        runs += 2;
    return (table != NULL && *table != 0) || (runs != NULL && *runs != 0);
}

static bool has_single(const struct national *n, int32_t code)
{
    return has(n->single, n->single_runs, code);
}

static bool has_locking(const struct national *n, int32_t code)
{
    return has(n->locking, n->locking_runs, code);
}

/* Septets of a character with these tables; 0: it is in none of them. */
static uint32_t cost(const struct national *n, unsigned use, int32_t code)
{
    uint32_t plain = gsm_char_septets(code);
    bool is_basic = (use & USE_LOCKING) != 0 ? has_locking(n, code) : plain == 1;
    if (is_basic)
        return 1;
    /* The national table behind an escape has all that the ordinary one has. */
    return plain == 2 || ((use & USE_SINGLE) != 0 && has_single(n, code)) ? 2 : 0;
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
    return has_single(&nationals[alphabet], code) || has_locking(&nationals[alphabet], code);
}
