-- Who asks for rows without saying which group gets them day by day, newest first: `order by answered_at desc limit 5` reads one day, `where enrolled_at >= ...` those
-- days, and all of them what they are, found by their kind. Since 0064 the groups were read one after the other, and of each learner every event (5 s more
-- for 100,000 learners, and the five newest answers took as long as all). One group is read as before. Which of the two ways is taken goes by the words of the query
-- (facts.names_group): it is decided once, each way has all rows, and what the query says is looked at in both, so it is a matter of time only.
-- Replaces facts.open_groups of 0064, and the views of report and report_rows that it makes. The rows are the same; those with a day come newest first.

set local role report_owner;

-- ---- what rows are made of: of one day, and of one organisation (X_of: of one group) ----

create function facts.enrolments_on(of_org smallint, of_day date, since timestamptz, until timestamptz) returns setof facts.any_enrolments
language sql stable
begin atomic
    select n.* from facts.any_enrolments n where n.org_id = of_org and n.consent_at >= since and n.consent_at < until;
end;
create function facts.events_on(of_org smallint, of_day date, since timestamptz, until timestamptz) returns setof facts.any_events
language sql stable
begin atomic
    select e.* from facts.any_events e where e.org_id = of_org and e.at >= since and e.at < until;
end;
create function facts.days_on(of_org smallint, of_day date, since timestamptz, until timestamptz) returns setof core.active_day
language sql stable
begin atomic
    select d.* from core.active_day d where d.org_id = of_org and d.day = of_day;
end;
create function facts.learners_in(of_org smallint) returns setof facts.any_learners
language sql stable
begin atomic
    select l.* from facts.any_learners l where l.org_id = of_org;
end;
create function facts.events_in(of_org smallint) returns setof facts.any_events
language sql stable
begin atomic
    select e.* from facts.any_events e where e.org_id = of_org;
end;
create function facts.consents_in(of_org smallint) returns setof facts.any_consents
language sql stable
begin atomic
    select g.* from facts.any_consents g where g.learner in (select l.learner from facts.any_learners l where l.org_id = of_org);
end;
revoke execute on function facts.enrolments_on(smallint, date, timestamptz, timestamptz), facts.events_on(smallint, date, timestamptz, timestamptz),
    facts.days_on(smallint, date, timestamptz, timestamptz), facts.learners_in(smallint), facts.events_in(smallint), facts.consents_in(smallint) from public;

-- ---- what is read, in which way ----

create function facts.names_group() returns boolean
language sql stable
return current_query() ~* '\mwhere\M.*\mcohort\M';
comment on function facts.names_group() is 'Whether the query has a condition that may be one on groups; if not, days are read.';

create function facts.organisations_read() returns table (organisation text, of_org smallint)
language sql stable security definer set search_path = pg_catalog, pg_temp rows 10
begin atomic
    select o.code, o.org_id from core.organisation o
    where o.org_id = any (array(select m.org_id from core.member m where m.login = core.reader() and m.org_id <> all (core.left_out())));
end;
comment on function facts.organisations_read() is 'The organisations of who asks.';
select facts.keep_to_itself('facts.organisations_read()');

