-- core.publish_month: of a count that the sum of all values leaves no room nothing is said by value.
begin;
select no_plan();
select make.publish();
select count(core.ingest((select jsonb_agg(s) from jsonb_array_elements(make.module(i, timestamptz '2026-03-02 06:00Z')) with ordinality as x (s, n) where n <= 3)))
from generate_series(1, 50) i;

-- What is published where so many are in Kenya and so many in Uganda: of all, and of each.
create function pg_temp.published(p_kenya integer, p_uganda integer) returns integer[] language plpgsql
as $$
declare
    v_said integer[];
begin
    update core.learner l set country = case when i <= p_kenya then 'KE' else 'UG' end, is_test = i > p_kenya + p_uganda
    from generate_series(1, 50) i where l.learner_id = make.learner(i);
    perform core.publish_month('2026-03-01', '2026-04-06 00:00Z');
    select array_agg(m.enrolled order by m.by, m.value) into v_said from public_report.months m where m.by <> 'language';
    raise exception using errcode = 'P0042', message = v_said::text; -- so that nothing stays published
exception
    when sqlstate 'P0042' then return v_said;
end $$;

select is(pg_temp.published(28, 13), '{40,NULL,NULL}', 'about 30 and about 15 of 41 can only be 28 and 13');
select is(pg_temp.published(28, 14), '{40,NULL,NULL}', 'of 42 they are one of two pairs: still none');
select is(pg_temp.published(28, 15), '{45,30,15}', 'of 43 one of three: said');
select is(pg_temp.published(32, 17), '{50,NULL,NULL}', 'no room above');
select is(pg_temp.published(31, 17), '{50,NULL,NULL}', 'nor enough');
select is(pg_temp.published(31, 16), '{45,30,15}', 'room above');
select is(pg_temp.published(27, 14), '{40,25,15}', 'room on both sides');
select is(pg_temp.published(41, 0), '{40,40}', 'all in one country is what everybody knows');
select is(pg_temp.published(40, 5), '{45,NULL,NULL}', 'fewer than ten are not said, and the only other is not');
-- Ten is the least that is said: about 10 is 10 to 12.
select is(pg_temp.published(23, 10), '{35,NULL,NULL}', 'about 25 and about 10 of 33 can only be 23 and 10');
select is(pg_temp.published(23, 11), '{35,NULL,NULL}', 'of 34 they are one of two pairs');
select is(pg_temp.published(24, 11), '{35,25,10}', 'of 35 one of three: said');
-- 16 of 30 are 53 percent, about 55, which 13 to 15 of about 30 are not: of 26 who completed only 10 would be left for the other country.
update core.enrolment e set completed_at = '2026-03-20' from generate_series(1, 40) i where e.learner = make.key(i) and (i <= 16 or i > 30);
update core.learner l set country = case when i <= 30 then 'KE' else 'UG' end, is_test = false from generate_series(1, 50) i where l.learner_id = make.learner(i);
savepoint before;
select core.publish_month('2026-03-01', '2026-04-06 00:00Z');
select results_eq('select value, started, completed, percent_completed from public_report.months where by <> ''language'' order by by, value',
    $$values ('all', 50, 25, 50), ('KE', 30, 15, 50), ('UG', 20, 10, 50)$$, 'by country a percentage is one of the rounded counts');
rollback to before;
update core.enrolment set completed_at = null;
insert into core.sensitive_country (country) values ('SS');
select is(pg_temp.published(28, 20), '{50,NULL,NULL}', 'nor is about 20 fewer where that is the least');
select is(pg_temp.published(28, 22), '{50,30,20}', 'with room: said');
select * from finish();
rollback;
