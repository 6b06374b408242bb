-- What docs/course-rules.md 3.2 counts beside people: numbers, messages, sessions, answers weeks later. Counted by hand.
begin;
select no_plan();
select make.publish();
update core.organisation set time_zone = 'Africa/Nairobi' where code = 'demo';
insert into core.organisation (code, name, time_zone) values ('north', 'North', 'UTC');
select ops.add_coordinator('amina', 'demo'), ops.add_coordinator('ben', 'north');
create function make.as_login(p_login name, p_sql text) returns text language plpgsql as $$
declare
    v_said text;
begin
    execute format('set local role %I', p_login);
    execute format('select string_agg(concat_ws(%L, variadic array(select coalesce(v, %L) from json_each_text(row_to_json(q)) as e (k, v))), %L) from (%s) q', ' ', '-', '; ', p_sql) into v_said;
    reset role;
    return v_said;
end $$;
create function make.as_amina(p_sql text) returns text language sql return make.as_login('amina', p_sql);
create function make.one(p_i integer, p_seq integer, p_at timestamptz, p_events text, p_more jsonb default '{}') returns void language sql
return core.ingest(jsonb_build_array(make.step(p_i, p_seq, p_at, p_events::jsonb, p_more)));
-- An SMS that the step p_seq of a person made.
create function make.sms(p_i integer, p_seq integer, p_at timestamptz, p_status text, p_more jsonb default '{}') returns void language sql
return core.ingest(jsonb_build_array(jsonb_build_object('type', 'message', 'message_id', p_i || '-' || p_seq || '-0', 'number_id', make.number_id(p_i), 'learner_id', make.learner(p_i),
    'seq', p_seq, 'at', p_at, 'channel', 'at', 'class', 'push', 'status', p_status, 'country', 'KE', 'network', 'blue', 'segments', 2) || p_more));

-- ---- nobody ----
select is(make.as_amina(format('select * from report.%s', r)), null, r || ': nobody, no row')
from unnest(array['numbers()', 'module_rates()', 'at_work_answers()', 'opt_outs()', 'failures()', 'cost()', 'session_lengths()', 'unmatched()']) r;

-- ---- one: everything is hidden ----
select core.ingest(make.module(1, now() - interval '100 days') || make.ending(1, now() - interval '99 days'));
select make.sms(1, 10, now() - interval '99 days', 'failed', '{"error": "30003"}');
select make.one(1, 11, now() - interval '30 days', '[{"kind":"followup_sent"}]');
select make.one(1, 12, now() - interval '29 days', '[{"kind":"answered","unit":"w1","phase":"followup","choice":1},{"kind":"answered","unit":"w2","phase":"followup","choice":3}]');
select make.one(1, 13, now() - interval '2 days', '[{"kind":"unknown_input","text":"hm"},{"kind":"stopped"}]');
select make.one(1, 14, now() - interval '1 day', '[{"kind":"session_opened"}]', '{"session": 77}');
select is(make.as_amina('select numbers, asked, opted_in, percent_opted_in from report.numbers()'), '- - - -', 'one: no number');
select is(make.as_amina('select started, reached, completed, percent_of_started from report.module_rates()'), '- - - -', 'no module');
select is(make.as_amina('select choice, n, answered, percent from report.at_work_answers()'), '3 - - -', 'no answer');
select is(make.as_amina('select stopped, delivered, per_1000_delivered, came_back from report.opt_outs()'), '- - - 0', 'no STOP');
select is(make.as_amina('select code, sent, failed, percent_of_sent from report.failures()'), 'other - - -', 'no failure');
select is(make.as_amina('select completed, segments, segments_per_completed, price from report.cost()'), '- - - -', 'no cost');
select is(make.as_amina('select sessions, ended_by_us, dropped, screens_per_session from report.session_lengths()'), '- - - -', 'no session');
select is(make.as_amina('select not_understood, learners, inbound, percent_of_inbound from report.unmatched()'), '- - - -', 'no message');
select make.forget();

