-- Who may do what: the whole list, two organisations side by side, and what a curious login tries.
begin;
select no_plan();

create view make.granted as
select g.grantee::regrole::text as grantee, n.nspname || '.' || c.relname as object, g.privilege_type as privilege
from pg_class c join pg_namespace n on n.oid = c.relnamespace
    cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g
where n.nspname in ('core', 'facts', 'report', 'ops') and c.relkind in ('r', 'p', 'v', 'm', 'S') and g.grantee <> c.relowner
union all
select case when g.grantee = 0 then 'public' else g.grantee::regrole::text end, n.nspname || '.' || p.proname, g.privilege_type
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
where n.nspname in ('core', 'facts', 'report', 'ops') and g.grantee <> p.proowner
union all
select g.grantee::regrole::text, n.nspname, g.privilege_type
from pg_namespace n cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g
where n.nspname in ('core', 'facts', 'report', 'ops', 'public') and g.grantee <> n.nspowner;
select bag_eq('select * from make.granted where object !~ ''^report\.|^facts\.(report|report_rows|public_report)_''', $$values
    ('report_owner', 'core.grains_of', 'EXECUTE'), ('report_owner', 'core.near_by', 'EXECUTE'), ('report_owner', 'core.person_bit', 'EXECUTE'), ('report_owner', 'core.is_of_five', 'EXECUTE'), ('public', 'core.is_enough', 'EXECUTE'), ('waypost_operator', 'ops.mark_sensitive', 'EXECUTE'), ('report_owner', 'core.row_day', 'EXECUTE'),
    ('report_owner', 'core.may_choose', 'EXECUTE'),
    ('analyst', 'core.export_salt', 'EXECUTE'), ('report_owner', 'core.export_salt', 'EXECUTE'), ('report_owner', 'core.note_export', 'EXECUTE'), ('report_owner', 'core.note_export_end', 'EXECUTE'),
    ('report_owner', 'core.public_figure', 'SELECT'), ('auditor', 'ops', 'USAGE'), ('auditor', 'ops.certificate_access', 'SELECT'),
    ('auditor', 'ops.exports', 'SELECT'), ('waypost_operator', 'ops.exports', 'SELECT'), ('auditor', 'ops.learner_access', 'SELECT'),
    ('waypost_operator', 'ops.publish_month', 'EXECUTE'), ('auditor', 'ops.safe_access', 'SELECT'), ('facilitator', 'report', 'USAGE'),
    ('facilitator', 'core.report_query', 'EXECUTE'), ('facilitator', 'core.report_filters', 'EXECUTE'), ('content_editor', 'report', 'USAGE'),
    ('content_editor', 'core.report_query', 'EXECUTE'), ('content_editor', 'core.report_filters', 'EXECUTE'), ('organisation', 'report', 'USAGE'),
    ('organisation', 'core.report_query', 'EXECUTE'), ('organisation', 'core.report_filters', 'EXECUTE'),
    ('coordinator', 'report', 'USAGE'), ('public', 'core.reader', 'EXECUTE'),
    ('coordinator', 'core.safe', 'EXECUTE'), ('coordinator', 'core.percent', 'EXECUTE'),
    ('coordinator', 'core.wilson', 'EXECUTE'), ('coordinator', 'core.half_interval', 'EXECUTE'), ('coordinator', 'core.refuse', 'EXECUTE'),
    ('coordinator', 'core.period_of', 'EXECUTE'), ('coordinator', 'core.days_of', 'EXECUTE'), ('coordinator', 'core.is_period_over', 'EXECUTE'),
    ('coordinator', 'core.value_of', 'EXECUTE'), ('coordinator', 'core.report_filters', 'EXECUTE'),
    ('coordinator', 'core.is_grain', 'EXECUTE'), ('coordinator', 'core.is_property', 'EXECUTE'), ('coordinator', 'core.is_one_of', 'EXECUTE'),
    ('report_owner', 'core.is_grain', 'EXECUTE'), ('report_owner', 'core.is_property', 'EXECUTE'), ('report_owner', 'core.is_one_of', 'EXECUTE'),
    ('coordinator', 'core.newcombe', 'EXECUTE'), ('report_owner', 'core.newcombe', 'EXECUTE'),
    ('coordinator', 'core.is_learning_action', 'EXECUTE'), ('report_owner', 'core.is_learning_action', 'EXECUTE'),
    ('report_owner', 'core.shared_number', 'SELECT'), ('report_owner', 'core.erasure_time', 'SELECT'), ('coordinator', 'core.name_for', 'EXECUTE'),
    ('report_owner', 'core.name_for', 'EXECUTE'), ('report_owner', 'core.known_day', 'EXECUTE'), ('report_owner', 'core.report_text', 'SELECT'),
    ('report_owner', 'core.report_filters', 'EXECUTE'), ('report_owner', 'core.report_query', 'EXECUTE'),
    ('coordinator', 'core.report_query', 'EXECUTE'), ('waypost_owner', 'report', 'USAGE'),
    ('report_owner', 'core.safe', 'EXECUTE'), ('report_owner', 'core.safe_series', 'EXECUTE'), ('report_owner', 'core.percent', 'EXECUTE'),
    ('report_owner', 'core.wilson', 'EXECUTE'), ('report_owner', 'core.half_interval', 'EXECUTE'), ('report_owner', 'core.refuse', 'EXECUTE'),
    ('report_owner', 'core.period_of', 'EXECUTE'), ('report_owner', 'core.days_of', 'EXECUTE'), ('report_owner', 'core.is_period_over', 'EXECUTE'),
    ('report_owner', 'core.value_of', 'EXECUTE'), ('report_owner', 'core.learner_unit', 'SELECT'), ('report_owner', 'core.consent', 'SELECT'),
    ('coordinator', 'core.shown', 'EXECUTE'), ('coordinator', 'core.shown_part', 'EXECUTE'),
    ('coordinator', 'core.shown_percent', 'EXECUTE'),
    ('report_owner', 'core', 'USAGE'), ('report_owner', 'core.member', 'SELECT'),
    ('report_owner', 'core.organisation', 'SELECT'), ('report_owner', 'core.course_version', 'SELECT'),
    ('report_owner', 'core.unit', 'SELECT'), ('report_owner', 'core.learner', 'SELECT'),
    ('report_owner', 'core.event', 'SELECT'), ('report_owner', 'core.enrolment', 'SELECT'),
    ('report_owner', 'core.free_text', 'SELECT'), ('report_owner', 'core.cohort', 'SELECT'),
    ('report_owner', 'core.unit_cohort', 'SELECT'), ('report_owner', 'core.active_day', 'SELECT'),
    ('report_owner', 'core.answer_text', 'EXECUTE'), ('coordinator', 'core.answer_text', 'EXECUTE'), ('report_owner', 'core.chosen_text', 'EXECUTE'),
    ('coordinator', 'core.chosen_text', 'EXECUTE'), ('report_owner', 'core.percentiles', 'EXECUTE'), ('coordinator', 'facts.groups_read', 'EXECUTE'), ('analyst', 'facts.groups_read', 'EXECUTE'),
    ('coordinator', 'facts.organisations_read', 'EXECUTE'), ('analyst', 'facts.organisations_read', 'EXECUTE'), ('coordinator', 'facts.days_read', 'EXECUTE'),
    ('analyst', 'facts.days_read', 'EXECUTE'), ('coordinator', 'facts.names_group', 'EXECUTE'), ('analyst', 'facts.names_group', 'EXECUTE'),
    ('analyst', 'facts.common_roles', 'EXECUTE'),
    ('report_owner', 'core.shown', 'EXECUTE'), ('report_owner', 'core.shown_part', 'EXECUTE'),
    ('report_owner', 'core.shown_percent', 'EXECUTE'),
    ('waypost_sender', 'core', 'USAGE'), ('waypost_sender', 'ops', 'USAGE'), ('waypost_sender', 'core.vault', 'SELECT'),
    ('waypost_sender', 'ops.schema_migration', 'SELECT'), ('waypost_sender', 'ops.schema_version', 'SELECT'),
    ('waypost_sender', 'ops.lag', 'SELECT'), ('waypost_sender', 'ops.dead_letters', 'SELECT'),
    ('waypost_sender', 'ops.conflicts', 'SELECT'), ('waypost_sender', 'ops.epoch', 'SELECT'),
    ('waypost_sender', 'ops.messages', 'SELECT'), ('waypost_sender', 'ops.parked_reports', 'SELECT'),
    ('waypost_writer', 'core', 'USAGE'), ('waypost_writer', 'ops', 'USAGE'),
    ('waypost_writer', 'core.ingest', 'EXECUTE'), ('waypost_writer', 'core.put_steps', 'EXECUTE'),
    ('waypost_writer', 'core.log_places', 'EXECUTE'), ('waypost_writer', 'core.move_log', 'EXECUTE'),
    ('waypost_writer', 'core.epoch', 'EXECUTE'), ('waypost_writer', 'core.begin_epoch', 'EXECUTE'),
    ('waypost_writer', 'core.erase_again', 'EXECUTE'), ('waypost_writer', 'core.erasures_mark', 'EXECUTE'),
    ('waypost_writer', 'core.reconcile', 'EXECUTE'), ('waypost_writer', 'core.next_record', 'EXECUTE'), ('waypost_writer', 'core.take_letter', 'EXECUTE'), ('waypost_writer', 'core.tidy', 'EXECUTE'),
    ('waypost_writer', 'core.forget_numbers', 'EXECUTE'),
    ('waypost_writer', 'core.put_groups', 'EXECUTE'), ('waypost_writer', 'core.create_cohort', 'EXECUTE'),
    ('waypost_writer', 'core.change_cohort', 'EXECUTE'), ('waypost_writer', 'core.cohorts', 'EXECUTE'),
    ('waypost_writer', 'core.n_cohorts', 'EXECUTE'), ('waypost_writer', 'core.cohort_in_the_way', 'EXECUTE'), ('waypost_writer', 'core.put_away_cohort', 'EXECUTE'),
    ('waypost_writer', 'core.set_facilitator', 'EXECUTE'), ('waypost_writer', 'core.put_led', 'EXECUTE'),
    ('waypost_writer', 'core.learner_cards', 'EXECUTE'), ('waypost_writer', 'core.move_learner', 'EXECUTE'),
    ('waypost_writer', 'core.suppressed', 'EXECUTE'), ('waypost_operator', 'ops.learner_access', 'SELECT'),
    ('waypost_writer', 'core.write_broadcast', 'EXECUTE'), ('waypost_writer', 'core.approve_broadcast', 'EXECUTE'),
    ('waypost_writer', 'core.preview_broadcast', 'EXECUTE'), ('waypost_writer', 'core.start_broadcast', 'EXECUTE'),
    ('waypost_writer', 'core.next_of_broadcast', 'EXECUTE'), ('waypost_writer', 'core.mark_broadcast', 'EXECUTE'),
    ('waypost_writer', 'core.stop_broadcast', 'EXECUTE'), ('waypost_writer', 'core.broadcasts', 'EXECUTE'),
    ('waypost_writer', 'core.group_calls', 'EXECUTE'), ('waypost_writer', 'core.cohort_notes', 'EXECUTE'),
    ('waypost_writer', 'core.course_starts', 'EXECUTE'), ('waypost_writer', 'core.start_course', 'EXECUTE'),
    ('waypost_writer', 'core.withdraw_course', 'EXECUTE'), ('waypost_writer', 'core.list_courses', 'EXECUTE'),
    ('waypost_writer', 'core.certificates', 'EXECUTE'), ('waypost_writer', 'core.check_certificates', 'EXECUTE'),
    ('waypost_writer', 'core.list_certificates', 'EXECUTE'), ('waypost_writer', 'core.revoke_certificate', 'EXECUTE'),
    ('waypost_writer', 'core.issue_badge', 'EXECUTE'), ('waypost_writer', 'core.revoked_badges', 'EXECUTE'),
    ('waypost_operator', 'ops.certificate_access', 'SELECT'),
    ('waypost_operator', 'ops.corrections', 'SELECT'), ('waypost_writer', 'core.corrections', 'EXECUTE'),
    ('waypost_writer', 'core.preview_correction', 'EXECUTE'), ('waypost_writer', 'core.correct', 'EXECUTE'),
    ('waypost_writer', 'core.is_in_force', 'EXECUTE'), ('waypost_writer', 'core.correction_in_force', 'EXECUTE'),
    ('waypost_writer', 'core.next_of_correction', 'EXECUTE'),
    ('waypost_writer', 'ops.conflicts', 'SELECT'), ('waypost_writer', 'ops.epoch', 'SELECT'),
    ('waypost_operator', 'ops', 'USAGE'), ('waypost_operator', 'ops.schema_migration', 'SELECT'),
    ('waypost_operator', 'ops.schema_version', 'SELECT'), ('waypost_operator', 'ops.lag', 'SELECT'),
    ('waypost_operator', 'ops.dead_letters', 'SELECT'), ('waypost_operator', 'ops.messages', 'SELECT'),
    ('waypost_operator', 'ops.parked_reports', 'SELECT'), ('waypost_operator', 'ops.conflicts', 'SELECT'),
    ('waypost_operator', 'ops.epoch', 'SELECT'), ('waypost_operator', 'ops.move_learner', 'EXECUTE'),
    ('waypost_operator', 'ops.merge_organisations', 'EXECUTE'), ('waypost_operator', 'ops.mark_test', 'EXECUTE'),
    ('waypost_operator', 'ops.replay_dead_letter', 'EXECUTE'), ('waypost_operator', 'ops.forget_old', 'EXECUTE'), ('waypost_writer', 'core.dead_letter', 'EXECUTE'),
    ('waypost_writer', 'core.publish', 'EXECUTE'), ('waypost_writer', 'core.states_page', 'EXECUTE'),
    ('waypost_writer', 'core.count_states', 'EXECUTE'), ('waypost_writer', 'core.published', 'EXECUTE'),
    ('waypost_writer', 'ops.forget_old', 'EXECUTE'), ('waypost_writer', 'ops.schema_migration', 'SELECT'), ('waypost_writer', 'ops.schema_version', 'SELECT'),
    ('waypost_writer', 'ops.lag', 'SELECT'), ('waypost_writer', 'ops.dead_letters', 'SELECT'),
    ('waypost_writer', 'ops.messages', 'SELECT'), ('waypost_writer', 'ops.parked_reports', 'SELECT'),
    ('waypost_operator', 'ops.retention', 'SELECT'), ('waypost_writer', 'ops.retention', 'SELECT'),
    ('waypost_safe', 'ops', 'USAGE'), ('waypost_safe', 'ops.safe_times', 'SELECT'), ('waypost_safe', 'ops.safe_access', 'SELECT'),
    ('waypost_safe', 'ops.safe_list', 'EXECUTE'), ('waypost_safe', 'ops.safe_read', 'EXECUTE'), ('waypost_safe', 'ops.safe_text', 'EXECUTE'),
    ('waypost_safe', 'ops.safe_acknowledge', 'EXECUTE'), ('waypost_safe', 'ops.safe_release', 'EXECUTE'),
    ('waypost_safe', 'ops.safe_transfer', 'EXECUTE'), ('waypost_inbox', 'ops', 'USAGE'), ('waypost_inbox', 'ops.inbox_list', 'EXECUTE'),
    ('waypost_inbox', 'ops.inbox_read', 'EXECUTE'), ('waypost_inbox', 'ops.inbox_text', 'EXECUTE'),
    ('waypost_inbox', 'ops.inbox_acknowledge', 'EXECUTE'), ('waypost_inbox', 'ops.inbox_answer', 'EXECUTE'),
    ('report_owner', 'core.kept', 'SELECT'), ('report_owner', 'core.kept_answer', 'SELECT'), ('public', 'core.left_out', 'EXECUTE'), ('public', 'core.own_groups', 'EXECUTE'),
    ('waypost_writer', 'core.keep_answers', 'EXECUTE'), ('report_owner', 'core.message_day', 'SELECT'), ('report_owner', 'core.number_of', 'SELECT'),
    ('report_owner', 'core.wilson_end', 'EXECUTE'), ('coordinator', 'core.wilson_end', 'EXECUTE')$$,
    'the whole list of privileges');
