#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/outbox/outbox.h"
#include "core/learner.h"
#include "log_reader.h"
#include "port/store/stream.h"
#include "wire/form.h"

/* The sender's policy on memory ports: a store, a sink, a provider that answers as it is told. */
struct world {
    struct log_reader log;
    struct loop *loop;
    struct store *store;
    struct sink *sink;
    struct sender *sender;
    struct vault *vault;
    struct config config;
    struct config_channel channel;
    struct setting settings[3];
    struct channels channels;
    struct metrics *metrics;
    struct outbox *outbox;
    uint64_t n_lives; /* of outboxes: the fence of the last one */
    char sent[4096];  /* "to text|" of every request that was answered with success */
    char opted_out[32];
    timer_fn *opt_out_done;
    void *opt_out_ctx;
    uint32_t n_owners; /* that an operator told of */
    bool is_same;      /* as it said last */
};

static const struct wall_ms start = {1732433860000};

static void on_request(void *ctx, const struct sender_request *request, struct str response)
{
    struct world *w = ctx;
    (void)response; /* as the test has set it */
    struct arena *arena = arena_new(65536);
    struct form form;
    assert_int_equal(form_parse(request->body, arena, &form), ERR_OK);
    size_t n = strlen(w->sent);
    (void)snprintf(w->sent + n, sizeof(w->sent) - n, "%.*s %.*s|",
                   STR_ARG(form_get(&form, STR("to"))), STR_ARG(form_get(&form, STR("message"))));
    arena_free(arena);
}

static void on_opt_out(void *ctx, const struct channel *channel, struct str number, struct str id,
                       timer_fn *done, void *done_ctx)
{
    struct world *w = ctx;
    (void)channel;
    assert_true(id.len > 0);
    w->opt_out_done = done;
    w->opt_out_ctx = done_ctx;
    assert_int_equal(str_copy(number, w->opted_out, sizeof(w->opted_out)), ERR_OK);
}

static void on_owner(void *ctx, const struct number_id *id, uint32_t seq, bool is_same,
                     timer_fn *done, void *done_ctx)
{
    struct world *w = ctx;
    struct number_id expected = vault_number_id(w->vault, STR("+254700000101"));
    assert_memory_equal(id, &expected, sizeof(expected));
    assert_int_equal(seq, 1);
    w->n_owners++;
    w->is_same = is_same;
    w->opt_out_done = done;
    w->opt_out_ctx = done_ctx;
}

static void open_outbox(struct world *w)
{
    struct outbox_ports ports = {.loop = w->loop,
                                 .store = w->store,
                                 .sink = w->sink,
                                 .sender = w->sender,
                                 .vault = w->vault,
                                 .config = &w->config,
                                 .channels = &w->channels,
                                 .metrics = w->metrics,
                                 .on_opt_out = on_opt_out,
                                 .on_owner = on_owner,
                                 .ctx = w};
    w->outbox = outbox_new(&ports);
    outbox_own_all(w->outbox, ++w->n_lives);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->loop = loop_mem_new(start);
    w->store = store_mem_new(w->loop);
    w->sink = sink_mem_new(w->loop);
    w->sender = sender_mem_new(w->loop);
    w->vault = vault_openssl_new_for_tests(1);
    w->metrics = metrics_new();
    w->settings[0] = (struct setting){STR("username"), STR("demo")};
    w->settings[1] = (struct setting){STR("apikey"), STR("k")};
    w->settings[2] = (struct setting){STR("send_url"), STR("http://127.0.0.1:1/sim/send/at")};
    w->channel = (struct config_channel){.name = STR("at"),
                                         .profile = STR("africastalking"),
                                         .country = STR("KE"),
                                         .from = STR("21500"),
                                         .settings = {w->settings, 3},
                                         .tps = 10,
                                         .price = 800000,
                                         .max_in_flight = 4,
                                         .is_unsigned_allowed = true,
                                         .new_numbers_hour = 100000};
    w->config = (struct config){.currency = STR("KES"),
                                .profiles_dir = STR("config/profiles"),
                                .n_channels = 1,
                                .channels = &w->channel};
    struct errmsg msg;
    if (channels_load(&w->config, &w->channels, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    sender_mem_watch(w->sender, on_request, w);
    open_outbox(w);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    sender_free(w->sender);
    store_free(w->store);
    sink_free(w->sink);
    outbox_free(w->outbox);
    channels_fini(&w->channels);
    vault_free(w->vault);
    metrics_free(w->metrics);
    loop_free(w->loop);
    free(w);
    return 0;
}

static void on_committed(void *ctx, enum err e, const struct store_record *rec)
{
    (void)ctx;
    (void)rec;
    assert_int_equal(e, ERR_OK);
}

/* Puts one SMS into the outbox, as a dialog's commit does, of a learner who stands so. */
static void enqueue_of(struct world *w, const char *number, struct message m, struct str state)
{
    struct number_id id = vault_number_id(w->vault, str_from(number));
    struct buf sealed CLEANUP(buf_fini), payload CLEANUP(buf_fini);
    struct vault_sealed s;
    buf_init(&sealed, 256);
    buf_init(&payload, 4096);
    struct str aad = {(const char *)id.bytes, sizeof(id.bytes)};
    assert_int_equal(vault_seal(w->vault, aad, str_from(number), &sealed, &s), ERR_OK);
    m.number_id = id;
    m.vault_key_id = s.key_id;
    m.vault_ciphertext = s.ciphertext;
    m.created_at = loop_wall(w->loop);
    memcpy(m.vault_nonce, s.nonce, sizeof(m.vault_nonce));
    message_encode(&m, &payload);
    struct store_commit commit = {.id = id,
                                  .expected_seq = m.seq - 1,
                                  .state = state,
                                  .outbox = {buf_str(&payload)},
                                  .n_outbox = 1,
                                  .due_at_ms = -1};
    store_commit(w->store, &commit, on_committed, NULL);
    loop_mem_settle(w->loop);
}

static void enqueue_message(struct world *w, const char *number, struct message m)
{
    const char state[6] = {0, 0, 0, (char)m.seq, 1, 0};
    enqueue_of(w, number, m, (struct str){state, sizeof(state)});
}

static void enqueue(struct world *w, const char *number, uint32_t seq, const char *text,
                    enum message_class class, int64_t expires_ms)
{
    enqueue_message(w, number,
                    (struct message){.channel = STR("at"),
                                     .class = class,
                                     .seq = seq,
                                     .text = str_from(text),
                                     .expires_at = {expires_ms}});
}

struct taken {
    char json[LOG_READER_BYTES];
    uint32_t n;
};

/* What the sender told the events stream. */
static struct taken take_events(struct world *w)
{
    struct taken t;
    log_reader_ask(&w->log, w->store);
    loop_mem_settle(w->loop);
    t.n = w->log.n;
    (void)snprintf(t.json, sizeof(t.json), "%s", w->log.text);
    return t;
}

static struct taken expect_status(struct world *w, const char *status)
{
    struct taken t = take_events(w);
    char wanted[64];
    (void)snprintf(wanted, sizeof(wanted), "\"status\":\"%s\"", status);
    assert_int_equal(t.n, 1);
    assert_non_null(strstr(t.json, wanted));
    assert_null(strstr(t.json, "254700")); /* no number in what PostgreSQL gets */
    return t;
}

static void a_message_is_sent_once_and_told(void **state)
{
    struct world *w = *state;
    enqueue(w, "+254700000101", 1, "Lesson 1", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 5000);
    assert_string_equal(w->sent, "+254700000101 Lesson 1|");
    struct taken t = expect_status(w, "sent");
    assert_non_null(strstr(t.json, "\"segments\":1,\"encoding\":\"gsm7\",\"attempt\":1,"
                                   "\"country\":\"KE\""));
    assert_non_null(strstr(t.json, "\"price\":0.800000,\"currency\":\"KES\""));
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_total), 1);
}

