#!/bin/bash
# foreign.sh: numbers of other countries on channels of one: each answer goes to the phone that wrote,
# however its provider writes numbers, and one person is one learner, whatever form of the number
# comes: before and after a country renumbered, with and without the digit of a mobile.
. "$(dirname "$0")/lib.sh"

# channel NAME PROFILE COUNTRY SETTING...
channel()
{
    printf '  - name: %s\n    profile: %s\n    country: %s\n    from: "20880"\n    tps: 1000\n' "$1" "$2" "$3"
    printf '    %s\n' 'new_numbers_hour: 1000' 'unsigned_callbacks: accepted' 'private_addresses: allowed' \
        'plain_http: allowed' 'settings:'
    printf '      %s\n' "send_url: http://127.0.0.1:$ADMIN_PORT/sim/send/$1" "${@:4}"
}

write_config()
{
    demo_write_config "$STATE" "$PORT" | sed '/^channels:/q'
    channel at africastalking DE 'username: demo' 'apikey: demo'
    channel infobip infobip IT 'apikey: demo'
    channel twilio twilio MX 'account_sid: AC0' 'token: demo' "public_url: http://127.0.0.1:$PORT"
    channel kannel kannel BR 'username: demo' 'password: demo'
    printf 'countries:\n'
    printf '  - {code: %s, cost: Free}\n' DE IT MX BR KE SN BJ CI AR GB US
}

# NUMBER without its plus.
digits()
{
    printf '%s' "${1#+}"
}

# say CHANNEL NUMBER TEXT: as the provider writes it; prints the status.
say()
{
    local url="http://127.0.0.1:$PORT/in/$1" curl=(curl -sS -m 120 -o /dev/null -w '%{http_code}') id body signature
    id=$(date +%s%N)
    case $1 in
    at) "${curl[@]}" "$url" --data-urlencode "from=$2" --data-urlencode "text=$3" -d "to=20880&id=$id" ;;
    infobip)
        "${curl[@]}" "$url" -H 'Content-Type: application/json' -d "{\"results\":[{\"from\":\"$(digits "$2")\",
            \"to\":\"20880\",\"text\":\"$3\",\"messageId\":\"$id\"}]}"
        ;;
    twilio)
        body="Body=$3&From=%2B$(digits "$2")&MessageSid=SM$id&To=%2B525500000200"
        signature=$(printf 'POST /in/twilio HTTP/1.1\r\n%s\r\n\r\n%s' \
            'Content-Type: application/x-www-form-urlencoded' "$body" |
            "$WAYPOST" channel sign twilio --profiles "$ROOT/config/profiles" --set token=demo \
                --set "public_url=http://127.0.0.1:$PORT")
        "${curl[@]}" "$url" -H "X-Twilio-Signature: $signature" -d "$body"
        ;;
    kannel) "${curl[@]}" -G "$url" -d "id=$id&sender=$(digits "$2")&to=20880&coding=0&charset=UTF-8" -d "message=$3" ;;
    esac
}

# n_sms NUMBER: how many the phone has.
n_sms()
{
    curl -fsS -m 10 -G "http://127.0.0.1:$ADMIN_PORT/sim/outbox" --data-urlencode "to=$1" | jq length
}

has_sms()
{
    [ "$(n_sms "$1")" -ge "$2" ]
}

# have_sms N NUMBER...: together.
have_sms()
{
    local n=0 number
    for number in "${@:2}"; do
        n=$((n + $(n_sms "$number")))
    done
    [ "$n" -ge "$1" ]
}

n_learners()
{
    sql 'select count(*) from core.learner'
}

world_make
write_config >"$STATE/waypost.yaml"
redis_start "$STATE"
postgres_start "$STATE"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"

# --- each answer goes to the phone that wrote ---
n=0
for channel in at infobip kannel twilio; do
    for number in "+25470000010$n" "+22177000010$n" "+44770090010$n" "+1206555010$n"; do
        check_same "$channel takes $number" 200 "$(say "$channel" "$number" JOIN)"
        [ "$channel" = twilio ] || check "and answers $number" wait_for 20 has_sms "$number" 1
    done
    n=$((n + 1))
done
check 'all of it is written' wait_for 20 is_drained
check_same 'sixteen people are sixteen learners' 16 "$(n_learners)"
check_same 'of four countries' 'GB 4, KE 4, SN 4, US 4' \
    "$(sql "select string_agg(c, ', ' order by c) from (select country || ' ' || count(*) as c
        from core.learner group by country) t")"

# --- one person, whatever form the number has ---
before=$(n_learners)
while read -r old new; do
    say at "$old" JOIN >/dev/null
    say infobip "$new" 1 >/dev/null
    check "$old and $new are answered" wait_for 20 have_sms 2 "$old" "$new"
done <<'NUMBERS'
+22996000101 +2290196000101
+22507000101 +2250707000101
+551181234567 +5511981234567
+5215500000101 +525500000101
+541123000101 +5491123000101
NUMBERS
check 'all of that is written' wait_for 20 is_drained
check_same 'five people are five learners' 5 "$(($(n_learners) - before))"

# --- who is no phone is let go, and nothing is sent again ---
for from in MPESA 40404 20880; do
    check_same "a message from $from is answered with success" 200 "$(say at "$from" JOIN)"
done
check_same 'and counted' 3 \
    "$(curl -fsS -m 10 "http://127.0.0.1:$ADMIN_PORT/metrics" | sed -n 's/^waypost_no_senders_total //p')"
done_testing
