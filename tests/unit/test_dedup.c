#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/dedup.h"

#define NOW 1767603600000

static struct inbound sms(const char *id, const char *text)
{
    return (struct inbound){.kind = INBOUND_SMS,
                            .from = STR("+254700000001"),
                            .id = str_from(id),
                            .text = str_from(text)};
}

static struct inbound ussd(const char *session, enum inbound_phase phase, const char *path)
{
    return (struct inbound){.kind = INBOUND_USSD,
                            .from = STR("+254700000001"),
                            .session = str_from(session),
                            .phase = phase,
                            .raw_text = str_from(path),
                            .text = str_from(path)};
}

/* What one number has beside its state. */
struct memory {
    struct learner_link link;
    struct buf seen;
};

static void memory_fini(struct memory *m)
{
    buf_fini(&m->seen);
}

static struct memory memory_new(void)
{
    struct memory m = {.link = {0}};
    buf_init(&m.seen, 2 * DEDUP_MAX_SEEN_BYTES);
    return m;
}

static struct dedup_key key_at(const struct inbound *in, int64_t ms)
{
    return dedup_key_make(STR("at"), in, (struct wall_ms){ms});
}

/* Handles an inbound as a dialog would, and gives the reply that was stored with it. */
static struct last_reply handle(struct memory *m, const struct inbound *in, int64_t ms,
                                bool is_open)
{
    struct dedup_key key = key_at(in, ms);
    struct buf more CLEANUP(buf_fini);
    buf_init(&more, DEDUP_MAX_SEEN_BYTES); /* never more than that */
    if (dedup_remember(&key, in, buf_str(&m->seen), &m->link, &more))
        buf_reset(&m->seen);
    assert_int_equal(buf_error(&more), ERR_OK);
    buf_add_str(&m->seen, buf_str(&more));
    return (struct last_reply){.mark = key.mark,
                               .session = key.session,
                               .received_ms = ms,
                               .ready_ms = ms + 20,
                               .text = STR("screen"),
                               .is_open = is_open,
                               .is_shown_open = is_open};
}

static enum dedup_verdict judge(const struct memory *m, const struct inbound *in, int64_t ms,
                                const struct last_reply *last)
{
    struct dedup_key key = key_at(in, ms);
    return dedup_judge(&key, in, &m->link, buf_str(&m->seen), last);
}

/* However many messages lie between, for 72 hours. */
static void knows_sms_by_id_and_text(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    char id[16];
    for (int i = 0; i < 200; i++) {
        (void)snprintf(id, sizeof(id), "i%d", i);
        struct inbound in = sms(id, i % 2 == 0 ? "1" : "2");
        assert_int_equal(judge(&m, &in, NOW + i * 60000, NULL), DEDUP_NEW);
        (void)handle(&m, &in, NOW + i * 60000, false);
    }
    static const struct {
        int i;
        const char *text;
        int64_t at_ms;
        enum dedup_verdict verdict;
    } rows[] = {
        {0, "1", NOW + 86400000, DEDUP_REPEAT_OLD},
        {0, "1", NOW + DEDUP_KEPT_MS - 1, DEDUP_REPEAT_OLD},
        {0, "1", NOW + DEDUP_KEPT_MS, DEDUP_NEW},
        {199, "2", NOW + DEDUP_KEPT_MS, DEDUP_REPEAT_OLD},
        {199, "1", NOW + 86400000, DEDUP_NEW}, /* the id again with other words */
        {0, "2", NOW + 86400000, DEDUP_NEW},
        {200, "1", NOW + 86400000, DEDUP_NEW},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)snprintf(id, sizeof(id), "i%d", rows[i].i);
        struct inbound again = sms(id, rows[i].text);
        assert_int_equal(judge(&m, &again, rows[i].at_ms, NULL), rows[i].verdict);
    }
}