-- ---- A1, A3: 40 people on 30 numbers; 25 of these were asked, 12 agreed in a week, and 6 a second later ----
select make.one(i, 1, '2026-03-02 09:00Z', case when i <= 25 then '[{"kind":"contact"},{"kind":"consent_asked"}]' else '[{"kind":"contact"}]' end, make.vault(i)) from generate_series(1, 30) i;
select make.one(100 + i, 1, '2026-03-03 09:00Z', '[{"kind":"contact"}]', jsonb_build_object('number_id', make.number_id(i))) from generate_series(1, 10) i;
select make.one(i, 2, '2026-03-09 09:00Z', '[{"kind":"consented","value":1}]') from generate_series(1, 12) i;
select make.one(i, 2, '2026-03-09 09:00:01Z', '[{"kind":"consented","value":1}]') from generate_series(13, 18) i;
select is(make.as_amina('select * from report.numbers()'), 'demo 30 25 12 48.0 30.0 66.5 30 10 33.3 0', 'A1, A3: numbers; in seven days to the second');
select is(make.as_amina('select contacts, asked, opted_in from report.contact_counts()'), '40 25 12', 'A1, A3: people');
select ops.move_learner(make.learner(100 + i), 'north', null) from generate_series(1, 10) i;
select is(make.as_amina('select numbers, asked, opted_in from report.numbers()'), '30 25 12', 'whose second person moved keeps its number');
select is(make.as_login('ben', 'select numbers, asked, opted_in from report.numbers()'), '10 0 0', 'and the other organisation has it, too');
select make.one(i, 9, '2026-03-21 09:00Z', '[{"kind":"erased"}]') from generate_series(21, 30) i;
select core.forget_numbers(array(select decode(make.number_id(i), 'hex') from generate_series(21, 30) i));
select is(make.as_amina('select numbers, asked from report.numbers()'), '30 25', 'who was erased is counted still');
select make.forget();

-- ---- numbers beside people: 25 wrote on 25 numbers, and 21 joined ----
select make.one(i, 1, '2026-03-02 09:00Z', case when i <= 21 then '[{"kind":"contact"},{"kind":"consent_asked"},{"kind":"consented","value":1}]' else '[{"kind":"contact"}]' end, make.vault(i)) from generate_series(1, 25) i;
select make.one(i, 2, '2026-03-02 09:01Z', '[{"kind":"lesson_read","unit":"m1l1","value":0}]') from generate_series(1, 21) i;
select is(make.as_amina('select enrolled, started from report.funnel()'), '21 21', '21 joined');
select is(make.as_amina('select contacts, asked, opted_in from report.contact_counts()'), '- 21 21', 'how many wrote is hidden: 4 more');
select is(make.as_amina('select numbers, asked, opted_in, kept, shared, percent_shared from report.numbers()'), '- - - - 0 -', 'so are their numbers, of which none is shared');
select is(make.as_amina('select numbers, shared, percent_shared from report.shared_numbers'), '- 0 -', 'in the view of before, too');
select make.forget();
-- All were asked, and 9 of those who joined took more than a week.
select make.one(i, 1, '2026-03-02 09:00Z', '[{"kind":"contact"},{"kind":"consent_asked"}]', make.vault(i)) from generate_series(1, 25) i;
select make.one(i, 2, timestamptz '2026-03-02 09:01Z' + case when i > 12 then interval '8 days' else interval '0' end, '[{"kind":"consented","value":1}]') from generate_series(1, 21) i;
select make.one(i, 3, '2026-03-11 09:00Z', '[{"kind":"lesson_read","unit":"m1l1","value":0}]') from generate_series(1, 21) i;
select is(make.as_amina('select enrolled, started from report.funnel()'), '21 21', '21 joined, late');
select is(make.as_amina('select contacts, asked, opted_in from report.contact_counts()'), '- - 12', 'that 25 were asked is hidden');
select is(make.as_amina('select numbers, asked, opted_in, kept, shared from report.numbers()'), '- - 12 - 0', 'of their numbers, too');
select make.forget();

