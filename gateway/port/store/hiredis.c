/*
 * hiredis.c: the calls of store.h as Redis commands. Keys and functions: port/README.md.
 */
#include "port/store/hiredis.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Together, for a Cluster. */
static const char probe_key[] = "wp:{leases}:probe", senders_key[] = "wp:{leases}:sender";

/* ---- learners ---- */

static void hiredis_load(struct store *s, const struct number_id *id, store_on_load *fn, void *ctx)
{
    char state[KEY_BYTES], reply[KEY_BYTES], seen[KEY_BYTES];
    struct argv argv;
    argv.n = 0; /* the rest of it need not be zero */
    argv_add(&argv, STR("MGET"));
    argv_add(&argv, number_key(state, id, 's'));
    argv_add(&argv, number_key(reply, id, 'r'));
    argv_add(&argv, number_key(seen, id, 'd'));
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_load, (void (*)(void))fn, ctx, 0});
}

static void commit_put(struct commit_words *words, const struct store_commit *commit,
                       struct str epoch, struct argv *argv)
{
    argv->n = 0; /* the rest of it need not be zero */
    argv_add(argv, STR("FCALL"));
    argv_add(argv, STR("waypost_commit"));
    argv_add(argv, STR(COMMIT_KEYS));
    commit_add_keys(words, commit, argv);
    argv_add(argv, words->due.words[DUE_PART]);
    commit_add_args(words, commit, epoch, argv);
}

/* ---- the commit of most steps ---- */

static bool is_step(const struct store_commit *commit)
{
    return commit->caps == NULL && commit->expected_seq > 0 && commit->state.len > 0 &&
           commit->reply.len == 0 && commit->seen.len == 0 && commit->n_outbox == 0 &&
           commit->due_at_ms < 0;
}

struct commit_step {
    struct nodes *nodes;
    struct number_id id;
    store_on_commit *fn;
    void *ctx;
};

static void step_end(struct commit_step *step, enum err e, const struct store_record *present)
{
    struct commit_step ended = *step;
    free(step);
    ended.fn(ended.ctx, e, present);
}

static void on_present(void *ctx, enum err e, const struct store_record *present)
{
    static const struct store_record nobody;
    step_end(ctx, e == ERR_OK ? ERR_CONFLICT : e, e == ERR_OK ? &nobody : present);
}

/* The seq was another: asks for the present record, by a commit onto nobody that writes nothing, so
 * that a server that has lost its data is noticed. */
static void parse_step(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct commit_step *step = to->ctx;
    const struct store_commit nothing = {.id = step->id, .due_at_ms = -1};
    struct commit_words words;
    struct argv argv;
    if (e == ERR_OK && reply->type != REDIS_REPLY_INTEGER)
        e = ERR_IO;
    if (e != ERR_OK || reply->integer == 1) {
        step_end(step, e, NULL);
        return;
    }
    commit_put(&words, &nothing, nodes_epoch(step->nodes), &argv);
    nodes_ask(step->nodes, &argv,
              &(struct link_to){reply_commit, (void (*)(void))on_present, step, 0});
}

static void commit_step(struct nodes *nodes, const struct store_commit *commit, store_on_commit *fn,
                        void *ctx)
{
    char state[KEY_BYTES], events[KEY_BYTES], expected[STORE_SEQ_BYTES];
    struct argv argv;
    struct commit_step *step = xcalloc(1, sizeof(*step));
    *step = (struct commit_step){nodes, commit->id, fn, ctx};
    argv.n = 0; /* the rest of it need not be zero */
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_step"));
    argv_add(&argv, STR("2"));
    argv_add(&argv, number_key(state, &commit->id, 's'));
    argv_add(&argv, bucket_key(events, commit->id.bytes[0], STR("events")));
    argv_add(&argv, put_seq(expected, commit->expected_seq));
    argv_add(&argv, commit->state);
    argv_add(&argv, commit->event);
    nodes_ask(nodes, &argv, &(struct link_to){parse_step, NULL, step, 0});
}

static void hiredis_commit(struct store *s, const struct store_commit *commit, store_on_commit *fn,
                           void *ctx)
{
    struct nodes *nodes = hiredis_store(s)->nodes;
    struct commit_words words;
    struct argv argv;
    if (commit->caps != NULL) {
        hiredis_commit_capped(s, commit, fn, ctx);
    } else if (is_step(commit)) {
        commit_step(nodes, commit, fn, ctx);
    } else {
        commit_put(&words, commit, nodes_epoch(nodes), &argv);
        nodes_ask(nodes, &argv, &(struct link_to){reply_commit, (void (*)(void))fn, ctx, 0});
    }
}

