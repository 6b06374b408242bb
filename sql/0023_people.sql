-- Roles for people, exports that are on record, tables for the public, and what PostgreSQL itself tells of others.

do $$
declare
    v_role text;
begin
    foreach v_role in array array['facilitator', 'content_editor', 'organisation', 'analyst', 'auditor'] loop
        if not exists (select from pg_roles where rolname = v_role) then
            execute format('create role %I nologin', v_role);
        end if;
        execute format('grant connect on database %I to %I', current_database(), v_role);
    end loop;
end $$;
create schema report_rows authorization report_owner;
comment on schema report_rows is 'Rows for analysts: report_rows.open() first, which gives each person a pseudonym for this export and is on record.';
create schema public_report authorization report_owner;
comment on schema public_report is 'Tables that anybody may be shown: rounded, published once a month, never changed.';

-- ---- exports ----

set local role waypost_owner;

create table core.export (
    export bigint generated always as identity primary key,
    at timestamptz not null default now(),
    login name not null,
    purpose text not null check (char_length(purpose) between 3 and 200),
    name text not null,                -- of the report
    salt text not null default gen_random_uuid(),
    mark uuid not null unique default gen_random_uuid(), -- by which its end is written down: a number would tell how many exports others made
    n_rows bigint                      -- null: they were counted as they left
);
comment on table core.export is 'Who took which rows out, when, what for and how many. Nobody can change it.';
create trigger only_added before update or delete or truncate on core.export
    for each statement execute function core.refuse_change();
alter table core.export enable row level security, force row level security;
create policy owner on core.export to waypost_owner using (true) with check (true);

-- An export whose rows were not counted before it began: that it came to its end, and how many left.
create table core.export_end (
    export bigint primary key references core.export,
    at timestamptz not null default now(),
    n_rows bigint not null check (n_rows >= 0)
);
comment on table core.export_end is 'Which exports came to their end, with how many rows. Nobody can change it.';
create trigger only_added before update or delete or truncate on core.export_end
    for each statement execute function core.refuse_change();
alter table core.export_end enable row level security, force row level security;
create policy owner on core.export_end to waypost_owner using (true) with check (true);

create function core.note_export(p_purpose text, p_name text, p_salt text, p_n_rows bigint) returns uuid
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mark uuid;
begin
    insert into core.export (login, purpose, name, salt, n_rows)
    values (core.reader(), p_purpose, p_name, coalesce(p_salt, gen_random_uuid()::text), p_n_rows)
    returning mark into v_mark;
    return v_mark;
end $$;
comment on function core.note_export(text, text, text, bigint) is 'Writes down that somebody takes rows out.';

create function core.note_export_end(p_mark uuid, p_n_rows bigint) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
begin atomic
    insert into core.export_end (export, n_rows)
    select e.export, p_n_rows from core.export e where e.mark = p_mark and e.login = core.reader() and e.n_rows is null;
end;
comment on function core.note_export_end(uuid, bigint) is 'Writes down that an export of one''s own has come to its end.';

create function core.export_salt(p_name text) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_salt text := (select e.salt from core.export e where e.login = core.reader() and e.name = p_name
        and e.salt = current_setting('waypost.export', true) and e.at > now() - interval '1 day' limit 1);
begin
    if v_salt is null then
        raise exception 'there is no open export of %', p_name using errcode = 'insufficient_privilege',
            hint = format('First: select * from report_rows.open(''what it is for'', %L).', p_name);
    end if;
    return v_salt;
end $$;
comment on function core.export_salt(text) is 'What makes the pseudonyms of the export that is open in this session.';
grant execute on function core.note_export(text, text, text, bigint), core.note_export_end(uuid, bigint), core.export_salt(text) to report_owner;
grant execute on function core.export_salt(text) to analyst;

create view ops.exports as
select e.at, e.login::text collate "default" as login, e.purpose, e.name, coalesce(x.n_rows, e.n_rows) as n_rows, x.at as ended_at
from core.export e left join core.export_end x using (export) order by e.export;
comment on view ops.exports is 'Who took which rows out; nobody can change it.';
comment on column ops.exports.at is 'When.';
comment on column ops.exports.login is 'Whose login.';
comment on column ops.exports.purpose is 'What for, as the login said; waypost report export: by the command.';
comment on column ops.exports.name is 'Name of the report.';
comment on column ops.exports.n_rows is 'How many rows it had. Empty: waypost report export did not come to its end; any of the rows may have left.';
comment on column ops.exports.ended_at is 'When waypost report export came to its end.';

