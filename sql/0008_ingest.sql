-- How facts come in: core.put_steps takes the steps of a batch as arrays, one for each member, and writes what
-- happened, what is true now and what is counted.
--
-- All are SECURITY DEFINER functions of waypost_owner; the programs' logins can do nothing else. Statements run
-- with sequential scans and hash joins switched off: a plan that was made on an empty table must not stay when
-- the table has grown.

set local role waypost_owner;

-- ---- learners: what follows when organisation, cohort or is_test change ----

-- Adds these learners' units to core.unit_cohort (p_sign 1) or takes them away (-1).
create function core.add_counts(p_units core.learner_unit[], p_sign integer) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    insert into core.unit_cohort as t (org_id, course_id, unit, cohort_id, lang, reached, answered, n_right,
            post_answered, post_right)
    select u.org_id, u.course_id, u.unit, coalesce(u.cohort_id, 0), u.lang, p_sign * count(*),
        p_sign * count(u.is_right), p_sign * count(*) filter (where u.is_right),
        p_sign * count(u.is_post_right), p_sign * count(*) filter (where u.is_post_right)
    from unnest(p_units) u
    where not exists (select from core.learner l where l.org_id = u.org_id and l.learner = u.learner and l.is_test)
    group by u.org_id, u.course_id, u.unit, coalesce(u.cohort_id, 0), u.lang
    order by u.org_id, u.course_id, u.unit, coalesce(u.cohort_id, 0), u.lang
    on conflict (org_id, course_id, unit, cohort_id, lang) do update
        set reached = t.reached + excluded.reached, answered = t.answered + excluded.answered,
            n_right = t.n_right + excluded.n_right, post_answered = t.post_answered + excluded.post_answered,
            post_right = t.post_right + excluded.post_right;
end $$;

-- Waits until nothing is being taken in, and nothing is until the end of the transaction: a step must not
-- arrive in the organisation that its learner is leaving. Readers go on.
create function core.hold_ingest() returns trigger
language plpgsql
as $$
begin
    lock table core.membership in share row exclusive mode;
    return null;
end $$;

create function core.before_move() returns trigger
language plpgsql
as $$
begin
    perform core.add_counts(array(select u from core.learner_unit u where u.learner = old.learner), -1);
    return new;
end $$;

create function core.after_move() returns trigger
language plpgsql
as $$
begin
    if (new.org_id, new.cohort_id) is distinct from (old.org_id, old.cohort_id) then
        insert into core.membership (learner, org_id, cohort_id, since, until)
        values (old.learner, old.org_id, old.cohort_id, coalesce((select max(m.until) from core.membership m
            where m.learner = old.learner), old.created_at), clock_timestamp());
        update core.event set org_id = new.org_id, cohort_id = new.cohort_id
        where org_id = old.org_id and learner = new.learner;
        update core.enrolment set org_id = new.org_id, cohort_id = new.cohort_id
        where org_id = old.org_id and learner = new.learner;
        update core.learner_unit set org_id = new.org_id, cohort_id = new.cohort_id where learner = new.learner;
        update core.active_day set org_id = new.org_id where learner = new.learner;
        update core.free_text set org_id = new.org_id where learner = new.learner;
        update core.unknown_input set org_id = new.org_id where learner = new.learner;
        update core.safe_case set org_id = new.org_id where learner = new.learner;
    end if;
    perform core.add_counts(array(select u from core.learner_unit u where u.learner = new.learner), 1);
    return null;
end $$;

create trigger hold_ingest before update of org_id, cohort_id, is_test on core.learner
    for each statement execute function core.hold_ingest();
create trigger before_move before update of org_id, cohort_id, is_test on core.learner
    for each row execute function core.before_move();
create trigger after_move after update of org_id, cohort_id, is_test on core.learner
    for each row execute function core.after_move();

-- ---- steps ----

