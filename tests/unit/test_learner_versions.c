/* What one version wrote is read by both, and says the same, whichever way it went: random
 * learners, with every member set in some of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/certificate.h"
#include "core/learner.h"

#define N_LEARNERS 5000u
#define MAX_BYTES (2 * LEARNER_MAX_BYTES)

static uint64_t random_state = 20261201;

static uint32_t chance(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % below;
}

/* Mostly nothing, else something small or anything; `rarely`: how seldom there is something. */
static void scatter(void *p, size_t n, uint32_t rarely)
{
    uint8_t *bytes = p;
    memset(bytes, 0, n);
    for (size_t i = 0; i + 4 <= n; i += 4) {
        if (chance(rarely) != 0)
            continue;
        bytes[i] = (uint8_t)chance(256);
        for (size_t k = 1; k < 4 && chance(2) == 0; k++)
            bytes[i + k] = (uint8_t)chance(256);
    }
}

/* Letters, or any bytes but NUL. */
static void name(char *dst, size_t size, uint32_t rarely)
{
    bool is_plain = chance(3) != 0;
    size_t n = chance(rarely) == 0 ? chance((uint32_t)size) : 0;
    memset(dst, 0, size);
    for (size_t i = 0; i < n; i++)
        dst[i] = (char)(is_plain ? 'a' + (int)chance(26) : 1 + (int)chance(255));
}

static enum learner_state any_state(uint32_t rarely)
{
    return chance(rarely) == 0 ? (enum learner_state)chance(N_LEARNER_STATES) : LEARNER_STATE_NEW;
}

static uint64_t any_certificate(void)
{
    return chance(3) == 0 ? chance(UINT32_MAX) * UINT64_C(100) % CERTIFICATE_MAX : 0;
}

static void lists(struct learner *l)
{
    memset(&l->past, 0, sizeof(l->past));
    memset(&l->modules, 0, sizeof(l->modules));
    l->past.n = (uint8_t)chance(LEARNER_MAX_PAST + 1);
    for (uint8_t i = 0; i < l->past.n; i++)
        l->past.list[i] = (struct learner_past_course){chance(UINT32_MAX), any_certificate()};
    l->modules.n = (uint8_t)chance(LEARNER_MAX_MODULES + 1);
    for (uint8_t i = 0; i < l->modules.n; i++)
        l->modules.list[i] = (struct learner_module){(uint8_t)chance(256), any_certificate()};
}

static bool yes(uint32_t rarely)
{
    return chance(rarely) == 0;
}

static struct learner anybody(uint32_t rarely)
{
    struct learner l;
    scatter(&l, sizeof(l), rarely);
    name(l.link.channel, sizeof(l.link.channel), rarely);
    name(l.link.country, sizeof(l.link.country), rarely);
    name(l.lang, sizeof(l.lang), rarely);
    name(l.unit, sizeof(l.unit), rarely);
    name(l.nickname, sizeof(l.nickname), rarely);
    l.link.has_reports = yes(rarely);
    l.is_child = yes(rarely);
    l.is_psea = yes(rarely);
    l.is_locked = yes(rarely);
    l.is_doubted = yes(rarely);
    l.has_move_pin = yes(rarely);
    l.state = any_state(1);
    l.back = any_state(rarely);
    l.stopped_at = any_state(rarely);
    l.certificate = any_certificate();
    memset(&l.link.last, 0, sizeof(l.link.last));
    l.link.last.n = (uint8_t)(yes(rarely) ? chance(LEARNER_LAST_BYTES + 1) : 0);
    scatter(l.link.last.bytes, l.link.last.n, 1);
    lists(&l);
    memset(&l.others, 0, sizeof(l.others));
    return l;
}

static struct str as(const struct learner *l, uint8_t version, struct buf *out)
{
    buf_reset(out);
    assert_int_equal(learner_encode(l, version, out), ERR_OK);
    assert_int_equal(learner_record_of(buf_str(out)), version);
    return buf_str(out);
}

/* Both versions say the same of the two, of each other person, too. */
static void expect_same(const struct learner *a, const struct learner *b)
{
    struct buf one CLEANUP(buf_fini), other CLEANUP(buf_fini);
    buf_init(&one, MAX_BYTES);
    buf_init(&other, MAX_BYTES);
    for (uint8_t version = LEARNER_RECORD_BEFORE; version <= LEARNER_RECORD; version++)
        assert_true(str_eq(as(a, version, &one), as(b, version, &other)));
}

/* There and back, from one version to the other, and again. */
static void go_round(const struct learner *l)
{
    static const uint8_t ways[] = {5, 4, 5, 5, 4, 4};
    struct learner now = *l;
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, MAX_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        struct learner back;
        assert_int_equal(learner_decode(as(&now, ways[i], &bytes), &back), ERR_OK);
        expect_same(l, &back);
        assert_int_equal(learner_n_others(&back), learner_n_others(l));
        now = back;
    }
}

static void any_learner_goes_round(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < N_LEARNERS; i++) {
        uint32_t rarely = 1 + chance(12);
        struct learner l = anybody(rarely);
        for (uint32_t n = chance(3) == 0 ? chance(LEARNER_MAX_PROFILES) : 0; n > 0; n--) {
            struct learner person = anybody(2 + chance(12));
            assert_int_equal(learner_set_other(&l, UINT32_MAX, &person), ERR_OK);
        }
        go_round(&l);
    }
}

