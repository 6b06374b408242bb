-- What hides small counts takes work as there are cells. Not timed: the calls and the rows that are gone through are counted, for some and for four
-- times as many.
begin;
select no_plan();
set local track_functions = 'all';
set local jit = off; -- as for the reports

-- Counts of so many days and values: of each value a few people on some days, none on others.
create function make.cells(p_days integer, p_values integer) returns core.cell[] language sql as $$
    select array_agg(row('demo', 'c', null, date '2026-01-01' + d, 'v' || v, true, array[n, n * 2 / 3, n / 3, n / 5], null, null)::core.cell)
    from generate_series(0, p_days - 1) d cross join generate_series(1, p_values) v cross join lateral (values ((d * 7 + v * 5) % 11 + 60 / v)) as x (n) where (d + v) % 3 > 0 and n > 0;
$$;
create function make.calls() returns table (name text, n bigint) language sql volatile as $$
    select p.proname::text, s.calls from pg_stat_xact_user_functions s join pg_proc p on p.oid = s.funcid where p.pronamespace = 'core'::regnamespace
$$;
create temp table called (days integer, n_values integer, name text, n bigint, n_before bigint, n_cells bigint) on commit drop;
create function make.hide(p_days integer, p_values integer) returns void language plpgsql as $$
declare
    v_cells core.cell[] := make.cells(p_days, p_values);
begin
    create temp table calls_before on commit drop as select * from make.calls();
    perform count(*) from core.safe(v_cells, true, null, 'day');
    insert into called select p_days, p_values, c.name, c.n - coalesce(b.n, 0), b.n, cardinality(v_cells) from make.calls() c left join calls_before b using (name);
    drop table calls_before;
end $$;
select make.hide(30, 4), make.hide(120, 4), make.hide(30, 16);
create function make.n_called(p_days integer, p_values integer, p_name text) returns bigint language sql
return (select n from called where days = p_days and n_values = p_values and name = p_name);

select cmp_ok(make.n_called(d, v, 'told_in_period'), '>', 0::bigint, 'values are tried') from (values (30, 4), (120, 4), (30, 16)) as x (d, v);
select cmp_ok(c.n, '<=', 3 * c.n_cells, format('%s days, %s values: no period is looked at more often than it has values', c.days, c.n_values)) from called c where c.name = 'told_in_period';
select cmp_ok(c.n, '<=', 5 * c.n_cells, format('%s days, %s values: nor what is left of longer ones', c.days, c.n_values)) from called c where c.name = 'is_rest_told';
select is(make.n_called(30, 16, x), make.n_called(30, 4, x), x || ': totals know nothing of values')
from unnest(array['hidden_totals', 'hidden_in_row', 'told_in_row', 'found_out']) x;
select cmp_ok(make.n_called(120, 4, 'hidden_in_row'), '<', 6 * make.n_called(30, 4, 'hidden_in_row'), 'of four times as many days four times as many');

-- The rows that a query goes through: what its steps give and what they throw away.
create function make.rows_of(p_query text) returns numeric language plpgsql as $$
declare
    v_plan jsonb;
begin
    execute 'explain (analyze, timing off, summary off, format json) ' || p_query into v_plan;
    return (select sum((n ->> 'Actual Loops')::numeric * ((n ->> 'Actual Rows')::numeric + coalesce((n ->> 'Rows Removed by Filter')::numeric, 0)
            + coalesce((n ->> 'Rows Removed by Join Filter')::numeric, 0)))
        from jsonb_path_query(v_plan, 'strict $.** ? (@."Node Type" != null)') n);
end $$;
-- The query of a function, set as who calls it has it, with these arguments.
create function make.body_of(p_function oid, p_arguments jsonb) returns text language plpgsql as $$
declare
    v_body text := (select regexp_replace(pg_get_function_sqlbody(p_function), '^BEGIN ATOMIC|END$', '', 'g'));
    v_name text := (select proname from pg_proc where oid = p_function);
    v_setting text;
    v_argument text;
