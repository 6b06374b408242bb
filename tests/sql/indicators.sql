-- The indicators: small cases counted by hand, what is hidden, and everything counted once more from the raw events.
begin;
select no_plan();
select make.publish();
update core.organisation set time_zone = 'Africa/Nairobi' where code = 'demo';
select ops.add_coordinator('amina', 'demo');

-- ---- nobody yet ----
set local role amina;
select is_empty('select from report.funnel()', 'nobody: no rows');
select is_empty('select from report.contact_counts(''week'', ''language'')', 'nobody: no contacts');
select is_empty('select from report.gain()', 'nobody: no gain');
reset role;

-- ---- what may be seen ----
create function make.safe(p_is_chain boolean, variadic p_rows text[]) returns setof text language sql as $$
    select coalesce(s.period::text, '') || ' ' || coalesce(s.value, '') || ' ' || array_to_string(s.cells, ',', '-')
    from core.safe(array(select row('o', 'c', null, split_part(r, ' ', 1)::date, split_part(r, ' ', 2), null,
        string_to_array(split_part(r, ' ', 3), ',')::bigint[], null, null)::core.cell from unnest(p_rows) r), p_is_chain, null, 'month') s
$$;
select results_eq('select make.safe(true, ''2026-01-01 all 12,9,9,5'')', array['2026-01-01 all 12,-,-,5'],
    'a part is hidden where 1 to 4 of the whole are left; the next is held against what was seen last');
select results_eq('select make.safe(true, ''2026-01-01 a 20'', ''2026-01-01 b 3'', ''2026-01-01 c 9'')',
    array['2026-01-01 a 20'], 'the others are one, who are not there');
select results_eq('select make.safe(true, ''2026-01-01 a 20'', ''2026-01-01 b 1'', ''2026-01-01 c 2'', ''2026-01-01 d 9'')',
    array['2026-01-01 a 20'], 'also where they are three');
select is_empty('select make.safe(true, ''2026-01-01 a 20'', ''2026-01-01 b 3'', ''2026-02-01 a 30'', ''2026-02-01 b 40'')',
    'a month by a property is told where what is left of the quarter may be told');
select results_eq('select make.safe(true, ''2026-01-01 a 20,10'', ''2026-01-01 b 30,12'', ''2026-02-01 a 30,15'', ''2026-02-01 b 40,3'', ''2026-03-01 a 9,0'', ''2026-03-01 b 9,0'')',
    array['2026-01-01 a 20,-', '2026-01-01 b 30,-', '2026-02-01 a 30,-', '2026-02-01 b 40,-', '2026-03-01 a 9,0', '2026-03-01 b 9,0'],
    'what is told of one month only does not leave 1 to 4 of another');
select results_eq('select make.safe(true, ''2026-01-01 all 0'')', array['2026-01-01 all 0'], 'nobody is nobody');
-- Of the 9 of April 5 are in a week that began in March, whose others the weeks of March tell.
select results_eq($$select s.period, s.cells[1] from core.safe(array(select row('o', 'c', null, d, 'all', null, array[n], null, null)::core.cell
        from (values (date '2026-03-02', 2), ('2026-03-09', 6), ('2026-03-16', 6), ('2026-03-23', 3), ('2026-04-01', 5), ('2026-04-07', 4)) as x (d, n)), true, null, 'week') s$$,
    $$values (date '2026-03-02', null::bigint), ('2026-03-09', 6), ('2026-03-16', 6), ('2026-03-23', null), ('2026-03-30', null), ('2026-04-06', null)$$,
    'a week across two months is seen where what is left of each may be');
select results_eq($$select s.period, s.cells[1] from core.safe(array(select row('o', 'c', null, d, 'all', null, array[n], null, null)::core.cell
        from (values (date '2026-03-02', 20), ('2026-03-30', 1), ('2026-03-31', 5), ('2026-04-01', 9), ('2026-04-02', 9)) as x (d, n)), true, null, 'day') s where s.period > '2026-03-29'$$,
    $$values (date '2026-03-30', null::bigint), ('2026-03-31', null), ('2026-04-01', 9), ('2026-04-02', 9)$$, 'and a day of it, too');
