#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/board.h"
#include "app/outbox/internal.h"
#include "app/shown.h"
#include "core/learner.h"
#include "log_reader.h"
#include "port/store/values.h"

/* A struct str in a static initialiser. */
#define LIT(literal)                                                                               \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
#define N_CHANNELS 4u
#define LOG_BYTES 65536u

enum { FIRST, SECOND, THIRD, TOKEN };

/* Several channels, each with a provider of its own, which answers as it is told. */
struct world {
    struct log_reader facts;
    struct loop *loop;
    struct store *store;
    struct sink *sink;
    struct sender *sender;
    struct vault *vault;
    struct config config;
    struct config_channel list[N_CHANNELS];
    struct channels channels;
    struct metrics *metrics;
    struct outbox *outbox;
    struct board *board; /* NULL = nobody looks */
    enum sender_reached reached[N_CHANNELS];
    int status[N_CHANNELS];
    uint32_t n_posts[N_CHANNELS]; /* requests, whatever became of them */
    uint32_t most_out;            /* of one channel, under way at once */
    uint32_t n_links[N_CHANNELS]; /* requests with the link of another message's provider */
    uint32_t n_tokens;            /* requests for a token */
    bool is_token_refused;
    bool is_token_away;
    char log[LOG_BYTES]; /* "1 text|" of each request to channel 1 that was answered with 2xx */
    char last_body[1024];
    struct store_commit commit;
    uint32_t n_numbers;
};

static const struct wall_ms start = {1732433860000};
static struct setting settings[N_CHANNELS][3] = {
    {{LIT("username"), LIT("u")}, {LIT("apikey"), LIT("k")}, {LIT("send_url"), LIT("http://h/0")}},
    {{LIT("username"), LIT("u")}, {LIT("apikey"), LIT("k")}, {LIT("send_url"), LIT("http://h/1")}},
    {{LIT("username"), LIT("u")}, {LIT("apikey"), LIT("k")}, {LIT("send_url"), LIT("http://h/2")}},
    {{LIT("username"), LIT("u")},
     {LIT("password"), LIT("p")},
     {LIT("send_url"), LIT("http://h/3")}},
};
static const struct config_channel rows[N_CHANNELS] = {
    {.name = LIT("first"), .profile = LIT("africastalking"), .from = LIT("1")},
    {.name = LIT("second"), .profile = LIT("africastalking"), .from = LIT("2")},
    {.name = LIT("third"), .profile = LIT("africastalking"), .from = LIT("3")},
    {.name = LIT("token"), .profile = LIT("hormuud"), .from = LIT("4")},
};

static bool response_token(struct world *w, struct sender_response *ret)
{
    static char body[64];
    (void)snprintf(body, sizeof(body), "{\"access_token\":\"t%u\",\"expires_in\":3600}",
                   ++w->n_tokens);
    ret->reached = w->is_token_away ? SENDER_REACHED_NOT : SENDER_REACHED_RESPONSE;
    ret->status = w->is_token_refused ? 403 : 200;
    ret->body = str_from(body);
    return true;
}

static bool on_post(void *ctx, const struct sender_request *request, struct sender_response *ret)
{
    struct world *w = ctx;
    if (str_starts(request->url, STR("https://smsapi.hormuud.com/token")))
        return response_token(w, ret);
    assert_true(str_starts(request->url, STR("http://h/")));
    uint32_t i = (uint32_t)(request->url.p[strlen("http://h/")] - '0');
    assert_true(i < N_CHANNELS);
    w->n_posts[i]++;
    if (w->outbox->channels[i].n_out > w->most_out)
        w->most_out = w->outbox->channels[i].n_out;
    w->n_links[i] += str_find(request->body, STR("LINK-OF-FIRST")) != SIZE_MAX;
    (void)snprintf(w->last_body, sizeof(w->last_body), "%.*s ", STR_ARG(request->body));
    for (uint32_t k = 0; k < request->n_headers; k++) {
        size_t n = strlen(w->last_body);
        (void)snprintf(w->last_body + n, sizeof(w->last_body) - n, "%.*s ",
                       STR_ARG(request->headers[k].value));
    }
    ret->reached = w->reached[i];
    ret->status = w->status[i];
    ret->body = i == TOKEN ? STR("{\"ResCode\":\"res\",\"Data\":{\"MessageID\":\"m1\"}}")
                           : STR("{\"SMSMessageData\":{\"Recipients\":[{\"status\":\"Success\","
                                 "\"messageId\":\"ATX\"}]}}");
    if (ret->reached == SENDER_REACHED_RESPONSE && ret->status / 100 == 2) {
        size_t at = str_find(request->body, STR("message")), n = strlen(w->log);
        struct str rest = str_sub(request->body, at + 8, request->body.len);
        struct str text = str_split(&rest, '&');
        (void)snprintf(w->log + n, sizeof(w->log) - n, "%u %.*s|", i, STR_ARG(text));
    }
    return true;
}

