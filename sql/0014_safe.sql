-- What learners write to people: disclosures of harm and questions, sealed, in two queues with a role each; every
-- access on record. Consents by purpose. What is kept for a time only, and a proof of it. Erasure to the end.

do $$
declare
    v_role text;
begin
    foreach v_role in array array['waypost_safe', 'waypost_inbox'] loop
        if not exists (select from pg_roles where rolname = v_role) then
            execute format('create role %I nologin', v_role);
        end if;
        execute format('grant connect on database %I to %I', current_database(), v_role);
    end loop;
end $$;

set local role waypost_owner;
alter type core.event_kind add value 'safe_released' after 'safe_raised';
alter type core.event_kind add value 'asked' after 'safe_released';
alter type core.event_kind add value 'agreed' after 'consented';

-- ---- the queues ----

-- ref is how people speak of a case; by it nobody finds out whose it is.
alter table core.safe_case
    add column queue text not null default 'safe' check (queue in ('safe', 'inbox')),
    add column ref text check (ref ~ '^[0-9]{10}$'),
    add column lang text,
    add column about text not null default 'harm' check (about in ('harm', 'psea', 'suicide', 'psea suicide')),
    add column is_child boolean not null default false, -- whoever wrote it seems to be one
    add column acknowledged_by name,
    add column released_at timestamptz,     -- messages that nobody asked for go on
    add column transferred_at timestamptz,  -- it is in the hands of the case system; the text goes within 30 days
    add column answered_at timestamptz,     -- inbox
    add column outcome text check (outcome in ('supported', 'referred', 'psea', 'unreachable', 'none', 'other')),
    drop constraint safe_case_source_check,
    add check (source in ('keyword', 'word_list', 'ask'));
update core.safe_case c set ref = lpad(r.n::text, 10, '0')
from (select learner, seq, n as event, row_number() over (order by raised_at, learner, seq, n) as n from core.safe_case) r
where c.learner = r.learner and c.seq = r.seq and c.n = r.event;
alter table core.safe_case alter column ref set not null;
create index safe_case_ref on core.safe_case (ref);
create index safe_case_open on core.safe_case (queue, raised_at) where transferred_at is null;

-- Who looked at what, and when: only added to. xact tells whether it was committed.
create table core.case_access (
    access bigint generated always as identity primary key,
    at timestamptz not null default now(),
    login name not null default session_user,
    queue text not null,
    what text not null,
    ref text,
    detail text,
    xact xid8 not null default pg_current_xact_id()
);
create function core.refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'core.% is only added to', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger only_added before update or delete or truncate on core.case_access
    for each statement execute function core.refuse_change();

create type ops.case_row as (ref text, raised_at timestamptz, source text, lang text, country text, hours numeric,
    acknowledged_at timestamptz, acknowledged_by text, released_at timestamptz, transferred_at timestamptz,
    answered_at timestamptz, outcome text, has_text boolean, about text, is_child boolean);

-- The newest of that name.
create function core.case_of(p_queue text, p_ref text) returns core.safe_case
language plpgsql stable
as $$
declare
    v_case core.safe_case;
begin
    select * into v_case from core.safe_case c where c.queue = p_queue and c.ref = p_ref
    order by c.raised_at desc limit 1;
    if v_case.ref is null then
        raise exception 'there is no case %', p_ref using errcode = 'no_data_found';
    end if;
    return v_case;
end $$;

create function core.case_list(p_queue text, p_all boolean) returns setof ops.case_row
language plpgsql
as $$
begin
    insert into core.case_access (queue, what, detail) values (p_queue, 'list', case when p_all then 'all' end);
    return query select c.ref, c.raised_at, c.source, c.lang, l.country,
        round(extract(epoch from coalesce(c.acknowledged_at, now()) - c.raised_at) / 3600, 1),
        c.acknowledged_at, c.acknowledged_by::text, c.released_at, c.transferred_at, c.answered_at, c.outcome,
        c.sealed is not null, c.about, c.is_child
    from core.safe_case c join core.learner l using (learner)
    where c.queue = p_queue and (p_all or (c.transferred_at is null and c.answered_at is null))
    order by c.raised_at;
end $$;

-- The text comes in two steps, so that there is none without its line in core.case_access: whoever rolls the first
-- one back gets nothing from the second.
create function core.case_read(p_queue text, p_ref text) returns bigint
language plpgsql
as $$
declare
    v_access bigint;
