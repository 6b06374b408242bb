-- Days are those of the learner's group or organisation whatever happens: after DELETE, after a move between zones, after the zone was put right, and
-- whatever TimeZone the reader has. And who handed the number on, or never agreed, is no opt-out (docs/course-rules.md 3.2, H1).

set local role waypost_owner;

-- A function as it stands, with other words in it; what is not there is an error.
create function core.change(p_function regprocedure, variadic p_changes text[]) returns void
language plpgsql
as $$
declare
    v_text text := pg_get_functiondef(p_function);
begin
    for i in 1 .. cardinality(p_changes) / 2 loop
        if strpos(v_text, p_changes[2 * i - 1]) = 0 then
            raise exception '% does not read as it did: %', p_function, p_changes[2 * i - 1];
        end if;
        v_text := replace(v_text, p_changes[2 * i - 1], p_changes[2 * i]);
    end loop;
    execute v_text;
end $$;

-- ---- DELETE ----

-- A moment of the same day in UTC and in the zones of the learner's organisation and group: the last one of their midnights. Whatever is
-- counted by days of any of them, and the month in which an event lies, stays what it was.
create function core.day_alone(p_at timestamptz, p_learner bigint) returns timestamptz
language sql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
select greatest(date_trunc('day', p_at, 'UTC'), date_trunc('day', p_at, o.time_zone), date_trunc('day', p_at, coalesce(c.time_zone, o.time_zone)))
from core.learner l
    join core.organisation o on o.org_id = l.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
where l.learner = p_learner and p_at is not null
$$;

-- Times were cut to the day of UTC: a person of Lima was counted a day, and so now and then a month, earlier than before, one of Nairobi, too.
do $$
begin
    execute regexp_replace(pg_get_functiondef('core.end_erasure(bigint[])'::regprocedure),
        'date_trunc\(''day'', (\w+)\.(\w+), ''UTC''\)', 'core.day_alone(\1.\2, \1.learner)', 'g');
end $$;
select core.change('core.end_erasure(bigint[])', '(x.erased_at at time zone ''UTC'')::date',
    '(x.erased_at at time zone (select coalesce(c.time_zone, o.time_zone) from core.organisation o left join core.cohort c on c.cohort_id = l.cohort_id where o.org_id = l.org_id))::date');

-- ---- another zone, other days ----

-- Of people whose days were those of p_zone: counted once more from the events, as far back as these are kept. Whoever is erased
-- has days and no times: they stay.
create function core.count_days_anew(p_org smallint, p_learner bigint, p_zone text) returns void
language plpgsql
as $$
begin
    delete from core.active_day d
    using (select e.learner, (min(e.at) at time zone p_zone)::date as since
        from core.event e join core.learner l using (learner)
        where e.org_id = p_org and e.learner = p_learner and l.erased_at is null and core.is_learning_action(e.kind, e.phase)
        group by 1) f
    where d.learner = f.learner and d.day >= f.since;
    if found then
        perform core.put_days(array(select e from core.event e where e.org_id = p_org and e.learner = p_learner and core.is_learning_action(e.kind, e.phase)));
    end if;
end $$;

create function core.days_after_move() returns trigger
language plpgsql
as $$
declare
    v_zones text[] := array(select coalesce(c.time_zone, o.time_zone)
        from (values (1, old.org_id, old.cohort_id), (2, new.org_id, new.cohort_id)) as x (i, org_id, cohort_id)
            join core.organisation o on o.org_id = x.org_id
            left join core.cohort c on c.cohort_id = x.cohort_id
        order by x.i);
begin
    if v_zones[1] <> v_zones[2] then
        perform core.count_days_anew(new.org_id, new.learner, v_zones[1]);
    end if;
    return null;
end $$;
-- Triggers go by name: after after_move, which takes the events along.
create trigger days_after_move after update of org_id, cohort_id on core.learner
    for each row execute function core.days_after_move();

-- The zone of an organisation or group is put right. Nothing is taken in meanwhile (core.hold_ingest).
create function core.days_after_zone() returns trigger
language plpgsql
as $$
declare
    v_learner bigint;
    v_old jsonb := to_jsonb(old);
begin
    for v_learner in
        select l.learner from core.learner l left join core.cohort c on c.cohort_id = l.cohort_id
        where l.org_id = new.org_id and case when tg_table_name = 'cohort' then l.cohort_id = (v_old ->> 'cohort_id')::integer else c.time_zone is null end
    loop
        perform core.count_days_anew(new.org_id, v_learner, coalesce(old.time_zone, (select o.time_zone from core.organisation o where o.org_id = new.org_id)));
    end loop;
    return null;
end $$;
create trigger hold_ingest before update of time_zone on core.organisation for each statement execute function core.hold_ingest();
create trigger hold_ingest before update of time_zone on core.cohort for each statement execute function core.hold_ingest();
create trigger days_after_zone after update of time_zone on core.organisation
    for each row when (old.time_zone is distinct from new.time_zone) execute function core.days_after_zone();
create trigger days_after_zone after update of time_zone on core.cohort
    for each row when (old.time_zone is distinct from new.time_zone) execute function core.days_after_zone();

-- ---- today is the group's ----

create function core.today_of(p core.cohort) returns date
language sql stable
as $$
select (now() at time zone coalesce(p.time_zone, o.time_zone))::date from core.organisation o where o.org_id = p.org_id
$$;

