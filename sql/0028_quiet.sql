-- What a report takes stays inside it: PostgreSQL explains of a view that people read its rows and nothing of how they were
-- found, whatever other organisations have. And who leads groups reads those groups, not the whole organisation.

set local role waypost_owner;

-- ---- facilitators ----

create table core.member_group (
    login name not null,
    cohort_id integer not null references core.cohort on delete cascade,
    primary key (login, cohort_id)
);
comment on table core.member_group is 'Which groups a login of the role facilitator reads.';
create index member_group_cohort on core.member_group (cohort_id);
alter table core.member_group enable row level security, force row level security;
create policy owner on core.member_group to waypost_owner using (true) with check (true);

create function core.own_groups() returns integer[]
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select case when pg_has_role(core.reader(), 'facilitator', 'member') and not pg_has_role(core.reader(), 'coordinator', 'member')
            and not pg_has_role(core.reader(), 'organisation', 'member')
        then array(select g.cohort_id from core.member_group g where g.login = core.reader()) end;
end;
comment on function core.own_groups() is 'The groups of who asks: of the role facilitator those it was given; null: others read their whole organisations.';
grant execute on function core.own_groups() to public; -- as core.reader

-- All that reports read of people goes by their learners, or says the group itself. Written so that the planner, which cannot
-- know who asks, takes it for a condition that nearly every row meets.
do $$
declare
    v_table name;