/* After the configuration is as the test wants it. */
static void make_outbox(struct world *w)
{
    struct errmsg msg = {""};
    if (channels_load(&w->config, &w->channels, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    w->outbox = outbox_new(&(struct outbox_ports){.loop = w->loop,
                                                  .store = w->store,
                                                  .sink = w->sink,
                                                  .sender = w->sender,
                                                  .vault = w->vault,
                                                  .config = &w->config,
                                                  .channels = &w->channels,
                                                  .metrics = w->metrics});
}

static void open_outbox(struct world *w)
{
    make_outbox(w);
    outbox_own_all(w->outbox, 1);
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
    for (uint32_t i = 0; i < N_CHANNELS; i++) {
        w->list[i] = rows[i];
        w->list[i].country = STR("KE");
        w->list[i].settings = (struct settings){settings[i], 3};
        w->list[i].tps = 1000;
        w->list[i].max_in_flight = 8;
        w->list[i].is_unsigned_allowed = true;
        w->list[i].new_numbers_hour = 100000;
        w->reached[i] = SENDER_REACHED_RESPONSE;
        w->status[i] = 200;
    }
    w->config = (struct config){.profiles_dir = STR("config/profiles"),
                                .n_channels = N_CHANNELS,
                                .channels = w->list,
                                .cap_prefix_digits = 8};
    sender_mem_on_post(w->sender, on_post, w);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    sender_free(w->sender);
    store_free(w->store);
    sink_free(w->sink);
    board_free(w->board);
    outbox_free(w->outbox);
    channels_fini(&w->channels);
    vault_free(w->vault);
    metrics_free(w->metrics);
    loop_free(w->loop);
    free(w);
    return 0;
}

/* ---- messages ---- */

static void on_committed(void *ctx, enum err e, const struct store_record *rec)
{
    (void)ctx;
    (void)rec;
    assert_int_equal(e, ERR_OK);
}

static struct message message_to(struct world *w, const char *number, const char *channel,
                                 const char *text)
{
    return (struct message){.channel = str_from(channel),
                            .class = MESSAGE_CLASS_REPLY,
                            .number_id = vault_number_id(w->vault, str_from(number)),
                            .seq = 1,
                            .text = str_from(text),
                            .is_answer = true,
                            .created_at = loop_wall(w->loop)};
}

static void put(struct world *w, struct message *m)
{
    struct buf payload CLEANUP(buf_fini);
    struct buf state CLEANUP(buf_fini);
    struct learner l;
    buf_init(&payload, 4096);
    buf_init(&state, LEARNER_MAX_BYTES);
    message_encode(m, &payload);
    learner_init(&l);
    l.seq = 1;
    learner_said_by(1, l.link.said);
    assert_int_equal(learner_encode(&l, LEARNER_RECORD, &state), ERR_OK);
    struct store_commit commit = {.id = m->number_id,
                                  .state = buf_str(&state),
                                  .outbox = {buf_str(&payload)},
                                  .n_outbox = 1,
                                  .due_at_ms = -1};
    store_commit(w->store, &commit, on_committed, NULL);
    loop_mem_settle(w->loop);
}

static void seal_and_put(struct world *w, struct message *m, const char *number)
{
    struct buf sealed CLEANUP(buf_fini);
    struct vault_sealed s;
    buf_init(&sealed, 256);
    struct str aad = {(const char *)m->number_id.bytes, NUMBER_ID_BYTES};
    assert_int_equal(vault_seal(w->vault, aad, str_from(number), &sealed, &s), ERR_OK);
    m->vault_key_id = s.key_id;
    m->vault_ciphertext = s.ciphertext;
    memcpy(m->vault_nonce, s.nonce, sizeof(m->vault_nonce));
    put(w, m);
}

/* To a number of its own, in Kenya. */
static void send(struct world *w, const char *channel, const char *text, enum message_class class)
{
    char number[20];
    (void)snprintf(number, sizeof(number), "+2547000%05u", ++w->n_numbers);
    struct message m = message_to(w, number, channel, text);
    m.class = class;
    seal_and_put(w, &m, number);
}

static void send_many(struct world *w, const char *channel, const char *text,
                      enum message_class class, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        send(w, channel, text, class);
}

static void on_done(void *ctx, enum err e, const char *message)
{
    (void)ctx;
    (void)message;
    assert_int_equal(e, ERR_OK);
}

/* A number that only the vault knows, as for reminders. */
static void send_push(struct world *w, const char *number, const char *channel, const char *text)
{
    struct message m = message_to(w, number, channel, text);
    struct buf sealed CLEANUP(buf_fini), bytes CLEANUP(buf_fini);
    struct vault_sealed s;
    buf_init(&sealed, 256);
    buf_init(&bytes, 4096);
    struct str aad = {(const char *)m.number_id.bytes, NUMBER_ID_BYTES};
    assert_int_equal(vault_seal(w->vault, aad, str_from(number), &sealed, &s), ERR_OK);
    struct event_record step = {.kind = EVENT_RECORD_STEP,
                                .learner_id = {(uint8_t)++w->n_numbers},
                                .seq = 1,
                                .vault_key_id = s.key_id,
                                .vault_nonce = {(const char *)s.nonce, sizeof(s.nonce)},
                                .vault_ciphertext = s.ciphertext};
    memcpy(step.number_id, m.number_id.bytes, sizeof(step.number_id));
    event_encode(&step, &bytes);
    struct sink_record record = {.bytes = buf_str(&bytes)};
    sink_ingest(w->sink, &(struct sink_batch){.records = &record, .n = 1}, on_done, NULL);
    loop_mem_settle(w->loop);
    m.class = MESSAGE_CLASS_PUSH;
    m.is_answer = false;
    put(w, &m);
}

struct taken {
    char json[65536];
    uint32_t n;
};

static struct taken *take_events(struct world *w)
{
    static struct taken t;
    log_reader_ask(&w->facts, w->store);
    loop_mem_settle(w->loop);
    t.n = w->facts.n;
    (void)snprintf(t.json, sizeof(t.json), "%s", w->facts.text);
    return &t;
}

static uint32_t count_of(const char *text, const char *what)
{
    uint32_t n = 0;
    for (const char *p = strstr(text, what); p != NULL; p = strstr(p + 1, what))
        n++;
    return n;
}

static uint64_t sent(const struct world *w)
{
    return metrics_get(w->metrics, METRIC_sends_total);
}

/* ---- rates ---- */

static void channels_of_an_account_share_its_rate(void **state)
{
    struct world *w = *state;
    w->list[FIRST].account = w->list[SECOND].account = STR("acme");
    w->list[SECOND].account_tps = 10;
    open_outbox(w);
    send_many(w, "first", "a", MESSAGE_CLASS_REPLY, 60);
    send_many(w, "second", "b", MESSAGE_CLASS_REPLY, 60);
    send_many(w, "third", "c", MESSAGE_CLASS_REPLY, 60);
    loop_mem_advance(w->loop, 3000);
    uint32_t n_first = w->n_posts[FIRST], n_second = w->n_posts[SECOND];
    assert_in_range(n_first + n_second, 36, 42); /* a second's burst, then 10 a second */
    assert_in_range(n_second, 17, 22);           /* by halves */
    assert_in_range(n_first, 17, 22);
    assert_int_equal(w->n_posts[THIRD], 60);
}

static void a_channel_alone_in_its_account_keeps_its_rate(void **state)
{
    struct world *w = *state;
    w->list[FIRST].account = STR("acme");
    w->list[FIRST].account_tps = 10;
    open_outbox(w);
    send_many(w, "first", "a", MESSAGE_CLASS_REPLY, 60);
    loop_mem_advance(w->loop, 3000);
    assert_in_range(w->n_posts[FIRST], 36, 42);
}

static void replies_of_one_channel_go_before_pushes_of_another(void **state)
{
    struct world *w = *state;
    w->list[FIRST].account = w->list[SECOND].account = STR("acme");
    w->list[FIRST].account_tps = 10;
    open_outbox(w);
    send_many(w, "first", "push", MESSAGE_CLASS_PUSH, 100);
    send_many(w, "second", "reply", MESSAGE_CLASS_REPLY, 20);
    w->log[0] = '\0';
    loop_mem_advance(w->loop, 2100);
    assert_int_equal(count_of(w->log, "1 reply|"), 20);
    assert_true(count_of(w->log, "0 push|") > 0);
    char *last = w->log;
    for (char *p = w->log; (p = strstr(p, "1 reply|")) != NULL; p++)
        last = p;
    *last = '\0';
    /* The one that was read alone, and those that had a place while few replies did: neither
     * provider had answered yet. */
    assert_in_range(count_of(w->log, "0 push|"), 0, 4);
}

static void pushes_go_on_while_replies_never_end(void **state)
{
    struct world *w = *state;
    w->list[FIRST].tps = 10;
    open_outbox(w);
    send_many(w, "first", "reply", MESSAGE_CLASS_REPLY, 300);
    send_many(w, "first", "push", MESSAGE_CLASS_PUSH, 30);
    loop_mem_advance(w->loop, 20000);
    assert_in_range(count_of(w->log, "0 push|"), 15, 25); /* one in ten */
    assert_in_range(count_of(w->log, "0 reply|"), 180, 200);
}

/* ---- circuits and fail-over ---- */

static void a_channel_that_fails_is_left_alone_and_tried_again(void **state)
{
    struct world *w = *state;
    open_outbox(w);
    w->reached[FIRST] = SENDER_REACHED_NOT;
    send_many(w, "first", "x", MESSAGE_CLASS_REPLY, 100);
    loop_mem_advance(w->loop, 100);
    uint32_t n_before = w->n_posts[FIRST];
    assert_in_range(n_before, 5, 12); /* what was on its way when it opened is let be */
    assert_int_equal(metrics_get(w->metrics, METRIC_circuits_open), 1);
    loop_mem_advance(w->loop, 60000);
    assert_in_range(w->n_posts[FIRST] - n_before, 3, 8); /* a probe after 2, 4, 8, 16 ... s */
    w->reached[FIRST] = SENDER_REACHED_RESPONSE;
    loop_mem_advance(w->loop, 120000);
    assert_int_equal(sent(w), 100); /* none was given up, none sent twice */
    assert_int_equal(count_of(w->log, "0 x|"), 100);
    assert_int_equal(metrics_get(w->metrics, METRIC_circuits_open), 0);
}

/* What was to find out whether the provider is back expired under way: the next one does. */
static void a_probe_that_was_none_is_followed_by_another(void **state)
{
    struct world *w = *state;
    open_outbox(w);
    w->reached[FIRST] = SENDER_REACHED_NOT;
    send_many(w, "first", "x", MESSAGE_CLASS_REPLY, 5);
    loop_mem_advance(w->loop, 500);
    assert_int_equal(metrics_get(w->metrics, METRIC_circuits_open), 1);
    for (uint32_t i = 0; i < 3; i++) {
        char number[20];
        (void)snprintf(number, sizeof(number), "+25471100000%u", i);
        struct message m = message_to(w, number, "first", "short-lived");
        m.expires_at.ms = loop_wall(w->loop).ms + 1;
        seal_and_put(w, &m, number);
    }
    w->reached[FIRST] = SENDER_REACHED_RESPONSE;
    loop_mem_advance(w->loop, 60000);
    assert_int_equal(sent(w), 5);
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_failed_total), 3);
}