static void one_phone_gets_its_messages_in_order(void **state)
{
    struct world *w = *state;
    sender_mem_response(w->sender, SENDER_REACHED_NOT, 0, NULL, 1); /* the first must be repeated */
    enqueue(w, "+254700000101", 1, "one", MESSAGE_CLASS_REPLY, 0);
    enqueue(w, "+254700000101", 2, "two", MESSAGE_CLASS_REPLY, 0);
    enqueue(w, "+254700000101", 3, "three", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 10000);
    assert_string_equal(w->sent, "+254700000101 one|+254700000101 two|+254700000101 three|");
}

static void replies_go_before_pushes(void **state)
{
    struct world *w = *state;
    char number[20];
    for (uint32_t i = 0; i < 30; i++) {
        (void)snprintf(number, sizeof(number), "+2547000002%02u", i);
        enqueue(w, number, 1, "push", MESSAGE_CLASS_PUSH, 0);
    }
    enqueue(w, "+254700000101", 1, "reply", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 400);
    assert_non_null(strstr(w->sent, "reply"));
    assert_true(metrics_get(w->metrics, METRIC_sends_total) < 20);
    loop_mem_advance(w->loop, 10000);
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_total), 31); /* and none starves */
}

static void the_rate_of_the_channel_is_kept(void **state)
{
    struct world *w = *state;
    char number[20];
    for (uint32_t i = 0; i < 60; i++) {
        (void)snprintf(number, sizeof(number), "+2547000003%02u", i);
        enqueue(w, number, 1, "x", MESSAGE_CLASS_REPLY, 0);
    }
    loop_mem_advance(w->loop, 3000); /* a burst of one second, then 10 a second */
    uint64_t n = metrics_get(w->metrics, METRIC_sends_total);
    assert_in_range(n, 36, 41);
}

/* Africa's Talking documents no rate; a copy of its profile that does stands in dir. */
static void write_profile_with_rate(const char *dir)
{
    char text[16384], path[128];
    FILE *in = fopen("config/profiles/africastalking.yaml", "re");
    assert_non_null(in);
    size_t n = fread(text, 1, sizeof(text) - 1, in);
    (void)fclose(in); /* only read */
    text[n] = '\0';
    char *limits = strstr(text, "limits:\n");
    assert_non_null(limits);
    (void)snprintf(path, sizeof(path), "%s/africastalking.yaml", dir);
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    (void)fprintf(out, "%.*slimits:\n  per_second: 30\n%s", (int)(limits - text), text,
                  limits + strlen("limits:\n"));
    assert_int_equal(fclose(out), 0);
}

