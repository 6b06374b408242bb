#!/bin/bash
# compare.sh: `./run bench --compare` with few messages: every system that is here answers all of them and has a
# line in the table, what is not here is named, and nothing is left running. What it measures is not judged.
. "$(dirname "$0")/lib.sh"
world_folder
for part in bench compare; do
    # shellcheck source=/dev/null
    . "$ROOT/run.d/$part.sh"
done

# has_row NAME: with figures, or skipped with the reason.
has_row()
{
    local reason
    reason=$(sed -n "s/^  $1  *skipped: //p" "$STATE/table" | head -n 1)
    if [ -n "$reason" ]; then
        skip_check "$1" "$reason"
    else
        check "$1 is measured" grep -qE "^  $1 +[0-9.]+ +[0-9.]+ +[0-9]+ +[0-9.]+ +[0-9.]+  [a-z]" "$STATE/table"
    fi
}

code=0
BENCH_PRESET=dev "$ROOT/run" bench --compare 512 --no-install --state "$STATE/run" >"$STATE/table" 2>"$STATE/compare.log" || code=$?
check_same 'the comparison comes to its end' 0 "$code"
check 'as many messages at once for each' grep -q '^USSD, 3584 messages, 64 at once ' "$STATE/table"
has_row 'nginx, a static line'
has_row 'Waypost, front and Redis alone'
has_row 'Waypost, front, sender and Redis alone'
has_row 'Node with express, redis and pg'
for name in 'Kannel, text =' 'Kannel, text =, with its spool' 'Kannel, get-url from nginx'; do
    grep -q "$name" "$STATE/table" || name='Kannel, a text service'
    has_row "$name"
done
check_same 'ours is what the others are held against, by USSD and by SMS' 2 \
    "$(grep -cE '^  Waypost, until the rows are in PostgreSQL +[0-9.]+ +1\.00 ' "$STATE/table")"
# CPU time is counted in ticks of 10 ms, and nginx may need less than one.
check_same 'the same is there for programs' true "$(jq 'length >= 4 and all(.[]; .per_second > 0 and .p99_ms >= .p50_ms) and
    all(.[] | select(.system | startswith("nginx") | not); .cpu_us > 0 and .ratio > 0)' "$STATE/run/compare.json")"
running=0
for file in "$STATE"/run/bench/*.pid; do
    ! is_alive "$(cat "$file")" || running=$((running + 1))
done
check_same 'nothing is left running' 0 "$running"
check_same 'too few learners are refused' 64 "$(code=0; BENCH_PRESET=dev "$ROOT/run" bench --compare 100 --no-install --state "$STATE/run" \
    >/dev/null 2>&1 || code=$?; echo "$code")"

# Where neither is installed.
missing=$(
    # shellcheck disable=SC2317 # it stands for the shell's own
    command() { return 1; }
    COMPARE_ROWS=()
    compare_nginx 2>&1
    compare_node 2>&1
    compare_kannels 2>&1
    printf '%s\n' "${COMPARE_ROWS[@]}"
)
check_same 'what is not installed is named' \
    "$(printf '%s\n' 'nginx, a static line' 'Node with express, redis and pg' 'Kannel, a text service')" \
    "$(sed -n 's/^[A-Z]*|\([^|]*\)||||no .*/\1/p' <<<"$missing")"
done_testing
