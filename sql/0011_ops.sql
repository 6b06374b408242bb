-- For operators: who belongs where, what came twice, what is forgotten when; and limits for readers, so that
-- none of them can hold up the writer or learn of other organisations.

do $$
begin
    if not exists (select from pg_roles where rolname = 'waypost_operator') then
        create role waypost_operator nologin;
    end if;
    execute format('grant connect on database %I to waypost_operator', current_database());
end $$;

set local role waypost_owner;

-- ---- where learners belong ----

create function ops.move_learner(p_learner uuid, p_organisation text, p_cohort text default null) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_org smallint := (select o.org_id from core.organisation o where o.code = p_organisation);
    v_cohort integer := (select c.cohort_id from core.cohort c where c.org_id = v_org and c.code = p_cohort);
begin
    if v_org is null then
        raise exception 'no organisation with code %; see core.organisation', p_organisation using errcode = 'no_data_found';
    elsif p_cohort is not null and v_cohort is null then
        raise exception 'no cohort % in organisation %; see core.cohort', p_cohort, p_organisation
            using errcode = 'no_data_found';
    end if;
    update core.learner l set org_id = v_org, cohort_id = v_cohort where l.learner_id = p_learner;
    if not found then
        raise exception 'no learner %', p_learner using errcode = 'no_data_found';
    end if;
end $$;
comment on function ops.move_learner(uuid, text, text) is
    'Moves a learner, with all that was recorded, to an organisation and (or out of) a cohort; core.membership remembers.';

create function ops.merge_organisations(p_from text, p_into text) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_from smallint := (select o.org_id from core.organisation o where o.code = p_from);
    v_into smallint := (select o.org_id from core.organisation o where o.code = p_into);
    v_n bigint;
begin
    if v_from is null or v_into is null or v_from = v_into then
        raise exception 'two organisations are needed, by their codes; see core.organisation' using errcode = 'no_data_found';
    end if;
    insert into core.cohort (org_id, code, name, time_zone)
    select v_into, c.code, c.name, c.time_zone from core.cohort c where c.org_id = v_from
    on conflict (org_id, code) do nothing;
    update core.learner l
    set org_id = v_into,
        cohort_id = (select n.cohort_id from core.cohort o join core.cohort n on n.org_id = v_into and n.code = o.code
            where o.cohort_id = l.cohort_id)
    where l.org_id = v_from;
    get diagnostics v_n = row_count;
    insert into core.member (login, org_id) select m.login, v_into from core.member m where m.org_id = v_from
    on conflict do nothing;
    if (select o.is_default from core.organisation o where o.org_id = v_from) then
        update core.organisation set is_default = false where org_id = v_from;
        update core.organisation set is_default = true where org_id = v_into;
    end if;
    return v_n;
end $$;
comment on function ops.merge_organisations(text, text) is
    'Moves all learners, cohorts and coordinators of the first organisation to the second; says how many learners. The first one stays, empty.';

create function ops.mark_test(p_learner uuid, p_is_test boolean default true) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.learner l set is_test = p_is_test where l.learner_id = p_learner;
    if not found then
        raise exception 'no learner %', p_learner using errcode = 'no_data_found';
    end if;
end $$;
comment on function ops.mark_test(uuid, boolean) is 'Leaves somebody who only tries the course out of all reports.';

-- ---- the log and its fence ----

create function core.epoch() returns numeric
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select e.epoch from core.epoch e;
end;
comment on function core.epoch() is 'The epoch that Redis must show before anybody is answered from it; null before the first one.';

-- Only from the epoch that the caller knows: of two that begin one at once the second is told false.
create function core.begin_epoch(p_after numeric, p_new numeric) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_after is null then
        insert into core.epoch (epoch) values (p_new) on conflict do nothing;
    else
        update core.epoch set epoch = p_new, n = n + 1, begun_at = now() where epoch = p_after;
    end if;
    return found;
end $$;
comment on function core.begin_epoch(numeric, numeric) is 'Begins a new epoch after the known one; false when it is another one already.';

