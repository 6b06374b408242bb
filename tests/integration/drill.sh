#!/bin/bash
# drill.sh: the restore drill on small data: as far as the archive goes, a moment before, without Redis, without a key.
# What docs/operating/backup.md tells an operator to run is what is run here.
. "$(dirname "$0")/lib.sh"
world_make
archive="$STATE/backup/wal"
mkdir -p "$archive" "$STATE/backup/keys"
chmod 711 "$STATE/backup"
[ "$(id -u)" != 0 ] || chown postgres: "$archive"
redis_start "$STATE"
postgres_start "$STATE" -c archive_mode=on -c wal_level=replica -c "archive_command=test ! -f $archive/%f && cp %p $archive/%f"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"

learn()
{
    "$WAYPOST" phone --url "http://127.0.0.1:$PORT" --from "$1" --script <(printf '%s\n' JOIN 1 2) >/dev/null
    wait_for 20 log_is_stored
}

n_learners()
{
    sql 'select count(*) from core.number_state'
}

# All WAL up to now is in the archive.
archive_now()
{
    local file
    file=$(sql 'select pg_walfile_name(pg_switch_wal())')
    wait_for 20 test -e "$archive/$file"
}

learn +254700000001
cp "$STATE"/keys/* "$STATE/backup/keys/"
pg_basebackup -h "$STATE/pg" -U postgres -D "$STATE/backup/base" -X none --checkpoint=fast 2>"$STATE/basebackup.log"
[ "$(id -u)" != 0 ] || chown -R postgres: "$STATE/backup/base"
learn +254700000002
moment=$(sql "select now()")
learn +254700000003
archive_now

# drill DIR [TIME]: with the built program in place of the installed one.
drill()
{
    PATH="$(dirname "$WAYPOST"):$PATH" bash "$ROOT/run.d/drill.sh" "$STATE/waypost.yaml" "$STATE/backup" "$@" 2>"$1.said"
}

check_same 'as far as the archive goes: a site that could go on' 0 "$(drill "$STATE/all" >"$STATE/found" || echo $?)$(wc -l <"$STATE/found")"
check 'with all learners, in Redis too, and every number' grep -q \
    "learners: 3 in PostgreSQL, 3 in Redis; numbers opened: 3 of 3" "$STATE/all.said"
check 'it says how old it is' grep -q '^newest event: 20' "$STATE/all.said"
check 'a moment in between' drill "$STATE/moment" "$moment"
check 'has who was there then' grep -q 'learners: 2 in PostgreSQL, 2 in Redis; numbers opened: 2 of 2' "$STATE/moment.said"
check_same 'a folder that is there is left alone' 73 "$(drill "$STATE/moment" || echo $?)"
"$WAYPOST" keys rotate --config "$STATE/waypost.yaml" --conninfo "host=$STATE/pg dbname=waypost user=postgres" >/dev/null 2>&1
archive_now
check_same 'keys that were copied before the last rotation do not do' 78 "$(drill "$STATE/keys-old" >"$STATE/found" || echo $?)"
check 'which it says, with the remedy' grep -q '^stops: keys: 3 of 3 numbers cannot be read with these keys; find the keys' "$STATE/found"
cp "$STATE"/keys/* "$STATE/backup/keys/"
check 'with the new copy they do' drill "$STATE/keys-new"
rm "$STATE/backup/keys/number_id.key"
check_same 'a key is lost' 78 "$(drill "$STATE/keys-lost" >"$STATE/found" || echo $?)"
check 'it is named' grep -q '^stops: keys: .*number_id.key: key is missing' "$STATE/found"
check_same 'the site has noticed nothing' 3 "$(n_learners)"
check 'and is at work' eval 'demo_is_ready "$STATE" "$PORT" >/dev/null'
done_testing
