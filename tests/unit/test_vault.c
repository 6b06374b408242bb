/* Pseudonyms, sealing, key files. */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/vault/files.h"
#include "port/vault/vault.h"
#include "wycheproof.h"

#define MAX_BYTES 4096

struct folder {
    char path[64];
};

static int folder_setup(void **state)
{
    struct folder *folder = calloc(1, sizeof(*folder));
    assert_non_null(folder);
    (void)snprintf(folder->path, sizeof(folder->path), "/tmp/test_vault.XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    *state = folder;
    return 0;
}

static int folder_teardown(void **state)
{
    struct folder *folder = *state;
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder->path);
    assert_int_equal(system(command), 0);
    free(folder);
    return 0;
}

static void file_put(const struct folder *folder, const char *name, const char *text, mode_t mode)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void file_get(const struct folder *folder, const char *name, char text[128])
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(text, 1, 127, file);
    text[n] = '\0';
    assert_int_equal(fclose(file), 0);
}

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void try_aes_gcm(void *ctx, const struct wycheproof_vector *v)
{
    const struct folder *folder = ctx;
    const struct str *parts = v->parts; /* key, nonce, associated data, text, ciphertext and tag */
    struct vault *vault;
    struct errmsg msg;
    char key[2 * 32 + 1];
    struct buf plain CLEANUP(buf_fini);
    buf_init(&plain, MAX_BYTES);
    assert_int_equal(parts[0].len, 32);
    hex_encode(parts[0].p, 32, key);
    file_put(folder, "number_id.key", KEY_A, 0600);
    file_put(folder, "seal_1.key", key, 0600);
    assert_int_equal(vault_openssl_new(folder->path, &vault, &msg), ERR_OK);
    enum err e = vault_open(vault, parts[2], 1, parts[1], parts[4], &plain);
    if ((e == ERR_OK) != v->is_valid || (v->is_valid && !str_eq(buf_str(&plain), parts[3])))
        fail_msg("vector %.*s: %s", STR_ARG(v->name), err_name(e));
    vault_free(vault);
}

static void opens_what_wycheproof_says(void **state)
{
    assert_int_equal(wycheproof_each("tests/unit/wycheproof/aes-256-gcm.txt", try_aes_gcm, *state),
                     66);
}

/* Against an independent HMAC (Python's), also when the context was used in between. */
static void number_id_is_hmac_sha256_cut(void **state)
{
    (void)state;
    static const struct {
        const char *e164, *hex;
    } rows[] = {
        {"+254700000001", "0949b9859504faa449c9cef4920fd737"},
        {"", "02c2cae45f82ce4b76cc75a18b9af0d6"},
        {"+254700000001", "0949b9859504faa449c9cef4920fd737"},
    };
    struct vault *v = vault_openssl_new_for_tests(0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct number_id id = vault_number_id(v, str_from(rows[i].e164));
        char hex[2 * NUMBER_ID_BYTES + 1];
        hex_encode(id.bytes, sizeof(id.bytes), hex);
        assert_string_equal(hex, rows[i].hex);
    }
    vault_free(v);
}

/* Argentina: mobiles are written with a 9 and without. */
static void two_forms_of_a_number_are_one_person(void **state)
{
    (void)state;
    struct vault *v = vault_openssl_new_for_tests(0);
    struct number_id with = vault_number_id(v, STR("+5491123000101"));
    struct number_id without = vault_number_id(v, STR("+541123000101"));
    struct number_id other = vault_number_id(v, STR("+541123000102"));
    assert_memory_equal(with.bytes, without.bytes, sizeof(with.bytes));
    assert_memory_not_equal(with.bytes, other.bytes, sizeof(with.bytes));
    vault_free(v);
}

static void sealed_opens_again(void **state)
{
    (void)state;
    struct vault *v = vault_openssl_new_for_tests(0);
    static const char *const texts[] = {"+254700000001", "",
                                        "a longer one, of several blocks ....."};
    struct buf sealed, opened;
    buf_init(&sealed, MAX_BYTES);
    buf_init(&opened, MAX_BYTES);
    buf_add_str(&sealed, STR("kept:"));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct str plain = str_from(texts[i]);
        struct vault_sealed s;
        buf_reset(&opened);
        assert_int_equal(vault_seal(v, STR("aad"), plain, &sealed, &s), ERR_OK);
        assert_int_equal(s.ciphertext.len, plain.len + VAULT_TAG_BYTES);
        assert_true(plain.len == 0 || str_find(s.ciphertext, plain) == SIZE_MAX);
        struct str nonce = {(const char *)s.nonce, sizeof(s.nonce)};
        assert_int_equal(vault_open(v, STR("aad"), s.key_id, nonce, s.ciphertext, &opened), ERR_OK);
        assert_true(str_eq(buf_str(&opened), plain));
    }
    assert_true(str_starts(buf_str(&sealed), STR("kept:")));
    buf_fini(&sealed);
    buf_fini(&opened);
    vault_free(v);
}

