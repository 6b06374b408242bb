#include "app/dedup.h"

#include <string.h>

/* In link.path_bytes: the network has closed the session, so whatever still comes is a repeat. */
#define PATH_ENDED UINT16_MAX
#define FNV_PRIME 0x100000001b3ULL

static uint64_t mix(uint64_t hash, uint64_t more)
{
    return (hash ^ (more + (hash << 6))) * FNV_PRIME;
}

static uint32_t never_zero(uint64_t hash)
{
    uint32_t folded = (uint32_t)(hash ^ hash >> 32);
    return folded != 0 ? folded : 1;
}

static bool is_within(int64_t age_ms, int64_t window_ms)
{
    return age_ms < window_ms && age_ms > -window_ms;
}

struct dedup_key dedup_key_make(struct str channel, const struct inbound *inbound,
                                struct wall_ms received)
{
    struct dedup_key key = {.received = received};
    uint64_t of_channel = mix(str_hash(channel), inbound->kind), step;
    if (inbound->kind == INBOUND_USSD) {
        uint64_t of_session = mix(of_channel, str_hash(inbound->session));
        key.session = never_zero(of_session);
        if (str_to_u64(inbound->step, UINT32_MAX - 1, &step) == ERR_OK)
            key.step = (uint32_t)step + 1;
        uint64_t of_input = key.step != 0 ? mix(of_session, key.step) : str_hash(inbound->raw_text);
        key.mark = mix(mix(of_session, of_input), inbound->phase);
        return key;
    }
    bool has_id = !str_is_empty(inbound->id);
    key.id = mix(of_channel, has_id ? str_hash(inbound->id) : (uint64_t)received.ms);
    if (inbound->at.ms > 0 && is_within(received.ms - inbound->at.ms, DEDUP_KEPT_MS))
        key.at = mix(mix(of_channel, 1), (uint64_t)inbound->at.ms);
    key.text = str_hash(inbound->text);
    key.mark = mix(has_id ? key.id : of_channel, key.text);
    return key;
}

struct session_memory dedup_session_memory(const struct dedup_key *key,
                                           const struct learner_link *link,
                                           const struct last_reply *last)
{
    struct session_memory memory = {0};
    if (link->session != key->session)
        return memory;
    memory.is_known = true;
    memory.has_last = true;
    memory.last_bytes = link->path_bytes;
    memory.last_hash = link->path_hash;
    if (last != NULL && last->session == key->session)
        memory.remembered = last->remember;
    return memory;
}

static enum dedup_verdict repeat(const struct dedup_key *key, const struct last_reply *last)
{
    return last != NULL && last_reply_is_to(last, key->mark) ? DEDUP_REPEAT_LAST : DEDUP_REPEAT_OLD;
}

/* ---- what was seen ----
 *
 * A sight: 23 bits of time, 14 of the text, 27 of what names it. Of a text the lowest bit is set; a
 * session has none. These are too few to tell everything apart, so in front of each stands another
 * one of the same time with more of both, whose text has the lowest bit clear and the highest set:
 * for programs before this one it is an SMS that none is like, and theirs have none in front. */

#define SIGHT_BYTES 8u
#define ID_BITS 27
#define TEXT_BITS 14
#define MORE_ID_BITS 12
#define MORE_TEXT_BITS 27
#define TIME_BITS 23 /* of quarters of a second: 24 days, so that 72 hours either way are told */
#define QUARTER_MS 250
#define LOWEST(n_bits, of) ((of) & ((1u << (n_bits)) - 1))

struct sight {
    uint32_t id, text;
    bool has_more;
    uint32_t more_id, more_text;
    int64_t age_ms; /* negative: later than this inbound, which then waited in a spool */
};

/* What sights keep of a text and of a name, else without anything in common (the ends of
 * splitmix64).
 */
static uint64_t spread(uint64_t hash)
{
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ULL;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebULL;
    return hash ^ hash >> 31;
}

