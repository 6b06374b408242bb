# shellcheck shell=bash
# cluster.sh: a private Redis Cluster inside a state folder: 3 masters, each with a replica, on loopback. Needs
# common.sh. For tests, and for `./run bench --cluster [LEARNERS]`: what a callback costs on it, beside a single Redis
# that is reached as the masters are, by TCP, and has a replica as each of them has.
#
#   STATE/cluster/N/redis.conf   STATE/cluster/N/pid   STATE/cluster/N/redis.log     N from 1 to 6
#   CLUSTER_PORTS                their ports, from 0

CLUSTER_PORTS=()
CLUSTER_TIMEOUT_MS=${CLUSTER_TIMEOUT_MS:-500}

# cluster_configure STATE N PORT: what ships, and what docs/operating/capacity.md says of a Cluster.
cluster_configure()
{
    local dir="$1/cluster/$2"
    install -d -m 0700 "$dir"
    cat >"$dir/redis.conf" <<REDIS
include "$ROOT/config/redis.conf"
bind 127.0.0.1
port $3
cluster-enabled yes
cluster-port $(($3 + 1))
cluster-config-file nodes.conf
cluster-node-timeout $CLUSTER_TIMEOUT_MS
cluster-require-full-coverage no
cluster-replica-validity-factor 0
dir "$dir"
logfile "$dir/redis.log"
REDIS
}

# cluster_run STATE N: a server on what its folder holds.
cluster_run()
{
    local dir="$1/cluster/$2"
    (cd / && exec setsid redis-server "$dir/redis.conf") </dev/null >/dev/null 2>&1 9>&- &
    printf '%s\n' $! >"$dir/pid"
}

cluster_answers()
{
    [ "$(redis-cli -p "$1" ping 2>/dev/null)" = PONG ]
}

# cluster_is_whole PORT [REPLICAS]: all slots have a master, and all six are of one mind.
cluster_is_whole()
{
    redis-cli -p "$1" cluster info 2>/dev/null | tr -d '\r' |
        grep -c -E '^(cluster_state:ok|cluster_slots_ok:16384|cluster_known_nodes:6)$' | grep -qx 3 &&
        [ "$(redis-cli -p "$1" cluster nodes | grep -v fail | grep -c ' slave\|,slave ')" -ge "${2:-3}" ]
}

# cluster_start STATE
cluster_start()
{
    local i port
    for i in 1 2 3 4 5 6; do
        port=$(free_port)
        CLUSTER_PORTS+=("$port")
        cluster_configure "$1" "$i" "$port"
        cluster_run "$1" "$i"
        wait_for 30 cluster_answers "$port" || die 69 "Redis did not start; see $1/cluster/$i/redis.log"
    done
    redis-cli --cluster create "${CLUSTER_PORTS[@]/#/127.0.0.1:}" --cluster-replicas 1 --cluster-yes \
        >"$1/cluster/create.log" || die 69 "$(cat "$1/cluster/create.log")"
    for port in "${CLUSTER_PORTS[@]}"; do
        wait_for 60 cluster_is_whole "$port" || die 69 'the Cluster does not come together'
    done
}

# cluster_port: of one that answers.
cluster_port()
{
    local port
    for port in "${CLUSTER_PORTS[@]}"; do
        if cluster_answers "$port"; then
            printf '%s\n' "$port"
            return
        fi
    done
}

# cluster_masters STATE: number and port of each server that is a master with slots.
cluster_masters()
{
    local i
    for i in 1 2 3 4 5 6; do
        redis-cli -p "${CLUSTER_PORTS[i - 1]}" cluster nodes 2>/dev/null | grep 'myself,master' |
            awk -v i="$i" -v port="${CLUSTER_PORTS[i - 1]}" 'NF > 8 {print i, port}' || true
    done
}