select set_eq($$select grantee, replace(replace(replace(object, 'facts.report_rows_', 'report_rows.'), 'facts.public_report_', 'public_report.'), 'facts.report_', 'report.')
        from make.granted where object like 'facts.%' and privilege = 'EXECUTE'$$,
    $$select g.grantee::regrole::text, c.relnamespace::regnamespace || '.' || c.relname from pg_class c cross join lateral aclexplode(c.relacl) g
        where c.relkind = 'v' and g.privilege_type = 'SELECT' and g.grantee <> c.relowner
            and exists (select from pg_proc p where p.pronamespace = 'facts'::regnamespace and p.proname = format('%s_%s', c.relnamespace::regnamespace, c.relname))
        union all select r, 'facts.' || f from unnest(array['coordinator', 'analyst']) r cross join unnest(array['groups_read', 'organisations_read', 'days_read', 'names_group']) f
        union all values ('analyst', 'facts.common_roles')$$,
    'who reads a view calls the function behind it, and nobody else');
select results_eq($$select distinct privilege from make.granted where object like 'report.%' order by 1$$, $$values ('EXECUTE'), ('SELECT')$$, 'nobody writes in report; who reads what of it: people.sql');
select is_empty($$select p.oid::regprocedure from pg_proc p where p.pronamespace = 'report'::regnamespace and (p.proowner <> 'report_owner'::regrole
        or p.prosecdef and p.proconfig[1] is distinct from 'search_path=pg_catalog, pg_temp' or not has_function_privilege('coordinator', p.oid, 'EXECUTE'))$$,
    'its functions have the rights of report_owner, who is bound by the rows of whoever asks');
