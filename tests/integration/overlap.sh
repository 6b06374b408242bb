#!/bin/bash
# overlap.sh [RESTARTS]: senders of two gateways share one Redis under load. One of them is restarted
# again and again, as in a rolling update (default 8 times; ./run soak goes on for longer): a third
# comes before it goes, and now and then the first one is restarted too. At the end no SMS is lost,
# doubled, out of order or of unknown outcome. Then one is frozen for longer than its lease lasts, while
# others take over, and wakes: nothing is lost or doubled.
. "$(dirname "$0")/lib.sh"
RESTARTS=${1:-8}
RESTARTS_PER_ROUND=40 # the simulator keeps so many SMS as a round sends
world_up
declare -A sender_pid=()

# sender_start NAME: a gateway that only sends, on the same Redis and to the same provider.
sender_start()
{
    local admin_port
    admin_port=$(free_port)
    sed "s/^admin_port:.*/admin_port: $admin_port/; s/^simulator:.*/simulator: off/" \
        "$STATE/waypost.yaml" >"$STATE/$1.yaml"
    (cd / && exec "$WAYPOST" serve --role sender --config "$STATE/$1.yaml") \
        </dev/null >>"$STATE/$1.log" 2>&1 &
    sender_pid[$1]=$!
    printf '%s\n' "$admin_port" >"$STATE/$1.port"
    check "$1 gets a share" wait_for 20 has_share "$1"
}

n_ranges()
{
    curl -fsS "http://127.0.0.1:$1/metrics" | sed -n 's/^waypost_sender_ranges //p'
}

has_share()
{
    [ "$(n_ranges "$(cat "$STATE/$1.port")")" -gt 0 ]
}

sender_stop()
{
    kill -s TERM "${sender_pid[$1]}"
    check "$1 ends well" wait "${sender_pid[$1]}"
    unset "sender_pid[$1]"
}

# The gateway's own sender ends and is started again by its supervisor.
restart_first()
{
    local pid
    for pid in $(ps -o pid= --ppid "$(cat "$STATE/waypost.pid")"); do
        if grep -q '^sender' "/proc/$pid/comm"; then
            kill -s TERM "$pid"
        fi
    done
}

has_all()
{
    [ "$(n_ranges "$ADMIN_PORT")" = 16 ]
}

ledger()
{
    python3 "$ROOT/tests/integration/ledger.py" "$@" --port "$PORT" --book "$STATE/book"
}

# overlap_round RESTARTS FIRST: with numbers of its own.
overlap_round()
{
    local ledger last=sender-$2
    rm -f "$STATE/stop"
    (ledger send --seconds 7200 --numbers 400 --first "$2" --stop "$STATE/stop") &
    ledger=$!
    sender_start "$last"
    for ((i = 1; i <= $1; i++)); do
        sender_start "sender-$(($2 + i))"
        [ $((i % 4)) != 0 ] || restart_first
        sender_stop "$last"
        last=sender-$(($2 + i))
    done
    sender_stop "$last"
    touch "$STATE/stop"
    check 'every callback was taken' wait "$ledger"
    check 'spool and streams run empty' wait_for 60 is_drained
    check 'the first sender has all again' wait_for 20 has_all
    number_steps >"$STATE/steps"
    check 'nothing is lost or doubled' ledger check --admin "$ADMIN_PORT" --keys "$STATE/keys" <"$STATE/steps"
    check_same 'no outcome is unknown' 0 "$(sql "select count(*) from core.message where status = 'unknown'")"
    check_same 'each SMS was sent' 0 "$(sql "select count(*) from core.message where status <> 'sent'")"
}

# frozen_round FIRST: a sender and its supervisor sleep under load and wake when others have its share.
frozen_round()
{
    local ledger pids
    rm -f "$STATE/stop"
    (ledger send --seconds 7200 --numbers 200 --first "$1" --stop "$STATE/stop") &
    ledger=$!
    sender_start sleeper
    pids="${sender_pid[sleeper]} $(ps -o pid= --ppid "${sender_pid[sleeper]}" | tr '\n' ' ')"
    # shellcheck disable=SC2086
    kill -s STOP $pids
    check 'the others take over from a frozen one' wait_for 30 has_all
    # shellcheck disable=SC2086
    kill -s CONT $pids
    check 'it gets a share again' wait_for 30 has_share sleeper
    sender_stop sleeper
    touch "$STATE/stop"
    check 'every callback was taken' wait "$ledger"
    check 'spool and streams run empty' wait_for 60 is_drained
    number_steps >"$STATE/steps"
    check 'nothing is lost or doubled' ledger check --admin "$ADMIN_PORT" --keys "$STATE/keys" <"$STATE/steps"
    printf '# %s of unknown outcome\n' "$(sql "select count(*) from core.message where status = 'unknown'")"
}

for ((first = 0; first < RESTARTS; first += RESTARTS_PER_ROUND)); do
    n=$((RESTARTS - first))
    overlap_round $((n < RESTARTS_PER_ROUND ? n : RESTARTS_PER_ROUND)) $((first * 10))
done
frozen_round $((RESTARTS * 10 + 1000))
done_testing