static void a_provider_that_hangs_does_not_swallow_the_rest(void **state)
{
    struct world *w = *state;
    open_outbox(w);
    w->reached[FIRST] = SENDER_REACHED_MAYBE;
    send_many(w, "first", "x", MESSAGE_CLASS_REPLY, 100);
    loop_mem_advance(w->loop, 30000);
    uint64_t n_unknown = metrics_get(w->metrics, METRIC_sends_unknown_total);
    assert_in_range(n_unknown, 5, 20); /* not all hundred */
    w->reached[FIRST] = SENDER_REACHED_RESPONSE;
    loop_mem_advance(w->loop, 120000);
    assert_int_equal(sent(w) + n_unknown, 100);
}

/* What is under way when a sender dies is unknown: the most of so many that wait at once. */
static uint32_t most_at_once(struct world *w, uint32_t n)
{
    w->most_out = 0;
    (void)outbox_hold(w->outbox, FIRST, true);
    send_many(w, "first", "x", MESSAGE_CLASS_REPLY, n);
    loop_mem_advance(w->loop, 500);
    (void)outbox_hold(w->outbox, FIRST, false);
    loop_mem_advance(w->loop, 30000);
    return w->most_out;
}

static void few_are_under_way_while_a_provider_does_not_answer(void **state)
{
    struct world *w = *state;
    w->list[FIRST].max_in_flight = 64;
    open_outbox(w);
    w->reached[FIRST] = SENDER_REACHED_NOT; /* a name server is away, say */
    assert_int_equal(most_at_once(w, 60), 4);
    w->reached[FIRST] = SENDER_REACHED_RESPONSE;
    loop_mem_advance(w->loop, 120000);
    assert_int_equal(sent(w), 60);
    assert_int_equal(most_at_once(w, 3), 3);
    assert_in_range(most_at_once(w, 500), 40, 64); /* as many as are needed, to the ceiling */
    uint32_t in_flight = w->outbox->channels[FIRST].in_flight;
    w->reached[FIRST] = SENDER_REACHED_MAYBE;
    assert_int_equal(most_at_once(w, 1), 1); /* one failure among many */
    assert_int_equal(w->outbox->channels[FIRST].in_flight, in_flight / 2);
    loop_mem_advance(w->loop, 60000); /* its connections are closed */
    assert_int_equal(most_at_once(w, 60), 4);
}