static uint32_t id_of(uint64_t name)
{
    return LOWEST(ID_BITS, never_zero(name));
}

static uint32_t text_of(uint64_t text)
{
    return LOWEST(TEXT_BITS, never_zero(text) | 1);
}

static uint32_t more_id_of(uint64_t name)
{
    return (uint32_t)(spread(name) >> (64 - MORE_ID_BITS));
}

static uint32_t more_text_of(uint64_t text)
{
    return (uint32_t)(spread(text) >> (64 - MORE_TEXT_BITS));
}

static bool is_named(const struct sight *sight, uint64_t name)
{
    return sight->id == id_of(name) && (!sight->has_more || sight->more_id == more_id_of(name));
}

static bool says(const struct sight *sight, uint64_t text)
{
    return sight->text == text_of(text) &&
           (!sight->has_more || sight->more_text == more_text_of(text));
}

static uint64_t take_bits(struct str *seen)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < SIGHT_BYTES && i < seen->len; i++)
        bits = bits << 8 | (uint8_t)seen->p[i];
    *seen = str_sub(*seen, SIGHT_BYTES, seen->len);
    return bits;
}

static int64_t age_of(uint64_t bits, struct wall_ms now)
{
    uint32_t then = (uint32_t)(bits >> (TEXT_BITS + ID_BITS));
    uint32_t age = LOWEST(TIME_BITS, (uint32_t)(now.ms / QUARTER_MS) - then);
    bool is_later = age >> (TIME_BITS - 1) != 0;
    return QUARTER_MS * ((int64_t)age - (is_later ? (int64_t)1 << TIME_BITS : 0));
}

/* False: there is none. Cuts it off. */
static bool take_sight(struct str *seen, struct wall_ms now, struct sight *ret)
{
    if (seen->len < SIGHT_BYTES)
        return false;
    uint64_t more = take_bits(seen);
    uint32_t id = LOWEST(ID_BITS, (uint32_t)more);
    uint32_t text = LOWEST(TEXT_BITS, (uint32_t)(more >> ID_BITS));
    *ret = (struct sight){.id = id, .text = text, .age_ms = age_of(more, now)};
    if (text == 0 || text % 2 != 0 || seen->len < SIGHT_BYTES)
        return true;
    uint64_t bits = take_bits(seen);
    *ret = (struct sight){.id = LOWEST(ID_BITS, (uint32_t)bits),
                          .text = LOWEST(TEXT_BITS, (uint32_t)(bits >> ID_BITS)),
                          .has_more = true,
                          .more_id = LOWEST(MORE_ID_BITS, text >> 1),
                          .more_text = id,
                          .age_ms = age_of(bits, now)};
    return true;
}

static void put_bits(uint32_t id, uint32_t text, struct wall_ms at, struct buf *out)
{
    uint64_t time = LOWEST(TIME_BITS, (uint32_t)(at.ms / QUARTER_MS));
    uint64_t bits = time << (TEXT_BITS + ID_BITS) | (uint64_t)text << ID_BITS | id;
    char bytes[SIGHT_BYTES];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(bits >> 8 * (sizeof(bytes) - 1 - i));
    buf_add(out, bytes, sizeof(bytes));
}

static void put_sms(uint64_t name, uint64_t text, struct wall_ms at, struct buf *out)
{
    put_bits(more_text_of(text), 1u << (TEXT_BITS - 1) | more_id_of(name) << 1, at, out);
    put_bits(id_of(name), text_of(text), at, out);
}

static void put_session(uint64_t session, struct wall_ms at, struct buf *out)
{
    put_bits(0, 1u << (TEXT_BITS - 1) | more_id_of(session) << 1, at, out);
    put_bits(id_of(session), 0, at, out);
}

static bool is_session_seen(const struct dedup_key *key, struct str seen)
{
    struct sight sight;
    while (take_sight(&seen, key->received, &sight)) {
        if (sight.text == 0 && is_named(&sight, key->session) &&
            is_within(sight.age_ms, DEDUP_KEPT_MS))
            return true;
    }
    return false;
}