reset role;
set local role report_owner;

select facts.open_view('report_rows', c.relname, format('(select core.export_salt(%L))', c.relname))
from pg_class c
where c.relnamespace = 'facts'::regnamespace and c.relkind = 'v' and c.relname not in ('deletion_times', 'not_understood', 'sharing');

-- One export of one or more views: the same pseudonyms in all of them, in this session, for a day.
create function report_rows.open(purpose text, variadic names text[]) returns table (name text, n_rows bigint)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_salt text := gen_random_uuid();
begin
    foreach name in array names loop
        if to_regclass(format('report_rows.%I', name)) is null then
            perform core.refuse('name', name, (select string_agg(c.relname, ', ' order by c.relname) from pg_class c
                where c.relnamespace = 'report_rows'::regnamespace and c.relkind = 'v'));
        end if;
        execute format('select count(*) from facts.%I f where not coalesce(f.is_erased, false)', name) into n_rows;
        perform core.note_export(purpose, name, v_salt, n_rows);
        return next;
    end loop;
    perform set_config('waypost.export', v_salt, false);
end $$;
comment on function report_rows.open(text, text[]) is
    'Opens an export: select * from report_rows.open(''evaluation of spring'', ''enrolments'', ''quiz_answers''); then read these views. On record.';
revoke execute on function report_rows.open(text, text[]) from public;
grant execute on function report_rows.open(text, text[]) to analyst;
grant usage on schema report_rows to analyst;
grant select on all tables in schema report_rows to analyst;

-- `waypost report export` writes itself down before a row leaves, and how many there were when it is done: on a replica,
-- which takes nothing in, in the log of that server.
create function report.begin_export(name text) returns uuid
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_is_in_recovery() then
        raise log 'waypost report export: % takes %', core.reader(), begin_export.name;
        return gen_random_uuid();
    end if;
    return core.note_export('waypost report export', begin_export.name, null, null);
end $$;
comment on function report.begin_export(text) is 'Writes down that you take a report out: in ops.exports, or on a replica in the log of its server. Gives a mark for report.end_export().';
create function report.end_export(mark uuid, n_rows bigint) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_is_in_recovery() then
        raise log 'waypost report export: % took % rows', core.reader(), end_export.n_rows;
    else
        perform core.note_export_end(end_export.mark, end_export.n_rows);
    end if;
end $$;
comment on function report.end_export(uuid, bigint) is 'Writes down that it is done, and how many rows it had.';
revoke execute on function report.begin_export(text), report.end_export(uuid, bigint) from public;
grant execute on function report.begin_export(text), report.end_export(uuid, bigint) to coordinator, facilitator, content_editor, organisation;

-- ---- tables for the public ----

reset role;
set local role waypost_owner;

create table core.public_figure (
    month date not null,
    course text not null,
    by text not null,
    value text not null,
    enrolled integer,
    started integer,
    completed integer,
    certified integer,
    percent_completed integer,
    published_at timestamptz not null default now(),
    primary key (month, course, by, value)
);
comment on table core.public_figure is 'What was published of each month. Nobody can change it.';
create trigger only_added before update or delete or truncate on core.public_figure
    for each statement execute function core.refuse_change();
alter table core.public_figure enable row level security, force row level security;
create policy owner on core.public_figure to waypost_owner using (true) with check (true);
create policy everybody on core.public_figure for select to report_owner using (true);
grant select on core.public_figure to report_owner;

-- Countries where a count could be turned against people (armed conflict): while there is one, nothing under 20 is
-- published, and by country only (docs/course-rules.md 3.4).
create table core.sensitive_country (
    country text primary key check (country ~ '^[A-Z]{2}$'),
    since timestamptz not null default now()
);
alter table core.sensitive_country enable row level security, force row level security;
create policy owner on core.sensitive_country to waypost_owner using (true) with check (true);
create function ops.mark_sensitive(p_country text, p_is_sensitive boolean default true) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
begin atomic
    delete from core.sensitive_country c where c.country = p_country and not p_is_sensitive;
    insert into core.sensitive_country (country) select p_country where p_is_sensitive on conflict do nothing;