static void on_load(void *ctx, enum err e, const struct store_record *rec)
{
    assert_int_equal(e, ERR_OK);
    assert_int_equal(learner_decode(rec->state, ctx), ERR_OK);
}

static bool has_arrived(struct world *w, const struct number_id *id)
{
    struct learner l;
    store_load(w->store, id, on_load, &l);
    loop_mem_settle(w->loop);
    assert_int_not_equal(learner_said_ms(l.link.said), INT64_MAX); /* it was taken */
    return learner_said_has_arrived(l.link.said);
}

static void report(struct world *w, const char *channel, struct str id)
{
    shown_has_arrived(w->store, str_from(channel), id);
    loop_mem_settle(w->loop);
}

/* A channel of which none has come is asked for none. */
static void a_report_finds_whom_its_message_went_to(void **state)
{
    struct world *w = *state;
    static const struct setting own[] = {{LIT("send_url"), LIT("http://h/1")}};
    w->list[SECOND].profile = STR("generic"); /* whose reports carry our own id */
    w->list[SECOND].settings = (struct settings){own, 1};
    metrics_name_channel(w->metrics, STR("first"));
    metrics_name_channel(w->metrics, STR("second"));
    open_outbox(w);
    struct message m = message_to(w, "+254711000001", "first", "x");
    seal_and_put(w, &m, "+254711000001");
    loop_mem_advance(w->loop, 1000);
    report(w, "first", STR("ATX"));
    assert_false(has_arrived(w, &m.number_id));
    loop_mem_advance(w->loop, SHOWN_WAIT_MS); /* it waited for a sender in vain */
    metrics_add_channel(w->metrics, STR("first"), METRIC_CHANNEL_delivered_total, 1);
    metrics_add_channel(w->metrics, STR("second"), METRIC_CHANNEL_delivered_total, 1);
    m = message_to(w, "+254711000002", "first", "x");
    seal_and_put(w, &m, "+254711000002");
    loop_mem_advance(w->loop, 1000);
    report(w, "second", STR("ATX"));
    report(w, "first", STR("ATY"));
    assert_false(has_arrived(w, &m.number_id)); /* another's */
    report(w, "first", STR("ATX"));
    assert_true(has_arrived(w, &m.number_id));
    m = message_to(w, "+254711000003", "second", "x");
    seal_and_put(w, &m, "+254711000003");
    loop_mem_advance(w->loop, 1000);
    struct str body = str_from(w->last_body), mark = STR("\"id\":\"");
    size_t at = str_find(body, mark);
    assert_int_not_equal(at, SIZE_MAX);
    struct str rest = str_sub(body, at + mark.len, body.len);
    report(w, "second", str_split(&rest, '"'));
    assert_true(has_arrived(w, &m.number_id));
}

