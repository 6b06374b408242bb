#!/bin/bash
# outage.sh [SECONDS]: PostgreSQL is away, and learners do not notice; Redis is away, and nothing of theirs
# is lost; Redis is frozen for SECONDS (default 5), and everybody gets an answer all the same.
. "$(dirname "$0")/lib.sh"
FREEZE_S=${1:-5}
SEED=$((RANDOM * RANDOM + 1))

duplicates()
{
    python3 "$ROOT/tests/integration/duplicates.py" "$@" --book "$STATE/book"
}

# ledger NAME WORD ARG...
ledger()
{
    local name=$1
    shift
    python3 "$ROOT/tests/integration/ledger.py" "$@" --port "$PORT" --book "$STATE/$name"
}

outage()
{
    python3 "$ROOT/tests/integration/outage.py" "$@" --port "$PORT" --admin "$ADMIN_PORT" --book "$STATE/phones"
}

ledger_check()
{
    number_steps >"$STATE/steps"
    ledger "$1" check --admin "$ADMIN_PORT" --keys "$STATE/keys" <"$STATE/steps"
}

# Callbacks that were answered with an error, of all fronts since the start.
n_failures()
{
    curl -fsS -m 10 "http://127.0.0.1:$ADMIN_PORT/metrics" | sed -n 's/^waypost_callbacks_failed_total //p'
}

# What /readyz says of the events that PostgreSQL does not have; how many there are.
backlog_is()
{
    [ "$(curl -fsS "http://127.0.0.1:$ADMIN_PORT/readyz" | sed -n 's/.*"backlog":{"events":\([0-9]*\),.*/\1/p')" = "$1" ]
}
n_in_log()
{
    for bucket in $(seq 0 255); do
        printf 'XLEN wp:{b%03d}:events\n' "$bucket"
    done | redis-cli -s "$STATE/redis/redis.sock" | awk '{ n += $1 } END { print n }'
}

world_up

# --- PostgreSQL: from the first callback to the last ---
postgres_stop "$STATE"
check 'without PostgreSQL learners get every answer and SMS' duplicates play --port "$PORT" \
    --admin "$ADMIN_PORT" --redis "$STATE/redis/redis.sock" --redis-pid "$(cat "$STATE/redis/pid")" \
    --keys "$STATE/keys" --callbacks 3000 --seed "$SEED"
check_same 'and no provider gets an error' 0 "$(n_failures)"
check 'the gateway stays ready' curl -fsS -o /dev/null "http://127.0.0.1:$ADMIN_PORT/readyz"
check 'and says how many events wait' wait_for 30 backlog_is "$(n_in_log)"
postgres_start "$STATE"
check 'when it is back the writer catches up' wait_for 60 is_drained
check 'and none waits any more' wait_for 30 backlog_is 0
histories >"$STATE/histories"
check 'and PostgreSQL knows it all' duplicates check --keys "$STATE/keys" <"$STATE/histories"
check_same 'the views are complete: enrolments' \
    "$(sql "select count(distinct learner) from core.event where kind = 'consented'")" \
    "$(sql 'select count(*) from report.enrolments')"
check_same 'the views are complete: answers' \
    "$(sql "select count(*) from core.event where kind = 'answered' and phase in ('pretest', 'posttest', 'quiz')")" \
    "$(sql 'select count(*) from report.quiz_answers')"

# --- Redis: stopped, while others go on writing ---
outage prepare
(ledger stopped send --seconds 120 --numbers 100 --rate 150 --stop "$STATE/stop") &
others=$!
redis_stop "$STATE"
check 'without Redis everybody gets an answer' outage away
redis_start "$STATE"
check 'when it is back everybody goes on' outage back
touch "$STATE/stop"
check 'the others got all their callbacks taken' wait "$others"
rm "$STATE/stop"
check 'spool and streams run empty' wait_for 60 is_drained
check 'the others have lost nothing' ledger_check stopped

# --- Redis: frozen ---
(ledger frozen send --seconds 120 --numbers 100 --first 500 --rate 100 --stop "$STATE/stop") &
others=$!
check 'a frozen Redis keeps nobody waiting' outage freeze --redis-pid "$(cat "$STATE/redis/pid")" \
    --seconds "$FREEZE_S"
touch "$STATE/stop"
check 'the others got all their callbacks taken' wait "$others"
check 'spool and streams run empty' wait_for 60 is_drained
check 'the others have lost nothing' ledger_check frozen
check_same 'nothing was put aside as unreadable' 0 "$(sql 'select count(*) from ops.dead_letter')"
done_testing
