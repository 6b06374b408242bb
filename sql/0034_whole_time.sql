-- Counts by a property are told in whole blocks of the whole time, too. Cell by cell (0013) two reports told together what each
-- hid: who is "lost" in two languages told how many of them completed the course, and so how many of the third.
-- Now the largest values by name, of each count as many of one order that nobody or 5 people and more are left; a count behind
-- another in a row of these or fewer; of parts (where people stand, what they chose) as many of the largest that the others are
-- nobody or 5 people and more in each value. So all reports cut people along the same lines, and what is calculated from several is
-- made of whole blocks. Replaces core.safe of 0031.

set local role waypost_owner;

-- Of a column, with so many values by name (p_named): which parts may be seen of each of them and of the others together. p_crossed:
-- of each value the node of all parts, where these add up.
create function core.parts_of_all(p_n bigint[], p_near bigint[], p_width integer, p_n_near integer, p_is_chain boolean, p_column integer, p_named integer,
    p_totals integer[], p_node integer[], p_n_values integer, p_last integer[], p_seen boolean[], p_crossed integer[]) returns integer[]
language plpgsql immutable
as $$
declare
    v_parts integer[] := '{}';
    v_n bigint[] := '{}';       -- of each part and block: how many
    v_left bigint[] := '{}';    -- of each block: in parts that are not seen
    v_x bigint;
    v_rest bigint;
    v_before bigint;
    v_before_rest bigint;
    v_above bigint;
    v_above_rest bigint;
    v_near bigint;
    v_near_rest bigint[];
    v_is_told boolean;
    v_node integer;
    v_total integer;
begin
    for p in 1 .. cardinality(p_totals) loop
        v_total := (p_totals[p] - 1) * p_width;
        v_rest := p_n[v_total + p_column];
        v_before_rest := case when p_is_chain and p_last[p] > 0 then p_n[v_total + p_last[p]] end;
        v_above_rest := case when p_is_chain and p_column > 1 then p_n[v_total + p_column - 1] end;
        v_near_rest := p_near[(p_totals[p] - 1) * p_n_near + 1:p_totals[p] * p_n_near];
        v_is_told := p_seen[p];
        for v in 1 .. p_named + 1 loop
            if v <= p_named then
                v_node := p_node[(p - 1) * p_n_values + v];
                v_x := case when v_node > 0 then p_n[(v_node - 1) * p_width + p_column] else 0 end;
                v_before := case when v_node > 0 then p_n[(v_node - 1) * p_width + p_last[p]] else 0 end;
                v_above := case when v_node > 0 and p_column > 1 then p_n[(v_node - 1) * p_width + p_column - 1] else 0 end;
                v_rest := v_rest - v_x;
                v_before_rest := v_before_rest - v_before;
                v_above_rest := v_above_rest - v_above;
            else
                v_x := v_rest;
                v_before := v_before_rest;
                v_above := v_above_rest;
            end if;
            v_is_told := v_is_told and not (v_x between 1 and 4 or p_is_chain and p_column > 1 and v_above between 1 and 4
                or coalesce(p_is_chain and p_last[p] > 0 and v_before - v_x between 1 and 4, false));
            for k in 1 .. p_n_near loop
                v_near := case when v > p_named then v_near_rest[k] when v_node > 0 then p_near[(v_node - 1) * p_n_near + k] else 0 end;
                v_near_rest[k] := v_near_rest[k] - v_near;
                v_is_told := v_is_told and coalesce(abs(v_near - v_x) not between 1 and 4, true);
            end loop;
            v_n := v_n || v_x;
        end loop;
        if v_is_told then
            v_parts := v_parts || p;
        end if;
    end loop;
    if p_crossed is null then
        return v_parts;
    end if;
    v_rest := (select sum(p_n[(s - 1) * p_width + p_column]) from unnest(p_crossed) s);
    for v in 1 .. p_named + 1 loop
        v_x := case when v <= p_named then p_n[(p_crossed[v] - 1) * p_width + p_column] else v_rest end;
        v_rest := v_rest - v_x;
        v_left := v_left || (v_x - (select coalesce(sum(v_n[(p - 1) * (p_named + 1) + v]), 0) from unnest(v_parts) p));
    end loop;
    while v_parts <> '{}' and exists (select from unnest(v_left) x where x between 1 and 4) loop -- the smallest less
        v_left := array(select x + v_n[(v_parts[cardinality(v_parts)] - 1) * (p_named + 1) + v] from unnest(v_left) with ordinality as l (x, v) order by v);
        v_parts := trim_array(v_parts, 1);
    end loop;
    return v_parts;