static void forgets_the_oldest_of_more_than_it_keeps(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    char id[16];
    for (unsigned i = 0; i <= DEDUP_MAX_SEEN_BYTES / DEDUP_SEEN_BYTES; i++) {
        (void)snprintf(id, sizeof(id), "i%u", i);
        struct inbound in = sms(id, "1");
        (void)handle(&m, &in, NOW + i * 60000, false);
    }
    assert_int_equal(m.seen.len, DEDUP_MAX_SEEN_BYTES);
    struct inbound gone = sms("i0", "1"), kept = sms("i1", "1");
    assert_int_equal(judge(&m, &gone, NOW + 86400000, NULL), DEDUP_NEW);
    assert_int_equal(judge(&m, &kept, NOW + 86400000, NULL), DEDUP_REPEAT_OLD);
}

/* What is too old goes when the rest is written anew: the store would forget all of it otherwise.
 */
static void writes_anew_what_begins_too_long_ago(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound first = sms("a", "1"), second = sms("b", "2"), third = sms("c", "3");
    struct buf more CLEANUP(buf_fini);
    buf_init(&more, 1000);
    (void)handle(&m, &first, NOW, false);
    struct dedup_key key = key_at(&second, NOW + DEDUP_KEPT_MS - 1000);
    assert_false(dedup_remember(&key, &second, buf_str(&m.seen), &m.link, &more));
    assert_int_equal(more.len, DEDUP_SEEN_BYTES);
    (void)handle(&m, &second, NOW + DEDUP_KEPT_MS - 1000, false);
    key = key_at(&third, NOW + DEDUP_KEPT_MS);
    buf_reset(&more);
    assert_true(dedup_remember(&key, &third, buf_str(&m.seen), &m.link, &more));
    assert_int_equal(more.len, 2 * DEDUP_SEEN_BYTES);
}

static void knows_sms_by_provider_time_and_text(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound in = sms("a", "1"), again = sms("b", "1"), other = sms("c", "2");
    in.at.ms = again.at.ms = other.at.ms = NOW - 3000;
    (void)handle(&m, &in, NOW, false);
    assert_int_equal(judge(&m, &again, NOW + 3600000, NULL), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&m, &other, NOW + 3600000, NULL), DEDUP_NEW);
    again.at.ms += 1000;
    assert_int_equal(judge(&m, &again, NOW + 3600000, NULL), DEDUP_NEW);
    again.at.ms = 0;
    assert_int_equal(judge(&m, &again, NOW + 3600000, NULL), DEDUP_NEW);
}

/* What people mostly send. */
static void tells_short_texts_apart(void **state)
{
    (void)state; /* no fixture */
    static const char *const texts[] = {"0",    "1",    "2",    "3",    "4",    "5",     "6",
                                        "7",    "8",    "9",    "00",   "a",    "b",     "c",
                                        "d",    "A",    "B",    "C",    "D",    "yes",   "no",
                                        "next", "NEXT", "menu", "MENU", "HELP", "SCORE", "JOIN"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        for (size_t k = 0; k < ARRAY_LEN(texts); k++) {
            struct memory m CLEANUP(memory_fini) = memory_new();
            struct inbound first = sms("a", texts[i]), second = sms("b", texts[k]);
            (void)handle(&m, &first, NOW, false);
            assert_int_equal(judge(&m, &second, NOW + 1000, NULL),
                             i == k ? DEDUP_REPEAT_OLD : DEDUP_NEW);
        }
    }
}

/* Does the second one, seconds later and under another id, pass for the first? */
static bool is_taken_for(struct str first, struct str second)
{
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound before = sms("a", ""), after = sms("b", "");
    before.text = first;
    after.text = second;
    (void)handle(&m, &before, NOW, false);
    return judge(&m, &after, NOW + 1000, NULL) != DEDUP_NEW;
}

