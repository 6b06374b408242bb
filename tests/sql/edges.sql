-- Edges of the indicators, counted by hand: weeks and zones, who comes back or is erased, several people on a phone,
-- versions, courses; and the indicators that need many answers. Which case is where: tests/README.md.
begin;
select no_plan();
select make.publish();
update core.organisation set time_zone = 'Africa/Nairobi' where code = 'demo';
select ops.add_coordinator('amina', 'demo');
create function make.as_amina(p_sql text) returns text language plpgsql as $$
declare
    v_said text;
begin
    set local role amina;
    execute format('select string_agg(concat_ws(%L, variadic array(select coalesce(v, %L) from json_each_text(row_to_json(q)) as e (k, v))), %L) from (%s) q', ' ', '-', '; ', p_sql) into v_said;
    reset role;
    return v_said;
end $$;
-- The steps of another version or course.
create function make.other(p_steps jsonb, p_more jsonb) returns jsonb language sql
return (select jsonb_agg(s || p_more order by i) from jsonb_array_elements(p_steps) with ordinality as t (s, i));

-- ---- one learner: everything is hidden ----
select core.ingest(make.module(1, '2026-03-02 09:00Z') || make.ending(1, '2026-03-20 09:00Z'));
select is(make.as_amina('select enrolled, started, completed, percent_started, percent_of_started from report.funnel()'), '- - - - -', 'one learner: no count, no rate');
select is(make.as_amina('select reached, completed, passed from report.modules()'), '- - -', 'nor by module');
select is(make.as_amina('select n, gain, percent_same from report.gain()'), '- - -', 'nor a gain');
select is(make.as_amina('select contacts from report.contact_counts()'), '-', 'nor a contact');
select make.forget();

-- ---- the last week of 2020 is its 53rd, and ends in 2021 ----
select core.ingest(make.module(i, '2021-01-01 09:00Z')) from generate_series(1, 10) i;
select core.ingest(make.module(i, '2021-01-04 09:00Z')) from generate_series(11, 20) i;
select is(make.as_amina('select period_start, enrolled from report.funnel(''week'')'), '2020-12-28 10; 2021-01-04 10', 'ISO week 53');
select is(make.as_amina('select period_start, active from report.activity(''week'')'), '2020-12-28 10; 2021-01-04 10', 'of the active, too');
select is(make.as_amina('select period_start, enrolled from report.funnel(''month'')'), '2021-01-01 20', 'whose month is January');
select is(make.as_amina('select period, value from report.data_values(''week'') where "dataElement" = ''WAYPOST_ENROLLED'''), '2020W53 10; 2021W1 10', 'as DHIS2 writes it');
select make.forget();

-- ---- a month begins at midnight in Nairobi, 21:00 UTC ----
select core.ingest(make.module(i, '2026-02-28 20:58:59Z')) from generate_series(1, 10) i; -- consent a minute later
select core.ingest(make.module(i, '2026-02-28 20:59:00Z')) from generate_series(11, 20) i;
select is(make.as_amina('select period_start, enrolled from report.funnel(''month'')'), '2026-02-01 10; 2026-03-01 10', 'a second before midnight, and at midnight');
select is(make.as_amina('select period_start, active from report.activity(''day'')'), '2026-03-01 20', 'the first learning action of all was after it');
select make.forget();

-- ---- STOP, and back again; DELETE ----
select core.ingest(make.module(i, '2026-03-02 09:00Z')) from generate_series(1, 30) i;
select core.ingest(jsonb_build_array(make.step(i, 7, '2026-03-10 09:00Z', '[{"kind":"stopped"}]'))) from generate_series(1, 12) i;
select core.ingest(jsonb_build_array(make.step(i, 8, '2026-03-20 09:00Z', '[{"kind":"rejoined"}]'))) from generate_series(1, 6) i;
select is(make.as_amina('select enrolled, stopped, percent_stopped from report.leaving()'), '30 6 20.0', 'H1: who came back has not left');
select core.ingest(jsonb_build_array(make.step(i, 9, '2026-03-21 09:00Z', '[{"kind":"erased"}]'))) from generate_series(13, 17) i;
select core.forget_numbers(array(select decode(make.number_id(i), 'hex') from generate_series(13, 17) i));
select is(make.as_amina('select enrolled, started from report.funnel()'), '30 30', 'H2: who was erased stays in the counts');
select is(make.as_amina('select enrolled, stopped from report.leaving()'), '30 11', 'and has left');
select is(make.as_amina('select count(*) as n from report.enrolments'), '25', 'without a row');
select make.forget();

-- ---- two people on one phone ----
select core.ingest(make.module(i, '2026-03-02 09:00Z')) from generate_series(1, 12) i;
select core.ingest(make.other(make.module(i + 100, '2026-03-03 09:00Z'), jsonb_build_object('number_id', make.number_id(i)))) from generate_series(1, 6) i;
select is(make.as_amina('select enrolled, started from report.funnel()'), '18 18', 'each of them is one');
select is(make.as_amina('select numbers, shared, percent_shared from report.shared_numbers'), '12 6 50.0', 'Q1: and their phones are 12');
select make.forget();

