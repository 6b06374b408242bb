-- What leaves the database: queries that reports are read by, and what stays behind.
begin;
select no_plan();
select make.publish();
select ops.add_coordinator('amina', 'demo');
select core.ingest(make.module(i, '2026-03-02 21:30Z'::timestamptz + i * interval '1 min')) from generate_series(1, 30) i;
select core.ingest(make.ending(i, '2026-03-20 09:00Z')) from generate_series(1, 12) i;
update core.learner set role_choice = 4 where learner_id = make.learner(3);
create function make.run(p_name text) returns text language plpgsql as $$
declare
    v_row jsonb;
begin
    for v_row in execute 'select to_jsonb(x) from (' || report.query(p_name) || ') x' loop
        if v_row::text ~ '[0-9]T[0-9]{2}:' or v_row::text ~ '00000000-0000-4000' then
            return v_row::text;
        end if;
    end loop;
    return 'good';
end $$;
create function make.wide() returns setof jsonb language plpgsql as $$
begin
    return query execute 'select to_jsonb(x) from (' || report.query('wide') || ') x';
end $$;
set local role amina;

select isnt_empty('select from report.catalogue where name = ''funnel'' and arguments = ''grain, by, mature_only, as_of''', 'a report says what may be asked');
select is_empty('select name from report.catalogue where about = ''''', 'and what it is about');
select is(report.query('funnel', '{"grain":"month","by":"language"}'),
    'select * from report.funnel(by => ''language''::text, grain => ''month''::text) r', 'a query with arguments');
select is(report.query('funnel', '{"grain":"month","from":"2026-02-01","to":"2026-03-31","course":"children-on-the-move"}'),
    'select * from report.funnel(grain => ''month''::text) r where r.course = ''children-on-the-move'' and r.period_start >= ''2026-02-01''::date and r.period_start <= ''2026-03-31''::date',
    'days and the course choose rows after everything was counted');
select throws_ok('select report.query(''funnnel'')', '22023', 'report cannot be ''funnnel''', 'an unknown report is refused');
select throws_ok('select report.query(''funnel'', ''{"grian":"week"}'')', '22023', 'option of funnel cannot be ''grian''', 'and an unknown option');
select throws_ok('select report.query(''standing'', ''{"from":"2026-01-01"}'')', '22023', null, 'and days where there are none');
select throws_ok(format('select report.query(%L, %L)', v.report, v.said), '22023', v.key || ' cannot be ' || quote_literal(v.said::jsonb ->> v.key),
    v.said || ' can be counted by no report') from (values ('rolling', 'days', '{"days":"0"}'), ('rolling', 'days', '{"days":"NaN"}'), ('rolling', 'days', '{"days":"99999999999"}'),
    ('rolling', 'as_of', '{"as_of":"infinity"}'), ('funnel', 'as_of', '{"as_of":"5874897-12-31"}'), ('funnel', 'from', '{"from":"2026-02-30"}'), ('funnel', 'to', '{"to":"tomorrow"}'),
    ('month', 'month', '{"month":"4713-01-01 BC"}'), ('funnel', 'mature_only', '{"mature_only":"perhaps"}')) as v (report, key, said);
select throws_ok('select report.query(''wide'', ''{"course":"cooking"}'')', '22023', 'course cannot be ''cooking''', 'and an unknown course');
select throws_ok('select report.query(''funnel'', ''{"course":"none"}'')', '22023', 'course cannot be ''none''', 'of any report');
select throws_ok('select report.query(''funnel'', ''{"course":"x''''y"}'')', '22023', 'course cannot be ''x''''y''', 'whatever it is made of');
select throws_ok('select report.query(''funnel'', ''{"organisation":"others"}'')', '22023', 'organisation cannot be ''others''', 'and one of others');
select lives_ok('select report.query(''funnel'', ''{"organisation":"demo"}'')', 'the own one is known');

-- Each of them runs.
select is(make.run(name), 'good', name || ' runs, without a time and without a pseudonym of ours') from report.catalogue;

select is(count(*), 30::bigint, 'wide: a row for each learner') from make.wide();
select is(count(distinct w ->> '_id'), 30::bigint, 'each with a pseudonym') from make.wide() w;
select results_eq('select w ->> ''pretest/p1'', w ->> ''m1/m1q1'', w ->> ''m1/m1q2'', w ->> ''posttest/p1'', w ->> ''survey/y1'', count(*) from make.wide() w group by 1, 2, 3, 4, 5 order by 6',
    $$values ('1', '3', '1', '1', '5', 12::bigint), ('1', '3', '1', null, null, 18)$$, 'a column for each question, with what was chosen first');
select is_empty('select w from make.wide() w where w ->> ''role'' = ''4''', 'a role that few have is not said');
select is(count(*), 29::bigint, 'a frequent one is') from make.wide() w where w ->> 'role' = '2';
select ok(report.query('wide') <> report.query('wide'), 'two exports do not know each other''s pseudonyms');
select is_empty('select w from make.wide() w where w::text ~ ''Thank you''', 'nothing that somebody wrote');

-- ---- the month in words ----
select is_empty('select place, label from report.month(''2026-03-15'') where kind = ''figure'' and value is null', 'each figure of the month says something');
select throws_ok(format('select from report.month(%L)', v), '22023', format('month cannot be %L', v), 'no month is in ' || v) from unnest(array['infinity', '-infinity', '5874897-12-31', '4713-01-01 BC']) v;
select results_eq('select value from report.month(''2026-03-15'') where place = 110', array['30'], 'enrolled in that month');
select results_eq('select value from report.month(''2026-02-15'') where place = 110', array['-'], 'nobody in the month before');
select is_empty($$select w.name from report.words w group by w.name having count(*) <> 7 or count(distinct w.text) < 3$$, 'each word is there in seven languages');
reset role;
select * from finish();
rollback;