end $$;

-- By a property, of a table of the whole time: which counts may be seen. p_total: of each node (p_from to p_to) that of all values;
-- p_crossed: that of all parts, of a table with parts; p_seen: what the totals tell; p_hidden: what tables before this hide.
create function core.told_of_all(p_n bigint[], p_near bigint[], p_width integer, p_n_near integer, p_near_of integer, p_is_chain boolean, p_added integer[],
    p_from integer, p_to integer, p_group integer[], p_value integer[], p_total integer[], p_crossed integer[], p_seen boolean[], p_hidden boolean[])
    returns boolean[]
language plpgsql immutable
as $$
declare
    v_told boolean[] := array_fill(false, array[(p_to - p_from + 1) * p_width]);
    v_first integer;
    v_end integer;
    v_values integer[];     -- the largest first
    v_totals integer[];     -- of each part its node of all values, the largest first
    v_node integer[];       -- of each part and value its node; 0: nobody
    v_crossed integer[];    -- of each value its node of all parts
    v_seen boolean[];       -- of each part whether its total is
    v_last integer[];       -- of each part the column that was told last
    v_parts integer[];      -- that are told in a column
    v_best integer[];
    v_n_best integer;
    v_most bigint;
    v_limit integer;
    v_x bigint;
    k integer;
begin
    v_first := p_from;
    while v_first <= p_to loop
        v_end := v_first;
        while v_end < p_to and p_group[v_end + 1] = p_group[v_first] loop
            v_end := v_end + 1;
        end loop;
        v_values := array(select p_value[i] from generate_series(v_first, v_end) i group by 1 order by sum(p_n[(i - 1) * p_width + 1]) desc, 1);
        if cardinality(v_values) = 1 then -- as its total
            for i in (v_first - p_from) * p_width + 1 .. (v_end - p_from + 1) * p_width loop
                v_told[i] := p_seen[i];
            end loop;
            v_first := v_end + 1;
            continue;
        end if;
        v_totals := array(select p_total[i] from generate_series(v_first, v_end) i group by 1 order by max(p_n[(p_total[i] - 1) * p_width + 1]) desc, 1);
        v_node := array_fill(0, array[cardinality(v_totals) * cardinality(v_values)]);
        v_crossed := array_fill(0, array[cardinality(v_values)]);
        for i in v_first .. v_end loop
            k := array_position(v_values, p_value[i]);
            v_node[(array_position(v_totals, p_total[i]) - 1) * cardinality(v_values) + k] := i;
            v_crossed[k] := p_crossed[i];
        end loop;
        v_last := array_fill(0, array[cardinality(v_totals)]);
        v_limit := case when p_crossed is null then cardinality(v_values) else least(cardinality(v_values), 20) end;
        for c in 1 .. p_width loop
            if not p_is_chain then
                v_limit := case when p_crossed is null then cardinality(v_values) else least(cardinality(v_values), 20) end;
            end if;
            if p_crossed is not null and (p_added is null or c = any (p_added)) then -- of these values the sum is told
                v_limit := least(v_limit, (select count(*) from unnest(v_crossed) s where not p_hidden[(s - 1) * p_width + c]));
            end if;
            v_seen := array(select bool_and(p_seen[(i - p_from) * p_width + c]) from generate_series(v_first, v_end) i join unnest(v_totals) with ordinality as t (node, place)
                on t.node = p_total[i] group by t.place order by t.place);
            v_n_best := 0;
            v_most := 0;
            for m in reverse v_limit .. 1 loop
                v_parts := core.parts_of_all(p_n, p_near, p_width, case when c = coalesce(p_near_of, c) then p_n_near else 0 end, p_is_chain, c, m, v_totals, v_node,
                    cardinality(v_values), v_last, v_seen, case when p_crossed is not null and (p_added is null or c = any (p_added)) then v_crossed end);
                v_x := (select coalesce(sum(p_n[(v_node[(p - 1) * cardinality(v_values) + v] - 1) * p_width + c]), 0) from unnest(v_parts) p cross join generate_series(1, m) v
                    where v_node[(p - 1) * cardinality(v_values) + v] > 0);
                if v_parts <> '{}' and (v_n_best = 0 or v_x > v_most) then
                    v_n_best := m;
                    v_most := v_x;
                    v_best := v_parts;
                end if;
                exit when p_crossed is null and v_n_best > 0; -- the longest
            end loop;
            if v_n_best > 0 then
                foreach k in array v_best loop
                    v_last[k] := c;
                    for v in 1 .. v_n_best loop
                        if v_node[(k - 1) * cardinality(v_values) + v] > 0 then
                            v_told[(v_node[(k - 1) * cardinality(v_values) + v] - p_from) * p_width + c] := true;
                        end if;
                    end loop;
                end loop;
                v_limit := v_n_best;
            end if;
        end loop;
        v_first := v_end + 1;
    end loop;
    return v_told;
