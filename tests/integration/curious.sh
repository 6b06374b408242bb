#!/bin/bash
# curious.sh: what each role finds out of another organisation by asking PostgreSQL everything there is to ask. SQL is
# generated from the catalogue for each login: every relation that it may read, every function without arguments, each one
# that takes a table, and EXPLAIN ANALYZE, with the planner's guesses, of every view and report that it may read, also where it
# turns the planner's switches and has plans printed. It is asked twice, then the other organisation gets 1,500 people more, and it is asked again: what changed only then tells of them.
. "$(dirname "$0")/lib.sh"

world_make
postgres_start "$STATE" -c fsync=off -c autovacuum=off
OWNER="host=$STATE/pg user=postgres dbname=waypost"
load() { psql -qX -v ON_ERROR_STOP=1 "$OWNER" -c 'set search_path = make, public' "$@" >/dev/null; }
load -f "$ROOT/tests/sql/lib/make.sql"
# people ORGANISATION FROM TO
people()
{
    load -c "select core.ingest((select jsonb_agg(s) from (select jsonb_array_elements(make.module(i, '2026-10-01 09:00Z'::timestamptz + i * interval '1 hour')) s
            from generate_series($2 + b * 100, least($3, $2 + b * 100 + 99)) i) x)) from generate_series(0, ($3 - $2) / 100) b" \
        -c "update core.learner set org_id = (select org_id from core.organisation where code = '$1') where learner_id between make.learner($2) and make.learner($3)" \
        -c "update core.learner l set cohort_id = c.cohort_id from core.cohort c where c.org_id = l.org_id and l.learner % 2 = 0" \
        -c 'vacuum analyze'
}
load -c "select make.publish(); insert into core.organisation (code, name) values ('north', 'North'), ('south', 'South');
    insert into core.cohort (org_id, code, name) select org_id, 'group', 'Group' from core.organisation where code in ('north', 'south')"
readers='coordinator facilitator content_editor organisation analyst'
for role in $readers; do load -c "select ops.add_person('n_$role', '$role', 'north'$([ "$role" != facilitator ] || echo ", 'group'"))"; done
load -c "select ops.add_person('n_auditor', 'auditor')"
people north 1 60
people south 1001 1200
load -c 'set search_path = public' -c "select core.publish_month('2026-10-01')" 2>/dev/null || true

