/* The table of app/outbox/machine.h: every state is reached on ports that response only when they
 * are told to, and every event is tried in every state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/outbox/machine.h"
#include "port/store/ops.h"

#define LIT(literal)                                                                               \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct wall_ms start = {1732433860000};

/* One call of a port that waits for its response. */
struct pending {
    union {
        store_on_done *done;
        store_on_value *value;
        store_on_entries *entries;
        sink_on_vault *vault;
        sender_on_response *response;
        timer_fn *timer;
    } fn;
    void *ctx;
};

struct world {
    struct store store;
    struct sink sink;
    struct sender sender;
    struct loop *loop;
    struct vault *vault;
    struct metrics *metrics;
    struct config config;
    struct config_channel channel;
    struct channels channels;
    struct outbox *outbox;
    struct event_place read_from; /* in the bucket of the messages */
    struct pending read, take, mark, clear, settle, number, post, opt_out;
    const char *phone; /* whom the messages are for */
    bool is_token;     /* the request that waits in post is one for a token */
    uint32_t n_settled;
    char settled[1024]; /* the last event */
};

static struct world *w; /* the ports have nowhere to keep it */

static struct pending take(struct pending *p)
{
    struct pending taken = *p;
    assert_non_null(taken.ctx);
    *p = (struct pending){.ctx = NULL};
    return taken;
}

static void on_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                    void *ctx)
{
    (void)s;
    w->read_from = reader->from[1];
    w->read = (struct pending){.fn.entries = fn, .ctx = ctx};
}

static void on_settle(struct store *s, const struct store_entry *entry,
                      const struct store_settled *what, store_on_done *fn, void *ctx)
{
    (void)s, (void)entry;
    w->settle = (struct pending){.fn.done = fn, .ctx = ctx};
    assert_int_equal(str_copy(what->event, w->settled, sizeof(w->settled)), ERR_OK);
}

static void on_mark(struct store *s, const struct store_entry *entry, const struct number_id *id,
                    store_on_value *fn, void *ctx)
{
    (void)s, (void)entry, (void)id;
    w->mark = (struct pending){.fn.value = fn, .ctx = ctx};
}

static void on_clear(struct store *s, const struct store_entry *entry, store_on_done *fn, void *ctx)
{
    (void)s, (void)entry;
    w->clear = (struct pending){.fn.done = fn, .ctx = ctx};
}

static void on_take(struct store *s, const struct store_cap *caps, uint32_t n, store_on_done *fn,
                    void *ctx)
{
    (void)s, (void)caps, (void)n;
    w->take = (struct pending){.fn.done = fn, .ctx = ctx};
}

static void on_vault_get(struct sink *s, const uint8_t id[NUMBER_ID_BYTES], sink_on_vault *fn,
                         void *ctx)
{
    (void)s, (void)id;
    w->number = (struct pending){.fn.vault = fn, .ctx = ctx};
}

static void on_post(struct sender *s, const struct sender_request *request, sender_on_response *fn,
                    void *ctx)
{
    (void)s;
    w->is_token = str_find(request->url, STR("/token")) != SIZE_MAX;
    w->post = (struct pending){.fn.response = fn, .ctx = ctx};
}

static void on_opt_out(void *ctx, const struct channel *channel, struct str e164, struct str id,
                       timer_fn *done, void *done_ctx)
{
    (void)ctx, (void)channel, (void)id;
    assert_true(str_eq(e164, str_from(w->phone)));
    w->opt_out = (struct pending){.fn.timer = done, .ctx = done_ctx};
}

static const struct store_ops store_ops = {.read = on_read,
                                           .settle = on_settle,
                                           .mark_sending = on_mark,
                                           .clear_sending = on_clear,
                                           .take = on_take};
static const struct sink_ops sink_ops = {.vault_get = on_vault_get};
static const struct sender_ops sender_ops = {.post = on_post};

