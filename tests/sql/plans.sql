-- With many learners, what programs and people ask for often goes through an index.
begin;
select no_plan();
set local work_mem = '64MB';
insert into core.organisation (org_id, code, name) overriding system value values (2, 'other', 'Other');
insert into core.learner (learner_id, org_id, first_seq, created_at)
select make.learner(i), 1 + i % 2, 1, now() - interval '100 days' from generate_series(1, 20000) i;
select core.make_month(now() - i * interval '1 month') from generate_series(0, 4) i;
do $$ begin perform make.publish(); end $$;
insert into core.event (learner, at, seq, kind, phase, course_id, org_id, n, unit, choice, correct, attempt, lang)
select l.learner, now() - (200000 - i) * interval '40 s', 1 + i / 20000, 'answered', 'quiz', v.course_id, l.org_id, 0, 'm1q1', 1, true, 1, 'en'
from core.course_version v cross join generate_series(0, 199999) i join core.learner l on l.learner_id = make.learner(1 + i % 20000);
insert into core.event (learner, at, seq, kind, org_id, n, unit, value, attempt, lang)
select e.learner, e.at, e.seq, 'module_completed', e.org_id, 1, 'm1', 1, 2, 'en' from core.event e where e.seq = 10;
insert into core.enrolment (learner, course, org_id, consent_at, started_at)
select make.key(i), 'c', 1 + i % 2, now() - interval '90 days', now() - interval '89 days' from generate_series(1, 20000) i;
insert into core.learner_unit (learner, course_id, first_seq, first_at, org_id, unit, lang)
select l.learner, u.course_id, u."position", l.created_at, l.org_id, u.unit, 'en' from core.learner l cross join core.unit u where u.module <> 'survey';
insert into core.active_day (org_id, day, learner, n_sms, n_ussd) select e.org_id, e.at::date, e.learner, 1, 0 from core.event e where e.seq = 1 and e.n = 0;
insert into core.number_state (number_id, learner, seq, at, state)
select decode(make.number_id(i), 'hex'), make.key(i), 1, now(), '\x00' from generate_series(1, 20000) i;
insert into core.member values ('postgres', 1);
analyze core.learner; analyze core.event; analyze core.enrolment; analyze core.number_state;
select ops.add_coordinator('amina', 'demo');

create function make.plan(p_sql text) returns text language plpgsql as $$
declare
    v_line text;
    v_plan text := '';
begin
    for v_line in execute 'explain ' || p_sql loop
        v_plan := v_plan || v_line || e'\n';
    end loop;
    return v_plan;
end $$;

create function make.n_read(p_table text) returns bigint language sql
return (select coalesce(idx_tup_fetch, 0) + seq_tup_read from pg_stat_xact_all_tables where schemaname = 'core' and relname = p_table);
create temp table before on commit drop as select make.n_read('number_state') as n;
select is(count(*), 500::bigint, 'a page of states') from core.states_page('\x80', 500);
select cmp_ok(make.n_read('number_state') - n, '<', 1100::bigint, 'reads little more than that') from before;
-- A coordinator's plan leads by the organisation: what belongs to others is neither read nor left out, so EXPLAIN
-- ANALYZE says the same when there is half as much of it.
analyze core.event; analyze core.active_day; analyze core.unit_cohort; analyze core.learner_unit;
-- Nor does autovacuum change a plan in the middle of it.
analyze core.free_text; analyze core.cohort; analyze core.organisation; analyze core.unit; analyze core.course_version; analyze core.member;
create function make.explained(p_sql text) returns text language plpgsql as $$
declare
    v_line text;
    v_plan text := '';
begin
    for v_line in execute 'explain (analyze, costs off, timing off, summary off) ' || p_sql loop
        v_plan := v_plan || regexp_replace(v_line, 'Memory Usage: .*|Memory: .*|Heap Blocks: .*|Buckets: .*', '') || e'\n';
    end loop;
    return v_plan;
end $$;
-- How many rows of the tables each report reads, inside its functions, too.
create function make.n_read_all(p_like text) returns bigint language sql
return (select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) from pg_stat_xact_all_tables where schemaname = 'core' and relname like p_like);
create temp table reading (place integer, name text, n_rows bigint, n_events bigint) on commit drop;
create function make.read_reports(p_place integer) returns void language plpgsql as $$
declare
    v_report record;
    v_rows bigint;
    v_events bigint;