-- ---- two versions, two courses ----
select core.publish(jsonb_build_object('course', v.course, 'version', v.version, 'hash', repeat(v.hash, 32), 'bundle', encode('bundle', 'base64'), 'units',
    (select jsonb_agg(jsonb_build_object('unit', u.unit, 'module', u.module, 'module_kind', u.module_kind, 'module_title', u.module_title, 'kind', u.kind, 'title', u.title,
        'text', u.text, 'choices', u.choices, 'right', u.right_choices) order by u."position") from core.unit u join core.course_version c using (course_id) where c.version = '1.0.0' and c.course = 'children-on-the-move')))
from (values ('children-on-the-move', '2.0.0', 'cd'), ('second', '1.0.0', 'ef')) as v (course, version, hash);
select core.ingest(make.module(i, '2026-03-02 09:00Z') || make.ending(i, '2026-03-20 09:00Z')) from generate_series(1, 10) i;
select core.ingest(make.other(make.module(i, '2026-03-03 09:00Z') || make.ending(i, '2026-03-20 09:00Z'), '{"version": "2.0.0"}')) from generate_series(11, 30) i;
select is(make.as_amina('select version, n from report.gain()'), '1.0.0 10; 2.0.0 20', 'F2: a version is compared with itself');
select is(make.as_amina('select version, enrolled from report.completion_rate'), '1.0.0 10; 2.0.0 20', 'C4: each version has its row');
select is(make.as_amina('select course, enrolled from report.funnel()'), 'children-on-the-move 30', 'the course is one');
select is(make.as_amina('select unit, answered from report.items()'), 'm1q1 30; m1q2 30', 'E1: so is a question that stayed the same');
-- Who has finished the first one takes the second.
select core.ingest((select jsonb_agg(jsonb_set(s, '{seq}', to_jsonb((s ->> 'seq')::integer + 20)) || '{"course": "second"}' order by n)
    from jsonb_array_elements(make.module(i, '2026-04-02 09:00Z')) with ordinality as t (s, n))) from generate_series(1, 12) i;
select is(make.as_amina('select course, enrolled, completed from report.funnel()'), 'children-on-the-move 30 30; second 12 0', 'two courses, each with its people');
select is(make.as_amina('select course, reached from report.modules()'), 'children-on-the-move 30; second 12', 'modules apart');
select is(make.as_amina('select contacts from report.contact_counts()'), '30', 'and nobody twice among all');
select is(make.as_amina('select period_start, active from report.activity(''all'')'), '- 30', 'nor among the active');
select make.forget();

-- ---- D2: 5 completed after 10 days, 5 after 20 ----
select core.ingest(make.module(i, '2026-03-02 09:00Z') || make.ending(i, '2026-03-02 09:02Z'::timestamptz + case when i <= 5 then interval '10 days' else interval '20 days' end)) from generate_series(1, 10) i;
select core.ingest(make.module(i, '2026-03-02 09:00Z')) from generate_series(11, 15) i;
select is(make.as_amina('select completed, median_days, p25_days, p75_days, started, kaplan_meier_median_days from report.time_to_complete()'), '10 15.0 10.0 20.0 15 20',
    'D2: median and quartiles; with those who did not complete half have after 20 days');
select make.forget();

-- ---- Q2: 20 of 40 complete in one language, 10 of 40 in the other; 12 people are too few to be a group ----
select core.ingest(make.other(make.module(i, '2026-03-02 09:00Z') || case when i <= 20 or i > 70 then make.ending(i, '2026-03-20 09:00Z') else '[]' end,
    jsonb_build_object('lang', case when i <= 40 then 'en' else 'fr' end))) from generate_series(1, 80) i;
select core.ingest(make.other(make.module(i, '2026-03-02 09:00Z'), '{"lang": "sw"}')) from generate_series(81, 92) i;
select is(make.as_amina('select lowest_value, lowest, highest_value, highest, ratio from report.equity()'), 'fr 25.0 en 50.0 0.50', 'Q2: the lowest and the highest');
select make.forget();

