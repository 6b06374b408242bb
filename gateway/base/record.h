/*
 * record.h: how the program writes its small records (learners, outbox messages, last replies,
 * spooled messages ...) into bytes and reads them back. One table says what a record is, for both
 * ways; each row carries the two functions of its kind.
 *
 *     static const struct record_field fields[] = {
 *         RECORD(1, struct note, at.ms, record_number),
 *         RECORD(1, struct note, text, record_str),
 *         RECORD(2, struct note, network, record_str), // version 1 had none
 *     };
 *     static const struct record_format format = RECORD_FORMAT(2, fields);
 *     record_encode(&format, &note, &out);
 *     enum err e = record_decode(&format, bytes, &note);
 *
 * A record begins with one byte, its version. Every version up to the present one is read: members
 * that it did not have stay as they were in *ret. A new member is a row with the next version; rows
 * never change their order, and none goes away.
 *
 * Members that most records leave zero stand in a list of their own, `rare`, behind the others: a
 * mask says which of them are there, and only these cost bytes. A new one is a row at its end and
 * needs no new version: a program that does not know it says ERR_UNSUPPORTED. So hosts of the
 * version before cannot serve those who have it, while both run side by side: say it in CHANGELOG
 * (docs/operating/upgrade.md) where these are many.
 *
 * A record of many members may have them `by_use` from a version on: all of them behind masks of
 * eight, those that go together side by side, and only masks that are not zero are there. Members
 * stand there once more, so that they may be written in another way than before; new ones go to the
 * end there, too. Both ways are written and read (record_encode_as): what hosts of the version
 * before have to read is written in theirs.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* Reads from the front of `left`. The first error stays; after it everything is zero and absent. */
struct record_reader {
    struct str left;
    enum err error;
};

struct record_field;

/* How a member is written and read. Kinds of one record only (an enum by its names, a list) are
 * made where that record is. */
struct record_kind {
    void (*put)(struct buf *out, const struct record_field *field, const void *member);
    /* Sets reader->error: ERR_INVALID for bytes that nobody wrote, ERR_UNSUPPORTED for what a later
     * program may have. */
    void (*take)(struct record_reader *in, const struct record_field *field, void *member);
    /* Of a member behind a mask: has it a value? NULL: it has unless all its bytes are zero. */
    bool (*is_there)(const struct record_field *field, const void *member);
};

struct record_field {
    const struct record_kind *kind;
    size_t offset, size; /* of the member */
    uint8_t since;       /* version that first had it */
};

struct record_format {
    const struct record_field *fields;
    uint32_t n;
    uint32_t n_before; /* fields before the version byte; n: it has no version */
    uint8_t version;
    const struct record_field *rare; /* at most 63; `since` of all is the version of the first */
    uint32_t n_rare;
    uint8_t packed; /* from this version on only the first n_fixed fields stand as they are, the */
    uint32_t n_fixed; /* others behind a mask of their own, where zero costs nothing; 0 = never */
    const struct record_field *by_use; /* all but these; at most RECORD_MAX_BY_USE */
    uint32_t n_by_use;
    uint8_t grouped; /* the first version that has them so; 0 = none */
};
#define RECORD_MAX_BY_USE 112u

#define RECORD(since, type, member, kind)                                                          \
    {                                                                                              \
        &(kind), offsetof(type, member), sizeof(((type *)0)->member), (since)                      \
    }
#define RECORD_FORMAT(version, list)                                                               \
    {                                                                                              \
        (list), ARRAY_LEN(list), 0, (version), NULL, 0, 0, 0, NULL, 0, 0                           \
    }

extern const struct record_kind record_number; /* integer of 1, 2, 4 or 8 bytes, big-endian */
extern const struct record_kind record_byte;   /* wider integer that is below 256 */
extern const struct record_kind record_bool;   /* one byte, 0 or 1 */
extern const struct record_kind record_varint; /* integer of any width, LEB128 */
extern const struct record_kind record_bytes;  /* array of fixed length */
extern const struct record_kind record_str;    /* 32-bit length and bytes; borrowed when read; an
                                                  absent one comes back absent */
extern const struct record_kind record_text;  /* varint and bytes; borrowed when read; behind a mask
                                                 an empty one is not there */
extern const struct record_kind record_chars; /* NUL-terminated array, as a record_str */
extern const struct record_kind record_name;  /* NUL-terminated array, as varint and bytes */
extern const struct record_kind record_word; /* likewise, of at most 32 bytes: the last one of ASCII
                                                shows that it is the last */

/* Appends; what does not fit shows in out's error. */
void record_encode(const struct record_format *format, const void *value, struct buf *out);
/* Likewise as a version from `packed` on has it; without those, the present one is meant. */
void record_encode_as(const struct record_format *format, uint8_t version, const void *value,
                      struct buf *out);
/* Eight members of by_use, the first one at `group` eights, as they stand in such a record: mask
 * and members; nothing where all are zero. */
void record_put_group(const struct record_format *format, uint32_t group, const void *value,
                      struct buf *out);
/* Members that are not behind a mask where they might be stay as they were in *ret. Strings borrow
 * from bytes. ERR_INVALID: bytes that no version wrote, or more than one record; ERR_UNSUPPORTED:
 * of a later version. *ret may be half filled then. */
enum err record_decode(const struct record_format *format, struct str bytes, void *ret) MUST_CHECK;

/* For kinds of one's own, and for lists of records. */
/* Members behind a mask, as `rare` has them; at most 63. A mask that says more than these are there
 * is ERR_UNSUPPORTED. */
void record_put_masked(struct buf *out, const struct record_field *fields, uint32_t n,
                       const void *value);
void record_take_masked(struct record_reader *in, const struct record_field *fields, uint32_t n,
                        void *ret);
void record_put_number(struct buf *out, uint64_t value, size_t n_bytes);
void record_put_varint(struct buf *out, uint64_t value);
void record_put_text(struct buf *out, struct str text);
/* Copies n bytes to dst, or zeroes it. */
void record_take_bytes(struct record_reader *in, void *dst, size_t n);
uint64_t record_take_number(struct record_reader *in, size_t n_bytes);
/* ERR_INVALID above max. */
uint64_t record_take_varint(struct record_reader *in, uint64_t max);
struct str record_take_text(struct record_reader *in);
