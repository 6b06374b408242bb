-- The indicators of docs/course-rules.md 3.2, as functions in schema report: rows are grouped by a period (grain) and
-- by one property of the learner (by), and counted before anything is hidden. Each reads the row views of 0010 or
-- those made here, so that a reader's organisations and nothing else are counted.

do $$
begin
    if not exists (select from pg_roles where rolname = 'analyst') then
        create role analyst nologin;
    end if;
end $$;

set local role waypost_owner;

-- Rare facts that indicators look for by kind.
create index event_rare on core.event (org_id, kind, at)
    where kind in ('consent_asked', 'stopped', 'rejoined', 'erased', 'session_opened', 'session_resumed', 'session_dropped',
        'survey_started', 'survey_declined', 'followup_sent');

-- A row of counts before anything is hidden. Its groups are organisation, course and item (a module, a question, a
-- channel ...); in a group stand the counts for each period, value and part.
create type core.cell as (organisation text, course text, item text, period date, value text, is_mature boolean, cells bigint[], n_hidden integer,
    part text);

-- The grains from the coarsest to this one; a week belongs to the month that it lies in as a whole, if there is one.
create function core.grains_of(p_grain text) returns text[]
language sql immutable parallel safe
return case p_grain when 'day' then array['all', 'quarter', 'month', 'week', 'day'] when 'week' then array['all', 'quarter', 'month', 'week']
    when 'month' then array['all', 'quarter', 'month'] when 'quarter' then array['all', 'quarter'] else array['all'] end;

-- Which counts of one row may not be seen by themselves: 1 to 4, parts of these, and where a count is a part of the one
-- before it (p_is_chain), what leaves 1 to 4 of the one that was seen last. p_known: counts that a coarser table tells;
-- next to one of them the other is hidden. p_near: what the count at p_near_of may not be 1 to 4 away from.
create function core.hidden_in_row(p_cells bigint[], p_known boolean[], p_is_chain boolean, p_near bigint[], p_near_of integer) returns boolean[]
language plpgsql immutable
as $$
declare
    v_hidden boolean[] := '{}';
    v_last integer; -- place of the count that was seen last
begin
    for c in 1 .. array_length(p_cells, 1) loop
        v_hidden[c] := p_cells[c] between 1 and 4 or p_is_chain and c > 1 and p_cells[c - 1] between 1 and 4;
        if p_is_chain and not v_hidden[c] and p_cells[v_last] - p_cells[c] between 1 and 4 then
            v_hidden[case when p_known[c] then v_last else c end] := true;
        end if;
        if c = coalesce(p_near_of, c) and not p_known[c] then
            v_hidden[c] := v_hidden[c] or exists (select from unnest(p_near) n where abs(n - p_cells[c]) between 1 and 4);
        end if;
        v_last := case when v_hidden[c] then v_last else c end;
    end loop;
    return v_hidden;
end $$;

-- What else of a row is to be hidden: the place of a count that is equal to a hidden one beside it, or to one that is
-- seen with hidden ones between them; null = there is none.
create function core.told_in_row(p_cells bigint[], p_hidden boolean[], p_known boolean[]) returns integer
language plpgsql immutable
as $$
declare
    v_last integer;
begin
    for c in 1 .. array_length(p_hidden, 1) loop
        if c > 1 and p_cells[c] = p_cells[c - 1] and p_cells[c] > 0 and p_hidden[c] <> p_hidden[c - 1]
                and not (p_known[c] or p_known[c - 1]) then
            return case when p_hidden[c] then c - 1 else c end;
        elsif not p_hidden[c] then
            if v_last < c - 1 and p_cells[v_last] = p_cells[c] and p_cells[c] > 0 and not (p_known[c] and p_known[v_last]) then
                return case when p_known[c] then v_last else c end;
            end if;
            v_last := c;
        end if;
    end loop;
    return null;
end $$;

-- Counts of 1 to 4 that whoever calculates finds out all the same, and those of a row (p_is_chain) that leave 1 to 4 of one
-- another or of what they are a part of: sums and their parts, and each count that is not more than the one before it, narrow one another down until
-- nothing moves. p_parent, p_child: the rows that are sums and those that they are sums of; p_level: of each row its table.
create function core.found_out(p_n bigint[], p_hidden boolean[], p_width integer, p_is_chain boolean, p_level integer[], p_parent integer[],
    p_child integer[], p_column integer[]) returns integer[]
language plpgsql immutable
as $$
declare
    v_low bigint[] := array(select case when not h then n when p_is_chain and (i - 1) % p_width = 0 and n > 0 then 1 else 0 end
        from unnest(p_n, p_hidden) with ordinality as t (n, h, i) order by i);
    v_high bigint[] := array(select case when h then 1000000000000 else n end from unnest(p_n, p_hidden) with ordinality as t (n, h, i) order by i);
    v_next_low bigint[];
    v_next_high bigint[];
begin
    for i in 1 .. 20 loop
        with pairs as (
            select p.parent, p.child, sum(v_low[p.child]) over w as low, sum(v_high[p.child]) over w as high, sum(p_n[p.child]) over w = p_n[p.parent] as is_whole
            from (select (parent - 1) * p_width + c as parent, (child - 1) * p_width + c as child, p_level[child] as level
                from unnest(p_parent, p_child, p_column) as p (parent, child, c)) p
            window w as (partition by p.parent, p.level)),
        bounds as (
            select n as cell, v_low[n] as low, v_high[n] as high from generate_series(1, array_length(p_n, 1)) n
            union all select distinct parent, low, case when is_whole then high end from pairs
            union all select child, case when is_whole then v_low[parent] - high + v_high[child] end, v_high[parent] - low + v_low[child] from pairs),
        cells as (select cell, (cell - 1) / p_width as place, max(low)::bigint as low, min(high)::bigint as high from bounds group by cell)
        select array_agg(t.low order by t.cell), array_agg(t.high order by t.cell) into v_next_low, v_next_high
        from (select cell, case when p_is_chain then max(low) over (partition by place order by cell desc) else low end as low,
                case when p_is_chain then min(high) over (partition by place order by cell) else high end as high from cells) t;
        exit when v_next_low = v_low and v_next_high = v_high;
        v_low := v_next_low;
        v_high := v_next_high;
    end loop;
    return array(
        select a from generate_series(1, array_length(p_n, 1)) a
        where v_low[a] = v_high[a] and (p_n[a] between 1 and 4 or p_is_chain and exists (
            select from generate_series(a - (a - 1) % p_width, a - (a - 1) % p_width + p_width - 1) b
            where v_low[b] = v_high[b] and abs(p_n[a] - p_n[b]) between 1 and 4))
        union
        select a from unnest(p_parent, p_child, p_column) as p (parent, child, c)
            cross join lateral (values ((p.parent - 1) * p_width + c, (p.child - 1) * p_width + c)) as x (b, a)
        where v_low[a] = v_high[a] and p_n[a] > 0 and v_low[b] = v_high[b] and p_n[b] - p_n[a] between 1 and 4
        order by a);
end $$;

-- Counts that may be seen (docs/course-rules.md 3.4, threshold 5), of a table and of all tables that are sums of it:
-- over the periods of coarser grains, over values, over parts. They are decided from the coarsest on, each by what was
-- decided before and by nothing else, so that a report hides the same count whichever way it is asked.
-- Hidden is what core.hidden_in_row says, and as many more, smallest first, that what a sum that is seen leaves beside
-- those of its counts that are seen is at least two of them and 5 people, and that a hidden sum cannot be added up; then as
-- many more, until core.found_out finds nothing (not by days: so few are seen that it would only cost time).
-- p_rows: for weeks a row for each day. p_added: which counts add up over parts; null = all. p_is_added_up: whether counts
-- of periods are sums of those of shorter ones (people who were active are not). p_near: that many counts behind those
-- of the row are shown elsewhere, of more or fewer of the same people as the one at p_near_of (null = all), and as many more
-- behind them for the row of all values. Comes back in the order of its keys, one row for each.
create function core.safe(p_rows core.cell[], p_is_chain boolean default true, p_added integer[] default null, p_grain text default 'all',
    p_is_added_up boolean default true, p_near integer default 0, p_near_of integer default 1) returns setof core.cell
