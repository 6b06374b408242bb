-- What is done for each event or person costs the same however many there are, whatever a connection's plans were made for.

set local role waypost_owner;

-- A function as it stands, with other words in it; what is not there is an error.
create function core.change(p_function regprocedure, variadic p_changes text[]) returns void
language plpgsql
as $$
declare
    v_text text := pg_get_functiondef(p_function);
begin
    for i in 1 .. cardinality(p_changes) / 2 loop
        if strpos(v_text, p_changes[2 * i - 1]) = 0 then
            raise exception '% does not read as it did: %', p_function, p_changes[2 * i - 1];
        end if;
        v_text := replace(v_text, p_changes[2 * i - 1], p_changes[2 * i]);
    end loop;
    execute v_text;
end $$;

-- ---- plans ----

-- A connection keeps the plans of its functions. One that was made while a table was empty or had a page compares each row of a batch
-- with the whole table, and PostgreSQL throws it away only at the next ANALYZE, which may be long after the statement's timeout. So they are made
-- anew whenever there are twice as many learners as then: some thirty times in a connection's life.
create function core.plan_anew() returns void
language plpgsql
as $$
declare
    v_n bigint := coalesce(pg_sequence_last_value('core.learner_learner_seq'), 0); -- about, and without counting them
begin
    if v_n >= 2 * coalesce(nullif(current_setting('waypost.planned_for', true), '')::bigint, 0) then
        discard plans;
        perform set_config('waypost.planned_for', v_n::text, false);
    end if;
end $$;
select core.change('core.put_steps(bytea[], uuid[], integer[], timestamptz[], timestamptz[], text[], text[], text[], text[], text[], text[], text[],
        bigint[], text[], bytea[], integer[], bytea[], bytea[], integer[], integer[], text[], text[], text[], integer[], boolean[], integer[], integer[], text[], text[])',
    E'begin\n    if cardinality(p_learner) = 0', E'begin\n    perform core.plan_anew();\n    if cardinality(p_learner) = 0');
select core.change('core.ingest_all(jsonb)', E'begin\n', E'begin\n    perform core.plan_anew();\n');
select core.change('core.reconcile(jsonb)', E'begin\n', E'begin\n    perform core.plan_anew();\n');
alter function core.reconcile(jsonb) set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off;
select core.change('core.forget_numbers(bytea[], timestamptz)', E'begin\n', E'begin\n    perform core.plan_anew();\n');
select core.change('core.erase_again(text)', E'begin\n', E'begin\n    perform core.plan_anew();\n');
select core.change('ops.move_learner(uuid, text, text)', E'begin\n', E'begin\n    perform core.plan_anew();\n');

-- ---- the writer ----

