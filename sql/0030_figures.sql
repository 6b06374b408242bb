-- What docs/course-rules.md 3.2 defines and no report told: A1 and A3 of numbers, C2 of those who started, G3 with what was done
-- and what stood in the way, H1 beside messages, T1 why it failed and what it costs, T2 how sessions end, T3 beside all that came.
-- Takes the place of report.unmatched (two columns more), report.at_work (asked is who was asked), report.equity (more rates) and
-- core.wilson of 0013, core.newcombe and the days of facts.recall_answers of 0017, and core.kept_values of 0025.

set local role waypost_owner;

grant select (message_id, seq, error) on core.message to report_owner;
create policy organisation on core.message_day for select to report_owner
    using (org_id = any (array(select m.org_id from core.member m where m.login = core.reader() and m.org_id <> all (core.left_out()))));
grant select on core.message_day to report_owner;

-- The first person of each number in this organisation; who was erased has no number any more and is one by him- or herself.
create view core.number_of with (security_barrier) as
select l.org_id, l.learner_id, coalesce(x.first, l.learner) as first, x.first is not null as is_kept
from core.learner l
    left join core.number_state s on s.learner = l.learner
    cross join lateral (select min(q.learner) as first from core.number_state p join core.learner q on q.learner = p.learner
        where p.number_id = s.number_id and q.org_id = l.org_id and not q.is_test) x
where not l.is_test;
comment on view core.number_of is 'Who shares a number with whom: by the first of them.';
grant select on core.number_of to report_owner;

create or replace function core.kept_values(p_report text, p_argument text) returns text[]
language sql immutable
return case when p_argument = 'grain' then array['all', 'quarter', 'month', 'week', 'day']
    when p_argument = 'mature_only' then array['false', 'true'] when p_argument = 'days' then array['7', '28']
    when p_report = 'delivery' then array['all', 'channel', 'operator', 'purpose', 'language', 'country', 'encoding']
    when p_report = 'failures' then array['all', 'channel', 'operator', 'country']
    when p_report = 'cost' then array['all', 'country']
    when p_report = 'unmatched' then array['all', 'language', 'unit', 'channel']
    else array['all', 'language', 'cohort', 'country', 'role', 'channel', 'via'] || case when p_report = 'opt_outs' then array['last_message'] else '{}' end end;

-- The end of a 95 percent interval (Wilson) as it is, in percent; rounded: core.wilson. Of what is rounded nothing more is calculated.
create function core.wilson_end(p_part bigint, p_whole bigint, p_sign integer) returns numeric
language sql immutable parallel safe
return case when p_whole >= 5 and p_part is not null then
    100 * (p_part::numeric / p_whole + 1.9208 / p_whole + p_sign * 1.96
        * sqrt(p_part::numeric / p_whole * (1 - p_part::numeric / p_whole) / p_whole + 0.9604 / (p_whole::numeric * p_whole)))
        / (1 + 3.8416 / p_whole) end;
create or replace function core.wilson(p_part bigint, p_whole bigint, p_sign integer) returns numeric
language sql immutable parallel safe
return round(core.wilson_end(p_part, p_whole, p_sign), 1);
create or replace function core.newcombe(p_a bigint, p_n bigint, p_b bigint, p_m bigint, p_sign integer) returns numeric
language sql immutable parallel safe
return case when p_n >= 5 and p_m >= 5 then round(100.0 * p_a / p_n - 100.0 * p_b / p_m + p_sign * sqrt(
    power(100.0 * p_a / p_n - core.wilson_end(p_a, p_n, p_sign), 2) + power(100.0 * p_b / p_m - core.wilson_end(p_b, p_m, -p_sign), 2)), 1) end;
grant execute on function core.wilson_end(bigint, bigint, integer) to report_owner, coordinator;

reset role;
set local role report_owner;

do $$
declare
    v_items text := pg_get_functiondef('fresh.items(text)'::regprocedure);
begin
    if strpos(v_items, 'core.wilson(') = 0 then
        raise exception 'fresh.items does not read as it did';
    end if;
    execute replace(v_items, 'core.wilson(', 'core.wilson_end(');
end $$;

-- Days after completion as the organisation counts days, not as the time zone of who asks.
do $$
declare
    v_view text := pg_get_viewdef('facts.recall_answers'::regclass);
    v_days text := '((x.at)::date - (n.completed_at)::date)';
begin
    if strpos(v_view, v_days) = 0 then
        raise exception 'facts.recall_answers does not read as it did';
    end if;
    execute 'create or replace view facts.recall_answers with (security_barrier) as ' || replace(v_view, v_days,
        '((x.at at time zone coalesce(c.time_zone, o.time_zone))::date - (n.completed_at at time zone coalesce(c.time_zone, o.time_zone))::date)');
end $$;

-- ---- A1, A3: numbers ----

