#!/bin/bash
# run.sh [FILE]...: the tests of sql/, in a PostgreSQL of their own. Output is TAP.
. "$(dirname "$0")/../integration/lib.sh"

# shellcheck disable=SC2153
world_folder
postgres_start "$STATE" -c fsync=off -c autovacuum=off # which changes plans when it likes
export PGHOST="$STATE/pg" PGUSER=postgres PGDATABASE=waypost PGOPTIONS='-c client_min_messages=warning'
createdb waypost
check 'migrates an empty database' "$WAYPOST" migrate --conninfo "host=$PGHOST user=postgres dbname=waypost" "$ROOT/sql"
psql -qXc 'create role administrator login createrole' -c 'create database other owner administrator'
check 'as an owner of the database who may create roles, too' \
    "$WAYPOST" migrate --conninfo "host=$PGHOST user=administrator dbname=other" "$ROOT/sql"
check 'who can add coordinators' \
    psql -XAtqU administrator -d other -v ON_ERROR_STOP=1 -c "select ops.add_coordinator('other_amina', 'demo')"
psql -qX -v ON_ERROR_STOP=1 -c 'create schema tap' -c 'create extension pgtap schema tap' \
    -c 'alter database waypost set search_path = tap, make, public' -f "$ROOT/tests/sql/lib/make.sql" -c 'grant usage on schema tap, make to public'
createdb --template waypost fresh # nothing in it was ever analyzed

cd "$ROOT"
query() { psql -XAtqc "$1"; }
check_same 'the database knows the kinds of event.h' \
    "$(sed -n '/#define EVENT_KINDS/,/^$/s/.* X(\([a-z_]*\)).*/\1/p' gateway/core/event.h)" \
    "$(query 'select unnest(enum_range(null::core.event_kind))')"
check_same 'and the statuses of message.h' \
    "$(sed -n '/#define MESSAGE_STATUSES/,/^$/s/.* X(\([a-z_]*\)).*/\1/p' gateway/app/message.h)" \
    "$(query 'select unnest(enum_range(null::core.message_status))')"
check_same 'each function stands whole in a file of sql/' '' \
    "$(printf '\\set sources `cat sql/*.sql`\n' | cat - tests/sql/lib/whole.sql | psql -XAtq 2>&1)"
check_same 'the program knows the schema of sql/' \
    "$(sed -n 's/#define SINK_SCHEMA_VERSION //p' gateway/port/sink/sink.h)" "$(query 'select version from ops.schema_version')"
# Whatever a transcript makes happen, PostgreSQL knows its words.
mkdir "$STATE/records"
"$WAYPOST" talk --records "$STATE/records" tests/talk/*.talk >/dev/null || true # ctest looks at these
for file in "$STATE"/records/*.json; do
    printf '\\set records `cat %s`\nbegin;\nselect core.ingest(:'"'records'"'::jsonb);\nrollback;\n' "$file"
done >"$STATE/records.sql"
check_same 'the database takes all that the transcripts make happen' '' \
    "$(psql -XAtq -f "$STATE/records.sql" 2>&1 | grep -vE '^[0-9]*$|^CONTEXT')"
check_same 'docs/operating/people.md says who reads what' "$(sed -n '/^| Object/,/^$/p' docs/operating/people.md | sed '/^$/d')" \
    "$(psql -qX -f tests/sql/lib/rights.sql)"
[ $# -gt 0 ] || set -- tests/sql/*.sql tests/sql/alone/*.sql
for file in "$@"; do
    printf '# %s\n' "$file"
    case $file in
    */alone/*) # commits, in a database of its own
        createdb --template fresh alone
        psql -qXc 'alter database alone set search_path = tap, make, public'
        check "$(basename "$file" .sql)" pg_prove --dbname alone --verbose "$file" || true
        dropdb alone
        ;;
    *) check "$(basename "$file" .sql)" pg_prove --verbose "$file" || true ;;
    esac
done

# Every released schema, with data in it, comes to the present one and loses nothing.
for dump in tests/sql/released/*.sql; do
    release=$(basename "$dump" .sql)
    mkdir "$STATE/released.$release"
    sed -n '/^COPY ops.schema_migration/,/^\\\.$/s/^[0-9]*\t\([^\t]*\)\t.*/\1/p' "$dump" |
        while read -r name; do cp "sql/$name.sql" "$STATE/released.$release"; done
    createdb "released_$release"
    export PGDATABASE="released_$release"
    check "makes the schema of release $release" \
        "$WAYPOST" migrate --conninfo "host=$PGHOST user=postgres dbname=$PGDATABASE" "$STATE/released.$release"
    psql -qX -v ON_ERROR_STOP=1 -f "$dump" -f tests/sql/lib/keep.sql >/dev/null
    check 'takes it to the present one' \
        "$WAYPOST" migrate --conninfo "host=$PGHOST user=postgres dbname=$PGDATABASE" sql
    psql -qX -v ON_ERROR_STOP=1 -c 'create schema tap' -c 'create extension pgtap schema tap' \
        -c "alter database $PGDATABASE set search_path = tap, make, public" -f tests/sql/lib/make.sql
    check "with all that release $release knew" pg_prove --verbose tests/sql/lib/kept.sql || true
    export PGDATABASE=waypost
done

# sql/examples, as a coordinator, on a known world.
psql -qX -v ON_ERROR_STOP=1 -f tests/sql/lib/world.sql >/dev/null
passing()
{
    PGUSER=amina PGOPTIONS='' psql -XAtc 'select min(learner_id::text), count(distinct learner_id) from report.enrolments e join report.contacts c using (learner_id)'
}
check 'pseudonyms hold through one query' test "$(passing | cut -d'|' -f2)" = 60
check 'and in no other' test "$(passing)" != "$(passing)"
for file in sql/examples/*.sql; do
    name=$(basename "$file" .sql)
    check_same "$file" "$(cat "tests/sql/examples/$name.out" 2>&1)" \
        "$(PGUSER=amina PGOPTIONS='' psql -XA -v ON_ERROR_STOP=1 -f "$file" 2>&1)"
done
done_testing