static int set_up(void **state)
{
    static struct setting settings[] = {{LIT("username"), LIT("u")},
                                        {LIT("password"), LIT("p")},
                                        {LIT("send_url"), LIT("http://h/3")}};
    struct errmsg msg;
    w = calloc(1, sizeof(*w));
    w->phone = "+254700000101";
    w->store.ops = &store_ops;
    w->sink.ops = &sink_ops;
    w->sender.ops = &sender_ops;
    w->loop = loop_mem_new(start);
    w->vault = vault_openssl_new_for_tests(1);
    w->metrics = metrics_new();
    w->channel = (struct config_channel){.name = STR("token"),
                                         .profile = STR("hormuud"),
                                         .country = STR("KE"),
                                         .from = STR("4"),
                                         .settings = {settings, 3},
                                         .tps = 1000,
                                         .is_unsigned_allowed = true,
                                         .new_numbers_hour = 100000};
    w->config = (struct config){.profiles_dir = STR("config/profiles"),
                                .n_channels = 1,
                                .channels = &w->channel,
                                .cap_prefix_hour = 5,
                                .cap_prefix_digits = 8};
    assert_int_equal(channels_load(&w->config, &w->channels, &msg), ERR_OK);
    w->outbox = outbox_new(&(struct outbox_ports){.loop = w->loop,
                                                  .store = &w->store,
                                                  .sink = &w->sink,
                                                  .sender = &w->sender,
                                                  .vault = w->vault,
                                                  .config = &w->config,
                                                  .channels = &w->channels,
                                                  .metrics = w->metrics,
                                                  .on_opt_out = on_opt_out});
    outbox_own_all(w->outbox, 1);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outbox_free(w->outbox);
    channels_fini(&w->channels);
    vault_free(w->vault);
    metrics_free(w->metrics);
    loop_free(w->loop);
    free(w);
    return 0;
}

static uint64_t count_of(enum metric metric)
{
    return metrics_get(w->metrics, metric);
}

/* ---- what the ports answer ---- */

/* Two messages to one phone, whose number is in the vault table. */
static struct outbox_job *read_two(void)
{
    struct buf payload CLEANUP(buf_fini);
    struct message m = {.channel = STR("token"),
                        .class = MESSAGE_CLASS_PUSH,
                        .number_id = vault_number_id(w->vault, str_from(w->phone)),
                        .seq = 1,
                        .text = STR("Lesson")};
    buf_init(&payload, 4096);
    message_encode(&m, &payload);
    struct store_entry entries[] = {{.bucket = 1, .id = STR("1-0"), .place = {1, 0}},
                                    {.bucket = 1, .id = STR("2-0"), .place = {2, 0}}};
    entries[0].payload = entries[1].payload = buf_str(&payload);
    struct pending p = take(&w->read);
    p.fn.entries(p.ctx, ERR_OK, entries, 2);
    struct outbox_queue *lane =
        &w->outbox->lanes[(unsigned)m.number_id.bytes[1] << 8 | m.number_id.bytes[2]];
    return TAILQ_FIRST(lane);
}

static void response_done(struct pending *pending, enum err e)
{
    struct pending p = take(pending);
    p.fn.done(p.ctx, e);
}

/* Nothing has overtaken the push. */
static void response_mark(enum err e)
{
    struct pending p = take(&w->mark);
    p.fn.value(p.ctx, e, (struct str){"\0\0\0\1", 4});
}

static void response_number(void)
{
    struct buf sealed CLEANUP(buf_fini);
    struct vault_sealed s;
    struct number_id id = vault_number_id(w->vault, str_from(w->phone));
    struct pending p = take(&w->number);
    buf_init(&sealed, 256);
    struct str aad = {(const char *)id.bytes, sizeof(id.bytes)};
    assert_int_equal(vault_seal(w->vault, aad, str_from(w->phone), &sealed, &s), ERR_OK);
    p.fn.vault(p.ctx, ERR_OK, s.key_id, (struct str){(const char *)s.nonce, sizeof(s.nonce)},
               s.ciphertext);
}

static void response_post(enum sender_reached reached, const char *body)
{
    struct pending p = take(&w->post);
    p.fn.response(p.ctx,
                  &(struct sender_response){.reached = reached,
                                            .status = reached == SENDER_REACHED_RESPONSE ? 200 : 0,
                                            .body = str_from(body),
                                            .message = "as told"});
}

