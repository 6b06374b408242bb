#!/bin/bash
# trouble_postgres.sh: a PostgreSQL that is there and does not do its work: it ends our connections, takes no writes, has no
# place for us, holds a lock, does not know our password, hurries us, starts again and again, has other tables; under a light
# load (trouble/load.sh).
. "$(dirname "$0")/lib.sh"
# shellcheck source=/dev/null
. "$ROOT/tests/integration/trouble/load.sh"

# Whatever it says, the gateway's sessions are told it.
sql_now()
{
    PGOPTIONS='-c default_transaction_read_only=off' psql -h "$STATE/pg" -U postgres -d waypost -v ON_ERROR_STOP=1 -Atqc "$1"
}
end_sessions()
{
    sql_now "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename like 'waypost_%'" >/dev/null
}
reload() { sql_now 'select pg_reload_conf()' >/dev/null; }

world_make
sed -i 's/user=waypost_writer/& password=right/' "$STATE/waypost.yaml"
redis_start "$STATE"
postgres_start "$STATE"
sql "alter role waypost_writer password 'right'"
sed -i '1i local waypost waypost_writer scram-sha-256' "$STATE/pg/data/pg_hba.conf"
reload
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"
load_begin
check 'learners are at it' wait_for 20 has_more_than 20

trouble_begin 'our sessions are ended again and again'
while [ $((SECONDS - BEGAN)) -lt 4 ]; do
    end_sessions
done
trouble_is '' 'connection lost|sqlstate=57P01'
trouble_ends ''

trouble_begin 'it takes no writes'
sql 'alter system set default_transaction_read_only = on'
reload
trouble_is '' 'statement failed.*sqlstate=25006 remedy="the server takes no writes'
trouble_lasts 4
sql_now 'alter system reset default_transaction_read_only'
reload
trouble_ends ''

trouble_begin 'it has no place for us'
sql 'alter role waypost_writer connection limit 0'
end_sessions
trouble_is '' 'cannot connect.*too many connections'
trouble_lasts 5
sql 'alter role waypost_writer connection limit -1'
trouble_ends ''

trouble_begin 'it does not know our password'
sql "alter role waypost_writer password 'other'"
end_sessions
trouble_is '' 'cannot connect.*password authentication failed'
trouble_lasts 5
sql "alter role waypost_writer password 'right'"
trouble_ends ''

trouble_begin 'a table is locked'
sql 'begin; lock table core.number_state in access exclusive mode; select pg_sleep(7); commit' >/dev/null &
lock=$!
trouble_is '' 'statement failed.*sqlstate=(55P03|57014) remedy=".*lock'
wait "$lock"
trouble_ends ''

trouble_begin 'it hurries us' # a session says itself how long a statement may take
sql "alter role waypost_writer set statement_timeout = '1ms'"
end_sessions
trouble_lasts 2
trouble_ends ''
sql 'alter role waypost_writer reset statement_timeout'

trouble_begin 'it starts again and again'
for _ in 1 2 3; do
    stop_pid "$(cat "$STATE/pg/pid")" QUIT 20
    postgres_start "$STATE"
done
trouble_ends ''

trouble_begin 'its tables are others'
sql 'alter table core.event rename column unit to unit_of_another_time'
trouble_is '' 'statement failed.*sqlstate=42703 remedy="the tables are not those of this program'
sql "insert into ops.schema_migration (version, name, sha256) values (999, '0999_future', repeat('0', 64))"
trouble_is '' 'the schema of the database is not the one of this program.*found=999 .*remedy="install the newer waypost"'
trouble_lasts 5
sql 'delete from ops.schema_migration where version = 999'
sql 'alter table core.event rename column unit_of_another_time to unit'
trouble_ends ''

month="event_$(date -u +%Y%m)"
trouble_begin 'the table of this month is missing'
sql "alter table core.event detach partition core.$month"
trouble_is '' 'statement failed.*sqlstate=23514 remedy="the table of a month'
trouble_lasts 4
sql "alter table core.event attach partition core.$month for values from ('$(date -u +%Y-%m)-01Z') to ('$(date -u -d "$(date -u +%Y-%m)-01 +1 month" +%F)Z')"
trouble_ends ''

load_end
done_testing