/* 13 bits of a text, of 27 of an id or session, are not enough: found by trying. */
static void tells_apart_what_looks_alike_in_few_bits(void **state)
{
    (void)state; /* no fixture */
    static const char *const texts[][2] = {{"84", "s"}, {"88", "G"}, {"Stop", "LANG"}},
                             *const ids[][2] = {{"ATXid_043376", "ATXid_045018"},
                                                {"ATXid_020322", "ATXid_040480"},
                                                {"ATXid_018366", "ATXid_041901"}},
                             *const sessions[][2] = {{"ATUid_023853", "ATUid_057259"},
                                                     {"ATUid_016981", "ATUid_025027"},
                                                     {"ATUid_044861", "ATUid_056105"}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_false(is_taken_for(str_from(texts[i][0]), str_from(texts[i][1])));
        assert_false(is_taken_for(str_from(texts[i][1]), str_from(texts[i][0])));
    }
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct memory m CLEANUP(memory_fini) = memory_new();
        struct inbound first = sms(ids[i][0], "1"), second = sms(ids[i][1], "1");
        (void)handle(&m, &first, NOW, false);
        assert_int_equal(judge(&m, &second, NOW + 60000, NULL), DEDUP_NEW);
        assert_int_equal(judge(&m, &first, NOW + 60000, NULL), DEDUP_REPEAT_OLD);
    }
    for (size_t i = 0; i < ARRAY_LEN(sessions); i++) {
        struct memory m CLEANUP(memory_fini) = memory_new();
        struct inbound first = ussd(sessions[i][0], INBOUND_PHASE_NEW, ""),
                       between = ussd("s1", INBOUND_PHASE_NEW, ""),
                       second = ussd(sessions[i][1], INBOUND_PHASE_NEW, "");
        (void)handle(&m, &first, NOW, true);
        (void)handle(&m, &between, NOW + 1000, true);
        assert_int_equal(judge(&m, &second, NOW + 60000, NULL), DEDUP_NEW);
        assert_int_equal(judge(&m, &first, NOW + 60000, NULL), DEDUP_REPEAT_OLD);
    }
}

static uint32_t draw(uint32_t *chance, uint32_t below)
{
    *chance = *chance * 1664525u + 1013904223u;
    return (*chance >> 8) % below;
}

/* A word or an answer of one to eight characters, or what differs from `like` in one of them. */
static struct str some_text(uint32_t *chance, struct str like, char *dst)
{
    uint32_t n = like.len > 0 ? (uint32_t)like.len : 1 + draw(chance, 8);
    for (uint32_t i = 0; i < n; i++)
        dst[i] = like.len > 0 ? like.p[i] : (char)(' ' + draw(chance, 95));
    if (like.len > 0)
        dst[draw(chance, n)] ^= (char)(1 + draw(chance, 3));
    return (struct str){dst, n};
}

/* Of pairs of unlike texts and ids none is a repeat, and all pairs of like ones are. */
static void tells_any_two_apart(void **state)
{
    (void)state; /* no fixture */
    uint32_t chance = 1;
    char a[8], b[8];
    for (int i = 0; i < 100000; i++) {
        struct str first = some_text(&chance, STR_NONE, a);
        struct str second = some_text(&chance, i % 2 == 0 ? STR_NONE : first, b);
        bool is_one = str_eq(first, second);
        assert_int_equal(is_taken_for(first, second), is_one);
        assert_true(is_taken_for(first, first));
        struct memory m CLEANUP(memory_fini) = memory_new();
        struct inbound before = sms("", "1"), after = before;
        before.id = first;
        after.id = second;
        (void)handle(&m, &before, NOW, false);
        assert_int_equal(judge(&m, &after, NOW + 60000, NULL),
                         is_one ? DEDUP_REPEAT_OLD : DEDUP_NEW);
        assert_int_equal(judge(&m, &before, NOW + 60000, NULL), DEDUP_REPEAT_OLD);
    }
}

/* As a program before this one wrote it: 8 bytes each. */
static void knows_what_earlier_programs_saw(void **state)
{
    (void)state; /* no fixture */
    static const uint8_t of_sms[] = {0xdb, 0xec, 0x81, 0xb5, 0x8d, 0x5e, 0x9b, 0x1a,  /* a: 1 */
                                     0xdb, 0xec, 0x81, 0xb5, 0x8c, 0x6f, 0xd2, 0x2f}, /* its time */
        of_session[] = {0xdb, 0xec, 0x80, 0x00, 0x07, 0x15, 0x30, 0xc7};              /* s1 */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound in = sms("a", "1"), at = sms("c", "1"), other = sms("b", "2");
    at.at.ms = NOW - 3000;
    buf_add(&m.seen, of_sms, sizeof(of_sms));
    buf_add(&m.seen, of_session, sizeof(of_session));
    assert_int_equal(judge(&m, &other, NOW + 1000, NULL), DEDUP_NEW);
    (void)handle(&m, &other, NOW + 1000, false); /* behind them */
    assert_int_equal(judge(&m, &in, NOW + 3600000, NULL), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&m, &at, NOW + 3600000, NULL), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&m, &other, NOW + 3600000, NULL), DEDUP_REPEAT_OLD);
    struct inbound dial = ussd("s1", INBOUND_PHASE_NEW, "");
    assert_int_equal(judge(&m, &dial, NOW + 3600000, NULL), DEDUP_REPEAT_OLD);
}