cluster_stop()
{
    local pid
    for pid in "$1"/cluster/*/pid; do
        [ ! -e "$pid" ] || stop_pid "$(cat "$pid")" KILL 20
    done
}

replica_is_up()
{
    redis-cli -p "$1" info replication 2>/dev/null | grep -q '^master_link_status:up'
}

# cluster_beside STATE: 7 is a Redis that is in no Cluster, 8 its replica; SINGLE_PORT.
cluster_beside()
{
    local i port
    SINGLE_PORT=$(free_port)
    for i in 7 8; do
        port=$SINGLE_PORT
        [ "$i" = 7 ] || port=$(free_port)
        cluster_configure "$1" "$i" "$port"
        sed -i '/^cluster-/d' "$1/cluster/$i/redis.conf"
        [ "$i" = 7 ] || printf 'replicaof 127.0.0.1 %s\n' "$SINGLE_PORT" >>"$1/cluster/$i/redis.conf"
        cluster_run "$1" "$i"
        wait_for 30 cluster_answers "$port" || die 69 "Redis did not start; see $1/cluster/$i/redis.log"
    done
    wait_for 30 replica_is_up "$port" || die 69 "the replica does not come up; see $1/cluster/8/redis.log"
}

# cluster_serve NAME: a front of its own, ready.
cluster_serve()
{
    local port
    port=$(free_port)
    rm -f "$STATE/front.pid"
    bench_serve front "$port"
    mv "$STATE/front.pid" "$STATE/$1.pid"
    wait_for 30 curl -fsS -m 2 "http://127.0.0.1:$((port + 1))/readyz" ||
        die 69 "the front did not get ready; see $STATE/waypost.log"
    printf '%s\n' "$port" >"$STATE/$1.port"
}

# cluster_callbacks NAME FIRST CONNECTIONS PID...: microseconds of the front and of these servers for a callback of
# LEARNERS new learners, and how many callbacks a second.
cluster_callbacks()
{
    local name=$1 first=$2 n_connections=$3 front before result n load
    shift 3
    front=$(children "$(cat "$STATE/$name.pid")")
    load=("$ROOT/build/bench_load" --port "$(cat "$STATE/$name.port")" --first "$first" --learners "$LEARNERS"
        --connections "$n_connections")
    "${load[@]}" "${BENCH_BEFORE[@]}" >/dev/null
    # shellcheck disable=SC2086
    before=("$(cpu_ns $front)" "$(cpu_ns "$@")")
    result=$("${load[@]}" --skip "${#BENCH_BEFORE[@]}" "${BENCH_BEFORE[@]}" "${BENCH_QUIZ[@]}")
    n=$(($(field callbacks <<<"$result") * 1000))
    # shellcheck disable=SC2086
    printf '%s %s %s\n' "$(quotient "$(($(cpu_ns $front) - before[0]))" "$n" 2)" \
        "$(quotient "$(($(cpu_ns "$@") - before[1]))" "$n" 2)" "$(field per_second <<<"$result")"
}

cluster_bench_down()
{
    local name
    for name in single three; do
        [ ! -e "$STATE/$name.pid" ] || stop_pid "$(cat "$STATE/$name.pid")" TERM 20
    done
    cluster_stop "$STATE"
    bench_stop
}

# cluster_of NAME LINES: a front on what these lines of the configuration say.
cluster_of()
{
    BENCH_SED="s|^redis_[hs]o[a-z]*:.*|$2|; /^redis_port:/d"
    sed -i -e "$BENCH_SED" "$STATE/waypost.yaml"
    "$WAYPOST" rebuild --config "$STATE/waypost.yaml" >>"$STATE/waypost.log" 2>&1 # opens the fence
    cluster_serve "$1"
}

# Round by round by turns, so that a busy machine is as busy for both.
cluster_bench()
{
    local round masters=() i port
    LEARNERS=$1
    trap cluster_bench_down EXIT
    step 'a single Redis with a replica'
    cluster_beside "$STATE"
    cluster_of single "redis_host: 127.0.0.1\\nredis_port: $SINGLE_PORT"
    step 'three masters with a replica each'
    cluster_start "$STATE"
    cluster_of three "redis_cluster: 127.0.0.1:${CLUSTER_PORTS[0]}"
    while read -r i port; do
        masters+=("$(cat "$STATE/cluster/$i/pid")")
    done < <(cluster_masters)
    for round in 1 2 3; do
        step "round $round"
        cluster_callbacks single $((round * LEARNERS)) 64 "$(cat "$STATE/cluster/7/pid")" >>"$STATE/single"
        cluster_callbacks three $((round * LEARNERS)) 64 "${masters[@]}" >>"$STATE/three"
        cluster_callbacks three $(((round + 3) * LEARNERS)) 192 "${masters[@]}" >>"$STATE/thrice"
    done
    for i in single three thrice; do
        awk '{f += $1; r += $2; n += $3} END {print f / NR, r / NR, n / NR}' "$STATE/$i"
    done | awk '
        BEGIN { split("single Redis, 64 connections;three masters, 64;three masters, 192", names, ";") }
        {
            if (NR == 1) { front = $1; redis = $2 }
            printf "%-30s front %5.1f us (%.2f)  Redis %5.1f us (%.2f)  both %5.1f us (%.2f)  %d/s\n", names[NR],
                $1, $1 / front, $2, $2 / redis, $1 + $2, ($1 + $2) / (front + redis), $3
        }'
    cat <<'WORDS'
64 connections: as much to do in all as the single Redis has, so each batch of each master holds a third of the callbacks, and
its write, its wait for the disk and its wake-up are shared by so many fewer. 192: as much for each master, which is when a
Cluster is needed. Of Redis the masters count: a replica, which each and the single one has, does again what is written.
WORDS
}