end $$;

-- As before; by a property, of the whole time what core.told_of_all says. Where there are several values, rows of which nothing is told
-- are left out, as those with nobody in them are: an empty row would say that there is somebody, and so where the others are.
-- n_hidden counts the cells that are empty, and all rows that are left out as one: how many there are would tell.
create or replace function core.safe(p_rows core.cell[], p_is_chain boolean default true, p_added integer[] default null, p_grain text default 'all',
    p_is_added_up boolean default true, p_near integer default 0, p_near_of integer default 1) returns setof core.cell
language plpgsql immutable
security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_seqscan = on -- as before
as $$
declare
    v_all integer := coalesce(array_length((p_rows[1]).cells, 1), 0);
    v_width integer := v_all - 2 * p_near;
    v_has_values boolean := exists (select from unnest(p_rows) k where k.value <> 'all');
    v_has_parts boolean := exists (select from unnest(p_rows) k where k.part is not null);
    v_grains text[] := case when p_is_added_up then core.grains_of(p_grain) else array[p_grain] end;
    v_level integer[];  -- of each node (a row of one of the tables): how fine its table is
    v_n bigint[];       -- of each node its counts
    v_near bigint[];
    v_parent integer[];
    v_child integer[];
    v_torn boolean[];   -- of each count of a week across two months: whether 1 to 4 of it lie in one of them
    v_week integer[];   -- of each week across two months and each of these: the nodes, the column, and how many are in both
    v_month integer[];
    v_both_column integer[];
    v_both bigint[];
    v_is_crossed boolean[]; -- whether the child is a part of the parent
    v_known boolean[];
    v_hidden boolean[];
    v_in_row boolean[];
    v_nodes core.cell[];
    v_last integer := case when v_has_values then 50 else 0 end + 4 * array_length(v_grains, 1) + 2 + v_has_parts::integer;
    v_kin text[];       -- of each pair: whether the parent is the total of the child (total), or the one around it of the same value (whole, the shortest, or around)
    v_group integer[];  -- of each node: organisation, course and item; a period of these; a value of these
    v_place integer[];
    v_value integer[];
    v_may boolean[];
    v_seen boolean[];
    v_totals integer[];
    v_wholes integer[];
    v_told boolean[];
    v_crossed integer[]; -- of each node of a table with parts: the sum of the parts
    v_more integer[];
    v_now integer;
    v_cell integer;
    v_leaks integer[];
    v_sum integer[]; -- of this table and coarser ones: a node, one that it is a sum of, and in which column
    v_part integer[];
    v_column integer[];
    v_from integer; -- nodes of this table
    v_to integer;
