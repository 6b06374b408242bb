-- `waypost reconcile` reads no more learners for each of its own as there are more (tests/sql/alone/growth.sql): whose role is put
-- back is looked up by key, one by one. What it does is the same.

set local role waypost_owner;

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
