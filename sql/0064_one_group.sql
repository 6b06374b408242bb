-- Rows of one group are read for what that group costs: `where cohort = 'kibera-1'` on a view of rows read all of the organisation, as the condition came
-- after the function that the view is shut behind. Now the view asks its function once for each group that the reader has (facts.groups_read). The
-- condition is one on these, which PostgreSQL puts before the call (comparing texts tells nothing, so security_barrier allows it), and the function reads by the
-- learners of that group, whom an index finds.
-- Replaces the views of facts that have people and a column cohort (0010, 0013, 0017, 0030, 0040, 0061), those of report and report_rows that show them, and the
-- functions behind these. The rows are the same.

set local role waypost_owner;
-- Written as a case, which tells nothing to a condition before row level security; PostgreSQL is not sure of coalesce, and would not use the index.
create index learner_group on core.learner (org_id, (case when cohort_id is null then 0 else cohort_id end), learner);

-- What somebody chose, where several could be chosen; and of all answers, as before, but put into the query: hardly any has several, and a call for each was
-- most of the time that a row took.
create function core.chosen_text(p_choices text[], p_chosen smallint[]) returns text
language sql immutable parallel safe
return coalesce((select string_agg(p_choices[c], '; ' order by c) from unnest(p_chosen) c), array_to_string(p_chosen, ','));
create or replace function core.answer_text(p_choices text[], p_choice integer, p_chosen smallint[], p_text text, p_value integer) returns text
language sql immutable parallel safe
return coalesce(case when p_chosen is not null then core.chosen_text(p_choices, p_chosen) end, p_choices[p_choice], p_text, p_value::text);
revoke execute on function core.chosen_text(text[], smallint[]) from public;
grant execute on function core.chosen_text(text[], smallint[]) to report_owner, coordinator;
reset role;
set local role report_owner;

-- ---- what rows are made of: of all whom the reader sees (X), and of one group (X_of; 0: of those who are in none) ----

create view facts.any_learners as select l.* from core.learner l;
comment on view facts.any_learners is 'core.learner, where rows are made of it: facts.learners_of are those of one group.';
create view facts.any_enrolments as select n.* from core.enrolment n;
comment on view facts.any_enrolments is 'core.enrolment, where rows are made of it: facts.enrolments_of are those of one group.';
create view facts.any_events as select e.* from core.event e;
comment on view facts.any_events is 'core.event, where rows are made of it: facts.events_of are those of one group.';
create view facts.any_consents as select g.* from core.consent g;
comment on view facts.any_consents is 'core.consent, where rows are made of it: facts.consents_of are those of one group.';

create function facts.learners_of(of_org smallint, of_group integer) returns setof facts.any_learners
language sql stable
begin atomic
    select l.* from facts.any_learners l where l.org_id = of_org and case when l.cohort_id is null then 0 else l.cohort_id end = of_group;
end;
create function facts.enrolments_of(of_org smallint, of_group integer) returns setof facts.any_enrolments
language sql stable
begin atomic
    select x.* from facts.learners_of(of_org, of_group) l cross join lateral (select n.* from facts.any_enrolments n where n.org_id = l.org_id and n.learner = l.learner offset 0) x;
end;
create function facts.events_of(of_org smallint, of_group integer) returns setof facts.own_events
language sql stable
begin atomic
    select x.* from facts.learners_of(of_org, of_group) l cross join lateral (select e.* from facts.any_events e where e.org_id = l.org_id and e.learner = l.learner offset 0) x;
end;
create function facts.units_of(of_org smallint, of_group integer) returns setof facts.own_units
language sql stable
begin atomic
    select x.* from facts.learners_of(of_org, of_group) l cross join lateral (select * from core.learner_unit u where u.org_id = l.org_id and u.learner = l.learner offset 0) x;
end;
create function facts.days_of(of_org smallint, of_group integer) returns setof facts.own_days
language sql stable
begin atomic
    select x.* from facts.learners_of(of_org, of_group) l cross join lateral (select * from core.active_day d where d.org_id = l.org_id and d.learner = l.learner offset 0) x;