static void same_text_never_seals_alike(void **state)
{
    (void)state;
    struct vault *v = vault_openssl_new_for_tests(0);
    struct buf one, two;
    buf_init(&one, MAX_BYTES);
    buf_init(&two, MAX_BYTES);
    struct vault_sealed a, b;
    assert_int_equal(vault_seal(v, STR_NONE, STR("same"), &one, &a), ERR_OK);
    assert_int_equal(vault_seal(v, STR_NONE, STR("same"), &two, &b), ERR_OK);
    assert_memory_not_equal(a.nonce, b.nonce, sizeof(a.nonce));
    assert_false(str_eq(a.ciphertext, b.ciphertext));
    buf_fini(&one);
    buf_fini(&two);
    vault_free(v);
}

static void what_was_touched_does_not_open(void **state)
{
    (void)state;
    struct vault *v = vault_openssl_new_for_tests(0);
    struct buf sealed, opened;
    buf_init(&sealed, MAX_BYTES);
    buf_init(&opened, MAX_BYTES);
    buf_add_str(&opened, STR("before"));
    struct vault_sealed s;
    assert_int_equal(vault_seal(v, STR("aad"), STR("+254700000001"), &sealed, &s), ERR_OK);
    struct str nonce = {(const char *)s.nonce, sizeof(s.nonce)};
    char bent_nonce[VAULT_NONCE_BYTES];
    memcpy(bent_nonce, s.nonce, sizeof(bent_nonce));
    bent_nonce[0] ^= 1;

    assert_int_equal(vault_open(v, STR("aae"), 1, nonce, s.ciphertext, &opened), ERR_DENIED);
    assert_int_equal(vault_open(v, STR_NONE, 1, nonce, s.ciphertext, &opened), ERR_DENIED);
    assert_int_equal(vault_open(v, STR("aad"), 2, nonce, s.ciphertext, &opened), ERR_NOT_FOUND);
    assert_int_equal(vault_open(v, STR("aad"), 1, (struct str){bent_nonce, sizeof(bent_nonce)},
                                s.ciphertext, &opened),
                     ERR_DENIED);
    assert_int_equal(vault_open(v, STR("aad"), 1, str_sub(nonce, 0, 11), s.ciphertext, &opened),
                     ERR_DENIED);
    for (size_t cut = 0; cut < s.ciphertext.len; cut++)
        assert_int_equal(
            vault_open(v, STR("aad"), 1, nonce, str_sub(s.ciphertext, 0, cut), &opened),
            ERR_DENIED);
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.p[i] = (char)(sealed.p[i] ^ 0x40);
        assert_int_equal(vault_open(v, STR("aad"), 1, nonce, s.ciphertext, &opened), ERR_DENIED);
        sealed.p[i] = (char)(sealed.p[i] ^ 0x40);
    }
    assert_true(str_eq(buf_str(&opened), STR("before")));
    assert_int_equal(vault_open(v, STR("aad"), 1, nonce, s.ciphertext, &opened), ERR_OK);
    assert_true(str_eq(buf_str(&opened), STR("before+254700000001")));
    buf_fini(&sealed);
    buf_fini(&opened);
    vault_free(v);
}

