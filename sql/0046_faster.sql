-- What hides small counts, in a fraction of the time where there are hundreds of groups. By a period at most twenty values are told by
-- name, the same in tables of all periods, so the others are put into none; rows of all values are added up once; what a node lies in is
-- found by whole numbers, sorted once; and each table sees no pairs but its own. What is shown is the same, count for count.
-- tests/sql/shield.sql counts the rows that core.nodes_of goes through. Replaces core.safe of 0036, and what is near in facts.activity of 0037.

set local role waypost_owner;

-- The tables that core.safe looks at: of p_rows, and of their sums over the periods of coarser grains, over values, over parts. A row of
-- one of them is a node, numbered from the coarsest table on; p_width: how many counts there are.
create function core.nodes_of(p_rows core.cell[], p_grain text, p_is_added_up boolean, p_width integer, p_near integer, p_has_values boolean, p_has_parts boolean)
returns table (
    level integer[],        -- of each node: how fine its table is
    n bigint[],             -- its counts
    near bigint[],
    parent integer[],       -- of each pair: a node, and one that it is a sum of, in the order of these
    child integer[],
    is_crossed boolean[],   -- whether the child is a part of the parent
    kin text[],             -- whether the parent is the total of the child (total), or the one around it of the same value (whole, the shortest, or around)
    total integer[],        -- of each node these
    whole integer[],
    crossed integer[],      -- and, of a table with parts, the sum of the parts
    group_no integer[],     -- organisation, course and item; a period of these; a value of these
    place integer[],
    value integer[],
    torn boolean[],         -- of each total: whether 1 to 4 of it, of a week across two months, lie in one of them
    finest core.cell[],     -- the nodes of the finest table, their numbers as n_hidden
    is_left_out boolean,    -- whether there are values that no period can tell
    week integer[],         -- of each week across two months and each of these: the nodes, the column, and how many are in both
    month integer[],
    both_column integer[],
    both_n bigint[])
