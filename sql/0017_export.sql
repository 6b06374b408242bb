-- Getting reports out: each report as a program needs it, and the query that reads one without what must not leave
-- (docs/course-rules.md 3.4). `waypost report` asks these; so may whoever writes another page or sheet.

set local role waypost_owner;

-- An expression for a column of a row view, as it may leave: the pseudonym is another one in each export, times are
-- days, nothing that somebody wrote, no role that few have. Null = the column stays behind.
create function core.export_column(p_column text, p_type text, p_columns text[], p_salt text) returns text
language sql immutable
return case
    when p_column in ('words', 'session') then null
    when p_column = 'learner_id' then format('md5(%L || learner_id)::uuid as learner_id', p_salt)
    when p_column = 'answer_text' and 'number' = any (p_columns)
        then 'case when choice is not null or choices is not null or number is not null then answer_text end as answer_text'
    when p_column = 'answer_text' then 'case when choice is not null or choices is not null then answer_text end as answer_text'
    when p_column = 'role_choice'
        then 'case when role_choice = any (array(select c.role_choice from report.contacts c group by 1 having count(*) >= 10)) then role_choice end as role_choice'
    when p_type = 'timestamp with time zone' then format('(%I at time zone ''UTC'')::date as %1$I', p_column)
    else quote_ident(p_column) end;

-- One row for each learner of a course, one column for each question, as KoBoToolbox has its sheets: group/question.
create function core.wide_query(p_course text, p_salt text) returns text
language plpgsql stable
as $$
declare
    v_columns text := '';
    v_unit record;
begin
    for v_unit in
        select distinct on (g.place, u.module_position, u."position", u.unit, g.phase) u.unit, u.module, g.phase
        from core.unit u join core.course_version v using (course_id)
            cross join lateral (values (1, 'pretest'), (2, 'quiz'), (3, 'posttest'), (4, 'survey'), (5, 'followup')) as g (place, phase)
        where v.course = p_course and u.kind = 'question'
            and g.phase = any (case u.module_kind when 'test' then array['pretest', 'posttest'] when 'lessons' then array['quiz']
                else array[u.module_kind] end)
            and v.course_id = (select max(n.course_id) from core.unit x join core.course_version n using (course_id)
                where n.course = p_course and x.unit = u.unit)
        order by g.place, u.module_position, u."position", u.unit, g.phase
    loop
        v_columns := v_columns || case when v_columns <> '' then ', ' else '' end || format('max(u.answer) filter (where u.question = %L and u.phase = %L) as %I', v_unit.unit, v_unit.phase,
            case when v_unit.phase = 'quiz' then v_unit.module else v_unit.phase end || '/' || v_unit.unit);
    end loop;
    if v_columns = '' then
        perform core.refuse('course', p_course, (select string_agg(distinct v.course, ', ') from core.course_version v where v.hash is not null));
    end if;
    -- Brought together by sorting, not by joins: a reader's plans know no other way than by index.
    return format($q$select md5(%1$L || u.learner_id)::uuid as "_id", max(u.organisation) as organisation, max(u.cohort) as cohort,
        max(u.version) as version, max(u.lang) as lang, max(u.country) as country, max(u.role) as role, max(u.via) as via,
        max(u.local_date) as enrolled_on, max(u.completed_on) as completed_on, max(u.progress) as progress, max(u.reachability) as reachability, %3$s
    from (
        select e.learner_id, e.organisation, e.cohort, e.version, e.lang, e.country,
            case when e.role_choice = any (array(select c.role_choice from report.contacts c group by 1 having count(*) >= 10)) then e.role_choice end as role,
            e.first_via as via, e.local_date, (e.completed_at at time zone 'UTC')::date as completed_on, e.progress, e.reachability,
            null as phase, null as question, null as answer
        from report.enrolments e where e.course = %2$L
        union all
        select q.learner_id, null, null, null, null, null, null, null, null, null, null, null, q.phase, q.question, coalesce(q.choices, q.choice::text)
        from report.quiz_answers q where q.course = %2$L and q.attempt = 1
        union all
        select s.learner_id, null, null, null, null, null, null, null, null, null, null, null, s.survey, s.question,
            coalesce(s.choices, s.choice::text, s.number::text)
        from report.survey_answers s where s.course = %2$L) u
    group by u.learner_id
    having count(u.progress) > 0
    order by 2, 1$q$, p_salt, p_course, v_columns);
