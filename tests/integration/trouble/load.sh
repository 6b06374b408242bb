# shellcheck shell=bash
# load.sh: some twenty callbacks a second while one server after the other is in trouble, and what must be so each time: the log
# says what it is, in few lines; no process turns in a circle; when it is over all goes on by itself. Source it behind lib.sh.

# ledger WORD ARG...
ledger()
{
    python3 "$ROOT/tests/integration/ledger.py" "$@" --port "$PORT" --admin "$ADMIN_PORT" --book "$STATE/ledger"
}

load_begin()
{
    ledger send --seconds 300 --numbers 40 --rate 20 --stop "$STATE/stop" >"$STATE/sent" &
    LOAD=$!
}

# load_end: and all that was taken is there, once.
load_end()
{
    touch "$STATE/stop"
    check 'all callbacks were taken' wait "$LOAD"
    cat "$STATE/sent"
    check 'spool and streams run empty' wait_for 60 is_drained
    number_steps >"$STATE/steps"
    check 'nothing is lost, nothing is there twice' ledger check --keys "$STATE/keys" <"$STATE/steps"
    check_same 'nothing was put aside as unreadable' 0 "$(sql 'select count(*) from ops.dead_letter')"
    check_same 'each callback is one step' 0 "$(sql 'select count(*) from core.conflict')"
}

# processes: "pid ticks" of each process of the gateway.
processes()
{
    local pid
    for pid in $(cat "$STATE/waypost.pid") $(pgrep -P "$(cat "$STATE/waypost.pid")"); do
        awk '{ print $1, $14 + $15 }' "/proc/$pid/stat" 2>/dev/null || true
    done
}

# busiest FILE: the most that one process has used of a processor since then, in hundredths.
busiest()
{
    processes | awk -v s="$(($(date +%s%3N) - $(head -n 1 "$1")))" 'FNR == NR { was[$1] = $2; next }
        { most = $2 - was[$1] > most ? $2 - was[$1] : most } END { print int(most * 1000 / s) }' "$1" -
}

log_since() { tail -c +"$LOG_AT" "$STATE/waypost.log"; }
log_says() { log_since | grep -qE -- "$1"; }

is_saying()
{
    curl -sS -m 5 "http://127.0.0.1:$ADMIN_PORT/readyz" >"$STATE/readyz"
    grep -qE -- "$1" "$STATE/readyz"
}
is_not_saying() { ! is_saying "$1"; }

n_events() { sql 'select count(*) from core.event' 2>/dev/null || echo 0; }
has_more_than() { [ "$(n_events)" -gt "$1" ]; }
waits() { [ "$SECONDS" -ge "$1" ]; }

# trouble_begin WORDS
trouble_begin()
{
    WORDS=$1
    LOG_AT=$(($(stat -c %s "$STATE/waypost.log") + 1))
    BEGAN=$SECONDS
    { date +%s%3N && processes; } >"$STATE/ticks"
}

# trouble_is READYZ LOG: in the middle of it; '' = nothing is to be said there.
trouble_is()
{
    [ -z "$1" ] || check "$WORDS: /readyz says it" wait_for 10 is_saying "$1"
    [ -z "$2" ] || check "$WORDS: the log says it" wait_for 10 log_says "$2"
}

# trouble_lasts SECONDS: since its begin.
trouble_lasts()
{
    wait_for $(($1 + 2)) waits $((BEGAN + $1))
}

# trouble_ends READYZ: it is mended.
trouble_ends()
{
    local n most
    n=$(log_since | wc -l)
    most=$(busiest "$STATE/ticks")
    printf '# %s: %d s, %d lines, the busiest process took %d %% of a processor\n' "$WORDS" $((SECONDS - BEGAN)) "$n" "$most"
    check "$WORDS: few lines in the log" test "$n" -le $((40 + 12 * (SECONDS - BEGAN)))
    check "$WORDS: nobody turns in a circle" test "$most" -le 50
    check "$WORDS: over, it goes on by itself" wait_for 30 has_more_than "$(n_events)"
    [ -z "$1" ] || check "$WORDS: and /readyz says no more of it" wait_for 30 is_not_saying "$1"
    printf '# it went on %d s after it began\n' $((SECONDS - BEGAN))
}
