-- What hides small counts takes time as there are cells, and no more. Of an organisation with 200 people and a year of days it ran into the
-- readers' timeout: of all values it looked at each pair of rows in every round for the totals, which know nothing of values; of the parts of
-- a longer period it took away one and counted all anew; of the values by name it looked at all periods again for each value, and of hundreds of
-- groups it tried all numbers of them. What is shown is the same, count for count; tests/sql/shield.sql counts the work.
-- Replaces core.told_by_property and core.told_of_wholes of 0031, core.told_of_all and core.safe of 0034.

set local role waypost_owner;

-- Of tables of all values (p_level < 50), from the coarsest on: which counts may not be seen (core.safe says by what rule). It knows nothing of the
-- values, so it takes as long for a report by a property as for one of all; and each table looks at what is in itself.
create function core.hidden_totals(p_n bigint[], p_near bigint[], p_width integer, p_n_near integer, p_near_of integer, p_is_chain boolean, p_added integer[],
    p_is_added_up boolean, p_level integer[], p_parent integer[], p_child integer[], p_is_crossed boolean[], p_kin text[], p_torn boolean[],
    p_week integer[], p_month integer[], p_both_column integer[], p_both bigint[]) returns boolean[]
language plpgsql immutable
as $$
declare
    v_hidden boolean[] := array_fill(false, array[cardinality(p_level) * p_width]);
    v_known boolean[] := v_hidden;
    v_in_row boolean[];
    v_parent integer[]; -- the pairs of this table
    v_child integer[];
    v_is_crossed boolean[];
    v_kin text[];
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
    for v_now, v_from, v_to in select l, min(i), max(i) from unnest(p_level) with ordinality as t (l, i) group by l order by l loop
        select array_agg(p.parent order by p.i), array_agg(p.child order by p.i), array_agg(p.is_crossed order by p.i), array_agg(p.kin order by p.i)
        into v_parent, v_child, v_is_crossed, v_kin
        from unnest(p_parent, p_child, p_is_crossed, p_kin) with ordinality as p (parent, child, is_crossed, kin, i) where p.child between v_from and v_to;
        select v_sum || array_agg(p.parent), v_part || array_agg(p.child), v_column || array_agg(c) into v_sum, v_part, v_column
        from unnest(v_parent, v_child, v_is_crossed) as p (parent, child, is_crossed) cross join generate_series(1, p_width) c
        where p_added is null or c = any (p_added) or not p.is_crossed;
        -- What is all of a sum that is seen.
        for v_cell in
            select (p.child - 1) * p_width + c
            from unnest(v_parent, v_child, v_is_crossed) as p (parent, child, is_crossed) cross join generate_series(1, p_width) c
            where (p_added is null or c = any (p_added) or not p.is_crossed) and not v_hidden[(p.parent - 1) * p_width + c]
                and p_n[(p.parent - 1) * p_width + c] = p_n[(p.child - 1) * p_width + c] and p_n[(p.child - 1) * p_width + c] > 0
        loop
            v_known[v_cell] := true;
            while v_now % 2 = 1 and (v_cell - 1) % p_width > 0 and p_n[v_cell - 1] = p_n[v_cell] loop
                v_cell := v_cell - 1; -- of parts equal counts are the same people
                v_known[v_cell] := true;
            end loop;
        end loop;
        v_in_row := array(
            select h.is_hidden or p_torn[(i - 1) * p_width + h.c]
            from generate_series(v_from, v_to) i
                cross join lateral unnest(core.hidden_in_row(array(select p_n[k] from generate_series((i - 1) * p_width + 1, i * p_width) k order by k),
                    array(select v_known[k] from generate_series((i - 1) * p_width + 1, i * p_width) k order by k), p_is_chain, case when v_now < 8 or not p_is_added_up
                    then array(select p_near[k] from generate_series((i - 1) * p_n_near + 1, i * p_n_near) k order by k) end, p_near_of)) with ordinality as h (is_hidden, c)
            order by i, h.c);
        for i in 1 .. cardinality(v_in_row) loop
            v_hidden[(v_from - 1) * p_width + i] := v_in_row[i];
        end loop;
        -- A period is told where all longer ones around it are: so what is left of these is made of whole periods.
        for v_cell in
            select (p.child - 1) * p_width + c
            from unnest(v_parent, v_child, v_kin) as p (parent, child, kin) cross join generate_series(1, p_width) c
            where v_now >= 8 and p.kin in ('whole', 'around') and v_hidden[(p.parent - 1) * p_width + c] and p_n[(p.child - 1) * p_width + c] > 0
        loop
            v_hidden[v_cell] := true;
        end loop;
        loop
            select array_agg(distinct m.cell) into v_more
            from (
                select (array_agg(x.cell order by x.is_bound, x.n, x.cell) filter (where x.n > 0 and not x.is_hidden and not x.is_known))[1] as cell
                from (select p.parent, c, (p.child - 1) * p_width + c as cell, p_n[(p.child - 1) * p_width + c] as n,
                        not p_is_added_up and exists (select from generate_series((p.child - 1) * p_n_near + 1, p.child * p_n_near) k
                            where p_near[k] = p_n[(p.child - 1) * p_width + c]) as is_bound,
                        v_hidden[(p.child - 1) * p_width + c] as is_hidden, v_known[(p.child - 1) * p_width + c] as is_known,
                        p_n[(p.parent - 1) * p_width + c] as n_whole, v_hidden[(p.parent - 1) * p_width + c] as is_whole_hidden
                    from unnest(v_parent, v_child, v_is_crossed) as p (parent, child, is_crossed) cross join generate_series(1, p_width) c
                    where p_added is null or c = any (p_added) or not p.is_crossed) x
                group by x.parent, x.c, x.n_whole, x.is_whole_hidden
                having case when x.is_whole_hidden then x.n_whole = sum(x.n) and x.n_whole > 0 and not bool_or(x.is_hidden)
                    else (bool_or(x.is_hidden) or x.n_whole - sum(x.n) between 1 and 4)
                        and (count(*) filter (where x.is_hidden) < 2 or coalesce(sum(x.n) filter (where x.is_hidden), 0) < 5) end
                union all
                select (i - 1) * p_width + core.told_in_row(array(select p_n[k] from generate_series((i - 1) * p_width + 1, i * p_width) k order by k),
                    array(select v_hidden[k] from generate_series((i - 1) * p_width + 1, i * p_width) k order by k),
                    array(select v_known[k] from generate_series((i - 1) * p_width + 1, i * p_width) k order by k))
                from generate_series(v_from, v_to) i where p_is_chain
                union all -- a week across two months, where a month is 1 to 4 more than it has of these and of the others that are seen
                select (array_agg((a.week - 1) * p_width + a.c order by a.n, a.week) filter (where a.is_seen and a.n > 0))[1]
                from (select w.week, w.month, w.c, w.n, not v_hidden[(w.week - 1) * p_width + w.c] as is_seen, coalesce(s.n, 0) as n_inside
                    from unnest(p_week, p_month, p_both_column, p_both) as w (week, month, c, n)
                        left join (select p.parent, c, sum(p_n[(p.child - 1) * p_width + c]) as n
                            from unnest(v_parent, v_child, v_kin) as p (parent, child, kin) cross join generate_series(1, p_width) c
                            where p.kin = 'whole' and not v_hidden[(p.child - 1) * p_width + c] group by 1, 2) s on s.parent = w.month and s.c = w.c
                    where w.week between v_from and v_to and not v_hidden[(w.month - 1) * p_width + w.c]) a
                group by a.month, a.c
                having p_n[(a.month - 1) * p_width + a.c] - min(a.n_inside) - coalesce(sum(a.n) filter (where a.is_seen), 0) between 1 and 4
                union all -- and its days, of each month by themselves
                select (array_agg(d.cell order by d.n, d.cell) filter (where d.is_seen and d.n > 0))[1]
                from (select w.week, w.month, w.c, w.n as n_both, (p.child - 1) * p_width + w.c as cell, p_n[(p.child - 1) * p_width + w.c] as n,
                        not v_hidden[(p.child - 1) * p_width + w.c] as is_seen
                    from unnest(p_week, p_month, p_both_column, p_both) as w (week, month, c, n)
                        join unnest(v_parent, v_child, v_kin) as p (parent, child, kin) on p.parent = w.week and p.kin = 'whole'
                        join unnest(v_parent, v_child, v_kin) as q (parent, child, kin) on q.child = p.child and q.parent = w.month and q.kin = 'around') d
                group by d.week, d.month, d.c, d.n_both
                having d.n_both - coalesce(sum(d.n) filter (where d.is_seen), 0) between 1 and 4) m
            where m.cell is not null and not v_hidden[m.cell];
            if v_more is null then
                v_leaks := core.found_out(p_n[1:v_to * p_width], v_hidden[1:v_to * p_width], p_width, p_is_chain, p_level[1:v_to], v_sum, v_part, v_column);
                -- Beside each that is found out the smallest that is seen in its row or that adds up with it; else all of this table.
                select array_agg(distinct m.cell) into v_more
                from (select (array_agg(o.cell order by v_known[o.cell], p_n[o.cell], o.cell))[1] as cell
                    from unnest(v_leaks) l
                        cross join lateral (
                            select (l - 1) / p_width * p_width + c as cell from generate_series(1, p_width) c
                            union all
                            select (b.part - 1) * p_width + b.c from unnest(v_sum, v_part, v_column) as a (sum, part, c)
                                join unnest(v_sum, v_part, v_column) as b (sum, part, c) using (sum, c)
                            where (l - 1) / p_width + 1 in (a.part, a.sum) and c = (l - 1) % p_width + 1) o
                    where p_level[(o.cell - 1) / p_width + 1] = v_now and not v_hidden[o.cell]
                    group by l) m;
                if v_more is null and v_leaks <> '{}' then
                    v_more := array(select k from generate_series((v_from - 1) * p_width + 1, v_to * p_width) k where not v_hidden[k]);
                    v_more := nullif(v_more, '{}');
                end if;
            end if;
            exit when v_more is null;
            foreach v_cell in array v_more loop
                v_hidden[v_cell] := true;
            end loop;
        end loop;
    end loop;
    return v_hidden;
