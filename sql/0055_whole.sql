-- Functions that earlier migrations changed by other words in them, as they have stood since: each now stands whole in a file
-- (tests/sql/run.sh asks for that). Nothing they do is changed. core.reconcile and core.put_steps follow in 0056 and 0057.

set local role waypost_owner;

create or replace function core.put_rare(p_events core.rare_row[]) returns void
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_moved core.rare_row;
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
            and not (v.kind = 'erased' and exists (select from core.number_state s
                where s.number_id = v.number_id and s.learner <> v.learner))
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
    for v_moved in select v.* from unnest(p_events) v where v.kind = 'moved' order by v.at, v.seq, v.n loop
        continue when exists (select from core.number_state s where s.number_id = decode(v_moved.code, 'hex'));
        delete from core.vault t where t.number_id = decode(v_moved.code, 'hex');
        -- So do the groups that its owner looks after; where others stay on it, they stay with it.
        update core.facilitator f set number_id = v_moved.number_id
        where f.number_id = decode(v_moved.code, 'hex')
            and not exists (select from core.facilitator o where o.cohort_id = f.cohort_id and o.number_id = v_moved.number_id);
    end loop;
end $$;

create or replace function core.erase(p_learners bigint[], p_at timestamptz[], p_numbers bytea[]) returns void
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_known bytea[] := array(select distinct s.number_id from core.number_state s
        where s.learner = any (p_learners) and s.number_id = any (p_numbers));
begin
    update core.learner l set erased_at = v.at, network = null
    from unnest(p_learners, p_at) as v (learner, at)
    where l.learner = v.learner and l.erased_at is null;
    insert into core.erasing (learner, number_id, erased_at)
    select s.learner, s.number_id, l.erased_at
    from core.number_state s join core.learner l using (learner)
    where s.learner = any (p_learners) and s.number_id = any (p_numbers)
    on conflict do nothing;
    insert into core.erasing (learner, number_id, erased_at)
    select l.learner, v.number_id, l.erased_at
    from unnest(p_learners, p_numbers) as v (learner, number_id) join core.learner l on l.learner = v.learner
    where v.number_id is not null
        and exists (select from core.consent c where c.learner = l.learner and c.purpose = 'course' and c.is_given)
    on conflict do nothing;
    delete from core.number_state s where s.learner = any (p_learners) and s.number_id = any (p_numbers);
    delete from core.vault v
    where v.number_id = any (p_numbers)
        and not exists (select from core.number_state s where s.number_id = v.number_id);
    delete from core.facilitator f
    where f.number_id = any (v_known) and not exists (select from core.number_state s where s.number_id = f.number_id);
    delete from core.free_text t where t.learner = any (p_learners);
    delete from core.unknown_input t where t.learner = any (p_learners);
    delete from ops.dead_letter d
    where d.learner_id = any (array(select l.learner_id from core.learner l where l.learner = any (p_learners)));
    update core.safe_case c set sealed = null where c.learner = any (p_learners);
    update core.message m set network = null where m.learner = any (p_learners) and m.network is not null;
end $$;

create or replace function core.ingest_all(p_envelopes jsonb) returns void
language plpgsql
as $$
begin
    perform core.plan_anew();
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

