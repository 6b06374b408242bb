-- Indicators that look at what came after what: reminders, retention, minutes, groups, erasures. Counted by hand.
begin;
select no_plan();
select make.publish();
update core.organisation set time_zone = 'Africa/Nairobi' where code = 'demo';
select ops.add_coordinator('amina', 'demo');

-- ---- nobody yet: what is not known is refused all the same ----
set local role amina;
select throws_ok(format('select * from report.%I(%s => ''colour'')', c.name, a.argument), '22023', a.argument || ' cannot be ''colour''',
    c.name || ' refuses an unknown ' || a.argument || ' also where there is nobody')
from report.catalogue c cross join lateral unnest(string_to_array(c.arguments, ', ')) as a (argument)
where a.argument in ('grain', 'by', 'indicator');
select is_empty(format('select * from report.%I()', c.name), c.name || ': nobody, no rows') from report.catalogue c where c.kind = 'function' and c.name <> 'month'; -- which says so in words
reset role;

-- ---- reminders: 20 were reminded, 15 learned within 72 hours; 12 were drawn not to be, 5 learned ----
select core.ingest(make.module(i, '2026-03-02 06:00Z')) from generate_series(1, 32) i;
select core.ingest(jsonb_build_array(make.step(i, 7, '2026-03-04 06:05Z', jsonb_build_array(jsonb_build_object(
    'kind', case when i <= 20 then 'reminded' else 'reminder_withheld' end, 'unit', 'm1q2', 'value', 2))))) from generate_series(1, 32) i;
-- Exactly 72 hours later still counts, a second more does not; HELP is no learning action.
select core.ingest(jsonb_build_array(make.step(i, 8, timestamptz '2026-03-07 06:05Z' + case when i in (15, 25) then interval '0' when i in (16, 26) then interval '1 s' else interval '-1 day' end,
    case when i in (17, 27) then '[{"kind":"helped"}]'::jsonb else '[{"kind":"answered","unit":"p1","phase":"posttest","choice":1,"correct":true,"attempt":1}]' end)))
from generate_series(1, 32) i where i <= 17 or i between 21 and 27;
set local role amina;
select results_eq('select quiet_days, reminded, reminded_did, not_reminded, not_reminded_did, percent_reminded, percent_not_reminded, effect, effect_low, effect_high
    from report.reminders() where outcome = ''learned''',
    $$values (2, 20::bigint, 15::bigint, 12::bigint, 5::bigint, 75.0, 41.7, 33.3, -0.9, 59.6)$$, 'R1: the effect of a reminder, with its interval');
select results_eq('select reminded_did, not_reminded_did, effect from report.reminders() where outcome = ''stopped''', $$values (0::bigint, 0::bigint, 0.0)$$, 'R1: nobody stopped');
select results_eq('select period_start, reminders, reminded, active, per_active, reminded_three_times from report.reminder_load()',
    $$values ('2026-03-02'::date, 20::bigint, 20::bigint, 32::bigint, 0.63, 0::bigint)$$, 'R2: reminders for each active person of the week');
reset role;
select core.ingest(jsonb_build_array(make.step(i, 9, '2026-03-20 06:05Z', '[{"kind":"reminded","unit":"m1q2","value":12}]'))) from generate_series(1, 20) i;
select core.ingest(jsonb_build_array(make.step(i, 10, '2026-03-21 06:05Z', '[{"kind":"answered","unit":"m1q1","phase":"recall","choice":3,"correct":true,"attempt":2}]')))
from generate_series(1, 8) i;
set local role amina;
select results_eq('select reminded_three_times, quiet_since, percent_quiet from report.reminder_load(''all'')', $$values (20::bigint, 12::bigint, 60.0)$$, 'R2: who is quiet after the third');
reset role;

-- ---- retention: 10 complete on 1 March with everything right; 30 days later 6 have it right again ----
delete from core.event; delete from core.active_day;
select core.ingest(make.module(i, '2026-02-20 06:00Z') || make.ending(i, '2026-03-01 06:00Z')) from generate_series(101, 110) i;
select core.ingest(jsonb_build_array(make.step(i, 11, '2026-03-31 06:00Z', jsonb_build_array(jsonb_build_object(
    'kind', 'answered', 'unit', 'm1q1', 'phase', 'recall', 'choice', 3, 'correct', i <= 106, 'attempt', 2))))) from generate_series(101, 110) i;