end $$;

-- Whether what is left of longer periods, and of the values by name (p_lines) and all others of each (p_aboves), is nobody or 5 people and more
-- in a column; in a row of these or fewer also of what is counted before it.
create function core.is_rest_told(p_rest bigint[], p_width integer, p_is_chain boolean, p_column integer, p_lines integer[], p_aboves integer[], p_total integer[])
    returns boolean
language plpgsql immutable
as $$
declare
    v_n bigint;
    v_others bigint;
    v_above integer;
    v_line integer;
begin
    for c in case when p_is_chain then 1 else p_column end .. p_column loop
        foreach v_above in array p_aboves loop
            v_n := p_rest[(v_above - 1) * p_width + c] - case when c < p_column then p_rest[(v_above - 1) * p_width + p_column] else 0 end;
            v_others := v_n;
            if v_n between 1 and 4 then
                return false;
            end if;
            foreach v_line in array p_lines loop
                continue when p_total[v_line] <> v_above;
                v_n := p_rest[(v_line - 1) * p_width + c] - case when c < p_column then p_rest[(v_line - 1) * p_width + p_column] else 0 end;
                v_others := v_others - v_n;
                if v_n between 1 and 4 then
                    return false;
                end if;
            end loop;
            if v_others between 1 and 4 then
                return false;
            end if;
        end loop;
    end loop;
    return true;
