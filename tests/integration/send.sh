#!/bin/bash
# send.sh: what becomes of outgoing SMS on the running service: delivery reports, opt-outs, caps,
# and the operators' commands for channels.
. "$(dirname "$0")/lib.sh"
world_up

channel()
{
    "$WAYPOST" channel "$@" --config "$STATE/waypost.yaml"
}

# sms NUMBER TEXT: one SMS to the channel at; prints the status of the answer.
sms()
{
    curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/in/at" \
        --data-urlencode "id=send-$RANDOM-$RANDOM" --data-urlencode "from=$1" \
        --data-urlencode to=20880 --data-urlencode "text=$2"
}

report()
{
    curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/dlr/at" -d "$1"
}

# n_delivered NUMBER: how many SMS the phone has.
n_delivered()
{
    curl -fsS -G "http://127.0.0.1:$ADMIN_PORT/sim/outbox" --data-urlencode "to=$1" |
        python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'
}

has_sms()
{
    [ "$(n_delivered "$1")" = "$2" ]
}

# sql_is QUERY RESULT
sql_is()
{
    [ "$(sql "$1")" = "$2" ]
}

is_metric()
{
    curl -fsS "http://127.0.0.1:$ADMIN_PORT/metrics" | grep -qxF "$1"
}

phone=+254700000901
check_same 'an SMS is taken' 200 "$(sms $phone JOIN)"
check 'and answered' wait_for 10 has_sms $phone 1
check 'PostgreSQL knows that it was sent, with operator and parts' wait_for 10 sql_is \
    "select status, segments, encoding, country from core.message" 'sent|2|gsm7|KE'
id=$(sql 'select provider_id from core.message')
check_same 'a report is taken' 200 "$(report "id=$id&status=Success")"
check 'and joined' wait_for 10 sql_is 'select status from core.message' delivered
check_same 'a late report is taken' 200 "$(report "id=$id&status=Sent")"
check_same 'a report about nothing, too' 200 "$(report 'id=nobody&status=Success')"
check 'it is parked' wait_for 10 sql_is 'select n from ops.parked_reports' 1
check_same 'and the late one changed nothing' delivered "$(sql 'select status from core.message')"

check_same 'an opt-out is taken' 200 \
    "$(report "id=$id&status=Failed&failureReason=UserInBlackList&phoneNumber=%2B254700000901")"
check 'it is a STOP' wait_for 10 sql_is "select count(*) from core.event where kind = 'stopped'" 1
check_same 'that nobody is told of by SMS' 1 "$(n_delivered $phone)"

check_same 'an SMS from a country that is not configured is taken' 200 "$(sms +4915112345678 JOIN)"
check 'and not answered' wait_for 10 sql_is \
    "select status || ' ' || error from core.message where country = 'DE'" 'capped cap country'
check_same 'not at all' 0 "$(n_delivered +4915112345678)"
check 'and counted' is_metric 'waypost_cap_rejections_total{cap="country"} 1'

phone=+254700000902
check 'a channel can be paused' channel pause at
check 'its sender sees it within seconds' wait_for 5 eval 'channel list | grep -q "^at .*paused"'
check_same 'an SMS is taken all the same' 200 "$(sms $phone JOIN)"
check 'its answer waits' wait_for 10 eval \
    'channel list --json | grep "\"name\":\"at\"" | grep -q "\"waiting\":1"'