begin
    for v_report in select c.name, case c.kind when 'function' then '()' end as call from report.catalogue c where c.kind <> 'sheet' loop
        v_rows := make.n_read_all('%');
        v_events := make.n_read_all('event%');
        set local role amina;
        set local max_parallel_workers_per_gather = 0;
        set local enable_seqscan = off;
        set local enable_mergejoin = off;
        set local enable_hashjoin = off;
        execute format('select count(*) from report.%I%s', v_report.name, v_report.call);
        reset role;
        insert into reading values (p_place, v_report.name, make.n_read_all('%') - v_rows, make.n_read_all('event%') - v_events);
    end loop;
end $$;
select make.read_reports(1);
create temp table query (q text, plan text) on commit drop;
insert into query (q)
values ('select * from report.enrolments'), ('select status, count(*) from report.enrolments group by 1'),
    ('select * from report.module_completions'), ('select * from report.quiz_answers'),
    ('select * from report.quiz_answers where answered_at > current_date - 2'),
    ('select * from report.quiz_answers order by answered_at desc limit 5'),
    ('select question, count(*), count(*) filter (where is_correct) from report.quiz_answers group by 1'),
    ('select * from report.survey_answers'), ('select * from report.completion_rate'), ('select * from report.drop_off'),
    ('select * from report.active_learners');
grant select, update on query to amina;
set local role amina;
-- The settings of her login.
set local max_parallel_workers_per_gather = 0;
set local enable_seqscan = off;
set local enable_mergejoin = off;
set local enable_hashjoin = off;
update query set plan = make.explained(q);
reset role;
delete from core.event where org_id = 2 and learner % 3 = 0;
delete from core.enrolment where org_id = 2 and learner % 3 = 0;
delete from core.learner where org_id = 2 and learner % 3 = 0;
set local role amina;
set local max_parallel_workers_per_gather = 0;
set local enable_seqscan = off;
set local enable_mergejoin = off;
set local enable_hashjoin = off;
select is(make.explained(q), plan, q) from query;
reset role;

select make.read_reports(2);
select set_eq('select name, n_rows, n_events from reading where place = 1', 'select name, n_rows, n_events from reading where place = 2', 'nothing that is others''');
select is_empty('select name, n_rows from reading where n_rows > 600000', 'each row of theirs a few times');
select set_eq('select distinct name from reading where n_events > 20000', array['quiz_answers', 'effort', 'effort_steps', 'session_lengths'],
    'and events only where these are asked for');
select is_empty($$select p.proname from pg_proc p where p.pronamespace = 'report'::regnamespace and p.prosecdef and p.proretset
    and not coalesce('enable_hashjoin=on' = any (p.proconfig), false)$$, 'what was counted is joined by hashing');

-- Who reads one group of a hundred is shown what it costs to read that group: the others' events, units and days are not read, though the planner,
-- which cannot know who asks, thinks of everybody.
insert into core.cohort (org_id, code, name) select 1, 'g' || g, 'g' || g from generate_series(1, 100) g;
alter table core.learner disable trigger user;
update core.learner l set cohort_id = c.cohort_id from core.cohort c where l.org_id = 1 and c.org_id = 1 and c.code = 'g' || 1 + l.learner / 2 % 100; -- every other one is of org 1
alter table core.learner enable trigger user;
analyze core.learner;
select ops.add_person('juma', 'facilitator', 'demo', 'g7');
create function make.n_read_of_people() returns bigint language sql
return (select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) from pg_stat_xact_all_tables where schemaname = 'core' and relname ~ '^(event_[0-9]+|learner_unit|active_day)$');
create temp table group_reading (name text, n_rows bigint) on commit drop;
create function make.read_group() returns void language plpgsql as $$
declare
    v_name text;
    v_rows bigint;
begin
    for v_name in select c.name from report.catalogue c join pg_proc p on p.pronamespace = 'report'::regnamespace and p.proname = c.name
        where c.kind = 'function' and has_function_privilege('facilitator', p.oid, 'execute')
    loop
        v_rows := make.n_read_of_people();
        set local role juma;
        execute format('select count(*) from report.%I()', v_name);
        reset role;
        insert into group_reading values (v_name, make.n_read_of_people() - v_rows);
    end loop;
end $$;
select make.read_group();
select cmp_ok(count(*), '>', 8::bigint, 'a facilitator has reports') from group_reading;
select is_empty('select name, n_rows from group_reading where n_rows > 5000', 'and they read the hundredth part that is of the group');

-- So is a coordinator who asks for the rows of one group, of every view that has groups, and an analyst.
select ops.add_person('anna', 'analyst', 'demo');
create temp table row_reading (name text, n_rows bigint, n_shown bigint) on commit drop;
create function make.read_rows(p_login text, p_schema text) returns void language plpgsql as $$
declare
    v_name text;
    v_rows bigint;
    v_shown bigint;
