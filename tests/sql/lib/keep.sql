-- What people could read before a migration, for lib/kept.sql.
create schema kept;
do $$
declare
    v_view name;
begin
    for v_view in select viewname from pg_views where schemaname = 'report' loop
        execute format('create table kept.%I as select to_jsonb(t) as j from report.%I t', v_view, v_view);
    end loop;
end $$;
create table kept.event as select to_jsonb(t) as j from core.event t;
create table kept.n as
select v.name, v.n
from (values ('learner', (select count(*) from core.learner)), ('consent', (select count(*) from core.consent)),
    ('certificate', (select count(*) from core.certificate)), ('free_text', (select count(*) from core.free_text)),
    ('unknown_input', (select count(*) from core.unknown_input)), ('safe_case', (select count(*) from core.safe_case)),
    ('message', (select count(*) from core.message)), ('number_state', (select count(*) from core.number_state)),
    ('vault', (select count(*) from core.vault)), ('unit', (select count(*) from core.unit))) v (name, n);
