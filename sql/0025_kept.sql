-- Answers that are kept. Of an organisation with very many learners a report is counted in the background, by the very
-- function that counts it for others when it is asked, and read from core.kept_answer: in milliseconds, whatever there is.
-- All answers of an organisation are of one moment (report.organisations.counted_hours_ago), so none tells by another who came
-- between. How often: so that counting takes a twentieth of the time at most, and not more than once an hour.

set local role waypost_owner;

create table core.kept (
    org_id smallint primary key references core.organisation,
    counted_at timestamptz not null default '-infinity',
    took interval not null default '0'
);
comment on table core.kept is 'Organisations whose reports are counted in the background, and when that was done last.';
create table core.kept_answer (
    org_id smallint not null references core.organisation,
    report text not null,
    arguments jsonb not null,
    answer jsonb not null,
    primary key (org_id, report, arguments)
);
comment on table core.kept_answer is 'What reports said of these organisations then: the rows of each answer, small counts hidden.';

-- Organisations that a function of schema fresh leaves out, since their answers are kept. Who sets it sees less.
create function core.left_out() returns smallint[]
language sql stable parallel safe
return coalesce(string_to_array(nullif(current_setting('waypost.leave_out', true), ''), ',')::smallint[], '{}');
grant execute on function core.left_out() to public;

do $$
declare
    v_table name;
