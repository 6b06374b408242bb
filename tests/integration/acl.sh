#!/bin/bash
# acl.sh [cluster|sentinel]: config/redis-users.acl on a real Redis, on a Cluster of three masters with a replica each,
# or on a primary and its replica with three Sentinels: each role of the gateway under its own user does all of its work
# and is refused nothing, and what is not its work is refused. acl_cluster.sh and acl_sentinel.sh call it.
. "$(dirname "$0")/lib.sh"
TOPOLOGY=${1:-alone}
# shellcheck source=/dev/null
. "$ROOT/tests/integration/redis/$TOPOLOGY.sh"
# shellcheck source=/dev/null
. "$ROOT/tests/integration/redis/buckets.sh"
ROLES=(front sender timer writer)

# For lib.sh: the tester's own user, who is in no file of ours.
redis()
{
    as tester "$@"
}

# The file as an operator fills it in.
users()
{
    local user hash
    sed -n 's/^user \([a-z-]*\) .*/\1/p' "$ROOT/config/redis-users.acl" >"$STATE/names"
    cp "$ROOT/config/redis-users.acl" "$STATE/users.acl"
    while read -r user; do
        hash=$(printf %s "secret-$user" | sha256sum | cut -d' ' -f1)
        sed -i "s/^\(user $user .*\)#HASH\b/\1#$hash/" "$STATE/users.acl"
    done <"$STATE/names"
    printf 'user tester on >secret-tester ~* &* +@all\n' >>"$STATE/users.acl"
    # What docs/operating/install.md says besides.
    printf 'aclfile "%s"\nmasteruser waypost-replica\nmasterauth secret-waypost-replica\n' "$STATE/users.acl" >"$STATE/users.conf"
}

# config_of USER ADMIN_PORT: the demo's file under that user.
config_of()
{
    demo_write_config "$STATE" "$PORT" | sed -e "s/^admin_port: .*/admin_port: $2/" \
        -e "/^redis_socket:/c $(servers_line)\nredis_username: waypost-$1\nredis_password: secret-waypost-$1"
}

sms()
{
    curl -fsS -m 120 -o /dev/null "http://127.0.0.1:$PORT/in/at" --data-urlencode "from=$PHONE" \
        --data-urlencode to=20880 --data-urlencode "text=$1" --data-urlencode "id=acl-$RANDOM-$RANDOM"
}

ussd()
{
    curl -sS -m 120 "http://127.0.0.1:$PORT/in/at-ussd" --data-urlencode "sessionId=$1" \
        --data-urlencode 'phoneNumber=+254700000932' --data-urlencode 'networkCode=63902' \
        --data-urlencode 'serviceCode=*384*7#' --data-urlencode "text=$2"
}

shows()
{
    ussd "$1" "$2" | grep -q "$3"
}

n_texts()
{
    curl -fsS -G "http://127.0.0.1:$ADMIN_PORT/sim/outbox" --data-urlencode "to=$PHONE" | jq length
}

has_texts()
{
    [ "$(n_texts)" -ge "$1" ]
}

sql_is()
{
    [ "$(sql "$1")" = "$2" ]
}

# start ROLE: `waypost serve` of this role alone, with its own file.
start()
{
    (cd / && exec setsid "$WAYPOST" serve --role "$1" --config "$STATE/$1.yaml") \
        </dev/null >>"$STATE/$1.log" 2>&1 &
    printf '%s\n' $! >"$STATE/$1.pid"
}

all_down()
{
    local code=$? role pid
    for role in "${ROLES[@]}"; do
        pid=$(cat "$STATE/$role.pid" 2>/dev/null) && stop_pid "$pid" TERM 25
    done
    servers_stop
    world_down "$code"
}

# operator COMMAND...: with the operator's user.
operator()
{
    "$WAYPOST" "$@" --config "$STATE/waypost.yaml" >>"$STATE/operator.log" 2>&1
}

world_make
trap all_down EXIT
PHONE=+254700000931
users
servers_start
config_of operator "$ADMIN_PORT" >"$STATE/waypost.yaml"
for role in "${ROLES[@]}"; do
    config_of "$role" "$(free_port)" >"$STATE/$role.yaml"
done
config_of front "$ADMIN_PORT" >"$STATE/front.yaml" # the pretended provider is with the front

postgres_start "$STATE" -c fsync=off
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
for role in "${ROLES[@]}"; do
    start "$role"
done
wait_for 30 demo_is_ready "$STATE" "$PORT" || die 69 'the front did not get ready'

# A course by SMS, and one by USSD.
n=0
for text in JOIN HELP; do
    sms "$text"
    n=$((n + 1))
    wait_for 20 has_texts "$n" || break
done
check 'SMS are answered, and the answers sent' has_texts 2
check 'USSD is answered' wait_for 20 shows s1 '' '^CON '
check 'and goes on' wait_for 20 shows s1 1 '^CON '
check 'events are in PostgreSQL' wait_for 20 sql_is 'select count(distinct learner) from core.event' 2

# What is due at a later time is due now.
for b in $(seq -f '%03.0f' 0 255); do
    redis eval "for _, slot in ipairs(redis.call('zrange', KEYS[1], 0, -1)) do
            for _, id in ipairs(redis.call('zrange', KEYS[1] .. ':' .. slot, 0, -1)) do
                redis.call('zadd', KEYS[1] .. ':' .. slot, 1, id)
            end
            redis.call('zadd', KEYS[1], 1, slot)
        end" 1 "wp:{b$b}:due"
