#!/bin/bash
# faults.sh: what a host does to a gateway at work, without Redis and PostgreSQL: who reads its log stops or goes, keys become
# unreadable, descriptors run out, it is told to read its configuration again and again.
. "$(dirname "$0")/lib.sh"
world_folder
mkdir -p "$STATE/keys"
"$WAYPOST" keys --config "$STATE/waypost.yaml" >/dev/null 2>&1
sed -i 's/^fronts:.*/fronts: 1/' "$STATE/waypost.yaml"
SERVICE='' READER=''

clean_up()
{
    local code=$?
    [ -z "$SERVICE" ] || stop_pid "$SERVICE" TERM 20
    [ -z "$READER" ] || end_reader "$READER"
    world_down "$code"
}
trap clean_up EXIT

# serve LOG [COMMAND]...
serve()
{
    local log=$1
    shift
    (cd / && exec setsid "$@" "$WAYPOST" serve --config "$STATE/waypost.yaml") </dev/null >>"$log" 2>&1 &
    SERVICE=$!
    printf '%s\n' "$SERVICE" >"$STATE/waypost.pid"
}

stop_service()
{
    stop_pid "$SERVICE" TERM 20
    SERVICE=''
}

lives() { curl -fsS -m 5 -o /dev/null "http://127.0.0.1:$ADMIN_PORT/livez"; }

# An SMS that the front takes (into its spool, since there is no Redis).
takes()
{
    N_SMS=$((${N_SMS:-0} + 1))
    [ "$(curl -sS -m 20 -o /dev/null -w '%{http_code}' \
        -d "from=+25470000$((1000 + N_SMS))&to=20880&text=HELP&id=f$N_SMS" "http://127.0.0.1:$PORT/in/at")" = 200 ]
}

# does_not_begin [COMMAND]...: serve ends, in CODE, with words in STATE/said.
does_not_begin()
{
    timeout 30 "$@" "$WAYPOST" serve --config "$STATE/waypost.yaml" >"$STATE/said" 2>&1 && CODE=0 || CODE=$?
    [ "$CODE" != 0 ] && [ "$CODE" != 124 ]
}

# ---- who reads the log ----

# reader: a pipe of the smallest size that nobody reads, full but for what a line needs; READER has it open.
reader()
{
    rm -f "$STATE/pipe" "$STATE/opened"
    mkfifo "$STATE/pipe"
    python3 - "$STATE/pipe" "$STATE/opened" <<'PY' &
import fcntl, os, signal, sys
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(fd, 1031, 4096)  # F_SETPIPE_SZ
open(sys.argv[2], "w").close()
signal.pause()
PY
    READER=$!
    wait_for 10 test -e "$STATE/opened"
}

# end_reader PID: without bash's word of it.
end_reader()
{
    stop_pid "$1" KILL 5 2>/dev/null
    [ "$1" != "$READER" ] || READER=''
}

# hup TIMES: it is told to read its configuration, of which it has something to say.
hup()
{
    local _
    for _ in $(seq "$1"); do kill -s HUP "$SERVICE" && wait_for 5 has_taken_signal; done
}
has_taken_signal() { ! grep -q '^ShdPnd:.*[1-9a-f]' "/proc/$SERVICE/status"; }

reader
serve "$STATE/pipe"
check 'a log that nobody reads: it begins' wait_for 20 lives
hup 30
check 'and takes SMS when the pipe is full' takes
check 'and lives' lives
check 'and hears its manager: nothing of it waits to write' has_taken_signal
head -c 100000 "$STATE/pipe" >"$STATE/read" &
DRAIN=$!
wait_for 20 test -s "$STATE/read"
hup 1
check 'read again, the log says how much was lost' wait_for 20 grep -q 'msg="lines were lost" n=[1-9]' "$STATE/read"
end_reader "$DRAIN"
end_reader "$READER"
hup 3 # the last reader is gone: each line is a broken pipe
check 'nobody has the pipe any more: it takes SMS' takes
check 'and lives' lives
kill -s TERM "$SERVICE"
wait "$SERVICE" && code=0 || code=$?
check_same 'and ends well' 0 "$code"

# ---- told again before it has done ----

n_children() { ps -o pid= --ppid "$SERVICE" | wc -l; }
is_settled() { [ "$(n_children)" = "$N_CHILDREN" ]; }
serve "$STATE/waypost.log"
wait_for 20 lives
N_CHILDREN=$(n_children)
hup 5
check 'told five times to read its configuration, no old process stays' wait_for 60 is_settled
check_same 'it said so each time' 5 "$(grep -c 'configuration read again' "$STATE/waypost.log")"

# ---- keys ----

# spoil HOW: what is in the place of a key.
spoil()
{
    local key="$STATE/keys/number_id.key"
    rm -rf "$key"
    case $1 in
    'is missing') ;;
    'is empty') (umask 077 && : >"$key") ;;
    'is cut') (umask 077 && head -c 20 "$STATE/key" >"$key") ;;
    'is a folder') mkdir -m 700 "$key" ;;
    'is a pipe') mkfifo -m 600 "$key" ;;
    'is a link') ln -s "$STATE/key" "$key" ;;
    esac
}
cp -p "$STATE/keys/number_id.key" "$STATE/key"
for how in 'is missing' 'is empty' 'is cut' 'is a folder' 'is a pipe' 'is a link'; do
    spoil "$how"
    : >"$STATE/waypost.log"
    kill -s HUP "$SERVICE"
    check "a key $how: read anew, the old one stays" wait_for 20 grep -q 'the old one stays' "$STATE/waypost.log"
    check 'with the place' grep -q 'keys_dir: .*number_id.key' "$STATE/waypost.log"
    check 'and it takes SMS' takes