/* Whatever waits is answered with success, until nothing does. */
static void respond_to_all(void)
{
    for (int i = 0; i < 20; i++) {
        loop_mem_settle(w->loop);
        if (w->settle.ctx != NULL) {
            w->n_settled++;
            response_done(&w->settle, ERR_OK);
        } else if (w->number.ctx != NULL) {
            response_number();
        } else if (w->post.ctx != NULL) {
            response_post(SENDER_REACHED_RESPONSE,
                          w->is_token ? "{\"access_token\":\"t\",\"expires_in\":3600}"
                                      : "{\"ResCode\":\"res\",\"Data\":{\"MessageID\":\"m1\"}}");
        } else if (w->take.ctx != NULL) {
            response_done(&w->take, ERR_OK);
        } else if (w->mark.ctx != NULL) {
            response_mark(ERR_OK);
        } else if (w->clear.ctx != NULL) {
            response_done(&w->clear, ERR_OK);
        } else if (w->opt_out.ctx != NULL) {
            struct pending p = take(&w->opt_out);
            p.fn.timer(p.ctx);
        } else {
            loop_mem_advance(w->loop, 10000); /* what was delayed */
        }
    }
}

/* ---- the way to each state ---- */

static void step_to(struct outbox_job *job, enum outbox_state wanted)
{
    if (job->state == OUTBOX_STATE_QUEUED)
        loop_mem_settle(w->loop); /* the gate looks */
    else if (job->state == OUTBOX_STATE_NUMBERING || job->state == OUTBOX_STATE_CHOOSING)
        response_number();
    else if (job->state == OUTBOX_STATE_TOKEN) {
        response_post(SENDER_REACHED_RESPONSE, "{\"access_token\":\"t\",\"expires_in\":3600}");
        loop_mem_settle(w->loop);
    } else if (job->state == OUTBOX_STATE_CAPPING)
        response_done(&w->take, ERR_OK);
    else if (job->state == OUTBOX_STATE_MARKING)
        response_mark(wanted == OUTBOX_STATE_DELAYED ? ERR_UNAVAILABLE : ERR_OK);
    else if (job->state == OUTBOX_STATE_SENDING && wanted == OUTBOX_STATE_CLEARING)
        response_post(SENDER_REACHED_NOT, "");
    else if (job->state == OUTBOX_STATE_SENDING)
        response_post(SENDER_REACHED_RESPONSE,
                      "{\"ResCode\":\"res\",\"Data\":{\"MessageID\":\"m1\"}}");
    else if (job->state == OUTBOX_STATE_SETTLING)
        response_done(&w->settle, ERR_UNAVAILABLE);
}

static struct outbox_job *reach(enum outbox_state wanted)
{
    static const struct config_route route = {LIT("+254"), LIT("token")};
    w->config.routes = &route;
    w->config.n_routes = wanted == OUTBOX_STATE_CHOOSING;
    struct outbox_job *job = read_two();
    if (wanted == OUTBOX_STATE_WAITING)
        return TAILQ_NEXT(job, lane);
    if (wanted == OUTBOX_STATE_BROKEN) {
        for (int i = 0; i < 10 && job->state != OUTBOX_STATE_MARKING; i++)
            step_to(job, OUTBOX_STATE_MARKING);
        outbox_happen(job, OUTBOX_EVENT_DUE);
        metrics_set(w->metrics, METRIC_illegal_moves_total, 0);
    }
    for (int i = 0; i < 10 && job->state != wanted; i++) {
        if (wanted == OUTBOX_STATE_STOPPING && job->state == OUTBOX_STATE_SENDING) {
            outbox_conclude(job, MESSAGE_STATUS_failed, STR_NONE, STR("opted out"));
            job->n_calls = 0; /* the request has been answered */
            w->post.ctx = NULL;
            outbox_happen(job, OUTBOX_EVENT_OPTED_OUT);
        } else {
            step_to(job, wanted);
        }
    }
    assert_string_equal(outbox_state_name(job->state), outbox_state_name(wanted));
    return job;
}

/* ---- tests ---- */

/* A job in its last state is gone; nothing can happen to it. */
static bool is_a_place(enum outbox_state s)
{
    return s != OUTBOX_STATE_DONE;
}