/* ... and one that is still at work reads in what this one writes: what it would have written,
 * last, behind what no SMS and no session is like. */
static void earlier_programs_know_what_this_one_saw(void **state)
{
    (void)state; /* no fixture */
    static const uint8_t of_sms[] = {0xdb, 0xec, 0x81, 0xb5, 0x8d, 0x5e, 0x9b, 0x1a},
                         of_session[] = {0xdb, 0xec, 0x80, 0x00, 0x07, 0x15, 0x30, 0xc7};
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound in = sms("a", "1"), first = ussd("s1", INBOUND_PHASE_NEW, ""),
                   second = ussd("s2", INBOUND_PHASE_NEW, "");
    (void)handle(&m, &in, NOW, false);
    (void)handle(&m, &first, NOW, true);
    (void)handle(&m, &second, NOW + 1000, true);
    const struct str seen = buf_str(&m.seen);
    assert_int_equal(seen.len, 2 * DEDUP_SEEN_BYTES);
    assert_memory_equal(seen.p + 8, of_sms, 8);
    assert_memory_equal(seen.p + 24, of_session, 8);
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *more = (const uint8_t *)seen.p + 16 * i;
        unsigned text = (unsigned)(more[2] & 1) << 13 | (unsigned)more[3] << 5 | more[4] >> 3;
        assert_memory_equal(more, i == 0 ? of_sms : of_session, 2); /* the time */
        assert_true(text != 0 && text % 2 == 0);
    }
}

static void takes_numbered_steps_once(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound in = ussd("s1", INBOUND_PHASE_CONTINUE, "9"), again = in, next = in, other = in;
    in.is_repeatable_input = again.is_repeatable_input = next.is_repeatable_input = true;
    in.step = again.step = STR("4");
    next.step = STR("5");
    other.step = STR("3");
    struct last_reply last = handle(&m, &in, NOW, true);
    assert_int_equal(judge(&m, &again, NOW + 60000, &last), DEDUP_REPEAT_LAST);
    assert_int_equal(judge(&m, &other, NOW + 60000, &last), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&m, &next, NOW + 100, &last), DEDUP_NEW); /* the number decides */
    next.step = STR_NONE; /* one without a number is no earlier one */
    assert_int_equal(judge(&m, &next, NOW + 60000, &last), DEDUP_NEW);
    next.session = STR("s2");
    next.step = STR("1");
    assert_int_equal(judge(&m, &next, NOW + 100, &last), DEDUP_NEW);
    /* The first two of all, whatever is said in their copies. */
    for (int i = 0; i < 2; i++) {
        struct inbound first = ussd(i == 0 ? "s3" : "s4", INBOUND_PHASE_CONTINUE, "9");
        first.is_repeatable_input = true;
        first.step = i == 0 ? STR("0") : STR("1");
        struct inbound copy = first;
        copy.text = copy.raw_text = STR("8");
        last = handle(&m, &first, NOW + 1000, true);
        assert_int_equal(judge(&m, &copy, NOW + 60000, &last), DEDUP_REPEAT_LAST);
    }
}

static void tells_the_last_sms_from_older_ones(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound first = sms("a", "1"), second = sms("b", "2");
    (void)handle(&m, &first, NOW, false);
    struct last_reply last = handle(&m, &second, NOW + 1000, false);
    assert_int_equal(judge(&m, &second, NOW + 9000, &last), DEDUP_REPEAT_LAST);
    assert_int_equal(judge(&m, &first, NOW + 9000, &last), DEDUP_REPEAT_OLD);
}