-- ---- C2: 40 started, 30 of them 70 days ago; all reached m1, 20 of the 30 and 5 of the others completed it ----
select core.ingest(case when i <= 20 or i > 35 then make.module(i, now() - case when i <= 30 then interval '70 days 2 minutes' else interval '69 days' end)
    else (select jsonb_agg(s order by n) from jsonb_array_elements(make.module(i, now() - case when i <= 30 then interval '70 days 2 minutes' else interval '69 days' end)) with ordinality as t (s, n) where n <= 5) end)
from generate_series(1, 40) i;
select is(make.as_amina('select module, started, reached, completed, percent_of_reached, reached_low, reached_high, percent_of_started from report.module_rates()'),
    'm1 30 30 20 66.7 48.8 80.8 66.7', 'C2: who has had 70 days');
select is(make.as_amina('select reached, completed from report.modules()'), '40 25', 'beside all');
-- Ten who began the course and no module.
select core.ingest((select jsonb_agg(s order by n) from jsonb_array_elements(make.module(i, now() - interval '80 days')) with ordinality as t (s, n) where n <= 3)) from generate_series(51, 60) i;
select is(make.as_amina('select started, reached, completed, percent_of_reached, percent_of_started, started_low, started_high from report.module_rates()'), '40 30 20 66.7 50.0 35.2 64.8', 'C2: of those who started');
select is(make.as_amina('select value, started, completed from report.module_rates(by => ''language'')'), 'en 40 20', 'by language');
select make.forget();

-- ---- G3: 60 completed; 50 were asked, of whom 40 answered: 24 yes, 10 not yet, 6 no chance ----
insert into core.unit (course_id, unit, "position", module, module_position, module_kind, module_title, kind, text, choices)
select v.course_id, u.unit, u.i, 'followup', 9, 'followup', 'Weeks later', 'question', u.text, u.choices
from core.course_version v cross join (values ('w1', 90, 'Used?', array['yes', 'not yet', 'no chance']), ('w2', 91, 'What did you do?', array['listen', 'ask', 'find']),
    ('w3', 92, 'Why?', array['rules', 'boss', 'forgot'])) as u (unit, i, text, choices) where v.course = 'children-on-the-move';
select core.ingest(make.module(i, '2026-03-02 09:00Z') || make.ending(i, '2026-03-20 09:00Z')) from generate_series(1, 60) i;
select make.one(i, 11, '2026-05-20 09:00Z', '[{"kind":"followup_sent"}]') from generate_series(1, 50) i;
select make.one(i, 12, '2026-05-21 09:00Z', jsonb_build_array(jsonb_build_object('kind', 'answered', 'unit', 'w1', 'phase', 'followup', 'choice', case when i <= 24 then 1 when i <= 34 then 2 else 3 end),
    case when i <= 24 then jsonb_build_object('kind', 'answered', 'unit', 'w2', 'phase', 'followup', 'choice', 1 + i / 10 % 3)
        else jsonb_build_object('kind', 'answered', 'unit', 'w3', 'phase', 'followup', 'choice', case when i <= 33 then 1 else 3 end) end)::text) from generate_series(1, 40) i;
select is(make.as_amina('select asked, answered, used, percent_of_asked, percent_of_answered from report.at_work()'), '50 40 24 48.0 60.0', 'G3: asked is who was sent it');
select is(make.as_amina('select question, question_text, choice, answer, n, answered, percent from report.at_work_answers()'),
    'w2 What did you do? 1 listen 9 24 37.5; w2 What did you do? 2 ask 10 24 41.7; w2 What did you do? 3 find 5 24 20.8; w3 Why? 1 rules 9 16 56.3; w3 Why? 3 forgot 7 16 43.8',
    'G3: what was done, and what stood in the way');
