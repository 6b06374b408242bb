# shellcheck shell=bash
# shared.sh: for memory.sh and calls.sh, behind lib.sh: a gateway whose processes run with a library before libc's, under the
# load of a ledger.

ledger()
{
    python3 "$ROOT/tests/integration/ledger.py" "$@" --port "$PORT" --book "$STATE/book"
}

# make_program FILE: commands of people have all that they want.
make_program()
{
    cc -O2 -Wall -Wextra -Werror -shared -fPIC -o "$STATE/before.so" "$ROOT/tests/integration/failing/$1"
    printf '#!/bin/sh\n[ "$1" != serve ] || export LD_PRELOAD="%s" FAILING_LOG="%s"\nexec "%s" "$@"\n' \
        "$STATE/before.so" "$STATE/failures" "$WAYPOST" >"$STATE/waypost"
    chmod +x "$STATE/waypost"
}

# Whoever can do nothing ends itself (SIGABRT), our libraries like us. The supervisor kills what hangs, as it may on a
# machine that is busy with others.
no_crash()
{
    local signals
    signals=$(grep 'msg="process ended"' "$STATE/waypost.log" | grep -o 'signal=[0-9]*' | sort | uniq -c | tr -s ' \n' ' ') || true
    printf '# processes that ended, by signal:%s\n' "$signals"
    sed 's/^/# /' "$STATE/failures.crashes" 2>/dev/null || true # who called whom, where one did
    ! grep -o 'signal=[0-9]*' <<<"$signals" | grep -qvxE 'signal=(6|9|15)'
}

enough_failures()
{
    [ "$(wc -l <"$STATE/failures")" -ge "$1" ]
}

# failing_up FILE: redis, postgres and such a gateway.
failing_up()
{
    world_make
    check 'what fails is made' make_program "$1"
    WAYPOST="$STATE/waypost"
    redis_start "$STATE"
    postgres_start "$STATE"
    demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
    demo_start "$STATE" "$PORT"
}

# ledger_begin SECONDS: its process is LEDGER.
ledger_begin()
{
    (ledger send --seconds "$1" --numbers 200 --first 0 --stop "$STATE/stop") &
    LEDGER=$!
}

ledger_check()
{
    check 'every callback was taken in the end' wait "$LEDGER"
    check 'spool and streams run empty' wait_for 120 is_drained
    number_steps >"$STATE/steps"
    check 'nothing is lost or doubled' ledger check --admin "$ADMIN_PORT" --keys "$STATE/keys" <"$STATE/steps"
    check_same 'nothing was put aside as unreadable' '' "$(sql 'select reason from ops.dead_letter')"
}