/* All of it as one string; and the box of 1.0, which had a length in the middle. */
static void boxes_open_old_and_new(void **state)
{
    (void)state;
    struct vault *v = vault_openssl_new_for_tests(0);
    struct buf box CLEANUP(buf_fini), old CLEANUP(buf_fini), opened CLEANUP(buf_fini);
    static const char length[] = {0, 0, 0, 4 + VAULT_TAG_BYTES};
    buf_init(&box, MAX_BYTES);
    buf_init(&old, MAX_BYTES);
    buf_init(&opened, MAX_BYTES);
    assert_int_equal(vault_box_seal(v, STR("aad"), STR("text"), &box), ERR_OK);
    assert_int_equal(box.len, 4 + VAULT_BOX_EXTRA_BYTES);
    assert_int_equal(vault_box_key_id(buf_str(&box)), 1);
    assert_int_equal(vault_box_open(v, STR("aad"), buf_str(&box), &opened), ERR_OK);
    buf_add(&old, box.p, 2 + VAULT_NONCE_BYTES);
    buf_add(&old, length, sizeof(length));
    buf_add_str(&old, str_sub(buf_str(&box), 2 + VAULT_NONCE_BYTES, box.len));
    assert_int_equal(vault_box_open(v, STR("aad"), buf_str(&old), &opened), ERR_OK);
    assert_true(str_eq(buf_str(&opened), STR("texttext")));
    for (size_t cut = 0; cut < old.len; cut++)
        assert_int_equal(vault_box_open(v, STR("aad"), str_sub(buf_str(&old), 0, cut), &opened),
                         cut < VAULT_BOX_EXTRA_BYTES ? ERR_INVALID : ERR_DENIED);
    buf_reset(&old);
    old.max = VAULT_BOX_EXTRA_BYTES + 3;
    assert_int_equal(vault_box_seal(v, STR("aad"), STR("text"), &old), ERR_TOO_LONG);
    assert_int_equal(old.len, 0);
    vault_free(v);
}

static void expect_packed(const struct vault *v, const char *number, bool is_packed)
{
    struct number_id id = vault_number_id(v, str_from(number));
    uint8_t packed[VAULT_PACKED_BYTES], again[VAULT_PACKED_BYTES];
    static const uint8_t none[VAULT_PACKED_BYTES];
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, VAULT_PACKED_MAX_NUMBER);
    vault_pack(v, &id, str_from(number), packed);
    assert_int_equal(memcmp(packed, none, sizeof(none)) != 0, is_packed);
    assert_int_equal(vault_is_packed(v, packed), is_packed);
    assert_int_equal(vault_unpack(v, &id, packed, &out), is_packed ? ERR_OK : ERR_NOT_FOUND);
    if (!is_packed)
        return;
    assert_true(str_eq(buf_str(&out), str_from(number)));
    vault_pack(v, &id, str_from(number), again);
    assert_memory_equal(packed, again, sizeof(packed)); /* so that a state does not change by it */
    id.bytes[15] ^= 1;                                  /* somebody else's */
    assert_int_equal(vault_unpack(v, &id, packed, &out), ERR_DENIED);
    packed[8] ^= 1;
    id.bytes[15] ^= 1;
    assert_int_equal(vault_unpack(v, &id, packed, &out), ERR_DENIED);
}

static void a_number_lies_in_nine_bytes(void **state)
{
    (void)state; /* no fixture */
    struct vault *v = vault_openssl_new_for_tests(0);
    expect_packed(v, "+254700000001", true);
    expect_packed(v, "+1", true);
    expect_packed(v, "+999999999999999", true); /* 15 digits, the most that there are */
    expect_packed(v, "+9999999999999999", false);
    expect_packed(v, "254700000001", false); /* a provider's token, which may be anything */
    expect_packed(v, "+2547000x0001", false);
    expect_packed(v, "+0254700000001", false); /* its first digit would be lost */
    expect_packed(v, "+", false);
    vault_free(v);
}

static void seal_stops_at_the_ceiling_of_the_buf(void **state)
{
    (void)state;
    struct vault *v = vault_openssl_new_for_tests(0);
    struct vault_sealed s;
    struct buf fits, short_by_one;
    buf_init(&fits, 4 + VAULT_TAG_BYTES);
    buf_init(&short_by_one, 3 + VAULT_TAG_BYTES);
    assert_int_equal(vault_seal(v, STR_NONE, STR("four"), &fits, &s), ERR_OK);
    assert_int_equal(vault_seal(v, STR_NONE, STR("four"), &short_by_one, &s), ERR_TOO_LONG);
    assert_int_equal(short_by_one.len, 0);
    buf_fini(&fits);
    buf_fini(&short_by_one);
    vault_free(v);
}

