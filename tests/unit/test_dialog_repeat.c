#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dialog_world.h"

/* --- ten thousand callbacks --- */

/* A small generator, so that a failure can be repeated. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

#define PHONES 40u
#define ROUNDS 2500u

struct phone {
    char number[20];
    char session[16];
    char path[400];
    uint32_t n_sms, n_sessions;
    char last_id[16], last_text[8];
    bool is_last_ussd, has_last;
    char last_screen[2048];
};

static struct inbound make_callback(struct phone *p, uint32_t *seed)
{
    static const char *const inputs[] = {"1", "2", "3", "9", "0", "HELP", "MENU"};
    const char *input = inputs[next_random(seed) % ARRAY_LEN(inputs)];
    p->has_last = true;
    p->is_last_ussd = next_random(seed) % 2 == 0;
    /* Blanks, since the same text twice within ten seconds is a repeat. */
    (void)snprintf(p->last_text, sizeof(p->last_text), "%s%s", p->n_sms == 0 ? "JOIN" : input,
                   p->n_sms % 2 == 0 ? "" : " ");
    if (!p->is_last_ussd) {
        (void)snprintf(p->last_id, sizeof(p->last_id), "m%u", ++p->n_sms);
        return sms(p->number, p->last_id, p->last_text);
    }
    if (p->session[0] == '\0' || strlen(p->path) > 300 || next_random(seed) % 8 == 0) {
        (void)snprintf(p->session, sizeof(p->session), "s%u", ++p->n_sessions);
        p->path[0] = '\0';
    } else {
        size_t n = strlen(p->path);
        (void)snprintf(p->path + n, sizeof(p->path) - n, "%s%s", n > 0 ? "*" : "", input);
    }
    return ussd(p->number, p->session, p->path);
}

static struct inbound last_callback(const struct phone *p)
{
    return p->is_last_ussd ? ussd(p->number, p->session, p->path)
                           : sms(p->number, p->last_id, p->last_text);
}

static void has_no_double_effect_among_ten_thousand_callbacks(void **state)
{
    struct world *w = *state;
    static struct phone phones[PHONES];
    uint32_t seed = 20250106;
    uint64_t n_distinct = 0, n_all = 0;
    for (uint32_t i = 0; i < PHONES; i++)
        (void)snprintf(phones[i].number, sizeof(phones[i].number), "+2547000%05u", i);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct response *responses[PHONES][16] = {{NULL}};
        uint32_t n_copies[PHONES] = {0};
        bool is_again[PHONES] = {false};
        w->n_asked = 0;
        for (uint32_t k = 0; k < 4; k++) { /* some phones of this moment */
            uint32_t i = next_random(&seed) % PHONES;
            if (n_copies[i] > 0)
                continue;
            is_again[i] = phones[i].has_last && next_random(&seed) % 10 < 2;
            n_copies[i] = next_random(&seed) % 10 == 0 ? 16 : 1;
            struct inbound in =
                is_again[i] ? last_callback(&phones[i]) : make_callback(&phones[i], &seed);
            n_distinct += !is_again[i];
            for (uint32_t c = 0; c < n_copies[i]; c++, n_all++)
                responses[i][c] = submit(w, in);
        }
        loop_mem_advance(w->loop, 1 + next_random(&seed) % 3000);
        for (uint32_t i = 0; i < PHONES; i++) {
            for (uint32_t c = 0; c < n_copies[i]; c++) {
                assert_int_equal(responses[i][c]->n_calls, 1);
                assert_string_equal(responses[i][c]->text, responses[i][0]->text);
            }
            if (n_copies[i] > 0 && is_again[i] && phones[i].is_last_ussd)
                assert_string_equal(responses[i][0]->text, phones[i].last_screen);
            if (n_copies[i] > 0 && phones[i].is_last_ussd)
                (void)snprintf(phones[i].last_screen, sizeof(phones[i].last_screen), "%s",
                               responses[i][0]->text);
        }
    }
    assert_true(n_all > 10000);
    assert_int_equal(n_steps(w), n_distinct);
    assert_int_equal(metrics_get(w->metrics, METRIC_duplicates_total), n_all - n_distinct);
}