/* Does a port have it, which has yet to call back? */
static bool is_asked_about(const struct outbox_job *job)
{
    const struct pending *ports[] = {&w->take,   &w->mark, &w->clear,  &w->settle,
                                     &w->number, &w->post, &w->opt_out};
    bool is_asked = false;
    for (size_t i = 0; i < ARRAY_LEN(ports); i++)
        is_asked |= ports[i]->ctx == job;
    return is_asked;
}

static void every_move_that_cannot_be_ends_one_message(enum outbox_state s, enum outbox_event event)
{
    void *state;
    (void)set_up(&state);
    struct outbox_job *job = reach(s);
    bool is_known = job->event.len > 0;
    const char *outcome = s == OUTBOX_STATE_SENDING ? "unknown" : "failed";
    bool must_wait = !is_known && is_asked_about(job);
    outbox_happen(job, event);
    if (must_wait && job->state != OUTBOX_STATE_BROKEN)
        fail_msg("%s in %s: it goes before its port has called back", outbox_event_name(event),
                 outbox_state_name(s));
    if (count_of(METRIC_illegal_moves_total) != 1)
        fail_msg("%s in %s is not counted", outbox_event_name(event), outbox_state_name(s));
    uint64_t n_sent = count_of(METRIC_sends_total);
    if (!is_known) {
        assert_true(job->event.len > 0); /* its outcome is known now */
        struct event_record record;
        assert_int_equal(event_decode(buf_str(&job->event), &record), ERR_OK);
        assert_true(str_eq(record.status, str_from(outcome)));
        assert_int_equal(n_sent, 0);
    }
    respond_to_all();
    if (w->n_settled != 2 || outbox_n_jobs(w->outbox) != 0)
        fail_msg("%s in %s: %u settled, %u left", outbox_event_name(event), outbox_state_name(s),
                 w->n_settled, outbox_n_jobs(w->outbox));
    assert_int_equal(w->outbox->n_begun, 0);
    assert_int_equal(w->outbox->channels[0].n_in_flight, 0);
    assert_int_equal(w->outbox->channels[0].n_jobs, 0);
    assert_int_equal(count_of(METRIC_illegal_moves_total), 1);
    assert_int_equal(count_of(METRIC_sends_total), n_sent + 1); /* the other message */
    (void)tear_down(&state);
}

/* What is so by the time that the event happens. */
static void make_true(struct outbox_job *job, enum outbox_event event)
{
    struct outbox_channel *c = &w->outbox->channels[0];
    outbox_gate_refresh(w->outbox, outbox_now_ms(w->outbox));
    if (event == OUTBOX_EVENT_CHANNEL)
        outbox_gate_assign(job, c);
    else if (event == OUTBOX_EVENT_GO)
        assert_ptr_equal(outbox_gate_next(w->outbox, outbox_now_ms(w->outbox), true), job);
    else if (job->state == OUTBOX_STATE_TOKEN)
        TAILQ_REMOVE(&c->token.waiting, job, queue);
    else if (job->event.len == 0 && outbox_move(job->state, event) == OUTBOX_STATE_SETTLING)
        outbox_conclude(job, MESSAGE_STATUS_failed, STR_NONE, STR("as told"));
}

static void every_move_of_the_table_can_be(enum outbox_state s, enum outbox_event event)
{
    void *state;
    (void)set_up(&state);
    struct outbox_job *job = reach(s);
    make_true(job, event);
    outbox_happen(job, event);
    if (count_of(METRIC_illegal_moves_total) != 0)
        fail_msg("%s in %s is illegal", outbox_event_name(event), outbox_state_name(s));
    if (outbox_move(s, event) == OUTBOX_STATE_DONE)
        assert_int_equal(outbox_n_jobs(w->outbox), 1);
    (void)tear_down(&state);
}

static void every_event_in_every_state(void **state)
{
    (void)state;
    for (int s = 0; s < N_OUTBOX_STATES; s++) {
        for (int event = 0; is_a_place(s) && event < N_OUTBOX_EVENTS; event++) {
            if (outbox_move(s, event) == N_OUTBOX_STATES)
                every_move_that_cannot_be_ends_one_message(s, event);
            else
                every_move_of_the_table_can_be(s, event);
        }
    }
}