end;
comment on function ops.mark_sensitive(text, boolean) is 'Marks a country (KE) in which people could come to harm by what is published, or takes the mark away: while one is marked, nothing under 20 is published, and by country only.';
grant execute on function ops.mark_sensitive(text, boolean) to waypost_operator;

-- Rounded to 5; fewer than p_least are nothing that is said.
create function core.public_count(p_n bigint, p_least bigint default 10) returns integer
language sql immutable parallel safe
return case when p_n = 0 then 0 when p_n >= p_least then (round(p_n / 5.0) * 5)::integer end;

-- Of all organisations together, up to the end of that month (UTC): enrolled and what became of them. Beside a count
-- that is not said the smallest other one of its kind is not said either. Never twice, and not before the month is 5 days over.
create function core.publish_month(p_month date, p_now timestamptz default now()) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_month date := date_trunc('month', p_month::timestamp)::date;
    v_end timestamptz := (v_month + interval '1 month') at time zone 'UTC';
    v_is_sensitive boolean := exists (select from core.sensitive_country);
    v_least integer := case when v_is_sensitive then 20 else 10 end;
    v_n bigint;
begin
    if p_now < v_end + interval '5 days' then
        raise exception 'the month % is published from the 6th of the next one on', to_char(v_month, 'YYYY-MM')
            using errcode = 'object_not_in_prerequisite_state';
    elsif exists (select from core.public_figure f where f.month >= v_month) then
        raise exception 'the month % is published, or a later one', to_char(v_month, 'YYYY-MM') using errcode = 'unique_violation';
    end if;
    with counted as (
        select e.course, g.by, g.value, count(*) as enrolled, count(*) filter (where e.started_at < v_end) as started,
            count(*) filter (where e.completed_at < v_end) as completed, count(*) filter (where e.certified_at < v_end) as certified
        from core.enrolment e
            join core.learner l on l.org_id = e.org_id and l.learner = e.learner
            cross join lateral (values ('all', 'all'), ('language', coalesce(l.lang, 'und')), ('country', coalesce(l.country, 'none'))) as g (by, value)
        where e.consent_at < v_end and not l.is_test and (e.started_at is not null or e.stopped_at is null)
            and not (v_is_sensitive and g.by = 'language')
        group by 1, 2, 3),
    kinds as (
        select c.course, c.by, c.value, k.kind, k.n, k.n_before, k.n between 1 and v_least - 1
                or k.n_before - k.n between 1 and v_least - 1 or k.n_before between 1 and v_least - 1 as is_small
        from counted c cross join lateral (values ('enrolled', c.enrolled, null::bigint), ('started', c.started, c.enrolled),
            ('completed', c.completed, c.started), ('certified', c.certified, c.completed)) as k (kind, n, n_before)),
    beside as (
        select k.*, count(*) filter (where k.is_small) over same as n_small, sum(k.n) filter (where k.is_small) over same as in_small,
            row_number() over (partition by k.course, k.by, k.kind, k.is_small or k.n = 0 order by k.n, k.value) as place
        from kinds k window same as (partition by k.course, k.by, k.kind)),
    said as (
        select b.course, b.by, b.value, b.kind, b.n, case when not coalesce(b.is_small, false)
            and not (b.place = 1 and b.n > 0 and (b.n_small = 1 or b.n_small > 1 and b.in_small < v_least)) then core.public_count(b.n, v_least) end as shown
        from beside b),
    rows as (
        select s.course, s.by, s.value, max(s.shown) filter (where s.kind = 'enrolled') as enrolled, max(s.shown) filter (where s.kind = 'started') as started,
            max(s.shown) filter (where s.kind = 'completed') as completed, max(s.shown) filter (where s.kind = 'certified') as certified,
            max(s.n) filter (where s.kind = 'started') as n_started,
            round(100.0 * max(s.n) filter (where s.kind = 'completed') / nullif(max(s.n) filter (where s.kind = 'started'), 0)) as percent
        from said s group by 1, 2, 3)
    insert into core.public_figure (month, course, by, value, enrolled, started, completed, certified, percent_completed)
    select v_month, r.course, r.by, r.value, r.enrolled, r.started, r.completed, r.certified,
        case when r.started >= v_least and r.completed is not null then
            case when r.n_started >= 30 then round(r.percent / 5) * 5 else least(95, greatest(5, round(r.percent / 5) * 5)) end end::integer
    from rows r;
    get diagnostics v_n = row_count;
    return v_n;