end $$;

-- What a report is limited to, beside its own arguments: from and to (days) and some of its columns.
create function core.report_filters(p_columns text[]) returns text[]
language sql immutable
return (select coalesce(array_agg(f.word order by f.place), '{}')
    from (values (1, 'from', array['period_start', 'local_date', 'day', 'cohort_week']), (2, 'to', array['period_start', 'local_date', 'day', 'cohort_week']),
        (3, 'organisation', array['organisation']), (4, 'course', array['course'])) as f (place, word, needs)
    where f.needs && p_columns);

create function core.report_condition(p_key text, p_value text, p_columns text[]) returns text
language sql immutable
return case when p_key in ('from', 'to') then format('r.%I %s %L::date',
        (select c from unnest(array['period_start', 'local_date', 'day', 'cohort_week']) c where c = any (p_columns) limit 1),
        case p_key when 'from' then '>=' else '<=' end, p_value)
    else format('r.%I = %L', p_key, p_value) end;

grant execute on function core.report_filters(text[]) to report_owner, coordinator;

reset role;
set local role report_owner;

create view report.catalogue with (security_barrier) as
select r.name, r.kind, array_to_string(r.arguments, ', ') as arguments, array_to_string(r.argument_types, ', ') as argument_types,
    array_to_string(r.columns, ', ') as columns, array_to_string(r.column_types, ', ') as column_types,
    case r.kind when 'sheet' then 'course' else array_to_string(core.report_filters(r.columns), ', ') end as filters, r.about
from (
    select c.relname::text as name, 'view' as kind, '{}'::text[] as arguments, '{}'::text[] as argument_types,
        array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
        array(select format_type(a.atttypid, null) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            order by a.attnum) as column_types,
        coalesce(obj_description(c.oid, 'pg_class'), '') as about
    from pg_class c
    where c.relnamespace = 'report'::regnamespace and c.relkind = 'v' and c.relname not in ('help', 'catalogue')
    union all
    select p.proname::text, 'function',
        array(select u.name from unnest(p.proargnames, p.proargmodes) with ordinality as u (name, mode, place) where u.mode = 'i' order by u.place),
        array(select format_type(u.type, null) from unnest(p.proallargtypes, p.proargmodes) with ordinality as u (type, mode, place)
            where u.mode = 'i' order by u.place),
        array(select u.name from unnest(p.proargnames, p.proargmodes) with ordinality as u (name, mode, place) where u.mode = 't' order by u.place),
        array(select format_type(u.type, null) from unnest(p.proallargtypes, p.proargmodes) with ordinality as u (type, mode, place)
            where u.mode = 't' order by u.place),
        coalesce(obj_description(p.oid, 'pg_proc'), '')
    from pg_proc p
    where p.pronamespace = 'report'::regnamespace and 't' = any (p.proargmodes)
    union all
    select 'wide', 'sheet', '{}', '{}', '{}', '{}',
        'One row for each learner of a course and one column for each question, as KoBoToolbox has its sheets (group/question), with the number of the option that was chosen first.') r;

grant usage on schema report to waypost_owner;
grant select on report.catalogue to waypost_owner;

reset role;
set local role waypost_owner;

-- Reads no learner: which reports there are, and the questions of a course.
create function core.report_query(name text, arguments jsonb) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v report.catalogue;
    v_columns text[];
    v_known text[];
    v_salt text := gen_random_uuid();
    v_given text[] := '{}';
    v_where text[] := '{}';
    v_list text := '*';
    v_key text;
    v_place integer;
