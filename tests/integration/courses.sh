#!/bin/bash
# courses.sh: two courses and an edition of one of them on one gateway, a learner of each at the same
# time, their reports apart; JOIN begins on one channel another course than on the others; a version goes live at a time that
# was told, to the minute also where clocks are put on or back. publish refuses a version number that says less than what changed,
# the keyword of another course, and a version more than a gateway loads. Publishing, withdrawing and a version that cannot be
# read, all under load, lose no callback and double none.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
world_make
sed -i 's/^\( *\)profile: kannel$/&\n\1course: water/' "$STATE/waypost.yaml" # what JOIN begins there
world_start
LESSONS="$STATE/lessons"
mkdir "$LESSONS"
cp -r lessons/packs lessons/children-on-the-move tests/lessons/children-ke tests/lessons/water "$LESSONS"

lessons()
{
    "$WAYPOST" lessons "$@" --config "$STATE/waypost.yaml"
}

# exit_code COMMAND...: what it said is in STATE/out.
exit_code()
{
    local code=0
    "$@" >"$STATE/out" 2>&1 || code=$?
    printf '%s\n' "$code"
}

# version FOLDER NUMBER: what is published next from there.
version()
{
    sed -i "s/^version: .*/version: $2/" "$LESSONS/$1/course.md"
}

# learner NUMBER WORD...
learner()
{
    local number=$1
    shift
    printf '%s\n' "$@" >"$STATE/script.$number"
    "$WAYPOST" phone --url "http://127.0.0.1:$PORT" --sms --wait 60 --from "+25470001$number" \
        --script "$STATE/script.$number" >"$STATE/phone.$number" 2>&1
}

# begins WORD ANSWER: whichever front takes it, a new phone that sends the word gets this.
begins()
{
    for _ in 1 2 3 4; do
        n_phones=$((n_phones + 1))
        learner "$n_phones" "$1" || return 1
        grep -qF -- "$2" "$STATE/phone.$n_phones" || return 1
    done
}
n_phones=2000

is_on_patch()
{
    [ "$(sql "select count(distinct e.learner) from core.event e join core.course_version v using (course_id)
        where v.version = '1.0.1'")" -gt 0 ]
}

# ---- a learner of each ----

check 'a second course is published' lessons publish "$LESSONS/water"
check 'and an edition of the first' lessons publish "$LESSONS/children-ke"
check 'a word begins the one' wait_for 60 begins WATER 'Clean water, free course'
check 'another word the edition' wait_for 60 begins KENYA 'CHILDREN ON THE MOVE, free course'
# join_by_kannel NUMBER: what JOIN brings on that channel.
join_by_kannel()
{
    curl -sSf -o "$STATE/kannel" "http://127.0.0.1:$PORT/in/kannel?id=$1&sender=%2B25470001$1&to=20880&message=JOIN"
}

# has_sms NUMBER WORDS
has_sms()
{
    curl -sS "http://127.0.0.1:$ADMIN_PORT/sim/outbox?to=%2B25470001$1" | grep -qF -- "$2"
}
check 'JOIN on a channel with a course of its own' join_by_kannel 1004
check 'begins that one' wait_for 20 has_sms 1004 'Clean water, free course'
check 'and on the others that of the gateway' begins JOIN 'CHILDREN ON THE MOVE, free course'
check_same 'what JOIN begins on a channel is not withdrawn' 65 "$(exit_code lessons withdraw water)"
check 'and the channel is named' grep -q 'water is what JOIN starts on kannel' "$STATE/out"
sed -i '/^ *course: water$/d' "$STATE/waypost.yaml"
learner 1001 JOIN 1 1 1 1 1 1 1 1 1 0 9 &
first=$!
learner 1002 KENYA 1 1 1 1 1 1 1 1 1 0 9 9 &
second=$!
learner 1003 WATER 1 1 1 0 9 &
check 'all three are answered' wait "$first" "$second" $!

enrolled()
{
    [ "$(sql "select string_agg(course || ' ' || n, ', ' order by course collate \"C\") from (
        select course, count(*) as n from report.enrolments group by 1) c")" = \
        'children-on-the-move 1, children-on-the-move-ke 1, water 1' ]
}

read_in()
{
    sql "select string_agg(distinct u.unit, ',') from core.learner_unit u
        join core.course_version v using (course_id) where v.course = '$1' and u.unit like 'm%'"
}

check 'each is in the reports of his or her own course' wait_for 20 enrolled
check 'what they read is, too' wait_for 20 is_drained
check_same 'the first' m1s "$(read_in children-on-the-move)"
check_same 'the edition has the lessons of its base' m1l1,m1s "$(read_in children-on-the-move-ke)"
check_same 'the other course' m1l1 "$(read_in water)"

# ---- what publish refuses ----

sed -i 's/All about water/All about clean water and soap/' "$LESSONS/water/m1.md"
check_same 'other words under the same number are refused' 65 "$(exit_code lessons publish "$LESSONS/water")"
version water 1.0.1
check_same 'other words are no patch' 65 "$(exit_code lessons publish "$LESSONS/water")"
check 'it says what changed' grep -q 'minor: m1l1: a screen has other words' "$STATE/out"
check 'and what to write' grep -q 'raise the second number' "$STATE/out"
version water 0.9.0
check_same 'an earlier number is refused' 65 "$(exit_code lessons publish "$LESSONS/water")"
version water 1.1.0
check 'it is a minor version' lessons publish "$LESSONS/water"
cp -r "$LESSONS/water" "$LESSONS/well"
sed -i 's/^course: .*/course: well/' "$LESSONS/well/course.md"
check_same 'the keyword of another course is refused' 65 "$(exit_code lessons publish "$LESSONS/well")"
check 'both places are named' grep -q "course.md:6: 'water' begins the course water already (course.md:6 of" "$STATE/out"