end $$;
comment on function core.publish_month(date, timestamptz) is 'Publishes a month, once and for all; says how many rows.';

-- What the gateway's writer does once a day: the last month, on its 6th day or as soon as it comes to it.
create function core.publish_due(p_now timestamptz default now()) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_month date := (date_trunc('month', (p_now - interval '5 days') at time zone 'UTC') - interval '1 month')::date;
begin
    if exists (select from core.public_figure f where f.month >= v_month) then
        return 0;
    end if;
    return core.publish_month(v_month, p_now);
end $$;
comment on function core.publish_due(timestamptz) is 'Publishes the last month, if it is time and it is not done.';

create function ops.publish_month(p_month date) returns bigint
language sql security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select core.publish_month(p_month);
end;
comment on function ops.publish_month(date) is 'Publishes a month for everybody, once and for all: public_report.months.';
grant execute on function ops.publish_month(date) to waypost_operator;

reset role;
set local role report_owner;

create view public_report.months with (security_barrier) as
select f.month, f.course, f.by, f.value, f.enrolled, f.started, f.completed, f.certified, f.percent_completed from core.public_figure f;
comment on view public_report.months is 'All organisations together, from the beginning to the end of the month: rounded to 5, published on the 6th of the next month, never changed. Empty = fewer than 10, or what would give such a count away.';
comment on column public_report.months.month is 'First day of the month.';
comment on column public_report.months.course is 'Id of the course.';
comment on column public_report.months.by is 'all, language or country: never two of them together.';
comment on column public_report.months.value is 'The language or country.';
comment on column public_report.months.enrolled is 'Consent to the course given and not withdrawn before the first learning action.';
comment on column public_report.months.started is 'Of these: at least one learning action.';
comment on column public_report.months.completed is 'Of these: completed the course.';
comment on column public_report.months.certified is 'Of these: passed the post-test.';
comment on column public_report.months.percent_completed is 'completed / started in percent, rounded to 5; of fewer than 30 people 5 to 95.';
grant usage on schema public_report to coordinator, facilitator, content_editor, organisation, analyst, auditor, waypost_operator;
grant select on public_report.months to coordinator, facilitator, content_editor, organisation, analyst, auditor, waypost_operator;

-- ---- who reads what ----

grant usage on schema report to facilitator, content_editor, organisation;
grant select on report.help, report.catalogue, report.organisations to facilitator, content_editor, organisation;
grant execute on function report.funnel(text, text, boolean, timestamptz), report.standing(text, timestamptz), report.modules(text), report.scores(text),
    report.effort(text), report.items(text), report.groups(), report.caught_up(text), report.activity(text, text) to facilitator;
grant execute on function report.modules(text), report.hazard(text), report.items(text), report.distractors(text), report.scores(text),
    report.unmatched(text), report.unmatched_words() to content_editor;
grant execute on function report.funnel(text, text, boolean, timestamptz), report.standing(text, timestamptz), report.modules(text), report.scores(text),
    report.gain(text), report.survey(text), report.at_work(text), report.leaving(text), report.activity(text, text), report.month(date, text) to organisation;

grant execute on function report.query(text, jsonb) to facilitator, content_editor, organisation;

reset role;
set local role waypost_owner;
grant execute on function core.report_query(text, jsonb), core.report_filters(text[]) to facilitator, content_editor, organisation;
grant usage on schema ops to auditor;
grant select on ops.exports, ops.safe_access, ops.learner_access, ops.certificate_access to auditor;
grant select on ops.exports to waypost_operator;

reset role;
grant coordinator to analyst;

-- An organisation is told of its learners by its own role when they are 10 and more (docs/course-rules.md 3.3): with fewer, what
-- they have in common is known of each.
set local role waypost_owner;
create function core.is_enough(p_org smallint) returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select not pg_has_role(core.reader(), 'organisation', 'member') or pg_has_role(core.reader(), 'coordinator', 'member')
        or (select count(*) from (select from core.learner l where l.org_id = p_org and not l.is_test limit 10) x) = 10;
