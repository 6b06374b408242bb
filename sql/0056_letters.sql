-- Dead letters that a newer program has written: kept as the bytes they were, until a program that reads them takes them in
-- (`waypost reconcile`). Whose they are is noted where it can be told, so that an erasure takes them along; and none is
-- kept for ever.
--
-- A letter that comes back does what it would have done by the log, also to groups and to others on the number.
-- And who wrote between the restoring of PostgreSQL and `waypost reconcile` has his or her group and role back, too.

set local role waypost_owner;

drop function core.dead_letter(bytea, text);
create function core.dead_letter(p_payload bytea, p_reason text, p_learner_id uuid default null) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
begin atomic
    insert into ops.dead_letter (learner_id, reason, payload)
    values (p_learner_id, p_reason, p_payload)
    on conflict (payload_sha256) do nothing;
end;
comment on function core.dead_letter(bytea, text, uuid) is
    'Keeps one refused envelope, the reason and whose it is; the same bytes are kept once.';
revoke execute on function core.dead_letter(bytea, text, uuid) from public;
grant execute on function core.dead_letter(bytea, text, uuid) to waypost_writer;

-- JSON of an envelope begins with a brace, a record as it lies in the event log with the number of its version.
create function core.is_record(p_payload bytea) returns boolean
language sql immutable strict
set search_path = pg_catalog, pg_temp
begin atomic
    select substr(p_payload, 1, 1) <> convert_to('{', 'UTF8');
end;
comment on function core.is_record(bytea) is 'Is a dead letter a record of the event log, which only a program reads?';

create function core.next_record(p_after bigint) returns table (id bigint, payload bytea)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select d.id, d.payload from ops.dead_letter d where d.id > p_after and core.is_record(d.payload) order by d.id limit 1;
end;
comment on function core.next_record(bigint) is 'The next dead letter that is a record of the event log.';

create function core.take_letter(p_id bigint, p_envelope jsonb) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from ops.dead_letter d where d.id = p_id;
    if found then
        perform core.ingest(jsonb_build_array(p_envelope));
    end if;
    return found;
end $$;
comment on function core.take_letter(bigint, jsonb) is
    'Takes in what a dead letter says and removes it, all or nothing; false: there is none any more.';
revoke execute on function core.is_record(bytea), core.next_record(bigint), core.take_letter(bigint, jsonb) from public;
grant execute on function core.next_record(bigint), core.take_letter(bigint, jsonb) to waypost_writer;

create or replace function ops.replay_dead_letter(p_id bigint) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payload bytea := (select d.payload from ops.dead_letter d where d.id = p_id);
begin
    if v_payload is null then
        raise exception 'no dead letter %', p_id using errcode = 'no_data_found';
    end if;
    if core.is_record(v_payload) then
        raise exception 'dead letter % is a record of another version of waypost', p_id
            using errcode = 'feature_not_supported', hint = 'Upgrade this host, then run `waypost reconcile`.';
    end if;
    perform core.take_letter(p_id, convert_from(v_payload, 'UTF8')::jsonb);
end $$;

-- A letter does all that it would have done by the log: what a step did to others on the number is a step of theirs, groups
-- are joined and left, and what facilitators order is done (gateway/port/sink/libpq.c does the same to a batch).
create function core.others_of(p_step jsonb) returns setof jsonb
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select p_step - 'also' - 'vault' || jsonb_build_object(
        'learner_id', substr(p_step ->> 'also', 32 * i + 1, 32)::uuid,
        'events', coalesce((select jsonb_agg(e.event || jsonb_build_object('n', e.i - 1) order by e.i)
            from (select s.event, row_number() over (order by s.n) as i
                from jsonb_array_elements(p_step -> 'events') with ordinality as s (event, n)
                where s.event ->> 'kind' = 'stopped') e),
            '[{"n": 0, "kind": "stopped", "value": 1, "choice": 1}]')) -- as LEAVE, which is one person's
    from generate_series(0, length(p_step ->> 'also') / 32 - 1) i;
end;
comment on function core.others_of(jsonb) is 'The steps of the others on the number of a step, who left by it.';
revoke execute on function core.others_of(jsonb) from public;

create or replace function core.put_steps(p_envelopes jsonb) returns void
language plpgsql
as $$
declare
    v_step record;
    v_event record;
