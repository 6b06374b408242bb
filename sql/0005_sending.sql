-- What becomes of outgoing SMS: reports of the providers joined to what was sent, prices, and messages
-- that a cap kept back.

set local role waypost_owner;

-- undelivered: the provider reports a failure that may pass; nothing is sent again for it.
-- capped: a limit kept the message back before anything was sent (config: caps, countries).
alter type core.message_status add value 'undelivered' after 'sent';
alter type core.message_status add value 'capped' after 'failed';

alter table core.message
    add column country text check (country ~ '^[A-Z]{2}$'),
    add column network text check (char_length(network) <= 32),     -- operator, as the provider names it
    add column price numeric(12, 6) check (price >= 0),             -- all segments
    add column currency text check (currency ~ '^[A-Z]{3}$');
create index message_provider on core.message (channel, provider_id, created_at) where provider_id is not null;

-- Reports about messages that are not here (yet): a report may overtake the answer to its own send.
-- Kept for six hours and up to 10,000 a channel, so that made-up reports fill nothing.
create table core.parked_report (
    channel text not null,
    report_id text not null check (char_length(report_id) between 1 and 255),
    status core.message_status not null,
    status_at timestamptz not null,
    error text check (char_length(error) <= 500),
    parked_at timestamptz not null default now(),
    primary key (channel, report_id)
);
create index parked_report_age on core.parked_report (channel, parked_at);

create type core.report_row as (message_id text, status core.message_status, at timestamptz, error text);

-- Never backwards: the status is the greatest of all that was reported, whatever came first.
create function core.advance_messages(p_reports core.report_row[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    update core.message m
    set status = greatest(m.status, r.status),
        status_at = case when r.status > m.status then r.at
            when r.status = m.status then least(m.status_at, r.at) else m.status_at end,
        error = case when r.status > m.status then r.error else m.error end
    from (select message_id, max(status) as status, (array_agg(at order by status desc, at))[1] as at,
                (array_agg(error order by status desc, at))[1] as error
            from unnest(p_reports) group by message_id order by message_id) r
    where m.message_id = r.message_id;
end $$;

-- Outgoing SMS: several envelopes about one, in any order.
create or replace function core.put_messages(p_envelopes jsonb) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_reports core.report_row[];
begin
    insert into core.message as m (message_id, learner_id, seq, channel, class, status, status_at, created_at,
            sent_at, attempts, segments, encoding, provider_id, error, country, network, price, currency)
    select r.message_id, min(r.learner_id::text)::uuid, min(r.seq), min(r.channel), min(r.class), max(r.status),
        (array_agg(r.at order by r.status desc, r.at))[1], min(r.at),
        min(r.at) filter (where r.status = 'sent'), coalesce(max(r.attempt), 0), max(r.segments), max(r.encoding),
        left(max(r.provider_id), 255), left((array_agg(r.error order by r.status desc, r.at))[1], 500),
        max(r.country), left(max(r.network), 32), max(r.price), max(r.currency)
    from jsonb_to_recordset(p_envelopes) as r (
            type text, message_id text, learner_id uuid, seq integer, at timestamptz, channel text, class text,
            status core.message_status, provider_id text, segments smallint, encoding text, attempt smallint,
            error text, country text, network text, price numeric, currency text)
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
            error = case when excluded.status > m.status then excluded.error else m.error end,
            country = coalesce(m.country, excluded.country),
            network = coalesce(m.network, excluded.network),
            price = greatest(m.price, excluded.price),
            currency = coalesce(m.currency, excluded.currency);

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
    with report as materialized (
        select r.channel, left(r.id, 255) as report_id, max(r.status) as status,
            (array_agg(r.at order by r.status desc, r.at))[1] as at,
            left((array_agg(r.error order by r.status desc, r.at))[1], 500) as error
        from jsonb_to_recordset(p_envelopes) as r (type text, channel text, id text, status core.message_status,
                at timestamptz, error text)
        where r.type = 'report'
        group by r.channel, left(r.id, 255)
        order by r.channel, left(r.id, 255)),
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
        on conflict (channel, report_id) do update
            set status = greatest(p.status, excluded.status),
                status_at = case when excluded.status > p.status then excluded.status_at else p.status_at end,
                error = case when excluded.status > p.status then excluded.error else p.error end
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

-- All envelopes, or none and an error. Without p_is_careful facts that are here already are an error,
-- too: looking for each of them first would cost a tenth of the speed.
create or replace function core.ingest_all(p_envelopes jsonb, p_is_careful boolean) returns void
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
    select bool_or(s.type is null or s.type not in ('step', 'message', 'report')) as stranger,
        bool_or(s.type = 'message') as message,
        bool_or(s.type = 'report') as report,
        bool_or(s.type = 'step' and num_nulls(s.learner_id, s.number_id, s.seq, s.at, s.events) > 0) as incomplete,
        bool_or(s.course is not null and s.course_id is null) as new_course,
        bool_or(s.type = 'step' and (s.first_seq is null or s.seq < s.first_seq)) as new_learner
    into v_has from unnest(v_steps) s;
    if v_has.stranger then
        raise exception 'member type must be "step", "message" or "report"' using errcode = 'invalid_parameter_value';
    elsif v_has.incomplete then
        raise exception 'one of the members learner_id, number_id, seq, at, events is missing'
            using errcode = 'not_null_violation';
    end if;
    -- A message and the report about it may be taken in by two writers at once, and must not miss each other.
    if v_has.report then
        perform pg_advisory_xact_lock(hashtext('core.parked_report'));
    elsif v_has.message then
        perform pg_advisory_xact_lock_shared(hashtext('core.parked_report'));
    end if;
    if v_has.message then
        perform core.put_messages(p_envelopes);
    end if;
    if v_has.report then
        perform core.put_reports(p_envelopes);
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

-- As in 0002, and the operator of the messages goes, too.
create or replace function core.erase(p_events core.event_row[]) returns void
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
    update core.message set network = null where learner_id = any (v_learners) and network is not null;
end $$;

create view ops.messages as
select (created_at at time zone 'UTC')::date as day, channel, status::text as status, count(*) as n,
    sum(segments) as segments, sum(price) as price, currency
from core.message
group by 1, 2, 3, currency;
comment on view ops.messages is 'Outgoing SMS by day, channel and how far they got.';
comment on column ops.messages.day is 'Day on which the sender told of the message first, in UTC.';
comment on column ops.messages.channel is 'Channel that sent it.';
comment on column ops.messages.status is 'queued sending errored unknown sent undelivered delivered read failed capped; a report never moves a message to the left.';
comment on column ops.messages.n is 'Messages.';
comment on column ops.messages.segments is 'SMS that they were split into.';
comment on column ops.messages.price is 'What they cost by the prices in the configuration.';
comment on column ops.messages.currency is 'Currency of the price.';

create view ops.parked_reports as
select channel, count(*) as n, min(parked_at) as oldest_at from core.parked_report group by channel;
comment on view ops.parked_reports is 'Delivery reports about messages that are not known (yet). Many old ones: the provider reports an id that it did not give, or somebody makes reports up.';
comment on column ops.parked_reports.channel is 'Channel that they came by.';
comment on column ops.parked_reports.n is 'How many wait.';
comment on column ops.parked_reports.oldest_at is 'When the oldest came; after six hours they are forgotten.';

grant select on ops.messages, ops.parked_reports to waypost_writer, waypost_sender;