-- Learners nobody has heard of, and, where steps come out of order, an earlier beginning. From here on: what
-- phones and providers wrote is cut to its column rather than refused, so that a long network name costs nobody
-- the answer that came with it.
create function core.put_learners(p_number bytea[], p_learner uuid[], p_seq integer[], p_at timestamptz[],
    p_channel text[], p_via core.via[], p_network text[], p_lang text[], p_country text[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    insert into core.learner as l (learner_id, org_id, country, network, lang, first_channel, first_via, first_seq,
            created_at)
    select distinct on (s.learner_id) s.learner_id, o.org_id, s.country, left(s.network, 32), s.lang, s.channel, s.via,
        s.seq, s.at
    from unnest(p_learner, p_seq, p_at, p_channel, p_via, p_network, p_lang, p_country)
            as s (learner_id, seq, at, channel, via, network, lang, country)
        cross join (select i.org_id from core.organisation i where i.is_default) o
    where (select k.first_seq <= s.seq from core.learner k where k.learner_id = s.learner_id) is not true -- one by one
    order by s.learner_id, s.seq
    on conflict (learner_id) do update
        set country = excluded.country, network = case when l.erased_at is null then excluded.network end,
            lang = case when l.lang_seq = 0 then excluded.lang else l.lang end,
            first_channel = excluded.first_channel, first_via = excluded.first_via, first_seq = excluded.first_seq,
            created_at = excluded.created_at
        where excluded.first_seq < l.first_seq;
    insert into core.number_state (number_id, learner, seq, at)
    select s.number_id, l.learner, 0, s.at
    from unnest(p_number, p_learner, p_at) as s (number_id, learner_id, at)
        -- one by one: a join would look at all learners for each step
        cross join lateral (select k.learner from core.learner k
            where k.learner_id = s.learner_id and k.erased_at is null limit 1) l
    on conflict do nothing;
end $$;

-- By how much the n of a step must be moved so that it stands beside what is there under its seq: 0 = nothing
-- is, null = the very same step is.
create function core.shift_of(p_org smallint, p_learner bigint, p_seq integer, p_at timestamptz, p_n integer[],
    p_kind core.event_kind[], p_unit text[], p_choice integer[], p_value integer[]) returns smallint
language plpgsql
set enable_seqscan = off
as $$
declare
    v_found record;
    v_shift smallint := 0;
begin
    if p_n is null then
        return null; -- it has nothing to add
    end if;
    for v_found in
        select e.n / 8 as variant, min(e.at) as at, array_agg(row(e.n % 8, e.kind, e.unit, e.choice, e.value)
            order by e.n) as content
        from core.event e where e.org_id = p_org and e.learner = p_learner and e.seq = p_seq group by e.n / 8 order by 1
    loop
        if v_found.at = p_at and v_found.content is not distinct from (select array_agg(row(e.n, e.kind, e.unit,
                e.choice, e.value) order by e.n) from unnest(p_n, p_kind, p_unit, p_choice, p_value)
                as e (n, kind, unit, choice, value)) then
            return null;
        end if;
        v_shift := 8 * (v_found.variant + 1);
    end loop;
    return v_shift;
end $$;

-- Milestones of the course and the last unit. Events come in the order of (seq, n) of each learner.
create function core.put_enrolments(p_events core.event[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_new core.enrolment[];
    v_n bigint;
begin
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
    if v_new is null then
        return;
    end if;
    -- Nearly all are there, and an update costs half of what trying to insert does.
    update core.enrolment e
    set course_id = case when x.consent_at < coalesce(e.consent_at, 'infinity') then x.course_id
            else coalesce(e.course_id, x.course_id) end,
        consent_at = least(e.consent_at, x.consent_at),
        started_at = least(e.started_at, x.started_at),
        completed_at = least(e.completed_at, x.completed_at),
        certified_at = least(e.certified_at, x.certified_at),
        score = greatest(e.score, x.score),
        stopped_at = case when x.stop_seq > e.stop_seq then x.stopped_at else e.stopped_at end,
        stop_seq = greatest(e.stop_seq, x.stop_seq),
        last_at = case when x.last_seq > e.last_seq then x.last_at else e.last_at end,
        last_unit = case when x.last_seq > e.last_seq then x.last_unit else e.last_unit end,
        last_seq = greatest(e.last_seq, x.last_seq)
    from unnest(v_new) x
    where e.org_id = x.org_id and e.learner = x.learner and e.course = x.course;
    get diagnostics v_n = row_count;
    if v_n < cardinality(v_new) then
        insert into core.enrolment (course, course_id, org_id, consent_at, started_at, completed_at, certified_at, score,
                stop_seq, stopped_at, learner, cohort_id, last_at, last_seq, last_unit)
        select x.course, x.course_id, x.org_id, x.consent_at, x.started_at, x.completed_at, x.certified_at, x.score,
            x.stop_seq, x.stopped_at, x.learner, x.cohort_id, x.last_at, x.last_seq, x.last_unit
        from unnest(v_new) x
        where not exists (select from core.enrolment e
            where e.org_id = x.org_id and e.learner = x.learner and e.course = x.course);
    end if;
end $$;

create function core.units_of(p_events core.event[]) returns core.learner_unit[]
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    return array(
        select u
        from (select distinct v.learner, v.course_id, v.unit from unnest(p_events) v) k
            join core.learner_unit u using (learner, course_id, unit));
end $$;

-- Units on which learners were active. Of what was there before (p_is_careful: an answer in the
-- post-test, or a step out of order) the old count is taken away first.
create function core.put_units(p_events core.event[], p_is_careful boolean) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_units core.learner_unit[] := array(
        select row(g.learner, g.course_id, g.first_seq, g.first_at, (p_events[g.post]).seq, g.cohort_id, g.org_id,
            (p_events[g.plain]).choice, (p_events[g.plain]).correct, (p_events[g.post]).correct, g.unit,
            (p_events[g.one]).lang)::core.learner_unit
        from (
            select v.learner, v.course_id, v.unit, v.org_id, v.cohort_id, min(v.seq) as first_seq, min(v.at) as first_at,
                min(v.i) as one,
                -- who catches up has not read the lessons: reached, but no answer that says how hard a question is
                min(v.i) filter (where v.phase is null or v.phase::text not in ('posttest', 'catchup')) as plain,
                -- the first try; in the next one others may be asked (forms)
                min(v.i) filter (where v.phase = 'posttest' and coalesce(v.attempt, 1) = 1) as post
            from unnest(p_events) with ordinality as v (learner, at, seq, kind, phase, via, mode, course_id, choice, value,
                attempt, cohort_id, session, org_id, n, correct, unit, channel, lang, choices, i)
            where core.is_learning_action(v.kind, v.phase) and v.unit is not null and v.course_id is not null
            group by v.learner, v.course_id, v.unit, v.org_id, v.cohort_id) g);
begin
    if not p_is_careful then
        -- What is there is found by its key. A join would be planned once, perhaps while the table is empty, and then
        -- compare each unit with the whole table.
        with added as (
            insert into core.learner_unit as t select * from unnest(v_units)
            on conflict (learner, course_id, unit) do nothing
            returning t)
        select coalesce(array_agg(a.t), '{}') into v_units from added a;
        perform core.add_counts(v_units, 1);
        return;
    end if;
    perform core.add_counts(core.units_of(p_events), -1);
    insert into core.learner_unit as t select * from unnest(v_units)
    on conflict (learner, course_id, unit) do update
        set first_seq = least(t.first_seq, excluded.first_seq),
            first_at = least(t.first_at, excluded.first_at),
            lang = case when excluded.first_seq < t.first_seq then excluded.lang else t.lang end,
            choice = case when excluded.first_seq < t.first_seq then coalesce(excluded.choice, t.choice)
                else coalesce(t.choice, excluded.choice) end,
            is_right = case when excluded.first_seq < t.first_seq then coalesce(excluded.is_right, t.is_right)
                else coalesce(t.is_right, excluded.is_right) end,
            is_post_right = case when excluded.post_seq < coalesce(t.post_seq, 2147483647) then excluded.is_post_right
                else t.is_post_right end,
            post_seq = least(t.post_seq, excluded.post_seq);
    perform core.add_counts(core.units_of(p_events), 1);
end $$;

create function core.put_days(p_events core.event[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_new core.active_day[];
begin
    select array_agg(row(g.org_id, g.day, g.learner, g.n_sms, g.n_ussd)::core.active_day) into v_new
    from (
        select v.org_id, (v.at at time zone coalesce(c.time_zone, o.time_zone))::date as day, v.learner,
            count(*) filter (where v.via is distinct from 'ussd') as n_sms, count(*) filter (where v.via = 'ussd') as n_ussd
        from unnest(p_events) v
            join core.organisation o on o.org_id = v.org_id
            left join core.cohort c on c.cohort_id = v.cohort_id
        where core.is_learning_action(v.kind, v.phase)
        group by 1, 2, 3
        order by 1, 2, 3) g;
    -- Found by its key whatever the plan, as above.
    insert into core.active_day as t (org_id, day, learner, n_sms, n_ussd)
    select x.org_id, x.day, x.learner, x.n_sms, x.n_ussd from unnest(v_new) x
    on conflict (org_id, day, learner) do update
        set n_sms = t.n_sms + excluded.n_sms, n_ussd = t.n_ussd + excluded.n_ussd;
end $$;

-- What an event has beside its row in core.event.
create type core.rare_row as (learner bigint, number_id bytea, seq integer, n smallint, at timestamptz,
    kind core.event_kind, org_id smallint, course_id integer, channel text, via core.via, lang text, unit text,
    choice integer, value integer, code text, text text, is_erased boolean);

-- The rarer kinds, each with a table or column of its own. Of who was erased no words are kept, also when they
-- come late.
create function core.put_rare(p_events core.rare_row[]) returns void
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
    select v.learner, v.seq, v.n,
        case when v.kind <> 'consented' then 'course' else
            (array['course', 'survey', 'reminders', 'sharing'])[coalesce(v.value, 1)] end,
        v.kind in ('consented', 'rejoined'), v.at, v.course_id, v.lang, v.channel, v.via
    from unnest(p_events) v
    where v.kind in ('consented', 'rejoined', 'stopped', 'erased')
    on conflict do nothing;

    insert into core.certificate as c (code, learner, course_id, lang, score, issued_at)
    select v.code, v.learner, v.course_id, v.lang, v.value, v.at
    from unnest(p_events) v
    where v.kind = 'certified'
        and not exists (select from core.certificate o where o.code = v.code and o.learner = v.learner);

    insert into core.safe_case (learner, seq, n, org_id, raised_at, source, sealed)
    select v.learner, v.seq, v.n, v.org_id, v.at, (array['keyword', 'word_list'])[v.value],
        case when not v.is_erased then decode(v.text, 'hex') end
    from unnest(p_events) v
    where v.kind = 'safe_raised'
    on conflict do nothing;

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
end $$;

-- What leads back to a person goes, the anonymous progress stays. A number that somebody else learns on, or that
-- joined anew, keeps its vault row.
create function core.erase(p_learners bigint[], p_at timestamptz[], p_numbers bytea[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    update core.learner l set erased_at = v.at, network = null
    from unnest(p_learners, p_at) as v (learner, at)
    where l.learner = v.learner and l.erased_at is null;
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

-- Takes in the steps of a batch, in any order and any number of times: one array for each member of a step, then
-- one for each member of an event, whose p_step says to which step (from 1) it belongs. All or nothing.
create function core.put_steps(
    p_number bytea[], p_learner uuid[], p_seq integer[], p_at timestamptz[], p_due timestamptz[], p_channel text[],
    p_via text[], p_network text[], p_course text[], p_version text[], p_lang text[], p_country text[],
    p_session bigint[], p_mode text[], p_state bytea[], p_key_id integer[], p_nonce bytea[], p_ciphertext bytea[],
    p_step integer[], p_n integer[], p_kind text[], p_unit text[], p_phase text[], p_choice integer[],
    p_correct boolean[], p_attempt integer[], p_value integer[], p_code text[], p_text text[]
) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
-- The first plans of a connection would be made for its very arrays, and look for each element from their beginning.
set plan_cache_mode = force_generic_plan
as $$
declare
    v_via core.via[] := p_via::core.via[];
    v_mode core.mode[] := p_mode::core.mode[];
    v_kind core.event_kind[] := p_kind::core.event_kind[];
    v_phase core.phase[] := p_phase::core.phase[];
    -- what is known of each step
    v_learner bigint[];
    v_org smallint[];
    v_cohort integer[];
    v_course integer[];
    v_lang text[];
    v_is_erased boolean[];
    v_is_newer boolean[]; -- than all that was taken in of this learner
    v_has_earlier boolean;
    v_has_new_course boolean;
    -- a pass over them
    v_is_now boolean[];   -- is stored by it
    v_rest integer[];     -- steps that are perhaps here already, each in a pass of its own
    v_i integer;
    v_shift smallint := 0;
    v_is_careful boolean;
    v_events core.event[];
    v_rare core.rare_row[];
begin
    if cardinality(p_learner) = 0 then
        return;
    elsif num_nulls(array_position(p_number, null), array_position(p_learner, null), array_position(p_seq, null),
            array_position(p_at, null)) < 4 then
        raise exception 'one of the members number_id, learner_id, seq, at is missing'
            using errcode = 'not_null_violation';
    end if;
    lock table core.membership in row exclusive mode; -- see core.hold_ingest
    for v_try in 1 .. 2 loop -- again when something new was made
        with v as materialized ( -- a few, so that they are not looked up for each step
            select v.course, v.version, v.course_id
            from (select distinct s.course, s.version from unnest(p_course, p_version) as s (course, version)) d
                join core.course_version v on v.course = d.course and v.version = d.version)
        select array_agg(t.learner), array_agg(t.org_id), array_agg(t.cohort_id), array_agg(t.course_id),
            array_agg(t.lang), array_agg(t.is_erased), array_agg(t.is_newer), bool_or(t.is_earlier),
            bool_or(t.is_new_course)
        into v_learner, v_org, v_cohort, v_course, v_lang, v_is_erased, v_is_newer, v_has_earlier, v_has_new_course
        from (
            select l.learner, l.org_id, l.cohort_id, v.course_id, coalesce(s.lang, l.lang, 'und') as lang,
                l.erased_at is not null as is_erased,
                coalesce(s.seq > n.seq, false) as is_newer,
                l.learner is null or s.seq < l.first_seq as is_earlier,
                s.course is not null and v.course_id is null as is_new_course
            from unnest(p_learner, p_seq, p_course, p_version, p_lang) with ordinality
                    as s (learner_id, seq, course, version, lang, i)
                -- one by one, as in put_learners
                left join lateral (select k.learner, k.org_id, k.cohort_id, k.lang, k.erased_at, k.first_seq from core.learner k
                    where k.learner_id = s.learner_id limit 1) l on true
                left join lateral (select k.seq from core.number_state k where k.learner = l.learner limit 1) n on true
                left join v on v.course = s.course and v.version = s.version
            order by s.i) t;
        exit when not v_has_earlier and not v_has_new_course;
        if v_has_new_course then
            insert into core.course_version (course, version)
            select distinct s.course, s.version from unnest(p_course, p_version) as s (course, version)
            where s.course is not null
            on conflict do nothing;
        end if;
        if v_has_earlier then
            perform core.put_learners(p_number, p_learner, p_seq, p_at, p_channel, v_via, p_network, p_lang, p_country);
        end if;
    end loop;
    if 'erased' = any (v_kind) then
        v_is_erased := array(
            select t.is_erased or t.learner = any (array(select v_learner[e.step] from unnest(p_step, v_kind)
                as e (step, kind) where e.kind = 'erased'))
            from unnest(v_learner, v_is_erased) with ordinality as t (learner, is_erased, i) order by t.i);
    end if;
    perform core.make_month(min(t.at)), core.make_month(max(t.at)) from unnest(p_at) as t (at);

    -- At once: what is newer, and what came late but is not here. One by one: what looks as if it were.
    v_is_now := v_is_newer;
    if false = any (v_is_newer) or exists (select from unnest(v_learner, p_seq) as t (learner, seq)
            group by t.learner, t.seq having count(*) > 1) then
        v_is_now := array(
            select t.nth = 1 and (t.is_newer or not exists (
                select from core.event e where e.org_id = t.org_id and e.learner = t.learner and e.seq = t.seq))
            from (select s.org_id, s.learner, s.seq, s.is_newer, s.i,
                    row_number() over (partition by s.learner, s.seq order by s.i) as nth
                from unnest(v_org, v_learner, p_seq, v_is_newer) with ordinality
                        as s (org_id, learner, seq, is_newer, i)) t
            order by t.i);
        v_rest := array(select t.i from unnest(v_is_now) with ordinality as t (is_now, i) where not t.is_now order by t.i);
    end if;
    foreach v_i in array array[0] || v_rest loop
        if v_i > 0 then
            v_shift := core.shift_of(v_org[v_i], v_learner[v_i], p_seq[v_i], p_at[v_i], array_agg(e.n), array_agg(e.kind),
                    array_agg(e.unit), array_agg(e.choice), array_agg(e.value))
                from unnest(p_step, p_n, v_kind, p_unit, p_choice, p_value) as e (step, n, kind, unit, choice, value)
                where e.step = v_i;
            continue when v_shift is null;
            v_is_now := array(select s = v_i from generate_subscripts(p_seq, 1) s);
            v_is_newer[v_i] := false;
        end if;

        select array_agg(row(v_learner[e.step], p_at[e.step], p_seq[e.step], e.kind, e.phase, v_via[e.step],
                case when e.kind <> 'answered' then null when e.phase in ('pretest', 'posttest') then 'test'
                    else coalesce(v_mode[e.step], 'solo') end,
                v_course[e.step], e.choice, e.value, e.attempt, v_cohort[e.step], p_session[e.step], v_org[e.step],
                e.n + v_shift, e.correct, e.unit, p_channel[e.step], v_lang[e.step], c.choices)::core.event
                order by v_learner[e.step], p_seq[e.step], e.n),
            array_agg(row(v_learner[e.step], p_number[e.step], p_seq[e.step], e.n + v_shift, p_at[e.step], e.kind,
                v_org[e.step], v_course[e.step], p_channel[e.step], v_via[e.step], v_lang[e.step], e.unit, e.choice,
                e.value, e.code, e.text, v_is_erased[e.step])::core.rare_row)
                filter (where (e.text is not null and c.choices is null) or e.kind in ('role_set', 'consented', 'stopped', 'rejoined',
                    'erased', 'certified', 'corrected', 'safe_raised', 'moved'))
        into v_events, v_rare
        from unnest(p_step, p_n, v_kind, p_unit, v_phase, p_choice, p_correct, p_attempt, p_value, p_code, p_text)
                as e (step, n, kind, unit, phase, choice, correct, attempt, value, code, text)
            -- Where several options could be chosen, their numbers come as a text.
            cross join lateral (select case when e.text is not null and e.kind = 'answered' and e.text ~ '^[1-9](,[1-9])*$'
                then string_to_array(e.text, ',')::smallint[] end as choices) c
        where v_is_now[e.step];

        if exists (select from core.correction) then -- sql/0022_corrections.sql
            v_events := core.judge_anew(v_events);
        end if;
        insert into core.event (learner, at, seq, kind, phase, via, mode, course_id, choice, value, attempt, cohort_id,
                session, org_id, n, correct, unit, channel, lang, choices)
        select v.learner, v.at, v.seq, v.kind, v.phase, v.via, v.mode, v.course_id, v.choice, v.value, v.attempt,
            v.cohort_id, v.session, v.org_id, v.n, v.correct, v.unit, v.channel, v.lang, v.choices
        from unnest(v_events) v;

        update core.number_state t
        set number_id = p_number[s.i], seq = greatest(t.seq, p_seq[s.i]), at = p_at[s.i], due_at = p_due[s.i], state = coalesce(p_state[s.i], t.state)
        from (select distinct on (x.learner) x.learner, x.seq, x.at, x.i
            from unnest(v_learner, p_seq, p_at, v_is_now, v_is_erased) with ordinality as x (learner, seq, at, is_now, is_erased, i)
            where x.is_now and not x.is_erased
            order by x.learner, x.seq desc) s
        where t.learner = s.learner and (s.seq > t.seq or (v_shift > 0 and s.at > t.at));

        insert into core.vault as t (number_id, nonce, ciphertext, key_id, sealed_at)
        select distinct on (s.number_id) s.number_id, s.nonce, s.ciphertext, s.key_id, s.at
        from unnest(p_number, p_at, p_key_id, p_nonce, p_ciphertext, v_is_erased, v_is_now)
            as s (number_id, at, key_id, nonce, ciphertext, is_erased, is_now)
        where s.key_id is not null and s.is_now and not s.is_erased
        order by s.number_id, s.at desc
        on conflict (number_id) do update
            set nonce = excluded.nonce, ciphertext = excluded.ciphertext, key_id = excluded.key_id,
                sealed_at = excluded.sealed_at
            where excluded.sealed_at > t.sealed_at;

        if v_events is not null then
            perform core.put_enrolments(v_events);
            perform core.put_days(v_events);
            v_is_careful := v_shift > 0 or false = any (v_is_newer);
            if v_is_careful or array_position(v_phase, 'posttest') is null then
                perform core.put_units(v_events, v_is_careful);
            else
                perform core.put_units(array_agg(v) filter (where v.phase is distinct from 'posttest'), false),
                    core.put_units(array_agg(v) filter (where v.phase = 'posttest'), true)
                from unnest(v_events) v;
            end if;
        end if;
        if v_rare is not null then
            perform core.put_rare(v_rare);
        end if;
        if exists (select from unnest(v_rare) v where v.kind = 'erased') then
            perform core.erase(array_agg(v.learner), array_agg(v.at), array_agg(v.number_id))
            from unnest(v_rare) v where v.kind = 'erased';
        end if;
        if v_shift > 0 then
            insert into core.conflict (learner, seq, shift, at) values (v_learner[v_i], p_seq[v_i], v_shift, p_at[v_i]);
        end if;
    end loop;
end $$;

grant execute on function core.put_steps(bytea[], uuid[], integer[], timestamptz[], timestamptz[], text[], text[], text[], text[], text[],
        text[], text[], bigint[], text[], bytea[], integer[], bytea[], bytea[], integer[], integer[], text[], text[],
        text[], integer[], boolean[], integer[], integer[], text[], text[]) to waypost_writer;
comment on function core.put_steps(bytea[], uuid[], integer[], timestamptz[], timestamptz[], text[], text[], text[],
        text[], text[], text[], text[], bigint[], text[], bytea[], integer[], bytea[], bytea[], integer[], integer[],
        text[], text[], text[], integer[], boolean[], integer[], integer[], text[], text[]) is
    'Stores the steps of a batch of the event log; idempotent by (learner, seq, n).';