begin
    p_envelopes := p_envelopes || coalesce((select jsonb_agg(o) from jsonb_array_elements(p_envelopes) s
        cross join lateral core.others_of(s) o where s ->> 'type' = 'step'), '[]');
    if exists (select from jsonb_to_recordset(p_envelopes) as s (type text, events jsonb)
            where s.type = 'step' and s.events is null) then
        raise exception 'the member events is missing' using errcode = 'not_null_violation';
    end if;
    select array_agg(decode(s.number_id, 'hex')) as number, array_agg(s.learner_id) as learner, array_agg(s.seq) as seq,
        array_agg(s.at) as at, array_agg(s.due) as due, array_agg(s.channel) as channel, array_agg(s.via) as via,
        array_agg(s.network) as network, array_agg(s.course) as course, array_agg(s.version) as version,
        array_agg(s.lang) as lang, array_agg(s.country) as country, array_agg(s.session) as session,
        array_agg(s.mode) as mode, array_agg(decode(s.state, 'hex')) as state,
        array_agg((s.vault ->> 'key_id')::integer) as key_id, array_agg(decode(s.vault ->> 'nonce', 'hex')) as nonce,
        array_agg(decode(s.vault ->> 'ciphertext', 'hex')) as ciphertext, jsonb_agg(s.events) as events
    into v_step
    from jsonb_to_recordset(p_envelopes) as s (
            type text, number_id text, learner_id uuid, seq integer, at timestamptz, due timestamptz, channel text,
            via text, network text, course text, version text, lang text, country text, session bigint, mode text,
            state text, vault jsonb, events jsonb)
    where s.type = 'step';
    select array_agg(s.i::integer) as step, array_agg((e ->> 'n')::integer) as n, array_agg(e ->> 'kind') as kind,
        array_agg(e ->> 'unit') as unit, array_agg(e ->> 'phase') as phase, array_agg((e ->> 'choice')::integer) as choice,
        array_agg((e ->> 'correct')::boolean) as correct,
        array_agg((e ->> 'attempt')::integer) as attempt, array_agg((e ->> 'value')::integer) as value,
        array_agg(e ->> 'code') as code, array_agg(e ->> 'text') as text
    into v_event
    from jsonb_array_elements(v_step.events) with ordinality as s (events, i)
        cross join lateral jsonb_array_elements(s.events) as e;
    if v_step.learner is not null then
        perform core.put_steps(v_step.number, v_step.learner, v_step.seq, v_step.at, v_step.due, v_step.channel,
            v_step.via, v_step.network, v_step.course, v_step.version, v_step.lang, v_step.country, v_step.session,
            v_step.mode, v_step.state, v_step.key_id, v_step.nonce, v_step.ciphertext, v_event.step, v_event.n,
            v_event.kind, v_event.unit, v_event.phase, v_event.choice, v_event.correct,
            v_event.attempt, v_event.value, v_event.code, v_event.text);
        perform core.put_groups(v_step.learner, v_step.seq, v_event.step, v_event.kind, v_event.code);
        perform core.put_led(v_step.number, v_step.learner, v_step.seq, v_step.at, v_step.course, v_event.step, v_event.n,
            v_event.kind, v_event.unit, v_event.choice, v_event.correct, v_event.attempt, v_event.value, v_event.code, v_event.text);
    end if;
end $$;

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
    with gone as (delete from core.message where created_at < p_now - kept_for returning *),
    put as (
        insert into core.message_day (day, org_id, channel, class, purpose, status, country, network, encoding, currency, n, segments, price)
        select (g.created_at at time zone 'UTC')::date, g.org_id, g.channel, g.class, g.purpose, g.status::text, g.country, g.network,
            g.encoding, g.currency, count(*), sum(g.segments), sum(g.price)
        from gone g
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
        returning n)
    select coalesce(sum(p.n), 0) into n_forgotten from put p;
    return next;
    what := 'dead letters';
    delete from ops.dead_letter where at < p_now - kept_for;
    get diagnostics n_forgotten = row_count;
    return next;
    what := 'disclosures handed over';
    kept_for := '30 days';
    update core.safe_case set sealed = null where sealed is not null and least(transferred_at, answered_at) < p_now - kept_for;
    get diagnostics n_forgotten = row_count;
    return next;
    what := 'certificates';
    kept_for := '5 years';
    delete from core.certificate where issued_at < p_now - kept_for;
    get diagnostics n_forgotten = row_count;
    return next;
end $$;

create or replace view ops.retention as
select t.what, t.kept_for::text as kept_for, count(*) as n_over, min(t.since) as oldest
from (
    select 'unknown input' as what, interval '30 days' as kept_for, u.at as since from core.unknown_input u
    union all select 'free text', interval '12 months', f.at from core.free_text f
    union all select 'messages', interval '12 months', m.created_at from core.message m
    union all select 'dead letters', interval '12 months', d.at from ops.dead_letter d
    union all select 'disclosures handed over', interval '30 days', least(c.transferred_at, c.answered_at) from core.safe_case c
        where c.sealed is not null and least(c.transferred_at, c.answered_at) is not null
    union all select 'certificates', interval '5 years', c.issued_at from core.certificate c
    union all select 'erasures begun', interval '0', x.erased_at from core.erasing x) t
where t.since < now() - t.kept_for - case when t.kept_for = interval '0' then interval '1 hour' else interval '1 day' end
group by t.what, t.kept_for
union all
select 'numbers', '12 or 6 months', count(*), null
from core.numbers_to_forget(2147483647, now() - interval '1 day') n
having count(*) > 0;

create or replace function core.reconcile(p jsonb) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_n bigint;
begin
    perform core.plan_anew();
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
        where s.cohort is not null and l.erased_at is null
            and (s.seq > coalesce(n.seq, 0) -- or a later step was taken in meanwhile, and nobody ever moved them
                or s.seq = n.seq and l.group_seq = 0 and l.cohort_id is null
                    and not exists (select from core.membership m where m.learner = l.learner))) s
    having count(*) > 0;

    update core.learner l set role_choice = s.role
    from (select k.learner, s.role
        from jsonb_to_recordset(p) as s (learner_id uuid, seq integer, role smallint)
            -- one by one: a join would look at all learners
            cross join lateral (select k.learner, k.role_choice, k.role_seq, k.erased_at from core.learner k
                where k.learner_id = s.learner_id limit 1) k
        where s.role is not null and k.role_choice is null and k.role_seq = 0 and k.erased_at is null
            and s.seq >= (select max(n.seq) from core.number_state n where n.learner = k.learner)) s
    where l.learner = s.learner and l.role_choice is null;

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

    delete from core.suppression x
    using jsonb_to_recordset(p) as s (number_id text, consent_at timestamptz, stopped_at timestamptz)
    where s.stopped_at is null and x.hash = core.suppression_hash(decode(s.number_id, 'hex')) and x.since < s.consent_at;
    return v_n;
end $$;
