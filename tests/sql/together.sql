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

-- ---- what facilitators order and enter ----
select core.create_cohort('{"code":"482156","name":"Nairobi A"}');
select results_eq('select core.n_cohorts()', 'select count(*) from core.cohorts()', 'groups are counted without their figures');
select core.set_facilitator(482156, make.number_id(221), repeat('01', 8), repeat('02', 16));
select core.ingest(jsonb_build_array(make.step(i, 1, now() - interval '20 days', '[{"kind":"contact"},{"kind":"consented","value":1}]', make.vault(i))))
from generate_series(221, 224) i;
select core.put_groups(array[make.learner(223), make.learner(224)], array[2, 2], array[1, 2], array['group_joined', 'group_joined'], array['482156', '482156']);
-- One event of a step of that learner.
create function make.led(p_i integer, p_seq integer, p_at timestamptz, p_kind text, p_choice integer default null, p_value integer default null,
    p_unit text default null, p_text text default null, p_correct boolean default null, p_attempt integer default null) returns void language sql
return core.put_led(array[decode(make.number_id(p_i), 'hex')], array[make.learner(p_i)], array[p_seq], array[p_at],
    array['children-on-the-move'], array[1], array[0], array[p_kind], array[p_unit], array[p_choice], array[p_correct], array[p_attempt],
    array[p_value], array['482156'], array[p_text]);

select make.led(222, 2, now(), 'nudged', 1);
select is(core.cohort_notes(482156), '', 'who does not lead the group orders nothing');
select make.led(221, 2, now() - interval '6 days', 'nudged', 2), make.led(221, 2, now() - interval '6 days', 'nudged', 2),
    make.led(221, 3, now(), 'nudged', 1);
select matches(core.cohort_notes(482156), '^;nudge=2:', 'one message a week');
select bag_eq('select what, code, number_id from core.group_calls()',
    $$select 'wake' as what, 482156 as code, decode(make.number_id(i), 'hex') as number_id from generate_series(223, 224) i$$, 'its members are looked at');
select make.led(221, 4, now(), 'group_paced', 2), make.led(221, 5, now(), 'group_paused', null, 14), make.led(221, 5, now(), 'group_paused', null, 14);
select results_eq('select pace, pauses from core.cohort where join_code = 482156',
    $$values ('open', array[daterange(current_date, current_date + 14)])$$, 'pace and rest, each order once');
select make.led(221, 6, now(), 'group_paused', null, 0);
select results_eq('select pauses from core.cohort where join_code = 482156', $$values ('{}'::daterange[])$$, 'and none any more');
select make.led(221, 7, now(), 'group_answered', 3, null, 'm1q1', null, true),
    make.led(221, 8, now(), 'group_entered', null, 1, 'm1', 'ANA 3 1', null, 2), make.led(221, 9, now(), 'group_entered', null, 2, 'm1', 'ANA 3 2', null, 2),
    make.led(221, 8, now() - interval '1 min', 'group_entered', null, 1, 'm1', 'ANA 3 1', null, 2),
    make.led(222, 8, now(), 'group_entered', null, 1, 'm1', 'BO 3 1', null, 2);
select ops.add_coordinator('chebet', 'demo');
set local role chebet;
select results_eq('select mode, module, question, nickname, choices, right_answers::int, questions::int from report.group_answers order by mode',
    $$values ('group', 'm1', 'm1q1', null, '3', 1, 1), ('group-entered', 'm1', null, 'ANA', '3,2', 2, 2)$$,
    'the group and its people without a phone, the last word of each');
select results_eq('select unit, answered from report.items()', $$values ('m1q1', 6::bigint), ('m1q2', 6)$$, 'in no figure of a question');
reset role;

-- ---- the places of groups ----
select is(core.cohort_in_the_way(), null, 'there is room');
insert into core.cohort (org_id, code, name, join_code, closed_at, dates)
select o.org_id, 'many-' || i, 'Many', 900000 + i, case when i < 6 then now() - interval '70 days' - i * interval '1 hour' end,
    case when i = 5 then array[current_date + 9] else '{}' end
from core.organisation o, generate_series(1, 4096 - core.n_cohorts()) i where o.is_default;
select core.ingest(jsonb_build_array(make.step(i, 1, now() - i * interval '1 day', '[{"kind":"contact"},{"kind":"consented","value":1}]', make.vault(i))))
from generate_series(1, 90) i where i in (1, 58, 65);
select core.put_groups(array[make.learner(1), make.learner(58), make.learner(65)], array[2, 2, 2], array[1, 2, 3], array_fill('group_joined'::text, array[3]),
    array['900001', '900002', '900004']);
select is(core.cohort_in_the_way(), '900004', 'who is lost keeps no place, who learns or has a date to come does');
select is(core.cohort_in_the_way(900001), null, 'one that gateways know needs none');
select core.put_away_cohort(900004);
select is(core.n_cohorts(), 4095::bigint, 'a place is free');
select is(core.cohort_in_the_way(), null, 'for one more');
select results_eq('select line is null, state, members from core.cohorts(900004)', $$values (true, 'closed', '1')$$, 'the group is there with its people, and not for gateways');
select ok(core.create_cohort('{"code":"100010","name":"One more"}') is not null, 'the new one takes it');
select is(core.cohort_in_the_way(900004), '900003', 'the old one needs another one''s place to come back');
select core.put_away_cohort(900003);
select matches(core.change_cohort(900004, '{"closed":false}'), 'state=open', 'and is known again');
select results_eq('select away_at is null from core.cohort where join_code in (900003, 900004) order by join_code', $$values (false), (true)$$, 'each of the two');
select is(core.cohort_in_the_way(), 'none', 'then no group may be put away');
select is(core.cohort_in_the_way(900003), 'none', 'nor brought back');
select core.put_away_cohort(900001);
select core.set_facilitator(900001, make.number_id(221), repeat('01', 8), repeat('02', 16));
select is((select away_at from core.cohort where join_code = 900001), null, 'who gets a facilitator comes back as well');
select * from finish();
rollback;
