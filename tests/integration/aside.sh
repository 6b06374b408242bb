#!/bin/bash
# aside.sh: while Redis was away SMS came by a channel that the next configuration does not have, and one came that is sealed with a
# key that is not here. They lie aside: nobody's SMS waits behind them, an operator sees them, gives them up and has them tried
# again; when channel and key are back, each is handled, once.
. "$(dirname "$0")/lib.sh"

metric() { curl -fsS "http://127.0.0.1:$ADMIN_PORT/metrics" | sed -n "s/^waypost_$1 //p"; }
is_metric() { [ "$(metric "$1")" = "$2" ]; }
hup() { kill -s HUP "$(cat "$STATE/waypost.pid")"; }
spool() { "$WAYPOST" spool "$@" --config "$STATE/waypost.yaml"; }
n_listed() { spool list | awk -F '\t' -v folder="$1" '$2 == folder' | wc -l; }
has_steps() { [ "$(sql 'select coalesce(sum(seq), 0) from core.number_state')" = "$1" ]; }

# sms CHANNEL N: is it taken?
sms()
{
    local number="%2B2547001$((10000 + $2))" url="http://127.0.0.1:$PORT/in/$1"
    local -A queries=(
        [at]="from=$number&to=20880&id=a$2&text=HELP"
        [kannel]="sender=$number&to=20880&id=a$2&message=HELP&coding=0&charset=UTF-8&ts=$(date +%s)&backend=smsc1"
    )
    [ "$1" != kannel ] || set -- "$@" -G
    [ "$(curl -sS -o /dev/null -m 30 -w '%{http_code}' "$url" -d "${queries[$1]}" "${@:3}")" = 200 ]
}

world_up
cp "$STATE/waypost.yaml" "$STATE/whole.yaml"

# ---- what came while Redis was away ----

redis_stop "$STATE"
for n in 1 2 3; do
    check "SMS $n by a channel that will be gone is taken" sms kannel "$n"
done
check 'one by another channel, too' sms at 4
demo_stop "$STATE"
python3 - "$STATE/spool/spool.log" <<'PY'
import struct, sys, zlib
# The last one again, as if sealed with key 9, and in the middle of the others.
whole, at, frames = open(sys.argv[1], "rb").read(), 0, []
while at < len(whole):
    n = 12 + struct.unpack(">I", whole[at + 4:at + 8])[0]
    frames.append(whole[at:at + n])
    at += n
box = struct.pack(">H", 9) + frames[-1][14:]
frames.insert(1, b"WPS1" + struct.pack(">II", len(box), zlib.crc32(box)) + box)
open(sys.argv[1], "wb").write(b"".join(frames))
PY
: >"$STATE/spool/spool.state"
sed -i '/^  - name: kannel$/,/^  - name: twilio$/{/^  - name: twilio$/!d}' "$STATE/waypost.yaml"
check 'the configuration has the channel no more' test "$(grep -c 'name: kannel' "$STATE/waypost.yaml")" = 0
redis_start "$STATE"
demo_start "$STATE" "$PORT"

# ---- what the provider still sends to it ----

check_same 'a report is refused' 404 "$(curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/dlr/kannel?id=1&status=1")"
check_same 'and an SMS' 404 "$(curl -sS -o /dev/null -w '%{http_code}' -G "http://127.0.0.1:$PORT/in/254722555019/kannel" -d text=HELP)"
check 'an operator is told which channel' wait_for 10 grep -q 'for a channel that is not configured.*path="/dlr/kannel"' "$STATE/waypost.log"
check 'and no number that somebody asks for' eval '! grep 254722555019 "$STATE/waypost.log"'

# ---- nobody waits for it ----

check 'what has its channel is handled' wait_for 30 has_steps 1
check 'the rest lies aside' wait_for 30 is_metric spool_aside 4
check 'the spool is empty' test "$(metric spool_bytes)" = 0
n_spooled=$(metric spooled_total)
for n in $(seq 5 24); do
    sms at "$n" || check "SMS $n is taken" false
done
check_same 'no SMS of others waits behind it' "$n_spooled" "$(metric spooled_total)"
check 'they are handled' wait_for 30 has_steps 21

# ---- an operator sees it ----

check '/readyz tells it' grep -q 'waypost spool list says why' <(curl -sS "http://127.0.0.1:$ADMIN_PORT/readyz")
check 'doctor, too' grep -q 'hurts: .*spool_dir: 4 SMS lie aside' <("$WAYPOST" doctor --config "$STATE/waypost.yaml" 2>&1)
check_same 'the list says which channel is gone' 3 \
    "$(spool list | awk -F '\t' '$2 == "aside" && $4 == "kannel" && $5 == "its channel is not configured"' | wc -l)"
check_same 'and which key' 1 "$(spool list | grep -c 'its seal key is not in keys_dir')"
check_same 'no number and no text is in it' 0 "$(spool list | grep -c '2547001\|HELP')"
name=$(spool list | awk -F '\t' '$4 == "kannel" { print $1; exit }')
check 'one is given up' spool refuse "$name"
check_same 'and lies in the other folder' "$name" "$(spool list | awk -F '\t' '$2 == "refused" { print $1 }')"
check_same 'a name that is not there is refused' 65 "$(code=0; spool refuse "$name" 2>/dev/null || code=$?; printf '%s' "$code")"
check 'it is tried again' spool retry all
check_same 'and lies aside like the others' 4 "$(n_listed aside)"

# ---- it comes back ----

cp "$STATE/whole.yaml" "$STATE/waypost.yaml"
hup
check 'the channel is back: each is handled' wait_for 60 has_steps 24
check 'and what no key opens stays' wait_for 30 is_metric spool_aside 1
hup
wait_for 60 demo_is_ready "$STATE" "$PORT" >/dev/null
check 'spool and streams run empty' wait_for 60 is_drained
check 'each was handled once' has_steps 24
check 'nobody complains who has nothing to complain of' test "$(n_listed aside)" = 1
check 'the rest is given up' spool refuse all
check_same 'nothing lies aside' 0 "$(n_listed aside)"
done_testing