end;
comment on function core.is_enough(smallint) is 'Whether who asks may be told of this organisation: the role organisation, when it has 10 learners.';
grant execute on function core.is_enough(smallint) to public; -- as core.reader: a policy calls it as who asks, who has no way into core
alter table core.member enable row level security, force row level security;
create policy owner on core.member to waypost_owner using (true) with check (true);
create policy reader on core.member for select to report_owner using (login = core.reader() and core.is_enough(org_id));
reset role;

-- A login for a person. Runs with the rights of its caller, who must be allowed to create roles.
create function ops.add_person(p_login name, p_role text, p_organisation text default null) returns void
language plpgsql
as $$
declare
    v_is_reader boolean := p_role in ('coordinator', 'facilitator', 'content_editor', 'organisation', 'analyst');
    v_org smallint := (select o.org_id from core.organisation o where o.code = p_organisation);
begin
    if not (v_is_reader or p_role in ('auditor', 'waypost_operator', 'waypost_safe', 'waypost_inbox')) then
        raise exception 'no role %', p_role using errcode = 'invalid_parameter_value',
            hint = 'There are coordinator, facilitator, content_editor, organisation, analyst, auditor, waypost_operator, waypost_safe, waypost_inbox.';
    elsif v_is_reader and v_org is null then
        raise exception 'no organisation with code %; see core.organisation', coalesce(p_organisation, '(none)') using errcode = 'no_data_found';
    end if;
    if not exists (select from pg_roles where rolname = p_login) then
        execute format('create role %I login', p_login);
    end if;
    execute format('grant %I to %I', p_role, p_login);
    if v_is_reader then
        perform ops.limit_reader(p_login);
        insert into core.member (login, org_id) values (p_login, v_org) on conflict do nothing;
    end if;
    if p_role = 'analyst' then -- whose exports are written down
        execute format('alter role %I set default_transaction_read_only = off', p_login);
    end if;
end $$;
revoke execute on function ops.add_person(name, text, text) from public;
alter function ops.add_person(name, text, text) owner to waypost_owner;
comment on function ops.add_person(name, text, text) is 'Makes a login for a person: its role, and the organisation whose learners it reads.';

-- What PostgreSQL counts of everybody's rows, transactions and locks: who knows the own ones takes them from it.
do $$
declare
    v_function regprocedure;
    v_class text := (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
        where a.attrelid = 'pg_class'::regclass and a.attnum > 0 and a.attname not in ('reltuples', 'relpages', 'relallvisible', 'relfrozenxid', 'relminmxid'));
    v_others text := format('%I, pg_monitor, waypost_operator, waypost_owner, waypost_backup', current_user);
begin
    if not (select r.rolsuper from pg_roles r where r.rolname = current_user) then
        raise warning 'statistics, sizes and estimates of tables stay open to all: that takes a superuser';
        return;
    end if;
    for v_function in
        select p.oid::regprocedure from pg_proc p
        where p.pronamespace = 'pg_catalog'::regnamespace
            and (p.proname ~ '^(pg_stat_get_|pg_relation_size|pg_total_relation_size|pg_table_size|pg_indexes_size|pg_database_size|pg_tablespace_size)'
                or p.proname ~ '^(pg_current_wal_|pg_last_committed_xact|pg_last_wal_|pg_last_xact_|pg_control_|pg_get_replication_slots)'
                or p.proname ~ '^(pg_lock_status|pg_blocking_pids|pg_safe_snapshot_blocking_pids|pg_prepared_xact)'
                or p.proname ~ '^(pg_current_snapshot|pg_current_xact_id|pg_xact_|pg_get_multixact_members|txid_current|txid_status|mxid_age)'
                or p.oid = 'age(xid)'::regprocedure)
    loop
        execute format('revoke execute on function %s from public', v_function);
        execute format('grant execute on function %s to %s', v_function, v_others);
    end loop;
    -- The planner's estimates of rows. psql's \d reads no more than is left.
    revoke select on pg_class from public;
    execute format('grant select (%s) on pg_class to public', v_class);
    execute format('grant select on pg_class to %s', v_others);
end $$;
