#!/bin/bash
# talk.sh: the transcripts against the real gateway, Redis and PostgreSQL: each learner who takes the
# whole course, by SMS, by USSD, or by both, has every answer and completion in PostgreSQL once.
. "$(dirname "$0")/lib.sh"

# Who took the whole course, to the survey behind it; another one only practises behind the end.
WHOLE="e.status = 'certified' and exists (select from report.survey_answers s where s.learner_id = e.learner_id)"
COUNTS="select count(*),
        (select count(*) from report.module_completions m where m.learner_id = e.learner_id),
        (select count(*) from report.quiz_answers q where q.learner_id = e.learner_id and q.phase = 'quiz'),
        (select count(*) from report.quiz_answers q where q.learner_id = e.learner_id and q.phase = 'pretest'),
        (select count(*) from report.quiz_answers q where q.learner_id = e.learner_id and q.phase = 'posttest'),
        (select count(*) from report.survey_answers s where s.learner_id = e.learner_id)
    from report.enrolments e where $WHOLE group by e.learner_id"

world_up
"$WAYPOST" talk --live "http://127.0.0.1:$PORT" "$ROOT"/tests/talk/*.talk >"$STATE/talk.tap" 2>&1 || true
check_same 'every transcript goes live as it is written' '' "$(grep -A12 '^not ok' "$STATE/talk.tap" || true)"
check 'the whole courses were among them' grep -q '^ok .*92-whole-course-mixed.talk$' "$STATE/talk.tap"
check 'a report that is awaited, too' grep -q '^ok .*34-report-awaited.talk$' "$STATE/talk.tap"
check 'the writer takes in all that happened' wait_for 30 is_drained
check_same 'PostgreSQL takes each event that a transcript makes' none \
    "$(sql "select coalesce(string_agg(distinct reason, ', '), 'none') from ops.dead_letter")"
check_same 'three learners have each completion and answer once' \
    "$(printf '1|7|28|7|7|8\n%.0s' 1 2 3)" "$(sql "$COUNTS")"
check_same 'no event is there twice' 0 \
    "$(sql 'select count(*) - count(distinct (learner, seq, n)) from core.event')"
check_same 'they began by SMS, by USSD and by SMS' 'at at at-ussd' \
    "$(sql "select string_agg(first_channel, ' ' order by first_channel) from report.enrolments e where $WHOLE")"

cat >"$STATE/phone.txt" <<'LINES'
JOIN
1
2
/dup
/ussd
1
3
/drop
/redial
LINES
"$WAYPOST" phone --url "http://127.0.0.1:$PORT" --from +254711999888 --script "$STATE/phone.txt" \
    >"$STATE/phone.out" 2>&1
check 'the phone shows the SMS that came' grep -q '^sms<  Welcome' "$STATE/phone.out"
check 'a callback that comes again gets the same answer' grep -q 'the answer is the same' "$STATE/phone.out"
check 'the phone goes on by USSD where it was by SMS' grep -q '^ussd< 2/7' "$STATE/phone.out"
check 'a dropped session is told by SMS' grep -q '^sms<  Your session closed' "$STATE/phone.out"
check_same 'a redial finds the place' 2 "$(grep -c '^ussd< Welcome back' "$STATE/phone.out")"
done_testing