static enum dedup_verdict judge_sms(const struct dedup_key *key, const struct inbound *inbound,
                                    struct str seen, const struct last_reply *last)
{
    struct sight sight;
    bool is_same_text = false; /* as the last SMS, under whatever id */
    while (take_sight(&seen, key->received, &sight)) {
        bool is_text = says(&sight, key->text);
        bool is_same = is_named(&sight, key->id) || (key->at != 0 && is_named(&sight, key->at));
        if (is_text && is_same && is_within(sight.age_ms, DEDUP_KEPT_MS))
            return repeat(key, last);
        if (sight.text != 0)
            is_same_text = is_text && is_within(sight.age_ms, DEDUP_TEXT_WINDOW_MS);
    }
    return is_same_text && inbound->kind == INBOUND_SMS ? repeat(key, last) : DEDUP_NEW;
}

bool dedup_is_said_again(const struct dedup_key *key, struct str seen, int64_t within_ms)
{
    struct sight sight;
    bool is_again = false;
    while (take_sight(&seen, key->received, &sight)) {
        if (sight.text != 0)
            is_again = says(&sight, key->text) && is_within(sight.age_ms, within_ms);
    }
    return is_again;
}

/* ---- USSD ---- */

/* Some providers name a session by the number alone: then the name comes again with every dial. */
static bool is_session_unique(const struct inbound *inbound)
{
    struct str name = inbound->session;
    while (name.len > 0 && (name.p[0] == '+' || name.p[0] == '0'))
        name = str_sub(name, 1, name.len);
    return !str_is_empty(name) && !str_ends(inbound->from, name);
}

/* The last answer is of this session, and the copy came in before a person could have read it. */
static bool is_copy_in_flight(const struct dedup_key *key, const struct last_reply *last)
{
    return last != NULL && last_reply_is_to(last, key->mark) &&
           (key->is_overtaken || key->received.ms < last->ready_ms + DEDUP_INPUT_WINDOW_MS);
}

static bool has_ended(const struct dedup_key *key, const struct learner_link *link)
{
    return link->session == key->session && link->path_bytes == PATH_ENDED;
}

static enum dedup_verdict judge_end(const struct dedup_key *key, const struct learner_link *link,
                                    const struct last_reply *last)
{
    bool is_left_open = link->session == key->session && !has_ended(key, link) && last != NULL &&
                        last->session == key->session && last->is_shown_open;
    return is_left_open ? DEDUP_NEW : DEDUP_OVER;
}

/* A request of a session that another one has followed: it was answered long ago. */
static bool is_of_earlier_session(const struct dedup_key *key, const struct inbound *inbound,
                                  const struct learner_link *link, struct str seen)
{
    return link->session != key->session && is_session_unique(inbound) &&
           is_session_seen(key, seen);
}

static enum dedup_verdict judge_dial(const struct dedup_key *key, const struct inbound *inbound,
                                     const struct learner_link *link, const struct last_reply *last)
{
    if (!is_session_unique(inbound))
        return is_copy_in_flight(key, last) ? DEDUP_REPEAT_LAST : DEDUP_NEW;
    return link->session == key->session ? repeat(key, last) : DEDUP_NEW;
}

static enum dedup_verdict judge_input(const struct dedup_key *key, const struct inbound *inbound,
                                      const struct learner_link *link,
                                      const struct last_reply *last)
{
    if (link->session != key->session)
        return DEDUP_NEW;
    if (has_ended(key, link))
        return repeat(key, last);
    if (key->step != 0 && link->step != 0)
        return key->step <= link->step ? repeat(key, last) : DEDUP_NEW;
    if (inbound->is_repeatable_input)
        return is_copy_in_flight(key, last) ? DEDUP_REPEAT_LAST : DEDUP_NEW;
    if (inbound->is_repeat || inbound->raw_text.len < link->path_bytes)
        return repeat(key, last);
    return DEDUP_NEW;
}