-- Too early and too late say nothing.
select core.ingest(jsonb_build_array(make.step(i, 12, '2026-03-25 06:00Z', '[{"kind":"answered","unit":"m1q2","phase":"recall","choice":1,"correct":false,"attempt":2}]'),
    make.step(i, 13, '2026-04-11 06:00Z', '[{"kind":"answered","unit":"m1q2","phase":"recall","choice":1,"correct":false,"attempt":3}]'))) from generate_series(101, 105) i;
set local role amina;
select results_eq('select n, post_percent, recall_percent, change from report.retention()', $$values (10::bigint, 100.0, 60.0, -40.0)$$, 'F3: after a month, 25 to 40 days');
select is(count(*), 20::bigint, 'recall_answers: a row for each') from report.recall_answers;

-- ---- minutes: one from each message to the next; the nine days before the post-test are none ----
select results_eq('select module, learners, median_minutes, p25_minutes, p75_minutes from report.effort() where module in (''m1'', ''test'', ''survey'')',
    $$values ('test', 10::bigint, 1.0, 1.0, 1.0), ('m1', 10, 3.0, 3.0, 3.0), ('survey', 10, 2.0, 2.0, 2.0)$$, 'D3: median minutes of a module');
reset role;
update core.event set session = 7 where learner = make.key(101) and seq in (12, 13);
set local role amina;
select cmp_ok(max(minutes), '>', 20000.0, 'D3: within one session a pause counts') from report.effort_steps;

-- ---- groups ----
select results_eq('select learned, enrolled, completed, percent_of_enrolled from report.groups()', $$values ('alone', 42::bigint, 10::bigint, 23.8)$$, 'Q1: nobody is in a group');
reset role;
insert into core.cohort (org_id, code, name) select org_id, 'spring', 'Spring' from core.organisation where code = 'demo';
select ops.move_learner(make.learner(i), 'demo', 'spring') from generate_series(101, 106) i;
select ops.move_learner(make.learner(i), 'demo', 'spring') from generate_series(1, 6) i;
set local role amina;
select results_eq('select learned, enrolled, percent_in_a_group, completed, percent_of_enrolled, n_gain, gain from report.groups()',
    $$values ('alone', 30::bigint, null::numeric, null::bigint, null::numeric, 20::bigint, 0.00), ('group', 12, 28.6, null, null, 12, 0.00)$$,
    'Q1: 4 of 10 are hidden, and with them the other 6');
select results_eq('select numbers, shared from report.shared_numbers', $$values (42::bigint, 0::bigint)$$, 'Q1: numbers');
reset role;
select core.ingest(jsonb_build_array(make.step(i + 1000, 1, '2026-03-04 09:00Z', '[{"kind":"contact"}]', jsonb_build_object('number_id', make.number_id(i))))) from generate_series(1, 7) i;
set local role amina;
select results_eq('select numbers, shared, percent_shared from report.shared_numbers', $$values (42::bigint, 7::bigint, 16.7)$$, 'Q1: numbers with several people');
reset role;

-- ---- USSD sessions: 12 break off; 5 dial again within a day, one a second later; one dials without any break ----
select core.ingest(jsonb_build_array(make.step(i, 16, '2026-03-23 09:00Z', '[{"kind":"session_dropped"}]'))) from generate_series(1, 12) i;
select core.ingest(jsonb_build_array(make.step(i, 18, timestamptz '2026-03-23 09:00Z' + case i when 3 then interval '24 hours' when 4 then interval '24 hours 1 s' else interval '1 min' end,
    jsonb_build_array(jsonb_build_object('kind', case i when 1 then 'session_opened' else 'session_resumed' end))))) from unnest(array[1, 2, 3, 4, 5, 6, 13]) i;
set local role amina;
select results_eq('select period_start, opened, dropped, resumed, percent_resumed from report.sessions()', $$values ('2026-03-01'::date, 7::bigint, 12::bigint, 5::bigint, 41.7)$$,
    'T2: sessions, those that broke off, and who came back within 24 hours');
reset role;

-- ---- erasure ----
select core.ingest(jsonb_build_array(make.step(i, 20, now() - interval '50 hours', '[{"kind":"erased"}]'))) from generate_series(21, 26) i;
select core.forget_numbers(array(select decode(make.number_id(i), 'hex') from generate_series(21, 26) i));
set local role amina;
select results_eq('select ended, median_hours, longest_hours, over_72_hours, over_30_days from report.deletions()', $$values (6::bigint, 50.0, 50.0, 0::bigint, 0::bigint)$$, 'H2: hours to the end of an erasure');
reset role;
select * from finish();
rollback;
