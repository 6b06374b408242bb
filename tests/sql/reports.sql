-- The report views: what they say about a small world that is known to the last row.
begin;
select no_plan();
select make.publish();
update core.organisation set time_zone = 'Africa/Nairobi' where code = 'demo';
select ops.add_coordinator('amina', 'demo');
-- What the views are made of; what people see of it: rows.sql.
grant usage on schema facts to amina;
grant select on all tables in schema facts to amina;

-- Learner 1 certified, 2 in the middle, 3 consented and stopped before anything else, 4 is a tester,
-- 5 only wrote once.
select core.ingest(make.module(1, '2026-03-02 21:30Z') || make.ending(1, '2026-03-09 09:00Z') || make.module(2, '2026-03-03 09:00Z')
    || jsonb_build_array(
        make.step(3, 1, '2026-03-04 09:00Z', '[{"kind":"contact"}]', make.vault(3)),
        make.step(3, 2, '2026-03-04 09:01Z', '[{"kind":"consented","value":1}]'),
        make.step(3, 3, '2026-03-04 09:02Z', '[{"kind":"stopped"}]'),
        make.step(5, 1, '2026-03-04 09:00Z', '[{"kind":"contact"}]', make.vault(5)))
    || make.module(4, '2026-03-05 09:00Z'));
update core.learner set is_test = true where learner_id = make.learner(4);

set local role amina;
select results_eq('select learner_id, status, local_date, version, score::int, lang, country, first_channel, first_via
    from facts.enrolments order by enrolled_at',
    $$values (make.learner(1), 'certified', '2026-03-03'::date, '1.0.0', 86, 'en', 'KE', 'at', 'sms'),
        (make.learner(2), 'lost', '2026-03-03'::date, '1.0.0', null::int, 'en', 'KE', 'at', 'sms')$$,
    'enrolments: no testers, nobody who left before the first action; the day is local');
select results_eq('select enrolled_at, started_at, completed_at, certified_at, stopped_at, last_active_at from facts.enrolments
    where learner_id = make.learner(1)',
    $$values ('2026-03-02 21:31Z'::timestamptz, '2026-03-02 21:32Z'::timestamptz, '2026-03-09 09:00Z'::timestamptz,
        '2026-03-09 09:01Z'::timestamptz, null::timestamptz, '2026-03-09 09:03Z'::timestamptz)$$, 'enrolments: times');
select results_eq('select learner_id, module, module_title, right_answers, questions, score_percent, is_passed
    from facts.module_completions order by completed_at',
    $$select make.learner(i), 'm1'::text, 'The situation'::text, 1, 2, 50.0, false from generate_series(1, 2) i$$, 'module_completions');
select results_eq('select phase, question, question_text, answer_text, is_correct, via, channel from facts.quiz_answers
    where learner_id = make.learner(1) order by answered_at',
    $$values ('pretest', 'p1', 'A girl of 17 is alone. Is she a child?', 'Yes', true, 'sms', 'at'),
        ('quiz', 'm1q1', 'Under the CRC, a child is a person under...', '18', true, 'sms', 'at'),
        ('quiz', 'm1q2', 'Sami, 8, is...', 'unaccompanied', false, 'ussd', 'at'),
        ('posttest', 'p1', 'A girl of 17 is alone. Is she a child?', 'Yes', true, 'sms', 'at')$$, 'quiz_answers');
select results_eq('select learner_id from facts.quiz_answers order by answered_at desc limit 1', array[make.learner(1)],
    'the answer just given comes first');
select results_eq('select survey, question, answer_text from facts.survey_answers order by answered_at',
    $$values ('survey', 'y1', '5'), ('survey', 'y8', 'Thank you')$$, 'survey_answers');
select results_eq('select cohort_week, is_mature, enrolled, started, completed, percent_of_enrolled from report.completion_rate',
    $$values ('2026-03-02'::date, true, null::bigint, null::bigint, null::bigint, null::numeric)$$, 'completion_rate: two learners are not shown');
select is_empty('select from report.drop_off where reached between 1 and 4 or left_here between 1 and 4', 'drop_off: nor here');
select is_empty('select from report.active_learners where active_learners between 1 and 4 or ever_active between 1 and 4', 'active_learners: nor here');
reset role;

