-- The table of docs/operating/people.md: which role of people may use what. Objects with the same rights share a row; what
-- stands in none is nobody's but the programs'.
\pset format unaligned
\pset tuples_only on
with roles (role, place) as (values ('coordinator', 1), ('facilitator', 2), ('content_editor', 3), ('organisation', 4), ('analyst', 5), ('auditor', 6),
    ('waypost_operator', 7), ('waypost_safe', 8), ('waypost_inbox', 9)),
schemas as (select n.oid, n.nspname from pg_namespace n where n.nspname in ('core', 'facts', 'report', 'report_rows', 'public_report', 'ops', 'public')),
granted as (
    select s.nspname || '.' || c.relname as object, r.role, r.place
    from schemas s join pg_class c on c.relnamespace = s.oid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') cross join roles r
    where has_schema_privilege(r.role, s.oid, 'usage') and case c.relkind when 'S' then has_sequence_privilege(r.role, c.oid, 'usage, select, update')
        else has_table_privilege(r.role, c.oid, 'insert, update, delete, truncate, references, trigger') or has_any_column_privilege(r.role, c.oid, 'select, insert, update, references') end
    union
    select s.nspname || '.' || p.proname || '()', r.role, r.place
    from schemas s join pg_proc p on p.pronamespace = s.oid cross join roles r
    where has_schema_privilege(r.role, s.oid, 'usage') and has_function_privilege(r.role, p.oid, 'execute')),
marked as (
    select g.object, array_agg(g.place order by g.place) as places from granted g group by 1)
select '| Object | ' || string_agg(replace(role, 'waypost_', ''), ' | ' order by place) || ' |' from roles
union all select '|---|' || repeat(':-:|', 9)
union all
(select '| ' || string_agg('`' || m.object || '`', ', ' order by m.object) || ' | ' || (select string_agg(case when i = any (m.places) then 'x' else ' ' end, ' | ' order by i) from generate_series(1, 9) i) || ' |'
from marked m group by m.places order by min(m.object));