-- Three more used it and did not say how.
select make.one(i, 13, '2026-05-22 09:00Z', '[{"kind":"answered","unit":"w1","phase":"followup","choice":1}]') from generate_series(41, 43) i;
select is(make.as_amina('select answered, used from report.at_work()'), '43 27', 'three more');
select is(make.as_amina('select count(n), count(answered) from report.at_work_answers() where question = ''w2'''), '2 0', 'who did not say how is not told by what was done');
select make.forget();

-- ---- H1: 40 people, of whom 30 send STOP: 20 of these 90 days ago and more, of whom 10 came back within 90 days, one a second later ----
select core.ingest(make.module(i, now() - interval '120 days')) from generate_series(1, 40) i;
select make.sms(i, 6, now() - case when i <= 6 then interval '101 days' else interval '102 days' end, 'delivered', jsonb_build_object('purpose', case when i <= 6 then 'reminder' else 'gate' end)) from generate_series(1, 30) i;
-- 5 get another one on the day, which counts; of 5 it failed to go, which does not
select make.sms(i, 7, now() - interval '100 days 5 hours', case when i <= 10 then 'delivered' else 'capped' end, '{"purpose": "nudge"}') from generate_series(6, 15) i;
select make.one(i, 8, now() - case when i <= 20 then interval '100 days 4 hours' else interval '89 days 23 hours' end, '[{"kind":"stopped"}]') from generate_series(1, 30) i;
select make.sms(i, 8, now() - interval '100 days 4 hours', 'delivered', '{"purpose": "stopped"}') from generate_series(1, 12) i; -- the answer to STOP
select make.one(i, 9, now() - interval '100 days 4 hours' + interval '90 days' + case when i = 6 then interval '1 s' else interval '0' end, '[{"kind":"rejoined"}]') from generate_series(1, 20) i
where i <= 6 or i > 15;
select make.one(i, 10, now() - interval '1 day', '[{"kind":"stopped"}]') from generate_series(1, 6) i; -- again: each once
select is(make.as_amina('select stopped, delivered, per_1000_delivered, over_90_days, came_back, percent_came_back, percent_low, percent_high from report.opt_outs()'),
    '30 47 638.30 20 10 50.0 29.9 70.1', 'H1: per 1,000 delivered; who came back');
-- 1 to 5: the reminder, 20 hours before; 6 to 10: the nudge; the others: more than a day before, or nothing that went.
select is(make.as_amina('select value, stopped, delivered, over_90_days, came_back from report.opt_outs(by => ''last_message'')'),
    'gate 0 24 0 0; none 20 - 10 5; nudge 5 5 5 0; reminder 5 6 5 5; stopped 0 12 0 0', 'H1: what the last SMS within 24 hours was for, as it went before STOP');
select is(make.as_amina('select sum(stopped) as n from report.opt_outs(''month'') where stopped is not null'), '30', 'H1: by month');
select is(make.as_amina('select stopped, percent_stopped from report.leaving()'), '25 62.5', 'beside those who are away now');
select make.forget();

-- ---- T1: 30 SMS of blue, 20 of red. 8 fail with a code, 6 with another, 2 with a third, 5 capped; blue has all but the capped ----
insert into core.learner (learner_id, org_id, first_seq, created_at) select make.learner(i), 1, 1, '2026-03-02 09:00Z' from generate_series(1, 50) i;
select make.sms(i, 1, '2026-03-02 09:00Z', case when i <= 16 then 'failed' when i between 31 and 35 then 'capped' else 'sent' end,
    jsonb_strip_nulls(jsonb_build_object('network', case when i <= 30 then 'blue' else 'red' end, 'error', case when i <= 8 then '30003' when i <= 14 then 'unreachable' when i <= 16 then 'odd' end)))