static void without_a_configured_rate_the_documented_one_is_kept(void **state)
{
    struct world *w = *state;
    char number[20], dir[] = "/tmp/waypost-profile.XXXXXX", path[128];
    struct errmsg msg;
    assert_non_null(mkdtemp(dir));
    write_profile_with_rate(dir);
    w->channel.tps = 0;
    w->config.profiles_dir = str_from(dir);
    channels_fini(&w->channels);
    assert_int_equal(channels_load(&w->config, &w->channels, &msg), ERR_OK);
    for (uint32_t i = 0; i < 99; i++) {
        (void)snprintf(number, sizeof(number), "+2547000003%02u", i);
        enqueue(w, number, 1, "x", MESSAGE_CLASS_REPLY, 0);
    }
    loop_mem_advance(w->loop, 2000);
    assert_in_range(metrics_get(w->metrics, METRIC_sends_total), 80, 92);
    (void)snprintf(path, sizeof(path), "%s/africastalking.yaml", dir);
    assert_int_equal(remove(path), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void an_answer_that_never_came_is_unknown_and_not_repeated(void **state)
{
    struct world *w = *state;
    sender_mem_response(w->sender, SENDER_REACHED_MAYBE, 0, NULL, 1);
    enqueue(w, "+254700000101", 1, "Lesson 1", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 3600 * 1000);
    assert_string_equal(w->sent, "");
    (void)expect_status(w, "unknown");
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_unknown_total), 1);
}

/* A 201 with more in it than we read: the provider may well have taken it. */
static void an_answer_that_nobody_can_read_is_unknown_and_not_repeated(void **state)
{
    struct world *w = *state;
    static char body[16000] = "{\"SMSMessageData\":{\"Recipients\":[1";
    size_t n = strlen(body);
    while (n + 6 < sizeof(body))
        n += (size_t)snprintf(body + n, sizeof(body) - n, ",1");
    (void)snprintf(body + n, sizeof(body) - n, "]}}");
    sender_mem_response(w->sender, SENDER_REACHED_RESPONSE, 201, body, 1);
    enqueue(w, "+254700000101", 1, "Lesson 1", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 3600 * 1000);
    (void)expect_status(w, "unknown");
    assert_string_equal(w->sent, "+254700000101 Lesson 1|");
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_unknown_total), 1);
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
}

static void a_server_error_is_tried_again_until_the_message_expires(void **state)
{
    struct world *w = *state;
    sender_mem_response(w->sender, SENDER_REACHED_RESPONSE, 500, "oops", UINT32_MAX);
    enqueue(w, "+254700000101", 1, "late", MESSAGE_CLASS_REPLY, start.ms + 60000);
    loop_mem_advance(w->loop, 120000);
    (void)expect_status(w, "failed");
    assert_true(metrics_get(w->metrics, METRIC_sends_retried_total) >= 2);
}

static void what_expires_before_it_could_be_tried_again_is_told_at_once(void **state)
{
    struct world *w = *state;
    /* what was throttled waits for a whole second, where a back-off is drawn and may be nothing */
    sender_mem_response(w->sender, SENDER_REACHED_RESPONSE, 429, "slow down", UINT32_MAX);
    enqueue(w, "+254700000101", 1, "late", MESSAGE_CLASS_REPLY, loop_wall(w->loop).ms + 50);
    loop_mem_advance(w->loop, 40);
    (void)expect_status(w, "failed");
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_retried_total), 0);
}

static void a_refusal_is_final(void **state)
{
    struct world *w = *state;
    sender_mem_response(w->sender, SENDER_REACHED_RESPONSE, 401, "bad key", 1);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 60000);
    struct taken t = expect_status(w, "failed");
    assert_null(strstr(t.json, "price")); /* and costs nothing */
}

/* Who left, or disclosed harm, gets nothing any more of what was said before; the others do, also
 * those who share the number. */
