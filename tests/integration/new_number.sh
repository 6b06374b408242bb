#!/bin/bash
# new_number.sh: a place comes to a new number: by the learner's code, and by a coordinator's for a number that is lost;
# what PostgreSQL, the vault and a Redis that was emptied then know.
. "$(dirname "$0")/lib.sh"
world_up

learner() { "$WAYPOST" learner "$@" --config "$STATE/waypost.yaml" 2>"$STATE/words"; }
live() { "$WAYPOST" talk --live "http://127.0.0.1:$PORT" "$1" >"$STATE/talk.log" || { sed 's/^/# /' "$STATE/talk.log"; return 1; }; }
OLD=+254799000001 NEW=+254799000002

cat >"$STATE/begin.talk" <<TALK
loose
sms>$OLD    JOIN
sms<$OLD    CHILDREN ON THE MOVE*
sms>$OLD    1
sms<$OLD    What is your work?*
sms>$OLD    2
sms<$OLD    *1/7*
TALK
check 'a learner begins' live "$STATE/begin.talk"
log_is_stored
ID=$(learner show "$OLD" --json | jq -r '.[0].learner_id')
CODE=$(learner transfer "$OLD")
check 'a coordinator gets a code' grep -qE '^[0-9]{4} [0-9]{4} [0-9]{4}$' <<<"$CODE"
check_same 'which is on record' 'transfer' "$(sql "select what from ops.learner_access order by at desc limit 1")"
check_same 'of nobody there is none' 65 "$(learner transfer +254799000009; echo $?)"

cat >"$STATE/bring.talk" <<TALK
loose
sms>$NEW    $CODE
sms<$NEW    With this code a place*
sms>$NEW    1
sms<$NEW    Your place and your certificates are on this number now.*1/7*
sms<$OLD    The place in CHILDREN ON THE MOVE*
sms>$NEW    1
sms<$NEW    *2/7*
TALK
check 'the new number brings the place there, and both are told' live "$STATE/bring.talk"
log_is_stored
check_same 'it is the same learner' "$ID" "$(learner show "$NEW" --json | jq -r '.[0].learner_id')"
check_same 'the old number is nobody' 65 "$(learner show "$OLD" >/dev/null; echo $?)"
check_same 'and is not kept' 1 "$(sql 'select count(*) from core.vault')"
check_same 'both numbers were told of the move, by SMS that were sent' 0 \
    "$(sql "select count(*) from core.message where status not in ('sent', 'delivered')")"

check 'the transcript of it, live' live tests/talk/82-new-number.talk
done_testing