-- All of a day are of one value, of the week 3 more: the day's total would tell how many.
select results_eq($$select s.period, s.value, s.cells from core.safe(array(select row('o', 'c', null, d, v, null, array[n], null, null)::core.cell
        from (values (date '2026-03-09', 'a', 5), ('2026-03-10', 'a', 3), ('2026-03-10', 'b', 9), ('2026-03-17', 'a', 20), ('2026-03-17', 'b', 20)) as x (d, v, n)), true, null, 'day') s$$,
    $$values (date '2026-03-17', 'a', array[20::bigint]), ('2026-03-17', 'b', array[20::bigint])$$, 'days by a property: there only where they are told');
-- Of the whole time by a property: of each count as many of the largest as leave nobody or 5 and more.
create function make.whole(p_is_chain boolean, variadic p_rows text[]) returns setof text language sql as $$
    select concat_ws(' ', s.value, s.part, array_to_string(s.cells, ',', '-'), s.n_hidden)
    from core.safe(array(select row('o', 'c', null, null, split_part(r, ' ', 1), null, string_to_array(split_part(r, ' ', 3), ',')::bigint[], null,
        nullif(split_part(r, ' ', 2), '-'))::core.cell from unnest(p_rows) r), p_is_chain) s
$$;
select results_eq('select make.whole(true, ''a - 20'', ''b - 8'', ''c - 3'', ''d - 4'')', array['a 20 1', 'b 8 1'], 'c and d are 7 together; who is not there counts as one');
select results_eq('select make.whole(true, ''a - 20'', ''b - 8'', ''c - 3'')', array['a 20 1'], 'beside b 3 would be left');
select results_eq('select make.whole(true, ''a - 20,10'', ''b - 10,4'', ''c - 9,5'')', array['a 20,10 2', 'b 10,- 2', 'c 9,- 2'], 'of a part fewer than of the whole: b and c are 9 of 19');
select results_eq('select make.whole(true, ''a - 20,16'', ''b - 10,5'')', array['a 20,- 2', 'b 10,- 2'], 'nor what a part leaves of the whole');
select results_eq('select make.whole(true, ''a x 10'', ''a y 6'', ''a z 5'', ''b x 9'', ''b y 2'', ''b z 4'')', array['a x 10 1', 'b x 9 1'], 'of parts the largest, the others together');
select is_empty('select make.whole(true, ''a x 10'', ''a y 5'', ''b x 2'', ''b y 8'')', 'or none');
select results_eq('select make.whole(true, ''a - 4'')', array['a - 1'], 'all of one value are as their total');
-- The same of random tables: of all values, of all parts of a value and in a row nothing of 1 to 4 is left.
create function make.rests(p_seed integer) returns setof text language plpgsql as $$
declare
    v_rows core.cell[];
begin
    perform setseed(p_seed / 1000.0);
    select array_agg(row('o', 'c', null, null, 'v' || v, null, array[n, (n * random())::bigint], null, 'p' || p)::core.cell) into v_rows
    from generate_series(1, 1 + (random() * 4)::integer) p cross join generate_series(1, 2 + (random() * 4)::integer) v
        cross join lateral (select (random() * random() * 40 + 0 * (p + v))::bigint) as x (n);
    return query
    with c as (select t.value, t.part, i, t.cells[i] as n, s.cells[i] as seen, t.cells[i - 1] - t.cells[i] as n_left, s.cells[i - 1] - s.cells[i] as left_seen
        from unnest(v_rows) t left join core.safe(v_rows) s using (value, part) cross join generate_series(1, 2) i)
    select 'shown: ' || c::text from c where c.seen between 1 and 4 or c.left_seen between 1 and 4
    union all
    select 'of a part: ' || c.part from c group by c.part, c.i having count(c.seen) > 0 and sum(c.n) filter (where c.seen is null and c.n > 0) between 1 and 4
    union all
    select 'of a value: ' || c.value from c group by c.value, c.i having count(c.seen) > 0 and sum(c.n) filter (where c.seen is null and c.n > 0) between 1 and 4;
end $$;
select is_empty('select make.rests(i) from generate_series(1, 300) i', 'no table leaves 1 to 4');
select is(core.safe_series(array[3, 6, 8, 12, 12]::bigint[]), array[null, 6, null, 12, 12]::bigint[], 'a sum that grows shows no step of 1 to 4');
select is(core.wilson(50, 100, -1), 40.4, 'Wilson, lower end of 50 of 100');
select is(core.wilson(50, 100, 1), 59.6, 'and the upper one');

