-- Functions whose present text stands in no file of sql/ (:sources), as a text that was changed in place does: nobody could read it. Left out are bodies
-- that PostgreSQL keeps parsed (begin atomic), and what facts.keep_answers_of makes.
select p.oid::regprocedure
from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
where n.nspname in ('core', 'facts', 'fresh', 'ops', 'report', 'report_rows', 'public_report')
    and p.prosqlbody is null
    and strpos(:'sources', p.prosrc) = 0
    and strpos(p.prosrc, 'from core.kept_answer a where a.report = ') = 0
order by 1;