check_same 'and is not sent' 0 "$(n_delivered $phone)"
check 'it is counted' wait_for 10 is_metric 'waypost_outbox_waiting 1'
# A second one, as if it had waited since 1970.
old=$(redis --raw eval "local payload
    for b = 0, 255 do
        local entry = redis.call('xrange', string.format('wp:{b%03d}:outbox', b), '-', '+')[1]
        payload = entry and entry[2][2] or payload
    end
    for b = 0, 255 do
        local key = string.format('wp:{b%03d}:outbox', b)
        if not redis.pcall('xadd', key, '1-1', 'p', payload).err then return key end
    end" 0)
is_warned() { curl -fsS "http://127.0.0.1:$ADMIN_PORT/readyz" | grep -q 'SMS wait for more than a minute'; }
check 'SMS that wait for long are a warning' wait_for 10 is_warned
check 'with their age' eval 'curl -fsS "http://127.0.0.1:$ADMIN_PORT/metrics" | grep -q "^waypost_outbox_oldest_seconds 1[0-9]\{9\}$"'
redis xdel "$old" 1-1 >/dev/null
check 'until they are gone' wait_for 10 eval '! is_warned'

# Half of a long SMS comes before the restart, by a channel whose provider does not join them.
sed -i '/^channels:/r /dev/stdin' "$STATE/waypost.yaml" <<YAML
  - name: vonage
    profile: vonage
    country: KE
    unsigned_callbacks: accepted
    private_addresses: allowed
    plain_http: allowed
    settings:
      api_key: demo
      api_secret: demo
      send_url: "http://127.0.0.1:$ADMIN_PORT/sim/send/vonage"
YAML
part()
{
    curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/in/vonage" \
        -d "msisdn=254700000903&to=20880&messageId=part-$1&text=$2&type=text" \
        -d "concat=true&concat-ref=5&concat-total=2&concat-part=$1"
}
demo_stop "$STATE"
demo_start "$STATE" "$PORT"
check_same 'the second part of a long SMS is taken' 200 "$(part 2 IN)"
demo_stop "$STATE"
demo_start "$STATE" "$PORT"
check_same 'and the first one after a restart' 200 "$(part 1 JO)"
check 'they are one message' wait_for 10 has_sms +254700000903 1
check_same 'a part that comes again is taken' 200 "$(part 2 IN)"
check 'all of it is written' wait_for 20 log_is_stored
check_same 'and changes nothing: one contact, one SMS' '1 1' "$(sql "select count(*) from core.event e
    join core.learner l using (learner) where kind = 'contact' and l.first_channel = 'vonage'") $(n_delivered +254700000903)"
sleep_until_told() { channel list --json | grep '"name":"at"' | grep -q '"state":"paused"'; }
check 'the pause outlives a restart' wait_for 10 sleep_until_told
check_same 'and nothing was sent meanwhile' 0 "$(n_delivered $phone)"
check 'the channel can be resumed' channel resume at
check 'and the answer goes out' wait_for 10 has_sms $phone 1
check_same 'a channel that is not there cannot' 64 "$(channel pause nobody >/dev/null 2>&1; echo $?)"

for name in at at-ussd kannel twilio infobip-ussd; do
    check "channel try $name" eval "channel try $name | grep -q '^# the gateway answers 200'"
done
check 'channel try at --dlr' eval "channel try at --dlr | grep -q '\"status\":\"delivered\"'"
channel check >"$STATE/check.log" || true
check 'channel check says what a channel takes' grep -q '^  takes *SMS at /in/twilio' "$STATE/check.log"
check 'what it checks' grep -q '^  checks *hmac-sha1 of each callback' "$STATE/check.log"
check 'where it sends' grep -q "^  sends *SMS to http://127.0.0.1:$ADMIN_PORT/sim/send/at" "$STATE/check.log"
check 'and what it needs' grep -q 'apikey: .*(set)' "$STATE/check.log"
printf 'channels:\n  - {name: x, profile: twilio, country: KE}\n' |
    cat <(sed '/^channels:/,$d' "$STATE/waypost.yaml") - >"$STATE/bad.yaml"
check_same 'and complains of what is missing' 78 \
    "$("$WAYPOST" channel check --config "$STATE/bad.yaml" >"$STATE/check.log" 2>&1; echo $?)"
check 'by name' grep -q 'account_sid: .*MISSING' "$STATE/check.log"
# SIGHUP: secrets and channels are read again, and nothing is lost meanwhile.
restarts_of_front()
{
    curl -sS -m 10 "http://127.0.0.1:$ADMIN_PORT/readyz" | jq -c '[.processes[] | select(.role == "front") | .pid]'
}

is_replaced()
{
    grep -q 'msg="all processes are replaced"' "$STATE/waypost.log"
}

log_says()
{
    grep -q "$1" "$STATE/waypost.log"
}

before=$(restarts_of_front)
cp "$STATE/waypost.yaml" "$STATE/good.yaml"
printf 'nonsense: 1\n' >>"$STATE/waypost.yaml"
kill -HUP "$(cat "$STATE/waypost.pid")"
check 'a broken configuration is not taken' wait_for 10 log_says 'the new configuration is wrong: the old one stays'
check_same 'the old one serves on' "$before $(printf 200)" "$(restarts_of_front) $(sms +254700000981 JOIN)"
sed 's|^  - name: kannel|&\n    path_secret: b1946ac92492d2347c6235b4d2611184|' "$STATE/good.yaml" >"$STATE/waypost.yaml"
kill -HUP "$(cat "$STATE/waypost.pid")"
n=0 n_taken=0
until is_replaced || [ "$n" -ge 2000 ]; do
    n=$((n + 1))
    [ "$(sms "+2547100$(printf '%05d' "$n")" JOIN)" != 200 ] || n_taken=$((n_taken + 1))
done
check 'the processes are replaced' is_replaced
check_same 'every SMS that came meanwhile is taken' "$n" "$n_taken"
check_same 'and the new secret holds' 403 \
    "$(curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/in/kannel?from=%2B254700000982&text=JOIN")"
check 'all of them are ready' curl -fsS -o /dev/null "http://127.0.0.1:$ADMIN_PORT/readyz"
done_testing
