#!/bin/bash
# cluster.sh [KILLS]: a Redis Cluster of three masters and three replicas under load, and a gateway that waits for a
# replica (redis_wait_replicas). Masters are killed in turn, as often as asked for (default 3 times), with EVERY
# seconds (default 0) between them; slots move while learners go on. Nothing is lost or doubled that was answered,
# and how long anybody waited at most is printed.
. "$(dirname "$0")/lib.sh"
# shellcheck source=/dev/null
. "$ROOT/run.d/cluster.sh"
KILLS=${1:-3}
EVERY=${EVERY:-0}
RATE=${RATE:-250}

# redis ARG...: as in lib.sh, at whoever has the key.
redis()
{
    redis-cli -c -p "$(cluster_port)" "$@"
}

# buckets FORMAT: that command for each bucket, one reply a line.
buckets()
{
    local b
    for b in $(seq -f '%03.0f' 0 255); do
        # shellcheck disable=SC2059
        printf "$1\n" "$b"
    done | redis --raw
}

n_entries()
{
    buckets "XLEN wp:{b%s}:$1" | awk '{n += $1} END {print n + 0}'
}

log_ends()
{
    local b
    for b in $(seq 0 255); do
        printf 'ECHO b%d\nXREVRANGE wp:{b%03d}:events + - COUNT 1\n' "$b" "$b"
    done | redis --raw | awk '/^b[0-9]+$/ {b = substr($1, 2)} /^[0-9]+-[0-9]+$/ {print b, $1}'
}

has_events()
{
    [ "$(sql 'select count(*) from core.event')" -gt "$1" ]
}

ledger()
{
    python3 "$ROOT/tests/integration/ledger.py" "$@" --port "$PORT" --book "$STATE/book"
}

cluster_down()
{
    local code=$?
    cluster_stop "$STATE"
    (exit "$code") || true
    world_down
}

is_whole()
{
    cluster_is_whole "$(cluster_port)" 3
}

# is_led_without N: three masters, and N is none of them.
is_led_without()
{
    cluster_masters >"$STATE/masters"
    [ "$(wc -l <"$STATE/masters")" = 3 ] && ! grep -q "^$1 " "$STATE/masters"
}

is_ready()
{
    curl -fsS -m 2 "http://127.0.0.1:$ADMIN_PORT/readyz" >"$STATE/ready" && ! grep -q part_away "$STATE/ready"
}

# dial FILE SECONDS BUSY: some numbers dial all the time, until `dialled FILE`; nobody may wait for longer, or be asked to
# dial again more often.
dial()
{
    (ledger silence --seconds 3600 --numbers 18 --first 500000 --most "$2" --may-be-busy "$3" --stop "$1") &
    DIALLER=$!
}

dialled()
{
    touch "$1"
    wait "$DIALLER"
}

# move_slots FROM TO: all keys of a slot leave in one go, so that its learners wait for some milliseconds only.
move_slots()
{
    redis-cli --cluster reshard "127.0.0.1:$(cluster_port)" --cluster-from "$1" --cluster-to "$2" \
        --cluster-slots 1400 --cluster-yes --cluster-pipeline 10000 >"$STATE/reshard.log"
}

is_found_dead()
{
    redis-cli -p "$(cluster_port)" cluster nodes | grep ":$1@" | grep -Eq '[ ,]fail[ ,]'
}

kill_master()
{
    local n=$1 i=$2 port=$3
    wait_for 60 is_whole || true
    kill -s KILL "$(cat "$STATE/cluster/$i/pid")"
    # Who comes back earlier than that is the master still.
    check "$n: the others find that master $i is dead" wait_for 20 is_found_dead "$port"
    cluster_run "$STATE" "$i"
    check "$n: a replica takes the place of master $i" wait_for 30 is_led_without "$i"
    wait_for 30 cluster_answers "$port" || true
    check "$n: the gateway reaches all of them again" wait_for 30 is_ready
}

# The master that was not killed for longest.
next_master()
{
    cluster_masters | while read -r i port; do
        printf '%s %s %s\n' "$(grep -c "^$i\$" "$STATE/killed")" "$i" "$port"
    done | sort -n | head -n 1 | cut -d ' ' -f 2-
}

world_make
trap cluster_down EXIT
cluster_start "$STATE"
sed -i "/^redis_socket:/c redis_cluster: \"127.0.0.1:${CLUSTER_PORTS[0]} 127.0.0.1:${CLUSTER_PORTS[4]}\"\nredis_wait_replicas: 1" \
    "$STATE/waypost.yaml"
postgres_start "$STATE"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"
check 'it is ready' wait_for 60 is_ready

(ledger send --seconds 3600 --numbers 200 --first 1 --rate "$RATE" --stop "$STATE/stop") &
learners=$!
check 'learners learn' wait_for 60 has_events 200

# Slots move, those of a quarter of one master's learners among them.
dial "$STATE/moved" 0.7 0
mapfile -t ids < <(cluster_masters | while read -r i port; do redis-cli -p "$port" cluster myid; done)
check 'slots move to another master' move_slots "${ids[0]}" "${ids[1]}"
check 'and nobody notices' dialled "$STATE/moved"

: >"$STATE/killed"
dial "$STATE/failed" 3 1000000
for n in $(seq "$KILLS"); do
    begun=$SECONDS
    read -r i port < <(next_master)
    kill_master "$n" "$i" "$port"
    printf '%s\n' "$i" >>"$STATE/killed"
    events=$(sql 'select count(*) from core.event')
    check "$n: and learners go on" wait_for 30 has_events $((events + 100))
    while [ $((SECONDS - begun)) -lt "$EVERY" ]; do sleep 0.2; done
done
check 'nobody waited for long' dialled "$STATE/failed"
touch "$STATE/stop"
check 'every callback was taken in the end' wait "$learners"
check 'spool and streams run empty' wait_for 120 is_drained
number_steps >"$STATE/steps"
check 'nothing is lost or doubled' ledger check --admin "$ADMIN_PORT" --keys "$STATE/keys" <"$STATE/steps"
done_testing