end $$;

-- Of these as many less, the fewest people first, that what a longer period is more than its parts that are seen is nobody or 5 and more.
-- Each longer period and count by itself, all that is in it once; before, each that was taken away cost a look at all.
create or replace function core.told_of_wholes(p_n bigint[], p_width integer, p_is_chain boolean, p_first integer, p_end integer, p_level integer[], p_place integer[],
    p_is_named boolean[], p_value integer[], p_total integer[], p_whole integer[], p_set boolean[]) returns boolean[]
language plpgsql immutable
as $$
declare
    v_set boolean[] := p_set;
    v_rest bigint[] := p_n;     -- of each of v_lines and v_aboves: what they are more than their parts that are seen
    v_lines integer[];          -- what is around: the nodes of values that are named
    v_aboves integer[];         -- and of all values
    v_units integer[];          -- what lies in it: of each period and total the first node,
    v_seen boolean[];           -- and whether it is seen
    v_gone boolean[];           -- or no more
    v_unit integer[];           -- of each node of it: which of these
    v_first integer := p_first;
    v_end integer;
    v_around integer;
    v_least integer;
    k integer;
begin
    while v_first <= p_end loop
        if p_whole[v_first] is null then -- a week across two months
            v_first := v_first + 1;
            continue;
        end if;
        v_around := p_place[p_whole[v_first]];
        v_end := v_first;
        v_aboves := '{}';
        v_units := '{}';
        v_unit := '{}';
        while v_end <= p_end and coalesce(p_place[p_whole[v_end]] = v_around, false) loop
            if not p_total[p_whole[v_end]] = any (v_aboves) then
                v_aboves := v_aboves || p_total[p_whole[v_end]];
            end if;
            k := cardinality(v_units);
            while k > 0 and p_place[v_units[k]] = p_place[v_end] and p_total[v_units[k]] <> p_total[v_end] loop
                k := k - 1;
            end loop;
            if k = 0 or p_place[v_units[k]] <> p_place[v_end] then
                v_units := v_units || v_end;
                k := cardinality(v_units);
            end if;
            v_unit := v_unit || k;
            v_end := v_end + 1;
        end loop;
        v_lines := '{}';
        k := p_whole[v_first];
        while k > 1 and p_level[k - 1] = p_level[p_whole[v_first]] and p_place[k - 1] = v_around loop
            k := k - 1;
        end loop;
        while p_level[k] = p_level[p_whole[v_first]] and p_place[k] = v_around loop
            if p_is_named[p_value[k]] then
                v_lines := v_lines || k;
            end if;
            k := k + 1;
        end loop;
        for d in 1 .. p_width loop
            v_seen := '{}';
            foreach k in array v_units loop
                v_seen := v_seen || v_set[(k - p_first) * p_width + d];
            end loop;
            continue when not true = any (v_seen);
            for c in case when p_is_chain then 1 else d end .. d loop
                foreach k in array v_lines || v_aboves loop
                    v_rest[(k - 1) * p_width + c] := p_n[(k - 1) * p_width + c];
                end loop;
                for i in v_first .. v_end - 1 loop
                    if v_seen[v_unit[i - v_first + 1]] then
                        v_rest[(p_whole[i] - 1) * p_width + c] := v_rest[(p_whole[i] - 1) * p_width + c] - p_n[(i - 1) * p_width + c];
                        if i = v_units[v_unit[i - v_first + 1]] then
                            k := (p_total[p_whole[i]] - 1) * p_width + c;
                            v_rest[k] := v_rest[k] - p_n[(p_total[i] - 1) * p_width + c];
                        end if;
                    end if;
                end loop;
            end loop;
            loop
                exit when core.is_rest_told(v_rest, p_width, p_is_chain, d, v_lines, v_aboves, p_total);
                v_least := null;
                for u in 1 .. cardinality(v_units) loop
                    if v_seen[u] and p_n[(p_total[v_units[u]] - 1) * p_width + d] > 0 and (v_least is null
                        or p_n[(p_total[v_units[u]] - 1) * p_width + d] < p_n[(p_total[v_units[v_least]] - 1) * p_width + d]) then
                        v_least := u;
                    end if;
                end loop;
                exit when v_least is null;
                v_gone := '{}'; -- and of the same period what has as many
                for u in 1 .. cardinality(v_units) loop
                    v_gone := v_gone || (v_seen[u] and p_place[v_units[u]] = p_place[v_units[v_least]]
                        and p_n[(p_total[v_units[u]] - 1) * p_width + d] = p_n[(p_total[v_units[v_least]] - 1) * p_width + d]);
                    v_seen[u] := v_seen[u] and not v_gone[u];
                end loop;
                for i in v_first .. v_end - 1 loop
                    continue when not v_gone[v_unit[i - v_first + 1]];
                    for c in case when p_is_chain then 1 else d end .. d loop
                        k := (p_whole[i] - 1) * p_width + c;
                        v_rest[k] := v_rest[k] + p_n[(i - 1) * p_width + c];
                        if i = v_units[v_unit[i - v_first + 1]] then
                            k := (p_total[p_whole[i]] - 1) * p_width + c;
                            v_rest[k] := v_rest[k] + p_n[(p_total[i] - 1) * p_width + c];
                        end if;
                    end loop;
                    v_set[(i - p_first) * p_width + d] := false;
                end loop;
            end loop;
        end loop;
        v_first := v_end;
    end loop;
    return v_set;
