-- Odd populations, counted by hand: days that are not UTC's, leap days, clocks that change, who comes back, is erased, moves or
-- hands the number on. Each figure is what a coordinator gets with paper and pencil.
begin;
select no_plan();
select make.publish();
select ops.add_coordinator('amina', 'demo');
insert into core.organisation (code, name, time_zone) values ('north', 'North', 'Pacific/Auckland');
select ops.add_coordinator('ben', 'north');
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
create function make.in_zone(p_zone text) returns void language sql
begin atomic
    update core.organisation set time_zone = p_zone where code = 'demo';
end;
-- People p_from to p_to agree and read a lesson at that moment.
create function make.people(p_from integer, p_to integer, p_at timestamptz) returns bigint language sql
begin atomic
    select count(core.ingest(jsonb_build_array(make.step(i, 1, p_at, '[{"kind":"contact"},{"kind":"consent_asked"}]', make.vault(i)),
        make.step(i, 2, p_at, '[{"kind":"consented","value":1}]'), make.step(i, 6, p_at, '[{"kind":"lesson_read","unit":"m1l1","value":0}]'))))
    from generate_series(p_from, p_to) i;
end;

-- ---- half hours and quarters: midnight of Kathmandu is 18:15 UTC, of Kolkata 18:30 ----
select make.in_zone('Asia/Kathmandu');
select make.people(1, 10, '2026-02-28 18:14:59.999Z');
select make.people(11, 30, '2026-02-28 18:15:00Z');
select is(make.as_amina('select period_start, active from report.activity(''day'')'), '2026-02-28 10; 2026-03-01 20', 'Kathmandu: a day begins at a quarter past');
select is(make.as_amina('select period_start, active from report.activity(''month'')'), '2026-02-01 10; 2026-03-01 20', 'and a month');
select is(make.as_amina('select period_start, active from report.activity(''week'')'), '2026-02-23 30', 'both days are of one week');
select make.forget();
select make.in_zone('Asia/Kolkata');
select make.people(1, 10, '2026-03-01 18:29:59Z');
select make.people(11, 30, '2026-03-01 18:30:00Z');
select is(make.as_amina('select period_start, active from report.activity(''week'')'), '2026-02-23 10; 2026-03-02 20', 'Kolkata: Monday begins at half past');
select make.forget();

-- ---- 29 February; the year of 53 weeks; the end of a year where the zone is behind ----
select make.in_zone('UTC');
select make.people(1, 10, '2028-02-28 23:59:59Z');
select make.people(11, 25, '2028-02-29 00:00Z');
select make.people(26, 45, '2028-03-01 00:00Z');
select is(make.as_amina('select period_start, active from report.activity(''day'')'), '2028-02-28 10; 2028-02-29 15; 2028-03-01 20', 'a leap day is a day');
select is(make.as_amina('select period_start, active from report.activity(''month'')'), '2028-02-01 25; 2028-03-01 20', 'of February');
select make.forget();
select make.in_zone('America/Lima'); -- five hours behind
select make.people(1, 10, '2021-01-01 04:59:59Z');
select make.people(11, 20, '2021-01-01 05:00:00Z');
select make.people(21, 30, '2021-01-04 04:59:59Z');
select make.people(31, 40, '2021-01-04 05:00:00Z');
select is(make.as_amina('select period_start, active from report.activity(''week'')'), '2020-12-28 30; 2021-01-04 10', 'week 53 of 2020 ends on Sunday, 3 January, in Lima');
select is(make.as_amina('select period_start, active from report.activity(''quarter'')'), '2020-10-01 10; 2021-01-01 30', 'the year ends at five in the morning of UTC');
select is(make.as_amina('select period, value from report.data_values(''week'') where "dataElement" = ''WAYPOST_ENROLLED'''), '2020W53 30; 2021W1 10', 'as DHIS2 writes them');
select make.forget();