static void what_was_said_before_somebody_left_is_not_sent(void **state)
{
    struct world *w = *state;
    enum { FIRST, OTHER, NOBODY };
    static const struct {
        uint8_t person;       /* whom the message is about */
        uint32_t void_before; /* of that person */
        bool is_parting, is_other_void;
        const char *status;
    } rows[] = {{FIRST, 0, false, false, "sent"},   {FIRST, 1, false, false, "sent"},
                {FIRST, 2, false, false, "capped"}, {FIRST, 2, true, false, "sent"},
                {FIRST, 0, false, true, "sent"},    {OTHER, 0, false, false, "sent"},
                {OTHER, 2, false, false, "capped"}, {OTHER, 2, true, false, "sent"},
                {NOBODY, 0, false, false, "capped"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char number[20], wanted[32];
        struct buf bytes CLEANUP(buf_fini);
        struct learner first, other;
        (void)snprintf(number, sizeof(number), "+25470000%04zu", i);
        buf_init(&bytes, LEARNER_MAX_BYTES);
        learner_init(&first);
        learner_init(&other);
        first.learner_id[0] = FIRST + 1;
        other.learner_id[0] = OTHER + 1;
        first.seq = other.seq = 3;
        first.void_before = rows[i].person == FIRST ? rows[i].void_before : 0;
        other.void_before = rows[i].is_other_void     ? 3
                            : rows[i].person == OTHER ? rows[i].void_before
                                                      : 0;
        assert_int_equal(learner_set_other(&first, 0, &other), ERR_OK);
        assert_int_equal(learner_encode(&first, LEARNER_RECORD, &bytes), ERR_OK);
        w->sent[0] = '\0';
        enqueue_of(w, number,
                   (struct message){.channel = STR("at"),
                                    .class = MESSAGE_CLASS_REPLY,
                                    .seq = 1,
                                    .learner_id = {rows[i].person + 1u},
                                    .is_parting = rows[i].is_parting,
                                    .text = STR("x")},
                   buf_str(&bytes));
        loop_mem_advance(w->loop, 5000);
        (void)snprintf(wanted, sizeof(wanted), "\"status\":\"%s\"", rows[i].status);
        struct taken t = take_events(w);
        if (t.n != 1 || strstr(t.json, wanted) == NULL ||
            (w->sent[0] != '\0') != (strcmp(rows[i].status, "sent") == 0))
            fail_msg("row %zu: %u times '%s' and sent '%s'", i, t.n, t.json, w->sent);
    }
}

static void a_server_error_is_given_up_after_its_attempts(void **state)
{
    struct world *w = *state;
    sender_mem_response(w->sender, SENDER_REACHED_RESPONSE, 500, "oops", UINT32_MAX);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 12 * 3600 * 1000);
    struct taken t = expect_status(w, "failed");
    assert_non_null(strstr(t.json, "\"attempt\":12"));
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_retried_total), OUTBOX_MAX_ATTEMPTS - 1);
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
}

static void a_throttled_channel_waits_and_goes_on(void **state)
{
    struct world *w = *state;
    sender_mem_response(w->sender, SENDER_REACHED_RESPONSE, 429, "slow down", 1);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 60000);
    assert_string_equal(w->sent, "+254700000101 x|");
    (void)expect_status(w, "sent");
}

static void a_store_that_goes_away_at_the_end_costs_no_second_sms(void **state)
{
    struct world *w = *state;
    store_mem_fail(w->store, "settle", ERR_UNAVAILABLE, false, 5);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 60000);
    assert_string_equal(w->sent, "+254700000101 x|");
    (void)expect_status(w, "sent");
}

/* A read whose response was lost hands everything out again; what is in hand is not sent twice. */
static void entries_that_come_again_are_sent_once(void **state)
{
    struct world *w = *state;
    sender_mem_response(w->sender, SENDER_REACHED_NOT, 0, NULL, 1);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    assert_true(outbox_hold(w->outbox, 0, true));
    assert_false(outbox_hold(w->outbox, 0, true)); /* it was so before */
    store_mem_fail(w->store, "read", ERR_TIMEOUT, false, 1);
    enqueue(w, "+254700000102", 1, "y", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(outbox_n_jobs(w->outbox), 2);
    (void)outbox_hold(w->outbox, 0, false);
    loop_mem_advance(w->loop, 20000);
    assert_non_null(strstr(w->sent, "+254700000101 x|")); /* the back-off has chance in it */
    assert_non_null(strstr(w->sent, "+254700000102 y|"));
    assert_int_equal(strlen(w->sent), 2 * strlen("+254700000101 x|"));
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
}

/* The sender dies between the mark and the response; the next life must not send again. */
static void a_message_marked_before_a_crash_is_unknown(void **state)
{
    struct world *w = *state;
    store_mem_fail(w->store, "settle", ERR_UNAVAILABLE, false, UINT32_MAX);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 3000);
    assert_string_equal(w->sent, "+254700000101 x|");
    struct outbox *dead = w->outbox; /* keeps its timers; its settles go on failing until now */
    outbox_drain(dead, NULL, NULL);
    open_outbox(w);
    loop_mem_advance(w->loop, 3000);
    assert_true(metrics_get(w->metrics, METRIC_sends_unknown_total) == 1);
    store_mem_fail(w->store, "settle", ERR_OK, false, 0);
    loop_mem_advance(w->loop, 3000);
    assert_string_equal(w->sent, "+254700000101 x|");
    /* the ports must be gone before the outbox that they could call back */
    sender_free(w->sender);
    store_free(w->store);
    sink_free(w->sink);
    outbox_free(dead);
    w->sender = sender_mem_new(w->loop);
    w->store = store_mem_new(w->loop);
    w->sink = sink_mem_new(w->loop);
}

/* The outcome is told, and the message removed, once the STOP is on disk. */
static void an_opt_out_is_handed_up(void **state)
{
    struct world *w = *state;
    sender_mem_response(w->sender, SENDER_REACHED_RESPONSE, 200,
                        "{\"SMSMessageData\":{\"Recipients\":[{\"status\":\"UserInBlacklist\","
                        "\"statusCode\":406,\"messageId\":\"None\"}]}}",
                        1);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 3000);
    assert_string_equal(w->opted_out, "+254700000101");
    assert_int_equal(outbox_n_jobs(w->outbox), 1);
    w->opt_out_done(w->opt_out_ctx);
    loop_mem_advance(w->loop, 3000);
    (void)expect_status(w, "failed");
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
}