end $$;

-- Of a period, where its named values allow these counts (as bits, c behind l at (c - 1) * p_width + l): which are told, as bits. p_rest: of all
-- values, from p_first to p_end of p_totals, what is not named.
create function core.told_in_period(p_n bigint[], p_width integer, p_n_near integer, p_near_of integer, p_is_chain boolean, p_rest bigint[], p_rest_near bigint[],
    p_allowed bigint, p_totals integer[], p_first integer, p_end integer) returns integer
language plpgsql immutable
as $$
declare
    v_told integer := 0;
    v_last integer := 0;
    v_is_told boolean;
    v_x bigint;
    t integer;
begin
    for c in 1 .. p_width loop
        continue when p_allowed >> ((c - 1) * p_width + v_last) & 1 = 0;
        for i in p_first .. p_end loop
            t := (p_totals[i] - 1) * p_width;
            v_x := p_rest[t + c];
            v_is_told := not (v_x between 1 and 4 or p_is_chain and c > 1 and p_rest[t + c - 1] between 1 and 4
                or v_last > 0 and p_rest[t + v_last] - v_x between 1 and 4);
            if v_is_told and c = coalesce(p_near_of, c) then
                for k in (p_totals[i] - 1) * p_n_near + 1 .. p_totals[i] * p_n_near loop
                    v_is_told := v_is_told and coalesce(abs(p_rest_near[k] - v_x) not between 1 and 4, true);
                end loop;
            end if;
            exit when not v_is_told;
        end loop;
        if v_is_told then
            v_last := case when p_is_chain then c else 0 end;
            v_told := v_told | (1 << c);
        end if;
    end loop;
    return v_told;
