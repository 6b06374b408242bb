-- :learners learners with ten events each over the last sixty days, as ingest would have left them: one in ten of an
-- organisation of its own, all in cohorts of up to 10,000.
set session_replication_role = replica; -- no triggers: what they keep is written here
set synchronous_commit = off;
insert into core.course_version (course, version) values ('grown', '1.0.0') on conflict do nothing;
insert into core.unit (course_id, unit, "position", module, module_position, module_kind, module_title, kind, text, choices, right_choices)
select v.course_id, u.unit, u.i, u.module, u.i, case when u.module = 'm1' then 'lessons' else u.module end, u.module, 'question', 'Which?',
    array['One', 'Two', 'Three'], case when u.module <> 'survey' then '{1}'::smallint[] end
from core.course_version v cross join (values (1, 'p1', 'test'), (2, 'p2', 'test'), (3, 'm1q1', 'm1'), (4, 'm1q2', 'm1'), (5, 'm1q3', 'm1'),
    (6, 'y1', 'survey')) as u (i, unit, module)
where v.course = 'grown';
insert into core.organisation (code, name) values ('tenth', 'One in ten') on conflict do nothing;
do $$ begin perform core.make_month(m) from generate_series(now() - interval '100 days', now(), interval '1 month') m; end $$;
create temp table t as
select l.learner, o.org_id, v.course_id, l.learner / 10 % greatest(:learners / 10000, 1) as cohort,
    (array['en', 'fr', 'es', 'ar'])[1 + l.learner % 4] as lang, l.learner % 5 > 0 as is_complete, 1 + (l.learner % 3 = 0)::integer as choice,
    now() - interval '60 days' * ((l.learner * 7919 % 1000) / 1000.0) as at
from generate_series(1000001::bigint, 1000000 + :learners) l (learner)
    join core.organisation o on o.code = 'tenth' and l.learner % 10 = 0 or o.is_default and l.learner % 10 > 0
    cross join (select course_id from core.course_version where course = 'grown') v;
insert into core.cohort (org_id, code, name) select distinct t.org_id, 'grown' || t.cohort, 'Grown ' || t.cohort from t;
create temp table grown as
select t.*, c.cohort_id, e.*
from t join core.cohort c on c.org_id = t.org_id and c.code = 'grown' || t.cohort
    cross join (values (1, 'answered', 'pretest', 'p1'), (2, 'answered', 'pretest', 'p2'), (3, 'lesson_read', null, 'm1l1'),
        (4, 'answered', 'quiz', 'm1q1'), (5, 'answered', 'quiz', 'm1q2'), (6, 'answered', 'quiz', 'm1q3'), (7, 'module_completed', null, 'm1'),
        (8, 'answered', 'posttest', 'p1'), (9, 'answered', 'posttest', 'p2'), (10, 'answered', 'survey', 'y1')) as e (seq, kind, phase, unit);
insert into core.learner (learner, learner_id, org_id, cohort_id, country, lang, role_choice, first_channel, first_via, first_seq, created_at)
    overriding system value
select learner, md5('grown ' || learner)::uuid, org_id, cohort_id, 'KE', lang, choice, 'at', 'ussd', 1, at from grown where seq = 1;
do $$ begin perform setval(pg_get_serial_sequence('core.learner', 'learner'), (select max(learner) from core.learner)); end $$;
insert into core.number_state (number_id, learner, seq, at, state)
select decode(md5('number ' || learner), 'hex'), learner, 10, at, decode(repeat('ab', 110), 'hex') from t;
insert into core.enrolment (course, course_id, org_id, cohort_id, learner, consent_at, started_at, completed_at, certified_at, score, last_at,
        last_seq, last_unit)
select 'grown', course_id, org_id, cohort_id, learner, at, at, case when is_complete then at end, case when is_complete and choice = 1 then at end,
    case when is_complete and choice = 1 then 100 end, at, 10, 'y1' from grown where seq = 1;
insert into core.event (learner, at, seq, kind, phase, via, mode, course_id, choice, value, attempt, org_id, cohort_id, n, correct, unit, channel, lang)
select learner, at, seq, kind::core.event_kind, phase::core.phase, 'ussd', case when kind = 'answered' then 'solo'::core.mode end, course_id,
    case when kind = 'answered' then choice end, case when seq = 7 then 2 end, case when seq = 7 then 3 else 1 end, org_id, cohort_id, 0,
    case when kind = 'answered' and seq < 10 then choice = 1 end, unit, 'at', lang
from grown where is_complete or seq < 8;
insert into core.learner_unit (learner, course_id, first_seq, first_at, post_seq, org_id, cohort_id, choice, is_right, is_post_right, unit, lang)
select learner, course_id, seq, at, case when is_complete and seq < 3 then seq + 7 end, org_id, cohort_id,
    case when seq <> 3 then choice end, case when seq not in (3, 10) then choice = 1 end, case when is_complete and seq < 3 then choice = 1 end, unit, lang
from grown where seq not in (7, 8, 9) and (is_complete or seq < 8);
insert into core.unit_cohort (org_id, course_id, unit, cohort_id, lang, reached, answered, n_right, post_answered, post_right)
select org_id, course_id, unit, coalesce(cohort_id, 0), lang, count(*), count(is_right), count(*) filter (where is_right), count(is_post_right),
    count(*) filter (where is_post_right)
from core.learner_unit where course_id = (select course_id from core.course_version where course = 'grown') group by 1, 2, 3, 4, 5;
insert into core.active_day (org_id, day, learner, n_sms, n_ussd)
select t.org_id, (t.at - d * interval '1 day')::date, t.learner, 0, 5 from t cross join generate_series(0, 1) d;
insert into core.message (message_id, seq, channel, class, status, status_at, created_at, sent_at, attempts, segments, encoding, country, learner,
        purpose, org_id)
select '0-' || learner || '-0', 1, 'at', 'push', 'delivered', at + interval '5 s', at, at, 1, 1, 'gsm7', 'KE', learner, 'reminder', org_id from t;
drop table grown, t;
reset synchronous_commit;
vacuum (analyze);
checkpoint;
