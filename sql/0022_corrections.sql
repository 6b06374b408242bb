-- Mistakes in a published course (docs/course-rules.md 6.4.4): a question with a wrong key is counted anew, a
-- lesson with an error is told again. Who decided it and why is on record, and so is each answer that counts
-- otherwise now. What a learner was shown of a score never goes down; what is counted of questions is true.

set local role waypost_owner;

alter type core.event_kind add value 'corrected';

create table core.correction (
    correction_id integer generated always as identity primary key,
    course text not null check (char_length(course) between 1 and 31),
    unit text not null check (char_length(unit) between 1 and 31),
    right_choices smallint[],
    old_choices smallint[],
    why text not null check (char_length(why) between 1 and 500),
    ordered_by text not null check (char_length(ordered_by) between 1 and 120),
    decided_by text not null check (char_length(decided_by) between 1 and 120),
    made_at timestamptz not null default clock_timestamp(),
    in_force_at timestamptz,
    check (ordered_by <> decided_by),
    check ((right_choices is null) = (old_choices is null))
);
create index correction_unit on core.correction (course, unit, correction_id);
comment on table core.correction is 'What was found wrong in a published course and put right. Rows are never changed, but for in_force_at.';
comment on column core.correction.correction_id is 'Number of the correction.';
comment on column core.correction.course is 'Id of the course, in all its versions.';
comment on column core.correction.unit is 'Id of the question or lesson.';
comment on column core.correction.right_choices is 'Options that are right; empty for a lesson.';
comment on column core.correction.old_choices is 'Options that were held to be right before.';
comment on column core.correction.why is 'What was wrong, in words.';
comment on column core.correction.ordered_by is 'Who ran the command.';
comment on column core.correction.decided_by is 'Who decided it: somebody else, name and role.';
comment on column core.correction.made_at is 'When the answers were first counted anew.';
comment on column core.correction.in_force_at is 'From when on all gateways judged by the right key: who answered before is told.';

create table core.rescored (
    correction_id integer not null references core.correction,
    learner bigint not null,
    seq integer not null,
    n smallint not null,
    was_right boolean not null,
    is_right boolean not null,
    primary key (correction_id, learner, seq, n)
);
comment on table core.rescored is 'Answers that count otherwise since a correction.';
comment on column core.rescored.correction_id is 'The correction.';
comment on column core.rescored.learner is 'Whose answer it is.';
comment on column core.rescored.seq is 'The step of the answer.';
comment on column core.rescored.n is 'Its place in the step.';
comment on column core.rescored.was_right is 'As it was counted before.';
comment on column core.rescored.is_right is 'As it is counted now.';

create table core.correction_person (
    correction_id integer not null references core.correction,
    learner bigint not null,
    told_at timestamptz,
    is_told boolean,
    primary key (correction_id, learner)
);
comment on table core.correction_person is 'Who answered the question, or read the lesson, before it was right, and is told once.';
comment on column core.correction_person.correction_id is 'The correction.';
comment on column core.correction_person.learner is 'Who.';
comment on column core.correction_person.told_at is 'When the message went; empty: it waits until one may go.';
comment on column core.correction_person.is_told is 'False: has left the course, and was not told.';

do $$
declare
    v_table text;
begin
    foreach v_table in array array['correction', 'rescored', 'correction_person'] loop
        execute format('alter table core.%I enable row level security', v_table);
        execute format('alter table core.%I force row level security', v_table);
        execute format('create policy owner on core.%I to waypost_owner using (true) with check (true)', v_table);
    end loop;
end $$;

-- ---- what is right ----

-- Null: the answer is none of numbered options.
create function core.is_right_answer(p_right smallint[], p_choice integer, p_choices smallint[]) returns boolean
language sql immutable parallel safe
return case when p_choices is not null then p_choices @> p_right and p_right @> p_choices
    when p_choice is not null then p_choice = any (p_right) end;

-- The key that is in force; null: the one that was published.
create function core.corrected_key(p_course_id integer, p_unit text) returns smallint[]
language sql stable
return (select c.right_choices from core.course_version v join core.correction c on c.course = v.course
    where v.course_id = p_course_id and c.unit = p_unit and c.right_choices is not null
    order by c.correction_id desc limit 1);

