#!/bin/bash
# new_number.sh: a place comes to a new number: by the learner's code, and by a coordinator's for a number that is lost; what
# PostgreSQL, the vault and both phones then know.
. "$(dirname "$0")/lib.sh"
world_up

learner() { "$WAYPOST" learner "$@" --config "$STATE/waypost.yaml" 2>"$STATE/words"; }
live() { "$WAYPOST" talk --live "http://127.0.0.1:$PORT" "$1" >"$STATE/talk.log" || { sed 's/^/# /' "$STATE/talk.log"; return 1; }; }
# phone NUMBER LINE...: types the lines; what comes is in $STATE/phone.log.
phone() { "$WAYPOST" phone --port "$PORT" --from "$1" --sms --script <(printf '%s\n' "${@:2}") >"$STATE/phone.log" 2>&1; }
drain() { wait_for 20 is_drained; }
last_sms() { curl -s "http://127.0.0.1:$ADMIN_PORT/sim/outbox?to=%2B${1#+}" | jq -r '.[-1].text'; }
OLD=+254799000001 NEW=+254799000002

phone $OLD JOIN 1 2
drain
ID=$(learner show $OLD --json | jq -r '.[0].learner_id')
CODE=$(learner transfer $OLD)
check 'a coordinator gets a code' grep -qE '^[0-9]{4} [0-9]{4} [0-9]{4}$' <<<"$CODE"
check_same 'which is on record' 1 "$(sql "select count(*) from ops.learner_access where what = 'transfer'")"
check_same 'of nobody there is none' 65 "$(learner transfer +254799000009; echo $?)"

phone $NEW "$CODE"
check 'the new number is asked, and told nothing personal' grep -q 'With this code a place' "$STATE/phone.log"
phone $NEW 1
check 'and brings the place there' grep -q 'Your place and your certificates are on this number now' "$STATE/phone.log"
drain
check 'the old number is told' grep -q 'The place in .* has moved to another one' <<<"$(last_sms $OLD)"
check_same 'it is the same learner' "$ID" "$(learner show $NEW --json | jq -r '.[0].learner_id')"
check_same 'the old number is nobody' 65 "$(learner show $OLD >/dev/null; echo $?)"
check_same 'and is not kept' 1 "$(sql 'select count(*) from core.vault')"
phone $NEW NEXT
check 'the course goes on there' grep -q '1/7' "$STATE/phone.log"
for talk in tests/talk/8[2-5]-*.talk; do
    check "the transcript $(basename "$talk"), live" live "$talk"
done
done_testing