begin
    perform core.case_of(p_queue, p_ref);
    insert into core.case_access (queue, what, ref) values (p_queue, 'read', p_ref) returning access into v_access;
    return v_access;
end $$;

create function core.case_text(p_queue text, p_access bigint, out sealed bytea, out number_id bytea) returns record
language plpgsql
as $$
declare
    v_ref text := (select a.ref from core.case_access a
        where a.access = p_access and a.queue = p_queue and a.what = 'read' and a.login = session_user
            and a.at > now() - interval '5 min' and a.xact <> pg_current_xact_id());
    v_case core.safe_case;
begin
    if v_ref is null then
        raise exception 'nobody may read what is not on record: ask with %_read first', p_queue
            using errcode = 'insufficient_privilege';
    end if;
    v_case := core.case_of(p_queue, v_ref);
    sealed := v_case.sealed;
    number_id := (select s.number_id from core.number_state s where s.learner = v_case.learner limit 1);
end $$;

create function core.case_acknowledge(p_queue text, p_ref text) returns timestamptz
language plpgsql
as $$
declare
    v_case core.safe_case := core.case_of(p_queue, p_ref);
begin
    insert into core.case_access (queue, what, ref) values (p_queue, 'acknowledge', p_ref);
    update core.safe_case c set acknowledged_at = now(), acknowledged_by = session_user
    where (c.learner, c.seq, c.n) = (v_case.learner, v_case.seq, v_case.n) and c.acknowledged_at is null;
    return coalesce(v_case.acknowledged_at, now());
end $$;

-- What must hold in Redis then: messages go on if nothing else of this learner waits. number_id is null when the
-- number is not there (any more); up_to when something else waits.
create function core.case_release(p_queue text, p_ref text, p_outcome text, out number_id bytea, out up_to timestamptz)
returns record
language plpgsql
as $$
declare
    v_case core.safe_case := core.case_of(p_queue, p_ref);
begin
    insert into core.case_access (queue, what, ref, detail) values (p_queue, 'release', p_ref, p_outcome);
    update core.safe_case c
    set released_at = coalesce(c.released_at, now()), outcome = coalesce(p_outcome, c.outcome),
        acknowledged_at = coalesce(c.acknowledged_at, now()), acknowledged_by = coalesce(c.acknowledged_by, session_user)
    where (c.learner, c.seq, c.n) = (v_case.learner, v_case.seq, v_case.n);
    number_id := (select s.number_id from core.number_state s where s.learner = v_case.learner limit 1);
    select max(c.raised_at) into up_to from core.safe_case c
    where c.learner = v_case.learner and c.queue = p_queue
    having bool_and(c.released_at is not null);
end $$;

create function core.case_transfer(p_queue text, p_ref text, p_outcome text) returns timestamptz
language plpgsql
as $$
declare
    v_case core.safe_case := core.case_of(p_queue, p_ref);
begin
    insert into core.case_access (queue, what, ref, detail) values (p_queue, 'transfer', p_ref, p_outcome);
    update core.safe_case c
    set transferred_at = coalesce(c.transferred_at, now()), outcome = coalesce(p_outcome, c.outcome),
        acknowledged_at = coalesce(c.acknowledged_at, now()), acknowledged_by = coalesce(c.acknowledged_by, session_user)
    where (c.learner, c.seq, c.n) = (v_case.learner, v_case.seq, v_case.n);
    return coalesce(v_case.transferred_at, now()) + interval '30 days';
end $$;

-- Whom an answer goes to; null: the number is not there (any more).
create function core.case_answer(p_queue text, p_ref text, p_how text) returns bytea
language plpgsql
as $$
declare
    v_case core.safe_case := core.case_of(p_queue, p_ref);
begin
    if (select count(*) >= 3 from core.case_access a
        where (a.queue, a.what, a.ref) = (p_queue, 'answer', p_ref) and a.at > now() - interval '1 day') then
        raise exception 'case % was answered three times today', p_ref
            using errcode = 'check_violation', hint = 'Answer again tomorrow.';
    end if;
    insert into core.case_access (queue, what, ref, detail) values (p_queue, 'answer', p_ref, p_how);
    update core.safe_case c
    set answered_at = coalesce(c.answered_at, now()), transferred_at = coalesce(c.transferred_at, now()),
        acknowledged_at = coalesce(c.acknowledged_at, now()), acknowledged_by = coalesce(c.acknowledged_by, session_user)
    where (c.learner, c.seq, c.n) = (v_case.learner, v_case.seq, v_case.n);
    return (select s.number_id from core.number_state s where s.learner = v_case.learner limit 1);