static void keys_are_made_once(void **state)
{
    struct folder *folder = *state;
    struct errmsg msg;
    char first[128], again[128];
    size_t n = strlen(folder->path);
    (void)snprintf(folder->path + n, sizeof(folder->path) - n, "/keys"); /* one to be made */
    assert_int_equal(vault_make_keys(folder->path, &msg), ERR_OK);
    struct stat info;
    assert_int_equal(stat(folder->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    file_get(folder, "number_id.key", first);
    assert_int_equal(vault_make_keys(folder->path, &msg), ERR_OK);
    file_get(folder, "number_id.key", again);
    assert_string_equal(first, again);
    struct vault *v;
    assert_int_equal(vault_openssl_new(folder->path, &v, &msg), ERR_OK);
    struct number_id id = vault_number_id(v, STR("+254700000001"));
    vault_free(v);
    assert_int_equal(vault_openssl_new(folder->path, &v, &msg), ERR_OK);
    struct number_id same = vault_number_id(v, STR("+254700000001"));
    assert_memory_equal(&id, &same, sizeof(id));
    vault_free(v);
    folder->path[n] = '\0';
}

static void make_keys_leaves_what_is_there(void **state)
{
    struct folder *folder = *state;
    char text[128], path[PATH_MAX];
    file_put(folder, "seal_3.key", KEY_A, 0400);
    assert_int_equal(vault_make_keys(folder->path, NULL), ERR_OK);
    file_get(folder, "seal_3.key", text);
    assert_string_equal(text, KEY_A);
    (void)snprintf(path, sizeof(path), "%s/seal_1.key", folder->path);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void highest_key_seals_and_all_open(void **state)
{
    struct folder *folder = *state;
    struct vault *before, *after;
    struct vault_sealed old, new;
    struct buf sealed, opened;
    buf_init(&sealed, MAX_BYTES);
    buf_init(&opened, MAX_BYTES);
    file_put(folder, "number_id.key", KEY_A "\n", 0600);
    file_put(folder, "seal_9.key", KEY_A "\n", 0600);
    file_put(folder, "seal_010.key", "not read: no id begins with 0", 0600);
    assert_int_equal(vault_openssl_new(folder->path, &before, NULL), ERR_OK);
    assert_int_equal(vault_seal(before, STR_NONE, STR("old"), &sealed, &old), ERR_OK);
    assert_int_equal(old.key_id, 9);
    file_put(folder, "seal_10.key", KEY_B, 0600);
    assert_int_equal(vault_openssl_new(folder->path, &after, NULL), ERR_OK);
    struct str nonce = {(const char *)old.nonce, sizeof(old.nonce)};
    assert_int_equal(vault_open(after, STR_NONE, 9, nonce, old.ciphertext, &opened), ERR_OK);
    assert_true(str_eq(buf_str(&opened), STR("old")));
    assert_int_equal(vault_seal(after, STR_NONE, STR("new"), &sealed, &new), ERR_OK);
    assert_int_equal(new.key_id, 10);
    buf_fini(&sealed);
    buf_fini(&opened);
    vault_free(before);
    vault_free(after);
}

/* Whatever order the folder gives them in. */
static void newest_of_many_keys_seals(void **state)
{
    struct folder *folder = *state;
    struct vault *v;
    struct buf box CLEANUP(buf_fini);
    buf_init(&box, MAX_BYTES);
    file_put(folder, "number_id.key", KEY_A, 0600);
    for (int i = 0; i < 20; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "seal_%d.key", i * 7 % 20 + 1);
        file_put(folder, name, KEY_B, 0600);
    }
    assert_int_equal(vault_openssl_new(folder->path, &v, NULL), ERR_OK);
    assert_int_equal(vault_seal_key_id(v), 20);
    assert_int_equal(vault_box_seal(v, STR_NONE, STR("x"), &box), ERR_OK);
    assert_int_equal(vault_box_key_id(buf_str(&box)), 20);
    vault_free(v);
}

/* One key too many, and no process would start any more. */
static void no_key_is_made_that_is_one_too_many(void **state)
{
    struct folder *folder = *state;
    struct vault *v;
    struct errmsg msg = {""};
    uint16_t id = 0;
    assert_int_equal(vault_make_keys(folder->path, &msg), ERR_OK);
    for (int i = 2; i <= VAULT_MAX_SEAL_KEYS; i++) {
        assert_int_equal(vault_make_seal_key(folder->path, &id, &msg), ERR_OK);
        assert_int_equal(id, i);
    }
    assert_int_equal(vault_make_seal_key(folder->path, &id, &msg), ERR_TOO_LONG);
    assert_non_null(strstr(msg.text, "no place is left"));
    assert_int_equal(vault_openssl_new(folder->path, &v, &msg), ERR_OK);
    assert_int_equal(vault_seal_key_id(v), VAULT_MAX_SEAL_KEYS);
    vault_free(v);
    file_put(folder, "seal_900.key", KEY_B, 0600);
    assert_int_equal(vault_openssl_new(folder->path, &v, &msg), ERR_TOO_LONG);
    assert_non_null(strstr(msg.text, "more than 64 seal keys"));
}

/* `waypost keys rotate` beside a running process: it opens with the new key and seals with its own.
 */
static void a_key_that_comes_later_opens(void **state)
{
    struct folder *folder = *state;
    struct vault *before, *after;
    uint16_t id = 0;
    struct buf box CLEANUP(buf_fini), opened CLEANUP(buf_fini);
    buf_init(&box, MAX_BYTES);
    buf_init(&opened, MAX_BYTES);
    assert_int_equal(vault_make_keys(folder->path, NULL), ERR_OK);
    assert_int_equal(vault_openssl_new(folder->path, &before, NULL), ERR_OK);
    assert_int_equal(vault_make_seal_key(folder->path, &id, NULL), ERR_OK);
    assert_int_equal(id, 2);
    assert_int_equal(vault_openssl_new(folder->path, &after, NULL), ERR_OK);
    assert_int_equal(vault_box_seal(after, STR("aad"), STR("later"), &box), ERR_OK);
    assert_int_equal(vault_box_open(before, STR("aad"), buf_str(&box), &opened), ERR_OK);
    assert_int_equal(vault_seal_key_id(before), 1);
    box.p[1] = 9; /* a key that is nowhere */
    assert_int_equal(vault_box_open(before, STR("aad"), buf_str(&box), &opened), ERR_NOT_FOUND);
    vault_free(before);
    vault_free(after);
}

/* The same of a number in a learner's state that another process wrote. */
static void a_key_that_comes_later_unpacks(void **state)
{
    struct folder *folder = *state;
    struct vault *before, *after;
    uint16_t id = 0;
    uint8_t packed[VAULT_PACKED_BYTES];
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, VAULT_PACKED_MAX_NUMBER);
    assert_int_equal(vault_make_keys(folder->path, NULL), ERR_OK);
    assert_int_equal(vault_openssl_new(folder->path, &before, NULL), ERR_OK);
    assert_int_equal(vault_make_seal_key(folder->path, &id, NULL), ERR_OK);
    assert_int_equal(vault_openssl_new(folder->path, &after, NULL), ERR_OK);
    struct number_id who = vault_number_id(after, STR("+254700000001"));
    vault_pack(after, &who, STR("+254700000001"), packed);
    assert_int_equal(vault_unpack(before, &who, packed, &out), ERR_OK);
    assert_true(str_eq(buf_str(&out), STR("+254700000001")));
    vault_free(before);
    vault_free(after);
}

static void a_new_number_key_takes_the_place_of_the_old(void **state)
{
    struct folder *folder = *state;
    struct vault *v, *fresh;
    assert_int_equal(vault_make_keys(folder->path, NULL), ERR_OK);
    assert_int_equal(vault_openssl_new(folder->path, &v, NULL), ERR_OK);
    struct number_id old = vault_number_id(v, STR("+254700000001"));
    vault_free(v);
    struct number_id ids[2];
    for (int i = 0; i < 2; i++) { /* the second time it is there */
        assert_int_equal(vault_openssl_new_number_key(folder->path, &fresh, NULL), ERR_OK);
        ids[i] = vault_number_id(fresh, STR("+254700000001"));
        vault_free(fresh);
    }
    assert_memory_equal(&ids[0], &ids[1], sizeof(old));
    assert_memory_not_equal(&ids[0], &old, sizeof(old));
    assert_int_equal(vault_take_number_key(folder->path, NULL), ERR_OK);
    assert_int_equal(vault_openssl_new(folder->path, &v, NULL), ERR_OK);
    struct number_id now = vault_number_id(v, STR("+254700000001"));
    assert_memory_equal(&now, &ids[0], sizeof(now));
    vault_free(v);
    assert_int_equal(vault_take_number_key(folder->path, NULL), ERR_IO); /* there is no new one */
}

/* Each row is one wrong folder: what lies in it, the error, and a word that the message must have.
 */
/* As systemd does it: "keys_" before each name; others may still not read them. */
static void keys_may_be_handed_over_as_credentials(void **state)
{
    struct folder *folder = *state;
    char prefix[PATH_MAX];
    struct vault *v;
    struct errmsg msg = {""};
    (void)snprintf(prefix, sizeof(prefix), "%s/keys_", folder->path);
    file_put(folder, "keys_number_id.key", KEY_A, 0400);
    file_put(folder, "keys_seal_3.key", KEY_A, 0400);
    file_put(folder, "seal_9.key", KEY_A, 0400); /* not one of them */
    assert_int_equal(vault_openssl_new(prefix, &v, &msg), ERR_OK);
    assert_int_equal(vault_seal_key_id(v), 3);
    vault_free(v);
    file_put(folder, "keys_seal_4.key", KEY_A, 0404);
    assert_int_equal(vault_openssl_new(prefix, &v, &msg), ERR_DENIED);
    assert_non_null(strstr(msg.text, "keys_seal_4.key"));
}

static void wrong_key_folders_are_refused_with_a_remedy(void **state)
{
    static const struct {
        const char *number_id, *seal;
        mode_t mode;
        enum err e;
        const char *word;
    } rows[] = {
        {NULL, KEY_A, 0600, ERR_NOT_FOUND, "number_id.key"},
        {NULL, KEY_A, 0600, ERR_NOT_FOUND, "openssl rand -hex 32"},
        {KEY_A, NULL, 0600, ERR_NOT_FOUND, "seal_1.key"},
        {KEY_A, KEY_A, 0640, ERR_DENIED, "chmod 600"},
        {KEY_A, KEY_A, 0604, ERR_DENIED, "seal_1.key"},
        {"abc", KEY_A, 0600, ERR_INVALID, "64 hexadecimal digits"},
        {KEY_A "0", KEY_A, 0600, ERR_INVALID, "number_id.key"},
        {KEY_A, "", 0600, ERR_INVALID, "seal_1.key"},
    };
    struct folder *folder = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof(path), "%s/number_id.key", folder->path);
        (void)unlink(path); /* may be missing */
        (void)snprintf(path, sizeof(path), "%s/seal_1.key", folder->path);
        (void)unlink(path); /* may be missing */
        if (rows[i].number_id != NULL)
            file_put(folder, "number_id.key", rows[i].number_id, 0600);
        if (rows[i].seal != NULL)
            file_put(folder, "seal_1.key", rows[i].seal, rows[i].mode);
        struct vault *v;
        struct errmsg msg = {""};
        assert_int_equal(vault_openssl_new(folder->path, &v, &msg), rows[i].e);
        assert_null(v);
        assert_non_null(strstr(msg.text, rows[i].word));
    }
    /* Nobody writes into it, and nobody waits for that. */
    char path[PATH_MAX];
    struct vault *v;
    struct errmsg msg = {""};
    (void)snprintf(path, sizeof(path), "%s/number_id.key", folder->path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(vault_openssl_new(folder->path, &v, &msg), ERR_INVALID);
    assert_non_null(strstr(msg.text, "not a file"));
}