static void knows_requests_of_sessions_that_were_followed_by_others(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound dial = ussd("s1", INBOUND_PHASE_NEW, ""),
                   answer = ussd("s1", INBOUND_PHASE_CONTINUE, "1"),
                   end = ussd("s1", INBOUND_PHASE_END, "1"),
                   redial = ussd("s2", INBOUND_PHASE_NEW, ""),
                   other = ussd("s3", INBOUND_PHASE_CONTINUE, "1");
    (void)handle(&m, &dial, NOW, true);
    (void)handle(&m, &answer, NOW + 1000, true);
    struct last_reply last = handle(&m, &redial, NOW + 2000, true);
    assert_int_equal(judge(&m, &dial, NOW + 3000, &last), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&m, &answer, NOW + 3000, &last), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&m, &end, NOW + 3000, &last), DEDUP_OVER);
    assert_int_equal(judge(&m, &other, NOW + 3000, &last), DEDUP_NEW);
    assert_int_equal(judge(&m, &redial, NOW + 3000, &last), DEDUP_REPEAT_LAST);
}

static void a_session_named_by_the_number_may_come_back(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound own = ussd("254700000001", INBOUND_PHASE_NEW, ""),
                   other = ussd("s1", INBOUND_PHASE_NEW, "");
    (void)handle(&m, &own, NOW, true);
    struct last_reply last = handle(&m, &other, NOW + 1000, true);
    assert_int_equal(judge(&m, &own, NOW + 2000, &last), DEDUP_NEW);
}

static void a_copy_that_lost_the_race_is_one(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound in = ussd("s1", INBOUND_PHASE_CONTINUE, "9");
    in.is_repeatable_input = true;
    struct last_reply last = handle(&m, &in, NOW, true);
    struct dedup_key key = key_at(&in, NOW + 20 + DEDUP_INPUT_WINDOW_MS); /* read by then */
    assert_int_equal(dedup_judge(&key, &in, &m.link, buf_str(&m.seen), &last), DEDUP_NEW);
    key.is_overtaken = true;
    assert_int_equal(dedup_judge(&key, &in, &m.link, buf_str(&m.seen), &last), DEDUP_REPEAT_LAST);
}

static void keeps_channels_apart(void **state)
{
    (void)state; /* no fixture */
    struct inbound in = sms("a", "1");
    struct dedup_key at = dedup_key_make(STR("at"), &in, (struct wall_ms){NOW});
    struct dedup_key kannel = dedup_key_make(STR("kannel"), &in, (struct wall_ms){NOW});
    assert_true(at.mark != kannel.mark);
    assert_true(at.id != kannel.id);
}

static void takes_the_same_text_once_in_ten_seconds(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *text;
        int64_t after_ms;
        enum dedup_verdict verdict;
    } rows[] = {
        {"next", 0, DEDUP_REPEAT_OLD},
        {"next", 9999, DEDUP_REPEAT_OLD},
        {"next", 10000, DEDUP_NEW},
        {"next", 86400000, DEDUP_NEW},
        {"2", 1, DEDUP_NEW},
        {"next", -5000, DEDUP_REPEAT_OLD},
        {"next", -86400000, DEDUP_NEW},
    };
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound in = sms(NULL, "next");
    (void)handle(&m, &in, NOW, false);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct inbound again = sms(NULL, rows[i].text);
        assert_int_equal(judge(&m, &again, NOW + rows[i].after_ms, NULL), rows[i].verdict);
    }
}

/* The replay from the spool knows the time of arrival, so the very message is recognised however
 * much later it comes. */
static void knows_a_spooled_sms_without_id_again(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound in = sms(NULL, "next"), other = sms(NULL, "2");
    (void)handle(&m, &in, NOW, false);
    (void)handle(&m, &other, NOW + 60000, false);
    assert_int_equal(judge(&m, &in, NOW, NULL), DEDUP_REPEAT_OLD);
}

