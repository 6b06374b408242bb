#!/bin/bash
# keys.sh: new seal keys while the gateway runs, new ids of numbers while it does not; learners are where
# they were afterwards, and what is sealed opens with the new keys alone.
. "$(dirname "$0")/lib.sh"
world_up

PHONE=+254700000801
DATABASE="host=$STATE/pg dbname=waypost user=postgres"

sms()
{
    curl -fsS -o /dev/null "http://127.0.0.1:$PORT/in/at" --data-urlencode "id=keys-$RANDOM-$RANDOM" \
        --data-urlencode "from=$PHONE" --data-urlencode to=20880 --data-urlencode "text=$1"
}

n_delivered()
{
    curl -fsS -G "http://127.0.0.1:$ADMIN_PORT/sim/outbox" --data-urlencode "to=$PHONE" | jq length
}

has_sms()
{
    [ "$(n_delivered)" = "$1" ]
}

sql_is()
{
    [ "$(sql "$1")" = "$2" ]
}

keys()
{
    "$WAYPOST" keys "$@" --config "$STATE/waypost.yaml" 2>>"$STATE/keys.log"
}

sms JOIN
check 'the consent question is there' wait_for 10 has_sms 1
sms 1
check 'one has joined' wait_for 10 has_sms 2
sms 'SAFE he hurts me'
check 'and disclosed harm' wait_for 10 has_sms 3
check 'both are sealed by the first key' wait_for 10 sql_is \
    "select (select array_agg(key_id) from core.vault)::text || encode(substr(sealed, 1, 2), 'hex') from core.safe_case" '{1}0001'

check_same 'rotate says what it needs' 64 "$(keys rotate || echo $?)"
check_same 'a new key seals them' "key 2
numbers 1
disclosures 1
failed 0" "$(keys rotate --conninfo "$DATABASE")"
check_same 'both of them' '{2}0002' "$(sql "select (select array_agg(key_id) from core.vault)::text || encode(substr(sealed, 1, 2), 'hex') from core.safe_case")"
check 'the gateway serves on' sms MENU
check 'and answers' wait_for 10 has_sms 4
check_same 'again: another key' "key 3
numbers 1
disclosures 1
failed 0" "$(keys rotate --conninfo "$DATABASE")"

check_same 'ids are not changed under a running gateway' 69 "$(keys rekey --conninfo "$DATABASE" || echo $?)"
check 'the log is stored' wait_for 10 sql_is "select count(*) > 0 from core.event where kind = 'safe_raised'" t
demo_stop "$STATE"
before=$(sql "select encode(number_id, 'hex') from core.vault")
check_same 'rekey gives new ids' "numbers 1
disclosures 1
forgotten 0" "$(keys rekey --conninfo "$DATABASE")"
check 'to vault and state alike' test "$(sql "select count(*) from core.vault join core.number_state using (number_id)
    where encode(number_id, 'hex') <> '$before'")" = 1
check 'the old key stays aside' test -s "$STATE/keys/number_id.key.old"
rm "$STATE"/keys/seal_[12].key # nothing in the database needs them
redis flushdb >/dev/null
"$WAYPOST" rebuild --config "$STATE/waypost.yaml" >/dev/null 2>>"$STATE/keys.log"
demo_start "$STATE" "$PORT"
sms SCORE
check 'the learner is where he or she was' wait_for 10 has_sms 1
check_same 'and no stranger' 1 "$(sql 'select count(*) from core.learner')"
check_same 'a push finds the number by its new id' 1 "$(sql 'select count(*) from core.vault where key_id = 4')"
check 'the step is in PostgreSQL' wait_for 10 is_drained
sql 'delete from core.vault' >/dev/null
check_same 'the state has the number under its new id, too' 'without_number 0' \
    "$("$WAYPOST" reconcile --config "$STATE/waypost.yaml" 2>>"$STATE/keys.log" | grep without)"
check_same 'and the vault gets it back' 1 "$(sql 'select count(*) from core.vault')"
done_testing
