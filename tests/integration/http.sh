#!/bin/bash
# http.sh: what a stranger can send to the port for callbacks: malformed HTTP is answered with 400 and the
# end of the connection, an unsigned or wrongly signed request with 403, and neither changes anything.
. "$(dirname "$0")/lib.sh"

send()
{
    python3 "$ROOT/tests/integration/malformed.py" "$PORT" "$1"
}

# Learners in Redis, and what is on its way to PostgreSQL and to phones.
n_traces()
{
    printf '%d\n' "$(($(redis --scan --pattern 'wp:*' | grep -c ':[sr]:' || true) + $(n_entries events) +
        $(n_entries outbox)))"
}

metric()
{
    curl -fsS -m 10 "http://127.0.0.1:$ADMIN_PORT/metrics" | sed -n "s/^$1 //p"
}

is_metric()
{
    [ "$(metric "$1")" = "$2" ]
}

world_up
check 'malformed requests are refused' send malformed
check 'unsigned requests are refused' send unsigned
check_same 'none of them changed anything' 0 "$(n_traces)"
check 'forged ones are counted' wait_for 5 is_metric waypost_auth_failures_total 8
check 'well-formed ones are taken' send good
check 'and signed ones' send signed
check 'which is seen' test "$(n_traces)" -gt 0
check_same 'the gateway is as it was: nothing restarted' 0 \
    "$(curl -fsS "http://127.0.0.1:$ADMIN_PORT/readyz" | jq '[.processes[].restarts] | add')"
check_same 'and /check says that it is ready' ready "$(curl -fsS "http://127.0.0.1:$PORT/check")"
done_testing
