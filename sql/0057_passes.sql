-- What the writer does for each event, with fewer passes over the same rows: of 1,000 instructions of PostgreSQL some 70 less
-- (tests/bench/README.md). What the functions do is the same.

set local role waypost_owner;

-- ---- steps ----

-- In a batch of people who answer each learner comes once: nothing is then to be sorted to find that out for each step, or
-- looked for twice. And only some batches have sealed numbers.
create or replace function core.put_steps(p_number bytea[], p_learner uuid[], p_seq integer[], p_at timestamptz[], p_due timestamptz[],
        p_channel text[], p_via text[], p_network text[], p_course text[], p_version text[], p_lang text[], p_country text[], p_session bigint[],
        p_mode text[], p_state bytea[], p_key_id integer[], p_nonce bytea[], p_ciphertext bytea[], p_step integer[], p_n integer[], p_kind text[],
        p_unit text[], p_phase text[], p_choice integer[], p_correct boolean[], p_attempt integer[], p_value integer[], p_code text[],
        p_text text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
    v_via core.via[] := p_via::core.via[];
    v_mode core.mode[] := p_mode::core.mode[];
    v_kind core.event_kind[] := p_kind::core.event_kind[];
    v_phase core.phase[] := p_phase::core.phase[];
    -- the learners, each once, and what is known of them
    v_ids uuid[];
    v_who integer[];      -- whose each step is
    v_key bigint[];
    v_key_org smallint[];
    v_key_cohort integer[];
    v_key_lang text[];
    v_key_is_erased boolean[];
    v_key_first integer[];
    v_key_seq integer[];  -- of the last step that was taken in
    v_key_is_new boolean[];
    -- and of each step
    v_is_earlier boolean[]; -- than all that was taken in of this learner
    v_learner bigint[];
    v_org smallint[];
    v_cohort integer[];
    v_course integer[];
    v_lang text[];
    v_is_erased boolean[];
    v_is_newer boolean[]; -- than all that was taken in of this learner
    v_has_new_course boolean;
    -- a pass over them
    v_is_now boolean[];   -- is stored by it
    v_last integer[];     -- the last step of each learner
    v_n bigint;
    v_rest integer[];     -- steps that are perhaps here already, each in a pass of its own
    v_is_here boolean[];  -- which of them are
    v_i integer;
    v_shift smallint := 0;
    v_is_careful boolean;
    v_events core.event[];
    v_rare core.rare_row[];
begin
    perform core.plan_anew();
    if cardinality(p_learner) = 0 then
        return;
    elsif num_nulls(array_position(p_number, null), array_position(p_learner, null), array_position(p_seq, null),
            array_position(p_at, null)) < 4 then
        raise exception 'one of the members number_id, learner_id, seq, at is missing'
            using errcode = 'not_null_violation';
    end if;
    lock table core.membership in row exclusive mode; -- see core.hold_ingest
    if (select count(distinct s.learner_id) from unnest(p_learner) as s (learner_id)) = cardinality(p_learner) then
        v_ids := p_learner; -- as people who answer do
        v_who := array(select generate_subscripts(p_learner, 1));
    else
        select array_agg(t.who), array_agg(t.learner_id order by t.who) filter (where t.is_first)
        into v_who, v_ids
        from (select s.learner_id, (dense_rank() over w)::integer as who,
                lag(s.learner_id) over w is distinct from s.learner_id as is_first
            from unnest(p_learner) with ordinality as s (learner_id, i)
            window w as (order by s.learner_id)
            order by s.i) t;
    end if;
    for v_try in 1 .. 2 loop -- again when somebody is new
        select array_agg(t.learner), array_agg(t.org_id), array_agg(t.cohort_id), array_agg(t.lang),
            array_agg(t.erased_at is not null), array_agg(t.first_seq), array_agg(coalesce(t.seq, case when v_key_is_new[t.i] then 0 end))
        into v_key, v_key_org, v_key_cohort, v_key_lang, v_key_is_erased, v_key_first, v_key_seq
        from (
            select w.i::integer, l.learner, l.org_id, l.cohort_id, l.lang, l.erased_at, l.first_seq, n.seq
            from unnest(v_ids) with ordinality as w (learner_id, i)
                -- one by one: a join would look at all learners
                left join lateral (select k.learner, k.org_id, k.cohort_id, k.lang, k.erased_at, k.first_seq from core.learner k
                    where k.learner_id = w.learner_id limit 1) l on true
                left join lateral (select k.seq from core.number_state k where k.learner = l.learner limit 1) n on true
            order by w.i) t;
        v_is_earlier := array(
            select v_key_first[s.who] is null or s.seq < v_key_first[s.who]
            from unnest(v_who, p_seq) with ordinality as s (who, seq, i) order by s.i);
        exit when not true = any (v_is_earlier);
        v_key_is_new := array(select k.learner is null from unnest(v_key) with ordinality as k (learner, i) order by k.i);
        perform core.put_learners(v_is_earlier, p_learner, p_seq, p_at, p_channel, v_via, p_network, p_lang, p_country);
    end loop;
    for v_try in 1 .. 2 loop -- again when a course is
        with v as materialized ( -- a few, so that they are not looked up for each step
            select v.course, v.version, v.course_id
            from (select distinct s.course, s.version from unnest(p_course, p_version) as s (course, version)) d
                join core.course_version v on v.course = d.course and v.version = d.version)
        select array_agg(v_key[t.who]), array_agg(v_key_org[t.who]), array_agg(v_key_cohort[t.who]), array_agg(t.course_id),
            array_agg(coalesce(t.lang, v_key_lang[t.who], 'und')), array_agg(v_key_is_erased[t.who]),
            array_agg(coalesce(t.seq > v_key_seq[t.who], false)), bool_or(t.course is not null and t.course_id is null)
        into v_learner, v_org, v_cohort, v_course, v_lang, v_is_erased, v_is_newer, v_has_new_course
        from (
            select s.who, s.seq, s.lang, s.course, v.course_id
            from unnest(v_who, p_seq, p_course, p_version, p_lang) with ordinality as s (who, seq, course, version, lang, i)
                left join v on v.course = s.course and v.version = s.version
            order by s.i) t;
        exit when not v_has_new_course;
        insert into core.course_version (course, version)
        select distinct s.course, s.version from unnest(p_course, p_version) as s (course, version)
        where s.course is not null
        on conflict do nothing;
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
    if false = any (v_is_newer) or (cardinality(v_ids) < cardinality(p_learner)
            and exists (select from unnest(v_learner, p_seq) as t (learner, seq)
                group by t.learner, t.seq having count(*) > 1)) then
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
            continue when v_is_here[v_i];
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

        v_last := array(
            select distinct on (x.learner) x.i
            from unnest(v_learner, p_seq, v_is_now, v_is_erased) with ordinality as x (learner, seq, is_now, is_erased, i)
            where x.is_now and not x.is_erased
            order by x.learner, x.seq desc);
        update core.number_state t
        set number_id = p_number[s.i], seq = greatest(t.seq, p_seq[s.i]), at = p_at[s.i], due_at = p_due[s.i], state = coalesce(p_state[s.i], t.state)
        from unnest(v_last) as s (i)
        where t.learner = v_learner[s.i] and (p_seq[s.i] > t.seq or (v_shift > 0 and p_at[s.i] > t.at));
        get diagnostics v_n = row_count;
        if v_n < cardinality(v_last) then
            insert into core.number_state (number_id, learner, seq, at, due_at, state)
            select p_number[s.i], v_learner[s.i], p_seq[s.i], p_at[s.i], p_due[s.i], p_state[s.i]
            from unnest(v_last) as s (i)
            where (select t.learner from core.number_state t where t.learner = v_learner[s.i] limit 1) is null
            on conflict do nothing;
        end if;

        if cardinality(array_remove(p_key_id, null)) > 0 then
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
        end if;

        if v_events is not null then
            perform core.put_enrolments(v_events);
            perform core.put_days(v_events);
        end if;
        if v_rare is not null then
            perform core.put_rare(v_rare);
        end if;
        if v_events is not null then -- behind what can be done at the same time as others
            v_is_careful := v_shift > 0 or false = any (v_is_newer);
            if v_is_careful or array_position(v_phase, 'posttest') is null then
                perform core.put_units(v_events, v_is_careful);
            else
                perform core.put_units(array_agg(v) filter (where v.phase is distinct from 'posttest'), false),
                    core.put_units(array_agg(v) filter (where v.phase = 'posttest'), true)
                from unnest(v_events) v;
            end if;
        end if;
        if exists (select from unnest(v_rare) v where v.kind = 'erased') then
            perform core.erase(array_agg(v.learner), array_agg(v.at), array_agg(v.number_id))
            from unnest(v_rare) v where v.kind = 'erased';
        end if;
        if v_shift > 0 then
            insert into core.conflict (learner, seq, shift, at) values (v_learner[v_i], p_seq[v_i], v_shift, p_at[v_i]);
        end if;
        if v_i = 0 and v_rest is not null then
            v_is_here := core.which_are_here(v_rest, v_org, v_learner, p_seq, p_at, p_step, p_n, v_kind, p_unit, p_choice, p_value);
        end if;
    end loop;
end $$;

-- ---- enrolments ----

-- The course of a version is looked up once, not for each event.
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
        with c as materialized ( -- a few, so that they are not looked up for each event
            select c.course_id, c.course
            from core.course_version c
            where c.course_id = any (array(select distinct v.course_id from unnest(p_events) v)))
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
            join c on c.course_id = v.course_id
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

-- ---- counts ----

-- Where nobody is a tester, nobody is looked up to find that out.
create or replace function core.add_counts(p_units core.learner_unit[], p_sign integer) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_has_test boolean;
begin
    if cardinality(p_units) = 0 then
        return;
    end if;
    perform from core.epoch e for update;
    v_has_test := exists (select from core.learner l where l.is_test);
    insert into core.unit_cohort as t (org_id, course_id, unit, cohort_id, lang, reached, answered, n_right,
            post_answered, post_right)
    select u.org_id, u.course_id, u.unit, coalesce(u.cohort_id, 0), u.lang, p_sign * count(*),
        p_sign * count(u.is_right), p_sign * count(*) filter (where u.is_right),
        p_sign * count(u.is_post_right), p_sign * count(*) filter (where u.is_post_right)
    from unnest(p_units) u
    where not v_has_test
        or not exists (select from core.learner l where l.org_id = u.org_id and l.learner = u.learner and l.is_test)
    group by u.org_id, u.course_id, u.unit, coalesce(u.cohort_id, 0), u.lang
    order by u.org_id, u.course_id, u.unit, coalesce(u.cohort_id, 0), u.lang
    on conflict (org_id, course_id, unit, cohort_id, lang) do update
        set reached = t.reached + excluded.reached, answered = t.answered + excluded.answered,
            n_right = t.n_right + excluded.n_right, post_answered = t.post_answered + excluded.post_answered,
            post_right = t.post_right + excluded.post_right;
end $$;