-- As it was, but found by its key whatever the plan: enrolment_organisation, which begins with the organisation, too, looked as good for an
-- update, and led each row of a batch past all of its people.
create or replace function core.put_enrolments(p_events core.event[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_new core.enrolment[];
begin
    if exists (select from unnest(p_events) v where v.kind = 'stopped' and v.choice = 1) then
        update core.learner l set is_passed_on = true
        where l.learner = any (array(select v.learner from unnest(p_events) v where v.kind = 'stopped' and v.choice = 1));
    end if;
    select array_agg(row(g.course, g.course_id, g.org_id, g.consent_at, g.started_at, g.completed_at, g.certified_at,
            g.score, coalesce((p_events[g.stop]).seq, 0),
            case when (p_events[g.stop]).kind <> 'rejoined' then (p_events[g.stop]).at end, g.learner, g.cohort_id,
            (p_events[g.last]).at, coalesce((p_events[g.last]).seq, 0), (p_events[g.last]).unit)::core.enrolment)
    into v_new
    from (
        select v.org_id, v.learner, c.course, min(v.cohort_id) as cohort_id,
            coalesce((p_events[min(v.i) filter (where v.kind = 'consented')]).course_id, min(v.course_id)) as course_id,
            min(v.at) filter (where v.kind = 'consented') as consent_at,
            min(v.at) filter (where a.is_action) as started_at,
            min(v.at) filter (where v.kind = 'course_completed') as completed_at,
            min(v.at) filter (where v.kind = 'certified') as certified_at,
            max(v.value) filter (where v.kind = 'certified') as score,
            max(v.i) filter (where v.kind in ('stopped', 'rejoined', 'erased')) as stop,
            max(v.i) filter (where a.is_action) as last
        from unnest(p_events) with ordinality as v (learner, at, seq, kind, phase, via, mode, course_id, choice, value,
                attempt, cohort_id, session, org_id, n, correct, unit, channel, lang, choices, i)
            cross join lateral (select core.is_learning_action(v.kind, v.phase) as is_action) a
            join core.course_version c on c.course_id = v.course_id
        where a.is_action or v.kind in ('consented', 'course_completed', 'certified', 'stopped', 'rejoined', 'erased')
        group by v.org_id, v.learner, c.course
        order by v.org_id, v.learner, c.course) g;
    insert into core.enrolment as e (course, course_id, org_id, consent_at, started_at, completed_at, certified_at, score,
            stop_seq, stopped_at, learner, cohort_id, last_at, last_seq, last_unit)
    select x.course, x.course_id, x.org_id, x.consent_at, x.started_at, x.completed_at, x.certified_at, x.score,
        x.stop_seq, x.stopped_at, x.learner, x.cohort_id, x.last_at, x.last_seq, x.last_unit
    from unnest(v_new) x
    on conflict (org_id, learner, course) do update
        set course_id = case when excluded.consent_at < coalesce(e.consent_at, 'infinity') then excluded.course_id
                else coalesce(e.course_id, excluded.course_id) end,
            consent_at = least(e.consent_at, excluded.consent_at),
            started_at = least(e.started_at, excluded.started_at),
            completed_at = least(e.completed_at, excluded.completed_at),
            certified_at = least(e.certified_at, excluded.certified_at),
            score = greatest(e.score, excluded.score),
            stopped_at = case when excluded.stop_seq > e.stop_seq then excluded.stopped_at else e.stopped_at end,
            stop_seq = greatest(e.stop_seq, excluded.stop_seq),
            last_at = case when excluded.last_seq > e.last_seq then excluded.last_at else e.last_at end,
            last_unit = case when excluded.last_seq > e.last_seq then excluded.last_unit else e.last_unit end,
            last_seq = greatest(e.last_seq, excluded.last_seq);
end $$;

-- Who moves to a new number is rare: one by one, and the vault is only looked into for the old one.
select core.change('core.put_rare(core.rare_row[])', E'AS $function$\nbegin\n', E'AS $function$\ndeclare\n    v_moved core.rare_row;\nbegin\n',
    $was$    delete from core.vault t
    where t.number_id in (select decode(v.code, 'hex') from unnest(p_events) v where v.kind = 'moved')
        and not exists (select from core.number_state s where s.number_id = t.number_id);
    -- So do the groups that its owner looks after; where others stay on it, they stay with it.
    update core.facilitator f set number_id = v.number_id
    from unnest(p_events) v
    where v.kind = 'moved' and f.number_id = decode(v.code, 'hex')
        and not exists (select from core.number_state s where s.number_id = f.number_id)
        and not exists (select from core.facilitator o where o.cohort_id = f.cohort_id and o.number_id = v.number_id);
$was$, $now$    for v_moved in select v.* from unnest(p_events) v where v.kind = 'moved' order by v.at, v.seq, v.n loop
        continue when exists (select from core.number_state s where s.number_id = decode(v_moved.code, 'hex'));
        delete from core.vault t where t.number_id = decode(v_moved.code, 'hex');
        -- So do the groups that its owner looks after; where others stay on it, they stay with it.
        update core.facilitator f set number_id = v_moved.number_id
        where f.number_id = decode(v_moved.code, 'hex')
            and not exists (select from core.facilitator o where o.cohort_id = f.cohort_id and o.number_id = v_moved.number_id);
    end loop;
$now$);
create index facilitator_number on core.facilitator (number_id);

-- ---- erasure ----

-- Of all numbers, or of those that are named, who were away for long: each person who is forgotten had all numbers read.
create function core.numbers_to_forget(p_limit integer, p_now timestamptz, p_numbers bytea[]) returns setof bytea
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query execute $query$
        select n.number_id
        from core.number_state n
            join core.learner l on l.learner = n.learner
            left join core.enrolment e on e.org_id = l.org_id and e.learner = l.learner
        where n.at < $2 - interval '1 month'
            and not exists (select from core.facilitator f join core.cohort c using (cohort_id)
                where f.number_id = n.number_id and c.closed_at is null and coalesce(c.start_on, c.created_at::date) > $2 - interval '200 days')
            $query$ || case when p_numbers is not null then 'and n.number_id = any ($3)' else '' end || $query$
        group by n.number_id
        having max(greatest(l.created_at, e.consent_at, e.last_at, e.completed_at, e.stopped_at,
                case when e.completed_at is null and e.stopped_at is null then n.at end)
            + case when e.completed_at is null and e.stopped_at is null then interval '6 months' else interval '12 months' end) < $2
        order by n.number_id
        limit $1$query$ using p_limit, p_now, p_numbers;
end $$;
comment on function core.numbers_to_forget(integer, timestamptz, bytea[]) is 'As without the last argument, of these numbers.';
create or replace function core.numbers_to_forget(p_limit integer, p_now timestamptz default now()) returns setof bytea
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select n from core.numbers_to_forget(p_limit, p_now, null) n;
end;
select core.change('core.forget_numbers(bytea[], timestamptz)', 'core.numbers_to_forget(2147483647, p_now) d where d = any (p_numbers)',
    'core.numbers_to_forget(2147483647, p_now, p_numbers) d');
alter function core.forget_numbers(bytea[], timestamptz) set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off;

-- What is erased of a person in lists that go by broadcast or correction is found by the person.
create index broadcast_target_learner on core.broadcast_target (learner);
create index correction_person_learner on core.correction_person (learner);

-- ---- one person's events, and days ----

-- By key: where only some kinds of a learner are asked for, an index of that kind's, which begins with the organisation, looks as good
-- in a month that was not analyzed yet.
create function core.events_of(p_org smallint, p_learner bigint) returns setof core.event
language sql stable rows 100
set enable_seqscan = off set enable_bitmapscan = off
as $$
select e from core.event e where e.org_id = p_org and e.learner = p_learner
$$;
comment on function core.events_of is 'All events of a learner, found by key.';
select core.change('core.test_scores(smallint, bigint, integer[])', E'from core.event e\n    where e.org_id = p_org and e.learner = p_learner and e.kind',
    E'from core.events_of(p_org, p_learner) e\n    where e.kind');
select core.change('core.next_of_correction(integer, bigint)', E'from core.event e where e.org_id = l.org_id and e.learner = l.learner and e.kind',
    E'from core.events_of(l.org_id, l.learner) e where e.kind');
select core.change('core.learner_cards(text, uuid, text, text)', E'from core.event x\n            where x.org_id = l.org_id and x.learner = l.learner and x.kind',
    E'from core.events_of(l.org_id, l.learner) x\n            where x.kind');
select core.change('core.cohort_figures(core.cohort, text)',
    'from member m join core.event e on e.org_id = p.org_id and e.learner = m.learner and e.kind = ''module_completed''',
    E'from member m cross join lateral core.events_of(p.org_id, m.learner) e\n    where e.kind = ''module_completed''',
    'd.org_id = p.org_id
        and d.learner = m.learner', 'd.learner = m.learner');
select core.change('core.cohorts(integer)', 'd.org_id = l.org_id
        and d.learner = l.learner', 'd.learner = l.learner');
select core.change('core.group_calls()', 'd.org_id = l.org_id and d.learner = l.learner', 'd.learner = l.learner');

drop function core.change(regprocedure, text[]);

reset role;