language sql immutable rows 1
set enable_hashjoin = on set enable_seqscan = on set enable_nestloop = off set enable_sort = off set jit = off -- few rows are thought to be in an array
begin atomic
    with names as materialized (
        select k.organisation, k.course, k.item, dense_rank() over (order by k.organisation, k.course, k.item)::integer as g
        from (select distinct r.organisation, r.course, r.item from unnest(p_rows) r) k),
    value_names as materialized (select k.value, row_number() over (order by k.value)::integer as v from (select distinct r.value from unnest(p_rows) r) k),
    part_names as materialized (select k.part, row_number() over (order by k.part)::integer as x from (select distinct r.part from unnest(p_rows) r) k),
    given as materialized (
        select r.period, r.is_mature, r.cells, k.g, v.v, x.x
        from unnest(p_rows) r
            join names k on coalesce(k.organisation, '') = coalesce(r.organisation, '') and coalesce(k.course, '') = coalesce(r.course, '') and coalesce(k.item, '') = coalesce(r.item, '')
                and k.organisation is not distinct from r.organisation and k.course is not distinct from r.course and k.item is not distinct from r.item
            join value_names v on coalesce(v.value, '') = coalesce(r.value, '') and v.value is not distinct from r.value
            join part_names x on coalesce(x.part, '') = coalesce(r.part, '') and x.part is not distinct from r.part),
    -- Values in the order in which core.told_by_property takes them, of parts and of their sums: it looks at twenty.
    sizes as materialized (
        select s.g, s.v, row_number() over (partition by s.g, s.has_part order by max(s.near) desc, sum(s.n) desc, s.v) as place, count(*) over (partition by s.g, s.has_part) as n_values
        from (select g.g, g.v, x.has_part, sum(g.cells[1]) as n, sum(g.cells[p_width + 1]) filter (where not p_is_added_up and p_near > 0) as near
            from given g cross join (select distinct unnest(array[p_has_parts, false]) as has_part) x
            where p_grain <> 'all' and p_has_values and not (p_is_added_up and p_has_parts)
            group by g.g, g.v, x.has_part, case when not p_is_added_up then g.period end, case when x.has_part then g.x end) s
        where s.n > 0
        group by s.g, s.v, s.has_part),
    others as materialized (
        select distinct g.g, g.v from given g where g.g in (select s.g from sizes s where s.n_values > 20)
        except select s.g, s.v from sizes s where s.place <= 20),
    -- Without them, a part of a period that nobody else has would be missed: then they stay.
    left_out as materialized (
        select * from others
        where not p_has_parts or not exists (select from (select g.g, g.period, g.x, bool_and(o.v is not null) as is_theirs from given g left join others o on o.g = g.g and o.v = g.v group by 1, 2, 3) p
            group by p.g, p.period having bool_or(p.is_theirs) and not bool_and(p.is_theirs))),
    rows as materialized (
        select true as has_value, g.g, g.v, g.x, g.period, g.is_mature, g.cells, l.v is not null as is_left_out from given g left join left_out l on l.g = g.g and l.v = g.v
        union all
        select false, k.g, 0, k.x, k.period, bool_and(k.is_mature), array_agg(k.n order by k.c), false
        from (select g.g, g.x, g.period, u.c, bool_and(g.is_mature) as is_mature, case when u.c > p_width + p_near then max(u.n) else sum(u.n)::bigint end as n
            from given g cross join lateral unnest(g.cells) with ordinality as u (n, c)
            where p_has_values
            group by 1, 2, 3, 4) k
        group by k.g, k.x, k.period),
    tables as (
        select g.grain, v.has_value, x.has_part, g.place::integer as place, g.grain <> 'all' as is_of_twenty,
            (case when v.has_value and p_has_values then 50 else 0 end + g.place * 4 + v.has_value::integer * 2 + x.has_part::integer)::integer as level
        from unnest(case when p_is_added_up then core.grains_of(p_grain) else array[p_grain] end) with ordinality as g (grain, place)
            cross join (select distinct unnest(array[true, not p_has_values]) as has_value) v
            cross join (select distinct unnest(array[p_has_parts, false]) as has_part) x),
    counts as (
        select t.level, r.g, case when p_is_added_up then core.period_of(t.grain, r.period) else r.period end as period, r.v, case when t.has_part then r.x else 0 end as x,
            u.c, bool_and(r.is_mature) as is_mature, case when u.c > p_width + p_near then max(u.n) else sum(u.n)::bigint end as n
        from rows r join tables t on t.has_value = r.has_value and not (t.is_of_twenty and r.is_left_out) cross join lateral unnest(r.cells) with ordinality as u (n, c)
        group by 1, 2, 3, 4, 5, 6),
    nodes as materialized (
        select t.*, k.g, k.period, k.v, k.x, k.is_mature, k.cells, row_number() over (order by k.level, k.g, k.period, k.v, k.x)::integer as node
        from (select c.level, c.g, c.period, c.v, c.x, bool_and(c.is_mature) as is_mature, array_agg(c.n order by c.c) as cells from counts c group by 1, 2, 3, 4, 5) k
            join tables t on t.level = k.level),
    around as materialized (
        select b.node, t.level, b.level as child, case when b.has_part <> t.has_part then null when t.place = b.place and t.has_value < b.has_value then 'total'
                when t.has_value = b.has_value and t.place = b.place - 1 then 'whole' when t.has_value = b.has_value then 'around' end as kin,
            b.has_part <> t.has_part as is_crossed, b.g, coalesce(case when p_is_added_up then core.period_of(t.grain, b.period) else b.period end, 'infinity') as period,
            case when t.has_value then b.v else 0 end as v, case when t.has_part then b.x else 0 end as x
        from nodes b
            join (select b.level as child, t.* from tables b join tables t on t.level < b.level and t.place <= b.place and t.has_value <= b.has_value and t.has_part <= b.has_part) t
                on t.child = b.level
        where not p_is_added_up or b.grain = 'all' or core.period_of(t.grain, b.period)
            is not distinct from core.period_of(t.grain, b.period + core.days_of(b.grain, b.period) - 1)),
    pairs as materialized (
        select a.node as parent, b.node as child, b.is_crossed, b.kin, b.is_crossed and b.level = b.child - 1 as is_next
        from around b join nodes a on a.level = b.level and a.g = b.g and coalesce(a.period, 'infinity') = b.period and a.v = b.v and a.x = b.x
        order by 2, 1),
    kin as (
        select n.node, max(p.parent) filter (where p.kin = 'total') as total, max(p.parent) filter (where p.kin = 'whole') as whole, max(p.parent) filter (where p.is_next) as crossed
        from nodes n left join pairs p on p.child = n.node group by 1),
    across as materialized (
        select w.node as week, m.node as month, u.c, sum(u.n)::bigint as n
        from (select r.*, date_trunc('week', r.period::timestamp)::date as week, date_trunc('month', r.period::timestamp)::date as month from rows r
                where p_is_added_up and r.has_value is distinct from p_has_values) r
            cross join lateral unnest(r.cells[1:p_width]) with ordinality as u (n, c)
            join nodes w on w.grain = 'week' and w.level < 50 and w.g = r.g and w.period = r.week and w.v = r.v and w.x in (r.x, 0)
            join nodes m on m.grain = 'month' and m.level < w.level and m.has_part = w.has_part and m.g = r.g and m.period = r.month and m.v = r.v and m.x = w.x
        where date_trunc('month', r.week::timestamp) <> date_trunc('month', r.week + interval '6 days')
        group by 1, 2, 3
        order by 1, 2, 3)
    select (select array_agg(n.level order by n.node) from nodes n),
        array(select u.n from nodes n cross join lateral unnest(n.cells[1:p_width]) with ordinality as u (n, c) order by n.node, u.c),
        array(select n.cells[p_width + case when n.has_value then 0 else p_near end + c] from nodes n cross join generate_series(1, p_near) c order by n.node, c),
        p.parents, p.children, p.is_crossed, p.kin, k.totals, k.wholes, k.crossed,
        array(select n.g from nodes n order by n.node),
        array(select dense_rank() over (order by n.g, n.period)::integer from nodes n order by n.node),
        array(select dense_rank() over (order by n.g, nullif(n.v, 0))::integer from nodes n order by n.node),
        array(select (n.node, c) in (select a.week, a.c from across a where a.n between 1 and 4)
            from nodes n cross join generate_series(1, p_width) c where n.level < 50 order by n.node, c),
        array(select row(g.organisation, g.course, g.item, n.period, v.value, n.is_mature, null, n.node, x.part)::core.cell
            from nodes n join names g on g.g = n.g join value_names v on v.v = n.v left join part_names x on x.x = n.x
            where n.level = (select max(t.level) from tables t) order by n.node),
        exists (select from left_out), w.weeks, w.months, w.columns, w.n
    from (select coalesce(array_agg(p.parent), '{}') as parents, coalesce(array_agg(p.child), '{}') as children, coalesce(array_agg(p.is_crossed), '{}') as is_crossed,
                coalesce(array_agg(p.kin), '{}') as kin from pairs p) p
        cross join (select array_agg(k.total) as totals, array_agg(k.whole) as wholes, array_agg(k.crossed) as crossed from (select * from kin order by node) k) k
        cross join (select coalesce(array_agg(a.week), '{}') as weeks, coalesce(array_agg(a.month), '{}') as months, coalesce(array_agg(a.c), '{}') as columns,
                coalesce(array_agg(a.n), '{}') as n from across a) w;