/* What an operator says of a number is for the learner's record only; without a response it is
 * asked again, within its time, and the text is never sent to anybody. */
static void a_question_is_no_message(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *channel;
        enum sender_reached reached;
        int status;
        uint32_t n; /* requests that go so, then "same" */
        const char *body;
        uint32_t n_owners;
        bool is_same;
    } rows[] = {
        {"at", SENDER_REACHED_RESPONSE, 200, 0, NULL, 1, true},
        {"at", SENDER_REACHED_RESPONSE, 200, 1,
         "{\"SMSMessageData\":{\"Recipients\":[{\"status\":\"UserInBlacklist\"}]}}", 1, false},
        {"at", SENDER_REACHED_MAYBE, 0, 3, NULL, 1, true},
        {"at", SENDER_REACHED_NOT, 0, 3, NULL, 1, true},
        {"at", SENDER_REACHED_RESPONSE, 503, 3, "{}", 1, true},
        {"at", SENDER_REACHED_RESPONSE, 503, 1000, "{}", 0, false},
        {"at", SENDER_REACHED_RESPONSE, 404, 1, "{}", 0, false},
        {"at", SENDER_REACHED_RESPONSE, 200, 1, "{}", 0, false},
        {"gone", SENDER_REACHED_RESPONSE, 200, 0, NULL, 0, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        void *other = NULL;
        assert_int_equal(set_up(&other), 0);
        w = other;
        sender_mem_response(w->sender, rows[i].reached, rows[i].status, rows[i].body, rows[i].n);
        enqueue_message(w, "+254700000101",
                        (struct message){.channel = str_from(rows[i].channel),
                                         .class = MESSAGE_CLASS_PUSH,
                                         .seq = 1,
                                         .text = STR("2024-01-06"),
                                         .is_answer = true,
                                         .is_question = true,
                                         .expires_at = {start.ms + 3600000}});
        loop_mem_advance(w->loop, 2 * 3600000);
        assert_int_equal(w->n_owners, rows[i].n_owners);
        assert_int_equal(w->is_same, rows[i].is_same);
        assert_int_equal(outbox_n_jobs(w->outbox), rows[i].n_owners); /* until it is on disk */
        if (w->n_owners > 0)
            w->opt_out_done(w->opt_out_ctx);
        loop_mem_advance(w->loop, 3000);
        assert_int_equal(outbox_n_jobs(w->outbox), 0);
        assert_int_equal(take_events(w).n, 0);
        assert_string_equal(w->opted_out, "");
        if (strcmp(rows[i].channel, "gone") == 0)
            assert_string_equal(w->sent, "");
        (void)tear_down(&other);
    }
}

/* ---- shared with other senders ---- */

static void own(struct world *w, uint32_t first, uint64_t fence)
{
    uint64_t fences[STORE_LEASE_RANGES] = {0};
    for (uint32_t i = first; i < STORE_LEASE_RANGES; i++)
        fences[i] = fence;
    outbox_own(w->outbox, fences);
    loop_mem_advance(w->loop, 100);
}

/* A number whose bucket is in the upper or the lower half of the ranges. */
static void number_of_half(const struct world *w, bool is_upper, char dst[24])
{
    struct number_id id;
    uint32_t i = 0;
    do {
        (void)snprintf(dst, 24, "+254700000%03u", i++);
        id = vault_number_id(w->vault, str_from(dst));
    } while ((id.bytes[0] >= STORE_BUCKETS / 2) != is_upper);
}

/* While all wait for the provider, somebody else takes over the lower half. */
static void what_is_given_away_takes_nothing_along(void **state)
{
    struct world *w = *state;
    char kept[24], given[24], wanted[64];
    number_of_half(w, true, kept);
    number_of_half(w, false, given);
    sender_mem_response(w->sender, SENDER_REACHED_RESPONSE, 429, "slow down", 1);
    enqueue(w, "+254700000999", 1, "first", MESSAGE_CLASS_REPLY, loop_wall(w->loop).ms + 1);
    loop_mem_settle(w->loop);
    enqueue(w, given, 1, "x", MESSAGE_CLASS_REPLY, 0);
    enqueue(w, kept, 1, "y", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 100); /* both are in hand */
    assert_string_equal(w->sent, "");
    own(w, STORE_LEASE_RANGES / 2, 1);
    loop_mem_advance(w->loop, 30000);
    (void)snprintf(wanted, sizeof(wanted), "%s y|", kept);
    assert_string_equal(w->sent, wanted);
}

static void enqueue_many(struct world *w, uint32_t n)
{
    char number[24];
    for (uint32_t i = 0; i < n; i++) {
        (void)snprintf(number, sizeof(number), "+254700000%03u", i);
        enqueue(w, number, 1, "x", MESSAGE_CLASS_REPLY, 0);
    }
}

static uint32_t n_sent(const struct world *w)
{
    uint32_t n = 0;
    for (const char *p = w->sent; *p != '\0'; p++)
        n += *p == '|';
    return n;
}