end $$;

-- Each role calls them for its own queue only.
do $$
declare
    v_queue text;
    v_row record;
begin
    foreach v_queue in array array['safe', 'inbox'] loop
        for v_row in select * from (values
            ('list', 'p_all boolean default false', 'setof ops.case_row', '*', 'p_all'),
            ('read', 'p_ref text', 'bigint', 'case_read', 'p_ref'),
            ('text', 'p_access bigint, out sealed bytea, out number_id bytea', 'record', 'sealed, number_id', 'p_access'),
            ('acknowledge', 'p_ref text', 'timestamptz', 'case_acknowledge', 'p_ref'),
            ('release', 'p_ref text, p_outcome text, out number_id bytea, out up_to timestamptz', 'record', 'number_id, up_to', 'p_ref, p_outcome'),
            ('transfer', 'p_ref text, p_outcome text', 'timestamptz', 'case_transfer', 'p_ref, p_outcome'),
            ('answer', 'p_ref text, p_how text', 'bytea', 'case_answer', 'p_ref, p_how')) t (verb, params, gives, cells, args)
        loop
            continue when (v_queue = 'safe' and v_row.verb = 'answer') or (v_queue = 'inbox' and v_row.verb in ('release', 'transfer'));
            execute format('create function ops.%1$s_%2$s(%3$s) returns %4$s language sql security definer
                set search_path = pg_catalog, pg_temp begin atomic; select %5$s from core.case_%2$s(%1$L, %6$s); end',
                v_queue, v_row.verb, v_row.params, v_row.gives, v_row.cells, v_row.args);
            execute format('comment on function ops.%1$s_%2$s is %3$L', v_queue, v_row.verb,
                'For waypost ' || case v_queue when 'safe' then 'safe' else 'learner inbox' end || '; on record in ops.safe_access.');
        end loop;
    end loop;
end $$;
grant usage on schema ops to waypost_safe, waypost_inbox;
grant execute on function ops.safe_list(boolean), ops.safe_read(text), ops.safe_text(bigint), ops.safe_acknowledge(text),
    ops.safe_release(text, text), ops.safe_transfer(text, text) to waypost_safe;
grant execute on function ops.inbox_list(boolean), ops.inbox_read(text), ops.inbox_text(bigint), ops.inbox_acknowledge(text),
    ops.inbox_answer(text, text) to waypost_inbox;

-- Time at work, Monday to Friday from 8 to 17 in the zone of the organisation.
create function core.working_hours(p_from timestamptz, p_to timestamptz, p_zone text) returns numeric
language sql stable
return (select coalesce(round(sum(greatest(extract(epoch from
        least(p_to at time zone p_zone, d + interval '17 hours') - greatest(p_from at time zone p_zone, d + interval '8 hours')),
        0)) / 3600, 2), 0)
    from generate_series(date_trunc('day', p_from at time zone p_zone), p_to at time zone p_zone, interval '1 day') d
    where extract(isodow from d) < 6);

-- Indicator S1 (docs/course-rules.md 3.2). By year only: a smaller count could point at somebody.
create view ops.safe_times as
select extract(year from c.raised_at at time zone o.time_zone)::integer as year, count(*) as raised,
    count(c.acknowledged_at) as acknowledged,
    round((percentile_cont(0.5) within group (order by extract(epoch from c.acknowledged_at - c.raised_at) / 3600))::numeric, 1) as median_hours,
    round((max(extract(epoch from coalesce(c.acknowledged_at, now()) - c.raised_at)) / 3600)::numeric, 1) as longest_hours,
    count(*) filter (where core.working_hours(c.raised_at, coalesce(c.acknowledged_at, now()), o.time_zone) > 4) as over_4_working_hours,
    count(*) filter (where coalesce(c.acknowledged_at, now()) - c.raised_at > interval '24 hours') as over_24_hours,
    count(*) filter (where c.transferred_at is null) as still_open
