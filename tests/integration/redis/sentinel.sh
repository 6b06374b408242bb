# shellcheck shell=bash
# sentinel.sh: for acl.sh, a primary, its replica and three Sentinels, who look at both by the user of Sentinels.
PORTS=()
SENTINELS=()

at()
{
    redis-cli --no-auth-warning --user tester --pass secret-tester -p "$@" 2>&1
}

primary_port()
{
    redis-cli -p "${SENTINELS[0]}" sentinel get-master-addr-by-name waypost | tail -n 1
}

# as USER ARG...
as()
{
    redis-cli --no-auth-warning --user "$1" --pass "secret-$1" -p "$(primary_port)" "${@:2}" 2>&1
}

# each ARG...: at both, of which one is a replica.
each()
{
    at "$(primary_port)" "$@"
}

servers_line()
{
    printf 'redis_sentinels: "%s"\\nredis_wait_replicas: 1' "${SENTINELS[*]/#/127.0.0.1:}"
}

# launch NAME PORT [ARG...]: on what its folder holds.
launch()
{
    (cd / && exec setsid redis-server "$STATE/$1/redis.conf" "${@:3}") </dev/null >>"$STATE/$1.log" 2>&1 9>&- &
    printf '%s\n' $! >"$STATE/$1/pid"
}

servers_start()
{
    local i port
    for i in 0 1; do
        port=$(free_port)
        PORTS+=("$port")
        mkdir "$STATE/server$i"
        printf 'include "%s/config/redis.conf"\nport %s\nbind 127.0.0.1\ndir "%s"\ninclude "%s"\n' "$ROOT" "$port" \
            "$STATE/server$i" "$STATE/users.conf" >"$STATE/server$i/redis.conf"
        [ "$i" = 0 ] || printf 'replicaof 127.0.0.1 %s\n' "${PORTS[0]}" >>"$STATE/server$i/redis.conf"
        launch "server$i" "$port"
        wait_for 30 at "$port" ping
    done
    for i in 0 1 2; do
        port=$(free_port)
        SENTINELS+=("$port")
        mkdir "$STATE/sentinel$i"
        printf 'port %s\nbind 127.0.0.1\ndir "%s"\nsentinel monitor waypost 127.0.0.1 %s 2\n' "$port" \
            "$STATE/sentinel$i" "${PORTS[0]}" >"$STATE/sentinel$i/redis.conf"
        printf 'sentinel auth-user waypost waypost-sentinel\nsentinel auth-pass waypost secret-waypost-sentinel\n' \
            >>"$STATE/sentinel$i/redis.conf"
        printf 'sentinel down-after-milliseconds waypost 1000\nsentinel failover-timeout waypost 4000\n' \
            >>"$STATE/sentinel$i/redis.conf"
        launch "sentinel$i" "$port" --sentinel
        wait_for 30 redis-cli -p "$port" ping
    done
    check 'the replica follows' wait_for 30 has_replica
}

has_replica()
{
    at "$(primary_port)" info replication | grep -q 'state=online'
}

servers_stop()
{
    local name
    for name in server0 server1 sentinel0 sentinel1 sentinel2; do
        kill -s KILL "$(cat "$STATE/$name/pid")" 2>/dev/null || true
    done
}

# The primary dies, Sentinels name the other one, and it follows when it is back.
replace_primary()
{
    local old new=1
    old=$(primary_port)
    [ "$old" = "${PORTS[0]}" ] || new=0
    kill -s KILL "$(cat "$STATE/server$((1 - new))/pid")"
    # shellcheck disable=SC2317
    is_named() { [ "$(primary_port)" = "${PORTS[new]}" ] && at "${PORTS[new]}" role | grep -qx master; }
    check 'Sentinels name the other one' wait_for 60 is_named
    launch "server$((1 - new))" "$old"
    check 'and the old one follows it' wait_for 60 has_replica
}

# n_clients PID: its connections to these servers.
n_clients()
{
    ss -tnpH state established | grep "pid=$1," | grep -cE ":($(tr ' ' '|' <<<"${PORTS[*]}")) " || true
}
