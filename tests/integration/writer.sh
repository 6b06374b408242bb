#!/bin/bash
# writer.sh: app/persist and port/sink_libpq on a PostgreSQL that is stopped, killed, frozen and locked
# while events come in. At the end each is there once, and the poison among them is put aside.
. "$(dirname "$0")/lib.sh"

N=24000
PER_SECOND=2000
POISON_EVERY=1000

n_events()
{
    sql 'select count(*) from core.event' 2>/dev/null || echo 0
}

n_put_aside()
{
    sql 'select count(*) from ops.dead_letters' 2>/dev/null || echo 0
}

has_more_than()
{
    [ "$(n_events)" -gt "$1" ]
}

# PostgreSQL is asked, not the writer: of a batch whose answer was lost it does not know that it is there.
is_all_there()
{
    [ "$(n_events)" = "$((N - N / POISON_EVERY))" ] && [ "$(n_put_aside)" = "$((N / POISON_EVERY))" ]
}

# The writer goes on: more is stored than a moment ago.
wait_for_progress()
{
    wait_for 30 has_more_than "$(n_events)"
}

backend_of_writer()
{
    sql "select pid from pg_stat_activity where usename = 'waypost_writer' limit 1"
}

world_make
postgres_start "$STATE"
"$ROOT/build/bench_writer" "host=$STATE/pg dbname=waypost user=waypost_writer" \
    "$N" 500 "$PER_SECOND" "$POISON_EVERY" >/dev/null 2>"$STATE/writer.log" &
writer=$!

check 'events come in' wait_for_progress

stop_pid "$(cat "$STATE/pg/pid")" QUIT 20 # what pg_ctl stop -m immediate sends
postgres_start "$STATE"
check 'after an immediate shutdown it goes on' wait_for_progress

kill -KILL "$(backend_of_writer)" # PostgreSQL restarts all its processes and recovers
wait_for 30 postgres_is_up "$STATE"
check 'after a killed backend it goes on' wait_for_progress

backend=$(backend_of_writer)
kill -STOP "$backend"
check 'a frozen backend is given up' wait_for 20 grep -q 'connection lost" err=timeout' "$STATE/writer.log"
kill -CONT "$backend" || true
check 'and the writer goes on with another' wait_for_progress

psql -h "$STATE/pg" -U postgres -d waypost -qc 'begin' -c 'lock table core.event' -c 'select pg_sleep(7)' -c 'commit' >/dev/null &
check 'a table that is locked is waited for' wait_for 20 grep -q 'sqlstate=\(55P03\|57014\)' "$STATE/writer.log"
wait $!
check 'and then written' wait_for_progress

stop_pid "$(cat "$STATE/pg/pid")" INT 20
postgres_start "$STATE" -c default_transaction_read_only=on
stop_pid "$(cat "$STATE/pg/pid")" INT 20
postgres_start "$STATE"
check 'the stream runs empty' wait_for 90 is_all_there
stop_pid "$writer" TERM 20

check_same 'each event is there once' "$((N - N / POISON_EVERY))" "$(n_events)"
check_same 'the poison is put aside, once' "$((N / POISON_EVERY))" "$(n_put_aside)"
check_same 'with a reason' "$((N / POISON_EVERY))" "$(sql "select count(*) from ops.dead_letters where reason like '%is missing'")"
check_same 'the newest state of each number is kept' t \
    "$(sql "select bool_and(s.seq = e.seq) from core.number_state s join (select learner, max(seq) as seq
        from core.event group by 1) e using (learner)")"

# A schema that this program does not know is refused, and mended without a restart.
sql "insert into ops.schema_migration (version, name, sha256) values (999, '0999_future', repeat('0', 64))"
"$ROOT/build/bench_writer" "host=$STATE/pg dbname=waypost user=waypost_writer" 10 600 >"$STATE/refused.json" \
    2>"$STATE/refused.log" &
writer=$!
check 'an unknown schema is refused' wait_for 10 grep -q 'found=999 known=' "$STATE/refused.log"
check_same 'nothing is written into it' "$((N - N / POISON_EVERY))" "$(n_events)"
sql 'delete from ops.schema_migration where version = 999'
check 'until it is mended' wait_for 20 test -s "$STATE/refused.json"
wait "$writer"

# What cannot work is said at once.
check 'a host name is refused: looking it up would block' \
    bash -c '! "$1" "host=db.example user=x" 1 2>/dev/null' - "$ROOT/build/bench_writer"
done_testing
