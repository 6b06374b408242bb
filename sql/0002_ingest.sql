-- How facts come in: core.ingest, and the few functions that the gateway's programs may call.
--
-- All are SECURITY DEFINER functions of waypost_owner; the programs' logins can do nothing else.

set local role waypost_owner;

create type core.step_row as (
    type text, number_id bytea, learner_id uuid, seq integer, at timestamptz, due_at timestamptz, channel text,
    via core.via, network text, course_id integer, lang text, country text, state bytea, vault jsonb,
    events jsonb, course text, version text,
    -- what is known of the learner; first_seq is null when nothing is
    org_id smallint, first_seq integer, is_erased boolean, started_at timestamptz);
create type core.event_row as (
    number_id bytea, learner_id uuid, seq integer, at timestamptz, channel text, via core.via,
    course_id integer, course text, lang text, org_id smallint, is_started boolean,
    n smallint, kind core.event_kind, unit text, phase core.phase, choice integer, correct boolean,
    attempt integer, value integer, code text, text text);

-- The envelopes, each with what is known of its learner.
create function core.read_steps(p_envelopes jsonb) returns core.step_row[]
language plpgsql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    return (
    select array_agg(row(
            s.type, decode(s.number_id, 'hex'), s.learner_id, s.seq, s.at, s.due, s.channel, s.via, s.network,
            v.course_id, s.lang, s.country, decode(s.state, 'hex'), s.vault, s.events, s.course, s.version,
            coalesce(l.org_id, (select o.org_id from core.organisation o where o.is_default)),
            l.first_seq, l.erased_at is not null, n.started_at)::core.step_row)
    from jsonb_to_recordset(p_envelopes) as s (
            type text, number_id text, learner_id uuid, seq integer, at timestamptz, due timestamptz,
            channel text, via core.via, network text, course text, version text, lang text,
            country text, state text, vault jsonb, events jsonb)
        left join core.learner l on l.learner_id = s.learner_id
        left join core.enrolment n on n.learner_id = s.learner_id and n.course = s.course
        left join core.course_version v on v.course = s.course and v.version = s.version);
end $$;

-- Their events, flat.
create function core.read_events(p_steps core.step_row[]) returns core.event_row[]
language plpgsql stable
as $$
begin
    return (
    select array_agg(row(
            s.number_id, s.learner_id, s.seq, s.at, s.channel, s.via, s.course_id, s.course, s.lang, s.org_id,
            coalesce(s.started_at <= s.at, false), (s.e ->> 'n')::smallint, (s.e ->> 'kind')::core.event_kind, s.e ->> 'unit',
            (s.e ->> 'phase')::core.phase, (s.e ->> 'choice')::integer, (s.e ->> 'correct')::boolean,
            (s.e ->> 'attempt')::integer, (s.e ->> 'value')::integer, s.e ->> 'code',
            s.e ->> 'text')::core.event_row)
    from (select t.*, jsonb_array_elements(t.events) as e from unnest(p_steps) t where t.type = 'step') s);
end $$;

-- From here on: what phones and providers wrote is cut to its column rather than refused, so that a long
-- network name costs nobody the answer that came with it.