end $$;

-- As before, value after value: only periods that one more value is in are looked at again.
create or replace function core.told_by_property(p_n bigint[], p_near bigint[], p_width integer, p_n_near integer, p_near_of integer, p_is_chain boolean,
    p_from integer, p_to integer, p_level integer[], p_group integer[], p_place integer[], p_value integer[], p_total integer[], p_whole integer[],
    p_may boolean[], p_seen boolean[]) returns boolean[]
language plpgsql immutable
as $$
declare
    v_told boolean[] := array_fill(false, array[(p_to - p_from + 1) * p_width]);
    v_is_named boolean[] := array_fill(false, array[(select max(v) from unnest(p_value) v)]);
    v_rest bigint[] := p_n;                 -- of nodes of all values: those that are not named together
    v_rest_near bigint[] := p_near;
    v_first integer;
    v_end integer;
    v_values integer[];
    v_next integer;
    v_named integer;
    v_tried integer;
    v_may bigint[];         -- of each node: which counts it allows
    v_slot integer[];       -- of each node: its period, of which there are
    v_totals integer[];     -- the nodes of all values, those of a period from v_total_from on,
    v_total_from integer[];
    v_allowed bigint[];     -- which counts its named values allow,
    v_set integer[];        -- which are seen, as bits,
    v_sum bigint[];         -- and of how many people
    v_best integer[];
    v_most bigint;
    v_all bigint;
    v_nodes integer[];      -- of the value that is tried
    v_touched integer[];    -- its periods, and what they had before
    v_allowed_before bigint[];
    v_set_before integer[];
    v_sum_before bigint[];
    v_is_told boolean[];
    v_bits integer;
    v_people bigint;
    t integer;
    s integer;
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
        v_may := array(
            select sum(1::bigint << ((c - 1) * p_width + l)) filter (where p_may[(k - p_from) * p_width + c] and p_n[(k - 1) * p_width + c] not between 1 and 4
                and not (p_is_chain and c > 1 and p_n[(k - 1) * p_width + c - 1] between 1 and 4)
                and not (l > 0 and p_n[(k - 1) * p_width + l] - p_n[(k - 1) * p_width + c] between 1 and 4)
                and (c <> coalesce(p_near_of, c) or not exists (select from generate_series((k - 1) * p_n_near + 1, k * p_n_near) x
                    where abs(p_near[x] - p_n[(k - 1) * p_width + c]) between 1 and 4)))
            from generate_series(v_first, v_end) k cross join generate_series(1, p_width) c cross join lateral generate_series(0, case when p_is_chain then c - 1 else 0 end) l
            group by k order by k);
        v_slot := '{}';
        v_totals := '{}';
        v_total_from := '{}';
        for k in v_first .. v_end loop
            if k = v_first or p_place[k] <> p_place[k - 1] then
                v_total_from := v_total_from || cardinality(v_totals) + 1;
            end if;
            t := cardinality(v_totals);
            while t >= v_total_from[cardinality(v_total_from)] and v_totals[t] <> p_total[k] loop
                t := t - 1;
            end loop;
            if t < v_total_from[cardinality(v_total_from)] then
                v_totals := v_totals || p_total[k];
            end if;
            v_slot := v_slot || cardinality(v_total_from);
        end loop;
        v_allowed := array_fill(-1::bigint, array[cardinality(v_total_from)]);
        v_set := array_fill(0, array[cardinality(v_total_from)]);
        v_sum := array_fill(0::bigint, array[cardinality(v_total_from)]);
        v_total_from := v_total_from || cardinality(v_totals) + 1;
        v_best := null;
        v_most := 0;
        v_all := 0;
        v_next := 1;
        v_tried := 0;
        v_named := 0;
        loop
            -- One value more, or at the end the best of these.
            exit when v_next > least(cardinality(v_values), 20) or v_tried > 3;
            v_is_named[v_values[v_next]] := true;
            v_nodes := array(select k from generate_series(v_first, v_end) k where p_value[k] = v_values[v_next] order by k);
            v_touched := '{}';
            v_allowed_before := '{}';
            v_set_before := '{}';
            v_sum_before := '{}';
            foreach t in array v_nodes loop
                s := v_slot[t - v_first + 1];
                if v_touched = '{}' or v_touched[cardinality(v_touched)] <> s then
                    v_touched := v_touched || s;
                    v_allowed_before := v_allowed_before || v_allowed[s];
                    v_set_before := v_set_before || v_set[s];
                    v_sum_before := v_sum_before || v_sum[s];
                end if;
                v_allowed[s] := v_allowed[s] & coalesce(v_may[t - v_first + 1], 0);
                s := (p_total[t] - 1) * p_width;
                for c in 1 .. p_width loop
                    v_rest[s + c] := v_rest[s + c] - p_n[(t - 1) * p_width + c];
                end loop;
                for c in 1 .. p_n_near loop
                    v_rest_near[(p_total[t] - 1) * p_n_near + c] := v_rest_near[(p_total[t] - 1) * p_n_near + c] - p_near[(t - 1) * p_n_near + c];
                end loop;
            end loop;
            foreach s in array v_touched loop
                v_bits := core.told_in_period(p_n, p_width, p_n_near, p_near_of, p_is_chain, v_rest, v_rest_near, v_allowed[s], v_totals, v_total_from[s], v_total_from[s + 1] - 1);
                v_people := 0;
                for c in 1 .. p_width loop
                    continue when v_bits & (1 << c) = 0;
                    for i in v_total_from[s] .. v_total_from[s + 1] - 1 loop
                        t := (v_totals[i] - 1) * p_width + c;
                        v_people := v_people + p_n[t] - v_rest[t];
                    end loop;
                end loop;
                v_all := v_all - v_sum[s] + v_people;
                v_set[s] := v_bits;
                v_sum[s] := v_people;
            end loop;
            if v_all > v_most then
                v_most := v_all;
                v_best := v_set;
                v_named := v_next;
                v_tried := 0;
            else
                v_tried := v_tried + 1;
                if p_n_near = 0 then -- without it
                    v_is_named[v_values[v_next]] := false;
                    foreach t in array v_nodes loop
                        s := (p_total[t] - 1) * p_width;
                        for c in 1 .. p_width loop
                            v_rest[s + c] := v_rest[s + c] + p_n[(t - 1) * p_width + c];
                        end loop;
                    end loop;
                    for i in 1 .. cardinality(v_touched) loop
                        s := v_touched[i];
                        v_all := v_all - v_sum[s] + v_sum_before[i];
                        v_allowed[s] := v_allowed_before[i];
                        v_set[s] := v_set_before[i];
                        v_sum[s] := v_sum_before[i];
                    end loop;
                end if;
            end if;
            v_next := v_next + 1;
        end loop;
        for k in v_named + 1 .. cardinality(v_values) loop
            v_is_named[v_values[k]] := false;
        end loop;
        if v_best is not null then
            v_is_told := core.told_of_wholes(p_n, p_width, p_is_chain, v_first, v_end, p_level, p_place, v_is_named, p_value, p_total, p_whole,
                array(select (v_best[v_slot[k - v_first + 1]] >> c) & 1 = 1 from generate_series(v_first, v_end) k cross join generate_series(1, p_width) c order by k, c));
            for k in v_first .. v_end loop
                if v_is_named[p_value[k]] then
                    for c in 1 .. p_width loop
                        v_told[(k - p_from) * p_width + c] := v_is_told[(k - v_first) * p_width + c];
                    end loop;
                end if;
            end loop;
        end if;
        v_first := v_end + 1;
    end loop;
    return v_told;
