-- What is read of each learner is read as numbers, and names are put to what was counted: a million rows of text to be joined and hashed took most of a report's
-- time. How many did which unit, in all and by group, the writer counts anyway (core.unit_cohort; its languages are not always those of learner_unit, so not these).
-- Replaces fresh.every_hazard, facts.module_steps (0058, 0061) and fresh.scores (0013), of which all answers are counted in one pass now, too.

set local role report_owner;

-- A module and a unit have one number in all versions of a course.
create view facts.unit_numbers with (security_barrier) as
select u.course_id, u.unit, v.course, u.module, u.module_kind, (dense_rank() over (order by v.course, u.unit))::integer as unit_no,
    (dense_rank() over (order by v.course, u.module))::integer as module_no
from core.unit u join core.course_version v on v.course_id = u.course_id;
comment on view facts.unit_numbers is 'Numbers for units and modules, to count by.';

-- What a learner is counted by, beside the language of what is counted.
create view facts.people with (security_barrier) as
select l.org_id, l.learner, l.learner_id, l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via
from core.learner l left join core.cohort c on c.cohort_id = l.cohort_id
where not l.is_test;
comment on view facts.people is 'One row per learner: what learners are counted by.';

-- ---- hazard ----

create or replace function fresh.every_hazard(properties text[])
returns table (by text, organisation text, course text, unit text, "position" integer, unit_title text, value text, reached bigint, left_here bigint, percent_left numeric,
    is_enough boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set enable_mergejoin = off set enable_sort = off set work_mem = '128MB' set jit = off
begin atomic
    with numbers as materialized (select n.* from facts.unit_numbers n where n.module_kind <> 'followup'),
    names as (select distinct n.unit_no, n.course, n.unit from numbers n),
    rows as (
        select b.by, k.org_id, n.unit_no, case b.by when 'all' then 'all' else coalesce(c.code, 'none') end as value, sum(k.reached) as n, 0 as n_left
        from core.unit_cohort k
            join numbers n on n.course_id = k.course_id and n.unit = k.unit
            left join core.cohort c on c.cohort_id = k.cohort_id
            cross join unnest(properties) b (by)
        where k.reached > 0 and b.by in ('all', 'cohort')
        group by 1, 2, 3, 4
        union all
        select b.by, u.org_id, n.unit_no, g.value, count(*), 0
        from facts.own_units u
            join numbers n on n.course_id = u.course_id and n.unit = u.unit
            join facts.people p on p.org_id = u.org_id and p.learner = u.learner
            cross join unnest(properties) b (by)
            cross join lateral (values (core.value_of(b.by, u.lang, p.cohort, p.country, p.role_choice, p.first_channel, p.first_via))) as g (value)
        where properties && array['language', 'country', 'role', 'channel', 'via'] and b.by not in ('all', 'cohort')
        group by 1, 2, 3, 4
        union all
        select b.by, p.org_id, n.unit_no, g.value, 0, count(*)
        from facts.enrolments e
            join facts.people p on p.learner_id = e.learner_id
            join numbers n on n.course = e.course and n.unit = e.last_unit
            cross join lateral (select x.lang from core.learner_unit x where x.learner = p.learner and x.course_id = n.course_id and x.unit = n.unit offset 0) u
            cross join unnest(properties) b (by)
            cross join lateral (values (core.value_of(b.by, u.lang, p.cohort, p.country, p.role_choice, p.first_channel, p.first_via))) as g (value)
        where e.completed_at is null and (e.stopped_at is not null or e.last_active_at < now() - interval '14 days')
        group by 1, 2, 3, 4),
    counted as materialized (
        select r.by, o.code as organisation, n.course, n.unit, r.value, array[sum(r.n), sum(r.n_left)]::bigint[] as cells
        from rows r
            join names n on n.unit_no = r.unit_no
            join core.organisation o on o.org_id = r.org_id
        group by 1, 2, 3, 4, 5),
    told as materialized (
        select b.by, s.* from unnest(properties) b (by) cross join lateral core.safe(array(
            select row(k.organisation, k.course, null, null, k.value, null, k.cells, null, k.unit)::core.cell from counted k where k.by = b.by), true, array[2]) s)
    select s.by, s.organisation, s.course, s.part, t."position", t.unit_title, s.value, s.cells[1], s.cells[2], core.percent(s.cells[2], s.cells[1]), s.cells[1] >= 30, s.n_hidden
    from told s
        left join facts.unit_titles t on t.course = s.course and t.unit = s.part
    order by s.by, s.organisation, s.course, t."position", s.value;
end;

-- ---- modules ----

create or replace view facts.module_steps with (security_barrier) as
with numbers as materialized (select n.* from facts.unit_numbers n),
modules as materialized (select distinct n.course, n.module, n.module_no from numbers n)
select o.code as organisation, m.course, m.module, p.learner_id, d.learner is not null as is_done, coalesce(d.is_completed, false) as is_completed,
    coalesce(d.is_passed, false) as is_passed, p.lang, p.cohort, p.country, p.role_choice, p.first_channel, p.first_via
from facts.people p
    join core.organisation o on o.org_id = p.org_id
    cross join lateral (
        select n.module_no from core.learner_unit u join numbers n on n.course_id = u.course_id and n.unit = u.unit
        where u.org_id = p.org_id and u.learner = p.learner and n.module_kind = 'lessons'
        group by 1
        offset 0) r
    join modules m on m.module_no = r.module_no
    left join (
        select x.org_id, x.learner, k.module_no, bool_or(x.phase is distinct from 'catchup') as is_completed,
            bool_or(x.phase is distinct from 'catchup' and (coalesce(x.attempt, 0) <= 0 or x.value >= 0.6 * x.attempt)) as is_passed
        from facts.own_events x
            join core.course_version v on v.course_id = x.course_id
            join modules k on k.course = v.course and k.module = x.unit
        where x.kind = 'module_completed'
        group by 1, 2, 3) d on d.org_id = p.org_id and d.learner = p.learner and d.module_no = r.module_no;

-- ---- scores ----

create function fresh.every_scores(properties text[])
returns table (by text, organisation text, course text, value text, band text, learners bigint, percent numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set enable_mergejoin = off set enable_sort = off set work_mem = '128MB' set jit = off
begin atomic
    with numbers as materialized (select n.* from facts.unit_numbers n where n.module_kind = 'lessons'),
    people as (
        select p.*, a.course, a.lang as answered_in, a.n, a.n_right
        from facts.people p
            cross join lateral (
                select n.course, u.lang, count(*) as n, count(*) filter (where u.is_right) as n_right
                from core.learner_unit u join numbers n on n.course_id = u.course_id and n.unit = u.unit
                where u.org_id = p.org_id and u.learner = p.learner and u.is_right is not null
                group by 1, 2
                offset 0) a),
    shares as (
        select b.by, p.org_id, p.course, g.value, p.learner, sum(p.n_right) / sum(p.n) as share
        from people p
            cross join unnest(properties) b (by)
            cross join lateral (values (core.value_of(b.by, p.answered_in, p.cohort, p.country, p.role_choice, p.first_channel, p.first_via))) as g (value)
        group by 1, 2, 3, 4, 5),
    bands as materialized (
        select s.by, o.code as organisation, s.course, s.value, case when s.share < 0.4 then '0-39' when s.share < 0.6 then '40-59' when s.share < 0.8 then '60-79'
            else '80-100' end as band, count(*) as n
        from shares s join core.organisation o on o.org_id = s.org_id
        group by 1, 2, 3, 4, 5),
    wholes as (select b.by, b.organisation, b.course, b.value, sum(b.n)::bigint as n from bands b group by 1, 2, 3, 4),
    told as materialized (
        select b.by, s.* from unnest(properties) b (by) cross join lateral core.safe(array(
            select row(k.organisation, k.course, null, null, k.value, null, array[k.n], null, k.band)::core.cell from bands k where k.by = b.by)) s)
    select s.by, s.organisation, s.course, s.value, s.part, s.cells[1],
        case when sum(s.cells[1]) over (partition by s.by, s.organisation, s.course, s.value) = w.n then core.percent(s.cells[1], w.n) end, s.n_hidden
    from told s join wholes w on w.by = s.by and w.organisation = s.organisation and w.course = s.course and w.value = s.value
    order by s.by, s.organisation, s.course, s.value, s.part;
end;

create or replace function fresh.scores(by text default 'all')
returns table (organisation text, course text, value text, band text, learners bigint, percent numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set work_mem = '128MB' set jit = off
begin atomic
    select s.organisation, s.course, s.value, s.band, s.learners, s.percent, s.n_hidden from fresh.every_scores(array[scores.by]) s where core.is_property(scores.by);
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
