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
            e.first_via as via, e.local_date, e.completed_at as completed_on, e.progress, e.reachability,
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
    using (org_id = any (array(select m.org_id from core.member m where m.login = core.reader())));
grant select on core.erasure_time to report_owner;

-- Numbers on which several people learn, counted: which ones stays here. Each belongs to the first organisation that it
-- has a learner of, and is found from that one's learners on, so that nobody else's are read.
create view core.shared_number with (security_barrier) as
select l.org_id, count(*) as numbers, count(*) filter (where x.n > 1) as shared
from core.learner l
    join core.number_state s on s.learner = l.learner
    cross join lateral (select count(*) as n, bool_or((q.org_id, q.learner) < (l.org_id, l.learner)) as is_later
        from core.number_state p join core.learner q on q.learner = p.learner
        where p.number_id = s.number_id and not q.is_test) x
where not l.is_test and not x.is_later
group by l.org_id;
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

create view facts.reminder_steps with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, (e.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    e.value as quiet_days, e.kind = 'reminded' as is_sent, e.at <= now() - interval '72 hours' as is_over,
    exists (select from core.event x where x.org_id = e.org_id and x.learner = e.learner and x.at > e.at and x.at <= e.at + interval '72 hours'
        and core.is_learning_action(x.kind, x.phase)) as is_learned_in_72_hours,
    exists (select from core.event x where x.org_id = e.org_id and x.learner = e.learner and x.at > e.at and x.at <= e.at + interval '72 hours'
        and x.kind in ('stopped', 'erased')) as is_stopped_in_72_hours,
    not exists (select from core.event x where x.org_id = e.org_id and x.learner = e.learner and x.at > e.at
        and core.is_learning_action(x.kind, x.phase)) as is_quiet_since,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from core.event e
    join core.learner l on l.org_id = e.org_id and l.learner = e.learner
    join core.organisation o on o.org_id = e.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join core.course_version v on v.course_id = e.course_id
where e.kind in ('reminded', 'reminder_withheld') and not l.is_test;
comment on view facts.reminder_steps is 'One row per reminder that was due: sent, or by lot not sent.';
comment on column facts.reminder_steps.learner_id is 'Pseudonym of the person.';
comment on column facts.reminder_steps.organisation is 'Code of the organisation.';
comment on column facts.reminder_steps.course is 'Id of the course.';
comment on column facts.reminder_steps.local_date is 'Day on which it was due, in the time zone of the cohort or organisation.';
comment on column facts.reminder_steps.quiet_days is 'After how many quiet days: 2, 5 or 12.';
comment on column facts.reminder_steps.is_sent is 'False: drawn not to get it, so that what reminders do can be told.';
comment on column facts.reminder_steps.is_over is 'Whether the 72 hours after it are over.';
comment on column facts.reminder_steps.is_learned_in_72_hours is 'Whether a learning action came in the 72 hours after it was due.';
comment on column facts.reminder_steps.is_stopped_in_72_hours is 'Whether STOP or DELETE came in these 72 hours.';
comment on column facts.reminder_steps.is_quiet_since is 'Whether no learning action has come since.';
comment on column facts.reminder_steps.lang is 'Language that the learner chose last.';
comment on column facts.reminder_steps.cohort is 'Code of the cohort; empty = none.';
comment on column facts.reminder_steps.country is 'Country of the phone number.';
comment on column facts.reminder_steps.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.reminder_steps.first_channel is 'Channel on which the person first came.';
comment on column facts.reminder_steps.first_via is 'How: sms, ussd or call.';

create function report.reminders(by text default 'all')
returns table (organisation text, course text, quiet_days integer, value text, outcome text, reminded bigint, reminded_did bigint, not_reminded bigint,
    not_reminded_did bigint, percent_reminded numeric, percent_not_reminded numeric, effect numeric, effect_low numeric, effect_high numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with steps as (
        select r.organisation, r.course, r.quiet_days, g.value, w.outcome, r.is_sent, w.did
        from (select distinct on (f.learner_id, f.course, f.quiet_days) f.* from facts.reminder_steps f
                order by f.learner_id, f.course, f.quiet_days, f.local_date) r
            cross join lateral (values (core.value_of(by, r.lang, r.cohort, r.country, r.role_choice, r.first_channel, r.first_via))) as g (value)
            cross join lateral (values ('learned', r.is_learned_in_72_hours), ('stopped', r.is_stopped_in_72_hours)) as w (outcome, did)
        where r.is_over),
    seen as (
        select s.organisation, s.course, split_part(s.item, '/', 1) as days, split_part(s.item, '/', 2) as outcome, split_part(s.item, '/', 3) = 'true' as is_sent,
            s.value, s.cells, s.n_hidden
        from core.safe(array(
            select row(t.organisation, t.course, t.quiet_days || '/' || t.outcome || '/' || t.is_sent, null, t.value, null,
                array[count(*), count(*) filter (where t.did)], null, null)::core.cell
            from steps t group by t.organisation, t.course, t.quiet_days, t.outcome, t.is_sent, t.value)) s),
    both_seen as ( -- the same people beside each outcome: their count is seen in both rows or in none
        select s.*, case when bool_and(s.cells[1] is not null) over (partition by s.organisation, s.course, s.days, s.is_sent, s.value) then s.cells[1] end as n,
            s.cells[2] as did
        from seen s)
    select k.organisation, k.course, k.days::integer, k.value, k.outcome, a.n, a.did, b.n, b.did, core.percent(a.did, a.n), core.percent(b.did, b.n),
        core.percent(a.did, a.n) - core.percent(b.did, b.n), core.newcombe(a.did, a.n, b.did, b.n, -1), core.newcombe(a.did, a.n, b.did, b.n, 1), k.n_hidden
    from (select distinct organisation, course, days, value, outcome, n_hidden from seen) k
        left join both_seen a on a.is_sent and (a.organisation, a.days, a.value, a.outcome) = (k.organisation, k.days, k.value, k.outcome) and a.course is not distinct from k.course
        left join both_seen b on not b.is_sent and (b.organisation, b.days, b.value, b.outcome) = (k.organisation, k.days, k.value, k.outcome) and b.course is not distinct from k.course
    where core.is_property(by)
    order by 1, 2, 3, 4, 5;
end;
comment on function report.reminders(text) is
'R1: what a reminder does. By lot one in ten due reminders is not sent; of each person the first one of a step counts. did: a learning action (learned), or STOP or DELETE (stopped), in the 72 hours after it was due. effect: difference of the two shares in percent points with its 95 percent interval (Newcombe); if 0 lies in the interval, no effect is shown. Never compare with people who wrote after a reminder alone. Empty = too few to show.';

create function report.reminder_load(grain text default 'week', by text default 'all')
returns table (organisation text, period_start date, value text, reminders bigint, reminded bigint, active bigint, per_active numeric,
    reminded_three_times bigint, quiet_since bigint, percent_quiet numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
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
    counted as (
        select c.organisation, nullif(c.period, '-infinity') as period, c.value, c.n, c.cells, w.near, w.near_total
        from all_counted c
            cross join lateral ( -- as facts.activity has it: what each is a part of; itself where it lies across
                select array_agg(coalesce(a.cells[i], c.cells[i]) order by g.place, i) as near, array_agg(coalesce(t.cells[i], o.cells[i]) order by g.place, i) as near_total
                from unnest(core.grains_of('week')) with ordinality as g (grain, place)
                    cross join lateral (values (case when g.grain = 'all' then '-infinity' when c.of_grain <> 'all' and core.period_of(g.grain, c.period)
                        = core.period_of(g.grain, c.period + core.days_of(c.of_grain, c.period) - 1) then core.period_of(g.grain, c.period) end)) as p (period)
                    left join all_counted a on a.organisation = c.organisation and a.value = c.value and a.of_grain = g.grain and a.period = p.period
                    left join totals t on t.organisation = c.organisation and t.of_grain = g.grain and t.period = p.period
                    join totals o on o.organisation = c.organisation and o.of_grain = c.of_grain and o.period = c.period
                    cross join generate_series(1, 3) i) w
        where c.of_grain = reminder_load.grain)
    select s.organisation, s.period, s.value, case when s.cells[1] is not null then c.n end, s.cells[1], a.active,
        case when s.cells[1] is not null and a.active > 0 then round(c.n::numeric / a.active, 2) end,
        s.cells[2], s.cells[3], core.percent(s.cells[3], s.cells[2]), core.is_period_over(grain, s.period, now()), s.n_hidden
    from core.safe(array(select row(c.organisation, null, null, c.period, c.value, null, c.cells || c.near || c.near_total, null, null)::core.cell
            from counted c), true, null, grain, false, 12, null) s
        join counted c on c.organisation = s.organisation and c.period is not distinct from s.period and c.value = s.value
        left join report.activity(grain, by) a on a.organisation = s.organisation and a.period_start is not distinct from s.period and a.value = s.value
    where core.is_grain(grain) and core.is_property(by)
    order by 1, 2, 3;
end;
comment on function report.reminder_load(text, text) is
'R2: reminders sent, to how many people, per active person of the period; of those who got the third one (12 quiet days), who has not learned since. Empty = too few to show.';

create view facts.recall_answers with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, u.module, u.module_title, x.unit as question, x.correct as is_correct,
    (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    (x.at::date - n.completed_at::date) as days_after_completion,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from core.event x
    join core.learner l on l.org_id = x.org_id and l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    join core.course_version v on v.course_id = x.course_id
    left join core.unit u on u.course_id = x.course_id and u.unit = x.unit
    left join core.enrolment n on n.org_id = x.org_id and n.learner = x.learner and n.course = v.course
where x.kind = 'answered' and x.phase = 'recall' and not l.is_test;
comment on view facts.recall_answers is 'One row per answer to an old question that came again.';
comment on column facts.recall_answers.learner_id is 'Pseudonym of the person.';
comment on column facts.recall_answers.organisation is 'Code of the organisation.';
comment on column facts.recall_answers.course is 'Id of the course.';
comment on column facts.recall_answers.version is 'Version of the course.';
comment on column facts.recall_answers.module is 'Id of the module that the question belongs to.';
comment on column facts.recall_answers.module_title is 'Title of that module.';
comment on column facts.recall_answers.question is 'Id of the question.';
comment on column facts.recall_answers.is_correct is 'True if it was the right answer.';
comment on column facts.recall_answers.local_date is 'Day of the answer, in the time zone of the cohort or organisation.';
comment on column facts.recall_answers.days_after_completion is 'Days since the course was completed; empty = it is not yet, negative = it was not then.';
comment on column facts.recall_answers.lang is 'Language that the learner chose last.';
comment on column facts.recall_answers.cohort is 'Code of the cohort; empty = none.';
comment on column facts.recall_answers.country is 'Country of the phone number.';
comment on column facts.recall_answers.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.recall_answers.first_channel is 'Channel on which the person first came.';
comment on column facts.recall_answers.first_via is 'How: sms, ussd or call.';

create function report.retention(by text default 'all')
returns table (organisation text, course text, value text, n bigint, post_percent numeric, recall_percent numeric, change numeric, change_plus_minus numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with recalled as (
        select r.course, r.learner_id, r.module, avg(r.is_correct::integer) as share
        from facts.recall_answers r
        where r.days_after_completion between 25 and 40 and r.is_correct is not null
        group by 1, 2, 3),
    -- The n-th question of the test is about the n-th module.
    modules as (
        select m.course, m.module, row_number() over (partition by m.course order by m.place) as n
        from (select u.course, u.module, min(u.module_position) as place from facts.units_done u where u.module_kind = 'lessons' group by 1, 2) m),
    items as (
        select t.course, t.unit, row_number() over (partition by t.course order by t.place) as n
        from (select u.course, u.unit, min(u."position") as place from facts.units_done u where u.module_kind = 'test' group by 1, 2) t),
    people as (
        select r.course, r.learner_id, avg(r.share) as recall, avg(u.is_post_right::integer) as post
        from recalled r
            join modules m on m.course = r.course and m.module = r.module
            join items i on i.course = r.course and i.n = m.n
            join facts.units_done u on u.learner_id = r.learner_id and u.course = r.course and u.unit = i.unit
        where u.is_post_right is not null
        group by 1, 2),
    -- as in report.survey
    said as (
        select e.organisation, e.course, g.value, e.started_at is not null as is_started, e.completed_at is not null as is_completed,
            case when e.completed_at is not null then p.recall end as recall, p.post
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via))) as g (value)
            left join people p on p.learner_id = e.learner_id and p.course = e.course)
    select p.organisation, p.course, p.value, min(s.cells[4]),
        case when min(s.cells[4]) >= 5 then round(100 * avg(p.post), 1) end, case when min(s.cells[4]) >= 5 then round(100 * avg(p.recall), 1) end,
        case when min(s.cells[4]) >= 5 then round(100 * avg(p.recall - p.post), 1) end, core.half_interval(100 * stddev_samp(p.recall - p.post), min(s.cells[4]))
    from said p
        join core.safe(array(select row(k.organisation, k.course, null, null, k.value, null, array[count(*), count(*) filter (where k.is_started),
                count(*) filter (where k.is_completed), count(k.recall)], null, null)::core.cell
            from said k group by k.organisation, k.course, k.value)) s on s.organisation = p.organisation and s.course = p.course and s.value = p.value
    where p.recall is not null and core.is_property(by)
    group by 1, 2, 3
    order by 1, 2, 3;
end;
comment on function report.retention(text) is
'F3: of people who answered old questions again 25 to 40 days after they completed the course: share right then, less share right in the post-test on the same modules, in percent points with its 95 percent interval. The questions differ, so only large changes mean something. Empty = too few to show.';

create view facts.effort_steps with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, u.module, u.module_position, x.minutes::numeric as minutes,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
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
comment on view facts.effort_steps is 'One row per learner and unit: minutes at it, that is from the message before to the answer, where that was not more than 10 minutes ago or came in the same USSD session.';
comment on column facts.effort_steps.learner_id is 'Pseudonym of the person.';
comment on column facts.effort_steps.organisation is 'Code of the organisation.';
comment on column facts.effort_steps.course is 'Id of the course.';
comment on column facts.effort_steps.module is 'Id of the module.';
comment on column facts.effort_steps.module_position is 'Place of the module in the course, from 1.';
comment on column facts.effort_steps.minutes is 'Minutes at it.';
comment on column facts.effort_steps.lang is 'Language that the learner chose last.';
comment on column facts.effort_steps.cohort is 'Code of the cohort; empty = none.';
comment on column facts.effort_steps.country is 'Country of the phone number.';
comment on column facts.effort_steps.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.effort_steps.first_channel is 'Channel on which the person first came.';
comment on column facts.effort_steps.first_via is 'How: sms, ussd or call.';

create function report.effort(by text default 'all')
returns table (organisation text, course text, module text, value text, learners bigint, median_minutes numeric, p25_minutes numeric, p75_minutes numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with people as (
        select e.organisation, e.course, e.module, min(e.module_position) as place, g.value, e.learner_id, sum(e.minutes) as minutes
        from facts.effort_steps e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via))) as g (value)
        group by e.organisation, e.course, e.module, g.value, e.learner_id)
    select p.organisation, p.course, p.module, p.value, min(s.cells[1]),
        case when min(s.cells[1]) >= 5 then round((percentile_cont(0.5) within group (order by p.minutes))::numeric, 1) end,
        case when min(s.cells[1]) >= 5 then round((percentile_cont(0.25) within group (order by p.minutes))::numeric, 1) end,
        case when min(s.cells[1]) >= 5 then round((percentile_cont(0.75) within group (order by p.minutes))::numeric, 1) end
    from people p
        join core.safe(array(select row(k.organisation, k.course, k.module, null, k.value, null, array[count(*)], null, null)::core.cell
            from people k group by k.organisation, k.course, k.module, k.value)) s
            on s.organisation = p.organisation and s.course = p.course and s.item = p.module and s.value = p.value
    where core.is_property(by)
    group by p.organisation, p.course, p.module, p.value
    order by 1, 2, min(p.place), 4;
