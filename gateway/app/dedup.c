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

struct dedup_key dedup_key_make(struct str channel, const struct inbound *inbound,
                                struct wall_ms received)
{
    struct dedup_key key = {.received = received};
    uint64_t of_channel = mix(str_hash(channel), inbound->kind);
    if (inbound->kind == INBOUND_USSD) {
        uint64_t of_session = mix(of_channel, str_hash(inbound->session));
        key.session = never_zero(of_session);
        key.mark = mix(mix(of_session, str_hash(inbound->raw_text)), inbound->phase);
        return key;
    }
    if (!str_is_empty(inbound->id)) {
        key.mark = mix(of_channel, str_hash(inbound->id));
        key.seen = never_zero(key.mark);
        return key;
    }
    key.mark = mix(mix(of_channel, 0), str_hash(inbound->text));
    key.text_hash = never_zero(key.mark);
    key.seen = never_zero(mix(key.mark, (uint64_t)received.ms));
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
    return last != NULL && last->mark == key->mark ? DEDUP_REPEAT_LAST : DEDUP_REPEAT_OLD;
}

static bool is_seen(const struct learner_link *link, uint32_t hash)
{
    for (size_t i = 0; i < LEARNER_SEEN_IDS; i++) {
        if (link->seen[i] == hash)
            return true;
    }
    return false;
}

static void remember_seen(struct learner_link *link, uint32_t hash)
{
    memmove(&link->seen[1], &link->seen[0], sizeof(link->seen) - sizeof(link->seen[0]));
    link->seen[0] = hash;
}

static enum dedup_verdict judge_sms(const struct dedup_key *key, const struct learner_link *link,
                                    const struct last_reply *last)
{
    if (is_seen(link, key->seen))
        return repeat(key, last);
    int64_t age_ms = key->received.ms - link->last_ms;
    if (key->text_hash != 0 && key->text_hash == link->text_hash && age_ms < DEDUP_TEXT_WINDOW_MS &&
        age_ms > -DEDUP_TEXT_WINDOW_MS)
        return repeat(key, last);
    return DEDUP_NEW;
}

/* Some providers name a session by the number alone: then the name comes again with every dial. */
static bool is_session_unique(const struct inbound *inbound)
{
    struct str name = inbound->session;
    while (name.len > 0 && (name.p[0] == '+' || name.p[0] == '0'))
        name = str_sub(name, 1, name.len);
    return !str_is_empty(name) && !str_ends(inbound->from, name);
}

/* The last answer is of this session, and the copy came in before it could be read. */
static bool is_copy_in_flight(const struct dedup_key *key, const struct last_reply *last)
{
    return last != NULL && last->mark == key->mark &&
           (key->is_overtaken || key->received.ms < last->ready_ms);
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
                                  const struct learner_link *link)
{
    return link->session != key->session && is_session_unique(inbound) &&
           is_seen(link, key->session);
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
    if (inbound->is_repeatable_input)
        return is_copy_in_flight(key, last) ? DEDUP_REPEAT_LAST : DEDUP_NEW;
    if (inbound->is_repeat || inbound->raw_text.len < link->path_bytes)
        return repeat(key, last);
    return DEDUP_NEW;
}

enum dedup_verdict dedup_judge(const struct dedup_key *key, const struct inbound *inbound,
                               const struct learner_link *link, const struct last_reply *last)
{
    if (inbound->kind != INBOUND_USSD)
        return judge_sms(key, link, last);
    switch (inbound->phase) {
    case INBOUND_PHASE_END:
    case INBOUND_PHASE_TIMEOUT:
        return judge_end(key, link, last);
    case INBOUND_PHASE_NEW:
    case INBOUND_PHASE_NONE:
    case INBOUND_PHASE_CONTINUE:
        break;
    }
    if (is_of_earlier_session(key, inbound, link))
        return repeat(key, last);
    return inbound->phase == INBOUND_PHASE_NEW ? judge_dial(key, inbound, link, last)
                                               : judge_input(key, inbound, link, last);
}

void dedup_remember(const struct dedup_key *key, const struct inbound *inbound,
                    struct learner_link *link)
{
    link->last_ms = key->received.ms;
    if (inbound->kind != INBOUND_USSD) {
        remember_seen(link, key->seen);
        link->text_hash = key->text_hash;
        return;
    }
    if (link->session != key->session && link->session != 0)
        remember_seen(link, link->session);
    link->session = key->session;
    if (inbound->phase == INBOUND_PHASE_END || inbound->phase == INBOUND_PHASE_TIMEOUT) {
        link->path_bytes = PATH_ENDED;
        return;
    }
    size_t n = inbound->raw_text.len < PATH_ENDED ? inbound->raw_text.len : PATH_ENDED - 1;
    link->path_bytes = (uint16_t)n;
    link->path_hash = (uint32_t)str_hash(str_sub(inbound->raw_text, 0, n));
}
