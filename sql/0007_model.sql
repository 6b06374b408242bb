-- The data model of 1.1: learners by bigint keys, events by (learner, seq, n) in months, organisation and
-- cohort in one place, counters that ingest keeps. Everything that 1.0 knew is taken along.
--
-- The programs and views of 1.0 end here; 0008 to 0011 bring those of now. A gateway of 1.0 that still runs
-- finds no core.ingest, keeps its events in Redis and tries again.

set local role waypost_owner;
drop function core.ingest(jsonb), core.ingest_all(jsonb, boolean), core.erase(core.event_row[]), core.put_messages(jsonb),
    core.put_reports(jsonb), core.put_rare(core.event_row[], uuid[]), core.put_enrolments(core.event_row[]), core.put_states(core.step_row[], uuid[]), core.put_learners(core.step_row[]),
    core.read_events(core.step_row[]), core.read_steps(jsonb);
drop type core.step_row, core.event_row;
drop view ops.lag;
reset role;
set local role report_owner;
drop view report.enrolments, report.module_completions, report.quiz_answers, report.survey_answers,
    report.completion_rate, report.drop_off, report.active_learners;
reset role;
set local role waypost_owner;
lock table core.learner, core.event, core.enrolment, core.number_state, core.message in access exclusive mode;

-- Whose organisations count: the login, or the role that it has taken. Also inside a function that runs with its
-- owner's rights, where current_user is the owner.
create function core.reader() returns name
language sql stable parallel safe
return case when current_setting('role') = 'none' then session_user else current_setting('role')::name end;
grant execute on function core.reader() to public;

alter type core.via add value 'call';
create type core.mode as enum ('solo', 'group', 'test');

-- ---- learners ----

create table core.cohort (
    cohort_id integer generated always as identity primary key,
    org_id smallint not null references core.organisation,
    code text not null check (code ~ '^[a-z0-9][a-z0-9_-]{0,30}$'),
    name text not null check (name <> ''),
    time_zone text, -- null = the organisation's
    unique (org_id, code),
    unique (org_id, cohort_id)
);

-- Organisation and cohort of a learner are set here and only here (ops.move_learner). What else carries
-- org_id carries a copy, so that one organisation's rows lie together; triggers keep the copies true.
alter table core.learner
    add column learner bigint generated always as identity,
    add column cohort_id integer,
    add foreign key (org_id, cohort_id) references core.cohort (org_id, cohort_id);
create unique index learner_learner on core.learner (learner);

-- Where learners were before: one row for each move.
create table core.membership (
    learner bigint not null,
    org_id smallint not null references core.organisation,
    cohort_id integer,
    since timestamptz not null,
    until timestamptz not null,
    moved_by name not null default session_user,
    primary key (learner, until)
);

-- From a uuid in each row to the learner's key; then the uuid stands in core.learner alone.
do $$
declare
    v_table text;
begin
    foreach v_table in array array['enrolment', 'consent', 'certificate', 'free_text', 'unknown_input', 'safe_case',
            'message', 'number_state'] loop
        execute format('alter table core.%I add column learner bigint', v_table);
        execute format('update core.%I t set learner = l.learner from core.learner l where l.learner_id = t.learner_id',
            v_table);
        if v_table not in ('message', 'number_state') then -- whose learner may not be here (yet)
            execute format('alter table core.%I alter column learner set not null', v_table);
        end if;
    end loop;
end $$;

alter table core.enrolment drop column learner_id,
    add column cohort_id integer,
    add column last_at timestamptz,                -- of the last learning action, with the unit that it was on
    add column last_seq integer not null default 0,
    add column last_unit text;
alter table core.consent drop column learner_id, add primary key (learner, seq, n),
    add column via core.via;
alter table core.certificate drop column learner_id;
create index certificate_learner on core.certificate (learner);
alter table core.free_text drop column learner_id, add primary key (learner, seq, n);
alter table core.unknown_input drop column learner_id, add primary key (learner, seq, n), add column via core.via;
alter table core.safe_case drop column learner_id, add primary key (learner, seq, n);