static void hiredis_restore(struct store *s, const struct number_id *id, struct str state,
                            int64_t due_at_ms, store_on_done *fn, void *ctx)
{
    char key[KEY_BYTES];
    struct due_words due;
    due_words(&due, id, due_at_ms);
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_restore"));
    argv_add(&argv, STR("4"));
    argv_add(&argv, number_key(key, id, 's'));
    argv_add(&argv, due.words[DUE_INDEX]);
    argv_add(&argv, due.words[DUE_SLOT]);
    argv_add(&argv, due.words[DUE_PART]);
    argv_add(&argv, state);
    argv_add(&argv, due.words[DUE_SECONDS]);
    argv_add(&argv, due.words[DUE_MEMBER]);
    argv_add(&argv, due.words[DUE_NAME]);
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}

static void hiredis_wake(struct store *s, const struct number_id *id, int64_t due_at_ms,
                         store_on_done *fn, void *ctx)
{
    char key[KEY_BYTES];
    struct due_words due;
    due_words(&due, id, due_at_ms);
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_wake"));
    argv_add(&argv, STR("4"));
    argv_add(&argv, number_key(key, id, 's'));
    argv_add(&argv, due.words[DUE_INDEX]);
    argv_add(&argv, due.words[DUE_SLOT]);
    argv_add(&argv, due.words[DUE_PART]);
    argv_add(&argv, due.words[DUE_SECONDS]);
    argv_add(&argv, due.words[DUE_MEMBER]);
    argv_add(&argv, due.words[DUE_NAME]);
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}

static void on_ignored(void *ctx, enum err e)
{
    (void)ctx, (void)e; /* of the other key it is told */
}

/* A member lies in its slot or, once that was split and is of another type, in its part: where it
 * is not, nothing happens. The index names a time that is not after the earliest one, still. */
static void hiredis_put_off(struct store *s, const struct number_id *id, int64_t due_at_ms,
                            store_on_done *fn, void *ctx)
{
    struct due_words due;
    due_words(&due, id, due_at_ms);
    for (int is_part = 0; is_part < 2; is_part++) {
        struct argv argv = argv_of((const char *[]){"ZADD", NULL});
        argv_add(&argv, due.words[is_part ? DUE_PART : DUE_SLOT]);
        argv_add(&argv, STR("XX"));
        argv_add(&argv, STR("GT"));
        argv_add(&argv, due.words[DUE_SECONDS]);
        argv_add(&argv, due.words[DUE_MEMBER]);
        nodes_ask(
            hiredis_store(s)->nodes, &argv,
            &(struct link_to){reply_done, (void (*)(void))(is_part ? fn : on_ignored), ctx, 0});
    }
}

static void hiredis_append(struct store *s, uint8_t bucket, struct str event, store_on_done *fn,
                           void *ctx)
{
    char events[KEY_BYTES];
    struct argv argv;
    argv.n = 0; /* the rest of it need not be zero */
    argv_add(&argv, STR("XADD"));
    argv_add(&argv, bucket_key(events, bucket, STR("events")));
    argv_add(&argv, STR("*"));
    argv_add(&argv, STR("p"));
    argv_add(&argv, event);
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}

/* ---- due ---- */

/* One store_due: a command per bucket. */
struct due_gather {
    store_on_due *fn;
    void *ctx;
    uint32_t n_missing;
    enum err e; /* the first error */
    uint32_t n, n_room;
    struct due_number found[];
};

static int due_cmp(const void *a, const void *b)
{
    const struct due_number *left = a, *right = b;
    if (left->due_s != right->due_s)
        return left->due_s < right->due_s ? -1 : 1;
    return memcmp(&left->id, &right->id, sizeof(left->id));
}

static void due_end(struct due_gather *gather)
{
    struct number_id *ids = xcalloc(gather->n + 1, sizeof(*ids));
    if (gather->n > 0)
        qsort(gather->found, gather->n, sizeof(*gather->found), due_cmp);
    for (uint32_t i = 0; i < gather->n; i++)
        ids[i] = gather->found[i].id;
    gather->fn(gather->ctx, gather->e, ids, gather->e == ERR_OK ? gather->n : 0);
    free(ids);
    free(gather);
}

static void parse_due(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct due_gather *gather = to->ctx;
    if (e == ERR_OK)
        e = reply_due(reply, (uint8_t)to->n, gather->found, gather->n_room, &gather->n);
    if (gather->e == ERR_OK)
        gather->e = e;
    if (--gather->n_missing == 0)
        due_end(gather);
}