begin
    if v_all = 0 then
        return;
    end if;
    with tables as (
        select g.grain, v.has_value, x.has_part, g.place::integer as place,
            (case when v.has_value and v_has_values then 50 else 0 end + g.place * 4 + v.has_value::integer * 2 + x.has_part::integer)::integer as level
        from unnest(v_grains) with ordinality as g (grain, place)
            cross join (select distinct unnest(array[true, not v_has_values]) as has_value) v
            cross join (select distinct unnest(array[v_has_parts, false]) as has_part) x),
    nodes as materialized (
        select k.*, row_number() over (order by k.level, k.organisation, k.course, k.item, k.period, k.value, k.part)::integer as node,
            concat_ws('/', k.level, quote_nullable(k.organisation), quote_nullable(k.course), quote_nullable(k.item), quote_nullable(k.period),
                quote_nullable(k.value), quote_nullable(k.part)) as key
        from (select t.level, t.place, t.grain, t.has_value, t.has_part, r.organisation, r.course, r.item,
                case when p_is_added_up then core.period_of(t.grain, r.period) else r.period end as period,
                case when t.has_value then r.value end as value, case when t.has_part then r.part end as part,
                bool_and(r.is_mature) as is_mature, array_agg(r.r) as rows
            from unnest(p_rows) with ordinality as r (organisation, course, item, period, value, is_mature, cells, n_hidden, part, r) cross join tables t
            group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) k),
    pairs as materialized (
        select a.node as parent, b.node as child, a.has_part <> b.has_part as is_crossed, case when a.has_part <> b.has_part then null
                when a.place = b.place and a.has_value < b.has_value then 'total' when a.has_value = b.has_value and a.place = b.place - 1 then 'whole'
                when a.has_value = b.has_value then 'around' end as kin
        from nodes b
            join tables t on t.level < b.level and t.place <= b.place and t.has_value <= b.has_value and t.has_part <= b.has_part
            join nodes a on a.key = concat_ws('/', t.level, quote_nullable(b.organisation), quote_nullable(b.course), quote_nullable(b.item),
                quote_nullable(case when p_is_added_up then core.period_of(t.grain, b.period) else b.period end),
                quote_nullable(case when t.has_value then b.value end), quote_nullable(case when t.has_part then b.part end))
        where not p_is_added_up or b.grain = 'all' or core.period_of(t.grain, b.period)
            is not distinct from core.period_of(t.grain, b.period + core.days_of(b.grain, b.period) - 1)),
    across as materialized (
        select w.node as week, m.node as month, c, sum((p_rows[r]).cells[c])::bigint as n
        from nodes w
            cross join lateral unnest(w.rows) r cross join generate_series(1, v_width) c
            join nodes m on m.grain = 'month' and m.level < w.level and (m.has_value, m.has_part) = (w.has_value, w.has_part)
                and m.organisation is not distinct from w.organisation and m.course is not distinct from w.course and m.item is not distinct from w.item
                and m.value is not distinct from w.value and m.part is not distinct from w.part and m.period = date_trunc('month', (p_rows[r]).period::timestamp)::date
        where p_is_added_up and w.grain = 'week' and w.level < 50 and date_trunc('month', w.period::timestamp) <> date_trunc('month', w.period + interval '6 days')
        group by 1, 2, 3)
    select array(select n.level from nodes n order by n.node),
        array(select sum((p_rows[r]).cells[c])::bigint from nodes n cross join lateral unnest(n.rows) r cross join generate_series(1, v_width) c
            group by n.node, c order by n.node, c),
        array(select case when n.has_value then sum((p_rows[r]).cells[v_width + c])::bigint else max((p_rows[r]).cells[v_width + p_near + c]) end
            from nodes n cross join lateral unnest(n.rows) r cross join generate_series(1, p_near) c group by n.node, n.has_value, c order by n.node, c),
        array(select p.parent from pairs p order by p.child, p.parent), array(select p.child from pairs p order by p.child, p.parent),
        array(select p.is_crossed from pairs p order by p.child, p.parent),
        array(select p.kin from pairs p order by p.child, p.parent),
        array(select dense_rank() over (order by n.organisation, n.course, n.item)::integer from nodes n order by n.node),
        array(select dense_rank() over (order by n.organisation, n.course, n.item, n.period)::integer from nodes n order by n.node),
        array(select dense_rank() over (order by n.organisation, n.course, n.item, n.value)::integer from nodes n order by n.node),
        array(select p_is_added_up and n.grain = 'week' and exists (select from unnest(n.rows) r
                where date_trunc('month', n.period::timestamp) <> date_trunc('month', n.period + interval '6 days')
                group by date_trunc('month', (p_rows[r]).period::timestamp) having sum((p_rows[r]).cells[c]) between 1 and 4)
            from nodes n cross join generate_series(1, v_width) c order by n.node, c),
        array(select row(n.organisation, n.course, n.item, n.period, n.value, n.is_mature, null, n.node, n.part)::core.cell
            from nodes n where n.level = v_last order by n.node),
        array(select a.week from across a order by a.week, a.month, a.c), array(select a.month from across a order by a.week, a.month, a.c),
        array(select a.c from across a order by a.week, a.month, a.c), array(select a.n from across a order by a.week, a.month, a.c)
    into v_level, v_n, v_near, v_parent, v_child, v_is_crossed, v_kin, v_group, v_place, v_value, v_torn, v_nodes, v_week, v_month, v_both_column, v_both;
    v_hidden := array_fill(false, array[array_length(v_level, 1) * v_width]);
    v_known := v_hidden;
    select array_agg(x.total order by x.node), array_agg(x.whole order by x.node), array_agg(x.crossed order by x.node) into v_totals, v_wholes, v_crossed
    from (select i as node, max(p.parent) filter (where p.kin = 'total') as total, max(p.parent) filter (where p.kin = 'whole') as whole,
            max(p.parent) filter (where p.is_crossed and v_level[p.parent] = v_level[i] - 1) as crossed
        from generate_series(1, array_length(v_level, 1)) i left join unnest(v_parent, v_child, v_kin, v_is_crossed) as p (parent, child, kin, is_crossed) on p.child = i
        group by 1) x;
    for v_now in select distinct l from unnest(v_level) l order by l loop
        select min(i), max(i) into v_from, v_to from unnest(v_level) with ordinality as t (l, i) where l = v_now;
        if v_now >= 50 then
            select array_agg(x.may order by x.child, x.c), array_agg(x.seen order by x.child, x.c)
            into v_may, v_seen
            from (select p.child, c, not bool_or(v_hidden[(p.parent - 1) * v_width + c]) and (not p_is_added_up
                        or count(*) filter (where p.kin in ('whole', 'around')) = (v_now - 50) / 4 - 1) as may,
                    not bool_or(v_hidden[(p.parent - 1) * v_width + c]) filter (where p.kin = 'total') as seen
                from unnest(v_parent, v_child, v_kin) as p (parent, child, kin) cross join generate_series(1, v_width) c
                where p.child between v_from and v_to group by p.child, c) x;
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
            continue;
        end if;
        select array_agg(p.parent), array_agg(p.child), array_agg(c) into v_sum, v_part, v_column
        from unnest(v_parent, v_child, v_is_crossed) as p (parent, child, is_crossed) cross join generate_series(1, v_width) c
        where p.child <= v_to
            and (p_added is null or c = any (p_added) or not p.is_crossed);
        -- What is all of a sum that is seen.
        for v_cell in
            select (p.child - 1) * v_width + c
            from unnest(v_parent, v_child, v_is_crossed) as p (parent, child, is_crossed) cross join generate_series(1, v_width) c
            where v_level[p.child] = v_now and (p_added is null or c = any (p_added) or not p.is_crossed) and not v_hidden[(p.parent - 1) * v_width + c]
                and v_n[(p.parent - 1) * v_width + c] = v_n[(p.child - 1) * v_width + c] and v_n[(p.child - 1) * v_width + c] > 0
        loop
            v_known[v_cell] := true;
            while v_now % 2 = 1 and (v_cell - 1) % v_width > 0 and v_n[v_cell - 1] = v_n[v_cell] loop
                v_cell := v_cell - 1; -- of parts equal counts are the same people
                v_known[v_cell] := true;
            end loop;
        end loop;
        for i in 1 .. array_length(v_level, 1) loop
            if v_level[i] = v_now then
                v_in_row := core.hidden_in_row(v_n[(i - 1) * v_width + 1:i * v_width], v_known[(i - 1) * v_width + 1:i * v_width], p_is_chain,
                    case when v_now < 8 or not p_is_added_up then v_near[(i - 1) * p_near + 1:i * p_near] end, p_near_of);
                for c in 1 .. v_width loop
                    v_hidden[(i - 1) * v_width + c] := v_in_row[c] or v_torn[(i - 1) * v_width + c];
                end loop;
            end if;
        end loop;
        -- A period is told where all longer ones around it are: so what is left of these is made of whole periods.
        for v_cell in
            select (p.child - 1) * v_width + c
            from unnest(v_parent, v_child, v_kin) as p (parent, child, kin) cross join generate_series(1, v_width) c
            where v_level[p.child] = v_now and v_now >= 8 and p.kin in ('whole', 'around') and v_hidden[(p.parent - 1) * v_width + c]
                and v_n[(p.child - 1) * v_width + c] > 0
        loop
            v_hidden[v_cell] := true;
        end loop;
        loop
            select array_agg(distinct m.cell) into v_more
            from (
                select (array_agg(x.cell order by x.is_bound, x.n, x.cell) filter (where x.n > 0 and not x.is_hidden and not x.is_known))[1] as cell
                from (select p.parent, c, (p.child - 1) * v_width + c as cell, v_n[(p.child - 1) * v_width + c] as n,
                        not p_is_added_up and coalesce(v_n[(p.child - 1) * v_width + c] = any (v_near[(p.child - 1) * p_near + 1:p.child * p_near]), false) as is_bound,
                        v_hidden[(p.child - 1) * v_width + c] as is_hidden, v_known[(p.child - 1) * v_width + c] as is_known,
                        v_n[(p.parent - 1) * v_width + c] as n_whole, v_hidden[(p.parent - 1) * v_width + c] as is_whole_hidden
                    from unnest(v_parent, v_child, v_is_crossed) as p (parent, child, is_crossed) cross join generate_series(1, v_width) c
                    where v_level[p.child] = v_now and (p_added is null or c = any (p_added) or not p.is_crossed)) x
                group by x.parent, x.c, x.n_whole, x.is_whole_hidden
                having case when x.is_whole_hidden then x.n_whole = sum(x.n) and x.n_whole > 0 and not bool_or(x.is_hidden)
                    else (bool_or(x.is_hidden) or x.n_whole - sum(x.n) between 1 and 4)
                        and (count(*) filter (where x.is_hidden) < 2 or coalesce(sum(x.n) filter (where x.is_hidden), 0) < 5) end
                union all
                select (i - 1) * v_width + core.told_in_row(v_n[(i - 1) * v_width + 1:i * v_width], v_hidden[(i - 1) * v_width + 1:i * v_width],
                    v_known[(i - 1) * v_width + 1:i * v_width])
                from generate_series(1, array_length(v_level, 1)) i where p_is_chain and v_level[i] = v_now
                union all -- a week across two months, where a month is 1 to 4 more than it has of these and of the others that are seen
                select (array_agg((a.week - 1) * v_width + a.c order by a.n, a.week) filter (where a.is_seen and a.n > 0))[1]
                from (select w.week, w.month, w.c, w.n, not v_hidden[(w.week - 1) * v_width + w.c] as is_seen, (select coalesce(sum(v_n[(p.child - 1) * v_width + w.c]), 0)
                            from unnest(v_parent, v_child, v_kin) as p (parent, child, kin)
                            where p.parent = w.month and p.kin = 'whole' and not v_hidden[(p.child - 1) * v_width + w.c]) as n_inside
                    from unnest(v_week, v_month, v_both_column, v_both) as w (week, month, c, n)
                    where v_level[w.week] = v_now and not v_hidden[(w.month - 1) * v_width + w.c]) a
                group by a.month, a.c
                having v_n[(a.month - 1) * v_width + a.c] - min(a.n_inside) - coalesce(sum(a.n) filter (where a.is_seen), 0) between 1 and 4
                union all -- and its days, of each month by themselves
                select (array_agg(d.cell order by d.n, d.cell) filter (where d.is_seen and d.n > 0))[1]
                from (select w.week, w.month, w.c, w.n as n_both, (p.child - 1) * v_width + w.c as cell, v_n[(p.child - 1) * v_width + w.c] as n,
                        not v_hidden[(p.child - 1) * v_width + w.c] as is_seen
                    from unnest(v_week, v_month, v_both_column, v_both) as w (week, month, c, n)
                        join unnest(v_parent, v_child, v_kin) as p (parent, child, kin) on p.parent = w.week and p.kin = 'whole'
                        join unnest(v_parent, v_child, v_kin) as q (parent, child, kin) on q.child = p.child and q.parent = w.month and q.kin = 'around'
                    where v_level[p.child] = v_now) d
                group by d.week, d.month, d.c, d.n_both
                having d.n_both - coalesce(sum(d.n) filter (where d.is_seen), 0) between 1 and 4) m
            where m.cell is not null and not v_hidden[m.cell];
            if v_more is null then
                v_leaks := core.found_out(v_n[1:v_to * v_width], v_hidden[1:v_to * v_width], v_width, p_is_chain, v_level[1:v_to], v_sum, v_part, v_column);
                -- Beside each that is found out the smallest that is seen in its row or that adds up with it; else all of this table.
                select array_agg(distinct m.cell) into v_more
                from (select (array_agg(o.cell order by v_known[o.cell], v_n[o.cell], o.cell))[1] as cell
                    from unnest(v_leaks) l
                        cross join lateral (
                            select (l - 1) / v_width * v_width + c as cell from generate_series(1, v_width) c
                            union all
                            select (b.part - 1) * v_width + b.c from unnest(v_sum, v_part, v_column) as a (sum, part, c)
                                join unnest(v_sum, v_part, v_column) as b (sum, part, c) using (sum, c)
                            where (l - 1) / v_width + 1 in (a.part, a.sum) and c = (l - 1) % v_width + 1) o
                    where v_level[(o.cell - 1) / v_width + 1] = v_now and not v_hidden[o.cell]
                    group by l) m;
                if v_more is null and v_leaks <> '{}' then
                    v_more := array(select k from generate_series((v_from - 1) * v_width + 1, v_to * v_width) k where not v_hidden[k]);
                    v_more := nullif(v_more, '{}');
                end if;
            end if;
            exit when v_more is null;
            foreach v_cell in array v_more loop
                v_hidden[v_cell] := true;
            end loop;
        end loop;
    end loop;
    return query
    select r.organisation, r.course, r.item, r.period, r.value, r.is_mature, r.cells, r.n_hidden, r.part
    from (select k.*, (coalesce(sum((select count(*) from unnest(k.cells) n where n is null)) filter (where k.is_there) over (), 0)
                + max((not k.is_there)::integer) over ())::integer as n_hidden
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

-- What reads these counts no longer takes a row that is not there for nobody.
create function facts.change(p_function regprocedure, variadic p_changes text[]) returns void
language plpgsql
as $$
declare
    v_text text := pg_get_functiondef(p_function);
begin
    for i in 1 .. cardinality(p_changes) / 2 loop
        if strpos(v_text, p_changes[2 * i - 1]) = 0 then
            raise exception '% does not read as it did: %', p_function, p_changes[2 * i - 1];
        end if;
        v_text := replace(v_text, p_changes[2 * i - 1], p_changes[2 * i]);
    end loop;
    execute v_text;
end $$;

-- People of a value that the funnel does not tell are among the others.
select facts.change('fresh.standing(text, timestamptz)', 'JOIN funnel f ON', 'LEFT JOIN funnel f ON', '(n.n_value + f.is_hidden)', '(n.n_value + coalesce(f.is_hidden, 1))');
select facts.change('fresh.gain(text)', 'LEFT JOIN core.safe(', 'JOIN core.safe(',
    'core.percent(min(h.higher), min(s.cells[1]))', 'core.percent(case when gain.by = ''all'' or min(h.higher) > 0 or min(h.higher + h.same + h.lower) = min(s.cells[1]) then min(h.higher) end, min(s.cells[1]))',
    'core.percent(min(h.same), min(s.cells[1]))', 'core.percent(case when gain.by = ''all'' or min(h.same) > 0 or min(h.higher + h.same + h.lower) = min(s.cells[1]) then min(h.same) end, min(s.cells[1]))',
    'core.percent(min(h.lower), min(s.cells[1]))', 'core.percent(case when gain.by = ''all'' or min(h.lower) > 0 or min(h.higher + h.same + h.lower) = min(s.cells[1]) then min(h.lower) end, min(s.cells[1]))');
select facts.change('fresh.reminders(text)', 'bool_and((s.cells[1] IS NOT NULL)) OVER (PARTITION BY s.organisation, s.course, s.days, s.is_sent, s.value)',
    'count(s.cells[1]) OVER (PARTITION BY s.organisation, s.course, s.days, s.is_sent, s.value) = 2');
select facts.change('fresh.at_work_answers(text)', 'bool_and((s.cells[1] IS NOT NULL)) OVER item', '(sum(s.cells[1]) OVER item) = (select sum(k.n) from said k
    where k.organisation = s.organisation and k.course = s.course and k.question = s.item and k.value = s.value)');
select facts.change('fresh.distractors(text)', 'bool_and((s.cells[1] IS NOT NULL)) OVER item', '(sum(s.cells[1]) OVER item) = h.n_all');
select facts.change('fresh.scores(text)', 'bool_and((s.cells[1] IS NOT NULL)) OVER (PARTITION BY s.organisation, s.course, s.value)',
    '(sum(s.cells[1]) OVER (PARTITION BY s.organisation, s.course, s.value)) = (select sum(b.n) from bands b where b.organisation = s.organisation and b.course = s.course and b.value = s.value)');
select facts.change('fresh.cost(text)', 'bool_and((f.cells[3] IS NOT NULL))', 'bool_and((f.cells[3] IS NOT NULL)) and (cost.by = ''all'' or count(*) = (select count(*)
    from facts.funnel(''all'', ''all'', false, now()) a where a.organisation = f.organisation))');
