-- What hides small counts takes work as there are cells. Not timed: the calls and the rows that are gone through are counted, for some and for four
-- times as many.
begin;
select no_plan();
set local track_functions = 'all';

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

select * from finish();
rollback;
