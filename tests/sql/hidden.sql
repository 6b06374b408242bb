-- Beside a count that is hidden there is no rate, mean, median or interval of it, whatever the report; and the thresholds of
-- docs/course-rules.md 3.4, each at its number and one below.
begin;
select no_plan();
select make.publish();
select ops.add_person('amina', 'coordinator', 'demo');
-- Counts of 1 to 4 in every report: of 3 people and then, with others beside them, of 12.
create function make.few(p_from integer, p_to integer) returns void language sql as $$
    select core.ingest(make.module(i, '2026-03-02 09:00Z') || case when i <= 9 then make.ending(i, '2026-03-09 09:00Z') else '[]' end) from generate_series(p_from, p_to) i;
$$;
select make.few(1, 3);
select core.ingest(jsonb_build_array(make.step(i, 11, '2026-04-08 09:05Z', '[{"kind":"answered","unit":"m1q1","phase":"recall","choice":3,"correct":true}]'),
    make.step(i, 12, '2026-04-09 09:00Z', '[{"kind":"reminded","value":2}]'), make.step(i, 13, '2026-04-19 09:00Z', '[{"kind":"reminded","value":12}]'),
    make.step(i, 14, '2026-04-20 09:00Z', '[{"kind":"answered","unit":"w1","phase":"followup","choice":1},{"kind":"answered","unit":"w2","phase":"followup","choice":1},{"kind":"session_opened"},{"kind":"session_dropped"}]'),
    make.step(i, 15, '2026-05-20 09:00Z', '[{"kind":"stopped"}]'), make.step(i, 16, now() - interval '1 day', '[{"kind":"unknown_input","text":"hm"}]'),
    jsonb_build_object('type', 'message', 'message_id', i || '-1-0', 'number_id', make.number_id(i), 'learner_id', make.learner(i), 'seq', 1, 'at', '2026-05-20 08:00Z', 'channel', 'at',
        'class', 'push', 'status', 'delivered', 'country', 'KE', 'segments', 1, 'price', 1, 'currency', 'KES'))) from generate_series(1, 3) i;
insert into core.erasure_time (org_id, asked_on, hours) select o.org_id, '2026-05-01', 30 * i from core.organisation o, generate_series(1, 3) i where o.is_default;
update core.number_state set number_id = decode(make.number_id(1), 'hex') where learner = make.key(2);
insert into core.cohort (org_id, code, name) select org_id, 'g1', 'g1' from core.organisation where is_default;
create function make.place() returns void language sql as $$
    update core.learner l set lang = case when learner_id <= make.learner(3) then 'fr' else 'en' end,
        cohort_id = case when learner_id <= make.learner(3) then (select cohort_id from core.cohort where code = 'g1') end
$$;
select make.place();

