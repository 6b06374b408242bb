-- The rows behind the reports, on the model of 0007: the views and columns of before, and new columns behind them.
-- With times and pseudonyms they are nobody's but the reports' own (schema facts): 0020 makes what people read of them.
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
create schema facts authorization report_owner;
comment on schema facts is 'What the reports count: one row per person and fact, with its time. No person has access; see report.';
set local role report_owner;

create view facts.enrolments with (security_barrier) as
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
        else 'reachable' end as reachability,
    e.last_unit, coalesce(c.time_zone, o.time_zone) as zone, l.erased_at is not null as is_erased
from core.enrolment e
    join core.learner l on l.learner = e.learner
    join core.organisation o on o.org_id = e.org_id
    left join core.cohort c on c.cohort_id = e.cohort_id
    left join core.course_version v on v.course_id = e.course_id
where e.consent_at is not null and not l.is_test
    and (e.started_at is not null or e.stopped_at is null);

create view facts.module_completions with (security_barrier) as
select l.learner_id, o.code as organisation, v.course, v.version, x.unit as module, u.module_title,
    (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, x.at as completed_at,
    x.value as right_answers, x.attempt as questions,
    case when x.attempt > 0 then round(100.0 * x.value / x.attempt, 1) end as score_percent,
    case when x.attempt > 0 then x.value >= 0.6 * x.attempt else true end as is_passed,
    x.channel, x.via::text as via, x.lang, c.code as cohort,
    coalesce(x.phase::text = 'catchup', false) as via_catchup,
    coalesce(c.time_zone, o.time_zone) as zone, l.erased_at is not null as is_erased
from core.event x
    join core.learner l on l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    left join core.course_version v on v.course_id = x.course_id
    left join (select distinct course_id, module, module_title from core.unit) u
        on u.course_id = x.course_id and u.module = x.unit
where x.kind = 'module_completed' and not l.is_test;

create view facts.quiz_answers with (security_barrier) as
select x.at as answered_at, (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, l.learner_id,
    o.code as organisation, v.course, v.version, x.phase::text as phase, u.module, u.module_title,
    x.unit as question, u.text as question_text, x.choice,
    core.answer_text(u.choices, x.choice, x.choices, t.text, x.value) as answer_text,
    x.correct as is_correct, x.attempt, x.channel, x.lang,
    x.via::text as via, c.code as cohort, x.mode::text as mode, u.item_version, x.session,
    array_to_string(x.choices, ',') as choices, coalesce(c.time_zone, o.time_zone) as zone, l.erased_at is not null as is_erased
from core.event x
    join core.learner l on l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    left join core.course_version v on v.course_id = x.course_id
    left join core.unit u on u.course_id = x.course_id and u.unit = x.unit
    left join core.free_text t on t.learner = x.learner and t.seq = x.seq and t.n = x.n
where x.kind = 'answered' and x.phase in ('quiz', 'pretest', 'posttest') and not l.is_test;

create view facts.survey_answers with (security_barrier) as
select x.at as answered_at, (x.at at time zone coalesce(c.time_zone, o.time_zone))::date as local_date, l.learner_id,
    o.code as organisation, v.course, v.version, x.phase::text as survey, x.unit as question,
    u.text as question_text, x.choice, x.value as number,
    core.answer_text(u.choices, x.choice, x.choices, t.text, x.value) as answer_text,
    x.channel, x.lang,
    x.via::text as via, c.code as cohort, u.item_version, x.session, array_to_string(x.choices, ',') as choices,
    coalesce(c.time_zone, o.time_zone) as zone, l.erased_at is not null as is_erased
from core.event x
    join core.learner l on l.learner = x.learner
    join core.organisation o on o.org_id = x.org_id
    left join core.cohort c on c.cohort_id = x.cohort_id
    left join core.course_version v on v.course_id = x.course_id
    left join core.unit u on u.course_id = x.course_id and u.unit = x.unit
    left join core.free_text t on t.learner = x.learner and t.seq = x.seq and t.n = x.n
where x.kind = 'answered' and x.phase in ('survey', 'followup') and not l.is_test;

comment on view facts.enrolments is
'One row per learner and course. Enrolled = consent to the course given and not withdrawn before the first learning action. A learning action is a lesson page gone past or an answer (quiz, test, survey); joining, help, menu and stop are none.';
comment on column facts.enrolments.learner_id is 'Pseudonym of the person: random, not made from the phone number.';
comment on column facts.enrolments.organisation is 'Code of the organisation that the learner belongs to.';
comment on column facts.enrolments.course is 'Id of the course.';
comment on column facts.enrolments.version is 'Version of the course that the learner agreed to; a later one may have taken its place on the way.';
comment on column facts.enrolments.local_date is 'Day of enrolment in the time zone of the organisation.';
comment on column facts.enrolments.enrolled_at is 'When consent was given.';
comment on column facts.enrolments.started_at is 'First learning action in the course or its pre-test. A delivered SMS is not a start.';
comment on column facts.enrolments.completed_at is 'When all required modules were completed and the post-test answered.';
comment on column facts.enrolments.certified_at is 'When the post-test was passed and a certificate given.';
comment on column facts.enrolments.stopped_at is 'When the learner sent STOP or asked for erasure; empty after joining again. Takes nothing away from what was completed.';
comment on column facts.enrolments.last_active_at is 'Last learning action in the course.';
comment on column facts.enrolments.status is
'enrolled (not started), active, dormant (14 days without a learning action), lost (60 days), stopped, completed, certified. Who completed and then sent STOP stays completed: see reachability.';
comment on column facts.enrolments.score is 'Best post-test result in percent, once certified.';
comment on column facts.enrolments.lang is 'Language that the learner chose last.';
comment on column facts.enrolments.country is 'Country of the phone number (ISO 3166-1).';
comment on column facts.enrolments.role_choice is 'Answer to the role question; 0 = skipped, empty = not asked yet.';
comment on column facts.enrolments.first_channel is 'Name of the channel (number or code of a provider) on which the learner first came.';
comment on column facts.enrolments.first_via is 'How the learner first came: sms, ussd or call.';
comment on column facts.enrolments.cohort is 'Code of the cohort that the learner belongs to; empty = none.';
comment on column facts.enrolments.progress is 'How far, whatever came after: enrolled, started, completed, certified.';
comment on column facts.enrolments.reachability is 'Whether messages still reach the learner: reachable, stopped (STOP), erased (DELETE).';
comment on column facts.enrolments.last_unit is 'Lesson or question that the last learning action was on.';

comment on view facts.module_completions is
'One row per learner and completed module. Completed = all lessons of the module gone past and all its quiz questions answered once, with any score.';
comment on column facts.module_completions.learner_id is 'Pseudonym of the person.';
comment on column facts.module_completions.organisation is 'Code of the organisation.';
comment on column facts.module_completions.course is 'Id of the course.';
comment on column facts.module_completions.version is 'Version of the course.';
comment on column facts.module_completions.module is 'Id of the module.';
comment on column facts.module_completions.module_title is 'Title of the module.';
comment on column facts.module_completions.local_date is 'Day of completion in the time zone of the organisation.';
comment on column facts.module_completions.completed_at is 'When the last lesson or question of the module was done.';
comment on column facts.module_completions.right_answers is 'Quiz questions answered right at the first attempt.';
comment on column facts.module_completions.questions is 'Quiz questions in the module.';
comment on column facts.module_completions.score_percent is 'right_answers / questions, in percent.';
comment on column facts.module_completions.is_passed is 'True from 60 percent; a module without questions counts as passed.';
comment on column facts.module_completions.channel is 'Name of the channel (number or code of a provider) on which it was completed.';
comment on column facts.module_completions.via is 'How: sms or ussd.';
comment on column facts.module_completions.lang is 'Language of the learner then; und = not known.';
comment on column facts.module_completions.via_catchup is 'True: not by its lessons, but in short, with three of four quiz questions right.';
comment on column facts.module_completions.cohort is 'Code of the cohort of the learner; empty = none.';

comment on view facts.quiz_answers is
'One row per answer to a quiz, pre-test or post-test question. For rates use attempt = 1.';
comment on column facts.quiz_answers.answered_at is 'When the answer arrived.';
comment on column facts.quiz_answers.local_date is 'The same as a day in the time zone of the organisation.';
comment on column facts.quiz_answers.learner_id is 'Pseudonym of the person.';
comment on column facts.quiz_answers.organisation is 'Code of the organisation.';
comment on column facts.quiz_answers.course is 'Id of the course.';
comment on column facts.quiz_answers.version is 'Version of the course.';
comment on column facts.quiz_answers.phase is 'quiz, pretest or posttest.';
comment on column facts.quiz_answers.module is 'Id of the module that the question belongs to.';
comment on column facts.quiz_answers.module_title is 'Title of that module.';
comment on column facts.quiz_answers.question is 'Id of the question; a changed question has a new id.';
comment on column facts.quiz_answers.question_text is 'The question, in the language of the course.';
comment on column facts.quiz_answers.choice is 'Number of the chosen option, from 1.';
comment on column facts.quiz_answers.answer_text is 'The chosen option in words, or what was typed.';
comment on column facts.quiz_answers.is_correct is 'True if it was the right answer.';
comment on column facts.quiz_answers.attempt is 'First, second ... answer of this learner to this question; in the post-test: the try.';
comment on column facts.quiz_answers.channel is 'Name of the channel (number or code of a provider) that the answer came by.';
comment on column facts.quiz_answers.lang is 'Language in which the question was asked; und = not known.';
comment on column facts.quiz_answers.via is 'How the answer came: sms or ussd.';
comment on column facts.quiz_answers.cohort is 'Code of the cohort of the learner; empty = none.';
comment on column facts.quiz_answers.mode is 'solo, group (with a facilitator) or test (pre-test and post-test).';
comment on column facts.quiz_answers.item_version is 'Number of the wording: the same as long as text, options and right answer stay the same through the versions of the course.';
comment on column facts.quiz_answers.session is 'Pseudonym of the USSD session; empty for SMS.';
comment on column facts.quiz_answers.choices is 'Numbers of all chosen options, where several could be chosen, as in 1,3.';


comment on view facts.survey_answers is
'One row per answer to the survey at the end or to the follow-up some weeks later. Free text may hold what its writer should not have sent: do not export answer_text of open questions.';
comment on column facts.survey_answers.answered_at is 'When the answer arrived.';
comment on column facts.survey_answers.local_date is 'The same as a day in the time zone of the organisation.';
comment on column facts.survey_answers.learner_id is 'Pseudonym of the person.';
comment on column facts.survey_answers.organisation is 'Code of the organisation.';
comment on column facts.survey_answers.course is 'Id of the course.';
comment on column facts.survey_answers.version is 'Version of the course.';
comment on column facts.survey_answers.survey is 'survey (at the end) or followup.';
comment on column facts.survey_answers.question is 'Id of the question.';
comment on column facts.survey_answers.question_text is 'The question, in the language of the course.';
comment on column facts.survey_answers.choice is 'Number of the chosen option, where there are options.';
comment on column facts.survey_answers.number is 'The number given, where a number was asked for.';
comment on column facts.survey_answers.answer_text is 'The answer in words: option, number or free text. Free text is deleted earlier than the rest.';
comment on column facts.survey_answers.channel is 'Name of the channel (number or code of a provider) that the answer came by.';
comment on column facts.survey_answers.lang is 'Language in which the question was asked; und = not known.';
comment on column facts.survey_answers.via is 'How the answer came: sms or ussd.';
comment on column facts.survey_answers.cohort is 'Code of the cohort of the learner; empty = none.';
comment on column facts.survey_answers.item_version is 'Number of the wording: the same as long as text and options stay the same through the versions of the course.';
comment on column facts.survey_answers.session is 'Pseudonym of the USSD session; empty for SMS.';
comment on column facts.survey_answers.choices is 'Numbers of all chosen options, where several could be chosen, as in 1,3.';

