#!/bin/bash
# groups.sh: groups from the coordinator's command to PostgreSQL's figures.
. "$(dirname "$0")/lib.sh"
export WAYPOST_FRONTS=1 # so that the next look at the groups is that of every front
world_up

cohort() { "$WAYPOST" cohort "$@" --config "$STATE/waypost.yaml" 2>"$STATE/words"; }
# live FILE: plays a transcript against the gateway; its phones are new each time.
live() { "$WAYPOST" talk --live "http://127.0.0.1:$PORT" "$1" >"$1.log" || { sed 's/^/# /' "$1.log"; return 1; }; }
# The front has looked at what the command put into Redis; what it is asked afterwards comes behind that answer.
known() { timeout "$WAIT_MIN_S" grep -qm 1 '"HGETALL" "wp:cohorts"' < <(redis monitor); }

sql "insert into core.organisation (code, name, time_zone) values ('north', 'Red Cross North', 'Africa/Nairobi')"
code=$(cohort create 'Nairobi A' --organisation north --quiet 19:00-08:00 --off fri --off sat)
check 'a group gets a code of six digits' grep -qx '[1-9][0-9]\{5\}' <<<"$code"
check 'and says what to do with it' grep -q "JOIN $code" "$STATE/words"
check_same 'an organisation that is not there is named, with those that are' \
    'waypost: cohort: there is no organisation nowhere; there are demo, north' \
    "$(cohort create B --organisation nowhere; cat "$STATE/words")"
check_same 'so is a date that is none' 65 "$(cohort create B --start 2026-13-01; echo $?)"
check_same 'and a zone' 'waypost: cohort: there is no time zone Nairobi; write it like Africa/Nairobi' \
    "$(cohort create B --zone Nairobi; cat "$STATE/words")"
check_same 'a group that began long ago is refused' 65 "$(cohort create B --start 2020-01-01; echo $?)"
check_same 'a code with a digit changed is no code' 64 "$(cohort show $((code ^ 1)); echo $?)"
check_same 'the list shows it' "$code|Nairobi A|north|open|0" \
    "$(cohort list --json | python3 -c 'import json, sys
for c in json.load(sys.stdin): print(c["code"], c["name"], c["organisation"], c["state"], c["members"], sep="|")')"

known
cat >"$STATE/join.talk" <<TALK
loose
sms>     JOIN $code
sms<     Your group: Nairobi A.\nCHILDREN ON THE MOVE, free course by Red Cross North*
sms>     1
sms<     What is your work?*
ussd>2   *384*7*$code#
ussd<2   CON Your group: Nairobi A.*
ussd>2   9
ussd<2   CON *1 Agree 2 No, thanks
ussd>2   1
ussd<2   CON What is your work?*
sms>3    JOIN
sms<3    CHILDREN ON THE MOVE, *
sms>3    1
sms<3    What is your work?*
sms>3    2
sms<3    *1/7*
sms>3    1
sms<3    *2/7*
sms>3    JOIN $code
sms<3    Your group: Nairobi A.*
sms>4    JOIN
sms<4    CHILDREN ON THE MOVE*
sms>4    1
sms<4    What is your work?*
TALK
check 'members join by SMS, by dialling through, and later' live "$STATE/join.talk"
wait_for 10 is_drained || true
check_same 'PostgreSQL knows who is where' 'north|Nairobi A|3
demo||1' "$(sql "select o.code, c.name, count(*) from core.learner l join core.organisation o using (org_id)
    left join core.cohort c using (cohort_id) group by 1, 2 order by 3 desc")"
check_same 'what came before went along' 0 \
    "$(sql "select count(*) from core.event e join core.learner l using (learner) where e.org_id <> l.org_id")"
