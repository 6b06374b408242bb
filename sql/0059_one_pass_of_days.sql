-- As 0058: who was active, reminders and opting out for all periods and properties in one pass. `asked` is what was asked for: a grain and a
-- property each. Replaces activity, reminder_load and opt_outs of fresh, facts.active and facts.activity (0013, 0022, 0046).

set local role report_owner;

-- ---- activity ----

-- By all, days are counted only where days are asked for.
create function facts.active(properties text[], has_days boolean)
returns table (by text, organisation text, grain text, place integer, period date, period_end date, value text, n bigint, n_sms bigint, n_ussd bigint, n_mixed bigint, n_days bigint)
language sql stable set enable_sort = off set enable_hashjoin = on set enable_nestloop = off set jit = off
begin atomic
    with days as materialized (
        select a.organisation, a.learner_id, a.day, a.n_sms, a.n_ussd, a.lang, a.cohort, a.country, a.role_choice, a.first_channel, a.first_via from facts.active_days a),
    people as materialized (
        select d.organisation, d.learner_id, d.lang, d.cohort, d.country, d.role_choice, d.first_channel, d.first_via from days d group by 1, 2, 3, 4, 5, 6, 7, 8),
    weeks as (
        select d.learner_id, date_trunc('week', d.day::timestamp)::date as period, sum(d.n_sms) as n_sms, sum(d.n_ussd) as n_ussd, count(*) as n_days from days d group by 1, 2),
    months as materialized (
        select d.learner_id, date_trunc('month', d.day::timestamp)::date as period, sum(d.n_sms) as n_sms, sum(d.n_ussd) as n_ussd, count(*) as n_days from days d group by 1, 2),
    quarters as materialized (
        select m.learner_id, date_trunc('quarter', m.period::timestamp)::date as period, sum(m.n_sms)::bigint as n_sms, sum(m.n_ussd)::bigint as n_ussd,
            sum(m.n_days)::bigint as n_days from months m group by 1, 2),
    wholes as (
        select q.learner_id, '-infinity'::date as period, sum(q.n_sms)::bigint as n_sms, sum(q.n_ussd)::bigint as n_ussd, sum(q.n_days)::bigint as n_days
        from quarters q group by 1),
    periods as (
        select 'week' as grain, 4 as place, w.* from weeks w
        union all select 'month', 3, m.* from months m
        union all select 'quarter', 2, q.* from quarters q
        union all select 'all', 1, a.* from wholes a
        union all select 'day', 5, d.learner_id, d.day, d.n_sms, d.n_ussd, 1 from days d where has_days or properties <> array['all'])
    select b.by, p.organisation, x.grain, x.place, x.period, case when x.grain = 'all' then 'infinity' else x.period + core.days_of(x.grain, x.period) end, g.value, count(*),
        count(*) filter (where 5 * x.n_ussd < x.n_sms + x.n_ussd), count(*) filter (where 5 * x.n_sms < x.n_sms + x.n_ussd),
        count(*) filter (where 5 * x.n_sms >= x.n_sms + x.n_ussd and 5 * x.n_ussd >= x.n_sms + x.n_ussd), sum(x.n_days)::bigint
    from periods x
        join people p on p.learner_id = x.learner_id
        cross join unnest(properties) b (by)
        cross join lateral (values (core.value_of(b.by, p.lang, p.cohort, p.country, p.role_choice, p.first_channel, p.first_via))) as g (value)
    where x.place < 5 or has_days or b.by <> 'all'
    group by b.by, p.organisation, x.grain, x.place, x.period, g.value;
end;
revoke execute on function facts.active(text[], boolean) from public;