select is_empty($$select datname from pg_database, aclexplode(datacl) where datname = current_database() and grantee = 0$$,
    'nothing on the database is granted to everybody');

-- Two organisations, a coordinator each, and one who reads both.
insert into core.organisation (code, name) values ('north', 'North'), ('south', 'South');
select make.publish();
select core.ingest(make.module(i, '2026-03-02 09:00Z') || make.ending(i, '2026-03-09 09:00Z')) from generate_series(1, 22) i;
select ops.move_learner(make.learner(i), case when i <= 10 then 'north' else 'south' end) from generate_series(1, 22) i;
select ops.add_coordinator('nora', 'north'), ops.add_coordinator('sam', 'south'), ops.add_coordinator('bo', 'north'),
    ops.add_coordinator('bo', 'south');
create role stranger login in role coordinator;

create function make.sees(p_login text, p_north integer, p_south integer) returns setof text language plpgsql as $$
declare
    v_view text;
    v_orgs text[] := array_remove(array[case when p_north > 0 then 'north' end, case when p_south > 0 then 'south' end], null);
begin
    execute format('set local role %I', p_login);
    foreach v_view in array array['enrolments', 'module_completions', 'quiz_answers', 'survey_answers', 'completion_rate',
            'drop_off', 'active_learners'] loop
        return next results_eq(format('select distinct organisation from report.%I order by 1', v_view),
            v_orgs, format('%s reads only %s in %s', p_login, v_orgs, v_view));
    end loop;
    return next results_eq('select count(*)::int from report.enrolments', array[p_north + p_south], p_login || ' sees all of these');
    return next results_eq('select coalesce(sum(enrolled), 0)::int from report.completion_rate', array[p_north + p_south],
        p_login || ' gets rates over these');
    reset role;