begin
    foreach v_setting in array array['enable_seqscan=off', 'enable_mergejoin=off'] || (select proconfig from pg_proc where oid = p_function) loop
        perform set_config(split_part(v_setting, '=', 1), trim('"' from split_part(v_setting, '=', 2)), true) where v_setting ~ '^enable';
    end loop;
    for v_argument in select jsonb_object_keys(p_arguments) loop
        v_body := regexp_replace(v_body, '\m' || v_name || '\.(p_)?' || v_argument || '\M', p_arguments ->> v_argument, 'g');
    end loop;
    return v_body;
end $$;
create function make.gone_through(p_function regprocedure, p_grain text, p_by text) returns numeric language sql
return make.rows_of(make.body_of(p_function, jsonb_build_object('grains', format('array[%L]', p_grain), 'properties', format('array[%L]', p_by))));

-- And those of core.nodes_of, for so many days and values.
create function make.laid_out(p_days integer, p_values integer) returns numeric language sql
return make.rows_of(make.body_of('core.nodes_of'::regproc::oid, jsonb_build_object('rows', format('make.cells(%s, %s)', p_days, p_values),
    'grain', quote_literal('day'), 'is_added_up', 'true', 'width', '4', 'near', '0', 'has_values', 'true', 'has_parts', 'false')));
select cmp_ok(make.laid_out(120, 10), '<', 5 * make.laid_out(30, 10), 'tables: of four times as many days four times as many rows');
select cmp_ok(make.laid_out(120, 80), '<', 3 * make.laid_out(120, 20), 'of four times as many values those of twenty, and their sums');
-- So many groups of six people, all of whom are active on ten days and get two reminders.
do $$ begin perform make.publish(); end $$;
select core.make_month('2026-03-01'), core.make_month('2026-04-01');
insert into core.member values ('postgres', 1);
create function make.groups(p_from integer, p_to integer) returns void language sql as $$
    insert into core.cohort (org_id, code, name) select 1, 'g' || g, 'g' || g from generate_series(p_from, p_to) g;
    insert into core.learner (learner_id, org_id, first_seq, created_at, cohort_id)
    select make.learner(g * 6 + i), 1, 1, '2026-03-01', c.cohort_id from generate_series(p_from, p_to) g join core.cohort c on c.code = 'g' || g cross join generate_series(0, 5) i;
    insert into core.active_day (org_id, day, learner, n_sms, n_ussd)
    select 1, date '2026-03-01' + (g * 3 + d * 5) % 50, make.key(g * 6 + i), 1, i % 2 from generate_series(p_from, p_to) g cross join generate_series(0, 5) i cross join generate_series(0, 9) d;
    insert into core.event (learner, at, seq, kind, org_id, n, value, lang)
    select make.key(g * 6 + i), timestamptz '2026-03-01 09:00Z' + (g * 3 + d * 5) % 50 * interval '1 day', 5 + d, 'reminded', 1, 0, 2, 'en'
    from generate_series(p_from, p_to) g cross join generate_series(0, 5) i cross join generate_series(0, 1) d;
$$;
select make.groups(1, 20);
analyze core.learner; analyze core.active_day; analyze core.event; analyze core.cohort;
create temp table went on commit drop as
select f, make.gone_through(f, g, 'cohort') as n, g from unnest(array['facts.activities(text[],text[])', 'fresh.every_reminder_load(text[],text[])']::regprocedure[]) f cross join unnest(array['day', 'week']) g;
select make.groups(21, 80);
analyze core.learner; analyze core.active_day; analyze core.event; analyze core.cohort;
select cmp_ok(make.gone_through(w.f, w.g, 'cohort'), '<', 6 * w.n, format('%s by %s: of four times as many groups four times as many rows', w.f, w.g)) from went w;
select * from finish();
rollback;