/* One byte of it is the end. */
static void a_path_may_fill_its_room(void **state)
{
    (void)state;
    char dir[PATH_MAX + 1], path[PATH_MAX];
    struct errmsg msg = {""};
    memset(dir, 'd', sizeof(dir));
    dir[PATH_MAX - sizeof("/x.key")] = '\0';
    assert_int_equal(vault_file_path(path, dir, "x.key", &msg), ERR_OK);
    assert_int_equal(strlen(path), PATH_MAX - 1);
    assert_int_equal(vault_file_path(path, dir, "xx.key", &msg), ERR_TOO_LONG);
    assert_non_null(strstr(msg.text, "path too long"));
}

static void random_bytes_differ(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0};
    vault_random(a, sizeof(a));
    vault_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    vault_free(NULL);
}

/* What a test draws can be drawn again, whatever pieces it is asked for in; nothing else can. */
static void a_seed_draws_the_same_again(void **state)
{
    (void)state;
    enum { BYTES = 48 };
    static const uint64_t seeds[] = {7, 7, 8, 0, 0};
    uint8_t drawn[ARRAY_LEN(seeds)][2 * BYTES];
    for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
        struct vault *v = vault_openssl_new_for_tests(seeds[i]);
        vault_draw(v, drawn[i], BYTES);
        vault_draw(v, drawn[i] + BYTES, BYTES - 3);
        vault_draw(v, drawn[i] + 2 * BYTES - 3, 3);
        vault_free(v);
        assert_memory_not_equal(drawn[i], drawn[i] + BYTES, BYTES);
    }
    assert_memory_equal(drawn[0], drawn[1], sizeof(drawn[0]));
    for (size_t i = 2; i < ARRAY_LEN(seeds); i++)
        assert_memory_not_equal(drawn[i], drawn[i - 1], sizeof(drawn[0]));
}