-- Nor is a row there only because there are people in it.
select facts.change('fresh.survey(text)', 'WHERE (i.is_invited AND core.is_property(survey.by))', 'WHERE (i.is_invited AND core.is_property(survey.by) and (survey.by = ''all'' or c.cells[3] is not null))');
select facts.change('fresh.retention(text)', 'WHERE ((p.recall IS NOT NULL) AND core.is_property(retention.by))',
    'WHERE ((p.recall IS NOT NULL) AND core.is_property(retention.by) and (retention.by = ''all'' or s.cells[4] is not null))');
select facts.change('fresh.time_to_complete(text, timestamptz)', '   ORDER BY t.organisation, t.course, t.value;',
    '   having time_to_complete.by = ''all'' or min(m.cells[3]) is not null or min(f.cells[2]) is not null
    ORDER BY t.organisation, t.course, t.value;');
select facts.change('fresh.groups()', (select regexp_substr(d, 'counts AS MATERIALIZED \(.*\), with_gain AS \(') from pg_get_functiondef('fresh.groups()'::regprocedure) d),
    'counts as materialized (
        select a.organisation, a.course, x.is_alone, o.n_hidden, a.cells[1] as n_all, o.enrolled as n_alone,
            case when x.is_alone then o.is_mature_alone else o.is_mature and (o.n_hidden = 0 or a.is_mature) end as is_mature,
            case when x.is_alone then o.enrolled else a.cells[1] - o.enrolled end as enrolled,
            case when x.is_alone then o.completed else a.cells[3] - o.completed end as completed
        from facts.funnel(''all'', ''all'', false, now()) a
            cross join (values (true), (false)) as x (is_alone)
            cross join lateral (
                select coalesce(max(f.n_hidden), 1) as n_hidden, coalesce(bool_and(f.is_mature) filter (where not f.is_alone), true) as is_mature, bool_and(f.is_mature) filter (where f.is_alone) as is_mature_alone,
                    case when bool_or(f.is_alone) then max(f.cells[1]) filter (where f.is_alone) when max(f.n_hidden) = 0 then 0 end as enrolled,
                    case when bool_or(f.is_alone) then max(f.cells[3]) filter (where f.is_alone) when max(f.n_hidden) = 0 then 0 end as completed
                from by_cohort f where f.organisation = a.organisation and f.course = a.course) o
        where case when x.is_alone then o.enrolled else a.cells[1] - o.enrolled end is distinct from 0
        ), with_gain AS (',
    'WHEN (o.course IS NULL) THEN (0)::bigint', 'WHEN (o.course IS NULL) THEN case when c_1.n_alone = 0 then 0 end');
drop function facts.change(regprocedure, text[]);

do $$
declare
    v record;
begin
    for v in select p.oid::regprocedure as name, obj_description(p.oid, 'pg_proc') as says from pg_proc p
        where p.pronamespace = 'report'::regnamespace and 'by' = any (p.proargnames) and p.proname not in ('delivery', 'failures', 'equity', 'cost')
    loop
        execute format('comment on function %s is %L', v.name, v.says || ' By a property, a row that is not there has too few people, or nobody: it is no zero.');
    end loop;
end $$;

reset role;
