#!/bin/bash
# haproxy.sh: two gateways behind haproxy with the configuration of docker/: what is drained gets nothing new (/check), and a
# rolling restart under load refuses nobody. The roles of docker/cluster.yaml as plain processes.
. "$(dirname "$0")/lib.sh"
command -v haproxy >/dev/null || skip 'there is no haproxy'
world_up
declare -A gateway_pid=() gateway_port=()
HAPROXY='' ASKING=()

clean_up()
{
    local code=$? name
    touch "$STATE/stop"
    [ -z "$HAPROXY" ] || stop_pid "$HAPROXY" TERM 10
    for name in "${!gateway_pid[@]}"; do
        stop_pid "${gateway_pid[$name]}" TERM 20
    done
    world_down "$code"
}
trap clean_up EXIT

# gateway_start NAME: one more host with fronts; what else there is to do is done by the first of the world.
gateway_start()
{
    (cd / && exec "$WAYPOST" serve --config "$STATE/$1.yaml" --role front) </dev/null >>"$STATE/$1.log" 2>&1 &
    gateway_pid[$1]=$!
    wait_for 30 demo_is_ready "$STATE" "${gateway_port[$1]}"
}

for name in a b; do
    gateway_port[$name]=$(free_port)
    port=${gateway_port[$name]}
    sed "s/^port:.*/port: $port/; s/^admin_port:.*/admin_port: $((port + 1))/; s/^fronts:.*/fronts: 1/
        s/^simulator:.*/simulator: off/; s|^spool_dir:.*|spool_dir: $STATE/spool-$name\ntrusted_proxies: 127.0.0.1|" "$STATE/waypost.yaml" >"$STATE/$name.yaml"
    gateway_start "$name"
done
front=$(free_port)
haproxy_configure "$front" "${gateway_port[a]}" "${gateway_port[b]}"
check 'haproxy takes the configuration' haproxy -c -q -f "$STATE/haproxy.cfg"
haproxy -f "$STATE/haproxy.cfg" >"$STATE/haproxy.out" 2>&1 &
HAPROXY=$!

check 'both are up' eval 'wait_for 20 haproxy_has a UP && wait_for 20 haproxy_has b UP'

is_drained_everywhere()
{
    [ ! -s "$STATE/spool-a/spool.log" ] && [ ! -s "$STATE/spool-b/spool.log" ] && log_is_stored
}

# A person for each loop, who asks for the menu and goes on, each time on a new connection.
ask()
{
    local n=0
    while [ ! -e "$STATE/stop" ]; do
        n=$((n + 1))
        curl -s -o /dev/null -m 120 -w '%{http_code}\n' -d "from=+25470000000$1&to=20880&text=HELP&id=$1-$n" \
            "http://127.0.0.1:$front/in/at" || true
    done >"$STATE/codes.$1"
}
for person in 1 2 3 4; do
    ask "$person" &
    ASKING+=($!)
done
asked()
{
    [ "$(cat "$STATE"/codes.* | wc -l)" -ge "$1" ]
}
wait_for 30 asked 50
for name in a b a b; do
    kill -s TERM "${gateway_pid[$name]}"
    check "$name ends well" wait "${gateway_pid[$name]}"
    check "/check takes $name out" wait_for 10 haproxy_has "$name" DOWN
    wait_for 30 asked $(($(cat "$STATE"/codes.* | wc -l) + 20))
    gateway_start "$name"
    check "and in again" wait_for 10 haproxy_has "$name" UP
done
touch "$STATE/stop"
wait "${ASKING[@]}"
n=$(cat "$STATE"/codes.* | wc -l)
check_same "of $n callbacks none failed" 200 "$(sort -u "$STATE"/codes.*)"
printf '# %d callbacks, four restarts\n' "$n"
check 'all of it is in PostgreSQL' wait_for 30 log_is_stored
# Without Redis a front still takes what it can keep (its spool), and the proxy leaves it in.
redis_stop "$STATE"
check_same 'Redis away: an SMS is taken through the proxy' 200 "$(curl -s -o /dev/null -m 120 -w '%{http_code}' \
    -d 'from=+254700000001&to=20880&text=HELP&id=away' "http://127.0.0.1:$front/in/at")"
redis_start "$STATE"
check 'and in PostgreSQL when Redis is back' wait_for 40 is_drained_everywhere
done_testing
