/* The link that CLAIM tells: only once the page behind it knows it, by SMS, another one each time.
 * (The page: test_check_page.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/checks.h"
#include "app/course_set.h"
#include "app/dialog/dialog.h"
#include "core/engine/input.h"
#include "core/learner.h"
#include "course_folder.h"
#include "dialog_channels.h"
#include "port/store/learners.h"
#include "port/store/values.h"

#define PHONE "+254700000001"
#define CODE UINT64_C(482109375523)

static const char link_begin[] = "https://c.example/check/claim/";

struct world {
    struct loop *loop;
    struct store *store;
    struct spool *spool;
    struct vault *vault;
    struct metrics *metrics;
    struct config config;
    struct course_set *courses;
    struct dialogs *dialogs;
    enum dialog_outcome outcome;
    char text[2048];
};

static void on_done(void *ctx, enum err e)
{
    (void)ctx; /* nothing waits for it */
    assert_int_equal(e, ERR_OK);
}

/* A learner who has a certificate. */
static void put_learner(struct world *w)
{
    struct learner learner;
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, LEARNER_MAX_BYTES);
    learner_init(&learner);
    learner.seq = 1;
    learner.learner_id[0] = 1;
    learner.state = LEARNER_STATE_DONE;
    learner.consent_ms = START;
    learner.course_key = courses_current(course_set_courses(w->courses))->key;
    learner.certificate = CODE;
    assert_int_equal(str_copy(STR("at"), learner.link.channel, sizeof(learner.link.channel)),
                     ERR_OK);
    assert_int_equal(learner_encode(&learner, LEARNER_RECORD, &bytes), ERR_OK);
    struct number_id id = vault_number_id(w->vault, STR(PHONE));
    store_restore(w->store, &id, buf_str(&bytes), 0, on_done, NULL);
    loop_mem_settle(w->loop);
}

static int open_world(void **state)
{
    struct world *w = test_calloc(1, sizeof(*w));
    w->loop = loop_mem_new((struct wall_ms){START});
    w->store = store_mem_new(w->loop);
    w->spool = spool_mem_new(w->loop);
    w->vault = vault_openssl_new_for_tests(1);
    w->metrics = metrics_new();
    w->config = (struct config){.org = STR("Org"),
                                .url = STR("example.org"),
                                .unavailable_text = STR("Away."),
                                .has_claim_links = true,
                                .check_url = STR("https://c.example/check"),
                                .n_channels = ARRAY_LEN(channels),
                                .channels = channels};
    w->courses = course_set_new(w->loop, w->store);
    course_folder_load(w->courses, "lessons/children-on-the-move", "children-on-the-move@1.0.0");
    w->dialogs = dialogs_new(&(struct dialog_parts){.loop = w->loop,
                                                    .store = w->store,
                                                    .spool = w->spool,
                                                    .vault = w->vault,
                                                    .metrics = w->metrics,
                                                    .config = &w->config,
                                                    .courses = w->courses});
    put_learner(w);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    store_free(w->store);
    spool_free(w->spool);
    dialogs_free(w->dialogs);
    course_set_free(w->courses);
    vault_free(w->vault);
    metrics_free(w->metrics);
    loop_free(w->loop);
    test_free(w);
    return 0;
}

static void on_response(void *ctx, const struct dialog_response *response)
{
    struct world *w = ctx;
    w->outcome = response->outcome;
    (void)snprintf(w->text, sizeof(w->text), "%.*s", STR_ARG(response->text));
}

