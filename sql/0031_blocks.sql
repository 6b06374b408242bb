-- Counts by a property and a period are told in whole blocks. Cell by cell (0013) what one table told gave away a cell of another: a
-- day on which all came by SMS told by its total how many of them there were, and the week of the same people what was left of it. And that
-- was calculated after the fact, by days not at all. Now a period is told where all longer ones around it are, and by a property for all
-- of its values or for none; what is left is nobody or 5 people and more; and where a row is missing nobody knows whether it would be empty.
-- So all that can be calculated is made of blocks of 5 people and more: it holds by construction, in days as in quarters, and takes less time.
-- Replaces core.safe of 0013 and 0029.

set local role waypost_owner;

-- By a property, of a table of periods: which counts may be seen. Values are taken in the order of their size, as many of the largest
-- twenty as let the most be seen (of people who were active, whose periods are no parts of each other, in one order for all periods, and none left out
-- between); the others are one. A count of a period is seen of all of these or of none, and only where each is nobody or
-- 5 people and more, and so is what it leaves of the count before it, and what all of a longer period is more than its parts that are seen.
-- So whatever is calculated from what is seen is made of whole blocks, none of which has 1 to 4 people.
-- p_may: what all longer periods and the total tell; p_seen: what the total tells. p_total, p_whole, p_above: of each node of the table (p_from
-- to p_to) that of all values, that of the period around it, and that of all values of the period around it.
create function core.told_by_property(p_n bigint[], p_near bigint[], p_width integer, p_n_near integer, p_near_of integer, p_is_chain boolean,
    p_from integer, p_to integer, p_level integer[], p_group integer[], p_place integer[], p_value integer[], p_total integer[], p_whole integer[],
    p_may boolean[], p_seen boolean[]) returns boolean[]
language plpgsql immutable
as $$
declare
    v_told boolean[] := array_fill(false, array[(p_to - p_from + 1) * p_width]);
    v_is_named boolean[] := array_fill(false, array[(select max(v) from unnest(p_value) v)]);
    v_rest bigint[] := p_n;                 -- of nodes of all values: those that are not named together
    v_rest_near bigint[] := p_near;
    v_set boolean[];                        -- of each node: what is seen of its period
    v_best boolean[];
    v_most numeric;
    v_sum numeric;
    v_first integer;
    v_end integer;
    v_values integer[];
    v_next integer;
    v_line integer;
    v_lines integer[];
    v_last integer;
    v_is_told boolean;
    v_is_any boolean;
    v_tried integer;
    v_named integer;
    v_x bigint;
    i integer;
    j integer;
