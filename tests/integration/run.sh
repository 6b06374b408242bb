#!/bin/bash
# run.sh: ./run itself: it gets ready, two of them live side by side, a second one on the same
# folder is refused, Ctrl-C stops all that was started and nothing else, and the next start finds
# everything again. Also after a SIGKILL.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
STATE=$(mktemp -d /tmp/waypost-run.XXXXXX)
A="$STATE/a" B="$STATE/b"
PORT_A=$(free_port)
PORT_B=$(free_port)
started=()

clean_up()
{
    local pid
    for pid in "${started[@]}"; do
        stop_pid "$pid" INT 60
    done
    demo_stop_orphans "$A" 2>/dev/null
    demo_stop_orphans "$B" 2>/dev/null
    rm -rf "$STATE"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# start_run STATE PORT: ./run in the background as an interactive shell would have it.
start_run()
{
    # A background job of a script ignores SIGINT for good; this one must hear Ctrl-C.
    python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$ROOT/run" --no-install --state "$1" --port "$2" \
        </dev/null >>"$1.log" 2>&1 &
    RUN=$!
    started+=("$RUN")
}

is_ready()
{
    curl -fsS -m 10 "http://127.0.0.1:$(($1 + 1))/readyz"
}

# Everything that works in a state folder, by its path in the command line.
processes_of()
{
    pgrep -f -- "$1/" | while read -r pid; do
        [ "$pid" = "$$" ] || [ "$pid" = "$BASHPID" ] || ps -o pid=,args= -p "$pid"
    done
}

exit_code()
{
    local code=0
    "$@" >"$STATE/out" 2>&1 </dev/null || code=$?
    printf '%s\n' "$code"
}

check_same 'an unknown command is refused' 64 "$(exit_code ./run nonsense)"
check_same 'a port that is none is refused' 64 "$(exit_code ./run --port 70000)"
check_same 'psql without a running gateway says so' 69 "$(exit_code ./run psql --state "$A" -c 'select 1')"
check 'and how to start it' grep -q 'start it with ./run' "$STATE/out"
long="$STATE/$(printf 'x%.0s' {1..90})"
check_same 'a state folder with too long a path is refused' 78 "$(exit_code ./run --no-install --state "$long")"
check 'with a shorter one as advice' grep -q -- '--state' "$STATE/out"

start_run "$A" "$PORT_A"
run_a=$RUN
check 'it gets ready' wait_for 60 is_ready "$PORT_A"
start_run "$B" "$PORT_B"
check 'a second one beside it, too' wait_for 60 is_ready "$PORT_B"
check_same 'one on the same state folder is refused' 75 \
    "$(exit_code ./run --no-install --state "$A" --port "$(free_port)")"
check_same 'psql reaches its database' 1 "$(./run psql --state "$A" -Atc 'select 1')"
check_same 'redis-cli reaches its Redis' PONG "$(./run redis-cli --state "$A" --port "$PORT_A" ping)"
check 'status says it is ready' build/waypost status --config "$A/waypost.yaml"
./run psql --state "$A" -qc 'create table public.kept (n int)'

kill -s INT "$run_a"
check 'Ctrl-C ends it' wait_for 40 is_gone "$run_a"
check_same 'nothing of it is left' '' "$(processes_of "$A")"
check 'the other one is still ready' is_ready "$PORT_B"

start_run "$A" "$PORT_A"
run_a=$RUN
check 'it starts again on the same folder' wait_for 60 is_ready "$PORT_A"
check_same 'and finds its data' 0 "$(./run psql --state "$A" -Atc 'select count(*) from public.kept')"
kill -s KILL "$run_a"
start_run "$A" "$PORT_A"
check 'after a SIGKILL it stops the servers that were left behind' \
    wait_for 60 grep -q 'left over from an earlier run' "$A.log"
check 'and starts again' wait_for 60 is_ready "$PORT_A"
kill -s TERM "$RUN"
check 'SIGTERM ends it as well' wait_for 40 is_gone "$RUN"
check_same 'nothing of that is left' '' "$(processes_of "$A")"
[ "$N_FAILED" = 0 ] || sed 's/^/# /' "$A.log" "$B.log"
done_testing
