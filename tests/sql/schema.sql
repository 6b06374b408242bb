-- The shape of the database: what must exist, be commented, be owned and be protected.
begin;
select no_plan();

select has_schema(s) from unnest(array['core', 'report', 'ops']) s;

-- docs/design.md's contract.
select has_view('report', v, v || ' exists') from unnest(array['enrolments', 'module_completions', 'quiz_answers',
    'survey_answers', 'completion_rate', 'drop_off', 'active_learners']) v;
select has_view('ops', v, v || ' exists') from unnest(array['lag', 'dead_letters', 'schema_version']) v;

create view make.uncommented as
select format('%s.%s%s', n.nspname, c.relname, '.' || a.attname) collate "default" as what
from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    cross join lateral (
        select null::name as attname, 0 as attnum
        union all
        select t.attname, t.attnum from pg_attribute t where t.attrelid = c.oid and t.attnum > 0) a
where n.nspname in ('report', 'ops') and c.relkind = 'v'
    and coalesce(col_description(c.oid, a.attnum), case when a.attnum = 0 then obj_description(c.oid) end, '') = '';
select is_empty('select * from make.uncommented', 'every view of report and ops and every column has a comment');
create view report.forgotten as select 1 as a, 2 as b;
comment on column report.forgotten.b is 'said';
select results_eq('select what from make.uncommented order by 1',
    array['report.forgotten', 'report.forgotten.a'], 'and this test notices a missing one');
drop view report.forgotten;

select is_empty($$select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('core', 'ops') and p.prosecdef and obj_description(p.oid) is null$$,
    'every function that programs call has a comment');
select is_empty($$select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('core', 'ops', 'report') and p.prosecdef
        and not coalesce(p.proconfig @> array['search_path=pg_catalog, pg_temp'], false)$$,
    'SECURITY DEFINER functions fix their search_path');

select is_empty($$select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'report' and (c.relkind <> 'v' or c.relowner <> 'report_owner'::regrole
        or not coalesce(c.reloptions @> array['security_barrier=true'], false))$$,
    'report holds nothing but security_barrier views of report_owner');
select is_empty($$select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('core', 'ops') and c.relkind in ('r', 'v', 'm') and c.relowner <> 'waypost_owner'::regrole$$,
    'core and ops belong to waypost_owner');
select is_empty($$select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('core', 'ops', 'report') and c.relkind = 'm'$$,
    'no materialised view: it would show every organisation to all');
select is_empty($$select rolname from pg_roles
    where rolname in ('waypost_owner', 'report_owner', 'coordinator', 'waypost_operator', 'waypost_writer', 'waypost_sender',
            'facilitator', 'content_editor', 'organisation', 'analyst', 'auditor')
        and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)$$,
    'no role of ours is above the rules');
select is_empty($$select rolname from pg_roles
    where rolname in ('waypost_owner', 'report_owner', 'coordinator', 'waypost_operator', 'facilitator', 'content_editor', 'organisation', 'analyst', 'auditor') and rolcanlogin$$,
    'owners and groups cannot log in');
select is_empty($$select distinct c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attname in ('learner', 'learner_id', 'org_id')
    where n.nspname = 'core' and c.relkind in ('r', 'p') and c.relname not in ('organisation', 'member')
        and not (c.relrowsecurity and c.relforcerowsecurity)$$,
    'every table of core with learners has row level security, forced');

select results_eq('select code from core.organisation where is_default', array['demo'],
    'there is an organisation to begin with');
select results_eq('select version from ops.schema_version',
    $$select max(version) from ops.schema_migration$$, 'ops.schema_version');
select * from finish();
rollback;
