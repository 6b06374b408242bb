-- For operators: health, and who may read what.

set local role waypost_owner;

create view ops.schema_version as
select max(version) as version, max(applied_at) as applied_at from ops.schema_migration;
comment on view ops.schema_version is 'The schema that programs find here.';
comment on column ops.schema_version.version is 'Number of the last migration file.';
comment on column ops.schema_version.applied_at is 'When it was applied.';

create view ops.lag as
select max(at) as newest_event_at, extract(epoch from now() - max(at))::bigint as seconds from core.event;
comment on view ops.lag is 'How far PostgreSQL is behind the phones. Grows also while nobody writes: compare with the length of the events stream.';
comment on column ops.lag.newest_event_at is 'Time of the newest fact that was taken in.';
comment on column ops.lag.seconds is 'Seconds since then.';

create view ops.dead_letters as
select id, at, learner_id, reason, octet_length(payload) as bytes from ops.dead_letter;
comment on view ops.dead_letters is 'Envelopes that core.ingest refused. After mending the cause: select ops.replay_dead_letter(id).';
comment on column ops.dead_letters.id is 'Number for ops.replay_dead_letter.';
comment on column ops.dead_letters.at is 'When it was put aside.';
comment on column ops.dead_letters.learner_id is 'Pseudonym of the learner, if the envelope names one.';
comment on column ops.dead_letters.reason is 'What PostgreSQL said.';
comment on column ops.dead_letters.bytes is 'Size of the envelope.';

grant select on ops.schema_version, ops.lag, ops.dead_letters to waypost_writer, waypost_sender;

create function ops.replay_dead_letter(p_id bigint) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payload bytea;
begin
    delete from ops.dead_letter where id = p_id returning payload into v_payload;
    if not found then
        raise exception 'no dead letter %', p_id using errcode = 'no_data_found';
    end if;
    perform core.ingest(jsonb_build_array(convert_from(v_payload, 'UTF8')::jsonb));
end $$;
comment on function ops.replay_dead_letter(bigint) is 'Takes one dead letter in after all and removes it; an error leaves it where it is.';

-- Ends what is kept for a time only. The reports lose the words, never a count.
create function ops.forget_old(p_now timestamptz default now())
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
end $$;
comment on function ops.forget_old(timestamptz) is 'Deletes what has been kept long enough; call it once a day.';
grant execute on function ops.forget_old(timestamptz) to waypost_writer;

reset role;

-- Runs with the rights of its caller, who must be allowed to create roles.
create function ops.add_coordinator(p_login name, p_organisation text) returns void
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
    -- Seat-belts, not locks: the locks are the grants and row level security.
    execute format('alter role %I set default_transaction_read_only = on', p_login);
    execute format('alter role %I set statement_timeout = ''60s''', p_login);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''10min''', p_login);
    execute format('alter role %I set search_path = report', p_login);
    insert into core.member (login, org_id) values (p_login, v_org) on conflict do nothing;
end $$;
comment on function ops.add_coordinator(name, text) is
    'Makes a login that reads the reports of an organisation; again with another code adds that one. Set a password or a pg_hba line yourself.';
revoke execute on function ops.add_coordinator(name, text) from public;
alter function ops.add_coordinator(name, text) owner to waypost_owner;