-- The rule itself, over random tables: no shown cell is 1 to 4, nor is what one leaves of the one before it, nor what a sum
-- leaves beside those of its parts that are seen. What all tables tell together is calculated by tests/integration/attack.py.
create function make.leaks(p_seed integer) returns setof text language plpgsql as $$
declare
    v_rows core.cell[];
begin
    perform setseed(p_seed / 1000.0);
    select array_agg(row('o', 'c', null, date '2026-01-01' + p, 'v' || v, null, array[n, (n * random())::bigint], null, null)::core.cell) into v_rows
    from generate_series(1, 1 + (random() * 4)::integer) p cross join generate_series(1, 1 + (random() * 4)::integer) v
        cross join lateral (select (random() * random() * 25 + 0 * (p + v))::bigint) as x (n);
    return query
    with t as (select t.period, t.value, t.cells, s.cells as seen
        from unnest(v_rows) t join core.safe(v_rows, true, null, 'day') s using (period, value)),
    c as (select t.period, t.value, i, t.cells[i] as n, t.seen[i] as seen from t cross join generate_series(1, 2) i)
    select 'shown: ' || c::text from c where c.seen between 1 and 4
    union all
    select 'left: ' || t::text from t where t.seen[1] - t.seen[2] between 1 and 4
    union all
    select 'over the periods: ' || a.value from core.safe(v_rows, true, null, 'all') a join c on c.value = a.value
    where c.i = 1 and a.cells[1] is not null group by a.value, a.cells
    having a.cells[1] - coalesce(sum(c.seen), 0) between 1 and 4
        and not bool_or(c.seen > 0 and c.n = (select sum(o.n) from c o where o.i = 1 and o.period = c.period)); -- which is what a total tells
end $$;
select is_empty('select make.leaks(i) from generate_series(1, 500) i', 'no table shows 1 to 4, nor one count less another');

-- ---- counted by hand ----
-- 30 people start m1; the even ones finish; 3 more only wrote; 1 tester.
select core.ingest(make.module(i, '2026-03-02 20:30Z'::timestamptz + i * interval '1 hour')) from generate_series(101, 130) i;
select core.ingest(make.ending(i, '2026-03-29 09:00Z')) from generate_series(102, 130, 2) i;
select core.ingest(jsonb_build_array(make.step(i, 1, '2026-03-04 09:00Z', '[{"kind":"contact"},{"kind":"consent_asked"}]', make.vault(i)))) from generate_series(141, 149) i;
select core.ingest(make.module(150, '2026-03-05 09:00Z'));
select ops.mark_test(make.learner(150));
update core.learner set lang = 'fr' where learner_id between make.learner(101) and make.learner(110);

set local role amina;
select results_eq('select contacts, asked, opted_in, percent_opted_in from report.contact_counts()', $$values (39::bigint, 39::bigint, 30::bigint, 76.9)$$, 'A1, A3');
select results_eq('select enrolled, started, completed, certified, percent_started, percent_of_enrolled, percent_of_started, is_mature from report.funnel()',
    $$values (30::bigint, 30::bigint, 15::bigint, 15::bigint, 100.0, 50.0, 50.0, true)$$, 'A2, B1, C3, C4');
select results_eq('select value, enrolled, completed from report.funnel(by => ''language'')',
    $$values ('en', 20::bigint, 10::bigint), ('fr', 10, 5)$$, 'by language, the sum is the whole');