end;
create function facts.consents_of(of_org smallint, of_group integer) returns setof facts.any_consents
language sql stable
begin atomic
    select x.* from facts.learners_of(of_org, of_group) l cross join lateral (select g.* from facts.any_consents g where g.learner = l.learner offset 0) x;
end;
revoke execute on function facts.learners_of(smallint, integer), facts.enrolments_of(smallint, integer), facts.events_of(smallint, integer),
    facts.units_of(smallint, integer), facts.days_of(smallint, integer), facts.consents_of(smallint, integer) from public;

-- ---- the rows ----

create or replace view facts.enrolments with (security_barrier) as
select l.learner_id, o.code as organisation, e.course, v.version, (e.consent_at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    e.consent_at as enrolled_at, e.started_at, e.completed_at, e.certified_at, s.stopped_at, e.last_at as last_active_at,
    case when e.certified_at is not null then 'certified'
        when e.completed_at is not null then 'completed'
        when s.stopped_at is not null then 'stopped'
        when e.started_at is null then 'enrolled'
        when e.last_at < now() - interval '60 days' then 'lost'
        when e.last_at < now() - interval '14 days' then 'dormant'
        else 'active' end as status,
    e.score, l.lang, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, c.code as cohort,
    case when e.certified_at is not null then 'certified'
        when e.completed_at is not null then 'completed'
        when e.started_at is not null then 'started'
        else 'enrolled' end as progress,
    case when l.erased_at is not null then 'erased'
        when e.stopped_at is not null then 'stopped'
        else 'reachable' end as reachability,
    e.last_unit, coalesce(c.time_zone, o.time_zone) as zone, l.erased_at is not null as is_erased
from facts.any_enrolments e
    join facts.any_learners l on l.learner = e.learner
    join core.organisation o on o.org_id = e.org_id
    left join core.cohort c on c.cohort_id = e.cohort_id
    left join core.course_version v on v.course_id = e.course_id
    cross join lateral (select case when not l.is_passed_on then e.stopped_at end as stopped_at) s
where e.consent_at is not null and not l.is_test and (e.started_at is not null or s.stopped_at is null);

create or replace view facts.module_completions with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, x.unit as module, u.module_title, (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    x.at as completed_at, x.value as right_answers, x.attempt as questions, case when x.attempt > 0 then round(100.0 * x.value / x.attempt, 1) end as score_percent,
    case when x.attempt > 0 then x.value >= 0.6 * x.attempt else true end as is_passed, x.channel, x.via::text as via, x.lang, c.code as cohort,
    coalesce(x.phase::text = 'catchup', false) as via_catchup, coalesce(c.time_zone, o.time_zone) as zone, l.erased_at is not null as is_erased
from facts.own_events x
    join facts.any_learners l on l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    left join core.course_version v on v.course_id = x.course_id
    left join (select distinct course_id, module, module_title from core.unit) u on u.course_id = x.course_id and u.module = x.unit
where x.kind = 'module_completed' and not l.is_test;

create or replace view facts.quiz_answers with (security_barrier) as
select x.at as answered_at, (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, l.learner_id, o.code as organisation, v.course, v.version,
    x.phase::text as phase, u.module, u.module_title, x.unit as question, u.text as question_text, x.choice,
    core.answer_text(u.choices, x.choice, x.choices, t.text, x.value) as answer_text, x.correct as is_correct, x.attempt, x.channel, x.lang, x.via::text as via,
    c.code as cohort, x.mode::text as mode, u.item_version, x.session, array_to_string(x.choices, ',') as choices, coalesce(c.time_zone, o.time_zone) as zone,
    l.erased_at is not null as is_erased
from facts.any_events x
    join facts.any_learners l on l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    left join core.course_version v on v.course_id = x.course_id
    left join core.unit u on u.course_id = x.course_id and u.unit = x.unit
    left join lateral (select f.text from core.free_text f where f.learner = x.learner and f.seq = x.seq and f.n = x.n offset 0) t on true -- by its key, however few or many
where x.kind = 'answered' and x.phase in ('quiz', 'pretest', 'posttest') and not l.is_test;

create or replace view facts.survey_answers with (security_barrier) as
select x.at as answered_at, (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, l.learner_id, o.code as organisation, v.course, v.version,
    x.phase::text as survey, x.unit as question, u.text as question_text, x.choice, x.value as number,
    core.answer_text(u.choices, x.choice, x.choices, t.text, x.value) as answer_text, x.channel, x.lang, x.via::text as via, c.code as cohort, u.item_version, x.session,
    array_to_string(x.choices, ',') as choices, coalesce(c.time_zone, o.time_zone) as zone, l.erased_at is not null as is_erased
from facts.any_events x
    join facts.any_learners l on l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    left join core.course_version v on v.course_id = x.course_id
    left join core.unit u on u.course_id = x.course_id and u.unit = x.unit
    left join lateral (select f.text from core.free_text f where f.learner = x.learner and f.seq = x.seq and f.n = x.n offset 0) t on true -- by its key, however few or many
where x.kind = 'answered' and x.phase in ('survey', 'followup') and not l.is_test;

create or replace view facts.contacts with (security_barrier) as
select l.learner_id, o.code as organisation, (l.created_at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    (a.asked_at at time zone coalesce(c.time_zone, o.time_zone))::date as asked_date, a.asked_at is not null and g.at <= a.asked_at + interval '7 days' as is_in_within_7_days,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via,
    exists (select from core.enrolment n where n.org_id = l.org_id and n.learner = l.learner and n.consent_at is not null
        and (n.started_at is not null or n.stopped_at is null or l.is_passed_on)) as is_enrolled, l.erased_at is not null as is_erased
from facts.any_learners l
    join core.organisation o on o.org_id = l.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join (select e.org_id, e.learner, min(e.at) as asked_at from facts.any_events e where e.kind = 'consent_asked' group by 1, 2) a
        on a.org_id = l.org_id and a.learner = l.learner
    left join (select g.learner, min(g.at) as at from facts.any_consents g where g.purpose = 'course' and g.is_given group by 1) g on g.learner = l.learner
where not l.is_test;

create or replace view facts.active_days with (security_barrier) as
select l.learner_id, o.code as organisation, a.day, a.n_sms, a.n_ussd, l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via,
    l.erased_at is not null as is_erased
from facts.own_days a
    join facts.any_learners l on l.org_id = a.org_id and l.learner = a.learner
    join core.organisation o on o.org_id = a.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
where not l.is_test;

create or replace view facts.units_done with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, x."position", x.module, x.module_position, x.module_kind, x.module_title, u.unit, x.kind as unit_kind,
    coalesce(x.title, x.text) as unit_title, x.item_version, (u.first_at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, u.choice, u.is_right,
    u.is_post_right, u.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from facts.own_units u
    join facts.any_learners l on l.org_id = u.org_id and l.learner = u.learner
    join core.organisation o on o.org_id = u.org_id
    join core.course_version v on v.course_id = u.course_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join core.unit x on x.course_id = u.course_id and x.unit = u.unit
where not l.is_test;

create or replace view facts.reminder_steps with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, (e.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, e.value as quiet_days,
    e.kind = 'reminded' as is_sent, e.at <= now() - interval '72 hours' as is_over,
    exists (select from core.event x where x.org_id = e.org_id and x.learner = e.learner and x.at > e.at and x.at <= e.at + interval '72 hours'
        and core.is_learning_action(x.kind, x.phase)) as is_learned_in_72_hours,
    exists (select from core.event x where x.org_id = e.org_id and x.learner = e.learner and x.at > e.at and x.at <= e.at + interval '72 hours'
        and x.kind in ('stopped', 'erased')) as is_stopped_in_72_hours,
    not exists (select from core.event x where x.org_id = e.org_id and x.learner = e.learner and x.at > e.at
        and core.is_learning_action(x.kind, x.phase)) as is_quiet_since,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from facts.any_events e
    join facts.any_learners l on l.org_id = e.org_id and l.learner = e.learner
    join core.organisation o on o.org_id = e.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join core.course_version v on v.course_id = e.course_id
where e.kind in ('reminded', 'reminder_withheld') and not l.is_test;

create or replace view facts.recall_answers with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, u.module, u.module_title, x.unit as question, x.correct as is_correct,
    (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    (x.at at time zone coalesce(c.time_zone, o.time_zone))::date - (n.completed_at at time zone coalesce(c.time_zone, o.time_zone))::date as days_after_completion,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from facts.any_events x
    join facts.any_learners l on l.org_id = x.org_id and l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    join core.course_version v on v.course_id = x.course_id
    left join core.unit u on u.course_id = x.course_id and u.unit = x.unit
    left join facts.any_enrolments n on n.org_id = x.org_id and n.learner = x.learner and n.course = v.course
where x.kind = 'answered' and x.phase = 'recall' and not l.is_test;

create or replace view facts.effort_steps with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, u.module, u.module_position, x.minutes::numeric as minutes,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from (select w.org_id, w.learner, w.course_id, w.unit,
        sum(case when w.is_same or w.gap between interval '0' and interval '10 min' then greatest(extract(epoch from w.gap), 0) / 60 else 0 end) as minutes
    from (select s.*, s.at - lag(s.at) over learner as gap, coalesce(s.session = lag(s.session) over learner, false) as is_same
        from (select e.org_id, e.learner, e.seq, min(e.at) as at, min(e.session) as session, min(e.course_id) as course_id,
                (array_agg(e.unit order by e.n) filter (where core.is_learning_action(e.kind, e.phase)))[1] as unit
            from facts.any_events e
            group by 1, 2, 3) s
        window learner as (partition by s.org_id, s.learner order by s.seq)) w
    where w.unit is not null
    group by 1, 2, 3, 4) x
    join facts.any_learners l on l.org_id = x.org_id and l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    join core.course_version v on v.course_id = x.course_id
    join core.unit u on u.course_id = x.course_id and u.unit = x.unit
where not l.is_test and l.erased_at is null;

-- ---- as people read them ----

create function facts.groups_read() returns table (organisation text, cohort text, of_org smallint, of_group integer)
language sql stable security definer set search_path = pg_catalog, pg_temp rows 100
begin atomic
    with own as (select o.org_id, o.code from core.organisation o
        where o.org_id = any (array(select m.org_id from core.member m where m.login = core.reader() and m.org_id <> all (core.left_out()))))
    select o.code, null, o.org_id, 0 from own o
    union all
    select o.code, c.code, o.org_id, c.cohort_id from own o join core.cohort c on c.org_id = o.org_id;
end;
comment on function facts.groups_read() is 'The groups of who asks, and of each organisation those who are in none.';
select facts.keep_to_itself('facts.groups_read()');
revoke execute on function facts.groups_read() from public;

create function facts.common_roles() returns smallint[]
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select array(select l.role_choice from core.learner l where not l.is_test group by 1 having count(*) >= 10);
end;
comment on function facts.common_roles() is 'The roles that an export may name: those of ten people and more.';
select facts.keep_to_itself('facts.common_roles()');
revoke execute on function facts.common_roles() from public;

-- Makes the view of rows that people read by group, and the function behind it. The columns are those of facts.open_view (0020). Rows with answers
-- come newest first, to the moment, which is not shown.
create function facts.open_groups(p_schema text, p_name text, p_salt text) returns void
language plpgsql set search_path = pg_catalog
as $$
declare
    v_facts regclass := format('facts.%I', p_name);
    v_view regclass := format('%I.%I', p_schema, p_name);
    v_function text := format('facts.%I', p_schema || '_' || p_name);
    v_rows text := regexp_replace(rtrim(pg_get_viewdef(v_facts), ';'), 'facts\.(any|own)_(\w+) ', 'facts.\2_of(of_org, of_group) ', 'g');
    v_given text;
    v_columns text;
    v_read text;
    v_has_moment boolean;
    v_role name;
begin
    select string_agg(coalesce(case
            when a.attname = 'learner_id' then format('md5(%s || f.learner_id)::uuid', p_salt)
            when a.attname = 'session' then format('(''x'' || left(md5(%s || f.session), 15))::bit(60)::bigint', p_salt)
            when a.attname = 'answer_text' and p_schema = 'report_rows' then format('case when f.choice is not null or f.choices is not null%s then f.answer_text end',
                case when p_name = 'survey_answers' then ' or f.number is not null' end)
            when x.atttypid = 'timestamptz'::regtype then format('(f.%I at time zone f.zone)::date', a.attname)
            end, format('f.%I', a.attname)), ', ' order by a.attnum),
        string_agg(format('%I %s', a.attname, a.type), ', ' order by a.attnum),
        string_agg(case
            when a.attname in ('organisation', 'cohort') then format('f.%I', a.attname)
            when a.attname = 'role_choice' and p_schema = 'report_rows' then format('case when (f.r).role_choice = any ((select facts.common_roles())::smallint[]) then (f.r).role_choice end::%s as role_choice', a.type)
            else format('(f.r).%I::%s', a.attname, a.type) end, ', ' order by a.attnum),
        bool_or(a.attname = 'answered_at')
    into v_given, v_columns, v_read, v_has_moment
    from (select t.attname, t.attnum, format_type(t.atttypid, t.atttypmod) as type from pg_attribute t where t.attrelid = v_view and t.attnum > 0) a
        join pg_attribute x on x.attrelid = v_facts and x.attname = a.attname;
    execute format('create function %s(of_org smallint, of_group integer) returns table (%s%s) language sql stable security definer set search_path = pg_catalog, pg_temp
        set work_mem = ''64MB'' set enable_nestloop = off begin atomic select %s%s from (%s) f where not coalesce(f.is_erased, false)%s; end',
        v_function, v_columns, case when v_has_moment then ', moment timestamptz' end, v_given, case when v_has_moment then ', f.answered_at' end, v_rows,
        case p_schema when 'report_rows' then format(' and %s is not null', p_salt) end);
    execute format('comment on function %s(smallint, integer) is %L', v_function, format('The rows of %s of one group.', v_view));
    perform facts.keep_to_itself((v_function || '(smallint, integer)')::regprocedure);
    execute format('create or replace view %s with (security_barrier) as select %s from (select g.organisation, g.cohort, %s(g.of_org, g.of_group) as r from facts.groups_read() g) f%s',
        v_view, v_read, v_function, case when v_has_moment then ' order by (f.r).answered_at desc, (f.r).moment desc' end);
    execute format('drop function if exists %s()', v_function);
    execute format('revoke execute on function %s(smallint, integer) from public', v_function);
    for v_role in select r.rolname from pg_class c cross join aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
        where c.oid = v_view and a.privilege_type = 'SELECT' and a.grantee <> c.relowner
    loop
        execute format('grant execute on function %s(smallint, integer), facts.groups_read() to %I', v_function, v_role);
        if p_schema = 'report_rows' then
            execute format('grant execute on function facts.common_roles() to %I', v_role);
        end if;
    end loop;
end $$;
comment on function facts.open_groups(text, text, text) is 'Makes a view of rows that people read, and the function behind it, which reads one group.';
revoke execute on function facts.open_groups(text, text, text) from public;

select facts.open_groups(s.name, c.relname, case s.name when 'report' then '(select now()::text || pg_backend_pid())' else format('(select core.export_salt(%L))', c.relname) end)
from pg_class c
    cross join (values ('report'), ('report_rows')) as s (name)
where c.relnamespace = 'facts'::regnamespace and c.relkind = 'v' and to_regclass(format('%I.%I', s.name, c.relname)) is not null
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'cohort');

reset role;
