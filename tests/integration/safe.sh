#!/bin/bash
# safe.sh: what a learner discloses is sealed to a person's key, and only that person reads it, on record;
# messages are held until he or she lets them go on.
. "$(dirname "$0")/lib.sh"
world_up

PHONE=+254700000811
DATABASE="host=$STATE/pg dbname=waypost"

sms()
{
    curl -fsS -o /dev/null "http://127.0.0.1:$PORT/in/at" --data-urlencode "id=safe-$RANDOM-$RANDOM" \
        --data-urlencode "from=$PHONE" --data-urlencode to=20880 --data-urlencode "text=$1"
}

has_sms()
{
    [ "$(curl -fsS -G "http://127.0.0.1:$ADMIN_PORT/sim/outbox" --data-urlencode "to=$PHONE" | jq length)" = "$1" ]
}

sql_is()
{
    [ "$(sql "$1")" = "$2" ]
}

safe()
{
    "$WAYPOST" safe "$@" --config "$STATE/waypost.yaml" --conninfo "$DATABASE user=sofia" 2>>"$STATE/safe.log"
}

sql 'create role sofia login in role waypost_safe'
check 'a pair of keys for the person who reads' safe key "$STATE/sofia.key"
check_same 'the private one is hers alone' 600 "$(stat -c %a "$STATE/sofia.key")"
check_same 'which is never overwritten' 65 "$(safe key "$STATE/sofia.key" || echo $?)"
demo_stop "$STATE"
demo_start "$STATE" "$PORT"

sms JOIN
check 'the consent question is there' wait_for 10 has_sms 1
sms 1
check 'one has joined' wait_for 10 has_sms 2
sms 'SAFE my teacher locks us in'
check 'and disclosed harm' wait_for 10 has_sms 3
check 'it is in PostgreSQL, sealed to her key' wait_for 10 sql_is "select encode(substr(sealed, 1, 2), 'hex') from core.safe_case" 0000

ref=$(sql 'select ref from core.safe_case')
check_same 'she sees that something waits' "$ref waits" "$(safe list | awk '{print $1, $(NF)}')"
check_same 'the same for programs' "$ref true" "$(safe list --json | jq -r '.case + " " + (.has_text | tostring)')"
check_same 'without her key nobody reads it' 64 "$(safe read "$ref" || echo $?)"
safe key "$STATE/other.key" >/dev/null
check_same 'nor with another one' 77 "$(safe read "$ref" --key "$STATE/other.key" || echo $?)"
check_same 'she does' 'SAFE my teacher locks us in' "$(safe read "$ref" --key "$STATE/sofia.key")"
check_same 'takes it in hand' "$ref acknowledged" "$(safe acknowledge "$ref")"

held()
{
    redis --raw eval "local s = redis.call('get', KEYS[1]) return #s" 1 "$(redis --raw keys 'wp:{b*}:s:*')"
}
before=$(held)
seq=$(sql 'select seq from core.number_state')
check_same 'lets messages go on' "$ref released; messages go on" "$(safe release "$ref" --outcome supported)"
check 'which Redis has' test "$(held)" -lt "$before"
check 'and PostgreSQL' wait_for 10 sql_is "select seq from core.number_state" $((seq + 1))
check_same 'again: no harm' "$ref released; messages go on" "$(safe release "$ref")"
check_same 'an outcome is a code' 65 "$(safe transfer "$ref" --outcome 'she said' || echo $?)"
check_same 'handed over' "$ref transferred" "$(safe transfer "$ref" --outcome referred | cut -d';' -f1)"
check_same 'nothing waits' '' "$(safe list)"
check_same 'a case that is not there' 66 "$(safe read 0000000000 --key "$STATE/sofia.key" || echo $?)"
check_same 'all is on record' 'list list read read read acknowledge release release transfer list' \
    "$(sql "select string_agg(what, ' ' order by access) from core.case_access where login = 'sofia'")"
check_same 'the text is in no log' 0 "$(cat "$STATE"/*.log "$STATE"/redis/*.log "$STATE"/pg/*.log | grep -c 'locks us in')"
check 'nor in the clear in Redis' test "$(find "$STATE/redis" -type f -exec grep -l 'locks us in' {} + | wc -l)" = 0
check 'nor in PostgreSQL' test "$(find "$STATE/pg" -type f -exec grep -l 'locks us in' {} + | wc -l)" = 0
check_same 'a coordinator may not look' 77 \
    "$("$WAYPOST" safe list --conninfo "$DATABASE user=waypost_writer" 2>/dev/null || echo $?)"
done_testing