static void submit(struct world *w, const struct inbound *in)
{
    struct dialog_request request = {.channel = in->kind == INBOUND_USSD ? USSD : SMS,
                                     .inbound = in,
                                     .received = loop_wall(w->loop),
                                     .can_say_sms = true,
                                     .say_max_chars = 1000,
                                     .fn = on_response,
                                     .ctx = w};
    w->outcome = DIALOG_OUTCOME_NONE;
    w->text[0] = '\0';
    assert_int_equal(dialogs_submit(w->dialogs, &request), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_not_equal(w->outcome, DIALOG_OUTCOME_NONE);
}

static void claim_by_sms(struct world *w, const char *id)
{
    submit(w, &(struct inbound){.kind = INBOUND_SMS,
                                .outcome = INBOUND_ACCEPT,
                                .from = STR(PHONE),
                                .country = "KE",
                                .id = str_from(id),
                                .text = STR("CLAIM")});
}

static void type_by_ussd(struct world *w, const char *text)
{
    submit(w,
           &(struct inbound){.kind = INBOUND_USSD,
                             .outcome = INBOUND_ACCEPT,
                             .from = STR(PHONE),
                             .country = "KE",
                             .session = STR("s1"),
                             .phase = text[0] == '\0' ? INBOUND_PHASE_NEW : INBOUND_PHASE_CONTINUE,
                             .text = str_from(text),
                             .raw_text = str_from(text)});
}

static void on_claim(void *ctx, enum err e, struct str value)
{
    assert_int_equal(e, ERR_OK);
    assert_true(checks_claim_read(value, ctx));
}

/* The token that was told, and what the page knows of it. */
static void expect_link(struct world *w, char token[ENGINE_CLAIM_LETTERS + 1])
{
    char key[CHECKS_CLAIM_KEY_BYTES];
    struct checks_claim claim = {.code = 0};
    const char *link = strstr(w->text, link_begin);
    if (link == NULL)
        fail_msg("%s", w->text);
    (void)snprintf(token, ENGINE_CLAIM_LETTERS + 1, "%s", link + strlen(link_begin));
    assert_true(checks_claim_is_token(str_from(token)));
    checks_claim_key(str_from(token), key);
    store_session_get(w->store, str_from(key), on_claim, &claim);
    loop_mem_settle(w->loop);
    assert_int_equal(claim.state, CHECKS_CLAIM_NEW);
    assert_int_equal(claim.code, CODE);
    assert_int_equal(claim.until_ms, loop_wall(w->loop).ms + CHECKS_CLAIM_KEPT_MS);
}

static void tells_a_link_that_works(void **state)
{
    struct world *w = *state;
    char one[ENGINE_CLAIM_LETTERS + 1], two[ENGINE_CLAIM_LETTERS + 1];
    claim_by_sms(w, "a");
    expect_link(w, one);
    loop_mem_advance(w->loop, 60000); /* the same words again at once are one message */
    claim_by_sms(w, "b");
    expect_link(w, two);
    assert_string_not_equal(one, two);
}

static void tells_no_link_that_is_not_kept(void **state)
{
    struct world *w = *state;
    store_mem_fail(w->store, "session_put", ERR_TIMEOUT, false, 1);
    claim_by_sms(w, "a");
    assert_int_equal(w->outcome, DIALOG_OUTCOME_SPOOLED); /* said when the store is back */
    assert_string_equal(w->text, "");
}

/* A screen leaves no copy. */
static void what_is_asked_for_by_ussd_comes_by_sms(void **state)
{
    struct world *w = *state;
    type_by_ussd(w, "");
    type_by_ussd(w, "CLAIM");
    if (strstr(w->text, "We go on by SMS.") == NULL || strstr(w->text, link_begin) != NULL)
        fail_msg("%s", w->text);
}

static void without_links_people_send_badges(void **state)
{
    struct world *w = *state;
    w->config.has_claim_links = false;
    claim_by_sms(w, "a");
    if (strstr(w->text, "your e-mail address") == NULL || strstr(w->text, link_begin) != NULL)
        fail_msg("%s", w->text);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(tells_a_link_that_works),
        IN_WORLD(tells_no_link_that_is_not_kept),
        IN_WORLD(what_is_asked_for_by_ussd_comes_by_sms),
        IN_WORLD(without_links_people_send_badges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
