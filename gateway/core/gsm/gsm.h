/*
 * gsm.h: how long a text is on the air, and how it is cut. 3GPP TS 23.038 (alphabets), 23.040
 * (concatenation), 23.090 (USSD). All inputs are UTF-8; invalid bytes count as U+FFFD.
 *
 * GSM-7: 160 septets in one SMS, 153 per part of a longer one (8-bit reference); characters of the
 * extension table cost 2 and are never split. UCS-2: 70 units, 67 per part; a character above
 * U+FFFF is 2 units and is never split. USSD: 160 octets = 182 septets or 80 units, but build for
 * what the channel says (default 160 septets / 70 units), key line included.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

enum gsm_encoding { GSM_ENCODING_GSM7, GSM_ENCODING_UCS2 };

#define GSM_SMS_SEPTETS 160u
#define GSM_SMS_PART_SEPTETS 153u
#define GSM_SMS_UCS2 70u
#define GSM_SMS_PART_UCS2 67u
#define GSM_USSD_SEPTETS 160u
#define GSM_USSD_UCS2 70u

/* What may be changed to keep a text in GSM-7 (docs/course-rules.md 1.4). */
enum gsm_fold {
    GSM_FOLD_NONE,       /* send as it is */
    GSM_FOLD_TYPOGRAPHY, /* curly quotes, long dashes, ellipsis, NBSP */
    GSM_FOLD_LATIN, /* the same and letters: e-circumflex to e, c-cedilla to c, oe, s-cedilla ... */
};

/* National tables (TS 23.038 annex A) that an operator may confirm for a channel; a set of them is
 * bits 1 << alphabet. SMS only: no table is sure on USSD. */
enum gsm_alphabet {
    GSM_ALPHABET_TURKISH,
    GSM_ALPHABET_SPANISH,
    GSM_ALPHABET_PORTUGUESE,
    GSM_ALPHABET_BENGALI,
    GSM_ALPHABET_GUJARATI,
    GSM_ALPHABET_HINDI,
    GSM_ALPHABET_KANNADA,
    GSM_ALPHABET_MALAYALAM,
    GSM_ALPHABET_ORIYA,
    GSM_ALPHABET_PUNJABI,
    GSM_ALPHABET_TAMIL,
    GSM_ALPHABET_TELUGU,
    GSM_ALPHABET_URDU,
    GSM_N_ALPHABETS
};

struct gsm_size {
    enum gsm_encoding encoding;
    uint32_t units;    /* septets or UCS-2 units */
    uint32_t segments; /* SMS parts; 0 for an empty text */
};

/* "gsm7", "ucs2" */
const char *gsm_encoding_name(enum gsm_encoding encoding);
struct gsm_size gsm_measure(struct str text);
/* Where these national tables may be used: 155 septets with one of them, 149 per part; 152 and 146
 * where one is locked and one behind escapes. The cheapest way counts. */
struct gsm_size gsm_measure_in(struct str text, uint32_t alphabets);
/* "turkish" */
const char *gsm_alphabet_name(enum gsm_alphabet alphabet);
/* Is the character in a table of this language? */
bool gsm_is_national(int32_t code, enum gsm_alphabet alphabet);
/* Septets of one code point: 1, 2 with an escape, 0 when it is not in GSM-7. */
uint32_t gsm_char_septets(int32_t code);
/* First character that is not in GSM-7: its byte offset and length, or false when there is none. */
bool gsm_find_foreign(struct str text, size_t *ret_offset, size_t *ret_len);
/* Copy in the arena with the allowed replacements; characters that stay foreign are kept, so the
 * result may still be UCS-2. A form feed, or a vertical tab, becomes a line end. */
struct str gsm_fold(struct str text, enum gsm_fold fold, struct arena *arena);
/* The same; the letters of one of these alphabets stay, of the one that keeps most of them. */
struct str gsm_fold_in(struct str text, enum gsm_fold fold, uint32_t alphabets,
                       struct arena *arena);
/* The same for a text that gsm_ussd_page() will cut: both stay. */
struct str gsm_fold_pages(struct str text, enum gsm_fold fold, struct arena *arena);
/* 0 to 127, escape pairs as 0x1b and the second septet. ERR_INVALID for a foreign character, with
 * nothing added. */
enum err gsm_to_septets(struct str text, struct buf *out) MUST_CHECK;
/* The reverse. ERR_INVALID for a byte above 127. Escape pairs that mean nothing are shown as
 * TS 23.038 wants it: the character of the basic table, a blank for a lone escape. */
enum err gsm_from_septets(struct str septets, struct buf *out) MUST_CHECK;
/* UTF-16BE without mark; and back (a lone surrogate becomes U+FFFD, an odd length is ERR_INVALID).
 */
void gsm_to_utf16be(struct str text, struct buf *out);
enum err gsm_from_utf16be(struct str bytes, struct buf *out) MUST_CHECK;

/* A USSD text, the key lines of its pages, and the room of a screen, key line included. */
struct gsm_ussd {
    struct str text;
    struct str more_key;  /* last line of a page that others follow */
    struct str first_key; /* of the first such page; absent: the same */
    uint32_t septets, ucs2;
};

/* The page number `page` (from 0), with its key line when others follow. Cut at the last form feed
 * that lies in the page and behind which all fits on one, else at a line end (unless that would
 * leave it less than half full and a blank comes later), else between words, else anywhere but
 * inside a character with its marks; and so that not only a word and the last line are left for
 * the page behind it. Where a page that ends at a form feed has room, the first line of what
 * follows stands there already, and all of it once more on the next: no page has one short line
 * only, and each question is whole. White space at a cut is dropped, form feeds inside a page
 * become line ends; each page has its own encoding. *ret_is_last says that no more follow. The
 * page after the last is ERR_NOT_FOUND; ERR_INVALID when the key line leaves no room for a single
 * character; ERR_TOO_LONG when the arena is full. */
enum err gsm_ussd_page(const struct gsm_ussd *ussd, uint32_t page, struct arena *arena,
                       struct str *ret, bool *ret_is_last) MUST_CHECK;
/* The text without what stands before a vertical tab, where there is one, unless all of it fits on
 * one page. */
struct str gsm_ussd_leave_out(const struct gsm_ussd *ussd, struct arena *arena);