# Probes as the login itself, one a line; not what is a clock, random, or about its own session.
cat >"$STATE/probes.sql" <<'SQL'
set statement_timeout = '20s';
select format('select %L, md5(coalesce(string_agg(x, e''\n'' order by x collate "C"), '''')) from (select row(%s)::text as x from %I.%I t) s', n.nspname || '.' || c.relname,
    string_agg(format('t.%I', a.attname), ', ' order by a.attnum), n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and (a.attnum > 0 or a.attnum in (-1, -2))
where c.relkind in ('r', 'v', 'm', 'p', 'S') and n.nspname not in ('information_schema', 'report', 'report_rows') and has_schema_privilege(n.oid, 'usage') and has_column_privilege(c.oid, a.attnum, 'select') and not a.attisdropped
    and not (c.relkind in ('v', 'm') and a.attnum < 0)
group by n.nspname, c.relname, c.oid
union all
select format('select %L, md5(string_agg(x::text, '','')) from %s() x', p.oid::regprocedure, p.oid::regproc)
from pg_proc p
where p.pronargs = 0 and p.prokind = 'f' and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype, 'language_handler'::regtype)
    and has_function_privilege(p.oid, 'execute') and p.pronamespace = 'pg_catalog'::regnamespace
union all
select format('select %L, md5(string_agg(x::text, '','')) from %s(%s) x', p.oid::regprocedure || ' of ' || o.name, p.oid::regproc, o.oid)
from pg_proc p cross join (select c.oid, c.relname as name from pg_class c where c.relnamespace = 'core'::regnamespace
        and c.relname in ('learner', 'enrolment', 'event_202610', 'learner_pkey', 'export_export_seq')) o
where p.pronargs = 1 and p.prokind = 'f' and p.proargtypes[0] in ('oid'::regtype, 'regclass'::regtype) and p.prorettype::regtype::text !~ 'internal|trigger|handler'
    and p.proname !~ '^(reg|oid|lo_|pg_(try_)?advisory|hash|binary|set_|brin|gin|pg_drop|pg_replic)' and has_function_privilege(p.oid, 'execute') and p.pronamespace = 'pg_catalog'::regnamespace
union all
select format('select %L, md5(string_agg(x::text, '','')) from %s(%L) x', p.oid::regprocedure, p.oid::regproc, '3')
from pg_proc p where p.pronargs = 1 and p.proargtypes[0] in ('xid'::regtype, 'xid8'::regtype) and p.proname !~ '^(xid|hash)' and has_function_privilege(p.oid, 'execute')
    and p.pronamespace = 'pg_catalog'::regnamespace
order by 1
SQL
cat >"$STATE/plans.sql" <<'SQL'
select 'explain (analyze, timing off, summary off) select * from report.' || quote_ident(p.proname) || '()'
from pg_proc p where p.pronamespace = 'report'::regnamespace and p.proretset and has_function_privilege(p.oid, 'execute') and p.proname <> 'query'
union all
select 'explain (analyze, timing off, summary off) select * from report.' || quote_ident(p.proname) || '(by => ''cohort'')'
from pg_proc p where p.pronamespace = 'report'::regnamespace and 'by' = any (p.proargnames) and has_function_privilege(p.oid, 'execute') and p.proname not in ('delivery', 'unmatched')
union all
select format('explain (analyze, timing off, summary off) select * from %s', c.oid::regclass)
from pg_class c where c.relkind = 'v' and c.relnamespace::regnamespace::text in ('report', 'report_rows', 'public_report')
    and has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select')
SQL
# An export is open, scans and joins are free, plans are printed.
cat >"$STATE/before.sql" <<'SQL'
select count(*) from report_rows.open('to look', 'contacts', 'active_days', 'effort_steps', 'enrolments', 'messages', 'module_completions', 'quiz_answers',
    'recall_answers', 'reminder_steps', 'session_steps', 'survey_answers', 'units_done');
set enable_seqscan = on;
set enable_hashjoin = on;
set enable_mergejoin = on;
set client_min_messages = log;
set debug_print_plan = on;
SQL
# ask LOGIN FILE: a line for each probe with all that it answers.
ask()
{
    psql -qXAt "host=$STATE/pg user=$1 dbname=waypost" -f "$STATE/probes.sql" -f "$STATE/plans.sql" 2>/dev/null | sort >"$STATE/probes.$1"
    # What PostgreSQL tells everybody it need not be asked by each.
    grep -vxFf "$STATE/said" "$STATE/probes.$1" | awk '/^explain/ && !n++ { print "\\ir before.sql" }
        !/^explain/ && n && !m++ { print "set debug_print_plan = off;" }
        { q = $0; gsub(/\047/, "", q); print "\\echo \047## " q "\047"; print $0 ";" }' >"$STATE/asked"
    psql -qXAt "host=$STATE/pg user=$1 dbname=waypost" -f "$STATE/asked" 2>&1 | sed 's/^psql:[^ ]* //' | grep -v 'Memory: \|Memory Usage' |
        awk '/^## / { if (p) print p "\t" a; p = $0; a = ""; next } { a = a "|" $0 } END { print p "\t" a }' >"$2"
}
: >"$STATE/said"
logins=$(for role in $readers auditor; do echo "n_$role"; done)
for login in $logins; do
    ask "$login" "$STATE/$login.1"
    ask "$login" "$STATE/$login.2"
    grep -v '^explain' "$STATE/probes.$login" >"$STATE/said.$login" || true
    cat "$STATE/said.$login" >>"$STATE/said"
done
people south 1201 2700
load -c "select core.note_export('of theirs', 'enrolments', null, 1) from generate_series(1, 3)"
: >"$STATE/said"
for login in $logins; do
    ask "$login" "$STATE/$login.3"
    cat "$STATE/said.$login" >>"$STATE/said"
    n=$(wc -l <"$STATE/$login.3")
    check "$login asks ($n questions)" test "$n" -gt 2
    check_same 'each plan is the same when nothing happens' '' "$(awk -F'\t' 'FILENAME ~ /1$/ { one[$1] = $2; next } /^## explain/ && one[$1] != $2 { print substr($1, 4, 100) }' "$STATE/$login".[12])"
    # Who took rows out is for auditors to know.
    check_same 'and learns nothing of the others' '' "$(awk -F'\t' 'FILENAME ~ /1$/ { one[$1] = $2; next } FILENAME ~ /2$/ { two[$1] = $2; next }
        ($1 in two) && one[$1] == two[$1] && two[$1] != $2 && !($1 ~ /ops.exports/) { print substr($1, 4, 100) }' "$STATE/$login".[123])"
done
plans=$(grep -c '^## explain' "$STATE/n_analyst.3")
check "$plans plans of an analyst, one printed" eval '[ "$plans" -gt 70 ] && grep -q "^## explain.*PLANNEDSTMT" "$STATE/n_analyst.3"'
# Break it: a size that anybody may ask for is found.
load -c 'grant execute on function pg_relation_size(regclass, text), pg_table_size(regclass) to public'
cat "$STATE/probes.n_facilitator" >"$STATE/said"
ask n_facilitator "$STATE/n_facilitator.1"
ask n_facilitator "$STATE/n_facilitator.2"
people south 2701 4200
ask n_facilitator "$STATE/n_facilitator.3"
check 'a size that is open would be found' eval "awk -F'\t' 'FILENAME ~ /1\$/ { one[\$1] = \$2; next } FILENAME ~ /2\$/ { two[\$1] = \$2; next }
    (\$1 in two) && one[\$1] == two[\$1] && two[\$1] != \$2' '$STATE'/n_facilitator.[123] | grep -q pg_table_size"
done_testing
