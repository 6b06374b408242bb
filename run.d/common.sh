# shellcheck shell=bash
# common.sh: words on the terminal, waiting, and processes, for run and every script under it.

# One line about what is being done; never on stdout, which belongs to data.
say()
{
    printf '%s\n' "$*" >&2
}

# What is wrong and what to do, then out. 78 and the like are sysexits.
die()
{
    local code=$1
    shift
    printf 'run: %s\n' "$*" >&2
    exit "$code"
}

# wait_for SECONDS COMMAND...: until the command succeeds; false when the time is up. WAIT_MIN_S may say that it is at least so
# long. It asks again after 0.05 seconds and then less and less often: what is asked costs more than who waits a bit longer.
wait_for()
{
    local pause=5 text deadline=$((SECONDS + ($1 > ${WAIT_MIN_S:-0} ? $1 : WAIT_MIN_S)))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        printf -v text '0.%02d' "$pause"
        sleep "$text"
        [ "$pause" -ge 40 ] || pause=$((pause + pause / 4 + 1))
    done
}

is_alive()
{
    kill -0 "$1" 2>/dev/null
}

is_gone()
{
    ! is_alive "$1"
}

# stop_pid PID SIGNAL SECONDS: asks, waits, and kills what does not listen.
stop_pid()
{
    is_alive "$1" || return 0
    kill -s "$2" "$1" 2>/dev/null || return 0
    wait_for "$3" is_gone "$1" || kill -s KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# A TCP port on 127.0.0.1 that nobody listens on, and whose successor is free as well.
free_port()
{
    local port
    while true; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
        (exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null && continue
        printf '%s\n' "$port"
        return
    done
}