-- What facts.activity says of each grain and property that is asked for.
create function facts.activities(grains text[], properties text[])
returns table (grain text, by text, organisation text, period date, value text, cells bigint[], n_hidden integer)
language sql stable set enable_hashjoin = on set enable_nestloop = off
begin atomic
    with asked as materialized (
        select x.grain, x.by, g.place from unnest(grains, properties) x (grain, by) join unnest(core.grains_of('day')) with ordinality as g (grain, place) on g.grain = x.grain),
    counted as materialized (
        select a.* from facts.active(array(select distinct k.by from asked k), 'day' = any (grains)) a),
    totals as materialized (select c.by, c.organisation, c.grain, c.period, sum(c.n)::bigint as n from counted c group by 1, 2, 3, 4),
    around as materialized ( -- the longer periods that each is a part of
        select c.grain, c.period, g.grain as whole, g.place, w.period as whole_period
        from (select distinct grain, place, period, period_end from counted) c
            cross join unnest(core.grains_of('day')) with ordinality as g (grain, place)
            cross join lateral (values (case when g.grain = 'all' then '-infinity' when c.grain <> 'all' and core.period_of(g.grain, c.period)
                = core.period_of(g.grain, c.period_end - 1) then core.period_of(g.grain, c.period) end)) as w (period)
        where g.place < 5 and g.place <> c.place),
    wholes as materialized ( -- the longest first; nothing where it lies across
        select c.by, c.organisation, c.grain, c.period, c.value, array_agg(a.n order by r.place) as n, array_agg(t.n order by r.place) as n_total
        from counted c
            join around r on r.grain = c.grain and r.period = c.period
            left join counted a on a.by = c.by and a.organisation = c.organisation and a.value = c.value and a.grain = r.whole and a.period = r.whole_period
            left join totals t on t.by = c.by and t.organisation = c.organisation and t.grain = r.whole and t.period = r.whole_period
        where c.grain in ('week', 'month', 'quarter') or (c.grain, c.by) in (select k.grain, k.by from asked k)
        group by 1, 2, 3, 4, 5),
    -- A period in which all people have one value tells by its total how many of this value there were: what it lies in must not
    -- be 1 to 4 more.
    told as materialized (
        select c.by, c.organisation, c.grain, c.period, c.value
        from counted d
            join totals t on t.by = d.by and t.organisation = d.organisation and t.grain = d.grain and t.period = d.period
            join around r on r.grain = d.grain and r.period = d.period and r.place < d.place
            join counted c on c.by = d.by and c.organisation = d.organisation and c.value = d.value and c.grain = r.whole and c.period = r.whole_period and c.n - d.n between 1 and 4
        where d.value <> 'all' and t.n = d.n
        group by 1, 2, 3, 4, 5),
    ends as materialized ( -- of the longest that is asked for; a longer one has the ends whose place is no greater
        select c.by, c.organisation, c.period_end, min(c.place) as place
        from counted c join (select k.by, max(k.place) as place from asked k group by 1) k on k.by = c.by and c.place <= k.place
        group by 1, 2, 3),
    begun as materialized (
        select b.by, f.organisation, x.value, f.day, count(*) as n
        from (select a.organisation, a.learner_id, a.lang, a.cohort, a.country, a.role_choice, a.first_channel, a.first_via, min(a.day) as day
                from facts.active_days a group by 1, 2, 3, 4, 5, 6, 7, 8) f
            cross join (select k.by from asked k group by 1) b
            cross join lateral (values (core.value_of(b.by, f.lang, f.cohort, f.country, f.role_choice, f.first_channel, f.first_via)), ('')) as x (value)
        group by 1, 2, 3, 4),
    ever as materialized (
        select r.by, r.organisation, r.value, r.period_end, r.place, r.n
        from (select x.by, x.organisation, x.value, x.period_end, x.place,
                sum(x.n) over (partition by x.by, x.organisation, x.value order by x.day, x.period_end is null)::bigint as n
            from (select e.by, e.organisation, v.value, e.period_end, e.place, e.period_end as day, 0 as n
                from ends e join (select distinct by, organisation, value from begun) v on v.by = e.by and v.organisation = e.organisation
                union all
                select b.by, b.organisation, b.value, null, null, b.day, b.n from begun b) x) r
        where r.period_end is not null),
    apart as materialized ( -- counts that nothing longer hides, and since when
        select c.by, c.organisation, c.value, c.n, min(c.period_end) as period_end
        from counted c left join wholes w on w.by = c.by and w.organisation = c.organisation and w.grain = c.grain and w.period = c.period and w.value = c.value
        where c.grain in ('week', 'month', 'quarter') and not exists (select from unnest(w.n) x where x - c.n between 1 and 4)
        group by 1, 2, 3, 4),
    near as materialized (
        select e.by, e.organisation, e.value, e.period_end
        from ever e join (select a.by, a.organisation, a.value, a.n + d as n, a.period_end from apart a cross join generate_series(1, 4) d offset 0) c
            on c.by = e.by and c.organisation = e.organisation and c.value = e.value and c.n = e.n and c.period_end <= e.period_end
        group by 1, 2, 3, 4),
    series as (
        select k.grain, e.by, e.organisation, e.value, array_agg(e.period_end order by e.place, e.period_end) as ends,
            core.safe_series(array_agg(e.n order by e.place, e.period_end), array_agg(c.value is not null order by e.place, e.period_end)) as seen
        from ever e
            join asked k on k.by = e.by and e.place <= k.place
            left join near c on c.by = e.by and c.organisation = e.organisation and c.value = e.value and c.period_end = e.period_end
        group by 1, 2, 3, 4),
    seen as materialized (
        select s.grain, s.by, s.organisation, s.value, x.period_end, (x.n is null)::integer as is_hidden
        from series s cross join lateral unnest(s.ends, s.seen) as x (period_end, n)),
    active as materialized (
        select k.grain, k.by, s.* from asked k cross join lateral core.safe(array(
            select row(c.organisation, null, null, c.period, c.value, null, array[c.n] || w.n || case when o.value is not null then c.n + 1 end || w.n_total || w.n_total[1],
                null, null)::core.cell
            from counted c
                join wholes w on w.by = c.by and w.organisation = c.organisation and w.grain = c.grain and w.period = c.period and w.value = c.value
                left join told o on o.by = c.by and o.organisation = c.organisation and o.grain = c.grain and o.period = c.period and o.value = c.value
            where c.grain = k.grain and c.by = k.by), true, null, k.grain, false, case k.grain when 'day' then 5 else 4 end) s),
    ways as materialized (
        select k.grain, k.by, s.organisation, s.period, s.value, max(s.cells[1]) filter (where s.part = 'sms') as sms, max(s.cells[1]) filter (where s.part = 'ussd') as ussd,
            max(s.cells[1]) filter (where s.part = 'mixed') as mixed
        from asked k cross join lateral core.safe(array(
            select row(c.organisation, null, null, c.period, c.value, null, array[x.n] || array(select case x.part when 'sms' then k else 0 end from unnest(w.n || w.n_total) k),
                null, x.part)::core.cell
            from counted c join wholes w on w.by = c.by and w.organisation = c.organisation and w.grain = c.grain and w.period = c.period and w.value = c.value
                cross join lateral (values ('sms', c.n_sms), ('ussd', c.n_ussd), ('mixed', c.n_mixed)) as x (part, n)
            where c.grain = k.grain and c.by = k.by), true, null, k.grain, false, case k.grain when 'day' then 4 else 3 end) s
        group by 1, 2, 3, 4, 5),
    evers as materialized (
        select k.grain, k.by, s.organisation, s.period, s.value, s.cells[1] as n
        from asked k cross join lateral core.safe(array(
            select row(e.organisation, null, null, e.period_end, e.value, null, array[e.n, e.n + v.is_hidden, t.n + o.is_hidden], null, null)::core.cell
            from ever e
                join (select distinct c.by, c.organisation, c.period_end from counted c where c.grain = k.grain) c
                    on c.by = e.by and c.organisation = e.organisation and c.period_end = e.period_end
                join seen v on v.grain = k.grain and v.by = e.by and v.organisation = e.organisation and v.value = e.value and v.period_end = e.period_end
                join ever t on t.by = e.by and t.organisation = e.organisation and t.value = '' and t.period_end = e.period_end
                join seen o on o.grain = k.grain and o.by = e.by and o.organisation = e.organisation and o.value = '' and o.period_end = e.period_end
            where e.by = k.by and e.value <> ''), true, null, k.grain, false, 1) s)
    select a.grain, a.by, a.organisation, nullif(a.period, '-infinity'), a.value,
        array[a.cells[1], w.sms, w.ussd, w.mixed, case when not core.near_by(e.n, c.n) then e.n end, c.n_days], a.n_hidden
    from active a
        join counted c on c.grain = a.grain and c.by = a.by and c.organisation = a.organisation and c.period = a.period and c.value = a.value
        left join ways w on w.grain = a.grain and w.by = a.by and w.organisation = a.organisation and w.period = a.period and w.value = a.value
        left join evers e on e.grain = a.grain and e.by = a.by and e.organisation = a.organisation and e.period = c.period_end and e.value = a.value;
