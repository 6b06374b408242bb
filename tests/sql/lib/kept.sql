-- After the migration of a released database: what lib/keep.sql wrote down is still said, and it goes on.
begin;
select no_plan();

create function make.unsaid(p_view name) returns setof jsonb language plpgsql as $$
declare
    v_schema name := case when to_regclass(format('facts.%I', p_view)) is null then 'report' else 'facts' end;
begin
    -- channel said how (via) and lang could be empty; status is corrected for those who stopped after the end.
    return query execute format('select k.j from kept.%1$I k where not exists (select from %2$I.%1$I t
        where to_jsonb(t) @> (k.j - array[''channel'', ''first_channel'', ''lang'']))', p_view, v_schema);
    return query execute format('select jsonb_build_object(''rows'', count(*)) from %2$I.%1$I
        having count(*) <> (select count(*) from kept.%1$I)', p_view, v_schema);
end $$;
select isnt_empty(format('select from kept.%I', v), 'release had something in ' || v)
from unnest(array['enrolments', 'quiz_answers', 'survey_answers', 'module_completions']) v;
select is_empty(format('select * from make.unsaid(%L)', v), v || ' says the same')
from unnest(array['enrolments', 'module_completions', 'quiz_answers', 'survey_answers', 'completion_rate', 'drop_off',
    'active_learners']) v;
select is_empty($$select * from report.quiz_answers where via is null or channel in ('sms', 'ussd') or lang is null$$,
    'channel and via are apart, lang is always said');

select is_empty($$select k.j from kept.event k where not exists (
        select from core.event e join core.learner l using (learner)
        where l.learner_id = (k.j ->> 'learner_id')::uuid and to_jsonb(e) @> (k.j - array['learner_id', 'lang']))$$, 'every event is there');
select results_eq('select count(*) from core.event', 'select count(*) from kept.event', 'and no other');
create function make.n(p_table text) returns bigint language plpgsql as $$
declare
    v_n bigint;
begin
    execute format('select count(*) from core.%I', p_table) into v_n;
    return v_n;
end $$;
select is(make.n(name), n, 'core.' || name || ' has its rows') from kept.n;
select is_empty('select from core.message where learner is null or org_id is null', 'every message has its learner and organisation');

-- The counters count what is there.
select results_eq('select count(*) from core.learner_unit', $$select count(*) from (select distinct learner, unit from core.event
    where kind in ('lesson_read', 'answered') and phase is distinct from 'role') u$$, 'learner_unit: a row for each unit of a learner');
select is(sum(reached), (select count(*) from core.learner_unit)::numeric, 'unit_cohort adds them up') from core.unit_cohort;
select is(sum(n_sms + n_ussd), (select count(*) from core.event where kind in ('lesson_read', 'answered')
    and phase is distinct from 'role'), 'active_day: every learning action') from core.active_day;

-- A learner of then goes on.
create temp table last on commit drop as
select l.learner_id, s.number_id, s.seq, e.last_unit, e.course, v.version
from core.number_state s join core.learner l using (learner) join core.enrolment e using (learner)
    join core.course_version v using (course_id)
where e.completed_at is null and e.stopped_at is null
order by l.learner limit 1;
select core.ingest(jsonb_build_array(jsonb_build_object('type', 'step', 'number_id', encode(number_id, 'hex'),
    'learner_id', learner_id, 'seq', seq + 1, 'at', now(), 'channel', 'at', 'via', 'ussd', 'course', course,
    'version', version, 'lang', 'en', 'state', '00', 'events',
    '[{"n":0,"kind":"answered","unit":"m1q2","phase":"quiz","choice":1,"correct":true,"attempt":1}]'::jsonb))) from last;
select results_eq('select s.seq from core.number_state s join core.learner l using (learner) join last using (learner_id)',
    'select seq + 1 from last', 'a learner of then goes on');
select results_eq('select q.question from facts.quiz_answers q join last using (learner_id) order by q.answered_at desc limit 1',
    array['m1q2'], 'and the answer is read');
select * from finish();
rollback;