end $$;
select make.sees('nora', 10, 0);
select make.sees('sam', 0, 12);
select make.sees('bo', 10, 12);
select make.sees('stranger', 0, 0);
select make.sees('coordinator', 0, 0);

-- What else they may try.
create function make.denied(p_login text, p_sql text) returns text language plpgsql as $$
declare
    v_result text;
begin
    execute format('set local role %I', p_login);
    v_result := throws_ok(p_sql, '42501', null, format('%s may not: %s', p_login, p_sql));
    reset role;
    return v_result;
end $$;
select make.denied('nora', 'select 1 from core.' || t) from unnest(array['learner', 'event', 'enrolment', 'consent', 'certificate',
    'free_text', 'unknown_input', 'safe_case', 'message', 'number_state', 'vault', 'member', 'organisation', 'course_version', 'unit']) t;
select make.denied('nora', format('select 1 from facts.%I', relname)) from pg_class where relnamespace = 'facts'::regnamespace and relkind = 'v';
select make.denied('nora', s) from unnest(array['select 1 from ops.dead_letter', 'select 1 from ops.dead_letters',
    'select core.ingest(''[]'')', 'select core.states_page('''', 1)', 'create table report.mine (a int)', 'create table public.mine (a int)',
    'create schema mine', 'create temp table mine (a int)', 'select ops.add_coordinator(''nora'', ''south'')', 'select ops.replay_dead_letter(1)']) s;
-- Readers cannot hold anything that the writer waits for, nor fill the disk.
select make.denied('nora', s) from unnest(array['select pg_advisory_lock(1)', 'select pg_advisory_xact_lock(1, 2)', 'select pg_try_advisory_lock(1)',
    'select pg_try_advisory_xact_lock_shared(1)', 'select pg_advisory_unlock_all()', 'select lo_create(0)', 'select lo_creat(-1)',
    'select lo_from_bytea(0, ''\x00'')', 'select lo_put(1, 0, ''\x00'')', 'select lo_open(1, 131072)', 'select lowrite(0, ''\x00'')',
    'lock table core.membership', 'lock table report.enrolments in share mode', 'select 1 from report.enrolments for update']) s;
select is_empty($$select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace
        and p.proname ~ '(^lo_|^lowrite$|^loread$|advisory)' and has_function_privilege('nora', p.oid, 'execute')$$, 'no advisory lock and no large object for anybody');
select results_eq($$select rolreplication, rolsuper, rolcanlogin, pg_has_role('waypost_backup', 'pg_read_all_data', 'member')
    from pg_roles where rolname = 'waypost_backup'$$, $$values (true, false, true, false)$$, 'who makes backups reads no table');
select results_eq($$select rolconnlimit from pg_roles where rolname = 'nora'$$, array[8], 'a coordinator has few connections');
select make.denied('waypost_writer', s) from unnest(array['select 1 from core.learner', 'select 1 from core.event',
    'select 1 from core.vault', 'insert into core.event default values', 'select 1 from report.enrolments', 'select core.erase(null, null, null)',
    'select core.ingest_all(''[]'')', 'select ops.replay_dead_letter(1)', 'create table core.mine (a int)']) s;
select make.denied('waypost_sender', s) from unnest(array['select core.ingest(''[]'')', 'select 1 from core.number_state',
    'select 1 from core.learner', 'delete from core.vault', 'select core.publish(''{}'')']) s;
set local role waypost_sender;
select isnt_empty('select from core.vault', 'the sender reads the vault');
reset role;
set local role waypost_writer;
select lives_ok($$select core.ingest('[]')$$, 'the writer takes in events');
reset role;

select results_eq($$select r.rolname::text collate "default" from pg_roles r where pg_has_role('nora', r.oid, 'member') order by 1$$,
    array['coordinator', 'nora'], 'nora can become nobody else');

-- A function that tells what it is given, in a WHERE clause that would run first: the barrier holds.
create function make.leaky(p_organisation text) returns boolean language plpgsql cost 0.0000001 as $$
begin
    if p_organisation <> 'north' then
        raise exception 'leaked %', p_organisation;
    end if;
    return true;
end $$;
set local role nora;
select lives_ok(format('select * from report.%I where make.leaky(organisation)', v), 'no leak through ' || v)
from unnest(array['enrolments', 'module_completions', 'quiz_answers', 'survey_answers', 'completion_rate', 'drop_off', 'active_learners']) v;
reset role;

-- Tables owned by waypost_owner obey, too: without its policy it would see nothing.
select results_eq($$select count(*) from pg_policies where schemaname = 'core' and policyname = 'organisation' and cmd = 'SELECT'
    and roles = '{report_owner}'$$, array[16::bigint], 'sixteen tables have a policy for the reports');

select bag_eq($$select rolname::text, unnest(rolconfig) from pg_roles where rolname in ('nora', 'waypost_writer', 'coordinator')$$,
    $$values ('nora', 'default_transaction_read_only=on'), ('nora', 'statement_timeout=60s'),
        ('nora', 'idle_in_transaction_session_timeout=10min'), ('nora', 'max_parallel_workers_per_gather=0'), ('nora', 'enable_seqscan=off'), ('nora', 'enable_mergejoin=off'),
        ('nora', 'enable_hashjoin=off'),
        ('nora', 'search_path=report'), ('nora', 'temp_file_limit=1GB'), ('nora', 'log_statement=all'),
        ('waypost_writer', 'log_parameter_max_length=0'), ('waypost_writer', 'log_parameter_max_length_on_error=0'),
        ('waypost_writer', 'log_error_verbosity=terse')$$, 'seat-belts of a coordinator, and what the log says of the writer');
select throws_ok($$select ops.add_coordinator('x', 'east')$$, 'P0002', null, 'no coordinator of an organisation that does not exist');
select * from finish();
rollback;
