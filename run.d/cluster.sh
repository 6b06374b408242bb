# shellcheck shell=bash
# cluster.sh: a private Redis Cluster inside a state folder: 3 masters, each with a replica, on loopback. Needs
# common.sh. For tests and the bench.
#
#   STATE/cluster/N/redis.conf   STATE/cluster/N/pid   STATE/cluster/N/redis.log     N from 1 to 6
#   CLUSTER_PORTS                their ports, from 0

CLUSTER_PORTS=()
CLUSTER_TIMEOUT_MS=${CLUSTER_TIMEOUT_MS:-1000}

# cluster_configure STATE N PORT: what ships, and who finds a dead master within a second.
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
    local i pid
    for i in 1 2 3 4 5 6; do
        pid=$(cat "$1/cluster/$i/pid" 2>/dev/null) || continue
        stop_pid "$pid" KILL 20
    done
}