end;
comment on function report.effort(text) is
'D3: minutes that people spent in each module, median and quartiles: the sum of the times from one message to the next, where that is at most 10 minutes (SMS) or in one session (USSD). Longer ones are breaks, so this is a lower limit. Empty = too few to show.';

create function report.groups()
returns table (organisation text, course text, learned text, enrolled bigint, percent_in_a_group numeric, completed bigint, percent_of_enrolled numeric,
    percent_low numeric, percent_high numeric, gain numeric, n_gain bigint, is_mature boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with tests as (
        select u.organisation, u.course, u.cohort is not null as is_group, u.learner_id, u.version,
            count(u.is_right) as n_pre, count(u.is_post_right) as n_post,
            count(*) filter (where u.is_post_right) - count(*) filter (where u.is_right) as gain
        from facts.units_done u where u.module_kind = 'test' group by 1, 2, 3, 4, 5),
    gains as (
        select t.organisation, t.course, t.is_group, avg(t.gain) as gain, count(*) as n
        from (select x.*, max(x.n_pre) over (partition by x.course, x.version) as questions from tests x) t
        where t.n_pre = t.questions and t.n_post = t.questions
        group by 1, 2, 3),
    -- What report.funnel and report.gain show of those in no group, and what that leaves of all: nothing that is not told there.
    by_cohort as materialized (select f.organisation, f.course, f.value = 'none' as is_alone, f.cells, f.is_mature, f.n_hidden
        from facts.funnel('all', 'cohort', false, now()) f),
    counts as materialized (
        select f.organisation, f.course, f.is_alone, bool_and(f.is_mature) as is_mature, max(f.n_hidden) as n_hidden, min(a.cells[1]) as n_all,
            case when f.is_alone then min(o.cells[1]) else min(a.cells[1]) - case when count(o.cells) = 0 then 0 else min(o.cells[1]) end end as enrolled,
            case when f.is_alone then min(o.cells[3]) else min(a.cells[3]) - case when count(o.cells) = 0 then 0 else min(o.cells[3]) end end as completed
        from by_cohort f
            join facts.funnel('all', 'all', false, now()) a on a.organisation = f.organisation and a.course = f.course
            left join by_cohort o on o.is_alone and o.organisation = f.organisation and o.course = f.course
        group by 1, 2, 3),
    with_gain as (
        select x.organisation, x.course, case when bool_and(x.n is not null) then sum(x.n)::bigint end as n from report.gain() x group by 1, 2),
    with_gain_alone as (
        select x.organisation, x.course, case when bool_and(x.n is not null) then sum(x.n)::bigint end as n from report.gain('cohort') x where x.value = 'none' group by 1, 2),
    with_gains as (
        select c.organisation, c.course, c.is_alone, case when c.is_alone then o.n else a.n - case when o.course is null then 0 else o.n end end as n
        from counts c
            left join with_gain a on a.organisation = c.organisation and a.course = c.course
            left join with_gain_alone o on o.organisation = c.organisation and o.course = c.course)
    select c.organisation, c.course, case when c.is_alone then 'alone' else 'group' end, c.enrolled,
        case when not c.is_alone then core.percent(c.enrolled, c.n_all) end,
        c.completed, case when c.is_mature then core.percent(c.completed, c.enrolled) end,
        case when c.is_mature then core.wilson(c.completed, c.enrolled, -1) end, case when c.is_mature then core.wilson(c.completed, c.enrolled, 1) end,
        case when n.n >= 5 then round(g.gain, 2) end, n.n, c.is_mature, c.n_hidden
    from counts c
        join with_gains n on n.organisation = c.organisation and n.course = c.course and n.is_alone = c.is_alone
        left join gains g on g.organisation = c.organisation and g.course = c.course and g.is_group = not c.is_alone
    order by 1, 2, 3;
end;
comment on function report.groups() is
'Q1: those who learn in a group and those who learn alone: enrolled, share of all, completed / enrolled where everybody has had 70 days, mean gain in points (both tests whole). Who joins a group differs from who does not: a difference is no effect of the group. Empty = too few to show.';

create function facts.shared_numbers() returns setof core.cell
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select h.*
    from core.safe(array(select row(o.code, null, null, null, 'all', null, array[s.numbers, s.shared, n.contacts, n.contacts], null, null)::core.cell
        from core.shared_number s
            join core.organisation o using (org_id)
            cross join lateral (select count(*) as contacts from facts.contacts c where c.organisation = o.code) n -- less numbers: who shares one
        where s.org_id = any (array(select m.org_id from core.member m where m.login = core.reader()))), true, null, 'all', true, 1) h;
end;
comment on function facts.shared_numbers() is 'What report.shared_numbers shows; a function, so that no plan of it is seen.';
revoke execute on function facts.shared_numbers() from public;
grant execute on function facts.shared_numbers() to coordinator;
create view report.shared_numbers with (security_barrier) as
select h.organisation, h.cells[1] as numbers, h.cells[2] as shared, core.percent(h.cells[2], h.cells[1]) as percent_shared
from facts.shared_numbers() h;
comment on view report.shared_numbers is 'Q1: phone numbers, and those on which several people learn. Empty = too few to show.';
comment on column report.shared_numbers.organisation is 'Code of the organisation.';
comment on column report.shared_numbers.numbers is 'Phone numbers with at least one person.';
comment on column report.shared_numbers.shared is 'Of these: with two people and more. Empty = too few to show.';
comment on column report.shared_numbers.percent_shared is 'shared / numbers in percent.';

create view facts.deletion_times with (security_barrier) as
select o.code as organisation, t.asked_on as asked_date, t.hours
from core.erasure_time t join core.organisation o using (org_id);
comment on view facts.deletion_times is 'One row per erasure that has come to its end, without the person.';
comment on column facts.deletion_times.organisation is 'Code of the organisation.';
comment on column facts.deletion_times.asked_date is 'Day on which it was asked for (UTC).';
comment on column facts.deletion_times.hours is 'Hours from that to its end.';

create function report.deletions(grain text default 'all')
returns table (organisation text, period_start date, ended bigint, median_hours numeric, longest_hours numeric, over_72_hours bigint, over_30_days bigint, is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select d.organisation, core.period_of(grain, d.asked_date), min(s.cells[1]),
        case when min(s.cells[1]) >= 5 then round((percentile_cont(0.5) within group (order by d.hours))::numeric, 1) end,
        case when min(s.cells[1]) >= 5 then round(max(d.hours), 1) end, min(s.cells[2]), min(s.cells[3]), core.is_period_over(grain, core.period_of(grain, d.asked_date), now())
    from facts.deletion_times d
        join core.safe(array(
            select row(k.organisation, null, null, core.row_day(grain, k.asked_date), 'all', null,
                array[count(*), count(*) filter (where k.hours > 72), count(*) filter (where k.hours > 720)], null, null)::core.cell
            from facts.deletion_times k group by k.organisation, core.row_day(grain, k.asked_date)), true, null, grain) s
            on s.organisation = d.organisation and s.period is not distinct from core.period_of(grain, d.asked_date)
    where core.is_grain(grain)
    group by 1, 2
    order by 1, 2;
end;
comment on function report.deletions(text) is
'H2: erasures (DELETE, or the time is over) that have come to their end, by the day on which they were asked for, and hours from that to the end. Aim: 72 hours; limit: 30 days. Empty = too few to show.';

-- ---- the month in words ----

reset role;
set local role waypost_owner;

alter table core.organisation add column lang text not null default 'en' check (char_length(lang) between 2 and 7);
comment on column core.organisation.lang is 'Language of its monthly report.';

-- The words of the monthly report; a language that has none of a name says it in English.
create table core.report_text (
    lang text not null check (char_length(lang) between 2 and 7),
    name text not null,
    text text not null check (text <> ''),
    primary key (lang, name)
);
comment on table core.report_text is 'Words of the monthly report, by language.';
alter table core.report_text enable row level security, force row level security;
create policy owner on core.report_text to waypost_owner using (true) with check (true);
create policy words on core.report_text for select to report_owner using (true);
grant select on core.report_text to report_owner;

insert into core.report_text (lang, name, text) values
    ('en', 'title', 'Monthly report'),
    ('fr', 'title', 'Rapport mensuel'),
    ('es', 'title', 'Informe mensual'),
    ('ar', 'title', 'التقرير الشهري'),
    ('tr', 'title', 'Aylık rapor'),
    ('de', 'title', 'Monatsbericht'),
    ('ru', 'title', 'Месячный отчёт'),
    ('en', 'hidden', 'too few to show'),
    ('fr', 'hidden', 'trop peu pour être montré'),
    ('es', 'hidden', 'muy pocos para mostrarlo'),
    ('ar', 'hidden', 'العدد أقل من أن يُعرض'),
    ('tr', 'hidden', 'gösterilemeyecek kadar az'),
    ('de', 'hidden', 'zu wenige, um sie zu zeigen'),
    ('ru', 'hidden', 'слишком мало, чтобы показать'),
    ('en', 'privacy', 'Counts of fewer than 5 people are not shown, nor what would give them away.'),
    ('fr', 'privacy', 'Les nombres de moins de 5 personnes ne sont pas montrés, ni ce qui permettrait de les trouver.'),
    ('es', 'privacy', 'No se muestran cifras de menos de 5 personas ni lo que permitiría deducirlas.'),
    ('ar', 'privacy', 'لا تُعرض الأعداد التي تقل عن 5 أشخاص، ولا ما يكشفها.'),
    ('tr', 'privacy', '5 kişiden az olan sayılar ve bunları ele verecek bilgiler gösterilmez.'),
    ('de', 'privacy', 'Zahlen von weniger als 5 Menschen werden nicht gezeigt, auch nicht, was sie verraten würde.'),
    ('ru', 'privacy', 'Числа меньше 5 человек не показаны, как и то, что могло бы их выдать.'),
    ('en', 'people', 'People'),
    ('fr', 'people', 'Personnes'),
    ('es', 'people', 'Personas'),
    ('ar', 'people', 'الأشخاص'),
    ('tr', 'people', 'Kişiler'),
    ('de', 'people', 'Menschen'),
    ('ru', 'people', 'Люди'),
    ('en', 'enrolled', 'Enrolled this month'),
    ('fr', 'enrolled', 'Inscrites ce mois-ci'),
    ('es', 'enrolled', 'Inscritas este mes'),
    ('ar', 'enrolled', 'المسجلون هذا الشهر'),
    ('tr', 'enrolled', 'Bu ay kaydolan'),
    ('de', 'enrolled', 'In diesem Monat eingeschrieben'),
    ('ru', 'enrolled', 'Записались в этом месяце'),
    ('en', 'started', 'Of these, started'),
    ('fr', 'started', 'Dont : ont commencé'),
    ('es', 'started', 'De ellas, empezaron'),
    ('ar', 'started', 'منهم من بدأ'),
    ('tr', 'started', 'Bunlardan başlayan'),
    ('de', 'started', 'Davon begonnen'),
    ('ru', 'started', 'Из них начали'),
    ('en', 'active', 'Active this month'),
    ('fr', 'active', 'Actives ce mois-ci'),
    ('es', 'active', 'Activas este mes'),
    ('ar', 'active', 'النشطون هذا الشهر'),
    ('tr', 'active', 'Bu ay etkin olan'),
    ('de', 'active', 'In diesem Monat aktiv'),
    ('ru', 'active', 'Активны в этом месяце'),
    ('en', 'ever', 'Active ever since the beginning'),
    ('fr', 'ever', 'Actives depuis le début'),
    ('es', 'ever', 'Activas desde el comienzo'),
    ('ar', 'ever', 'النشطون منذ البداية'),
    ('tr', 'ever', 'Başından beri etkin olan'),
    ('de', 'ever', 'Seit dem Anfang aktiv'),
    ('ru', 'ever', 'Активны с самого начала'),
    ('en', 'people_means', 'Enrolled: agreed to take the course. Active: went past a page or answered a question.'),
    ('fr', 'people_means', 'Inscrite : a accepté de suivre le cours. Active : a passé une page ou répondu à une question.'),
    ('es', 'people_means', 'Inscrita: aceptó seguir el curso. Activa: pasó una página o respondió una pregunta.'),
    ('ar', 'people_means', 'المسجل: وافق على الدورة. النشط: تجاوز صفحة أو أجاب عن سؤال.'),
    ('tr', 'people_means', 'Kaydolan: kursa katılmayı kabul etti. Etkin: bir sayfayı geçti veya bir soruyu yanıtladı.'),
    ('de', 'people_means', 'Eingeschrieben: hat dem Kurs zugestimmt. Aktiv: hat eine Seite gelesen oder eine Frage beantwortet.'),
    ('ru', 'people_means', 'Записался: согласился пройти курс. Активен: прошёл страницу или ответил на вопрос.'),
    ('en', 'people_not', 'Do not add the months up: who learns in two months is counted in both.'),
    ('fr', 'people_not', 'N''additionnez pas les mois : qui apprend pendant deux mois est compté dans chacun.'),
    ('es', 'people_not', 'No sume los meses: quien aprende en dos meses cuenta en los dos.'),
    ('ar', 'people_not', 'لا تجمعوا الأشهر: من يتعلم في شهرين يُحسب في كليهما.'),
    ('tr', 'people_not', 'Ayları toplamayın: iki ayda öğrenen her ikisinde de sayılır.'),
    ('de', 'people_not', 'Zählen Sie die Monate nicht zusammen: Wer in zwei Monaten lernt, zählt in beiden.'),
    ('ru', 'people_not', 'Не складывайте месяцы: кто учится два месяца, посчитан в обоих.'),
    ('en', 'completion', 'Completing the course'),
    ('fr', 'completion', 'Achèvement du cours'),
    ('es', 'completion', 'Finalización del curso'),
    ('ar', 'completion', 'إتمام الدورة'),
    ('tr', 'completion', 'Kursu tamamlama'),
    ('de', 'completion', 'Abschluss des Kurses'),
    ('ru', 'completion', 'Завершение курса'),
    ('en', 'completed', 'Completed, of those who enrolled at least 70 days ago'),
    ('fr', 'completed', 'Terminé, parmi les inscrits d''il y a au moins 70 jours'),
    ('es', 'completed', 'Terminaron, de quienes se inscribieron hace 70 días o más'),
    ('ar', 'completed', 'أتموا الدورة، ممن سجلوا قبل 70 يومًا على الأقل'),
    ('tr', 'completed', 'Tamamlayan, en az 70 gün önce kaydolanlardan'),
    ('de', 'completed', 'Abgeschlossen, von denen, die vor mindestens 70 Tagen begonnen haben'),
    ('ru', 'completed', 'Завершили, из записавшихся не менее 70 дней назад'),
    ('en', 'of_enrolled', 'Percent of enrolled'),
    ('fr', 'of_enrolled', 'Pour cent des inscrits'),
    ('es', 'of_enrolled', 'Porcentaje de inscritos'),
    ('ar', 'of_enrolled', 'النسبة من المسجلين'),
    ('tr', 'of_enrolled', 'Kaydolanların yüzdesi'),
    ('de', 'of_enrolled', 'Prozent der Eingeschriebenen'),
    ('ru', 'of_enrolled', 'Процент от записавшихся'),
    ('en', 'of_started', 'Percent of started (95 % interval)'),
    ('fr', 'of_started', 'Pour cent de ceux qui ont commencé (intervalle à 95 %)'),
    ('es', 'of_started', 'Porcentaje de quienes empezaron (intervalo del 95 %)'),
    ('ar', 'of_started', 'النسبة ممن بدأوا (فترة ثقة 95٪)'),
    ('tr', 'of_started', 'Başlayanların yüzdesi (%95 aralığı)'),
    ('de', 'of_started', 'Prozent derer, die begonnen haben (95-%-Bereich)'),
    ('ru', 'of_started', 'Процент от начавших (интервал 95 %)'),
    ('en', 'completion_means', 'Completed: all required modules and the test at the end. Everybody counted has had time to finish.'),
    ('fr', 'completion_means', 'Terminé : tous les modules obligatoires et le test final. Chacun a eu le temps de finir.'),
    ('es', 'completion_means', 'Terminado: todos los módulos obligatorios y la prueba final. Todos han tenido tiempo.'),
    ('ar', 'completion_means', 'الإتمام: كل الوحدات المطلوبة والاختبار الأخير. كان لدى الجميع وقت كافٍ.'),
    ('tr', 'completion_means', 'Tamamlama: tüm zorunlu modüller ve sondaki test. Herkesin bitirmek için zamanı oldu.'),
    ('de', 'completion_means', 'Abgeschlossen: alle nötigen Module und der Test am Ende. Alle hatten genug Zeit.'),
    ('ru', 'completion_means', 'Завершено: все обязательные модули и тест в конце. У всех было время закончить.'),
    ('en', 'completion_not', 'Not completing is no failure: some people need only one module.'),
    ('fr', 'completion_not', 'Ne pas finir n''est pas un échec : certaines personnes n''ont besoin que d''un module.'),
    ('es', 'completion_not', 'No terminar no es fracasar: a algunas personas les basta un módulo.'),
    ('ar', 'completion_not', 'عدم الإتمام ليس فشلًا: بعض الناس يحتاجون إلى وحدة واحدة فقط.'),
    ('tr', 'completion_not', 'Bitirmemek başarısızlık değildir: bazı kişilere tek modül yeter.'),
    ('de', 'completion_not', 'Nicht abschließen ist kein Scheitern: Manche brauchen nur ein Modul.'),
    ('ru', 'completion_not', 'Не завершить курс не значит провалиться: некоторым нужен лишь один модуль.'),
    ('en', 'leaving', 'Where people stop'),
    ('fr', 'leaving', 'Où l''on s''arrête'),
    ('es', 'leaving', 'Dónde se detienen'),
    ('ar', 'leaving', 'أين يتوقف الناس'),
    ('tr', 'leaving', 'Nerede bırakılıyor'),
    ('de', 'leaving', 'Wo Menschen aufhören'),
    ('ru', 'leaving', 'Где люди останавливаются'),
    ('en', 'leaving_means', 'Of 100 people who reached this page or question, so many went no further. The five highest.'),
    ('fr', 'leaving_means', 'Sur 100 personnes arrivées à cette page ou question, tant ne sont pas allées plus loin. Les cinq plus élevés.'),
    ('es', 'leaving_means', 'De 100 personas que llegaron a esta página o pregunta, tantas no siguieron. Los cinco más altos.'),
    ('ar', 'leaving_means', 'من كل 100 شخص وصلوا إلى هذه الصفحة أو السؤال، هذا العدد لم يكمل. أعلى خمسة.'),
    ('tr', 'leaving_means', 'Bu sayfaya veya soruya ulaşan 100 kişiden bu kadarı devam etmedi. En yüksek beş.'),
    ('de', 'leaving_means', 'Von 100 Menschen, die diese Seite oder Frage erreichten, kamen so viele nicht weiter. Die fünf höchsten.'),
    ('ru', 'leaving_means', 'Из 100 человек, дошедших до этой страницы или вопроса, столько не пошли дальше. Пять наибольших.'),
    ('en', 'leaving_not', 'A page where many stop need not be a bad page: perhaps the day was over there.'),
    ('fr', 'leaving_not', 'Une page où beaucoup s''arrêtent n''est pas forcément mauvaise : la journée y finissait peut-être.'),
    ('es', 'leaving_not', 'Una página donde muchos se detienen no tiene por qué ser mala: quizá allí acababa el día.'),
    ('ar', 'leaving_not', 'الصفحة التي يتوقف عندها كثيرون ليست سيئة بالضرورة: ربما انتهى اليوم هناك.'),
    ('tr', 'leaving_not', 'Çok kişinin bıraktığı sayfa kötü olmayabilir: belki gün orada bitmiştir.'),
    ('de', 'leaving_not', 'Eine Seite, auf der viele aufhören, muss nicht schlecht sein: Vielleicht war dort der Tag zu Ende.'),
    ('ru', 'leaving_not', 'Страница, где многие остановились, не обязательно плоха: возможно, там закончился день.'),
    ('en', 'learned', 'What was learned'),
    ('fr', 'learned', 'Ce qui a été appris'),
    ('es', 'learned', 'Lo que se aprendió'),
    ('ar', 'learned', 'ما تم تعلمه'),
    ('tr', 'learned', 'Öğrenilenler'),
    ('de', 'learned', 'Was gelernt wurde'),
    ('ru', 'learned', 'Чему научились'),
    ('en', 'gain', 'Gain from the first to the last test, in points'),
    ('fr', 'gain', 'Progrès du premier au dernier test, en points'),
    ('es', 'gain', 'Mejora de la primera a la última prueba, en puntos'),
    ('ar', 'gain', 'التحسن من الاختبار الأول إلى الأخير، بالنقاط'),
    ('tr', 'gain', 'İlk testten son teste artış, puan'),
    ('de', 'gain', 'Zuwachs vom ersten zum letzten Test, in Punkten'),
    ('ru', 'gain', 'Прирост от первого теста к последнему, в баллах'),
    ('en', 'gain_n', 'People with both tests'),
    ('fr', 'gain_n', 'Personnes ayant fait les deux tests'),
    ('es', 'gain_n', 'Personas con ambas pruebas'),
    ('ar', 'gain_n', 'من أجروا الاختبارين'),
    ('tr', 'gain_n', 'Her iki testi de yapan kişiler'),
    ('de', 'gain_n', 'Menschen mit beiden Tests'),
    ('ru', 'gain_n', 'Прошли оба теста'),
    ('en', 'learned_means', 'The same questions before and after, of people who answered all of them both times.'),
    ('fr', 'learned_means', 'Les mêmes questions avant et après, pour qui a répondu à toutes les deux fois.'),
    ('es', 'learned_means', 'Las mismas preguntas antes y después, de quienes las respondieron todas ambas veces.'),
    ('ar', 'learned_means', 'الأسئلة نفسها قبل الدورة وبعدها، ممن أجابوا عنها كلها في المرتين.'),
    ('tr', 'learned_means', 'Önce ve sonra aynı sorular; iki seferde de hepsini yanıtlayanlar.'),
    ('de', 'learned_means', 'Dieselben Fragen vorher und nachher, von denen, die beide Male alle beantwortet haben.'),
    ('ru', 'learned_means', 'Те же вопросы до и после; учтены ответившие на все оба раза.'),
    ('en', 'learned_not', 'Without a group that did not take the course this does not prove what the course did.'),
    ('fr', 'learned_not', 'Sans groupe n''ayant pas suivi le cours, cela ne prouve pas l''effet du cours.'),
    ('es', 'learned_not', 'Sin un grupo que no siguió el curso, esto no prueba el efecto del curso.'),
    ('ar', 'learned_not', 'بدون مجموعة لم تأخذ الدورة لا يثبت هذا أثر الدورة.'),
    ('tr', 'learned_not', 'Kursu almayan bir grup olmadan bu, kursun etkisini kanıtlamaz.'),
    ('de', 'learned_not', 'Ohne eine Gruppe ohne Kurs beweist das nicht, was der Kurs bewirkt.'),
    ('ru', 'learned_not', 'Без группы, не проходившей курс, это не доказывает его действие.'),
    ('en', 'said', 'What people say'),
    ('fr', 'said', 'Ce que disent les gens'),
    ('es', 'said', 'Lo que dice la gente'),
    ('ar', 'said', 'ما يقوله الناس'),
    ('tr', 'said', 'Kişiler ne diyor'),
    ('de', 'said', 'Was Menschen sagen'),
    ('ru', 'said', 'Что говорят люди'),
    ('en', 'csat', 'Found the course good or very good, percent'),
    ('fr', 'csat', 'Ont trouvé le cours bon ou très bon, pour cent'),
    ('es', 'csat', 'Les pareció bueno o muy bueno, porcentaje'),
    ('ar', 'csat', 'وجدوا الدورة جيدة أو جيدة جدًا، بالمئة'),
    ('tr', 'csat', 'Kursu iyi veya çok iyi bulan, yüzde'),
    ('de', 'csat', 'Fanden den Kurs gut oder sehr gut, Prozent'),
    ('ru', 'csat', 'Сочли курс хорошим или очень хорошим, процент'),
    ('en', 'recommendation', 'Recommendation score (-100 to 100)'),
    ('fr', 'recommendation', 'Score de recommandation (-100 à 100)'),
    ('es', 'recommendation', 'Índice de recomendación (-100 a 100)'),
    ('ar', 'recommendation', 'درجة التوصية (-100 إلى 100)'),
    ('tr', 'recommendation', 'Tavsiye puanı (-100 ile 100)'),
    ('de', 'recommendation', 'Empfehlungswert (-100 bis 100)'),
    ('ru', 'recommendation', 'Оценка рекомендации (от -100 до 100)'),
    ('en', 'answered', 'Answered the survey, percent of those asked'),
    ('fr', 'answered', 'Ont répondu à l''enquête, pour cent'),
    ('es', 'answered', 'Respondieron la encuesta, porcentaje'),
    ('ar', 'answered', 'أجابوا عن الاستبيان، بالمئة ممن سُئلوا'),
    ('tr', 'answered', 'Ankete yanıt veren, sorulanların yüzdesi'),
    ('de', 'answered', 'Haben die Umfrage beantwortet, Prozent der Gefragten'),
    ('ru', 'answered', 'Ответили на опрос, процент от спрошенных'),
    ('en', 'said_means', 'Answers to the survey at the end of the course.'),
    ('fr', 'said_means', 'Réponses à l''enquête à la fin du cours.'),
    ('es', 'said_means', 'Respuestas a la encuesta al final del curso.'),
    ('ar', 'said_means', 'إجابات الاستبيان في نهاية الدورة.'),
    ('tr', 'said_means', 'Kurs sonundaki anketin yanıtları.'),
    ('de', 'said_means', 'Antworten auf die Umfrage am Ende des Kurses.'),
    ('ru', 'said_means', 'Ответы на опрос в конце курса.'),
    ('en', 'said_not', 'Who left before the end was not asked. The fewer answered, the less it says.'),
    ('fr', 'said_not', 'Qui est parti avant la fin n''a pas été interrogé. Moins il y a de réponses, moins cela dit.'),
    ('es', 'said_not', 'No se preguntó a quien se fue antes. Cuantas menos respuestas, menos dice.'),
    ('ar', 'said_not', 'من غادر قبل النهاية لم يُسأل. كلما قلت الإجابات قلّت دلالتها.'),
    ('tr', 'said_not', 'Sondan önce ayrılana sorulmadı. Yanıt azaldıkça anlamı da azalır.'),
    ('de', 'said_not', 'Wer vorher ging, wurde nicht gefragt. Je weniger antworten, desto weniger sagt es.'),
    ('ru', 'said_not', 'Ушедших раньше не спрашивали. Чем меньше ответов, тем меньше это значит.'),
    ('en', 'service', 'The service'),
    ('fr', 'service', 'Le service'),
    ('es', 'service', 'El servicio'),
    ('ar', 'service', 'الخدمة'),
    ('tr', 'service', 'Hizmet'),
    ('de', 'service', 'Der Dienst'),
    ('ru', 'service', 'Служба'),
    ('en', 'stopped', 'Sent STOP and has not come back, percent of enrolled'),
    ('fr', 'stopped', 'Ont envoyé STOP sans revenir, pour cent des inscrits'),
    ('es', 'stopped', 'Enviaron STOP y no volvieron, porcentaje'),
    ('ar', 'stopped', 'أرسلوا STOP ولم يعودوا، بالمئة من المسجلين'),
    ('tr', 'stopped', 'STOP gönderip dönmeyen, kaydolanların yüzdesi'),
    ('de', 'stopped', 'Haben STOP gesendet und sind nicht zurück, Prozent'),
    ('ru', 'stopped', 'Отправили STOP и не вернулись, процент'),
    ('en', 'sent', 'SMS sent this month'),
    ('fr', 'sent', 'SMS envoyés ce mois-ci'),
    ('es', 'sent', 'SMS enviados este mes'),
    ('ar', 'sent', 'الرسائل المرسلة هذا الشهر'),
    ('tr', 'sent', 'Bu ay gönderilen SMS'),
    ('de', 'sent', 'SMS in diesem Monat gesendet'),
    ('ru', 'sent', 'Отправлено SMS в этом месяце'),
    ('en', 'delivered', 'Delivered, percent'),
    ('fr', 'delivered', 'Remis, pour cent'),
    ('es', 'delivered', 'Entregados, porcentaje'),
    ('ar', 'delivered', 'تم التسليم، بالمئة'),
    ('tr', 'delivered', 'Ulaşan, yüzde'),
    ('de', 'delivered', 'Zugestellt, Prozent'),
    ('ru', 'delivered', 'Доставлено, процент'),
    ('en', 'price', 'Cost of SMS'),
    ('fr', 'price', 'Coût des SMS'),
    ('es', 'price', 'Coste de los SMS'),
    ('ar', 'price', 'تكلفة الرسائل'),
    ('tr', 'price', 'SMS maliyeti'),
    ('de', 'price', 'Kosten der SMS'),
    ('ru', 'price', 'Стоимость SMS'),
    ('en', 'service_means', 'Delivered: the operator reported that the SMS reached the phone.'),
    ('fr', 'service_means', 'Remis : l''opérateur a signalé que le SMS est arrivé au téléphone.'),
    ('es', 'service_means', 'Entregado: el operador informó de que el SMS llegó al teléfono.'),
    ('ar', 'service_means', 'التسليم: أبلغ المشغل أن الرسالة وصلت إلى الهاتف.'),
    ('tr', 'service_means', 'Ulaşan: operatör SMS’in telefona ulaştığını bildirdi.'),
    ('de', 'service_means', 'Zugestellt: Der Betreiber meldete, dass die SMS das Telefon erreicht hat.'),
    ('ru', 'service_means', 'Доставлено: оператор сообщил, что SMS дошло до телефона.'),
    ('en', 'service_not', 'An SMS without a report may have arrived all the same.'),
    ('fr', 'service_not', 'Un SMS sans rapport a pu arriver quand même.'),
    ('es', 'service_not', 'Un SMS sin informe pudo llegar de todos modos.'),
    ('ar', 'service_not', 'قد تصل رسالة دون تقرير.'),
    ('tr', 'service_not', 'Raporu olmayan bir SMS yine de ulaşmış olabilir.'),
    ('de', 'service_not', 'Auch eine SMS ohne Meldung kann angekommen sein.'),
    ('ru', 'service_not', 'SMS без отчёта всё же могло дойти.'),
    ('en', 'means', 'What it means'),
    ('fr', 'means', 'Ce que cela veut dire'),
    ('es', 'means', 'Qué significa'),
    ('ar', 'means', 'ماذا يعني'),
    ('tr', 'means', 'Ne anlama gelir'),
    ('de', 'means', 'Was es bedeutet'),
    ('ru', 'means', 'Что это значит'),
    ('en', 'not', 'What not to conclude'),
    ('fr', 'not', 'Ce qu''il ne faut pas en conclure'),
    ('es', 'not', 'Qué no concluir'),
    ('ar', 'not', 'ما لا ينبغي استنتاجه'),
    ('tr', 'not', 'Ne sonuç çıkarılmamalı'),
    ('de', 'not', 'Was man nicht daraus schließen darf'),
    ('ru', 'not', 'Чего не следует заключать'),
    ('en', 'by_month', 'Active people by month'),
    ('fr', 'by_month', 'Personnes actives par mois'),
    ('es', 'by_month', 'Personas activas por mes'),
    ('ar', 'by_month', 'النشطون حسب الشهر'),
    ('tr', 'by_month', 'Aylara göre etkin kişiler'),
    ('de', 'by_month', 'Aktive Menschen nach Monaten'),
    ('ru', 'by_month', 'Активные люди по месяцам');

reset role;
set local role report_owner;

create view report.organisations with (security_barrier) as
select o.code as organisation, o.name, o.lang, o.time_zone
from core.organisation o
where o.org_id = any (array(select m.org_id from core.member m where m.login = core.reader()));
comment on view report.organisations is 'The organisations whose rows you see.';
comment on column report.organisations.organisation is 'Code of the organisation.';
comment on column report.organisations.name is 'Its name.';
comment on column report.organisations.lang is 'Language of its monthly report.';
comment on column report.organisations.time_zone is 'Time zone in which its days begin.';

create view report.words with (security_barrier) as select t.lang, t.name, t.text from core.report_text t;
comment on view report.words is 'The words of the monthly report.';
comment on column report.words.lang is 'Language.';
comment on column report.words.name is 'What the word is for.';
comment on column report.words.text is 'The word or sentence.';

create function report.month(month date default (current_date - interval '1 month')::date, lang text default null)
returns table (organisation text, place integer, kind text, label text, value text)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with o as (
        select n.organisation, n.name, coalesce(month.lang, n.lang) as lang, date_trunc('month', month.month::timestamp)::date as m from report.organisations n),
    say as (
        select o.organisation, e.name, coalesce(x.text, e.text) as text
        from o cross join report.words e left join report.words x on x.lang = o.lang and x.name = e.name
        where e.lang = 'en'),
    fixed (place, kind, name) as (values (100, 'section', 'people'), (190, 'means', 'people_means'), (191, 'not', 'people_not'),
        (150, 'chart', 'by_month'), (200, 'section', 'completion'), (290, 'means', 'completion_means'), (291, 'not', 'completion_not'),
        (300, 'section', 'leaving'), (390, 'means', 'leaving_means'), (391, 'not', 'leaving_not'), (400, 'section', 'learned'),
        (490, 'means', 'learned_means'), (491, 'not', 'learned_not'), (500, 'section', 'said'), (590, 'means', 'said_means'),
        (591, 'not', 'said_not'), (600, 'section', 'service'), (690, 'means', 'service_means'), (691, 'not', 'service_not'),
        (900, 'note', 'privacy')),
    hardest as (
        select h.organisation, h.course, h.unit, h.unit_title, h.percent_left,
            row_number() over (partition by h.organisation order by h.percent_left desc, h."position", h.unit) as rank
        from report.hazard() h where h.is_enough and h.percent_left > 0),
    -- name: of the words; detail: behind them; found: false where there is nothing, which is no hidden count
    facts (organisation, place, name, detail, value, is_found) as (
        select o.organisation, x.place, x.name, f.course, x.value::text, f.course is not null
        from o left join report.funnel('month') f on f.organisation = o.organisation and f.period_start = o.m
            cross join lateral (values (110, 'enrolled', f.enrolled), (111, 'started', f.started)) as x (place, name, value)
        union all
        select o.organisation, x.place, x.name, null, x.value::text, a.period_start is not null
        from o left join report.activity('month') a on a.organisation = o.organisation and a.period_start = o.m
            cross join lateral (values (120, 'active', a.active), (121, 'ever', a.ever_active)) as x (place, name, value)
        union all
        select o.organisation, x.place, x.name, f.course, x.value, f.course is not null
        from o left join report.funnel('all', 'all', true) f on f.organisation = o.organisation
            cross join lateral (values (210, 'completed', f.completed::text), (211, 'of_enrolled', f.percent_of_enrolled::text),
                (212, 'of_started', f.percent_of_started || ' (' || f.percent_low || ' - ' || f.percent_high || ')')) as x (place, name, value)
        union all
        select o.organisation, x.place, x.name, g.course, x.value, g.course is not null
        from o left join report.gain() g on g.organisation = o.organisation
            cross join lateral (values (410, 'gain', g.gain || ' ± ' || g.gain_plus_minus), (411, 'gain_n', g.n::text)) as x (place, name, value)
        union all
        select o.organisation, x.place, x.name, s.course, x.value::text, s.course is not null
        from o left join report.survey() s on s.organisation = o.organisation
            cross join lateral (values (510, 'csat', s.csat), (511, 'recommendation', s.recommendation), (512, 'answered', s.percent_answered)) as x (place, name, value)
        union all
        select o.organisation, 610, 'stopped', l.course, l.percent_stopped::text, l.course is not null
        from o left join report.leaving() l on l.organisation = o.organisation
        union all
        select o.organisation, x.place, x.name, null, x.value, d.organisation is not null
        from o left join report.delivery('month', 'all') d on d.organisation = o.organisation and d.period_start = o.m
            cross join lateral (values (620, 'sent', d.sent::text), (621, 'delivered', coalesce(d.percent_delivered::text, '-')),
                (622, 'price', coalesce(d.price || ' ' || d.currency, '-'))) as x (place, name, value))
    select o.organisation, 0, 'title', s.text, o.name || ', ' || to_char(o.m, 'YYYY-MM') from o join say s on s.organisation = o.organisation and s.name = 'title'
    union all
    select o.organisation, 1, 'lang', s.name, case s.name when 'lang' then o.lang else s.text end
    from o join (select organisation, name, text from say where name in ('means', 'not') union all select organisation, 'lang', '' from o) s
        on s.organisation = o.organisation
    union all
    select s.organisation, f.place, f.kind, null, s.text from fixed f join say s on s.name = f.name
    union all
    select f.organisation, f.place, 'figure', s.text || case when count(f.detail) over (partition by f.organisation, f.name) > 1 then ' (' || f.detail || ')' else '' end,
        case when f.is_found then coalesce(f.value, h.text) else '-' end
    from facts f join say s on s.organisation = f.organisation and s.name = f.name join say h on h.organisation = f.organisation and h.name = 'hidden'
    union all
    select o.organisation, 151, 'bar', to_char(a.period_start, 'YYYY-MM'), coalesce(a.active::text, '')
    from o join report.activity('month') a on a.organisation = o.organisation and a.period_start between (o.m - interval '11 months')::date and o.m
    union all
    select h.organisation, 300 + h.rank::integer, 'figure', h.unit || ': ' || h.unit_title, h.percent_left || ' %' from hardest h where h.rank <= 5
    order by 1, 2, 4;
end;
comment on function report.month(date, text) is
'The month as a page, in words: what each figure means and what not to conclude from it, in the language of the organisation (or lang). `waypost report month` prints it. place: order; kind: title, section, figure, chart, bar, means, not, note.';

-- ---- for other systems ----

reset role;
set local role waypost_owner;

do $$
declare
    v_check name;
begin
    for v_check in select c.conname from pg_constraint c where c.conrelid = 'core.consent'::regclass and c.contype = 'c'
            and pg_get_constraintdef(c.oid) ~ 'share_group' loop
        execute format('alter table core.consent drop constraint %I', v_check);
    end loop;
end $$;
alter table core.consent add constraint consent_purpose_check
    check (purpose in ('course', 'survey', 'reminders', 'key_messages', 'share_group', 'share_org'));

-- A name that is the same in each answer to one system and another one for each system (RFC 4122, version 8).
create function core.name_for(p_system text, p_what text) returns text
language sql immutable parallel safe
return regexp_replace(encode(sha256(convert_to(p_system || e'\n' || p_what, 'UTF8')), 'hex'),
    '^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$', '\1-\2-8\3-a\4-\5');
grant execute on function core.name_for(text, text) to report_owner, coordinator;

reset role;
set local role report_owner;

create view facts.sharing with (security_barrier) as
select l.learner_id, o.code as organisation, l.erased_at is not null as is_erased
from (select distinct on (c.learner) c.learner, c.is_given from core.consent c where c.purpose = 'share_org'
        order by c.learner, c.seq desc, c.n desc) g
    join core.learner l on l.learner = g.learner
    join core.organisation o on o.org_id = l.org_id
where g.is_given and not l.is_test and l.erased_at is null;
comment on view facts.sharing is 'Who has agreed that the organisation gets his or her own results, one by one.';
comment on column facts.sharing.learner_id is 'Pseudonym of the person.';
comment on column facts.sharing.organisation is 'Code of the organisation.';

create function report.statements(home text default 'https://waypost.example', lrs text default 'lrs')
returns table (statement json)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with facts as (
        select e.learner_id, e.course, e.version, e.lang, e.first_via as via, x.verb, x.kind, e.course as unit, null::text as module,
            null::boolean as success, null::text as response, x.scaled, x.day
        from facts.enrolments e cross join lateral (values
            ('registered', 'course', null::numeric, e.enrolled_at), ('initialized', 'course', null, e.started_at),
            ('completed', 'course', null, e.completed_at), ('passed', 'course', e.score / 100.0, e.certified_at),
            ('terminated', 'course', null, e.stopped_at)) as x (verb, kind, scaled, day)
        where x.day is not null
        union all
        select m.learner_id, m.course, m.version, m.lang, m.via, 'completed', 'module', m.module, null, null, null,
            case when m.questions > 0 then m.right_answers::numeric / m.questions end, m.completed_at
        from facts.module_completions m
        union all
        select q.learner_id, q.course, q.version, q.lang, q.via, 'answered', 'cmi.interaction', q.question || '/' || q.attempt, q.module, q.is_correct,
            coalesce(q.choices, q.choice::text), null, q.answered_at
        from facts.quiz_answers q)
    select jsonb_strip_nulls(jsonb_build_object(
        'id', core.name_for(lrs, concat_ws('/', f.learner_id, f.course, f.verb, f.kind, f.unit, f.day::text)),
        'timestamp', to_char(f.day at time zone 'UTC', 'YYYY-MM-DD"T00:00:00Z"'),
        'actor', jsonb_build_object('objectType', 'Agent', 'account', jsonb_build_object('homePage', home, 'name', core.name_for(lrs, f.learner_id::text))),
        'verb', jsonb_build_object('id', 'http://adlnet.gov/expapi/verbs/' || f.verb, 'display', jsonb_build_object('en', f.verb)),
        'object', jsonb_build_object('objectType', 'Activity',
            'id', concat_ws('/', home, 'xapi', f.course, nullif(split_part(f.unit, '/', 1), f.course), f.version),
            'definition', jsonb_build_object('type', 'http://adlnet.gov/expapi/activities/' || f.kind)
                || case when f.kind = 'cmi.interaction' then '{"interactionType": "choice"}'::jsonb else '{}' end),
        'result', nullif(jsonb_strip_nulls(jsonb_build_object('success', f.success, 'response', f.response,
            'score', case when f.scaled is not null then jsonb_build_object('scaled', round(f.scaled, 4)) end)), '{}'),
        'context', jsonb_build_object('registration', core.name_for(lrs, f.learner_id || '/' || f.course), 'language', nullif(f.lang, 'und'),
            'platform', upper(f.via), 'contextActivities', case when f.module is not null then jsonb_build_object('parent',
                jsonb_build_array(jsonb_build_object('objectType', 'Activity', 'id', concat_ws('/', home, 'xapi', f.course, f.module, f.version)))) end)))::json
    from facts f
    where f.learner_id = any (array(select s.learner_id from facts.sharing s))
        and (select count(*) from facts.sharing) >= 10
    order by f.day, f.learner_id, f.verb;
end;
comment on function report.statements(text, text) is
'xAPI statements, one a row, of those who agreed that the organisation gets their own results (consent share_org), and of nobody while they are fewer than 10. Names are made for the system that gets them (lrs): another one knows the same person under another name. Times are days. home: where the ids of activities begin.';

create function report.data_values(grain text default 'month')
returns table ("dataElement" text, period text, "orgUnit" text, value text)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select x.element, case grain when 'month' then to_char(x.period, 'YYYYMM') when 'quarter' then to_char(x.period, 'YYYY"Q"Q')
        when 'week' then to_char(x.period, 'IYYY"W"FMIW') else to_char(x.period, 'YYYYMMDD') end, x.organisation, x.n::text
    from (
        select f.organisation, f.period_start as period, e.element, sum(e.n) as n, count(*) = count(e.n) as is_whole
        from report.funnel(grain) f cross join lateral (values ('WAYPOST_ENROLLED', f.enrolled), ('WAYPOST_STARTED', f.started),
            ('WAYPOST_COMPLETED', f.completed), ('WAYPOST_CERTIFIED', f.certified)) as e (element, n)
        group by 1, 2, 3
        union all
        select a.organisation, a.period_start, 'WAYPOST_ACTIVE', a.active, a.active is not null from report.activity(grain) a) x
    where core.is_one_of('grain', grain, 'day, week, month, quarter') and x.is_whole
    order by 3, 2, 1;
end;
comment on function report.data_values(text) is
'For DHIS2 (dataValueSets, identifier scheme code): enrolled, started, completed, certified by the period of consent, and active people, as data elements WAYPOST_...; the code of the organisation is the organisation unit. What may not be seen is left out.';

grant select on all tables in schema report to coordinator;
revoke execute on all functions in schema report from public;
grant execute on all functions in schema report to coordinator;
