#!/bin/bash
# trouble_host.sh: the disk of the log is full, there is no stderr, a front may have no more memory, the spool holds what no gateway
# of this version and these keys has written; under a light load (trouble/load.sh) where there is one.
. "$(dirname "$0")/lib.sh"
# shellcheck source=/dev/null
. "$ROOT/tests/integration/trouble/load.sh"
LOG_DISK=''

clean_up()
{
    local code=$?
    [ -z "$LOG_DISK" ] || umount -l "$LOG_DISK" || true
    world_down "$code"
}

# sms N: is it taken?
sms()
{
    [ "$(curl -sS -o /dev/null -m 30 -w '%{http_code}' "http://127.0.0.1:$PORT/in/at" -d "id=h$1" \
        -d "from=%2B2547001$((10000 + $1))" -d to=20880 -d text=HELP)" = 200 ]
}
hup() { kill -s HUP "$(cat "$STATE/waypost.pid")"; }
lives() { curl -fsS -m 5 -o /dev/null "http://127.0.0.1:$ADMIN_PORT/livez"; }
front_pid() { pgrep -P "$(cat "$STATE/waypost.pid")" -x front-0 | head -n 1; }
has_number()
{
    [ "$(sql "select count(*) from core.number_state")" -ge "$1" ]
}

# serve LOG
serve()
{
    (cd / && exec setsid "$WAYPOST" serve --config "$STATE/waypost.yaml") </dev/null >>"$1" 2>&1 &
    printf '%s\n' $! >"$STATE/waypost.pid"
    wait_for 30 demo_is_settled "$STATE" "$PORT"
}

world_make
trap clean_up EXIT
sed -i 's/^fronts:.*/fronts: 1/' "$STATE/waypost.yaml"
redis_start "$STATE"
postgres_start "$STATE"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"

# ---- the disk of the log is full ----

mkdir "$STATE/log"
if mount -t tmpfs -o size=64k none "$STATE/log" 2>/dev/null; then
    LOG_DISK="$STATE/log"
    serve "$LOG_DISK/waypost.log"
    cat /dev/zero >"$LOG_DISK/filler" 2>/dev/null || true
    yes 'ts=0 msg="filler"' >>"$LOG_DISK/waypost.log" 2>/dev/null || true # what is left of its last page
    for n in 1 2 3 4 5; do
        hup
        check "the disk of the log is full: SMS $n is taken" sms "$n"
    done
    check 'and it lives' lives
    rm "$LOG_DISK/filler"
    hup
    check 'it has room: the log says how much was lost' wait_for 20 grep -q 'msg="lines were lost" n=[1-9]' "$LOG_DISK/waypost.log"
    demo_stop "$STATE"
else
    skip_check 'the disk of the log is full' 'no disk may be mounted here'
fi

# ---- no stderr ----

has_own_stderr() { [ "$(readlink "/proc/$1/fd/2")" = /dev/null ]; }
(cd / && exec setsid "$WAYPOST" serve --config "$STATE/waypost.yaml") <&- >&- 2>&- &
printf '%s\n' $! >"$STATE/waypost.pid"
check 'without stdin, stdout and stderr it begins' wait_for 30 demo_is_settled "$STATE" "$PORT"
check 'and takes SMS' sms 30
for pid in $(cat "$STATE/waypost.pid") $(pgrep -P "$(cat "$STATE/waypost.pid")"); do
    check "and $(cat "/proc/$pid/comm") writes its log into nothing that is its own" has_own_stderr "$pid"
done
demo_stop "$STATE"

# ---- no memory ----

demo_start "$STATE" "$PORT"
load_begin
check 'learners are at it' wait_for 20 has_more_than 40
trouble_begin 'a front gets no more memory'
front=$(front_pid)
prlimit --pid "$front" --as=$(($(awk '{ print $1 }' "/proc/$front/statm") * 4096 + 65536))
# Strangers who send large bodies, until it ends.
python3 - "$PORT" <<'PY' || true
import socket, sys
held = []
for _ in range(400):
    try:
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
        s.sendall(b"POST /in/at HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + b"x" * 50000)
        held.append(s)
    except OSError:
        break
PY
is_replaced() { [ -n "$(front_pid)" ] && [ "$(front_pid)" != "$front" ]; }
check 'it ends, and another one is there' wait_for 20 is_replaced
trouble_is '' 'msg="process ended" name=front-0 signal='
trouble_ends ''
load_end
demo_stop "$STATE"

# ---- what lies in the spool ----

n_before=$(sql 'select count(*) from core.number_state')
demo_start "$STATE" "$PORT"
redis_stop "$STATE"
for n in $(seq 101 108); do sms "$n"; done
demo_stop "$STATE"
python3 - "$STATE/spool/spool.log" <<'PY'
import struct, sys, zlib
def frame(mark, box):
    return mark + struct.pack(">II", len(box), zlib.crc32(box)) + box
whole, at, frames = open(sys.argv[1], "rb").read(), 0, []
while at < len(whole):
    n = 12 + struct.unpack(">I", whole[at + 4:at + 8])[0]
    frames.append(whole[at:at + n])
    at += n
box = frames[0][12:]
odd = [frame(b"WPS0", box), frame(b"WPS2", box), frames[0][:len(frames[0]) // 2],  # older, newer, cut
       frame(b"WPS1", struct.pack(">H", 9) + box[2:]),                              # of a key that is not here
       frame(b"WPS1", box[:2] + bytes(len(box) - 2))]                               # of another one of that number
with open(sys.argv[1], "wb") as file:
    for i, one in enumerate(frames):
        file.write(one + (odd[i] if i < len(odd) else b""))
PY
: >"$STATE/spool/spool.state"
: >"$STATE/waypost.log"
redis_start "$STATE"
demo_start "$STATE" "$PORT"
check 'what is good in the spool is taken in' wait_for 30 has_number $((n_before + 8))
check 'and the spool runs empty' wait_for 30 is_drained
check_same 'what is no record is kept, each for itself' 3 "$(find "$STATE/spool/quarantine" -type f | wc -l)"
check 'with the words' grep -q "msg=\"kept in quarantine: no sound record\" file=\"$STATE/spool/quarantine/" "$STATE/waypost.log"
check_same 'what cannot be opened waits for its key' 2 "$(find "$STATE/spool/aside" -type f | wc -l)"
for why in 'its seal key is not in keys_dir' 'sealed with another key of the same number'; do
    check "with the words: $why" grep -q "msg=\"put aside: $why\"" "$STATE/waypost.log"
done
check 'and it takes SMS' sms 120
demo_stop "$STATE"

# is_refused NAME: with a folder in the place of this file.
is_refused()
{
    rm -rf "$STATE/spool/$1"
    mkdir "$STATE/spool/$1"
    timeout 30 "$WAYPOST" serve --config "$STATE/waypost.yaml" >"$STATE/said" 2>&1 && return 1
    rmdir "$STATE/spool/$1"
    grep -q "the spool folder $STATE/spool cannot be used (Is a directory)" "$STATE/said"
}
for name in spool.log spool.state replay.lock; do
    check "a folder in the place of $name: it does not begin, and says where" is_refused "$name"
done
done_testing
