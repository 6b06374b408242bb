-- What people read of single rows: days, passing pseudonyms, nobody who was erased.
begin;
select no_plan();
select make.publish();
update core.organisation set time_zone = 'Africa/Nairobi' where code = 'demo';
select ops.add_coordinator('amina', 'demo');
select core.ingest(make.module(i, '2026-03-02 21:30Z') || make.ending(i, '2026-03-09 09:00Z') || jsonb_build_array(
    make.step(i, 14, now(), '[{"kind":"unknown_input","text":"hello there"}]'), make.step(i, 15, now(), '[{"kind":"session_opened"}]'),
    make.step(i, 16, now(), '[{"kind":"reminded","unit":"m1q2","value":2}]'),
    make.step(i, 17, now(), '[{"kind":"answered","unit":"m1q1","phase":"recall","choice":3,"correct":true,"attempt":2}]'))) from generate_series(1, 12) i;
insert into core.consent (learner, seq, n, purpose, is_given, at) select learner, 99, 0, 'share_org', true, now() from core.learner;
update core.event set session = 4711 where seq = 12;
insert into core.message (message_id, learner, seq, org_id, channel, class, status, status_at, created_at, attempts)
select '1-' || i || '-0', make.key(i), 1, 1, 'at', 'reply', 'sent', now(), now(), 1 from generate_series(1, 12) i;

select is_empty($$select c.relname, a.attname, format_type(a.atttypid, null) from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'report'::regnamespace and c.relkind = 'v' and a.attnum > 0
        and a.atttypid not in ('uuid'::regtype, 'text'::regtype, 'date'::regtype, 'integer'::regtype, 'smallint'::regtype, 'bigint'::regtype, 'numeric'::regtype, 'boolean'::regtype)$$,
    'no column of a view has a time');
select is_empty($$select p.proname, u.name from pg_proc p cross join lateral unnest(p.proargnames, p.proallargtypes, p.proargmodes) as u (name, type, mode)
    where p.pronamespace = 'report'::regnamespace and u.mode = 't'
        and u.type not in ('uuid'::regtype, 'text'::regtype, 'date'::regtype, 'integer'::regtype, 'smallint'::regtype, 'bigint'::regtype, 'numeric'::regtype, 'boolean'::regtype, 'json'::regtype)$$,
    'nor one of a function');
-- Views that are counted and that nobody reads.
create temp table only_counted on commit drop as select unnest(array['deletion_times', 'at_work', 'delivered', 'followups', 'inbound', 'message_ends', 'opt_outs', 'session_keys',
    'session_lengths', 'spent', 'unit_titles', 'module_titles', 'module_steps', 'own_events', 'own_units', 'own_days', 'any_learners', 'any_enrolments',
    'any_events', 'any_consents', 'unit_numbers', 'people']) as name;
select is_empty($$select name from only_counted where to_regclass('facts.' || name) is null or to_regclass('report.' || name) is not null or to_regclass('report_rows.' || name) is not null$$,
    'what is only counted has no view of rows');
select is_empty($$select c.relname from pg_class c where c.relnamespace = 'facts'::regnamespace and c.relkind = 'v' and c.relname not in (select name from only_counted)
    and (to_regclass(format('report.%I', c.relname)) is null or not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'is_erased'))$$,
    'each view of facts is read through one of report, and knows who was erased');

-- Every cell of every view of people, as amina reads them.
create function make.cells_of(p_view name) returns table (place text, value text) language plpgsql as $$
begin
    return query execute format('select %1$L || ''.'' || c.key, c.value from report.%1$I t cross join lateral jsonb_each_text(to_jsonb(t)) c', p_view);
end $$;
create temp table seen (place text, value text) on commit drop;
create temp table counted (before bigint, after bigint) on commit drop;
grant all on seen, counted to amina;
set local role amina;
insert into seen select c.* from pg_class r cross join lateral make.cells_of(r.relname) c
where r.relnamespace = 'report'::regnamespace and r.relkind = 'v' and r.relname not in ('help', 'catalogue', 'words');
insert into counted select contacts from report.contact_counts();
select results_eq('select answered_at, local_date, question from report.quiz_answers limit 1',
    $$values ('2026-03-09'::date, '2026-03-09'::date, 'p1')$$, 'the answer just given comes first');
select results_eq('select enrolled_at, started_at, completed_at from report.enrolments limit 1',
    $$values ('2026-03-03'::date, '2026-03-03'::date, '2026-03-09'::date)$$, 'days are those of the zone');
select results_eq('select count(distinct e.learner_id) from report.enrolments e join report.quiz_answers q using (learner_id) join report.active_days a using (learner_id)',
    array[12::bigint], 'pseudonyms join the views of a query');