/* A child begins with bytes of its own, whatever its parent had fetched ahead. */
static void a_forked_process_has_other_random_bytes(void **state)
{
    (void)state; /* needs no vault */
    uint8_t ours[64], theirs[64];
    int ends[2];
    vault_random(ours, 1);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        vault_random(theirs, sizeof(theirs));
        _exit(write(ends[1], theirs, sizeof(theirs)) != sizeof(theirs));
    }
    vault_random(ours, sizeof(ours));
    assert_int_equal(read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
    assert_memory_not_equal(ours, theirs, sizeof(ours));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void)close(ends[0]); /* nothing is lost */
    (void)close(ends[1]);
}

/* More than is fetched ahead at once, and bit by bit past its end. */
static void any_number_of_random_bytes(void **state)
{
    (void)state; /* needs no vault */
    static uint8_t many[10000], none[16];
    vault_random(many, sizeof(many));
    for (size_t i = 0; i + sizeof(none) <= sizeof(many); i += sizeof(none))
        assert_memory_not_equal(many + i, none, sizeof(none));
    for (size_t i = 0; i < 1000; i++) {
        uint8_t some[16] = {0};
        vault_random(some, sizeof(some));
        assert_memory_not_equal(some, none, sizeof(none));
        assert_memory_not_equal(some, many, sizeof(none));
    }
}

