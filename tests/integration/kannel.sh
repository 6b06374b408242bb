#!/bin/bash
# kannel.sh: the real Kannel (bearerbox, smsbox, and its pretended operator fakesmsc) in front of
# the gateway: what a phone writes, what it gets, and what Kannel reports about it. Kannel runs with
# config/kannel.conf.example, and the channel is the one that this file shows, so both are tested.
. "$(dirname "$0")/lib.sh"

EXAMPLE="$ROOT/config/kannel.conf.example"
FAKESMSC=/usr/lib/kannel/test/fakesmsc
PHONE=+254700000001
FOREIGN_PHONE=+4915112345678
REFUSED_PHONE=+254799000002

# Ports of Kannel, and of the tap between it and the gateway.
take_ports()
{
    ADMIN=$(free_port)
    OPERATOR=$(free_port)
    SENDSMS=$(free_port)
    TAP=$(free_port)
}

kannel_write_config()
{
    sed -e "s|^admin-port = .*|admin-port = $ADMIN|" \
        -e "s|^smsbox-port = .*|smsbox-port = $((ADMIN + 1))|" \
        -e "s|^port = .*|port = $OPERATOR|" \
        -e "s|^sendsms-port = .*|sendsms-port = $SENDSMS|" \
        -e "s|127.0.0.1:8080|127.0.0.1:$TAP|" \
        -e "s|/var/spool/kannel|$STATE/kannel/spool|" \
        -e "s|^http-queue-delay = .*|http-queue-delay = 1|" \
        -e "s|^connect-allow-ip = .*|&\ndenied-prefix = \"+254799\"|" "$EXAMPLE"
}

# The demo's file with the channel of the example in place of its own channels.
gateway_write_config()
{
    demo_write_config "$STATE" "$PORT" | sed -e '/^channels:/q' -e 's|^org: .*|org: منظمة تجريبية|'
    sed -n '/^#   channels:/,/^$/s/^# \{3\}//p' "$EXAMPLE" | sed -e 1d \
        -e "s|127.0.0.1:13013|127.0.0.1:$SENDSMS|" -e "s|127.0.0.1:8080|127.0.0.1:$TAP|"
    printf 'countries:\n  - {code: KE, cost: Free, emergency: "999", helpline: "116"}\n  - {code: DE, cost: Free}\n'
}

# start NAME COMMAND...: in the background; its pid is in STATE/kannel/NAME.pid.
start()
{
    local name=$1
    shift
    (cd / && exec setsid "$@") </dev/stdin >>"$STATE/kannel/$name.log" 2>&1 &
    printf '%s\n' $! >"$STATE/kannel/$name.pid"
}

all_down()
{
    local code=$?
    [ "$N_FAILED" = 0 ] || mv "$STATE/kannel/calls" "$STATE/kannel/calls.log" || true
    kannel_stop
    world_down "$code"
}

kannel_stop()
{
    local name pid
    for name in fakesmsc smsbox bearerbox tap; do
        pid=$(cat "$STATE/kannel/$name.pid" 2>/dev/null) || continue
        stop_pid "$pid" TERM 20
        rm -f "$STATE/kannel/$name.pid"
    done
}

