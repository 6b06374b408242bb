# shellcheck shell=bash
# cluster.sh: for acl.sh, three masters with a replica each. The servers speak by the user of replicas.
# shellcheck source=/dev/null
. "$ROOT/run.d/cluster.sh"

# All that run.d/cluster.sh asks, the tester asks.
redis-cli()
{
    command redis-cli --no-auth-warning --user "${AS:-tester}" --pass "secret-${AS:-tester}" "$@"
}

# as USER ARG...
as()
{
    AS=$1 redis-cli -c -p "$(cluster_port)" "${@:2}" 2>&1
}

# each ARG...: at every master.
each()
{
    cluster_masters | while read -r _ port; do
        redis-cli -p "$port" "$@"
    done
}

servers_line()
{
    printf 'redis_cluster: "127.0.0.1:%s 127.0.0.1:%s"\\nredis_wait_replicas: 1' "${CLUSTER_PORTS[0]}" "${CLUSTER_PORTS[1]}"
}

eval "$(declare -f cluster_configure | sed '1s/cluster_configure/cluster_configure_plain/')"
cluster_configure()
{
    cluster_configure_plain "$@"
    printf 'include "%s"\n' "$STATE/users.conf" >>"$1/cluster/$2/redis.conf"
}

servers_start()
{
    cluster_start "$STATE"
}

servers_stop()
{
    cluster_stop "$STATE"
}

# A replica takes the place of its master.
replace_primary()
{
    local master replica
    master=$(cluster_masters | sed -n '1s/.* //p')
    replica=$(redis-cli -p "$master" cluster replicas "$(redis-cli -p "$master" cluster myid)" |
        sed -n '1s/.* [0-9.]*:\([0-9]*\)@.*/\1/p')
    check 'a replica takes the place of its master' redis-cli -p "$replica" cluster failover
    # shellcheck disable=SC2317
    is_master() { redis-cli -p "$replica" role | grep -qx master; }
    check 'and is master' wait_for 30 is_master
}

# n_clients PID: its connections to these servers.
n_clients()
{
    ss -tnpH state established | grep "pid=$1," | grep -cE ":($(tr ' ' '|' <<<"${CLUSTER_PORTS[*]}")) " || true
}