struct kept {
    uint32_t n_made_again, n_beside;
};

static void on_kept(void *ctx, enum err e, const struct store_record *record)
{
    struct kept *kept = ctx;
    struct learner learner;
    assert_int_equal(e, ERR_OK);
    assert_int_equal(learner_decode(record->state, &learner), ERR_OK);
    kept->n_made_again += learner.link.last.n > 1;
    kept->n_beside += learner.link.last.n == 0;
}

static void on_woken(void *ctx, const struct dialog_response *response)
{
    (void)ctx, (void)response; /* whatever it found to do */
}

/* What may come between a callback and its repeat: time, a reminder, an SMS. */
static void let_something_happen(struct world *w, const char *number, uint32_t n, uint32_t *seed)
{
    char id[16];
    (void)snprintf(id, sizeof(id), "m%u", n);
    if (next_random(seed) % 4 == 0)
        loop_mem_advance(w->loop, next_random(seed) % (20 * 3600 * 1000));
    if (next_random(seed) % 6 == 0) {
        struct number_id number_id = vault_number_id(w->vault, str_from(number));
        assert_int_equal(dialogs_wake(w->dialogs, &number_id, on_woken, NULL), ERR_OK);
        loop_mem_settle(w->loop);
    }
    if (next_random(seed) % 6 == 0)
        (void)ask(w, sms(number, id, n % 2 == 0 ? "HELP" : "1"));
}

/* docs/reliability.md T3: whatever was said on a USSD screen is said again to the byte, also when
 * its text is not kept; pages that were turned included. */
static void says_a_screen_again_to_the_byte(void **state)
{
    struct world *w = *state;
    static const char *const inputs[] = {"1",
                                         "1",
                                         "2",
                                         "3",
                                         "9",
                                         "9",
                                         "0",
                                         "MENU",
                                         "HELP",
                                         "SCORE",
                                         "LANG",
                                         "MODULES",
                                         "SAFE",
                                         "JOIN",
                                         "STOP",
                                         "DELETE",
                                         "what is that?",
                                         "my uncle beats me"};
    struct kept kept = {0};
    uint32_t seed = 20261128;
    for (uint32_t phone = 0; phone < 40; phone++) {
        char number[20], session[16] = "s0", path[600] = "";
        (void)snprintf(number, sizeof(number), "+2547000%05u", phone);
        for (uint32_t n = 0; n < 60; n++) {
            struct response *first = ask(w, ussd(number, session, path)), *again;
            struct number_id id = vault_number_id(w->vault, str_from(number));
            store_load(w->mem, &id, on_kept, &kept);
            loop_mem_settle(w->loop);
            let_something_happen(w, number, n, &seed);
            again = ask(w, ussd(number, session, path));
            assert_int_equal(again->outcome, DIALOG_OUTCOME_REPEAT);
            if (strcmp(again->text, first->text) != 0 || again->is_open != first->is_open)
                fail_msg("phone %u step %u '%s':\n%s\n---\n%s", phone, n, path, first->text,
                         again->text);
            size_t len = strlen(path);
            const char *input = inputs[next_random(&seed) % ARRAY_LEN(inputs)];
            if (!first->is_open || len > 500 || next_random(&seed) % 12 == 0) {
                (void)snprintf(session, sizeof(session), "s%u", n + 1);
                input = "";
                len = 0;
            }
            (void)snprintf(path + len, sizeof(path) - len, "%s%s", len > 0 ? "*" : "", input);
            w->n_asked = 0;
        }
    }
    assert_true(kept.n_made_again > 5 * kept.n_beside);
}

/* What cannot be made again as it was is not said again in other words. */
static void says_the_present_screen_where_a_text_has_changed(void **state)
{
    struct world *w = *state;
    struct inbound help = ussd("+254700000001", "s1", "HELP");
    (void)ask(w, ussd("+254700000001", "s1", ""));
    struct response *first = ask(w, help);
    assert_string_equal(ask(w, help)->text, first->text);
    assert_non_null(strstr(first->text, "Org"));
    w->config.org = STR("Other");
    struct response *again = ask(w, help);
    assert_int_equal(again->outcome, DIALOG_OUTCOME_REPEAT);
    assert_string_equal(again->text, ask(w, ussd("+254700000002", "s1", ""))->text);
    assert_true(again->is_open);
    /* Without the course nothing can be made: in a minute it will be there. */
    struct course_set *courses = w->courses;
    dialogs_free(w->dialogs);
    w->courses = course_set_new(w->loop, NULL);
    w->dialogs = new_dialogs(w, w->mem);
    assert_int_equal(ask(w, help)->outcome, DIALOG_OUTCOME_BUSY);
    course_set_free(w->courses);
    w->courses = courses;
}

