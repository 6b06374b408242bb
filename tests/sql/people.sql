-- Each role gets what it needs and nothing else; exports are on record; what is published stays.
begin;
select no_plan();
select make.publish();
insert into core.organisation (code, name) values ('north', 'North');
insert into core.cohort (org_id, code, name) select org_id, c, c from core.organisation, unnest(array['g1', 'g2', 'g3']) c where is_default;
select ops.add_person('fay', 'facilitator', 'demo', 'g1', 'g2'), ops.add_person('ed', 'content_editor', 'demo'), ops.add_person('olu', 'organisation', 'demo'),
    ops.add_person('ana', 'analyst', 'demo'), ops.add_person('aud', 'auditor'), ops.add_person('op', 'waypost_operator'), ops.add_person('coco', 'coordinator', 'demo');
select throws_ok($$select ops.add_person('x', 'superuser')$$, '22023', 'no role superuser', 'no other role');
select throws_ok($$select ops.add_person('x', 'analyst', 'east')$$, 'P0002', null, 'nor without an organisation');
select throws_ok($$select ops.add_person('x', 'facilitator', 'demo')$$, '22023', null, 'a facilitator has groups');
select throws_ok($$select ops.add_person('x', 'facilitator', 'demo', 'g4')$$, 'P0002', 'organisation demo has no group g4; see core.cohort', 'that there are');
select throws_ok($$select ops.add_person('x', 'coordinator', 'demo', 'g1')$$, '22023', null, 'and nobody else has');
select core.ingest(make.module(i, '2026-03-02 09:00Z') || make.ending(i, '2026-03-09 09:00Z')) from generate_series(1, 34) i;
select core.ingest(make.module(i, '2026-03-02 09:00Z')) from generate_series(35, 57) i;
update core.learner set lang = case when learner_id < make.learner(5) then 'fr' when learner_id < make.learner(30) then 'ar' else 'en' end;
-- 20 in each of two groups, 10 in the third, 7 in none.
update core.learner l set cohort_id = (select c.cohort_id from core.cohort c where c.org_id = l.org_id
    and c.code = case when learner_id <= make.learner(20) then 'g1' when learner_id <= make.learner(40) then 'g2' when learner_id <= make.learner(50) then 'g3' end);

-- What of report each may call: a matrix of everything there is.
create function make.may(p_login text) returns text language sql
return (select string_agg(x.name, ' ' order by x.name) from (
    select p.proname::text as name from pg_proc p where p.pronamespace = 'report'::regnamespace and p.proname not in ('begin_export', 'end_export', 'query') and has_schema_privilege(p_login, 'report', 'usage') and has_function_privilege(p_login, p.oid, 'execute')
    union select c.relname::text from pg_class c where c.relnamespace in ('report'::regnamespace, 'report_rows'::regnamespace) and c.relkind = 'v' and has_table_privilege(p_login, c.oid, 'select')) x);
select is(make.may('fay'), 'activity catalogue caught_up effort funnel groups help items module_rates modules organisations scores standing', 'a facilitator: counts');
select is(make.may('ed'), 'catalogue distractors hazard help items module_rates modules organisations scores unmatched unmatched_words', 'a content editor: questions');
select is(make.may('olu'), 'activity at_work at_work_answers catalogue funnel gain help leaving module_rates modules month organisations scores standing survey', 'an organisation: counts');
select is(make.may('aud'), null, 'an auditor: no report');
select is(make.may('op'), null, 'an operator neither');
set local role fay;
select is(report.query('modules'), 'select * from report.modules() r', 'waypost report works for them');
select isnt_empty('select * from report.modules()', 'with rows');
select results_eq('select value, enrolled from report.funnel(by => ''cohort'')', $$values ('g1', 20::bigint), ('g2', 20)$$, 'of the own groups');
select is(enrolled, 40::bigint, 'and of nobody else') from report.funnel();
select is(sum(learners), 40::numeric, 'nor of how they stand') from report.standing();
select results_eq('select active from report.activity(''all'')', array[40::bigint], 'nor of who was active');
select results_eq('select distinct reached from report.modules() where module = ''m1''', array[40::bigint], 'nor of modules');
select results_eq('select distinct answered from report.items()', array[40::bigint], 'nor of questions');
select is_empty('select from report.groups() where learned = ''alone''', 'nor of those who learn alone');
select isnt_empty('select from report.catalogue', 'and a list');
reset role;
select is_empty(format('select from unnest(array[%L, %L, %L, %L, %L, %L]) l where has_schema_privilege(l, ''facts'', ''usage'') or has_schema_privilege(l, ''core'', ''usage'') and l <> ''op''', 'fay', 'ed', 'olu', 'ana', 'aud', 'coco'),
    'nobody gets at the facts');