static void answers_the_same_ussd_path_again(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound dial = ussd("s1", INBOUND_PHASE_NEW, "");
    struct inbound one = ussd("s1", INBOUND_PHASE_CONTINUE, "1");
    struct inbound two = ussd("s1", INBOUND_PHASE_CONTINUE, "1*2");
    struct inbound other = ussd("s1", INBOUND_PHASE_CONTINUE, "1*3");
    (void)handle(&m, &dial, NOW, true);
    (void)handle(&m, &one, NOW + 1000, true);
    struct last_reply last = handle(&m, &two, NOW + 2000, true);
    two.is_repeat = true; /* as the profile says with this memory */
    assert_int_equal(judge(&m, &two, NOW + 3000, &last), DEDUP_REPEAT_LAST);
    assert_int_equal(judge(&m, &two, NOW + 3000, NULL), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&m, &one, NOW + 3000, &last), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&m, &dial, NOW + 3000, &last), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&m, &other, NOW + 3000, &last), DEDUP_NEW);
}

static void remembers_the_path_for_the_profile(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound in = ussd("s1", INBOUND_PHASE_CONTINUE, "1*2");
    struct inbound elsewhere = ussd("s2", INBOUND_PHASE_CONTINUE, "1*2");
    struct last_reply last = handle(&m, &in, NOW, true);
    last.remember = STR("invoke-7");
    struct dedup_key key = key_at(&in, NOW), other = key_at(&elsewhere, NOW);
    struct session_memory memory = dedup_session_memory(&key, &m.link, &last);
    assert_true(memory.is_known && memory.has_last);
    assert_int_equal(memory.last_bytes, 3);
    assert_int_equal(memory.last_hash, (uint32_t)str_hash(STR("1*2")));
    assert_true(str_eq(memory.remembered, STR("invoke-7")));
    assert_false(dedup_session_memory(&other, &m.link, &last).is_known);
}

static void keeps_a_path_longer_than_the_state_can_say(void **state)
{
    (void)state; /* no fixture */
    static char path[UINT16_MAX + 10];
    for (size_t i = 0; i < sizeof(path); i++)
        path[i] = '1';
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound in = ussd("s1", INBOUND_PHASE_CONTINUE, "");
    in.raw_text = (struct str){path, sizeof(path)};
    (void)handle(&m, &in, NOW, true);
    assert_int_equal(m.link.path_bytes, UINT16_MAX - 1); /* the greatest value means "ended" */
}

/* Providers that send the last input only: 9 and 9 again are two pages, unless the second came
 * before the first could be read. */
static void takes_equal_inputs_of_a_session_as_new(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound nine = ussd("s1", INBOUND_PHASE_CONTINUE, "9");
    nine.is_repeatable_input = true;
    struct last_reply last = handle(&m, &nine, NOW, true);
    assert_int_equal(judge(&m, &nine, NOW, &last), DEDUP_REPEAT_LAST);
    assert_int_equal(judge(&m, &nine, NOW + 19, &last), DEDUP_REPEAT_LAST);
    assert_int_equal(judge(&m, &nine, NOW + 20 + DEDUP_INPUT_WINDOW_MS - 1, &last),
                     DEDUP_REPEAT_LAST);
    assert_int_equal(judge(&m, &nine, NOW + 20 + DEDUP_INPUT_WINDOW_MS, &last), DEDUP_NEW);
    assert_int_equal(judge(&m, &nine, NOW + 5000, NULL), DEDUP_NEW);
}

