-- What a group does together, and who is behind it.

set local role waypost_owner;

-- A module in short and its quiz. Its answers count as learning, in the learner's own score, and in no figure of a
-- question; a module_completed of this phase is told apart from those that came by the lessons.
alter type core.phase add value 'catchup';

set local role report_owner;

create function report.caught_up(by text default 'all')
returns table (organisation text, course text, module text, value text, caught_up bigint, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.course, s.item, s.value, s.cells[2] - s.cells[3], s.n_hidden
    from facts.modules(by) s
    where core.is_property(by) and s.cells[2] - s.cells[3] is distinct from 0
    order by 1, 2, 3, 4;
end;
comment on function report.caught_up(text) is
'C1, beside report.modules: learners who were more than one module behind and completed this one in short, with three of four quiz questions right. Empty = too few to show.';
revoke execute on function report.caught_up(text) from public;
grant execute on function report.caught_up(text) to coordinator;

set local role waypost_owner;

-- ---- what facilitators order from their phones ----

alter type core.event_kind add value 'nudged';
alter type core.event_kind add value 'group_paced';
alter type core.event_kind add value 'group_paused';
alter type core.event_kind add value 'group_answered';
alter type core.event_kind add value 'group_entered';

-- Each once, whatever comes again; only from a number that looks after that group.
create table core.lead_act (
    learner bigint not null,
    seq integer not null,
    n smallint not null,
    cohort_id integer not null references core.cohort,
    at timestamptz not null,
    taken_at timestamptz not null default now(),
    kind text not null,
    choice smallint,
    value integer,
    primary key (learner, seq, n)
);
create index lead_act_cohort on core.lead_act (cohort_id, kind, at);

-- What a group answered together, and people without a phone: of nobody's course, and in no figure of a question.
create table core.group_answer (
    learner bigint not null, -- whose phone it was
    seq integer not null,
    n smallint not null,
    org_id smallint not null,
    cohort_id integer not null references core.cohort,
    at timestamptz not null,
    mode text not null check (mode in ('group', 'group-entered')),
    nickname text check (char_length(nickname) between 2 and 10),
    module text not null,
    unit text,               -- by show of hands: the question
    choices smallint[],
    n_right smallint not null,
    n_asked smallint not null,
    primary key (learner, seq, n),
    check ((mode = 'group') = (nickname is null))
);
create index group_answer_cohort on core.group_answer (org_id, cohort_id, module);
create unique index group_answer_person on core.group_answer (cohort_id, module, nickname) where nickname is not null;

-- A rest of so many days from today on, 0 = none any more; those that are over make room.
create function core.rest_cohort(p_cohort integer, p_days integer) returns void
language sql
as $$
update core.cohort c
set pauses = case when p_days > 0 then array(
        select r from unnest(c.pauses) with ordinality as t (r, i)
        where upper(r) > current_date or cardinality(c.pauses) < 8 order by i)
        || daterange(current_date, current_date + p_days)
    else array(
        select case when upper(r) > current_date then daterange(lower(r), current_date) else r end
        from unnest(c.pauses) r where lower(r) < current_date) end
where c.cohort_id = p_cohort
$$;

-- What facilitators ordered or entered in the steps of a batch, behind core.put_steps and as idempotent.
create function core.put_led(p_number bytea[], p_learner uuid[], p_seq integer[], p_at timestamptz[], p_course text[],
    p_step integer[], p_n integer[], p_kind text[], p_unit text[], p_choice integer[], p_correct boolean[],
    p_attempt integer[], p_value integer[], p_code text[], p_text text[])
returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_act core.lead_act;
begin
    if not p_kind && array['nudged', 'group_paced', 'group_paused', 'group_answered', 'group_entered'] then
        return;
    end if;
    for v_act in
        insert into core.lead_act (learner, seq, n, cohort_id, at, kind, choice, value)
        select l.learner, p_seq[e.step], e.n, c.cohort_id, p_at[e.step], e.kind, e.choice, e.value
        from unnest(p_step, p_n, p_kind, p_choice, p_value, p_code) as e (step, n, kind, choice, value, code)
            join core.learner l on l.learner_id = p_learner[e.step]
            join core.cohort c on c.join_code = e.code::integer
            join core.facilitator f on f.cohort_id = c.cohort_id and f.number_id = p_number[e.step]
        where e.kind in ('nudged', 'group_paced', 'group_paused')
            and (e.kind <> 'nudged' or not exists (select from core.lead_act a where a.cohort_id = c.cohort_id
                and a.kind = 'nudged' and a.at > p_at[e.step] - interval '6 days 23 hours'))
        on conflict do nothing
        returning *
    loop
        if v_act.kind = 'group_paced' then
            update core.cohort set pace = (array['weekly', 'open', 'dates'])[v_act.choice] where cohort_id = v_act.cohort_id;
        elsif v_act.kind = 'group_paused' then
            perform core.rest_cohort(v_act.cohort_id, v_act.value);
        end if;
    end loop;

    insert into core.group_answer as t (learner, seq, n, org_id, cohort_id, at, mode, nickname, module, unit, choices, n_right, n_asked)
    select distinct on (c.cohort_id, coalesce(u.module, e.unit), a.nickname, case when a.nickname is null then e.i end)
        l.learner, p_seq[e.step], e.n, c.org_id, c.cohort_id, p_at[e.step],
        case when e.kind = 'group_answered' then 'group' else 'group-entered' end, a.nickname,
        coalesce(u.module, e.unit), case when e.kind = 'group_answered' then e.unit end,
        case when e.kind = 'group_answered' then array[e.choice] else a.choices end,
        case when e.kind = 'group_answered' then e.correct::integer else e.value end,
        case when e.kind = 'group_answered' then 1 else e.attempt end
    from unnest(p_step, p_n, p_kind, p_unit, p_choice, p_correct, p_attempt, p_value, p_code, p_text) with ordinality
            as e (step, n, kind, unit, choice, correct, attempt, value, code, text, i)
        join core.learner l on l.learner_id = p_learner[e.step]
        join core.cohort c on c.join_code = e.code::integer
        join core.facilitator f on f.cohort_id = c.cohort_id and f.number_id = p_number[e.step]
        left join lateral (select u.module from core.unit u join core.course_version v using (course_id)
            where e.kind = 'group_answered' and u.unit = e.unit and v.course = p_course[e.step] limit 1) u on true
        cross join lateral (select case when e.kind = 'group_entered' then split_part(e.text, ' ', 1) end as nickname,
            case when e.text ~ '^\S+( [0-9]+)+$' then
                string_to_array(substr(e.text, strpos(e.text, ' ') + 1), ' ')::smallint[] end as choices) a
    where e.kind in ('group_answered', 'group_entered')
    order by c.cohort_id, coalesce(u.module, e.unit), a.nickname, case when a.nickname is null then e.i end, p_at[e.step] desc
    on conflict (cohort_id, module, nickname) where nickname is not null do update
        set learner = excluded.learner, seq = excluded.seq, n = excluded.n, at = excluded.at, choices = excluded.choices,
            n_right = excluded.n_right, n_asked = excluded.n_asked
        where excluded.at >= t.at;
end $$;
comment on function core.put_led(bytea[], uuid[], integer[], timestamptz[], text[], integer[], integer[], text[], text[], integer[],
    boolean[], integer[], integer[], text[], text[]) is
    'What facilitators ordered or entered by their phones in the steps of a batch.';

-- Members whom a gateway must look at: 'wake' of a group whose facilitator has just ordered a message, 'quiet' who
-- agreed to be named to the facilitator and did not learn for a week (the gateway knows the nickname).
create function core.group_calls() returns table (what text, code integer, number_id bytea)
language sql stable security definer
set search_path = pg_catalog, pg_temp
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
    and c.start_on > current_date - 200
    and not exists (select from core.active_day d where d.org_id = l.org_id and d.learner = l.learner and d.day > current_date - 7)
limit 4000
$$;

comment on function core.group_calls() is
    'Members whom a gateway must look at: of a group whose facilitator ordered a message, and those whom it may name as quiet.';

grant execute on function core.put_led(bytea[], uuid[], integer[], timestamptz[], text[], integer[], integer[], text[], text[],
    integer[], boolean[], integer[], integer[], text[], text[]), core.group_calls() to waypost_writer;

do $$
declare
    v_table text;
begin
    foreach v_table in array array['lead_act', 'group_answer'] loop
        execute format('alter table core.%I enable row level security', v_table);
        execute format('alter table core.%I force row level security', v_table);
        execute format('create policy owner on core.%I to waypost_owner using (true) with check (true)', v_table);
    end loop;
end $$;
create policy organisation on core.group_answer for select to report_owner
    using (org_id = any (array(select m.org_id from core.member m where m.login = core.reader())));
grant select (org_id, cohort_id, at, mode, nickname, module, unit, choices, n_right, n_asked) on core.group_answer to report_owner;

set local role report_owner;

create view report.group_answers with (security_barrier) as
select o.code as organisation, c.code as cohort, (a.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, a.mode,
    a.module, a.unit as question, a.nickname, array_to_string(a.choices, ',') as choices, a.n_right as right_answers, a.n_asked as questions
from core.group_answer a
    join core.organisation o on o.org_id = a.org_id
    join core.cohort c on c.cohort_id = a.cohort_id;
comment on view report.group_answers is
'What groups answered together and what facilitators entered for people without a phone: beside the course of anybody, in no score and no figure of a question.';
comment on column report.group_answers.organisation is 'Code of the organisation.';
comment on column report.group_answers.cohort is 'Code of the group.';
comment on column report.group_answers.local_date is 'Day, in the group''s time zone.';
comment on column report.group_answers.mode is 'group: by show of hands on one phone; group-entered: of one person, entered by the facilitator.';
comment on column report.group_answers.module is 'Id of the module.';
comment on column report.group_answers.question is 'group: id of the question. Empty: the whole quiz.';
comment on column report.group_answers.nickname is 'group-entered: the nickname of the person.';
comment on column report.group_answers.choices is 'Options that were chosen, in the order of the quiz.';
comment on column report.group_answers.right_answers is 'Right answers.';
comment on column report.group_answers.questions is 'Questions that were answered.';
grant select on report.group_answers to coordinator;

set local role waypost_owner;

-- What is added to a group's description for the gateways (gateway/core/cohort.h): the message that was ordered last.
create function core.cohort_notes(p_code integer) returns text
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
select coalesce((select ';nudge=' || a.choice || ':' || to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    from core.lead_act a join core.cohort c using (cohort_id) where c.join_code = p_code and a.kind = 'nudged'
    order by a.at desc limit 1), '')
$$;
comment on function core.cohort_notes(integer) is 'What a facilitator ordered, behind a group''s description.';
grant execute on function core.cohort_notes(integer) to waypost_writer;

-- ---- what `waypost learner` asks for ----

-- Who looked at or changed what about one person, by which login and, as the command says, by whom.
create table core.learner_access (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    login name not null default session_user,
    by_whom text not null check (char_length(by_whom) <= 64),
    what text not null check (what in ('show', 'move', 'erase', 'transfer')),
    learner bigint not null
);
alter table core.learner_access enable row level security;
alter table core.learner_access force row level security;
create policy owner on core.learner_access to waypost_owner using (true) with check (true);

create view ops.learner_access as
select a.at, a.login::text as login, a.by_whom, a.what, l.learner_id
from core.learner_access a join core.learner l on l.learner = a.learner
order by a.at desc;
comment on view ops.learner_access is 'Who looked at, moved, erased or transferred one person by `waypost learner`, and when.';
comment on column ops.learner_access.at is 'When.';
comment on column ops.learner_access.login is 'The database login of the command.';
comment on column ops.learner_access.by_whom is 'The user of the machine who ran it.';
comment on column ops.learner_access.what is 'show, move, erase or transfer.';
comment on column ops.learner_access.learner_id is 'Whom it was about.';
grant select on ops.learner_access to waypost_operator;

-- The people of a number (its pseudonym in hex), or the one of an id. No answers, no texts. Each look is on record.
create function core.learner_cards(p_number text, p_learner uuid, p_what text, p_by text)
returns table (learner_id text, number_id text, organisation text, cohort text, course text, version text, lang text, role text,
    consent_on text, started_on text, last_on text, modules text, completed_on text, certified text, stopped_on text, consents text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
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
        (select string_agg(distinct x.unit, ' ') from core.event x
            where x.org_id = l.org_id and x.learner = l.learner and x.kind = 'module_completed'),
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
comment on function core.learner_cards(text, uuid, text, text) is
    'What is known of the people of a number, or of one of them, without an answer or a text of theirs; each call is on record.';

-- To the group of a code, or out of any into an organisation.
create function core.move_learner(p_learner uuid, p_join_code integer, p_organisation text) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cohort core.cohort;
    v_organisation text := p_organisation;
begin
    if p_join_code is not null then
        select * into v_cohort from core.cohort c where c.join_code = p_join_code;
        if not found then
            raise exception 'there is no group %; `waypost cohort list` shows all', p_join_code using errcode = 'no_data_found';
        end if;
        select o.code into v_organisation from core.organisation o where o.org_id = v_cohort.org_id;
    end if;
    perform ops.move_learner(p_learner, v_organisation, v_cohort.code);
end $$;
comment on function core.move_learner(uuid, integer, text) is 'Moves a learner to a group, or out of any into an organisation.';

-- Those of the pseudonyms (hex, with blanks between) that said STOP or DELETE and have not come back.
create function core.suppressed(p_numbers text) returns setof text
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
select n from unnest(string_to_array(p_numbers, ' ')) n where core.is_suppressed(decode(n, 'hex'))
$$;
comment on function core.suppressed(text) is 'Which of these numbers, by pseudonym, want no message.';

grant execute on function core.learner_cards(text, uuid, text, text), core.move_learner(uuid, integer, text), core.suppressed(text)
    to waypost_writer;

-- ---- messages of coordinators to many ----

-- What may be sent, by name and language: written by one person, approved by another.
create table core.broadcast_text (
    name text not null check (name ~ '^[a-z][a-z0-9-]{0,30}$'),
    lang text not null check (char_length(lang) between 2 and 7),
    text text not null check (char_length(text) between 1 and 480),
    written_by text not null check (char_length(written_by) between 1 and 64),
    written_at timestamptz not null default now(),
    approved_by text check (approved_by <> written_by),
    approved_at timestamptz,
    primary key (name, lang)
);
create table core.broadcast (
    broadcast_id integer generated always as identity primary key,
    name text not null,
    filter jsonb not null,
    sent_by text not null,
    started_at timestamptz not null default now(),
    stopped_at timestamptz
);
create table core.broadcast_target (
    broadcast_id integer not null references core.broadcast,
    learner bigint not null,
    state text not null default 'waiting' check (state in ('waiting', 'sent', 'passed')),
    at timestamptz,
    primary key (broadcast_id, learner)
);
do $$
declare
    v_table text;
begin
    foreach v_table in array array['broadcast_text', 'broadcast', 'broadcast_target'] loop
        execute format('alter table core.%I enable row level security', v_table);
        execute format('alter table core.%I force row level security', v_table);
        execute format('create policy owner on core.%I to waypost_owner using (true) with check (true)', v_table);
    end loop;
end $$;

-- A new text, or another one under the name, which must be approved again.
create function core.write_broadcast(p_name text, p_lang text, p_text text, p_by text) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
as $$
insert into core.broadcast_text as t (name, lang, text, written_by) values (p_name, p_lang, p_text, p_by)
on conflict (name, lang) do update
    set text = excluded.text, written_by = excluded.written_by, written_at = now(), approved_by = null, approved_at = null
    where t.text <> excluded.text
$$;
comment on function core.write_broadcast(text, text, text, text) is 'A text that may be sent to many, once somebody else has approved it.';

create function core.approve_broadcast(p_name text, p_by text) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_n bigint;
begin
    if exists (select from core.broadcast_text t where t.name = p_name and t.approved_by is null and t.written_by = p_by) then
        raise exception '% wrote it: somebody else must approve', p_by using errcode = 'check_violation';
    end if;
    update core.broadcast_text t set approved_by = p_by, approved_at = now() where t.name = p_name and t.approved_by is null;
    get diagnostics v_n = row_count;
    if v_n = 0 then
        raise exception 'nothing of % waits to be approved', p_name using errcode = 'no_data_found';
    end if;
    return v_n;
end $$;
comment on function core.approve_broadcast(text, text) is 'Approves all languages of a text; not by who wrote it.';

-- Who a message of that name and filter {group, organisation, lang, reached, dormant} is for: in the course, agreed to
-- reminders, said neither STOP nor DELETE, and has the text in his or her language (else in English).
create function core.broadcast_people(p_name text, p_filter jsonb)
returns table (learner bigint, lang text, text text)
language sql stable
as $$
select l.learner, t.lang, t.text
from core.learner l
    join core.number_state s on s.learner = l.learner
    join core.organisation o on o.org_id = l.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    join lateral (select * from core.enrolment n where n.learner = l.learner order by n.consent_at desc nulls last limit 1) e on true
    cross join lateral (select t.lang, t.text from core.broadcast_text t
        where t.name = p_name and t.approved_by is not null and t.lang in (coalesce(l.lang, 'en'), 'en')
        order by t.lang = 'en' limit 1) t
    cross join lateral (select g.is_given from core.consent g where g.learner = l.learner and g.purpose = 'reminders'
        order by g.seq desc, g.n desc limit 1) g
where not l.is_test and l.erased_at is null and e.consent_at is not null and e.stopped_at is null and g.is_given
    and not core.is_suppressed(s.number_id)
    and (p_filter ->> 'group' is null or c.join_code = (p_filter ->> 'group')::integer)
    and (p_filter ->> 'organisation' is null or o.code = p_filter ->> 'organisation')
    and (p_filter ->> 'lang' is null or l.lang = p_filter ->> 'lang')
    and (p_filter ->> 'reached' is null or exists (select from core.learner_unit u join core.unit x on x.course_id = u.course_id
        and x.unit = u.unit where u.learner = l.learner and x.module = p_filter ->> 'reached'))
    and (p_filter ->> 'dormant' is null or e.last_at < now() - interval '14 days')
$$;

create function core.preview_broadcast(p_name text, p_filter jsonb)
returns table (lang text, people text, text text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from core.broadcast_text t where t.name = p_name) then
        raise exception 'there is no text %; write one by `waypost broadcast text`', p_name using errcode = 'no_data_found';
    elsif exists (select from core.broadcast_text t where t.name = p_name and t.approved_by is null) then
        raise exception 'the text % is not approved yet, by another person than who wrote it', p_name using errcode = 'check_violation';
    end if;
    return query select b.lang, count(*)::text, b.text from core.broadcast_people(p_name, p_filter) b group by b.lang, b.text order by b.lang;
end $$;
comment on function core.preview_broadcast(text, jsonb) is 'How many people would get which text.';

create function core.start_broadcast(p_name text, p_filter jsonb, p_by text) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id integer;
begin
    perform from core.preview_broadcast(p_name, p_filter);
    insert into core.broadcast (name, filter, sent_by) values (p_name, p_filter, p_by) returning broadcast_id into v_id;
    insert into core.broadcast_target (broadcast_id, learner) select v_id, b.learner from core.broadcast_people(p_name, p_filter) b;
    return v_id::text;
end $$;
comment on function core.start_broadcast(text, jsonb, text) is 'Fixes who gets it; `waypost broadcast send` sends it.';

-- The next people of a broadcast that wait, none once it was stopped; who has left since is passed over.
create function core.next_of_broadcast(p_id integer, p_after bigint)
returns table (learner text, learner_id text, number_id text, text text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
select l.learner::text, l.learner_id::text, encode(s.number_id, 'hex'), t.text
from core.broadcast b
    join core.broadcast_target g using (broadcast_id)
    join core.learner l on l.learner = g.learner
    join core.number_state s on s.learner = l.learner
    cross join lateral (select t.text from core.broadcast_text t
        where t.name = b.name and t.approved_by is not null and t.lang in (coalesce(l.lang, 'en'), 'en')
        order by t.lang = 'en' limit 1) t
where b.broadcast_id = p_id and b.stopped_at is null and g.state = 'waiting' and g.learner > p_after
    and not core.is_suppressed(s.number_id)
order by g.learner
limit 100
$$;
comment on function core.next_of_broadcast(integer, bigint) is 'The next people of a broadcast to whom it was not sent yet.';

create function core.mark_broadcast(p_id integer, p_learners text, p_state text) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
as $$
update core.broadcast_target g set state = p_state, at = now()
where g.broadcast_id = p_id and g.learner = any (string_to_array(p_learners, ' ')::bigint[])
$$;
comment on function core.mark_broadcast(integer, text, text) is 'What became of these people of a broadcast.';

create function core.stop_broadcast(p_id integer) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.broadcast b set stopped_at = coalesce(b.stopped_at, now()) where b.broadcast_id = p_id;
    if not found then
        raise exception 'there is no broadcast %', p_id using errcode = 'no_data_found';
    end if;
end $$;
comment on function core.stop_broadcast(integer) is 'Nobody gets it any more.';

create function core.broadcasts(p_id integer default null)
returns table (id text, name text, sent_by text, started text, state text, people text, sent text, waiting text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
select b.broadcast_id::text, b.name, b.sent_by, to_char(b.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
    case when b.stopped_at is not null then 'stopped' when count(*) filter (where g.state = 'waiting') > 0 then 'sending' else 'sent' end,
    count(g.learner)::text, (count(*) filter (where g.state = 'sent'))::text, (count(*) filter (where g.state = 'waiting'))::text
from core.broadcast b left join core.broadcast_target g using (broadcast_id)
where p_id is null or b.broadcast_id = p_id
group by b.broadcast_id order by b.broadcast_id
$$;
comment on function core.broadcasts(integer) is 'Broadcasts, and how far they are.';

grant execute on function core.write_broadcast(text, text, text, text), core.approve_broadcast(text, text),
    core.preview_broadcast(text, jsonb), core.start_broadcast(text, jsonb, text), core.next_of_broadcast(integer, bigint),
    core.mark_broadcast(integer, text, text), core.stop_broadcast(integer), core.broadcasts(integer) to waypost_writer;