begin
    v_first := p_from;
    while v_first <= p_to loop
        v_end := v_first;
        while v_end < p_to and p_group[v_end + 1] = p_group[v_first] loop
            v_end := v_end + 1;
        end loop;
        v_values := array(select p_value[k] from generate_series(v_first, v_end) k where p_n[(k - 1) * p_width + 1] > 0
            group by 1 order by max(p_near[(k - 1) * p_n_near + 1]) filter (where p_n_near > 0) desc, sum(p_n[(k - 1) * p_width + 1]) desc, 1);
        if cardinality(v_values) <= 1 then -- as its total
            for k in (v_first - p_from) * p_width + 1 .. (v_end - p_from + 1) * p_width loop
                v_told[k] := p_seen[k];
            end loop;
            v_first := v_end + 1;
            continue;
        end if;
        v_best := null;
        v_most := 0;
        v_next := 1;
        v_tried := 0;
        v_named := 0;
        loop
            -- One value more, or at the end the best of these.
            exit when v_next > least(cardinality(v_values), 20) or v_tried > 3;
            v_is_named[v_values[v_next]] := true;
            v_sum := 0;
            v_set := array_fill(false, array[(v_end - v_first + 1) * p_width]);
            i := v_first;
            while i <= v_end loop
                j := i;
                v_lines := '{}';
                v_is_any := false;
                loop
                    v_line := p_total[j];
                    if not v_line = any (v_lines) then
                        v_lines := v_lines || v_line;
                        for c in 1 .. p_width loop
                            v_rest[(v_line - 1) * p_width + c] := p_n[(v_line - 1) * p_width + c];
                        end loop;
                        for c in 1 .. p_n_near loop
                            v_rest_near[(v_line - 1) * p_n_near + c] := p_near[(v_line - 1) * p_n_near + c];
                        end loop;
                    end if;
                    if v_is_named[p_value[j]] then
                        v_lines := v_lines || j;
                        v_is_any := true;
                        for c in 1 .. p_width loop
                            v_rest[(v_line - 1) * p_width + c] := v_rest[(v_line - 1) * p_width + c] - p_n[(j - 1) * p_width + c];
                        end loop;
                        for c in 1 .. p_n_near loop
                            v_rest_near[(v_line - 1) * p_n_near + c] := v_rest_near[(v_line - 1) * p_n_near + c] - p_near[(j - 1) * p_n_near + c];
                        end loop;
                    end if;
                    exit when j = v_end or p_place[j + 1] <> p_place[i];
                    j := j + 1;
                end loop;
                v_last := 0;
                if v_is_any then
                    for c in 1 .. p_width loop
                        v_is_told := true;
                        foreach v_line in array v_lines loop
                            v_x := v_rest[(v_line - 1) * p_width + c];
                            v_is_told := not (v_x between 1 and 4 or p_is_chain and c > 1 and v_rest[(v_line - 1) * p_width + c - 1] between 1 and 4
                                    or p_is_chain and v_last > 0 and v_rest[(v_line - 1) * p_width + v_last] - v_x between 1 and 4)
                                and (v_line < p_from or p_may[(v_line - p_from) * p_width + c]);
                            if v_is_told and c = coalesce(p_near_of, c) then
                                for k in (v_line - 1) * p_n_near + 1 .. v_line * p_n_near loop
                                    v_is_told := v_is_told and coalesce(abs(v_rest_near[k] - v_x) not between 1 and 4, true);
                                end loop;
                            end if;
                            exit when not v_is_told;
                        end loop;
                        if v_is_told then
                            v_last := c;
                            for k in i .. j loop
                                v_set[(k - v_first) * p_width + c] := true;
                                v_sum := v_sum + case when v_is_named[p_value[k]] then p_n[(k - 1) * p_width + c] else 0 end;
                            end loop;
                        end if;
                    end loop;
                end if;
                i := j + 1;
            end loop;
            if v_sum > v_most then
                v_most := v_sum;
                v_best := v_set;
                v_best := v_set;
                v_named := v_next;
                v_tried := 0;
            else
                v_tried := v_tried + 1;
                v_is_named[v_values[v_next]] := p_n_near > 0;
            end if;
            v_next := v_next + 1;
        end loop;
        for k in v_named + 1 .. cardinality(v_values) loop
            v_is_named[v_values[k]] := false;
        end loop;
        if v_best is not null then
            v_best := core.told_of_wholes(p_n, p_width, p_is_chain, v_first, v_end, p_level, p_place, v_is_named, p_value, p_total, p_whole, v_best);
            for k in v_first .. v_end loop
                if v_is_named[p_value[k]] then
                    for c in 1 .. p_width loop
                        v_told[(k - p_from) * p_width + c] := v_best[(k - v_first) * p_width + c];
                    end loop;
                end if;
            end loop;
        end if;
        v_first := v_end + 1;
    end loop;
    return v_told;
end $$;

-- Of these as many less, the fewest people first, that what a longer period is more than its parts that are seen is nobody or 5 and more.
create function core.told_of_wholes(p_n bigint[], p_width integer, p_is_chain boolean, p_first integer, p_end integer, p_level integer[], p_place integer[],
    p_is_named boolean[], p_value integer[], p_total integer[], p_whole integer[], p_set boolean[]) returns boolean[]
language plpgsql immutable
as $$
declare
    v_set boolean[] := p_set;
    v_less integer[];
