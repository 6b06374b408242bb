#!/bin/bash
# simulate.sh [PEOPLE [SEED]]: an imaginary population gets into PostgreSQL as real people would, and what the
# reports say of it is what the raw events say.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip 'there is no python3'
PEOPLE=${1:-300}
SEED=${2:-7}

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

check 'a population is played' simulate --learners "$PEOPLE" --seed "$SEED"
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
check_same 'no USSD session is longer than networks keep one' 0 "$(sql "select count(*) from (select from core.event where via = 'ussd'
    and session is not null and kind <> 'session_dropped' group by learner, session having max(at) - min(at) > interval '180 s') s")"
check 'messages are counted' test "$(sql 'select count(*) from core.message where segments > 0')" -gt 0

# The provider of imaginary people delivers all that it takes; of others some fails, for one reason or another.
sql "update core.message m set network = (array['blue', 'red', null])[1 + h % 3],
        status = case when h % 11 = 0 then (array['failed', 'undelivered', 'errored'])[1 + h / 11 % 3] else m.status::text end::core.message_status,
        error = case when h % 22 = 0 then (array['30003', 'unreachable', 'number ' || h])[1 + h / 22 % 3] end
    from (select message_id as id, abs(hashtext(message_id)) as h from core.message) x where x.id = m.message_id" >/dev/null

# ---- once more, from the raw events ----
python3 "$(dirname "$0")/recompute.py" "host=$STATE/pg user=postgres dbname=waypost" \
    "host=$STATE/pg user=amina dbname=waypost" >"$STATE/recomputed" 2>&1 || true
reports=$(sed -n "s/^    ('\([a-z_]*\)', [a-z_]*, .*/\1/p" "$(dirname "$0")/recompute.py")
for report in $reports; do
    check_same "$report: what is shown is what is counted from the raw events" '' \
        "$(grep -v '^good' "$STATE/recomputed" | grep -E "^bad $report |Error" || grep -q "^good $report " "$STATE/recomputed" || echo 'nothing was compared')"
done
grep '^good' "$STATE/recomputed" | sed 's/^/# /'
# Of few people much is hidden.
check 'of most reports something is shown' test "$(grep -c '^good [a-z_]* [1-9]' "$STATE/recomputed")" -ge "$((PEOPLE < 10000 ? 28 : 35))"

# ---- what it refuses ----
sed -i 's/^simulator: on/simulator: off/' "$STATE/waypost.yaml"
check_same 'imaginary people do not come among real ones' 77 "$(simulate --learners 1 2>/dev/null || echo $?)"
check_same 'no people are no number' 64 "$(simulate --learners 0 2>/dev/null || echo $?)"
check_same 'nor too many' 64 "$(simulate --learners 1000001 2>/dev/null || echo $?)"
done_testing
