-- A log that is read again: what is here is seen at once for the whole batch, not step by step.
begin;
select no_plan();
do $$ begin perform make.publish(); end $$;
set local track_functions = 'pl';
create temp table batch as
    select jsonb_agg(s) as steps from generate_series(1, 30) k cross join jsonb_array_elements(make.module(k, '2026-10-05 09:00Z')) s;
create function pg_temp.asked() returns bigint language sql as
    $$select coalesce(sum(calls), 0)::bigint from pg_stat_xact_user_functions where schemaname = 'core' and funcname = 'shift_of'$$;
create function pg_temp.all_events() returns text language sql as
    $$select md5(string_agg(e::text, ' ' order by e.learner, e.seq, e.n)) || ' ' || count(*) from core.event e$$;
do $$ begin perform core.ingest(steps) from batch; end $$;
create temp table had as select pg_temp.all_events() as events;

do $$ begin perform core.ingest(steps) from batch; end $$;
select is(pg_temp.all_events(), (select events from had), 'steps that come again change nothing');
select is(pg_temp.asked(), 0::bigint, 'and none is asked for by itself');

do $$ begin perform core.ingest(steps || steps) from batch; end $$;
select is(pg_temp.all_events(), (select events from had), 'nor do steps that come twice in a batch');
select is(pg_temp.asked(), 0::bigint, 'and none of them is asked for by itself');

-- One of them with another content, twice: it is kept beside the first, once.
create temp table other as
    select jsonb_agg(case when i = 7 then jsonb_set(s, '{at}', to_jsonb('2026-10-05 11:11:11Z'::timestamptz)) else s end order by i) as steps
    from batch cross join jsonb_array_elements(steps) with ordinality as t (s, i);
do $$ begin perform core.ingest(steps || steps) from other; end $$;
select is(pg_temp.asked(), 2::bigint, 'only those with other content are');
select is((select count(*)::integer from core.conflict), 1, 'they are kept once, as a conflict');
create temp table kept as select pg_temp.all_events() as events;
do $$ begin perform core.ingest(b.steps || o.steps) from batch b, other o; end $$;
select is(pg_temp.all_events(), (select events from kept), 'and both contents are known when they come again');
select * from finish();
rollback;