create or replace function ops.move_learner(p_learner uuid, p_organisation text, p_cohort text default null::text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_org smallint := (select o.org_id from core.organisation o where o.code = p_organisation);
    v_cohort integer := (select c.cohort_id from core.cohort c where c.org_id = v_org and c.code = p_cohort);
begin
    perform core.plan_anew();
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

create or replace function ops.merge_organisations(p_from text, p_into text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_from smallint := (select o.org_id from core.organisation o where o.code = p_from);
    v_into smallint := (select o.org_id from core.organisation o where o.code = p_into);
    v_n bigint;
begin
    if v_from is null or v_into is null or v_from = v_into then
        raise exception 'two organisations are needed, by their codes; see core.organisation' using errcode = 'no_data_found';
    end if;
    insert into core.cohort (org_id, code, name, time_zone, course, lang, pace, start_on, dates, quiet_from, quiet_to,
        days_off, pauses, join_until, closed_at, created_at, away_at)
    select v_into, c.code, c.name, c.time_zone, c.course, c.lang, c.pace, c.start_on, c.dates, c.quiet_from, c.quiet_to,
        c.days_off, c.pauses, c.join_until, c.closed_at, c.created_at, c.away_at
    from core.cohort c where c.org_id = v_from
    on conflict (org_id, code) do nothing;
    update core.learner l
    set org_id = v_into,
        cohort_id = (select n.cohort_id from core.cohort o join core.cohort n on n.org_id = v_into and n.code = o.code
            where o.cohort_id = l.cohort_id)
    where l.org_id = v_from;
    get diagnostics v_n = row_count;
    update core.cohort c set join_code = null, closed_at = coalesce(c.closed_at, now()) where c.org_id = v_from;
    update core.cohort c set join_code = c.code::integer
    where c.org_id = v_into and c.join_code is null and c.code ~ '^[1-9][0-9]{5}$';
    insert into core.member (login, org_id) select m.login, v_into from core.member m where m.org_id = v_from
    on conflict do nothing;
    if (select o.is_default from core.organisation o where o.org_id = v_from) then
        update core.organisation set is_default = false where org_id = v_from;
        update core.organisation set is_default = true where org_id = v_into;
    end if;
    return v_n;
end $$;

create or replace function core.forget_numbers(p_numbers bytea[], p_now timestamptz default now()) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_due bytea[];
    v_learners bigint[];
begin
    perform core.plan_anew();
    select array_agg(x.learner) into v_learners from core.erasing x where x.number_id = any (p_numbers);
    if v_learners is not null then
        perform core.end_erasure(v_learners);
    end if;
    v_due := array(select d from core.numbers_to_forget(2147483647, p_now, p_numbers) d);
    select array_agg(n.learner) into v_learners from core.number_state n where n.number_id = any (v_due);
    if v_learners is null then
        return 0;
    end if;
    perform core.erase(v_learners, array_fill(p_now, array[cardinality(v_learners)]), v_due);
    perform core.end_erasure(v_learners);
    return cardinality(v_due);
end $$;

create or replace function core.cohort_figures(p core.cohort, p_zone text) returns text
language sql stable
as $$
with member as materialized (
    select l.learner from core.learner l
    where l.org_id = p.org_id and l.cohort_id = p.cohort_id and not l.is_test),
finished as (
    select e.unit, count(distinct e.learner) as n
    from member m cross join lateral core.events_of(p.org_id, m.learner) e
    where e.kind = 'module_completed'
    group by e.unit)
select concat_ws(';', 'joined=' || (select count(*) from member),
    'active=' || (select count(distinct d.learner) from member m join core.active_day d on d.learner = m.learner and d.day >= core.period_of('week', core.today_of(p)) and d.day < core.period_of('week', core.today_of(p)) + 7),
    'finished=' || (select upper(f.unit) || ':' || f.n from finished f
        order by 3 * f.n >= (select count(*) from member) desc, char_length(f.unit) desc, f.unit desc limit 1),
    'hardest=' || (select upper(u.unit) || ':' || round(100.0 * sum(u.n_right) / sum(u.answered))
        from core.unit_cohort u join core.unit t using (course_id, unit)
        where u.org_id = p.org_id and u.cohort_id = p.cohort_id and t.module_kind = 'lessons'
        group by u.unit having sum(u.answered) >= 5
        order by sum(u.n_right) / sum(u.answered), u.unit limit 1))
$$;

create or replace function core.cohort_line(p core.cohort) returns text
language sql stable
as $$
select concat_ws(';', 'name=' || p.name, 'org=' || translate(o.name, ';=', ',-'), 'lang=' || p.lang, 'course=' || p.course,
    'zone=' || coalesce(p.time_zone, o.time_zone), 'pace=' || p.pace, 'start=' || p.start_on,
    'dates=' || nullif(array_to_string(p.dates, ' '), ''),
    'pauses=' || (select string_agg(lower(r) || '..' || upper(r) - 1, ' ') from unnest(p.pauses) r),
    'quiet=' || to_char(p.quiet_from, 'HH24:MI') || '-' || to_char(p.quiet_to, 'HH24:MI'),
    'off=' || nullif(array_to_string(p.days_off, ' '), ''),
    'state=' || case when p.closed_at is null then 'open' else 'closed' end,
    'until=' || to_char(p.join_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'lead=' || (select string_agg(concat_ws(':', encode(f.number_id, 'hex'), encode(f.pin_salt, 'hex'),
        encode(f.pin_hash, 'hex')), ' ' order by f.added_at) from core.facilitator f where f.cohort_id = p.cohort_id),
    core.cohort_figures(p, coalesce(p.time_zone, o.time_zone)))
from core.organisation o where o.org_id = p.org_id and p.away_at is null
$$;

create or replace function core.change_cohort(p_code integer, p jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_cohort core.cohort;
begin
    update core.cohort c
    set away_at = null, closed_at = case when p -> 'closed' = 'true' then coalesce(c.closed_at, now())
            when p -> 'closed' = 'false' then null else c.closed_at end,
        join_until = case when p -> 'renew' = 'true' then now() + interval '30 days' else c.join_until end,
        pauses = case when p ? 'pause'
                then c.pauses || daterange((p -> 'pause' ->> 0)::date, (p -> 'pause' ->> 1)::date, '[]')
            when p -> 'resume' = 'true' then array(
                select case when upper(r) > core.today_of(c) then daterange(lower(r), core.today_of(c)) else r end
                from unnest(c.pauses) r where lower(r) < core.today_of(c))
            else c.pauses end
    where c.join_code = p_code
    returning * into v_cohort;
    if not found then
        raise exception 'there is no group %; `waypost cohort list` shows all', p_code using errcode = 'no_data_found';
    end if;
    return core.cohort_line(v_cohort);
end $$;

create or replace function core.cohorts(p_code integer default null::integer) returns table (code text, line text, name text, organisation text,
        course text, lang text, pace text, start_on text, join_until text, state text, members text, active text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
select c.join_code::text, core.cohort_line(c), c.name, o.code, c.course, c.lang, c.pace, c.start_on::text,
    to_char(c.join_until at time zone coalesce(c.time_zone, o.time_zone), 'YYYY-MM-DD HH24:MI'),
    case when c.closed_at is not null then 'closed'
        when core.today_of(c) <@ any (c.pauses) then 'paused'
        when c.join_until <= now() then 'full' else 'open' end,
    (select count(*) from core.learner l where l.org_id = c.org_id and l.cohort_id = c.cohort_id
        and not l.is_test)::text,
    (select count(distinct d.learner) from core.learner l join core.active_day d on d.learner = l.learner
        where l.org_id = c.org_id and l.cohort_id = c.cohort_id and not l.is_test
            and d.day >= core.period_of('week', core.today_of(c)) and d.day < core.period_of('week', core.today_of(c)) + 7)::text
from core.cohort c join core.organisation o using (org_id)
where c.join_code is not null and (p_code is null or c.join_code = p_code)
order by c.created_at, c.cohort_id
$$;

create or replace function core.set_facilitator(p_code integer, p_number text, p_salt text, p_hash text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_cohort core.cohort;
begin
    update core.cohort c set away_at = null where c.join_code = p_code returning * into v_cohort;
    if not found then
        raise exception 'there is no group %; `waypost cohort list` shows all', p_code using errcode = 'no_data_found';
    end if;
    delete from core.facilitator f where f.cohort_id = v_cohort.cohort_id and f.number_id = decode(p_number, 'hex');
    if p_hash is null and not found then
        raise exception 'that number does not look after group %', p_code using errcode = 'no_data_found';
    elsif p_hash is not null then
        if (select count(*) from core.facilitator f where f.cohort_id = v_cohort.cohort_id) >= 3 then
            raise exception 'group % has three facilitators already; remove one first', p_code
                using errcode = 'check_violation';
        end if;
        insert into core.facilitator (cohort_id, number_id, pin_salt, pin_hash)
        values (v_cohort.cohort_id, decode(p_number, 'hex'), decode(p_salt, 'hex'), decode(p_hash, 'hex'));
    end if;
    return core.cohort_line(v_cohort);
end $$;

create or replace function core.end_erasure(p_learners bigint[]) returns void
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    insert into core.erasure (hash)
    select core.erasure_hash(l.learner_id) from core.learner l where l.learner = any (p_learners)
    on conflict do nothing;
    insert into core.erasure_time (org_id, asked_on, hours)
    select l.org_id, (x.erased_at at time zone (select coalesce(c.time_zone, o.time_zone) from core.organisation o left join core.cohort c on c.cohort_id = l.cohort_id where o.org_id = l.org_id))::date, extract(epoch from now() - x.erased_at) / 3600
    from core.erasing x join core.learner l using (learner)
    where x.learner = any (p_learners);
    update core.learner l set learner_id = gen_random_uuid(), created_at = core.day_alone(l.created_at, l.learner),
        erased_at = core.day_alone(l.erased_at, l.learner), first_channel = null
    where l.learner = any (p_learners);
    update core.event e set at = core.day_alone(e.at, e.learner), session = null, channel = null
    from core.learner l where l.learner = any (p_learners) and e.org_id = l.org_id and e.learner = l.learner;
    update core.enrolment e set consent_at = core.day_alone(e.consent_at, e.learner), started_at = core.day_alone(e.started_at, e.learner),
        completed_at = core.day_alone(e.completed_at, e.learner), certified_at = core.day_alone(e.certified_at, e.learner),
        stopped_at = core.day_alone(e.stopped_at, e.learner), last_at = core.day_alone(e.last_at, e.learner)
    from core.learner l where l.learner = any (p_learners) and e.org_id = l.org_id and e.learner = l.learner;
    update core.consent c set at = core.day_alone(c.at, c.learner), channel = null where c.learner = any (p_learners);
    update core.certificate c set issued_at = core.day_alone(c.issued_at, c.learner) where c.learner = any (p_learners);
    update core.learner_unit u set first_at = core.day_alone(u.first_at, u.learner) where u.learner = any (p_learners);
    update core.membership m set since = core.day_alone(m.since, m.learner) where m.learner = any (p_learners);
    update core.lead_act a set at = core.day_alone(a.at, a.learner), taken_at = core.day_alone(a.taken_at, a.learner)
    where a.learner = any (p_learners);
    update core.group_answer a set at = core.day_alone(a.at, a.learner) where a.learner = any (p_learners);
    update core.broadcast_target t set at = core.day_alone(t.at, t.learner) where t.learner = any (p_learners);
    update core.correction_person p set told_at = core.day_alone(p.told_at, p.learner) where p.learner = any (p_learners);
    delete from core.conflict c where c.learner = any (p_learners);
    update core.message m set learner = null, provider_id = null, created_at = core.day_alone(m.created_at, m.learner),
        status_at = core.day_alone(m.status_at, m.learner), sent_at = core.day_alone(m.sent_at, m.learner)
    where m.learner = any (p_learners);
    delete from core.erasing x where x.learner = any (p_learners);
end $$;

create or replace function core.report_query(name text, arguments jsonb) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v report.catalogue;
    v_columns text[];
    v_known text[];
    v_salt text := gen_random_uuid();
    v_given text[] := '{}';
    v_where text[] := '{}';
    v_list text := '*';
    v_key text;
    v_place integer;
begin
    select * into v from report.catalogue c where c.name = report_query.name;
    if not found then
        perform core.refuse('report', name, (select string_agg(c.name, ', ' order by c.name) from report.catalogue c));
    end if;
    v_columns := string_to_array(v.columns, ', ');
    v_known := string_to_array(v.arguments, ', ');
    for v_key in select k from jsonb_object_keys(arguments) k order by k loop
        v_place := array_position(v_known, v_key);
        if v_place is not null then
            perform core.report_must_fit(v_key, arguments ->> v_key, (string_to_array(v.argument_types, ', '))[v_place]);
            v_given := v_given || format('%I => %L::%s', v_key, arguments ->> v_key, (string_to_array(v.argument_types, ', '))[v_place]);
        elsif v_key = any (string_to_array(v.filters, ', ')) then
            perform core.report_must_know(v_key, arguments ->> v_key);
            perform core.report_must_fit(v_key, arguments ->> v_key, case when v_key in ('from', 'to') then 'date' end);
            v_where := v_where || core.report_condition(v_key, arguments ->> v_key, v_columns);
        else
            perform core.refuse('option of ' || name, v_key, concat_ws(', ', nullif(v.arguments, ''), nullif(v.filters, '')));
        end if;
    end loop;
    if v.kind = 'sheet' then -- of the only course there is, unless one is named
        return core.wide_query(coalesce(arguments ->> 'course', (select max(s.course) from core.course_version s where s.hash is not null
            having count(distinct s.course) = 1)), v_salt);
    elsif v.kind = 'view' then
        select string_agg(core.export_column(u.name, u.type, v_columns, v_salt), ', ' order by u.place) into v_list
        from unnest(v_columns, string_to_array(v.column_types, ', ')) with ordinality as u (name, type, place);
    end if;
    return format('select %s from report.%I%s r%s', v_list, v.name, case v.kind when 'function' then '(' || array_to_string(v_given, ', ') || ')' end,
        coalesce(' where ' || nullif(array_to_string(v_where, ' and '), ''), ''));
end $$;

create or replace function core.rest_cohort(p_cohort integer, p_days integer) returns void
language sql
as $$
update core.cohort c
set pauses = case when p_days > 0 then array(
        select r from unnest(c.pauses) with ordinality as t (r, i)
        where upper(r) > core.today_of(c) or cardinality(c.pauses) < 8 order by i)
        || daterange(core.today_of(c), core.today_of(c) + p_days)
    else array(
        select case when upper(r) > core.today_of(c) then daterange(lower(r), core.today_of(c)) else r end
        from unnest(c.pauses) r where lower(r) < core.today_of(c)) end
where c.cohort_id = p_cohort
$$;

create or replace function core.group_calls() returns table (what text, code integer, number_id bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
select 'wake', c.join_code, s.number_id
from core.lead_act a
    join core.cohort c using (cohort_id)
    join core.learner l on l.org_id = c.org_id and l.cohort_id = c.cohort_id
    join core.number_state s on s.learner = l.learner
where a.kind = 'nudged' and a.taken_at > now() - interval '30 minutes'
union all
select 'quiet', c.join_code, s.number_id
from core.cohort c
    join core.learner l on l.org_id = c.org_id and l.cohort_id = c.cohort_id and not l.is_test and l.erased_at is null
    join core.number_state s on s.learner = l.learner
    cross join lateral (select g.is_given from core.consent g where g.learner = l.learner and g.purpose = 'share_group'
        order by g.seq desc, g.n desc limit 1) g
where g.is_given and exists (select from core.facilitator f where f.cohort_id = c.cohort_id)
    and c.start_on > core.today_of(c) - 200
    and not exists (select from core.active_day d where d.learner = l.learner and d.day > core.today_of(c) - 7)
limit 4000
$$;

create or replace function core.learner_cards(p_number text, p_learner uuid, p_what text, p_by text) returns table (learner_id text,
        number_id text, organisation text, cohort text, course text, version text, lang text, role text, consent_on text, started_on text,
        last_on text, modules text, completed_on text, certified text, stopped_on text, consents text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_learners bigint[] := array(
        select l.learner from core.learner l join core.number_state s on s.learner = l.learner
        where (p_learner is null or l.learner_id = p_learner) and (p_number is null or s.number_id = decode(p_number, 'hex'))
            and num_nonnulls(p_learner, p_number) > 0);
begin
    insert into core.learner_access (by_whom, what, learner) select left(p_by, 64), p_what, v from unnest(v_learners) v;
    return query
    select l.learner_id::text, encode(s.number_id, 'hex'), o.code, c.join_code::text, e.course, v.version, l.lang, l.role_choice::text,
        e.consent_at::date::text, e.started_at::date::text, e.last_at::date::text,
        (select string_agg(distinct x.unit, ' ') from core.events_of(l.org_id, l.learner) x
            where x.kind = 'module_completed'),
        e.completed_at::date::text, case when e.certified_at is not null then e.score || '%' end, e.stopped_at::date::text,
        (select string_agg(g.purpose, ' ' order by g.purpose) from (
            select distinct on (g.purpose) g.purpose, g.is_given from core.consent g where g.learner = l.learner
            order by g.purpose, g.seq desc, g.n desc) g where g.is_given)
    from core.learner l
        join core.number_state s on s.learner = l.learner
        join core.organisation o on o.org_id = l.org_id
        left join core.cohort c on c.cohort_id = l.cohort_id
        left join lateral (select * from core.enrolment n where n.learner = l.learner order by n.consent_at desc nulls last limit 1) e on true
        left join core.course_version v on v.course_id = e.course_id
    where l.learner = any (v_learners)
    order by l.learner;
end $$;

create or replace function core.test_scores(p_org smallint, p_learner bigint, p_versions integer[]) returns table (pre integer, post_first integer,
        post_best integer, running integer)
language sql stable
as $$
with answers as (
    select e.phase, e.attempt, count(*)::integer as n, (count(*) filter (where e.correct))::integer as n_right
    from core.events_of(p_org, p_learner) e
    where e.kind = 'answered' and e.course_id = any (p_versions)
        and e.phase in ('pretest', 'posttest')
    group by e.phase, e.attempt),
whole as (select max(a.n) as n from answers a)
select coalesce(max(a.n_right) filter (where a.phase = 'pretest'), 0),
    coalesce(max(a.n_right) filter (where a.phase = 'posttest' and a.attempt = 1 and a.n >= w.n), 0),
    coalesce(max(a.n_right) filter (where a.phase = 'posttest' and a.n >= w.n), 0),
    coalesce(max(a.n_right) filter (where a.phase = 'posttest' and a.n < w.n), 0)
from answers a cross join whole w
$$;

create or replace function core.next_of_correction(p_id integer, p_after bigint) returns table (learner text, learner_id text, number_id text,
        seq text, is_right text, pre text, post_first text, post_best text, running text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v core.correction;
    v_versions integer[];
begin
    select * into v from core.correction where correction_id = p_id;
    v_versions := array(select c.course_id from core.course_version c where c.course = v.course);
    return query
    select l.learner::text, l.learner_id::text, encode(s.number_id, 'hex'),
        (select max(o.seq) from core.number_state o where o.number_id = s.number_id)::text,
        exists (select from core.events_of(l.org_id, l.learner) e where e.kind = 'answered'
            and e.unit = v.unit and e.course_id = any (v_versions) and e.phase::text in ('quiz', 'catchup') and e.correct)::integer::text,
        t.pre::text, t.post_first::text, t.post_best::text, t.running::text
    from core.correction_person p
        join core.learner l on l.learner = p.learner
        join core.number_state s on s.learner = l.learner
        cross join lateral core.test_scores(l.org_id, l.learner, v_versions) t
    where p.correction_id = p_id and p.told_at is null and p.learner > p_after and l.erased_at is null
    order by p.learner limit 100;
end $$;

create or replace function core.publish_month(p_month date, p_now timestamptz default now()) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_month date := date_trunc('month', p_month::timestamp)::date;
    v_end timestamptz := (v_month + interval '1 month') at time zone 'UTC';
    v_is_sensitive boolean := exists (select from core.sensitive_country);
    v_least integer := case when v_is_sensitive then 20 else 10 end;
    v_room constant integer := 2;
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
    rounded as (
        select b.course, b.by, b.value, b.kind, b.n, case when not coalesce(b.is_small, false)
            and not (b.place = 1 and b.n > 0 and (b.n_small = 1 or b.n_small > 1 and b.in_small < v_least)) then core.public_count(b.n, v_least) end as shown
        from beside b),
    -- How far all values together may be below what is said of them, and above: their sum is known, so with no room at all each is known.
    said as (
        select r.course, r.by, r.value, r.kind, r.n, case when r.by = 'all' or r.is_any_unsaid or r.n_values = 1 or r.below >= v_room and r.above >= v_room then r.shown end as shown
        from (select x.*, bool_or(x.shown is null) over same as is_any_unsaid, count(*) filter (where x.n > 0) over same as n_values,
                sum(x.n - greatest(x.shown - 2, v_least)) filter (where x.n > 0) over same as below, sum(x.shown + 2 - x.n) filter (where x.n > 0) over same as above
            from rounded x window same as (partition by x.course, x.by, x.kind)) r),
    rows as (
        select s.course, s.by, s.value, max(s.shown) filter (where s.kind = 'enrolled') as enrolled, max(s.shown) filter (where s.kind = 'started') as started,
            max(s.shown) filter (where s.kind = 'completed') as completed, max(s.shown) filter (where s.kind = 'certified') as certified,
            max(case s.by when 'all' then s.n else s.shown end) filter (where s.kind = 'started') as n_started,
            round(100.0 * max(case s.by when 'all' then s.n else s.shown end) filter (where s.kind = 'completed') / nullif(max(case s.by when 'all' then s.n else s.shown end) filter (where s.kind = 'started'), 0)) as percent
        from said s group by 1, 2, 3)
    insert into core.public_figure (month, course, by, value, enrolled, started, completed, certified, percent_completed)
    select v_month, r.course, r.by, r.value, r.enrolled, r.started, r.completed, r.certified,
        case when r.started >= v_least and r.completed is not null then
            case when r.n_started >= 30 then round(r.percent / 5) * 5 else least(95, greatest(5, round(r.percent / 5) * 5)) end end::integer
    from rows r;
    get diagnostics v_n = row_count;
    return v_n;
end $$;

create or replace function core.erase_again(p_lines text) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_came bytea[] := array(select distinct decode(l, 'hex') from regexp_split_to_table(p_lines, E'\n') l where l ~ '^[0-9a-f]{64}$');
    v_new bytea[];
    v_learners bigint[];
    v_numbers bytea[];
begin
    perform core.plan_anew();
    with put as (insert into core.erasure (hash) select unnest(v_came) on conflict do nothing returning hash)
    select array_agg(p.hash) into v_new from put p;
    if v_new is not null then
        v_learners := array(select l.learner from core.learner l join unnest(v_new) as n (hash) on n.hash = core.erasure_hash(l.learner_id));
        v_numbers := array(select distinct n.number_id from core.number_state n where n.learner = any (v_learners));
        insert into core.suppression as s (hash, since)
        select core.suppression_hash(n.number_id), max(n.at) from core.number_state n
        where n.number_id = any (v_numbers) group by n.number_id having bool_and(n.learner = any (v_learners))
        on conflict (hash) do update set since = greatest(s.since, excluded.since);
        perform core.erase(v_learners, array_fill(now(), array[cardinality(v_learners)]), v_numbers);
        perform core.end_erasure(array(select unnest(v_learners) except select x.learner from core.erasing x));
    end if;
    return query select encode(e.hash, 'hex') from core.erasure e where not exists (select from unnest(v_came) as c (hash) where c.hash = e.hash);
end $$;

reset role;