-- ---- clocks: 23 and 25 hours in Berlin; no midnight in Cairo on 24 April 2026 ----
select make.in_zone('Europe/Berlin');
select make.people(1, 10, '2026-03-28 22:59:59Z');
select make.people(11, 20, '2026-03-28 23:00:00Z');
select make.people(21, 30, '2026-03-29 21:59:59Z');
select make.people(31, 40, '2026-03-29 22:00:00Z');
select is(make.as_amina('select period_start, active from report.activity(''day'')'), '2026-03-28 10; 2026-03-29 20; 2026-03-30 10', 'a day of 23 hours');
select make.forget();
select make.people(1, 10, '2026-10-24 22:00:00Z');
select make.people(11, 20, '2026-10-25 22:59:59Z');
select make.people(21, 30, '2026-10-25 23:00:00Z');
select is(make.as_amina('select period_start, active from report.activity(''day'')'), '2026-10-25 20; 2026-10-26 10', 'and one of 25');
select make.forget();
select make.in_zone('Africa/Cairo');
select make.people(1, 10, '2026-04-23 21:59:59Z');
select make.people(11, 20, '2026-04-23 22:00:00Z');
select is(make.as_amina('select period_start, active from report.activity(''day'')'), '2026-04-23 10; 2026-04-24 10', 'a day without a midnight');
select make.forget();

-- ---- a month with no one is no row ----
select make.in_zone('UTC');
select make.people(1, 10, '2026-01-31 12:00Z');
select make.people(11, 20, '2026-03-01 12:00Z');
select is(make.as_amina('select period_start, enrolled from report.funnel(''month'')'), '2026-01-01 10; 2026-03-01 10', 'nobody in February is no row');
select is(make.as_amina('select period, value from report.data_values(''month'') where "dataElement" = ''WAYPOST_ENROLLED'''), '202601 10; 202603 10', 'nor a value');
select make.forget();

-- ---- DELETE leaves everybody on the day on which it was, in whatever zone ----
create function make.erase(p_from integer, p_to integer, p_at timestamptz) returns bigint language plpgsql as $$
declare
    v_learners bigint[] := array(select make.key(i) from generate_series(p_from, p_to) i);
begin
    perform core.ingest(jsonb_build_array(make.step(i, 9, p_at, '[{"kind":"erased"}]'))) from generate_series(p_from, p_to) i;
    perform core.end_erasure(v_learners);
    return cardinality(v_learners);
end $$;
select make.in_zone('America/Lima');
select make.people(1, 10, '2026-03-01 06:00Z'); -- one in the morning of 1 March
select make.people(11, 20, '2026-03-02 03:00Z'); -- ten in the evening of that day
select make.people(21, 30, '2026-02-01 03:00Z'); -- and of 31 January
create temp table before as select make.as_amina('select period_start, enrolled, started from report.funnel(''month'')') as months, make.as_amina('select period_start, active from report.activity(''day'')') as days,
    make.as_amina('select period_start, contacts from report.contact_counts(''day'')') as contacts;
select is(make.as_amina('select period_start, enrolled, started from report.funnel(''month'')'), '2026-01-01 10 10; 2026-03-01 20 20', 'Lima, before DELETE');
select make.erase(1, 30, '2026-04-01 03:00Z');
select is(make.as_amina('select period_start, enrolled, started from report.funnel(''month'')'), b.months, 'and after: each in the same month') from before b;
select is(make.as_amina('select period_start, active from report.activity(''day'')'), b.days, 'and on the same day') from before b;
select is(make.as_amina('select period_start, contacts from report.contact_counts(''day'')'), b.contacts, 'of the first message, too') from before b;
select is(make.as_amina('select period_start, ended from report.deletions(''month'')'), '2026-03-01 30', 'H2: asked for on the evening of 31 March');
select is_empty($$select distinct e.at from core.event e where e.at <> core.day_alone(e.at, e.learner)$$, 'no time of day is left');
select is_empty($$select distinct e.consent_at from core.enrolment e where e.consent_at <> core.day_alone(e.consent_at, e.learner) or e.last_at <> core.day_alone(e.last_at, e.learner)$$, 'nor here');
-- Who comes back is somebody new.
select make.people(101, 110, '2026-05-10 12:00Z');
select is(make.as_amina('select enrolled, started from report.funnel()'), '40 40', 'erased and back: two people');
select is(make.as_amina('select enrolled, stopped from report.leaving()'), '40 30', 'of whom one has left');
drop table before;
select make.forget();
delete from core.erasure_time;
select make.in_zone('Africa/Nairobi');
select make.people(1, 10, '2026-02-28 22:00Z'); -- one in the morning of 1 March
select make.erase(1, 10, '2026-04-01 12:00Z');
select is(make.as_amina('select period_start, enrolled from report.funnel(''month'')'), '2026-03-01 10', 'Nairobi: UTC''s day was February''s');
select make.forget();
delete from core.erasure_time;