begin
    loop
        with nodes as (
            select k, p_place[k] as place, p_place[p_whole[k]] as around, p_total[k] as total, p_whole[k] as whole, p_total[p_whole[k]] as above
            from generate_series(p_first, p_end) k
            where p_whole[k] is not null),
        lines as ( -- of each period around and value that is named, and of all: what there is, and what its parts have
            select w.around, w.above, w.k as line, n.k as node, n.k
            from (select distinct n.around, a as k, p_total[a] as above from nodes n join generate_series(1, p_first - 1) a
                    on p_level[a] = p_level[n.whole] and p_place[a] = n.around and p_is_named[p_value[a]]) w
                left join nodes n on n.whole = w.k
            union all
            select n.around, n.above, n.above, n.total, min(n.k) from nodes n group by 1, 2, 3, 4),
        rests as materialized (
            select l.around, l.above, l.line, c, d, p_n[(l.line - 1) * p_width + c] - coalesce(sum(p_n[(l.node - 1) * p_width + c])
                filter (where v_set[(l.k - p_first) * p_width + d]), 0) as n
            from lines l cross join generate_series(1, p_width) d cross join generate_series(1, d) c
            where p_is_chain or c = d
            group by 1, 2, 3, 4, 5),
        both_rests as materialized (
            select * from rests
            union all -- the others, together
            select r.around, r.above, 0, r.c, r.d, sum(case when r.line = r.above then r.n else -r.n end) from rests r group by 1, 2, 4, 5),
        told as (select n.around, c, bool_or(v_set[(n.k - p_first) * p_width + c]) as is_told from nodes n cross join generate_series(1, p_width) c group by 1, 2),
        bad as (
            select distinct r.around, r.d
            from both_rests r join told t on t.around = r.around and t.c = r.d and t.is_told
                join both_rests w on w.around = r.around and w.above = r.above and w.line = r.line and w.c = r.d and w.d = r.d
            where case when r.c = r.d then r.n else r.n - w.n end between 1 and 4)
        select array_agg((x.k - p_first) * p_width + x.d) into v_less
        from (select n.k, b.d, dense_rank() over (partition by b.around, b.d order by p_n[(n.total - 1) * p_width + b.d], n.place) as place
            from bad b join nodes n on n.around = b.around and v_set[(n.k - p_first) * p_width + b.d] and p_n[(n.total - 1) * p_width + b.d] > 0) x
        where x.place = 1;
        exit when v_less is null;
        for i in 1 .. array_length(v_less, 1) loop
            v_set[v_less[i]] := false;
        end loop;
    end loop;
    return v_set;
end $$;