end $$;

-- Of a column of a table without parts: how many of the largest values may be seen by name, the others together: the most that there can be.
create function core.longest_of_all(p_n bigint[], p_near bigint[], p_width integer, p_n_near integer, p_is_chain boolean, p_column integer, p_limit integer,
    p_total integer, p_node integer[], p_last integer, p_is_seen boolean) returns integer
language plpgsql immutable
as $$
declare
    v_longest integer := 0;
    v_rest bigint := p_n[(p_total - 1) * p_width + p_column];
    v_before_rest bigint := case when p_is_chain and p_last > 0 then p_n[(p_total - 1) * p_width + p_last] end;
    v_above_rest bigint := case when p_is_chain and p_column > 1 then p_n[(p_total - 1) * p_width + p_column - 1] end;
    v_near_rest bigint[];
    v_x bigint;
    v_before bigint;
    v_above bigint;
    v_is_told boolean;
    v_is_rest_told boolean;
    i integer;
begin
    for k in 1 .. p_n_near loop
        v_near_rest[k] := p_near[(p_total - 1) * p_n_near + k];
    end loop;
    for v in 1 .. case when p_is_seen then p_limit else 0 end loop
        i := (p_node[v] - 1) * p_width;
        v_x := p_n[i + p_column];
        v_before := case when v_before_rest is not null then p_n[i + p_last] end;
        v_above := case when v_above_rest is not null then p_n[i + p_column - 1] end;
        v_rest := v_rest - v_x;
        v_before_rest := v_before_rest - v_before;
        v_above_rest := v_above_rest - v_above;
        v_is_told := not (v_x between 1 and 4 or coalesce(v_above between 1 and 4, false) or coalesce(v_before - v_x between 1 and 4, false));
        v_is_rest_told := not (v_rest between 1 and 4 or coalesce(v_above_rest between 1 and 4, false) or coalesce(v_before_rest - v_rest between 1 and 4, false));
        for k in 1 .. p_n_near loop
            v_near_rest[k] := v_near_rest[k] - p_near[(p_node[v] - 1) * p_n_near + k];
            v_is_told := v_is_told and coalesce(abs(p_near[(p_node[v] - 1) * p_n_near + k] - v_x) not between 1 and 4, true);
            v_is_rest_told := v_is_rest_told and coalesce(abs(v_near_rest[k] - v_rest) not between 1 and 4, true);
        end loop;
        exit when not v_is_told;
        if v_is_rest_told then
            v_longest := v;
        end if;
    end loop;
    return v_longest;