select throws_ok('select from report.funnel(as_of => ''2026-03-20Z'')', '42501', 'only analysts choose as_of', 'two times side by side would tell of single people');
select throws_ok('select from report.rolling(5)', '42501', null, 'so would two numbers of days');
reset role;
grant analyst to amina;
set local role amina;
select results_eq('select completed from report.funnel(as_of => ''2026-03-20Z'')', array[0::bigint], 'as of a day before');
select results_eq('select is_mature, percent_of_started from report.funnel(as_of => ''2026-04-02Z'')', $$values (false, null::numeric)$$, 'no rate before 70 days');
select results_eq('select period_start, enrolled, is_over from report.funnel(''week'')', $$values ('2026-03-02'::date, 30::bigint, true)$$, 'weeks begin on Monday, in Nairobi');
select results_eq('select sum(active)::int from report.activity(''month'')', array[30], 'B2: March');
select results_eq('select active from report.rolling(7, as_of => ''2026-03-31'')', array[15::bigint], 'B2: the last seven days');
select results_eq('select standing, learners from report.standing()', $$values ('completed', 15::bigint), ('lost', 15)$$, 'B4');
select results_eq('select module, reached, completed, passed, percent_completed from report.modules()', $$values ('m1', 30::bigint, 30::bigint, 0::bigint, 100.0)$$, 'C1, C2');
select results_eq('select unit, reached, left_here, percent_left, is_enough from report.hazard() where left_here > 0', $$values ('m1q2', 30::bigint, 15::bigint, 50.0, true)$$, 'D1');
select results_eq('select completed, started, kaplan_meier_median_days is not null from report.time_to_complete()', $$values (15::bigint, 30::bigint, true)$$, 'D2');
select results_eq('select unit, answered, n_right, p, flag from report.items()', $$values ('m1q1', 30::bigint, 30::bigint, 1.00, 'easy'), ('m1q2', 30, 0, 0.00, 'hard')$$, 'E1');
select results_eq('select unit, choice, n, percent from report.distractors()', $$values ('m1q1', 3, 30::bigint, 100.0), ('m1q2', 1, 30, 100.0)$$, 'E3');
select results_eq('select band, learners from report.scores()', $$values ('40-59', 30::bigint)$$, 'F1');
select results_eq('select n, pre_mean, post_mean, gain, percent_same, n_without_post, pre_mean_without_post from report.gain()',
    $$values (15::bigint, 1.00, 1.00, 0.00, 100.0, 15::bigint, 1.00)$$, 'F2: whole tests only');
select results_eq('select invited, answered, complete, csat, mean_good from report.survey()', $$values (15::bigint, 15::bigint, 0::bigint, 100.0, 5.00)$$, 'G1, G2');
select is_empty('select from report.at_work()', 'G3: nobody was asked');
select results_eq('select enrolled, stopped from report.leaving()', $$values (30::bigint, 0::bigint)$$, 'H1');
select is_empty('select h.name, h.column_name from report.help h where coalesce(h.about, '''') = '''' or h.meaning = ''''', 'everything is explained');
select isnt_empty('select from report.help where name = ''funnel'' and column_name = ''started''', 'column by column');
select throws_ok('select enrolled from report.funnel(''year'')', '22023', 'grain cannot be ''year''', 'an unknown grain is refused');
select throws_ok('select enrolled from report.funnel(''all'', ''name'')', '22023', 'by cannot be ''name''', 'and an unknown property');
select throws_ok('select from core.learner', '42501', null, 'nothing below it is open');
reset role;

-- ---- once more, from the raw events ----
create temp table raw on commit drop as
select e.learner, l.lang, min(e.at) filter (where e.kind = 'consented') as consent_at, min(e.at) filter (where e.kind in ('lesson_read', 'answered')) as started_at,
    min(e.at) filter (where e.kind = 'course_completed') as completed_at, min(e.at) filter (where e.kind = 'certified') as certified_at
from core.event e join core.learner l using (learner)
where not l.is_test
group by e.learner, l.lang;
grant select on raw to amina;
set local role amina;
select results_eq('select value, enrolled, started, completed, certified from report.funnel(by => ''language'')',
    'select lang, count(consent_at), count(started_at), count(completed_at), count(certified_at) from raw where consent_at is not null group by lang order by 1',
    'funnel: the same from raw events');
reset role;

-- ---- another organisation ----
insert into core.organisation (code, name, time_zone) values ('north', 'North', 'Europe/Berlin');
select ops.add_coordinator('ben', 'north');
select ops.move_learner(make.learner(i), 'north', null) from generate_series(101, 106) i;
set local role ben;
select results_eq('select organisation, enrolled from report.funnel()', $$values ('north', 6::bigint)$$, 'who moved is seen by the new organisation');
reset role;
set local role amina;
select results_eq('select organisation, enrolled from report.funnel()', $$values ('demo', 24::bigint)$$, 'and no more by the old one: the whole stays the same');
reset role;
select * from finish();
rollback;
