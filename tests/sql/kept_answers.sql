-- Answers that are kept say what counting says, of one moment, to whom they may, and without reading what was counted.
begin;
select no_plan();
select make.publish();
select core.ingest(make.module(i, '2026-03-02 09:00Z'::timestamptz + i * interval '5 hours')) from generate_series(1, 40) i;
select core.ingest(make.ending(i, '2026-03-20 09:00Z'::timestamptz + i * interval '1 hour')) from generate_series(1, 25) i;
create function make.remind(p_i integer) returns void language sql
return core.ingest(jsonb_build_array(make.step(p_i, 30, '2026-03-12 06:05Z', '[{"kind":"reminded","unit":"m1q2","value":2}]')));
select make.remind(i) from generate_series(1, 10) i;
update core.learner set lang = 'fr' where learner % 3 = 0;
insert into core.organisation (code, name) values ('north', 'North');
select ops.add_coordinator('amina', 'demo'), ops.add_coordinator('clara', 'demo'), ops.add_coordinator('clara', 'north');
select ops.add_person('olaf', 'organisation', 'demo');

create temp table asked on commit drop as
select c.name, concat_ws(', ', case when g.grain <> '' then format('grain => %L', g.grain) end, case when b.by <> '' then format('by => %L', b.by) end) as given, null::jsonb as fresh
from report.catalogue c
    cross join (values (''), ('language'), ('cohort'), ('country'), ('role'), ('channel'), ('via')) as b (by)
    cross join (values (''), ('week'), ('month'), ('quarter')) as g (grain)
where c.kind = 'function' and c.name not in ('delivery', 'failures', 'cost', 'statements', 'month')
    and (b.by = '' or c.arguments ~ '\mby\M' and (b.by = 'language' or c.name <> 'unmatched'))
    and (g.grain = '' or c.arguments ~ '\mgrain\M' and b.by in ('', 'role'));
create function make.answer(p_name text, p_given text) returns jsonb language plpgsql as $$
declare
    v_answer jsonb;
begin
    execute format('select coalesce(jsonb_agg(to_jsonb(r)), ''[]'') from report.%I(%s) r', p_name, p_given) into v_answer;
    return v_answer;
end $$;
grant select, update on asked to amina;
set local role amina;
update asked set fresh = make.answer(name, given);
reset role;
select cmp_ok(count(*) filter (where fresh <> '[]'), '>', 30::bigint, 'reports say something') from asked;

select is(core.keep_answers(), null, 'who is small is counted when somebody asks');
savepoint small;
update core.unit_cohort set reached = reached * 1000 where reached > 0;
select is(core.keep_answers(1000), 'demo', 'who is few and has done much, in the background');
rollback to small;
select is(core.keep_answers(1000), null, 'who has done little is not');
-- How many rows are read of people and what they did; seq_tup_read and idx_tup_fetch of a table count both kinds of scan.
create function make.n_read_of(p_like text) returns bigint language sql
return (select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) from pg_stat_xact_all_tables where schemaname = 'core' and relname ~ p_like);
create temp table reading on commit drop as
select t.name, t.n, t.most, make.n_read_of(t.name) as n_read from (select '^event_[0-9]+$' as name, count(*) as n, 120::bigint as most from core.event
    union all select '^learner_unit$', count(*), 30 from core.learner_unit union all select '^active_day$', count(*), 24 from core.active_day) t;
select is(core.keep_answers(1), 'demo', 'who is large, in the background');
select cmp_ok((make.n_read_of(r.name) - r.n_read) / r.n, '<', r.most, format('%s: a row is read a few times for all answers', r.name)) from reading r;
select is(core.keep_answers(1), null, 'not again within the hour');
select results_eq('select count(*) from core.member m where m.login = core.reader()', array[0::bigint], 'who counts is no member any more');
select cmp_ok(count(*), '>', 250::bigint, 'every grain and property') from core.kept_answer;
create function make.n_read_all() returns bigint language sql
return (select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) from pg_stat_xact_all_tables where schemaname = 'core'
    and relname ~ '^(learner|event|enrolment|learner_unit|active_day|message|consent|unknown_input|number_state|unit_cohort)');
create temp table before on commit drop as select make.n_read_all() as n;
set local role amina;
select is(make.answer(name, given), fresh, format('%s(%s): the same', name, given)) from asked;
reset role;
select is(make.n_read_all() - n, 0::bigint, 'and no row of learners, events and counters is read for all of them, however many there are') from before;

-- Ten more come. The kept answers are of the moment before, also one beside the other.
select core.ingest(make.module(i, '2026-03-09 10:00Z')), make.remind(i) from generate_series(51, 60) i;
set local role amina;
select results_eq('select enrolled from report.funnel()', array[40::bigint], 'as they were counted');
select results_eq('select sum(enrolled)::int from report.funnel(by => ''language'')', array[40], 'by language, too');
select is(counted_hours_ago, 0, 'which is said') from report.organisations;
select results_eq('select value from report.month(lang => ''de'') where place = 899', array['Stunden, seit diese Zahlen gezählt wurden: 0'], 'on the page of the month, too');
select results_eq('select enrolled from report.funnel(by => ''organisation'')', array[40::bigint], 'each row is of one organisation: by it is in all');
select throws_ok('select from report.funnel(''year'')', '22023', 'grain cannot be ''year''', 'an unknown grain is refused as before');
reset role;
grant analyst to amina;
set local role amina;
select results_eq('select enrolled from report.funnel(as_of => now() - interval ''1 hour'')', array[50::bigint], 'how it stood at a time is counted anew');
reset role;
set local role olaf;
select results_eq('select enrolled from report.funnel()', array[50::bigint], 'who may see less is not shown what was counted for others');
select is(counted_hours_ago, null, 'nor told that it was') from report.organisations;
select is_empty('select from report.month() where place = 899', 'on no page');
reset role;

-- Somebody of two organisations: kept of the one, counted of the other, each once.
select ops.move_learner(make.learner(i), 'north', null) from generate_series(51, 60) i;
set local role clara;
select results_eq('select organisation, enrolled from report.funnel() order by 1', $$values ('demo', 40::bigint), ('north', 10)$$, 'two organisations');
select results_eq('select organisation, reminders from report.reminder_load(''all'') order by 1', $$values ('demo', 10::bigint), ('north', 10)$$, 'and a report that asks another one');
reset role;
update core.kept set counted_at = now() - interval '2 hours', took = interval '10 minutes';
select is(core.keep_answers(20), null, 'what takes ten minutes is not begun again after two hours');
update core.kept set counted_at = now() - interval '4 hours' where org_id = (select org_id from core.organisation where code = 'demo');
select is(core.keep_answers(20), 'demo', 'but after four');
set local role waypost_writer;
select lives_ok('select core.keep_answers()', 'the gateway may ask for it');
select throws_ok('select from core.kept_answer', '42501', null, 'and reads nothing');
reset role;
select * from finish();
rollback;