cp -r "$LESSONS/water" "$LESSONS/one"
sed -i 's/^course: .*/course: one/; s/^keyword: .*/keyword: BUCKET\nafter: two/' "$LESSONS/one/course.md"
cp -r "$LESSONS/water" "$LESSONS/two"
sed -i 's/^course: .*/course: two/; s/^keyword: .*/keyword: PUMP\nafter: one/' "$LESSONS/two/course.md"
check_same 'a course may wait for one that is to come' 0 "$(exit_code lessons publish "$LESSONS/one")"
check 'that is said' grep -q 'nobody can begin one before two is published' "$STATE/out"
check_same 'courses that wait for each other are refused' 65 "$(exit_code lessons publish "$LESSONS/two")"
check 'and nobody could begin them' grep -q 'two is to come after one, and that after two' "$STATE/out"
check 'the one alone is withdrawn' lessons withdraw one

# ---- at a time that was told ----

# A database of another zone than its people must not read it in its own.
sql "alter database waypost set timezone to 'Europe/Berlin'"
sed -i 's/^title: .*/title: Safe water/' "$LESSONS/water/course.md"
version water 1.1.1

# goes_live: what gateways are told, in UTC.
goes_live()
{
    date -ud "@$(($(redis hget wp:starts water | sed 's/.* //') / 1000))" '+%F %R'
}

while read -r at utc; do
    check "a version is published for ${at/_/ }" lessons publish "$LESSONS/water" --at "${at/_/ }"
    check_same 'gateways are told the same moment' "${utc/_/ }" "$(goes_live)"
done <<'END'
2027-03-28_01:59+01 2027-03-28_00:59
2027-03-28_03:00+02 2027-03-28_01:00
2027-10-31_02:30+02 2027-10-31_00:30
2027-10-31_02:30+01 2027-10-31_01:30
END
check 'before it the last version is begun' begins WATER 'Clean water, free course'
check 'it is published for a moment from now, in Nepal' lessons publish "$LESSONS/water" \
    --at "$(TZ=Asia/Kathmandu date -d '+5 seconds' '+%F %T')+05:45"
check 'at that time it goes live by itself' wait_for 60 begins WATER 'Safe water, free course'

# ---- under load ----

ledger()
{
    python3 "$ROOT/tests/integration/ledger.py" "$@" --port "$PORT" --book "$STATE/book"
}

(ledger send --seconds 600 --numbers 200 --first 5000 --stop "$STATE/stop") &
load=$!
sed -i 's/Children leave for mixed reasons/Children leave for mixed reason/' "$LESSONS/children-on-the-move/m1.md"
sed -i '/^trial_languages/d' "$LESSONS/children-on-the-move/course.md"
version children-on-the-move 1.0.1
check 'a patch is published under load' lessons publish "$LESSONS/children-on-the-move"
check 'who is in the middle has it at once' wait_for 60 is_on_patch
check 'a course is withdrawn' lessons withdraw water
redis hset wp:courses children-on-the-move@1.0.2 'no bundle' >/dev/null
begun=$(redis hget wp:starts children-on-the-move)
redis hset wp:starts children-on-the-move "${begun/1.0.1/1.0.2}" >/dev/null
check 'a version that cannot be read is left alone' \
    wait_for 60 grep -q 'version refused.*children-on-the-move@1.0.2' "$STATE/waypost.log"
is_told_of_it() { curl -fsS "http://127.0.0.1:$ADMIN_PORT/readyz" | grep -q 'a published course cannot be read'; }
check 'and /readyz tells of it' wait_for 20 is_told_of_it
check 'nobody begins the withdrawn course' wait_for 60 begins WATER 'Send JOIN to start'
check 'the one before it is begun' begins JOIN 'free course by'
redis hset wp:starts children-on-the-move "$begun" >/dev/null
redis hdel wp:courses children-on-the-move@1.0.2 >/dev/null
touch "$STATE/stop"
check 'every callback was taken' wait "$load"
check 'spool and streams run empty' wait_for 60 is_drained
number_steps >"$STATE/steps"
check 'nothing is lost or doubled' ledger check --admin "$ADMIN_PORT" --keys "$STATE/keys" <"$STATE/steps"

# ---- more versions than a gateway loads ----

version water 1.1.2
for i in $(seq "$((64 - ($(redis hlen wp:courses) - 1)))"); do # one field is no version
    redis hset wp:courses "crowd@1.0.$i" 'no bundle' >/dev/null
done
check_same 'one past 64 is refused' 65 "$(exit_code lessons publish "$LESSONS/water")"
check 'and it says what to do' grep -q 'a gateway loads no more than 64 versions' "$STATE/out"
redis hdel wp:courses crowd@1.0.1 >/dev/null
check 'the 64th is published' lessons publish "$LESSONS/water"
check 'and again, as it is there' lessons publish "$LESSONS/water"
done_testing