enum dedup_verdict dedup_judge(const struct dedup_key *key, const struct inbound *inbound,
                               const struct learner_link *link, struct str seen,
                               const struct last_reply *last)
{
    if (inbound->kind != INBOUND_USSD)
        return judge_sms(key, inbound, seen, last);
    switch (inbound->phase) {
    case INBOUND_PHASE_END:
    case INBOUND_PHASE_TIMEOUT:
        return judge_end(key, link, last);
    case INBOUND_PHASE_NEW:
    case INBOUND_PHASE_NONE:
    case INBOUND_PHASE_CONTINUE:
        break;
    }
    if (is_of_earlier_session(key, inbound, link, seen))
        return repeat(key, last);
    return inbound->phase == INBOUND_PHASE_NEW ? judge_dial(key, inbound, link, last)
                                               : judge_input(key, inbound, link, last);
}

static void note_sms(const struct dedup_key *key, struct buf *out)
{
    put_sms(key->id, key->text, key->received, out);
    if (key->at != 0)
        put_sms(key->at, key->text, key->received, out);
}

/* The session that this one follows; this one stands in the link. last_ms: of the inbound before.
 */
static void note_ussd(const struct dedup_key *key, const struct inbound *inbound, int64_t last_ms,
                      struct learner_link *link, struct buf *out)
{
    if (link->session != key->session && link->session != 0 &&
        is_within(key->received.ms - last_ms, DEDUP_KEPT_MS))
        put_session(link->session, (struct wall_ms){last_ms}, out);
    link->session = key->session;
    link->step = key->step;
    if (inbound->phase == INBOUND_PHASE_END || inbound->phase == INBOUND_PHASE_TIMEOUT) {
        link->path_bytes = PATH_ENDED;
        return;
    }
    size_t n = inbound->raw_text.len < PATH_ENDED ? inbound->raw_text.len : PATH_ENDED - 1;
    link->path_bytes = (uint16_t)n;
    link->path_hash = (uint32_t)str_hash(str_sub(inbound->raw_text, 0, n));
}

/* The store keeps the value for twice 72 hours from when it was last written whole; so what is
 * appended to one that begins within 72 hours lives long enough. */
static bool must_rewrite(struct str seen, size_t n_more, struct wall_ms now)
{
    struct sight first;
    return seen.len % SIGHT_BYTES != 0 || seen.len + n_more > DEDUP_MAX_SEEN_BYTES ||
           !take_sight(&seen, now, &first) || !is_within(first.age_ms, DEDUP_KEPT_MS);
}

/* What is not too old, and of that the newest that there is room for. */
static void rewrite(struct str seen, size_t room, struct wall_ms now, struct buf *out)
{
    struct sight sight;
    for (struct str rest = seen; take_sight(&rest, now, &sight); seen = rest) {
        if (seen.len <= room && is_within(sight.age_ms, DEDUP_KEPT_MS))
            buf_add(out, seen.p, seen.len - rest.len);
    }
}

bool dedup_remember(const struct dedup_key *key, const struct inbound *inbound, struct str seen,
                    struct learner_link *link, struct buf *out)
{
    int64_t last_ms = link->last_ms;
    link->last_ms = key->received.ms;
    struct buf more CLEANUP(buf_fini);
    buf_init(&more, 2 * DEDUP_SEEN_BYTES);
    if (inbound->kind == INBOUND_USSD)
        note_ussd(key, inbound, last_ms, link, &more);
    else
        note_sms(key, &more);
    bool is_whole = more.len > 0 && must_rewrite(seen, more.len, key->received);
    if (is_whole)
        rewrite(seen, DEDUP_MAX_SEEN_BYTES - more.len, key->received, out);
    buf_add_str(out, buf_str(&more));
    return is_whole;
}