-- ---- STOP twice, back twice ----
select make.in_zone('UTC');
select make.people(1, 20, '2026-03-02 12:00Z');
select core.ingest(jsonb_build_array(make.step(i, 7, '2026-03-10 09:00Z', '[{"kind":"stopped"}]'), make.step(i, 8, '2026-03-12 09:00Z', '[{"kind":"rejoined"}]'),
    make.step(i, 9, '2026-04-10 09:00Z', '[{"kind":"stopped"}]'), make.step(i, 10, '2026-08-12 09:00Z', '[{"kind":"rejoined"}]'))) from generate_series(1, 10) i;
select is(make.as_amina('select period_start, stopped, over_90_days, came_back from report.opt_outs(''month'')'), '2026-03-01 10 10 10', 'H1: a person is counted once, on the first day');
select is(make.as_amina('select enrolled, stopped from report.leaving()'), '20 0', 'and has not left now');
select make.forget();

-- ---- the number is somebody else's now: whoever had it sent no STOP (docs/course-rules.md 3.2, H1, B4) ----
select make.people(1, 30, '2026-03-02 12:00Z');
select core.ingest(jsonb_build_array(make.step(i, 7, '2026-06-10 09:00Z', '[{"kind":"stopped"}]'))) from generate_series(1, 10) i;
select core.ingest(jsonb_build_array(make.step(i, 7, '2026-06-10 09:00Z', '[{"kind":"stopped","value":1,"choice":1}]'))) from generate_series(11, 20) i;
select core.ingest((select jsonb_agg(jsonb_set(s, '{seq}', to_jsonb((s ->> 'seq')::integer + 6)) || jsonb_build_object('number_id', make.number_id(i - 100)) order by n)
    from jsonb_array_elements(make.module(i, '2026-06-10 09:00Z')) with ordinality as t (s, n))) from generate_series(111, 120) i;
select is(make.as_amina('select stopped from report.opt_outs()'), '10', 'H1: who handed the number on is no opt-out');
select is(make.as_amina('select enrolled, stopped, percent_stopped from report.leaving()'), '40 10 25.0', 'nor has left');
select is(make.as_amina('select standing, learners from report.standing() where learners > 0'), 'lost 30; stopped 10', 'B4: but is lost');
select is(make.as_amina('select reachability, count(*) as n from report.enrolments group by 1 order by 1'), 'reachable 20; stopped 20', 'and cannot be reached');
select is_empty($$select from core.suppression s join generate_series(11, 20) i on s.hash = core.suppression_hash(decode(make.number_id(i), 'hex'))$$,
    'the number may be written to: others have it');
select make.forget();
delete from core.suppression;
-- "No, thanks" is no STOP either: A3 counts it.
select core.ingest(jsonb_build_array(make.step(i, 1, '2026-03-02 09:00Z', '[{"kind":"contact"},{"kind":"consent_asked"}]'),
    make.step(i, 2, '2026-03-02 09:01Z', '[{"kind":"stopped","choice":2}]'))) from generate_series(1, 10) i;
select is(make.as_amina('select stopped from report.opt_outs()'), null, 'who does not agree has not left');
select is(make.as_amina('select asked, opted_in, percent_opted_in from report.contact_counts()'), '10 0 0.0', 'and did not begin');
select make.forget();
delete from core.suppression;

-- ---- a group of one zone in an organisation of another ----
insert into core.cohort (org_id, code, name, time_zone) select org_id, 'east', 'East', 'Pacific/Auckland' from core.organisation where code = 'demo';
select make.in_zone('America/Lima');
select make.people(1, 20, '2026-02-27 12:00Z');
select count(ops.move_learner(make.learner(i), 'demo', 'east')) from generate_series(1, 10) i;
-- Sunday, 1 March, 12:00 UTC: Monday, one in the morning, in Auckland; Sunday, seven in the morning, in Lima.
select core.ingest(jsonb_build_array(make.step(i, 7, '2026-03-01 12:00Z', '[{"kind":"lesson_read","unit":"m1l1","value":0}]'))) from generate_series(1, 20) i;
select is(make.as_amina('select value, period_start, active from report.activity(''week'', ''cohort'') order by 1, 2'), 'east 2026-02-23 10; east 2026-03-02 10; none 2026-02-23 10',
    'a group''s Monday is its own');
