/*
 * vault.h: the only place that knows the keys. Turns a phone number into its pseudonym, seals what
 * must be readable later (numbers, disclosures, spooled messages), makes random bytes.
 *
 * Synchronous and in memory: microseconds. openssl.c wraps OpenSSL: HMAC-SHA-256 cut to 128
 * bit, AES-256-GCM with the number_id (or a label) as associated data.
 */
#pragma once

#include "base/buf.h"
#include "port/store/store.h"
#include "port/vault/letter.h"

#define VAULT_KEY_BYTES 32
#define VAULT_NONCE_BYTES 12
#define VAULT_TAG_BYTES 16

struct vault;

struct vault_sealed {
    uint16_t key_id;
    uint8_t nonce[VAULT_NONCE_BYTES];
    struct str ciphertext; /* with the tag at its end; in the buf given to vault_seal */
};

/* Reads `number_id.key` and `seal_<id>.key` (hex, 32 bytes, mode 0600) from dir; the highest id
 * seals, all open. ERR_NOT_FOUND names the missing file and the command that makes it;
 * ERR_DENIED: a key file that others may read. A dir that
 * ends in "/keys_" is how the names of such files begin (systemd's LoadCredential=keys:DIR). */
enum err vault_openssl_new(const char *dir, struct vault **ret, struct errmsg *msg) MUST_CHECK;
/* Fixed keys, for transcripts and tests only. seed: all that vault_draw gives follows from it; 0 =
 * it is drawn anew each time. */
struct vault *vault_openssl_new_for_tests(uint64_t seed);
/* Makes missing key files in dir (created 0700). Existing ones are never touched. ERR_IO, with the
 * file in msg; what was made stays. */
enum err vault_make_keys(const char *dir, struct errmsg *msg) MUST_CHECK;
/* One a year is plenty; a folder with more is a mistake, and is refused. */
#define VAULT_MAX_SEAL_KEYS 64
/* Makes seal_<id>.key with the next id, which seals from then on where the keys are read anew.
 * ERR_TOO_LONG: there are as many as there may be; ERR_IO; those of vault_openssl_new. */
enum err vault_make_seal_key(const char *dir, uint16_t *ret_id, struct errmsg *msg) MUST_CHECK;
/* A second key for number ids, `number_id.key.new`, made unless it is there; *ret has it and the
 * seal keys. vault_take_number_key puts it in the place of the first, which stays as
 * `number_id.key.old`. ERR_IO; those of vault_openssl_new. */
enum err vault_openssl_new_number_key(const char *dir, struct vault **ret,
                                      struct errmsg *msg) MUST_CHECK;
enum err vault_take_number_key(const char *dir, struct errmsg *msg) MUST_CHECK;
/* Wipes the keys. Accepts NULL. */
void vault_free(struct vault *v);

/* e164 with its plus; forms of one person's number have one id (number_identity). */
struct number_id vault_number_id(const struct vault *v, struct str e164);
/* Appends ciphertext and tag to out; ret->ciphertext borrows from it until out changes. out's
 * error, and then nothing is appended. */
enum err vault_seal(const struct vault *v, struct str aad, struct str plain, struct buf *out,
                    struct vault_sealed *ret) MUST_CHECK;
/* Id of the key that seals. */
uint16_t vault_seal_key_id(const struct vault *v);
/* ERR_NOT_FOUND: key id unknown, also after a look into the folder, where `waypost keys rotate` may
 * have put it since; ERR_DENIED: tag or associated data do not fit. */
enum err vault_open(const struct vault *v, struct str aad, uint16_t key_id, struct str nonce,
                    struct str ciphertext, struct buf *out) MUST_CHECK;
/* A number in few bytes, for a learner's state: key id (2 bytes, big-endian), then the digits as a
 * number (7 bytes) encrypted, with the number_id for a nonce, which no other number has. There is
 * no tag: whether it is right shows by its id. All zero: none. */
#define VAULT_PACKED_BYTES 9u
#define VAULT_PACKED_MAX_NUMBER 16u /* with its plus */
/* All zero for a text that is no plus and at most 15 digits, as a provider's token for a number. */
void vault_pack(const struct vault *v, const struct number_id *id, struct str e164,
                uint8_t ret[VAULT_PACKED_BYTES]);
/* Was it packed with the key that seals? */
bool vault_is_packed(const struct vault *v, const uint8_t packed[VAULT_PACKED_BYTES]);
/* Appends the number. ERR_NOT_FOUND: there is none, or its key is unknown, as in vault_open;
 * ERR_DENIED: it is not the number of this id. */
enum err vault_unpack(const struct vault *v, const struct number_id *id,
                      const uint8_t packed[VAULT_PACKED_BYTES], struct buf *out) MUST_CHECK;
/* The sealed box: the same as one string of bytes, for whatever lies somewhere sealed (the spool,
 * disclosures, sessions, parts of long SMS): key id (2 bytes, big-endian), nonce, ciphertext, tag.
 * A number alone has its parts in columns of PostgreSQL. Appends to out; an error leaves it as it
 * was, but for its error mark. */
#define VAULT_BOX_EXTRA_BYTES (2u + VAULT_NONCE_BYTES + VAULT_TAG_BYTES) /* beside the text */
enum err vault_box_seal(const struct vault *v, struct str aad, struct str plain,
                        struct buf *out) MUST_CHECK;
/* As vault_open; ERR_INVALID: bytes that nobody sealed. */
enum err vault_box_open(const struct vault *v, struct str aad, struct str box,
                        struct buf *out) MUST_CHECK;
/* Who reads what learners write to people. Where the keys folder has their public key (`safe.pub`,
 * `inbox.pub`), it is sealed to that (port/vault/letter.h), and the gateway cannot read it; else in
 * a box with associated data. */
enum vault_reader { VAULT_READER_SAFE, VAULT_READER_INBOX, N_VAULT_READERS };
const char *vault_reader_name(enum vault_reader reader); /* "safe" */
/* Their public key; NULL = none. */
const uint8_t *vault_reader_key(const struct vault *v, enum vault_reader reader);
enum err vault_letter_seal(const struct vault *v, enum vault_reader reader, struct str aad,
                           struct str plain, struct buf *out) MUST_CHECK;
/* Which key opens a box of at least VAULT_BOX_EXTRA_BYTES; 0 = a letter. */
static inline uint16_t vault_box_key_id(struct str box)
{
    return (uint16_t)((uint8_t)box.p[0] << 8 | (uint8_t)box.p[1]);
}
/* From the operating system's CSPRNG; aborts when it fails. */
void vault_random(uint8_t *dst, size_t n);
/* The same; but a vault for tests that has a seed gives the same bytes in every run, so that what
 * failed once fails again. v may be NULL: a command at the desk has no vault. */
void vault_draw(const struct vault *v, uint8_t *dst, size_t n);
