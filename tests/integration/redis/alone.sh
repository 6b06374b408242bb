# shellcheck shell=bash
# alone.sh: for acl.sh, a Redis alone, on its socket.

# as USER ARG...
as()
{
    redis-cli -s "$STATE/redis/redis.sock" --no-auth-warning --user "$1" --pass "secret-$1" "${@:2}" 2>&1
}

each()
{
    redis "$@"
}

servers_line()
{
    printf 'redis_socket: "%s/redis/redis.sock"' "$STATE"
}

eval "$(declare -f redis_write_config | sed '1s/redis_write_config/redis_write_plain/')"
redis_write_config()
{
    redis_write_plain "$@"
    printf 'include "%s"\n' "$STATE/users.conf" >>"$2"
}

redis_is_up()
{
    [ "$(redis ping)" = PONG ]
}

servers_start()
{
    redis_start "$STATE"
}

servers_stop()
{
    : # world_down does
}

replace_primary()
{
    : # there is none
}

# n_clients PID: its connections to Redis.
n_clients()
{
    ss -xpH state connected | awk -v socket="$STATE/redis/redis.sock" -v pid="pid=$1," '
        $5 == socket { ours[$8] = 1 } # by the inode of the other end
        { line[$6] = $0 }
        END { for (inode in ours) n += index(line[inode], pid) > 0; print n + 0 }'
}