begin
    select * into v from report.catalogue c where c.name = report_query.name;
    if not found then
        perform core.refuse('report', name, (select string_agg(c.name, ', ' order by c.name) from report.catalogue c));
    end if;
    v_columns := string_to_array(v.columns, ', ');
    v_known := string_to_array(v.arguments, ', ');
    for v_key in select k from jsonb_object_keys(arguments) k order by k loop
        v_place := array_position(v_known, v_key);
        if v_place is not null then
            v_given := v_given || format('%I => %L::%s', v_key, arguments ->> v_key, (string_to_array(v.argument_types, ', '))[v_place]);
        elsif v_key = any (string_to_array(v.filters, ', ')) then
            v_where := v_where || core.report_condition(v_key, arguments ->> v_key, v_columns);
        else
            perform core.refuse('option of ' || name, v_key, concat_ws(', ', nullif(v.arguments, ''), nullif(v.filters, '')));
        end if;
    end loop;
    if v.kind = 'sheet' then -- of the only course there is, unless one is named
        return core.wide_query(coalesce(arguments ->> 'course', (select max(s.course) from core.course_version s where s.hash is not null
            having count(distinct s.course) = 1)), v_salt);
    elsif v.kind = 'view' then
        select string_agg(core.export_column(u.name, u.type, v_columns, v_salt), ', ' order by u.place) into v_list
        from unnest(v_columns, string_to_array(v.column_types, ', ')) with ordinality as u (name, type, place);
    end if;
    return format('select %s from report.%I%s r%s', v_list, v.name, case v.kind when 'function' then '(' || array_to_string(v_given, ', ') || ')' end,
        coalesce(' where ' || nullif(array_to_string(v_where, ' and '), ''), ''));
end $$;
comment on function core.report_query(text, jsonb) is 'What report.query() says; it looks up reports and questions, never a learner.';
grant execute on function core.report_query(text, jsonb) to report_owner, coordinator;

reset role;
set local role report_owner;

create function report.query(name text, arguments jsonb default '{}') returns text
language sql stable
return core.report_query(name, arguments);
comment on function report.query(text, jsonb) is
'The query that reads a report for an export: select report.query(''funnel'', ''{"grain":"month","by":"language"}''), or wide for one row per learner and one column per question. Pseudonyms are others in each export, times are days, what people wrote stays behind.';

comment on view report.catalogue is 'One row per report, for programs: its arguments, columns and what it says. People read report.help.';
comment on column report.catalogue.name is 'Name of the view or function.';
comment on column report.catalogue.kind is 'view, function, or sheet: what report.query() alone makes.';
comment on column report.catalogue.arguments is 'Names of what may be said in the brackets.';
comment on column report.catalogue.argument_types is 'Their types, in the same order.';
comment on column report.catalogue.columns is 'Names of the columns.';
comment on column report.catalogue.column_types is 'Their types, in the same order.';
comment on column report.catalogue.filters is 'What its rows may be limited to after everything was counted: from, to (days), organisation, course.';
comment on column report.catalogue.about is 'What it counts, numerator, denominator, window.';

-- ---- indicators that look at what came after what ----

reset role;
set local role waypost_owner;

-- How long an erasure took, once it has ended: nobody stands behind a row.
create table core.erasure_time (
    org_id smallint not null references core.organisation,
    asked_on date not null,
    hours numeric not null
);
create index erasure_time_organisation on core.erasure_time (org_id, asked_on);
comment on table core.erasure_time is 'One row per erasure that has come to its end, without the person.';
alter table core.erasure_time enable row level security, force row level security;
create policy owner on core.erasure_time to waypost_owner using (true) with check (true);
create policy organisation on core.erasure_time for select to report_owner
    using (org_id = any (array(select m.org_id from core.member m where m.login = current_user)));
grant select on core.erasure_time to report_owner;

-- Numbers on which several people learn, counted: which ones stays here.
create view core.shared_number with (security_barrier) as
select x.org_id, count(*) as numbers, count(*) filter (where x.n > 1) as shared
from (select min(l.org_id) as org_id, count(*) as n
    from core.number_state s join core.learner l using (learner)
    where not l.is_test group by s.number_id) x
group by x.org_id;
comment on view core.shared_number is 'How many numbers there are, and on how many of them several people learn.';
grant select on core.shared_number to report_owner;

drop index core.event_rare;
create index event_rare on core.event (org_id, kind, at)
    where kind in ('consent_asked', 'stopped', 'rejoined', 'erased', 'session_opened', 'session_resumed', 'session_dropped',
        'survey_started', 'survey_declined', 'followup_sent', 'reminded', 'reminder_withheld');

