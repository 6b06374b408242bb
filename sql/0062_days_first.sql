-- As 0058: contact_counts, failures, reminders and session_lengths for all that is asked in one pass. Days stand before periods: what is counted of a
-- day is few rows, and weeks, months and quarters are made of them.
-- Replaces these four of fresh (0013, 0030, 0034).

set local role report_owner;

create function fresh.every_contact_counts(grains text[], properties text[])
returns table (grain text, by text, organisation text, period_start date, value text, contacts bigint, asked bigint, opted_in bigint, percent_opted_in numeric,
    percent_low numeric, percent_high numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set work_mem = '128MB' set jit = off
begin atomic
    with asked as materialized (select x.grain, x.by from unnest(grains, properties) x (grain, by)),
    days as materialized (
        select w.by, c.organisation, c.local_date, g.value, count(*) as n, count(c.asked_date) as n_asked, count(*) filter (where c.is_in_within_7_days) as n_in,
            count(*) filter (where c.is_enrolled) as n_enrolled
        from facts.contacts c
            cross join (select k.by from asked k group by 1) w
            cross join lateral (values (core.value_of(w.by, c.lang, c.cohort, c.country, c.role_choice, c.first_channel, c.first_via))) as g (value)
        group by 1, 2, 3, 4),
    counted as materialized (
        select k.grain, k.by, d.organisation, core.row_day(k.grain, d.local_date) as day, d.value, array[sum(d.n), sum(d.n_asked), sum(d.n_in), sum(d.n_enrolled),
            sum(sum(d.n_enrolled)) over (partition by k.grain, k.by, d.organisation)]::bigint[] as cells
        from days d join asked k on k.by = d.by
        group by 1, 2, 3, 4, 5),
    told as materialized (
        select k.grain, k.by, s.* from asked k cross join lateral core.safe(array(
            select row(c.organisation, null, null, c.day, c.value, null, c.cells, null, null)::core.cell from counted c where c.grain = k.grain and c.by = k.by),
            true, null, k.grain, true, 1, null) s)
    select s.grain, s.by, s.organisation, s.period, s.value, s.cells[1], s.cells[2], s.cells[3], core.percent(s.cells[3], s.cells[2]), core.wilson(s.cells[3], s.cells[2], -1),
        core.wilson(s.cells[3], s.cells[2], 1), core.is_period_over(s.grain, s.period, now()), s.n_hidden
    from told s
    order by s.grain, s.by, s.organisation, s.period, s.value;
end;

create or replace function fresh.contact_counts(grain text default 'all', by text default 'all')
returns table (organisation text, period_start date, value text, contacts bigint, asked bigint, opted_in bigint, percent_opted_in numeric, percent_low numeric,
    percent_high numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    select c.organisation, c.period_start, c.value, c.contacts, c.asked, c.opted_in, c.percent_opted_in, c.percent_low, c.percent_high, c.is_over, c.n_hidden
    from fresh.every_contact_counts(array[contact_counts.grain], array[contact_counts.by]) c where core.is_grain(contact_counts.grain) and core.is_property(contact_counts.by);
end;

create function fresh.every_failures(grains text[], properties text[])
returns table (grain text, by text, organisation text, period_start date, value text, code text, sent bigint, failed bigint, percent_of_sent numeric, percent_of_failed numeric,
    is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set work_mem = '128MB' set jit = off
begin atomic
    with asked as materialized (select x.grain, x.by from unnest(grains, properties) x (grain, by)),
    days as materialized (
        select m.organisation, m.local_date, m.channel, m.operator, m.country, m.is_failed, m.code, count(*) as n, bit_or(core.person_bit(m.person)) as bits
        from facts.message_ends m group by 1, 2, 3, 4, 5, 6, 7),
    ends as materialized (
        select k.grain, k.by, d.organisation, g.period, g.value, d.is_failed, d.code, sum(d.n)::bigint as n, bit_or(d.bits) as bits
        from days d
            cross join asked k
            cross join lateral (values (core.period_of(k.grain, d.local_date), case k.by when 'all' then 'all' when 'channel' then d.channel
                when 'operator' then coalesce(d.operator, 'none') when 'country' then coalesce(d.country, 'none') end)) as g (period, value)
        group by 1, 2, 3, 4, 5, 6, 7),
    wholes as (
        select e.grain, e.by, e.organisation, e.period, e.value, sum(e.n)::bigint as n, (sum(e.n) filter (where e.is_failed))::bigint as n_failed,
            core.is_of_five(bit_or(e.bits)) as is_enough, coalesce(core.is_of_five(bit_or(e.bits) filter (where e.is_failed)), false) as is_enough_failed
        from ends e group by 1, 2, 3, 4, 5),
    codes as (
        select e.grain, e.by, e.organisation, e.period, e.value, c.code, sum(e.n)::bigint as n, core.is_of_five(bit_or(e.bits)) as is_enough
        from (select w.*, bit_or(w.bits) filter (where not core.is_of_five(w.bits)) over same as few,
                row_number() over (partition by w.grain, w.by, w.organisation, w.period, w.value, w.is_failed, core.is_of_five(w.bits) order by w.n, w.code) = 1 as is_rarest
                from ends w window same as (partition by w.grain, w.by, w.organisation, w.period, w.value, w.is_failed)) e
            cross join lateral (values (case when core.is_of_five(e.bits) and not (e.is_rarest and not facts.is_whole(e.few)) then e.code else 'other' end)) as c (code)
        where e.is_failed
        group by 1, 2, 3, 4, 5, 6)
    select c.grain, c.by, c.organisation, c.period, c.value, c.code, case when w.is_enough then w.n end, case when c.is_enough then c.n end,
        case when c.is_enough and w.is_enough then core.percent(c.n, w.n) end, case when c.is_enough and w.is_enough_failed then core.percent(c.n, w.n_failed) end,
        core.is_period_over(c.grain, c.period, now())
    from codes c join wholes w on w.grain = c.grain and w.by = c.by and w.organisation = c.organisation
        and coalesce(w.period, '-infinity') = coalesce(c.period, '-infinity') and w.value = c.value
    order by c.grain, c.by, c.organisation, c.period, c.value, case when c.is_enough then c.n end desc nulls last, c.code;
end;

create or replace function fresh.failures(grain text default 'all', by text default 'operator')
returns table (organisation text, period_start date, value text, code text, sent bigint, failed bigint, percent_of_sent numeric, percent_of_failed numeric, is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set work_mem = '128MB' set jit = off
begin atomic
    select f.organisation, f.period_start, f.value, f.code, f.sent, f.failed, f.percent_of_sent, f.percent_of_failed, f.is_over
    from fresh.every_failures(array[failures.grain], array[failures.by]) f
    where core.is_grain(failures.grain) and core.is_one_of('by', failures.by, 'all, channel, operator, country');
end;

create function fresh.every_reminders(properties text[])
returns table (by text, organisation text, course text, quiet_days integer, value text, outcome text, reminded bigint, reminded_did bigint, not_reminded bigint,
    not_reminded_did bigint, percent_reminded numeric, percent_not_reminded numeric, effect numeric, effect_low numeric, effect_high numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '64MB' set jit = off
begin atomic
    with given as materialized (
        select distinct on (f.learner_id, f.course, f.quiet_days) f.* from facts.reminder_steps f order by f.learner_id, f.course, f.quiet_days, f.local_date),
    steps as materialized (
        select b.by, r.organisation, r.course, r.quiet_days, g.value, w.outcome, r.is_sent, count(*) as n, count(*) filter (where w.did) as n_did
        from given r
            cross join unnest(properties) b (by)
            cross join lateral (values (core.value_of(b.by, r.lang, r.cohort, r.country, r.role_choice, r.first_channel, r.first_via))) as g (value)
            cross join lateral (values ('learned', r.is_learned_in_72_hours), ('stopped', r.is_stopped_in_72_hours)) as w (outcome, did)
        where r.is_over
        group by 1, 2, 3, 4, 5, 6, 7),
    seen as materialized (
        select b.by, s.organisation, s.course, split_part(s.item, '/', 1) as days, split_part(s.item, '/', 2) as outcome, split_part(s.item, '/', 3) = 'true' as is_sent,
            s.value, s.cells, s.n_hidden
        from unnest(properties) b (by) cross join lateral core.safe(array(
            select row(t.organisation, t.course, t.quiet_days || '/' || t.outcome || '/' || t.is_sent, null, t.value, null, array[t.n, t.n_did], null, null)::core.cell
            from steps t where t.by = b.by)) s),
    -- The same people beside each outcome: their count is seen in both rows or in none.
    both_seen as materialized (
        select s.*, case when count(s.cells[1]) over (partition by s.by, s.organisation, s.course, s.days, s.is_sent, s.value) = 2 then s.cells[1] end as n, s.cells[2] as did
        from seen s)
    select k.by, k.organisation, k.course, k.days::integer, k.value, k.outcome, a.n, a.did, b.n, b.did, core.percent(a.did, a.n), core.percent(b.did, b.n),
        core.percent(a.did, a.n) - core.percent(b.did, b.n), core.newcombe(a.did, a.n, b.did, b.n, -1), core.newcombe(a.did, a.n, b.did, b.n, 1), k.n_hidden
    from (select distinct s.by, s.organisation, s.course, s.days, s.value, s.outcome, s.n_hidden from seen s) k
        left join both_seen a on a.is_sent and a.by = k.by and a.organisation = k.organisation and a.days = k.days and a.value = k.value and a.outcome = k.outcome
            and a.course is not distinct from k.course
        left join both_seen b on not b.is_sent and b.by = k.by and b.organisation = k.organisation and b.days = k.days and b.value = k.value and b.outcome = k.outcome
            and b.course is not distinct from k.course
    order by k.by, k.organisation, k.course, k.days::integer, k.value, k.outcome;
end;

create or replace function fresh.reminders(by text default 'all')
returns table (organisation text, course text, quiet_days integer, value text, outcome text, reminded bigint, reminded_did bigint, not_reminded bigint,
    not_reminded_did bigint, percent_reminded numeric, percent_not_reminded numeric, effect numeric, effect_low numeric, effect_high numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '64MB' set jit = off
begin atomic
    select r.organisation, r.course, r.quiet_days, r.value, r.outcome, r.reminded, r.reminded_did, r.not_reminded, r.not_reminded_did, r.percent_reminded,
        r.percent_not_reminded, r.effect, r.effect_low, r.effect_high, r.n_hidden
    from fresh.every_reminders(array[reminders.by]) r where core.is_property(reminders.by);
end;

create function fresh.every_session_lengths(grains text[])
returns table (grain text, organisation text, period_start date, sessions bigint, ended_by_us bigint, dropped bigint, percent_dropped numeric, screens_per_session numeric,
    median_seconds numeric, p99_seconds numeric, is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set work_mem = '128MB' set jit = off
begin atomic
    with days as materialized (
        select s.organisation, s.local_date, s.is_dropped, count(*) as n, sum(s.screens) as screens, bit_or(core.person_bit(s.person)) as bits
        from facts.session_lengths s group by 1, 2, 3),
    counted as (
        select g.grain, d.organisation, core.period_of(g.grain, d.local_date) as period, sum(d.n)::bigint as n, coalesce(sum(d.n) filter (where d.is_dropped), 0)::bigint as n_dropped,
            sum(d.screens) / sum(d.n) as screens, core.is_of_five(bit_or(d.bits)) as is_enough,
            facts.is_whole(bit_or(d.bits) filter (where d.is_dropped)) and facts.is_whole(bit_or(d.bits) filter (where not d.is_dropped)) as is_told
        from days d cross join unnest(grains) g (grain)
        group by 1, 2, 3),
    gaps as materialized (select k.organisation, k.local_date, k.seconds::double precision as seconds, core.person_bit(k.person) as bits from facts.session_keys k),
    keys as (
        select g.grain, k.organisation, core.period_of(g.grain, k.local_date) as period, percentile_cont(array[0.5, 0.99]) within group (order by k.seconds) as seconds,
            core.is_of_five(bit_or(k.bits)) as is_enough
        from gaps k cross join unnest(grains) g (grain)
        group by 1, 2, 3)
    select c.grain, c.organisation, c.period, case when c.is_enough then c.n end, case when c.is_enough and c.is_told then c.n - c.n_dropped end,
        case when c.is_enough and c.is_told then c.n_dropped end, case when c.is_enough and c.is_told then core.percent(c.n_dropped, c.n) end,
        case when c.is_enough then round(c.screens, 1) end, case when k.is_enough then round(k.seconds[1]::numeric, 1) end,
        case when k.is_enough then round(k.seconds[2]::numeric, 1) end, core.is_period_over(c.grain, c.period, now())
    from counted c left join keys k on k.grain = c.grain and k.organisation = c.organisation and coalesce(k.period, '-infinity') = coalesce(c.period, '-infinity')
    order by c.grain, c.organisation, c.period;
end;

create or replace function fresh.session_lengths(grain text default 'all')
returns table (organisation text, period_start date, sessions bigint, ended_by_us bigint, dropped bigint, percent_dropped numeric, screens_per_session numeric,
    median_seconds numeric, p99_seconds numeric, is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set work_mem = '128MB' set jit = off
begin atomic
    select s.organisation, s.period_start, s.sessions, s.ended_by_us, s.dropped, s.percent_dropped, s.screens_per_session, s.median_seconds, s.p99_seconds, s.is_over
    from fresh.every_session_lengths(array[session_lengths.grain]) s where core.is_grain(session_lengths.grain);
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