-- What PostgreSQL must know of learners whose events are older than the log: an array of objects with number_id,
-- learner_id, seq, at, and as far as they are known state, due, channel, lang, country, role, cohort (its code; taken
-- over where steps of the learner are missing here), course, version, consent_at, started_at, completed_at, certified_at, score, code, stopped_at, vault. Says how many were new.
create function core.reconcile(p jsonb) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_n bigint;
begin
    lock table core.membership in row exclusive mode;
    with put as (
        insert into core.learner (learner_id, org_id, country, lang, role_choice, first_channel, first_seq, created_at)
        select s.learner_id, o.org_id, s.country, s.lang, s.role, s.channel, s.seq, coalesce(s.consent_at, s.at)
        from jsonb_to_recordset(p) as s (learner_id uuid, country text, lang text, role smallint, channel text,
                seq integer, at timestamptz, consent_at timestamptz)
            cross join core.organisation o
        where o.is_default
        on conflict (learner_id) do nothing
        returning learner)
    select count(*) into v_n from put;

    -- As the missing step would have done by which they joined.
    perform core.put_groups(array_agg(s.learner_id), array_agg(s.seq), array_agg(s.i::integer),
        array_agg('group_joined'::text), array_agg(s.cohort))
    from (select row_number() over () as i, s.learner_id, s.seq, s.cohort
        from jsonb_to_recordset(p) as s (learner_id uuid, seq integer, cohort text)
            join core.learner l using (learner_id)
            left join core.number_state n on n.learner = l.learner
        where s.cohort is not null and l.erased_at is null and s.seq > coalesce(n.seq, 0)) s
    having count(*) > 0;

    insert into core.number_state as t (number_id, learner, seq, at, due_at, state)
    select decode(s.number_id, 'hex'), l.learner, s.seq, s.at, s.due, decode(s.state, 'hex')
    from jsonb_to_recordset(p) as s (number_id text, learner_id uuid, seq integer, at timestamptz, due timestamptz, state text)
        join core.learner l using (learner_id)
    where l.erased_at is null
    on conflict (learner) do update
        set number_id = excluded.number_id, seq = excluded.seq, at = excluded.at, due_at = excluded.due_at, state = excluded.state
        where excluded.seq > t.seq;

    insert into core.vault (number_id, nonce, ciphertext, key_id, sealed_at)
    select decode(s.number_id, 'hex'), decode(s.vault ->> 'nonce', 'hex'), decode(s.vault ->> 'ciphertext', 'hex'),
        (s.vault ->> 'key_id')::integer, s.at
    from jsonb_to_recordset(p) as s (number_id text, learner_id uuid, at timestamptz, vault jsonb)
        join core.learner l using (learner_id)
    where s.vault is not null and l.erased_at is null
    on conflict (number_id) do nothing;

    insert into core.course_version (course, version)
    select distinct s.course, s.version from jsonb_to_recordset(p) as s (course text, version text)
    where s.course is not null
    on conflict do nothing;

    insert into core.enrolment as e (learner, course, course_id, org_id, cohort_id, consent_at, started_at, completed_at,
            certified_at, score, stopped_at, stop_seq)
    select l.learner, s.course, v.course_id, l.org_id, l.cohort_id, s.consent_at, s.started_at, s.completed_at,
        s.certified_at, s.score, s.stopped_at, case when s.stopped_at is not null then s.seq else 0 end
    from jsonb_to_recordset(p) as s (learner_id uuid, seq integer, course text, version text, consent_at timestamptz,
            started_at timestamptz, completed_at timestamptz, certified_at timestamptz, score smallint,
            stopped_at timestamptz)
        join core.learner l using (learner_id)
        join core.course_version v on v.course = s.course and v.version = s.version
    where s.course is not null
    on conflict (org_id, learner, course) do update
        set course_id = coalesce(e.course_id, excluded.course_id),
            consent_at = least(e.consent_at, excluded.consent_at),
            started_at = coalesce(e.started_at, excluded.started_at), -- Redis knows these about
            completed_at = coalesce(e.completed_at, excluded.completed_at),
            certified_at = coalesce(e.certified_at, excluded.certified_at),
            score = greatest(e.score, excluded.score),
            stopped_at = case when excluded.stop_seq > e.stop_seq then excluded.stopped_at else e.stopped_at end,
            stop_seq = greatest(e.stop_seq, excluded.stop_seq);

    insert into core.certificate (code, learner, course_id, lang, score, issued_at)
    select s.code, l.learner, v.course_id, s.lang, s.score, coalesce(s.certified_at, s.at)
    from jsonb_to_recordset(p) as s (learner_id uuid, code text, course text, version text, lang text, score smallint,
            at timestamptz, certified_at timestamptz)
        join core.learner l using (learner_id)
        join core.course_version v on v.course = s.course and v.version = s.version
    where s.code is not null
    on conflict (code) do nothing;
    return v_n;
end $$;
comment on function core.reconcile(jsonb) is
    'Takes over what Redis knows of learners and PostgreSQL does not: link, sealed number, milestones; never takes anything away.';

