#!/bin/bash
# drill.sh CONFIG BACKUP DIR [TIME]: restores a backup into a scratch folder beside the running site, fills a Redis of
# its own from it, and has `waypost doctor --drill` look whether this could go on. Nothing of the site is touched.
#
#   CONFIG   the site's waypost.yaml
#   BACKUP   base/ (what pg_basebackup or pgBackRest restored), keys/ (the copy of the keys), wal/ (the archived WAL;
#            without it pgBackRest's own command fetches it), erased (of a host's spool folder)
#   DIR      a folder that does not exist yet; it is left for looking into it
#   TIME     up to when, as "2026-11-28 12:00:00+00"; left out: as far as the WAL goes
#
# Run as root it gives PostgreSQL's files to the user postgres. Exit code 0: the backup is good.
set -eu
[ $# -ge 3 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0" >&2 && exit 64; }
config=$(realpath "$1") backup=$(realpath "$2") time=${4:-}
[ ! -e "$3" ] || { printf 'drill: %s is there already; name a new folder\n' "$3" >&2 && exit 73; }
mkdir -p "$3"
dir=$(realpath "$3")
bin=/usr/lib/postgresql/15/bin
as_postgres=()
[ "$(id -u)" != 0 ] || as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)
redis_pid='' postgres_pid=''

stop()
{
    [ -z "$redis_pid" ] || kill "$redis_pid" 2>/dev/null || true
    [ -z "$postgres_pid" ] || kill -INT "$postgres_pid" 2>/dev/null || true
    wait
}
trap stop EXIT

wait_until()
{
    local n=0
    until "$@" >/dev/null 2>&1; do
        n=$((n + 1))
        { [ "$n" -lt 1200 ] && kill -0 "$postgres_pid" 2>/dev/null; } || { printf 'drill: no answer; see the logs in %s\n' "$dir" >&2 && exit 69; }
        sleep 0.1
    done
}

chmod 711 "$dir"
install -d -m 700 "$dir/redis" "$dir/spool"
cp -r "$backup/base" "$dir/pg"
cp -r "$backup/keys" "$dir/keys"
[ ! -e "$backup/erased" ] || cp "$backup/erased" "$dir/spool/erased"
chmod -R go= "$dir/pg" "$dir/keys" "$dir/spool"
# pgBackRest's command looks whether it runs where it was told.
sed -i "s|--pg1-path=$backup/base|--pg1-path=$dir/pg|" "$dir/pg/postgresql.auto.conf"
rm -f "$dir/pg/postmaster.pid"
mkdir -p "$dir/socket"
{
    [ ! -d "$backup/wal" ] || printf "restore_command = 'cp \"%s/wal/%%f\" \"%%p\"'\n" "$backup"
    # Nobody reads while it recovers, so it may have fewer connections than the site.
    printf 'archive_mode = off\nhot_standby = off\nlisten_addresses = %s\n' "''"
    printf "unix_socket_directories = '%s/socket'\n" "$dir"
    printf "recovery_target_action = 'promote'\n"
    [ -z "$time" ] || printf "recovery_target_time = '%s'\n" "$time"
} >>"$dir/pg/postgresql.auto.conf"
printf 'local all all trust\n' >"$dir/pg/pg_hba.conf"
touch "$dir/pg/recovery.signal" "$dir/pg/postgresql.conf" # Debian keeps the latter in /etc
[ "$(id -u)" != 0 ] || chown -R postgres: "$dir/pg" "$dir/socket"
(cd / && exec "${as_postgres[@]}" "$bin/postgres" -D "$dir/pg" -c config_file="$dir/pg/postgresql.conf" \
    -c hba_file="$dir/pg/pg_hba.conf") >"$dir/postgres.log" 2>&1 &
postgres_pid=$!
redis-server - >"$dir/redis.log" 2>&1 <<REDIS &
port 0
dir $dir/redis
unixsocket $dir/redis/redis.sock
maxmemory-policy noeviction
save ""
REDIS
redis_pid=$!
wait_until redis-cli -s "$dir/redis/redis.sock" ping
is_promoted()
{
    [ "$(psql -h "$dir/socket" -U postgres -d waypost -Atqc 'select pg_is_in_recovery()')" = f ]
}
wait_until is_promoted
login()
{
    sed -n "s/^$1: .*user=\([a-z_0-9]*\).*/\1/p" "$config"
}
{
    sed -E '/^(keys_dir|spool_dir|redis_[a-z_]*|writer_conninfo[a-z_]*|sender_conninfo[a-z_]*|simulator):/d' "$config"
    printf 'keys_dir: "%s/keys"\nspool_dir: "%s/spool"\nredis_socket: "%s/redis/redis.sock"\n' "$dir" "$dir" "$dir"
    for role in writer sender; do
        user=$(login "${role}_conninfo")
        printf '%s_conninfo: "host=%s/socket dbname=waypost user=%s"\n' "$role" "$dir" "${user:-waypost_$role}"
    done
} >"$dir/waypost.yaml"
sed -i "s|^profiles_dir: \([^/\"]\)|profiles_dir: $(dirname "$config")/\1|" "$dir/waypost.yaml"
waypost rebuild --config "$dir/waypost.yaml" >&2
waypost doctor --drill "$dir"
