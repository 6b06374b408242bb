/* The other way round than rebuild.c: PostgreSQL learns what only Redis knows. */
#include "role/rebuild.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/course_set.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "core/learner.h"
#include "port/store/learners.h"
#include "role/letters.h"
#include "role/ports.h"

#define PAGE_BYTES (16u << 20)
#define RETRY_MS 500
#define MAX_TRIES 20u
#define PROGRESS_MS 2000

struct reconcile {
    struct database *db;
    struct store *store;
    struct loop *loop;
    struct timer *timer;
    struct vault *vault;
    struct course_set *courses;
    struct buf page, cursor; /* cursor of the page under way */
    uint32_t n_tries;
    struct mono_ms shown_at;
    struct reconciled done;
    enum err e;
    struct errmsg *msg;
};

static void finish(struct reconcile *r, enum err e)
{
    r->e = e;
    loop_stop(r->loop);
}

/* ---- one learner ---- */

static void add_time(struct buf *out, const char *name, int64_t ms)
{
    char text[RFC3339_BYTES];
    if (ms <= 0)
        return;
    clock_format_rfc3339((struct wall_ms){ms}, text);
    buf_addf(out, ",\"%s\":\"%s\"", name, text);
}

/* Times that the state does not keep are put at the last contact, which is never too early. */
static void add_milestones(struct buf *out, const struct learner *l, const struct course *course)
{
    bool has_begun = l->pre_right > 0 || l->post_tries > 0;
    for (size_t i = 0; i < sizeof(l->answered); i++)
        has_begun |= l->answered[i] != 0;
    int64_t end_ms = l->completed_ms > 0 ? l->completed_ms : l->link.last_ms;
    add_time(out, "consent_at", l->consent_ms);
    add_time(out, "started_at", has_begun ? l->consent_ms : 0);
    add_time(out, "completed_at", l->post_tries > 0 ? end_ms : 0);
    add_time(out, "stopped_at", l->state == LEARNER_STATE_STOPPED ? l->link.last_ms : 0);
    if (l->certificate == 0)
        return;
    add_time(out, "certified_at", end_ms);
    buf_addf(out, ",\"code\":\"%012" PRIu64 "\",\"score\":%d", l->certificate,
             course_score(course, l->post_best));
}

/* The number, sealed for the vault. False: the state does not have it. */
static bool seal_number(const struct reconcile *r, const struct number_id *id,
                        const struct learner *l, struct buf *out, struct vault_sealed *ret)
{
    struct buf number CLEANUP(buf_fini);
    buf_init(&number, VAULT_PACKED_MAX_NUMBER);
    struct str aad = {(const char *)id->bytes, sizeof(id->bytes)};
    bool is_good = vault_unpack(r->vault, id, l->link.number, &number) == ERR_OK &&
                   vault_seal(r->vault, aad, buf_str(&number), out, ret) == ERR_OK;
    if (number.p != NULL)
        explicit_bzero(number.p, number.cap);
    return is_good;
}

/* False: gone since the page was read, not to be read, or nobody: erased, or one who only checked a
 * certificate. */
static bool read_learner(struct reconcile *r, const struct store_learner *found,
                         struct learner *ret)
{
    if (found->state.p == NULL)
        return false;
    r->done.n_numbers++;
    if (learner_decode(found->state, ret) == ERR_OK)
        return !learner_is_nobody(ret);
    r->done.n_unreadable++;
    return false;
}

/* Without its end, before which the rest of the members goes. */
static void add_record(struct reconcile *r, const struct event_record *record, struct str state)
{
    buf_add_char(&r->page, r->page.len == 0 ? '[' : ',');
    event_record_json(record, state, &r->page);
    if (r->page.len > 0)
        r->page.len--;
}

/* Where the state does not say when, the time of the look. */
static struct wall_ms last_contact(const struct reconcile *r, const struct learner *l)
{
    return (struct wall_ms){l->link.last_ms > 0 ? l->link.last_ms : loop_wall(r->loop).ms};
}

