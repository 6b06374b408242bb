-- What coordinators read, on the model of 0007: the views and columns of before, and new columns behind them.
-- Corrected: channel is the provider's, and via says how it came (sms, ussd, call); status says how far somebody
-- got also after STOP; last_active_at is about the enrolment's course; lang is always said.

set local role waypost_owner;

-- The answer in words: the options that were chosen, what was typed, or the number.
create function core.answer_text(p_choices text[], p_choice integer, p_chosen smallint[], p_text text, p_value integer)
returns text
language sql immutable parallel safe
return coalesce((select string_agg(p_choices[c], '; ' order by c) from unnest(p_chosen) c), array_to_string(p_chosen, ','),
    p_choices[p_choice], p_text, p_value::text);
-- A view reads tables with its owner's rights but calls functions with those of its reader.
grant execute on function core.answer_text(text[], integer, smallint[], text, integer) to report_owner, coordinator;

reset role;
set local role report_owner;

create view report.enrolments with (security_barrier) as
select l.learner_id, o.code as organisation, e.course, v.version,
    (e.consent_at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date,
    e.consent_at as enrolled_at, e.started_at, e.completed_at, e.certified_at, e.stopped_at,
    e.last_at as last_active_at,
    case when e.certified_at is not null then 'certified'
        when e.completed_at is not null then 'completed'
        when e.stopped_at is not null then 'stopped'
        when e.started_at is null then 'enrolled'
        when e.last_at < now() - interval '60 days' then 'lost'
        when e.last_at < now() - interval '14 days' then 'dormant'
        else 'active' end as status,
    e.score, l.lang, l.country, l.role_choice, l.first_channel,
    l.first_via::text as first_via, c.code as cohort,
    case when e.certified_at is not null then 'certified'
        when e.completed_at is not null then 'completed'
        when e.started_at is not null then 'started'
        else 'enrolled' end as progress,
    case when l.erased_at is not null then 'erased'
        when e.stopped_at is not null then 'stopped'
        else 'reachable' end as reachability
from core.enrolment e
    join core.learner l on l.learner = e.learner
    join core.organisation o on o.org_id = e.org_id
    left join core.cohort c on c.cohort_id = e.cohort_id
    left join core.course_version v on v.course_id = e.course_id
where e.consent_at is not null and not l.is_test
    and (e.started_at is not null or e.stopped_at is null);

create view report.module_completions with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, x.unit as module, u.module_title,
    (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, x.at as completed_at,
    x.value as right_answers, x.attempt as questions,
    case when x.attempt > 0 then round(100.0 * x.value / x.attempt, 1) end as score_percent,
    case when x.attempt > 0 then x.value >= 0.6 * x.attempt else true end as is_passed,
    x.channel, x.via::text as via, x.lang, c.code as cohort
from core.event x
    join core.learner l on l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    left join core.course_version v on v.course_id = x.course_id
    left join (select distinct course_id, module, module_title from core.unit) u
        on u.course_id = x.course_id and u.module = x.unit
where x.kind = 'module_completed' and not l.is_test;

create view report.quiz_answers with (security_barrier) as
select x.at as answered_at, (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, l.learner_id,
    o.code as organisation, v.course, v.version, x.phase::text as phase, u.module, u.module_title,
    x.unit as question, u.text as question_text, x.choice,
    core.answer_text(u.choices, x.choice, x.choices, t.text, x.value) as answer_text,
    x.correct as is_correct, x.attempt, x.channel, x.lang,
    x.via::text as via, c.code as cohort, x.mode::text as mode, u.item_version, x.session,
    array_to_string(x.choices, ',') as choices
from core.event x
    join core.learner l on l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    left join core.course_version v on v.course_id = x.course_id
    left join core.unit u on u.course_id = x.course_id and u.unit = x.unit
    left join core.free_text t on t.learner = x.learner and t.seq = x.seq and t.n = x.n
where x.kind = 'answered' and x.phase in ('quiz', 'pretest', 'posttest') and not l.is_test;

create view report.survey_answers with (security_barrier) as
select x.at as answered_at, (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, l.learner_id,
    o.code as organisation, v.course, v.version, x.phase::text as survey, x.unit as question,
    u.text as question_text, x.choice, x.value as number,
    core.answer_text(u.choices, x.choice, x.choices, t.text, x.value) as answer_text,
    x.channel, x.lang,
    x.via::text as via, c.code as cohort, u.item_version, x.session, array_to_string(x.choices, ',') as choices
from core.event x
    join core.learner l on l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    left join core.course_version v on v.course_id = x.course_id
    left join core.unit u on u.course_id = x.course_id and u.unit = x.unit
    left join core.free_text t on t.learner = x.learner and t.seq = x.seq and t.n = x.n
where x.kind = 'answered' and x.phase in ('survey', 'followup') and not l.is_test;

create view report.completion_rate with (security_barrier) as
select organisation, course, version, cohort_week, is_mature,
    core.shown(enrolled) as enrolled,
    core.shown_part(started, enrolled) as started,
    core.shown_part(completed, started) as completed,
    core.shown_part(certified, started) as certified,
    case when is_mature then core.shown_percent(completed, enrolled) end as percent_of_enrolled,
    case when is_mature then core.shown_percent(completed, started) end as percent_of_started
from (
    select o.code as organisation, e.course, v.version,
        date_trunc('week', e.consent_at at time zone o.time_zone)::date as cohort_week,
        max(e.consent_at) <= now() - interval '70 days' as is_mature,
        count(*) as enrolled, count(e.started_at) as started, count(e.completed_at) as completed,
        count(e.certified_at) as certified
    from core.enrolment e
        join core.learner l on l.learner = e.learner
        join core.organisation o on o.org_id = e.org_id
        left join core.course_version v on v.course_id = e.course_id
    where e.consent_at is not null and not l.is_test
        and (e.started_at is not null or e.stopped_at is null)
    group by 1, 2, 3, 4) c;

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
    group by 1, 2, 3)
select o.code as organisation, v.course, v.version, u.position, u.module, r.unit, u.title, u.text,
    core.shown(r.reached) as reached,
    core.shown_part(coalesce(g.left_here, 0), r.reached) as left_here,
    core.shown_percent(coalesce(g.left_here, 0), r.reached) as percent_left
from reached r
    join core.organisation o on o.org_id = r.org_id
    join core.course_version v on v.course_id = r.course_id
    left join gone g on g.org_id = r.org_id and g.course_id = r.course_id and g.unit = r.unit
    left join core.unit u on u.course_id = r.course_id and u.unit = r.unit
where r.reached > 0 and u.module_kind is distinct from 'followup';

create view report.active_learners with (security_barrier) as
with active as (
    select a.org_id, a.day, a.learner
    from core.active_day a
    where not exists (select from core.learner l where l.org_id = a.org_id and l.learner = a.learner and l.is_test)),
periods as (
    select a.org_id, p.period, date_trunc(p.period, a.day::timestamp)::date as period_start,
        count(distinct a.learner) as active
    from active a cross join (values ('day'), ('week'), ('month')) as p (period)
    group by 1, 2, 3),
firsts as (
    select f.org_id, f.day, sum(count(*)) over (partition by f.org_id order by f.day) as n_ever
    from (select org_id, min(day) as day from active group by org_id, learner) f
    group by f.org_id, f.day)
select o.code as organisation, p.period, p.period_start,
    core.shown(p.active) as active_learners,
    core.shown((select f.n_ever from firsts f where f.org_id = p.org_id
        and f.day < p.period_start + ('1 ' || p.period)::interval order by f.day desc limit 1)::bigint) as ever_active
from periods p join core.organisation o on o.org_id = p.org_id;

comment on view report.enrolments is
'One row per learner and course. Enrolled = consent to the course given and not withdrawn before the first learning action. A learning action is a lesson page gone past or an answer (quiz, test, survey); joining, help, menu and stop are none.';
comment on column report.enrolments.learner_id is 'Pseudonym of the person: random, not made from the phone number.';
comment on column report.enrolments.organisation is 'Code of the organisation that the learner belongs to.';
comment on column report.enrolments.course is 'Id of the course.';
comment on column report.enrolments.version is 'Version of the course that the learner agreed to and finishes.';
comment on column report.enrolments.local_date is 'Day of enrolment in the time zone of the organisation.';
comment on column report.enrolments.enrolled_at is 'When consent was given.';
comment on column report.enrolments.started_at is 'First learning action in the course or its pre-test. A delivered SMS is not a start.';
comment on column report.enrolments.completed_at is 'When all required modules were completed and the post-test answered.';
comment on column report.enrolments.certified_at is 'When the post-test was passed and a certificate given.';
comment on column report.enrolments.stopped_at is 'When the learner sent STOP or asked for erasure; empty after joining again. Takes nothing away from what was completed.';
comment on column report.enrolments.last_active_at is 'Last learning action in the course.';
comment on column report.enrolments.status is
'enrolled (not started), active, dormant (14 days without a learning action), lost (60 days), stopped, completed, certified. Who completed and then sent STOP stays completed: see reachability.';
comment on column report.enrolments.score is 'Best post-test result in percent, once certified.';
comment on column report.enrolments.lang is 'Language that the learner chose last.';
comment on column report.enrolments.country is 'Country of the phone number (ISO 3166-1).';
comment on column report.enrolments.role_choice is 'Answer to the role question; 0 = skipped, empty = not asked yet.';
comment on column report.enrolments.first_channel is 'Name of the channel (number or code of a provider) on which the learner first came.';
comment on column report.enrolments.first_via is 'How the learner first came: sms, ussd or call.';
comment on column report.enrolments.cohort is 'Code of the cohort that the learner belongs to; empty = none.';
comment on column report.enrolments.progress is 'How far, whatever came after: enrolled, started, completed, certified.';
comment on column report.enrolments.reachability is 'Whether messages still reach the learner: reachable, stopped (STOP), erased (DELETE).';

comment on view report.module_completions is
'One row per learner and completed module. Completed = all lessons of the module gone past and all its quiz questions answered once, with any score.';
comment on column report.module_completions.learner_id is 'Pseudonym of the person.';
comment on column report.module_completions.organisation is 'Code of the organisation.';
comment on column report.module_completions.course is 'Id of the course.';
comment on column report.module_completions.version is 'Version of the course.';
comment on column report.module_completions.module is 'Id of the module.';
comment on column report.module_completions.module_title is 'Title of the module.';
comment on column report.module_completions.local_date is 'Day of completion in the time zone of the organisation.';
comment on column report.module_completions.completed_at is 'When the last lesson or question of the module was done.';
comment on column report.module_completions.right_answers is 'Quiz questions answered right at the first attempt.';
comment on column report.module_completions.questions is 'Quiz questions in the module.';
comment on column report.module_completions.score_percent is 'right_answers / questions, in percent.';
comment on column report.module_completions.is_passed is 'True from 60 percent; a module without questions counts as passed.';
comment on column report.module_completions.channel is 'Name of the channel (number or code of a provider) on which it was completed.';
comment on column report.module_completions.via is 'How: sms or ussd.';
comment on column report.module_completions.lang is 'Language of the learner then; und = not known.';
comment on column report.module_completions.cohort is 'Code of the cohort of the learner; empty = none.';

comment on view report.quiz_answers is
'One row per answer to a quiz, pre-test or post-test question. For rates use attempt = 1.';
comment on column report.quiz_answers.answered_at is 'When the answer arrived.';
comment on column report.quiz_answers.local_date is 'The same as a day in the time zone of the organisation.';
comment on column report.quiz_answers.learner_id is 'Pseudonym of the person.';
comment on column report.quiz_answers.organisation is 'Code of the organisation.';
comment on column report.quiz_answers.course is 'Id of the course.';
comment on column report.quiz_answers.version is 'Version of the course.';
comment on column report.quiz_answers.phase is 'quiz, pretest or posttest.';
comment on column report.quiz_answers.module is 'Id of the module that the question belongs to.';
comment on column report.quiz_answers.module_title is 'Title of that module.';
comment on column report.quiz_answers.question is 'Id of the question; a changed question has a new id.';
comment on column report.quiz_answers.question_text is 'The question, in the language of the course.';
comment on column report.quiz_answers.choice is 'Number of the chosen option, from 1.';
comment on column report.quiz_answers.answer_text is 'The chosen option in words, or what was typed.';
comment on column report.quiz_answers.is_correct is 'True if it was the right answer.';
comment on column report.quiz_answers.attempt is 'First, second ... answer of this learner to this question; in the post-test: the try.';
comment on column report.quiz_answers.channel is 'Name of the channel (number or code of a provider) that the answer came by.';
comment on column report.quiz_answers.lang is 'Language in which the question was asked; und = not known.';
comment on column report.quiz_answers.via is 'How the answer came: sms or ussd.';
comment on column report.quiz_answers.cohort is 'Code of the cohort of the learner; empty = none.';
comment on column report.quiz_answers.mode is 'solo, group (with a facilitator) or test (pre-test and post-test).';
comment on column report.quiz_answers.item_version is 'Number of the wording: the same as long as text, options and right answer stay the same through the versions of the course.';
comment on column report.quiz_answers.session is 'Pseudonym of the USSD session; empty for SMS.';
comment on column report.quiz_answers.choices is 'Numbers of all chosen options, where several could be chosen, as in 1,3.';


comment on view report.survey_answers is
'One row per answer to the survey at the end or to the follow-up some weeks later. Free text may hold what its writer should not have sent: do not export answer_text of open questions.';
comment on column report.survey_answers.answered_at is 'When the answer arrived.';
comment on column report.survey_answers.local_date is 'The same as a day in the time zone of the organisation.';
comment on column report.survey_answers.learner_id is 'Pseudonym of the person.';
comment on column report.survey_answers.organisation is 'Code of the organisation.';
comment on column report.survey_answers.course is 'Id of the course.';
comment on column report.survey_answers.version is 'Version of the course.';
comment on column report.survey_answers.survey is 'survey (at the end) or followup.';
comment on column report.survey_answers.question is 'Id of the question.';
comment on column report.survey_answers.question_text is 'The question, in the language of the course.';
comment on column report.survey_answers.choice is 'Number of the chosen option, where there are options.';
comment on column report.survey_answers.number is 'The number given, where a number was asked for.';
comment on column report.survey_answers.answer_text is 'The answer in words: option, number or free text. Free text is deleted earlier than the rest.';
comment on column report.survey_answers.channel is 'Name of the channel (number or code of a provider) that the answer came by.';
comment on column report.survey_answers.lang is 'Language in which the question was asked; und = not known.';
comment on column report.survey_answers.via is 'How the answer came: sms or ussd.';
comment on column report.survey_answers.cohort is 'Code of the cohort of the learner; empty = none.';
comment on column report.survey_answers.item_version is 'Number of the wording: the same as long as text and options stay the same through the versions of the course.';
comment on column report.survey_answers.session is 'Pseudonym of the USSD session; empty for SMS.';
comment on column report.survey_answers.choices is 'Numbers of all chosen options, where several could be chosen, as in 1,3.';


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

comment on view report.active_learners is
'Learners with at least one learning action in the period (a lesson page gone past or an answer). Publish the month together with ever_active. Counts of 1 to 4 are empty.';
comment on column report.active_learners.organisation is 'Code of the organisation.';
comment on column report.active_learners.period is 'day, week (Monday to Sunday) or month.';
comment on column report.active_learners.period_start is 'First day of the period, in the time zone of the organisation.';
comment on column report.active_learners.active_learners is 'Different learners with a learning action in the period. Empty = 1 to 4.';
comment on column report.active_learners.ever_active is 'Different learners with a learning action up to the end of the period. Empty = 1 to 4.';

grant select on all tables in schema report to coordinator;
