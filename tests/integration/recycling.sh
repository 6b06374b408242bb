#!/bin/bash
# recycling.sh: an operator (recycling.py) is asked over HTTP before anything goes by itself to a number that was quiet for long:
# what it is asked, with which token, and what each of its answers comes to. The learners joined a month before "today", which
# is a Tuesday at 10:00 UTC, whenever this runs: no day of rest, and no time at which some of them are due already and some are
# not. For that, the clocks of the gateway and of Redis are turned back by a library in front of them.
. "$(dirname "$0")/lib.sh"
[ "$(command -v cc)" ] || skip 'there is no C compiler'

world_make
TODAY=$(date -u -d 'last tuesday 10:00' +%s)
cat >"$STATE/ago.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *ret)
{
    static int (*next)(clockid_t, struct timespec *);
    if (next == NULL)
        next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(id, ret);
    if (id == CLOCK_REALTIME)
        ret->tv_sec -= atoll(getenv("AGO_S"));
    return result;
}

int gettimeofday(struct timeval *ret, void *zone)
{
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    *ret = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return zone == NULL ? result : -1;
}
C
cc -shared -fPIC -o "$STATE/ago.so" "$STATE/ago.c" -ldl || skip 'the clock cannot be turned back here'

install -d "$STATE/operator"
setsid python3 "$ROOT/tests/integration/recycling.py" "$STATE/operator" </dev/null >"$STATE/operator.log" 2>&1 &
OPERATOR=$!
all_down()
{
    local code=$?
    stop_pid "$OPERATOR" TERM 5
    world_down "$code"
}
trap all_down EXIT
wait_for 20 test -s "$STATE/operator/port"
URL="http://127.0.0.1:$(cat "$STATE/operator/port")"

cat >"$STATE/operator.yaml" <<YAML
  - name: operator
    profile: number-recycling
    country: UG
    private_addresses: allowed
    plain_http: allowed
    settings: {send_url: "$URL/number-recycling/v0.2/check", token_url: "$URL/token", client_id: client, client_secret: c secret}
YAML
sed -i -e "/^channels:/r $STATE/operator.yaml" \
    -e "s|^  - {code: UG}|  - {code: UG, cost: Free, recycling_channel: operator}|" "$STATE/waypost.yaml"
printf 'quiet_days: 20\nreminder_holdout: 0\n' >>"$STATE/waypost.yaml"

# phone NUMBER LINE...
phone()
{
    "$WAYPOST" phone --port "$PORT" --from "$1" --sms --script <(printf '%s\n' "${@:2}") >>"$STATE/phone.log" 2>&1
}

n_sms()
{
    curl -fsS -G "http://127.0.0.1:$ADMIN_PORT/sim/outbox" --data-urlencode "to=$1" | jq length
}

# n_asked NUMBER STATUS: how often that was the answer about it.
n_asked()
{
    jq -s --arg number "$1" --argjson status "$2" \
        '[.[] | select(.said.phoneNumber? == $number and .status == $status)] | length' "$STATE/operator/requests"
}

is_asked()
{
    [ "$(n_asked "$@")" -gt 0 ]
}

n_tokens()
{
    jq -s '[.[] | select(.path == "/token" and .status == 200 and .said.grant_type == ["client_credentials"] and
        .said.scope == ["number-recycling"])] | length' "$STATE/operator/requests"
}

all_checked()
{
    [ "$(sql "select count(*) from core.event where kind = 'number_checked'")" = "$1" ]
}

all_reminded()
{
    [ "$(sql "select count(distinct learner) from core.event where kind = 'reminded'")" = "$1" ]
}

# next_push N: when the last of at least N learners is written to, in seconds of the epoch, once all is planned that was due.
# What comes later than in four days waits for something else.
next_push()
{
    redis --raw eval "local n, last, now = 0, 0, tonumber(redis.call('time')[1])
        for _, key in ipairs(redis.call('keys', 'wp:*:due:*')) do
            local due = redis.call('zrange', key, 0, -1, 'withscores')
            for i = 2, #due, 2 do
                local at = tonumber(due[i])
                if at < now + 60 then return end
                n = n + 1
                if at < now + 4 * 86400 then last = math.max(last, at) end
            end
        end
        return n >= $1 and last > 0 and last or nil" 0 | grep .
}

# later N: the clocks of Redis and the gateway are put on to that time. All of them have the same slot, of an hour.
later()
{
    local at
    wait_for 60 next_push "$1" || die 70 'nothing is planned'
    at=$(next_push "$1")
    down
    up $((at + 2))
}

ago() { LD_PRELOAD="$STATE/ago.so" "$@"; }

up() # TIME: Redis and the gateway, by whose clocks it is so late
{
    export AGO_S=$(($(date +%s) - $1))
    ago redis_start "$STATE"
    [ -d "$STATE/keys" ] || demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
    ago demo_start "$STATE" "$PORT"
}

down()
{
    demo_stop "$STATE"
    redis_stop "$STATE"
}

SAME=+256700000001 GONE=+256700000009 UNKNOWN=+256700000007 FAILS=+256700000005 BUSY=+256700000003 KENYA=+254700000001
postgres_start "$STATE"
JOINED=$((TODAY - 30 * 86400))
up "$JOINED"
for number in $SAME $GONE $UNKNOWN $FAILS $BUSY $KENYA; do
    phone "$number" JOIN 1 2 1 1 1 1 1 1 1 1
done
wait_for 30 is_drained
check_same 'six learners joined a month ago' 6 "$(sql "select count(*) from core.event
    where kind = 'consented' and at < now() - interval '29 days'")"
down

# All are planned anew, for the next morning: the clock is put on to when all are due.
up "$TODAY"
later 5
wait_for 300 all_checked 4 || true
wait_for 60 is_asked $UNKNOWN 404 || true
later 4 # nothing more goes to the one that has gone
wait_for 60 all_reminded 3 || true
wait_for 60 is_drained

check_same 'whoever still has a number is reminded, and nobody else' '3 0' "$(sql "select count(distinct learner) || ' ' ||
    count(distinct learner) filter (where learner not in
        (select learner from core.event where kind = 'number_checked' and choice = 1))
    from core.event where kind = 'reminded'")"
check_same 'where nobody can be asked nothing goes' '0 0' "$(n_sms $KENYA) $(n_asked $KENYA 200)"
check_same 'an answer is asked for once' '1 1 1' "$(n_asked $SAME 200) $(n_asked $GONE 200) $(n_asked $UNKNOWN 404)"
check_same 'and again after an error, and when it was too busy' '1 1 1 1' \
    "$(n_asked $FAILS 500) $(n_asked $FAILS 200) $(n_asked $BUSY 429) $(n_asked $BUSY 200)"
check 'an access token that is refused is asked for anew' test "$(n_tokens)" -ge 2
check_same 'the day of the last word is asked about' "$(date -u -d "@$JOINED" +%F)" \
    "$(jq -rs 'map(.said.specifiedDate? // empty) | unique | join(" ")' "$STATE/operator/requests")"
check_same 'it is on record who was the same' '3 of 4' "$(sql "select count(*) filter (where choice = 1) || ' of ' || count(*)
    from core.event where kind = 'number_checked'")"
: >"$STATE/phone.log"
phone $GONE 1
check 'who has the number now is asked who it is' grep -q 'Nobody has learned on this number' "$STATE/phone.log"
done_testing