static unsigned lane_of(const struct number_id *id)
{
    return (unsigned)id->bytes[1] << 8 | id->bytes[2];
}

/* Two numbers that share a lane in memory; they are to share nothing else. */
static void find_neighbours(struct world *w, char ret[2][20])
{
    static uint32_t first_of[OUTBOX_LANES];
    memset(first_of, 0, sizeof(first_of));
    for (uint32_t i = 1; i < 10000; i++) {
        (void)snprintf(ret[1], 20, "+2547220%05u", i);
        struct number_id id = vault_number_id(w->vault, str_from(ret[1]));
        uint32_t *first = &first_of[lane_of(&id)];
        if (*first != 0) {
            (void)snprintf(ret[0], 20, "+2547220%05u", *first);
            return;
        }
        *first = i;
    }
    fail();
}

/* Nobody waits for another phone: of 200 messages that wait for a name server that is away and 30
 * for a provider that is not, in one of twelve runs two shared a lane, and one of the 30 waited as
 * long as the other. */
static void a_phone_does_not_wait_for_another(void **state)
{
    struct world *w = *state;
    char numbers[2][20];
    find_neighbours(w, numbers);
    open_outbox(w);
    (void)outbox_hold(w->outbox, FIRST, true);
    struct message m = message_to(w, numbers[0], "first", "held up");
    seal_and_put(w, &m, numbers[0]);
    m = message_to(w, numbers[1], "second", "on time");
    seal_and_put(w, &m, numbers[1]);
    loop_mem_advance(w->loop, 1000);
    assert_string_equal(w->log, "1 on+time|");
    (void)outbox_hold(w->outbox, FIRST, false);
    loop_mem_advance(w->loop, 1000);
    assert_string_equal(w->log, "1 on+time|0 held+up|");
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
}

static void messages_take_the_way_round_while_a_provider_is_away(void **state)
{
    struct world *w = *state;
    w->list[FIRST].fallback = STR("second");
    w->list[SECOND].price = 500000;
    w->config.currency = STR("KES");
    open_outbox(w);
    struct message m = message_to(w, "+254711000001", "first", "linked");
    m.link = STR("LINK-OF-FIRST");
    seal_and_put(w, &m, "+254711000001");
    loop_mem_advance(w->loop, 100);
    assert_int_equal(w->n_links[FIRST], 1);
    m = message_to(w, "+254711000002", "first", "linked");
    m.link = STR("LINK-OF-FIRST");
    w->reached[FIRST] = SENDER_REACHED_NOT;
    for (int i = 0; i < 20; i++)
        send(w, "first", "x", i % 2 == 0 ? MESSAGE_CLASS_REPLY : MESSAGE_CLASS_PUSH);
    seal_and_put(w, &m, "+254711000002");
    loop_mem_advance(w->loop, 20000);
    assert_int_equal(count_of(w->log, "1 "), 21);
    assert_int_equal(sent(w), 22);
    assert_int_equal(w->n_links[SECOND], 0);
    assert_non_null(strstr(w->last_body, "from=2")); /* its own sender */
    struct taken *t = take_events(w);
    assert_int_equal(count_of(t->json, "\"channel\":\"second\""), 21); /* reports will come there */
    assert_int_equal(count_of(t->json, "\"price\":0.500000"), 21);
    assert_true(metrics_get(w->metrics, METRIC_sends_diverted_total) >= 21);

    w->reached[FIRST] = SENDER_REACHED_RESPONSE; /* a message finds out that it is back */
    loop_mem_advance(w->loop, 60000);
    send_many(w, "first", "y", MESSAGE_CLASS_REPLY, 20);
    loop_mem_advance(w->loop, 60000);
    assert_true(count_of(w->log, "0 y|") >= 18);
}

