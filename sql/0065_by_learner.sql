-- effort() and session_lengths() take as much memory for a million learners as for a thousand: they put all events of an organisation in order before they
-- counted, which at 100,000 learners needed more temporary files than a login may have, and ended in an error. Now what is asked of events is
-- counted of one learner after the other, and what stays is how many people (or keys) had how many minutes (or seconds), to a tenth, which is what is told:
-- core.percentiles says why medians are the same.
-- Replaces facts.session_lengths, facts.session_keys (0030), fresh.every_effort (0061) and fresh.every_session_lengths (0062).

set local role waypost_owner;

-- The percentiles p of values that lie in blocks, in their order: of each how many, the least and the greatest. Right to the place at which blocks were rounded:
-- two neighbours in one block are as far apart as this place at most, so what lies between them is rounded as they are; between two blocks, the neighbours are the
-- greatest of one and the least of the other.
create function core.percentiles(p double precision[], n bigint[], low double precision[], high double precision[]) returns double precision[]
language sql immutable parallel safe
begin atomic
    select array_agg(case when a.block = b.block then a.low else a.high + (w.place - floor(w.place)) * (b.low - a.high) end order by w.i)
    from (select x.i, x.p * (select sum(s) - 1 from unnest(percentiles.n) s)::double precision as place from unnest(p) with ordinality as x (p, i)) w
        cross join lateral (select k.* from (select c.block, c.low, c.high, sum(c.n) over (order by c.block) as reach from unnest(percentiles.n, percentiles.low, percentiles.high) with ordinality as c (n, low, high, block)) k
            where k.reach > floor(w.place) order by k.block limit 1) a
        cross join lateral (select k.* from (select c.block, c.low, sum(c.n) over (order by c.block) as reach from unnest(percentiles.n, percentiles.low) with ordinality as c (n, low, block)) k
            where k.reach > ceil(w.place) order by k.block limit 1) b;
end;
comment on function core.percentiles(double precision[], bigint[], double precision[], double precision[]) is 'Percentiles of values that were counted in blocks.';
revoke execute on function core.percentiles(double precision[], bigint[], double precision[], double precision[]) from public;
grant execute on function core.percentiles(double precision[], bigint[], double precision[], double precision[]) to report_owner;

reset role;
set local role report_owner;

create or replace view facts.session_lengths with (security_barrier) as
select o.code as organisation, (s.begun_at at time zone o.time_zone)::date as local_date, s.is_dropped, s.screens, l.learner as person
from core.learner l
    join core.organisation o on o.org_id = l.org_id
    -- Providers use names of sessions again: after ten minutes, which no operator keeps one open, it is another one.
    cross join lateral (
        select min(x.at) as begun_at, bool_or(x.kind = 'session_dropped') as is_dropped, max(x.seq) - min(x.seq) + 1 - max((x.kind = 'session_dropped')::integer) as screens
        from (select g.*, count(*) filter (where g.is_first) over (partition by g.session order by g.seq, g.n) as place
            from (select e.session, e.seq, e.n, e.at, e.kind,
                    e.kind <> 'session_dropped' and coalesce(e.at - lag(e.at) over (partition by e.session order by e.seq, e.n) > interval '10 minutes', true) as is_first
                from core.event e where e.org_id = l.org_id and e.learner = l.learner and e.session is not null and e.via = 'ussd') g) x
        group by x.session, x.place
        offset 0) s
where not l.is_test and l.erased_at is null and s.begun_at <= now() - interval '1 hour' and s.screens > 0;

create or replace view facts.session_keys with (security_barrier) as
select o.code as organisation, (s.at at time zone o.time_zone)::date as local_date, s.seconds, l.learner as person
from core.learner l
    join core.organisation o on o.org_id = l.org_id
    cross join lateral (
        select x.at, case when x.seq = lag(x.seq) over session + 1 then extract(epoch from x.at - lag(x.at) over session) end as seconds
        from (select e.session, e.seq, min(e.at) as at from core.event e
            where e.org_id = l.org_id and e.learner = l.learner and e.session is not null and e.via = 'ussd' and e.kind <> 'session_dropped' group by 1, 2) x
        window session as (partition by x.session order by x.seq)
        offset 0) s
where not l.is_test and l.erased_at is null
    and s.seconds between 0 and 600; -- no operator keeps a session so long: what comes later is another one of the same name