/* A member that one of the ways forgot would be zero then. */
static void each_byte_of_it_counts(void **state)
{
    (void)state;
    struct learner none;
    struct buf empty CLEANUP(buf_fini), bytes CLEANUP(buf_fini);
    buf_init(&empty, MAX_BYTES);
    buf_init(&bytes, MAX_BYTES);
    learner_init(&none);
    uint32_t n = 0;
    for (size_t at = 0; at < offsetof(struct learner, others); at++) {
        struct learner l = none, back;
        ((uint8_t *)&l)[at] = 1;
        if (l.state >= N_LEARNER_STATES || l.back >= N_LEARNER_STATES ||
            l.stopped_at >= N_LEARNER_STATES)
            continue;
        as(&none, LEARNER_RECORD_BEFORE, &empty);
        if (str_eq(as(&l, LEARNER_RECORD_BEFORE, &bytes), buf_str(&empty)))
            continue; /* behind the end of something, or between two members */
        n++;
        as(&none, LEARNER_RECORD, &empty);
        assert_false(str_eq(as(&l, LEARNER_RECORD, &bytes), buf_str(&empty)));
        if (learner_decode(buf_str(&bytes), &back) == ERR_OK)
            expect_same(&l, &back);
    }
    assert_true(n > 300);
}

/* The widest person fits in either version, with times as far apart as can be. */
static void the_widest_fit(void **state)
{
    (void)state;
    struct learner l, person;
    memset(&l, 0xff, sizeof(l));
    l.state = l.back = l.stopped_at = LEARNER_STATE_SWITCH_LANGUAGE;
    char *const names[] = {l.link.channel, l.link.country, l.lang, l.unit, l.nickname};
    const size_t sizes[] = {sizeof(l.link.channel), sizeof(l.link.country), sizeof(l.lang),
                            sizeof(l.unit), sizeof(l.nickname)};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        names[i][sizes[i] - 1] = '\0';
    l.link.has_reports = l.is_child = l.is_psea = l.is_locked = l.is_doubted = l.has_move_pin =
        true;
    l.certificate = CERTIFICATE_MAX;
    lists(&l);
    l.past.n = LEARNER_MAX_PAST;
    l.modules.n = LEARNER_MAX_MODULES;
    for (uint8_t i = 0; i < LEARNER_MAX_PAST; i++)
        l.past.list[i] = (struct learner_past_course){UINT32_MAX, CERTIFICATE_MAX};
    for (uint8_t i = 0; i < LEARNER_MAX_MODULES; i++)
        l.modules.list[i] = (struct learner_module){UINT8_MAX, CERTIFICATE_MAX};
    l.link.last.n = LEARNER_LAST_BYTES;
    memset(&l.others, 0, sizeof(l.others));
    l.link.last_ms = l.consent_ms = INT64_MAX / 2;
    int64_t *const times[] = {&l.asked_ms,     &l.ended_ms,     &l.closed_ms,   &l.held_ms,
                              &l.completed_ms, &l.module_ms,    &l.pushed_ms,   &l.paused_ms,
                              &l.pin_until_ms, &l.led_until_ms, &l.wrote_ms,    &l.led_nudge_ms,
                              &l.nudged_ms,    &l.moving_ms,    &l.link.same_ms};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        *times[i] = -(INT64_MAX / 2) - 1;
    person = l;
    for (uint32_t i = 0; i < LEARNER_MAX_PROFILES - 1; i++)
        assert_int_equal(learner_set_other(&l, i, &person), ERR_OK);
    assert_int_equal(learner_set_other(&l, UINT32_MAX, &person), ERR_FULL);
    go_round(&l);
    for (uint8_t version = LEARNER_RECORD_BEFORE; version <= LEARNER_RECORD; version++) {
        struct buf exact CLEANUP(buf_fini), cut CLEANUP(buf_fini);
        buf_init(&exact, LEARNER_MAX_BYTES);
        as(&l, version, &exact);
        buf_init(&cut, exact.len - 1);
        assert_int_equal(learner_encode(&l, version, &cut), ERR_TOO_LONG);
    }
}

/* One that a later program has put there stays, and is told of as such. */
static void who_cannot_be_read_stays(void **state)
{
    (void)state;
    struct learner l = anybody(4), person = anybody(4), back;
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, MAX_BYTES);
    assert_int_equal(learner_set_other(&l, 0, &person), ERR_OK);
    l.others.bytes[2] = LEARNER_RECORD + 1;
    for (uint8_t version = LEARNER_RECORD_BEFORE; version <= LEARNER_RECORD; version++) {
        assert_int_equal(learner_decode(as(&l, version, &bytes), &back), ERR_OK);
        assert_memory_equal(&back.others, &l.others, sizeof(l.others));
        assert_int_equal(learner_other(&back, 0, &person), ERR_UNSUPPORTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_learner_goes_round),
        cmocka_unit_test(each_byte_of_it_counts),
        cmocka_unit_test(the_widest_fit),
        cmocka_unit_test(who_cannot_be_read_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
