#!/bin/bash
# correct.sh: a question with a wrong key is put right on a running gateway: nothing happens before
# two people want it; all answers are counted anew, who answered is told once, whoever deserves a
# certificate gets it, nobody loses anything; killed on the way, the command goes on. The same for a
# lesson with an error.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
world_up
LESSONS="$STATE/lessons"
mkdir "$LESSONS"
cp -r lessons/packs tests/lessons/water "$LESSONS"

lessons() { "$WAYPOST" lessons "$@" --config "$STATE/waypost.yaml" 2>"$STATE/words"; }
exit_code()
{
    local code=0
    "$@" >"$STATE/out" || code=$?
    printf '%s\n' "$code"
}
correct() { lessons correct water "$@" --by ana; }

# learner NUMBER WORD...
learner()
{
    local number=$1
    shift
    printf '%s\n' "$@" >"$STATE/script.$number"
    "$WAYPOST" phone --url "http://127.0.0.1:$PORT" --sms --wait 60 --from "+25470001$number" \
        --script "$STATE/script.$number" >"$STATE/phone.$number" 2>&1
}

# heard NUMBER WORDS: in how many SMS.
heard()
{
    curl -fsS "http://127.0.0.1:$ADMIN_PORT/sim/outbox?to=%2B25470001$1" |
        python3 -c 'import json, sys; print(sum(sys.argv[1] in m["text"] for m in json.load(sys.stdin)))' "$2"
}
has_heard() { [ "$(heard "$1" "$2")" -ge 1 ]; }

# It is noon where this group is, and no day off.
offset=$((12 - 10#$(date -u +%H)))
zone=Etc/GMT$([ $offset -gt 0 ] && printf -- '-%d' "$offset" || printf '+%d' $((-offset)))
off=$(LC_ALL=C date -u -d '2 days' +%a)
group=$("$WAYPOST" cohort create Noon --zone "$zone" --off "${off,,}" --config "$STATE/waypost.yaml" 2>/dev/null)

check 'a course with a wrong key is published' lessons publish "$LESSONS/water"
knows() { learner 3000 WATER && grep -q 'Clean water' "$STATE/phone.3000"; }
check 'and begun' wait_for 60 knows
learner 3001 WATER 1 1 2 0 "$group" 9 9 2 # wrong by that key, and no tries left
learner 3002 WATER 1 1 1 0 "$group" 9 9 1 # passes
learner 3003 WATER 1 1 2 0 "$group"       # the pre-test alone
learner 3004 WATER 1 1 2 0 "$group" STOP
check 'what they did is counted' wait_for 20 is_drained
certificates() { sql "select count(*) from core.certificate"; }
check_same 'one has a certificate' 1 "$(certificates)"

# ---- before ----

check_same 'a preview changes nothing' 0 "$(exit_code correct p1 --key 2)"
check 'it says how many answers become right' grep -q '^ *4  answers that become right' "$STATE/out"
check 'who may get a certificate' grep -q '^ *1  people without a certificate who get a point' "$STATE/out"
check 'who is told' grep -q '^ *4  people who are told, in en' "$STATE/out"
check 'and what is missing' grep -q 'Nothing was changed' "$STATE/words"
check_same 'nor did it' 0 "$(sql 'select count(*) from core.correction')"
check_same 'another person must decide' 65 "$(exit_code correct p1 --key 2 --why w --approved-by ana)"
check_same 'an option that is none' 65 "$(exit_code correct p1 --key 3 --why w --approved-by Bo)"
check_same 'no number at all' 64 "$(exit_code correct p1 --key two --why w --approved-by Bo)"

# ---- killed, and again ----

"$WAYPOST" lessons correct water p1 --key 2 --why 'stones' --approved-by 'Bo, steering group' --by ana \
    --config "$STATE/waypost.yaml" >/dev/null 2>&1 &
killed=$!
is_on_record() { [ "$(sql 'select count(*) from core.correction')" = 1 ]; }
check 'it is on record' wait_for 20 is_on_record
kill -9 "$killed"
wait "$killed" 2>/dev/null || true
check_same 'the statistics are true at once' '3 4' "$(sql "select concat_ws(' ', sum(n_right), sum(answered)) from core.unit_cohort
    where unit = 'p1'")"
check_same 'nobody was told yet' 0 "$(heard 3001 'Sorry')"
check 'the command goes on' correct p1 --key 2 --why 'stones' --approved-by 'Bo, steering group'
check 'who failed is told' wait_for 20 has_heard 3001 'Sorry, we made a mistake in a question of our test'
check 'and has a certificate' has_heard 3001 'ertificate'
check 'who had passed is told' wait_for 20 has_heard 3002 'Sorry, we made a mistake'
check 'and who took the pre-test' wait_for 20 has_heard 3003 'Sorry, we made a mistake'
check_same 'not who has left' 0 "$(heard 3004 'Sorry')"
check 'the facts are stored' wait_for 20 is_drained
check_same 'two certificates' 2 "$(certificates)"
check_same 'who decided what and why, and how far it is' '1 2 stones ana Bo, steering group 3 0' "$(sql "select concat_ws(' ',
    old_key, right_key, why, ordered_by, decided_by, told, waiting) from ops.corrections")"
check 'the same again' correct p1 --key 2 --why 'stones' --approved-by 'Bo, steering group'
check 'tells nobody' grep -q '^0 told, 0 listed' "$STATE/words"
check_same 'nobody twice' 1 "$(heard 3001 'Sorry')"
learner 3005 WATER 1 1 1 0 "$group" 9 9 2
check 'who comes now is judged by it' grep -qi 'certificate' "$STATE/phone.3005"
check_same 'Redis knows the key' '2' "$(redis hget wp:corrections water/p1)"

# ---- an error in a lesson ----

check_same 'a lesson needs its right text first' 0 "$(exit_code correct m1l1)"
check_same 'else nobody is concerned' '' "$(cat "$STATE/out")"
sed -i 's/All about water/Boil it first/' "$LESSONS/water/m1.md"
sed -i 's/^version: .*/version: 1.1.0/' "$LESSONS/water/course.md"
check 'the right text is published' lessons publish "$LESSONS/water"
check_same 'three have read the other one' 0 "$(exit_code correct m1l1)"
check 'and are listed' grep -q '^ *3  people who are told, in en' "$STATE/out"
check 'it is ordered' correct m1l1 --why 'not clean' --approved-by 'Bo, steering group'
check 'who was told something today waits, one a day' grep -q 'wait: no message may go' "$STATE/words"
check_same 'on record, too' 'm1l1 1 2' "$(sql "select concat_ws(' ', unit, told, waiting) from ops.corrections where unit = 'm1l1'")"
done_testing
