-- :learners learners of the last year, as ingest would have left them: seven modules in seven weeks, a hundred events each of whoever comes to
-- the end (seven of ten), in groups of 500; one in ten of an organisation of its own.
set session_replication_role = replica; -- no triggers: what they keep is written here
set synchronous_commit = off;
set work_mem = '256MB';
insert into core.course_version (course, version) values ('year', '1.0.0') on conflict do nothing;
-- What a learner does, step by step: the module (0: the first test, 8: the last), and when, in days after joining.
create temp table step as
select row_number() over (order by s.module, s.place)::integer as seq, s.*
from (
    select 0 as module, -1 as place, 'consent_asked' as kind, null as phase, null as unit
    union all select 0, 0, 'consented', null, null
    union all select 0, i, 'answered', 'pretest', 'p' || i from generate_series(1, 7) i
    union all select m, 0, 'reminded', null, 'm' || m || 'l1' from generate_series(1, 7) m
    union all select m, i, 'lesson_read', null, 'm' || m || 'l' || i from generate_series(1, 7) m cross join generate_series(1, 6) i
    union all select m, 6 + i, 'answered', 'quiz', 'm' || m || 'q' || i from generate_series(1, 7) m cross join generate_series(1, 5) i
    union all select m, 12, 'module_completed', null, 'm' || m from generate_series(1, 7) m
    union all select 8, i, 'answered', 'posttest', 'p' || i from generate_series(1, 7) i
    union all select 8, 7 + i, 'answered', 'survey', 'y' || i from generate_series(1, 3) i
    union all select 8, 11, 'course_completed', null, null) s;
insert into core.unit (course_id, unit, "position", module, module_position, module_kind, module_title, kind, text, choices, right_choices)
select v.course_id, s.unit, min(s.seq), min(case when s.phase = 'pretest' then 'test' when s.phase = 'survey' then 'survey' else 'm' || s.module end), min(s.module),
    min(case when s.phase = 'pretest' then 'test' when s.phase = 'survey' then 'survey' else 'lessons' end), 'Module ' || min(s.module),
    case when bool_or(s.kind = 'answered') then 'question' else 'lesson' end, 'Which?', case when bool_or(s.kind = 'answered') then array['One', 'Two', 'Three'] end,
    case when bool_or(s.phase in ('quiz', 'pretest')) then '{1}'::smallint[] end
from core.course_version v cross join step s
where v.course = 'year' and s.kind in ('answered', 'lesson_read')
group by v.course_id, s.unit;
insert into core.organisation (code, name) values ('tenth', 'One in ten') on conflict do nothing;
do $$ begin perform core.make_month(m) from generate_series(now() - interval '14 months', now(), interval '1 month') m; end $$;
-- Who: when they joined, and the last module that they do (8: to the end).
create temp table person as
select l.learner, o.org_id, v.course_id, 'year' || l.learner / 10 % greatest(:learners / 500, 1) as cohort, l.learner * 7919 % 1000 as lot,
    (array['en', 'fr', 'es', 'ar'])[1 + l.learner % 4] as lang, (array['KE', 'UG', 'TD'])[1 + l.learner / 3 % 3] as country,
    case when l.learner * 31 % 10 < 7 then 8 else l.learner * 31 / 10 % 8 end as last_module, case when l.learner % 5 = 0 then 'sms' else 'ussd' end::core.via as via,
    now() - interval '365 days' * ((l.learner * 7919 % 10007) / 10007.0) as at, null::integer as cohort_id
from generate_series(1000001::bigint, 1000000 + :learners) l (learner)
    join core.organisation o on o.code = 'tenth' and l.learner % 10 = 0 or o.is_default and l.learner % 10 > 0
    cross join (select course_id from core.course_version where course = 'year') v;
insert into core.cohort (org_id, code, name) select distinct p.org_id, p.cohort, 'Group ' || p.cohort from person p;
update person p set cohort_id = c.cohort_id from core.cohort c where c.org_id = p.org_id and c.code = p.cohort;
-- Done by now: of each person how many modules, and the last step.
alter table person add column done integer, add column last_seq integer;
update person p set done = d.done, last_seq = (select max(s.seq) from step s where s.module <= d.done)
from (select learner, least(last_module, floor(extract(epoch from now() - at) / 86400 / 7))::integer as done from person) d where d.learner = p.learner;
analyze person;
analyze step;
insert into core.learner (learner, learner_id, org_id, cohort_id, country, lang, role_choice, first_channel, first_via, first_seq, created_at)
    overriding system value
select learner, md5('year ' || learner)::uuid, org_id, cohort_id, country, lang, 1 + lot % 4, case via when 'sms' then 'at' else 'at-ussd' end, via, 1, at from person;
do $$ begin perform setval(pg_get_serial_sequence('core.learner', 'learner'), (select max(learner) from core.learner)); end $$;
insert into core.number_state (number_id, learner, seq, at, state)
select decode(md5('number ' || learner - (learner % 50 = 7)::integer * 50), 'hex'), learner, last_seq, at, decode(repeat('ab', 110), 'hex') from person;
insert into core.consent (learner, seq, n, purpose, is_given, at, course_id, lang, channel, via)
select learner, 2, 0, 'course', true, at, course_id, lang, case via when 'sms' then 'at' else 'at-ussd' end, via from person;
insert into core.enrolment (course, course_id, org_id, cohort_id, learner, consent_at, started_at, completed_at, certified_at, score, last_at,
        last_seq, last_unit, stop_seq, stopped_at)