/* A disk that takes so many bytes of a file, and then no more. */
static void limit_files(rlim_t n)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = n < limit.rlim_max ? n : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void half_a_key_is_none(void **state)
{
    const struct folder *folder = *state;
    char key_file[PATH_MAX], public_file[PATH_MAX], keys[PATH_MAX];
    struct errmsg msg;
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)snprintf(key_file, sizeof(key_file), "%s/mine", folder->path);
    (void)snprintf(public_file, sizeof(public_file), "%s/safe.pub", folder->path);
    (void)snprintf(keys, sizeof(keys), "%s/keys", folder->path);
    for (rlim_t n = 0; n <= 64; n += 16) {
        limit_files(n);
        enum err letter = letter_make_keys(key_file, public_file, &msg);
        const char *said = strstr(msg.text, strerror(EFBIG));
        enum err made = vault_make_keys(keys, &msg);
        limit_files(RLIM_INFINITY);
        assert_int_equal(letter, ERR_IO);
        assert_non_null(said);
        assert_int_equal(made, ERR_IO);
        assert_int_not_equal(access(key_file, F_OK), 0);
        assert_int_not_equal(access(public_file, F_OK), 0);
    }
    assert_int_equal(letter_make_keys(key_file, public_file, &msg), ERR_OK);
    assert_int_equal(vault_make_keys(keys, &msg), ERR_OK);
}