-- The end of a 95 percent interval of a difference of two shares (Newcombe's, from Wilson's of each), in percent points.
create function core.newcombe(p_a bigint, p_n bigint, p_b bigint, p_m bigint, p_sign integer) returns numeric
language sql immutable parallel safe
return case when p_n >= 5 and p_m >= 5 then round(100.0 * p_a / p_n - 100.0 * p_b / p_m + p_sign * sqrt(
    power(100.0 * p_a / p_n - core.wilson(p_a, p_n, p_sign), 2) + power(100.0 * p_b / p_m - core.wilson(p_b, p_m, -p_sign), 2))::numeric, 1) end;
grant execute on function core.newcombe(bigint, bigint, bigint, bigint, integer), core.is_learning_action(core.event_kind, core.phase)
    to report_owner, coordinator;

reset role;
set local role report_owner;

create view report.reminder_steps with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, (e.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    e.value as quiet_days, e.kind = 'reminded' as is_sent, e.at <= now() - interval '72 hours' as is_over,
    exists (select from core.event x where x.org_id = e.org_id and x.learner = e.learner and x.at > e.at and x.at <= e.at + interval '72 hours'
        and core.is_learning_action(x.kind, x.phase)) as is_learned_in_72_hours,
    exists (select from core.event x where x.org_id = e.org_id and x.learner = e.learner and x.at > e.at and x.at <= e.at + interval '72 hours'
        and x.kind in ('stopped', 'erased')) as is_stopped_in_72_hours,
    not exists (select from core.event x where x.org_id = e.org_id and x.learner = e.learner and x.at > e.at
        and core.is_learning_action(x.kind, x.phase)) as is_quiet_since,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via
from core.event e
    join core.learner l on l.org_id = e.org_id and l.learner = e.learner
    join core.organisation o on o.org_id = e.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join core.course_version v on v.course_id = e.course_id
where e.kind in ('reminded', 'reminder_withheld') and not l.is_test;
comment on view report.reminder_steps is 'One row per reminder that was due: sent, or by lot not sent.';
comment on column report.reminder_steps.learner_id is 'Pseudonym of the person.';
comment on column report.reminder_steps.organisation is 'Code of the organisation.';
comment on column report.reminder_steps.course is 'Id of the course.';
comment on column report.reminder_steps.local_date is 'Day on which it was due, in the time zone of the cohort or organisation.';
comment on column report.reminder_steps.quiet_days is 'After how many quiet days: 2, 5 or 12.';
comment on column report.reminder_steps.is_sent is 'False: drawn not to get it, so that what reminders do can be told.';
comment on column report.reminder_steps.is_over is 'Whether the 72 hours after it are over.';
comment on column report.reminder_steps.is_learned_in_72_hours is 'Whether a learning action came in the 72 hours after it was due.';
comment on column report.reminder_steps.is_stopped_in_72_hours is 'Whether STOP or DELETE came in these 72 hours.';
comment on column report.reminder_steps.is_quiet_since is 'Whether no learning action has come since.';
comment on column report.reminder_steps.lang is 'Language that the learner chose last.';
comment on column report.reminder_steps.cohort is 'Code of the cohort; empty = none.';
comment on column report.reminder_steps.country is 'Country of the phone number.';
comment on column report.reminder_steps.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column report.reminder_steps.first_channel is 'Channel on which the person first came.';
comment on column report.reminder_steps.first_via is 'How: sms, ussd or call.';

create function report.reminders(by text default 'all')
returns table (organisation text, course text, quiet_days integer, value text, outcome text, reminded bigint, reminded_did bigint, not_reminded bigint,
    not_reminded_did bigint, percent_reminded numeric, percent_not_reminded numeric, effect numeric, effect_low numeric, effect_high numeric, n_hidden integer)
language sql stable
begin atomic
    with steps as (
        select r.organisation, r.course, r.quiet_days, g.value, w.outcome, r.is_sent, w.did
        from report.reminder_steps r
            cross join lateral (values (core.value_of(by, r.lang, r.cohort, r.country, r.role_choice, r.first_channel, r.first_via))) as g (value)
            cross join lateral (values ('learned', r.is_learned_in_72_hours), ('stopped', r.is_stopped_in_72_hours)) as w (outcome, did)
        where r.is_over),
    seen as (
        select s.organisation, s.course, split_part(s.item, '/', 1) as days, split_part(s.item, '/', 2) as outcome, split_part(s.item, '/', 3) = 'true' as is_sent,
            s.value, s.cells, s.n_hidden
        from core.safe(array(
            select row(t.organisation, t.course, t.quiet_days || '/' || t.outcome || '/' || t.is_sent, null, t.value, null,
                array[count(*), count(*) filter (where t.did)], null)::core.cell
            from steps t group by t.organisation, t.course, t.quiet_days, t.outcome, t.is_sent, t.value)) s)
    select k.organisation, k.course, k.days::integer, k.value, k.outcome, a.cells[1], a.cells[2], b.cells[1], b.cells[2],
        core.percent(a.cells[2], a.cells[1]), core.percent(b.cells[2], b.cells[1]),
        core.percent(a.cells[2], a.cells[1]) - core.percent(b.cells[2], b.cells[1]),
        core.newcombe(a.cells[2], a.cells[1], b.cells[2], b.cells[1], -1), core.newcombe(a.cells[2], a.cells[1], b.cells[2], b.cells[1], 1), k.n_hidden
    from (select distinct organisation, course, days, value, outcome, n_hidden from seen) k
        left join seen a on a.is_sent and (a.organisation, a.days, a.value, a.outcome) = (k.organisation, k.days, k.value, k.outcome) and a.course is not distinct from k.course
        left join seen b on not b.is_sent and (b.organisation, b.days, b.value, b.outcome) = (k.organisation, k.days, k.value, k.outcome) and b.course is not distinct from k.course
    where core.is_property(by)
    order by 1, 2, 3, 4, 5;
end;
comment on function report.reminders(text) is
'R1: what a reminder does. By lot one in ten due reminders is not sent; did: a learning action (learned), or STOP or DELETE (stopped), in the 72 hours after it was due. effect: difference of the two shares in percent points with its 95 percent interval (Newcombe); if 0 lies in the interval, no effect is shown. Never compare with people who wrote after a reminder alone. Empty = too few to show.';

create function report.reminder_load(grain text default 'week', by text default 'all')
returns table (organisation text, period_start date, value text, reminders bigint, reminded bigint, active bigint, per_active numeric,
    reminded_three_times bigint, quiet_since bigint, percent_quiet numeric, is_over boolean, n_hidden integer)
language sql stable
begin atomic
    with steps as (
        select r.organisation, g.period, g.value, r.learner_id, count(*) filter (where r.is_sent) as n,
            bool_or(r.is_sent and r.quiet_days >= 12) as is_third, bool_or(r.is_sent and r.quiet_days >= 12 and r.is_quiet_since) as is_quiet
        from report.reminder_steps r
            cross join lateral (values (core.period_of(grain, r.local_date), core.value_of(by, r.lang, r.cohort, r.country, r.role_choice,
            r.first_channel, r.first_via))) as g (period, value)
        group by 1, 2, 3, 4),
    counted as (
        select s.organisation, s.period, s.value, sum(s.n)::bigint as n, count(*) filter (where s.n > 0) as n_people,
            count(*) filter (where s.is_third) as n_third, count(*) filter (where s.is_quiet) as n_quiet
        from steps s group by 1, 2, 3)
    select s.organisation, s.period, s.value, case when s.cells[1] is not null then c.n end, s.cells[1], a.active,
        case when s.cells[1] is not null and a.active > 0 then round(c.n::numeric / a.active, 2) end,
        s.cells[2], s.cells[3], core.percent(s.cells[3], s.cells[2]), core.is_period_over(grain, s.period, now()), s.n_hidden
    from core.safe(array(select row(c.organisation, null, null, c.period, c.value, null, array[c.n_people, c.n_third, c.n_quiet], null)::core.cell
            from counted c)) s
        join counted c on c.organisation = s.organisation and c.period is not distinct from s.period and c.value = s.value
        left join report.activity(grain, by) a on a.organisation = s.organisation and a.period_start is not distinct from s.period and a.value = s.value
    where core.is_grain(grain) and core.is_property(by)
    order by 1, 2, 3;
end;
comment on function report.reminder_load(text, text) is
'R2: reminders sent, to how many people, per active person of the period; of those who got the third one (12 quiet days), who has not learned since. Empty = too few to show.';

create view report.recall_answers with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, u.module, u.module_title, x.unit as question, x.correct as is_correct,
    (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    (x.at::date - n.completed_at::date) as days_after_completion,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via
from core.event x
    join core.learner l on l.org_id = x.org_id and l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    join core.course_version v on v.course_id = x.course_id
    left join core.unit u on u.course_id = x.course_id and u.unit = x.unit
    left join core.enrolment n on n.org_id = x.org_id and n.learner = x.learner and n.course = v.course
where x.kind = 'answered' and x.phase = 'recall' and not l.is_test;
comment on view report.recall_answers is 'One row per answer to an old question that came again.';
comment on column report.recall_answers.learner_id is 'Pseudonym of the person.';
comment on column report.recall_answers.organisation is 'Code of the organisation.';
comment on column report.recall_answers.course is 'Id of the course.';
comment on column report.recall_answers.version is 'Version of the course.';
comment on column report.recall_answers.module is 'Id of the module that the question belongs to.';
comment on column report.recall_answers.module_title is 'Title of that module.';
comment on column report.recall_answers.question is 'Id of the question.';
comment on column report.recall_answers.is_correct is 'True if it was the right answer.';
comment on column report.recall_answers.local_date is 'Day of the answer, in the time zone of the cohort or organisation.';
comment on column report.recall_answers.days_after_completion is 'Days since the course was completed; empty = it is not yet, negative = it was not then.';
comment on column report.recall_answers.lang is 'Language that the learner chose last.';
comment on column report.recall_answers.cohort is 'Code of the cohort; empty = none.';
comment on column report.recall_answers.country is 'Country of the phone number.';
comment on column report.recall_answers.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column report.recall_answers.first_channel is 'Channel on which the person first came.';
comment on column report.recall_answers.first_via is 'How: sms, ussd or call.';

create function report.retention(by text default 'all')
returns table (organisation text, course text, value text, n bigint, post_percent numeric, recall_percent numeric, change numeric, change_plus_minus numeric)
language sql stable
begin atomic
    with recalled as (
        select r.organisation, r.course, g.value, r.learner_id, r.module, avg(r.is_correct::integer) as share
        from report.recall_answers r
            cross join lateral (values (core.value_of(by, r.lang, r.cohort, r.country, r.role_choice, r.first_channel, r.first_via))) as g (value)
        where r.days_after_completion between 25 and 40 and r.is_correct is not null
        group by 1, 2, 3, 4, 5),
    -- The n-th question of the test is about the n-th module.
    modules as (
        select m.course, m.module, row_number() over (partition by m.course order by m.place) as n
        from (select u.course, u.module, min(u.module_position) as place from report.units_done u where u.module_kind = 'lessons' group by 1, 2) m),
    items as (
        select t.course, t.unit, row_number() over (partition by t.course order by t.place) as n
        from (select u.course, u.unit, min(u."position") as place from report.units_done u where u.module_kind = 'test' group by 1, 2) t),
    people as (
        select r.organisation, r.course, r.value, r.learner_id, avg(r.share) as recall, avg(u.is_post_right::integer) as post
        from recalled r
            join modules m on m.course = r.course and m.module = r.module
            join items i on i.course = r.course and i.n = m.n
            join report.units_done u on u.learner_id = r.learner_id and u.course = r.course and u.unit = i.unit
        where u.is_post_right is not null
        group by 1, 2, 3, 4)
    select p.organisation, p.course, p.value, core.shown(count(*)),
        case when count(*) >= 5 then round(100 * avg(p.post), 1) end, case when count(*) >= 5 then round(100 * avg(p.recall), 1) end,
        case when count(*) >= 5 then round(100 * avg(p.recall - p.post), 1) end, core.half_interval(100 * stddev_samp(p.recall - p.post), count(*))
    from people p
    where core.is_property(by)
    group by 1, 2, 3
    order by 1, 2, 3;
end;
comment on function report.retention(text) is
'F3: of people who answered old questions again 25 to 40 days after they completed the course: share right then, less share right in the post-test on the same modules, in percent points with its 95 percent interval. The questions differ, so only large changes mean something. Empty = too few to show.';

create view report.effort_steps with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, u.module, u.module_position, x.minutes::numeric as minutes,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via
from (select w.org_id, w.learner, w.course_id, w.unit,
        sum(case when w.is_same or w.gap between interval '0' and interval '10 min' then greatest(extract(epoch from w.gap), 0) / 60 else 0 end) as minutes
    from (select s.*, s.at - lag(s.at) over learner as gap, coalesce(s.session = lag(s.session) over learner, false) as is_same
        from (select e.org_id, e.learner, e.seq, min(e.at) as at, min(e.session) as session, min(e.course_id) as course_id,
                (array_agg(e.unit order by e.n) filter (where core.is_learning_action(e.kind, e.phase)))[1] as unit
            from core.event e
            group by 1, 2, 3) s
        window learner as (partition by s.org_id, s.learner order by s.seq)) w
    where w.unit is not null
    group by 1, 2, 3, 4) x
    join core.learner l on l.org_id = x.org_id and l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    join core.course_version v on v.course_id = x.course_id
    join core.unit u on u.course_id = x.course_id and u.unit = x.unit
where not l.is_test and l.erased_at is null;
comment on view report.effort_steps is 'One row per learner and unit: minutes at it, that is from the message before to the answer, where that was not more than 10 minutes ago or came in the same USSD session.';
comment on column report.effort_steps.learner_id is 'Pseudonym of the person.';
comment on column report.effort_steps.organisation is 'Code of the organisation.';
comment on column report.effort_steps.course is 'Id of the course.';
comment on column report.effort_steps.module is 'Id of the module.';
comment on column report.effort_steps.module_position is 'Place of the module in the course, from 1.';
comment on column report.effort_steps.minutes is 'Minutes at it.';
comment on column report.effort_steps.lang is 'Language that the learner chose last.';
comment on column report.effort_steps.cohort is 'Code of the cohort; empty = none.';
comment on column report.effort_steps.country is 'Country of the phone number.';
comment on column report.effort_steps.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column report.effort_steps.first_channel is 'Channel on which the person first came.';
comment on column report.effort_steps.first_via is 'How: sms, ussd or call.';

create function report.effort(by text default 'all')
returns table (organisation text, course text, module text, value text, learners bigint, median_minutes numeric, p25_minutes numeric, p75_minutes numeric)
language sql stable
begin atomic
    with people as (
        select e.organisation, e.course, e.module, min(e.module_position) as place, g.value, e.learner_id, sum(e.minutes) as minutes
        from report.effort_steps e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via))) as g (value)
        group by e.organisation, e.course, e.module, g.value, e.learner_id)
    select p.organisation, p.course, p.module, p.value, core.shown(count(*)),
        case when count(*) >= 5 then round((percentile_cont(0.5) within group (order by p.minutes))::numeric, 1) end,
        case when count(*) >= 5 then round((percentile_cont(0.25) within group (order by p.minutes))::numeric, 1) end,
        case when count(*) >= 5 then round((percentile_cont(0.75) within group (order by p.minutes))::numeric, 1) end
    from people p
    where core.is_property(by)
    group by p.organisation, p.course, p.module, p.value
    order by 1, 2, min(p.place), 4;