language plpgsql immutable
security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_seqscan = on -- a reader has them off, and no right to what this calls; here is nothing but p_rows
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
    v_is_crossed boolean[]; -- whether the child is a part of the parent
    v_known boolean[];
    v_hidden boolean[];
    v_in_row boolean[];
    v_nodes core.cell[];
    v_last integer := 4 * array_length(v_grains, 1) + 2 + v_has_parts::integer;
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
        select g.grain, v.has_value, x.has_part, (g.place * 4 + v.has_value::integer * 2 + x.has_part::integer)::integer as level
        from unnest(v_grains) with ordinality as g (grain, place)
            cross join (select distinct unnest(array[true, not v_has_values]) as has_value) v
            cross join (select distinct unnest(array[v_has_parts, false]) as has_part) x),
    nodes as materialized (
        select k.*, row_number() over (order by k.level, k.organisation, k.course, k.item, k.period, k.value, k.part)::integer as node,
            concat_ws('/', k.level, quote_nullable(k.organisation), quote_nullable(k.course), quote_nullable(k.item), quote_nullable(k.period),
                quote_nullable(k.value), quote_nullable(k.part)) as key
        from (select t.level, t.grain, t.has_value, t.has_part, r.organisation, r.course, r.item,
                case when p_is_added_up then core.period_of(t.grain, r.period) else r.period end as period,
                case when t.has_value then r.value end as value, case when t.has_part then r.part end as part,
                bool_and(r.is_mature) as is_mature, array_agg(r.r) as rows
            from unnest(p_rows) with ordinality as r (organisation, course, item, period, value, is_mature, cells, n_hidden, part, r) cross join tables t
            group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) k),
    pairs as materialized (
        select a.node as parent, b.node as child, a.has_part <> b.has_part as is_crossed
        from nodes b
            join tables t on t.level < b.level and t.has_value <= b.has_value and t.has_part <= b.has_part
            join nodes a on a.key = concat_ws('/', t.level, quote_nullable(b.organisation), quote_nullable(b.course), quote_nullable(b.item),
                quote_nullable(case when p_is_added_up then core.period_of(t.grain, b.period) else b.period end),
                quote_nullable(case when t.has_value then b.value end), quote_nullable(case when t.has_part then b.part end))
        where not p_is_added_up or b.grain = 'all' or core.period_of(t.grain, b.period)
            is not distinct from core.period_of(t.grain, b.period + core.days_of(b.grain, b.period) - 1))
    select array(select n.level from nodes n order by n.node),
        array(select sum((p_rows[r]).cells[c])::bigint from nodes n cross join lateral unnest(n.rows) r cross join generate_series(1, v_width) c
            group by n.node, c order by n.node, c),
        array(select case when n.has_value then sum((p_rows[r]).cells[v_width + c])::bigint else max((p_rows[r]).cells[v_width + p_near + c]) end
            from nodes n cross join lateral unnest(n.rows) r cross join generate_series(1, p_near) c group by n.node, n.has_value, c order by n.node, c),
        array(select p.parent from pairs p order by p.child, p.parent), array(select p.child from pairs p order by p.child, p.parent),
        array(select p.is_crossed from pairs p order by p.child, p.parent),
        array(select p_is_added_up and n.grain = 'week' and exists (select from unnest(n.rows) r
                where date_trunc('month', n.period::timestamp) <> date_trunc('month', n.period + interval '6 days')
                group by date_trunc('month', (p_rows[r]).period::timestamp) having sum((p_rows[r]).cells[c]) between 1 and 4)
            from nodes n cross join generate_series(1, v_width) c order by n.node, c),
        array(select row(n.organisation, n.course, n.item, n.period, n.value, n.is_mature, null, n.node, n.part)::core.cell
            from nodes n where n.level = v_last order by n.node)
    into v_level, v_n, v_near, v_parent, v_child, v_is_crossed, v_torn, v_nodes;
    v_hidden := array_fill(false, array[array_length(v_level, 1) * v_width]);
    v_known := v_hidden;
    for v_now in select distinct l from unnest(v_level) l order by l loop
        select min(i), max(i) into v_from, v_to from unnest(v_level) with ordinality as t (l, i) where l = v_now;
        select array_agg(p.parent), array_agg(p.child), array_agg(c) into v_sum, v_part, v_column
        from unnest(v_parent, v_child, v_is_crossed) as p (parent, child, is_crossed) cross join generate_series(1, v_width) c
        where p.child <= v_to and (p_added is null or c = any (p_added) or not p.is_crossed);
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
        loop
            select array_agg(distinct m.cell) into v_more
            from (
                select (array_agg(x.cell order by x.n, x.cell) filter (where x.n > 0 and not x.is_hidden and not x.is_known))[1] as cell
                from (select p.parent, c, (p.child - 1) * v_width + c as cell, v_n[(p.child - 1) * v_width + c] as n,
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
                from generate_series(1, array_length(v_level, 1)) i where p_is_chain and v_level[i] = v_now) m
            where m.cell is not null and not v_hidden[m.cell];
            if v_more is null and v_now < 20 then
                v_leaks := core.found_out(v_n[1:v_to * v_width], v_hidden[1:v_to * v_width], v_width, p_is_chain, v_level, v_sum, v_part, v_column);
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
    from unnest(v_nodes) k;
end $$;

create function core.near_by(p_n bigint, p_m bigint) returns boolean
language sql immutable parallel safe
return coalesce(abs(p_n - p_m) between 1 and 4, false);

comment on function core.safe(core.cell[], boolean, integer[], text, boolean, integer, integer) is 'Counts that may be seen of a table, and of all tables that are sums of it.';

-- Of counts that only grow, in the order in which they may be seen first: 5 and more, and none that is 1 to 4 away from
-- one that is seen before it, or that is said to be near to something else.
create function core.safe_series(p_n bigint[], p_is_near boolean[] default '{}') returns bigint[]
language plpgsql immutable
as $$
declare
    v_seen bigint[] := array[]::bigint[];
    v_values bigint[] := array[0]::bigint[];
begin
    for i in 1 .. coalesce(array_length(p_n, 1), 0) loop
        if coalesce(p_is_near[i], false) or exists (select from unnest(v_values) v where abs(v - p_n[i]) between 1 and 4) then
            v_seen := v_seen || null::bigint;
        else
            v_seen := v_seen || p_n[i];
            if not p_n[i] = any (v_values) then
                v_values := v_values || p_n[i];
            end if;
        end if;
    end loop;
    return v_seen;
end $$;

-- Whether 5 people and more are behind a row, without sorting them: a bit for each of 61 kinds of people, so never more than there are.
create function core.person_bit(p_person bigint) returns bigint
language sql immutable parallel safe
return 1::bigint << (coalesce(p_person, 0) % 61)::integer;
create function core.is_of_five(p_bits bigint) returns boolean
language sql immutable parallel safe
return bit_count(p_bits::bit(64)) >= 5;

-- Percent of a shown part in a shown whole of 5 and more; and the ends of its 95 percent interval (Wilson).
create function core.percent(p_part bigint, p_whole bigint) returns numeric
language sql immutable parallel safe
return case when p_whole >= 5 then round(100.0 * p_part / p_whole, 1) end;
create function core.wilson(p_part bigint, p_whole bigint, p_sign integer) returns numeric
language sql immutable parallel safe
return case when p_whole >= 5 and p_part is not null then
    round((100 * (p_part::numeric / p_whole + 1.9208 / p_whole + p_sign * 1.96
        * sqrt(p_part::numeric / p_whole * (1 - p_part::numeric / p_whole) / p_whole + 0.9604 / (p_whole::numeric * p_whole)))
        / (1 + 3.8416 / p_whole)), 1) end;
-- How sure one may be of a mean: half of its 95 percent interval.
create function core.half_interval(p_deviation numeric, p_n bigint) returns numeric
language sql immutable parallel safe
return case when p_n >= 5 then round((1.96 * p_deviation / sqrt(p_n))::numeric, 2) end;

create function core.refuse(p_what text, p_said text, p_known text) returns text
language plpgsql immutable
as $$
begin
    raise exception '% cannot be %', p_what, coalesce(quote_literal(p_said), 'empty')
        using errcode = 'invalid_parameter_value', hint = 'Known are: ' || p_known || '.';
end $$;
create function core.period_of(p_grain text, p_day date) returns date
language sql immutable parallel safe
return case when p_grain in ('day', 'week', 'month', 'quarter') then date_trunc(p_grain, p_day::timestamp)::date
    when p_grain = 'all' then null
    else core.refuse('grain', p_grain, 'day, week, month, quarter, all')::date end;
-- A day later than in UTC: then it is over in every time zone.
create function core.is_period_over(p_grain text, p_period date, p_as_of timestamptz) returns boolean
language sql stable parallel safe
return p_grain <> 'all' and p_period + case p_grain when 'quarter' then interval '3 months' else ('1 ' || p_grain)::interval end
    + interval '1 day' <= p_as_of at time zone 'UTC';
create function core.days_of(p_grain text, p_period date) returns integer
language sql immutable parallel safe
return case when p_grain = 'day' then 1
    else (p_period + case p_grain when 'quarter' then interval '3 months' else ('1 ' || nullif(p_grain, 'all'))::interval end)::date - p_period end;
create function core.is_grain(p_grain text) returns boolean
language sql immutable parallel safe
return coalesce(core.period_of(p_grain, '2000-01-01') > '1900-01-01', true);
create function core.value_of(p_by text, p_language text, p_cohort text, p_country text, p_role smallint, p_channel text, p_via text)
returns text
language sql immutable parallel safe
return case p_by when 'all' then 'all' when 'language' then coalesce(p_language, 'und') when 'cohort' then coalesce(p_cohort, 'none')
    when 'country' then coalesce(p_country, 'none') when 'role' then coalesce(p_role::text, 'none')
    when 'channel' then coalesce(p_channel, 'none') when 'via' then coalesce(p_via, 'none')
    else core.refuse('by', p_by, 'all, language, cohort, country, role, channel, via') end;
-- Of a row for core.safe: weeks are counted by day.
create function core.row_day(p_grain text, p_day date) returns date
language sql immutable parallel safe
return case p_grain when 'week' then p_day else core.period_of(p_grain, p_day) end;
-- True, or refused: what is chosen freely tells of single people by what changes (docs/course-rules.md 3.4).
create function core.may_choose(p_what text, p_is_usual boolean) returns boolean
language plpgsql stable
as $$
begin
    if p_is_usual or pg_has_role(core.reader(), 'analyst', 'member') then
        return true;
    end if;
    raise exception 'only analysts choose %', p_what using errcode = 'insufficient_privilege',
        hint = 'Leave it out: the report then says how it stands now.';
end $$;
-- True, or refused: also where there is no row to look at.
create function core.is_property(p_by text) returns boolean
language sql immutable parallel safe
return core.value_of(p_by, null, null, null, null, null, null) is not null;
create function core.is_one_of(p_what text, p_said text, p_known text) returns boolean
language sql immutable parallel safe
return case when p_said = any (string_to_array(p_known, ', ')) then true else core.refuse(p_what, p_said, p_known)::boolean end;

grant usage on type core.cell to report_owner, coordinator;
grant execute on function core.safe(core.cell[], boolean, integer[], text, boolean, integer, integer), core.percent(bigint, bigint),
    core.wilson(bigint, bigint, integer), core.half_interval(numeric, bigint), core.refuse(text, text, text), core.period_of(text, date), core.days_of(text, date),
    core.is_period_over(text, date, timestamptz), core.value_of(text, text, text, text, smallint, text, text),
    core.is_grain(text), core.is_property(text), core.is_one_of(text, text, text)
    to report_owner, coordinator;
grant execute on function core.grains_of(text), core.safe_series(bigint[], boolean[]), core.near_by(bigint, bigint), core.row_day(text, date),
    core.may_choose(text, boolean), core.person_bit(bigint), core.is_of_five(bigint) to report_owner;
do $$
declare
    v_table text;
begin
    foreach v_table in array array['learner_unit', 'consent', 'message', 'unknown_input'] loop
        if not exists (select from pg_policies p where p.schemaname = 'core' and p.tablename = v_table and p.policyname = 'organisation') then
            if v_table = 'consent' then -- carries no organisation: its learner does
                execute 'create policy organisation on core.consent for select to report_owner
                    using (exists (select from core.learner l where l.learner = consent.learner))';
            else
                execute format('create policy organisation on core.%I for select to report_owner
                    using (org_id = any (array(select m.org_id from core.member m where m.login = core.reader())))', v_table);
            end if;
        end if;
    end loop;
end $$;
grant select on core.learner_unit, core.consent to report_owner;
grant select (learner, org_id, channel, class, purpose, status, created_at, sent_at, status_at, segments, encoding, price, currency, network, country)
    on core.message to report_owner;
grant select (learner, seq, n, org_id, at, unit, lang, channel, via, text) on core.unknown_input to report_owner;

reset role;
set local role report_owner;

-- ---- rows ----

create view facts.contacts with (security_barrier) as
select l.learner_id, o.code as organisation, (l.created_at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    (a.asked_at at time zone coalesce(c.time_zone, o.time_zone))::date as asked_date,
    a.asked_at is not null and g.at <= a.asked_at + interval '7 days' as is_in_within_7_days,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via,
    exists (select from core.enrolment n where n.org_id = l.org_id and n.learner = l.learner and n.consent_at is not null
        and (n.started_at is not null or n.stopped_at is null)) as is_enrolled, l.erased_at is not null as is_erased
from core.learner l
    join core.organisation o on o.org_id = l.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join (select e.org_id, e.learner, min(e.at) as asked_at from core.event e where e.kind = 'consent_asked' group by 1, 2) a
        on a.org_id = l.org_id and a.learner = l.learner
    left join (select g.learner, min(g.at) as at from core.consent g where g.purpose = 'course' and g.is_given group by 1) g
        on g.learner = l.learner
where not l.is_test;
comment on view facts.contacts is 'One row per person who ever wrote or dialled, also without joining.';
comment on column facts.contacts.learner_id is 'Pseudonym of the person.';
comment on column facts.contacts.organisation is 'Code of the organisation.';
comment on column facts.contacts.local_date is 'Day of the first message, in the time zone of the cohort or organisation.';
comment on column facts.contacts.asked_date is 'Day on which the consent text was first sent; empty = never.';
comment on column facts.contacts.is_in_within_7_days is 'Whether consent to the course came within 7 days of that.';
comment on column facts.contacts.lang is 'Language that the learner chose last.';
comment on column facts.contacts.cohort is 'Code of the cohort; empty = none.';
comment on column facts.contacts.country is 'Country of the phone number.';
comment on column facts.contacts.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.contacts.first_channel is 'Channel on which the person first came.';
comment on column facts.contacts.first_via is 'How: sms, ussd or call.';
comment on column facts.contacts.is_enrolled is 'Whether the person is enrolled in a course.';

create view facts.active_days with (security_barrier) as
select l.learner_id, o.code as organisation, a.day, a.n_sms, a.n_ussd, l.lang, c.code as cohort, l.country, l.role_choice,
    l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from core.active_day a
    join core.learner l on l.org_id = a.org_id and l.learner = a.learner
    join core.organisation o on o.org_id = a.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
where not l.is_test;
comment on view facts.active_days is 'One row per learner and day with at least one learning action.';
comment on column facts.active_days.learner_id is 'Pseudonym of the person.';
comment on column facts.active_days.organisation is 'Code of the organisation.';
comment on column facts.active_days.day is 'The day, in the time zone of the cohort or organisation.';
comment on column facts.active_days.n_sms is 'Learning actions by SMS on that day.';
comment on column facts.active_days.n_ussd is 'Learning actions by USSD on that day.';
comment on column facts.active_days.lang is 'Language that the learner chose last.';
comment on column facts.active_days.cohort is 'Code of the cohort; empty = none.';
comment on column facts.active_days.country is 'Country of the phone number.';
comment on column facts.active_days.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.active_days.first_channel is 'Channel on which the person first came.';
comment on column facts.active_days.first_via is 'How: sms, ussd or call.';

create view facts.units_done with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, x.position, x.module, x.module_position, x.module_kind, x.module_title,
    u.unit, x.kind as unit_kind, coalesce(x.title, x.text) as unit_title, x.item_version,
    (u.first_at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    u.choice, u.is_right, u.is_post_right, u.lang, c.code as cohort, l.country, l.role_choice, l.first_channel,
    l.first_via::text as first_via, l.erased_at is not null as is_erased
from core.learner_unit u
    join core.learner l on l.org_id = u.org_id and l.learner = u.learner
    join core.organisation o on o.org_id = u.org_id
    join core.course_version v on v.course_id = u.course_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join core.unit x on x.course_id = u.course_id and x.unit = u.unit
where not l.is_test;
comment on view facts.units_done is 'One row per learner and lesson, story or question with a learning action; of questions the first answer.';
comment on column facts.units_done.learner_id is 'Pseudonym of the person.';
comment on column facts.units_done.organisation is 'Code of the organisation.';
comment on column facts.units_done.course is 'Id of the course.';
comment on column facts.units_done.version is 'Version of the course.';
comment on column facts.units_done.position is 'Place of the unit in the course, from 1.';
comment on column facts.units_done.module is 'Id of the module.';
comment on column facts.units_done.module_position is 'Place of the module in the course, from 1.';
comment on column facts.units_done.module_kind is 'lessons, test, survey, followup or role.';
comment on column facts.units_done.module_title is 'Title of the module.';
comment on column facts.units_done.unit is 'Id of the lesson, story or question.';
comment on column facts.units_done.unit_kind is 'story, lesson or question.';
comment on column facts.units_done.unit_title is 'Its title, or the question.';
comment on column facts.units_done.item_version is 'Number of the wording of a question.';
comment on column facts.units_done.local_date is 'Day of the first learning action on it.';
comment on column facts.units_done.choice is 'Number of the option chosen first.';
comment on column facts.units_done.is_right is 'Whether the first answer (quiz, pre-test) was right; empty where nothing can be right.';
comment on column facts.units_done.is_post_right is 'Whether the first answer in the post-test was right.';
comment on column facts.units_done.lang is 'Language in which it was read or asked.';
comment on column facts.units_done.cohort is 'Code of the cohort; empty = none.';
comment on column facts.units_done.country is 'Country of the phone number.';
comment on column facts.units_done.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.units_done.first_channel is 'Channel on which the person first came.';
comment on column facts.units_done.first_via is 'How: sms, ussd or call.';

create view facts.messages with (security_barrier) as
select o.code as organisation, (m.created_at at time zone o.time_zone)::date as local_date, m.channel, m.class,
    coalesce(m.purpose, 'reply') as purpose, m.status::text as status, m.network as operator, m.country, l.lang, m.encoding,
    coalesce(m.segments, 0) as segments, m.price, m.currency,
    case when m.status in ('delivered', 'read') then round(extract(epoch from m.status_at - m.sent_at)) end as seconds_to_report,
    l.erased_at is not null as is_erased, m.learner as person
from core.message m
    join core.organisation o on o.org_id = m.org_id
    left join core.learner l on l.learner = m.learner
where l.is_test is not true;
comment on view facts.messages is 'One row per SMS that was sent or tried, without the person.';
comment on column facts.messages.organisation is 'Code of the organisation.';
comment on column facts.messages.local_date is 'Day on which it was made, in the time zone of the organisation.';
comment on column facts.messages.channel is 'Channel that it went by.';
comment on column facts.messages.class is 'reply (an answer), notice or push.';
comment on column facts.messages.purpose is 'What it was for.';
comment on column facts.messages.status is 'queued sending errored unknown sent undelivered delivered read failed capped.';
comment on column facts.messages.operator is 'Operator, as the provider names it; empty = not said.';
comment on column facts.messages.country is 'Country that it went to.';
comment on column facts.messages.lang is 'Language of the learner.';
comment on column facts.messages.encoding is 'gsm7 or ucs2.';
comment on column facts.messages.segments is 'Parts that were paid for.';
comment on column facts.messages.price is 'Its price, where the provider says one or the price list has one.';
comment on column facts.messages.currency is 'Currency of the price.';
comment on column facts.messages.seconds_to_report is 'Seconds from sending to the report of delivery.';

create view facts.not_understood with (security_barrier) as
select l.learner_id, o.code as organisation, (u.at at time zone o.time_zone)::date as local_date, coalesce(u.lang, 'und') as lang,
    coalesce(u.channel, 'none') as channel, u.via::text as via, u.unit, u.text as words,
    l.erased_at is not null as is_erased
from core.unknown_input u
    join core.learner l on l.org_id = u.org_id and l.learner = u.learner
    join core.organisation o on o.org_id = u.org_id
where not l.is_test;
comment on view facts.not_understood is 'One row per message that nobody could make sense of, masked, after the safeguarding filter; kept for 30 days.';
comment on column facts.not_understood.learner_id is 'Pseudonym of the person.';
comment on column facts.not_understood.organisation is 'Code of the organisation.';
comment on column facts.not_understood.local_date is 'Day, in the time zone of the organisation.';
comment on column facts.not_understood.lang is 'Language of the learner.';
comment on column facts.not_understood.channel is 'Channel that it came by.';
comment on column facts.not_understood.via is 'How: sms or ussd.';
comment on column facts.not_understood.unit is 'Lesson or question that was on the screen.';
comment on column facts.not_understood.words is 'What was written; runs of digits are masked.';

create view facts.session_steps with (security_barrier) as
select o.code as organisation, (e.at at time zone o.time_zone)::date as local_date, e.kind::text as what, e.channel, e.lang, l.erased_at is not null as is_erased, e.learner as person,
    e.kind = 'session_dropped' and exists (select from core.event x where x.org_id = e.org_id and x.learner = e.learner
        and x.at > e.at and x.at <= e.at + interval '24 hours' and x.kind in ('session_opened', 'session_resumed')) as is_taken_up
from core.event e
    join core.learner l on l.org_id = e.org_id and l.learner = e.learner
    join core.organisation o on o.org_id = e.org_id
where e.kind in ('session_opened', 'session_resumed', 'session_dropped') and not l.is_test;
comment on view facts.session_steps is 'One row per USSD session that was opened, dropped or taken up again, without the person.';
comment on column facts.session_steps.organisation is 'Code of the organisation.';
comment on column facts.session_steps.local_date is 'Day, in the time zone of the organisation.';
comment on column facts.session_steps.what is 'session_opened (from the start or a menu), session_resumed (dialled in the middle of a course) or session_dropped.';
comment on column facts.session_steps.channel is 'Channel of the session.';
comment on column facts.session_steps.lang is 'Language of the learner.';
comment on column facts.session_steps.is_taken_up is 'A dropped one: the learner dialled again within 24 hours.';

-- ---- the views that coordinators know ----

create view report.completion_rate with (security_barrier) as
select s.organisation, s.course, s.value as version, s.period as cohort_week, s.is_mature,
    s.cells[1] as enrolled, s.cells[2] as started, s.cells[3] as completed, s.cells[4] as certified,
    case when s.is_mature then core.percent(s.cells[3], s.cells[1]) end as percent_of_enrolled,
    case when s.is_mature then core.percent(s.cells[3], s.cells[2]) end as percent_of_started,
    s.n_hidden
from core.safe(array(
    select row(e.organisation, e.course, null, e.local_date, e.version, max(e.enrolled_at) <= now() - interval '70 days',
        array[count(*), count(e.started_at), count(e.completed_at), count(e.certified_at)], null, null)::core.cell
    from facts.enrolments e
    group by e.organisation, e.course, e.version, e.local_date), true, null, 'week') s;

-- What report.funnel shows; other reports show the same counts as it does.
create function facts.funnel(p_grain text, p_by text, p_mature_only boolean, p_as_of timestamptz) returns setof core.cell
language sql stable
begin atomic
    select s.*
    from core.safe(array(
        select row(e.organisation, e.course, null, core.row_day(p_grain, e.local_date), g.value, max(e.enrolled_at) <= p_as_of - interval '70 days',
            array[count(*), count(*) filter (where e.started_at <= p_as_of), count(*) filter (where e.completed_at <= p_as_of),
                count(*) filter (where e.certified_at <= p_as_of)], null, g.part)::core.cell
        from facts.enrolments e
            cross join lateral (values (core.value_of(p_by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via),
                case when p_mature_only then case when e.enrolled_at <= p_as_of - interval '70 days' then 'mature' else 'recent' end end)) as g (value, part)
        where e.enrolled_at <= p_as_of
        group by e.organisation, e.course, core.row_day(p_grain, e.local_date), g.value, g.part), true, null, p_grain) s
    where s.part is distinct from 'recent';
end;
revoke execute on function facts.funnel(text, text, boolean, timestamptz) from public;

create view report.drop_off with (security_barrier) as
with reached as (
    select c.org_id, c.course_id, c.unit, sum(c.reached)::bigint as reached
    from core.unit_cohort c
    group by 1, 2, 3),
gone as (
    select e.org_id, e.course_id, e.last_unit as unit, count(*) as left_here
    from core.enrolment e join core.learner l on l.learner = e.learner
    where e.last_unit is not null and e.completed_at is null and not l.is_test
        and (e.stopped_at is not null or e.last_at < now() - interval '14 days')
    group by 1, 2, 3),
counted as (
    select s.organisation, s.course, s.value as version, s.part as unit, s.cells, s.n_hidden
    from core.safe(array(
        select row(o.code, v.course, null, null, v.version, null, array[r.reached, coalesce(g.left_here, 0)], null, r.unit)::core.cell
        from reached r
            join core.organisation o on o.org_id = r.org_id
            join core.course_version v on v.course_id = r.course_id
            left join gone g on g.org_id = r.org_id and g.course_id = r.course_id and g.unit = r.unit
            left join core.unit u on u.course_id = r.course_id and u.unit = r.unit
        where r.reached > 0 and u.module_kind is distinct from 'followup'), true, array[2]) s)
select c.organisation, c.course, c.version, u.position, u.module, c.unit, u.title, u.text,
    c.cells[1] as reached, c.cells[2] as left_here, core.percent(c.cells[2], c.cells[1]) as percent_left, c.n_hidden
from counted c
    join core.course_version v on v.course = c.course and v.version = c.version
    left join core.unit u on u.course_id = v.course_id and u.unit = c.unit;

-- Who was active in the periods of p_grain and of all that are made of them, and of weeks, months and quarters; by a property of all.
create function facts.active(p_grain text, p_by text)
returns table (organisation text, grain text, place integer, period date, period_end date, value text, n bigint, n_sms bigint, n_ussd bigint, n_mixed bigint, n_days bigint)
language sql stable
begin atomic
    select p.organisation, p.grain, p.place::integer, p.period, case when p.grain = 'all' then 'infinity' else p.period + core.days_of(p.grain, p.period) end,
        p.value, count(*), count(*) filter (where p.n_ussd < 0.2 * (p.n_sms + p.n_ussd)), count(*) filter (where p.n_sms < 0.2 * (p.n_sms + p.n_ussd)),
        count(*) filter (where p.n_sms >= 0.2 * (p.n_sms + p.n_ussd) and p.n_ussd >= 0.2 * (p.n_sms + p.n_ussd)), sum(p.n_days)::bigint
    from (select a.organisation, g.grain, g.place, coalesce(core.period_of(g.grain, a.day), '-infinity') as period, v.value, a.learner_id,
            sum(a.n_sms) as n_sms, sum(a.n_ussd) as n_ussd, count(*) as n_days
        from facts.active_days a
            cross join lateral (values (core.value_of(p_by, a.lang, a.cohort, a.country, a.role_choice, a.first_channel, a.first_via))) as v (value)
            cross join unnest(core.grains_of('day')) with ordinality as g (grain, place)
        where g.grain in ('week', 'month', 'quarter') or g.grain = any (core.grains_of(p_grain)) or p_by <> 'all'
        group by 1, 2, 3, 4, 5, 6) p
    group by 1, 2, 3, 4, 5, 6;
end;

-- Active people by period and value: cells are active, by SMS only, by USSD only, mixed, ever active, days. A count is
-- hidden that is 1 to 4 away from that of a longer period. Of the counts of ever active those of the longest periods are
-- seen first, then those that no count that is seen already comes as near to.
create function facts.activity(p_grain text, p_by text) returns setof core.cell
language sql stable
set enable_hashjoin = on
begin atomic
    with counted as materialized (select * from facts.active(p_grain, p_by)),
    totals as materialized (select c.organisation, c.grain, c.period, sum(c.n)::bigint as n from counted c group by 1, 2, 3),
    wholes as materialized ( -- what each is a part of, the longest first; itself where it lies across
        select c.organisation, c.grain, c.period, c.value, array_agg(coalesce(a.n, c.n) order by g.place) as n, array_agg(coalesce(t.n, o.n) order by g.place) as n_total
        from counted c
            join totals o on o.organisation = c.organisation and o.grain = c.grain and o.period = c.period
            cross join unnest(core.grains_of('day')) with ordinality as g (grain, place)
            cross join lateral (values (case when g.grain = 'all' then '-infinity' when c.grain <> 'all' and core.period_of(g.grain, c.period)
                = core.period_of(g.grain, c.period_end - 1) then core.period_of(g.grain, c.period) end)) as w (period)
            left join counted a on a.organisation = c.organisation and a.value = c.value and a.grain = g.grain and a.period = w.period
            left join totals t on t.organisation = c.organisation and t.grain = g.grain and t.period = w.period
        where g.place < 5 and g.place <> c.place and (c.grain in ('week', 'month', 'quarter') or c.grain = p_grain)
        group by 1, 2, 3, 4),
    -- A period in which all people have one value tells by its total how many of this value there were: what it lies in must not
    -- be 1 to 4 more.
    told as materialized (
        select c.organisation, c.grain, c.period, c.value
        from counted d
            join totals t on t.organisation = d.organisation and t.grain = d.grain and t.period = d.period
            join counted c on c.organisation = d.organisation and c.value = d.value and c.place < d.place and c.n - d.n between 1 and 4
                and (c.grain = 'all' or core.period_of(c.grain, d.period) = c.period and core.period_of(c.grain, d.period_end - 1) = c.period)
        where d.value <> 'all' and t.n = d.n
        group by 1, 2, 3, 4),
    ends as materialized (
        select c.organisation, c.period_end, min(c.place) as place from counted c where c.grain = any (core.grains_of(p_grain)) group by 1, 2),
    firsts as (
        select a.organisation, v.value, a.learner_id, min(a.day) as day
        from facts.active_days a
            cross join lateral (values (core.value_of(p_by, a.lang, a.cohort, a.country, a.role_choice, a.first_channel, a.first_via))) as v (value)
        group by 1, 2, 3),
    begun as materialized (
        select f.organisation, x.value, f.day, sum(count(*)) over (partition by f.organisation, x.value order by f.day) as n
        from firsts f cross join lateral (values (f.value, false), ('', true)) as x (value, is_total)
        group by 1, 2, 3),
    ever as materialized (
        select e.organisation, v.value, e.period_end, e.place, coalesce((select max(b.n) from begun b where b.organisation = e.organisation and b.value = v.value
            and b.day < e.period_end), 0)::bigint as n
        from ends e join (select distinct organisation, value from begun) v on v.organisation = e.organisation),
    series as materialized (
        select e.organisation, e.value, array_agg(e.period_end order by e.place, e.period_end) as ends,
            core.safe_series(array_agg(e.n order by e.place, e.period_end), array_agg(exists (
                select from counted c left join wholes w on w.organisation = c.organisation and w.grain = c.grain and w.period = c.period and w.value = c.value
                where c.organisation = e.organisation and c.value = e.value and c.grain in ('week', 'month', 'quarter') and c.period_end <= e.period_end
                    and e.n - c.n between 1 and 4 and not exists (select from unnest(w.n) x where x - c.n between 1 and 4))
                order by e.place, e.period_end)) as seen
        from ever e group by 1, 2),
    active as (
        select s.* from core.safe(array(
            select row(c.organisation, null, null, c.period, c.value, null, array[c.n] || w.n || c.n + (o.value is not null)::integer || w.n_total || w.n_total[1],
                null, null)::core.cell
            from counted c
                join wholes w using (organisation, grain, period, value)
                left join told o using (organisation, grain, period, value)
            where c.grain = p_grain), true, null, p_grain, false, case p_grain when 'day' then 5 else 4 end) s),
    ways as (
        select s.organisation, s.period, s.value, max(s.cells[1]) filter (where s.part = 'sms') as sms, max(s.cells[1]) filter (where s.part = 'ussd') as ussd,
            max(s.cells[1]) filter (where s.part = 'mixed') as mixed
        from core.safe(array(
            select row(c.organisation, null, null, c.period, c.value, null, array[x.n] || array(select case x.part when 'sms' then k else 0 end from unnest(w.n || w.n_total) k),
                null, x.part)::core.cell
            from counted c join wholes w using (organisation, grain, period, value)
                cross join lateral (values ('sms', c.n_sms), ('ussd', c.n_ussd), ('mixed', c.n_mixed)) as x (part, n)
            where c.grain = p_grain), true, null, p_grain, false,
                case p_grain when 'day' then 4 else 3 end) s
        group by 1, 2, 3),
    evers as (
        select s.organisation, s.period, s.value, s.cells[1] as n
        from core.safe(array(
            select row(e.organisation, null, null, e.period_end, e.value, null, array[e.n,
                e.n + (v.seen[array_position(v.ends, e.period_end)] is null)::integer,
                t.n + (o.seen[array_position(o.ends, e.period_end)] is null)::integer], null, null)::core.cell
            from ever e
                join series v on v.organisation = e.organisation and v.value = e.value
                join ever t on t.organisation = e.organisation and t.value = '' and t.period_end = e.period_end
                join series o on o.organisation = e.organisation and o.value = ''
            where e.value <> '' and e.period_end in (select c.period_end from counted c where c.grain = p_grain and c.organisation = e.organisation)), true, null, p_grain, false, 1) s)
    select a.organisation, a.course, a.item, nullif(a.period, '-infinity'), a.value, a.is_mature,
        array[a.cells[1], w.sms, w.ussd, w.mixed, case when not core.near_by(e.n, c.n) then e.n end, c.n_days], a.n_hidden, a.part
    from active a
        join counted c on c.grain = p_grain and c.organisation = a.organisation and c.period = a.period and c.value = a.value
        join ways w on w.organisation = a.organisation and w.period = a.period and w.value = a.value
        join evers e on e.organisation = a.organisation and e.period = c.period_end and e.value = a.value;
end;
revoke execute on function facts.active(text, text), facts.activity(text, text) from public;
create function report.activity(grain text default 'month', by text default 'all')
returns table (organisation text, period_start date, value text, active bigint, sms_only bigint, ussd_only bigint, mixed bigint,
    mean_daily numeric, stickiness numeric, ever_active bigint, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.period, s.value, s.cells[1], s.cells[2], s.cells[3], s.cells[4],
        case when s.cells[1] is not null and grain in ('week', 'month', 'quarter') then round(s.cells[6]::numeric / core.days_of(grain, s.period), 1) end,
        case when s.cells[1] > 0 and grain = 'month' then round(s.cells[6]::numeric / core.days_of(grain, s.period) / s.cells[1], 2) end,
        s.cells[5], core.is_period_over(grain, s.period, now()), s.n_hidden
    from facts.activity(grain, by) s
    where core.is_grain(grain) and core.is_property(by)
    order by 1, 2, 3;
end;
comment on function report.activity(text, text) is
'B2 and B3: people with at least one learning action in the period (day: DAU, week: WAU, month: MAU); how they learned (mixed: at least a fifth by each of SMS and USSD); mean_daily: active people per day; stickiness: mean_daily / active; ever_active: up to the end of the period. Empty = too few to show.';
create view report.active_learners with (security_barrier) as
select p.organisation, g.period, p.period_start, p.active as active_learners, p.ever_active
from (values ('day'), ('week'), ('month')) as g (period) cross join lateral report.activity(g.period) p;

comment on view report.completion_rate is
'Completion by weekly cohort. Numerator: enrolled learners of the cohort who completed the course (all required modules and the post-test). Denominator: enrolled (consent not withdrawn before the first learning action), and started (at least one learning action). Window: from consent to now; rates only for mature cohorts, whose last consent is at least 70 days ago. Counts of 1 to 4, and what would reveal them, are empty.';
comment on column report.completion_rate.organisation is 'Code of the organisation.';
comment on column report.completion_rate.course is 'Id of the course.';
comment on column report.completion_rate.version is 'Version of the course.';
comment on column report.completion_rate.cohort_week is 'Monday of the ISO week of consent, in the time zone of the organisation.';
comment on column report.completion_rate.is_mature is 'True when everybody of the cohort has had 70 days.';
comment on column report.completion_rate.enrolled is 'Learners enrolled in that week. Empty = 1 to 4.';
comment on column report.completion_rate.started is 'Of these: with at least one learning action. Empty = too few to show.';
comment on column report.completion_rate.completed is 'Of these: completed the course so far. Empty = too few to show.';
comment on column report.completion_rate.certified is 'Of these: passed the post-test so far. Empty = too few to show.';
comment on column report.completion_rate.percent_of_enrolled is 'completed / enrolled in percent, mature cohorts only.';
comment on column report.completion_rate.percent_of_started is 'completed / started in percent, mature cohorts only.';
comment on column report.completion_rate.n_hidden is 'How many counts are hidden in the whole view. Do not add up what is left: report.funnel() has the totals.';

comment on view report.drop_off is
'Where learners leave. Numerator: learners whose last learning action was on this unit, who did not complete the course and stopped or were quiet for 14 days. Denominator: learners with at least one learning action on this unit. Window: the whole time up to now. Read it only where reached is 30 or more. Counts of 1 to 4, and what would reveal them, are empty.';
comment on column report.drop_off.organisation is 'Code of the organisation.';
comment on column report.drop_off.course is 'Id of the course.';
comment on column report.drop_off.version is 'Version of the course.';
comment on column report.drop_off.position is 'Place of the unit in the course, from 1.';
comment on column report.drop_off.module is 'Id of the module.';
comment on column report.drop_off.unit is 'Id of the lesson, story or question.';
comment on column report.drop_off.title is 'Its title, where it has one.';
comment on column report.drop_off.text is 'Its text, in the language of the course.';
comment on column report.drop_off.reached is 'Learners with a learning action on it. Empty = 1 to 4.';
comment on column report.drop_off.left_here is 'Of these: it was their last one. Empty = too few to show.';
comment on column report.drop_off.percent_left is 'left_here / reached in percent.';
comment on column report.drop_off.n_hidden is 'How many counts are hidden in the whole view.';

comment on view report.active_learners is
'Learners with at least one learning action in the period (a lesson page gone past or an answer). Publish the month together with ever_active. Counts of 1 to 4 are empty.';
comment on column report.active_learners.organisation is 'Code of the organisation.';
comment on column report.active_learners.period is 'day, week (Monday to Sunday) or month.';
comment on column report.active_learners.period_start is 'First day of the period, in the time zone of the organisation.';
comment on column report.active_learners.active_learners is 'Different learners with a learning action in the period. Empty = 1 to 4.';
comment on column report.active_learners.ever_active is 'Different learners with a learning action up to the end of the period. Empty = 1 to 4.';

-- ---- A and B: people ----

create function report.contact_counts(grain text default 'all', by text default 'all')
returns table (organisation text, period_start date, value text, contacts bigint, asked bigint, opted_in bigint, percent_opted_in numeric,
    percent_low numeric, percent_high numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.period, s.value, s.cells[1], s.cells[2], s.cells[3], core.percent(s.cells[3], s.cells[2]),
        core.wilson(s.cells[3], s.cells[2], -1), core.wilson(s.cells[3], s.cells[2], 1), core.is_period_over(grain, s.period, now()), s.n_hidden
    from core.safe(array(
        select row(c.organisation, null, null, core.row_day(grain, c.local_date), g.value, null,
            array[count(*), count(c.asked_date), count(*) filter (where c.is_in_within_7_days), count(*) filter (where g.is_enrolled),
                sum(count(*) filter (where g.is_enrolled)) over (partition by c.organisation)], null, null)::core.cell
        from facts.contacts c
            cross join lateral (values (core.value_of(by, c.lang, c.cohort, c.country, c.role_choice, c.first_channel, c.first_via),
                c.is_enrolled)) as g (value, is_enrolled)
        group by c.organisation, core.row_day(grain, c.local_date), g.value), true, null, grain, true, 1, null) s
    where core.is_grain(grain) and core.is_property(by)
    order by 1, 2, 3;
end;
comment on function report.contact_counts(text, text) is
'A1 contacts: people who ever wrote or dialled, by the day of the first time. A3 opt-in rate: opted_in (consent to the course within 7 days) / asked (were sent the consent text), with its 95 percent interval (Wilson). Empty = too few to show; n_hidden: cells hidden in the whole answer.';

create function report.funnel(grain text default 'all', by text default 'all', mature_only boolean default false, as_of timestamptz default now())
returns table (organisation text, course text, period_start date, value text, enrolled bigint, started bigint, completed bigint,
    certified bigint, percent_started numeric, percent_of_enrolled numeric, percent_of_started numeric, percent_low numeric,
    percent_high numeric, is_mature boolean, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.course, s.period, s.value, s.cells[1], s.cells[2], s.cells[3], s.cells[4], core.percent(s.cells[2], s.cells[1]),
        case when s.is_mature then core.percent(s.cells[3], s.cells[1]) end,
        case when s.is_mature then core.percent(s.cells[3], s.cells[2]) end,
        case when s.is_mature then core.wilson(s.cells[3], s.cells[2], -1) end,
        case when s.is_mature then core.wilson(s.cells[3], s.cells[2], 1) end,
        s.is_mature, core.is_period_over(grain, s.period, as_of), s.n_hidden
    from facts.funnel(grain, by, mature_only, as_of) s
    where core.is_grain(grain) and core.is_property(by) and core.may_choose('as_of', as_of = now())
    order by 1, 2, 3, 4;
end;
comment on function report.funnel(text, text, boolean, timestamptz) is
'A2 enrolled (consent not withdrawn before the first learning action), B1 started (at least one), C3 completed (all required modules and the post-test) and certified, by the day of consent. C4 completion: completed / enrolled and completed / started, only where everybody has had 70 days (is_mature; mature_only counts only those); the interval is that of completed / started. Empty = too few to show.';


-- Who was active in the last days, where no other count of people who were active comes as near as 1 to 4: those of the periods
-- that lie in these days or around them and, of 7 days, that of 28.
create function facts.rolling(p_days integer, p_by text, p_as_of date) returns setof core.cell
language sql stable
begin atomic
    with windows as materialized (
        select row_number() over (order by x.is_asked desc, x.first, x.past) as place, x.*
        from (select p_as_of - p_days + 1 as first, p_as_of + 1 as past, true as is_asked
            union select '-infinity', 'infinity', false
            union select p_as_of - 27, p_as_of + 1, false where p_days < 28
            union select core.period_of(g.grain, d.day::date), core.period_of(g.grain, d.day::date) + core.days_of(g.grain, core.period_of(g.grain, d.day::date)), false
            from generate_series(p_as_of - least(p_days, 366) + 1, p_as_of, interval '1 day') d (day) cross join (values ('day'), ('week'), ('month'), ('quarter')) as g (grain)) x
        where x.is_asked or x.first <= p_as_of - p_days + 1 and x.past > p_as_of or x.first > p_as_of - p_days and x.past <= p_as_of + 1),
    counted as materialized (
        select a.organisation, v.value, w.place, count(distinct a.learner_id) as n
        from facts.active_days a
            cross join lateral (values (core.value_of(p_by, a.lang, a.cohort, a.country, a.role_choice, a.first_channel, a.first_via))) as v (value)
            join windows w on a.day >= w.first and a.day < w.past
        group by 1, 2, 3),
    totals as materialized (select c.organisation, c.place, sum(c.n)::bigint as n from counted c group by 1, 2)
    select s.*
    from core.safe(array(
        select row(c.organisation, null, null, null, c.value, null, array[c.n]
            || array(select coalesce(k.n, 0) from windows w left join counted k on k.organisation = c.organisation and k.value = c.value and k.place = w.place
                where not w.is_asked order by w.place)
            || array(select coalesce(t.n, 0) from windows w left join totals t on t.organisation = c.organisation and t.place = w.place
                where not w.is_asked order by w.place), null, null)::core.cell
        from counted c where c.place = 1), false, null, 'all', false, (select count(*) - 1 from windows)::integer) s;
end;
revoke execute on function facts.rolling(integer, text, date) from public;

create function report.rolling(days integer default 28, by text default 'all', as_of date default current_date)
returns table (organisation text, value text, active bigint, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    -- A whole week or month is what report.activity shows as such.
    select s.organisation, s.value, s.cells[1], s.n_hidden
    from (
        select r.organisation, r.value, r.cells, r.n_hidden from facts.rolling(days, by, as_of) r
        where not (days = 7 and core.period_of('week', as_of) = as_of - 6)
            and not (core.period_of('month', as_of) = as_of - days + 1 and core.days_of('month', as_of - days + 1) = days)
        union all
        select a.organisation, a.value, a.cells, a.n_hidden from facts.activity('week', by) a
        where days = 7 and core.period_of('week', as_of) = as_of - 6 and a.period = as_of - 6
        union all
        select a.organisation, a.value, a.cells, a.n_hidden from facts.activity('month', by) a
        where core.period_of('month', as_of) = as_of - days + 1 and core.days_of('month', as_of - days + 1) = days and a.period = as_of - days + 1) s
    where core.is_property(by) and core.may_choose('days but 7 and 28, and as_of', days in (7, 28) and as_of = current_date)
    order by 1, 2;
end;
comment on function report.rolling(integer, text, date) is 'B2 over the last 7, 28 ... days up to as_of: people with at least one learning action. Empty = too few to show.';

create function report.standing(by text default 'all', as_of timestamptz default now())
returns table (organisation text, course text, value text, standing text, learners bigint, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    -- report.funnel tells how many started and how many of them completed: the others are divided here.
    with funnel as (
        select f.organisation, f.course, f.value, f.cells[3] as completed, (f.cells[2] is null or f.cells[3] is null)::integer as is_hidden
        from facts.funnel('all', by, false, as_of) f),
    totals as (
        select f.organisation, f.course, (f.cells[2] is null or f.cells[3] is null)::integer as is_hidden from facts.funnel('all', 'all', false, as_of) f),
    standings as (
        select e.organisation, e.course, g.value, g.standing, count(*) as n
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via),
                case when e.stopped_at <= as_of then 'stopped' when e.last_active_at <= as_of - interval '60 days' then 'lost'
                    when e.last_active_at <= as_of - interval '14 days' then 'dormant' else 'active' end)) as g (value, standing)
        where e.enrolled_at <= as_of and e.started_at <= as_of and (e.completed_at is null or e.completed_at > as_of)
        group by 1, 2, 3, 4),
    near as (
        select s.*, case when row_number() over value = 1 then sum(s.n) over (partition by s.organisation, s.course, s.value)::bigint end as n_value,
            sum(s.n) over (partition by s.organisation, s.course)::bigint as n_total
        from standings s window value as (partition by s.organisation, s.course, s.value order by s.standing))
    select s.organisation, s.course, s.value, s.part, s.cells[1], s.n_hidden
    from core.safe(array(
        select row(n.organisation, n.course, null, null, n.value, null, array[n.n, coalesce(n.n_value + f.is_hidden, 0), n.n_total + t.is_hidden], null, n.standing)::core.cell
        from near n
            join funnel f on f.organisation = n.organisation and f.course = n.course and f.value = n.value
            join totals t on t.organisation = n.organisation and t.course = n.course), true, null, 'all', true, 1) s
    where core.is_property(by) and core.may_choose('as_of', as_of = now())
    union all
    select f.organisation, f.course, f.value, 'completed', f.completed, f.is_hidden from funnel f where f.completed is distinct from 0
    order by 1, 2, 3, 4;
end;
comment on function report.standing(text, timestamptz) is
'B4: where those who started stand: active (a learning action within 14 days), dormant (14 to 60 days without one), lost (60 days), stopped, completed. Empty = too few to show.';

-- ---- C and D: how far, and where they leave ----

-- Of each module: reached, done in one way or the other, completed by its lessons, passed. Who caught up is the difference
-- of two of these, so report.modules and report.caught_up hide together.
create function facts.modules(p_by text) returns setof core.cell
language sql stable
begin atomic
    -- Readers' plans go by index only, so what belongs together is brought together by sorting, not by a join.
    with steps as (
        select u.organisation, u.course, u.module, g.value, u.learner_id, false as is_done, false as is_completed, false as is_passed
        from facts.units_done u
            cross join lateral (values (core.value_of(p_by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
        where u.module_kind = 'lessons'
        union all
        select m.organisation, m.course, m.module, null, m.learner_id, true, not m.via_catchup, coalesce(m.is_passed and not m.via_catchup, false)
        from facts.module_completions m)
    select s.*
    from core.safe(array(
        select row(x.organisation, x.course, x.module, null, x.value, null, array[count(*), count(*) filter (where x.is_done),
            count(*) filter (where x.is_completed), count(*) filter (where x.is_passed)], null, null)::core.cell
        from (select distinct w.organisation, w.course, w.module, w.value, w.learner_id, w.is_done, w.is_completed, w.is_passed
            from (select r.organisation, r.course, r.module, r.value, r.learner_id, bool_or(r.is_done) over person as is_done,
                    bool_or(r.is_completed) over person as is_completed, bool_or(r.is_passed) over person as is_passed
                from steps r window person as (partition by r.learner_id, r.course, r.module)) w
            where w.value is not null) x
        group by x.organisation, x.course, x.module, x.value)) s;
end;
revoke execute on function facts.modules(text) from public;

create function report.modules(by text default 'all')
returns table (organisation text, course text, module text, module_title text, value text, reached bigint, completed bigint, passed bigint,
    percent_completed numeric, percent_low numeric, percent_high numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with titles as materialized (
        select distinct on (u.course, u.module) u.course, u.module, u.module_title, u.module_position
        from facts.units_done u order by u.course, u.module, u.version desc)
    select s.organisation, s.course, s.item, t.module_title, s.value, s.cells[1], s.cells[3], s.cells[4], core.percent(s.cells[3], s.cells[1]),
        core.wilson(s.cells[3], s.cells[1], -1), core.wilson(s.cells[3], s.cells[1], 1), s.n_hidden
    from facts.modules(by) s
        left join titles t on t.course = s.course and t.module = s.item
    where core.is_property(by)
    order by 1, 2, t.module_position, 5;
end;
comment on function report.modules(text) is
'C1 and C2 for each module: reached (at least one learning action in it), completed (all lessons gone past and all quiz questions answered once, any score; not who caught up, see report.caught_up), passed (60 percent and more right at the first attempt); completed / reached with its 95 percent interval. Empty = too few to show.';

create function report.hazard(by text default 'all')
returns table (organisation text, course text, unit text, "position" integer, unit_title text, value text, reached bigint, left_here bigint,
    percent_left numeric, is_enough boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with steps as (
        select u.organisation, u.course, u.unit, g.value, u.learner_id, false as is_left
        from facts.units_done u
            cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
        where u.module_kind <> 'followup'
        union all
        select e.organisation, e.course, e.last_unit, null, e.learner_id, true
        from facts.enrolments e
        where e.completed_at is null and (e.stopped_at is not null or e.last_active_at < now() - interval '14 days')),
    titles as materialized (
        select distinct on (u.course, u.unit) u.course, u.unit, u."position", u.unit_title
        from facts.units_done u order by u.course, u.unit, u.version desc)
    select s.organisation, s.course, s.part, t."position", t.unit_title, s.value, s.cells[1], s.cells[2], core.percent(s.cells[2], s.cells[1]),
        s.cells[1] >= 30, s.n_hidden
    from core.safe(array(
        select row(w.organisation, w.course, null, null, w.value, null, array[count(*), count(*) filter (where w.is_left)], null, w.unit)::core.cell
        from (select r.organisation, r.course, r.unit, r.value, bool_or(r.is_left) over (partition by r.learner_id, r.course, r.unit) as is_left
            from steps r) w
        where w.value is not null
        group by w.organisation, w.course, w.unit, w.value), true, array[2]) s
        left join titles t on t.course = s.course and t.unit = s.part
    where core.is_property(by)
    order by 1, 2, 4, 6;
end;
comment on function report.hazard(text) is
'D1 drop-off: of those who reached a unit, who is dormant (14 days) or stopped and had it as the last one; order by percent_left desc and read the five highest where is_enough (reached by 30 and more). Empty = too few to show.';

create function report.time_to_complete(by text default 'all', as_of timestamptz default now())
returns table (organisation text, course text, value text, completed bigint, median_days numeric, p25_days numeric, p75_days numeric,
    started bigint, kaplan_meier_median_days integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with t as (
        select e.organisation, e.course, g.value, e.completed_at <= as_of as is_completed, e.enrolled_at <= as_of - interval '70 days' as is_mature,
            extract(epoch from least(e.completed_at, as_of) - e.started_at) / 86400 as days
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via)))
            as g (value)
        where e.started_at <= as_of),
    at_risk as (
        select t.organisation, t.course, t.value, ceil(t.days)::integer as day, count(*) filter (where t.is_completed) as n_done,
            sum(count(*)) over (partition by t.organisation, t.course, t.value order by ceil(t.days)::integer desc) as n_at_risk
        from t group by 1, 2, 3, 4),
    survival as (
        select r.organisation, r.course, r.value, r.day, sum(case when r.n_done = r.n_at_risk then -1000 else ln(1 - r.n_done / r.n_at_risk) end)
            over (partition by r.organisation, r.course, r.value order by r.day) as log_left
        from at_risk r)
    select t.organisation, t.course, t.value, min(m.cells[3]),
        case when min(m.cells[3]) >= 5 then round((percentile_cont(0.5) within group (order by t.days)
            filter (where t.is_completed and t.is_mature))::numeric, 1) end,
        case when min(m.cells[3]) >= 5 then round((percentile_cont(0.25) within group (order by t.days)
            filter (where t.is_completed and t.is_mature))::numeric, 1) end,
        case when min(m.cells[3]) >= 5 then round((percentile_cont(0.75) within group (order by t.days)
            filter (where t.is_completed and t.is_mature))::numeric, 1) end,
        min(f.cells[2]),
        case when min(f.cells[2]) >= 5 and min(f.cells[3]) is not null then (select min(s.day) from survival s
            where s.organisation = t.organisation and s.course = t.course and s.value = t.value and s.log_left <= ln(0.5)) end
    from t
        left join facts.funnel('all', by, false, as_of) f on f.organisation = t.organisation and f.course = t.course and f.value = t.value
        left join facts.funnel('all', by, true, as_of) m on m.organisation = t.organisation and m.course = t.course and m.value = t.value
    where core.is_property(by) and core.may_choose('as_of', as_of = now())
    group by t.organisation, t.course, t.value
    order by 1, 2, 3;
end;
comment on function report.time_to_complete(text, timestamptz) is
'D2: days from the first learning action to completion: median and quartiles of those who completed in mature cohorts, and the median by Kaplan and Meier, in which who has not completed yet counts as long as he or she has had time (empty: not yet half). Empty = too few to show.';

-- ---- E: questions ----

create function report.items(by text default 'all')
returns table (organisation text, course text, unit text, module text, question text, value text, answered bigint, n_right bigint, p numeric,
    p_low numeric, p_high numeric, is_enough boolean, discrimination numeric, difference_to_all numeric, flag text, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with answers as (
        select u.organisation, u.course, u.unit, g.value, u.learner_id, u.is_right::integer as x,
            sum(u.is_right::integer) over learner as n_right, count(*) over learner as n
        from facts.units_done u
            cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
        where u.module_kind = 'lessons' and u.is_right is not null
        window learner as (partition by u.learner_id, u.course)),
    rest as (
        select a.organisation, a.course, a.unit, a.value, corr(a.x, (a.n_right - a.x)::numeric / (a.n - 1)) as r, count(*) as n
        from answers a
        where a.n >= 12
        group by 1, 2, 3, 4),
    thirds as ( -- of each question, by what the learner did elsewhere
        select t.*, ntile(3) over (partition by t.organisation, t.course, t.unit order by (t.n_right - t.x)::numeric / nullif(t.n - 1, 0), t.learner_id) as third
        from answers t),
    dif as (
        select v.organisation, v.course, v.unit, v.value, sum(v.n * (v.p - w.p)) / sum(v.n) as difference
        from (select t.organisation, t.course, t.unit, t.value, t.third, avg(t.x) as p, count(*) as n from thirds t group by 1, 2, 3, 4, 5) v
            join (select t.organisation, t.course, t.unit, t.third, avg(t.x) as p from thirds t group by 1, 2, 3, 4) w
            using (organisation, course, unit, third)
        group by 1, 2, 3, 4),
    titles as materialized (
        select distinct on (u.course, u.unit) u.course, u.unit, u.module, u."position", u.unit_title
        from facts.units_done u order by u.course, u.unit, u.version desc)
    select s.organisation, s.course, s.item, t.module, t.unit_title, s.value, s.cells[1], s.cells[2], round(s.cells[2]::numeric / nullif(s.cells[1], 0), 2),
        round(core.wilson(s.cells[2], s.cells[1], -1) / 100, 2), round(core.wilson(s.cells[2], s.cells[1], 1) / 100, 2), s.cells[1] >= 30,
        case when r.n >= 100 then round(r.r::numeric, 2) end,
        case when s.cells[1] >= 50 and by <> 'all' then round(d.difference, 2) end,
        nullif(concat_ws(', ', case when s.cells[1] >= 30 and s.cells[2]::numeric / s.cells[1] < 0.30 then 'hard' end,
            case when s.cells[1] >= 30 and s.cells[2]::numeric / s.cells[1] > 0.95 then 'easy' end,
            case when r.n >= 100 and r.r < 0 then 'stop this question' when r.n >= 100 and r.r < 0.15 then 'tells little' end,
            case when s.cells[1] >= 50 and by = 'language' and abs(d.difference) > 0.15 then 'check the translation' end), ''), s.n_hidden
    from core.safe(array(
        select row(a.organisation, a.course, a.unit, null, a.value, null, array[count(*), sum(a.x)], null, null)::core.cell
        from answers a group by a.organisation, a.course, a.unit, a.value)) s
        left join rest r on r.organisation = s.organisation and r.course = s.course and r.unit = s.item and r.value = s.value and s.cells[1] is not null
        left join dif d on d.organisation = s.organisation and d.course = s.course and d.unit = s.item and d.value = s.value
        left join titles t on t.course = s.course and t.unit = s.item
    where core.is_property(by)
    order by 1, 2, t."position", 6;
end;
comment on function report.items(text) is
'E1 difficulty p: right first answers / first answers (quiz, alone), read it where is_enough (30 answers). E2 discrimination: point-biserial correlation with the other first answers of the same people, from 100 people with 12 answers. E4 difference_to_all: to people of all values in the same third of the rest score, from 50 answers. flag: hard (p < 0.30), easy (p > 0.95), tells little (< 0.15), stop this question (< 0), check the translation (by language, difference over 0.15). Empty = too few to show.';

create function report.distractors(by text default 'all')
returns table (organisation text, course text, unit text, value text, choice integer, n bigint, percent numeric, percent_of_best numeric,
    is_right boolean, flag text, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with answers as (
        select u.organisation, u.course, u.unit, g.value, u.choice, u.is_right, u.learner_id,
            sum(u.is_right::integer) over learner::numeric / count(*) over learner as score
        from facts.units_done u
            cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
        where u.module_kind = 'lessons' and u.is_right is not null and u.choice is not null
        window learner as (partition by u.learner_id, u.course)),
    ranked as (
        select a.*, percent_rank() over (partition by a.organisation, a.course, a.unit, a.value order by a.score desc) <= 0.27 as is_best
        from answers a),
    shares as (
        select r.organisation, r.course, r.unit, r.value, r.choice, bool_or(r.is_right) as is_right, count(*) as n,
            sum(count(*)) over item as n_all, count(*) filter (where r.is_best) as n_best, sum(count(*) filter (where r.is_best)) over item as n_all_best
        from ranked r
        group by 1, 2, 3, 4, 5
        window item as (partition by r.organisation, r.course, r.unit, r.value))
    select s.organisation, s.course, s.item, s.value, s.part::integer, s.cells[1],
        case when bool_and(s.cells[1] is not null) over item then core.percent(s.cells[1], h.n_all::bigint) end,
        case when bool_and(s.cells[1] is not null) over item and h.n_all_best >= 30 and h.n_best not between 1 and 4 then round(100 * h.n_best / h.n_all_best, 1) end,
        h.is_right,
        case when h.n_all < 30 or h.is_right or s.cells[1] is null then null when h.n < 0.05 * h.n_all then 'dead'
            when h.n_best > (select max(k.n_best) from shares k where k.is_right and k.organisation = h.organisation and k.course = h.course
                and k.unit = h.unit and k.value = h.value) then 'wrong key?' end, s.n_hidden
    from core.safe(array(
        select row(h.organisation, h.course, h.unit, null, h.value, null, array[h.n, case when h.is_right then h.n else 0 end], null, h.choice::text)::core.cell
        from shares h)) s
        join shares h on h.organisation = s.organisation and h.course = s.course and h.unit = s.item and h.value = s.value and h.choice::text = s.part
    where core.is_property(by)
    window item as (partition by s.organisation, s.course, s.item, s.value)
    order by 1, 2, 3, 4, 5;
end;
comment on function report.distractors(text) is
'E3: how often each option was chosen first, of all and of the best 27 percent; flag: dead (under 5 percent), wrong key? (the best chose it more often than the right one). Empty = too few to show.';

-- ---- F: what was learned ----

create function report.scores(by text default 'all')
returns table (organisation text, course text, value text, band text, learners bigint, percent numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with bands as (
        select x.organisation, x.course, x.value, case when x.share < 0.4 then '0-39' when x.share < 0.6 then '40-59' when x.share < 0.8 then '60-79'
            else '80-100' end as band, count(*) as n
        from (select u.organisation, u.course, g.value, avg(u.is_right::integer) as share
            from facts.units_done u
                cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
            where u.module_kind = 'lessons' and u.is_right is not null
            group by u.organisation, u.course, g.value, u.learner_id) x
        group by 1, 2, 3, 4)
    select s.organisation, s.course, s.value, s.part, s.cells[1],
        case when bool_and(s.cells[1] is not null) over (partition by s.organisation, s.course, s.value) then
            core.percent(s.cells[1], (select sum(b.n) from bands b where b.organisation = s.organisation and b.course = s.course and b.value = s.value)::bigint) end,
        s.n_hidden
    from core.safe(array(select row(b.organisation, b.course, null, null, b.value, null, array[b.n], null, b.band)::core.cell from bands b)) s
    where core.is_property(by)
    order by 1, 2, 3, 4;
end;
comment on function report.scores(text) is 'F1: people by the share of quiz questions that they had right at the first attempt. Empty = too few to show.';

create function report.gain(by text default 'all')
returns table (organisation text, course text, version text, value text, n bigint, questions integer, pre_mean numeric, post_mean numeric, gain numeric,
    gain_plus_minus numeric, effect_size numeric, percent_higher numeric, percent_same numeric, percent_lower numeric, normalised_gain numeric,
    n_without_post bigint, pre_mean_without_post numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with tests as (
        select u.organisation, u.course, u.version, g.value, u.learner_id, count(u.is_right) as n_pre, count(u.is_post_right) as n_post,
            count(*) filter (where u.is_right) as pre, count(*) filter (where u.is_post_right) as post
        from facts.units_done u
            cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
        where u.module_kind = 'test'
        group by 1, 2, 3, 4, 5),
    whole as (select t.course, t.version, max(t.n_pre) as questions from tests t group by 1, 2),
    pairs as (
        select t.*, w.questions, t.n_pre = w.questions and t.n_post = w.questions as is_pair, t.n_pre = w.questions and t.n_post < w.questions as is_left
        from tests t join whole w using (course, version)),
    outcomes as (
        select o.organisation, o.course, o.item as version, o.value, coalesce(max(o.cells[1]) filter (where o.part = 'higher'), case when not 'higher' = any (array_agg(o.part)) then 0 end) as higher,
            coalesce(max(o.cells[1]) filter (where o.part = 'same'), case when not 'same' = any (array_agg(o.part)) then 0 end) as same,
            coalesce(max(o.cells[1]) filter (where o.part = 'lower'), case when not 'lower' = any (array_agg(o.part)) then 0 end) as lower
        from core.safe(array(
            select row(k.organisation, k.course, k.version, null, k.value, null, array[count(*)], null,
                case when k.post > k.pre then 'higher' when k.post = k.pre then 'same' else 'lower' end)::core.cell
            from pairs k where k.is_pair group by k.organisation, k.course, k.version, k.value, sign(k.post - k.pre),
                case when k.post > k.pre then 'higher' when k.post = k.pre then 'same' else 'lower' end)) o
        group by 1, 2, 3, 4)
    select p.organisation, p.course, p.version, p.value, min(s.cells[1]), max(p.questions)::integer,
        case when min(s.cells[1]) >= 5 then round(avg(p.pre) filter (where p.is_pair), 2) end,
        case when min(s.cells[1]) >= 5 then round(avg(p.post) filter (where p.is_pair), 2) end,
        case when min(s.cells[1]) >= 5 then round(avg(p.post - p.pre) filter (where p.is_pair), 2) end,
        core.half_interval(stddev_samp(p.post - p.pre) filter (where p.is_pair), min(s.cells[1])),
        case when min(s.cells[1]) >= 5 then round(avg(p.post - p.pre) filter (where p.is_pair)
            / nullif(stddev_samp(p.post - p.pre) filter (where p.is_pair), 0), 2) end,
        core.percent(min(h.higher), min(s.cells[1])),
        core.percent(min(h.same), min(s.cells[1])),
        core.percent(min(h.lower), min(s.cells[1])),
        case when min(s.cells[1]) >= 5 and count(*) filter (where p.is_pair and p.pre < p.questions) >= 5 then round(avg((p.post - p.pre)::numeric / nullif(p.questions - p.pre, 0))
            filter (where p.is_pair and p.pre < p.questions), 2) end,
        min(s.cells[2]),
        case when min(s.cells[2]) >= 5 then round(avg(p.pre) filter (where p.is_left), 2) end
    from pairs p
        left join core.safe(array(
            select row(k.organisation, k.course, k.version, null, k.value, null, array[count(*) filter (where k.is_pair), count(*) filter (where k.is_left)],
                null, null)::core.cell from pairs k group by k.organisation, k.course, k.version, k.value), false) s
            on (s.organisation, s.course, s.item, s.value) is not distinct from (p.organisation, p.course, p.version, p.value)
        left join outcomes h on (h.organisation, h.course, h.version, h.value) is not distinct from (p.organisation, p.course, p.version, p.value)
    where core.is_property(by)
    group by p.organisation, p.course, p.version, p.value
    order by 1, 2, 3, 4;
end;
comment on function report.gain(text) is
'F2: people who answered every question of the pre-test and of the post-test (first try), same version: mean points before and after, the gain in points with its 95 percent interval (gain_plus_minus), paired effect size d, shares that did better, the same, worse, and normalised gain. Beside it the pre-test mean of those without a post-test: whoever left may have known less. Without a control group this is no proof of effect. Empty = too few to show.';

-- ---- G: what they say ----

create function report.survey(by text default 'all')
returns table (organisation text, course text, value text, invited bigint, answered bigint, complete bigint, percent_answered numeric,
    csat numeric, mean_good numeric, recommendation numeric, mean_useful numeric, mean_sure_now numeric, mean_sure_before numeric, mean_sure_gain numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with invited as (
        select e.organisation, e.course, g.value, e.learner_id, e.started_at is not null as is_started, e.completed_at is not null as is_invited
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via)))
            as g (value)),
    answers as (
        select a.learner_id, a.course, max(a.n) filter (where a.question = 'y1') as y1, max(a.n) filter (where a.question = 'y2') as y2,
            max(a.n) filter (where a.question = 'y3') as y3, max(a.n) filter (where a.question = 'y4') as y4,
            max(a.n) filter (where a.question = 'y5') as y5, count(distinct a.question) filter (where a.question in ('y1', 'y2', 'y3', 'y4', 'y5', 'y6', 'y7')) as n
        from (select s.learner_id, s.course, s.question, coalesce(s.number, s.choice) as n from facts.survey_answers s where s.survey = 'survey') a
        group by 1, 2),
    said as (
        select i.*, a.learner_id is not null as is_answered, a.n = 7 as is_whole, a.y1, a.y2, a.y3, a.y4, a.y5
        from invited i left join answers a on i.is_invited and a.learner_id = i.learner_id and a.course = i.course),
    -- enrolled and started stand before them, so that invited is what report.funnel shows as completed
    counts as (
        select s.* from core.safe(array(select row(i.organisation, i.course, null, null, i.value, null, array[count(*), count(*) filter (where i.is_started),
            count(*) filter (where i.is_invited), count(*) filter (where i.is_answered), count(*) filter (where i.is_whole)], null, null)::core.cell
            from said i group by i.organisation, i.course, i.value)) s),
    marks as (
        select s.* from core.safe(array(select row(i.organisation, i.course, null, null, i.value, null, array[count(i.y1), count(*) filter (where i.y1 in (4, 5))], null, null)::core.cell
            from said i where i.is_invited group by i.organisation, i.course, i.value)) s)
    select i.organisation, i.course, i.value, min(c.cells[3]), min(c.cells[4]), min(c.cells[5]), core.percent(min(c.cells[4]), min(c.cells[3])),
        core.percent(min(m.cells[2]), min(m.cells[1])),
        case when min(m.cells[1]) >= 5 then round(avg(i.y1), 2) end,
        case when min(m.cells[1]) >= 5 and count(i.y2) >= 5 then round(100.0 * (count(*) filter (where i.y2 >= 9) - count(*) filter (where i.y2 <= 6)) / count(i.y2), 0) end,
        case when min(m.cells[1]) >= 5 and count(i.y3) >= 5 then round(avg(i.y3), 2) end,
        case when min(m.cells[1]) >= 5 and count(i.y4) >= 5 then round(avg(i.y4), 2) end,
        case when min(m.cells[1]) >= 5 and count(i.y5) >= 5 then round(avg(i.y5), 2) end,
        case when min(m.cells[1]) >= 5 and count(i.y4 - i.y5) >= 5 then round(avg(i.y4 - i.y5), 2) end
    from said i
        join counts c on c.organisation = i.organisation and c.course = i.course and c.value = i.value
        left join marks m on m.organisation = i.organisation and m.course = i.course and m.value = i.value and c.cells[3] is not null and c.cells[4] is not null
    where i.is_invited and core.is_property(by)
    group by i.organisation, i.course, i.value
    order by 1, 2, 3;
end;
comment on function report.survey(text) is
'G1 to G3: invited (completed the course), answered (at least one question), complete (Y1 to Y7). csat: percent of Y1 that is 4 or 5; recommendation: percent of Y2 that is 9 or 10 less percent that is 0 to 6; means of Y1, Y3, Y4 (sure now), Y5 (sure before) and of Y4 - Y5. What people say of themselves; read it beside percent_answered. Empty = too few to show.';

create function report.at_work(by text default 'all')
returns table (organisation text, course text, value text, asked bigint, answered bigint, used bigint, percent_of_asked numeric, percent_of_answered numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with asked as (
        select e.organisation, e.course, g.value, e.started_at is not null as is_started, e.completed_at is not null as is_completed, e.completed_at <= now() - interval '12 weeks' as is_asked,
            case when e.completed_at <= now() - interval '12 weeks' then -- nobody else is looked up
                (select max(s.choice) from facts.survey_answers s where s.learner_id = e.learner_id and s.course = e.course and s.survey = 'followup' and s.question = 'w1') end as w1
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via)))
            as g (value))
    -- as in report.survey
    select s.organisation, s.course, s.value, s.cells[4], s.cells[5], s.cells[6], case when s.cells[5] is not null then core.percent(s.cells[6], s.cells[4]) end, core.percent(s.cells[6], s.cells[5])
    from core.safe(array(
        select row(a.organisation, a.course, null, null, a.value, null, array[count(*), count(*) filter (where a.is_started),
            count(*) filter (where a.is_completed), count(*) filter (where a.is_asked), count(a.w1) filter (where a.is_asked), count(*) filter (where a.is_asked and a.w1 = 1)], null, null)::core.cell
        from asked a group by a.organisation, a.course, a.value)) s
    where s.cells[4] is distinct from 0 and core.is_property(by)
    order by 1, 2, 3;
end;
comment on function report.at_work(text) is
'G3, level 3: of those who completed the course 12 weeks ago or more, who answered the follow-up and said that they used the course at work (W1 = 1), of those asked and of those who answered. What people say of themselves. Empty = too few to show.';

-- ---- H and T: leaving, delivery ----

create function report.leaving(by text default 'all')
returns table (organisation text, course text, value text, enrolled bigint, stopped bigint, percent_stopped numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.course, s.value, s.cells[1], s.cells[2], core.percent(s.cells[2], s.cells[1]), s.n_hidden
    from core.safe(array(
        select row(e.organisation, e.course, null, null, g.value, null, array[count(*), count(e.stopped_at),
            -- as report.standing has it
            count(*) filter (where g.is_standing), sum(count(*) filter (where g.is_standing)) over (partition by e.organisation, e.course)], null, null)::core.cell
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via),
                e.stopped_at is not null and e.started_at is not null and e.completed_at is null)) as g (value, is_standing)
        group by e.organisation, e.course, g.value), true, null, 'all', true, 1, 2) s
    where core.is_property(by)
    order by 1, 2, 3;
end;
comment on function report.leaving(text) is 'H1: of those enrolled, who sent STOP or DELETE and has not come back. Empty = too few to show.';

create function report.delivery(grain text default 'month', by text default 'channel')
returns table (organisation text, period_start date, value text, sent bigint, delivered bigint, failed bigint, no_report bigint, percent_delivered numeric,
    median_seconds numeric, segments bigint, price numeric, currency text, is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    -- Messages are not people, but where fewer than 5 people are behind a row it says nothing.
    with counted as (
        select m.organisation, g.period, g.value, m.currency, count(*) as n, count(*) filter (where m.status in ('delivered', 'read')) as n_delivered,
            count(*) filter (where m.status in ('failed', 'undelivered', 'capped', 'errored')) as n_failed,
            count(*) filter (where m.status in ('sent', 'queued', 'sending', 'unknown')) as n_silent,
            count(*) filter (where m.status not in ('queued', 'sending', 'capped')) as n_gone,
            percentile_cont(0.5) within group (order by m.seconds_to_report)::numeric as seconds, sum(m.segments)::bigint as segments, sum(m.price) as price,
            core.is_of_five(bit_or(core.person_bit(m.person))) as is_enough
        from facts.messages m
            cross join lateral (values (core.period_of(grain, m.local_date), case by when 'all' then 'all' when 'channel' then m.channel
                when 'operator' then coalesce(m.operator, 'none') when 'purpose' then m.purpose when 'language' then coalesce(m.lang, 'und')
                when 'country' then coalesce(m.country, 'none') when 'encoding' then coalesce(m.encoding, 'none') end)) as g (period, value)
        group by m.organisation, g.period, g.value, m.currency)
    select c.organisation, c.period, c.value, case when c.is_enough then c.n end, case when c.is_enough then c.n_delivered end, case when c.is_enough then c.n_failed end,
        case when c.is_enough then c.n_silent end,
        case when c.is_enough then round(100.0 * c.n_delivered / nullif(c.n_gone, 0), 1) end,
        case when c.is_enough then c.seconds end, case when c.is_enough then c.segments end, case when c.is_enough then c.price end, c.currency,
        core.is_period_over(grain, c.period, now())
    from counted c
    where core.is_grain(grain) and core.is_one_of('by', by, 'all, channel, operator, purpose, language, country, encoding')
    order by 1, 2, 3;
end;
comment on function report.delivery(text, text) is
'T1: SMS sent, delivered, failed, and without a report (which is no success), median seconds to the report, parts and money. Messages, not people; empty where fewer than 5 people got them.';

create function report.unmatched(by text default 'language')
returns table (organisation text, value text, not_understood bigint, learners bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.value, case when s.cells[2] is not null then s.cells[1] end, s.cells[2]
    from core.safe(array(
        select row(u.organisation, null, null, null, g.value, null, array[count(*), count(distinct u.learner_id)], null, null)::core.cell
        from facts.not_understood u
            cross join lateral (values (case by when 'all' then 'all' when 'language' then u.lang when 'unit' then coalesce(u.unit, 'none')
                when 'channel' then u.channel end)) as g (value)
        group by u.organisation, g.value), false) s
    where core.is_one_of('by', by, 'all, language, unit, channel')
    order by 1, 3 desc nulls last, 2;
end;
comment on function report.unmatched(text) is 'T3: messages of the last 30 days that were not understood. Empty = too few to show.';

create function report.unmatched_words()
returns table (organisation text, lang text, words text, learners bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with said as (select u.organisation, u.lang, lower(btrim(u.words)) as words, u.learner_id from facts.not_understood u)
    select s.organisation, s.lang, s.words, count(distinct s.learner_id)
    from said s
        join (select k.organisation, k.lang, count(distinct k.learner_id) as n from said k group by 1, 2) l using (organisation, lang)
        join (select k.organisation, count(distinct k.learner_id) as n from said k group by 1) o using (organisation)
    group by 1, 2, 3
    having count(distinct s.learner_id) >= 10 and not core.near_by(count(distinct s.learner_id), min(l.n)) and not core.near_by(count(distinct s.learner_id), min(o.n))
    order by 4 desc, 1, 2, 3
    limit 20;
end;
comment on function report.unmatched_words() is 'T3: the twenty most frequent of them, each from 10 people or more, after the safeguarding filter.';

create function report.sessions(grain text default 'month')
returns table (organisation text, period_start date, opened bigint, dropped bigint, resumed bigint, percent_resumed numeric, is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with counted as (
        select s.organisation, g.period, count(*) filter (where s.what <> 'session_dropped') as n_opened, count(*) filter (where s.what = 'session_dropped') as n_dropped,
            count(*) filter (where s.is_taken_up) as n_taken_up, core.is_of_five(bit_or(core.person_bit(s.person))) as is_enough
        from facts.session_steps s cross join lateral (values (core.period_of(grain, s.local_date))) as g (period)
        group by 1, 2)
    select c.organisation, c.period, case when c.is_enough then c.n_opened end, case when c.is_enough then c.n_dropped end, case when c.is_enough then c.n_taken_up end,
        case when c.is_enough then core.percent(c.n_taken_up, c.n_dropped) end, core.is_period_over(grain, c.period, now())
    from counted c
    where core.is_grain(grain)
    order by 1, 2;
end;
comment on function report.sessions(text) is 'T2: USSD sessions that were opened, those that were dropped (the operator says that they broke off, or nothing came within its time), and how many of these the learner took up again within 24 hours. Sessions, not people; empty where fewer than 5 people had them.';

create function report.equity(indicator text default 'percent_of_started', by text default 'language')
returns table (organisation text, course text, lowest_value text, lowest numeric, highest_value text, highest numeric, ratio numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with rates as (
        select f.organisation, f.course, f.value, case indicator when 'percent_started' then f.percent_started
            when 'percent_of_enrolled' then f.percent_of_enrolled when 'percent_of_started' then f.percent_of_started end as rate
        from report.funnel('all', by, true) f
        where case indicator when 'percent_of_started' then f.started else f.enrolled end >= 30)
    select r.organisation, r.course, (array_agg(r.value order by r.rate, r.value))[1], min(r.rate), (array_agg(r.value order by r.rate desc, r.value))[1],
        max(r.rate), round(min(r.rate) / nullif(max(r.rate), 0), 2)
    from rates r
    where core.is_property(by) and core.is_one_of('indicator', indicator, 'percent_started, percent_of_enrolled, percent_of_started') and r.rate is not null
    group by 1, 2
    order by 1, 2;
end;
comment on function report.equity(text, text) is 'Q2: the groups with the lowest and the highest rate, and the ratio of both; groups of 30 people and more, mature only.';

create view report.help with (security_barrier) as
select c.relname::text as name, 'view' as kind, null as signature, a.attname::text as column_name,
    coalesce(col_description(c.oid, a.attnum), '') as meaning, obj_description(c.oid, 'pg_class') as about, a.attnum::integer as place
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
where n.nspname = 'report' and c.relkind = 'v' and a.attnum > 0 and not a.attisdropped
union all
select p.proname::text, 'function', pg_get_function_arguments(p.oid), r.name, '', obj_description(p.oid, 'pg_proc'), r.place::integer
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    cross join lateral (select u.name, u.place from unnest(p.proargnames, p.proargmodes) with ordinality as u (name, mode, place) where u.mode = 't') r
where n.nspname = 'report';
comment on view report.help is 'What there is to read, for people without \d: select distinct name, kind, signature, about from report.help; or the columns of one: select column_name, meaning from report.help where name = ''funnel'' order by place.';
comment on column report.help.name is 'Name of the view or function.';
comment on column report.help.kind is 'view: select * from report.NAME; function: select * from report.NAME(...).';
comment on column report.help.signature is 'What may be said in the brackets, and what holds when it is not said. grain: day, week, month, quarter, all; by: all, language, cohort, country, role, channel, via.';
comment on column report.help.column_name is 'One of its columns.';
comment on column report.help.meaning is 'What the column says; for functions see about.';
comment on column report.help.about is 'What it counts, numerator, denominator, window.';
comment on column report.help.place is 'Order of the columns.';

grant select on all tables in schema report to coordinator;
revoke execute on all functions in schema report from public;
grant execute on all functions in schema report to coordinator;
