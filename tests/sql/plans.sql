-- With many learners, what programs and people ask for often goes through an index.
begin;
select no_plan();
set local work_mem = '64MB';
insert into core.learner (learner_id, org_id, first_seq, created_at)
select make.learner(i), 1, 1, now() - interval '100 days' from generate_series(1, 20000) i;
insert into core.event (learner_id, at, seq, kind, phase, org_id, n, unit, choice, correct, attempt)
select make.learner(1 + i % 20000), now() - (200000 - i) * interval '40 s', 1 + i / 20000, 'answered', 'quiz', 1, 0, 'm1q1', 1, true, 1
from generate_series(0, 199999) i;
insert into core.enrolment (learner_id, course, org_id, consent_at, started_at)
select make.learner(i), 'c', 1, now() - interval '90 days', now() - interval '89 days' from generate_series(1, 20000) i;
insert into core.number_state (number_id, learner_id, seq, at, state)
select decode(make.number_id(i), 'hex'), make.learner(i), 1, now(), '\x00' from generate_series(1, 20000) i;
insert into core.member values ('postgres', 1);
analyze core.learner; analyze core.event; analyze core.enrolment; analyze core.number_state;
select ops.add_coordinator('amina', 'demo');

create function make.plan(p_sql text) returns text language plpgsql as $$
declare
    v_line text;
    v_plan text := '';
begin
    for v_line in execute 'explain ' || p_sql loop
        v_plan := v_plan || v_line || e'\n';
    end loop;
    return v_plan;
end $$;

select matches(make.plan('select max(at) from core.event'), 'Index.* using event_at', 'newest event');
create function make.n_read(p_table text) returns bigint language sql
return (select coalesce(idx_tup_fetch, 0) + seq_tup_read from pg_stat_xact_all_tables where schemaname = 'core' and relname = p_table);
create temp table before on commit drop as select make.n_read('number_state') as n;
select is(count(*), 500::bigint, 'a page of states') from core.states_page('\x80', 500);
select cmp_ok(make.n_read('number_state') - n, '<', 1100::bigint, 'reads little more than that') from before;
set local role amina;
select matches(make.plan(format('select * from report.quiz_answers where learner_id = %L', make.learner(7))),
    'event_pkey', 'answers of one learner');
select matches(make.plan($$select * from report.quiz_answers where answered_at > now() - interval '1 hour'$$),
    'event_at', 'answers of the last hour');
select matches(make.plan(format('select * from report.enrolments where learner_id = %L', make.learner(7))),
    'enrolment_pkey.*', 'one enrolment');
select matches(make.plan('select * from report.module_completions'), 'event_module_completed', 'module completions');
reset role;

-- core.ingest must not fall back to sequential scans, also when its plans were made on empty tables.
create function make.n_scanned(p_table text) returns bigint language sql
return (select seq_tup_read from pg_stat_xact_all_tables where schemaname = 'core' and relname = p_table);
create temp table scanned on commit drop as select t, make.n_scanned(t) as n from unnest(array['learner', 'event', 'enrolment', 'number_state']) t;
select core.ingest(make.module(7, now()));
select core.ingest(make.module(30001, now()));
select core.ingest(make.module(30001, now()));
select is(make.n_scanned(t), n, 'core.ingest reads ' || t || ' by index') from scanned;
select * from finish();
rollback;