/* A 5xx was a response: what the provider has seen, no other provider sends. */
static void what_may_have_reached_the_provider_is_sent_by_no_other(void **state)
{
    struct world *w = *state;
    w->list[FIRST].fallback = STR("second");
    w->list[FIRST].max_in_flight = 5; /* so that each is tried before the circuit opens */
    open_outbox(w);
    w->status[FIRST] = 503;
    send_many(w, "first", "seen", MESSAGE_CLASS_REPLY, 5); /* enough to open the circuit */
    loop_mem_advance(w->loop, 60000);
    assert_int_equal(count_of(w->log, "1 seen|"), 0);
    send_many(w, "first", "new", MESSAGE_CLASS_REPLY, 10); /* the circuit is open by now */
    loop_mem_advance(w->loop, 10000);
    assert_in_range(count_of(w->log, "1 new|"), 8, 10); /* but for one that finds out */
    w->status[FIRST] = 200;
    loop_mem_advance(w->loop, 3600000);
    assert_int_equal(count_of(w->log, "1 seen|"), 0);
    assert_int_equal(count_of(w->log, "0 seen|"), 5);
    assert_int_equal(count_of(w->log, "new|"), 10);
}

static void channels_that_stand_in_for_each_other_wait_together(void **state)
{
    struct world *w = *state;
    w->list[FIRST].fallback = STR("second");
    w->list[SECOND].fallback = STR("first");
    open_outbox(w);
    w->reached[FIRST] = w->reached[SECOND] = SENDER_REACHED_NOT;
    send_many(w, "first", "x", MESSAGE_CLASS_REPLY, 30);
    loop_mem_advance(w->loop, 60000);
    assert_int_equal(sent(w), 0);
    w->reached[SECOND] = SENDER_REACHED_RESPONSE;
    loop_mem_advance(w->loop, 600000);
    assert_int_equal(sent(w), 30);
    assert_int_equal(count_of(w->log, "1 x|"), 30);
}

/* ---- routes ---- */

static void routes_choose_by_the_number_but_for_answers(void **state)
{
    struct world *w = *state;
    static const struct config_route routes[] = {{LIT("+254"), LIT("second")},
                                                 {LIT("+25471"), LIT("third")}};
    w->config.routes = routes;
    w->config.n_routes = 2;
    open_outbox(w);
    struct message m = message_to(w, "+254700000001", "first", "answer");
    seal_and_put(w, &m, "+254700000001");
    m = message_to(w, "+254700000002", "first", "follow-up");
    m.is_answer = false;
    seal_and_put(w, &m, "+254700000002");
    send_push(w, "+254711000003", "first", "reminder");
    send_push(w, "+254701000003", "gone", "moved"); /* a channel that was taken away */
    loop_mem_advance(w->loop, 1000);
    assert_non_null(strstr(w->log, "0 answer|"));
    assert_non_null(strstr(w->log, "1 follow-up|"));
    assert_non_null(strstr(w->log, "2 reminder|"));
    assert_non_null(strstr(w->log, "1 moved|"));
    assert_int_equal(sent(w), 4);
}

static void a_message_that_no_channel_can_send_is_told(void **state)
{
    struct world *w = *state;
    open_outbox(w);
    send(w, "gone", "x", MESSAGE_CLASS_REPLY);
    loop_mem_advance(w->loop, 1000);
    assert_non_null(strstr(take_events(w)->json, "\"error\":\"no channel can send this\""));
    assert_int_equal(outbox_n_jobs(w->outbox), 0);
}

/* ---- caps of reminders, whose number only the sender knows ---- */

static void reminders_are_capped_by_prefix_and_country(void **state)
{
    struct world *w = *state;
    w->config.cap_prefix_hour = 2;
    open_outbox(w);
    send_push(w, "+254700000001", "first", "one");
    send_push(w, "+254700000002", "first", "two");
    send_push(w, "+254700000003", "first", "three");
    send_push(w, "+4915112345678", "first", "abroad");
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(sent(w), 2);
    struct taken *t = take_events(w);
    assert_int_equal(count_of(t->json, "\"status\":\"capped\""), 2);
    assert_int_equal(count_of(t->json, "\"error\":\"cap prefix\""), 1);
    assert_int_equal(count_of(t->json, "\"error\":\"cap country\""), 1);
    assert_int_equal(metrics_get(w->metrics, METRIC_cap_rejections_total_prefix), 1);
    assert_int_equal(metrics_get(w->metrics, METRIC_cap_rejections_total_country), 1);
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_failed_total), 0);
}

static void a_reminder_that_is_tried_again_is_counted_once(void **state)
{
    struct world *w = *state;
    w->config.cap_prefix_hour = 2;
    open_outbox(w);
    w->reached[FIRST] = SENDER_REACHED_NOT;
    send_push(w, "+254700000001", "first", "one");
    loop_mem_advance(w->loop, 10000);
    w->reached[FIRST] = SENDER_REACHED_RESPONSE;
    loop_mem_advance(w->loop, 60000);
    send_push(w, "+254700000002", "first", "two");
    loop_mem_advance(w->loop, 1000);
    assert_int_equal(sent(w), 2);
}

/* ---- access tokens ---- */