-- Days are those of the organisation's time zone or the group's: since and until are the ends of the day in any of them, and an hour more for the clock that is put back
-- at midnight.
create function facts.days_read(of_what text) returns table (organisation text, day date, of_org smallint, since timestamptz, until timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with own as (
        select o.organisation, o.of_org, x.first, x.last
        from facts.organisations_read() o
            cross join lateral (
                select min(n.consent_at), max(n.consent_at) from core.enrolment n where of_what = 'enrolments' and n.org_id = o.of_org
                union all
                select min(e.at), max(e.at) from core.event e where of_what = 'module_completions' and e.org_id = o.of_org and e.kind = 'module_completed'
                union all
                select min(e.at), max(e.at) from core.event e where of_what = 'quiz_answers' and e.org_id = o.of_org and e.kind = 'answered'
                union all
                select min(e.at), max(e.at) from core.event e
                where of_what in ('survey_answers', 'recall_answers') and e.org_id = o.of_org and e.kind = 'answered' and e.phase in ('survey', 'followup', 'recall')
                union all
                select min(e.at), max(e.at) from core.event e where of_what = 'reminder_steps' and e.org_id = o.of_org and e.kind = 'reminded'
                union all
                select min(e.at), max(e.at) from core.event e where of_what = 'reminder_steps' and e.org_id = o.of_org and e.kind = 'reminder_withheld'
                union all
                select min(d.day)::timestamp at time zone 'UTC', max(d.day)::timestamp at time zone 'UTC' from core.active_day d where of_what = 'active_days' and d.org_id = o.of_org) x (first, last)
        where x.first is not null),
    zones as (
        select o.org_id, o.time_zone from core.organisation o
        union
        select c.org_id, c.time_zone from core.cohort c where c.time_zone is not null
        union
        select o.of_org, 'UTC' from own o where of_what = 'active_days')
    select s.organisation, d.day::date, s.of_org, min(d.day at time zone z.time_zone) - interval '1 hour', max((d.day + interval '1 day') at time zone z.time_zone) + interval '1 hour'
    from (select o.organisation, o.of_org, min((o.first at time zone z.time_zone)::date) as first, max((o.last at time zone z.time_zone)::date) as last
            from own o join zones z on z.org_id = o.of_org group by 1, 2) s
        cross join generate_series(s.first::timestamp, s.last::timestamp, interval '1 day') d (day)
        join zones z on z.org_id = s.of_org
    group by 1, 2, 3;
end;
comment on function facts.days_read(text) is 'The days of which who asks has rows, of each organisation, from the first to the last.';
select facts.keep_to_itself('facts.days_read(text)');
revoke execute on function facts.names_group(), facts.organisations_read(), facts.days_read(text) from public;

-- Makes the view of rows that people read, and the functions behind it: one for the rows of a group, and, where p_way is not null, one for those of a day (p_way: the column
-- that has it, beside local_date) or of an organisation (p_way empty). The columns are those of facts.open_view (0020). Rows with answers come newest first, to the moment,
-- which is not shown.
drop function facts.open_groups(text, text, text);
create function facts.open_rows(p_schema text, p_name text, p_salt text, p_way text) returns void
language plpgsql set search_path = pg_catalog
as $$
declare
    v_facts regclass := format('facts.%I', p_name);
    v_view regclass := format('%I.%I', p_schema, p_name);
    v_function text := format('facts.%I', p_schema || '_' || p_name);
    v_rows text := rtrim(pg_get_viewdef(v_facts), ';');
    v_given text;
    v_columns text;
    v_read text;
    v_read_of_day text;
    v_is_to_moment boolean;
    v_groups text;
    v_signatures text[];
    v_bodies text[];
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
        string_agg(case when a.attname in ('organisation', 'cohort') then format('w.%I', a.attname) else a.read end, ', ' order by a.attnum),
        string_agg(case when a.attname = 'organisation' then 'w.organisation' when a.attname in ('local_date', p_way) and p_way > '' then format('w.day as %I', a.attname)
            else a.read end, ', ' order by a.attnum),
        bool_or(a.attname = 'answered_at')
    into v_given, v_columns, v_read, v_read_of_day, v_is_to_moment
    from (select t.attname, t.attnum, format_type(t.atttypid, t.atttypmod) as type, case when t.attname = 'role_choice' and p_schema = 'report_rows'
                then 'case when r.role_choice = any ((select facts.common_roles())::smallint[]) then r.role_choice end as role_choice' else format('r.%I', t.attname) end as read
            from pg_attribute t where t.attrelid = v_view and t.attnum > 0) a
        join pg_attribute x on x.attrelid = v_facts and x.attname = a.attname;

    v_signatures := array['of_org smallint, of_group integer'];
    v_bodies := array[regexp_replace(v_rows, 'facts\.(any|own)_(\w+) ', 'facts.\2_of(of_org, of_group) ', 'g')];
    if p_way > '' then
        v_signatures := v_signatures || text 'of_org smallint, of_day date, since timestamptz, until timestamptz';
        v_bodies := v_bodies || format('select * from (%s) d where d.%I = of_day', regexp_replace(v_rows, 'facts\.(any|own)_(\w+) ', 'facts.\2_on(of_org, of_day, since, until) '),
            case when p_way = 'day' then 'day' else 'local_date' end);
    elsif p_way is not null then
        v_signatures := v_signatures || text 'of_org smallint';
        v_bodies := v_bodies || regexp_replace(v_rows, 'facts\.(any|own)_(\w+) ', 'facts.\2_in(of_org) ', 'g');
    end if;
    for i in 1 .. cardinality(v_signatures) loop
        execute format('create or replace function %s(%s) returns table (%s%s) language sql stable security definer set search_path = pg_catalog, pg_temp
            set work_mem = ''64MB'' %s begin atomic select %s%s from (%s) f where not coalesce(f.is_erased, false)%s; end',
            v_function, v_signatures[i], v_columns, case when v_is_to_moment then ', moment timestamptz' end, case when v_signatures[i] !~ 'of_day' then 'set enable_nestloop = off' end,
            v_given, case when v_is_to_moment then ', f.answered_at' end, v_bodies[i], case p_schema when 'report_rows' then format(' and %s is not null', p_salt) end);
        v_signatures[i] := regexp_replace(v_signatures[i], '\w+ (\w+)(,|$)', '\1\2', 'g');
        execute format('comment on function %s(%s) is %L', v_function, v_signatures[i], format('The rows of %s of one %s.', v_view,
            case v_signatures[i] when 'smallint, integer' then 'group' when 'smallint' then 'organisation' else 'day' end));
        perform facts.keep_to_itself(format('%s(%s)', v_function, v_signatures[i])::regprocedure);
        execute format('revoke execute on function %s(%s) from public', v_function, v_signatures[i]);
    end loop;

    -- In FROM a function's rows are kept until all of a group or day are read; as a target, each would be called for with all settings of the function, which took
    -- half of the time.
    v_groups := format('select %s%s from facts.groups_read() w cross join lateral %s(w.of_org, w.of_group) r', v_read, case when v_is_to_moment then ', r.moment' end, v_function);
    execute format('create or replace view %s with (security_barrier) as ', v_view) || case when p_way is null then v_groups
        else format('with way as materialized (select facts.names_group() as is_by_group) select %s from (%s where (select y.is_by_group from way y) union all (select %s%s from %s
                where not (select y.is_by_group from way y)%s)) f%s',
            (select string_agg(format('f.%I', t.attname), ', ' order by t.attnum) from pg_attribute t where t.attrelid = v_view and t.attnum > 0),
            v_groups, v_read_of_day, case when v_is_to_moment then ', r.moment' end,
            case when p_way = '' then format('facts.organisations_read() w cross join lateral %s(w.of_org) r', v_function)
                else format('(select * from facts.days_read(%L) d order by d.day desc) w cross join lateral %s(w.of_org, w.day, w.since, w.until) r', p_name, v_function) end,
            case when p_way > '' then ' order by w.day desc' || case when v_is_to_moment then ', r.moment desc' else '' end end,
            -- who orders by local_date, which is the same day, is not to have all sorted again
            case when p_way > '' then case when p_way not in ('day', 'local_date') then format(' where f.local_date = f.%I', p_way) else '' end
                || format(' order by f.%I desc', p_way) || case when v_is_to_moment then ', f.moment desc' else '' end end)
        end;
    for v_role in select r.rolname from pg_class c cross join aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
        where c.oid = v_view and a.privilege_type = 'SELECT' and a.grantee <> c.relowner
    loop
        for i in 1 .. cardinality(v_signatures) loop
            execute format('grant execute on function %s(%s) to %I', v_function, v_signatures[i], v_role); -- a view calls functions with the rights of its reader
        end loop;
        execute format('grant execute on function facts.groups_read(), facts.organisations_read(), facts.days_read(text), facts.names_group() to %I', v_role);
        if p_schema = 'report_rows' then
            execute format('grant execute on function facts.common_roles() to %I', v_role);
        end if;
    end loop;
end $$;
comment on function facts.open_rows(text, text, text, text) is 'Makes a view of rows that people read, and the functions behind it: of one group, and of one day or organisation.';
revoke execute on function facts.open_rows(text, text, text, text) from public;

select facts.open_rows(s.name, w.name, case s.name when 'report' then '(select now()::text || pg_backend_pid())' else format('(select core.export_salt(%L))', w.name) end, w.way)
from (values ('enrolments', 'enrolled_at'), ('module_completions', 'completed_at'), ('quiz_answers', 'answered_at'), ('survey_answers', 'answered_at'),
        ('recall_answers', 'local_date'), ('reminder_steps', 'local_date'), ('active_days', 'day'), ('contacts', ''), ('units_done', null), ('effort_steps', null)) as w (name, way)
    cross join (values ('report'), ('report_rows')) as s (name)
where to_regclass(format('%I.%I', s.name, w.name)) is not null;

reset role;