-- Of each report its rates, and the counts that each is of. A rate that stands here nowhere fails the test.
create temp table rate (report text, call text, rate text, counts text[]) on commit drop;
insert into rate (report, call, rate, counts)
select r.report, c.call, rate, r.counts
from (values ('contact_counts', 'percent_opted_in percent_low percent_high', '{asked,opted_in}'::text[]),
    ('funnel', 'percent_started', '{enrolled,started}'), ('funnel', 'percent_of_enrolled', '{enrolled,completed}'),
    ('funnel', 'percent_of_started percent_low percent_high', '{started,completed}'),
    ('activity', 'mean_daily stickiness', '{active}'), ('modules', 'percent_completed percent_low percent_high', '{reached,completed}'),
    ('hazard', 'percent_left', '{reached,left_here}'), ('time_to_complete', 'median_days p25_days p75_days', '{completed}'),
    ('items', 'p p_low p_high', '{answered,n_right}'), ('items', 'discrimination difference_to_all', '{answered}'),
    ('distractors', 'percent percent_of_best', '{n}'), ('scores', 'percent', '{learners}'),
    ('gain', 'pre_mean post_mean gain gain_plus_minus effect_size percent_higher percent_same percent_lower normalised_gain', '{n}'),
    ('gain', 'pre_mean_without_post', '{n_without_post}'),
    ('survey', 'percent_answered csat mean_good recommendation mean_useful mean_sure_now mean_sure_before mean_sure_gain', '{invited,answered}'),
    ('at_work', 'percent_of_asked', '{asked,answered,used}'), ('at_work', 'percent_of_answered', '{answered,used}'),
    ('leaving', 'percent_stopped', '{enrolled,stopped}'),
    ('opt_outs', 'per_1000_delivered', '{stopped}'), ('opt_outs', 'percent_came_back percent_low percent_high', '{over_90_days,came_back}'),
    ('numbers', 'percent_opted_in percent_low percent_high', '{asked,opted_in}'), ('numbers', 'percent_shared', '{kept,shared}'), ('at_work_answers', 'percent', '{n}'),
    ('module_rates', 'percent_of_reached reached_low reached_high', '{reached,completed}'), ('module_rates', 'percent_of_started started_low started_high', '{started,completed}'),
    ('reminders', 'percent_reminded', '{reminded,reminded_did}'), ('reminders', 'percent_not_reminded', '{not_reminded,not_reminded_did}'),
    ('reminders', 'effect effect_low effect_high', '{reminded,reminded_did,not_reminded,not_reminded_did}'),
    ('reminder_load', 'per_active', '{reminded,active}'), ('reminder_load', 'percent_quiet', '{reminded_three_times,quiet_since}'),
    ('retention', 'post_percent recall_percent change change_plus_minus', '{n}'), ('effort', 'median_minutes p25_minutes p75_minutes', '{learners}'),
    ('groups', 'percent_in_a_group', '{enrolled}'), ('groups', 'percent_of_enrolled percent_low percent_high', '{enrolled,completed}'), ('groups', 'gain', '{n_gain}'),
    ('deletions', 'median_hours longest_hours', '{ended}')) as r (report, rates, counts)
    cross join lateral string_to_table(r.rates, ' ') rate
    cross join lateral (
        select format('report.%I(%s)', r.report, concat_ws(', ', case when has_grain then format('grain => %L', grain) end, case when has_by then format('by => %L', by) end)) as call
        from (select 'grain' = any (p.proargnames) as has_grain, 'by' = any (p.proargnames) as has_by from pg_proc p
                where p.pronamespace = 'report'::regnamespace and p.proname = r.report) p
            cross join unnest(case when has_grain then array['all', 'month'] else array['all'] end) grain
            cross join unnest(case when has_by then array['all', 'language', 'cohort'] else array['all'] end) by) c
union all
values ('completion_rate', 'report.completion_rate', 'percent_of_enrolled', '{enrolled,completed}'::text[]), ('completion_rate', 'report.completion_rate', 'percent_of_started', '{started,completed}'),
    ('cost', 'report.cost()', 'segments_per_completed', '{completed}'), ('cost', 'report.cost()', 'price', '{completed}'), ('cost', 'report.cost()', 'price_per_completed', '{completed}'),
    ('unmatched', 'report.unmatched()', 'percent_of_inbound', '{not_understood,learners}'), ('sessions', 'report.sessions()', 'percent_resumed', '{dropped,resumed}'),
    ('delivery', 'report.delivery()', 'percent_delivered', '{sent,delivered,failed,no_report}'), ('delivery', 'report.delivery()', 'median_seconds', '{delivered}'), ('delivery', 'report.delivery()', 'price', '{sent}'),
    ('drop_off', 'report.drop_off', 'percent_left', '{reached,left_here}'), ('shared_numbers', 'report.shared_numbers', 'percent_shared', '{numbers,shared}');

select is_empty($$select p.proname, a.name from pg_proc p cross join lateral unnest(p.proargnames, p.proargmodes, p.proallargtypes) as a (name, mode, type)
    where p.pronamespace = 'report'::regnamespace and a.mode = 't' and a.type = 'numeric'::regtype and p.proname not in ('failures', 'session_lengths', 'equity')
        and not exists (select from rate r where r.report = p.proname and r.rate = a.name)
    union all
    select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'report'::regnamespace and c.relname in ('completion_rate', 'drop_off', 'active_learners', 'shared_numbers') and a.atttypid = 'numeric'::regtype
        and not exists (select from rate r where r.report = c.relname and r.rate = a.attname)$$, 'every rate of every report is looked at');
grant select on rate to amina;
-- Rows of a report with a hidden count, and those of them that say the rate all the same.
create function make.beside(p_call text, p_rate text, p_counts text[], out n_hidden bigint, out n_told bigint) language plpgsql as $$
begin
    execute format('select count(*), count(r.%I) from %s r where %s', p_rate, p_call,
        (select string_agg(format('r.%I is null', c), ' or ') from unnest(p_counts) c)) into n_hidden, n_told;