create function report.numbers()
returns table (organisation text, numbers bigint, asked bigint, opted_in bigint, percent_opted_in numeric, percent_low numeric, percent_high numeric,
    kept bigint, shared bigint, percent_shared numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with people as (
        select c.organisation, c.learner_id, c.asked_date is not null as is_asked, coalesce(c.is_in_within_7_days, false) as is_in from facts.contacts c),
    firsts as (
        select n.learner_id, n.first, n.is_kept from core.number_of n
        where n.org_id = any (array(select m.org_id from core.member m where m.login = core.reader() and m.org_id <> all (core.left_out())))),
    counted as (
        select p.organisation, f.first, bool_or(f.is_kept) as is_kept, bool_or(p.is_asked) as is_asked, bool_or(p.is_in) as is_in
        from people p join firsts f on f.learner_id = p.learner_id
        group by 1, 2),
    near as ( -- less numbers: who shares one
        select p.organisation, array[count(*), count(*) filter (where p.is_asked), count(*) filter (where p.is_in)] as cells from people p group by 1),
    cells as (
        select c.organisation, array[count(*), count(*) filter (where c.is_asked), count(*) filter (where c.is_in)] as cells,
            count(*) filter (where c.is_kept) as n_kept from counted c group by 1)
    select s.organisation, s.cells[1], s.cells[2], s.cells[3], core.percent(s.cells[3], s.cells[2]), core.wilson(s.cells[3], s.cells[2], -1),
        core.wilson(s.cells[3], s.cells[2], 1), h.cells[1], h.cells[2], core.percent(h.cells[2], h.cells[1]), s.n_hidden
    from core.safe(array(
        select row(c.organisation, null, null, null, 'all', null, c.cells || n.cells || c.n_kept || n.cells || c.n_kept, null, null)::core.cell
        from cells c join near n on n.organisation = c.organisation), true, null, 'all', true, 4, null) s
        left join facts.shared_numbers() h on h.organisation = s.organisation
    order by 1;
end;
comment on function report.numbers() is
'A1 and A3 of phone numbers, since several people may learn on one: numbers that ever wrote or dialled; asked (one of their people was sent the consent text); opted_in (one agreed within 7 days); opted_in / asked with its 95 percent interval; kept: numbers of people who were not erased, shared: of these with two people and more (Q1). Of people: report.contact_counts(). Who was erased counts as one number. Of the whole time only: by periods the difference to people would tell of few. Empty = too few to show.';

-- ---- C2 of mature cohorts ----

-- As facts.modules, of which the parts are those who have had 70 days and the others: it hides the same of both together. By
-- the language that the learner chose last, as those who started are counted.
create function facts.mature_modules(p_by text) returns setof core.cell
language sql stable
begin atomic
    with enrolled as (
        select e.learner_id, e.course, case when e.enrolled_at <= now() - interval '70 days' then 'mature' else 'recent' end as part,
            core.value_of(p_by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via) as value
        from facts.enrolments e),
    done as (
        select m.learner_id, m.course, m.module, true as is_done, bool_or(not m.via_catchup) as is_completed,
            bool_or(coalesce(m.is_passed and not m.via_catchup, false)) as is_passed
        from facts.module_completions m group by 1, 2, 3),
    reached as (
        select u.organisation, u.course, u.module, u.learner_id,
            min(core.value_of(p_by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)) as value
        from facts.units_done u where u.module_kind = 'lessons' group by 1, 2, 3, 4)
    select s.*
    from core.safe(array(
        select row(r.organisation, r.course, r.module, null, p.value, null, array[count(*), count(*) filter (where d.is_done),
            count(*) filter (where d.is_completed), count(*) filter (where d.is_passed)], null, p.part)::core.cell
        from reached r
            left join enrolled e on e.learner_id = r.learner_id and e.course = r.course
            left join done d on d.learner_id = r.learner_id and d.course = r.course and d.module = r.module
            cross join lateral (values (coalesce(e.part, 'recent'), coalesce(e.value, r.value))) as p (part, value)
        group by r.organisation, r.course, r.module, p.value, p.part)) s
    where s.part = 'mature';
end;
revoke execute on function facts.mature_modules(text) from public;

create function report.module_rates(by text default 'all')
returns table (organisation text, course text, module text, module_title text, value text, started bigint, reached bigint, completed bigint,
    percent_of_reached numeric, reached_low numeric, reached_high numeric, percent_of_started numeric, started_low numeric, started_high numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with titles as materialized (
        select distinct on (u.course, u.module) u.course, u.module, u.module_title, u.module_position
        from facts.units_done u order by u.course, u.module, u.version desc)
    select s.organisation, s.course, s.item, t.module_title, s.value, f.cells[2], s.cells[1], s.cells[3], core.percent(s.cells[3], s.cells[1]),
        core.wilson(s.cells[3], s.cells[1], -1), core.wilson(s.cells[3], s.cells[1], 1), core.percent(s.cells[3], f.cells[2]),
        core.wilson(s.cells[3], f.cells[2], -1), core.wilson(s.cells[3], f.cells[2], 1), s.n_hidden
    from facts.mature_modules(by) s
        left join facts.funnel('all', by, true, now()) f on f.organisation = s.organisation and f.course = s.course and f.value = s.value
        left join titles t on t.course = s.course and t.module = s.item
    where core.is_property(by)
    order by 1, 2, t.module_position, 5;
end;
comment on function report.module_rates(text) is
'C2 of those who have had 70 days since they enrolled: of each module completed / reached (those who began it) and completed / started (all who began the course), with 95 percent intervals. Completed: all lessons gone past and all quiz questions answered once; not who caught up. Everybody, also those with time left: report.modules(). Empty = too few to show.';

-- ---- G3: at work ----

create view facts.followups with (security_barrier) as
select l.learner_id, v.course, min(e.at) as asked_at
from core.event e
    join core.learner l on l.org_id = e.org_id and l.learner = e.learner
    join core.course_version v on v.course_id = e.course_id
where e.kind = 'followup_sent' and not l.is_test
group by 1, 2;
comment on view facts.followups is 'One row per learner and course who was asked the questions of the follow-up.';
comment on column facts.followups.learner_id is 'Pseudonym of the person.';
comment on column facts.followups.course is 'Id of the course.';
comment on column facts.followups.asked_at is 'When it was sent first.';

-- Of each who enrolled: how far, whether asked, and what was answered.
create view facts.at_work with (security_barrier) as
select e.organisation, e.course, e.learner_id, e.started_at is not null as is_started, e.completed_at is not null as is_completed,
    e.completed_at is not null and (f.course is not null or a.w1 is not null) as is_asked,
    case when e.completed_at is not null then a.w1 end as w1, case when e.completed_at is not null and a.w1 = 1 then a.w2 end as w2,
    case when e.completed_at is not null and a.w1 in (2, 3) then a.w3 end as w3,
    e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via, e.is_erased
from facts.enrolments e
    left join facts.followups f on f.learner_id = e.learner_id and f.course = e.course
    left join (select s.learner_id, s.course, max(s.choice) filter (where s.question = 'w1') as w1, max(s.choice) filter (where s.question = 'w2') as w2,
            max(s.choice) filter (where s.question = 'w3') as w3
        from facts.survey_answers s where s.survey = 'followup' group by 1, 2) a on a.learner_id = e.learner_id and a.course = e.course;
comment on view facts.at_work is 'One row per learner and course: what was said of it weeks later.';
comment on column facts.at_work.organisation is 'Code of the organisation.';
comment on column facts.at_work.course is 'Id of the course.';
comment on column facts.at_work.learner_id is 'Pseudonym of the person.';
comment on column facts.at_work.is_started is 'Whether there was a learning action.';
comment on column facts.at_work.is_completed is 'Whether the course was completed.';
comment on column facts.at_work.is_asked is 'Whether the questions were sent, 8 to 12 weeks after that.';
comment on column facts.at_work.w1 is 'Used at work: 1 yes, 2 not yet, 3 no chance.';
comment on column facts.at_work.w2 is 'What was done, of those who said yes.';
comment on column facts.at_work.w3 is 'Why not, of the others.';
comment on column facts.at_work.lang is 'Language that the learner chose last.';
comment on column facts.at_work.cohort is 'Code of the cohort; empty = none.';
comment on column facts.at_work.country is 'Country of the phone number.';
comment on column facts.at_work.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.at_work.first_channel is 'Channel on which the person first came.';
comment on column facts.at_work.first_via is 'How: sms, ussd or call.';
comment on column facts.at_work.is_erased is 'Whether the person was erased.';

create or replace function fresh.at_work(by text default 'all')
returns table (organisation text, course text, value text, asked bigint, answered bigint, used bigint, percent_of_asked numeric, percent_of_answered numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp set enable_hashjoin = on set work_mem = '64MB' set jit = off
begin atomic
    select s.organisation, s.course, s.value, s.cells[4], s.cells[5], s.cells[6], case when s.cells[5] is not null then core.percent(s.cells[6], s.cells[4]) end, core.percent(s.cells[6], s.cells[5])
    from core.safe(array(
        select row(a.organisation, a.course, null, null, g.value, null, array[count(*), count(*) filter (where a.is_started),
            count(*) filter (where a.is_completed), count(*) filter (where a.is_asked), count(a.w1), count(*) filter (where a.w1 = 1)], null, null)::core.cell
        from facts.at_work a
            cross join lateral (values (core.value_of(by, a.lang, a.cohort, a.country, a.role_choice, a.first_channel, a.first_via))) as g (value)
        group by a.organisation, a.course, g.value)) s
    where s.cells[4] is distinct from 0 and core.is_property(by)
    order by 1, 2, 3;
end;
comment on function report.at_work(text) is
'G3, level 3: of those who were sent the questions 8 to 12 weeks after they completed the course, who answered and said that they used it at work (W1 = 1), of those asked and of those who answered. What people say of themselves. Level 4, what it means for children, is not measured here. Empty = too few to show.';

create function report.at_work_answers(by text default 'all')
returns table (organisation text, course text, question text, question_text text, value text, choice integer, answer text, n bigint, answered bigint,
    percent numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with people as (
        select a.*, g.value from facts.at_work a
            cross join lateral (values (core.value_of(by, a.lang, a.cohort, a.country, a.role_choice, a.first_channel, a.first_via))) as g (value)),
    said as (
        select p.organisation, p.course, p.value, q.question, q.choice, count(*) as n
        from people p cross join lateral (values ('w2', p.w2), ('w3', p.w3)) as q (question, choice)
        where q.choice is not null group by 1, 2, 3, 4, 5),
    -- What report.at_work and others show: whoever did not answer could be calculated.
    wholes as (
        select p.organisation, p.course, p.value, q.question, array[count(*) filter (where q.is_meant), count(p.w1), count(*) filter (where p.is_asked),
            count(*) filter (where p.is_completed)] as near
        from people p cross join lateral (values ('w2', p.w1 = 1), ('w3', p.w1 <> 1)) as q (question, is_meant)
        group by 1, 2, 3, 4),
    totals as (
        select w.organisation, w.course, w.question, array[sum(w.near[1]), sum(w.near[2]), sum(w.near[3]), sum(w.near[4])]::bigint[] as near from wholes w group by 1, 2, 3),
    words as materialized (
        select distinct on (s.course, s.question, s.choice) s.course, s.question, s.choice, s.question_text, s.answer_text
        from facts.survey_answers s where s.survey = 'followup' and s.choice is not null order by s.course, s.question, s.choice, s.version desc)
    select s.organisation, s.course, s.item, w.question_text, s.value, s.part::integer, w.answer_text, s.cells[1],
        case when bool_and(s.cells[1] is not null) over item then (sum(s.cells[1]) over item)::bigint end,
        case when bool_and(s.cells[1] is not null) over item then core.percent(s.cells[1], (sum(s.cells[1]) over item)::bigint) end, s.n_hidden
    from core.safe(array(
        select row(a.organisation, a.course, a.question, null, a.value, null, array[a.n]
            || case when row_number() over (partition by a.organisation, a.course, a.question, a.value order by a.choice) = 1 then w.near else array[0, 0, 0, 0]::bigint[] end
            || t.near, null, a.choice::text)::core.cell
        from said a
            join wholes w on w.organisation = a.organisation and w.course = a.course and w.value = a.value and w.question = a.question
            join totals t on t.organisation = a.organisation and t.course = a.course and t.question = a.question), true, null, 'all', true, 4) s
        left join words w on w.course = s.course and w.question = s.item and w.choice::text = s.part
    where core.is_property(by)
    window item as (partition by s.organisation, s.course, s.item, s.value)
    order by 1, 2, 3, 5, 6;
end;
comment on function report.at_work_answers(text) is
'G3, level 3, in detail: what people did with the course at work (w2, asked of those who used it) and what stood in the way (w3, of the others): how often each answer was chosen, of all who answered that question. What people say of themselves. Empty = too few to show.';

-- ---- H1: STOP beside messages ----

create view facts.opt_outs with (security_barrier) as
select l.learner_id, o.code as organisation, (s.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    s.at <= now() - interval '90 days' as is_over,
    exists (select from core.event x where x.org_id = s.org_id and x.learner = s.learner and x.seq > s.seq and x.at <= s.at + interval '90 days'
        and x.kind in ('rejoined', 'consented')) as is_back,
    coalesce(m.purpose, 'none') as last_message,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from (select distinct on (e.org_id, e.learner) e.org_id, e.learner, e.seq, e.at from core.event e where e.kind = 'stopped'
        order by e.org_id, e.learner, e.seq) s
    join core.learner l on l.org_id = s.org_id and l.learner = s.learner
    join core.organisation o on o.org_id = s.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join lateral (select coalesce(m.purpose, 'reply') as purpose from core.message m
        where m.learner = s.learner and m.seq < s.seq and m.status not in ('queued', 'sending', 'capped')
            and coalesce(m.sent_at, m.created_at) between s.at - interval '24 hours' and s.at
        order by coalesce(m.sent_at, m.created_at) desc, m.seq desc, m.message_id desc limit 1) m on true
where not l.is_test;
comment on view facts.opt_outs is 'One row per person who sent STOP or LEAVE: the first time.';
comment on column facts.opt_outs.learner_id is 'Pseudonym of the person.';
comment on column facts.opt_outs.organisation is 'Code of the organisation.';
comment on column facts.opt_outs.local_date is 'Day of it, in the time zone of the cohort or organisation.';
comment on column facts.opt_outs.is_over is 'Whether 90 days have passed since.';
comment on column facts.opt_outs.is_back is 'Whether the person came back within 90 days.';
comment on column facts.opt_outs.last_message is 'What the last SMS in the 24 hours before was for; none: there was none.';
comment on column facts.opt_outs.lang is 'Language that the learner chose last.';
comment on column facts.opt_outs.cohort is 'Code of the cohort; empty = none.';
comment on column facts.opt_outs.country is 'Country of the phone number.';
comment on column facts.opt_outs.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.opt_outs.first_channel is 'Channel on which the person first came.';
comment on column facts.opt_outs.first_via is 'How: sms, ussd or call.';
comment on column facts.opt_outs.is_erased is 'Whether the person was erased.';

create view facts.delivered with (security_barrier) as
select o.code as organisation, (m.created_at at time zone o.time_zone)::date as local_date, coalesce(m.purpose, 'reply') as last_message,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, m.learner as person
from core.message m
    join core.organisation o on o.org_id = m.org_id
    left join core.learner l on l.learner = m.learner
    left join core.cohort c on c.cohort_id = l.cohort_id
where m.status in ('delivered', 'read') and l.is_test is not true;
comment on view facts.delivered is 'One row per SMS that was delivered, beside what is known of the person.';
comment on column facts.delivered.organisation is 'Code of the organisation.';
comment on column facts.delivered.local_date is 'Day on which it was made, in the time zone of the organisation.';
comment on column facts.delivered.last_message is 'What it was for.';
comment on column facts.delivered.lang is 'Language that the learner chose last.';
comment on column facts.delivered.cohort is 'Code of the cohort; empty = none.';
comment on column facts.delivered.country is 'Country of the phone number.';
comment on column facts.delivered.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.delivered.first_channel is 'Channel on which the person first came.';
comment on column facts.delivered.first_via is 'How: sms, ussd or call.';
comment on column facts.delivered.person is 'Who got it.';

create function report.opt_outs(grain text default 'all', by text default 'all')
returns table (organisation text, period_start date, value text, stopped bigint, delivered bigint, per_1000_delivered numeric, over_90_days bigint,
    came_back bigint, percent_came_back numeric, percent_low numeric, percent_high numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with stops as (
        select s.organisation, core.row_day(grain, s.local_date) as day, g.value, s.is_over, s.is_back
        from facts.opt_outs s
            cross join lateral (values (case by when 'last_message' then s.last_message
                else core.value_of(by, s.lang, s.cohort, s.country, s.role_choice, s.first_channel, s.first_via) end)) as g (value)),
    sent as (
        select m.organisation, core.row_day(grain, m.local_date) as day, g.value, count(*) as n, bit_or(core.person_bit(m.person)) as bits
        from facts.delivered m
            cross join lateral (values (case by when 'last_message' then m.last_message
                else core.value_of(by, m.lang, m.cohort, m.country, m.role_choice, m.first_channel, m.first_via) end)) as g (value)
        group by 1, 2, 3),
    delivered as (
        select d.organisation, core.period_of(grain, d.day) as period, d.value, case when core.is_of_five(bit_or(d.bits)) then sum(d.n)::bigint end as n from sent d group by 1, 2, 3),
    rows as (
        select x.organisation, x.day, x.value, array[sum(x.a), sum(x.b), sum(x.c)]::bigint[] as cells
        from (select s.organisation, s.day, s.value, 1 as a, s.is_over::integer as b, (s.is_over and s.is_back)::integer as c from stops s
            union all select d.organisation, d.day, d.value, 0, 0, 0 from sent d) x
        group by 1, 2, 3),
    -- Who wrote and has not stopped is not told either.
    contacts as (
        select c.organisation, g.value, count(*) as n
        from facts.contacts c
            cross join lateral (values (case by when 'last_message' then 'all'
                else core.value_of(by, c.lang, c.cohort, c.country, c.role_choice, c.first_channel, c.first_via) end)) as g (value)
        group by 1, 2),
    away as ( -- less these: who came back
        select e.organisation, g.value, count(*) as n
        from facts.enrolments e
            cross join lateral (values (case by when 'last_message' then 'all'
                else core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via) end)) as g (value)
        where e.stopped_at is not null
        group by 1, 2),
    totals as (
        select c.organisation, sum(c.n)::bigint as n, coalesce((select sum(a.n) from away a where a.organisation = c.organisation), 0)::bigint as n_away
        from contacts c group by 1)
    select s.organisation, s.period, s.value, s.cells[1], d.n, case when s.cells[1] is not null then round(1000.0 * s.cells[1] / nullif(d.n, 0), 2) end,
        s.cells[2], s.cells[3], core.percent(s.cells[3], s.cells[2]), core.wilson(s.cells[3], s.cells[2], -1), core.wilson(s.cells[3], s.cells[2], 1),
        core.is_period_over(grain, s.period, now()), s.n_hidden
    from core.safe(array(
        select row(r.organisation, null, null, r.day, r.value, null, r.cells
            || case when row_number() over (partition by r.organisation, r.value order by r.day) = 1 then array[coalesce(c.n, 0), coalesce(a.n, 0)] else array[0, 0]::bigint[] end
            || array[coalesce(t.n, 0), coalesce(t.n_away, 0)], null, null)::core.cell
        from rows r
            left join contacts c on c.organisation = r.organisation and c.value = r.value
            left join away a on a.organisation = r.organisation and a.value = r.value
            left join totals t on t.organisation = r.organisation), true, null, grain, true, 2) s
        left join delivered d on d.organisation = s.organisation and d.period is not distinct from s.period and d.value = s.value
    where core.is_grain(grain) and (by = 'last_message' or core.is_property(by))
    order by 1, 2, 3;
end;
comment on function report.opt_outs(text, text) is
'H1 beside messages: people who sent STOP or LEAVE, each once, on the day of the first time; per 1,000 SMS that were delivered in the period; came_back: of those whose STOP was 90 days ago and more, who came back within 90 days. by => ''last_message'': what the last SMS in the 24 hours before STOP was for (none: there was none), beside what was delivered of that kind. Messages are kept for 12 months. Of those enrolled: report.leaving(). Empty = too few to show.';

-- ---- T1: why, and what it costs ----

create view facts.message_ends with (security_barrier) as
select o.code as organisation, (m.created_at at time zone o.time_zone)::date as local_date, m.channel, m.network as operator, m.country,
    m.status in ('failed', 'undelivered', 'capped', 'errored') as is_failed, coalesce(nullif(left(m.error, 60), ''), m.status::text) as code, m.learner as person
from core.message m
    join core.organisation o on o.org_id = m.org_id
    left join core.learner l on l.learner = m.learner
where l.is_test is not true;
comment on view facts.message_ends is 'One row per SMS: whether it failed, and what the provider says of it.';
comment on column facts.message_ends.organisation is 'Code of the organisation.';
comment on column facts.message_ends.local_date is 'Day on which it was made, in the time zone of the organisation.';
comment on column facts.message_ends.channel is 'Channel that it went by.';
comment on column facts.message_ends.operator is 'Operator, as the provider names it; empty = not said.';
comment on column facts.message_ends.country is 'Country that it went to.';
comment on column facts.message_ends.is_failed is 'Whether it did not get through.';
comment on column facts.message_ends.code is 'Code or words of the provider, long numbers masked; the status where it says nothing.';
comment on column facts.message_ends.person is 'Who was to get it.';

create function report.failures(grain text default 'all', by text default 'operator')
returns table (organisation text, period_start date, value text, code text, sent bigint, failed bigint, percent_of_sent numeric, percent_of_failed numeric,
    is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    -- As in report.delivery; what fewer than 5 people met with comes together as one.
    with ends as (
        select m.organisation, g.period, g.value, m.is_failed, m.code, count(*) as n, bit_or(core.person_bit(m.person)) as bits
        from facts.message_ends m
            cross join lateral (values (core.period_of(grain, m.local_date), case by when 'all' then 'all' when 'channel' then m.channel
                when 'operator' then coalesce(m.operator, 'none') when 'country' then coalesce(m.country, 'none') end)) as g (period, value)
        group by 1, 2, 3, 4, 5),
    wholes as (
        select e.organisation, e.period, e.value, sum(e.n)::bigint as n, sum(e.n) filter (where e.is_failed)::bigint as n_failed,
            core.is_of_five(bit_or(e.bits)) as is_enough, coalesce(core.is_of_five(bit_or(e.bits) filter (where e.is_failed)), false) as is_enough_failed
        from ends e group by 1, 2, 3),
    codes as (
        select e.organisation, e.period, e.value, c.code, sum(e.n)::bigint as n, core.is_of_five(bit_or(e.bits)) as is_enough
        from ends e cross join lateral (values (case when core.is_of_five(e.bits) then e.code else 'other' end)) as c (code)
        where e.is_failed group by 1, 2, 3, 4)
    select c.organisation, c.period, c.value, c.code, case when w.is_enough then w.n end, case when c.is_enough then c.n end,
        case when c.is_enough and w.is_enough then core.percent(c.n, w.n) end, case when c.is_enough and w.is_enough_failed then core.percent(c.n, w.n_failed) end,
        core.is_period_over(grain, c.period, now())
    from codes c join wholes w on w.organisation = c.organisation and w.period is not distinct from c.period and w.value = c.value
    where core.is_grain(grain) and core.is_one_of('by', by, 'all, channel, operator, country')
    order by 1, 2, 3, 6 desc nulls last, 4;
end;
comment on function report.failures(text, text) is
'T1: SMS that did not get through, by operator (or channel, country) and by what the provider says why; of all that were sent there, and of all that failed. What fewer than 5 people met with is one row, other. Messages, not people; kept for 12 months. Empty = too few to show.';

create view facts.spent with (security_barrier) as
select o.code as organisation, m.country, m.currency, m.segments, m.price
from core.message m
    join core.organisation o on o.org_id = m.org_id
    left join core.learner l on l.learner = m.learner
where l.is_test is not true
union all
select o.code, d.country, d.currency, d.segments, d.price from core.message_day d join core.organisation o on o.org_id = d.org_id;
comment on view facts.spent is 'Parts and money of all SMS, also of those that are older than 12 months.';
comment on column facts.spent.organisation is 'Code of the organisation.';
comment on column facts.spent.country is 'Country that they went to.';
comment on column facts.spent.currency is 'Currency of the price.';
comment on column facts.spent.segments is 'Parts that were paid for.';
comment on column facts.spent.price is 'Price.';

create function report.cost(by text default 'all')
returns table (organisation text, value text, completed bigint, segments bigint, segments_per_completed numeric, currency text, price numeric, price_per_completed numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with spent as (
        select s.organisation, g.value, s.currency, sum(s.segments)::bigint as segments, sum(s.price) as price
        from facts.spent s cross join lateral (values (case by when 'all' then 'all' when 'country' then coalesce(s.country, 'none') end)) as g (value)
        group by 1, 2, 3),
    done as (
        select f.organisation, f.value, case when bool_and(f.cells[3] is not null) then sum(f.cells[3])::bigint end as n
        from facts.funnel('all', case by when 'country' then 'country' else 'all' end, false, now()) f group by 1, 2)
    select s.organisation, s.value, d.n, case when d.n >= 5 then s.segments end, case when d.n >= 5 then round(s.segments::numeric / d.n, 1) end, s.currency,
        case when d.n >= 5 then s.price end, case when d.n >= 5 then round(s.price / d.n, 4) end
    from spent s left join done d on d.organisation = s.organisation and d.value = s.value
    where core.is_one_of('by', by, 'all, country')
    order by 1, 2, 6;
end;
comment on function report.cost(text) is
'T1: parts of SMS and money for each completed course: all that was ever sent, also to those who did not complete it, by how many completed (with several courses: all completions). One row for each currency; without one: nobody said a price. It falls as those who are still at it complete. Empty = too few to show.';

-- ---- T2: how sessions end, how long they are ----

create view facts.session_lengths with (security_barrier) as
select o.code as organisation, (s.begun_at at time zone o.time_zone)::date as local_date, s.is_dropped, s.screens, s.learner as person
-- Providers use names of sessions again: after ten minutes, which no operator keeps one open, it is another one.
from (select x.org_id, x.learner, x.session, min(x.at) as begun_at, bool_or(x.kind = 'session_dropped') as is_dropped,
        max(x.seq) - min(x.seq) + 1 - max((x.kind = 'session_dropped')::integer) as screens
    from (select g.*, count(*) filter (where g.is_first) over (partition by g.org_id, g.learner, g.session order by g.seq, g.n) as place
        from (select e.org_id, e.learner, e.session, e.seq, e.n, e.at, e.kind,
                e.kind <> 'session_dropped' and coalesce(e.at - lag(e.at) over (partition by e.org_id, e.learner, e.session order by e.seq, e.n) > interval '10 minutes', true) as is_first
            from core.event e where e.session is not null and e.via = 'ussd') g) x
    group by x.org_id, x.learner, x.session, x.place) s
    join core.learner l on l.org_id = s.org_id and l.learner = s.learner
    join core.organisation o on o.org_id = s.org_id
where not l.is_test and l.erased_at is null and s.begun_at <= now() - interval '1 hour' and s.screens > 0;
comment on view facts.session_lengths is 'One row per USSD session that began an hour ago or more: how many screens, and how it ended.';
comment on column facts.session_lengths.organisation is 'Code of the organisation.';
comment on column facts.session_lengths.local_date is 'Day on which it began, in the time zone of the organisation.';
comment on column facts.session_lengths.is_dropped is 'Whether it broke off; else we ended it.';
comment on column facts.session_lengths.screens is 'How many screens were shown.';
comment on column facts.session_lengths.person is 'Whose it was.';

create view facts.session_keys with (security_barrier) as
select x.organisation, x.local_date, x.seconds, x.person
from (select o.code as organisation, (s.at at time zone o.time_zone)::date as local_date, s.learner as person,
        case when s.seq = lag(s.seq) over session + 1 then extract(epoch from s.at - lag(s.at) over session) end as seconds
    from (select e.org_id, e.learner, e.session, e.seq, min(e.at) as at from core.event e
            where e.session is not null and e.via = 'ussd' and e.kind <> 'session_dropped' group by 1, 2, 3, 4) s
        join core.learner l on l.org_id = s.org_id and l.learner = s.learner
        join core.organisation o on o.org_id = s.org_id
    where not l.is_test and l.erased_at is null
    window session as (partition by s.org_id, s.learner, s.session order by s.seq)) x
where x.seconds between 0 and 600; -- no operator keeps a session so long: what comes later is another one of the same name
comment on view facts.session_keys is 'One row per key in a USSD session: how long after the one before.';
comment on column facts.session_keys.organisation is 'Code of the organisation.';
comment on column facts.session_keys.local_date is 'Day, in the time zone of the organisation.';
comment on column facts.session_keys.seconds is 'Seconds since the key before: to read the screen and answer.';
comment on column facts.session_keys.person is 'Whose it was.';

create function report.session_lengths(grain text default 'all')
returns table (organisation text, period_start date, sessions bigint, ended_by_us bigint, dropped bigint, percent_dropped numeric, screens_per_session numeric,
    median_seconds numeric, p99_seconds numeric, is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    -- As in report.sessions.
    with counted as (
        select s.organisation, core.period_of(grain, s.local_date) as period, count(*) as n, count(*) filter (where s.is_dropped) as n_dropped, avg(s.screens) as screens,
            core.is_of_five(bit_or(core.person_bit(s.person))) as is_enough
        from facts.session_lengths s group by 1, 2),
    keys as (
        select k.organisation, core.period_of(grain, k.local_date) as period, percentile_cont(0.5) within group (order by k.seconds) as median,
            percentile_cont(0.99) within group (order by k.seconds) as p99, core.is_of_five(bit_or(core.person_bit(k.person))) as is_enough
        from facts.session_keys k group by 1, 2)
    select c.organisation, c.period, case when c.is_enough then c.n end, case when c.is_enough then c.n - c.n_dropped end, case when c.is_enough then c.n_dropped end,
        case when c.is_enough then core.percent(c.n_dropped, c.n) end, case when c.is_enough then round(c.screens, 1) end,
        case when k.is_enough then round(k.median::numeric, 1) end, case when k.is_enough then round(k.p99::numeric, 1) end, core.is_period_over(grain, c.period, now())
    from counted c left join keys k on k.organisation = c.organisation and k.period is not distinct from c.period
    where core.is_grain(grain)
    order by 1, 2;
end;
comment on function report.session_lengths(text) is
'T2: USSD sessions, how many we ended and how many broke off, screens in each, and the seconds that people take from a screen to their key (median, and what 99 of 100 keep under: near the time after which the operator ends a session, the texts are too long). How long we take is in the metrics, not here. Sessions, not people; without those that began in the last hour and those of people who were erased. Empty where fewer than 5 people had them.';

-- ---- T3: beside all that came ----

create or replace view facts.not_understood with (security_barrier) as
select l.learner_id, o.code as organisation, (u.at at time zone o.time_zone)::date as local_date, coalesce(u.lang, 'und') as lang,
    coalesce(u.channel, 'none') as channel, u.via::text as via, u.unit, u.text as words,
    l.erased_at is not null as is_erased, u.at > now() - interval '30 days' as is_recent
from core.unknown_input u
    join core.learner l on l.org_id = u.org_id and l.learner = u.learner
    join core.organisation o on o.org_id = u.org_id
where not l.is_test;
comment on column facts.not_understood.is_recent is 'Whether it came in the last 30 days: what is older goes once a day.';

create view facts.inbound with (security_barrier) as
select o.code as organisation, coalesce(s.lang, 'und') as lang, coalesce(s.channel, 'none') as channel, s.unit, s.learner as person
from (select e.org_id, e.learner, e.seq, min(e.lang) as lang, min(e.channel) as channel, min(e.unit) filter (where e.kind in ('answered', 'lesson_read', 'unknown_input')) as unit
    from core.event e
    where e.at > now() - interval '30 days' and e.via is not null and e.kind not in ('reminded', 'reminder_withheld', 'followup_sent', 'nudged', 'session_dropped',
        'safe_released', 'corrected', 'number_checked', 'erased')
    group by 1, 2, 3) s
    join core.learner l on l.org_id = s.org_id and l.learner = s.learner
    join core.organisation o on o.org_id = s.org_id
where not l.is_test;
comment on view facts.inbound is 'One row per message or key of the last 30 days that is on record: what did something, or was not understood.';
comment on column facts.inbound.organisation is 'Code of the organisation.';
comment on column facts.inbound.lang is 'Language of the learner.';
comment on column facts.inbound.channel is 'Channel that it came by.';
comment on column facts.inbound.unit is 'Lesson or question that it was about.';
comment on column facts.inbound.person is 'Whose it was.';

drop function report.unmatched(text);
drop function fresh.unmatched(text);
create function report.unmatched(by text default 'language')
returns table (organisation text, value text, not_understood bigint, learners bigint, inbound bigint, percent_of_inbound numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with said as (
        select u.organisation, case by when 'all' then 'all' when 'language' then u.lang when 'unit' then coalesce(u.unit, 'none') when 'channel' then u.channel end as value,
            u.learner_id
        from facts.not_understood u where u.is_recent),
    came as (
        select i.organisation, g.value, count(*) as n, core.is_of_five(bit_or(core.person_bit(i.person))) as is_enough
        from facts.inbound i
            cross join lateral (values (case by when 'all' then 'all' when 'language' then i.lang when 'unit' then coalesce(i.unit, 'none') when 'channel' then i.channel end)) as g (value)
        group by 1, 2)
    select s.organisation, s.value, case when s.cells[2] is not null then s.cells[1] end, s.cells[2], case when c.is_enough then c.n end,
        case when s.cells[2] is not null and c.is_enough then core.percent(s.cells[1], c.n) end
    from core.safe(array(
        select row(u.organisation, null, null, null, u.value, null, array[count(*), count(distinct u.learner_id)], null, null)::core.cell
        from said u group by u.organisation, u.value), false) s
        left join came c on c.organisation = s.organisation and c.value = s.value
    where core.is_one_of('by', by, 'all, language, unit, channel')
    order by 1, 3 desc nulls last, 2;
end;
comment on function report.unmatched(text) is
'T3: messages of the last 30 days that were not understood, from how many people, and their share of all messages and keys that came and are on record (what did something, or was not understood). Aim: under 5 percent. by: all, language, unit, channel. Empty = too few to show.';

-- ---- Q2: more rates ----

create or replace function report.equity(indicator text default 'percent_of_started', by text default 'language')
returns table (organisation text, course text, lowest_value text, lowest numeric, highest_value text, highest numeric, ratio numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with rates as (
        select f.organisation, f.course, f.value, case indicator when 'percent_started' then f.percent_started
            when 'percent_of_enrolled' then f.percent_of_enrolled when 'percent_of_started' then f.percent_of_started end as rate
        from report.funnel('all', by, true) f
        where indicator in ('percent_started', 'percent_of_enrolled', 'percent_of_started')
            and case indicator when 'percent_of_started' then f.started else f.enrolled end >= 30
        union all
        select c.organisation, null, c.value, c.percent_opted_in from report.contact_counts('all', by) c where indicator = 'percent_opted_in' and c.asked >= 30
        union all
        select l.organisation, l.course, l.value, l.percent_stopped from report.leaving(by) l where indicator = 'percent_stopped' and l.enrolled >= 30
        union all
        select s.organisation, s.course, s.value, case indicator when 'csat' then s.csat else s.percent_answered end
        from report.survey(by) s where indicator = 'percent_answered' and s.invited >= 30 or indicator = 'csat' and s.answered >= 30)
    select r.organisation, r.course, (array_agg(r.value order by r.rate, r.value))[1], min(r.rate), (array_agg(r.value order by r.rate desc, r.value))[1],
        max(r.rate), round(min(r.rate) / nullif(max(r.rate), 0), 2)
    from rates r
    where core.is_property(by) and r.rate is not null
        and core.is_one_of('indicator', indicator, 'percent_started, percent_of_enrolled, percent_of_started, percent_opted_in, percent_stopped, percent_answered, csat')
    group by 1, 2
    order by 1, 2;
end;
comment on function report.equity(text, text) is
'Q2: the groups with the lowest and the highest rate, and the ratio of both; groups of 30 people and more. indicator: percent_of_started (completion), percent_of_enrolled, percent_started, all three of mature cohorts; percent_opted_in; percent_stopped; percent_answered (the survey); csat.';
select facts.keep_to_itself('report.equity(text, text)');

-- ---- counted in the background where there are many ----

-- As 0025 and 0028 did with all that there was then: a report moves to fresh, and what is in its place asks core.kept_answer first.
create function facts.keep_answers_of(p_function regprocedure) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    v record;
    v_setting text;
    v_is text := 'case %1$s when ''organisation'' then ''all'' else %1$s end'; -- each row is of one organisation
begin
    foreach v_setting in array array['enable_hashjoin = on', 'enable_nestloop = off', 'work_mem = ''128MB''', 'jit = off'] loop
        execute format('alter function %s set %s', p_function, v_setting);
    end loop;
    select p.proname as name, coalesce(p.proargnames[1:p.pronargs], '{}') as arguments, pg_get_function_arguments(p.oid) as signature,
        pg_get_function_result(p.oid) as result, pg_get_function_identity_arguments(p.oid) as types, pg_get_functiondef(p.oid) as definition into v
    from pg_proc p where p.oid = p_function;
    execute replace(v.definition, 'FUNCTION report.' || v.name || '(', 'FUNCTION fresh.' || v.name || '(');
    execute format('revoke execute on function fresh.%I(%s) from public', v.name, v.types);
    execute format('grant execute on function fresh.%I(%s) to waypost_owner', v.name, v.types);
    execute format($f$
create or replace function report.%1$I(%2$s) returns %3$s
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $w$
#variable_conflict use_column
declare
    v_arguments jsonb := jsonb_build_object(%4$s);
    v_kept smallint[];
    v_before text := coalesce(current_setting('waypost.leave_out', true), '');
begin
    if pg_has_role(core.reader(), 'coordinator', 'member') then
        v_kept := array(select a.org_id from core.kept_answer a where a.report = %1$L and a.arguments = v_arguments);
        return query select r.* from core.kept_answer a cross join lateral jsonb_to_recordset(a.answer) as r (%5$s)
            where a.report = %1$L and a.arguments = v_arguments order by a.org_id;
    end if;
    if coalesce(cardinality(v_kept), 0) = 0 or exists (select from core.member m where m.login = core.reader() and m.org_id <> all (v_kept)) then
        perform set_config('waypost.leave_out', array_to_string(v_kept, ','), true);
        return query select r.* from fresh.%1$I(%6$s) r;
        perform set_config('waypost.leave_out', v_before, true);
    end if;
end $w$ $f$, v.name, v.signature, v.result,
        (select string_agg(format('%L, %s', a, case a when 'by' then format(v_is, 'by') else format('%I::text', a) end), ', ' order by i) from unnest(v.arguments) with ordinality as x (a, i)),
        regexp_replace(v.result, '^TABLE\((.*)\)$', '\1'),
        (select string_agg(format('%I => %s', a, case a when 'by' then format(v_is, format('%I.by', v.name)) else format('%I.%I', v.name, a) end), ', ') from unnest(v.arguments) a));
    perform facts.keep_to_itself(p_function);
end $$;
comment on function facts.keep_answers_of(regprocedure) is 'Has the answers of a report kept: moves it to schema fresh and puts in its place what asks core.kept_answer first.';
revoke execute on function facts.keep_answers_of(regprocedure) from public;

select facts.keep_answers_of(f) from unnest(array['report.numbers()', 'report.module_rates(text)', 'report.at_work_answers(text)', 'report.opt_outs(text, text)',
    'report.failures(text, text)', 'report.cost(text)', 'report.session_lengths(text)', 'report.unmatched(text)']::regprocedure[]) f;

-- Counted in the background, too: of a million it took ten seconds.
create or replace view report.shared_numbers with (security_barrier) as
select n.organisation, n.kept as numbers, n.shared, n.percent_shared from report.numbers() n;
drop function facts.report_shared_numbers();

-- Of each person the others on the number are looked up: by index.
alter function fresh.numbers() set enable_nestloop = on;

revoke execute on all functions in schema report from public;
grant execute on all functions in schema report to coordinator;
grant execute on function report.unmatched(text) to content_editor;
grant execute on function report.module_rates(text) to facilitator, content_editor, organisation;
grant execute on function report.at_work_answers(text) to organisation;

reset role;
