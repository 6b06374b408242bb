#!/bin/bash
# kill.sh [KILLS]: front, writer, sender, Redis and PostgreSQL are killed with SIGKILL at random
# moments under load (default 20 times; ./run soak goes on for longer). At the end every SMS that was
# answered with 2xx is in PostgreSQL, once, in spite of repeats.
. "$(dirname "$0")/lib.sh"
KILLS=${1:-20}

# A process of the gateway by its role, as the supervisor names it.
role_pid()
{
    local pid
    for pid in $(ps -o pid= --ppid "$(cat "$STATE/waypost.pid")"); do
        if tr '\0' ' ' <"/proc/$pid/comm" | grep -q "^$1"; then
            printf '%s\n' "$pid"
        fi
    done | shuf -n 1
}

kill_server()
{
    local pid
    pid=$(cat "$STATE/$1/pid")
    kill -s KILL "$pid"
    wait "$pid" 2>/dev/null || true
}

kill_one()
{
    local pid
    case $((RANDOM % 5)) in
    0) kill_server redis && sleep "0.$((RANDOM % 9))" && redis_start "$STATE" ;;
    1) kill_server pg && sleep "0.$((RANDOM % 9))" && postgres_start "$STATE" ;;
    2) pid=$(role_pid front) ;;
    3) pid=$(role_pid writer) ;;
    4) pid=$(role_pid sender) ;;
    esac
    [ -z "${pid:-}" ] || kill -s KILL "$pid"
}

world_up
python3 "$ROOT/tests/integration/ledger.py" send --port "$PORT" --seconds $((KILLS + 5)) \
    --book "$STATE/book" >"$STATE/ledger.out" 2>&1 &
ledger=$!
for _ in $(seq "$KILLS"); do
    sleep "0.$((RANDOM % 900 + 100))"
    kill_one
done
check 'the aggregator got every message acknowledged' wait "$ledger"
cat "$STATE/ledger.out"
check 'events and spool run empty' wait_for 60 is_drained
sql "select encode(number_id, 'hex') || ' ' || max(seq) from core.number_state group by number_id" >"$STATE/steps"
check 'each acknowledged message is in PostgreSQL exactly once' \
    python3 "$ROOT/tests/integration/ledger.py" check --keys "$STATE/keys" --book "$STATE/book" \
    <"$STATE/steps"
check_same 'nothing was put aside as unreadable' 0 "$(sql 'select count(*) from ops.dead_letter')"
done_testing