done
stop_service
for how in 'is missing' 'is empty' 'is cut' 'is a folder' 'is a pipe' 'is a link'; do
    spoil "$how"
    check "a key $how: it does not begin" does_not_begin
    check_same 'with the code for a wrong configuration' 78 "$CODE"
    check 'and the place' grep -q 'keys_dir: .*number_id.key' "$STATE/said"
done
rm -rf "$STATE/keys/number_id.key"
cp -p "$STATE/key" "$STATE/keys/number_id.key"

# ---- descriptors ----

check '20 open files are too few: it does not begin' does_not_begin prlimit --nofile=20:20
check 'and says how many it needs' grep -q 'only 20 files may be open at once, 128 are the least; .*LimitNOFILE' "$STATE/said"

# Strangers who connect and say nothing.
crowd()
{
    python3 - "$PORT" "$1" <<'PY' &
import socket, sys, time
held = []
for _ in range(int(sys.argv[2])):
    s = socket.socket()
    s.settimeout(20)
    s.connect(("127.0.0.1", int(sys.argv[1])))
    held.append(s)
time.sleep(600)
PY
    READER=$!
}
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
front_pid() { pgrep -P "$SERVICE" -x front-0 | head -n 1; }
n_open() { find "/proc/$(front_pid)/fd" -mindepth 1 2>/dev/null | wc -l; }
is_crowded() { [ "$(n_open)" -ge 64 ]; }
: >"$STATE/waypost.log"
serve "$STATE/waypost.log" prlimit --nofile=128:128
check 'with 128 it begins' wait_for 20 lives
check 'and says that it takes fewer connections' wait_for 20 grep -q 'fewer connections than configured.* max=64 ' "$STATE/waypost.log"
crowd 300 >/dev/null
check 'strangers take all that it has to give' wait_for 20 is_crowded
check 'it takes SMS all the same' takes
check 'and into the spool' test -s "$STATE/spool/spool.log"
check 'none of its own files was missing' eval '! grep -q "Too many open files" "$STATE/waypost.log"'
before=$(ticks "$(front_pid)") began=$SECONDS
has_passed() { [ $((SECONDS - began)) -ge 2 ]; }
wait_for 5 has_passed
check 'and does not turn in a circle' test $(($(ticks "$(front_pid)") - before)) -lt 60
end_reader "$READER"
stop_service
done_testing