select 'year', course_id, org_id, cohort_id, learner, at, at + interval '1 minute', case when done = 8 then at + interval '56 days 1 hour' end,
    case when done = 8 and lot % 7 > 0 then at + interval '56 days 1 hour' end, case when done = 8 then lot % 3 * 20 + 60 end,
    at + done * interval '7 days' + interval '1 hour', last_seq, null, case when lot < 50 then last_seq + 1 else 0 end,
    case when lot < 50 then at + done * interval '7 days' + interval '5 hours' end
from person;
-- The time of a step, in its zone day and hour; each person has a usual hour.
create function pg_temp.at(p_at timestamptz, p_module integer, p_seq integer, p_lot bigint) returns timestamptz
language sql immutable parallel safe
return p_at + p_module * interval '7 days' + p_seq % 13 * interval '40 s' + case when p_module > 0 then p_lot % 5 * interval '1 day' else interval '0' end;
insert into core.event (learner, at, seq, kind, phase, via, mode, course_id, choice, value, attempt, org_id, cohort_id, n, correct, unit, channel, lang, session)
select p.learner, least(pg_temp.at(p.at, s.module, s.seq, p.lot), now()), s.seq, s.kind::core.event_kind, s.phase::core.phase, case when s.kind <> 'reminded' then p.via end,
    case when s.kind = 'answered' then 'solo'::core.mode end, p.course_id, case when s.kind = 'answered' then 1 + (p.lot + s.seq * 37) % 11 / 5 end,
    case s.kind when 'module_completed' then 3 when 'reminded' then 1 + p.lot % 3 end, case s.kind when 'module_completed' then 5 else 1 end, p.org_id, p.cohort_id, 0,
    case when s.phase <> 'survey' then (p.lot + s.seq * 37) % 11 < 5 end, s.unit, case p.via when 'sms' then 'at' else 'at-ussd' end, p.lang,
    case when p.via = 'ussd' and s.kind <> 'reminded' then p.learner * 16 + s.module end
from person p join step s on s.module <= p.done;
-- One session in ten is dropped, and who stopped did so after the last step; one in twenty writes what is not understood.
insert into core.event (learner, at, seq, kind, via, course_id, org_id, cohort_id, n, channel, lang, session)
select learner, least(pg_temp.at(at, 1, 20, lot), now()), 20, 'session_dropped'::core.event_kind, 'ussd'::core.via, course_id, org_id, cohort_id, 1, 'at-ussd', lang, learner * 16 + 1
from person where via = 'ussd' and done > 0 and lot % 10 = 0
union all
select learner, least(at + done * interval '7 days' + interval '5 hours', now()), last_seq + 1, 'stopped', via, course_id, org_id, cohort_id, 0, 'at', lang, null
from person where lot < 50;
insert into core.unknown_input (learner, seq, n, org_id, at, unit, lang, channel, text, via)
select learner, 5, 2, org_id, at, 'p3', lang, 'at', 'what?', via from person where lot % 20 = 3;
insert into core.learner_unit (learner, course_id, first_seq, first_at, post_seq, org_id, cohort_id, choice, is_right, is_post_right, unit, lang)
select p.learner, p.course_id, s.seq, pg_temp.at(p.at, s.module, s.seq, p.lot), case when p.done = 8 and s.module = 0 then s.seq + 98 end, p.org_id, p.cohort_id,
    case when s.kind = 'answered' then 1 + (p.lot + s.seq * 37) % 11 / 5 end, case when s.phase in ('quiz', 'pretest') then (p.lot + s.seq * 37) % 11 < 5 end,
    case when p.done = 8 and s.module = 0 then (p.lot + (s.seq + 98) * 37) % 11 < 5 end, s.unit, p.lang
from person p join step s on s.module <= p.done
where s.kind in ('answered', 'lesson_read') and s.phase is distinct from 'posttest';
insert into core.unit_cohort (org_id, course_id, unit, cohort_id, lang, reached, answered, n_right, post_answered, post_right)
select org_id, course_id, unit, coalesce(cohort_id, 0), lang, count(*), count(is_right), count(*) filter (where is_right), count(is_post_right),
    count(*) filter (where is_post_right)
from core.learner_unit where course_id = (select course_id from core.course_version where course = 'year') group by 1, 2, 3, 4, 5;
insert into core.active_day (org_id, day, learner, n_sms, n_ussd)
select p.org_id, pg_temp.at(p.at, m.module, 0, p.lot)::date, p.learner, case when p.via = 'sms' then 12 else 0 end, case when p.via = 'ussd' then 12 else 0 end
from person p cross join (select distinct module from step) m where m.module <= p.done;
-- Two SMS a module: a reminder and a key message.
insert into core.message (message_id, seq, channel, class, status, status_at, created_at, sent_at, attempts, segments, encoding, country, learner,
        purpose, org_id, network, error, price, currency)
select '0-' || p.learner || '-' || s.seq * 2 + k, s.seq, 'at', 'push', case when (p.lot + s.seq) % 20 = 0 then 'failed' else 'delivered' end::core.message_status,
    x.at + interval '5 s', x.at, x.at + interval '1 s', 1, 1 + k, 'gsm7', p.country, p.learner, (array['reminder', 'key'])[k + 1], p.org_id,
    (array['blue', 'red'])[1 + p.lot % 2], case when (p.lot + s.seq) % 20 = 0 then '30003' end, 0.01, 'USD'
from person p join step s on s.module <= p.done and s.place = 0 cross join generate_series(0, 1) k cross join lateral (select pg_temp.at(p.at, s.module, s.seq, p.lot)) x (at);
drop table person, step;
reset synchronous_commit;
vacuum (analyze);
checkpoint;