end;
comment on function report.effort(text) is
'D3: minutes that people spent in each module, median and quartiles: the sum of the times from one message to the next, where that is at most 10 minutes (SMS) or in one session (USSD). Longer ones are breaks, so this is a lower limit. Empty = too few to show.';

create function report.groups()
returns table (organisation text, course text, learned text, enrolled bigint, percent_in_a_group numeric, completed bigint, percent_of_enrolled numeric,
    percent_low numeric, percent_high numeric, gain numeric, n_gain bigint, is_mature boolean, n_hidden integer)
language sql stable
begin atomic
    with tests as (
        select u.organisation, u.course, u.cohort is not null as is_group, u.learner_id, u.version,
            count(u.is_right) as n_pre, count(u.is_post_right) as n_post,
            count(*) filter (where u.is_post_right) - count(*) filter (where u.is_right) as gain
        from report.units_done u where u.module_kind = 'test' group by 1, 2, 3, 4, 5),
    gains as (
        select t.organisation, t.course, t.is_group, avg(t.gain) as gain, count(*) as n
        from (select x.*, max(x.n_pre) over (partition by x.course, x.version) as questions from tests x) t
        where t.n_pre = t.questions and t.n_post = t.questions
        group by 1, 2, 3)
    select s.organisation, s.course, s.value, s.cells[1],
        case when s.value = 'group' then core.percent(s.cells[1], (select sum(k.n)::bigint from (select count(*) as n from report.enrolments e
            where e.organisation = s.organisation and e.course = s.course) k)) end,
        s.cells[2], case when s.is_mature then core.percent(s.cells[2], s.cells[1]) end,
        case when s.is_mature then core.wilson(s.cells[2], s.cells[1], -1) end, case when s.is_mature then core.wilson(s.cells[2], s.cells[1], 1) end,
        case when g.n >= 5 then round(g.gain, 2) end, core.shown(g.n), s.is_mature, s.n_hidden
    from core.safe(array(
        select row(e.organisation, e.course, null, null, case when e.cohort is null then 'alone' else 'group' end, bool_and(e.enrolled_at <= now() - interval '70 days'),
            array[count(*), count(e.completed_at)], null)::core.cell
        from report.enrolments e group by e.organisation, e.course, e.cohort is null)) s
        left join gains g on g.organisation = s.organisation and g.course = s.course and g.is_group = (s.value = 'group')
    order by 1, 2, 3;