-- A state whose learner is not known can be of no use, but must not be lost either.
insert into core.learner (learner_id, org_id, first_seq, created_at)
select s.learner_id, o.org_id, 1, min(s.at)
from core.number_state s cross join core.organisation o
where s.learner is null and o.is_default
group by s.learner_id, o.org_id;
update core.number_state t set learner = l.learner from core.learner l
where t.learner is null and l.learner_id = t.learner_id;
-- seq is that of the last step that was taken in; the state may be some steps further, or not known (yet).
alter table core.number_state drop column learner_id, add primary key (learner), alter column state drop not null;
alter table core.number_state set (fillfactor = 70);
create unique index number_state_number on core.number_state (number_id, learner);

-- Why a message was sent, about what, and whose budget pays for it.
alter table core.message drop column learner_id,
    add column purpose text check (char_length(purpose) <= 32),
    add column unit text check (char_length(unit) between 1 and 31),
    add column org_id smallint references core.organisation;
update core.message m set org_id = l.org_id from core.learner l where l.learner = m.learner;
create index message_learner on core.message (learner);
create index message_created on core.message using brin (created_at); -- for what is deleted by age

alter table core.learner drop constraint learner_pkey, add primary key using index learner_learner,
    add unique (learner_id);
create index learner_organisation on core.learner (org_id, learner);
create index learner_test on core.learner (org_id, learner) where is_test;
alter table core.enrolment add primary key (org_id, learner, course),
    add foreign key (learner) references core.learner,
    -- As for events: core.put_steps has looked these up.
    drop constraint enrolment_course_id_fkey, drop constraint enrolment_org_id_fkey;
alter table core.consent add foreign key (learner) references core.learner,
    drop constraint consent_course_id_fkey;
alter table core.certificate add foreign key (learner) references core.learner;
alter table core.enrolment set (fillfactor = 70);
drop index core.enrolment_consent;
create index enrolment_organisation on core.enrolment (org_id, consent_at);

-- ---- events ----

-- The one meaning of a learning action (docs/course-rules.md 3.1): a page of a lesson gone past, or an answer in
-- quiz, test, survey or follow-up. Nothing else makes anybody active.
create function core.is_learning_action(p_kind core.event_kind, p_phase core.phase) returns boolean
language sql immutable parallel safe
return p_kind = 'lesson_read' or (p_kind = 'answered' and p_phase is distinct from 'role');

alter table core.event rename to event_of_1;
alter table core.event_of_1 rename constraint event_pkey to event_of_1_pkey;
drop index core.event_at, core.event_module_completed;

-- What happened, once and for all: (learner, seq, n) names a fact. Months are dropped whole, so at is in the key,
-- which costs nothing: a step has one time. The organisation leads every index, so that a plan for one of them
-- touches nobody else's rows. No foreign keys: core.put_steps writes learner and course_version itself.
create table core.event (
    learner bigint not null,
    at timestamptz not null,
    seq integer not null check (seq > 0),
    kind core.event_kind not null,
    phase core.phase,
    via core.via,
    mode core.mode,         -- of answers
    course_id integer,
    choice integer,
    value integer,
    attempt integer check (attempt >= 0),
    cohort_id integer,
    session bigint,         -- pseudonym of the USSD session
    org_id smallint not null,
    n smallint not null check (n between 0 and 4095),
    correct boolean,
    unit text check (char_length(unit) between 1 and 31),
    channel text check (char_length(channel) <= 64),
    lang text not null check (char_length(lang) <= 16),
    choices smallint[],     -- of questions with several right options
    primary key (org_id, learner, seq, n, at),
    check (kind <> 'answered' or (unit is not null and phase is not null))
) partition by range (at);
create index event_answered on core.event (org_id, at) where kind = 'answered';
create index event_module_completed on core.event (org_id, at) where kind = 'module_completed';

-- Makes the month's table, if it is not there. Attaching lets readers and writers go on.
create function core.make_month(p_at timestamptz) returns void
language plpgsql
as $$
declare
    v_from timestamptz := date_trunc('month', p_at, 'UTC');
    v_name text := 'event_' || to_char(v_from at time zone 'UTC', 'YYYYMM');