select is(make.as_amina('select period_start, active from report.activity(''day'')'), '2026-02-27 10; 2026-02-28 10; 2026-03-01 10; 2026-03-02 10', 'and so are its days');

-- ---- moved in the middle of the week: days go along, into the days of the other zone ----
select count(ops.move_learner(make.learner(i), 'north')) from generate_series(11, 20) i;
select is(make.as_login('ben', 'select period_start, active from report.activity(''day'')'), '2026-02-28 10; 2026-03-02 10', 'moved: what was Sunday in Lima is Monday in Auckland');
select is(make.as_login('ben', 'select period_start, active from report.activity(''week'')'), '2026-02-23 10; 2026-03-02 10', 'and another week');
select is(make.as_login('ben', 'select period_start, enrolled from report.funnel(''day'')'), '2026-02-28 10', 'as the day of joining does');
select is(make.as_amina('select sum(active) as n from report.activity(''day'')'), '20', 'nobody is counted in both');
select is((select sum(n_sms + n_ussd) from core.active_day)::integer, 40, 'and no action got lost');
-- The zone of an organisation or group is put right: the same, for all of them.
update core.organisation set time_zone = 'America/Lima' where code = 'north';
select is(make.as_login('ben', 'select period_start, active from report.activity(''day'')'), '2026-02-27 10; 2026-03-01 10', 'another zone, other days');
update core.cohort set time_zone = null where code = 'east';
select is(make.as_amina('select period_start, active from report.activity(''day'')'), '2026-02-27 10; 2026-03-01 10', 'of a group, too');
select is((select sum(n_sms + n_ussd) from core.active_day)::integer, 40, 'with the same actions');
select make.forget();

-- ---- what a facilitator is told: this week of the group, and its today ----
insert into core.cohort (org_id, code, name, time_zone, course, lang, pace, start_on, join_code, join_until)
select o.org_id, 'far', 'Far', 'Pacific/Kiritimati', 'children-on-the-move', 'en', 'open', current_date, 482156, now() + interval '30 days' from core.organisation o where o.code = 'demo';
select make.people(1, 3, now());
select count(ops.move_learner(make.learner(i), 'demo', 'far')) from generate_series(1, 3) i;
select results_eq('select members, active from core.cohorts()', $$values ('3', '3')$$, 'who learned just now has learned this week, fourteen hours ahead of UTC');
update core.active_day d set day = core.period_of('week', (now() at time zone 'Pacific/Kiritimati')::date) + 7 where d.learner = make.key(1); -- it was Monday already where that was
select results_eq('select active from core.cohorts()', array['2'], 'next week is no part of this one');
select core.change_cohort(482156, jsonb_build_object('pause', jsonb_build_array((now() at time zone 'Pacific/Kiritimati')::date, (now() at time zone 'Pacific/Kiritimati')::date)));
select results_eq('select state from core.cohorts()', array['paused'], 'a rest is of the group''s days');
select core.rest_cohort(c.cohort_id, 0) from core.cohort c where c.code = 'far';
select core.rest_cohort(c.cohort_id, 2) from core.cohort c where c.code = 'far';
select ok((now() at time zone 'Pacific/Kiritimati')::date + 1 <@ any (c.pauses), 'two days are today and tomorrow') from core.cohort c where c.code = 'far';
select make.forget();

-- ---- a new version between the two tests: no gain is known ----
select make.in_zone('UTC');
select core.publish(jsonb_build_object('course', v.course, 'version', v.version, 'hash', repeat(v.hash, 32), 'bundle', encode('bundle', 'base64'), 'units',
    (select jsonb_agg(jsonb_build_object('unit', u.unit, 'module', u.module, 'module_kind', u.module_kind, 'module_title', u.module_title, 'kind', u.kind, 'title', u.title,
        'text', u.text, 'choices', u.choices, 'right', u.right_choices) order by u."position") from core.unit u join core.course_version c using (course_id) where c.version = '1.0.0' and c.course = 'children-on-the-move')))