from generate_series(1, 50) i;
select is(make.as_amina('select value, code, sent, failed, percent_of_sent, percent_of_failed from report.failures()'),
    'blue 30003 30 8 26.7 50.0; blue other 30 8 26.7 50.0; red capped 20 5 25.0 100.0', 'T1: why, by operator; what few met with is one row, with the rarest beside it');
select is(make.as_amina('select sum(failed) as n from report.failures(by => ''all'') where code <> ''other'''), '14', 'of all');
select is(make.as_amina('select failed from report.delivery(''all'', ''operator'')'), '16; 5', 'as delivery has them in all');
select throws_ok('select from report.failures(by => ''role'')', '22023', null, 'a property of people is refused');
select make.forget();

-- ---- T1: cost. 20 complete, of 30; 60 SMS of 2 parts at 0.01, and 40 parts of last year for 0.50 ----
select core.ingest(make.module(i, '2026-03-02 09:00Z') || case when i <= 20 then make.ending(i, '2026-03-20 09:00Z') else '[]' end) from generate_series(1, 30) i;
select make.sms(i, n, '2026-03-03 09:00Z', 'delivered', '{"price": 0.01, "currency": "KES"}') from generate_series(1, 30) i, generate_series(1, 2) n;
insert into core.message_day (day, org_id, channel, class, status, country, currency, n, segments, price)
select '2025-03-03', o.org_id, 'at', 'push', 'delivered', 'KE', 'KES', 30, 40, 0.50 from core.organisation o where o.code = 'demo';
select is(make.as_amina('select * from report.cost()'), 'demo all 20 160 8.0 KES 1.100000 0.0550', 'T1: parts and money for each completed course, also of SMS that are older than they are kept');
select is(make.as_amina('select value, completed, segments from report.cost(''country'')'), 'KE 20 160', 'by country');
select is(make.as_login('ben', 'select * from report.cost()'), null, 'and nobody else''s');
delete from core.message_day;
select make.forget();

-- ---- T2: 12 sessions of 6 people: 3 screens each in 8 of them, 5 in 4, which break off ----
select core.ingest(make.module(i, '2026-03-02 09:00Z')) from generate_series(1, 6) i;
-- Keys after 4, then 6 seconds (and 8 and 10); a step without an event, which is a screen all the same, before the last one of the long ones.
select make.one(i, 20 + 10 * r, '2026-03-02 20:59:00Z'::timestamptz + r * interval '1 hour', '[{"kind":"session_resumed"}]', jsonb_build_object('session', i * 10 + r, 'via', 'ussd')),
    make.one(i, 21 + 10 * r, '2026-03-02 20:59:04Z'::timestamptz + r * interval '1 hour', '[{"kind":"lesson_read","unit":"m1l1","value":0}]', jsonb_build_object('session', i * 10 + r, 'via', 'ussd')),
    make.one(i, 22 + 10 * r, '2026-03-02 20:59:10Z'::timestamptz + r * interval '1 hour', '[{"kind":"answered","unit":"m1q1","phase":"quiz","choice":3,"correct":true,"attempt":2}]', jsonb_build_object('session', i * 10 + r, 'via', 'ussd'))
from generate_series(1, 6) i, generate_series(0, 1) r;
select make.one(i, 34, '2026-03-02 21:59:28Z', '[{"kind":"answered","unit":"m1q2","phase":"quiz","choice":1,"correct":false,"attempt":2}]', jsonb_build_object('session', i * 10 + 1, 'via', 'ussd')),
    make.one(i, 35, '2026-03-02 21:59:58Z', '[{"kind":"session_dropped"}]', jsonb_build_object('session', i * 10 + 1, 'via', 'ussd'))
from generate_series(1, 5) i;
select is(make.as_amina('select sessions, ended_by_us, dropped, percent_dropped, screens_per_session, median_seconds, p99_seconds from report.session_lengths()'),
    '12 7 5 41.7 3.8 5.0 6.0', 'T2: how they end; screens; seconds to a key, only where no step lies between');