create view ops.lag as
select to_timestamp((max(p.ms) / 1000)::double precision) as newest_event_at,
    extract(epoch from now() - to_timestamp((max(p.ms) / 1000)::double precision))::bigint as seconds
from core.log_place p
where p.ms > 0;
comment on view ops.lag is 'How far PostgreSQL is behind the phones. Grows also while nobody writes: compare with the length of the event log.';
comment on column ops.lag.newest_event_at is 'When the newest entry that was taken in came into the log.';
comment on column ops.lag.seconds is 'Seconds since then.';

create view ops.conflicts as
select c.found_at, l.learner_id, c.seq, c.at, c.shift
from core.conflict c join core.learner l using (learner);
comment on view ops.conflicts is 'Steps that came under a number that another step had: Redis had lost its newest entries and went on. Both are kept; the later one has its n moved on by shift.';
comment on column ops.conflicts.found_at is 'When it was taken in.';
comment on column ops.conflicts.learner_id is 'Pseudonym of the learner.';
comment on column ops.conflicts.seq is 'Number of the step.';
comment on column ops.conflicts.at is 'When it happened.';
comment on column ops.conflicts.shift is 'What was added to the n of its events.';

create view ops.epoch as
select e.epoch, e.n, e.begun_at from core.epoch e;
comment on view ops.epoch is 'The life of Redis that this database belongs to.';
comment on column ops.epoch.epoch is 'Random number that both know.';
comment on column ops.epoch.n is 'How many there were: one more whenever Redis was lost and filled again.';
comment on column ops.epoch.begun_at is 'Since when.';

-- ---- what is kept for a time only ----

-- Numbers that are not needed any more: twelve months after the last of STOP, the end of the course, a learning
-- action, or the first contact. The gateway erases them as DELETE does; those that Redis does not know (any more)
-- it leaves to core.forget_numbers.
create function core.numbers_to_forget(p_limit integer, p_now timestamptz default now()) returns setof bytea
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select n.number_id
    from core.number_state n
        join core.learner l on l.learner = n.learner
        left join core.enrolment e on e.org_id = l.org_id and e.learner = l.learner
    where n.at < p_now - interval '1 month' -- spares a look at all who are in the middle of it
    group by n.number_id
    having greatest(max(l.created_at), max(e.consent_at), max(e.last_at), max(e.completed_at), max(e.stopped_at))
        < p_now - interval '12 months'
    order by n.number_id
    limit p_limit;
end;
comment on function core.numbers_to_forget(integer, timestamptz) is
    'Numbers whose twelve months are over.';

-- Only those that are still due: who has written meanwhile stays.
create function core.forget_numbers(p_numbers bytea[], p_now timestamptz default now()) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_due bytea[] := array(select d from core.numbers_to_forget(2147483647, p_now) d where d = any (p_numbers));
    v_learners bigint[];
begin
    select array_agg(n.learner) into v_learners from core.number_state n where n.number_id = any (v_due);
    if v_learners is null then
        return 0;
    end if;
    perform core.erase(v_learners, array_fill(p_now, array[cardinality(v_learners)]), v_due);
    return cardinality(v_due);
end $$;
comment on function core.forget_numbers(bytea[], timestamptz) is
    'Erases numbers whose twelve months are over, as DELETE does: progress stays without anybody behind it. Says how many.';

-- Ends what is kept for a time only. The reports lose the words, never a count.
create or replace function ops.forget_old(p_now timestamptz default now())
returns table (what text, kept_for interval, n_forgotten bigint)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    what := 'unknown input';
    kept_for := '30 days';
    delete from core.unknown_input where at < p_now - kept_for;
    get diagnostics n_forgotten = row_count;
    return next;
    what := 'free text';
    kept_for := '12 months';
    delete from core.free_text where at < p_now - kept_for;
    get diagnostics n_forgotten = row_count;
    return next;
    what := 'messages';
    delete from core.message where created_at < p_now - kept_for;
    get diagnostics n_forgotten = row_count;
    return next;
    what := 'disclosures handed over';
    kept_for := '30 days';
    update core.safe_case set sealed = null where sealed is not null and acknowledged_at < p_now - kept_for;
    get diagnostics n_forgotten = row_count;
    return next;
    what := 'certificates';
    kept_for := '5 years';
    delete from core.certificate where issued_at < p_now - kept_for;
    get diagnostics n_forgotten = row_count;
    return next;
end $$;

-- What the gateway asks for once a day.
create function core.tidy(p_limit integer) returns setof bytea
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform ops.forget_old();
    return query select d from core.numbers_to_forget(p_limit) d;