listens()
{
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

kannel_start()
{
    install -d "$STATE/kannel/spool"
    kannel_write_config >"$STATE/kannel/kannel.conf"
    start bearerbox bearerbox -v 3 "$STATE/kannel/kannel.conf"
    wait_for 20 listens "$((ADMIN + 1))" || die 69 'bearerbox did not start'
    start smsbox smsbox -v 3 "$STATE/kannel/kannel.conf"
    wait_for 20 listens "$SENDSMS" || die 69 'smsbox did not start'
    start tap python3 "$ROOT/tests/integration/tap.py" "$TAP" "$PORT" "$STATE/kannel/calls" \
        "$STATE/kannel/lose"
    wait_for 20 listens "$TAP" || die 69 'the tap did not start'
    # fakesmsc reads what phones write from here; one line at a time, see say_sms.
    mkfifo "$STATE/kannel/phones"
    exec 8<>"$STATE/kannel/phones"
    start fakesmsc "$FAKESMSC" -H 127.0.0.1 -r "$OPERATOR" -i 0.01 -v 0 <&8
    wait_for 20 grep -q 'fakesmsc starting' "$STATE/kannel/fakesmsc.log" || die 69 'fakesmsc did not start'
}

n_said()
{
    [ "$(grep -c 'fakesmsc: sent message' "$STATE/kannel/fakesmsc.log")" -ge "$1" ]
}

# say_sms PHONE TYPE TEXT: one SMS of a phone, in fakesmsc's words. fakesmsc loses a line that comes before it has read
# the last one, so this waits until it has.
SAID=0
say_sms()
{
    SAID=$((SAID + 1))
    printf '%s 20880 %s %s\n' "$1" "$2" "$3" >&8
    wait_for 10 n_said "$SAID" || die 70 'fakesmsc did not send'
}

# got PHONE: what it received, a JSON list.
got()
{
    python3 "$ROOT/tests/integration/handset.py" "$STATE/kannel/fakesmsc.log" "$1"
}

# shows PHONE JQ: the jq expression is true of the list.
shows()
{
    got "$1" | jq -e "$2" >/dev/null
}

n_got()
{
    got "$1" | jq length
}

# n_calls PATTERN: calls of Kannel that were answered.
n_calls()
{
    grep -cE "$1" "$STATE/kannel/calls" || true
}

has_calls()
{
    [ "$(n_calls "$1")" -ge "$2" ]
}

sql_is()
{
    [ "$(sql "$1")" = "$2" ]
}

world_make
take_ports
gateway_write_config >"$STATE/waypost.yaml"
redis_start "$STATE"
postgres_start "$STATE"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"
trap all_down EXIT
kannel_start

# --- there and back ---
say_sms "$PHONE" text JOIN
check 'JOIN is answered through Kannel' wait_for 20 shows "$PHONE" \
    'any(.[]; .from == "20880" and (.text | contains("Reply 1 to agree")))'
check 'a name in Arabic letters comes whole, in UCS-2 and in parts that the phone joins' shows "$PHONE" \
    '.[0].alphabet == "ucs2" and .[0].parts > 1 and (.[0].text | contains("منظمة تجريبية"))'

# The figure one as it is written in Arabic, in UTF-16BE as the operator carries it.
say_sms "$PHONE" ucs2 %06%61
check 'an Arabic figure in UCS-2 is the answer 1' wait_for 20 shows "$PHONE" \
    'any(.[]; .alphabet == "gsm7" and (.text | contains("What is your work?")))'
say_sms "$PHONE" text 0
check 'what is longer than 160 septets comes joined' wait_for 20 shows "$PHONE" \
    'any(.[]; .alphabet == "gsm7" and .parts > 1 and (.text | length) > 160)'

# --- the same call again ---
before=$(n_got "$PHONE")
: >"$STATE/kannel/lose"
say_sms "$PHONE" text 1
check 'Kannel repeats a call whose answer it did not get' wait_for 20 has_calls 'message=1&.*503$' 1
check 'and is told that it is done' wait_for 20 bash -c "sed -n '/message=1&/s/.*\t//p' \
    '$STATE/kannel/calls' | tail -n 1 | grep -qx 200"
check_same 'it was one call, twice' 1 "$(sed -n '/message=1&/s/.*[?&]id=\([^&]*\).*/\1/p' \
    "$STATE/kannel/calls" | sort | uniq -c | awk '$1 == 2' | wc -l)"
wait_for 20 shows "$PHONE" "length > $before"
# A long message of the phone: two parts, the second one first.
say_sms "$PHONE" 'udh-text %05%00%03%2A%02%02' LP
say_sms "$PHONE" 'udh-text %05%00%03%2A%02%01' HE
check 'parts of a message are joined, in order' wait_for 20 shows "$PHONE" \
    '.[-1].text | contains("In danger: SAFE")'
wait_for 20 sql_is "select count(*) from core.event where kind = 'helped'" 1 || true
check_same 'the repeat moved nobody: one answer is stored' 1 \
    "$(sql "select count(*) from core.event where kind = 'answered'")"
check_same 'and nothing came to the phone twice' 0 \
    "$(got "$PHONE" | jq '[.[].text] | length - (unique | length)')"

# --- the gateway is away ---
demo_stop "$STATE"
say_sms "$PHONE" text MENU
check 'Kannel finds nobody' wait_for 20 has_calls 'message=MENU&.*502$' 1
demo_start "$STATE" "$PORT"
check 'and brings the message when there is somebody' wait_for 20 has_calls 'message=MENU&.*200$' 1
check 'the phone gets its menu' wait_for 20 shows "$PHONE" '.[-1].text | contains("2 Modules")'

# --- reports ---
check 'all that was sent is noted as sent' wait_for 20 sql_is \
    "select count(*) = $(n_got "$PHONE") and bool_and(status in ('sent', 'delivered')) from core.message" t
check_same 'in as many parts as the phone got' \
    "$(got "$PHONE" | jq -r '.[] | "\(.parts) \(.alphabet)"')" \
    "$(sql "select segments || ' ' || encoding from core.message order by created_at")"
N_SENT=$(sql 'select count(*) from core.message')
check 'Kannel reports each message as delivered, and each report is taken' \
    wait_for 20 has_calls '/dlr/kannel\?.*status=1&.*200$' "$N_SENT"
check_same 'by the ids that we gave' "$N_SENT" \
    "$(sed -n 's/.*[?&]uuid=\([0-9-]*\)&status=1.*/\1/p' "$STATE/kannel/calls" | sort -u |
        while read -r id; do sql "select count(*) from core.message where message_id = '$id'"; done |
        grep -cx 1)"