begin
    foreach v_table in array array['learner', 'cohort', 'unit_cohort', 'group_answer', 'enrolment'] loop
        execute format('create policy groups on core.%I as restrictive for select to report_owner
            using (not ((select case when core.own_groups() is null then 0 else 1 end) = 1
                and coalesce(cohort_id, 0) <> all ((select core.own_groups())::integer[])))', v_table);
    end loop;
end $$;

reset role;
drop function ops.add_person(name, text, text);
-- A login for a person. Runs with the rights of its caller, who must be allowed to create roles.
create function ops.add_person(p_login name, p_role text, p_organisation text default null, variadic p_groups text[] default '{}') returns void
language plpgsql
as $$
declare
    v_is_reader boolean := p_role in ('coordinator', 'facilitator', 'content_editor', 'organisation', 'analyst');
    v_org smallint := (select o.org_id from core.organisation o where o.code = p_organisation);
    v_group text;
begin
    if not (v_is_reader or p_role in ('auditor', 'waypost_operator', 'waypost_safe', 'waypost_inbox')) then
        raise exception 'no role %', p_role using errcode = 'invalid_parameter_value',
            hint = 'There are coordinator, facilitator, content_editor, organisation, analyst, auditor, waypost_operator, waypost_safe, waypost_inbox.';
    elsif v_is_reader and v_org is null then
        raise exception 'no organisation with code %; see core.organisation', coalesce(p_organisation, '(none)') using errcode = 'no_data_found';
    elsif (p_role = 'facilitator') <> (cardinality(p_groups) > 0) then
        raise exception 'a facilitator reads the groups that stand behind the organisation, and nobody else has any' using errcode = 'invalid_parameter_value',
            hint = 'Such as: select ops.add_person(''juma'', ''facilitator'', ''demo'', ''nairobi-1'', ''nairobi-2'');';
    end if;
    foreach v_group in array p_groups loop
        if not exists (select from core.cohort c where c.org_id = v_org and c.code = v_group) then
            raise exception 'organisation % has no group %; see core.cohort', p_organisation, v_group using errcode = 'no_data_found';
        end if;
    end loop;
    if not exists (select from pg_roles where rolname = p_login) then
        execute format('create role %I login', p_login);
    end if;
    execute format('grant %I to %I', p_role, p_login);
    if v_is_reader then
        perform ops.limit_reader(p_login);
        insert into core.member (login, org_id) values (p_login, v_org) on conflict do nothing;
        insert into core.member_group (login, cohort_id)
        select p_login, c.cohort_id from core.cohort c where c.org_id = v_org and c.code = any (p_groups) on conflict do nothing;
    end if;
    if p_role = 'analyst' then -- whose exports are written down
        execute format('alter role %I set default_transaction_read_only = off', p_login);
    end if;
end $$;
revoke execute on function ops.add_person(name, text, text, text[]) from public;
alter function ops.add_person(name, text, text, text[]) owner to waypost_owner;
comment on function ops.add_person(name, text, text, text[]) is
    'Makes a login for a person: its role, the organisation whose learners it reads, and of a facilitator the groups.';

-- ---- how old the figures are ----

set local role waypost_owner;
insert into core.report_text (lang, name, text) values
    ('en', 'counted', 'Hours since these figures were counted: %s'),
    ('fr', 'counted', 'Heures écoulées depuis le calcul de ces chiffres : %s'),
    ('es', 'counted', 'Horas desde que se calcularon estas cifras: %s'),
    ('ar', 'counted', 'عدد الساعات منذ حساب هذه الأرقام: %s'),
    ('tr', 'counted', 'Bu rakamların hesaplanmasından bu yana geçen saat: %s'),
    ('de', 'counted', 'Stunden, seit diese Zahlen gezählt wurden: %s'),
    ('ru', 'counted', 'Часов с момента подсчёта этих цифр: %s');
reset role;
set local role report_owner;

-- Only who reads the answers that are kept is told their age: for others it is counted when they ask.
create or replace view report.organisations with (security_barrier) as
select o.code as organisation, o.name, o.lang, o.time_zone, case when pg_has_role(core.reader(), 'coordinator', 'member')
    then (extract(epoch from now() - k.counted_at) / 3600)::integer end as counted_hours_ago
from core.organisation o left join core.kept k on k.org_id = o.org_id and k.counted_at > '-infinity'
where o.org_id = any (array(select m.org_id from core.member m where m.login = core.reader()));

do $$
declare
    v_month text := pg_get_functiondef('report.month(date, text)'::regprocedure);
    v_end text := e'\n  ORDER BY 1, 2, 4;\nEND';
begin
    if strpos(v_month, v_end) = 0 then
        raise exception 'report.month does not end as it did';
    end if;
    execute replace(v_month, v_end, ' union all
        select s.organisation, 899, ''note'', null, format(s.text, n.counted_hours_ago)
        from say s join report.organisations n on n.organisation = s.organisation and n.counted_hours_ago is not null
        where s.name = ''counted''' || v_end);
end $$;

-- ---- plans that nobody sees ----

-- How a report finds its rows is for it alone: by index, so that others' rows are neither read nor waited for, whatever a login has
-- set, and nothing of it is told to that login.
create function facts.keep_to_itself(p_function regprocedure) returns void
language plpgsql
as $$
declare
    v_setting text;
begin
    foreach v_setting in array array['jit = off', 'enable_seqscan = off', 'enable_indexscan = on', 'enable_indexonlyscan = on',
        'enable_bitmapscan = on', 'enable_mergejoin = off', 'enable_hashjoin = on', 'debug_print_plan = off']
    loop
        execute format('alter function %s set %s', p_function, v_setting);
    end loop;
end $$;
comment on function facts.keep_to_itself(regprocedure) is 'Settings of a function that people call, whatever they have set.';

-- Puts the query of a view into a function, which EXPLAIN does not look into. As a target it gives its rows one by one: in
-- FROM, PostgreSQL would first write all of them into a file.
create function facts.shut(p_view regclass) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    v_function text := (select format('facts.%I', n.nspname || '_' || c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = p_view);
    v_role name;
    v_columns text;
    v_names text;
begin
    select string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum),
        string_agg(format('(f.r).%I::%s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum) into v_columns, v_names
    from pg_attribute a where a.attrelid = p_view and a.attnum > 0 and not a.attisdropped;
    execute format('create function %s() returns table (%s) language sql stable security definer set search_path = pg_catalog, pg_temp set work_mem = ''64MB''
        begin atomic %s; end', v_function, v_columns, rtrim(pg_get_viewdef(p_view), ';'));
    execute format('comment on function %s() is %L', v_function, format('The rows of %s.', p_view));
    perform facts.keep_to_itself((v_function || '()')::regprocedure);
    execute format('create or replace view %s with (security_barrier) as select %s from (select %s() as r) f', p_view, v_names, v_function);
    execute format('revoke execute on function %s() from public', v_function);
    for v_role in select r.rolname from pg_class c cross join aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
        where c.oid = p_view and a.privilege_type = 'SELECT' and a.grantee <> c.relowner
    loop
        execute format('grant execute on function %s() to %I', v_function, v_role); -- a view calls functions with the rights of its reader
    end loop;
end $$;
comment on function facts.shut(regclass) is 'Puts what a view reads behind a function.';
revoke execute on function facts.keep_to_itself(regprocedure), facts.shut(regclass) from public;

select facts.shut(v.oid) from (
    select distinct c.oid from pg_class c join pg_rewrite r on r.ev_class = c.oid join pg_depend d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass
        join pg_class t on t.oid = d.refobjid and d.refclassid = 'pg_class'::regclass
    where c.relnamespace in ('report'::regnamespace, 'report_rows'::regnamespace, 'public_report'::regnamespace) and c.relkind = 'v'
        and t.relnamespace in ('core'::regnamespace, 'facts'::regnamespace)) v;
select facts.keep_to_itself(p.oid) from pg_proc p where p.pronamespace = 'report'::regnamespace and p.prosecdef and p.proretset;
revoke execute on function facts.shared_numbers() from coordinator; -- its view calls it with the rights of report_owner now

reset role;

-- ---- sooner counted ----

set local role waypost_owner;

-- As before, but of nothing that is only stable (a text read as a date or an interval), so that the planner puts them
-- into the query: called for each row, they took half of the time of all reports.
create or replace function core.period_of(p_grain text, p_day date) returns date
language sql immutable parallel safe
return case when p_grain in ('day', 'week', 'month', 'quarter') then date_trunc(p_grain, p_day::timestamp)::date
    when p_grain <> 'all' or p_grain is null then case when core.refuse('grain', p_grain, 'day, week, month, quarter, all') is null then p_day end end;
create or replace function core.days_of(p_grain text, p_period date) returns integer
language sql immutable parallel safe
return case p_grain when 'day' then 1 when 'week' then 7 when 'month' then (p_period + interval '1 month')::date - p_period
    when 'quarter' then (p_period + interval '3 months')::date - p_period end;

reset role;
set local role report_owner;
alter function fresh.effort(text) set enable_nestloop = off;
alter function fresh.effort(text) set work_mem = '128MB';

-- Each row is of one organisation: by => 'organisation' is all of it.
do $$
declare
    v record;
    v_is text := 'case %s when ''organisation'' then ''all'' else %s end';
begin
    for v in select p.oid, p.proname from pg_proc p join pg_language l on l.oid = p.prolang
        where p.pronamespace = 'report'::regnamespace and l.lanname = 'plpgsql' and 'by' = any (p.proargnames)
            and pg_get_functiondef(p.oid) ~ '''by'', by::text'
    loop
        execute replace(replace(pg_get_functiondef(v.oid), '''by'', by::text', '''by'', ' || format(v_is, 'by', 'by')),
            format('by => %I.by', v.proname), 'by => ' || format(v_is, format('%I.by', v.proname), format('%I.by', v.proname)));
    end loop;
end $$;

reset role;