end;
comment on function report.groups() is
'Q1: those who learn in a group and those who learn alone: enrolled, share of all, completed / enrolled where everybody has had 70 days, mean gain in points (both tests whole). Who joins a group differs from who does not: a difference is no effect of the group. Empty = too few to show.';

create view report.shared_numbers with (security_barrier) as
select h.organisation, h.cells[1] as numbers, h.cells[2] as shared, core.percent(h.cells[2], h.cells[1]) as percent_shared
from core.safe(array(select row(o.code, null, null, null, 'all', null, array[s.numbers, s.shared], null)::core.cell
    from core.shared_number s join core.organisation o using (org_id)
    where s.org_id = any (array(select m.org_id from core.member m where m.login = current_user)))) h;
comment on view report.shared_numbers is 'Q1: phone numbers, and those on which several people learn. Empty = too few to show.';
comment on column report.shared_numbers.organisation is 'Code of the organisation.';
comment on column report.shared_numbers.numbers is 'Phone numbers with at least one person.';
comment on column report.shared_numbers.shared is 'Of these: with two people and more. Empty = too few to show.';
comment on column report.shared_numbers.percent_shared is 'shared / numbers in percent.';

create view report.deletion_times with (security_barrier) as
select o.code as organisation, t.asked_on as asked_date, t.hours
from core.erasure_time t join core.organisation o using (org_id);
comment on view report.deletion_times is 'One row per erasure that has come to its end, without the person.';
comment on column report.deletion_times.organisation is 'Code of the organisation.';
comment on column report.deletion_times.asked_date is 'Day on which it was asked for (UTC).';
comment on column report.deletion_times.hours is 'Hours from that to its end.';

create function report.deletions(grain text default 'all')
returns table (organisation text, period_start date, ended bigint, median_hours numeric, longest_hours numeric, over_72_hours bigint, over_30_days bigint, is_over boolean)
language sql stable
begin atomic
    select d.organisation, g.period, core.shown(count(*)),
        case when count(*) >= 5 then round((percentile_cont(0.5) within group (order by d.hours))::numeric, 1) end,
        case when count(*) >= 5 then round(max(d.hours), 1) end, core.shown_part(count(*) filter (where d.hours > 72), count(*)),
        core.shown_part(count(*) filter (where d.hours > 720), count(*)), core.is_period_over(grain, g.period, now())
    from report.deletion_times d cross join lateral (values (core.period_of(grain, d.asked_date))) as g (period)
    where core.is_grain(grain)
    group by 1, 2
    order by 1, 2;
end;
comment on function report.deletions(text) is
'H2: erasures (DELETE, or the time is over) that have come to their end, by the day on which they were asked for, and hours from that to the end. Aim: 72 hours; limit: 30 days. Empty = too few to show.';

grant select on all tables in schema report to coordinator;
revoke execute on all functions in schema report from public;
grant execute on all functions in schema report to coordinator;
