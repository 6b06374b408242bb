#!/bin/bash
# overlap.sh [RESTARTS]: several gateways, each with a front, a sender, a timer and a writer of its own, share
# one Redis and one PostgreSQL under load. One of them is restarted again and again, as in a rolling update
# (default 8 times; ./run soak goes on for longer): a third comes before it goes, and now and then all
# processes of the first one are replaced. At the end no SMS is lost, doubled, out of order or of unknown
# outcome, and no step is in PostgreSQL twice or missing. Then one is frozen for longer than its leases last,
# while others take over, and wakes: nothing is lost or doubled, either.
# With WAYPOST_BEFORE, the program of an earlier version, every second gateway is one of it: a site that rolls
# there and back. Without, the upgrade from such a version is finished in the midst of it.
. "$(dirname "$0")/lib.sh"
RESTARTS=${1:-8}
RESTARTS_PER_ROUND=40 # the simulator keeps so many SMS as a round sends
KINDS='sender timer writer'
world_up
redis del wp:formats >/dev/null # a site of the version before, whose upgrade nobody has finished
if [ -n "${WAYPOST_BEFORE:-}" ]; then # and which knows it from the first
    demo_stop "$STATE"
    demo_start "$STATE" "$PORT"
fi
declare -A gateway_pid=()

# gateway_start NAME [NUMBER]: one more on the same servers, which sends to the same provider; an odd one is of
# the version before, where there is one.
gateway_start()
{
    local port admin_port program=$WAYPOST
    port=$(free_port)
    admin_port=$(free_port)
    sed "s/^port:.*/port: $port/; s/^admin_port:.*/admin_port: $admin_port/; s/^fronts:.*/fronts: 1/
        s/^simulator:.*/simulator: off/; s|^spool_dir:.*|spool_dir: $STATE/spool-$1|" \
        "$STATE/waypost.yaml" >"$STATE/$1.yaml"
    [ $((${2:-0} % 2)) = 0 ] || program=${WAYPOST_BEFORE:-$WAYPOST}
    (cd / && exec "$program" serve --config "$STATE/$1.yaml") </dev/null >>"$STATE/$1.log" 2>&1 &
    gateway_pid[$1]=$!
    printf '%s\n' "$admin_port" >"$STATE/$1.port"
    check "$1 gets a share of everything" wait_for 20 has_share "$1"
}

# n_ranges ADMIN_PORT KIND
n_ranges()
{
    curl -fsS "http://127.0.0.1:$1/metrics" | sed -n "s/^waypost_$2_ranges //p"
}

has_share()
{
    local kind
    for kind in $KINDS; do
        [ "$(n_ranges "$(cat "$STATE/$1.port")" "$kind")" -gt 0 ] || return 1
    done
}

gateway_stop()
{
    kill -s TERM "${gateway_pid[$1]}"
    check "$1 ends well" wait "${gateway_pid[$1]}"
    unset "gateway_pid[$1]"
}

# The first gateway has all of what others had, each share once.
has_all()
{
    local kind
    for kind in $KINDS; do
        [ "$(n_ranges "$ADMIN_PORT" "$kind")" = 16 ] || return 1
    done
}

ledger()
{
    python3 "$ROOT/tests/integration/ledger.py" "$@" --port "$PORT" --book "$STATE/book"
}

# overlap_round RESTARTS FIRST: with numbers of its own.
overlap_round()
{
    local ledger last=gateway-$2
    rm -f "$STATE/stop"
    (ledger send --seconds 7200 --numbers 400 --first "$2" --stop "$STATE/stop") &
    ledger=$!
    gateway_start "$last"
    for ((i = 1; i <= $1; i++)); do
        gateway_start "gateway-$(($2 + i))" "$i"
        [ "$i" != 3 ] || [ -n "${WAYPOST_BEFORE:-}" ] ||
            check 'the upgrade is finished under load' "$WAYPOST" migrate --finish --config "$STATE/waypost.yaml"
        [ $((i % 4)) != 0 ] || kill -s HUP "$(cat "$STATE/waypost.pid")" # replaces all its processes
        gateway_stop "$last"
        last=gateway-$(($2 + i))
    done
    gateway_stop "$last"
    touch "$STATE/stop"
    check 'every callback was taken' wait "$ledger"
    check 'spool and streams run empty' wait_for 60 is_drained
    check 'the first gateway has all again' wait_for 20 has_all
    number_steps >"$STATE/steps"
    check 'nothing is lost or doubled' ledger check --admin "$ADMIN_PORT" --keys "$STATE/keys" <"$STATE/steps"
    check_same 'no outcome is unknown' 0 "$(sql "select count(*) from core.message where status = 'unknown'")"
    check_same 'each SMS was sent' 0 "$(sql "select count(*) from core.message where status <> 'sent'")"
    [ -z "${LEDGER_TOTALS:-}" ] || printf 'overlaps %d\n' "$1" >>"$LEDGER_TOTALS"
}

# frozen_round FIRST: a gateway sleeps under load and wakes when others have its share.
frozen_round()
{
    local ledger pids
    rm -f "$STATE/stop"
    (ledger send --seconds 7200 --numbers 200 --first "$1" --stop "$STATE/stop") &
    ledger=$!
    gateway_start sleeper
    pids="${gateway_pid[sleeper]} $(ps -o pid= --ppid "${gateway_pid[sleeper]}" | tr '\n' ' ')"
    # shellcheck disable=SC2086
    kill -s STOP $pids
    check 'the others take over from a frozen one' wait_for 30 has_all
    # shellcheck disable=SC2086
    kill -s CONT $pids
    check 'it gets its share again' wait_for 30 has_share sleeper
    gateway_stop sleeper
    touch "$STATE/stop"
    check 'every callback was taken' wait "$ledger"
    check 'spool and streams run empty' wait_for 60 is_drained
    number_steps >"$STATE/steps"
    check 'nothing is lost or doubled' ledger check --admin "$ADMIN_PORT" --keys "$STATE/keys" <"$STATE/steps"
    check_same 'no step was taken for another' 0 "$(sql 'select count(*) from core.conflict')"
    check 'nobody complains again and again' test "$(cat "$STATE"/*.log | grep -c 'at another place')" -le 4
    # Others found its marks, and said unknown; what it knew of these it told when it woke.
    check_same 'no outcome stays unknown' 0 "$(sql "select count(*) from core.message where status = 'unknown'")"
}

for ((first = 0; first < RESTARTS; first += RESTARTS_PER_ROUND)); do
    n=$((RESTARTS - first))
    overlap_round $((n < RESTARTS_PER_ROUND ? n : RESTARTS_PER_ROUND)) $((first * 10))
    printf '# %d of %d overlaps in %d s\n' $((first + RESTARTS_PER_ROUND < RESTARTS ? first + RESTARTS_PER_ROUND : RESTARTS)) \
        "$RESTARTS" "$SECONDS"
done
frozen_round $((RESTARTS * 10 + 1000))
done_testing