static void a_token_is_asked_for_once_and_kept_until_it_expires(void **state)
{
    struct world *w = *state;
    open_outbox(w);
    (void)outbox_hold(w->outbox, TOKEN, true);
    send_many(w, "token", "x", MESSAGE_CLASS_REPLY, 20);
    (void)outbox_hold(w->outbox, TOKEN, false); /* all of them at once */
    loop_mem_advance(w->loop, 2000);
    assert_int_equal(sent(w), 20);
    assert_int_equal(w->n_tokens, 1);
    assert_non_null(strstr(w->last_body, "Bearer t1"));
    loop_mem_advance(w->loop, 3600 * 1000);
    send(w, "token", "y", MESSAGE_CLASS_REPLY);
    loop_mem_advance(w->loop, 2000);
    assert_int_equal(w->n_tokens, 2);
    assert_non_null(strstr(w->last_body, "Bearer t2"));
    assert_int_equal(sent(w), 21);
}

static void a_token_that_was_refused_is_asked_for_again(void **state)
{
    struct world *w = *state;
    open_outbox(w);
    send(w, "token", "x", MESSAGE_CLASS_REPLY);
    loop_mem_advance(w->loop, 1000);
    w->status[TOKEN] = 401; /* withdrawn before its time */
    send(w, "token", "y", MESSAGE_CLASS_REPLY);
    for (int i = 0; i < 100 && w->n_posts[TOKEN] < 2; i++)
        loop_mem_advance(w->loop, 1);
    w->status[TOKEN] = 200; /* again after 1 ms at the earliest */
    loop_mem_advance(w->loop, 10000);
    assert_in_range(w->n_tokens, 2, 3); /* the back-off is random: perhaps refused once more */
    assert_int_equal(sent(w), 2);
    assert_int_equal(metrics_get(w->metrics, METRIC_circuits_open), 0);
}

/* A provider that gives tokens and then takes none of them is pressed at neither door. */
static void tokens_that_are_never_taken_are_asked_for_less_and_less(void **state)
{
    struct world *w = *state;
    open_outbox(w);
    w->status[TOKEN] = 401;
    send_many(w, "token", "x", MESSAGE_CLASS_REPLY, 50);
    loop_mem_advance(w->loop, 10 * 60 * 1000);
    assert_in_range(w->n_posts[TOKEN], 2, 30);
    assert_in_range(w->n_tokens, 2, 30);
    assert_int_equal(metrics_get(w->metrics, METRIC_circuits_open), 1);
    w->status[TOKEN] = 200;
    loop_mem_advance(w->loop, 20 * 60 * 1000);
    assert_int_equal(sent(w), 50);
    assert_int_equal(metrics_get(w->metrics, METRIC_circuits_open), 0);
}

/* Nothing was sent, so that the message may take the way round. */
static void without_a_token_nothing_is_sent(struct world *w)
{
    w->list[TOKEN].fallback = STR("first");
    open_outbox(w);
    send_many(w, "token", "x", MESSAGE_CLASS_REPLY, 10);
    loop_mem_advance(w->loop, 60000);
    assert_int_equal(w->n_posts[TOKEN], 0);
    assert_int_equal(count_of(w->log, "0 x|"), 10);
    assert_true(w->n_tokens < 20); /* the provider is not pressed */
}

static void a_token_that_is_refused_loses_nothing(void **state)
{
    struct world *w = *state;
    w->is_token_refused = true;
    without_a_token_nothing_is_sent(w);
}

static void a_token_that_does_not_come_loses_nothing(void **state)
{
    struct world *w = *state;
    w->is_token_away = true;
    without_a_token_nothing_is_sent(w);
}

/* ---- an operator's pause ---- */

static void on_known(void *ctx)
{
    struct world *w = ctx;
    outbox_own_all(w->outbox, 1);
}

static void on_put(void *ctx, enum err e)
{
    (void)ctx;
    assert_int_equal(e, ERR_OK);
}

struct note {
    char value[512];
};

static void on_notes(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct note *note = ctx;
    assert_int_equal(e, ERR_OK);
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(names[i], STR(BOARD_STATUS "first")))
            assert_int_equal(str_copy(values[i], note->value, sizeof(note->value)), ERR_OK);
        assert_false(str_eq(names[i], STR(BOARD_STATUS "listens")));
    }
}

static struct note status_note(struct world *w)
{
    struct note note = {""};
    store_board_get(w->store, STORE_BOARD_NOTES, on_notes, &note);
    loop_mem_settle(w->loop);
    return note;
}

