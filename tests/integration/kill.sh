#!/bin/bash
# kill.sh [KILLS]: front, writer, sender, timer, Redis and PostgreSQL are killed with SIGKILL at random
# moments under load (default 25 times; ./run soak goes on for longer). At the end every callback that
# was answered with 2xx is in PostgreSQL, once, in spite of repeats, and every SMS was sent once, but
# for those whose outcome is recorded as unknown.
. "$(dirname "$0")/lib.sh"
KILLS=${1:-25}
KILLS_PER_ROUND=100 # the simulator keeps so many SMS as a round sends
N_KILLS=0
declare -A n_killed=()

# A process of the gateway by its role, as the supervisor names it.
role_pid()
{
    local pid
    for pid in $(ps -o pid= --ppid "$(cat "$STATE/waypost.pid")"); do
        if tr '\0' ' ' <"/proc/$pid/comm" | grep -q "^$1"; then
            printf '%s\n' "$pid"
        fi
    done 2>/dev/null | shuf -n 1
}

has_role()
{
    [ -n "$(role_pid "$1")" ]
}

# is_over PID FOLDER: neither the server lives nor a child of it, which works in the folder of its data. PostgreSQL's
# children lead sessions of their own.
is_over()
{
    local child
    [ ! -e "/proc/$1" ] || return 1
    for child in /proc/[0-9]*; do
        [ "$(readlink "$child/cwd" 2>/dev/null)" != "$2" ] || return 1
    done
}

# The server and what it has forked: a killed PostgreSQL cannot start again while its children live.
kill_server()
{
    local pid
    pid=$(cat "$STATE/$1/pid")
    kill -s KILL "$pid"
    wait "$pid" 2>/dev/null || true
    wait_for 30 is_over "$pid" "$(readlink -f "$STATE/$1/data")"
    sleep "0.$((RANDOM % 9))" # it stays away for a random time: short and long outages differ
}

kill_one()
{
    local all=(redis pg front writer sender timer) what pid
    # Each of them in turn first, so that none is left out by chance.
    what=${all[N_KILLS < 6 ? N_KILLS : RANDOM % 6]}
    N_KILLS=$((N_KILLS + 1))
    case $what in
    redis) kill_server redis && redis_start "$STATE" ;;
    pg) kill_server pg && postgres_start "$STATE" ;;
    *)
        # One that was just killed is being replaced.
        wait_for 20 has_role "$what"
        kill -s KILL "$(role_pid "$what")"
        ;;
    esac
    n_killed[$what]=$((${n_killed[$what]:-0} + 1)) # it was there, and it was killed
}

ledger()
{
    python3 "$ROOT/tests/integration/ledger.py" "$@" --port "$PORT" --book "$STATE/book"
}

# kill_round KILLS FIRST: with numbers of its own.
kill_round()
{
    local ledger
    (ledger send --seconds 7200 --numbers 400 --first "$2" --stop "$STATE/stop") &
    ledger=$!
    for _ in $(seq "$1"); do
        sleep "0.$((RANDOM % 700 + 100))" # a random moment
        kill_one
    done
    touch "$STATE/stop"
    check 'every callback was taken in the end' wait "$ledger"
    rm "$STATE/stop"
    check 'spool and streams run empty' wait_for 120 is_drained
    number_steps >"$STATE/steps"
    unknown_sms "$STATE/unknown"
    sender_ends "$STATE/ends"
    check 'nothing is lost or doubled' ledger check --admin "$ADMIN_PORT" --keys "$STATE/keys" \
        --unknown "$STATE/unknown" --ends "$STATE/ends" <"$STATE/steps"
    check_same 'nothing was put aside as unreadable' 0 "$(sql 'select count(*) from ops.dead_letter')"
    [ -z "${LEDGER_TOTALS:-}" ] || printf 'kills %d\n' "$1" >>"$LEDGER_TOTALS"
}

world_up
for ((first = 0; first < KILLS; first += KILLS_PER_ROUND)); do
    n=$((KILLS - first))
    kill_round $((n < KILLS_PER_ROUND ? n : KILLS_PER_ROUND)) $((first * 10))
    printf '# %d of %d kills in %d s\n' "$N_KILLS" "$KILLS" "$SECONDS"
done
printf '# killed:'
for what in "${!n_killed[@]}"; do
    printf ' %s %d' "$what" "${n_killed[$what]}"
done
printf '\n'
[ "$KILLS" -lt 6 ] || check_same 'each of them was killed' 6 "${#n_killed[@]}"
check_same 'and no kill was only meant' "$KILLS" "$(($(IFS=+; printf '%s' "${n_killed[*]}")))"
done_testing
