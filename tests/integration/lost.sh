#!/bin/bash
# lost.sh: Redis loses everything while learners are in the middle of the course; after `waypost rebuild`
# each goes on where he or she was, as if nothing had happened.
. "$(dirname "$0")/lib.sh"

duplicates()
{
    python3 "$ROOT/tests/integration/duplicates.py" "$@" --book "$STATE/book"
}

rebuild()
{
    "$WAYPOST" rebuild --config "$STATE/waypost.yaml" >"$STATE/rebuild.log" 2>&1
}

world_up
(duplicates play --port "$PORT" --admin "$ADMIN_PORT" --redis "$STATE/redis/redis.sock" --keys "$STATE/keys" \
    --callbacks 2000 --seed $((RANDOM * RANDOM + 1)) --halt "$STATE/halt") &
learners=$!
check 'learners are in the middle of the course' wait_for 60 test -e "$STATE/halt"
check 'PostgreSQL knows where' wait_for 60 is_drained
demo_stop "$STATE"
redis_stop "$STATE"
rm -r "$STATE/redis"
redis_start "$STATE"
check_same 'Redis knows nobody' 0 "$(redis dbsize)"
check 'it is rebuilt' rebuild
check_same 'with everybody' "$(sql 'select count(*) from core.number_state')" \
    "$(redis --scan --pattern 'wp:*:s:*' | wc -l)"
demo_start "$STATE" "$PORT"
rm "$STATE/halt"
check 'they go on as if nothing had happened' wait "$learners"
check 'the writer takes in the rest' wait_for 60 is_drained
histories >"$STATE/histories"
check 'PostgreSQL holds each step once' duplicates check --keys "$STATE/keys" <"$STATE/histories"
done_testing
