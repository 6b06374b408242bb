-- What a group does together, and who is behind it.
begin;
select no_plan();
select make.publish();
select ops.add_coordinator('amina', 'demo');

-- 7 people catch up on m1; 6 others take its lessons.
select core.ingest(jsonb_build_array(
    make.step(i, 1, '2026-03-02 09:00Z', '[{"kind":"contact"},{"kind":"consent_asked"},{"kind":"consented","value":1}]', make.vault(i)),
    make.step(i, 2, '2026-03-02 09:01Z', '[{"kind":"answered","unit":"m1q1","phase":"catchup","choice":3,"correct":true,"attempt":1}]'),
    make.step(i, 3, '2026-03-02 09:02Z', '[{"kind":"answered","unit":"m1q2","phase":"catchup","choice":2,"correct":true,"attempt":1},
        {"kind":"module_completed","unit":"m1","phase":"catchup","value":2,"attempt":2}]')))
from generate_series(201, 207) i;
select core.ingest(make.module(i, '2026-03-02 10:00Z')) from generate_series(211, 216) i;
set local role amina;
select results_eq('select via_catchup, count(*) from report.module_completions group by 1 order by 1',
    $$values (false, 6::bigint), (true, 7)$$, 'a module done in short is told apart');
select results_eq('select reached, completed from report.modules()', $$values (13::bigint, 6::bigint)$$, 'C1 counts those who took its lessons');
select results_eq('select module, caught_up from report.caught_up()', $$values ('m1', 7::bigint)$$, 'and apart those who caught up');
select results_eq('select unit, answered, n_right from report.items()', $$values ('m1q1', 6::bigint, 6::bigint), ('m1q2', 6, 0)$$,
    'their answers say nothing of a question');
reset role;
select results_eq('select unit, sum(reached)::int, sum(answered)::int from core.unit_cohort where unit in (''m1q1'', ''m1q2'') group by unit order by unit',
    $$values ('m1q1', 13, 6), ('m1q2', 13, 6)$$, 'in the kept counters as well');
select results_eq('select sum(n_sms + n_ussd)::int from core.active_day d join core.learner l using (learner) where l.learner_id = make.learner(201)',
    array[2], 'but they are learning');
select * from finish();
rollback;