create or replace function fresh.every_session_lengths(grains text[])
returns table (grain text, organisation text, period_start date, sessions bigint, ended_by_us bigint, dropped bigint, percent_dropped numeric, screens_per_session numeric,
    median_seconds numeric, p99_seconds numeric, is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set enable_sort = off set work_mem = '128MB' set jit = off
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
    gaps as materialized (
        select k.organisation, k.local_date, round(k.seconds, 1) as block, count(*) as n, min(k.seconds)::double precision as low, max(k.seconds)::double precision as high,
            bit_or(core.person_bit(k.person)) as bits
        from facts.session_keys k group by 1, 2, 3),
    blocks as (
        select g.grain, k.organisation, core.period_of(g.grain, k.local_date) as period, k.block, sum(k.n)::bigint as n, min(k.low) as low, max(k.high) as high,
            bit_or(k.bits) as bits
        from gaps k cross join unnest(grains) g (grain)
        group by 1, 2, 3, 4),
    keys as (
        select b.grain, b.organisation, b.period, core.percentiles(array[0.5, 0.99], array_agg(b.n order by b.block), array_agg(b.low order by b.block),
            array_agg(b.high order by b.block)) as seconds, core.is_of_five(bit_or(b.bits)) as is_enough
        from blocks b
        group by 1, 2, 3)
    select c.grain, c.organisation, c.period, case when c.is_enough then c.n end, case when c.is_enough and c.is_told then c.n - c.n_dropped end,
        case when c.is_enough and c.is_told then c.n_dropped end, case when c.is_enough and c.is_told then core.percent(c.n_dropped, c.n) end,
        case when c.is_enough then round(c.screens, 1) end, case when k.is_enough then round(k.seconds[1]::numeric, 1) end,
        case when k.is_enough then round(k.seconds[2]::numeric, 1) end, core.is_period_over(c.grain, c.period, now())
    from counted c left join keys k on k.grain = c.grain and k.organisation = c.organisation and coalesce(k.period, '-infinity') = coalesce(c.period, '-infinity')
    order by c.grain, c.organisation, c.period;
end;

-- As facts.effort_steps has it, added up by module at once.
create or replace function fresh.every_effort(properties text[])
returns table (by text, organisation text, course text, module text, value text, learners bigint, median_minutes numeric, p25_minutes numeric, p75_minutes numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set enable_mergejoin = off set enable_sort = off set work_mem = '128MB' set jit = off
begin atomic
    with units as materialized (
        select u.course_id, u.unit, v.course, u.module, u.module_position from core.unit u join core.course_version v on v.course_id = u.course_id),
    people as (
        select o.code as organisation, t.*, l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via
        from core.learner l
            join core.organisation o on o.org_id = l.org_id
            left join core.cohort c on c.cohort_id = l.cohort_id
            cross join lateral (
                select u.course, u.module, min(u.module_position) as place,
                    coalesce(extract(epoch from sum(case when g.is_same or g.gap between interval '0' and interval '10 minutes' then greatest(g.gap, interval '0') end)), 0) / 60 as minutes
                from (select s.course_id, s.unit, s.at - lag(s.at) over steps as gap, coalesce(s.session = lag(s.session) over steps, false) as is_same
                    from (select e.seq, min(e.at) as at, min(e.session) as session, min(e.course_id) as course_id, -- unit: the first that was learned; its place n goes before it as a letter, so that it is the least
                            substr(min(chr(32 + e.n) || e.unit collate "C") filter (where core.is_learning_action(e.kind, e.phase)), 2) as unit
                        from core.event e where e.org_id = l.org_id and e.learner = l.learner group by 1) s
                    window steps as (order by s.seq)) g
                    join units u on u.course_id = g.course_id and u.unit = g.unit
                group by 1, 2
                offset 0) t
        where not l.is_test and l.erased_at is null),
    blocks as (
        select b.by, p.organisation, p.course, p.module, g.value, round(p.minutes::double precision::numeric, 1) as block, min(p.place) as place, count(*) as n,
            min(p.minutes)::double precision as low, max(p.minutes)::double precision as high
        from people p
            cross join unnest(properties) b (by)
            cross join lateral (values (core.value_of(b.by, p.lang, p.cohort, p.country, p.role_choice, p.first_channel, p.first_via))) as g (value)
        group by 1, 2, 3, 4, 5, 6),
    counted as materialized (
        select k.by, k.organisation, k.course, k.module, k.value, min(k.place) as place, sum(k.n)::bigint as n,
            array_agg(k.n order by k.block) as ns, array_agg(k.low order by k.block) as low, array_agg(k.high order by k.block) as high
        from blocks k group by 1, 2, 3, 4, 5),
    told as materialized (
        select b.by, s.* from unnest(properties) b (by) cross join lateral core.safe(array(
            select row(k.organisation, k.course, k.module, null, k.value, null, array[k.n], null, null)::core.cell from counted k where k.by = b.by)) s)
    select s.by, s.organisation, s.course, s.item, s.value, s.cells[1], round(q.minutes[2]::numeric, 1), round(q.minutes[1]::numeric, 1), round(q.minutes[3]::numeric, 1)
    from told s
        join counted c on c.by = s.by and c.organisation = s.organisation and c.course = s.course and c.module = s.item and c.value = s.value
        cross join lateral (select case when s.cells[1] >= 5 then core.percentiles(array[0.25, 0.5, 0.75], c.ns, c.low, c.high) end as minutes) q
    order by s.by, s.organisation, s.course, c.place, s.value;
end;

reset role;