create function make.denied(p_login text, p_sql text) returns text language plpgsql as $$
declare
    v_result text;
begin
    execute format('set local role %I', p_login);
    v_result := throws_ok(p_sql, '42501', null, format('%s may not: %s', p_login, p_sql));
    reset role;
    return v_result;
end $$;
select make.denied(l, s) from unnest(array['fay', 'ed', 'olu', 'aud', 'op']) l, unnest(array['select from report.enrolments', 'select from report.quiz_answers', 'select from report_rows.enrolments',
    'select from core.vault', 'select from core.learner', 'select from core.export', 'select pg_relation_size(''core.event'')', 'select from facts.enrolments']) s
where not (l = 'op' and s ~ 'pg_relation_size');
select make.denied('coco', s) from unnest(array['select from report_rows.enrolments', 'select * from report_rows.open(''for fun'', ''enrolments'')', 'select n_live_tup from pg_stat_all_tables',
    'select pg_total_relation_size(''core.learner'')', 'select pg_current_wal_lsn()', 'select from ops.exports', 'select last_value from core.export_export_seq', 'select core.note_export(''x'', ''y'', ''z'', 1)']) s;
set local role coco;
select is_empty($$select * from pg_stats where schemaname in ('core', 'facts')$$, 'no statistics of values');
select is_empty($$select * from pg_sequences where schemaname = 'core' and last_value is not null$$, 'no sequence');
select throws_ok('select xmin from report.enrolments', '42703', null, 'no transaction of a row');
select throws_ok('select ctid from report.enrolments', '42703', null, 'no place of a row');
reset role;

-- ---- an export ----
create temp table first_export (learner_id uuid) on commit drop;
grant all on first_export to ana;
set local role ana;
select throws_ok('select from report_rows.enrolments', '42501', 'there is no open export of enrolments', 'rows only of an export');
select results_eq('select * from report_rows.open(''what we learned'', ''enrolments'', ''quiz_answers'')', $$values ('enrolments', 57::bigint), ('quiz_answers', 205)$$, 'opened');
select throws_ok('select from report_rows.contacts', '42501', null, 'of these views alone');
insert into first_export select learner_id from report_rows.enrolments;
select is(count(distinct e.learner_id), 57::bigint, 'one pseudonym in both') from report_rows.enrolments e join report_rows.quiz_answers q using (learner_id);
select is_empty('select from first_export f join report.enrolments e using (learner_id)', 'another one than the report has');
select is(count(*), 57::bigint, 'the same as long as it is open') from first_export join report_rows.enrolments using (learner_id);
select results_eq('select n_rows from report_rows.open(''once more'', ''enrolments'')', array[57::bigint], 'opened once more');
select is_empty('select from first_export join report_rows.enrolments using (learner_id)', 'another export, another pseudonym');
reset role;
set local role aud;
select results_eq('select login, purpose, name, n_rows from ops.exports', $$values ('ana', 'what we learned', 'enrolments', 57::bigint), ('ana', 'what we learned', 'quiz_answers', 205), ('ana', 'once more', 'enrolments', 57)$$, 'the auditor reads who took what');
reset role;
select throws_ok('delete from core.export', '42501', null, 'which nobody changes');
set local role ana;
select set_config('waypost.export', '', false);
reset role;

-- ---- what is published ----
select throws_ok('select core.publish_month(''2026-03-01'', ''2026-04-05 12:00Z'')', '55000', null, 'a month is published when it is five days over');
select is(core.publish_month('2026-03-20', '2026-04-06 00:00Z'), 5::bigint, 'then it is');
set local role olu;
select results_eq('select by, value, enrolled, started, completed, certified, percent_completed from public_report.months order by by, value',
    $$values ('all', 'all', 55, 55, 35, 35, 60), ('country', 'KE', 55, 55, 35, 35, 65), ('language', 'ar', null, null, null, null, null::int), ('language', 'en', 30, 30, null, null, null), ('language', 'fr', null, null, null, null, null)$$,
    'rounded to 5; fewer than 10 are not said, nor the smallest beside them');
reset role;
select throws_ok('select core.publish_month(''2026-03-01'', ''2026-05-06 00:00Z'')', '23505', null, 'never twice');
select throws_ok('update core.public_figure set enrolled = 1', '42501', null, 'never changed');
select is(core.publish_due('2026-05-05 23:00Z'), 0::bigint, 'the next one on its day');
select is(core.publish_due('2026-05-06 00:00Z'), 5::bigint, 'once');
select is(core.publish_due('2026-05-07 00:00Z'), 0::bigint, 'and no more');
select * from finish();
rollback;