/* docs/reliability.md T32: copies of a request that says only what was typed last, at once or some
 * time apart, are one step; the same key after a person has read the screen is another. */
static void takes_copies_of_a_single_input_once(void **state)
{
    struct world *w = *state;
    (void)ask(w, sms("+254700000001", "a", "JOIN"));
    (void)ask(w, sms("+254700000001", "b", "1"));
    (void)ask(w, sms("+254700000001", "c", "0"));
    (void)ask(w, ussd("+254700000001", "s1", ""));
    (void)ask(w, ussd("+254700000001", "s1", "1"));
    struct inbound in = ussd("+254700000001", "s1", "2");
    in.is_repeatable_input = true;
    uint64_t n = n_steps(w);
    struct response *first = submit(w, in), *copy = submit(w, in);
    loop_mem_advance(w->loop, 300);
    assert_string_equal(copy->text, first->text);
    for (int i = 0; i < 3; i++) {
        struct response *later = submit(w, in);
        loop_mem_advance(w->loop, 300);
        assert_string_equal(later->text, first->text);
    }
    assert_int_equal(n_steps(w), n + 1);
    loop_mem_advance(w->loop, DEDUP_INPUT_WINDOW_MS);
    (void)ask(w, in);
    assert_int_equal(n_steps(w), n + 2);
}

/* docs/reliability.md T31: an id comes again after many messages; with other words it is another
 * one. */
static void knows_an_sms_after_many_others(void **state)
{
    struct world *w = *state;
    (void)ask(w, sms("+254700000001", "a", "JOIN"));
    (void)ask(w, sms("+254700000001", "b", "1"));
    for (int i = 0; i < 20; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "h%d", i);
        (void)ask(w, sms("+254700000001", id, i % 2 == 0 ? "HELP" : "SCORE"));
    }
    uint64_t n = n_steps(w);
    loop_mem_advance(w->loop, 71 * 3600 * 1000);
    assert_int_equal(ask(w, sms("+254700000001", "b", "1"))->outcome, DIALOG_OUTCOME_REPEAT);
    assert_int_equal(n_steps(w), n);
    assert_int_equal(ask(w, sms("+254700000001", "b", "MENU"))->outcome, DIALOG_OUTCOME_STEPPED);
}