-- Answers that a gateway judged before it knew the right key.
create function core.judge_anew(p_events core.event[]) returns core.event[]
language sql stable
return (select array_agg(row(v.learner, v.at, v.seq, v.kind, v.phase, v.via, v.mode, v.course_id, v.choice, v.value, v.attempt,
        v.cohort_id, v.session, v.org_id, v.n, case when v.kind = 'answered' then coalesce(core.is_right_answer(
            core.corrected_key(v.course_id, v.unit), v.choice, v.choices), v.correct) else v.correct end,
        v.unit, v.channel, v.lang, v.choices)::core.event order by v.i)
    from unnest(p_events) with ordinality as v (learner, at, seq, kind, phase, via, mode, course_id, choice, value, attempt,
        cohort_id, session, org_id, n, correct, unit, channel, lang, choices, i));

-- As gateways read them: "course/unit" "2" or "1,3".
create function core.corrections() returns table (name text, value text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select distinct on (c.course, c.unit) c.course || '/' || c.unit, array_to_string(c.right_choices, ',')
    from core.correction c where c.right_choices is not null order by c.course, c.unit, c.correction_id desc;
end;
comment on function core.corrections() is 'Questions whose published key was wrong, and the right one, for gateways.';

-- ---- counting anew ----

create function core.rescore(p_id integer) returns void
language plpgsql
set enable_seqscan = on
as $$
declare
    v core.correction;
    v_versions integer[];
begin
    select * into v from core.correction where correction_id = p_id;
    if v.right_choices is null then
        return;
    end if;
    v_versions := array(select c.course_id from core.course_version c where c.course = v.course);
    lock table core.membership in share row exclusive mode; -- see core.hold_ingest
    with now_right as (
        select e.org_id, e.learner, e.seq, e.n, e.at, e.correct as was_right,
            core.is_right_answer(v.right_choices, e.choice, e.choices) as is_right
        from core.event e
        where e.kind = 'answered' and e.unit = v.unit and e.course_id = any (v_versions)),
    changed as (
        select * from now_right r where r.is_right <> r.was_right),
    noted as (
        insert into core.rescored (correction_id, learner, seq, n, was_right, is_right)
        select p_id, r.learner, r.seq, r.n, r.was_right, r.is_right from changed r
        on conflict (correction_id, learner, seq, n) do nothing)
    update core.event e set correct = r.is_right
    from changed r
    where e.org_id = r.org_id and e.learner = r.learner and e.seq = r.seq and e.n = r.n and e.at = r.at;

    -- as core.put_units has it
    update core.learner_unit u
    set is_right = coalesce((select e.correct from core.event e
            where e.org_id = u.org_id and e.learner = u.learner and e.course_id = u.course_id and e.unit = u.unit
                and e.kind = 'answered' and (e.phase is null or e.phase::text not in ('posttest', 'catchup'))
            order by e.seq, e.n limit 1), u.is_right),
        is_post_right = coalesce((select e.correct from core.event e
            where e.org_id = u.org_id and e.learner = u.learner and e.course_id = u.course_id and e.unit = u.unit
                and e.kind = 'answered' and e.phase = 'posttest' and coalesce(e.attempt, 1) = 1 order by e.seq, e.n limit 1), u.is_post_right)
    from (select distinct r.learner from core.rescored r where r.correction_id = p_id) r
    where u.learner = r.learner and u.course_id = any (v_versions) and u.unit = v.unit;

    update core.unit_cohort t set n_right = x.n_right, post_right = x.post_right
    from (select u.org_id, u.course_id, u.unit, coalesce(u.cohort_id, 0) as cohort_id, u.lang,
            count(*) filter (where u.is_right) as n_right, count(*) filter (where u.is_post_right) as post_right
        from core.learner_unit u
        where u.course_id = any (v_versions) and u.unit = v.unit
            and not exists (select from core.learner l where l.org_id = u.org_id and l.learner = u.learner and l.is_test)
        group by 1, 2, 3, 4, 5) x
    where t.org_id = x.org_id and t.course_id = x.course_id and t.unit = x.unit and t.cohort_id = x.cohort_id
        and t.lang = x.lang and (t.n_right, t.post_right) <> (x.n_right, x.post_right);

    -- What a learner was told of a module and on the certificate goes up only.
    update core.event m set value = x.n_right
    from (select e.org_id, e.learner, e.seq, e.n, e.at, (select count(*) from core.event a
                join core.unit q on q.course_id = a.course_id and q.unit = a.unit and q.module = e.unit
            where a.org_id = e.org_id and a.learner = e.learner and a.kind = 'answered'
                and a.phase::text in ('quiz', 'catchup') and a.correct) as n_right
        from (select distinct r.learner from core.rescored r where r.correction_id = p_id and r.is_right) r
            join core.learner l on l.learner = r.learner
            join core.event e on e.org_id = l.org_id and e.learner = l.learner
        where e.kind = 'module_completed' and e.course_id = any (v_versions)
            and e.unit in (select u.module from core.unit u where u.course_id = any (v_versions) and u.unit = v.unit)) x
    where m.org_id = x.org_id and m.learner = x.learner and m.seq = x.seq and m.n = x.n and m.at = x.at
        and m.kind = 'module_completed' and x.n_right > m.value;
end $$;

-- What a learner has in the tests of a course: attempts that came to their end, as long as the longest, and the
-- running one. No row of answers: nothing.
create function core.test_scores(p_org smallint, p_learner bigint, p_versions integer[])
returns table (pre integer, post_first integer, post_best integer, running integer)
language sql stable
as $$
with answers as (
    select e.phase, e.attempt, count(*)::integer as n, (count(*) filter (where e.correct))::integer as n_right
    from core.event e
    where e.org_id = p_org and e.learner = p_learner and e.kind = 'answered' and e.course_id = any (p_versions)
        and e.phase in ('pretest', 'posttest')
    group by e.phase, e.attempt),
whole as (select max(a.n) as n from answers a)
select coalesce(max(a.n_right) filter (where a.phase = 'pretest'), 0),
    coalesce(max(a.n_right) filter (where a.phase = 'posttest' and a.attempt = 1 and a.n >= w.n), 0),
    coalesce(max(a.n_right) filter (where a.phase = 'posttest' and a.n >= w.n), 0),
    coalesce(max(a.n_right) filter (where a.phase = 'posttest' and a.n < w.n), 0)
from answers a cross join whole w
$$;

-- Who must be told: those who answered, or read other words than are begun now.
create function core.corrected_people(p_course text, p_unit text) returns table (learner bigint)
language sql stable
as $$
select distinct u.learner
from core.learner_unit u
    join core.course_version v using (course_id)
    join core.unit t on t.course_id = u.course_id and t.unit = u.unit
    join core.learner l on l.learner = u.learner
where v.course = p_course and u.unit = p_unit and l.erased_at is null
    and (t.kind = 'question' or t.text is distinct from (select n.text from core.course_start s
        join core.course_version b on b.course = s.course and b.version = s.version
        join core.unit n on n.course_id = b.course_id and n.unit = p_unit where s.course = p_course))
$$;

-- What a correction would do, in lines; nothing is changed. p_key: options that are right; null for a lesson.
create function core.preview_correction(p_course text, p_unit text, p_key smallint[]) returns table (what text, n text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v core.unit;
    v_newest core.unit;
begin
    select u.* into v from core.unit u join core.course_version c using (course_id)
    where c.course = p_course and u.unit = p_unit and c.hash is not null order by c.published_at desc, c.course_id desc limit 1;
    if not found then
        raise exception 'no published version of % has %', p_course, p_unit using errcode = 'no_data_found';
    elsif v.kind = 'question' and v.right_choices is null then
        raise exception '% has no numbered options of which one is right: give the question a new id in a new version', p_unit
            using errcode = 'check_violation';
    elsif v.kind = 'question' and (p_key is null or p_key = '{}' or not (p_key <@ array(select i::smallint
            from generate_series(1, cardinality(v.choices)) i))) then
        raise exception '% is a question with % options: say which is right, such as --key 2', p_unit, cardinality(v.choices)
            using errcode = 'check_violation';
    elsif v.kind <> 'question' and p_key is not null then
        raise exception '% is a lesson, and has no key', p_unit using errcode = 'check_violation';
    elsif v.kind <> 'question' and not exists (select from core.course_start s join core.course_version b on b.course = s.course
            and b.version = s.version join core.unit n on n.course_id = b.course_id and n.unit = p_unit where s.course = p_course) then
        raise exception 'no version of % that is begun now has %: publish the right text first', p_course, p_unit
            using errcode = 'no_data_found';
    end if;
    if v.kind = 'question' then
        return query
        select k.what, k.n::text from (
            select 1 as i, 'answers that become right' as what, count(*) filter (where not e.correct and a.is_right) as n,
                count(*) filter (where e.correct and not a.is_right) as n_wrong
            from core.event e join core.course_version c using (course_id)
                cross join lateral (select core.is_right_answer(p_key, e.choice, e.choices) as is_right) a
            where c.course = p_course and e.kind = 'answered' and e.unit = p_unit) x
            cross join lateral (values (x.what, x.n),
                ('answers that become wrong in the statistics; no learner''s score goes down', x.n_wrong)) as k (what, n);
    end if;
    if v.module_kind = 'test' then
        return query
        select 'people without a certificate who get a point in the test', count(distinct e.learner)::text
        from core.event a join core.course_version c using (course_id)
            join core.enrolment e on e.org_id = a.org_id and e.learner = a.learner and e.course = c.course
        where c.course = p_course and a.kind = 'answered' and a.unit = p_unit and a.phase = 'posttest' and not a.correct
            and core.is_right_answer(p_key, a.choice, a.choices) and e.certified_at is null;
    end if;
    return query
    select format('people who are told, in %s', coalesce(l.lang, 'und')), count(*)::text
    from core.corrected_people(p_course, p_unit) p join core.learner l using (learner)
    group by l.lang order by l.lang;
end $$;
comment on function core.preview_correction(text, text, smallint[]) is 'What a correction would do, in numbers.';

-- Puts it right in what is counted, and on record; the same again goes on with it. Returns its number.
create function core.correct(p_course text, p_unit text, p_key smallint[], p_why text, p_by text, p_decided_by text) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old core.correction;
    v_unit core.unit;
    v_id integer;
begin
    perform core.preview_correction(p_course, p_unit, p_key);
    if p_by = p_decided_by then
        raise exception '% runs the command: somebody else must decide', p_by using errcode = 'check_violation';
    end if;
    lock table core.correction in share row exclusive mode;
    select u.* into v_unit from core.unit u join core.course_version c using (course_id)
    where c.course = p_course and u.unit = p_unit and c.hash is not null order by c.published_at desc, c.course_id desc limit 1;
    select * into v_old from core.correction c where c.course = p_course and c.unit = p_unit order by c.correction_id desc limit 1;
    if v_old.correction_id is not null and (case when p_key is null then v_old.made_at > (select v.published_at
            from core.course_start s join core.course_version v on v.course = s.course and v.version = s.version
            where s.course = p_course) else v_old.right_choices = p_key end) then
        perform core.rescore(v_old.correction_id);
        return v_old.correction_id::text;
    elsif v_unit.right_choices = p_key then
        raise exception 'this is the key of % already', p_unit using errcode = 'check_violation';
    end if;
    insert into core.correction (course, unit, right_choices, old_choices, why, ordered_by, decided_by)
    values (p_course, p_unit, p_key, v_unit.right_choices, p_why, p_by, p_decided_by) returning correction_id into v_id;
    update core.unit u set right_choices = p_key
    from core.course_version c
    where c.course_id = u.course_id and c.course = p_course and u.unit = p_unit and p_key is not null;
    perform core.rescore(v_id);
    return v_id::text;
end $$;
comment on function core.correct(text, text, smallint[], text, text, text) is
    'A question with a wrong key is counted anew, or a lesson with an error is to be told again; on record.';

create function core.is_in_force(p_id integer) returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select c.in_force_at is not null from core.correction c where c.correction_id = p_id;
end;
comment on function core.is_in_force(integer) is 'Do all gateways judge by the key of this correction?';

-- All gateways judge by the right key: who answered until now is told.
create function core.correction_in_force(p_id integer) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v core.correction;
begin
    update core.correction set in_force_at = coalesce(in_force_at, clock_timestamp()) where correction_id = p_id returning * into v;
    perform core.rescore(p_id);
    insert into core.correction_person (correction_id, learner)
    select p_id, p.learner from core.corrected_people(v.course, v.unit) p
    where exists (select from core.learner_unit u join core.course_version c using (course_id)
        where u.learner = p.learner and u.unit = v.unit and c.course = v.course and u.first_at < v.in_force_at)
    on conflict do nothing;
end $$;
comment on function core.correction_in_force(integer) is 'Notes since when all judge by the right key, and who is told.';

-- The next who wait, with what they have after counting anew, and as of which step.
create function core.next_of_correction(p_id integer, p_after bigint)
returns table (learner text, learner_id text, number_id text, seq text, is_right text, pre text, post_first text, post_best text,
    running text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
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
        exists (select from core.event e where e.org_id = l.org_id and e.learner = l.learner and e.kind = 'answered'
            and e.unit = v.unit and e.course_id = any (v_versions) and e.phase::text in ('quiz', 'catchup') and e.correct)::integer::text,
        t.pre::text, t.post_first::text, t.post_best::text, t.running::text
    from core.correction_person p
        join core.learner l on l.learner = p.learner
        join core.number_state s on s.learner = l.learner
        cross join lateral core.test_scores(l.org_id, l.learner, v_versions) t
    where p.correction_id = p_id and p.told_at is null and p.learner > p_after and l.erased_at is null
    order by p.learner limit 100;
end $$;
comment on function core.next_of_correction(integer, bigint) is 'The next people of a correction who were not told yet.';

-- The step that told a learner, or found that he or she has left.
create function core.put_corrected(p_learner bigint, p_course text, p_unit text, p_at timestamptz, p_is_told boolean) returns void
language sql
as $$
update core.correction_person p set told_at = p_at, is_told = p_is_told
from core.correction c
where c.correction_id = p.correction_id and p.learner = p_learner and c.course = p_course and c.unit = p_unit and p.told_at is null
$$;

-- ---- for people ----

create view ops.corrections as
select c.correction_id as correction, c.course, c.unit, array_to_string(c.old_choices, ',') as old_key,
    array_to_string(c.right_choices, ',') as right_key, c.why, c.ordered_by, c.decided_by, c.made_at, c.in_force_at,
    (select count(*) from core.rescored r where r.correction_id = c.correction_id and r.is_right) as became_right,
    (select count(*) from core.rescored r where r.correction_id = c.correction_id and not r.is_right) as became_wrong,
    (select count(*) from core.correction_person p where p.correction_id = c.correction_id) as people,
    (select count(*) from core.correction_person p where p.correction_id = c.correction_id and p.is_told) as told,
    (select count(*) from core.correction_person p where p.correction_id = c.correction_id and p.told_at is null) as waiting
from core.correction c order by c.correction_id;
comment on view ops.corrections is 'What was found wrong in published courses: who decided what and why, how many answers count otherwise, how many people were told.';
comment on column ops.corrections.correction is 'Number of the correction.';
comment on column ops.corrections.course is 'Id of the course.';
comment on column ops.corrections.unit is 'Id of the question or lesson.';
comment on column ops.corrections.old_key is 'Options that were held to be right.';
comment on column ops.corrections.right_key is 'Options that are right; empty for a lesson.';
comment on column ops.corrections.why is 'What was wrong.';
comment on column ops.corrections.ordered_by is 'Who ran the command.';
comment on column ops.corrections.decided_by is 'Who decided it.';
comment on column ops.corrections.made_at is 'When it was counted anew.';
comment on column ops.corrections.in_force_at is 'When all gateways judged by the right key.';
comment on column ops.corrections.became_right is 'Answers that count as right since then.';
comment on column ops.corrections.became_wrong is 'Answers that count as wrong in the statistics since then; no learner lost a point.';
comment on column ops.corrections.people is 'Who must be told.';
comment on column ops.corrections.told is 'Of these, who were.';
comment on column ops.corrections.waiting is 'Of these, who wait until a message may go.';

grant execute on function core.corrections(), core.preview_correction(text, text, smallint[]),
    core.correct(text, text, smallint[], text, text, text), core.correction_in_force(integer), core.is_in_force(integer),
    core.next_of_correction(integer, bigint) to waypost_writer;
grant select on ops.corrections to waypost_operator;