begin
    for v_table in select p.tablename from pg_policies p where p.schemaname = 'core' and p.policyname = 'organisation' and p.qual ~ 'core\.member' loop
        execute format('alter policy organisation on core.%I using (org_id = any (array(select m.org_id from core.member m
            where m.login = core.reader() and m.org_id <> all (core.left_out()))))', v_table);
    end loop;
    foreach v_table in array array['kept', 'kept_answer'] loop
        execute format('alter table core.%I enable row level security, force row level security', v_table);
        execute format('create policy owner on core.%I to waypost_owner using (true) with check (true)', v_table);
        execute format('create policy organisation on core.%I for select to report_owner
            using (org_id = any (array(select m.org_id from core.member m where m.login = core.reader())))', v_table);
        execute format('grant select on core.%I to report_owner', v_table);
    end loop;
end $$;

reset role;
create schema fresh authorization report_owner;
comment on schema fresh is 'The reports as they are counted when they are asked; no person has access: see report.';
set local role report_owner;
grant usage on schema fresh to waypost_owner;

-- Settings for all: JIT takes longer than it saves, and a plan that goes through one table for each row of another takes minutes.
do $$
declare
    v_function regprocedure;
begin
    for v_function in select p.oid::regprocedure from pg_proc p
        where p.pronamespace = 'report'::regnamespace and p.prosecdef and p.proretset
    loop
        execute format('alter function %s set jit = off', v_function);
    end loop;
    foreach v_function in array array['report.contact_counts(text,text)', 'report.funnel(text,text,boolean,timestamptz)', 'report.standing(text,timestamptz)',
        'report.time_to_complete(text,timestamptz)', 'report.survey(text)', 'report.leaving(text)', 'report.groups()', 'report.modules(text)', 'report.hazard(text)',
        'report.items(text)', 'report.distractors(text)', 'report.scores(text)', 'report.gain(text)', 'report.retention(text)', 'report.caught_up(text)']::regprocedure[]
    loop
        execute format('alter function %s set enable_nestloop = off set work_mem = ''128MB''', v_function);
    end loop;
end $$;

-- A report moves to fresh, and what is in its place asks core.kept_answer first. Only for those who read all that an
-- organisation has: others may be shown less. as_of: kept is only what stands now.
do $$
declare
    v record;
    v_now text;
    v_pairs text;
begin
    for v in
        select p.oid, p.proname as name, coalesce(p.proargnames[1:p.pronargs], '{}') as arguments, pg_get_function_arguments(p.oid) as signature,
            pg_get_function_result(p.oid) as result, array_to_string(array(select format('set %s = %s', split_part(c, '=', 1),
                case when c ~ '^search_path' then split_part(c, '=', 2) else quote_literal(split_part(c, '=', 2)) end) from unnest(p.proconfig) c), ' ') as settings
        from pg_proc p
        where p.pronamespace = 'report'::regnamespace and p.prosecdef and p.proretset and p.proname not in ('month', 'statements', 'equity', 'data_values')
        order by p.oid
    loop
        execute replace(pg_get_functiondef(v.oid), 'FUNCTION report.' || v.name || '(', 'FUNCTION fresh.' || v.name || '(');
        v_now := case when 'as_of' = any (v.arguments) then case v.name when 'rolling' then 'as_of = current_date' else 'as_of = now()' end else 'true' end;
        v_pairs := (select string_agg(format('%L, %I::text', a, a), ', ' order by i) from unnest(v.arguments) with ordinality as x (a, i) where a <> 'as_of');
        execute format($f$
create or replace function report.%1$I(%2$s) returns %3$s
language plpgsql stable security definer %4$s as $w$
#variable_conflict use_column
declare
    v_arguments jsonb := jsonb_build_object(%5$s);
    v_kept smallint[];
    v_before text := coalesce(current_setting('waypost.leave_out', true), '');
begin
    if %6$s and pg_has_role(core.reader(), 'coordinator', 'member') then
        v_kept := array(select a.org_id from core.kept_answer a where a.report = %1$L and a.arguments = v_arguments);
        return query select r.* from core.kept_answer a cross join lateral jsonb_to_recordset(a.answer) as r (%7$s)
            where a.report = %1$L and a.arguments = v_arguments order by a.org_id;
    end if;
    if coalesce(cardinality(v_kept), 0) = 0 or exists (select from core.member m where m.login = core.reader() and m.org_id <> all (v_kept)) then
        perform set_config('waypost.leave_out', array_to_string(v_kept, ','), true);
        return query select r.* from fresh.%1$I(%8$s) r;
        perform set_config('waypost.leave_out', v_before, true);
    end if;
end $w$ $f$, v.name, v.signature, v.result, v.settings, v_pairs, v_now, regexp_replace(v.result, '^TABLE\((.*)\)$', '\1'),
            (select string_agg(format('%I => %I.%I', a, v.name, a), ', ') from unnest(v.arguments) a));
    end loop;
end $$;
revoke execute on all functions in schema fresh from public;
grant execute on all functions in schema fresh to waypost_owner;

create or replace view report.organisations with (security_barrier) as
select o.code as organisation, o.name, o.lang, o.time_zone, (extract(epoch from now() - k.counted_at) / 3600)::integer as counted_hours_ago
from core.organisation o left join core.kept k on k.org_id = o.org_id and k.counted_at > '-infinity'
where o.org_id = any (array(select m.org_id from core.member m where m.login = core.reader()));
comment on column report.organisations.counted_hours_ago is 'How many hours ago its reports were counted, of an organisation with very many learners; empty = when you ask.';

reset role;
set local role waypost_owner;

-- What may be said for an argument of a report, as far as its answers are kept.
create function core.kept_values(p_report text, p_argument text) returns text[]
language sql immutable
return case when p_argument = 'grain' then array['all', 'quarter', 'month', 'week', 'day']
    when p_argument = 'mature_only' then array['false', 'true'] when p_argument = 'days' then array['7', '28']
    when p_report = 'delivery' then array['all', 'channel', 'operator', 'purpose', 'language', 'country', 'encoding']
    when p_report = 'unmatched' then array['all', 'language', 'unit', 'channel']
    else array['all', 'language', 'cohort', 'country', 'role', 'channel', 'via'] end;

-- All answers of one organisation; stable, so that all are of one moment. A day's counts by a property are few people's:
-- hidden mostly, and counted when somebody asks.
create function core.count_answers(p_code text) returns table (report text, arguments jsonb, answer jsonb)
language plpgsql stable
as $$
#variable_conflict use_column
declare
    v record;
begin
    for v in
        select p.proname::text as name, a.names, c.arguments, (select string_agg(format('%I => %L', k, c.arguments ->> k), ', ') from unnest(a.names) k) as given
        from pg_proc p
            cross join lateral (select array(select x from unnest(p.proargnames[1:p.pronargs]) x where x <> 'as_of') as names) a
            cross join lateral (
                with recursive w (n, arguments) as (
                    select 0, '{}'::jsonb
                    union all
                    select w.n + 1, w.arguments || jsonb_build_object(a.names[w.n + 1], x) from w cross join lateral unnest(core.kept_values(p.proname, a.names[w.n + 1])) x
                    where w.n < cardinality(a.names))
                select w.arguments from w where w.n = cardinality(a.names)) c
        where p.pronamespace = 'fresh'::regnamespace and not (c.arguments @> '{"grain": "day"}' and c.arguments ->> 'by' <> 'all')
        order by p.proname
    loop
        report := v.name;
        arguments := v.arguments;
        execute format('select coalesce(jsonb_agg(to_jsonb(r)), ''[]'') from fresh.%I(%s) r where %s', v.name, v.given,
            case when v.name = 'unmatched_words' then 'true or $1 is null' else 'r.organisation = $1' end) into answer using p_code;
        return next;
    end loop;
end $$;

-- Counts one organisation with p_least learners and more, if it is time; says whose reports were counted.
create function core.keep_answers(p_least bigint default 20000) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v core.kept;
    v_code text;
    v_begun timestamptz := clock_timestamp();
    v_is_member boolean;
begin
    insert into core.kept (org_id)
    select l.org_id from core.learner l group by l.org_id having count(*) >= p_least
    on conflict do nothing;
    select * into v from core.kept k where k.counted_at < now() - greatest(interval '1 hour', 20 * k.took) order by k.counted_at for update skip locked limit 1;
    if v.org_id is null then
        return null;
    end if;
    select o.code into v_code from core.organisation o where o.org_id = v.org_id;
    v_is_member := exists (select from core.member m where m.login = core.reader() and m.org_id = v.org_id);
    if not v_is_member then -- for as long as this takes; nobody sees it before it is over
        insert into core.member (login, org_id) values (core.reader(), v.org_id);
    end if;
    perform set_config('waypost.leave_out', (select string_agg(o.org_id::text, ',') from core.organisation o where o.org_id <> v.org_id), true);
    delete from core.kept_answer a where a.org_id = v.org_id;
    insert into core.kept_answer (org_id, report, arguments, answer) select v.org_id, c.report, c.arguments, c.answer from core.count_answers(v_code) c;
    perform set_config('waypost.leave_out', '', true);
    if not v_is_member then
        delete from core.member m where m.login = core.reader() and m.org_id = v.org_id;
    end if;
    update core.kept k set counted_at = now(), took = clock_timestamp() - v_begun where k.org_id = v.org_id;
    return v_code;
end $$;
comment on function core.keep_answers(bigint) is 'Counts the reports of one organisation with very many learners, if it is time.';
revoke execute on function core.keep_answers(bigint), core.count_answers(text) from public;
grant execute on function core.keep_answers(bigint) to waypost_writer;

reset role;