begin
    if to_regclass('core.' || v_name) is not null then
        return;
    elsif p_at < '2020-01-01Z' or p_at >= '2100-01-01Z' then
        raise exception 'an event of % cannot be', p_at using errcode = 'datetime_field_overflow';
    end if;
    lock table core.event in share update exclusive mode; -- somebody else may make it just now
    if to_regclass('core.' || v_name) is not null then
        return;
    end if;
    execute format('create table core.%I (like core.event including defaults including constraints)', v_name);
    execute format('alter table core.%I alter column org_id set (n_distinct = 20)', v_name); -- sql/0024_size.sql says why
    execute format('alter table core.%I enable row level security, force row level security', v_name);
    execute format('create policy owner on core.%I to waypost_owner using (true) with check (true)', v_name);
    execute format('alter table core.event attach partition core.%I for values from (%L) to (%L)',
        v_name, v_from, v_from + interval '1 month');
end $$;

do $$
declare
    v_table text;
begin
    foreach v_table in array array['event', 'cohort', 'membership'] loop
        execute format('alter table core.%I enable row level security', v_table);
        execute format('alter table core.%I force row level security', v_table);
        execute format('create policy owner on core.%I to waypost_owner using (true) with check (true)', v_table);
    end loop;
end $$;

set local time zone 'UTC';
select core.make_month(m) from (select generate_series(date_trunc('month', coalesce(min(at), now())),
    greatest(max(at), now()) + interval '3 months', interval '1 month') from core.event_of_1) t (m);
insert into core.event (learner, at, seq, kind, phase, via, mode, course_id, choice, value, attempt, org_id, n, correct,
        unit, channel, lang)
select l.learner, e.at, e.seq, e.kind, e.phase, e.via,
    case when e.phase in ('pretest', 'posttest') then 'test'::core.mode when e.kind = 'answered' then 'solo' end,
    e.course_id, e.choice, e.value, e.attempt, l.org_id, e.n, e.correct, e.unit, e.channel,
    coalesce(e.lang, l.lang, 'und')
from core.event_of_1 e join core.learner l using (learner_id);
drop table core.event_of_1;

-- A (learner, seq) that came again with other content: Redis had lost its end, and both happened. The later one
-- is kept under the same seq with n moved on by shift.
create table core.conflict (
    learner bigint not null,
    seq integer not null,
    shift smallint not null,
    at timestamptz not null,
    found_at timestamptz not null default now(),
    primary key (learner, seq, shift)
);

-- ---- what ingest counts ----

-- One row for each unit that a learner has a learning action on.
create table core.learner_unit (
    learner bigint not null,
    course_id integer not null,
    first_seq integer not null,
    first_at timestamptz not null,
    post_seq integer,             -- of the first answer in the post-test; the other one is of quiz or pre-test
    cohort_id integer,
    org_id smallint not null,
    choice smallint,              -- of the first answer
    is_right boolean,             -- likewise; null where nothing can be right
    is_post_right boolean,
    unit text not null,
    lang text not null,
    primary key (learner, course_id, unit)
);

-- The same, added up; test learners are left out.
create table core.unit_cohort (
    org_id smallint not null,
    course_id integer not null,
    unit text not null,
    cohort_id integer not null,   -- 0 = in none
    lang text not null,
    reached bigint not null,      -- learners with a learning action on it
    answered bigint not null,     -- first answers that are right or wrong
    n_right bigint not null,      -- of these right
    post_answered bigint not null,
    post_right bigint not null,
    primary key (org_id, course_id, unit, cohort_id, lang)
) with (fillfactor = 70);

-- One row for each day (of the cohort's or organisation's time zone) on which a learner was active.
create table core.active_day (
    org_id smallint not null,
    day date not null,
    learner bigint not null,
    n_sms integer not null,       -- learning actions
    n_ussd integer not null,
    primary key (org_id, day, learner)
) with (fillfactor = 70);
create index active_day_learner on core.active_day (learner, day);

do $$
declare
    v_table text;