end $$;

-- As before; of a table without parts at once.
create or replace function core.told_of_all(p_n bigint[], p_near bigint[], p_width integer, p_n_near integer, p_near_of integer, p_is_chain boolean, p_added integer[],
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
            if p_crossed is null then -- one part: as many as there can be
                v_n_best := core.longest_of_all(p_n, p_near, p_width, case when c = coalesce(p_near_of, c) then p_n_near else 0 end, p_is_chain, c, v_limit, v_totals[1],
                    v_node, v_last[1], v_seen[1]);
                v_best := '{1}';
            end if;
            for m in reverse case when p_crossed is null then 0 else v_limit end .. 1 loop
                v_parts := core.parts_of_all(p_n, p_near, p_width, case when c = coalesce(p_near_of, c) then p_n_near else 0 end, p_is_chain, c, m, v_totals, v_node,
                    cardinality(v_values), v_last, v_seen, case when p_crossed is not null and (p_added is null or c = any (p_added)) then v_crossed end);
                v_x := (select coalesce(sum(p_n[(v_node[(p - 1) * cardinality(v_values) + v] - 1) * p_width + c]), 0) from unnest(v_parts) p cross join generate_series(1, m) v
                    where v_node[(p - 1) * cardinality(v_values) + v] > 0);
                if v_parts <> '{}' and (v_n_best = 0 or v_x > v_most) then
                    v_n_best := m;
                    v_most := v_x;
                    v_best := v_parts;
                end if;
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

-- As before, of the totals by core.hidden_totals.
create or replace function core.safe(p_rows core.cell[], p_is_chain boolean default true, p_added integer[] default null, p_grain text default 'all',
    p_is_added_up boolean default true, p_near integer default 0, p_near_of integer default 1) returns setof core.cell
language plpgsql immutable
security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_seqscan = on -- as before
set enable_nestloop = off set plan_cache_mode = force_generic_plan -- as a constant, an array with nulls or rows is gone through from its beginning for each of them
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
    v_hidden boolean[];
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
    v_now integer;
    v_n_totals integer; -- nodes of tables of all values: they come first
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
    v_n_totals := (select count(*) from unnest(v_level) l where l < 50);
    v_hidden := core.hidden_totals(v_n[1:v_n_totals * v_width], v_near[1:v_n_totals * p_near], v_width, p_near, p_near_of, p_is_chain, p_added, p_is_added_up,
        v_level[1:v_n_totals], v_parent, v_child, v_is_crossed, v_kin, v_torn[1:v_n_totals * v_width], v_week, v_month, v_both_column, v_both)
        || array_fill(false, array[(array_length(v_level, 1) - v_n_totals) * v_width]);
    select array_agg(x.total order by x.node), array_agg(x.whole order by x.node), array_agg(x.crossed order by x.node) into v_totals, v_wholes, v_crossed
    from (select i as node, max(p.parent) filter (where p.kin = 'total') as total, max(p.parent) filter (where p.kin = 'whole') as whole,
            max(p.parent) filter (where p.is_crossed and v_level[p.parent] = v_level[i] - 1) as crossed
        from generate_series(1, array_length(v_level, 1)) i left join unnest(v_parent, v_child, v_kin, v_is_crossed) as p (parent, child, kin, is_crossed) on p.child = i
        group by 1) x;
    for v_now, v_from, v_to in select l, min(i), max(i) from unnest(v_level) with ordinality as t (l, i) where l >= 50 group by l order by l loop
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
