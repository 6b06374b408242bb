-- :learners learners with ten answers each over the last sixty days, as ingest would have left them.
set session_replication_role = replica; -- no triggers: what they keep is written here
set synchronous_commit = off;
insert into core.course_version (course, version) values ('grown', '1.0.0') on conflict do nothing;
do $$ begin perform core.make_month(m) from generate_series(now() - interval '100 days', now(), interval '1 month') m; end $$;
create temp table t as
select l.learner, o.org_id, v.course_id, now() - interval '60 days' * ((l.learner * 7919 % 1000) / 1000.0) as at
from generate_series(1000001::bigint, 1000000 + :learners) l (learner)
    cross join (select org_id from core.organisation where is_default) o
    cross join (select course_id from core.course_version where course = 'grown') v;
insert into core.learner (learner, learner_id, org_id, lang, first_seq, created_at)
    overriding system value
select learner, md5('grown ' || learner)::uuid, org_id, 'en', 1, at from t;
do $$ begin perform setval(pg_get_serial_sequence('core.learner', 'learner'), (select max(learner) from core.learner)); end $$;
insert into core.number_state (number_id, learner, seq, at, state)
select decode(md5('number ' || learner), 'hex'), learner, 10, at, decode(repeat('ab', 110), 'hex') from t;
insert into core.enrolment (course, course_id, org_id, learner, consent_at, started_at, last_at, last_seq, last_unit)
select 'grown', course_id, org_id, learner, at, at, at, 10, 'm1q10' from t;
insert into core.event (learner, at, seq, kind, phase, via, mode, course_id, choice, attempt, org_id, n, correct, unit,
        channel, lang)
select t.learner, t.at, s, 'answered', 'quiz', 'ussd', 'solo', t.course_id, 1, 1, t.org_id, 0, s % 3 > 0, 'm1q' || s, 'at', 'en'
from t cross join generate_series(1, 10) s;
insert into core.learner_unit (learner, course_id, first_seq, first_at, org_id, choice, is_right, unit, lang)
select t.learner, t.course_id, s, t.at, t.org_id, 1, s % 3 > 0, 'm1q' || s, 'en' from t cross join generate_series(1, 10) s;
insert into core.active_day (org_id, day, learner, n_sms, n_ussd)
select t.org_id, (t.at - d * interval '1 day')::date, t.learner, 0, 5 from t cross join generate_series(0, 1) d;
reset synchronous_commit;
vacuum (analyze);
checkpoint;