static void ends_a_session_once_and_only_when_open(void **state)
{
    (void)state; /* no fixture */
    struct memory m CLEANUP(memory_fini) = memory_new();
    struct inbound dial = ussd("s1", INBOUND_PHASE_NEW, "");
    struct inbound end = ussd("s1", INBOUND_PHASE_END, "");
    struct inbound timeout = ussd("s1", INBOUND_PHASE_TIMEOUT, "");
    struct inbound other = ussd("s2", INBOUND_PHASE_END, "");
    struct inbound late = ussd("s1", INBOUND_PHASE_CONTINUE, "1*2*3*4");
    struct last_reply closed = handle(&m, &dial, NOW, false);
    assert_int_equal(judge(&m, &end, NOW + 1000, &closed), DEDUP_OVER);
    m.link = (struct learner_link){0};
    buf_reset(&m.seen);
    struct last_reply open = handle(&m, &dial, NOW, true);
    assert_int_equal(judge(&m, &other, NOW + 1000, &open), DEDUP_OVER);
    assert_int_equal(judge(&m, &end, NOW + 1000, NULL), DEDUP_OVER);
    assert_int_equal(judge(&m, &timeout, NOW + 1000, &open), DEDUP_NEW);
    assert_int_equal(judge(&m, &end, NOW + 1000, &open), DEDUP_NEW);
    struct dedup_key key = key_at(&end, NOW + 1000);
    struct buf more CLEANUP(buf_fini);
    buf_init(&more, 1000);
    (void)dedup_remember(&key, &end, buf_str(&m.seen), &m.link, &more); /* of a known session */
    assert_int_equal(more.len, 0);
    assert_int_equal(judge(&m, &end, NOW + 2000, &open), DEDUP_OVER);
    assert_int_equal(judge(&m, &late, NOW + 2000, &open), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&m, &dial, NOW + 2000, &open), DEDUP_REPEAT_LAST);
}

/* Where the session is only the number, the same name is a new dial. */
static void tells_a_redial_by_sessions_named_by_the_number(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *session;
        enum dedup_verdict verdict;
    } rows[] = {
        {"s1", DEDUP_REPEAT_LAST},   {"254700000001:17", DEDUP_REPEAT_LAST},
        {"254700000001", DEDUP_NEW}, {"+254700000001", DEDUP_NEW},
        {"0700000001", DEDUP_NEW},   {"", DEDUP_NEW},
        {NULL, DEDUP_NEW},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct memory m CLEANUP(memory_fini) = memory_new();
        struct inbound dial = ussd(rows[i].session, INBOUND_PHASE_NEW, "");
        struct last_reply last = handle(&m, &dial, NOW, true);
        assert_int_equal(judge(&m, &dial, NOW + 60000, &last), rows[i].verdict);
        assert_int_equal(judge(&m, &dial, NOW + 5, &last), DEDUP_REPEAT_LAST);
    }
}

/* Some networks end a session in the same second, under the same id, as the last input. */
static void tells_the_end_from_the_last_input(void **state)
{
    (void)state; /* no fixture */
    struct inbound input = ussd("s1", INBOUND_PHASE_CONTINUE, "1");
    struct inbound end = ussd("s1", INBOUND_PHASE_END, "1");
    assert_true(key_at(&input, NOW).mark != key_at(&end, NOW).mark);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_sms_by_id_and_text),
        cmocka_unit_test(forgets_the_oldest_of_more_than_it_keeps),
        cmocka_unit_test(writes_anew_what_begins_too_long_ago),
        cmocka_unit_test(knows_sms_by_provider_time_and_text),
        cmocka_unit_test(tells_short_texts_apart),
        cmocka_unit_test(tells_apart_what_looks_alike_in_few_bits),
        cmocka_unit_test(tells_any_two_apart),
        cmocka_unit_test(knows_what_earlier_programs_saw),
        cmocka_unit_test(earlier_programs_know_what_this_one_saw),
        cmocka_unit_test(takes_numbered_steps_once),
        cmocka_unit_test(tells_the_last_sms_from_older_ones),
        cmocka_unit_test(knows_requests_of_sessions_that_were_followed_by_others),
        cmocka_unit_test(a_session_named_by_the_number_may_come_back),
        cmocka_unit_test(a_copy_that_lost_the_race_is_one),
        cmocka_unit_test(keeps_channels_apart),
        cmocka_unit_test(takes_the_same_text_once_in_ten_seconds),
        cmocka_unit_test(knows_a_spooled_sms_without_id_again),
        cmocka_unit_test(answers_the_same_ussd_path_again),
        cmocka_unit_test(remembers_the_path_for_the_profile),
        cmocka_unit_test(keeps_a_path_longer_than_the_state_can_say),
        cmocka_unit_test(takes_equal_inputs_of_a_session_as_new),
        cmocka_unit_test(ends_a_session_once_and_only_when_open),
        cmocka_unit_test(tells_a_redial_by_sessions_named_by_the_number),
        cmocka_unit_test(tells_the_end_from_the_last_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