end $$;
create temp table looked on commit drop as select r.report, r.rate, r.call, 0 as n_people, 0::bigint as n_hidden, 0::bigint as n_told from rate r where false;
grant select, insert on looked to amina;
create function make.look(p_people integer) returns void language sql as $$
    insert into looked select r.report, r.rate, r.call, p_people, b.n_hidden, b.n_told from rate r cross join lateral make.beside(r.call, r.rate, r.counts) b
$$;
set local role amina;
select make.look(3);
reset role;
select make.few(4, 12), make.place();
set local role amina;
select make.look(12);
reset role;
select is_empty('select call, rate, n_people, n_told from looked where n_told > 0', 'no rate beside a hidden count');
select is_empty('select report, rate from looked group by 1, 2 having sum(n_hidden) = 0', 'and of each some count is hidden here, so that there was something to tell');

-- ---- the thresholds ----
-- 5 within an organisation: 5 of a language are shown, 4 are not.
select make.forget();
select core.ingest(make.module(i, '2026-03-02 09:00Z') || make.ending(i, '2026-03-09 09:00Z')) from generate_series(1, 30) i;
create function make.speak(p_few integer) returns void language sql as $$
    update core.learner l set lang = case when learner_id <= make.learner(p_few) then 'fr' when learner_id <= make.learner(15) then 'ar' else 'en' end
$$;
create function make.said(p_sql text) returns text language plpgsql as $$
declare
    v_said text;
begin
    set local role amina;
    execute p_sql into v_said;
    reset role;
    return v_said;
end $$;
select make.speak(5);
select is(make.said($$select string_agg(value || ' ' || coalesce(enrolled::text, '-'), ', ' order by value) from report.funnel('all', 'language')$$),
    'ar 10, en 15, fr 5', '5 are shown');
-- What all of five people and more have in common is said: the rule is about few people.
select is(make.said($$select string_agg(value || ' ' || enrolled || ' ' || completed, ', ') from report.funnel('week', 'language') where value = 'fr'$$), 'fr 5 5',
    'also that all of them completed');
select make.speak(4);
select is(make.said($$select string_agg(value || ' ' || coalesce(enrolled::text, '-'), ', ' order by value) from report.funnel('all', 'language')$$),
    'en 15', '4 are not, nor the fewest beside them: both are not there');
-- 5 people behind what counts messages and sessions, too.
create function make.send(p_from integer, p_to integer) returns bigint language sql
return (select count(core.ingest(jsonb_build_array(jsonb_build_object('type', 'message', 'message_id', i || '-' || n || '-0', 'number_id', make.number_id(i), 'learner_id', make.learner(i),
        'seq', 1, 'at', '2026-03-03 09:00Z', 'channel', 'at', 'class', 'reply', 'status', 'delivered'),
    make.step(i, 30 + n, '2026-03-03 09:00Z', '[{"kind":"session_opened"}]')))) from generate_series(p_from, p_to) i, generate_series(1, 3) n);
select make.send(1, 4);
select is(make.said('select row(sent, percent_delivered)::text from report.delivery()'), '(,)', '12 messages to 4 people are not said');
select is(make.said('select row(opened)::text from report.sessions()'), '()', 'nor 12 sessions of 4');
select make.send(5, 5);
select is(make.said('select row(sent, percent_delivered)::text from report.delivery()'), '(15,100.0)', '15 to 5 are');
select is(make.said('select row(opened)::text from report.sessions()'), '(15)', 'and 15 sessions of 5');
-- 10: words that were not understood, and roles in exports.
select core.ingest(jsonb_build_array(make.step(i, 20, now(), jsonb_build_array(jsonb_build_object('kind', 'unknown_input', 'text',
    case when i <= 9 then 'what' when i <= 19 then 'how' else 'why' || i end))))) from generate_series(1, 30) i;