static void every_state_is_entered_and_left(void **state)
{
    (void)state;
    for (int s = 0; s < N_OUTBOX_STATES; s++) {
        /* every message begins in WAITING; BROKEN is where no row leads */
        bool is_entered = s == OUTBOX_STATE_WAITING || s == OUTBOX_STATE_BROKEN, is_left = false;
        for (int from = 0; from < N_OUTBOX_STATES; from++) {
            for (int event = 0; event < N_OUTBOX_EVENTS; event++) {
                is_entered |= outbox_move(from, event) == (enum outbox_state)s;
                is_left |= from == s && outbox_move(from, event) != N_OUTBOX_STATES;
            }
        }
        assert_true(is_entered);
        assert_true(is_left != (s == OUTBOX_STATE_DONE));
    }
}

/* What a server has forgotten may come again under ids that were read; what is in hand is taken
 * once. */
static void after_an_error_the_outbox_is_read_from_its_beginning(void **state)
{
    (void)state;
    void *world;
    (void)set_up(&world);
    (void)read_two();
    loop_mem_advance(w->loop, 100);
    assert_int_equal(w->read_from.ms, 2);
    struct pending p = take(&w->read);
    p.fn.entries(p.ctx, ERR_UNAVAILABLE, NULL, 0);
    loop_mem_advance(w->loop, 1000);
    assert_int_equal(w->read_from.ms, 0);
    (void)read_two();
    assert_int_equal(outbox_n_jobs(w->outbox), 2);
    (void)tear_down(&world);
}

/* Whoever asks at once again takes a processor from a server that has enough to do. */
static void a_store_that_is_away_is_left_alone_for_a_while(void **state)
{
    (void)state;
    void *world;
    (void)set_up(&world);
    struct outbox_job *job = reach(OUTBOX_STATE_MARKING);
    response_mark(ERR_UNAVAILABLE);
    loop_mem_advance(w->loop, OUTBOX_RETRY_STORE_MS - 100);
    assert_int_equal(job->state, OUTBOX_STATE_DELAYED);
    loop_mem_advance(w->loop, 200);
    assert_int_not_equal(job->state, OUTBOX_STATE_DELAYED);
    (void)tear_down(&world);
}

/* Another message of the channel was told so while this one was being marked. */
static void a_token_that_is_refused_to_another_message_loses_none(void **state)
{
    (void)state;
    void *world;
    (void)set_up(&world);
    (void)reach(OUTBOX_STATE_MARKING);
    outbox_token_refuse(&w->outbox->channels[0], w->outbox->channels[0].token.n, STR("no"));
    respond_to_all();
    assert_int_equal(w->n_settled, 2);
    assert_int_equal(count_of(METRIC_sends_failed_total), 0);
    assert_int_equal(count_of(METRIC_sends_total), 2);
    (void)tear_down(&world);
}

static void a_late_refusal_takes_no_newer_token(void **state)
{
    (void)state;
    void *world;
    (void)set_up(&world);
    struct outbox_channel *c = &w->outbox->channels[0];
    (void)reach(OUTBOX_STATE_SENDING);
    struct pending late = take(&w->post);
    outbox_token_refuse(c, c->token.n, STR("no"));
    w->phone = "+254700000102";
    loop_mem_advance(w->loop, 100);
    struct outbox_job *other = read_two();
    for (int i = 0; i < 10 && other->state != OUTBOX_STATE_SENDING; i++)
        step_to(other, OUTBOX_STATE_SENDING); /* by a new token */
    late.fn.response(late.ctx,
                     &(struct sender_response){.reached = SENDER_REACHED_RESPONSE, .status = 401});
    assert_true(outbox_token_is_ready(c));
    assert_int_equal(c->n_failures, 0); /* nor is it the channel's fault */
    (void)tear_down(&world);
}

/* What cannot be taken now: the message waits, and the whole channel only where the provider asks
 * for that. */