/* What a person's state does not say of its steps: those of before somebody else had the phone. */
#define SEQ_OF_OTHERS 1u

/* is_at_it: has the phone now; the number, and when it is due, come once, with this one. */
static void add_person(struct reconcile *r, const struct store_learner *found,
                       const struct learner *l, bool is_at_it)
{
    const struct courses *courses = course_set_courses(r->courses);
    const struct course *course = l->course_key != 0 ? courses_find(courses, l->course_key) : NULL;
    const struct course *speaks = course != NULL ? course : courses->list[courses->current];
    struct buf sealed CLEANUP(buf_fini);
    struct vault_sealed number = {.key_id = 0};
    buf_init(&sealed, VAULT_PACKED_MAX_NUMBER + VAULT_TAG_BYTES);
    if (is_at_it && !seal_number(r, &found->id, l, &sealed, &number))
        r->done.n_without_number++;
    struct event_record record = {
        .kind = EVENT_RECORD_STEP,
        .seq = is_at_it ? l->seq : SEQ_OF_OTHERS,
        .at = last_contact(r, l),
        .channel = str_from(l->link.channel),
        .course = course != NULL ? course->id : STR_NONE,
        .version = course != NULL ? course->version : STR_NONE,
        .lang = l->lang[0] != '\0' ? str_from(l->lang) : speaks->language, /* as of a step */
        .country = str_from(l->link.country),
        .due_at = {is_at_it ? found->due_at_ms : 0},
        .vault_key_id = number.key_id,
        .vault_nonce = {(const char *)number.nonce, sizeof(number.nonce)},
        .vault_ciphertext = number.ciphertext,
    };
    memcpy(record.number_id, found->id.bytes, sizeof(record.number_id));
    memcpy(record.learner_id, l->learner_id, sizeof(record.learner_id));
    add_record(r, &record, found->state);
    if (l->role > 0)
        buf_addf(&r->page, ",\"role\":%u", l->role);
    if (l->cohort > 0)
        buf_addf(&r->page, ",\"cohort\":\"%06" PRIu32 "\"", l->cohort);
    if (course != NULL)
        add_milestones(&r->page, l, course);
    buf_add_char(&r->page, '}');
}

static bool has_id(const struct learner *l)
{
    static const uint8_t none[sizeof(l->learner_id)];
    return memcmp(l->learner_id, none, sizeof(none)) != 0;
}

/* All who learn by this number: the one who is at it, and the others. Where somebody is at it who
 * is nobody yet, the first of the others stands for the number. */
static void add_learner(struct reconcile *r, const struct store_learner *found)
{
    struct learner l, other;
    if (!read_learner(r, found, &l))
        return;
    bool is_told = has_id(&l);
    if (is_told)
        add_person(r, found, &l, true);
    for (uint32_t i = 0; i < learner_n_others(&l); i++) {
        if (learner_other(&l, i, &other) != ERR_OK) {
            r->done.n_unreadable++;
        } else if (has_id(&other)) {
            add_person(r, found, &other, !is_told);
            is_told = true;
        }
    }
}

/* ---- pages ---- */

static void show_progress(struct reconcile *r)
{
    struct mono_ms now = loop_mono(r->loop);
    if (now.ms - r->shown_at.ms < PROGRESS_MS)
        return;
    r->shown_at = now;
    LOG_INFO("reconcile", "numbers", "%" PRIu64 " looked at, %" PRIu64 " of them new",
             r->done.n_numbers, r->done.n_new);
}

