-- For other systems: xAPI statements and DHIS2 data values.
begin;
select no_plan();
select make.publish();
select ops.add_coordinator('amina', 'demo');
select core.ingest(make.module(i, '2026-03-02 21:30Z') || make.ending(i, '2026-03-20 09:00Z')) from generate_series(1, 12) i;
create function make.agree(p_from integer, p_to integer, p_seq integer, p_is_given boolean) returns void language sql as $$
    insert into core.consent (learner, seq, n, purpose, is_given, at)
    select make.key(i), p_seq, 0, 'share_org', p_is_given, now() from generate_series(p_from, p_to) i
$$;
set local role amina;
select is_empty('select from report.statements()', 'nobody has agreed: nothing');
reset role;
select make.agree(1, 9, 20, true);
set local role amina;
select is_empty('select from report.statements()', 'fewer than ten have: nothing');
reset role;
select make.agree(10, 11, 20, true);
set local role amina;
select is(count(distinct s.statement::jsonb #>> '{actor,account,name}'), 11::bigint, 'eleven have: theirs, and nobody else''s') from report.statements() s;
select is(count(distinct s.statement::jsonb ->> 'id'), count(*), 'each statement has an id of its own') from report.statements() s;
select is_empty($$select s.statement::text from report.statements() s where s.statement::text ~ '00000000-0000-4000|Thank you|T(?!00:00:00Z)\d\d:'$$, 'no pseudonym of ours, no words, no time finer than the day');
select results_eq($$select s.statement::jsonb #>> '{verb,display,en}', count(*) from report.statements() s group by 1 order by 1$$,
    $$values ('answered', 44::bigint), ('completed', 22), ('initialized', 11), ('passed', 11), ('registered', 11)$$, 'what they did, in the verbs of xAPI');
select results_eq($$select (s.statement::jsonb #>> '{result,score,scaled}')::numeric from report.statements() s where s.statement::jsonb #>> '{verb,display,en}' = 'passed' limit 1$$,
    array[0.86], 'with a score from 0 to 1');
select is_empty($$select s.statement::text from report.statements(lrs => 'one') s where s.statement::jsonb #>> '{actor,account,name}' = any (array(
    select t.statement::jsonb #>> '{actor,account,name}' from report.statements(lrs => 'two') t))$$, 'two systems do not know the same people by one name');
select results_eq('select statement::text from report.statements()', 'select statement::text from report.statements()', 'asked again it says the same');
reset role;
select make.agree(1, 2, 21, false);
set local role amina;
select is_empty('select from report.statements()', 'who takes it back is out: nine are too few again');
select results_eq('select "dataElement", period, "orgUnit", value from report.data_values()',
    $$values ('WAYPOST_ACTIVE', '202603', 'demo', '12'), ('WAYPOST_CERTIFIED', '202603', 'demo', '12'), ('WAYPOST_COMPLETED', '202603', 'demo', '12'),
        ('WAYPOST_ENROLLED', '202603', 'demo', '12'), ('WAYPOST_STARTED', '202603', 'demo', '12')$$, 'DHIS2: a value for each element, period and unit');
select results_eq('select distinct period from report.data_values(''quarter'')', array['2026Q1'], 'quarters as DHIS2 writes them');
select throws_ok('select * from report.data_values(''all'')', '22023', 'grain cannot be ''all''', 'all time is no period there');
reset role;
select * from finish();
rollback;
