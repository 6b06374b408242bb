#!/bin/bash
# rolling.sh: docs/operating/upgrade.md walked under load: two whole gateways of an earlier version behind haproxy become
# this one, one after the other, and then go back. No callback fails, nobody is told to dial again, nothing is lost, doubled
# or of unknown outcome.
# WAYPOST_BEFORE is the program of the earlier version and BEFORE_SHARE its folder with sql and lessons (./run soak versions
# builds them); without them it is this version, too, and what is tested is the way. RATE callbacks a second (default 100).
# It is no part of `./run test`: a host that stands still for a second fails it.
. "$(dirname "$0")/../integration/lib.sh"
command -v haproxy >/dev/null || skip 'there is no haproxy'
AFTER=$WAYPOST
BEFORE=${WAYPOST_BEFORE:-$WAYPOST}
RATE=${RATE:-100}
declare -A gateway_pid=() gateway_port=()
HAPROXY='' LEDGER='' N_DONE=0

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

# The world is of the version before: its schema, its course. Its own host, with the phones, gets no callbacks and stays
# as it is, so that there is always one more that was not upgraded.
world_make
trap clean_up EXIT
sed -i "s|^profiles_dir:.*|profiles_dir: ${BEFORE_SHARE:-$ROOT}/config/profiles|" "$STATE/waypost.yaml"
mkdir "$STATE/bin"
ln -s "$BEFORE" "$STATE/bin/waypost"
redis_start "$STATE"
postgres_start "$STATE"
(
    # A new one: that of the tests has the schema of this version.
    psql -h "$STATE/pg" -U postgres -d postgres -qc 'drop database if exists waypost' -c 'create database waypost'
    PATH="$STATE/bin:$PATH" bash "$ROOT/run.d/prepare.sh" "$STATE/waypost.yaml" \
        "host=$STATE/pg dbname=waypost user=postgres" "${BEFORE_SHARE:-$ROOT}"
) >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
(cd / && exec "$BEFORE" serve --config "$STATE/waypost.yaml" --role timer) </dev/null >>"$STATE/waypost.log" 2>&1 &
gateway_pid[phones]=$!
wait_for 30 curl -fsS "http://127.0.0.1:$ADMIN_PORT/livez" || die 69 'there are no phones'

# metric NAME METRIC
metric()
{
    curl -fsS -m 5 "http://127.0.0.1:$((gateway_port[$1] + 1))/metrics" | sed -n "s/^waypost_$2 //p"
}

has_share()
{
    [ "$(metric "$1" sender_ranges)" -gt 0 ] && [ "$(metric "$1" timer_ranges)" -gt 0 ]
}

# share_of PROGRAM: where its profiles and lessons lie.
share_of()
{
    if [ "$1" = "$AFTER" ]; then printf '%s\n' "$ROOT"; else printf '%s\n' "${BEFORE_SHARE:-$ROOT}"; fi
}

# gateway_start NAME PROGRAM: until it takes callbacks, as the page has it before the next host.
gateway_start()
{
    sed -i "s|^profiles_dir:.*|profiles_dir: $(share_of "$2")/config/profiles|; s|^lessons_dir:.*|lessons_dir: $(share_of "$2")/lessons|" \
        "$STATE/$1.yaml"
    (cd / && exec "$2" serve --config "$STATE/$1.yaml") </dev/null >>"$STATE/$1.log" 2>&1 &
    gateway_pid[$1]=$!
    wait_for 30 demo_is_ready "$STATE" "${gateway_port[$1]}"
}

front=$(free_port) # of the proxy; signatures are of this address
sed -i "s|public_url: .*|public_url: http://127.0.0.1:$front/in/twilio|" "$STATE/waypost.yaml"
for name in a b; do
    gateway_port[$name]=$(free_port)
    port=${gateway_port[$name]}
    sed "s/^port:.*/port: $port/; s/^admin_port:.*/admin_port: $((port + 1))/; s/^fronts:.*/fronts: 1/
        s/^simulator:.*/simulator: off/; s|^spool_dir:.*|spool_dir: $STATE/spool-$name\ntrusted_proxies: 127.0.0.1|" \
        "$STATE/waypost.yaml" >"$STATE/$name.yaml"
    gateway_start "$name" "$BEFORE"
done
haproxy_configure "$front" "${gateway_port[a]}" "${gateway_port[b]}"
haproxy -f "$STATE/haproxy.cfg" >"$STATE/haproxy.out" 2>&1 &
HAPROXY=$!

# last_schema FOLDER
last_schema()
{
    find "$1/sql" -name '0*.sql' -printf '%f\n' | sort | tail -n 1
}

# How many callbacks the two have answered through haproxy.
n_answered()
{
    grep -c ' fronts/[ab] ' "$STATE/haproxy.out" || true
}
answered() { [ "$(n_answered)" -ge "$1" ]; }

# roll NAME PROGRAM: as step 2 of the page, and a few seconds of both versions.
roll()
{
    kill -s TERM "${gateway_pid[$1]}"
    check "$1 ends well" wait "${gateway_pid[$1]}"
    gateway_start "$1" "$2"
    [ "${3:-}" != migrate ] || check 'the schema is migrated under load' "$AFTER" migrate \
        --conninfo "host=$STATE/pg dbname=waypost user=postgres" "$ROOT/sql"
    check "$1 is in again" wait_for 20 haproxy_has "$1" UP
    check "$1 has its share" wait_for 20 has_share "$1"
    N_DONE=$(n_answered)
    check 'callbacks go on' wait_for 30 answered $((N_DONE + 3 * RATE))
}

is_drained_everywhere()
{
    [ ! -s "$STATE/spool-a/spool.log" ] && [ ! -s "$STATE/spool-b/spool.log" ] && is_drained
}

ledger()
{
    python3 "$ROOT/tests/integration/ledger.py" "$@" --port "$front" --admin "$ADMIN_PORT" --book "$STATE/book"
}

check 'both are up' eval 'wait_for 20 haproxy_has a UP && wait_for 20 haproxy_has b UP'
ledger send --strict --seconds 7200 --numbers $((RATE * 2)) --rate "$RATE" --stop "$STATE/stop" >"$STATE/sent" &
LEDGER=$!
check 'callbacks come' wait_for 30 answered $((3 * RATE))
printf '# there\n'
roll a "$AFTER" migrate
roll b "$AFTER"
printf '# and back\n'
roll a "$BEFORE"
roll b "$BEFORE"
# A writer waits for the schema that it knows, and keeps its share meanwhile: then the way back is for hours, and events wait
# until there is no earlier host any more.
if [ "$(last_schema "${BEFORE_SHARE:-$ROOT}")" != "$(last_schema "$ROOT")" ]; then
    printf '# there again, since an earlier writer waits for its schema\n'
    roll a "$AFTER"
    roll b "$AFTER"
fi
touch "$STATE/stop"
check 'no callback failed, and nobody was told to dial again' wait "$LEDGER"
cat "$STATE/sent"
check 'spools and streams run empty' wait_for 60 is_drained_everywhere
number_steps >"$STATE/steps"
check 'nothing is lost or doubled' ledger check --keys "$STATE/keys" <"$STATE/steps"
check_same 'each SMS was sent, and none is of unknown outcome' 0 \
    "$(sql "select count(*) from core.message where status <> 'sent'")"
done_testing