static enum err put_page(struct reconcile *r)
{
    uint64_t n_new = 0;
    if (r->page.len == 0)
        return ERR_OK;
    buf_add_char(&r->page, ']');
    enum err e = buf_error(&r->page);
    if (e != ERR_OK)
        return errmsg_set(r->msg, e, "a page of Redis is too large");
    e = database_reconcile(r->db, buf_str(&r->page), &n_new, r->msg);
    r->done.n_new += n_new;
    if (e == ERR_OK)
        return e;
    const struct errmsg words = *r->msg;
    return errmsg_set(
        r->msg, e, "PostgreSQL: %s%s", words.text,
        e == ERR_UNAVAILABLE
            ? "\nIs it running, and is writer_conninfo right? `waypost doctor` tries it"
            : "");
}

static void on_page(void *ctx, enum err e, struct str next, const struct store_learner *learners,
                    uint32_t n)
{
    struct reconcile *r = ctx;
    if (e != ERR_OK) {
        if (err_is_retryable(e) && ++r->n_tries < MAX_TRIES)
            timer_start(r->loop, r->timer, RETRY_MS);
        else
            finish(r,
                   errmsg_set(r->msg, e, "Redis: %s; run it again: it does no harm", err_name(e)));
        return;
    }
    r->n_tries = 0;
    buf_reset(&r->page);
    for (uint32_t i = 0; i < n; i++)
        add_learner(r, &learners[i]);
    e = put_page(r);
    buf_reset(&r->cursor);
    buf_add_str(&r->cursor, next);
    if (e != ERR_OK || next.len == 0) {
        finish(r, e);
        return;
    }
    show_progress(r);
    timer_start(r->loop, r->timer, 0);
}

/* Courses first: what a learner's state means depends on them. */
static void on_timer(void *ctx)
{
    struct reconcile *r = ctx;
    if (course_set_is_ready(r->courses)) {
        store_scan(r->store, buf_str(&r->cursor), on_page, r);
        return;
    }
    course_set_refresh(r->courses);
    if (++r->n_tries < MAX_TRIES)
        timer_start(r->loop, r->timer, RETRY_MS);
    else
        finish(r, errmsg_set(r->msg, ERR_NOT_FOUND, "Redis has no course; publish it first"));
}

static enum err run(struct reconcile *r)
{
    struct letters_done letters;
    if (!store_is_up(r->store))
        return errmsg_set(r->msg, ERR_UNAVAILABLE,
                          "Redis does not answer; see redis_* in the configuration");
    enum err e = letters_take_in(r->db, r->store, r->loop, &letters, r->msg);
    r->done.n_letters = letters.n_taken;
    r->done.n_letters_left = letters.n_left;
    if (e != ERR_OK)
        return e;
    timer_start(r->loop, r->timer, 0);
    loop_run(r->loop);
    return r->e;
}

enum err reconcile_with(const struct rebuild_ports *ports, struct reconciled *ret,
                        struct errmsg *msg)
{
    struct reconcile r = {.db = ports->db,
                          .store = ports->store,
                          .loop = ports->loop,
                          .vault = ports->vault,
                          .msg = msg};
    r.timer = timer_new(r.loop, on_timer, &r);
    r.courses = course_set_new(r.loop, r.store);
    buf_init(&r.page, PAGE_BYTES);
    buf_init(&r.cursor, 64);
    enum err e = run(&r);
    *ret = r.done;
    buf_fini(&r.page);
    buf_fini(&r.cursor);
    store_free(r.store); /* what it still has to answer comes here */
    course_set_free(r.courses);
    timer_free(r.loop, r.timer);
    return e;
}

enum err reconcile_postgres(const struct config *config, struct reconciled *ret, struct errmsg *msg)
{
    struct rebuild_ports ports = {.loop = loop_libevent_new()};
    enum err e = vault_openssl_new(config->keys_dir.p, &ports.vault, msg);
    if (e == ERR_OK)
        e = database_open(config->writer_conninfo.p, &ports.db, msg);
    if (e == ERR_OK) {
        ports.store = role_store_wait(config, ports.loop);
        e = reconcile_with(&ports, ret, msg);
    }
    loop_free(ports.loop);
    database_close(ports.db);
    vault_free(ports.vault);
    return e;
}
