-- Reports of many learners. What one organisation has is found by its index, whatever the others have, and what was
-- counted is joined by hashing: joined by going through it once for each row, twenty thousand learners take minutes.

set local role waypost_owner;

create index learner_unit_organisation on core.learner_unit (org_id, learner);
-- Few answers are those of surveys and of old questions asked again.
create index event_afterwards on core.event (org_id, at) where kind = 'answered' and phase in ('survey', 'followup', 'recall');

-- A plan is made before the organisations of the reader are known. As if there were twenty (and it takes ten of them for
-- the reader's): with the few that there are it would go through everybody's rows. core.make_month does so, too.
do $$
declare
    v_table regclass;
begin
    for v_table in
        select c.oid::regclass from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'core'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'org_id'
            and c.relname not in ('organisation', 'member', 'cohort')
    loop
        execute format('alter table %s alter column org_id set (n_distinct = 20, n_distinct_inherited = 20)', v_table);
    end loop;
end $$;

reset role;
set local role report_owner;

-- Nobody sees the plans inside of these, so they need not go by index only.
do $$
declare
    v_function regprocedure;
begin
    for v_function in select p.oid::regprocedure from pg_proc p
        where p.pronamespace = 'report'::regnamespace and p.prosecdef and p.proretset
    loop
        execute format('alter function %s set enable_hashjoin = on set work_mem = ''64MB''', v_function);
    end loop;
end $$;

reset role;
