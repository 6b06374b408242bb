#!/bin/bash
# sentinel.sh [KILLS]: a primary, a replica and three Sentinels, all by TLS, and a gateway that waits for the
# replica (redis_wait_replicas). The primary is killed under load again and again (default 2 times); each time
# Sentinel names another, and nothing is lost or doubled that was answered.
. "$(dirname "$0")/lib.sh"
KILLS=${1:-2}
QUORUM=2

tls_settings()
{
    printf 'port 0\ntls-port %s\ntls-cert-file %s\ntls-key-file %s\ntls-ca-cert-file %s\n' "$1" \
        "$STATE/tls/redis.pem" "$STATE/tls/redis.key" "$STATE/tls/ca.pem"
    printf 'tls-auth-clients no\ntls-replication yes\nbind 127.0.0.1\ndir %s\n' "$2"
}

at()
{
    redis-cli --tls --cacert "$STATE/tls/ca.pem" -p "$@"
}

# start NAME PORT [ARG...]: a server on what its folder holds.
start()
{
    local name=$1 port=$2
    shift 2
    (cd / && exec setsid redis-server "$STATE/$name/redis.conf" "$@") </dev/null >>"$STATE/$name.log" 2>&1 9>&- &
    printf '%s\n' $! >"$STATE/$name/pid"
    wait_for 30 at "$port" ping
}

# server NAME PORT: a Redis with the settings that ship.
server()
{
    mkdir "$STATE/$1"
    {
        tls_settings "$2" "$STATE/$1"
        grep -E '^(append|maxmemory-policy|save|aof|repl)' "$ROOT/config/redis.conf"
    } >"$STATE/$1/redis.conf"
}

sentinel()
{
    mkdir "$STATE/$1"
    {
        tls_settings "$2" "$STATE/$1"
        printf 'sentinel monitor waypost 127.0.0.1 %s %s\n' "${PORTS[one]}" "$QUORUM"
        printf 'sentinel down-after-milliseconds waypost 1000\nsentinel failover-timeout waypost 4000\n'
    } >"$STATE/$1/redis.conf"
    start "$1" "$2" --sentinel
}

primary_port()
{
    at "${SENTINELS[0]}" sentinel get-master-addr-by-name waypost | tail -n 1
}

# redis ARG...: as in lib.sh, at whatever is the primary.
redis()
{
    at "$(primary_port)" "$@"
}

has_replica()
{
    at "$(primary_port)" info replication | grep -q 'state=online'
}

is_named()
{
    [ "$(primary_port)" = "$1" ] && at "$1" role | grep -q master
}

has_events()
{
    [ "$(sql 'select count(*) from core.event')" -gt "$1" ]
}

ledger()
{
    python3 "$ROOT/tests/integration/ledger.py" "$@" --port "$PORT" --book "$STATE/book"
}

servers_down()
{
    local code=$? name
    for name in one two sentinel1 sentinel2 sentinel3; do
        kill -s KILL "$(cat "$STATE/$name/pid")" 2>/dev/null || true
    done
    world_down "$code"
}

world_make
trap servers_down EXIT
certificates
declare -A PORTS=([one]=$(free_port) [two]=$(free_port))
server one "${PORTS[one]}"
server two "${PORTS[two]}"
start one "${PORTS[one]}"
start two "${PORTS[two]}" --replicaof 127.0.0.1 "${PORTS[one]}"
SENTINELS=()
for i in 1 2 3; do
    SENTINELS+=("$(free_port)")
    sentinel "sentinel$i" "${SENTINELS[-1]}"
done
check 'the replica follows' wait_for 30 has_replica
sed -i "/^redis_socket:/c redis_sentinels: \"${SENTINELS[*]/#/127.0.0.1:}\"\nredis_wait_replicas: 1\nredis_tls_ca: $STATE/tls/ca.pem" \
    "$STATE/waypost.yaml"
postgres_start "$STATE"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"

(ledger send --seconds 600 --numbers 200 --first 1 --stop "$STATE/stop") &
learners=$!
for i in $(seq "$KILLS"); do
    old=one new=two
    is_named "${PORTS[one]}" || old=two new=one
    check "$i: there is a replica" wait_for 60 has_replica
    wait_for 60 has_events 100
    kill -s KILL "$(cat "$STATE/$old/pid")"
    check "$i: Sentinel names the other" wait_for 30 is_named "${PORTS[$new]}"
    start "$old" "${PORTS[$old]}" --replicaof 127.0.0.1 "${PORTS[$new]}"
    check "$i: the gateway is ready again" wait_for 60 curl -fsS -m 10 "http://127.0.0.1:$ADMIN_PORT/readyz"
    n=$(sql 'select count(*) from core.event')
    check "$i: and learners go on" wait_for 30 has_events $((n + 50))
done
touch "$STATE/stop"
check 'every callback was taken in the end' wait "$learners"
check 'spool and streams run empty' wait_for 120 is_drained
number_steps >"$STATE/steps"
check 'nothing is lost or doubled' ledger check --admin "$ADMIN_PORT" --keys "$STATE/keys" <"$STATE/steps"
done_testing