static void a_pause_that_the_provider_asks_for_holds_the_channel(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *after; /* Retry-After; NULL: not said */
        int64_t pause_ms;
        uint32_t n_throttled; /* before: 2 */
    } rows[] = {
        {503, NULL, 0, 0},
        {503, "30", 30000, 0},
        {429, "30", 30000, 3},
        {429, NULL, 4 * OUTBOX_BASE_DELAY_MS, 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        void *world;
        (void)set_up(&world);
        struct outbox_channel *c = &w->outbox->channels[0];
        struct outbox_job *job = reach(OUTBOX_STATE_SENDING);
        struct pending post = take(&w->post);
        struct http_header after = {STR("Retry-After"),
                                    str_from(rows[i].after != NULL ? rows[i].after : "")};
        int64_t now_ms = outbox_now_ms(w->outbox);
        c->n_throttled = 2;
        c->paused_until_ms = now_ms;
        assert_false(c->is_troubled);
        post.fn.response(post.ctx, &(struct sender_response){.reached = SENDER_REACHED_RESPONSE,
                                                             .status = rows[i].status,
                                                             .headers = &after,
                                                             .n_headers = rows[i].after != NULL});
        assert_int_equal(job->state, OUTBOX_STATE_CLEARING);
        assert_true(c->is_troubled);
        if (c->paused_until_ms - now_ms != rows[i].pause_ms ||
            c->n_throttled != rows[i].n_throttled)
            fail_msg("row %zu: %lld ms, throttled %u times", i,
                     (long long)(c->paused_until_ms - now_ms), c->n_throttled);
        (void)tear_down(&world);
    }
}

/* What is not begun is another sender's, whichever phone it goes to. */
static void a_lost_share_is_let_go_of_in_every_lane(void **state)
{
    static const uint16_t lanes[] = {0, 1, OUTBOX_LANES - 1};
    static const uint64_t none[STORE_LEASE_RANGES];
    struct store_entry entries[ARRAY_LEN(lanes)];
    struct buf payloads[ARRAY_LEN(lanes)];
    static const char *const ids[] = {"1-0", "2-0", "3-0"};
    (void)set_up(state);
    for (size_t i = 0; i < ARRAY_LEN(lanes); i++) {
        struct message m = {.channel = STR("token"),
                            .number_id = {{1, (uint8_t)(lanes[i] >> 8), (uint8_t)lanes[i]}},
                            .seq = 1,
                            .text = STR("Lesson")};
        buf_init(&payloads[i], 4096);
        message_encode(&m, &payloads[i]);
        entries[i] = (struct store_entry){.bucket = 1,
                                          .id = str_from(ids[i]),
                                          .place = {i + 1, 0},
                                          .payload = buf_str(&payloads[i])};
    }
    struct pending p = take(&w->read);
    p.fn.entries(p.ctx, ERR_OK, entries, ARRAY_LEN(lanes));
    for (size_t i = 0; i < ARRAY_LEN(lanes); i++) {
        assert_false(TAILQ_EMPTY(&w->outbox->lanes[lanes[i]]));
        buf_fini(&payloads[i]);
    }
    outbox_own(w->outbox, none);
    for (size_t i = 0; i < ARRAY_LEN(lanes); i++)
        assert_true(TAILQ_EMPTY(&w->outbox->lanes[lanes[i]]));
    assert_int_equal(w->outbox->n_jobs, 0);
    (void)tear_down(state);
}

static void the_picture_in_the_readme_is_the_table(void **state)
{
    (void)state;
    static char text[65536];
    struct buf diagram CLEANUP(buf_fini);
    buf_init(&diagram, 16384);
    outbox_diagram(&diagram);
    FILE *file = fopen("gateway/app/README.md", "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    (void)fclose(file); /* only read */
    if (strstr(text, buf_str(&diagram).p) != NULL)
        return;
    (void)fprintf(stderr, "the diagram in gateway/app/README.md must be:\n%s", diagram.p);
    fail();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state),
        cmocka_unit_test(every_state_is_entered_and_left),
        cmocka_unit_test(after_an_error_the_outbox_is_read_from_its_beginning),
        cmocka_unit_test(a_store_that_is_away_is_left_alone_for_a_while),
        cmocka_unit_test(a_token_that_is_refused_to_another_message_loses_none),
        cmocka_unit_test(a_late_refusal_takes_no_newer_token),
        cmocka_unit_test(a_pause_that_the_provider_asks_for_holds_the_channel),
        cmocka_unit_test(a_lost_share_is_let_go_of_in_every_lane),
        cmocka_unit_test(the_picture_in_the_readme_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
