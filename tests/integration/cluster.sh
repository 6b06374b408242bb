#!/bin/bash
# cluster.sh [KILLS]: a single Redis becomes a Cluster of three masters and three replicas under load, and the gateway waits
# for a replica (redis_wait_replicas). Masters are killed in turn, as often as asked for (default 3 times), with EVERY
# seconds (default 0) between them; slots move while learners go on. Nothing is lost or doubled that was answered, and
# nobody waits for more than MOST seconds (default 6, on a machine that has other tests to do; `./run soak cluster` wants
# 3). Then one master is emptied, and comes back from an older copy of itself, as fence.sh does it with a single Redis.
. "$(dirname "$0")/lib.sh"
# shellcheck source=/dev/null
. "$ROOT/run.d/cluster.sh"
# shellcheck source=/dev/null
. "$ROOT/tests/integration/redis/buckets.sh"
KILLS=${1:-3}
EVERY=${EVERY:-0}
RATE=${RATE:-100} # callbacks a second; `./run soak cluster` sends 250
MOST=${MOST:-6}
NUMBERS=$((600 + 10 * KILLS)) # a number gets at most 300 SMS a day, also on a slow host

# All speak TLS: the gateway, the servers among themselves, and this test.
redis-cli()
{
    command redis-cli --tls --cacert "$STATE/tls/ca.pem" "$@"
}

# redis ARG...: as in lib.sh, at whoever has the key.
redis()
{
    redis-cli -c -p "$(cluster_port)" "$@"
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
    world_down "$code"
}

# replica_of PORT: the port of that master's replica.
replica_of()
{
    redis-cli -p "$1" cluster replicas "$(redis-cli -p "$1" cluster myid)" | sed -n '1s/.* [0-9.]*:\([0-9]*\)@.*/\1/p'
}

is_whole()
{
    cluster_is_whole "$(cluster_port)" 3
}

# is_led_without PORT: three masters have all slots, and that one is none of them.
is_led_without()
{
    redis-cli -p "$ASKED" cluster nodes >"$STATE/nodes" 2>/dev/null
    [ "$(grep -v fail "$STATE/nodes" | grep -c 'master.* connected [0-9]')" = 3 ] &&
        ! grep -v fail "$STATE/nodes" | grep -q ":$1@.*master"
}

# soon COMMAND...: as wait_for, but asked again at once: learners wait meanwhile.
soon()
{
    local deadline=$((SECONDS + 120))
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.02
    done
}

is_ready()
{
    curl -fsS -m 10 "http://127.0.0.1:$ADMIN_PORT/readyz" >"$STATE/ready" && ! grep -q part_away "$STATE/ready"
}

# dial FILE SECONDS BUSY: some numbers dial all the time, until `dialled FILE`; nobody may wait for longer, or be asked to
# dial again more often.
dial()
{
    (ledger silence --seconds 3600 --numbers 18 --first 500000 --most "$2" --may-be-busy "$3" --stop "$1") &
    DIALLER=$!
    wait_for 30 test -e "$1.up"
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
        --cluster-slots 700 --cluster-yes --cluster-pipeline 10000 >"$STATE/reshard.log"
}

