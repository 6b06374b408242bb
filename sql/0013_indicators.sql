-- The indicators of docs/course-rules.md 3.2, as functions in schema report: rows are grouped by a period (grain) and
-- by one property of the learner (by), and counted before anything is hidden. Each reads the row views of 0010 or
-- those made here, so that a reader's organisations and nothing else are counted.

set local role waypost_owner;

-- Rare facts that indicators look for by kind.
create index event_rare on core.event (org_id, kind, at)
    where kind in ('consent_asked', 'stopped', 'rejoined', 'erased', 'session_opened', 'session_resumed', 'session_dropped',
        'survey_started', 'survey_declined', 'followup_sent');

-- A row of counts before anything is hidden. Its groups are organisation, course and item (a module, a question, a
-- channel ...); in a group stand the counts for each period and value.
create type core.cell as (organisation text, course text, item text, period date, value text, is_mature boolean, cells bigint[], n_hidden integer);

-- Counts that may be seen (docs/course-rules.md 3.4, threshold 5). In a row each count is a part of the one before it
-- (is_chain), or stands alone. Hidden are 1 to 4 and parts of them, what leaves 1 to 4 of the count before it, and as many more of the
-- group, smallest first, that nothing hidden is found by taking the rest from a sum over periods or over values
-- (p_added: of which counts there are such sums; null = of all).
create function core.safe(p_rows core.cell[], p_is_chain boolean default true, p_added integer[] default null) returns setof core.cell
language plpgsql immutable
as $$
declare
    v_width integer := coalesce(array_length((p_rows[1]).cells, 1), 0);
    v_n bigint[] := array[]::bigint[];
    v_hidden boolean[] := array[]::boolean[];
    v_more integer[];
    v_cell integer;
    v_last bigint;
    v_cells bigint[];
begin
    for r in 1 .. coalesce(array_length(p_rows, 1), 0) loop
        v_cells := (p_rows[r]).cells;
        v_last := null;
        for c in 1 .. v_width loop
            v_n := v_n || v_cells[c];
            v_hidden := v_hidden || coalesce(v_cells[c] between 1 and 4 or v_last - v_cells[c] between 1 and 4
                or p_is_chain and c > 1 and v_cells[c - 1] between 1 and 4, false);
            if p_is_chain and not v_hidden[array_length(v_hidden, 1)] then
                v_last := v_cells[c];
            end if;
        end loop;
    end loop;
    loop
        select array_agg(distinct m.cell) into v_more
        from (select (array_agg(x.i order by x.n, x.i) filter (where x.n > 0 and not x.is_hidden))[1] as cell
            from (select u.i::integer as i, u.n, u.is_hidden, (u.i - 1) % v_width as place, (u.i - 1) / v_width + 1 as r
                from unnest(v_n, v_hidden) with ordinality as u (n, is_hidden, i)) x
                join unnest(p_rows) with ordinality as k (organisation, course, item, period, value, is_mature, cells, n_hidden, r) on k.r = x.r
                cross join lateral (values (1, k.period::text), (2, k.value)) as g (margin, key)
            group by k.organisation, k.course, k.item, g.margin, g.key, x.place
            having count(*) > 1 and bool_or(x.is_hidden) and (p_added is null or x.place + 1 = any (p_added))
                and (count(*) filter (where x.is_hidden) < 2 or sum(x.n) filter (where x.is_hidden) < 5)) m
        where m.cell is not null;
        exit when v_more is null;
        foreach v_cell in array v_more loop
            v_hidden[v_cell] := true;
        end loop;
    end loop;
    return query
    select k.organisation, k.course, k.item, k.period, k.value, k.is_mature,
        array(select case when not v_hidden[(k.r - 1) * v_width + c] then k.cells[c] end from generate_series(1, v_width) c order by c),
        (select count(*) from unnest(v_hidden) h where h)::integer
    from unnest(p_rows) with ordinality as k (organisation, course, item, period, value, is_mature, cells, n_hidden, r);
end $$;

-- Of a count that only grows, those that may be seen: 5 and more, and no step of 1 to 4 from the last one seen.
create function core.safe_series(p_n bigint[]) returns bigint[]
language plpgsql immutable
as $$
declare
    v_seen bigint[] := array[]::bigint[];
    v_last bigint := 0;
    v_n bigint;
begin
    foreach v_n in array p_n loop
        if v_n - v_last between 1 and 4 then
            v_seen := v_seen || null::bigint;
        else
            v_seen := v_seen || v_n;
            v_last := v_n;
        end if;
    end loop;
    return v_seen;
end $$;

-- Percent of a shown part in a shown whole of 5 and more; and the ends of its 95 percent interval (Wilson).
create function core.percent(p_part bigint, p_whole bigint) returns numeric
language sql immutable parallel safe
return case when p_whole >= 5 then round(100.0 * p_part / p_whole, 1) end;
create function core.wilson(p_part bigint, p_whole bigint, p_sign integer) returns numeric
language sql immutable parallel safe
return case when p_whole >= 5 and p_part is not null then
    round((100 * (p_part::numeric / p_whole + 1.9208 / p_whole + p_sign * 1.96
        * sqrt(p_part::numeric / p_whole * (1 - p_part::numeric / p_whole) / p_whole + 0.9604 / (p_whole::numeric * p_whole)))
        / (1 + 3.8416 / p_whole)), 1) end;
-- How sure one may be of a mean: half of its 95 percent interval.
create function core.half_interval(p_deviation numeric, p_n bigint) returns numeric
language sql immutable parallel safe
return case when p_n >= 5 then round((1.96 * p_deviation / sqrt(p_n))::numeric, 2) end;

create function core.refuse(p_what text, p_said text, p_known text) returns text
language plpgsql immutable
as $$
begin
    raise exception '% cannot be %', p_what, coalesce(quote_literal(p_said), 'empty')
        using errcode = 'invalid_parameter_value', hint = 'Known are: ' || p_known || '.';
end $$;
create function core.period_of(p_grain text, p_day date) returns date
language sql immutable parallel safe
return case when p_grain in ('day', 'week', 'month', 'quarter') then date_trunc(p_grain, p_day::timestamp)::date
    when p_grain = 'all' then null
    else core.refuse('grain', p_grain, 'day, week, month, quarter, all')::date end;
-- A day later than in UTC: then it is over in every time zone.
create function core.is_period_over(p_grain text, p_period date, p_as_of timestamptz) returns boolean
language sql stable parallel safe
return p_grain <> 'all' and p_period + case p_grain when 'quarter' then interval '3 months' else ('1 ' || p_grain)::interval end
    + interval '1 day' <= p_as_of at time zone 'UTC';
create function core.days_of(p_grain text, p_period date) returns integer
language sql immutable parallel safe
return case when p_grain = 'day' then 1
    else (p_period + case p_grain when 'quarter' then interval '3 months' else ('1 ' || nullif(p_grain, 'all'))::interval end)::date - p_period end;
create function core.is_grain(p_grain text) returns boolean
language sql immutable parallel safe
return coalesce(core.period_of(p_grain, '2000-01-01') > '1900-01-01', true);
create function core.value_of(p_by text, p_language text, p_cohort text, p_country text, p_role smallint, p_channel text, p_via text)
returns text
language sql immutable parallel safe
return case p_by when 'all' then 'all' when 'language' then coalesce(p_language, 'und') when 'cohort' then coalesce(p_cohort, 'none')
    when 'country' then coalesce(p_country, 'none') when 'role' then coalesce(p_role::text, 'none')
    when 'channel' then coalesce(p_channel, 'none') when 'via' then coalesce(p_via, 'none')
    else core.refuse('by', p_by, 'all, language, cohort, country, role, channel, via') end;
-- True, or refused: also where there is no row to look at.
create function core.is_property(p_by text) returns boolean
language sql immutable parallel safe
return core.value_of(p_by, null, null, null, null, null, null) is not null;
create function core.is_one_of(p_what text, p_said text, p_known text) returns boolean
language sql immutable parallel safe
return case when p_said = any (string_to_array(p_known, ', ')) then true else core.refuse(p_what, p_said, p_known)::boolean end;