/* A pause from before this sender's life holds from its first message on. */
static void a_paused_channel_sends_nothing_until_it_is_resumed(void **state)
{
    struct world *w = *state;
    store_board_put(w->store, STORE_BOARD_NOTES, STR(BOARD_PAUSE "first"),
                    STR("2024-11-24T07:37:40Z"), on_put, NULL);
    loop_mem_settle(w->loop);
    make_outbox(w);
    send_many(w, "first", "x", MESSAGE_CLASS_REPLY, 5);
    send_many(w, "second", "y", MESSAGE_CLASS_REPLY, 5);
    w->board = board_new(w->loop, w->store, w->outbox, &w->channels);
    store_mem_fail(w->store, "board_get", ERR_UNAVAILABLE, false, 3);
    board_start(w->board, on_known, w);
    loop_mem_advance(w->loop, 2500);
    assert_int_equal(sent(w), 0); /* what is paused is not known yet */
    loop_mem_advance(w->loop, 10000);
    assert_int_equal(w->n_posts[FIRST], 0);
    assert_int_equal(w->n_posts[SECOND], 5);
    struct note note = status_note(w);
    assert_non_null(strstr(note.value, "\"state\":\"paused\",\"waiting\":5,\"in_flight\":0,"));
    store_board_put(w->store, STORE_BOARD_NOTES, STR(BOARD_PAUSE "first"), STR_NONE, on_put, NULL);
    loop_mem_advance(w->loop, 2 * BOARD_LOOK_MS);
    assert_int_equal(w->n_posts[FIRST], 5);
    loop_mem_advance(w->loop, 6 * BOARD_LOOK_MS);
    note = status_note(w);
    assert_non_null(strstr(note.value, "\"state\":\"sending\",\"waiting\":0,\"in_flight\":0,"
                                       "\"sent\":5,\"failed\":0,\"unknown\":0}"));
}

/* A pause is not forgotten while the store is away, and what waits goes nowhere else. */
static void a_pause_outlives_the_store_and_has_no_way_round(void **state)
{
    struct world *w = *state;
    w->list[FIRST].fallback = STR("second");
    make_outbox(w);
    w->board = board_new(w->loop, w->store, w->outbox, &w->channels);
    store_board_put(w->store, STORE_BOARD_NOTES, STR(BOARD_PAUSE "first"), STR("t"), on_put, NULL);
    board_start(w->board, on_known, w);
    loop_mem_advance(w->loop, 2 * BOARD_LOOK_MS);
    store_mem_fail(w->store, "board_get", ERR_UNAVAILABLE, false, UINT32_MAX);
    send_many(w, "first", "x", MESSAGE_CLASS_REPLY, 5);
    loop_mem_advance(w->loop, 60000);
    assert_int_equal(sent(w), 0);
    store_mem_fail(w->store, "board_get", ERR_OK, false, 0);
    store_board_put(w->store, STORE_BOARD_NOTES, STR(BOARD_PAUSE "first"), STR_NONE, on_put, NULL);
    loop_mem_advance(w->loop, 2 * BOARD_LOOK_MS);
    assert_int_equal(w->n_posts[FIRST], 5);
}

/* ---- marks ---- */

/* The mark of a new entry that is found set was set by our own call that timed out. */
static void a_mark_that_timed_out_costs_no_message(void **state)
{
    struct world *w = *state;
    open_outbox(w);
    store_mem_fail(w->store, "mark_sending", ERR_TIMEOUT, true, 1);
    send(w, "first", "x", MESSAGE_CLASS_REPLY);
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(sent(w), 1);
    assert_int_equal(metrics_get(w->metrics, METRIC_sends_unknown_total), 0);
}

int main(void)
{
#define WORLD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(channels_of_an_account_share_its_rate),
        WORLD_TEST(a_channel_alone_in_its_account_keeps_its_rate),
        WORLD_TEST(replies_of_one_channel_go_before_pushes_of_another),
        WORLD_TEST(pushes_go_on_while_replies_never_end),
        WORLD_TEST(a_channel_that_fails_is_left_alone_and_tried_again),
        WORLD_TEST(a_probe_that_was_none_is_followed_by_another),
        WORLD_TEST(a_provider_that_hangs_does_not_swallow_the_rest),
        WORLD_TEST(few_are_under_way_while_a_provider_does_not_answer),
        WORLD_TEST(a_report_finds_whom_its_message_went_to),
        WORLD_TEST(a_phone_does_not_wait_for_another),
        WORLD_TEST(messages_take_the_way_round_while_a_provider_is_away),
        WORLD_TEST(what_may_have_reached_the_provider_is_sent_by_no_other),
        WORLD_TEST(channels_that_stand_in_for_each_other_wait_together),
        WORLD_TEST(routes_choose_by_the_number_but_for_answers),
        WORLD_TEST(a_message_that_no_channel_can_send_is_told),
        WORLD_TEST(reminders_are_capped_by_prefix_and_country),
        WORLD_TEST(a_reminder_that_is_tried_again_is_counted_once),
        WORLD_TEST(a_token_is_asked_for_once_and_kept_until_it_expires),
        WORLD_TEST(a_token_that_was_refused_is_asked_for_again),
        WORLD_TEST(tokens_that_are_never_taken_are_asked_for_less_and_less),
        WORLD_TEST(a_token_that_is_refused_loses_nothing),
        WORLD_TEST(a_token_that_does_not_come_loses_nothing),
        WORLD_TEST(a_paused_channel_sends_nothing_until_it_is_resumed),
        WORLD_TEST(a_pause_outlives_the_store_and_has_no_way_round),
        WORLD_TEST(a_mark_that_timed_out_costs_no_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