-- Ten more start on 2 March, five of them finish and get their certificate.
select core.ingest(make.module(i, '2026-03-02 09:00Z')) from generate_series(11, 20) i;
select core.ingest(make.ending(i, '2026-03-09 09:00Z')) from generate_series(11, 15) i;
set local role amina;
select results_eq('select enrolled, started, completed, certified, percent_of_enrolled, percent_of_started from report.completion_rate',
    $$values (12::bigint, 12::bigint, 6::bigint, 6::bigint, 50.0, 50.0)$$, 'completion_rate: 6 of 12');
select results_eq('select position, unit, reached, left_here, percent_left from report.drop_off order by position',
    $$values (1, 'p1', 12::bigint, 0::bigint, 0.0), (2, 'm1l1', 12, 0, 0.0), (3, 'm1q1', 12, 0, 0.0),
        (4, 'm1q2', 12, 6, 50.0), (5, 'y1', 6, 0, 0.0), (6, 'y8', 6, 0, 0.0)$$, 'drop_off: six left at m1q2');
select results_eq($$select period, period_start, active_learners, ever_active from report.active_learners order by period, period_start$$,
    $$values ('day', '2026-03-02'::date, null::bigint, null::bigint), ('day', '2026-03-03', null, 12), ('day', '2026-03-09', 6, 12),
        ('month', '2026-03-01', 12, 12), ('week', '2026-03-02', 12, 12), ('week', '2026-03-09', 6, 12)$$,
    'active_learners: a day that leaves two of its week is not told, nor how many there were up to it');
reset role;

-- 13 start on 9 March, 11 finish: both parts would point at two people.
select core.ingest(make.module(i, '2026-03-09 10:00Z')) from generate_series(31, 43) i;
select core.ingest(make.ending(i, '2026-03-16 09:00Z')) from generate_series(31, 41) i;
-- And a cohort that still has time.
select core.ingest(make.module(i, now() - interval '20 days')) from generate_series(51, 60) i;
set local role amina;
select results_eq($$select enrolled, started, completed, percent_of_enrolled from report.completion_rate where cohort_week = '2026-03-09'$$,
    $$values (13::bigint, 13::bigint, null::bigint, null::numeric)$$, 'completion_rate: 11 of 13 would tell on 2');
select results_eq('select enrolled, completed, percent_of_started from report.completion_rate where not is_mature',
    $$values (10::bigint, 0::bigint, null::numeric)$$, 'completion_rate: no rate before 70 days');
select results_eq($$select status, count(*) from facts.enrolments group by 1 order by 1$$,
    $$values ('certified', 17::bigint), ('dormant', 10), ('lost', 8)$$, 'enrolments: dormant after 14 days, lost after 60');
reset role;
select core.ingest(jsonb_build_array(make.step(51, 7, now(), '[{"kind":"lesson_read","unit":"m1l1"}]'),
    make.step(52, 7, now(), '[{"kind":"stopped"}]'), make.step(53, 7, now(), '[{"kind":"helped"}]')));
set local role amina;
select results_eq($$select learner_id, status from facts.enrolments where learner_id in (make.learner(51), make.learner(52), make.learner(53)) order by 1$$,
    $$values (make.learner(51), 'active'), (make.learner(52), 'stopped'), (make.learner(53), 'dormant')$$,
    'enrolments: active by a learning action, not by HELP; stopped by STOP');
reset role;

-- The functions behind it.
select results_eq('select n, core.shown(n) from generate_series(0, 6) n', $$values (0, 0::bigint), (1, null), (2, null), (3, null),
    (4, null), (5, 5), (6, 6)$$, 'shown');
select is(core.shown_part(p, w), r, format('shown_part %s of %s', p, w))
from (values (0, 4, null::bigint), (0, 5, 0), (5, 5, 5), (5, 9, null), (5, 10, 5), (4, 20, null), (16, 20, null), (0, 0, 0)) t (p, w, r);
select is(core.shown_percent(p, w), r, format('shown_percent %s of %s', p, w))
from (values (0, 0, null::numeric), (0, 4, null), (0, 5, 0.0), (5, 5, 100.0), (5, 15, 33.3), (11, 13, null)) t (p, w, r);
select * from finish();
rollback;