/* However often its id was used; once it is obeyed, a repeat of it is one. */
static void obeys_stop_whatever_its_id(void **state)
{
    struct world *w = *state;
    (void)ask(w, sms("+254700000001", "a", "JOIN"));
    (void)ask(w, sms("+254700000001", "a", "1"));
    assert_int_equal(ask(w, sms("+254700000001", "a", "STOP"))->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(ask(w, sms("+254700000001", "a", "STOP"))->outcome, DIALOG_OUTCOME_REPEAT);
    assert_int_equal(ask(w, sms("+254700000001", "b", "JOIN"))->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(ask(w, sms("+254700000001", "a", "STOP"))->outcome, DIALOG_OUTCOME_STEPPED);
}

/* The next step of a session asks the store nothing before its commit; a repeat does. */
static void remembers_what_it_committed(void **state)
{
    struct world *w = *state;
    (void)ask(w, ussd("+254700000001", "s1", ""));
    store_mem_fail(w->mem, "load", ERR_UNAVAILABLE, false, UINT32_MAX);
    assert_int_equal(ask(w, ussd("+254700000001", "s1", "1"))->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(ask(w, ussd("+254700000001", "s1", "1*1"))->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(ask(w, ussd("+254700000001", "s1", "1*1"))->outcome, DIALOG_OUTCOME_BUSY);
    assert_int_equal(ask(w, ussd("+254700000001", "s2", ""))->outcome, DIALOG_OUTCOME_BUSY);
    assert_int_equal(ask(w, sms("+254700000001", "a", "HELP"))->outcome, DIALOG_OUTCOME_SPOOLED);
}

/* What it remembers is out of date: another process had the step before. */
static void steps_on_the_present_state_after_another_process(void **state)
{
    struct world *w = *state;
    struct dialogs *other = new_dialogs(w, w->mem);
    struct response *a, *b;
    (void)ask(w, ussd("+254700000001", "s1", ""));
    (void)ask(w, ussd("+254700000001", "s1", "1"));
    struct inbound there = ussd("+254700000001", "s1", "1*0"), here;
    assert_int_equal(submit_to(w, other, &there, false, &a), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(a->outcome, DIALOG_OUTCOME_STEPPED);
    here = ussd("+254700000001", "s1", "1*0*1");
    assert_int_equal(submit_to(w, w->dialogs, &here, false, &b), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(b->outcome, DIALOG_OUTCOME_STEPPED);
    assert_int_equal(metrics_get(w->metrics, METRIC_conflicts_total), 1);
    assert_int_equal(n_steps(w), 4);
    dialogs_free(other);
}

/* The fifth key comes to a front that knows the second one: it is no copy of the fourth. */
static void tells_the_same_key_from_a_copy_at_another_front(void **state)
{
    struct world *w = *state;
    struct dialogs *other = new_dialogs(w, w->mem);
    static const char *const keys[] = {"", "1", "0", "1", "1", "1"}; /* the last one is */
    struct response *a = NULL;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct inbound in = ussd("+254700000001", "s1", keys[i]);
        in.is_repeatable_input = i > 0;
        (void)submit_to(w, i < 2 || i == 4 ? w->dialogs : other, &in, false, &a);
        loop_mem_advance(w->loop, i < 4 ? 3000 : 100);
        assert_int_equal(a->outcome, i < 5 ? DIALOG_OUTCOME_STEPPED : DIALOG_OUTCOME_REPEAT);
    }
    dialogs_free(other);
}

/* A provider that gives one session id to two phones at once: each has what it would have with an
 * id of its own, and nothing of the other. */
static void keeps_apart_two_phones_of_one_session(void **state)
{
    struct world *w = *state;
    static const struct {
        int who;
        const char *typed;
    } steps[] = {{0, ""},  {0, "1"}, {1, ""},  {0, "2"}, {1, "1"},  {1, "3"}, {0, "1"}, {0, "1"},
                 {1, "1"}, {1, "9"}, {0, "9"}, {1, "0"}, {0, "00"}, {1, "1"}, {0, "1"}, {1, "2"}};
    static const char *const shared[] = {"+254700000001", "+254700000002"};
    static const char *const apart[] = {"+254700000003", "+254700000004"};
    static const char *const sessions[] = {"s3", "s4"};
    uint32_t n_unlike = 0;
    struct response *last[2] = {NULL, NULL};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        int who = steps[i].who;
        struct response *one = ask(w, ussd(shared[who], "s1", steps[i].typed));
        struct response *own = ask(w, ussd(apart[who], sessions[who], steps[i].typed));
        assert_string_equal(one->text, own->text);
        assert_int_equal(one->outcome, own->outcome);
        n_unlike += last[!who] != NULL && strcmp(last[!who]->text, one->text) != 0;
        last[who] = one;
        loop_mem_advance(w->loop, 5000);
    }
    assert_in_range(n_unlike, 3, UINT32_MAX); /* or they were at the same place all the time */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(remembers_what_it_committed),
        IN_WORLD(steps_on_the_present_state_after_another_process),
        IN_WORLD(takes_copies_of_a_single_input_once),
        IN_WORLD(tells_the_same_key_from_a_copy_at_another_front),
        IN_WORLD(knows_an_sms_after_many_others),
        IN_WORLD(obeys_stop_whatever_its_id),
        IN_WORLD(says_a_screen_again_to_the_byte),
        IN_WORLD(keeps_apart_two_phones_of_one_session),
        IN_WORLD(says_the_present_screen_where_a_text_has_changed),
        IN_WORLD(has_no_double_effect_among_ten_thousand_callbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
