#!/bin/bash
# serve.sh: the service as its manager sees it: what it says, what it returns, what is left of it.
# Redis and PostgreSQL are away the whole time; nobody needs them for this.
. "$(dirname "$0")/lib.sh"
world_folder
mkdir -p "$STATE/keys"
"$WAYPOST" keys --config "$STATE/waypost.yaml" >/dev/null 2>&1 || true

# serve ARG...: starts it; its pid is in SERVICE.
serve()
{
    (cd / && exec setsid "$@" "$WAYPOST" serve --config "$STATE/waypost.yaml") \
        </dev/null >>"$STATE/waypost.log" 2>&1 &
    SERVICE=$!
    printf '%s\n' "$SERVICE" >"$STATE/waypost.pid"
}

admin()
{
    curl -fsS -m 10 "http://127.0.0.1:$ADMIN_PORT$1" 2>/dev/null
}

lives()
{
    admin /livez >/dev/null
}

# field_of ROLE FIELD: of the first process of a role, from /readyz, which may say 503.
field_of()
{
    curl -sS -m 10 "http://127.0.0.1:$ADMIN_PORT/readyz" 2>/dev/null | python3 -c '
import json, sys
processes = json.load(sys.stdin)["processes"]
print(next(p for p in processes if p["role"] == sys.argv[1])[sys.argv[2]])' "$@"
}

has_restarted()
{
    [ "$(field_of sender restarts)" = 1 ] && [ "$(field_of sender pid)" != "$KILLED" ] &&
        [ "$(field_of sender pid)" != 0 ]
}

has_been_replaced()
{
    [ "$(field_of front hangs)" = 1 ] && [ "$(field_of front pid)" != "$KILLED" ] &&
        [ "$(field_of front pid)" != 0 ]
}

are_gone()
{
    local pid
    for pid in "$@"; do
        ! is_alive "$pid" || return 1
    done
}

# code_of COMMAND...
code_of()
{
    local code=0
    "$@" >>"$STATE/waypost.log" 2>&1 || code=$?
    printf '%s\n' "$code"
}

cp -r "$ROOT/config/profiles" "$STATE/profiles"
sed -i "s|^profiles_dir: .*|profiles_dir: $STATE/profiles|" "$STATE/waypost.yaml"
serve
check 'it lives without Redis and PostgreSQL' wait_for 10 lives
printf 'profile: [\n' >"$STATE/profiles/africastalking.yaml" # somebody is in the middle of an edit
KILLED=$(field_of sender pid)
kill -KILL "$KILLED"
check 'a killed process is started again, with the profiles of the start' wait_for 10 has_restarted
check_same 'a broken profile is refused when the service starts' 78 \
    "$(code_of "$WAYPOST" serve --config "$STATE/waypost.yaml")"
check 'with its place' grep -q 'africastalking.yaml:[0-9]*:[0-9]*: ' "$STATE/waypost.log"
cp "$ROOT/config/profiles/africastalking.yaml" "$STATE/profiles/"

# One owner of the port (T33): a second gateway with a state and an admin port of its own.
sed "s|^admin_port:.*|admin_port: $((ADMIN_PORT + 1))|" "$STATE/waypost.yaml" >"$STATE/second.yaml"
check_same 'a second gateway on the port ends with 69' 69 \
    "$(code_of "$WAYPOST" serve --config "$STATE/second.yaml")"
check 'and says why' grep -q "port $PORT: .*another gateway or program listens there" "$STATE/waypost.log"

# A front that is stopped is replaced, and /readyz says so (T35).
KILLED=$(field_of front pid)
kill -STOP "$KILLED"
check 'a front that hangs is replaced' wait_for 10 has_been_replaced
check 'which is told' grep -q 'front [0-9] hung and was replaced' <(curl -sS -m 10 "http://127.0.0.1:$ADMIN_PORT/readyz")
check_same 'the admin listener refuses the name of somebody else' 403 \
    "$(curl -sS -m 10 -o /dev/null -w '%{http_code}' -H 'Host: evil.example' "http://127.0.0.1:$ADMIN_PORT/livez")"
check_same '/check tells a balancer that nothing can be taken' 503 \
    "$(curl -sS -m 120 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/check")"
check_same 'no core can be written' 0 "$(awk '/^Max core file size/ {print $5}' "/proc/$SERVICE/limits")"
kill -TERM "$SERVICE"
wait "$SERVICE" && code=0 || code=$?
check_same 'SIGTERM ends it with 0' 0 "$code"
check 'and gives its ports back' bash -c '! exec 3<>"/dev/tcp/127.0.0.1/$ADMIN_PORT"' 2>/dev/null

serve
wait_for 10 lives
mapfile -t children < <(ps -o pid= --ppid "$SERVICE" | tr -d ' ')
kill -KILL "$SERVICE"
{ wait "$SERVICE" || true; } 2>/dev/null
check 'no process outlives a killed supervisor' wait_for 5 are_gone "${children[@]}"

# A manager that listens: it hears READY when all have said how they are, and STOPPING.
python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(20)
while True:
    line = s.recv(256).decode()
    print(line, flush=True)
    if line.startswith("STOPPING"):
        break' "$STATE/notify" >"$STATE/notified" &
MANAGER=$!
wait_for 5 test -S "$STATE/notify"
serve env NOTIFY_SOCKET="$STATE/notify" WATCHDOG_USEC=1000000
check 'the manager hears READY' wait_for 10 grep -q READY=1 "$STATE/notified"
check 'and that the supervisor lives' wait_for 10 grep -q WATCHDOG=1 "$STATE/notified"
kill -TERM "$SERVICE"
wait "$SERVICE" || true
check 'and STOPPING' wait "$MANAGER"

# A manager that opens the sockets, and starts the service at the first connection.
serve systemd-socket-activate -l "127.0.0.1:$PORT" -l "127.0.0.1:$ADMIN_PORT" \
    --fdname=callbacks:admin
check 'sockets handed over are used: admin' wait_for 10 lives
check_same 'sockets handed over are used: callbacks' 404 \
    "$(curl -sS -m 120 -o "$STATE/answer" -w '%{http_code}' "http://127.0.0.1:$PORT/nowhere")"
kill -TERM "$SERVICE"
wait "$SERVICE" || true

check_same 'a wrong configuration is 78' 78 "$(code_of "$WAYPOST" serve --config /nowhere)"
check_same 'an unknown role is 64' 64 \
    "$(code_of "$WAYPOST" serve --config "$STATE/waypost.yaml" --role cook)"
sed 's|^listen_address:.*||; $a listen_address: "192.0.2.1"' "$STATE/waypost.yaml" >"$STATE/far.yaml"
check_same 'an address of another host is 69' 69 "$(code_of "$WAYPOST" serve --config "$STATE/far.yaml")"
done_testing