end;

-- As before; the tables come from core.nodes_of.
create or replace function core.safe(p_rows core.cell[], p_is_chain boolean default true, p_added integer[] default null, p_grain text default 'all',
    p_is_added_up boolean default true, p_near integer default 0, p_near_of integer default 1) returns setof core.cell
language plpgsql immutable
security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_seqscan = on -- as before
set enable_nestloop = off set plan_cache_mode = force_generic_plan -- as a constant, an array with nulls or rows is gone through from its beginning for each of them
set jit = off
as $$
declare
    v_all integer := coalesce(array_length((p_rows[1]).cells, 1), 0);
    v_width integer := v_all - 2 * p_near;
    v_has_values boolean := exists (select from unnest(p_rows) k where k.value <> 'all');
    v_level integer[];  -- as core.nodes_of says
    v_n bigint[];
    v_near bigint[];
    v_parent integer[];
    v_child integer[];
    v_is_crossed boolean[];
    v_kin text[];
    v_totals integer[];
    v_wholes integer[];
    v_crossed integer[];
    v_group integer[];
    v_place integer[];
    v_value integer[];
    v_torn boolean[];
    v_nodes core.cell[];
    v_is_left_out boolean;
    v_week integer[];
    v_month integer[];
    v_both_column integer[];
    v_both bigint[];
    v_hidden boolean[];
    v_may boolean[];
    v_seen boolean[];
    v_told boolean[];
    v_now integer;
    v_n_totals integer; -- nodes of tables of all values: they come first
    v_from integer; -- nodes of this table
    v_to integer;
    v_pair integer := 0; -- the last one of the tables before
    v_first integer;