static void what_is_not_begun_goes_with_its_bucket(void **state)
{
    struct world *w = *state;
    own(w, 0, 1);
    (void)outbox_hold(w->outbox, 0, true);
    enqueue_many(w, 20);
    enqueue(w, "+254700000001", 2, "second", MESSAGE_CLASS_REPLY, 0); /* behind the first */
    loop_mem_advance(w->loop, 2000);
    assert_int_equal(outbox_n_jobs(w->outbox), 21);
    own(w, STORE_LEASE_RANGES, 0);
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
    (void)outbox_hold(w->outbox, 0, false);
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(n_sent(w), 0); /* nor is anything read */
    own(w, 0, 2);
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(n_sent(w), 21); /* it is ours again: once each */
    assert_int_equal(metrics_get(w->metrics, METRIC_illegal_moves_total), 0);
}

static void only_the_own_buckets_are_read(void **state)
{
    struct world *w = *state;
    own(w, STORE_LEASE_RANGES / 2, 1);
    enqueue_many(w, 40);
    loop_mem_advance(w->loop, 20000);
    assert_in_range(n_sent(w), 8, 32); /* half of them, by chance */
    uint32_t n = n_sent(w);
    own(w, 0, 1);
    loop_mem_advance(w->loop, 20000);
    assert_int_equal(n_sent(w), 40);
    assert_true(n < 40);
}

static void what_is_begun_ends_before_the_bucket_is_idle(void **state)
{
    struct world *w = *state;
    own(w, 0, 1);
    store_mem_fail(w->store, "settle", ERR_UNAVAILABLE, false, UINT32_MAX);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 3000);
    struct outbox_status status = outbox_status_of(w->outbox, 0);
    assert_int_equal(status.n_in_flight, 1);
    assert_int_equal(status.n_waiting, 0);
    uint32_t range = store_lease_range(vault_number_id(w->vault, STR("+254700000101")).bytes[0]);
    own(w, STORE_LEASE_RANGES, 0);
    loop_mem_advance(w->loop, 3000);
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        assert_int_equal(outbox_is_idle(w->outbox, i), i != range);
    store_mem_fail(w->store, "settle", ERR_OK, false, 0);
    loop_mem_advance(w->loop, 3000);
    assert_true(outbox_is_idle(w->outbox, range));
    (void)expect_status(w, "sent");
}

/* What a read that is under way brings stays for who comes next. */
static void what_is_being_read_is_idle(void **state)
{
    struct world *w = *state;
    own(w, 0, 1);
    own(w, STORE_LEASE_RANGES, 0);
    assert_true(outbox_is_idle(w->outbox, 3));
    enqueue_many(w, 5); /* the read ends with them */
    loop_mem_advance(w->loop, 2000);
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
    own(w, 0, 2);
    loop_mem_advance(w->loop, 2000);
    assert_int_equal(n_sent(w), 5);
}

static void on_lease(void *ctx, enum err e, const uint64_t *fences, uint32_t n_alive)
{
    struct world *w = ctx;
    assert_int_equal(e, ERR_OK);
    assert_int_equal(n_alive, 1);
    if (w != NULL)
        outbox_own(w->outbox, fences);
}

static void take_lease(struct world *w, uint64_t life, struct world *ctx)
{
    struct store_lease lease = {
        .kind = STR("sender"), .owner = STR("here"), .life = life, .ttl_ms = 6000};
    store_lease_keep(w->store, &lease, on_lease, ctx);
    loop_mem_settle(w->loop);
}

/* It does not know that it was asleep, and another life has its buckets by now. */
static void one_that_wakes_too_late_sends_nothing(void **state)
{
    struct world *w = *state;
    take_lease(w, 1, w);
    (void)outbox_hold(w->outbox, 0, true);
    enqueue_many(w, 3);
    loop_mem_advance(w->loop, 2000);
    assert_int_equal(outbox_n_jobs(w->outbox), 3);
    take_lease(w, 2, NULL);
    (void)outbox_hold(w->outbox, 0, false);
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(n_sent(w), 0);
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
    assert_int_equal(take_events(w).n, 0);
    take_lease(w, 3, w); /* they were not lost */
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(n_sent(w), 3);
}

/* The provider's response came when somebody else had found the mark already. */
static void an_outcome_that_comes_too_late_is_told_all_the_same(void **state)
{
    struct world *w = *state;
    take_lease(w, 1, w);
    store_mem_fail(w->store, "settle", ERR_UNAVAILABLE, false, 1);
    enqueue_many(w, 1);
    loop_mem_settle(w->loop);
    take_lease(w, 2, NULL);
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(n_sent(w), 1);
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
    (void)expect_status(w, "sent");
    take_lease(w, 3, w); /* who finds the mark knows less, which moves nothing back */
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(n_sent(w), 1);
    (void)expect_status(w, "unknown");
}

static void senders_share_the_rate(void **state)
{
    struct world *w = *state;
    own(w, STORE_LEASE_RANGES / 2, 1);
    loop_mem_advance(w->loop, 2000);
    enqueue_many(w, 120);
    loop_mem_advance(w->loop, 3000);
    assert_in_range(n_sent(w), 18, 22); /* a second's burst of 5, then 5 a second */
}

