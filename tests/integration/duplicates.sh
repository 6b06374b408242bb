#!/bin/bash
# duplicates.sh [CALLBACKS] [SEED]: callbacks of many learners on five channels in random order, a third
# of them repeats, up to 16 copies at once: nothing is done twice, and every copy gets the same answer.
. "$(dirname "$0")/lib.sh"
CALLBACKS=${1:-10000}
SEED=${2:-$((RANDOM * RANDOM + 1))}

duplicates()
{
    python3 "$ROOT/tests/integration/duplicates.py" "$@" --book "$STATE/book"
}

world_up
check 'nothing is answered, sent or taught twice' duplicates play --port "$PORT" --admin "$ADMIN_PORT" \
    --redis "$STATE/redis/redis.sock" --redis-pid "$(cat "$STATE/redis/pid")" --keys "$STATE/keys" \
    --callbacks "$CALLBACKS" --seed "$SEED"
check 'the writer takes in all that happened' wait_for 60 is_drained
histories >"$STATE/histories"
check 'PostgreSQL holds it once' duplicates check --keys "$STATE/keys" <"$STATE/histories"
check_same 'every SMS is recorded as sent' '' "$(sql "select status, count(*) from core.message where status <> 'sent' group by 1")"
check_same 'nothing was put aside as unreadable' 0 "$(sql 'select count(*) from ops.dead_letter')"
done_testing