begin
    if v_all = 0 then
        return;
    end if;
    select * into v_level, v_n, v_near, v_parent, v_child, v_is_crossed, v_kin, v_totals, v_wholes, v_crossed, v_group, v_place, v_value, v_torn, v_nodes, v_is_left_out,
        v_week, v_month, v_both_column, v_both
    from core.nodes_of(p_rows, p_grain, p_is_added_up, v_width, p_near, v_has_values, exists (select from unnest(p_rows) k where k.part is not null));
    v_n_totals := (select count(*) from unnest(v_level) l where l < 50);
    while v_child[v_pair + 1] <= v_n_totals loop
        v_pair := v_pair + 1;
    end loop;
    v_hidden := core.hidden_totals(v_n[1:v_n_totals * v_width], v_near[1:v_n_totals * p_near], v_width, p_near, p_near_of, p_is_chain, p_added, p_is_added_up,
        v_level[1:v_n_totals], v_parent[1:v_pair], v_child[1:v_pair], v_is_crossed[1:v_pair], v_kin[1:v_pair], v_torn, v_week, v_month, v_both_column, v_both)
        || array_fill(false, array[(array_length(v_level, 1) - v_n_totals) * v_width]);
    for v_now, v_from, v_to in select l, min(i), max(i) from unnest(v_level) with ordinality as t (l, i) where l >= 50 group by l order by l loop
        v_first := v_pair + 1;
        while v_child[v_pair + 1] <= v_to loop
            v_pair := v_pair + 1;
        end loop;
        select array_agg(x.may order by x.child, x.c), array_agg(x.seen order by x.child, x.c)
        into v_may, v_seen
        from (select p.child, c, not bool_or(v_hidden[(p.parent - 1) * v_width + c]) and (not p_is_added_up
                    or count(*) filter (where p.kin in ('whole', 'around')) = (v_now - 50) / 4 - 1) as may,
                not bool_or(v_hidden[(p.parent - 1) * v_width + c]) filter (where p.kin = 'total') as seen
            from unnest(v_parent[v_first:v_pair], v_child[v_first:v_pair], v_kin[v_first:v_pair]) as p (parent, child, kin) cross join generate_series(1, v_width) c
            group by p.child, c) x;
        if v_now < 58 and (p_is_added_up or p_grain = 'all') then
            v_told := core.told_of_all(v_n, v_near, v_width, p_near, p_near_of, p_is_chain, p_added, v_from, v_to, v_group, v_value, v_totals,
                case when v_now = 57 then v_crossed end, v_seen, v_hidden);
        else
            v_told := core.told_by_property(v_n, v_near, v_width, case when not p_is_added_up then p_near else 0 end, p_near_of, p_is_chain, v_from, v_to,
                v_level, v_group, v_place, v_value, v_totals, v_wholes, v_may, v_seen);
        end if;
        for i in 1 .. array_length(v_told, 1) loop
            v_hidden[(v_from - 1) * v_width + i] := not v_told[i];
        end loop;
    end loop;
    return query
    select r.organisation, r.course, r.item, r.period, r.value, r.is_mature, r.cells, r.n_hidden, r.part
    from (select k.*, (coalesce(sum((select count(*) from unnest(k.cells) n where n is null)) filter (where k.is_there) over (), 0)
                + max((not k.is_there or v_is_left_out)::integer) over ())::integer as n_hidden
        from (select i.organisation, i.course, i.item, i.period, i.value, i.is_mature, i.part, i.n_hidden as node, x.cells,
                not v_has_values or min(i.value) over w = max(i.value) over w or coalesce(x.cells[1] = 0, false)
                    or exists (select from unnest(x.cells) n where n > 0) as is_there
            from unnest(v_nodes) i cross join lateral (select array(select case when not v_hidden[(i.n_hidden - 1) * v_width + c]
                    then v_n[(i.n_hidden - 1) * v_width + c] end from generate_series(1, v_width) c order by c) as cells) x
            window w as (partition by i.organisation, i.course, i.item)) k) r
    where r.is_there
    order by r.node;
end $$;

reset role;
set local role report_owner;

-- What is 1 to 4 more than a count that nothing longer hides was looked for among all counts of its value: it is joined by the number, too.
do $$
declare
    v_activity text := pg_get_functiondef('facts.activity(text, text)'::regprocedure);
    v_near text := '\(\(ever e_1\s+CROSS JOIN generate_series\(1, 4\) d\(d\)\)\s+JOIN apart c_1 ON (\(+)c_1\.organisation = e_1\.organisation\) AND \(c_1\.value = e_1\.value\) AND '
        || '\(c_1\.n = \(e_1\.n - d\.d\)\)';
begin
    if v_activity !~ v_near then
        raise exception 'facts.activity does not read as it did: near';
    end if;
    execute regexp_replace(v_activity, v_near, '(ever e_1 JOIN (SELECT a.organisation, a.value, a.n + d AS n, a.period_end FROM apart a CROSS JOIN generate_series(1, 4) d OFFSET 0) c_1
        ON \1c_1.organisation = e_1.organisation) AND (c_1.value = e_1.value) AND (c_1.n = e_1.n)');
end $$;

reset role;