/* A share of less than one a second sends all the same. */
static void a_small_share_of_a_low_rate_sends(void **state)
{
    struct world *w = *state;
    w->channel.tps = 1;
    own(w, STORE_LEASE_RANGES - 1, 1);
    enqueue_many(w, 100);
    loop_mem_advance(w->loop, 60000);
    assert_in_range(n_sent(w), 3, 5); /* one, then one in 16 s */
}

static void on_idle(void *ctx)
{
    bool *is_idle = ctx;
    *is_idle = true;
}

/* Draining waits for what is begun, however long the store is away, and begins nothing more. */
static void draining_waits_for_a_settle_under_way(void **state)
{
    struct world *w = *state;
    bool is_idle = false;
    store_mem_fail(w->store, "settle", ERR_UNAVAILABLE, false, UINT32_MAX);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 2000);
    outbox_drain(w->outbox, on_idle, &is_idle);
    enqueue(w, "+254700000102", 1, "y", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 5000);
    assert_false(is_idle);
    store_mem_fail(w->store, "settle", ERR_OK, false, 0);
    loop_mem_advance(w->loop, 1000);
    assert_true(is_idle);
    assert_string_equal(w->sent, "+254700000101 x|");
    (void)expect_status(w, "sent");
}

/* What it knows of an SMS whose bucket is somebody else's by now is told before it ends. */
static void draining_waits_for_what_is_told_too_late(void **state)
{
    struct world *w = *state;
    bool is_idle = false;
    take_lease(w, 1, w);
    store_mem_fail(w->store, "settle", ERR_UNAVAILABLE, false, 1);
    store_mem_fail(w->store, "append", ERR_UNAVAILABLE, false, UINT32_MAX);
    enqueue_many(w, 1);
    loop_mem_settle(w->loop);
    take_lease(w, 2, NULL);
    outbox_drain(w->outbox, on_idle, &is_idle);
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(n_sent(w), 1);
    assert_false(is_idle);
    store_mem_fail(w->store, "append", ERR_OK, false, 0);
    loop_mem_advance(w->loop, 5000);
    assert_true(is_idle);
    (void)expect_status(w, "sent");
}

/* ---- marks of others, throttling, broken entries ---- */

static void on_marked(void *ctx, enum err e, struct str state)
{
    (void)ctx, (void)state;
    assert_int_equal(e, ERR_OK);
}

struct entry {
    char id[48];
    uint8_t bucket;
};

static const struct event_place beginning[STORE_BUCKETS];

static void on_entry(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct entry *entry = ctx;
    assert_int_equal(e, ERR_OK);
    assert_int_equal(n, 1);
    entry->bucket = entries->bucket;
    assert_int_equal(str_copy(entries->id, entry->id, sizeof(entry->id)), ERR_OK);
}

/* Another sender, before this one, marked it and is gone: whatever calls of ours fail meanwhile, it
 * is never sent. */
static void what_somebody_else_marked_is_never_sent(void **state)
{
    struct world *w = *state;
    struct entry entry = {.bucket = 0};
    own(w, STORE_LEASE_RANGES, 0); /* not read by us yet */
    loop_mem_advance(w->loop, 2000);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    struct store_reader reader = {.from = beginning, .max_each = 9};
    store_read(w->store, &reader, on_entry, &entry);
    loop_mem_settle(w->loop);
    struct store_entry marked = {.bucket = entry.bucket, .id = str_from(entry.id)};
    struct number_id id = vault_number_id(w->vault, STR("+254700000101"));
    store_mark_sending(w->store, &marked, &id, on_marked, NULL);
    loop_mem_settle(w->loop);
    store_mem_fail(w->store, "mark_sending", ERR_TIMEOUT, true, 2);
    own(w, 0, 1);
    loop_mem_advance(w->loop, 10000);
    assert_string_equal(w->sent, "");
    struct taken t = expect_status(w, "unknown");
    assert_non_null(strstr(t.json, "\"attempt\":1"));
}

/* An entry that another life had too, and that this one marked before it found that nothing could
 * be sent: a mark of its own, though its taking away failed. */
static void an_own_mark_is_known_again(void **state)
{
    struct world *w = *state;
    struct entry entry = {.bucket = 0};
    own(w, STORE_LEASE_RANGES, 0); /* not read by us yet */
    loop_mem_advance(w->loop, 2000);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    struct store_reader reader = {.from = beginning, .max_each = 9};
    store_read(w->store, &reader, on_entry, &entry);
    loop_mem_settle(w->loop);
    sender_mem_response(w->sender, SENDER_REACHED_NOT, 0, "", 1);
    store_mem_fail(w->store, "clear_sending", ERR_TIMEOUT, false, 1);
    own(w, 0, 1);
    loop_mem_advance(w->loop, 30000);
    assert_string_equal(w->sent, "+254700000101 x|");
    (void)expect_status(w, "sent");
}

/* One 429 holds the channel back, not only the message that had it; and longer each time. */
static void throttling_holds_the_whole_channel(void **state)
{
    struct world *w = *state;
    sender_mem_response(w->sender, SENDER_REACHED_RESPONSE, 429, "slow down", 3);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_settle(w->loop);
    enqueue(w, "+254700000102", 1, "y", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 900);
    assert_string_equal(w->sent, "");
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_retried_total), 1);
    loop_mem_advance(w->loop, 1900); /* both were tried after 1 s; now 2 s hold */
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_retried_total), 3);
    assert_string_equal(w->sent, "");
    loop_mem_advance(w->loop, 500);
    assert_int_equal(n_sent(w), 2);
}