from (values ('children-on-the-move', '2.0.0', 'cd')) as v (course, version, hash);
select core.ingest(make.module(i, '2026-03-02 12:00Z')) from generate_series(1, 30) i;
select core.ingest(make.ending(i, '2026-03-20 09:00Z')) from generate_series(1, 10) i;
select core.ingest((select jsonb_agg(s || '{"version": "2.0.0"}' order by n) from jsonb_array_elements(make.ending(i, '2026-03-20 09:00Z')) with ordinality as t (s, n))) from generate_series(11, 30) i;
select is(make.as_amina('select version, n from report.gain()'), '1.0.0 10; 2.0.0 0', 'F2: both tests of the same version');
select is(make.as_amina('select completed from report.funnel()'), '30', 'all have completed');
select make.forget();

-- ---- what day it is does not depend on the clock of whoever asks ----
select make.people(1, 10, now() - interval '27 days');
select make.people(11, 20, now() - interval '28 days');
select make.people(21, 30, now());
create temp table said as
select z, set_config('timezone', z, true) is null as x, make.as_amina('select active from report.rolling(28)') as rolling, make.as_amina('select active from report.rolling(7)') as week
from unnest(array['UTC', 'Pacific/Kiritimati', 'Etc/GMT+12']) z;
select results_eq('select distinct rolling, week from said', $$values ('20', '10')$$, 'rolling: the same in every TimeZone');
set timezone = 'Pacific/Kiritimati';
create temp table month_there as select make.as_amina('select value from report.month() where kind = ''title''') as title;
set timezone = 'UTC';
select is((select m.title from month_there m), make.as_amina('select value from report.month() where kind = ''title'''), 'the last month: the same in every TimeZone');
select ok(pg_get_functiondef('report.month(date, text)'::regprocedure) !~* 'current_date', 'and it is not counted from the day of whoever asks');

-- ---- nor on any other setting that a login may change ----
create temp table told (name text, value text, said text);
create function make.try_settings() returns void language plpgsql as $$
declare
    v record;
    v_before text;
begin
    for v in
        select s.name, x.value
        from pg_settings s
            cross join lateral (select unnest(s.enumvals) where s.vartype = 'enum'
                union all select b from unnest(array['on', 'off']) b where s.vartype = 'bool'
                union all select b from unnest(array[s.min_val, s.max_val]) b where s.vartype in ('integer', 'real') and s.name !~ 'timeout|limit|workers'
                union all select b from (values ('TimeZone', 'Pacific/Kiritimati'), ('TimeZone', 'Etc/GMT+12'), ('DateStyle', 'SQL, DMY'), ('DateStyle', 'German'),
                    ('search_path', 'pg_temp, report_rows'), ('lc_numeric', 'C'), ('timezone_abbreviations', 'India')) as t (n, b) where t.n = s.name) as x (value)
        where s.context = 'user' and s.name !~ '^(transaction_|default_transaction|client_|log_|debug_|trace_|row_security|exit_on_error|ssl|tcp|jit_|backend_flush|geqo_|temp_buffers|role$|session_auth)'
    loop
        v_before := current_setting(v.name);
        perform set_config(v.name, v.value, true);
        insert into told select v.name, v.value, make.as_amina('select * from report.funnel(''week'', ''language'')') || make.as_amina('select * from report.rolling()')
            || make.as_amina('select * from report.standing()');
        perform set_config(v.name, v_before, true);
    end loop;
end $$;
select make.try_settings();
select cmp_ok((select count(*)::integer from told where said ~ 'active'), '>', 120, 'settings are tried');
select is((select string_agg(distinct name, ', ') from told t where regexp_replace(said, '\d{4}-\d\d-\d\d|\d\d[/.]\d\d[/.]\d{4}', 'day', 'g')
    <> (select mode() within group (order by regexp_replace(said, '\d{4}-\d\d-\d\d|\d\d[/.]\d\d[/.]\d{4}', 'day', 'g')) from told)), null, 'and change nothing, but how a day is written');
select * from finish();
rollback;
