-- What became of SMS, the JSON form of everything that is taken in, and what programs ask for: states, versions.

set local role waypost_owner;

-- ---- what became of SMS ----

-- Which of two statuses of one message holds: the greater rank. Of an SMS in several parts each is reported, and the
-- worst counts: failed is the end. One part that was delivered has arrived, whatever is reported before or after.
create function core.status_rank(p_status core.message_status, p_segments integer) returns integer
language sql stable
return case when p_status = 'failed' and coalesce(p_segments, 1) < 2
    then 2 * array_position(enum_range(null::core.message_status), 'delivered') - 1
    else 2 * array_position(enum_range(null::core.message_status), p_status) end;

comment on column ops.messages.status is
    'queued sending errored unknown sent undelivered delivered read failed capped; never to the left, but that one part which was delivered has arrived, whatever else is reported.';

-- Before its message is here, nobody knows how many parts a report is one of: each status is kept.
alter table core.parked_report drop constraint parked_report_pkey, add primary key (channel, report_id, status);

create or replace function core.advance_messages(p_reports core.report_row[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    update core.message m
    set status = case when r.rank > core.status_rank(m.status, m.segments) then r.status else m.status end,
        status_at = case when r.rank > core.status_rank(m.status, m.segments) then r.at
            when r.status = m.status then least(m.status_at, r.at) else m.status_at end,
        error = case when r.rank > core.status_rank(m.status, m.segments) then r.error else m.error end
    from (select distinct on (p.message_id) p.message_id, p.status, p.at, p.error, core.status_rank(p.status, k.segments) as rank
            from unnest(p_reports) p join core.message k using (message_id)
            order by p.message_id, core.status_rank(p.status, k.segments) desc, p.at) r
    where m.message_id = r.message_id;
end $$;

-- Outgoing SMS: several envelopes about one, in any order.
create function core.put_messages(p_envelopes jsonb) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_reports core.report_row[];
begin
    lock table core.parked_report in row exclusive mode; -- see core.put_reports
    -- Of a learner whose steps are still to come only the name is known.
    insert into core.learner (learner_id, org_id, first_seq, created_at)
    select distinct on (r.learner_id) r.learner_id, o.org_id, 2147483647, r.at
    from jsonb_to_recordset(p_envelopes) as r (type text, learner_id uuid, at timestamptz)
        cross join core.organisation o
    where r.type = 'message' and o.is_default and r.learner_id is not null
        and not exists (select from core.learner l where l.learner_id = r.learner_id)
    on conflict do nothing;

    insert into core.message as m (message_id, learner, org_id, seq, channel, class, status, status_at, created_at,
            sent_at, attempts, segments, encoding, provider_id, error, country, network, price, currency, purpose, unit)
    select r.message_id, min(l.learner), min(l.org_id), min(r.seq), min(r.channel), min(r.class),
        (array_agg(r.status order by core.status_rank(r.status, r.segments) desc))[1],
        (array_agg(r.at order by core.status_rank(r.status, r.segments) desc, r.at))[1], min(r.at),
        min(r.at) filter (where r.status = 'sent'), coalesce(max(r.attempt), 0), nullif(max(r.segments), 0), max(r.encoding),
        left(max(r.provider_id), 255), left((array_agg(r.error order by core.status_rank(r.status, r.segments) desc, r.at))[1], 500),
        max(r.country), left(max(r.network), 32), max(r.price), max(r.currency), left(max(r.purpose), 32), max(r.unit)
    from jsonb_to_recordset(p_envelopes) as r (
            type text, message_id text, learner_id uuid, seq integer, at timestamptz, channel text, class text,
            status core.message_status, provider_id text, segments smallint, encoding text, attempt smallint,
            error text, country text, network text, price numeric, currency text, purpose text, unit text)
        left join core.learner l on l.learner_id = r.learner_id
    where r.type = 'message'
    group by r.message_id
    order by r.message_id
    on conflict (message_id) do update
        set status = case when core.status_rank(excluded.status, m.segments) > core.status_rank(m.status, m.segments)
                then excluded.status else m.status end,
            status_at = case when core.status_rank(excluded.status, m.segments) > core.status_rank(m.status, m.segments)
                    then excluded.status_at
                when excluded.status = m.status then least(m.status_at, excluded.status_at)
                else m.status_at end,
            created_at = least(m.created_at, excluded.created_at),
            sent_at = least(m.sent_at, excluded.sent_at),
            attempts = greatest(m.attempts, excluded.attempts),
            segments = greatest(m.segments, excluded.segments),
            encoding = coalesce(m.encoding, excluded.encoding),
            provider_id = greatest(m.provider_id, excluded.provider_id),
            error = case when core.status_rank(excluded.status, m.segments) > core.status_rank(m.status, m.segments)
                then excluded.error else m.error end,
            country = coalesce(m.country, excluded.country),
            network = coalesce(m.network, excluded.network),
            price = greatest(m.price, excluded.price),
            currency = coalesce(m.currency, excluded.currency),
            purpose = coalesce(m.purpose, excluded.purpose),
            unit = coalesce(m.unit, excluded.unit);

    with met as (
        delete from core.parked_report p
        using (select distinct r.channel, r.message_id, i.id
            from jsonb_to_recordset(p_envelopes) as r (type text, channel text, message_id text, provider_id text)
                cross join lateral (values (r.message_id), (left(r.provider_id, 255))) as i (id)
            where r.type = 'message' and i.id is not null) r
        where p.channel = r.channel and p.report_id = r.id
        returning r.message_id, p.status, p.status_at, p.error)
    select array_agg(row(message_id, status, status_at, error)::core.report_row) into v_reports from met;
    if v_reports is not null then
        perform core.advance_messages(v_reports);
    end if;
end $$;

-- {"type":"report","channel","id","status","at","error"}: id is ours or the provider's, a text. A channel's
-- reports can only be about messages of that channel; of several with one provider's id the newest is meant.
create function core.put_reports(p_envelopes jsonb) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_reports core.report_row[];
    v_channels text[];
begin
    -- A message and the report about it may be taken in by two writers at once, and must not miss each other.
    lock table core.parked_report in share row exclusive mode;
    with report as materialized (
        select r.channel, left(r.id, 255) as report_id, r.status, min(r.at) as at,
            left((array_agg(r.error order by r.at))[1], 500) as error
        from jsonb_to_recordset(p_envelopes) as r (type text, channel text, id text, status core.message_status,
                at timestamptz, error text)
        where r.type = 'report'
        group by r.channel, left(r.id, 255), r.status
        order by r.channel, left(r.id, 255), r.status),
    found as (
        select r.*, m.message_id
        from report r left join lateral (
            select o.message_id from core.message o where o.message_id = r.report_id and o.channel = r.channel
            union all
            (select p.message_id from core.message p where p.channel = r.channel and p.provider_id = r.report_id
                order by p.created_at desc limit 1)
            limit 1) m on true),
    parked as (
        insert into core.parked_report as p (channel, report_id, status, status_at, error)
        select channel, report_id, status, at, error from found where message_id is null
        on conflict (channel, report_id, status) do update
            set status_at = least(p.status_at, excluded.status_at),
                error = case when excluded.status_at < p.status_at then excluded.error else p.error end
        returning p.channel)
    select (select array_agg(row(message_id, status, at, error)::core.report_row) from found where message_id is not null),
        (select array_agg(distinct channel) from parked)
    into v_reports, v_channels;
    if v_reports is not null then
        perform core.advance_messages(v_reports);
    end if;
    if v_channels is not null then
        delete from core.parked_report p using unnest(v_channels) c
        where p.channel = c and p.parked_at < greatest(now() - interval '6 hours',
            (select o.parked_at from core.parked_report o where o.channel = c order by o.parked_at desc offset 9999 limit 1));
    end if;
end $$;

-- ---- the same from JSON: for what a person puts back, and for tests ----

create function core.put_steps(p_envelopes jsonb) returns void
language plpgsql
as $$
declare
    v_step record;
    v_event record;
begin
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
    end if;
end $$;

-- All envelopes, or none and an error.
create function core.ingest_all(p_envelopes jsonb) returns void
language plpgsql
as $$
begin
    if exists (select from jsonb_to_recordset(p_envelopes) as e (type text)
            where e.type is null or e.type not in ('step', 'message', 'report')) then
        raise exception 'member type must be "step", "message" or "report"' using errcode = 'invalid_parameter_value';
    end if;
    perform core.put_steps(p_envelopes);
    if exists (select from jsonb_to_recordset(p_envelopes) as e (type text) where e.type = 'message') then
        perform core.put_messages(p_envelopes);
    end if;
    if exists (select from jsonb_to_recordset(p_envelopes) as e (type text) where e.type = 'report') then
        perform core.put_reports(p_envelopes);
    end if;
end $$;

-- Takes in a JSON array of records (gateway/core/event_record.h), in any order and any number of times. One that
-- cannot be stored makes the whole call fail with an error that names it.
create function core.ingest(p_envelopes jsonb) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state text;
    v_message text;
    v_envelope jsonb;
begin
    perform core.ingest_all(p_envelopes);
exception when others then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
    -- Only content is looked at again; a full disk or a deadlock is no envelope's fault.
    if left(v_state, 2) not in ('22', '23', '54') or jsonb_typeof(p_envelopes) <> 'array' then
        raise;
    end if;
    -- One by one, so that the error is about this envelope.
    for i in 0 .. jsonb_array_length(p_envelopes) - 1 loop
        v_envelope := p_envelopes -> i;
        begin
            perform core.ingest_all(jsonb_build_array(v_envelope));
        exception when others then
            get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
            raise exception 'envelope % (% seq %): %', i,
                coalesce(v_envelope ->> 'learner_id', v_envelope ->> 'message_id', 'nobody'),
                coalesce(v_envelope ->> 'seq', 'none'), v_message using errcode = v_state;
        end;
    end loop;
end $$;
comment on function core.ingest(jsonb) is
    'Stores an array of records of the event log; idempotent by (learner, seq, n).';

-- The newest state of up to p_limit numbers above p_after, for `waypost rebuild`. Where a number has two learners
-- (it was answered from an empty store), the one with more behind it is meant. A state that waits for the SMS of a
-- step to be taken (bytes 6 to 11: ffff and the seq; core/learner.h) hears when that was.
create or replace function core.states_page(p_after bytea, p_limit integer)
returns table (number_id bytea, state bytea, due_ms bigint)
language sql stable security definer
set search_path = pg_catalog, pg_temp
-- Walks the index: sorting all that is left for each page would take ages.
set enable_seqscan = off set enable_bitmapscan = off set enable_hashagg = off
begin atomic
    select n.number_id, s.state, coalesce(floor(extract(epoch from s.due_at) * 1000), 0)::bigint
    from (select distinct d.number_id from core.number_state d
            where d.number_id > p_after and d.state is not null order by d.number_id limit p_limit) n
        cross join lateral (
            select coalesce(overlay(l.state placing substr(int8send((extract(epoch from m.sent_at) * 1000)::bigint), 3)
                from 6), l.state) as state, l.due_at
            from core.number_state l
                left join lateral (select t.sent_at from core.message t
                    where substr(l.state, 6, 2) = '\xffff' and t.learner = l.learner and t.sent_at is not null
                        and int4send(t.seq) = substr(l.state, 8, 4) limit 1) m on true
            where l.number_id = n.number_id and l.state is not null order by l.seq desc, l.at desc limit 1) s
    order by n.number_id;
end;

create or replace function core.count_states() returns bigint
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select count(distinct s.number_id) from core.number_state s where s.state is not null;
end;

-- As before, and the same question keeps its number through the versions of a course.
create or replace function core.publish(p jsonb) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id integer;
    v_hash text;
begin
    insert into core.course_version (course, version) values (p ->> 'course', p ->> 'version')
    on conflict do nothing;
    select course_id, hash into v_id, v_hash from core.course_version
    where course = p ->> 'course' and version = p ->> 'version' for update;
    if v_hash = p ->> 'hash' then
        return;
    elsif v_hash is not null then
        raise exception 'version % of % is published with other content: give it a new version number',
            p ->> 'version', p ->> 'course' using errcode = 'unique_violation';
    end if;
    update core.course_version
    set hash = p ->> 'hash', bundle = decode(p ->> 'bundle', 'base64'), published_at = now()
    where course_id = v_id;
    insert into core.unit (course_id, unit, position, module, module_position, module_kind, module_title,
            kind, title, text, choices, right_choices)
    select v_id, u ->> 'unit', i, u ->> 'module', dense_rank() over (order by first_i), u ->> 'module_kind',
            u ->> 'module_title', u ->> 'kind', u ->> 'title', u ->> 'text',
            case when jsonb_typeof(u -> 'choices') = 'array' then array(select jsonb_array_elements_text(u -> 'choices')) end,
            case when jsonb_typeof(u -> 'right') = 'array' then array(select jsonb_array_elements_text(u -> 'right')::smallint) end
    from (select u, i, min(i) over (partition by u ->> 'module') as first_i
        from jsonb_array_elements(p -> 'units') with ordinality as t (u, i)) o;
    update core.unit u set right_choices = core.corrected_key(v_id, u.unit) -- a wrong one does not come back
    where u.course_id = v_id and core.corrected_key(v_id, u.unit) is not null;
    update core.unit u
    set item_version = coalesce((
        select case when (o.text, o.choices, o.right_choices) is distinct from (u.text, u.choices, u.right_choices)
            then o.item_version + 1 else o.item_version end
        from core.unit o join core.course_version v using (course_id)
        where v.course = p ->> 'course' and o.unit = u.unit and o.course_id <> v_id
        order by v.published_at desc, v.course_id desc limit 1), 1)
    where u.course_id = v_id;
end $$;

grant execute on function core.ingest(jsonb) to waypost_writer;
