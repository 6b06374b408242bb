/* The words of commands: keys, numbers, and what a commit says. */
#include <assert.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/store/hiredis.h"

char *tag_put(char *p, char kind, uint8_t bucket)
{
    memcpy(p, "wp:{", 4);
    p[4] = kind;
    p[5] = (char)('0' + bucket / 100);
    p[6] = (char)('0' + bucket / 10 % 10);
    p[7] = (char)('0' + bucket % 10);
    p[8] = '}';
    p[9] = ':';
    return p + 10;
}

struct str bucket_key(char dst[KEY_BYTES], uint8_t bucket, struct str rest)
{
    char *p = tag_put(dst, 'b', bucket);
    assert(rest.len < KEY_BYTES - 10);
    memcpy(p, rest.p, rest.len);
    return (struct str){dst, 10 + rest.len};
}

struct str decimal_unsigned(char dst[24], uint64_t value)
{
    size_t at = 24;      /* more than its 20 digits */
    assert(dst != NULL); /* the analyzer cannot see it */
    do {
        dst[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 && at > 0);
    return (struct str){dst + at, 24 - at};
}

struct str decimal(char dst[24], int64_t value)
{
    struct str digits = decimal_unsigned(dst, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    if (value >= 0)
        return digits;
    dst[digits.p - dst - 1] = '-'; /* 20 digits at most: there is room */
    return (struct str){digits.p - 1, digits.len + 1};
}

struct argv argv_of(const char *const *words)
{
    struct argv argv;
    argv.n = argv.slot = 0;
    for (; *words != NULL; words++)
        argv_add(&argv, str_from(*words));
    return argv;
}

static char *put_length(char *p, char kind, size_t n)
{
    char digits[24];
    struct str text = decimal_unsigned(digits, n);
    *p++ = kind;
    memcpy(p, text.p, text.len);
    memcpy(p + text.len, "\r\n", 2);
    return p + text.len + 2;
}

/* RESP: an array of strings. hiredis' own function prints each length with sprintf, which took a
 * twentieth of a front's time. */
char *argv_text(const struct argv *argv, size_t *ret_bytes)
{
    size_t room = 24;
    for (int i = 0; i < argv->n; i++)
        room += argv->bytes[i] + 26; /* the length, two line ends */
    char *text = xcalloc(1, room);
    char *p = put_length(text, '*', (size_t)argv->n);
    for (int i = 0; i < argv->n; i++) {
        p = put_length(p, '$', argv->bytes[i]);
        memcpy(p, argv->words[i], argv->bytes[i]);
        memcpy(p + argv->bytes[i], "\r\n", 2);
        p += argv->bytes[i] + 2;
    }
    *ret_bytes = (size_t)(p - text);
    return text;
}

/* RFC 4648 5 */
static const char digits_64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct str number_key(char dst[KEY_BYTES], const struct number_id *id, char kind)
{
    char *p = tag_put(dst, 'b', id->bytes[0]);
    *p++ = kind;
    *p++ = ':';
    for (size_t i = 1; i < sizeof(id->bytes); i += 3) { /* 15 bytes need no padding */
        uint32_t bits =
            (uint32_t)id->bytes[i] << 16 | (uint32_t)id->bytes[i + 1] << 8 | id->bytes[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            *p++ = digits_64[bits >> shift & 63];
    }
    return (struct str){dst, (size_t)(p - dst)};
}

bool number_key_read(struct str key, char kind, struct number_id *ret)
{
    char again[KEY_BYTES];
    uint32_t bits = 0;
    size_t n = 1;
    struct str tail = str_sub(key, key.len < 20 ? 0 : key.len - 20, key.len);
    if (key.len < 25)
        return false;
    for (size_t i = 0; i < 3; i++) {
        char c = key.p[5 + i];
        bits = 10 * bits + (uint32_t)(c - '0');
    }
    ret->bytes[0] = (uint8_t)bits;
    for (size_t i = 0; i < tail.len; i += 4) {
        bits = 0;
        for (size_t k = i; k < i + 4; k++) {
            const char *at = memchr(digits_64, tail.p[k], 64);
            bits = bits << 6 | (at != NULL ? (uint32_t)(at - digits_64) : 0);
        }
        for (int shift = 16; shift >= 0; shift -= 8)
            ret->bytes[n++] = (uint8_t)(bits >> shift);
    }
    return str_eq(number_key(again, ret, kind), key); /* whatever was no such key is another now */
}

void due_words(struct due_words *due, const struct number_id *id, int64_t due_at_ms)
{
    uint8_t bits[2] = {id->bytes[1] >> 2, (uint8_t)(id->bytes[1] << 6 | id->bytes[2] >> 2)};
    hex_encode(bits, 2, due->name); /* the first three digits of it */
    due->words[DUE_INDEX] = bucket_key(due->index, id->bytes[0], STR("due"));
    due->words[DUE_SLOT] = bucket_key(due->slot, id->bytes[0], STR("due:xx"));
    due->words[DUE_PART] = bucket_key(due->part, id->bytes[0], STR("due:xxx"));
    memcpy(due->slot + due->words[DUE_SLOT].len - 2, due->name, 2);
    memcpy(due->part + due->words[DUE_PART].len - 3, due->name, 3);
    due->words[DUE_SECONDS] =
        due_at_ms < 0 ? STR("") : decimal(due->seconds, (due_at_ms + 999) / 1000);
    due->words[DUE_MEMBER] = (struct str){(const char *)&id->bytes[1], NUMBER_ID_BYTES - 1};
    due->words[DUE_NAME] = (struct str){due->name, 2};
}

struct str put_seq(char dst[STORE_SEQ_BYTES], uint32_t seq)
{
    for (unsigned i = 0; i < STORE_SEQ_BYTES; i++)
        dst[i] = (char)(seq >> 8 * (STORE_SEQ_BYTES - 1 - i));
    return (struct str){dst, STORE_SEQ_BYTES};
}

void commit_add_keys(struct commit_words *words, const struct store_commit *commit,
                     struct argv *argv)
{
    put_seq(words->expected, commit->expected_seq);
    due_words(&words->due, &commit->id, commit->state.p != NULL ? commit->due_at_ms : 0);
    argv_add(argv, number_key(words->state, &commit->id, 's'));
    argv_add(argv, number_key(words->reply, &commit->id, 'r'));
    argv_add(argv, bucket_key(words->events, commit->id.bytes[0], STR("events")));
    argv_add(argv, bucket_key(words->outbox, commit->id.bytes[0], STR("outbox")));
    argv_add(argv, words->due.words[DUE_INDEX]);
    argv_add(argv, words->due.words[DUE_SLOT]);
    argv_add(argv, number_key(words->seen, &commit->id, 'd'));
    argv_add(argv, bucket_key(words->epoch, commit->id.bytes[0], STR("epoch")));
}

void commit_add_args(struct commit_words *words, const struct store_commit *commit,
                     struct str epoch, struct argv *argv)
{
    argv_add(argv,
             (struct str){words->expected, commit->expected_seq > 0 ? sizeof(words->expected) : 0});
    argv_add(argv, commit->state);
    argv_add(argv, commit->reply);
    argv_add(argv, decimal(words->ttl, commit->reply_ttl_ms));
    argv_add(argv, commit->event);
    argv_add(argv, words->due.words[DUE_SECONDS]);
    argv_add(argv, words->due.words[DUE_MEMBER]);
    argv_add(argv, words->due.words[DUE_NAME]);
    argv_add(argv, commit->seen);
    argv_add(argv, commit->is_seen_whole ? decimal(words->seen_ttl, STORE_SEEN_TTL_MS) : STR(""));
    argv_add(argv, epoch);
    for (uint32_t i = 0; i < commit->n_outbox; i++)
        argv_add(argv, commit->outbox[i]);
}