end;
revoke execute on function facts.activities(text[], text[]) from public;

create or replace function facts.activity(p_grain text, p_by text) returns setof core.cell
language sql stable set enable_hashjoin = on set enable_nestloop = off
begin atomic
    select a.organisation, null::text, null::text, a.period, a.value, null::boolean, a.cells, a.n_hidden, null::text from facts.activities(array[p_grain], array[p_by]) a;
end;
drop function facts.active(text, text);

create function fresh.every_activity(grains text[], properties text[])
returns table (grain text, by text, organisation text, period_start date, value text, active bigint, sms_only bigint, ussd_only bigint, mixed bigint, mean_daily numeric,
    stickiness numeric, ever_active bigint, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '64MB' set jit = off
begin atomic
    select s.grain, s.by, s.organisation, s.period, s.value, s.cells[1], s.cells[2], s.cells[3], s.cells[4],
        case when s.cells[1] is not null and s.grain in ('week', 'month', 'quarter') then round(s.cells[6]::numeric / core.days_of(s.grain, s.period), 1) end,
        case when s.cells[1] > 0 and s.grain = 'month' then round(s.cells[6]::numeric / core.days_of(s.grain, s.period) / s.cells[1], 2) end,
        s.cells[5], core.is_period_over(s.grain, s.period, now()), s.n_hidden
    from facts.activities(grains, properties) s
    order by s.grain, s.by, s.organisation, s.period, s.value;
end;

create or replace function fresh.activity(grain text default 'month', by text default 'all')
returns table (organisation text, period_start date, value text, active bigint, sms_only bigint, ussd_only bigint, mixed bigint, mean_daily numeric,
    stickiness numeric, ever_active bigint, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '64MB' set jit = off
begin atomic
    select a.organisation, a.period_start, a.value, a.active, a.sms_only, a.ussd_only, a.mixed, a.mean_daily, a.stickiness, a.ever_active, a.is_over, a.n_hidden
    from fresh.every_activity(array[activity.grain], array[activity.by]) a where core.is_grain(activity.grain) and core.is_property(activity.by);
end;

-- ---- reminders ----

create function fresh.every_reminder_load(grains text[], properties text[])
returns table (grain text, by text, organisation text, period_start date, value text, reminders bigint, reminded bigint, active bigint, per_active numeric,
    reminded_three_times bigint, quiet_since bigint, percent_quiet numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set enable_sort = off set work_mem = '64MB' set jit = off
begin atomic
    with asked as materialized (select x.grain, x.by from unnest(grains, properties) x (grain, by)),
    wanted as materialized (select k.by, g.grain from asked k cross join unnest(core.grains_of(k.grain)) g (grain) group by 1, 2),
    given as materialized (
        select r.organisation, r.learner_id, r.local_date, r.is_sent, r.is_sent and r.quiet_days >= 12 as is_third, r.is_sent and r.quiet_days >= 12 and r.is_quiet_since as is_quiet,
            r.lang, r.cohort, r.country, r.role_choice, r.first_channel, r.first_via
        from facts.reminder_steps r),
    steps as (
        select w.by, r.organisation, w.grain as of_grain, coalesce(core.period_of(w.grain, r.local_date), '-infinity') as period, g.value, r.learner_id,
            count(*) filter (where r.is_sent) as n, bool_or(r.is_third) as is_third, bool_or(r.is_quiet) as is_quiet
        from given r
            cross join wanted w
            cross join lateral (values (core.value_of(w.by, r.lang, r.cohort, r.country, r.role_choice, r.first_channel, r.first_via))) as g (value)
        group by 1, 2, 3, 4, 5, 6),
    all_counted as materialized (
        select s.by, s.organisation, s.of_grain, s.period, s.value, sum(s.n)::bigint as n, array[count(*) filter (where s.n > 0), count(*) filter (where s.is_third),
            count(*) filter (where s.is_quiet)] as cells
        from steps s group by 1, 2, 3, 4, 5),
    totals as materialized (
        select c.by, c.organisation, c.of_grain, c.period, array[sum(c.cells[1]), sum(c.cells[2]), sum(c.cells[3])]::bigint[] as cells from all_counted c group by 1, 2, 3, 4),
    around as materialized ( -- as facts.activities has it: what each is a part of, and itself
        select c.of_grain, c.period, g.grain as whole, g.place, p.period as whole_period
        from (select distinct of_grain, period from all_counted) c
            cross join unnest(core.grains_of('week')) with ordinality as g (grain, place)
            cross join lateral (values (case when g.grain = 'all' then '-infinity' when c.of_grain <> 'all' and core.period_of(g.grain, c.period)
                = core.period_of(g.grain, c.period + core.days_of(c.of_grain, c.period) - 1) then core.period_of(g.grain, c.period) end)) as p (period)),
    counted as materialized (
        select k.grain, c.by, c.organisation, c.period, c.value, c.n, c.cells, array_agg(coalesce(a.cells[i], c.cells[i]) order by r.place, i) as near,
            array_agg(coalesce(t.cells[i], o.cells[i]) order by r.place, i) as near_total
        from asked k
            join all_counted c on c.by = k.by and c.of_grain = k.grain
            join around r on r.of_grain = c.of_grain and r.period = c.period
            left join all_counted a on a.by = c.by and a.organisation = c.organisation and a.value = c.value and a.of_grain = r.whole and a.period = r.whole_period
            left join totals t on t.by = c.by and t.organisation = c.organisation and t.of_grain = r.whole and t.period = r.whole_period
            join totals o on o.by = c.by and o.organisation = c.organisation and o.of_grain = c.of_grain and o.period = c.period
            cross join generate_series(1, 3) i
        group by 1, 2, 3, 4, 5, 6, 7),
    told as materialized (
        select k.grain, k.by, s.* from asked k cross join lateral core.safe(array(
            select row(c.organisation, null, null, nullif(c.period, '-infinity'), c.value, null, c.cells || c.near || c.near_total, null, null)::core.cell
            from counted c where c.grain = k.grain and c.by = k.by), true, null, k.grain, false, 12, null) s)
    select s.grain, s.by, s.organisation, s.period, s.value, case when s.cells[1] is not null then c.n end, s.cells[1], a.active,
        case when s.cells[1] is not null and a.active > 0 then round(c.n::numeric / a.active, 2) end,
        s.cells[2], s.cells[3], core.percent(s.cells[3], s.cells[2]), core.is_period_over(s.grain, s.period, now()), s.n_hidden
    from told s
        join counted c on c.grain = s.grain and c.by = s.by and c.organisation = s.organisation and c.period = coalesce(s.period, '-infinity') and c.value = s.value
        left join fresh.every_activity(grains, properties) a
            on a.grain = s.grain and a.by = s.by and a.organisation = s.organisation and coalesce(a.period_start, '-infinity') = c.period and a.value = s.value
    order by s.grain, s.by, s.organisation, s.period, s.value;
end;

create or replace function fresh.reminder_load(grain text default 'week', by text default 'all')
returns table (organisation text, period_start date, value text, reminders bigint, reminded bigint, active bigint, per_active numeric,
    reminded_three_times bigint, quiet_since bigint, percent_quiet numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set work_mem = '64MB' set jit = off
begin atomic
    select r.organisation, r.period_start, r.value, r.reminders, r.reminded, r.active, r.per_active, r.reminded_three_times, r.quiet_since, r.percent_quiet, r.is_over, r.n_hidden
    from fresh.every_reminder_load(array[reminder_load.grain], array[reminder_load.by]) r where core.is_grain(reminder_load.grain) and core.is_property(reminder_load.by);
end;

-- ---- opting out ----

create function fresh.every_opt_outs(grains text[], properties text[])
returns table (grain text, by text, organisation text, period_start date, value text, stopped bigint, delivered bigint, per_1000_delivered numeric, over_90_days bigint,
    came_back bigint, percent_came_back numeric, percent_low numeric, percent_high numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set work_mem = '128MB' set jit = off
begin atomic
    with asked as materialized (select x.grain, x.by from unnest(grains, properties) x (grain, by)),
    wanted as materialized (select k.by from asked k group by 1),
    stops as materialized (
        select w.by, s.organisation, s.local_date, g.value, count(*) as a, count(*) filter (where s.is_over) as b, count(*) filter (where s.is_over and s.is_back) as c
        from facts.opt_outs s
            cross join wanted w
            cross join lateral (values (case w.by when 'last_message' then s.last_message
                else core.value_of(w.by, s.lang, s.cohort, s.country, s.role_choice, s.first_channel, s.first_via) end)) as g (value)
        group by 1, 2, 3, 4),
    sent as materialized (
        select w.by, m.organisation, m.local_date, g.value, count(*) as n, bit_or(core.person_bit(m.person)) as bits
        from facts.delivered m
            cross join wanted w
            cross join lateral (values (case w.by when 'last_message' then m.last_message
                else core.value_of(w.by, m.lang, m.cohort, m.country, m.role_choice, m.first_channel, m.first_via) end)) as g (value)
        group by 1, 2, 3, 4),
    delivered as (
        select k.grain, k.by, d.organisation, core.period_of(k.grain, core.row_day(k.grain, d.local_date)) as period, d.value,
            case when core.is_of_five(bit_or(d.bits)) then sum(d.n)::bigint end as n
        from sent d join asked k on k.by = d.by group by 1, 2, 3, 4, 5),
    rows as materialized (
        select k.grain, k.by, x.organisation, core.row_day(k.grain, x.local_date) as day, x.value, array[sum(x.a), sum(x.b), sum(x.c)]::bigint[] as cells
        from (select s.by, s.organisation, s.local_date, s.value, s.a, s.b, s.c from stops s
                union all select d.by, d.organisation, d.local_date, d.value, 0, 0, 0 from sent d) x
            join asked k on k.by = x.by
        group by 1, 2, 3, 4, 5),
    contacts as (
        select w.by, c.organisation, g.value, count(*) as n
        from facts.contacts c
            cross join wanted w
            cross join lateral (values (case w.by when 'last_message' then 'all'
                else core.value_of(w.by, c.lang, c.cohort, c.country, c.role_choice, c.first_channel, c.first_via) end)) as g (value)
        group by 1, 2, 3),
    away as (
        select w.by, e.organisation, g.value, count(*) as n
        from facts.enrolments e
            cross join wanted w
            cross join lateral (values (case w.by when 'last_message' then 'all'
                else core.value_of(w.by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via) end)) as g (value)
        where e.stopped_at is not null
        group by 1, 2, 3),
    totals as (
        select c.by, c.organisation, sum(c.n)::bigint as n, coalesce((select sum(a.n) from away a where a.by = c.by and a.organisation = c.organisation), 0)::bigint as n_away
        from contacts c group by 1, 2),
    near as materialized ( -- with the first day of each value how many there are
        select r.grain, r.by, r.organisation, r.day, r.value, r.cells
            || case when row_number() over (partition by r.grain, r.by, r.organisation, r.value order by r.day) = 1 then array[coalesce(c.n, 0), coalesce(a.n, 0)] else array[0, 0]::bigint[] end
            || array[coalesce(t.n, 0), coalesce(t.n_away, 0)] as cells
        from rows r
            left join contacts c on c.by = r.by and c.organisation = r.organisation and c.value = r.value
            left join away a on a.by = r.by and a.organisation = r.organisation and a.value = r.value
            left join totals t on t.by = r.by and t.organisation = r.organisation),
    told as materialized (
        select k.grain, k.by, s.* from asked k cross join lateral core.safe(array(
            select row(r.organisation, null, null, r.day, r.value, null, r.cells, null, null)::core.cell from near r where r.grain = k.grain and r.by = k.by),
            true, null, k.grain, true, 2) s)
    select s.grain, s.by, s.organisation, s.period, s.value, s.cells[1], d.n, case when s.cells[1] is not null then round(1000.0 * s.cells[1] / nullif(d.n, 0), 2) end,
        s.cells[2], s.cells[3], core.percent(s.cells[3], s.cells[2]), core.wilson(s.cells[3], s.cells[2], -1), core.wilson(s.cells[3], s.cells[2], 1),
        core.is_period_over(s.grain, s.period, now()), s.n_hidden
    from told s
        left join delivered d on d.grain = s.grain and d.by = s.by and d.organisation = s.organisation
            and coalesce(d.period, '-infinity') = coalesce(s.period, '-infinity') and d.value = s.value
    order by s.grain, s.by, s.organisation, s.period, s.value;
end;

create or replace function fresh.opt_outs(grain text default 'all', by text default 'all')
returns table (organisation text, period_start date, value text, stopped bigint, delivered bigint, per_1000_delivered numeric, over_90_days bigint,
    came_back bigint, percent_came_back numeric, percent_low numeric, percent_high numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set work_mem = '128MB' set jit = off
begin atomic
    select o.organisation, o.period_start, o.value, o.stopped, o.delivered, o.per_1000_delivered, o.over_90_days, o.came_back, o.percent_came_back, o.percent_low,
        o.percent_high, o.is_over, o.n_hidden
    from fresh.every_opt_outs(array[opt_outs.grain], array[opt_outs.by]) o
    where core.is_grain(opt_outs.grain) and (opt_outs.by = 'last_message' or core.is_property(opt_outs.by));
end;

do $$
declare
    v_function regprocedure;
begin
    for v_function in select p.oid from pg_proc p where p.pronamespace = 'fresh'::regnamespace and p.proname ~ '^every_' loop
        execute format('revoke execute on function %s from public', v_function);
        execute format('grant execute on function %s to waypost_owner', v_function);
    end loop;
end $$;

reset role;