-- Learners nobody has heard of, and, where envelopes come out of order, an earlier beginning.
create function core.put_learners(p_steps core.step_row[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    insert into core.learner as l (learner_id, org_id, country, network, lang, lang_seq, first_channel,
            first_via, first_seq, created_at)
    select distinct on (s.learner_id) s.learner_id, s.org_id, s.country, left(s.network, 32), s.lang, 0,
            s.channel, s.via, s.seq, s.at
    from unnest(p_steps) s
    where s.type = 'step' and (s.first_seq is null or s.seq < s.first_seq)
    order by s.learner_id, s.seq
    on conflict (learner_id) do update
        set country = excluded.country, network = case when l.erased_at is null then excluded.network end,
            lang = case when l.lang_seq = 0 then excluded.lang else l.lang end,
            first_channel = excluded.first_channel, first_via = excluded.first_via,
            first_seq = excluded.first_seq, created_at = excluded.created_at
        where excluded.first_seq < l.first_seq;
end $$;

-- The state that Redis had after the last of these steps, and the sealed number of a first contact.
-- Erased learners leave no link, also when their envelopes come late.
create function core.put_states(p_steps core.step_row[], p_erased uuid[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    insert into core.number_state as t (number_id, learner_id, seq, at, due_at, state)
    select distinct on (s.number_id, s.learner_id) s.number_id, s.learner_id, s.seq, s.at, s.due_at, s.state
    from unnest(p_steps) s
    where s.type = 'step' and not s.is_erased and s.learner_id <> all (p_erased)
    order by s.number_id, s.learner_id, s.seq desc
    on conflict (number_id, learner_id) do update
        set seq = excluded.seq, at = excluded.at, due_at = excluded.due_at, state = excluded.state
        where excluded.seq > t.seq;

    insert into core.vault as t (number_id, nonce, ciphertext, key_id, sealed_at)
    select distinct on (s.number_id) s.number_id, decode(s.vault ->> 'nonce', 'hex'),
            decode(s.vault ->> 'ciphertext', 'hex'), (s.vault ->> 'key_id')::integer, s.at
    from unnest(p_steps) s
    where s.vault is not null and not s.is_erased and s.learner_id <> all (p_erased)
    order by s.number_id, s.at desc
    on conflict (number_id) do update
        set nonce = excluded.nonce, ciphertext = excluded.ciphertext, key_id = excluded.key_id,
            sealed_at = excluded.sealed_at
        where excluded.sealed_at > t.sealed_at;
end $$;

-- Milestones of the course, from the few events that may change one.
create function core.put_enrolments(p_events core.event_row[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    insert into core.enrolment as e (learner_id, course, course_id, org_id, consent_at, started_at,
            completed_at, certified_at, score, stop_seq, stopped_at)
    select f.*
    from (
        select v.learner_id, v.course,
            (array_agg(v.course_id order by v.seq) filter (where v.kind = 'consented'))[1] as course_id,
            min(v.org_id) as org_id,
            min(v.at) filter (where v.kind = 'consented') as consent_at,
            min(v.at) filter (where v.kind in ('lesson_read', 'answered')) as started_at,
            min(v.at) filter (where v.kind = 'course_completed') as completed_at,
            min(v.at) filter (where v.kind = 'certified') as certified_at,
            max(v.value) filter (where v.kind = 'certified') as score,
            coalesce(max(v.seq) filter (where v.kind in ('stopped', 'rejoined', 'erased')), 0) as stop_seq,
            (array_agg(case when v.kind <> 'rejoined' then v.at end order by v.seq desc, v.n desc)
                filter (where v.kind in ('stopped', 'rejoined', 'erased')))[1] as stopped_at
        from unnest(p_events) v
        where v.course is not null
        group by v.learner_id, v.course) f
    order by f.learner_id, f.course
    on conflict (learner_id, course) do update
        set course_id = case when excluded.consent_at < coalesce(e.consent_at, 'infinity')
                then excluded.course_id else e.course_id end,
            consent_at = least(e.consent_at, excluded.consent_at),
            started_at = least(e.started_at, excluded.started_at),
            completed_at = least(e.completed_at, excluded.completed_at),
            certified_at = least(e.certified_at, excluded.certified_at),
            score = greatest(e.score, excluded.score),
            stopped_at = case when excluded.stop_seq > e.stop_seq then excluded.stopped_at else e.stopped_at end,
            stop_seq = greatest(e.stop_seq, excluded.stop_seq);
end $$;

-- The rarer kinds, each with a table or column of its own.
create function core.put_rare(p_events core.event_row[], p_erased uuid[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    update core.learner l set lang = v.text, lang_seq = v.seq
    from (select distinct on (learner_id) * from unnest(p_events) where kind = 'language_set'
        order by learner_id, seq desc, n desc) v
    where l.learner_id = v.learner_id and v.seq > l.lang_seq;

    update core.learner l set role_choice = v.choice, role_seq = v.seq
    from (select distinct on (learner_id) * from unnest(p_events) where kind = 'role_set'
        order by learner_id, seq desc, n desc) v
    where l.learner_id = v.learner_id and v.seq > l.role_seq;

    insert into core.consent (learner_id, seq, n, purpose, is_given, at, course_id, lang, channel)
    select v.learner_id, v.seq, v.n,
        case when v.kind <> 'consented' then 'course' else
            (array['course', 'survey', 'reminders', 'sharing'])[coalesce(v.value, 1)] end,
        v.kind in ('consented', 'rejoined'), v.at, v.course_id, v.lang, v.channel
    from unnest(p_events) v
    where v.kind in ('consented', 'rejoined', 'stopped', 'erased')
    on conflict do nothing;

    insert into core.certificate as c (code, learner_id, course_id, lang, score, issued_at)
    select v.code, v.learner_id, v.course_id, v.lang, v.value, v.at
    from unnest(p_events) v
    where v.kind = 'certified'
        and not exists (select from core.certificate o where o.code = v.code and o.learner_id = v.learner_id);

    insert into core.safe_case (learner_id, seq, n, org_id, raised_at, source, sealed)
    select v.learner_id, v.seq, v.n, v.org_id, v.at, (array['keyword', 'word_list'])[v.value],
        case when v.learner_id <> all (p_erased) then decode(v.text, 'hex') end
    from unnest(p_events) v
    where v.kind = 'safe_raised'
    on conflict do nothing;

    insert into core.unknown_input (learner_id, seq, n, org_id, at, unit, lang, channel, text)
    select v.learner_id, v.seq, v.n, v.org_id, v.at, v.unit, v.lang, v.channel, left(v.text, 1600)
    from unnest(p_events) v
    where v.kind = 'unknown_input' and v.text is not null and v.learner_id <> all (p_erased)
    on conflict do nothing;

    insert into core.free_text (learner_id, seq, n, org_id, at, text)
    select v.learner_id, v.seq, v.n, v.org_id, v.at, left(v.text, 1600)
    from unnest(p_events) v
    where v.kind = 'answered' and v.text is not null and v.learner_id <> all (p_erased)
    on conflict do nothing;
end $$;

-- DELETE 1: what leads back to a person goes, the anonymous progress stays. A number that somebody
-- else learns on, or that joined anew, keeps its vault row.
create function core.erase(p_events core.event_row[]) returns void
language plpgsql
as $$
declare
    v_learners uuid[];
    v_numbers bytea[];
begin
    select array_agg(learner_id), array_agg(number_id) into v_learners, v_numbers
    from unnest(p_events) where kind = 'erased';

    update core.learner l set erased_at = v.at, network = null
    from unnest(p_events) v
    where v.kind = 'erased' and l.learner_id = v.learner_id and l.erased_at is null;
    delete from core.number_state where learner_id = any (v_learners) and number_id = any (v_numbers);
    delete from core.vault v
    where v.number_id = any (v_numbers)
        and not exists (select from core.number_state s where s.number_id = v.number_id);
    delete from core.free_text where learner_id = any (v_learners);
    delete from core.unknown_input where learner_id = any (v_learners);
    delete from ops.dead_letter where learner_id = any (v_learners);
    update core.safe_case set sealed = null where learner_id = any (v_learners);
end $$;

-- Outgoing SMS: several reports about one, in any order.
create function core.put_messages(p_envelopes jsonb) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    insert into core.message as m (message_id, learner_id, seq, channel, class, status, status_at, created_at,
            sent_at, attempts, segments, encoding, provider_id, error)
    select r.message_id, min(r.learner_id::text)::uuid, min(r.seq), min(r.channel), min(r.class), max(r.status),
        (array_agg(r.at order by r.status desc, r.at))[1], min(r.at),
        min(r.at) filter (where r.status = 'sent'), coalesce(max(r.attempt), 0), max(r.segments), max(r.encoding),
        left(max(r.provider_id), 255), left((array_agg(r.error order by r.status desc, r.at))[1], 500)
    from jsonb_to_recordset(p_envelopes) as r (
            type text, message_id text, learner_id uuid, seq integer, at timestamptz, channel text, class text,
            status core.message_status, provider_id text, segments smallint, encoding text, attempt smallint,
            error text)
    where r.type = 'message'
    group by r.message_id
    order by r.message_id
    on conflict (message_id) do update
        set status = greatest(m.status, excluded.status),
            status_at = case when excluded.status > m.status then excluded.status_at
                when excluded.status = m.status then least(m.status_at, excluded.status_at)
                else m.status_at end,
            created_at = least(m.created_at, excluded.created_at),
            sent_at = least(m.sent_at, excluded.sent_at),
            attempts = greatest(m.attempts, excluded.attempts),
            segments = greatest(m.segments, excluded.segments),
            encoding = coalesce(m.encoding, excluded.encoding),
            provider_id = greatest(m.provider_id, excluded.provider_id),
            error = case when excluded.status > m.status then excluded.error else m.error end;
end $$;

-- All envelopes, or none and an error. Without p_is_careful facts that are here already are an error,
-- too: looking for each of them first would cost a tenth of the speed.
create function core.ingest_all(p_envelopes jsonb, p_is_careful boolean) returns void
language plpgsql
as $$
declare
    v_steps core.step_row[] := core.read_steps(p_envelopes);
    v_events core.event_row[];
    v_milestones core.event_row[];
    v_rare core.event_row[];
    v_erased uuid[];
    v_has record;
begin
    select bool_or(s.type is null or s.type not in ('step', 'message')) as stranger,
        bool_or(s.type = 'message') as message,
        bool_or(s.type = 'step' and num_nulls(s.learner_id, s.number_id, s.seq, s.at, s.events) > 0) as incomplete,
        bool_or(s.course is not null and s.course_id is null) as new_course,
        bool_or(s.type = 'step' and (s.first_seq is null or s.seq < s.first_seq)) as new_learner
    into v_has from unnest(v_steps) s;
    if v_has.stranger then
        raise exception 'member type must be "step" or "message"' using errcode = 'invalid_parameter_value';
    elsif v_has.incomplete then
        raise exception 'one of the members learner_id, number_id, seq, at, events is missing'
            using errcode = 'not_null_violation';
    end if;
    if v_has.message then
        perform core.put_messages(p_envelopes);
    end if;
    if v_has.new_course then
        insert into core.course_version (course, version)
        select distinct s.course, s.version from unnest(v_steps) s where s.course is not null
        on conflict do nothing;
        v_steps := core.read_steps(p_envelopes);
    end if;
    v_events := core.read_events(v_steps);

    if v_has.new_learner then
        perform core.put_learners(v_steps);
    end if;
    insert into core.event (learner_id, at, seq, kind, phase, via, course_id, choice, value, attempt, org_id, n,
            correct, unit, channel, lang)
    select v.learner_id, v.at, v.seq, v.kind, v.phase, v.via, v.course_id, v.choice, v.value, v.attempt, v.org_id,
            v.n, v.correct, v.unit, v.channel, v.lang
    from unnest(v_events) v
    where not p_is_careful or not exists (
        select from core.event e where e.learner_id = v.learner_id and e.seq = v.seq and e.n = v.n);

    select array_agg(v) filter (where v.kind in ('consented', 'course_completed', 'certified', 'stopped',
                'rejoined', 'erased') or (not v.is_started and (v.kind = 'lesson_read'
                or v.phase in ('quiz', 'pretest', 'posttest')))),
        coalesce(array_agg(v) filter (where v.text is not null or v.kind in ('role_set', 'consented', 'stopped',
                'rejoined', 'erased', 'certified', 'safe_raised')), '{}'),
        coalesce(array_agg(v.learner_id) filter (where v.kind = 'erased'), '{}')
    into v_milestones, v_rare, v_erased from unnest(v_events) v;
    perform core.put_states(v_steps, v_erased);
    if v_milestones is not null then
        perform core.put_enrolments(v_milestones);
    end if;
    if v_rare <> '{}' then
        perform core.put_rare(v_rare, v_erased || array(select s.learner_id from unnest(v_steps) s where s.is_erased));
    end if;
    if v_erased <> '{}' then
        perform core.erase(v_rare);
    end if;
end $$;

-- Takes in a JSON array of envelopes (gateway/core/event.h), in any order and any number of times.
-- An envelope that cannot be stored makes the whole call fail with an error that names it.
create function core.ingest(p_envelopes jsonb) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state text;
    v_message text;
    v_envelope jsonb;
begin
    begin
        perform core.ingest_all(p_envelopes, false);
        return;
    exception when unique_violation then
        null; -- some facts are here already
    end;
    perform core.ingest_all(p_envelopes, true);
exception when others then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
    -- Only content is looked at again; a full disk or a deadlock is no envelope's fault.
    if left(v_state, 2) not in ('22', '23', '54') or jsonb_typeof(p_envelopes) <> 'array' then
        raise;
    end if;
    -- One by one, so that the error is about this envelope, and an array may hold one twice.
    for i in 0 .. jsonb_array_length(p_envelopes) - 1 loop
        v_envelope := p_envelopes -> i;
        begin
            perform core.ingest_all(jsonb_build_array(v_envelope), true);
        exception when others then
            get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
            raise exception 'envelope % (% seq %): %', i,
                coalesce(v_envelope ->> 'learner_id', v_envelope ->> 'message_id', 'nobody'),
                coalesce(v_envelope ->> 'seq', 'none'), v_message using errcode = v_state;
        end;
    end loop;
end $$;
comment on function core.ingest(jsonb) is
    'Stores an array of envelopes of the events stream; idempotent by (learner_id, seq, n).';

-- Puts aside what core.ingest refuses. The payload is bytes: it may be no valid text.
create function core.dead_letter(p_payload bytea, p_reason text) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
begin atomic
    insert into ops.dead_letter (learner_id, reason, payload)
    values (substring(encode(p_payload, 'escape') from
            '"learner_id" *: *"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"')::uuid,
        p_reason, p_payload)
    on conflict (payload_sha256) do nothing;
end;
comment on function core.dead_letter(bytea, text) is
    'Keeps one refused envelope and the reason; the same bytes are kept once.';

-- The newest state per number, in pages, for `waypost rebuild`. Start with p_after = ''.
create function core.states_page(p_after bytea, p_limit integer)
returns table (number_id bytea, state bytea, due_ms bigint)
language sql stable security definer
set search_path = pg_catalog, pg_temp
-- Walks the primary key: sorting all that is left for each page would take ages.
set enable_seqscan = off set enable_bitmapscan = off set enable_hashagg = off
begin atomic
    select n.number_id, s.state, coalesce(floor(extract(epoch from s.due_at) * 1000), 0)::bigint
    from (select distinct d.number_id from core.number_state d
            where d.number_id > p_after order by d.number_id limit p_limit) n
        cross join lateral (select l.state, l.due_at from core.number_state l
            where l.number_id = n.number_id order by l.at desc, l.seq desc limit 1) s
    order by n.number_id;
end;
comment on function core.states_page(bytea, integer) is
    'Newest state of up to p_limit numbers above p_after, in order of number_id.';

create function core.count_states() returns bigint
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select count(distinct s.number_id) from core.number_state s;
end;
comment on function core.count_states() is 'How many numbers core.states_page goes through.';

-- Published versions, oldest first: the last one is what new learners start.
create function core.published() returns table (course text, version text, bundle bytea)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select v.course, v.version, v.bundle from core.course_version v
    where v.hash is not null order by v.published_at, v.course_id;
end;
comment on function core.published() is 'Published course versions, oldest first.';

-- {"course","version","hash":"<64 hex>","bundle":"<base64>","units":[{"unit","module","module_kind",
-- "module_title","kind","title","text","choices":["..."],"right":[3]}]}, units in course order.
-- Again the same is nothing; another hash under a published version is refused: versions never change.
create function core.publish(p jsonb) returns void
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
end $$;
comment on function core.publish(jsonb) is 'Makes a course version immutable, with its texts for the reports.';

grant execute on function core.ingest(jsonb), core.dead_letter(bytea, text), core.publish(jsonb),
    core.states_page(bytea, integer), core.count_states(), core.published() to waypost_writer;