from core.safe_case c join core.organisation o using (org_id)
where c.queue = 'safe'
group by 1;
comment on view ops.safe_times is 'How long disclosures waited for a person, by year. Target: 4 working hours (Monday to Friday, 8 to 17), 24 hours at most.';
comment on column ops.safe_times.year is 'Year in which they came.';
comment on column ops.safe_times.raised is 'How many: by the word SAFE or the word list.';
comment on column ops.safe_times.acknowledged is 'Of these, taken in hand by a person.';
comment on column ops.safe_times.median_hours is 'From the message to that, median.';
comment on column ops.safe_times.longest_hours is 'The longest, those that still wait included.';
comment on column ops.safe_times.over_4_working_hours is 'How many waited longer than the target.';
comment on column ops.safe_times.over_24_hours is 'How many waited longer than may be.';
comment on column ops.safe_times.still_open is 'Not handed over yet.';

create view ops.safe_access as
select a.at, a.login::text collate "default" as login, a.queue, a.what, a.ref, a.detail from core.case_access a order by a.access;
comment on view ops.safe_access is 'Who looked at what learners wrote to people, and what they did; nobody can change it.';
comment on column ops.safe_access.at is 'When.';
comment on column ops.safe_access.login is 'Whose login.';
comment on column ops.safe_access.queue is 'safe: disclosures; inbox: questions.';
comment on column ops.safe_access.what is 'list read acknowledge release transfer answer.';
comment on column ops.safe_access.ref is 'Number of the case; empty for a list.';
comment on column ops.safe_access.detail is 'Outcome code, or which answer.';
grant select on ops.safe_times, ops.safe_access to waypost_safe;

-- ---- who is not to be written to ----

-- Of numbers that said STOP or DELETE: a hash of the pseudonym, which is itself no number. It stays as long as the
-- service runs, so that no import and no broadcast reaches them; a new consent ends it.
create table core.suppression (
    hash bytea primary key check (octet_length(hash) = 32),
    since timestamptz not null
);
create function core.suppression_hash(p_number bytea) returns bytea
language sql immutable parallel safe
return sha256('waypost suppression'::bytea || p_number);
create function core.is_suppressed(p_number bytea) returns boolean
language sql stable
return exists (select from core.suppression s where s.hash = core.suppression_hash(p_number));

-- ---- consents ----

alter table core.consent drop constraint consent_purpose_check;
update core.consent set purpose = 'share_group' where purpose = 'sharing';
alter table core.consent add check (purpose in ('course', 'survey', 'reminders', 'key_messages', 'share_group'));