done >/dev/null
# none_is_due: what the timer has left of it.
none_is_due()
{
    ! buckets 'ZCOUNT wp:{b%s}:due 0 1' | grep -qxE '[1-9][0-9]*'
}
check 'the timer does what is due' wait_for 20 none_is_due
sms DELETE
wait_for 20 has_texts 3
sms 'DELETE 1'
check 'a number is deleted' wait_for 20 sql_is 'select count(*) from core.number_state' 1
check 'nothing waits' wait_for 30 is_drained
stop_pid "$(cat "$STATE/writer.pid")" TERM 25 # so that what comes every ten minutes comes soon
start writer
check 'the writer deletes it from the log, too' wait_for 60 sql_is 'select count(*) from core.erasing' 0

operator doctor || true # the simulator is on: that stops it
check 'doctor has nothing to say of Redis' eval '! grep -iE "^(stops|hurts): .*redis" "$STATE/operator.log"'
for command in rebuild reconcile status; do
    check "the operator's user is enough for $command" operator "$command"
done
check 'and to publish' operator lessons publish "$ROOT/lessons/children-on-the-move"

# The servers start with no library, as after a loss of all: whoever is first loads it, and the writer puts all back.
each flushall >/dev/null
each function flush >/dev/null
is_rebuilt()
{
    [ "$(each --scan --pattern 'wp:*:s:*' | wc -l)" -ge 1 ] && shows s2 '' '^CON '
}
check 'a Redis that lost everything is filled again' wait_for 30 is_rebuilt
check 'and drained' wait_for 30 is_drained
replace_primary
check 'USSD goes on' wait_for 30 shows s3 '' '^CON '
sms HELP
check 'and SMS' wait_for 30 has_texts 4
check 'nothing waits' wait_for 30 is_drained
check_same 'Redis has refused nothing' '' "$(each acl log)"
# The admin listener asks Redis nothing, so it needs no user.
check_same 'the admin listener is no client of Redis' 0 "$(n_clients "$(curl -fsS "http://127.0.0.1:$ADMIN_PORT/readyz" |
    jq '.processes[] | select(.role == "admin").pid')")"
check 'which the front is' test "$(n_clients "$(curl -fsS "http://127.0.0.1:$ADMIN_PORT/readyz" |
    jq '.processes[] | select(.role == "front").pid' | head -n 1)")" -ge 1
if [ "$TOPOLOGY" != alone ]; then
    done_testing
    exit 0
fi

# Of a Cluster, of replicas, of Sentinels: the commands alone; acl_cluster.sh and acl_sentinel.sh run them.
may()
{
    check_same "$1 may: ${*:2}" OK "$(redis acl dryrun "waypost-$1" "${@:2}")"
}
for user in "${ROLES[@]}" operator; do
    may "$user" cluster shards
    may "$user" cluster myid
    may "$user" asking
    may "$user" wait 1 100
    may "$user" role
done
may replica psync x 1
may sentinel slaveof no one
rules_of()
{
    sed -n "s/^user $1 .* -@all //p" "$ROOT/config/redis-users.acl" | tr ' ' '\n' | sort
}
for user in "${ROLES[@]}"; do
    check_same "the user of all roles may what $user may" '' \
        "$(comm -13 <(rules_of waypost) <(rules_of "waypost-$user"))"
done

# refuses USER COMMAND...
refuses()
{
    check "$1 may not: ${*:2:3}" grep -qE '^(NOPERM|ERR The user executing)' <(as "waypost-$1" "${@:2}")
}
for user in "${ROLES[@]}" operator; do
    refuses "$user" flushall
    refuses "$user" config set appendfsync no
    refuses "$user" keys '*'
    refuses "$user" get foreign
    refuses "$user" function delete waypost
    refuses "$user" eval 'return 1' 0
    refuses "$user" acl setuser waypost-front +@all
done
SEND=(fcall waypost_send_settle 4 'wp:{b000}:outbox' 'wp:{b000}:sending' 'wp:{b000}:fence' 'wp:{b000}:events' 0 0-1 '')
for user in front timer writer operator; do
    refuses "$user" "${SEND[@]}"
done
refuses front xread streams 'wp:{b000}:outbox' 0
refuses timer xread streams 'wp:{b000}:events' 0
refuses sender xtrim 'wp:{b000}:events' maxlen 0
refuses writer fcall waypost_step 1 'wp:{b000}:s:x'
refuses writer config get appendonly

# ---- doctor says what a user lacks ----

# lacks RULE... WORDS: with these rules on top of its own, the front's user is found.
lacks()
{
    redis acl setuser waypost-front "${@:1:$#-1}" >/dev/null
    : >"$STATE/operator.log"
    operator doctor || true
    check "doctor says: ${*: -1}" grep -q "^stops: Redis: user waypost-front ${*: -1}; take the line of this user" \
        "$STATE/operator.log"
    check_same 'and nothing else of users' 1 "$(grep -c '^[a-z]*: Redis: user' "$STATE/operator.log")"
    redis acl load >/dev/null
}
lacks -get -zadd -fcall '+fcall|waypost_commit' 'may not run get wp:{b000}:x, zadd wp:{b000}:x 1 x, fcall waypost_certificate .*'
lacks resetkeys '~other:*' 'may not use the keys wp:\*'
redis acl setuser waypost-operator '-acl|dryrun' >/dev/null
: >"$STATE/operator.log"
operator doctor || true
check 'doctor says that it cannot ask' grep -q '^hurts: Redis: what its users may do cannot be asked.*ACL|DRYRUN' "$STATE/operator.log"
redis acl load >/dev/null

check 'nobody comes in without a name' grep -q NOAUTH <(redis-cli -s "$STATE/redis/redis.sock" get wp:epoch 2>&1)
check 'what was refused is told by ACL LOG' test -n "$(redis acl log)"
done_testing