end $$;
comment on function core.tidy(integer) is
    'Deletes what has been kept long enough, and says which numbers are to be forgotten, up to p_limit.';

grant execute on function core.epoch(), core.begin_epoch(numeric, numeric), core.reconcile(jsonb), core.tidy(integer),
    core.forget_numbers(bytea[], timestamptz) to waypost_writer;
grant select on ops.lag, ops.conflicts, ops.epoch to waypost_writer, waypost_sender;
grant usage on schema ops to waypost_operator;
grant select on ops.schema_migration, ops.schema_version, ops.lag, ops.dead_letters, ops.messages, ops.parked_reports,
    ops.conflicts, ops.epoch to waypost_operator;
grant execute on function ops.move_learner(uuid, text, text), ops.merge_organisations(text, text),
    ops.mark_test(uuid, boolean), ops.replay_dead_letter(bigint), ops.forget_old(timestamptz) to waypost_operator;

-- ---- readers cannot hurt the writer ----

reset role;

-- Locks by number that anybody can guess, and bytes that nobody counts. Takes a superuser; where there is none
-- such locks still hold up no more than `waypost migrate`: nothing that ingest does waits for one.
do $$
declare
    v_function regprocedure;
begin
    if not (select r.rolsuper from pg_roles r where r.rolname = current_user) then
        raise warning 'large objects and advisory locks stay open to all, and nobody is waypost_backup: that takes a superuser';
        return;
    end if;
    -- Base backups and replicas, from another host or by pgBackRest: it copies files and reads no table.
    if not exists (select from pg_roles where rolname = 'waypost_backup') then
        create role waypost_backup login replication;
        grant pg_read_all_settings to waypost_backup;
    end if;
    execute format('grant connect on database %I to waypost_backup', current_database());
    grant execute on function pg_backup_start(text, boolean), pg_backup_stop(boolean), pg_switch_wal(),
        pg_create_restore_point(text) to waypost_backup;
    for v_function in
        select p.oid::regprocedure from pg_proc p
        where p.pronamespace = 'pg_catalog'::regnamespace
            and p.proname ~ '^(pg_(try_)?advisory_|lo_|loread$|lowrite$)'
    loop
        execute format('revoke execute on function %s from public', v_function);
        execute format('grant execute on function %s to %I', v_function, current_user);
    end loop;
end $$;

-- Limits of one login that reads. Its settings are seat-belts: a login may loosen those of its own sessions,
-- except connections, temporary files and the log of what it asks. By index only, so that a plan does not show how much others have.
create function ops.limit_reader(p_login name) returns void
language plpgsql
as $$
begin
    execute format('alter role %I connection limit 8', p_login);
    execute format('alter role %I set default_transaction_read_only = on', p_login);
    execute format('alter role %I set statement_timeout = ''60s''', p_login);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''10min''', p_login);
    execute format('alter role %I set max_parallel_workers_per_gather = 0', p_login);
    execute format('alter role %I set enable_seqscan = off', p_login);
    execute format('alter role %I set enable_mergejoin = off', p_login);
    execute format('alter role %I set enable_hashjoin = off', p_login);
    execute format('alter role %I set search_path = report', p_login);
    if (select r.rolsuper from pg_roles r where r.rolname = current_user) then
        execute format('alter role %I set temp_file_limit = ''1GB''', p_login);
        execute format('alter role %I set log_statement = ''all''', p_login); -- what people ask freely is on record
    end if;
end $$;
comment on function ops.limit_reader(name) is 'Connections, time and temporary files of a login that reads reports.';

-- Runs with the rights of its caller, who must be allowed to create roles.
create or replace function ops.add_coordinator(p_login name, p_organisation text) returns void
language plpgsql
as $$
declare
    v_org smallint := (select org_id from core.organisation where code = p_organisation);
begin
    if v_org is null then
        raise exception 'no organisation with code %; see core.organisation', p_organisation
            using errcode = 'no_data_found';
    end if;
    if not exists (select from pg_roles where rolname = p_login) then
        execute format('create role %I login', p_login);
    end if;
    execute format('grant coordinator to %I', p_login);
    perform ops.limit_reader(p_login);
    insert into core.member (login, org_id) values (p_login, v_org) on conflict do nothing;
end $$;
revoke execute on function ops.limit_reader(name) from public;
select ops.limit_reader(r.rolname)
from pg_roles r join pg_auth_members m on m.member = r.oid
where m.roleid = 'coordinator'::regrole and r.rolcanlogin;
alter function ops.limit_reader(name) owner to waypost_owner;