select is(make.said('select string_agg(words || learners, '' '') from report.unmatched_words()'), 'how10', '10 said one thing, 9 another');
update core.learner set role_choice = case when learner_id <= make.learner(9) then 1 else 2 end;
select ops.add_person('ana', 'analyst', 'demo');
set local role ana;
select isnt_empty('select from report_rows.open(''thresholds'', ''enrolments'')', 'an export');
select results_eq('select role_choice::integer, count(*) from report_rows.enrolments group by 1 order by 1', 'values (2, 21::bigint), (null::integer, 9)', 'a role that 9 have is not in it');
reset role;
update core.learner set role_choice = 1 where learner_id = make.learner(10);
set local role ana;
select results_eq('select role_choice::integer, count(*) from report_rows.enrolments group by 1 order by 1', 'values (1, 10::bigint), (2, 20)', 'one that 10 have is');
reset role;
-- 10 for the public, rounded to 5; no percent nearer than 5 to none and all where fewer than 30 started.
select results_eq('select n, core.public_count(n) from unnest(array[0, 1, 9, 10, 12, 13, 98]::bigint[]) n',
    'values (0::bigint, 0), (1, null), (9, null), (10, 10), (12, 10), (13, 15), (98, 100)', 'counts for the public');
update core.learner set is_test = true where learner_id = make.learner(30);
select core.publish_month('2026-03-01', '2026-04-06 00:00Z');
select results_eq($$select enrolled, completed, percent_completed from core.public_figure where by = 'all'$$, 'values (30, 30, 95)', '29 who all completed: 95 percent');
update core.learner set is_test = false;
select core.publish_month('2026-04-01', '2026-05-06 00:00Z');
select results_eq($$select enrolled, completed, percent_completed from core.public_figure where by = 'all' and month = '2026-04-01'$$, 'values (30, 30, 100)', '30: 100');
-- 20 and by country only, while a country is marked as one where counts could be turned against people.
update core.learner set country = case when learner_id <= make.learner(19) then 'SD' else 'KE' end;
select core.ingest(make.module(i, '2026-03-02 09:00Z') || make.ending(i, '2026-03-09 09:00Z')) from generate_series(101, 130) i;
select ops.mark_sensitive('SD');
select core.publish_month('2026-05-01', '2026-06-06 00:00Z');
select results_eq($$select by, value, enrolled from core.public_figure where month = '2026-05-01' order by 1, 2$$,
    $$values ('all', 'all', 60), ('country', 'KE', null), ('country', 'SD', null)$$, '19 are not said, nor 42 beside them; nothing by language');
update core.learner set country = 'SD' where learner_id = make.learner(20);
select core.publish_month('2026-06-01', '2026-07-06 00:00Z');
select results_eq($$select by, value, enrolled from core.public_figure where month = '2026-06-01' order by 1, 2$$,
    $$values ('all', 'all', 60), ('country', 'KE', 40), ('country', 'SD', 20)$$, '20 are');
select ops.mark_sensitive('SD', false);
select is_empty('select from core.sensitive_country', 'and the mark goes again');
-- 10 for an organisation, by its own role: of 9 learners it is told nothing.
select make.forget();
select ops.add_person('olu', 'organisation', 'demo');
select core.ingest(make.module(i, '2026-03-02 09:00Z')) from generate_series(1, 9) i;
set local role olu;
select is_empty('select from report.funnel()', 'of 9 an organisation is told nothing');
reset role;
set local role amina;
select results_eq('select enrolled from report.funnel()', array[9::bigint], 'its coordinator is');
reset role;
select core.ingest(make.module(10, '2026-03-02 09:00Z'));
set local role olu;
select results_eq('select enrolled from report.funnel()', array[10::bigint], 'of 10 it is');
reset role;
-- In April are all of fr, all but one of the ar of whom one came earlier, all but one of the en of the quarter.
select make.forget();
select core.ingest(make.module(i, case when i <= 12 or i between 20 and 29 or i between 40 and 58 then '2026-04-10 09:00Z'::timestamptz
    when i = 59 then '2026-05-15 09:00Z' else '2026-03-02 09:00Z' end)) from generate_series(1, 67) i where i <= 12 or i between 20 and 30 or i >= 40;
update core.learner set lang = case when learner_id <= make.learner(12) then 'fr' when learner_id <= make.learner(30) then 'ar' else 'en' end;
create function make.spring(p_grain text, p_counts text) returns text language sql return make.said(format(
    $$select string_agg(value || ' ' || coalesce(%s::text, '-'), ', ' order by value) from report.activity(%L, 'language') where period_start = '2026-04-01'$$, p_counts, p_grain));
select is(make.spring('month', 'active'), null, 'April, who are one less than the quarter, is not told by language');
select is(make.spring('quarter', 'active'), null, 'nor the quarter: beside en the others are one less than all of them');
select * from finish();
rollback;