static void hiredis_due(struct store *s, const struct store_due_by *by, store_on_due *fn, void *ctx)
{
    struct nodes *nodes = hiredis_store(s)->nodes;
    uint32_t n_buckets = (uint32_t)(by->last - by->first) + 1, n_room = n_buckets * by->max;
    struct due_gather *gather = xcalloc(1, sizeof(*gather) + n_room * sizeof(gather->found[0]));
    *gather = (struct due_gather){.fn = fn, .ctx = ctx, .n_missing = n_buckets, .n_room = n_room};
    struct link_to to = {parse_due, NULL, gather, 0};
    enum err e = nodes_admit(nodes);
    if (e != ERR_OK) {
        gather->n_missing = 1;
        nodes_respond_later(nodes, &to, e);
        return;
    }
    char now[24], most[24], key[KEY_BYTES], nothing[KEY_BYTES];
    for (uint32_t bucket = by->first; bucket <= by->last; bucket++) {
        struct argv argv = {.n = 0};
        argv_add(&argv, STR("FCALL"));
        argv_add(&argv, STR("waypost_due"));
        argv_add(&argv, STR("2"));
        argv_add(&argv, bucket_key(key, (uint8_t)bucket, STR("due")));
        argv_add(&argv, bucket_key(nothing, (uint8_t)bucket, STR("nothing")));
        argv_add(&argv, decimal(now, by->now_ms / 1000));
        argv_add(&argv, decimal(most, by->max));
        to.n = bucket;
        nodes_send(nodes, &argv, &to, 0);
    }
}

/* ---- what is left ---- */

static void hiredis_log_end(struct store *s, uint8_t bucket, store_on_value *fn, void *ctx)
{
    char key[KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_log_end"));
    argv_add(&argv, STR("1"));
    argv_add(&argv, bucket_key(key, bucket, STR("events")));
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_value, (void (*)(void))fn, ctx, 0});
}

static void hiredis_probe(struct store *s, store_on_probe *fn, void *ctx)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_probe"));
    argv_add(&argv, STR("2"));
    argv_add(&argv, str_from(probe_key));
    argv_add(&argv, str_from(senders_key));
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_probe, (void (*)(void))fn, ctx, 0});
}

static uint32_t hiredis_n_away(struct store *s)
{
    return nodes_n_away(hiredis_store(s)->nodes);
}

static const char *hiredis_why(struct store *s)
{
    return nodes_why(hiredis_store(s)->nodes);
}

static bool hiredis_is_up(struct store *s)
{
    return nodes_is_up(hiredis_store(s)->nodes);
}

static void hiredis_free(struct store *s)
{
    struct hiredis_store *h = hiredis_store(s);
    readings_fini(h);
    sendings_fini(h);
    nodes_free(h->nodes);
    free(h);
}

static void hiredis_patch(struct store *s, const struct number_id *id,
                          const struct store_patch *patch, store_on_done *fn, void *ctx)
{
    char key[KEY_BYTES], at[24];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_patch"));
    argv_add(&argv, STR("1"));
    argv_add(&argv, number_key(key, id, 's'));
    argv_add(&argv, decimal(at, patch->at));
    argv_add(&argv, patch->before);
    argv_add(&argv, patch->after);
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}

static const struct store_ops hiredis_ops = {
    .load = hiredis_load,
    .commit = hiredis_commit,
    .patch = hiredis_patch,
    .take = hiredis_take,
    .append = hiredis_append,
    .log_read = hiredis_log_read,
    .log_trim = hiredis_log_trim,
    .log_delete = hiredis_log_delete,
    .compact = hiredis_compact,
    .states = hiredis_states,
    .read = hiredis_read,
    .settle = hiredis_settle,
    .mark_sending = hiredis_mark_sending,
    .clear_sending = hiredis_clear_sending,
    .due = hiredis_due,
    .session_put = hiredis_session_put,
    .session_get = hiredis_session_get,
    .meet = hiredis_meet,
    .course_put = hiredis_course_put,
    .courses_get = hiredis_courses_get,
    .part_put = hiredis_part_put,
    .part_done = hiredis_part_done,
    .part_later = hiredis_part_later,
    .parts_overdue = hiredis_parts_overdue,
    .board_put = hiredis_board_put,
    .board_get = hiredis_board_get,
    .certificate_put = hiredis_certificate_put,
    .certificate_new = hiredis_certificate_new,
    .certificate_get = hiredis_certificate_get,
    .restore = hiredis_restore,
    .wake = hiredis_wake,
    .put_off = hiredis_put_off,
    .scan = hiredis_scan,
    .probe = hiredis_probe,
    .fence = hiredis_fence,
    .fence_open = hiredis_fence_open,
    .log_end = hiredis_log_end,
    .log_sizes = hiredis_log_sizes,
    .memory = hiredis_memory,
    .facts = hiredis_facts,
    .may = hiredis_may,
    .outbox_look = hiredis_outbox_look,
    .lease_keep = hiredis_lease_keep,
    .lease_give = hiredis_lease_give,
    .n_away = hiredis_n_away,
    .is_up = hiredis_is_up,
    .why = hiredis_why,
    .free = hiredis_free,
};

struct store *store_hiredis_new(struct loop *loop, const struct store_settings *settings)
{
    struct hiredis_store *h = xcalloc(1, sizeof(*h));
    h->base.ops = &hiredis_ops;
    h->loop = loop;
    h->nodes = nodes_new(loop, settings, "commands");
    readings_init(h, settings);
    sendings_init(h);
    nodes_open(h->nodes, NULL, NULL);
    return &h->base;
}