begin
    foreach v_table in array array['conflict', 'learner_unit', 'unit_cohort', 'active_day'] loop
        execute format('alter table core.%I enable row level security', v_table);
        execute format('alter table core.%I force row level security', v_table);
        execute format('create policy owner on core.%I to waypost_owner using (true) with check (true)', v_table);
    end loop;
    -- The array is read once for a query, and leads into an index, which a join or a subquery would not.
    drop policy organisation on core.learner;
    drop policy organisation on core.enrolment;
    drop policy organisation on core.free_text;
    foreach v_table in array array['learner', 'event', 'enrolment', 'free_text', 'unit_cohort', 'active_day', 'cohort'] loop
        execute format('create policy organisation on core.%I for select to report_owner
            using (org_id = any (array(select m.org_id from core.member m where m.login = core.reader())))', v_table);
        execute format('grant select on core.%I to report_owner', v_table);
    end loop;
end $$;

insert into core.learner_unit (learner, course_id, unit, first_seq, first_at, post_seq, choice, is_right, is_post_right,
        org_id, lang)
select e.learner, e.course_id, e.unit, min(e.seq), min(e.at), min(e.seq) filter (where e.phase = 'posttest'),
    (array_agg(e.choice order by e.seq) filter (where e.phase is distinct from 'posttest'))[1],
    (array_agg(e.correct order by e.seq) filter (where e.phase is distinct from 'posttest'))[1],
    (array_agg(e.correct order by e.seq) filter (where e.phase = 'posttest'))[1],
    min(e.org_id), (array_agg(e.lang order by e.seq))[1]
from core.event e
where core.is_learning_action(e.kind, e.phase) and e.course_id is not null and e.unit is not null
group by e.learner, e.course_id, e.unit;

insert into core.unit_cohort (org_id, course_id, unit, cohort_id, lang, reached, answered, n_right, post_answered,
        post_right)
select u.org_id, u.course_id, u.unit, 0, u.lang, count(*), count(u.is_right), count(*) filter (where u.is_right),
    count(u.is_post_right), count(*) filter (where u.is_post_right)
from core.learner_unit u join core.learner l using (learner)
where not l.is_test
group by u.org_id, u.course_id, u.unit, u.lang;

insert into core.active_day (org_id, day, learner, n_sms, n_ussd)
select e.org_id, (e.at at time zone o.time_zone)::date, e.learner,
    count(*) filter (where e.via is distinct from 'ussd'), count(*) filter (where e.via = 'ussd')
from core.event e join core.organisation o using (org_id)
where core.is_learning_action(e.kind, e.phase)
group by 1, 2, 3;

update core.enrolment e
set last_at = x.at, last_seq = x.seq, last_unit = x.unit
from (select distinct on (v.learner, c.course) v.learner, c.course, v.at, v.seq, v.unit
    from core.event v join core.course_version c using (course_id)
    where core.is_learning_action(v.kind, v.phase)
    order by v.learner, c.course, v.seq desc, v.n desc) x
where x.learner = e.learner and x.course = e.course;

-- ---- the log and its fence ----

alter table core.log_place set (fillfactor = 50);

-- What Redis must show before anybody is answered from it; one row, or none before the first gateway.
create table core.epoch (
    is_only boolean primary key default true check (is_only),
    epoch numeric(20) not null,
    n bigint not null default 1,  -- how many there were
    begun_at timestamptz not null default now()
);

-- The same question in several versions: one number as long as its text, options and right ones stay.
alter table core.unit add column item_version integer not null default 1;
update core.unit u set item_version = n.item_version
from (
    select c.course_id, c.unit,
        1 + sum(c.is_changed::integer) over (partition by c.course, c.unit order by c.published_at, c.course_id) as item_version
    from (
        select o.course_id, o.unit, v.course, v.published_at,
            coalesce((o.text, o.choices, o.right_choices) is distinct from lag((o.text, o.choices, o.right_choices))
                over w and lag(o.unit) over w is not null, false) as is_changed
        from core.unit o join core.course_version v using (course_id)
        window w as (partition by v.course, o.unit order by v.published_at, v.course_id)) c) n
where n.course_id = u.course_id and n.unit = u.unit and n.item_version > 1;
