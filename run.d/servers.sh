# shellcheck shell=bash
# servers.sh: a private Redis and a private PostgreSQL inside a state folder, reachable by unix
# sockets only. Needs common.sh. Both may be started again on the same folder.
#
#   STATE/redis/redis.sock       STATE/redis/pid      STATE/redis/redis.log
#   STATE/pg/.s.PGSQL.5432       STATE/pg/pid         STATE/pg/postgres.log    STATE/pg/data

PG_BIN=/usr/lib/postgresql/15/bin
PATH="$PG_BIN:$PATH" # Debian's psql is a script in Perl that looks for this one, which takes twice as long

# sun_path holds 107 bytes; PostgreSQL's socket has the longest name.
state_check_path()
{
    local socket="$1/pg/.s.PGSQL.5432"
    [ "${#socket}" -le 107 ] ||
        die 78 "the state folder's path is too long for unix sockets (${#1} bytes, at most 90): $1
     choose a shorter one, for example --state /var/tmp/waypost"
    case $1 in *[\'\"\\]* | *$'\n'*) die 78 "no quotes or backslashes in the state folder's path: $1" ;; esac
}

# redis_write_config DIR FILE: where things lie; config/redis.conf says what makes them last.
redis_write_config()
{
    cat >"$2" <<REDIS
include "$ROOT/config/redis.conf"
port 0
unixsocket "$1/redis.sock"
unixsocketperm 700
dir "$1"
logfile "$1/redis.log"
REDIS
}

redis_start()
{
    local dir="$1/redis"
    install -d -m 0700 "$dir"
    redis_write_config "$dir" "$dir/redis.conf"
    (cd / && exec setsid redis-server "$dir/redis.conf") </dev/null >/dev/null 2>&1 9>&- &
    printf '%s\n' $! >"$dir/pid"
    wait_for 60 redis_is_up "$1" ||
        die 69 "Redis did not start; see $dir/redis.log"
}

redis_is_up()
{
    [ "$(redis-cli -s "$1/redis/redis.sock" ping 2>/dev/null)" = PONG ]
}

# Sets AS_POSTGRES, the words to put before a command. PostgreSQL refuses to run as root. Its user
# may have no way through the folders above the state folder (a home of mode 0700): then it gets
# the one capability to pass them.
as_postgres()
{
    AS_POSTGRES=()
    [ "$(id -u)" = 0 ] || return 0
    AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --init-groups)
    "${AS_POSTGRES[@]}" test -w "$1" 2>/dev/null ||
        AS_POSTGRES+=(--inh-caps=+dac_override --ambient-caps=+dac_override)
}

postgres_make()
{
    local dir="$1/pg"
    install -d -m 0700 "$dir"
    [ "$(id -u)" != 0 ] || chown postgres:postgres "$dir"
    as_postgres "$dir"
    [ ! -e "$dir/data/PG_VERSION" ] || return 0
    (cd / && "${AS_POSTGRES[@]}" "$PG_BIN/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 \
        --locale=C.UTF-8 --no-instructions >"$dir/initdb.log" 2>&1) ||
        die 69 "PostgreSQL's initdb failed; see $dir/initdb.log"
}

# Further arguments go to the server, for example -c fsync=off in tests that do not crash it.
postgres_start()
{
    local state=$1 dir="$1/pg"
    shift
    postgres_make "$state"
    (cd / && exec setsid "${AS_POSTGRES[@]}" "$PG_BIN/postgres" -D "$dir/data" \
        -c listen_addresses= -c unix_socket_directories="\"$dir\"" \
        -c unix_socket_permissions=0700 -c timezone=UTC "$@") \
        </dev/null >>"$dir/postgres.log" 2>&1 9>&- &
    printf '%s\n' $! >"$dir/pid"
    wait_for 60 postgres_is_up "$state" ||
        die 69 "PostgreSQL did not start; see $dir/postgres.log"
}

postgres_is_up()
{
    [ "$(psql -h "$1/pg" -U postgres -d postgres -Atqc 'select 1' 2>/dev/null)" = 1 ]
}

redis_stop()
{
    local pid
    pid=$(cat "$1/redis/pid" 2>/dev/null) || return 0
    stop_pid "$pid" TERM 20
    rm -f "$1/redis/pid"
}

postgres_stop()
{
    local pid
    pid=$(cat "$1/pg/pid" 2>/dev/null) || return 0
    stop_pid "$pid" INT 20
    rm -f "$1/pg/pid"
}