check_same 'none is refused' 0 "$(n_calls '/dlr/.*[45]..$')"
check 'and each message is delivered, whichever of its two reports came last' wait_for 20 sql_is \
    "select bool_and(status = 'delivered') from core.message" t

# An operator that does not take a number.
say_sms "$REFUSED_PHONE" text JOIN
check 'a number that the operator refuses is reported as such' wait_for 20 \
    has_calls '/dlr/kannel\?.*status=16&.*200$' 1
check 'and the message has failed, with the reason' wait_for 20 sql_is \
    "select status, error from core.message where status <> 'delivered'" \
    'failed|Not routable. Do not try again.'

# --- the other way that Kannel has to call: a POST, fields in headers, the text as its body ---
stop_pid "$(cat "$STATE/kannel/smsbox.pid")" TERM 20
sed -i -e "s|^get-url = .*|post-url = \"http://127.0.0.1:$TAP/in/kannel?secret=change-me-three\"\nsend-sender = true|" \
    "$STATE/kannel/kannel.conf"
start smsbox smsbox -v 3 "$STATE/kannel/kannel.conf"
wait_for 20 listens "$SENDSMS" || die 69 'smsbox did not start'
n=$(n_got "$PHONE")
say_sms "$PHONE" text SCORE
check 'a message by post-url is answered' wait_for 20 shows "$PHONE" \
    "length == $n + 1 and (.[-1].text | contains(\"M1 of 7\"))"
say_sms "$PHONE" ucs2 %06%62
check 'and one in UCS-2' wait_for 20 shows "$PHONE" "length == $n + 2 and (.[-1].text | contains(\"3/7\"))"

# --- nobody but Kannel ---
check_same 'a call without the secret is refused' 401 \
    "$(curl -sS -m 120 -o /dev/null -w '%{http_code}' \
        "http://127.0.0.1:$PORT/in/kannel?id=1&sender=%2B254700000009&to=20880&message=JOIN")"
check_same 'and a report without it' 401 \
    "$(curl -sS -m 120 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/dlr/kannel?uuid=000-1-1&status=1")"
say_sms "$FOREIGN_PHONE" text JOIN
check 'a German phone on the Kenyan channel has its answer' wait_for 20 shows "$FOREIGN_PHONE" \
    'any(.[]; .text | contains("Reply 1 to agree"))'
done_testing