# A day is counted by the clock of the organisation that the learner is in then, a week by the group's: around the turn of
# a week the one who learned before he came to the group may not be of this week.
active=$(sql "select count(distinct d.learner) from core.active_day d join core.learner l using (learner)
    where l.cohort_id is not null and d.day >= date_trunc('week', now() at time zone 'Africa/Nairobi')::date")
check_same 'the list counts them' "3 $active" "$(cohort show "$code" --json | python3 -c 'import json, sys
c = json.load(sys.stdin)[0]; print(c["members"], c["active_this_week"])')"

cat >"$STATE/shared.talk" <<TALK
loose
sms>     JOIN $code
sms<     Your group*
sms>     1
sms<     What is your work?*
sms>     SWITCH
sms<     Choose a nickname*
sms>     ANA
sms<     ANA, do you want*
sms>     0
sms<     Who is learning? 1 ANA 2 New
sms>     2
sms<     Choose a nickname*
sms>     BO
sms<     BO, do you want*
sms>     2468
sms<     CHILDREN*
sms>     1
sms<     What is your work?*
sms>     STOP
sms<     You left*
TALK
check 'two people share a phone, and leave by one STOP' live "$STATE/shared.talk"
wait_for 10 is_drained || true
check_same 'each a member, each with a consent that was taken back' '2 2 2' \
    "$(sql "select count(*), count(e.stopped_at), count(e.consent_at) from core.number_state s
        join core.learner l using (learner) join core.enrolment e using (learner) where s.number_id in
        (select number_id from core.number_state group by 1 having count(*) > 1)" | tr '|' ' ')"
check_same 'no PIN in the clear' 0 "$(redis --raw eval "local n = 0
    for _, key in ipairs(redis.call('keys', 'wp:{b*}:s:*')) do
        if string.find(redis.call('get', key), '2468', 1, true) then n = n + 1 end
    end
    return n" 0)"

cohort sheet "$code" >"$STATE/sheet.html"
check 'the sheet has the code' grep -q "JOIN $code" "$STATE/sheet.html"
check 'and the string to dial' grep -q "\*384\*7\*$code#" "$STATE/sheet.html"
check_same 'and the modules with their dates' 7 "$(grep -c '<tr><td>[1-7] .*20[0-9][0-9]</td>' "$STATE/sheet.html")"

cohort pause "$code" 2027-02-08 2027-03-09 && cohort close "$code"
check_same 'a pause is kept' 'pauses=2027-02-08..2027-03-09' \
    "$(redis hget wp:cohorts "$code" | tr ';' '\n' | grep pauses)"
known
printf 'loose\nsms>     JOIN %s\nsms<     Group Nairobi A takes no new members now.*\n' "$code" >"$STATE/closed.talk"
check 'a closed group takes nobody' live "$STATE/closed.talk"
cohort open "$code"
redis del wp:cohorts >/dev/null
check 'groups that Redis has lost come back by sync' cohort sync
check_same 'all of them' 1 "$(redis hlen wp:cohorts)"
redis del wp:cohorts >/dev/null
check 'and by rebuild' "$WAYPOST" rebuild --config "$STATE/waypost.yaml"
check_same 'again all of them' 1 "$(redis hlen wp:cohorts)"

# A group of 25 with a facilitator and three shared phones goes through a module.
big=$(cohort create 'Group of 25' --organisation north --pace open)
check_same 'a PIN has six digits' 64 "$(cohort facilitator add "$big" +254733000001 --pin 12345 >/dev/null; echo $?)"
check_same 'a facilitator gets the PIN that was chosen' 135790 "$(cohort facilitator add "$big" +254733000001 --pin 135790)"
check 'whose number is nowhere' test -z "$(sql "select 1 from core.facilitator f where f::text like '%733000001%'")"
known
# Four play at the same time: each SMS travels for a tenth of a second.
parts=()
for phones in '1 4' '5 10' '11 16' '17 22'; do
    # shellcheck disable=SC2086 # first and last
    python3 "$ROOT/tests/integration/group25.py" "$ROOT/tests/talk/90-whole-course-sms.talk" "$big" $phones >"$STATE/big ${phones% *}.talk"
    (live "$STATE/big ${phones% *}.talk") &
    parts+=($!)
done
for i in "${!parts[@]}"; do
    check "twenty-five learn on twenty-two phones, part $((i + 1))" wait "${parts[i]}"
done
wait_for 20 is_drained || true
check_same 'PostgreSQL has the figures of the group' '25 22 3' \
    "$(sql "select count(*), count(distinct s.number_id), count(*) - count(distinct s.number_id)
        from core.learner l join core.number_state s using (learner) join core.cohort c using (cohort_id)
        where c.join_code = $big" | tr '|' ' ')"
check_same 'and of each member: who finished, with how many right' '4 6
3 14' "$(sql "select e.value, count(*) from core.event e join core.cohort c using (cohort_id)
        where c.join_code = $big and e.kind = 'module_completed' and e.unit = 'm1' group by 1 order by 1 desc" | tr '|' ' ')"
check_same 'and of each question' 'm1q1 20 20
m1q2 20 6
m1q3 20 20
m1q4 20 20' "$(sql "select u.unit, sum(u.answered), sum(u.n_right) from core.unit_cohort u
        join core.cohort c using (cohort_id) where c.join_code = $big and u.unit like 'm1q%' group by 1 order by 1" | tr '|' ' ')"
cohort sync
known
printf 'GROUP\n135790\n1\n' >"$STATE/lead.script"
"$WAYPOST" phone --port "$PORT" --from +254733000001 --sms --script "$STATE/lead.script" >"$STATE/lead.log" 2>&1
check 'the facilitator is told them' \
    grep -qF "G$big: 25 joined, 25 active this week, 20 finished M1. Hardest: M1Q2 (30%)." "$STATE/lead.log"
check 'and what to do next time' grep -qF 'Meeting for M1' "$STATE/lead.log"
# The quiz by show of hands, two people without a phone, a message and a rest.
printf 'GROUP\n4\n3\n1\n1\n2\nB %s JOY 3 2 1 1\nB %s MO 3 2\n2\n1\n6\n1\n' "$big" "$big" >"$STATE/hands.script"
"$WAYPOST" phone --port "$PORT" --from +254733000001 --sms --script "$STATE/hands.script" >"$STATE/hands.log" 2>&1
check 'the group plays its quiz on one phone' grep -qF 'Your group had 3 of 4 right.' "$STATE/hands.log"
check 'who has no phone is entered' grep -qF 'JOY: 3 of 4 right' "$STATE/hands.log"
check 'with the reason where that cannot be' grep -qF 'MO: answers 2, M1 has 4' "$STATE/hands.log"
wait_for 10 is_drained || true
check_same 'the group has them' 'group||4|3
group-entered|JOY|4|3' "$(sql "select mode, coalesce(nickname, ''), sum(n_asked), sum(n_right) from core.group_answer a
        join core.cohort c using (cohort_id) where c.join_code = $big group by 1, 2 order by 1")"
check_same 'no question and nobody else has' '25 20 20' "$(sql "select (select count(*) from core.learner l join core.cohort c
        using (cohort_id) where c.join_code = $big), sum(u.answered), sum(u.n_right) from core.unit_cohort u
        join core.cohort c using (cohort_id) where c.join_code = $big and u.unit = 'm1q1'" | tr '|' ' ')"
check_same 'the message waits for the gateways' 1 "$(sql "select count(*) from core.cohort_notes($big) n where n like ';nudge=1:%'")"
check_same 'for all members' 25 "$(sql "select count(*) from core.group_calls() where what = 'wake' and code = $big")"
check_same 'and the group rests for a week' 7 "$(sql "select upper(p) - lower(p) from core.cohort c, unnest(c.pauses) p
        where c.join_code = $big")"
check 'a facilitator goes' cohort facilitator remove "$big" +254733000001
check_same 'once' 65 "$(cohort facilitator remove "$big" +254733000001; echo $?)"

# ---- people from a list, and one of them ----

learner() { "$WAYPOST" learner "$@" --config "$STATE/waypost.yaml" 2>"$STATE/words"; }
outbox() { curl -s "http://127.0.0.1:$ADMIN_PORT/sim/outbox?to=%2B$1" | python3 -c 'import json, sys
print(len(json.load(sys.stdin)))'; }
has_sms() { [ "$(outbox "$1")" = "$2" ]; }
free=$(cohort create 'From a list' --organisation north --pace open)
"$WAYPOST" phone --port "$PORT" --from +254711700009 --sms --script <(printf 'JOIN\n1\nSTOP\n') >"$STATE/left.log" 2>&1
known
printf '\xef\xbb\xbfName;Number;Language;Group;Role\r\nx;+254711700001;en;%s;2\r\n"y;z";0711 700 002;;;\r\n;abc;;;\r\n' "$free" >"$STATE/list.csv"
printf ';+254711700003;;111111;\r\n;+254711700001;;;\r\n;+254711700004;;;99\r\n;+254711700009;;;\r\n;+254711700005;sw;;\r\n' >>"$STATE/list.csv"
check_same 'what cannot be is refused, row by row' "$STATE/list.csv:4:2: no number; write it like +254700000001: abc
$STATE/list.csv:5:17: no group code: five digits and their check digit: 111111
$STATE/list.csv:6:2: the same number as in line: 2
$STATE/list.csv:7:18: no number of the role question, 1 to 9: 99
$STATE/list.csv:9:16: the course is not offered in this language: sw
$STATE/list.csv:8:2: has left (STOP or DELETE), and only he or she can come back, by JOIN" \
    "$(learner import "$STATE/list.csv" --channel at --dry-run)"
check_same 'a dry run invites nobody' '2 would be invited, 0 were known and got nothing, 6 refused.' "$(tail -1 "$STATE/words")"
# What nobody would write: each file says what is wrong with it in bounded time and memory, and nobody is invited.
big_list() # ROWS: with columns that nobody reads
{
    printf 'number,name,village\n'
    seq -f "+2547%08.0f,$(printf 'n%.0s' {1..60}),$(printf 'v%.0s' {1..60})" 1 "$1"
}
limited() { (ulimit -v 600000 && ulimit -t 30 && learner import "$STATE/$1.csv" --channel at --dry-run | head -c 300; exit "${PIPESTATUS[0]}") 2>&1; }
big_list 100000 >"$STATE/most.csv"
check 'the most rows that are taken' limited most
check_same 'with whatever columns beside' '100000 would be invited, 0 were known and got nothing, 0 refused.' "$(tail -1 "$STATE/words")"
big_list 100001 >"$STATE/more.csv"
check_same 'one more is too many' '65 waypost: learner import: more than 100000 rows; cut the file' \
    "$(limited more >"$STATE/said" || printf '%s ' $?; tail -1 "$STATE/words")"
{
    printf 'number\n'
    head -c 20000000 /dev/zero | tr '\0' 7
} >"$STATE/long.csv"
check_same 'a line of 20 MB' "$STATE/long.csv:2:1: no number; write it like +254700000001: $(printf '7%.0s' {1..80})..." "$(limited long)"
printf 'number,name\n+254711700101,"ends never\n+254711700102,x\n' >"$STATE/quote.csv"
check 'a quote that ends never costs one row' limited quote
check_same 'and no other' '2 would be invited, 0 were known and got nothing, 0 refused.' "$(tail -1 "$STATE/words")"
printf 'number\n+2547117\00000101\n\033[2J\n' >"$STATE/nul.csv"
check_same 'NUL is no digit' 2 "$(limited nul | grep -ac 'no number; write it like')"
iconv -t UTF-16 <"$STATE/list.csv" >"$STATE/utf16.csv"
check_same 'UTF-16 has no column that is known' 1 "$(limited utf16 >"$STATE/said"; grep -c 'must name the columns' "$STATE/words")"
learner import "$STATE/list.csv" --channel at >/dev/null || true
check_same 'the others are invited' '2 invited, 0 were known and got nothing, 6 refused.' "$(tail -1 "$STATE/words")"
check 'by the text that asks for consent' wait_for 10 has_sms 254711700001 1
check 'whoever it is' wait_for 10 has_sms 254711700002 1
learner import "$STATE/list.csv" --channel at >/dev/null || true
check_same 'and not twice' '0 invited, 2 were known and got nothing, 6 refused.' "$(tail -1 "$STATE/words")"
check_same 'who left got nothing' 3 "$(outbox 254711700009)"
"$WAYPOST" phone --port "$PORT" --from +254711700001 --sms --script <(printf '1\n') >"$STATE/invited.log" 2>&1
check 'who agrees is in the group, and not asked for what the list said' grep -q 'Welcome! Short test first' "$STATE/invited.log"
wait_for 10 is_drained || true
who() { learner show "$1" --json | python3 -c 'import json, sys
for p in json.load(sys.stdin): print(p["organisation"], p["group"], p["role"], p["agreed_to"])'; }
check_same 'show says where and how' "north $free 2 course" "$(who +254711700001)"
check 'a move' learner move +254711700001 "$big"
check_same 'is one' "north $big 2 course" "$(who +254711700001)"
check 'out of any group' learner move +254711700001 --organisation demo
check_same 'into an organisation' 'demo None 2 course' "$(who +254711700001)"
check_same 'each look is on record' '3 2' "$(sql "select count(*) filter (where what = 'show'), count(*) filter (where what = 'move')
        from ops.learner_access" | tr '|' ' ')"

# ---- a message to many ----

broadcast() { "$WAYPOST" broadcast "$@" --config "$STATE/waypost.yaml" 2>"$STATE/words"; }
printf 'JOIN %s\n1\n0\n1\n1\n1\n1\n1\n1\n1\n1\n' "$free" >"$STATE/agree.script"
for phone in 254711800001 254711800002; do
    "$WAYPOST" phone --port "$PORT" --from +$phone --sms --script "$STATE/agree.script" >"$STATE/agree.log" 2>&1
done
wait_for 10 is_drained || true
check 'a text is written' broadcast text meeting 'The meeting of all groups is on Friday. Reply 9 to go on.' --by ana
check_same 'nothing goes before it is approved' 65 "$(broadcast preview meeting; echo $?)"
check_same 'by another person' 65 "$(broadcast approve meeting --by ana; echo $?)"
check 'who may' broadcast approve meeting --by bo
broadcast preview meeting --group "$free" >"$STATE/preview"
people=$(sql "select count(*) from core.learner l join core.cohort c using (cohort_id) cross join lateral (select g.is_given
        from core.consent g where g.learner = l.learner and g.purpose = 'reminders' order by g.seq desc, g.n desc limit 1) g
        where c.join_code = $free and g.is_given")
check 'the preview counts who agreed to reminders' grep -q "^all *$people people  $people parts" "$STATE/preview"
check_same 'two do' 2 "$people"
due=$(sql "select case when extract(hour from now() at time zone 'Africa/Nairobi') between 8 and 19
        and extract(dow from now() at time zone 'Africa/Nairobi') <> 0 then 2 else 0 end")
number=$(broadcast send meeting --group "$free" --by bo)
check_same 'it goes by day only' "$due" "$(sql "select sent from core.broadcasts($number)")"
check_same 'each of them has it or waits' "$people" "$(sql "select sent::int + waiting::int from core.broadcasts($number)")"
check_same 'nobody has it twice' "$(sql "select sent from core.broadcasts($number)")" \
    "$(broadcast send --again "$number" >/dev/null; sql "select sent from core.broadcasts($number)")"
check 'it stops' broadcast stop "$number"
check_same 'and is over' 1 "$(broadcast status "$number" | grep -c stopped)"
wait_for 10 is_drained || true
check_same 'messages of it are told apart' "$(sql "select sent from core.broadcasts($number)")" \
    "$(sql "select count(*) from core.message where purpose = 'broadcast'")"
check_same 'an erasure must be meant' 64 "$(learner erase +254711700001; echo $?)"
check 'then it is one' learner erase +254711700001 --yes
wait_for 10 is_drained || true
check_same 'of the number as well' 65 "$(learner show +254711700001; echo $?)"

# ---- as many groups as gateways know ----

sql "insert into core.cohort (org_id, code, name, join_code) select o.org_id, 'many-' || i, 'Many', 900000 + i
    from core.organisation o, generate_series(1, 4095 - core.n_cohorts()) i where o.is_default" >/dev/null
last=$(cohort create 'The last')
check 'the 4096th group is made' grep -qx '[1-9][0-9]*' <<<"$last"
check_same 'one more is refused' 65 "$(cohort create 'One more'; echo $?)"
check 'and it says how a place becomes free' grep -q 'waypost cohort close' "$STATE/words"
cohort close "$last"
sql "update core.cohort set closed_at = now() - interval '61 days' where join_code = $last"
known_in_redis() { redis hexists wp:cohorts "$1"; }
check_same 'a closed one is known to gateways' 1 "$(known_in_redis "$last")"
next=$(cohort create 'One more')
check_same 'until a new one takes its place' '0 1' "$(known_in_redis "$last") $(known_in_redis "$next")"
check_same 'the old one stays in the list' closed "$(cohort list --json | python3 -c 'import json, sys
print(*(c["state"] for c in json.load(sys.stdin) if c["code"] == sys.argv[1]))' "$last")"
check_same 'it comes back only where there is a place' 65 "$(cohort open "$last"; echo $?)"
done_testing