-- As before; of a table by a property and shorter periods what core.told_by_property says.
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
    v_skip integer;     -- tables between that of all and this one, which are other sums of the same
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
    select array_agg(x.total order by x.node), array_agg(x.whole order by x.node) into v_totals, v_wholes
    from (select i as node, max(p.parent) filter (where p.kin = 'total') as total, max(p.parent) filter (where p.kin = 'whole') as whole
        from generate_series(1, array_length(v_level, 1)) i left join unnest(v_parent, v_child, v_kin) as p (parent, child, kin) on p.child = i
        group by 1) x;
    for v_now in select distinct l from unnest(v_level) l order by l loop
        select min(i), max(i) into v_from, v_to from unnest(v_level) with ordinality as t (l, i) where l = v_now;
        if v_now >= (case when p_is_added_up or p_grain = 'all' then 58 else 50 end) then
            select array_agg(x.may order by x.child, x.c), array_agg(x.seen order by x.child, x.c)
            into v_may, v_seen
            from (select p.child, c, not bool_or(v_hidden[(p.parent - 1) * v_width + c]) and (not p_is_added_up
                        or count(*) filter (where p.kin in ('whole', 'around')) = (v_now - 50) / 4 - 1) as may,
                    not bool_or(v_hidden[(p.parent - 1) * v_width + c]) filter (where p.kin = 'total') as seen
                from unnest(v_parent, v_child, v_kin) as p (parent, child, kin) cross join generate_series(1, v_width) c
                where p.child between v_from and v_to group by p.child, c) x;
            v_told := core.told_by_property(v_n, v_near, v_width, case when not p_is_added_up then p_near else 0 end, p_near_of, p_is_chain, v_from, v_to,
                v_level, v_group, v_place, v_value, v_totals, v_wholes, v_may, v_seen);
            for i in 1 .. array_length(v_told, 1) loop
                v_hidden[(v_from - 1) * v_width + i] := not v_told[i];
            end loop;
            continue;
        end if;
        v_skip := case when v_now >= 50 then (select count(*) from unnest(v_level) l where l between 6 and 49) else 0 end;
        v_all := case when v_now >= 50 then (select count(*) from unnest(v_level) l where l < 6) else v_to end;
        select array_agg(p.parent), array_agg(p.child), array_agg(c) into v_sum, v_part, v_column
        from unnest(v_parent, v_child, v_is_crossed) as p (parent, child, is_crossed) cross join generate_series(1, v_width) c
        where p.child <= v_to and (v_now < 50 or v_level[p.parent] not between 6 and 49 and v_level[p.child] not between 6 and 49)
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
                    case when v_now < 8 or v_now >= 50 or not p_is_added_up then v_near[(i - 1) * p_near + 1:i * p_near] end, p_near_of);
                for c in 1 .. v_width loop
                    v_hidden[(i - 1) * v_width + c] := v_in_row[c] or v_torn[(i - 1) * v_width + c];
                end loop;
            end if;
        end loop;
        -- A period is told where all longer ones around it are: so what is left of these is made of whole periods.
        for v_cell in
            select (p.child - 1) * v_width + c
            from unnest(v_parent, v_child, v_kin) as p (parent, child, kin) cross join generate_series(1, v_width) c
            where v_level[p.child] = v_now and v_now between 8 and 49 and p.kin in ('whole', 'around') and v_hidden[(p.parent - 1) * v_width + c]
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
                v_leaks := core.found_out(v_n[1:v_all * v_width] || v_n[(v_all + v_skip) * v_width + 1:v_to * v_width],
                    v_hidden[1:v_all * v_width] || v_hidden[(v_all + v_skip) * v_width + 1:v_to * v_width], v_width, p_is_chain,
                    v_level[1:v_all] || v_level[v_all + v_skip + 1:v_to], array(select case when s > v_all then s - v_skip else s end from unnest(v_sum) s),
                    array(select case when s > v_all then s - v_skip else s end from unnest(v_part) s), v_column);
                v_leaks := array(select case when l > v_all * v_width then l + v_skip * v_width else l end from unnest(v_leaks) l);
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
    select k.organisation, k.course, k.item, k.period, k.value, k.is_mature,
        array(select case when not v_hidden[(k.n_hidden - 1) * v_width + c] then v_n[(k.n_hidden - 1) * v_width + c] end from generate_series(1, v_width) c order by c),
        (select count(*) from unnest(v_nodes) i cross join generate_series(1, v_width) c where v_hidden[(i.n_hidden - 1) * v_width + c])::integer, k.part
    from (select i.*, min(i.value) over w = max(i.value) over w as is_total from unnest(v_nodes) i window w as (partition by i.organisation, i.course, i.item)) k
    -- By a property, who is in a shorter period is told or not there: an empty row would say that there is somebody.
    where v_last < case when p_is_added_up or p_grain = 'all' then 58 else 50 end or k.is_total
        or exists (select from generate_series(1, v_width) c where not v_hidden[(k.n_hidden - 1) * v_width + c] and v_n[(k.n_hidden - 1) * v_width + c] > 0);
end $$;

reset role;
set local role report_owner;

-- Who was active is told although how they learned, or how many ever were, is not.
do $$
declare
    v_activity text := pg_get_functiondef('facts.activity(text, text)'::regprocedure);
    v_change text[];
begin
    foreach v_change slice 1 in array array[['JOIN ways w ON', 'LEFT JOIN ways w ON'], ['JOIN evers e ON', 'LEFT JOIN evers e ON']] loop
        if strpos(v_activity, v_change[1]) = 0 then
            raise exception 'facts.activity does not read as it did: %', v_change[1];
        end if;
        v_activity := replace(v_activity, v_change[1], v_change[2]);
    end loop;
    execute v_activity;
end $$;

reset role;
