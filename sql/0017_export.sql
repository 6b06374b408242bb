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

grant select on report.catalogue to coordinator;
revoke execute on function report.query(text, jsonb) from public;
grant execute on function report.query(text, jsonb) to coordinator;
