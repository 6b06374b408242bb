-- Who was active, and how many reminders people get, by a property with many values (groups): for each row all others were looked through, so the time grew with the
-- square of periods and groups: 138 s by day for 60 groups of 2,000 people. Now each is joined to what it lies in. The counts are the same.
-- Replaces core.safe_series and facts.activity of 0013 (0029, 0031), counts of fresh.reminder_load, and core.number_of of 0030.

set local role waypost_owner;

-- As before; which counts there were is marked in place of being looked through.
create or replace function core.safe_series(p_n bigint[], p_is_near boolean[] default '{}') returns bigint[]
language plpgsql immutable
as $$
declare
    v_seen bigint[] := array[]::bigint[];
    v_is_near boolean[] := array_fill(false, array[(select coalesce(max(n), 0)::integer + 10 from unnest(p_n) n)]); -- 1 to 4 away from one, by it and 5 more
    v_is_told boolean;
    v_at integer;
begin
    for v_at in 6 .. 9 loop -- from nobody
        v_is_near[v_at] := true;
    end loop;
    for i in 1 .. coalesce(array_length(p_n, 1), 0) loop
        v_at := p_n[i] + 5;
        v_is_told := not (coalesce(p_is_near[i], false) or v_is_near[v_at]);
        v_seen := v_seen || case when v_is_told then p_n[i] end;
        for k in v_at - 4 .. case when v_is_told then v_at + 4 else 0 end loop
            v_is_near[k] := v_is_near[k] or k <> v_at;
        end loop;
    end loop;
    return v_seen;
end $$;

-- As before: one look at each person in place of three.
create or replace view core.number_of with (security_barrier) as
select l.org_id, l.learner_id, case when s.number_id is not null then min(l.learner) over (partition by l.org_id, s.number_id) else l.learner end as first,
    s.number_id is not null as is_kept
from core.learner l
    left join core.number_state s on s.learner = l.learner
where not l.is_test;

reset role;
set local role report_owner;