select is_empty('select from report.not_understood where words is not null', 'words of single people are not shown');
reset role;
select is(count(distinct split_part(place, '.', 1)), (select count(*) from pg_class where relnamespace = 'facts'::regnamespace and relkind = 'v' and relname not in (select name from only_counted)),
    'each row view was looked at') from seen where to_regclass('facts.' || split_part(place, '.', 1)) is not null;
select is_empty($$select place, value from seen where value ~ '[0-9][T ][0-9]{2}:[0-9]{2}'$$, 'no time anywhere');
select is_empty($$select place from seen where value ~ '^00000000-0000-4000' or place ~ 'session' and value = '4711'$$, 'no pseudonym that lasts');

-- Rows are read by group or by day, as the query says, and are the same: with groups on both sides of the earth, learners in none, and two organisations.
savepoint ways;
set local timezone = 'Asia/Tokyo'; -- the reader's is nobody's
insert into core.organisation (code, name, time_zone) values ('north', 'North', 'America/Havana');
insert into core.cohort (org_id, code, name, time_zone) select o.org_id, 'g' || z.i, 'G', z.zone
from core.organisation o cross join (values (1, 'Pacific/Kiritimati'), (2, 'Pacific/Pago_Pago'), (3, null)) z (i, zone) where o.code = 'demo';
select ops.move_learner(make.learner(i), case when i > 9 then 'north' else 'demo' end, case when i <= 6 then 'g' || 1 + i % 3 end) from generate_series(1, 11) i;
insert into core.member select 'amina', o.org_id from core.organisation o where o.code = 'north';
select ops.add_person('anna', 'analyst', 'demo');
create temp table way on commit drop as
select c.relnamespace::regnamespace::text as schema, c.relname as name, case c.relnamespace::regnamespace::text when 'report' then 'amina' else 'anna' end as login
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'cohort'
where c.relnamespace::regnamespace::text in ('report', 'report_rows') and c.relkind = 'v' and exists (select from pg_attribute l where l.attrelid = c.oid and l.attname = 'learner_id');
select cmp_ok(count(*), '>=', 20::bigint, 'views of rows have groups') from way;
select format('create temp table %I on commit drop as select * from %I.%I limit 0', t.name, w.schema, w.name), format('grant insert on %I to %I', t.name, w.login)
from way w cross join lateral (values (w.schema || w.name || 1), (w.schema || w.name || 2)) as t (name) \gexec
select format('set local role %I', w.login), case w.schema when 'report_rows' then format('do $x$ begin perform report_rows.open(''a test'', %L); end $x$', w.name) end,
    format('insert into %I select * from %I.%I', w.schema || w.name || 1, w.schema, w.name),
    format('insert into %I select * from %I.%I where coalesce(cohort, ''none'') <> ''''', w.schema || w.name || 2, w.schema, w.name), 'reset role' from way w \gexec
select bag_eq(format('select * from %I', w.schema || w.name || 1), format('select * from %I', w.schema || w.name || 2), w.schema || '.' || w.name) from way w;
select is((select count(distinct enrolled_at) from reportenrolments1), 2::bigint, 'on the days of several zones');
select ok(not facts.names_group(), 'a query without a condition goes by day');
select ok(facts.names_group(), 'and one on groups by group') where 'cohort' <> '';
rollback to ways;

-- DELETE: the rows go, the counts stay.
select core.ingest(jsonb_build_array(make.step(i, 20, now(), '[{"kind":"erased"}]'))) from generate_series(1, 6) i;
create temp table left_over (view name, n bigint, n_before bigint) on commit drop;
grant all on left_over to amina;
create function make.rows_of(p_view name) returns bigint language plpgsql as $$
declare
    v_n bigint;
begin
    execute format('select count(distinct learner_id) from report.%I', p_view) into v_n;
    return v_n;
end $$;
set local role amina;
select is(make.rows_of(c.relname), 6::bigint, c.relname || ': nobody who was erased')
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'learner_id'
where c.relnamespace = 'report'::regnamespace and c.relkind = 'v' and c.relname <> 'not_understood';
select is(count(*), 6::bigint, 'nor the messages to them') from report.messages;
select is(count(*), 6::bigint, 'nor their sessions') from report.session_steps;
update counted set after = (select contacts from report.contact_counts());
select is(after, before, 'all stay in the counts') from counted;
select results_eq('select enrolled, completed from report.funnel()', $$values (12::bigint, 12::bigint)$$, 'also in the funnel');
reset role;
select * from finish();
rollback;