begin
    for v_name in select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'cohort'
        where c.relnamespace = p_schema::regnamespace and c.relkind = 'v' and exists (select from pg_attribute l where l.attrelid = c.oid and l.attname = 'learner_id')
    loop
        execute format('set local role %I', p_login);
        if p_schema = 'report_rows' then
            perform report_rows.open('a test', v_name);
        end if;
        reset role;
        v_rows := make.n_read_all('%');
        execute format('set local role %I', p_login);
        execute format('select count(*) from %I.%I where cohort = ''g7'' and organisation = ''demo''', p_schema, v_name) into v_shown;
        reset role;
        insert into row_reading values (p_schema || '.' || v_name, make.n_read_all('%') - v_rows, v_shown);
    end loop;
end $$;
select make.read_rows('amina', 'report'), make.read_rows('anna', 'report_rows')
where 'cohort' <> ''; -- by the words of the query that comes from outside a way is chosen (facts.names_group)
select cmp_ok(count(*), '>=', 20::bigint, 'views of rows have groups') from row_reading;
select is_empty('select name, n_rows from row_reading where n_rows > 5000',
    'and one group is read for what it costs');
select is(r.n_shown, 100::bigint, 'all rows of it are there') from row_reading r where r.name = 'report.enrolments';

-- Who asks for the newest rows, or for those since a day, reads the days that these are of: some 1,100 answers a day are of org 1, and 100,000 in all.
create temp table day_reading (q text, n_rows bigint) on commit drop;
insert into day_reading (q) values ('select * from report.quiz_answers order by answered_at desc limit 5'), ('select * from report.quiz_answers limit 5'),
    ('select answered_at, cohort from report.quiz_answers where answered_at > current_date - 2'), ('select * from report.quiz_answers where local_date = current_date - 30'),
    ('select * from report.module_completions order by completed_at desc, module limit 5'), ('select * from report.quiz_answers order by local_date desc limit 5'), ('select * from report.active_days order by day desc limit 5');
grant select on day_reading to amina;
create function make.read_days() returns void language plpgsql as $$
declare
    v_query text;
    v_rows bigint;
begin
    for v_query in select d.q from day_reading d loop
        v_rows := make.n_read_all('%');
        set local role amina;
        execute format('select count(*) from (%s) x', v_query);
        reset role;
        update day_reading set n_rows = make.n_read_all('%') - v_rows where q = v_query;
    end loop;
end $$;
select make.read_days();
select is_empty('select q, n_rows from day_reading where n_rows is null or n_rows > 20000', 'days are read for what they cost');

-- What people read is shut: no plan of theirs has a table of ours, whatever they set.
select is_empty($$select distinct c.oid::regclass::text from pg_class c join pg_rewrite r on r.ev_class = c.oid join pg_depend d on d.objid = r.oid and d.refclassid = 'pg_class'::regclass
    join pg_class t on t.oid = d.refobjid where c.relnamespace::regnamespace::text in ('report', 'report_rows', 'public_report') and t.relnamespace::regnamespace::text in ('core', 'facts')$$,
    'no view of people reads a table by itself');
select is_empty($$select p.oid::regprocedure from pg_proc p where p.proretset and p.prosecdef and (p.pronamespace = 'report'::regnamespace or p.pronamespace = 'facts'::regnamespace and p.proname ~ '^(public_)?report_')
    and not coalesce(array['enable_seqscan=off', 'enable_indexscan=on', 'enable_bitmapscan=on', 'enable_mergejoin=off', 'debug_print_plan=off'] <@ p.proconfig, false)$$,
    'and how a report finds its rows is for it alone');

-- What is called for each row is put into the query.
select doesnt_match(make.plan(format('verbose select core.%s from core.active_day a', f)), 'core\.(period_of|days_of|row_day)\(', f || ' is no call')
from unnest(array['period_of(''week'', a.day)', 'days_of(''month'', a.day)', 'row_day(''month'', a.day)', 'period_of(case when a.n_sms > 0 then ''week'' end, a.day)']) f;

-- core.ingest must not fall back to sequential scans, also when its plans were made on empty tables.
create function make.n_scanned(p_table text) returns bigint language sql
return (select seq_tup_read from pg_stat_xact_all_tables where schemaname = 'core' and relname = p_table);
create temp table scanned on commit drop as select t, make.n_scanned(t) as n from unnest(array['learner', 'event', 'enrolment', 'number_state']) t;
select core.ingest(make.module(7, now()));
select core.ingest(make.module(30001, now()));
select core.ingest(make.module(30001, now()));
select is(make.n_scanned(t), n, 'core.ingest reads ' || t || ' by index') from scanned;
select * from finish();
rollback;