-- As in 0012 and 0018, with UTC's today until now: a rest ordered in the morning of Auckland was over a day early.
select core.change(f, 'current_date', 'core.today_of(c)')
from unnest(array['core.rest_cohort(integer, integer)', 'core.change_cohort(integer, jsonb)', 'core.group_calls()', 'core.cohorts(integer)']::regprocedure[]) f;
-- Who moved here from where it is Monday already has learned next week.
select core.change('core.cohorts(integer)', 'd.day >= date_trunc(''week'', now() at time zone coalesce(c.time_zone, o.time_zone))::date)',
    'd.day >= core.period_of(''week'', core.today_of(c)) and d.day < core.period_of(''week'', core.today_of(c)) + 7)');
select core.change('core.cohort_figures(core.cohort, text)', 'd.day >= date_trunc(''week'', now() at time zone p_zone)::date)',
    'd.day >= core.period_of(''week'', core.today_of(p)) and d.day < core.period_of(''week'', core.today_of(p)) + 7)');

-- ---- the number is somebody else's ----

-- `stopped` of who never sent STOP: choice 1 = the number is somebody else's now, 2 = "No, thanks" to the course (gateway/core/event.h).
alter table core.learner add column is_passed_on boolean not null default false;
comment on column core.learner.is_passed_on is 'The number is somebody else''s now: no message reaches this person, who sent no STOP.';

select core.change('core.put_enrolments(core.event[])', E'\nbegin\n', $x$
begin
    if exists (select from unnest(p_events) v where v.kind = 'stopped' and v.choice = 1) then
        update core.learner l set is_passed_on = true
        where l.learner = any (array(select v.learner from unnest(p_events) v where v.kind = 'stopped' and v.choice = 1));
    end if;
$x$);
drop function core.change(regprocedure, text[]);

-- Of before: it was in the step by which somebody new began on that number.
update core.event e set choice = 1
from core.learner n
where e.kind = 'stopped' and e.value = 1 and n.first_seq > 1 and n.first_seq = e.seq and n.created_at = e.at and n.learner <> e.learner;
update core.learner l set is_passed_on = true where l.learner in (select e.learner from core.event e where e.kind = 'stopped' and e.choice = 1);

reset role;
set local role report_owner;

-- As in 0010, but for stopped_at: whoever sent no STOP has none, and is active, dormant or lost as others are. No message arrives all the same.
create or replace view facts.enrolments with (security_barrier) as
select l.learner_id, o.code as organisation, e.course, v.version,
    (e.consent_at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    e.consent_at as enrolled_at, e.started_at, e.completed_at, e.certified_at, s.stopped_at,
    e.last_at as last_active_at,
    case when e.certified_at is not null then 'certified'
        when e.completed_at is not null then 'completed'
        when s.stopped_at is not null then 'stopped'
        when e.started_at is null then 'enrolled'
        when e.last_at < now() - interval '60 days' then 'lost'
        when e.last_at < now() - interval '14 days' then 'dormant'
        else 'active' end as status,
    e.score, l.lang, l.country, l.role_choice, l.first_channel,
    l.first_via::text as first_via, c.code as cohort,
    case when e.certified_at is not null then 'certified'
        when e.completed_at is not null then 'completed'
        when e.started_at is not null then 'started'
        else 'enrolled' end as progress,
    case when l.erased_at is not null then 'erased'
        when e.stopped_at is not null then 'stopped'
        else 'reachable' end as reachability,
    e.last_unit, coalesce(c.time_zone, o.time_zone) as zone, l.erased_at is not null as is_erased
from core.enrolment e
    join core.learner l on l.learner = e.learner
    join core.organisation o on o.org_id = e.org_id
    left join core.cohort c on c.cohort_id = e.cohort_id
    left join core.course_version v on v.course_id = e.course_id
    cross join lateral (select case when not l.is_passed_on then e.stopped_at end as stopped_at) s
where e.consent_at is not null and not l.is_test
    and (e.started_at is not null or s.stopped_at is null);

-- The same of facts.contacts, where somebody is enrolled, and of facts.opt_outs, which are no others than STOP and LEAVE.
do $$
declare
    v_view regclass;
begin
    foreach v_view in array array['facts.contacts', 'facts.opt_outs']::regclass[] loop
        execute format('create or replace view %s with (security_barrier) as %s', v_view, replace(replace(pg_get_viewdef(v_view),
            '(n.stopped_at IS NULL)', '(n.stopped_at IS NULL) OR l.is_passed_on'),
            'e.kind = ''stopped''::core.event_kind', 'e.kind = ''stopped''::core.event_kind AND coalesce(e.choice, 0) = 0'));
    end loop;
end $$;

-- ---- TimeZone ----

-- current_date is that of the reader's TimeZone: a window of 28 days was another one in each.
do $$
declare
    v_function regprocedure;
begin
    foreach v_function in array array['report.rolling(integer, text, date)', 'fresh.rolling(integer, text, date)']::regprocedure[] loop
        execute replace(replace(pg_get_functiondef(v_function), 'CURRENT_DATE', '(now() at time zone ''UTC'')::date'), 'current_date', '(now() at time zone ''UTC'')::date');
    end loop;
end $$;
reset role;