grant usage on type core.cell to report_owner, coordinator;
grant execute on function core.safe(core.cell[], boolean, integer[]), core.safe_series(bigint[]), core.percent(bigint, bigint),
    core.wilson(bigint, bigint, integer), core.half_interval(numeric, bigint), core.refuse(text, text, text), core.period_of(text, date), core.days_of(text, date),
    core.is_period_over(text, date, timestamptz), core.value_of(text, text, text, text, smallint, text, text),
    core.is_grain(text), core.is_property(text), core.is_one_of(text, text, text)
    to report_owner, coordinator;
do $$
declare
    v_table text;
begin
    foreach v_table in array array['learner_unit', 'consent', 'message', 'unknown_input'] loop
        if not exists (select from pg_policies p where p.schemaname = 'core' and p.tablename = v_table and p.policyname = 'organisation') then
            if v_table = 'consent' then -- carries no organisation: its learner does
                execute 'create policy organisation on core.consent for select to report_owner
                    using (exists (select from core.learner l where l.learner = consent.learner))';
            else
                execute format('create policy organisation on core.%I for select to report_owner
                    using (org_id = any (array(select m.org_id from core.member m where m.login = core.reader())))', v_table);
            end if;
        end if;
    end loop;
end $$;
grant select on core.learner_unit, core.consent to report_owner;
grant select (learner, org_id, channel, class, purpose, status, created_at, sent_at, status_at, segments, encoding, price, currency, network, country)
    on core.message to report_owner;
grant select (learner, seq, n, org_id, at, unit, lang, channel, via, text) on core.unknown_input to report_owner;

reset role;
set local role report_owner;

-- ---- rows ----

create view facts.contacts with (security_barrier) as
select l.learner_id, o.code as organisation, (l.created_at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    (a.asked_at at time zone coalesce(c.time_zone, o.time_zone))::date as asked_date,
    a.asked_at is not null and g.at <= a.asked_at + interval '7 days' as is_in_within_7_days,
    l.lang, c.code as cohort, l.country, l.role_choice, l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from core.learner l
    join core.organisation o on o.org_id = l.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join (select e.org_id, e.learner, min(e.at) as asked_at from core.event e where e.kind = 'consent_asked' group by 1, 2) a
        on a.org_id = l.org_id and a.learner = l.learner
    left join (select g.learner, min(g.at) as at from core.consent g where g.purpose = 'course' and g.is_given group by 1) g
        on g.learner = l.learner
where not l.is_test;
comment on view facts.contacts is 'One row per person who ever wrote or dialled, also without joining.';
comment on column facts.contacts.learner_id is 'Pseudonym of the person.';
comment on column facts.contacts.organisation is 'Code of the organisation.';
comment on column facts.contacts.local_date is 'Day of the first message, in the time zone of the cohort or organisation.';
comment on column facts.contacts.asked_date is 'Day on which the consent text was first sent; empty = never.';
comment on column facts.contacts.is_in_within_7_days is 'Whether consent to the course came within 7 days of that.';
comment on column facts.contacts.lang is 'Language that the learner chose last.';
comment on column facts.contacts.cohort is 'Code of the cohort; empty = none.';
comment on column facts.contacts.country is 'Country of the phone number.';
comment on column facts.contacts.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.contacts.first_channel is 'Channel on which the person first came.';
comment on column facts.contacts.first_via is 'How: sms, ussd or call.';

create view facts.active_days with (security_barrier) as
select l.learner_id, o.code as organisation, a.day, a.n_sms, a.n_ussd, l.lang, c.code as cohort, l.country, l.role_choice,
    l.first_channel, l.first_via::text as first_via, l.erased_at is not null as is_erased
from core.active_day a
    join core.learner l on l.org_id = a.org_id and l.learner = a.learner
    join core.organisation o on o.org_id = a.org_id
    left join core.cohort c on c.cohort_id = l.cohort_id
where not l.is_test;
comment on view facts.active_days is 'One row per learner and day with at least one learning action.';
comment on column facts.active_days.learner_id is 'Pseudonym of the person.';
comment on column facts.active_days.organisation is 'Code of the organisation.';
comment on column facts.active_days.day is 'The day, in the time zone of the cohort or organisation.';
comment on column facts.active_days.n_sms is 'Learning actions by SMS on that day.';
comment on column facts.active_days.n_ussd is 'Learning actions by USSD on that day.';
comment on column facts.active_days.lang is 'Language that the learner chose last.';
comment on column facts.active_days.cohort is 'Code of the cohort; empty = none.';
comment on column facts.active_days.country is 'Country of the phone number.';
comment on column facts.active_days.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.active_days.first_channel is 'Channel on which the person first came.';
comment on column facts.active_days.first_via is 'How: sms, ussd or call.';

create view facts.units_done with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, x.position, x.module, x.module_position, x.module_kind, x.module_title,
    u.unit, x.kind as unit_kind, coalesce(x.title, x.text) as unit_title, x.item_version,
    (u.first_at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    u.choice, u.is_right, u.is_post_right, u.lang, c.code as cohort, l.country, l.role_choice, l.first_channel,
    l.first_via::text as first_via, l.erased_at is not null as is_erased
from core.learner_unit u
    join core.learner l on l.org_id = u.org_id and l.learner = u.learner
    join core.organisation o on o.org_id = u.org_id
    join core.course_version v on v.course_id = u.course_id
    left join core.cohort c on c.cohort_id = l.cohort_id
    left join core.unit x on x.course_id = u.course_id and x.unit = u.unit
where not l.is_test;
comment on view facts.units_done is 'One row per learner and lesson, story or question with a learning action; of questions the first answer.';
comment on column facts.units_done.learner_id is 'Pseudonym of the person.';
comment on column facts.units_done.organisation is 'Code of the organisation.';
comment on column facts.units_done.course is 'Id of the course.';
comment on column facts.units_done.version is 'Version of the course.';
comment on column facts.units_done.position is 'Place of the unit in the course, from 1.';
comment on column facts.units_done.module is 'Id of the module.';
comment on column facts.units_done.module_position is 'Place of the module in the course, from 1.';
comment on column facts.units_done.module_kind is 'lessons, test, survey, followup or role.';
comment on column facts.units_done.module_title is 'Title of the module.';
comment on column facts.units_done.unit is 'Id of the lesson, story or question.';
comment on column facts.units_done.unit_kind is 'story, lesson or question.';
comment on column facts.units_done.unit_title is 'Its title, or the question.';
comment on column facts.units_done.item_version is 'Number of the wording of a question.';
comment on column facts.units_done.local_date is 'Day of the first learning action on it.';
comment on column facts.units_done.choice is 'Number of the option chosen first.';
comment on column facts.units_done.is_right is 'Whether the first answer (quiz, pre-test) was right; empty where nothing can be right.';
comment on column facts.units_done.is_post_right is 'Whether the first answer in the post-test was right.';
comment on column facts.units_done.lang is 'Language in which it was read or asked.';
comment on column facts.units_done.cohort is 'Code of the cohort; empty = none.';
comment on column facts.units_done.country is 'Country of the phone number.';
comment on column facts.units_done.role_choice is 'Answer to the role question; 0 = skipped.';
comment on column facts.units_done.first_channel is 'Channel on which the person first came.';
comment on column facts.units_done.first_via is 'How: sms, ussd or call.';

create view facts.messages with (security_barrier) as
select o.code as organisation, (m.created_at at time zone o.time_zone)::date as local_date, m.channel, m.class,
    coalesce(m.purpose, 'reply') as purpose, m.status::text as status, m.network as operator, m.country, l.lang, m.encoding,
    coalesce(m.segments, 0) as segments, m.price, m.currency,
    case when m.status in ('delivered', 'read') then round(extract(epoch from m.status_at - m.sent_at)) end as seconds_to_report,
    l.erased_at is not null as is_erased
from core.message m
    join core.organisation o on o.org_id = m.org_id
    left join core.learner l on l.learner = m.learner
where l.is_test is not true;
comment on view facts.messages is 'One row per SMS that was sent or tried, without the person.';
comment on column facts.messages.organisation is 'Code of the organisation.';
comment on column facts.messages.local_date is 'Day on which it was made, in the time zone of the organisation.';
comment on column facts.messages.channel is 'Channel that it went by.';
comment on column facts.messages.class is 'reply (an answer), notice or push.';
comment on column facts.messages.purpose is 'What it was for.';
comment on column facts.messages.status is 'queued sending errored unknown sent undelivered delivered read failed capped.';
comment on column facts.messages.operator is 'Operator, as the provider names it; empty = not said.';
comment on column facts.messages.country is 'Country that it went to.';
comment on column facts.messages.lang is 'Language of the learner.';
comment on column facts.messages.encoding is 'gsm7 or ucs2.';
comment on column facts.messages.segments is 'Parts that were paid for.';
comment on column facts.messages.price is 'Its price, where the provider says one or the price list has one.';
comment on column facts.messages.currency is 'Currency of the price.';
comment on column facts.messages.seconds_to_report is 'Seconds from sending to the report of delivery.';

create view facts.not_understood with (security_barrier) as
select l.learner_id, o.code as organisation, (u.at at time zone o.time_zone)::date as local_date, coalesce(u.lang, 'und') as lang,
    coalesce(u.channel, 'none') as channel, u.via::text as via, u.unit, u.text as words,
    l.erased_at is not null as is_erased
from core.unknown_input u
    join core.learner l on l.org_id = u.org_id and l.learner = u.learner
    join core.organisation o on o.org_id = u.org_id
where not l.is_test;
comment on view facts.not_understood is 'One row per message that nobody could make sense of, masked, after the safeguarding filter; kept for 30 days.';
comment on column facts.not_understood.learner_id is 'Pseudonym of the person.';
comment on column facts.not_understood.organisation is 'Code of the organisation.';
comment on column facts.not_understood.local_date is 'Day, in the time zone of the organisation.';
comment on column facts.not_understood.lang is 'Language of the learner.';
comment on column facts.not_understood.channel is 'Channel that it came by.';
comment on column facts.not_understood.via is 'How: sms or ussd.';
comment on column facts.not_understood.unit is 'Lesson or question that was on the screen.';
comment on column facts.not_understood.words is 'What was written; runs of digits are masked.';

create view facts.session_steps with (security_barrier) as
select o.code as organisation, (e.at at time zone o.time_zone)::date as local_date, e.kind::text as what, e.channel, e.lang, l.erased_at is not null as is_erased
from core.event e
    join core.learner l on l.org_id = e.org_id and l.learner = e.learner
    join core.organisation o on o.org_id = e.org_id
where e.kind in ('session_opened', 'session_resumed', 'session_dropped') and not l.is_test;
comment on view facts.session_steps is 'One row per USSD session that was opened, dropped or taken up again, without the person.';
comment on column facts.session_steps.organisation is 'Code of the organisation.';
comment on column facts.session_steps.local_date is 'Day, in the time zone of the organisation.';
comment on column facts.session_steps.what is 'session_opened, session_dropped or session_resumed.';
comment on column facts.session_steps.channel is 'Channel of the session.';
comment on column facts.session_steps.lang is 'Language of the learner.';

-- ---- the views that coordinators know ----

create view report.completion_rate with (security_barrier) as
select s.organisation, s.course, s.item as version, s.period as cohort_week, s.is_mature,
    s.cells[1] as enrolled, s.cells[2] as started, s.cells[3] as completed, s.cells[4] as certified,
    case when s.is_mature then core.percent(s.cells[3], s.cells[1]) end as percent_of_enrolled,
    case when s.is_mature then core.percent(s.cells[3], s.cells[2]) end as percent_of_started,
    s.n_hidden
from core.safe(array(
    select row(e.organisation, e.course, e.version, g.week, 'all', max(e.enrolled_at) <= now() - interval '70 days',
        array[count(*), count(e.started_at), count(e.completed_at), count(e.certified_at)], null)::core.cell
    from facts.enrolments e cross join lateral (values (core.period_of('week', e.local_date))) as g (week)
    group by e.organisation, e.course, e.version, g.week)) s;

create view report.drop_off with (security_barrier) as
with reached as (
    select c.org_id, c.course_id, c.unit, sum(c.reached)::bigint as reached
    from core.unit_cohort c
    group by 1, 2, 3),
gone as (
    select e.org_id, e.course_id, e.last_unit as unit, count(*) as left_here
    from core.enrolment e join core.learner l on l.learner = e.learner
    where e.last_unit is not null and e.completed_at is null and not l.is_test
        and (e.stopped_at is not null or e.last_at < now() - interval '14 days')
    group by 1, 2, 3),
counted as (
    select s.organisation, s.course, s.item as version, s.value as unit, s.cells, s.n_hidden
    from core.safe(array(
        select row(o.code, v.course, v.version, null, r.unit, null, array[r.reached, coalesce(g.left_here, 0)], null)::core.cell
        from reached r
            join core.organisation o on o.org_id = r.org_id
            join core.course_version v on v.course_id = r.course_id
            left join gone g on g.org_id = r.org_id and g.course_id = r.course_id and g.unit = r.unit
            left join core.unit u on u.course_id = r.course_id and u.unit = r.unit
        where r.reached > 0 and u.module_kind is distinct from 'followup'), true, array[2]) s)
select c.organisation, c.course, c.version, u.position, u.module, c.unit, u.title, u.text,
    c.cells[1] as reached, c.cells[2] as left_here, core.percent(c.cells[2], c.cells[1]) as percent_left, c.n_hidden
from counted c
    join core.course_version v on v.course = c.course and v.version = c.version
    left join core.unit u on u.course_id = v.course_id and u.unit = c.unit;

create view report.active_learners with (security_barrier) as
with active as (
    select a.org_id, a.day, a.learner
    from core.active_day a
    where not exists (select from core.learner l where l.org_id = a.org_id and l.learner = a.learner and l.is_test)),
periods as (
    select a.org_id, p.period, date_trunc(p.period, a.day::timestamp)::date as period_start,
        (date_trunc(p.period, a.day::timestamp) + ('1 ' || p.period)::interval)::date as period_end, count(distinct a.learner) as active
    from active a cross join (values ('day'), ('week'), ('month')) as p (period)
    group by 1, 2, 3, 4),
firsts as (
    select f.org_id, f.day, sum(count(*)) over (partition by f.org_id order by f.day) as n_ever
    from (select org_id, min(day) as day from active group by org_id, learner) f
    group by f.org_id, f.day),
ends as (
    select e.org_id, array_agg(e.period_end order by e.period_end) as period_ends, core.safe_series(array_agg(e.n_ever order by e.period_end)) as n_ever
    from (select p.org_id, p.period_end, (select f.n_ever from firsts f where f.org_id = p.org_id and f.day < p.period_end
            order by f.day desc limit 1)::bigint as n_ever
        from (select distinct org_id, period_end from periods) p) e
    group by e.org_id)
select o.code as organisation, p.period, p.period_start,
    -- A day in a week, or a day or week in a month, that leaves 1 to 4 of it would tell of them.
    case when not exists (select from periods w where w.org_id = p.org_id and w.period <> p.period and w.period_start <= p.period_start
            and w.period_end >= p.period_end and w.active - p.active between 1 and 4)
        then core.shown(p.active) end as active_learners,
    e.n_ever[array_position(e.period_ends, p.period_end)] as ever_active
from periods p
    join core.organisation o on o.org_id = p.org_id
    join ends e on e.org_id = p.org_id;

comment on view report.completion_rate is
'Completion by weekly cohort. Numerator: enrolled learners of the cohort who completed the course (all required modules and the post-test). Denominator: enrolled (consent not withdrawn before the first learning action), and started (at least one learning action). Window: from consent to now; rates only for mature cohorts, whose last consent is at least 70 days ago. Counts of 1 to 4, and what would reveal them, are empty.';
comment on column report.completion_rate.organisation is 'Code of the organisation.';
comment on column report.completion_rate.course is 'Id of the course.';
comment on column report.completion_rate.version is 'Version of the course.';
comment on column report.completion_rate.cohort_week is 'Monday of the ISO week of consent, in the time zone of the organisation.';
comment on column report.completion_rate.is_mature is 'True when everybody of the cohort has had 70 days.';
comment on column report.completion_rate.enrolled is 'Learners enrolled in that week. Empty = 1 to 4.';
comment on column report.completion_rate.started is 'Of these: with at least one learning action. Empty = too few to show.';
comment on column report.completion_rate.completed is 'Of these: completed the course so far. Empty = too few to show.';
comment on column report.completion_rate.certified is 'Of these: passed the post-test so far. Empty = too few to show.';
comment on column report.completion_rate.percent_of_enrolled is 'completed / enrolled in percent, mature cohorts only.';
comment on column report.completion_rate.percent_of_started is 'completed / started in percent, mature cohorts only.';
comment on column report.completion_rate.n_hidden is 'How many counts are hidden in the whole view. Do not add up what is left: report.funnel() has the totals.';

comment on view report.drop_off is
'Where learners leave. Numerator: learners whose last learning action was on this unit, who did not complete the course and stopped or were quiet for 14 days. Denominator: learners with at least one learning action on this unit. Window: the whole time up to now. Read it only where reached is 30 or more. Counts of 1 to 4, and what would reveal them, are empty.';
comment on column report.drop_off.organisation is 'Code of the organisation.';
comment on column report.drop_off.course is 'Id of the course.';
comment on column report.drop_off.version is 'Version of the course.';
comment on column report.drop_off.position is 'Place of the unit in the course, from 1.';
comment on column report.drop_off.module is 'Id of the module.';
comment on column report.drop_off.unit is 'Id of the lesson, story or question.';
comment on column report.drop_off.title is 'Its title, where it has one.';
comment on column report.drop_off.text is 'Its text, in the language of the course.';
comment on column report.drop_off.reached is 'Learners with a learning action on it. Empty = 1 to 4.';
comment on column report.drop_off.left_here is 'Of these: it was their last one. Empty = too few to show.';
comment on column report.drop_off.percent_left is 'left_here / reached in percent.';
comment on column report.drop_off.n_hidden is 'How many counts are hidden in the whole view.';

comment on view report.active_learners is
'Learners with at least one learning action in the period (a lesson page gone past or an answer). Publish the month together with ever_active. Counts of 1 to 4 are empty.';
comment on column report.active_learners.organisation is 'Code of the organisation.';
comment on column report.active_learners.period is 'day, week (Monday to Sunday) or month.';
comment on column report.active_learners.period_start is 'First day of the period, in the time zone of the organisation.';
comment on column report.active_learners.active_learners is 'Different learners with a learning action in the period. Empty = 1 to 4.';
comment on column report.active_learners.ever_active is 'Different learners with a learning action up to the end of the period. Empty = 1 to 4.';

-- ---- A and B: people ----

create function report.contact_counts(grain text default 'all', by text default 'all')
returns table (organisation text, period_start date, value text, contacts bigint, asked bigint, opted_in bigint, percent_opted_in numeric,
    percent_low numeric, percent_high numeric, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.period, s.value, s.cells[1], s.cells[2], s.cells[3], core.percent(s.cells[3], s.cells[2]),
        core.wilson(s.cells[3], s.cells[2], -1), core.wilson(s.cells[3], s.cells[2], 1), core.is_period_over(grain, s.period, now()), s.n_hidden
    from core.safe(array(
        select row(c.organisation, null, null, g.period, g.value, null,
            array[count(*), count(c.asked_date), count(*) filter (where c.is_in_within_7_days)], null)::core.cell
        from facts.contacts c
            cross join lateral (values (core.period_of(grain, c.local_date), core.value_of(by, c.lang, c.cohort, c.country, c.role_choice,
            c.first_channel, c.first_via))) as g (period, value)
        group by c.organisation, g.period, g.value)) s
    where core.is_grain(grain) and core.is_property(by)
    order by 1, 2, 3;
end;
comment on function report.contact_counts(text, text) is
'A1 contacts: people who ever wrote or dialled, by the day of the first time. A3 opt-in rate: opted_in (consent to the course within 7 days) / asked (were sent the consent text), with its 95 percent interval (Wilson). Empty = too few to show; n_hidden: cells hidden in the whole answer.';

create function report.funnel(grain text default 'all', by text default 'all', mature_only boolean default false, as_of timestamptz default now())
returns table (organisation text, course text, period_start date, value text, enrolled bigint, started bigint, completed bigint,
    certified bigint, percent_started numeric, percent_of_enrolled numeric, percent_of_started numeric, percent_low numeric,
    percent_high numeric, is_mature boolean, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.course, s.period, s.value, s.cells[1], s.cells[2], s.cells[3], s.cells[4], core.percent(s.cells[2], s.cells[1]),
        case when s.is_mature then core.percent(s.cells[3], s.cells[1]) end,
        case when s.is_mature then core.percent(s.cells[3], s.cells[2]) end,
        case when s.is_mature then core.wilson(s.cells[3], s.cells[2], -1) end,
        case when s.is_mature then core.wilson(s.cells[3], s.cells[2], 1) end,
        s.is_mature, core.is_period_over(grain, s.period, as_of), s.n_hidden
    from core.safe(array(
        select row(e.organisation, e.course, null, g.period, g.value, max(e.enrolled_at) <= as_of - interval '70 days',
            array[count(*), count(*) filter (where e.started_at <= as_of), count(*) filter (where e.completed_at <= as_of),
                count(*) filter (where e.certified_at <= as_of)], null)::core.cell
        from facts.enrolments e
            cross join lateral (values (core.period_of(grain, e.local_date), core.value_of(by, e.lang, e.cohort, e.country, e.role_choice,
            e.first_channel, e.first_via))) as g (period, value)
        where e.enrolled_at <= as_of and (not mature_only or e.enrolled_at <= as_of - interval '70 days')
        group by e.organisation, e.course, g.period, g.value)) s
    where core.is_grain(grain) and core.is_property(by)
    order by 1, 2, 3, 4;
end;
comment on function report.funnel(text, text, boolean, timestamptz) is
'A2 enrolled (consent not withdrawn before the first learning action), B1 started (at least one), C3 completed (all required modules and the post-test) and certified, by the day of consent. C4 completion: completed / enrolled and completed / started, only where everybody has had 70 days (is_mature; mature_only counts only those); the interval is that of completed / started. Empty = too few to show.';

create function report.activity(grain text default 'month', by text default 'all')
returns table (organisation text, period_start date, value text, active bigint, sms_only bigint, ussd_only bigint, mixed bigint,
    mean_daily numeric, stickiness numeric, ever_active bigint, is_over boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with days as (
        select a.organisation, g.period, g.value, a.learner_id, min(a.day) as day, count(*) as n_days, sum(a.n_sms) as n_sms, sum(a.n_ussd) as n_ussd
        from facts.active_days a
            cross join lateral (values (core.period_of(grain, a.day), core.value_of(by, a.lang, a.cohort, a.country, a.role_choice,
            a.first_channel, a.first_via))) as g (period, value)
        group by a.organisation, g.period, g.value, a.learner_id),
    firsts as (
        select p.organisation, p.value, array_agg(p.period order by p.period) as periods, core.safe_series(array_agg(p.n_ever order by p.period)) as n_ever
        from (select k.organisation, k.value, k.period, sum(count(f.learner_id)) over (partition by k.organisation, k.value order by k.period)::bigint as n_ever
            from (select distinct organisation, value, period from days) k
                left join (select organisation, value, learner_id, min(period) as period from days group by 1, 2, 3) f
                    on f.organisation = k.organisation and f.value = k.value and f.period is not distinct from k.period
            group by 1, 2, 3) p
        group by 1, 2)
    -- Of three parts of a whole two tell the third.
    select s.organisation, s.period, s.value, s.cells[1], case when array_position(s.cells, null) is null then s.cells[2] end,
        case when array_position(s.cells, null) is null then s.cells[3] end, case when array_position(s.cells, null) is null then s.cells[4] end,
        case when s.cells[1] is not null and grain in ('week', 'month', 'quarter') then round(d.n_days::numeric / d.length, 1) end,
        case when s.cells[1] > 0 and grain = 'month' then round(d.n_days::numeric / d.length / s.cells[1], 2) end,
        (select f.n_ever[array_position(f.periods, s.period)] from firsts f where f.organisation = s.organisation and f.value = s.value),
        core.is_period_over(grain, s.period, now()), s.n_hidden
    from core.safe(array(
        select row(d.organisation, null, null, d.period, d.value, null, array[count(*),
            count(*) filter (where d.n_ussd < 0.2 * (d.n_sms + d.n_ussd)), count(*) filter (where d.n_sms < 0.2 * (d.n_sms + d.n_ussd)),
            count(*) filter (where d.n_sms >= 0.2 * (d.n_sms + d.n_ussd) and d.n_ussd >= 0.2 * (d.n_sms + d.n_ussd))], null)::core.cell
        from days d
        group by d.organisation, d.period, d.value), false) s
        join lateral (select sum(d.n_days) as n_days, core.days_of(grain, s.period) as length
            from days d where d.organisation = s.organisation and d.value = s.value and d.period is not distinct from s.period) d on true
    where core.is_grain(grain) and core.is_property(by)
    order by 1, 2, 3;
end;
comment on function report.activity(text, text) is
'B2 and B3: people with at least one learning action in the period (day: DAU, week: WAU, month: MAU); how they learned (mixed: at least a fifth by each of SMS and USSD); mean_daily: active people per day; stickiness: mean_daily / active; ever_active: up to the end of the period. Empty = too few to show.';

create function report.rolling(days integer default 28, by text default 'all', as_of date default current_date)
returns table (organisation text, value text, active bigint, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.value, s.cells[1], s.n_hidden
    from core.safe(array(
        select row(a.organisation, null, null, null, g.value, null, array[count(distinct a.learner_id)], null)::core.cell
        from facts.active_days a
            cross join lateral (values (core.value_of(by, a.lang, a.cohort, a.country, a.role_choice, a.first_channel, a.first_via)))
            as g (value)
        where a.day > as_of - days and a.day <= as_of
        group by a.organisation, g.value), false) s
    where core.is_property(by)
    order by 1, 2;
end;
comment on function report.rolling(integer, text, date) is 'B2 over the last 7, 28 ... days up to as_of: people with at least one learning action. Empty = too few to show.';

create function report.standing(by text default 'all', as_of timestamptz default now())
returns table (organisation text, course text, value text, standing text, learners bigint, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.course, s.item, s.value, s.cells[1], s.n_hidden
    from core.safe(array(
        select row(e.organisation, e.course, g.value, null, w.standing, null, array[count(*)], null)::core.cell
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via)))
                as g (value)
            cross join lateral (values (case when e.completed_at <= as_of then 'completed' when e.stopped_at <= as_of then 'stopped'
                when e.last_active_at <= as_of - interval '60 days' then 'lost' when e.last_active_at <= as_of - interval '14 days' then 'dormant'
                else 'active' end)) as w (standing)
        where e.started_at <= as_of
        group by e.organisation, e.course, g.value, w.standing), false) s
    where core.is_property(by)
    order by 1, 2, 3, 4;
end;
comment on function report.standing(text, timestamptz) is
'B4: where those who started stand: active (a learning action within 14 days), dormant (14 to 60 days without one), lost (60 days), stopped, completed. Empty = too few to show.';

-- ---- C and D: how far, and where they leave ----

create function report.modules(by text default 'all')
returns table (organisation text, course text, module text, module_title text, value text, reached bigint, completed bigint, passed bigint,
    percent_completed numeric, percent_low numeric, percent_high numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    -- Readers' plans go by index only, so what belongs together is brought together by sorting, not by a join.
    with steps as (
        select u.organisation, u.course, u.module, g.value, u.learner_id, false as is_completed, false as is_passed
        from facts.units_done u
            cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
        where u.module_kind = 'lessons'
        union all
        select m.organisation, m.course, m.module, null, m.learner_id, true, coalesce(m.is_passed, false)
        from facts.module_completions m where not m.via_catchup),
    titles as materialized (
        select distinct on (u.course, u.module) u.course, u.module, u.module_title, u.module_position
        from facts.units_done u order by u.course, u.module, u.version desc)
    select s.organisation, s.course, s.item, t.module_title, s.value, s.cells[1], s.cells[2], s.cells[3], core.percent(s.cells[2], s.cells[1]),
        core.wilson(s.cells[2], s.cells[1], -1), core.wilson(s.cells[2], s.cells[1], 1), s.n_hidden
    from core.safe(array(
        select row(x.organisation, x.course, x.module, null, x.value, null,
            array[count(*), count(*) filter (where x.is_completed), count(*) filter (where x.is_passed)], null)::core.cell
        from (select distinct w.organisation, w.course, w.module, w.value, w.learner_id, w.is_completed, w.is_passed
            from (select r.organisation, r.course, r.module, r.value, r.learner_id, bool_or(r.is_completed) over person as is_completed,
                    bool_or(r.is_passed) over person as is_passed
                from steps r window person as (partition by r.learner_id, r.course, r.module)) w
            where w.value is not null) x
        group by x.organisation, x.course, x.module, x.value)) s
        left join titles t on t.course = s.course and t.module = s.item
    where core.is_property(by)
    order by 1, 2, t.module_position, 5;
end;
comment on function report.modules(text) is
'C1 and C2 for each module: reached (at least one learning action in it), completed (all lessons gone past and all quiz questions answered once, any score; not who caught up, see report.caught_up), passed (60 percent and more right at the first attempt); completed / reached with its 95 percent interval. Empty = too few to show.';

create function report.hazard(by text default 'all')
returns table (organisation text, course text, unit text, "position" integer, unit_title text, value text, reached bigint, left_here bigint,
    percent_left numeric, is_enough boolean, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with steps as (
        select u.organisation, u.course, u.unit, g.value, u.learner_id, false as is_left
        from facts.units_done u
            cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
        where u.module_kind <> 'followup'
        union all
        select e.organisation, e.course, e.last_unit, null, e.learner_id, true
        from facts.enrolments e
        where e.completed_at is null and (e.stopped_at is not null or e.last_active_at < now() - interval '14 days')),
    titles as materialized (
        select distinct on (u.course, u.unit) u.course, u.unit, u."position", u.unit_title
        from facts.units_done u order by u.course, u.unit, u.version desc)
    select s.organisation, s.course, s.value, t."position", t.unit_title, s.item, s.cells[1], s.cells[2], core.percent(s.cells[2], s.cells[1]),
        s.cells[1] >= 30, s.n_hidden
    from core.safe(array(
        select row(w.organisation, w.course, w.value, null, w.unit, null, array[count(*), count(*) filter (where w.is_left)], null)::core.cell
        from (select r.organisation, r.course, r.unit, r.value, bool_or(r.is_left) over (partition by r.learner_id, r.course, r.unit) as is_left
            from steps r) w
        where w.value is not null
        group by w.organisation, w.course, w.unit, w.value), true, array[2]) s
        left join titles t on t.course = s.course and t.unit = s.value
    where core.is_property(by)
    order by 1, 2, 4, 6;
end;
comment on function report.hazard(text) is
'D1 drop-off: of those who reached a unit, who is dormant (14 days) or stopped and had it as the last one; order by percent_left desc and read the five highest where is_enough (reached by 30 and more). Empty = too few to show.';

create function report.time_to_complete(by text default 'all', as_of timestamptz default now())
returns table (organisation text, course text, value text, completed bigint, median_days numeric, p25_days numeric, p75_days numeric,
    started bigint, kaplan_meier_median_days integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with t as (
        select e.organisation, e.course, g.value, e.completed_at <= as_of as is_completed, e.enrolled_at <= as_of - interval '70 days' as is_mature,
            extract(epoch from least(e.completed_at, as_of) - e.started_at) / 86400 as days
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via)))
            as g (value)
        where e.started_at <= as_of),
    at_risk as (
        select t.organisation, t.course, t.value, ceil(t.days)::integer as day, count(*) filter (where t.is_completed) as n_done,
            sum(count(*)) over (partition by t.organisation, t.course, t.value order by ceil(t.days)::integer desc) as n_at_risk
        from t group by 1, 2, 3, 4),
    survival as (
        select r.organisation, r.course, r.value, r.day, sum(case when r.n_done = r.n_at_risk then -1000 else ln(1 - r.n_done / r.n_at_risk) end)
            over (partition by r.organisation, r.course, r.value order by r.day) as log_left
        from at_risk r)
    select t.organisation, t.course, t.value, core.shown(count(*) filter (where t.is_completed and t.is_mature)),
        case when count(*) filter (where t.is_completed and t.is_mature) >= 5 then round((percentile_cont(0.5) within group (order by t.days)
            filter (where t.is_completed and t.is_mature))::numeric, 1) end,
        case when count(*) filter (where t.is_completed and t.is_mature) >= 5 then round((percentile_cont(0.25) within group (order by t.days)
            filter (where t.is_completed and t.is_mature))::numeric, 1) end,
        case when count(*) filter (where t.is_completed and t.is_mature) >= 5 then round((percentile_cont(0.75) within group (order by t.days)
            filter (where t.is_completed and t.is_mature))::numeric, 1) end,
        core.shown(count(*)),
        case when count(*) >= 5 then (select min(s.day) from survival s
            where s.organisation = t.organisation and s.course = t.course and s.value = t.value and s.log_left <= ln(0.5)) end
    from t
    where core.is_property(by)
    group by t.organisation, t.course, t.value
    order by 1, 2, 3;
end;
comment on function report.time_to_complete(text, timestamptz) is
'D2: days from the first learning action to completion: median and quartiles of those who completed in mature cohorts, and the median by Kaplan and Meier, in which who has not completed yet counts as long as he or she has had time (empty: not yet half). Empty = too few to show.';

-- ---- E: questions ----

create function report.items(by text default 'all')
returns table (organisation text, course text, unit text, module text, question text, value text, answered bigint, n_right bigint, p numeric,
    p_low numeric, p_high numeric, is_enough boolean, discrimination numeric, difference_to_all numeric, flag text, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with answers as (
        select u.organisation, u.course, u.unit, g.value, u.learner_id, u.is_right::integer as x,
            sum(u.is_right::integer) over learner as n_right, count(*) over learner as n
        from facts.units_done u
            cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
        where u.module_kind = 'lessons' and u.is_right is not null
        window learner as (partition by u.learner_id, u.course)),
    rest as (
        select a.organisation, a.course, a.unit, a.value, corr(a.x, (a.n_right - a.x)::numeric / (a.n - 1)) as r, count(*) as n
        from answers a
        where a.n >= 12
        group by 1, 2, 3, 4),
    thirds as ( -- of each question, by what the learner did elsewhere
        select t.*, ntile(3) over (partition by t.organisation, t.course, t.unit order by (t.n_right - t.x)::numeric / nullif(t.n - 1, 0), t.learner_id) as third
        from answers t),
    dif as (
        select v.organisation, v.course, v.unit, v.value, sum(v.n * (v.p - w.p)) / sum(v.n) as difference
        from (select t.organisation, t.course, t.unit, t.value, t.third, avg(t.x) as p, count(*) as n from thirds t group by 1, 2, 3, 4, 5) v
            join (select t.organisation, t.course, t.unit, t.third, avg(t.x) as p from thirds t group by 1, 2, 3, 4) w
            using (organisation, course, unit, third)
        group by 1, 2, 3, 4),
    titles as materialized (
        select distinct on (u.course, u.unit) u.course, u.unit, u.module, u."position", u.unit_title
        from facts.units_done u order by u.course, u.unit, u.version desc)
    select s.organisation, s.course, s.item, t.module, t.unit_title, s.value, s.cells[1], s.cells[2], round(s.cells[2]::numeric / nullif(s.cells[1], 0), 2),
        round(core.wilson(s.cells[2], s.cells[1], -1) / 100, 2), round(core.wilson(s.cells[2], s.cells[1], 1) / 100, 2), s.cells[1] >= 30,
        case when r.n >= 100 then round(r.r::numeric, 2) end,
        case when s.cells[1] >= 50 and by <> 'all' then round(d.difference, 2) end,
        nullif(concat_ws(', ', case when s.cells[1] >= 30 and s.cells[2]::numeric / s.cells[1] < 0.30 then 'hard' end,
            case when s.cells[1] >= 30 and s.cells[2]::numeric / s.cells[1] > 0.95 then 'easy' end,
            case when r.n >= 100 and r.r < 0 then 'stop this question' when r.n >= 100 and r.r < 0.15 then 'tells little' end,
            case when s.cells[1] >= 50 and by = 'language' and abs(d.difference) > 0.15 then 'check the translation' end), ''), s.n_hidden
    from core.safe(array(
        select row(a.organisation, a.course, a.unit, null, a.value, null, array[count(*), sum(a.x)], null)::core.cell
        from answers a group by a.organisation, a.course, a.unit, a.value)) s
        left join rest r on r.organisation = s.organisation and r.course = s.course and r.unit = s.item and r.value = s.value
        left join dif d on d.organisation = s.organisation and d.course = s.course and d.unit = s.item and d.value = s.value
        left join titles t on t.course = s.course and t.unit = s.item
    where core.is_property(by)
    order by 1, 2, t."position", 6;
end;
comment on function report.items(text) is
'E1 difficulty p: right first answers / first answers (quiz, alone), read it where is_enough (30 answers). E2 discrimination: point-biserial correlation with the other first answers of the same people, from 100 people with 12 answers. E4 difference_to_all: to people of all values in the same third of the rest score, from 50 answers. flag: hard (p < 0.30), easy (p > 0.95), tells little (< 0.15), stop this question (< 0), check the translation (by language, difference over 0.15). Empty = too few to show.';

create function report.distractors(by text default 'all')
returns table (organisation text, course text, unit text, value text, choice integer, n bigint, percent numeric, percent_of_best numeric,
    is_right boolean, flag text, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with answers as (
        select u.organisation, u.course, u.unit, g.value, u.choice, u.is_right, u.learner_id,
            sum(u.is_right::integer) over learner::numeric / count(*) over learner as score
        from facts.units_done u
            cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
        where u.module_kind = 'lessons' and u.is_right is not null and u.choice is not null
        window learner as (partition by u.learner_id, u.course)),
    ranked as (
        select a.*, percent_rank() over (partition by a.organisation, a.course, a.unit, a.value order by a.score desc) <= 0.27 as is_best
        from answers a),
    shares as (
        select r.organisation, r.course, r.unit, r.value, r.choice, bool_or(r.is_right) as is_right, count(*) as n,
            sum(count(*)) over item as n_all, count(*) filter (where r.is_best) as n_best, sum(count(*) filter (where r.is_best)) over item as n_all_best
        from ranked r
        group by 1, 2, 3, 4, 5
        window item as (partition by r.organisation, r.course, r.unit, r.value))
    select s.organisation, s.course, split_part(s.item, '/', 1), split_part(s.item, '/', 2), s.value::integer, s.cells[1],
        core.percent(s.cells[1], h.n_all::bigint), case when s.cells[1] is not null and h.n_all_best >= 30 then round(100 * h.n_best / h.n_all_best, 1) end,
        h.is_right,
        case when h.n_all < 30 or h.is_right then null when h.n < 0.05 * h.n_all then 'dead'
            when h.n_best > (select max(k.n_best) from shares k where k.is_right and k.organisation = h.organisation and k.course = h.course
                and k.unit = h.unit and k.value = h.value) then 'wrong key?' end, s.n_hidden
    from core.safe(array(
        select row(h.organisation, h.course, h.unit || '/' || h.value, null, h.choice::text, null, array[h.n], null)::core.cell from shares h), false) s
        join shares h on h.organisation = s.organisation and h.course = s.course and h.unit || '/' || h.value = s.item and h.choice::text = s.value
    where core.is_property(by)
    order by 1, 2, 3, 4, 5;
end;
comment on function report.distractors(text) is
'E3: how often each option was chosen first, of all and of the best 27 percent; flag: dead (under 5 percent), wrong key? (the best chose it more often than the right one). Empty = too few to show.';

-- ---- F: what was learned ----

create function report.scores(by text default 'all')
returns table (organisation text, course text, value text, band text, learners bigint, percent numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with bands as (
        select x.organisation, x.course, x.value, case when x.share < 0.4 then '0-39' when x.share < 0.6 then '40-59' when x.share < 0.8 then '60-79'
            else '80-100' end as band, count(*) as n
        from (select u.organisation, u.course, g.value, avg(u.is_right::integer) as share
            from facts.units_done u
                cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
            where u.module_kind = 'lessons' and u.is_right is not null
            group by u.organisation, u.course, g.value, u.learner_id) x
        group by 1, 2, 3, 4)
    select s.organisation, s.course, s.item, s.value, s.cells[1],
        core.percent(s.cells[1], (select sum(b.n) from bands b where b.organisation = s.organisation and b.course = s.course and b.value = s.item)::bigint),
        s.n_hidden
    from core.safe(array(select row(b.organisation, b.course, b.value, null, b.band, null, array[b.n], null)::core.cell from bands b), false) s
    where core.is_property(by)
    order by 1, 2, 3, 4;
end;
comment on function report.scores(text) is 'F1: people by the share of quiz questions that they had right at the first attempt. Empty = too few to show.';

create function report.gain(by text default 'all')
returns table (organisation text, course text, version text, value text, n bigint, questions integer, pre_mean numeric, post_mean numeric, gain numeric,
    gain_plus_minus numeric, effect_size numeric, percent_higher numeric, percent_same numeric, percent_lower numeric, normalised_gain numeric,
    n_without_post bigint, pre_mean_without_post numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with tests as (
        select u.organisation, u.course, u.version, g.value, u.learner_id, count(u.is_right) as n_pre, count(u.is_post_right) as n_post,
            count(*) filter (where u.is_right) as pre, count(*) filter (where u.is_post_right) as post
        from facts.units_done u
            cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
            as g (value)
        where u.module_kind = 'test'
        group by 1, 2, 3, 4, 5),
    whole as (select t.course, t.version, max(t.n_pre) as questions from tests t group by 1, 2),
    pairs as (
        select t.*, w.questions, t.n_pre = w.questions and t.n_post = w.questions as is_pair, t.n_pre = w.questions and t.n_post < w.questions as is_left
        from tests t join whole w using (course, version))
    select p.organisation, p.course, p.version, p.value, core.shown(count(*) filter (where p.is_pair)), max(p.questions)::integer,
        case when count(*) filter (where p.is_pair) >= 5 then round(avg(p.pre) filter (where p.is_pair), 2) end,
        case when count(*) filter (where p.is_pair) >= 5 then round(avg(p.post) filter (where p.is_pair), 2) end,
        case when count(*) filter (where p.is_pair) >= 5 then round(avg(p.post - p.pre) filter (where p.is_pair), 2) end,
        core.half_interval(stddev_samp(p.post - p.pre) filter (where p.is_pair), count(*) filter (where p.is_pair)),
        case when count(*) filter (where p.is_pair) >= 5 then round(avg(p.post - p.pre) filter (where p.is_pair)
            / nullif(stddev_samp(p.post - p.pre) filter (where p.is_pair), 0), 2) end,
        core.shown_percent(count(*) filter (where p.is_pair and p.post > p.pre), count(*) filter (where p.is_pair)),
        core.shown_percent(count(*) filter (where p.is_pair and p.post = p.pre), count(*) filter (where p.is_pair)),
        core.shown_percent(count(*) filter (where p.is_pair and p.post < p.pre), count(*) filter (where p.is_pair)),
        case when count(*) filter (where p.is_pair and p.pre < p.questions) >= 5 then round(avg((p.post - p.pre)::numeric / nullif(p.questions - p.pre, 0))
            filter (where p.is_pair and p.pre < p.questions), 2) end,
        core.shown(count(*) filter (where p.is_left)),
        case when count(*) filter (where p.is_left) >= 5 then round(avg(p.pre) filter (where p.is_left), 2) end
    from pairs p
    where core.is_property(by)
    group by p.organisation, p.course, p.version, p.value
    order by 1, 2, 3, 4;
end;
comment on function report.gain(text) is
'F2: people who answered every question of the pre-test and of the post-test (first try), same version: mean points before and after, the gain in points with its 95 percent interval (gain_plus_minus), paired effect size d, shares that did better, the same, worse, and normalised gain. Beside it the pre-test mean of those without a post-test: whoever left may have known less. Without a control group this is no proof of effect. Empty = too few to show.';

-- ---- G: what they say ----

create function report.survey(by text default 'all')
returns table (organisation text, course text, value text, invited bigint, answered bigint, complete bigint, percent_answered numeric,
    csat numeric, mean_good numeric, recommendation numeric, mean_useful numeric, mean_sure_now numeric, mean_sure_before numeric, mean_sure_gain numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with invited as (
        select e.organisation, e.course, g.value, e.learner_id
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via)))
            as g (value)
        where e.completed_at is not null),
    answers as (
        select a.learner_id, a.course, max(a.n) filter (where a.question = 'y1') as y1, max(a.n) filter (where a.question = 'y2') as y2,
            max(a.n) filter (where a.question = 'y3') as y3, max(a.n) filter (where a.question = 'y4') as y4,
            max(a.n) filter (where a.question = 'y5') as y5, count(distinct a.question) filter (where a.question in ('y1', 'y2', 'y3', 'y4', 'y5', 'y6', 'y7')) as n
        from (select s.learner_id, s.course, s.question, coalesce(s.number, s.choice) as n from facts.survey_answers s where s.survey = 'survey') a
        group by 1, 2)
    select i.organisation, i.course, i.value, core.shown(count(*)), core.shown_part(count(a.learner_id), count(*)),
        core.shown_part(count(*) filter (where a.n = 7), count(a.learner_id)), core.shown_percent(count(a.learner_id), count(*)),
        core.shown_percent(count(*) filter (where a.y1 in (4, 5)), count(a.y1)),
        case when count(a.y1) >= 5 then round(avg(a.y1), 2) end,
        case when count(a.y2) >= 5 then round(100.0 * (count(*) filter (where a.y2 >= 9) - count(*) filter (where a.y2 <= 6)) / count(a.y2), 0) end,
        case when count(a.y3) >= 5 then round(avg(a.y3), 2) end,
        case when count(a.y4) >= 5 then round(avg(a.y4), 2) end,
        case when count(a.y5) >= 5 then round(avg(a.y5), 2) end,
        case when count(a.y4 - a.y5) >= 5 then round(avg(a.y4 - a.y5), 2) end
    from invited i left join answers a using (learner_id, course)
    where core.is_property(by)
    group by i.organisation, i.course, i.value
    order by 1, 2, 3;
end;
comment on function report.survey(text) is
'G1 to G3: invited (completed the course), answered (at least one question), complete (Y1 to Y7). csat: percent of Y1 that is 4 or 5; recommendation: percent of Y2 that is 9 or 10 less percent that is 0 to 6; means of Y1, Y3, Y4 (sure now), Y5 (sure before) and of Y4 - Y5. What people say of themselves; read it beside percent_answered. Empty = too few to show.';

create function report.at_work(by text default 'all')
returns table (organisation text, course text, value text, asked bigint, answered bigint, used bigint, percent_of_asked numeric, percent_of_answered numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with asked as (
        select e.organisation, e.course, g.value, e.learner_id,
            (select max(s.choice) from facts.survey_answers s where s.learner_id = e.learner_id and s.course = e.course and s.survey = 'followup' and s.question = 'w1') as w1
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via)))
            as g (value)
        where e.completed_at <= now() - interval '12 weeks')
    select a.organisation, a.course, a.value, core.shown(count(*)), core.shown_part(count(a.w1), count(*)),
        core.shown_part(count(*) filter (where a.w1 = 1), count(a.w1)), core.shown_percent(count(*) filter (where a.w1 = 1), count(*)),
        core.shown_percent(count(*) filter (where a.w1 = 1), count(a.w1))
    from asked a
    where core.is_property(by)
    group by a.organisation, a.course, a.value
    order by 1, 2, 3;
end;
comment on function report.at_work(text) is
'G3, level 3: of those who completed the course 12 weeks ago or more, who answered the follow-up and said that they used the course at work (W1 = 1), of those asked and of those who answered. What people say of themselves. Empty = too few to show.';

-- ---- H and T: leaving, delivery ----

create function report.leaving(by text default 'all')
returns table (organisation text, course text, value text, enrolled bigint, stopped bigint, percent_stopped numeric, n_hidden integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, s.course, s.value, s.cells[1], s.cells[2], core.percent(s.cells[2], s.cells[1]), s.n_hidden
    from core.safe(array(
        select row(e.organisation, e.course, null, null, g.value, null, array[count(*), count(e.stopped_at)], null)::core.cell
        from facts.enrolments e
            cross join lateral (values (core.value_of(by, e.lang, e.cohort, e.country, e.role_choice, e.first_channel, e.first_via)))
            as g (value)
        group by e.organisation, e.course, g.value)) s
    where core.is_property(by)
    order by 1, 2, 3;
end;
comment on function report.leaving(text) is 'H1: of those enrolled, who sent STOP or DELETE and has not come back. Empty = too few to show.';

create function report.delivery(grain text default 'month', by text default 'channel')
returns table (organisation text, period_start date, value text, sent bigint, delivered bigint, failed bigint, no_report bigint, percent_delivered numeric,
    median_seconds numeric, segments bigint, price numeric, currency text, is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select m.organisation, g.period, g.value, count(*), count(*) filter (where m.status in ('delivered', 'read')),
        count(*) filter (where m.status in ('failed', 'undelivered', 'capped', 'errored')), count(*) filter (where m.status in ('sent', 'queued', 'sending', 'unknown')),
        round(100.0 * count(*) filter (where m.status in ('delivered', 'read')) / nullif(count(*) filter (where m.status not in ('queued', 'sending', 'capped')), 0), 1),
        percentile_cont(0.5) within group (order by m.seconds_to_report)::numeric, sum(m.segments)::bigint, sum(m.price), m.currency,
        core.is_period_over(grain, g.period, now())
    from facts.messages m
        cross join lateral (values (core.period_of(grain, m.local_date), case by when 'all' then 'all' when 'channel' then m.channel
            when 'operator' then coalesce(m.operator, 'none') when 'purpose' then m.purpose when 'language' then coalesce(m.lang, 'und')
            when 'country' then coalesce(m.country, 'none') when 'encoding' then coalesce(m.encoding, 'none') end)) as g (period, value)
    where core.is_grain(grain) and core.is_one_of('by', by, 'all, channel, operator, purpose, language, country, encoding')
    group by m.organisation, g.period, g.value, m.currency
    order by 1, 2, 3;
end;
comment on function report.delivery(text, text) is
'T1: SMS sent, delivered, failed, and without a report (which is no success), median seconds to the report, parts and money. Messages, not people.';

create function report.unmatched(by text default 'language')
returns table (organisation text, value text, not_understood bigint, learners bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select u.organisation, g.value, core.shown(count(*)), core.shown(count(distinct u.learner_id))
    from facts.not_understood u
        cross join lateral (values (case by when 'all' then 'all' when 'language' then u.lang when 'unit' then coalesce(u.unit, 'none')
            when 'channel' then u.channel end)) as g (value)
    where core.is_one_of('by', by, 'all, language, unit, channel')
    group by u.organisation, g.value
    order by 1, 3 desc nulls last, 2;
end;
comment on function report.unmatched(text) is 'T3: messages of the last 30 days that were not understood. Empty = too few to show.';

create function report.unmatched_words()
returns table (organisation text, lang text, words text, learners bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select u.organisation, u.lang, lower(btrim(u.words)), count(distinct u.learner_id)
    from facts.not_understood u
    group by 1, 2, 3
    having count(distinct u.learner_id) >= 10
    order by 4 desc, 1, 2, 3
    limit 20;
end;
comment on function report.unmatched_words() is 'T3: the twenty most frequent of them, each from 10 people or more, after the safeguarding filter.';

create function report.sessions(grain text default 'month')
returns table (organisation text, period_start date, opened bigint, dropped bigint, resumed bigint, percent_resumed numeric, is_over boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.organisation, g.period, count(*) filter (where s.what = 'session_opened'), count(*) filter (where s.what = 'session_dropped'),
        count(*) filter (where s.what = 'session_resumed'),
        round(100.0 * count(*) filter (where s.what = 'session_resumed') / nullif(count(*) filter (where s.what = 'session_dropped'), 0), 1),
        core.is_period_over(grain, g.period, now())
    from facts.session_steps s cross join lateral (values (core.period_of(grain, s.local_date))) as g (period)
    where core.is_grain(grain)
    group by 1, 2
    order by 1, 2;
end;
comment on function report.sessions(text) is 'T2: USSD sessions that were opened, dropped (no end within the time of the operator), and taken up again. Sessions, not people.';

create function report.equity(indicator text default 'percent_of_started', by text default 'language')
returns table (organisation text, course text, lowest_value text, lowest numeric, highest_value text, highest numeric, ratio numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with rates as (
        select f.organisation, f.course, f.value, case indicator when 'percent_started' then f.percent_started
            when 'percent_of_enrolled' then f.percent_of_enrolled when 'percent_of_started' then f.percent_of_started end as rate
        from report.funnel('all', by, true) f
        where case indicator when 'percent_of_started' then f.started else f.enrolled end >= 30)
    select r.organisation, r.course, (array_agg(r.value order by r.rate, r.value))[1], min(r.rate), (array_agg(r.value order by r.rate desc, r.value))[1],
        max(r.rate), round(min(r.rate) / nullif(max(r.rate), 0), 2)
    from rates r
    where core.is_property(by) and core.is_one_of('indicator', indicator, 'percent_started, percent_of_enrolled, percent_of_started') and r.rate is not null
    group by 1, 2
    order by 1, 2;
end;
comment on function report.equity(text, text) is 'Q2: the groups with the lowest and the highest rate, and the ratio of both; groups of 30 people and more, mature only.';

create view report.help with (security_barrier) as
select c.relname::text as name, 'view' as kind, null as signature, a.attname::text as column_name,
    coalesce(col_description(c.oid, a.attnum), '') as meaning, obj_description(c.oid, 'pg_class') as about, a.attnum::integer as place
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
where n.nspname = 'report' and c.relkind = 'v' and a.attnum > 0 and not a.attisdropped
union all
select p.proname::text, 'function', pg_get_function_arguments(p.oid), r.name, '', obj_description(p.oid, 'pg_proc'), r.place::integer
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    cross join lateral (select u.name, u.place from unnest(p.proargnames, p.proargmodes) with ordinality as u (name, mode, place) where u.mode = 't') r
where n.nspname = 'report';
comment on view report.help is 'What there is to read, for people without \d: select distinct name, kind, signature, about from report.help; or the columns of one: select column_name, meaning from report.help where name = ''funnel'' order by place.';
comment on column report.help.name is 'Name of the view or function.';
comment on column report.help.kind is 'view: select * from report.NAME; function: select * from report.NAME(...).';
comment on column report.help.signature is 'What may be said in the brackets, and what holds when it is not said. grain: day, week, month, quarter, all; by: all, language, cohort, country, role, channel, via.';
comment on column report.help.column_name is 'One of its columns.';
comment on column report.help.meaning is 'What the column says; for functions see about.';
comment on column report.help.about is 'What it counts, numerator, denominator, window.';
comment on column report.help.place is 'Order of the columns.';

grant select on all tables in schema report to coordinator;
revoke execute on all functions in schema report from public;
grant execute on all functions in schema report to coordinator;
