-- What a group does together, and who is behind it.

set local role waypost_owner;

-- A module in short and its quiz. Its answers count as learning, in the learner's own score, and in no figure of a
-- question; a module_completed of this phase is told apart from those that came by the lessons.
alter type core.phase add value 'catchup';

set local role report_owner;

create function report.caught_up(by text default 'all')
returns table (organisation text, course text, module text, value text, caught_up bigint, n_hidden integer)
language sql stable
begin atomic
    select s.organisation, s.course, s.item, s.value, s.cells[1], s.n_hidden
    from core.safe(array(
        select row(x.organisation, x.course, x.module, null, x.value, null, array[count(*)], null)::core.cell
        from (select distinct u.organisation, u.course, u.module, g.value, u.learner_id
            from report.units_done u
                cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
                    as g (value)
                join report.module_completions m on m.learner_id = u.learner_id and m.course = u.course and m.module = u.module
                    and m.via_catchup) x
        group by x.organisation, x.course, x.module, x.value)) s
    where core.is_property(by)
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
    using (org_id = any (array(select m.org_id from core.member m where m.login = current_user)));
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