create or replace function facts.activity(p_grain text, p_by text) returns setof core.cell
language sql stable
set enable_hashjoin = on
set enable_nestloop = off
begin atomic
    with counted as materialized (select * from facts.active(p_grain, p_by)),
    totals as materialized (select c.organisation, c.grain, c.period, sum(c.n)::bigint as n from counted c group by 1, 2, 3),
    around as materialized ( -- the longer periods that each is a part of
        select c.grain, c.period, g.grain as whole, g.place, w.period as whole_period
        from (select distinct grain, place, period, period_end from counted) c
            cross join unnest(core.grains_of('day')) with ordinality as g (grain, place)
            cross join lateral (values (case when g.grain = 'all' then '-infinity' when c.grain <> 'all' and core.period_of(g.grain, c.period)
                = core.period_of(g.grain, c.period_end - 1) then core.period_of(g.grain, c.period) end)) as w (period)
        where g.place < 5 and g.place <> c.place),
    wholes as materialized ( -- the longest first; nothing where it lies across
        select c.organisation, c.grain, c.period, c.value, array_agg(a.n order by r.place) as n, array_agg(t.n order by r.place) as n_total
        from counted c
            join around r on r.grain = c.grain and r.period = c.period
            left join counted a on a.organisation = c.organisation and a.value = c.value and a.grain = r.whole and a.period = r.whole_period
            left join totals t on t.organisation = c.organisation and t.grain = r.whole and t.period = r.whole_period
        where c.grain in ('week', 'month', 'quarter') or c.grain = p_grain
        group by 1, 2, 3, 4),
    -- A period in which all people have one value tells by its total how many of this value there were: what it lies in must not
    -- be 1 to 4 more.
    told as materialized (
        select c.organisation, c.grain, c.period, c.value
        from counted d
            join totals t on t.organisation = d.organisation and t.grain = d.grain and t.period = d.period
            join around r on r.grain = d.grain and r.period = d.period and r.place < d.place
            join counted c on c.organisation = d.organisation and c.value = d.value and c.grain = r.whole and c.period = r.whole_period and c.n - d.n between 1 and 4
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
        select f.organisation, x.value, f.day, count(*) as n
        from firsts f cross join lateral (values (f.value, false), ('', true)) as x (value, is_total)
        group by 1, 2, 3),
    ever as materialized (
        select r.organisation, r.value, r.period_end, r.place, r.n
        from (select x.organisation, x.value, x.period_end, x.place, sum(x.n) over (partition by x.organisation, x.value order by x.day, x.period_end is null)::bigint as n
            from (select e.organisation, v.value, e.period_end, e.place, e.period_end as day, 0 as n
                from ends e join (select distinct organisation, value from begun) v on v.organisation = e.organisation
                union all
                select b.organisation, b.value, null, null, b.day, b.n from begun b) x) r
        where r.period_end is not null),
    apart as materialized ( -- counts that nothing longer hides, and since when
        select c.organisation, c.value, c.n, min(c.period_end) as period_end
        from counted c left join wholes w on w.organisation = c.organisation and w.grain = c.grain and w.period = c.period and w.value = c.value
        where c.grain in ('week', 'month', 'quarter') and not exists (select from unnest(w.n) x where x - c.n between 1 and 4)
        group by 1, 2, 3),
    near as materialized (
        select e.organisation, e.value, e.period_end
        from ever e cross join generate_series(1, 4) d
            join apart c on c.organisation = e.organisation and c.value = e.value and c.n = e.n - d and c.period_end <= e.period_end
        group by 1, 2, 3),
    series as (
        select e.organisation, e.value, array_agg(e.period_end order by e.place, e.period_end) as ends,
            core.safe_series(array_agg(e.n order by e.place, e.period_end), array_agg(c.value is not null order by e.place, e.period_end)) as seen
        from ever e left join near c on c.organisation = e.organisation and c.value = e.value and c.period_end = e.period_end
        group by 1, 2),
    seen as materialized (
        select s.organisation, s.value, x.period_end, (x.n is null)::integer as is_hidden
        from series s cross join lateral unnest(s.ends, s.seen) as x (period_end, n)),
    active as (
        select s.* from core.safe(array(
            select row(c.organisation, null, null, c.period, c.value, null, array[c.n] || w.n || case when o.value is not null then c.n + 1 end || w.n_total || w.n_total[1],
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
            select row(e.organisation, null, null, e.period_end, e.value, null, array[e.n, e.n + v.is_hidden, t.n + o.is_hidden], null, null)::core.cell
            from ever e
                join (select distinct c.organisation, c.period_end from counted c where c.grain = p_grain) c on c.organisation = e.organisation and c.period_end = e.period_end
                join seen v on v.organisation = e.organisation and v.value = e.value and v.period_end = e.period_end
                join ever t on t.organisation = e.organisation and t.value = '' and t.period_end = e.period_end
                join seen o on o.organisation = e.organisation and o.value = '' and o.period_end = e.period_end
            where e.value <> ''), true, null, p_grain, false, 1) s)
    select a.organisation, a.course, a.item, nullif(a.period, '-infinity'), a.value, a.is_mature,
        array[a.cells[1], w.sms, w.ussd, w.mixed, case when not core.near_by(e.n, c.n) then e.n end, c.n_days], a.n_hidden, a.part
    from active a
        join counted c on c.grain = p_grain and c.organisation = a.organisation and c.period = a.period and c.value = a.value
        left join ways w on w.organisation = a.organisation and w.period = a.period and w.value = a.value
        left join evers e on e.organisation = a.organisation and e.period = c.period_end and e.value = a.value;
end;

create or replace function fresh.reminder_load(grain text default 'week', by text default 'all')
returns table (organisation text, period_start date, value text, reminders bigint, reminded bigint, active bigint, per_active numeric,
    reminded_three_times bigint, quiet_since bigint, percent_quiet numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set work_mem = '64MB' set jit = off
begin atomic
    with steps as (
        select r.organisation, p.grain as of_grain, coalesce(core.period_of(p.grain, r.local_date), '-infinity') as period, g.value, r.learner_id,
            count(*) filter (where r.is_sent) as n,
            bool_or(r.is_sent and r.quiet_days >= 12) as is_third, bool_or(r.is_sent and r.quiet_days >= 12 and r.is_quiet_since) as is_quiet
        from facts.reminder_steps r
            cross join lateral (values (core.value_of(by, r.lang, r.cohort, r.country, r.role_choice, r.first_channel, r.first_via))) as g (value)
            cross join unnest(core.grains_of(grain)) as p (grain)
        group by 1, 2, 3, 4, 5),
    all_counted as materialized (
        select s.organisation, s.of_grain, s.period, s.value, sum(s.n)::bigint as n, array[count(*) filter (where s.n > 0), count(*) filter (where s.is_third),
            count(*) filter (where s.is_quiet)] as cells
        from steps s group by 1, 2, 3, 4),
    totals as materialized (
        select c.organisation, c.of_grain, c.period, array[sum(c.cells[1]), sum(c.cells[2]), sum(c.cells[3])]::bigint[] as cells from all_counted c group by 1, 2, 3),
    around as materialized ( -- as facts.activity has it: what each is a part of, and itself
        select c.period, g.grain as whole, g.place, p.period as whole_period
        from (select distinct period from all_counted where of_grain = reminder_load.grain) c
            cross join unnest(core.grains_of('week')) with ordinality as g (grain, place)
            cross join lateral (values (case when g.grain = 'all' then '-infinity' when reminder_load.grain <> 'all' and core.period_of(g.grain, c.period)
                = core.period_of(g.grain, c.period + core.days_of(reminder_load.grain, c.period) - 1) then core.period_of(g.grain, c.period) end)) as p (period)),
    counted as materialized (
        select c.organisation, c.period, c.value, c.n, c.cells, array_agg(coalesce(a.cells[i], c.cells[i]) order by r.place, i) as near,
            array_agg(coalesce(t.cells[i], o.cells[i]) order by r.place, i) as near_total
        from all_counted c
            join around r on r.period = c.period
            left join all_counted a on a.organisation = c.organisation and a.value = c.value and a.of_grain = r.whole and a.period = r.whole_period
            left join totals t on t.organisation = c.organisation and t.of_grain = r.whole and t.period = r.whole_period
            join totals o on o.organisation = c.organisation and o.of_grain = c.of_grain and o.period = c.period
            cross join generate_series(1, 3) i
        where c.of_grain = reminder_load.grain
        group by 1, 2, 3, 4, 5)
    select s.organisation, s.period, s.value, case when s.cells[1] is not null then c.n end, s.cells[1], a.active,
        case when s.cells[1] is not null and a.active > 0 then round(c.n::numeric / a.active, 2) end,
        s.cells[2], s.cells[3], core.percent(s.cells[3], s.cells[2]), core.is_period_over(grain, s.period, now()), s.n_hidden
    from core.safe(array(select row(c.organisation, null, null, nullif(c.period, '-infinity'), c.value, null, c.cells || c.near || c.near_total, null, null)::core.cell
            from counted c), true, null, grain, false, 12, null) s
        join counted c on c.organisation = s.organisation and c.period = coalesce(s.period, '-infinity') and c.value = s.value
        left join report.activity(grain, by) a on a.organisation = s.organisation and coalesce(a.period_start, '-infinity') = c.period and a.value = s.value
    where core.is_grain(grain) and core.is_property(by)
    order by 1, 2, 3;
end;

reset role;