-- As before, and: agreed (a consent beside that to the course, text = purpose, choice 1 given, 0 refused or taken
-- back), asked, and the name of a case. A consent by `consented` is that to the course.
create or replace function core.put_rare(p_events core.rare_row[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    update core.learner l set lang = v.text, lang_seq = v.seq
    from (select distinct on (e.learner) e.learner, e.seq, e.text from unnest(p_events) e where e.kind = 'language_set'
        order by e.learner, e.seq desc, e.n desc) v
    where l.learner = v.learner and v.seq > l.lang_seq;

    update core.learner l set role_choice = v.choice, role_seq = v.seq
    from (select distinct on (e.learner) e.learner, e.seq, e.choice from unnest(p_events) e where e.kind = 'role_set'
        order by e.learner, e.seq desc, e.n desc) v
    where l.learner = v.learner and v.seq > l.role_seq;

    insert into core.consent (learner, seq, n, purpose, is_given, at, course_id, lang, channel, via)
    select v.learner, v.seq, v.n, case when v.kind = 'agreed' then v.text else 'course' end,
        v.kind in ('consented', 'rejoined') or (v.kind = 'agreed' and v.choice = 1), v.at, v.course_id, v.lang, v.channel, v.via
    from unnest(p_events) v
    where v.kind in ('consented', 'agreed', 'rejoined', 'stopped', 'erased')
    on conflict do nothing;

    insert into core.certificate as c (code, learner, course_id, lang, score, issued_at, says, module)
    select v.code, v.learner, v.course_id, v.lang, v.value, v.at, v.text,
        case when v.kind = 'module_certified' then split_part(v.text, E'\t', 2)::smallint else 0 end
    from unnest(p_events) v
    where v.kind in ('certified', 'module_certified')
        and not exists (select from core.certificate o where o.code = v.code and o.learner = v.learner);

    update core.certificate c set says = v.text
    from unnest(p_events) v
    where v.kind = 'certificate_pinned' and c.code = v.code and c.learner = v.learner;

    perform core.put_corrected(v.learner, v.text, v.unit, v.at, v.choice = 1) from unnest(p_events) v where v.kind = 'corrected';

    insert into core.safe_case (learner, seq, n, org_id, raised_at, source, sealed, queue, ref, lang, about,
        is_child)
    select v.learner, v.seq, v.n, v.org_id, v.at,
        case when v.kind = 'asked' then 'ask' else (array['keyword', 'word_list'])[v.value] end,
        case when not v.is_erased then decode(v.text, 'hex') end,
        case when v.kind = 'asked' then 'inbox' else 'safe' end,
        coalesce(split_part(v.code, ',', 1), lpad((('x' || substr(md5(v.number_id::text || v.seq), 1, 8))::bit(32)::bigint)::text, 10, '0')), v.lang, -- no code: of an earlier program
        case when v.code ~ ',psea' and v.code ~ ',suicide' then 'psea suicide' when v.code ~ ',psea' then 'psea'
            when v.code ~ ',suicide' then 'suicide' else 'harm' end, coalesce(v.code ~ ',child', false)
    from unnest(p_events) v
    where v.kind in ('safe_raised', 'asked')
    on conflict do nothing;

    with last as (
        select distinct on (v.number_id) core.suppression_hash(v.number_id) as hash, v.at, v.kind in ('stopped', 'erased') as is_out
        from unnest(p_events) v
        where v.kind in ('stopped', 'erased', 'consented', 'rejoined', 'moved')
            and not (v.kind = 'stopped' and v.value is not distinct from 1) -- LEAVE: others are still there
        order by v.number_id, v.at desc, v.seq desc, v.n desc),
    back as (delete from core.suppression s using last l where s.hash = l.hash and not l.is_out and s.since <= l.at)
    insert into core.suppression as s (hash, since)
    select l.hash, l.at from last l where l.is_out
    on conflict (hash) do update set since = greatest(s.since, excluded.since);

    insert into core.unknown_input (learner, seq, n, org_id, at, unit, lang, channel, via, text)
    select v.learner, v.seq, v.n, v.org_id, v.at, v.unit, v.lang, v.channel, v.via, left(v.text, 1600)
    from unnest(p_events) v
    where v.kind = 'unknown_input' and v.text is not null and not v.is_erased
    on conflict do nothing;

    insert into core.free_text (learner, seq, n, org_id, at, text)
    select v.learner, v.seq, v.n, v.org_id, v.at, left(v.text, 1600)
    from unnest(p_events) v
    where v.kind = 'answered' and v.text is not null and not v.is_erased
    on conflict do nothing;

    -- A place came to another number. Who had begun there without agreeing to anything is nobody any more, and the old
    -- number is not needed where nobody is left on it.
    perform core.erase(array_agg(l.learner), array_agg(v.at), array_agg(v.number_id))
    from unnest(p_events) v join core.learner l on l.learner_id = (case when v.kind = 'moved' then v.text end)::uuid
    where not exists (select from core.consent c where c.learner = l.learner and c.purpose = 'course' and c.is_given)
    having count(*) > 0;
    delete from core.vault t
    where t.number_id in (select decode(v.code, 'hex') from unnest(p_events) v where v.kind = 'moved')
        and not exists (select from core.number_state s where s.number_id = t.number_id);
    -- So do the groups that its owner looks after; where others stay on it, they stay with it.
    update core.facilitator f set number_id = v.number_id
    from unnest(p_events) v
    where v.kind = 'moved' and f.number_id = decode(v.code, 'hex')
        and not exists (select from core.number_state s where s.number_id = f.number_id)
        and not exists (select from core.facilitator o where o.cohort_id = f.cohort_id and o.number_id = v.number_id);
end $$;


-- ---- erasure, to the end ----

-- What DELETE leaves for the gateway: it takes what the event log of Redis holds of this number away, and then
-- core.forget_numbers ends the rest. A row lives some minutes.
create table core.erasing (
    learner bigint primary key,
    number_id bytea not null,
    erased_at timestamptz not null
);
create index erasing_number on core.erasing (number_id);

create or replace function core.erase(p_learners bigint[], p_at timestamptz[], p_numbers bytea[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    update core.learner l set erased_at = v.at, network = null
    from unnest(p_learners, p_at) as v (learner, at)
    where l.learner = v.learner and l.erased_at is null;
    insert into core.erasing (learner, number_id, erased_at)
    select s.learner, s.number_id, l.erased_at
    from core.number_state s join core.learner l using (learner)
    where s.learner = any (p_learners) and s.number_id = any (p_numbers)
    on conflict do nothing;
    delete from core.number_state s where s.learner = any (p_learners) and s.number_id = any (p_numbers);
    delete from core.vault v
    where v.number_id = any (p_numbers)
        and not exists (select from core.number_state s where s.number_id = v.number_id);
    delete from core.free_text t where t.learner = any (p_learners);
    delete from core.unknown_input t where t.learner = any (p_learners);
    delete from ops.dead_letter d
    where d.learner_id = any (array(select l.learner_id from core.learner l where l.learner = any (p_learners)));
    update core.safe_case c set sealed = null where c.learner = any (p_learners);
    update core.message m set network = null where m.learner = any (p_learners) and m.network is not null;
end $$;

-- Once nothing of them is in Redis: a new pseudonym, and days in place of times, so that what counts as one learner
-- leads back to nobody, neither by an export made before nor by a provider's records. The code of a certificate stays.
create function core.end_erasure(p_learners bigint[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    insert into core.erasure_time (org_id, asked_on, hours)
    select l.org_id, (x.erased_at at time zone 'UTC')::date, extract(epoch from now() - x.erased_at) / 3600
    from core.erasing x join core.learner l using (learner)
    where x.learner = any (p_learners);
    update core.learner l set learner_id = gen_random_uuid(), created_at = date_trunc('day', l.created_at, 'UTC'),
        erased_at = date_trunc('day', l.erased_at, 'UTC'), first_channel = null
    where l.learner = any (p_learners);
    update core.event e set at = date_trunc('day', e.at, 'UTC'), session = null, channel = null
    from core.learner l where l.learner = any (p_learners) and e.org_id = l.org_id and e.learner = l.learner;
    update core.enrolment e set consent_at = date_trunc('day', e.consent_at, 'UTC'), started_at = date_trunc('day', e.started_at, 'UTC'),
        completed_at = date_trunc('day', e.completed_at, 'UTC'), certified_at = date_trunc('day', e.certified_at, 'UTC'),
        stopped_at = date_trunc('day', e.stopped_at, 'UTC'), last_at = date_trunc('day', e.last_at, 'UTC')
    from core.learner l where l.learner = any (p_learners) and e.org_id = l.org_id and e.learner = l.learner;
    update core.consent c set at = date_trunc('day', c.at, 'UTC'), channel = null where c.learner = any (p_learners);
    update core.certificate c set issued_at = date_trunc('day', c.issued_at, 'UTC') where c.learner = any (p_learners);
    update core.learner_unit u set first_at = date_trunc('day', u.first_at, 'UTC') where u.learner = any (p_learners);
    update core.membership m set since = date_trunc('day', m.since, 'UTC') where m.learner = any (p_learners);
    delete from core.conflict c where c.learner = any (p_learners);
    update core.message m set learner = null, provider_id = null, created_at = date_trunc('day', m.created_at, 'UTC'),
        status_at = date_trunc('day', m.status_at, 'UTC'), sent_at = date_trunc('day', m.sent_at, 'UTC')
    where m.learner = any (p_learners);
    delete from core.erasing x where x.learner = any (p_learners);
end $$;

-- ---- what is kept for a time only ----

-- Messages, counted before they go.
create table core.message_day (
    day date not null,
    org_id smallint,
    channel text not null,
    class text not null,
    purpose text,
    status text not null,
    country text,
    network text,
    encoding text,
    currency text,
    n bigint not null,
    segments bigint,
    price numeric
);
create index message_day_day on core.message_day (day);

create or replace view ops.messages as
select day, channel, status, sum(n)::bigint as n, sum(segments)::bigint as segments, sum(price) as price, currency
from (
    select (m.created_at at time zone 'UTC')::date as day, m.channel, m.status::text as status, 1 as n, m.segments, m.price, m.currency
    from core.message m
    union all
    select d.day, d.channel, d.status, d.n, d.segments, d.price, d.currency from core.message_day d) t
group by day, channel, status, currency;

-- Numbers that are not needed any more (docs/course-rules.md 3.4): twelve months after STOP or the end of the course,
-- six after anything else, counted from the last learning action or step. The gateway erases them as DELETE does; those
-- that Redis does not know (any more) it leaves to core.forget_numbers.
create or replace function core.numbers_to_forget(p_limit integer, p_now timestamptz default now()) returns setof bytea
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select n.number_id
    from core.number_state n
        join core.learner l on l.learner = n.learner
        left join core.enrolment e on e.org_id = l.org_id and e.learner = l.learner
    where n.at < p_now - interval '1 month' -- spares a look at all who are in the middle of it
    group by n.number_id
    having max(greatest(l.created_at, e.consent_at, e.last_at, e.completed_at, e.stopped_at,
            case when e.completed_at is null and e.stopped_at is null then n.at end)
            + case when e.completed_at is null and e.stopped_at is null then interval '6 months' else interval '12 months' end)
        < p_now
    order by n.number_id
    limit p_limit;
end;
comment on function core.numbers_to_forget(integer, timestamptz) is
    'Numbers whose time is over: twelve months after STOP or the end of the course, six months without anything.';

-- Also those that DELETE has left for this.
create or replace function core.forget_numbers(p_numbers bytea[], p_now timestamptz default now()) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_due bytea[];
    v_learners bigint[];
begin
    select array_agg(x.learner) into v_learners from core.erasing x where x.number_id = any (p_numbers);
    if v_learners is not null then
        perform core.end_erasure(v_learners);
    end if;
    v_due := array(select d from core.numbers_to_forget(2147483647, p_now) d where d = any (p_numbers));
    select array_agg(n.learner) into v_learners from core.number_state n where n.number_id = any (v_due);
    if v_learners is null then
        return 0;
    end if;
    perform core.erase(v_learners, array_fill(p_now, array[cardinality(v_learners)]), v_due);
    perform core.end_erasure(v_learners);
    return cardinality(v_due);
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

-- The proof: what is older than its limit, and a day for the daily job. No row: everything is in order.
create view ops.retention as
select t.what, t.kept_for::text as kept_for, count(*) as n_over, min(t.since) as oldest
from (
    select 'unknown input' as what, interval '30 days' as kept_for, u.at as since from core.unknown_input u
    union all select 'free text', interval '12 months', f.at from core.free_text f
    union all select 'messages', interval '12 months', m.created_at from core.message m
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
comment on view ops.retention is 'What is kept longer than it may be (docs/course-rules.md 3.4), a day for the daily job allowed, an hour for an erasure. Must be empty.';
comment on column ops.retention.what is 'What it is.';
comment on column ops.retention.kept_for is 'How long it may be kept.';
comment on column ops.retention.n_over is 'How many are older.';
comment on column ops.retention.oldest is 'Since when the oldest is there.';
grant select on ops.retention to waypost_operator, waypost_writer;

create table core.job (
    name text primary key,
    done_at timestamptz not null,
    is_more boolean not null
);

-- What the gateway asks for every few minutes: numbers whose erasure is to be ended, and, once a day, those whose time
-- is over, after it has deleted what was kept long enough. Until a round finds none the next one looks again.
drop function core.tidy(integer);
create function core.tidy(p_limit integer) returns table (number_id bytea, is_erased boolean)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_due boolean;
    v_n bigint;
begin
    return query select distinct x.number_id, true from core.erasing x limit p_limit;
    insert into core.job (name, done_at, is_more) values ('tidy', '-infinity', false) on conflict do nothing;
    select j.is_more or j.done_at < now() - interval '1 day' into v_is_due from core.job j where j.name = 'tidy' for update;
    if v_is_due then
        perform ops.forget_old();
        perform core.publish_due();
        return query select d, false from core.numbers_to_forget(p_limit) d;
        get diagnostics v_n = row_count;
        update core.job j set done_at = case when j.is_more then j.done_at else now() end, is_more = v_n > 0 where j.name = 'tidy';
    end if;
end $$;
comment on function core.tidy(integer) is
    'Once a day deletes what has been kept long enough; says which numbers are to be forgotten, up to p_limit, and of which an erasure has begun.';
grant execute on function core.tidy(integer) to waypost_writer;

do $$
declare
    v_table text;
begin
    foreach v_table in array array['case_access', 'suppression', 'erasing', 'message_day'] loop
        execute format('alter table core.%I enable row level security', v_table);
        execute format('alter table core.%I force row level security', v_table);
        execute format('create policy owner on core.%I to waypost_owner using (true) with check (true)', v_table);
    end loop;
end $$;