/* What is sealed to a person's key opens with his or her file alone, and not with the gateway's. */
static void letters_are_for_one_reader(void **state)
{
    const struct folder *folder = *state;
    char key_file[PATH_MAX], other_file[PATH_MAX], public_file[PATH_MAX];
    struct errmsg msg;
    struct vault *v = NULL;
    struct buf letter CLEANUP(buf_fini), text CLEANUP(buf_fini);
    buf_init(&letter, MAX_BYTES);
    buf_init(&text, MAX_BYTES);
    (void)snprintf(key_file, sizeof(key_file), "%s/mine", folder->path);
    (void)snprintf(other_file, sizeof(other_file), "%s/other", folder->path);
    (void)snprintf(public_file, sizeof(public_file), "%s/safe.pub", folder->path);
    assert_int_equal(vault_make_keys(folder->path, &msg), ERR_OK);
    assert_int_equal(letter_make_keys(other_file, public_file, &msg), ERR_OK);
    assert_int_equal(letter_make_keys(key_file, public_file, &msg), ERR_OK);
    assert_int_equal(letter_make_keys(key_file, public_file, &msg), ERR_CONFLICT);
    assert_int_equal(vault_openssl_new(folder->path, &v, &msg), ERR_OK);
    assert_int_equal(
        vault_letter_seal(v, VAULT_READER_SAFE, STR("id"), STR("he locks us in"), &letter), ERR_OK);
    assert_int_equal(vault_box_key_id(buf_str(&letter)), 0);
    assert_int_equal(letter.len, LETTER_EXTRA_BYTES + STR("he locks us in").len);
    assert_int_equal(letter_open(key_file, buf_str(&letter), &text, &msg), ERR_OK);
    assert_string_equal(buf_str(&text).p, "he locks us in");
    buf_reset(&text);
    assert_int_equal(letter_open(other_file, buf_str(&letter), &text, &msg), ERR_DENIED);
    assert_int_equal(vault_box_open(v, STR("id"), buf_str(&letter), &text), ERR_NOT_FOUND);
    for (size_t i = 2; i < letter.len; i++) {
        letter.p[i] ^= 1;
        assert_int_equal(letter_open(key_file, buf_str(&letter), &text, &msg), ERR_DENIED);
        assert_int_equal(text.len, 0);
        letter.p[i] ^= 1;
    }
    struct str cut = str_sub(buf_str(&letter), 0, LETTER_EXTRA_BYTES - 1);
    assert_int_equal(letter_open(key_file, cut, &text, &msg), ERR_DENIED);
    assert_int_equal(chmod(key_file, 0640), 0);
    assert_int_equal(letter_open(key_file, buf_str(&letter), &text, &msg), ERR_DENIED);
    assert_non_null(strstr(msg.text, "chmod 600"));
    /* nobody has a key for the inbox: the gateway's own */
    buf_reset(&letter);
    assert_int_equal(vault_letter_seal(v, VAULT_READER_INBOX, STR("id"), STR(""), &letter), ERR_OK);
    assert_int_equal(vault_box_key_id(buf_str(&letter)), 1);
    vault_free(v);
    /* a file that holds no key is no reason to go on without */
    file_put(folder, "inbox.pub", "abc", 0644);
    assert_int_equal(vault_openssl_new(folder->path, &v, &msg), ERR_INVALID);
    assert_non_null(strstr(msg.text, "inbox.pub"));
}

/* At the ceiling of the buf, and one past it. */
static void letters_stop_at_the_ceiling(void **state)
{
    (void)state; /* any key will do */
    static const uint8_t key[LETTER_KEY_BYTES] = {9};
    struct buf out CLEANUP(buf_fini), small CLEANUP(buf_fini);
    buf_init(&out, LETTER_EXTRA_BYTES + 3);
    assert_int_equal(letter_seal(key, STR("abc"), &out), ERR_OK);
    buf_init(&small, LETTER_EXTRA_BYTES + 2);
    assert_int_equal(letter_seal(key, STR("abc"), &small), ERR_TOO_LONG);
    assert_int_equal(small.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_id_is_hmac_sha256_cut),
        cmocka_unit_test(two_forms_of_a_number_are_one_person),
        cmocka_unit_test(sealed_opens_again),
        cmocka_unit_test(same_text_never_seals_alike),
        cmocka_unit_test(what_was_touched_does_not_open),
        cmocka_unit_test(boxes_open_old_and_new),
        cmocka_unit_test(a_number_lies_in_nine_bytes),
        cmocka_unit_test(seal_stops_at_the_ceiling_of_the_buf),
        cmocka_unit_test_setup_teardown(opens_what_wycheproof_says, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(keys_are_made_once, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(make_keys_leaves_what_is_there, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(highest_key_seals_and_all_open, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(newest_of_many_keys_seals, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(no_key_is_made_that_is_one_too_many, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(a_key_that_comes_later_opens, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(a_key_that_comes_later_unpacks, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(a_new_number_key_takes_the_place_of_the_old, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(keys_may_be_handed_over_as_credentials, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(wrong_key_folders_are_refused_with_a_remedy, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(letters_are_for_one_reader, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(half_a_key_is_none, folder_setup, folder_teardown),
        cmocka_unit_test(letters_stop_at_the_ceiling),
        cmocka_unit_test(a_path_may_fill_its_room),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(a_seed_draws_the_same_again),
        cmocka_unit_test(a_forked_process_has_other_random_bytes),
        cmocka_unit_test(any_number_of_random_bytes),
    };
    return cmocka_run_group_tests_name("vault", tests, NULL, NULL);
}