# Who has ended comes back once a replica has its place: before, it would still be the master, and none without a replica
# answers anybody (redis_wait_replicas).
kill_master()
{
    local n=$1 i=$2 port=$3
    wait_for 60 is_whole || true
    kill -s KILL "$(cat "$STATE/cluster/$i/pid")"
    ASKED=$(cluster_port)
    check "$n: a replica takes the place of master $i" soon is_led_without "$port"
    cluster_run "$STATE" "$i"
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
certificates

# ---- a single Redis becomes a Cluster while learners go on, as docs/operating/capacity.md says ----

join()
{
    redis-cli --cluster add-node "127.0.0.1:$1" "127.0.0.1:${CLUSTER_PORTS[0]}" "${@:2}" >>"$STATE/grow.log" 2>&1
}

knows()
{
    redis-cli -p "$1" cluster nodes 2>/dev/null | grep -v fail | grep -c ' connected' | grep -qx "$2"
}

# has_replica PORT: with all that it has.
has_replica()
{
    redis-cli -p "$1" info replication | grep -q '^slave0:.*state=online'
}

# A master without slots answers for nobody: it gets a replica first.
pair()
{
    local master=$1 replica=$2
    join "${CLUSTER_PORTS[replica]}" --cluster-slave \
        --cluster-master-id "$(redis-cli -p "${CLUSTER_PORTS[master]}" cluster myid)" &&
        wait_for 30 has_replica "${CLUSTER_PORTS[master]}"
}

# all_slots: what a Cluster of one writes down that has all slots. (With keys there, Redis gives itself their slots only.)
all_slots()
{
    local port
    port=$(free_port)
    install -d -m 0700 "$STATE/empty"
    redis-server --bind 127.0.0.1 --port 0 --tls-port "$port" --tls-cert-file "$STATE/tls/redis.pem" \
        --tls-key-file "$STATE/tls/redis.key" --tls-ca-cert-file "$STATE/tls/ca.pem" --tls-auth-clients no \
        --cluster-enabled yes --cluster-port $((port + 1)) --dir "$STATE/empty" --daemonize yes --logfile log --save '' &&
        wait_for 30 cluster_answers "$port" && redis-cli -p "$port" cluster addslotsrange 0 16383 &&
        { redis-cli -p "$port" shutdown || true; }
} >/dev/null

for i in 1 2 3 4 5 6; do
    port=$(free_port)
    CLUSTER_PORTS+=("$port")
    cluster_configure "$STATE" "$i" "$port"
    cat >>"$STATE/cluster/$i/redis.conf" <<REDIS
port 0
tls-port $port
tls-cert-file "$STATE/tls/redis.pem"
tls-key-file "$STATE/tls/redis.key"
tls-ca-cert-file "$STATE/tls/ca.pem"
tls-auth-clients no
tls-replication yes
tls-cluster yes
REDIS
    [ "$i" = 1 ] || cluster_run "$STATE" "$i"
done
(cd / && exec setsid redis-server "$STATE/cluster/1/redis.conf" --cluster-enabled no) </dev/null >/dev/null 2>&1 9>&- &
printf '%s\n' $! >"$STATE/cluster/1/pid"
for port in "${CLUSTER_PORTS[@]}"; do
    wait_for 30 cluster_answers "$port" || die 69 "Redis did not start; see $STATE/cluster"
done
sed -i "/^redis_socket:/c redis_host: 127.0.0.1\nredis_port: ${CLUSTER_PORTS[0]}\nredis_tls_ca: $STATE/tls/ca.pem" \
    "$STATE/waypost.yaml"
postgres_start "$STATE"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"
check 'it is ready on a single Redis' wait_for 120 is_ready

(ledger send --seconds 3600 --numbers "$NUMBERS" --first 1 --rate "$RATE" --stop "$STATE/stop") &
learners=$!
check 'learners learn' wait_for 60 has_events 200

n=$(sql 'select n from core.epoch')
check 'an empty server is given all slots' all_slots
cp "$STATE/empty/nodes.conf" "$STATE/cluster/1/nodes.conf"
stop_pid "$(cat "$STATE/cluster/1/pid")" TERM 20
cluster_run "$STATE" 1
check 'it starts again as a Cluster of one, on its own file' wait_for 30 cluster_answers "${CLUSTER_PORTS[0]}"
sed -i "/^redis_host:/c redis_cluster: \"127.0.0.1:${CLUSTER_PORTS[0]} 127.0.0.1:${CLUSTER_PORTS[4]}\"" \
    "$STATE/waypost.yaml"
sed -i '/^redis_port:/d' "$STATE/waypost.yaml"
kill -s HUP "$(cat "$STATE/waypost.pid")"
check 'the gateway reads anew that it is one' wait_for 120 is_ready
events=$(sql 'select count(*) from core.event')
check 'and learners go on' wait_for 60 has_events $((events + 100))
check 'the first master gets a replica' pair 0 3
sed -i '/^redis_cluster:/a redis_wait_replicas: 1' "$STATE/waypost.yaml"
kill -s HUP "$(cat "$STATE/waypost.pid")"
check 'from now on each answer waits for it' wait_for 120 is_ready
for i in 1 2; do
    check "master $((i + 1)) joins" eval 'join "${CLUSTER_PORTS[i]}" && wait_for 30 knows "${CLUSTER_PORTS[i]}" $((2 * i + 1))'
    check 'with a replica' eval 'pair "$i" $((i + 3)) && wait_for 30 knows "${CLUSTER_PORTS[i + 3]}" $((2 * i + 2))'
done
dial "$STATE/grown" "$MOST" 0
check 'they take their share' redis-cli --cluster rebalance "127.0.0.1:${CLUSTER_PORTS[0]}" --cluster-use-empty-masters \
    --cluster-pipeline 10000
check 'and nobody notices' dialled "$STATE/grown"
check 'the Cluster is whole' wait_for 60 is_whole
check_same 'nothing had to be filled from PostgreSQL' "$n" "$(sql 'select n from core.epoch')"
events=$(sql 'select count(*) from core.event')
check 'and learners go on' wait_for 30 has_events $((events + 100))

# Slots move, those of an eighth of one master's learners among them.
dial "$STATE/moved" "$MOST" 0
mapfile -t ids < <(cluster_masters | while read -r i port; do redis-cli -p "$port" cluster myid; done)
check 'slots move to another master' move_slots "${ids[0]}" "${ids[1]}"
check 'and nobody notices' dialled "$STATE/moved"

# A replica takes the place of its master in good order.
i=$(cluster_masters | head -n 1 | cut -d ' ' -f 2)
replica=$(replica_of "$i")
dial "$STATE/changed" "$MOST" 1000000
ASKED=$replica
check 'a replica takes the place of its master' eval 'redis-cli -p "$replica" cluster failover >/dev/null && wait_for 30 is_led_without "$i"'
events=$(sql 'select count(*) from core.event')
check 'and learners go on' wait_for 30 has_events $((events + 100))
check 'and nobody waits for long' dialled "$STATE/changed"

: >"$STATE/killed"
dial "$STATE/failed" "$MOST" 1000000
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

# ---- commands go over all masters ----

# Of one without a replica it would say so, and who was killed last may still be about to become one.
has_replicas()
{
    local i port
    while read -r i port; do
        has_replica "$port" || return 1
    done < <(cluster_masters)
}
check 'each master has its replica again' eval 'wait_for 60 is_whole && wait_for 60 has_replicas'
"$WAYPOST" doctor --config "$STATE/waypost.yaml" 2>&1 | grep -v ^waypost: >"$STATE/doctor" || true
check_same 'doctor has nothing to say of Redis' '' "$(grep -iE 'redis|epoch' "$STATE/doctor")"
n=$(sql 'select count(*) from core.number_state')
"$WAYPOST" reconcile --config "$STATE/waypost.yaml" >"$STATE/reconciled" 2>&1
check 'reconcile finds all learners' grep -q "\b$n\b" "$STATE/reconciled"
check 'rebuild puts them all' "$WAYPOST" rebuild --config "$STATE/waypost.yaml" 2>"$STATE/rebuilt"

# ---- the fence of one master ----

LEARNER=254700000001
# shows PATH WORDS: the screen after these inputs of a session has these words.
shows()
{
    curl -sS -m 120 "http://127.0.0.1:$PORT/in/at-ussd" --data-urlencode "sessionId=s$LEARNER" \
        --data-urlencode "phoneNumber=+$LEARNER" --data-urlencode 'networkCode=63902' \
        --data-urlencode 'serviceCode=*384*7#' --data-urlencode "text=$1" >"$STATE/screen"
    grep -q "$2" "$STATE/screen"
}

walk()
{
    local path
    for path in "$@"; do
        wait_for 30 shows "$path" '^CON '
    done
}

# Of our learner.
has_answers()
{
    [ "$(sql "select count(*) from core.event e join core.number_state s using (learner) where e.kind = 'answered'
        and encode(s.number_id, 'hex') = '$number_id'")" = "$1" ]
}

epochs()
{
    sql 'select n from core.epoch'
}

# owner: number and port of the master that has our learner.
owner()
{
    cluster_masters | while read -r i port; do
        redis-cli -p "$port" get "wp:{b$bucket}:epoch" 2>&1 | grep -q MOVED || printf '%s %s\n' "$i" "$port"
    done
}

number_id=$(cd "$ROOT/tests/integration" && python3 -c 'import sys, providers
print(providers.number_ids(sys.argv[1])("+" + sys.argv[2]))' "$STATE/keys" "$LEARNER")
bucket=$(printf '%03d' "0x${number_id:0:2}")
walk '' 9 '9*1' '9*1*0' '9*1*0*9' '9*1*0*9*1' '9*1*0*9*1*1'
check 'two answers are in PostgreSQL' wait_for 20 has_answers 2
wait_for 60 is_drained
n=$(epochs)
read -r i port < <(owner)
redis-cli -p "$port" flushall >/dev/null
check 'a master that was emptied is filled before it is answered from' wait_for 30 shows '9*1*0*9*1*1*1' '^CON .*4/7'
check 'the answer counts' wait_for 20 has_answers 3
check 'and a new epoch began' test "$(epochs)" -gt "$n"

n=$(epochs)
wait_for 60 is_whole || true
cp -r "$STATE/cluster/$i/appendonlydir" "$STATE/older"
walk '9*1*0*9*1*1*1*1' '9*1*0*9*1*1*1*1*1'
check 'two more answers are in PostgreSQL' wait_for 20 has_answers 5
wait_for 60 is_drained
replica=$(replica_of "$port")
for k in 1 2 3 4 5 6; do
    if [ "$k" = "$i" ] || [ "${CLUSTER_PORTS[k - 1]}" = "$replica" ]; then
        stop_pid "$(cat "$STATE/cluster/$k/pid")" KILL 10
        rm -rf "$STATE/cluster/$k/appendonlydir"
        if [ "$k" = "$i" ]; then mv "$STATE/older" "$STATE/cluster/$k/appendonlydir"; fi
        cluster_run "$STATE" "$k"
    fi
done
check 'one that lost its newest entries is mended before it is answered from' \
    wait_for 60 shows '9*1*0*9*1*1*1*1*1*1' '^CON .*7/7'
check 'no answer is lost, old or new' wait_for 20 has_answers 6
check_same 'none took the place of another' 0 "$(sql 'select count(*) from core.conflict')"
check 'and a new epoch began again' test "$(epochs)" -gt "$n"
done_testing
