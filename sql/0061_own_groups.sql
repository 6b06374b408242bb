-- What a facilitator is shown costs as much as the groups that it is of. Events, units and days have no group, so all of the organisation's were read and
-- those of other groups left out when they met their learners: 15 s for the effort of 4,500 people among 103,500, and 1 s now. Of who reads groups the learners
-- come first, and of each what he or she did is found by its key; of all others it is read as before. Which of the two is not the planner's to choose:
-- it cannot know who asks.
-- Replaces facts.active_days, units_done, module_completions (0010, 0013, 0016, 0017), facts.module_steps and fresh.every_effort (0058).

set local role report_owner;

create view facts.own_events as
select e.* from core.event e where (select core.own_groups() is null)
union all
select e.* from core.learner l cross join lateral (select * from core.event x where x.org_id = l.org_id and x.learner = l.learner offset 0) e
where (select core.own_groups() is not null);
comment on view facts.own_events is 'core.event, as far as who asks may read it.';
create view facts.own_units as
select u.* from core.learner_unit u where (select core.own_groups() is null)
union all
select u.* from core.learner l cross join lateral (select * from core.learner_unit x where x.org_id = l.org_id and x.learner = l.learner offset 0) u
where (select core.own_groups() is not null);
comment on view facts.own_units is 'core.learner_unit, as far as who asks may read it.';
create view facts.own_days as
select d.* from core.active_day d where (select core.own_groups() is null)
union all
select d.* from core.learner l cross join lateral (select * from core.active_day x where x.org_id = l.org_id and x.learner = l.learner offset 0) d
where (select core.own_groups() is not null);
comment on view facts.own_days is 'core.active_day, as far as who asks may read it.';

create or replace view facts.active_days with (security_barrier) as
select l.learner_id, o.code as organisation, a.day, a.n_sms, a.n_ussd, l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via,
    l.erased_at is not null as is_erased
from facts.own_days a
    join core.learner l on l.org_id = a.org_id and l.learner = a.learner
    join core.organisation o on o.org_id = a.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
where not l.is_test;

create or replace view facts.units_done with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, x."position", x.module, x.module_position, x.module_kind, x.module_title, u.unit, x.kind as unit_kind,
    coalesce(x.title, x.text) as unit_title, x.item_version, (u.first_at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, u.choice, u.is_right,
    u.is_post_right, u.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from facts.own_units u
    join core.learner l on l.org_id = u.org_id and l.learner = u.learner
    join core.organisation o on o.org_id = u.org_id
    join core.course_version v on v.course_id = u.course_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join core.unit x on x.course_id = u.course_id and x.unit = u.unit
where not l.is_test;

create or replace view facts.module_completions with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, x.unit as module, u.module_title, (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    x.at as completed_at, x.value as right_answers, x.attempt as questions, case when x.attempt > 0 then round(100.0 * x.value / x.attempt, 1) end as score_percent,
    case when x.attempt > 0 then x.value >= 0.6 * x.attempt else true end as is_passed, x.channel, x.via::text as via, x.lang, c.code as cohort,
    coalesce(x.phase::text = 'catchup', false) as via_catchup, coalesce(c.time_zone, o.time_zone) as zone, l.erased_at is not null as is_erased
from facts.own_events x
    join core.learner l on l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    left join core.course_version v on v.course_id = x.course_id
    left join (select distinct course_id, module, module_title from core.unit) u on u.course_id = x.course_id and u.module = x.unit
where x.kind = 'module_completed' and not l.is_test;

create or replace view facts.module_steps with (security_barrier) as
select o.code as organisation, r.course, r.module, l.learner_id, d.learner_id is not null as is_done, coalesce(d.is_completed, false) as is_completed,
    coalesce(d.is_passed, false) as is_passed, l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via
from (select u.org_id, u.learner, v.course, x.module
        from facts.own_units u
            join core.course_version v on v.course_id = u.course_id
            join core.unit x on x.course_id = u.course_id and x.unit = u.unit
        where x.module_kind = 'lessons'
        group by 1, 2, 3, 4) r
    join core.learner l on l.org_id = r.org_id and l.learner = r.learner
    join core.organisation o on o.org_id = r.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join (select m.learner_id, m.course, m.module, bool_or(not m.via_catchup) as is_completed, bool_or(m.is_passed and not m.via_catchup) as is_passed
        from facts.module_completions m group by 1, 2, 3) d on d.learner_id = l.learner_id and d.course = r.course and d.module = r.module
where not l.is_test;

-- As facts.effort_steps has it, added up by module at once.
create or replace function fresh.every_effort(properties text[])
returns table (by text, organisation text, course text, module text, value text, learners bigint, median_minutes numeric, p25_minutes numeric, p75_minutes numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set enable_mergejoin = off set enable_sort = off set work_mem = '128MB' set jit = off
begin atomic
    with steps as ( -- unit: the first that was learned; its place n goes before it as a letter, so that it is the least
        select e.org_id, e.learner, e.seq, min(e.at) as at, min(e.session) as session, min(e.course_id) as course_id,
            substr(min(chr(32 + e.n) || e.unit collate "C") filter (where core.is_learning_action(e.kind, e.phase)), 2) as unit
        from facts.own_events e group by 1, 2, 3),
    gaps as (
        select s.org_id, s.learner, s.course_id, s.unit, s.at - lag(s.at) over learner as gap, coalesce(s.session = lag(s.session) over learner, false) as is_same
        from steps s window learner as (partition by s.org_id, s.learner order by s.seq)),
    times as (
        select g.org_id, g.learner, g.course_id, u.module, min(u.module_position) as place,
            sum(case when g.is_same or g.gap between interval '0' and interval '10 minutes' then greatest(g.gap, interval '0') end) as spent
        from gaps g join core.unit u on u.course_id = g.course_id and u.unit = g.unit
        group by 1, 2, 3, 4),
    people as materialized (
        select t.org_id, t.learner, v.course, t.module, min(t.place) as place, coalesce(sum(extract(epoch from t.spent)), 0) / 60 as minutes
        from times t join core.course_version v on v.course_id = t.course_id
        group by 1, 2, 3, 4),
    counted as materialized (
        select b.by, o.code as organisation, p.course, p.module, g.value, min(p.place) as place, count(*) as n, array_agg(p.minutes::double precision) as minutes
        from people p
            join core.learner l on l.org_id = p.org_id and l.learner = p.learner
            join core.organisation o on o.org_id = p.org_id
            left join core.cohort c on c.cohort_id = l.cohort_id
            cross join unnest(properties) b (by)
            cross join lateral (values (core.value_of(b.by, l.lang, c.code, l.country, l.role_choice, l.first_channel, l.first_via::text))) as g (value)
        where not l.is_test and l.erased_at is null
        group by 1, 2, 3, 4, 5),
    told as materialized (
        select b.by, s.* from unnest(properties) b (by) cross join lateral core.safe(array(
            select row(k.organisation, k.course, k.module, null, k.value, null, array[k.n], null, null)::core.cell from counted k where k.by = b.by)) s)
    select s.by, s.organisation, s.course, s.item, s.value, s.cells[1], round(q.minutes[2]::numeric, 1), round(q.minutes[1]::numeric, 1), round(q.minutes[3]::numeric, 1)
    from told s
        join counted c on c.by = s.by and c.organisation = s.organisation and c.course = s.course and c.module = s.item and c.value = s.value
        cross join lateral (select percentile_cont(array[0.25, 0.5, 0.75]) within group (order by x) as minutes from unnest(c.minutes) x where s.cells[1] >= 5) q
    order by s.by, s.organisation, s.course, c.place, s.value;
end;

reset role;