-- ---- E2, E4: 120 people, 12 questions. The first 60 know all but q11, the others q11 alone; who reads French gets q12 right ----
insert into core.learner (learner_id, org_id, first_seq, created_at, lang)
select make.learner(i), 1, 1, '2026-03-02 09:00Z', case when i % 2 = 1 then 'fr' else 'en' end from generate_series(1, 120) i;
insert into core.unit (course_id, unit, "position", module, module_position, module_kind, module_title, kind, text, choices, right_choices)
select v.course_id, 'q' || n, 100 + n, 'm9', 9, 'lessons', 'Many questions', 'question', 'Which?', array['One', 'Two', 'Three'], '{1}'
from core.course_version v cross join generate_series(1, 12) n where v.course = 'second';
insert into core.learner_unit (learner, course_id, first_seq, first_at, org_id, choice, is_right, unit, lang)
select make.key(i), v.course_id, n, '2026-03-02 09:00Z', 1, case when r.is_right then 1 when i % 3 = 0 then 3 else 2 end, r.is_right, 'q' || n, case when i % 2 = 1 then 'fr' else 'en' end
from core.course_version v cross join generate_series(1, 120) i cross join generate_series(1, 12) n
    cross join lateral (select case n when 11 then i > 60 when 12 then i % 2 = 1 else i <= 60 end as is_right) r
where v.course = 'second';
select is(make.as_amina('select unit, answered, n_right, p, discrimination, flag from report.items() where unit in (''q1'', ''q11'', ''q12'')'),
    'q1 120 60 0.50 0.99 -; q11 120 60 0.50 -1.00 stop this question; q12 120 60 0.50 0.00 tells little', 'E2: the point-biserial correlation with the rest');
select is(make.as_amina('select value, difference_to_all, flag from report.items(''language'') where unit = ''q12'''),
    'en -0.50 hard, check the translation; fr 0.50 easy, check the translation', 'E4: the same thirds, another language');
select is(make.as_amina('select choice, n, percent, is_right, flag from report.distractors() where unit = ''q11'''),
    '1 60 50.0 true -; 2 40 33.3 false wrong key?; 3 20 16.7 false wrong key?', 'E3: the best choose other options than the right one');
select make.forget();

-- ---- T1, T3 ----
insert into core.learner (learner_id, org_id, first_seq, created_at, lang) select make.learner(i), 1, 1, '2026-03-02 09:00Z', 'en' from generate_series(1, 20) i;
insert into core.message (learner, message_id, seq, org_id, channel, class, status, created_at, sent_at, status_at, attempts, segments, price, currency)
select make.key(i), '1-' || i || '-0', 1, 1, 'at', 'push', s.status::core.message_status, '2026-03-02 09:00Z', '2026-03-02 09:00Z', '2026-03-02 09:00Z'::timestamptz + i * interval '1 s', 1, 2, 0.01, 'KES'
from generate_series(1, 20) i cross join lateral (select case when i <= 9 then 'delivered' when i <= 14 then 'failed' when i <= 19 then 'sent' else 'capped' end as status) s;
select is(make.as_amina('select value, sent, delivered, failed, no_report, percent_delivered, median_seconds, segments, price, currency from report.delivery()'),
    'at 20 9 6 5 47.4 5 40 0.200000 KES', 'T1: without a report is no success, and what a cap held back was not sent');
update core.message set status = 'sent' where learner = make.key(10);
update core.message set status = 'delivered' where learner in (make.key(11), make.key(12));
select is(make.as_amina('select value, sent, delivered, failed, no_report, percent_delivered, segments from report.delivery()'),
    'at 20 - - - - 40', 'of 3 and the others 3 are not told');
select core.ingest(make.module(i, now() - interval '3 days')) from generate_series(1, 12) i;
select core.ingest(jsonb_build_array(make.step(i, 7, now() - interval '2 days', jsonb_build_array(jsonb_build_object('kind', 'unknown_input', 'text', case when i <= 10 then ' WAT ' else 'hm' end)),
    jsonb_build_object('lang', case when i <= 6 then 'en' else 'fr' end)))) from generate_series(1, 12) i;
select is(make.as_amina('select value, not_understood, learners from report.unmatched()'), 'en 6 6; fr 6 6', 'T3: by language');
select is(make.as_amina('select words, sum(learners) as n from report.unmatched_words() group by 1'), null, 'T3: no word of fewer than 10 people of a language');
-- Medians of minutes and seconds are made of blocks of a tenth, and are those of all values.
select is_empty($$
    with given as (select k, round((random() * k * 3)::numeric, 3) as x from generate_series(1, 200) k cross join lateral generate_series(1, k) i),
    blocks as (select k, round(x, 1) as block, count(*) as n, min(x)::double precision as low, max(x)::double precision as high from given group by 1, 2)
    select g.k, g.p, b.p
    from (select k, percentile_cont(array[0.25, 0.5, 0.75, 0.99]) within group (order by x::double precision) as p from given group by 1) g
        join (select k, core.percentiles(array[0.25, 0.5, 0.75, 0.99], array_agg(n order by block), array_agg(low order by block), array_agg(high order by block)) as p
            from blocks group by 1) b using (k)
    where array(select round(v::numeric, 1) from unnest(g.p) v) is distinct from array(select round(v::numeric, 1) from unnest(b.p) v)$$,
    'core.percentiles says what percentile_cont says');
select * from finish();
rollback;