static void on_rest(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    uint32_t *ret_n = ctx;
    (void)entries;
    assert_int_equal(e, ERR_OK);
    *ret_n = n;
}

/* An entry that nobody can read is removed, said and counted; the others go on. */
static void an_unreadable_entry_is_removed(void **state)
{
    struct world *w = *state;
    static const char *const broken[] = {"\x02", "\x01rx", ""};
    char text[6] = {0, 0, 0, 1, 1, 0};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct number_id id = {{(uint8_t)i}};
        struct store_commit commit = {.id = id,
                                      .state = {text, sizeof(text)},
                                      .outbox = {str_from(broken[i])},
                                      .n_outbox = 1,
                                      .due_at_ms = -1};
        store_commit(w->store, &commit, on_committed, NULL);
    }
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 5000);
    assert_string_equal(w->sent, "+254700000101 x|");
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_failed_total), ARRAY_LEN(broken));
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
    uint32_t n_rest = 99;
    struct store_reader reader = {.from = beginning, .max_each = 100};
    outbox_drain(w->outbox, NULL, NULL);
    loop_mem_advance(w->loop, 2000);
    store_read(w->store, &reader, on_rest, &n_rest);
    loop_mem_settle(w->loop);
    assert_int_equal(n_rest, 0); /* none of them comes again */
}

/* While hosts are upgraded an older sender finds what a newer front has written. It is no SMS of
 * its own, and must not be lost by it; nor does anybody wait behind it. */
static void an_entry_of_a_newer_version_waits_for_its_sender(void **state)
{
    struct world *w = *state;
    char text[6] = {0, 0, 0, 1, 1, 0};
    struct number_id id = {{1}};
    struct store_commit commit = {.id = id,
                                  .state = {text, sizeof(text)},
                                  .outbox = {STR("\x63newer")},
                                  .n_outbox = 1,
                                  .due_at_ms = -1};
    store_commit(w->store, &commit, on_committed, NULL);
    enqueue(w, "+254700000101", 1, "x", MESSAGE_CLASS_REPLY, 0);
    loop_mem_advance(w->loop, 5000);
    assert_string_equal(w->sent, "+254700000101 x|");
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_failed_total), 0);
    own(w, STORE_LEASE_RANGES, 0); /* it is there still, for who has the bucket next */
    loop_mem_advance(w->loop, OUTBOX_NEWER_MS);
    own(w, 0, 2);
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_failed_total), 1);
}

int main(void)
{
#define WORLD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_message_is_sent_once_and_told),
        WORLD_TEST(one_phone_gets_its_messages_in_order),
        WORLD_TEST(replies_go_before_pushes),
        WORLD_TEST(the_rate_of_the_channel_is_kept),
        WORLD_TEST(without_a_configured_rate_the_documented_one_is_kept),
        WORLD_TEST(an_answer_that_never_came_is_unknown_and_not_repeated),
        WORLD_TEST(an_answer_that_nobody_can_read_is_unknown_and_not_repeated),
        WORLD_TEST(a_server_error_is_tried_again_until_the_message_expires),
        WORLD_TEST(what_expires_before_it_could_be_tried_again_is_told_at_once),
        WORLD_TEST(a_refusal_is_final),
        WORLD_TEST(what_was_said_before_somebody_left_is_not_sent),
        WORLD_TEST(a_server_error_is_given_up_after_its_attempts),
        WORLD_TEST(a_throttled_channel_waits_and_goes_on),
        WORLD_TEST(a_store_that_goes_away_at_the_end_costs_no_second_sms),
        WORLD_TEST(entries_that_come_again_are_sent_once),
        WORLD_TEST(a_message_marked_before_a_crash_is_unknown),
        WORLD_TEST(an_opt_out_is_handed_up),
        WORLD_TEST(a_question_is_no_message),
        WORLD_TEST(what_is_not_begun_goes_with_its_bucket),
        WORLD_TEST(only_the_own_buckets_are_read),
        WORLD_TEST(what_is_begun_ends_before_the_bucket_is_idle),
        WORLD_TEST(what_is_being_read_is_idle),
        WORLD_TEST(one_that_wakes_too_late_sends_nothing),
        WORLD_TEST(an_outcome_that_comes_too_late_is_told_all_the_same),
        WORLD_TEST(senders_share_the_rate),
        WORLD_TEST(a_small_share_of_a_low_rate_sends),
        WORLD_TEST(draining_waits_for_a_settle_under_way),
        WORLD_TEST(draining_waits_for_what_is_told_too_late),
        WORLD_TEST(what_somebody_else_marked_is_never_sent),
        WORLD_TEST(what_is_given_away_takes_nothing_along),
        WORLD_TEST(an_own_mark_is_known_again),
        WORLD_TEST(throttling_holds_the_whole_channel),
        WORLD_TEST(an_unreadable_entry_is_removed),
        WORLD_TEST(an_entry_of_a_newer_version_waits_for_its_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
