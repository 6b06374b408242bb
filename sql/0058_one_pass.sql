-- What is read of each learner is read once for all properties. fresh.every_X counts report X for each property that it is given, in one
-- pass over what was done, of which only little is left before anything is multiplied by properties: a learner's minutes in each module, in
-- place of a hundred events. fresh.X asks for one of them, core.count_answers for all. Titles come from the counters of units,
-- which are a few hundred rows, and no more from all that was ever done (a third of a report's time).
-- The figures are the same. Replaces hazard, items, distractors, effort, modules, module_rates and caught_up of fresh (0013, 0022, 0030, 0046)
-- and facts.modules, facts.mature_modules of 0013, 0030.

set local role report_owner;

-- The newest of each unit that somebody has done.
create view facts.unit_titles with (security_barrier) as
select distinct on (v.course, d.unit) v.course, d.unit, x."position", x.module, x.module_position, x.module_title, coalesce(x.title, x.text) as unit_title
from (select c.course_id, c.unit from core.unit_cohort c where c.reached > 0 group by 1, 2) d
    join core.course_version v on v.course_id = d.course_id
    left join core.unit x on x.course_id = d.course_id and x.unit = d.unit
order by v.course, d.unit, v.version desc;
comment on view facts.unit_titles is 'Titles and places of the units that somebody has done, of the newest version of the course in which somebody has.';

create view facts.module_titles with (security_barrier) as
select distinct on (v.course, x.module) v.course, x.module, x.module_position, x.module_title
from (select c.course_id, c.unit from core.unit_cohort c where c.reached > 0 group by 1, 2) d
    join core.course_version v on v.course_id = d.course_id
    left join core.unit x on x.course_id = d.course_id and x.unit = d.unit
order by v.course, x.module, v.version desc;
comment on view facts.module_titles is 'Titles and places of the modules of which somebody has done something, of the newest version of the course in which somebody has.';

-- ---- effort ----

-- As facts.effort_steps has it, added up by module at once.
create function fresh.every_effort(properties text[])
returns table (by text, organisation text, course text, module text, value text, learners bigint, median_minutes numeric, p25_minutes numeric, p75_minutes numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set enable_mergejoin = off set enable_sort = off set work_mem = '128MB' set jit = off
begin atomic
    with steps as ( -- unit: the first that was learned; its place n goes before it as a letter, so that it is the least
        select e.org_id, e.learner, e.seq, min(e.at) as at, min(e.session) as session, min(e.course_id) as course_id,
            substr(min(chr(32 + e.n) || e.unit collate "C") filter (where core.is_learning_action(e.kind, e.phase)), 2) as unit
        from core.event e group by 1, 2, 3),
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

create or replace function fresh.effort(by text default 'all')
returns table (organisation text, course text, module text, value text, learners bigint, median_minutes numeric, p25_minutes numeric, p75_minutes numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    select e.organisation, e.course, e.module, e.value, e.learners, e.median_minutes, e.p25_minutes, e.p75_minutes
    from fresh.every_effort(array[effort.by]) e where core.is_property(effort.by);
end;

-- ---- hazard ----

create function fresh.every_hazard(properties text[])
returns table (by text, organisation text, course text, unit text, "position" integer, unit_title text, value text, reached bigint, left_here bigint, percent_left numeric,
    is_enough boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set enable_mergejoin = off set enable_sort = off set work_mem = '128MB' set jit = off
begin atomic
    with away as (
        select e.learner_id, e.course, e.last_unit from facts.enrolments e
        where e.completed_at is null and (e.stopped_at is not null or e.last_active_at < now() - interval '14 days') group by 1, 2, 3),
    counted as materialized (
        select b.by, u.organisation, u.course, u.unit, g.value, array[count(*), count(a.learner_id)] as cells
        from facts.units_done u
            left join away a on a.learner_id = u.learner_id and a.course = u.course and a.last_unit = u.unit
            cross join unnest(properties) b (by)
            cross join lateral (values (core.value_of(b.by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via))) as g (value)
        where u.module_kind <> 'followup'
        group by 1, 2, 3, 4, 5),
    told as materialized (
        select b.by, s.* from unnest(properties) b (by) cross join lateral core.safe(array(
            select row(k.organisation, k.course, null, null, k.value, null, k.cells, null, k.unit)::core.cell from counted k where k.by = b.by), true, array[2]) s)
    select s.by, s.organisation, s.course, s.part, t."position", t.unit_title, s.value, s.cells[1], s.cells[2], core.percent(s.cells[2], s.cells[1]), s.cells[1] >= 30, s.n_hidden
    from told s
        left join facts.unit_titles t on t.course = s.course and t.unit = s.part
    order by s.by, s.organisation, s.course, t."position", s.value;
end;

create or replace function fresh.hazard(by text default 'all')
returns table (organisation text, course text, unit text, "position" integer, unit_title text, value text, reached bigint, left_here bigint, percent_left numeric,
    is_enough boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    select h.organisation, h.course, h.unit, h."position", h.unit_title, h.value, h.reached, h.left_here, h.percent_left, h.is_enough, h.n_hidden
    from fresh.every_hazard(array[hazard.by]) h where core.is_property(hazard.by);
end;

-- ---- questions ----

create function fresh.every_items(properties text[])
returns table (by text, organisation text, course text, unit text, module text, question text, value text, answered bigint, n_right bigint, p numeric, p_low numeric, p_high numeric,
    is_enough boolean, discrimination numeric, difference_to_all numeric, flag text, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set enable_mergejoin = off set enable_sort = off set work_mem = '128MB' set jit = off
begin atomic
    with answers as (
        select u.organisation, u.course, u.unit, u.learner_id, u.is_right::integer as x, sum(u.is_right::integer) over learner as n_right, count(*) over learner as n,
            u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via
        from facts.units_done u
        where u.module_kind = 'lessons' and u.is_right is not null
        window learner as (partition by u.learner_id, u.course)),
    rests as materialized (
        select a.*, (a.n_right - a.x)::numeric / nullif(a.n - 1, 0) as rest from answers a),
    items as materialized ( -- r: who answered twelve and more
        select b.by, r.organisation, r.course, r.unit, g.value, count(*) as n, sum(r.x) as n_right, corr(r.x, r.rest) filter (where r.n >= 12) as r,
            count(*) filter (where r.n >= 12) as n_of_r
        from rests r
            cross join unnest(properties) b (by)
            cross join lateral (values (core.value_of(b.by, r.lang, r.cohort, r.country, r.role_choice, r.first_channel, r.first_via))) as g (value)
        group by 1, 2, 3, 4, 5),
    thirds as materialized ( -- for differences between values
        select r.*, ntile(3) over (partition by r.organisation, r.course, r.unit order by r.rest, r.learner_id) as third
        from rests r where properties <> array['all']),
    differences as (
        select v.by, v.organisation, v.course, v.unit, v.value, sum(v.n * (v.p - w.p)) / sum(v.n) as difference
        from (select b.by, t.organisation, t.course, t.unit, g.value, t.third, avg(t.x) as p, count(*) as n
            from thirds t
                cross join unnest(properties) b (by)
                cross join lateral (values (core.value_of(b.by, t.lang, t.cohort, t.country, t.role_choice, t.first_channel, t.first_via))) as g (value)
            where b.by <> 'all'
            group by 1, 2, 3, 4, 5, 6) v
            join (select t.organisation, t.course, t.unit, t.third, avg(t.x) as p from thirds t group by 1, 2, 3, 4) w
                on w.organisation = v.organisation and w.course = v.course and w.unit = v.unit and w.third = v.third
        group by 1, 2, 3, 4, 5),
    told as materialized (
        select b.by, s.* from unnest(properties) b (by) cross join lateral core.safe(array(
            select row(k.organisation, k.course, k.unit, null, k.value, null, array[k.n, k.n_right], null, null)::core.cell from items k where k.by = b.by)) s)
    select s.by, s.organisation, s.course, s.item, t.module, t.unit_title, s.value, s.cells[1], s.cells[2], round(s.cells[2]::numeric / nullif(s.cells[1], 0), 2),
        round(core.wilson_end(s.cells[2], s.cells[1], -1) / 100, 2), round(core.wilson_end(s.cells[2], s.cells[1], 1) / 100, 2), s.cells[1] >= 30,
        case when r.n_of_r >= 100 then round(r.r::numeric, 2) end, case when s.cells[1] >= 50 and s.by <> 'all' then round(d.difference, 2) end,
        nullif(concat_ws(', ', case when s.cells[1] >= 30 and s.cells[2]::numeric / s.cells[1] < 0.30 then 'hard' end,
            case when s.cells[1] >= 30 and s.cells[2]::numeric / s.cells[1] > 0.95 then 'easy' end,
            case when r.n_of_r >= 100 and r.r < 0 then 'stop this question' when r.n_of_r >= 100 and r.r < 0.15 then 'tells little' end,
            case when s.cells[1] >= 50 and s.by = 'language' and abs(d.difference) > 0.15 then 'check the translation' end), ''),
        s.n_hidden
    from told s
        left join items r on r.by = s.by and r.organisation = s.organisation and r.course = s.course and r.unit = s.item and r.value = s.value and s.cells[1] is not null
        left join differences d on d.by = s.by and d.organisation = s.organisation and d.course = s.course and d.unit = s.item and d.value = s.value
        left join facts.unit_titles t on t.course = s.course and t.unit = s.item
    order by s.by, s.organisation, s.course, t."position", s.value;
end;

create or replace function fresh.items(by text default 'all')
returns table (organisation text, course text, unit text, module text, question text, value text, answered bigint, n_right bigint, p numeric, p_low numeric, p_high numeric,
    is_enough boolean, discrimination numeric, difference_to_all numeric, flag text, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    select i.organisation, i.course, i.unit, i.module, i.question, i.value, i.answered, i.n_right, i.p, i.p_low, i.p_high, i.is_enough, i.discrimination,
        i.difference_to_all, i.flag, i.n_hidden
    from fresh.every_items(array[items.by]) i where core.is_property(items.by);
end;

create function fresh.every_distractors(properties text[])
returns table (by text, organisation text, course text, unit text, value text, choice integer, n bigint, percent numeric, percent_of_best numeric, is_right boolean, flag text,
    n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_nestloop = off set enable_mergejoin = off set enable_sort = off set work_mem = '128MB' set jit = off
begin atomic
    with answers as materialized (
        select u.organisation, u.course, u.unit, u.choice, u.is_right, sum(u.is_right::integer) over learner / (count(*) over learner)::numeric as score,
            u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via
        from facts.units_done u
        where u.module_kind = 'lessons' and u.is_right is not null and u.choice is not null
        window learner as (partition by u.learner_id, u.course)),
    scores as materialized ( -- how many have which: there are few scores, however many people
        select b.by, a.organisation, a.course, a.unit, g.value, a.choice, a.score, bool_or(a.is_right) as is_right, count(*) as n
        from answers a
            cross join unnest(properties) b (by)
            cross join lateral (values (core.value_of(b.by, a.lang, a.cohort, a.country, a.role_choice, a.first_channel, a.first_via))) as g (value)
        group by 1, 2, 3, 4, 5, 6, 7),
    ranked as ( -- is_best as percent_rank() <= 0.27 of each answer
        select s.*, (coalesce(sum(s.n) over (item range between unbounded preceding and current row exclude group), 0))::double precision
                / greatest(sum(s.n) over (partition by s.by, s.organisation, s.course, s.unit, s.value) - 1, 1)::double precision <= 0.27 as is_best
        from scores s
        window item as (partition by s.by, s.organisation, s.course, s.unit, s.value order by s.score desc)),
    shares as materialized (
        select r.by, r.organisation, r.course, r.unit, r.value, r.choice, bool_or(r.is_right) as is_right, sum(r.n)::bigint as n, sum(sum(r.n)) over item as n_all,
            coalesce(sum(r.n) filter (where r.is_best), 0)::bigint as n_best, sum(coalesce(sum(r.n) filter (where r.is_best), 0)) over item as n_all_best
        from ranked r
        group by r.by, r.organisation, r.course, r.unit, r.value, r.choice
        window item as (partition by r.by, r.organisation, r.course, r.unit, r.value)),
    keys as (
        select k.by, k.organisation, k.course, k.unit, k.value, max(k.n_best) as n_best from shares k where k.is_right group by 1, 2, 3, 4, 5),
    told as materialized (
        select b.by, s.* from unnest(properties) b (by) cross join lateral core.safe(array(
            select row(k.organisation, k.course, k.unit, null, k.value, null, array[k.n, case when k.is_right then k.n else 0 end], null, k.choice::text)::core.cell
            from shares k where k.by = b.by)) s)
    select s.by, s.organisation, s.course, s.item, s.value, s.part::integer, s.cells[1],
        case when sum(s.cells[1]) over item = h.n_all then core.percent(s.cells[1], h.n_all::bigint) end,
        case when sum(s.cells[1]) over item = h.n_all and h.n_all_best >= 30 and h.n_best not between 1 and 4 then round(100 * h.n_best / h.n_all_best, 1) end,
        h.is_right,
        case when h.n_all < 30 or h.is_right or s.cells[1] is null then null when h.n < 0.05 * h.n_all then 'dead' when h.n_best > y.n_best then 'wrong key?' end,
        s.n_hidden
    from told s
        join shares h on h.by = s.by and h.organisation = s.organisation and h.course = s.course and h.unit = s.item and h.value = s.value and h.choice::text = s.part
        left join keys y on y.by = s.by and y.organisation = s.organisation and y.course = s.course and y.unit = s.item and y.value = s.value
    window item as (partition by s.by, s.organisation, s.course, s.item, s.value)
    order by s.by, s.organisation, s.course, s.item, s.value, s.part::integer;
end;

create or replace function fresh.distractors(by text default 'all')
returns table (organisation text, course text, unit text, value text, choice integer, n bigint, percent numeric, percent_of_best numeric, is_right boolean, flag text,
    n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    select d.organisation, d.course, d.unit, d.value, d.choice, d.n, d.percent, d.percent_of_best, d.is_right, d.flag, d.n_hidden
    from fresh.every_distractors(array[distractors.by]) d where core.is_property(distractors.by);
end;

-- ---- modules ----

-- Who began which module, and who has done it: each learner once, however many units there are.
create view facts.module_steps with (security_barrier) as
select o.code as organisation, r.course, r.module, l.learner_id, d.learner_id is not null as is_done, coalesce(d.is_completed, false) as is_completed,
    coalesce(d.is_passed, false) as is_passed, l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via
from (select u.org_id, u.learner, v.course, x.module
        from core.learner_unit u
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
comment on view facts.module_steps is 'One row per learner and module that was begun: whether it was completed, and how.';

create function facts.modules(properties text[]) returns table (by text, organisation text, course text, module text, value text, cells bigint[], n_hidden integer)
language sql stable set enable_hashjoin = on set enable_nestloop = off set enable_sort = off
begin atomic
    with counted as materialized (
        select b.by, m.organisation, m.course, m.module, g.value, array[count(*), count(*) filter (where m.is_done), count(*) filter (where m.is_completed),
            count(*) filter (where m.is_passed)] as cells
        from facts.module_steps m
            cross join unnest(properties) b (by)
            cross join lateral (values (core.value_of(b.by, m.lang, m.cohort, m.country, m.role_choice, m.first_channel, m.first_via))) as g (value)
        group by 1, 2, 3, 4, 5)
    select b.by, s.organisation, s.course, s.item, s.value, s.cells, s.n_hidden
    from unnest(properties) b (by)
        cross join lateral core.safe(array(
            select row(k.organisation, k.course, k.module, null, k.value, null, k.cells, null, null)::core.cell from counted k where k.by = b.by)) s;
end;

-- Of those who have had 70 days since they enrolled, and the others: it hides the same of both together. By the language that the
-- learner chose last, as those who started are counted.
create function facts.mature_modules(properties text[]) returns table (by text, organisation text, course text, module text, value text, cells bigint[], n_hidden integer)
language sql stable set enable_hashjoin = on set enable_nestloop = off set enable_sort = off
begin atomic
    with enrolled as (
        select e.learner_id, e.course, case when e.enrolled_at <= now() - interval '70 days' then 'mature' else 'recent' end as part,
            e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via
        from facts.enrolments e),
    counted as materialized (
        select b.by, m.organisation, m.course, m.module, g.value, coalesce(e.part, 'recent') as part, array[count(*), count(*) filter (where m.is_done),
            count(*) filter (where m.is_completed), count(*) filter (where m.is_passed)] as cells
        from facts.module_steps m
            left join enrolled e on e.learner_id = m.learner_id and e.course = m.course
            cross join unnest(properties) b (by)
            cross join lateral (values (case when e.part is not null then core.value_of(b.by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via)
                else core.value_of(b.by, m.lang, m.cohort, m.country, m.role_choice, m.first_channel, m.first_via) end)) as g (value)
        group by 1, 2, 3, 4, 5, 6)
    select b.by, s.organisation, s.course, s.item, s.value, s.cells, s.n_hidden
    from unnest(properties) b (by)
        cross join lateral core.safe(array(
            select row(k.organisation, k.course, k.module, null, k.value, null, k.cells, null, k.part)::core.cell from counted k where k.by = b.by)) s
    where s.part = 'mature';
end;
revoke execute on function facts.modules(text[]), facts.mature_modules(text[]) from public;

create function fresh.every_modules(properties text[])
returns table (by text, organisation text, course text, module text, module_title text, value text, reached bigint, completed bigint, passed bigint, percent_completed numeric,
    percent_low numeric, percent_high numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    select s.by, s.organisation, s.course, s.module, t.module_title, s.value, s.cells[1], s.cells[3], s.cells[4], core.percent(s.cells[3], s.cells[1]),
        core.wilson(s.cells[3], s.cells[1], -1), core.wilson(s.cells[3], s.cells[1], 1), s.n_hidden
    from facts.modules(properties) s left join facts.module_titles t on t.course = s.course and t.module = s.module
    order by s.by, s.organisation, s.course, t.module_position, s.value;
end;

create or replace function fresh.modules(by text default 'all')
returns table (organisation text, course text, module text, module_title text, value text, reached bigint, completed bigint, passed bigint, percent_completed numeric,
    percent_low numeric, percent_high numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    select m.organisation, m.course, m.module, m.module_title, m.value, m.reached, m.completed, m.passed, m.percent_completed, m.percent_low, m.percent_high, m.n_hidden
    from fresh.every_modules(array[modules.by]) m where core.is_property(modules.by);
end;

create function fresh.every_caught_up(properties text[])
returns table (by text, organisation text, course text, module text, value text, caught_up bigint, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    select s.by, s.organisation, s.course, s.module, s.value, s.cells[2] - s.cells[3], s.n_hidden
    from facts.modules(properties) s
    where s.cells[2] - s.cells[3] is distinct from 0
    order by s.by, s.organisation, s.course, s.module, s.value;
end;

create or replace function fresh.caught_up(by text default 'all')
returns table (organisation text, course text, module text, value text, caught_up bigint, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    select c.organisation, c.course, c.module, c.value, c.caught_up, c.n_hidden
    from fresh.every_caught_up(array[caught_up.by]) c where core.is_property(caught_up.by);
end;

create function fresh.every_module_rates(properties text[])
returns table (by text, organisation text, course text, module text, module_title text, value text, started bigint, reached bigint, completed bigint, percent_of_reached numeric,
    reached_low numeric, reached_high numeric, percent_of_started numeric, started_low numeric, started_high numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    with started as materialized (
        select b.by, f.organisation, f.course, f.value, f.cells[2] as n from unnest(properties) b (by) cross join lateral facts.funnel('all', b.by, true, now()) f)
    select s.by, s.organisation, s.course, s.module, t.module_title, s.value, f.n, s.cells[1], s.cells[3], core.percent(s.cells[3], s.cells[1]),
        core.wilson(s.cells[3], s.cells[1], -1), core.wilson(s.cells[3], s.cells[1], 1), core.percent(s.cells[3], f.n),
        core.wilson(s.cells[3], f.n, -1), core.wilson(s.cells[3], f.n, 1), s.n_hidden
    from facts.mature_modules(properties) s
        left join started f on f.by = s.by and f.organisation = s.organisation and f.course = s.course and f.value = s.value
        left join facts.module_titles t on t.course = s.course and t.module = s.module
    order by s.by, s.organisation, s.course, t.module_position, s.value;
end;

create or replace function fresh.module_rates(by text default 'all')
returns table (organisation text, course text, module text, module_title text, value text, started bigint, reached bigint, completed bigint, percent_of_reached numeric,
    reached_low numeric, reached_high numeric, percent_of_started numeric, started_low numeric, started_high numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set work_mem = '128MB' set jit = off set enable_nestloop = off
begin atomic
    select m.organisation, m.course, m.module, m.module_title, m.value, m.started, m.reached, m.completed, m.percent_of_reached, m.reached_low, m.reached_high,
        m.percent_of_started, m.started_low, m.started_high, m.n_hidden
    from fresh.every_module_rates(array[module_rates.by]) m where core.is_property(module_rates.by);
end;

drop function facts.modules(text), facts.mature_modules(text);
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
set local role waypost_owner;

-- All answers of one organisation; stable, so that all are of one moment. A day's counts by a property are few people's:
-- hidden mostly, and counted when somebody asks. Where there is fresh.every_X, the answers of report X come from one pass.
create or replace function core.count_answers(p_code text) returns table (report text, arguments jsonb, answer jsonb)
language plpgsql stable
as $$
#variable_conflict use_column
declare
    v record;
    v_asked jsonb;
begin
    for v in
        select p.proname::text as name, a.names, to_regproc('fresh.every_' || p.proname) is not null as is_every,
            array_agg(c.arguments order by c.arguments) as asked
        from pg_proc p
            cross join lateral (select array(select x from unnest(p.proargnames[1:p.pronargs]) x where x <> 'as_of') as names) a
            cross join lateral (
                with recursive w (n, arguments) as (
                    select 0, '{}'::jsonb
                    union all
                    select w.n + 1, w.arguments || jsonb_build_object(a.names[w.n + 1], x) from w cross join lateral unnest(core.kept_values(p.proname, a.names[w.n + 1])) x
                    where w.n < cardinality(a.names))
                select w.arguments from w where w.n = cardinality(a.names)) c
        where p.pronamespace = 'fresh'::regnamespace and p.proname !~ '^every_' and not (c.arguments @> '{"grain": "day"}' and c.arguments ->> 'by' <> 'all')
        group by p.proname, a.names
        order by p.proname
    loop
        if v.is_every then -- of each argument the values that are asked, by place
            return query execute format($q$
                select %1$L, a.arguments, coalesce(x.answer, '[]')
                from unnest($2) a (arguments)
                    left join (select jsonb_build_object(%2$s) as arguments, jsonb_agg(to_jsonb(r) - %3$L::text[] order by r.ordinality) as answer
                        from fresh.%4$I(%5$s) with ordinality r where r.organisation = $1 group by 1) x on x.arguments = a.arguments $q$,
                v.name, (select string_agg(format('%L, r.%I', k, k), ', ') from unnest(v.names) k), v.names || 'ordinality'::text, 'every_' || v.name,
                (select string_agg(format('array(select a ->> %L from unnest($2) with ordinality x (a, i) order by i)', k), ', ' order by i) from unnest(v.names) with ordinality as n (k, i)))
                using p_code, v.asked;
            continue;
        end if;
        foreach v_asked in array v.asked loop
            report := v.name;
            arguments := v_asked;
            execute format('select coalesce(jsonb_agg(to_jsonb(r)), ''[]'') from fresh.%I(%s) r where %s', v.name,
                (select string_agg(format('%I => %L', k, v_asked ->> k), ', ') from unnest(v.names) k),
                case when v.name = 'unmatched_words' then 'true or $1 is null' else 'r.organisation = $1' end) into answer using p_code;
            return next;
        end loop;
    end loop;
end $$;

reset role;