select is(make.as_amina('select period_start, sessions from report.session_lengths(''day'')'), '2026-03-02 6; 2026-03-03 6', 'T2: a day begins in Nairobi');
select make.one(i, 40, now() - interval '59 minutes', '[{"kind":"session_resumed"}]', jsonb_build_object('session', 500 + i, 'via', 'ussd')) from generate_series(1, 6) i;
select is(make.as_amina('select sessions from report.session_lengths()'), '12', 'T2: what may still go on is not told');
select make.one(i, 39, '2026-03-03 20:59:00Z', '[{"kind":"lesson_read","unit":"m1l1","value":0}]', jsonb_build_object('session', i * 10 + 1, 'via', 'ussd')) from generate_series(1, 6) i;
select is(make.as_amina('select sessions, dropped, screens_per_session, p99_seconds from report.session_lengths()'), '18 5 2.9 6.0', 'T2: the same name a day later is another session');
select make.forget();

-- ---- T3: 12 people send 6 messages each in the last 30 days, and one that is not understood; 12 of 31 days ago do not count ----
select core.ingest(make.module(i, now() - interval '3 days')) from generate_series(1, 12) i;
select make.one(i, 7, now() - interval '2 days', '[{"kind":"unknown_input","unit":"m1q1","text":"hm"}]', jsonb_build_object('lang', case when i <= 6 then 'en' else 'fr' end)),
    make.one(i, 8, now() - interval '1 day', '[{"kind":"reminded","value":2}]') from generate_series(1, 12) i; -- which is none
select core.ingest(make.module(i, now() - interval '40 days')) from generate_series(21, 32) i;
select make.one(i, 7, now() - interval '31 days', '[{"kind":"unknown_input","text":"hm"}]') from generate_series(21, 32) i;
select is(make.as_amina('select * from report.unmatched(''all'')'), 'demo all 12 12 84 14.3', 'T3: of all messages of 30 days');
select is(make.as_amina('select value, not_understood, learners, inbound, percent_of_inbound from report.unmatched()'), 'en 6 6 78 7.7; fr 6 6 6 100.0', 'T3: by language');
select is(make.as_amina('select value, not_understood, inbound, percent_of_inbound from report.unmatched(''unit'')'), 'm1q1 12 24 50.0', 'T3: by unit');
select make.forget();

-- ---- Q2: every rate ----
select core.ingest((select jsonb_agg(s || jsonb_build_object('lang', case when i <= 40 then 'en' else 'fr' end) order by n) from jsonb_array_elements(make.module(i, '2026-03-02 09:00Z')
    || case when i <= 20 or i > 70 then make.ending(i, '2026-03-20 09:00Z') else '[]' end) with ordinality as t (s, n))) from generate_series(1, 80) i;
select make.one(i, 15, '2026-04-02 09:00Z', '[{"kind":"stopped"}]') from generate_series(31, 48) i;
select is(make.as_amina('select lowest_value, lowest, highest_value, highest, ratio from report.equity(''percent_stopped'')'), 'fr 20.0 en 25.0 0.80', 'Q2: of STOP');
select is(make.as_amina('select course, lowest_value, lowest, highest_value, highest, ratio from report.equity(''percent_opted_in'')'), '- en 100.0 fr 100.0 1.00', 'Q2: of opting in, all the same');
select is(make.as_amina('select * from report.equity(''csat'')'), null, 'Q2: 20 and 10 who answered are too few');
select throws_ok('select from report.equity(''luck'')', '22023', null, 'nothing that is no rate');

-- ---- who may ----
set local role ben;
select is_empty('select * from report.opt_outs()', 'another organisation sees nothing');
reset role;
select is_empty($$select h.name from report.help h where h.about is null or h.about = ''$$, 'everything is explained');
select * from finish();
rollback;
