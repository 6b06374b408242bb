#!/bin/bash
# simulate.sh [PEOPLE]: an imaginary population gets into PostgreSQL as real people would, and what the
# reports say of it is what the raw events say.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip 'there is no python3'
PEOPLE=${1:-300}

world_make
redis_start "$STATE"
postgres_start "$STATE" -c fsync=off
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
sql "select ops.add_coordinator('amina', 'demo');
    update core.organisation set time_zone = 'Africa/Nairobi' where code = 'demo'" >/dev/null
simulate()
{
    "$WAYPOST" simulate --config "$STATE/waypost.yaml" "$@"
}

check 'a population is played' simulate --learners "$PEOPLE" --seed 7
check_same 'nothing of it is refused' 0 "$(sql 'select count(*) from ops.dead_letters')"
check_same 'nor came twice, though callbacks did' 0 "$(sql 'select count(*) from core.conflict')"
check 'everybody is there' test "$(sql "select count(distinct number_id) from core.number_state
    where number_id in (select number_id from core.vault)")" -ge $((PEOPLE * 9 / 10))
for what in session_dropped session_resumed stopped erased reminded reminder_withheld certified survey_completed \
    unknown_input language_set group_joined helped; do
    check "there is $what" test "$(sql "select count(*) from core.event where kind = '$what'")" -gt 0
done
check 'several languages' test "$(sql 'select count(distinct lang) from core.learner')" -ge 3
check_same 'by SMS and by USSD' 'sms ussd' "$(sql "select string_agg(v, ' ') from (select distinct via::text as v from core.event
    where kind = 'answered' order by 1) x")"
check 'some learn late at night' test "$(sql "select count(*) from core.event where kind = 'answered'
    and extract(hour from at at time zone 'Africa/Nairobi') >= 22")" -gt 0
check 'messages are counted' test "$(sql 'select count(*) from core.message where segments > 0')" -gt 0

# ---- once more, from the raw events ----
python3 "$(dirname "$0")/recompute.py" "host=$STATE/pg user=postgres dbname=waypost" \
    "host=$STATE/pg user=amina dbname=waypost" >"$STATE/recomputed" 2>&1 || true
for report in funnel activity items modules gain; do
    check_same "$report: what is shown is what is counted from the raw events" '' \
        "$(grep -v '^good' "$STATE/recomputed" | grep -E "^bad $report |Error" || grep -q "^good $report [1-9]" "$STATE/recomputed" || echo 'nothing was compared')"
done

# ---- what it refuses ----
sed -i 's/^simulator: on/simulator: off/' "$STATE/waypost.yaml"
check_same 'imaginary people do not come among real ones' 77 "$(simulate --learners 1 2>/dev/null || echo $?)"
check_same 'no people are no number' 64 "$(simulate --learners 0 2>/dev/null || echo $?)"
check_same 'nor too many' 64 "$(simulate --learners 1000001 2>/dev/null || echo $?)"
done_testing
