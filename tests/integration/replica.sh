#!/bin/bash
# replica.sh: PostgreSQL with a streaming replica. People read reports on it; the gateway knows both servers
# (target_session_attrs=read-write), speaks TLS with them under their names (verify-full), and goes on with the new primary when the old one dies: nothing is lost, nothing
# counts twice.
. "$(dirname "$0")/lib.sh"
world_make
B="$STATE/b"
B_PID=
clean_up()
{
    local code=$?
    [ -z "$B_PID" ] || stop_pid "$B_PID" INT 20
    world_down "$code"
}
trap clean_up EXIT

# Both listen on 127.0.0.1 with one certificate.
PGPORT=$(free_port)
export PGPORT
B_PORT=$((PGPORT + 1))
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=pg-a.example -addext subjectAltName=DNS:pg-a.example,DNS:pg-b.example \
    -keyout "$STATE/pg.key" -out "$STATE/pg.crt" 2>/dev/null
chmod 600 "$STATE/pg.key"
[ "$(id -u)" != 0 ] || chown postgres: "$STATE/pg.key"
TLS=(-c ssl=on -c "ssl_cert_file=$STATE/pg.crt" -c "ssl_key_file=$STATE/pg.key" -c listen_addresses=127.0.0.1)
redis_start "$STATE"
postgres_start "$STATE" "${TLS[@]}" -c port="$PGPORT"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
sql "select ops.add_coordinator('amina', (select code from core.organisation where is_default))" >/dev/null

# ---- a replica, made by the role that backs up
install -d -m 0700 "$B"
[ "$(id -u)" != 0 ] || chown postgres:postgres "$B" "$STATE/pg"
as_postgres "$B"
(cd / && "${AS_POSTGRES[@]}" pg_basebackup -h "$STATE/pg" -U waypost_backup -D "$B/data" -R -X stream -C -S replica \
    --checkpoint=fast) >"$STATE/basebackup.log" 2>&1 || die 69 "$(cat "$STATE/basebackup.log")"
(cd / && exec setsid "${AS_POSTGRES[@]}" "$PG_BIN/postgres" -D "$B/data" "${TLS[@]}" -c port=$B_PORT \
    -c unix_socket_directories="$B" -c unix_socket_permissions=0700 -c timezone=UTC) </dev/null >>"$B/postgres.log" 2>&1 &
B_PID=$!
on_b()
{
    psql -h "$B" -p "$B_PORT" -U postgres -d waypost -v ON_ERROR_STOP=1 -Atqc "$1"
}
wait_for 60 on_b 'select 1' || die 69 "the replica did not start; see $B/postgres.log"

both="host=pg-a.example,pg-b.example hostaddr=127.0.0.1,127.0.0.1 port=$PGPORT,$B_PORT sslmode=verify-full sslrootcert=$STATE/pg.crt"
sed -i "s#host=$STATE/pg dbname=waypost \(user=[a-z_]*\)#$both target_session_attrs=read-write dbname=waypost \1#" "$STATE/waypost.yaml"
demo_start "$STATE" "$PORT"
check 'config check takes two servers' "$WAYPOST" config check "$STATE/waypost.yaml"
learn()
{
    "$WAYPOST" phone --url "http://127.0.0.1:$PORT" --from "$1" --script <(printf '%s\n' JOIN 1 2 1 2) >/dev/null
}
learn +254700000001
check_same 'writer and sender speak TLS' 'waypost_sender waypost_writer' "$(sql "select string_agg(distinct usename, ' ' order by usename)
    from pg_stat_ssl join pg_stat_activity using (pid) where ssl and usename in ('waypost_writer', 'waypost_sender')")"
wait_for 20 log_is_stored
n_events=$(sql 'select count(*) from core.event')
is_replicated()
{
    [ "$(on_b 'select count(*) from core.event')" = "$n_events" ]
}
check 'the replica has what the writer stored' wait_for 20 is_replicated

# ---- people on the replica
on_replica()
{
    "$WAYPOST" report "$@" --conninfo "host=$B port=$B_PORT dbname=waypost user=amina" 2>"$STATE/said"
}
check 'report list' eval 'on_replica list >"$STATE/list"'
check_same 'report show' 1 "$(on_replica show funnel --json | jq -s 'length')"
check 'report export' eval 'on_replica export wide --out "$STATE/wide.csv" && [ -s "$STATE/wide.csv" ]'
check 'and the server there writes it down' eval 'grep -q "report export: amina takes wide" "$B/postgres.log" && grep -q "report export: amina took 1 rows" "$B/postgres.log"'
check 'report month' eval "on_replica month $(date -u +%Y-%m) | grep -q '^<html'"
[ "$N_FAILED" = 0 ] || sed 's/^/# /' "$STATE/said"
check_same 'it takes nothing in' 25006 "$(psql -h "$B" -p "$B_PORT" -U waypost_writer -d waypost -Atq -v VERBOSITY=sqlstate \
    -c "create temp table t (n int)" 2>&1 | grep -oE '[0-9]{5}' || true)"

# ---- the primary dies in the middle, the replica becomes it
(for i in $(seq 2 9); do learn "+25470000000$i"; done) &
LEARNING=$!
stop_pid "$(cat "$STATE/pg/pid")" QUIT 20
check 'learners notice nothing' wait "$LEARNING"
on_b 'select pg_promote()' >/dev/null
mv "$STATE/pg" "$STATE/a" && ln -s "$B" "$STATE/pg" && PGPORT=$B_PORT # for the questions below
check 'the writer has gone to the new primary, with all that came meanwhile' wait_for 40 log_is_stored
check_same 'every learner is there, once' 9 "$(sql 'select count(*) from core.number_state')"
check_same 'and each step' '9 0' "$(sql "select count(*), (select count(*) from core.conflict) from core.consent where purpose = 'course'" | tr '|' ' ')"
check 'the sender, too' eval 'wait_for 40 is_drained'
done_testing
